//! What stands at a path, read from its first bytes without opening it as a database.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use super::error::{StoreError, StoreErrorKind};

/// What stands at a path.
#[cfg(any(feature = "duckdb", feature = "sqlite"))]
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum FileKind {
    /// Nothing.
    Missing,
    /// A file of no bytes.
    Empty,
    /// A file of the engine that asked.
    Store,
}

/// How the file at a path begins.
pub(super) enum Beginning {
    /// There is none.
    Missing,
    /// Its first bytes, and how many there are in all.
    Header {
        bytes: Vec<u8>,
        #[cfg_attr(
            not(any(feature = "duckdb", feature = "sqlite")),
            expect(dead_code, reason = "only an engine of files asks for it")
        )]
        file_len: u64,
    },
}

/// Reads the first bytes of the file at `path`, at most `header_len`.
pub(super) fn begin(path: &Path, header_len: usize) -> Result<Beginning, StoreError> {
    let metadata = match std::fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Ok(Beginning::Missing);
        }
        Err(error) => return Err(unreadable(error)),
    };
    if metadata.is_dir() {
        return Err(StoreError::new(
            StoreErrorKind::Foreign,
            "open",
            "it is a folder, not a file",
        ));
    }
    let mut bytes = Vec::with_capacity(header_len);
    File::open(path)
        .and_then(|file| file.take(header_len as u64).read_to_end(&mut bytes))
        .map_err(unreadable)?;
    Ok(Beginning::Header {
        bytes,
        file_len: metadata.len(),
    })
}

/// Takes away a file of no bytes.
#[cfg(feature = "duckdb")]
pub(super) fn remove_empty(path: &Path) -> Result<(), StoreError> {
    std::fs::remove_file(path).map_err(|error| {
        StoreError::with_source(
            StoreErrorKind::ReadOnly,
            "create",
            "the empty file at this place cannot be replaced",
            error,
        )
    })
}

fn unreadable(error: std::io::Error) -> StoreError {
    StoreError::with_source(
        StoreErrorKind::ReadOnly,
        "open",
        "the file cannot be read",
        error,
    )
}
