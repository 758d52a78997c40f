//! The phone numbers a text of the user may stand for.
//!
//! What this module does not do: it asks no store which of them exists.

use smrt_core::phone::{E164, PhoneNumber, Region, parse, parse_cell};

use crate::error::CliError;

/// Every number the text may stand for, without repetition.
///
/// Without a home region, a number written the national way is read in every region whose plan has
/// it.
pub(crate) fn readings(text: &str, home: Option<Region>) -> Vec<E164> {
    let mut numbers: Vec<E164> = Vec::new();
    let mut add = |home: Option<Region>| {
        let read = parse_cell(text, home).filter_map(|(_, number)| number.ok());
        for number in read.map(|number| number.e164()) {
            if !numbers.contains(&number) {
                numbers.push(number);
            }
        }
    };
    if is_unlike_a_number(text) {
        return numbers;
    }
    add(home);
    let is_international = parse(text, None).is_ok();
    if home.is_none() && !is_international {
        Region::all().for_each(|region| add(Some(region)));
    }
    numbers
}

/// The one number a text stands for; without a country code it needs to be known where it is from.
///
/// The text itself is in no message: it may be somebody's number.
pub(crate) fn only_reading(text: &str, home: Option<Region>) -> Result<PhoneNumber, CliError> {
    parse(text, home).map_err(|error| {
        let error = CliError::user(format!("the number cannot be used: {error}"));
        match home {
            None => error.hint("write it with `+`, or say where it is from with `--region`"),
            Some(_) => error,
        }
    })
}

/// No digit at all, or the sign of an e-mail address.
fn is_unlike_a_number(text: &str) -> bool {
    text.contains('@') || !text.chars().any(char::is_numeric)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, home: Option<&str>, expected: &str) {
        let home = home.map(|region| region.parse().unwrap());
        let numbers: Vec<String> = readings(text, home).iter().map(E164::to_string).collect();
        assert!(
            numbers.iter().any(|number| number == expected),
            "{text}: {}",
            numbers.len()
        );
    }

    #[test]
    fn a_number_is_read_in_any_spelling() {
        for text in [
            "+1 202-555-0143",
            "(202) 555-0143",
            "202.555.0143",
            "tel:+12025550143",
            "001 202 555 0143",
            "+1 (202) 555-0143 ext. 9",
        ] {
            check(text, None, "+12025550143");
        }
        check("030 901820", Some("DE"), "+4930901820");
        check("030 901820", None, "+4930901820");
    }

    #[test]
    fn an_international_number_has_one_reading() {
        assert_eq!(readings("+1 202-555-0143", None).len(), 1);
        assert_eq!(
            readings("(202) 555-0143", Some("US".parse().unwrap())).len(),
            1
        );
    }

    #[test]
    fn names_and_addresses_are_no_numbers() {
        for text in ["Anna Example", "anna2025550143@example.com", ""] {
            assert!(readings(text, None).is_empty(), "{text}");
        }
    }
}
