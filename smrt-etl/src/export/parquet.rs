//! Rows as Parquet: one row group after the other, so that memory stays bounded.

use std::io::{self, Write};
use std::sync::Arc;

use arrow_array::{
    ArrayRef, BooleanArray, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray,
};
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef, TimeUnit};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;

use super::row::{Cell, Column, Kind, Rows};

/// Rows of a row group, unless their text is long.
const GROUP_ROWS: usize = 32_768;

/// A file under construction.
pub(super) struct ParquetFile<W: Write + Send> {
    writer: ArrowWriter<W>,
    schema: SchemaRef,
    columns: &'static [Column],
    /// Pages of the next row group.
    waiting: Vec<Rows>,
    waiting_rows: usize,
}

impl<W: Write + Send> ParquetFile<W> {
    pub(super) fn begin(columns: &'static [Column], out: W) -> io::Result<Self> {
        let field = |column: &Column| Field::new(column.name, data_type(column.kind), true);
        let fields: Vec<Field> = columns.iter().map(field).collect();
        let schema = Arc::new(Schema::new(fields));
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::default()))
            .build();
        let writer = ArrowWriter::try_new(out, Arc::clone(&schema), Some(properties));
        Ok(Self {
            writer: writer.map_err(failed)?,
            schema,
            columns,
            waiting: Vec::new(),
            waiting_rows: 0,
        })
    }

    pub(super) fn push(&mut self, rows: Rows) -> io::Result<()> {
        self.waiting_rows += rows.len();
        self.waiting.push(rows);
        match self.waiting_rows >= GROUP_ROWS {
            true => self.write_group(),
            false => Ok(()),
        }
    }

    pub(super) fn finish(mut self) -> io::Result<()> {
        self.write_group()?;
        self.writer.close().map_err(failed)?;
        Ok(())
    }

    fn write_group(&mut self) -> io::Result<()> {
        if self.waiting_rows == 0 {
            return Ok(());
        }
        let columns = self.columns.iter().enumerate();
        let arrays = columns.map(|(position, column)| array(*column, position, &self.waiting));
        let batch = RecordBatch::try_new(Arc::clone(&self.schema), arrays.collect())
            .map_err(|error: ArrowError| io::Error::other(error.to_string()))?;
        self.waiting.clear();
        self.waiting_rows = 0;
        self.writer.write(&batch).map_err(failed)?;
        self.writer.flush().map_err(failed)
    }
}

fn data_type(kind: Kind) -> DataType {
    match kind {
        Kind::Text | Kind::List => DataType::Utf8,
        Kind::Integer => DataType::Int64,
        Kind::Truth => DataType::Boolean,
        Kind::Instant => DataType::Timestamp(TimeUnit::Microsecond, None),
    }
}

/// A column of all pages, in order.
fn array(column: Column, position: usize, pages: &[Rows]) -> ArrayRef {
    let cells = pages.iter().flat_map(|rows| rows.column(position));
    match column.kind {
        Kind::Text | Kind::List => Arc::new(cells.map(as_text).collect::<StringArray>()),
        Kind::Integer => Arc::new(cells.map(as_integer).collect::<Int64Array>()),
        Kind::Truth => Arc::new(cells.map(as_truth).collect::<BooleanArray>()),
        Kind::Instant => Arc::new(cells.map(as_integer).collect::<TimestampMicrosecondArray>()),
    }
}

fn as_text(cell: &Cell) -> Option<&str> {
    match cell {
        Cell::Text(text) | Cell::List(text) => Some(text),
        Cell::Empty | Cell::Integer(_) | Cell::Truth(_) | Cell::Instant(_) => None,
    }
}

fn as_integer(cell: &Cell) -> Option<i64> {
    match cell {
        Cell::Integer(number) => Some(*number),
        Cell::Instant(instant) => Some(instant.as_micros()),
        Cell::Empty | Cell::Text(_) | Cell::List(_) | Cell::Truth(_) => None,
    }
}

fn as_truth(cell: &Cell) -> Option<bool> {
    match cell {
        Cell::Truth(truth) => Some(*truth),
        Cell::Empty | Cell::Text(_) | Cell::List(_) | Cell::Integer(_) | Cell::Instant(_) => None,
    }
}

/// The error of the disk, or that of the writer, which speaks of columns and never of values.
fn failed(error: ParquetError) -> io::Error {
    let ParquetError::External(cause) = error else {
        return io::Error::other(error.to_string());
    };
    match cause.downcast::<io::Error>() {
        Ok(error) => *error,
        Err(other) => io::Error::other(other.to_string()),
    }
}
