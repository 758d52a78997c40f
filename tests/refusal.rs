//! What cannot be used is refused with a reason, and left exactly as it is.

use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;

use smrt_core::smrt::{Smrt, SmrtError};
use smrt_core::store::{Access, StoreErrorKind};

use crate::binary;
use crate::engine::TestEngine;
use crate::people;
use crate::sandbox::{AT, Finished, Sandbox, at, import_arguments};

/// An unprivileged user, for what root may do but people may not.
const NOBODY: u32 = 65_534;

fn scene() -> Sandbox {
    let sandbox = Sandbox::new();
    people::write_mapping(&sandbox);
    sandbox.write("people.csv", people::file(1, 400));
    sandbox
}

/// Every command refuses the store at `db`, says so by its kind, and changes nothing.
#[track_caller]
fn refused_everywhere(sandbox: &Sandbox, db: &str, kind: StoreErrorKind) {
    let before = sandbox.files();
    let opened = Smrt::open_at(sandbox.location(db), Access::Write, at());
    let Err(SmrtError::Store(error)) = opened else {
        panic!("{db} was opened");
    };
    assert_eq!(error.kind(), kind, "{db}");
    sandbox.import(db, "people.csv", &[]).refuses();
    sandbox.import(db, "people.csv", &["--dry-run"]).refuses();
    sandbox.import(db, "people.csv", &["--resume"]).refuses();
    for arguments in [
        vec!["db", "digest", "--db", db],
        vec!["db", "check", "--db", db],
        vec!["import", "undo", "1", "--db", db],
    ] {
        sandbox.smrt(&arguments).refuses();
    }
    let names = |files: &[(std::path::PathBuf, Vec<u8>)]| -> Vec<_> {
        files.iter().map(|(path, _)| path.clone()).collect()
    };
    let after = sandbox.files();
    assert_eq!(names(&after), names(&before), "{db}");
    assert!(after == before, "a refused file was changed: {db}");
}

#[test]
fn a_store_of_a_newer_program_is_refused() {
    let sandbox = scene();
    sandbox.import("newer.db", "people.csv", &[]).ends_with(0);
    let sql = format!(
        "INSERT INTO schema_migrations (version, name, applied_at) VALUES (999, 'future', {})",
        TestEngine::chosen().instant(at())
    );
    sandbox.tamper("newer.db", &sql);
    let counts = "SELECT (SELECT count(*) FROM humans), (SELECT count(*) FROM import_runs), \
                  (SELECT count(*) FROM audit_log), (SELECT count(*) FROM schema_migrations)";
    let before = sandbox.ask("newer.db", counts);
    refused_everywhere(&sandbox, "newer.db", StoreErrorKind::Newer);
    assert_eq!(sandbox.ask("newer.db", counts), before);
}

#[test]
fn tables_of_other_programs_are_refused() {
    let sandbox = scene();
    let tables = "CREATE TABLE notes (text TEXT); INSERT INTO notes VALUES ('x')";
    match TestEngine::chosen() {
        // What is made through the seam bears the mark of smrt.
        TestEngine::Sqlite => sandbox.foreign_file("other.db", tables),
        engine => {
            let mut other = engine.place(&sandbox, "other.db").create().unwrap();
            other.execute_script(tables).unwrap();
        }
    }
    refused_everywhere(&sandbox, "other.db", StoreErrorKind::Foreign);
    // Of Postgres the seam itself refuses such a schema.
    if TestEngine::chosen() != TestEngine::Postgres {
        let notes = sandbox.ask("other.db", "SELECT text FROM notes");
        assert_eq!(notes, [["x"]]);
    }
}

#[test]
fn files_of_other_programs_are_refused() {
    let sandbox = scene();
    sandbox.write("text.db", "Key,First\nk1,Ada\n");
    refused_everywhere(&sandbox, "text.db", StoreErrorKind::Foreign);
    sandbox.write("short.db", "S");
    refused_everywhere(&sandbox, "short.db", StoreErrorKind::Foreign);
    std::fs::create_dir(sandbox.path("folder.db")).unwrap();
    refused_everywhere(&sandbox, "folder.db", StoreErrorKind::Foreign);
    assert_eq!(
        std::fs::read_dir(sandbox.path("folder.db"))
            .unwrap()
            .count(),
        0
    );
}

#[test]
fn a_store_that_is_cut_short_is_refused_as_damaged() {
    let sandbox = scene();
    sandbox.import("whole.db", "people.csv", &[]).ends_with(0);
    let whole = std::fs::read(sandbox.path("whole.db")).unwrap();
    for len in [50, 100, 4_096, whole.len() / 2, whole.len() - 1] {
        sandbox.write("cut.db", &whole[..len]);
        refused_everywhere(&sandbox, "cut.db", StoreErrorKind::Damaged);
    }
}

#[test]
fn a_store_with_a_damaged_page_fails_its_check() {
    let sandbox = scene();
    sandbox.import("a.db", "people.csv", &[]).ends_with(0);
    let mut bytes = std::fs::read(sandbox.path("a.db")).unwrap();
    let middle = bytes.len() / 2 / 4_096 * 4_096;
    bytes[middle..middle + 4_096].fill(0xa5);
    sandbox.write("a.db", bytes);
    let checked = sandbox.smrt(&["db", "check", "--db", "a.db"]);
    assert!(matches!(checked.exit, Some(1 | 2)), "{:?}", checked.exit);
    assert!(!checked.stderr.contains("panicked"));
}

#[test]
fn an_empty_file_holds_no_store_but_takes_one() {
    let sandbox = scene();
    sandbox.write("empty.db", "");
    for arguments in [
        ["db", "digest", "--db", "empty.db"],
        ["db", "check", "--db", "empty.db"],
    ] {
        sandbox.smrt(&arguments).refuses();
        assert_eq!(std::fs::read(sandbox.path("empty.db")).unwrap(), b"");
    }
    sandbox
        .import("empty.db", "people.csv", &["--dry-run"])
        .ends_with(0);
    assert_eq!(std::fs::read(sandbox.path("empty.db")).unwrap(), b"");
    sandbox.import("empty.db", "people.csv", &[]).ends_with(0);
    sandbox.assert_sound("empty.db");
}

#[test]
fn a_store_that_is_not_there_is_not_made_by_reading() {
    let sandbox = scene();
    let before = sandbox.files();
    sandbox
        .smrt(&["db", "digest", "--db", "missing.db"])
        .refuses();
    sandbox
        .smrt(&["db", "check", "--db", "missing.db"])
        .refuses();
    sandbox
        .smrt(&["import", "undo", "1", "--db", "missing.db"])
        .refuses();
    assert!(sandbox.files() == before);
    assert!(!sandbox.has_store("missing.db"));
}

#[test]
fn a_file_that_is_no_contact_export_is_refused_before_a_store_is_made() {
    let sandbox = scene();
    sandbox.write("empty.csv", "");
    sandbox.write("header.csv", "Key,First\n");
    std::fs::create_dir(sandbox.path("folder.csv")).unwrap();
    sandbox.write("binary.csv", [0_u8, 1, 2, 255, 254, 0, 0, 7].repeat(100));
    let before = sandbox.files();
    for file in ["missing.csv", "empty.csv", "folder.csv", "binary.csv"] {
        sandbox.import("new.db", file, &[]).refuses();
        assert!(sandbox.files() == before, "{file} left something behind");
    }
    // The mapping names columns this header lacks.
    sandbox.import("new.db", "header.csv", &[]).refuses();
    assert!(sandbox.files() == before);
    assert!(!sandbox.has_store("new.db"));
}

#[test]
fn an_unknown_tenant_is_refused() {
    let sandbox = scene();
    sandbox
        .import("a.db", "people.csv", &["--tenant", "acme"])
        .ends_with(0);
    let digest = sandbox.digest("a.db");
    let refused = sandbox
        .import("a.db", "people.csv", &["--tenant", "nobody"])
        .refuses();
    assert!(refused.stderr.contains("nobody") && refused.stderr.contains("acme"));
    sandbox
        .import("a.db", "people.csv", &["--tenant", "nobody", "--dry-run"])
        .refuses();
    assert_eq!(sandbox.digest("a.db"), digest);
    sandbox
        .import("b.db", "people.csv", &["--tenant", "Not A Slug"])
        .refuses();
}

#[test]
fn a_folder_that_cannot_be_written_is_refused() {
    let sandbox = scene();
    sandbox.import("a.db", "people.csv", &[]).ends_with(0);
    // The program may lie where only its owner can go.
    std::fs::copy(binary::path(), sandbox.path("smrt")).unwrap();
    let mode = |path: &Path, mode: u32| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    mode(&sandbox.path("smrt"), 0o755);
    mode(&sandbox.path("tmp"), 0o777);
    for name in ["a.db", "people.csv", "people.toml"] {
        mode(&sandbox.path(name), 0o444);
    }
    mode(sandbox.folder(), 0o555);
    let before = sandbox.files();
    let run = |arguments: &[String]| {
        let mut command = Command::new(sandbox.path("smrt"));
        sandbox.settle(&mut command);
        command.args(arguments).args(["--at", AT]);
        if is_root() {
            command.uid(NOBODY).gid(NOBODY);
        }
        Finished::new(command.output().unwrap())
    };
    let [new, old] = ["new.db", "a.db"].map(|db| TestEngine::chosen().location(&sandbox, db));
    run(&import_arguments(&new, "people.csv", &[])).refuses();
    run(&import_arguments(&old, "people.csv", &[])).refuses();
    run(&["import", "undo", "1", "--db", &old].map(str::to_owned)).refuses();
    let digest = run(&["db", "digest", "--db", &old].map(str::to_owned));
    assert!(matches!(digest.exit, Some(0 | 2)), "{}", digest.stderr);
    assert!(sandbox.files() == before);
    mode(sandbox.folder(), 0o755);
}

pub(crate) fn is_root() -> bool {
    let output = Command::new("id").arg("-u").output().unwrap();
    output.stdout == b"0\n"
}
