//! What a caller may say about a source instead of having it sniffed.
//!
//! It opens nothing; a contradiction between options is found by [`SourceOptions::check`] before
//! a file is touched.

use std::fmt;

use serde::{Serialize, Serializer};

use super::encoding::Encoding;
use super::format::Format;

/// What a caller knows about a source; the default is to sniff everything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceOptions {
    /// The kind of file.
    pub format: Option<Format>,
    /// The encoding of its text.
    pub encoding: Option<Encoding>,
    /// The byte between two fields: any ASCII byte but a letter, digit, quote or line end.
    pub delimiter: Option<u8>,
    /// The byte around a field.
    pub quote: Option<Quote>,
    /// The line the header begins on, counted from 1; lines before it are not read.
    pub header_line: Option<u64>,
    /// Whether the first row is already data; columns are then named `column_1` and on.
    pub no_header: bool,
    /// The sheet of a workbook, by its name or, counted from 1, its number.
    pub sheet: Option<String>,
    /// The table or view of a database.
    pub table: Option<String>,
    /// The query whose rows are read from a database, instead of a table.
    pub query: Option<String>,
    /// The file of a ZIP archive, by its path in the archive or its name.
    pub member: Option<String>,
    /// The size of one row above which it is reported instead of read, in bytes of UTF-8.
    pub record_bytes_max: usize,
    /// How many bytes are read from the source at once.
    pub chunk_bytes: usize,
    /// Whether a digest is made of all that is read.
    pub content_digest: ContentDigest,
}

/// Whether a digest is made of all bytes of a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ContentDigest {
    /// None is made.
    #[default]
    None,
    /// SHA-256 over the file as it is stored.
    Sha256,
}

/// The byte around a field that may hold delimiters and line ends; doubled, it stands for itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quote(Option<u8>);

/// Why a set of options cannot be meant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OptionError {
    /// The delimiter cannot separate fields.
    #[error("`{0}` cannot be the delimiter")]
    Delimiter(char),
    /// The quote cannot surround fields.
    #[error("`{0}` cannot be the quote")]
    Quote(char),
    /// Lines are counted from 1.
    #[error("the header cannot be on line 0")]
    HeaderLine,
    /// A header line was given together with "no header".
    #[error("a header line is given for a file said to have no header")]
    HeaderTwice,
    /// A table and a query were given together.
    #[error("a table and a query are given, and only one of them can be read")]
    TableAndQuery,
    /// The option says something that the format does not have.
    #[error("`{option}` is given, and {format} has none")]
    NotForFormat {
        /// The option, as the command line names it.
        option: &'static str,
        /// What the file is.
        format: String,
    },
    /// A size is outside its bounds.
    #[error("`{name}` must be between {min} and {max}")]
    Size {
        /// The option's name.
        name: &'static str,
        /// The smallest value allowed.
        min: usize,
        /// The largest value allowed.
        max: usize,
    },
}

impl Quote {
    /// The quotation mark `"`, by far the most usual.
    pub const DOUBLE: Quote = Quote(Some(b'"'));
    /// The apostrophe `'`.
    pub const SINGLE: Quote = Quote(Some(b'\''));
    /// Fields are never quoted.
    pub const NONE: Quote = Quote(None);

    /// Quotes fields with `byte`.
    #[must_use]
    pub fn with(byte: u8) -> Quote {
        Quote(Some(byte))
    }

    /// The byte, if fields may be quoted.
    #[must_use]
    pub fn byte(self) -> Option<u8> {
        self.0
    }
}

impl Default for SourceOptions {
    fn default() -> SourceOptions {
        SourceOptions {
            format: None,
            encoding: None,
            delimiter: None,
            quote: None,
            header_line: None,
            no_header: false,
            sheet: None,
            table: None,
            query: None,
            member: None,
            record_bytes_max: 1 << 20,
            chunk_bytes: 1 << 18,
            content_digest: ContentDigest::None,
        }
    }
}

impl SourceOptions {
    /// Refuses options that contradict each other or cannot work.
    ///
    /// # Errors
    /// The first contradiction found.
    pub fn check(&self) -> Result<(), OptionError> {
        let quote = self.quote.unwrap_or(Quote::DOUBLE).byte();
        if let Some(byte) = self.delimiter
            && (!separates(byte) || Some(byte) == quote)
        {
            return Err(OptionError::Delimiter(char::from(byte)));
        }
        if let Some(byte) = quote
            && (!separates(byte) || byte == b'\t' || byte == b' ')
        {
            return Err(OptionError::Quote(char::from(byte)));
        }
        if self.header_line == Some(0) {
            return Err(OptionError::HeaderLine);
        }
        if self.header_line.is_some() && self.no_header {
            return Err(OptionError::HeaderTwice);
        }
        if self.table.is_some() && self.query.is_some() {
            return Err(OptionError::TableAndQuery);
        }
        bounded("record_bytes_max", self.record_bytes_max, 16, 1 << 28)?;
        bounded("chunk_bytes", self.chunk_bytes, 1, 1 << 28)
    }
}

impl SourceOptions {
    /// Refuses options that say something which the format does not have.
    pub(super) fn check_for(&self, format: Format, is_archive: bool) -> Result<(), OptionError> {
        let is_delimited = format == Format::Delimited;
        let is_database = format.is_database();
        let has_header = format.has_header_row();
        let given = [
            ("--encoding", self.encoding.is_some(), format.is_text()),
            ("--delimiter", self.delimiter.is_some(), is_delimited),
            ("--quote", self.quote.is_some(), is_delimited),
            ("--header-line", self.header_line.is_some(), has_header),
            ("--no-header", self.no_header, has_header),
            ("--sheet", self.sheet.is_some(), format.is_spreadsheet()),
            ("--table", self.table.is_some(), is_database),
            ("--query", self.query.is_some(), is_database),
            ("--member", self.member.is_some(), is_archive),
        ];
        let vain = given.iter().find(|(_, is_given, fits)| *is_given && !fits);
        match vain {
            None => Ok(()),
            Some(("--member", ..)) => Err(OptionError::NotForFormat {
                option: "--member",
                format: "a file that is no ZIP archive".to_owned(),
            }),
            Some((option, ..)) => Err(OptionError::NotForFormat {
                option,
                format: format!("the format {format}"),
            }),
        }
    }
}

/// Whether a byte can stand between or around fields: ASCII, and no part of a word or line end.
fn separates(byte: u8) -> bool {
    byte.is_ascii() && !byte.is_ascii_alphanumeric() && !matches!(byte, b'\n' | b'\r' | 0)
}

fn bounded(name: &'static str, value: usize, min: usize, max: usize) -> Result<(), OptionError> {
    if (min..=max).contains(&value) {
        Ok(())
    } else {
        Err(OptionError::Size { name, min, max })
    }
}

impl fmt::Display for Quote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(byte) => write!(f, "`{}`", char::from(byte)),
            None => f.write_str("none"),
        }
    }
}

impl Serialize for Quote {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.map(char::from).serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(change: impl FnOnce(&mut SourceOptions), expected: Result<(), OptionError>) {
        let mut options = SourceOptions::default();
        change(&mut options);
        assert_eq!(options.check(), expected);
    }

    #[test]
    fn options_that_the_format_does_not_have_are_refused() {
        let refused = |change: fn(&mut SourceOptions), format: Format| {
            let mut options = SourceOptions::default();
            change(&mut options);
            match options.check_for(format, false) {
                Err(OptionError::NotForFormat { option, .. }) => Some(option),
                _ => None,
            }
        };
        let delimiter = |o: &mut SourceOptions| o.delimiter = Some(b';');
        assert_eq!(refused(delimiter, Format::Delimited), None);
        assert_eq!(refused(delimiter, Format::Xlsx), Some("--delimiter"));
        let sheet = |o: &mut SourceOptions| o.sheet = Some("2".to_owned());
        assert_eq!(refused(sheet, Format::Ods), None);
        assert_eq!(refused(sheet, Format::Parquet), Some("--sheet"));
        let member = |o: &mut SourceOptions| o.member = Some("a.csv".to_owned());
        assert_eq!(refused(member, Format::Delimited), Some("--member"));
    }

    #[test]
    fn contradictory_options_are_refused() {
        check(|_| {}, Ok(()));
        check(|o| o.delimiter = Some(b'^'), Ok(()));
        check(|o| o.delimiter = Some(1), Ok(()));
        check(
            |o| o.delimiter = Some(b'"'),
            Err(OptionError::Delimiter('"')),
        );
        check(
            |o| o.delimiter = Some(b'a'),
            Err(OptionError::Delimiter('a')),
        );
        check(
            |o| o.delimiter = Some(b'\n'),
            Err(OptionError::Delimiter('\n')),
        );
        check(
            |o| o.quote = Some(Quote::with(b' ')),
            Err(OptionError::Quote(' ')),
        );
        check(|o| o.header_line = Some(0), Err(OptionError::HeaderLine));
        let twice = |o: &mut SourceOptions| (o.header_line, o.no_header) = (Some(1), true);
        check(twice, Err(OptionError::HeaderTwice));
        let quoted_none = |o: &mut SourceOptions| {
            (o.delimiter, o.quote) = (Some(b'"'), Some(Quote::NONE));
        };
        check(quoted_none, Ok(()));
        assert!(
            SourceOptions {
                record_bytes_max: 0,
                ..SourceOptions::default()
            }
            .check()
            .is_err()
        );
    }
}
