//! The engine that the tests of this process keep their stores on.
//!
//! A test says nothing of an engine: it names a store `a.db`, and the engine decides where that is.
//! `tests/engines.rs` runs the tests once more for each engine other than SQLite.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};

use smrt_core::model::{Id, Instant};
use smrt_core::store::PostgresAddress;
use smrt_core::store::StoreLocation;
use smrt_core::store::contract::{DuckDbPlace, Place, PostgresPlace, SqlitePlace};

use crate::postgres_server::{Database, shared};
use crate::sandbox::Sandbox;

/// The variable that names the engine to the tests of a process.
pub(crate) const VARIABLE: &str = "SMRT_TEST_ENGINE";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TestEngine {
    Sqlite,
    DuckDb,
    Postgres,
}

static CHOSEN: LazyLock<TestEngine> = LazyLock::new(|| match std::env::var(VARIABLE).as_deref() {
    Err(_) => TestEngine::Sqlite,
    Ok(name) => TestEngine::ALL
        .into_iter()
        .find(|engine| engine.name() == name)
        .unwrap_or_else(|| panic!("{VARIABLE} names no engine: {name}")),
});

/// The database that holds the stores of this process, each in a schema of its own.
static DATABASE: LazyLock<Database<'static>> = LazyLock::new(|| shared().database());

static SCHEMAS: AtomicU32 = AtomicU32::new(0);

impl TestEngine {
    pub(crate) const ALL: [Self; 3] = [Self::Sqlite, Self::DuckDb, Self::Postgres];

    /// The engine of this process.
    pub(crate) fn chosen() -> Self {
        *CHOSEN
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::DuckDb => "duckdb",
            Self::Postgres => "postgres",
        }
    }

    /// The location of a store of this name, as the command line takes it.
    pub(crate) fn location(self, sandbox: &Sandbox, db: &str) -> String {
        match self {
            Self::Sqlite => db.to_owned(),
            Self::DuckDb => format!("duckdb:{db}"),
            Self::Postgres => {
                let schema = db.replace(|letter: char| !letter.is_ascii_alphanumeric(), "_");
                format!("{}?schema=s{}_{schema}", DATABASE.url(), sandbox.number())
            }
        }
    }

    /// The same for the library, which does not work in the sandbox's folder.
    pub(crate) fn absolute_location(self, sandbox: &Sandbox, db: &str) -> StoreLocation {
        match self {
            Self::Sqlite => sandbox.path(db).into(),
            Self::DuckDb => format!("duckdb:{}", sandbox.path(db).display())
                .parse()
                .unwrap(),
            Self::Postgres => self.location(sandbox, db).parse().unwrap(),
        }
    }

    /// A text of the program in which stores have the names of files again.
    pub(crate) fn named_as_files(self, sandbox: &Sandbox, text: &str) -> String {
        if self != Self::Postgres {
            return text.to_owned();
        }
        let place = format!("{}?schema=s{}_", DATABASE.url(), sandbox.number());
        let mut parts = text.split(&place);
        let mut named = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let end = part.find(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '_'));
            let (schema, rest) = part.split_at(end.unwrap_or(part.len()));
            let name = schema.strip_suffix("_db").unwrap_or(schema);
            named.push_str(&format!("{}.db{rest}", name.replace('_', "-")));
        }
        named
    }

    /// Takes a store away, with all that the engine or the program put beside it.
    pub(crate) fn remove(self, sandbox: &Sandbox, db: &str) {
        if self == Self::Postgres {
            let address = PostgresAddress::parse(&self.location(sandbox, db)).unwrap();
            let sql = format!("DROP SCHEMA IF EXISTS \"{}\" CASCADE", address.schema());
            DATABASE.superuser().batch_execute(&sql).unwrap();
            return;
        }
        for suffix in ["", "-wal", "-shm", "-import-lock", ".wal"] {
            let _ = std::fs::remove_file(sandbox.path(&format!("{db}{suffix}")));
        }
    }

    /// An id as this engine's SQL writes one.
    pub(crate) fn id(self, id: Id) -> String {
        match self {
            Self::Sqlite => self.bytes(id.as_bytes()),
            Self::DuckDb | Self::Postgres => format!("CAST('{id}' AS UUID)"),
        }
    }

    /// Bytes as this engine's SQL writes them.
    pub(crate) fn bytes(self, bytes: &[u8]) -> String {
        let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        match self {
            Self::Sqlite => format!("X'{digits}'"),
            Self::DuckDb => format!("unhex('{digits}')"),
            Self::Postgres => format!("decode('{digits}', 'hex')"),
        }
    }

    /// An instant as this engine's SQL writes one.
    pub(crate) fn instant(self, instant: Instant) -> String {
        match self {
            Self::Sqlite => instant.as_micros().to_string(),
            Self::DuckDb | Self::Postgres => format!("CAST('{instant}' AS TIMESTAMP)"),
        }
    }

    /// The instant so many microseconds after the one that an expression says.
    pub(crate) fn later(self, instant: &str, micros: i64) -> String {
        match self {
            Self::Sqlite => format!("{instant} + {micros}"),
            Self::DuckDb | Self::Postgres => {
                format!("{instant} + INTERVAL '{micros} microseconds'")
            }
        }
    }

    /// Where a connection below the library's surface can be made.
    pub(crate) fn place(self, sandbox: &Sandbox, db: &str) -> Box<dyn Place> {
        match self {
            Self::Sqlite => Box::new(SqlitePlace::new(sandbox.path(db))),
            Self::DuckDb => Box::new(DuckDbPlace::new(sandbox.path(db))),
            Self::Postgres => {
                let address = PostgresAddress::parse(&self.location(sandbox, db));
                Box::new(PostgresPlace::new(address.unwrap()))
            }
        }
    }
}

/// A number that no other sandbox of this process has.
pub(crate) fn next_number() -> u32 {
    SCHEMAS.fetch_add(1, Ordering::Relaxed)
}
