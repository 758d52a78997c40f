//! What to read, and how messages name it.
//!
//! It opens nothing; `bytes` does.

use std::fmt;
use std::io::{self, Read};
use std::path::PathBuf;
use std::sync::Arc;

use super::error::SourceError;
use super::file_kind::FileKind;
use super::layout::{Compression, PartKind};
use super::options::OptionError;
use super::seekable::SpoolError;

/// What to read.
pub enum Input {
    /// A file, by its path.
    File(PathBuf),
    /// A stream such as standard input.
    Reader {
        /// How messages name it.
        name: String,
        /// Where its bytes come from.
        reader: Box<dyn Read + Send>,
    },
}

/// How messages name a source.
#[derive(Debug, Clone)]
pub(super) struct Name(String);

impl Input {
    pub(super) fn name(&self) -> Name {
        Name(match self {
            Input::File(path) => path.display().to_string(),
            Input::Reader { name, .. } => name.clone(),
        })
    }
}

impl Name {
    pub(super) fn read_error(&self, source: Arc<io::Error>) -> SourceError {
        let name = self.0.clone();
        SourceError::Read { name, source }
    }

    pub(super) fn kind_error(&self, kind: FileKind) -> SourceError {
        let name = self.0.clone();
        SourceError::Kind { name, kind }
    }

    pub(super) fn option_error(&self, source: OptionError) -> SourceError {
        let name = self.0.clone();
        SourceError::Option { name, source }
    }

    /// It was opened as `format` and is none, or a damaged one.
    pub(super) fn unreadable(
        &self,
        format: impl fmt::Display,
        reason: impl fmt::Display,
    ) -> SourceError {
        SourceError::Unreadable {
            name: self.0.clone(),
            format: format.to_string(),
            reason: reason.to_string(),
        }
    }

    pub(super) fn query_error(&self, reason: String) -> SourceError {
        let name = self.0.clone();
        SourceError::Query { name, reason }
    }

    pub(super) fn protected(&self) -> SourceError {
        let name = self.0.clone();
        SourceError::Protected { name }
    }

    pub(super) fn too_large(&self, bytes_max: u64) -> SourceError {
        let name = self.0.clone();
        SourceError::TooLarge { name, bytes_max }
    }

    pub(super) fn part_missing(
        &self,
        kind: PartKind,
        wanted: &str,
        there: Vec<String>,
    ) -> SourceError {
        SourceError::PartMissing {
            name: self.0.clone(),
            kind,
            wanted: wanted.to_owned(),
            there,
        }
    }

    pub(super) fn part_unclear(&self, kind: PartKind, there: Vec<String>) -> SourceError {
        let name = self.0.clone();
        SourceError::PartUnclear { name, kind, there }
    }

    pub(super) fn spool_error(&self, error: SpoolError) -> SourceError {
        match error {
            SpoolError::Read(error) => self.read_error(Arc::new(error)),
            SpoolError::TooLarge { bytes_max } => self.too_large(bytes_max),
        }
    }

    /// Tells trouble of the operating system from trouble of the compressed data.
    pub(super) fn stream_error(
        &self,
        error: Arc<io::Error>,
        compression: Compression,
        bytes_read: u64,
        rows: u64,
        line: u64,
    ) -> SourceError {
        let name = self.0.clone();
        if compression == Compression::None || error.raw_os_error().is_some() {
            self.read_error(error)
        } else if error.kind() == io::ErrorKind::UnexpectedEof {
            SourceError::Truncated {
                name,
                compression,
                bytes_read,
                rows,
                line,
            }
        } else {
            SourceError::Damaged {
                name,
                compression,
                bytes_read,
                rows,
                line,
            }
        }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Input").field(&self.name().0).finish()
    }
}
