//! Arithmetic of dates as the law does it: business days, calendar months, and days that move to
//! the next business day.
//!
//! Business days are Monday to Friday without public holidays.
//! What this module does not do: it knows no holidays and no deadlines; both are arguments.

use chrono::{Datelike as _, Months, NaiveDate, Weekday};

/// Further than this, nothing is counted: a caller's holidays may leave no business day at all.
const DAYS_MAX: usize = 3660;

/// Whether a date is a business day.
fn is_business_day(date: NaiveDate, is_holiday: impl Fn(NaiveDate) -> bool) -> bool {
    !matches!(date.weekday(), Weekday::Sat | Weekday::Sun) && !is_holiday(date)
}

/// The last day of a deadline of so many business days, the first of which is the one after
/// `from`. `None` where the calendar ends or holds too few business days.
///
/// ```
/// use chrono::NaiveDate;
/// use smrt_core::rules::calendar::business_days_later;
///
/// let day = |text: &str| text.parse::<NaiveDate>().unwrap();
/// let is_holiday = |date| date == day("2026-11-26");
/// assert_eq!(business_days_later(day("2026-11-17"), 10, is_holiday), Some(day("2026-12-02")));
/// ```
pub fn business_days_later(
    from: NaiveDate,
    days: usize,
    is_holiday: impl Fn(NaiveDate) -> bool,
) -> Option<NaiveDate> {
    let Some(last) = days.checked_sub(1) else {
        return Some(from);
    };
    let after = from.iter_days().skip(1).take(DAYS_MAX);
    after
        .filter(|date| is_business_day(*date, &is_holiday))
        .nth(last)
}

/// The date itself if it is a business day, else the next one. `None` where there is none.
///
/// ```
/// use chrono::NaiveDate;
/// use smrt_core::rules::calendar::{months_later, next_business_day};
///
/// // Received on 31 January, to be answered within a month, which ends on a Saturday.
/// let received: NaiveDate = "2026-01-31".parse()?;
/// let nominal = months_later(received, 1).unwrap();
/// assert_eq!(nominal, "2026-02-28".parse()?);
/// assert_eq!(next_business_day(nominal, |_| false), Some("2026-03-02".parse()?));
/// # Ok::<(), chrono::ParseError>(())
/// ```
pub fn next_business_day(
    date: NaiveDate,
    is_holiday: impl Fn(NaiveDate) -> bool,
) -> Option<NaiveDate> {
    let mut days = date.iter_days().take(DAYS_MAX);
    days.find(|date| is_business_day(*date, &is_holiday))
}

/// The same day so many calendar months later, or the last of the month where it has no such day.
/// `None` where the calendar ends.
///
/// ```
/// use smrt_core::rules::calendar::months_later;
///
/// assert_eq!(months_later("2024-11-30".parse()?, 3), Some("2025-02-28".parse()?));
/// # Ok::<(), chrono::ParseError>(())
/// ```
#[must_use]
pub fn months_later(date: NaiveDate, months: u32) -> Option<NaiveDate> {
    date.checked_add_months(Months::new(months))
}

/// Whether a day lies within so many calendar months of an event: not before it, and before the
/// same day that many months later.
///
/// ```
/// use smrt_core::rules::calendar::is_within_months;
///
/// let purchase = "2025-06-18".parse()?;
/// assert!(is_within_months(purchase, 18, "2026-12-17".parse()?));
/// assert!(!is_within_months(purchase, 18, "2026-12-18".parse()?));
/// # Ok::<(), chrono::ParseError>(())
/// ```
#[must_use]
pub fn is_within_months(event: NaiveDate, months: u32, day: NaiveDate) -> bool {
    event <= day && months_later(event, months).is_none_or(|end| day < end)
}

#[cfg(test)]
mod tests;
