//! Phone numbers: adding, reading, editing and listing them.
//!
//! A number is one record for all tenants. Each sees its own facts once it has a tie to it, as if
//! nobody else had ever brought it in; what a tenant attached to it is seen by others with a grant.

use std::collections::HashSet;

use serde_json::{Map, Value as Json};

use super::error::SmrtError;
use super::page::{Page, PageRequest, in_order};
use super::record::{Cells, Masked, Record, all_or_not_found, fetch, list, writable};
use super::session::TenantSession;
use super::unit::Unit;
use super::{access, text};
use crate::model::{EntityType, Field, FieldSet, Id, Instant, Module};
use crate::phone::{E164, parse};
use crate::store::records::{keep_before_image, read_by, read_ties, update};
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
    /// `unknown` until a registry was asked.
    pub dnc_status: Masked<String>,
    /// When a registry was asked.
    pub dnc_date: Masked<Instant>,
    /// What the tenant that brought the number in attached to it, a JSON object.
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

/// New values for some fields of a phone number. What its plan or a registry says is not edited.
#[derive(Clone)]
pub struct NumberEdit {
    id: Id,
    changes: Vec<(Field, Option<String>)>,
}

impl std::fmt::Debug for NumberEdit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NumberEdit")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

impl NumberEdit {
    /// An edit that changes nothing yet.
    #[must_use]
    pub const fn of(id: Id) -> Self {
        Self {
            id,
            changes: Vec::new(),
        }
    }

    /// Sets `carrier_info`, or `metadata` to a JSON object; an empty text empties the field.
    ///
    /// # Errors
    ///
    /// [`SmrtError::Invalid`] for another field or a value that cannot be used.
    pub fn set(mut self, field: &str, value: &str) -> Result<Self, SmrtError> {
        let value = match field {
            "carrier_info" => text::checked("carrier_info", value)?,
            "metadata" if value.trim().is_empty() => Some("{}".to_owned()),
            "metadata" => Some(text::metadata_of_text(value)?),
            _ => {
                return Err(SmrtError::invalid(
                    "field_unknown",
                    "of a phone_number, carrier_info and metadata can be edited",
                ));
            }
        };
        let field = Field::parse(EntityType::PhoneNumber, field)
            .map_err(|error| SmrtError::invalid("field_unknown", error.to_string()))?;
        self.changes.retain(|(changed, _)| *changed != field);
        self.changes.push((field, value));
        Ok(self)
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
        self.require(Module::Contacts)?;
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
        self.require(Module::Contacts)?;
        self.read(at, |unit| Ok(in_order(ids, &fetch::<Number>(unit, ids)?)))
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
        self.require(Module::Contacts)?;
        self.read(at, |unit| {
            let mut found = all_or_not_found::<Number>(unit, &[id])?;
            found.pop().ok_or(SmrtError::NotFound {
                entity_type: EntityType::PhoneNumber,
                id,
            })
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
        self.require(Module::Contacts)?;
        self.read(at, |unit| list(unit, request))
    }

    /// Changes fields of phone numbers, all or none, and returns how many really changed.
    ///
    /// # Errors
    ///
    /// [`SmrtError::NotFound`] for a number the tenant cannot see; [`SmrtError::Refused`] for one
    /// that another tenant brought in and did not grant `write` on.
    ///
    /// ```
    /// # use smrt_core::smrt::doc::{now, store};
    /// use smrt_core::smrt::NumberEdit;
    ///
    /// # let mut smrt = store()?;
    /// let mut session = smrt.tenant("acme")?.acting_as("crm-sync".parse()?);
    /// let id = session.add_number("+12025550143".parse()?, now())?;
    /// let edit = NumberEdit::of(id).set("carrier_info", "Example Mobile")?;
    /// assert_eq!(session.edit_numbers(&[edit], now())?, 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn edit_numbers(&mut self, edits: &[NumberEdit], at: Instant) -> Result<u64, SmrtError> {
        self.require(Module::Contacts)?;
        self.write(at, |unit| {
            let ids: Vec<Id> = edits.iter().map(|edit| edit.id).collect();
            let accesses = access::of_records(unit, EntityType::PhoneNumber, &ids)?;
            let mut changed = 0;
            for edit in edits {
                let fields = edit.changes.iter().map(|(field, _)| FieldSet::one(*field));
                let fields = fields.fold(FieldSet::NONE, FieldSet::union);
                let access = writable(&accesses, EntityType::PhoneNumber, edit.id, fields)?;
                let fields = apply(unit, edit)?;
                if fields.is_empty() {
                    continue;
                }
                changed += 1;
                unit.note_edit(
                    "phone_number.edit",
                    EntityType::PhoneNumber,
                    edit.id,
                    access.owner,
                    fields,
                );
            }
            Ok(changed)
        })
    }
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
    unit.engine.bulk_write(&rows, OnConflict::Skip)?;
    let known = known_to_tenant(unit, &ids)?;
    let mut added: Vec<Id> = ids
        .iter()
        .copied()
        .filter(|id| !known.contains(id))
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
            }
            Ok(())
        },
    )?;
    unit.engine.bulk_write(&ties, OnConflict::Fail)?;
    Ok((ids, added))
}

/// Which of these numbers the tenant brought in or has a tie to.
fn known_to_tenant(unit: &mut Unit<'_>, ids: &[Id]) -> Result<HashSet<Id>, SmrtError> {
    let own = unit.tenant.id;
    let mut known = HashSet::new();
    let columns = ["id", "created_by_tenant_id"];
    let mut keep = |row: &dyn Row| {
        if row.id(1)? == own {
            known.insert(row.id(0)?);
        }
        Ok(())
    };
    read_by(
        unit.engine,
        &schema::PHONE_NUMBERS,
        &columns,
        "id",
        ids,
        &mut keep,
    )?;
    read_ties(unit.engine, own, ids, &mut keep)?;
    Ok(known)
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

/// Writes what differs from what is there, and returns which fields that was.
fn apply(unit: &mut Unit<'_>, edit: &NumberEdit) -> Result<FieldSet, SmrtError> {
    let names: Vec<&str> = edit.changes.iter().map(|(field, _)| field.name()).collect();
    let mut current: Vec<Option<String>> = Vec::new();
    read_by(
        unit.engine,
        &schema::PHONE_NUMBERS,
        &names,
        "id",
        &[edit.id],
        &mut |row| {
            current = (0..names.len())
                .map(|position| row.optional_string(position))
                .collect::<Result<_, _>>()?;
            Ok(())
        },
    )?;
    let mut fields = FieldSet::NONE;
    let mut images = Map::new();
    let mut changes: Vec<(&str, Value<'_>)> = Vec::new();
    for ((field, value), before) in edit.changes.iter().zip(current) {
        if before != *value {
            fields = fields.union(FieldSet::one(*field));
            images.insert(
                field.name().to_owned(),
                Json::from(vec![before, value.clone()]),
            );
            changes.push((field.name(), value.as_deref().into()));
        }
    }
    if !fields.is_empty() {
        changes.push(("updated_at", unit.at.into()));
        update(unit.engine, &schema::PHONE_NUMBERS, edit.id, &changes)?;
        keep_before_image(
            unit.engine,
            EntityType::PhoneNumber,
            edit.id,
            images,
            unit.at,
        )?;
    }
    Ok(fields)
}
