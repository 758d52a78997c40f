//! `smrt import undo`: takes a run back to exactly what was there before, or names what stands in
//! the way.
//!
//! What a run created is deleted, what it changed gets its before-image back. A later change to
//! any of these records makes that impossible; then nothing is changed at all.

use serde_json::{Map, Value as Json};

use super::engine::Engine;
use super::error::{StoreError, StoreErrorKind};
use super::import::HUMAN_FIELDS;
use super::runs::{self, RunStatus};
use super::value::Value;
use super::{Access, BulkLoad, Store, count, migration};
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
    /// Phone numbers deleted.
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

/// Queries that find later changes to what a run touched: entity id, and the later run or null.
const LATER_CHANGES: [(&str, &str, &str); 11] = [
    (
        "human",
        "was changed",
        "SELECT c.entity_id, c.import_run FROM record_changes c \
         JOIN humans h ON h.id = c.entity_id AND h.import_run = ?1 \
         WHERE c.import_run IS NULL OR c.import_run <> ?1",
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
        "SELECT p.id, NULL FROM phone_numbers p WHERE p.import_run = ?1 AND p.updated_at <> p.created_at",
    ),
    (
        "human",
        "was linked to a phone number",
        "SELECT l.human_id, l.import_run FROM phone_human_links l \
         JOIN humans h ON h.id = l.human_id AND h.import_run = ?1 \
         WHERE l.import_run IS NULL OR l.import_run <> ?1",
    ),
    (
        "phone_number",
        "was linked to a human",
        "SELECT l.phone_number_id, l.import_run FROM phone_human_links l \
         JOIN phone_numbers p ON p.id = l.phone_number_id AND p.import_run = ?1 \
         WHERE l.import_run IS NULL OR l.import_run <> ?1",
    ),
    (
        "human",
        "got a consent record",
        "SELECT c.human_id, c.import_run FROM consent_records c \
         JOIN humans h ON h.id = c.human_id AND h.import_run = ?1 \
         WHERE c.import_run IS NULL OR c.import_run <> ?1",
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
         (EXISTS (SELECT 1 FROM interactions i WHERE i.human_id = h.id) \
          OR EXISTS (SELECT 1 FROM data_access_permissions g WHERE g.entity_id = h.id) \
          OR EXISTS (SELECT 1 FROM merge_events m WHERE m.kept_id = h.id OR m.merged_id = h.id))",
    ),
];

/// Whether an undo writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Apply(Instant, RunStatus),
    Try,
}

impl Store {
    /// Takes a run back. With obstacles in the report, nothing was changed.
    ///
    /// # Errors
    ///
    /// Kind `Invalid` when there is no such run or it was taken back before.
    pub fn undo_run(&mut self, run: i64, at: Instant) -> Result<UndoReport, StoreError> {
        self.undo(run, Mode::Apply(at, RunStatus::Undone))
    }

    /// Says what [`Store::undo_run`] would do, and changes nothing.
    ///
    /// # Errors
    ///
    /// As [`Store::undo_run`].
    pub fn try_undo_run(&mut self, run: i64) -> Result<UndoReport, StoreError> {
        self.undo(run, Mode::Try)
    }

    /// Takes an unfinished run back because of its own rejects.
    ///
    /// # Errors
    ///
    /// As [`Store::undo_run`].
    pub fn roll_back_run(&mut self, run: i64, at: Instant) -> Result<UndoReport, StoreError> {
        self.undo(run, Mode::Apply(at, RunStatus::RolledBack))
    }

    fn undo(&mut self, number: i64, mode: Mode) -> Result<UndoReport, StoreError> {
        self.engine.lock_imports()?;
        let run = self
            .run(number)?
            .ok_or_else(|| invalid(format!("there is no run {number}")))?;
        if matches!(run.status, RunStatus::Undone | RunStatus::RolledBack) {
            return Err(invalid(format!("run {number} was taken back already")));
        }
        if run.indexes_deferred {
            self.engine.set_bulk_load(BulkLoad::Begin)?;
        }
        self.engine.begin(Access::Write)?;
        let result = take_back(self.engine.as_mut(), number, run.indexes_deferred);
        let report = match (result, mode) {
            (Ok(report), Mode::Apply(at, status)) if report.obstacles_total == 0 => {
                runs::write_status(self.engine.as_mut(), number, status, Some(at))
                    .and_then(|()| self.engine.commit())
                    .map(|()| report)
            }
            (result, _) => self.engine.rollback().and(result),
        };
        if run.indexes_deferred {
            self.end_bulk_load()?;
        }
        report
    }
}

fn invalid(detail: String) -> StoreError {
    StoreError::new(StoreErrorKind::Invalid, "undo", detail)
}

fn take_back(
    engine: &mut dyn Engine,
    run: i64,
    indexes_deferred: bool,
) -> Result<UndoReport, StoreError> {
    let mut report = UndoReport::default();
    if indexes_deferred {
        // Nothing but this run can have written since the indexes were dropped.
        empty_bulk_loaded(engine, run, &mut report)?;
        migration::create_deferred_indexes(engine)?;
        return clear_bookkeeping(engine, run).map(|()| report);
    }
    find_obstacles(engine, run, &mut report)?;
    if report.obstacles_total > 0 {
        return Ok(report);
    }
    restore_before_images(engine, run, &mut report)?;
    if report.obstacles_total > 0 {
        return Ok(report);
    }
    empty_bulk_loaded(engine, run, &mut report)?;
    clear_bookkeeping(engine, run)?;
    Ok(report)
}

fn find_obstacles(
    engine: &mut dyn Engine,
    run: i64,
    report: &mut UndoReport,
) -> Result<(), StoreError> {
    for (entity_type, what, sql) in LATER_CHANGES {
        engine.query(sql, &[run.into()], &mut |row| {
            let later = match row.optional_integer(1)? {
                Some(later) => format!("{what} later by run {later}"),
                None => format!("{what} later"),
            };
            note(report, entity_type, row.id(0)?, later);
            Ok(())
        })?;
    }
    Ok(())
}

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

/// Walks the run's changes from the last to the first and puts the earlier values back.
fn restore_before_images(
    engine: &mut dyn Engine,
    run: i64,
    report: &mut UndoReport,
) -> Result<(), StoreError> {
    let mut before = i64::MAX;
    loop {
        let changes = changes_before(engine, run, before)?;
        let Some(last) = changes.last() else {
            return Ok(());
        };
        before = last.sequence;
        for change in &changes {
            let (entity_type, restored) = match change.entity_type.as_str() {
                "human" => ("human", restore_human(engine, change, run)?),
                "link" => ("link", restore_link(engine, change, run)?),
                _ => ("human", restore_source_row(engine, change)?),
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
    engine: &mut dyn Engine,
    run: i64,
    before: i64,
) -> Result<Vec<Change>, StoreError> {
    let mut changes = Vec::new();
    engine.query(
        "SELECT sequence, entity_type, entity_id, fields FROM record_changes \
         WHERE import_run = ?1 AND sequence < ?2 ORDER BY sequence DESC LIMIT ?3",
        &[run.into(), before.into(), CHANGES_PER_QUERY.into()],
        &mut |row| {
            let fields =
                serde_json::from_str(row.text(3)?).map_err(|_| StoreError::unexpected_value(3))?;
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

/// Restores a human if every field still holds what the run wrote. Humans the run itself created
/// are deleted afterwards and need no restoring.
fn restore_human(engine: &mut dyn Engine, change: &Change, run: i64) -> Result<bool, StoreError> {
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
            "UPDATE humans SET {column} = ?2 WHERE id = ?1 AND \
             ({column} = ?3 OR ({column} IS NULL AND ?3 IS NULL))"
        );
        let changed = engine.execute(&sql, &[change.entity_id.into(), old, new])?;
        if changed == 0 {
            let own = count(
                engine,
                "SELECT count(*) FROM humans WHERE id = ?1 AND import_run = ?2",
                &[change.entity_id.into(), run.into()],
            )?;
            return Ok(own > 0);
        }
    }
    Ok(true)
}

/// Restores a link if its metadata still is what the run wrote. Links the run itself created are
/// deleted afterwards and need no restoring.
fn restore_link(engine: &mut dyn Engine, change: &Change, run: i64) -> Result<bool, StoreError> {
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
    let key = "human_id = ?1 AND phone_number_id = ?2 AND relationship_type = ?3";
    let key_values = [
        human.into(),
        phone_number.into(),
        field("relationship_type", 0),
    ];
    let mut values = key_values.to_vec();
    values.extend([field("metadata", 0), field("metadata", 1)]);
    let changed = engine.execute(
        &format!("UPDATE phone_human_links SET metadata = ?4 WHERE {key} AND metadata = ?5"),
        &values,
    )?;
    if changed == 1 {
        return Ok(true);
    }
    let mut values = key_values.to_vec();
    values.push(run.into());
    let own = format!("SELECT count(*) FROM phone_human_links WHERE {key} AND import_run = ?4");
    Ok(count(engine, &own, &values)? > 0)
}

fn image(images: &Json, position: usize) -> Value<'_> {
    match images.get(position) {
        Some(Json::String(text)) => Value::Text(text),
        Some(Json::Number(number)) => number.as_i64().map_or(Value::Null, Value::Integer),
        Some(Json::Null | Json::Bool(_) | Json::Array(_) | Json::Object(_)) | None => Value::Null,
    }
}

fn restore_source_row(engine: &mut dyn Engine, change: &Change) -> Result<bool, StoreError> {
    let field = |name: &str| {
        change
            .fields
            .get(name)
            .map_or(Value::Null, |images| image(images, 0))
    };
    let changed = engine.execute(
        "UPDATE source_keys SET row_digest = ?4, import_run = ?5, import_line = ?6, last_run = ?7 \
         WHERE human_id = ?1 AND source = ?2 AND occurrence = ?3",
        &[
            change.entity_id.into(),
            field("source"),
            field("occurrence"),
            field("row_digest"),
            field("import_run"),
            field("import_line"),
            field("last_run"),
        ],
    )?;
    Ok(changed == 1)
}

/// Deletes what the run created, children before parents.
fn empty_bulk_loaded(
    engine: &mut dyn Engine,
    run: i64,
    report: &mut UndoReport,
) -> Result<(), StoreError> {
    let mut delete = |table: &str| {
        engine.execute(
            &format!("DELETE FROM {table} WHERE import_run = ?1"),
            &[run.into()],
        )
    };
    report.links_deleted = delete("phone_human_links")?;
    report.consents_deleted = delete("consent_records")?;
    delete("source_keys")?;
    report.humans_deleted = delete("humans")?;
    report.phones_deleted = delete("phone_numbers")?;
    Ok(())
}

/// Removes the run's traces except itself and its issues, which stay for the record.
fn clear_bookkeeping(engine: &mut dyn Engine, run: i64) -> Result<(), StoreError> {
    for sql in [
        "UPDATE source_keys SET last_run = import_run WHERE last_run = ?1",
        "DELETE FROM record_changes WHERE import_run = ?1",
        "DELETE FROM import_deferred WHERE import_run = ?1",
        "UPDATE import_runs SET indexes_deferred = 0 WHERE number = ?1",
    ] {
        engine.execute(sql, &[run.into()])?;
    }
    Ok(())
}
