//! Values on their way into and out of DuckDB.

use duckdb::arrow::array::{Array as _, AsArray as _, RecordBatch};
use duckdb::arrow::datatypes::{
    DataType, Decimal128Type, Int8Type, Int16Type, Int32Type, Int64Type, TimeUnit,
    TimestampMicrosecondType,
};
use duckdb::types::{self, ToSql, ToSqlOutput, Value as Owned, ValueRef};

use crate::model::{Id, Instant};
use crate::store::error::StoreError;
use crate::store::schema::Kind;
use crate::store::value::{Row, Value};

/// A value as DuckDB takes it.
pub(super) struct Bound<'v> {
    value: Value<'v>,
    /// What the column holds, where one is known: a block keeps booleans and instants as numbers.
    kind: Option<Kind>,
}

impl<'v> Bound<'v> {
    /// The value of a parameter, which says itself what it is.
    pub(super) const fn parameter(value: Value<'v>) -> Self {
        Self { value, kind: None }
    }

    /// The value of a column.
    pub(super) const fn of_column(value: Value<'v>, kind: Kind) -> Self {
        let kind = Some(kind);
        Self { value, kind }
    }
}

impl ToSql for Bound<'_> {
    fn to_sql(&self) -> duckdb::Result<ToSqlOutput<'_>> {
        let timestamp = |micros| ValueRef::Timestamp(types::TimeUnit::Microsecond, micros);
        Ok(ToSqlOutput::Borrowed(match (&self.value, self.kind) {
            (Value::Null, _) => ValueRef::Null,
            (Value::Integer(number), Some(Kind::Boolean)) => ValueRef::Boolean(*number != 0),
            (Value::Integer(number), Some(Kind::Instant)) => timestamp(*number),
            (Value::Integer(number), _) => ValueRef::BigInt(*number),
            (Value::Boolean(truth), _) => ValueRef::Boolean(*truth),
            (Value::Instant(instant), _) => timestamp(instant.as_micros()),
            (Value::Id(id), Some(Kind::Bytes)) => ValueRef::Blob(id.as_bytes()),
            // DuckDB reads an id from its text; it has no way to take the bytes.
            (Value::Id(id), _) => return Ok(ToSqlOutput::Owned(Owned::Text(id.to_string()))),
            (Value::Text(text), _) => ValueRef::Text(text.as_bytes()),
            (Value::Bytes(bytes), _) => ValueRef::Blob(bytes),
        }))
    }
}

/// A row of a result.
pub(super) struct DuckDbRow<'b> {
    pub(super) batch: &'b RecordBatch,
    pub(super) row: usize,
}

/// The name under which Arrow carries a UUID.
pub(super) const UUID: &str = "arrow.uuid";

/// The name under which Arrow carries a boolean of eight bits.
const BOOLEAN: &str = "arrow.bool8";

/// Where a field says what its bytes mean.
pub(super) const EXTENSION: &str = "ARROW:extension:name";

impl Row for DuckDbRow<'_> {
    fn width(&self) -> usize {
        self.batch.num_columns()
    }

    fn value(&self, column: usize) -> Result<Value<'_>, StoreError> {
        let unexpected = || StoreError::unexpected_value(column);
        let array = self.batch.columns().get(column).ok_or_else(unexpected)?;
        if array.is_null(self.row) || *array.data_type() == DataType::Null {
            return Ok(Value::Null);
        }
        let schema = self.batch.schema_ref();
        let meaning = schema.field(column).metadata().get(EXTENSION);
        let row = self.row;
        let integer = |number: i64| match meaning.map(String::as_str) {
            Some(BOOLEAN) => Value::Boolean(number != 0),
            _ => Value::Integer(number),
        };
        Ok(match array.data_type() {
            DataType::Boolean => Value::Boolean(array.as_boolean().value(row)),
            DataType::Int8 => integer(array.as_primitive::<Int8Type>().value(row).into()),
            DataType::Int16 => integer(array.as_primitive::<Int16Type>().value(row).into()),
            DataType::Int32 => integer(array.as_primitive::<Int32Type>().value(row).into()),
            DataType::Int64 => integer(array.as_primitive::<Int64Type>().value(row)),
            DataType::Decimal128(_, 0) => {
                let sum = array.as_primitive::<Decimal128Type>().value(row);
                Value::Integer(sum.try_into().map_err(|_| unexpected())?)
            }
            DataType::Timestamp(TimeUnit::Microsecond, _) => {
                let micros = array.as_primitive::<TimestampMicrosecondType>().value(row);
                Value::Instant(Instant::from_micros(micros))
            }
            DataType::Utf8 => Value::Text(array.as_string::<i32>().value(row)),
            DataType::LargeUtf8 => Value::Text(array.as_string::<i64>().value(row)),
            DataType::Binary => bytes(array.as_binary::<i32>().value(row)),
            DataType::LargeBinary => bytes(array.as_binary::<i64>().value(row)),
            DataType::FixedSizeBinary(16) => {
                let found = array.as_fixed_size_binary().value(row);
                match meaning.is_some_and(|meaning| meaning == UUID) {
                    true => bytes(found),
                    // A sum of whole numbers.
                    false => Value::Integer(wide_integer(found).ok_or_else(unexpected)?),
                }
            }
            _ => return Err(unexpected()),
        })
    }
}

/// Sixteen bytes are an id, on every engine.
fn bytes(bytes: &[u8]) -> Value<'_> {
    match <[u8; 16]>::try_from(bytes) {
        Ok(id) => Value::Id(Id::from_bytes(id)),
        Err(_) => Value::Bytes(bytes),
    }
}

fn wide_integer(bytes: &[u8]) -> Option<i64> {
    let number = i128::from_le_bytes(bytes.try_into().ok()?);
    number.try_into().ok()
}
