//! Reading entries of one tenant's trail.

use super::hash::Hash;
use crate::model::{EntityType, Id, Instant};
use crate::store::engine::Engine;
use crate::store::error::StoreError;
use crate::store::value::{Row, Value};

/// An entry of a tenant's audit trail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// Its place in the tenant's trail, from 1.
    pub sequence: i64,
    /// The instant at which what it tells of was done.
    pub recorded_at: Instant,
    /// Who acted: an actor of the tenant, or `tenant:<slug>` for another tenant.
    pub actor: String,
    /// What was done, such as `human.add`.
    pub action: String,
    /// The kind of record it was done to.
    pub entity_type: Option<EntityType>,
    /// The record, where it was a single one.
    pub entity_id: Option<Id>,
    /// What else is known of it: a JSON object of ids, names of fields, counts and codes.
    pub detail: String,
    /// The hash of what the entry says.
    pub leaf_hash: [u8; 32],
    /// The hash of the trail up to and including the entry.
    pub chain_hash: [u8; 32],
}

/// Which entries of a tenant's trail are asked for; what is not set does not matter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditFilter {
    /// Behind this place of the trail.
    pub after: Option<i64>,
    /// Of this action.
    pub action: Option<String>,
    /// About this record.
    pub entity_id: Option<Id>,
    /// Recorded at or after this instant.
    pub since: Option<Instant>,
    /// Recorded before this instant.
    pub until: Option<Instant>,
    /// At most this many entries; never more than [`AuditFilter::LIMIT_MAX`].
    pub limit: u32,
}

impl AuditFilter {
    /// The most entries that one call returns.
    pub const LIMIT_MAX: u32 = 10_000;
}

impl Default for AuditFilter {
    /// The first hundred entries.
    fn default() -> Self {
        Self {
            after: None,
            action: None,
            entity_id: None,
            since: None,
            until: None,
            limit: 100,
        }
    }
}

const COLUMNS: &str = "sequence, recorded_at, actor, action, entity_type, entity_id, detail, \
                       leaf_hash, chain_hash";

/// The entries that a filter asks for, in the order of the trail.
pub(crate) fn entries(
    engine: &mut dyn Engine,
    tenant: Id,
    filter: &AuditFilter,
) -> Result<Vec<AuditEntry>, StoreError> {
    let mut sql = format!("SELECT {COLUMNS} FROM audit_log WHERE tenant_id = ?1");
    let mut parameters = vec![Value::Id(tenant)];
    let conditions = [
        ("sequence >", filter.after.map(Value::from)),
        ("action =", filter.action.as_deref().map(Value::from)),
        ("entity_id =", filter.entity_id.map(Value::from)),
        ("recorded_at >=", filter.since.map(Value::from)),
        ("recorded_at <", filter.until.map(Value::from)),
    ];
    for (condition, value) in conditions {
        if let Some(value) = value {
            parameters.push(value);
            sql.push_str(&format!(" AND {condition} ?{}", parameters.len()));
        }
    }
    let limit = filter.limit.min(AuditFilter::LIMIT_MAX);
    sql.push_str(&format!(" ORDER BY sequence LIMIT {limit}"));
    let mut found = Vec::new();
    engine.query(&sql, &parameters, &mut |row| {
        found.push(read(row)?);
        Ok(())
    })?;
    Ok(found)
}

/// The entry at a place of the trail.
pub(crate) fn entry(
    engine: &mut dyn Engine,
    tenant: Id,
    sequence: i64,
) -> Result<Option<AuditEntry>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM audit_log WHERE tenant_id = ?1 AND sequence = ?2");
    let mut found = None;
    engine.query(&sql, &[tenant.into(), sequence.into()], &mut |row| {
        found = Some(read(row)?);
        Ok(())
    })?;
    Ok(found)
}

/// How many entries at the end of a trail may have been recorded by clocks that disagree.
const DISAGREEING_ENTRIES_MAX: u32 = 1_000;

/// The latest instant at which one of the newest entries of a trail was recorded.
///
/// Entries stand in the order in which they were committed; where several machines write, their
/// clocks may put them into another one.
pub(crate) fn recorded_until(
    engine: &mut dyn Engine,
    tenant: Id,
) -> Result<Option<Instant>, StoreError> {
    let sql = format!(
        "SELECT recorded_at FROM audit_log WHERE tenant_id = ?1 \
         ORDER BY sequence DESC LIMIT {DISAGREEING_ENTRIES_MAX}"
    );
    let mut latest = None;
    engine.query(&sql, &[tenant.into()], &mut |row| {
        latest = latest.max(Some(row.instant(0)?));
        Ok(())
    })?;
    Ok(latest)
}

fn read(row: &dyn Row) -> Result<AuditEntry, StoreError> {
    let hash = |column: usize| -> Result<Hash, StoreError> {
        let hash = row.bytes(column)?.try_into();
        hash.map_err(|_| StoreError::unexpected_value(column))
    };
    let entity_type = row.optional_text(4)?.map(str::parse).transpose();
    Ok(AuditEntry {
        sequence: row.integer(0)?,
        recorded_at: row.instant(1)?,
        actor: row.text(2)?.to_owned(),
        action: row.text(3)?.to_owned(),
        entity_type: entity_type.map_err(|_| StoreError::unexpected_value(4))?,
        entity_id: row.optional_id(5)?,
        detail: row.text(6)?.to_owned(),
        leaf_hash: hash(7)?,
        chain_hash: hash(8)?,
    })
}
