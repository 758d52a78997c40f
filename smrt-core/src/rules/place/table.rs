//! The tables behind a place, read once from the files in `smrt-core/data/place`.
//!
//! What this module does not do: it knows of no address; [`super::Place`] does.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use chrono_tz::Tz;

use super::{Place, ZoneSource};
use crate::phone::{E164, LineType, Region};
use crate::rules::rule::Jurisdiction;

const ZONES: &str = include_str!("../../../data/place/zones.txt");
const AREA_CODES: &str = include_str!("../../../data/place/area-codes.txt");
const OVERLAYS: &str = include_str!("../../../data/place/overlays.txt");
const CORRECTIONS: &str = include_str!("../../../data/place/corrections.txt");
const STATES: &str = include_str!("../../../data/place/states.txt");
const COUNTRIES: &str = include_str!("../../../data/place/countries.txt");

/// Digits of a prefix at most. Prefixes are compared as numbers of so many digits.
const PREFIX_DIGITS_MAX: u32 = 9;
/// Digits of a number of +1.
const NANP_DIGITS: u32 = 11;
/// Area codes are below.
const AREA_CODE_END: usize = 1000;

/// Area codes of +1.
static AREAS: LazyLock<Vec<Option<Area>>> = LazyLock::new(areas);
/// Everything outside +1.
static WORLD: LazyLock<World> = LazyLock::new(World::read);
/// States and their zones.
static STATE_ZONES: LazyLock<BTreeMap<Jurisdiction, Vec<Tz>>> = LazyLock::new(|| {
    let rows = rows(STATES);
    rows.filter_map(|(state, zones)| Some((state.parse().ok()?, zones_of(zones))))
        .collect()
});

/// Where the holder of a number may be, as far as the number tells.
pub(super) fn place(number: E164) -> Option<&'static Place> {
    let digits = number.digits();
    if digits / 10u64.pow(NANP_DIGITS - 1) == 1 {
        let exchange = digits / 10_000 % 1000;
        let area_code = digits / 10_000_000 % 1000;
        let area = AREAS.get(usize::try_from(area_code).ok()?)?.as_ref()?;
        return Some(area.place(u16::try_from(exchange).ok()?));
    }
    let (region, line_type) = number.plan_entry()?;
    WORLD.place(digits, region?, line_type)
}

/// The zones of a state, if it is a known one.
pub(super) fn state_zones(state: Jurisdiction) -> Option<&'static [Tz]> {
    STATE_ZONES.get(&state).map(Vec::as_slice)
}

/// The zones of a country; none if it is not a known one.
pub(super) fn country_zones(country: Jurisdiction) -> &'static [Tz] {
    let country = WORLD.countries.get(&country);
    country.map_or(&[], |country| &country.whole.zones)
}

/// The countries.
struct World {
    countries: BTreeMap<Jurisdiction, Country>,
    /// Sorted by where a prefix begins, the shorter first.
    prefixes: Vec<Prefix>,
}

/// An area code of +1.
struct Area {
    /// Where its numbers are if the exchange is not listed by itself.
    whole: Place,
    /// The exchanges that are, sorted, with the place in `parts`.
    exchanges: Vec<(u16, u16)>,
    parts: Vec<Place>,
}

/// Numbers that begin with some digits.
struct Prefix {
    /// The digits, with zeros behind them.
    start: u32,
    digits: u32,
    /// The longest other prefix of this one.
    parent: Option<u16>,
    zones: &'static str,
}

/// A country.
struct Country {
    whole: Place,
    /// Its parts by what `zones.txt` calls their zones.
    parts: BTreeMap<&'static str, Place>,
}

impl World {
    fn place(&self, digits: u64, region: Region, line_type: LineType) -> Option<&Place> {
        let country = self.countries.get(&of_region(region)?)?;
        if country.parts.is_empty() || !is_geographic(line_type) {
            return Some(&country.whole);
        }
        let prefix = self.prefix(digits);
        let part = prefix.and_then(|prefix| country.parts.get(prefix.zones));
        Some(part.unwrap_or(&country.whole))
    }

    /// The longest prefix of a number.
    fn prefix(&self, digits: u64) -> Option<&Prefix> {
        let start = aligned(digits)?;
        let behind = self
            .prefixes
            .partition_point(|prefix| prefix.start <= start);
        let mut prefix = self.prefixes.get(behind.checked_sub(1)?)?;
        while !prefix.holds(start) {
            prefix = self.prefixes.get(usize::from(prefix.parent?))?;
        }
        Some(prefix)
    }

    /// Reads the files. They are part of the program, and a test reads them more strictly: what
    /// does not read here is passed over.
    fn read() -> Self {
        let mut countries = BTreeMap::new();
        for (code, zones) in rows(COUNTRIES) {
            if let Ok(country) = code.parse::<Jurisdiction>() {
                let whole = Place {
                    country: Some(country),
                    zones: zones_of(zones),
                    zone_source: ZoneSource::AreaCode,
                    ..super::NOWHERE.clone()
                };
                let parts = BTreeMap::new();
                countries.insert(country, Country { whole, parts });
            }
        }
        let prefixes = prefixes();
        add_parts(&mut countries, &prefixes);
        Self {
            countries,
            prefixes,
        }
    }
}

impl Area {
    fn place(&self, exchange: u16) -> &Place {
        let found = self
            .exchanges
            .binary_search_by_key(&exchange, |(listed, _)| *listed);
        found
            .ok()
            .and_then(|position| self.exchanges.get(position))
            .and_then(|(_, part)| self.parts.get(usize::from(*part)))
            .unwrap_or(&self.whole)
    }
}

impl Prefix {
    fn holds(&self, start: u32) -> bool {
        let tail = 10u32.pow(PREFIX_DIGITS_MAX.saturating_sub(self.digits));
        start / tail == self.start / tail
    }
}

/// What is read of an area code before its places are made.
#[derive(Default)]
struct Seen {
    /// The zones of any prefix of it.
    zones: Vec<&'static str>,
    /// Those of its exchanges that are listed by themselves.
    exchanges: Vec<(u16, &'static str)>,
}

/// The area codes of +1.
fn areas() -> Vec<Option<Area>> {
    let seen = seen();
    let overlays: BTreeMap<&str, &str> = rows(OVERLAYS).collect();
    let mut areas: Vec<Option<Area>> = (0..AREA_CODE_END).map(|_| None).collect();
    for (code, places) in rows(AREA_CODES) {
        let below = overlays.get(code).copied().unwrap_or_default();
        let codes = std::iter::once(code).chain(below.split('&'));
        let sources = codes.filter_map(|code| seen.get(code.parse::<usize>().ok()?));
        let mut zones = Vec::new();
        for names in sources.flat_map(|seen| &seen.zones) {
            add_zones(&mut zones, names);
        }
        let whole = place_of_area(places, zones);
        let number = code.parse().unwrap_or(usize::MAX);
        if let (Some(area), Some(seen)) = (areas.get_mut(number), seen.get(number)) {
            *area = Some(with_exchanges(whole, seen));
        }
    }
    areas
}

/// What `zones.txt`, as corrected, says of each area code.
fn seen() -> Vec<Seen> {
    let corrections: BTreeMap<&str, &str> = rows(CORRECTIONS).collect();
    let mut seen: Vec<Seen> = (0..AREA_CODE_END).map(|_| Seen::default()).collect();
    // They are the first, since the file is sorted.
    let rows = rows(ZONES).take_while(|(prefix, _)| prefix.starts_with('1'));
    for (prefix, zones) in rows {
        let Some(number) = prefix.strip_prefix('1').and_then(|code| code.get(..3)) else {
            continue;
        };
        let of_area = number
            .parse::<usize>()
            .ok()
            .and_then(|code| seen.get_mut(code));
        let Some(of_area) = of_area else { continue };
        if !of_area.zones.contains(&zones) {
            of_area.zones.push(zones);
        }
        let exchange = prefix.get(4..).filter(|exchange| exchange.len() == 3);
        let Some(exchange) = exchange.and_then(|exchange| exchange.parse().ok()) else {
            continue;
        };
        match corrections.get(prefix).copied() {
            None => of_area.exchanges.push((exchange, zones)),
            // A dropped row leaves what holds for the area code as a whole.
            Some("") => {}
            Some(corrected) => {
                if !of_area.zones.contains(&corrected) {
                    of_area.zones.push(corrected);
                }
                of_area.exchanges.push((exchange, corrected));
            }
        }
    }
    seen
}

/// An area code as a whole.
fn place_of_area(places: &str, zones: Vec<Tz>) -> Place {
    let places: Vec<Jurisdiction> = places
        .split('&')
        .filter_map(|place| place.parse().ok())
        .collect();
    let states: Vec<Jurisdiction> = places
        .iter()
        .filter(|place| place.state().is_some())
        .copied()
        .collect();
    let mut place = Place {
        country: places.first().map(|place| place.country()),
        states,
        zone_source: match zones.is_empty() {
            true => ZoneSource::Unknown,
            false => ZoneSource::AreaCode,
        },
        zones,
        ..super::NOWHERE.clone()
    };
    place.any_state = place.country == Some(super::UNITED_STATES) && place.states.is_empty();
    place
}

fn with_exchanges(whole: Place, seen: &Seen) -> Area {
    let mut parts: Vec<(&str, Place)> = Vec::new();
    let mut exchanges = Vec::with_capacity(seen.exchanges.len());
    for (exchange, zones) in &seen.exchanges {
        let position = parts.iter().position(|(names, _)| names == zones);
        let position = position.unwrap_or_else(|| {
            let part = Place {
                zones: zones_of(zones),
                zone_source: ZoneSource::Exchange,
                ..whole.clone()
            };
            parts.push((zones, part));
            parts.len() - 1
        });
        exchanges.push((*exchange, u16::try_from(position).unwrap_or_default()));
    }
    exchanges.sort_unstable();
    Area {
        whole,
        exchanges,
        parts: parts.into_iter().map(|(_, part)| part).collect(),
    }
}

/// The prefixes outside +1.
fn prefixes() -> Vec<Prefix> {
    let mut prefixes: Vec<Prefix> = rows(ZONES)
        .skip_while(|(prefix, _)| prefix.starts_with('1'))
        .filter_map(|(prefix, zones)| {
            Some(Prefix {
                start: aligned(prefix.parse().ok()?)?,
                digits: u32::try_from(prefix.len()).ok()?,
                parent: None,
                zones,
            })
        })
        .collect();
    prefixes.sort_unstable_by_key(|prefix| (prefix.start, prefix.digits));
    // The prefixes that hold the one at hand, the longest last.
    let mut open: Vec<(u16, u32, u32)> = Vec::new();
    for (position, prefix) in (0u16..).zip(&mut prefixes) {
        let start = prefix.start;
        while let Some((_, outer, digits)) = open.last().copied() {
            let tail = 10u32.pow(PREFIX_DIGITS_MAX.saturating_sub(digits));
            if start / tail == outer / tail {
                break;
            }
            open.pop();
        }
        prefix.parent = open.last().map(|(position, ..)| *position);
        open.push((position, start, prefix.digits));
    }
    prefixes
}

/// Adds to each country with several zones a place for each of its prefixes that says less.
fn add_parts(countries: &mut BTreeMap<Jurisdiction, Country>, prefixes: &[Prefix]) {
    for region in Region::all() {
        let code = u32::from(region.country_code());
        let country = of_region(region).and_then(|country| countries.get_mut(&country));
        let Some(country) = country.filter(|country| country.whole.zones.len() > 1) else {
            continue;
        };
        let digits = code.checked_ilog10().map_or(0, |log| log + 1);
        let Some(start) = aligned(u64::from(code)) else {
            continue;
        };
        let end = start + 10u32.pow(PREFIX_DIGITS_MAX.saturating_sub(digits));
        let first = prefixes.partition_point(|prefix| prefix.start < start);
        for prefix in prefixes.iter().skip(first) {
            if prefix.start >= end {
                break;
            }
            if prefix.digits > digits && !country.parts.contains_key(prefix.zones) {
                let part = Place {
                    zones: zones_of(prefix.zones),
                    zone_source: ZoneSource::Exchange,
                    ..country.whole.clone()
                };
                country.parts.insert(prefix.zones, part);
            }
        }
    }
}

/// Whether numbers of such lines are given out by place. Mobiles are not, anywhere but in the plan
/// of +1 and others that do not tell them apart.
const fn is_geographic(line_type: LineType) -> bool {
    matches!(line_type, LineType::FixedLine | LineType::FixedLineOrMobile)
}

fn of_region(region: Region) -> Option<Jurisdiction> {
    let code = region.as_str().as_bytes().try_into().ok()?;
    Some(Jurisdiction::of_country(code))
}

/// The first digits as a number of [`PREFIX_DIGITS_MAX`] digits.
fn aligned(digits: u64) -> Option<u32> {
    let width = digits.checked_ilog10()? + 1;
    let aligned = match width.checked_sub(PREFIX_DIGITS_MAX) {
        Some(more) => digits / 10u64.pow(more),
        None => digits * 10u64.pow(PREFIX_DIGITS_MAX - width),
    };
    u32::try_from(aligned).ok()
}

/// The first two columns of a file.
fn rows(text: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| {
        let mut columns = line.split('|');
        Some((columns.next()?, columns.next()?))
    })
}

fn zones_of(names: &str) -> Vec<Tz> {
    let mut zones = Vec::new();
    add_zones(&mut zones, names);
    zones
}

fn add_zones(zones: &mut Vec<Tz>, names: &str) {
    for zone in names.split('&').filter_map(|name| name.parse().ok()) {
        if !zones.contains(&zone) {
            zones.push(zone);
        }
    }
}

#[cfg(test)]
mod tests;
