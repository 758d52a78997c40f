//! The seam: what an engine must do. Everything else is SQL written once on top of it.

use super::dialect::Dialect;
use super::error::{StoreError, StoreErrorKind};
use super::value::{Row, RowBlock, Value};
use crate::model::{Id, Instant};

/// A database connection that can hold a store.
///
/// Blocking. One engine value is one connection and is used by one thread at a time.
/// SQL texts use `?1`, `?2`, … for parameters; an engine with other marks rewrites them.
pub trait Engine: Send {
    /// Where this engine's SQL differs from the others'.
    fn dialect(&self) -> &'static dyn Dialect;

    /// Begins a transaction.
    ///
    /// # Errors
    ///
    /// Kind `Locked` when another writer holds the store longer than the engine waits.
    fn begin(&mut self, access: Access) -> Result<(), StoreError>;

    /// Makes the transaction's writes durable and visible, all or none.
    ///
    /// # Errors
    ///
    /// After an error nothing of the transaction is in the store; kind `ConnectionLost` says that
    /// this cannot be known.
    fn commit(&mut self) -> Result<(), StoreError>;

    /// Takes back everything since `begin`. Without a transaction it does nothing.
    ///
    /// # Errors
    ///
    /// Only when the connection is lost; the transaction is then undone by the engine itself.
    fn rollback(&mut self) -> Result<(), StoreError>;

    /// Runs one statement and returns how many rows it changed.
    ///
    /// # Errors
    ///
    /// The transaction can only be rolled back.
    fn execute(&mut self, sql: &str, parameters: &[Value<'_>]) -> Result<u64, StoreError>;

    /// Runs several statements without parameters, separated by `;`.
    ///
    /// # Errors
    ///
    /// The statements before the failing one may have run; a transaction can only be rolled back.
    fn execute_script(&mut self, sql: &str) -> Result<(), StoreError>;

    /// Runs a query and calls `each` for every row in the query's order.
    ///
    /// # Errors
    ///
    /// The engine's error, or the first one that `each` returned, which also ends the query.
    fn query(
        &mut self,
        sql: &str,
        parameters: &[Value<'_>],
        each: &mut dyn FnMut(&dyn Row) -> Result<(), StoreError>,
    ) -> Result<(), StoreError>;

    /// Whether there is a table of this name.
    ///
    /// # Errors
    ///
    /// Kind `Engine`.
    fn has_table(&mut self, name: &str) -> Result<bool, StoreError>;

    /// Waits until no other transaction is in this section, and keeps others out of it until this
    /// one ends. Where write transactions exclude each other there is nothing to wait for.
    ///
    /// # Errors
    ///
    /// Kind `Locked` when another one stays in it longer than the engine waits.
    fn enter(&mut self, section: Section) -> Result<(), StoreError>;

    /// Writes the rows of a block in order and returns how many were inserted.
    ///
    /// # Errors
    ///
    /// Kind `Constraint` when [`OnConflict::Fail`] was asked and a key is taken.
    fn bulk_write(&mut self, rows: &RowBlock, on_conflict: OnConflict) -> Result<u64, StoreError>;

    /// Sets the columns of a block in the rows that have its keys, and returns how many these are.
    ///
    /// The block's table may be a part of the one of its name ([`schema::part`]). A key may stand in
    /// the block once; one that no row has is passed over.
    ///
    /// # Errors
    ///
    /// Kind `Constraint` when a row would get what another one has to itself.
    ///
    /// [`schema::part`]: crate::store::schema::part
    fn bulk_update(&mut self, rows: &RowBlock) -> Result<u64, StoreError>;

    /// Prepares for, or ends, a bulk load into an empty store: between the two calls referential
    /// checks are off and the caller vouches for the references, which the store verifies
    /// at the end. Outside a transaction only.
    ///
    /// # Errors
    ///
    /// Kind `Engine`.
    fn set_bulk_load(&mut self, bulk_load: BulkLoad) -> Result<(), StoreError>;

    /// Makes ready for an import: where only one can be at a time, every other process is kept from
    /// importing into this store until this connection is closed.
    ///
    /// # Errors
    ///
    /// Kind `Locked` at once when another process imports.
    fn lock_imports(&mut self) -> Result<(), StoreError>;

    /// Takes a run of the import for this connection until it is closed or gives it back. Where one
    /// import excludes every other, no run is another's.
    ///
    /// # Errors
    ///
    /// Kind `Engine`.
    fn lock_run(&mut self, run: i64) -> Result<RunLock, StoreError>;

    /// Gives a run back.
    ///
    /// # Errors
    ///
    /// Kind `Engine`.
    fn unlock_run(&mut self, run: i64) -> Result<(), StoreError>;

    /// Makes a role of a tenant, unless there is one of that name: whoever asks the tables in SQL as
    /// this role reads what the tenant itself keeps, and writes nothing. In a transaction.
    ///
    /// # Errors
    ///
    /// Kind `Invalid` by an engine that knows no roles, or for a role that could do more.
    fn create_tenant_role(&mut self, tenant: Id, role: &str) -> Result<(), StoreError> {
        let _ = (tenant, role);
        Err(StoreError::new(
            StoreErrorKind::Invalid,
            "create role",
            format!("the engine `{}` knows no roles", self.dialect().name()),
        ))
    }

    /// What time it is by the engine's own clock; the library has none.
    ///
    /// # Errors
    ///
    /// Kind `Engine`.
    fn clock(&mut self) -> Result<Instant, StoreError>;

    /// The engine's version, as it tells it.
    ///
    /// # Errors
    ///
    /// Kind `Engine`.
    fn version(&mut self) -> Result<String, StoreError>;

    /// Bytes that the store takes on disk.
    ///
    /// # Errors
    ///
    /// Kind `Engine`.
    fn size_bytes(&mut self) -> Result<u64, StoreError>;

    /// The engine's own check of the file: one line for each fault, none for a sound store.
    ///
    /// # Errors
    ///
    /// When the check itself cannot run.
    fn check_integrity(&mut self) -> Result<Vec<String>, StoreError>;
}

/// What a transaction may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Sees one state of the store throughout, writes nothing.
    Read,
    /// Reads and writes; such transactions exclude each other from their first statement.
    Write,
    /// Reads and writes beside others of its kind, where the engine can: under keys that are mostly
    /// its own, and in sections that it enters. A key that another transaction took since this one
    /// looked fails it with kind `Conflict`; it is then run again from its beginning.
    WriteBeside,
}

impl Access {
    /// Whether nothing is written.
    #[must_use]
    pub const fn is_read(self) -> bool {
        matches!(self, Self::Read)
    }
}

/// Whose a run of the import is, once a connection has asked for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunLock {
    /// This connection's from now on.
    Taken,
    /// This connection's already.
    Held,
    /// Another connection's, which is at work on it.
    OfAnother,
}

/// What one transaction at a time may work on, in the order in which one that needs several enters
/// them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Section {
    /// The numbers of runs.
    Runs,
    /// The numbers of before-images.
    RecordChanges,
    /// The end of a tenant's audit trail.
    AuditTrail(Id),
}

/// What a bulk write does with a row whose key is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnConflict {
    /// Fails.
    Fail,
    /// Leaves the row that is there.
    Skip,
}

/// Whether a bulk load into an empty store is under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BulkLoad {
    /// It begins.
    Begin,
    /// It is over.
    End,
}
