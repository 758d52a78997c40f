//! Values in PostgreSQL's binary format, by the type that the server wants or hands out.

use std::cell::OnceCell;

use bytes::{BufMut as _, BytesMut};
use postgres::types::{FromSql, IsNull, ToSql, Type};

use super::error::Refusal;
use super::text::{from_server, to_server};
use crate::model::{Id, Instant};
use crate::store::error::StoreError;
use crate::store::value::{Row, Value};

/// The server counts instants from the year 2000.
const EPOCH_MICROS: i64 = 946_684_800_000_000;

/// The number by which the server keeps an instant.
pub(super) fn timestamp(instant: Instant) -> Result<i64, Refusal> {
    // The outermost two numbers mean infinity.
    match instant.as_micros().checked_sub(EPOCH_MICROS) {
        Some(micros) if micros > i64::MIN && micros < i64::MAX => Ok(micros),
        _ => Err(Refusal::Instant),
    }
}

/// A value on its way to the server.
#[derive(Debug)]
pub(super) struct Bound<'a>(pub(super) Value<'a>);

impl Bound<'_> {
    fn write(&self, wanted: &Type, out: &mut BytesMut) -> Result<IsNull, Refusal> {
        let number = self.0.as_integer();
        match (wanted, self.0, number) {
            (_, Value::Null, _) => return Ok(IsNull::Yes),
            (&Type::INT8, _, Some(number)) => out.put_i64(number),
            (&Type::BOOL, _, Some(number @ (0 | 1))) => out.put_u8(u8::from(number == 1)),
            (&Type::TIMESTAMP | &Type::TIMESTAMPTZ, _, Some(micros)) => {
                out.put_i64(timestamp(Instant::from_micros(micros))?);
            }
            (&Type::INT4, _, Some(number)) => {
                out.put_i32(i32::try_from(number).map_err(|_| Refusal::Type)?);
            }
            (&Type::INT2, _, Some(number)) => {
                out.put_i16(i16::try_from(number).map_err(|_| Refusal::Type)?);
            }
            (&Type::NUMERIC, _, Some(number)) => write_numeric(number, out),
            (&Type::UUID | &Type::BYTEA, Value::Id(id), _) => out.put_slice(id.as_bytes()),
            (&Type::BYTEA, Value::Bytes(bytes), _) => out.put_slice(bytes),
            (wanted, Value::Text(text), _) if is_text(wanted) => {
                out.put_slice(to_server(text).as_bytes());
            }
            _ => return Err(Refusal::Type),
        }
        Ok(IsNull::No)
    }
}

fn is_text(kind: &Type) -> bool {
    matches!(
        *kind,
        Type::TEXT | Type::VARCHAR | Type::NAME | Type::BPCHAR | Type::UNKNOWN
    )
}

/// The type that a value has of itself, if it has one.
pub(super) fn own_type(value: &Value<'_>) -> Type {
    match value {
        Value::Null => Type::UNKNOWN,
        Value::Integer(_) => Type::INT8,
        Value::Boolean(_) => Type::BOOL,
        Value::Instant(_) => Type::TIMESTAMP,
        Value::Id(_) => Type::UUID,
        Value::Text(_) => Type::TEXT,
        Value::Bytes(_) => Type::BYTEA,
    }
}

/// Whether a value can be sent for a type; the server takes text where nothing tells it better.
pub(super) fn suits(value: &Value<'_>, wanted: &Type) -> bool {
    matches!(value, Value::Null | Value::Text(_)) || !is_text(wanted)
}

/// Decimal digits in groups of four, as the server writes them.
fn write_numeric(number: i64, out: &mut BytesMut) {
    let mut groups = Vec::new();
    let mut rest = number.unsigned_abs();
    while rest > 0 {
        groups.push(u16::try_from(rest % 10_000).unwrap_or_default());
        rest /= 10_000;
    }
    let count = i16::try_from(groups.len()).unwrap_or_default();
    out.put_i16(count);
    out.put_i16((count - 1).max(0));
    out.put_u16(if number < 0 { 0x4000 } else { 0 });
    out.put_i16(0);
    groups.iter().rev().for_each(|group| out.put_u16(*group));
}

fn read_numeric(bytes: &[u8]) -> Option<i64> {
    let mut parts = bytes.chunks_exact(2).map(|part| match part {
        [high, low] => i16::from_be_bytes([*high, *low]),
        _ => 0,
    });
    let (count, weight, sign, _scale) =
        (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let mut number: i128 = 0;
    for position in 0..=i32::from(weight) {
        let group = match position < i32::from(count) {
            true => parts.next()?,
            false => 0,
        };
        number = number.checked_mul(10_000)?.checked_add(i128::from(group))?;
    }
    // What is left are digits behind the point, which a whole number has not.
    let is_whole = parts.all(|group| group == 0);
    let number = match sign {
        0 => number,
        0x4000 => -number,
        _ => return None,
    };
    i64::try_from(number).ok().filter(|_| is_whole)
}

impl ToSql for Bound<'_> {
    fn to_sql(
        &self,
        wanted: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        Ok(self.write(wanted, out)?)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    fn to_sql_checked(
        &self,
        wanted: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        self.to_sql(wanted, out)
    }
}

/// A value that came from the server.
struct Found<'a>(Value<'a>);

impl<'a> FromSql<'a> for Found<'a> {
    fn from_sql(
        found: &Type,
        bytes: &'a [u8],
    ) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        Ok(read(found, bytes).map(Found).ok_or(Refusal::Type)?)
    }

    fn from_sql_null(_: &Type) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        Ok(Found(Value::Null))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

fn read<'a>(found: &Type, bytes: &'a [u8]) -> Option<Value<'a>> {
    Some(match *found {
        Type::INT8 => Value::Integer(i64::from_be_bytes(bytes.try_into().ok()?)),
        Type::INT4 => Value::Integer(i32::from_be_bytes(bytes.try_into().ok()?).into()),
        Type::INT2 => Value::Integer(i16::from_be_bytes(bytes.try_into().ok()?).into()),
        Type::NUMERIC => Value::Integer(read_numeric(bytes)?),
        Type::BOOL => Value::Boolean(bytes != [0]),
        Type::UUID => Value::Id(Id::from_bytes(bytes.try_into().ok()?)),
        Type::TIMESTAMP | Type::TIMESTAMPTZ => {
            let micros = i64::from_be_bytes(bytes.try_into().ok()?);
            // The outermost two numbers mean infinity, which no column of the schema holds.
            if matches!(micros, i64::MIN | i64::MAX) {
                return None;
            }
            Value::Instant(Instant::from_micros(micros.checked_add(EPOCH_MICROS)?))
        }
        Type::BYTEA => match <[u8; 16]>::try_from(bytes) {
            Ok(id) => Value::Id(Id::from_bytes(id)),
            Err(_) => Value::Bytes(bytes),
        },
        Type::VOID => Value::Null,
        ref text if is_text(text) => Value::Text(std::str::from_utf8(bytes).ok()?),
        _ => return None,
    })
}

/// A row of a result.
pub(super) struct PostgresRow<'r> {
    row: &'r postgres::Row,
    /// Texts that the server keeps otherwise, a place for each column once one was met.
    texts: OnceCell<Vec<OnceCell<String>>>,
}

impl<'r> PostgresRow<'r> {
    pub(super) const fn new(row: &'r postgres::Row) -> Self {
        Self {
            row,
            texts: OnceCell::new(),
        }
    }

    /// The text that was given, in the place of its column.
    fn keep(&self, column: usize, text: String) -> Option<&str> {
        let texts = self
            .texts
            .get_or_init(|| vec![OnceCell::new(); self.row.len()]);
        let kept = texts.get(column)?.get_or_init(|| text);
        Some(kept.as_str())
    }
}

impl Row for PostgresRow<'_> {
    fn width(&self) -> usize {
        self.row.len()
    }

    fn value(&self, column: usize) -> Result<Value<'_>, StoreError> {
        let unexpected = || StoreError::unexpected_value(column);
        let Found(value) = self.row.try_get(column).map_err(|_| unexpected())?;
        let Value::Text(kept) = value else {
            return Ok(value);
        };
        match from_server(kept) {
            None => Ok(value),
            Some(text) => self
                .keep(column, text)
                .map(Value::Text)
                .ok_or_else(unexpected),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(value: Value<'_>, wanted: &Type) -> Result<Vec<u8>, Refusal> {
        let mut out = BytesMut::new();
        Bound(value).write(wanted, &mut out).map(|_| out.to_vec())
    }

    #[test]
    fn whole_numbers_come_back_through_every_type_that_holds_them() {
        for number in [
            0,
            1,
            -1,
            9_999,
            10_000,
            -10_001,
            32_767,
            100_000_000,
            i64::MAX,
            i64::MIN,
        ] {
            for kind in [Type::INT8, Type::NUMERIC, Type::INT4, Type::INT2] {
                match written(Value::Integer(number), &kind) {
                    Ok(bytes) => assert!(
                        read(&kind, &bytes) == Some(Value::Integer(number)),
                        "{number} as {kind}"
                    ),
                    Err(refusal) => assert_eq!(refusal, Refusal::Type, "{number} as {kind}"),
                }
            }
        }
    }

    #[test]
    fn a_number_with_digits_behind_the_point_is_not_whole() {
        // 1.5 has two groups, 1 and 5000, the first of which stands before the point.
        let bytes: Vec<u8> = [2_u16, 0, 0, 1, 1, 5_000]
            .iter()
            .flat_map(|part| part.to_be_bytes())
            .collect();
        assert_eq!(read_numeric(&bytes), None);
        // 10000 is one group with a weight of one.
        let bytes: Vec<u8> = [1_u16, 1, 0, 0, 1]
            .iter()
            .flat_map(|part| part.to_be_bytes())
            .collect();
        assert_eq!(read_numeric(&bytes), Some(10_000));
    }

    #[test]
    fn instants_and_booleans_are_sent_as_what_the_server_wants() {
        let at = Instant::from_micros(EPOCH_MICROS + 7);
        let bytes = written(at.into(), &Type::TIMESTAMP).unwrap();
        assert_eq!(bytes, 7_i64.to_be_bytes());
        assert!(read(&Type::TIMESTAMP, &bytes) == Some(Value::Instant(at)));
        assert_eq!(written(Value::Integer(1), &Type::BOOL), Ok(vec![1]));
        assert_eq!(written(Value::Integer(2), &Type::BOOL), Err(Refusal::Type));
        let edge = Value::Instant(Instant::from_micros(i64::MIN));
        assert_eq!(written(edge, &Type::TIMESTAMP), Err(Refusal::Instant));
    }

    #[test]
    fn text_with_a_nul_is_written_without_it() {
        let kept = written(Value::Text("a\0b"), &Type::TEXT).unwrap();
        assert!(!kept.contains(&0));
    }
}
