//! Grants and the other facts on which access rests: written one by one, read for many records at
//! once.
//!
//! What this module does not do: it does not weigh them; `rules::access` does.

use std::collections::HashMap;

use super::engine::Engine;
use super::error::StoreError;
use super::records::for_ids;
use super::value::{Row, Value};
use crate::model::{
    AccessLevel, ConsentStatus, EntityType, Field, Grant, Id, Instant, SharingConsent,
};

/// The columns of a grant, in the order in which [`grant`] reads them.
const GRANT_COLUMNS: &str = "p.id, p.tenant_id, p.granted_by_tenant_id, p.entity_type, \
     p.entity_id, p.field_name, p.access_level, p.created_at, p.expires_at, v.revoked_at";

/// Grants with their revocations.
const GRANTS: &str =
    "data_access_permissions p LEFT JOIN access_revocations v ON v.permission_id = p.id";

/// Grants on these records, to one tenant or to anyone, whether they live or not.
pub(crate) fn on_records(
    engine: &mut dyn Engine,
    entity_type: EntityType,
    ids: &[Id],
    grantee: Option<Id>,
) -> Result<Vec<Grant>, StoreError> {
    let mut grants = Vec::new();
    let mut fixed = vec![entity_type.as_str().into()];
    let to_grantee = match grantee {
        Some(grantee) => {
            fixed.push(grantee.into());
            "p.tenant_id = ?2 AND "
        }
        None => "",
    };
    let sql = format!(
        "SELECT {GRANT_COLUMNS} FROM {GRANTS} \
         WHERE {to_grantee}p.entity_type = ?1 AND p.entity_id IN"
    );
    for_ids(engine, &sql, &fixed, ids, &mut |row| {
        grants.push(grant(row)?);
        Ok(())
    })?;
    Ok(grants)
}

/// Type-wide grants on a kind of record, to one tenant or to anyone, whether they live or not.
pub(crate) fn on_type(
    engine: &mut dyn Engine,
    entity_type: EntityType,
    grantee: Option<Id>,
) -> Result<Vec<Grant>, StoreError> {
    let mut parameters = vec![entity_type.as_str().into()];
    let to_grantee = match grantee {
        Some(grantee) => {
            parameters.push(grantee.into());
            " AND p.tenant_id = ?2"
        }
        None => "",
    };
    let sql = format!(
        "SELECT {GRANT_COLUMNS} FROM {GRANTS} \
         WHERE p.entity_type = ?1 AND p.entity_id IS NULL{to_grantee}"
    );
    read(engine, &sql, &parameters)
}

/// Grants by their ids; those that do not exist are left out.
pub(crate) fn by_ids(engine: &mut dyn Engine, ids: &[Id]) -> Result<Vec<Grant>, StoreError> {
    let mut grants = Vec::new();
    let sql = format!("SELECT {GRANT_COLUMNS} FROM {GRANTS} WHERE p.id IN");
    for_ids(engine, &sql, &[], ids, &mut |row| {
        grants.push(grant(row)?);
        Ok(())
    })?;
    Ok(grants)
}

/// A page of the grants that a tenant gave or received, or of those on one record, by id; those
/// that were made by an instant.
pub(crate) fn list(
    engine: &mut dyn Engine,
    of: GrantsOf,
    at: Instant,
    after: Option<Id>,
    limit: u32,
) -> Result<Vec<Grant>, StoreError> {
    let (condition, key, entity_type) = match of {
        GrantsOf::Grantor(tenant) => ("p.granted_by_tenant_id = ?1", tenant, None),
        GrantsOf::Grantee(tenant) => ("p.tenant_id = ?1", tenant, None),
        GrantsOf::Record(entity_type, id) => (
            "p.entity_id = ?1 AND p.entity_type = ?5",
            id,
            Some(entity_type),
        ),
    };
    let sql = format!(
        "SELECT {GRANT_COLUMNS} FROM {GRANTS} WHERE {condition} AND p.id > ?2 \
         AND p.created_at <= ?4 ORDER BY p.id LIMIT ?3"
    );
    let mut parameters = vec![
        key.into(),
        first_after(after).into(),
        i64::from(limit).into(),
        at.into(),
    ];
    parameters.extend(entity_type.map(|kind| Value::from(kind.as_str())));
    read(engine, &sql, &parameters)
}

/// Which grants are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum GrantsOf {
    /// Those a tenant gave.
    Grantor(Id),
    /// Those a tenant received.
    Grantee(Id),
    /// Those on a record.
    Record(EntityType, Id),
}

/// The cursor before everything.
pub(crate) fn first_after(after: Option<Id>) -> Id {
    after.unwrap_or(Id::from_bytes([0; 16]))
}

/// Writes a grant; its revocation is an event of its own.
pub(crate) fn insert(engine: &mut dyn Engine, grant: &Grant) -> Result<(), StoreError> {
    engine.execute(
        "INSERT INTO data_access_permissions (id, tenant_id, entity_type, entity_id, field_name, \
         access_level, granted_by_tenant_id, expires_at, created_at) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        &[
            grant.id.into(),
            grant.grantee.into(),
            grant.entity_type.as_str().into(),
            grant.record.into(),
            grant.field.map(Field::name).into(),
            grant.level.as_str().into(),
            grant.grantor.into(),
            grant.expires_at.into(),
            grant.created_at.into(),
        ],
    )?;
    Ok(())
}

/// Writes a revocation.
pub(crate) fn revoke(
    engine: &mut dyn Engine,
    grant: Id,
    by: Id,
    at: Instant,
) -> Result<(), StoreError> {
    engine.execute(
        "INSERT INTO access_revocations (permission_id, revoked_at, revoked_by_tenant_id) \
         VALUES (?1, ?2, ?3)",
        &[grant.into(), at.into(), by.into()],
    )?;
    Ok(())
}

/// The `data_sharing` consents of these humans, each with the tenant that recorded it.
pub(crate) fn sharing_consents(
    engine: &mut dyn Engine,
    humans: &[Id],
) -> Result<HashMap<(Id, Id), Vec<SharingConsent>>, StoreError> {
    let mut consents: HashMap<(Id, Id), Vec<SharingConsent>> = HashMap::new();
    let sql = "SELECT c.human_id, c.tenant_id, c.consent_status, c.consent_date, \
               c.expiration_date FROM consent_records c \
               WHERE c.consent_type = 'data_sharing' AND c.human_id IN";
    for_ids(engine, sql, &[], humans, &mut |row| {
        let of_human = consents.entry((row.id(0)?, row.id(1)?)).or_default();
        of_human.push(sharing_consent(row, 2)?);
        Ok(())
    })?;
    Ok(consents)
}

/// A consent event: status, date and end, from a column on. What is no status takes back.
fn sharing_consent(row: &dyn Row, first: usize) -> Result<SharingConsent, StoreError> {
    Ok(SharingConsent {
        status: row.text(first)?.parse().unwrap_or(ConsentStatus::Revoked),
        date: row.optional_instant(first + 1)?,
        expires_at: row.optional_instant(first + 2)?,
    })
}

/// Of which humans an owner's consents are read.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Humans<'h> {
    /// All between two ids, both included: for many that lie close together.
    Between(Id, Id),
    /// Those between two ids on whom this tenant was granted something, live or not: for many that
    /// lie far apart.
    GrantedTo(Id, Id, Id),
    /// These, in the order of their ids.
    Each(&'h [Id]),
}

/// The `data_sharing` consents that a tenant recorded, in the order of their humans; some may come
/// several times.
pub(crate) fn sharing_consents_of(
    engine: &mut dyn Engine,
    owner: Id,
    humans: Humans<'_>,
) -> Result<Vec<(Id, SharingConsent)>, StoreError> {
    let mut consents = Vec::new();
    let mut each = |row: &dyn Row| {
        consents.push((row.id(0)?, sharing_consent(row, 1)?));
        Ok(())
    };
    let sql = "SELECT c.human_id, c.consent_status, c.consent_date, c.expiration_date \
               FROM consent_records c \
               WHERE c.tenant_id = ?1 AND c.consent_type = 'data_sharing' AND c.human_id";
    match humans {
        Humans::Between(first, last) => {
            let sql = format!("{sql} BETWEEN ?2 AND ?3 ORDER BY c.human_id");
            engine.query(&sql, &[owner.into(), first.into(), last.into()], &mut each)?;
        }
        Humans::GrantedTo(viewer, first, last) => {
            let sql = "SELECT c.human_id, c.consent_status, c.consent_date, c.expiration_date \
                       FROM data_access_permissions p CROSS JOIN consent_records c \
                       WHERE p.tenant_id = ?4 AND p.entity_type = 'human' \
                       AND p.entity_id BETWEEN ?2 AND ?3 AND c.tenant_id = ?1 \
                       AND c.consent_type = 'data_sharing' AND c.human_id = p.entity_id \
                       ORDER BY p.entity_id";
            let parameters = [owner.into(), first.into(), last.into(), viewer.into()];
            engine.query(sql, &parameters, &mut each)?;
        }
        Humans::Each(ids) => {
            let sql = format!("{sql} IN");
            for_ids(engine, &sql, &[owner.into()], ids, &mut each)?;
            consents.sort_unstable_by_key(|(human, _)| *human);
        }
    }
    Ok(consents)
}

/// A link on a number: its id, what it ties, and the owner.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LinkOnNumber {
    pub(crate) id: Id,
    pub(crate) number: Id,
    pub(crate) human: Id,
    pub(crate) owner: Id,
}

/// The links on these numbers.
pub(crate) fn links_on(
    engine: &mut dyn Engine,
    numbers: &[Id],
) -> Result<Vec<LinkOnNumber>, StoreError> {
    let mut links = Vec::new();
    let sql = "SELECT l.id, l.phone_number_id, l.human_id, l.created_by_tenant_id \
               FROM phone_human_links l WHERE l.phone_number_id IN";
    for_ids(engine, sql, &[], numbers, &mut |row| {
        links.push(LinkOnNumber {
            id: row.id(0)?,
            number: row.id(1)?,
            human: row.id(2)?,
            owner: row.id(3)?,
        });
        Ok(())
    })?;
    Ok(links)
}

fn read(
    engine: &mut dyn Engine,
    sql: &str,
    parameters: &[Value<'_>],
) -> Result<Vec<Grant>, StoreError> {
    let mut grants = Vec::new();
    engine.query(sql, parameters, &mut |row| {
        grants.push(grant(row)?);
        Ok(())
    })?;
    Ok(grants)
}

/// A grant in the order of [`GRANT_COLUMNS`].
fn grant(row: &dyn Row) -> Result<Grant, StoreError> {
    let unexpected = StoreError::unexpected_value;
    let entity_type: EntityType = row.text(3)?.parse().map_err(|_| unexpected(3))?;
    let field = row
        .optional_text(5)?
        .map(|name| Field::parse(entity_type, name).map_err(|_| unexpected(5)))
        .transpose()?;
    let level: AccessLevel = row.text(6)?.parse().map_err(|_| unexpected(6))?;
    Ok(Grant {
        id: row.id(0)?,
        grantee: row.id(1)?,
        grantor: row.id(2)?,
        entity_type,
        record: row.optional_id(4)?,
        field,
        level,
        created_at: row.instant(7)?,
        expires_at: row.optional_instant(8)?,
        revoked_at: row.optional_instant(9)?,
    })
}
