//! Phone numbers: from what people write to E.164.
//!
//! What this module does not do: it says nothing about who holds a number or whether it may be
//! called.

use std::fmt;

/// A phone number in E.164: at most 15 digits, the country calling code first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct E164(
    // INVARIANT: 1 to 999,999,999,999,999, as read by the normaliser.
    u64,
);

impl E164 {
    /// The digits as an integer, without the `+`.
    #[must_use]
    pub const fn digits(self) -> u64 {
        self.0
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

/// A region of the numbering plan: an ISO 3166-1 alpha-2 code such as `US`, or `001` for numbers
/// of no country.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Region([u8; 3]);

/// The text is not a region code the numbering plans know.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a region: expected an ISO 3166-1 code such as `US`")]
pub struct ParseRegionError;

/// What kind of line a number is, as far as the numbering plan tells.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum LineType {
    /// A fixed line.
    FixedLine,
    /// A mobile line.
    Mobile,
    /// Fixed or mobile: the plan does not tell, as everywhere in +1.
    FixedLineOrMobile,
    /// Free for the caller.
    TollFree,
    /// Charged above the usual rate.
    PremiumRate,
    /// The cost is shared between caller and called.
    SharedCost,
    /// Voice over IP.
    Voip,
    /// Follows a person.
    PersonalNumber,
    /// A pager.
    Pager,
    /// A company's universal access number.
    Uan,
    /// A voicemail access number.
    Voicemail,
    /// The plan says nothing.
    Unknown,
}
