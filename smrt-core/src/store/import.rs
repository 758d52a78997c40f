//! Writing what an import planned: existing records in, finished rows and updates out.
//!
//! What this module does not do: it does not decide what becomes of a row; `smrt-etl` plans.

mod copy;
mod held;
mod write;

use std::collections::{HashMap, HashSet};

use self::held::Held;
use self::write::WrittenIds;
use super::count;
use super::engine::Engine;
use super::error::StoreError;
use super::id_list::in_stretches;
use super::runs::{self, Run, RunCounts, RunKey, signed};
use super::value::{RowBlock, Value};
use crate::model::{Id, Instant};

/// The fields of a human that a source can fill, in column order.
pub const HUMAN_FIELDS: [&str; 7] = [
    "first_name",
    "last_name",
    "email",
    "company_name",
    "job_title",
    "employee_id",
    "contractor_id",
];

/// What the store holds of a human that a row speaks of.
#[derive(Clone, Default)]
pub struct ExistingHuman {
    /// The values of [`HUMAN_FIELDS`].
    pub fields: [Option<String>; HUMAN_FIELDS.len()],
    /// The metadata, a JSON object.
    pub metadata: String,
    /// When the record was last changed.
    pub updated_at: Option<Instant>,
    /// The run that created it.
    pub import_run: Option<RunKey>,
    /// The rows of the same source it was imported from.
    pub source_rows: Vec<SourceRow>,
    /// Its links to phone numbers.
    pub links: Vec<ExistingLink>,
    /// Whether one of the links is the primary one.
    pub has_primary: bool,
    /// The ids of its consent records.
    pub consents: HashSet<Id>,
    /// Consent types that were revoked for this human, or for a number tied to it.
    pub revoked: HashSet<String>,
}

impl std::fmt::Debug for ExistingHuman {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ExistingHuman")
            .field("import_run", &self.import_run)
            .finish_non_exhaustive()
    }
}

/// A link of a human to a phone number.
#[derive(Clone)]
pub struct ExistingLink {
    /// Which link.
    pub id: Id,
    /// The phone number.
    pub phone_number: Id,
    /// The relationship type.
    pub relationship_type: String,
    /// The metadata, a JSON object; its member `extension` is dialled after the number.
    pub metadata: String,
}

impl std::fmt::Debug for ExistingLink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ExistingLink")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// A row of a source from which a human was imported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SourceRow {
    /// Counts the source's rows of one human, from 0.
    pub occurrence: i64,
    /// A digest of what the row said.
    pub row_digest: i64,
    /// The run that last wrote the row.
    pub import_run: RunKey,
    /// The line it stood on in that run's file.
    pub import_line: i64,
    /// The last run whose file held the row.
    pub last_run: RunKey,
}

/// New values of a human.
#[derive(Clone)]
pub struct HumanUpdate {
    /// Which human.
    pub id: Id,
    /// The values of [`HUMAN_FIELDS`].
    pub fields: [Option<String>; HUMAN_FIELDS.len()],
    /// The metadata, a JSON object.
    pub metadata: String,
    /// When it changed.
    pub updated_at: Instant,
}

impl std::fmt::Debug for HumanUpdate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HumanUpdate")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// New metadata of a link.
#[derive(Debug, Clone)]
pub struct LinkUpdate {
    /// Whose link.
    pub human_id: Id,
    /// The link with its new metadata.
    pub link: ExistingLink,
}

/// New state of a [`SourceRow`].
#[derive(Debug, Clone, Copy)]
pub struct SourceRowUpdate {
    /// Which human.
    pub human_id: Id,
    /// The row; its `occurrence` says which.
    pub row: SourceRow,
}

/// What a stretch of rows does to the store.
#[derive(Debug, Clone)]
pub struct ImportBatch {
    /// New rows, parents before children.
    pub inserts: Vec<RowBlock>,
    /// Humans with new values.
    pub human_updates: Vec<HumanUpdate>,
    /// Links with new metadata; they may be among the inserts.
    pub link_updates: Vec<LinkUpdate>,
    /// Source rows with a new state.
    pub source_row_updates: Vec<SourceRowUpdate>,
}

impl ImportBatch {
    /// An empty batch.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            inserts: Vec::new(),
            human_updates: Vec::new(),
            link_updates: Vec::new(),
            source_row_updates: Vec::new(),
        }
    }
}

impl Default for ImportBatch {
    fn default() -> Self {
        Self::new()
    }
}

/// The store does not hold what the run counted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("run {run} counted {counted} {what}, the store holds {held}")]
pub struct VerificationError {
    run: i64,
    what: &'static str,
    counted: u64,
    held: i64,
}

/// A write transaction of a run: read what its tenant has, write what was planned, all or none.
///
/// It is bound to its tenant and run: ids of other tenants' records are answered as if they were
/// free, and rows that carry another tenant or run are not written.
pub struct ImportTransaction<'t> {
    engine: &'t mut dyn Engine,
    tenant: Id,
    run: RunKey,
    /// The name of the run's source.
    source: String,
    place: Place,
    held: Held,
    written: WrittenIds,
    /// Changes that wait for the end of the transaction, where they get their numbers.
    changes: Vec<RowBlock>,
}

/// Where a run writes, which decides what has to be looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// A store with its indexes.
    Indexed,
    /// A store that held nothing before the run and has no indexes yet.
    Fresh,
    /// A scratch store, which holds one tenant's records and none of its earlier runs.
    Scratch,
}

impl std::fmt::Debug for ImportTransaction<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ImportTransaction").finish_non_exhaustive()
    }
}

/// Calls `each` for the id of every human that a run created, in any order.
pub(crate) fn human_ids(
    engine: &mut dyn Engine,
    key: RunKey,
    each: &mut dyn FnMut(Id),
) -> Result<(), StoreError> {
    let sql = "SELECT id FROM humans WHERE import_run = ?1";
    engine.query(sql, &[key.into()], &mut |row| {
        each(row.id(0)?);
        Ok(())
    })
}

/// Calls `each` for every phone number in E.164 that a run created, in any order.
pub(crate) fn phone_numbers(
    engine: &mut dyn Engine,
    key: RunKey,
    each: &mut dyn FnMut(&str),
) -> Result<(), StoreError> {
    let sql = "SELECT phone_number FROM phone_numbers WHERE import_run = ?1";
    engine.query(sql, &[key.into()], &mut |row| {
        each(row.text(0)?);
        Ok(())
    })
}

/// Proves that the store holds what a run counted: the outer error is the engine's, the inner one
/// names the first count that is off.
pub(crate) fn verify(
    engine: &mut dyn Engine,
    run: &Run,
) -> Result<Result<(), VerificationError>, StoreError> {
    let counts = &run.counts;
    let checks = [
        (
            "humans",
            "SELECT count(*) FROM humans WHERE import_run = ?1",
            counts.rows_created,
        ),
        // A number that another tenant brought first is the run's by a tie.
        (
            "phone numbers",
            "SELECT (SELECT count(*) FROM phone_numbers WHERE import_run = ?1) \
             + (SELECT count(*) FROM phone_number_ties WHERE import_run = ?1)",
            counts.phones_created,
        ),
        (
            "links",
            "SELECT count(*) FROM phone_human_links WHERE import_run = ?1",
            counts.links_created,
        ),
        (
            "consent records",
            "SELECT count(*) FROM consent_records WHERE import_run = ?1",
            counts.consents_created,
        ),
        (
            "rejected rows",
            "SELECT count(*) FROM import_issues WHERE import_run = ?1 AND severity = 'rejected'",
            counts.rows_rejected,
        ),
        (
            "deferred rows",
            "SELECT count(*) FROM import_deferred WHERE import_run = ?1",
            0,
        ),
    ];
    let failed = |what, counted, held| VerificationError {
        run: run.number,
        what,
        counted,
        held,
    };
    for (what, sql, counted) in checks {
        let held = count(engine, sql, &[run.key.into()])?;
        if held != signed(counted) {
            return Ok(Err(failed(what, counted, held)));
        }
    }
    if counts.rows_settled() != counts.rows_checkpoint {
        let read = signed(counts.rows_checkpoint);
        return Ok(Err(failed("rows", counts.rows_settled(), read)));
    }
    Ok(Ok(()))
}

impl<'t> ImportTransaction<'t> {
    /// A transaction of a run on an engine that has begun to write.
    pub(crate) fn new(engine: &'t mut dyn Engine, tenant: Id, run: &Run, place: Place) -> Self {
        Self {
            engine,
            tenant,
            run: run.key,
            source: run.start.source.clone(),
            place,
            held: Held::default(),
            written: WrittenIds::default(),
            changes: Vec::new(),
        }
    }

    /// The tenant whose records are read and written.
    pub(crate) const fn tenant(&self) -> Id {
        self.tenant
    }

    /// Those of `ids` that are humans of the tenant's own.
    ///
    /// # Errors
    ///
    /// Those of the engine.
    pub fn own_humans(&mut self, ids: &[Id]) -> Result<HashSet<Id>, StoreError> {
        let ids: HashSet<Id> = ids.iter().copied().collect();
        self.own_among(&ids)
    }

    /// The rows of `source` from which these humans were imported, by occurrence.
    ///
    /// # Errors
    ///
    /// Those of the engine.
    pub fn source_rows(
        &mut self,
        ids: &[Id],
        source: &str,
    ) -> Result<HashMap<Id, Vec<SourceRow>>, StoreError> {
        let ids = sorted(ids);
        let mut rows: HashMap<Id, Vec<SourceRow>> = HashMap::new();
        in_stretches(self.engine.dialect(), &[], &ids, |list, parameters| {
            self.load_source_rows(list, parameters, source, &mut |id, row| {
                rows.entry(id).or_default().push(row);
            })
        })?;
        Ok(rows)
    }

    /// What the tenant holds of these humans and their rows of `source`.
    ///
    /// # Errors
    ///
    /// Those of the engine.
    pub fn existing_humans(
        &mut self,
        ids: &[Id],
        source: &str,
    ) -> Result<HashMap<Id, ExistingHuman>, StoreError> {
        let ids = sorted(ids);
        let mut humans = HashMap::new();
        let dialect = self.engine.dialect();
        in_stretches(dialect, &[], &ids, |list, parameters| {
            self.load_fields(list, parameters, &mut humans)
        })?;
        // Whoever is not there has nothing else.
        let held = ids.into_iter().filter(|id| humans.contains_key(id));
        let held: Vec<Id> = held.collect();
        in_stretches(dialect, &[], &held, |list, parameters| {
            self.load_source_rows(list, parameters, source, &mut |id, row| {
                if let Some(human) = humans.get_mut(&id) {
                    human.source_rows.push(row);
                }
            })?;
            self.load_links(list, parameters, &mut humans)?;
            self.load_consents(list, parameters, &mut humans)
        })?;
        Ok(humans)
    }

    /// Which of these phone numbers the tenant has a tie to.
    ///
    /// # Errors
    ///
    /// Those of the engine.
    pub fn existing_phone_numbers(&mut self, ids: &[Id]) -> Result<HashSet<Id>, StoreError> {
        self.look_up_numbers(&sorted(ids))
    }

    /// Consent types that were revoked for these phone numbers.
    ///
    /// # Errors
    ///
    /// Those of the engine.
    pub fn revoked_numbers(
        &mut self,
        ids: &[Id],
    ) -> Result<HashMap<Id, HashSet<String>>, StoreError> {
        let mut revoked: HashMap<Id, HashSet<String>> = HashMap::new();
        in_stretches(self.engine.dialect(), &[], ids, |list, parameters| {
            let tenant = next(parameters);
            let sql = format!(
                "SELECT phone_number_id, consent_type FROM consent_records \
                 WHERE phone_number_id IN ({list}) AND tenant_id = {tenant} \
                 AND consent_status = 'revoked'"
            );
            self.engine
                .query(&sql, &with(parameters, self.tenant), &mut |row| {
                    revoked
                        .entry(row.id(0)?)
                        .or_default()
                        .insert(row.text(1)?.to_owned());
                    Ok(())
                })
        })?;
        Ok(revoked)
    }

    /// Writes a batch. A key that is taken is an error: the plan was made in this transaction.
    ///
    /// A phone number that another tenant brought first gets a tie instead. Changes are numbered
    /// here, whatever number they carry.
    ///
    /// # Errors
    ///
    /// Kind `Constraint` for a wrong plan, `Invalid` for rows of another tenant or run, or the
    /// engine's.
    pub fn apply(&mut self, batch: &ImportBatch) -> Result<(), StoreError> {
        for block in &batch.inserts {
            self.insert(block)?;
        }
        self.update_humans(&batch.human_updates)?;
        self.update_links(&batch.link_updates)?;
        self.update_source_rows(&batch.source_row_updates)
    }

    /// Removes deferred rows up to a row number: they are settled by this transaction.
    ///
    /// # Errors
    ///
    /// Those of the engine.
    pub fn settle_deferred(&mut self, up_to: u64) -> Result<(), StoreError> {
        self.engine.execute(
            "DELETE FROM import_deferred WHERE import_run = ?1 AND row_number <= ?2",
            &[self.run.into(), signed(up_to).into()],
        )?;
        Ok(())
    }

    /// Records the run's counts; they become true together with what this transaction wrote.
    ///
    /// # Errors
    ///
    /// Those of the engine.
    pub fn checkpoint(&mut self, counts: &RunCounts) -> Result<(), StoreError> {
        runs::write_counts(self.engine, self.run, counts)
    }

    /// Writes what waits for the end. Returns how many records were written, and the SHA-256 of
    /// their ids in the order of writing.
    pub(crate) fn finish(mut self) -> Result<(u64, [u8; 32]), StoreError> {
        self.write_changes()?;
        Ok(self.written.finish())
    }
}

/// The mark of the parameter after these.
fn next(parameters: &[Value<'_>]) -> String {
    format!("?{}", parameters.len() + 1)
}

/// Parameters and one more.
fn with<'v>(parameters: &[Value<'v>], more: impl Into<Value<'v>>) -> Vec<Value<'v>> {
    let mut all = parameters.to_vec();
    all.push(more.into());
    all
}

fn sorted(ids: &[Id]) -> Vec<Id> {
    let mut ids = ids.to_vec();
    ids.sort_unstable();
    ids.dedup();
    ids
}
