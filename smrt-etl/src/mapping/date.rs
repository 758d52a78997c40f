//! Dates as exports write them.
//!
//! A date that can be read in two ways is not read: `03/05/2024` has no meaning until the mapping
//! or the column's other cells say which number is the month.
//! What this module does not do: it knows no time zone by name, and no year of two digits.

use chrono::{NaiveDate, NaiveTime};
use smrt_core::model::Instant;

/// Which form a column's dates have.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) enum DateFormat {
    /// Every form that has one reading.
    #[default]
    Auto,
    /// The month first where the order is open.
    MonthFirst,
    /// The day first where the order is open.
    DayFirst,
    EpochSeconds,
    EpochMillis,
}

impl DateFormat {
    pub(super) const ALL: [Self; 5] = [
        Self::Auto,
        Self::MonthFirst,
        Self::DayFirst,
        Self::EpochSeconds,
        Self::EpochMillis,
    ];

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::MonthFirst => "m/d/y",
            Self::DayFirst => "d/m/y",
            Self::EpochSeconds => "epoch_s",
            Self::EpochMillis => "epoch_ms",
        }
    }
}

/// Why a cell is no date.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum DateProblem {
    /// Day and month cannot be told apart.
    Ambiguous,
    Unreadable,
}

/// Longer cells are no date.
const DATE_BYTES_MAX: usize = 48;

/// Reads a date or a date with a time.
///
/// A time without an offset is taken as `offset_minutes` ahead of UTC; a date alone is its first
/// moment there.
pub(super) fn read(
    cell: &str,
    format: DateFormat,
    offset_minutes: i32,
) -> Result<Instant, DateProblem> {
    let cell = cell.trim();
    if cell.is_empty() || cell.len() > DATE_BYTES_MAX || !cell.is_ascii() {
        return Err(DateProblem::Unreadable);
    }
    match format {
        DateFormat::EpochSeconds => return epoch(cell, 1_000_000),
        DateFormat::EpochMillis => return epoch(cell, 1_000),
        DateFormat::Auto | DateFormat::MonthFirst | DateFormat::DayFirst => {}
    }
    let (date, rest) = date(cell).ok_or(DateProblem::Unreadable)?;
    let (time, offset_minutes) = time(rest, offset_minutes).ok_or(DateProblem::Unreadable)?;
    let date = match date {
        WrittenDate::Numeric(numbers) => numbers.resolve(format)?,
        WrittenDate::NamedMonth(date) => date,
    };
    let local = date.and_time(time).and_utc().timestamp_micros();
    let ahead = i64::from(offset_minutes) * 60 * 1_000_000;
    Ok(Instant::from_micros(local - ahead))
}

fn epoch(cell: &str, micros_per_unit: i64) -> Result<Instant, DateProblem> {
    cell.parse::<i64>()
        .ok()
        .and_then(|units| units.checked_mul(micros_per_unit))
        .map(Instant::from_micros)
        .filter(|instant| instant.to_chrono().is_some())
        .ok_or(DateProblem::Unreadable)
}

enum WrittenDate {
    Numeric(NumericDate),
    NamedMonth(NaiveDate),
}

/// The date at the start of a cell, and what follows it.
fn date(cell: &str) -> Option<(WrittenDate, &str)> {
    match numeric_date(cell) {
        Some((numbers, rest)) => Some((WrittenDate::Numeric(numbers), rest)),
        None => named_month_date(cell).map(|(date, rest)| (WrittenDate::NamedMonth(date), rest)),
    }
}

/// Three numbers as written, before they are given an order.
struct NumericDate {
    numbers: [u32; 3],
    separator: u8,
    year_first: bool,
}

fn numeric_date(cell: &str) -> Option<(NumericDate, &str)> {
    let (first, rest) = digits(cell)?;
    let separator = *rest.as_bytes().first()?;
    if !matches!(separator, b'-' | b'/' | b'.') {
        return None;
    }
    let (second, rest) = digits(rest.get(1..)?)?;
    let rest = rest.strip_prefix(char::from(separator))?;
    let (third, rest) = digits(rest)?;
    let year_first = first.len() == 4 && third.len() <= 2;
    if second.len() > 2 || !(year_first || (first.len() <= 2 && third.len() == 4)) {
        return None;
    }
    let numbers = [
        first.parse().ok()?,
        second.parse().ok()?,
        third.parse().ok()?,
    ];
    Some((
        NumericDate {
            numbers,
            separator,
            year_first,
        },
        rest,
    ))
}

impl NumericDate {
    fn resolve(&self, format: DateFormat) -> Result<NaiveDate, DateProblem> {
        let [first, second, third] = self.numbers;
        let date = |year: u32, month: u32, day: u32| {
            i32::try_from(year)
                .ok()
                .and_then(|year| NaiveDate::from_ymd_opt(year, month, day))
                .ok_or(DateProblem::Unreadable)
        };
        if self.year_first {
            return date(first, second, third);
        }
        // Dots are written only where the day comes first.
        let day_first = match format {
            _ if self.separator == b'.' => true,
            DateFormat::MonthFirst => false,
            DateFormat::DayFirst => true,
            DateFormat::Auto | DateFormat::EpochSeconds | DateFormat::EpochMillis => {
                if first <= 12 && second <= 12 && first != second {
                    return Err(DateProblem::Ambiguous);
                }
                first > 12 || first == second
            }
        };
        if day_first {
            date(third, second, first)
        } else {
            date(third, first, second)
        }
    }
}

/// Which of the two open orders a cell proves, if any.
pub(super) fn proven_order(cell: &str) -> Option<DateFormat> {
    let (parts, _) = numeric_date(cell.trim())?;
    let [first, second, _] = parts.numbers;
    if parts.year_first || parts.separator == b'.' {
        return None;
    }
    match (first > 12, second > 12) {
        (true, false) => Some(DateFormat::DayFirst),
        (false, true) => Some(DateFormat::MonthFirst),
        (true, true) | (false, false) => None,
    }
}

/// `3 May 2024`, `03-May-2024`, `May 3, 2024`, `Fri, May 03 2024`.
fn named_month_date(cell: &str) -> Option<(NaiveDate, &str)> {
    let mut rest = cell;
    let (mut day, mut month, mut year) = (None, None, None);
    for _ in 0..4 {
        let (word, after) = word(rest)?;
        rest = after;
        if let Some(number) = month_number(word) {
            month = month.is_none().then_some(number);
        } else if is_weekday(word) {
            continue;
        } else if word.len() == 4 {
            year = Some(word.parse().ok()?);
        } else {
            day = Some(word.parse::<u32>().ok()?);
        }
        if let (Some(day), Some(month), Some(year)) = (day, month, year) {
            return Some((NaiveDate::from_ymd_opt(year, month, day)?, rest));
        }
    }
    None
}

/// The next word or number, and what follows it.
fn word(text: &str) -> Option<(&str, &str)> {
    let text = text.trim_start_matches([' ', '-', ',', '.', '/']);
    let end = text
        .find(|c: char| !c.is_ascii_alphanumeric())
        .unwrap_or(text.len());
    text.split_at_checked(end)
        .filter(|(word, _)| !word.is_empty())
}

fn month_number(word: &str) -> Option<u32> {
    const MONTHS: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    if word.len() < 3 {
        return None;
    }
    (1..).zip(MONTHS).find_map(|(number, month)| {
        let short = word.len() == 3 || word.eq_ignore_ascii_case("sept");
        let end = if short { word.len() } else { month.len() };
        (word.len() == end && month.get(..end)?.eq_ignore_ascii_case(word)).then_some(number)
    })
}

fn is_weekday(word: &str) -> bool {
    const DAYS: [&str; 7] = [
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
        "sunday",
    ];
    DAYS.iter().any(|day| {
        word.eq_ignore_ascii_case(day)
            || day
                .get(..3)
                .is_some_and(|short| word.eq_ignore_ascii_case(short))
    })
}

/// The time after a date; midnight where there is none. None where it is something else.
fn time(rest: &str, offset_minutes: i32) -> Option<(NaiveTime, i32)> {
    let rest = rest.trim_start_matches([',', ' ']);
    let rest = rest
        .strip_prefix(['T', 't'])
        .or_else(|| rest.strip_prefix("at "))
        .unwrap_or(rest)
        .trim();
    if rest.is_empty() {
        return Some((NaiveTime::MIN, offset_minutes));
    }
    let (hour, rest) = digits(rest)?;
    let (minute, rest) = digits(rest.strip_prefix(':')?)?;
    let (second, rest) = match rest.strip_prefix(':') {
        Some(rest) => digits(rest)?,
        None => ("0", rest),
    };
    let (micros, rest) = match rest.strip_prefix(['.', ',']) {
        Some(rest) => {
            let (fraction, rest) = digits(rest)?;
            (fraction_micros(fraction)?, rest)
        }
        None => (0, rest),
    };
    let (hour, rest) = twelve_hour_clock(hour.parse().ok()?, rest.trim_start())?;
    let offset_minutes = offset(rest.trim(), offset_minutes)?;
    let time =
        NaiveTime::from_hms_micro_opt(hour, minute.parse().ok()?, second.parse().ok()?, micros)?;
    Some((time, offset_minutes))
}

fn fraction_micros(digits: &str) -> Option<u32> {
    let kept = digits.get(..digits.len().min(6))?;
    let scale = 10_u32.pow(6 - u32::try_from(kept.len()).ok()?);
    Some(kept.parse::<u32>().ok()? * scale)
}

fn twelve_hour_clock(hour: u32, rest: &str) -> Option<(u32, &str)> {
    let Some(mark) = rest.get(..2) else {
        return Some((hour, rest));
    };
    let after = rest.get(2..).unwrap_or_default();
    let afternoon = if mark.eq_ignore_ascii_case("pm") {
        12
    } else if mark.eq_ignore_ascii_case("am") {
        0
    } else {
        return Some((hour, rest));
    };
    (1..=12)
        .contains(&hour)
        .then_some((hour % 12 + afternoon, after))
}

/// Reads `Z`, `UTC`, `GMT`, `+02:00`, `+0200` or `+02`; `absent` where nothing is written.
pub(super) fn offset(text: &str, absent: i32) -> Option<i32> {
    if text.is_empty() {
        return Some(absent);
    }
    if ["z", "utc", "gmt"]
        .iter()
        .any(|zone| text.eq_ignore_ascii_case(zone))
    {
        return Some(0);
    }
    let (sign, rest) = match text.split_at_checked(1)? {
        ("+", rest) => (1, rest),
        ("-", rest) => (-1, rest),
        _ => return None,
    };
    let (hours, minutes) = match rest.len() {
        2 => (rest, "0"),
        4 => rest.split_at_checked(2)?,
        5 => (rest.get(..2)?, rest.get(2..)?.strip_prefix(':')?),
        _ => return None,
    };
    let all_digits = hours
        .bytes()
        .chain(minutes.bytes())
        .all(|b| b.is_ascii_digit());
    let (hours, minutes): (i32, i32) = (hours.parse().ok()?, minutes.parse().ok()?);
    (all_digits && hours <= 14 && minutes < 60).then_some(sign * (hours * 60 + minutes))
}

/// The digits a text begins with, at least one, and what follows them.
fn digits(text: &str) -> Option<(&str, &str)> {
    let end = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    text.split_at_checked(end)
        .filter(|(digits, _)| !digits.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_vendors_export() {
        let check = |cell: &str, want: &str| {
            let read = read(cell, DateFormat::Auto, 0).map(|at| at.to_string());
            assert_eq!(read.as_deref(), Ok(want), "{cell}");
        };
        check("2024-05-03", "2024-05-03T00:00:00Z");
        check("2024/05/03", "2024-05-03T00:00:00Z");
        check("2024-05-03 10:11:12", "2024-05-03T10:11:12Z");
        check("2024-05-03T10:11:12.250Z", "2024-05-03T10:11:12.250Z");
        check("2024-05-03T10:11:12+0200", "2024-05-03T08:11:12Z");
        check("2024-05-03T10:11:12-05:00", "2024-05-03T15:11:12Z");
        check("2024-05-03 10:11", "2024-05-03T10:11:00Z");
        check("3.5.2024", "2024-05-03T00:00:00Z");
        check("03.05.2024, 10:11", "2024-05-03T10:11:00Z");
        check("5/13/2024 1:02 PM", "2024-05-13T13:02:00Z");
        check("13/5/2024 12:02 am", "2024-05-13T00:02:00Z");
        check("05/05/2024", "2024-05-05T00:00:00Z");
        check("03 May 2024", "2024-05-03T00:00:00Z");
        check("3-Sept-2024", "2024-09-03T00:00:00Z");
        check("May 3, 2024 10:11 AM", "2024-05-03T10:11:00Z");
        check("Fri, May 03 2024 10:11:12 UTC", "2024-05-03T10:11:12Z");
    }

    #[test]
    fn an_open_order_is_not_guessed() {
        let check = |format, want: Result<&str, DateProblem>| {
            let read = read("03/05/2024", format, 0).map(|at| at.to_string());
            assert_eq!(read.as_deref().map_err(|problem| *problem), want);
        };
        check(DateFormat::Auto, Err(DateProblem::Ambiguous));
        check(DateFormat::MonthFirst, Ok("2024-03-05T00:00:00Z"));
        check(DateFormat::DayFirst, Ok("2024-05-03T00:00:00Z"));
        check(DateFormat::EpochMillis, Err(DateProblem::Unreadable));
        assert_eq!(
            read("13/05/2024", DateFormat::MonthFirst, 0),
            Err(DateProblem::Unreadable)
        );
    }

    #[test]
    fn epochs_are_read_only_when_told() {
        let check = |cell, format, want: Option<&str>| {
            let read = read(cell, format, 0).ok().map(|at| at.to_string());
            assert_eq!(read.as_deref(), want);
        };
        check(
            "1714731072000",
            DateFormat::EpochMillis,
            Some("2024-05-03T10:11:12Z"),
        );
        check(
            "1714731072",
            DateFormat::EpochSeconds,
            Some("2024-05-03T10:11:12Z"),
        );
        check("1714731072000", DateFormat::Auto, None);
        check("9223372036854775807", DateFormat::EpochSeconds, None);
    }

    #[test]
    fn a_time_without_offset_takes_the_mappings() {
        let check =
            |cell, want| assert_eq!(read(cell, DateFormat::Auto, 120).unwrap().to_string(), want);
        check("2024-05-03 10:00", "2024-05-03T08:00:00Z");
        check("2024-05-03 10:00Z", "2024-05-03T10:00:00Z");
        check("2024-05-03", "2024-05-02T22:00:00Z");
    }

    #[test]
    fn what_is_no_date_is_not_read() {
        for cell in [
            "",
            "tomorrow",
            "2024",
            "2024-13-01",
            "2024-02-30",
            "3.5.24",
            "1/2/3",
            "2024-05-03 25:00",
            "2024-05-03 10:00 CET",
            "May 2024",
            "10:11",
            "2024-05-03 10",
            "1-2-2024-5",
            "mäi 3 2024",
        ] {
            assert_eq!(
                read(cell, DateFormat::Auto, 0),
                Err(DateProblem::Unreadable),
                "{cell}"
            );
        }
    }

    #[test]
    fn only_a_number_above_twelve_proves_an_order() {
        assert_eq!(proven_order("13/05/2024"), Some(DateFormat::DayFirst));
        assert_eq!(proven_order("05/13/2024"), Some(DateFormat::MonthFirst));
        for open in ["05/03/2024", "2024-05-13", "13.05.2024", ""] {
            assert_eq!(proven_order(open), None);
        }
    }
}
