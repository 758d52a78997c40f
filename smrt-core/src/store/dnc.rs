//! Do-Not-Call registries in the store: versions, holdings, blocks of numbers, single listings.
//!
//! A registry's blocks hold its state after the last load. For each later version the members that
//! flipped are kept, so the state as of a version is the blocks, with the flips of all later
//! versions taken back. A load under way is a version too, and every reader takes it back, so that
//! nothing half loaded is ever seen.
//! What this module does not do: it does not say what follows from a listing.

pub(crate) mod block;
pub(crate) mod entry;
pub(crate) mod load;
pub(crate) mod number_status;

use super::engine::{Engine, OnConflict};
use super::error::{StoreError, StoreErrorKind};
use super::schema;
use super::value::{Row, RowBlock};
use crate::model::{AreaCodes, Id, Instant, RegistryKind, VersionKind};

/// A version of a registry that a tenant obtained.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Holding {
    pub(crate) registry: Id,
    pub(crate) name: String,
    pub(crate) kind: RegistryKind,
    pub(crate) jurisdiction: Option<String>,
    /// The store's number of the version, which no tenant is shown.
    pub(crate) version: i64,
    /// The tenant's own number of it.
    pub(crate) tenant_version: i64,
    pub(crate) version_kind: VersionKind,
    pub(crate) version_date: Instant,
    pub(crate) obtained_at: Instant,
    pub(crate) area_codes: AreaCodes,
    pub(crate) subscription_id: Option<String>,
    pub(crate) source_digest: String,
    pub(crate) numbers: i64,
    pub(crate) added: i64,
    pub(crate) removed: i64,
    pub(crate) recorded_at: Instant,
}

/// As of when something is asked: what was so by an instant, and was recorded by another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct AsOf {
    pub(crate) at: Instant,
    pub(crate) known_at: Instant,
}

const HOLDINGS: &str = "SELECT r.id, r.name, r.kind, r.jurisdiction, h.version, h.tenant_version, \
     v.version_date, h.obtained_at, h.area_codes, h.subscription_id, v.source_digest, v.numbers, \
     h.added, h.removed, h.recorded_at, v.kind \
     FROM dnc_holdings h JOIN dnc_registries r ON r.id = h.registry_id \
     JOIN dnc_versions v ON v.registry_id = h.registry_id AND v.version = h.version \
     WHERE h.tenant_id = ?1 AND h.obtained_at <= ?2 AND h.recorded_at <= ?3 \
     ORDER BY r.kind, r.name, r.id, h.obtained_at DESC, h.recorded_at DESC, h.tenant_version DESC";

/// What a tenant held, by registry, the newest first.
pub(crate) fn holdings(
    engine: &mut dyn Engine,
    tenant: Id,
    as_of: AsOf,
) -> Result<Vec<Holding>, StoreError> {
    let mut holdings = Vec::new();
    let parameters = [tenant.into(), as_of.at.into(), as_of.known_at.into()];
    engine.query(HOLDINGS, &parameters, &mut |row| {
        holdings.push(holding(row)?);
        Ok(())
    })?;
    Ok(holdings)
}

fn holding(row: &dyn Row) -> Result<Holding, StoreError> {
    Ok(Holding {
        registry: row.id(0)?,
        name: row.text(1)?.to_owned(),
        kind: kind(row.text(2)?)?,
        jurisdiction: row.optional_string(3)?,
        version: row.integer(4)?,
        tenant_version: row.integer(5)?,
        version_kind: version_kind(row.text(15)?)?,
        version_date: row.instant(6)?,
        obtained_at: row.instant(7)?,
        area_codes: area_codes(row.optional_text(8)?)?,
        subscription_id: row.optional_string(9)?,
        source_digest: row.text(10)?.to_owned(),
        numbers: row.integer(11)?,
        added: row.integer(12)?,
        removed: row.integer(13)?,
        recorded_at: row.instant(14)?,
    })
}

/// A registry: what it is called, and what it lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RegistryRow {
    pub(crate) id: Id,
    pub(crate) name: String,
    pub(crate) kind: RegistryKind,
}

/// The lists of a tenant's own.
pub(crate) fn own_registries(
    engine: &mut dyn Engine,
    tenant: Id,
) -> Result<Vec<RegistryRow>, StoreError> {
    let mut registries = Vec::new();
    let sql = "SELECT id, name, kind FROM dnc_registries WHERE tenant_id = ?1 ORDER BY kind, name";
    engine.query(sql, &[tenant.into()], &mut |row| {
        registries.push(RegistryRow {
            id: row.id(0)?,
            name: row.text(1)?.to_owned(),
            kind: kind(row.text(2)?)?,
        });
        Ok(())
    })?;
    Ok(registries)
}

/// Reads a kind back.
fn kind(text: &str) -> Result<RegistryKind, StoreError> {
    text.parse()
        .map_err(|_| damaged("a registry has an unknown kind"))
}

/// Reads how a version came to be back.
pub(crate) fn version_kind(text: &str) -> Result<VersionKind, StoreError> {
    text.parse()
        .map_err(|_| damaged("a version of a registry has an unknown kind"))
}

/// Reads area codes back: a JSON array of texts, or nothing for all.
pub(crate) fn area_codes(json: Option<&str>) -> Result<AreaCodes, StoreError> {
    let Some(json) = json else {
        return Ok(AreaCodes::All);
    };
    let codes: Vec<String> = serde_json::from_str(json).unwrap_or_default();
    let codes = codes.join(",");
    codes
        .parse()
        .map_err(|_| damaged("area codes of a registry cannot be read"))
}

/// Area codes as the store keeps them.
pub(crate) fn area_codes_json(codes: &AreaCodes) -> Option<String> {
    match codes {
        AreaCodes::All => None,
        AreaCodes::Only(codes) => {
            let codes: Vec<String> = codes.iter().map(u16::to_string).collect();
            serde_json::to_string(&codes).ok()
        }
    }
}

pub(crate) fn damaged(what: &'static str) -> StoreError {
    StoreError::new(StoreErrorKind::Damaged, "read", what)
}

/// A registry by its id, if it exists.
pub(crate) fn exists(engine: &mut dyn Engine, registry: Id) -> Result<bool, StoreError> {
    let sql = "SELECT count(*) FROM dnc_registries WHERE id = ?1";
    super::count(engine, sql, &[registry.into()]).map(|found| found > 0)
}

/// Adds a registry.
pub(crate) fn insert_registry(
    engine: &mut dyn Engine,
    registry: &RegistryRow,
    jurisdiction: Option<&str>,
    tenant: Option<Id>,
    at: Instant,
) -> Result<(), StoreError> {
    let mut rows = RowBlock::new(&schema::DNC_REGISTRIES);
    rows.push(registry.id);
    rows.push(registry.name.as_str());
    rows.push(registry.kind.as_str());
    rows.push(jurisdiction);
    rows.push(tenant);
    rows.push(at);
    rows.push("{}");
    engine.bulk_write(&rows, OnConflict::Fail).map(|_| ())
}

/// Adds a holding.
pub(crate) fn insert_holding(
    engine: &mut dyn Engine,
    tenant: Id,
    holding: &Holding,
) -> Result<(), StoreError> {
    let mut rows = RowBlock::new(&schema::DNC_HOLDINGS);
    rows.push(holding.registry);
    rows.push(holding.version);
    rows.push(tenant);
    rows.push(holding.obtained_at);
    rows.push(area_codes_json(&holding.area_codes).as_deref());
    rows.push(holding.subscription_id.as_deref());
    rows.push(holding.tenant_version);
    rows.push(holding.added);
    rows.push(holding.removed);
    rows.push(holding.recorded_at);
    engine.bulk_write(&rows, OnConflict::Skip).map(|_| ())
}
