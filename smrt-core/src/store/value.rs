//! Values on their way into and out of an engine, and blocks of finished rows.
//!
//! What this module does not do: it knows no SQL.

use std::fmt;

use super::error::{StoreError, StoreErrorKind};
use super::schema::Table;
use crate::model::{Id, Instant};

/// One value of a row.
///
/// Drivers hand out what they stored: UUIDs come back as [`Value::Id`], and so do any other sixteen
/// bytes; JSON as [`Value::Text`]. An engine without types for instants and booleans hands out
/// [`Value::Integer`] for both, so whoever reads a row asks it for the type wanted.
#[derive(Clone, Copy)]
pub enum Value<'a> {
    /// Nothing.
    Null,
    /// A whole number; from an engine without types for them also a boolean or an instant.
    Integer(i64),
    /// True or false.
    Boolean(bool),
    /// An instant.
    Instant(Instant),
    /// A UUID.
    Id(Id),
    /// Text or JSON.
    Text(&'a str),
    /// Bytes of any other length than a UUID's.
    Bytes(&'a [u8]),
}

impl Value<'_> {
    /// A number, a boolean (0, 1) or an instant (microseconds) as the number it is kept as where an
    /// engine has no type for it.
    #[must_use]
    pub fn as_integer(&self) -> Option<i64> {
        match *self {
            Value::Integer(number) => Some(number),
            Value::Boolean(truth) => Some(i64::from(truth)),
            Value::Instant(instant) => Some(instant.as_micros()),
            Value::Null | Value::Id(_) | Value::Text(_) | Value::Bytes(_) => None,
        }
    }
}

/// Equal values mean the same, whether or not an engine has types for booleans and instants.
impl PartialEq for Value<'_> {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Value::Null, Value::Null) => true,
            (Value::Id(left), Value::Id(right)) => left == right,
            (Value::Text(left), Value::Text(right)) => left == right,
            (Value::Bytes(left), Value::Bytes(right)) => left == right,
            _ => self.as_integer().is_some() && self.as_integer() == other.as_integer(),
        }
    }
}

impl<'a> From<Option<&'a str>> for Value<'a> {
    fn from(text: Option<&'a str>) -> Self {
        text.map_or(Value::Null, Value::Text)
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Value::Text(text)
    }
}

impl From<Id> for Value<'_> {
    fn from(id: Id) -> Self {
        Value::Id(id)
    }
}

impl From<Option<Id>> for Value<'_> {
    fn from(id: Option<Id>) -> Self {
        id.map_or(Value::Null, Value::Id)
    }
}

impl From<Instant> for Value<'_> {
    fn from(instant: Instant) -> Self {
        Value::Instant(instant)
    }
}

impl From<Option<Instant>> for Value<'_> {
    fn from(instant: Option<Instant>) -> Self {
        instant.map_or(Value::Null, Value::from)
    }
}

impl From<i64> for Value<'_> {
    fn from(number: i64) -> Self {
        Value::Integer(number)
    }
}

impl From<bool> for Value<'_> {
    fn from(truth: bool) -> Self {
        Value::Boolean(truth)
    }
}

impl fmt::Debug for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Null => f.write_str("Null"),
            Value::Integer(number) => write!(f, "Integer({number})"),
            Value::Boolean(truth) => write!(f, "Boolean({truth})"),
            Value::Instant(instant) => write!(f, "Instant({})", instant.as_micros()),
            Value::Id(id) => write!(f, "{id:?}"),
            Value::Text(_) => f.write_str("Text(****)"),
            Value::Bytes(bytes) => write!(f, "Bytes({} bytes)", bytes.len()),
        }
    }
}

/// A row of a query's result.
pub trait Row {
    /// How many columns there are.
    fn width(&self) -> usize;

    /// The value in a column, counted from 0.
    ///
    /// # Errors
    ///
    /// A [`StoreError`] of kind `Damaged` when the store holds a value no column of the schema may
    /// hold.
    fn value(&self, column: usize) -> Result<Value<'_>, StoreError>;
}

impl dyn Row + '_ {
    /// A UUID.
    pub(crate) fn id(&self, column: usize) -> Result<Id, StoreError> {
        self.optional_id(column)?
            .ok_or_else(|| StoreError::unexpected_value(column))
    }

    /// A UUID or nothing.
    pub(crate) fn optional_id(&self, column: usize) -> Result<Option<Id>, StoreError> {
        match self.value(column)? {
            Value::Null => Ok(None),
            Value::Id(id) => Ok(Some(id)),
            _ => Err(StoreError::unexpected_value(column)),
        }
    }

    /// A whole number.
    pub(crate) fn integer(&self, column: usize) -> Result<i64, StoreError> {
        self.optional_integer(column)?
            .ok_or_else(|| StoreError::unexpected_value(column))
    }

    /// A whole number or nothing.
    pub(crate) fn optional_integer(&self, column: usize) -> Result<Option<i64>, StoreError> {
        match self.value(column)? {
            Value::Null => Ok(None),
            value => match value.as_integer() {
                Some(number) => Ok(Some(number)),
                None => Err(StoreError::unexpected_value(column)),
            },
        }
    }

    /// An instant.
    pub(crate) fn instant(&self, column: usize) -> Result<Instant, StoreError> {
        self.integer(column).map(Instant::from_micros)
    }

    /// An instant or nothing.
    pub(crate) fn optional_instant(&self, column: usize) -> Result<Option<Instant>, StoreError> {
        Ok(self.optional_integer(column)?.map(Instant::from_micros))
    }

    /// Text.
    pub(crate) fn text(&self, column: usize) -> Result<&str, StoreError> {
        self.optional_text(column)?
            .ok_or_else(|| StoreError::unexpected_value(column))
    }

    /// Bytes.
    pub(crate) fn bytes(&self, column: usize) -> Result<&[u8], StoreError> {
        match self.value(column)? {
            Value::Bytes(bytes) => Ok(bytes),
            _ => Err(StoreError::unexpected_value(column)),
        }
    }

    /// Text or nothing.
    pub(crate) fn optional_text(&self, column: usize) -> Result<Option<&str>, StoreError> {
        match self.value(column)? {
            Value::Null => Ok(None),
            Value::Text(text) => Ok(Some(text)),
            _ => Err(StoreError::unexpected_value(column)),
        }
    }

    /// Owned text or nothing.
    pub(crate) fn optional_string(&self, column: usize) -> Result<Option<String>, StoreError> {
        Ok(self.optional_text(column)?.map(str::to_owned))
    }
}

/// Finished rows of one table, in flat buffers that can be filled on one thread and written on
/// another.
///
/// Rows can be excluded after they were finished, so that whoever decides which rows are new need
/// not copy the others.
#[derive(Clone)]
pub struct RowBlock {
    table: &'static Table,
    cells: Vec<Cell>,
    text: String,
    bytes: Vec<u8>,
    excluded: Vec<bool>,
    excluded_count: usize,
}

#[derive(Clone, Copy)]
enum Cell {
    Null,
    Integer(i64),
    Id(Id),
    Text { start: u32, len: u32 },
    Bytes { start: u32, len: u32 },
}

impl RowBlock {
    /// An empty block for a table.
    #[must_use]
    pub const fn new(table: &'static Table) -> Self {
        Self {
            table,
            cells: Vec::new(),
            text: String::new(),
            bytes: Vec::new(),
            excluded: Vec::new(),
            excluded_count: 0,
        }
    }

    /// The table the rows belong to.
    #[must_use]
    pub const fn table(&self) -> &'static Table {
        self.table
    }

    /// Appends the next value of the row under construction; rows need no other mark.
    pub fn push<'v>(&mut self, value: impl Into<Value<'v>>) {
        let cell = match value.into() {
            Value::Null => Cell::Null,
            Value::Integer(number) => Cell::Integer(number),
            Value::Boolean(truth) => Cell::Integer(i64::from(truth)),
            Value::Instant(instant) => Cell::Integer(instant.as_micros()),
            Value::Id(id) => Cell::Id(id),
            Value::Text(text) => self.keep(text),
            Value::Bytes(bytes) => self.keep_bytes(bytes),
        };
        self.cells.push(cell);
    }

    fn keep(&mut self, text: &str) -> Cell {
        let start = u32::try_from(self.text.len()).unwrap_or(u32::MAX);
        let len = u32::try_from(text.len()).unwrap_or(u32::MAX);
        self.text.push_str(text);
        Cell::Text { start, len }
    }

    fn keep_bytes(&mut self, bytes: &[u8]) -> Cell {
        let start = u32::try_from(self.bytes.len()).unwrap_or(u32::MAX);
        let len = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        self.bytes.extend_from_slice(bytes);
        Cell::Bytes { start, len }
    }

    fn read(&self, cell: &Cell) -> Value<'_> {
        match *cell {
            Cell::Null => Value::Null,
            Cell::Integer(number) => Value::Integer(number),
            Cell::Id(id) => Value::Id(id),
            Cell::Text { start, len } => {
                let start = start as usize;
                let text = self.text.get(start..start + len as usize);
                Value::Text(text.unwrap_or_default())
            }
            Cell::Bytes { start, len } => {
                let start = start as usize;
                let bytes = self.bytes.get(start..start + len as usize);
                Value::Bytes(bytes.unwrap_or_default())
            }
        }
    }

    /// How many finished rows there are, excluded ones included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.cells.len() / self.table.columns.len()
    }

    /// Whether the last row has a value for every column.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.cells.len().is_multiple_of(self.table.columns.len())
    }

    /// Refuses a block whose last row is not finished.
    ///
    /// # Errors
    ///
    /// Kind `Invalid`.
    pub fn require_whole(&self) -> Result<(), StoreError> {
        if self.is_whole() {
            return Ok(());
        }
        Err(StoreError::new(
            StoreErrorKind::Invalid,
            "write",
            format!("the last row for `{}` lacks columns", self.table.name),
        ))
    }

    /// Whether there is no row at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }

    /// How many rows are not excluded.
    #[must_use]
    pub fn live_len(&self) -> usize {
        self.len() - self.excluded_count
    }

    /// Drops the rows and keeps the buffers.
    pub fn clear(&mut self) {
        self.cells.clear();
        self.text.clear();
        self.bytes.clear();
        self.excluded.clear();
        self.excluded_count = 0;
    }

    /// Leaves a row out of all later writes. Excluding it twice changes nothing.
    pub fn exclude(&mut self, row: usize) {
        if self.excluded.len() < self.len() {
            self.excluded.resize(self.len(), false);
        }
        if let Some(excluded) = self.excluded.get_mut(row)
            && !*excluded
        {
            *excluded = true;
            self.excluded_count += 1;
        }
    }

    /// A row by its position, excluded or not.
    #[must_use]
    pub fn row(&self, row: usize) -> Option<BlockRow<'_>> {
        let width = self.table.columns.len();
        let cells = self.cells.get(row * width..(row + 1) * width)?;
        Some(BlockRow { block: self, cells })
    }

    /// Appends a copy of a row of another block of the same table.
    pub fn push_row(&mut self, row: BlockRow<'_>) {
        for value in row.values() {
            self.push(value);
        }
    }

    /// The cells of a column in the rows that are not excluded, in order.
    fn column(&self, column: usize) -> impl Iterator<Item = &Cell> {
        self.cells
            .iter()
            .skip(column)
            .step_by(self.table.columns.len())
            .enumerate()
            .filter(|(row, _)| !self.excluded.get(*row).copied().unwrap_or(false))
            .map(|(_, cell)| cell)
    }

    /// The ids of a column in the rows that are not excluded, in order.
    pub(crate) fn ids(&self, column: usize) -> impl Iterator<Item = Id> {
        self.column(column).filter_map(|cell| match cell {
            Cell::Id(id) => Some(*id),
            Cell::Null | Cell::Integer(_) | Cell::Text { .. } | Cell::Bytes { .. } => None,
        })
    }

    /// The same rows in the order of the ids in the first column: two writers who keep this order
    /// wait for each other, but never each for the other.
    pub(crate) fn sorted_by_id(&self) -> Self {
        let mut rows: Vec<(Id, BlockRow<'_>)> = self.ids(0).zip(self.rows()).collect();
        rows.sort_unstable_by_key(|(id, _)| *id);
        let mut sorted = Self::new(self.table);
        rows.into_iter().for_each(|(_, row)| sorted.push_row(row));
        sorted
    }

    /// Whether a column holds one id in every row that is not excluded.
    pub(crate) fn holds_only(&self, column: usize, id: Id) -> bool {
        self.column(column)
            .all(|cell| matches!(cell, Cell::Id(found) if *found == id))
    }

    /// Whether a column holds one number in every row that is not excluded.
    pub(crate) fn holds_only_number(&self, column: usize, number: i64) -> bool {
        self.column(column)
            .all(|cell| matches!(cell, Cell::Integer(found) if *found == number))
    }

    /// The rows that are not excluded, in order.
    pub fn rows(&self) -> impl Iterator<Item = BlockRow<'_>> {
        self.cells
            .chunks_exact(self.table.columns.len())
            .enumerate()
            .filter(|(row, _)| !self.excluded.get(*row).copied().unwrap_or(false))
            .map(|(_, cells)| BlockRow { block: self, cells })
    }
}

/// A row of a [`RowBlock`].
#[derive(Clone, Copy)]
pub struct BlockRow<'b> {
    block: &'b RowBlock,
    cells: &'b [Cell],
}

impl<'b> BlockRow<'b> {
    /// The value in a column, counted from 0; [`Value::Null`] beyond the last.
    #[must_use]
    pub fn value(&self, column: usize) -> Value<'b> {
        let cell = self.cells.get(column);
        cell.map_or(Value::Null, |cell| self.block.read(cell))
    }

    /// The row's values in column order.
    pub fn values(&self) -> impl ExactSizeIterator<Item = Value<'b>> + use<'b> {
        let block = self.block;
        self.cells.iter().map(move |cell| block.read(cell))
    }
}

impl fmt::Debug for RowBlock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RowBlock({}, {} rows)", self.table.name, self.len())
    }
}

impl fmt::Debug for BlockRow<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BlockRow({})", self.block.table.name)
    }
}

#[cfg(test)]
mod tests {
    use super::super::schema;
    use super::*;

    #[test]
    fn a_block_gives_back_what_was_pushed() {
        let mut block = RowBlock::new(&schema::IMPORT_DEFERRED);
        block.push(1);
        block.push(2);
        block.push(3);
        block.push("ü");
        block.push(None::<&str>);
        assert_eq!((block.len(), block.live_len()), (1, 1));
        let values: Vec<_> = block.rows().next().unwrap().values().collect();
        assert_eq!(
            values,
            [
                Value::Integer(1),
                Value::Integer(2),
                Value::Integer(3),
                Value::Text("ü"),
                Value::Null
            ]
        );
        assert!(!format!("{values:?}").contains('ü'));
    }

    #[test]
    fn excluded_rows_are_left_out_once() {
        let mut block = RowBlock::new(&schema::IMPORT_DEFERRED);
        for number in 0..3 {
            (0..5).for_each(|_| block.push(number));
        }
        block.exclude(1);
        block.exclude(1);
        assert_eq!((block.len(), block.live_len()), (3, 2));
        let first: Vec<_> = block.rows().map(|row| row.value(0)).collect();
        assert_eq!(first, [Value::Integer(0), Value::Integer(2)]);
        assert_eq!(
            block.row(1).map(|row| row.value(0)),
            Some(Value::Integer(1))
        );
    }

    #[test]
    fn bytes_come_back_as_they_were_pushed_and_are_gone_once_cleared() {
        let mut block = RowBlock::new(&schema::DNC_BLOCKS);
        for members in [&[1u8, 0, 7][..], &[], &[0; 1_251]] {
            block.push(Id::of_tenant("acme"));
            block.push(1);
            block.push(Value::Bytes(members));
        }
        let lengths: Vec<_> = block.rows().map(|row| row.value(2)).collect();
        assert_eq!(
            lengths,
            [
                Value::Bytes(&[1, 0, 7]),
                Value::Bytes(&[]),
                Value::Bytes(&[0; 1_251])
            ]
        );
        block.clear();
        assert!(block.is_empty() && block.bytes.is_empty());
    }
}
