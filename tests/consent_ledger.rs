//! The consent ledger by hand and from files: what it says, what it keeps, what it refuses.

use serde_json::Value as Json;

use crate::sandbox::{Finished, Sandbox};

const NUMBER: &str = "+12025550143";

/// A store with the tenants `acme` and `beta`.
fn scene() -> Sandbox {
    let sandbox = Sandbox::new();
    for tenant in ["acme", "beta"] {
        smrt(&sandbox, &["tenant", "add", tenant]).ends_with(0);
    }
    sandbox
}

/// Runs the program for `acme`, now or at the instant that follows `--at`.
fn smrt(sandbox: &Sandbox, arguments: &[&str]) -> Finished {
    let mut all = arguments.to_vec();
    let mut at = crate::sandbox::AT;
    if let Some(told) = all.iter().position(|argument| *argument == "--at") {
        at = all[told + 1];
        all.drain(told..told + 2);
    }
    for (option, value) in [
        ("--db", "a.db"),
        ("--actor", "anna.k"),
        ("--tenant", "acme"),
    ] {
        let is_told = arguments.contains(&option);
        let is_named_otherwise = arguments[0] == "tenant" && option == "--tenant";
        if !is_told && !is_named_otherwise {
            all.extend([option, value]);
        }
    }
    sandbox.smrt_at(at, &all)
}

/// Runs a line of words for `acme`.
fn run(sandbox: &Sandbox, line: &str) -> Finished {
    let words: Vec<&str> = line.split_whitespace().collect();
    smrt(sandbox, &words)
}

fn json(sandbox: &Sandbox, line: &str) -> Json {
    let finished = run(sandbox, &format!("{line} --format json"));
    serde_json::from_str(&finished.stdout).expect(&finished.stderr)
}

/// The code of the answer about a marketing text, and the kind of event that ended an agreement.
fn status(sandbox: &Sandbox, more: &str) -> (String, Json) {
    let line = format!("consent status {NUMBER} --type marketing_sms {more}");
    let answer = json(sandbox, &line);
    let code = answer["code"].as_str().unwrap().to_owned();
    (code, answer["ending"]["event_kind"].clone())
}

fn code(sandbox: &Sandbox, more: &str) -> String {
    status(sandbox, more).0
}

#[test]
fn a_stop_ends_an_agreement_and_the_past_can_be_asked() {
    // Vector 51.
    let sandbox = scene();
    run(
        &sandbox,
        &format!(
            "consent grant {NUMBER} --type marketing_sms --tier pec --acted-at 2025-01-10 \
             --method web_form --at 2025-01-10T12:00:00Z"
        ),
    )
    .ends_with(0);
    run(
        &sandbox,
        &format!(
            "consent revoke {NUMBER} --type marketing_sms --method sms \
             --acted-at 2026-11-17T14:03:00Z --at 2026-11-18T09:00:00Z"
        ),
    )
    .ends_with(0);
    let line = format!("consent status {NUMBER} --type marketing_sms");
    run(&sandbox, &format!("{line} --at 2026-11-17T14:02:59Z")).ends_with(0);
    let refused = run(&sandbox, &format!("{line} --at 2026-11-18T10:00:00Z")).ends_with(1);
    assert!(
        refused.stdout.starts_with("not given: "),
        "{}",
        refused.stdout
    );
    // What was not known yet does not count.
    assert_eq!(code(&sandbox, "--known-at 2026-11-18T08:59:59Z"), "given");
    let (code, ended_by) = status(&sandbox, "--known-at 2026-11-18T09:00:00Z");
    assert_eq!((code.as_str(), ended_by), ("withdrawn", "withdrawn".into()));
    let history = run(&sandbox, &format!("consent history {NUMBER} --format csv")).ends_with(0);
    let kinds: Vec<&str> = history
        .stdout
        .lines()
        .skip(1)
        .filter_map(|line| line.split(',').nth(4))
        .collect();
    assert_eq!(kinds, ["granted", "withdrawn"]);
    sandbox.assert_sound("a.db");
}

#[test]
fn what_was_withdrawn_is_given_again_only_by_the_person() {
    let sandbox = scene();
    let grant = format!("consent grant {NUMBER} --type marketing_sms");
    run(
        &sandbox,
        &format!("consent revoke {NUMBER} --at 2026-11-01"),
    )
    .ends_with(0);
    let written = run(&sandbox, &format!("{grant} --at 2026-11-02")).ends_with(0);
    assert!(
        written.stderr.contains("a withdrawal stands"),
        "{}",
        written.stderr
    );
    assert_eq!(code(&sandbox, ""), "withdrawn");
    run(&sandbox, &format!("{grant} --method agent --at 2026-11-03")).ends_with(0);
    assert_eq!(code(&sandbox, ""), "withdrawn");
    let recorded = format!("{grant} --method agent --recording call-17 --at 2026-11-04");
    run(&sandbox, &recorded).ends_with(0);
    assert_eq!(code(&sandbox, ""), "given");
}

#[test]
fn a_written_agreement_needs_its_evidence_and_names_seller_and_number() {
    let sandbox = scene();
    let grant =
        format!("consent grant {NUMBER} --type marketing_sms --tier pewc --method web_form");
    let refused = run(&sandbox, &grant).refuses();
    assert!(
        refused
            .stderr
            .contains("needs `seller`, `signature`, `wording` or `wording_digest`"),
        "{}",
        refused.stderr
    );
    sandbox.write("wording.txt", "I agree that Acme may send me texts.\n");
    let evidence = "--signature checkbox --wording-file wording.txt";
    // Vector 46.
    run(&sandbox, &format!("{grant} {evidence} --seller Solar")).ends_with(0);
    assert_eq!(code(&sandbox, "--tier pewc"), "other_seller");
    assert_eq!(code(&sandbox, "--tier pewc --seller Solar"), "given");
    run(&sandbox, &format!("{grant} {evidence} --seller ACME")).ends_with(0);
    assert_eq!(code(&sandbox, "--tier pewc"), "given");
    assert_eq!(code(&sandbox, "--tier pewc --seller acme"), "given");
    // Vector 48.
    let other = "+12025550144";
    let void = format!("{grant} {evidence} --seller Acme --pre-ticked").replace(NUMBER, other);
    run(&sandbox, &void).ends_with(0);
    let answer = format!("consent status {other} --type marketing_sms --tier pewc");
    assert_eq!(json(&sandbox, &answer)["code"], "void");
}

#[test]
fn what_cannot_be_is_refused_and_nothing_is_written() {
    let sandbox = scene();
    for (line, reason) in [
        (
            "consent grant +12025550143",
            "an agreement is about something",
        ),
        (
            "consent grant 2025550143 --type marketing_sms",
            "the number cannot be used",
        ),
        (
            "consent grant +12025550143 --type marketing_sms --acted-at 2027-01-01",
            "more than a day in the future",
        ),
        (
            "consent grant +12025550143 --type marketing_sms --expires 2026-01-01",
            "`expiration_date` is not after `consent_date`",
        ),
        (
            "consent grant +12025550143 --purpose advertising",
            "not a purpose",
        ),
        (
            "consent grant +12025550143 --channel telepathy",
            "not a channel",
        ),
        (
            "consent revoke +12025550143 --as restriction --type contact",
            "a restriction is about",
        ),
        (
            "consent status +12025550143 --type marketing",
            "one purpose and one channel",
        ),
    ] {
        let refused = run(&sandbox, line).ends_with(2);
        assert!(
            refused.stderr.contains(reason),
            "{line}: {}",
            refused.stderr
        );
        assert!(!refused.stderr.contains("2025550143"), "{}", refused.stderr);
    }
    assert_eq!(
        sandbox.ask("a.db", "SELECT count(*) FROM consent_records"),
        [["0"]]
    );
}

#[test]
fn a_file_is_accounted_for_row_by_row_and_changes_nothing_the_second_time() {
    let sandbox = scene();
    sandbox.write(
        "events.csv",
        "Phone Number,consent_type,event_kind,consent_date,consent_tier\n\
         +12025550143,marketing_sms,granted,2026-06-01,pec\n\
         +12025550143,marketing_sms,granted,2026-06-01,pec\n\
         +12025550144,marketing_sms,withdrawn,2026-06-02T10:00:00Z,\n\
         555-0145,marketing_sms,granted,,pec\n\
         +12025550146,marketing_sms,grantd,2026-06-01,\n\
         +12025550146,marketing_sms,granted,2026-13-01,\n\
         ,marketing_sms,granted,2026-06-01,\n",
    );
    let finished = run(&sandbox, "consent import events.csv --format csv").ends_with(1);
    assert_eq!(
        finished.stdout,
        "measure,value\nrows_read,7\nrows_added,2\nrows_unchanged,1\nrows_rejected,4\n\
         kept_withdrawals,0\npermissions_given,1\npermissions_ended,0\n\
         rejected:consent_without_subject,1\nrejected:phone_not_valid,1\n\
         rejected:value_not_valid,2\n"
    );
    let rejects = std::fs::read_to_string(sandbox.path("events.csv.acme.rejects.csv")).unwrap();
    let places: Vec<String> = rejects
        .lines()
        .skip(1)
        .map(|line| {
            line.split(',')
                .skip(5)
                .take(3)
                .collect::<Vec<_>>()
                .join(" ")
        })
        .collect();
    assert_eq!(
        places,
        [
            "5 phone_number phone_not_valid",
            "6 event_kind value_not_valid",
            "7 consent_date value_not_valid",
            "8  consent_without_subject",
        ]
    );
    let digest = sandbox.digest("a.db");
    let again = run(&sandbox, "consent import events.csv --format csv -q").ends_with(1);
    assert!(
        again.stdout.contains("rows_added,0\nrows_unchanged,3\n"),
        "{}",
        again.stdout
    );
    assert_eq!(digest, sandbox.digest("a.db"));
    let dates = "SELECT date_precision FROM consent_records ORDER BY 1";
    assert_eq!(sandbox.ask("a.db", dates), [["day"], ["exact"]]);
}

#[test]
fn a_file_never_brings_back_what_was_withdrawn_unless_it_is_trusted() {
    // Vector 57, and newer ones.
    let sandbox = scene();
    run(
        &sandbox,
        &format!("consent revoke {NUMBER} --type marketing_sms --acted-at 2026-11-17T10:00:00Z"),
    )
    .ends_with(0);
    sandbox.write(
        "events.csv",
        format!(
            "phone_number,consent_type,event_kind,consent_date,method\n\
             {NUMBER},marketing_sms,granted,2026-06-01,web_form\n\
             {NUMBER},marketing_sms,granted,,web_form\n\
             {NUMBER},marketing_sms,granted,2026-11-17,web_form\n\
             {NUMBER},marketing_sms,granted,2026-11-18,web_form\n"
        ),
    );
    let tried = run(&sandbox, "consent import events.csv --dry-run --format csv").ends_with(0);
    let kept: Vec<bool> = tried
        .stdout
        .lines()
        .skip(1)
        .map(|line| !line.ends_with(','))
        .collect();
    assert_eq!(kept, [true; 4]);
    assert_eq!(
        sandbox.ask("a.db", "SELECT count(*) FROM consent_records"),
        [["1"]]
    );
    let report = json(&sandbox, "consent import events.csv");
    assert_eq!(
        (&report["kept_withdrawals"], &report["rows"]["added"]),
        (&4.into(), &4.into())
    );
    assert_eq!(code(&sandbox, ""), "withdrawn");
    // Somebody vouches for the file after all: that is an event of its own, once.
    let trusted = "consent import events.csv --consent-policy trust-file";
    assert_eq!(json(&sandbox, trusted)["rows"]["added"], 4);
    assert_eq!(code(&sandbox, ""), "given");
    for policy in ["trust-file", "keep-withdrawals"] {
        let again = format!("consent import events.csv --consent-policy {policy}");
        assert_eq!(json(&sandbox, &again)["rows"]["unchanged"], 4, "{policy}");
    }

    // In another store of the same history the file is trusted: the newest is newer.
    let sandbox = scene();
    run(
        &sandbox,
        &format!("consent revoke {NUMBER} --type marketing_sms --acted-at 2026-11-17T10:00:00Z"),
    )
    .ends_with(0);
    sandbox.write(
        "events.csv",
        format!(
            "phone_number,consent_type,event_kind,consent_date,method\n\
             {NUMBER},marketing_sms,granted,2026-11-17,web_form\n\
             {NUMBER},marketing_sms,granted,2026-11-18,import\n"
        ),
    );
    run(
        &sandbox,
        "consent import events.csv --consent-policy trust-file",
    )
    .ends_with(0);
    assert_eq!(code(&sandbox, ""), "withdrawn");
    sandbox.write(
        "newer.jsonl",
        format!(
            "{{\"phone_number\":\"{NUMBER}\",\"consent_type\":\"marketing_sms\",\
             \"event_kind\":\"granted\",\"consent_date\":\"2026-11-18\",\"method\":\"web_form\"}}\n"
        ),
    );
    let trusted = "consent import newer.jsonl --consent-policy trust-file";
    let changes = json(&sandbox, &format!("{trusted} --dry-run"));
    let change = &changes["changes"][0];
    assert_eq!(
        (&change["before"], &change["after"]),
        (&"withdrawn".into(), &"given".into())
    );
    assert_eq!(code(&sandbox, ""), "withdrawn");
    run(&sandbox, trusted).ends_with(0);
    assert_eq!(code(&sandbox, ""), "given");
}

#[test]
fn a_file_of_another_layout_is_refused_whole() {
    let sandbox = scene();
    for (header, reason, hint) in [
        (
            "phone_number,consent_type,event_knd",
            "the column `event_knd` has no meaning",
            "probably `event_kind` is meant",
        ),
        (
            "phone_number,consent_type",
            "no column `event_kind`",
            "docs/consent.md",
        ),
        (
            "consent_type,event_kind",
            "no column `phone_number` or `human_id`",
            "docs/consent.md",
        ),
    ] {
        sandbox.write("events.csv", format!("{header}\nx,y,z\n"));
        let refused = run(&sandbox, "consent import events.csv").refuses();
        assert!(refused.stderr.contains(reason), "{}", refused.stderr);
        assert!(refused.stderr.contains(hint), "{}", refused.stderr);
    }
    sandbox.write(
        "page.csv",
        "<!DOCTYPE html><html><body>Log in</body></html>",
    );
    run(&sandbox, "consent import page.csv").refuses();
}

#[test]
fn an_export_is_imported_again_unchanged_and_elsewhere_in_full() {
    let sandbox = scene();
    sandbox.write("wording.txt", "I agree,\nsay \"yes\".\n");
    run(
        &sandbox,
        &format!(
            "consent grant {NUMBER} --type marketing_sms --tier pewc --method web_form \
             --signature checkbox --wording-file wording.txt --seller Solar --ip 192.0.2.7 \
             --expires 2027-11-17 --legal-basis consent --acted-at 2026-11-17"
        ),
    )
    .ends_with(0);
    run(
        &sandbox,
        "consent revoke +12025550144 --as objection --purpose marketing",
    )
    .ends_with(0);
    for (format, name) in [("csv", "ledger.csv"), ("jsonl", "ledger.jsonl")] {
        let export = run(&sandbox, &format!("consent export --format {format}")).ends_with(0);
        sandbox.write(name, &export.stdout);
        let again = json(&sandbox, &format!("consent import {name}"));
        assert_eq!(again["rows"]["unchanged"], 2, "{again}");
        let elsewhere = json(
            &sandbox,
            &format!("consent import {name} --tenant beta --consent-policy trust-file"),
        );
        let rows = &elsewhere["rows"];
        let settled = rows["added"].as_u64().unwrap() + rows["unchanged"].as_u64().unwrap();
        assert_eq!((settled, &rows["rejected"]), (2, &0.into()), "{elsewhere}");
    }
    let same = "SELECT count(DISTINCT evidence), count(DISTINCT consent_date), count(*) \
                FROM consent_records WHERE event_kind = 'granted'";
    assert_eq!(sandbox.ask("a.db", same), [["1", "1", "2"]]);
    // Nobody else's ledger decides.
    let of_beta =
        format!("consent status {NUMBER} --type marketing_sms --tenant beta --seller Solar");
    assert_eq!(json(&sandbox, &of_beta)["code"], "given");
    let out = run(&sandbox, "consent export --optouts").ends_with(0);
    let lines: Vec<&str> = out.stdout.lines().collect();
    assert_eq!(lines.len(), 2);
    assert!(lines[1].starts_with("+12025550144,,marketing,2026-11-21T08:30:00Z,"));
}

#[test]
fn what_a_human_withdraws_holds_for_every_number_of_theirs() {
    let sandbox = scene();
    let human = json(&sandbox, "human add --first-name Ada");
    let human = human["id"].as_str().unwrap().to_owned();
    let (first, second) = ("+12025550143", "+12025550144");
    for number in [first, second] {
        run(&sandbox, &format!("link {human} {number}")).ends_with(0);
        run(
            &sandbox,
            &format!("consent grant {number} --type marketing_sms --at 2026-11-01"),
        )
        .ends_with(0);
    }
    run(
        &sandbox,
        &format!("consent revoke --human {human} --at 2026-11-02"),
    )
    .ends_with(0);
    for number in [first, second] {
        let line = format!("consent status {number} --type marketing_sms");
        assert_eq!(json(&sandbox, &line)["code"], "withdrawn");
        let history = json(&sandbox, &format!("consent history {number}"));
        assert_eq!(history["events"].as_array().unwrap().len(), 2);
    }
    let out = run(&sandbox, "consent export --optouts").ends_with(0);
    assert_eq!(out.stdout.lines().count(), 3);
    // Of a human without a number, the human is named.
    let other = json(&sandbox, "human add --first-name Eve");
    let other = other["id"].as_str().unwrap().to_owned();
    run(
        &sandbox,
        &format!("consent revoke --human {other} --type marketing_email"),
    )
    .ends_with(0);
    let line = format!("consent status --human {other} --type marketing_email");
    assert_eq!(json(&sandbox, &line)["code"], "withdrawn");
    let out = run(&sandbox, "consent export --optouts").ends_with(0);
    assert!(
        out.stdout.contains(&format!(",{other},marketing_email,")),
        "{}",
        out.stdout
    );
}

#[test]
fn a_receipt_is_the_same_each_time_and_says_what_is_unknown() {
    let sandbox = scene();
    let event = json(
        &sandbox,
        &format!("consent revoke {NUMBER} --type marketing_sms"),
    );
    let id = event["events"][0]["id"].as_str().unwrap().to_owned();
    let line = format!("consent receipt {id}");
    let receipt = json(&sandbox, &line);
    assert_eq!(receipt["schema"], "smrt.consent-receipt.v1");
    assert_eq!(receipt["header"]["record_id"], id.as_str());
    assert_eq!(receipt["events"][0]["event_state"], "dpv:ConsentWithdrawn");
    assert_eq!(receipt["processing"]["privacy_notice"], "unknown");
    assert_eq!(receipt, json(&sandbox, &line));
    let setting = "privacy_notice=https://example.com/privacy";
    run(&sandbox, &format!("tenant set acme --setting {setting}")).ends_with(0);
    let receipt = json(&sandbox, &line);
    assert_eq!(
        receipt["processing"]["privacy_notice"],
        "https://example.com/privacy"
    );
    // Another tenant has no such event.
    let theirs = run(&sandbox, &format!("{line} --tenant beta")).ends_with(1);
    let nobodys = run(
        &sandbox,
        "consent receipt 0198c0de-0000-7000-8000-000000000000 --tenant beta",
    )
    .ends_with(1);
    assert_eq!(
        theirs.stderr.replace(&id, "ID"),
        nobodys
            .stderr
            .replace("0198c0de-0000-7000-8000-000000000000", "ID")
    );
}

#[test]
fn every_addition_is_in_the_audit_trail() {
    let sandbox = scene();
    run(
        &sandbox,
        &format!("consent grant {NUMBER} --type marketing_sms"),
    )
    .ends_with(0);
    sandbox.write(
        "events.csv",
        format!("phone_number,consent_type,event_kind\n{NUMBER},contact,withdrawn\n"),
    );
    run(&sandbox, "consent import events.csv --dry-run").ends_with(0);
    run(&sandbox, "consent import events.csv").ends_with(0);
    let sql = "SELECT action, actor FROM audit_log WHERE action LIKE 'consent%' ORDER BY tenant_id, sequence";
    assert_eq!(
        sandbox.ask("a.db", sql),
        [
            ["consent_record.add", "anna.k"],
            ["consent_record.import", "anna.k"]
        ]
    );
    run(&sandbox, "audit verify").ends_with(0);
}

#[test]
fn a_reply_is_recorded_as_what_it_is() {
    let sandbox = scene();
    let reply = |number: &str, text: &str, more: &str| {
        let mut words = vec![
            "consent", "reply", number, "--text", text, "--format", "json",
        ];
        words.extend(more.split_whitespace());
        let finished = smrt(&sandbox, &words).ends_with(0);
        serde_json::from_str::<Json>(&finished.stdout).unwrap()
    };
    // Vectors 51 and 52.
    let grant = format!("consent grant {NUMBER} --type marketing_sms --acted-at 2025-01-10");
    run(&sandbox, &grant).ends_with(0);
    let stop = reply(
        NUMBER,
        "Stop!",
        "--purpose marketing --received-at 2026-11-17T10:00:00Z",
    );
    assert_eq!(
        (
            &stop["kind"],
            &stop["confidence"],
            &stop["consent_type"],
            &stop["needs_review"]
        ),
        (
            &"withdrawal".into(),
            &"certain".into(),
            &"marketing_sms".into(),
            &false.into()
        )
    );
    assert_eq!(code(&sandbox, ""), "withdrawn");
    let please = "+12025550144";
    let told = reply(please, "please don't text me anymore", "");
    assert_eq!(
        (&told["kind"], &told["consent_type"]),
        (&"withdrawal".into(), &"contact_sms".into())
    );
    // What is not certain counts for marketing, and somebody looks at it.
    let unsure = reply(
        "+12025550145",
        "can you stop at 5?",
        "--purpose informational",
    );
    assert_eq!(
        (&unsure["consent_type"], &unsure["needs_review"]),
        (&"marketing_sms".into(), &true.into())
    );
    let history = json(&sandbox, "consent history +12025550145");
    assert_eq!(history["events"][0]["needs_review"], true);
    // The text itself is kept only when asked for.
    assert_eq!(history["events"][0]["wording"], Json::Null);
    assert_eq!(
        history["events"][0]["wording_digest"]
            .as_str()
            .unwrap()
            .len(),
        64
    );
    reply("+12025550146", "STOP", "--keep-text");
    let history = json(&sandbox, "consent history +12025550146");
    assert_eq!(history["events"][0]["wording"], "STOP");
    // The rest is not recorded.
    for (text, kind) in [
        ("HELP", "help"),
        ("START", "opt_in"),
        ("See you on Monday", "nothing"),
    ] {
        let told = reply("+12025550147", text, "");
        assert_eq!(
            (&told["kind"], &told["event"]),
            (&kind.into(), &Json::Null),
            "{text}"
        );
    }
    run(&sandbox, "consent history +12025550147").ends_with(1);
}
