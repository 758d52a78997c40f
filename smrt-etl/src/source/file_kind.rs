//! Kinds of file that are not rows of text, known by their first bytes.
//!
//! It never looks at a file's name, and refuses only what certainly is something else.

use std::fmt;

use super::format::Format;

/// A kind of file that is no rows of text; import reads some of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum FileKind {
    /// A workbook or document of Microsoft Office before 2007 (`.xls`, `.doc`, `.msg`).
    OldOffice,
    /// A document of Microsoft Office that is no workbook (`.docx`, `.pptx`).
    OfficeDocument,
    /// An OpenDocument file that is no spreadsheet (`.odt`).
    OpenDocument,
    /// A ZIP archive, or one of the many formats that are packed as one.
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
    /// An Arrow IPC file or stream.
    Arrow,
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
    /// The format it is read as, if its first bytes are enough to tell.
    pub(super) fn format(self) -> Option<Format> {
        match self {
            FileKind::OldOffice => Some(Format::Xls),
            FileKind::Parquet => Some(Format::Parquet),
            FileKind::Arrow => Some(Format::Arrow),
            FileKind::Sqlite => Some(Format::Sqlite),
            FileKind::DuckDb if cfg!(feature = "duckdb") => Some(Format::DuckDb),
            _ => None,
        }
    }

    /// How to turn it into something that can be read.
    #[must_use]
    pub fn hint(self) -> &'static str {
        match self {
            FileKind::OldOffice => {
                "if it is a workbook, open it in the spreadsheet program and save it as `.xlsx`"
            }
            FileKind::OfficeDocument | FileKind::OpenDocument => {
                "copy the table into a spreadsheet and save it as `.xlsx`, `.ods` or CSV"
            }
            FileKind::Zip => "import the file itself, or an archive that holds one such file",
            FileKind::OtherArchive | FileKind::Tar => {
                "unpack it and import the file inside; of archives, `.zip` is read"
            }
            FileKind::CompressedTwice => "decompress it once, then import the result",
            FileKind::Html => {
                "open it in a spreadsheet program and save it as CSV; \
                 some tools call an HTML table `.xls`"
            }
            FileKind::DuckDb if cfg!(not(feature = "duckdb")) => {
                "export the table as Parquet with the database's own client: COPY … TO"
            }
            FileKind::Sqlite | FileKind::DuckDb | FileKind::Parquet | FileKind::Arrow => {
                "leave out `--input-format`, and it is read as what it is"
            }
            FileKind::Utf32 => "save it as UTF-8",
            FileKind::JsonDocument => {
                "write the contacts as one array of objects, or one object a line, for instance \
                 with `jq -c '.[]'`; if it is JSON Lines, say `--input-format jsonl`"
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
            FileKind::OldOffice => "a document of an old Microsoft Office",
            FileKind::OfficeDocument => "a Microsoft Office document without a table",
            FileKind::OpenDocument => "an OpenDocument file without a table",
            FileKind::Zip => "a ZIP archive",
            FileKind::CompressedTwice => "compressed twice",
            FileKind::OtherArchive => "a compressed archive",
            FileKind::Tar => "a tar archive",
            FileKind::Pdf => "a PDF document",
            FileKind::Image => "a picture",
            FileKind::Sqlite => "a SQLite database",
            FileKind::DuckDb => "a DuckDB database",
            FileKind::Parquet => "a Parquet file",
            FileKind::Arrow => "an Arrow file",
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
    (b"ARROW1\0\0", FileKind::Arrow),
    (b"\x7FELF", FileKind::Program),
    (b"MZ\x90\0", FileKind::Program),
    (b"\xFF\xFE\0\0", FileKind::Utf32),
    (b"\0\0\xFE\xFF", FileKind::Utf32),
];

/// Names what a file of bytes is if its first bytes show that it is no text.
pub(super) fn of_bytes(prefix: &[u8]) -> Option<FileKind> {
    if prefix.starts_with(b"PK\x03\x04") || prefix.starts_with(b"PK\x05\x06") {
        return Some(FileKind::Zip);
    }
    if is_arrow_stream(prefix) {
        return Some(FileKind::Arrow);
    }
    // What could also be text in a table counts only beside a zero byte.
    if prefix.get(8..12) == Some(b"DUCK") && prefix.get(14) == Some(&0) {
        return Some(FileKind::DuckDb);
    }
    if prefix.get(257..262) == Some(b"ustar") && prefix.get(256) == Some(&0) {
        return Some(FileKind::Tar);
    }
    MAGIC
        .iter()
        .find_map(|(magic, kind)| prefix.starts_with(magic).then_some(*kind))
}

/// A stream of Arrow IPC begins with a mark and the length of its schema, a multiple of eight.
fn is_arrow_stream(prefix: &[u8]) -> bool {
    let length = prefix
        .strip_prefix(&[0xFF; 4])
        .and_then(|rest| rest.get(..4));
    let Some(&[first, second, third, fourth]) = length else {
        return false;
    };
    let length = u32::from_le_bytes([first, second, third, fourth]);
    length % 8 == 0 && (8..1 << 24).contains(&length)
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
        check_bytes(b"ARROW1\0\0\xFF\xFF\xFF\xFF", Some(FileKind::Arrow));
        check_bytes(b"\xFF\xFF\xFF\xFF\x78\0\0\0\x10", Some(FileKind::Arrow));
        check_bytes(b"ARROW1,ARROW2\n", None);
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
