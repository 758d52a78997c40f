//! The bare floor: the very same finished rows into the same schema, and nothing else.
//!
//! The rows are read from a store that smrt made and held in memory, outside the timing; then a
//! fresh store of the same schema is filled with prepared statements under the settings of smrt's
//! own engine. Closing the store, with the last checkpoint, is inside the timing, as it is for
//! smrt.
//! What this module does not do: it normalises, plans and checks nothing.

use std::error::Error;
use std::fmt;
use std::path::Path;
use std::time::Instant;

use rusqlite::types::{ToSql, ToSqlOutput, ValueRef};
use rusqlite::{Connection, OpenFlags};
use smrt_core::model::Id;
use smrt_core::smrt::Smrt;
use smrt_core::store::schema::{TABLES, Table};
use smrt_core::store::{RowBlock, Value};

use crate::child::{Measured, own_cpu_seconds};
use crate::smrt::remove_store;

/// Rows of a transaction in the variants that commit often.
const ROWS_PER_TRANSACTION: usize = 16_384;

/// The page cache of smrt's engine, in KiB.
const CACHE_KIB: i64 = 16 * 1024;

/// The page cache of smrt's engine during a bulk load, in KiB.
const BULK_LOAD_CACHE_KIB: i64 = 8 * 1024;

/// Tables that a fresh store fills by itself, and the audit trail: a handful of entries, whose
/// hashes no block holds.
const FILLED: [&str; 3] = ["schema_migrations", "audit_log", "audit_heads"];

/// How the rows are inserted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Variant {
    indexes: Indexes,
    transactions: Transactions,
    journal: Journal,
}

/// How changes are made safe; smrt switches while it fills an empty store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Journal {
    WriteAhead,
    Rollback,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Indexes {
    Before,
    After,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Transactions {
    Many,
    One,
}

impl Variant {
    pub(crate) const ALL: [Self; 6] = [
        Self::new(Indexes::After, Transactions::Many, Journal::Rollback),
        Self::new(Indexes::After, Transactions::One, Journal::Rollback),
        Self::new(Indexes::After, Transactions::Many, Journal::WriteAhead),
        Self::new(Indexes::After, Transactions::One, Journal::WriteAhead),
        Self::new(Indexes::Before, Transactions::Many, Journal::WriteAhead),
        Self::new(Indexes::Before, Transactions::One, Journal::WriteAhead),
    ];

    const fn new(indexes: Indexes, transactions: Transactions, journal: Journal) -> Self {
        Self {
            indexes,
            transactions,
            journal,
        }
    }
}

impl fmt::Display for Variant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let indexes = match self.indexes {
            Indexes::Before => "indexes before",
            Indexes::After => "indexes after",
        };
        let journal = match self.journal {
            Journal::WriteAhead => "write-ahead log",
            Journal::Rollback => "rollback journal",
        };
        match self.transactions {
            Transactions::Many => {
                write!(
                    f,
                    "{indexes}, {ROWS_PER_TRANSACTION} rows a transaction, {journal}"
                )
            }
            Transactions::One => write!(f, "{indexes}, one transaction, {journal}"),
        }
    }
}

/// The rows of a whole store.
#[derive(Debug)]
pub(crate) struct Finished {
    /// In the order of the tables; each block is one transaction of the variants that commit often.
    blocks: Vec<RowBlock>,
}

impl Finished {
    /// Reads all rows of a store that smrt made.
    pub(crate) fn read(store: &Path) -> Result<Self, Box<dyn Error>> {
        let connection = open(store)?;
        let mut blocks = Vec::new();
        for table in TABLES {
            if FILLED.contains(&table.name) {
                continue;
            }
            let sql = format!(
                "SELECT {} FROM {} ORDER BY rowid",
                columns(table),
                table.name
            );
            let mut statement = connection.prepare(&sql)?;
            let mut rows = statement.query([])?;
            let mut block = RowBlock::new(table);
            while let Some(row) = rows.next()? {
                for column in 0..table.columns.len() {
                    push(&mut block, row.get_ref(column)?)?;
                }
                if block.len() == ROWS_PER_TRANSACTION {
                    blocks.push(std::mem::replace(&mut block, RowBlock::new(table)));
                }
            }
            blocks.push(block);
        }
        Ok(Self { blocks })
    }

    /// How many rows each table has, empty ones left out.
    pub(crate) fn table_counts(&self) -> Vec<(String, u64)> {
        let count = |table: &Table| {
            let blocks = self
                .blocks
                .iter()
                .filter(|block| block.table().name == table.name);
            blocks.map(|block| block.len() as u64).sum::<u64>()
        };
        let counts = TABLES
            .iter()
            .map(|table| (table.name.to_owned(), count(table)));
        counts.filter(|(_, rows)| *rows > 0).collect()
    }

    /// Fills a fresh store and says what it cost; the memory of the rows makes its peak senseless.
    pub(crate) fn insert(&self, path: &Path, variant: Variant) -> Result<Measured, Box<dyn Error>> {
        remove_store(path)?;
        drop(Smrt::create_at(path, "2026-01-01T00:00:00Z".parse()?)?);
        let (started, cpu_before) = (Instant::now(), own_cpu_seconds());
        let connection = open(path)?;
        if variant.journal == Journal::Rollback {
            set_journal(&connection, "TRUNCATE", BULK_LOAD_CACHE_KIB)?;
        }
        let indexes = match variant.indexes {
            Indexes::Before => Vec::new(),
            Indexes::After => drop_indexes(&connection)?,
        };
        match variant.transactions {
            Transactions::Many => {
                for block in &self.blocks {
                    connection.execute_batch("BEGIN IMMEDIATE")?;
                    insert_block(&connection, block)?;
                    connection.execute_batch("COMMIT")?;
                }
                connection.execute_batch("BEGIN IMMEDIATE")?;
            }
            Transactions::One => {
                connection.execute_batch("BEGIN IMMEDIATE")?;
                for block in &self.blocks {
                    insert_block(&connection, block)?;
                }
            }
        }
        for index in &indexes {
            connection.execute_batch(index)?;
        }
        connection.execute_batch("COMMIT")?;
        if variant.journal == Journal::Rollback {
            set_journal(&connection, "WAL", CACHE_KIB)?;
        }
        connection.close().map_err(|(_, error)| error)?;
        Ok(Measured {
            wall: started.elapsed(),
            cpu_seconds: own_cpu_seconds() - cpu_before,
            peak_kib: 0,
        })
    }
}

fn set_journal(connection: &Connection, mode: &str, cache_kib: i64) -> rusqlite::Result<()> {
    connection.pragma_update(None, "cache_size", -cache_kib)?;
    connection.pragma_update_and_check(None, "journal_mode", mode, |_| Ok(()))
}

/// Opens a file under the settings of smrt's engine.
fn open(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.pragma_update(None, "foreign_keys", false)?;
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
    connection.pragma_update(None, "threads", 2)?;
    Ok(connection)
}

/// Drops every index and returns the statements that make them again.
fn drop_indexes(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let made = "SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL";
    let mut statement = connection.prepare(made)?;
    let indexes = statement
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<Vec<(String, String)>>>()?;
    for (name, _) in &indexes {
        connection.execute_batch(&format!("DROP INDEX {name}"))?;
    }
    Ok(indexes.into_iter().map(|(_, sql)| sql).collect())
}

fn insert_block(connection: &Connection, block: &RowBlock) -> rusqlite::Result<()> {
    let table = block.table();
    let marks = vec!["?"; table.columns.len()].join(", ");
    let sql = format!(
        "INSERT INTO {} ({}) VALUES ({marks})",
        table.name,
        columns(table)
    );
    let mut statement = connection.prepare_cached(&sql)?;
    for row in block.rows() {
        for (position, value) in row.values().enumerate() {
            statement.raw_bind_parameter(position + 1, Bound(value))?;
        }
        statement.raw_execute()?;
    }
    Ok(())
}

fn columns(table: &Table) -> String {
    let names: Vec<&str> = table.columns.iter().map(|column| column.name).collect();
    names.join(", ")
}

fn push(block: &mut RowBlock, value: ValueRef<'_>) -> Result<(), Box<dyn Error>> {
    match value {
        ValueRef::Null => block.push(Value::Null),
        ValueRef::Integer(number) => block.push(number),
        ValueRef::Text(text) => block.push(std::str::from_utf8(text)?),
        ValueRef::Blob(bytes) => block.push(Id::from_bytes(bytes.try_into()?)),
        ValueRef::Real(_) => return Err("no column of the schema holds a real number".into()),
    }
    Ok(())
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

/// How many rows each table of a store has, empty ones left out.
pub(crate) fn count_rows(store: &Path) -> Result<Vec<(String, u64)>, Box<dyn Error>> {
    let connection = open(store)?;
    let mut counts = Vec::new();
    for table in TABLES {
        let sql = format!("SELECT count(*) FROM {}", table.name);
        let rows: i64 = connection.query_row(&sql, [], |row| row.get(0))?;
        if rows > 0 {
            counts.push((table.name.to_owned(), u64::try_from(rows)?));
        }
    }
    Ok(counts)
}

/// A phone number of the store, from its middle.
pub(crate) fn some_number(store: &Path) -> Result<String, Box<dyn Error>> {
    let sql = "SELECT phone_number FROM phone_numbers \
               WHERE rowid >= (SELECT max(rowid) / 2 FROM phone_numbers) LIMIT 1";
    Ok(open(store)?.query_row(sql, [], |row| row.get(0))?)
}

/// The statements that make the tables and the indexes of a store, for the Python program.
pub(crate) fn schema_json(store: &Path) -> Result<String, Box<dyn Error>> {
    let connection = open(store)?;
    let statements = |kind: &str| -> rusqlite::Result<Vec<String>> {
        let sql = "SELECT sql FROM sqlite_schema WHERE type = ?1 AND sql IS NOT NULL";
        let mut statement = connection.prepare(sql)?;
        statement.query_map([kind], |row| row.get(0))?.collect()
    };
    let schema = serde_json::json!({
        "tables": statements("table")?,
        "indexes": statements("index")?,
    });
    Ok(schema.to_string())
}
