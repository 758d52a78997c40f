//! Rows as JSON Lines: one object a row, a member for each column.

use std::fmt::Write as _;

use super::row::{Cell, Rows};
use crate::json_text::push_json_string;

pub(super) fn write_rows(rows: &Rows, text: &mut String) {
    for row in rows.iter() {
        text.push('{');
        for (position, (column, cell)) in rows.columns.iter().zip(row).enumerate() {
            if position > 0 {
                text.push(',');
            }
            push_json_string(text, column.name);
            text.push(':');
            push_cell(cell, text);
        }
        text.push_str("}\n");
    }
}

fn push_cell(cell: &Cell, text: &mut String) {
    match cell {
        Cell::Empty => text.push_str("null"),
        Cell::Text(value) => push_json_string(text, value),
        Cell::Integer(number) => {
            let _ = write!(text, "{number}");
        }
        Cell::Truth(truth) => text.push_str(if *truth { "true" } else { "false" }),
        Cell::Instant(instant) => {
            let _ = write!(text, "\"{instant}\"");
        }
        Cell::List(json) => text.push_str(json),
    }
}
