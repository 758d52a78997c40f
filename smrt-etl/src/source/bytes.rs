//! The bytes of a source, decompressed: opened, counted, fingerprinted, bounded.
//!
//! It knows nothing of text. A failure is kept and told again, so that what was read before it
//! can be used first.

use std::fs::File;
use std::io::{self, BufReader, Cursor, Read, Seek, SeekFrom};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use sha2::{Digest as _, Sha256};

use super::error::SourceError;
use super::fingerprint::{BLOCK_BYTES, Fingerprint};
use super::input::{Input, Name};
use super::layout::Compression;
use super::options::ContentDigest;
use super::seekable::SharedFile;

/// What was found on opening, with the bytes to come.
pub(super) struct Opened {
    pub(super) stream: ByteStream,
    /// The file itself, where the stream is all of it as it is stored.
    pub(super) stored: Option<(File, PathBuf)>,
    /// All bytes as a file, once they were asked for as such.
    pub(super) whole: Option<SharedFile>,
    pub(super) compression: Compression,
    pub(super) fingerprint: Fingerprint,
    pub(super) progress: Progress,
    pub(super) digest: Option<SharedDigest>,
}

/// The digest of what was read so far, while another part of the program reads on.
pub(super) type SharedDigest = Arc<Mutex<Sha256>>;

/// How far a source has been read, in bytes as it is stored.
pub(super) struct Progress {
    read: Arc<AtomicU64>,
    total: Option<u64>,
}

impl Progress {
    /// Begins to count in a file of so many bytes.
    pub(super) fn of_file(total: u64) -> Progress {
        Progress {
            read: Arc::default(),
            total: Some(total),
        }
    }

    /// Where readers count what they read.
    pub(super) fn counter(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.read)
    }

    /// Parts of a file may be read more than once; that is no progress.
    pub(super) fn read(&self) -> u64 {
        let read = self.read.load(Ordering::Relaxed);
        self.total.map_or(read, |total| read.min(total))
    }

    pub(super) fn total(&self) -> Option<u64> {
        self.total
    }
}

/// Opens an input, looks at its ends and sets up decompression.
pub(super) fn open(
    input: Input,
    name: &Name,
    content_digest: ContentDigest,
) -> Result<Opened, SourceError> {
    let read_error = |error: io::Error| name.read_error(Arc::new(error));
    let mut regular = None;
    let (mut reader, total, last) = match input {
        Input::Reader { reader, .. } => (reader, None, None),
        Input::File(path) => {
            let mut file = File::open(&path).map_err(read_error)?;
            let metadata = file.metadata().map_err(read_error)?;
            if metadata.is_dir() {
                return Err(SourceError::Directory {
                    name: name.to_string(),
                });
            }
            // A named pipe or device has no size and cannot be wound back.
            let total = metadata.is_file().then_some(metadata.len());
            let last = match total {
                Some(bytes) => Some(last_block(&mut file, bytes).map_err(read_error)?),
                None => None,
            };
            if total.is_some() {
                regular = Some((file.try_clone().map_err(read_error)?, path));
            }
            (Box::new(file) as Box<dyn Read + Send>, total, last)
        }
    };
    let mut first = Vec::with_capacity(BLOCK_BYTES);
    (&mut reader)
        .take(BLOCK_BYTES as u64)
        .read_to_end(&mut first)
        .map_err(read_error)?;
    let fingerprint = Fingerprint::new(total, &first, last.as_deref());
    let compression = compression(&first);
    let read = Arc::new(AtomicU64::new(0));
    let digest = match content_digest {
        ContentDigest::None => None,
        ContentDigest::Sha256 => Some(SharedDigest::default()),
    };
    let counted = Counted {
        reader: Cursor::new(first).chain(reader),
        read: Arc::clone(&read),
        digest: digest.clone(),
    };
    let reader = decompressed(compression, counted).map_err(read_error)?;
    Ok(Opened {
        stream: ByteStream::new(reader),
        stored: regular.filter(|_| compression == Compression::None),
        whole: None,
        compression,
        fingerprint,
        progress: Progress { read, total },
        digest,
    })
}

impl Opened {
    /// Hands over the stream; an ended one stays.
    pub(super) fn take_stream(&mut self) -> ByteStream {
        std::mem::replace(&mut self.stream, ByteStream::new(Box::new(io::empty())))
    }
}

fn last_block(file: &mut File, bytes: u64) -> io::Result<Vec<u8>> {
    let start = bytes.saturating_sub(BLOCK_BYTES as u64);
    file.seek(SeekFrom::Start(start))?;
    let mut last = Vec::with_capacity(BLOCK_BYTES);
    file.take(BLOCK_BYTES as u64).read_to_end(&mut last)?;
    file.rewind()?;
    Ok(last)
}

fn compression(first: &[u8]) -> Compression {
    if first.starts_with(b"\x1F\x8B\x08") {
        Compression::Gzip
    } else if first.starts_with(b"\x28\xB5\x2F\xFD") {
        Compression::Zstd
    } else {
        Compression::None
    }
}

fn decompressed(
    compression: Compression,
    reader: impl Read + Send + 'static,
) -> io::Result<Box<dyn Read + Send>> {
    Ok(match compression {
        // A file of an archive is unpacked before it is read.
        Compression::None | Compression::Zip => Box::new(reader),
        Compression::Gzip => {
            let reader = BufReader::with_capacity(BLOCK_BYTES, reader);
            Box::new(flate2::bufread::MultiGzDecoder::new(reader))
        }
        Compression::Zstd => Box::new(zstd::stream::read::Decoder::new(reader)?),
    })
}

/// Counts what passes through, and takes its digest.
struct Counted<R> {
    reader: R,
    read: Arc<AtomicU64>,
    digest: Option<SharedDigest>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(buffer)?;
        self.read.fetch_add(read as u64, Ordering::Relaxed);
        if let Some(digest) = &self.digest
            && let Ok(mut digest) = digest.lock()
        {
            digest.update(buffer.get(..read).unwrap_or_default());
        }
        Ok(read)
    }
}

/// Decompressed bytes, of which the first can be looked at before they are read.
pub(super) struct ByteStream {
    reader: Box<dyn Read + Send>,
    ahead: Vec<u8>,
    ahead_read: usize,
    state: State,
}

enum State {
    Open,
    Ended,
    Failed(Arc<io::Error>),
}

/// How a stream goes on after a read.
pub(super) enum After {
    /// There may be more.
    Open,
    /// That was all.
    Ended,
    /// What comes next cannot be read.
    Failed(Arc<io::Error>),
}

impl ByteStream {
    pub(super) fn new(reader: Box<dyn Read + Send>) -> ByteStream {
        ByteStream {
            reader,
            ahead: Vec::new(),
            ahead_read: 0,
            state: State::Open,
        }
    }

    /// Looks at the first bytes, fewer than `bytes` only where the stream ends or fails.
    pub(super) fn peek(&mut self, bytes: usize) -> &[u8] {
        let mut ahead = std::mem::take(&mut self.ahead);
        self.fill(&mut ahead, bytes);
        self.ahead = ahead;
        &self.ahead
    }

    /// Appends up to `bytes` bytes to `buffer`, fewer only where the stream ends or fails.
    pub(super) fn read_into(&mut self, buffer: &mut Vec<u8>, bytes: usize) -> After {
        let end = buffer.len() + bytes;
        let ahead = self.ahead.get(self.ahead_read..).unwrap_or_default();
        let taken = ahead.get(..bytes).unwrap_or(ahead);
        buffer.extend_from_slice(taken);
        self.ahead_read += taken.len();
        if self.ahead_read < self.ahead.len() {
            return After::Open;
        }
        self.ahead = Vec::new();
        self.ahead_read = 0;
        self.fill(buffer, end);
        match &self.state {
            State::Open => After::Open,
            State::Ended => After::Ended,
            State::Failed(error) => After::Failed(Arc::clone(error)),
        }
    }

    /// Reads until `buffer` holds `end` bytes or there is nothing to read.
    ///
    /// Readers hand over as little as they like; filling up makes what follows independent of it.
    fn fill(&mut self, buffer: &mut Vec<u8>, end: usize) {
        while matches!(self.state, State::Open) && buffer.len() < end {
            let missing = (end - buffer.len()) as u64;
            match (&mut self.reader).take(missing).read_to_end(buffer) {
                Ok(0) => self.state = State::Ended,
                Ok(_) => {}
                Err(error) => self.state = State::Failed(Arc::new(error)),
            }
        }
    }
}

impl Read for ByteStream {
    /// Takes up to as many bytes as `buffer` has room for; none only at the end.
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let ahead = self.ahead.get(self.ahead_read..).unwrap_or_default();
        let taken = ahead.len().min(buffer.len());
        if taken > 0 {
            let (into, _) = buffer.split_at_mut(taken);
            into.copy_from_slice(ahead.get(..taken).unwrap_or_default());
            self.ahead_read += taken;
            return Ok(taken);
        }
        match &self.state {
            State::Open => self.reader.read(buffer),
            State::Ended => Ok(0),
            State::Failed(error) => Err(io::Error::new(error.kind(), Arc::clone(error))),
        }
    }
}
