//! Reads delimited text row by row into batches.
//!
//! It follows the dialect it is given (`sniff` finds it) and gives no column a name.

use std::io;
use std::sync::Arc;

use crate::record::{Piece, RecordBatch, RecordProblem};

use super::problem::{self, Place};
use super::scan::{Defect, DefectKind, Dialect, RowEnd, Scan, scan_row};
use super::text::TextWindow;

/// Rows of delimited text.
pub(super) struct DelimitedReader {
    window: TextWindow,
    dialect: Dialect,
    /// How many columns the header names; a row may not have more.
    columns: usize,
    rows: u64,
    line: u64,
    blank_lines: u64,
    pieces: Vec<Piece>,
}

impl DelimitedReader {
    pub(super) fn new(window: TextWindow, dialect: Dialect) -> DelimitedReader {
        DelimitedReader {
            window,
            dialect,
            columns: usize::MAX,
            rows: 0,
            line: 1,
            blank_lines: 0,
            pieces: Vec::new(),
        }
    }

    /// Data rows read so far.
    pub(super) fn rows(&self) -> u64 {
        self.rows
    }

    /// The line the next row begins on, from 1.
    pub(super) fn line(&self) -> u64 {
        self.line
    }

    /// Blank lines passed among the data rows.
    pub(super) fn blank_lines(&self) -> u64 {
        self.blank_lines
    }

    /// Goes to the beginning of a line, whatever stands before; false where the source ends first.
    pub(super) fn go_to_line(&mut self, line: u64) -> Result<bool, Arc<io::Error>> {
        while self.line < line {
            if !self.window.skip_line(self.dialect.line_end)? {
                return Ok(false);
            }
            self.line += 1;
        }
        Ok(true)
    }

    /// Counts data rows from here on and lets none have more than `columns` fields.
    pub(super) fn begin_data(&mut self, columns: usize) {
        self.columns = columns;
        self.rows = 0;
        self.blank_lines = 0;
    }

    /// Appends the next row to `out`; false at the end of the source.
    ///
    /// # Errors
    /// The source's own failure; a row it interrupts is not delivered.
    pub(super) fn read_row(&mut self, out: &mut RecordBatch) -> Result<bool, Arc<io::Error>> {
        loop {
            let text = self.window.rest();
            let is_last = self.window.is_last();
            if is_last && text.is_empty() {
                return Ok(false);
            }
            match scan_row(text.as_bytes(), is_last, self.dialect, &mut self.pieces) {
                Scan::Incomplete => {
                    self.window.extend()?;
                }
                Scan::TooLong => {
                    self.skip_too_long(out)?;
                    return Ok(true);
                }
                Scan::Row(row) => {
                    let is_row = self.take(row, out);
                    self.window.consume(row.next);
                    self.line += row.lines;
                    if is_row {
                        return Ok(true);
                    }
                    self.blank_lines += row.lines;
                }
            }
        }
    }

    /// Appends the row that was scanned, unless it is a blank line.
    fn take(&mut self, row: RowEnd, out: &mut RecordBatch) -> bool {
        let raw = self.window.rest().get(..row.end).unwrap_or_default();
        if self.pieces.len() == 1 && is_blank(raw) {
            return false;
        }
        let problem = self.problem(raw, row);
        if problem.is_none() {
            self.pieces.truncate(self.columns);
        }
        self.rows += 1;
        out.push_split_row(self.rows, self.line, raw, &self.pieces, problem);
        true
    }

    fn problem(&self, raw: &str, row: RowEnd) -> Option<RecordProblem> {
        if let Some(defect) = row.defect {
            return Some(self.quote_problem(raw, defect));
        }
        if let Some((at, damage)) = self.window.damage_before(row.end) {
            let column = self.pieces.iter().position(|piece| at < piece.end as usize);
            let place = self.place(raw, at);
            return Some(problem::damage(
                damage,
                place,
                column.map(|index| index + 1),
            ));
        }
        let extra = self.pieces.get(self.columns..)?;
        let is_empty = |piece: &Piece| {
            raw.get(piece.start as usize..piece.end as usize)
                .is_none_or(|value| value.trim().is_empty())
        };
        let column = self.columns + 1 + extra.iter().position(|piece| !is_empty(piece))?;
        let found = self.pieces.len();
        Some(problem::too_many_fields(
            self.line,
            column,
            found,
            self.columns,
        ))
    }

    fn quote_problem(&self, raw: &str, defect: Defect) -> RecordProblem {
        let place = self.place(raw, defect.at);
        match defect.kind {
            DefectKind::UnclosedQuote => problem::unclosed_quote(place, defect.column),
            DefectKind::TextAfterQuote => problem::text_after_quote(place, defect.column),
        }
    }

    fn place(&self, raw: &str, at: usize) -> Place {
        Place::in_row(raw, at, self.line, self.dialect.line_end)
    }

    /// Reports a row beyond the limit by its beginning and goes on after the line it ends on.
    fn skip_too_long(&mut self, out: &mut RecordBatch) -> Result<(), Arc<io::Error>> {
        let bytes_max = self.dialect.row_bytes_max;
        let rest = self.window.rest();
        let kept = problem::cut(rest);
        let certain = problem::floor(rest, bytes_max);
        let head = rest.as_bytes().get(..certain).unwrap_or_default();
        let lines = memchr::memchr_iter(self.dialect.line_end, head).count() as u64;
        self.window.consume(certain);
        self.window.skip_line(self.dialect.line_end)?;
        self.rows += 1;
        let problem = problem::record_too_long(self.line, bytes_max);
        out.push_split_row(self.rows, self.line, &kept, &[], Some(problem));
        self.line += lines + 1;
        Ok(())
    }
}

/// Whether a line holds nothing: blanks, or the mark with which CP/M and DOS ended a file.
pub(super) fn is_blank(line: &str) -> bool {
    line.bytes()
        .all(|byte| matches!(byte, b' ' | b'\t' | b'\r' | 0x1A))
}
