//! Where records came from: the run, the file and the line of each value.
//!
//! What this module does not do: it does not ask who may know; the facade shows a tenant the
//! origins of its own records only.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use serde_json::{Map, Value as Json};

use super::engine::Engine;
use super::error::StoreError;
use super::records::read_by;
use super::schema::{self, Table};
use super::value::Row;
use crate::model::{Id, Instant};

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The import run, by the tenant's own number.
    pub run: i64,
    /// Its file's name.
    pub file: String,
    /// The line of that file, from 1.
    pub line: u64,
}

/// A row of a source from which a human was imported.
#[derive(Clone, PartialEq, Eq)]
pub struct SourceKey {
    /// The name of the source.
    pub source: String,
    /// The key the source knows the human by.
    pub source_key: String,
    /// Where the row was last read.
    pub origin: Origin,
}

impl std::fmt::Debug for SourceKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SourceKey(****)")
    }
}

/// The run and line a row of the store names.
type Place = (i64, u64);

/// The origins of records that were imported.
pub(crate) fn of_records(
    engine: &mut dyn Engine,
    table: &Table,
    ids: &[Id],
) -> Result<HashMap<Id, Origin>, StoreError> {
    let mut places = Vec::new();
    let columns = ["id", "import_run", "import_line"];
    read_by(engine, table, &columns, "id", ids, &mut |row| {
        if let Some(place) = place(row, 1)? {
            places.push((row.id(0)?, place));
        }
        Ok(())
    })?;
    let mut files = Files::default();
    places
        .into_iter()
        .map(|(id, place)| Ok((id, files.origin(engine, place)?)))
        .collect()
}

/// Since when a tenant knows a phone number, and where it learned of it.
pub(crate) fn of_number(
    engine: &mut dyn Engine,
    tenant: Id,
    number: Id,
) -> Result<Option<(Instant, Option<Origin>)>, StoreError> {
    let mut found = None;
    engine.query(
        "SELECT created_at, import_run, import_line FROM phone_numbers \
         WHERE id = ?1 AND created_by_tenant_id = ?2 \
         UNION ALL \
         SELECT created_at, import_run, import_line FROM phone_number_ties \
         WHERE phone_number_id = ?1 AND tenant_id = ?2",
        &[number.into(), tenant.into()],
        &mut |row| {
            found = Some((row.instant(0)?, place(row, 1)?));
            Ok(())
        },
    )?;
    match found {
        None => Ok(None),
        Some((since, None)) => Ok(Some((since, None))),
        Some((since, Some(place))) => {
            let origin = Files::default().origin(engine, place)?;
            Ok(Some((since, Some(origin))))
        }
    }
}

/// The origin of each field of a human: its last change by an import, or else the record's own.
/// A field that was last changed by hand has none.
pub(crate) fn of_human_fields(
    engine: &mut dyn Engine,
    human: Id,
    fields: &[&'static str],
) -> Result<HashMap<&'static str, Origin>, StoreError> {
    let mut created = None;
    let columns = ["import_run", "import_line"];
    read_by(
        engine,
        &schema::HUMANS,
        &columns,
        "id",
        &[human],
        &mut |row| {
            created = place(row, 0)?;
            Ok(())
        },
    )?;
    let mut last: HashMap<String, Option<Place>> = HashMap::new();
    engine.query(
        "SELECT fields, import_run, import_line FROM record_changes \
         WHERE entity_id = ?1 AND entity_type = 'human' ORDER BY sequence",
        &[human.into()],
        &mut |row| {
            let changed: Map<String, Json> =
                serde_json::from_str(row.text(0)?).map_err(|_| StoreError::unexpected_value(0))?;
            let by = place(row, 1)?;
            last.extend(changed.into_iter().map(|(name, _)| (name, by)));
            Ok(())
        },
    )?;
    let mut files = Files::default();
    let mut origins = HashMap::new();
    for field in fields {
        if let Some(place) = last.get(*field).copied().unwrap_or(created) {
            origins.insert(*field, files.origin(engine, place)?);
        }
    }
    Ok(origins)
}

/// The rows of sources from which a human was imported.
pub(crate) fn source_keys(
    engine: &mut dyn Engine,
    human: Id,
) -> Result<Vec<SourceKey>, StoreError> {
    let mut rows = Vec::new();
    engine.query(
        "SELECT s.source, s.source_key, r.tenant_number, r.file_name, s.import_line \
         FROM source_keys s JOIN import_runs r ON r.number = s.import_run \
         WHERE s.human_id = ?1 ORDER BY s.source, s.occurrence",
        &[human.into()],
        &mut |row| {
            rows.push(SourceKey {
                source: row.text(0)?.to_owned(),
                source_key: row.text(1)?.to_owned(),
                origin: Origin {
                    run: row.integer(2)?,
                    file: row.text(3)?.to_owned(),
                    line: u64::try_from(row.integer(4)?).unwrap_or(0),
                },
            });
            Ok(())
        },
    )?;
    Ok(rows)
}

fn place(row: &dyn Row, column: usize) -> Result<Option<Place>, StoreError> {
    let run = row.optional_integer(column)?;
    let line = row.optional_integer(column + 1)?;
    Ok(run
        .zip(line)
        .and_then(|(run, line)| Some((run, u64::try_from(line).ok()?))))
}

/// Names of files by run, so that each is read once.
#[derive(Default)]
struct Files(HashMap<i64, (i64, String)>);

impl Files {
    fn origin(&mut self, engine: &mut dyn Engine, place: Place) -> Result<Origin, StoreError> {
        let (run, line) = place;
        let known = match self.0.entry(run) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(unknown) => {
                let mut found = (0, String::new());
                let sql = "SELECT tenant_number, file_name FROM import_runs WHERE number = ?1";
                engine.query(sql, &[run.into()], &mut |row| {
                    found = (row.integer(0)?, row.text(1)?.to_owned());
                    Ok(())
                })?;
                unknown.insert(found)
            }
        };
        let (run, file) = known.clone();
        Ok(Origin { run, file, line })
    }
}
