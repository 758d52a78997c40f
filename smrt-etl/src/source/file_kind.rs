//! Kinds of file that are not rows of text, known by their first bytes.
//!
//! It never looks at a file's name, and refuses only what certainly is something else.

use std::fmt;

use memchr::memmem;

/// A kind of file that import does not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum FileKind {
    /// An Office Open XML workbook (`.xlsx`).
    ExcelWorkbook,
    /// A workbook or document of Microsoft Office before 2007 (`.xls`, `.doc`, `.msg`).
    OldOffice,
    /// An OpenDocument spreadsheet (`.ods`).
    OpenDocument,
    /// Another ZIP archive.
    Zip,
    /// gzip or Zstandard data inside gzip or Zstandard.
    CompressedTwice,
    /// bzip2, xz, 7z or RAR data.
    OtherArchive,
    /// A tar archive.
    Tar,
    /// A PDF document.
    Pdf,
    /// A picture.
    Image,
    /// A SQLite database.
    Sqlite,
    /// A DuckDB database.
    DuckDb,
    /// An Apache Parquet file.
    Parquet,
    /// A program.
    Program,
    /// UTF-32 text.
    Utf32,
    /// An HTML page.
    Html,
    /// An XML document.
    Xml,
    /// One JSON document, not one object a line.
    JsonDocument,
    /// Bytes that are not text.
    Binary,
}

impl FileKind {
    /// How to turn it into something that can be read.
    #[must_use]
    pub fn hint(self) -> &'static str {
        match self {
            FileKind::ExcelWorkbook | FileKind::OldOffice | FileKind::OpenDocument => {
                "open it in the spreadsheet program and save it as CSV (UTF-8)"
            }
            FileKind::Zip | FileKind::OtherArchive | FileKind::Tar => {
                "unpack it and import the CSV file inside"
            }
            FileKind::CompressedTwice => "decompress it once, then import the result",
            FileKind::Html => {
                "open it in a spreadsheet program and save it as CSV; \
                 some tools call an HTML table `.xls`"
            }
            FileKind::Sqlite | FileKind::DuckDb | FileKind::Parquet => {
                "export the table as CSV or JSON Lines with the database's own client"
            }
            FileKind::Utf32 => "save it as UTF-8",
            FileKind::JsonDocument => {
                "write one object a line, for instance with `jq -c '.[]'`; \
                 if it is JSON Lines, say `--input-format jsonl`"
            }
            FileKind::Xml => "export the contacts as CSV instead",
            FileKind::Pdf | FileKind::Image | FileKind::Program | FileKind::Binary => {
                "export the contacts as CSV; if it is text after all, name its `--encoding`"
            }
        }
    }
}

impl fmt::Display for FileKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            FileKind::ExcelWorkbook => "an Excel workbook",
            FileKind::OldOffice => "a workbook or document of an old Microsoft Office",
            FileKind::OpenDocument => "an OpenDocument file",
            FileKind::Zip => "a ZIP archive",
            FileKind::CompressedTwice => "compressed twice",
            FileKind::OtherArchive => "a compressed archive",
            FileKind::Tar => "a tar archive",
            FileKind::Pdf => "a PDF document",
            FileKind::Image => "a picture",
            FileKind::Sqlite => "a SQLite database",
            FileKind::DuckDb => "a DuckDB database",
            FileKind::Parquet => "a Parquet file",
            FileKind::Program => "a program",
            FileKind::Utf32 => "UTF-32 text",
            FileKind::Html => "an HTML page",
            FileKind::Xml => "an XML document",
            FileKind::JsonDocument => "a single JSON document",
            FileKind::Binary => "binary data",
        })
    }
}

/// First bytes that no text begins with, or no table of contacts.
const MAGIC: &[(&[u8], FileKind)] = &[
    (b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", FileKind::OldOffice),
    (b"\x1F\x8B\x08", FileKind::CompressedTwice),
    (b"\x28\xB5\x2F\xFD", FileKind::CompressedTwice),
    (b"BZh9", FileKind::OtherArchive),
    (b"\xFD7zXZ\0", FileKind::OtherArchive),
    (b"7z\xBC\xAF\x27\x1C", FileKind::OtherArchive),
    (b"Rar!\x1A\x07", FileKind::OtherArchive),
    (b"%PDF-", FileKind::Pdf),
    (b"\x89PNG\r\n\x1A\n", FileKind::Image),
    (b"\xFF\xD8\xFF", FileKind::Image),
    (b"GIF87a", FileKind::Image),
    (b"GIF89a", FileKind::Image),
    (b"SQLite format 3\0", FileKind::Sqlite),
    (b"PAR1\x15", FileKind::Parquet),
    (b"\x7FELF", FileKind::Program),
    (b"MZ\x90\0", FileKind::Program),
    (b"\xFF\xFE\0\0", FileKind::Utf32),
    (b"\0\0\xFE\xFF", FileKind::Utf32),
];

/// Names what a file of bytes is if its first bytes show that it is no text.
pub(super) fn of_bytes(prefix: &[u8]) -> Option<FileKind> {
    if prefix.starts_with(b"PK\x03\x04") || prefix.starts_with(b"PK\x05\x06") {
        return Some(of_zip(prefix));
    }
    // What could also be text in a table counts only beside a zero byte.
    if prefix.get(8..12) == Some(b"DUCK") && prefix.get(13) == Some(&0) {
        return Some(FileKind::DuckDb);
    }
    if prefix.get(257..262) == Some(b"ustar") && prefix.get(256) == Some(&0) {
        return Some(FileKind::Tar);
    }
    MAGIC
        .iter()
        .find_map(|(magic, kind)| prefix.starts_with(magic).then_some(*kind))
}

/// Office files are ZIP archives whose first members have known names.
fn of_zip(prefix: &[u8]) -> FileKind {
    let holds = |name: &[u8]| memmem::find(prefix, name).is_some();
    if holds(b"xl/") {
        FileKind::ExcelWorkbook
    } else if holds(b"application/vnd.oasis.opendocument") {
        FileKind::OpenDocument
    } else {
        FileKind::Zip
    }
}

/// Bytes of the beginning of a file in which control characters are counted.
const CONTROL_BYTES_MAX: usize = 8192;

/// Whether text of one byte a character has too many control characters to be text.
///
/// A few stray ones are the trouble of single rows, so short files are never refused for them.
pub(super) fn is_binary(prefix: &[u8]) -> bool {
    let looked_at = prefix.get(..CONTROL_BYTES_MAX).unwrap_or(prefix);
    let controls = looked_at
        .iter()
        .filter(|byte| matches!(byte, 0..=8 | 14..=26 | 28..=31))
        .count();
    controls >= 32 && controls * 20 > looked_at.len()
}

/// Names what a text is if it begins like something other than rows.
pub(super) fn of_text(text: &str) -> Option<FileKind> {
    let start = text.trim_start();
    let begins = |with: &str| {
        start
            .as_bytes()
            .get(..with.len())
            .is_some_and(|head| head.eq_ignore_ascii_case(with.as_bytes()))
    };
    if begins("<!doctype html") || begins("<html") || begins("<table") || begins("<meta") {
        return Some(FileKind::Html);
    }
    if begins("<?xml") {
        return Some(FileKind::Xml);
    }
    None
}

/// Whether a text begins like a vCard.
pub(super) fn is_vcard(text: &str) -> bool {
    const BEGIN: &str = "BEGIN:VCARD";
    let head = text.trim_start().as_bytes().get(..BEGIN.len());
    head.is_some_and(|head| head.eq_ignore_ascii_case(BEGIN.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_bytes(prefix: &[u8], expected: Option<FileKind>) {
        assert_eq!(of_bytes(prefix), expected, "{prefix:?}");
    }

    #[test]
    fn files_that_are_no_text_are_named_by_their_first_bytes() {
        check_bytes(b"\x89PNG\r\n\x1A\n\0\0\0\rIHDR", Some(FileKind::Image));
        check_bytes(
            b"PK\x03\x04....[Content_Types].xml....xl/workbook.xml",
            Some(FileKind::ExcelWorkbook),
        );
        check_bytes(
            b"PK\x03\x04mimetypeapplication/vnd.oasis.opendocument.spreadsheet",
            Some(FileKind::OpenDocument),
        );
        check_bytes(b"PK\x03\x04....Contact.csv", Some(FileKind::Zip));
        check_bytes(b"SQLite format 3\0\x10\0", Some(FileKind::Sqlite));
        check_bytes(b"%PDF-1.7", Some(FileKind::Pdf));
        check_bytes(b"12345678DUCK\x40\0\0", Some(FileKind::DuckDb));
        check_bytes(b"Bo,GOOSE,DUCK,1,2\n", None);
        check_bytes(b"PAR1,PAR2\n", None);
        check_bytes(b"name,phone\n", None);
        check_bytes(b"", None);
    }

    #[test]
    fn text_that_is_no_table_is_named_by_its_first_word() {
        assert_eq!(of_text("\n <HTML><body>"), Some(FileKind::Html));
        assert_eq!(of_text("<?xml version='1.0'?>"), Some(FileKind::Xml));
        assert_eq!(of_text("name,phone\n"), None);
        assert_eq!(of_text("é"), None);
    }

    #[test]
    fn many_control_characters_are_binary_and_a_few_are_not() {
        assert!(is_binary(&[1, 2, 3, 4].repeat(100)));
        assert!(!is_binary(b"a,b\n\0,1\n"));
        assert!(!is_binary(&b"name,phone\r\n".repeat(1000)));
    }
}
