//! A phone number that its numbering plan knows.

use std::fmt;

use super::{E164, LineType, Region};

/// Extensions have at most 20 digits, as in Google's parser.
pub(super) const EXTENSION_DIGITS_MAX: usize = 20;
/// Area codes are short: the longest of any plan has fewer digits.
const AREA_DIGITS_MAX: usize = 8;

/// A valid phone number and what its numbering plan tells about it.
///
/// Two values are equal if everything about them is; to find out whether two people wrote the
/// same number, compare [`PhoneNumber::e164`].
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct PhoneNumber {
    pub(super) e164: E164,
    pub(super) country_code: u16,
    pub(super) region: Option<Region>,
    pub(super) line_type: LineType,
    pub(super) area_code: AreaCode,
    pub(super) extension: Extension,
}

impl PhoneNumber {
    /// The number without its extension.
    #[must_use]
    pub const fn e164(&self) -> E164 {
        self.e164
    }

    /// The country calling code: 1, 44, 590, 800.
    #[must_use]
    pub const fn country_code(&self) -> u16 {
        self.country_code
    }

    /// The region the number belongs to; `None` for numbers of no country, such as +800.
    ///
    /// Where regions share a calling code, this is the one whose plan has the number: `CA` for
    /// +1 416 numbers.
    #[must_use]
    pub const fn region(&self) -> Option<Region> {
        self.region
    }

    /// The geographical area code, where the plan has one and the number belongs to an area.
    #[must_use]
    pub fn area_code(&self) -> Option<AreaCode> {
        (!self.area_code.is_empty()).then_some(self.area_code)
    }

    /// The kind of line, as far as the plan tells.
    #[must_use]
    pub const fn line_type(&self) -> LineType {
        self.line_type
    }

    /// The extension that was written behind the number.
    #[must_use]
    pub fn extension(&self) -> Option<&str> {
        (!self.extension.is_empty()).then(|| self.extension.as_str())
    }
}

impl fmt::Debug for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PhoneNumber(****)")
    }
}

/// The digits of an area code; they may begin with zeros, as `06` for Rome.
pub type AreaCode = ShortDigits<AREA_DIGITS_MAX>;

/// The digits of an extension.
pub(super) type Extension = ShortDigits<EXTENSION_DIGITS_MAX>;

/// A few digits, kept as text without an allocation.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ShortDigits<const N: usize> {
    // INVARIANT: the first `length` bytes are ASCII digits, the others are 0.
    bytes: [u8; N],
    length: u8,
}

impl<const N: usize> ShortDigits<N> {
    /// Keeps the first `N` of these values of digits, 0 to 9.
    pub(super) fn of_values(values: &[u8]) -> Self {
        let mut bytes = [0; N];
        let mut length = 0;
        for (place, value) in bytes.iter_mut().zip(values) {
            *place = b'0' + value % 10;
            length += 1;
        }
        Self { bytes, length }
    }

    const fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// The digits as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.bytes
            .get(..usize::from(self.length))
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .unwrap_or_default()
    }
}

impl<const N: usize> fmt::Display for ShortDigits<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl<const N: usize> fmt::Debug for ShortDigits<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ShortDigits(****)")
    }
}
