//! `smrt rules` as users type it, and folders of rules that are not sound.

use crate::binary;
use crate::sandbox::{Finished, Sandbox};

/// A sandbox with the rule folders of the fixtures.
fn scene() -> Sandbox {
    let sandbox = Sandbox::new();
    let fixtures = binary::repository().join("fixtures/rules");
    for name in ["sound", "faulty"] {
        std::fs::create_dir(sandbox.path(name)).unwrap();
    }
    for name in ["acme.toml", "us-la.toml", "nl.toml"] {
        let text = std::fs::read(fixtures.join("sound").join(name)).unwrap();
        sandbox.write(&format!("sound/{name}"), text);
    }
    for name in ["broken.toml", "dates.toml", "keys.toml", "places.toml"] {
        let text = std::fs::read(fixtures.join("faulty").join(name)).unwrap();
        sandbox.write(&format!("faulty/{name}"), text);
    }
    sandbox
}

fn rules(sandbox: &Sandbox, arguments: &[&str]) -> Finished {
    let mut line = vec!["rules"];
    line.extend(arguments);
    sandbox.smrt(&line)
}

/// The rules a list has, by id.
fn ids(listed: &Finished) -> Vec<String> {
    let lines = listed.stdout.lines().skip(1);
    let first = lines.map(|line| line.split(',').next().unwrap().to_owned());
    first.collect()
}

#[test]
fn a_rule_is_shown_in_every_format() {
    let sandbox = Sandbox::new();
    let show = |format: &str| {
        rules(&sandbox, &["show", "us-or.hours", "--format", format])
            .ends_with(0)
            .stdout
    };
    insta::assert_snapshot!(show("table"), @"");
    insta::assert_snapshot!(show("jsonl").replace(&version(&sandbox), "VERSION"), @"");
    insta::assert_snapshot!(show("csv"), @"");
    let json: serde_json::Value = serde_json::from_str(&show("json")).unwrap();
    assert_eq!(json["schema"], "smrt.rule.v1");
    assert_eq!(json["rules"][0]["demand"]["hours"]["sunday"], "08:00-20:00");
}

/// The version of the built-in rules, which changes with every word of them.
fn version(sandbox: &Sandbox) -> String {
    let shown = rules(sandbox, &["show", "us-or.hours", "--format", "json"]).ends_with(0);
    let json: serde_json::Value = serde_json::from_str(&shown.stdout).unwrap();
    json["rules_version"].as_str().unwrap().to_owned()
}

#[test]
fn rules_are_listed_in_every_format() {
    let sandbox = Sandbox::new();
    let list = |format: &str| {
        let listed = rules(
            &sandbox,
            &["list", "--jurisdiction", "FR", "--format", format],
        );
        listed.ends_with(0).stdout
    };
    insta::assert_snapshot!(list("table"), @"");
    insta::assert_snapshot!(list("jsonl").lines().last().unwrap(), @"");
    insta::assert_snapshot!(list("csv").lines().last().unwrap(), @"");
    let json: serde_json::Value = serde_json::from_str(&list("json")).unwrap();
    assert_eq!(json["schema"], "smrt.rules.v1");
    assert_eq!(json["rules"].as_array().unwrap().len(), ids_of_france());
}

/// Rules that hold in France at the sandbox's instant: 5 of everywhere, 3 of the Union, its own.
const fn ids_of_france() -> usize {
    9
}

#[test]
fn a_list_is_of_a_day_a_place_and_a_profile() {
    let sandbox = Sandbox::new();
    let list = |more: &[&str]| {
        let mut arguments = vec!["list", "--format", "csv"];
        arguments.extend(more);
        ids(&rules(&sandbox, &arguments).ends_with(0))
    };
    let count = |ids: &[String], id: &str| ids.iter().filter(|known| *known == id).count();

    // Pennsylvania's third hours are in force since October, the other two are history.
    assert_eq!(count(&list(&[]), "us-pa.hours"), 1);
    assert_eq!(count(&list(&["--all"]), "us-pa.hours"), 3);

    let florida = list(&["--jurisdiction", "US-FL"]);
    assert_eq!(count(&florida, "us-fl.cap"), 1);
    assert_eq!(count(&florida, "us-pa.hours"), 0);
    assert_eq!(count(&florida, "us.quiet_hours_despite_consent"), 1);
    let letter = list(&["--jurisdiction", "US-FL", "--profile", "fcc_text"]);
    assert_eq!(count(&letter, "us.quiet_hours_despite_consent"), 0);
    assert!(letter.iter().all(|id| florida.contains(id)));
}

#[test]
fn what_is_not_there_is_told() {
    let sandbox = Sandbox::new();
    let unknown = rules(&sandbox, &["show", "us.national_dns"]).ends_with(1);
    insta::assert_snapshot!(unknown.stderr, @"");
    let nowhere = rules(&sandbox, &["list", "--jurisdiction", "US-ZZ"]).ends_with(2);
    insta::assert_snapshot!(nowhere.stderr, @"");
    let without = rules(
        &sandbox,
        &["list", "--jurisdiction", "BR", "--format", "csv"],
    )
    .ends_with(0);
    assert!(ids(&without).iter().all(|id| id.starts_with("everywhere.")));
    insta::assert_snapshot!(without.stderr, @"");
}

#[test]
fn a_folder_adds_rules_and_takes_the_place_of_files() {
    let sandbox = scene();
    rules(&sandbox, &["validate", "sound"]).ends_with(0);
    let list = |place: &str| {
        let arguments = [
            "list",
            "--rules",
            "sound",
            "--jurisdiction",
            place,
            "--format",
            "csv",
        ];
        ids(&rules(&sandbox, &arguments).ends_with(0))
    };
    let has = |place: &str, id: &str| list(place).contains(&id.to_owned());
    assert!(has("US-FL", "acme.late_mornings"));
    assert!(has("US-LA", "us-la.hours") && !has("US-LA", "us-la.mobile_consent"));
    assert!(has("NL", "nl.live_calls") && !has("NL", "eu.live_calls"));
    assert!(has("BE", "eu.live_calls"));

    let shown = rules(&sandbox, &["show", "us-la.hours", "--rules", "sound"]).ends_with(0);
    assert!(
        shown.stdout.contains("sound/us-la.toml line 5\n"),
        "{}",
        shown.stdout
    );
    let mut command = sandbox.command(&["rules", "show", "acme.late_mornings"]);
    let by_environment = Finished::new(command.env("SMRT_RULES", "sound").output().unwrap());
    by_environment.ends_with(0);
}

#[test]
fn every_fault_of_a_folder_is_told_with_its_place() {
    let sandbox = scene();
    let faults = rules(&sandbox, &["validate", "faulty", "--format", "csv"]).ends_with(1);
    let places: Vec<String> = faults
        .stdout
        .lines()
        .skip(1)
        .map(|line| {
            let mut cells = line.splitn(4, ',');
            let mut next = || cells.next().unwrap().to_owned();
            let (file, line, column) = (next(), next(), next());
            let rest = next();
            let problem = match rest.strip_prefix('"') {
                Some(quoted) => quoted.split("\",").next().unwrap().to_owned(),
                None => rest.split(',').next().unwrap().to_owned(),
            };
            format!("{file}:{line}:{column}: {problem}")
        })
        .collect();
    insta::assert_snapshot!(places.join("\n"), @"");
    assert_eq!(faults.stderr, format!("{} faults\n", places.len()));

    let json = rules(&sandbox, &["validate", "faulty", "--format", "json"]).ends_with(1);
    let json: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(json["schema"], "smrt.rule-faults.v1");
    assert_eq!(json["faults"].as_array().unwrap().len(), places.len());
}

#[test]
fn rules_with_faults_are_not_used() {
    let sandbox = scene();
    let refused = rules(&sandbox, &["list", "--rules", "faulty"]).ends_with(2);
    assert_eq!(refused.stdout, "");
    insta::assert_snapshot!(refused.stderr, @"");
}

#[test]
fn a_folder_that_is_none_or_empty_is_refused() {
    let sandbox = scene();
    std::fs::create_dir(sandbox.path("empty")).unwrap();
    sandbox.write("empty/notes.txt", "no rules here");
    sandbox.write("file.toml", "jurisdiction = \"US\"\n");
    for folder in ["empty", "file.toml", "nowhere"] {
        rules(&sandbox, &["validate", folder]).refuses();
        rules(&sandbox, &["list", "--rules", folder]).refuses();
    }
    std::fs::create_dir(sandbox.path("bytes")).unwrap();
    sandbox.write("bytes/a.toml", [0xff, 0xfe]);
    rules(&sandbox, &["validate", "bytes"]).refuses();
}
