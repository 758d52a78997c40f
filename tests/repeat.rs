//! The same file again changes nothing, and every row is accounted for.

use crate::people;
use crate::sandbox::Sandbox;

#[test]
fn the_same_file_again_creates_and_updates_nothing() {
    let sandbox = Sandbox::new();
    people::write_mapping(&sandbox);
    sandbox.write("people.csv", people::file(1, 8_000));
    sandbox.write("before.csv", people::file(2, 500));
    for fresh in [true, false] {
        let db = if fresh { "fresh.db" } else { "filled.db" };
        if !fresh {
            sandbox.import(db, "before.csv", &[]).ends_with(0);
        }
        sandbox.import(db, "people.csv", &[]).ends_with(0);
        let digest = sandbox.digest(db);
        let first = sandbox.last_run(db).counts;
        for policy in ["update", "fill", "skip"] {
            sandbox
                .import(db, "people.csv", &["--on-conflict", policy])
                .ends_with(0);
            let again = sandbox.last_run(db).counts;
            assert_eq!((again.rows_created, again.rows_updated), (0, 0), "{policy}");
            assert_eq!(again.rows_rejected, first.rows_rejected);
            assert_eq!(again.rows_settled(), 8_000);
            assert_eq!(
                (
                    again.phones_created,
                    again.links_created,
                    again.consents_created
                ),
                (0, 0, 0)
            );
            assert_eq!(sandbox.digest(db), digest, "{policy}");
        }
        sandbox.assert_sound(db);
    }
}

#[test]
fn outcomes_add_up_and_hold_in_the_store() {
    let sandbox = Sandbox::new();
    people::write_mapping(&sandbox);
    sandbox.write("people.csv", people::file(3, 8_000));
    sandbox.import("a.db", "people.csv", &[]).ends_with(0);
    let counts = sandbox.last_run("a.db").counts;
    assert_eq!(counts.rows_settled(), 8_000);
    assert_eq!(counts.rows_checkpoint, 8_000);
    for (table, count) in [
        ("humans", counts.rows_created),
        ("phone_numbers", counts.phones_created),
        ("phone_human_links", counts.links_created),
        ("consent_records", counts.consents_created),
        ("import_issues", counts.issues),
        ("import_deferred", 0),
    ] {
        let held = sandbox.ask("a.db", &format!("SELECT count(*) FROM {table}"));
        assert_eq!(held, [[count.to_string()]], "{table}");
    }
    // The file holds each hard case, or the tests above prove little.
    assert!(counts.rows_updated > 100 && counts.rows_rejected > 20 && counts.issues > 500);
    assert!(counts.consents_created > 500 && counts.phones_created < counts.links_created);
}

#[test]
fn a_fresh_store_and_a_filled_one_take_a_file_in_alike() {
    let sandbox = Sandbox::new();
    people::write_mapping(&sandbox);
    let text = people::file(4, 6_000);
    sandbox.write("people.csv", &text);
    // One human more makes the store take the rows one by one instead of in bulk.
    sandbox.write("one.csv", people::rows(&[&["lonely", "Ada", "Example"]]));
    sandbox.import("bulk.db", "people.csv", &[]).ends_with(0);
    sandbox.import("bulk.db", "one.csv", &[]).ends_with(0);
    sandbox.import("single.db", "one.csv", &[]).ends_with(0);
    sandbox.import("single.db", "people.csv", &[]).ends_with(0);
    assert_eq!(
        sandbox.runs("bulk.db")[0].counts,
        sandbox.runs("single.db")[1].counts
    );
    assert_eq!(sandbox.digest("bulk.db"), sandbox.digest("single.db"));
}

#[test]
fn a_changed_extension_is_an_update() {
    let sandbox = Sandbox::new();
    people::write_mapping(&sandbox);
    for (file, extension) in [("a.csv", "5"), ("b.csv", "7")] {
        let work = format!("212 555 0101 ext. {extension}");
        let row = ["k1", "Ada", "Example", "", "", "", &work];
        sandbox.write(file, people::rows(&[&row]));
        sandbox.import("a.db", file, &[]).ends_with(0);
    }
    let kept = sandbox.ask("a.db", "SELECT metadata FROM phone_human_links");
    assert_eq!(kept, [[r#"{"extension":"7"}"#]]);
    assert_eq!(sandbox.last_run("a.db").counts.rows_updated, 1);
}
