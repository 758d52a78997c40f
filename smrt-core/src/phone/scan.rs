//! From text to digits: what in a text is the number, and what is its extension.
//!
//! The plain spellings (ASCII digits, spaces and the usual separators) are read in one pass;
//! everything else goes through [`symbols`](super::symbols).
//! Nothing here knows a numbering plan.

use super::PhoneError;
use super::digits::Digits;
use super::number::Extension;
use super::symbols;

/// Google reads no text that is longer than this.
pub(super) const TEXT_CHARS_MAX: usize = 250;
/// A text with fewer digits is not a number.
pub(super) const TEXT_DIGITS_MIN: usize = 3;

/// What is written in a text.
pub(super) struct Written {
    pub(super) digits: Digits,
    /// A `+` stands in front.
    pub(super) international: bool,
    pub(super) extension: Extension,
}

/// What reading a text gave.
pub(super) enum Scanned {
    Written(Written),
    /// The text has characters or parameters that only the full parser reads.
    Exotic,
}

/// Finds the number in a text.
pub(super) fn scan(text: &str) -> Result<Scanned, PhoneError> {
    if text.len() > TEXT_CHARS_MAX && text.chars().nth(TEXT_CHARS_MAX).is_some() {
        return Err(PhoneError::TooLong);
    }
    match plain(text.as_bytes()) {
        Some(answer) => answer.map(Scanned::Written),
        None => symbols::scan(text),
    }
}

/// What a byte means in a plain spelling: the value of a digit, or one of the following.
#[expect(
    clippy::indexing_slicing,
    reason = "computed by the compiler, which refuses a wrong index"
)]
const BYTES: [u8; 256] = {
    let mut table = [OTHER; 256];
    let mut byte: u8 = 0;
    while byte < 128 {
        table[byte as usize] = match byte {
            b'0'..=b'9' => byte - b'0',
            b'+' => PLUS,
            b' ' | b'-' | b'(' | b')' | b'.' | b'/' | b'[' | b']' | b'*' => SEPARATOR,
            // `;phone-context=` and `;isub=` change the meaning of what follows or precedes.
            b';' => OTHER,
            _ => LEAD,
        };
        byte += 1;
    }
    table
};
const SEPARATOR: u8 = 10;
const PLUS: u8 = 11;
/// May stand in front of a number, not inside.
const LEAD: u8 = 12;
const OTHER: u8 = 13;

fn meaning(byte: u8) -> u8 {
    BYTES.get(usize::from(byte)).copied().unwrap_or(OTHER)
}

/// Reads a plain spelling; `None` if the text is not plain.
fn plain(text: &[u8]) -> Option<Result<Written, PhoneError>> {
    let start = text
        .iter()
        .position(|&byte| !matches!(meaning(byte), SEPARATOR | LEAD));
    let Some(start) = start else {
        return Some(Err(PhoneError::NoDigits));
    };
    let mut rest = text.get(start..)?;
    let mut international = false;
    while let Some((b'+', after)) = rest.split_first() {
        international = true;
        rest = after;
    }
    let mut digits = Digits::new();
    for &byte in rest {
        let value = meaning(byte);
        if value > SEPARATOR {
            return None;
        }
        digits.push_if_digit(value);
    }
    Some(check_count(&digits).map(|()| Written {
        digits,
        international,
        extension: Extension::of_values(&[]),
    }))
}

fn check_count(digits: &Digits) -> Result<(), PhoneError> {
    match digits.len() {
        0 => Err(PhoneError::NoDigits),
        1..TEXT_DIGITS_MIN => Err(PhoneError::TooShort),
        _ if digits.is_full() => Err(PhoneError::TooLong),
        _ => Ok(()),
    }
}
