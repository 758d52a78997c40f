//! Texts that want to be more than texts: SQL, patterns, and a great deal of it.

use serde_json::{Map, json};
use smrt_core::model::{Actor, Id, RelationshipType};
use smrt_core::smrt::{HumanEdit, HumanSearch, NewHuman, NewLink, PageRequest, SmrtError};
use smrt_core::store::{AuditFilter, NewTenant};

use super::command::{Case, run, write_inputs};
use super::world::{DB, TENANTS, When, World, acting, e164, open};
use crate::engine::TestEngine;
use crate::library::{add_tenant, new_store};
use crate::sandbox::{Sandbox, at};

const TEXTS: [&str; 9] = [
    "'; DROP TABLE humans; --",
    "x' OR '1'='1",
    "x\" OR \"1\"=\"1",
    "') UNION SELECT id FROM humans --",
    "?1 ?2 :a @b $c",
    "\\'; DELETE FROM audit_log; --",
    "%",
    "_",
    "{{integer}} {numbers} {human}",
];

fn human(key: &str, last_name: &str) -> NewHuman {
    NewHuman {
        key: Some(key.to_owned()),
        last_name: Some(last_name.to_owned()),
        ..NewHuman::default()
    }
}

#[test]
fn sql_in_any_text_of_the_library_is_a_text() {
    let sandbox = Sandbox::new();
    let mut smrt = new_store(&sandbox, "a.db");
    add_tenant(&mut smrt, "beta");
    for text in TEXTS {
        let actor: Result<Actor, _> = text.parse();
        let actor = actor.unwrap_or_else(|_| Actor::unknown());
        assert!(matches!(smrt.tenant(text), Err(SmrtError::UnknownTenant)));
        assert!(text.parse::<smrt_core::model::Slug>().is_err());
        let mut session = smrt.tenant("acme").unwrap().acting_as(actor.clone());
        let new = NewHuman {
            first_name: Some(text.to_owned()),
            company_name: Some(text.to_owned()),
            metadata: Map::from_iter([(text.to_owned(), json!(text))]),
            ..human(text, text)
        };
        let id = session.add_human(&new, at()).unwrap();
        let stored = session.human(id, at()).unwrap();
        assert_eq!(stored.last_name.value().map(String::as_str), Some(text));
        let again = session.add_human(&new, at()).unwrap_err();
        assert_eq!(again.code(), "key_taken");
        let edit = HumanEdit::of(id).set("job_title", text).unwrap();
        session.edit_human(&edit, at()).unwrap();
        assert_eq!(
            HumanEdit::of(id).set(text, "x").unwrap_err().code(),
            "field_unknown"
        );
        // One of these is a word after all.
        assert_eq!(RelationshipType::parse(text).is_err(), text != "_");
        let filter = AuditFilter {
            action: Some(text.to_owned()),
            ..AuditFilter::default()
        };
        assert!(session.audit_entries(&filter).unwrap().is_empty());
        assert!(text.parse::<smrt_core::smrt::Cursor>().is_err());
        drop(session);
        let trail = acting(&mut smrt, "acme")
            .audit_entries(&AuditFilter::default())
            .unwrap();
        assert!(trail.iter().any(|entry| entry.actor == actor.as_str()));
        let name = NewTenant {
            slug: format!("t{}", trail.len()).parse().unwrap(),
            name: text.to_owned(),
        };
        smrt.add_tenant(&name, &Actor::unknown(), at()).unwrap();
    }
    let mut session = acting(&mut smrt, "acme");
    let all = session.list_humans(&PageRequest::first(100), at()).unwrap();
    assert_eq!(all.items.len(), TEXTS.len());
    drop(session);
    let mut beta = acting(&mut smrt, "beta");
    let none = beta.list_humans(&PageRequest::first(100), at()).unwrap();
    assert!(none.items.is_empty());
    drop(beta);
    assert!(smrt.check().unwrap().is_sound());
}

#[test]
fn patterns_in_a_search_are_letters() {
    let sandbox = Sandbox::new();
    let mut smrt = new_store(&sandbox, "a.db");
    let mut session = acting(&mut smrt, "acme");
    let names = [
        "plain",
        "100%",
        "a_b",
        "back\\slash",
        "[class]",
        "star*",
        "quo'te",
        "d.t",
        "^x$",
    ];
    for name in names {
        session.add_human(&human(name, name), at()).unwrap();
    }
    for (text, expected) in [
        ("%", "100%"),
        ("_", "a_b"),
        ("\\", "back\\slash"),
        ("[", "[class]"),
        ("*", "star*"),
        ("'", "quo'te"),
        (".", "d.t"),
        ("^", "^x$"),
        ("$", "^x$"),
    ] {
        let search = HumanSearch {
            text: text.to_owned(),
            numbers: Vec::new(),
            limit: 100,
        };
        let found = session.search_humans(&search, at()).unwrap();
        let found: Vec<_> = found
            .iter()
            .map(|found| found.human.last_name.value())
            .collect();
        assert_eq!(found, [Some(&expected.to_owned())], "{text}");
    }
    for text in ["%%", "a%b", "p_ain", ".*", "pl?in", "[a-z]lain"] {
        let search = HumanSearch {
            text: text.to_owned(),
            numbers: Vec::new(),
            limit: 100,
        };
        assert!(
            session.search_humans(&search, at()).unwrap().is_empty(),
            "{text}"
        );
    }
}

#[test]
fn sql_in_any_argument_of_the_program_changes_and_shows_nothing() {
    let world = World::new();
    write_inputs(&world);
    let digest = |world: &World| world.sandbox.digest(DB);
    let names = match TestEngine::chosen() {
        TestEngine::Sqlite => "SELECT name FROM sqlite_master ORDER BY 1",
        TestEngine::DuckDb | TestEngine::Postgres => {
            "SELECT table_name FROM information_schema.tables \
             WHERE table_schema = current_schema() ORDER BY 1"
        }
    };
    let tables = |world: &World| world.sandbox.ask(DB, names);
    let before = (digest(&world), tables(&world));
    let own = world.id("gamma-own").to_string();
    for text in TEXTS {
        let lines: [(&'static str, Vec<&str>); 14] = [
            ("find", vec![text]),
            ("find", vec!["x", "--region", text]),
            ("show", vec![text]),
            ("human edit", vec![text, "--job-title", "x"]),
            ("human list", vec!["--after", text]),
            ("number list", vec!["--after", text]),
            ("number add", vec![text]),
            ("link", vec![&own, text]),
            ("link", vec![&own, "+12025550197", "--as", text]),
            ("unlink", vec![&own, "+13105550131", "--as", text]),
            ("audit list", vec!["--action", text]),
            ("audit list", vec!["--entity", text]),
            ("runs show", vec![text]),
            ("import", vec![text]),
        ];
        for (command, arguments) in lines {
            if arguments.ends_with(&["--as", "_"]) {
                continue;
            }
            let case = Case {
                command,
                arguments: arguments.iter().map(|text| (*text).to_owned()).collect(),
            };
            let finished = run(&world, &case.line(DB, "gamma", "json", When::Live));
            for shown in [&finished.stdout, &finished.stderr] {
                let leaks = world.leaks(shown, "gamma", When::Live, text);
                assert!(leaks.is_empty(), "{command} {arguments:?}: {leaks:?}");
                assert!(!shown.contains("panicked"), "{shown}");
                assert!(!shown.contains("syntax error"), "{shown}");
            }
        }
        for (name, value) in [("--tenant", text), ("--actor", text), ("--at", text)] {
            let line = ["find", "x", "--db", DB, "--tenant", "gamma"].map(str::to_owned);
            let mut line: Vec<String> = match name {
                "--tenant" => line[..4].to_vec(),
                _ => line.to_vec(),
            };
            line.extend([name.to_owned(), value.to_owned()]);
            let finished = run(&world, &line);
            let shown = finished.stdout + &finished.stderr;
            assert!(
                world.leaks(&shown, "gamma", When::Live, "").is_empty(),
                "{shown}"
            );
            assert!(!shown.contains("panicked"), "{shown}");
        }
    }
    assert_eq!((digest(&world), tables(&world)), before);
}

#[test]
fn an_actor_of_ten_megabytes_is_refused() {
    let long = "a".repeat(10_000_000);
    let refused = long.parse::<Actor>().unwrap_err();
    assert!(format!("{refused} {refused:?}").len() < 500);
    let long = "a".repeat(100_000);
    let world = World::new();
    let line = [
        "human", "list", "--db", DB, "--tenant", "gamma", "--actor", &long,
    ];
    let finished = run(&world, &line.map(str::to_owned));
    assert_eq!(finished.exit, Some(2));
    assert_eq!(finished.stdout, "");
    let held = world
        .sandbox
        .ask(DB, "SELECT max(length(actor)) FROM audit_log");
    assert!(held[0][0].parse::<usize>().unwrap() < 200);
}

#[test]
fn keys_of_different_tenants_and_kinds_never_meet() {
    let sandbox = Sandbox::new();
    let mut smrt = new_store(&sandbox, "a.db");
    for tenant in ["beta", "gamma", "acm", "acmehuman"] {
        add_tenant(&mut smrt, tenant);
    }
    let mut ids = std::collections::BTreeSet::new();
    let keys = ["k", "humank", "ehumank", "", "\u{0}k"];
    for tenant in TENANTS.into_iter().chain(["acm", "acmehuman"]) {
        for key in keys {
            let id = acting(&mut smrt, tenant)
                .add_human(&human(key, "x"), at())
                .unwrap();
            assert!(ids.insert(id), "{tenant} {key:?}");
        }
    }
}

#[test]
fn what_others_did_to_ones_own_records_is_not_told() {
    // `beta` links, consents and calls a human and a number of `acme` that it was given.
    let world = World::new();
    let mut smrt = open(world.location());
    let at = When::Live.instant();
    let shared = world.id("consented");
    let ask = |smrt: &mut smrt_core::smrt::Smrt| {
        let mut acme = acting(smrt, "acme");
        let detail = acme.human_detail(shared, at).unwrap();
        let number = Id::of_phone_number(e164("+12025550114"));
        let number = acme.number_detail(number, at).unwrap();
        let links = acme.links_of_humans(&[shared], at).unwrap();
        let consents = acme.consent_records_of_humans(&[shared], at).unwrap();
        let calls = acme.interactions_of_humans(&[shared], at).unwrap();
        use super::view::View as _;
        [
            detail.reveal(),
            number.reveal(),
            links.reveal(),
            consents.reveal(),
            calls.reveal(),
        ]
    };
    let before = ask(&mut smrt);
    let mut beta = acting(&mut smrt, "beta");
    let link = NewLink::new(shared, e164("+12125550123"), RelationshipType::OTHER);
    beta.add_link(&link, at).unwrap();
    let other = NewLink::new(shared, e164("+12025550114"), RelationshipType::OTHER);
    beta.add_link(&other, at).unwrap();
    drop(beta);
    assert_eq!(ask(&mut smrt), before);
}

#[test]
fn what_is_hidden_of_a_shared_human_neither_finds_nor_orders_it() {
    let world = World::new();
    let mut smrt = open(world.location());
    let search = |text: &str| HumanSearch {
        text: text.to_owned(),
        numbers: Vec::new(),
        limit: 9,
    };
    let mut beta = acting(&mut smrt, "beta");
    let mut found = |text: &str, when: When| {
        let found = beta.search_humans(&search(text), when.instant()).unwrap();
        found
            .iter()
            .map(|found| found.human.id)
            .collect::<Vec<Id>>()
    };
    let [unconsented, consented, subset] =
        ["unconsented", "consented", "subset"].map(|name| world.id(name));
    for (text, expected) in [
        (
            "canary-acme-humans-last_name-unconsented",
            vec![unconsented],
        ),
        ("canary-acme-humans-email-unconsented", vec![]),
        ("canary-acme-humans-employee_id-unconsented", vec![]),
        ("canary-acme-humans-email-consented", vec![consented]),
        ("canary-acme-humans-last_name-subset", vec![]),
        ("canary-acme-humans-email-subset", vec![]),
        ("canary-acme-humans-company_name-subset", vec![subset]),
        // One word of what is shown and one of what is not.
        ("company_name-subset last_name-subset", vec![]),
        ("canary-acme-humans-first_name-hidden", vec![]),
        ("canary-acme-humans-first_name-expired", vec![]),
        ("canary-acme-humans-first_name-revoked", vec![]),
    ] {
        assert_eq!(found(text, When::Live), expected, "{text}");
        assert_eq!(found(text, When::Before), [], "{text}");
        assert_eq!(found(text, When::After), [], "{text}");
    }
    // No last name comes first, whatever it is behind the mask.
    let order = found("canary-acme-humans", When::Live);
    assert_eq!(order, [subset, consented, unconsented]);
    drop(beta);
    let change = "UPDATE humans SET last_name = 'zzz' WHERE first_name LIKE '%-subset'";
    world.sandbox.tamper(DB, change);
    let mut beta = acting(&mut smrt, "beta");
    let again = beta
        .search_humans(&search("canary-acme-humans"), When::Live.instant())
        .unwrap();
    let again: Vec<Id> = again.iter().map(|found| found.human.id).collect();
    assert_eq!(again, order);
}
