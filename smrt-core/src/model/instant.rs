//! Points in time: UTC, microseconds.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, NaiveDate, NaiveDateTime, SecondsFormat, Utc};

/// A point in time, in microseconds since 1970-01-01T00:00:00Z.
///
/// The library has no clock: every instant is an argument.
///
/// ```
/// use smrt_core::model::Instant;
///
/// let instant: Instant = "2026-11-21T10:30:00+02:00".parse()?;
/// assert_eq!(instant.to_string(), "2026-11-21T08:30:00Z");
/// assert_eq!(Instant::from_micros(instant.as_micros()), instant);
///
/// let time = instant.to_chrono().unwrap();
/// assert_eq!(Instant::from_chrono(time), instant);
/// # Ok::<(), smrt_core::model::ParseInstantError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Instant(i64);

/// The text is not an instant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an instant: expected `2026-11-21T08:30:00Z`, with any offset, or a date `2026-11-21`")]
pub struct ParseInstantError;

impl Instant {
    /// Wraps microseconds since the Unix epoch.
    #[must_use]
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Microseconds since the Unix epoch.
    #[must_use]
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// The instant of a chrono time.
    #[must_use]
    pub fn from_chrono(time: DateTime<Utc>) -> Self {
        Self(time.timestamp_micros())
    }

    /// The instant as a chrono time; none beyond the years chrono knows.
    #[must_use]
    pub fn to_chrono(self) -> Option<DateTime<Utc>> {
        DateTime::from_timestamp_micros(self.0)
    }
}

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.to_chrono() {
            Some(time) => f.write_str(&time.to_rfc3339_opts(SecondsFormat::AutoSi, true)),
            None => write!(f, "{}us", self.0),
        }
    }
}

impl FromStr for Instant {
    type Err = ParseInstantError;

    /// Reads RFC 3339 with any offset, a local form without offset (taken as UTC), or a date
    /// (its first microsecond in UTC).
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        if let Ok(time) = DateTime::parse_from_rfc3339(text) {
            return Ok(Self(time.timestamp_micros()));
        }
        for pattern in [
            "%Y-%m-%dT%H:%M:%S%.f",
            "%Y-%m-%d %H:%M:%S%.f",
            "%Y-%m-%d %H:%M",
        ] {
            if let Ok(time) = NaiveDateTime::parse_from_str(text, pattern) {
                return Ok(Self(time.and_utc().timestamp_micros()));
            }
        }
        NaiveDate::parse_from_str(text, "%Y-%m-%d")
            .ok()
            .and_then(|date| date.and_hms_opt(0, 0, 0))
            .map(|time| Self(time.and_utc().timestamp_micros()))
            .ok_or(ParseInstantError)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_offsets_dates_and_rejects_words() {
        let check =
            |text: &str, want: &str| assert_eq!(text.parse::<Instant>().unwrap().to_string(), want);
        check("2026-11-21T08:30:00Z", "2026-11-21T08:30:00Z");
        check("2026-11-21T08:30:00+02:00", "2026-11-21T06:30:00Z");
        check("2026-11-21 08:30:00.25", "2026-11-21T08:30:00.250Z");
        check("2026-11-21", "2026-11-21T00:00:00Z");
        assert_eq!("tomorrow".parse::<Instant>(), Err(ParseInstantError));
    }
}
