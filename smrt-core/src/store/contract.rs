//! What every engine must do, as one list of cases; feature `testing`.
//!
//! Whoever adds an engine implements [`Place`] for it and runs [`CASES`], each at a place of its
//! own. A case that fails says which promise of the seam the engine breaks.
//! What this module does not do: it does not test the SQL of the domain, which is written once.

mod bulk;
mod connection;
#[cfg(feature = "duckdb")]
mod duckdb_place;
mod key;
#[cfg(feature = "postgres")]
mod postgres_place;
mod reference;
mod sample;
mod shape;
#[cfg(feature = "sqlite")]
mod sqlite_place;
mod text;
mod transaction;
mod value_kept;

use super::engine::{Access, Engine};
use super::error::{StoreError, StoreErrorKind};
use super::migration;
use super::value::Value;
use crate::model::Instant;

#[cfg(feature = "duckdb")]
pub use self::duckdb_place::DuckDbPlace;
#[cfg(feature = "postgres")]
pub use self::postgres_place::PostgresPlace;
#[cfg(feature = "sqlite")]
pub use self::sqlite_place::SqlitePlace;

/// A place where one store of an engine can be made, and connected to several times.
pub trait Place: Sync {
    /// Connects to an empty database that holds no schema yet. Called once.
    ///
    /// # Errors
    ///
    /// Those of the engine.
    fn create(&self) -> Result<Box<dyn Engine>, StoreError>;

    /// Connects once more to what [`Place::create`] made, which other connections may hold open.
    ///
    /// # Errors
    ///
    /// Those of the engine.
    fn connect(&self, access: Access) -> Result<Box<dyn Engine>, StoreError>;
}

/// One promise of the seam.
#[derive(Debug, Clone, Copy)]
pub struct Case {
    /// The promise as a sentence.
    pub name: &'static str,
    work: fn(&dyn Place) -> Result<(), ContractError>,
}

impl Case {
    const fn new(name: &'static str, work: fn(&dyn Place) -> Result<(), ContractError>) -> Self {
        Self { name, work }
    }

    /// Runs the case at a fresh place.
    ///
    /// # Errors
    ///
    /// [`ContractError`] when the engine breaks the promise, or fails otherwise.
    pub fn run(&self, place: &dyn Place) -> Result<(), ContractError> {
        (self.work)(place)
    }
}

/// Why a case did not pass.
#[derive(Debug, thiserror::Error)]
pub enum ContractError {
    /// The engine failed where it had to succeed.
    #[error("the engine failed where it had to succeed: {0}")]
    Engine(#[from] StoreError),
    /// The engine did something else than promised.
    #[error("{0}")]
    Broken(String),
}

/// Every case.
pub const CASES: &[Case] = &[
    Case::new(
        "a migrated store has exactly the tables and columns of the schema",
        shape::tables_and_columns,
    ),
    Case::new(
        "views show ids and instants as text",
        shape::views_show_text,
    ),
    Case::new(
        "instants before 1970 and at the end of a second are shown right",
        shape::awkward_instants_are_shown_right,
    ),
    Case::new(
        "every unique index refuses a second row with its key",
        shape::unique_indexes,
    ),
    Case::new(
        "migrating once more changes nothing and a newer schema is refused",
        shape::migrations,
    ),
    Case::new(
        "a sound store passes the engine's own check",
        shape::integrity,
    ),
    Case::new(
        "what was committed is there, also for a later connection",
        transaction::commit_is_durable,
    ),
    Case::new(
        "a rollback leaves nothing",
        transaction::rollback_leaves_nothing,
    ),
    Case::new(
        "a failed statement leaves the transaction to be rolled back, and that takes all of it back",
        transaction::failed_statement,
    ),
    Case::new(
        "dropping an index is part of the transaction",
        transaction::schema_changes_roll_back,
    ),
    Case::new(
        "a connection that is closed in a transaction leaves nothing",
        transaction::closing_leaves_nothing,
    ),
    Case::new("a bulk write keeps the order of its rows", bulk::order),
    Case::new(
        "a bulk write fails on a taken key and says so by its kind",
        bulk::fail,
    ),
    Case::new(
        "a bulk write that skips counts the rows it wrote, repeats within the block included",
        bulk::skip,
    ),
    Case::new("excluded rows are not written", bulk::excluded),
    Case::new(
        "a bulk update sets what it names in the rows that have its keys, and nothing else",
        bulk::update,
    ),
    Case::new("text comes back as it was given", value_kept::texts),
    Case::new(
        "a NUL in text is kept or refused, never cut off",
        value_kept::nul,
    ),
    Case::new("empty text is not null", value_kept::empty_and_null),
    Case::new(
        "whole numbers and instants keep their edges",
        value_kept::integers,
    ),
    Case::new(
        "ids and bytes come back as they were given",
        value_kept::bytes,
    ),
    Case::new("ids are compared and ordered by their bytes", key::ids),
    Case::new(
        "text keys are compared byte by byte, whatever they look like",
        key::texts,
    ),
    Case::new(
        "a reference to nothing is refused by an engine that says so",
        reference::dangling,
    ),
    Case::new(
        "a record that is referred to cannot be deleted where references are refused",
        reference::parent_kept,
    ),
    Case::new(
        "where indexes are deferred, references are not checked during a bulk load, and again after it",
        reference::bulk_load,
    ),
    Case::new(
        "other connections see only what was committed",
        connection::isolation,
    ),
    Case::new(
        "a read transaction sees one state throughout",
        connection::one_state,
    ),
    Case::new(
        "a connection for reading writes nothing",
        connection::readers_write_nothing,
    ),
    Case::new(
        "a second writer waits for the first, or is told that the store is locked",
        connection::second_writer,
    ),
    Case::new(
        "where one import excludes every other, its lock does until the connection is closed",
        connection::import_lock,
    ),
    Case::new(
        "where imports go beside each other, a run is held by one connection at a time",
        connection::run_lock,
    ),
    Case::new(
        "text is found whatever its case, beyond ASCII too",
        text::contains_folded,
    ),
    Case::new(
        "signs of pattern languages are ordinary characters in a search",
        text::no_patterns,
    ),
    Case::new(
        "a statement may leave out parameters before its last one",
        text::unused_parameters,
    ),
    Case::new("rows come in the query's order", text::query_order),
    Case::new(
        "an error of the caller ends a query and leaves the connection usable",
        text::each_may_fail,
    ),
];

/// The instant the suite's stores are made at.
const AT: Instant = Instant::from_micros(1_700_000_000_000_000);

/// A connection to a new store with the schema.
fn fresh(place: &dyn Place) -> Result<Box<dyn Engine>, ContractError> {
    let mut engine = place.create()?;
    migration::migrate(engine.as_mut(), 0, AT)?;
    Ok(engine)
}

fn require(holds: bool, promise: &str) -> Result<(), ContractError> {
    match holds {
        true => Ok(()),
        false => Err(ContractError::Broken(promise.to_owned())),
    }
}

fn require_equal<T: PartialEq + std::fmt::Debug>(
    what: &str,
    got: T,
    want: T,
) -> Result<(), ContractError> {
    match got == want {
        true => Ok(()),
        false => Err(ContractError::Broken(format!(
            "{what}: got {got:?}, want {want:?}"
        ))),
    }
}

/// Requires a failure of this kind.
fn require_kind<T>(
    what: &str,
    result: Result<T, StoreError>,
    want: StoreErrorKind,
) -> Result<(), ContractError> {
    match result {
        Ok(_) => Err(ContractError::Broken(format!("{what}: was not refused"))),
        Err(error) => require_equal(what, error.kind(), want),
    }
}

/// The first column of every row of a query.
fn integers(engine: &mut dyn Engine, sql: &str) -> Result<Vec<i64>, StoreError> {
    let mut numbers = Vec::new();
    engine.query(sql, &[], &mut |row| {
        numbers.push(row.integer(0)?);
        Ok(())
    })?;
    Ok(numbers)
}

/// The only number of a query.
fn number(engine: &mut dyn Engine, sql: &str, parameters: &[Value<'_>]) -> Result<i64, StoreError> {
    super::count(engine, sql, parameters)
}
