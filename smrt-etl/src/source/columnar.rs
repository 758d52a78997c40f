//! Columnar files: Parquet, row group by row group, and Arrow IPC, batch by batch.
//!
//! Of a row group only its packed bytes and a stretch of its rows are held. What a value becomes
//! as text is `value`'s. No column has a meaning here, and none is left out.

mod value;

use std::io::{BufReader, Read as _, Seek as _, SeekFrom};

use arrow_array::RecordBatch;
use arrow_ipc::reader::{FileReader, StreamReader};
use arrow_schema::{ArrowError, DataType, Schema, SchemaRef};
use bytes::Bytes;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder,
};
use parquet::errors::Result as ParquetResult;
use parquet::file::reader::{ChunkReader, Length};

use super::error::SourceError;
use super::input::Name;
use super::seekable::SharedFile;
use super::table::{CellRow, Columns, Halt, OpenTable, ReadRows, RowSink, WhenBlank, guarded};

/// Rows that are unpacked at once.
const STRETCH_ROWS: usize = 4096;

impl Length for SharedFile {
    fn len(&self) -> u64 {
        self.bytes()
    }
}

impl ChunkReader for SharedFile {
    type T = BufReader<SharedFile>;

    fn get_read(&self, start: u64) -> ParquetResult<Self::T> {
        let mut file = self.clone();
        file.seek(SeekFrom::Start(start))?;
        Ok(BufReader::new(file))
    }

    fn get_bytes(&self, start: u64, length: usize) -> ParquetResult<Bytes> {
        let mut file = self.clone();
        file.seek(SeekFrom::Start(start))?;
        let mut bytes = Vec::new();
        // A damaged file may promise more bytes than there are; no room is made for promises.
        file.take(length as u64).read_to_end(&mut bytes)?;
        match bytes.len() == length {
            true => Ok(bytes.into()),
            false => Err(std::io::Error::from(std::io::ErrorKind::UnexpectedEof).into()),
        }
    }
}

/// Opens a Parquet file.
pub(super) fn open_parquet(file: SharedFile, name: &Name) -> Result<OpenTable, SourceError> {
    let opening = file.clone();
    let opened = guarded(move || {
        ArrowReaderMetadata::load(&opening, ArrowReaderOptions::new()).map_err(text)
    });
    let metadata = opened_or_refused(opened, "a Parquet file", name)?;
    let schema = metadata.schema().clone();
    let rows: ReadRows = Box::new(move |sink| read_groups(&file, &metadata, sink));
    table(&schema, rows, "a Parquet file", name)
}

/// Opens an Arrow IPC file, or the same as a stream.
pub(super) fn open_arrow(file: SharedFile, name: &Name) -> Result<OpenTable, SourceError> {
    let opened = guarded(move || {
        let is_file = file.begins_with(b"ARROW1");
        let file = BufReader::new(file);
        let opened: Result<(SchemaRef, ReadRows), ArrowError> = match is_file {
            true => FileReader::try_new(file, None).map(|batches| {
                let schema = batches.schema();
                let rows: ReadRows = Box::new(move |sink| read_batches(batches, sink));
                (schema, rows)
            }),
            false => StreamReader::try_new(file, None).map(|batches| {
                let schema = batches.schema();
                let rows: ReadRows = Box::new(move |sink| read_batches(batches, sink));
                (schema, rows)
            }),
        };
        opened.map_err(text)
    });
    let (schema, rows) = opened_or_refused(opened, "an Arrow file", name)?;
    table(&schema, rows, "an Arrow file", name)
}

/// What was opened, or why it cannot be.
fn opened_or_refused<T>(
    opened: Option<Result<T, String>>,
    format: &str,
    name: &Name,
) -> Result<T, SourceError> {
    match opened {
        Some(Ok(opened)) => Ok(opened),
        Some(Err(reason)) => Err(name.unreadable(format, reason)),
        None => Err(name.unreadable(format, "it is damaged")),
    }
}

fn table(
    schema: &Schema,
    rows: ReadRows,
    format: &str,
    name: &Name,
) -> Result<OpenTable, SourceError> {
    if let Some((column, kind)) = unread(schema) {
        let reason = format!("its column `{column}` is of the type {kind}, which is not read");
        return Err(name.unreadable(format, reason));
    }
    let fields = schema.fields().iter();
    let names = fields.clone().map(|field| field.name().clone()).collect();
    let binary = fields.filter(|field| is_binary(field.data_type()));
    let binary: Vec<String> = binary.map(|field| format!("`{}`", field.name())).collect();
    let notes = match binary.is_empty() {
        true => Vec::new(),
        false => vec![format!(
            "columns of bytes are read as Base64: {}",
            binary.join(", ")
        )],
    };
    Ok(OpenTable {
        part: None,
        notes,
        columns: Columns::Named(names),
        rows,
    })
}

/// The first column of which no text can be made, and its type.
pub(super) fn unread(schema: &Schema) -> Option<(&str, &DataType)> {
    let mut fields = schema.fields().iter();
    fields
        .find(|field| !value::is_read(field.data_type()))
        .map(|field| (field.name().as_str(), field.data_type()))
}

fn is_binary(kind: &DataType) -> bool {
    matches!(
        kind,
        DataType::Binary
            | DataType::LargeBinary
            | DataType::BinaryView
            | DataType::FixedSizeBinary(_)
    )
}

/// Reads a Parquet file; a group that cannot be read ends it, and is named.
fn read_groups(
    file: &SharedFile,
    metadata: &ArrowReaderMetadata,
    sink: &mut RowSink,
) -> Result<(), Halt> {
    let mut line = 0;
    for group in 0..metadata.metadata().num_row_groups() {
        let failed = |reason: String| Halt::at(format!("row group {}", group + 1), reason);
        let mut batches =
            ParquetRecordBatchReaderBuilder::new_with_metadata(file.clone(), metadata.clone())
                .with_row_groups(vec![group])
                .with_batch_size(STRETCH_ROWS)
                .build()
                .map_err(|error| failed(text(error)))?;
        // The library checks less than it trusts, so a damaged page may make it panic.
        while let Some(batch) =
            guarded(|| batches.next()).ok_or_else(|| failed("it is damaged".to_owned()))?
        {
            let batch = batch.map_err(|error| failed(text(error)))?;
            push_rows(&batch, &mut line, sink)?;
        }
    }
    Ok(())
}

/// Reads the batches of an Arrow file; one that cannot be read ends it, and is named.
fn read_batches(
    mut batches: impl Iterator<Item = Result<RecordBatch, ArrowError>> + Send,
    sink: &mut RowSink,
) -> Result<(), Halt> {
    let mut line = 0;
    for number in 1.. {
        let failed = |reason: String| Halt::at(format!("batch {number}"), reason);
        let next = guarded(|| batches.next()).ok_or_else(|| failed("it is damaged".to_owned()))?;
        let Some(batch) = next else {
            break;
        };
        push_rows(
            &batch.map_err(|error| failed(text(error)))?,
            &mut line,
            sink,
        )?;
    }
    Ok(())
}

/// Pushes the rows of a batch, counted on from `line`.
pub(super) fn push_rows(
    batch: &RecordBatch,
    line: &mut u64,
    sink: &mut RowSink,
) -> Result<(), Halt> {
    for index in 0..batch.num_rows() {
        *line += 1;
        let mut row = CellRow::new(*line, WhenBlank::Row);
        for column in batch.columns() {
            row.push_with(|text| value::write(text, column, index));
        }
        sink.push(row)?;
    }
    Ok(())
}

/// The library's words on one line.
fn text(error: impl std::fmt::Display) -> String {
    let text = error.to_string();
    text.lines().next().unwrap_or_default().to_owned()
}
