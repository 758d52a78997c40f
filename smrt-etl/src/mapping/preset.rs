//! The built-in mappings, and how a header finds one.
//!
//! A preset claims a file only if every column of its signature is there, and where two claim it
//! neither gets it: a wrong preset is worse than none.
//! What this module does not do: it looks at no cell.

use super::header::{HeaderIndex, canonical};
use super::{Detect, Mapping};

macro_rules! presets {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../../presets/", $name, ".toml")))),*]
    };
}

/// Name and text of each preset.
const PRESETS: &[(&str, &str)] = presets![
    "smrt",
    "vcard",
    "google",
    "google_old",
    "outlook",
    "outlook_com",
    "outlook_google",
    "salesforce",
    "salesforce_report",
    "hubspot",
    "hubspot_es",
    "pipedrive",
    "zoho_contacts",
    "zoho_leads",
    "twenty",
    "thunderbird",
    "linkedin",
    "facebook_leads",
    "mailchimp",
];

/// A preset that a header carries the signature of.
#[derive(Debug)]
pub struct Detected {
    /// The preset's name.
    pub preset: &'static str,
    /// What its columns mean.
    pub mapping: Mapping,
}

pub(super) fn names() -> impl Iterator<Item = &'static str> {
    PRESETS.iter().map(|(name, _)| *name)
}

pub(super) fn find(name: &str) -> Option<Mapping> {
    let (name, text) = PRESETS.iter().find(|(preset, _)| *preset == name)?;
    // Every preset is read by a test.
    Mapping::parse(&format!("preset {name}"), text).ok()
}

pub(super) fn detect(header: &[&str]) -> Option<Detected> {
    let mut claims = names().filter_map(|preset| {
        let mapping = find(preset)?;
        let index = HeaderIndex::new(header, mapping.header_case);
        let claimed = mapping
            .detect
            .as_ref()
            .is_some_and(|detect| detect.claims(&index));
        claimed.then_some(Detected { preset, mapping })
    });
    let claim = claims.next()?;
    claims.next().is_none().then_some(claim)
}

impl Detect {
    fn claims(&self, header: &HeaderIndex<'_>) -> bool {
        let has = |name: &String| header.find(name).is_some();
        let named = !self.headers.is_empty() && self.headers.iter().all(has);
        (named || self.claims_by_prefix(header)) && !self.absent.iter().any(has)
    }

    /// Every column begins with one of the prefixes, and at least one with the first.
    fn claims_by_prefix(&self, header: &HeaderIndex<'_>) -> bool {
        let Some(first) = self.prefixes.first() else {
            return false;
        };
        let begins = |column: usize, prefix: &String| {
            canonical(header.name(column)).starts_with(prefix.as_str())
        };
        let mut columns = 0..header.len();
        columns
            .clone()
            .all(|column| self.prefixes.iter().any(|prefix| begins(column, prefix)))
            && columns.any(|column| begins(column, first))
    }
}

#[cfg(test)]
mod tests;
