//! What the cells of a column look like.
//!
//! What this module does not do: it does not know the column's name.

use std::collections::HashSet;

use smrt_core::model::Email;

use super::super::answer;
use super::super::date::{self, DateFormat, DateProblem};
use super::super::name::is_form_of_address;
use crate::record::RecordBatch;

/// Counts over the cells of one column of a sample.
#[derive(Default)]
pub(super) struct Evidence {
    pub(super) rows: usize,
    pub(super) filled: usize,
    pub(super) distinct: usize,
    emails: usize,
    phones: usize,
    /// Phones that are so written that nothing else is.
    plain_phones: usize,
    dates: usize,
    answers: usize,
    names: usize,
    texts: usize,
    forms_of_address: usize,
    day_first: usize,
    month_first: usize,
    epoch_seconds: usize,
    epoch_millis: usize,
}

impl Evidence {
    pub(super) fn of(sample: &RecordBatch, column: usize, rows_max: usize) -> Self {
        let mut evidence = Self::default();
        let mut seen = HashSet::new();
        for record in sample.iter().take(rows_max) {
            evidence.rows += 1;
            let cell = record.get(column).unwrap_or_default().trim();
            if !cell.is_empty() {
                evidence.add(cell);
                seen.insert(cell);
            }
        }
        evidence.distinct = seen.len();
        evidence
    }

    fn add(&mut self, cell: &str) {
        self.filled += 1;
        self.answers += usize::from(answer::read(cell).is_some());
        if Email::parse(cell).is_ok() {
            self.emails += 1;
        } else if is_date(cell) {
            self.dates += 1;
            match date::proven_order(cell) {
                Some(DateFormat::DayFirst) => self.day_first += 1,
                Some(_) => self.month_first += 1,
                None => {}
            }
        } else if is_phone(cell) {
            self.phones += 1;
            self.plain_phones += usize::from(is_plainly_phone(cell));
            self.epoch_seconds += usize::from(is_epoch(cell, 10));
            self.epoch_millis += usize::from(is_epoch(cell, 13));
        } else if is_text(cell) {
            self.texts += 1;
            self.names += usize::from(is_name(cell));
            self.forms_of_address += usize::from(is_form_of_address(cell));
        }
    }

    /// Which part of the filled cells `count` is, in per cent.
    fn share(&self, count: usize) -> u8 {
        let share = count * 100 / self.filled.max(1);
        u8::try_from(share).unwrap_or(100)
    }

    pub(super) fn email_share(&self) -> u8 {
        self.share(self.emails)
    }

    pub(super) fn phone_share(&self) -> u8 {
        self.share(self.phones)
    }

    pub(super) fn plain_phone_share(&self) -> u8 {
        self.share(self.plain_phones)
    }

    pub(super) fn date_share(&self) -> u8 {
        self.share(self.dates)
    }

    pub(super) fn answer_share(&self) -> u8 {
        self.share(self.answers)
    }

    pub(super) fn name_share(&self) -> u8 {
        self.share(self.names)
    }

    /// The share of words that are not just `Mr` or `Dr`.
    pub(super) fn title_share(&self) -> u8 {
        self.share(self.texts - self.forms_of_address)
    }

    pub(super) fn text_share(&self) -> u8 {
        self.share(self.texts)
    }

    /// Whether every row has a value of its own.
    pub(super) fn is_unique(&self) -> bool {
        self.filled == self.rows && self.distinct == self.filled
    }

    /// The form of the column's dates, where the cells prove one.
    pub(super) fn date_format(&self) -> Option<DateFormat> {
        if self.filled > 0 && self.epoch_millis == self.filled {
            return Some(DateFormat::EpochMillis);
        }
        if self.filled > 0 && self.epoch_seconds == self.filled {
            return Some(DateFormat::EpochSeconds);
        }
        match (self.day_first, self.month_first) {
            (1.., 0) => Some(DateFormat::DayFirst),
            (0, 1..) => Some(DateFormat::MonthFirst),
            _ => None,
        }
    }
}

fn is_date(cell: &str) -> bool {
    match date::read(cell, DateFormat::Auto, 0) {
        Ok(_) | Err(DateProblem::Ambiguous) => true,
        Err(DateProblem::Unreadable) => false,
    }
}

/// Digits of a length that phone numbers have, written as they are.
fn is_phone(cell: &str) -> bool {
    let cell = without_extension(cell.strip_prefix("p:").unwrap_or(cell));
    let digits = cell.bytes().filter(u8::is_ascii_digit).count();
    let allowed = |c: char| {
        c.is_ascii_digit() || c.is_whitespace() || "+()-./\u{2010}\u{2011}\u{2013}".contains(c)
    };
    (7..=15).contains(&digits) && cell.chars().all(allowed)
}

fn without_extension(cell: &str) -> &str {
    let end = cell
        .find(|c: char| c.is_alphabetic() || c == '#' || c == ';')
        .unwrap_or(cell.len());
    cell.get(..end).unwrap_or(cell).trim()
}

/// An international prefix, an area code in brackets, or the American grouping.
fn is_plainly_phone(cell: &str) -> bool {
    let groups: Vec<usize> = cell.split(['-', ' ', '.']).map(str::len).collect();
    cell.starts_with(['+', '(']) || groups == [3, 3, 4]
}

fn is_epoch(cell: &str, digits: usize) -> bool {
    cell.len() == digits && cell.starts_with('1') && cell.bytes().all(|b| b.is_ascii_digit())
}

/// Words rather than numbers, addresses of pages or codes.
fn is_text(cell: &str) -> bool {
    let letters = cell.chars().filter(|c| c.is_alphabetic()).count();
    let digits = cell.chars().filter(char::is_ascii_digit).count();
    letters > digits
        && !cell.contains("://")
        && !cell.starts_with(['{', '['])
        && !cell.contains('@')
}

fn is_name(cell: &str) -> bool {
    let words = cell.split_whitespace().count();
    (1..=6).contains(&words)
        && cell.chars().count() <= 60
        && !cell.chars().any(|c| c.is_ascii_digit() || c == '@')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_told_apart() {
        let check = |cell: &str, phone: bool, date: bool| {
            assert_eq!(
                (is_phone(cell) && !is_date(cell), is_date(cell)),
                (phone, date),
                "{cell}"
            );
        };
        check("+44 7700 900123", true, false);
        check("(202) 555-0101 ext. 5", true, false);
        check("p:+46701234567", true, false);
        check("2024-05-03", false, true);
        check("03/05/2024", false, true);
        check("98101", false, false);
        check("X000001", false, false);
        check("https://example.com/5550101", false, false);
    }
}
