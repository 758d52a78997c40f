//! The data files, read strictly, and how fast.

use std::collections::BTreeSet;

use super::*;

fn lines(text: &'static str) -> Vec<Vec<&'static str>> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines.map(|line| line.split('|').collect()).collect()
}

#[track_caller]
fn assert_zones(names: &str) {
    for name in names.split('&') {
        assert!(name.parse::<Tz>().is_ok(), "no zone `{name}`");
    }
}

#[test]
fn every_zone_of_the_files_is_one() {
    for text in [ZONES, STATES, COUNTRIES] {
        for row in lines(text) {
            assert_eq!(row.len(), 2, "{row:?}");
            assert_zones(row[1]);
        }
    }
    for row in lines(CORRECTIONS) {
        assert_eq!(row.len(), 3, "{row:?}");
        if !row[1].is_empty() {
            assert_zones(row[1]);
        }
    }
}

#[test]
fn every_prefix_fits_the_table() {
    let rows = lines(ZONES);
    assert_eq!(rows.len(), 3240);
    for row in &rows {
        assert!(row[0].len() <= 9 && row[0].parse::<u32>().is_ok_and(|prefix| prefix > 0));
    }
    assert!(rows.is_sorted());
    let outside = rows.iter().filter(|row| !row[0].starts_with('1')).count();
    assert_eq!(WORLD.prefixes.len(), outside);
}

#[test]
fn every_state_of_the_country_has_its_area_codes() {
    let states: BTreeSet<&str> = lines(STATES).iter().map(|row| row[0]).collect();
    let american = |state: &&&str| state.starts_with("US-");
    // Fifty states, the District of Columbia and five territories.
    assert_eq!(states.iter().filter(american).count(), 56);
    assert_eq!(
        states
            .iter()
            .filter(|state| state.starts_with("CA-"))
            .count(),
        13
    );
    assert_eq!(
        states
            .iter()
            .filter(|state| state.starts_with("AU-"))
            .count(),
        8
    );
    let mut served = BTreeSet::new();
    let mut codes = 0;
    for row in lines(AREA_CODES) {
        let places: Vec<&str> = row[1].split('&').collect();
        for place in &places {
            assert!(place.len() == 2 || states.contains(place), "{row:?}");
            served.insert(*place);
        }
        codes += usize::from(row[1].starts_with("US-"));
    }
    // 359 of the states and the district, six of the territories.
    assert_eq!(codes, 365);
    let rest: Vec<&&str> = states
        .iter()
        .filter(|state| !state.starts_with("AU-") && !served.contains(*state))
        .collect();
    assert!(rest.is_empty(), "{rest:?}");
}

#[test]
fn area_codes_named_after_a_city_or_not_at_all_lie_in_the_right_state() {
    let check = |state: &str, codes: &[usize]| {
        for code in codes {
            let area = AREAS[*code].as_ref().unwrap();
            let states: Vec<String> = area.whole.states.iter().map(ToString::to_string).collect();
            assert_eq!(states, [state], "{code}");
        }
    };
    check("US-NY", &[212, 332, 718, 934, 917, 646, 347, 929]);
    check("US-IL", &[312, 773, 872]);
    check("US-TX", &[210, 713, 726]);
    check("US-CA", &[213, 310]);
    check("US-PA", &[445]);
    check("US-FL", &[728]);
    check("US-CT", &[203]);
    check("US-WA", &[206, 253, 360, 425, 509, 564]);
    check("US-DC", &[202, 771]);
    check("US-PR", &[787, 939]);
    check("US-VI", &[340]);
    check("US-MP", &[670]);
    check("US-GU", &[671]);
    check("US-AS", &[684]);
    check("CA-ON", &[437, 905, 942]);
    check("CA-QC", &[263]);
    check("CA-BC", &[257]);
}

#[test]
fn every_area_code_in_the_zone_data_is_known_and_has_a_zone() {
    let known: BTreeSet<&str> = lines(AREA_CODES).iter().map(|row| row[0]).collect();
    for row in lines(ZONES) {
        if let Some(code) = row[0].strip_prefix('1').and_then(|code| code.get(..3)) {
            assert!(known.contains(code), "{code}");
        }
    }
    for (code, area) in AREAS.iter().enumerate() {
        let Some(area) = area else { continue };
        let geographic = !area.whole.states.is_empty()
            || area
                .whole
                .country
                .is_some_and(|country| !["US", "CA"].contains(&country.to_string().as_str()));
        assert_eq!(geographic, !area.whole.zones.is_empty(), "{code}");
    }
}

#[test]
fn zones_of_an_area_code_are_those_of_its_state_but_for_known_exceptions() {
    let mut outside = BTreeSet::new();
    for (code, area) in AREAS.iter().enumerate() {
        let Some(area) = area else { continue };
        for place in std::iter::once(&area.whole).chain(&area.parts) {
            let lies = |zone: &Tz| {
                let mut states = place.states.iter();
                place.states.is_empty()
                    || states.any(|state| state_zones(*state).unwrap().contains(zone))
            };
            let found = place.zones.iter().filter(|zone| !lies(zone));
            outside.extend(found.map(|zone| format!("{code} {zone}")));
        }
    }
    let outside: Vec<&str> = outside.iter().map(String::as_str).collect();
    // Wrong defaults of the data, which the union makes harmless.
    assert_eq!(
        outside,
        [
            "474 America/Winnipeg",
            "867 America/Fort_Nelson",
            "867 America/Vancouver",
            "867 America/Winnipeg",
            "879 America/Puerto_Rico",
            "907 Pacific/Honolulu",
        ]
    );
}

#[test]
fn corrections_and_overlays_speak_of_rows_that_exist() {
    let prefixes: BTreeSet<&str> = lines(ZONES).iter().map(|row| row[0]).collect();
    for row in lines(CORRECTIONS) {
        assert!(prefixes.contains(row[0]), "{row:?}");
    }
    let codes: BTreeSet<&str> = lines(AREA_CODES).iter().map(|row| row[0]).collect();
    for row in lines(OVERLAYS) {
        assert!(codes.contains(row[0]), "{row:?}");
        assert!(
            row[1].split('&').all(|code| codes.contains(code)),
            "{row:?}"
        );
    }
}

#[test]
fn every_region_of_the_numbering_plan_has_zones() {
    for region in Region::all() {
        let country = of_region(region).unwrap();
        let territory = format!("US-{country}").parse().unwrap();
        let zones = country_zones(country);
        assert!(!zones.is_empty(), "{region}");
        if region.country_code() == 1 && country != "US".parse().unwrap() {
            assert!(
                state_zones(territory).is_some() || zones.len() == 1 || region.as_str() == "CA"
            );
        }
    }
}

#[test]
fn the_longest_prefix_wins() {
    let zones = |digits: u64| WORLD.prefix(digits).map(|prefix| prefix.zones);
    assert_eq!(zones(34_912_345_678), Some("Europe/Madrid"));
    assert_eq!(zones(34_922_345_678), Some("Atlantic/Canary"));
    assert_eq!(zones(34_222_345_678), Some("Atlantic/Canary&Europe/Madrid"));
    // Behind a longer prefix that does not hold it.
    assert_eq!(
        zones(353_539_254_000),
        Some("Europe/Guernsey&Europe/Isle_of_Man&Europe/London")
    );
    assert_eq!(zones(999_000_000), None);
    // As the plain search over all rows says.
    let rows = lines(ZONES);
    for row in rows.iter().filter(|row| !row[0].starts_with('1')) {
        for tail in ["0000000", "5555555", "9999999"] {
            let digits = format!("{}{tail}", row[0]);
            let holds = rows.iter().filter(|other| digits.starts_with(other[0]));
            let longest = holds.max_by_key(|other| other[0].len()).unwrap();
            assert_eq!(zones(digits.parse().unwrap()), Some(longest[1]), "{digits}");
        }
    }
}
