//! Why a list could not be scrubbed.

use std::io;
use std::path::PathBuf;

use smrt_core::smrt::SmrtError;

use super::column::ColumnError;
use crate::source::SourceError;

/// Why a list could not be scrubbed. No output file was written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ScrubError {
    /// The session refused, or its store failed.
    #[error(transparent)]
    Session(#[from] SmrtError),
    /// The list failed.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The columns that were named are not those of the list.
    #[error(transparent)]
    Column(#[from] ColumnError),
    /// A file is there that would be replaced.
    #[error("`{}` exists already", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// A file could not be written.
    #[error("`{}` cannot be written: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The stream for the rows could not be written.
    #[error("the rows cannot be written: {0}")]
    Stream(#[source] io::Error),
    /// A thread of the pipeline ended without a result, or rows were lost.
    #[error("a worker ended unexpectedly")]
    Worker,
}

impl ScrubError {
    /// A stable code for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Session(error) => error.code(),
            Self::Source(error) => error.code(),
            Self::Column(error) => error.code(),
            Self::Exists { .. } => "output_exists",
            Self::Write { .. } | Self::Stream(_) => "output",
            Self::Worker => "worker",
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Session(error) => error.hint(),
            Self::Source(error) => Some(error.hint().to_owned()),
            Self::Column(error) => Some(error.hint()),
            Self::Exists { .. } => {
                Some("name another file, or let it be replaced with `--force`".to_owned())
            }
            Self::Write { .. } => Some("name a file in a folder that can be written".to_owned()),
            Self::Stream(_) | Self::Worker => None,
        }
    }
}
