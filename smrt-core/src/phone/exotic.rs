//! The few texts that the fast path does not read, and printing: both by `rlibphonenumber`.
//!
//! Its types stay inside of this file. It compiles its patterns when it first needs them, which
//! costs time and memory, so nothing common may come here.

use rlibphonenumber::{PHONE_NUMBER_UTIL, ParseError, PhoneNumberFormat, Region as GoogleRegion};

use super::dial::Dialled;
use super::digits::Digits;
use super::number::Extension;
use super::plan::{CodeIndex, split_code};
use super::{E164, PhoneError, Region};

/// Takes an exotic text apart: the dialled number and its extension.
pub(super) fn read(text: &str, home: Option<Region>) -> Result<(Dialled, Extension), PhoneError> {
    let google_home = home.and_then(|region| GoogleRegion::from_code(region.as_str()).ok());
    let number = PHONE_NUMBER_UTIL
        .parse(text, google_home)
        .map_err(|error| match error {
            ParseError::InvalidCountryCode if home.is_none() => PhoneError::NoCountry,
            ParseError::InvalidCountryCode => PhoneError::InvalidCountryCode,
            ParseError::NotANumber(_) => PhoneError::NotANumber,
            ParseError::TooShortAfterIdd | ParseError::TooShortNsn => PhoneError::TooShort,
            ParseError::TooLongNsn => PhoneError::TooLong,
        })?;
    let code = u16::try_from(number.country_code)
        .ok()
        .and_then(CodeIndex::of)
        .ok_or(PhoneError::InvalidCountryCode)?;
    let dialled = Dialled {
        code,
        plan: code.main_plan().ok_or(PhoneError::InvalidCountryCode)?,
        national: Digits::joined([&values(&number.get_national_significant_number()), &[], &[]])?,
    };
    let extension = number.extension.unwrap_or_default();
    let extension = values(&PHONE_NUMBER_UTIL.normalize_digits_only(&extension));
    Ok((dialled, Extension::of_values(&extension)))
}

/// The values of the ASCII digits in a text.
fn values(text: &str) -> Vec<u8> {
    text.bytes()
        .filter(u8::is_ascii_digit)
        .map(|byte| byte - b'0')
        .collect()
}

/// How a number is printed.
#[derive(Debug, Clone, Copy)]
pub(super) enum Style {
    International,
    National,
}

/// Prints a number in the way of its country.
pub(super) fn print(number: E164, style: Style) -> String {
    let digits = values(&number.digits().to_string());
    let Some((code, national)) = split_code(&digits) else {
        return number.to_string();
    };
    let zeros = national.iter().take_while(|&&digit| digit == 0).count();
    let national = national
        .iter()
        .fold(0, |value, &digit| value * 10 + u64::from(digit));
    let number = rlibphonenumber::PhoneNumber {
        country_code: i32::from(code.code()),
        national_number: national,
        italian_leading_zero: (zeros > 0).then_some(true),
        number_of_leading_zeros: i32::try_from(zeros).ok().filter(|&zeros| zeros > 1),
        ..Default::default()
    };
    let format = match style {
        Style::International => PhoneNumberFormat::International,
        Style::National => PhoneNumberFormat::National,
    };
    PHONE_NUMBER_UTIL.format(&number, format).into_owned()
}
