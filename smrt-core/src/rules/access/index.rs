//! Many grants in memory, so that a decision costs the same among a thousand and a million.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hasher, RandomState};
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
/// assert_eq!((index.len(), index.is_empty()), (1, false));
/// ```
#[derive(Debug, Default)]
pub struct GrantIndex {
    // INVARIANT: sorted by `key`, then grantee.
    grants: Vec<Grant>,
    // INVARIANT: for every record the range of the grants on it.
    records: HashMap<(EntityType, Id), Range<u32>, IdState>,
    // INVARIANT: for every owner the range of its type-wide grants. Apart, since there are few.
    types: HashMap<(EntityType, Id), Range<u32>, IdState>,
}

/// Hashes ids with a secret of the process, so that nobody can choose ids that meet. They are
/// spread already, so one multiplication does.
#[derive(Debug, Clone, Copy)]
struct IdState(u64);

impl Default for IdState {
    fn default() -> Self {
        Self(RandomState::new().hash_one(0_u8) | 1)
    }
}

impl BuildHasher for IdState {
    type Hasher = IdHasher;

    fn build_hasher(&self) -> IdHasher {
        IdHasher {
            secret: self.0,
            state: self.0,
        }
    }
}

struct IdHasher {
    secret: u64,
    state: u64,
}

impl IdHasher {
    fn mix(&mut self, word: u64) {
        let product = u128::from(self.state ^ word) * u128::from(self.secret);
        let (high, low) = ((product >> 64) as u64, product as u64);
        self.state = high ^ low;
    }
}

impl Hasher for IdHasher {
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word.iter_mut()
                .zip(chunk)
                .for_each(|(to, from)| *to = *from);
            self.mix(u64::from_le_bytes(word));
        }
    }

    fn write_usize(&mut self, number: usize) {
        self.mix(number as u64);
    }

    fn finish(&self) -> u64 {
        self.state
    }
}

/// The kind of record, and the record, or the owner of a type-wide grant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
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
        let mut index = Self::default();
        for (position, grant) in (0..).zip(&grants) {
            let (ranges, id) = match key(grant) {
                Key::Record(_, id) => (&mut index.records, id),
                Key::Type(_, id) => (&mut index.types, id),
            };
            let range = ranges
                .entry((grant.entity_type, id))
                .or_insert(position..position);
            range.end = position + 1;
        }
        index.grants = grants;
        index
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
            record_grants: self.under(self.records.get(&(entity_type, id))),
            type_grants: self.under(self.types.get(&(entity_type, owner))),
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

    fn under(&self, range: Option<&Range<u32>>) -> &[Grant] {
        let range = range.map(|range| range.start as usize..range.end as usize);
        let grants = range.and_then(|range| self.grants.get(range));
        grants.unwrap_or_default()
    }
}

/// The grants to one tenant, of a slice that is sorted by grantee.
fn of_grantee(grants: &[Grant], grantee: Id) -> &[Grant] {
    let start = grants.partition_point(|grant| grant.grantee < grantee);
    let rest = grants.get(start..).unwrap_or_default();
    let len = rest.partition_point(|grant| grant.grantee == grantee);
    rest.get(..len).unwrap_or_default()
}
