//! The reject file: every rejected row as it was, then why, to be corrected and imported again.
//!
//! It is written from the store's record of the run, so a resumed run writes each reject once.
//! What this module does not do: it chooses no path and opens no file.

use std::io::{self, Write};

use csv_core::ReadRecordResult;
use smrt_core::smrt::TenantSession;
use smrt_core::store::{Issue, Run, Severity};

use crate::import::ImportError;
use crate::json_text::push_json_string;
use crate::reject_columns::{ORIGINAL_COLUMN, is_run_column, repeat_suffix};
pub use crate::reject_columns::{REJECT_COLUMNS, RUN_COLUMN};
use crate::source::{Format, Source};

/// How many columns of reasons there are.
const REASONS: usize = 6;

/// How the rejects of a source are written: as the source itself is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RejectFormat {
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
}

/// A field that is long enough for any line of text; longer rows are not read back at all.
const FIELD_BYTES: usize = 4_096;

impl RejectFormat {
    /// The format for the rejects of a source.
    #[must_use]
    pub fn of(source: &Source) -> Self {
        let layout = source.layout();
        match layout.format.value {
            Format::JsonLines => Self::JsonLines,
            Format::Delimited => {
                let delimiter = layout.delimiter.value.unwrap_or(b',');
                let quote = layout.quote.value.byte().unwrap_or(b'"');
                let names: Vec<&str> = source.header().names().collect();
                let mut header = String::new();
                match source.header_raw() {
                    Some(raw) => header.push_str(raw),
                    None => push_fields(&mut header, &names, delimiter, quote),
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
        }
    }

    /// Writes the first line, where the format has one.
    ///
    /// # Errors
    ///
    /// Those of `out`.
    pub fn write_header(&self, out: &mut dyn Write) -> io::Result<()> {
        match self {
            Self::JsonLines => Ok(()),
            Self::Delimited {
                header,
                delimiter,
                quote,
                ..
            } => {
                let mut line = header.clone();
                line.push(char::from(*delimiter));
                push_fields(&mut line, &REJECT_COLUMNS, *delimiter, *quote);
                writeln!(out, "{line}")
            }
        }
    }

    /// Writes a rejected row, with the run that rejected it where there was one.
    ///
    /// # Errors
    ///
    /// Those of `out`.
    pub fn write_row(
        &self,
        run: Option<i64>,
        issue: &Issue,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let line_number = issue.line.to_string();
        let run = run.map(|run| run.to_string()).unwrap_or_default();
        let reasons = [
            line_number.as_str(),
            issue.column.as_deref().unwrap_or_default(),
            &issue.code,
            &issue.reason,
            &issue.hint,
            &run,
        ];
        let raw = issue.raw.as_deref().unwrap_or_default();
        match self {
            Self::JsonLines => writeln!(out, "{}", json_row(raw, &reasons)),
            Self::Delimited {
                columns,
                delimiter,
                quote,
                ..
            } => {
                let row = delimited_row(raw, &reasons, *columns, *delimiter, *quote);
                writeln!(out, "{row}")
            }
        }
    }
}

/// Writes the rejected rows of a run and returns how many there are.
///
/// # Errors
///
/// [`ImportError::Session`] or [`ImportError::RejectFile`].
pub fn write(
    session: &mut TenantSession<'_>,
    run: &Run,
    format: &RejectFormat,
    out: &mut dyn Write,
) -> Result<u64, ImportError> {
    let mut rows = 0;
    let mut failed: io::Result<()> = format.write_header(out);
    session.issues(run, Some(Severity::Rejected), &mut |issue| {
        if failed.is_ok() {
            rows += 1;
            failed = format.write_row(Some(run.number), &issue, out);
        }
    })?;
    failed
        .and_then(|()| out.flush())
        .map_err(ImportError::RejectFile)?;
    Ok(rows)
}

/// What the first rows of a reject file say of the run that rejected them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RejectedBy {
    /// All that name a run name this one.
    Run(i64),
    /// They name several runs, or something that is no run.
    Unclear,
}

/// What the first rows say of the run that rejected them; nothing if this is no reject file.
///
/// Rows that name no run, such as those written anew to replace an unreadable one, have no say. The
/// rejects of a reject file name two runs; the later one counts.
#[must_use]
pub fn rejected_by(source: &Source) -> Option<RejectedBy> {
    let names = source.header().names();
    let (column, _) = names
        .enumerate()
        .filter(|(_, name)| is_run_column(name))
        .last()?;
    let mut names = source
        .sample()
        .iter()
        .filter(|record| record.problem().is_none())
        .filter_map(|record| record.get(column))
        .map(str::trim)
        .filter(|name| !name.is_empty());
    let Some(first) = names.next() else {
        return Some(RejectedBy::Unclear);
    };
    Some(match first.parse() {
        Ok(number) if names.all(|name| name == first) => RejectedBy::Run(number),
        _ => RejectedBy::Unclear,
    })
}

/// The row as it was, filled up to the header's width, then the reasons. A row that cannot be read
/// by itself leaves its columns empty and is kept whole in the last one.
fn delimited_row(
    raw: &str,
    reasons: &[&str; REASONS],
    columns: usize,
    delimiter: u8,
    quote: u8,
) -> String {
    let fields = field_count(raw, delimiter, quote).filter(|fields| (1..=columns).contains(fields));
    let mut row = String::with_capacity(raw.len() + 128);
    if fields.is_some() {
        row.push_str(raw);
    }
    let missing = columns - fields.unwrap_or(1);
    (0..=missing).for_each(|_| row.push(char::from(delimiter)));
    push_fields(&mut row, reasons, delimiter, quote);
    row.push(char::from(delimiter));
    if fields.is_none() {
        push_fields(&mut row, &[raw], delimiter, quote);
    }
    row
}

/// How many fields a row has; nothing if it does not end as one row.
fn field_count(raw: &str, delimiter: u8, quote: u8) -> Option<usize> {
    let mut reader = csv_core::ReaderBuilder::new()
        .delimiter(delimiter)
        .quote(quote)
        .build();
    let mut input = raw.as_bytes();
    let (mut text, mut ends) = ([0; FIELD_BYTES], [0; 64]);
    let mut fields = 0;
    loop {
        let (result, read, _, ended) = reader.read_record(input, &mut text, &mut ends);
        input = input.get(read..)?;
        fields += ended;
        match result {
            // The next read, of nothing, either ends the record or finds it open.
            ReadRecordResult::InputEmpty => break,
            ReadRecordResult::OutputFull | ReadRecordResult::OutputEndsFull => {}
            // A line end outside quotes: this is more than one row.
            ReadRecordResult::Record | ReadRecordResult::End => return None,
        }
    }
    // Inside an open quote a delimiter would be swallowed; after a whole row it ends a field.
    let probe = [delimiter];
    let (_, _, _, ended) = reader.read_record(&probe, &mut text, &mut ends);
    (ended == 1).then_some(fields + 1)
}

fn push_fields(row: &mut String, fields: &[&str], delimiter: u8, quote: u8) {
    let (delimiter, quote) = (char::from(delimiter), char::from(quote));
    for (position, field) in fields.iter().enumerate() {
        if position > 0 {
            row.push(delimiter);
        }
        if field.contains([delimiter, quote, '\n', '\r']) {
            row.push(quote);
            for character in field.chars() {
                if character == quote {
                    row.push(quote);
                }
                row.push(character);
            }
            row.push(quote);
        } else {
            row.push_str(field);
        }
    }
}

/// The object as it was with the reasons as further members; what is no object is kept whole in
/// one member.
fn json_row(raw: &str, reasons: &[&str; REASONS]) -> String {
    let object: Option<serde_json::Map<String, serde_json::Value>> = serde_json::from_str(raw).ok();
    let open = object
        .as_ref()
        .and_then(|_| raw.trim_end().strip_suffix('}'));
    let mut row = open.unwrap_or("{").to_owned();
    // A reject of a reject file has reasons already; these are named as repeated columns are.
    let is_taken = |name: &str| {
        object
            .as_ref()
            .is_some_and(|object| object.contains_key(name))
    };
    let repeat = (1..).map(repeat_suffix).find(|repeat| {
        let mut names = REJECT_COLUMNS.iter();
        !names.any(|name| is_taken(&format!("{name}{repeat}")))
    });
    let repeat = repeat.unwrap_or_default();
    let mut first = object.is_none_or(|object| object.is_empty());
    let mut member = |name: &str, value: &str| {
        if !first {
            row.push(',');
        }
        first = false;
        push_json_string(&mut row, &format!("{name}{repeat}"));
        row.push(':');
        push_json_string(&mut row, value);
    };
    REJECT_COLUMNS
        .iter()
        .zip(reasons)
        .for_each(|(name, value)| member(name, value));
    if open.is_none() {
        member(ORIGINAL_COLUMN, raw);
    }
    row.push('}');
    row
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHY: [&str; REASONS] = ["7", "", "no_identity", "why, though", "do", "3"];

    #[test]
    fn a_readable_row_stays_as_it_was() {
        let check = |raw: &str, want: &str| {
            assert_eq!(delimited_row(raw, &WHY, 3, b',', b'"'), want);
        };
        check(
            "a,\"b,\n\"\"c\",d",
            "a,\"b,\n\"\"c\",d,7,,no_identity,\"why, though\",do,3,",
        );
        check("a,b", "a,b,,7,,no_identity,\"why, though\",do,3,");
        check("a", "a,,,7,,no_identity,\"why, though\",do,3,");
    }

    #[test]
    fn an_unreadable_row_is_kept_whole_in_the_last_column() {
        let check = |raw: &str, want: &str| {
            assert_eq!(delimited_row(raw, &WHY, 3, b',', b'"'), want);
        };
        check(
            "a,\"b",
            ",,,7,,no_identity,\"why, though\",do,3,\"a,\"\"b\"",
        );
        check(
            "a,b,c,d",
            ",,,7,,no_identity,\"why, though\",do,3,\"a,b,c,d\"",
        );
    }

    #[test]
    fn json_rows_get_members() {
        let check = |raw: &str, want: &str| {
            let row = json_row(raw, &WHY);
            assert!(
                serde_json::from_str::<serde_json::Value>(&row).is_ok(),
                "{row}"
            );
            assert!(row.starts_with(want), "{row}");
        };
        check(
            r#"{"a":1.10}"#,
            r#"{"a":1.10,"smrt_line":"7","smrt_column":"","#,
        );
        check("{}", r#"{"smrt_line":"7","#);
        check("[1", r#"{"smrt_line":"7","#);
        check(
            r#"{"a":1,"smrt_run":"2"}"#,
            r#"{"a":1,"smrt_run":"2","smrt_line#2":"7","#,
        );
        check(
            r#"{"smrt_line":"1","smrt_run#2":"2"}"#,
            r#"{"smrt_line":"1","smrt_run#2":"2","smrt_line#3":"7","#,
        );
        assert!(json_row("[1", &WHY).ends_with(r#""smrt_original":"[1"}"#));
    }
}
