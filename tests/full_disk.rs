//! A disk that fills up: a clear end, and `--resume` goes on when there is room again.

use std::process::Command;

use crate::binary;
use crate::engine::TestEngine;
use crate::people;
use crate::postgres_server::is_root;
use crate::sandbox::{AT, Finished, Sandbox, import_arguments};
use crate::skipped::skip;

const ROWS: u64 = 12_000;

/// A sandbox with a file, a filled store and the digests an undisturbed import leads to.
fn scene() -> (Sandbox, [(&'static str, String); 2]) {
    let sandbox = Sandbox::new();
    people::write_mapping(&sandbox);
    sandbox.write("people.csv", people::file(1, ROWS));
    sandbox.write("earlier.csv", people::file(2, 2_000));
    sandbox.import("filled.db", "earlier.csv", &[]).ends_with(0);
    sandbox.copy_store("filled.db", "calm-filled.db");
    let digests = [
        ("fresh.db", "calm-fresh.db"),
        ("filled.db", "calm-filled.db"),
    ]
    .map(|(db, calm)| {
        sandbox.import(calm, "people.csv", &[]).ends_with(0);
        (db, sandbox.digest(calm))
    });
    (sandbox, digests)
}

/// Runs the program with files of at most so many KiB.
fn with_file_limit(sandbox: &Sandbox, kib: u64, db: &str, more: &[&str]) -> Finished {
    let import = sandbox.command(&import_arguments(db, "people.csv", more));
    let mut command = Command::new("bash");
    sandbox.settle(&mut command);
    // Without the trap the system would kill the program instead of failing its write.
    command
        .args([
            "-c",
            "trap '' XFSZ; ulimit -f \"$1\"; shift; exec \"$@\"",
            "bash",
        ])
        .arg(kib.to_string())
        .arg(import.get_program())
        .args(import.get_args());
    Finished::new(command.output().unwrap())
}

#[test]
fn an_import_beyond_the_room_for_files_is_resumed() {
    let (sandbox, digests) = scene();
    for (db, digest) in digests {
        let mut refused = 0;
        // Each limit stops it at another place: making the store, the rows, the indexes.
        for kib in [8, 100, 600, 2_000, 4_000, 6_000, 8_000] {
            let ended = with_file_limit(&sandbox, kib, db, &["--resume"]);
            if ended.exit == Some(0) {
                break;
            }
            ended.refuses();
            refused += 1;
        }
        assert!(refused >= 3, "{db}: only {refused} limits were too small");
        sandbox.import(db, "people.csv", &["--resume"]).ends_with(0);
        assert_eq!(sandbox.digest(db), digest, "{db}");
        sandbox.assert_sound(db);
    }
}

/// A program in a mount namespace of its own, which whoever is not root enters as root of a user
/// namespace.
fn apart() -> Command {
    let mut command = Command::new("unshare");
    if !is_root() {
        command.arg("--map-root-user");
    }
    command.arg("--mount");
    command
}

/// A real file system of a few megabytes, in a mount namespace that ends with its shell. Where the
/// system does not allow that, the test above has to do.
#[test]
fn an_import_onto_a_full_disk_is_resumed() {
    let (sandbox, digests) = scene();
    std::fs::create_dir(sandbox.path("disk")).unwrap();
    let allowed = apart()
        .args(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs"])
        .arg(sandbox.path("disk"))
        .output();
    if !allowed.is_ok_and(|output| output.status.success()) {
        return skip(
            "an_import_onto_a_full_disk_is_resumed",
            "`unshare --mount` may not mount a disk that is small enough",
        );
    }
    // Each is too little for the rows, and enough for the store that is there before.
    let (first, second) = match TestEngine::chosen() {
        TestEngine::Sqlite => ("2500k", "3500k"),
        TestEngine::DuckDb | TestEngine::Postgres => ("9000k", "10000k"),
    };
    for (db, digest) in digests {
        let disk = TestEngine::chosen().location(&sandbox, &format!("disk/{db}"));
        let script = format!(
            "mount -t tmpfs -o size={first} tmpfs disk && \
             {{ test ! -e {db} || cp {db} disk/{db}; }} && \
             \"$@\"; echo \"first: $?\"; \
             mount -o remount,size={second} disk && \"$@\" --resume; echo \"second: $?\"; \
             mount -o remount,size=200m disk && \"$@\" --resume; echo \"third: $?\"; \
             \"$1\" db digest --db {disk}; \"$1\" db check --db {disk} >check.txt; echo \"check: $?\""
        );
        let mut command = apart();
        sandbox.settle(&mut command);
        command
            .args(["bash", "-c", &script, "bash"])
            .arg(binary::path())
            .args(import_arguments(&disk, "people.csv", &[]))
            .args(["--at", AT]);
        let ended = Finished::new(command.output().unwrap());
        for line in [
            "first: 2",
            "second: 2",
            "third: 0",
            "check: 0",
            digest.as_str(),
        ] {
            assert!(
                ended.stdout.contains(line),
                "{db}: no `{line}` in\n{}\n{}",
                ended.stdout,
                ended.stderr
            );
        }
        assert_eq!(
            ended.stderr.matches("the disk is full").count(),
            2,
            "{}",
            ended.stderr
        );
        assert!(!ended.stderr.contains("panicked"), "{}", ended.stderr);
    }
}
