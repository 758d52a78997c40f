//! Reading, cleaning and, in a bulk load, planning beside the writer, in order and in bounded
//! memory.
//!
//! One thread reads the source, a few clean, one plans, and the caller takes the stretches in file
//! order. Only a bulk load can be planned here: any other plan has to ask the store.
//! What this module does not do: it writes nothing.

use std::collections::{BTreeMap, HashSet};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread::Scope;

use super::error::ImportError;
use crate::clean::{CleanBatch, CleanContext, clean};
use crate::mapping::RowMapper;
use crate::plan::{PlanContext, Planned, plan_bulk_load};
use crate::record::RecordBatch;
use crate::seen::Seen;
use crate::source::{Source, SourceError};

/// Stretches that wait between two stages; with their size this bounds the memory of the pipeline.
const STRETCHES_WAITING: usize = 2;

/// Threads that clean; one keeps up with the writer, more only help where cores are idle.
const CLEANERS_MAX: usize = 4;

/// A stretch of rows on its way to the writer.
#[derive(Debug, Clone)]
pub(super) struct Stretch {
    pub(super) work: Work,
    /// Bytes of the file read when its last row was read.
    pub(super) bytes_read: u64,
    /// Bytes of the file, where known.
    pub(super) bytes_total: Option<u64>,
}

impl Stretch {
    /// How many rows of the file it is.
    pub(super) fn rows(&self) -> u64 {
        match &self.work {
            Work::Cleaned(batch) => batch.rows.len() as u64,
            Work::Planned(planned) => planned.counts.rows_checkpoint,
        }
    }

    /// Bytes of the file read so far, and of the file, where known.
    pub(super) const fn place(&self) -> (u64, Option<u64>) {
        (self.bytes_read, self.bytes_total)
    }
}

/// How far the rows of a stretch have come.
#[derive(Debug, Clone)]
pub(super) enum Work {
    /// They are to be planned against the store.
    Cleaned(Box<CleanBatch>),
    /// They only need to be written.
    Planned(Planned),
}

struct Read {
    number: u64,
    records: RecordBatch,
    bytes_read: u64,
    bytes_total: Option<u64>,
}

/// What a cleaner hands on: a stretch with its number, or the error that ended the source.
type Message = Result<(u64, Stretch), SourceError>;

/// The receiving end. When it is dropped, the threads end.
pub(super) enum Pipeline {
    /// The caller plans.
    Cleaned(InOrder),
    /// A thread of the pipeline plans.
    Planned(Receiver<Result<Stretch, ImportError>>),
}

impl Pipeline {
    /// Starts the threads. With `bulk_load`, the rows are planned as those of a bulk load that has
    /// seen what is given.
    pub(super) fn start<'scope>(
        scope: &'scope Scope<'scope, '_>,
        source: Source,
        mapper: &'scope RowMapper,
        context: &'scope CleanContext,
        bulk_load: Option<(Seen, &'scope PlanContext)>,
    ) -> Self {
        let (to_clean, read) = sync_channel::<Read>(STRETCHES_WAITING);
        let (to_order, cleaned) = sync_channel::<Message>(STRETCHES_WAITING);
        let read = Arc::new(Mutex::new(read));
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        for _ in 0..cores.saturating_sub(1).clamp(1, CLEANERS_MAX) {
            let (read, to_order) = (Arc::clone(&read), to_order.clone());
            scope.spawn(move || clean_stretches(&read, &to_order, mapper, context));
        }
        scope.spawn(move || read_stretches(source, &to_clean, &to_order));
        let in_order = InOrder {
            cleaned,
            waiting: BTreeMap::new(),
            next: 0,
            failed: None,
        };
        let Some((seen, plan)) = bulk_load else {
            return Self::Cleaned(in_order);
        };
        let (to_caller, planned) = sync_channel(STRETCHES_WAITING);
        scope.spawn(move || plan_stretches(in_order, seen, plan, &to_caller));
        Self::Planned(planned)
    }

    /// The next stretch in file order; nothing at the end.
    ///
    /// An error of the source comes after all rows before it.
    pub(super) fn next(&mut self) -> Result<Option<Stretch>, ImportError> {
        match self {
            Self::Cleaned(in_order) => in_order.next(),
            Self::Planned(planned) => planned.recv().ok().transpose(),
        }
    }
}

/// Puts what several cleaners finish back into file order.
pub(super) struct InOrder {
    cleaned: Receiver<Message>,
    waiting: BTreeMap<u64, Stretch>,
    next: u64,
    failed: Option<SourceError>,
}

impl InOrder {
    fn next(&mut self) -> Result<Option<Stretch>, ImportError> {
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
}

fn plan_stretches(
    mut in_order: InOrder,
    mut seen: Seen,
    plan: &PlanContext,
    to_caller: &SyncSender<Result<Stretch, ImportError>>,
) {
    while let Some(next) = in_order.next().transpose() {
        let is_last = next.is_err();
        let planned = next.map(|stretch| Stretch {
            work: match stretch.work {
                Work::Cleaned(clean) => Work::Planned(plan_bulk_load(plan, &mut seen, *clean)),
                planned @ Work::Planned(_) => planned,
            },
            ..stretch
        });
        if to_caller.send(planned).is_err() || is_last {
            return;
        }
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
        clean(context, mapper, &HashSet::new(), records, &mut batch);
        let stretch = Stretch {
            work: Work::Cleaned(Box::new(batch)),
            bytes_read,
            bytes_total,
        };
        if to_caller.send(Ok((number, stretch))).is_err() {
            return;
        }
    }
}
