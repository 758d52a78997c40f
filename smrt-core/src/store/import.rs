//! Writing what an import planned: existing records in, finished rows and updates out.
//!
//! What this module does not do: it does not decide what becomes of a row; `smrt-etl` plans.

use std::collections::{HashMap, HashSet};

use super::engine::{Engine, OnConflict};
use super::error::StoreError;
use super::runs::{self, Run, RunCounts, signed};
use super::schema;
use super::value::{RowBlock, Value};
use super::{Store, count};
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
    pub import_run: Option<i64>,
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
    pub import_run: i64,
    /// The line it stood on in that run's file.
    pub import_line: i64,
    /// The last run whose file held the row.
    pub last_run: i64,
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
#[derive(Debug)]
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

/// A write transaction of a run: read what is there, write what was planned, all or none.
pub struct ImportTransaction<'s> {
    engine: &'s mut dyn Engine,
}

impl std::fmt::Debug for ImportTransaction<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ImportTransaction").finish_non_exhaustive()
    }
}

/// How many ids one query asks for.
const IDS_PER_QUERY: usize = 128;

impl Store {
    /// Runs `work` in one write transaction of an import.
    ///
    /// # Errors
    ///
    /// Those of `work`, of the engine, or of the commit; nothing is then written.
    pub fn import_transaction<T, E: From<StoreError>>(
        &mut self,
        work: impl FnOnce(&mut ImportTransaction<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.engine.begin(super::Access::Write)?;
        let result = work(&mut ImportTransaction {
            engine: self.engine.as_mut(),
        });
        let committed = match result {
            Ok(value) => self.engine.commit().map(|()| value).map_err(E::from),
            Err(error) => Err(error),
        };
        if committed.is_err() {
            let _ = self.engine.rollback();
        }
        committed
    }

    /// Calls `each` for the id of every human, in any order.
    ///
    /// # Errors
    ///
    /// Those of the engine.
    pub fn human_ids(&mut self, each: &mut dyn FnMut(Id)) -> Result<(), StoreError> {
        self.engine.query("SELECT id FROM humans", &[], &mut |row| {
            each(row.id(0)?);
            Ok(())
        })
    }

    /// Calls `each` for every phone number in E.164, in any order.
    ///
    /// # Errors
    ///
    /// Those of the engine.
    pub fn phone_numbers(&mut self, each: &mut dyn FnMut(&str)) -> Result<(), StoreError> {
        self.engine
            .query("SELECT phone_number FROM phone_numbers", &[], &mut |row| {
                each(row.text(0)?);
                Ok(())
            })
    }

    /// Proves that the store holds what a run counted.
    ///
    /// # Errors
    ///
    /// The outer error is the engine's; the inner one names the first count that is off.
    pub fn verify_run(&mut self, run: &Run) -> Result<Result<(), VerificationError>, StoreError> {
        let number = run.number;
        let counts = &run.counts;
        let checks = [
            (
                "humans",
                "SELECT count(*) FROM humans WHERE import_run = ?1",
                counts.rows_created,
            ),
            (
                "phone numbers",
                "SELECT count(*) FROM phone_numbers WHERE import_run = ?1",
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
        for (what, sql, counted) in checks {
            let held = self.count(sql, &[number.into()])?;
            if held != signed(counted) {
                return Ok(Err(VerificationError {
                    run: number,
                    what,
                    counted,
                    held,
                }));
            }
        }
        if counts.rows_settled() != counts.rows_checkpoint {
            return Ok(Err(VerificationError {
                run: number,
                what: "rows",
                counted: counts.rows_settled(),
                held: signed(counts.rows_checkpoint),
            }));
        }
        Ok(Ok(()))
    }
}

impl ImportTransaction<'_> {
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
        let mut ids = ids.to_vec();
        ids.sort_unstable();
        ids.dedup();
        let mut rows: HashMap<Id, Vec<SourceRow>> = HashMap::new();
        in_stretches(&ids, |marks, parameters| {
            load_source_rows(self.engine, marks, parameters, source, &mut |id, row| {
                rows.entry(id).or_default().push(row);
            })
        })?;
        Ok(rows)
    }

    /// What the store holds of these humans and their rows of `source`.
    ///
    /// # Errors
    ///
    /// Those of the engine.
    pub fn existing_humans(
        &mut self,
        ids: &[Id],
        source: &str,
    ) -> Result<HashMap<Id, ExistingHuman>, StoreError> {
        existing_humans(self.engine, ids, source)
    }

    /// Which of these phone numbers the store holds.
    ///
    /// # Errors
    ///
    /// Those of the engine.
    pub fn existing_phone_numbers(&mut self, ids: &[Id]) -> Result<HashSet<Id>, StoreError> {
        existing_phone_numbers(self.engine, ids)
    }

    /// Copies the given humans, their links, source rows and consents, and the given phone
    /// numbers from `base`, except what is here already: so a plan can be tried in a scratch store.
    ///
    /// # Errors
    ///
    /// Those of either engine.
    pub fn copy_records_from(
        &mut self,
        base: &mut Store,
        humans: &[Id],
        phone_numbers: &[Id],
    ) -> Result<(), StoreError> {
        let mut linked = phone_numbers.to_vec();
        in_stretches(humans, |marks, parameters| {
            let sql = format!(
                "SELECT phone_number_id FROM phone_human_links WHERE human_id IN ({marks})"
            );
            base.engine.query(&sql, parameters, &mut |row| {
                linked.push(row.id(0)?);
                Ok(())
            })
        })?;
        linked.sort_unstable();
        linked.dedup();
        let mut copy = |table, column: &str, ids: &[Id]| {
            in_stretches(ids, |marks, parameters| {
                let block = read_block(base.engine.as_mut(), table, column, marks, parameters)?;
                self.engine.bulk_write(&block, OnConflict::Skip).map(|_| ())
            })
        };
        copy(&schema::PHONE_NUMBERS, "id", &linked)?;
        copy(&schema::HUMANS, "id", humans)?;
        copy(&schema::PHONE_HUMAN_LINKS, "human_id", humans)?;
        copy(&schema::SOURCE_KEYS, "human_id", humans)?;
        copy(&schema::CONSENT_RECORDS, "human_id", humans)?;
        copy(&schema::CONSENT_RECORDS, "phone_number_id", &linked)
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
        in_stretches(ids, |marks, parameters| {
            let sql = format!(
                "SELECT phone_number_id, consent_type FROM consent_records \
                 WHERE phone_number_id IN ({marks}) AND consent_status = 'revoked'"
            );
            self.engine.query(&sql, parameters, &mut |row| {
                revoked
                    .entry(row.id(0)?)
                    .or_default()
                    .insert(row.text(1)?.to_owned());
                Ok(())
            })
        })?;
        Ok(revoked)
    }

    /// The number the next entry of `record_changes` gets.
    ///
    /// # Errors
    ///
    /// Those of the engine.
    pub fn next_change(&mut self) -> Result<i64, StoreError> {
        Ok(count(self.engine, "SELECT max(sequence) FROM record_changes", &[])? + 1)
    }

    /// Writes a batch. A key that is taken is an error: the plan was made in this transaction.
    ///
    /// # Errors
    ///
    /// Kind `Constraint` for a wrong plan, or the engine's.
    pub fn apply(&mut self, batch: &ImportBatch) -> Result<(), StoreError> {
        for block in &batch.inserts {
            self.engine.bulk_write(block, OnConflict::Fail)?;
        }
        for update in &batch.human_updates {
            update_human(self.engine, update)?;
        }
        for update in &batch.link_updates {
            update_link(self.engine, update)?;
        }
        for update in &batch.source_row_updates {
            update_source_row(self.engine, update)?;
        }
        Ok(())
    }

    /// Removes deferred rows up to a row number: they are settled by this transaction.
    ///
    /// # Errors
    ///
    /// Those of the engine.
    pub fn settle_deferred(&mut self, run: i64, up_to: u64) -> Result<(), StoreError> {
        self.engine.execute(
            "DELETE FROM import_deferred WHERE import_run = ?1 AND row_number <= ?2",
            &[run.into(), signed(up_to).into()],
        )?;
        Ok(())
    }

    /// Records the run's counts; they become true together with what this transaction wrote.
    ///
    /// # Errors
    ///
    /// Those of the engine.
    pub fn checkpoint(&mut self, run: i64, counts: &RunCounts) -> Result<(), StoreError> {
        runs::write_counts(self.engine, run, counts)
    }
}

fn update_human(engine: &mut dyn Engine, update: &HumanUpdate) -> Result<(), StoreError> {
    let mut parameters: Vec<Value<'_>> = vec![update.id.into()];
    parameters.extend(
        update
            .fields
            .iter()
            .map(|field| Value::from(field.as_deref())),
    );
    parameters.push(update.metadata.as_str().into());
    parameters.push(update.updated_at.into());
    engine.execute(
        "UPDATE humans SET first_name = ?2, last_name = ?3, email = ?4, company_name = ?5, \
         job_title = ?6, employee_id = ?7, contractor_id = ?8, metadata = ?9, updated_at = ?10 \
         WHERE id = ?1",
        &parameters,
    )?;
    Ok(())
}

fn update_link(engine: &mut dyn Engine, update: &LinkUpdate) -> Result<(), StoreError> {
    let link = &update.link;
    engine.execute(
        "UPDATE phone_human_links SET metadata = ?4 \
         WHERE human_id = ?1 AND phone_number_id = ?2 AND relationship_type = ?3",
        &[
            update.human_id.into(),
            link.phone_number.into(),
            link.relationship_type.as_str().into(),
            link.metadata.as_str().into(),
        ],
    )?;
    Ok(())
}

fn update_source_row(engine: &mut dyn Engine, update: &SourceRowUpdate) -> Result<(), StoreError> {
    let row = &update.row;
    engine.execute(
        "UPDATE source_keys SET row_digest = ?3, import_run = ?4, import_line = ?5, last_run = ?6 \
         WHERE human_id = ?1 AND occurrence = ?2 AND source = \
         (SELECT source FROM import_runs WHERE number = ?6)",
        &[
            update.human_id.into(),
            row.occurrence.into(),
            row.row_digest.into(),
            row.import_run.into(),
            row.import_line.into(),
            row.last_run.into(),
        ],
    )?;
    Ok(())
}

/// Calls `query` for stretches of `ids`, each padded to the same length so that one prepared
/// statement serves all.
pub(super) fn in_stretches(
    ids: &[Id],
    mut query: impl FnMut(&str, &[Value<'_>]) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let marks: Vec<String> = (1..=IDS_PER_QUERY).map(|n| format!("?{n}")).collect();
    let marks = marks.join(", ");
    for stretch in ids.chunks(IDS_PER_QUERY) {
        let last = stretch.last().copied();
        let padded = stretch
            .iter()
            .copied()
            .chain(std::iter::repeat_with(|| last).flatten());
        let parameters: Vec<Value<'_>> = padded.take(IDS_PER_QUERY).map(Value::Id).collect();
        query(&marks, &parameters)?;
    }
    Ok(())
}

fn existing_humans(
    engine: &mut dyn Engine,
    ids: &[Id],
    source: &str,
) -> Result<HashMap<Id, ExistingHuman>, StoreError> {
    let mut ids = ids.to_vec();
    ids.sort_unstable();
    ids.dedup();
    let mut humans = HashMap::new();
    in_stretches(&ids, |marks, parameters| {
        load_fields(engine, marks, parameters, &mut humans)?;
        load_source_rows(engine, marks, parameters, source, &mut |id, row| {
            if let Some(human) = humans.get_mut(&id) {
                human.source_rows.push(row);
            }
        })?;
        load_links(engine, marks, parameters, &mut humans)?;
        load_consents(engine, marks, parameters, &mut humans)
    })?;
    Ok(humans)
}

type Humans = HashMap<Id, ExistingHuman>;

fn load_fields(
    engine: &mut dyn Engine,
    marks: &str,
    parameters: &[Value<'_>],
    humans: &mut Humans,
) -> Result<(), StoreError> {
    let sql = format!(
        "SELECT id, {}, metadata, updated_at, import_run FROM humans WHERE id IN ({marks})",
        HUMAN_FIELDS.join(", ")
    );
    engine.query(&sql, parameters, &mut |row| {
        let mut human = ExistingHuman {
            metadata: row.text(8)?.to_owned(),
            updated_at: Some(row.instant(9)?),
            import_run: row.optional_integer(10)?,
            ..ExistingHuman::default()
        };
        for (position, field) in human.fields.iter_mut().enumerate() {
            *field = row.optional_string(position + 1)?;
        }
        humans.insert(row.id(0)?, human);
        Ok(())
    })
}

fn load_source_rows(
    engine: &mut dyn Engine,
    marks: &str,
    parameters: &[Value<'_>],
    source: &str,
    each: &mut dyn FnMut(Id, SourceRow),
) -> Result<(), StoreError> {
    let sql = format!(
        "SELECT human_id, occurrence, row_digest, import_run, import_line, last_run \
         FROM source_keys WHERE human_id IN ({marks}) AND source = ?{} ORDER BY human_id, occurrence",
        IDS_PER_QUERY + 1
    );
    let mut parameters = parameters.to_vec();
    parameters.push(source.into());
    engine.query(&sql, &parameters, &mut |row| {
        let source_row = SourceRow {
            occurrence: row.integer(1)?,
            row_digest: row.integer(2)?,
            import_run: row.integer(3)?,
            import_line: row.integer(4)?,
            last_run: row.integer(5)?,
        };
        each(row.id(0)?, source_row);
        Ok(())
    })
}

fn load_links(
    engine: &mut dyn Engine,
    marks: &str,
    parameters: &[Value<'_>],
    humans: &mut Humans,
) -> Result<(), StoreError> {
    let sql = format!(
        "SELECT human_id, id, phone_number_id, relationship_type, metadata, is_primary \
         FROM phone_human_links WHERE human_id IN ({marks})"
    );
    engine.query(&sql, parameters, &mut |row| {
        if let Some(human) = humans.get_mut(&row.id(0)?) {
            human.links.push(ExistingLink {
                id: row.id(1)?,
                phone_number: row.id(2)?,
                relationship_type: row.text(3)?.to_owned(),
                metadata: row.text(4)?.to_owned(),
            });
            human.has_primary |= row.integer(5)? != 0;
        }
        Ok(())
    })
}

/// Consent given or revoked for the human itself, and revocations for a number tied to it.
fn load_consents(
    engine: &mut dyn Engine,
    marks: &str,
    parameters: &[Value<'_>],
    humans: &mut Humans,
) -> Result<(), StoreError> {
    let sql = format!(
        "SELECT human_id, id, consent_type, consent_status FROM consent_records \
         WHERE human_id IN ({marks}) \
         UNION ALL \
         SELECT l.human_id, c.id, c.consent_type, c.consent_status FROM phone_human_links l \
         JOIN consent_records c ON c.phone_number_id = l.phone_number_id \
         WHERE l.human_id IN ({marks}) AND c.consent_status = 'revoked'"
    );
    engine.query(&sql, parameters, &mut |row| {
        if let Some(human) = humans.get_mut(&row.id(0)?) {
            human.consents.insert(row.id(1)?);
            if row.text(3)? == "revoked" {
                human.revoked.insert(row.text(2)?.to_owned());
            }
        }
        Ok(())
    })
}

fn existing_phone_numbers(engine: &mut dyn Engine, ids: &[Id]) -> Result<HashSet<Id>, StoreError> {
    let mut ids = ids.to_vec();
    ids.sort_unstable();
    ids.dedup();
    let mut found = HashSet::new();
    in_stretches(&ids, |marks, parameters| {
        let sql = format!("SELECT id FROM phone_numbers WHERE id IN ({marks})");
        engine.query(&sql, parameters, &mut |row| {
            found.insert(row.id(0)?);
            Ok(())
        })
    })?;
    Ok(found)
}

fn read_block(
    engine: &mut dyn Engine,
    table: &'static schema::Table,
    column: &str,
    marks: &str,
    parameters: &[Value<'_>],
) -> Result<RowBlock, StoreError> {
    let columns: Vec<&str> = table.columns.iter().map(|column| column.name).collect();
    let sql = format!(
        "SELECT {} FROM {} WHERE {column} IN ({marks})",
        columns.join(", "),
        table.name
    );
    let mut block = RowBlock::new(table);
    engine.query(&sql, parameters, &mut |row| {
        for position in 0..columns.len() {
            block.push(row.value(position)?);
        }
        Ok(())
    })?;
    Ok(block)
}
