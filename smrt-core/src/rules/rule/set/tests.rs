//! Which rules and holidays hold where, and that the built-in ones hang together.

use super::*;
use crate::model::{Channel, Purpose};
use crate::rules::place::ZoneSource;
use crate::rules::rule::{Demand, Profile};

fn jurisdiction(text: &str) -> Jurisdiction {
    text.parse().unwrap()
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn place(country: &str, states: &[&str]) -> Place {
    Place {
        country: Some(jurisdiction(country)),
        number_country: None,
        states: states.iter().map(|state| jurisdiction(state)).collect(),
        any_state: false,
        zones: Vec::new(),
        zone_source: ZoneSource::Unknown,
    }
}

fn ids(place: &Place) -> Vec<&'static str> {
    let rules = RuleSet::builtin().applying(place);
    rules.map(|rule| rule.id.as_str()).collect()
}

#[test]
fn only_rules_of_the_place_apply() {
    let florida = ids(&place("US", &["US-FL"]));
    for id in ["everywhere.not_objected", "us.national_dnc", "us-fl.cap"] {
        assert!(florida.contains(&id), "{id}");
    }
    let elsewhere = |id: &&&str| {
        !["everywhere.", "us.", "us-fl."]
            .iter()
            .any(|of| id.starts_with(of))
    };
    assert_eq!(florida.iter().find(elsewhere), None);

    // A number of one state whose holder lives in another is covered by both.
    let both = ids(&place("US", &["US-FL", "US-NY"]));
    assert!(both.contains(&"us-fl.hours") && both.contains(&"us-ny.hours"));

    let nowhere = Place {
        country: None,
        ..place("US", &[])
    };
    assert!(ids(&nowhere).iter().all(|id| id.starts_with("everywhere.")));
    assert!(RuleSet::builtin().knows(jurisdiction("FR")));
    assert!(RuleSet::builtin().knows(jurisdiction("IT")));
    assert!(!RuleSet::builtin().knows(jurisdiction("BR")));
}

#[test]
fn an_unknown_state_brings_the_rules_of_every_state() {
    let unknown = Place {
        any_state: true,
        ..place("US", &[])
    };
    let unknown = ids(&unknown);
    let of_states = RuleSet::builtin()
        .rules()
        .iter()
        .filter(|rule| rule.jurisdiction.country() == jurisdiction("US"));
    assert_eq!(
        unknown.iter().filter(|id| id.starts_with("us")).count(),
        of_states.count()
    );
}

#[test]
fn a_rule_is_left_out_only_where_every_place_has_one_of_its_own() {
    let has = |place: &Place, id: &str| ids(place).contains(&id);
    assert!(has(&place("IT", &[]), "eu.live_calls"));
    assert!(!has(&place("DE", &[]), "eu.live_calls"));
    assert!(has(&place("DE", &[]), "de.live_calls"));
    assert!(has(&place("IT", &[]), "everywhere.not_withdrawn"));
    assert!(!has(&place("US", &[]), "everywhere.not_withdrawn"));
    assert!(has(&place("BR", &[]), "everywhere.internal_list"));

    // A number of one country, an address in the other.
    let two = |country: &str, number: &str| Place {
        number_country: Some(jurisdiction(number)),
        ..place(country, &[])
    };
    assert!(has(&two("DE", "IT"), "eu.live_calls"));
    assert!(!has(&two("DE", "FR"), "eu.live_calls"));
    assert!(!has(&two("DE", "US"), "eu.live_calls"));
    assert!(has(&two("US", "IT"), "everywhere.not_withdrawn"));
    assert!(!has(&two("US", "CA"), "everywhere.not_withdrawn"));
    let twice = ids(&two("DE", "FR"));
    assert_eq!(twice.iter().filter(|id| **id == "eu.fax").count(), 1);

    // Pennsylvania knows what a relationship does to its list; New Jersey does not say.
    assert!(!has(&place("US", &["US-PA"]), "us.state_lists"));
    assert!(has(&place("US", &["US-PA", "US-NJ"]), "us.state_lists"));
    let unknown = Place {
        any_state: true,
        ..place("US", &[])
    };
    assert!(has(&unknown, "us.state_lists"));
}

#[test]
fn a_holiday_is_the_states_own_or_the_countrys() {
    let name = |place: &str, date: &str| {
        let holiday = RuleSet::builtin().holiday_on(jurisdiction(place), day(date));
        holiday.map(|holiday| holiday.name.as_str())
    };
    assert_eq!(name("US", "2026-11-26"), Some("Thanksgiving Day"));
    assert_eq!(name("US-LA", "2026-11-26"), Some("Thanksgiving Day"));
    assert_eq!(name("US-LA", "2026-02-17"), Some("Mardi Gras"));
    assert_eq!(name("US-TX", "2026-02-17"), None);
    assert_eq!(name("US", "2026-02-17"), None);
    assert_eq!(name("US-UT", "2026-07-24"), Some("Pioneer Day"));

    let knows =
        |place: &str, date: &str| RuleSet::builtin().knows_holidays(jurisdiction(place), day(date));
    assert!(knows("US-LA", "2024-01-01") && knows("US", "2028-12-31"));
    assert!(!knows("US", "2023-12-31") && !knows("US-LA", "2029-01-01"));
    assert!(knows("AU", "2026-01-01") && !knows("GB", "2026-01-01"));
}

#[test]
fn whatever_closes_on_holidays_has_holidays() {
    for rule in RuleSet::builtin().rules() {
        if let Demand::Hours(hours) = rule.demand
            && hours.holidays == crate::rules::rule::Holidays::Closed
        {
            let known = RuleSet::builtin().knows_holidays(rule.jurisdiction, day("2026-11-21"));
            assert!(known, "{}", rule.id);
        }
    }
}

#[test]
fn strict_applies_every_rule() {
    for rule in RuleSet::builtin().rules() {
        assert!(rule.profiles.contains(Profile::Strict), "{}", rule.id);
    }
}

#[test]
fn every_state_together_leaves_the_hours_that_the_survey_names() {
    // "Unknown state: Monday to Friday 10 to 18, Saturday 10 to 17, no Sunday."
    let unknown = Place {
        any_state: true,
        ..place("US", &[])
    };
    let mut left = [Some((0, 1440)); 7];
    for rule in RuleSet::builtin().applying(&unknown) {
        let speaks = rule.when.channels.contains(Channel::Call)
            && rule.when.voices.contains(crate::model::Voice::Live)
            && rule.when.purposes.contains(Purpose::Marketing)
            && rule.is_effective(day("2026-11-18"));
        let Demand::Hours(hours) = &rule.demand else {
            continue;
        };
        if !speaks || hours.zone.is_some() {
            continue;
        }
        for (left, window) in left.iter_mut().zip(hours.days) {
            *left = left.zip(window).map(|((from, until), window)| {
                (from.max(window.from_minute), until.min(window.until_minute))
            });
        }
    }
    let weekday = Some((600, 1080));
    let saturday = Some((600, 1020));
    assert_eq!(
        left,
        [weekday, weekday, weekday, weekday, weekday, saturday, None]
    );
}

#[test]
fn pennsylvania_changed_on_18_october_2026() {
    let effective = |date: &str| {
        let date = day(date);
        let rules = RuleSet::builtin().rules_of("us-pa.hours");
        let mut effective = rules.filter(|rule| rule.is_effective(date));
        let rule = effective.next().unwrap();
        assert!(effective.next().is_none());
        rule.citation.as_str()
    };
    assert_eq!(effective("2019-12-02"), "73 Pa. Stat. 2245");
    assert_eq!(effective("2019-12-03"), "73 Pa. Stat. 2245");
    assert_eq!(effective("2026-10-17"), "73 Pa. Stat. 2245");
    assert_eq!(effective("2026-10-18"), "Act 47 of 2026 (SB 992)");
}

#[test]
fn the_version_changes_with_every_name_and_text() {
    let empty = "jurisdiction = \"US\"\n";
    let version = |files: &[(&str, &str)]| {
        RuleSet::parse(files.iter().copied())
            .unwrap()
            .version()
            .to_owned()
    };
    let first = version(&[("a.toml", empty)]);
    assert_eq!(first.len(), 12);
    assert_eq!(first, version(&[("a.toml", empty)]));
    assert_ne!(first, version(&[("b.toml", empty)]));
    assert_ne!(first, version(&[("a.toml", "jurisdiction = \"US\"\n\n")]));
    assert_ne!(first, version(&[("a.toml", empty), ("b.toml", empty)]));
}

#[test]
fn a_file_with_a_built_in_name_takes_its_place() {
    let none = "# Florida without rules.\njurisdiction = \"US-FL\"\n";
    let rules = RuleSet::with_overrides([("us-fl.toml", none)]).unwrap();
    assert_eq!(rules.rules_of("us-fl.hours").count(), 0);
    assert!(rules.rules_of("us-tx.hours").count() > 0);

    // The same rule under another name would be there twice.
    let own = BUILTIN_FILES
        .iter()
        .find(|(name, _)| *name == "us-fl.toml")
        .unwrap()
        .1;
    let faults = RuleSet::with_overrides([("florida.toml", own)]).unwrap_err();
    assert_eq!(faults.len(), 3);
    assert_eq!(
        faults[0].to_string(),
        "`florida.toml` line 6, column 6: `us-fl.toml` has a rule `us-fl.hours` already, on line 5"
    );
    assert_eq!(
        faults[0].problem.hint(),
        "give it another id, or name your file `us-fl.toml` to replace that one"
    );
}
