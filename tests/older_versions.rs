//! Stores that older versions of smrt wrote: one file of each schema version is kept, and every later
//! program brings it up to date.

use smrt_core::store::schema_version;

use crate::binary;
use crate::engine::TestEngine;
use crate::sandbox::Sandbox;

/// The file of each version, the first one's first.
const STORES: [&str; 3] = [
    "fixtures/store/version-1.db.zst",
    "fixtures/store/version-2.db.zst",
    "fixtures/store/version-3.db.zst",
];

/// A sandbox with the store of a version, as the program of that time left it: the tenant `acme`, and
/// from version 2 on `beta`, imported the same export.
fn sandbox_with(version: i64) -> Sandbox {
    let sandbox = Sandbox::on(TestEngine::Sqlite);
    let position = usize::try_from(version - 1).unwrap();
    let name = STORES.get(position);
    let name = name.unwrap_or_else(|| panic!("version {version} has no file: keep one"));
    let packed = std::fs::read(binary::repository().join(name)).unwrap();
    sandbox.write("old.db", zstd::decode_all(&packed[..]).unwrap());
    let export = binary::repository().join("fixtures/ok/hubspot.csv");
    std::fs::copy(export, sandbox.path("hubspot.csv")).unwrap();
    sandbox
}

/// What `acme` takes out, without the times that say when it came in.
fn contacts(sandbox: &Sandbox) -> String {
    let export = ["export", "numbers", "--db", "old.db", "--tenant", "acme"];
    let told = sandbox.smrt(&export).ends_with(0).stdout;
    let numbers = told.lines().map(|line| line.split(',').nth(1).unwrap());
    let mut numbers: Vec<&str> = numbers.collect();
    numbers.sort_unstable();
    numbers.join(" ")
}

#[test]
fn a_store_of_every_schema_version_is_brought_up_to_date_and_goes_on() {
    let mut told = Vec::new();
    for version in 1..=schema_version() {
        let sandbox = sandbox_with(version);
        let before = std::fs::read(sandbox.path("old.db")).unwrap();
        let checked = sandbox.smrt(&["db", "check", "--db", "old.db"]);
        if version < schema_version() {
            // Whoever only looks changes nothing, and is told what to do.
            let refused = checked.refuses();
            let words = format!("older schema version {version}");
            assert!(refused.stderr.contains(&words), "{}", refused.stderr);
            assert_eq!(std::fs::read(sandbox.path("old.db")).unwrap(), before);
        } else {
            checked.ends_with(0);
        }
        sandbox
            .smrt(&["db", "migrate", "--db", "old.db"])
            .ends_with(0);
        sandbox
            .smrt(&["db", "check", "--db", "old.db"])
            .ends_with(0);
        told.push(contacts(&sandbox));
        let mut import = vec!["import", "hubspot.csv", "--db", "old.db"];
        import.extend(["--tenant", "acme", "--region", "US"]);
        import.extend(["--exported-at", "2026-11-20", "--max-rejects", "1"]);
        let again = sandbox.smrt(&import).ends_with(0).stdout;
        assert!(again.contains("unchanged  6"), "version {version}: {again}");
        for run in ["2", "1"] {
            let undo = ["import", "undo", run, "--db", "old.db", "--tenant", "acme"];
            let ended = sandbox.smrt(&undo);
            // What was done after the import stands in the way of undoing it.
            assert!(matches!(ended.exit, Some(0 | 1)), "{}", ended.stderr);
        }
        sandbox
            .smrt(&["db", "check", "--db", "old.db"])
            .ends_with(0);
    }
    assert!(told.iter().all(|numbers| *numbers == told[0]), "{told:?}");
    assert!(told[0].contains("+442079460101"));
}

#[test]
fn what_was_granted_and_withdrawn_under_an_older_version_still_holds() {
    let sandbox = sandbox_with(3);
    let granted = ["access", "list", "--db", "old.db", "--tenant", "beta"];
    let later = "2026-12-01T12:00:00Z";
    let told = sandbox.smrt_at(later, &granted).ends_with(0).stdout;
    assert!(told.contains("read"), "{told}");
    let mut check = vec!["check", "+442079460101", "--db", "old.db"];
    check.extend(["--tenant", "acme", "--channel", "sms"]);
    check.extend(["--purpose", "marketing"]);
    let told = sandbox.smrt_at(later, &check).ends_with(1).stdout;
    assert!(told.contains("INTERNAL_DNC"), "{told}");
}
