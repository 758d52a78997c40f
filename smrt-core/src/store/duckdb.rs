//! The DuckDB engine: one file, native types for ids, instants and booleans.
//!
//! What this module does not do: it knows no table. All SQL about contact data is above the seam.
//! DuckDB does not watch over references between tables here: a table that is referred to can
//! neither change its keys nor leave its indexes to the end of a bulk load.

mod batch;
mod database;
mod error;
mod fold;
mod header;
mod value;

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use duckdb::{Appender, Connection, params_from_iter};

use self::database::{Database, Mode};
use self::error::{is_without_transaction, translate};
use self::header::identify;
use self::value::{Bound, Column, DuckDbRow};
use super::argument::{self, Numbered};
use super::dialect::{Dialect, References};
use super::engine::{Access, BulkLoad, Engine, OnConflict, RunLock, Section};
use super::error::{StoreError, StoreErrorKind};
use super::file::{self, FileKind};
use super::schema::{Index, Kind, Uniqueness};
use super::value::{Row, RowBlock, Value};
use crate::model::Instant;

/// The table that rows are gathered in before those with a taken key are left out.
const STAGING_PREFIX: &str = "staged_";

/// Rows up to which a block is written by one statement a row.
const ROWS_BY_STATEMENT_MAX: usize = 8;

/// A connection to a DuckDB file.
pub(crate) struct DuckDbEngine {
    connection: Connection,
    database: Arc<Database>,
    access: Access,
    transaction: Transaction,
    imports: bool,
    /// SQL of the domain by its text with DuckDB's marks.
    texts: HashMap<String, Arc<Numbered>>,
}

/// The values that the marks of a statement stand for.
fn bound<'v>(text: &Numbered, parameters: &[Value<'v>]) -> Vec<Bound<'v>> {
    let arguments = text.arguments.iter();
    arguments
        .map(|argument| Bound::parameter(argument.value(parameters)))
        .collect()
}

/// What kind of transaction is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Transaction {
    None,
    Reading,
    Writing,
}

/// Whether a store of smrt stands at a path.
pub(crate) fn exists(path: &Path) -> Result<bool, StoreError> {
    if identify(path)? != FileKind::Store {
        return Ok(false);
    }
    let mut engine = DuckDbEngine::open(path, Access::Read)?;
    if engine.is_blank()? {
        // A process that was killed right after it made the file left it without tables.
        return Ok(false);
    }
    match engine.has_table("schema_migrations")? {
        true => Ok(true),
        false => Err(StoreError::new(
            StoreErrorKind::Foreign,
            "open",
            "it is a DuckDB file of another program",
        )),
    }
}

impl DuckDbEngine {
    /// Opens an existing file, which the caller has identified as one of DuckDB.
    pub(crate) fn open(path: &Path, access: Access) -> Result<Self, StoreError> {
        let mode = match access.is_read() {
            true => Mode::Read,
            false => Mode::Write,
        };
        Self::on(Database::open(path, mode)?, access)
    }

    /// Makes a new file, or takes an empty one.
    pub(crate) fn create(path: &Path) -> Result<Self, StoreError> {
        let found = identify(path)?;
        if found == FileKind::Empty {
            // DuckDB takes no file for a new one but one that is not there.
            file::remove_empty(path)?;
        }
        let opened = Database::open(path, Mode::Write);
        if let Err(error) = &opened
            && error.kind() == StoreErrorKind::DiskFull
            && found != FileKind::Store
        {
            // There was room for a part of the headers only: no store is in it, and nobody else
            // made it, who would have locked it.
            header::remove_cut_short(path);
        }
        Self::on(opened?, Access::Write)
    }

    fn on(database: Arc<Database>, access: Access) -> Result<Self, StoreError> {
        Ok(Self {
            connection: database.connection()?,
            database,
            access,
            transaction: Transaction::None,
            imports: false,
            texts: HashMap::new(),
        })
    }

    /// Whether the file has no table yet.
    pub(crate) fn is_blank(&mut self) -> Result<bool, StoreError> {
        super::count(self, "SELECT count(*) FROM duckdb_tables()", &[]).map(|tables| tables == 0)
    }

    /// Runs what writes: alone, if no transaction has made sure of it yet.
    fn writing<T>(
        &mut self,
        write: impl FnOnce(&mut Self) -> duckdb::Result<T>,
    ) -> Result<T, StoreError> {
        if self.access.is_read() {
            return Err(StoreError::new(
                StoreErrorKind::ReadOnly,
                "write",
                "the store was opened for reading",
            ));
        }
        let alone = self.transaction == Transaction::None;
        if alone {
            self.database.begin_writing()?;
        }
        let written = write(self);
        if alone {
            self.database.end_writing();
        }
        written.map_err(|error| translate(error, "write"))
    }

    fn with_marks(&mut self, sql: &str) -> Arc<Numbered> {
        if let Some(text) = self.texts.get(sql) {
            return Arc::clone(text);
        }
        let text = Arc::new(argument::number(sql));
        self.texts.insert(sql.to_owned(), Arc::clone(&text));
        text
    }

    /// Writes the rows of a block one by one.
    fn insert_rows(&self, rows: &RowBlock, on_conflict: &str) -> duckdb::Result<u64> {
        let table = rows.table();
        let marks: Vec<String> = (1..=table.columns.len()).map(|n| format!("${n}")).collect();
        let sql = format!(
            "INSERT INTO {} ({}) VALUES ({}){on_conflict}",
            table.name,
            table.column_list(),
            marks.join(", ")
        );
        self.execute_for_rows(&sql, rows)
    }

    /// Updates by the rows of a block one by one.
    fn update_rows(&self, rows: &RowBlock) -> duckdb::Result<u64> {
        let table = rows.table();
        let (set, meant) = table.update_clauses(|position, _| format!("${}", position + 1));
        let sql = format!("UPDATE {} SET {set} WHERE {meant}", table.name);
        self.execute_for_rows(&sql, rows)
    }

    /// Runs a statement once for each row of a block and returns how many rows it changed.
    fn execute_for_rows(&self, sql: &str, rows: &RowBlock) -> duckdb::Result<u64> {
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut changed = 0;
        for row in rows.rows() {
            let values = (1..).zip(row.values().zip(rows.table().columns));
            for (position, (value, column)) in values {
                statement.raw_bind_parameter(position, Bound::of_column(value, column.kind))?;
            }
            changed += statement.raw_execute()? as u64;
        }
        Ok(changed)
    }

    /// Gathers the rows and writes those whose key is free.
    fn insert_staged(&self, rows: &RowBlock) -> duckdb::Result<u64> {
        let columns = rows.table().column_list();
        self.execute_staged(rows, |table, staged| {
            format!(
                "INSERT INTO {table} ({columns}) SELECT {columns} FROM {staged} \
                 ON CONFLICT DO NOTHING"
            )
        })
    }

    /// Gathers the rows and updates those that have their keys.
    fn update_staged(&self, rows: &RowBlock) -> duckdb::Result<u64> {
        let (set, meant) = rows
            .table()
            .update_clauses(|_, column| format!("new.{}", column.name));
        self.execute_staged(rows, |table, staged| {
            format!("UPDATE {table} SET {set} FROM {staged} AS new WHERE {meant}")
        })
    }

    /// Gathers the rows in a table beside theirs and runs a statement on the two, which are named to
    /// it.
    fn execute_staged(
        &self,
        rows: &RowBlock,
        statement: impl FnOnce(&str, &str) -> String,
    ) -> duckdb::Result<u64> {
        let table = rows.table().name;
        let staged = format!("{STAGING_PREFIX}{table}");
        let columns = rows.table().column_list();
        self.connection.execute_batch(&format!(
            "CREATE OR REPLACE TEMP TABLE {staged} AS SELECT {columns} FROM {table} LIMIT 0"
        ))?;
        append(
            self.connection
                .appender_to_catalog_and_db(&staged, "temp", "main")?,
            rows,
        )?;
        let staged = format!("temp.{staged}");
        let changed = self.connection.execute(&statement(table, &staged), [])?;
        self.connection
            .execute_batch(&format!("DROP TABLE {staged}"))?;
        Ok(changed as u64)
    }
}

/// Appends the rows in order and says how many they were.
fn append(mut appender: Appender<'_>, rows: &RowBlock) -> duckdb::Result<u64> {
    let batch = batch::of_block(rows)
        .map_err(|error| duckdb::Error::ToSqlConversionFailure(Box::new(error)))?;
    appender.append_record_batch(batch)?;
    appender.flush()?;
    Ok(rows.live_len() as u64)
}

impl Drop for DuckDbEngine {
    fn drop(&mut self) {
        // The first error tells nothing that the end of the connection would not settle.
        let _ = self.rollback();
        if self.imports {
            self.database.end_importing();
        }
    }
}

impl Engine for DuckDbEngine {
    fn dialect(&self) -> &'static dyn Dialect {
        &DuckDbDialect
    }

    fn begin(&mut self, access: Access) -> Result<(), StoreError> {
        let (sql, transaction) = match access {
            Access::Read => ("BEGIN TRANSACTION READ ONLY", Transaction::Reading),
            Access::Write | Access::WriteBeside => ("BEGIN TRANSACTION", Transaction::Writing),
        };
        if transaction == Transaction::Writing {
            if self.access.is_read() {
                return Err(StoreError::new(
                    StoreErrorKind::ReadOnly,
                    "begin",
                    "the store was opened for reading",
                ));
            }
            self.database.begin_writing()?;
        }
        let begun = self.connection.execute_batch(sql);
        match begun {
            Ok(()) => self.transaction = transaction,
            Err(_) if transaction == Transaction::Writing => self.database.end_writing(),
            Err(_) => {}
        }
        begun.map_err(|error| translate(error, "begin"))
    }

    fn commit(&mut self) -> Result<(), StoreError> {
        let committed = self
            .connection
            .execute_batch("COMMIT")
            .map_err(|error| translate(error, "commit"));
        if committed.is_ok() {
            self.end_transaction();
        }
        committed
    }

    fn rollback(&mut self) -> Result<(), StoreError> {
        if self.transaction == Transaction::None {
            return Ok(());
        }
        let ended = self.connection.execute_batch("ROLLBACK");
        self.end_transaction();
        match ended {
            // A failed commit has ended it already.
            Err(error) if !is_without_transaction(&error) => Err(translate(error, "roll back")),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    fn execute(&mut self, sql: &str, parameters: &[Value<'_>]) -> Result<u64, StoreError> {
        let text = self.with_marks(sql);
        self.writing(|engine| {
            let mut statement = engine.connection.prepare_cached(&text.sql)?;
            statement.execute(params_from_iter(bound(&text, parameters)))
        })
        .map(|changed| changed as u64)
    }

    fn execute_script(&mut self, sql: &str) -> Result<(), StoreError> {
        self.writing(|engine| engine.connection.execute_batch(sql))
    }

    fn query(
        &mut self,
        sql: &str,
        parameters: &[Value<'_>],
        each: &mut dyn FnMut(&dyn Row) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let failed = |error| translate(error, "read");
        let text = self.with_marks(sql);
        let statement = self.connection.prepare_cached(&text.sql);
        let mut statement = statement.map_err(failed)?;
        let batches = statement
            .stream_arrow(params_from_iter(bound(&text, parameters)))
            .map_err(failed)?;
        let mut told = Ok(());
        for batch in batches {
            let batch = batch.map_err(failed)?;
            // A result that is not read to its end would take the transaction with it.
            if told.is_ok() {
                let columns = &Column::of_batch(&batch);
                let mut rows = 0..batch.num_rows();
                told = rows.try_for_each(|row| each(&DuckDbRow { columns, row }));
            }
        }
        told
    }

    fn has_table(&mut self, name: &str) -> Result<bool, StoreError> {
        let sql = "SELECT count(*) FROM duckdb_tables() WHERE table_name = ?1";
        super::count(self, sql, &[name.into()]).map(|tables| tables != 0)
    }

    fn enter(&mut self, _section: Section) -> Result<(), StoreError> {
        Ok(())
    }

    fn bulk_write(&mut self, rows: &RowBlock, on_conflict: OnConflict) -> Result<u64, StoreError> {
        rows.require_whole()?;
        let is_small = rows.live_len() <= ROWS_BY_STATEMENT_MAX;
        self.writing(|engine| match (on_conflict, is_small) {
            (OnConflict::Fail, true) => engine.insert_rows(rows, ""),
            (OnConflict::Skip, true) => engine.insert_rows(rows, " ON CONFLICT DO NOTHING"),
            (OnConflict::Fail, false) => {
                append(engine.connection.appender(rows.table().name)?, rows)
            }
            (OnConflict::Skip, false) => engine.insert_staged(rows),
        })
    }

    fn bulk_update(&mut self, rows: &RowBlock) -> Result<u64, StoreError> {
        rows.require_whole()?;
        match rows.live_len() {
            0 => Ok(0),
            1..=ROWS_BY_STATEMENT_MAX => self.writing(|engine| engine.update_rows(rows)),
            _ => self.writing(|engine| engine.update_staged(rows)),
        }
    }

    fn set_bulk_load(&mut self, _bulk_load: BulkLoad) -> Result<(), StoreError> {
        Ok(())
    }

    fn lock_imports(&mut self) -> Result<(), StoreError> {
        if !self.imports {
            self.database.begin_importing()?;
            self.imports = true;
        }
        Ok(())
    }

    fn lock_run(&mut self, _run: i64) -> Result<RunLock, StoreError> {
        Ok(RunLock::Taken)
    }

    fn unlock_run(&mut self, _run: i64) -> Result<(), StoreError> {
        Ok(())
    }

    fn clock(&mut self) -> Result<Instant, StoreError> {
        super::count(self, "SELECT epoch_us(current_timestamp)", &[]).map(Instant::from_micros)
    }

    fn version(&mut self) -> Result<String, StoreError> {
        self.connection
            .version()
            .map_err(|error| translate(error, "read"))
    }

    fn size_bytes(&mut self) -> Result<u64, StoreError> {
        let sql = "SELECT sum(total_blocks * block_size) FROM pragma_database_size() \
                   WHERE database_name = current_database()";
        super::count(self, sql, &[]).map(|bytes| u64::try_from(bytes).unwrap_or(0))
    }

    fn check_integrity(&mut self) -> Result<Vec<String>, StoreError> {
        let mut tables = Vec::new();
        self.query(
            "SELECT table_name FROM duckdb_tables() ORDER BY table_name",
            &[],
            &mut |row| {
                tables.push(row.text(0)?.to_owned());
                Ok(())
            },
        )?;
        // Each block has a checksum, which is verified when the block is read.
        let mut faults = Vec::new();
        for table in tables {
            let sql = format!("SELECT count(COLUMNS(*)) FROM {table}");
            if self.query(&sql, &[], &mut |_| Ok(())).is_err() {
                faults.push(format!("the table `{table}` cannot be read"));
            }
        }
        Ok(faults)
    }
}

impl DuckDbEngine {
    fn end_transaction(&mut self) {
        if self.transaction == Transaction::Writing {
            self.database.end_writing();
        }
        self.transaction = Transaction::None;
    }
}

struct DuckDbDialect;

impl Dialect for DuckDbDialect {
    fn name(&self) -> &'static str {
        "duckdb"
    }

    fn column_type(&self, kind: Kind) -> &'static str {
        match kind {
            Kind::Id => "UUID",
            Kind::Integer => "BIGINT",
            Kind::Boolean => "BOOLEAN",
            Kind::Instant => "TIMESTAMP",
            Kind::Text | Kind::Json => "VARCHAR",
            Kind::Bytes => "BLOB",
        }
    }

    fn references(&self) -> References {
        References::Unchecked
    }

    fn wants_index(&self, index: &Index) -> bool {
        // An index on several columns finds nothing for DuckDB; it only keeps keys apart.
        index.uniqueness == Uniqueness::Unique || index.columns.len() == 1
    }

    fn shares_imports(&self) -> bool {
        false
    }

    fn reaches_past_aggregates(&self) -> bool {
        // Its planner loses the columns of such a subquery and ends with an internal error.
        false
    }

    fn ids_per_query(&self) -> usize {
        65_536
    }

    fn rows_worth_a_query(&self) -> u64 {
        20_000
    }

    fn ids_of_text(&self, parameter: &str) -> Option<String> {
        Some(format!(
            "SELECT unnest(CAST(string_split({parameter}, ',') AS UUID[]))"
        ))
    }

    fn id_as_text(&self, column: &str) -> String {
        format!("CAST({column} AS VARCHAR)")
    }

    fn instant_as_text(&self, column: &str) -> String {
        format!("strftime({column}, '%Y-%m-%dT%H:%M:%S.%fZ')")
    }

    fn contains_folded(&self, column: &str, parameter: &str) -> String {
        format!("contains(smrt_fold({column}), {parameter})")
    }
}
