//! The program is killed again and again; `--resume` ends where an undisturbed run does.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use smrt_core::store::{RunCounts, RunStatus};

use crate::engine::TestEngine;
use crate::people::{self, Random};
use crate::sandbox::{Finished, Sandbox, import_arguments};

/// Rows of the file; what matters are several transactions, not their size.
fn rows() -> u64 {
    match TestEngine::chosen() {
        TestEngine::Sqlite => 60_000,
        TestEngine::DuckDb | TestEngine::Postgres => 20_000,
    }
}

/// What an undisturbed run leaves, and how long it takes.
struct Undisturbed {
    digest: String,
    counts: RunCounts,
    took: Duration,
}

/// What the killed imports go into.
#[derive(Clone, Copy, PartialEq)]
enum Into {
    FreshStore,
    FilledStore,
}

impl Into {
    /// Puts the store there as it is before the import.
    fn prepare(self, sandbox: &Sandbox, db: &str) {
        sandbox.remove_store(db);
        if self == Self::FilledStore {
            sandbox.copy_store("filled.db", db);
        }
    }

    const fn earlier_runs(self) -> usize {
        match self {
            Self::FreshStore => 0,
            Self::FilledStore => 1,
        }
    }
}

/// A sandbox with the file, a filled store that overlaps it, and an undisturbed import.
fn scene(into: Into, seed: u64, rows: u64) -> (Sandbox, Undisturbed) {
    let sandbox = Sandbox::new();
    people::write_mapping(&sandbox);
    sandbox.write("people.csv", people::file(seed, rows));
    if into == Into::FilledStore {
        sandbox.write("earlier.csv", people::file(seed + 1, 5_000));
        sandbox.import("filled.db", "earlier.csv", &[]).ends_with(0);
    }
    into.prepare(&sandbox, "calm.db");
    let began = Instant::now();
    sandbox.import("calm.db", "people.csv", &[]).ends_with(0);
    let took = began.elapsed();
    sandbox.assert_sound("calm.db");
    let undisturbed = Undisturbed {
        digest: sandbox.digest("calm.db"),
        counts: sandbox.last_run("calm.db").counts,
        took,
    };
    (sandbox, undisturbed)
}

fn spawn(sandbox: &Sandbox, db: &str, more: &[&str]) -> Child {
    sandbox
        .command(&import_arguments(db, "people.csv", more))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Kills an import after a time; whether it was still at work.
fn is_killed(sandbox: &Sandbox, db: &str, more: &[&str], after: Duration) -> bool {
    let mut child = spawn(sandbox, db, more);
    std::thread::sleep(after);
    child.kill().unwrap();
    child.wait().unwrap().code().is_none()
}

/// Fails unless the store is what the undisturbed run left.
fn assert_resumed(sandbox: &Sandbox, db: &str, into: Into, want: &Undisturbed, story: &str) {
    let resumed = sandbox.import(db, "people.csv", &["--resume"]);
    assert_eq!(resumed.exit, Some(0), "{story}: {}", resumed.stderr);
    assert_eq!(sandbox.digest(db), want.digest, "{story}");
    sandbox.assert_sound(db);
    let runs = sandbox.runs(db);
    let mut runs = runs.iter().skip(into.earlier_runs());
    let run = runs.next().unwrap();
    assert_eq!(run.status, RunStatus::Completed, "{story}");
    assert_eq!(run.counts, want.counts, "{story}");
    // Killed after its last word was written, the run was complete: the next one finds nothing new.
    for later in runs {
        let counts = later.counts;
        assert_eq!(
            (counts.rows_created, counts.rows_updated),
            (0, 0),
            "{story}"
        );
    }
}

/// Kills imports at random times until `kills` of them hit, and resumes each.
fn kill_and_resume(into: Into, seed: u64, kills: u32) {
    // What differs between the engines is how they commit, not where the program may be killed.
    let kills = match TestEngine::chosen() {
        TestEngine::Sqlite => kills,
        TestEngine::DuckDb | TestEngine::Postgres => kills / 3,
    };
    let (sandbox, undisturbed) = scene(into, seed, rows());
    let mut random = Random::new(seed);
    let mut hits = 0;
    let mut at_most = undisturbed.took;
    for attempt in 0..kills * 3 {
        if hits == kills {
            return;
        }
        into.prepare(&sandbox, "crash.db");
        let after = random_time(&mut random, at_most);
        if is_killed(&sandbox, "crash.db", &[], after) {
            hits += 1;
            at_most = undisturbed.took;
        } else {
            // The machine is less busy than it was at first.
            at_most = after;
        }
        let story = format!("attempt {attempt}, killed after {after:?}");
        assert_resumed(&sandbox, "crash.db", into, &undisturbed, &story);
    }
    assert!(
        hits * 2 >= kills,
        "only {hits} of {kills} kills came in time"
    );
}

fn random_time(random: &mut Random, up_to: Duration) -> Duration {
    let micros = u64::try_from(up_to.as_micros()).unwrap().max(20_000);
    Duration::from_micros(5_000 + random.below(micros - 5_000))
}

#[test]
fn a_killed_bulk_load_is_resumed_to_the_undisturbed_digest() {
    kill_and_resume(Into::FreshStore, 11, 18);
}

/// A bulk load commits seldom: this file is long enough for two transactions.
#[test]
fn a_bulk_load_that_is_killed_late_goes_on_from_its_last_transaction() {
    const ROWS: u64 = 300_000;
    if TestEngine::chosen() == TestEngine::Postgres {
        return;
    }
    let (sandbox, undisturbed) = scene(Into::FreshStore, 88, ROWS);
    let mut between = 0;
    let mut at_most = undisturbed.took;
    for _ in 0..8 {
        if between == 2 {
            return;
        }
        Into::FreshStore.prepare(&sandbox, "late.db");
        let after = at_most * 3 / 4;
        if !is_killed(&sandbox, "late.db", &[], after) {
            at_most = after;
            continue;
        }
        match sandbox.last_run("late.db").counts.rows_checkpoint {
            0 => at_most = at_most * 5 / 4,
            _ => between += 1,
        }
        let story = format!("killed after {after:?}");
        assert_resumed(&sandbox, "late.db", Into::FreshStore, &undisturbed, &story);
    }
    assert!(between > 0, "no kill came after the first transaction");
}

#[test]
fn a_killed_import_into_a_filled_store_is_resumed_to_the_undisturbed_digest() {
    kill_and_resume(Into::FilledStore, 22, 14);
}

#[test]
fn a_run_killed_several_times_in_a_row_is_resumed_to_the_undisturbed_digest() {
    for (into, seed) in [(Into::FreshStore, 33), (Into::FilledStore, 44)] {
        let (sandbox, undisturbed) = scene(into, seed, rows());
        let mut random = Random::new(seed);
        for round in 0..2 {
            into.prepare(&sandbox, "crash.db");
            let mut times = Vec::new();
            for kill in 0..5 {
                let after = random_time(&mut random, undisturbed.took / 2);
                let more: &[&str] = if kill == 0 { &[] } else { &["--resume"] };
                times.push((after, is_killed(&sandbox, "crash.db", more, after)));
            }
            let story = format!("round {round}, killed after {times:?}");
            assert_resumed(&sandbox, "crash.db", into, &undisturbed, &story);
        }
    }
}

#[test]
fn an_interrupted_run_says_so_and_is_resumed() {
    for (into, seed) in [(Into::FreshStore, 55), (Into::FilledStore, 66)] {
        let (sandbox, undisturbed) = scene(into, seed, rows());
        let mut interrupted = 0;
        let mut at_most = undisturbed.took;
        for tenth in 2..9 {
            into.prepare(&sandbox, "stop.db");
            let child = spawn(&sandbox, "stop.db", &[]);
            let after = at_most * tenth / 10;
            std::thread::sleep(after);
            let pid = child.id().to_string();
            let sent = Command::new("kill").args(["-INT", &pid]).status().unwrap();
            let ended = Finished::new(child.wait_with_output().unwrap());
            // Too early, the program does not listen yet; too late, it is done.
            if sent.success() && ended.exit == Some(130) {
                let run = sandbox.last_run("stop.db");
                if run.status == RunStatus::Interrupted {
                    interrupted += 1;
                    assert!(run.counts.rows_checkpoint <= rows());
                }
            } else if ended.exit == Some(0) {
                at_most = after;
            }
            let story = format!("interrupted after {after:?}");
            assert_resumed(&sandbox, "stop.db", into, &undisturbed, &story);
        }
        assert!(interrupted > 0, "no interrupt came in time");
    }
}

/// The instant after the file was made and before its tables were: too short to hit by chance.
#[test]
fn a_store_without_its_tables_yet_is_completed() {
    let (sandbox, undisturbed) = scene(Into::FreshStore, 77, rows());
    let place = TestEngine::chosen().place(&sandbox, "crash.db");
    drop(place.create().unwrap());
    assert_resumed(
        &sandbox,
        "crash.db",
        Into::FreshStore,
        &undisturbed,
        "no tables",
    );
    if TestEngine::chosen() == TestEngine::Postgres {
        return;
    }
    sandbox.remove_store("crash.db");
    sandbox.write("crash.db", "");
    assert_resumed(
        &sandbox,
        "crash.db",
        Into::FreshStore,
        &undisturbed,
        "empty file",
    );
}
