//! Do-Not-Call registries from the command line: every layout, every bad input, two tenants, and
//! loads that are killed.

use std::io::Write as _;
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::Value as Json;

use crate::people::Random;
use crate::sandbox::{Finished, Sandbox};

const NATIONAL: [&str; 6] = [
    "--kind",
    "national",
    "--jurisdiction",
    "US",
    "--version-date",
    "2026-11-01",
];

/// Loads a full national list for a tenant.
fn load(sandbox: &Sandbox, tenant: &str, file: &str, more: &[&str]) -> Finished {
    let mut line = vec!["dnc", "load", file, "--tenant", tenant, "--no-progress"];
    let states = |option: &str| more.contains(&option);
    if !states("--kind") {
        let end = if states("--version-date") { 4 } else { 6 };
        line.extend(&NATIONAL[..end]);
    }
    if !states("--area-codes") && !states("--change") && !states("--kind") {
        line.extend(["--area-codes", "all"]);
    }
    line.extend(more);
    sandbox.smrt(&line)
}

/// A sandbox with a store that has the tenants acme and beta.
fn two_tenants() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.smrt(&["tenant", "add", "acme"]).ends_with(0);
    sandbox.smrt(&["tenant", "add", "beta"]).ends_with(0);
    sandbox
}

fn check(sandbox: &Sandbox, tenant: &str, number: &str, more: &[&str]) -> Vec<(String, String)> {
    let mut line = vec![
        "dnc", "check", number, "--tenant", tenant, "--format", "json",
    ];
    line.extend(more);
    let found = sandbox.smrt(&line);
    let json: Json = serde_json::from_str(&found.stdout).unwrap();
    let text = |row: &Json, key: &str| row[key].as_str().unwrap_or_default().to_owned();
    let rows: Vec<(String, String)> = json["answers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (text(row, "registry"), text(row, "status")))
        .collect();
    let is_listed = rows.iter().any(|(_, status)| status == "listed");
    assert_eq!(found.exit, Some(i32::from(is_listed)), "{}", found.stderr);
    rows
}

#[track_caller]
fn assert_status(sandbox: &Sandbox, tenant: &str, number: &str, registry: &str, status: &str) {
    let rows = check(sandbox, tenant, number, &[]);
    let want = (registry.to_owned(), status.to_owned());
    assert!(rows.contains(&want), "{number}: {rows:?}");
}

#[test]
fn every_layout_of_a_full_list_is_read() {
    let xml = "<?xml version=\"1.0\"?>\n<list type=\"full\">\n<ac val=\"303\">\n\
               <ph val=\"5550143\"/><ph val=\"5550144\"/></ac>\n</list>\n";
    for (name, text) in [
        ("comma", "303,5550143\n303,5550144\n"),
        ("comma_crlf", "303,5550143\r\n303,5550144\r\n"),
        ("bom", "\u{feff}303,5550143\n303,5550144\n"),
        ("blank_lines", "\n303,5550143\n\n303,5550144\n\n"),
        ("no_last_newline", "303,5550143\n303,5550144"),
        ("ten", "3035550143\n3035550144\n"),
        ("eleven", "13035550143\n13035550144\n"),
        ("e164", "+13035550143\n+13035550144\n"),
        ("header", "area_code,phone\n303,5550143\n303,5550144\n"),
        (
            "quoted",
            "\"Phone\",\"State\"\n\"3035550143\",\"CO\"\n\"3035550144\",\"CO\"\n",
        ),
        ("printed", "(303) 555-0143\n(303) 555-0144\n"),
        ("mixed", "303,5550143\n\"303\",\"5550144\"\n"),
        ("xml", xml),
    ] {
        let sandbox = two_tenants();
        sandbox.write("list.txt", text);
        let loaded = load(&sandbox, "acme", "list.txt", &["--format", "json"]).ends_with(0);
        let report: Json = serde_json::from_str(&loaded.stdout).unwrap();
        assert_eq!(
            (&report["rows"], &report["numbers"]),
            (&2.into(), &2.into()),
            "{name}"
        );
        assert_status(&sandbox, "acme", "+13035550143", "national-us", "listed");
        assert_status(&sandbox, "acme", "+13035550145", "national-us", "clear");
    }
}

#[test]
fn lists_of_other_countries_are_read_in_national_form() {
    let sandbox = two_tenants();
    sandbox.write("tps.txt", "02079460101\n+44 20 7946 0102\n442079460103\n");
    let options = [
        "--kind",
        "national",
        "--jurisdiction",
        "GB",
        "--version-date",
        "2026-11-01",
    ];
    let mut options = options.to_vec();
    options.extend(["--area-codes", "all"]);
    load(&sandbox, "acme", "tps.txt", &options).ends_with(0);
    for number in ["+442079460101", "+442079460102", "+442079460103"] {
        assert_status(&sandbox, "acme", number, "national-gb", "listed");
    }
    // It says nothing of a number in another country.
    assert_eq!(
        check(&sandbox, "acme", "+13035550143", &[]),
        [(String::new(), "unknown".into())]
    );
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

fn zip(members: &[(&str, &str)]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, text) in members {
        writer
            .start_file(*name, zip::write::SimpleFileOptions::default())
            .unwrap();
        writer.write_all(text.as_bytes()).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

#[test]
fn compressed_lists_are_the_lists_in_them() {
    let text = "303,5550143\n720,5550144\n";
    let sandbox = two_tenants();
    sandbox.write("list.txt", text);
    sandbox.write("list.gz", gzip(text));
    sandbox.write(
        "list.zip",
        zip(&[("303.txt", "303,5550143\n"), ("720.txt", "720,5550144\n")]),
    );
    load(&sandbox, "acme", "list.txt", &[]).ends_with(0);
    for same in ["list.gz", "list.zip"] {
        let again = load(&sandbox, "acme", same, &[]).ends_with(0);
        assert!(
            again
                .stdout
                .starts_with("already loaded as version 1 of `national-us`"),
            "{same}"
        );
    }
    let whole = gzip(&"303,5550143\n".repeat(5_000));
    sandbox.write("cut.gz", &whole[..whole.len() - 9]);
    let archive = zip(&[("303.txt", text)]);
    sandbox.write("cut.zip", &archive[..archive.len() / 2]);
    for cut in ["cut.gz", "cut.zip"] {
        let refused = load(&sandbox, "acme", cut, &[]).refuses();
        assert!(
            refused.stderr.contains("ends early or is damaged"),
            "{}",
            refused.stderr
        );
    }
}

#[test]
fn a_list_that_cannot_be_right_is_refused_and_nothing_is_half_loaded() {
    let good: String = (0..2_000).map(|n| format!("303,555{n:04}\n")).collect();
    let garbage = format!("{good}{}", "303,x\n".repeat(20));
    let cut = &good[..good.len() - 4];
    let foreign = "416,5550143\n416,5550144\n";
    let login = "<!DOCTYPE html>\n<html><head><title>Sign in</title></head></html>\n";
    let change = "303,5550143,2026-11-05,A\n303,5550144,2026-11-05,D\n";
    let open = "<list type=\"full\"><ac val=\"303\"><ph val=\"5550143\"/>";
    for (name, text, more, said) in [
        ("empty", "", &[][..], "the list is empty"),
        ("blank", "\n\r\n", &[], "the list is empty"),
        ("garbage", &garbage, &[], "20 of 2020 rows cannot be used"),
        (
            "cut",
            cut,
            &[],
            "ends in the middle: its last line is not whole",
        ),
        (
            "open",
            open,
            &[],
            "ends in the middle: the closing `</list>` is missing",
        ),
        (
            "foreign",
            foreign,
            &[],
            "line 1, column 1: a number of another country",
        ),
        ("login", login, &[], "the file is an HTML page, not a list"),
        ("binary", "\u{0}\u{1}\u{2}", &[], "the file is not text"),
        (
            "names",
            "Ada\nBert\n",
            &[],
            "no column of the list holds phone numbers",
        ),
        ("change", change, &[], "the file is a change list"),
        (
            "few",
            &good,
            &["--expect-rows", "3000"],
            "has 2000 rows, at least 3000 were expected",
        ),
        (
            "uncovered",
            &good,
            &["--area-codes", "720"],
            "an area code that the list is said not to cover",
        ),
    ] {
        let sandbox = two_tenants();
        sandbox.write("list.txt", text);
        let before = sandbox.digest("smrt.db");
        let refused = load(&sandbox, "acme", "list.txt", more).refuses();
        assert!(refused.stderr.contains(said), "{name}: {}", refused.stderr);
        assert!(
            !refused.stderr.contains("555"),
            "no number is told: {}",
            refused.stderr
        );
        assert_eq!(sandbox.digest("smrt.db"), before, "{name}");
        assert_eq!(check(&sandbox, "acme", "+13035550143", &[])[0].1, "unknown");
    }
}

#[test]
fn what_only_the_user_can_know_must_be_said() {
    let sandbox = two_tenants();
    sandbox.write("list.txt", "303,5550143\n");
    let refused = |line: &[&str], said: &str| {
        let mut words = vec!["dnc", "load", "list.txt", "--tenant", "acme"];
        words.extend(line);
        let refused = sandbox.smrt(&words).refuses();
        assert!(refused.stderr.contains(said), "{said}: {}", refused.stderr);
    };
    refused(&[], "what kind of list it is was not said");
    refused(&["--kind", "national"], "needs a jurisdiction");
    refused(
        &["--kind", "state", "--jurisdiction", "US"],
        "needs a jurisdiction",
    );
    refused(
        &["--kind", "national", "--jurisdiction", "XX"],
        "no country has this code",
    );
    refused(&NATIONAL, "which area codes the list covers must be said");
    refused(
        &NATIONAL[..4],
        "which area codes the list covers must be said",
    );
    refused(
        &[
            "--kind",
            "national",
            "--jurisdiction",
            "US",
            "--area-codes",
            "all",
        ],
        "of which date the list is must be said",
    );
    refused(
        &["--kind", "national", "--jurisdiction", "US", "--change"],
        "was not said",
    );
    // A file beside the list may say it.
    sandbox.write(
        "list.toml",
        "kind = \"national\"\njurisdiction = \"US\"\nversion_date = \"2026-11-01\"\narea_codes = \"seen\"\n",
    );
    sandbox
        .smrt(&["dnc", "load", "list.txt", "--tenant", "acme"])
        .ends_with(0);
    assert_status(&sandbox, "acme", "+13035550143", "national-us", "listed");
    assert_status(
        &sandbox,
        "acme",
        "+12025550143",
        "national-us",
        "not_covered",
    );
    sandbox.write("list.toml", "kind = \"national\"\ncolour = 1\n");
    refused(&[], "line 2: unknown field `colour`");
}

#[test]
fn change_lists_apply_once_in_order_and_on_the_version_they_begin_with() {
    let sandbox = two_tenants();
    sandbox.write("full.txt", "303,5550143\n720,5550144\n");
    load(&sandbox, "acme", "full.txt", &[]).ends_with(0);
    sandbox.write(
        "first.txt",
        "303,5550145,2026-11-05 10:00,A\n720,5550144,2026-11-05 10:00,D\n",
    );
    sandbox.write(
        "second.txt",
        "D,2026-11-12,3035550145\nA,2026-11-12,3035550146\n",
    );
    let change = |file: &str, base: &str, date: &str| {
        load(
            &sandbox,
            "acme",
            file,
            &["--change", "--base", base, "--version-date", date],
        )
    };
    let refused = change("second.txt", "2026-11-08", "2026-11-15").refuses();
    assert!(
        refused
            .stderr
            .contains("no version of `2026-11-08` was loaded; the newest one is of `2026-11-01`")
    );
    change("first.txt", "2026-11-01", "2026-11-08").ends_with(0);
    let twice = change("first.txt", "2026-11-01", "2026-11-08").ends_with(0);
    assert!(twice.stdout.starts_with("already loaded as version 2"));
    let refused = change("second.txt", "2026-11-01", "2026-11-15").refuses();
    assert!(
        refused
            .stderr
            .contains("the newest version is of `2026-11-08`"),
        "{}",
        refused.stderr
    );
    change("second.txt", "2026-11-08", "2026-11-15").ends_with(0);
    assert_status(&sandbox, "acme", "+13035550143", "national-us", "listed");
    assert_status(&sandbox, "acme", "+13035550145", "national-us", "clear");
    assert_status(&sandbox, "acme", "+13035550146", "national-us", "listed");
    assert_status(&sandbox, "acme", "+17205550144", "national-us", "clear");
    let versions = sandbox.smrt(&[
        "dnc",
        "versions",
        "national-us",
        "--tenant",
        "acme",
        "--format",
        "csv",
    ]);
    let kinds: Vec<&str> = versions
        .stdout
        .lines()
        .skip(1)
        .filter_map(|line| line.split(',').nth(1))
        .collect();
    assert_eq!(kinds, ["change", "change", "full"]);
}

#[test]
fn a_dry_run_says_what_a_load_would_do_and_writes_nothing() {
    let sandbox = two_tenants();
    sandbox.write("one.txt", "303,5550143\n720,5550144\n");
    sandbox.write("two.txt", "303,5550143\n303,5550145\n");
    load(&sandbox, "acme", "one.txt", &[]).ends_with(0);
    let before = sandbox.digest("smrt.db");
    let counts = |finished: Finished| {
        let report: Json = serde_json::from_str(&finished.ends_with(0).stdout).unwrap();
        ["added", "removed", "unchanged"].map(|key| report[key].as_u64().unwrap())
    };
    let options = [
        "--version-date",
        "2026-11-08",
        "--format",
        "json",
        "--dry-run",
    ];
    assert_eq!(
        counts(load(&sandbox, "acme", "two.txt", &options)),
        [1, 1, 1]
    );
    assert_eq!(sandbox.digest("smrt.db"), before);
    assert_eq!(
        counts(load(&sandbox, "acme", "two.txt", &options[..4])),
        [1, 1, 1]
    );
}

#[test]
fn a_tenant_learns_nothing_of_what_another_one_loads() {
    let sandbox = two_tenants();
    sandbox.write("one.txt", "303,5550143\n");
    sandbox.write("two.txt", "303,5550144\n");
    let alone = load(&sandbox, "beta", "two.txt", &["--dry-run"])
        .ends_with(0)
        .stdout;
    load(&sandbox, "acme", "one.txt", &[]).ends_with(0);
    load(
        &sandbox,
        "acme",
        "two.txt",
        &["--version-date", "2026-11-08", "--allow-shrink"],
    )
    .ends_with(0);
    sandbox
        .smrt(&["dnc", "add", "+13035550199", "--tenant", "acme"])
        .ends_with(0);
    assert_eq!(
        check(&sandbox, "beta", "+13035550143", &[]),
        [(String::new(), "unknown".into())]
    );
    assert_eq!(
        check(&sandbox, "beta", "+13035550199", &[]),
        [(String::new(), "unknown".into())]
    );
    let list = sandbox
        .smrt(&["dnc", "list", "--tenant", "beta", "--format", "csv"])
        .ends_with(0);
    assert_eq!(list.stdout.lines().count(), 1);
    sandbox
        .smrt(&["dnc", "export", "national-us", "--tenant", "beta"])
        .ends_with(1);
    // What it loads itself is its first version, whatever the store has.
    let after = load(&sandbox, "beta", "two.txt", &["--dry-run"])
        .ends_with(0)
        .stdout;
    assert_eq!(after, alone);
    load(&sandbox, "beta", "one.txt", &[]).ends_with(0);
    assert_status(&sandbox, "beta", "+13035550143", "national-us", "listed");
    assert_status(&sandbox, "beta", "+13035550144", "national-us", "clear");
    assert_status(&sandbox, "acme", "+13035550144", "national-us", "listed");
    assert_status(&sandbox, "acme", "+13035550143", "national-us", "clear");
}

#[test]
fn answers_about_reassigned_numbers_are_kept_and_bad_rows_told() {
    let sandbox = two_tenants();
    sandbox.write(
        "rnd.csv",
        "number,date,answer\n3035550143,2026-10-01,yes\n3035550144,2026-10-01,perhaps\n",
    );
    let line = [
        "dnc",
        "load",
        "rnd.csv",
        "--kind",
        "reassigned",
        "--tenant",
        "acme",
    ];
    let told = sandbox.smrt(&line).ends_with(1);
    assert_eq!(
        told.stdout,
        "1 answer read, 1 new\nline 3: not an answer: expected yes, no or no_data\n"
    );
    let again = sandbox.smrt(&line).ends_with(1);
    assert!(again.stdout.starts_with("1 answer read, 0 new\n"));
}

#[test]
fn a_list_of_ones_own_is_kept_number_by_number() {
    let sandbox = two_tenants();
    let acme = |words: &[&str]| {
        let mut line = vec!["dnc"];
        line.extend(words);
        line.extend(["--tenant", "acme"]);
        sandbox.smrt(&line)
    };
    let added = acme(&["add", "+13035550143", "+13035550144", "--reason", "asked"]).ends_with(0);
    assert_eq!(added.stdout, "2 numbers put on `internal`\n");
    let added = acme(&["add", "+13035550143"]).ends_with(0);
    assert_eq!(added.stdout, "0 numbers put on `internal`, 1 unchanged\n");
    let export = acme(&["export", "internal", "--format", "csv"]).ends_with(0);
    assert_eq!(
        export.stdout,
        "phone_number,listed_at,reason\n\
         +13035550143,2026-11-21T08:30:00Z,asked\n\
         +13035550144,2026-11-21T08:30:00Z,asked\n"
    );
    acme(&["remove", "+13035550143"]).ends_with(0);
    acme(&["remove", "+13035550143"]).ends_with(1);
    assert_eq!(check(&sandbox, "acme", "+13035550143", &[])[0].1, "unknown");
    assert_status(&sandbox, "acme", "+13035550144", "internal", "listed");
    acme(&["add", "+13035550143", "--kind", "national"]).refuses();
}

/// A list with a number in each of many blocks, so that it is written in many batches.
fn wide_list(seed: u64) -> String {
    let mut random = Random::new(seed);
    let mut list = String::new();
    for area in [
        "202", "212", "303", "312", "404", "415", "512", "602", "617", "702", "713", "720",
    ] {
        for exchange in 200..1_000 {
            for _ in 0..3 {
                list += &format!("{area},{exchange}{:04}\n", random.below(10_000));
            }
        }
    }
    list
}

#[test]
fn a_load_that_is_killed_shows_nothing_and_goes_on() {
    let sandbox = two_tenants();
    sandbox.write("old.txt", wide_list(1));
    sandbox.write("new.txt", wide_list(2));
    load(&sandbox, "acme", "old.txt", &[]).ends_with(0);
    sandbox.copy_store("smrt.db", "before.db");
    let newer = ["--version-date", "2026-11-08"];
    let began = Instant::now();
    load(&sandbox, "acme", "new.txt", &newer).ends_with(0);
    let took = began.elapsed();
    let want = sandbox.digest("smrt.db");
    let mut random = Random::new(7);
    for _ in 0..6 {
        sandbox.remove_store("smrt.db");
        sandbox.copy_store("before.db", "smrt.db");
        let mut line = vec![
            "dnc",
            "load",
            "new.txt",
            "--tenant",
            "acme",
            "--no-progress",
        ];
        line.extend(&NATIONAL[..4]);
        line.extend(["--area-codes", "all", "--version-date", "2026-11-08"]);
        let mut child = sandbox
            .command(&line)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let micros = u64::try_from(took.as_micros()).unwrap();
        std::thread::sleep(Duration::from_micros(random.below(micros.max(1))));
        child.kill().unwrap();
        child.wait().unwrap();
        // The old list, or the new one: never something between.
        let export = |tenant: &str| {
            sandbox.smrt(&[
                "dnc",
                "export",
                "national-us",
                "--tenant",
                tenant,
                "--format",
                "csv",
            ])
        };
        let shown: Vec<String> = export("acme")
            .ends_with(0)
            .stdout
            .lines()
            .skip(1)
            .map(|line| line[..12].to_owned())
            .collect();
        let is = |list: &str| {
            let mut numbers: Vec<String> = list
                .lines()
                .map(|line| format!("+1{}", line.replace(',', "")))
                .collect();
            numbers.sort();
            numbers.dedup();
            numbers == shown
        };
        assert!(
            is(&wide_list(1)) || is(&wide_list(2)),
            "{} numbers",
            shown.len()
        );
        load(&sandbox, "acme", "new.txt", &newer).ends_with(0);
        assert_eq!(sandbox.digest("smrt.db"), want);
        sandbox.assert_sound("smrt.db");
    }
}
