//! The tests of this program once more on each engine other than SQLite.
//!
//! They are the same tests, with the same snapshots: this one runs them in a process of their own,
//! which is told the engine by a variable.

use std::process::{Command, Stdio};

use crate::engine::{TestEngine, VARIABLE};

/// The modules whose tests say nothing of an engine.
const MODULES: [&str; 20] = [
    "access::",
    "audit_command::",
    "bad_rows::",
    "by_hand::",
    "check::",
    "consent::",
    "consent_ledger::",
    "crash::",
    "dry_run::",
    "export::",
    "full_disk::",
    "interaction::",
    "presets::",
    "registries::",
    "rejects::",
    "repeat::",
    "rules::",
    "scrub::",
    "tenancy::",
    "undo::",
];

/// Tests of these modules that are about SQLite, and why.
const ABOUT_SQLITE: [(&str, &str); 10] = [
    (
        "a_store_without_its_indexes_makes_others_wait_without_telling_for_whom",
        "on Postgres nobody waits",
    ),
    (
        "a_dry_run_beside_a_running_writer_sees_what_is_committed",
        "another client of SQLite writes",
    ),
    (
        "a_plan_takes_nothing_of_another_tenant_into_its_scratch_file",
        "a scratch file is one of SQLite",
    ),
    (
        "a_store_of_version_1_learns_who_knows_what",
        "only SQLite had a version 1",
    ),
    (
        "every_transaction_of_a_run_is_in_its_tenants_trail",
        "asks in SQLite's own SQL",
    ),
    (
        "a_number_passes_to_the_tenant_that_has_known_it_longest",
        "changes instants as numbers",
    ),
    (
        "what_others_do_with_a_shared_human_stands_in_the_way_without_a_name",
        "makes ids in SQLite's own SQL",
    ),
    (
        "an_update_is_undone_only_while_its_fields_hold_what_it_wrote",
        "changes instants as numbers",
    ),
    (
        "later_changes_stand_in_the_way_and_nothing_is_changed",
        "changes instants as numbers",
    ),
    (
        "an_unfinished_run_is_undone",
        "looks into the store while another process writes it",
    ),
];

/// Tests that are about files, and what stands in their place on a server.
const ABOUT_FILES: [(&str, &str); 2] = [
    (
        "an_import_beyond_the_room_for_files_is_resumed",
        "postgres::a_full_disk_is_told_and_nothing_is_half_written",
    ),
    (
        "an_import_onto_a_full_disk_is_resumed",
        "postgres_import::an_import_onto_a_full_disk_of_the_server_is_resumed_when_there_is_room",
    ),
];

#[test]
fn the_same_tests_pass_on_duckdb() {
    run_on(TestEngine::DuckDb);
}

#[test]
fn the_same_tests_pass_on_postgres() {
    run_on(TestEngine::Postgres);
}

#[track_caller]
fn run_on(engine: TestEngine) {
    let about_files = match engine {
        TestEngine::Postgres => &ABOUT_FILES[..],
        TestEngine::Sqlite | TestEngine::DuckDb => &[],
    };
    let skipped = ABOUT_SQLITE.iter().chain(about_files);
    let skipped = skipped.flat_map(|(test, _)| ["--skip", test]);
    let output = Command::new(std::env::current_exe().unwrap())
        .args(MODULES)
        .args(skipped)
        .env(VARIABLE, engine.name())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "on {}:\n{told}", engine.name());
    assert!(!told.contains("running 0 tests"), "{told}");
}
