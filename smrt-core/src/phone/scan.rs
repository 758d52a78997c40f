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

/// What a byte means in a plain spelling.
#[derive(Clone, Copy, PartialEq)]
enum Byte {
    Digit,
    Plus,
    Separator,
    /// May stand in front of a number, not inside.
    Lead,
    Other,
}

const BYTES: [Byte; 256] = {
    let mut table = [Byte::Other; 256];
    let mut byte: u8 = 0;
    while byte < 128 {
        table[byte as usize] = match byte {
            b'0'..=b'9' => Byte::Digit,
            b'+' => Byte::Plus,
            b' ' | b'-' | b'(' | b')' | b'.' | b'/' | b'[' | b']' | b'*' => Byte::Separator,
            // `;phone-context=` and `;isub=` change the meaning of what follows or precedes.
            b';' => Byte::Other,
            _ => Byte::Lead,
        };
        byte += 1;
    }
    table
};

fn kind(byte: u8) -> Byte {
    BYTES.get(usize::from(byte)).copied().unwrap_or(Byte::Other)
}

/// Reads a plain spelling; `None` if the text is not plain.
fn plain(text: &[u8]) -> Option<Result<Written, PhoneError>> {
    let start = text
        .iter()
        .position(|&byte| matches!(kind(byte), Byte::Digit | Byte::Plus | Byte::Other));
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
    let mut too_long = false;
    for &byte in rest {
        match kind(byte) {
            Byte::Digit => too_long |= digits.push(byte - b'0').is_err(),
            Byte::Separator => {}
            Byte::Plus | Byte::Lead | Byte::Other => return None,
        }
    }
    if too_long {
        return Some(Err(PhoneError::TooLong));
    }
    if digits.len() < TEXT_DIGITS_MIN {
        let error = match digits.is_empty() {
            true => PhoneError::NoDigits,
            false => PhoneError::TooShort,
        };
        return Some(Err(error));
    }
    Some(Ok(Written {
        digits,
        international,
        extension: Extension::of_values(&[]),
    }))
}
