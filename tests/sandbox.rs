//! A folder of its own for each test, with the program in it: no home, no environment, no clock.
//!
//! A store is named like a file, and is kept on the engine of this process.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use smrt_core::model::{Actor, Instant};
use smrt_core::smrt::Smrt;
use smrt_core::store::{Access, Run, StoreLocation, Value};
use tempfile::TempDir;

use crate::binary;
use crate::engine::{self, TestEngine};

/// The instant the program acts at, and the one its files were exported at.
pub(crate) const AT: &str = "2026-11-21T08:30:00Z";
pub(crate) const EXPORTED_AT: &str = "2026-11-20T00:00:00Z";

/// The store of a command that names none.
const DEFAULT_DB: &str = "smrt.db";

/// A temporary folder, and the stores that are named like files in it.
pub(crate) struct Sandbox {
    folder: TempDir,
    engine: TestEngine,
    number: u32,
}

/// How the program ended.
pub(crate) struct Finished {
    pub(crate) exit: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Sandbox {
    /// A sandbox whose stores are on the engine of this process.
    pub(crate) fn new() -> Self {
        Self::on(TestEngine::chosen())
    }

    /// A sandbox whose stores are on this engine.
    pub(crate) fn on(engine: TestEngine) -> Self {
        let folder = tempfile::Builder::new()
            .prefix("smrt-test-")
            .tempdir()
            .expect("a temporary folder can be made");
        std::fs::create_dir(folder.path().join("tmp")).unwrap();
        Self {
            folder,
            engine,
            number: engine::next_number(),
        }
    }

    /// Takes a store away, if there is one.
    pub(crate) fn remove_store(&self, db: &str) {
        self.engine.remove(self, db);
    }

    /// A number that no other sandbox of this process has.
    pub(crate) fn number(&self) -> u32 {
        self.number
    }

    /// Where a store is, for the library.
    pub(crate) fn location(&self, db: &str) -> StoreLocation {
        self.engine.absolute_location(self, db)
    }

    /// Whether a store of this name is there.
    pub(crate) fn has_store(&self, db: &str) -> bool {
        Smrt::exists_at(self.location(db)).unwrap()
    }

    /// Makes one store the copy of another.
    pub(crate) fn copy_store(&self, from: &str, to: &str) {
        match self.engine {
            TestEngine::Postgres => self.take_in(&mut self.store(from), to),
            TestEngine::Sqlite | TestEngine::DuckDb => {
                std::fs::copy(self.path(from), self.path(to)).unwrap();
            }
        }
    }

    /// Copies a store of any engine to this one's.
    pub(crate) fn take_in(&self, from: &mut Smrt, to: &str) {
        let going = std::sync::atomic::AtomicBool::new(false);
        let copied = from.copy_to(self.location(to), at(), &going, &mut |_| {});
        copied.unwrap().expect("nobody stopped it");
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    /// The program, about to be run in this folder.
    pub(crate) fn command<A: AsRef<OsStr>>(&self, arguments: &[A]) -> Command {
        self.command_at(AT, arguments)
    }

    fn command_at<A: AsRef<OsStr>>(&self, at: &str, arguments: &[A]) -> Command {
        let mut command = self.command_as_typed(arguments);
        command.args(["--at", at]);
        command
    }

    /// The same without the sandbox's own instant.
    fn command_as_typed<A: AsRef<OsStr>>(&self, arguments: &[A]) -> Command {
        let mut command = Command::new(binary::path());
        self.settle(&mut command);
        let mut names_store = false;
        for argument in arguments {
            let argument = argument.as_ref();
            match argument.to_str().filter(|_| names_store) {
                Some(db) => command.arg(self.argument(db)),
                None => command.arg(argument),
            };
            names_store = argument == "--db";
        }
        command
    }

    /// A store as the command line names it; what is no plain name is left as it is.
    fn argument(&self, db: &str) -> String {
        match db.ends_with(".db") && !db.contains(['/', ':']) {
            true => self.engine.location(self, db),
            false => db.to_owned(),
        }
    }

    /// Gives a command this folder and nothing else.
    pub(crate) fn settle(&self, command: &mut Command) {
        command
            .current_dir(self.folder())
            .env_clear()
            .env("HOME", self.folder())
            .env("TMPDIR", self.path("tmp"))
            .env("PATH", "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin")
            .stdin(Stdio::null());
        if self.engine != TestEngine::Sqlite {
            command.env("SMRT_DB", self.argument(DEFAULT_DB));
        }
    }

    /// How a run of the program ended, with stores named as the test names them.
    pub(crate) fn finished(&self, output: Output) -> Finished {
        let finished = Finished::new(output);
        Finished {
            exit: finished.exit,
            stdout: self.engine.named_as_files(self, &finished.stdout),
            stderr: self.engine.named_as_files(self, &finished.stderr),
        }
    }

    /// Runs the program to its end, as of another instant.
    pub(crate) fn smrt_at<A: AsRef<OsStr>>(&self, at: &str, arguments: &[A]) -> Finished {
        self.finished(self.command_at(at, arguments).output().unwrap())
    }

    /// Runs the program to its end, with no instant but one that is typed.
    pub(crate) fn smrt_as_typed<A: AsRef<OsStr>>(&self, arguments: &[A]) -> Finished {
        self.finished(self.command_as_typed(arguments).output().unwrap())
    }

    /// Runs the program to its end.
    pub(crate) fn smrt<A: AsRef<OsStr>>(&self, arguments: &[A]) -> Finished {
        self.finished(self.command(arguments).output().unwrap())
    }

    /// Imports a file with the mapping of [`crate::people`], tolerating rejects.
    pub(crate) fn import(&self, db: &str, file: &str, more: &[&str]) -> Finished {
        self.smrt(&import_arguments(db, file, more))
    }

    pub(crate) fn store(&self, db: &str) -> Smrt {
        Smrt::open_at(self.location(db), Access::Read, at()).unwrap()
    }

    pub(crate) fn digest(&self, db: &str) -> String {
        self.store(db).digest().unwrap().to_hex()
    }

    /// The digest of a store at any location, through the program.
    pub(crate) fn told_digest(&self, db: &str) -> String {
        let told = self.smrt(&["db", "digest", "--db", db]).ends_with(0);
        told.stdout.trim().to_owned()
    }

    /// The runs of the only tenant, the oldest first.
    pub(crate) fn runs(&self, db: &str) -> Vec<Run> {
        let tenants = self.store(db).tenants().unwrap();
        assert_eq!(tenants.len(), 1);
        self.runs_of(db, &tenants[0].slug)
    }

    /// The runs of a tenant, the oldest first.
    pub(crate) fn runs_of(&self, db: &str, tenant: &str) -> Vec<Run> {
        let mut smrt = self.store(db);
        let mut session = smrt.tenant(tenant).unwrap().acting_as(Actor::unknown());
        let mut runs = session.runs(at()).unwrap();
        runs.reverse();
        runs
    }

    /// The last run of the only tenant.
    pub(crate) fn last_run(&self, db: &str) -> Run {
        self.runs(db).pop().expect("the store has a run")
    }

    /// Fails when the store's own checks find a fault.
    pub(crate) fn assert_sound(&self, db: &str) {
        let report = self.store(db).check().unwrap();
        let faults: Vec<_> = report
            .checks
            .iter()
            .filter(|(_, faults)| !faults.is_empty())
            .collect();
        assert!(faults.is_empty(), "faults in the store: {faults:?}");
    }

    /// Name and bytes of every file, to see that nothing changed.
    pub(crate) fn files(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut files: Vec<_> = std::fs::read_dir(self.folder())
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.is_file())
            .map(|path| {
                let bytes = std::fs::read(&path).unwrap();
                (path, bytes)
            })
            .collect();
        files.sort();
        files
    }

    /// Asks the store a question in SQL; each row as its columns' texts.
    pub(crate) fn ask(&self, db: &str, sql: &str) -> Vec<Vec<String>> {
        let place = self.engine.place(self, db);
        let mut rows = Vec::new();
        let mut engine = place.connect(Access::Read).unwrap();
        let asked = engine.query(sql, &[], &mut |row| {
            let texts = (0..row.width()).map(|column| row.value(column).map(text_of));
            rows.push(texts.collect::<Result<_, _>>()?);
            Ok(())
        });
        asked.unwrap();
        rows
    }

    /// Makes a file of SQLite that this program did not make.
    pub(crate) fn foreign_file(&self, name: &str, sql: &str) {
        let file = rusqlite::Connection::open(self.path(name)).unwrap();
        file.execute_batch(sql).unwrap();
    }

    /// Does something to the store in SQL that the program would not do.
    pub(crate) fn tamper(&self, db: &str, sql: &str) {
        let place = self.engine.place(self, db);
        let mut engine = place.connect(Access::Write).unwrap();
        engine.execute_script(sql).unwrap();
    }
}

/// A value as SQLite shows it, which has no booleans and no instants.
fn text_of(value: Value<'_>) -> String {
    match (value.as_integer(), value) {
        (Some(number), _) => number.to_string(),
        (None, Value::Null) => "NULL".to_owned(),
        (None, Value::Text(text)) => text.to_owned(),
        (None, Value::Id(id)) => id.to_string(),
        (None, other) => format!("{other:?}"),
    }
}

/// The arguments of an import with the mapping of [`crate::people`], tolerating rejects.
pub(crate) fn import_arguments(db: &str, file: &str, more: &[&str]) -> Vec<String> {
    let mut arguments: Vec<&str> = vec!["import", file, "--db", db, "--mapping", "people.toml"];
    arguments.extend([
        "--region",
        "US",
        "--no-progress",
        "--exported-at",
        EXPORTED_AT,
    ]);
    if !more.contains(&"--max-rejects") {
        arguments.extend(["--max-rejects", "100%"]);
    }
    arguments.extend(more);
    arguments.into_iter().map(str::to_owned).collect()
}

impl Finished {
    pub(crate) fn new(output: Output) -> Self {
        Self {
            exit: output.status.code(),
            stdout: String::from_utf8(output.stdout).expect("stdout is UTF-8"),
            stderr: String::from_utf8(output.stderr).expect("stderr is UTF-8"),
        }
    }

    /// Fails unless the program ended with this code; returns itself for more.
    #[track_caller]
    pub(crate) fn ends_with(self, exit: i32) -> Self {
        assert_eq!(
            self.exit,
            Some(exit),
            "stdout:\n{}\nstderr:\n{}",
            self.stdout,
            self.stderr
        );
        self
    }

    /// Fails unless the program refused: code 2, nothing on stdout, something to read on stderr.
    #[track_caller]
    pub(crate) fn refuses(self) -> Self {
        let refused = self.ends_with(2);
        assert_eq!(refused.stdout, "", "a refusal writes no data");
        assert!(
            refused.stderr.contains("error: "),
            "a refusal says why:\n{}",
            refused.stderr
        );
        assert!(!refused.stderr.contains("panicked"), "{}", refused.stderr);
        refused
    }
}

pub(crate) fn at() -> Instant {
    AT.parse().unwrap()
}

/// An error and what caused it.
pub(crate) fn causes(error: &dyn std::error::Error) -> String {
    let cause = error
        .source()
        .map(|cause| format!(", because {}", causes(cause)));
    format!("{error}{}", cause.unwrap_or_default())
}
