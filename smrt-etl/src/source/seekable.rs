//! Files whose parts are read in any order: opened as they are, or put on disk first.
//!
//! A stream, and what was packed, is unpacked into a temporary file that goes away with its last
//! user. What may be unpacked is bounded. It reads no format.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tempfile::{NamedTempFile, TempPath};

use super::bytes::{ByteStream, Opened, Progress};
use super::layout::Compression;

/// Bytes that are unpacked in any case.
const UNPACKED_BYTES_FREE: u64 = 256 << 20;
/// Beyond that, how many times its packed size a file may have.
const UNPACKED_RATIO_MAX: u64 = 200;
/// Bytes that are unpacked in no case.
pub(super) const UNPACKED_BYTES_MAX: u64 = 64 << 30;

/// How many bytes may come out of so many packed ones; text of contacts packs to a tenth or so.
pub(super) fn unpacked_bytes_max(packed_bytes: u64) -> u64 {
    let by_ratio = packed_bytes.saturating_mul(UNPACKED_RATIO_MAX);
    by_ratio.clamp(UNPACKED_BYTES_FREE, UNPACKED_BYTES_MAX)
}

/// Why a stream could not be put on disk.
#[derive(Debug)]
pub(super) enum SpoolError {
    /// It cannot be read, or not be written.
    Read(io::Error),
    /// It is larger than allowed.
    TooLarge {
        /// What is allowed.
        bytes_max: u64,
    },
}

/// A file that several readers read, each at its own place.
#[derive(Debug, Clone)]
pub(super) struct SharedFile {
    file: Arc<File>,
    counter: Arc<AtomicU64>,
    bytes: u64,
    at: u64,
}

/// A file with a path, which goes away with this if it is a temporary one.
#[derive(Debug)]
pub(super) struct FileAtPath {
    path: PathBuf,
    _temporary: Option<TempPath>,
}

impl FileAtPath {
    pub(super) fn existing(path: PathBuf) -> FileAtPath {
        let _temporary = None;
        FileAtPath { path, _temporary }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

/// Puts all of `reader` into a file without a name, which is gone when it is closed.
pub(super) fn spool(reader: &mut dyn Read, bytes_max: u64) -> Result<File, SpoolError> {
    let mut file = tempfile::tempfile().map_err(SpoolError::Read)?;
    copy(reader, &mut file, bytes_max)?;
    file.rewind().map_err(SpoolError::Read)?;
    Ok(file)
}

/// Puts all of `reader` into a file with a name, for libraries that open files by name.
pub(super) fn spool_at_path(
    reader: &mut dyn Read,
    bytes_max: u64,
) -> Result<FileAtPath, SpoolError> {
    let mut file = NamedTempFile::new().map_err(SpoolError::Read)?;
    copy(reader, file.as_file_mut(), bytes_max)?;
    let temporary = file.into_temp_path();
    Ok(FileAtPath {
        path: temporary.to_path_buf(),
        _temporary: Some(temporary),
    })
}

fn copy(reader: &mut dyn Read, file: &mut File, bytes_max: u64) -> Result<(), SpoolError> {
    let copied = io::copy(&mut reader.take(bytes_max + 1), file).map_err(SpoolError::Read)?;
    if copied > bytes_max {
        return Err(SpoolError::TooLarge { bytes_max });
    }
    file.flush().map_err(SpoolError::Read)
}

impl Opened {
    /// All bytes as a file to be read in any order.
    ///
    /// Those of a stream, and those of which a digest is wanted, are read through first.
    pub(super) fn spool_to_file(&mut self) -> Result<SharedFile, SpoolError> {
        if let Some(file) = &self.whole {
            return Ok(file.clone());
        }
        let file = match &self.stored {
            Some((file, _)) => {
                let file = file.try_clone().map_err(SpoolError::Read)?;
                self.read_through()?;
                file
            }
            None => {
                let bytes_max = self.unpacked_bytes_max();
                spool(&mut self.stream, bytes_max)?
            }
        };
        let file = self.share(file)?;
        self.whole = Some(file.clone());
        Ok(file)
    }

    /// All bytes as a file with a name.
    pub(super) fn spool_to_path(&mut self) -> Result<FileAtPath, SpoolError> {
        let path = match &self.stored {
            Some((_, path)) => FileAtPath::existing(path.clone()),
            None => {
                let bytes_max = self.unpacked_bytes_max();
                return spool_at_path(&mut self.stream, bytes_max);
            }
        };
        self.read_through()?;
        Ok(path)
    }

    /// Goes on with a file that was found inside.
    pub(super) fn enter(&mut self, file: File) -> Result<(), SpoolError> {
        let file = self.share(file)?;
        self.stream = ByteStream::new(Box::new(file.clone()));
        self.stored = None;
        self.whole = Some(file);
        self.compression = Compression::Zip;
        Ok(())
    }

    /// Begins to count what is read of a file.
    fn share(&mut self, file: File) -> Result<SharedFile, SpoolError> {
        let bytes = file.metadata().map_err(SpoolError::Read)?.len();
        self.progress = Progress::of_file(bytes);
        Ok(SharedFile {
            file: Arc::new(file),
            counter: self.progress.counter(),
            bytes,
            at: 0,
        })
    }

    fn read_through(&mut self) -> Result<(), SpoolError> {
        if self.digest.is_some() {
            io::copy(&mut self.stream, &mut io::sink()).map_err(SpoolError::Read)?;
        }
        Ok(())
    }

    fn unpacked_bytes_max(&self) -> u64 {
        match (self.compression, self.progress.total()) {
            (Compression::None, _) | (_, None) => UNPACKED_BYTES_MAX,
            (_, Some(packed_bytes)) => unpacked_bytes_max(packed_bytes),
        }
    }
}

impl SharedFile {
    /// The size of the file.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Whether the file begins with these bytes.
    pub(super) fn begins_with(&self, bytes: &[u8]) -> bool {
        let mut first = vec![0; bytes.len()];
        read_at(&self.file, &mut first, 0).is_ok() && first == bytes
    }
}

impl Read for SharedFile {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = read_at(&self.file, buffer, self.at)?;
        self.at += read as u64;
        self.counter.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

impl Seek for SharedFile {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let place = match to {
            SeekFrom::Start(place) => Some(place),
            SeekFrom::End(offset) => self.bytes.checked_add_signed(offset),
            SeekFrom::Current(offset) => self.at.checked_add_signed(offset),
        };
        self.at = place.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}

#[cfg(unix)]
fn read_at(file: &File, buffer: &mut [u8], at: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, buffer, at)
}

#[cfg(windows)]
fn read_at(file: &File, buffer: &mut [u8], at: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, buffer, at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::bytes;
    use crate::source::input::Input;
    use crate::source::options::ContentDigest;

    #[test]
    fn what_may_be_unpacked_grows_with_what_is_packed() {
        assert_eq!(unpacked_bytes_max(10), 256 << 20);
        assert_eq!(unpacked_bytes_max(10 << 20), 2000 << 20);
        assert_eq!(unpacked_bytes_max(u64::MAX), 64 << 30);
    }

    #[test]
    fn a_shared_file_is_read_at_several_places() {
        let mut opened = opened(b"0123456789");
        let mut first = opened.spool_to_file().unwrap();
        let mut second = first.clone();
        first.seek(SeekFrom::End(-3)).unwrap();
        let mut text = String::new();
        second.read_to_string(&mut text).unwrap();
        first.read_to_string(&mut text).unwrap();
        assert_eq!(text, "0123456789789");
        assert_eq!(opened.progress.read(), 10);
    }

    fn opened(bytes: &'static [u8]) -> Opened {
        let input = Input::Reader {
            name: "stream".to_owned(),
            reader: Box::new(bytes),
        };
        let name = input.name();
        bytes::open(input, &name, ContentDigest::None).unwrap()
    }

    #[test]
    fn a_spooled_stream_is_as_long_as_allowed_at_most() {
        let spooled = |bytes: &[u8]| spool(&mut &*bytes, 3);
        let mut text = String::new();
        spooled(b"abc").unwrap().read_to_string(&mut text).unwrap();
        assert_eq!(text, "abc");
        let error = spooled(b"abcd").unwrap_err();
        assert!(matches!(error, SpoolError::TooLarge { bytes_max: 3 }));
    }

    #[test]
    fn a_file_with_a_name_goes_away_with_its_user() {
        let file = spool_at_path(&mut &b"abc"[..], 3).unwrap();
        let path = file.path().to_owned();
        assert_eq!(std::fs::read(&path).unwrap(), b"abc");
        drop(file);
        assert!(!path.exists());
    }
}
