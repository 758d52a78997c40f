//! Why a source cannot be read, or not to its end.
//!
//! Messages name the file, the line and the kind of trouble, never a value of the file.

use std::io;
use std::sync::Arc;

use super::file_kind::FileKind;
use super::layout::Compression;
use super::options::OptionError;

/// Why a source cannot be opened, or not be read to its end.
///
/// Trouble within one row is no error: it is a problem of that record.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum SourceError {
    /// The options contradict each other.
    #[error("cannot read `{name}`: {source}")]
    Option {
        /// The source's name.
        name: String,
        /// The contradiction.
        source: OptionError,
    },
    /// The operating system refuses to open or read it.
    #[error("cannot read `{name}`: {source}")]
    Read {
        /// The source's name.
        name: String,
        /// What the operating system says.
        source: Arc<io::Error>,
    },
    /// It is a directory.
    #[error("`{name}` is a directory")]
    Directory {
        /// The source's name.
        name: String,
    },
    /// It holds no text at all.
    #[error("`{name}` is empty")]
    Empty {
        /// The source's name.
        name: String,
    },
    /// It is a kind of file that import does not read.
    #[error("`{name}` is {kind}, which import does not read")]
    Kind {
        /// The source's name.
        name: String,
        /// What it is.
        kind: FileKind,
    },
    /// The compressed data ends before its end; the rows before that were delivered.
    #[error(
        "`{name}` is cut off: its {compression} data ends after {bytes_read} bytes; {rows} rows were \
         read whole, line {line} could not be completed"
    )]
    Truncated {
        /// The source's name.
        name: String,
        /// How it is compressed.
        compression: Compression,
        /// Compressed bytes read.
        bytes_read: u64,
        /// Whole rows read before the end.
        rows: u64,
        /// The line of the decompressed text that could not be completed, from 1.
        line: u64,
    },
    /// The compressed data is damaged; the rows before the damage were delivered.
    #[error(
        "`{name}` is damaged: its {compression} data cannot be decompressed after {bytes_read} \
         bytes; {rows} rows were read whole, line {line} could not be completed"
    )]
    Damaged {
        /// The source's name.
        name: String,
        /// How it is compressed.
        compression: Compression,
        /// Compressed bytes read.
        bytes_read: u64,
        /// Whole rows read before the damage.
        rows: u64,
        /// The line of the decompressed text that could not be completed, from 1.
        line: u64,
    },
    /// No row could be found where the header should be.
    #[error("`{name}` has no header on line {line}")]
    HeaderMissing {
        /// The source's name.
        name: String,
        /// The line looked at, from 1.
        line: u64,
    },
    /// The header row cannot be read.
    #[error("the header of `{name}` on line {line} cannot be read: {reason}")]
    HeaderUnreadable {
        /// The source's name.
        name: String,
        /// The line the trouble is on, from 1.
        line: u64,
        /// What is wrong with it.
        reason: String,
    },
}

impl SourceError {
    /// A stable code, such as `source_empty`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            SourceError::Option { .. } => "source_option",
            SourceError::Read { .. } => "source_read",
            SourceError::Directory { .. } => "source_directory",
            SourceError::Empty { .. } => "source_empty",
            SourceError::Kind { .. } => "source_kind",
            SourceError::Truncated { .. } => "source_truncated",
            SourceError::Damaged { .. } => "source_damaged",
            SourceError::HeaderMissing { .. } => "header_missing",
            SourceError::HeaderUnreadable { .. } => "header_unreadable",
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            SourceError::Option { .. } => "leave the option out to have it sniffed",
            SourceError::Read { .. } => "check that the file exists and may be read",
            SourceError::Directory { .. } => "name one file; import files one by one",
            SourceError::Empty { .. } => "export the data again; even an empty list has a header",
            SourceError::Kind { kind, .. } => kind.hint(),
            SourceError::Truncated { .. } => {
                "copy or download the file again; rows already read are complete"
            }
            SourceError::Damaged { .. } => {
                "copy or download the file again; rows already read passed the decompressor"
            }
            SourceError::HeaderMissing { .. } => {
                "give the right line with `--header-line`, or `--no-header`"
            }
            SourceError::HeaderUnreadable { .. } => {
                "correct the header row, or name another line with `--header-line`"
            }
        }
    }
}
