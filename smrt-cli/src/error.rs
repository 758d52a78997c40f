//! The one error of the command line: what is wrong, and what to do.

use std::io;

use serde::Serialize;
use smrt_core::smrt::SmrtError;
use smrt_core::store::StoreError;
use smrt_etl::consent::ConsentFileError;
use smrt_etl::dnc::{DncError, SidecarError};
use smrt_etl::export::ExportError;
use smrt_etl::import::ImportError;
use smrt_etl::mapping::{GuessRefusal, MappingError};
use smrt_etl::scrub::{ColumnError, ScrubError};
use smrt_etl::source::SourceError;

use crate::exit::Exit;

/// Why a command failed.
#[derive(Debug, Serialize)]
pub(crate) struct CliError {
    /// A stable code for programs.
    pub(crate) code: &'static str,
    pub(crate) message: String,
    /// What to do, one thing each.
    pub(crate) hints: Vec<String>,
    #[serde(skip)]
    pub(crate) exit: Exit,
}

/// The code of the one error that nobody is told: the reader of stdout has gone.
const CLOSED_PIPE: &str = "closed_pipe";

impl CliError {
    fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            hints: Vec::new(),
            exit: Exit::Failure,
        }
    }

    /// The user can do something about it.
    pub(crate) fn user(message: impl Into<String>) -> Self {
        Self::new("usage", message)
    }

    /// What was asked for is not there.
    pub(crate) fn not_found(message: impl Into<String>) -> Self {
        Self {
            exit: Exit::No,
            ..Self::new("not_found", message)
        }
    }

    /// Stdout could not be written.
    pub(crate) fn output(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self {
                exit: Exit::Done,
                ..Self::new(CLOSED_PIPE, "")
            },
            _ => Self::new("output", format!("cannot write to stdout: {error}")),
        }
    }

    /// A file could not be read or written.
    pub(crate) fn file(path: impl std::fmt::Display, error: &io::Error) -> Self {
        Self::new("file", format!("`{path}`: {error}"))
    }

    /// Rule files have faults.
    pub(crate) fn rules(message: impl Into<String>) -> Self {
        Self::new("rules", message)
    }

    /// Whether the reader of stdout has gone, which is no failure.
    pub(crate) fn is_closed_pipe(&self) -> bool {
        self.code == CLOSED_PIPE
    }

    /// Adds what to do.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Says better what to do.
    pub(crate) fn hint_instead(mut self, hint: impl Into<String>) -> Self {
        self.hints.clear();
        self.hint(hint)
    }

    /// Says what the error is about: a store.
    pub(crate) fn about(mut self, subject: impl std::fmt::Display) -> Self {
        self.message = format!("`{subject}`: {}", self.message);
        self
    }
}

impl From<StoreError> for CliError {
    fn from(error: StoreError) -> Self {
        Self {
            hints: error.hint().map(str::to_owned).into_iter().collect(),
            ..Self::new(error.code(), error.to_string())
        }
    }
}

impl From<SmrtError> for CliError {
    fn from(error: SmrtError) -> Self {
        let exit = match &error {
            SmrtError::NotFound { .. }
            | SmrtError::UnknownGrant { .. }
            | SmrtError::Refused(_)
            | SmrtError::UnsoundTrail(_) => Exit::No,
            _ => Exit::Failure,
        };
        Self {
            hints: error.hint().into_iter().collect(),
            exit,
            ..Self::new(error.code(), error.to_string())
        }
    }
}

impl From<DncError> for CliError {
    fn from(error: DncError) -> Self {
        let exit = match &error {
            DncError::Stopped => Exit::Interrupted,
            _ => Exit::Failure,
        };
        Self {
            hints: error.hints(),
            exit,
            ..Self::new(error.code(), error.to_string())
        }
    }
}

impl From<SidecarError> for CliError {
    fn from(error: SidecarError) -> Self {
        Self::new("sidecar", error.to_string())
    }
}

impl From<SourceError> for CliError {
    fn from(error: SourceError) -> Self {
        Self::new(error.code(), error.to_string()).hint(error.hint())
    }
}

impl From<MappingError> for CliError {
    fn from(error: MappingError) -> Self {
        Self::new("mapping", error.to_string()).hint(error.hint())
    }
}

impl From<GuessRefusal> for CliError {
    fn from(error: GuessRefusal) -> Self {
        Self::new("guess", error.to_string()).hint(error.hint())
    }
}

impl From<ImportError> for CliError {
    fn from(error: ImportError) -> Self {
        let exit = match error {
            ImportError::Verification(_) => Exit::No,
            _ => Exit::Failure,
        };
        Self {
            hints: error.hint().into_iter().collect(),
            exit,
            ..Self::new(error.code(), error.to_string())
        }
    }
}

impl From<ConsentFileError> for CliError {
    fn from(error: ConsentFileError) -> Self {
        let hint = error.hint();
        let told = match error {
            ConsentFileError::Session(error) => return error.into(),
            ConsentFileError::Source(error) => return error.into(),
            error => Self::new("consent_layout", error.to_string()),
        };
        match hint {
            Some(hint) => told.hint(hint),
            None => told,
        }
    }
}

impl From<ColumnError> for CliError {
    fn from(error: ColumnError) -> Self {
        Self::new(error.code(), error.to_string()).hint(error.hint())
    }
}

impl From<ExportError> for CliError {
    fn from(error: ExportError) -> Self {
        match error {
            ExportError::Session(error) => error.into(),
            ExportError::Stream(error) => Self::output(&error),
            error => Self {
                hints: error.hint().into_iter().collect(),
                ..Self::new(error.code(), error.to_string())
            },
        }
    }
}

impl From<ScrubError> for CliError {
    fn from(error: ScrubError) -> Self {
        match error {
            ScrubError::Session(error) => error.into(),
            ScrubError::Stream(error) => Self::output(&error),
            error => Self {
                hints: error.hint().into_iter().collect(),
                ..Self::new(error.code(), error.to_string())
            },
        }
    }
}
