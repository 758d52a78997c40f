//! Imports into a server: several beside each other, and one whose server fails.

use std::io::Write as _;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use smrt_core::model::Actor;
use smrt_core::smrt::{Smrt, SmrtError};
use smrt_core::store::{Access, Run, RunStatus, StoreLocation};

use crate::engine::TestEngine;
use crate::people;
use crate::postgres_server::{Server, SmallDisk, shared};
use crate::sandbox::{Finished, Sandbox, at, import_arguments};
use crate::skipped::skip;

/// Rows of one file.
const ROWS: u64 = 3_000;

/// A sandbox with four files of as many sources, whose people share phone numbers.
fn with_shards() -> Sandbox {
    let sandbox = Sandbox::on(TestEngine::Sqlite);
    for shard in 1..=4 {
        let mapping = people::MAPPING.replace("\"crm\"", &format!("\"crm-{shard}\""));
        sandbox.write(&format!("people-{shard}.toml"), mapping);
        sandbox.write(&format!("people-{shard}.csv"), people::file(shard, ROWS));
    }
    sandbox
}

/// The arguments of the import of one of the files.
fn import_of(db: &str, shard: u32) -> Vec<String> {
    let arguments = import_arguments(db, &format!("people-{shard}.csv"), &[]);
    let mapping = format!("people-{shard}.toml");
    arguments
        .into_iter()
        .map(|argument| match argument.as_str() {
            "people.toml" => mapping.clone(),
            _ => argument,
        })
        .collect()
}

fn spawn(sandbox: &Sandbox, arguments: &[String]) -> Child {
    sandbox
        .command(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

#[test]
fn imports_beside_each_other_leave_what_they_leave_one_after_the_other() {
    let sandbox = with_shards();
    for shard in 1..=4 {
        sandbox.smrt(&import_of("a.db", shard)).ends_with(0);
    }
    let database = shared().database();
    let url = database.url();
    // Who makes the store and the tenant is not what this is about.
    sandbox
        .smrt(&["tenant", "add", "default", "--db", &url])
        .ends_with(0);
    let imports = [1, 2, 3, 4].map(|shard| spawn(&sandbox, &import_of(&url, shard)));
    for import in imports {
        Finished::new(import.wait_with_output().unwrap()).ends_with(0);
    }
    assert_eq!(sandbox.told_digest(&url), sandbox.told_digest("a.db"));
    sandbox.smrt(&["db", "check", "--db", &url]).ends_with(0);
    sandbox
        .smrt(&["audit", "verify", "--db", &url])
        .ends_with(0);
}

/// The runs of the only tenant.
fn runs(url: &str) -> Result<Vec<Run>, SmrtError> {
    let mut store = Smrt::open_at(url.parse::<StoreLocation>()?, Access::Read, at())?;
    let handle = store.tenant("default")?;
    handle.acting_as(Actor::unknown()).runs(at())
}

/// An import into a server that reads from a pipe, of which a part was given and is written.
struct UnderWay {
    url: String,
    import: Child,
    rest: String,
}

impl UnderWay {
    fn begin(sandbox: &Sandbox, url: &str, text: &str) -> Self {
        let mut import = spawn(sandbox, &import_arguments(url, "-", &[]));
        let (head, rest) = text.split_at(text.len() / 2);
        let pipe = import.stdin.as_mut().unwrap();
        pipe.write_all(head.as_bytes()).unwrap();
        let under_way = Self {
            url: url.to_owned(),
            import,
            rest: rest.to_owned(),
        };
        let deadline = Instant::now() + Duration::from_secs(60);
        while !under_way.has_written() {
            assert!(Instant::now() < deadline, "the import does not begin");
            std::thread::sleep(Duration::from_millis(20));
        }
        under_way
    }

    fn has_written(&self) -> bool {
        let runs = runs(&self.url);
        runs.is_ok_and(|runs| runs.iter().any(|run| run.counts.rows_checkpoint > 0))
    }

    /// Gives it the rest, and waits for its end.
    fn finish(mut self) -> Finished {
        let mut pipe = self.import.stdin.take().unwrap();
        // An import that has given up does not read.
        let _ = pipe.write_all(self.rest.as_bytes());
        drop(pipe);
        Finished::new(self.import.wait_with_output().unwrap())
    }
}

/// A sandbox with a file that was imported into `a.db`.
fn imported() -> (Sandbox, String) {
    let sandbox = Sandbox::on(TestEngine::Sqlite);
    people::write_mapping(&sandbox);
    let text = people::file(9, 30_000);
    sandbox.write("people.csv", &text);
    sandbox.import("a.db", "people.csv", &[]).ends_with(0);
    (sandbox, text)
}

#[test]
fn an_import_outlives_its_server_being_killed_or_restarted() {
    let (sandbox, text) = imported();
    let server = Server::start(&["fsync=off"]);
    for end in [Server::kill, Server::stop] {
        let database = server.database();
        let url = database.url();
        let import = UnderWay::begin(&sandbox, &url, &text);
        end(&server);
        std::thread::scope(|scope| {
            let ended = scope.spawn(|| import.finish());
            server.run();
            ended.join().unwrap().ends_with(0);
        });
        assert_eq!(sandbox.told_digest(&url), sandbox.told_digest("a.db"));
        sandbox.smrt(&["db", "check", "--db", &url]).ends_with(0);
    }
}

#[test]
fn an_import_whose_server_stays_away_says_so_and_is_resumed() {
    let (sandbox, text) = imported();
    let server = Server::start(&["fsync=off"]);
    let database = server.database();
    let url = database.url();
    let import = UnderWay::begin(&sandbox, &url, &text);
    server.kill();
    let ended = import.finish().ends_with(2);
    assert!(
        ended.stderr.contains("cannot be reached"),
        "{}",
        ended.stderr
    );
    server.run();
    let arguments = import_arguments(&url, "-", &["--resume"]);
    let mut again = spawn(&sandbox, &arguments);
    let mut pipe = again.stdin.take().unwrap();
    pipe.write_all(text.as_bytes()).unwrap();
    drop(pipe);
    Finished::new(again.wait_with_output().unwrap()).ends_with(0);
    assert_eq!(sandbox.told_digest(&url), sandbox.told_digest("a.db"));
    sandbox.smrt(&["db", "check", "--db", &url]).ends_with(0);
}

#[test]
fn an_import_onto_a_full_disk_of_the_server_is_resumed_when_there_is_room() {
    let server = Server::start(&["fsync=off"]);
    let Some(disk) = SmallDisk::mount(&server) else {
        return skip(
            "an_import_onto_a_full_disk_of_the_server_is_resumed_when_there_is_room",
            SmallDisk::NEEDS,
        );
    };
    let (sandbox, _) = imported();
    let database = disk.database(&server);
    let url = database.url();
    // A store that is there before, so that the rows are what there is no room for.
    sandbox
        .smrt(&["tenant", "add", "default", "--db", &url])
        .ends_with(0);
    let import = import_arguments(&url, "people.csv", &[]);
    let resume = import_arguments(&url, "people.csv", &["--resume"]);
    let mut checkpoints = Vec::new();
    for arguments in [&import, &resume] {
        let full = sandbox.smrt(arguments).refuses();
        assert!(
            full.stderr
                .contains("error: the disk of the server is full"),
            "{}",
            full.stderr
        );
        assert!(
            full.stderr
                .contains("continue with: smrt import people.csv --db")
                && full.stderr.contains(" --resume"),
            "{}",
            full.stderr
        );
        // What the run says it has written is what there is: no batch is there by half.
        let runs = runs(&url).unwrap();
        assert_eq!(runs.len(), 1);
        let counts = runs[0].counts;
        let humans = database
            .superuser()
            .query_one("SELECT count(*) FROM smrt.humans", &[])
            .unwrap();
        let humans = u64::try_from(humans.get::<_, i64>(0)).unwrap();
        assert_eq!(humans, counts.rows_created);
        assert!(counts.rows_checkpoint < 30_000);
        checkpoints.push(counts.rows_checkpoint);
        // The rest of the store is sound.
        let checked = sandbox.smrt(&["db", "check", "--db", &url]).ends_with(1);
        let faults = checked.stdout.lines().filter(|line| line.contains("run 1"));
        assert_eq!(faults.count(), 1, "{}", checked.stdout);
    }
    assert!(
        checkpoints[0] > 0,
        "the disk was full before a batch was written"
    );
    assert!(checkpoints[0] <= checkpoints[1]);
    disk.grow();
    sandbox.smrt(&resume).ends_with(0);
    assert_eq!(sandbox.told_digest(&url), sandbox.told_digest("a.db"));
    sandbox.smrt(&["db", "check", "--db", &url]).ends_with(0);
    sandbox
        .smrt(&["audit", "verify", "--db", &url])
        .ends_with(0);
}

#[test]
fn a_live_import_is_neither_resumed_nor_undone_nor_in_the_way_of_another() {
    let (sandbox, text) = imported();
    let database = shared().database();
    let url = database.url();
    let import = UnderWay::begin(&sandbox, &url, &text);
    let undo = sandbox
        .smrt(&["import", "undo", "1", "--db", &url])
        .refuses();
    assert!(undo.stderr.contains("at work on run 1"), "{}", undo.stderr);
    sandbox.write("more.csv", people::file(10, 200));
    // There is nothing to resume, so a new run begins.
    sandbox.import(&url, "more.csv", &["--resume"]).ends_with(0);
    import.finish().ends_with(0);
    let runs = runs(&url).unwrap();
    assert_eq!(runs.len(), 2);
    assert!(runs.iter().all(|run| run.status == RunStatus::Completed));
}

#[test]
fn resuming_what_another_program_imports_waits_for_it() {
    let (sandbox, text) = imported();
    let database = shared().database();
    let url = database.url();
    let import = UnderWay::begin(&sandbox, &url, &text);
    let mut again = spawn(&sandbox, &import_arguments(&url, "-", &["--resume"]));
    let mut pipe = again.stdin.take().unwrap();
    let again = std::thread::scope(|scope| {
        scope.spawn(move || pipe.write_all(text.as_bytes()).unwrap());
        std::thread::sleep(Duration::from_millis(500));
        import.finish().ends_with(0);
        Finished::new(again.wait_with_output().unwrap())
    });
    let again = again.ends_with(0);
    assert!(
        again.stderr.contains("nothing to resume"),
        "{}",
        again.stderr
    );
    let runs = runs(&url).unwrap();
    let created: Vec<u64> = runs.iter().map(|run| run.counts.rows_created).collect();
    assert_eq!((created.len(), created.iter().min()), (2, Some(&0)));
}

#[test]
fn a_server_whose_clock_is_behind_changes_nothing() {
    let (sandbox, _) = imported();
    let database = shared().database();
    let url = database.url();
    // Years ahead of the server.
    let later = "2036-01-01T00:00:00Z";
    for db in ["b.db", url.as_str()] {
        let arguments = import_arguments(db, "people.csv", &[]);
        sandbox.smrt_at(later, &arguments).ends_with(0);
        sandbox
            .smrt_at(later, &["audit", "verify", "--db", db])
            .ends_with(0);
        let listed = sandbox.smrt_at(later, &["runs", "list", "--db", db]);
        assert!(listed.ends_with(0).stdout.contains("2036-01-01"), "{db}");
    }
    assert_eq!(sandbox.told_digest(&url), sandbox.told_digest("b.db"));
}
