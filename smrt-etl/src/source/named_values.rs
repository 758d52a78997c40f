//! Columns of formats in which each row names its own values.
//!
//! The names in the sample become the columns; a name that first appears later is an extra of its
//! row. It parses nothing.

use std::collections::{HashMap, HashSet};

use crate::record::RecordBatch;

use super::header::Header;

/// Columns that become part of the header; further names are extras of their rows.
const COLUMNS_MAX: usize = 4096;

/// The columns that the names of values stand for; none before the sample was read.
#[derive(Default)]
pub(super) struct NamedColumns {
    columns: HashMap<String, usize>,
}

impl NamedColumns {
    /// Makes columns of all names in `sample`, in the order they appear, and sorts it into them.
    ///
    /// `sample` was read before there were columns, so all its values are extras.
    pub(super) fn begin_data(&mut self, sample: &mut RecordBatch) -> Header {
        let mut names: Vec<&str> = Vec::new();
        let mut seen = HashSet::new();
        for (name, _) in sample.iter().flat_map(|row| row.extras()) {
            if names.len() < COLUMNS_MAX && seen.insert(name) {
                names.push(name);
            }
        }
        let header = Header::of_names(names.iter().copied());
        self.columns = names
            .iter()
            .enumerate()
            .map(|(column, name)| ((*name).to_owned(), column))
            .collect();
        let mut sorted = RecordBatch::default();
        for row in sample.iter() {
            self.push_values(row.extras(), &mut sorted);
            let problem = row.problem().cloned();
            sorted.finish_row(row.number(), row.line(), row.raw(), problem);
        }
        *sample = sorted;
        header
    }

    /// Appends values by column, and those without a column as extras.
    pub(super) fn push_values<'v>(
        &self,
        values: impl Iterator<Item = (&'v str, &'v str)>,
        out: &mut RecordBatch,
    ) {
        let mut by_column: Vec<&str> = Vec::new();
        for (name, value) in values {
            match self.columns.get(name) {
                Some(&column) => {
                    if by_column.len() <= column {
                        by_column.resize(column + 1, "");
                    }
                    if let Some(slot) = by_column.get_mut(column) {
                        *slot = value;
                    }
                }
                None => out.push_extra(name, value),
            }
        }
        by_column
            .into_iter()
            .for_each(|value| out.push_field(value));
    }
}
