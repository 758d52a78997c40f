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

impl Layout {
    /// Every fact as a name, a text to show and how it came to be known, in a fixed order.
    #[must_use]
    pub fn facts(&self) -> Vec<(&'static str, String, Origin)> {
        let mut facts = vec![
            ("format", self.format.value.to_string(), self.format.origin),
            (
                "encoding",
                self.encoding.value.to_string(),
                self.encoding.origin,
            ),
        ];
        if self.compression != Compression::None {
            let compression = self.compression.to_string();
            facts.push(("compression", compression, Origin::Stated));
        }
        if self.format.value == Format::Delimited {
            let delimiter = delimiter_text(self.delimiter.value);
            let header = match self.header_line.value {
                Some(line) => format!("line {line}"),
                None => "none".to_owned(),
            };
            facts.push(("delimiter", delimiter, self.delimiter.origin));
            facts.push(("quote", self.quote.value.to_string(), self.quote.origin));
            facts.push(("header", header, self.header_line.origin));
        }
        facts
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
        write!(f, "{}", self.format.value)?;
        if self.compression != Compression::None {
            write!(f, " in {}", self.compression)?;
        }
        if self.format.value != Format::Delimited {
            return write!(f, ", {}", self.encoding.value);
        }
        let delimiter = delimiter_text(self.delimiter.value);
        write!(f, ", {delimiter}, {}", self.encoding.value)?;
        if self.quote.value != Quote::DOUBLE {
            write!(f, ", quote {}", self.quote.value)?;
        }
        match self.header_line.value {
            Some(line) => write!(f, ", header on line {line}"),
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
