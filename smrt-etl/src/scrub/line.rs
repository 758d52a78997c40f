//! How a row of a list is written again: as it was, without what an earlier scrub added.
//!
//! What this module does not do: it knows no verdict; whoever writes one appends it.

use std::borrow::Cow;
use std::io::{self, Write};

use super::column::ColumnError;
use crate::added_columns::{SCRUB_COLUMNS, SCRUB_MEMBER};
use crate::json_text::push_json_string;
use crate::record::Record;
use crate::row_text::{ObjectText, Quoting, RowFormat};
use crate::source::{Source, json_members};

/// How the rows of a list are written again.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "there is one value in a scrub")]
pub(super) enum LineFormat {
    /// As delimited text.
    Delimited {
        format: RowFormat,
        quoting: Quoting,
        /// How many columns of the list stay: all but those an earlier scrub added.
        columns: usize,
        /// The column in which an earlier scrub kept rows that could not be read.
        original_before: Option<usize>,
    },
    /// As JSON Lines.
    JsonLines,
}

impl LineFormat {
    /// The format for the rows of a list.
    pub(super) fn of(source: &Source) -> Result<Self, ColumnError> {
        let format = RowFormat::of(source);
        let (header, delimiter, quote) = match format {
            RowFormat::JsonLines => return Ok(Self::JsonLines),
            RowFormat::VCard => return Err(ColumnError::Cards),
            RowFormat::Delimited {
                header,
                delimiter,
                quote,
                ..
            } => (header, delimiter, quote),
        };
        let quoting = Quoting::new(delimiter, quote);
        let names: Vec<&str> = source.header().names().collect();
        let kept = names.strip_suffix(&SCRUB_COLUMNS);
        let original_before = kept.map(|_| names.len() - 1);
        let kept = kept.unwrap_or(&names);
        if let Some(name) = kept.iter().find(|name| SCRUB_COLUMNS.contains(name)) {
            return Err(ColumnError::Taken {
                name: (*name).to_owned(),
            });
        }
        let header = match quoting.first_fields(&header, kept.len()) {
            Some(header) => header.to_owned(),
            None => {
                let mut header = String::new();
                quoting.push_fields(&mut header, kept);
                header
            }
        };
        Ok(Self::Delimited {
            format: RowFormat::Delimited {
                header,
                columns: kept.len(),
                delimiter,
                quote,
            },
            quoting,
            columns: kept.len(),
            original_before,
        })
    }

    /// The column in which an earlier scrub kept rows that could not be read.
    pub(super) const fn original_before(&self) -> Option<usize> {
        match self {
            Self::Delimited {
                original_before, ..
            } => *original_before,
            Self::JsonLines => None,
        }
    }

    /// The usual ending of a file's name in this format.
    pub(super) const fn extension(&self) -> &'static str {
        match self {
            Self::Delimited { format, .. } => format.extension(),
            Self::JsonLines => RowFormat::JsonLines.extension(),
        }
    }

    /// Writes the header, where the format has one.
    pub(super) fn write_header(&self, out: &mut dyn Write) -> io::Result<()> {
        match self {
            Self::Delimited { format, .. } => format.write_header(&SCRUB_COLUMNS, out),
            Self::JsonLines => Ok(()),
        }
    }

    /// Appends a row, then what `added` appends, and the end of the line.
    pub(super) fn push(
        &self,
        text: &mut String,
        record: &Record<'_>,
        added: impl FnOnce(&mut String),
    ) {
        match self {
            Self::Delimited {
                quoting,
                columns,
                original_before,
                ..
            } => {
                let raw = kept_text(record, quoting, *columns, *original_before);
                quoting.push_row(text, raw, *columns, added);
            }
            Self::JsonLines => {
                let raw = kept_members(record);
                let mut object = match record.problem() {
                    None => ObjectText::of_object(text, &raw),
                    Some(_) => ObjectText::of_other(text, &raw),
                };
                added(object.value_of(SCRUB_MEMBER));
                object.close();
            }
        }
        text.push('\n');
    }
}

/// The text of a row in the columns that stay.
fn kept_text<'r>(
    record: &Record<'r>,
    quoting: &Quoting,
    columns: usize,
    original_before: Option<usize>,
) -> &'r str {
    let raw = record.raw();
    if record.problem().is_some() {
        return raw;
    }
    if let Some(original) = original_before {
        let original = record.get(original).unwrap_or_default();
        return match original.is_empty() {
            true => quoting.first_fields(raw, columns).unwrap_or(raw),
            false => original,
        };
    }
    // A row may go on with empty fields that the header does not name, such as a delimiter at the
    // end of every line makes.
    let may_be_longer = raw.bytes().last().is_some_and(|last| {
        last == quoting.delimiter || last == quoting.quote || last.is_ascii_whitespace()
    });
    match may_be_longer
        && quoting
            .field_count(raw)
            .is_some_and(|count| count > columns)
    {
        true => quoting.first_fields(raw, columns).unwrap_or(raw),
        false => raw,
    }
}

/// The text of an object without what an earlier scrub added.
fn kept_members<'r>(record: &Record<'r>) -> Cow<'r, str> {
    let raw = record.raw();
    if record.problem().is_some() || !raw.contains("\"smrt\"") {
        return Cow::Borrowed(raw);
    }
    let Ok(members) = json_members(raw) else {
        return Cow::Borrowed(raw);
    };
    if !members.iter().any(|(name, _)| name == SCRUB_MEMBER) {
        return Cow::Borrowed(raw);
    }
    let mut text = "{".to_owned();
    for (name, value) in members {
        if name == SCRUB_MEMBER {
            continue;
        }
        if text.len() > 1 {
            text.push(',');
        }
        push_json_string(&mut text, &name);
        text.push(':');
        text.push_str(value.get());
    }
    text.push('}');
    Cow::Owned(text)
}
