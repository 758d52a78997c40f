//! What the clock on the wall shows in a zone at an instant.
//!
//! chrono-tz knows the rules of the zones as of its release; what governments changed since then
//! is data of ours (`zone-changes.txt`), so that every local time in smrt is to be taken from
//! [`LocalTime`].
//! What this module does not do: it has no clock, and it parses no local time: an instant has one
//! local time, a local time may have two instants or none.

use std::fmt;
use std::sync::LazyLock;

use chrono::{DateTime, Days, NaiveDate, NaiveDateTime, Offset as _, TimeZone as _};
use chrono_tz::Tz;

use crate::model::Instant;

const ZONE_CHANGES: &str = include_str!("../../data/place/zone-changes.txt");

/// Microseconds of a second, a minute and a day.
pub(super) const SECOND_US: i64 = 1_000_000;
pub(super) const MINUTE_US: i64 = 60 * SECOND_US;
pub(super) const DAY_US: i64 = 1440 * MINUTE_US;

/// A local time, with the zone it is of.
///
/// ```
/// use chrono_tz::America;
/// use smrt_core::rules::local_time::LocalTime;
///
/// let local = LocalTime::of(America::Denver, "2026-11-18T21:00:00Z".parse()?);
/// assert_eq!(local.to_string(), "2026-11-18T14:00 America/Denver");
/// # Ok::<(), smrt_core::model::ParseInstantError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LocalTime {
    zone: Tz,
    /// Microseconds since 1970-01-01T00:00 on the wall.
    wall_us: i64,
}

impl LocalTime {
    /// The local time of an instant.
    #[must_use]
    pub fn of(zone: Tz, at: Instant) -> Self {
        let wall_us = at.as_micros().saturating_add(offset_us(zone, at));
        Self { zone, wall_us }
    }

    /// The zone.
    #[must_use]
    pub const fn zone(self) -> Tz {
        self.zone
    }

    /// Days since 1970-01-01.
    pub(super) const fn day(self) -> i64 {
        self.wall_us.div_euclid(DAY_US)
    }

    /// How much of the day is over.
    pub(super) const fn day_part_us(self) -> i64 {
        self.wall_us.rem_euclid(DAY_US)
    }

    /// The date on the wall; that of 1970-01-01 beyond the years chrono knows.
    #[must_use]
    pub fn date(self) -> NaiveDate {
        date_of(self.day())
    }

    /// Date and time on the wall; 1970-01-01 beyond the years chrono knows.
    #[must_use]
    pub fn date_time(self) -> NaiveDateTime {
        DateTime::from_timestamp_micros(self.wall_us)
            .unwrap_or_default()
            .naive_utc()
    }
}

impl fmt::Display for LocalTime {
    /// To the minute, or as exactly as it is not a whole one.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = self.date_time();
        let pattern = match self.wall_us {
            wall if wall.rem_euclid(MINUTE_US) == 0 => "%Y-%m-%dT%H:%M",
            wall if wall.rem_euclid(SECOND_US) == 0 => "%Y-%m-%dT%H:%M:%S",
            _ => "%Y-%m-%dT%H:%M:%S%.6f",
        };
        write!(f, "{} {}", time.format(pattern), self.zone)
    }
}

/// The date so many days after 1970-01-01.
fn date_of(day: i64) -> NaiveDate {
    let epoch = NaiveDate::default();
    let days = Days::new(day.unsigned_abs());
    let date = match day < 0 {
        true => epoch.checked_sub_days(days),
        false => epoch.checked_add_days(days),
    };
    date.unwrap_or(epoch)
}

/// How far the wall is ahead of UTC at an instant.
pub(super) fn offset_us(zone: Tz, at: Instant) -> i64 {
    if let Some(offset_us) = CHANGES.offset_us(zone, at) {
        return offset_us;
    }
    let utc = at.to_chrono().unwrap_or_default().naive_utc();
    let offset = zone.offset_from_utc_datetime(&utc).fix();
    i64::from(offset.local_minus_utc()) * SECOND_US
}

/// What chrono-tz does not know of.
static CHANGES: LazyLock<Changes> = LazyLock::new(Changes::read);

struct Changes {
    /// Before this, there is none.
    first: Instant,
    changes: Vec<Change>,
}

/// A zone's offset during a span of time.
struct Change {
    zone: Tz,
    from: Instant,
    until: Option<Instant>,
    offset_us: i64,
}

impl Changes {
    fn offset_us(&self, zone: Tz, at: Instant) -> Option<i64> {
        if at < self.first {
            return None;
        }
        let holds = |change: &&Change| {
            change.zone == zone && change.from <= at && change.until.is_none_or(|until| at < until)
        };
        self.changes
            .iter()
            .find(holds)
            .map(|change| change.offset_us)
    }

    fn read() -> Self {
        let lines = ZONE_CHANGES.lines().filter(|line| !line.starts_with('#'));
        let changes: Vec<Change> = lines.filter_map(read_change).collect();
        let first = changes.iter().map(|change| change.from).min();
        Self {
            first: first.unwrap_or(Instant::from_micros(i64::MAX)),
            changes,
        }
    }
}

fn read_change(line: &str) -> Option<Change> {
    let mut columns = line.split('|');
    let zone = columns.next()?.parse().ok()?;
    let from = columns.next()?.parse().ok()?;
    let until = match columns.next()? {
        "" => None,
        until => Some(until.parse().ok()?),
    };
    let minutes: i64 = columns.next()?.parse().ok()?;
    Some(Change {
        zone,
        from,
        until,
        offset_us: minutes * MINUTE_US,
    })
}
