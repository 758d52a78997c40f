//! What all kinds of records have in common: masked values, reading by id, lists.

use std::cell::Cell;
use std::collections::HashMap;
use std::fmt;

use super::access::{self, Listed, RecordAccess};
use super::error::SmrtError;
use super::page::{Page, PageRequest};
use super::unit::Unit;
use crate::model::{AccessLevel, EntityType, Field, FieldSet, Id, Instant};
use crate::store::records::{read_by, table_of};
use crate::store::visibility::VisibleRecord;
use crate::store::{Row, StoreError};

/// The value of a field as a tenant sees it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Masked<T> {
    /// The tenant sees the value.
    Value(T),
    /// The tenant sees that there is none.
    #[default]
    Empty,
    /// The tenant does not see whether there is one.
    Hidden,
}

impl<T> Masked<T> {
    /// The value, if there is one to be seen.
    ///
    /// ```
    /// use smrt_core::smrt::Masked;
    ///
    /// assert_eq!(Masked::Value(7).value(), Some(&7));
    /// assert_eq!(Masked::<i32>::Hidden.value(), None);
    /// ```
    #[must_use]
    pub const fn value(&self) -> Option<&T> {
        match self {
            Self::Value(value) => Some(value),
            Self::Empty | Self::Hidden => None,
        }
    }

    /// The value, if there is one to be seen.
    ///
    /// ```
    /// use smrt_core::smrt::Masked;
    ///
    /// assert_eq!(Masked::Value("Ada".to_owned()).into_value().as_deref(), Some("Ada"));
    /// assert_eq!(Masked::<String>::Empty.into_value(), None);
    /// ```
    #[must_use]
    pub fn into_value(self) -> Option<T> {
        match self {
            Self::Value(value) => Some(value),
            Self::Empty | Self::Hidden => None,
        }
    }

    /// Whether the tenant may not see the field.
    ///
    /// ```
    /// use smrt_core::smrt::Masked;
    ///
    /// // That there is no value is something a tenant may see, or may not.
    /// assert!(Masked::<String>::Hidden.is_hidden());
    /// assert!(!Masked::<String>::Empty.is_hidden());
    /// ```
    #[must_use]
    pub const fn is_hidden(&self) -> bool {
        matches!(self, Self::Hidden)
    }
}

impl<T> fmt::Debug for Masked<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Value(_) => "Value(****)",
            Self::Empty => "Empty",
            Self::Hidden => "Hidden",
        })
    }
}

/// A kind of record that is read from the store and masked.
pub(super) trait Record: Sized {
    /// The kind.
    const ENTITY_TYPE: EntityType;
    /// The columns after the id.
    const COLUMNS: &'static [&'static str];

    /// Makes a record of a row: the id, then the columns.
    fn read(id: Id, cells: &Cells<'_>) -> Result<Self, StoreError>;

    /// Hides fields of a record that was read already. Needed for kinds with sensitive fields only.
    fn hide(&mut self, _: FieldSet) {
        const {
            assert!(
                Self::ENTITY_TYPE.sensitive_fields().is_empty(),
                "a kind with sensitive fields must hide them"
            );
        }
    }
}

/// A row of the store under the mask of its reader.
pub(super) struct Cells<'c> {
    row: &'c dyn Row,
    /// The place of the first column in the row.
    first: usize,
    entity_type: EntityType,
    columns: &'static [&'static str],
    pub(super) owner: Id,
    readable: FieldSet,
    /// Whether every field may be read.
    is_whole: bool,
    /// The column that is probably asked for next, since records are read in the order of columns.
    next: Cell<usize>,
}

impl<'c> Cells<'c> {
    fn new<R: Record>(row: &'c dyn Row, first: usize, owner: Id, readable: FieldSet) -> Self {
        Self {
            row,
            first,
            entity_type: R::ENTITY_TYPE,
            columns: R::COLUMNS,
            owner,
            readable,
            is_whole: readable.contains_all(FieldSet::all(R::ENTITY_TYPE)),
            next: Cell::new(0),
        }
    }

    #[inline]
    fn position(&self, column: &str) -> Result<usize, StoreError> {
        let is_it = |candidate: &&str| std::ptr::eq(*candidate, column) || *candidate == column;
        let next = self.next.get();
        let position = match self.columns.get(next).is_some_and(is_it) {
            true => Some(next),
            false => self.columns.iter().position(is_it),
        };
        let position = position.ok_or_else(|| StoreError::unexpected_value(0))?;
        self.next.set(position + 1);
        Ok(position + self.first)
    }

    #[inline]
    fn masked<T>(
        &self,
        column: &str,
        read: impl FnOnce(&dyn Row, usize) -> Result<Option<T>, StoreError>,
    ) -> Result<Masked<T>, StoreError> {
        let visible = self.is_whole
            || Field::parse(self.entity_type, column)
                // What is no field of its own, such as `created_at`, belongs to the whole record.
                .is_ok_and(|field| self.readable.contains(field));
        if !visible {
            return Ok(Masked::Hidden);
        }
        let value = read(self.row, self.position(column)?)?;
        Ok(value.map_or(Masked::Empty, Masked::Value))
    }

    pub(super) fn text(&self, column: &str) -> Result<Masked<String>, StoreError> {
        self.masked(column, |row, position| row.optional_string(position))
    }

    pub(super) fn integer(&self, column: &str) -> Result<Masked<i64>, StoreError> {
        self.masked(column, |row, position| row.optional_integer(position))
    }

    pub(super) fn truth(&self, column: &str) -> Result<Masked<bool>, StoreError> {
        self.masked(column, |row, position| {
            Ok(row.optional_integer(position)?.map(|truth| truth != 0))
        })
    }

    pub(super) fn instant(&self, column: &str) -> Result<Masked<Instant>, StoreError> {
        self.masked(column, |row, position| row.optional_instant(position))
    }

    /// An id column that is no field: whoever sees the record sees to what it belongs.
    pub(super) fn reference(&self, column: &str) -> Result<Id, StoreError> {
        self.row.id(self.position(column)?)
    }

    /// The same where there may be none.
    pub(super) fn optional_reference(&self, column: &str) -> Result<Option<Id>, StoreError> {
        self.row.optional_id(self.position(column)?)
    }
}

/// The records among `ids` that the tenant can see, each once; reading those of other tenants is
/// put down in both trails.
pub(super) fn fetch<R: Record>(
    unit: &mut Unit<'_>,
    ids: &[Id],
) -> Result<HashMap<Id, R>, SmrtError> {
    let mut ids = ids.to_vec();
    ids.sort_unstable();
    ids.dedup();
    let accesses = access::of_records(unit, R::ENTITY_TYPE, &ids)?;
    let records = read_visible(unit, &accesses)?;
    if R::ENTITY_TYPE != EntityType::PhoneNumber {
        unit.note_unseen(R::ENTITY_TYPE, &ids, &accesses);
    }
    Ok(records)
}

/// Reads and masks the records whose access is known.
pub(super) fn read_visible<R: Record>(
    unit: &mut Unit<'_>,
    accesses: &HashMap<Id, RecordAccess>,
) -> Result<HashMap<Id, R>, SmrtError> {
    let mut visible: Vec<Id> = accesses.keys().copied().collect();
    visible.sort_unstable();
    let mut columns = vec!["id"];
    columns.extend(R::COLUMNS);
    let mut records = HashMap::with_capacity(visible.len());
    let table = table_of(R::ENTITY_TYPE);
    read_by(unit.engine, table, &columns, "id", &visible, &mut |row| {
        let id = row.id(0)?;
        if let Some(access) = accesses.get(&id) {
            let cells = Cells::new::<R>(row, 1, access.owner, access.readable);
            records.insert(id, R::read(id, &cells)?);
        }
        Ok(())
    })?;
    let shown = accesses.iter();
    let shown = shown.map(|(id, access)| (access.owner, *id, access.readable));
    note_reads(unit, R::ENTITY_TYPE, shown.collect());
    Ok(records)
}

/// Puts the reading of other tenants' records down, in both trails. A phone number's own facts
/// belong to nobody; reading them is no access to another tenant's data.
fn note_reads(unit: &mut Unit<'_>, entity_type: EntityType, mut shown: Vec<(Id, Id, FieldSet)>) {
    let own = unit.tenant.id;
    shown.retain(|(owner, _, readable)| {
        *owner != own && !readable.without(entity_type.facts()).is_empty()
    });
    unit.note_foreign(read_action(entity_type), entity_type, shown);
}

const fn read_action(entity_type: EntityType) -> &'static str {
    match entity_type {
        EntityType::Human => "human.read",
        EntityType::PhoneNumber => "phone_number.read",
        EntityType::Link => "link.read",
        EntityType::ConsentRecord => "consent_record.read",
        EntityType::Interaction => "interaction.read",
    }
}

/// A page of the records the tenant can see, in the order of their ids.
pub(super) fn list<R: Record>(
    unit: &mut Unit<'_>,
    request: &PageRequest,
) -> Result<Page<R>, SmrtError> {
    let (records, there_is_more) = page(unit, request)?;
    Ok(Page::of(records, there_is_more))
}

/// What a page shows, in the order of ids, and whether the list goes on.
pub(super) fn page<R: Record>(
    unit: &mut Unit<'_>,
    request: &PageRequest,
) -> Result<(Vec<(VisibleRecord, R)>, bool), SmrtError> {
    let limit = request.limit();
    let mut listed = access::page::<R>(
        unit,
        R::ENTITY_TYPE,
        request.after(),
        limit.saturating_add(1),
    )?;
    let there_is_more = listed.len() > limit as usize;
    listed.truncate(limit as usize);
    let shown = listed.iter().map(|(record, _)| record);
    let shown = shown.map(|record| (record.owner, record.id, record.readable));
    note_reads(unit, R::ENTITY_TYPE, shown.collect());
    Ok((listed, there_is_more))
}

impl<R: Record> Listed for R {
    const COLUMNS: &'static [&'static str] = <R as Record>::COLUMNS;

    fn of_row(record: VisibleRecord, row: &dyn Row) -> Result<Self, StoreError> {
        let first = VisibleRecord::COLUMNS;
        let cells = Cells::new::<R>(row, first, record.owner, record.readable);
        R::read(record.id, &cells)
    }

    fn hide(&mut self, fields: FieldSet) {
        Record::hide(self, fields);
    }
}

/// The records in the order of `ids`; the first that cannot be seen is an error.
pub(super) fn all_or_not_found<R: Record + Clone>(
    unit: &mut Unit<'_>,
    ids: &[Id],
) -> Result<Vec<R>, SmrtError> {
    let records = fetch::<R>(unit, ids)?;
    ids.iter()
        .map(|id| records.get(id).cloned().ok_or_else(|| not_found::<R>(*id)))
        .collect()
}

/// The error for a record that is not there for the tenant.
pub(super) fn not_found<R: Record>(id: Id) -> SmrtError {
    SmrtError::NotFound {
        entity_type: R::ENTITY_TYPE,
        id,
    }
}

/// What the tenant may do with a record, which must be visible and writable in all of `fields`.
pub(super) fn writable(
    accesses: &HashMap<Id, RecordAccess>,
    entity_type: EntityType,
    id: Id,
    fields: FieldSet,
) -> Result<RecordAccess, SmrtError> {
    let access = accesses
        .get(&id)
        .copied()
        .ok_or(SmrtError::NotFound { entity_type, id })?;
    match fields.without(access.writable).fields(entity_type).next() {
        None => Ok(access),
        Some(field) => Err(SmrtError::Refused(super::Refusal {
            entity_type,
            id,
            field: field.name(),
            needed: AccessLevel::Write,
        })),
    }
}
