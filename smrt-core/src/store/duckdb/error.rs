//! DuckDB's errors as kinds of [`StoreError`].
//!
//! DuckDB tells what went wrong by the beginning of a text; a case of the contract suite, or a test
//! of a damaged file, holds each one that is looked for here.

use duckdb::Error;

use crate::store::error::{StoreError, StoreErrorKind};

/// What the system says where a file cannot grow.
const FULL: [&str; 4] = [
    "No space left on device",
    "File too large",
    "Disk quota exceeded",
    "Could not write all required bytes",
];

/// Translates an error of DuckDB. Its texts are kept as the source only: they may quote data.
pub(super) fn translate(error: Error, operation: &'static str) -> StoreError {
    let text = text_of(&error);
    let has = |part: &str| text.contains(part);
    let (kind, detail) = if text.starts_with("Constraint Error") {
        (
            StoreErrorKind::Constraint,
            "the store refuses the row: a key is taken or a value is missing",
        )
    } else if has("read-only mode") || has("read-only transaction") || has("READ_ONLY") {
        (StoreErrorKind::ReadOnly, "the store cannot be written")
    } else if has("Conflict on") || has("write-write conflict") {
        (
            StoreErrorKind::Conflict,
            "another transaction changed the same records",
        )
    } else if FULL.into_iter().any(has) {
        (StoreErrorKind::DiskFull, "the disk is full")
    } else if has("storage version number") {
        (
            StoreErrorKind::Newer,
            "the file was written by a version of DuckDB whose format this program does not read",
        )
    } else if has("not a valid DuckDB database file") {
        (StoreErrorKind::Foreign, "the file is no DuckDB database")
    } else if has("Corrupt database file") || has("Checksum") || has("checksum") {
        (StoreErrorKind::Damaged, "the file is damaged")
    } else if has("Permission denied") || has("Cannot open file") {
        (
            StoreErrorKind::ReadOnly,
            "the store's file, or a file beside it, cannot be opened",
        )
    } else if let Some(about_statement) = about_statement(text) {
        let detail = format!("the DuckDB engine refuses a statement: {about_statement}");
        return StoreError::with_source(StoreErrorKind::Engine, operation, detail, error);
    } else {
        (
            StoreErrorKind::Engine,
            "the DuckDB engine reports a failure",
        )
    };
    StoreError::with_source(kind, operation, detail, error)
}

/// The first line of an error about a statement, which quotes names of the schema and no values.
fn about_statement(text: &str) -> Option<&str> {
    let classes = [
        "Binder Error",
        "Catalog Error",
        "Not implemented Error",
        "Parser Error",
    ];
    let is_one = classes.iter().any(|class| text.starts_with(class));
    text.lines().next().filter(|_| is_one)
}

/// Whether another process has the file.
pub(super) fn is_locked(error: &Error) -> bool {
    text_of(error).contains("Could not set lock on file")
}

/// Whether there was no transaction to end.
pub(super) fn is_without_transaction(error: &Error) -> bool {
    text_of(error).contains("no transaction is active")
}

fn text_of(error: &Error) -> &str {
    match error {
        Error::DuckDBFailure(_, Some(text)) => text,
        _ => "",
    }
}
