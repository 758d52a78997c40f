//! The kinds of file that can be read, and how one is told from another.
//!
//! It looks at lines as wholes; how a table is divided is `sniff`'s matter.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

use super::delimited::is_blank;
use super::file_kind::{self, FileKind};
use super::json_object;

/// A kind of file that can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Format {
    /// Rows of text with a delimiter: CSV, TSV and their kin.
    Delimited,
    /// One JSON object a line.
    JsonLines,
    /// vCards, version 2.1, 3.0 or 4.0.
    #[serde(rename = "vcard")]
    VCard,
    /// One JSON array of objects, by itself or as a member of an object.
    JsonArray,
    /// An Office Open XML workbook (`.xlsx`, `.xlsm`).
    Xlsx,
    /// A binary workbook of Excel since 2007 (`.xlsb`).
    Xlsb,
    /// A binary workbook of Excel before 2007 (`.xls`).
    Xls,
    /// An OpenDocument spreadsheet (`.ods`).
    Ods,
    /// Apache Parquet.
    Parquet,
    /// Arrow IPC, as a file (Feather) or as a stream.
    Arrow,
    /// A table or a query of a SQLite database.
    Sqlite,
    /// A table or a query of a DuckDB database.
    #[serde(rename = "duckdb")]
    DuckDb,
}

impl Format {
    /// Whether it is text, in some encoding.
    #[must_use]
    pub fn is_text(self) -> bool {
        match self {
            Format::Delimited | Format::JsonLines | Format::JsonArray | Format::VCard => true,
            Format::Xlsx
            | Format::Xlsb
            | Format::Xls
            | Format::Ods
            | Format::Parquet
            | Format::Arrow
            | Format::Sqlite
            | Format::DuckDb => false,
        }
    }

    /// Whether it is a workbook of sheets.
    #[must_use]
    pub fn is_spreadsheet(self) -> bool {
        matches!(
            self,
            Format::Xlsx | Format::Xlsb | Format::Xls | Format::Ods
        )
    }

    /// Whether it is a database of tables, which takes queries.
    #[must_use]
    pub fn is_database(self) -> bool {
        matches!(self, Format::Sqlite | Format::DuckDb)
    }

    /// Whether one of its rows can hold the names of the columns.
    pub(super) fn has_header_row(self) -> bool {
        self == Format::Delimited || self.is_spreadsheet()
    }

    /// What its rows are counted in.
    pub(super) fn line_word(self) -> &'static str {
        if self.is_text() { "line" } else { "row" }
    }

    /// Whether its rows take less room than as text.
    pub(super) fn is_packed(self) -> bool {
        matches!(
            self,
            Format::Xlsx | Format::Xlsb | Format::Ods | Format::Parquet
        )
    }
}

/// The name given is not that of a format that can be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{name}` is no format that can be read")]
pub struct FormatError {
    name: String,
}

impl FromStr for Format {
    type Err = FormatError;

    fn from_str(name: &str) -> Result<Format, FormatError> {
        match name.to_ascii_lowercase().as_str() {
            "csv" | "tsv" => Ok(Format::Delimited),
            "jsonl" | "ndjson" => Ok(Format::JsonLines),
            "json" => Ok(Format::JsonArray),
            "vcf" | "vcard" => Ok(Format::VCard),
            "xlsx" | "xlsm" => Ok(Format::Xlsx),
            "xlsb" => Ok(Format::Xlsb),
            "xls" => Ok(Format::Xls),
            "ods" => Ok(Format::Ods),
            "parquet" => Ok(Format::Parquet),
            "arrow" | "feather" | "ipc" => Ok(Format::Arrow),
            "sqlite" => Ok(Format::Sqlite),
            "duckdb" => Ok(Format::DuckDb),
            _ => Err(FormatError {
                name: name.to_owned(),
            }),
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Format::Delimited => "CSV",
            Format::JsonLines => "JSON Lines",
            Format::JsonArray => "JSON array",
            Format::VCard => "vCard",
            Format::Xlsx => "Excel workbook",
            Format::Xlsb => "binary Excel workbook",
            Format::Xls => "old Excel workbook",
            Format::Ods => "OpenDocument spreadsheet",
            Format::Parquet => "Parquet",
            Format::Arrow => "Arrow IPC",
            Format::Sqlite => "SQLite database",
            Format::DuckDb => "DuckDB database",
        })
    }
}

/// Tells JSON Lines from delimited text, and both from what only looks like text.
pub(super) fn sniff(text: &str) -> Result<Format, FileKind> {
    if let Some(kind) = file_kind::of_text(text) {
        return Err(kind);
    }
    if file_kind::is_vcard(text) {
        return Ok(Format::VCard);
    }
    let start = text.trim_start();
    let inner = start.get(1..).unwrap_or_default().trim_start();
    if start.starts_with('{') {
        let mut lines = start.lines().filter(|line| !is_blank(line));
        if lines.next().is_some_and(json_object::is_object) {
            return Ok(Format::JsonLines);
        }
        // The first line may be the one that is wrong; in one document most lines are no object.
        let (objects, others): (Vec<&str>, Vec<&str>) = lines
            .take(20)
            .partition(|line| json_object::is_object(line));
        if objects.len() > others.len() {
            return Ok(Format::JsonLines);
        }
        if inner.starts_with(['"', '}']) {
            return Ok(Format::JsonArray);
        }
    }
    if start.starts_with('[') && inner.starts_with(['{', '[', '"']) {
        return Ok(Format::JsonArray);
    }
    Ok(Format::Delimited)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Result<Format, FileKind>) {
        assert_eq!(sniff(text), expected, "{text:?}");
    }

    #[test]
    fn json_lines_are_told_from_tables_and_from_documents() {
        check("{\"a\":1}\n{\"a\":2}\n", Ok(Format::JsonLines));
        check("\n{\"a\":1}\n", Ok(Format::JsonLines));
        check("{\"a\":\n{\"a\":2}\n{\"a\":3}\n", Ok(Format::JsonLines));
        check(
            "{\n  \"a\": [\n    {\"b\":1}\n  ]\n}\n",
            Ok(Format::JsonArray),
        );
        check("[{\"a\":1}]", Ok(Format::JsonArray));
        check("[\n  {\"a\":1}]", Ok(Format::JsonArray));
        check("[Id],[Name]\n1,2\n", Ok(Format::Delimited));
        check("{Id};{Name}\n1;2\n", Ok(Format::Delimited));
        check("name,phone\n", Ok(Format::Delimited));
        check("BEGIN:VCARD\n", Ok(Format::VCard));
        check("\r\nbegin:vcard\r\n", Ok(Format::VCard));
    }

    #[test]
    fn formats_are_named_as_file_names_end() {
        assert_eq!("CSV".parse(), Ok(Format::Delimited));
        assert_eq!("jsonl".parse(), Ok(Format::JsonLines));
        assert_eq!("vcf".parse(), Ok(Format::VCard));
        assert!("docx".parse::<Format>().is_err());
    }
}
