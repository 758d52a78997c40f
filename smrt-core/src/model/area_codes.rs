//! Which numbers a list is about: a country's, or those of some of its area codes.
//!
//! What this module does not do: it does not say which numbers are listed.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use crate::phone::{E164, LineType, Region, parse};

/// The area codes that a list covers.
///
/// ```
/// use smrt_core::model::AreaCodes;
///
/// let codes: AreaCodes = "303,720".parse()?;
/// assert!(codes.cover("+13035550143".parse()?) && !codes.cover("+12025550143".parse()?));
/// assert!("all".parse::<AreaCodes>()?.cover("+442079460101".parse()?));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AreaCodes {
    /// All of the registry's country.
    All,
    /// These of the calling code 1.
    Only(BTreeSet<u16>),
}

/// The text names no area codes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not area codes: expected `all`, or codes such as `303,720`")]
pub struct ParseAreaCodesError;

impl AreaCodes {
    /// Whether they cover a number of the country.
    #[must_use]
    pub fn cover(&self, number: E164) -> bool {
        self.cover_block(super::number_set::block_of(number))
    }

    /// Whether they cover the numbers of a block.
    #[must_use]
    pub fn cover_block(&self, block: u64) -> bool {
        match self {
            Self::All => true,
            Self::Only(codes) => area_code(block).is_some_and(|code| codes.contains(&code)),
        }
    }

    /// The first and the last block of each stretch that is covered.
    pub(crate) fn stretches(&self) -> Vec<(u64, u64)> {
        let Self::Only(codes) = self else {
            return vec![(0, i64::MAX as u64)];
        };
        let first = |code: &u16| 1_000_000 + u64::from(*code) * 1_000;
        codes
            .iter()
            .map(|code| (first(code), first(code) + 999))
            .collect()
    }
}

/// The area code of the numbers of a block, where the calling code is 1.
fn area_code(block: u64) -> Option<u16> {
    match block / 1_000_000 {
        1 => u16::try_from(block / 1_000 % 1_000).ok(),
        _ => None,
    }
}

impl FromStr for AreaCodes {
    type Err = ParseAreaCodesError;

    fn from_str(text: &str) -> Result<Self, ParseAreaCodesError> {
        if text == "all" {
            return Ok(Self::All);
        }
        let code = |text: &str| match text.parse() {
            Ok(code @ 200..=999) if text.len() == 3 => Ok(code),
            _ => Err(ParseAreaCodesError),
        };
        text.split(',')
            .map(|part| code(part.trim()))
            .collect::<Result<_, _>>()
            .map(Self::Only)
    }
}

impl fmt::Display for AreaCodes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Only(codes) = self else {
            return f.write_str("all");
        };
        for (place, code) in codes.iter().enumerate() {
            let comma = if place == 0 { "" } else { "," };
            write!(f, "{comma}{code}")?;
        }
        Ok(())
    }
}

/// The numbers that a country's registry may list.
///
/// ```
/// use smrt_core::model::Territory;
///
/// let states = Territory::of("US".parse()?);
/// assert!(states.contains("+12025550143".parse()?));
/// assert!(states.contains("+18005550143".parse()?));
/// assert!(!states.contains("+14165550143".parse()?), "Toronto");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Territory {
    country_code: u16,
    /// Whether each area code is the country's, where the calling code is 1.
    area_codes: Option<Box<[bool; 1_000]>>,
}

/// What belongs to the United States, as its registry sees it.
const STATES_AND_TERRITORIES: [&str; 6] = ["US", "PR", "VI", "GU", "MP", "AS"];

impl Territory {
    /// That of a country, by its ISO code.
    #[must_use]
    pub fn of(country: Region) -> Self {
        let country_code = country.country_code();
        let area_codes = (country_code == 1).then(|| {
            let mut own = Box::new([false; 1_000]);
            for (code, own) in own.iter_mut().enumerate().skip(200) {
                *own = holds(country, code);
            }
            own
        });
        Self {
            country_code,
            area_codes,
        }
    }

    /// Whether a number is one of the country.
    #[must_use]
    pub fn contains(&self, number: E164) -> bool {
        match &self.area_codes {
            Some(_) => {
                let local = number.digits() / 1_000_000 % 10;
                local >= 2 && self.contains_block(super::number_set::block_of(number))
            }
            None => begins_with(number.digits(), self.country_code),
        }
    }

    /// Whether the numbers of a block are the country's, as far as a block tells.
    #[must_use]
    pub fn contains_block(&self, block: u64) -> bool {
        match &self.area_codes {
            Some(own) => area_code(block)
                .is_some_and(|code| own.get(usize::from(code)).copied().unwrap_or(false)),
            None => begins_with(block, self.country_code),
        }
    }

    /// The country calling code.
    #[must_use]
    pub const fn country_code(&self) -> u16 {
        self.country_code
    }

    /// Whether an area code is the country's; never where the calling code is not 1.
    #[must_use]
    pub fn has_area_code(&self, code: u16) -> bool {
        let own = self
            .area_codes
            .as_ref()
            .and_then(|own| own.get(usize::from(code)));
        own.copied().unwrap_or(false)
    }
}

impl fmt::Debug for Territory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Territory(+{})", self.country_code)
    }
}

/// Whether digits begin with a calling code. No calling code begins with another one.
const fn begins_with(digits: u64, country_code: u16) -> bool {
    let mut rest = digits;
    while rest > country_code as u64 {
        rest /= 10;
    }
    rest == country_code as u64
}

/// Whether the numbering plan gives an area code to a country.
fn holds(country: Region, code: usize) -> bool {
    // A plan may leave some exchanges of a code free, so several are tried.
    ["234", "345", "555", "678", "789"].iter().any(|exchange| {
        let Ok(number) = parse(&format!("+1{code}{exchange}2345"), None) else {
            return false;
        };
        let region = number.region();
        let is_american = country.as_str() == "US";
        region == Some(country)
            || is_american
                && (number.line_type() == LineType::TollFree
                    || region
                        .is_some_and(|region| STATES_AND_TERRITORIES.contains(&region.as_str())))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn territory(country: &str) -> Territory {
        Territory::of(country.parse().unwrap())
    }

    #[track_caller]
    fn check(country: &str, number: &str, expected: bool) {
        let number = number.parse().unwrap();
        assert_eq!(territory(country).contains(number), expected, "{country}");
    }

    #[test]
    fn a_country_has_the_numbers_of_its_plan() {
        check("US", "+12125550143", true);
        check("US", "+17875550143", true);
        check("US", "+16715550143", true);
        check("US", "+18885550143", true);
        check("US", "+14165550143", false);
        check("US", "+18765550143", false);
        check("US", "+442079460101", false);
        check("US", "+12121550143", false);
        check("CA", "+14165550143", true);
        check("CA", "+12125550143", false);
        check("GB", "+442079460101", true);
        check("GB", "+12125550143", false);
        check("GB", "+4915112345678", false);
        check("AU", "+61491570156", true);
    }

    #[test]
    fn the_states_have_about_as_many_area_codes_as_their_registry_knows() {
        let states = territory("US");
        let codes = (200..1_000)
            .filter(|code| states.has_area_code(*code))
            .count();
        assert!((340..430).contains(&codes), "{codes}");
    }

    #[test]
    fn area_codes_read_back_as_they_are_written() {
        for text in ["all", "303", "303,720"] {
            assert_eq!(text.parse::<AreaCodes>().unwrap().to_string(), text);
        }
        assert_eq!(
            "720, 303".parse::<AreaCodes>().unwrap().to_string(),
            "303,720"
        );
        for text in ["", "30", "3030", "103", "all,303", "303,", "+03"] {
            assert_eq!(
                text.parse::<AreaCodes>(),
                Err(ParseAreaCodesError),
                "{text}"
            );
        }
    }

    #[test]
    fn stretches_are_the_blocks_that_are_covered() {
        let codes: AreaCodes = "303,720".parse().unwrap();
        let stretches = codes.stretches();
        assert_eq!(stretches, [(1_303_000, 1_303_999), (1_720_000, 1_720_999)]);
        for (first, last) in stretches {
            assert!(codes.cover_block(first) && codes.cover_block(last));
            assert!(!codes.cover_block(first - 1) && !codes.cover_block(last + 1));
        }
    }
}
