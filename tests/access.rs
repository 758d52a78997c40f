//! Grants through the program and the library: what is refused, what is said, who hears of it.

use smrt_core::model::{AccessLevel, EntityType, Field, Id, Instant};
use smrt_core::smrt::{AccessQuestion, GrantFilter, NewGrant, Smrt, SmrtError, TenantSession};
use smrt_core::store::Access;

use crate::sandbox::{Finished, Sandbox, at};

/// A store with three tenants and two humans of the first.
struct House {
    sandbox: Sandbox,
    human: Id,
}

const DAY: i64 = 86_400_000_000;

fn days_on(days: i64) -> Instant {
    Instant::from_micros(at().as_micros() + days * DAY)
}

impl House {
    fn new() -> Self {
        let sandbox = Sandbox::new();
        for slug in ["acme", "beta", "core"] {
            sandbox.smrt(&["tenant", "add", slug, "-q"]).ends_with(0);
        }
        let rows = "id,first_name,last_name,email\n1,Ada,Ames,ada@example.com\n2,Bo,Burns,\n";
        sandbox.write("c.csv", rows);
        sandbox
            .smrt(&["import", "c.csv", "--tenant", "acme", "-q"])
            .ends_with(0);
        let found = sandbox
            .smrt(&["find", "Ames", "--tenant", "acme", "--format", "csv"])
            .ends_with(0);
        let line = found.stdout.lines().nth(1).unwrap();
        let human = line.split(',').next().unwrap().parse().unwrap();
        Self { sandbox, human }
    }

    fn smrt(&self) -> Smrt {
        Smrt::open_at(self.sandbox.location("smrt.db"), Access::Write, at()).unwrap()
    }

    /// Runs the program for a tenant; `HUMAN` stands for the human's id.
    fn run(&self, tenant: &str, line: &str) -> Finished {
        let human = self.human.to_string();
        let words = line.split_whitespace();
        let mut words: Vec<&str> = words
            .map(|word| if word == "HUMAN" { &human } else { word })
            .collect();
        words.extend(["--tenant", tenant, "--actor", "anna"]);
        self.sandbox.smrt(&words)
    }

    fn read(&self) -> NewGrant {
        NewGrant {
            to: "beta".to_owned(),
            entity_type: EntityType::Human,
            record: Some(self.human),
            field: None,
            level: AccessLevel::Read,
            expires_at: None,
        }
    }

    fn question(&self, viewer: Option<&str>) -> AccessQuestion {
        AccessQuestion {
            viewer: viewer.map(str::to_owned),
            entity_type: EntityType::Human,
            id: self.human,
            field: Field::parse(EntityType::Human, "last_name").unwrap(),
            level: AccessLevel::Read,
        }
    }
}

fn session<'s>(smrt: &'s mut Smrt, slug: &str) -> TenantSession<'s> {
    smrt.tenant(slug)
        .unwrap()
        .acting_as("anna".parse().unwrap())
}

fn code<T: std::fmt::Debug>(result: Result<T, SmrtError>) -> &'static str {
    result.unwrap_err().code()
}

#[test]
fn grants_that_cannot_be_are_refused_with_their_codes() {
    let house = House::new();
    let mut smrt = house.smrt();
    let mut check = |tenant: &str, new: NewGrant, expected: &str| {
        assert_eq!(
            code(session(&mut smrt, tenant).grant(&[new], at())),
            expected
        );
    };
    let read = house.read();
    let to = |slug: &str| NewGrant {
        to: slug.to_owned(),
        ..house.read()
    };
    check("acme", to("acme"), "grant_to_self");
    check("acme", to("nobody"), "tenant_unknown");
    check("acme", to("'; DROP TABLE humans; --"), "tenant_unknown");
    check(
        "acme",
        NewGrant {
            field: Some(Field::parse(EntityType::Link, "verified").unwrap()),
            ..read.clone()
        },
        "field_unknown",
    );
    check(
        "acme",
        NewGrant {
            expires_at: Some(at()),
            ..read.clone()
        },
        "grant_expiry_past",
    );
    check(
        "acme",
        NewGrant {
            record: Some(Id::from_bytes([9; 16])),
            ..read.clone()
        },
        "not_found",
    );
    // A stranger is told what it would be told of a record that does not exist.
    check("beta", to("core"), "not_found");
    session(&mut smrt, "acme").grant(&[read], at()).unwrap();
    assert_eq!(
        code(session(&mut smrt, "beta").grant(&[to("core")], at())),
        "access_refused"
    );
    let many = vec![to("beta"); 10_001];
    assert_eq!(
        code(session(&mut smrt, "acme").grant(&many, at())),
        "grants_too_many"
    );
}

#[test]
fn a_batch_is_granted_as_a_whole_or_not_at_all() {
    let house = House::new();
    let mut smrt = house.smrt();
    let mut acme = session(&mut smrt, "acme");
    let wrong = NewGrant {
        record: Some(Id::from_bytes([9; 16])),
        ..house.read()
    };
    assert_eq!(code(acme.grant(&[house.read(), wrong], at())), "not_found");
    assert!(
        acme.grants(GrantFilter::Given, None, 10, at())
            .unwrap()
            .is_empty()
    );
}

#[test]
fn whoever_holds_admin_passes_on_and_loses_it_with_its_own() {
    let house = House::new();
    let mut smrt = house.smrt();
    let admin = NewGrant {
        level: AccessLevel::Admin,
        ..house.read()
    };
    let made = session(&mut smrt, "acme")
        .grant(std::slice::from_ref(&admin), at())
        .unwrap();
    let to = |slug: &str| NewGrant {
        to: slug.to_owned(),
        ..house.read()
    };
    let mut beta = session(&mut smrt, "beta");
    assert_eq!(code(beta.grant(&[to("acme")], at())), "grant_to_owner");
    let passed = beta.grant(&[to("core")], at()).unwrap();
    let allowed = |smrt: &mut Smrt, at| {
        let asked = session(smrt, "core").explain(&house.question(None), at);
        asked.is_ok_and(|answer| answer.decision.allowed)
    };
    assert!(allowed(&mut smrt, days_on(1)));
    // Core may see, not ask about others; acme, the owner, may.
    let others = house.question(Some("beta"));
    assert_eq!(
        code(session(&mut smrt, "core").explain(&others, days_on(1))),
        "access_refused"
    );
    let others = house.question(Some("core"));
    let answer = session(&mut smrt, "acme")
        .explain(&others, days_on(1))
        .unwrap();
    assert_eq!(answer.grants.len(), 1);
    // Core cannot end it, the owner of the record can, once.
    let end = days_on(2);
    let ids = [passed[0].grant.id];
    assert_eq!(
        code(session(&mut smrt, "core").revoke(&ids, end)),
        "not_found"
    );
    session(&mut smrt, "acme")
        .revoke(&[made[0].grant.id], end)
        .unwrap();
    assert!(!allowed(&mut smrt, end));
    assert!(allowed(&mut smrt, days_on(1)), "the past stays as it was");
    session(&mut smrt, "acme").revoke(&ids, end).unwrap();
    assert_eq!(
        code(session(&mut smrt, "acme").revoke(&ids, end)),
        "grant_revoked"
    );
}

#[test]
fn a_chain_ends_where_its_grants_would_count_no_more() {
    let house = House::new();
    for slug in ["d1", "d2", "d3", "d4"] {
        house
            .sandbox
            .smrt(&["tenant", "add", slug, "-q"])
            .ends_with(0);
    }
    let mut smrt = house.smrt();
    let slugs = ["acme", "beta", "d1", "d2", "d3", "d4"];
    let admin_to = |slug: &str| NewGrant {
        to: slug.to_owned(),
        level: AccessLevel::Admin,
        ..house.read()
    };
    for pair in slugs.windows(2) {
        session(&mut smrt, pair[0])
            .grant(&[admin_to(pair[1])], at())
            .unwrap();
    }
    let beyond = session(&mut smrt, "d4").grant(&[admin_to("core")], at());
    assert_eq!(code(beyond), "grant_chain_too_long");
}

#[test]
fn those_concerned_hear_of_it_and_nobody_else() {
    let house = House::new();
    let mut smrt = house.smrt();
    let admin = NewGrant {
        level: AccessLevel::Admin,
        ..house.read()
    };
    session(&mut smrt, "acme").grant(&[admin], at()).unwrap();
    let to_core = NewGrant {
        to: "core".to_owned(),
        ..house.read()
    };
    let passed = session(&mut smrt, "beta").grant(&[to_core], at()).unwrap();
    session(&mut smrt, "beta")
        .revoke(&[passed[0].grant.id], days_on(1))
        .unwrap();
    drop(smrt);
    let heard = |slug: &str| -> Vec<String> {
        let sql = format!(
            "SELECT action || ' ' || actor FROM audit_log WHERE action LIKE 'access.%' \
             AND tenant_id = (SELECT id FROM tenants WHERE slug = '{slug}') ORDER BY sequence"
        );
        house
            .sandbox
            .ask("smrt.db", &sql)
            .into_iter()
            .flatten()
            .collect()
    };
    let by_beta = ["access.grant tenant:beta", "access.revoke tenant:beta"];
    assert_eq!(
        heard("acme"),
        [&["access.grant anna"][..], &by_beta].concat()
    );
    assert_eq!(
        heard("beta"),
        [
            "access.grant tenant:acme",
            "access.grant anna",
            "access.revoke anna"
        ]
    );
    assert_eq!(heard("core"), by_beta);
}

#[test]
fn the_program_answers_with_its_exit_code() {
    let house = House::new();
    house
        .run("acme", "share human --to beta --level read")
        .ends_with(0);
    house
        .run("beta", "access explain human HUMAN --field last_name")
        .ends_with(0);
    house
        .run(
            "beta",
            "access explain human HUMAN --field last_name --level write",
        )
        .ends_with(1);
    house
        .run("beta", "access explain human HUMAN --field email")
        .ends_with(1);
    house
        .run("core", "access explain human HUMAN --field last_name")
        .ends_with(1);
    for line in [
        "access grant human HUMAN --to acme --level read",
        "access grant human HUMAN --to nobody --level read",
        "access grant human HUMAN --to beta --level owner",
        "access grant human HUMAN --to beta --level read --field password",
        "access grant human HUMAN --to beta --level read --expires 2020-01-01",
        "access grant person HUMAN --to beta --level read",
        "access grant human ';--' --to beta --level read",
        "access list --record human x",
        "share human --to beta --level read --field verified",
    ] {
        house.run("acme", line).refuses();
    }
    let stranger = house.run("core", "access grant human HUMAN --to beta --level read");
    let stranger = stranger.ends_with(1);
    assert_eq!(
        stranger.stderr,
        format!("error: there is no human {}\n", house.human)
    );
    let nothing = house.run("core", "access list --format csv").ends_with(0);
    assert_eq!(nothing.stdout.lines().count(), 1);
}

#[test]
fn an_explanation_is_whole_in_json() {
    let house = House::new();
    house
        .run(
            "acme",
            "access grant human HUMAN --to beta --level read --expires 2026-12-01",
        )
        .ends_with(0);
    let shown = house.run(
        "acme",
        "access explain human HUMAN --for beta --field email --level write --format json",
    );
    let json: serde_json::Value = serde_json::from_str(&shown.ends_with(1).stdout).unwrap();
    assert_eq!(json["schema"], "smrt.access-explanation.v1");
    assert_eq!(json["winner"]["grant"]["access_level"], "read");
    assert_eq!(json["failed"]["code"], "level_too_low");
    let changes: Vec<&str> = json["remedy"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| step["change"].as_str().unwrap())
        .collect();
    assert_eq!(changes, ["grant", "record_consent"]);
}

/// Grants on single records and on fields are weighed within one query, deeper than any other.
#[test]
fn who_was_given_single_records_and_fields_lists_finds_and_exports_them() {
    let house = House::new();
    house
        .run(
            "acme",
            "access grant human HUMAN --to beta --level read --field last_name",
        )
        .ends_with(0);
    house
        .run("acme", "link HUMAN +12025550143 --as work")
        .ends_with(0);
    let links = house
        .run("acme", "export links --output-format csv")
        .ends_with(0);
    let link = links.stdout.lines().nth(1).unwrap().split(',').next();
    let grant = format!(
        "access grant link {} --to beta --level read --field relationship_type",
        link.unwrap()
    );
    house.run("acme", &grant).ends_with(0);
    for (command, shown) in [
        ("human list", "Ames"),
        ("find Ames", "Ames"),
        ("export contacts", "Ames"),
        ("export links", "work"),
        ("number list", "+12025550143"),
        ("export numbers", "+12025550143"),
    ] {
        let told = house.run("beta", command).ends_with(0).stdout;
        assert!(told.contains(shown), "{command}: {told}");
        let hidden = ["Ada", "ada@example.com", "Burns"];
        assert!(
            !hidden.iter().any(|text| told.contains(text)),
            "{command}: {told}"
        );
    }
}
