//! Tables and queries of database files.
//!
//! What to read is chosen here, the same for each engine; what an engine must be able to do is
//! [`Database`], and one file implements it. The file is only read: a query that would write is
//! refused by the engine itself.

#[cfg(feature = "duckdb")]
pub(super) mod duckdb;
pub(super) mod sqlite;

use super::error::SourceError;
use super::input::Name;
use super::layout::{Found, Origin, Part, PartKind};
use super::options::SourceOptions;
use super::table::{Columns, Halt, OpenTable, RowSink};

/// A database file, opened for reading.
pub(super) trait Database: Send + 'static {
    /// The tables and views a user made, tables first, each kind in a fixed order.
    fn tables(&self) -> Result<Vec<Table>, String>;

    /// The query that gives all rows of a table in an order that is the same each time.
    fn query_of(&self, table: &Table) -> String;

    /// The names of the columns of a query, or why it is none that only reads.
    fn columns(&self, query: &str) -> Result<Vec<String>, String>;

    /// Pushes all rows of a query.
    fn read(self, query: &str, sink: &mut RowSink) -> Result<(), Halt>;
}

/// A table or view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Table {
    pub(super) name: String,
    pub(super) is_view: bool,
}

/// Chooses what is read of a database.
pub(super) fn open(
    database: impl Database,
    options: &SourceOptions,
    name: &Name,
) -> Result<OpenTable, SourceError> {
    let (part, query) = match &options.query {
        Some(query) => {
            let part = Part {
                kind: PartKind::Query,
                name: Found::new(query.trim().to_owned(), Origin::Given),
                others: Vec::new(),
            };
            (part, query.clone())
        }
        None => {
            let unreadable = |reason| name.unreadable("a database", reason);
            let tables = database.tables().map_err(unreadable)?;
            let table = choose(&tables, options.table.as_deref(), name)?;
            let others = tables.iter().filter(|other| *other != table);
            let origin = match options.table {
                Some(_) => Origin::Given,
                None => Origin::Sniffed,
            };
            let part = Part {
                kind: PartKind::Table,
                name: Found::new(table.name.clone(), origin),
                others: others.map(|other| other.name.clone()).collect(),
            };
            (part, database.query_of(table))
        }
    };
    let columns = database.columns(&query).map_err(|reason| match part.kind {
        PartKind::Query => name.query_error(reason),
        _ => name.unreadable("a database", reason),
    })?;
    let notes = notes(&part, &query);
    Ok(OpenTable {
        part: Some(part),
        notes,
        columns: Columns::Named(columns),
        rows: Box::new(move |sink| database.read(&query, sink)),
    })
}

/// The table that is wanted, or else the only one, or the only view where there is no table.
fn choose<'t>(
    tables: &'t [Table],
    wanted: Option<&str>,
    name: &Name,
) -> Result<&'t Table, SourceError> {
    let names = || tables.iter().map(|table| table.name.clone()).collect();
    if let Some(wanted) = wanted {
        let exact = tables.iter().find(|table| table.name == wanted);
        let folded = || {
            tables
                .iter()
                .find(|table| table.name.eq_ignore_ascii_case(wanted))
        };
        let found = exact.or_else(folded);
        return found.ok_or_else(|| name.part_missing(PartKind::Table, wanted, names()));
    }
    let mut stored = tables.iter().filter(|table| !table.is_view);
    match (stored.next(), stored.next(), tables) {
        (Some(only), None, _) | (None, None, [only]) => Ok(only),
        _ => Err(name.part_unclear(PartKind::Table, names())),
    }
}

fn notes(part: &Part, query: &str) -> Vec<String> {
    let is_ordered = query.to_ascii_lowercase().contains("order by");
    match part.kind {
        PartKind::Query if !is_ordered => vec![
            "the query has no ORDER BY: `--resume` relies on the same order of rows each time"
                .to_owned(),
        ],
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::input::Input;

    fn table(name: &str, is_view: bool) -> Table {
        Table {
            name: name.to_owned(),
            is_view,
        }
    }

    fn chosen(tables: &[Table], wanted: Option<&str>) -> Result<String, &'static str> {
        let name = Input::File("a.db".into()).name();
        choose(tables, wanted, &name)
            .map(|table| table.name.clone())
            .map_err(|error| error.code())
    }

    #[test]
    fn the_only_table_needs_no_name() {
        let people = table("people", false);
        let adults = table("adults", true);
        let check = |tables: &[Table], expected: Result<&str, &'static str>| {
            assert_eq!(chosen(tables, None), expected.map(str::to_owned));
        };
        check(std::slice::from_ref(&people), Ok("people"));
        check(&[people.clone(), adults.clone()], Ok("people"));
        check(std::slice::from_ref(&adults), Ok("adults"));
        check(&[], Err("source_part_unclear"));
        let two = [people, table("calls", false)];
        check(&two, Err("source_part_unclear"));
        assert_eq!(chosen(&two, Some("Calls")), Ok("calls".to_owned()));
        assert_eq!(chosen(&two, Some("x")), Err("source_part_missing"));
    }
}
