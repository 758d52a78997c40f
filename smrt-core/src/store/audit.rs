//! The audit trail: one hash chain for each tenant, appended to in the transaction of what it
//! records.
//!
//! What this module does not do: it does not decide what is worth an entry; the facade does.

use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::engine::Engine;
use super::error::StoreError;
use super::value::Value;
use crate::model::{EntityType, Field, Id, Instant};

/// An entry to be appended.
#[derive(Debug, Clone)]
pub(crate) struct NewEntry {
    /// Whose trail it goes to.
    pub(crate) tenant: Id,
    /// Who acted: an actor of the tenant, or `tenant:<slug>` for another tenant.
    pub(crate) actor: String,
    /// What was done, such as `human.add`.
    pub(crate) action: &'static str,
    /// The kind of record it was done to.
    pub(crate) entity_type: Option<EntityType>,
    /// The record, where it was a single one.
    pub(crate) entity_id: Option<Id>,
    /// What else is to be known of it.
    pub(crate) detail: Detail,
}

/// More of an entry: ids, names of fields, counts and codes, nothing of what a record says.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Detail {
    /// The names of the fields.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) fields: Vec<&'static str>,
    /// How many records, where there may be several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) rows: Option<u64>,
    /// SHA-256 over the ids of the records in their order, in hexadecimal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) digest: Option<String>,
    /// The other tenant concerned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) tenant: Option<String>,
    /// The grant concerned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) grant: Option<String>,
    /// The access level granted or needed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) access_level: Option<&'static str>,
    /// When what was granted ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) expires_at: Option<String>,
    /// The import run, by the tenant's own number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) run: Option<i64>,
    /// Where the import run came to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) status: Option<&'static str>,
    /// Why something was refused: a stable code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<&'static str>,
}

impl Detail {
    /// The names of these fields.
    pub(crate) fn of_fields(fields: impl IntoIterator<Item = Field>) -> Self {
        Self {
            fields: fields.into_iter().map(Field::name).collect(),
            ..Self::default()
        }
    }

    /// A batch of records: how many, and a digest of their ids.
    pub(crate) fn with_rows<'i>(mut self, ids: impl IntoIterator<Item = &'i Id>) -> Self {
        let mut hash = Sha256::new();
        let mut rows = 0;
        for id in ids {
            hash.update(id.as_bytes());
            rows += 1;
        }
        self.rows = Some(rows);
        self.digest = Some(hex(&hash.finalize()));
        self
    }
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Appends entries, each to the end of its tenant's chain, inside the caller's write transaction.
pub(crate) fn append(
    engine: &mut dyn Engine,
    entries: &[NewEntry],
    at: Instant,
) -> Result<(), StoreError> {
    for entry in entries {
        let (sequence, previous) = head(engine, entry.tenant)?;
        let sequence = sequence + 1;
        let detail =
            serde_json::to_string(&entry.detail).map_err(|_| StoreError::unexpected_value(7))?;
        let values = [
            Value::Id(entry.tenant),
            sequence.into(),
            at.into(),
            entry.actor.as_str().into(),
            entry.action.into(),
            entry.entity_type.map(EntityType::as_str).into(),
            entry.entity_id.into(),
            detail.as_str().into(),
        ];
        let leaf = leaf_hash(&values);
        let chain = chain_hash(&previous, &leaf);
        let mut parameters = values.to_vec();
        parameters.extend([Value::Bytes(&leaf), Value::Bytes(&chain)]);
        engine.execute(
            "INSERT INTO audit_log (tenant_id, sequence, recorded_at, actor, action, entity_type, \
             entity_id, detail, leaf_hash, chain_hash) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
            &parameters,
        )?;
        let head = [entry.tenant.into(), sequence.into(), Value::Bytes(&chain)];
        let known = engine.execute(
            "UPDATE audit_heads SET entries = ?2, chain_hash = ?3 WHERE tenant_id = ?1",
            &head,
        )?;
        if known == 0 {
            engine.execute(
                "INSERT INTO audit_heads (tenant_id, entries, chain_hash) VALUES (?1, ?2, ?3)",
                &head,
            )?;
        }
    }
    Ok(())
}

/// How many entries a tenant's trail has, and its last chain hash; zeros before the first.
fn head(engine: &mut dyn Engine, tenant: Id) -> Result<(i64, [u8; 32]), StoreError> {
    let mut head = (0, [0; 32]);
    engine.query(
        "SELECT entries, chain_hash FROM audit_heads WHERE tenant_id = ?1",
        &[tenant.into()],
        &mut |row| {
            let hash = row.bytes(1)?;
            head = (
                row.integer(0)?,
                hash.try_into()
                    .map_err(|_| StoreError::unexpected_value(1))?,
            );
            Ok(())
        },
    )?;
    Ok(head)
}

/// The hash of what an entry says: RFC 6962's leaf hash, SHA-256 of a zero byte and the entry's
/// values, each marked with its kind and length.
fn leaf_hash(values: &[Value<'_>]) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update([0]);
    values
        .iter()
        .for_each(|value| super::digest::absorb(&mut hash, *value));
    hash.finalize().into()
}

/// The hash of a chain up to an entry: SHA-256 of a one byte, the hash before it and its leaf hash.
fn chain_hash(previous: &[u8; 32], leaf: &[u8; 32]) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update([1]);
    hash.update(previous);
    hash.update(leaf);
    hash.finalize().into()
}
