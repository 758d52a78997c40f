//! Hours where clocks change, to the microsecond.

use chrono_tz::{Africa, America, Asia, Australia, Europe};
use proptest::prelude::*;

use super::*;

const fn window(from_minute: u16, until_minute: u16) -> Option<Window> {
    Some(Window {
        from_minute,
        until_minute,
    })
}

const fn every_day(from_minute: u16, until_minute: u16) -> Hours {
    Hours {
        days: [window(from_minute, until_minute); 7],
        holidays: Holidays::AsUsual,
        zone: None,
    }
}

const USUAL: Hours = every_day(8 * 60, 21 * 60);

fn at(text: &str) -> Instant {
    text.parse().unwrap()
}

fn before(at: Instant) -> Instant {
    Instant::from_micros(at.as_micros() - 1)
}

fn verdict(hours: &Hours, zone: Tz, at: Instant) -> HoursVerdict {
    evaluate(hours, LocalTime::of(zone, at), |_| false)
}

/// The hours begin exactly at an instant.
#[track_caller]
fn opens(hours: &Hours, zone: Tz, text: &str) {
    let begin = at(text);
    assert_eq!(verdict(hours, zone, begin), HoursVerdict::Open, "{text}");
    let last = before(begin);
    assert_ne!(
        verdict(hours, zone, last),
        HoursVerdict::Open,
        "before {text}"
    );
    assert_eq!(openings(hours, zone, last, |_| false).next(), Some(begin));
    let hour_before = Instant::from_micros(begin.as_micros() - 3_600_000_000);
    assert!(openings(hours, zone, hour_before, |_| false).any(|found| found == begin));
}

/// The hours end exactly at an instant.
#[track_caller]
fn closes(hours: &Hours, zone: Tz, text: &str) {
    let end = at(text);
    assert_ne!(verdict(hours, zone, end), HoursVerdict::Open, "{text}");
    assert_eq!(
        verdict(hours, zone, before(end)),
        HoursVerdict::Open,
        "before {text}"
    );
}

#[test]
fn a_window_holds_from_its_first_to_before_its_last_minute() {
    opens(&USUAL, America::Denver, "2026-11-18T15:00:00Z");
    closes(&USUAL, America::Denver, "2026-11-19T04:00:00Z");
    // A window to the end of the day.
    let late = every_day(20 * 60, 1440);
    opens(&late, America::Denver, "2026-11-19T03:00:00Z");
    closes(&late, America::Denver, "2026-11-19T07:00:00Z");
}

#[test]
fn the_reason_tells_holiday_weekday_and_hour_apart() {
    let mut hours = USUAL;
    hours.days[6] = None;
    let zone = America::New_York;
    let sunday = "2026-11-22T15:00:00Z";
    assert_eq!(
        verdict(&hours, zone, at(sunday)),
        HoursVerdict::ClosedWeekday
    );
    assert_eq!(
        verdict(&hours, zone, at("2026-11-23T04:59:59.999999Z")),
        HoursVerdict::ClosedWeekday
    );
    assert_eq!(
        verdict(&hours, zone, at("2026-11-23T05:00:00Z")),
        HoursVerdict::OutsideWindow
    );
    let thanksgiving = |date: NaiveDate| date == "2026-11-26".parse().unwrap();
    let noon = LocalTime::of(zone, at("2026-11-26T17:00:00Z"));
    assert_eq!(evaluate(&hours, noon, thanksgiving), HoursVerdict::Open);
    hours.holidays = Holidays::Closed;
    assert_eq!(
        evaluate(&hours, noon, thanksgiving),
        HoursVerdict::ClosedHoliday
    );
}

#[test]
fn holidays_and_days_without_hours_are_skipped() {
    let mut hours = USUAL;
    hours.days[5] = None;
    hours.days[6] = None;
    hours.holidays = Holidays::Closed;
    let is_holiday =
        |date: NaiveDate| ["2026-11-26", "2026-11-27"].contains(&date.to_string().as_str());
    let wednesday_night = at("2026-11-26T03:00:00Z");
    let found: Vec<String> = openings(&hours, America::New_York, wednesday_night, is_holiday)
        .map(|at| at.to_string())
        .take(2)
        .collect();
    assert_eq!(found, ["2026-11-30T13:00:00Z", "2026-12-01T13:00:00Z"]);
}

#[test]
fn new_york_skips_two_to_three_and_passes_one_to_two_twice() {
    let zone = America::New_York;
    // Eight o'clock before and after.
    opens(&USUAL, zone, "2026-03-07T13:00:00Z");
    opens(&USUAL, zone, "2026-03-08T12:00:00Z");
    // It begins in the gap from 2:00 to 3:00, so with the first instant after it.
    opens(&every_day(150, 600), zone, "2026-03-08T07:00:00Z");
    // It ends in the gap.
    closes(&every_day(60, 150), zone, "2026-03-08T07:00:00Z");
    // It lies in the gap: there is none that day.
    let lost = every_day(130, 170);
    let day: Vec<Instant> = openings(&lost, zone, at("2026-03-08T05:00:00Z"), |_| false)
        .take_while(|begin| *begin < at("2026-03-09T04:00:00Z"))
        .collect();
    assert!(day.is_empty());
    // 1:00 to 2:00 passes twice on 1 November; both are within 1:30 to 3:00.
    let night = every_day(90, 180);
    opens(&night, zone, "2026-11-01T05:30:00Z");
    closes(&night, zone, "2026-11-01T06:00:00Z");
    opens(&night, zone, "2026-11-01T06:30:00Z");
    closes(&night, zone, "2026-11-01T08:00:00Z");
    // It ended at 1:30 and begins again when the clock is set back.
    let early = every_day(0, 90);
    closes(&early, zone, "2026-11-01T05:30:00Z");
    opens(&early, zone, "2026-11-01T06:00:00Z");
    closes(&early, zone, "2026-11-01T06:30:00Z");
}

#[test]
fn london_skips_one_to_two_and_passes_it_twice() {
    let zone = Europe::London;
    opens(&every_day(90, 600), zone, "2026-03-29T01:00:00Z");
    opens(&USUAL, zone, "2026-03-29T07:00:00Z");
    let night = every_day(75, 600);
    opens(&night, zone, "2026-10-25T00:15:00Z");
    closes(&night, zone, "2026-10-25T01:00:00Z");
    opens(&night, zone, "2026-10-25T01:15:00Z");
    opens(&USUAL, zone, "2026-10-25T08:00:00Z");
}

#[test]
fn lord_howe_changes_by_half_an_hour() {
    let zone = Australia::Lord_Howe;
    // Forward from 2:00 to 2:30 on 4 October, which is 15:30 in UTC the day before.
    opens(&every_day(135, 600), zone, "2026-10-03T15:30:00Z");
    // Back from 2:00 to 1:30 on 5 April.
    let night = every_day(105, 600);
    opens(&night, zone, "2026-04-04T14:45:00Z");
    closes(&night, zone, "2026-04-04T15:00:00Z");
    opens(&night, zone, "2026-04-04T15:15:00Z");
}

#[test]
fn a_day_may_begin_after_midnight() {
    // Clocks go from 0:00 to 1:00.
    for (zone, text) in [
        (Asia::Beirut, "2026-03-28T22:00:00Z"),
        (Africa::Cairo, "2026-04-23T22:00:00Z"),
        (America::Santiago, "2026-09-06T04:00:00Z"),
    ] {
        let begin = at(text);
        assert_eq!(days(zone, before(begin)).next(), Some(begin), "{zone}");
        let day = LocalTime::of(zone, begin);
        assert_eq!(day.day_part_us(), 60 * MINUTE_US, "{zone}");
        // A window from midnight begins there, after a day without one.
        let mut hours = every_day(0, 1440);
        let yesterday = day.day() - 1;
        hours.days[usize::try_from((yesterday + 3).rem_euclid(7)).unwrap()] = None;
        opens(&hours, zone, text);
    }
}

#[test]
fn a_midnight_that_is_set_back_begins_its_day_once() {
    // Clocks went from 0:00 on Sunday back to 23:00 on Saturday.
    let zone = America::Santiago;
    let mut hours = every_day(0, 1440);
    hours.days[6] = None;
    closes(&hours, zone, "2026-04-05T04:00:00Z");
    let begin = at("2026-04-05T04:00:00Z");
    assert_eq!(days(zone, at("2026-04-05T02:30:00Z")).next(), Some(begin));
}

#[test]
fn changes_newer_than_the_compiled_zones_count() {
    // British Columbia and Alberta set their clocks no more in November 2026.
    opens(&USUAL, America::Vancouver, "2026-10-31T15:00:00Z");
    opens(&USUAL, America::Vancouver, "2026-11-21T15:00:00Z");
    opens(&USUAL, America::Edmonton, "2026-11-21T14:00:00Z");
    opens(&USUAL, America::Los_Angeles, "2026-11-21T16:00:00Z");
    opens(&USUAL, America::Vancouver, "2026-01-15T16:00:00Z");
}

#[test]
fn hours_of_a_zone_of_their_own_do_not_follow_the_called_party() {
    let hours = Hours {
        zone: Some(America::Chicago),
        ..USUAL
    };
    let begin = at("2026-11-18T14:00:00Z");
    let found = openings(&hours, America::New_York, before(begin), |_| false).next();
    assert_eq!(found, Some(begin));
    assert_eq!(zone_of(&hours, America::New_York), America::Chicago);
    assert_eq!(zone_of(&USUAL, America::New_York), America::New_York);
}

#[test]
fn days_follow_each_other_to_the_horizon() {
    let found: Vec<Instant> = days(America::New_York, at("2026-10-25T12:00:00Z")).collect();
    assert_eq!(found.len(), 15);
    assert_eq!(found[6], at("2026-11-01T04:00:00Z"));
    assert_eq!(found[7], at("2026-11-02T05:00:00Z"));
    assert!(found.is_sorted());
}

#[test]
fn hours_that_never_begin_have_no_opening() {
    let never = Hours {
        days: [None; 7],
        holidays: Holidays::AsUsual,
        zone: None,
    };
    assert_eq!(
        openings(&never, America::Denver, at("2026-11-18"), |_| false).count(),
        0
    );
    let closed = Hours {
        holidays: Holidays::Closed,
        ..USUAL
    };
    assert_eq!(
        openings(&closed, America::Denver, at("2026-11-18"), |_| true).count(),
        0
    );
}

#[test]
fn instants_beyond_all_calendars_end_quietly() {
    for micros in [i64::MIN, i64::MIN + 1, i64::MAX - 1, i64::MAX] {
        let edge = Instant::from_micros(micros);
        let _ = verdict(&USUAL, America::New_York, edge);
        assert!(openings(&USUAL, America::New_York, edge, |_| false).count() < 100);
        assert!(days(America::New_York, edge).count() < 100);
        assert!(
            !LocalTime::of(America::New_York, edge)
                .to_string()
                .is_empty()
        );
    }
}

fn zones() -> impl Strategy<Value = Tz> {
    prop::sample::select(vec![
        America::New_York,
        America::Denver,
        America::St_Johns,
        America::Santiago,
        America::Vancouver,
        America::Havana,
        Europe::London,
        Europe::Chisinau,
        Australia::Lord_Howe,
        Africa::Cairo,
        Africa::Casablanca,
        Asia::Kathmandu,
        Asia::Beirut,
    ])
}

fn windows() -> impl Strategy<Value = Hours> {
    let day = prop::option::weighted(0.8, (0u16..1440, 1u16..=1440));
    (prop::array::uniform7(day), any::<bool>()).prop_map(|(days, closed)| Hours {
        days: days.map(|day| {
            day.map(|(from, len)| Window {
                from_minute: from,
                until_minute: (from + len).min(1440),
            })
        }),
        holidays: match closed {
            true => Holidays::Closed,
            false => Holidays::AsUsual,
        },
        zone: None,
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn no_beginning_is_missing_and_none_is_too_many(
        zone in zones(),
        hours in windows(),
        // 2026 and 2027, at a whole minute.
        minute in 29_453_760i64..30_504_960,
    ) {
        let is_holiday = |date: NaiveDate| chrono::Datelike::day(&date).is_multiple_of(9);
        let after = Instant::from_micros(minute * MINUTE_US);
        let found: Vec<Instant> = openings(&hours, zone, after, is_holiday).collect();
        prop_assert!(found.is_sorted());
        let is_open = |at: Instant| {
            evaluate(&hours, LocalTime::of(zone, at), is_holiday) == HoursVerdict::Open
        };
        let mut was_open = is_open(after);
        for minute in minute + 1..=minute + 15 * 1440 {
            let at = Instant::from_micros(minute * MINUTE_US);
            let is_open = is_open(at);
            if is_open && !was_open {
                prop_assert!(found.contains(&at), "{at} in {zone}");
            }
            was_open = is_open;
        }
        for at in found {
            prop_assert!(is_open(at) && at > after);
        }
    }
}
