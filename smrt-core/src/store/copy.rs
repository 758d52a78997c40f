//! Copying a whole store to an empty place, between any two engines.
//!
//! One thread reads the source in one state, one adds up what was read, and as many as the target's
//! engine lets write beside each other write. A copy that was interrupted goes on where it stopped:
//! rows are read in the order in which the source holds them, and what the target has of a table is
//! its beginning. Whether that still holds is proven at the end, when the target is read back and
//! its sums are compared with the source's. Until then the target is marked, and nothing opens it.

mod read;
mod verify;
mod write;

use std::num::NonZero;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::sync_channel;

use self::read::Dealer;
use self::write::{Ended, Writer};
use super::digest::TableDigest;
use super::engine::{Access, BulkLoad, Engine};
use super::error::{StoreError, StoreErrorKind};
use super::location::StoreLocation;
use super::schema::{SCHEMA_MIGRATIONS, TABLES, Table};
use super::{Store, connect, count, migration};
use crate::model::Instant;

/// Blocks that wait for each thread that takes them; with their size this bounds the memory.
const BLOCKS_WAITING: usize = 4;

/// Blocks that one writer commits together.
const BLOCKS_PER_TRANSACTION: usize = 16;

/// Connections to the target at most; few tables have most of the rows.
const CONNECTIONS_MAX: usize = 4;

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
        location: &StoreLocation,
        at: Instant,
        stop: &AtomicBool,
        progress: &mut dyn FnMut(CopyProgress),
    ) -> Result<Option<CopyReport>, StoreError> {
        let mut targets = vec![begin_or_resume(location, at)?];
        for _ in 1..writers_of(targets.as_slice()) {
            targets.push(connect::open(location, Access::Write)?);
        }
        let source = self.engine.as_mut();
        source.begin(Access::Read)?;
        let copied = copy(source, &mut targets, stop, progress);
        // The first error tells more than one of the rollback.
        let ended = source.rollback();
        let Some(report) = copied? else {
            return Ok(None);
        };
        ended?;
        verify::verify(location, &report.tables, progress)?;
        match targets.first_mut() {
            Some(target) => migration::end_copy(target.as_mut())?,
            None => return Err(ended_early()),
        }
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

/// How many connections write beside each other.
fn writers_of(targets: &[Box<dyn Engine>]) -> usize {
    match targets.first() {
        Some(target) if target.dialect().shares_imports() => connections(),
        _ => 1,
    }
}

/// How many connections the processors keep at work.
fn connections() -> usize {
    let processors = std::thread::available_parallelism().map_or(1, NonZero::get);
    processors.min(CONNECTIONS_MAX)
}

/// Copies the rows and builds what stands on them; none when it was stopped.
fn copy(
    source: &mut dyn Engine,
    targets: &mut [Box<dyn Engine>],
    stop: &AtomicBool,
    progress: &mut dyn FnMut(CopyProgress),
) -> Result<Option<CopyReport>, StoreError> {
    let plan = plan(source, targets)?;
    let resumed = plan.iter().map(|part| part.rows_there).sum();
    set_bulk_load(targets, BulkLoad::Begin)?;
    // With several writers, what is dealt to one must not keep the next one waiting.
    let blocks_per_transaction = match targets.len() {
        1 => BLOCKS_PER_TRANSACTION,
        _ => BLOCKS_WAITING,
    };
    let (to_writers, writers): (Vec<_>, Vec<_>) = targets
        .iter_mut()
        .map(|engine| {
            let (to_writer, blocks) = sync_channel(BLOCKS_WAITING);
            let engine = engine.as_mut();
            (to_writer, Writer { engine, blocks })
        })
        .unzip();
    let dealer = Dealer::new(to_writers, blocks_per_transaction);
    let (read, written) = std::thread::scope(|scope| {
        let plan = plan.as_slice();
        let reader = scope.spawn(move || read::read(source, plan, dealer));
        let written = write::write(writers, blocks_per_transaction, plan, stop, progress);
        (reader.join(), written)
    });
    // What ended the writers ends the reader too, so it is told first.
    let Ended::AllRows = written? else {
        return Ok(None);
    };
    let tables = read.map_err(|_| ended_early())??;
    progress(CopyProgress::Indexes);
    migration::complete_copy(targets)?;
    set_bulk_load(targets, BulkLoad::End)?;
    Ok(Some(CopyReport {
        tables,
        rows_resumed: resumed,
    }))
}

fn set_bulk_load(targets: &mut [Box<dyn Engine>], bulk_load: BulkLoad) -> Result<(), StoreError> {
    targets
        .iter_mut()
        .try_for_each(|target| target.set_bulk_load(bulk_load))
}

/// What there is to copy, and what an interrupted copy has copied.
fn plan(source: &mut dyn Engine, targets: &mut [Box<dyn Engine>]) -> Result<Vec<Part>, StoreError> {
    let target = targets.first_mut().ok_or_else(ended_early)?;
    TABLES
        .iter()
        .map(|table| {
            Ok(Part {
                table,
                rows: rows_of(source, table)?,
                rows_there: rows_of(target.as_mut(), table)?,
            })
        })
        .collect()
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

fn select(table: &Table) -> String {
    format!(
        "SELECT {} FROM {} WHERE {}",
        table.column_list(),
        table.name,
        condition(table)
    )
}

fn ended_early() -> StoreError {
    StoreError::new(
        StoreErrorKind::Engine,
        "copy",
        "a thread of the copy ended early",
    )
}
