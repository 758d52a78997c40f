//! Undo restores exactly what was there before, or names what stands in the way.

use std::process::Stdio;

use smrt_core::smrt::Smrt;
use smrt_core::store::{Access, RunStatus};

use crate::engine::TestEngine;
use crate::library::import_and_die;
use crate::people;
use crate::sandbox::{Finished, Sandbox, at, import_arguments};

fn undo(sandbox: &Sandbox, db: &str, run: i64, more: &[&str]) -> Finished {
    let run = run.to_string();
    let mut arguments = vec!["import", "undo", &run, "--db", db];
    arguments.extend(more);
    sandbox.smrt(&arguments)
}

/// A sandbox with files whose humans and numbers overlap.
fn scene() -> Sandbox {
    let sandbox = Sandbox::new();
    people::write_mapping(&sandbox);
    let other = people::MAPPING.replace("\"crm\"", "\"other\"");
    sandbox.write("other.toml", other);
    for (name, seed, rows) in [("a", 1, 3_000), ("b", 2, 4_000), ("c", 3, 2_000)] {
        sandbox.write(&format!("{name}.csv"), people::file(seed, rows));
    }
    sandbox
}

fn import_other(sandbox: &Sandbox, db: &str, file: &str) {
    let arguments: Vec<String> = import_arguments(db, file, &[])
        .into_iter()
        .map(|argument| argument.replace("people.toml", "other.toml"))
        .collect();
    sandbox.smrt(&arguments).ends_with(0);
}

#[test]
fn undo_restores_the_digest_from_before_under_every_policy() {
    for policy in ["update", "fill", "skip"] {
        let sandbox = scene();
        sandbox.import("a.db", "a.csv", &[]).ends_with(0);
        import_other(&sandbox, "a.db", "c.csv");
        let before = sandbox.digest("a.db");
        sandbox
            .import("a.db", "b.csv", &["--on-conflict", policy])
            .ends_with(0);
        let after = sandbox.digest("a.db");
        assert_ne!(before, after);
        let counts = sandbox.last_run("a.db").counts;
        assert!(policy == "skip" || counts.rows_updated > 1_000);
        undo(&sandbox, "a.db", 3, &["--dry-run"]).ends_with(0);
        assert_eq!(sandbox.digest("a.db"), after, "a dry run changes nothing");
        undo(&sandbox, "a.db", 3, &[]).ends_with(0);
        assert_eq!(sandbox.digest("a.db"), before, "{policy}");
        assert_eq!(sandbox.last_run("a.db").status, RunStatus::Undone);
        sandbox.assert_sound("a.db");
        undo(&sandbox, "a.db", 3, &[]).refuses();
        // What was undone can be done again, and comes out alike.
        sandbox
            .import("a.db", "b.csv", &["--on-conflict", policy])
            .ends_with(0);
        assert_eq!(sandbox.digest("a.db"), after, "{policy}");
        assert_eq!(sandbox.last_run("a.db").counts, counts);
    }
}

#[test]
fn runs_are_undone_one_by_one_down_to_the_empty_store() {
    let sandbox = scene();
    let mut digests = Vec::new();
    drop(Smrt::create_at(sandbox.location("a.db"), at()).unwrap());
    for (file, policy) in [
        ("a", "update"),
        ("b", "fill"),
        ("a", "update"),
        ("c", "update"),
    ] {
        let file = format!("{file}.csv");
        sandbox
            .import("a.db", &file, &["--on-conflict", policy])
            .ends_with(0);
        digests.push(sandbox.digest("a.db"));
    }
    for run in (2..=4).rev() {
        undo(&sandbox, "a.db", run, &[]).ends_with(0);
        let before = usize::try_from(run).unwrap() - 2;
        assert_eq!(sandbox.digest("a.db"), digests[before], "run {run}");
    }
    undo(&sandbox, "a.db", 1, &[]).ends_with(0);
    for table in [
        "humans",
        "phone_numbers",
        "phone_human_links",
        "consent_records",
        "source_keys",
        "record_changes",
    ] {
        let rows = sandbox.ask("a.db", &format!("SELECT count(*) FROM {table}"));
        assert_eq!(rows, [["0"]], "{table}");
    }
    sandbox.assert_sound("a.db");
}

/// What is done after a run: its name, the rows of a later file, or SQL by hand.
type Later<'t> = (&'t str, &'t [&'t [&'t str]], Option<&'t str>);

/// Gives humans another last name by hand, a microsecond after they were changed last.
fn renamed_by_hand() -> String {
    let later = TestEngine::chosen().later("updated_at", 1);
    format!("UPDATE humans SET last_name = 'Byhand', updated_at = {later}")
}

#[test]
fn later_changes_stand_in_the_way_and_nothing_is_changed() {
    let by_hand = renamed_by_hand() + " WHERE first_name = 'Ada'";
    let obstacles: [Later<'_>; 5] = [
        ("a later update", &[&["k1", "Ada", "Changed"]], None),
        (
            "a later number",
            &[&["k1", "Ada", "Example", "", "", "", "212 555 0199"]],
            None,
        ),
        (
            "a number used later",
            &[&["k9", "Eve", "Muster", "", "", "312 555 0101"]],
            None,
        ),
        (
            "a later withdrawal",
            &[&[
                "k1",
                "Ada",
                "Example",
                "",
                "",
                "312 555 0101",
                "",
                "",
                "yes",
            ]],
            None,
        ),
        ("a change by hand", &[], Some(&by_hand)),
    ];
    for (what, later, by_hand) in obstacles {
        let sandbox = scene();
        sandbox.write(
            "first.csv",
            people::rows(&[
                &["k1", "Ada", "Example", "", "", "312 555 0101"],
                &["k2", "Eve", "Muster"],
            ]),
        );
        sandbox.write("later.csv", people::rows(later));
        sandbox.import("a.db", "first.csv", &[]).ends_with(0);
        if !later.is_empty() {
            sandbox.import("a.db", "later.csv", &[]).ends_with(0);
        }
        if let Some(sql) = by_hand {
            sandbox.tamper("a.db", sql);
        }
        let before = sandbox.digest("a.db");
        let dry = undo(&sandbox, "a.db", 1, &["--dry-run"]).ends_with(1);
        let refused = undo(&sandbox, "a.db", 1, &[]).ends_with(1);
        assert_eq!(sandbox.digest("a.db"), before, "{what}");
        let id =
            sandbox.ask("a.db", "SELECT id FROM v_humans WHERE first_name = 'Ada'")[0][0].clone();
        let number = sandbox.ask(
            "a.db",
            "SELECT id FROM v_phone_numbers WHERE phone_number = '+13125550101'",
        );
        for said in [&dry, &refused] {
            let said = format!("{}{}", said.stdout, said.stderr);
            assert!(
                said.contains(&id) || said.contains(&number[0][0]),
                "{what}: {said}"
            );
        }
        assert_eq!(sandbox.runs("a.db")[0].status, RunStatus::Completed);
        if by_hand.is_none() {
            undo(&sandbox, "a.db", 2, &[]).ends_with(0);
            undo(&sandbox, "a.db", 1, &[]).ends_with(0);
            assert_eq!(sandbox.ask("a.db", "SELECT count(*) FROM humans"), [["0"]]);
        }
    }
}

#[test]
fn an_update_is_undone_only_while_its_fields_hold_what_it_wrote() {
    let sandbox = scene();
    sandbox.write("first.csv", people::rows(&[&["k1", "Ada", "Example"]]));
    sandbox.write("second.csv", people::rows(&[&["k1", "Ada", "Changed"]]));
    sandbox.import("a.db", "first.csv", &[]).ends_with(0);
    sandbox.import("a.db", "second.csv", &[]).ends_with(0);
    sandbox.tamper("a.db", &renamed_by_hand());
    let before = sandbox.digest("a.db");
    undo(&sandbox, "a.db", 2, &[]).ends_with(1);
    assert_eq!(sandbox.digest("a.db"), before);
}

#[test]
fn a_changed_extension_is_undone_in_order_and_not_over_a_change_by_hand() {
    let sandbox = scene();
    let mut digests = Vec::new();
    for (file, work) in [("a", ""), ("b", " ext. 5"), ("c", " x7"), ("d", "")] {
        let work = format!("212 555 0101{work}");
        let row = ["k1", "Ada", "Example", "", "", "", &work];
        sandbox.write(&format!("{file}.csv"), people::rows(&[&row]));
        let file = format!("{file}.csv");
        sandbox.import("a.db", &file, &[]).ends_with(0);
        digests.push(sandbox.digest("a.db"));
    }
    let kept = sandbox.ask("a.db", "SELECT metadata FROM phone_human_links");
    assert_eq!(
        kept,
        [[r#"{"extension":"7"}"#]],
        "an empty cell replaces nothing"
    );
    let report = undo(&sandbox, "a.db", 2, &[]).ends_with(1);
    let said = format!("{}{}", report.stdout, report.stderr);
    assert!(
        said.contains("got another phone extension later by run 3"),
        "{said}"
    );
    assert_eq!(sandbox.digest("a.db"), digests[3]);
    undo(&sandbox, "a.db", 4, &[]).ends_with(0);
    let by_hand = "UPDATE phone_human_links SET metadata = '{\"extension\":\"8\"}'";
    sandbox.tamper("a.db", by_hand);
    let before = sandbox.digest("a.db");
    undo(&sandbox, "a.db", 3, &[]).ends_with(1);
    assert_eq!(sandbox.digest("a.db"), before);
    sandbox.tamper("a.db", &by_hand.replace('8', "7"));
    for run in (2..=3).rev() {
        undo(&sandbox, "a.db", run, &[]).ends_with(0);
        let before = usize::try_from(run).unwrap() - 2;
        assert_eq!(sandbox.digest("a.db"), digests[before], "run {run}");
    }
}

#[test]
fn a_run_that_does_not_exist_cannot_be_undone() {
    let sandbox = scene();
    sandbox.import("a.db", "a.csv", &[]).ends_with(0);
    let before = sandbox.digest("a.db");
    for run in [0, 2, -1] {
        let ended = undo(&sandbox, "a.db", run, &[]);
        assert_eq!(ended.exit, Some(2), "{}", ended.stderr);
    }
    assert_eq!(sandbox.digest("a.db"), before);
}

/// A scene whose store `a.db` holds the contacts of `a.csv`, or none any more.
///
/// The tenant is there in both, so that only the next run's own writes are to be taken back.
fn scene_with_store(filled: bool) -> Sandbox {
    let sandbox = scene();
    sandbox.import("a.db", "a.csv", &[]).ends_with(0);
    if !filled {
        undo(&sandbox, "a.db", 1, &[]).ends_with(0);
    }
    sandbox
}

/// Takes the second run back, after which the store is as before and takes another one.
#[track_caller]
fn the_second_run_is_taken_back(sandbox: &Sandbox, before: &str, filled: bool) {
    undo(sandbox, "a.db", 2, &["--dry-run"]).ends_with(0);
    undo(sandbox, "a.db", 2, &[]).ends_with(0);
    assert_eq!(sandbox.digest("a.db"), before, "filled: {filled}");
    sandbox.assert_sound("a.db");
    sandbox.import("a.db", "b.csv", &[]).ends_with(0);
    sandbox.assert_sound("a.db");
}

#[test]
fn a_run_whose_program_died_between_two_transactions_is_undone() {
    for filled in [false, true] {
        let sandbox = scene_with_store(filled);
        let before = sandbox.digest("a.db");
        let mut smrt = Smrt::open_at(sandbox.location("a.db"), Access::Write, at()).unwrap();
        import_and_die(&mut smrt, "default", &people::file(9, 20_000));
        drop(smrt);
        let run = sandbox.last_run("a.db");
        assert_eq!((run.number, run.status), (2, RunStatus::Running));
        let rows = run.counts.rows_checkpoint;
        assert!(0 < rows && rows < 20_000, "{rows} rows are in");
        assert_ne!(sandbox.digest("a.db"), before);
        the_second_run_is_taken_back(&sandbox, &before, filled);
    }
}

#[test]
fn a_killed_run_is_undone() {
    for filled in [false, true] {
        let sandbox = scene_with_store(filled);
        sandbox.write("big.csv", people::file(9, 60_000));
        let before = sandbox.digest("a.db");
        let mut child = sandbox
            .command(&import_arguments("a.db", "big.csv", &[]))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // Waits for the first checkpoint, so that there is something to take back.
        loop {
            let over = child.try_wait().unwrap().is_some();
            let run = sandbox.last_run("a.db");
            if over || (run.number == 2 && run.counts.rows_checkpoint > 0) {
                break;
            }
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        let run = sandbox.last_run("a.db");
        assert_eq!(run.number, 2);
        assert!(run.counts.rows_checkpoint > 0);
        the_second_run_is_taken_back(&sandbox, &before, filled);
    }
}

#[test]
fn too_many_rejects_roll_the_run_back() {
    let sandbox = scene();
    for (db, filled) in [("fresh.db", false), ("filled.db", true)] {
        sandbox.import(db, "a.csv", &[]).ends_with(0);
        if !filled {
            undo(&sandbox, db, 1, &[]).ends_with(0);
        }
        let before = sandbox.digest(db);
        for bound in ["5", "0", "0.1%"] {
            sandbox
                .import(db, "b.csv", &["--max-rejects", bound])
                .ends_with(1);
            assert_eq!(sandbox.digest(db), before, "{db} {bound}");
            assert_eq!(sandbox.last_run(db).status, RunStatus::RolledBack);
            sandbox.assert_sound(db);
        }
        // On the bound is not beyond it.
        sandbox.import(db, "b.csv", &[]).ends_with(0);
        let rejected = sandbox.last_run(db).counts.rows_rejected;
        assert!(rejected > 5);
        let run = sandbox.last_run(db).number;
        undo(&sandbox, db, run, &[]).ends_with(0);
        sandbox
            .import(db, "b.csv", &["--max-rejects", &rejected.to_string()])
            .ends_with(0);
    }
}
