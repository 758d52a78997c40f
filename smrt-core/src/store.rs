//! The store: contact data on an engine, with every SQL text of the domain.
//!
//! What this module does not do: it takes no decision. It reads facts and writes rows.

#[cfg(any(feature = "duckdb", feature = "postgres"))]
mod argument;
pub(crate) mod audit;
mod check;
mod connect;
pub(crate) mod consent;
#[cfg(feature = "testing")]
pub mod contract;
mod copy;
mod dialect;
mod digest;
pub(crate) mod dnc;
#[cfg(feature = "duckdb")]
mod duckdb;
mod engine;
mod error;
mod file;
pub(crate) mod grants;
mod id_list;
pub(crate) mod import;
mod info;
pub(crate) mod interactions;
mod location;
mod migration;
#[cfg(feature = "postgres")]
mod postgres;
pub(crate) mod provenance;
pub(crate) mod randomness;
pub(crate) mod records;
pub(crate) mod runs;
pub mod schema;
pub(crate) mod search;
#[cfg(feature = "sqlite")]
mod sqlite;
pub(crate) mod tenants;
pub(crate) mod undo;
mod value;
pub(crate) mod visibility;

use std::fmt;
#[cfg(feature = "sqlite")]
use std::path::Path;

pub use self::audit::{AuditEntry, AuditFault, AuditFilter, AuditVerification};
pub use self::check::CheckReport;
pub use self::copy::{CopyProgress, CopyReport};
pub use self::dialect::{Dialect, References};
pub use self::digest::{StoreDigest, TableDigest};
pub use self::engine::{Access, BulkLoad, Engine, OnConflict, RunLock, Section};
pub use self::error::{StoreError, StoreErrorKind};
pub use self::import::{
    ExistingHuman, ExistingLink, HUMAN_FIELDS, HumanUpdate, ImportBatch, ImportTransaction,
    LinkUpdate, SourceRow, SourceRowUpdate, VerificationError,
};
pub use self::info::StoreInfo;
pub use self::location::StoreLocation;
pub use self::migration::schema_version;
#[cfg(feature = "postgres")]
pub use self::postgres::PostgresAddress;
pub use self::provenance::{Origin, SourceKey};
use self::randomness::Randomness;
pub use self::runs::{
    DeferredRow, IndexPolicy, Issue, NewRun, Run, RunCounts, RunKey, RunStatus, Severity,
};
pub use self::tenants::{NewTenant, Tenant, TenantChange};
pub use self::undo::{Obstacle, UndoReport};
pub use self::value::{BlockRow, Row, RowBlock, Value};
use crate::model::Instant;

/// An open store.
pub(crate) struct Store {
    engine: Box<dyn Engine>,
    purpose: Purpose,
    randomness: Randomness,
}

/// What a store is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Purpose {
    /// Contact data that is kept.
    Keep,
    /// A plan that is tried out: references are never checked.
    Scratch,
}

impl Store {
    /// Opens an existing store and brings its schema up to date if `access` allows.
    ///
    /// `at` is the instant recorded for a schema change; without one the engine's clock tells it.
    ///
    /// # Errors
    ///
    /// Kind `NotFound`, `Foreign`, `Newer`, `Damaged` or `ReadOnly`; the store is then unchanged.
    pub(crate) fn open(
        location: &StoreLocation,
        access: Access,
        at: Option<Instant>,
    ) -> Result<Self, StoreError> {
        let mut engine = connect::open(location, access)?;
        let version = migration::version_of(engine.as_mut())?;
        if migration::is_unfinished_copy(engine.as_mut())? {
            return Err(StoreError::new(
                StoreErrorKind::Invalid,
                "open",
                "it is a copy that is not finished; run the same `smrt db copy` again",
            ));
        }
        if version < schema_version() && access == Access::Read {
            return Err(StoreError::new(
                StoreErrorKind::Invalid,
                "open",
                format!(
                    "the store has the older schema version {version}; open it for writing once"
                ),
            ));
        }
        let at = at.map_or_else(|| engine.clock(), Ok)?;
        Self::on_engine(engine, version, at)
    }

    /// Makes a new store where there is nothing, or an empty file.
    ///
    /// # Errors
    ///
    /// Kind `Invalid` when something is there; `ReadOnly` when the folder cannot be written.
    pub(crate) fn create(
        location: &StoreLocation,
        at: Option<Instant>,
    ) -> Result<Self, StoreError> {
        let mut engine = connect::create(location)?;
        let at = at.map_or_else(|| engine.clock(), Ok)?;
        let made = migration::migrate(engine.as_mut(), 0, at);
        // Another process that makes the same store may have been faster; then its tables stand.
        let stands = |engine: &mut dyn Engine| {
            migration::version_of(engine).is_ok_and(|version| version == schema_version())
        };
        if made.is_err() && !stands(engine.as_mut()) {
            made?;
        }
        Ok(Self {
            engine,
            purpose: Purpose::Keep,
            randomness: Randomness::System,
        })
    }

    /// Makes a store that lives as long as the value.
    #[cfg(feature = "sqlite")]
    pub(crate) fn in_memory() -> Result<Self, StoreError> {
        let mut engine = sqlite::SqliteEngine::in_memory()?;
        let at = engine.clock()?;
        Self::on_engine(Box::new(engine), 0, at)
    }

    /// Makes a store at `path` for trying a plan out: nothing in it is checked against tenants.
    ///
    /// # Errors
    ///
    /// As [`Store::create`].
    #[cfg(feature = "sqlite")]
    pub(crate) fn scratch(path: &Path, at: Instant) -> Result<Self, StoreError> {
        let mut store = Self::create(&path.into(), Some(at))?;
        store.purpose = Purpose::Scratch;
        store.engine.set_bulk_load(BulkLoad::Begin)?;
        Ok(store)
    }

    /// Whether a store, readable by this program, stands at a location. Changes nothing.
    ///
    /// # Errors
    ///
    /// As [`Store::open`], except that a missing or empty file is `Ok(false)`.
    pub(crate) fn exists(location: &StoreLocation) -> Result<bool, StoreError> {
        connect::exists(location)
    }

    /// A store on an engine of the caller's, whose schema is brought up to date.
    ///
    /// # Errors
    ///
    /// Those of the engine.
    pub(crate) fn on_engine(
        mut engine: Box<dyn Engine>,
        version: i64,
        at: Instant,
    ) -> Result<Self, StoreError> {
        migration::migrate(engine.as_mut(), version, at)?;
        Ok(Self {
            engine,
            purpose: Purpose::Keep,
            randomness: Randomness::System,
        })
    }

    /// The engine, for the facade's units of work.
    pub(crate) fn engine(&mut self) -> &mut dyn Engine {
        self.engine.as_mut()
    }

    /// The engine, and where the random part of new ids comes from.
    pub(crate) fn parts(&mut self) -> (&mut dyn Engine, &mut Randomness) {
        (self.engine.as_mut(), &mut self.randomness)
    }

    /// Takes the random part of new ids from here from now on.
    #[cfg(feature = "testing")]
    pub(crate) fn set_randomness(&mut self, randomness: Randomness) {
        self.randomness = randomness;
    }

    /// Runs `work` in a transaction: all of it is kept, or none.
    fn transaction<T>(
        &mut self,
        work: impl FnOnce(&mut dyn Engine) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.engine.begin(Access::Write)?;
        match work(self.engine.as_mut()).and_then(|result| self.engine.commit().map(|()| result)) {
            Ok(result) => Ok(result),
            Err(error) => {
                // The first error tells more than one of the rollback; the engine undoes the
                // transaction in any case when the connection closes.
                let _ = self.engine.rollback();
                Err(error)
            }
        }
    }

    /// Whether it is for trying a plan out.
    pub(crate) fn is_scratch(&self) -> bool {
        self.purpose == Purpose::Scratch
    }

    /// Whether several imports may go on at once.
    pub(crate) fn shares_imports(&self) -> bool {
        self.engine.dialect().shares_imports()
    }

    /// Begins a bulk load.
    pub(crate) fn begin_bulk_load(&mut self) -> Result<(), StoreError> {
        self.engine.set_bulk_load(BulkLoad::Begin)
    }

    /// Ends a bulk load; in a scratch store all writing is one.
    pub(crate) fn end_bulk_load(&mut self) -> Result<(), StoreError> {
        match self.purpose {
            Purpose::Keep => self.engine.set_bulk_load(BulkLoad::End),
            Purpose::Scratch => Ok(()),
        }
    }

    /// A single whole number, such as a count.
    fn count(&mut self, sql: &str, parameters: &[Value<'_>]) -> Result<i64, StoreError> {
        count(self.engine.as_mut(), sql, parameters)
    }
}

/// A single whole number, such as a count; 0 when the query has no row or the value is null.
fn count(engine: &mut dyn Engine, sql: &str, parameters: &[Value<'_>]) -> Result<i64, StoreError> {
    let mut number = 0;
    engine.query(sql, parameters, &mut |row| {
        number = row.optional_integer(0)?.unwrap_or(0);
        Ok(())
    })?;
    Ok(number)
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store")
            .field("engine", &self.engine.dialect().name())
            .finish()
    }
}
