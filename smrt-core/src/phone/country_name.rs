//! Regions by the names that country columns hold.
//!
//! Codes, English and native names, names in the large languages of exports, and spellings that
//! are common without being official. It does not guess: a name that may mean two regions is
//! unknown.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::Region;

/// Folded names with the codes of their regions, sorted by name.
static NAMES: &[(&str, [u8; 2])] = include!(concat!(env!("OUT_DIR"), "/country_names.rs"));

/// No name of a country is longer.
const NAME_BYTES_MAX: usize = 200;

impl Region {
    /// Finds the region that a country column names: `US`, `USA`, `United States`, `Deutschland`,
    /// `españa`, `UK`.
    ///
    /// Case, accents, blanks and punctuation do not matter, and neither does what stands in
    /// parentheses behind the name.
    #[must_use]
    pub fn from_country_name(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.len() > NAME_BYTES_MAX {
            return None;
        }
        if let Ok(region) = text.parse() {
            return Some(region);
        }
        let name = text.split_once('(').map_or(text, |(name, _)| name);
        by_folded(&fold(text)).or_else(|| by_folded(&fold(name)))
    }
}

fn by_folded(name: &str) -> Option<Region> {
    let place = NAMES
        .binary_search_by(|(known, _)| (*known).cmp(name))
        .ok()?;
    let (_, code) = NAMES.get(place)?;
    std::str::from_utf8(code).ok()?.parse().ok()
}

/// Letters and digits only, without case and accents.
fn fold(text: &str) -> String {
    text.replace('&', " and ")
        .nfkd()
        .filter(|&character| character.is_alphanumeric() && !is_combining_mark(character))
        .flat_map(char::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{NAMES, Region, fold};

    fn check(name: &str, expected: Option<&str>) {
        let found = Region::from_country_name(name).map(Region::as_str);
        assert_eq!(found, expected, "{name}");
    }

    #[test]
    fn regions_are_found_by_code_and_name() {
        check("US", Some("US"));
        check(" us ", Some("US"));
        check("USA", Some("US"));
        check("U.S.A.", Some("US"));
        check("U.S.", Some("US"));
        check("United States", Some("US"));
        check("united states of america", Some("US"));
        check("The United States (US)", Some("US"));
        check("UK", Some("GB"));
        check("Great Britain", Some("GB"));
        check("GBR", Some("GB"));
        check("Deutschland", Some("DE"));
        check("Allemagne", Some("DE"));
        check("España", Some("ES"));
        check("ESPANA", Some("ES"));
        check("Brasil", Some("BR"));
        check("Côte d’Ivoire", Some("CI"));
        check("Trinidad & Tobago", Some("TT"));
        check("Trinidad and Tobago", Some("TT"));
        check("Korea, Republic of", Some("KR"));
        check("Россия", Some("RU"));
        check("日本", Some("JP"));
        check("भारत", Some("IN"));
        check("Türkiye", Some("TR"));
    }

    #[test]
    fn what_is_no_country_is_not_guessed() {
        check("", None);
        check("ZZ", None);
        check("Europe", None);
        check("n/a", None);
        check("001", None);
        check("Springfield", None);
        check(&"x".repeat(1000), None);
    }

    #[test]
    fn the_table_is_sorted_and_every_name_is_its_own_fold() {
        assert!(NAMES.is_sorted_by(|a, b| a.0 < b.0));
        for (name, code) in NAMES {
            assert_eq!(fold(name), *name);
            let expected = std::str::from_utf8(code).unwrap();
            assert_eq!(super::by_folded(name).map(Region::as_str), Some(expected));
        }
    }

    #[test]
    fn every_region_has_its_alpha_3_code_or_a_name() {
        for region in Region::all() {
            let code = region.as_str().as_bytes();
            assert!(NAMES.iter().any(|(_, known)| known == code), "{region}");
        }
    }
}
