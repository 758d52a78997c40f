//! Copying a whole store to an empty place, between any two engines.
//!
//! One thread reads the source in one state and hashes each row, the caller's writes them. A copy
//! that was interrupted goes on where it stopped: rows are read in the order in which the source
//! holds them, and what the target has of a table is its beginning. Whether that still holds is
//! proven at the end, when the target is read back and its sums are compared with the source's.
//! Until then the target is marked, and nothing opens it.

use std::num::NonZero;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::sync::{Mutex, PoisonError};

use super::digest::{TableDigest, TableDigester};
use super::engine::{Access, BulkLoad, Engine, OnConflict};
use super::error::{StoreError, StoreErrorKind};
use super::location::StoreLocation;
use super::schema::{SCHEMA_MIGRATIONS, TABLES, Table};
use super::value::RowBlock;
use super::{Store, connect, count, migration};
use crate::model::Instant;

/// Rows that are handed from the reader to the writer at once.
const ROWS_PER_BLOCK: usize = 8_192;

/// Blocks that wait between them; with their size this bounds the memory.
const BLOCKS_WAITING: usize = 4;

/// Blocks that are committed together.
const BLOCKS_PER_TRANSACTION: usize = 16;

/// How many connections read the target back at most; few tables have most of the rows.
const READERS_MAX: usize = 4;

/// How far a copy has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CopyProgress {
    /// Rows are being written.
    Rows {
        /// The table they belong to.
        table: &'static str,
        /// Rows written so far, of all tables, those of an interrupted copy included.
        rows: u64,
        /// Rows of the source.
        rows_total: u64,
    },
    /// Indexes are being built.
    Indexes,
    /// The target is being read back.
    Verifying {
        /// The table that is read.
        table: &'static str,
    },
}

/// What a copy did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopyReport {
    /// Every table with its rows, in the order of the schema.
    pub tables: Vec<TableDigest>,
    /// Rows that an interrupted copy had written before.
    pub rows_resumed: u64,
}

impl CopyReport {
    /// Rows of all tables.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.tables.iter().map(|table| table.rows).sum()
    }
}

impl Store {
    /// Copies everything to a place where there is nothing, or an interrupted copy; none when
    /// `stop` was set before the end, and a later call goes on.
    ///
    /// # Errors
    ///
    /// Kind `Invalid` when another store is there, or when the copy is not what the source says:
    /// the source was changed between two calls.
    pub(crate) fn copy_to(
        &mut self,
        target: &StoreLocation,
        at: Instant,
        stop: &AtomicBool,
        progress: &mut dyn FnMut(CopyProgress),
    ) -> Result<Option<CopyReport>, StoreError> {
        let location = target;
        let mut target = begin_or_resume(location, at)?;
        let source = self.engine.as_mut();
        source.begin(Access::Read)?;
        let copied = copy(source, target.as_mut(), stop, progress);
        // The first error tells more than one of the rollback.
        let ended = source.rollback();
        let Some(report) = copied? else {
            return Ok(None);
        };
        ended?;
        verify(location, &report.tables, progress)?;
        migration::end_copy(target.as_mut())?;
        Ok(Some(report))
    }
}

/// The target with its tables, and the mark that it is no store yet.
fn begin_or_resume(target: &StoreLocation, at: Instant) -> Result<Box<dyn Engine>, StoreError> {
    if connect::exists(target)? {
        let mut engine = connect::open(target, Access::Write)?;
        return match migration::is_unfinished_copy(engine.as_mut())? {
            true => Ok(engine),
            false => Err(StoreError::new(
                StoreErrorKind::Invalid,
                "copy",
                "there is a store at the target already",
            )),
        };
    }
    let mut engine = connect::create(target)?;
    migration::begin_copy(engine.as_mut(), at)?;
    Ok(engine)
}

fn copy(
    source: &mut dyn Engine,
    target: &mut dyn Engine,
    stop: &AtomicBool,
    progress: &mut dyn FnMut(CopyProgress),
) -> Result<Option<CopyReport>, StoreError> {
    let mut plan = Vec::with_capacity(TABLES.len());
    for table in TABLES {
        plan.push(Part {
            table,
            rows: rows_of(source, table)?,
            rows_there: rows_of(target, table)?,
        });
    }
    let resumed = plan.iter().map(|part| part.rows_there).sum();
    target.set_bulk_load(BulkLoad::Begin)?;
    let (to_writer, blocks) = sync_channel(BLOCKS_WAITING);
    let (read, written) = std::thread::scope(|scope| {
        let plan = &plan;
        // The reader owns its end, so that the writer sees where the rows end.
        let reader = scope.spawn(move || read(source, plan, to_writer));
        let written = write(target, plan, blocks, stop, progress);
        (reader.join(), written)
    });
    // What ended the writer ends the reader too, so it is told first.
    let Ended::AllRows = written? else {
        return Ok(None);
    };
    let sums = read.map_err(|_| ended_early())??;
    progress(CopyProgress::Indexes);
    migration::complete_copy(target)?;
    target.set_bulk_load(BulkLoad::End)?;
    Ok(Some(CopyReport {
        tables: sums,
        rows_resumed: resumed,
    }))
}

/// A table that is copied.
struct Part {
    table: &'static Table,
    /// Rows of the source.
    rows: u64,
    /// Rows that an interrupted copy has written.
    rows_there: u64,
}

/// The rows of a table that are copied: the mark of a copy is none of them.
fn condition(table: &Table) -> &'static str {
    match table.name == SCHEMA_MIGRATIONS.name {
        true => migration::APPLIED,
        false => "TRUE",
    }
}

fn rows_of(engine: &mut dyn Engine, table: &Table) -> Result<u64, StoreError> {
    let sql = format!(
        "SELECT count(*) FROM {} WHERE {}",
        table.name,
        condition(table)
    );
    count(engine, &sql, &[]).map(|rows| u64::try_from(rows).unwrap_or(0))
}

/// How the writer came to its end.
enum Ended {
    AllRows,
    Stopped,
}

/// Reads every table, hands on the rows that the target lacks, and gives the sums over all.
fn read(
    source: &mut dyn Engine,
    plan: &[Part],
    to_writer: SyncSender<RowBlock>,
) -> Result<Vec<TableDigest>, StoreError> {
    let mut sums = Vec::with_capacity(plan.len());
    for part in plan {
        let table = part.table;
        let width = table.columns.len();
        let mut sum = TableDigester::new(table);
        let mut rows = RowBlock::new(table);
        source.query(&select(table), &[], &mut |row| {
            let is_lacking = sum.digest.rows >= part.rows_there;
            for column in 0..width {
                let value = row.value(column)?;
                sum.add_value(value);
                if is_lacking {
                    rows.push(value);
                }
            }
            sum.end_row();
            if rows.len() >= ROWS_PER_BLOCK {
                let rows = std::mem::replace(&mut rows, RowBlock::new(table));
                to_writer.send(rows).map_err(|_| ended_early())?;
            }
            Ok(())
        })?;
        if !rows.is_empty() {
            to_writer.send(rows).map_err(|_| ended_early())?;
        }
        sums.push(sum.digest);
    }
    Ok(sums)
}

fn select(table: &Table) -> String {
    format!(
        "SELECT {} FROM {} WHERE {}",
        table.column_list(),
        table.name,
        condition(table)
    )
}

/// Writes what the reader hands on, a stretch of blocks in a transaction.
fn write(
    target: &mut dyn Engine,
    plan: &[Part],
    blocks: Receiver<RowBlock>,
    stop: &AtomicBool,
    progress: &mut dyn FnMut(CopyProgress),
) -> Result<Ended, StoreError> {
    let rows_total = plan.iter().map(|part| part.rows).sum();
    let mut rows: u64 = plan.iter().map(|part| part.rows_there).sum();
    while let Ok(first) = blocks.recv() {
        let mut table = first.table().name;
        target.begin(Access::Write)?;
        let following = std::iter::from_fn(|| blocks.recv().ok());
        let stretch = std::iter::once(first).chain(following);
        for block in stretch.take(BLOCKS_PER_TRANSACTION) {
            table = block.table().name;
            rows += target.bulk_write(&block, OnConflict::Fail)?;
        }
        target.commit()?;
        progress(CopyProgress::Rows {
            table,
            rows,
            rows_total,
        });
        if stop.load(Ordering::Relaxed) && rows < rows_total {
            return Ok(Ended::Stopped);
        }
    }
    Ok(Ended::AllRows)
}

/// Reads the target back, several tables at once, and compares its sums with the source's.
fn verify(
    target: &StoreLocation,
    sums: &[TableDigest],
    progress: &mut dyn FnMut(CopyProgress),
) -> Result<(), StoreError> {
    let processors = std::thread::available_parallelism().map_or(1, NonZero::get);
    let tables = TABLES.iter().copied().zip(sums);
    let queue = &Mutex::new(tables);
    let (begun, told) = channel();
    std::thread::scope(|scope| {
        let readers: Vec<_> = (0..processors.min(READERS_MAX))
            .map(|_| {
                let begun = begun.clone();
                scope.spawn(move || verify_some(target, queue, &begun))
            })
            .collect();
        drop(begun);
        told.iter()
            .for_each(|table| progress(CopyProgress::Verifying { table }));
        readers
            .into_iter()
            .try_for_each(|reader| reader.join().map_err(|_| ended_early())?)
    })
}

/// Takes one table after the other from a queue and verifies it, on a connection of its own.
fn verify_some<'s>(
    target: &StoreLocation,
    queue: &Mutex<impl Iterator<Item = (&'static Table, &'s TableDigest)>>,
    begun: &Sender<&'static str>,
) -> Result<(), StoreError> {
    let mut target = connect::open(target, Access::Read)?;
    let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).next();
    while let Some((table, sum)) = next() {
        // Nobody listens any more: then nobody wants to know.
        let _ = begun.send(table.name);
        let mut found = TableDigester::new(table);
        target.query(&select(table), &[], &mut |row| {
            found.add(row, table.columns.len())
        })?;
        let found = found.digest;
        if found != *sum {
            return Err(StoreError::new(
                StoreErrorKind::Invalid,
                "copy",
                format!(
                    "the copy of `{}` is not what the source holds now: {} rows there, {} here; \
                     the source was changed since the copy began",
                    table.name, found.rows, sum.rows
                ),
            ));
        }
    }
    Ok(())
}

fn ended_early() -> StoreError {
    StoreError::new(StoreErrorKind::Engine, "copy", "the reader ended early")
}
