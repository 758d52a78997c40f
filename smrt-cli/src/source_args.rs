//! The file a command reads, and what the user says about its layout.

use std::num::NonZeroU64;
use std::path::Path;

use clap::{Args, ValueEnum};
use smrt_etl::source::{ContentDigest, Encoding, Format, Input, Quote, Source, SourceOptions};

use crate::error::CliError;

/// How the file is laid out, where sniffing is to be overruled.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Layout of the file")]
pub(crate) struct SourceArgs {
    /// The encoding, such as utf-8, utf-16le or windows-1252; sniffed by default
    #[arg(long, value_name = "NAME")]
    encoding: Option<Encoding>,
    /// What separates fields: a character, or tab; sniffed by default
    #[arg(long, value_name = "CHAR", value_parser = delimiter)]
    delimiter: Option<u8>,
    /// What surrounds fields: a character, or none; sniffed by default
    #[arg(long, value_name = "CHAR", value_parser = quote)]
    quote: Option<Quote>,
    /// The line, or the row of the sheet, that the header is on, counted from 1; sniffed by default
    #[arg(long, value_name = "N", conflicts_with = "no_header")]
    header_line: Option<NonZeroU64>,
    /// The first row is data already; columns are named column_1 and on
    #[arg(long)]
    no_header: bool,
    /// The kind of file; sniffed by default
    #[arg(long, value_enum, value_name = "FORMAT")]
    input_format: Option<InputFormat>,
    /// The sheet of a workbook: its name, or its number counted from 1; by default the first one
    /// with something in it
    #[arg(long, value_name = "NAME|N")]
    sheet: Option<String>,
    /// The table or view of a database; by default the only table
    #[arg(long, value_name = "NAME", conflicts_with = "query")]
    table: Option<String>,
    /// The query to read from a database, one SELECT
    #[arg(long, value_name = "SQL")]
    query: Option<String>,
    /// The file of a ZIP archive; by default the only one
    #[arg(long, value_name = "NAME")]
    member: Option<String>,
}

/// A kind of file that can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum InputFormat {
    /// CSV, TSV and their kin
    Delimited,
    /// One JSON object a line
    Jsonl,
    /// One JSON array of objects
    Json,
    /// vCards 2.1, 3.0 or 4.0
    Vcard,
    /// Excel workbook
    Xlsx,
    /// Binary Excel workbook
    Xlsb,
    /// Excel workbook as before 2007
    Xls,
    /// OpenDocument spreadsheet
    Ods,
    /// Apache Parquet
    Parquet,
    /// Arrow IPC, as a file (Feather) or a stream
    Arrow,
    /// SQLite database
    Sqlite,
    /// DuckDB database
    #[value(name = "duckdb")]
    DuckDb,
}

impl From<InputFormat> for Format {
    fn from(format: InputFormat) -> Self {
        match format {
            InputFormat::Delimited => Self::Delimited,
            InputFormat::Jsonl => Self::JsonLines,
            InputFormat::Json => Self::JsonArray,
            InputFormat::Vcard => Self::VCard,
            InputFormat::Xlsx => Self::Xlsx,
            InputFormat::Xlsb => Self::Xlsb,
            InputFormat::Xls => Self::Xls,
            InputFormat::Ods => Self::Ods,
            InputFormat::Parquet => Self::Parquet,
            InputFormat::Arrow => Self::Arrow,
            InputFormat::Sqlite => Self::Sqlite,
            InputFormat::DuckDb => Self::DuckDb,
        }
    }
}

impl SourceArgs {
    /// Opens a file, or standard input for `-`.
    pub(crate) fn open(&self, file: &Path) -> Result<Source, CliError> {
        self.open_as(file, ContentDigest::None)
    }

    /// As [`SourceArgs::open`], with a digest of all that is read.
    pub(crate) fn open_with_digest(&self, file: &Path) -> Result<Source, CliError> {
        self.open_as(file, ContentDigest::Sha256)
    }

    fn open_as(&self, file: &Path, content_digest: ContentDigest) -> Result<Source, CliError> {
        let input = match is_stdin(file) {
            true => Input::Reader {
                name: file_name(file),
                reader: Box::new(std::io::stdin()),
            },
            false => Input::File(file.to_owned()),
        };
        let options = SourceOptions {
            content_digest,
            ..self.options()
        };
        Ok(Source::open(input, &options)?)
    }

    fn options(&self) -> SourceOptions {
        SourceOptions {
            format: self.input_format.map(Format::from),
            encoding: self.encoding,
            delimiter: self.delimiter,
            quote: self.quote,
            header_line: self.header_line.map(NonZeroU64::get),
            no_header: self.no_header,
            sheet: self.sheet.clone(),
            table: self.table.clone(),
            query: self.query.clone(),
            member: self.member.clone(),
            ..SourceOptions::default()
        }
    }
}

/// Whether a file name means standard input.
pub(crate) fn is_stdin(file: &Path) -> bool {
    file.as_os_str() == "-"
}

/// A file's name without its folder.
pub(crate) fn file_name(file: &Path) -> String {
    match is_stdin(file) {
        true => "standard input".to_owned(),
        false => file
            .file_name()
            .unwrap_or(file.as_os_str())
            .to_string_lossy()
            .into_owned(),
    }
}

fn delimiter(text: &str) -> Result<u8, String> {
    match text {
        "tab" | "\\t" => Ok(b'\t'),
        _ => ascii_byte(text).ok_or_else(|| "expected one ASCII character, or `tab`".to_owned()),
    }
}

fn quote(text: &str) -> Result<Quote, String> {
    match text {
        "none" => Ok(Quote::NONE),
        _ => ascii_byte(text)
            .map(Quote::with)
            .ok_or_else(|| "expected one ASCII character, or `none`".to_owned()),
    }
}

fn ascii_byte(text: &str) -> Option<u8> {
    match text.as_bytes() {
        [byte] if byte.is_ascii() => Some(*byte),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delimiter_is_one_character_or_a_word_for_it() {
        let check = |text: &str, expected: Option<u8>| assert_eq!(delimiter(text).ok(), expected);
        check(";", Some(b';'));
        check("tab", Some(b'\t'));
        check("\\t", Some(b'\t'));
        check("\t", Some(b'\t'));
        check("", None);
        check("::", None);
        check("·", None);
    }

    #[test]
    fn a_quote_is_one_character_or_none() {
        let check = |text: &str, expected: Option<Quote>| assert_eq!(quote(text).ok(), expected);
        check("\"", Some(Quote::DOUBLE));
        check("'", Some(Quote::SINGLE));
        check("none", Some(Quote::NONE));
        check("no", None);
    }

    #[test]
    fn files_are_named_without_their_folder() {
        let check = |path: &str, expected: &str| assert_eq!(file_name(Path::new(path)), expected);
        check("a/b/c.csv", "c.csv");
        check("c.csv", "c.csv");
        check("-", "standard input");
    }
}
