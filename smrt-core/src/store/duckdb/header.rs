//! What a file is, read from its first bytes without opening it as a database.

use std::path::Path;

use crate::store::error::{StoreError, StoreErrorKind};
use crate::store::file::{self, Beginning, FileKind};
use crate::store::location::is_duckdb;

/// Bytes by which a file is identified.
const HEADER_BYTES: usize = 16;

/// Identifies the file at `path`, changing nothing.
pub(crate) fn identify(path: &Path) -> Result<FileKind, StoreError> {
    match file::begin(path, HEADER_BYTES)? {
        Beginning::Missing => Ok(FileKind::Missing),
        Beginning::Header { file_len: 0, .. } => Ok(FileKind::Empty),
        Beginning::Header { bytes, .. } if is_duckdb(&bytes) => Ok(FileKind::Store),
        Beginning::Header { .. } => Err(StoreError::new(
            StoreErrorKind::Foreign,
            "open",
            "it is not a DuckDB file",
        )),
    }
}
