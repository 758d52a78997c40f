//! Writing the target, on as many connections as the engine lets write beside each other.
//!
//! Each writes the blocks of a transaction, and they commit in the order of the source: what the
//! target has of a table is its beginning at every instant.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Condvar, Mutex, PoisonError};

use super::{CopyProgress, Part, ended_early};
use crate::store::engine::{Access, Engine, OnConflict};
use crate::store::error::StoreError;
use crate::store::value::RowBlock;

/// How writing came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ended {
    /// Every row is written.
    AllRows,
    /// Somebody wanted it.
    Stopped,
}

/// A connection and the blocks it is dealt.
pub(super) struct Writer<'e> {
    pub(super) engine: &'e mut dyn Engine,
    pub(super) blocks: Receiver<Arc<RowBlock>>,
}

/// Writes what the writers are dealt.
pub(super) fn write(
    writers: Vec<Writer<'_>>,
    blocks_per_transaction: usize,
    plan: &[Part],
    stop: &AtomicBool,
    progress: &mut dyn FnMut(CopyProgress),
) -> Result<Ended, StoreError> {
    let turns = &Turns::new(writers.len(), plan);
    let (to_teller, told) = channel();
    let written = std::thread::scope(|scope| {
        let threads: Vec<_> = writers
            .into_iter()
            .enumerate()
            .map(|(place, writer)| {
                let work = Work {
                    place,
                    blocks_per_transaction,
                    turns,
                    stop,
                    to_teller: to_teller.clone(),
                };
                scope.spawn(move || work.run(writer))
            })
            .collect();
        drop(to_teller);
        told.iter().for_each(&mut *progress);
        threads
            .into_iter()
            .map(|thread| thread.join().map_err(|_| ended_early())?)
            .fold(Ok(()), Result::and)
    });
    written.map(|()| turns.ended())
}

/// What one thread is given.
struct Work<'w> {
    place: usize,
    blocks_per_transaction: usize,
    turns: &'w Turns,
    stop: &'w AtomicBool,
    to_teller: Sender<CopyProgress>,
}

impl Work<'_> {
    fn run(self, writer: Writer<'_>) -> Result<(), StoreError> {
        let written = self.write(writer);
        if written.is_err() {
            self.turns.end();
        }
        written
    }

    fn write(&self, writer: Writer<'_>) -> Result<(), StoreError> {
        let Writer { engine, blocks } = writer;
        while let Ok(first) = blocks.recv() {
            let mut table = first.table().name;
            let mut rows = 0;
            engine.begin(Access::WriteBeside)?;
            let following = std::iter::from_fn(|| blocks.recv().ok());
            let transaction = std::iter::once(first).chain(following);
            for block in transaction.take(self.blocks_per_transaction) {
                table = block.table().name;
                rows += engine.bulk_write(&block, OnConflict::Fail)?;
            }
            if self.turns.wait(self.place) == Turn::Ended {
                return engine.rollback();
            }
            engine.commit()?;
            let (rows, rows_total) = self.turns.pass_on(rows);
            // Nobody listens any more: then nobody wants to know.
            let _ = self.to_teller.send(CopyProgress::Rows {
                table,
                rows,
                rows_total,
            });
            if self.stop.load(Ordering::Relaxed) && rows < rows_total {
                self.turns.end();
                return Ok(());
            }
        }
        Ok(())
    }
}

/// Whose turn it is to commit.
struct Turns {
    state: Mutex<State>,
    passed_on: Condvar,
    writers: usize,
    rows_total: u64,
}

struct State {
    next: usize,
    rows: u64,
    has_ended: bool,
}

#[derive(Debug, PartialEq, Eq)]
enum Turn {
    /// It has come.
    Come,
    /// It never will.
    Ended,
}

impl Turns {
    fn new(writers: usize, plan: &[Part]) -> Self {
        let state = State {
            next: 0,
            rows: plan.iter().map(|part| part.rows_there).sum(),
            has_ended: false,
        };
        Self {
            state: Mutex::new(state),
            passed_on: Condvar::new(),
            writers,
            rows_total: plan.iter().map(|part| part.rows).sum(),
        }
    }

    /// Waits until all rows before those of this writer are committed.
    fn wait(&self, place: usize) -> Turn {
        let is_waiting = |state: &mut State| state.next != place && !state.has_ended;
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.passed_on.wait_while(state, is_waiting);
        match waited.unwrap_or_else(PoisonError::into_inner).has_ended {
            true => Turn::Ended,
            false => Turn::Come,
        }
    }

    /// Lets the next one commit, and says how many rows there are now and in the end.
    fn pass_on(&self, rows: u64) -> (u64, u64) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.next = (state.next + 1) % self.writers;
        state.rows += rows;
        self.passed_on.notify_all();
        (state.rows, self.rows_total)
    }

    /// Lets nobody commit any more.
    fn end(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.has_ended = true;
        self.passed_on.notify_all();
    }

    fn ended(&self) -> Ended {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match state.has_ended {
            true => Ended::Stopped,
            false => Ended::AllRows,
        }
    }
}
