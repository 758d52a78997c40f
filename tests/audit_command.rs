//! `smrt audit` as users type it: what is printed, and how it ends.

use std::os::unix::fs::PermissionsExt as _;

use crate::sandbox::{Finished, Sandbox};

/// A store with the tenants acme and beta; acme was added by `anna.k`.
fn scene() -> Sandbox {
    let sandbox = Sandbox::new();
    for slug in ["acme", "beta"] {
        smrt(&sandbox, &["tenant", "add", slug, "--actor", "anna.k"]).ends_with(0);
    }
    sandbox
}

fn smrt(sandbox: &Sandbox, arguments: &[&str]) -> Finished {
    let mut arguments = arguments.to_vec();
    arguments.extend(["--db", "a.db"]);
    sandbox.smrt(&arguments)
}

fn acme(sandbox: &Sandbox, arguments: &[&str]) -> Finished {
    let mut arguments = arguments.to_vec();
    arguments.extend(["--tenant", "acme"]);
    smrt(sandbox, &arguments)
}

/// Makes a key pair and returns the public one.
fn make_key(sandbox: &Sandbox, file: &str) -> String {
    let made = sandbox.smrt(&["audit", "key", "example.com/audit", "--output", file]);
    made.ends_with(0).stdout.trim_end().to_owned()
}

#[test]
fn a_trail_is_listed_in_every_format() {
    let sandbox = scene();
    let list = |format: &str| {
        acme(&sandbox, &["audit", "list", "--format", format])
            .ends_with(0)
            .stdout
    };
    insta::assert_snapshot!(list("table"), @r"
    ENTRY  RECORDED              ACTOR   ACTION      RECORD  DETAIL
        1  2026-11-21T08:30:00Z  anna.k  tenant.add
    ");
    insta::assert_snapshot!(list("json"), @r#"
    {
      "schema": "smrt.audit-entries.v1",
      "entries": [
        {"sequence":1,"recorded_at":"2026-11-21T08:30:00Z","actor":"anna.k","action":"tenant.add","entity_type":null,"entity_id":null,"detail":{}}
      ]
    }
    "#);
    insta::assert_snapshot!(list("jsonl"), @r#"{"type":"audit_entry","sequence":1,"recorded_at":"2026-11-21T08:30:00Z","actor":"anna.k","action":"tenant.add","entity_type":null,"entity_id":null,"detail":{}}"#);
    insta::assert_snapshot!(list("csv"), @r"
    sequence,recorded_at,actor,action,entity_type,entity_id,detail
    1,2026-11-21T08:30:00Z,anna.k,tenant.add,,,{}
    ");
}

#[test]
fn an_entry_is_shown_with_its_hashes_and_one_that_is_not_there_ends_with_1() {
    let sandbox = scene();
    let shown = acme(&sandbox, &["audit", "show", "1"]).ends_with(0);
    insta::assert_snapshot!(shown.stdout, @r"
    entry 1
      recorded_at  2026-11-21T08:30:00Z
      actor        anna.k
      action       tenant.add
      leaf_hash    6695f5e472ae99a231407c92c28b88348cef925df9909df6b07dbae1371f14a4
      chain_hash   004c40bb48df6879835a3e9f9116b6cc696e1da77ef929116654e3a29ecddce8
    ");
    for absent in ["2", "0", "9223372036854775807"] {
        let missing = acme(&sandbox, &["audit", "show", absent]).ends_with(1);
        assert_eq!(missing.stdout, "");
        assert!(missing.stderr.contains("there is no entry"));
    }
    acme(&sandbox, &["audit", "show", "x"]).refuses();
}

#[test]
fn listing_goes_on_behind_the_last_entry_shown() {
    let sandbox = scene();
    let location = sandbox.location("a.db");
    let (at, access) = (crate::sandbox::at(), smrt_core::store::Access::Write);
    let mut smrt = smrt_core::smrt::Smrt::open_at(location, access, at).unwrap();
    smrt.append_made_up_entries("acme", 2_100, at).unwrap();
    drop(smrt);
    let list = |more: &[&str]| {
        let mut arguments = vec!["audit", "list", "--format", "csv"];
        arguments.extend(more);
        acme(&sandbox, &arguments).ends_with(0)
    };
    let numbers = |listed: &Finished| -> Vec<u32> {
        let lines = listed.stdout.lines().skip(1);
        let first = lines.map(|line| line.split(',').next().unwrap().parse().unwrap());
        first.collect()
    };
    let first = list(&["--limit", "1500"]);
    assert_eq!(numbers(&first), (1..=1_500).collect::<Vec<_>>());
    assert!(first.stderr.contains("`--after 1500`"), "{}", first.stderr);
    let rest = list(&["--limit", "1500", "--after", "1500"]);
    assert_eq!(numbers(&rest), (1_501..=2_101).collect::<Vec<_>>());
    assert_eq!(rest.stderr, "");
    let exactly = list(&["--limit", "2101"]);
    assert_eq!(
        (numbers(&exactly).len(), exactly.stderr.as_str()),
        (2_101, "")
    );
    let added = list(&["--action", "tenant.add"]);
    assert_eq!(numbers(&added), [1]);
    for nothing in [
        ["--action", "x' OR '1'='1"],
        ["--since", "2027-01-01"],
        ["--until", "2026-11-21T08:30:00Z"],
        ["--entity", "11111111-1111-1111-1111-111111111111"],
        ["--after", "9223372036854775807"],
    ] {
        assert!(numbers(&list(&nothing)).is_empty(), "{nothing:?}");
    }
}

#[test]
fn every_trail_is_verified_unless_one_is_named() {
    let sandbox = scene();
    let all = smrt(&sandbox, &["audit", "verify"]).ends_with(0);
    insta::assert_snapshot!(all.stdout, @r"
    TENANT  ENTRIES  VERDICT
    acme          1  sound
    beta          1  sound
    ");
    sandbox.tamper("a.db", "UPDATE audit_log SET actor = 'x' WHERE tenant_id = (SELECT id FROM tenants WHERE slug = 'beta')");
    let all = smrt(&sandbox, &["audit", "verify"]).ends_with(1);
    insta::assert_snapshot!(all.stdout, @r"
    TENANT  ENTRIES  VERDICT
    acme          1  sound
    beta          0  NOT SOUND: entry 1 was altered
    ");
    let all = smrt(&sandbox, &["audit", "verify", "--format", "json"]).ends_with(1);
    insta::assert_snapshot!(all.stdout, @r#"
    {
      "schema": "smrt.audit-verification.v1",
      "trails": [
        {"tenant":"acme","entries":1,"sound":true,"checkpoint_entries":null,"fault":null},
        {"tenant":"beta","entries":0,"sound":false,"checkpoint_entries":null,"fault":{"code":"audit_altered","sequence":1,"column":null,"message":"entry 1 was altered"}}
      ]
    }
    "#);
    let all = smrt(&sandbox, &["audit", "verify", "--format", "csv"]).ends_with(1);
    insta::assert_snapshot!(all.stdout, @r"
    tenant,entries,sound,checkpoint_entries,code,sequence,column,message
    acme,1,true,,,,,
    beta,0,false,,audit_altered,1,,entry 1 was altered
    ");
    let one = acme(&sandbox, &["audit", "verify"]).ends_with(0);
    assert!(!one.stdout.contains("beta"));
    smrt(&sandbox, &["db", "check"]).ends_with(1);
    // A trail that is known to be wrong is not attested.
    let refused = smrt(&sandbox, &["audit", "checkpoint", "--tenant", "beta"]).ends_with(1);
    assert_eq!(refused.stdout, "");
    assert!(refused.stderr.contains("entry 1 was altered"));
}

#[test]
fn a_key_is_for_its_owner_only_and_is_never_overwritten() {
    let sandbox = scene();
    let public = make_key(&sandbox, "audit.key");
    assert!(public.starts_with("example.com/audit+"));
    let path = sandbox.path("audit.key");
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let private = std::fs::read_to_string(&path).unwrap();
    assert!(private.starts_with("PRIVATE+KEY+example.com/audit+"));
    let again = ["audit", "key", "example.com/audit", "--output", "audit.key"];
    let again = sandbox.smrt(&again).refuses();
    assert!(again.stderr.contains("there is a file `audit.key` already"));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), private);
    assert_ne!(make_key(&sandbox, "second.key"), public);
    for name in ["", "two words", "a+b", &"x".repeat(100_000)] {
        sandbox
            .smrt(&["audit", "key", name, "--output", "new.key"])
            .refuses();
        assert!(!sandbox.path("new.key").exists());
    }
}

#[test]
fn a_checkpoint_is_made_kept_and_verified() {
    let sandbox = scene();
    let key = make_key(&sandbox, "audit.key");
    let made = acme(
        &sandbox,
        &[
            "audit",
            "checkpoint",
            "--key",
            "audit.key",
            "--output",
            "acme.note",
        ],
    )
    .ends_with(0);
    assert_eq!(made.stdout, "");
    let note = std::fs::read_to_string(sandbox.path("acme.note")).unwrap();
    let body = "smrt/acme\n1\nZpX15HKumaIxQHySwouINIzvkl35kJ32sH264TcfFKQ=\n";
    assert!(
        note.starts_with(&format!("{body}\n— example.com/audit ")),
        "{note}"
    );
    let unsigned = acme(&sandbox, &["audit", "checkpoint"]).ends_with(0);
    assert_eq!(unsigned.stdout, body);
    let verify = |tenant: &str, file: &str, key: &str| {
        let arguments = [
            "audit",
            "verify",
            "--tenant",
            tenant,
            "--checkpoint",
            file,
            "--key",
            key,
        ];
        smrt(&sandbox, &arguments)
    };
    let held = verify("acme", "acme.note", &key).ends_with(0);
    insta::assert_snapshot!(held.stdout, @r"
    TENANT  ENTRIES  VERDICT
    acme          1  sound, and goes on from the checkpoint of 1 entry
    ");
    let other = verify("beta", "acme.note", &key).ends_with(1);
    assert!(
        other
            .stdout
            .contains("the checkpoint is one of another trail")
    );
    let other_key = make_key(&sandbox, "other.key");
    let unknown = verify("acme", "acme.note", &other_key).ends_with(1);
    assert!(
        unknown
            .stdout
            .contains("the checkpoint is not signed by this key")
    );
    sandbox.write("forged.note", note.replace("\n1\n", "\n0\n"));
    verify("acme", "forged.note", &key).ends_with(1);
    sandbox.write("crlf.note", note.replace('\n', "\r\n"));
    sandbox.write("huge.note", "x".repeat(10_000_000));
    sandbox.write("unsigned.note", body);
    sandbox.write("bytes.note", [0xff; 100]);
    for file in [
        "crlf.note",
        "huge.note",
        "unsigned.note",
        "bytes.note",
        "absent.note",
        "tmp",
    ] {
        verify("acme", file, &key).refuses();
    }
    verify("acme", "acme.note", "x").refuses();
    // It is not said which of several trails it may be of.
    smrt(
        &sandbox,
        &[
            "audit",
            "verify",
            "--checkpoint",
            "acme.note",
            "--key",
            &key,
        ],
    )
    .refuses();
    let again = [
        "audit",
        "checkpoint",
        "--key",
        "audit.key",
        "--output",
        "acme.note",
    ];
    acme(&sandbox, &again).refuses();
    sandbox.write("no.key", "PRIVATE+KEY+secret");
    let refused = acme(&sandbox, &["audit", "checkpoint", "--key", "no.key"]).refuses();
    assert!(!refused.stderr.contains("secret"));
}
