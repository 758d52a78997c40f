//! The SQLite engine: one file, WAL mode, foreign keys on.
//!
//! What this module does not do: it knows no table. All SQL about contact data is above the seam.

mod error;
mod header;

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::functions::FunctionFlags;
use rusqlite::types::{ToSql, ToSqlOutput, ValueRef};
use rusqlite::{Connection, ErrorCode, OpenFlags};

use self::error::translate;
use self::header::{APPLICATION_ID, identify};
use super::dialect::{Dialect, References};
use super::engine::{Access, BulkLoad, Engine, OnConflict, RunLock, Section};
use super::error::{StoreError, StoreErrorKind};
use super::file::FileKind;
use super::schema::{Index, Kind, Table};
use super::value::{Row, RowBlock, Value};
use crate::model::{Id, Instant};

/// The name under which SQLite keeps a database in memory only.
const IN_MEMORY: &str = ":memory:";

/// How long a statement waits for another process's write transaction.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// Page cache of a connection, in KiB.
const CACHE_KIB: i64 = 16 * 1024;

/// Page cache during a bulk load, in KiB. Appending needs little, and an index build sorts
/// stretches of this size, which are faster to sort while they fit the processor's own cache.
const BULK_LOAD_CACHE_KIB: i64 = 12 * 1024;

/// How many prepared statements a connection keeps.
const STATEMENTS_MAX: usize = 128;

/// A connection to a SQLite file.
#[derive(Debug)]
pub(crate) struct SqliteEngine {
    connection: Connection,
    path: PathBuf,
    import_lock: Option<ImportLock>,
}

/// A lock file beside the store; the operating system frees it when the process dies.
#[derive(Debug)]
struct ImportLock {
    path: PathBuf,
    _file: File,
}

impl Drop for ImportLock {
    fn drop(&mut self) {
        // Removing is only tidiness: the lock is held by the open file, not by the name.
        let _ = std::fs::remove_file(&self.path);
    }
}

/// Whether a store of smrt stands at a path.
pub(crate) fn exists(path: &Path) -> Result<bool, StoreError> {
    Ok(identify(path)? == FileKind::Store
        // A process that was killed right after it made the file left it without tables.
        && !SqliteEngine::open(path, Access::Read)?.is_blank()?)
}

impl SqliteEngine {
    /// Opens an existing file, which the caller has identified as a store.
    pub(crate) fn open(path: &Path, access: Access) -> Result<Self, StoreError> {
        // Readers open the file for writing too, where they may: only so can they take back what a
        // killed process left half done, and remove the files beside the store when they close.
        let engine = Self::connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        engine
            .connection
            .pragma_update(None, "query_only", access.is_read())
            .map_err(|error| translate(error, "open"))?;
        Ok(engine)
    }

    /// Makes a new file, or takes an empty one.
    pub(crate) fn create(path: &Path) -> Result<Self, StoreError> {
        Self::connect(
            path,
            OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE,
        )
    }

    /// Makes a store that lives as long as this connection.
    pub(crate) fn in_memory() -> Result<Self, StoreError> {
        Self::create(Path::new(IN_MEMORY))
    }

    fn connect(path: &Path, flags: OpenFlags) -> Result<Self, StoreError> {
        let flags = flags | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection =
            Connection::open_with_flags(path, flags).map_err(|error| translate(error, "open"))?;
        let configure = |connection: &Connection| -> rusqlite::Result<()> {
            connection.busy_timeout(BUSY_TIMEOUT)?;
            connection.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
            // Otherwise SQLite plans a prepared statement anew whenever a value is bound to it.
            connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
            connection.pragma_update(None, "foreign_keys", true)?;
            connection.pragma_update(None, "synchronous", "NORMAL")?;
            connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
            connection.pragma_update(None, "threads", 2)?;
            connection.create_scalar_function(
                "smrt_fold",
                1,
                FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC,
                |context| {
                    Ok(match context.get_raw(0) {
                        ValueRef::Text(text) => Some(String::from_utf8_lossy(text).to_lowercase()),
                        _ => None,
                    })
                },
            )
        };
        configure(&connection).map_err(|error| translate(error, "open"))?;
        Ok(Self {
            connection,
            path: path.to_owned(),
            import_lock: None,
        })
    }

    /// Marks a new file as a store of smrt and switches it to WAL mode.
    pub(crate) fn initialise(&mut self) -> Result<(), StoreError> {
        self.connection
            .pragma_update(None, "application_id", APPLICATION_ID)
            .and_then(|()| self.set_journal_mode("WAL"))
            .map_err(|error| translate(error, "create"))
    }

    /// Whether the file has no table yet.
    pub(crate) fn is_blank(&mut self) -> Result<bool, StoreError> {
        super::count(self, "SELECT EXISTS (SELECT 1 FROM sqlite_master)", &[])
            .map(|exists| exists == 0)
    }

    fn set_journal_mode(&self, mode: &str) -> rusqlite::Result<()> {
        self.connection
            .pragma_update_and_check(None, "journal_mode", mode, |_| Ok(()))
    }

    fn insert_statement(table: &Table, on_conflict: OnConflict) -> String {
        let marks: Vec<String> = (1..=table.columns.len()).map(|n| format!("?{n}")).collect();
        let clause = match on_conflict {
            OnConflict::Fail => "",
            OnConflict::Skip => " ON CONFLICT DO NOTHING",
        };
        format!(
            "INSERT INTO {} ({}) VALUES ({}){clause}",
            table.name,
            table.column_list(),
            marks.join(", ")
        )
    }

    /// Runs a statement once for each row of a block and returns how many rows it changed.
    fn execute_for_rows(&self, sql: &str, rows: &RowBlock) -> Result<u64, StoreError> {
        let run = || -> rusqlite::Result<u64> {
            let mut statement = self.connection.prepare_cached(sql)?;
            let mut changed = 0;
            for row in rows.rows() {
                for (position, value) in row.values().enumerate() {
                    statement.raw_bind_parameter(position + 1, Bound(value))?;
                }
                changed += statement.raw_execute()? as u64;
            }
            Ok(changed)
        };
        run().map_err(|error| translate(error, "write"))
    }
}

impl Engine for SqliteEngine {
    fn dialect(&self) -> &'static dyn Dialect {
        &SqliteDialect
    }

    fn begin(&mut self, access: Access) -> Result<(), StoreError> {
        let sql = match access {
            Access::Read => "BEGIN DEFERRED",
            Access::Write | Access::WriteBeside => "BEGIN IMMEDIATE",
        };
        self.connection
            .execute_batch(sql)
            .map_err(|error| translate(error, "begin"))
    }

    fn commit(&mut self) -> Result<(), StoreError> {
        self.connection
            .execute_batch("COMMIT")
            .map_err(|error| translate(error, "commit"))
    }

    fn rollback(&mut self) -> Result<(), StoreError> {
        if self.connection.is_autocommit() {
            return Ok(());
        }
        self.connection
            .execute_batch("ROLLBACK")
            .map_err(|error| translate(error, "roll back"))
    }

    fn execute(&mut self, sql: &str, parameters: &[Value<'_>]) -> Result<u64, StoreError> {
        let run = || -> rusqlite::Result<usize> {
            let mut statement = self.connection.prepare_cached(sql)?;
            for (position, value) in parameters.iter().enumerate() {
                statement.raw_bind_parameter(position + 1, Bound(*value))?;
            }
            statement.raw_execute()
        };
        run()
            .map(|changed| changed as u64)
            .map_err(|error| translate(error, "write"))
    }

    fn execute_script(&mut self, sql: &str) -> Result<(), StoreError> {
        self.connection
            .execute_batch(sql)
            .map_err(|error| translate(error, "write"))
    }

    fn query(
        &mut self,
        sql: &str,
        parameters: &[Value<'_>],
        each: &mut dyn FnMut(&dyn Row) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let failed = |error| translate(error, "read");
        let mut statement = self.connection.prepare_cached(sql).map_err(failed)?;
        for (position, value) in parameters.iter().enumerate() {
            statement
                .raw_bind_parameter(position + 1, Bound(*value))
                .map_err(failed)?;
        }
        let mut rows = statement.raw_query();
        while let Some(row) = rows.next().map_err(failed)? {
            each(&SqliteRow(row))?;
        }
        Ok(())
    }

    fn has_table(&mut self, name: &str) -> Result<bool, StoreError> {
        let sql = "SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?1)";
        super::count(self, sql, &[name.into()]).map(|exists| exists != 0)
    }

    fn enter(&mut self, _section: Section) -> Result<(), StoreError> {
        Ok(())
    }

    fn bulk_write(&mut self, rows: &RowBlock, on_conflict: OnConflict) -> Result<u64, StoreError> {
        rows.require_whole()?;
        self.execute_for_rows(&Self::insert_statement(rows.table(), on_conflict), rows)
    }

    fn bulk_update(&mut self, rows: &RowBlock) -> Result<u64, StoreError> {
        rows.require_whole()?;
        let table = rows.table();
        let (set, meant) = table.update_clauses(|position, _| format!("?{}", position + 1));
        let sql = format!("UPDATE {} SET {set} WHERE {meant}", table.name);
        self.execute_for_rows(&sql, rows)
    }

    fn set_bulk_load(&mut self, bulk_load: BulkLoad) -> Result<(), StoreError> {
        // Pages appended to a file need no journal of their former content, so while a store is
        // filled for the first time a rollback journal writes each page once, the write-ahead log
        // twice. Switching needs the file for oneself; if others have it open, the log stays.
        let (foreign_keys, cache_kib, journal_mode) = match bulk_load {
            BulkLoad::Begin => (false, BULK_LOAD_CACHE_KIB, "TRUNCATE"),
            BulkLoad::End => (true, CACHE_KIB, "WAL"),
        };
        let switched = self
            .connection
            .pragma_update(None, "foreign_keys", foreign_keys)
            .and_then(|()| {
                self.connection
                    .pragma_update(None, "cache_size", -cache_kib)
            })
            .and_then(|()| self.set_journal_mode(journal_mode));
        match switched {
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) => Ok(()),
            switched => switched.map_err(|error| translate(error, "bulk load")),
        }
    }

    fn lock_imports(&mut self) -> Result<(), StoreError> {
        if self.import_lock.is_some() || self.path == Path::new(IN_MEMORY) {
            return Ok(());
        }
        let mut name = self.path.clone().into_os_string();
        name.push("-import-lock");
        let path = PathBuf::from(name);
        loop {
            let file = lock_file(&path)?;
            // Between our opening and our locking its last holder may have removed the name; then
            // the lock is one that nobody else will ask for.
            if is_named(&file, &path) {
                self.import_lock = Some(ImportLock { path, _file: file });
                return Ok(());
            }
        }
    }

    fn lock_run(&mut self, _run: i64) -> Result<RunLock, StoreError> {
        Ok(RunLock::Taken)
    }

    fn unlock_run(&mut self, _run: i64) -> Result<(), StoreError> {
        Ok(())
    }

    fn clock(&mut self) -> Result<Instant, StoreError> {
        let sql = "SELECT CAST(round(unixepoch('subsec') * 1000) AS INTEGER) * 1000";
        super::count(self, sql, &[]).map(Instant::from_micros)
    }

    fn version(&mut self) -> Result<String, StoreError> {
        Ok(rusqlite::version().to_owned())
    }

    fn size_bytes(&mut self) -> Result<u64, StoreError> {
        let sql = "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()";
        super::count(self, sql, &[]).map(|bytes| u64::try_from(bytes).unwrap_or(0))
    }

    fn check_integrity(&mut self) -> Result<Vec<String>, StoreError> {
        let mut faults = Vec::new();
        self.query("PRAGMA integrity_check(20)", &[], &mut |row| {
            let line = row.text(0)?;
            if line != "ok" {
                faults.push(line.to_owned());
            }
            Ok(())
        })?;
        Ok(faults)
    }
}

/// Opens and locks the file at once, or says who is in the way.
fn lock_file(path: &Path) -> Result<File, StoreError> {
    let file = File::create(path).map_err(|error| {
        StoreError::with_source(
            StoreErrorKind::ReadOnly,
            "lock",
            "the folder of the store cannot be written",
            error,
        )
    })?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StoreError::new(
            StoreErrorKind::Locked,
            "lock",
            "another process is importing into this store",
        )),
        Err(TryLockError::Error(error)) => Err(StoreError::with_source(
            StoreErrorKind::Engine,
            "lock",
            "the import lock beside the store cannot be taken",
            error,
        )),
    }
}

/// Whether the path still leads to this open file.
#[cfg(unix)]
fn is_named(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let place = |metadata: std::fs::Metadata| (metadata.dev(), metadata.ino());
    let (open, named) = (
        file.metadata().map(place),
        std::fs::metadata(path).map(place),
    );
    matches!((open, named), (Ok(open), Ok(named)) if open == named)
}

/// Where an open file cannot be removed, its name stays.
#[cfg(not(unix))]
fn is_named(_file: &File, _path: &Path) -> bool {
    true
}

struct Bound<'a>(Value<'a>);

impl ToSql for Bound<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match &self.0 {
            Value::Null => ValueRef::Null,
            Value::Integer(number) => ValueRef::Integer(*number),
            Value::Boolean(truth) => ValueRef::Integer(i64::from(*truth)),
            Value::Instant(instant) => ValueRef::Integer(instant.as_micros()),
            Value::Id(id) => ValueRef::Blob(id.as_bytes()),
            Value::Text(text) => ValueRef::Text(text.as_bytes()),
            Value::Bytes(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

struct SqliteRow<'r>(&'r rusqlite::Row<'r>);

impl Row for SqliteRow<'_> {
    fn width(&self) -> usize {
        self.0.as_ref().column_count()
    }

    fn value(&self, column: usize) -> Result<Value<'_>, StoreError> {
        match self
            .0
            .get_ref(column)
            .map_err(|error| translate(error, "read"))?
        {
            ValueRef::Null => Ok(Value::Null),
            ValueRef::Integer(number) => Ok(Value::Integer(number)),
            ValueRef::Text(text) => std::str::from_utf8(text)
                .map(Value::Text)
                .map_err(|_| StoreError::unexpected_value(column)),
            ValueRef::Blob(bytes) => Ok(match <[u8; 16]>::try_from(bytes) {
                Ok(id) => Value::Id(Id::from_bytes(id)),
                Err(_) => Value::Bytes(bytes),
            }),
            ValueRef::Real(_) => Err(StoreError::unexpected_value(column)),
        }
    }
}

struct SqliteDialect;

impl Dialect for SqliteDialect {
    fn name(&self) -> &'static str {
        "sqlite"
    }

    fn column_type(&self, kind: Kind) -> &'static str {
        match kind {
            Kind::Id | Kind::Bytes => "BLOB",
            Kind::Integer | Kind::Boolean | Kind::Instant => "INTEGER",
            Kind::Text | Kind::Json => "TEXT",
        }
    }

    fn references(&self) -> References {
        References::InTables
    }

    fn wants_index(&self, _index: &Index) -> bool {
        true
    }

    fn shares_imports(&self) -> bool {
        false
    }

    fn reaches_past_aggregates(&self) -> bool {
        true
    }

    fn ids_per_query(&self) -> usize {
        128
    }

    fn rows_worth_a_query(&self) -> u64 {
        20
    }

    fn ids_of_text(&self, _parameter: &str) -> Option<String> {
        None
    }

    fn id_as_text(&self, column: &str) -> String {
        let hex = format!("lower(hex({column}))");
        let part = |from: u8, len: u8| format!("substr({hex}, {from}, {len})");
        format!(
            "CASE WHEN {column} IS NULL THEN NULL ELSE {} || '-' || {} || '-' || {} || '-' || {} || '-' || {} END",
            part(1, 8),
            part(9, 4),
            part(13, 4),
            part(17, 4),
            part(21, 12)
        )
    }

    fn instant_as_text(&self, column: &str) -> String {
        // SQLite divides towards zero; before 1970 the second must be the one before.
        let micros = format!("((({column} % 1000000) + 1000000) % 1000000)");
        format!(
            "strftime('%Y-%m-%dT%H:%M:%S', ({column} - {micros}) / 1000000, 'unixepoch') || printf('.%06dZ', {micros})"
        )
    }

    fn contains_folded(&self, column: &str, parameter: &str) -> String {
        format!("instr(smrt_fold({column}), {parameter}) > 0")
    }
}
