//! Parquet and Arrow files, written and read with the library that other programs use too.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;

use arrow_array::{
    Array, BooleanArray, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray,
};
use arrow_ipc::writer::{FileWriter, StreamWriter};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use smrt_core::model::Instant;

/// A row: its cells by their columns, as CSV would write them.
pub(crate) type Row = BTreeMap<String, String>;

/// A Parquet file.
pub(crate) fn parquet(batch: &RecordBatch) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), None).unwrap();
    writer.write(batch).unwrap();
    writer.close().unwrap();
    bytes
}

/// A file of Arrow IPC, also known as Feather.
pub(crate) fn arrow_file(batch: &RecordBatch) -> Vec<u8> {
    let mut writer = FileWriter::try_new(Vec::new(), &batch.schema()).unwrap();
    writer.write(batch).unwrap();
    writer.into_inner().unwrap()
}

/// A stream of Arrow IPC.
pub(crate) fn arrow_stream(batch: &RecordBatch) -> Vec<u8> {
    let mut writer = StreamWriter::try_new(Vec::new(), &batch.schema()).unwrap();
    writer.write(batch).unwrap();
    writer.into_inner().unwrap()
}

/// The rows of a Parquet file that the program wrote.
pub(crate) fn parquet_rows(path: &Path) -> Vec<Row> {
    let file = File::open(path).unwrap();
    let reader = ParquetRecordBatchReaderBuilder::try_new(file).unwrap();
    let mut rows = Vec::new();
    for batch in reader.build().unwrap() {
        let batch = batch.unwrap();
        let schema = batch.schema();
        for row in 0..batch.num_rows() {
            let cells = schema.fields().iter().zip(batch.columns());
            let cells = cells.map(|(field, column)| (field.name().clone(), cell(column, row)));
            rows.push(cells.collect());
        }
    }
    rows
}

fn cell(column: &dyn Array, row: usize) -> String {
    if column.is_null(row) {
        return String::new();
    }
    let kind = column.data_type();
    let column = column.as_any();
    if let Some(texts) = column.downcast_ref::<StringArray>() {
        texts.value(row).to_owned()
    } else if let Some(numbers) = column.downcast_ref::<Int64Array>() {
        numbers.value(row).to_string()
    } else if let Some(truths) = column.downcast_ref::<BooleanArray>() {
        truths.value(row).to_string()
    } else if let Some(instants) = column.downcast_ref::<TimestampMicrosecondArray>() {
        Instant::from_micros(instants.value(row)).to_string()
    } else {
        panic!("the program writes no column of {kind}")
    }
}
