//! Regions of the numbering plan.

use std::fmt;
use std::str::FromStr;

use super::plan::{Plan, REGIONS, plan};

/// A region with a numbering plan, named by its ISO 3166-1 alpha-2 code such as `US`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Region(
    // INVARIANT: an index into `REGIONS`, which is sorted by code.
    u8,
);

/// The text is not a region code the numbering plans know.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a region: expected an ISO 3166-1 code such as `US`")]
pub struct ParseRegionError;

impl Region {
    /// All regions, sorted by code.
    pub fn all() -> impl ExactSizeIterator<Item = Self> {
        const COUNT: u8 = REGIONS.len() as u8;
        (0..COUNT).map(Self)
    }

    /// The region of a plan; `None` for the plans of no country, such as +800.
    pub(super) fn of_plan(index: u8) -> Option<Self> {
        (usize::from(index) < REGIONS.len()).then_some(Self(index))
    }

    pub(super) fn plan(self) -> Option<&'static Plan> {
        plan(self.0)
    }

    /// The ISO 3166-1 alpha-2 code.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        REGIONS
            .get(usize::from(self.0))
            .and_then(|code| std::str::from_utf8(code).ok())
            .unwrap_or_default()
    }

    /// The country calling code: 1 for `US` and 24 others, 44 for `GB`.
    #[must_use]
    pub fn country_code(self) -> u16 {
        self.plan().map_or(0, |plan| plan.code)
    }
}

impl FromStr for Region {
    type Err = ParseRegionError;

    /// Reads an ISO 3166-1 alpha-2 code in either case, such as `us`.
    fn from_str(text: &str) -> Result<Self, ParseRegionError> {
        let code: [u8; 2] = text.as_bytes().try_into().map_err(|_| ParseRegionError)?;
        let code = code.map(|byte| byte.to_ascii_uppercase());
        let place = REGIONS.binary_search(&code).map_err(|_| ParseRegionError)?;
        u8::try_from(place).map(Self).map_err(|_| ParseRegionError)
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Region({})", self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::Region;

    #[test]
    fn every_region_reads_back_from_its_code() {
        assert_eq!(Region::all().len(), 245);
        for region in Region::all() {
            assert_eq!(region.as_str().parse(), Ok(region));
            assert_eq!(region.as_str().to_ascii_lowercase().parse(), Ok(region));
            assert!(region.country_code() > 0);
        }
    }

    #[test]
    fn other_texts_are_no_region() {
        for text in ["", "U", "USA", "001", "ZZ", "u s", "ÄÖ"] {
            assert!(text.parse::<Region>().is_err(), "{text}");
        }
    }

    #[test]
    fn calling_codes_are_those_of_the_plan() {
        let code = |text: &str| text.parse::<Region>().unwrap().country_code();
        assert_eq!(code("US"), 1);
        assert_eq!(code("gb"), 44);
        assert_eq!(code("GP"), 590);
    }
}
