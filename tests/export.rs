//! What a tenant takes out of the store, and what becomes of it when it comes back.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use crate::columnar::{self, Row};
use crate::people;
use crate::sandbox::{EXPORTED_AT, Finished, Sandbox};

/// A store of the tenants acme and beta; acme has contacts from files and by hand.
struct Team(Sandbox);

/// Values that files and spreadsheets like to spoil.
const AWKWARD: &str = r#"Key,First,Last,Email,Company,Mobile,Work,Fax,Opt Out,Agreed,Note
a1,=cmd|' /C calc'!A0,"O""Neil; ""Jr.""",a1@example.com,007,+1 202 555 0101,,,yes,2024-03-01,"-1, +2 @x"
a2,Zoë 🙂🇫🇷,"Back\slash, and; more",a2@example.com,"two
lines",,(202) 555-0102 ext. 7,202-555-0103,no,,"  "
a3,'Ада,,,,202 555 0104,202 555 0104,,,,TRUE
a4,,,only.mail@example.com,,,,,,,1e5
a5,,,,"Only Company, GmbH",,,,,,
"#;

impl Team {
    fn new() -> Self {
        let team = Self(Sandbox::new());
        for slug in ["acme", "beta"] {
            team.run(slug, &["tenant", "add", slug]).ends_with(0);
        }
        team
    }

    /// With contacts of every kind.
    fn with_contacts() -> Self {
        let team = Self::new();
        people::write_mapping(&team.0);
        team.0.write("awkward.csv", AWKWARD);
        team.0.write("people.csv", people::file(5, 300));
        for file in ["awkward.csv", "people.csv"] {
            let mapping = ["--mapping", "people.toml", "--region", "US"];
            // Otherwise consent would be dated by the machine's clock, which may be ahead of the test's.
            let exported = ["--exported-at", EXPORTED_AT];
            let mut import = vec!["import", file, "--max-rejects", "100%"];
            import.extend(mapping.iter().chain(&exported));
            team.run("acme", &import).ends_with(0);
        }
        let metadata = r#"{"nested":{"n":1.50,"list":[1,null,"x"]},"empty":"","007":"0"}"#;
        let id = team.add(&["--last-name", "Byhand", "--metadata", metadata]);
        let link = |number: &str, more: &[&str]| {
            let mut all = vec!["link", &id, number];
            all.extend(more);
            team.run("acme", &all).ends_with(0);
        };
        link("+12025550131 x12", &["--as", "summer_house", "--verified"]);
        link("+12025550132", &["--as", "assistant", "--primary"]);
        link("+12025550132", &["--as", "work_fax"]);
        team
    }

    fn run(&self, tenant: &str, arguments: &[&str]) -> Finished {
        let mut all = arguments.to_vec();
        all.extend(["--db", "team.db", "--tenant", tenant, "--actor", "anna.k"]);
        all.push("--no-progress");
        self.0.smrt(&all)
    }

    fn json(&self, tenant: &str, arguments: &[&str]) -> Json {
        let mut all = arguments.to_vec();
        all.extend(["--format", "json"]);
        let finished = self.run(tenant, &all);
        assert!(finished.exit != Some(2), "{}", finished.stderr);
        serde_json::from_str(&finished.stdout).unwrap()
    }

    /// Adds a human of acme and returns its id.
    fn add(&self, fields: &[&str]) -> String {
        let mut all = vec!["human", "add"];
        all.extend(fields);
        self.json("acme", &all)["id"].as_str().unwrap().to_owned()
    }

    /// The rows of an export to a file, cells by column; a file tells its format by its ending.
    fn export(&self, tenant: &str, what: &str, ending: &str) -> Vec<Row> {
        let file = format!("{what}-of-{tenant}.{ending}");
        let arguments = ["export", what, "--output", &file, "--force"];
        let report = self.json(tenant, &arguments);
        let path = self.0.path(&file);
        let rows = match ending {
            "csv" => csv_rows(&std::fs::read_to_string(path).unwrap()),
            "jsonl" => json_rows(&std::fs::read_to_string(path).unwrap()),
            "parquet" => columnar::parquet_rows(&path),
            other => panic!("no rows are read of a file `.{other}`"),
        };
        assert_eq!(report["rows"], rows.len(), "{what} as {ending}: {report:#}");
        rows
    }

    /// Everything but when and by which run a row of a source was last seen.
    fn content(&self) -> Vec<Vec<Vec<String>>> {
        let tables = [
            "SELECT * FROM humans ORDER BY id",
            "SELECT * FROM phone_numbers ORDER BY id",
            "SELECT * FROM phone_human_links ORDER BY id",
            "SELECT * FROM consent_records ORDER BY id",
            "SELECT * FROM phone_number_ties ORDER BY 1, 2",
        ];
        tables.map(|sql| self.0.ask("team.db", sql)).to_vec()
    }
}

fn csv_rows(text: &str) -> Vec<Row> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let rows = reader.deserialize::<Row>();
    rows.map(Result::unwrap).collect()
}

fn json_rows(text: &str) -> Vec<Row> {
    let cell = |value: &Json| match value {
        Json::Null => String::new(),
        Json::String(text) => text.clone(),
        other => other.to_string(),
    };
    let row = |line: &str| {
        let row: Json = serde_json::from_str(line).unwrap();
        let cells = row.as_object().unwrap().iter();
        cells
            .map(|(name, value)| (name.clone(), cell(value)))
            .collect()
    };
    text.lines().map(row).collect()
}

/// Some columns of rows, as a store that is asked shows them.
fn columns_of(rows: &[Row], columns: &[&str]) -> BTreeSet<Vec<String>> {
    let shown = |cell: &str| match cell {
        "true" => "1".to_owned(),
        "false" => "0".to_owned(),
        other => other.to_owned(),
    };
    let rows = rows.iter();
    rows.map(|row| columns.iter().map(|name| shown(&row[*name])).collect())
        .collect()
}

/// The names of the columns in which some row says something.
fn filled_columns(rows: &[Row]) -> BTreeSet<&str> {
    let cells = rows.iter().flatten();
    let filled = cells.filter(|(_, cell)| !cell.is_empty());
    filled.map(|(name, _)| name.as_str()).collect()
}

/// The counts of an import that every row leaves as it was.
#[track_caller]
fn assert_unchanged(report: &Json, rows: u64) {
    let count = |name: &str| report["rows"][name].as_u64().unwrap();
    let counts = ["read", "unchanged", "created", "updated", "rejected"];
    assert_eq!(counts.map(count), [rows, rows, 0, 0, 0], "{report:#}");
}

fn round_trip(file: &str, more: &[&str]) {
    let team = Team::with_contacts();
    let before = team.content();
    let mut export = vec!["export", "contacts", "--output", file];
    export.extend(more);
    let exported = team.json("acme", &export);
    let rows = exported["rows"].as_u64().unwrap();
    assert!(rows > 200, "{exported:#}");
    let report = team.json("acme", &["import", file]);
    assert_unchanged(&report, rows);
    assert_eq!(team.content(), before);
    let again = team.json("acme", &["import", file]);
    assert_unchanged(&again, rows);
    team.0.assert_sound("team.db");
}

#[test]
fn contacts_come_back_unchanged_as_csv() {
    round_trip("contacts.csv", &[]);
}

#[test]
fn contacts_come_back_unchanged_as_json_lines() {
    round_trip("contacts.jsonl", &[]);
}

#[test]
fn contacts_come_back_unchanged_as_parquet() {
    round_trip("contacts.parquet", &[]);
}

#[test]
fn contacts_come_back_unchanged_as_vcards() {
    round_trip("contacts.vcf", &[]);
    round_trip("contacts.vcf", &["--vcard-version", "3.0"]);
}

#[test]
fn an_empty_store_gets_the_same_contacts_from_each_lossless_format() {
    let team = Team::with_contacts();
    let told = |team: &Team| {
        let lines = team.run("acme", &["export", "contacts", "--output-format", "jsonl"]);
        let lines = lines.ends_with(0).stdout;
        let mut rows: Vec<String> = lines
            .lines()
            .map(|line| {
                let mut row: Json = serde_json::from_str(line).unwrap();
                for of_store in ["human_id", "created_at", "updated_at"] {
                    row[of_store].take();
                }
                row.to_string()
            })
            .collect();
        rows.sort();
        rows
    };
    let expected = told(&team);
    for file in ["contacts.csv", "contacts.jsonl", "contacts.parquet"] {
        team.run("acme", &["export", "contacts", "--output", file])
            .ends_with(0);
        let other = Team(Sandbox::new());
        std::fs::copy(team.0.path(file), other.0.path(file)).unwrap();
        other.run("acme", &["tenant", "add", "acme"]).ends_with(0);
        other.run("acme", &["import", file]).ends_with(0);
        assert_eq!(told(&other), expected, "{file}");
        let again = other.json("acme", &["import", file]);
        assert_unchanged(&again, expected.len() as u64);
    }
}

#[test]
fn a_change_in_the_file_is_an_update_of_the_same_human() {
    let team = Team::new();
    let id = team.add(&["--last-name", "Byhand", "--job-title", "Clerk"]);
    let file = team
        .run("acme", &["export", "contacts"])
        .ends_with(0)
        .stdout;
    team.0
        .write("edited.csv", file.replace("Clerk", "Engineer"));
    let report = team.json("acme", &["import", "edited.csv"]);
    assert_eq!(
        (&report["rows"]["updated"], &report["rows"]["read"]),
        (&1.into(), &1.into())
    );
    let shown = team.run("acme", &["export", "humans"]).ends_with(0).stdout;
    assert!(shown.contains(&id) && shown.contains("Engineer"), "{shown}");
    let dry = team.json("acme", &["import", "edited.csv", "--dry-run"]);
    assert_unchanged(&dry, 1);
}

#[test]
fn the_ledger_comes_back_unchanged() {
    for file in ["ledger.csv", "ledger.jsonl", "ledger.parquet"] {
        let team = Team::with_contacts();
        let exported = team.json("acme", &["export", "consents", "--output", file]);
        let report = team.json("acme", &["consent", "import", file]);
        assert!(exported["rows"].as_u64().unwrap() > 3);
        assert_eq!(report["rows"]["unchanged"], exported["rows"], "{report:#}");
    }
}

#[test]
fn a_tenant_takes_out_what_it_may_see_field_by_field() {
    let team = Team::new();
    let id = team.add(&[
        "--first-name",
        "Hidden",
        "--last-name",
        "Shown",
        "--email",
        "hidden@example.com",
        "--company-name",
        "Shown Ltd",
        "--metadata",
        r#"{"note":"hidden"}"#,
    ]);
    team.run("acme", &["link", &id, "+12025550131", "--as", "work"])
        .ends_with(0);
    for format in ["csv", "jsonl"] {
        let seen = team.run("beta", &["export", "contacts", "--output-format", format]);
        assert!(!seen.ends_with(0).stdout.contains("Shown"));
    }
    for field in ["last_name", "company_name"] {
        let share = [
            "share", "human", "--to", "beta", "--field", field, "--level", "read",
        ];
        team.run("acme", &share).ends_with(0);
    }
    for format in ["csv", "jsonl", "vcard"] {
        let seen = team.run("beta", &["export", "contacts", "--output-format", format]);
        let seen = seen.ends_with(0);
        assert!(seen.stdout.contains("Shown Ltd"), "{}", seen.stdout);
        let leaked = ["Hidden", "hidden@", "\"note\"", "2025550131"];
        assert!(
            !leaked.iter().any(|value| seen.stdout.contains(value)),
            "{}",
            seen.stdout
        );
        if format != "vcard" {
            assert!(seen.stdout.contains("first_name email"), "{}", seen.stdout);
        }
        assert!(seen.stderr.contains("hidden fields"), "{}", seen.stderr);
    }
    let own = team
        .run("beta", &["export", "contacts", "--own"])
        .ends_with(0);
    assert!(!own.stdout.contains("Shown"));

    let exported = team.json("beta", &["export", "humans", "--output", "seen.csv"]);
    assert_eq!(
        (&exported["rows"], &exported["rows_masked"]),
        (&1.into(), &1.into())
    );
    let report = team.json("beta", &["import", "seen.csv"]);
    assert_eq!(report["rows"]["rejected"], 1, "{report:#}");
    let reads = "SELECT count(*) FROM audit_log WHERE action = 'human.read'";
    assert_ne!(team.0.ask("team.db", reads)[0][0], "0");
}

#[test]
fn numbers_links_and_consents_are_written_as_the_store_holds_them_in_every_format() {
    let team = Team::with_contacts();
    let tables: [(&str, &[&str], &str); 3] = [
        (
            "numbers",
            &[
                "phone_number_id",
                "phone_number",
                "country_code",
                "area_code",
            ],
            "SELECT id, phone_number, country_code, area_code FROM v_phone_numbers",
        ),
        (
            "links",
            &[
                "link_id",
                "human_id",
                "phone_number",
                "relationship_type",
                "is_primary",
                "verified",
                "metadata",
                "owner",
            ],
            "SELECT l.id, l.human_id, p.phone_number, l.relationship_type, l.is_primary, \
             l.verified, l.metadata, 'acme' FROM v_phone_human_links l \
             JOIN v_phone_numbers p ON p.id = l.phone_number_id",
        ),
        (
            "consents",
            &[
                "id",
                "human_id",
                "consent_type",
                "consent_status",
                "consent_source",
            ],
            "SELECT id, human_id, consent_type, consent_status, consent_source \
             FROM v_consent_records",
        ),
    ];
    for (what, columns, sql) in tables {
        let held = team.0.ask("team.db", sql);
        let held: BTreeSet<Vec<String>> = held
            .into_iter()
            .map(|row| {
                // Nothing, and an object that says nothing, are empty cells.
                let empty = |cell: &String| matches!(cell.as_str(), "NULL" | "{}");
                let cell = |cell| if empty(&cell) { String::new() } else { cell };
                row.into_iter().map(cell).collect()
            })
            .collect();
        assert!(held.len() > 10, "{what}");
        let rows = team.export("acme", what, "csv");
        assert_eq!(rows.len(), held.len(), "{what}");
        assert_eq!(columns_of(&rows, columns), held, "{what}");
        assert!(!filled_columns(&rows).contains("hidden_fields"), "{what}");
        for ending in ["jsonl", "parquet"] {
            assert_eq!(
                team.export("acme", what, ending),
                rows,
                "{what} as {ending}"
            );
        }
    }
    let links = team.export("acme", "links", "parquet");
    let by_hand = ["+12025550132", "assistant", "1", "0", ""].map(str::to_owned);
    let columns = [
        "phone_number",
        "relationship_type",
        "is_primary",
        "verified",
        "metadata",
    ];
    assert!(columns_of(&links, &columns).contains(&by_hand[..]));
    let with_extension = [
        "+12025550131",
        "summer_house",
        "0",
        "1",
        r#"{"extension":"12"}"#,
    ];
    assert!(columns_of(&links, &columns).contains(&with_extension.map(str::to_owned)[..]));
}

#[test]
fn another_tenants_parquet_files_hold_nothing_that_it_may_not_see() {
    let team = Team::with_contacts();
    let whats = ["contacts", "humans", "numbers", "links", "consents"];
    for what in whats {
        assert!(!team.export("acme", what, "parquet").is_empty());
        assert_eq!(
            team.export("beta", what, "parquet"),
            Vec::<Row>::new(),
            "{what}"
        );
    }
    let share = |kind: &str, field: &str| {
        let share = [
            "share", kind, "--to", "beta", "--field", field, "--level", "read",
        ];
        team.run("acme", &share).ends_with(0);
    };
    let filled = |what: &str, columns: &[&str]| {
        let rows = team.export("beta", what, "parquet");
        assert_eq!(
            filled_columns(&rows),
            columns.iter().copied().collect(),
            "{what}"
        );
        let own = team.export("acme", what, "parquet");
        // What is shown is what its owner sees; which fields are hidden is not for the owner.
        let shown: Vec<&str> = columns
            .iter()
            .copied()
            .filter(|name| *name != "hidden_fields")
            .collect();
        assert_eq!(
            columns_of(&rows, &shown),
            columns_of(&own, &shown),
            "{what}"
        );
    };
    share("human", "last_name");
    for what in ["humans", "contacts"] {
        filled(what, &["human_id", "owner", "last_name", "hidden_fields"]);
    }
    for what in ["numbers", "links", "consents"] {
        assert_eq!(
            team.export("beta", what, "parquet"),
            Vec::<Row>::new(),
            "{what}"
        );
    }
    share("link", "relationship_type");
    filled(
        "links",
        &[
            "link_id",
            "owner",
            "human_id",
            "phone_number_id",
            "phone_number",
            "relationship_type",
            "hidden_fields",
        ],
    );
    assert_eq!(
        team.export("beta", "consents", "parquet"),
        Vec::<Row>::new()
    );
}

#[test]
fn another_tenants_id_in_a_file_is_a_key_like_any_other() {
    let team = Team::new();
    let id = team.add(&["--last-name", "Byhand"]);
    let header = "human_id,owner,first_name,last_name,email,company_name,metadata,hidden_fields\n";
    let unknown = "0198c0de-0000-7000-8000-000000000000";
    for (tenant, id) in [("beta", id.as_str()), ("beta", unknown)] {
        team.0
            .write("guess.csv", format!("{header}{id},beta,,Guessed,,,,\n"));
        let report = team.json(tenant, &["import", "guess.csv"]);
        assert_eq!(report["rows"]["created"], 1, "{report:#}");
        assert_unchanged(&team.json(tenant, &["import", "guess.csv"]), 1);
    }
    let kept = team.run("acme", &["export", "humans"]).ends_with(0).stdout;
    assert!(kept.contains("Byhand") && !kept.contains("Guessed"));
}

#[test]
fn a_file_is_complete_its_owners_and_replaced_only_on_demand() {
    let team = Team::new();
    team.add(&["--last-name", "Byhand"]);
    let export = ["export", "contacts", "--output", "contacts.csv"];
    team.run("acme", &export).ends_with(0);
    let refused = team.run("acme", &export).refuses();
    assert!(
        refused.stderr.contains("`contacts.csv` exists already"),
        "{}",
        refused.stderr
    );
    team.run("acme", &[&export[..], &["--force"]].concat())
        .ends_with(0);
    let files = std::fs::read_dir(team.0.folder()).unwrap();
    let mut names = files.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    assert!(names.all(|name| !name.starts_with(".smrt")));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let metadata = std::fs::metadata(team.0.path("contacts.csv")).unwrap();
        assert_eq!(metadata.permissions().mode() & 0o777, 0o600);
    }
}

#[test]
fn what_has_no_place_in_a_format_is_refused() {
    let team = Team::new();
    let check = |arguments: &[&str], why: &str| {
        let refused = team.run("acme", arguments).refuses();
        assert!(refused.stderr.contains(why), "{}", refused.stderr);
    };
    check(
        &["export", "links", "--output-format", "vcard"],
        "cannot be written as vcard",
    );
    check(
        &["export", "links", "--updated-since", "2026-01-01"],
        "when links were changed",
    );
    check(
        &["export", "humans", "--output", "humans.txt"],
        "does not tell how",
    );
    check(
        &["export", "people"],
        "contacts, humans, numbers, links or consents",
    );
    assert!(!team.0.path("humans.txt").exists());
}

#[test]
fn only_what_changed_since_is_taken_out() {
    let team = Team::new();
    team.add(&["--last-name", "Byhand"]);
    let rows = |since: &str| {
        let export = [
            "export",
            "humans",
            "--updated-since",
            since,
            "--output",
            "h.csv",
            "--force",
        ];
        team.json("acme", &export)["rows"].as_u64().unwrap()
    };
    assert_eq!(
        (rows("2026-11-21T08:30:00Z"), rows("2026-11-21T08:30:01Z")),
        (1, 0)
    );
}

#[test]
fn ten_thousand_cards_are_imported_and_a_broken_one_is_set_aside() {
    let team = Team::new();
    let mut cards = String::new();
    for n in 0..10_000 {
        let broken = if n == 5_000 {
            "this is no property\r\n"
        } else {
            ""
        };
        let (area, line) = (200 + n / 100, n % 100);
        cards.push_str(&format!(
            "BEGIN:VCARD\r\nVERSION:3.0\r\nN:Example;Person {n};;;\r\nFN:Person {n} Example\r\n\
             {broken}item1.TEL;type=pref:+4930{area}555{line:02}\r\nitem1.X-ABLabel:_$!<Home>!$_\r\n\
             EMAIL;TYPE=INTERNET:p{n}@example.com\r\nBDAY:--0412\r\nPHOTO;ENCODING=b:QUJD\r\n \
             QUJD\r\nUID:card-{n}\r\nEND:VCARD\r\n"
        ));
    }
    team.0.write("phone.vcf", &cards);
    let report = team.json("acme", &["import", "phone.vcf", "--rejects", "rejects.vcf"]);
    let count = |name: &str| report["rows"][name].as_u64().unwrap();
    assert_eq!(
        (count("created"), count("rejected")),
        (9_999, 1),
        "{report:#}"
    );
    let rejects = std::fs::read_to_string(team.0.path("rejects.vcf")).unwrap();
    assert!(
        rejects.starts_with("BEGIN:VCARD\nX-SMRT-LINE:"),
        "{rejects}"
    );
    assert!(rejects.contains("\nthis is no property\n"), "{rejects}");

    let corrected = rejects.replace("this is no property\n", "");
    team.0.write("corrected.vcf", corrected);
    let report = team.json("acme", &["import", "corrected.vcf"]);
    assert_eq!(report["rows"]["created"], 1, "{report:#}");
    let whole = cards.replace("this is no property\r\n", "");
    team.0.write("phone.vcf", whole);
    let report = team.json("acme", &["import", "phone.vcf"]);
    assert_unchanged(&report, 10_000);
}
