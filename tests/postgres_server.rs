//! A PostgreSQL server that the tests start themselves and throw away.
//!
//! One server serves all tests of a process, each in a database of its own; a test about the server
//! itself starts its own. It ends with the process however that ends: a shell watches over a pipe
//! that closes with it.

use std::ffi::OsStr;
use std::fmt;
use std::fs::Permissions;
use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use postgres::{Client, NoTls};
use smrt_core::store::PostgresAddress;
use smrt_core::store::contract::PostgresPlace;
use tempfile::TempDir;

/// Who owns the tests' databases: nobody special on the server.
pub(crate) const USER: &str = "smrt";
pub(crate) const PASSWORD: &str = "not-a-secret";

/// Who may do everything on the server.
const SUPERUSER: &str = "root_of_tests";

/// Where nothing has to outlive the machine.
const HASTY: &[&str] = &[
    "fsync=off",
    "full_page_writes=off",
    "synchronous_commit=off",
];

static SHARED: LazyLock<Server> = LazyLock::new(|| Server::start(HASTY));

/// The server that all tests share.
pub(crate) fn shared() -> &'static Server {
    &SHARED
}

/// A running server.
pub(crate) struct Server {
    programs: PathBuf,
    folder: PathBuf,
    port: u16,
    databases: AtomicU32,
    settings: Vec<String>,
    version: i32,
    /// The pipe whose end is the server's.
    _watched: Option<ChildStdin>,
    watcher: Option<Child>,
    _kept: TempDir,
}

impl Server {
    /// Starts a server with these settings, in a temporary folder.
    pub(crate) fn start(settings: &[&str]) -> Self {
        Self::start_with_files(settings, &[])
    }

    /// The same with files that the settings speak of.
    pub(crate) fn start_with_files(settings: &[&str], files: &[(&str, &str)]) -> Self {
        let settings = settings.iter().map(|setting| (*setting).to_owned());
        let mut server = Self::prepare(settings.collect());
        for (name, text) in files {
            let path = server.folder.join(name);
            std::fs::write(&path, text).unwrap();
            std::fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
            give_to_server(&path);
        }
        server.initialise();
        server.begin();
        server.tell(&format!(
            "CREATE ROLE {USER} LOGIN CREATEROLE PASSWORD '{PASSWORD}'"
        ));
        server
    }

    /// Starts a server that repeats what this one does, and answers what is only read.
    pub(crate) fn replica(&self) -> Self {
        let mut replica = Self::prepare(self.settings.clone());
        let mut copy = self.program("pg_basebackup");
        copy.args(["--write-recovery-conf", "--wal-method=stream", "--no-sync"])
            .args(["--checkpoint=fast", "--username", SUPERUSER, "--host"])
            .arg(&self.folder)
            .args(["--port", &self.port.to_string(), "--pgdata"])
            .arg(replica.data());
        succeed(&mut copy);
        replica.begin();
        assert_eq!(replica.ask("SELECT pg_is_in_recovery()"), [["t"]]);
        replica
    }

    /// Waits until a replica has repeated all that is committed here.
    pub(crate) fn wait_for(&self, replica: &Self) {
        let written = &self.ask("SELECT pg_current_wal_flush_lsn()")[0][0];
        let has_repeated = format!("SELECT pg_last_wal_replay_lsn() >= '{written}'");
        let deadline = Instant::now() + Duration::from_secs(60);
        while replica.ask(&has_repeated) != [["t"]] {
            assert!(Instant::now() < deadline, "the replica does not catch up");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// A server that is not there yet: its folder and its port.
    fn prepare(settings: Vec<String>) -> Self {
        let kept = tempfile::Builder::new()
            .prefix("smrt-postgres-")
            .tempdir()
            .unwrap();
        let folder = kept.path().to_owned();
        give_to_server(&folder);
        let port = TcpListener::bind(("127.0.0.1", 0))
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        Self {
            programs: programs(),
            folder,
            port,
            databases: AtomicU32::new(0),
            settings,
            version: 0,
            _watched: None,
            watcher: None,
            _kept: kept,
        }
    }

    /// Starts it for the first time.
    fn begin(&mut self) {
        self.watch();
        self.run();
        self.version = self.ask("SHOW server_version_num")[0][0].parse().unwrap();
    }

    fn initialise(&self) {
        let mut initdb = self.program("initdb");
        initdb
            .args([
                "--no-sync",
                "--encoding=UTF8",
                "--no-locale",
                "--auth-local=trust",
            ])
            .args([
                "--auth-host=scram-sha-256",
                "--username",
                SUPERUSER,
                "--pgdata",
            ])
            .arg(self.data());
        succeed(&mut initdb);
    }

    /// Starts the watcher, which waits for the end of its input and then stops the server.
    fn watch(&mut self) {
        let mut stop = self.program("pg_ctl");
        stop.args(["stop", "--silent", "--mode=immediate", "--pgdata"])
            .arg(self.data());
        let mut watcher = Command::new("sh");
        watcher
            .args([
                "-c",
                "read -r line; folder=$1; shift; \"$@\"; rm -rf \"$folder\"",
                "sh",
            ])
            .arg(&self.folder)
            .arg(stop.get_program())
            .args(stop.get_args())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let mut watcher = watcher.spawn().unwrap();
        self._watched = watcher.stdin.take();
        self.watcher = Some(watcher);
    }

    /// Starts the server and waits until it takes connections.
    pub(crate) fn run(&self) {
        let mut options = format!(
            "-p {} -k '{}' -c listen_addresses=127.0.0.1 -c max_connections=200",
            self.port,
            self.folder.display()
        );
        for setting in &self.settings {
            options.push_str(&format!(" -c {setting}"));
        }
        let mut start = self.program("pg_ctl");
        start
            .args([
                "start",
                "--silent",
                "--wait",
                "--timeout=60",
                "--options",
                &options,
                "--log",
            ])
            .arg(self.folder.join("log"))
            .arg("--pgdata")
            .arg(self.data());
        let started = start
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .unwrap();
        let log = || std::fs::read_to_string(self.folder.join("log")).unwrap_or_default();
        assert!(started.success(), "the server did not start:\n{}", log());
    }

    /// Kills the server as a failing machine would, and all that belong to it.
    pub(crate) fn kill(&self) {
        let id = std::fs::read_to_string(self.data().join("postmaster.pid")).unwrap();
        let id = id.lines().next().unwrap().to_owned();
        // The server's other processes end when they see that the first one is gone.
        let children = children_of(&id);
        succeed(Command::new("kill").args(["-9", &id]));
        // One that has ended meanwhile need not be killed.
        let killed = Command::new("kill").arg("-9").args(&children).output();
        killed.unwrap();
        wait_for_the_end_of(children.iter().chain([&id]));
    }

    /// Stops the server in the middle of whatever it does, without killing it.
    pub(crate) fn stop(&self) {
        let mut stop = self.program("pg_ctl");
        stop.args(["stop", "--silent", "--mode=fast", "--pgdata"])
            .arg(self.data());
        succeed(&mut stop);
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// A program of the server; the server itself refuses to run with all rights.
    fn program(&self, name: &str) -> Command {
        let program = self.programs.join(name);
        let mut command = match is_root() {
            true => {
                let (user, group) = server_user();
                let mut command = Command::new("setpriv");
                command
                    .arg(format!("--reuid={user}"))
                    .arg(format!("--regid={group}"))
                    .arg("--clear-groups")
                    .arg(program);
                command
            }
            false => Command::new(program),
        };
        command.current_dir(&self.folder);
        command
    }

    /// Makes a database of its own for a test. Its locale is one that compares text unlike bytes.
    pub(crate) fn database(&self) -> Database<'_> {
        let locale = match self.version {
            150_000.. => " LOCALE_PROVIDER icu ICU_LOCALE 'de-AT'",
            _ => "",
        };
        self.database_with(&format!("ENCODING 'UTF8'{locale}"))
    }

    /// The same with other options.
    pub(crate) fn database_with(&self, options: &str) -> Database<'_> {
        let number = self.databases.fetch_add(1, Ordering::Relaxed);
        let name = format!("test_{number}");
        self.tell(&format!(
            "CREATE DATABASE {name} OWNER {USER} TEMPLATE template0 {options}"
        ));
        Database { server: self, name }
    }

    fn connect(&self, database: &str) -> Client {
        postgres::Config::new()
            .host_path(&self.folder)
            .port(self.port)
            .user(SUPERUSER)
            .dbname(database)
            .connect(NoTls)
            .unwrap()
    }

    /// Runs statements with all rights.
    pub(crate) fn tell(&self, sql: &str) {
        self.connect("postgres").batch_execute(sql).unwrap();
    }

    /// Asks with all rights.
    pub(crate) fn ask(&self, sql: &str) -> Vec<Vec<String>> {
        texts(&mut self.connect("postgres"), sql).unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self._watched.take());
        if let Some(mut watcher) = self.watcher.take() {
            let _ = watcher.wait();
        }
    }
}

/// A database of a test.
pub(crate) struct Database<'s> {
    server: &'s Server,
    name: String,
}

impl Database<'_> {
    /// Its address, as its owner, on the machine itself.
    pub(crate) fn url(&self) -> String {
        self.url_of(&format!("{USER}@"))
    }

    /// Its address with `USER@` or `USER:PASSWORD@`, on the machine itself.
    pub(crate) fn url_of(&self, user: &str) -> String {
        let folder = self.server.folder.display().to_string().replace('/', "%2F");
        format!(
            "postgres://{user}{folder}:{}/{}",
            self.server.port, self.name
        )
    }

    /// Its address over the wire, with options.
    pub(crate) fn wire_url(&self, host: &str, options: &str) -> String {
        format!(
            "postgres://{USER}:{PASSWORD}@{host}:{}/{}?{options}",
            self.server.port, self.name
        )
    }

    pub(crate) fn address(&self) -> PostgresAddress {
        PostgresAddress::parse(&self.url()).unwrap()
    }

    pub(crate) fn place(&self) -> PostgresPlace {
        PostgresPlace::new(self.address())
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The same database on a replica of its server.
    pub(crate) fn on<'s>(&self, replica: &'s Server) -> Database<'s> {
        Database {
            server: replica,
            name: self.name.clone(),
        }
    }

    /// A connection of a user that is none of smrt's.
    pub(crate) fn connect(&self, user: &str) -> Client {
        postgres::Config::new()
            .host_path(&self.server.folder)
            .port(self.server.port)
            .user(user)
            .dbname(&self.name)
            .connect(NoTls)
            .unwrap()
    }

    /// A connection that may do everything.
    pub(crate) fn superuser(&self) -> Client {
        self.server.connect(&self.name)
    }
}

impl fmt::Debug for Database<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Database({})", self.name)
    }
}

/// A disk of a few megabytes, for a server to keep databases on.
pub(crate) struct SmallDisk {
    folder: String,
}

impl SmallDisk {
    /// What the machine has to allow.
    pub(crate) const NEEDS: &'static str = "only root may mount a disk that is small enough";

    /// Mounts one with room for a new database and little more; none where that is not allowed.
    pub(crate) fn mount(server: &Server) -> Option<Self> {
        if !is_root() {
            return None;
        }
        let folder = server.folder.join("small");
        std::fs::create_dir(&folder).unwrap();
        let (user, group) = server_user();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o"])
            .arg(format!("size=24m,uid={user},gid={group},mode=0700"))
            .arg("tmpfs")
            .arg(&folder)
            .output();
        let folder = folder.display().to_string();
        let disk = mounted
            .is_ok_and(|mounted| mounted.status.success())
            .then_some(Self { folder })?;
        server.tell(&format!(
            "CREATE TABLESPACE small LOCATION '{}'",
            disk.folder
        ));
        Some(disk)
    }

    /// A database that is kept on the disk.
    pub(crate) fn database<'s>(&self, server: &'s Server) -> Database<'s> {
        server.database_with("ENCODING 'UTF8' TABLESPACE small")
    }

    /// Makes room.
    pub(crate) fn grow(&self) {
        succeed(Command::new("mount").args(["-o", "remount,size=400m", &self.folder]));
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // The server still has files open there.
        succeed(Command::new("umount").args(["--lazy", &self.folder]));
    }
}

/// The answer to a question in SQL; each row as its columns' texts, `NULL` for nothing.
pub(crate) fn texts(client: &mut Client, sql: &str) -> Result<Vec<Vec<String>>, postgres::Error> {
    let mut rows = Vec::new();
    for message in client.simple_query(sql)? {
        if let postgres::SimpleQueryMessage::Row(row) = message {
            let texts = (0..row.len()).map(|column| row.get(column).unwrap_or("NULL").to_owned());
            rows.push(texts.collect());
        }
    }
    Ok(rows)
}

/// Where the server's programs are.
fn programs() -> PathBuf {
    let on_path = std::env::var_os("PATH").unwrap_or_default();
    let on_path = std::env::split_paths(&on_path).map(|folder| folder.join("initdb"));
    let of_debian = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten();
    let mut of_debian: Vec<PathBuf> = of_debian
        .flatten()
        .map(|version| version.path().join("bin/initdb"))
        .collect();
    of_debian.sort();
    let told = Command::new("pg_config").arg("--bindir").output();
    let told = told
        .into_iter()
        .map(|output| PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()).join("initdb"));
    on_path
        .chain(of_debian.into_iter().rev())
        .chain(told)
        // The program finds its siblings beside its true place.
        .filter_map(|program| program.canonicalize().ok())
        .find_map(|program| program.parent().map(Path::to_owned))
        .expect(
            "the tests need a PostgreSQL server to start: install the package `postgresql` \
             (its `initdb` is on PATH or below /usr/lib/postgresql)",
        )
}

pub(crate) fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}

/// The user and the group that the server runs as when the tests run with all rights.
pub(crate) fn server_user() -> (u32, u32) {
    let id = |what: &str| {
        let output = Command::new("id")
            .args([what, "postgres"])
            .output()
            .unwrap();
        let id = String::from_utf8_lossy(&output.stdout).trim().parse();
        id.expect("a server does not run as root: the tests need the user `postgres`")
    };
    (id("-u"), id("-g"))
}

/// Makes a file or a folder the server's own.
fn give_to_server(path: &Path) {
    if is_root() {
        let (user, group) = server_user();
        chown(path, Some(user), Some(group)).unwrap();
    }
}

pub(crate) fn succeed(command: &mut Command) {
    let output = command.stdin(Stdio::null()).output().unwrap();
    assert!(
        output.status.success(),
        "{:?} failed: {}{}",
        command.get_program(),
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

fn children_of(id: &str) -> Vec<String> {
    let children = std::fs::read_to_string(format!("/proc/{id}/task/{id}/children"));
    children
        .unwrap_or_default()
        .split_whitespace()
        .map(str::to_owned)
        .collect()
}

/// Waits until processes are gone, which are not ours to wait for otherwise.
fn wait_for_the_end_of<'i>(ids: impl Iterator<Item = &'i String>) {
    for id in ids {
        let mut wait = Command::new("tail");
        wait.args([
            OsStr::new("--pid"),
            OsStr::new(id),
            OsStr::new("-f"),
            OsStr::new("/dev/null"),
        ]);
        wait.args(["--sleep-interval=0.05"]);
        let mut wait = wait.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(wait.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        wait.wait().unwrap();
    }
}
