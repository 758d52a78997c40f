//! Whether a local time lies within the hours of a rule, and when hours begin again.
//!
//! # What it decides
//!
//! Hours are windows of the wall clock: a window from 8:00 to 21:00 holds whenever a clock at the
//! called party shows at least 8:00:00 and less than 21:00:00. Where clocks are set back and a
//! time of the window passes twice, both passes are within it; where they are set forward over its
//! beginning, it begins with the first instant after the gap.
//!
//! # Why
//!
//! The law speaks of the called party's local time, which every instant has exactly one of.
//!
//! What this module does not do: it knows no holidays; the caller does.

use chrono::NaiveDate;
use chrono_tz::Tz;

use super::local_time::{DAY_US, LocalTime, MINUTE_US, SECOND_US, offset_us};
use super::rule::{Holidays, Hours, Window};
use crate::model::Instant;

/// How far [`openings`] looks ahead.
pub const OPENINGS_DAYS_MAX: u32 = 15;

/// Whether a local time lies within hours, and why not.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum HoursVerdict {
    /// It does.
    Open,
    /// It is a public holiday, on which there are no hours.
    ClosedHoliday,
    /// There are no hours on that day of the week.
    ClosedWeekday,
    /// It is before or after the hours of the day.
    OutsideWindow,
}

/// The zone whose clocks count: that of the hours, where they have one, else the called party's.
#[must_use]
pub fn zone_of(hours: &Hours, called_party: Tz) -> Tz {
    hours.zone.unwrap_or(called_party)
}

/// Decides whether a local time lies within hours. It is one of the zone that [`zone_of`] gives.
///
/// ```
/// use smrt_core::rules::hours::{HoursVerdict, evaluate};
/// use smrt_core::rules::local_time::LocalTime;
/// use smrt_core::rules::rule::{Holidays, Hours, Window};
///
/// let window = Window { from_minute: 8 * 60, until_minute: 21 * 60 };
/// let hours = Hours { days: [Some(window); 7], holidays: Holidays::AsUsual, zone: None };
/// let at = |text: &str| LocalTime::of(chrono_tz::America::Denver, text.parse().unwrap());
/// let no_holiday = |_| false;
/// assert_eq!(evaluate(&hours, at("2026-11-18T15:00:00Z"), no_holiday), HoursVerdict::Open);
/// let early = at("2026-11-18T14:59:59.999999Z");
/// assert_eq!(evaluate(&hours, early, no_holiday), HoursVerdict::OutsideWindow);
/// ```
#[must_use]
pub fn evaluate(
    hours: &Hours,
    local: LocalTime,
    is_holiday: impl Fn(NaiveDate) -> bool,
) -> HoursVerdict {
    match hours.holidays {
        Holidays::Closed if is_holiday(local.date()) => return HoursVerdict::ClosedHoliday,
        Holidays::Closed | Holidays::AsUsual => {}
    }
    match window_of(&hours.days, local.day()) {
        None => HoursVerdict::ClosedWeekday,
        Some(window) => {
            let from_us = i64::from(window.from_minute) * MINUTE_US;
            let until_us = i64::from(window.until_minute) * MINUTE_US;
            match (from_us..until_us).contains(&local.day_part_us()) {
                true => HoursVerdict::Open,
                false => HoursVerdict::OutsideWindow,
            }
        }
    }
}

/// The window of a day, given in days since 1970-01-01, which was a Thursday.
fn window_of(days: &[Option<Window>; 7], day: i64) -> Option<Window> {
    let weekday = (day + 3).rem_euclid(7);
    let weekday = usize::try_from(weekday).unwrap_or_default();
    days.get(weekday).copied().flatten()
}

/// The instants after `after` at which hours may begin, ascending, at most
/// [`OPENINGS_DAYS_MAX`] days ahead: each is within the hours, and no instant at which hours begin
/// is missing. `zone` is the called party's.
///
/// ```
/// use smrt_core::rules::hours::openings;
/// use smrt_core::rules::rule::{Holidays, Hours, Window};
///
/// let window = Window { from_minute: 8 * 60, until_minute: 21 * 60 };
/// let mut hours = Hours { days: [Some(window); 7], holidays: Holidays::AsUsual, zone: None };
/// hours.days[6] = None;
/// // Saturday night; there is nothing on Sundays.
/// let night = "2026-11-22T05:00:00Z".parse()?;
/// let next = openings(&hours, chrono_tz::America::Denver, night, |_| false).next();
/// assert_eq!(next, Some("2026-11-23T15:00:00Z".parse()?));
/// # Ok::<(), smrt_core::model::ParseInstantError>(())
/// ```
pub fn openings(
    hours: &Hours,
    zone: Tz,
    after: Instant,
    is_holiday: impl Fn(NaiveDate) -> bool,
) -> impl Iterator<Item = Instant> {
    let hours = *hours;
    let zone = zone_of(&hours, zone);
    Turns::new(zone, after, hours.days).filter(move |at| {
        evaluate(&hours, LocalTime::of(zone, *at), &is_holiday) == HoursVerdict::Open
    })
}

/// The first instants of the days after `after`, ascending, at most [`OPENINGS_DAYS_MAX`] days
/// ahead: where rules begin or end to hold by date. Where midnight is skipped, the day begins after
/// the gap.
///
/// ```
/// use smrt_core::rules::hours::days;
///
/// let next = days(chrono_tz::America::Denver, "2026-11-18T21:00:00Z".parse()?).next();
/// assert_eq!(next, Some("2026-11-19T07:00:00Z".parse()?));
/// # Ok::<(), smrt_core::model::ParseInstantError>(())
/// ```
pub fn days(zone: Tz, after: Instant) -> impl Iterator<Item = Instant> {
    let mut day = LocalTime::of(zone, after).day();
    Turns::new(zone, after, [None; 7]).filter(move |at| {
        let today = LocalTime::of(zone, *at).day();
        let begins = today != day;
        day = today;
        begins
    })
}

/// Every instant at which a window may begin: beginnings of windows and of days on the wall, and
/// changes of the clocks.
struct Turns {
    zone: Tz,
    days: [Option<Window>; 7],
    at: Instant,
    end: Instant,
}

impl Turns {
    fn new(zone: Tz, after: Instant, days: [Option<Window>; 7]) -> Self {
        let ahead_us = i64::from(OPENINGS_DAYS_MAX) * DAY_US;
        Self {
            zone,
            days,
            at: after,
            end: Instant::from_micros(after.as_micros().saturating_add(ahead_us)),
        }
    }
}

impl Iterator for Turns {
    type Item = Instant;

    fn next(&mut self) -> Option<Instant> {
        let offset_before_us = offset_us(self.zone, self.at);
        let wall_us = self.at.as_micros().saturating_add(offset_before_us);
        let day = wall_us.div_euclid(DAY_US);
        let from_us = window_of(&self.days, day)
            .map(|window| day * DAY_US + i64::from(window.from_minute) * MINUTE_US)
            .filter(|from_us| *from_us > wall_us);
        let midnight_us = day.saturating_add(1).saturating_mul(DAY_US);
        let next_us = from_us.unwrap_or(midnight_us);
        let next = Instant::from_micros(next_us.saturating_sub(offset_before_us));
        let next = match offset_us(self.zone, next) == offset_before_us {
            true => next,
            false => change_between(self.zone, self.at, next),
        };
        (next > self.at && next <= self.end).then(|| {
            self.at = next;
            next
        })
    }
}

/// The first instant with another offset than `before`; `after` has another one. Clocks change at
/// whole seconds.
fn change_between(zone: Tz, before: Instant, after: Instant) -> Instant {
    let offset_before_us = offset_us(zone, before);
    let mut same = before.as_micros().div_euclid(SECOND_US);
    let mut other = after.as_micros().div_euclid(SECOND_US);
    while same + 1 < other {
        let middle = same.midpoint(other);
        match offset_us(zone, Instant::from_micros(middle * SECOND_US)) == offset_before_us {
            true => same = middle,
            false => other = middle,
        }
    }
    Instant::from_micros(other * SECOND_US)
}

#[cfg(test)]
mod tests;
