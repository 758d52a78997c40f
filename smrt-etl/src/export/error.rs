//! Why records could not be exported.

use std::io;
use std::path::PathBuf;

use smrt_core::smrt::SmrtError;

use super::{ExportFormat, ExportWhat};

/// Why records could not be exported. No output file was written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExportError {
    /// The session refused, or its store failed.
    #[error(transparent)]
    Session(#[from] SmrtError),
    /// The format has no place for these records.
    #[error("{what} cannot be written as {format}")]
    Format {
        /// What was to be written.
        what: ExportWhat,
        /// As what.
        format: ExportFormat,
    },
    /// It is not known when these records were changed.
    #[error("nothing says when {what} were changed")]
    UpdatedSince {
        /// What was asked for.
        what: ExportWhat,
    },
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
    /// The stream for the records could not be written.
    #[error("the records cannot be written: {0}")]
    Stream(#[source] io::Error),
    /// A thread ended without a result.
    #[error("a worker ended unexpectedly")]
    Worker,
}

impl ExportError {
    /// A stable code for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Session(error) => error.code(),
            Self::Format { .. } => "export_format",
            Self::UpdatedSince { .. } => "export_updated_since",
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
            Self::Format { .. } => Some(
                "vCards are for contacts; write the others as csv, jsonl or parquet".to_owned(),
            ),
            Self::UpdatedSince { .. } => Some(
                "leave `--updated-since` out; contacts, humans and consents take it".to_owned(),
            ),
            Self::Exists { .. } => {
                Some("name another file, or let it be replaced with `--force`".to_owned())
            }
            Self::Write { .. } => Some("name a file in a folder that can be written".to_owned()),
            Self::Stream(_) | Self::Worker => None,
        }
    }
}
