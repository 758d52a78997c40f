//! An import run: from an open source to a store in which every row is accounted for.
//!
//! The same path serves a real run, a resumed one and a dry run; a dry run only writes to a scratch
//! store, into which the records it needs are copied.
//! What this module does not do: it prints nothing and reads no clock.

mod error;
mod options;
mod pipeline;
mod report;
mod retry;
mod writer;

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};

use smrt_core::model::Instant;
use smrt_core::smrt::TenantSession;
use smrt_core::store::{IndexPolicy, NewRun, Run, RunCounts, RunStatus};

pub use self::error::ImportError;
pub use self::options::{ImportOptions, MaxRejects, ParseMaxRejectsError};
pub use self::report::{ImportReport, Outcome};
use crate::clean::{CleanBatch, CleanContext, clean};
use crate::mapping::{Mapping, RowMapper};
use crate::plan::PlanContext;
use crate::record::RecordBatch;
use crate::seen::Seen;
use crate::source::Source;
use pipeline::{Pipeline, Stretch, Work};
use retry::Retry;
use writer::Writer;

/// Rows after which a transaction is committed; a power cut loses at most these.
const ROWS_PER_TRANSACTION: u64 = 16_384;

/// The same where other imports go on meanwhile: whoever needs a key that this one has taken waits
/// for the end of its transaction.
const ROWS_PER_SHARED_TRANSACTION: u64 = 4096;

/// The same in a bulk load, where rows are only appended and each commit waits for the disk.
const ROWS_PER_BULK_TRANSACTION: u64 = 262_144;

/// Deferred rows that are settled in one transaction.
const DEFERRED_PER_TRANSACTION: u32 = 16_384;

/// What is happening, for a progress bar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// Rows are being read and written.
    Rows {
        /// Rows settled so far, of all sessions of the run.
        rows: u64,
        /// Bytes of the file read so far.
        bytes_read: u64,
        /// Bytes of the file, where known.
        bytes_total: Option<u64>,
    },
    /// Indexes are being built and references proven.
    Indexes,
    /// Rows that were set aside are being settled.
    Deferred {
        /// How many are left.
        rows_left: u64,
    },
    /// The counts are being compared with the store.
    Verifying,
}

/// Someone who watches a run and may stop it.
pub struct Watch<'w> {
    /// Called after every transaction.
    pub progress: &'w mut dyn FnMut(Progress),
    /// Set from outside to stop in good order after the current transaction.
    pub stop: &'w AtomicBool,
    /// What time it is; asked when the run has ended.
    pub now: &'w dyn Fn() -> Instant,
}

impl std::fmt::Debug for Watch<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Watch").finish_non_exhaustive()
    }
}

/// Where the writes of a run go.
#[derive(Debug)]
pub enum Target<'t, 's, 'b> {
    /// Into the store of a tenant's session.
    Session(&'t mut TenantSession<'s>),
    /// Into a scratch store; the first session is of the real one, if there is one yet.
    DryRun {
        /// The session whose records are only read.
        base: Option<&'t mut TenantSession<'b>>,
        /// The session of the store that is written and thrown away.
        scratch: &'t mut TenantSession<'s>,
    },
}

/// Imports a source in a new run of the session's tenant.
///
/// `started_at` becomes the creation time of what the run creates.
///
/// # Errors
///
/// [`ImportError`]; the store then holds whole transactions, and the run can be resumed or undone.
pub fn import(
    mut target: Target<'_, '_, '_>,
    source: Source,
    mapping: &Mapping,
    options: &ImportOptions,
    started_at: Instant,
    watch: &mut Watch<'_>,
) -> Result<ImportReport, ImportError> {
    let mapping = &with_dates_settled(mapping, &source);
    let new = NewRun {
        source: mapping.source().to_owned(),
        file_name: options.file_name.clone(),
        file_fingerprint: source.fingerprint().to_string(),
        mapping: mapping.to_toml(),
        options: options.to_json(),
        started_at,
    };
    let mapper = bind(mapping, &source)?;
    let run = match &mut target {
        Target::Session(session) => session.start_run(&new, IndexPolicy::DeferIfEmpty)?,
        Target::DryRun { base, scratch } => scratch.start_trial(base.as_deref_mut(), &new)?,
    };
    proceed(target, run, source, &mapper, options, watch)
}

/// Continues an unfinished run of the session's tenant with the same file.
///
/// # Errors
///
/// [`ImportError::AnotherFile`] when `source` is not the file the run was started with.
pub fn resume(
    session: &mut TenantSession<'_>,
    mut run: Run,
    mut source: Source,
    watch: &mut Watch<'_>,
) -> Result<ImportReport, ImportError> {
    if run.start.file_fingerprint != source.fingerprint().to_string() {
        return Err(ImportError::AnotherFile {
            run: run.number,
            file_name: run.start.file_name.clone(),
        });
    }
    let name = format!("mapping of run {}", run.number);
    let mapping = Mapping::parse(&name, &run.start.mapping)?;
    let options = ImportOptions::of_run(&run)?;
    let mapper = bind(&mapping, &source)?;
    session.resume_run(&mut run, (watch.now)())?;
    source.skip_records(run.counts.rows_checkpoint)?;
    let target = Target::Session(session);
    proceed(target, run, source, &mapper, &options, watch)
}

/// The mapping with the order of day and month decided by the file's own first rows.
fn with_dates_settled(mapping: &Mapping, source: &Source) -> Mapping {
    let header: Vec<&str> = source.header().names().collect();
    let mut mapping = mapping.clone();
    mapping.settle_date_formats(&header, source.sample());
    mapping
}

fn bind(mapping: &Mapping, source: &Source) -> Result<RowMapper, ImportError> {
    let header: Vec<&str> = source.header().names().collect();
    Ok(mapping.bind(&header)?)
}

/// A run under way.
struct Job<'t, 's, 'b> {
    base: Option<&'t mut TenantSession<'b>>,
    session: &'t mut TenantSession<'s>,
    run: Run,
    clean: CleanContext,
    plan: PlanContext,
    max_rejects: Option<MaxRejects>,
    dry_run: bool,
}

/// How the rows came to an end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ended {
    AllRows,
    Stopped,
    TooManyRejects,
}

fn proceed(
    target: Target<'_, '_, '_>,
    run: Run,
    source: Source,
    mapper: &RowMapper,
    options: &ImportOptions,
    watch: &mut Watch<'_>,
) -> Result<ImportReport, ImportError> {
    let (base, session, dry_run) = match target {
        Target::Session(session) => (None, session, false),
        Target::DryRun { base, scratch } => (base, scratch, true),
    };
    let clean = CleanContext {
        tenant_id: session.tenant().id,
        source: run.start.source.clone(),
        run: run.key,
        started_at: run.start.started_at,
        default_region: options.default_region,
        exported_at: options.exported_at.unwrap_or(run.start.started_at),
    };
    let plan = PlanContext {
        run: run.key,
        source: run.start.source.clone(),
        started_at: run.start.started_at,
        on_conflict: options.on_conflict,
    };
    let max_rejects = options.max_rejects;
    let job = Job {
        base,
        session,
        run,
        clean,
        plan,
        max_rejects,
        dry_run,
    };
    job.run_to_end(source, mapper, watch)
}

impl Job<'_, '_, '_> {
    fn run_to_end(
        mut self,
        source: Source,
        mapper: &RowMapper,
        watch: &mut Watch<'_>,
    ) -> Result<ImportReport, ImportError> {
        let mut ended = self.import_rows(source, mapper, watch)?;
        if ended == Ended::AllRows {
            if self.run.indexes_deferred {
                (watch.progress)(Progress::Indexes);
                self.session
                    .finish_bulk_load(&mut self.run, (watch.now)())?;
            }
            ended = self.settle_deferred(mapper, watch)?;
        }
        let outcome = match ended {
            Ended::AllRows => self.complete(watch)?,
            Ended::Stopped => {
                let at = (watch.now)();
                self.session
                    .set_run_status(&mut self.run, RunStatus::Interrupted, at)?;
                Outcome::Interrupted
            }
            Ended::TooManyRejects => self.roll_back(watch)?,
        };
        report::make(self.session, &self.run, outcome, self.dry_run)
    }

    /// Reads, cleans, plans and writes all rows of the source.
    fn import_rows(
        &mut self,
        source: Source,
        mapper: &RowMapper,
        watch: &mut Watch<'_>,
    ) -> Result<Ended, ImportError> {
        let (clean, plan) = (self.clean.clone(), self.plan.clone());
        let bulk_load = match self.run.indexes_deferred {
            true => Some((self.seen_so_far(&source, mapper)?, &plan)),
            false => None,
        };
        std::thread::scope(|scope| {
            let mut pipeline = Pipeline::start(scope, source, mapper, &clean, bulk_load);
            while let Some(first) = pipeline.next()? {
                let place = self.write_stretches(first, &mut pipeline, mapper, watch)?;
                (watch.progress)(Progress::Rows {
                    rows: self.run.counts.rows_checkpoint,
                    bytes_read: place.0,
                    bytes_total: place.1,
                });
                if self
                    .max_rejects
                    .is_some_and(|max| max.is_passed_early(&self.run.counts))
                {
                    return Ok(Ended::TooManyRejects);
                }
                if watch.stop.load(Ordering::Relaxed) {
                    return Ok(Ended::Stopped);
                }
            }
            Ok(Ended::AllRows)
        })
    }

    /// Writes one transaction: the first stretch and those that follow, up to a bound. Returns how
    /// many bytes of the file were read, and are to be.
    fn write_stretches(
        &mut self,
        first: Stretch,
        pipeline: &mut Pipeline,
        mapper: &RowMapper,
        watch: &Watch<'_>,
    ) -> Result<(u64, Option<u64>), ImportError> {
        if self.session.shares_imports() {
            return self.write_shared(first, pipeline, mapper, watch);
        }
        let rows_max = match self.run.indexes_deferred {
            true => ROWS_PER_BULK_TRANSACTION,
            false => ROWS_PER_TRANSACTION,
        };
        let before = self.run.counts.rows_checkpoint;
        let mut place = first.place();
        self.in_transaction(mapper, watch, |writer, counts| {
            let mut next = Some(first);
            while let Some(stretch) = next.take() {
                place = stretch.place();
                *counts += writer.write(stretch.work)?;
                let rows = counts.rows_checkpoint - before;
                if rows < rows_max && !watch.stop.load(Ordering::Relaxed) {
                    next = pipeline.next()?;
                }
            }
            Ok(())
        })?;
        Ok(place)
    }

    /// The same where other imports go on meanwhile: the transaction is made again when one of them
    /// was faster, or the connection was lost.
    fn write_shared(
        &mut self,
        first: Stretch,
        pipeline: &mut Pipeline,
        mapper: &RowMapper,
        watch: &Watch<'_>,
    ) -> Result<(u64, Option<u64>), ImportError> {
        let mut stretches = vec![first];
        while stretches.iter().map(Stretch::rows).sum::<u64>() < ROWS_PER_SHARED_TRANSACTION {
            match pipeline.next()? {
                Some(stretch) => stretches.push(stretch),
                None => break,
            }
        }
        let mut retry = Retry::new();
        let before = self.run.counts;
        let mut written = self.try_write(&stretches, mapper, watch);
        while let Err(error) = written {
            retry.after(error, watch.stop)?;
            // A connection that is lost in a commit leaves open whether it was made. It may be lost
            // again while that is asked.
            written = match self.session.run(self.run.number, (watch.now)()) {
                Err(error) => Err(error.into()),
                Ok(Some(stored)) if stored.counts != before => {
                    self.run.counts = stored.counts;
                    Ok(())
                }
                Ok(_) => self.try_write(&stretches, mapper, watch),
            };
        }
        Ok(stretches.last().map_or((0, None), Stretch::place))
    }

    fn try_write(
        &mut self,
        stretches: &[Stretch],
        mapper: &RowMapper,
        watch: &Watch<'_>,
    ) -> Result<(), ImportError> {
        self.in_transaction(mapper, watch, |writer, counts| {
            for stretch in stretches {
                *counts += writer.write(stretch.work.clone())?;
            }
            Ok(())
        })
    }

    /// Runs `work` in a transaction of the run, which also keeps the counts that `work` leaves.
    fn in_transaction(
        &mut self,
        mapper: &RowMapper,
        watch: &Watch<'_>,
        work: impl FnOnce(&mut Writer<'_, '_, '_>, &mut RunCounts) -> Result<(), ImportError>,
    ) -> Result<(), ImportError> {
        let Self {
            base,
            session,
            run,
            clean,
            plan,
            ..
        } = self;
        let mut counts = run.counts;
        session.import_transaction(run, (watch.now)(), |transaction| {
            let mut writer = Writer {
                transaction,
                base: base.as_deref_mut(),
                clean,
                plan,
                mapper,
            };
            work(&mut writer, &mut counts)?;
            Ok::<_, ImportError>(writer.transaction.checkpoint(&counts)?)
        })?;
        run.counts = counts;
        Ok(())
    }

    /// What an earlier session of this bulk load has written; nothing for a new run.
    fn seen_so_far(&mut self, source: &Source, mapper: &RowMapper) -> Result<Seen, ImportError> {
        let mut seen = Seen::new(rows_expected(source));
        if self.run.counts.rows_checkpoint == 0 {
            return Ok(seen);
        }
        self.session.humans_of_run(&self.run, &mut |id| {
            seen.note_human(id);
        })?;
        self.session.numbers_of_run(&self.run, &mut |number| {
            if let Ok(number) = number.parse() {
                seen.note_number(number);
            }
        })?;
        let mut after = 0;
        while let Some((batch, last)) = self.deferred_after(after, mapper)? {
            batch
                .rows
                .iter()
                .filter_map(|row| row.human)
                .for_each(|id| {
                    seen.note_human(id);
                });
            after = last;
        }
        Ok(seen)
    }

    /// Settles the rows that were set aside, now that the store can be asked.
    fn settle_deferred(
        &mut self,
        mapper: &RowMapper,
        watch: &mut Watch<'_>,
    ) -> Result<Ended, ImportError> {
        while let Some((batch, last)) = self.deferred_after(0, mapper)? {
            (watch.progress)(Progress::Deferred {
                rows_left: self.run.counts.rows_deferred,
            });
            let settled = batch.rows.len() as u64;
            self.in_transaction(mapper, watch, |writer, counts| {
                let mut written = writer.write(Work::Cleaned(Box::new(batch)))?;
                writer.transaction.settle_deferred(last)?;
                // They were counted as read when they were set aside.
                written.rows_checkpoint = 0;
                *counts += written;
                counts.rows_deferred -= settled.min(counts.rows_deferred);
                Ok(())
            })?;
            if watch.stop.load(Ordering::Relaxed) {
                return Ok(Ended::Stopped);
            }
        }
        match self
            .max_rejects
            .is_some_and(|max| max.is_passed(&self.run.counts))
        {
            true => Ok(Ended::TooManyRejects),
            false => Ok(Ended::AllRows),
        }
    }

    /// The next deferred rows after a row number, cleaned, and the last one's number.
    fn deferred_after(
        &mut self,
        after: u64,
        mapper: &RowMapper,
    ) -> Result<Option<(CleanBatch, u64)>, ImportError> {
        let rows = self
            .session
            .deferred_rows(&self.run, after, DEFERRED_PER_TRANSACTION)?;
        let Some(last) = rows.last().map(|row| row.row_number) else {
            return Ok(None);
        };
        let mut records = RecordBatch::default();
        for row in &rows {
            let (fields, extras): (Vec<String>, Vec<(String, String)>) =
                serde_json::from_str(&row.fields).map_err(|_| ImportError::DeferredRow {
                    row: row.row_number,
                })?;
            fields.iter().for_each(|field| records.push_field(field));
            extras
                .iter()
                .for_each(|(name, value)| records.push_extra(name, value));
            records.finish_row(row.row_number, row.line, &row.raw, None);
        }
        let mut batch = CleanBatch::new();
        clean(&self.clean, mapper, &HashSet::new(), records, &mut batch);
        Ok(Some((batch, last)))
    }

    fn complete(&mut self, watch: &mut Watch<'_>) -> Result<Outcome, ImportError> {
        (watch.progress)(Progress::Verifying);
        self.session.verify_run(&self.run)??;
        let at = (watch.now)();
        self.session
            .set_run_status(&mut self.run, RunStatus::Completed, at)?;
        Ok(Outcome::Completed)
    }

    fn roll_back(&mut self, watch: &Watch<'_>) -> Result<Outcome, ImportError> {
        let report = self.session.roll_back_run(self.run.number, (watch.now)())?;
        if report.obstacles_total > 0 {
            return Err(ImportError::RollBack {
                run: self.run.number,
                obstacles: report.obstacles_total,
            });
        }
        self.run.status = RunStatus::RolledBack;
        Ok(Outcome::RolledBack)
    }
}

/// About how many rows a source has, from its size and its first rows.
fn rows_expected(source: &Source) -> usize {
    let sample = source.sample();
    let bytes: usize = sample.iter().map(|record| record.raw().len() + 1).sum();
    let per_row = (bytes / sample.len().max(1)).max(1) as u64;
    // A packed file holds perhaps eight times its size.
    let factor = match source.layout().is_packed() {
        true => 8,
        false => 1,
    };
    usize::try_from(source.bytes_total().unwrap_or(0) * factor / per_row).unwrap_or(usize::MAX)
}
