//! From a location to a connected engine: the one place that knows which engines there are.
//!
//! An engine that this program was built without is refused by its name.

use super::engine::{Access, Engine};
use super::error::{StoreError, StoreErrorKind};
use super::location::{Place, StoreLocation};
#[cfg(feature = "postgres")]
use super::postgres::{PostgresAddress, PostgresEngine};

/// What is asked of a location.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wanted {
    /// A store that is there.
    Existing(Access),
    /// A new one, where nothing is.
    New,
}

/// Connects to a store that exists.
pub(super) fn open(
    location: &StoreLocation,
    access: Access,
) -> Result<Box<dyn Engine>, StoreError> {
    if !exists(location)? {
        return Err(StoreError::new(
            StoreErrorKind::NotFound,
            "open",
            "there is no store at this place",
        ));
    }
    connect(location, Wanted::Existing(access))
}

/// Connects to a place for a new store, where none is yet.
pub(super) fn create(location: &StoreLocation) -> Result<Box<dyn Engine>, StoreError> {
    if exists(location)? {
        return Err(StoreError::new(
            StoreErrorKind::Invalid,
            "create",
            "there is a store at this place already",
        ));
    }
    connect(location, Wanted::New)
}

/// Whether a store, readable by this program, stands at a location. Changes nothing.
pub(super) fn exists(location: &StoreLocation) -> Result<bool, StoreError> {
    match location.resolve()? {
        #[cfg(feature = "sqlite")]
        Place::File(path) | Place::Sqlite(path) => super::sqlite::exists(&path),
        #[cfg(not(feature = "sqlite"))]
        Place::File(_) | Place::Sqlite(_) => Err(built_without("SQLite", "sqlite")),
        #[cfg(feature = "duckdb")]
        Place::DuckDb(path) => super::duckdb::exists(&path),
        #[cfg(not(feature = "duckdb"))]
        Place::DuckDb(_) => Err(built_without("DuckDB", "duckdb")),
        #[cfg(feature = "postgres")]
        Place::Postgres(url) => PostgresEngine::exists(&PostgresAddress::parse(&url)?),
        #[cfg(not(feature = "postgres"))]
        Place::Postgres(_) => Err(built_without("Postgres", "postgres")),
    }
}

#[cfg_attr(
    not(any(feature = "duckdb", feature = "postgres", feature = "sqlite")),
    expect(
        unused_variables,
        reason = "without an engine there is nothing to connect"
    )
)]
fn connect(location: &StoreLocation, wanted: Wanted) -> Result<Box<dyn Engine>, StoreError> {
    match location.resolve()? {
        #[cfg(feature = "sqlite")]
        Place::File(path) | Place::Sqlite(path) => match wanted {
            Wanted::Existing(access) => {
                Ok(Box::new(super::sqlite::SqliteEngine::open(&path, access)?))
            }
            Wanted::New => {
                let mut engine = super::sqlite::SqliteEngine::create(&path)?;
                engine.initialise()?;
                Ok(Box::new(engine))
            }
        },
        #[cfg(not(feature = "sqlite"))]
        Place::File(_) | Place::Sqlite(_) => Err(built_without("SQLite", "sqlite")),
        #[cfg(feature = "duckdb")]
        Place::DuckDb(path) => Ok(Box::new(match wanted {
            Wanted::Existing(access) => super::duckdb::DuckDbEngine::open(&path, access)?,
            Wanted::New => super::duckdb::DuckDbEngine::create(&path)?,
        })),
        #[cfg(not(feature = "duckdb"))]
        Place::DuckDb(_) => Err(built_without("DuckDB", "duckdb")),
        #[cfg(feature = "postgres")]
        Place::Postgres(url) => {
            let address = PostgresAddress::parse(&url)?;
            Ok(Box::new(match wanted {
                Wanted::Existing(access) => PostgresEngine::open(&address, access)?,
                Wanted::New => PostgresEngine::create(&address)?,
            }))
        }
        #[cfg(not(feature = "postgres"))]
        Place::Postgres(_) => Err(built_without("Postgres", "postgres")),
    }
}

#[cfg(not(all(feature = "sqlite", feature = "duckdb", feature = "postgres")))]
fn built_without(engine: &str, feature: &str) -> StoreError {
    StoreError::new(
        StoreErrorKind::Invalid,
        "open",
        format!("this program was built without the {engine} engine, feature `{feature}`"),
    )
}
