//! The dates of the law.

use super::*;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// Thanksgiving.
fn is_holiday(date: NaiveDate) -> bool {
    date == day("2026-11-26")
}

#[test]
fn ten_business_days_skip_weekends_and_holidays() {
    let check = |from: &str, days: usize, expected: &str| {
        assert_eq!(
            business_days_later(day(from), days, is_holiday),
            Some(day(expected))
        );
    };
    check("2026-11-17", 10, "2026-12-02");
    check("2026-11-17", 0, "2026-11-17");
    check("2026-11-17", 1, "2026-11-18");
    // From a weekend or a holiday, the first is the next business day.
    check("2026-11-21", 1, "2026-11-23");
    check("2026-11-25", 1, "2026-11-27");
    check("2026-11-26", 1, "2026-11-27");
}

#[test]
fn a_request_is_answered_within_a_month_rolled_to_a_business_day() {
    let check = |received: &str, months: u32, nominal: &str, due: &str| {
        let found = months_later(day(received), months).unwrap();
        assert_eq!(found, day(nominal));
        assert_eq!(next_business_day(found, |_| false), Some(day(due)));
    };
    check("2026-01-31", 1, "2026-02-28", "2026-03-02");
    check("2026-11-20", 1, "2026-12-20", "2026-12-21");
    check("2026-11-20", 3, "2027-02-20", "2027-02-22");
    check("2026-12-01", 1, "2027-01-01", "2027-01-01");
}

#[test]
fn months_end_at_the_end_of_shorter_months() {
    let check = |from: &str, months: u32, expected: &str| {
        assert_eq!(months_later(day(from), months), Some(day(expected)));
    };
    check("2026-08-31", 3, "2026-11-30");
    check("2023-08-31", 6, "2024-02-29");
    check("2024-02-29", 12, "2025-02-28");
    check("2026-05-15", 0, "2026-05-15");
    assert_eq!(months_later(NaiveDate::MAX, 1), None);
}

#[test]
fn a_relationship_holds_before_the_same_day_months_later() {
    let check = |event: &str, months: u32, call: &str, expected: bool| {
        assert_eq!(
            is_within_months(day(event), months, day(call)),
            expected,
            "{event} {call}"
        );
    };
    // Vectors 14 and 16.
    check("2025-06-18", 18, "2026-11-18", true);
    check("2026-08-20", 3, "2026-11-18", true);
    check("2026-08-20", 3, "2026-11-19", true);
    check("2026-08-20", 3, "2026-11-20", false);
    check("2025-05-18", 18, "2026-11-17", true);
    check("2025-05-18", 18, "2026-11-18", false);
    // A month without such a day ends it at its last.
    check("2026-08-31", 3, "2026-11-29", true);
    check("2026-08-31", 3, "2026-11-30", false);
    // An event of later is none yet.
    check("2026-11-19", 3, "2026-11-18", false);
    check("2026-11-18", 3, "2026-11-18", true);
}

#[test]
fn a_calendar_of_holidays_alone_ends_the_search() {
    assert_eq!(next_business_day(day("2026-11-17"), |_| true), None);
    assert_eq!(business_days_later(day("2026-11-17"), 1, |_| true), None);
    assert_eq!(business_days_later(NaiveDate::MAX, 1, |_| false), None);
}
