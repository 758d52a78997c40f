//! What is known about how a source is laid out, and how each thing came to be known.
//!
//! It holds facts about form only, never a value of a row, so that it can be shown and logged.

use std::fmt;

use serde::{Serialize, Serializer};

use super::encoding::Encoding;
use super::format::Format;
use super::options::Quote;

/// How a source is laid out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Layout {
    /// How the bytes are compressed, known by their first bytes.
    pub compression: Compression,
    /// What kind of file it is.
    pub format: Found<Format>,
    /// How bytes stand for characters.
    pub encoding: Found<Encoding>,
    /// The byte between two fields; none for a file of one column and for JSON Lines.
    #[serde(serialize_with = "byte_as_text")]
    pub delimiter: Found<Option<u8>>,
    /// The byte around a field that may hold delimiters and line ends.
    pub quote: Found<Quote>,
    /// What ends a line.
    pub line_end: LineEnd,
    /// The line the header begins on, from 1; none where the file has no header row.
    pub header_line: Found<Option<u64>>,
    /// Whether the first line is a `sep=` line as Excel reads it; it is neither title nor row.
    pub separator_line: bool,
    /// How many lines with text stand before the header and are not read.
    pub title_lines: u64,
    /// Which file of a ZIP archive is read.
    pub member: Option<Part>,
    /// Which part of the file is read, where it can hold several tables.
    pub part: Option<Part>,
    /// What else the user should know about how the file is read, a sentence each.
    pub notes: Vec<String>,
}

/// A part of a file that can hold several: the one that is read, and those that are not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Part {
    /// What it is: a sheet, a table, a query, a file of an archive.
    pub kind: PartKind,
    /// Its name; of a query, its text.
    pub name: Found<String>,
    /// The names of the parts that are not read.
    pub others: Vec<String>,
}

/// A kind of part that a file can hold several of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum PartKind {
    /// A sheet of a workbook.
    Sheet,
    /// A table or view of a database.
    Table,
    /// A query of a database.
    Query,
    /// A file in an archive.
    Member,
    /// A member of a JSON object.
    JsonMember,
}

impl fmt::Display for PartKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            PartKind::Sheet => "sheet",
            PartKind::Table => "table",
            PartKind::Query => "query",
            PartKind::Member => "file",
            PartKind::JsonMember => "member",
        })
    }
}

/// A fact with how it came to be known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Found<T> {
    /// The fact.
    pub value: T,
    /// How it came to be known.
    pub origin: Origin,
}

/// How a fact about a source came to be known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// The caller gave it.
    Given,
    /// The file says so itself: a byte order mark, a `sep=` line.
    Stated,
    /// It follows from a look at the first part of the file.
    Sniffed,
}

/// How the bytes of a source are compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Compression {
    /// Not at all.
    None,
    /// gzip, of one member or many.
    Gzip,
    /// Zstandard, of one frame or many.
    Zstd,
    /// As a file of a ZIP archive.
    Zip,
}

/// What ends a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LineEnd {
    /// A line feed, with or without carriage returns before it.
    LineFeed,
    /// A carriage return alone, as on the first Macintoshes.
    CarriageReturn,
}

impl<T> Found<T> {
    pub(super) fn new(value: T, origin: Origin) -> Found<T> {
        Found { value, origin }
    }

    /// What the caller gave, or else what `sniff` finds.
    pub(super) fn given_or(given: Option<T>, sniff: impl FnOnce() -> Found<T>) -> Found<T> {
        given.map_or_else(sniff, |value| Found::new(value, Origin::Given))
    }
}

impl LineEnd {
    /// The last byte of a line.
    pub(super) fn byte(self) -> u8 {
        match self {
            LineEnd::LineFeed => b'\n',
            LineEnd::CarriageReturn => b'\r',
        }
    }
}

impl PartKind {
    /// How to say which one is meant.
    pub(super) fn hint(self) -> &'static str {
        match self {
            PartKind::Sheet => "name a sheet, or its number, with `--sheet`",
            PartKind::Table => "name a table with `--table`, or give a query with `--query`",
            PartKind::Query => "give one SELECT with `--query`",
            PartKind::Member => "name one of its files with `--member`",
            PartKind::JsonMember => "write the array of contacts into a file of its own",
        }
    }

    fn fact(self) -> &'static str {
        match self {
            PartKind::Sheet => "sheet",
            PartKind::Table => "table",
            PartKind::Query => "query",
            PartKind::Member => "archive member",
            PartKind::JsonMember => "member",
        }
    }
}

impl Layout {
    /// Every fact as a name, a text to show and how it came to be known, in a fixed order.
    #[must_use]
    pub fn facts(&self) -> Vec<(&'static str, String, Origin)> {
        let mut facts = vec![("format", self.format.value.to_string(), self.format.origin)];
        if self.format.value.is_text() {
            let encoding = self.encoding.value.to_string();
            facts.push(("encoding", encoding, self.encoding.origin));
        }
        if self.compression != Compression::None {
            let compression = self.compression.to_string();
            facts.push(("compression", compression, Origin::Stated));
        }
        for part in self.member.iter().chain(&self.part) {
            let name = format!("`{}`", part.name.value);
            facts.push((part.kind.fact(), name, part.name.origin));
        }
        if self.format.value == Format::Delimited {
            let delimiter = delimiter_text(self.delimiter.value);
            facts.push(("delimiter", delimiter, self.delimiter.origin));
            facts.push(("quote", self.quote.value.to_string(), self.quote.origin));
        }
        if self.format.value.has_header_row() {
            let header = match self.header_line.value {
                Some(line) => format!("{} {line}", self.format.value.line_word()),
                None => "none".to_owned(),
            };
            facts.push(("header", header, self.header_line.origin));
        }
        facts
    }

    /// Whether the file takes much less room than its rows do as text.
    pub(crate) fn is_packed(&self) -> bool {
        self.compression != Compression::None || self.format.value.is_packed()
    }
}

fn delimiter_text(delimiter: Option<u8>) -> String {
    match delimiter {
        None => "one column".to_owned(),
        Some(b'\t') => "tab".to_owned(),
        Some(byte) => format!("`{}`", byte.escape_ascii()),
    }
}

fn byte_as_text<S: Serializer>(
    found: &Found<Option<u8>>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    Found {
        value: found.value.map(char::from),
        origin: found.origin,
    }
    .serialize(serializer)
}

impl fmt::Display for Layout {
    /// One line, such as: CSV, `;`, Windows-1252, header on line 3.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let format = self.format.value;
        write!(f, "{format}")?;
        if self.compression != Compression::None {
            write!(f, " in {}", self.compression)?;
        }
        if let Some(member) = &self.member {
            write!(f, " (`{}`)", member.name.value)?;
        }
        if let Some(part) = &self.part {
            write!(f, ", {} `{}`", part.kind, part.name.value)?;
        }
        if format == Format::Delimited {
            write!(f, ", {}", delimiter_text(self.delimiter.value))?;
        }
        if format.is_text() {
            write!(f, ", {}", self.encoding.value)?;
        }
        if format == Format::Delimited && self.quote.value != Quote::DOUBLE {
            write!(f, ", quote {}", self.quote.value)?;
        }
        match self.header_line.value {
            _ if !format.has_header_row() => Ok(()),
            Some(line) => write!(f, ", header on {} {line}", format.line_word()),
            None => write!(f, ", no header"),
        }
    }
}

impl fmt::Display for Compression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Compression::None => "none",
            Compression::Gzip => "gzip",
            Compression::Zstd => "Zstandard",
            Compression::Zip => "ZIP",
        })
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Origin::Given => "given",
            Origin::Stated => "stated in the file",
            Origin::Sniffed => "sniffed",
        })
    }
}
