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

/// The country whose states have rules of their own.
const UNITED_STATES: Jurisdiction = Jurisdiction::of_country(*b"US");

/// Its territories that have a country's code.
const TERRITORIES: [Jurisdiction; 5] = [
    Jurisdiction::of_country(*b"AS"),
    Jurisdiction::of_country(*b"GU"),
    Jurisdiction::of_country(*b"MP"),
    Jurisdiction::of_country(*b"PR"),
    Jurisdiction::of_country(*b"VI"),
];

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
        let by_number = Self::of_number(number);
        let mut place = match stated.jurisdiction {
            Some(address) => by_number.at(as_state(address)),
            None => by_number.clone(),
        };
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
        table::place(number).unwrap_or(&NOWHERE)
    }

    /// The countries whose rules hold.
    ///
    /// ```
    /// use smrt_core::rules::place::{Place, StatedPlace};
    ///
    /// let stated = StatedPlace { jurisdiction: Some("GB".parse()?), zone: None };
    /// let place = Place::of("+12125550143".parse()?, &stated);
    /// let countries: Vec<String> = place.countries().map(|one| one.to_string()).collect();
    /// assert_eq!(countries, ["GB", "US"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn countries(&self) -> impl Iterator<Item = Jurisdiction> + use<> {
        [self.country, self.number_country].into_iter().flatten()
    }

    /// The place of a holder of the number who has this address.
    fn at(&self, address: Jurisdiction) -> Self {
        let country = address.country();
        let is_same_country = self.country == Some(country);
        let states = match address.state() {
            Some(_) if self.states.contains(&address) => vec![address],
            Some(_) => [&[address], self.states.as_slice()].concat(),
            None => self.states.clone(),
        };
        let (zones, zone_source) = match table::state_zones(address) {
            Some(zones) => (self.narrowed(address, zones), ZoneSource::Address),
            // Of a country alone, its numbers tell more.
            None if is_same_country && !self.zones.is_empty() => {
                (self.zones.clone(), self.zone_source)
            }
            None => match table::country_zones(country) {
                [] => (Vec::new(), ZoneSource::Unknown),
                zones => (zones.to_vec(), ZoneSource::Address),
            },
        };
        let number_country = self.country.filter(|_| !is_same_country);
        let in_united_states = country == UNITED_STATES || number_country == Some(UNITED_STATES);
        let is_known = |state: &Jurisdiction| {
            state.country() == UNITED_STATES && table::state_zones(*state).is_some()
        };
        Self {
            country: Some(country),
            number_country,
            any_state: in_united_states && !states.iter().any(is_known),
            states,
            zones,
            zone_source,
        }
    }

    /// The zones of a state. Where the number lies in it as well, both narrow down where its
    /// holder is.
    fn narrowed(&self, state: Jurisdiction, zones: &[Tz]) -> Vec<Tz> {
        if self.states.contains(&state) {
            let both = zones.iter().filter(|zone| self.zones.contains(zone));
            let both: Vec<Tz> = both.copied().collect();
            if !both.is_empty() {
                return both;
            }
        }
        zones.to_vec()
    }
}

/// Whether there is such a country, or such a state of one whose states are known.
///
/// ```
/// use smrt_core::rules::place::is_known;
///
/// assert!(is_known("US-FL".parse()?) && is_known("GB".parse()?));
/// assert!(!is_known("US-ZZ".parse()?) && !is_known("XX".parse()?));
/// # Ok::<(), smrt_core::rules::rule::ParseJurisdictionError>(())
/// ```
#[must_use]
pub fn is_known(place: Jurisdiction) -> bool {
    match place.state() {
        Some(_) => table::state_zones(place).is_some(),
        None => !table::country_zones(place).is_empty(),
    }
}

/// The same place, as a state where it is a territory that has a country's code as well.
fn as_state(place: Jurisdiction) -> Jurisdiction {
    match TERRITORIES.contains(&place) {
        true => place.as_state_of(UNITED_STATES),
        false => place,
    }
}

#[cfg(test)]
mod tests;
