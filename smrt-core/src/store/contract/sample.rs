//! Rows that fit each other: row `n` of every table refers to row `n` of its parents.

use crate::model::{Id, Instant};
use crate::store::engine::Engine;
use crate::store::error::StoreError;
use crate::store::schema::{Column, Kind, TABLES, Table};
use crate::store::value::{RowBlock, Value};

/// A value that can be kept for later comparison.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Sample {
    Integer(i64),
    Boolean(bool),
    Instant(Instant),
    Id(Id),
    Text(String),
    Bytes(Vec<u8>),
}

impl Sample {
    pub(super) fn as_value(&self) -> Value<'_> {
        match self {
            Self::Integer(number) => Value::Integer(*number),
            Self::Boolean(truth) => Value::Boolean(*truth),
            Self::Instant(instant) => Value::Instant(*instant),
            Self::Id(id) => Value::Id(*id),
            Self::Text(text) => Value::Text(text),
            Self::Bytes(bytes) => Value::Bytes(bytes),
        }
    }
}

/// The id in row `n` of any table.
pub(super) fn id(n: i64) -> Id {
    Id::derived("contract", &[&n.to_be_bytes()])
}

/// The value of a column in row `n`.
pub(super) fn sample(column: &Column, n: i64) -> Sample {
    match column.kind {
        Kind::Id => Sample::Id(id(n)),
        Kind::Integer => Sample::Integer(n),
        Kind::Boolean => Sample::Boolean(n % 2 != 0),
        Kind::Instant => Sample::Instant(Instant::from_micros(n * 1_000_001)),
        Kind::Text => Sample::Text(format!("{} {n}", column.name)),
        Kind::Json => Sample::Text(format!("{{\"n\":{n}}}")),
        Kind::Bytes => Sample::Bytes(vec![7; 20]),
    }
}

/// Row `n` of a table.
pub(super) fn row(table: &Table, n: i64) -> Vec<Sample> {
    table
        .columns
        .iter()
        .map(|column| sample(column, n))
        .collect()
}

/// Inserts one row by a single statement.
pub(super) fn insert(
    engine: &mut dyn Engine,
    table: &Table,
    row: &[Sample],
) -> Result<u64, StoreError> {
    let values: Vec<Value<'_>> = row.iter().map(Sample::as_value).collect();
    engine.execute(&insert_sql(table), &values)
}

pub(super) fn insert_sql(table: &Table) -> String {
    let marks: Vec<String> = (1..=table.columns.len()).map(|n| format!("?{n}")).collect();
    format!(
        "INSERT INTO {} ({}) VALUES ({})",
        table.name,
        table.column_list(),
        marks.join(", ")
    )
}

/// Inserts row `n` of every table but the migrations, parents first.
pub(super) fn fill(engine: &mut dyn Engine, n: i64) -> Result<(), StoreError> {
    TABLES
        .iter()
        .filter(|table| table.name != "schema_migrations")
        .try_for_each(|table| insert(engine, table, &row(table, n)).map(|_| ()))
}

/// Rows of a table as a block.
pub(super) fn block(table: &'static Table, numbers: impl IntoIterator<Item = i64>) -> RowBlock {
    let mut block = RowBlock::new(table);
    for n in numbers {
        for value in &row(table, n) {
            block.push(value.as_value());
        }
    }
    block
}
