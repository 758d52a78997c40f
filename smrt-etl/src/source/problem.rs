//! The problems a row of text can have: their codes, reasons and hints, in one place.
//!
//! A reason names places and never repeats a value.

use crate::record::RecordProblem;

use super::text::Damage;

/// A place in a file, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) line: u64,
    pub(super) character: Option<u32>,
}

impl Place {
    /// The place of the byte at `at` in a row that begins on line `first_line`.
    pub(super) fn in_row(row: &str, at: usize, first_line: u64, line_end: u8) -> Place {
        let before = row.get(..at).unwrap_or(row);
        let lines = memchr::memchr_iter(line_end, before.as_bytes()).count() as u64;
        let last = before.rsplit(char::from(line_end)).next();
        Place {
            line: first_line + lines,
            character: Some(number(last.unwrap_or_default().chars().count() + 1)),
        }
    }

    fn problem(
        self,
        code: &'static str,
        column: Option<usize>,
        reason: String,
        hint: &'static str,
    ) -> RecordProblem {
        RecordProblem {
            code,
            line: self.line,
            character: self.character,
            column: column.map(number),
            reason,
            hint,
        }
    }
}

pub(super) fn unclosed_quote(place: Place, column: usize) -> RecordProblem {
    let reason = "the quote that opens here is never closed where a field can end".to_owned();
    let hint = "close the quote, or write quotes that belong to the text twice";
    place.problem("unclosed_quote", Some(column), reason, hint)
}

pub(super) fn text_after_quote(place: Place, column: usize) -> RecordProblem {
    let reason = "text goes on after the closing quote of a field".to_owned();
    let hint = "write quotes that belong to the text twice";
    place.problem("text_after_quote", Some(column), reason, hint)
}

pub(super) fn too_many_fields(
    line: u64,
    column: usize,
    found: usize,
    named: usize,
) -> RecordProblem {
    let place = Place {
        line,
        character: None,
    };
    let reason = format!("the row has {found} fields, the header names {named}");
    let hint = "quote fields that hold the delimiter, or name the further columns in the header";
    place.problem("too_many_fields", Some(column), reason, hint)
}

pub(super) fn damage(kind: Damage, place: Place, column: Option<usize>) -> RecordProblem {
    match kind {
        Damage::Encoding => {
            let reason = "bytes here are no text in the encoding of the file".to_owned();
            let hint = "correct the character, or read the file with another encoding, for \
                        instance `--encoding windows-1252`";
            place.problem("invalid_encoding", column, reason, hint)
        }
        Damage::Nul => {
            let reason = "a NUL character stands here, which no store can hold".to_owned();
            let hint = "remove the NUL character";
            place.problem("nul_byte", column, reason, hint)
        }
    }
}

pub(super) fn record_too_long(line: u64, bytes_max: usize) -> RecordProblem {
    let place = Place {
        line,
        character: None,
    };
    let reason = format!("the row is longer than {bytes_max} bytes");
    let hint =
        "look for a lost line end or an unclosed quote; only the beginning of the row is kept";
    place.problem("record_too_long", None, reason, hint)
}

/// What stands for a row in JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum JsonUnit {
    /// A line.
    Line,
    /// An element of an array.
    Element,
}

pub(super) fn json_syntax(place: Place, unit: JsonUnit) -> RecordProblem {
    let (reason, hint) = match unit {
        JsonUnit::Line => (
            "the line is no valid JSON from here on",
            "write one complete JSON object on each line",
        ),
        JsonUnit::Element => (
            "the element is no valid JSON from here on",
            "correct the element; all others are read",
        ),
    };
    place.problem("json_syntax", None, reason.to_owned(), hint)
}

pub(super) fn json_not_object(place: Place, unit: JsonUnit) -> RecordProblem {
    let (reason, hint) = match unit {
        JsonUnit::Line => (
            "the line is JSON, but no object",
            "write one JSON object with named values on each line",
        ),
        JsonUnit::Element => (
            "the element is JSON, but no object",
            "write one JSON object with named values for each contact",
        ),
    };
    place.problem("json_not_object", None, reason.to_owned(), hint)
}

pub(super) fn json_cut_off(place: Place) -> RecordProblem {
    let reason = "the file ends here, and its array does not".to_owned();
    let hint = "copy or download the file again; what is missing was never in this one";
    place.problem("json_cut_off", None, reason, hint)
}

pub(super) fn json_behind_array(place: Place) -> RecordProblem {
    let reason = "the array ends before this text".to_owned();
    let hint = "look for a stray `]`; nothing behind it is read";
    place.problem("json_behind_array", None, reason, hint)
}

pub(super) fn json_duplicate_key(line: u64) -> RecordProblem {
    let place = Place {
        line,
        character: None,
    };
    let reason = "the object gives two values for one name".to_owned();
    let hint = "keep one of the two values, or rename one";
    place.problem("json_duplicate_key", None, reason, hint)
}

pub(super) fn vcard_line(place: Place) -> RecordProblem {
    let reason = "the line is no property: no `:` ends its name".to_owned();
    let hint = "begin the line with a space if it goes on with the one before, or remove it";
    place.problem("vcard_line", None, reason, hint)
}

pub(super) fn vcard_name(place: Place) -> RecordProblem {
    let reason = "a property's name has letters, digits and `-` only".to_owned();
    let hint = "correct the name, or begin the line with a space if it goes on with the one before";
    place.problem("vcard_name", None, reason, hint)
}

pub(super) fn vcard_unfinished(line: u64) -> RecordProblem {
    let place = Place {
        line,
        character: None,
    };
    let reason = "the card has no `END:VCARD`".to_owned();
    let hint = "add the line if the card is complete; a file that was cut off has lost the rest";
    place.problem("vcard_unfinished", None, reason, hint)
}

pub(super) fn vcard_outside(line: u64) -> RecordProblem {
    let place = Place {
        line,
        character: Some(1),
    };
    let reason = "the lines stand outside of any card".to_owned();
    let hint = "begin a card with `BEGIN:VCARD`";
    place.problem("vcard_outside", None, reason, hint)
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// Bytes kept of a row that is too long.
pub(super) const KEPT_BYTES_MAX: usize = 4096;

/// The beginning of a row that is too long, with a mark that it was cut.
pub(super) fn cut(row: &str) -> String {
    let kept = floor(row, KEPT_BYTES_MAX);
    format!(
        "{} [cut: the row is too long]",
        row.get(..kept).unwrap_or(row)
    )
}

/// The last place at or before `at` between two characters.
pub(super) fn floor(text: &str, at: usize) -> usize {
    (0..=at.min(text.len()))
        .rev()
        .find(|&place| text.is_char_boundary(place))
        .unwrap_or(0)
}
