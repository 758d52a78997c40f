//! The DuckDB engine: files that are none of its, or another's at the moment.

use std::sync::Arc;

use smrt_core::smrt::Smrt;
use smrt_core::store::Access;

use crate::engine::TestEngine;
use crate::people;
use crate::sandbox::{Finished, Sandbox, at};

/// A sandbox with `people.csv`, imported into `a.duckdb`.
fn imported() -> Sandbox {
    let sandbox = Sandbox::on(TestEngine::DuckDb);
    people::write_mapping(&sandbox);
    sandbox.write("people.csv", people::file(5, 300));
    sandbox.import("a.duckdb", "people.csv", &[]).ends_with(0);
    sandbox
}

#[test]
fn the_ending_of_a_new_file_chooses_the_engine_and_the_file_itself_from_then_on() {
    let sandbox = imported();
    let bytes = std::fs::read(sandbox.path("a.duckdb")).unwrap();
    assert_eq!(&bytes[8..12], b"DUCK");
    std::fs::rename(sandbox.path("a.duckdb"), sandbox.path("a.data")).unwrap();
    let told = sandbox
        .smrt(&["db", "info", "--db", "a.data"])
        .ends_with(0)
        .stdout;
    assert!(told.contains("duckdb"), "{told}");
    // An empty file is a new store of whatever its name says.
    sandbox.write("b.duckdb", "");
    sandbox.import("b.duckdb", "people.csv", &[]).ends_with(0);
    sandbox
        .smrt(&["db", "check", "--db", "b.duckdb"])
        .ends_with(0);
}

#[track_caller]
fn assert_told_in_use(refused: &Finished) {
    let told = &refused.stderr;
    assert!(
        told.contains("another process has the store open"),
        "{told}"
    );
}

#[test]
fn a_file_that_another_process_writes_is_told_to_be_in_use() {
    let sandbox = imported();
    let path = sandbox.path("a.duckdb");
    let held = Smrt::open_at(&path, Access::Write, at()).unwrap();
    for command in [
        &["db", "check"][..],
        &["db", "backup", "kept.duckdb"],
        &["import", "people.csv", "--resume"],
    ] {
        let mut command = command.to_vec();
        command.extend(["--db", "a.duckdb"]);
        let refused = sandbox.smrt(&command).refuses();
        assert_told_in_use(&refused);
    }
    let left = std::fs::read_dir(sandbox.folder()).unwrap();
    let left = left.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    assert_eq!(left.filter(|name| name.contains("kept")).count(), 0);
    drop(held);
    for command in [&["db", "check"][..], &["db", "backup", "kept.duckdb"]] {
        sandbox
            .smrt(&[command, &["--db", "a.duckdb"]].concat())
            .ends_with(0);
    }
}

/// A backup is one reader: while it is at work, nobody writes.
#[test]
fn a_file_that_another_process_reads_is_not_written() {
    let sandbox = imported();
    let held = Smrt::open_at(sandbox.path("a.duckdb"), Access::Read, at()).unwrap();
    sandbox
        .smrt(&["db", "backup", "kept.duckdb", "--db", "a.duckdb"])
        .ends_with(0);
    let refused = sandbox
        .smrt(&["human", "add", "--first-name", "New", "--db", "a.duckdb"])
        .refuses();
    assert_told_in_use(&refused);
    drop(held);
}

#[test]
fn several_processes_read_a_file_at_once() {
    let sandbox = Arc::new(imported());
    let path = sandbox.path("a.duckdb");
    let held = Smrt::open_at(&path, Access::Read, at()).unwrap();
    sandbox
        .smrt(&["db", "digest", "--db", "a.duckdb"])
        .ends_with(0);
    drop(held);
}

#[test]
fn a_file_of_another_version_of_duckdb_is_refused_by_that() {
    let sandbox = imported();
    let mut bytes = std::fs::read(sandbox.path("a.duckdb")).unwrap();
    let sum = |bytes: &[u8]| {
        let words = bytes[8..4096].chunks_exact(8);
        words.fold(0, |sum, word| {
            let word = u64::from_le_bytes(word.try_into().unwrap());
            sum ^ word.wrapping_mul(0xbf58_476d_1ce4_e5b9)
        })
    };
    let before = sum(&bytes);
    // The version of the format stands after the magic bytes, and the sum of the header before them.
    bytes[12..20].copy_from_slice(&9_999_u64.to_le_bytes());
    let told = u64::from_le_bytes(bytes[..8].try_into().unwrap());
    let told = told ^ before ^ sum(&bytes);
    bytes[..8].copy_from_slice(&told.to_le_bytes());
    sandbox.write("later.duckdb", &bytes);
    let refused = sandbox
        .smrt(&["db", "check", "--db", "later.duckdb"])
        .refuses();
    assert!(
        refused.stderr.contains("a version of DuckDB"),
        "{}",
        refused.stderr
    );
    assert_eq!(std::fs::read(sandbox.path("later.duckdb")).unwrap(), bytes);
}

#[test]
fn a_damaged_file_is_refused_or_found_out_and_never_believed() {
    let sandbox = imported();
    let whole = std::fs::read(sandbox.path("a.duckdb")).unwrap();
    for at in [whole.len() / 3, whole.len() / 2, whole.len() * 2 / 3] {
        let mut bytes = whole.clone();
        let block = at / 4096 * 4096;
        bytes[block..block + 4096].fill(0x5A);
        sandbox.write("hurt.duckdb", &bytes);
        let checked = sandbox.smrt(&["db", "check", "--db", "hurt.duckdb"]);
        assert!(
            matches!(checked.exit, Some(0..=2)) && !checked.stderr.contains("panicked"),
            "{}",
            checked.stderr
        );
        if checked.exit == Some(0) {
            // The bytes were of no block in use.
            let told = |db| {
                sandbox
                    .smrt(&["db", "digest", "--db", db])
                    .ends_with(0)
                    .stdout
            };
            assert_eq!(told("hurt.duckdb"), told("a.duckdb"));
        }
    }
    sandbox.write("cut.duckdb", &whole[..whole.len() / 2]);
    sandbox
        .smrt(&["db", "digest", "--db", "cut.duckdb"])
        .refuses();
}

#[test]
fn a_file_of_another_program_is_no_store_but_a_source() {
    let sandbox = imported();
    let script = "CREATE TABLE clients AS SELECT * FROM (VALUES \
                  ('1', 'Ada', '+12025550143', DATE '1980-05-03'), \
                  ('2', 'Eve', NULL, NULL)) AS t(key, first, mobile, born);
                  CREATE TABLE notes (note VARCHAR)";
    let place = TestEngine::DuckDb.place(&sandbox, "crm.duckdb");
    let mut engine = place.create().unwrap();
    engine.execute_script(script).unwrap();
    drop(engine);
    let refused = sandbox
        .smrt(&["db", "check", "--db", "crm.duckdb"])
        .refuses();
    assert!(
        refused.stderr.contains("another program"),
        "{}",
        refused.stderr
    );
    sandbox.write(
        "crm.toml",
        "version = 1\nsource = \"crm\"\n[columns]\n\"key\" = \"source_key\"\n\
         \"first\" = \"first_name\"\n\"mobile\" = { phone = \"mobile\" }\n\"born\" = \"metadata\"\n",
    );
    let import = |more: &[&str]| {
        let mut arguments = vec!["import", "crm.duckdb", "--db", "b.duckdb"];
        arguments.extend(["--mapping", "crm.toml", "--quiet"]);
        arguments.extend(more);
        sandbox.smrt(&arguments)
    };
    // Of two tables one is to be named.
    let refused = import(&[]).refuses();
    assert!(refused.stderr.contains("`clients`"), "{}", refused.stderr);
    let told = import(&["--table", "clients"]).ends_with(0).stdout;
    assert!(told.contains("created    2"), "{told}");
    let query = "SELECT * FROM clients WHERE key = '1' ORDER BY key -- one";
    let told = import(&["--query", query]).ends_with(0).stdout;
    assert!(told.contains("unchanged  1"), "{told}");
    for query in [
        "DROP TABLE notes",
        "SELECT 1; DROP TABLE notes",
        "COPY notes TO 'x.csv'",
    ] {
        import(&["--query", query]).refuses();
    }
    assert!(!sandbox.path("x.csv").exists());
    // A store is copied, not imported.
    let refused = sandbox
        .smrt(&[
            "import", "a.duckdb", "--db", "b.duckdb", "--table", "humans",
        ])
        .refuses();
    assert!(refused.stderr.contains("db copy"), "{}", refused.stderr);
}
