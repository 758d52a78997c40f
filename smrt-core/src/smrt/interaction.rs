//! Interactions: calls, texts and mails, each tenant's own.

use serde_json::{Map, Value as Json};

use super::consent::require_visible;
use super::error::SmrtError;
use super::page::{Page, PageRequest, in_order};
use super::record::{Cells, Masked, Record, fetch, list, not_found, read_visible, writable};
use super::session::TenantSession;
use super::unit::Unit;
use super::{access, number, text};
use crate::model::{Direction, EntityType, Field, FieldSet, Id, Instant, InteractionKind, Module};
use crate::phone::E164;
use crate::store::records::{insert, keep_before_image, read_by, update};
use crate::store::{RowBlock, StoreError, Value, schema};

/// An interaction as a tenant sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interaction {
    /// The interaction's id.
    pub id: Id,
    /// The tenant whose record it is.
    pub owner: Id,
    /// The human, if known.
    pub human_id: Option<Id>,
    /// The phone number, if there is one.
    pub phone_number_id: Option<Id>,
    /// `call`, `text` or `mail`.
    pub kind: Masked<String>,
    /// `inbound` or `outbound`.
    pub direction: Masked<String>,
    /// How it ended, in the tenant's own words.
    pub outcome: Masked<String>,
    /// When it began.
    pub started_at: Masked<Instant>,
    /// How long it took, in seconds.
    pub duration_s: Masked<i64>,
    /// Everything else, a JSON object.
    pub metadata: Masked<String>,
}

impl Record for Interaction {
    const ENTITY_TYPE: EntityType = EntityType::Interaction;
    const COLUMNS: &'static [&'static str] = &[
        "human_id",
        "phone_number_id",
        "kind",
        "direction",
        "outcome",
        "started_at",
        "duration_s",
        "metadata",
    ];

    fn read(id: Id, cells: &Cells<'_>) -> Result<Self, StoreError> {
        Ok(Self {
            id,
            owner: cells.owner,
            human_id: cells.optional_reference("human_id")?,
            phone_number_id: cells.optional_reference("phone_number_id")?,
            kind: cells.text("kind")?,
            direction: cells.text("direction")?,
            outcome: cells.text("outcome")?,
            started_at: cells.instant("started_at")?,
            duration_s: cells.integer("duration_s")?,
            metadata: cells.text("metadata")?,
        })
    }
}

/// An interaction to be added.
#[derive(Clone)]
pub struct NewInteraction {
    /// A key of the caller's, from which the id is made, so that adding the same again fails
    /// instead of making a second one; without it the id is a fresh one.
    pub key: Option<String>,
    /// The human, whom the tenant must see.
    pub human_id: Option<Id>,
    /// The phone number; the tenant is tied to it if it was not.
    pub phone_number: Option<E164>,
    /// What it was.
    pub kind: InteractionKind,
    /// Who began it.
    pub direction: Direction,
    /// How it ended.
    pub outcome: Option<String>,
    /// When it began.
    pub started_at: Instant,
    /// How long it took, in seconds.
    pub duration_s: Option<u32>,
    /// Everything else.
    pub metadata: Map<String, Json>,
}

impl NewInteraction {
    /// An interaction of which nothing more is known.
    ///
    /// ```
    /// # use smrt_core::smrt::doc::now;
    /// use smrt_core::model::{Direction, InteractionKind};
    /// use smrt_core::smrt::NewInteraction;
    ///
    /// let text = NewInteraction {
    ///     phone_number: Some("+12025550143".parse()?),
    ///     ..NewInteraction::new(InteractionKind::Text, Direction::Inbound, now())
    /// };
    /// assert_eq!((text.human_id, text.duration_s), (None, None));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn new(kind: InteractionKind, direction: Direction, started_at: Instant) -> Self {
        Self {
            key: None,
            human_id: None,
            phone_number: None,
            kind,
            direction,
            outcome: None,
            started_at,
            duration_s: None,
            metadata: Map::new(),
        }
    }
}

impl std::fmt::Debug for NewInteraction {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewInteraction").finish_non_exhaustive()
    }
}

/// New values for what is known of an interaction only after it began.
#[derive(Clone)]
pub struct InteractionEdit {
    /// Which interaction.
    pub id: Id,
    /// How it ended, if that changes; an empty text empties it.
    pub outcome: Option<String>,
    /// How long it took, in seconds, if that changes.
    pub duration_s: Option<u32>,
    /// Everything else, if that changes.
    pub metadata: Option<Map<String, Json>>,
}

impl InteractionEdit {
    /// An edit that changes nothing yet.
    ///
    /// ```
    /// # use smrt_core::smrt::doc::{now, store, with_human};
    /// # let mut smrt = store()?;
    /// # let ada = with_human(&mut smrt)?;
    /// use smrt_core::model::{Direction, InteractionKind};
    /// use smrt_core::smrt::{InteractionEdit, NewInteraction};
    ///
    /// let mut session = smrt.tenant("acme")?.acting_as("crm-sync".parse()?);
    /// let call = NewInteraction {
    ///     human_id: Some(ada),
    ///     ..NewInteraction::new(InteractionKind::Call, Direction::Outbound, now())
    /// };
    /// let ids = session.add_interactions(&[call], now())?;
    /// // The call is over.
    /// let edit = InteractionEdit { duration_s: Some(95), ..InteractionEdit::of(ids[0]) };
    /// assert_eq!(session.edit_interactions(&[edit], now())?, 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub const fn of(id: Id) -> Self {
        Self {
            id,
            outcome: None,
            duration_s: None,
            metadata: None,
        }
    }
}

impl std::fmt::Debug for InteractionEdit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("InteractionEdit")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

impl TenantSession<'_> {
    /// Adds interactions, all or none, and returns their ids in order.
    ///
    /// # Errors
    ///
    /// [`SmrtError::NotFound`] for a human the tenant cannot see; [`SmrtError::Invalid`] with
    /// `interaction_without_subject`, `phone_not_valid` or `key_taken`.
    ///
    /// ```
    /// # use smrt_core::smrt::doc::{now, store, with_human};
    /// use smrt_core::model::{Direction, InteractionKind};
    /// use smrt_core::smrt::NewInteraction;
    ///
    /// # let mut smrt = store()?;
    /// # let ada = with_human(&mut smrt)?;
    /// let mut session = smrt.tenant("acme")?.acting_as("dialler".parse()?);
    /// let call = NewInteraction {
    ///     human_id: Some(ada),
    ///     duration_s: Some(95),
    ///     ..NewInteraction::new(InteractionKind::Call, Direction::Outbound, now())
    /// };
    /// session.add_interactions(&[call], now())?;
    /// assert_eq!(session.interactions_of_humans(&[ada], now())?.len(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn add_interactions(
        &mut self,
        interactions: &[NewInteraction],
        at: Instant,
    ) -> Result<Vec<Id>, SmrtError> {
        self.require(Module::Consent, at)?;
        self.write(at, |unit| {
            let humans = interactions.iter().filter_map(|new| new.human_id);
            require_visible(unit, &humans.collect::<Vec<Id>>())?;
            let numbers = interactions.iter().filter_map(|new| new.phone_number);
            number::ensure(unit, &numbers.collect::<Vec<E164>>())?;
            let mut rows = RowBlock::new(&schema::INTERACTIONS);
            let mut ids = Vec::with_capacity(interactions.len());
            for new in interactions {
                let key = new.key.as_deref();
                let id = super::new_id(
                    unit.randomness,
                    unit.tenant.id,
                    EntityType::Interaction,
                    key,
                    at,
                );
                push(&mut rows, new, id, unit.tenant.id, at)?;
                ids.push(id);
            }
            insert(unit.engine, &rows).map_err(super::error::key_taken)?;
            let fields = FieldSet::all(EntityType::Interaction);
            unit.note_records("interaction.add", EntityType::Interaction, &ids, fields);
            Ok(ids)
        })
    }

    /// Adds one interaction and returns its id.
    ///
    /// # Errors
    ///
    /// As [`TenantSession::add_interactions`].
    ///
    /// ```
    /// # use smrt_core::smrt::doc::{now, store, with_human};
    /// use smrt_core::model::{Direction, InteractionKind};
    /// use smrt_core::smrt::NewInteraction;
    ///
    /// # let mut smrt = store()?;
    /// # let ada = with_human(&mut smrt)?;
    /// let mut session = smrt.tenant("acme")?.acting_as("dialler".parse()?);
    /// let text = NewInteraction {
    ///     human_id: Some(ada),
    ///     ..NewInteraction::new(InteractionKind::Text, Direction::Inbound, now())
    /// };
    /// let id = session.add_interaction(&text, now())?;
    /// assert_eq!(session.interaction(id, now())?.kind.value().unwrap(), "text");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn add_interaction(&mut self, new: &NewInteraction, at: Instant) -> Result<Id, SmrtError> {
        let mut ids = self.add_interactions(std::slice::from_ref(new), at)?;
        ids.pop().ok_or_else(without_subject)
    }

    /// The interactions with these ids, in order; nothing where there is none the tenant can see.
    ///
    /// # Errors
    ///
    /// Those of the store.
    ///
    /// ```
    /// # use smrt_core::smrt::doc::{now, store};
    /// # let mut smrt = store()?;
    /// let mut session = smrt.tenant("acme")?.acting_as("dialler".parse()?);
    /// let unknown = "0198c0de-0000-7000-8000-000000000000".parse()?;
    /// assert_eq!(session.interactions(&[unknown], now())?, [None]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn interactions(
        &mut self,
        ids: &[Id],
        at: Instant,
    ) -> Result<Vec<Option<Interaction>>, SmrtError> {
        self.require(Module::Consent, at)?;
        self.read(at, |unit| Ok(in_order(ids, &fetch(unit, ids)?)))
    }

    /// The interaction with this id.
    ///
    /// # Errors
    ///
    /// [`SmrtError::NotFound`] when there is none the tenant can see.
    ///
    /// ```
    /// # use smrt_core::smrt::doc::{now, store};
    /// # let mut smrt = store()?;
    /// let mut session = smrt.tenant("acme")?.acting_as("dialler".parse()?);
    /// let unknown = "0198c0de-0000-7000-8000-000000000000".parse()?;
    /// assert_eq!(session.interaction(unknown, now()).unwrap_err().code(), "not_found");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn interaction(&mut self, id: Id, at: Instant) -> Result<Interaction, SmrtError> {
        self.require(Module::Consent, at)?;
        self.read(at, |unit| {
            let found = fetch::<Interaction>(unit, &[id])?.remove(&id);
            found.ok_or_else(|| not_found::<Interaction>(id))
        })
    }

    /// The interactions with these humans that the tenant can see, the oldest first.
    ///
    /// # Errors
    ///
    /// Those of the store.
    ///
    /// ```
    /// # use smrt_core::smrt::doc::{now, store, with_human};
    /// # let mut smrt = store()?;
    /// # let ada = with_human(&mut smrt)?;
    /// let mut session = smrt.tenant("acme")?.acting_as("dialler".parse()?);
    /// assert!(session.interactions_of_humans(&[ada], now())?.is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn interactions_of_humans(
        &mut self,
        humans: &[Id],
        at: Instant,
    ) -> Result<Vec<Interaction>, SmrtError> {
        self.require(Module::Consent, at)?;
        self.read(at, |unit| interactions_of(unit, "human_id", humans))
    }

    /// The interactions on these phone numbers that the tenant can see, the oldest first.
    ///
    /// # Errors
    ///
    /// Those of the store.
    ///
    /// ```
    /// # use smrt_core::smrt::doc::{now, store};
    /// # let mut smrt = store()?;
    /// let mut session = smrt.tenant("acme")?.acting_as("dialler".parse()?);
    /// let number = session.add_number("+12025550143".parse()?, now())?;
    /// assert!(session.interactions_of_numbers(&[number], now())?.is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn interactions_of_numbers(
        &mut self,
        numbers: &[Id],
        at: Instant,
    ) -> Result<Vec<Interaction>, SmrtError> {
        self.require(Module::Consent, at)?;
        self.read(at, |unit| interactions_of(unit, "phone_number_id", numbers))
    }

    /// The interactions the tenant can see, in the order of their ids.
    ///
    /// # Errors
    ///
    /// Those of the store.
    ///
    /// ```
    /// # use smrt_core::smrt::doc::{now, store};
    /// use smrt_core::smrt::PageRequest;
    ///
    /// # let mut smrt = store()?;
    /// let mut session = smrt.tenant("acme")?.acting_as("dialler".parse()?);
    /// assert!(session.list_interactions(&PageRequest::first(10), now())?.items.is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn list_interactions(
        &mut self,
        request: &PageRequest,
        at: Instant,
    ) -> Result<Page<Interaction>, SmrtError> {
        self.require(Module::Consent, at)?;
        self.read(at, |unit| list(unit, request))
    }

    /// Changes what is known of interactions, all or none, and returns how many really changed.
    ///
    /// # Errors
    ///
    /// [`SmrtError::NotFound`] for one the tenant cannot see; [`SmrtError::Refused`] for a field it
    /// may see but not change.
    ///
    /// ```
    /// # use smrt_core::smrt::doc::{now, store, with_human};
    /// use smrt_core::model::{Direction, InteractionKind};
    /// use smrt_core::smrt::{InteractionEdit, NewInteraction};
    ///
    /// # let mut smrt = store()?;
    /// # let ada = with_human(&mut smrt)?;
    /// let mut session = smrt.tenant("acme")?.acting_as("dialler".parse()?);
    /// let call = NewInteraction {
    ///     human_id: Some(ada),
    ///     ..NewInteraction::new(InteractionKind::Call, Direction::Outbound, now())
    /// };
    /// let id = session.add_interactions(&[call], now())?[0];
    /// let ended = InteractionEdit { outcome: Some("answered".into()), ..InteractionEdit::of(id) };
    /// assert_eq!(session.edit_interactions(&[ended], now())?, 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn edit_interactions(
        &mut self,
        edits: &[InteractionEdit],
        at: Instant,
    ) -> Result<u64, SmrtError> {
        self.require(Module::Consent, at)?;
        self.write(at, |unit| {
            let ids: Vec<Id> = edits.iter().map(|edit| edit.id).collect();
            let accesses = access::of_records(unit, EntityType::Interaction, &ids)?;
            unit.note_unseen(EntityType::Interaction, &ids, &accesses);
            let mut changed = 0;
            for edit in edits {
                let access = writable(&accesses, EntityType::Interaction, edit.id, fields(edit))?;
                let fields = apply(unit, edit)?;
                if !fields.is_empty() {
                    changed += 1;
                    let action = "interaction.edit";
                    unit.note_edit(
                        action,
                        EntityType::Interaction,
                        edit.id,
                        access.owner,
                        fields,
                    );
                }
            }
            Ok(changed)
        })
    }

    /// Changes what is known of one interaction; `false` when that was known already.
    ///
    /// # Errors
    ///
    /// As [`TenantSession::edit_interactions`].
    ///
    /// ```
    /// # use smrt_core::smrt::doc::{now, store, with_human};
    /// use smrt_core::model::{Direction, InteractionKind};
    /// use smrt_core::smrt::{InteractionEdit, NewInteraction};
    ///
    /// # let mut smrt = store()?;
    /// # let ada = with_human(&mut smrt)?;
    /// let mut session = smrt.tenant("acme")?.acting_as("dialler".parse()?);
    /// let call = NewInteraction {
    ///     human_id: Some(ada),
    ///     ..NewInteraction::new(InteractionKind::Call, Direction::Outbound, now())
    /// };
    /// let id = session.add_interaction(&call, now())?;
    /// let ended = InteractionEdit { duration_s: Some(95), ..InteractionEdit::of(id) };
    /// assert!(session.edit_interaction(&ended, now())?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn edit_interaction(
        &mut self,
        edit: &InteractionEdit,
        at: Instant,
    ) -> Result<bool, SmrtError> {
        Ok(self.edit_interactions(std::slice::from_ref(edit), at)? == 1)
    }
}

fn set_of(name: &str) -> FieldSet {
    Field::parse(EntityType::Interaction, name).map_or(FieldSet::NONE, FieldSet::one)
}

fn fields(edit: &InteractionEdit) -> FieldSet {
    let changed = [
        ("outcome", edit.outcome.is_some()),
        ("duration_s", edit.duration_s.is_some()),
        ("metadata", edit.metadata.is_some()),
    ];
    let changed = changed.into_iter().filter(|(_, changes)| *changes);
    changed.fold(FieldSet::NONE, |set, (name, _)| set.union(set_of(name)))
}

fn interactions_of(
    unit: &mut Unit<'_>,
    side: &'static str,
    ids: &[Id],
) -> Result<Vec<Interaction>, SmrtError> {
    let mut found = Vec::new();
    read_by(
        unit.engine,
        &schema::INTERACTIONS,
        &["id"],
        side,
        ids,
        &mut |row| {
            found.push(row.id(0)?);
            Ok(())
        },
    )?;
    let accesses = access::of_records(unit, EntityType::Interaction, &found)?;
    let records = read_visible::<Interaction>(unit, &accesses)?;
    let mut records: Vec<Interaction> = records.into_values().collect();
    records.sort_by_key(|record| (record.started_at.value().copied(), record.id));
    Ok(records)
}

fn without_subject() -> SmrtError {
    SmrtError::invalid(
        "interaction_without_subject",
        "an interaction needs a human or a phone number",
    )
}

fn push(
    rows: &mut RowBlock,
    new: &NewInteraction,
    id: Id,
    tenant: Id,
    at: Instant,
) -> Result<(), SmrtError> {
    if new.human_id.is_none() && new.phone_number.is_none() {
        return Err(without_subject());
    }
    let outcome = match &new.outcome {
        Some(outcome) => text::checked("outcome", outcome)?,
        None => None,
    };
    rows.push(id);
    rows.push(new.phone_number.map(Id::of_phone_number));
    rows.push(new.human_id);
    rows.push(tenant);
    rows.push(new.kind.as_str());
    rows.push(new.direction.as_str());
    rows.push(outcome.as_deref());
    rows.push(new.started_at);
    match new.duration_s {
        Some(duration_s) => rows.push(i64::from(duration_s)),
        None => rows.push(Value::Null),
    }
    rows.push(text::metadata(&new.metadata)?.as_str());
    rows.push(at);
    Ok(())
}

/// Writes what differs from what is there, and returns which fields that was.
fn apply(unit: &mut Unit<'_>, edit: &InteractionEdit) -> Result<FieldSet, SmrtError> {
    let mut current = (None, None, String::new());
    let table = &schema::INTERACTIONS;
    let columns = ["outcome", "duration_s", "metadata"];
    read_by(unit.engine, table, &columns, "id", &[edit.id], &mut |row| {
        current = (
            row.optional_string(0)?,
            row.optional_integer(1)?,
            row.text(2)?.to_owned(),
        );
        Ok(())
    })?;
    let mut after = current.clone();
    if let Some(outcome) = &edit.outcome {
        after.0 = text::checked("outcome", outcome)?;
    }
    if let Some(duration_s) = edit.duration_s {
        after.1 = Some(i64::from(duration_s));
    }
    if let Some(metadata) = &edit.metadata {
        after.2 = text::metadata(metadata)?;
    }
    let mut fields = FieldSet::NONE;
    let mut images = Map::new();
    let mut note = |name: &str, before: Json, after: Json| {
        if before != after {
            fields = fields.union(set_of(name));
            images.insert(name.to_owned(), Json::from(vec![before, after]));
        }
    };
    note(
        "outcome",
        Json::from(current.0),
        Json::from(after.0.clone()),
    );
    note("duration_s", Json::from(current.1), Json::from(after.1));
    note(
        "metadata",
        Json::from(current.2),
        Json::from(after.2.clone()),
    );
    if !fields.is_empty() {
        let changes = [
            ("outcome", after.0.as_deref().into()),
            ("duration_s", after.1.map_or(Value::Null, Value::Integer)),
            ("metadata", after.2.as_str().into()),
        ];
        update(unit.engine, table, edit.id, &changes)?;
        keep_before_image(
            unit.engine,
            EntityType::Interaction,
            edit.id,
            images,
            unit.at,
        )?;
    }
    Ok(fields)
}
