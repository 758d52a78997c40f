//! Rows as Parquet: not written yet, so it is refused.
use super::row::{Column, Rows};
use std::io::{self, Write};
pub(super) struct ParquetFile<W: Write> {
    _out: W,
}
impl<W: Write> ParquetFile<W> {
    pub(super) fn begin(_: &'static [Column], _: W) -> io::Result<Self> {
        Err(io::Error::from(io::ErrorKind::Unsupported))
    }
    pub(super) fn push(&mut self, _: Rows) -> io::Result<()> {
        Ok(())
    }
    pub(super) fn finish(self) -> io::Result<()> {
        Ok(())
    }
}
