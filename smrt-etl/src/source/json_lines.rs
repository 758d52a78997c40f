//! Reads JSON Lines: one object a line, each name a column.
//!
//! What an object's values become is `json_object`'s. It reads no document of several lines.

use std::io;
use std::sync::Arc;

use crate::record::RecordBatch;

use super::delimited::is_blank;
use super::header::Header;
use super::json_object::ObjectText;
use super::named_values::NamedColumns;
use super::problem::{self, JsonUnit};
use super::text::TextWindow;

/// Rows of JSON Lines.
pub(super) struct JsonLinesReader {
    window: TextWindow,
    row_bytes_max: usize,
    columns: NamedColumns,
    rows: u64,
    line: u64,
    blank_lines: u64,
}

impl JsonLinesReader {
    pub(super) fn new(window: TextWindow, row_bytes_max: usize) -> JsonLinesReader {
        JsonLinesReader {
            window,
            row_bytes_max,
            columns: NamedColumns::default(),
            rows: 0,
            line: 1,
            blank_lines: 0,
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

    /// Blank lines passed so far.
    pub(super) fn blank_lines(&self) -> u64 {
        self.blank_lines
    }

    /// Makes columns of the names in `sample`; see [`NamedColumns::begin_data`].
    pub(super) fn begin_data(&mut self, sample: &mut RecordBatch) -> Header {
        self.columns.begin_data(sample)
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
            let view = text.as_bytes();
            let view = view.get(..=self.row_bytes_max).unwrap_or(view);
            let (end, next) = match memchr::memchr(b'\n', view) {
                Some(end) => (end, end + 1),
                None if view.len() > self.row_bytes_max => {
                    self.skip_too_long(out)?;
                    return Ok(true);
                }
                None if is_last => (view.len(), view.len()),
                None => {
                    self.window.extend()?;
                    continue;
                }
            };
            let line = text.get(..end).unwrap_or_default().trim_end_matches('\r');
            let is_row = !is_blank(line);
            if is_row {
                self.rows += 1;
                let object = ObjectText {
                    text: line,
                    line: self.line,
                    characters: 0,
                    damage: self.window.damage_before(line.len()),
                    unit: JsonUnit::Line,
                };
                let problem = match object.values() {
                    Ok(values) => {
                        self.columns.push_values(values.iter(), out);
                        None
                    }
                    Err(problem) => Some(problem),
                };
                out.finish_row(self.rows, self.line, line, problem);
            }
            self.window.consume(next);
            self.line += 1;
            if is_row {
                return Ok(true);
            }
            self.blank_lines += 1;
        }
    }

    /// Reports a line beyond the limit by its beginning and goes on after it.
    fn skip_too_long(&mut self, out: &mut RecordBatch) -> Result<(), Arc<io::Error>> {
        let kept = problem::cut(self.window.rest());
        self.window.skip_line(b'\n')?;
        self.rows += 1;
        let problem = problem::record_too_long(self.line, self.row_bytes_max);
        out.finish_row(self.rows, self.line, &kept, Some(problem));
        self.line += 1;
        Ok(())
    }
}
