//! A small team keeps its contacts by hand: humans, numbers, links, tenants and their modules.

use serde_json::Value as Json;

use crate::sandbox::{Finished, Sandbox};

/// A sandbox with a store of the tenants acme and beta.
struct Team(Sandbox);

impl Team {
    fn new() -> Self {
        let team = Self(Sandbox::new());
        for slug in ["acme", "beta"] {
            team.run(slug, &["tenant", "add", slug]).ends_with(0);
        }
        team
    }

    fn run(&self, tenant: &str, arguments: &[&str]) -> Finished {
        let mut all = arguments.to_vec();
        all.extend(["--db", "team.db", "--tenant", tenant, "--actor", "anna.k"]);
        self.0.smrt(&all)
    }

    fn json(&self, tenant: &str, arguments: &[&str]) -> Json {
        let mut all = arguments.to_vec();
        all.extend(["--format", "json"]);
        serde_json::from_str(&self.run(tenant, &all).ends_with(0).stdout).unwrap()
    }

    /// Adds a human of acme and returns its id.
    fn add(&self, fields: &[&str]) -> String {
        let mut all = vec!["human", "add"];
        all.extend(fields);
        let human = self.json("acme", &all);
        human["id"].as_str().unwrap().to_owned()
    }

    fn actions(&self, tenant: &str) -> Vec<String> {
        let sql = format!(
            "SELECT a.action FROM audit_log a JOIN tenants t ON t.id = a.tenant_id \
             WHERE t.slug = '{tenant}' ORDER BY a.sequence"
        );
        self.0.ask("team.db", &sql).concat()
    }
}

#[test]
fn a_human_is_added_linked_edited_and_unlinked() {
    let team = Team::new();
    let id = team.add(&["--first-name", " Ada ", "--last-name", "Lovewell"]);
    let linked = team.json(
        "acme",
        &[
            "link",
            &id,
            "020 7946 0101 x12",
            "--region",
            "GB",
            "--as",
            "work",
            "--primary",
        ],
    );
    let phone = &linked["phone_numbers"][0];
    assert_eq!(phone["phone_number"], "+442079460101");
    assert_eq!(phone["metadata"]["extension"], "12");
    assert_eq!(
        (&phone["is_primary"], &phone["relationship_type"]),
        (&true.into(), &"work".into())
    );
    let edited = team.json("acme", &["human", "edit", &id, "--job-title", "Engineer"]);
    let title = edited["fields"]
        .as_array()
        .unwrap()
        .iter()
        .find(|field| field["name"] == "job_title");
    assert_eq!(title.unwrap()["value"], "Engineer");
    let emptied = team.json("acme", &["human", "edit", &id, "--job-title", ""]);
    assert_eq!(emptied["fields"].as_array().unwrap().len(), 2);
    let unlinked = team.json("acme", &["unlink", &id, "+442079460101"]);
    assert_eq!(unlinked["phone_numbers"], Json::Array(vec![]));
    assert_eq!(
        team.actions("acme"),
        [
            "tenant.add",
            "human.add",
            "link.add",
            "human.edit",
            "human.edit",
            "link.remove"
        ]
    );
    team.0.assert_sound("team.db");
}

#[test]
fn another_primary_number_takes_the_place_of_the_first() {
    let team = Team::new();
    let id = team.add(&["--email", "ada@example.com"]);
    team.run("acme", &["link", &id, "+12025550143", "--primary"])
        .ends_with(0);
    let human = team.json("acme", &["link", &id, "+12025550144", "--primary"]);
    let primary = |number: &str| {
        let phones = human["phone_numbers"].as_array().unwrap();
        phones
            .iter()
            .find(|phone| phone["phone_number"] == number)
            .unwrap()["is_primary"]
            .clone()
    };
    assert_eq!(
        (primary("+12025550144"), primary("+12025550143")),
        (true.into(), false.into())
    );
}

#[test]
fn the_same_edit_and_the_same_link_again_change_nothing() {
    let team = Team::new();
    let id = team.add(&["--last-name", "Lovewell"]);
    team.run("acme", &["link", &id, "+12025550143"])
        .ends_with(0);
    let digest = team.0.digest("team.db");
    let actions = team.actions("acme");
    team.run("acme", &["link", &id, "+12025550143"])
        .ends_with(0);
    let again = team
        .run("acme", &["human", "edit", &id, "--last-name", "Lovewell"])
        .ends_with(0);
    assert!(again.stderr.contains("nothing changed"), "{}", again.stderr);
    assert_eq!(
        (team.0.digest("team.db"), team.actions("acme")),
        (digest, actions)
    );
}

#[test]
fn what_cannot_be_used_is_refused_and_nothing_is_written() {
    let team = Team::new();
    let id = team.add(&["--last-name", "Lovewell"]);
    let digest = team.0.digest("team.db");
    let long = "x".repeat(4_097);
    let refused: [(&[&str], &str); 9] = [
        (
            &["human", "add", "--job-title", "Engineer"],
            "a human needs a name",
        ),
        (
            &["human", "add", "--last-name", &long],
            "longer than 4096 bytes",
        ),
        (
            &["human", "add", "--last-name", "a\u{7}b"],
            "control character",
        ),
        (
            &["human", "add", "--email", "nobody"],
            "`--email` cannot be used",
        ),
        (
            &["human", "add", "--last-name", "a", "--metadata", "[1]"],
            "not a JSON object",
        ),
        (
            &["human", "edit", &id, "--last-name", ""],
            "a human needs a name",
        ),
        (&["human", "edit", &id, "--email", "nobody"], "e-mail"),
        (&["number", "add", "12"], "the number cannot be used"),
        (
            &["link", &id, "+12025550143", "--as", "Ex Wife"],
            "relationship type",
        ),
    ];
    for (arguments, words) in refused {
        let refused = team.run("acme", arguments).refuses();
        assert!(
            refused.stderr.contains(words),
            "{arguments:?}: {}",
            refused.stderr
        );
    }
    assert_eq!(team.0.digest("team.db"), digest);
}

#[test]
fn a_number_that_another_tenant_brought_is_as_good_as_new() {
    let team = Team::new();
    let alone = team
        .run("beta", &["number", "add", "+12025550143"])
        .ends_with(0);
    let other = Team::new();
    other
        .run("acme", &["number", "add", "+12025550143"])
        .ends_with(0);
    let shared = other
        .run("beta", &["number", "add", "+12025550143"])
        .ends_with(0);
    assert_eq!((alone.stdout, alone.stderr), (shared.stdout, shared.stderr));
    let listed = |team: &Team| {
        team.run("beta", &["number", "list", "--format", "csv"])
            .stdout
    };
    assert_eq!(listed(&team), listed(&other));
    assert_eq!(team.actions("beta"), other.actions("beta"));
    other.0.assert_sound("team.db");
}

#[test]
fn lists_go_on_where_they_ended() {
    let team = Team::new();
    for number in 0..7 {
        team.add(&["--last-name", &format!("Person {number}")]);
    }
    let mut seen = Vec::new();
    let mut arguments = vec![
        "human".to_owned(),
        "list".to_owned(),
        "--limit".to_owned(),
        "3".to_owned(),
    ];
    for page in [3, 3, 1] {
        let list: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let json = team.json("acme", &list);
        let humans = json["humans"].as_array().unwrap();
        assert_eq!(humans.len(), page);
        seen.extend(
            humans
                .iter()
                .map(|human| human["id"].as_str().unwrap().to_owned()),
        );
        arguments.truncate(4);
        arguments.extend(["--after".to_owned(), seen.last().unwrap().clone()]);
    }
    assert!(seen.is_sorted());
    seen.dedup();
    assert_eq!(seen.len(), 7);
}

#[test]
fn a_tenant_without_a_module_is_refused_its_commands() {
    let team = Team::new();
    let id = team.add(&["--last-name", "Lovewell"]);
    let set = |arguments: &[&str]| {
        let mut all = vec!["tenant", "set", "acme"];
        all.extend(arguments);
        team.run("acme", &all)
    };
    set(&["--disable", "contacts", "--disable", "import"]).ends_with(0);
    team.0
        .write("a.csv", "Last Name,Phone\nExample,+12025550143\n");
    let refused: [&[&str]; 9] = [
        &["find", "lovewell"],
        &["show", &id],
        &["human", "add", "--last-name", "x"],
        &["human", "list"],
        &["number", "add", "+12025550143"],
        &["link", &id, "+12025550143"],
        &["unlink", &id, "+12025550143"],
        &["import", "a.csv"],
        &["runs", "list"],
    ];
    for arguments in refused {
        let mut json = arguments.to_vec();
        json.extend(["--format", "json"]);
        let refused = team.run("acme", &json).ends_with(2);
        assert_eq!(refused.stdout, "", "{arguments:?}");
        assert!(
            refused.stderr.contains("module_disabled"),
            "{arguments:?}: {}",
            refused.stderr
        );
    }
    let entries = team.actions("acme");
    assert!(
        entries
            .iter()
            .filter(|action| *action == "access.refused")
            .count()
            >= refused.len()
    );
    set(&["--enable", "contacts"]).ends_with(0);
    team.run("acme", &["show", &id]).ends_with(0);
    // The smaller tier takes away what it does not have, and does not let it be enabled.
    set(&["--tier", "basic"]).ends_with(0);
    let refused = set(&["--enable", "sharing"]).refuses();
    assert!(
        refused
            .stderr
            .contains("does not have the module `sharing`"),
        "{}",
        refused.stderr
    );
}

#[test]
fn settings_are_kept_and_used() {
    let team = Team::new();
    let set = |setting: &str| team.run("acme", &["tenant", "set", "acme", "--setting", setting]);
    set("default_region=GB").ends_with(0);
    let number = team.json("acme", &["number", "add", "020 7946 0101"]);
    assert_eq!(number["phone_number"], "+442079460101");
    for wrong in [
        "default_region=ZZ",
        "colour=blue",
        "grant_days_max=0",
        "grant_days_max",
    ] {
        set(wrong).refuses();
    }
    set("default_region=").ends_with(0);
    team.run("acme", &["number", "add", "020 7946 0102"])
        .refuses();
}
