//! What can go wrong in a store: a kind, the operation, and whether a retry may help.

use std::fmt;

/// The operation that waits for another tenant's bulk load.
const FILL: &str = "wait for a bulk load";

/// The store did not do what it was asked.
#[derive(Debug)]
pub struct StoreError {
    kind: StoreErrorKind,
    operation: &'static str,
    detail: String,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
    /// What the user can do, where that is not what the kind suggests.
    advice: Option<&'static str>,
}

/// What kind of failure a [`StoreError`] is. Callers must decide, so the list is exhaustive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoreErrorKind {
    /// There is no store at that place.
    NotFound,
    /// The file is no store of smrt.
    Foreign,
    /// The store was written by a newer smrt.
    Newer,
    /// The file is damaged.
    Damaged,
    /// Another process holds the store.
    Locked,
    /// Another transaction was faster; nothing of this one was kept, and it may be run again.
    Conflict,
    /// The server does not answer any more. During a commit, whether it was made is not known.
    ConnectionLost,
    /// The disk, or the quota on it, is full.
    DiskFull,
    /// The file or its folder cannot be written, the user has no right to, or the server is a
    /// replica.
    ReadOnly,
    /// The store forbids it: a key is taken, or a referred record is missing.
    Constraint,
    /// An import was interrupted; it must be resumed or undone first.
    Unfinished,
    /// The caller asked for something that cannot be.
    Invalid,
    /// Any other failure of the engine.
    Engine,
}

impl StoreError {
    /// An error without an underlying one, for an engine to report. `detail` is shown to people and
    /// must hold nothing of what a record says.
    ///
    /// ```
    /// use smrt_core::store::{StoreError, StoreErrorKind};
    ///
    /// let error = StoreError::new(StoreErrorKind::Locked, "begin", "another writer is busy");
    /// assert!(error.may_retry());
    /// assert_eq!(error.code(), "store_locked");
    /// ```
    #[must_use]
    pub fn new(kind: StoreErrorKind, operation: &'static str, detail: impl Into<String>) -> Self {
        Self {
            kind,
            operation,
            detail: detail.into(),
            source: None,
            advice: None,
        }
    }

    /// The same with the error that caused it.
    #[must_use]
    pub fn with_source(
        kind: StoreErrorKind,
        operation: &'static str,
        detail: impl Into<String>,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self {
            kind,
            operation,
            detail: detail.into(),
            source: Some(source.into()),
            advice: None,
        }
    }

    /// The same with what the user can do about it, where an engine knows better than the kind.
    ///
    /// ```
    /// use smrt_core::store::{StoreError, StoreErrorKind};
    ///
    /// let error = StoreError::new(StoreErrorKind::ReadOnly, "begin", "the server is a replica")
    ///     .with_hint("use the primary");
    /// assert_eq!(error.hint(), Some("use the primary"));
    /// ```
    #[must_use]
    pub fn with_hint(self, hint: &'static str) -> Self {
        Self {
            advice: Some(hint),
            ..self
        }
    }

    /// Another tenant's bulk load has the indexes down; more is not said of it.
    pub(crate) fn filled_by_another() -> Self {
        Self::new(
            StoreErrorKind::Unfinished,
            FILL,
            "the store is being filled by another import",
        )
    }

    /// A column holds a value that the schema does not allow there.
    pub(crate) fn unexpected_value(column: usize) -> Self {
        Self::new(
            StoreErrorKind::Damaged,
            "read",
            format!(
                "column {} of a result holds a value of another type",
                column + 1
            ),
        )
    }

    /// What kind of failure it is.
    #[must_use]
    pub const fn kind(&self) -> StoreErrorKind {
        self.kind
    }

    /// What was being done.
    #[must_use]
    pub const fn operation(&self) -> &'static str {
        self.operation
    }

    /// Whether the same call may succeed later without anything else changing.
    #[must_use]
    pub const fn may_retry(&self) -> bool {
        matches!(self.kind, StoreErrorKind::Locked | StoreErrorKind::Conflict)
    }

    /// A stable code for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self.kind {
            StoreErrorKind::NotFound => "store_not_found",
            StoreErrorKind::Foreign => "store_foreign",
            StoreErrorKind::Newer => "store_newer",
            StoreErrorKind::Damaged => "store_damaged",
            StoreErrorKind::Locked => "store_locked",
            StoreErrorKind::Conflict => "store_conflict",
            StoreErrorKind::ConnectionLost => "store_connection_lost",
            StoreErrorKind::DiskFull => "store_disk_full",
            StoreErrorKind::ReadOnly => "store_read_only",
            StoreErrorKind::Constraint => "store_constraint",
            StoreErrorKind::Unfinished => "store_unfinished",
            StoreErrorKind::Invalid => "store_invalid",
            StoreErrorKind::Engine => "store_engine",
        }
    }

    /// What the user can do about it.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        if self.advice.is_some() {
            return self.advice;
        }
        match self.kind {
            StoreErrorKind::NotFound => {
                Some("name an existing store with `--db`, or import into a new one")
            }
            StoreErrorKind::Foreign => {
                Some("choose another path with `--db`; this file was left as it is")
            }
            StoreErrorKind::Newer => Some(
                "use the version of smrt that wrote it, or a newer one; the file was left as it is",
            ),
            StoreErrorKind::Damaged => {
                Some("restore a backup; `smrt db check` lists what is damaged")
            }
            StoreErrorKind::Locked => Some("wait for the other process to end, then try again"),
            StoreErrorKind::Conflict => Some("run the same command again"),
            StoreErrorKind::ConnectionLost => Some(
                "when the server answers again, look at what was written, or run an import with `--resume`",
            ),
            StoreErrorKind::DiskFull => {
                Some("free some space, then run the same command with `--resume`")
            }
            StoreErrorKind::ReadOnly => Some(
                "check the rights of the file and its folder; the store writes beside the file",
            ),
            StoreErrorKind::Unfinished if self.operation == FILL => {
                Some("try again when that import has come to its end")
            }
            StoreErrorKind::Unfinished => Some(
                "continue it with `smrt import FILE --resume`, or take it back with `smrt import undo RUN`",
            ),
            StoreErrorKind::Constraint | StoreErrorKind::Invalid | StoreErrorKind::Engine => None,
        }
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.detail)
    }
}

impl std::error::Error for StoreError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source
            .as_deref()
            .map(|source| source as &(dyn std::error::Error + 'static))
    }
}
