//! Reading and writing records of any kind by their ids.
//!
//! What this module does not do: it does not ask who may see them; the facade has asked before.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value as Json};

use super::count;
use super::engine::{Engine, OnConflict, Section};
use super::error::StoreError;
use super::id_list::in_stretches;
use super::schema::{self, Table};
use super::value::{Row, RowBlock, Value};
use crate::model::{EntityType, Id, Instant};

/// The table of a kind of record.
pub(crate) const fn table_of(entity_type: EntityType) -> &'static Table {
    match entity_type {
        EntityType::Human => &schema::HUMANS,
        EntityType::PhoneNumber => &schema::PHONE_NUMBERS,
        EntityType::Link => &schema::PHONE_HUMAN_LINKS,
        EntityType::ConsentRecord => &schema::CONSENT_RECORDS,
        EntityType::Interaction => &schema::INTERACTIONS,
    }
}

/// The column that says who owns a record of this kind.
pub(crate) const fn owner_column(entity_type: EntityType) -> &'static str {
    match entity_type {
        EntityType::Human | EntityType::PhoneNumber | EntityType::Link => "created_by_tenant_id",
        EntityType::ConsentRecord | EntityType::Interaction => "tenant_id",
    }
}

/// Calls `each` for the rows of a table whose `key` column is one of `ids`, in any order.
pub(crate) fn read_by(
    engine: &mut dyn Engine,
    table: &Table,
    columns: &[&str],
    key: &str,
    ids: &[Id],
    each: &mut dyn FnMut(&dyn Row) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let sql = format!(
        "SELECT {} FROM {} WHERE {key} IN",
        columns.join(", "),
        table.name
    );
    for_ids(engine, &sql, &[], ids, each)
}

/// Whose record each of these is; those that do not exist are left out.
pub(crate) fn owners(
    engine: &mut dyn Engine,
    entity_type: EntityType,
    ids: &[Id],
) -> Result<HashMap<Id, Id>, StoreError> {
    let mut owners = HashMap::with_capacity(ids.len());
    let columns = ["id", owner_column(entity_type)];
    read_by(
        engine,
        table_of(entity_type),
        &columns,
        "id",
        ids,
        &mut |row| {
            owners.insert(row.id(0)?, row.id(1)?);
            Ok(())
        },
    )?;
    Ok(owners)
}

/// These phone numbers in E.164.
pub(crate) fn e164_of(
    engine: &mut dyn Engine,
    numbers: &[Id],
) -> Result<HashMap<Id, String>, StoreError> {
    let mut found = HashMap::with_capacity(numbers.len());
    let columns = ["id", "phone_number"];
    read_by(
        engine,
        &schema::PHONE_NUMBERS,
        &columns,
        "id",
        numbers,
        &mut |row| {
            found.insert(row.id(0)?, row.text(1)?.to_owned());
            Ok(())
        },
    )?;
    Ok(found)
}

/// Calls `each` with number, tenant, metadata and what the tenant's registries said for every tie of a tenant to one of these phone
/// numbers.
pub(crate) fn read_ties(
    engine: &mut dyn Engine,
    tenant: Id,
    ids: &[Id],
    each: &mut dyn FnMut(&dyn Row) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let sql = "SELECT phone_number_id, tenant_id, metadata, dnc_status, dnc_date \
               FROM phone_number_ties \
               WHERE tenant_id = ?1 AND phone_number_id IN";
    for_ids(engine, sql, &[tenant.into()], ids, each)
}

/// Those of these phone numbers that another tenant brought in first and to which this one has a
/// tie.
pub(crate) fn tied(
    engine: &mut dyn Engine,
    tenant: Id,
    numbers: &[Id],
) -> Result<HashSet<Id>, StoreError> {
    let mut tied = HashSet::new();
    read_ties(engine, tenant, numbers, &mut |row| {
        tied.insert(row.id(0)?);
        Ok(())
    })?;
    Ok(tied)
}

/// Sets what a tenant attached to a phone number that another tenant brought in first.
pub(crate) fn set_tie_metadata(
    engine: &mut dyn Engine,
    tenant: Id,
    number: Id,
    metadata: &str,
) -> Result<(), StoreError> {
    engine.execute(
        "UPDATE phone_number_ties SET metadata = ?3 \
         WHERE tenant_id = ?1 AND phone_number_id = ?2",
        &[tenant.into(), number.into(), metadata.into()],
    )?;
    Ok(())
}

/// Inserts rows; a key that is taken is an error.
pub(crate) fn insert(engine: &mut dyn Engine, rows: &RowBlock) -> Result<(), StoreError> {
    engine.bulk_write(rows, OnConflict::Fail).map(|_| ())
}

/// Sets columns of one record.
pub(crate) fn update(
    engine: &mut dyn Engine,
    table: &Table,
    id: Id,
    changes: &[(&str, Value<'_>)],
) -> Result<(), StoreError> {
    let assignments: Vec<String> = (2..)
        .zip(changes)
        .map(|(mark, (column, _))| format!("{column} = ?{mark}"))
        .collect();
    let sql = format!(
        "UPDATE {} SET {} WHERE id = ?1",
        table.name,
        assignments.join(", ")
    );
    let mut parameters = vec![Value::Id(id)];
    parameters.extend(changes.iter().map(|(_, value)| *value));
    engine.execute(&sql, &parameters).map(|_| ())
}

/// Deletes one record.
pub(crate) fn delete(engine: &mut dyn Engine, table: &Table, id: Id) -> Result<(), StoreError> {
    let sql = format!("DELETE FROM {} WHERE id = ?1", table.name);
    engine.execute(&sql, &[id.into()]).map(|_| ())
}

/// Keeps what a change by hand replaced: each field's value before and after.
pub(crate) fn keep_before_image(
    engine: &mut dyn Engine,
    entity_type: EntityType,
    id: Id,
    fields: Map<String, Json>,
    at: Instant,
) -> Result<(), StoreError> {
    engine.enter(Section::RecordChanges)?;
    let sequence = count(engine, "SELECT max(sequence) FROM record_changes", &[])? + 1;
    let fields = Json::Object(fields).to_string();
    engine.execute(
        "INSERT INTO record_changes (sequence, import_run, import_line, entity_type, entity_id, \
         fields, changed_at) VALUES (?1, NULL, NULL, ?2, ?3, ?4, ?5)",
        &[
            sequence.into(),
            entity_type.as_str().into(),
            id.into(),
            fields.as_str().into(),
            at.into(),
        ],
    )?;
    Ok(())
}

/// Runs a query that ends in `IN` for all ids, in stretches.
pub(super) fn for_ids(
    engine: &mut dyn Engine,
    sql: &str,
    fixed: &[Value<'_>],
    ids: &[Id],
    each: &mut dyn FnMut(&dyn Row) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    in_stretches(engine.dialect(), fixed, ids, |list, parameters| {
        engine.query(&format!("{sql} ({list})"), parameters, each)
    })
}
