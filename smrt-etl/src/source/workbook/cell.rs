//! The text of a cell: what a person sees in the spreadsheet program, without its local habits.
//!
//! Dates become ISO 8601, numbers plain digits. It does not round: a number has all digits the
//! file has.

use std::fmt::Write as _;

use calamine::{DataRef, ExcelDateTime, Style};

use crate::source::table::CellRow;

/// The largest whole number up to which every one can be told from its neighbours.
const EXACT_MAX: f64 = 9_007_199_254_740_992.0;

/// Appends a cell as text; `digits` is how many digits its format shows at least.
pub(super) fn push_cell(row: &mut CellRow, value: &DataRef<'_>, digits: usize) {
    match value {
        DataRef::Empty => row.push(""),
        DataRef::String(text) => row.push(text),
        DataRef::SharedString(text) => row.push(text),
        DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => row.push(text),
        DataRef::Bool(true) => row.push("TRUE"),
        DataRef::Bool(false) => row.push("FALSE"),
        DataRef::Int(number) => row.push_display(format_args!("{number:0digits$}")),
        DataRef::Float(number) => row.push_with(|text| push_number(text, *number, digits)),
        DataRef::DateTime(time) => row.push_with(|text| push_time(text, *time)),
        DataRef::Error(error) => row.push_display(error),
    }
}

fn push_number(text: &mut String, number: f64, digits: usize) {
    // Writing into a text cannot fail.
    let _ = if number.fract() == 0.0 && number.abs() <= EXACT_MAX {
        write!(text, "{:0digits$}", number as i64)
    } else {
        write!(text, "{number}")
    };
}

/// A date, a date with a time, a time of day, or a duration in hours.
fn push_time(text: &mut String, time: ExcelDateTime) {
    let value = time.as_f64();
    let as_date = time.as_datetime().filter(|_| value >= 0.0);
    let _ = match as_date {
        Some(_) if time.is_duration() => push_duration(text, value),
        Some(date) if value < 1.0 => write!(text, "{}", date.format("%H:%M:%S")),
        Some(date) if value.fract() == 0.0 => write!(text, "{}", date.format("%Y-%m-%d")),
        Some(date) => write!(text, "{}", date.format("%Y-%m-%dT%H:%M:%S")),
        None => write!(text, "{value}"),
    };
}

fn push_duration(text: &mut String, days: f64) -> std::fmt::Result {
    let seconds = (days * 86_400.0).round() as u64;
    let (minutes, seconds) = (seconds / 60, seconds % 60);
    write!(text, "{:02}:{:02}:{seconds:02}", minutes / 60, minutes % 60)
}

/// How many digits each style of a workbook shows at least: the format `00000` shows 1067 as
/// 01067, and the zero belongs to the postcode.
#[derive(Debug)]
pub(super) struct ZeroPadding {
    digits: Vec<usize>,
}

impl ZeroPadding {
    pub(super) fn of_styles(styles: &[Style]) -> ZeroPadding {
        let digits = |style: &Style| {
            let format = style.number_format.as_ref()?;
            zeros(&format.format_code)
        };
        ZeroPadding {
            digits: styles
                .iter()
                .map(|style| digits(style).unwrap_or(0))
                .collect(),
        }
    }

    pub(super) fn of_style(&self, style: usize) -> usize {
        self.digits.get(style).copied().unwrap_or(0)
    }
}

/// The digits of a format of zeros only.
fn zeros(format: &str) -> Option<usize> {
    let zeros = format.len();
    let is_padding = (2..=32).contains(&zeros) && format.bytes().all(|byte| byte == b'0');
    is_padding.then_some(zeros)
}

#[cfg(test)]
mod tests {
    use calamine::{CellErrorType, ExcelDateTimeType};

    use super::super::WhenBlank;
    use super::*;

    fn check(value: DataRef<'_>, expected: &str) {
        let mut row = CellRow::new(1, WhenBlank::Row);
        push_cell(&mut row, &value, 0);
        assert_eq!(row.raw(), expected, "{value:?}");
    }

    #[test]
    fn numbers_are_plain_digits() {
        check(DataRef::Float(12_025_550_100.0), "12025550100");
        check(DataRef::Float(9_007_199_254_740_991.0), "9007199254740991");
        check(DataRef::Float(1e20), "100000000000000000000");
        check(DataRef::Float(-3.0), "-3");
        check(DataRef::Float(0.15), "0.15");
        check(DataRef::Float(1.1), "1.1");
        check(DataRef::Int(7), "7");
        check(DataRef::Bool(true), "TRUE");
        check(DataRef::Error(CellErrorType::NA), "#N/A");
    }

    #[test]
    fn dates_and_times_are_iso() {
        let time = |value| {
            let kind = ExcelDateTimeType::DateTime;
            DataRef::DateTime(ExcelDateTime::new(value, kind, false))
        };
        check(time(45_943.0), "2025-10-13");
        check(time(45_943.541), "2025-10-13T12:59:02");
        check(time(0.75), "18:00:00");
        check(time(-1.0), "-1");
        let kind = ExcelDateTimeType::TimeDelta;
        let duration = ExcelDateTime::new(1.5, kind, false);
        check(DataRef::DateTime(duration), "36:00:00");
    }

    #[test]
    fn a_format_of_zeros_shows_them() {
        assert_eq!(zeros("00000"), Some(5));
        assert_eq!(zeros("0"), None);
        assert_eq!(zeros("0.00"), None);
        let mut row = CellRow::new(1, WhenBlank::Row);
        push_cell(&mut row, &DataRef::Float(1067.0), 5);
        assert_eq!(row.raw(), "01067");
    }
}
