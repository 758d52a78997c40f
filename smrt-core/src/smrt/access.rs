//! Where facts of the store and the pure rule of access meet.

use std::collections::HashMap;

use super::unit::Unit;
use crate::model::{EntityType, FieldSet, Id};
use crate::store::records::{owner_column, read_by, table_of};
use crate::store::{Store, StoreError};

/// What the session's tenant may do with a record it can see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct RecordAccess {
    /// Who owns the record.
    pub(super) owner: Id,
    /// Fields it may see; never empty.
    pub(super) readable: FieldSet,
    /// Fields it may change.
    pub(super) writable: FieldSet,
}

/// Whether anything was ever granted to a tenant; if not, it sees its own records only.
pub(super) fn has_received_grants(store: &mut Store, tenant: Id) -> Result<bool, StoreError> {
    store.has_received_grants(tenant)
}

/// What the tenant may do with each of these records; those it cannot see are left out, whether
/// they exist or not.
pub(super) fn of_records(
    unit: &mut Unit<'_>,
    entity_type: EntityType,
    ids: &[Id],
) -> Result<HashMap<Id, RecordAccess>, StoreError> {
    let own = unit.tenant.id;
    let mut accesses = HashMap::new();
    let columns = ["id", owner_column(entity_type)];
    let table = table_of(entity_type);
    read_by(unit.engine, table, &columns, "id", ids, &mut |row| {
        if row.id(1)? == own {
            accesses.insert(
                row.id(0)?,
                RecordAccess {
                    owner: own,
                    readable: FieldSet::all(entity_type),
                    writable: FieldSet::all(entity_type),
                },
            );
        }
        Ok(())
    })?;
    Ok(accesses)
}

/// The next records the tenant can see in the order of their ids, after `after`.
pub(super) fn page(
    unit: &mut Unit<'_>,
    entity_type: EntityType,
    after: Option<Id>,
    limit: u32,
) -> Result<Vec<(Id, RecordAccess)>, StoreError> {
    let own = unit.tenant.id;
    let mut ids = Vec::new();
    let sql = format!(
        "SELECT id FROM {} WHERE {} = ?1 AND id > ?2 ORDER BY id LIMIT ?3",
        table_of(entity_type).name,
        owner_column(entity_type)
    );
    let after = after.unwrap_or(Id::from_bytes([0; 16]));
    let parameters = [own.into(), after.into(), i64::from(limit).into()];
    unit.engine.query(&sql, &parameters, &mut |row| {
        ids.push(row.id(0)?);
        Ok(())
    })?;
    let all = RecordAccess {
        owner: own,
        readable: FieldSet::all(entity_type),
        writable: FieldSet::all(entity_type),
    };
    Ok(ids.into_iter().map(|id| (id, all)).collect())
}
