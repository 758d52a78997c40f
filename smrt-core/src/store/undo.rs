//! `smrt import undo`: takes a run back to exactly what was there before, or names what stands in
//! the way.
//!
//! What a run created is deleted, what it changed gets its before-image back. A later change to
//! any of these records makes that impossible; then nothing is changed at all.
//! What other tenants did decides nothing that can be seen: a phone number they know too passes to
//! the one who has known it longest, and counts as deleted. Only of a human that was shared with
//! them it is said that it is in use, and not by whom or how often.

use std::collections::HashMap;

use serde_json::{Map, Value as Json};

use super::engine::Engine;
use super::error::{StoreError, StoreErrorKind};
use super::import::HUMAN_FIELDS;
use super::runs::{self, Run, RunKey};
use super::value::Value;
use super::{count, migration};
use crate::model::{Id, Instant};

/// What an undo did, or would do.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UndoReport {
    /// Later changes that make the undo impossible, the first [`UndoReport::OBSTACLES_MAX`] of them.
    pub obstacles: Vec<Obstacle>,
    /// How many there are in all.
    pub obstacles_total: u64,
    /// Humans deleted.
    pub humans_deleted: u64,
    /// Phone numbers that the tenant has no tie to any more.
    pub phones_deleted: u64,
    /// Links deleted.
    pub links_deleted: u64,
    /// Consent records deleted.
    pub consents_deleted: u64,
    /// Humans, links and source rows whose earlier values were put back.
    pub records_restored: u64,
}

/// A later change that an undo would lose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Obstacle {
    /// The kind of record: `human`, `phone_number`, `link`.
    pub entity_type: &'static str,
    /// Which record.
    pub entity_id: Id,
    /// What was done to it later.
    pub reason: String,
}

impl UndoReport {
    /// How many obstacles are listed one by one.
    pub const OBSTACLES_MAX: usize = 20;
}

/// The phone numbers that a run brought to its tenant, in place of `{numbers}`.
const NUMBERS_OF_RUN: &str = "SELECT id FROM phone_numbers WHERE import_run = ?1 \
    UNION ALL SELECT phone_number_id FROM phone_number_ties WHERE import_run = ?1";

/// Queries that find later changes to what a run (`?1`) of a tenant (`?2`) touched: entity id, and
/// the later run or null. Of phone numbers, which tenants share, only this tenant's own later work
/// counts.
const LATER_CHANGES: [(&str, &str, &str); 14] = [
    (
        "human",
        "was changed",
        "SELECT c.entity_id, c.import_run FROM record_changes c \
         JOIN humans h ON h.id = c.entity_id AND h.import_run = ?1 \
         WHERE (c.import_run IS NULL OR c.import_run <> ?1)",
    ),
    (
        "human",
        "was changed",
        "SELECT later.entity_id, later.import_run FROM record_changes mine \
         JOIN record_changes later ON later.entity_id = mine.entity_id \
           AND later.sequence > mine.sequence \
           AND (later.import_run IS NULL OR later.import_run <> ?1) \
         WHERE mine.import_run = ?1 AND mine.entity_type <> 'link'",
    ),
    // A link is named by its human, whom people can look up.
    (
        "human",
        "got another phone extension",
        "SELECT l.human_id, c.import_run FROM record_changes c \
         JOIN phone_human_links l ON l.id = c.entity_id AND l.import_run = ?1 \
         WHERE c.entity_type = 'link' AND (c.import_run IS NULL OR c.import_run <> ?1)",
    ),
    (
        "human",
        "got another phone extension",
        "SELECT l.human_id, later.import_run FROM record_changes mine \
         JOIN record_changes later ON later.entity_id = mine.entity_id \
           AND later.sequence > mine.sequence \
           AND (later.import_run IS NULL OR later.import_run <> ?1) \
         JOIN phone_human_links l ON l.id = mine.entity_id \
         WHERE mine.import_run = ?1 AND mine.entity_type = 'link'",
    ),
    (
        "human",
        "was changed by hand",
        "SELECT h.id, NULL FROM humans h WHERE h.import_run = ?1 AND h.updated_at <> h.created_at \
         AND NOT EXISTS (SELECT 1 FROM record_changes c WHERE c.entity_id = h.id)",
    ),
    (
        "phone_number",
        "was changed by hand",
        "SELECT p.id, NULL FROM phone_numbers p WHERE p.import_run = ?1 \
         AND p.updated_at <> p.created_at",
    ),
    (
        "human",
        "was linked to a phone number",
        "SELECT l.human_id, l.import_run FROM phone_human_links l \
         JOIN humans h ON h.id = l.human_id AND h.import_run = ?1 \
         WHERE l.created_by_tenant_id = ?2 AND (l.import_run IS NULL OR l.import_run <> ?1)",
    ),
    (
        "phone_number",
        "was linked to a human",
        "SELECT l.phone_number_id, l.import_run FROM phone_human_links l \
         JOIN ({numbers}) n ON n.id = l.phone_number_id \
         WHERE l.created_by_tenant_id = ?2 AND (l.import_run IS NULL OR l.import_run <> ?1)",
    ),
    (
        "human",
        "got a consent record",
        "SELECT c.human_id, c.import_run FROM consent_records c \
         JOIN humans h ON h.id = c.human_id AND h.import_run = ?1 \
         WHERE c.tenant_id = ?2 AND (c.import_run IS NULL OR c.import_run <> ?1)",
    ),
    (
        "phone_number",
        "got a consent record",
        "SELECT c.phone_number_id, c.import_run FROM consent_records c \
         JOIN ({numbers}) n ON n.id = c.phone_number_id \
         WHERE c.tenant_id = ?2 AND (c.import_run IS NULL OR c.import_run <> ?1)",
    ),
    (
        "human",
        "was imported again",
        "SELECT s.human_id, s.import_run FROM source_keys s \
         JOIN humans h ON h.id = s.human_id AND h.import_run = ?1 WHERE s.import_run <> ?1",
    ),
    (
        "human",
        "has an interaction, a grant or a merge",
        "SELECT h.id, NULL FROM humans h WHERE h.import_run = ?1 AND \
         (EXISTS (SELECT 1 FROM interactions i WHERE i.human_id = h.id AND i.tenant_id = ?2) \
          OR EXISTS (SELECT 1 FROM data_access_permissions g WHERE g.entity_type = 'human' \
                     AND g.entity_id = h.id AND g.granted_by_tenant_id = ?2) \
          OR EXISTS (SELECT 1 FROM merge_events m WHERE m.kept_id = h.id OR m.merged_id = h.id))",
    ),
    (
        "phone_number",
        "has an interaction or a grant",
        "SELECT p.id, NULL FROM ({numbers}) p WHERE \
         (EXISTS (SELECT 1 FROM interactions i \
                  WHERE i.phone_number_id = p.id AND i.tenant_id = ?2) \
          OR EXISTS (SELECT 1 FROM data_access_permissions g WHERE g.entity_type = 'phone_number' \
                     AND g.entity_id = p.id AND g.granted_by_tenant_id = ?2))",
    ),
    (
        "human",
        IN_USE,
        "SELECT h.id, NULL FROM humans h WHERE h.import_run = ?1 AND \
         (EXISTS (SELECT 1 FROM phone_human_links l \
                  WHERE l.human_id = h.id AND l.created_by_tenant_id <> ?2) \
          OR EXISTS (SELECT 1 FROM consent_records c \
                     WHERE c.human_id = h.id AND c.tenant_id <> ?2) \
          OR EXISTS (SELECT 1 FROM interactions i \
                     WHERE i.human_id = h.id AND i.tenant_id <> ?2) \
          OR EXISTS (SELECT 1 FROM data_access_permissions g WHERE g.entity_type = 'human' \
                     AND g.entity_id = h.id AND g.granted_by_tenant_id <> ?2))",
    ),
];

/// All that is said of what other tenants did with a human that was shared with them.
const IN_USE: &str = "is in use by a tenant it is shared with";

/// Takes a run back in the caller's transaction. With obstacles in the report the caller must take
/// everything back that was written here.
pub(crate) fn take_back(
    engine: &mut dyn Engine,
    tenant: Id,
    run: &Run,
) -> Result<UndoReport, StoreError> {
    let mut report = UndoReport::default();
    let taken = RunTaken {
        tenant,
        key: run.key,
    };
    if run.indexes_deferred {
        // Nothing but this run can have written since the indexes were dropped.
        taken.delete_created(engine, &mut report)?;
        migration::create_indexes(engine)?;
        taken.clear_bookkeeping(engine)?;
        return Ok(report);
    }
    taken.find_obstacles(engine, &mut report)?;
    if report.obstacles_total > 0 {
        return Ok(report);
    }
    taken.restore_before_images(engine, &mut report)?;
    if report.obstacles_total > 0 {
        return Ok(report);
    }
    taken.pass_numbers_on(engine, &mut report)?;
    taken.delete_created(engine, &mut report)?;
    taken.clear_bookkeeping(engine)?;
    Ok(report)
}

/// The answer to a run that is no more.
pub(crate) fn taken_back_already(number: i64) -> StoreError {
    StoreError::new(
        StoreErrorKind::Invalid,
        "undo",
        format!("run {number} was taken back already"),
    )
}

/// The run that is taken back.
struct RunTaken {
    tenant: Id,
    key: RunKey,
}

impl RunTaken {
    fn find_obstacles(
        &self,
        engine: &mut dyn Engine,
        report: &mut UndoReport,
    ) -> Result<(), StoreError> {
        let numbers: HashMap<i64, i64> = runs::list(engine, self.tenant)?
            .iter()
            .map(|run| (run.key.0, run.number))
            .collect();
        let tenants = count(engine, "SELECT count(*) FROM tenants", &[])?;
        for (entity_type, what, sql) in LATER_CHANGES {
            if what == IN_USE && tenants < 2 {
                continue;
            }
            // In an order of their own: the one in which the engine comes upon them depends on what
            // other tenants have in the same tables.
            let sql = sql.replace("{numbers}", NUMBERS_OF_RUN) + " ORDER BY 1, 2";
            let mut parameters = vec![self.key.into()];
            if sql.contains("?2") {
                parameters.push(self.tenant.into());
            }
            engine.query(&sql, &parameters, &mut |row| {
                let later = row.optional_integer(1)?;
                let later = later.and_then(|later| numbers.get(&later));
                let reason = match later {
                    _ if what == IN_USE => what.to_owned(),
                    Some(later) => format!("{what} later by run {later}"),
                    None => format!("{what} later"),
                };
                note(report, entity_type, row.id(0)?, reason);
                Ok(())
            })?;
        }
        Ok(())
    }

    /// Walks the run's changes from the last to the first and puts the earlier values back.
    fn restore_before_images(
        &self,
        engine: &mut dyn Engine,
        report: &mut UndoReport,
    ) -> Result<(), StoreError> {
        let mut before = i64::MAX;
        loop {
            let changes = self.changes_before(engine, before)?;
            let Some(last) = changes.last() else {
                return Ok(());
            };
            before = last.sequence;
            for change in &changes {
                let (entity_type, restored) = match change.entity_type.as_str() {
                    "human" => ("human", self.restore_human(engine, change)?),
                    "link" => ("link", self.restore_link(engine, change)?),
                    _ => ("human", self.restore_source_row(engine, change)?),
                };
                if restored {
                    report.records_restored += 1;
                } else {
                    let reason = "was changed by hand later".to_owned();
                    note(report, entity_type, change.entity_id, reason);
                }
            }
        }
    }

    fn changes_before(
        &self,
        engine: &mut dyn Engine,
        before: i64,
    ) -> Result<Vec<Change>, StoreError> {
        let mut changes = Vec::new();
        engine.query(
            "SELECT sequence, entity_type, entity_id, fields FROM record_changes \
             WHERE import_run = ?1 AND sequence < ?2 ORDER BY sequence DESC LIMIT ?3",
            &[self.key.into(), before.into(), CHANGES_PER_QUERY.into()],
            &mut |row| {
                let fields = serde_json::from_str(row.text(3)?)
                    .map_err(|_| StoreError::unexpected_value(3))?;
                changes.push(Change {
                    sequence: row.integer(0)?,
                    entity_type: row.text(1)?.to_owned(),
                    entity_id: row.id(2)?,
                    fields,
                });
                Ok(())
            },
        )?;
        Ok(changes)
    }

    /// Restores a human if every field still holds what the run wrote. Humans the run itself
    /// created are deleted afterwards and need no restoring.
    fn restore_human(&self, engine: &mut dyn Engine, change: &Change) -> Result<bool, StoreError> {
        let columns: Vec<&str> = HUMAN_FIELDS
            .iter()
            .copied()
            .chain(["metadata", "updated_at"])
            .collect();
        for (field, images) in &change.fields {
            let column = columns
                .iter()
                .find(|column| *column == field)
                .ok_or_else(|| StoreError::unexpected_value(3))?;
            let (old, new) = (image(images, 0), image(images, 1));
            let sql = format!(
                "UPDATE humans SET {column} = ?2 WHERE id = ?1 AND created_by_tenant_id = ?4 \
                 AND ({column} = ?3 OR ({column} IS NULL AND ?3 IS NULL))"
            );
            let parameters = [change.entity_id.into(), old, new, self.tenant.into()];
            let changed = engine.execute(&sql, &parameters)?;
            if changed == 0 {
                let own = count(
                    engine,
                    "SELECT count(*) FROM humans WHERE id = ?1 AND import_run = ?2",
                    &[change.entity_id.into(), self.key.into()],
                )?;
                return Ok(own > 0);
            }
        }
        Ok(true)
    }

    /// Restores a link if its metadata still is what the run wrote. Links the run itself created
    /// are deleted afterwards and need no restoring.
    fn restore_link(&self, engine: &mut dyn Engine, change: &Change) -> Result<bool, StoreError> {
        let field = |name: &str, position: usize| {
            let images = change.fields.get(name);
            images.map_or(Value::Null, |images| image(images, position))
        };
        let id = |name: &str| match field(name, 0) {
            Value::Text(text) => text
                .parse::<Id>()
                .map_err(|_| StoreError::unexpected_value(3)),
            _ => Err(StoreError::unexpected_value(3)),
        };
        let (human, phone_number) = (id("human_id")?, id("phone_number_id")?);
        let key = "human_id = ?1 AND phone_number_id = ?2 AND relationship_type = ?3 \
                   AND created_by_tenant_id = ?4";
        let key_values = [
            human.into(),
            phone_number.into(),
            field("relationship_type", 0),
            self.tenant.into(),
        ];
        let mut values = key_values.to_vec();
        values.extend([field("metadata", 0), field("metadata", 1)]);
        let changed = engine.execute(
            &format!("UPDATE phone_human_links SET metadata = ?5 WHERE {key} AND metadata = ?6"),
            &values,
        )?;
        if changed == 1 {
            return Ok(true);
        }
        let mut values = key_values.to_vec();
        values.push(self.key.into());
        let own = format!("SELECT count(*) FROM phone_human_links WHERE {key} AND import_run = ?5");
        Ok(count(engine, &own, &values)? > 0)
    }

    fn restore_source_row(
        &self,
        engine: &mut dyn Engine,
        change: &Change,
    ) -> Result<bool, StoreError> {
        let field = |name: &str| {
            change
                .fields
                .get(name)
                .map_or(Value::Null, |images| image(images, 0))
        };
        let changed = engine.execute(
            "UPDATE source_keys SET row_digest = ?4, import_run = ?5, import_line = ?6, \
             last_run = ?7 WHERE human_id = ?1 AND source = ?2 AND occurrence = ?3 \
             AND EXISTS (SELECT 1 FROM humans h WHERE h.id = ?1 AND h.created_by_tenant_id = ?8)",
            &[
                change.entity_id.into(),
                field("source"),
                field("occurrence"),
                field("row_digest"),
                field("import_run"),
                field("import_line"),
                field("last_run"),
                self.tenant.into(),
            ],
        )?;
        Ok(changed == 1)
    }

    /// Hands numbers the run created, and which other tenants know too, to the one who has known
    /// each the longest: as if that tenant had brought it.
    fn pass_numbers_on(
        &self,
        engine: &mut dyn Engine,
        report: &mut UndoReport,
    ) -> Result<(), StoreError> {
        // No number has an id of zeros.
        let mut after = Id::from_bytes([0; 16]);
        loop {
            let heirs = self.heirs(engine, after)?;
            let Some(last) = heirs.last() else {
                return Ok(());
            };
            let last = last.number;
            for heir in &heirs {
                // The first of a number's heirs is the oldest.
                if after == heir.number {
                    continue;
                }
                after = heir.number;
                heir.take(engine)?;
                report.phones_deleted += 1;
            }
            after = last;
        }
    }

    /// The next ties of others to numbers that the run created, the oldest of each number first.
    fn heirs(&self, engine: &mut dyn Engine, after: Id) -> Result<Vec<Heir>, StoreError> {
        let mut heirs = Vec::new();
        engine.query(
            "SELECT t.phone_number_id, t.tenant_id, t.created_at, t.import_run, t.import_line, \
             t.metadata, t.dnc_status, t.dnc_date FROM phone_number_ties t JOIN phone_numbers p ON p.id = t.phone_number_id \
             WHERE p.import_run = ?1 AND t.phone_number_id > ?2 \
             ORDER BY t.phone_number_id, t.created_at, t.tenant_id LIMIT ?3",
            &[self.key.into(), after.into(), HEIRS_PER_QUERY.into()],
            &mut |row| {
                heirs.push(Heir {
                    number: row.id(0)?,
                    tenant: row.id(1)?,
                    created_at: row.instant(2)?,
                    import_run: row.optional_integer(3)?,
                    import_line: row.optional_integer(4)?,
                    metadata: row.text(5)?.to_owned(),
                    dnc_status: row.text(6)?.to_owned(),
                    dnc_date: row.optional_instant(7)?,
                });
                Ok(())
            },
        )?;
        Ok(heirs)
    }

    /// Deletes what the run created, children before parents.
    fn delete_created(
        &self,
        engine: &mut dyn Engine,
        report: &mut UndoReport,
    ) -> Result<(), StoreError> {
        let mut delete = |table: &str| {
            engine.execute(
                &format!("DELETE FROM {table} WHERE import_run = ?1"),
                &[self.key.into()],
            )
        };
        report.links_deleted = delete("phone_human_links")?;
        report.consents_deleted = delete("consent_records")?;
        delete("source_keys")?;
        report.humans_deleted = delete("humans")?;
        report.phones_deleted += delete("phone_number_ties")?;
        report.phones_deleted += delete("phone_numbers")?;
        Ok(())
    }

    /// Removes the run's traces except itself and its issues, which stay for the record.
    fn clear_bookkeeping(&self, engine: &mut dyn Engine) -> Result<(), StoreError> {
        for sql in [
            "UPDATE source_keys SET last_run = import_run WHERE last_run = ?1",
            "DELETE FROM record_changes WHERE import_run = ?1",
            "DELETE FROM import_deferred WHERE import_run = ?1",
            "UPDATE import_runs SET indexes_deferred = FALSE WHERE number = ?1",
        ] {
            engine.execute(sql, &[self.key.into()])?;
        }
        Ok(())
    }
}

/// A tenant's tie to a number that passes to it.
struct Heir {
    number: Id,
    tenant: Id,
    created_at: Instant,
    import_run: Option<i64>,
    import_line: Option<i64>,
    metadata: String,
    dnc_status: String,
    dnc_date: Option<Instant>,
}

impl Heir {
    fn take(&self, engine: &mut dyn Engine) -> Result<(), StoreError> {
        let optional = |value: Option<i64>| value.map_or(Value::Null, Value::Integer);
        engine.execute(
            "UPDATE phone_numbers SET created_by_tenant_id = ?2, created_at = ?3, \
             updated_at = ?3, import_run = ?4, import_line = ?5, metadata = ?6, \
             dnc_status = ?7, dnc_date = ?8 WHERE id = ?1",
            &[
                self.number.into(),
                self.tenant.into(),
                self.created_at.into(),
                optional(self.import_run),
                optional(self.import_line),
                self.metadata.as_str().into(),
                self.dnc_status.as_str().into(),
                self.dnc_date.into(),
            ],
        )?;
        engine.execute(
            "DELETE FROM phone_number_ties WHERE phone_number_id = ?1 AND tenant_id = ?2",
            &[self.number.into(), self.tenant.into()],
        )?;
        Ok(())
    }
}

/// How many ties of others are held in memory at once.
const HEIRS_PER_QUERY: i64 = 10_000;

fn note(report: &mut UndoReport, entity_type: &'static str, entity_id: Id, reason: String) {
    report.obstacles_total += 1;
    if report.obstacles.len() < UndoReport::OBSTACLES_MAX {
        report.obstacles.push(Obstacle {
            entity_type,
            entity_id,
            reason,
        });
    }
}

/// A change as `record_changes` keeps it: each field's value before and after.
struct Change {
    sequence: i64,
    entity_type: String,
    entity_id: Id,
    fields: Map<String, Json>,
}

/// How many changes are held in memory at once.
const CHANGES_PER_QUERY: i64 = 1_000;

fn image(images: &Json, position: usize) -> Value<'_> {
    match images.get(position) {
        Some(Json::String(text)) => Value::Text(text),
        Some(Json::Number(number)) => number.as_i64().map_or(Value::Null, Value::Integer),
        Some(Json::Null | Json::Bool(_) | Json::Array(_) | Json::Object(_)) | None => Value::Null,
    }
}
