//! DuckDB files.
//!
//! A file is opened for reading only, and its queries reach no other file. What comes out of it are
//! Arrow's batches, so a value becomes the same text as one of a Parquet file.

use duckdb::{AccessMode, Config, Connection};

use crate::source::columnar;
use crate::source::error::SourceError;
use crate::source::input::Name;
use crate::source::seekable::FileAtPath;
use crate::source::table::{Halt, RowSink};

use super::{Database, Table};

/// A table that every store of smrt has, and its neighbour.
const STORE_TABLES: [&str; 2] = ["schema_migrations", "phone_human_links"];

/// An open DuckDB file, which may be a temporary one.
pub(in crate::source) struct DuckDb {
    connection: Connection,
    _file: FileAtPath,
}

/// Opens a DuckDB file that is no store of smrt.
pub(in crate::source) fn open(file: FileAtPath, name: &Name) -> Result<DuckDb, SourceError> {
    let unreadable = |reason: String| name.unreadable("a DuckDB database", reason);
    let connection = Config::default()
        .access_mode(AccessMode::ReadOnly)
        .and_then(|config| config.enable_autoload_extension(false))
        .and_then(|config| config.enable_external_access(false))
        .and_then(|config| Connection::open_with_flags(file.path(), config))
        .map_err(|error| unreadable(text(error)))?;
    let database = DuckDb {
        connection,
        _file: file,
    };
    let tables = database.tables().map_err(unreadable)?;
    let is_there = |wanted: &&str| tables.iter().any(|table| table.name == **wanted);
    match STORE_TABLES.iter().all(is_there) {
        true => Err(SourceError::OwnStore {
            name: name.to_string(),
        }),
        false => Ok(database),
    }
}

impl Database for DuckDb {
    fn tables(&self) -> Result<Vec<Table>, String> {
        let query = "SELECT table_name, false FROM duckdb_tables() \
                     WHERE schema_name = 'main' AND NOT internal \
                     UNION ALL SELECT view_name, true FROM duckdb_views() \
                     WHERE schema_name = 'main' AND NOT internal ORDER BY 2, 1";
        let read = || {
            let mut statement = self.connection.prepare(query)?;
            let tables = statement.query_map([], |row| {
                Ok(Table {
                    name: row.get(0)?,
                    is_view: row.get(1)?,
                })
            })?;
            tables.collect::<duckdb::Result<Vec<Table>>>()
        };
        read().map_err(text)
    }

    fn query_of(&self, table: &Table) -> String {
        // Rows of a table come in the order they were inserted in.
        format!("SELECT * FROM \"{}\"", table.name.replace('"', "\"\""))
    }

    fn columns(&self, query: &str) -> Result<Vec<String>, String> {
        let query = query.trim().trim_end_matches(';');
        // Nothing but one query can stand in the place of a table. Its last line may be a comment.
        let empty = format!("SELECT * FROM (\n{query}\n) LIMIT 0");
        let mut statement = self.connection.prepare(&empty).map_err(text)?;
        let schema = statement.stream_arrow([]).map_err(text)?.get_schema();
        if let Some((column, kind)) = columnar::unread(&schema) {
            return Err(format!(
                "its column `{column}` is of the type {kind}, which is not read; cast it to VARCHAR \
                 in a `--query`"
            ));
        }
        let names = schema.fields().iter().map(|field| field.name().clone());
        Ok(names.collect())
    }

    fn read(self, query: &str, sink: &mut RowSink) -> Result<(), Halt> {
        let mut line = 0;
        let failed = |line: u64, error: duckdb::Error| {
            Halt::at(format!("the row after row {line}"), text(error))
        };
        let statement = self.connection.prepare(query);
        let mut statement = statement.map_err(|error| failed(0, error))?;
        let batches = statement.stream_arrow([]);
        for batch in batches.map_err(|error| failed(0, error))? {
            let batch = batch.map_err(|error| failed(line, error))?;
            columnar::push_rows(&batch, &mut line, sink)?;
        }
        Ok(())
    }
}

/// The first line of what the engine says; those after it point into the query.
fn text(error: duckdb::Error) -> String {
    let text = error.to_string();
    text.lines().next().unwrap_or_default().to_owned()
}
