//! Phone numbers: adding, reading, editing and listing them.
//!
//! A number is one record for all tenants. Each sees its own facts once it has a tie to it, as if
//! nobody else had ever brought it in; what a tenant attached to it is seen by others with a grant.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value as Json};

use super::error::SmrtError;
use super::page::{Page, PageRequest, in_order};
use super::record::{Cells, Masked, Record, fetch, not_found, page};
use super::session::TenantSession;
use super::text;
use super::unit::Unit;
use crate::model::{EntityType, FieldSet, Id, Instant, Module};
use crate::phone::{E164, parse};
use crate::store::records::{
    keep_before_image, owners, read_by, read_ties, set_tie_metadata, update,
};
use crate::store::visibility::VisibleRecord;
use crate::store::{OnConflict, Row, RowBlock, StoreError, Value, schema};

/// A phone number as a tenant sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Number {
    /// The number's id, a function of its E.164 form.
    pub id: Id,
    /// The number in E.164.
    pub phone_number: Masked<String>,
    /// The country calling code.
    pub country_code: Masked<i64>,
    /// The area code, where the plan has one.
    pub area_code: Masked<String>,
    /// Whether it is a mobile line, where the plan tells.
    pub is_mobile: Masked<bool>,
    /// What the carrier said.
    pub carrier_info: Masked<String>,
    /// `listed`, `clear` or `unknown`: what the tenant's own registries said when they were asked
    /// ([`TenantSession::sync_dnc`]).
    pub dnc_status: Masked<String>,
    /// When they were asked.
    pub dnc_date: Masked<Instant>,
    /// What the tenant attached to it, a JSON object; where the tenant has no tie to the number
    /// itself, what the one that granted it attached.
    pub metadata: Masked<String>,
}

impl Record for Number {
    const ENTITY_TYPE: EntityType = EntityType::PhoneNumber;
    const COLUMNS: &'static [&'static str] = EntityType::PhoneNumber.fields();

    fn read(id: Id, cells: &Cells<'_>) -> Result<Self, StoreError> {
        Ok(Self {
            id,
            phone_number: cells.text("phone_number")?,
            country_code: cells.integer("country_code")?,
            area_code: cells.text("area_code")?,
            is_mobile: cells.truth("is_mobile")?,
            carrier_info: cells.text("carrier_info")?,
            dnc_status: cells.text("dnc_status")?,
            dnc_date: cells.instant("dnc_date")?,
            metadata: cells.text("metadata")?,
        })
    }
}

/// What a tenant attaches to a phone number, instead of what it attached before. What the numbering
/// plan, a carrier or a registry says of a number is not edited.
#[derive(Clone)]
pub struct NumberEdit {
    id: Id,
    metadata: String,
}

impl std::fmt::Debug for NumberEdit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NumberEdit")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

impl NumberEdit {
    /// Attaches `metadata` to a number.
    ///
    /// # Errors
    ///
    /// [`SmrtError::Invalid`] with `metadata_too_long`.
    ///
    /// ```
    /// # use smrt_core::smrt::doc::{now, store};
    /// # let mut smrt = store()?;
    /// use smrt_core::smrt::NumberEdit;
    ///
    /// let mut session = smrt.tenant("acme")?.acting_as("crm-sync".parse()?);
    /// let id = session.add_number("+12025550143".parse()?, now())?;
    /// let mut metadata = serde_json::Map::new();
    /// metadata.insert("best_time".into(), "mornings".into());
    /// assert_eq!(session.edit_numbers(&[NumberEdit::new(id, &metadata)?], now())?, 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn new(id: Id, metadata: &Map<String, Json>) -> Result<Self, SmrtError> {
        let metadata = text::metadata(metadata)?;
        Ok(Self { id, metadata })
    }
}

impl TenantSession<'_> {
    /// Ties the tenant to phone numbers, all or none, and returns their ids in order. A number the
    /// tenant knows already stays as it is; whether another tenant knows it cannot be told.
    ///
    /// # Errors
    ///
    /// [`SmrtError::Invalid`] with `phone_not_valid` for a number that no numbering plan has.
    ///
    /// ```
    /// # use smrt_core::smrt::doc::{now, store};
    /// # let mut smrt = store()?;
    /// let mut session = smrt.tenant("acme")?.acting_as("crm-sync".parse()?);
    /// let ids = session.add_numbers(&["+12025550143".parse()?, "+442079460101".parse()?], now())?;
    /// assert_eq!(session.number(ids[0], now())?.phone_number.value().unwrap(), "+12025550143");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn add_numbers(&mut self, numbers: &[E164], at: Instant) -> Result<Vec<Id>, SmrtError> {
        self.require(Module::Contacts, at)?;
        self.write(at, |unit| {
            let (ids, added) = ensure(unit, numbers)?;
            unit.note_records(
                "phone_number.add",
                EntityType::PhoneNumber,
                &added,
                FieldSet::NONE,
            );
            Ok(ids)
        })
    }

    /// Ties the tenant to one phone number and returns its id.
    ///
    /// # Errors
    ///
    /// As [`TenantSession::add_numbers`].
    ///
    /// ```
    /// # use smrt_core::smrt::doc::{now, store};
    /// # let mut smrt = store()?;
    /// let mut session = smrt.tenant("acme")?.acting_as("crm-sync".parse()?);
    /// let id = session.add_number("+12025550143".parse()?, now())?;
    /// assert_eq!(id, session.add_number("+12025550143".parse()?, now())?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn add_number(&mut self, number: E164, at: Instant) -> Result<Id, SmrtError> {
        self.add_numbers(&[number], at)?;
        Ok(Id::of_phone_number(number))
    }

    /// The phone numbers with these ids, in order; nothing where there is none the tenant can see.
    ///
    /// # Errors
    ///
    /// Those of the store.
    ///
    /// ```
    /// # use smrt_core::smrt::doc::{now, store};
    /// use smrt_core::model::Id;
    ///
    /// # let mut smrt = store()?;
    /// let number = "+12025550143".parse()?;
    /// let mut acme = smrt.tenant("acme")?.acting_as("crm-sync".parse()?);
    /// acme.add_number(number, now())?;
    /// // To a tenant without a tie the number does not exist.
    /// let mut beta = smrt.tenant("beta")?.acting_as("beta-crm".parse()?);
    /// assert_eq!(beta.numbers(&[Id::of_phone_number(number)], now())?, [None]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn numbers(&mut self, ids: &[Id], at: Instant) -> Result<Vec<Option<Number>>, SmrtError> {
        self.require(Module::Contacts, at)?;
        self.read(at, |unit| Ok(in_order(ids, &numbers(unit, ids)?)))
    }

    /// The phone number with this id; [`Id::of_phone_number`] gives the id of any number.
    ///
    /// # Errors
    ///
    /// [`SmrtError::NotFound`] when there is none the tenant can see.
    ///
    /// ```
    /// # use smrt_core::smrt::doc::{now, store};
    /// # let mut smrt = store()?;
    /// let mut session = smrt.tenant("acme")?.acting_as("crm-sync".parse()?);
    /// let id = session.add_number("+12025550143".parse()?, now())?;
    /// assert_eq!(session.number(id, now())?.area_code.value().unwrap(), "202");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn number(&mut self, id: Id, at: Instant) -> Result<Number, SmrtError> {
        self.require(Module::Contacts, at)?;
        self.read(at, |unit| {
            let number = numbers(unit, &[id])?.remove(&id);
            number.ok_or(not_found::<Number>(id))
        })
    }

    /// The phone numbers the tenant can see, in the order of their ids.
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
    /// session.add_number("+12025550143".parse()?, now())?;
    /// assert_eq!(session.list_numbers(&PageRequest::first(10), now())?.items.len(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn list_numbers(
        &mut self,
        request: &PageRequest,
        at: Instant,
    ) -> Result<Page<Number>, SmrtError> {
        self.require(Module::Contacts, at)?;
        self.read(at, |unit| {
            let (listed, there_is_more) = page::<Number>(unit, request)?;
            let order: Vec<VisibleRecord> = listed.iter().map(|(record, _)| *record).collect();
            let numbers = listed
                .into_iter()
                .map(|(record, number)| (record.id, number));
            let mut numbers = numbers.collect();
            with_own_facts(unit, &mut numbers)?;
            let listed = order.into_iter();
            let listed = listed.filter_map(|record| Some((record, numbers.remove(&record.id)?)));
            Ok(Page::of(listed.collect(), there_is_more))
        })
    }

    /// Attaches metadata to phone numbers, all or none, and returns how many really changed. Each
    /// tenant has its own, which others see with a grant only.
    ///
    /// # Errors
    ///
    /// [`SmrtError::NotFound`] for a number the tenant has no tie to.
    ///
    /// ```
    /// # use smrt_core::smrt::doc::{now, store};
    /// use smrt_core::smrt::NumberEdit;
    ///
    /// # let mut smrt = store()?;
    /// let mut session = smrt.tenant("acme")?.acting_as("crm-sync".parse()?);
    /// let id = session.add_number("+12025550143".parse()?, now())?;
    /// let note = serde_json::json!({"note": "reception"});
    /// let edit = NumberEdit::new(id, note.as_object().unwrap())?;
    /// assert_eq!(session.edit_numbers(&[edit], now())?, 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn edit_numbers(&mut self, edits: &[NumberEdit], at: Instant) -> Result<u64, SmrtError> {
        self.require(Module::Contacts, at)?;
        self.write(at, |unit| {
            let ids: Vec<Id> = edits.iter().map(|edit| edit.id).collect();
            let attachments = attachments(unit, &ids)?;
            let mut changed = Vec::new();
            for edit in edits {
                let id = edit.id;
                let (place, before) = attachments.get(&id).ok_or(SmrtError::NotFound {
                    entity_type: EntityType::PhoneNumber,
                    id,
                })?;
                if *before != edit.metadata {
                    attach(unit, *place, edit, before)?;
                    changed.push(id);
                }
            }
            let fields =
                FieldSet::all(EntityType::PhoneNumber).without(EntityType::PhoneNumber.facts());
            unit.note_records(
                "phone_number.edit",
                EntityType::PhoneNumber,
                &changed,
                fields,
            );
            Ok(changed.len() as u64)
        })
    }

    /// Attaches metadata to one phone number; `false` when it was attached already.
    ///
    /// # Errors
    ///
    /// As [`TenantSession::edit_numbers`].
    ///
    /// ```
    /// # use smrt_core::smrt::doc::{now, store};
    /// use smrt_core::smrt::NumberEdit;
    ///
    /// # let mut smrt = store()?;
    /// let mut session = smrt.tenant("acme")?.acting_as("crm-sync".parse()?);
    /// let id = session.add_number("+12025550143".parse()?, now())?;
    /// let note = serde_json::json!({"note": "reception"});
    /// let edit = NumberEdit::new(id, note.as_object().unwrap())?;
    /// assert!(session.edit_number(&edit, now())?);
    /// assert!(!session.edit_number(&edit, now())?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn edit_number(&mut self, edit: &NumberEdit, at: Instant) -> Result<bool, SmrtError> {
        Ok(self.edit_numbers(std::slice::from_ref(edit), at)? == 1)
    }
}

/// Where the tenant's own metadata of a number is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// In the number's record, which the tenant made.
    Number,
    /// In the tenant's tie to a number that another tenant brought in first.
    Tie,
}

/// What the tenant attached to these numbers; those it has no tie to are left out.
fn attachments(unit: &mut Unit<'_>, ids: &[Id]) -> Result<HashMap<Id, (Place, String)>, SmrtError> {
    let own = unit.tenant.id;
    let mut found = HashMap::new();
    let columns = ["id", "created_by_tenant_id", "metadata"];
    let mut keep = |place: Place, row: &dyn Row| {
        if row.id(1)? == own {
            found.insert(row.id(0)?, (place, row.text(2)?.to_owned()));
        }
        Ok(())
    };
    let numbers = &schema::PHONE_NUMBERS;
    read_by(unit.engine, numbers, &columns, "id", ids, &mut |row| {
        keep(Place::Number, row)
    })?;
    read_ties(unit.engine, own, ids, &mut |row| keep(Place::Tie, row))?;
    Ok(found)
}

fn attach(
    unit: &mut Unit<'_>,
    place: Place,
    edit: &NumberEdit,
    before: &str,
) -> Result<(), StoreError> {
    match place {
        Place::Tie => set_tie_metadata(unit.engine, unit.tenant.id, edit.id, &edit.metadata),
        Place::Number => {
            let changes = [
                ("metadata", edit.metadata.as_str().into()),
                ("updated_at", unit.at.into()),
            ];
            update(unit.engine, &schema::PHONE_NUMBERS, edit.id, &changes)?;
            let mut images = Map::new();
            images.insert(
                "metadata".to_owned(),
                Json::from(vec![before, &edit.metadata]),
            );
            let at = unit.at;
            keep_before_image(unit.engine, EntityType::PhoneNumber, edit.id, images, at)
        }
    }
}

/// Shows each number with what the tenant itself attached to it, and what its own registries said
/// of it.
fn with_own_facts(unit: &mut Unit<'_>, numbers: &mut HashMap<Id, Number>) -> Result<(), SmrtError> {
    let mut foreign: HashSet<Id> = numbers.keys().copied().collect();
    let ids: Vec<Id> = foreign.iter().copied().collect();
    read_ties(unit.engine, unit.tenant.id, &ids, &mut |row| {
        foreign.remove(&row.id(0)?);
        if let Some(number) = numbers.get_mut(&row.id(0)?) {
            number.metadata = Masked::Value(row.text(2)?.to_owned());
            number.dnc_status = Masked::Value(row.text(3)?.to_owned());
            number.dnc_date = match row.optional_integer(4)? {
                Some(date) => Masked::Value(Instant::from_micros(date)),
                None => Masked::Empty,
            };
        }
        Ok(())
    })?;
    // Of a number that was only shared with it, the tenant has asked no registry.
    let untied: Vec<Id> = foreign.into_iter().collect();
    for (id, owner) in owners(unit.engine, EntityType::PhoneNumber, &untied)? {
        if let (true, Some(number)) = (owner != unit.tenant.id, numbers.get_mut(&id)) {
            if !number.dnc_status.is_hidden() {
                number.dnc_status = Masked::Value("unknown".to_owned());
            }
            if !number.dnc_date.is_hidden() {
                number.dnc_date = Masked::Empty;
            }
        }
    }
    Ok(())
}

/// The numbers among `ids` that the tenant can see.
pub(super) fn numbers(unit: &mut Unit<'_>, ids: &[Id]) -> Result<HashMap<Id, Number>, SmrtError> {
    let mut found = fetch(unit, ids)?;
    with_own_facts(unit, &mut found)?;
    Ok(found)
}

/// Makes sure the tenant has a tie to each number, and returns the ids of all, and of those that
/// are new to the tenant.
pub(super) fn ensure(
    unit: &mut Unit<'_>,
    numbers: &[E164],
) -> Result<(Vec<Id>, Vec<Id>), SmrtError> {
    let ids: Vec<Id> = numbers.iter().copied().map(Id::of_phone_number).collect();
    let mut rows = RowBlock::new(&schema::PHONE_NUMBERS);
    for (number, id) in numbers.iter().zip(&ids) {
        push(&mut rows, *number, *id, unit)?;
    }
    let known = attachments(unit, &ids)?;
    let mut added: Vec<Id> = ids
        .iter()
        .copied()
        .filter(|id| !known.contains_key(id))
        .collect();
    added.sort_unstable();
    added.dedup();
    unit.engine.bulk_write(&rows, OnConflict::Skip)?;
    let mut ties = RowBlock::new(&schema::PHONE_NUMBER_TIES);
    let columns = ["id", "created_by_tenant_id"];
    let (own, at) = (unit.tenant.id, unit.at);
    read_by(
        unit.engine,
        &schema::PHONE_NUMBERS,
        &columns,
        "id",
        &added,
        &mut |row| {
            if row.id(1)? != own {
                ties.push(row.id(0)?);
                ties.push(own);
                ties.push(at);
                ties.push(Value::Null);
                ties.push(Value::Null);
                ties.push("{}");
                ties.push("unknown");
                ties.push(Value::Null);
            }
            Ok(())
        },
    )?;
    unit.engine.bulk_write(&ties, OnConflict::Fail)?;
    Ok((ids, added))
}

fn push(rows: &mut RowBlock, number: E164, id: Id, unit: &Unit<'_>) -> Result<(), SmrtError> {
    let e164 = number.to_string();
    let number = parse(&e164, None).map_err(|error| {
        SmrtError::invalid(
            "phone_not_valid",
            format!("a phone number cannot be used: {error}"),
        )
    })?;
    rows.push(id);
    rows.push(e164.as_str());
    rows.push(i64::from(number.country_code()));
    rows.push(number.area_code().as_ref().map(|code| code.as_str()));
    match number.line_type().is_mobile() {
        Some(is_mobile) => rows.push(is_mobile),
        None => rows.push(Value::Null),
    }
    rows.push(Value::Null);
    rows.push("unknown");
    rows.push(Value::Null);
    rows.push(unit.at);
    rows.push(unit.at);
    rows.push(unit.tenant.id);
    rows.push("{}");
    rows.push(Value::Null);
    rows.push(Value::Null);
    Ok(())
}
