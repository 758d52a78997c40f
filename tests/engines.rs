//! The tests of this program once more on each engine other than SQLite.
//!
//! They are the same tests, with the same snapshots: this one runs them in a process of their own,
//! which is told the engine by a variable. Every module of tests is in one of two lists: those that
//! run on every engine, and those that do not, with the reason.

use std::collections::BTreeSet;
use std::process::{Command, Stdio};

use crate::binary;
use crate::engine::TestEngine::{DuckDb, Postgres};
use crate::engine::{TestEngine, VARIABLE};

/// The modules whose tests say nothing of an engine.
const MODULES: [&str; 27] = [
    "access",
    "audit",
    "audit_checkpoint",
    "audit_command",
    "bad_rows",
    "by_hand",
    "check",
    "consent",
    "consent_ledger",
    "contention",
    "crash",
    "dry_run",
    "export",
    "file_form",
    "formats",
    "full_disk",
    "interaction",
    "leak",
    "presets",
    "refusal",
    "registries",
    "rejects",
    "repeat",
    "rules",
    "scrub",
    "tenancy",
    "undo",
];

/// The modules that run once, and why.
const ONCE: [(&str, &str); 23] = [
    ("binary", "it has no tests: it builds the program"),
    ("columnar", "it has no tests: it writes and reads files"),
    ("console", "the documents show files of SQLite"),
    ("contract", "it runs every case on every engine itself"),
    ("duckdb", "it is about DuckDB"),
    ("engine", "it has no tests: it tells where stores are"),
    ("engines", "it starts the other runs"),
    ("library", "it has no tests: it imports for others"),
    ("moving", "it moves stores from engine to engine itself"),
    ("older_versions", "only files of SQLite have older versions"),
    ("operations", "it compares the engines itself"),
    ("partition", "it is about Postgres"),
    ("people", "it has no tests: it makes files"),
    ("postgres", "it is about Postgres"),
    ("postgres_import", "it is about Postgres"),
    ("postgres_server", "it has no tests: it starts servers"),
    ("reference", "it compares the engines itself"),
    ("replica", "only Postgres has replicas"),
    ("rights", "only Postgres knows logins"),
    ("row_security", "only Postgres knows roles"),
    ("sandbox", "it has no tests: it holds folders and stores"),
    ("skipped", "it has no tests: it tells of what was skipped"),
    ("tidy", "it reads the repository and opens no store"),
];

const ONE_PROCESS: &str = "one process has a file of DuckDB open for writing, as \
                           `duckdb::a_file_that_another_process_writes_is_told_to_be_in_use` proves";
const SIDE_BY_SIDE: &str = "imports go side by side on Postgres, as `postgres_import` proves";
const ITS_TYPE: &str = "a column holds values of its type, which SQLite alone does not see to";
const DAMAGE: &str = "not every part of a file of DuckDB is in use; \
                      `duckdb::a_damaged_file_is_refused_or_found_out_and_never_believed`";
const FILES: &str = "on Postgres a store is no file";
const COPIES: &str = "it copies the store for each answer, which takes minutes; \
                      `leak::method` and `leak::command` look at the same in one copy";

/// Tests of these modules that an engine does not run, and why.
const NOT_ON: [(&str, &[TestEngine], &str); 23] = [
    (
        "audit::a_value_of_another_type_is_found_as_well",
        &[DuckDb, Postgres],
        ITS_TYPE,
    ),
    (
        "audit::any_edit_that_changes_a_cell_is_found",
        &[DuckDb, Postgres],
        ITS_TYPE,
    ),
    (
        "contention::a_second_import_is_refused_at_once_and_the_first_completes",
        &[DuckDb],
        ONE_PROCESS,
    ),
    (
        "contention::a_second_import_is_refused_at_once_and_the_first_completes",
        &[Postgres],
        SIDE_BY_SIDE,
    ),
    (
        "contention::a_store_that_another_program_writes_to_is_reported_as_locked",
        &[DuckDb],
        ONE_PROCESS,
    ),
    (
        "contention::a_store_that_another_program_writes_to_is_reported_as_locked",
        &[Postgres],
        SIDE_BY_SIDE,
    ),
    (
        "contention::readers_work_while_an_import_runs",
        &[DuckDb],
        ONE_PROCESS,
    ),
    (
        "contention::the_import_lock_has_one_holder_however_fast_it_changes_hands",
        &[Postgres],
        SIDE_BY_SIDE,
    ),
    (
        "dry_run::a_dry_run_beside_a_running_writer_sees_what_is_committed",
        &[DuckDb],
        ONE_PROCESS,
    ),
    (
        "full_disk::an_import_beyond_the_room_for_files_is_resumed",
        &[Postgres],
        "`postgres::a_full_disk_is_told_and_nothing_is_half_written` fills the server's disk",
    ),
    (
        "full_disk::an_import_onto_a_full_disk_is_resumed",
        &[Postgres],
        "`postgres_import` has one onto a full disk of the server",
    ),
    (
        "leak::together::a_session_that_waits_too_long_is_told_to_try_again",
        &[Postgres],
        "on Postgres who writes beside another does not wait",
    ),
    ("leak::twin::", &[DuckDb, Postgres], COPIES),
    (
        "refusal::files_of_other_programs_are_refused",
        &[Postgres],
        FILES,
    ),
    (
        "refusal::a_store_that_is_cut_short_is_refused_as_damaged",
        &[DuckDb],
        DAMAGE,
    ),
    (
        "refusal::a_store_that_is_cut_short_is_refused_as_damaged",
        &[Postgres],
        FILES,
    ),
    (
        "refusal::a_store_with_a_damaged_page_fails_its_check",
        &[DuckDb],
        DAMAGE,
    ),
    (
        "refusal::a_store_with_a_damaged_page_fails_its_check",
        &[Postgres],
        FILES,
    ),
    (
        "refusal::an_empty_file_holds_no_store_but_takes_one",
        &[Postgres],
        FILES,
    ),
    (
        "refusal::a_folder_that_cannot_be_written_is_refused",
        &[Postgres],
        FILES,
    ),
    (
        "tenancy::a_store_of_version_1_learns_who_knows_what",
        &[DuckDb, Postgres],
        "only SQLite had a version 1",
    ),
    (
        "tenancy::a_store_without_its_indexes_makes_others_wait_without_telling_for_whom",
        &[Postgres],
        SIDE_BY_SIDE,
    ),
    ("undo::a_killed_run_is_undone", &[DuckDb], ONE_PROCESS),
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
    let skipped = NOT_ON.iter().filter(|(_, on, _)| on.contains(&engine));
    let skipped = skipped.flat_map(|(test, ..)| ["--skip", test]);
    let output = Command::new(std::env::current_exe().unwrap())
        .args(MODULES.map(|module| format!("{module}::")))
        .args(skipped)
        .env(VARIABLE, engine.name())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "on {}:\n{told}", engine.name());
    assert!(!told.contains("running 0 tests"), "{told}");
}

/// The lines of a file of this program.
fn lines_of(module: &str) -> Vec<String> {
    let path = binary::repository()
        .join("tests")
        .join(format!("{module}.rs"));
    let text = std::fs::read_to_string(path).unwrap();
    text.lines().map(|line| line.trim().to_owned()).collect()
}

#[test]
fn every_module_runs_on_every_engine_or_says_why_not() {
    let listed: Vec<&str> = MODULES
        .into_iter()
        .chain(ONCE.map(|(module, _)| module))
        .collect();
    let once: BTreeSet<&str> = listed.iter().copied().collect();
    assert_eq!(once.len(), listed.len(), "a module is listed twice");
    let lines = lines_of("main");
    let modules = lines
        .iter()
        .filter_map(|line| line.strip_prefix("mod ")?.strip_suffix(';'));
    assert_eq!(once, modules.collect());
    assert!(ONCE.iter().all(|(_, reason)| !reason.is_empty()));
    // What has tests does not pass for what has none.
    for (module, reason) in ONCE {
        let has_tests = lines_of(module).iter().any(|line| line == "#[test]");
        assert_eq!(
            has_tests,
            !reason.starts_with("it has no tests"),
            "{module}"
        );
    }
}

/// What is left out by a name that no test has would not be left out, and nobody would see it.
#[test]
fn every_test_that_an_engine_does_not_run_is_there() {
    for (test, ..) in NOT_ON {
        let (module, name) = test.rsplit_once("::").unwrap();
        let lines = lines_of(&module.replace("::", "/"));
        let is_there = lines
            .iter()
            .any(|line| line.starts_with(&format!("fn {name}(")));
        assert!(is_there || name.is_empty(), "there is no test `{test}`");
        let first = module.split("::").next().unwrap();
        assert!(
            MODULES.contains(&first),
            "`{test}` runs on no other engine anyway"
        );
    }
}
