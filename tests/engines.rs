//! The tests of this program once more on each engine other than SQLite.
//!
//! They are the same tests, with the same snapshots: this one runs them in a process of their own,
//! which is told the engine by a variable.

use std::process::{Command, Stdio};

use crate::engine::{TestEngine, VARIABLE};

/// The modules whose tests say nothing of an engine.
const MODULES: [&str; 21] = [
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
    "interaction::",
    "leak::",
    "presets::",
    "reference::",
    "registries::",
    "rejects::",
    "repeat::",
    "rules::",
    "scrub::",
    "tenancy::",
    "undo::",
];

/// Tests of these modules that are about SQLite, and why.
const ABOUT_SQLITE: [(&str, &str); 0] = [];

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
    let skipped = ABOUT_SQLITE.iter().flat_map(|(test, _)| ["--skip", test]);
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
