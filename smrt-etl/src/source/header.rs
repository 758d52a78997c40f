//! The names of a source's columns, as written and made unique.
//!
//! It gives no name a meaning: what `E-mail 1 - Value` stands for is the mapping's matter.

use std::collections::{HashMap, HashSet};

use serde::Serialize;
use unicode_normalization::UnicodeNormalization;

use crate::record::{Record, RecordBatch};

/// The columns of a source, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Header {
    columns: Vec<Column>,
}

/// One column of a source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Column {
    /// The unique name: the name as written, or `Name#2` for a second `Name`, or `column_7` where
    /// nothing is written.
    pub name: String,
    /// The name as the file writes it, trimmed and in Unicode normalization form C.
    pub written: String,
    /// Whether it is a nameless last column without a value in the sample, such as a comma at the
    /// end of every line makes.
    pub phantom: bool,
}

impl Header {
    /// Names columns after the fields of a header row.
    pub(super) fn of_row(row: Record<'_>) -> Header {
        Header::of_names((0..row.len()).map(|column| row.get(column).unwrap_or_default()))
    }

    /// Names columns by their number.
    pub(super) fn numbered(columns: usize) -> Header {
        Header::of_names(std::iter::repeat_n("", columns))
    }

    pub(super) fn of_names<'n>(names: impl Iterator<Item = &'n str>) -> Header {
        let written: Vec<String> = names.map(|name| name.trim().nfc().collect()).collect();
        // A name as written goes before one made up: `Name,Name,Name#2` leaves the last as it is.
        let mut taken: HashSet<String> = written.iter().cloned().collect();
        let mut repeats: HashMap<String, u64> = HashMap::new();
        let mut columns = Vec::with_capacity(written.len());
        for (written, position) in written.into_iter().zip(1_u64..) {
            let name = if written.is_empty() {
                let name = format!("column_{position}");
                first_free(&name, &mut 0, &mut taken)
            } else if let Some(repeat) = repeats.get_mut(&written) {
                first_free(&written, repeat, &mut taken)
            } else {
                repeats.insert(written.clone(), 1);
                written.clone()
            };
            columns.push(Column {
                name,
                written,
                phantom: false,
            });
        }
        Header { columns }
    }

    /// Marks the nameless last columns for which no row of the sample has a value.
    pub(super) fn mark_phantoms(&mut self, sample: &RecordBatch) {
        let used = sample
            .iter()
            .filter_map(|row| {
                (0..row.len())
                    .rev()
                    .find(|&column| row.get(column).is_some_and(|value| !value.is_empty()))
            })
            .max();
        let first_unused = used.map_or(0, |last| last + 1);
        let unused = self.columns.iter_mut().skip(first_unused).rev();
        for column in unused.take_while(|column| column.written.is_empty()) {
            column.phantom = true;
        }
    }

    /// How many columns there are, phantoms included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.columns.len()
    }

    /// Whether there is no column.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.columns.is_empty()
    }

    /// The columns in order.
    #[must_use]
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// The unique names in order.
    pub fn names(&self) -> impl ExactSizeIterator<Item = &str> {
        self.columns.iter().map(|column| column.name.as_str())
    }

    /// Whether a name looks like a value: an e-mail address, or seven digits and more.
    ///
    /// Then the file may have no header, and what was taken for one may be its first row.
    #[must_use]
    pub fn looks_like_data(&self) -> bool {
        let is_address = |name: &str| {
            name.split_once('@')
                .is_some_and(|(before, after)| !before.is_empty() && after.contains('.'))
        };
        let digits = |name: &str| name.bytes().filter(u8::is_ascii_digit).count();
        self.columns
            .iter()
            .any(|column| is_address(&column.written) || digits(&column.written) >= 7)
    }

    /// The position, counted from 0, of the column with a unique name.
    #[must_use]
    pub fn position(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.name == name)
    }
}

/// Takes the first free name of `name`, `name#2`, `name#3`, …, after as many as were taken before.
fn first_free(name: &str, repeat: &mut u64, taken: &mut HashSet<String>) -> String {
    loop {
        *repeat += 1;
        let candidate = match *repeat {
            1 => name.to_owned(),
            repeat => format!("{name}#{repeat}"),
        };
        if taken.insert(candidate.clone()) {
            return candidate;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(written: &[&str], expected: &[&str]) {
        let header = Header::of_names(written.iter().copied());
        assert_eq!(header.names().collect::<Vec<_>>(), expected, "{written:?}");
    }

    #[test]
    fn names_are_trimmed_normalised_and_unique() {
        check(&["First Name", " Phone "], &["First Name", "Phone"]);
        check(&["Name", "Name", "name"], &["Name", "Name#2", "name"]);
        check(&["Name", "Name", "Name#2"], &["Name", "Name#3", "Name#2"]);
        check(
            &["a", "a", "a", "a", "a#3"],
            &["a", "a#2", "a#4", "a#5", "a#3"],
        );
        check(
            &["a", "", " ", ""],
            &["a", "column_2", "column_3", "column_4"],
        );
        check(&["", "column_1"], &["column_1#2", "column_1"]);
        check(&["Te\u{301}le\u{301}phone"], &["Téléphone"]);
    }

    #[test]
    fn a_header_made_of_values_is_noticed() {
        let looks = |names: &[&str]| Header::of_names(names.iter().copied()).looks_like_data();
        assert!(looks(&["Ann Example", "ann@example.com"]));
        assert!(looks(&["Ann Example", "+1 202-555-0100"]));
        assert!(!looks(&[
            "Name",
            "E-mail 1 - Value",
            "Line 2 (2026)",
            "@handle"
        ]));
    }

    #[test]
    fn a_nameless_last_column_without_values_is_a_phantom() {
        let phantoms = |written: &[&str], row: &[&str]| {
            let mut header = Header::of_names(written.iter().copied());
            let mut sample = RecordBatch::default();
            row.iter().for_each(|value| sample.push_field(value));
            sample.finish_row(1, 2, "", None);
            header.mark_phantoms(&sample);
            header
                .columns()
                .iter()
                .map(|column| column.phantom)
                .collect::<Vec<_>>()
        };
        assert_eq!(
            phantoms(&["a", "b", ""], &["1", "2", ""]),
            [false, false, true]
        );
        assert_eq!(
            phantoms(&["a", "b", ""], &["1", "2", "3"]),
            [false, false, false]
        );
        assert_eq!(phantoms(&["a", "", "c"], &["1"]), [false, false, false]);
        assert_eq!(phantoms(&["a", "", ""], &[]), [false, true, true]);
    }
}
