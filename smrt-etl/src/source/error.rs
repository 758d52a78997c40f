//! Why a source cannot be read, or not to its end.
//!
//! Messages name the file, the line and the kind of trouble, never a value of the file.

use std::io;
use std::sync::Arc;

use super::file_kind::FileKind;
use super::layout::{Compression, PartKind};
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
    /// It is not what it looks like, or damaged.
    #[error("`{name}` cannot be read as {format}: {reason}")]
    Unreadable {
        /// The source's name.
        name: String,
        /// What it was read as.
        format: String,
        /// What the reader of that format says.
        reason: String,
    },
    /// A part of it cannot be read; the rows before it were delivered.
    #[error(
        "`{name}` is damaged: {place} cannot be read: {reason}; {rows} rows were read before it"
    )]
    Part {
        /// The source's name.
        name: String,
        /// Which part, such as: row group 3.
        place: String,
        /// What the reader of the format says.
        reason: String,
        /// Whole rows read before it.
        rows: u64,
    },
    /// It is protected by a password.
    #[error("`{name}` is protected by a password")]
    Protected {
        /// The source's name.
        name: String,
    },
    /// It unpacks to more than is allowed.
    #[error("`{name}` unpacks to more than {bytes_max} bytes")]
    TooLarge {
        /// The source's name.
        name: String,
        /// How much is allowed.
        bytes_max: u64,
    },
    /// It has no part of the name that was given.
    #[error("`{name}` has no {kind} `{wanted}`; it has {}", listed(there))]
    PartMissing {
        /// The source's name.
        name: String,
        /// What was looked for.
        kind: PartKind,
        /// The name that was given.
        wanted: String,
        /// The names there are.
        there: Vec<String>,
    },
    /// It has several parts, or none, and nothing says which to read.
    #[error("`{name}` has {}", counted(*kind, there))]
    PartUnclear {
        /// The source's name.
        name: String,
        /// What it has several of.
        kind: PartKind,
        /// The names there are.
        there: Vec<String>,
    },
    /// The query cannot be run on it.
    #[error("`{name}` does not answer the query: {reason}")]
    Query {
        /// The source's name.
        name: String,
        /// What the database says.
        reason: String,
    },
    /// It is a store of smrt.
    #[error("`{name}` is a store of smrt")]
    OwnStore {
        /// The source's name.
        name: String,
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
            SourceError::Unreadable { .. } => "source_unreadable",
            SourceError::Part { .. } => "source_part",
            SourceError::Protected { .. } => "source_protected",
            SourceError::TooLarge { .. } => "source_too_large",
            SourceError::PartMissing { .. } => "source_part_missing",
            SourceError::PartUnclear { .. } => "source_part_unclear",
            SourceError::Query { .. } => "source_query",
            SourceError::OwnStore { .. } => "source_own_store",
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
            SourceError::Unreadable { .. } => {
                "open it in the program it comes from and save it again"
            }
            SourceError::Part { .. } => {
                "copy or download the file again; rows already read are complete"
            }
            SourceError::Protected { .. } => "save a copy without a password and import that",
            SourceError::TooLarge { .. } => {
                "if the file is what it claims to be, unpack it and import what is inside"
            }
            SourceError::PartMissing { kind, .. } => kind.hint(),
            SourceError::PartUnclear { there, .. } if there.is_empty() => {
                "check that it is the right file; export the data again"
            }
            SourceError::PartUnclear { kind, .. } => kind.hint(),
            SourceError::Query { .. } => {
                "`--query` takes one SELECT that reads; try it in the database's own client"
            }
            SourceError::OwnStore { .. } => {
                "open it with `--db`; `smrt db copy` brings all of it into another store"
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

/// How many names a message lists.
const NAMES_MAX: usize = 10;

fn listed(names: &[String]) -> String {
    let mut text = String::new();
    for (position, name) in names.iter().take(NAMES_MAX).enumerate() {
        if position > 0 {
            text.push_str(", ");
        }
        text.push('`');
        text.push_str(name);
        text.push('`');
    }
    match names.len().checked_sub(NAMES_MAX) {
        _ if names.is_empty() => "none".to_owned(),
        None | Some(0) => text,
        Some(more) => format!("{text} and {more} more"),
    }
}

fn counted(kind: PartKind, names: &[String]) -> String {
    match names.len() {
        0 => format!("no {kind} that can be imported"),
        count => format!("{count} {kind}s: {}", listed(names)),
    }
}
