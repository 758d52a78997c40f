//! Phone numbers as one integer.

use std::fmt;
use std::str::FromStr;

/// The fewest digits of a valid number, calling code included.
const DIGITS_MIN: u32 = 6;
/// The most: the ITU allows 15, but the plans of Germany and Japan have longer ones, which are
/// dialled inside of the country only.
const DIGITS_MAX: u32 = 19;

/// A phone number in E.164: the country calling code first, no `+`, no extension.
///
/// Comes out of [`parse`](super::parse) or back from a store.
/// Showing it takes [`Display`](fmt::Display), which writes `+12025550143`; `Debug` is redacted.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct E164(
    // INVARIANT: 6 to 19 digits, and it fits an `i64`, so that every store can hold it.
    u64,
);

/// The text or integer is not in E.164 form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an E.164 number: expected `+` and {DIGITS_MIN} to {DIGITS_MAX} digits")]
pub struct ParseE164Error;

impl E164 {
    /// Reads a number back that was stored as an integer.
    ///
    /// Checks the number of digits only, so that reading a store is cheap; what goes into a store
    /// comes from [`parse`](super::parse).
    #[must_use]
    pub const fn from_digits(digits: u64) -> Option<Self> {
        if 10u64.pow(DIGITS_MIN - 1) <= digits && digits <= i64::MAX as u64 {
            Some(Self(digits))
        } else {
            None
        }
    }

    /// The digits as an integer, without the `+`.
    #[must_use]
    pub const fn digits(self) -> u64 {
        self.0
    }
}

impl FromStr for E164 {
    type Err = ParseE164Error;

    /// Reads `+12025550143`, and nothing looser than that.
    fn from_str(text: &str) -> Result<Self, ParseE164Error> {
        let digits = text.strip_prefix('+').ok_or(ParseE164Error)?;
        if digits.starts_with('0') || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(ParseE164Error);
        }
        let digits = digits.parse().map_err(|_| ParseE164Error)?;
        Self::from_digits(digits).ok_or(ParseE164Error)
    }
}

impl TryFrom<u64> for E164 {
    type Error = ParseE164Error;

    fn try_from(digits: u64) -> Result<Self, ParseE164Error> {
        Self::from_digits(digits).ok_or(ParseE164Error)
    }
}

impl fmt::Display for E164 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "+{}", self.0)
    }
}

impl fmt::Debug for E164 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("E164(****)")
    }
}

#[cfg(test)]
mod tests {
    use super::E164;

    fn check(text: &str, expected: Option<u64>) {
        assert_eq!(text.parse().ok().map(E164::digits), expected, "{text}");
    }

    #[test]
    fn reads_exactly_what_it_writes() {
        check("+12025550143", Some(12_025_550_143));
        check("+390236618300", Some(390_236_618_300));
        check("12025550143", None);
        check("+012025550143", None);
        check("+1 202 555 0143", None);
        check("+", None);
        check("", None);
        check("++12025550143", None);
    }

    #[test]
    fn the_invariant_on_the_number_of_digits_holds() {
        check("+12345", None);
        check("+123456", Some(123_456));
        check("+8100663853671680821", Some(8_100_663_853_671_680_821));
        check("+9223372036854775807", Some(i64::MAX as u64));
        check("+9223372036854775808", None);
        check("+99999999999999999999999", None);
        assert_eq!(E164::from_digits(0), None);
        assert_eq!(E164::from_digits(u64::MAX), None);
    }

    #[test]
    fn debug_shows_no_digit() {
        let number = E164::from_digits(12_025_550_143).unwrap();
        assert_eq!(format!("{number:?}"), "E164(****)");
        assert_eq!(number.to_string(), "+12025550143");
    }
}
