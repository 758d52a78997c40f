//! Opens a source: unpacks it, recognises it, finds its header and reads the sample.
//!
//! What comes after the sample is [`Source`]'s; how rows are read is the formats' own.

use std::io;
use std::sync::Arc;

use crate::record::{Record, RecordBatch};

use super::archive::{self, Archive};
use super::bytes::{self, Opened};
use super::delimited::DelimitedReader;
use super::encoding;
use super::error::SourceError;
use super::file_kind::{self, FileKind};
use super::format::{self, Format};
use super::header::Header;
use super::input::{Input, Name};
use super::json_array::ArrayPlace;
use super::layout::{Found, Layout, Origin, Part, PartKind};
use super::options::SourceOptions;
use super::problem;
use super::reader::{ReadError, Reader};
use super::sniff::{self, Beginning, TableLayout};
use super::table::{Columns, OpenTable, TableReader};
use super::text::TextWindow;
use super::{BATCH_BYTES, Encoding, Source, columnar, database, workbook};

/// Rows in the sample, at most.
const SAMPLE_ROWS_MAX: usize = 1000;
/// Decompressed bytes looked at to find the encoding.
const ENCODING_BYTES: usize = 1 << 20;
/// Decoded bytes looked at to find format, delimiter, quote and header.
const LAYOUT_BYTES: usize = 64 << 10;

/// Opens `input`; see [`Source::open`].
pub(super) fn source(input: Input, options: &SourceOptions) -> Result<Source, SourceError> {
    let name = input.name();
    options.check().map_err(|error| name.option_error(error))?;
    let mut opened = bytes::open(input, &name, options.content_digest)?;
    let mut content = recognise(&mut opened, &name)?;
    let mut member = None;
    if let Content::Archive(files) = content {
        let unpacked = files.unpack(options.member.as_deref(), &name)?;
        let entered = opened.enter(unpacked.file);
        entered.map_err(|error| name.spool_error(error))?;
        member = Some(unpacked.part);
        content = recognise(&mut opened, &name)?;
    }
    let opening = Opening {
        opened,
        name,
        member,
        options,
    };
    match content {
        Content::Text => opening.text(),
        Content::Table(format) => opening.table(format),
        Content::Archive(_) => Err(opening.name.kind_error(FileKind::Zip)),
    }
}

/// What the bytes of a source are.
enum Content {
    Text,
    Table(Format),
    Archive(Box<archive::Files>),
}

/// Tells by the first bytes, and of a ZIP archive by its directory, what is to be read.
fn recognise(opened: &mut Opened, name: &Name) -> Result<Content, SourceError> {
    let prefix = opened.stream.peek(ENCODING_BYTES);
    match file_kind::of_bytes(prefix) {
        None => Ok(Content::Text),
        Some(FileKind::Zip) => {
            let file = opened
                .spool_to_file()
                .map_err(|error| name.spool_error(error))?;
            Ok(match archive::look_into(file, name)? {
                Archive::Format(format) => Content::Table(format),
                Archive::Files(files) => Content::Archive(files),
                Archive::Document(kind) => return Err(name.kind_error(kind)),
            })
        }
        Some(kind) => match kind.format() {
            Some(format) => Ok(Content::Table(format)),
            None => Err(name.kind_error(kind)),
        },
    }
}

/// A source on its way to be opened.
struct Opening<'o> {
    opened: Opened,
    name: Name,
    member: Option<Part>,
    options: &'o SourceOptions,
}

impl Opening<'_> {
    /// Opens text of some kind.
    fn text(mut self) -> Result<Source, SourceError> {
        let options = self.options;
        let given = options.format;
        if let Some(format) = given.filter(|format| !format.is_text()) {
            return Err(self.name.unreadable(format, "it is a file of text"));
        }
        let encoding = find_encoding(self.opened.stream.peek(ENCODING_BYTES), options)
            .map_err(|kind| self.name.kind_error(kind))?;
        let stream = self.opened.take_stream();
        let mut window = TextWindow::new(stream, encoding.value, options.chunk_bytes);
        let failure = extend_to(&mut window, LAYOUT_BYTES).err();
        let beginning = beginning(&window);
        if beginning.is_all && beginning.text.trim().is_empty() {
            return Err(SourceError::Empty {
                name: self.name.to_string(),
            });
        }
        if beginning.text.is_empty()
            && let Some(error) = failure
        {
            let (compression, read) = (self.opened.compression, self.opened.progress.read());
            return Err(self.name.stream_error(error, compression, read, 0, 1));
        }
        let format = match given {
            Some(format) => Found::new(format, Origin::Given),
            None => {
                let sniffed = format::sniff(beginning.text);
                let format = sniffed.map_err(|kind| self.name.kind_error(kind))?;
                Found::new(format, Origin::Sniffed)
            }
        };
        self.check_options(format.value)?;
        let table = match format.value {
            Format::Delimited => sniff::table(beginning, options),
            Format::VCard => TableLayout::cards(beginning),
            _ => TableLayout::without_header(),
        };
        let reader = Reader::of_text(window, format.value, table, options.record_bytes_max);
        let layout = Layout {
            encoding,
            delimiter: table.delimiter,
            quote: table.quote,
            line_end: table.line_end,
            header_line: table.header_line,
            separator_line: table.separator_line,
            title_lines: table.title_lines,
            ..self.layout(format)
        };
        let mut source = self.source(layout, reader);
        source.begin_text(table)?;
        source.read_sample();
        Ok(source)
    }

    /// Opens rows of cells.
    fn table(mut self, format: Format) -> Result<Source, SourceError> {
        let format = match self.options.format {
            Some(given) if given != format => {
                let reason = format!("it is in the format {format}");
                return Err(self.name.unreadable(given, reason));
            }
            Some(given) => Found::new(given, Origin::Given),
            None => Found::new(format, Origin::Stated),
        };
        self.check_options(format.value)?;
        let (opened, name, options) = (&mut self.opened, &self.name, self.options);
        let unspooled = |error| name.spool_error(error);
        let table: OpenTable = match format.value {
            Format::Xlsx | Format::Xlsb | Format::Xls | Format::Ods => {
                let file = opened.spool_to_file().map_err(unspooled)?;
                workbook::open(file, format.value, options, name)?
            }
            Format::Sqlite => {
                let file = opened.spool_to_path().map_err(unspooled)?;
                database::open(database::sqlite::open(file, name)?, options, name)?
            }
            #[cfg(feature = "duckdb")]
            Format::DuckDb => {
                let file = opened.spool_to_path().map_err(unspooled)?;
                database::open(database::duckdb::open(file, name)?, options, name)?
            }
            #[cfg(not(feature = "duckdb"))]
            Format::DuckDb => {
                let reason = "this program was built without the DuckDB engine, feature `duckdb`";
                return Err(name.unreadable(format.value, reason));
            }
            Format::Parquet => {
                columnar::open_parquet(opened.spool_to_file().map_err(unspooled)?, name)?
            }
            Format::Arrow => {
                columnar::open_arrow(opened.spool_to_file().map_err(unspooled)?, name)?
            }
            other => return Err(name.unreadable(other, "it is no text")),
        };
        let layout = Layout {
            part: table.part,
            notes: table.notes,
            ..self.layout(format)
        };
        let reader = TableReader::start(table.rows, options.record_bytes_max);
        let reader = Reader::Table(Box::new(reader));
        let mut source = self.source(layout, reader);
        source.begin_table(table.columns, options)?;
        source.read_sample();
        Ok(source)
    }

    fn check_options(&self, format: Format) -> Result<(), SourceError> {
        self.options
            .check_for(format, self.member.is_some())
            .map_err(|error| self.name.option_error(error))
    }

    /// The layout of a format that is no text and has no header row.
    fn layout(&self, format: Found<Format>) -> Layout {
        let table = TableLayout::without_header();
        Layout {
            compression: self.opened.compression,
            format,
            encoding: Found::new(Encoding::UTF_8, Origin::Stated),
            delimiter: table.delimiter,
            quote: table.quote,
            line_end: table.line_end,
            header_line: table.header_line,
            separator_line: table.separator_line,
            title_lines: table.title_lines,
            member: self.member.clone(),
            part: None,
            notes: Vec::new(),
        }
    }

    fn source(self, layout: Layout, reader: Reader) -> Source {
        let mut fingerprint = self.opened.fingerprint;
        for part in layout.member.iter().chain(&layout.part) {
            fingerprint = fingerprint.of_part(&part.kind.to_string(), &part.name.value);
        }
        Source {
            name: self.name,
            progress: self.opened.progress,
            fingerprint,
            digest: self.opened.digest,
            layout,
            header: Header::default(),
            header_raw: None,
            sample: RecordBatch::default(),
            sample_delivered: 0,
            reader,
        }
    }
}

impl Source {
    /// Goes to the first row of a text and names the columns of delimited text.
    fn begin_text(&mut self, table: TableLayout) -> Result<(), SourceError> {
        if let Reader::JsonArray(reader) = &mut self.reader {
            let found = reader.find_array();
            let found = found.map_err(|error| self.failure(ReadError::Stream(error)))?;
            let place = found.ok_or_else(|| self.name.kind_error(FileKind::JsonDocument))?;
            if let ArrayPlace::Member(name) = place {
                self.layout.part = Some(Part {
                    kind: PartKind::JsonMember,
                    name: Found::new(name, Origin::Sniffed),
                    others: Vec::new(),
                });
            }
        }
        let Reader::Delimited(reader) = &mut self.reader else {
            return Ok(());
        };
        let mut batch = RecordBatch::default();
        let went = go_to_header(reader, table, &mut batch);
        went.map_err(|error| self.failure(ReadError::Stream(error)))?;
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

    /// Names the columns of a table.
    fn begin_table(
        &mut self,
        columns: Columns,
        options: &SourceOptions,
    ) -> Result<(), SourceError> {
        let Reader::Table(reader) = &mut self.reader else {
            return Ok(());
        };
        let begun = begin_rows(reader, columns, options, &mut self.layout);
        let names = begun.map_err(|error| self.failure(error))?;
        let names = match (names, options.header_line) {
            (Some(names), _) => names,
            (None, Some(line)) => {
                let name = self.name.to_string();
                return Err(SourceError::HeaderMissing { name, line });
            }
            (None, None) => {
                let name = self.name.to_string();
                return Err(SourceError::Empty { name });
            }
        };
        self.header = Header::of_names(names.iter().map(String::as_str));
        if let Reader::Table(reader) = &mut self.reader {
            reader.begin_data(&self.header);
        }
        Ok(())
    }

    /// Reads the first rows ahead; a failure is told when its place is reached.
    fn read_sample(&mut self) {
        while self.sample.len() < SAMPLE_ROWS_MAX && self.sample.bytes() < BATCH_BYTES {
            match self.reader.read_row(&mut self.sample) {
                Ok(true) => {}
                Ok(false) | Err(_) => break,
            }
        }
        self.reader.begin_data(&mut self.header, &mut self.sample);
    }
}

fn go_to_header(
    reader: &mut DelimitedReader,
    table: TableLayout,
    batch: &mut RecordBatch,
) -> Result<bool, Arc<io::Error>> {
    match table.header_line.value {
        Some(line) => Ok(reader.go_to_line(line)? && reader.read_row(batch)?),
        None => reader.go_to_line(1 + u64::from(table.separator_line)),
    }
}

/// The names of the columns of a table, as written; none where the table has no row for them.
fn begin_rows(
    reader: &mut TableReader,
    columns: Columns,
    options: &SourceOptions,
    layout: &mut Layout,
) -> Result<Option<Vec<String>>, ReadError> {
    let merged = match columns {
        Columns::Named(names) => return Ok(Some(names)),
        Columns::InRows(merged) => merged,
    };
    if options.no_header {
        layout.header_line = Found::new(None, Origin::Given);
        let width = reader.width()?;
        return Ok((width > 0).then(|| vec![String::new(); width]));
    }
    let Some(heading) = reader.take_heading(options.header_line, merged)? else {
        return Ok(None);
    };
    layout.header_line = match options.header_line {
        Some(_) => Found::new(Some(heading.line), Origin::Given),
        None => Found::new(Some(heading.line), Origin::Sniffed),
    };
    layout.title_lines = heading.titles;
    layout.notes.extend(heading.notes());
    let mut names = heading.names;
    // A value without a name is kept, as in a text whose rows are longer than some of their like.
    let width = reader.width()?;
    if names.len() < width {
        names.resize(width, String::new());
    }
    Ok(Some(names))
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
