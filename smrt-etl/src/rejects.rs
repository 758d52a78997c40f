//! The reject file: every rejected row as it was, then why, to be corrected and imported again.
//!
//! It is written from the store's record of the run, so a resumed run writes each reject once.
//! What this module does not do: it chooses no path and opens no file.

use std::io::{self, Write};

use smrt_core::smrt::TenantSession;
use smrt_core::store::{Issue, Run, Severity};

pub use crate::added_columns::{REJECT_COLUMNS, RUN_COLUMN};
use crate::added_columns::{card_property, is_run_column, repeat_suffix};
use crate::import::ImportError;
pub use crate::row_text::RowFormat as RejectFormat;
use crate::row_text::{ObjectText, Quoting};
use crate::source::Source;

/// How many columns of reasons there are.
const REASONS: usize = 6;

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
    let mut failed: io::Result<()> = write_header(format, out);
    session.issues(run, Some(Severity::Rejected), &mut |issue| {
        if failed.is_ok() {
            rows += 1;
            failed = write_row(format, Some(run.number), &issue, out);
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

/// Writes the first line, where the format has one.
///
/// # Errors
///
/// Those of `out`.
pub fn write_header(format: &RejectFormat, out: &mut dyn Write) -> io::Result<()> {
    format.write_header(&REJECT_COLUMNS, out)
}

/// Writes a rejected row, with the run that rejected it where there was one.
///
/// # Errors
///
/// Those of `out`.
pub fn write_row(
    format: &RejectFormat,
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
    let row = match format {
        RejectFormat::JsonLines => json_row(raw, &reasons),
        RejectFormat::VCard => card(raw, &reasons),
        RejectFormat::Delimited {
            columns,
            delimiter,
            quote,
            ..
        } => {
            let quoting = Quoting::new(*delimiter, *quote);
            delimited_row(raw, &reasons, *columns, &quoting)
        }
    };
    writeln!(out, "{row}")
}

/// The row as it was, then the reasons.
fn delimited_row(
    raw: &str,
    reasons: &[&str; REASONS],
    columns: usize,
    quoting: &Quoting,
) -> String {
    let mut row = String::with_capacity(raw.len() + 128);
    quoting.push_row(&mut row, raw, columns, |row| {
        quoting.push_fields(row, reasons)
    });
    row
}

/// The card as it was with the reasons as further properties behind its first line, which import
/// leaves out again.
fn card(raw: &str, reasons: &[&str; REASONS]) -> String {
    let mut card = String::with_capacity(raw.len() + 256);
    let rest = match raw.split_once('\n') {
        Some((first, rest)) if first.trim().eq_ignore_ascii_case("BEGIN:VCARD") => {
            card.push_str(first);
            card.push('\n');
            rest
        }
        Some(_) | None => raw,
    };
    for (name, value) in REJECT_COLUMNS.iter().zip(reasons) {
        if !value.is_empty() {
            card.push_str(&card_property(name));
            card.push(':');
            let value = value.replace('\\', "\\\\").replace(',', "\\,");
            card.push_str(&value.replace(';', "\\;").replace('\n', "\\n"));
            card.push('\n');
        }
    }
    card.push_str(rest);
    card
}

/// The object as it was with the reasons as further members.
fn json_row(raw: &str, reasons: &[&str; REASONS]) -> String {
    let object: Option<serde_json::Map<String, serde_json::Value>> = serde_json::from_str(raw).ok();
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
    let mut row = String::with_capacity(raw.len() + 128);
    let mut text = match object {
        Some(_) => ObjectText::of_object(&mut row, raw),
        None => ObjectText::of_other(&mut row, raw),
    };
    for (name, value) in REJECT_COLUMNS.iter().zip(reasons) {
        text.member(&format!("{name}{repeat}"), value);
    }
    text.close();
    row
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHY: [&str; REASONS] = ["7", "", "no_identity", "why, though", "do", "3"];

    #[test]
    fn a_readable_row_stays_as_it_was() {
        let check = |raw: &str, want: &str| {
            assert_eq!(delimited_row(raw, &WHY, 3, &Quoting::new(b',', b'"')), want);
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
            assert_eq!(delimited_row(raw, &WHY, 3, &Quoting::new(b',', b'"')), want);
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
    fn cards_get_properties() {
        assert_eq!(
            card("BEGIN:VCARD\nno property\nEND:VCARD", &WHY),
            "BEGIN:VCARD\nX-SMRT-LINE:7\nX-SMRT-CODE:no_identity\nX-SMRT-REASON:why\\, though\n\
             X-SMRT-HINT:do\nX-SMRT-RUN:3\nno property\nEND:VCARD"
        );
        assert!(card("lost", &WHY).ends_with("X-SMRT-RUN:3\nlost"));
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
