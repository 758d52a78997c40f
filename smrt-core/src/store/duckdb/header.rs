//! What a file is, read from its first bytes without opening it as a database.

use std::path::Path;

use crate::store::error::{StoreError, StoreErrorKind};
use crate::store::file::{self, Beginning, FileKind};
use crate::store::location::is_duckdb;

/// Bytes by which a file is identified.
const HEADER_BYTES: usize = 16;

/// Bytes of the three headers, which DuckDB writes when it makes a file.
const HEADERS_LEN: u64 = 3 * 4096;

/// Identifies the file at `path`, changing nothing.
pub(crate) fn identify(path: &Path) -> Result<FileKind, StoreError> {
    match file::begin(path, HEADER_BYTES)? {
        Beginning::Missing => Ok(FileKind::Missing),
        Beginning::Header { file_len: 0, .. } => Ok(FileKind::Empty),
        Beginning::Header { bytes, file_len } if is_duckdb(&bytes) => {
            match file_len < HEADERS_LEN {
                true => Err(StoreError::new(
                    StoreErrorKind::Damaged,
                    "open",
                    "the file ends before its headers do; nothing can be read of it",
                )),
                false => Ok(FileKind::Store),
            }
        }
        Beginning::Header { .. } => Err(StoreError::new(
            StoreErrorKind::Foreign,
            "open",
            "it is not a DuckDB file",
        )),
    }
}

/// Takes away a file that ends before its headers do, in which there can be nothing.
pub(super) fn remove_cut_short(path: &Path) {
    let is_cut_short = std::fs::metadata(path).is_ok_and(|file| file.len() < HEADERS_LEN);
    if is_cut_short {
        // Whoever opens what cannot be removed is told that it is damaged.
        let _ = std::fs::remove_file(path);
    }
}
