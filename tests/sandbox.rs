//! A folder of its own for each test, with the program in it: no home, no environment, no clock.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use smrt_core::model::{Actor, Instant};
use smrt_core::smrt::Smrt;
use smrt_core::store::{Access, Run};
use tempfile::TempDir;

use crate::binary;

/// The instant the program acts at, and the one its files were exported at.
pub(crate) const AT: &str = "2026-11-21T08:30:00Z";
pub(crate) const EXPORTED_AT: &str = "2026-11-20T00:00:00Z";

/// A temporary folder.
pub(crate) struct Sandbox {
    folder: TempDir,
}

/// How the program ended.
pub(crate) struct Finished {
    pub(crate) exit: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Sandbox {
    pub(crate) fn new() -> Self {
        let folder = tempfile::Builder::new()
            .prefix("smrt-test-")
            .tempdir()
            .expect("a temporary folder can be made");
        std::fs::create_dir(folder.path().join("tmp")).unwrap();
        Self { folder }
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
        let mut command = Command::new(binary::path());
        self.settle(&mut command);
        command.args(arguments).args(["--at", AT]);
        command
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
    }

    /// Runs the program to its end, as of another instant.
    pub(crate) fn smrt_at<A: AsRef<OsStr>>(&self, at: &str, arguments: &[A]) -> Finished {
        let mut command = Command::new(binary::path());
        self.settle(&mut command);
        command.args(arguments).args(["--at", at]);
        Finished::new(command.output().unwrap())
    }

    /// Runs the program to its end.
    pub(crate) fn smrt<A: AsRef<OsStr>>(&self, arguments: &[A]) -> Finished {
        Finished::new(self.command(arguments).output().unwrap())
    }

    /// Imports a file with the mapping of [`crate::people`], tolerating rejects.
    pub(crate) fn import(&self, db: &str, file: &str, more: &[&str]) -> Finished {
        self.smrt(&import_arguments(db, file, more))
    }

    pub(crate) fn store(&self, db: &str) -> Smrt {
        Smrt::open_at(self.path(db), Access::Read, at()).unwrap()
    }

    pub(crate) fn digest(&self, db: &str) -> String {
        self.store(db).digest().unwrap().to_hex()
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
        let connection = rusqlite::Connection::open(self.path(db)).unwrap();
        let mut statement = connection.prepare(sql).unwrap();
        let width = statement.column_count();
        let rows = statement.query_map([], |row| {
            (0..width)
                .map(|column| {
                    Ok(match row.get::<_, rusqlite::types::Value>(column)? {
                        rusqlite::types::Value::Null => "NULL".to_owned(),
                        rusqlite::types::Value::Integer(number) => number.to_string(),
                        rusqlite::types::Value::Text(text) => text,
                        other => format!("{other:?}"),
                    })
                })
                .collect()
        });
        rows.unwrap().map(Result::unwrap).collect()
    }

    /// Does something to the store in SQL that the program would not do.
    pub(crate) fn tamper(&self, db: &str, sql: &str) {
        let connection = rusqlite::Connection::open(self.path(db)).unwrap();
        connection.execute_batch(sql).unwrap();
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
