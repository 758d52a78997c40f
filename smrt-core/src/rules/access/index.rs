//! Many grants in memory, so that a decision costs the same among a thousand and a million.

use std::collections::HashMap;
use std::ops::Range;

use super::{Facts, RecordAccess, direct, evaluate, show};
use crate::model::{EntityType, Grant, Id, Instant};

/// Grants by what they speak of.
///
/// ```
/// use smrt_core::model::{AccessLevel, EntityType, Grant, Id, Instant};
/// use smrt_core::rules::access::GrantIndex;
///
/// let (acme, beta) = (Id::of_tenant("acme"), Id::of_tenant("beta"));
/// let at = Instant::from_micros(0);
/// let index = GrantIndex::new(vec![Grant {
///     id: Id::from_bytes([1; 16]),
///     grantee: beta,
///     grantor: acme,
///     entity_type: EntityType::Link,
///     record: None,
///     field: None,
///     level: AccessLevel::Read,
///     created_at: at,
///     expires_at: None,
///     revoked_at: None,
/// }]);
/// let link = index.facts(EntityType::Link, Id::from_bytes([9; 16]), acme);
/// assert!(index.evaluate(&link, beta, at).is_visible());
/// ```
#[derive(Debug, Default)]
pub struct GrantIndex {
    // INVARIANT: sorted by `key`, then grantee.
    grants: Vec<Grant>,
    // INVARIANT: for every key the range of its grants.
    ranges: HashMap<Key, Range<usize>>,
}

/// The kind of record, and the record, or the owner of a type-wide grant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Key {
    Record(EntityType, Id),
    Type(EntityType, Id),
}

fn key(grant: &Grant) -> Key {
    match grant.record {
        Some(record) => Key::Record(grant.entity_type, record),
        None => Key::Type(grant.entity_type, grant.grantor),
    }
}

impl GrantIndex {
    /// An index of these grants.
    #[must_use]
    pub fn new(mut grants: Vec<Grant>) -> Self {
        grants.sort_unstable_by_key(|grant| (key(grant), grant.grantee, grant.id));
        let mut ranges: HashMap<Key, Range<usize>> = HashMap::new();
        for (position, grant) in grants.iter().enumerate() {
            let range = ranges.entry(key(grant)).or_insert(position..position);
            range.end = position + 1;
        }
        Self { grants, ranges }
    }

    /// How many grants there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.grants.len()
    }

    /// Whether there is no grant.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.grants.is_empty()
    }

    /// What the index knows of a record; consents and ties are the caller's to add.
    #[must_use]
    pub fn facts(&self, entity_type: EntityType, id: Id, owner: Id) -> Facts<'_> {
        Facts {
            entity_type,
            id,
            owner,
            record_grants: self.under(Key::Record(entity_type, id)),
            type_grants: self.under(Key::Type(entity_type, owner)),
            sharing_consents: &[],
            tie: None,
        }
    }

    /// As [`evaluate`], for facts of this index: however many tenants were granted something, only
    /// what the viewer was granted is looked at in the usual case.
    #[must_use]
    pub fn evaluate(&self, facts: &Facts<'_>, viewer: Id, at: Instant) -> RecordAccess {
        if viewer == facts.owner {
            return RecordAccess::owner(facts.entity_type);
        }
        let narrow = Facts {
            record_grants: of_grantee(facts.record_grants, viewer),
            type_grants: of_grantee(facts.type_grants, viewer),
            ..*facts
        };
        match direct(&narrow, viewer, at) {
            Some(codes) => show(facts, codes.access(), at),
            None => evaluate(facts, viewer, at),
        }
    }

    fn under(&self, key: Key) -> &[Grant] {
        let range = self.ranges.get(&key).cloned().unwrap_or_default();
        self.grants.get(range).unwrap_or_default()
    }
}

/// The grants to one tenant, of a slice that is sorted by grantee.
fn of_grantee(grants: &[Grant], grantee: Id) -> &[Grant] {
    let start = grants.partition_point(|grant| grant.grantee < grantee);
    let rest = grants.get(start..).unwrap_or_default();
    let len = rest.partition_point(|grant| grant.grantee == grantee);
    rest.get(..len).unwrap_or_default()
}
