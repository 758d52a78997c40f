//! Where the holders of numbers are.

use super::*;

fn number(text: &str) -> E164 {
    text.parse().unwrap()
}

fn stated(place: &str) -> StatedPlace {
    StatedPlace {
        jurisdiction: Some(place.parse().unwrap()),
        zone: None,
    }
}

/// Country, other country, states, zones sorted by name, source.
fn shown(place: &Place) -> String {
    let country = |country: Option<Jurisdiction>| country.map(|one| one.to_string());
    let states: Vec<String> = place.states.iter().map(ToString::to_string).collect();
    let mut zones: Vec<&str> = place.zones.iter().map(|zone| zone.name()).collect();
    zones.sort_unstable();
    let mut parts = vec![country(place.country).unwrap_or_else(|| "?".to_owned())];
    parts.extend(country(place.number_country).map(|other| format!("and {other}")));
    parts.push(states.join("+"));
    parts.extend(place.any_state.then(|| "any".to_owned()));
    parts.push(zones.join("&"));
    parts.push(place.zone_source.as_str().to_owned());
    parts.retain(|part| !part.is_empty());
    parts.join(" ")
}

#[track_caller]
fn check(text: &str, expected: &str) {
    assert_eq!(shown(Place::of_number(number(text))), expected, "{text}");
}

#[track_caller]
fn check_stated(text: &str, address: &str, expected: &str) {
    let place = Place::of(number(text), &stated(address));
    assert_eq!(shown(&place), expected, "{text} in {address}");
}

#[test]
fn an_area_code_of_one_zone_gives_state_and_zone() {
    check("+12125550143", "US US-NY America/New_York area_code");
    check("+13055550143", "US US-FL America/New_York area_code");
    check("+14165550143", "CA CA-ON America/Toronto area_code");
    check("+17875550143", "US US-PR America/Puerto_Rico area_code");
    check("+16715550143", "US US-GU Pacific/Guam area_code");
    check("+18765550143", "JM America/Jamaica area_code");
    check("+12425550143", "BS America/Nassau area_code");
}

#[test]
fn an_exchange_that_is_listed_by_itself_decides() {
    // Of Indiana, Florida, South Dakota and Oregon, each beside the state's other zone.
    check("+12193220143", "US US-IN America/Chicago exchange");
    check("+18502000143", "US US-FL America/Chicago exchange");
    check("+16053410143", "US US-SD America/Denver exchange");
    check("+15418890143", "US US-OR America/Denver exchange");
}

#[test]
fn in_a_split_area_code_every_zone_of_it_is_possible() {
    let dakota = "America/Chicago&America/Denver&America/North_Dakota/Center";
    check("+17015550143", &format!("US US-ND {dakota} area_code"));
    check("+16055550143", &format!("US US-SD {dakota} area_code"));
    check(
        "+14237550143",
        "US US-TN America/Chicago&America/New_York area_code",
    );
    // Unalaska, which the data put into Honolulu's zone.
    check(
        "+19075810143",
        "US US-AK America/Adak&America/Anchorage&America/Juneau&Pacific/Honolulu area_code",
    );
    check(
        "+18795550143",
        "CA CA-NL America/Halifax&America/Puerto_Rico&America/St_Johns area_code",
    );
}

#[test]
fn an_overlay_lies_where_the_area_code_below_it_lies() {
    check(
        "+13645550143",
        "US US-KY America/Chicago&America/New_York area_code",
    );
    check(
        "+19305550143",
        "US US-IN America/Chicago&America/New_York area_code",
    );
    check(
        "+14485550143",
        "US US-FL America/Chicago&America/New_York area_code",
    );
    check(
        "+14585550143",
        "US US-OR America/Denver&America/Los_Angeles area_code",
    );
}

#[test]
fn an_area_code_may_serve_several_states() {
    check("+19025550143", "CA CA-NS+CA-PE America/Halifax area_code");
    check_stated("+19025550143", "CA-PE", "CA CA-PE America/Halifax address");
}

#[test]
fn numbers_without_a_place_have_none() {
    for toll_free in [
        "+18005550143",
        "+18885550143",
        "+15005550143",
        "+19005550143",
    ] {
        check(toll_free, "US any unknown");
    }
    check("+16005550143", "CA unknown");
    check("+12115550143", "? unknown");
    check("+80012345678", "? unknown");
}

#[test]
fn other_countries_have_the_zones_of_the_longest_prefix() {
    check("+442079460958", "GB Europe/London area_code");
    check("+353212345678", "IE Europe/Dublin area_code");
    check("+493023125000", "DE Europe/Berlin area_code");
    check("+34928123456", "ES Atlantic/Canary exchange");
    check("+34912345678", "ES Europe/Madrid exchange");
    check("+61255501234", "AU Australia/Sydney exchange");
    check("+551123456789", "BR America/Sao_Paulo exchange");
}

#[test]
fn mobiles_of_a_country_with_several_zones_may_be_in_any() {
    check(
        "+61491570006",
        "AU Australia/Adelaide&Australia/Brisbane&Australia/Darwin&Australia/Eucla\
         &Australia/Lord_Howe&Australia/Perth&Australia/Sydney area_code",
    );
    check(
        "+5511961234567",
        "BR America/Manaus&America/Noronha&America/Rio_Branco&America/Sao_Paulo area_code",
    );
    check("+34612345678", "ES Atlantic/Canary&Europe/Madrid area_code");
}

#[test]
fn an_address_decides_the_zone_and_adds_its_state() {
    check_stated(
        "+12125550143",
        "US-CA",
        "US US-CA+US-NY America/Los_Angeles address",
    );
    check_stated(
        "+18005550143",
        "US-TX",
        "US US-TX America/Chicago&America/Denver address",
    );
    check_stated(
        "+442079460958",
        "US-CO",
        "US and GB US-CO America/Denver address",
    );
    check_stated(
        "+12125550143",
        "GB",
        "GB and US US-NY Europe/London address",
    );
    check_stated(
        "+12125550143",
        "PR",
        "US US-PR+US-NY America/Puerto_Rico address",
    );
}

#[test]
fn address_and_area_code_of_one_state_narrow_each_other_down() {
    check_stated("+13055550143", "US-FL", "US US-FL America/New_York address");
    check_stated("+18502000143", "US-FL", "US US-FL America/Chicago address");
    // Not the number of another state: its holder may be anywhere in Florida.
    check_stated(
        "+12125550143",
        "US-FL",
        "US US-FL+US-NY America/Chicago&America/New_York address",
    );
}

#[test]
fn a_country_as_address_says_no_more_than_a_number_of_it() {
    check_stated("+12125550143", "US", "US US-NY America/New_York area_code");
    check_stated(
        "+18005550143",
        "CA",
        "CA and US any America/Atikokan&America/Blanc-Sablon&America/Cambridge_Bay\
         &America/Edmonton&America/Fort_Nelson&America/Halifax&America/Rankin_Inlet&America/Regina\
         &America/St_Johns&America/Toronto&America/Vancouver&America/Whitehorse\
         &America/Winnipeg address",
    );
    check_stated("+442079460958", "DE", "DE and GB Europe/Berlin address");
}

#[test]
fn a_state_that_is_not_known_leaves_every_state_possible() {
    check_stated(
        "+18005550143",
        "US-AE",
        "US US-AE any America/Adak&America/Anchorage&America/Chicago&America/Denver&America/Los_Angeles&America/New_York&America/Phoenix&Pacific/Honolulu address",
    );
}

#[test]
fn a_stated_zone_comes_before_everything() {
    let place = Place::of(
        number("+12125550143"),
        &StatedPlace {
            zone: Some(Tz::Pacific__Honolulu),
            ..stated("US-FL")
        },
    );
    assert_eq!(shown(&place), "US US-FL+US-NY Pacific/Honolulu stated");
}

#[test]
fn where_the_address_is_abroad_the_rules_of_both_countries_apply() {
    use crate::rules::rule::RuleSet;
    let applying = |address: &str, text: &str| -> Vec<_> {
        let place = Place::of(number(text), &stated(address));
        let rules = RuleSet::builtin().applying(&place);
        rules
            .map(|rule| (rule.id.as_str(), rule.effective_from))
            .collect()
    };
    let at_home = applying("US-FL", "+13055550143");
    let abroad = applying("CA-ON", "+13055550143");
    assert!(at_home.iter().all(|rule| abroad.contains(rule)));
    assert!(abroad.len() > at_home.len());
    // Two members of a union are under its rules once.
    let mut rules = applying("DE", "+33142685300");
    let all = rules.len();
    rules.sort_unstable();
    rules.dedup();
    assert_eq!(rules.len(), all);
}
