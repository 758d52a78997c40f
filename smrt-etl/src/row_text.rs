//! Rows written as they were read, with further columns behind the original ones: what reject
//! files and scrubbed files have in common.
//!
//! What this module does not do: it knows no column; who adds some names them.

use std::io::{self, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};

use csv_core::ReadRecordResult;

use crate::added_columns::ORIGINAL_COLUMN;
use crate::json_text::push_json_string;
use crate::source::{Format, Source};

/// How the rows of a source are written again: as the source itself has them, or as CSV where it is
/// no text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RowFormat {
    /// Delimited text with the source's own header, delimiter and quote.
    Delimited {
        /// The header as it was in the source, or made of the column names where it has none.
        header: String,
        /// How many columns the header has.
        columns: usize,
        /// The byte between two fields.
        delimiter: u8,
        /// The byte around a field.
        quote: u8,
    },
    /// JSON Lines.
    JsonLines,
    /// vCards.
    VCard,
}

impl RowFormat {
    /// The format for the rows of a source.
    #[must_use]
    pub fn of(source: &Source) -> Self {
        let layout = source.layout();
        match layout.format.value {
            Format::JsonLines | Format::JsonArray => Self::JsonLines,
            Format::VCard => Self::VCard,
            // The rows of all others are CSV, or are made to be.
            _ => {
                let delimiter = layout.delimiter.value.unwrap_or(b',');
                let quote = layout.quote.value.byte().unwrap_or(b'"');
                let names: Vec<&str> = source.header().names().collect();
                let mut header = String::new();
                match source.header_raw() {
                    Some(raw) => header.push_str(raw),
                    None => Quoting::new(delimiter, quote).push_fields(&mut header, &names),
                }
                Self::Delimited {
                    header,
                    columns: names.len(),
                    delimiter,
                    quote,
                }
            }
        }
    }

    /// The usual ending of a file's name in this format.
    #[must_use]
    pub const fn extension(&self) -> &'static str {
        match self {
            Self::Delimited { .. } => "csv",
            Self::JsonLines => "jsonl",
            Self::VCard => "vcf",
        }
    }

    /// Writes the header with further columns, where the format has one.
    pub(crate) fn write_header(&self, added: &[&str], out: &mut dyn Write) -> io::Result<()> {
        match self {
            Self::JsonLines | Self::VCard => Ok(()),
            Self::Delimited {
                header,
                delimiter,
                quote,
                ..
            } => {
                let mut line = header.clone();
                line.push(char::from(*delimiter));
                Quoting::new(*delimiter, *quote).push_fields(&mut line, added);
                writeln!(out, "{line}")
            }
        }
    }
}

/// The bytes that separate and surround fields.
#[derive(Debug)]
pub(crate) struct Quoting {
    pub(crate) delimiter: u8,
    pub(crate) quote: u8,
    /// Making a reader takes longer than reading many rows, so it is kept.
    reader: Mutex<csv_core::Reader>,
}

/// So many bytes of a field are looked at at a time.
const FIELD_BYTES: usize = 256;

impl Quoting {
    pub(crate) fn new(delimiter: u8, quote: u8) -> Self {
        let reader = csv_core::ReaderBuilder::new()
            .delimiter(delimiter)
            .quote(quote)
            .build();
        Self {
            delimiter,
            quote,
            reader: Mutex::new(reader),
        }
    }

    /// The reader, at the start of a row.
    fn reader(&self) -> MutexGuard<'_, csv_core::Reader> {
        // Whatever state a thread that failed has left it in, it begins anew.
        let mut reader = self.reader.lock().unwrap_or_else(PoisonError::into_inner);
        reader.reset();
        reader
    }

    /// Appends fields, quoted where they need it.
    pub(crate) fn push_fields(&self, row: &mut String, fields: &[&str]) {
        for (position, field) in fields.iter().enumerate() {
            if position > 0 {
                row.push(char::from(self.delimiter));
            }
            self.push_field(row, field);
        }
    }

    /// Appends one field, quoted where it needs it.
    pub(crate) fn push_field(&self, row: &mut String, field: &str) {
        let (delimiter, quote) = (char::from(self.delimiter), char::from(self.quote));
        if !field.contains([delimiter, quote, '\n', '\r']) {
            row.push_str(field);
            return;
        }
        row.push(quote);
        for character in field.chars() {
            if character == quote {
                row.push(quote);
            }
            row.push(character);
        }
        row.push(quote);
    }

    /// Appends the row as it was, filled up to `columns`, then what `added` appends, and then a
    /// field for rows that cannot be read by themselves: such a row leaves its columns empty and
    /// is kept whole there.
    pub(crate) fn push_row(
        &self,
        row: &mut String,
        raw: &str,
        columns: usize,
        added: impl FnOnce(&mut String),
    ) {
        let fields = self.field_count(raw);
        let fields = fields.filter(|fields| (1..=columns).contains(fields));
        if fields.is_some() {
            row.push_str(raw);
        }
        let missing = columns - fields.unwrap_or(1);
        (0..=missing).for_each(|_| row.push(char::from(self.delimiter)));
        added(row);
        row.push(char::from(self.delimiter));
        if fields.is_none() {
            self.push_field(row, raw);
        }
    }

    /// How many fields a row has; nothing if it does not end as one row.
    pub(crate) fn field_count(&self, raw: &str) -> Option<usize> {
        if memchr::memchr3(self.quote, b'\n', b'\r', raw.as_bytes()).is_none() {
            return Some(memchr::memchr_iter(self.delimiter, raw.as_bytes()).count() + 1);
        }
        let mut reader = self.reader();
        let fields = fields_ended(&mut reader, raw.as_bytes())?;
        // Inside an open quote a delimiter would be swallowed; after a whole row it ends a field.
        let ended = fields_ended(&mut reader, &[self.delimiter])?;
        (ended == 1).then_some(fields + 1)
    }

    /// The first fields of a row; nothing if it has fewer, or they do not end.
    pub(crate) fn first_fields<'r>(&self, raw: &'r str, count: usize) -> Option<&'r str> {
        let mut reader = self.reader();
        let mut left = count;
        let mut fed = 0;
        for end in memchr::memchr_iter(self.delimiter, raw.as_bytes()) {
            let ended = fields_ended(&mut reader, raw.as_bytes().get(fed..=end)?)?;
            fed = end + 1;
            left = left.checked_sub(ended)?;
            if left == 0 {
                return raw.get(..end);
            }
        }
        drop(reader);
        (self.field_count(raw)? == count).then_some(raw)
    }
}

/// How many fields end within a piece of a row; nothing where the row itself ends.
fn fields_ended(reader: &mut csv_core::Reader, piece: &[u8]) -> Option<usize> {
    let mut input = piece;
    let (mut text, mut ends) = ([0; FIELD_BYTES], [0; 64]);
    let mut fields = 0;
    while !input.is_empty() {
        let (result, read, _, ended) = reader.read_record(input, &mut text, &mut ends);
        input = input.get(read..)?;
        fields += ended;
        match result {
            ReadRecordResult::InputEmpty => break,
            ReadRecordResult::OutputFull | ReadRecordResult::OutputEndsFull => {}
            // A line end outside quotes: this is more than one row.
            ReadRecordResult::Record | ReadRecordResult::End => return None,
        }
    }
    Some(fields)
}

/// An object with further members behind those it had; what is no object is kept whole in the last
/// one.
pub(crate) struct ObjectText<'t> {
    text: &'t mut String,
    is_empty: bool,
    unreadable: Option<&'t str>,
}

impl<'t> ObjectText<'t> {
    /// Begins with an object as it was.
    pub(crate) fn of_object(text: &'t mut String, raw: &'t str) -> Self {
        let Some(open) = raw.trim_end().strip_suffix('}') else {
            return Self::of_other(text, raw);
        };
        text.push_str(open);
        Self {
            // Only what opens the object can end it so; an inner one would be closed.
            is_empty: open.trim_end().ends_with('{'),
            text,
            unreadable: None,
        }
    }

    /// Begins for a text that is no object.
    pub(crate) fn of_other(text: &'t mut String, raw: &'t str) -> Self {
        text.push('{');
        Self {
            text,
            is_empty: true,
            unreadable: Some(raw),
        }
    }

    /// Adds a member with a text.
    pub(crate) fn member(&mut self, name: &str, value: &str) {
        push_json_string(self.value_of(name), value);
    }

    /// Adds a member, whose value the caller appends.
    pub(crate) fn value_of(&mut self, name: &str) -> &mut String {
        if !self.is_empty {
            self.text.push(',');
        }
        self.is_empty = false;
        push_json_string(self.text, name);
        self.text.push(':');
        self.text
    }

    /// Closes the object.
    pub(crate) fn close(mut self) {
        if let Some(raw) = self.unreadable {
            self.member(ORIGINAL_COLUMN, raw);
        }
        self.text.push('}');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn csv() -> Quoting {
        Quoting::new(b',', b'"')
    }

    #[test]
    fn fields_are_counted_as_other_programs_read_them() {
        let check =
            |raw: &str, want: Option<usize>| assert_eq!(csv().field_count(raw), want, "{raw}");
        check("", Some(1));
        check("a", Some(1));
        check("a,b", Some(2));
        check("a,b,", Some(3));
        check("a,\"b,\n\"\"c\",d", Some(3));
        check("a,\"b", None);
        check("a\nb", None);
        check(&"a,".repeat(500), Some(501));
        check(&"a".repeat(10_000), Some(1));
    }

    #[test]
    fn a_row_is_cut_between_fields_only() {
        let check = |raw: &str, count: usize, want: Option<&str>| {
            assert_eq!(csv().first_fields(raw, count), want, "{raw}");
        };
        check("a,b,c", 2, Some("a,b"));
        check("a,b,c", 3, Some("a,b,c"));
        check("a,b,c", 4, None);
        check("\"a,b\",c", 1, Some("\"a,b\""));
        check("\"a,\"\"b\",c,,", 2, Some("\"a,\"\"b\",c"));
        check("a,\"b", 1, Some("a"));
        check("a,\"b,c", 2, None);
    }

    #[test]
    fn members_follow_those_of_the_object() {
        let check = |raw: &str, want: &str| {
            let mut text = String::new();
            let mut object = match raw.ends_with('}') {
                true => ObjectText::of_object(&mut text, raw),
                false => ObjectText::of_other(&mut text, raw),
            };
            object.member("b", "2");
            object.close();
            assert_eq!(text, want);
        };
        check(r#"{"a":1.10}"#, r#"{"a":1.10,"b":"2"}"#);
        check("{}", r#"{"b":"2"}"#);
        check("{ }", r#"{ "b":"2"}"#);
        check(r#"{"a":{}}"#, r#"{"a":{},"b":"2"}"#);
        check(r#"{"a":"{"}"#, r#"{"a":"{","b":"2"}"#);
        check("[1", r#"{"b":"2","smrt_original":"[1"}"#);
    }
}
