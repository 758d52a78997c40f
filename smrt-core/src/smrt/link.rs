//! Links: the ties between phone numbers and humans.

use std::collections::HashSet;

use serde_json::{Map, Value as Json};

use super::error::{Refusal, SmrtError};
use super::page::{Page, PageRequest, in_order};
use super::record::{Cells, Masked, Record, fetch, list, not_found, writable};
use super::session::TenantSession;
use super::unit::Unit;
use super::{access, number, text};
use crate::model::{
    AccessLevel, EntityType, Field, FieldSet, Id, Instant, Module, RelationshipType,
};
use crate::phone::E164;
use crate::store::records::{delete, e164_of, insert, keep_before_image, read_by, update};
use crate::store::{Row, RowBlock, StoreError, Value, schema};

/// A link as a tenant sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// The link's id.
    pub id: Id,
    /// The tenant whose record it is.
    pub owner: Id,
    /// The human.
    pub human_id: Id,
    /// The phone number.
    pub phone_number_id: Id,
    /// `mobile`, `work`, …
    pub relationship_type: Masked<String>,
    /// Whether it is the human's primary number.
    pub is_primary: Masked<bool>,
    /// Whether someone made sure of it.
    pub verified: Masked<bool>,
    /// More of the link, a JSON object: an extension, for example.
    pub metadata: Masked<String>,
}

impl Record for Link {
    const ENTITY_TYPE: EntityType = EntityType::Link;
    const COLUMNS: &'static [&'static str] = &[
        "human_id",
        "phone_number_id",
        "relationship_type",
        "is_primary",
        "verified",
        "metadata",
    ];

    fn read(id: Id, cells: &Cells<'_>) -> Result<Self, StoreError> {
        Ok(Self {
            id,
            owner: cells.owner,
            human_id: cells.reference("human_id")?,
            phone_number_id: cells.reference("phone_number_id")?,
            relationship_type: cells.text("relationship_type")?,
            is_primary: cells.truth("is_primary")?,
            verified: cells.truth("verified")?,
            metadata: cells.text("metadata")?,
        })
    }
}

/// A link with its number written out.
#[derive(Clone, PartialEq, Eq)]
pub struct LinkedNumber {
    /// The link.
    pub link: Link,
    /// The phone number in E.164: whoever sees a link sees the number.
    pub phone_number: String,
}

impl std::fmt::Debug for LinkedNumber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LinkedNumber")
            .field("link", &self.link)
            .finish_non_exhaustive()
    }
}

/// A link to be added.
#[derive(Clone)]
pub struct NewLink {
    /// The human, whom the tenant must see.
    pub human_id: Id,
    /// The phone number; the tenant is tied to it if it was not.
    pub phone_number: E164,
    /// What the number is to the human.
    pub relationship_type: RelationshipType,
    /// Whether it becomes the human's primary number; the one that was is no longer.
    pub is_primary: bool,
    /// Whether someone made sure of it.
    pub verified: bool,
    /// More of the link; its member `extension` is dialled after the number.
    pub metadata: Map<String, Json>,
}

impl NewLink {
    /// A link of which nothing more is known.
    ///
    /// ```
    /// # use smrt_core::smrt::doc::{now, store, with_human};
    /// # let mut smrt = store()?;
    /// # let ada = with_human(&mut smrt)?;
    /// use smrt_core::model::RelationshipType;
    /// use smrt_core::smrt::NewLink;
    ///
    /// let mut session = smrt.tenant("acme")?.acting_as("crm-sync".parse()?);
    /// let work = RelationshipType::parse("work")?;
    /// let link = NewLink { is_primary: true, ..NewLink::new(ada, "+12025550143".parse()?, work) };
    /// let id = session.add_link(&link, now())?;
    /// assert_eq!(session.link(id, now())?.is_primary.value(), Some(&true));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn new(human_id: Id, phone_number: E164, relationship_type: RelationshipType) -> Self {
        Self {
            human_id,
            phone_number,
            relationship_type,
            is_primary: false,
            verified: false,
            metadata: Map::new(),
        }
    }
}

impl std::fmt::Debug for NewLink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewLink")
            .field("human_id", &self.human_id)
            .finish_non_exhaustive()
    }
}

/// New values for some fields of a link.
#[derive(Clone)]
pub struct LinkEdit {
    /// Which link.
    pub id: Id,
    /// Whether it is the human's primary number, if that changes.
    pub is_primary: Option<bool>,
    /// Whether someone made sure of it, if that changes.
    pub verified: Option<bool>,
    /// More of the link, if that changes.
    pub metadata: Option<Map<String, Json>>,
}

impl LinkEdit {
    /// An edit that changes nothing yet.
    ///
    /// ```
    /// # use smrt_core::smrt::doc::{now, store, with_human};
    /// # let mut smrt = store()?;
    /// # let ada = with_human(&mut smrt)?;
    /// use smrt_core::model::RelationshipType;
    /// use smrt_core::smrt::{LinkEdit, NewLink};
    ///
    /// let mut session = smrt.tenant("acme")?.acting_as("crm-sync".parse()?);
    /// let work = RelationshipType::parse("work")?;
    /// let id = session.add_link(&NewLink::new(ada, "+12025550143".parse()?, work), now())?;
    /// let edit = LinkEdit { verified: Some(true), ..LinkEdit::of(id) };
    /// assert_eq!(session.edit_links(&[edit], now())?, 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub const fn of(id: Id) -> Self {
        Self {
            id,
            is_primary: None,
            verified: None,
            metadata: None,
        }
    }

    fn fields(&self) -> FieldSet {
        let changed = [
            ("is_primary", self.is_primary.is_some()),
            ("verified", self.verified.is_some()),
            ("metadata", self.metadata.is_some()),
        ];
        changed
            .into_iter()
            .filter(|(_, changes)| *changes)
            .map(|(name, _)| set_of(name))
            .fold(FieldSet::NONE, FieldSet::union)
    }
}

impl std::fmt::Debug for LinkEdit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LinkEdit")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

fn set_of(name: &str) -> FieldSet {
    Field::parse(EntityType::Link, name).map_or(FieldSet::NONE, FieldSet::one)
}

impl TenantSession<'_> {
    /// Links humans to phone numbers, all or none, and returns the links' ids in order. A link the
    /// tenant has already stays as it is.
    ///
    /// # Errors
    ///
    /// [`SmrtError::NotFound`] for a human the tenant cannot see; [`SmrtError::Invalid`] with
    /// `phone_not_valid`.
    ///
    /// ```
    /// # use smrt_core::smrt::doc::{now, store, with_human};
    /// use smrt_core::model::RelationshipType;
    /// use smrt_core::smrt::NewLink;
    ///
    /// # let mut smrt = store()?;
    /// # let ada = with_human(&mut smrt)?;
    /// let mut session = smrt.tenant("acme")?.acting_as("crm-sync".parse()?);
    /// let mobile = RelationshipType::parse("mobile")?;
    /// session.add_links(&[NewLink::new(ada, "+447400123456".parse()?, mobile)], now())?;
    /// assert_eq!(session.links_of_humans(&[ada], now())?.len(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn add_links(&mut self, links: &[NewLink], at: Instant) -> Result<Vec<Id>, SmrtError> {
        self.require(Module::Contacts, at)?;
        self.write(at, |unit| {
            let humans: Vec<Id> = links.iter().map(|link| link.human_id).collect();
            let accesses = access::of_records(unit, EntityType::Human, &humans)?;
            let numbers: Vec<E164> = links.iter().map(|link| link.phone_number).collect();
            for link in links {
                if !accesses.contains_key(&link.human_id) {
                    unit.unseen.push((EntityType::Human, link.human_id));
                    return Err(SmrtError::NotFound {
                        entity_type: EntityType::Human,
                        id: link.human_id,
                    });
                }
            }
            number::ensure(unit, &numbers)?;
            let mut ids = Vec::with_capacity(links.len());
            for link in links {
                let of_tenant = accesses
                    .get(&link.human_id)
                    .is_some_and(|access| access.owner == unit.tenant.id);
                ids.push(id_of(link, unit.tenant.id, of_tenant));
            }
            let mut known = own_links(unit, &ids)?;
            let mut added = Vec::new();
            for (link, id) in links.iter().zip(&ids) {
                if !known.insert(*id) {
                    continue;
                }
                if link.is_primary {
                    clear_primary(unit, link.human_id)?;
                }
                let row = row_of(link, *id, unit)?;
                insert(unit.engine, &row)?;
                added.push(*id);
            }
            let fields = FieldSet::all(EntityType::Link);
            unit.note_records("link.add", EntityType::Link, &added, fields);
            Ok(ids)
        })
    }

    /// Links one human to one phone number and returns the link's id.
    ///
    /// # Errors
    ///
    /// As [`TenantSession::add_links`].
    ///
    /// ```
    /// # use smrt_core::smrt::doc::{now, store, with_human};
    /// use smrt_core::model::RelationshipType;
    /// use smrt_core::smrt::NewLink;
    ///
    /// # let mut smrt = store()?;
    /// # let ada = with_human(&mut smrt)?;
    /// let mut session = smrt.tenant("acme")?.acting_as("crm-sync".parse()?);
    /// let link = NewLink::new(ada, "+442079460101".parse()?, RelationshipType::OTHER);
    /// assert_eq!(session.add_link(&link, now())?, session.add_link(&link, now())?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn add_link(&mut self, link: &NewLink, at: Instant) -> Result<Id, SmrtError> {
        let mut ids = self.add_links(std::slice::from_ref(link), at)?;
        ids.pop().ok_or(SmrtError::NotFound {
            entity_type: EntityType::Human,
            id: link.human_id,
        })
    }

    /// The links with these ids, in order; nothing where there is none the tenant can see.
    ///
    /// # Errors
    ///
    /// Those of the store.
    ///
    /// ```
    /// # use smrt_core::smrt::doc::{now, store};
    /// # let mut smrt = store()?;
    /// let mut session = smrt.tenant("acme")?.acting_as("crm-sync".parse()?);
    /// let unknown = "0198c0de-0000-7000-8000-000000000000".parse()?;
    /// assert_eq!(session.links(&[unknown], now())?, [None]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn links(&mut self, ids: &[Id], at: Instant) -> Result<Vec<Option<Link>>, SmrtError> {
        self.require(Module::Contacts, at)?;
        self.read(at, |unit| Ok(in_order(ids, &fetch::<Link>(unit, ids)?)))
    }

    /// The link with this id.
    ///
    /// # Errors
    ///
    /// [`SmrtError::NotFound`] when there is none the tenant can see.
    ///
    /// ```
    /// # use smrt_core::smrt::doc::{now, store};
    /// # let mut smrt = store()?;
    /// let mut session = smrt.tenant("acme")?.acting_as("crm-sync".parse()?);
    /// let unknown = "0198c0de-0000-7000-8000-000000000000".parse()?;
    /// assert_eq!(session.link(unknown, now()).unwrap_err().code(), "not_found");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn link(&mut self, id: Id, at: Instant) -> Result<Link, SmrtError> {
        self.require(Module::Contacts, at)?;
        self.read(at, |unit| {
            let link = fetch::<Link>(unit, &[id])?.remove(&id);
            link.ok_or_else(|| not_found::<Link>(id))
        })
    }

    /// The links of these humans that the tenant can see; for each human the primary one first.
    ///
    /// # Errors
    ///
    /// Those of the store. A human the tenant cannot see has no links.
    ///
    /// ```
    /// # use smrt_core::smrt::doc::{now, store, with_human};
    /// # let mut smrt = store()?;
    /// # let ada = with_human(&mut smrt)?;
    /// let mut session = smrt.tenant("acme")?.acting_as("crm-sync".parse()?);
    /// assert_eq!(session.links_of_humans(&[ada], now())?, []);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn links_of_humans(&mut self, humans: &[Id], at: Instant) -> Result<Vec<Link>, SmrtError> {
        self.require(Module::Contacts, at)?;
        self.read(at, |unit| links_of(unit, "human_id", humans))
    }

    /// The links of these humans that the tenant can see, with their numbers; for each human the
    /// primary one first.
    ///
    /// # Errors
    ///
    /// Those of the store. A human the tenant cannot see has no links.
    ///
    /// ```
    /// # use smrt_core::smrt::doc::{now, store, with_human};
    /// # let mut smrt = store()?;
    /// # let ada = with_human(&mut smrt)?;
    /// use smrt_core::model::RelationshipType;
    /// use smrt_core::smrt::NewLink;
    ///
    /// let mut session = smrt.tenant("acme")?.acting_as("crm-sync".parse()?);
    /// let link = NewLink::new(ada, "+442079460101".parse()?, RelationshipType::OTHER);
    /// session.add_link(&link, now())?;
    /// let linked = session.linked_numbers(&[ada], now())?;
    /// assert_eq!(linked[0].phone_number, "+442079460101");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn linked_numbers(
        &mut self,
        humans: &[Id],
        at: Instant,
    ) -> Result<Vec<LinkedNumber>, SmrtError> {
        self.require(Module::Contacts, at)?;
        self.read(at, |unit| {
            let links = links_of(unit, "human_id", humans)?;
            let numbers: Vec<Id> = links.iter().map(|link| link.phone_number_id).collect();
            let numbers = e164_of(unit.engine, &numbers)?;
            let linked = links.into_iter().filter_map(|link| {
                let phone_number = numbers.get(&link.phone_number_id)?.clone();
                Some(LinkedNumber { link, phone_number })
            });
            Ok(linked.collect())
        })
    }

    /// The links of these phone numbers that the tenant can see, to humans it can see.
    ///
    /// # Errors
    ///
    /// Those of the store.
    ///
    /// ```
    /// # use smrt_core::smrt::doc::{now, store};
    /// # let mut smrt = store()?;
    /// let mut session = smrt.tenant("acme")?.acting_as("crm-sync".parse()?);
    /// let number = session.add_number("+12025550143".parse()?, now())?;
    /// assert_eq!(session.links_of_numbers(&[number], now())?, []);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn links_of_numbers(
        &mut self,
        numbers: &[Id],
        at: Instant,
    ) -> Result<Vec<Link>, SmrtError> {
        self.require(Module::Contacts, at)?;
        self.read(at, |unit| links_of(unit, "phone_number_id", numbers))
    }

    /// The links the tenant can see, in the order of their ids.
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
    /// let mut session = smrt.tenant("acme")?.acting_as("crm-sync".parse()?);
    /// assert!(session.list_links(&PageRequest::first(10), now())?.items.is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn list_links(
        &mut self,
        request: &PageRequest,
        at: Instant,
    ) -> Result<Page<Link>, SmrtError> {
        self.require(Module::Contacts, at)?;
        self.read(at, |unit| list(unit, request))
    }

    /// Changes fields of links, all or none, and returns how many really changed.
    ///
    /// # Errors
    ///
    /// [`SmrtError::NotFound`] for a link the tenant cannot see; [`SmrtError::Refused`] for a field
    /// it may see but not change.
    ///
    /// ```
    /// # use smrt_core::smrt::doc::{now, store, with_human};
    /// use smrt_core::model::RelationshipType;
    /// use smrt_core::smrt::{LinkEdit, NewLink};
    ///
    /// # let mut smrt = store()?;
    /// # let ada = with_human(&mut smrt)?;
    /// let mut session = smrt.tenant("acme")?.acting_as("crm-sync".parse()?);
    /// let link = NewLink::new(ada, "+442079460101".parse()?, RelationshipType::OTHER);
    /// let id = session.add_link(&link, now())?;
    /// let edit = LinkEdit { verified: Some(true), ..LinkEdit::of(id) };
    /// assert_eq!(session.edit_links(&[edit], now())?, 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn edit_links(&mut self, edits: &[LinkEdit], at: Instant) -> Result<u64, SmrtError> {
        self.require(Module::Contacts, at)?;
        self.write(at, |unit| {
            let ids: Vec<Id> = edits.iter().map(|edit| edit.id).collect();
            let accesses = access::of_records(unit, EntityType::Link, &ids)?;
            unit.note_unseen(EntityType::Link, &ids, &accesses);
            let mut changed = 0;
            for edit in edits {
                let access = writable(&accesses, EntityType::Link, edit.id, edit.fields())?;
                let fields = apply(unit, edit)?;
                if !fields.is_empty() {
                    changed += 1;
                    unit.note_edit("link.edit", EntityType::Link, edit.id, access.owner, fields);
                }
            }
            Ok(changed)
        })
    }

    /// Changes fields of one link; `false` when they had these values already.
    ///
    /// # Errors
    ///
    /// As [`TenantSession::edit_links`].
    ///
    /// ```
    /// # use smrt_core::smrt::doc::{now, store, with_human};
    /// use smrt_core::model::RelationshipType;
    /// use smrt_core::smrt::{LinkEdit, NewLink};
    ///
    /// # let mut smrt = store()?;
    /// # let ada = with_human(&mut smrt)?;
    /// let mut session = smrt.tenant("acme")?.acting_as("crm-sync".parse()?);
    /// let link = NewLink::new(ada, "+442079460101".parse()?, RelationshipType::OTHER);
    /// let id = session.add_link(&link, now())?;
    /// let edit = LinkEdit { is_primary: Some(true), ..LinkEdit::of(id) };
    /// assert!(session.edit_link(&edit, now())?);
    /// assert_eq!(session.link(id, now())?.is_primary.value(), Some(&true));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn edit_link(&mut self, edit: &LinkEdit, at: Instant) -> Result<bool, SmrtError> {
        Ok(self.edit_links(std::slice::from_ref(edit), at)? == 1)
    }

    /// Removes links of the tenant's own, all or none. The human and the number stay.
    ///
    /// # Errors
    ///
    /// [`SmrtError::NotFound`] for a link the tenant cannot see; [`SmrtError::Refused`] for another
    /// tenant's.
    ///
    /// ```
    /// # use smrt_core::smrt::doc::{now, store, with_human};
    /// use smrt_core::model::RelationshipType;
    /// use smrt_core::smrt::NewLink;
    ///
    /// # let mut smrt = store()?;
    /// # let ada = with_human(&mut smrt)?;
    /// let mut session = smrt.tenant("acme")?.acting_as("crm-sync".parse()?);
    /// let link = NewLink::new(ada, "+442079460101".parse()?, RelationshipType::OTHER);
    /// let id = session.add_link(&link, now())?;
    /// session.remove_links(&[id], now())?;
    /// assert_eq!(session.link(id, now()).unwrap_err().code(), "not_found");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn remove_links(&mut self, ids: &[Id], at: Instant) -> Result<(), SmrtError> {
        self.require(Module::Contacts, at)?;
        self.write(at, |unit| {
            let accesses = access::of_records(unit, EntityType::Link, ids)?;
            unit.note_unseen(EntityType::Link, ids, &accesses);
            for id in ids {
                match accesses.get(id) {
                    None => return Err(not_found::<Link>(*id)),
                    Some(access) if access.owner != unit.tenant.id => {
                        return Err(SmrtError::Refused(Refusal {
                            entity_type: EntityType::Link,
                            id: *id,
                            field: "relationship_type",
                            needed: AccessLevel::Admin,
                        }));
                    }
                    Some(_) => delete(unit.engine, &schema::PHONE_HUMAN_LINKS, *id)?,
                }
            }
            let fields = FieldSet::all(EntityType::Link);
            unit.note_records("link.remove", EntityType::Link, ids, fields);
            Ok(())
        })
    }

    /// Removes one link of the tenant's own.
    ///
    /// # Errors
    ///
    /// As [`TenantSession::remove_links`].
    ///
    /// ```
    /// # use smrt_core::smrt::doc::{now, store, with_human};
    /// use smrt_core::model::RelationshipType;
    /// use smrt_core::smrt::NewLink;
    ///
    /// # let mut smrt = store()?;
    /// # let ada = with_human(&mut smrt)?;
    /// let mut session = smrt.tenant("acme")?.acting_as("crm-sync".parse()?);
    /// let link = NewLink::new(ada, "+442079460101".parse()?, RelationshipType::OTHER);
    /// let id = session.add_link(&link, now())?;
    /// session.remove_link(id, now())?;
    /// assert!(session.links_of_humans(&[ada], now())?.is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn remove_link(&mut self, id: Id, at: Instant) -> Result<(), SmrtError> {
        self.remove_links(&[id], at)
    }
}

/// The visible links on one side of which are these records, to humans the tenant can see.
pub(super) fn links_of(
    unit: &mut Unit<'_>,
    side: &'static str,
    ids: &[Id],
) -> Result<Vec<Link>, SmrtError> {
    let mut ids = ids.to_vec();
    ids.sort_unstable();
    ids.dedup();
    let mut candidates = Vec::new();
    let table = &schema::PHONE_HUMAN_LINKS;
    read_by(
        unit.engine,
        table,
        &["id", "human_id"],
        side,
        &ids,
        &mut |row| {
            candidates.push((row.id(0)?, row.id(1)?));
            Ok(())
        },
    )?;
    let humans: Vec<Id> = candidates.iter().map(|(_, human)| *human).collect();
    let visible = access::of_records(unit, EntityType::Human, &humans)?;
    candidates.retain(|(_, human)| visible.contains_key(human));
    let links: Vec<Id> = candidates.into_iter().map(|(link, _)| link).collect();
    let accesses = access::of_records(unit, EntityType::Link, &links)?;
    let records = super::record::read_visible::<Link>(unit, &accesses)?;
    let mut records: Vec<Link> = records.into_values().collect();
    records.sort_by_key(|link| {
        let is_primary = link.is_primary.value() == Some(&true);
        (link.human_id, !is_primary, link.phone_number_id, link.id)
    });
    Ok(records)
}

/// The id of a link: a function of what it ties, and of the tenant where the human is another's.
fn id_of(link: &NewLink, tenant: Id, is_own_human: bool) -> Id {
    let number = Id::of_phone_number(link.phone_number);
    let relationship = link.relationship_type.as_str();
    let id = Id::of_link(number, link.human_id, relationship);
    match is_own_human {
        true => id,
        false => Id::derived("link_of_tenant", &[id.as_bytes(), tenant.as_bytes()]),
    }
}

fn own_links(unit: &mut Unit<'_>, ids: &[Id]) -> Result<HashSet<Id>, StoreError> {
    let mut known = HashSet::new();
    let table = &schema::PHONE_HUMAN_LINKS;
    read_by(unit.engine, table, &["id"], "id", ids, &mut |row| {
        known.insert(row.id(0)?);
        Ok(())
    })?;
    Ok(known)
}

/// Takes the mark of the primary number from the tenant's other links of a human.
fn clear_primary(unit: &mut Unit<'_>, human: Id) -> Result<(), StoreError> {
    let own = unit.tenant.id;
    let mut marked = Vec::new();
    let table = &schema::PHONE_HUMAN_LINKS;
    let columns = ["id", "created_by_tenant_id", "is_primary"];
    read_by(
        unit.engine,
        table,
        &columns,
        "human_id",
        &[human],
        &mut |row| {
            if row.id(1)? == own && row.integer(2)? != 0 {
                marked.push(row.id(0)?);
            }
            Ok(())
        },
    )?;
    for id in marked {
        change(
            unit,
            id,
            "is_primary",
            Json::from(true),
            Json::from(false),
            false.into(),
        )?;
    }
    Ok(())
}

/// Sets a field of a link and keeps what it was.
fn change(
    unit: &mut Unit<'_>,
    id: Id,
    field: &'static str,
    before: Json,
    after: Json,
    value: Value<'_>,
) -> Result<(), StoreError> {
    update(
        unit.engine,
        &schema::PHONE_HUMAN_LINKS,
        id,
        &[(field, value)],
    )?;
    let mut images = Map::new();
    images.insert(field.to_owned(), Json::from(vec![before, after]));
    keep_before_image(unit.engine, EntityType::Link, id, images, unit.at)
}

fn row_of(link: &NewLink, id: Id, unit: &Unit<'_>) -> Result<RowBlock, SmrtError> {
    let mut rows = RowBlock::new(&schema::PHONE_HUMAN_LINKS);
    rows.push(id);
    rows.push(Id::of_phone_number(link.phone_number));
    rows.push(link.human_id);
    rows.push(link.relationship_type.as_str());
    rows.push(link.is_primary);
    rows.push(link.verified);
    rows.push(unit.at);
    rows.push(unit.tenant.id);
    rows.push(text::metadata(&link.metadata)?.as_str());
    rows.push(Value::Null);
    rows.push(Value::Null);
    Ok(rows)
}

/// Writes what differs from what is there, and returns which fields that was.
fn apply(unit: &mut Unit<'_>, edit: &LinkEdit) -> Result<FieldSet, SmrtError> {
    let mut current = None;
    let table = &schema::PHONE_HUMAN_LINKS;
    let columns = ["human_id", "is_primary", "verified", "metadata"];
    let mut keep = |row: &dyn Row| {
        let truths = (row.integer(1)? != 0, row.integer(2)? != 0);
        current = Some((row.id(0)?, truths, row.text(3)?.to_owned()));
        Ok(())
    };
    read_by(unit.engine, table, &columns, "id", &[edit.id], &mut keep)?;
    let Some((human, (is_primary, verified), metadata)) = current else {
        return Err(not_found::<Link>(edit.id));
    };
    let mut fields = FieldSet::NONE;
    if let Some(after) = edit.is_primary.filter(|after| *after != is_primary) {
        if after {
            clear_primary(unit, human)?;
        }
        let (before, now) = (Json::from(is_primary), Json::from(after));
        change(unit, edit.id, "is_primary", before, now, after.into())?;
        fields = fields.union(set_of("is_primary"));
    }
    if let Some(after) = edit.verified.filter(|after| *after != verified) {
        let (before, now) = (Json::from(verified), Json::from(after));
        change(unit, edit.id, "verified", before, now, after.into())?;
        fields = fields.union(set_of("verified"));
    }
    if let Some(after) = &edit.metadata {
        let after = text::metadata(after)?;
        if after != metadata {
            let now = Json::from(after.as_str());
            let value = after.as_str().into();
            change(unit, edit.id, "metadata", Json::from(metadata), now, value)?;
            fields = fields.union(set_of("metadata"));
        }
    }
    Ok(fields)
}
