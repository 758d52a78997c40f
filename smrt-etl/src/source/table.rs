//! Rows of files that are no text: spreadsheets, columnar files, databases.
//!
//! Each such format is a function that pushes rows of cells into a [`RowSink`], on a thread of its
//! own, so that it may be written as a plain loop over what its library lends, and so that a
//! library that panics on a damaged file ends the reading and not the program. Here the rows get
//! their number, their header, and the text by which a reject file shows them: CSV.
//! What this module does not do: it knows no format.

mod cells;
mod heading;
mod sink;

use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;

use crate::record::RecordBatch;

pub(super) use self::cells::{CellRow, WhenBlank};
use self::heading::Heading;
pub(super) use self::heading::{Merged, MergedCells};
use self::sink::Message;
pub(super) use self::sink::{Halt, RowSink};

use super::header::Header;
use super::layout::Part;
use super::problem;
use super::reader::ReadError;

/// Blocks of rows that wait to be taken; with their size this bounds what is read ahead.
const BLOCKS_WAITING: usize = 4;

/// Rows among which the header is looked for.
const HEADING_ROWS_MAX: usize = 500;

/// An open file of cells, before its rows are read.
pub(super) struct OpenTable {
    /// Which sheet, table or query of the file is read; none where a file is one table.
    pub(super) part: Option<Part>,
    /// What the user should know about how it is read, a sentence each.
    pub(super) notes: Vec<String>,
    /// Where the names of the columns come from.
    pub(super) columns: Columns,
    /// Pushes all rows, in an order that is the same each time.
    pub(super) rows: ReadRows,
}

/// Reads all rows of a file into a sink, on a thread of its own.
pub(super) type ReadRows = Box<dyn FnOnce(&mut RowSink) -> Result<(), Halt> + Send>;

/// Does what a library may panic at, over a damaged file; none if it does.
pub(super) fn guarded<T: Send>(work: impl FnOnce() -> T + Send) -> Option<T> {
    thread::scope(|scope| scope.spawn(work).join().ok())
}

/// Where the names of the columns of a table come from.
pub(super) enum Columns {
    /// The format itself names them.
    Named(Vec<String>),
    /// One of the first rows holds them; where it has gaps, cells may be merged.
    InRows(MergedCells),
}

/// Rows of a table, read ahead on another thread.
pub(super) struct TableReader {
    rows_read: Receiver<Message>,
    /// Rows that are there and were not delivered.
    ahead: VecDeque<CellRow>,
    /// How the rows end, once that is known.
    end: Option<Result<(), ReadError>>,
    columns: usize,
    row_bytes_max: usize,
    rows: u64,
    line: u64,
    blank_rows: u64,
}

impl TableReader {
    /// Starts to read.
    pub(super) fn start(read: ReadRows, row_bytes_max: usize) -> TableReader {
        let (send, rows_read) = sync_channel(BLOCKS_WAITING);
        thread::spawn(move || {
            let mut sink = RowSink::new(send);
            let end = read(&mut sink);
            sink.finish(end);
        });
        TableReader {
            rows_read,
            ahead: VecDeque::new(),
            end: None,
            columns: usize::MAX,
            row_bytes_max,
            rows: 0,
            line: 1,
            blank_rows: 0,
        }
    }

    /// Finds the header among the first rows and takes it, and the titles before it, from them.
    pub(super) fn take_heading(
        &mut self,
        header_line: Option<u64>,
        merged: MergedCells,
    ) -> Result<Option<Heading>, ReadError> {
        self.look_ahead(HEADING_ROWS_MAX, header_line)?;
        Ok(heading::take(&mut self.ahead, header_line, merged))
    }

    /// The most cells a row has among the first.
    pub(super) fn width(&mut self) -> Result<usize, ReadError> {
        self.look_ahead(HEADING_ROWS_MAX, None)?;
        Ok(self.ahead.iter().map(CellRow::len).max().unwrap_or(0))
    }

    /// Counts rows from here on and lets none have values beyond `columns` cells.
    pub(super) fn begin_data(&mut self, header: &Header) {
        self.columns = header.len();
        self.rows = 0;
        self.blank_rows = 0;
    }

    /// Appends the next row to `out`; false at the end of the table.
    ///
    /// # Errors
    /// The failure that ended the reading; all rows before it are delivered first.
    pub(super) fn read_row(&mut self, out: &mut RecordBatch) -> Result<bool, ReadError> {
        loop {
            let Some(row) = self.ahead.pop_front() else {
                match &self.end {
                    Some(Ok(())) => return Ok(false),
                    Some(Err(error)) => return Err(error.clone()),
                    None => self.receive(),
                }
                continue;
            };
            self.line = row.line + 1;
            if row.is_skipped() {
                self.blank_rows += 1;
                continue;
            }
            self.push(row, out);
            return Ok(true);
        }
    }

    fn push(&mut self, row: CellRow, out: &mut RecordBatch) {
        self.rows += 1;
        if row.raw().len() > self.row_bytes_max {
            let problem = problem::record_too_long(row.line, self.row_bytes_max);
            let kept = problem::cut(row.raw());
            out.finish_row(self.rows, row.line, &kept, Some(problem));
            return;
        }
        let found = row.len();
        let problem = row.problem().or_else(|| {
            // Trailing cells without a value were dropped, so the last one has one.
            (found > self.columns)
                .then(|| problem::too_many_fields(row.line, found, found, self.columns))
        });
        out.push_split_row(self.rows, row.line, row.raw(), row.pieces(), problem);
    }

    /// Rows read so far.
    pub(super) fn rows(&self) -> u64 {
        self.rows
    }

    /// The number, in the table, of the row that is next.
    pub(super) fn line(&self) -> u64 {
        self.line
    }

    /// Rows without any value that were passed over; they are not rows.
    pub(super) fn blank_rows(&self) -> u64 {
        self.blank_rows
    }

    /// Waits until so many rows are there, and those up to a line, or no more come.
    fn look_ahead(&mut self, rows: usize, line: Option<u64>) -> Result<(), ReadError> {
        while self.end.is_none()
            && (self.ahead.len() < rows
                || self.ahead.back().map(|row| row.line) < line
                    && self.ahead.len() < rows.max(1 << 16))
        {
            self.receive();
        }
        match &self.end {
            Some(Err(error)) if self.ahead.is_empty() => Err(error.clone()),
            _ => Ok(()),
        }
    }

    fn receive(&mut self) {
        match self.rows_read.recv() {
            Ok(Message::Rows(rows)) => self.ahead.extend(rows),
            Ok(Message::Ended(end)) => self.end = Some(end),
            Err(_) => {
                self.end = Some(Err(ReadError::Part {
                    place: "a part of it".to_owned(),
                    reason: "the file is damaged in a way that stopped its reader".to_owned(),
                }));
            }
        }
    }
}
