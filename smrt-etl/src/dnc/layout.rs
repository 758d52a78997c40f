//! What a list looks like, found out by its content.

use super::error::DncError;
use super::row::{Action, Home, cells, digits};

/// How many lines are looked at.
const LINES_MAX: usize = 200;
/// What may stand between cells.
const DELIMITERS: [u8; 4] = [b',', b'\t', b';', b'|'];

/// What a list looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Layout {
    /// A row a line.
    Rows(Columns),
    /// XML, as the FTC writes it.
    Xml,
}

/// Where in a row what is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Columns {
    pub(super) delimiter: Option<u8>,
    pub(super) number: NumberColumns,
    /// Where a change list says `A` or `D`.
    pub(super) action: Option<usize>,
    /// Whether the first row that is not blank names the columns.
    pub(super) has_header: bool,
}

/// Where the number is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NumberColumns {
    /// In one column.
    One(usize),
    /// The area code in one, the seven digits behind it in another.
    Two(usize, usize),
}

/// Looks at the beginning of a list. `is_all` says whether there is no more of it.
pub(super) fn sniff(sample: &[u8], is_all: bool, home: &Home) -> Result<Layout, DncError> {
    let text = sample.trim_ascii_start();
    if text.is_empty() && is_all {
        return Err(DncError::Empty);
    }
    if is_html(text) {
        return Err(DncError::Html);
    }
    if text.iter().take(1_024).any(|byte| *byte == 0) {
        return Err(DncError::NotText);
    }
    if begins_with(text, b"<?xml") || begins_with(text, b"<list") {
        return Ok(Layout::Xml);
    }
    let mut lines: Vec<&[u8]> = sample.split(|byte| *byte == b'\n').collect();
    if !is_all && lines.len() > 1 {
        // The last one may go on.
        lines.pop();
    }
    let lines: Vec<&[u8]> = lines
        .into_iter()
        .map(<[u8]>::trim_ascii)
        .filter(|line| !line.is_empty())
        .take(LINES_MAX)
        .collect();
    let delimiter = delimiter(&lines);
    let rows: Vec<Vec<&[u8]>> = lines
        .iter()
        .map(|line| cells(line, delimiter).collect())
        .collect();
    let (first, rest) = rows.split_first().ok_or(DncError::Empty)?;
    let body = if rest.is_empty() {
        rows.as_slice()
    } else {
        rest
    };
    let number = number_columns(body, home).ok_or(DncError::NoNumbers)?;
    let action = most(body, |cell| Action::parse(cell).is_some());
    let has_header = !rest.is_empty() && is_header(first, number, home);
    Ok(Layout::Rows(Columns {
        delimiter,
        number,
        action,
        has_header,
    }))
}

fn begins_with(text: &[u8], word: &[u8]) -> bool {
    text.get(..word.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(word))
}

fn is_html(text: &[u8]) -> bool {
    let start = text.get(..text.len().min(1_024)).unwrap_or_default();
    ["<!doctype html", "<html", "<head", "<body", "<script"]
        .iter()
        .any(|tag| {
            start
                .windows(tag.len())
                .any(|window| window.eq_ignore_ascii_case(tag.as_bytes()))
        })
}

/// The delimiter that most lines have.
fn delimiter(lines: &[&[u8]]) -> Option<u8> {
    let count = |delimiter: u8| {
        lines
            .iter()
            .filter(|line| line.contains(&delimiter))
            .count()
    };
    let (delimiter, lines_with) = DELIMITERS
        .map(|delimiter| (delimiter, count(delimiter)))
        .into_iter()
        .max_by_key(|(_, count)| *count)?;
    (lines_with * 2 > lines.len()).then_some(delimiter)
}

/// The column in which most rows have what is asked for, if at least half of them do.
fn most(rows: &[Vec<&[u8]>], is_it: impl Fn(&[u8]) -> bool) -> Option<usize> {
    let width = rows.iter().map(Vec::len).max().unwrap_or(0);
    let count = |column: usize| {
        rows.iter()
            .filter(|row| row.get(column).is_some_and(|cell| is_it(cell)))
            .count()
    };
    let (column, found) = (0..width)
        .map(|column| (column, count(column)))
        // The first of several that are alike.
        .rev()
        .max_by_key(|(_, found)| *found)?;
    (found > 0 && found * 2 >= rows.len()).then_some(column)
}

fn number_columns(rows: &[Vec<&[u8]>], home: &Home) -> Option<NumberColumns> {
    let has_digits = |cell: &[u8], len: usize| cell.len() == len && digits(cell).is_some();
    let area = most(rows, |cell| has_digits(cell, 3));
    let local = most(rows, |cell| has_digits(cell, 7));
    let whole = most(rows, |cell| home.number(cell).is_ok());
    // A number of another country is a number, too; that is for each row to say.
    let any = || {
        most(rows, |cell| {
            cell.len() >= 9 && !is_date(cell) && has_mostly_digits(cell)
        })
    };
    match (area, local) {
        (Some(area), Some(local)) => Some(NumberColumns::Two(area, local)),
        _ => whole.or_else(any).map(NumberColumns::One),
    }
}

fn has_mostly_digits(cell: &[u8]) -> bool {
    let digits = cell.iter().filter(|byte| byte.is_ascii_digit()).count();
    (7..=15).contains(&digits) && cell.iter().all(|byte| !byte.is_ascii_alphabetic())
}

/// Whether a cell is a date or a timestamp: `20261101`, `2026-11-01`, `11/01/2026 10:00`.
fn is_date(cell: &[u8]) -> bool {
    let year = |text: &[u8]| matches!(text, [b'1', b'9', ..] | [b'2', b'0', ..]);
    match cell {
        [_, _, _, _, b'-', ..] => year(cell),
        [_, _, b'/', ..] | [_, b'/', ..] => true,
        _ => matches!(cell.len(), 8 | 14) && year(cell) && digits(cell).is_some(),
    }
}

fn is_header(first: &[&[u8]], number: NumberColumns, home: &Home) -> bool {
    let cell = |column: usize| first.get(column).copied().unwrap_or_default();
    let is_number = match number {
        NumberColumns::One(column) => home.number(cell(column)).is_ok(),
        NumberColumns::Two(area, local) => home.number_of_two(cell(area), cell(local)).is_ok(),
    };
    let has_letters = first
        .iter()
        .any(|cell| cell.iter().any(u8::is_ascii_alphabetic));
    !is_number && has_letters
}

#[cfg(test)]
mod tests {
    use smrt_core::model::Territory;

    use super::*;

    fn home(country: &str) -> Home {
        let region = country.parse().unwrap();
        Home {
            territory: Some(Territory::of(region)),
            region: Some(region),
        }
    }

    fn columns(text: &str) -> (NumberColumns, Option<usize>, bool) {
        match sniff(text.as_bytes(), true, &home("US")).unwrap() {
            Layout::Rows(columns) => (columns.number, columns.action, columns.has_header),
            Layout::Xml => panic!("not XML"),
        }
    }

    #[test]
    fn columns_are_found_by_what_they_hold() {
        use NumberColumns::{One, Two};
        let check = |text: &str, expected| assert_eq!(columns(text), expected, "{text}");
        check("303,5550143\n720,5550144\n", (Two(0, 1), None, false));
        check("3035550143\n7205550144", (One(0), None, false));
        check("\u{feff}3035550143\n7205550144\n", (One(0), None, false));
        check("phone\r\n3035550143\r\n", (One(0), None, true));
        check("area,phone\n303,5550143\n", (Two(0, 1), None, true));
        check(
            "303,5550143,20261101,A\n303,5550144,20261102,D\n",
            (Two(0, 1), Some(3), false),
        );
        check("D;2026-11-01 10:00;3035550143\n", (One(2), Some(0), false));
        check(
            "\"A\"\t\"3035550143\"\t\"11/01/2026\"\n",
            (One(1), Some(0), false),
        );
        check("4165550143\n4165550144\n", (One(0), None, false));
    }

    #[test]
    fn what_is_no_list_is_told_apart() {
        let code = |text: &str| {
            sniff(text.as_bytes(), true, &home("US"))
                .unwrap_err()
                .code()
        };
        assert_eq!(code(""), "list_empty");
        assert_eq!(code(" \r\n\n"), "list_empty");
        assert_eq!(code("<!DOCTYPE html><html><body>Sign in"), "list_html");
        assert_eq!(code("\n<HTML>"), "list_html");
        assert_eq!(code("PAR1\0\0"), "list_not_text");
        assert_eq!(code("Ada,Lovewell\nBert,Example\n"), "list_without_numbers");
        let xml = sniff(
            b"<?xml version=\"1.0\"?><list type=\"full\">",
            false,
            &home("US"),
        );
        assert_eq!(xml.unwrap(), Layout::Xml);
    }
}
