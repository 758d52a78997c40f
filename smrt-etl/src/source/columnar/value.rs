//! A value of a columnar file as text.
//!
//! Nothing is rounded: a decimal has all digits of its scale, an instant all of its fraction.
//! Types of which no text could be read back, such as unions, are not read.

use std::fmt::{Display, Write as _};

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Date32Type, Date64Type, Decimal32Type, Decimal64Type, Decimal128Type,
    Decimal256Type, DecimalType, DurationMicrosecondType, DurationMillisecondType,
    DurationNanosecondType, DurationSecondType, Float16Type, Float32Type, Float64Type, Int8Type,
    Int16Type, Int32Type, Int64Type, Time32MillisecondType, Time32SecondType,
    Time64MicrosecondType, Time64NanosecondType, TimestampMicrosecondType,
    TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType, UInt8Type, UInt16Type,
    UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef};
use arrow_schema::{DataType, TimeUnit};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, NaiveTime, Utc};
use serde_json::{Map, Value as Json};

/// Whether values of a type have a text.
pub(super) fn is_read(kind: &DataType) -> bool {
    match kind {
        DataType::Interval(_) | DataType::Union(..) | DataType::RunEndEncoded(..) => false,
        DataType::ListView(_) | DataType::LargeListView(_) => false,
        DataType::List(field)
        | DataType::LargeList(field)
        | DataType::FixedSizeList(field, _)
        | DataType::Map(field, _) => is_read(field.data_type()),
        DataType::Struct(fields) => fields.iter().all(|field| is_read(field.data_type())),
        DataType::Dictionary(_, values) => is_read(values),
        _ => true,
    }
}

/// Appends the value at a place of a column; of null, nothing.
pub(super) fn write(text: &mut String, column: &dyn Array, index: usize) {
    if column.is_null(index) {
        return;
    }
    match column.data_type() {
        DataType::Null => {}
        DataType::Boolean => show(text, column.as_boolean().value(index)),
        DataType::Int8 => show(text, number::<Int8Type>(column, index)),
        DataType::Int16 => show(text, number::<Int16Type>(column, index)),
        DataType::Int32 => show(text, number::<Int32Type>(column, index)),
        DataType::Int64 => show(text, number::<Int64Type>(column, index)),
        DataType::UInt8 => show(text, number::<UInt8Type>(column, index)),
        DataType::UInt16 => show(text, number::<UInt16Type>(column, index)),
        DataType::UInt32 => show(text, number::<UInt32Type>(column, index)),
        DataType::UInt64 => show(text, number::<UInt64Type>(column, index)),
        DataType::Float16 => show(text, number::<Float16Type>(column, index)),
        DataType::Float32 => show(text, number::<Float32Type>(column, index)),
        DataType::Float64 => show(text, number::<Float64Type>(column, index)),
        DataType::Decimal32(..) => text.push_str(&decimal::<Decimal32Type>(column, index)),
        DataType::Decimal64(..) => text.push_str(&decimal::<Decimal64Type>(column, index)),
        DataType::Decimal128(..) => text.push_str(&decimal::<Decimal128Type>(column, index)),
        DataType::Decimal256(..) => text.push_str(&decimal::<Decimal256Type>(column, index)),
        DataType::Utf8 => text.push_str(column.as_string::<i32>().value(index)),
        DataType::LargeUtf8 => text.push_str(column.as_string::<i64>().value(index)),
        DataType::Utf8View => text.push_str(column.as_string_view().value(index)),
        DataType::Binary => base64(text, column.as_binary::<i32>().value(index)),
        DataType::LargeBinary => base64(text, column.as_binary::<i64>().value(index)),
        DataType::BinaryView => base64(text, column.as_binary_view().value(index)),
        DataType::FixedSizeBinary(_) => base64(text, column.as_fixed_size_binary().value(index)),
        DataType::Date32 => {
            let days = number::<Date32Type>(column, index);
            show_date(
                text,
                DateTime::from_timestamp(i64::from(days) * 86_400, 0),
                days,
            );
        }
        DataType::Date64 => {
            let time = number::<Date64Type>(column, index);
            show_date(text, DateTime::from_timestamp_millis(time), time);
        }
        DataType::Timestamp(unit, zone) => {
            let time = match unit {
                TimeUnit::Second => number::<TimestampSecondType>(column, index),
                TimeUnit::Millisecond => number::<TimestampMillisecondType>(column, index),
                TimeUnit::Microsecond => number::<TimestampMicrosecondType>(column, index),
                TimeUnit::Nanosecond => number::<TimestampNanosecondType>(column, index),
            };
            show_instant(text, time, *unit, zone.is_some());
        }
        DataType::Time32(TimeUnit::Second) => {
            show_time(
                text,
                number::<Time32SecondType>(column, index).into(),
                TimeUnit::Second,
            );
        }
        DataType::Time32(_) => {
            let time = number::<Time32MillisecondType>(column, index);
            show_time(text, time.into(), TimeUnit::Millisecond);
        }
        DataType::Time64(TimeUnit::Microsecond) => {
            let time = number::<Time64MicrosecondType>(column, index);
            show_time(text, time, TimeUnit::Microsecond);
        }
        DataType::Time64(_) => {
            show_time(
                text,
                number::<Time64NanosecondType>(column, index),
                TimeUnit::Nanosecond,
            );
        }
        DataType::Duration(unit) => {
            let time = match unit {
                TimeUnit::Second => number::<DurationSecondType>(column, index),
                TimeUnit::Millisecond => number::<DurationMillisecondType>(column, index),
                TimeUnit::Microsecond => number::<DurationMicrosecondType>(column, index),
                TimeUnit::Nanosecond => number::<DurationNanosecondType>(column, index),
            };
            show_duration(text, time, *unit);
        }
        DataType::Dictionary(..) => {
            let dictionary = column.as_any_dictionary();
            if let Some(&key) = dictionary.normalized_keys().get(index) {
                write(text, dictionary.values(), key);
            }
        }
        _ => show(text, json(column, index)),
    }
}

/// Lists and structures as JSON; what JSON has no word for is text in it.
fn json(column: &dyn Array, index: usize) -> Json {
    if column.is_null(index) {
        return Json::Null;
    }
    match column.data_type() {
        DataType::Boolean => Json::Bool(column.as_boolean().value(index)),
        DataType::Int8 => number::<Int8Type>(column, index).into(),
        DataType::Int16 => number::<Int16Type>(column, index).into(),
        DataType::Int32 => number::<Int32Type>(column, index).into(),
        DataType::Int64 => number::<Int64Type>(column, index).into(),
        DataType::UInt8 => number::<UInt8Type>(column, index).into(),
        DataType::UInt16 => number::<UInt16Type>(column, index).into(),
        DataType::UInt32 => number::<UInt32Type>(column, index).into(),
        DataType::UInt64 => number::<UInt64Type>(column, index).into(),
        DataType::Float64 => number::<Float64Type>(column, index).into(),
        DataType::List(_) => list(&column.as_list::<i32>().value(index)),
        DataType::LargeList(_) => list(&column.as_list::<i64>().value(index)),
        DataType::FixedSizeList(..) => list(&column.as_fixed_size_list().value(index)),
        DataType::Map(..) => {
            let entries: ArrayRef = std::sync::Arc::new(column.as_map().value(index));
            list(&entries)
        }
        DataType::Struct(fields) => {
            let columns = column.as_struct().columns();
            let members = fields.iter().zip(columns);
            let members =
                members.map(|(field, column)| (field.name().clone(), json(column, index)));
            Json::Object(members.collect::<Map<String, Json>>())
        }
        _ => {
            let mut text = String::new();
            write(&mut text, column, index);
            Json::String(text)
        }
    }
}

fn list(values: &ArrayRef) -> Json {
    (0..values.len()).map(|index| json(values, index)).collect()
}

fn number<T: ArrowPrimitiveType>(column: &dyn Array, index: usize) -> T::Native {
    column.as_primitive::<T>().value(index)
}

fn decimal<T: DecimalType>(column: &dyn Array, index: usize) -> String {
    column.as_primitive::<T>().value_as_string(index)
}

fn show(text: &mut String, value: impl Display) {
    // Writing into a text cannot fail.
    let _ = write!(text, "{value}");
}

fn base64(text: &mut String, bytes: &[u8]) {
    STANDARD.encode_string(bytes, text);
}

/// A date; one beyond the calendar as the number it is.
fn show_date(text: &mut String, date: Option<DateTime<Utc>>, number: impl Display) {
    match date {
        Some(date) => show(text, date.date_naive()),
        None => show(text, number),
    }
}

/// An instant in UTC, or a time of some unnamed clock.
fn show_instant(text: &mut String, time: i64, unit: TimeUnit, has_zone: bool) {
    let instant = match unit {
        TimeUnit::Second => DateTime::from_timestamp(time, 0),
        TimeUnit::Millisecond => DateTime::from_timestamp_millis(time),
        TimeUnit::Microsecond => DateTime::from_timestamp_micros(time),
        TimeUnit::Nanosecond => Some(DateTime::from_timestamp_nanos(time)),
    };
    let zone = if has_zone { "Z" } else { "" };
    match instant {
        Some(instant) => {
            show(
                text,
                format_args!("{}{zone}", instant.format("%Y-%m-%dT%H:%M:%S%.f")),
            );
        }
        None => show(text, time),
    }
}

fn show_time(text: &mut String, time: i64, unit: TimeUnit) {
    let per_second = per_second(unit);
    let seconds = u32::try_from(time / per_second).ok();
    let nanoseconds = u32::try_from(time % per_second * (1_000_000_000 / per_second)).ok();
    let of_day = seconds.zip(nanoseconds);
    let of_day = of_day.and_then(|(seconds, nanoseconds)| {
        NaiveTime::from_num_seconds_from_midnight_opt(seconds, nanoseconds)
    });
    match of_day {
        Some(of_day) => show(text, of_day.format("%H:%M:%S%.f")),
        None => show(text, time),
    }
}

/// A duration in ISO 8601, in seconds.
fn show_duration(text: &mut String, time: i64, unit: TimeUnit) {
    let per_second = per_second(unit).unsigned_abs();
    let (whole, part) = (
        time.unsigned_abs() / per_second,
        time.unsigned_abs() % per_second,
    );
    let sign = if time < 0 { "-" } else { "" };
    show(text, format_args!("{sign}PT{whole}"));
    if part > 0 {
        let digits = per_second.ilog10() as usize;
        show(text, format_args!(".{part:0digits$}"));
    }
    text.push('S');
}

fn per_second(unit: TimeUnit) -> i64 {
    match unit {
        TimeUnit::Second => 1,
        TimeUnit::Millisecond => 1_000,
        TimeUnit::Microsecond => 1_000_000,
        TimeUnit::Nanosecond => 1_000_000_000,
    }
}

#[cfg(test)]
mod tests {
    use arrow_array::{
        BinaryArray, Date32Array, Decimal128Array, DurationMillisecondArray, Float64Array,
        Int64Array, Time64NanosecondArray, TimestampMicrosecondArray, UInt64Array,
    };

    use super::*;

    fn check(column: impl Array, expected: &str) {
        let mut text = String::new();
        write(&mut text, &column, 0);
        assert_eq!(text, expected, "{column:?}");
    }

    #[test]
    fn numbers_have_all_their_digits() {
        check(Int64Array::from(vec![None]), "");
        check(Int64Array::from(vec![i64::MIN]), "-9223372036854775808");
        check(UInt64Array::from(vec![u64::MAX]), "18446744073709551615");
        check(Float64Array::from(vec![12_025_550_100.0]), "12025550100");
        check(Float64Array::from(vec![0.1]), "0.1");
        let decimal = |number: i128| {
            let decimal = Decimal128Array::from(vec![number]);
            decimal.with_precision_and_scale(10, 2).unwrap()
        };
        check(decimal(-5), "-0.05");
        check(decimal(1200), "12.00");
    }

    #[test]
    fn times_are_iso() {
        check(Date32Array::from(vec![3775]), "1980-05-03");
        let seen = TimestampMicrosecondArray::from(vec![1_767_361_500_000_001]);
        check(seen.clone(), "2026-01-02T13:45:00.000001");
        check(seen.with_timezone("+02:00"), "2026-01-02T13:45:00.000001Z");
        check(
            Time64NanosecondArray::from(vec![64_800_000_000_000]),
            "18:00:00",
        );
        check(DurationMillisecondArray::from(vec![1500]), "PT1.500S");
        check(DurationMillisecondArray::from(vec![-2000]), "-PT2S");
    }

    #[test]
    fn bytes_are_base64() {
        check(BinaryArray::from_vec(vec![&[0, 255]]), "AP8=");
    }
}
