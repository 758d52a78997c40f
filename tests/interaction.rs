//! Purchases, inquiries and contacts written down by hand.

use crate::sandbox::{Finished, Sandbox};

const NUMBER: &str = "+12025550143";

/// A store with the tenants `acme` and `beta`.
fn scene() -> Sandbox {
    let sandbox = Sandbox::new();
    for tenant in ["acme", "beta"] {
        let line = ["tenant", "add", tenant, "--db", "a.db", "--actor", "anna.k"];
        sandbox.smrt(&line).ends_with(0);
    }
    sandbox
}

fn run(sandbox: &Sandbox, tenant: &str, line: &str) -> Finished {
    let mut words: Vec<&str> = line.split_whitespace().collect();
    words.extend(["--db", "a.db", "--actor", "anna.k", "--tenant", tenant]);
    sandbox.smrt(&words)
}

#[test]
fn what_was_written_down_is_listed_the_oldest_first() {
    let sandbox = scene();
    for more in [
        "--kind call --started-at 2026-11-18T15:00:00Z --outcome answered --duration 95",
        "--kind purchase --started-at 2026-06-18",
        "--kind text --direction inbound --started-at 2026-11-18T16:00:00Z",
    ] {
        let line = format!("interaction add {NUMBER} {more}");
        run(&sandbox, "acme", &line).ends_with(0);
    }
    let listed = run(
        &sandbox,
        "acme",
        &format!("interaction list {NUMBER} --format csv"),
    );
    let rows: Vec<String> = listed
        .ends_with(0)
        .stdout
        .lines()
        .map(|row| row.split_once(',').unwrap().1.to_owned())
        .collect();
    assert_eq!(
        rows,
        [
            "phone_number,human_id,kind,direction,outcome,started_at,duration_s,metadata",
            "+12025550143,,purchase,inbound,,2026-06-18T00:00:00Z,,",
            "+12025550143,,call,outbound,answered,2026-11-18T15:00:00Z,95,",
            "+12025550143,,text,inbound,,2026-11-18T16:00:00Z,,",
        ]
    );
}

#[test]
fn json_has_every_member_of_a_humans_inquiry() {
    let sandbox = scene();
    let human = run(
        &sandbox,
        "acme",
        "human add --last-name Lovewell --format json",
    );
    let human: serde_json::Value = serde_json::from_str(&human.ends_with(0).stdout).unwrap();
    let id = human["id"].as_str().unwrap();
    let line = format!(
        "interaction add --human {id} --kind inquiry --started-at 2026-08-20 --key form-7 \
         --metadata {{\"form\":\"quote\"}} --format json"
    );
    let added = run(&sandbox, "acme", &line);
    let added: serde_json::Value = serde_json::from_str(&added.ends_with(0).stdout).unwrap();
    assert_eq!(added["schema"], "smrt.interactions.v1");
    let mut inquiry = added["interactions"][0].clone();
    assert!(inquiry["id"].take().is_string());
    assert_eq!(
        inquiry,
        serde_json::json!({
            "id": null,
            "phone_number": null,
            "human_id": id,
            "kind": "inquiry",
            "direction": "inbound",
            "outcome": null,
            "started_at": "2026-08-20T00:00:00Z",
            "duration_s": null,
            "metadata": {"form": "quote"},
        })
    );
    // The same key again is refused.
    run(&sandbox, "acme", &line).ends_with(2);
    let list = format!("interaction list --human {id} --format jsonl");
    let listed = run(&sandbox, "acme", &list).ends_with(0);
    assert_eq!(listed.stdout.lines().count(), 1);
}

#[test]
fn another_tenant_sees_none_of_it() {
    let sandbox = scene();
    let add = format!("interaction add {NUMBER} --kind purchase --started-at 2026-06-18");
    run(&sandbox, "acme", &add).ends_with(0);
    let list = format!("interaction list {NUMBER}");
    let theirs = run(&sandbox, "beta", &list).ends_with(1);
    let unknown = run(&sandbox, "beta", "interaction list +12025550144").ends_with(1);
    assert_eq!(theirs.stderr, unknown.stderr);
    assert!(theirs.stderr.contains("no interaction with them is known"));
    assert_eq!(theirs.stdout, "");
}

#[test]
fn what_cannot_be_is_refused_and_nothing_is_written() {
    let sandbox = scene();
    let digest = sandbox.digest("a.db");
    for (line, message) in [
        ("+12025550143 --kind visit", "not a kind of interaction"),
        (
            "+12025550143 --kind call --direction out",
            "not a direction",
        ),
        (
            "+12025550143 --kind call --started-at 2999-01-01",
            "is yet to come",
        ),
        (
            "+12025550143 --kind call --metadata []",
            "`--metadata` is not a JSON object",
        ),
        ("--kind call", "required"),
        ("12 --kind call", "the number cannot be used"),
    ] {
        let refused = run(&sandbox, "acme", &format!("interaction add {line}")).ends_with(2);
        assert!(refused.stderr.contains(message), "{}", refused.stderr);
    }
    let unknown = "0198c0de-0000-7000-8000-000000000000";
    run(
        &sandbox,
        "acme",
        &format!("interaction add --human {unknown} --kind call"),
    )
    .ends_with(1);
    assert_eq!(sandbox.digest("a.db"), digest);
}
