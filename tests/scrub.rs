//! `smrt scrub`: a whole list, decided row by row, written as it was, and recorded.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Stdio};
use std::sync::atomic::AtomicBool;

use proptest::prelude::*;
use serde_json::Value as Json;
use smrt_core::model::{Channel, ConsentEvent, ConsentType, Instant, Purpose};
use smrt_core::phone::{E164, parse};
use smrt_core::rules::contact::{Contact, Question};
use smrt_core::rules::rule::{Profile, RuleSet};
use smrt_core::smrt::doc::dnc_list;
use smrt_core::smrt::{CalledParty, NewConsentRecord, ScrubOutcome, Smrt, TenantSession};
use smrt_core::store::{Access, NewTenant};
use smrt_etl::scrub::{
    ColumnNames, Destination, ExistingFiles, ListColumns, ScrubOptions, ScrubWatch, Scrubbed, scrub,
};
use smrt_etl::source::{ContentDigest, Input, Source, SourceOptions};

use crate::sandbox::{Finished, Sandbox};

/// When the store was set up.
const BEFORE: &str = "2026-11-20T09:00:00Z";
/// Monday noon in Chicago.
const NOON: &str = "2026-11-23T18:00:00Z";
/// The same Monday, half past eight in New York and half past seven in Chicago.
const MORNING: &str = "2026-11-23T13:30:00Z";

/// Numbers of New York and Chicago; the second of each city is on the national list.
const LISTED: [&str; 2] = ["+12125550124", "+13125550124"];

const LIST: &str = "\
Name,Phone,Campaign
\"Ames, Ada\",(212) 555-0123,autumn
Bo,212-555-0124,\"a \"\"b\"\"\"
Cy,312 555 0123,
Di,+1 312 555 0124,x
Ed,none,x
Fay,,x
Gus,\"212 555 0123
";

const CALL: [&str; 4] = ["--channel", "call", "--purpose", "marketing"];

/// A sandbox whose tenant holds a national list.
struct Office(Sandbox);

fn instant(text: &str) -> Instant {
    text.parse().unwrap()
}

fn load(session: &mut TenantSession<'_>, numbers: &[&str], version_date: &str, at: &str) {
    let (mut new, content) = dnc_list(numbers).unwrap();
    new.version_date = Some(instant(version_date));
    new.source_digest = format!("{:0>64}", version_date.len() + numbers.len());
    let at = instant(at);
    let mut load = session.begin_dnc_load(&new, &content, at).unwrap();
    while load.next_block().is_some() {
        session.write_dnc_blocks(&mut load, &content, at).unwrap();
    }
    session.finish_dnc_load(load, at).unwrap();
}

fn in_session<T>(smrt: &mut Smrt, work: impl FnOnce(&mut TenantSession<'_>) -> T) -> T {
    let mut session = smrt
        .tenant("acme")
        .unwrap()
        .acting_as("campaigns".parse().unwrap());
    work(&mut session)
}

impl Office {
    fn new() -> Self {
        let sandbox = Sandbox::new();
        sandbox
            .smrt_at(BEFORE, &["tenant", "add", "acme"])
            .ends_with(0);
        let office = Self(sandbox);
        office.in_session(|session| load(session, &LISTED, "2026-11-19", BEFORE));
        office.0.write("list.csv", LIST);
        office
    }

    fn in_session<T>(&self, work: impl FnOnce(&mut TenantSession<'_>) -> T) -> T {
        let location = self.0.location("smrt.db");
        let mut smrt = Smrt::open_at(location, Access::Write, instant(BEFORE)).unwrap();
        in_session(&mut smrt, work)
    }

    /// Scrubs a list with these further arguments.
    fn scrub(&self, at: &str, list: &str, more: &[&str]) -> Finished {
        let mut arguments = vec!["scrub", list, "--actor", "campaigns"];
        arguments.extend(CALL);
        arguments.extend(["--region", "US"]);
        arguments.extend(more);
        self.0.smrt_at(at, &arguments)
    }

    fn json(&self, at: &str, list: &str, more: &[&str]) -> Json {
        let mut all = more.to_vec();
        all.extend(["--format", "json", "--max-rejects", "100%"]);
        serde_json::from_str(&self.scrub(at, list, &all).ends_with(0).stdout).unwrap()
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.0.path(name)).unwrap()
    }

    fn names(&self) -> BTreeSet<String> {
        let entries = std::fs::read_dir(self.0.folder()).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.filter(|name| !name.starts_with("smrt.db")).collect()
    }

    /// How many scrubs the trail tells of.
    fn recorded(&self) -> usize {
        let entries = self.0.smrt(&[
            "audit",
            "list",
            "--action",
            "contact.scrub",
            "--format",
            "jsonl",
        ]);
        entries.ends_with(0).stdout.lines().count()
    }
}

fn sum(report: &Json) -> u64 {
    let outcomes = report["outcomes"].as_object().unwrap();
    outcomes.values().map(|rows| rows.as_u64().unwrap()).sum()
}

#[test]
fn rows_come_out_in_order_as_they_were_with_their_verdicts_behind() {
    let office = Office::new();
    let report = office.json(MORNING, "list.csv", &["--output", "out.csv"]);
    let written = office.read("out.csv");
    let mut lines = written.lines();
    assert_eq!(
        lines.next().unwrap(),
        "Name,Phone,Campaign,smrt_verdict,smrt_code,smrt_codes,smrt_rules,smrt_next_allowed_at,\
         smrt_flags,smrt_phone_number,smrt_original"
    );
    let read = LIST.lines().skip(1);
    let starts = [
        ("callable,OK,,,,", ",+12125550123,"),
        (
            "blocked,NATIONAL_DNC,NATIONAL_DNC,us.national_dnc,,",
            ",+12125550124,",
        ),
        (
            "later,QUIET_HOURS,QUIET_HOURS STATE_HOURS,",
            ",+13125550123,",
        ),
        ("blocked,NATIONAL_DNC,", ",+13125550124,"),
        ("unusable,phone_no_digits,,,,,,", ""),
        ("unusable,phone_missing,,,,,,", ""),
    ];
    for ((start, end), (row, line)) in starts.into_iter().zip(read.zip(lines.by_ref())) {
        let added = line.strip_prefix(row).unwrap().strip_prefix(',').unwrap();
        assert!(added.starts_with(start) && added.ends_with(end), "{added}");
    }
    assert_eq!(
        lines.next().unwrap(),
        ",,,unusable,unclosed_quote,,,,,,\"Gus,\"\"212 555 0123\""
    );
    assert!(written.contains(",2026-11-23T14:00:00Z,"), "{written}");
    assert_eq!((report["rows"].as_u64(), sum(&report)), (Some(7), 7));
    assert_eq!(report["outputs"][0]["rows"], 7);
    assert_eq!(report["outcomes"]["later"], 1);
}

#[test]
fn the_outcomes_add_up_in_every_format() {
    let office = Office::new();
    let counts = [
        ("callable", 1),
        ("later", 1),
        ("blocked", 2),
        ("unusable", 3),
    ];
    let table = office.scrub(MORNING, "list.csv", &[]).ends_with(1).stdout;
    assert!(
        table.contains("     rows read  7\n  =  callable   1\n"),
        "{table}"
    );
    let csv = office.scrub(MORNING, "list.csv", &["--format", "csv"]);
    let csv = csv.ends_with(1).stdout;
    let report = office.json(MORNING, "list.csv", &[]);
    let line = office.scrub(MORNING, "list.csv", &["--format", "jsonl"]);
    let line: Json = serde_json::from_str(&line.ends_with(1).stdout).unwrap();
    assert_eq!(
        (&report["schema"], &line["type"]),
        (&"smrt.scrub.v1".into(), &"scrub".into())
    );
    for (outcome, rows) in counts {
        assert!(csv.contains(&format!("rows_{outcome},{rows}\n")), "{csv}");
        assert_eq!(report["outcomes"][outcome], rows);
        assert_eq!(line["outcomes"][outcome], rows);
        let primary = report["reasons"].as_array().unwrap().iter();
        let primary = primary.filter(|reason| reason["outcome"] == outcome);
        let named: u64 = primary
            .map(|reason| reason["primary"].as_u64().unwrap())
            .sum();
        assert_eq!(named, rows, "each row has one reason that names its answer");
    }
    assert_eq!(report["tenant"], "acme");
    assert_eq!(report["actor"], "campaigns");
    assert_eq!(report["contact"]["purpose"], "marketing");
    assert_eq!(report["registries"][0]["kind"], "national");
    assert_eq!(report["registries"][0]["version"], 1);
    assert_eq!(
        report["registries"][0]["version_date"],
        "2026-11-19T00:00:00Z"
    );
    assert_eq!(report["registries"][0]["age_days"], 4);
}

#[test]
fn split_writes_every_row_to_the_file_of_its_outcome() {
    let office = Office::new();
    let report = office.json(MORNING, "list.csv", &["--split", "today"]);
    let mut rows = 0;
    for (outcome, output) in ScrubOutcome::ALL
        .iter()
        .zip(report["outputs"].as_array().unwrap())
    {
        let name = format!("today-{outcome}.csv");
        assert_eq!(output["name"], name);
        let written = office.read(&name);
        let written: Vec<&str> = written.lines().skip(1).collect();
        assert!(
            written
                .iter()
                .all(|line| line.contains(&format!(",{outcome},")))
        );
        assert_eq!(output["rows"], written.len());
        assert_eq!(report["outcomes"][outcome.as_str()], written.len());
        rows += written.len();
    }
    assert_eq!(rows, 7);
}

#[test]
fn a_row_is_callable_if_one_of_its_numbers_is() {
    let office = Office::new();
    let rows = "Work,Home\n212 555 0124,212 555 0123\n212 555 0124,312 555 0123\n\
                none,212 555 0124\n212 555 0124 / 212 555 0123,\n";
    office.0.write("two.csv", rows);
    let columns = ["--phone-column", "work", "--phone-column", "Home"];
    let all = [&columns[..], &["--output", "out.csv"]].concat();
    office.scrub(MORNING, "two.csv", &all).ends_with(0);
    let written = office.read("out.csv");
    let verdict = |line: usize, text: &str| {
        let line = written.lines().nth(line).unwrap();
        assert!(line.contains(text), "{line}");
    };
    verdict(1, ",callable,OK,");
    verdict(1, "+12125550123");
    verdict(2, ",later,QUIET_HOURS,");
    verdict(2, "+13125550123");
    verdict(3, ",blocked,NATIONAL_DNC,");
    verdict(3, "OTHER_PHONE_UNREADABLE,+12125550124");
    verdict(4, ",callable,OK,");
}

#[test]
fn what_is_said_of_a_place_or_line_is_used_or_makes_the_row_unusable() {
    let office = Office::new();
    let rows = "Phone,State,Zone,Line,Whom\n\
                212 555 0123,,America/Chicago,,\n\
                312 555 0123,NY,America/New_York,landline,residential\n\
                212 555 0123,ZZ,,,\n\
                212 555 0123,,Middle/Earth,,\n\
                212 555 0123,,,pigeon,\n\
                212 555 0123,,,,robots\n";
    office.0.write("said.csv", rows);
    let columns = [
        "--state-column",
        "State",
        "--zone-column",
        "Zone",
        "--line-column",
        "Line",
        "--audience-column",
        "Whom",
        "--output",
        "out.csv",
    ];
    office.scrub(MORNING, "said.csv", &columns).ends_with(1);
    let written = office.read("out.csv");
    let verdicts: Vec<&str> = written
        .lines()
        .skip(1)
        .map(|line| line.split(',').nth(6).unwrap())
        .collect();
    assert_eq!(
        verdicts[2..],
        [
            "state_not_valid",
            "zone_not_valid",
            "line_not_valid",
            "audience_not_valid"
        ]
    );
    assert_eq!(verdicts[0], "QUIET_HOURS");
    assert!(
        written.lines().nth(2).unwrap().contains(",callable,"),
        "{written}"
    );
}

#[test]
fn a_second_scrub_replaces_what_the_first_added() {
    let office = Office::new();
    office.0.write(
        "list.jsonl",
        "{\"phone\":\"212 555 0123\",\"n\":1.10}\n[1\n{\"phone\":\"\"}\n",
    );
    for (list, name) in [("list.csv", "out.csv"), ("list.jsonl", "out.jsonl")] {
        let known = ["--known-at", BEFORE, "--output"];
        let first = office.json(MORNING, list, &[&known[..], &[name]].concat());
        let again = office.json(NOON, name, &[&known[..], &[name, "--force"]].concat());
        assert_eq!(again["outcomes"]["unusable"], first["outcomes"]["unusable"]);
        let third = office.json(MORNING, name, &[&known[..], &["third"]].concat());
        if list == "list.jsonl" {
            // A line that was no object is one now, which keeps the line.
            let written = office.read("third");
            assert_eq!(written.matches("\"smrt\":").count(), 3);
            assert!(written.contains("\"n\":1.10,"), "{written}");
            assert!(written.contains("\"smrt_original\":\"[1\""), "{written}");
        } else {
            let (first, third) = (office.read("out.csv"), office.read("third"));
            assert_eq!(first.lines().next(), third.lines().next());
            assert!(
                third.ends_with("row_unreadable,,,,,,\"Gus,\"\"212 555 0123\"\n"),
                "{third}"
            );
        }
        assert_eq!(third["rows"], first["rows"]);
        std::fs::remove_file(office.0.path("third")).unwrap();
    }
}

#[test]
fn json_lines_get_one_more_member() {
    let office = Office::new();
    office.0.write(
        "list.jsonl",
        "{\"phone\":\"212 555 0124\",\"n\":1.10}\n{}\n[1\n",
    );
    office.json(NOON, "list.jsonl", &["--output", "out.jsonl"]);
    let written = office.read("out.jsonl");
    let lines: Vec<Json> = written
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert!(
        written.starts_with("{\"phone\":\"212 555 0124\",\"n\":1.10,\"smrt\":{"),
        "{written}"
    );
    let verdict = &lines[0]["smrt"];
    assert_eq!(verdict["verdict"], "blocked");
    assert_eq!(verdict["codes"][0], "NATIONAL_DNC");
    assert_eq!(verdict["rules"][0], "us.national_dnc");
    assert_eq!(verdict["next_allowed_at"], Json::Null);
    assert_eq!(verdict["phone_number"], "+12125550124");
    assert_eq!(lines[1]["smrt"]["code"], "phone_missing");
    assert_eq!(lines[2]["smrt_original"], "[1");
}

#[test]
fn what_cannot_be_meant_is_refused_and_nothing_is_written() {
    let office = Office::new();
    office.0.write(
        "two.csv",
        "Mobile,Phone\n2125550123,2125550124\n2125550125,2125550126\n",
    );
    office.0.write("none.csv", "Name,Note\nAda,hello\n");
    office
        .0
        .write("taken.csv", "Phone,smrt_code\n2125550123,x\n");
    office.0.write("there.csv", "mine");
    let before = (office.names(), office.recorded());
    let check = |list: &str, more: &[&str], expected: &str| {
        let refused = office.scrub(NOON, list, more).refuses();
        assert!(refused.stderr.contains(expected), "{}", refused.stderr);
        assert_eq!((office.names(), office.recorded()), before);
    };
    check(
        "two.csv",
        &[],
        "several columns of the list look like a phone number: `Mobile`, `Phone`",
    );
    check("two.csv", &[], "--phone-column 'Mobile'");
    check(
        "none.csv",
        &[],
        "no column of the list looks like a phone number",
    );
    check(
        "list.csv",
        &["--phone-column", "Fone"],
        "the list has no column `Fone`",
    );
    check(
        "list.csv",
        &["--state-column", "Land"],
        "its columns are `Name`, `Phone`",
    );
    check(
        "taken.csv",
        &[],
        "the list has a column `smrt_code` already",
    );
    check(
        "list.csv",
        &["--output", "there.csv"],
        "`there.csv` exists already",
    );
    check(
        "list.csv",
        &["--output", "no/where.csv"],
        "`no/where.csv` cannot be written",
    );
    check("missing.csv", &[], "missing.csv");
    assert_eq!(office.read("there.csv"), "mine");
    office.0.write("today-later.csv", "mine");
    let refused = office
        .scrub(NOON, "list.csv", &["--split", "today"])
        .refuses();
    assert!(refused.stderr.contains("`today-later.csv` exists already"));
    assert!(!office.names().contains("today-callable.csv"));
    for wrong in [["--channel", "smoke"], ["--purpose", "fun"]] {
        let mut line = vec!["scrub", "list.csv"];
        let given = CALL.chunks(2).filter(|given| given[0] != wrong[0]);
        line.extend(given.flatten().chain(&wrong));
        let refused = office.0.smrt_at(NOON, &line).refuses();
        assert!(
            refused.stderr.contains("invalid value"),
            "{}",
            refused.stderr
        );
    }
    let both = ["--output", "a.csv", "--split", "b"];
    office.scrub(NOON, "list.csv", &both).refuses();
}

#[test]
fn unusable_rows_end_with_1_unless_they_are_allowed() {
    let office = Office::new();
    let check = |more: &[&str], exit: i32| {
        office.scrub(NOON, "list.csv", more).ends_with(exit);
    };
    check(&[], 1);
    check(&["--max-rejects", "2"], 1);
    check(&["--max-rejects", "3"], 0);
    check(&["--max-rejects", "50%"], 0);
    check(&["--max-rejects", "40%"], 1);
}

#[test]
fn to_stdout_go_the_rows_and_to_stderr_the_report() {
    let office = Office::new();
    let more = ["--output", "-", "--max-rejects", "100%", "--format", "json"];
    let ended = office.scrub(NOON, "list.csv", &more).ends_with(0);
    assert_eq!(ended.stdout.lines().count(), 8);
    assert!(
        ended.stderr.contains("\"schema\": \"smrt.scrub.v1\""),
        "{}",
        ended.stderr
    );
    let file = office.json(NOON, "list.csv", &["--output", "out.csv"]);
    assert_eq!(office.read("out.csv"), ended.stdout);
    let digest = file["outputs"][0]["sha256"].as_str().unwrap();
    assert!(ended.stderr.contains(digest));
}

#[test]
fn the_digest_of_a_list_is_that_of_the_file_as_it_is_stored() {
    let office = Office::new();
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(LIST.as_bytes()).unwrap();
    office.0.write("list.csv.gz", encoder.finish().unwrap());
    for list in ["list.csv", "list.csv.gz"] {
        let report = office.json(NOON, list, &[]);
        let sum = Command::new("sha256sum")
            .arg(office.0.path(list))
            .output()
            .unwrap();
        let sum = String::from_utf8(sum.stdout).unwrap();
        assert_eq!(report["input"]["sha256"], sum.split(' ').next().unwrap());
        assert_eq!(report["input"]["name"], list);
    }
}

#[test]
fn a_list_that_is_cut_off_leaves_nothing() {
    let office = Office::new();
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let rows = (0..20_000).map(|row| format!("Person {row},212 555 0123,{}\n", row * 7919 % 1000));
    let text = format!("Name,Phone,Campaign\n{}", rows.collect::<String>());
    encoder.write_all(text.as_bytes()).unwrap();
    let whole = encoder.finish().unwrap();
    office.0.write("cut.csv.gz", &whole[..whole.len() / 2]);
    let before = (office.names(), office.recorded());
    let refused = office
        .scrub(NOON, "cut.csv.gz", &["--split", "today"])
        .refuses();
    assert!(refused.stderr.contains("cut.csv.gz"), "{}", refused.stderr);
    assert_eq!((office.names(), office.recorded()), before);
}

#[test]
fn a_scrub_that_is_interrupted_leaves_nothing_that_looks_whole() {
    let office = Office::new();
    let before = (office.names(), office.recorded());
    let mut arguments = vec!["scrub", "-", "--split", "today", "--no-progress"];
    arguments.extend(CALL);
    let mut child = office
        .0
        .command(&arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let mut messages = BufReader::new(child.stderr.take().unwrap()).lines();
    // So much is read before the list is known to be one; the rest waits for the pipe to close.
    let rows = "Ada,+12125550123\n".repeat(150_000);
    stdin.write_all(b"Name,Phone\n").unwrap();
    stdin.write_all(rows.as_bytes()).unwrap();
    while !office
        .names()
        .iter()
        .any(|name| name.starts_with(".smrt-scrub-"))
    {
        std::thread::yield_now();
    }
    let pid = child.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-INT", &pid])
            .status()
            .unwrap()
            .success()
    );
    let heard = messages.any(|line| line.unwrap().starts_with("stopping after this batch"));
    assert!(heard, "the program says that it stops");
    drop(stdin);
    let told: Vec<String> = messages.map(Result::unwrap).collect();
    assert_eq!(child.wait().unwrap().code(), Some(130), "{told:?}");
    assert!(
        told.contains(&"interrupted: nothing was written or recorded".to_owned()),
        "{told:?}"
    );
    assert_eq!((office.names(), office.recorded()), before);
}

#[test]
fn the_trail_keeps_what_a_scrub_rested_on() {
    let office = Office::new();
    let report = office.json(
        NOON,
        "list.csv",
        &["--output", "out.csv", "--seller", "Acme Solar"],
    );
    let sequence = report["audit"]["sequence"].to_string();
    let shown = office
        .0
        .smrt(&["audit", "show", &sequence, "--format", "json"])
        .ends_with(0);
    let entry: Json = serde_json::from_str(&shown.stdout).unwrap();
    assert_eq!(entry["action"], "contact.scrub");
    assert_eq!(entry["actor"], "campaigns");
    assert_eq!(entry["entity_id"], report["run"]);
    assert_eq!(entry["leaf_hash"], report["audit"]["leaf_hash"]);
    let kept = entry["detail"]["scrub"].as_object().unwrap();
    for (member, value) in kept {
        assert_eq!(*value, report[member], "{member}");
    }
    assert_eq!(kept["rules_version"], RuleSet::builtin().version());
    assert_eq!(kept["contact"]["seller"], "Acme Solar");
    assert_eq!(kept["input"]["name"], "list.csv");
    let kept = Json::from(kept.clone()).to_string();
    for secret in ["Ames", "+1212", "555-01", "Campaign"] {
        assert!(!kept.contains(secret), "{secret}");
    }
    let page = office
        .0
        .smrt(&["audit", "show", &sequence])
        .ends_with(0)
        .stdout;
    assert!(page.contains("scrub.outcomes.blocked"), "{page}");
    office.0.smrt(&["audit", "verify"]).ends_with(0);
    let listed = office
        .0
        .smrt(&["audit", "list", "--action", "contact.scrub"])
        .ends_with(0);
    assert!(listed.stdout.contains(report["run"].as_str().unwrap()));
}

#[test]
fn a_year_later_the_same_scrub_gives_the_same_again() {
    let office = Office::new();
    let first = office.json(NOON, "list.csv", &["--output", "first.csv"]);
    let at = first["at"].as_str().unwrap().to_owned();
    let known_at = first["known_at"].as_str().unwrap().to_owned();
    // Later another list is obtained, and somebody withdraws, some of it dated back.
    let later = "2027-11-23T18:00:00Z";
    office.in_session(|session| {
        let numbers = ["+12125550123", "+13125550124"];
        load(session, &numbers, "2026-11-20", later);
        let consent_type = ConsentType::parse("marketing_call").unwrap();
        let acted = instant("2026-11-01T00:00:00Z");
        for number in ["+12125550123", "+13125550123"] {
            let number: E164 = number.parse().unwrap();
            let kind = consent_type.clone();
            let event = ConsentEvent::Withdrawn;
            let record = NewConsentRecord::of_number(number, kind, event, "letter", acted);
            session.add_consent_record(&record, instant(later)).unwrap();
        }
    });
    let replay = ["--known-at", &known_at, "--output", "again.csv"];
    let again = office.json(&at, "list.csv", &replay);
    assert_eq!(office.read("again.csv"), office.read("first.csv"));
    assert_eq!(again["outputs"][0]["sha256"], first["outputs"][0]["sha256"]);
    for same in [
        "input",
        "registries",
        "rules_version",
        "outcomes",
        "reasons",
        "known_at",
    ] {
        assert_eq!(again[same], first[same], "{same}");
    }
    let now = office.json(&at, "list.csv", &["--output", "now.csv"]);
    assert_ne!(now["outputs"][0]["sha256"], first["outputs"][0]["sha256"]);
    assert_eq!(office.recorded(), 3);
}

#[test]
fn an_import_leaves_out_what_a_scrub_added() {
    let office = Office::new();
    office.0.write(
        "clean.csv",
        "Name,Phone\nAda Ames,(212) 555-0123\nBo Burns,212-555-0125\n",
    );
    office.json(NOON, "clean.csv", &["--output", "out.csv"]);
    let line = ["import", "out.csv", "--region", "US", "-q"];
    office.0.smrt_at(NOON, &line).ends_with(0);
    let kept = office.0.ask("smrt.db", "SELECT metadata FROM humans");
    assert_eq!(kept, [["{}"], ["{}"]]);
}

/// What stands in the cells of made-up lists.
fn cell() -> impl Strategy<Value = String> {
    prop_oneof![
        (0u32..30).prop_map(|last| format!("+1 212 555 01{last:02}")),
        (0u32..30).prop_map(|last| format!("(312) 555-01{last:02}")),
        (0u32..10).prop_map(|last| format!("+44 20 7946 010{last}")),
        Just("none".to_owned()),
        Just(String::new()),
        Just("808 555 0100".to_owned()),
    ]
}

fn scrub_text(
    session: &mut TenantSession<'_>,
    text: &str,
    at: Instant,
    path: &std::path::Path,
) -> Scrubbed {
    let options = SourceOptions {
        content_digest: ContentDigest::Sha256,
        ..comma_separated()
    };
    let input = Input::Reader {
        name: "list.csv".to_owned(),
        reader: Box::new(std::io::Cursor::new(text.to_owned().into_bytes())),
    };
    let source = Source::open(input, &options).unwrap();
    let names = ColumnNames {
        phones: vec!["Phone".to_owned()],
        ..ColumnNames::default()
    };
    let options = ScrubOptions {
        question: question(at),
        contact: Contact::new(Channel::Call, Purpose::Marketing),
        columns: ListColumns::bind(&names, &source).unwrap(),
        region: "US".parse().ok(),
        input_name: "list.csv".to_owned(),
        destination: Destination::File(path.to_owned()),
        existing: ExistingFiles::Replace,
    };
    let mut watch = ScrubWatch {
        progress: &mut |_| {},
        stop: &AtomicBool::new(false),
    };
    scrub(session, source, options, at, &mut watch)
        .unwrap()
        .unwrap()
}

fn comma_separated() -> SourceOptions {
    SourceOptions {
        delimiter: Some(b','),
        header_line: Some(1),
        ..SourceOptions::default()
    }
}

fn question(at: Instant) -> Question<'static> {
    Question {
        rules: RuleSet::builtin(),
        profile: Profile::Strict,
        at,
        known_at: at,
    }
}

#[test]
fn every_row_is_decided_as_its_number_would_be_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.csv");
    let mut smrt = Smrt::in_memory().unwrap();
    let acme = NewTenant {
        slug: "acme".parse().unwrap(),
        name: "Acme".to_owned(),
    };
    let before = instant(BEFORE);
    smrt.add_tenant(&acme, &"operator".parse().unwrap(), before)
        .unwrap();
    in_session(&mut smrt, |session| {
        load(session, &LISTED, "2026-11-19", BEFORE);
        let kind = ConsentType::parse("marketing_call").unwrap();
        for (number, event) in [
            ("+12125550101", ConsentEvent::Withdrawn),
            ("+12125550124", ConsentEvent::Granted),
        ] {
            let number = number.parse().unwrap();
            let record = NewConsentRecord::of_number(number, kind.clone(), event, "form", before);
            session.add_consent_record(&record, before).unwrap();
        }
    });
    let smrt = RefCell::new(smrt);
    let row = ("[a-z ,\"\n]{0,6}", cell());
    let hours = 0i64..48;
    proptest!(ProptestConfig::with_cases(48), |(rows in prop::collection::vec(row, 1..12), hour in hours)| {
        let at = Instant::from_micros(instant(NOON).as_micros() + hour * 3_600_000_000);
        let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
        let lines = rows.iter().map(|(name, phone)| format!("{},{},\n", quoted(name), quoted(phone)));
        let text = format!("Name,Phone\n{}", lines.collect::<String>());
        let mut smrt = smrt.borrow_mut();
        in_session(&mut smrt, |session| {
            let scrubbed = scrub_text(session, &text, at, &path);
            prop_assert_eq!(scrubbed.record.outcomes.total(), rows.len() as u64);
            let mut written = Source::open(Input::File(path.clone()), &comma_separated()).unwrap();
            let mut batch = smrt_etl::record::RecordBatch::default();
            written.next_batch(&mut batch).unwrap();
            prop_assert_eq!(batch.len(), rows.len());
            for (record, (name, phone)) in batch.iter().zip(&rows) {
                prop_assert!(record.problem().is_none());
                prop_assert_eq!((record.get(0), record.get(1)), (Some(name.as_str()), Some(phone.as_str())));
                let Ok(number) = parse(phone, "US".parse().ok()) else {
                    prop_assert_eq!(record.get(2), Some("unusable"));
                    continue;
                };
                let party = CalledParty::at(number.e164());
                let contact = Contact::new(Channel::Call, Purpose::Marketing);
                let alone = session.may_contact(&question(at), &contact, &party).unwrap();
                let codes: Vec<&str> = alone.codes().iter().map(|code| code.as_str()).collect();
                prop_assert_eq!(record.get(3), Some(alone.code()));
                let codes = codes.join(" ");
                prop_assert_eq!(record.get(4), Some(codes.as_str()));
                let next = alone.next_allowed_at.map(|next| next.to_string());
                prop_assert_eq!(record.get(6), Some(next.as_deref().unwrap_or("")));
                prop_assert_eq!(record.get(2) == Some("callable"), alone.is_allowed());
                let e164 = number.e164().to_string();
                prop_assert_eq!(record.get(8), Some(e164.as_str()));
            }
            Ok(())
        })?;
    });
}
