//! Where an export goes: a stream, or a file that has another name until it is complete.

use std::fmt;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};
use tempfile::NamedTempFile;

use super::error::ExportError;

/// Where the records go.
pub enum ExportDestination {
    /// To a file, which only its owner can read.
    File(PathBuf),
    /// To a stream, as they come. What was written stays written when the export fails.
    Stream(Box<dyn Write + Send>),
}

/// What happens to a file that is there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExistingFile {
    /// The export is refused.
    Refuse,
    /// It is replaced at the end.
    Replace,
}

impl fmt::Debug for ExportDestination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => f.debug_tuple("File").field(path).finish(),
            Self::Stream(_) => f.write_str("Stream"),
        }
    }
}

/// The bytes on their way, counted and digested.
pub(super) struct Output {
    target: Target,
    bytes: u64,
    sha256: Sha256,
}

enum Target {
    Stream(Box<dyn Write + Send>),
    File {
        path: PathBuf,
        existing: ExistingFile,
        unfinished: NamedTempFile,
    },
}

/// What was written.
pub(super) struct Written {
    pub(super) bytes: u64,
    pub(super) sha256: [u8; 32],
}

impl Output {
    /// Makes sure that the file can be written, and begins it.
    pub(super) fn open(
        destination: ExportDestination,
        existing: ExistingFile,
    ) -> Result<Self, ExportError> {
        let target = match destination {
            ExportDestination::Stream(stream) => Target::Stream(stream),
            ExportDestination::File(path) => begin(path, existing)?,
        };
        Ok(Self {
            target,
            bytes: 0,
            sha256: Sha256::new(),
        })
    }

    /// Makes sure that everything is on the disk and gives the file its name.
    pub(super) fn finish(self) -> Result<Written, ExportError> {
        match self.target {
            Target::Stream(mut stream) => stream.flush().map_err(ExportError::Stream)?,
            Target::File {
                path,
                existing,
                unfinished,
            } => {
                let synced = unfinished.as_file().sync_all();
                synced.map_err(|error| of_path(path.clone(), error))?;
                let named = match existing {
                    ExistingFile::Refuse => unfinished.persist_noclobber(&path),
                    ExistingFile::Replace => unfinished.persist(&path),
                };
                named.map_err(|failed| of_path(path, failed.error))?;
            }
        }
        Ok(Written {
            bytes: self.bytes,
            sha256: self.sha256.finalize().into(),
        })
    }

    /// An error of writing, told of the file that is meant.
    pub(super) fn failed(&self, error: io::Error) -> ExportError {
        match &self.target {
            Target::Stream(_) => ExportError::Stream(error),
            Target::File { path, .. } => of_path(path.clone(), error),
        }
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.target {
            Target::Stream(stream) => stream.write_all(bytes)?,
            Target::File { unfinished, .. } => unfinished.write_all(bytes)?,
        }
        self.sha256.update(bytes);
        self.bytes += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.target {
            Target::Stream(stream) => stream.flush(),
            Target::File { unfinished, .. } => unfinished.flush(),
        }
    }
}

impl fmt::Debug for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Output")
            .field("bytes", &self.bytes)
            .finish_non_exhaustive()
    }
}

fn begin(path: PathBuf, existing: ExistingFile) -> Result<Target, ExportError> {
    if existing == ExistingFile::Refuse && path.symlink_metadata().is_ok() {
        return Err(ExportError::Exists { path });
    }
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let begun = tempfile::Builder::new()
        .prefix(".smrt-export-")
        .tempfile_in(folder);
    match begun {
        Ok(unfinished) => Ok(Target::File {
            path,
            existing,
            unfinished,
        }),
        Err(error) => Err(of_path(path, error)),
    }
}

/// An error of the operating system, which names the temporary file, told of the file meant.
fn of_path(path: PathBuf, error: io::Error) -> ExportError {
    let source = match error.raw_os_error() {
        Some(code) => io::Error::from_raw_os_error(code),
        None => io::Error::from(error.kind()),
    };
    ExportError::Write { path, source }
}
