//! The cells of one row, with the CSV text by which the row is shown.
//!
//! The text is made while the cells are pushed, and the cells are pieces of it; so each value is
//! held once. What a cell means is not looked at.

use std::fmt::Write as _;

use base64::Engine as _;

use crate::record::{Piece, RecordProblem};
use crate::source::problem::{self, Place};
use crate::source::text::Damage;

/// The cells of one row.
#[derive(Debug)]
pub(in crate::source) struct CellRow {
    /// The number of the row in its table, from 1.
    pub(in crate::source) line: u64,
    raw: String,
    pieces: Vec<Piece>,
    /// Where `raw` and `pieces` end with the last cell that has a value.
    filled: (usize, usize),
    /// Cells that have a value.
    values: usize,
    /// The first cell, from 1, with text that cannot be held, and what is wrong with it.
    damage: Option<(usize, Damage)>,
    when_blank: WhenBlank,
}

/// What a row without any value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::source) enum WhenBlank {
    /// Nothing, as a blank line is: spreadsheets are full of them.
    NoRow,
    /// A row like all others.
    Row,
}

impl CellRow {
    /// Begins the row with this number.
    pub(in crate::source) fn new(line: u64, when_blank: WhenBlank) -> CellRow {
        CellRow {
            line,
            raw: String::new(),
            pieces: Vec::new(),
            filled: (0, 0),
            values: 0,
            damage: None,
            when_blank,
        }
    }

    /// Appends a cell.
    pub(in crate::source) fn push(&mut self, value: &str) {
        let start = self.begin_cell();
        self.raw.push_str(value);
        self.end_cell(start);
    }

    /// Appends a cell with what `value` shows.
    pub(in crate::source) fn push_display(&mut self, value: impl std::fmt::Display) {
        let start = self.begin_cell();
        // Writing into a text cannot fail.
        let _ = write!(self.raw, "{value}");
        self.end_cell(start);
    }

    /// Appends a cell that `write` writes.
    pub(in crate::source) fn push_with(&mut self, write: impl FnOnce(&mut String)) {
        let start = self.begin_cell();
        write(&mut self.raw);
        self.end_cell(start);
    }

    /// Appends a cell of bytes that should be UTF-8.
    pub(in crate::source) fn push_bytes(&mut self, value: &[u8]) {
        match simdutf8::basic::from_utf8(value) {
            Ok(text) => self.push(text),
            Err(_) => {
                self.damage
                    .get_or_insert((self.pieces.len() + 1, Damage::Encoding));
                self.push(&String::from_utf8_lossy(value));
            }
        }
    }

    /// Appends a cell of bytes that are no text.
    pub(in crate::source) fn push_base64(&mut self, value: &[u8]) {
        self.push_with(|text| base64::engine::general_purpose::STANDARD.encode_string(value, text));
    }

    /// Appends cells without a value until there are `cells`.
    pub(in crate::source) fn fill_to(&mut self, cells: usize) {
        while self.pieces.len() < cells {
            self.push("");
        }
    }

    fn begin_cell(&mut self) -> usize {
        if !self.pieces.is_empty() {
            self.raw.push(',');
        }
        self.raw.len()
    }

    fn end_cell(&mut self, start: usize) {
        let value = self.raw.get(start..).unwrap_or_default();
        let bytes = value.as_bytes();
        let has_value = !value.is_empty();
        if memchr::memchr(0, bytes).is_some() {
            self.damage
                .get_or_insert((self.pieces.len() + 1, Damage::Nul));
        }
        let is_plain = memchr::memchr3(b'"', b'\n', b'\r', bytes).is_none()
            && memchr::memchr(b',', bytes).is_none();
        let piece = if is_plain {
            piece(start, self.raw.len(), None)
        } else {
            let quoted = value.replace('"', "\"\"");
            self.raw.truncate(start);
            self.raw.push('"');
            self.raw.push_str(&quoted);
            self.raw.push('"');
            piece(start + 1, self.raw.len() - 1, Some(b'"'))
        };
        self.pieces.push(piece);
        if has_value {
            self.values += 1;
            self.filled = (self.raw.len(), self.pieces.len());
        }
    }

    /// The row as CSV, without trailing cells that have no value.
    pub(in crate::source) fn raw(&self) -> &str {
        self.raw.get(..self.filled.0).unwrap_or_default()
    }

    pub(super) fn pieces(&self) -> &[Piece] {
        self.pieces.get(..self.filled.1).unwrap_or_default()
    }

    /// Cells up to the last that has a value.
    pub(super) fn len(&self) -> usize {
        self.filled.1
    }

    /// Cells that have a value.
    pub(super) fn values(&self) -> usize {
        self.values
    }

    /// The value of a cell, counted from 0.
    pub(super) fn get(&self, cell: usize) -> String {
        let Some(piece) = self.pieces().get(cell) else {
            return String::new();
        };
        let text = self.raw.get(piece.start as usize..piece.end as usize);
        let text = text.unwrap_or_default();
        match piece.doubled {
            None => text.to_owned(),
            Some(_) => text.replace("\"\"", "\""),
        }
    }

    /// Whether it stands for no row.
    pub(super) fn is_skipped(&self) -> bool {
        self.when_blank == WhenBlank::NoRow && self.raw().trim_matches([' ', '\t', ',']).is_empty()
    }

    pub(super) fn problem(&self) -> Option<RecordProblem> {
        let place = Place {
            line: self.line,
            character: None,
        };
        let (column, damage) = self.damage?;
        Some(problem::damage(damage, place, Some(column)))
    }
}

fn piece(start: usize, end: usize, doubled: Option<u8>) -> Piece {
    // Rows are cut far below 4 GiB, and a cell beyond that would be cut too.
    let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    Piece {
        start: offset(start),
        end: offset(end),
        doubled,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_its_cells_as_csv_without_trailing_gaps() {
        let mut row = CellRow::new(3, WhenBlank::NoRow);
        for cell in ["a", "", "b, \"c\"", "d\ne"] {
            row.push(cell);
        }
        row.push_display(7);
        row.fill_to(100);
        assert_eq!(row.raw(), "a,,\"b, \"\"c\"\"\",\"d\ne\",7");
        assert_eq!((row.len(), row.values()), (5, 4));
        assert_eq!([row.get(2), row.get(4), row.get(9)], ["b, \"c\"", "7", ""]);
        assert!(row.problem().is_none());
    }

    #[test]
    fn a_row_without_values_is_none_where_the_format_says_so() {
        let blank = |when_blank| {
            let mut row = CellRow::new(1, when_blank);
            for cell in ["", " ", ""] {
                row.push(cell);
            }
            row.is_skipped()
        };
        assert!(blank(WhenBlank::NoRow));
        assert!(!blank(WhenBlank::Row));
    }

    #[test]
    fn a_nul_is_a_problem_of_its_cell() {
        let mut row = CellRow::new(1, WhenBlank::Row);
        row.push("a");
        row.push("b\0");
        let problem = row.problem().unwrap();
        assert_eq!((problem.code, problem.column), ("nul_byte", Some(2)));
    }

    #[test]
    fn bytes_are_text_or_a_problem_or_base64() {
        let mut row = CellRow::new(1, WhenBlank::Row);
        row.push_bytes("é".as_bytes());
        row.push_base64(&[0, 255]);
        assert!(row.problem().is_none());
        row.push_bytes(&[0x61, 0xFF]);
        assert_eq!(row.raw(), "é,AP8=,a\u{FFFD}");
        let problem = row.problem().unwrap();
        assert_eq!(
            (problem.code, problem.column),
            ("invalid_encoding", Some(3))
        );
    }
}
