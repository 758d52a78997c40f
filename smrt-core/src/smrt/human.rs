//! Humans: adding, reading, editing and listing them.

use std::collections::HashMap;

use serde_json::{Map, Value as Json};

use super::error::SmrtError;
use super::page::{Page, PageRequest, in_order};
use super::record::{Cells, Masked, Record, all_or_not_found, fetch, list, writable};
use super::session::TenantSession;
use super::unit::Unit;
use super::{access, text};
use crate::model::{Email, EntityType, Field, FieldSet, Id, Instant, Module};
use crate::store::records::{insert, keep_before_image, read_by, update};
use crate::store::{RowBlock, StoreError, Value, schema};

/// A human as a tenant sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Human {
    /// The human's id.
    pub id: Id,
    /// The tenant whose record it is.
    pub owner: Id,
    /// First name.
    pub first_name: Masked<String>,
    /// Last name.
    pub last_name: Masked<String>,
    /// E-mail address.
    pub email: Masked<String>,
    /// Company or organisation.
    pub company_name: Masked<String>,
    /// Job title.
    pub job_title: Masked<String>,
    /// The owner's number of the human as an employee.
    pub employee_id: Masked<String>,
    /// The owner's number of the human as a contractor.
    pub contractor_id: Masked<String>,
    /// Everything else that is known, a JSON object.
    pub metadata: Masked<String>,
    /// When the record was made; seen with the whole record only.
    pub created_at: Masked<Instant>,
    /// When it was last changed; seen with the whole record only.
    pub updated_at: Masked<Instant>,
}

impl Human {
    /// The value of a field by its name; `Hidden` also for a name that is no field.
    ///
    /// ```
    /// # use smrt_core::smrt::doc::{now, store, with_human};
    /// # let mut smrt = store()?;
    /// # let ada = with_human(&mut smrt)?;
    /// let mut session = smrt.tenant("acme")?.acting_as("crm-sync".parse()?);
    /// let human = session.human(ada, now())?;
    /// assert_eq!(human.field("last_name").value().unwrap(), "Lovewell");
    /// assert!(human.field("shoe_size").is_hidden());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn field(&self, name: &str) -> &Masked<String> {
        match name {
            "first_name" => &self.first_name,
            "last_name" => &self.last_name,
            "email" => &self.email,
            "company_name" => &self.company_name,
            "job_title" => &self.job_title,
            "employee_id" => &self.employee_id,
            "contractor_id" => &self.contractor_id,
            "metadata" => &self.metadata,
            _ => &Masked::Hidden,
        }
    }

    /// The names of the fields the tenant may not see.
    ///
    /// ```
    /// # use smrt_core::smrt::doc::{now, store, with_human};
    /// # let mut smrt = store()?;
    /// # let ada = with_human(&mut smrt)?;
    /// use smrt_core::model::{AccessLevel, EntityType, Field};
    ///
    /// let mut session = smrt.tenant("acme")?.acting_as("crm-sync".parse()?);
    /// let fields = [Field::parse(EntityType::Human, "last_name")?];
    /// session.share(EntityType::Human, "beta", &fields, AccessLevel::Read, None, now())?;
    ///
    /// let mut beta = smrt.tenant("beta")?.acting_as("beta-crm".parse()?);
    /// let human = beta.human(ada, now())?;
    /// assert!(human.hidden_fields().any(|name| name == "first_name"));
    /// assert!(human.hidden_fields().all(|name| name != "last_name"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn hidden_fields(&self) -> impl Iterator<Item = &'static str> {
        let fields = EntityType::Human.fields().iter().copied();
        fields.filter(|name| self.field(name).is_hidden())
    }
}

impl Record for Human {
    const ENTITY_TYPE: EntityType = EntityType::Human;
    const COLUMNS: &'static [&'static str] = &[
        "first_name",
        "last_name",
        "email",
        "company_name",
        "job_title",
        "employee_id",
        "contractor_id",
        "metadata",
        "created_at",
        "updated_at",
    ];

    fn read(id: Id, cells: &Cells<'_>) -> Result<Self, StoreError> {
        Ok(Self {
            id,
            owner: cells.owner,
            first_name: cells.text("first_name")?,
            last_name: cells.text("last_name")?,
            email: cells.text("email")?,
            company_name: cells.text("company_name")?,
            job_title: cells.text("job_title")?,
            employee_id: cells.text("employee_id")?,
            contractor_id: cells.text("contractor_id")?,
            metadata: cells.text("metadata")?,
            created_at: cells.instant("created_at")?,
            updated_at: cells.instant("updated_at")?,
        })
    }

    fn hide(&mut self, fields: FieldSet) {
        for field in fields.fields(EntityType::Human) {
            match field.name() {
                "first_name" => self.first_name = Masked::Hidden,
                "last_name" => self.last_name = Masked::Hidden,
                "email" => self.email = Masked::Hidden,
                "company_name" => self.company_name = Masked::Hidden,
                "job_title" => self.job_title = Masked::Hidden,
                "employee_id" => self.employee_id = Masked::Hidden,
                "contractor_id" => self.contractor_id = Masked::Hidden,
                "metadata" => self.metadata = Masked::Hidden,
                _ => {}
            }
            // They are seen with the whole record only.
            (self.created_at, self.updated_at) = (Masked::Hidden, Masked::Hidden);
        }
    }
}

/// A human to be added. At least one of the names, the e-mail address, the company or an id number
/// must say who it is.
#[derive(Clone, Default)]
pub struct NewHuman {
    /// A key of the caller's, from which the id is made, so that adding the same human again fails
    /// instead of making a second one; without it the id is a fresh one.
    pub key: Option<String>,
    /// First name.
    pub first_name: Option<String>,
    /// Last name.
    pub last_name: Option<String>,
    /// E-mail address.
    pub email: Option<Email>,
    /// Company or organisation.
    pub company_name: Option<String>,
    /// Job title.
    pub job_title: Option<String>,
    /// The tenant's number of the human as an employee.
    pub employee_id: Option<String>,
    /// The tenant's number of the human as a contractor.
    pub contractor_id: Option<String>,
    /// Everything else that is known.
    pub metadata: Map<String, Json>,
}

impl std::fmt::Debug for NewHuman {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewHuman").finish_non_exhaustive()
    }
}

/// New values for some fields of a human.
#[derive(Clone)]
pub struct HumanEdit {
    id: Id,
    changes: Vec<(Field, Option<String>)>,
}

impl std::fmt::Debug for HumanEdit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let fields: Vec<&str> = self.changes.iter().map(|(field, _)| field.name()).collect();
        f.debug_struct("HumanEdit")
            .field("id", &self.id)
            .field("fields", &fields)
            .finish()
    }
}

impl HumanEdit {
    /// An edit that changes nothing yet.
    ///
    /// ```
    /// # use smrt_core::smrt::doc::{now, store, with_human};
    /// # let mut smrt = store()?;
    /// # let ada = with_human(&mut smrt)?;
    /// use smrt_core::smrt::HumanEdit;
    ///
    /// let mut session = smrt.tenant("acme")?.acting_as("crm-sync".parse()?);
    /// assert!(!session.edit_human(&HumanEdit::of(ada), now())?);
    /// assert!(session.edit_human(&HumanEdit::of(ada).set("job_title", "Engineer")?, now())?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub const fn of(id: Id) -> Self {
        Self {
            id,
            changes: Vec::new(),
        }
    }

    /// Sets a field by its name; an empty text empties it. `metadata` takes a JSON object, which
    /// replaces the one that is there.
    ///
    /// # Errors
    ///
    /// [`SmrtError::Invalid`] when a human has no such field or the value cannot be used.
    ///
    /// ```
    /// # use smrt_core::smrt::doc::{now, store, with_human};
    /// # let mut smrt = store()?;
    /// # let ada = with_human(&mut smrt)?;
    /// use smrt_core::smrt::HumanEdit;
    ///
    /// let edit = HumanEdit::of(ada).set("email", "ada@example.com")?.set("first_name", "")?;
    /// let mut session = smrt.tenant("acme")?.acting_as("crm-sync".parse()?);
    /// session.edit_human(&edit, now())?;
    /// let human = session.human(ada, now())?;
    /// assert_eq!(human.email.value().unwrap(), "ada@example.com");
    /// assert_eq!(human.first_name.value(), None);
    /// assert_eq!(HumanEdit::of(ada).set("shoe_size", "38").unwrap_err().code(), "field_unknown");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn set(mut self, field: &str, value: &str) -> Result<Self, SmrtError> {
        let field = Field::parse(EntityType::Human, field)
            .map_err(|error| SmrtError::invalid("field_unknown", error.to_string()))?;
        let value = match field.name() {
            "metadata" if value.trim().is_empty() => Some("{}".to_owned()),
            "metadata" => Some(text::metadata_of_text(value)?),
            "email" => match text::checked("email", value)? {
                Some(email) => Some(checked_email(&email)?),
                None => None,
            },
            name => text::checked(name, value)?,
        };
        self.changes.retain(|(changed, _)| *changed != field);
        self.changes.push((field, value));
        Ok(self)
    }

    fn fields(&self) -> FieldSet {
        let fields = self.changes.iter().map(|(field, _)| FieldSet::one(*field));
        fields.fold(FieldSet::NONE, FieldSet::union)
    }
}

fn checked_email(text: &str) -> Result<String, SmrtError> {
    match Email::parse(text) {
        Ok(email) => Ok(email.reveal().to_owned()),
        Err(error) => Err(SmrtError::invalid("email_invalid", error.to_string())),
    }
}

impl TenantSession<'_> {
    /// Adds humans of the tenant's own, all or none, and returns their ids in order.
    ///
    /// # Errors
    ///
    /// [`SmrtError::Invalid`] with the codes `human_without_identity`, `field_too_long`,
    /// `field_control_character`, `metadata_too_long` or `key_taken`.
    ///
    /// ```
    /// # use smrt_core::smrt::doc::{now, store};
    /// use smrt_core::smrt::NewHuman;
    ///
    /// # let mut smrt = store()?;
    /// let mut session = smrt.tenant("acme")?.acting_as("crm-sync".parse()?);
    /// let new = |name: &str| NewHuman { last_name: Some(name.into()), ..NewHuman::default() };
    /// let ids = session.add_humans(&[new("Lovewell"), new("Marsh")], now())?;
    /// assert_eq!(ids.len(), 2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn add_humans(&mut self, humans: &[NewHuman], at: Instant) -> Result<Vec<Id>, SmrtError> {
        self.require(Module::Contacts, at)?;
        let mut rows = RowBlock::new(&schema::HUMANS);
        let mut ids = Vec::with_capacity(humans.len());
        for human in humans {
            let key = human.key.as_deref();
            let (_, randomness) = self.store.parts();
            let id = super::new_id(randomness, self.tenant.id, EntityType::Human, key, at);
            push(&mut rows, human, id, self.tenant.id, at)?;
            ids.push(id);
        }
        self.write(at, |unit| {
            insert(unit.engine, &rows).map_err(super::error::key_taken)?;
            let fields = FieldSet::all(EntityType::Human);
            unit.note_records("human.add", EntityType::Human, &ids, fields);
            Ok(())
        })?;
        Ok(ids)
    }

    /// Adds one human.
    ///
    /// # Errors
    ///
    /// As [`TenantSession::add_humans`].
    ///
    /// ```
    /// # use smrt_core::smrt::doc::{now, store};
    /// use smrt_core::smrt::NewHuman;
    ///
    /// # let mut smrt = store()?;
    /// let mut session = smrt.tenant("acme")?.acting_as("crm-sync".parse()?);
    /// let id = session.add_human(
    ///     &NewHuman { first_name: Some("Ada".into()), ..NewHuman::default() },
    ///     now(),
    /// )?;
    /// assert_eq!(session.human(id, now())?.first_name.value().unwrap(), "Ada");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn add_human(&mut self, human: &NewHuman, at: Instant) -> Result<Id, SmrtError> {
        let mut ids = self.add_humans(std::slice::from_ref(human), at)?;
        ids.pop().ok_or_else(without_identity)
    }

    /// The humans with these ids, in order; nothing where there is none the tenant can see.
    ///
    /// # Errors
    ///
    /// Those of the store.
    ///
    /// ```
    /// # use smrt_core::smrt::doc::{now, store, with_human};
    /// # let mut smrt = store()?;
    /// # let ada = with_human(&mut smrt)?;
    /// let mut session = smrt.tenant("acme")?.acting_as("crm-sync".parse()?);
    /// let humans = session.humans(&[ada, "0198c0de-0000-7000-8000-000000000000".parse()?], now())?;
    /// assert!(humans[0].is_some() && humans[1].is_none());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn humans(&mut self, ids: &[Id], at: Instant) -> Result<Vec<Option<Human>>, SmrtError> {
        self.require(Module::Contacts, at)?;
        self.read(at, |unit| Ok(in_order(ids, &fetch::<Human>(unit, ids)?)))
    }

    /// The human with this id.
    ///
    /// # Errors
    ///
    /// [`SmrtError::NotFound`] when there is none the tenant can see.
    ///
    /// ```
    /// # use smrt_core::smrt::doc::{now, store, with_human};
    /// # let mut smrt = store()?;
    /// # let ada = with_human(&mut smrt)?;
    /// // Another tenant to whom nothing was granted cannot tell that the record exists.
    /// let mut beta = smrt.tenant("beta")?.acting_as("beta-crm".parse()?);
    /// assert_eq!(beta.human(ada, now()).unwrap_err().code(), "not_found");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn human(&mut self, id: Id, at: Instant) -> Result<Human, SmrtError> {
        self.require(Module::Contacts, at)?;
        self.read(at, |unit| {
            let mut found = all_or_not_found::<Human>(unit, &[id])?;
            found.pop().ok_or(SmrtError::NotFound {
                entity_type: EntityType::Human,
                id,
            })
        })
    }

    /// The humans the tenant can see, its own and others', in the order of their ids.
    ///
    /// # Errors
    ///
    /// Those of the store.
    ///
    /// ```
    /// # use smrt_core::smrt::doc::{now, store, with_human};
    /// use smrt_core::smrt::PageRequest;
    ///
    /// # let mut smrt = store()?;
    /// # with_human(&mut smrt)?;
    /// let mut session = smrt.tenant("acme")?.acting_as("crm-sync".parse()?);
    /// let mut request = PageRequest::first(100);
    /// loop {
    ///     let page = session.list_humans(&request, now())?;
    ///     for human in &page.items {
    ///         assert!(!human.last_name.is_hidden());
    ///     }
    ///     match page.next {
    ///         Some(cursor) => request = request.behind(cursor),
    ///         None => break,
    ///     }
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn list_humans(
        &mut self,
        request: &PageRequest,
        at: Instant,
    ) -> Result<Page<Human>, SmrtError> {
        self.require(Module::Contacts, at)?;
        self.read(at, |unit| list(unit, request))
    }

    /// Changes fields of humans, all or none, and returns how many humans really changed.
    ///
    /// # Errors
    ///
    /// [`SmrtError::NotFound`] for a human the tenant cannot see; [`SmrtError::Refused`] for a field
    /// it may see but not change; [`SmrtError::Invalid`] with `human_without_identity` when nothing
    /// would be left to say who it is.
    ///
    /// ```
    /// # use smrt_core::smrt::doc::{now, store, with_human};
    /// use smrt_core::smrt::HumanEdit;
    ///
    /// # let mut smrt = store()?;
    /// # let ada = with_human(&mut smrt)?;
    /// let mut session = smrt.tenant("acme")?.acting_as("crm-sync".parse()?);
    /// let edit = HumanEdit::of(ada).set("job_title", "Engineer")?;
    /// assert_eq!(session.edit_humans(&[edit.clone()], now())?, 1);
    /// assert_eq!(session.edit_humans(&[edit], now())?, 0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn edit_humans(&mut self, edits: &[HumanEdit], at: Instant) -> Result<u64, SmrtError> {
        self.require(Module::Contacts, at)?;
        self.write(at, |unit| {
            let ids: Vec<Id> = edits.iter().map(|edit| edit.id).collect();
            let accesses = access::of_records(unit, EntityType::Human, &ids)?;
            unit.note_unseen(EntityType::Human, &ids, &accesses);
            let mut changed = 0;
            for edit in edits {
                let fields = edit.fields();
                let access = writable(&accesses, EntityType::Human, edit.id, fields)?;
                let fields = apply(unit, edit)?;
                if fields.is_empty() {
                    continue;
                }
                changed += 1;
                unit.note_edit(
                    "human.edit",
                    EntityType::Human,
                    edit.id,
                    access.owner,
                    fields,
                );
            }
            Ok(changed)
        })
    }

    /// Changes fields of one human; `false` when they had these values already.
    ///
    /// # Errors
    ///
    /// As [`TenantSession::edit_humans`].
    ///
    /// ```
    /// # use smrt_core::smrt::doc::{now, store, with_human};
    /// use smrt_core::smrt::HumanEdit;
    ///
    /// # let mut smrt = store()?;
    /// # let ada = with_human(&mut smrt)?;
    /// let mut session = smrt.tenant("acme")?.acting_as("crm-sync".parse()?);
    /// assert!(session.edit_human(&HumanEdit::of(ada).set("company_name", "Example Ltd")?, now())?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn edit_human(&mut self, edit: &HumanEdit, at: Instant) -> Result<bool, SmrtError> {
        Ok(self.edit_humans(std::slice::from_ref(edit), at)? == 1)
    }
}

fn push(
    rows: &mut RowBlock,
    human: &NewHuman,
    id: Id,
    tenant: Id,
    at: Instant,
) -> Result<(), SmrtError> {
    let check = |field, value: &Option<String>| match value {
        Some(value) => text::checked(field, value),
        None => Ok(None),
    };
    let fields = [
        check("first_name", &human.first_name)?,
        check("last_name", &human.last_name)?,
        human.email.as_ref().map(|email| email.reveal().to_owned()),
        check("company_name", &human.company_name)?,
        check("job_title", &human.job_title)?,
        check("employee_id", &human.employee_id)?,
        check("contractor_id", &human.contractor_id)?,
    ];
    if !has_identity(&fields) {
        return Err(without_identity());
    }
    rows.push(id);
    for field in &fields {
        rows.push(field.as_deref());
    }
    rows.push(at);
    rows.push(at);
    rows.push(tenant);
    rows.push(text::metadata(&human.metadata)?.as_str());
    rows.push(Value::Null);
    rows.push(Value::Null);
    Ok(())
}

/// Whether anything but the job title is there: a title alone names nobody.
fn has_identity(fields: &[Option<String>; 7]) -> bool {
    let mut fields = fields.iter().enumerate();
    fields.any(|(position, field)| position != 4 && field.is_some())
}

fn without_identity() -> SmrtError {
    SmrtError::invalid(
        "human_without_identity",
        "a human needs a name, an e-mail address, a company or an id number",
    )
}

/// Writes what differs from what is there, and returns which fields that was.
fn apply(unit: &mut Unit<'_>, edit: &HumanEdit) -> Result<FieldSet, SmrtError> {
    let mut current: HashMap<&'static str, Option<String>> = HashMap::new();
    let mut updated_at = None;
    read_by(
        unit.engine,
        &schema::HUMANS,
        Human::COLUMNS,
        "id",
        &[edit.id],
        &mut |row| {
            for (position, name) in EntityType::Human.fields().iter().enumerate() {
                current.insert(name, row.optional_string(position)?);
            }
            updated_at = Some(row.instant(9)?);
            Ok(())
        },
    )?;
    let mut fields = FieldSet::NONE;
    let mut images = Map::new();
    let mut changes: Vec<(&str, Value<'_>)> = Vec::new();
    for (field, value) in &edit.changes {
        let before = current.insert(field.name(), value.clone()).flatten();
        if before != *value {
            fields = fields.union(FieldSet::one(*field));
            images.insert(
                field.name().to_owned(),
                Json::from(vec![before, value.clone()]),
            );
            changes.push((field.name(), value.as_deref().into()));
        }
    }
    if fields.is_empty() {
        return Ok(fields);
    }
    let names = EntityType::Human.fields().iter().take(7);
    let rest: Vec<Option<String>> = names
        .map(|name| current.get(name).cloned().flatten())
        .collect();
    if !<[_; 7]>::try_from(rest).is_ok_and(|fields| has_identity(&fields)) {
        return Err(without_identity());
    }
    changes.push(("updated_at", unit.at.into()));
    let before = updated_at.map(Instant::as_micros);
    images.insert(
        "updated_at".to_owned(),
        Json::from(vec![before, Some(unit.at.as_micros())]),
    );
    update(unit.engine, &schema::HUMANS, edit.id, &changes)?;
    keep_before_image(unit.engine, EntityType::Human, edit.id, images, unit.at)?;
    Ok(fields)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_hidden_cannot_be_seen_any_more() {
        let text = || Masked::Value("x".to_owned());
        let at = Masked::Value(Instant::from_micros(0));
        let human = Human {
            id: Id::of_tenant("ada"),
            owner: Id::of_tenant("acme"),
            first_name: text(),
            last_name: text(),
            email: text(),
            company_name: text(),
            job_title: text(),
            employee_id: text(),
            contractor_id: text(),
            metadata: text(),
            created_at: at,
            updated_at: at,
        };
        for field in Field::all(EntityType::Human) {
            let mut human = human.clone();
            human.hide(FieldSet::one(field));
            assert_eq!(human.hidden_fields().collect::<Vec<_>>(), [field.name()]);
            assert!(human.created_at.is_hidden() && human.updated_at.is_hidden());
        }
        let mut same = human.clone();
        same.hide(FieldSet::NONE);
        assert_eq!(same, human);
    }
}
