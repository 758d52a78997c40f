//! Rows as Parquet: one row group after the other, so that memory stays bounded.

use std::io::{self, Write};

use polars::io::parquet::write::BatchedWriter;
use polars::prelude::{
    Column as Series, DataFrame, DataType, ParquetCompression, ParquetWriter, PlSmallStr,
    PolarsError, PolarsResult, Schema, TimeUnit,
};

use super::row::{Cell, Column, Kind, Rows};

/// Rows of a row group, unless their text is long.
const GROUP_ROWS: usize = 32_768;

/// A file under construction.
pub(super) struct ParquetFile<W: Write> {
    writer: BatchedWriter<W>,
    columns: &'static [Column],
    /// Pages of the next row group.
    waiting: Vec<Rows>,
    waiting_rows: usize,
}

impl<W: Write> ParquetFile<W> {
    pub(super) fn begin(columns: &'static [Column], out: W) -> io::Result<Self> {
        let fields = columns
            .iter()
            .map(|column| (PlSmallStr::from_static(column.name), data_type(column.kind)));
        let schema = Schema::from_iter(fields);
        let writer = ParquetWriter::new(out)
            .with_compression(ParquetCompression::Zstd(None))
            .set_parallel(false)
            .batched(&schema);
        Ok(Self {
            writer: writer.map_err(failed)?,
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
        self.writer.finish().map_err(failed)?;
        Ok(())
    }

    fn write_group(&mut self) -> io::Result<()> {
        if self.waiting_rows == 0 {
            return Ok(());
        }
        let columns = self.columns.iter().enumerate();
        let series: PolarsResult<Vec<Series>> = columns
            .map(|(position, column)| series(*column, position, &self.waiting))
            .collect();
        let series = series.map_err(failed)?;
        let frame = DataFrame::new(self.waiting_rows, series).map_err(failed)?;
        self.waiting.clear();
        self.waiting_rows = 0;
        self.writer.write_batch(&frame).map_err(failed)
    }
}

fn data_type(kind: Kind) -> DataType {
    match kind {
        Kind::Text | Kind::List => DataType::String,
        Kind::Integer => DataType::Int64,
        Kind::Truth => DataType::Boolean,
        Kind::Instant => DataType::Datetime(TimeUnit::Microseconds, None),
    }
}

/// A column of all pages, in order.
fn series(column: Column, position: usize, pages: &[Rows]) -> PolarsResult<Series> {
    let name = PlSmallStr::from_static(column.name);
    let cells = pages.iter().flat_map(|rows| rows.column(position));
    Ok(match column.kind {
        Kind::Text | Kind::List => {
            let texts: Vec<Option<&str>> = cells.map(as_text).collect();
            Series::new(name, texts)
        }
        Kind::Integer => {
            let numbers: Vec<Option<i64>> = cells.map(as_integer).collect();
            Series::new(name, numbers)
        }
        Kind::Truth => {
            let truths: Vec<Option<bool>> = cells.map(as_truth).collect();
            Series::new(name, truths)
        }
        Kind::Instant => {
            let micros: Vec<Option<i64>> = cells.map(as_integer).collect();
            Series::new(name, micros).cast(&data_type(Kind::Instant))?
        }
    })
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
fn failed(error: PolarsError) -> io::Error {
    match error {
        PolarsError::IO { error, .. } => match error.raw_os_error() {
            Some(code) => io::Error::from_raw_os_error(code),
            None => io::Error::from(error.kind()),
        },
        PolarsError::Context { error, .. } => failed(*error),
        other => io::Error::other(other.to_string()),
    }
}
