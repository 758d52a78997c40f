//! Import runs: their begin, checkpoints and end, and the issues of their rows.

use std::collections::{BTreeMap, HashSet};

use super::count;
use super::engine::{Engine, RunLock, Section};
use super::error::{StoreError, StoreErrorKind};
use super::migration;
use super::value::{Row, Value};
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
    /// Phone numbers the tenant had no tie to.
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

/// What the rows of a run carry: it tells the runs of all tenants apart.
///
/// People see the tenant's own [`Run::number`] instead, which says nothing about other tenants.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
pub struct RunKey(pub(super) i64);

impl std::fmt::Debug for RunKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RunKey(****)")
    }
}

impl From<RunKey> for Value<'_> {
    fn from(key: RunKey) -> Self {
        Value::Integer(key.0)
    }
}

/// A run as the store holds it.
#[derive(Debug, Clone)]
pub struct Run {
    /// Counts up from 1 for each tenant.
    pub number: i64,
    /// What its rows carry.
    pub key: RunKey,
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

    fn read(row: &dyn Row, column: usize) -> Result<Self, StoreError> {
        Ok(match row.text(column)? {
            "rejected" => Self::Rejected,
            _ => Self::Warning,
        })
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

const RUN_COLUMNS: &str = "tenant_number, status, indexes_deferred, finished_at, rows_checkpoint, \
    rows_deferred, rows_created, rows_updated, rows_unchanged, rows_rejected, phones_created, \
    links_created, consents_created, issues, number, source, file_name, file_fingerprint, \
    mapping, options, started_at";

/// Where a tenant's runs have come to; a run that is tried out elsewhere begins after it.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct LastRun {
    key: i64,
    number: i64,
}

/// The last run of the store, and of a tenant.
pub(crate) fn last(engine: &mut dyn Engine, tenant: Id) -> Result<LastRun, StoreError> {
    let number = "SELECT max(tenant_number) FROM import_runs WHERE tenant_id = ?1";
    Ok(LastRun {
        key: count(engine, "SELECT max(number) FROM import_runs", &[])?,
        number: count(engine, number, &[tenant.into()])?,
    })
}

/// Starts a run in the caller's transaction, after all runs of this store and after `earlier`. In a
/// store without contact data the indexes may be dropped until [`finish_bulk_load`].
///
/// Where imports go beside each other, the run is this connection's until it gives it back.
///
/// Kind `Unfinished` when an earlier run was not brought to an end, and nobody is at work on it.
pub(crate) fn start(
    engine: &mut dyn Engine,
    tenant: Id,
    earlier: LastRun,
    new: &NewRun,
    indexes: IndexPolicy,
) -> Result<Run, StoreError> {
    engine.enter(Section::Runs)?;
    refuse_unfinished(engine, tenant)?;
    refuse_while_filled_by_another(engine, tenant)?;
    let last = last(engine, tenant)?;
    let defer = indexes == IndexPolicy::DeferIfEmpty
        && !engine.dialect().shares_imports()
        && is_without_contacts(engine)?;
    if defer {
        migration::drop_deferred_indexes(engine)?;
    }
    let run = Run {
        number: last.number.max(earlier.number) + 1,
        key: RunKey(last.key.max(earlier.key) + 1),
        status: RunStatus::Running,
        indexes_deferred: defer,
        finished_at: None,
        counts: RunCounts::default(),
        start: new.clone(),
    };
    insert(engine, tenant, &run)?;
    take(engine, &run)?;
    Ok(run)
}

/// Takes a run for this connection; kind `Locked` when another one is at work on it.
pub(crate) fn take(engine: &mut dyn Engine, run: &Run) -> Result<(), StoreError> {
    match engine.lock_run(run.key.0)? {
        RunLock::Taken | RunLock::Held => Ok(()),
        RunLock::OfAnother => Err(StoreError::new(
            StoreErrorKind::Locked,
            "lock",
            format!("another connection is at work on run {}", run.number),
        )),
    }
}

/// Gives a run back, once nothing is to be done for it.
pub(crate) fn give_back(engine: &mut dyn Engine, key: RunKey) -> Result<(), StoreError> {
    engine.unlock_run(key.0)
}

/// Builds, in the caller's transaction, the indexes a bulk load left out, and proves that every
/// reference of it holds.
///
/// Kind `Constraint` when a key is taken twice or a reference is missing: the load was wrong.
pub(crate) fn finish_bulk_load(engine: &mut dyn Engine, key: RunKey) -> Result<(), StoreError> {
    migration::create_indexes(engine)?;
    super::check::refuse_dangling_references(engine)?;
    engine.execute(
        "UPDATE import_runs SET indexes_deferred = ?2 WHERE number = ?1",
        &[key.into(), false.into()],
    )?;
    Ok(())
}

/// All runs of a tenant, the newest first.
pub(crate) fn list(engine: &mut dyn Engine, tenant: Id) -> Result<Vec<Run>, StoreError> {
    matching(engine, tenant, "", &[])
}

/// What the rows of all runs of a tenant carry.
pub(super) fn keys(engine: &mut dyn Engine, tenant: Id) -> Result<HashSet<RunKey>, StoreError> {
    let mut keys = HashSet::new();
    let sql = "SELECT number FROM import_runs WHERE tenant_id = ?1";
    engine.query(sql, &[tenant.into()], &mut |row| {
        keys.insert(RunKey(row.integer(0)?));
        Ok(())
    })?;
    Ok(keys)
}

/// A tenant's run by its number.
pub(crate) fn numbered(
    engine: &mut dyn Engine,
    tenant: Id,
    number: i64,
) -> Result<Option<Run>, StoreError> {
    one(engine, tenant, "AND tenant_number = ?2", number.into())
}

/// A tenant's run by what its rows carry.
pub(crate) fn keyed(
    engine: &mut dyn Engine,
    tenant: Id,
    key: RunKey,
) -> Result<Option<Run>, StoreError> {
    one(engine, tenant, "AND number = ?2", key.into())
}

/// A tenant's last run that was not brought to an end, except those that another connection is at
/// work on.
pub(crate) fn unfinished(engine: &mut dyn Engine, tenant: Id) -> Result<Option<Run>, StoreError> {
    let unfinished = "AND status IN ('running', 'interrupted')";
    for run in matching(engine, tenant, unfinished, &[])? {
        match engine.lock_run(run.key.0)? {
            RunLock::OfAnother => {}
            RunLock::Held => return Ok(Some(run)),
            RunLock::Taken => {
                give_back(engine, run.key)?;
                return Ok(Some(run));
            }
        }
    }
    Ok(None)
}

/// The answer to a number that is no run of the tenant, whether or not it is one of another.
pub(crate) fn no_such_run(operation: &'static str, number: i64) -> StoreError {
    StoreError::new(
        StoreErrorKind::Invalid,
        operation,
        format!("there is no run {number}"),
    )
}

/// Calls `each` for every issue of a run in row order.
pub(crate) fn issues(
    engine: &mut dyn Engine,
    key: RunKey,
    only: Option<Severity>,
    each: &mut dyn FnMut(Issue),
) -> Result<(), StoreError> {
    let severity = only.map(Severity::as_str);
    engine.query(
        "SELECT row_number, import_line, column_name, severity, code, reason, hint, raw \
         FROM import_issues WHERE import_run = ?1 AND (?2 IS NULL OR severity = ?2) \
         ORDER BY row_number",
        &[key.into(), severity.into()],
        &mut |row| {
            each(Issue {
                row_number: unsigned(row, 0)?,
                line: unsigned(row, 1)?,
                column: row.optional_string(2)?,
                severity: Severity::read(row, 3)?,
                code: row.text(4)?.to_owned(),
                reason: row.text(5)?.to_owned(),
                hint: row.text(6)?.to_owned(),
                raw: row.optional_string(7)?,
            });
            Ok(())
        },
    )
}

/// How often each code of issue was noted in a run, the most frequent first.
pub(crate) fn issue_summary(
    engine: &mut dyn Engine,
    key: RunKey,
) -> Result<Vec<(Severity, String, u64)>, StoreError> {
    let mut summary = Vec::new();
    engine.query(
        "SELECT severity, code, count(*) FROM import_issues WHERE import_run = ?1 \
         GROUP BY severity, code ORDER BY count(*) DESC, severity, code",
        &[key.into()],
        &mut |row| {
            let severity = Severity::read(row, 0)?;
            summary.push((severity, row.text(1)?.to_owned(), unsigned(row, 2)?));
            Ok(())
        },
    )?;
    Ok(summary)
}

/// How often a run changed each field of a human, the most frequent first. The extension of one
/// of its phone numbers is the field `phone_extension`.
pub(crate) fn changed_fields(
    engine: &mut dyn Engine,
    key: RunKey,
) -> Result<Vec<(String, u64)>, StoreError> {
    let mut changed: BTreeMap<String, u64> = BTreeMap::new();
    engine.query(
        "SELECT fields, entity_type FROM record_changes \
         WHERE import_run = ?1 AND entity_type IN ('human', 'link')",
        &[key.into()],
        &mut |row| {
            let fields: serde_json::Map<String, serde_json::Value> =
                serde_json::from_str(row.text(0)?).map_err(|_| StoreError::unexpected_value(0))?;
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
pub(crate) fn deferred_rows(
    engine: &mut dyn Engine,
    key: RunKey,
    after: u64,
    limit: u32,
) -> Result<Vec<DeferredRow>, StoreError> {
    let mut rows = Vec::new();
    engine.query(
        "SELECT row_number, import_line, fields, raw FROM import_deferred \
         WHERE import_run = ?1 AND row_number > ?2 ORDER BY row_number LIMIT ?3",
        &[key.into(), signed(after).into(), i64::from(limit).into()],
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

/// Whether a tenant has no record of its own and no tie to another's number.
pub(crate) fn is_without_records(engine: &mut dyn Engine, tenant: Id) -> Result<bool, StoreError> {
    for (table, owner) in [
        ("humans", "created_by_tenant_id"),
        ("phone_numbers", "created_by_tenant_id"),
        ("phone_number_ties", "tenant_id"),
    ] {
        let sql = format!("SELECT EXISTS (SELECT 1 FROM {table} WHERE {owner} = ?1)");
        if count(engine, &sql, &[tenant.into()])? != 0 {
            return Ok(false);
        }
    }
    Ok(true)
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

/// Refuses while a run of the tenant is unfinished.
fn refuse_unfinished(engine: &mut dyn Engine, tenant: Id) -> Result<(), StoreError> {
    match unfinished(engine, tenant)? {
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

/// Refuses while another tenant's bulk load has the indexes down: until they stand again, no key
/// can be looked up and none is guarded. Whose load it is remains untold.
pub(crate) fn refuse_while_filled_by_another(
    engine: &mut dyn Engine,
    tenant: Id,
) -> Result<(), StoreError> {
    let sql = "SELECT count(*) FROM import_runs WHERE tenant_id <> ?1 AND indexes_deferred = ?2 \
               AND status IN ('running', 'interrupted')";
    match count(engine, sql, &[tenant.into(), true.into()])? {
        0 => Ok(()),
        _ => Err(StoreError::filled_by_another()),
    }
}

/// Refuses while a bulk load of any tenant has the indexes down.
pub(crate) fn refuse_while_filled(engine: &mut dyn Engine, tenant: Id) -> Result<(), StoreError> {
    refuse_while_filled_by_another(engine, tenant)?;
    match unfinished(engine, tenant)? {
        Some(run) if run.indexes_deferred => refuse_unfinished(engine, tenant),
        _ => Ok(()),
    }
}

/// Writes the status of a run inside the caller's transaction.
pub(crate) fn write_status(
    engine: &mut dyn Engine,
    key: RunKey,
    status: RunStatus,
    finished_at: Option<Instant>,
) -> Result<(), StoreError> {
    engine.execute(
        "UPDATE import_runs SET status = ?2, finished_at = ?3 WHERE number = ?1",
        &[key.into(), status.as_str().into(), finished_at.into()],
    )?;
    Ok(())
}

/// Writes the counts of a run inside the caller's transaction.
pub(super) fn write_counts(
    engine: &mut dyn Engine,
    key: RunKey,
    counts: &RunCounts,
) -> Result<(), StoreError> {
    engine.execute(
        "UPDATE import_runs SET rows_checkpoint = ?2, rows_deferred = ?3, rows_created = ?4, \
         rows_updated = ?5, rows_unchanged = ?6, rows_rejected = ?7, phones_created = ?8, \
         links_created = ?9, consents_created = ?10, issues = ?11 WHERE number = ?1",
        &[
            key.into(),
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

fn insert(engine: &mut dyn Engine, tenant: Id, run: &Run) -> Result<(), StoreError> {
    let start = &run.start;
    engine.execute(
        "INSERT INTO import_runs (number, tenant_id, status, source, file_name, file_fingerprint, \
         mapping, options, indexes_deferred, started_at, rows_checkpoint, rows_deferred, \
         rows_created, rows_updated, rows_unchanged, rows_rejected, phones_created, links_created, \
         consents_created, issues, tenant_number) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, ?11)",
        &[
            run.key.into(),
            tenant.into(),
            run.status.as_str().into(),
            start.source.as_str().into(),
            start.file_name.as_str().into(),
            start.file_fingerprint.as_str().into(),
            start.mapping.as_str().into(),
            start.options.as_str().into(),
            run.indexes_deferred.into(),
            start.started_at.into(),
            run.number.into(),
        ],
    )?;
    Ok(())
}

/// The run of a tenant that a condition on parameter 2 names.
fn one(
    engine: &mut dyn Engine,
    tenant: Id,
    condition: &str,
    value: Value<'_>,
) -> Result<Option<Run>, StoreError> {
    Ok(matching(engine, tenant, condition, &[value])?.pop())
}

/// The runs of a tenant that meet a condition, whose parameters count from 2; the newest first.
fn matching(
    engine: &mut dyn Engine,
    tenant: Id,
    condition: &str,
    more: &[Value<'_>],
) -> Result<Vec<Run>, StoreError> {
    let mut runs = Vec::new();
    let sql = format!(
        "SELECT {RUN_COLUMNS} FROM import_runs WHERE tenant_id = ?1 {condition} \
         ORDER BY tenant_number DESC"
    );
    let mut parameters = vec![tenant.into()];
    parameters.extend(more);
    engine.query(&sql, &parameters, &mut |row| {
        runs.push(read(row)?);
        Ok(())
    })?;
    Ok(runs)
}

fn read(row: &dyn Row) -> Result<Run, StoreError> {
    let status = row.text(1)?;
    Ok(Run {
        number: row.integer(0)?,
        key: RunKey(row.integer(14)?),
        status: RunStatus::parse(status).ok_or_else(|| StoreError::unexpected_value(1))?,
        indexes_deferred: row.integer(2)? != 0,
        finished_at: row.optional_instant(3)?,
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
