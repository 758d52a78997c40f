//! Writing the rows of a run: only its tenant's, only its own, and each id into the digest that the
//! audit trail keeps.

use std::collections::{BTreeMap, HashSet};

use sha2::{Digest as _, Sha256};

use super::{HumanUpdate, ImportTransaction, LinkUpdate, Place, SourceRowUpdate};
use crate::model::Id;
use crate::store::count;
use crate::store::engine::{OnConflict, Section};
use crate::store::error::{StoreError, StoreErrorKind};
use crate::store::schema::{self, Table, part};
use crate::store::value::{BlockRow, RowBlock, Value};

/// The ids of the records a transaction has written, in order.
#[derive(Default)]
pub(super) struct WrittenIds {
    rows: u64,
    hash: Sha256,
    /// Ids on their way into the hash, which takes many at once faster than each alone.
    waiting: Vec<u8>,
}

/// Bytes of ids that are hashed at once.
const WAITING_MAX: usize = 4 << 10;

impl WrittenIds {
    fn add(&mut self, id: Id) {
        self.rows += 1;
        self.waiting.extend_from_slice(id.as_bytes());
        if self.waiting.len() >= WAITING_MAX {
            self.hash.update(&self.waiting);
            self.waiting.clear();
        }
    }

    pub(super) fn finish(mut self) -> (u64, [u8; 32]) {
        self.hash.update(&self.waiting);
        (self.rows, self.hash.finalize().into())
    }
}

/// A table that a run writes: the columns of a record's id and of its tenant.
type Written = (&'static Table, Option<&'static str>, Option<&'static str>);

/// Issues, deferred rows, changes and source rows are no records of their own.
const WRITTEN: [Written; 8] = [
    (
        &schema::PHONE_NUMBERS,
        Some("id"),
        Some("created_by_tenant_id"),
    ),
    (&schema::HUMANS, Some("id"), Some("created_by_tenant_id")),
    (
        &schema::PHONE_HUMAN_LINKS,
        Some("id"),
        Some("created_by_tenant_id"),
    ),
    (&schema::CONSENT_RECORDS, Some("id"), Some("tenant_id")),
    (&schema::SOURCE_KEYS, None, None),
    (&schema::IMPORT_ISSUES, None, None),
    (&schema::IMPORT_DEFERRED, None, None),
    (&schema::RECORD_CHANGES, None, None),
];

impl ImportTransaction<'_> {
    /// Writes a block of one table.
    pub(super) fn insert(&mut self, block: &RowBlock) -> Result<(), StoreError> {
        self.take_note(block)?;
        self.refuse_humans_of_others(block)?;
        match block.table().name {
            "phone_numbers" => self.insert_numbers(block),
            "record_changes" => {
                self.changes.push(block.clone());
                Ok(())
            }
            _ => self.write(block),
        }
    }

    /// Refuses rows about humans that are not the tenant's own, whether or not they exist.
    fn refuse_humans_of_others(&mut self, block: &RowBlock) -> Result<(), StoreError> {
        // There was nothing before the run, and references are proven when it is over.
        if self.place == Place::Fresh {
            return Ok(());
        }
        let table = block.table();
        if table.name == schema::HUMANS.name {
            self.held
                .humans
                .extend(block.rows().filter_map(|row| id_of(&row)));
            return Ok(());
        }
        let Some(column) = table.position("human_id") else {
            return Ok(());
        };
        let about = block.rows().filter_map(|row| match row.value(column) {
            Value::Id(id) => Some(id),
            _ => None,
        });
        match self.are_own(&about.collect())? {
            true => Ok(()),
            false => Err(foreign_row()),
        }
    }

    fn write(&mut self, block: &RowBlock) -> Result<(), StoreError> {
        self.engine.bulk_write(block, OnConflict::Fail).map(|_| ())
    }

    /// Refuses rows that are not the tenant's and the run's, and notes the ids of the others.
    fn take_note(&mut self, block: &RowBlock) -> Result<(), StoreError> {
        let table = block.table();
        let known = WRITTEN.iter().find(|(known, ..)| known.name == table.name);
        let (_, id, tenant) = known.ok_or_else(foreign_row)?;
        let column = |name: &str| table.position(name);
        let is_own = tenant
            .and_then(column)
            .is_none_or(|column| block.holds_only(column, self.tenant));
        let run = column("import_run");
        let is_of_run = run.is_none_or(|run| block.holds_only_number(run, self.run.0));
        if !is_own || !is_of_run {
            return Err(foreign_row());
        }
        if let Some(id) = id.and_then(column) {
            block.ids(id).for_each(|id| self.written.add(id));
        }
        Ok(())
    }

    /// Writes numbers; those that another tenant brought first get a tie.
    fn insert_numbers(&mut self, block: &RowBlock) -> Result<(), StoreError> {
        let of_others = self.numbers_of_others(block)?;
        if of_others.is_empty() {
            return match self.engine.dialect().shares_imports() {
                true => self.write(&block.sorted_by_id()),
                false => self.write(block),
            };
        }
        let mut numbers = RowBlock::new(&schema::PHONE_NUMBERS);
        let mut ties = RowBlock::new(&schema::PHONE_NUMBER_TIES);
        let position = |name| schema::PHONE_NUMBERS.position(name).unwrap_or_default();
        let of_tie = [
            "id",
            "created_by_tenant_id",
            "created_at",
            "import_run",
            "import_line",
            "metadata",
            "dnc_status",
            "dnc_date",
        ]
        .map(position);
        for row in block.rows() {
            match id_of(&row) {
                Some(id) if of_others.contains(&id) => {
                    of_tie
                        .iter()
                        .for_each(|column| ties.push(row.value(*column)));
                    // From now on the tenant knows it.
                    self.held.new_numbers.remove(&id);
                }
                _ => numbers.push_row(row),
            }
        }
        self.write(&numbers.sorted_by_id())?;
        self.write(&ties)
    }

    fn numbers_of_others(&mut self, block: &RowBlock) -> Result<HashSet<Id>, StoreError> {
        if self.place == Place::Fresh {
            // There was nothing before the run, and nobody else writes until it is over.
            return Ok(HashSet::new());
        }
        let ids: Vec<Id> = block.ids(0).collect();
        let unasked = ids.iter().copied();
        let mut unasked: Vec<Id> = unasked
            .filter(|id| !self.held.new_numbers.contains_key(id))
            .collect();
        unasked.sort_unstable();
        self.look_up_numbers(&unasked)?;
        let of_others = |id: &Id| self.held.new_numbers.get(id) == Some(&true);
        Ok(ids.into_iter().filter(of_others).collect())
    }

    /// Writes the changes, numbered on from those of the whole store: at the end, because others
    /// have to wait from here until the transaction is over.
    pub(super) fn write_changes(&mut self) -> Result<(), StoreError> {
        let changes = std::mem::take(&mut self.changes);
        if changes.iter().all(RowBlock::is_empty) {
            return Ok(());
        }
        self.engine.enter(Section::RecordChanges)?;
        let mut last = count(self.engine, "SELECT max(sequence) FROM record_changes", &[])?;
        let mut numbered = RowBlock::new(&schema::RECORD_CHANGES);
        for row in changes.iter().flat_map(RowBlock::rows) {
            last += 1;
            numbered.push(last);
            row.values().skip(1).for_each(|value| numbered.push(value));
        }
        self.write(&numbered)
    }

    pub(super) fn update_humans(&mut self, updates: &[HumanUpdate]) -> Result<(), StoreError> {
        let mut rows = RowBlock::new(&part::HUMANS);
        for update in last_of_each(updates, |update| update.id) {
            rows.push(update.id);
            rows.push(self.tenant);
            let fields = update.fields.iter();
            fields.for_each(|field| rows.push(field.as_deref()));
            rows.push(update.metadata.as_str());
            rows.push(update.updated_at);
        }
        self.engine.bulk_update(&rows)?;
        updates
            .iter()
            .for_each(|update| self.written.add(update.id));
        Ok(())
    }

    pub(super) fn update_links(&mut self, updates: &[LinkUpdate]) -> Result<(), StoreError> {
        let mut rows = RowBlock::new(&part::PHONE_HUMAN_LINKS);
        for LinkUpdate { human_id, link } in last_of_each(updates, |update| update.link.id) {
            rows.push(*human_id);
            rows.push(link.phone_number);
            rows.push(link.relationship_type.as_str());
            rows.push(self.tenant);
            rows.push(link.metadata.as_str());
        }
        self.engine.bulk_update(&rows)?;
        let ids = updates.iter().map(|update| update.link.id);
        ids.for_each(|id| self.written.add(id));
        Ok(())
    }

    pub(super) fn update_source_rows(
        &mut self,
        updates: &[SourceRowUpdate],
    ) -> Result<(), StoreError> {
        // Only what this transaction was shown is the tenant's for sure.
        let is_own = |update: &SourceRowUpdate| {
            update.row.last_run == self.run && self.held.source_rows.contains(&update.human_id)
        };
        if !updates.iter().all(is_own) {
            return Err(foreign_row());
        }
        let mut rows = RowBlock::new(&part::SOURCE_KEYS);
        for SourceRowUpdate { human_id, row } in
            last_of_each(updates, |update| (update.human_id, update.row.occurrence))
        {
            rows.push(*human_id);
            rows.push(self.source.as_str());
            rows.push(row.occurrence);
            rows.push(row.row_digest);
            rows.push(row.import_run);
            rows.push(row.import_line);
            rows.push(row.last_run);
        }
        self.engine.bulk_update(&rows).map(|_| ())
    }
}

/// Of the updates that have one key, the last; in the order of their keys, in which writers beside
/// each other wait for one another and never in a circle.
fn last_of_each<T, K: Ord>(updates: &[T], key: impl Fn(&T) -> K) -> impl Iterator<Item = &T> {
    let by_key: BTreeMap<K, &T> = updates.iter().map(|update| (key(update), update)).collect();
    by_key.into_values()
}

fn id_of(row: &BlockRow<'_>) -> Option<Id> {
    match row.value(0) {
        Value::Id(id) => Some(id),
        _ => None,
    }
}

fn foreign_row() -> StoreError {
    StoreError::new(
        StoreErrorKind::Invalid,
        "import",
        "a row to be written is not one of this run and its tenant",
    )
}
