//! Values on their way into and out of DuckDB.

use duckdb::arrow::array::{
    Array as _, ArrayRef, AsArray as _, BinaryArray, BooleanArray, Decimal128Array,
    FixedSizeBinaryArray, Int8Array, Int16Array, Int32Array, Int64Array, LargeBinaryArray,
    LargeStringArray, RecordBatch, StringArray, TimestampMicrosecondArray,
};
use duckdb::arrow::buffer::NullBuffer;
use duckdb::arrow::datatypes::{DataType, Field, TimeUnit};
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
    pub(super) columns: &'b [Column<'b>],
    pub(super) row: usize,
}

/// The name under which Arrow carries a UUID.
pub(super) const UUID: &str = "arrow.uuid";

/// The name under which Arrow carries a boolean of eight bits.
const BOOLEAN: &str = "arrow.bool8";

/// Where a field says what its bytes mean.
pub(super) const EXTENSION: &str = "ARROW:extension:name";

/// A column of a batch, of which it is known how its values are read.
pub(super) struct Column<'b> {
    nulls: Option<&'b NullBuffer>,
    values: Values<'b>,
}

/// The values of a column by their type.
enum Values<'b> {
    Nothing,
    Booleans(&'b BooleanArray),
    /// Booleans of eight bits.
    Truths(&'b Int8Array),
    Integers8(&'b Int8Array),
    Integers16(&'b Int16Array),
    Integers32(&'b Int32Array),
    Integers64(&'b Int64Array),
    Decimals(&'b Decimal128Array),
    Instants(&'b TimestampMicrosecondArray),
    Texts(&'b StringArray),
    LargeTexts(&'b LargeStringArray),
    Bytes(&'b BinaryArray),
    LargeBytes(&'b LargeBinaryArray),
    Ids(&'b FixedSizeBinaryArray),
    /// Sums of whole numbers.
    Sums(&'b FixedSizeBinaryArray),
    /// What no column of the schema holds.
    Unexpected,
}

impl<'b> Column<'b> {
    /// The columns of a batch.
    pub(super) fn of_batch(batch: &'b RecordBatch) -> Vec<Self> {
        let fields = batch.schema_ref().fields();
        let columns = batch.columns().iter().zip(fields);
        columns
            .map(|(array, field)| Self {
                nulls: array.nulls(),
                values: Values::new(array, field),
            })
            .collect()
    }

    fn value(&self, row: usize) -> Option<Value<'b>> {
        if self.nulls.is_some_and(|nulls| nulls.is_null(row)) {
            return Some(Value::Null);
        }
        Some(match self.values {
            Values::Nothing => Value::Null,
            Values::Booleans(truths) => Value::Boolean(truths.value(row)),
            Values::Truths(truths) => Value::Boolean(truths.value(row) != 0),
            Values::Integers8(numbers) => Value::Integer(numbers.value(row).into()),
            Values::Integers16(numbers) => Value::Integer(numbers.value(row).into()),
            Values::Integers32(numbers) => Value::Integer(numbers.value(row).into()),
            Values::Integers64(numbers) => Value::Integer(numbers.value(row)),
            Values::Decimals(sums) => Value::Integer(sums.value(row).try_into().ok()?),
            Values::Instants(instants) => Value::Instant(Instant::from_micros(instants.value(row))),
            Values::Texts(texts) => Value::Text(texts.value(row)),
            Values::LargeTexts(texts) => Value::Text(texts.value(row)),
            Values::Bytes(values) => bytes(values.value(row)),
            Values::LargeBytes(values) => bytes(values.value(row)),
            Values::Ids(ids) => bytes(ids.value(row)),
            Values::Sums(sums) => Value::Integer(wide_integer(sums.value(row))?),
            Values::Unexpected => return None,
        })
    }
}

impl<'b> Values<'b> {
    fn new(array: &'b ArrayRef, field: &Field) -> Self {
        let meaning = field.metadata().get(EXTENSION).map(String::as_str);
        match (array.data_type(), meaning) {
            (DataType::Null, _) => Self::Nothing,
            (DataType::Boolean, _) => Self::Booleans(array.as_boolean()),
            (DataType::Int8, Some(BOOLEAN)) => Self::Truths(array.as_primitive()),
            (DataType::Int8, _) => Self::Integers8(array.as_primitive()),
            (DataType::Int16, _) => Self::Integers16(array.as_primitive()),
            (DataType::Int32, _) => Self::Integers32(array.as_primitive()),
            (DataType::Int64, _) => Self::Integers64(array.as_primitive()),
            (DataType::Decimal128(_, 0), _) => Self::Decimals(array.as_primitive()),
            (DataType::Timestamp(TimeUnit::Microsecond, _), _) => {
                Self::Instants(array.as_primitive())
            }
            (DataType::Utf8, _) => Self::Texts(array.as_string()),
            (DataType::LargeUtf8, _) => Self::LargeTexts(array.as_string()),
            (DataType::Binary, _) => Self::Bytes(array.as_binary()),
            (DataType::LargeBinary, _) => Self::LargeBytes(array.as_binary()),
            (DataType::FixedSizeBinary(16), Some(UUID)) => Self::Ids(array.as_fixed_size_binary()),
            (DataType::FixedSizeBinary(16), _) => Self::Sums(array.as_fixed_size_binary()),
            _ => Self::Unexpected,
        }
    }
}

impl Row for DuckDbRow<'_> {
    fn width(&self) -> usize {
        self.columns.len()
    }

    fn value(&self, column: usize) -> Result<Value<'_>, StoreError> {
        let values = self.columns.get(column);
        values
            .and_then(|column| column.value(self.row))
            .ok_or_else(|| StoreError::unexpected_value(column))
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
