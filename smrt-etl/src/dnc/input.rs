//! The bytes of a list, read, decompressed and hashed on a thread of their own.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek as _};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use sha2::{Digest as _, Sha256};

use super::error::DncError;

/// How much is handed over at once.
pub(super) const CHUNK_BYTES: usize = 1024 * 1024;
/// How many chunks may wait.
const CHUNKS_MAX: usize = 4;

/// What the thread hands over, in order.
#[derive(Debug)]
pub(super) enum Piece {
    /// Bytes of a list.
    Bytes(Vec<u8>),
    /// A list ends; an archive may have more of them.
    End,
    /// All was read: the SHA-256 of all bytes, in hexadecimal.
    Digest(String),
    /// Reading failed.
    Failed(DncError),
}

/// A list that is being read.
#[derive(Debug)]
pub(super) struct Input {
    pieces: Receiver<Piece>,
    used: SyncSender<Vec<u8>>,
    read: Arc<AtomicU64>,
    /// How long the file is.
    pub(super) bytes_total: u64,
}

impl Input {
    /// Begins to read.
    pub(super) fn open(path: &Path) -> Result<Self, DncError> {
        let mut file = File::open(path).map_err(DncError::Read)?;
        let bytes_total = file.metadata().map_err(DncError::Read)?.len();
        let mut first = [0; 4];
        let len = fill(&mut file, &mut first).map_err(DncError::Read)?;
        file.rewind().map_err(DncError::Read)?;
        let form = match first.get(..len) {
            Some([0x1F, 0x8B, ..]) => Form::Gzip,
            Some([b'P', b'K', 3 | 5, 4 | 6]) => Form::Zip,
            _ => Form::Plain,
        };
        let (send, pieces) = sync_channel(CHUNKS_MAX);
        let (used, spare) = sync_channel(CHUNKS_MAX);
        let read = Arc::new(AtomicU64::new(0));
        let counted = Counted {
            file,
            read: Arc::clone(&read),
        };
        let pump = Pump {
            send,
            spare,
            hash: Sha256::new(),
        };
        std::thread::spawn(move || pump.run(counted, form));
        Ok(Self {
            pieces,
            used,
            read,
            bytes_total,
        })
    }

    /// The next piece.
    pub(super) fn next(&mut self) -> Piece {
        let ended = || Piece::Failed(DncError::Cut("reading stopped"));
        self.pieces.recv().unwrap_or_else(|_| ended())
    }

    /// Gives bytes back for reuse.
    pub(super) fn reuse(&self, bytes: Vec<u8>) {
        let _ = self.used.try_send(bytes);
    }

    /// How many bytes of the file were read.
    pub(super) fn bytes_read(&self) -> u64 {
        self.read.load(Ordering::Relaxed)
    }
}

#[derive(Debug, Clone, Copy)]
enum Form {
    Plain,
    Gzip,
    Zip,
}

struct Counted {
    file: File,
    read: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(buffer)?;
        self.read.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

impl io::Seek for Counted {
    fn seek(&mut self, to: io::SeekFrom) -> io::Result<u64> {
        self.file.seek(to)
    }
}

struct Pump {
    send: SyncSender<Piece>,
    spare: Receiver<Vec<u8>>,
    hash: Sha256,
}

/// The other side has gone; there is nobody to tell.
struct Gone;

impl Pump {
    fn run(mut self, file: Counted, form: Form) {
        let result = match form {
            Form::Plain => self.pass(file, "the file could not be read to its end"),
            Form::Gzip => {
                let file = BufReader::with_capacity(CHUNK_BYTES, file);
                let decoder = flate2::bufread::MultiGzDecoder::new(file);
                self.pass(decoder, "the `.gz` file ends early or is damaged")
            }
            Form::Zip => self.pass_archive(file),
        };
        if let Ok(()) = result {
            let digest = self.hash.finalize();
            let hex = digest.iter().map(|byte| format!("{byte:02x}")).collect();
            let _ = self.send.send(Piece::Digest(hex));
        }
    }

    fn fail(&self, error: DncError) -> Gone {
        let _ = self.send.send(Piece::Failed(error));
        Gone
    }

    fn pass(&mut self, mut reader: impl Read, early_end: &'static str) -> Result<(), Gone> {
        loop {
            let mut bytes = self.spare.try_recv().unwrap_or_default();
            bytes.resize(CHUNK_BYTES, 0);
            let len = match fill(&mut reader, &mut bytes) {
                Ok(len) => len,
                Err(error) => return Err(self.fail(of_read(error, early_end))),
            };
            bytes.truncate(len);
            self.hash.update(&bytes);
            if len > 0 {
                self.send.send(Piece::Bytes(bytes)).map_err(|_| Gone)?;
            }
            if len < CHUNK_BYTES {
                return self.send.send(Piece::End).map_err(|_| Gone);
            }
        }
    }

    fn pass_archive(&mut self, file: Counted) -> Result<(), Gone> {
        const DAMAGED: &str = "the `.zip` file ends early or is damaged";
        let mut archive = match zip::ZipArchive::new(BufReader::new(file)) {
            Ok(archive) => archive,
            Err(_) => return Err(self.fail(DncError::Cut(DAMAGED))),
        };
        for place in 0..archive.len() {
            let member = match archive.by_index(place) {
                Ok(member) => member,
                Err(_) => return Err(self.fail(DncError::Cut(DAMAGED))),
            };
            let is_list = member.is_file()
                && !member
                    .name()
                    .is_ok_and(|name| name.starts_with("__MACOSX/"));
            if is_list {
                self.pass(member, DAMAGED)?;
            }
        }
        Ok(())
    }
}

fn of_read(error: io::Error, early_end: &'static str) -> DncError {
    match error.kind() {
        io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput => {
            DncError::Cut(early_end)
        }
        _ => DncError::Read(error),
    }
}

/// Fills a buffer as far as there is something.
fn fill(reader: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut len = 0;
    while let Some(rest) = buffer.get_mut(len..).filter(|rest| !rest.is_empty()) {
        match reader.read(rest) {
            Ok(0) => break,
            Ok(read) => len += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(len)
}
