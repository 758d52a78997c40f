//! Where the called party is: jurisdictions and time zones, from what is stated and from the
//! number, with how sure that is.
//!
//! # What it decides
//!
//! Zones: a stated zone, else all zones of the state or country of an address, else what the
//! numbering plan says: the exchange where it is listed by itself, else every zone seen under the
//! area code. States: that of the address and that of the number; both where they differ.
//!
//! # Why
//!
//! The law asks where the called party is; the number is only evidence of it. A contact must be
//! lawful in every zone and state that is left.
//!
//! What this module does not do: it knows no law, and it guesses no single zone where the
//! numbering plan leaves several.

mod table;

pub use chrono_tz::{IANA_TZDB_VERSION as ZONES_VERSION, Tz};

use self::table::TABLE;
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
    /// The country of the address, else that of the number.
    pub country: Option<Jurisdiction>,
    /// The country of the number where that is another: its rules hold as well.
    pub number_country: Option<Jurisdiction>,
    /// The states whose rules hold: that of the address and that of the number, where they
    /// differ; several where an area code serves several. Empty where none is known.
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

impl ZoneSource {
    /// The word in every format.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Stated => "stated",
            Self::Address => "address",
            Self::Exchange => "exchange",
            Self::AreaCode => "area_code",
            Self::Unknown => "unknown",
        }
    }
}

/// Nothing is known of it.
static NOWHERE: Place = Place {
    country: None,
    number_country: None,
    states: Vec::new(),
    any_state: false,
    zones: Vec::new(),
    zone_source: ZoneSource::Unknown,
};

/// Members of the European Union, with those of their territories that have a region of their own
/// in the numbering plan and in which its law holds.
const EU_MEMBERS: [&str; 34] = [
    "AT", "AX", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GF", "GP", "GR", "HR",
    "HU", "IE", "IT", "LT", "LU", "LV", "MF", "MQ", "MT", "NL", "PL", "PT", "RE", "RO", "SE", "SI",
    "SK", "YT",
];

/// Territories of the United States that have a country's code.
const TERRITORIES: [&str; 5] = ["AS", "GU", "MP", "PR", "VI"];

impl Place {
    /// The place of the holder of a number, of whom something may have been stated.
    ///
    /// ```
    /// use smrt_core::rules::place::{Place, StatedPlace, ZoneSource};
    ///
    /// // A New York number whose holder has an address in California.
    /// let stated = StatedPlace { jurisdiction: Some("US-CA".parse()?), zone: None };
    /// let place = Place::of("+12125550143".parse()?, &stated);
    /// assert_eq!(place.states, ["US-CA".parse()?, "US-NY".parse()?]);
    /// assert_eq!(place.zones, [chrono_tz::America::Los_Angeles]);
    /// assert_eq!(place.zone_source, ZoneSource::Address);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn of(number: E164, stated: &StatedPlace) -> Self {
        let mut place = Self::of_number(number).clone();
        if let Some(address) = stated.jurisdiction {
            place.take_address(as_state(address));
        }
        if let Some(zone) = stated.zone {
            place.zones = vec![zone];
            place.zone_source = ZoneSource::Stated;
        }
        place
    }

    /// The place of the holder of a number of whom nothing was stated. Numbers of one area code
    /// share few values, so that a caller may keep what it derives from one by its address.
    ///
    /// ```
    /// use smrt_core::rules::place::{Place, ZoneSource};
    ///
    /// // Area code 423 lies in two zones; this exchange is not listed by itself.
    /// let place = Place::of_number("+14237550143".parse()?);
    /// assert_eq!(place.states, ["US-TN".parse()?]);
    /// assert_eq!(place.zones.len(), 2);
    /// assert_eq!(place.zone_source, ZoneSource::AreaCode);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn of_number(number: E164) -> &'static Self {
        TABLE.place(number).unwrap_or(&NOWHERE)
    }

    /// Everything whose rules hold: countries, the European Union for its members, states.
    ///
    /// ```
    /// use smrt_core::rules::place::Place;
    ///
    /// let hold = |number: &str| -> Vec<String> {
    ///     let place = Place::of_number(number.parse().unwrap());
    ///     place.jurisdictions().map(|one| one.to_string()).collect()
    /// };
    /// assert_eq!(hold("+493023125000"), ["DE", "EU"]);
    /// assert_eq!(hold("+13055550143"), ["US", "US-FL"]);
    /// ```
    pub fn jurisdictions(&self) -> impl Iterator<Item = Jurisdiction> + '_ {
        let countries = [self.country, self.number_country];
        let in_union = countries.into_iter().flatten().any(is_eu_member);
        let union = in_union.then(|| "EU".parse().ok()).flatten();
        let states = self.states.iter().copied();
        countries.into_iter().flatten().chain(union).chain(states)
    }

    /// Takes an address into account.
    fn take_address(&mut self, address: Jurisdiction) {
        let country = address.country();
        if self.country != Some(country) {
            self.number_country = self.country;
        }
        let zones = match TABLE.state_zones(address) {
            // The number lies in the same state, so that both narrow down where its holder is.
            Some(zones) if self.states.contains(&address) => {
                let narrowed = zones.iter().filter(|zone| self.zones.contains(zone));
                let narrowed: Vec<Tz> = narrowed.copied().collect();
                match narrowed.is_empty() {
                    true => zones.to_vec(),
                    false => narrowed,
                }
            }
            Some(zones) => zones.to_vec(),
            // Of a country alone, its numbers tell more.
            None if self.country == Some(country) && !self.zones.is_empty() => Vec::new(),
            None => TABLE.country_zones(country).to_vec(),
        };
        let known = !zones.is_empty();
        if known || self.country != Some(country) {
            self.zone_source = match known {
                true => ZoneSource::Address,
                false => ZoneSource::Unknown,
            };
            self.zones = zones;
        }
        self.country = Some(country);
        if address.state().is_some() {
            match self.states.contains(&address) {
                true => self.states = vec![address],
                false => self.states.insert(0, address),
            }
        }
        self.any_state = self.lacks_state();
    }

    /// Whether the rules of some state hold and it is not known of which.
    fn lacks_state(&self) -> bool {
        let america = "US".parse().ok();
        let in_america = self.country == america || self.number_country == america;
        let is_known = |state: &Jurisdiction| {
            Some(state.country()) == america && TABLE.state_zones(*state).is_some()
        };
        in_america && !self.states.iter().any(is_known)
    }
}

/// The same place, as a state where it is a territory that has a country's code as well.
fn as_state(place: Jurisdiction) -> Jurisdiction {
    match TERRITORIES.contains(&place.to_string().as_str()) {
        true => format!("US-{place}").parse().unwrap_or(place),
        false => place,
    }
}

fn is_eu_member(country: Jurisdiction) -> bool {
    let code = country.to_string();
    EU_MEMBERS.binary_search(&code.as_str()).is_ok()
}

#[cfg(test)]
mod tests;
