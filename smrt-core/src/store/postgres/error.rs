//! PostgreSQL's error codes as kinds of [`StoreError`].
//!
//! The server's messages may quote what a record says, so they are kept only for the classes of
//! errors that speak of statements, rights, resources and the server itself.

use std::error::Error as _;
use std::fmt;
use std::io;

use postgres::Error;
use postgres::error::{DbError, SqlState};

use crate::store::error::{StoreError, StoreErrorKind};

/// What of a server's error may be shown to anyone.
#[derive(Debug)]
struct ServerError {
    code: String,
    about: Option<String>,
    message: Option<String>,
}

impl ServerError {
    fn new(error: &DbError) -> Self {
        let code = error.code().code().to_owned();
        let named = error.constraint().or(error.table());
        // Classes of errors whose messages name parts of statements and of the server, no values.
        let quotes_nothing = [
            "08", "0A", "25", "28", "3D", "3F", "42", "53", "54", "55", "57", "58",
        ]
        .iter()
        .any(|class| code.starts_with(class));
        Self {
            about: named.map(|name| format!(" about `{name}`")),
            message: quotes_nothing.then(|| format!(": {}", error.message())),
            code,
        }
    }
}

impl fmt::Display for ServerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SQLSTATE {}", self.code)?;
        let parts = [&self.about, &self.message];
        parts
            .into_iter()
            .flatten()
            .try_for_each(|part| f.write_str(part))
    }
}

impl std::error::Error for ServerError {}

/// The operation after whose failure it may be that everything was done.
const COMMIT: &str = "commit";

const LOST_IN_COMMIT: &str =
    "the connection to the server was lost during the commit: whether it was made is not known";

/// The operation that a server in recovery refuses for a transaction that may write.
const BEGIN: &str = "begin";

const REPLICA: &str = "the server is a replica, which cannot be written";

/// What to do where a server takes no writes.
const USE_PRIMARY: &str = "use the primary: name its address with `--db`";

/// What to do without a right.
pub(super) const USE_ANOTHER_ROLE: &str =
    "name a user with the right in the URL, or have the owner of the schema grant it";

/// Translates an error of the client or the server.
pub(super) fn translate(error: Error, operation: &'static str) -> StoreError {
    if let Some(error) = error.as_db_error() {
        return translate_told(error, operation);
    }
    match error.into_source() {
        None => lost(operation),
        Some(source) => match source.downcast::<Refusal>() {
            Ok(refusal) => StoreError::new(StoreErrorKind::Invalid, operation, refusal.to_string()),
            Err(source) => match source.downcast::<io::Error>() {
                Ok(error) => translate_io(*error, operation),
                Err(source) => StoreError::with_source(
                    StoreErrorKind::Engine,
                    operation,
                    "the PostgreSQL client reports a failure",
                    source,
                ),
            },
        },
    }
}

/// Translates what the server told.
fn translate_told(error: &DbError, operation: &'static str) -> StoreError {
    let told = |kind, detail: &str| {
        StoreError::with_source(kind, operation, detail, ServerError::new(error))
    };
    match (classify(error.code()), error.code().code(), operation) {
        // What the server says last may come before or after it has committed.
        ((StoreErrorKind::ConnectionLost, _), _, COMMIT) => {
            told(StoreErrorKind::ConnectionLost, LOST_IN_COMMIT)
        }
        // A server that repeats what another one does begins no transaction that may write.
        (_, "0A000", BEGIN) => told(StoreErrorKind::ReadOnly, REPLICA).with_hint(USE_PRIMARY),
        ((kind, detail), "25006", _) => told(kind, detail).with_hint(USE_PRIMARY),
        // The message names the table or the schema.
        ((kind, detail), "42501", _) => {
            told(kind, &format!("{detail}: {}", error.message())).with_hint(USE_ANOTHER_ROLE)
        }
        ((kind, detail), _, _) => told(kind, detail),
    }
}

/// Translates an error of a write into a stream, which may carry one of the client.
pub(super) fn translate_io(error: io::Error, operation: &'static str) -> StoreError {
    match error.into_inner().map(|inner| inner.downcast::<Error>()) {
        Some(Ok(error)) => translate(*error, operation),
        Some(Err(_)) | None => lost(operation),
    }
}

fn lost(operation: &'static str) -> StoreError {
    let detail = match operation {
        COMMIT => LOST_IN_COMMIT,
        _ => "the connection to the server was lost; what was not committed is not in the store",
    };
    StoreError::new(StoreErrorKind::ConnectionLost, operation, detail)
}

/// Translates an error of connecting.
pub(super) fn translate_connect(error: Error) -> StoreError {
    if error.as_db_error().is_some() {
        return translate(error, "connect");
    }
    let text = error.to_string();
    let cause = |error: &Error| error.source().map(|source| format!(": {source}"));
    let because = cause(&error).unwrap_or_default();
    let (kind, detail) = match text.as_str() {
        "error performing TLS handshake" => (
            StoreErrorKind::Invalid,
            format!("no trusted connection to the server can be made{because}"),
        ),
        "authentication error" | "invalid configuration" => (
            StoreErrorKind::Invalid,
            format!("the server and this program do not agree on how to log in{because}"),
        ),
        _ => (
            StoreErrorKind::ConnectionLost,
            format!("the server cannot be reached{because}"),
        ),
    };
    StoreError::new(kind, "connect", detail)
}

/// Whether a server that is starting, or not there for the moment, may take the connection soon.
pub(super) fn is_passing(error: &Error) -> bool {
    match error.code() {
        Some(code) => *code == SqlState::CANNOT_CONNECT_NOW,
        None => error
            .source()
            .and_then(|source| source.downcast_ref::<io::Error>())
            .is_some_and(|error| {
                use io::ErrorKind::{ConnectionRefused, ConnectionReset, NotFound, UnexpectedEof};
                matches!(
                    error.kind(),
                    ConnectionRefused | ConnectionReset | NotFound | UnexpectedEof
                )
            }),
    }
}

/// Whether the server said that it is starting up, or shutting down.
pub(super) fn is_starting(error: &Error) -> bool {
    error.code() == Some(&SqlState::CANNOT_CONNECT_NOW)
}

fn classify(code: &SqlState) -> (StoreErrorKind, &'static str) {
    match code.code() {
        "40001" | "40P01" => (
            StoreErrorKind::Conflict,
            "another transaction was faster; nothing of this one was kept",
        ),
        "55P03" => (
            StoreErrorKind::Locked,
            "another connection is writing to this store",
        ),
        "55006" => (StoreErrorKind::Locked, "another connection holds the store"),
        "53100" => (StoreErrorKind::DiskFull, "the disk of the server is full"),
        "53200" => (StoreErrorKind::Engine, "the server is out of memory"),
        "53300" => (
            StoreErrorKind::Locked,
            "the server takes no more connections",
        ),
        "25006" => (StoreErrorKind::ReadOnly, "the store cannot be written"),
        "42501" => (
            StoreErrorKind::ReadOnly,
            "the user has no right to do this in the database",
        ),
        "28P01" | "28000" => (
            StoreErrorKind::Invalid,
            "the server refuses the user or the password",
        ),
        "3D000" => (StoreErrorKind::NotFound, "the server has no such database"),
        "3F000" => (StoreErrorKind::NotFound, "the database has no such schema"),
        "57P03" => (
            StoreErrorKind::ConnectionLost,
            "the server is starting up or shutting down",
        ),
        "57P01" | "57P02" | "57P05" => (
            StoreErrorKind::ConnectionLost,
            "the server ended the connection; what was not committed is not in the store",
        ),
        "57014" => (StoreErrorKind::Engine, "the server cancelled the statement"),
        "22008" => (
            StoreErrorKind::Invalid,
            "an instant lies beyond what the server can keep",
        ),
        code if code.starts_with("08") => (
            StoreErrorKind::ConnectionLost,
            "the connection to the server failed",
        ),
        code if code.starts_with("23") => (
            StoreErrorKind::Constraint,
            "the store refuses the row: a key is taken or a referred record is missing",
        ),
        code if code.starts_with("XX00") && code != "XX000" => {
            (StoreErrorKind::Damaged, "the database is damaged")
        }
        _ => (
            StoreErrorKind::Engine,
            "the PostgreSQL server reports a failure",
        ),
    }
}

/// Whether the error says that a key is taken.
pub(super) fn is_taken_key(error: &Error) -> bool {
    error.code() == Some(&SqlState::UNIQUE_VIOLATION)
}

/// A value that cannot be sent to the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refusal {
    /// The year 294276 is the last one.
    #[error("an instant lies beyond what PostgreSQL can keep")]
    Instant,
    /// The statement wants another kind of value.
    #[error("a value is of another type than the column or parameter it is for")]
    Type,
    /// A protocol message carries at most 2 GiB.
    #[error("a value is too large for PostgreSQL")]
    Size,
}

impl Refusal {
    /// As an error of the store.
    pub(super) fn during(self, operation: &'static str) -> StoreError {
        StoreError::new(StoreErrorKind::Invalid, operation, self.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_told_apart() {
        let kind = |code: &str| classify(&SqlState::from_code(code)).0;
        assert_eq!(kind("23505"), StoreErrorKind::Constraint);
        assert_eq!(kind("23503"), StoreErrorKind::Constraint);
        assert_eq!(kind("40001"), StoreErrorKind::Conflict);
        assert_eq!(kind("40P01"), StoreErrorKind::Conflict);
        assert_eq!(kind("55P03"), StoreErrorKind::Locked);
        assert_eq!(kind("53100"), StoreErrorKind::DiskFull);
        assert_eq!(kind("25006"), StoreErrorKind::ReadOnly);
        assert_eq!(kind("42501"), StoreErrorKind::ReadOnly);
        assert_eq!(kind("57P01"), StoreErrorKind::ConnectionLost);
        assert_eq!(kind("08006"), StoreErrorKind::ConnectionLost);
        assert_eq!(kind("XX001"), StoreErrorKind::Damaged);
        assert_eq!(kind("XX000"), StoreErrorKind::Engine);
        assert_eq!(kind("42601"), StoreErrorKind::Engine);
    }
}
