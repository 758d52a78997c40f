//! Opens the file of an import, finds out how it is laid out, and hands on its rows.
//!
//! A [`Source`] decompresses, decodes, sniffs and splits; every data row comes out as exactly one
//! record, with a problem where it cannot be read as the header promises.
//! What it does not do: no column has a meaning here and no value is anything but text, so a
//! leading zero or a long number stays as written.

mod bytes;
mod delimited;
mod encoding;
mod error;
mod file_kind;
mod fingerprint;
mod format;
mod header;
mod input;
mod json_lines;
mod layout;
mod options;
mod problem;
mod scan;
mod sniff;
mod text;
mod vcard;

use std::fmt;
use std::io;
use std::sync::Arc;

use sha2::Digest as _;

use crate::record::{Record, RecordBatch};

use self::bytes::{Opened, Progress, SharedDigest};
use self::delimited::DelimitedReader;
use self::input::Name;
use self::json_lines::JsonLinesReader;
pub(crate) use self::json_lines::members as json_members;
use self::scan::Dialect;
use self::sniff::{Beginning, TableLayout};
use self::text::TextWindow;
use self::vcard::VCardReader;

pub use self::encoding::{Encoding, EncodingError};
pub use self::error::SourceError;
pub use self::file_kind::FileKind;
pub use self::fingerprint::Fingerprint;
pub use self::format::{Format, FormatError};
pub use self::header::{Column, Header};
pub use self::input::Input;
pub use self::layout::{Compression, Found, Layout, LineEnd, Origin};
pub use self::options::{ContentDigest, OptionError, Quote, SourceOptions};

/// Rows in a batch, at most.
const BATCH_ROWS_MAX: usize = 2048;
/// Bytes in a batch that end it; the row that reaches them is still in it.
const BATCH_BYTES: usize = 1 << 20;
/// Rows in the sample, at most.
const SAMPLE_ROWS_MAX: usize = 1000;
/// Decompressed bytes looked at to find the encoding.
const ENCODING_BYTES: usize = 1 << 20;
/// Decoded bytes looked at to find format, delimiter, quote and header.
const LAYOUT_BYTES: usize = 64 << 10;

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

/// Rows of one format.
enum Reader {
    Delimited(DelimitedReader),
    JsonLines(JsonLinesReader),
    VCard(Box<VCardReader>),
}

impl Source {
    /// Opens `input`, sniffs what `options` leave open, and reads header and sample.
    ///
    /// # Errors
    /// When the input cannot be opened, is not a table of text, or has no readable header.
    pub fn open(input: Input, options: &SourceOptions) -> Result<Source, SourceError> {
        let name = input.name();
        options.check().map_err(|source| SourceError::Option {
            name: name.to_string(),
            source,
        })?;
        let Opened {
            mut stream,
            compression,
            fingerprint,
            progress,
            digest,
        } = bytes::open(input, &name, options.content_digest)?;
        let encoding = find_encoding(stream.peek(ENCODING_BYTES), options)
            .map_err(|kind| name.kind_error(kind))?;
        let mut window = TextWindow::new(stream, encoding.value, options.chunk_bytes);
        let failure = extend_to(&mut window, LAYOUT_BYTES).err();
        let beginning = beginning(&window);
        if beginning.is_all && beginning.text.trim().is_empty() {
            return Err(SourceError::Empty {
                name: name.to_string(),
            });
        }
        if beginning.text.is_empty()
            && let Some(error) = failure
        {
            return Err(name.stream_error(error, compression, progress.read(), 0, 1));
        }
        let format = match options.format {
            Some(format) => Found::new(format, Origin::Given),
            None => {
                let format = format::sniff(beginning.text).map_err(|kind| name.kind_error(kind))?;
                Found::new(format, Origin::Sniffed)
            }
        };
        let table = match format.value {
            Format::Delimited => sniff::table(beginning, options),
            Format::JsonLines => TableLayout::one_object_a_line(),
            Format::VCard => TableLayout::cards(beginning),
        };
        let mut source = Source {
            name,
            progress,
            fingerprint,
            digest,
            layout: Layout {
                compression,
                format,
                encoding,
                delimiter: table.delimiter,
                quote: table.quote,
                line_end: table.line_end,
                header_line: table.header_line,
                separator_line: table.separator_line,
                title_lines: table.title_lines,
            },
            header: Header::default(),
            header_raw: None,
            sample: RecordBatch::default(),
            sample_delivered: 0,
            reader: Reader::new(window, format.value, table, options.record_bytes_max),
        };
        source.read_header(table)?;
        source.read_sample();
        Ok(source)
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

    /// Goes to the first row of delimited text and names the columns.
    fn read_header(&mut self, table: TableLayout) -> Result<(), SourceError> {
        let Reader::Delimited(reader) = &mut self.reader else {
            return Ok(());
        };
        let mut batch = RecordBatch::default();
        let went = match table.header_line.value {
            Some(line) => reader.go_to_line(line).and_then(|found| {
                if found {
                    reader.read_row(&mut batch)
                } else {
                    Ok(false)
                }
            }),
            None => reader.go_to_line(1 + u64::from(table.separator_line)),
        };
        went.map_err(|error| self.failure(error))?;
        self.header = match table.header_line.value {
            Some(line) => self.header_of(batch.get(0), line)?,
            None => Header::numbered(table.fields_max),
        };
        if let Reader::Delimited(reader) = &mut self.reader {
            reader.begin_data(self.header.len());
        }
        Ok(())
    }

    /// Names the columns after the row found on `line` or after it.
    fn header_of(&mut self, row: Option<Record<'_>>, line: u64) -> Result<Header, SourceError> {
        let Some(row) = row else {
            return Err(SourceError::HeaderMissing {
                name: self.name.to_string(),
                line,
            });
        };
        if let Some(problem) = row.problem()
            && row.is_empty()
        {
            return Err(SourceError::HeaderUnreadable {
                name: self.name.to_string(),
                line: problem.line,
                reason: problem.reason.clone(),
            });
        }
        self.header_raw = Some(row.raw().to_owned());
        self.layout.header_line.value = Some(row.line());
        Ok(Header::of_row(row))
    }

    /// Reads the first rows ahead; a failure is told when its place is reached.
    fn read_sample(&mut self) {
        while self.sample.len() < SAMPLE_ROWS_MAX && self.sample.bytes() < BATCH_BYTES {
            match self.reader.read_row(&mut self.sample) {
                Ok(true) => {}
                Ok(false) | Err(_) => break,
            }
        }
        match &mut self.reader {
            Reader::Delimited(_) => self.header.mark_phantoms(&self.sample),
            Reader::JsonLines(reader) => self.header = reader.begin_data(&mut self.sample),
            Reader::VCard(_) => self.header = VCardReader::header(),
        }
    }

    fn failure(&self, error: Arc<io::Error>) -> SourceError {
        let (rows, line) = (self.reader.rows(), self.reader.line());
        let compression = self.layout.compression;
        let read = self.progress.read();
        self.name.stream_error(error, compression, read, rows, line)
    }
}

/// Reads on until `bytes` bytes of text are there or no more come.
fn extend_to(window: &mut TextWindow, bytes: usize) -> Result<(), Arc<io::Error>> {
    while window.rest().len() < bytes && window.extend()? {}
    Ok(())
}

/// The first part of the text, the same whatever the size of chunks.
fn beginning(window: &TextWindow) -> Beginning<'_> {
    let rest = window.rest();
    let end = problem::floor(rest, LAYOUT_BYTES);
    Beginning {
        text: rest.get(..end).unwrap_or(rest),
        is_all: window.is_last() && end == rest.len(),
    }
}

/// The encoding given or sniffed; bytes that are certainly no text are refused by their kind.
fn find_encoding(prefix: &[u8], options: &SourceOptions) -> Result<Found<Encoding>, FileKind> {
    if let Some(kind) = file_kind::of_bytes(prefix) {
        return Err(kind);
    }
    if let Some(encoding) = options.encoding {
        return Ok(Found::new(encoding, Origin::Given));
    }
    let found = encoding::sniff(prefix);
    // Every second byte of UTF-16 may well be zero.
    let is_wide = [Encoding::UTF_16LE, Encoding::UTF_16BE].contains(&found.value);
    if !is_wide && file_kind::is_binary(prefix) {
        return Err(FileKind::Binary);
    }
    Ok(found)
}

impl Reader {
    fn new(window: TextWindow, format: Format, table: TableLayout, row_bytes_max: usize) -> Reader {
        match format {
            Format::Delimited => {
                let dialect = Dialect {
                    delimiter: table.delimiter.value,
                    quote: table.quote.value.byte(),
                    line_end: table.line_end.byte(),
                    row_bytes_max,
                };
                Reader::Delimited(DelimitedReader::new(window, dialect))
            }
            Format::JsonLines => Reader::JsonLines(JsonLinesReader::new(window, row_bytes_max)),
            Format::VCard => {
                let reader = VCardReader::new(window, table.line_end, row_bytes_max);
                Reader::VCard(Box::new(reader))
            }
        }
    }

    fn read_row(&mut self, out: &mut RecordBatch) -> Result<bool, Arc<io::Error>> {
        match self {
            Reader::Delimited(reader) => reader.read_row(out),
            Reader::JsonLines(reader) => reader.read_row(out),
            Reader::VCard(reader) => reader.read_row(out),
        }
    }

    fn rows(&self) -> u64 {
        match self {
            Reader::Delimited(reader) => reader.rows(),
            Reader::JsonLines(reader) => reader.rows(),
            Reader::VCard(reader) => reader.rows(),
        }
    }

    fn line(&self) -> u64 {
        match self {
            Reader::Delimited(reader) => reader.line(),
            Reader::JsonLines(reader) => reader.line(),
            Reader::VCard(reader) => reader.line(),
        }
    }

    fn blank_lines(&self) -> u64 {
        match self {
            Reader::Delimited(reader) => reader.blank_lines(),
            Reader::JsonLines(reader) => reader.blank_lines(),
            Reader::VCard(reader) => reader.blank_lines(),
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
