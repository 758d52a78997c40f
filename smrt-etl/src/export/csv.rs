//! Rows as CSV: RFC 4180 with line feeds, quotes where they are needed, values as they are.

use std::io::{self, Write};

use super::row::{Cell, Column, Rows};

pub(super) fn write_header(columns: &[Column], out: &mut impl Write) -> io::Result<()> {
    let mut line = String::new();
    for (position, column) in columns.iter().enumerate() {
        if position > 0 {
            line.push(',');
        }
        line.push_str(column.name);
    }
    line.push('\n');
    out.write_all(line.as_bytes())
}

pub(super) fn write_rows(rows: &Rows, text: &mut String) {
    for row in rows.iter() {
        for (position, cell) in row.iter().enumerate() {
            if position > 0 {
                text.push(',');
            }
            push_cell(cell, text);
        }
        text.push('\n');
    }
}

fn push_cell(cell: &Cell, text: &mut String) {
    use std::fmt::Write as _;
    match cell {
        Cell::Empty => {}
        Cell::Text(value) | Cell::List(value) => push_value(value, text),
        Cell::Integer(number) => {
            let _ = write!(text, "{number}");
        }
        Cell::Truth(truth) => text.push_str(if *truth { "true" } else { "false" }),
        Cell::Instant(instant) => {
            let _ = write!(text, "{instant}");
        }
    }
}

/// A value keeps every character; quotes stand around what would end it, and around space at its
/// ends, which some programs take away.
fn push_value(value: &str, text: &mut String) {
    let needs_quotes = |byte: u8| matches!(byte, b'"' | b',' | b'\n' | b'\r' | b';' | b'\t');
    let at_end = |letter: Option<char>| letter.is_some_and(char::is_whitespace);
    if !value.bytes().any(needs_quotes)
        && !at_end(value.chars().next())
        && !at_end(value.chars().next_back())
    {
        text.push_str(value);
        return;
    }
    text.push('"');
    let mut rest = value;
    while let Some((before, after)) = rest.split_once('"') {
        text.push_str(before);
        text.push_str("\"\"");
        rest = after;
    }
    text.push_str(rest);
    text.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_quoted_where_they_must_be_and_changed_nowhere() {
        let check = |value: &str, expected: &str| {
            let mut text = String::new();
            push_value(value, &mut text);
            assert_eq!(text, expected);
        };
        check("Ada", "Ada");
        check("=cmd|' /C calc'!A0", "=cmd|' /C calc'!A0");
        check("+12025550143", "+12025550143");
        check("007", "007");
        check("a,b", "\"a,b\"");
        check("say \"hi\"", "\"say \"\"hi\"\"\"");
        check("two\r\nlines", "\"two\r\nlines\"");
        check(" x", "\" x\"");
        check("", "");
    }
}
