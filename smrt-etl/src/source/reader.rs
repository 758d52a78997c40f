//! The one shape in which rows of every format are read.
//!
//! How a format is added:
//! 1. name it in [`Format`], and recognise its content: `format::sniff` for a kind of text,
//!    `file_kind::of_bytes` and `FileKind::format` for anything else;
//! 2. text: write a reader over [`TextWindow`] with the five methods below (`json_lines` is the
//!    model for names that vary from row to row), give it a variant of [`Reader`] and make it in
//!    [`Reader::of_text`];
//! 3. anything else: write a function that opens the file and gives an [`OpenTable`] (`parquet` is
//!    the model), and call it in `open::table`; threads, rejects and row numbers are `table`'s.
//!
//! It gives no column a meaning and reads no bytes itself.

use std::io;
use std::sync::Arc;

use crate::record::RecordBatch;

use super::delimited::DelimitedReader;
use super::format::Format;
use super::header::Header;
use super::json_array::JsonArrayReader;
use super::json_lines::JsonLinesReader;
use super::scan::Dialect;
use super::sniff::TableLayout;
use super::table::TableReader;
use super::text::TextWindow;
use super::vcard::VCardReader;

#[cfg(doc)]
use super::table::OpenTable;

/// Rows of one format.
pub(super) enum Reader {
    Delimited(DelimitedReader),
    JsonLines(JsonLinesReader),
    JsonArray(Box<JsonArrayReader>),
    VCard(Box<VCardReader>),
    Table(Box<TableReader>),
}

/// Why no further row can be read; asked again, a reader says it again.
#[derive(Debug, Clone)]
pub(super) enum ReadError {
    /// The bytes cannot be read or decompressed.
    Stream(Arc<io::Error>),
    /// A part of a file that is no text cannot be read.
    Part {
        /// Which part, such as: row group 3.
        place: String,
        /// What is wrong with it, without any value.
        reason: String,
    },
}

impl From<Arc<io::Error>> for ReadError {
    fn from(error: Arc<io::Error>) -> ReadError {
        ReadError::Stream(error)
    }
}

impl Reader {
    /// A reader for a format that is text.
    pub(super) fn of_text(
        window: TextWindow,
        format: Format,
        table: TableLayout,
        row_bytes_max: usize,
    ) -> Reader {
        match format {
            Format::JsonLines => Reader::JsonLines(JsonLinesReader::new(window, row_bytes_max)),
            Format::JsonArray => {
                let reader = JsonArrayReader::new(window, row_bytes_max);
                Reader::JsonArray(Box::new(reader))
            }
            Format::VCard => {
                let reader = VCardReader::new(window, table.line_end, row_bytes_max);
                Reader::VCard(Box::new(reader))
            }
            _ => {
                let dialect = Dialect {
                    delimiter: table.delimiter.value,
                    quote: table.quote.value.byte(),
                    line_end: table.line_end.byte(),
                    row_bytes_max,
                };
                Reader::Delimited(DelimitedReader::new(window, dialect))
            }
        }
    }

    /// Appends the next row to `out`; false at the end of the source.
    ///
    /// # Errors
    /// The source's own failure; a row it interrupts is not delivered.
    pub(super) fn read_row(&mut self, out: &mut RecordBatch) -> Result<bool, ReadError> {
        match self {
            Reader::Delimited(reader) => Ok(reader.read_row(out)?),
            Reader::JsonLines(reader) => Ok(reader.read_row(out)?),
            Reader::JsonArray(reader) => Ok(reader.read_row(out)?),
            Reader::VCard(reader) => Ok(reader.read_row(out)?),
            Reader::Table(reader) => reader.read_row(out),
        }
    }

    /// Names the columns after the sample, where only the sample can tell them, and puts the
    /// sample's own values into them.
    pub(super) fn begin_data(&mut self, header: &mut Header, sample: &mut RecordBatch) {
        match self {
            Reader::Delimited(_) | Reader::Table(_) => header.mark_phantoms(sample),
            Reader::JsonLines(reader) => *header = reader.begin_data(sample),
            Reader::JsonArray(reader) => *header = reader.begin_data(sample),
            Reader::VCard(_) => *header = VCardReader::header(),
        }
    }

    /// Rows read so far.
    pub(super) fn rows(&self) -> u64 {
        match self {
            Reader::Delimited(reader) => reader.rows(),
            Reader::JsonLines(reader) => reader.rows(),
            Reader::JsonArray(reader) => reader.rows(),
            Reader::VCard(reader) => reader.rows(),
            Reader::Table(reader) => reader.rows(),
        }
    }

    /// The line the next row begins on, from 1.
    pub(super) fn line(&self) -> u64 {
        match self {
            Reader::Delimited(reader) => reader.line(),
            Reader::JsonLines(reader) => reader.line(),
            Reader::JsonArray(reader) => reader.line(),
            Reader::VCard(reader) => reader.line(),
            Reader::Table(reader) => reader.line(),
        }
    }

    /// Blank lines passed so far among the rows.
    pub(super) fn blank_lines(&self) -> u64 {
        match self {
            Reader::Delimited(reader) => reader.blank_lines(),
            Reader::JsonLines(reader) => reader.blank_lines(),
            // Line ends mean nothing between the elements of an array.
            Reader::JsonArray(_) => 0,
            Reader::VCard(reader) => reader.blank_lines(),
            Reader::Table(reader) => reader.blank_rows(),
        }
    }
}
