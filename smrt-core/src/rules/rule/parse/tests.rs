//! Rule files, sound and faulty: what is read of them, and what is told.

use proptest::prelude::*;

use crate::model::{
    Audience, Channel, Circumstance, ConsentTier, Line, Purpose, RegistryKind, TermSet,
};
use crate::rules::contact::Code;
use crate::rules::rule::{
    BUILTIN_FILES, Condition, Confidence, Demand, Exception, Holidays, Hours, Jurisdiction,
    NotListed, Reach, Rule, RuleFault, RuleSet, Window,
};

/// The parts of a rule that are not under test.
const HEAD: &str = "jurisdiction = \"US\"\n[[rule]]\nid = \"a\"\nsummary = \"S.\"\n\
                    citation = \"C\"\nsource = \"T\"\nconfidence = \"low\"\n";

fn rule(body: &str) -> Rule {
    let text = format!("{HEAD}{body}\n");
    let rules = RuleSet::parse([("r.toml", text.as_str())]).unwrap();
    rules.rules()[0].clone()
}

fn faults_of(text: &str) -> Vec<RuleFault> {
    RuleSet::parse([("r.toml", text)]).unwrap_err()
}

/// Line, column and message of each fault of a rule.
fn shown(body: &str) -> Vec<String> {
    faults_of(&format!("{HEAD}{body}\n"))
        .iter()
        .map(|fault| fault.to_string().replace("`r.toml` ", ""))
        .collect()
}

#[test]
fn every_demand_is_read() {
    let demand = |body: &str| rule(body).demand;
    assert_eq!(demand("ban = true"), Demand::Ban);
    assert_eq!(
        demand("consent = \"pewc\""),
        Demand::Consent(ConsentTier::Pewc)
    );
    assert_eq!(
        demand("not_withdrawn = \"telephone\""),
        Demand::NotWithdrawn {
            reach: Reach::Telephone
        }
    );
    assert_eq!(
        demand("cap = { contacts_max = 3, hours = 24 }"),
        Demand::Cap {
            contacts_max: 3,
            hours: 24
        }
    );
    assert_eq!(
        demand("cap = { contacts_max = 3, days = 30 }"),
        Demand::Cap {
            contacts_max: 3,
            hours: 720
        }
    );
    assert_eq!(
        demand("not_listed = { list = \"state\", required = false, listed_days_min = 28 }"),
        Demand::NotListed(NotListed {
            kind: RegistryKind::State,
            required: false,
            age_days_max: None,
            listed_days_min: 28,
        })
    );
    assert_eq!(
        demand("not_on_internal_list = { life_years = 5 }"),
        Demand::NotOnInternalList {
            life_years: Some(5)
        }
    );
    assert_eq!(
        demand("not_reassigned = {}"),
        Demand::NotReassigned {
            answer_age_days_max: None
        }
    );
    assert_eq!(demand("not_objected = true"), Demand::NotObjected);
    assert_eq!(demand("not_restricted = true"), Demand::NotRestricted);
    assert_eq!(demand("not_suppressed = true"), Demand::NotSuppressed);
}

#[test]
fn the_nearest_key_decides_the_hours_of_a_day() {
    let hours = |body: &str| match rule(&format!("hours = {{ {body} }}")).demand {
        Demand::Hours(hours) => hours,
        other => panic!("{other:?}"),
    };
    let window = |from: u16, until: u16| {
        Some(Window {
            from_minute: from * 60,
            until_minute: until * 60,
        })
    };
    let every = |window| Hours {
        days: [window; 7],
        holidays: Holidays::AsUsual,
        zone: None,
    };
    assert_eq!(hours("daily = \"08:00-21:00\""), every(window(8, 21)));
    let mixed = hours(
        "daily = \"08:00-21:00\", weekends = \"10:00-18:00\", sunday = \"closed\", \
         holidays = \"closed\", zone = \"Etc/GMT+6\"",
    );
    let weekday = window(8, 21);
    assert_eq!(
        mixed.days,
        [
            weekday,
            weekday,
            weekday,
            weekday,
            weekday,
            window(10, 18),
            None
        ]
    );
    assert_eq!(mixed.holidays, Holidays::Closed);
    assert_eq!(mixed.zone, Some(chrono_tz::Etc::GMTPlus6));
}

#[test]
fn conditions_exceptions_dates_and_ranks_are_read() {
    let read = rule(
        "effective_from = 2026-01-01\neffective_until = 2027-01-31\nprofiles = [\"strict\"]\n\
         rank_after = \"NATIONAL_DNC\"\n\
         when = { channels = [\"sms\"], lines = [\"mobile\"], circumstances = [\"hipaa\"] }\n\
         unless = [{ purposes = [\"emergency\"] }, { consent = \"pec\" }, { purchase_months = 18 },\n\
         { circumstances = [\"business_to_business\"], audiences = [\"business\"] },\n\
         { confirms_withdrawal_minutes = 5 }]\nban = true",
    );
    assert_eq!(
        read.when,
        Condition {
            channels: TermSet::of([Channel::Sms]),
            lines: TermSet::of([Line::Mobile]),
            circumstances: TermSet::of([Circumstance::Hipaa]),
            ..Condition::ALL
        }
    );
    assert_eq!(
        read.unless,
        [
            Exception::Purposes(TermSet::of([Purpose::Emergency])),
            Exception::Consent(ConsentTier::Pec),
            Exception::Relationship {
                purchase_months: 18,
                inquiry_months: 0
            },
            Exception::Circumstances {
                any_of: TermSet::of([Circumstance::BusinessToBusiness]),
                audiences: TermSet::of([Audience::Business]),
            },
            Exception::ConfirmsWithdrawal { minutes: 5 },
        ]
    );
    assert_eq!(read.rank_after, Some(Code::NationalDnc));
    assert_eq!(read.confidence, Confidence::Low);
    assert_eq!(read.place.line, 2);
    for (day, expected) in [
        ("2025-12-31", false),
        ("2026-01-01", true),
        ("2027-01-30", true),
        ("2027-01-31", false),
    ] {
        assert_eq!(read.is_effective(day.parse().unwrap()), expected, "{day}");
    }
}

#[test]
fn a_fault_is_told_where_it_stands() {
    let check = |body: &str, expected: &[&str]| assert_eq!(shown(body), expected, "{body}");
    check(
        "ban = true\nwhem = {}",
        &["line 9, column 1: unknown key `whem` in a rule"],
    );
    check("", &["line 2, column 1: the rule demands nothing"]);
    check(
        "ban = true\nconsent = \"pec\"",
        &["line 2, column 1: the rule demands several things: ban, consent"],
    );
    check(
        "ban = 1",
        &["line 8, column 7: `ban` takes true, not a whole number"],
    );
    check(
        "ban = false",
        &["line 8, column 7: `ban` cannot be `false`"],
    );
    check(
        "consent = \"oral\"",
        &[
            "line 8, column 11: `oral` is not a tier of consent: expected implied, opt_in, pec or pewc",
        ],
    );
    check(
        "ban = true\nwhen = { channels = [\"call\", \"fly\", \"swim\"] }",
        &[
            "line 9, column 30: `fly` is not a channel: expected call, sms, email, fax or post",
            "line 9, column 37: `swim` is not a channel: expected call, sms, email, fax or post",
        ],
    );
    check(
        "ban = true\nwhen = { lines = [\"unknown\"] }",
        &[
            "line 9, column 19: `lines` cannot ask for `unknown`, which is matched whatever a rule asks for",
        ],
    );
    check(
        "ban = true\nwhen = { channels = [] }",
        &["line 9, column 21: `channels` cannot be `[]`"],
    );
    check(
        "ban = true\nunless = [{ consent = \"pec\", purposes = [\"survey\"] }]",
        &["line 9, column 11: `unless` has an item that says nothing, or several things"],
    );
    check(
        "ban = true\nunless = [{}]",
        &["line 9, column 11: `unless` has an item that says nothing, or several things"],
    );
    check(
        "ban = true\nprofiles = [\"fcc_text\"]",
        &["line 9, column 12: `profiles` cannot be `fcc_text`"],
    );
    check(
        "ban = true\neffective_from = \"2026-01-01\"",
        &[
            "line 9, column 18: `effective_from` takes a date such as 2026-10-18, without quotes, not a text",
        ],
    );
    check(
        "ban = true\neffective_from = 2026-01-01\neffective_until = 2026-01-01",
        &["line 10, column 19: the rule ends on 2026-01-01, before it begins on 2026-01-01"],
    );
    check(
        "hours = { daily = \"21:00-08:00\", zone = \"Mars/Olympus\" }",
        &[
            "line 8, column 19: `21:00-08:00` is no window of a day: it ends before it begins",
            "line 8, column 41: there is no time zone `Mars/Olympus`",
        ],
    );
    check(
        "hours = { weekdays = \"08:00-21:00\", sunday = \"closed\" }",
        &["line 8, column 9: `saturday` is missing in `hours`"],
    );
    check(
        "cap = { hours = 24 }",
        &["line 8, column 7: `contacts_max` is missing in a demand"],
    );
    check(
        "cap = { contacts_max = -1, hours = 24, days = 1 }",
        &[
            "line 8, column 7: `cap` takes either `hours` or `days`",
            "line 8, column 24: `contacts_max` cannot be `-1`",
        ],
    );
}

#[test]
fn a_misspelt_key_is_answered_with_the_nearest_one_or_all() {
    let hint = |text: &str| {
        let faults = faults_of(text);
        faults[0].problem.hint()
    };
    assert_eq!(hint("jurisdicton = \"US\"\n"), "is `jurisdiction` meant?");
    let of_rule = |body: &str| hint(&format!("{HEAD}ban = true\n{body}\n"));
    assert_eq!(
        of_rule("effective_form = 2026-01-01"),
        "is `effective_from` meant?"
    );
    assert!(of_rule("qqq = 1").starts_with("known keys: id, summary, "));
}

#[test]
fn every_fault_of_every_file_is_told_in_order() {
    let first = "jurisdiction = \"XX\"\n[[rule]]\nid = \"A B\"\n";
    let second = "jurisdiction = \"US\"\nmembers = [\n";
    let faults = RuleSet::parse([("1.toml", first), ("2.toml", second)]).unwrap_err();
    let shown: Vec<String> = faults.iter().map(ToString::to_string).collect();
    assert_eq!(
        shown[..7],
        [
            "`1.toml` line 1, column 16: there is no jurisdiction `XX`",
            "`1.toml` line 2, column 1: `summary` is missing in a rule",
            "`1.toml` line 2, column 1: `citation` is missing in a rule",
            "`1.toml` line 2, column 1: `source` is missing in a rule",
            "`1.toml` line 2, column 1: `confidence` is missing in a rule",
            "`1.toml` line 2, column 1: the rule demands nothing",
            "`1.toml` line 3, column 6: `A B` cannot be `id`",
        ]
        .map(|text| text.replace("`A B` cannot be `id`", "`id` cannot be `A B`"))
    );
    assert!(shown[7].starts_with("`2.toml` line "), "{}", shown[7]);
    assert!(shown[7].contains("not TOML: "), "{}", shown[7]);
}

#[test]
fn rules_of_one_id_must_not_hold_on_the_same_day() {
    let two = |first: &str, second: &str| {
        let rule = |dates: &str| {
            format!(
                "[[rule]]\nid = \"a\"\nsummary = \"S.\"\ncitation = \"C\"\nsource = \"T\"\n\
                 confidence = \"low\"\nban = true\n{dates}\n"
            )
        };
        let text = format!("jurisdiction = \"US\"\n{}{}", rule(first), rule(second));
        match RuleSet::parse([("r.toml", text.as_str())]) {
            Ok(_) => None,
            Err(faults) => Some(faults[0].problem.to_string()),
        }
    };
    let until = "effective_until = 2026-10-18";
    assert_eq!(two(until, "effective_from = 2026-10-18"), None);
    assert_eq!(two("effective_from = 2026-10-18", until), None);
    assert_eq!(
        two(until, "effective_from = 2026-10-17").as_deref(),
        Some("on 2026-10-17 the rule `a` of line 2 holds as well")
    );
    assert_eq!(
        two(until, "").as_deref(),
        Some("the rule `a` of line 2 holds at the same time")
    );
}

#[test]
fn a_holiday_is_given_once_and_years_need_both_ends() {
    let holiday =
        |dates: &str| format!("[[holiday]]\nname = \"H\"\nsource = \"S\"\ndates = [{dates}]\n");
    let text = format!(
        "jurisdiction = \"US\"\nholidays_from = 2026-01-01\n{}{}",
        holiday("2026-12-25, 2026-12-26"),
        holiday("2026-12-25")
    );
    let shown: Vec<String> = faults_of(&text).iter().map(ToString::to_string).collect();
    assert_eq!(
        shown,
        [
            "`r.toml` line 2, column 17: `holidays_until` is missing in a rule file",
            "`r.toml` line 10, column 10: 2026-12-25 is a holiday already, on line 6 of `r.toml`",
        ]
    );
}

#[test]
fn a_rule_is_replaced_only_from_within() {
    let base = format!("{HEAD}ban = true\n");
    let check = |jurisdiction: &str, id: &str, expected: Option<&str>| {
        let own = format!("jurisdiction = \"{jurisdiction}\"\nreplaces = [\"{id}\"]\n");
        let read = RuleSet::parse([("a.toml", base.as_str()), ("b.toml", own.as_str())]);
        let problem = read.err().map(|faults| faults[0].problem.to_string());
        let expected = expected.map(|reason| format!("`{id}` cannot be replaced here: {reason}"));
        assert_eq!(problem, expected, "{jurisdiction} {id}");
    };
    check("US-FL", "a", None);
    check("US-FL", "b", Some("there is no such rule"));
    check("US", "a", Some("it is a rule of the same place"));
    check("CA", "a", Some("it holds elsewhere"));
}

#[test]
fn no_file_is_longer_than_a_limit_and_no_two_have_a_name() {
    let long = "#".repeat((1 << 20) + 1);
    assert_eq!(
        faults_of(&long)[0].problem.to_string(),
        "the file is longer than 1048576 bytes"
    );
    let text = "jurisdiction = \"US\"\n";
    let faults = RuleSet::parse([("a.toml", text), ("a.toml", text)]).unwrap_err();
    assert_eq!(
        faults[0].problem.to_string(),
        "there are two files of this name"
    );
    let at = |text: &str| text.parse::<Jurisdiction>();
    assert!(at("US").is_ok());
}

#[test]
fn the_everywhere_of_a_file_is_a_word_of_its_own() {
    let text = HEAD.replace("\"US\"", "\"everywhere\"") + "ban = true\n";
    let rules = RuleSet::parse([("r.toml", text.as_str())]).unwrap();
    assert_eq!(rules.rules()[0].jurisdiction, Jurisdiction::EVERYWHERE);
}

proptest! {
    #[test]
    fn whatever_is_cut_out_or_put_in_a_fault_names_a_place_in_the_file(
        from in 0_usize..9_000,
        len in 0_usize..60,
        put_in in "[\\[\\]{}=\",.\\n#a-z0-9 é-]{0,12}",
    ) {
        let original = BUILTIN_FILES.iter().find(|(name, _)| *name == "us.toml").unwrap().1;
        let from = from.min(original.len());
        let until = (from + len).min(original.len());
        let text = format!("{}{put_in}{}", &original[..from], &original[until..]);
        if let Err(faults) = RuleSet::parse([("us.toml", text.as_str())]) {
            prop_assert!(!faults.is_empty());
            for fault in faults {
                let line = text.split('\n').nth(fault.line - 1).unwrap();
                prop_assert!(fault.column <= line.chars().count() + 1, "{fault}");
                prop_assert!(!fault.problem.hint().is_empty());
            }
        }
    }
}
