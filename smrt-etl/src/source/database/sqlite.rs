//! SQLite files.
//!
//! A file is opened for reading only, and told so twice: by the mode it is opened in, and by a
//! setting that refuses every statement that would write, whatever file it names. A write-ahead
//! log beside the file is read with it.

use rusqlite::fallible_iterator::FallibleIterator as _;
use rusqlite::types::ValueRef;
use rusqlite::{Batch, Connection, OpenFlags};

use crate::source::error::SourceError;
use crate::source::input::Name;
use crate::source::seekable::FileAtPath;
use crate::source::table::{CellRow, Halt, RowSink, WhenBlank};

use super::{Database, Table};

/// What marks a SQLite file as a store of smrt: `smrt` in ASCII.
const STORE_APPLICATION_ID: i32 = 0x736d_7274;

/// An open SQLite file, which may be a temporary one.
pub(in crate::source) struct Sqlite {
    connection: Connection,
    _file: FileAtPath,
}

/// Opens a SQLite file that is no store of smrt.
pub(in crate::source) fn open(file: FileAtPath, name: &Name) -> Result<Sqlite, SourceError> {
    let unreadable = |error: rusqlite::Error| name.unreadable("a SQLite database", error);
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(file.path(), flags).map_err(unreadable)?;
    connection
        .pragma_update(None, "query_only", true)
        .map_err(unreadable)?;
    // A schema may name functions and modules; those of a foreign file are not trusted.
    connection
        .pragma_update(None, "trusted_schema", false)
        .map_err(unreadable)?;
    let application: i32 = connection
        .pragma_query_value(None, "application_id", |row| row.get(0))
        .map_err(unreadable)?;
    if application == STORE_APPLICATION_ID {
        return Err(SourceError::OwnStore {
            name: name.to_string(),
        });
    }
    Ok(Sqlite {
        connection,
        _file: file,
    })
}

impl Database for Sqlite {
    fn tables(&self) -> Result<Vec<Table>, String> {
        let query = "SELECT name, type = 'view' FROM sqlite_schema \
                     WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' \
                     ORDER BY 2, rowid";
        let read = || {
            let mut statement = self.connection.prepare(query)?;
            let tables = statement.query_map([], |row| {
                Ok(Table {
                    name: row.get(0)?,
                    is_view: row.get(1)?,
                })
            })?;
            tables.collect::<Result<Vec<Table>, rusqlite::Error>>()
        };
        read().map_err(|error| error.to_string())
    }

    fn query_of(&self, table: &Table) -> String {
        let name = table.name.replace('"', "\"\"");
        // Views have no rowid, nor have some tables; those come in the order of their key.
        let by_rowid = format!("SELECT * FROM \"{name}\" ORDER BY rowid");
        match !table.is_view && self.connection.prepare(&by_rowid).is_ok() {
            true => by_rowid,
            false => format!("SELECT * FROM \"{name}\""),
        }
    }

    fn columns(&self, query: &str) -> Result<Vec<String>, String> {
        let mut batch = Batch::new(&self.connection, query);
        let next = |batch: &mut Batch<'_, '_>| match batch.next() {
            Ok(statement) => Ok(statement.map(|statement| {
                let names = statement.column_names();
                let names = names.map(str::to_owned);
                (statement.readonly(), names.collect::<Vec<String>>())
            })),
            Err(error) => Err(error.to_string()),
        };
        let first = next(&mut batch)?;
        let Some((true, names)) = first.filter(|(_, names)| !names.is_empty()) else {
            return Err("it is no statement that only reads".to_owned());
        };
        match next(&mut batch)? {
            None => Ok(names),
            Some(_) => Err("it is more than one statement".to_owned()),
        }
    }

    fn read(self, query: &str, sink: &mut RowSink) -> Result<(), Halt> {
        let failed = |line: u64, error: rusqlite::Error| {
            let place = format!("the row after row {line}");
            Halt::at(place, error)
        };
        let statement = self.connection.prepare(query);
        let mut statement = statement.map_err(|error| failed(0, error))?;
        let columns = statement.column_count();
        let mut rows = statement.query([]).map_err(|error| failed(0, error))?;
        let mut line = 0;
        while let Some(found) = rows.next().map_err(|error| failed(line, error))? {
            line += 1;
            let mut row = CellRow::new(line, WhenBlank::Row);
            for column in 0..columns {
                let value = found.get_ref(column);
                match value.map_err(|error| failed(line - 1, error))? {
                    ValueRef::Null => row.push(""),
                    ValueRef::Integer(number) => row.push_display(number),
                    ValueRef::Real(number) => row.push_display(number),
                    ValueRef::Text(text) => row.push_bytes(text),
                    ValueRef::Blob(bytes) => row.push_base64(bytes),
                }
            }
            sink.push(row)?;
        }
        Ok(())
    }
}
