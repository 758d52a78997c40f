//! Opens the file of an import, finds out how it is laid out, and hands on its rows.
//!
//! A [`Source`] unpacks, decodes, sniffs and splits; every data row comes out as exactly one
//! record, with a problem where it cannot be read as the header promises. `reader` says how a
//! format is added.
//! What it does not do: no column has a meaning here and no value is anything but text, so a
//! leading zero or a long number stays as written.

mod archive;
mod bytes;
mod columnar;
mod database;
mod delimited;
mod encoding;
mod error;
mod file_kind;
mod fingerprint;
mod format;
mod header;
mod input;
mod json_array;
mod json_lines;
mod json_object;
mod layout;
mod named_values;
mod open;
mod options;
mod problem;
mod reader;
mod scan;
mod seekable;
mod sniff;
mod table;
mod text;
mod vcard;
mod workbook;

use std::fmt;

use sha2::Digest as _;

use crate::record::RecordBatch;

use self::bytes::{Progress, SharedDigest};
use self::input::Name;
pub(crate) use self::json_object::members as json_members;
use self::reader::{ReadError, Reader};

pub use self::encoding::{Encoding, EncodingError};
pub use self::error::SourceError;
pub use self::file_kind::FileKind;
pub use self::fingerprint::Fingerprint;
pub use self::format::{Format, FormatError};
pub use self::header::{Column, Header};
pub use self::input::Input;
pub use self::layout::{Compression, Found, Layout, LineEnd, Origin, Part, PartKind};
pub use self::options::{ContentDigest, OptionError, Quote, SourceOptions};

/// Rows in a batch, at most.
const BATCH_ROWS_MAX: usize = 2048;
/// Bytes in a batch that end it; the row that reaches them is still in it.
const BATCH_BYTES: usize = 1 << 20;
/// The rows of one file or stream, in order.
///
/// ```
/// use smrt_etl::record::RecordBatch;
/// use smrt_etl::source::{Input, Source, SourceOptions};
///
/// let file = "sep=;\r\nName;Phone\r\nAnn Example;0012025550100\r\nBob;\"open\r\n";
/// let input = Input::Reader {
///     name: "standard input".to_owned(),
///     reader: Box::new(file.as_bytes()),
/// };
/// let mut source = Source::open(input, &SourceOptions::default())?;
/// assert_eq!(source.layout().to_string(), "CSV, `;`, UTF-8, header on line 2");
///
/// let mut batch = RecordBatch::default();
/// while source.next_batch(&mut batch)? {
///     let rows: Vec<_> = batch.iter().collect();
///     assert_eq!(rows[0].get(1), Some("0012025550100"));
///     let problem = rows[1].problem().ok_or("an unclosed quote is a problem")?;
///     assert_eq!((problem.code, problem.line, problem.character), ("unclosed_quote", 4, Some(5)));
///     assert_eq!(rows[1].raw(), "Bob;\"open");
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Source {
    name: Name,
    progress: Progress,
    fingerprint: Fingerprint,
    digest: Option<SharedDigest>,
    layout: Layout,
    header: Header,
    header_raw: Option<String>,
    sample: RecordBatch,
    /// Rows of the sample that were delivered.
    sample_delivered: usize,
    reader: Reader,
}

impl Source {
    /// Opens `input`, sniffs what `options` leave open, and reads header and sample.
    ///
    /// A stream in a format whose parts are read in any order is put into a temporary file first.
    ///
    /// # Errors
    /// When the input cannot be opened, is in no format that is read, or has no readable header.
    pub fn open(input: Input, options: &SourceOptions) -> Result<Source, SourceError> {
        open::source(input, options)
    }

    /// How the source is laid out, and how that came to be known.
    #[must_use]
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// The columns; of JSON Lines, all names within the sample.
    #[must_use]
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The text of the header row as written; none without one.
    #[must_use]
    pub fn header_raw(&self) -> Option<&str> {
        self.header_raw.as_deref()
    }

    /// The first rows: up to 1,000 or 1 MiB. [`next_batch`](Self::next_batch) delivers them again.
    #[must_use]
    pub fn sample(&self) -> &RecordBatch {
        &self.sample
    }

    /// What recognises the same file again.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    /// SHA-256 over the bytes read so far, as they are stored: over the whole source once its last
    /// row was delivered. None unless the options asked for it.
    #[must_use]
    pub fn content_digest(&self) -> Option<[u8; 32]> {
        let digest = self.digest.as_ref()?.lock().ok()?;
        Some(digest.clone().finalize().into())
    }

    /// Bytes read so far, as they are stored; reading runs ahead of the rows delivered.
    #[must_use]
    pub fn bytes_read(&self) -> u64 {
        self.progress.read()
    }

    /// The size of the file as it is stored; unknown for a stream.
    #[must_use]
    pub fn bytes_total(&self) -> Option<u64> {
        self.progress.total()
    }

    /// Blank lines passed so far since the header; they are not rows.
    #[must_use]
    pub fn blank_lines(&self) -> u64 {
        self.reader.blank_lines()
    }

    /// Replaces the content of `out` with the next rows, at most 2,048 or about 1 MiB of them.
    ///
    /// False, and no rows, at the end of the source.
    ///
    /// # Errors
    /// When the source cannot be read on. All rows before that are delivered first, and the error
    /// repeats if the call does.
    pub fn next_batch(&mut self, out: &mut RecordBatch) -> Result<bool, SourceError> {
        out.clear();
        while out.len() < BATCH_ROWS_MAX && out.bytes() < BATCH_BYTES {
            match self.read_row(out) {
                Ok(true) => {}
                Ok(false) => break,
                Err(_) if !out.is_empty() => break,
                Err(error) => return Err(error),
            }
        }
        Ok(!out.is_empty())
    }

    /// Passes over the next `count` rows, as a resumed run does; row numbers and lines go on.
    ///
    /// Gives how many there were to pass over.
    ///
    /// # Errors
    /// When the source cannot be read on.
    pub fn skip_records(&mut self, count: u64) -> Result<u64, SourceError> {
        let mut scratch = RecordBatch::default();
        for skipped in 0..count {
            if scratch.bytes() >= BATCH_BYTES || scratch.len() >= BATCH_ROWS_MAX {
                scratch.clear();
            }
            if !self.read_row(&mut scratch)? {
                return Ok(skipped);
            }
        }
        Ok(count)
    }

    fn read_row(&mut self, out: &mut RecordBatch) -> Result<bool, SourceError> {
        if let Some(record) = self.sample.get(self.sample_delivered) {
            out.push_record(&record);
            self.sample_delivered += 1;
            return Ok(true);
        }
        match self.reader.read_row(out) {
            Ok(is_row) => Ok(is_row),
            Err(error) => Err(self.failure(error)),
        }
    }

    fn failure(&self, error: ReadError) -> SourceError {
        let (rows, line) = (self.reader.rows(), self.reader.line());
        match error {
            ReadError::Stream(error) => {
                let compression = self.layout.compression;
                let read = self.progress.read();
                self.name.stream_error(error, compression, read, rows, line)
            }
            ReadError::Part { place, reason } => SourceError::Part {
                name: self.name.to_string(),
                place,
                reason,
                rows,
            },
        }
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Source")
            .field("name", &self.name)
            .field("layout", &self.layout)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
