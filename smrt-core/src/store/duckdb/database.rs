//! The files this process has open, each once.
//!
//! DuckDB lets one process write a file, or several read it. Inside a process any number of
//! connections may share it, so the second one to the same file is made of the first.
//! What this module does not do: it knows no SQL of the domain.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use duckdb::{AccessMode, Config, Connection};

use super::error::{is_locked, translate};
use super::fold::Fold;
use crate::store::error::{StoreError, StoreErrorKind};

/// How long a writer waits for another one.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// How often a file is tried that another process has, and the pause between: ten seconds in all.
const OPEN_ATTEMPTS: u32 = 200;
const RETRY_PAUSE: Duration = Duration::from_millis(50);

static OPEN: Mutex<Vec<Weak<Database>>> = Mutex::new(Vec::new());

/// A file that this process has open.
pub(super) struct Database {
    path: PathBuf,
    mode: Mode,
    /// Makes further connections; kept so that the file stays open while one of them lives.
    first: Mutex<Connection>,
    taken: Mutex<Taken>,
    freed: Condvar,
}

/// What connections to the file may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    Read,
    Write,
}

/// What one connection at a time may hold.
#[derive(Debug, Default)]
struct Taken {
    writer: bool,
    importer: bool,
}

impl Database {
    /// Opens a file, or shares the one that is open.
    pub(super) fn open(path: &Path, mode: Mode) -> Result<Arc<Self>, StoreError> {
        for _ in 1..OPEN_ATTEMPTS {
            match Self::try_open(path, mode) {
                Err(error) if error.kind() == StoreErrorKind::Locked => {
                    std::thread::sleep(RETRY_PAUSE);
                }
                opened => return opened,
            }
        }
        Self::try_open(path, mode)
    }

    fn try_open(path: &Path, mode: Mode) -> Result<Arc<Self>, StoreError> {
        // The list stays locked while the file is opened: DuckDB would open it a second time.
        let mut open = lock(&OPEN);
        open.retain(|database| database.strong_count() > 0);
        let path = absolute(path)?;
        let shared = open.iter().filter_map(Weak::upgrade);
        if let Some(database) = shared.into_iter().find(|database| database.path == path) {
            return match (database.mode, mode) {
                (Mode::Read, Mode::Write) => Err(StoreError::new(
                    StoreErrorKind::Locked,
                    "open",
                    "this process has the store open for reading",
                )),
                _ => Ok(database),
            };
        }
        let first = connect(&path, mode)?;
        let database = Arc::new(Self {
            path,
            mode,
            first: Mutex::new(first),
            taken: Mutex::default(),
            freed: Condvar::new(),
        });
        open.push(Arc::downgrade(&database));
        Ok(database)
    }

    /// One more connection.
    pub(super) fn connection(&self) -> Result<Connection, StoreError> {
        lock(&self.first)
            .try_clone()
            .map_err(|error| translate(error, "open"))
    }

    /// Waits until no other connection writes.
    pub(super) fn begin_writing(&self) -> Result<(), StoreError> {
        let (mut taken, waited) = self
            .freed
            .wait_timeout_while(lock(&self.taken), BUSY_TIMEOUT, |taken| taken.writer)
            .unwrap_or_else(PoisonError::into_inner);
        if waited.timed_out() {
            return Err(StoreError::new(
                StoreErrorKind::Locked,
                "begin",
                "another connection is writing to this store",
            ));
        }
        taken.writer = true;
        Ok(())
    }

    /// Lets the next connection write.
    pub(super) fn end_writing(&self) {
        lock(&self.taken).writer = false;
        self.freed.notify_one();
    }

    /// Takes the place of the one importer.
    pub(super) fn begin_importing(&self) -> Result<(), StoreError> {
        let mut taken = lock(&self.taken);
        if taken.importer {
            return Err(StoreError::new(
                StoreErrorKind::Locked,
                "lock",
                "another connection is importing into this store",
            ));
        }
        taken.importer = true;
        Ok(())
    }

    /// Gives it back.
    pub(super) fn end_importing(&self) {
        lock(&self.taken).importer = false;
    }
}

/// What the lock guards is whole after every statement, so a panic elsewhere left it usable.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The one name of a file that may not be there yet.
fn absolute(path: &Path) -> Result<PathBuf, StoreError> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let resolved = path.canonicalize().or_else(|_| {
        let folder = folder.canonicalize()?;
        Ok(folder.join(path.file_name().unwrap_or_default()))
    });
    resolved.map_err(|error: std::io::Error| {
        StoreError::with_source(
            StoreErrorKind::ReadOnly,
            "open",
            "the folder of the store cannot be read",
            error,
        )
    })
}

fn connect(path: &Path, mode: Mode) -> Result<Connection, StoreError> {
    let access_mode = match mode {
        Mode::Read => AccessMode::ReadOnly,
        Mode::Write => AccessMode::ReadWrite,
    };
    let configured = Config::default()
        .access_mode(access_mode)
        // Nothing is loaded that is not in the program.
        .and_then(|config| config.enable_autoload_extension(false))
        // Rows without a value come where SQLite puts them.
        .and_then(|config| config.with("default_null_order", "nulls_first_on_asc_last_on_desc"))
        // Ids come back as their sixteen bytes.
        .and_then(|config| config.with("arrow_lossless_conversion", "true"));
    configured
        .and_then(|config| Connection::open_with_flags(path, config))
        .and_then(|connection| {
            connection.register_scalar_function::<Fold>("smrt_fold")?;
            Ok(connection)
        })
        .map_err(|error| match is_locked(&error) {
            true => StoreError::with_source(
                StoreErrorKind::Locked,
                "open",
                "another process has the store open; DuckDB lets one process at a time write it",
                error,
            ),
            false => translate(error, "open"),
        })
}
