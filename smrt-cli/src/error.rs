//! The one error of the command line: what is wrong, and what to do.

use smrt_core::store::StoreError;
use smrt_etl::import::ImportError;
use smrt_etl::mapping::MappingError;
use smrt_etl::source::SourceError;

use crate::exit::Exit;

/// Why a command failed.
#[derive(Debug)]
pub(crate) struct CliError {
    pub(crate) message: String,
    pub(crate) hint: Option<String>,
    pub(crate) code: &'static str,
    pub(crate) exit: Exit,
}

impl CliError {
    /// The user can do something about it.
    pub(crate) fn user(message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None, code: "usage", exit: Exit::Failure }
    }

    /// Adds what to do.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Says what the error is about: a file, a store.
    pub(crate) fn about(mut self, subject: impl std::fmt::Display) -> Self {
        self.message = format!("{subject}: {}", self.message);
        self
    }
}

impl From<StoreError> for CliError {
    fn from(error: StoreError) -> Self {
        Self {
            message: error.to_string(),
            hint: error.hint().map(str::to_owned),
            code: error.code(),
            exit: Exit::Failure,
        }
    }
}

impl From<SourceError> for CliError {
    fn from(error: SourceError) -> Self {
        Self {
            message: error.to_string(),
            hint: Some(error.hint().to_owned()),
            code: error.code(),
            exit: Exit::Failure,
        }
    }
}

impl From<MappingError> for CliError {
    fn from(error: MappingError) -> Self {
        Self {
            message: error.to_string(),
            hint: Some(error.hint()),
            code: "mapping",
            exit: Exit::Failure,
        }
    }
}

impl From<ImportError> for CliError {
    fn from(error: ImportError) -> Self {
        let exit = match error {
            ImportError::Verification(_) => Exit::No,
            _ => Exit::Failure,
        };
        Self { message: error.to_string(), hint: error.hint(), code: error.code(), exit }
    }
}

impl From<std::io::Error> for CliError {
    fn from(error: std::io::Error) -> Self {
        Self { message: error.to_string(), hint: None, code: "io", exit: Exit::Failure }
    }
}
