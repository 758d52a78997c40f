//! A short run of digits on the stack.

use std::ops::Deref;

/// More digits than any number and its prefixes have.
const DIGITS_MAX: usize = 64;

/// Up to 64 digits, each 0 to 9.
#[derive(Clone, Copy)]
pub(super) struct Digits {
    values: [u8; DIGITS_MAX],
    length: u8,
}

/// More digits than a phone number can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TooManyDigits;

impl Digits {
    pub(super) const fn new() -> Self {
        Self {
            values: [0; DIGITS_MAX],
            length: 0,
        }
    }

    pub(super) fn push(&mut self, digit: u8) -> Result<(), TooManyDigits> {
        let place = self.values.get_mut(usize::from(self.length));
        *place.ok_or(TooManyDigits)? = digit;
        self.length += 1;
        Ok(())
    }

    /// Pushes a value below 10 and ignores any other, without a branch: where the digits of a text
    /// are cannot be predicted.
    pub(super) fn push_if_digit(&mut self, value: u8) {
        if let Some(place) = self.values.get_mut(usize::from(self.length)) {
            *place = value;
            self.length += u8::from(value < 10);
        }
    }

    /// Whether no further digit fits, so that digits may be missing.
    pub(super) fn is_full(&self) -> bool {
        self.len() == DIGITS_MAX
    }

    pub(super) fn extend(&mut self, digits: &[u8]) -> Result<(), TooManyDigits> {
        let start = usize::from(self.length);
        let end = start + digits.len();
        let place = self.values.get_mut(start..end).ok_or(TooManyDigits)?;
        place.copy_from_slice(digits);
        self.length = u8::try_from(end).map_err(|_| TooManyDigits)?;
        Ok(())
    }

    /// Joins runs of digits.
    pub(super) fn joined(runs: [&[u8]; 3]) -> Result<Self, TooManyDigits> {
        let mut digits = Self::new();
        for run in runs {
            digits.extend(run)?;
        }
        Ok(digits)
    }
}

impl Deref for Digits {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.values
            .get(..usize::from(self.length))
            .unwrap_or_default()
    }
}
