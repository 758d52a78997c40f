//! Two at once: one works, the other is told.

use std::io::Write as _;
use std::process::Stdio;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use smrt_core::store::contract::Place;
use smrt_core::store::{Access, Engine, RunStatus};

use crate::engine::TestEngine;
use crate::people;
use crate::sandbox::{Finished, Sandbox, import_arguments};

fn scene() -> Sandbox {
    let sandbox = Sandbox::new();
    people::write_mapping(&sandbox);
    sandbox.write("other.csv", people::file(2, 500));
    sandbox
}

#[test]
fn a_second_import_is_refused_at_once_and_the_first_completes() {
    for filled in [false, true] {
        let sandbox = scene();
        if filled {
            sandbox.import("a.db", "other.csv", &[]).ends_with(0);
        }
        let earlier = if filled { 1 } else { 0 };
        let text = people::file(1, 30_000);
        // The first import reads from a pipe that the test keeps open, so it cannot be over.
        let mut first = sandbox
            .command(&import_arguments("a.db", "-", &[]))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut pipe = first.stdin.take().unwrap();
        let (head, tail) = text.split_at(text.len() / 4 * 3);
        pipe.write_all(head.as_bytes()).unwrap();
        let deadline = Instant::now() + Duration::from_secs(60);
        while !is_running(&sandbox, earlier) {
            assert!(Instant::now() < deadline, "the first import does not start");
            assert_eq!(first.try_wait().unwrap(), None);
            std::thread::sleep(Duration::from_millis(5));
        }
        let began = Instant::now();
        sandbox.import("a.db", "other.csv", &[]).refuses();
        sandbox.import("a.db", "other.csv", &["--resume"]).refuses();
        assert!(
            began.elapsed() < Duration::from_secs(8),
            "it was not refused at once"
        );
        pipe.write_all(tail.as_bytes()).unwrap();
        drop(pipe);
        Finished::new(first.wait_with_output().unwrap()).ends_with(0);
        let runs = sandbox.runs("a.db");
        assert_eq!(runs.len(), earlier + 1);
        assert_eq!(runs[earlier].status, RunStatus::Completed);
        assert_eq!(runs[earlier].counts.rows_settled(), 30_000);
        sandbox.assert_sound("a.db");
        // And the store is free again.
        sandbox.import("a.db", "other.csv", &[]).ends_with(0);
    }
}

/// Whether the store is there and has one run more than `earlier`.
fn is_running(sandbox: &Sandbox, earlier: usize) -> bool {
    let path = sandbox.path("a.db");
    let count =
        rusqlite::Connection::open_with_flags(path, rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY)
            .and_then(|connection| {
                connection.query_row("SELECT count(*) FROM import_runs", [], |row| {
                    row.get::<_, i64>(0)
                })
            });
    count.is_ok_and(|count| usize::try_from(count).unwrap() > earlier)
}

/// Somebody else in the midst of a transaction that writes.
fn begin_writing(sandbox: &Sandbox) -> Box<dyn Engine> {
    let place = TestEngine::chosen().place(sandbox, "a.db");
    let mut writer = place.connect(Access::Write).unwrap();
    writer.begin(Access::Write).unwrap();
    writer
}

#[test]
fn a_store_that_another_program_writes_to_is_reported_as_locked() {
    let sandbox = scene();
    sandbox.import("a.db", "other.csv", &[]).ends_with(0);
    sandbox.write("more.csv", people::file(3, 500));
    let mut writer = begin_writing(&sandbox);
    let digest = sandbox.digest("a.db");
    sandbox.import("a.db", "more.csv", &[]).refuses();
    writer.rollback().unwrap();
    drop(writer);
    assert_eq!(sandbox.digest("a.db"), digest);
    sandbox
        .import("a.db", "more.csv", &["--resume"])
        .ends_with(0);
    sandbox.assert_sound("a.db");
}

#[test]
fn readers_work_while_an_import_runs() {
    let sandbox = scene();
    sandbox.import("a.db", "other.csv", &[]).ends_with(0);
    let digest = sandbox.digest("a.db");
    let mut writer = begin_writing(&sandbox);
    let deleted = writer.execute("DELETE FROM consent_records", &[]);
    assert!(deleted.unwrap() > 0);
    assert_eq!(sandbox.told_digest("a.db"), digest);
    writer.rollback().unwrap();
}

#[test]
fn the_same_import_started_twice_at_once_into_no_store_yet_is_done_once() {
    let sandbox = scene();
    sandbox.write("people.csv", people::file(4, 2_000));
    sandbox.import("calm.db", "people.csv", &[]).ends_with(0);
    let digest = sandbox.digest("calm.db");
    for round in 0..6 {
        let db = format!("twice-{round}.db");
        let both = [(); 2].map(|()| {
            sandbox
                .command(&import_arguments(&db, "people.csv", &[]))
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap()
        });
        let ended = both.map(|child| Finished::new(child.wait_with_output().unwrap()));
        let done = ended.iter().filter(|ended| ended.exit == Some(0)).count();
        assert!(done >= 1, "{} {}", ended[0].stderr, ended[1].stderr);
        for ended in ended.into_iter().filter(|ended| ended.exit != Some(0)) {
            ended.refuses();
        }
        assert_eq!(sandbox.digest(&db), digest);
        sandbox.assert_sound(&db);
    }
}

/// Who takes the lock removes its file at the end; whoever opened that file just before must not
/// believe to hold the lock of the next.
#[test]
fn the_import_lock_has_one_holder_however_fast_it_changes_hands() {
    let sandbox = Sandbox::new();
    let place = TestEngine::chosen().place(&sandbox, "a.db");
    drop(place.create().unwrap());
    let holders = AtomicUsize::new(0);
    let held: usize = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| {
                    (0..400)
                        .filter(|_| is_sole_holder(place.as_ref(), &holders))
                        .count()
                })
            })
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .sum()
    });
    assert!(held > 0);
}

/// Tries to take the lock; whether that was possible. Fails when somebody else holds it too.
fn is_sole_holder(place: &dyn Place, holders: &AtomicUsize) -> bool {
    let mut engine = place.connect(Access::Write).unwrap();
    if engine.lock_imports().is_err() {
        return false;
    }
    assert_eq!(holders.fetch_add(1, Ordering::SeqCst), 0);
    std::thread::yield_now();
    holders.fetch_sub(1, Ordering::SeqCst);
    true
}
