//! Rows of a block as columns, the form in which DuckDB takes many at once.

use std::collections::HashMap;
use std::sync::Arc;

use duckdb::arrow::array::{
    ArrayRef, BinaryBuilder, BooleanBuilder, FixedSizeBinaryBuilder, Int64Builder, RecordBatch,
    StringBuilder, TimestampMicrosecondBuilder,
};
use duckdb::arrow::datatypes::{DataType, Field, Schema, TimeUnit};
use duckdb::arrow::error::ArrowError;

use super::value::{EXTENSION, UUID};
use crate::store::schema::{Column, Kind};
use crate::store::value::{RowBlock, Value};

/// The bytes of an id.
const ID_BYTES: i32 = 16;

/// The rows of a block that are not excluded.
pub(super) fn of_block(rows: &RowBlock) -> Result<RecordBatch, ArrowError> {
    let table = rows.table();
    let mut columns: Vec<Builder> = table.columns.iter().map(Builder::new).collect();
    for row in rows.rows() {
        for (column, value) in columns.iter_mut().zip(row.values()) {
            column.push(value)?;
        }
    }
    let fields: Vec<Field> = table.columns.iter().map(field).collect();
    let arrays = columns.into_iter().map(Builder::finish).collect();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays)
}

fn field(column: &Column) -> Field {
    let kind = match column.kind {
        Kind::Id => DataType::FixedSizeBinary(ID_BYTES),
        Kind::Integer => DataType::Int64,
        Kind::Boolean => DataType::Boolean,
        Kind::Instant => DataType::Timestamp(TimeUnit::Microsecond, None),
        Kind::Text | Kind::Json => DataType::Utf8,
        Kind::Bytes => DataType::Binary,
    };
    let field = Field::new(column.name, kind, true);
    match column.kind {
        Kind::Id => field.with_metadata(HashMap::from([(EXTENSION.to_owned(), UUID.to_owned())])),
        _ => field,
    }
}

/// A column as it grows.
enum Builder {
    Ids(FixedSizeBinaryBuilder),
    Integers(Int64Builder),
    Booleans(BooleanBuilder),
    Instants(TimestampMicrosecondBuilder),
    Texts(StringBuilder),
    Bytes(BinaryBuilder),
}

impl Builder {
    fn new(column: &Column) -> Self {
        match column.kind {
            Kind::Id => Self::Ids(FixedSizeBinaryBuilder::new(ID_BYTES)),
            Kind::Integer => Self::Integers(Int64Builder::new()),
            Kind::Boolean => Self::Booleans(BooleanBuilder::new()),
            Kind::Instant => Self::Instants(TimestampMicrosecondBuilder::new()),
            Kind::Text | Kind::Json => Self::Texts(StringBuilder::new()),
            Kind::Bytes => Self::Bytes(BinaryBuilder::new()),
        }
    }

    fn push(&mut self, value: Value<'_>) -> Result<(), ArrowError> {
        let number = value.as_integer();
        match (self, value, number) {
            (Self::Ids(ids), Value::Null, _) => ids.append_null(),
            (Self::Ids(ids), Value::Id(id), _) => ids.append_value(id.as_bytes())?,
            (Self::Integers(numbers), Value::Null, _) => numbers.append_null(),
            (Self::Integers(numbers), _, Some(number)) => numbers.append_value(number),
            (Self::Booleans(truths), Value::Null, _) => truths.append_null(),
            (Self::Booleans(truths), _, Some(number)) => truths.append_value(number != 0),
            (Self::Instants(instants), Value::Null, _) => instants.append_null(),
            (Self::Instants(instants), _, Some(micros)) => instants.append_value(micros),
            (Self::Texts(texts), Value::Null, _) => texts.append_null(),
            (Self::Texts(texts), Value::Text(text), _) => texts.append_value(text),
            (Self::Bytes(bytes), Value::Null, _) => bytes.append_null(),
            (Self::Bytes(bytes), Value::Bytes(value), _) => bytes.append_value(value),
            (Self::Bytes(bytes), Value::Id(id), _) => bytes.append_value(id.as_bytes()),
            _ => {
                let told = "a value is of another type than its column";
                return Err(ArrowError::InvalidArgumentError(told.to_owned()));
            }
        }
        Ok(())
    }

    fn finish(self) -> ArrayRef {
        match self {
            Self::Ids(mut ids) => Arc::new(ids.finish()),
            Self::Integers(mut numbers) => Arc::new(numbers.finish()),
            Self::Booleans(mut truths) => Arc::new(truths.finish()),
            Self::Instants(mut instants) => Arc::new(instants.finish()),
            Self::Texts(mut texts) => Arc::new(texts.finish()),
            Self::Bytes(mut bytes) => Arc::new(bytes.finish()),
        }
    }
}
