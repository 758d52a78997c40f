//! Parquet and Arrow files: nested types, several row groups, and damage.

use std::sync::Arc;

use arrow_array::builder::{ListBuilder, StringBuilder};
use arrow_array::types::Int32Type;
use arrow_array::{
    ArrayRef, BinaryArray, BooleanArray, DictionaryArray, Int32Array, IntervalYearMonthArray,
    RecordBatch as Batch, StringArray, StructArray,
};
use arrow_ipc::writer::{FileWriter, StreamWriter};
use arrow_schema::{DataType, Field};
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression as Codec;
use parquet::file::properties::WriterProperties;

use super::*;

/// A Parquet file with row groups of so many rows.
pub(super) fn parquet(batch: &Batch, group_rows: usize) -> Vec<u8> {
    parquet_as(batch, group_rows, Codec::SNAPPY)
}

fn parquet_as(batch: &Batch, group_rows: usize, codec: Codec) -> Vec<u8> {
    let properties = WriterProperties::builder()
        .set_max_row_group_row_count(Some(group_rows))
        .set_compression(codec)
        .build();
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), Some(properties)).unwrap();
    writer.write(batch).unwrap();
    writer.close().unwrap();
    bytes
}

/// An Arrow IPC file.
pub(super) fn arrow(batch: &Batch) -> Vec<u8> {
    let mut writer = FileWriter::try_new(Vec::new(), &batch.schema()).unwrap();
    writer.write(batch).unwrap();
    writer.into_inner().unwrap()
}

fn arrow_stream(batch: &Batch) -> Vec<u8> {
    let mut writer = StreamWriter::try_new(Vec::new(), &batch.schema()).unwrap();
    writer.write(batch).unwrap();
    writer.into_inner().unwrap()
}

pub(super) fn batch(columns: Vec<(&str, ArrayRef)>) -> Batch {
    Batch::try_from_iter_with_nullable(
        columns
            .into_iter()
            .map(|(name, column)| (name, column, true)),
    )
    .unwrap()
}

fn text(bytes: &[u8]) -> String {
    source_text(stream(bytes), &SourceOptions::default()).unwrap()
}

/// Columns with a value in the first row and none in the second.
fn of_many_types() -> Batch {
    let mut tags = ListBuilder::new(StringBuilder::new());
    tags.append_value([Some("a"), Some("b, c"), None]);
    tags.append_null();
    let city: ArrayRef = Arc::new(StringArray::from(vec![Some("Springfield"), None]));
    let zip: ArrayRef = Arc::new(Int32Array::from(vec![Some(1067), None]));
    let home = StructArray::from(vec![
        (Arc::new(Field::new("city", DataType::Utf8, true)), city),
        (Arc::new(Field::new("zip", DataType::Int32, true)), zip),
    ]);
    let kinds: DictionaryArray<Int32Type> = [Some("person"), None].into_iter().collect();
    batch(vec![
        (
            "name",
            Arc::new(StringArray::from(vec![Some("Ann, \"A\""), None])),
        ),
        (
            "active",
            Arc::new(BooleanArray::from(vec![Some(true), None])),
        ),
        (
            "photo",
            Arc::new(BinaryArray::from_opt_vec(vec![Some(&[0, 255]), None])),
        ),
        ("kind", Arc::new(kinds)),
        ("tags", Arc::new(tags.finish())),
        ("home", Arc::new(home)),
    ])
}

#[test]
fn every_type_becomes_text_and_null_becomes_nothing() {
    let batch = of_many_types();
    let files = [
        ("Parquet", parquet(&batch, 10)),
        ("Arrow IPC", arrow(&batch)),
        ("Arrow IPC", arrow_stream(&batch)),
    ];
    for (name, bytes) in files {
        assert_eq!(
            text(&bytes),
            format!(
                "{name}\n\
                 name | active | photo | kind | tags | home\n\
                 1@1 Ann, \"A\" | true | AP8= | person | [\"a\",\"b, c\",null] | \
                 {{\"city\":\"Springfield\",\"zip\":1067}}\n\
                 2@2  |  |  |  |  | {{\"city\":null,\"zip\":null}}"
            )
        );
        let source = Source::open(stream(&bytes), &SourceOptions::default()).unwrap();
        let note = "columns of bytes are read as Base64: `photo`";
        assert_eq!(source.layout().notes, [note]);
    }
}

fn numbered(rows: i32) -> Batch {
    let names = (0..rows).map(|row| format!("name {}", row.wrapping_mul(7919)));
    batch(vec![
        ("id", Arc::new(Int32Array::from_iter_values(0..rows))),
        ("name", Arc::new(StringArray::from_iter_values(names))),
    ])
}

#[test]
fn row_groups_follow_one_another_however_they_are_packed() {
    let codecs = [
        Codec::UNCOMPRESSED,
        Codec::SNAPPY,
        Codec::LZ4_RAW,
        Codec::GZIP(Default::default()),
        Codec::ZSTD(Default::default()),
    ];
    for codec in codecs {
        let text = text(&parquet_as(&numbered(1000), 99, codec));
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 1002, "{codec}");
        assert_eq!(lines[2], "1@1 0 | name 0");
        assert_eq!(lines[1001], "1000@1000 999 | name 7911081");
    }
}

#[test]
fn a_damaged_row_group_is_named_and_those_before_it_are_read() {
    let bytes = parquet_as(&numbered(100_000), 10_000, Codec::GZIP(Default::default()));
    let mut damaged = bytes.clone();
    let middle = bytes.len() / 2;
    damaged[middle..middle + 2000].fill(0xA5);
    let mut source = Source::open(stream(&damaged), &SourceOptions::default()).unwrap();
    let (mut batch, mut rows) = (RecordBatch::default(), 0);
    let error = loop {
        match source.next_batch(&mut batch) {
            Ok(true) => rows += batch.len() as u64,
            Ok(false) => panic!("the damage was not told"),
            Err(error) => break error,
        }
    };
    let SourceError::Part {
        place, rows: told, ..
    } = &error
    else {
        panic!("{error}");
    };
    assert!(place.starts_with("row group "), "{place}");
    assert_eq!(*told, rows);
    assert!((30_000..70_000).contains(&rows), "{rows}");
}

#[test]
fn a_file_that_is_cut_off_is_refused() {
    for bytes in [parquet(&numbered(1000), 100), arrow(&numbered(1000))] {
        let cut = &bytes[..bytes.len() / 2];
        let error = Source::open(stream(cut), &SourceOptions::default()).unwrap_err();
        assert_eq!(error.code(), "source_unreadable");
    }
}

#[test]
fn a_type_without_a_text_is_refused_by_its_column() {
    let batch = batch(vec![(
        "age",
        Arc::new(IntervalYearMonthArray::from(vec![1])),
    )]);
    let error = Source::open(stream(&arrow(&batch)), &SourceOptions::default()).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("its column `age` is of the type Interval"),
        "{error}"
    );
}
