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
const PRESETS: &[(&str, &str)] = presets!["hubspot",];

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
        let prefixed = |prefix: &String| {
            (0..header.len()).all(|column| {
                let name = canonical(header.name(column));
                name.starts_with(prefix.as_str())
            })
        };
        (!self.headers.is_empty() || self.prefix.is_some())
            && self.headers.iter().all(has)
            && !self.absent.iter().any(has)
            && (self.prefix.as_ref().is_none_or(prefixed) && header.len() > 0)
    }
}
