//! Import runs: their begin, checkpoints and end, and the issues of their rows.

use std::collections::BTreeMap;

use super::engine::{Access, BulkLoad, Engine};
use super::error::{StoreError, StoreErrorKind};
use super::migration;
use super::value::{Row, Value};
use super::{Store, count};
use crate::model::{Id, Instant};

/// Where a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunStatus {
    /// It is under way, or its process died.
    Running,
    /// It was stopped in good order and can be resumed.
    Interrupted,
    /// All rows are accounted for.
    Completed,
    /// It was taken back by itself, because too many rows were rejected.
    RolledBack,
    /// It was taken back by `undo`.
    Undone,
}

impl RunStatus {
    /// The term in the store and in every format.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Interrupted => "interrupted",
            Self::Completed => "completed",
            Self::RolledBack => "rolled_back",
            Self::Undone => "undone",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        [
            Self::Running,
            Self::Interrupted,
            Self::Completed,
            Self::RolledBack,
            Self::Undone,
        ]
        .into_iter()
        .find(|status| status.as_str() == text)
    }

    /// Whether the run can be resumed.
    #[must_use]
    pub const fn is_unfinished(self) -> bool {
        match self {
            Self::Running | Self::Interrupted => true,
            Self::Completed | Self::RolledBack | Self::Undone => false,
        }
    }
}

impl std::ops::AddAssign for RunCounts {
    fn add_assign(&mut self, more: Self) {
        self.rows_checkpoint += more.rows_checkpoint;
        self.rows_deferred += more.rows_deferred;
        self.rows_created += more.rows_created;
        self.rows_updated += more.rows_updated;
        self.rows_unchanged += more.rows_unchanged;
        self.rows_rejected += more.rows_rejected;
        self.phones_created += more.phones_created;
        self.links_created += more.links_created;
        self.consents_created += more.consents_created;
        self.issues += more.issues;
    }
}

/// What a run has counted so far. The four outcomes add up to the rows that were settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RunCounts {
    /// Source rows read and committed, settled or deferred.
    pub rows_checkpoint: u64,
    /// Rows set aside until the indexes stand.
    pub rows_deferred: u64,
    /// Rows that made a human.
    pub rows_created: u64,
    /// Rows that changed a human or added to one.
    pub rows_updated: u64,
    /// Rows that said nothing new.
    pub rows_unchanged: u64,
    /// Rows that could not be used.
    pub rows_rejected: u64,
    /// Phone numbers the store did not hold.
    pub phones_created: u64,
    /// Ties between a phone number and a human the store did not hold.
    pub links_created: u64,
    /// Consent events the store did not hold.
    pub consents_created: u64,
    /// Issues noted, rejections included.
    pub issues: u64,
}

impl RunCounts {
    /// Rows with an outcome.
    #[must_use]
    pub const fn rows_settled(&self) -> u64 {
        self.rows_created + self.rows_updated + self.rows_unchanged + self.rows_rejected
    }
}

/// A run to be started.
#[derive(Debug, Clone)]
pub struct NewRun {
    /// Whose data it is.
    pub tenant_id: Id,
    /// The name of the source; with a row's key it makes the human's id.
    pub source: String,
    /// The file's name, without its folder.
    pub file_name: String,
    /// What recognises the file when the run is resumed.
    pub file_fingerprint: String,
    /// The mapping as TOML.
    pub mapping: String,
    /// The options as JSON, to be used again when the run is resumed.
    pub options: String,
    /// When it started; also the creation time of what it creates.
    pub started_at: Instant,
}

/// A run as the store holds it.
#[derive(Debug, Clone)]
pub struct Run {
    /// Counts up from 1 in each store.
    pub number: i64,
    /// Where it stands.
    pub status: RunStatus,
    /// Whether indexes are still to be built.
    pub indexes_deferred: bool,
    /// When it ended.
    pub finished_at: Option<Instant>,
    /// What it has counted.
    pub counts: RunCounts,
    /// What it was started with.
    pub start: NewRun,
}

/// How grave an issue is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// The whole row was rejected.
    Rejected,
    /// A value could not be used as mapped; it is kept in `metadata`.
    Warning,
}

impl Severity {
    /// The term in the store and in every format.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rejected => "rejected",
            Self::Warning => "warning",
        }
    }
}

/// Something that was wrong with a row.
#[derive(Clone)]
pub struct Issue {
    /// The row's number among the data rows, from 1.
    pub row_number: u64,
    /// The line of the file the row begins on, from 1.
    pub line: u64,
    /// The column's name, where one column is to blame.
    pub column: Option<String>,
    /// How grave it is.
    pub severity: Severity,
    /// A stable code.
    pub code: String,
    /// What is wrong, without the value.
    pub reason: String,
    /// What to do about it.
    pub hint: String,
    /// The row's original text, for rejected rows.
    pub raw: Option<String>,
}

impl std::fmt::Debug for Issue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Issue")
            .field("row_number", &self.row_number)
            .field("line", &self.line)
            .field("code", &self.code)
            .finish_non_exhaustive()
    }
}

/// A row that was set aside until the indexes stand.
#[derive(Clone)]
pub struct DeferredRow {
    /// The row's number among the data rows, from 1.
    pub row_number: u64,
    /// The line of the file the row begins on, from 1.
    pub line: u64,
    /// The row's fields as a JSON array.
    pub fields: String,
    /// The row's original text.
    pub raw: String,
}

impl std::fmt::Debug for DeferredRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DeferredRow")
            .field("row_number", &self.row_number)
            .finish_non_exhaustive()
    }
}

/// Whether a run may leave the indexes of an empty store out until its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IndexPolicy {
    /// In a store without contact data, build them at the end.
    DeferIfEmpty,
    /// Keep them throughout.
    Keep,
}

/// Tables that must be empty for a bulk load without their indexes.
const BULK_LOADED: [&str; 5] = [
    "humans",
    "phone_numbers",
    "phone_human_links",
    "source_keys",
    "consent_records",
];

const RUN_COLUMNS: &str = "number, status, indexes_deferred, finished_at, rows_checkpoint, \
    rows_deferred, rows_created, rows_updated, rows_unchanged, rows_rejected, phones_created, \
    links_created, consents_created, issues, tenant_id, source, file_name, file_fingerprint, \
    mapping, options, started_at";

impl Store {
    /// Starts a run. In a store without contact data the indexes may be dropped until
    /// [`Store::finish_bulk_load`].
    ///
    /// # Errors
    ///
    /// Kind `Locked` while another process imports; `Unfinished` when an earlier run was not
    /// brought to an end.
    pub fn start_run(&mut self, new: &NewRun, indexes: IndexPolicy) -> Result<Run, StoreError> {
        self.start_run_after(0, new, indexes)
    }

    /// As [`Store::start_run`], with a number above `earlier`: in a scratch store, so that the run
    /// is told from those whose records are copied into it.
    ///
    /// # Errors
    ///
    /// As [`Store::start_run`].
    pub fn start_run_after(
        &mut self,
        earlier: i64,
        new: &NewRun,
        indexes: IndexPolicy,
    ) -> Result<Run, StoreError> {
        self.engine.lock_imports()?;
        let run = self.transaction(|engine| {
            refuse_unfinished(engine)?;
            let number = last_number(engine)?.max(earlier) + 1;
            let defer = indexes == IndexPolicy::DeferIfEmpty && is_without_contacts(engine)?;
            if defer {
                migration::drop_deferred_indexes(engine)?;
            }
            let run = Run {
                number,
                status: RunStatus::Running,
                indexes_deferred: defer,
                finished_at: None,
                counts: RunCounts::default(),
                start: new.clone(),
            };
            insert(engine, &run)?;
            Ok(run)
        })?;
        if run.indexes_deferred {
            self.engine.set_bulk_load(BulkLoad::Begin)?;
        }
        Ok(run)
    }

    /// Takes an unfinished run up again.
    ///
    /// # Errors
    ///
    /// Kind `Locked` while another process imports.
    pub fn resume_run(&mut self, run: &mut Run) -> Result<(), StoreError> {
        self.engine.lock_imports()?;
        // Another process may have moved the run on between our reading and our lock.
        if let Some(current) = self.run(run.number)? {
            *run = current;
        }
        if !run.status.is_unfinished() {
            return Ok(());
        }
        self.engine.execute(
            "UPDATE import_runs SET status = 'running' WHERE number = ?1",
            &[run.number.into()],
        )?;
        run.status = RunStatus::Running;
        if run.indexes_deferred {
            self.engine.set_bulk_load(BulkLoad::Begin)?;
        }
        Ok(())
    }

    /// Builds the indexes a bulk load left out and proves that every reference of it holds.
    ///
    /// # Errors
    ///
    /// Kind `Constraint` when a key is taken twice or a reference is missing: the load was wrong.
    pub fn finish_bulk_load(&mut self, run: &mut Run) -> Result<(), StoreError> {
        let number = run.number;
        self.transaction(|engine| {
            migration::create_deferred_indexes(engine)?;
            super::check::refuse_dangling_references(engine)?;
            engine.execute(
                "UPDATE import_runs SET indexes_deferred = ?2 WHERE number = ?1",
                &[number.into(), false.into()],
            )?;
            Ok(())
        })?;
        run.indexes_deferred = false;
        self.end_bulk_load()
    }

    /// Records where a run stands.
    ///
    /// # Errors
    ///
    /// Those of the engine.
    pub fn set_run_status(
        &mut self,
        run: &mut Run,
        status: RunStatus,
        finished_at: Option<Instant>,
    ) -> Result<(), StoreError> {
        let number = run.number;
        self.transaction(|engine| write_status(engine, number, status, finished_at))?;
        run.status = status;
        run.finished_at = finished_at;
        Ok(())
    }

    /// The number of the last run of any tenant; 0 before the first.
    ///
    /// # Errors
    ///
    /// Those of the engine.
    pub fn last_run_number(&mut self) -> Result<i64, StoreError> {
        last_number(self.engine.as_mut())
    }

    /// Whether the store holds no contact data at all.
    ///
    /// # Errors
    ///
    /// Those of the engine.
    pub fn is_without_contacts(&mut self) -> Result<bool, StoreError> {
        is_without_contacts(self.engine.as_mut())
    }

    /// All runs of a tenant, the newest first.
    ///
    /// # Errors
    ///
    /// Those of the engine.
    pub fn runs(&mut self, tenant: Id) -> Result<Vec<Run>, StoreError> {
        let mut runs = Vec::new();
        let sql = format!(
            "SELECT {RUN_COLUMNS} FROM import_runs WHERE tenant_id = ?1 ORDER BY number DESC"
        );
        self.engine.query(&sql, &[tenant.into()], &mut |row| {
            runs.push(read(row)?);
            Ok(())
        })?;
        Ok(runs)
    }

    /// The run with this number.
    ///
    /// # Errors
    ///
    /// Those of the engine.
    pub fn run(&mut self, number: i64) -> Result<Option<Run>, StoreError> {
        one(self.engine.as_mut(), "number = ?1", &[number.into()])
    }

    /// The run of any tenant that was not brought to an end.
    ///
    /// # Errors
    ///
    /// Those of the engine.
    pub fn unfinished_run(&mut self) -> Result<Option<Run>, StoreError> {
        one(
            self.engine.as_mut(),
            "status IN ('running', 'interrupted')",
            &[],
        )
    }

    /// Calls `each` for every issue of a run in row order.
    ///
    /// # Errors
    ///
    /// Those of the engine.
    pub fn issues(
        &mut self,
        run: i64,
        only: Option<Severity>,
        each: &mut dyn FnMut(Issue) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let severity = only.map(Severity::as_str);
        self.engine.query(
            "SELECT row_number, import_line, column_name, severity, code, reason, hint, raw \
             FROM import_issues WHERE import_run = ?1 AND (?2 IS NULL OR severity = ?2) \
             ORDER BY row_number",
            &[run.into(), severity.into()],
            &mut |row| {
                each(Issue {
                    row_number: unsigned(row, 0)?,
                    line: unsigned(row, 1)?,
                    column: row.optional_string(2)?,
                    severity: match row.text(3)? {
                        "rejected" => Severity::Rejected,
                        _ => Severity::Warning,
                    },
                    code: row.text(4)?.to_owned(),
                    reason: row.text(5)?.to_owned(),
                    hint: row.text(6)?.to_owned(),
                    raw: row.optional_string(7)?,
                })
            },
        )
    }

    /// How often each code of issue was noted in a run, the most frequent first.
    ///
    /// # Errors
    ///
    /// Those of the engine.
    pub fn issue_summary(&mut self, run: i64) -> Result<Vec<(Severity, String, u64)>, StoreError> {
        let mut summary = Vec::new();
        self.engine.query(
            "SELECT severity, code, count(*) FROM import_issues WHERE import_run = ?1 \
             GROUP BY severity, code ORDER BY count(*) DESC, severity, code",
            &[run.into()],
            &mut |row| {
                let severity = match row.text(0)? {
                    "rejected" => Severity::Rejected,
                    _ => Severity::Warning,
                };
                summary.push((severity, row.text(1)?.to_owned(), unsigned(row, 2)?));
                Ok(())
            },
        )?;
        Ok(summary)
    }

    /// How often a run changed each field of a human, the most frequent first. The extension of
    /// one of its phone numbers is the field `phone_extension`.
    ///
    /// # Errors
    ///
    /// Those of the engine.
    pub fn changed_fields(&mut self, run: i64) -> Result<Vec<(String, u64)>, StoreError> {
        let mut changed: BTreeMap<String, u64> = BTreeMap::new();
        self.engine.query(
            "SELECT fields, entity_type FROM record_changes \
             WHERE import_run = ?1 AND entity_type IN ('human', 'link')",
            &[run.into()],
            &mut |row| {
                let fields: serde_json::Map<String, serde_json::Value> =
                    serde_json::from_str(row.text(0)?)
                        .map_err(|_| StoreError::unexpected_value(0))?;
                if row.text(1)? == "link" {
                    // The extension is all that a source says in a link's metadata.
                    *changed.entry("phone_extension".to_owned()).or_default() += 1;
                    return Ok(());
                }
                for field in fields.keys().filter(|field| *field != "updated_at") {
                    *changed.entry(field.clone()).or_default() += 1;
                }
                Ok(())
            },
        )?;
        let mut changed: Vec<_> = changed.into_iter().collect();
        changed.sort_by_key(|(_, rows)| std::cmp::Reverse(*rows));
        Ok(changed)
    }

    /// The next rows that were set aside, after the row number `after`.
    ///
    /// # Errors
    ///
    /// Those of the engine.
    pub fn deferred_rows(
        &mut self,
        run: i64,
        after: u64,
        limit: u32,
    ) -> Result<Vec<DeferredRow>, StoreError> {
        let mut rows = Vec::new();
        self.engine.query(
            "SELECT row_number, import_line, fields, raw FROM import_deferred \
             WHERE import_run = ?1 AND row_number > ?2 ORDER BY row_number LIMIT ?3",
            &[run.into(), signed(after).into(), i64::from(limit).into()],
            &mut |row| {
                rows.push(DeferredRow {
                    row_number: unsigned(row, 0)?,
                    line: unsigned(row, 1)?,
                    fields: row.text(2)?.to_owned(),
                    raw: row.text(3)?.to_owned(),
                });
                Ok(())
            },
        )?;
        Ok(rows)
    }
}

fn last_number(engine: &mut dyn Engine) -> Result<i64, StoreError> {
    count(engine, "SELECT max(number) FROM import_runs", &[])
}

fn is_without_contacts(engine: &mut dyn Engine) -> Result<bool, StoreError> {
    for table in BULK_LOADED {
        let sql = format!("SELECT EXISTS (SELECT 1 FROM {table})");
        if count(engine, &sql, &[])? != 0 {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Refuses while a run of any tenant is unfinished.
fn refuse_unfinished(engine: &mut dyn Engine) -> Result<(), StoreError> {
    match one(engine, "status IN ('running', 'interrupted')", &[])? {
        None => Ok(()),
        Some(run) => Err(StoreError::new(
            StoreErrorKind::Unfinished,
            "start run",
            format!(
                "run {} of `{}` is unfinished: {} rows are in",
                run.number, run.start.file_name, run.counts.rows_checkpoint
            ),
        )),
    }
}

/// Writes the status of a run inside the caller's transaction.
pub(super) fn write_status(
    engine: &mut dyn Engine,
    number: i64,
    status: RunStatus,
    finished_at: Option<Instant>,
) -> Result<(), StoreError> {
    engine.execute(
        "UPDATE import_runs SET status = ?2, finished_at = ?3 WHERE number = ?1",
        &[number.into(), status.as_str().into(), finished_at.into()],
    )?;
    Ok(())
}

/// Writes the counts of a run inside the caller's transaction.
pub(super) fn write_counts(
    engine: &mut dyn Engine,
    number: i64,
    counts: &RunCounts,
) -> Result<(), StoreError> {
    engine.execute(
        "UPDATE import_runs SET rows_checkpoint = ?2, rows_deferred = ?3, rows_created = ?4, \
         rows_updated = ?5, rows_unchanged = ?6, rows_rejected = ?7, phones_created = ?8, \
         links_created = ?9, consents_created = ?10, issues = ?11 WHERE number = ?1",
        &[
            number.into(),
            signed(counts.rows_checkpoint).into(),
            signed(counts.rows_deferred).into(),
            signed(counts.rows_created).into(),
            signed(counts.rows_updated).into(),
            signed(counts.rows_unchanged).into(),
            signed(counts.rows_rejected).into(),
            signed(counts.phones_created).into(),
            signed(counts.links_created).into(),
            signed(counts.consents_created).into(),
            signed(counts.issues).into(),
        ],
    )?;
    Ok(())
}

fn insert(engine: &mut dyn Engine, run: &Run) -> Result<(), StoreError> {
    let start = &run.start;
    engine.execute(
        "INSERT INTO import_runs (number, tenant_id, status, source, file_name, file_fingerprint, \
         mapping, options, indexes_deferred, started_at, rows_checkpoint, rows_deferred, \
         rows_created, rows_updated, rows_unchanged, rows_rejected, phones_created, links_created, \
         consents_created, issues) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)",
        &[
            run.number.into(),
            start.tenant_id.into(),
            run.status.as_str().into(),
            start.source.as_str().into(),
            start.file_name.as_str().into(),
            start.file_fingerprint.as_str().into(),
            start.mapping.as_str().into(),
            start.options.as_str().into(),
            run.indexes_deferred.into(),
            start.started_at.into(),
        ],
    )?;
    Ok(())
}

fn one(
    engine: &mut dyn Engine,
    condition: &str,
    parameters: &[Value<'_>],
) -> Result<Option<Run>, StoreError> {
    let mut found = None;
    let sql = format!(
        "SELECT {RUN_COLUMNS} FROM import_runs WHERE {condition} ORDER BY number DESC LIMIT 1"
    );
    engine.query(&sql, parameters, &mut |row| {
        found = Some(read(row)?);
        Ok(())
    })?;
    Ok(found)
}

fn read(row: &dyn Row) -> Result<Run, StoreError> {
    let status = row.text(1)?;
    Ok(Run {
        number: row.integer(0)?,
        status: RunStatus::parse(status).ok_or_else(|| StoreError::unexpected_value(1))?,
        indexes_deferred: row.integer(2)? != 0,
        finished_at: row.optional_integer(3)?.map(Instant::from_micros),
        counts: RunCounts {
            rows_checkpoint: unsigned(row, 4)?,
            rows_deferred: unsigned(row, 5)?,
            rows_created: unsigned(row, 6)?,
            rows_updated: unsigned(row, 7)?,
            rows_unchanged: unsigned(row, 8)?,
            rows_rejected: unsigned(row, 9)?,
            phones_created: unsigned(row, 10)?,
            links_created: unsigned(row, 11)?,
            consents_created: unsigned(row, 12)?,
            issues: unsigned(row, 13)?,
        },
        start: NewRun {
            tenant_id: row.id(14)?,
            source: row.text(15)?.to_owned(),
            file_name: row.text(16)?.to_owned(),
            file_fingerprint: row.text(17)?.to_owned(),
            mapping: row.text(18)?.to_owned(),
            options: row.text(19)?.to_owned(),
            started_at: row.instant(20)?,
        },
    })
}

fn unsigned(row: &dyn Row, column: usize) -> Result<u64, StoreError> {
    u64::try_from(row.integer(column)?).map_err(|_| StoreError::unexpected_value(column))
}

/// Counts in the store are signed 64-bit; no file has more rows than that.
pub(super) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Begins a read transaction for several queries of one state.
pub(super) fn in_one_state<T>(
    engine: &mut dyn Engine,
    work: impl FnOnce(&mut dyn Engine) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    engine.begin(Access::Read)?;
    let result = work(engine);
    engine.rollback()?;
    result
}
