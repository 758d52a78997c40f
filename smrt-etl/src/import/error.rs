//! Why an import could not be done.

use smrt_core::smrt::SmrtError;
use smrt_core::store::{StoreError, VerificationError};

use crate::mapping::MappingError;
use crate::source::SourceError;

/// Why an import could not be done. What was committed before stays and can be resumed or undone.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// The session refused, or its store failed.
    #[error(transparent)]
    Session(#[from] SmrtError),
    /// The source failed.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The mapping does not fit the source.
    #[error(transparent)]
    Mapping(#[from] MappingError),
    /// The store does not hold what was counted.
    #[error(transparent)]
    Verification(#[from] VerificationError),
    /// The file is not the one the run was started with.
    #[error("this is not the file run {run} was started with, which was `{file_name}`")]
    AnotherFile {
        /// The run.
        run: i64,
        /// The name of its file.
        file_name: String,
    },
    /// The options kept with the run cannot be read.
    #[error("the options kept with the run cannot be read")]
    StoredOptions,
    /// A row that was set aside cannot be read back.
    #[error("row {row}, which was set aside, cannot be read back")]
    DeferredRow {
        /// The row's number.
        row: u64,
    },
    /// Too many rows were rejected, and later changes stand in the way of rolling back.
    #[error("run {run} cannot be rolled back: {obstacles} later changes stand in the way")]
    RollBack {
        /// The run.
        run: i64,
        /// How many later changes there are.
        obstacles: u64,
    },
    /// The reject file could not be written.
    #[error("the reject file cannot be written")]
    RejectFile(#[source] std::io::Error),
    /// A thread of the pipeline ended without a result.
    #[error("a worker ended unexpectedly")]
    Worker,
}

impl From<StoreError> for ImportError {
    fn from(error: StoreError) -> Self {
        Self::Session(error.into())
    }
}

impl ImportError {
    /// The store's own error, if it is one.
    #[must_use]
    pub const fn store(&self) -> Option<&StoreError> {
        match self {
            Self::Session(SmrtError::Store(error)) => Some(error),
            _ => None,
        }
    }

    /// A stable code for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Session(error) => error.code(),
            Self::Source(error) => error.code(),
            Self::Mapping(_) => "mapping",
            Self::Verification(_) => "verification_failed",
            Self::AnotherFile { .. } => "another_file",
            Self::StoredOptions => "stored_options",
            Self::DeferredRow { .. } => "deferred_row",
            Self::RollBack { .. } => "roll_back",
            Self::RejectFile(_) => "reject_file",
            Self::Worker => "worker",
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Session(error) => error.hint(),
            Self::Source(error) => Some(error.hint().to_owned()),
            Self::Mapping(error) => Some(error.hint()),
            Self::Verification(_) => Some(
                "do not rely on this run; undo it with `smrt import undo RUN` and report the fault"
                    .into(),
            ),
            Self::AnotherFile { .. } => {
                Some("give the file the run was started with, or undo the run first".into())
            }
            Self::StoredOptions | Self::DeferredRow { .. } => {
                Some("undo the run with `smrt import undo RUN` and import again".into())
            }
            Self::RollBack { .. } => Some("`smrt import undo RUN --dry-run` lists them".into()),
            Self::RejectFile(_) => {
                Some("name another place with `--rejects`; `smrt runs show RUN --issues` lists the rows too".into())
            }
            Self::Worker => None,
        }
    }
}
