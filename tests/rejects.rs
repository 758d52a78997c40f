//! A corrected reject file comes out as if its rows had been right at first.

use crate::sandbox::{Finished, Sandbox};

const MAPPING: &str = r#"version = 1
source = "crm"
[columns]
"Key" = "source_key"
"Name" = "full_name"
"Email" = "email"
"Phone" = { phone = "mobile" }
"Note" = "metadata"
"#;

const GOOD: &str = "Key,Name,Email,Phone,Note
k1,Ada Example,ada@example.com,0171 3920042,fine
k2,Bo Example,bo@example.com,0171 3920043,lost
k3,Cy Example,cy@example.com,0171 3920044,many
k4,Di Example,di@example.com,0171 3920045,quote
";

const BAD: &str = "Key,Name,Email,Phone,Note
k1,Ada Example,ada@example.com,0171 3920042,fine
,,not an address,,lost
k3,Cy Example,cy@example.com,0171 3920044,many,too,many
k4,Di Example,di@example.com,0171 3920045,\"quote
";

const REJECTS: &str = "bad.csv.run-1.rejects.csv";

/// A sandbox whose store `a.db` holds the good row of a file; the others are in the reject file.
fn scene() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("crm.toml", MAPPING);
    sandbox.write("bad.csv", BAD);
    import_first(&sandbox, "a.db", "bad.csv", &[]).ends_with(1);
    sandbox
}

/// Imports a file with everything that is to be known of it.
fn import_first(sandbox: &Sandbox, db: &str, file: &str, more: &[&str]) -> Finished {
    let known = ["--mapping", "crm.toml", "--region", "DE"];
    import(sandbox, db, file, &[&known, more].concat())
}

fn import(sandbox: &Sandbox, db: &str, file: &str, more: &[&str]) -> Finished {
    let arguments = ["import", file, "--db", db, "--no-progress"];
    sandbox.smrt(&[&arguments, more].concat())
}

/// The reject file with each row put right as a user would do it.
fn corrected(sandbox: &Sandbox) -> String {
    let text = std::fs::read_to_string(sandbox.path(REJECTS)).unwrap();
    let good: Vec<&str> = GOOD.lines().collect();
    let mut corrected = String::new();
    for line in text.split_inclusive('\n') {
        let reasons = match line {
            header if header.starts_with("Key,") => Some(("Key,Name,Email,Phone,Note", header)),
            _ => None,
        };
        if let Some((columns, header)) = reasons {
            assert!(
                header.starts_with(&format!("{columns},smrt_line,")),
                "{header}"
            );
            corrected.push_str(header);
        } else if let Some(why) = line.strip_prefix(",,not an address,,lost") {
            corrected += &format!("{}{why}", good[2]);
        } else if let Some(why) = line.strip_prefix(",,,,,4,") {
            assert!(why.contains("too,many"), "{why}");
            corrected += &format!("{},4,{why}", good[3]);
        } else if line.starts_with(",,,,,5,") {
            // Written anew, without a word of what was wrong.
            corrected += &format!("{}\n", good[4]);
        }
    }
    assert_eq!(
        corrected.matches("Example").count(),
        4,
        "{text}\n{corrected}"
    );
    corrected
}

/// Everything that is known of the humans, without the runs it comes from.
fn humans(sandbox: &Sandbox, db: &str) -> Vec<Vec<String>> {
    sandbox.ask(
        db,
        "SELECT h.id, h.first_name, h.last_name, h.email, h.metadata, p.phone_number
         FROM humans h
         LEFT JOIN phone_human_links l ON l.human_id = h.id
         LEFT JOIN phone_numbers p ON p.id = l.phone_number_id
         ORDER BY h.first_name",
    )
}

#[test]
fn a_corrected_reject_file_needs_no_mapping_and_no_region() {
    let sandbox = scene();
    sandbox.write("fixed.csv", corrected(&sandbox));
    let tried = import(&sandbox, "a.db", "fixed.csv", &["--dry-run"]).ends_with(0);
    let again = import(&sandbox, "a.db", "fixed.csv", &["--format", "json"]).ends_with(0);
    let says = "reject file of run 1: its mapping and region are used";
    for stderr in [&tried.stderr, &again.stderr] {
        assert!(stderr.contains(says), "{stderr}");
    }
    let report: serde_json::Value = serde_json::from_str(&again.stdout).unwrap();
    assert_eq!(report["mapping"]["kind"], "run");
    assert_eq!(report["mapping"]["name"], "1");
    assert_eq!(report["source"], "crm");

    sandbox.write("good.csv", GOOD);
    import_first(&sandbox, "b.db", "good.csv", &[]).ends_with(0);
    let expected = humans(&sandbox, "b.db");
    assert_eq!(expected.len(), 4);
    assert_eq!(expected[3][5], "+491713920045");
    assert_eq!(humans(&sandbox, "a.db"), expected);
    assert_eq!(sandbox.digest("a.db"), sandbox.digest("b.db"));
    let told = sandbox.ask(
        "a.db",
        "SELECT id FROM humans WHERE metadata LIKE '%smrt\\_%' ESCAPE '\\'",
    );
    assert!(told.is_empty());
    sandbox.assert_sound("a.db");
}

#[test]
fn what_is_named_comes_before_the_run() {
    let sandbox = scene();
    sandbox.write("fixed.csv", corrected(&sandbox));
    let region = import(
        &sandbox,
        "a.db",
        "fixed.csv",
        &["--region", "AT", "--dry-run"],
    );
    let says = "reject file of run 1: its mapping is used";
    assert!(region.stderr.contains(says), "{}", region.stderr);
    let mapping = import_first(&sandbox, "a.db", "fixed.csv", &["--dry-run"]).ends_with(0);
    assert!(
        !mapping.stderr.contains("reject file"),
        "{}",
        mapping.stderr
    );
}

#[test]
fn rejects_of_a_reject_file_are_read_alike() {
    let sandbox = scene();
    import(&sandbox, "a.db", REJECTS, &["--on-conflict", "fill"]).ends_with(1);
    let rejects = format!("{REJECTS}.run-2.rejects.csv");
    let text = std::fs::read_to_string(sandbox.path(&rejects)).unwrap();
    let fixed = text.replace(
        ",,not an address,,lost",
        "k2,Bo Example,bo@example.com,,lost",
    );
    assert_ne!(text, fixed);
    sandbox.write(&rejects, fixed);
    let again = import(&sandbox, "a.db", &rejects, &["--max-rejects", "9"]).ends_with(0);
    let says = "reject file of run 2: its mapping, region and conflict policy are used";
    assert!(again.stderr.contains(says), "{}", again.stderr);
    let told = sandbox.ask(
        "a.db",
        "SELECT metadata FROM humans WHERE first_name = 'Bo'",
    );
    assert_eq!(told.len(), 1);
    assert!(!told[0][0].contains("smrt_"), "{told:?}");
}

#[test]
fn a_reject_file_of_no_known_run_is_read_as_any_other_and_this_is_said() {
    let sandbox = scene();
    let text = corrected(&sandbox);
    sandbox.write("fixed.csv", &text);
    sandbox
        .smrt(&["tenant", "add", "beta", "--db", "a.db"])
        .ends_with(0);
    let check = |db: &str, more: &[&str], says: &str| {
        let finished = import(&sandbox, db, "fixed.csv", &[&["--dry-run"], more].concat());
        assert!(finished.stderr.contains(says), "{}", finished.stderr);
        assert!(
            finished.stderr.contains("this is a guess"),
            "{}",
            finished.stderr
        );
        // Not even a guess takes what was wrong with a row for a part of it.
        let mut kept = finished
            .stderr
            .lines()
            .filter(|line| line.contains("kept in metadata"));
        assert!(
            kept.all(|line| !line.contains("smrt_")),
            "{}",
            finished.stderr
        );
    };
    check(
        "none.db",
        &[],
        "reject file of run 1, which is not in this store",
    );
    check("a.db", &["--tenant", "beta"], "or of another tenant");
    // The run is the sixth of the columns after the original ones.
    let other = text.replacen(",1,\n", ",2,\n", 1);
    assert_ne!(other, text);
    sandbox.write("fixed.csv", other);
    check("a.db", &["--tenant", "default"], "do not name one run");
}

#[test]
fn json_lines_may_lack_what_the_whole_file_had() {
    let sandbox = Sandbox::new();
    sandbox.write("crm.toml", MAPPING);
    sandbox.write(
        "bad.jsonl",
        r#"{"Key":"k1","Name":"Ada Example","Email":"ada@example.com","Phone":"0171 3920042","Note":"n"}
{"Note":"lost"}
"#,
    );
    import_first(&sandbox, "a.db", "bad.jsonl", &[]).ends_with(1);
    let rejects = "bad.jsonl.run-1.rejects.jsonl";
    // Once as it is, which only makes rejects of rejects, and then the corrected ones.
    import(&sandbox, "a.db", rejects, &[]).ends_with(1);
    let rejects = &format!("{rejects}.run-2.rejects.jsonl");
    let text = std::fs::read_to_string(sandbox.path(rejects)).unwrap();
    let fixed = text.replace(
        "{\"Note\"",
        "{\"Key\":\"k2\",\"Name\":\"Bo Example\",\"Note\"",
    );
    assert_ne!(text, fixed);
    sandbox.write(rejects, fixed);
    let again = import(&sandbox, "a.db", rejects, &[]).ends_with(0);
    let says = "reject file of run 2: its mapping and region are used";
    assert!(again.stderr.contains(says), "{}", again.stderr);
    let told = sandbox.ask(
        "a.db",
        "SELECT first_name, metadata FROM humans ORDER BY first_name",
    );
    assert_eq!(told[1], ["Bo", r#"{"Note":"lost"}"#]);
}
