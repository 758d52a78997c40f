//! Imports and their runs, for one tenant: what another tenant imported neither shows nor counts.
//!
//! A run of another tenant is no run at all, whatever its number. What each transaction wrote goes
//! into the audit trail with it.
//! What this module does not do: it plans nothing; `smrt-etl` does.

use super::Smrt;
use super::error::SmrtError;
use super::session::TenantSession;
use super::unit::Unit;
use crate::model::{Id, Instant, Module};
use crate::store::audit::{self, Detail};
use crate::store::import::{self, Place};
use crate::store::runs::{self, LastRun};
use crate::store::undo;
use crate::store::{
    DeferredRow, ImportTransaction, IndexPolicy, Issue, NewRun, Run, RunStatus, Severity,
    UndoReport, VerificationError,
};

/// Whether taking a run back is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Keep {
    /// With this status, unless something stands in the way.
    As(RunStatus),
    /// Only what would be done is told.
    Nothing,
}

impl TenantSession<'_> {
    /// Starts a run. In a store without contact data the indexes may be dropped until
    /// [`TenantSession::finish_bulk_load`].
    ///
    /// # Errors
    ///
    /// [`SmrtError::ModuleDisabled`]; kind `Locked` while another process imports; `Unfinished`
    /// when an earlier run was not brought to an end.
    ///
    /// ```
    /// # use smrt_core::smrt::doc::{now, store};
    /// use smrt_core::model::Id;
    /// use smrt_core::smrt::SmrtError;
    /// use smrt_core::store::{
    ///     ImportBatch, IndexPolicy, NewRun, RowBlock, RunCounts, RunStatus, Value, schema,
    /// };
    ///
    /// # let mut smrt = store()?;
    /// let mut session = smrt.tenant("acme")?.acting_as("importer".parse()?);
    /// let new = NewRun {
    ///     source: "crm".into(),
    ///     file_name: "contacts.csv".into(),
    ///     file_fingerprint: "sha256 of the file".into(),
    ///     mapping: String::new(),
    ///     options: "{}".into(),
    ///     started_at: now(),
    /// };
    /// let mut run = session.start_run(&new, IndexPolicy::Keep)?;
    ///
    /// // The human of the file's only row, column by column.
    /// let acme = session.tenant().id;
    /// let mut humans = RowBlock::new(&schema::HUMANS);
    /// humans.push(Id::of_human(acme, "crm", "1"));
    /// humans.push("Ada");
    /// humans.push("Lovewell");
    /// for _ in ["email", "company_name", "job_title", "employee_id", "contractor_id"] {
    ///     humans.push(Value::Null);
    /// }
    /// humans.push(now());
    /// humans.push(now());
    /// humans.push(acme);
    /// humans.push("{}");
    /// humans.push(run.key);
    /// humans.push(2_i64);
    ///
    /// // What is written and what was counted become true together.
    /// let batch = ImportBatch { inserts: vec![humans], ..ImportBatch::new() };
    /// run.counts = RunCounts { rows_checkpoint: 1, rows_created: 1, ..RunCounts::default() };
    /// session.import_transaction(&run, now(), |transaction| {
    ///     transaction.apply(&batch)?;
    ///     transaction.checkpoint(&run.counts)?;
    ///     Ok::<(), SmrtError>(())
    /// })?;
    ///
    /// session.verify_run(&run)??;
    /// session.set_run_status(&mut run, RunStatus::Completed, now())?;
    /// let runs = session.runs(now())?;
    /// assert_eq!((runs[0].number, runs[0].counts.rows_created), (1, 1));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn start_run(&mut self, new: &NewRun, indexes: IndexPolicy) -> Result<Run, SmrtError> {
        self.start_run_after(LastRun::default(), new, indexes)
    }

    /// Starts a run in this session's scratch store, as it would be started in the store of
    /// `base`, whose records are then copied as a plan needs them.
    ///
    /// See the example of [`ImportTransaction::copy_records_from`].
    ///
    /// # Errors
    ///
    /// As [`TenantSession::start_run`].
    pub fn start_trial(
        &mut self,
        base: Option<&mut TenantSession<'_>>,
        new: &NewRun,
    ) -> Result<Run, SmrtError> {
        let Some(base) = base else {
            return self.start_run(new, IndexPolicy::DeferIfEmpty);
        };
        base.require(Module::Import, new.started_at)?;
        let tenant = base.tenant.id;
        let engine = base.store.engine();
        let indexes = match runs::is_without_records(engine, tenant)? {
            true => IndexPolicy::DeferIfEmpty,
            false => IndexPolicy::Keep,
        };
        let earlier = runs::last(engine, tenant)?;
        self.start_run_after(earlier, new, indexes)
    }

    /// A session of the same actor and tenant on a scratch store.
    ///
    /// See the example of [`Smrt::scratch_file`].
    ///
    /// # Errors
    ///
    /// [`SmrtError::Invalid`] when that store is not one of [`Smrt::scratch_file`].
    pub fn in_scratch<'x>(&self, scratch: &'x mut Smrt) -> Result<TenantSession<'x>, SmrtError> {
        if !scratch.store.is_scratch() {
            return Err(SmrtError::invalid(
                "not_scratch",
                "plans are tried out in a scratch store only",
            ));
        }
        Ok(TenantSession::new(
            &mut scratch.store,
            self.tenant.clone(),
            self.actor.clone(),
        ))
    }

    fn start_run_after(
        &mut self,
        earlier: LastRun,
        new: &NewRun,
        indexes: IndexPolicy,
    ) -> Result<Run, SmrtError> {
        self.require(Module::Import, new.started_at)?;
        self.store.engine().lock_imports()?;
        let mut taken = None;
        let started = self.import(new.started_at, |unit| {
            let run = runs::start(unit.engine, unit.tenant.id, earlier, new, indexes)?;
            taken = Some(run.key);
            let digest = Some(new.file_fingerprint.clone());
            let detail = Detail {
                digest,
                ..of_run(&run)
            };
            unit.note("import.start", None, None, detail);
            Ok(run)
        });
        if let (Err(_), Some(key)) = (&started, taken) {
            // The number is free again, and so must be its lock.
            runs::give_back(self.store.engine(), key)?;
        }
        let run = started?;
        if run.indexes_deferred {
            self.store.begin_bulk_load()?;
        }
        Ok(run)
    }

    /// Takes an unfinished run up again. `run` is read anew: another process may have moved it on,
    /// even to its end.
    ///
    /// # Errors
    ///
    /// [`SmrtError::ModuleDisabled`]; kind `Locked` while another process imports.
    ///
    /// ```
    /// # use smrt_core::smrt::doc::{now, store_with_run};
    /// # let (mut smrt, mut run) = store_with_run()?;
    /// use smrt_core::store::RunStatus;
    ///
    /// let mut session = smrt.tenant("acme")?.acting_as("importer".parse()?);
    /// session.set_run_status(&mut run, RunStatus::Interrupted, now())?;
    /// // The next day:
    /// session.resume_run(&mut run, now())?;
    /// assert_eq!(run.status, RunStatus::Running);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn resume_run(&mut self, run: &mut Run, at: Instant) -> Result<(), SmrtError> {
        self.require(Module::Import, at)?;
        self.store.engine().lock_imports()?;
        *run = self.import(at, |unit| {
            let mut current = own(unit, run, "resume run")?;
            if current.status.is_unfinished() {
                runs::take(unit.engine, &current)?;
                runs::refuse_while_filled_by_another(unit.engine, unit.tenant.id)?;
                current.status = RunStatus::Running;
                runs::write_status(unit.engine, current.key, current.status, None)?;
                unit.note("import.resume", None, None, of_run(&current));
            }
            Ok(current)
        })?;
        if run.indexes_deferred && run.status.is_unfinished() {
            self.store.begin_bulk_load()?;
        }
        Ok(())
    }

    /// Whether other imports may go on in this store meanwhile. A transaction of this one may then
    /// fail because another took a key first, and is made again.
    ///
    /// ```
    /// # use smrt_core::smrt::doc::store;
    /// # let mut smrt = store()?;
    /// let session = smrt.tenant("acme")?.acting_as("importer".parse()?);
    /// // A file has one writer at a time.
    /// assert!(!session.shares_imports());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn shares_imports(&self) -> bool {
        self.store.shares_imports()
    }

    /// Runs `work` in one write transaction of a run that is under way; `at` is the instant its
    /// entry in the audit trail tells.
    ///
    /// See the example of [`TenantSession::start_run`].
    ///
    /// # Errors
    ///
    /// Those of `work`, of the engine, or of the commit; nothing is then written, unless the kind
    /// is `ConnectionLost`: the counts of [`TenantSession::run`] then tell whether it was. Kind
    /// `Conflict` when another import took a key first, see [`TenantSession::shares_imports`].
    pub fn import_transaction<T, E: From<SmrtError>>(
        &mut self,
        run: &Run,
        at: Instant,
        work: impl FnOnce(&mut ImportTransaction<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.check(Module::Import)?;
        let is_scratch = self.store.is_scratch();
        let mut failed = None;
        let done = self.import(at, |unit| {
            let run = own(unit, run, "import")?;
            if !run.status.is_unfinished() {
                return Err(SmrtError::invalid("run_ended", "the run has ended"));
            }
            let place = match (is_scratch, run.indexes_deferred) {
                (_, true) => Place::Fresh,
                (true, false) => Place::Scratch,
                (false, false) => Place::Indexed,
            };
            let tenant = unit.tenant.id;
            let mut transaction = ImportTransaction::new(unit.engine, tenant, &run, place);
            let value = match work(&mut transaction) {
                Ok(value) => value,
                Err(error) => {
                    failed = Some(error);
                    return Err(taken_back());
                }
            };
            let (rows, digest) = transaction.finish()?;
            let detail = Detail {
                rows: Some(rows),
                digest: Some(audit::hex(&digest)),
                ..of_run(&run)
            };
            unit.note("import.batch", None, None, detail);
            Ok(value)
        });
        match failed {
            Some(error) => Err(error),
            None => done.map_err(E::from),
        }
    }

    /// Builds the indexes a bulk load left out and proves that every reference of it holds.
    ///
    /// # Errors
    ///
    /// Kind `Constraint` when a key is taken twice or a reference is missing: the load was wrong.
    ///
    /// ```
    /// # use smrt_core::smrt::doc::{new_run, now, store};
    /// # let mut smrt = store()?;
    /// # let new = new_run();
    /// use smrt_core::store::IndexPolicy;
    ///
    /// let mut session = smrt.tenant("acme")?.acting_as("importer".parse()?);
    /// let mut run = session.start_run(&new, IndexPolicy::DeferIfEmpty)?;
    /// assert!(run.indexes_deferred);
    /// // … the rows of the file …
    /// session.finish_bulk_load(&mut run, now())?;
    /// assert!(!run.indexes_deferred);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn finish_bulk_load(&mut self, run: &mut Run, at: Instant) -> Result<(), SmrtError> {
        self.check(Module::Import)?;
        self.import(at, |unit| {
            let current = own(unit, run, "finish bulk load")?;
            Ok(runs::finish_bulk_load(unit.engine, current.key)?)
        })?;
        run.indexes_deferred = false;
        Ok(self.store.end_bulk_load()?)
    }

    /// Records that a run is interrupted or complete, as of `at`.
    ///
    /// # Errors
    ///
    /// [`SmrtError::Invalid`] for a status that is not reached in this way; those of the engine.
    ///
    /// ```
    /// # use smrt_core::smrt::doc::{now, store_with_run};
    /// # let (mut smrt, mut run) = store_with_run()?;
    /// use smrt_core::store::RunStatus;
    ///
    /// let mut session = smrt.tenant("acme")?.acting_as("importer".parse()?);
    /// session.set_run_status(&mut run, RunStatus::Completed, now())?;
    /// assert_eq!(run.finished_at, Some(now()));
    /// // What has ended is not ended again.
    /// let again = session.set_run_status(&mut run, RunStatus::Interrupted, now());
    /// assert_eq!(again.unwrap_err().code(), "run_ended");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn set_run_status(
        &mut self,
        run: &mut Run,
        status: RunStatus,
        at: Instant,
    ) -> Result<(), SmrtError> {
        self.check(Module::Import)?;
        let finished_at = match status {
            RunStatus::Interrupted => None,
            RunStatus::Completed => Some(at),
            RunStatus::Running | RunStatus::RolledBack | RunStatus::Undone => {
                return Err(SmrtError::invalid(
                    "run_status",
                    format!("a run is not declared `{}`", status.as_str()),
                ));
            }
        };
        *run = self.import(at, |unit| {
            let mut current = own(unit, run, "end run")?;
            if !current.status.is_unfinished() {
                return Err(SmrtError::invalid("run_ended", "the run has ended"));
            }
            runs::write_status(unit.engine, current.key, status, finished_at)?;
            (current.status, current.finished_at) = (status, finished_at);
            unit.note("import.end", None, None, of_ended_run(&current));
            Ok(current)
        })?;
        Ok(runs::give_back(self.store.engine(), run.key)?)
    }

    /// Proves that the store holds what a run counted.
    ///
    /// # Errors
    ///
    /// The outer error is the engine's; the inner one names the first count that is off.
    ///
    /// ```
    /// # use smrt_core::smrt::doc::{now, store_with_run};
    /// # let (mut smrt, mut run) = store_with_run()?;
    /// let mut session = smrt.tenant("acme")?.acting_as("importer".parse()?);
    /// assert_eq!(session.verify_run(&run)?, Ok(()));
    /// run.counts.rows_created += 1;
    /// let fault = session.verify_run(&run)?.unwrap_err();
    /// assert_eq!(fault.to_string(), "run 1 counted 2 humans, the store holds 1");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn verify_run(&mut self, run: &Run) -> Result<Result<(), VerificationError>, SmrtError> {
        self.own_run(run)?;
        Ok(import::verify(self.store.engine(), run)?)
    }

    /// All runs of the tenant, the newest first.
    ///
    /// # Errors
    ///
    /// [`SmrtError::ModuleDisabled`]; those of the engine.
    ///
    /// ```
    /// # use smrt_core::smrt::doc::{now, store_with_run};
    /// # let (mut smrt, run) = store_with_run()?;
    /// let mut session = smrt.tenant("acme")?.acting_as("importer".parse()?);
    /// assert_eq!(session.runs(now())?[0].start.file_name, "contacts.csv");
    /// // To another tenant there is no run.
    /// let mut beta = smrt.tenant("beta")?.acting_as("beta-crm".parse()?);
    /// assert!(beta.runs(now())?.is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn runs(&mut self, at: Instant) -> Result<Vec<Run>, SmrtError> {
        self.require(Module::Import, at)?;
        Ok(runs::list(self.store.engine(), self.tenant.id)?)
    }

    /// The tenant's run with this number.
    ///
    /// # Errors
    ///
    /// As [`TenantSession::runs`].
    ///
    /// ```
    /// # use smrt_core::smrt::doc::{now, store_with_run};
    /// # let (mut smrt, run) = store_with_run()?;
    /// let mut session = smrt.tenant("acme")?.acting_as("importer".parse()?);
    /// assert_eq!(session.run(1, now())?.unwrap().start.source, "crm");
    /// assert!(session.run(2, now())?.is_none());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn run(&mut self, number: i64, at: Instant) -> Result<Option<Run>, SmrtError> {
        self.require(Module::Import, at)?;
        Ok(runs::numbered(self.store.engine(), self.tenant.id, number)?)
    }

    /// The tenant's run that was not brought to an end.
    ///
    /// # Errors
    ///
    /// As [`TenantSession::runs`].
    ///
    /// ```
    /// # use smrt_core::smrt::doc::{now, store_with_run};
    /// # let (mut smrt, mut run) = store_with_run()?;
    /// use smrt_core::store::RunStatus;
    ///
    /// let mut session = smrt.tenant("acme")?.acting_as("importer".parse()?);
    /// assert_eq!(session.unfinished_run(now())?.unwrap().number, run.number);
    /// session.set_run_status(&mut run, RunStatus::Completed, now())?;
    /// assert!(session.unfinished_run(now())?.is_none());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn unfinished_run(&mut self, at: Instant) -> Result<Option<Run>, SmrtError> {
        self.require(Module::Import, at)?;
        Ok(runs::unfinished(self.store.engine(), self.tenant.id)?)
    }

    /// Calls `each` for every issue of a run in row order.
    ///
    /// # Errors
    ///
    /// Kind `Invalid` when the tenant has no such run; those of the engine.
    ///
    /// ```
    /// # use smrt_core::smrt::doc::{now, store_with_run};
    /// # let (mut smrt, run) = store_with_run()?;
    /// use smrt_core::store::Severity;
    ///
    /// let mut session = smrt.tenant("acme")?.acting_as("importer".parse()?);
    /// let mut lines = Vec::new();
    /// session.issues(&run, Some(Severity::Rejected), &mut |issue| {
    ///     lines.push(format!("line {}: {}", issue.line, issue.reason));
    /// })?;
    /// assert_eq!(lines, ["line 3: the row names nobody"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn issues(
        &mut self,
        run: &Run,
        only: Option<Severity>,
        each: &mut dyn FnMut(Issue),
    ) -> Result<(), SmrtError> {
        self.own_run(run)?;
        Ok(runs::issues(self.store.engine(), run.key, only, each)?)
    }

    /// How often each code of issue was noted in a run, the most frequent first.
    ///
    /// # Errors
    ///
    /// As [`TenantSession::issues`].
    ///
    /// ```
    /// # use smrt_core::smrt::doc::{now, store_with_run};
    /// # let (mut smrt, run) = store_with_run()?;
    /// use smrt_core::store::Severity;
    ///
    /// let mut session = smrt.tenant("acme")?.acting_as("importer".parse()?);
    /// let summary = session.issue_summary(&run)?;
    /// assert_eq!(summary, [(Severity::Rejected, "row_without_identity".to_owned(), 1)]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn issue_summary(&mut self, run: &Run) -> Result<Vec<(Severity, String, u64)>, SmrtError> {
        self.own_run(run)?;
        Ok(runs::issue_summary(self.store.engine(), run.key)?)
    }

    /// How often a run changed each field of a human, the most frequent first. The extension of
    /// one of its phone numbers is the field `phone_extension`.
    ///
    /// # Errors
    ///
    /// As [`TenantSession::issues`].
    ///
    /// ```
    /// # use smrt_core::smrt::doc::{now, store_with_run};
    /// # let (mut smrt, run) = store_with_run()?;
    /// let mut session = smrt.tenant("acme")?.acting_as("importer".parse()?);
    /// // This run added a human, and changed none.
    /// assert!(session.changed_fields(&run)?.is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn changed_fields(&mut self, run: &Run) -> Result<Vec<(String, u64)>, SmrtError> {
        self.own_run(run)?;
        Ok(runs::changed_fields(self.store.engine(), run.key)?)
    }

    /// The next rows of a run that were set aside, after the row number `after`.
    ///
    /// # Errors
    ///
    /// As [`TenantSession::issues`].
    ///
    /// ```
    /// # use smrt_core::smrt::doc::{now, store_with_run};
    /// # let (mut smrt, run) = store_with_run()?;
    /// use smrt_core::smrt::SmrtError;
    /// use smrt_core::store::{ImportBatch, RowBlock, schema};
    ///
    /// let mut session = smrt.tenant("acme")?.acting_as("importer".parse()?);
    /// let mut rows = RowBlock::new(&schema::IMPORT_DEFERRED);
    /// rows.push(run.key);
    /// rows.push(3_i64);
    /// rows.push(4_i64);
    /// rows.push(r#"["Ada","Lovewell"]"#);
    /// rows.push("Ada,Lovewell");
    /// let batch = ImportBatch { inserts: vec![rows], ..ImportBatch::new() };
    /// session.import_transaction(&run, now(), |transaction| {
    ///     Ok::<_, SmrtError>(transaction.apply(&batch)?)
    /// })?;
    ///
    /// let deferred = session.deferred_rows(&run, 0, 100)?;
    /// assert_eq!((deferred[0].row_number, deferred[0].line), (3, 4));
    /// assert!(session.deferred_rows(&run, 3, 100)?.is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn deferred_rows(
        &mut self,
        run: &Run,
        after: u64,
        limit: u32,
    ) -> Result<Vec<DeferredRow>, SmrtError> {
        self.own_run(run)?;
        let engine = self.store.engine();
        Ok(runs::deferred_rows(engine, run.key, after, limit)?)
    }

    /// Calls `each` for the id of every human that a run created, in any order.
    ///
    /// # Errors
    ///
    /// As [`TenantSession::issues`].
    ///
    /// ```
    /// # use smrt_core::smrt::doc::{now, store_with_run};
    /// # let (mut smrt, run) = store_with_run()?;
    /// let mut session = smrt.tenant("acme")?.acting_as("importer".parse()?);
    /// let mut ids = Vec::new();
    /// session.humans_of_run(&run, &mut |id| ids.push(id))?;
    /// assert!(session.human(ids[0], now()).is_ok());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn humans_of_run(&mut self, run: &Run, each: &mut dyn FnMut(Id)) -> Result<(), SmrtError> {
        self.own_run(run)?;
        Ok(import::human_ids(self.store.engine(), run.key, each)?)
    }

    /// Calls `each` for every phone number in E.164 that a bulk load created, in any order.
    ///
    /// # Errors
    ///
    /// As [`TenantSession::issues`].
    ///
    /// ```
    /// # use smrt_core::smrt::doc::{now, store_with_run};
    /// # let (mut smrt, run) = store_with_run()?;
    /// let mut session = smrt.tenant("acme")?.acting_as("importer".parse()?);
    /// let mut numbers = Vec::new();
    /// session.numbers_of_run(&run, &mut |number| numbers.push(number.to_owned()))?;
    /// assert_eq!(numbers, ["+12025550143"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn numbers_of_run(
        &mut self,
        run: &Run,
        each: &mut dyn FnMut(&str),
    ) -> Result<(), SmrtError> {
        self.own_run(run)?;
        Ok(import::phone_numbers(self.store.engine(), run.key, each)?)
    }

    /// Takes a run back. With obstacles in the report, nothing was changed.
    ///
    /// # Errors
    ///
    /// Kind `Invalid` when the tenant has no such run or it was taken back before.
    ///
    /// ```
    /// # use smrt_core::smrt::doc::{now, store_with_run};
    /// # let (mut smrt, mut run) = store_with_run()?;
    /// use smrt_core::store::RunStatus;
    ///
    /// let mut session = smrt.tenant("acme")?.acting_as("importer".parse()?);
    /// session.set_run_status(&mut run, RunStatus::Completed, now())?;
    /// let report = session.undo_run(run.number, now())?;
    /// assert_eq!((report.obstacles_total, report.humans_deleted), (0, 1));
    /// assert_eq!(session.run(run.number, now())?.unwrap().status, RunStatus::Undone);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn undo_run(&mut self, number: i64, at: Instant) -> Result<UndoReport, SmrtError> {
        self.take_back(number, at, Keep::As(RunStatus::Undone))
    }

    /// Says what [`TenantSession::undo_run`] would do, and changes nothing.
    ///
    /// # Errors
    ///
    /// As [`TenantSession::undo_run`].
    ///
    /// ```
    /// # use smrt_core::smrt::doc::{now, store_with_run};
    /// # let (mut smrt, run) = store_with_run()?;
    /// let mut session = smrt.tenant("acme")?.acting_as("importer".parse()?);
    /// assert_eq!(session.try_undo_run(run.number, now())?.humans_deleted, 1);
    /// // Nothing was changed.
    /// assert_eq!(session.run(run.number, now())?.unwrap().status, run.status);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn try_undo_run(&mut self, number: i64, at: Instant) -> Result<UndoReport, SmrtError> {
        self.take_back(number, at, Keep::Nothing)
    }

    /// Takes an unfinished run back because of its own rejects.
    ///
    /// # Errors
    ///
    /// As [`TenantSession::undo_run`].
    ///
    /// ```
    /// # use smrt_core::smrt::doc::{now, store_with_run};
    /// # let (mut smrt, run) = store_with_run()?;
    /// use smrt_core::store::RunStatus;
    ///
    /// let mut session = smrt.tenant("acme")?.acting_as("importer".parse()?);
    /// session.roll_back_run(run.number, now())?;
    /// assert_eq!(session.run(run.number, now())?.unwrap().status, RunStatus::RolledBack);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn roll_back_run(&mut self, number: i64, at: Instant) -> Result<UndoReport, SmrtError> {
        self.take_back(number, at, Keep::As(RunStatus::RolledBack))
    }

    fn take_back(&mut self, number: i64, at: Instant, keep: Keep) -> Result<UndoReport, SmrtError> {
        self.require(Module::Import, at)?;
        let tenant = self.tenant.id;
        let engine = self.store.engine();
        engine.lock_imports()?;
        let mut run = runs::numbered(engine, tenant, number)?
            .ok_or_else(|| runs::no_such_run("undo", number))?;
        if matches!(run.status, RunStatus::Undone | RunStatus::RolledBack) {
            return Err(undo::taken_back_already(number).into());
        }
        runs::refuse_while_filled_by_another(engine, tenant)?;
        runs::take(engine, &run)?;
        if run.indexes_deferred {
            self.store.begin_bulk_load()?;
        }
        let (key, indexes_deferred) = (run.key, run.indexes_deferred);
        let mut report = None;
        let done = self.keep_books(at, |unit| {
            let found = undo::take_back(unit.engine, tenant, &run)?;
            let is_free = found.obstacles_total == 0;
            report = Some(found);
            let (Keep::As(status), true) = (keep, is_free) else {
                return Err(taken_back());
            };
            run.status = status;
            runs::write_status(unit.engine, run.key, status, Some(at))?;
            let action = match status {
                RunStatus::Undone => "import.undo",
                _ => "import.end",
            };
            unit.note(action, None, None, of_ended_run(&run));
            Ok(())
        });
        if indexes_deferred {
            self.store.end_bulk_load()?;
        }
        runs::give_back(self.store.engine(), key)?;
        match (done, report) {
            (Ok(()), Some(report)) => Ok(report),
            // Nothing was to be kept; the report is what was asked for.
            (
                Err(SmrtError::Invalid {
                    code: TAKEN_BACK, ..
                }),
                Some(report),
            ) => Ok(report),
            (done, _) => done.and(Err(taken_back())),
        }
    }

    /// Refuses a run that is not the tenant's.
    fn own_run(&mut self, run: &Run) -> Result<(), SmrtError> {
        self.check(Module::Import)?;
        match runs::keyed(self.store.engine(), self.tenant.id, run.key)? {
            Some(_) => Ok(()),
            None => Err(runs::no_such_run("read run", run.number).into()),
        }
    }
}

impl ImportTransaction<'_> {
    /// Copies the given humans of the tenant, their links, source rows and consents, and those of
    /// the given phone numbers that the tenant has a tie to, from `base`, except what is here
    /// already: so a plan can be tried in a scratch store.
    ///
    /// # Errors
    ///
    /// [`SmrtError::Invalid`] when `base` is a session of another tenant; those of either engine.
    ///
    /// ```
    /// # use smrt_core::smrt::doc::{now, store_with_run};
    /// # let (mut smrt, run) = store_with_run()?;
    /// use smrt_core::model::Id;
    /// use smrt_core::smrt::{Smrt, SmrtError};
    ///
    /// # let folder = tempfile::tempdir()?;
    /// let mut session = smrt.tenant("acme")?.acting_as("importer".parse()?);
    /// let ada = Id::of_human(session.tenant().id, "crm", "1");
    /// let mut scratch = Smrt::scratch_file(&folder.path().join("plan.db"), now())?;
    /// let mut trial = session.in_scratch(&mut scratch)?;
    /// let run = trial.start_trial(Some(&mut session), &run.start)?;
    /// let held = trial.import_transaction(&run, now(), |transaction| {
    ///     transaction.copy_records_from(&mut session, &[ada], &[])?;
    ///     Ok::<_, SmrtError>(transaction.existing_humans(&[ada], "crm")?)
    /// })?;
    /// assert!(held.contains_key(&ada));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn copy_records_from(
        &mut self,
        base: &mut TenantSession<'_>,
        humans: &[Id],
        phone_numbers: &[Id],
    ) -> Result<(), SmrtError> {
        base.check(Module::Import)?;
        if base.tenant.id != self.tenant() {
            return Err(SmrtError::invalid(
                "another_tenant",
                "a plan is tried out for one tenant",
            ));
        }
        Ok(self.copy_from(base.store.engine(), humans, phone_numbers)?)
    }
}

/// The code of an error that only takes a transaction back, and that no caller sees.
const TAKEN_BACK: &str = "taken_back";

fn taken_back() -> SmrtError {
    SmrtError::invalid(TAKEN_BACK, "the transaction was taken back")
}

/// The tenant's run as it stands now.
fn own(unit: &mut Unit<'_>, run: &Run, operation: &'static str) -> Result<Run, SmrtError> {
    let current = runs::keyed(unit.engine, unit.tenant.id, run.key)?;
    Ok(current.ok_or_else(|| runs::no_such_run(operation, run.number))?)
}

fn of_run(run: &Run) -> Detail {
    Detail {
        run: Some(run.number),
        ..Detail::default()
    }
}

fn of_ended_run(run: &Run) -> Detail {
    Detail {
        status: Some(run.status.as_str()),
        ..of_run(run)
    }
}
