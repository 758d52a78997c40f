//! The PostgreSQL engine: a schema of its own in a database that many writers share.
//!
//! What this module does not do: it knows no table. All SQL about contact data is above the seam.

mod address;
mod copy;
mod dialect;
mod error;
mod integrity;
mod lock;
mod row_security;
mod session;
mod statement;
mod text;
mod tls;
mod value;

use std::fmt;

use postgres::Client;
use postgres::fallible_iterator::FallibleIterator as _;
use postgres::types::ToSql;

pub use self::address::PostgresAddress;
use self::copy::{CopyError, Ordinal, write_rows};
use self::dialect::{PostgresDialect, type_of};
use self::error::{USE_ANOTHER_ROLE, is_taken_key, translate, translate_io};
use self::lock::{Locks, Scope, Share};
use self::session::{Attempt, Schema};
use self::statement::{Prepared, Statements, Surroundings};
use self::value::{Bound, PostgresRow};
use super::dialect::Dialect;
use super::engine::{Access, BulkLoad, Engine, OnConflict, RunLock, Section};
use super::error::{StoreError, StoreErrorKind};
use super::value::{Row, RowBlock, Value};
use crate::model::{Id, Instant};

/// The rows of a block that are written by one statement rather than by a copy.
const ROWS_OF_STATEMENT_MAX: usize = 8;

/// What a connection may take of the server's memory to build an index after a bulk load.
const INDEX_MEMORY: &str = "256MB";

/// A session on a PostgreSQL server.
pub(crate) struct PostgresEngine {
    client: Client,
    address: PostgresAddress,
    access: Access,
    transaction: Transaction,
    statements: Statements,
    locks: Locks,
}

/// What a connection is in the middle of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Transaction {
    /// Nothing.
    None,
    /// A transaction.
    Open(Access),
    /// A transaction of which a statement failed: the server takes nothing but its end.
    Failed,
}

impl PostgresEngine {
    /// Connects to an existing store.
    ///
    /// # Errors
    ///
    /// Kind `NotFound` or `Foreign` when the schema holds no store; `ConnectionLost` when the server
    /// cannot be reached; `Invalid` when it cannot hold a store, or refuses the login.
    pub(crate) fn open(address: &PostgresAddress, access: Access) -> Result<Self, StoreError> {
        let (engine, found) = Self::connect(address, access)?;
        let missing = |what: &str| {
            let schema = address.schema();
            StoreError::new(
                StoreErrorKind::NotFound,
                "open",
                format!("the database has {what} `{schema}`"),
            )
        };
        match found {
            Schema::Store => Ok(engine),
            Schema::Missing => Err(missing("no schema")),
            Schema::Empty => Err(missing("nothing in the schema")),
            Schema::Foreign => Err(foreign(address)),
        }
    }

    /// Connects to a database and makes the schema, which must hold nothing.
    ///
    /// # Errors
    ///
    /// As [`PostgresEngine::open`]; kind `Invalid` when there is a store.
    pub(crate) fn create(address: &PostgresAddress) -> Result<Self, StoreError> {
        let (mut engine, found) = Self::connect(address, Access::Write)?;
        match found {
            Schema::Empty => {}
            Schema::Missing => {
                let schema = session::quoted(address.schema());
                let sql = format!("CREATE SCHEMA IF NOT EXISTS {schema}");
                engine.in_transaction(|engine| engine.run(&sql, "create"))?;
            }
            Schema::Foreign => return Err(foreign(address)),
            Schema::Store => {
                return Err(StoreError::new(
                    StoreErrorKind::Invalid,
                    "create",
                    "there is a store in this schema already",
                ));
            }
        }
        Ok(engine)
    }

    /// Whether there is a store at an address. Changes nothing.
    ///
    /// # Errors
    ///
    /// As [`PostgresEngine::open`], except that a schema without anything in it, or none, is
    /// `Ok(false)`.
    pub(crate) fn exists(address: &PostgresAddress) -> Result<bool, StoreError> {
        match Self::connect(address, Access::Read)?.1 {
            Schema::Store => Ok(true),
            Schema::Missing | Schema::Empty => Ok(false),
            Schema::Foreign => Err(foreign(address)),
        }
    }

    fn connect(address: &PostgresAddress, access: Access) -> Result<(Self, Schema), StoreError> {
        let mut client = session::open(address, access, Attempt::First)?;
        let found = session::identify(&mut client, address.schema());
        let found = found.map_err(|error| match error.kind() {
            StoreErrorKind::ReadOnly => error.with_hint(USE_ANOTHER_ROLE),
            _ => error,
        })?;
        let engine = Self {
            client,
            address: address.clone(),
            access,
            transaction: Transaction::None,
            statements: Statements::default(),
            locks: Locks::new(address.schema()),
        };
        Ok((engine, found))
    }

    /// Takes the place of a connection that was lost, outside a transaction.
    fn reconnect(&mut self) -> Result<(), StoreError> {
        self.client = session::open(&self.address, self.access, Attempt::Again)?;
        self.statements.clear();
        self.locks.take_again(&mut self.client)
    }

    fn ensure_connected(&mut self) -> Result<(), StoreError> {
        match self.transaction {
            Transaction::None if self.client.is_closed() => self.reconnect(),
            _ => Ok(()),
        }
    }

    /// Translates an error and remembers that the transaction, if there is one, has failed.
    fn failed(&mut self, error: postgres::Error, operation: &'static str) -> StoreError {
        let beside = self.transaction == Transaction::Open(Access::WriteBeside);
        let taken = beside && is_taken_key(&error);
        self.spoil();
        match taken {
            true => StoreError::new(
                StoreErrorKind::Conflict,
                operation,
                "another transaction took a key first; nothing of this one was kept",
            ),
            false => translate(error, operation),
        }
    }

    fn spoil(&mut self) {
        if matches!(self.transaction, Transaction::Open(_)) {
            self.transaction = Transaction::Failed;
        }
    }

    fn prepare(
        &mut self,
        sql: &str,
        parameters: &[Value<'_>],
        operation: &'static str,
    ) -> Result<Prepared, StoreError> {
        self.ensure_connected()?;
        let surroundings = match self.transaction {
            Transaction::None => Surroundings::Alone,
            Transaction::Open(_) | Transaction::Failed => Surroundings::Transaction,
        };
        let client = &mut self.client;
        let prepared = self
            .statements
            .prepare(client, sql, parameters, surroundings);
        prepared.map_err(|error| self.failed(error, operation))
    }

    /// Runs a script of this module's own.
    fn run(&mut self, sql: &str, operation: &'static str) -> Result<(), StoreError> {
        let result = self.client.batch_execute(sql);
        result.map_err(|error| self.failed(error, operation))
    }

    fn start(&mut self, access: Access) -> Result<(), StoreError> {
        let sql = match access {
            Access::Read => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY".to_owned(),
            Access::Write => {
                let lock = self.locks.in_transaction(Scope::Store, Share::Alone);
                format!("BEGIN READ WRITE; {lock}")
            }
            Access::WriteBeside => {
                let lock = self.locks.in_transaction(Scope::Store, Share::Others);
                // Records are looked up by keys, in tables that are just being filled: the server
                // does not know yet how large they are, and would read them from end to end.
                format!("BEGIN READ WRITE; SET LOCAL enable_seqscan = off; {lock}")
            }
        };
        self.run(&sql, "begin")
    }

    /// Writes a few rows by one statement.
    fn insert(&mut self, rows: &RowBlock, on_conflict: OnConflict) -> Result<u64, StoreError> {
        let width = rows.table().columns.len();
        let marks: Vec<String> = (0..rows.live_len())
            .map(|row| {
                let marks = (1..=width).map(|column| format!("?{}", row * width + column));
                format!("({})", marks.collect::<Vec<_>>().join(", "))
            })
            .collect();
        let clause = match on_conflict {
            OnConflict::Fail => "",
            OnConflict::Skip => " ON CONFLICT DO NOTHING",
        };
        let sql = format!(
            "INSERT INTO {} ({}) VALUES {}{clause}",
            rows.table().name,
            rows.table().column_list(),
            marks.join(", ")
        );
        let values: Vec<Value<'_>> = rows.rows().flat_map(|row| row.values()).collect();
        self.execute(&sql, &values)
    }

    /// Updates by rows that go to the server as one array a column, in one way there and back.
    fn update(&mut self, rows: &RowBlock) -> Result<u64, StoreError> {
        let table = rows.table();
        let (set, meant) = table.update_clauses(|_, column| format!("new.{}", column.name));
        let arrays: Vec<String> = (1..)
            .zip(table.columns)
            .map(|(mark, column)| format!("${mark}::{}[]", type_of(column.kind)))
            .collect();
        let sql = format!(
            "UPDATE {} SET {set} FROM unnest({}) AS new ({}) WHERE {meant}",
            table.name,
            arrays.join(", "),
            table.column_list()
        );
        let prepared = self.prepare(&sql, &[], "write")?;
        let columns = 0..table.columns.len();
        let arrays: Vec<Vec<Bound<'_>>> = columns
            .map(|column| rows.rows().map(|row| Bound(row.value(column))).collect())
            .collect();
        let arrays: Vec<&(dyn ToSql + Sync)> = arrays.iter().map(|array| array as _).collect();
        let updated = self.client.execute(prepared.statement(), &arrays);
        updated.map_err(|error| self.failed(error, "write"))
    }

    /// Copies rows straight into their table.
    fn copy(&mut self, rows: &RowBlock) -> Result<u64, StoreError> {
        let sql = format!(
            "COPY {} ({}) FROM STDIN (FORMAT binary)",
            rows.table().name,
            rows.table().column_list()
        );
        self.copy_by(&sql, rows, Ordinal::None)
    }

    fn copy_by(&mut self, sql: &str, rows: &RowBlock, ordinal: Ordinal) -> Result<u64, StoreError> {
        let prepared = self.prepare(sql, &[], "write")?;
        let copied = match self.client.copy_in(prepared.statement()) {
            Ok(mut writer) => match write_rows(rows, ordinal, &mut writer) {
                Ok(()) => writer.finish().map_err(Ok),
                // A copy that is not finished is taken back.
                Err(error) => Err(Err(error)),
            },
            Err(error) => Err(Ok(error)),
        };
        copied.map_err(|error| match error {
            Ok(error) => self.failed(error, "write"),
            Err(CopyError::Refused(refusal)) => {
                self.spoil();
                refusal.during("write")
            }
            Err(CopyError::Stream(error)) => {
                self.spoil();
                translate_io(error, "write")
            }
        })
    }

    /// Copies rows into a table beside, and from there those whose keys are free.
    fn copy_and_merge(&mut self, rows: &RowBlock) -> Result<u64, StoreError> {
        let table = rows.table().name;
        let columns = rows.table().column_list();
        let stage = format!("pg_temp.smrt_stage_{table}");
        self.run(
            &format!(
                "CREATE TEMPORARY TABLE IF NOT EXISTS smrt_stage_{table} \
                 (LIKE {table}, smrt_ordinal BIGINT) ON COMMIT DELETE ROWS"
            ),
            "write",
        )?;
        self.copy_by(
            &format!("COPY {stage} ({columns}, smrt_ordinal) FROM STDIN (FORMAT binary)"),
            rows,
            Ordinal::Last,
        )?;
        let written = self.execute(
            &format!(
                "INSERT INTO {table} ({columns}) SELECT {columns} FROM {stage} \
                 ORDER BY smrt_ordinal ON CONFLICT DO NOTHING"
            ),
            &[],
        )?;
        self.run(&format!("TRUNCATE {stage}"), "write")?;
        Ok(written)
    }

    /// Runs `work` in the transaction that is open, or in one of its own.
    fn in_transaction<T>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        if self.transaction != Transaction::None {
            return work(self);
        }
        self.begin(Access::WriteBeside)?;
        match work(self).and_then(|result| self.commit().map(|()| result)) {
            Ok(result) => Ok(result),
            Err(error) => {
                self.rollback()?;
                Err(error)
            }
        }
    }
}

/// Why a query ended before its last row.
enum Stop {
    /// The server failed.
    Failed(postgres::Error),
    /// Whoever reads the rows said so.
    Told(StoreError),
}

fn foreign(address: &PostgresAddress) -> StoreError {
    StoreError::new(
        StoreErrorKind::Foreign,
        "open",
        format!(
            "the schema `{}` holds tables of another program",
            address.schema()
        ),
    )
    .with_hint("choose another schema with `?schema=NAME`; this one was left as it is")
}

impl Engine for PostgresEngine {
    fn dialect(&self) -> &'static dyn Dialect {
        &PostgresDialect
    }

    fn begin(&mut self, access: Access) -> Result<(), StoreError> {
        if self.transaction != Transaction::None {
            let detail = "a transaction is open already";
            return Err(StoreError::new(StoreErrorKind::Engine, "begin", detail));
        }
        if self.access.is_read() && !access.is_read() {
            let detail = "the store was opened for reading";
            return Err(StoreError::new(StoreErrorKind::ReadOnly, "begin", detail));
        }
        self.ensure_connected()?;
        let started = match self.start(access) {
            // That the server went away shows only when something is asked of it.
            Err(error) if error.kind() == StoreErrorKind::ConnectionLost => {
                self.reconnect().and_then(|()| self.start(access))
            }
            started => started,
        };
        match started {
            Ok(()) => {
                self.transaction = Transaction::Open(access);
                Ok(())
            }
            Err(error) => {
                // The transaction may have begun before its lock was refused.
                let _ = self.client.batch_execute("ROLLBACK");
                Err(error)
            }
        }
    }

    fn commit(&mut self) -> Result<(), StoreError> {
        match self.transaction {
            Transaction::None => Ok(()),
            // The server would take a `COMMIT` here and roll back.
            Transaction::Failed => {
                self.rollback()?;
                let detail = "a statement of the transaction failed; nothing of it was kept";
                Err(StoreError::new(StoreErrorKind::Engine, "commit", detail))
            }
            Transaction::Open(_) => {
                let committed = self.run("COMMIT", "commit");
                self.transaction = Transaction::None;
                committed
            }
        }
    }

    fn rollback(&mut self) -> Result<(), StoreError> {
        if self.transaction == Transaction::None {
            return Ok(());
        }
        self.transaction = Transaction::None;
        match self.client.batch_execute("ROLLBACK") {
            // A server that lost the connection has rolled back.
            Err(error) if error.as_db_error().is_some() => Err(translate(error, "roll back")),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    fn execute(&mut self, sql: &str, parameters: &[Value<'_>]) -> Result<u64, StoreError> {
        let prepared = self.prepare(sql, parameters, "write")?;
        let written = prepared.execute(&mut self.client, parameters);
        written.map_err(|error| self.failed(error, "write"))
    }

    fn execute_script(&mut self, sql: &str) -> Result<(), StoreError> {
        self.ensure_connected()?;
        self.run(sql, "write")
    }

    fn query(
        &mut self,
        sql: &str,
        parameters: &[Value<'_>],
        each: &mut dyn FnMut(&dyn Row) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let prepared = self.prepare(sql, parameters, "read")?;
        let read = prepared
            .query(&mut self.client, parameters)
            .map_err(Stop::Failed)
            .and_then(|mut rows| {
                while let Some(row) = rows.next().map_err(Stop::Failed)? {
                    each(&PostgresRow::new(&row)).map_err(Stop::Told)?;
                }
                Ok(())
            });
        read.map_err(|stop| match stop {
            Stop::Failed(error) => self.failed(error, "read"),
            Stop::Told(error) => error,
        })
    }

    fn has_table(&mut self, name: &str) -> Result<bool, StoreError> {
        let sql = "SELECT EXISTS (SELECT 1 FROM pg_class c \
                   JOIN pg_namespace n ON n.oid = c.relnamespace \
                   WHERE n.nspname = current_schema() AND c.relname = ?1 AND c.relkind IN ('r', 'p'))";
        let mut exists = false;
        self.query(sql, &[name.into()], &mut |row| {
            exists = row.value(0)?.as_integer() == Some(1);
            Ok(())
        })?;
        Ok(exists)
    }

    fn enter(&mut self, section: Section) -> Result<(), StoreError> {
        // Transactions that write alone are alone everywhere.
        match self.transaction {
            Transaction::Open(Access::WriteBeside) => {
                let lock = self
                    .locks
                    .in_transaction(Scope::Section(section), Share::Alone);
                self.run(&lock, "enter")
            }
            _ => Ok(()),
        }
    }

    fn bulk_write(&mut self, rows: &RowBlock, on_conflict: OnConflict) -> Result<u64, StoreError> {
        rows.require_whole()?;
        match (rows.live_len(), on_conflict) {
            (0, _) => Ok(0),
            (1..=ROWS_OF_STATEMENT_MAX, _) => self.insert(rows, on_conflict),
            (_, OnConflict::Fail) => self.copy(rows),
            (_, OnConflict::Skip) => self.in_transaction(|engine| engine.copy_and_merge(rows)),
        }
    }

    fn bulk_update(&mut self, rows: &RowBlock) -> Result<u64, StoreError> {
        rows.require_whole()?;
        match rows.live_len() {
            0 => Ok(0),
            _ => self.update(rows),
        }
    }

    /// Others may write meanwhile, so references are always checked. What is committed last, once the
    /// load is over, is durable with all before it, so until then no commit waits for the disk.
    fn set_bulk_load(&mut self, bulk_load: BulkLoad) -> Result<(), StoreError> {
        self.ensure_connected()?;
        let sql = match bulk_load {
            BulkLoad::Begin => {
                format!("SET synchronous_commit = off; SET maintenance_work_mem = '{INDEX_MEMORY}'")
            }
            BulkLoad::End => "RESET synchronous_commit; RESET maintenance_work_mem".to_owned(),
        };
        self.run(&sql, "bulk load")
    }

    fn lock_imports(&mut self) -> Result<(), StoreError> {
        self.ensure_connected()?;
        match self
            .locks
            .take(&mut self.client, Scope::Imports, Share::Others)?
        {
            true => Ok(()),
            false => Err(StoreError::new(
                StoreErrorKind::Locked,
                "lock",
                "another connection keeps imports out of this store",
            )),
        }
    }

    fn lock_run(&mut self, run: i64) -> Result<RunLock, StoreError> {
        self.ensure_connected()?;
        if self.locks.is_held(Scope::Run(run)) {
            return Ok(RunLock::Held);
        }
        let taken = self
            .locks
            .take(&mut self.client, Scope::Run(run), Share::Alone)?;
        Ok(match taken {
            true => RunLock::Taken,
            false => RunLock::OfAnother,
        })
    }

    fn unlock_run(&mut self, run: i64) -> Result<(), StoreError> {
        self.ensure_connected()?;
        self.locks.give_back(&mut self.client, Scope::Run(run))
    }

    fn clock(&mut self) -> Result<Instant, StoreError> {
        let sql = "SELECT CAST(floor(extract(epoch FROM clock_timestamp()) * 1000) AS BIGINT)";
        let millis = super::count(self, sql, &[])?;
        Ok(Instant::from_micros(millis * 1_000))
    }

    fn version(&mut self) -> Result<String, StoreError> {
        let mut version = String::new();
        let sql = "SELECT current_setting('server_version')";
        self.query(sql, &[], &mut |row| {
            row.text(0)?.clone_into(&mut version);
            Ok(())
        })?;
        Ok(version)
    }

    fn size_bytes(&mut self) -> Result<u64, StoreError> {
        let sql = "SELECT CAST(coalesce(sum(pg_total_relation_size(oid)), 0) AS BIGINT) \
                   FROM pg_class WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace";
        super::count(self, sql, &[]).map(|bytes| u64::try_from(bytes).unwrap_or(0))
    }

    fn create_tenant_role(&mut self, tenant: Id, role: &str) -> Result<(), StoreError> {
        row_security::create_tenant_role(self, tenant, role)
    }

    fn check_integrity(&mut self) -> Result<Vec<String>, StoreError> {
        integrity::check(self)
    }
}

/// The server would do the same when it finds the connection closed, but later than another
/// connection may ask for the locks.
impl Drop for PostgresEngine {
    fn drop(&mut self) {
        if !self.client.is_closed() {
            let _ = self.rollback();
            self.locks.give_all_back(&mut self.client);
        }
    }
}

impl fmt::Debug for PostgresEngine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresEngine")
            .field("address", &self.address)
            .field("transaction", &self.transaction)
            .finish_non_exhaustive()
    }
}
