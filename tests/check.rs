//! `smrt check`: may a number be contacted, from the command line.

use serde_json::Value as Json;

use crate::sandbox::{Finished, Sandbox};

/// Friday noon in Chicago.
const NOON: &str = "2026-11-20T18:00:00Z";

/// A sandbox with a store of one tenant that holds no registry.
struct Office(Sandbox);

impl Office {
    fn new() -> Self {
        let sandbox = Sandbox::new();
        let added = sandbox.smrt(&["tenant", "add", "acme", "--db", "o.db"]);
        added.ends_with(0);
        Self(sandbox)
    }

    fn check(&self, at: &str, arguments: &[&str]) -> Finished {
        let mut all = vec!["check", "--db", "o.db"];
        all.extend(arguments);
        self.0.smrt_at(at, &all)
    }

    fn json(&self, at: &str, exit: i32, arguments: &[&str]) -> Json {
        let mut all = arguments.to_vec();
        all.extend(["--format", "json"]);
        serde_json::from_str(&self.check(at, &all).ends_with(exit).stdout).unwrap()
    }
}

const CALL: [&str; 5] = [
    "+13125550123",
    "--channel",
    "call",
    "--purpose",
    "marketing",
];
const SURVEY: [&str; 5] = ["+13125550123", "--channel", "call", "--purpose", "survey"];

fn with<'a>(arguments: &[&'a str], more: &[&'a str]) -> Vec<&'a str> {
    [arguments, more].concat()
}

#[test]
fn allowed_ends_with_0_and_denied_with_1() {
    let office = Office::new();
    let denied = office.check(NOON, &CALL).ends_with(1).stdout;
    assert!(
        denied.starts_with("denied: DNC_NOT_COVERED +13125550123\n"),
        "{denied}"
    );
    assert!(
        denied.contains("us.national_dnc, 47 CFR 64.1200(c)(2)"),
        "{denied}"
    );
    let allowed = office.check(NOON, &SURVEY).ends_with(0).stdout;
    assert!(
        allowed.starts_with("allowed: NOT_SOLICITATION +13125550123\n"),
        "{allowed}"
    );
    assert!(
        allowed.contains("2026-11-20T12:00:00 America/Chicago"),
        "{allowed}"
    );
}

#[test]
fn every_reason_is_told_with_its_rule_and_facts() {
    let office = Office::new();
    let answer = office.json("2026-11-21T05:00:00Z", 1, &CALL);
    assert_eq!(answer["schema"], "smrt.contact-decision.v1");
    assert_eq!(answer["allowed"], false);
    let reasons = answer["reasons"].as_array().unwrap();
    let codes: Vec<&str> = reasons
        .iter()
        .map(|reason| reason["code"].as_str().unwrap())
        .collect();
    assert_eq!(codes[0], "DNC_NOT_COVERED");
    assert!(codes.contains(&"QUIET_HOURS"), "{codes:?}");
    assert_eq!(reasons[0]["facts"]["missing"], "registry");
    assert!(
        reasons
            .iter()
            .all(|reason| !reason["citation"].as_str().unwrap().is_empty())
    );
    // Waiting does not bring a registry.
    assert_eq!(answer["next_allowed_at"], Json::Null);
    assert_eq!(answer["profile"], "strict");
    assert!(!answer["rules_version"].as_str().unwrap().is_empty());
}

#[test]
fn where_only_time_stands_in_the_way_the_next_instant_is_told() {
    let office = Office::new();
    let arguments = with(&SURVEY, &["--voice", "prerecorded", "--line", "landline"]);
    assert_eq!(office.json(NOON, 0, &arguments)["allowed"], true);
    let denied = office.json(
        "2026-11-21T05:00:00Z",
        1,
        &[
            "+442079460123",
            "--channel",
            "call",
            "--purpose",
            "marketing",
        ],
    );
    assert_eq!(denied["next_allowed_at"], Json::Null);
}

#[test]
fn clocks_that_change_are_read_right() {
    let office = Office::new();
    // Debts are collected between 8 and 21; clocks go forward on 2026-03-08 and back on 2026-11-01.
    let collect = [
        "+13125550123",
        "--channel",
        "call",
        "--purpose",
        "debt_collection",
    ];
    for (at, exit) in [
        ("2026-03-07T13:59:59Z", 1),
        ("2026-03-07T14:00:00Z", 0),
        ("2026-03-08T12:59:59Z", 1),
        ("2026-03-08T13:00:00Z", 0),
        ("2026-11-01T13:59:59Z", 1),
        ("2026-11-01T14:00:00Z", 0),
    ] {
        office.check(at, &collect).ends_with(exit);
    }
    let before = office.json("2026-03-08T08:30:00Z", 1, &collect);
    assert_eq!(before["next_allowed_at"], "2026-03-08T13:00:00Z");
}

#[test]
fn what_cannot_be_read_is_refused_with_a_hint() {
    let office = Office::new();
    for (arguments, expected) in [
        (
            vec![
                "+13125550123",
                "--channel",
                "pigeon",
                "--purpose",
                "marketing",
            ],
            "expected call, sms, email, fax or post",
        ),
        (
            vec![
                "+13125550123",
                "--channel",
                "call",
                "--purpose",
                "advertising",
            ],
            "expected marketing, informational",
        ),
        (
            vec![
                "312-555-0123",
                "--channel",
                "call",
                "--purpose",
                "marketing",
            ],
            "--region",
        ),
        (with(&CALL, &["--zone", "Mars/Olympus"]), "America/Denver"),
        (with(&CALL, &["--state", "US-ZZ"]), "US-FL"),
        (
            with(&CALL, &["--profile", "lenient"]),
            "expected strict or fcc_text",
        ),
    ] {
        let refused = office.check(NOON, &arguments).refuses();
        assert!(refused.stderr.contains(expected), "{}", refused.stderr);
        assert!(!refused.stderr.contains("5550123"), "{}", refused.stderr);
    }
}

#[test]
fn a_country_without_rules_is_denied_and_said_so() {
    let office = Office::new();
    let arguments = [
        "+81312345678",
        "--channel",
        "call",
        "--purpose",
        "marketing",
    ];
    let answer = office.json(NOON, 1, &arguments);
    assert_eq!(answer["code"], "NO_RULES");
    assert_eq!(answer["reasons"][0]["facts"]["missing"], "rules");
}

#[test]
fn a_tenant_without_the_module_is_refused() {
    let office = Office::new();
    let set = ["tenant", "set", "acme", "--tier", "basic", "--db", "o.db"];
    office.0.smrt(&set).ends_with(0);
    let refused = office.check(NOON, &CALL).refuses();
    assert!(refused.stderr.contains("consent"), "{}", refused.stderr);
}

impl Office {
    /// Runs a command of a tenant, whatever it prints.
    fn does(&self, tenant: &str, at: &str, arguments: &[&str]) {
        let mut all = arguments.to_vec();
        all.extend(["--db", "o.db", "--tenant", tenant]);
        self.0.smrt_at(at, &all).ends_with(0);
    }

    /// A tenant obtains a registry that covers area code 312 and lists nobody in this test.
    fn obtains_registry(&self, tenant: &str) {
        self.0.write("registry.txt", "312,5550188\n");
        let arguments = [
            "dnc",
            "load",
            "registry.txt",
            "--kind",
            "national",
            "--jurisdiction",
            "US",
            "--version-date",
            "2026-11-15",
            "--area-codes",
            "312",
        ];
        self.does(tenant, "2026-11-16T09:00:00Z", &arguments);
    }
}

#[test]
fn vector_33_a_request_to_one_tenant_is_no_request_to_another() {
    let office = Office::new();
    office.does("acme", NOON, &["tenant", "add", "beta"]);
    office.obtains_registry("acme");
    office.obtains_registry("beta");
    office.does(
        "acme",
        "2026-11-17T15:00:00Z",
        &["dnc", "add", "+13125550123"],
    );
    let acme = office.json(NOON, 1, &with(&CALL, &["--tenant", "acme"]));
    assert_eq!(acme["code"], "INTERNAL_DNC");
    let beta = office.json(NOON, 0, &with(&CALL, &["--tenant", "beta"]));
    assert_eq!(beta["code"], "OK");
}

#[test]
fn vector_52_a_reply_in_other_words_ends_consent() {
    let office = Office::new();
    office.obtains_registry("acme");
    let grant = [
        "consent",
        "grant",
        "+13125550123",
        "--type",
        "marketing_sms",
        "--tier",
        "pewc",
        "--seller",
        "acme",
        "--source",
        "web form",
        "--signature",
        "checkbox",
        "--wording",
        "Acme may text me.",
        "--acted-at",
        "2025-01-10T15:00:00Z",
    ];
    office.does("acme", "2025-01-10T15:00:00Z", &grant);
    let text = ["+13125550123", "--channel", "sms", "--purpose", "marketing"];
    office.check(NOON, &text).ends_with(0);
    let reply = [
        "consent",
        "reply",
        "+13125550123",
        "--text",
        "please don't text me anymore",
        "--purpose",
        "marketing",
    ];
    office.does("acme", "2026-11-19T15:00:00Z", &reply);
    assert_eq!(office.json(NOON, 1, &text)["code"], "CONSENT_REVOKED");
    // Before the reply the answer was another, and still is.
    office.check("2026-11-18T18:00:00Z", &text).ends_with(0);
}

#[test]
fn a_request_for_help_is_kept_as_a_message() {
    let office = Office::new();
    let reply = ["consent", "reply", "+13125550123", "--text", "HELP"];
    office.does("acme", NOON, &reply);
    let kept = office
        .0
        .ask("o.db", "SELECT kind, direction, outcome FROM interactions");
    assert_eq!(kept, [["text", "inbound", "help_requested"]]);
    let recorded = office.0.ask("o.db", "SELECT count(*) FROM consent_records");
    assert_eq!(recorded.concat(), ["0"]);
}
