//! The audit trail: one hash chain for each tenant, appended to in the transaction of what it
//! records. docs/audit.md says byte by byte what is hashed.
//!
//! What this module does not do: it does not decide what is worth an entry; the facade does.

mod fault;
mod hash;
#[cfg(feature = "testing")]
mod made_up;
mod merkle;
mod read;
mod verify;

use std::collections::BTreeSet;

use serde::Serialize;
use sha2::{Digest as _, Sha256};

pub use self::fault::AuditFault;
use self::hash::{Hash, LEAF_VALUES, LeafHasher};
pub use self::read::{AuditEntry, AuditFilter};
pub(crate) use self::read::{entries, entry, recorded_until};
pub use self::verify::AuditVerification;
pub(crate) use self::verify::{RootOf, Walked, verify};
use super::engine::{Engine, Section};
use super::error::{StoreError, StoreErrorKind};
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
    /// The Do-Not-Call registry concerned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) registry: Option<String>,
    /// The version of the registry, by the tenant's own number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) version: Option<i64>,
    /// How many numbers were added.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) added: Option<u64>,
    /// How many numbers were removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) removed: Option<u64>,
    /// SHA-256 of the content of a file, in hexadecimal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) source_digest: Option<String>,
    /// The record of a scrub: what was asked, what was relied on, and what came out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) scrub: Option<serde_json::Value>,
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

/// Where a tenant's trail ends.
#[derive(Debug, Clone, Copy)]
struct Head {
    tenant: Id,
    entries: i64,
    chain: Hash,
}

/// Appends entries, each to the end of its tenant's chain, inside the caller's write transaction.
///
/// The end of a trail is read once and written once in a call, however many entries it gets.
pub(crate) fn append(
    engine: &mut dyn Engine,
    entries: &[NewEntry],
    at: Instant,
) -> Result<(), StoreError> {
    // In one order, so that no two transactions wait for each other.
    let tenants: BTreeSet<Id> = entries.iter().map(|entry| entry.tenant).collect();
    let mut heads = Vec::with_capacity(tenants.len());
    for tenant in tenants {
        engine.enter(Section::AuditTrail(tenant))?;
        heads.push(read_head(engine, tenant)?);
    }
    let mut hasher = LeafHasher::default();
    for entry in entries {
        if let Some(head) = heads.iter_mut().find(|head| head.tenant == entry.tenant) {
            append_one(engine, &mut hasher, head, entry, at)?;
        }
    }
    heads.iter().try_for_each(|head| write_head(engine, head))
}

fn append_one(
    engine: &mut dyn Engine,
    hasher: &mut LeafHasher,
    head: &mut Head,
    entry: &NewEntry,
    at: Instant,
) -> Result<(), StoreError> {
    let sequence = head.entries + 1;
    let detail = serde_json::to_string(&entry.detail).map_err(|_| {
        StoreError::new(
            StoreErrorKind::Invalid,
            "append to audit trail",
            "the detail of an audit entry cannot be written as JSON",
        )
    })?;
    let values: [Value<'_>; LEAF_VALUES] = [
        entry.tenant.into(),
        sequence.into(),
        at.into(),
        entry.actor.as_str().into(),
        entry.action.into(),
        entry.entity_type.map(EntityType::as_str).into(),
        entry.entity_id.into(),
        detail.as_str().into(),
    ];
    let leaf = hasher.leaf(values);
    let chain = hash::chain(&head.chain, &leaf);
    let [
        tenant,
        sequence_value,
        at,
        actor,
        action,
        entity_type,
        entity_id,
        detail,
    ] = values;
    let written = engine.execute(
        "INSERT INTO audit_log (tenant_id, sequence, recorded_at, actor, action, entity_type, \
         entity_id, detail, leaf_hash, chain_hash) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        &[
            tenant,
            sequence_value,
            at,
            actor,
            action,
            entity_type,
            entity_id,
            detail,
            Value::Bytes(&leaf),
            Value::Bytes(&chain),
        ],
    );
    match written {
        Err(error) if error.kind() == StoreErrorKind::Constraint => Err(StoreError::with_source(
            StoreErrorKind::Damaged,
            "append to audit trail",
            "the tenant's audit trail does not end where its record of the end says",
            error,
        )),
        written => written,
    }?;
    head.entries = sequence;
    head.chain = chain;
    Ok(())
}

/// Where a tenant's trail ends; zeros before the first entry.
fn read_head(engine: &mut dyn Engine, tenant: Id) -> Result<Head, StoreError> {
    let mut head = Head {
        tenant,
        entries: 0,
        chain: hash::ZERO,
    };
    engine.query(
        "SELECT entries, chain_hash FROM audit_heads WHERE tenant_id = ?1",
        &[tenant.into()],
        &mut |row| {
            head.entries = row.integer(0)?;
            let chain = row.bytes(1)?.try_into();
            head.chain = chain.map_err(|_| StoreError::unexpected_value(1))?;
            Ok(())
        },
    )?;
    Ok(head)
}

fn write_head(engine: &mut dyn Engine, head: &Head) -> Result<(), StoreError> {
    let values = [
        head.tenant.into(),
        head.entries.into(),
        Value::Bytes(&head.chain),
    ];
    let known = engine.execute(
        "UPDATE audit_heads SET entries = ?2, chain_hash = ?3 WHERE tenant_id = ?1",
        &values,
    )?;
    if known == 0 {
        engine.execute(
            "INSERT INTO audit_heads (tenant_id, entries, chain_hash) VALUES (?1, ?2, ?3)",
            &values,
        )?;
    }
    Ok(())
}

#[cfg(all(test, feature = "sqlite"))]
mod tests {
    use super::*;
    use crate::model::Actor;
    use crate::store::{NewTenant, Store};

    const AT: Instant = Instant::from_micros(1_795_249_800_000_000);

    fn entry(tenant: Id, action: &'static str) -> NewEntry {
        NewEntry {
            tenant,
            actor: "crm-sync".to_owned(),
            action,
            entity_type: None,
            entity_id: None,
            detail: Detail::default(),
        }
    }

    #[test]
    fn entries_of_several_tenants_in_one_call_go_to_their_own_trails_in_order() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::create(&folder.path().join("a.db").into(), Some(AT)).unwrap();
        let [acme, beta] = ["acme", "beta"].map(|slug| {
            let tenant = NewTenant {
                slug: slug.parse().unwrap(),
                name: slug.to_owned(),
            };
            store.add_tenant(&tenant, &Actor::unknown(), AT).unwrap().id
        });
        let batch = [
            entry(acme, "one"),
            entry(beta, "two"),
            entry(acme, "three"),
            entry(acme, "four"),
        ];
        store
            .transaction(|engine| append(engine, &batch, AT))
            .unwrap();
        store.transaction(|engine| append(engine, &[], AT)).unwrap();
        let mut actions = |tenant| -> Vec<String> {
            let found = entries(store.engine(), tenant, &AuditFilter::default()).unwrap();
            assert!(store.verify_audit(tenant).unwrap().is_sound());
            found.into_iter().map(|entry| entry.action).collect()
        };
        assert_eq!(actions(acme), ["tenant.add", "one", "three", "four"]);
        assert_eq!(actions(beta), ["tenant.add", "two"]);
    }

    #[test]
    fn a_transaction_that_fails_leaves_no_entry_behind() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::create(&folder.path().join("a.db").into(), Some(AT)).unwrap();
        let tenant = NewTenant {
            slug: "acme".parse().unwrap(),
            name: "Acme".to_owned(),
        };
        let acme = store.add_tenant(&tenant, &Actor::unknown(), AT).unwrap().id;
        let batch = [entry(acme, "one"), entry(Id::of_tenant("nobody"), "two")];
        // There is no such tenant to refer to.
        store
            .transaction(|engine| append(engine, &batch, AT))
            .unwrap_err();
        // The slug is taken, so nothing was added and nothing is told of it.
        store
            .add_tenant(&tenant, &Actor::unknown(), AT)
            .unwrap_err();
        let verification = store.verify_audit(acme).unwrap();
        assert_eq!((verification.entries, verification.fault), (1, None));
    }

    #[test]
    fn a_detail_is_written_without_what_it_does_not_say() {
        let json = |detail: &Detail| serde_json::to_string(detail).unwrap();
        assert_eq!(json(&Detail::default()), "{}");
        let ids = [Id::of_tenant("a"), Id::of_tenant("b")];
        let detail = Detail::default().with_rows(&ids);
        assert_eq!(detail.rows, Some(2));
        let other_order = Detail::default().with_rows(ids.iter().rev());
        assert_ne!(detail.digest, other_order.digest);
        assert!(json(&detail).starts_with("{\"rows\":2,\"digest\":\""));
    }
}
