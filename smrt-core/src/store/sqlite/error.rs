//! SQLite's result codes as kinds of [`StoreError`].

use rusqlite::ErrorCode;

use crate::store::error::{StoreError, StoreErrorKind};

/// Translates an error of SQLite. Texts of SQLite are kept as the source only: they may quote data.
pub(super) fn translate(error: rusqlite::Error, operation: &'static str) -> StoreError {
    let (kind, detail) = match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => (
            StoreErrorKind::Locked,
            "another process is writing to this store",
        ),
        Some(ErrorCode::DiskFull) => (StoreErrorKind::DiskFull, "the disk is full"),
        Some(ErrorCode::SystemIoFailure) => (
            StoreErrorKind::DiskFull,
            "the disk failed to read or write, or is full",
        ),
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => {
            (StoreErrorKind::ReadOnly, "the store cannot be written")
        }
        Some(ErrorCode::CannotOpen) => (
            StoreErrorKind::ReadOnly,
            "the store's file, or a file beside it, cannot be opened",
        ),
        Some(ErrorCode::NotADatabase) => (
            StoreErrorKind::Foreign,
            "the file is not an SQLite database",
        ),
        Some(ErrorCode::DatabaseCorrupt) => (StoreErrorKind::Damaged, "the file is damaged"),
        Some(ErrorCode::ConstraintViolation) => (
            StoreErrorKind::Constraint,
            "the store refuses the row: a key is taken or a referred record is missing",
        ),
        _ => (
            StoreErrorKind::Engine,
            "the SQLite engine reports a failure",
        ),
    };
    StoreError::with_source(kind, operation, detail, error)
}
