//! A store moves house: copies between engines, backups, and one meaning on all of them.

use std::collections::BTreeSet;
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use smrt_core::smrt::Smrt;
use smrt_core::store::{Access, CopyProgress, RunStatus, StoreLocation};

use crate::engine::TestEngine;
use crate::leak::world::{DB, World};
use crate::people::{self, Random};
use crate::postgres_server::{Server, shared};
use crate::sandbox::{Sandbox, at};

/// A sandbox with `people.csv`, imported into `a.db`.
fn imported(rows: u64) -> Sandbox {
    let sandbox = Sandbox::new();
    people::write_mapping(&sandbox);
    sandbox.write("people.csv", people::file(5, rows));
    sandbox.import("a.db", "people.csv", &[]).ends_with(0);
    sandbox
}

#[test]
fn a_copy_and_a_backup_say_what_the_store_says() {
    let sandbox = imported(500);
    let copied = sandbox.smrt(&["db", "copy", "a.db", "b.db"]).ends_with(0);
    assert!(
        copied.stdout.contains("copied and compared"),
        "{}",
        copied.stdout
    );
    sandbox
        .smrt(&["db", "backup", "c.db", "--db", "a.db"])
        .ends_with(0);
    sandbox
        .smrt(&["db", "restore", "c.db", "--db", "d.db"])
        .ends_with(0);
    for db in ["b.db", "c.db", "d.db"] {
        assert_eq!(sandbox.digest(db), sandbox.digest("a.db"), "{db}");
        sandbox.assert_sound(db);
    }
    // Nothing that is there is replaced, and nothing is left behind.
    sandbox.smrt(&["db", "copy", "a.db", "b.db"]).ends_with(2);
    sandbox
        .smrt(&["db", "backup", "c.db", "--db", "a.db"])
        .ends_with(2);
    sandbox
        .smrt(&["db", "restore", "c.db", "--db", "a.db"])
        .ends_with(2);
    let left = sandbox.files();
    assert!(
        left.iter()
            .all(|(path, _)| !path.to_string_lossy().contains("unfinished")),
        "a backup leaves its unfinished file behind"
    );
    // A copy is a store: it goes on where the first one was.
    let again = sandbox.import("b.db", "people.csv", &[]).ends_with(0);
    assert!(again.stdout.contains("unchanged"), "{}", again.stdout);
}

#[test]
fn a_copy_that_was_stopped_is_no_store_and_goes_on_where_it_stopped() {
    let sandbox = imported(40_000);
    let target = StoreLocation::from(sandbox.path("b.db"));
    let mut source = sandbox.store("a.db");
    let mut transactions = 0;
    let stopped = source.copy_to(&target, at(), &AtomicBool::new(true), &mut |progress| {
        transactions += u32::from(matches!(progress, CopyProgress::Rows { .. }));
    });
    assert_eq!(stopped.unwrap(), None);
    assert_eq!(transactions, 1, "it stops after the transaction it is in");
    let opened = Smrt::open_at(&target, Access::Read, at());
    assert_eq!(opened.unwrap_err().code(), "store_invalid");

    let going = AtomicBool::new(false);
    let report = source.copy_to(&target, at(), &going, &mut |_| {}).unwrap();
    let report = report.expect("nobody stopped it");
    assert!(0 < report.rows_resumed && report.rows_resumed < report.rows());
    assert_eq!(sandbox.digest("b.db"), sandbox.digest("a.db"));
    sandbox.assert_sound("b.db");
}

/// A store in which every table has rows, of three tenants, is copied from each engine to each.
#[test]
fn every_table_moves_from_any_engine_to_any() {
    let world = World::new();
    let sandbox = &world.sandbox;
    let database = shared().database();
    let place = |name: &str| -> [String; 3] {
        let file = |ending: &str| {
            sandbox
                .path(&format!("{name}.{ending}"))
                .display()
                .to_string()
        };
        let server = format!("{}?schema={name}", database.url());
        [file("db"), file("duckdb"), server]
    };
    let open = |place: &str| {
        let place: StoreLocation = place.parse().unwrap();
        Smrt::open_at(place, Access::Read, at()).unwrap()
    };
    let copy = |from: &str, to: &str| {
        let to: StoreLocation = to.parse().unwrap();
        let copied = open(from).copy_to(&to, at(), &AtomicBool::new(false), &mut |_| {});
        copied.unwrap().expect("nobody stopped it").tables
    };
    let origin = sandbox.path(DB).display().to_string();
    let digest = sandbox.told_digest(&origin);
    // The canaries were planted behind the back of the audit trails, which say so everywhere.
    let faults = open(&origin).check().unwrap();
    let sources = place("source");
    let tables = copy(&origin, &sources[0]);
    for table in &tables {
        assert!(table.rows > 0, "`{}` has no rows to copy", table.table);
    }
    for (number, source) in sources.iter().enumerate() {
        if number > 0 {
            assert_eq!(copy(&origin, source), tables, "{origin} to {source}");
        }
        for target in place(&format!("target_{number}")) {
            assert_eq!(copy(source, &target), tables, "{source} to {target}");
            assert_eq!(sandbox.told_digest(&target), digest, "{source} to {target}");
            assert_eq!(
                open(&target).check().unwrap(),
                faults,
                "{source} to {target}"
            );
        }
    }
}

/// The server of large tables may let whoever reads one begin where another one is reading it.
#[test]
fn an_interrupted_copy_from_a_server_goes_on_while_others_read_the_same_tables() {
    let sandbox = imported(40_000);
    // A table is large when it takes a quarter of this.
    let server = Server::start(&["shared_buffers=1MB"]);
    let database = server.database();
    let source: StoreLocation = database.url().parse().unwrap();
    let going = AtomicBool::new(false);
    let mut on_file = sandbox.store("a.db");
    on_file
        .copy_to(&source, at(), &going, &mut |_| {})
        .unwrap()
        .expect("nobody stopped it");

    let target = StoreLocation::from(sandbox.path("b.db"));
    let mut on_server = Smrt::open_at(&source, Access::Read, at()).unwrap();
    let stop = AtomicBool::new(true);
    let stopped = on_server.copy_to(&target, at(), &stop, &mut |_| {});
    assert_eq!(stopped.unwrap(), None);

    // Somebody else has come half way.
    let mut other = database.superuser();
    other
        .batch_execute("BEGIN; SET search_path = smrt")
        .unwrap();
    for table in [
        "phone_numbers",
        "humans",
        "phone_human_links",
        "source_keys",
    ] {
        let read = format!(
            "DECLARE half_{table} CURSOR FOR SELECT * FROM {table}; MOVE 20000 FROM half_{table}"
        );
        other.batch_execute(&read).unwrap();
    }
    let copied = on_server.copy_to(&target, at(), &going, &mut |_| {});
    let report = copied.unwrap().expect("nobody stopped it");
    assert!(0 < report.rows_resumed && report.rows_resumed < report.rows());
    assert_eq!(sandbox.digest("b.db"), sandbox.digest("a.db"));
}

/// Kills a copy at random points, several times in a row, and lets the last one come to its end.
#[test]
fn a_copy_that_is_killed_at_any_point_goes_on_and_ends_with_all() {
    const KILLS: u32 = 4;
    let sandbox = imported(40_000);
    let want = sandbox.told_digest("a.db");
    let database = shared().database();
    let on_server = database.url();
    let mut random = Random::new(5);
    // Each source is one that was a target before it.
    for (source, target) in [
        ("a.db", "b.db"),
        ("a.db", "b.duckdb"),
        ("a.db", on_server.as_str()),
        ("b.duckdb", "c.db"),
        ("b.duckdb", "c.duckdb"),
        (&on_server, "d.db"),
        (&on_server, "d.duckdb"),
    ] {
        let copy = |target: &str| {
            let mut command = sandbox.command(&["db", "copy", source, target]);
            command.stdout(Stdio::null()).stderr(Stdio::null());
            command.spawn().unwrap()
        };
        // How long one takes tells when to kill.
        let began = Instant::now();
        let calm = match target.contains("://") {
            true => format!("{target}?schema=calm"),
            false => format!("calm-{target}"),
        };
        assert!(copy(&calm).wait().unwrap().success());
        let took = u64::try_from(began.elapsed().as_micros()).unwrap();
        let mut killed = 0;
        for _ in 0..KILLS {
            let mut child = copy(target);
            let after = Duration::from_micros(random.below(took / 2));
            std::thread::sleep(after);
            child.kill().unwrap();
            killed += u32::from(child.wait().unwrap().code().is_none());
        }
        // A kill may come too late for the last copy; then there is a store, and no second one.
        if !copy(target).wait().unwrap().success() {
            assert!(killed < KILLS, "{target} is not taken up again");
        }
        assert!(killed > 0, "no kill came in time");
        assert_eq!(sandbox.told_digest(target), want, "{target}");
        sandbox.smrt(&["db", "check", "--db", target]).ends_with(0);
    }
}

#[test]
fn a_source_that_was_changed_between_two_calls_is_told_and_the_copy_stays_shut() {
    let sandbox = imported(40_000);
    let target = StoreLocation::from(sandbox.path("b.db"));
    let stop = AtomicBool::new(true);
    let stopped = sandbox
        .store("a.db")
        .copy_to(&target, at(), &stop, &mut |_| {});
    assert_eq!(stopped.unwrap(), None);
    sandbox.tamper(
        "a.db",
        "UPDATE humans SET job_title = 'changed' WHERE rowid = 1",
    );
    let changed =
        sandbox
            .store("a.db")
            .copy_to(&target, at(), &AtomicBool::new(false), &mut |_| {});
    let error = changed.unwrap_err();
    assert!(error.to_string().contains("was changed"), "{error}");
    let opened = Smrt::open_at(&target, Access::Read, at());
    assert_eq!(opened.unwrap_err().code(), "store_invalid");
}

#[test]
fn the_same_imports_and_undos_leave_the_same_digest_on_every_engine() {
    let sandbox = imported(2_000);
    sandbox.remove_store("a.db");
    sandbox.write("later.csv", people::file(6, 1_500));
    let database = shared().database();
    let url = database.url();
    let undo = |db: &str, run: &str| {
        let told = sandbox.smrt(&["import", "undo", run, "--db", db]);
        told.ends_with(0).stdout.replace(db, "a.db")
    };
    let import = |db: &str, file: &str, policy: &str| {
        let told = sandbox.import(db, file, &["--on-conflict", policy]);
        told.ends_with(0).stdout.replace(db, "a.db")
    };
    let steps = |db: &str| -> Vec<(String, String)> {
        let steps: [&dyn Fn() -> String; 8] = [
            &|| import(db, "people.csv", "update"),
            &|| import(db, "later.csv", "update"),
            &|| undo(db, "2"),
            &|| import(db, "later.csv", "fill"),
            // The same file once more changes nothing.
            &|| import(db, "later.csv", "fill"),
            &|| undo(db, "4"),
            &|| undo(db, "3"),
            &|| undo(db, "1"),
        ];
        let steps = steps.map(|step| {
            let told = step();
            (told, sandbox.told_digest(db))
        });
        sandbox.smrt(&["db", "check", "--db", db]).ends_with(0);
        steps.to_vec()
    };
    let on_sqlite = steps("a.db");
    let digest = |step: usize| &on_sqlite[step].1;
    assert_eq!(digest(2), digest(0), "an undo leaves what was before");
    assert_eq!(digest(4), digest(3), "nothing new changes nothing");
    assert_eq!(digest(5), digest(3), "nothing is taken back of nothing");
    assert_eq!(digest(6), digest(0), "an undo leaves what was before");
    let digests: BTreeSet<&str> = on_sqlite
        .iter()
        .map(|(_, digest)| digest.as_str())
        .collect();
    assert_eq!(digests.len(), 4, "each other step changes the store");
    for db in ["b.duckdb", &url] {
        for (number, (on_sqlite, here)) in on_sqlite.iter().zip(steps(db)).enumerate() {
            assert_eq!(here.0, on_sqlite.0, "what step {number} tells on {db}");
            assert_eq!(
                here.1, on_sqlite.1,
                "the digest after step {number} on {db}"
            );
        }
    }
}

#[test]
fn a_store_moves_to_postgres_and_back() {
    let sandbox = imported(2_000);
    let database = shared().database();
    let url = database.url();
    sandbox.smrt(&["db", "copy", "a.db", &url]).ends_with(0);
    assert_eq!(sandbox.told_digest(&url), sandbox.told_digest("a.db"));
    sandbox.smrt(&["db", "check", "--db", &url]).ends_with(0);
    sandbox.smrt(&["db", "copy", &url, "b.db"]).ends_with(0);
    assert_eq!(sandbox.digest("b.db"), sandbox.digest("a.db"));
    sandbox.assert_sound("b.db");
}

/// A backup that was made while others wrote.
struct Backup {
    db: String,
    /// Imports that had ended before it began, and when it had ended.
    imports: std::ops::RangeInclusive<usize>,
}

/// Backs `url` up while one import after the other goes into it, until some were beside each other;
/// how many imports there were.
fn back_up_beside_imports(writer: &Sandbox, kept: &Sandbox, db: &str) -> (Vec<Backup>, usize) {
    let ended = AtomicUsize::new(0);
    let stop = AtomicBool::new(false);
    let mut backups: Vec<Backup> = Vec::new();
    std::thread::scope(|scope| {
        let importer = scope.spawn(|| {
            for number in 1..=IMPORTS_MAX {
                if stop.load(Ordering::SeqCst) {
                    break;
                }
                writer.import(db, &more(number), &[]).ends_with(0);
                ended.store(number, Ordering::SeqCst);
            }
        });
        let beside = |backups: &[Backup]| {
            let beside = backups
                .iter()
                .filter(|made| made.imports.start() < made.imports.end());
            beside.count()
        };
        while beside(&backups) < 4 && !importer.is_finished() {
            let name = format!("kept-{}.db", backups.len());
            let before = ended.load(Ordering::SeqCst);
            let file = kept.path(&name).display().to_string();
            writer
                .smrt(&["db", "backup", &file, "--db", db])
                .ends_with(0);
            backups.push(Backup {
                db: name,
                imports: before..=ended.load(Ordering::SeqCst),
            });
        }
        stop.store(true, Ordering::SeqCst);
        importer.join().unwrap();
        assert!(beside(&backups) >= 4, "no import went on beside a backup");
    });
    (backups, ended.into_inner())
}

const IMPORTS_MAX: usize = 200;

/// The file of an import beside backups: few enough rows that all are written by one transaction.
fn more(number: usize) -> String {
    format!("more-{number}.csv")
}

#[test]
fn a_backup_is_of_one_committed_state_while_others_write() {
    for engine in [TestEngine::Sqlite, TestEngine::Postgres] {
        let writer = Sandbox::on(engine);
        let kept = Sandbox::on(TestEngine::Sqlite);
        for sandbox in [&writer, &kept] {
            people::write_mapping(sandbox);
            sandbox.write("people.csv", people::file(1, 12_000));
            for (number, seed) in (1..=IMPORTS_MAX).zip(100..) {
                sandbox.write(&more(number), people::file(seed, 150));
            }
        }
        writer.import("a.db", "people.csv", &[]).ends_with(0);
        let (backups, imports) = back_up_beside_imports(&writer, &kept, "a.db");
        // The states that were ever committed, made once more in peace.
        kept.import("calm.db", "people.csv", &[]).ends_with(0);
        let mut states = vec![kept.digest("calm.db")];
        for number in 1..=imports {
            kept.import("calm.db", &more(number), &[]).ends_with(0);
            states.push(kept.digest("calm.db"));
        }
        for Backup { db, imports } in &backups {
            let runs = kept.runs(db);
            let (last, earlier) = runs.split_last().unwrap();
            assert!(
                earlier.iter().all(|run| run.status == RunStatus::Completed),
                "{db}"
            );
            let begun = earlier.len();
            assert!(
                (*imports.start()..=imports.end() + 1).contains(&begun),
                "{db} holds {begun} imports, made within {imports:?}"
            );
            let digest = kept.digest(db);
            if last.status == RunStatus::Completed {
                assert_eq!(digest, states[begun], "{db}");
            } else {
                // It was made in the middle of an import, whose rows are all there or none is.
                let within = &states[begun - 1..=begun];
                assert!(within.contains(&digest), "{db} is of no committed state");
                kept.import(db, &more(begun), &["--resume"]).ends_with(0);
                assert_eq!(kept.digest(db), states[begun], "{db}");
            }
            kept.assert_sound(db);
        }
        writer.smrt(&["db", "check", "--db", "a.db"]).ends_with(0);
    }
}
