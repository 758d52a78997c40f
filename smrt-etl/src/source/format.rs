//! The kinds of file that can be read, and how one is told from another.
//!
//! It looks at lines as wholes; how a table is divided is `sniff`'s matter.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

use super::delimited::is_blank;
use super::file_kind::{self, FileKind};
use super::json_lines;

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
            "vcard" | "vcf" => Ok(Format::VCard),
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
            Format::VCard => "vCard",
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
        if lines.next().is_some_and(json_lines::is_object) {
            return Ok(Format::JsonLines);
        }
        // The first line may be the one that is wrong; in one document most lines are no object.
        let (objects, others): (Vec<&str>, Vec<&str>) =
            lines.take(20).partition(|line| json_lines::is_object(line));
        if objects.len() > others.len() {
            return Ok(Format::JsonLines);
        }
        if inner.starts_with(['"', '}']) {
            return Err(FileKind::JsonDocument);
        }
    }
    if start.starts_with('[') && inner.starts_with(['{', '[']) {
        return Err(FileKind::JsonDocument);
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
            Err(FileKind::JsonDocument),
        );
        check("[{\"a\":1}]", Err(FileKind::JsonDocument));
        check("[\n  {\"a\":1}]", Err(FileKind::JsonDocument));
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
