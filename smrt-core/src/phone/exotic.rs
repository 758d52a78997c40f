//! The few texts that the fast path does not read, and printing: both by `rlibphonenumber`.
//!
//! Its types stay inside of this file. It compiles its patterns when it first needs them, which
//! costs time and memory, so nothing common may come here.

use rlibphonenumber::{PHONE_NUMBER_UTIL, ParseError, PhoneNumberFormat, Region as RlibRegion};

use super::digits::Digits;
use super::number::Extension;
use super::plan::split_code;
use super::scan::Written;
use super::{E164, PhoneError, Region};

/// Reads an exotic text down to its international digits and its extension.
pub(super) fn read(text: &str, home: Option<Region>) -> Result<Written, PhoneError> {
    let home = home.and_then(|region| RlibRegion::from_code(region.as_str()).ok());
    let number = PHONE_NUMBER_UTIL
        .parse(text, home)
        .map_err(|error| match error {
            ParseError::InvalidCountryCode if home.is_none() => PhoneError::NoCountry,
            ParseError::InvalidCountryCode => PhoneError::InvalidCountryCode,
            ParseError::NotANumber(_) => PhoneError::NotANumber,
            ParseError::TooShortAfterIdd | ParseError::TooShortNsn => PhoneError::TooShort,
            ParseError::TooLongNsn => PhoneError::TooLong,
        })?;
    let values = |text: &str| -> Vec<u8> {
        text.chars()
            .filter_map(|digit| digit.to_digit(10))
            .filter_map(|digit| u8::try_from(digit).ok())
            .collect()
    };
    let mut digits = Digits::new();
    digits.extend(&values(&number.country_code.to_string()))?;
    digits.extend(&values(&number.get_national_significant_number()))?;
    let extension = number.extension.as_deref().map(values).unwrap_or_default();
    Ok(Written {
        digits,
        international: true,
        extension: Extension::of_values(&extension),
    })
}

/// How a number is printed.
#[derive(Debug, Clone, Copy)]
pub(super) enum Style {
    International,
    National,
}

/// Prints a number in the way of its country.
pub(super) fn print(number: E164, style: Style) -> String {
    let mut digits = Digits::new();
    for byte in number.digits().to_string().bytes() {
        // An E.164 number has fewer digits than fit.
        let _ = digits.push(byte - b'0');
    }
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
