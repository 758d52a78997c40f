//! The finished rows of a stretch of records, and which belong to which record.

use std::collections::{HashMap, HashSet};

use smrt_core::model::Id;
use smrt_core::phone::E164;
use smrt_core::store::{RowBlock, SourceRow, schema};

use crate::record::RecordBatch;

/// The finished rows of a [`RecordBatch`].
///
/// Every block holds what would be inserted if each human were new.
#[derive(Clone)]
pub struct CleanBatch {
    /// The records themselves, for rows that are set aside.
    pub records: RecordBatch,
    /// One entry a record, in order.
    pub rows: Vec<CleanRow>,
    /// Rows of `phone_numbers`.
    pub phone_numbers: RowBlock,
    /// Rows of `humans`.
    pub humans: RowBlock,
    /// Rows of `phone_human_links`.
    pub links: RowBlock,
    /// Rows of `source_keys`.
    pub source_keys: RowBlock,
    /// Rows of `consent_records`.
    pub consents: RowBlock,
    /// Rows of `import_issues`.
    pub issues: RowBlock,
    /// The numbers of `phone_numbers`, in the same order.
    pub numbers: Vec<(E164, Id)>,
    /// Ids by which rows name the human they speak of, whether or not there is one.
    pub named_humans: Vec<Id>,
}

/// Which finished rows belong to a record: each range ends here and begins at the row before.
#[derive(Debug, Clone, Copy)]
pub struct CleanRow {
    /// The row's number among the data rows, from 1.
    pub number: u64,
    /// The line of the file it begins on, from 1.
    pub line: u64,
    /// The human it speaks of; none for a rejected row.
    pub human: Option<Id>,
    /// A digest of what the row says.
    pub digest: i64,
    /// How many rows each block has once this row is done.
    pub ends: BlockEnds,
}

/// Row counts of the blocks of a [`CleanBatch`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct BlockEnds {
    /// Rows of `humans`; `source_keys` has as many.
    pub humans: usize,
    /// Rows of `phone_numbers`.
    pub phone_numbers: usize,
    /// Rows of `phone_human_links`.
    pub links: usize,
    /// Rows of `consent_records`.
    pub consents: usize,
    /// Rows of `import_issues`.
    pub issues: usize,
}

impl CleanBatch {
    /// An empty batch.
    #[must_use]
    pub fn new() -> Self {
        Self {
            records: RecordBatch::default(),
            rows: Vec::new(),
            phone_numbers: RowBlock::new(&schema::PHONE_NUMBERS),
            humans: RowBlock::new(&schema::HUMANS),
            links: RowBlock::new(&schema::PHONE_HUMAN_LINKS),
            source_keys: RowBlock::new(&schema::SOURCE_KEYS),
            consents: RowBlock::new(&schema::CONSENT_RECORDS),
            issues: RowBlock::new(&schema::IMPORT_ISSUES),
            numbers: Vec::new(),
            named_humans: Vec::new(),
        }
    }

    /// Drops all rows and keeps the buffers.
    pub fn clear(&mut self) {
        self.records.clear();
        self.rows.clear();
        self.numbers.clear();
        self.named_humans.clear();
        for block in [
            &mut self.phone_numbers,
            &mut self.humans,
            &mut self.links,
            &mut self.source_keys,
            &mut self.consents,
            &mut self.issues,
        ] {
            block.clear();
        }
    }

    /// The block ends before the row at `index`.
    #[must_use]
    pub fn ends_before(&self, index: usize) -> BlockEnds {
        index
            .checked_sub(1)
            .and_then(|before| self.rows.get(before))
            .map_or_else(BlockEnds::default, |row| row.ends)
    }

    /// The humans of whom a row says what the same source did not say before, and the numbers in
    /// these humans' rows.
    #[must_use]
    pub fn with_news(&self, known: &HashMap<Id, Vec<SourceRow>>) -> (HashSet<Id>, Vec<Id>) {
        let is_known = |id: &Id, digest: i64| {
            let rows = known.get(id);
            rows.is_some_and(|rows| rows.iter().any(|row| row.row_digest == digest))
        };
        let news: HashSet<Id> = self
            .rows
            .iter()
            .filter_map(|row| row.human.filter(|id| !is_known(id, row.digest)))
            .collect();
        let mut numbers = Vec::new();
        for (index, row) in self.rows.iter().enumerate() {
            if row.human.is_some_and(|id| news.contains(&id)) {
                let range = self.ends_before(index).phone_numbers..row.ends.phone_numbers;
                let of_row = self.numbers.get(range).unwrap_or_default();
                numbers.extend(of_row.iter().map(|(_, id)| *id));
            }
        }
        (news, numbers)
    }

    pub(super) fn ends(&self) -> BlockEnds {
        BlockEnds {
            humans: self.humans.len(),
            phone_numbers: self.phone_numbers.len(),
            links: self.links.len(),
            consents: self.consents.len(),
            issues: self.issues.len(),
        }
    }
}

impl Default for CleanBatch {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Debug for CleanBatch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CleanBatch")
            .field("rows", &self.rows.len())
            .finish_non_exhaustive()
    }
}
