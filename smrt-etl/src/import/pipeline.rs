//! Reading and cleaning beside the writer, in order and in bounded memory.
//!
//! One thread reads the source, a few clean, and the caller takes the stretches in file order.
//! What this module does not do: it plans and writes nothing.

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread::Scope;

use smrt_core::store::ImportBatch;

use super::error::ImportError;
use crate::clean::{CleanBatch, CleanContext, clean};
use crate::mapping::RowMapper;
use crate::record::RecordBatch;
use crate::source::{Source, SourceError};

/// Stretches that wait between two stages; with their size this bounds the memory of the pipeline.
const STRETCHES_WAITING: usize = 4;

/// Threads that clean; one keeps up with the writer, more only help where cores are idle.
const CLEANERS_MAX: usize = 4;

/// A stretch of cleaned rows.
#[derive(Debug)]
pub(super) struct Stretch {
    pub(super) clean: CleanBatch,
    /// Bytes of the file read when its last row was read.
    pub(super) bytes_read: u64,
    /// Bytes of the file, where known.
    pub(super) bytes_total: Option<u64>,
}

struct Read {
    number: u64,
    records: RecordBatch,
    bytes_read: u64,
    bytes_total: Option<u64>,
}

/// What a stage hands on: a stretch with its number, or the error that ended the source.
type Message = Result<(u64, Stretch), SourceError>;

/// The receiving end.
pub(super) struct Pipeline<'scope> {
    cleaned: Receiver<Message>,
    waiting: BTreeMap<u64, Stretch>,
    next: u64,
    failed: Option<SourceError>,
    _scope: std::marker::PhantomData<&'scope ()>,
}

impl<'scope> Pipeline<'scope> {
    /// Starts the threads; they end when the source does or when the pipeline is dropped.
    pub(super) fn start(
        scope: &'scope Scope<'scope, '_>,
        source: Source,
        mapper: &'scope RowMapper,
        context: &'scope CleanContext,
    ) -> Self {
        let (to_clean, read) = sync_channel::<Read>(STRETCHES_WAITING);
        let (to_caller, cleaned) = sync_channel::<Message>(STRETCHES_WAITING);
        let read = Arc::new(Mutex::new(read));
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        for _ in 0..cores.saturating_sub(1).clamp(1, CLEANERS_MAX) {
            let (read, to_caller) = (Arc::clone(&read), to_caller.clone());
            scope.spawn(move || clean_stretches(&read, &to_caller, mapper, context));
        }
        scope.spawn(move || read_stretches(source, &to_clean, &to_caller));
        Self {
            cleaned,
            waiting: BTreeMap::new(),
            next: 0,
            failed: None,
            _scope: std::marker::PhantomData,
        }
    }

    /// The next stretch in file order; nothing at the end.
    ///
    /// An error of the source comes after all rows before it.
    pub(super) fn next(&mut self) -> Result<Option<Stretch>, ImportError> {
        loop {
            if let Some(stretch) = self.waiting.remove(&self.next) {
                self.next += 1;
                return Ok(Some(stretch));
            }
            match self.cleaned.recv() {
                Ok(Ok((number, stretch))) => {
                    self.waiting.insert(number, stretch);
                }
                Ok(Err(error)) => self.failed = Some(error),
                Err(_) => break,
            }
        }
        match self.failed.take() {
            Some(error) => Err(error.into()),
            None if self.waiting.is_empty() => Ok(None),
            None => Err(ImportError::Worker),
        }
    }

    /// Takes written blocks back; their memory is freed here, off no other thread's time.
    pub(super) fn give_back(&mut self, batch: ImportBatch) {
        drop(batch);
    }
}

fn read_stretches(
    mut source: Source,
    to_clean: &SyncSender<Read>,
    to_caller: &SyncSender<Message>,
) {
    for number in 0.. {
        let mut records = RecordBatch::default();
        match source.next_batch(&mut records) {
            Ok(true) => {}
            Ok(false) => return,
            Err(error) => {
                // The caller may be gone, which needs no report.
                let _ = to_caller.send(Err(error));
                return;
            }
        }
        let (bytes_read, bytes_total) = (source.bytes_read(), source.bytes_total());
        if to_clean
            .send(Read {
                number,
                records,
                bytes_read,
                bytes_total,
            })
            .is_err()
        {
            return;
        }
    }
}

fn clean_stretches(
    read: &Mutex<Receiver<Read>>,
    to_caller: &SyncSender<Message>,
    mapper: &RowMapper,
    context: &CleanContext,
) {
    loop {
        let taken = match read.lock() {
            Ok(read) => read.recv(),
            Err(_) => return,
        };
        let Ok(Read {
            number,
            records,
            bytes_read,
            bytes_total,
        }) = taken
        else {
            return;
        };
        let mut batch = CleanBatch::new();
        clean(context, mapper, records, &mut batch);
        let stretch = Stretch {
            clean: batch,
            bytes_read,
            bytes_total,
        };
        if to_caller.send(Ok((number, stretch))).is_err() {
            return;
        }
    }
}
