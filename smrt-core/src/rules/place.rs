//! Where the called party is: jurisdictions and time zones, from what is stated and from the
//! number, with how sure that is.
//!
//! What this module does not do: it knows no law, and it guesses no single zone where the
//! numbering plan leaves several.

use chrono_tz::Tz;

use super::rule::Jurisdiction;
use crate::phone::E164;

/// What is known of where the called party is, other than the number.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct StatedPlace {
    /// The state, or the country, of an address.
    pub jurisdiction: Option<Jurisdiction>,
    /// The time zone, as the called party or an operator stated it.
    pub zone: Option<Tz>,
}

/// Where the called party may be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Place {
    /// The country, if known.
    pub country: Option<Jurisdiction>,
    /// The states whose rules hold: that of the address and that of the number, where they
    /// differ. Empty in a country whose states do not matter, and where none is known.
    pub states: Vec<Jurisdiction>,
    /// Whether the country has states with rules and none is known: then every state's rules hold.
    pub any_state: bool,
    /// Every zone the called party may be in; empty when nothing is known.
    pub zones: Vec<Tz>,
    /// What the zones were taken from.
    pub zone_source: ZoneSource,
}

/// What a set of zones was taken from, the surest first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum ZoneSource {
    /// The called party or an operator said so.
    Stated,
    /// The state or country of an address, which lies in these zones.
    Address,
    /// The number's exchange (NPA-NXX), or as long a prefix elsewhere.
    Exchange,
    /// The number's area code or country as a whole.
    AreaCode,
    /// Nothing is known.
    Unknown,
}

impl Place {
    /// The place of the holder of a number.
    #[must_use]
    pub fn of(_number: E164, _stated: &StatedPlace) -> Self {
        Self {
            country: None,
            states: Vec::new(),
            any_state: false,
            zones: Vec::new(),
            zone_source: ZoneSource::Unknown,
        }
    }
}
