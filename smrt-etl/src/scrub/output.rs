//! The files a scrub writes: under other names until all is done.

use std::fmt;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};
use smrt_core::smrt::{ScrubOutcome, ScrubbedFile};
use tempfile::NamedTempFile;

use super::error::ScrubError;
use super::line::LineFormat;

/// Where the rows of a list go.
pub enum Destination {
    /// Nowhere: only the report is wanted.
    Nowhere,
    /// All to one file.
    File(PathBuf),
    /// All to a stream, as they come. What was written stays written when the scrub fails.
    Stream(Box<dyn Write + Send>),
    /// To one file for each outcome, which this path and the outcome name.
    Split(PathBuf),
}

impl fmt::Debug for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nowhere => f.write_str("Nowhere"),
            Self::File(path) => f.debug_tuple("File").field(path).finish(),
            Self::Stream(_) => f.write_str("Stream"),
            Self::Split(path) => f.debug_tuple("Split").field(path).finish(),
        }
    }
}

/// What happens to output files that are there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExistingFiles {
    /// The scrub is refused.
    Refuse,
    /// They are replaced at the end.
    Replace,
}

/// How the rows are spread over files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Slots {
    /// None is written.
    None,
    /// All go to one.
    One,
    /// Each outcome has its own.
    ByOutcome,
}

impl Slots {
    /// The place of the file for rows of an outcome.
    pub(super) const fn of(self, outcome: ScrubOutcome) -> Option<usize> {
        match self {
            Self::None => None,
            Self::One => Some(0),
            Self::ByOutcome => Some(outcome as usize),
        }
    }
}

/// Rows ready to be written: text and number of rows for each file.
#[derive(Debug, Default)]
pub(super) struct Rendered {
    pub(super) files: [(String, u64); ScrubOutcome::ALL.len()],
}

/// The files being written.
#[derive(Debug)]
pub(super) struct Outputs {
    slots: Slots,
    existing: ExistingFiles,
    files: Vec<Output>,
}

struct Output {
    outcome: Option<ScrubOutcome>,
    target: Target,
    rows: u64,
    sha256: Sha256,
}

enum Target {
    Stream(Box<dyn Write + Send>),
    File {
        path: PathBuf,
        unfinished: NamedTempFile,
    },
}

impl fmt::Debug for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Output")
            .field("outcome", &self.outcome)
            .field("rows", &self.rows)
            .finish_non_exhaustive()
    }
}

impl Outputs {
    /// Makes sure that every file can be written, and begins it.
    pub(super) fn open(
        destination: Destination,
        existing: ExistingFiles,
        format: &LineFormat,
    ) -> Result<Self, ScrubError> {
        let (slots, files) = match destination {
            Destination::Nowhere => (Slots::None, Vec::new()),
            Destination::Stream(stream) => {
                (Slots::One, vec![Output::new(None, Target::Stream(stream))])
            }
            Destination::File(path) => (Slots::One, vec![Output::begin(None, path, existing)?]),
            Destination::Split(prefix) => {
                let begin = |outcome: ScrubOutcome| {
                    let path = of_outcome(&prefix, outcome, format.extension());
                    Output::begin(Some(outcome), path, existing)
                };
                let files: Result<Vec<Output>, ScrubError> =
                    ScrubOutcome::ALL.into_iter().map(begin).collect();
                (Slots::ByOutcome, files?)
            }
        };
        let mut outputs = Self {
            slots,
            existing,
            files,
        };
        let mut header = Vec::new();
        for file in &mut outputs.files {
            header.clear();
            format
                .write_header(&mut header)
                .map_err(ScrubError::Stream)?;
            file.write(&header)?;
        }
        Ok(outputs)
    }

    pub(super) const fn slots(&self) -> Slots {
        self.slots
    }

    /// Writes rows.
    pub(super) fn write(&mut self, rendered: &Rendered) -> Result<(), ScrubError> {
        for (file, (text, rows)) in self.files.iter_mut().zip(&rendered.files) {
            file.write(text.as_bytes())?;
            file.rows += rows;
        }
        Ok(())
    }

    /// Makes sure that everything is on the disk. The files keep their other names.
    pub(super) fn finish(self) -> Result<Finished, ScrubError> {
        let mut finished = Vec::with_capacity(self.files.len());
        for mut file in self.files {
            let done = match &mut file.target {
                Target::Stream(stream) => stream.flush(),
                Target::File { unfinished, .. } => unfinished.as_file().sync_all(),
            };
            done.map_err(|error| file.failed(error))?;
            let scrubbed = ScrubbedFile {
                name: file.name(),
                outcome: file.outcome,
                rows: file.rows,
                sha256: file.sha256.finalize().into(),
            };
            finished.push((scrubbed, file.target));
        }
        Ok(Finished {
            existing: self.existing,
            files: finished,
        })
    }
}

/// Files that are complete but for their names.
pub(super) struct Finished {
    existing: ExistingFiles,
    files: Vec<(ScrubbedFile, Target)>,
}

impl Finished {
    /// What the files are.
    pub(super) fn files(&self) -> Vec<ScrubbedFile> {
        self.files.iter().map(|(file, _)| file.clone()).collect()
    }

    /// Gives every file its name.
    pub(super) fn publish(self) -> Result<(), ScrubError> {
        for (_, target) in self.files {
            let Target::File { path, unfinished } = target else {
                continue;
            };
            let named = match self.existing {
                ExistingFiles::Refuse => unfinished.persist_noclobber(&path),
                ExistingFiles::Replace => unfinished.persist(&path),
            };
            named.map_err(|failed| of_path(path, failed.error))?;
        }
        Ok(())
    }
}

impl Output {
    fn new(outcome: Option<ScrubOutcome>, target: Target) -> Self {
        Self {
            outcome,
            target,
            rows: 0,
            sha256: Sha256::new(),
        }
    }

    fn begin(
        outcome: Option<ScrubOutcome>,
        path: PathBuf,
        existing: ExistingFiles,
    ) -> Result<Self, ScrubError> {
        if existing == ExistingFiles::Refuse && path.symlink_metadata().is_ok() {
            return Err(ScrubError::Exists { path });
        }
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        let begun = tempfile::Builder::new()
            .prefix(".smrt-scrub-")
            .tempfile_in(folder);
        match begun {
            Ok(unfinished) => Ok(Self::new(outcome, Target::File { path, unfinished })),
            Err(error) => Err(of_path(path, error)),
        }
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), ScrubError> {
        self.sha256.update(bytes);
        let written = match &mut self.target {
            Target::Stream(stream) => stream.write_all(bytes),
            Target::File { unfinished, .. } => unfinished.write_all(bytes),
        };
        written.map_err(|error| self.failed(error))
    }

    fn failed(&self, error: io::Error) -> ScrubError {
        match &self.target {
            Target::Stream(_) => ScrubError::Stream(error),
            Target::File { path, .. } => of_path(path.clone(), error),
        }
    }

    /// The name without the folder.
    fn name(&self) -> String {
        match &self.target {
            Target::Stream(_) => "standard output".to_owned(),
            Target::File { path, .. } => {
                let name = path.file_name().unwrap_or(path.as_os_str());
                name.to_string_lossy().into_owned()
            }
        }
    }
}

/// An error of the operating system, which names the temporary file, told of the file meant.
fn of_path(path: PathBuf, error: io::Error) -> ScrubError {
    let source = match error.raw_os_error() {
        Some(code) => io::Error::from_raw_os_error(code),
        None => io::Error::from(error.kind()),
    };
    ScrubError::Write { path, source }
}

fn of_outcome(prefix: &Path, outcome: ScrubOutcome, extension: &str) -> PathBuf {
    let mut name = prefix.as_os_str().to_owned();
    name.push(format!("-{outcome}.{extension}"));
    PathBuf::from(name)
}
