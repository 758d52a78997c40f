//! Rows of an export: columns with a kind, and cells.
//!
//! What this module does not do: it knows no format and no record.

use std::fmt;

use smrt_core::model::{Id, Instant};
use smrt_core::smrt::Masked;

/// A column of an export.
#[derive(Debug, Clone, Copy)]
pub(super) struct Column {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
}

/// What the cells of a column hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Integer,
    Truth,
    Instant,
    /// A JSON list. Where the format has lists it is one, elsewhere it is its text.
    List,
}

/// A cell of a row.
#[derive(Clone, PartialEq)]
pub(super) enum Cell {
    Empty,
    Text(String),
    Integer(i64),
    Truth(bool),
    Instant(Instant),
    List(String),
}

/// Rows of one kind.
pub(super) struct Rows {
    pub(super) columns: &'static [Column],
    cells: Vec<Cell>,
}

pub(super) const fn text(name: &'static str) -> Column {
    of(name, Kind::Text)
}

pub(super) const fn of(name: &'static str, kind: Kind) -> Column {
    Column { name, kind }
}

impl Rows {
    pub(super) fn new(columns: &'static [Column]) -> Self {
        Self {
            columns,
            cells: Vec::new(),
        }
    }

    /// Appends a row, which has a cell for each column.
    pub(super) fn push<const N: usize>(&mut self, cells: [Cell; N]) {
        debug_assert_eq!(cells.len(), self.columns.len());
        self.cells.extend(cells);
    }

    pub(super) fn len(&self) -> usize {
        self.cells.len() / self.columns.len().max(1)
    }

    /// The rows, each as its cells.
    pub(super) fn iter(&self) -> impl Iterator<Item = &[Cell]> {
        self.cells.chunks_exact(self.columns.len().max(1))
    }

    /// How many cells of a named column are not empty.
    pub(super) fn count_filled(&self, name: &str) -> usize {
        let column = self.columns.iter().position(|column| column.name == name);
        column.map_or(0, |column| {
            let cells = self.column(column);
            cells.filter(|cell| **cell != Cell::Empty).count()
        })
    }

    /// The cells of a column, from the first row to the last.
    pub(super) fn column(&self, column: usize) -> impl Iterator<Item = &Cell> {
        self.iter().filter_map(move |row| row.get(column))
    }
}

impl fmt::Debug for Rows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rows")
            .field("rows", &self.len())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Cell(****)")
    }
}

impl From<Id> for Cell {
    fn from(id: Id) -> Self {
        Self::Text(id.to_string())
    }
}

impl From<Option<String>> for Cell {
    fn from(text: Option<String>) -> Self {
        text.map_or(Self::Empty, Self::Text)
    }
}

impl From<Masked<String>> for Cell {
    fn from(text: Masked<String>) -> Self {
        text.into_value().into()
    }
}

impl From<Masked<i64>> for Cell {
    fn from(number: Masked<i64>) -> Self {
        number.into_value().map_or(Self::Empty, Self::Integer)
    }
}

impl From<Masked<bool>> for Cell {
    fn from(truth: Masked<bool>) -> Self {
        truth.into_value().into()
    }
}

impl From<Option<bool>> for Cell {
    fn from(truth: Option<bool>) -> Self {
        truth.map_or(Self::Empty, Self::Truth)
    }
}

impl From<Masked<Instant>> for Cell {
    fn from(instant: Masked<Instant>) -> Self {
        instant.into_value().map_or(Self::Empty, Self::Instant)
    }
}

/// A JSON object that says nothing is an empty cell.
pub(super) fn object(json: Masked<String>) -> Cell {
    match json.into_value() {
        Some(json) if json != "{}" => Cell::Text(json),
        Some(_) | None => Cell::Empty,
    }
}
