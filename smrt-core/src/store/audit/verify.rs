//! Walks a tenant's trail from its first entry to its last and says what is wrong first.

use super::fault::AuditFault;
use super::hash::{self, Hash, LeafHasher};
use super::merkle::Tree;
use crate::model::Id;
use crate::store::count;
use crate::store::engine::Engine;
use crate::store::error::{StoreError, StoreErrorKind};
use crate::store::value::{Row, Value};

/// What a verification of one trail found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditVerification {
    /// How many entries were found as they were appended, one after the other from the first.
    pub entries: u64,
    /// What is wrong first; none for a sound trail.
    pub fault: Option<AuditFault>,
}

impl AuditVerification {
    /// Whether nothing is wrong.
    #[must_use]
    pub const fn is_sound(&self) -> bool {
        self.fault.is_none()
    }
}

/// What a walk along a trail found.
#[derive(Debug)]
pub(crate) struct Walked {
    pub(crate) verification: AuditVerification,
    /// The Merkle root of the entries that were asked for, if there are so many.
    pub(crate) root: Option<Hash>,
}

/// The columns of a row of the walk. All but the last two are what the leaf hash covers, behind
/// the tenant's id.
const COLUMNS: [&str; 9] = [
    "sequence",
    "recorded_at",
    "actor",
    "action",
    "entity_type",
    "entity_id",
    "detail",
    "leaf_hash",
    "chain_hash",
];

/// At how many places of a trail a moved entry is looked for; trying them takes some seconds.
const PLACES_TRIED_MAX: i64 = 10_000_000;

/// Where the trail ends according to its head.
struct Head {
    entries: i64,
    chain: Hash,
}

/// Verifies a tenant's trail inside the caller's transaction, and takes the Merkle root of its
/// first `root_of` entries on the way.
///
/// # Errors
///
/// Those of the engine; what is wrong with the trail is in the result.
pub(crate) fn verify(
    engine: &mut dyn Engine,
    tenant: Id,
    root_of: RootOf,
) -> Result<Walked, StoreError> {
    let head = read_head(engine, tenant)?;
    let mut walk = Walk::new(tenant, root_of);
    if let Ok(Some(head)) = &head {
        walk.watched = head.entries;
    }
    let sql = format!(
        "SELECT {} FROM audit_log WHERE tenant_id = ?1 ORDER BY sequence",
        COLUMNS.join(", ")
    );
    let mut fault = None;
    let walked = engine.query(&sql, &[tenant.into()], &mut |row| {
        walk.entry(row).map_err(|found| {
            fault = Some(found);
            // Any error ends the query; this one is not seen by anybody.
            StoreError::new(StoreErrorKind::Damaged, "verify", "the walk ends here")
        })
    });
    let fault = match fault {
        Some(AuditFault::Altered {
            sequence,
            column: None,
        }) => {
            let places = places(engine, tenant)?;
            Some(walk.altered_or_moved(sequence, places))
        }
        Some(fault) => Some(fault),
        None => {
            walked?;
            walk.end(head)
        }
    };
    Ok(Walked {
        verification: AuditVerification {
            entries: walk.sound_entries(),
            fault,
        },
        root: walk.root(),
    })
}

/// How many entries a Merkle root is taken of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RootOf {
    /// None is wanted.
    Nothing,
    /// This many from the first.
    First(u64),
    /// All there are.
    All,
}

/// Where the trail ends; a fault when that cannot be read.
fn read_head(
    engine: &mut dyn Engine,
    tenant: Id,
) -> Result<Result<Option<Head>, AuditFault>, StoreError> {
    let mut head = Ok(None);
    engine.query(
        "SELECT entries, chain_hash FROM audit_heads WHERE tenant_id = ?1",
        &[tenant.into()],
        &mut |row| {
            let entries = row.integer(0).ok();
            let chain = row.bytes(1).ok().and_then(|hash| hash.try_into().ok());
            head = match (entries, chain) {
                (Some(entries), Some(chain)) => Ok(Some(Head { entries, chain })),
                (None, _) => Err(AuditFault::HeadAltered { column: "entries" }),
                (_, None) => Err(AuditFault::HeadAltered {
                    column: "chain_hash",
                }),
            };
            Ok(())
        },
    )?;
    Ok(head)
}

/// The highest place that a moved entry may come from.
fn places(engine: &mut dyn Engine, tenant: Id) -> Result<i64, StoreError> {
    let rows = count(
        engine,
        "SELECT count(*) FROM audit_log WHERE tenant_id = ?1",
        &[tenant.into()],
    )?;
    // Some more, for entries that were removed.
    Ok(rows
        .saturating_mul(2)
        .saturating_add(1_000)
        .min(PLACES_TRIED_MAX))
}

struct Walk {
    tenant: Id,
    hasher: LeafHasher,
    /// How many entries were found right, which is also the place of the last of them.
    entries: i64,
    /// The chain hash of the last entry, as it must be.
    chain: Hash,
    /// The last entry's chain hash is not what it must be, though the entry itself is. What
    /// follows shows which of the two was changed.
    suspect: bool,
    /// The place at which the head says that the trail ends, and the chain hash there.
    watched: i64,
    watched_chain: Option<Hash>,
    /// The leaf hash in the row of the entry that was looked at last.
    stored_leaf: Hash,
    tree: Option<Tree>,
    root_of: RootOf,
}

impl Walk {
    fn new(tenant: Id, root_of: RootOf) -> Self {
        Self {
            tenant,
            hasher: LeafHasher::default(),
            entries: 0,
            chain: hash::ZERO,
            suspect: false,
            watched: 0,
            watched_chain: None,
            stored_leaf: hash::ZERO,
            tree: (root_of != RootOf::Nothing).then(Tree::default),
            root_of,
        }
    }

    /// Looks at the next entry.
    fn entry(&mut self, row: &dyn Row) -> Result<(), AuditFault> {
        let expected = self.entries + 1;
        let sequence = match row.value(0) {
            Ok(Value::Integer(sequence)) => sequence,
            _ => return Err(unreadable(expected, 0)),
        };
        let stored_leaf = hash_of(row, 7).ok_or_else(|| unreadable(sequence, 7));
        let stored_chain = hash_of(row, 8).ok_or_else(|| unreadable(sequence, 8));
        if self.suspect {
            return Err(self.changed_before(stored_leaf.ok(), stored_chain.ok()));
        }
        if sequence > expected {
            return Err(AuditFault::Missing { sequence: expected });
        }
        if sequence < expected {
            return Err(AuditFault::Surplus { sequence });
        }
        self.hasher.begin();
        self.hasher.value(Value::Id(self.tenant));
        self.hasher.value(Value::Integer(sequence));
        for column in 1..7 {
            let value = row.value(column);
            self.hasher
                .value(value.map_err(|_| unreadable(sequence, column))?);
        }
        let (stored_leaf, stored_chain) = (stored_leaf?, stored_chain?);
        let leaf = self.hasher.finish();
        let chain = hash::chain(&self.chain, &leaf);
        if leaf != stored_leaf {
            self.stored_leaf = stored_leaf;
            // If the chain covers what the entry says, it was the leaf hash that was changed.
            let column = (chain == stored_chain).then_some("leaf_hash");
            return Err(AuditFault::Altered { sequence, column });
        }
        self.suspect = chain != stored_chain;
        self.chain = chain;
        self.entries = sequence;
        if sequence == self.watched {
            self.watched_chain = Some(chain);
        }
        self.grow(leaf);
        Ok(())
    }

    fn grow(&mut self, leaf: Hash) {
        let Some(tree) = &mut self.tree else { return };
        let wanted = match self.root_of {
            RootOf::Nothing => false,
            RootOf::First(entries) => tree.leaves() < entries,
            RootOf::All => true,
        };
        if wanted {
            tree.push(leaf);
        }
    }

    /// What was changed when the last entry's chain hash is wrong: only that hash, if the next
    /// hash follows from what it should be.
    fn changed_before(&self, next_leaf: Option<Hash>, next_chain: Option<Hash>) -> AuditFault {
        let follows = match (next_leaf, next_chain) {
            (Some(leaf), Some(chain)) => hash::chain(&self.chain, &leaf) == chain,
            _ => false,
        };
        self.suspicion(follows)
    }

    fn suspicion(&self, follows: bool) -> AuditFault {
        let sequence = self.entries;
        match follows {
            true => AuditFault::Altered {
                sequence,
                column: Some("chain_hash"),
            },
            false => AuditFault::Broken { sequence },
        }
    }

    /// An entry whose leaf hash does not cover it: it was moved there from another place whose
    /// number the hash covers, or it was altered.
    fn altered_or_moved(&mut self, sequence: i64, places: i64) -> AuditFault {
        let appended_as = (1..=places).find(|place| {
            *place != sequence && self.hasher.at_sequence(*place) == self.stored_leaf
        });
        match appended_as {
            Some(appended_as) => AuditFault::Reordered {
                sequence,
                appended_as,
            },
            None => AuditFault::Altered {
                sequence,
                column: None,
            },
        }
    }

    /// Compares the end of the walk with the head.
    fn end(&self, head: Result<Option<Head>, AuditFault>) -> Option<AuditFault> {
        let head = match head {
            Ok(head) => head,
            Err(_) if self.suspect => return Some(self.suspicion(false)),
            Err(fault) => return Some(fault),
        };
        if self.suspect {
            let follows = head.is_some_and(|head| head.chain == self.chain);
            return Some(self.suspicion(follows));
        }
        let Some(head) = head else {
            return (self.entries > 0).then_some(AuditFault::HeadMissing);
        };
        match (head.entries == self.entries, head.chain == self.chain) {
            (true, true) => None,
            (true, false) => Some(AuditFault::HeadMismatch),
            (false, true) => Some(AuditFault::HeadAltered { column: "entries" }),
            (false, false) if head.entries > self.entries => Some(AuditFault::Truncated {
                sequence: self.entries + 1,
                appended: head.entries,
            }),
            (false, false) if self.watched_chain == Some(head.chain) || head.entries == 0 => {
                Some(AuditFault::Surplus {
                    sequence: head.entries + 1,
                })
            }
            (false, false) => Some(AuditFault::HeadMismatch),
        }
    }

    /// How many entries are as they were appended.
    fn sound_entries(&self) -> u64 {
        u64::try_from(self.entries - i64::from(self.suspect)).unwrap_or(0)
    }

    /// The root that was asked for, if there were enough entries.
    fn root(&self) -> Option<Hash> {
        let tree = self.tree.as_ref()?;
        match self.root_of {
            RootOf::First(entries) if tree.leaves() < entries => None,
            RootOf::First(_) | RootOf::All => Some(tree.root()),
            RootOf::Nothing => None,
        }
    }
}

fn unreadable(sequence: i64, column: usize) -> AuditFault {
    AuditFault::Unreadable {
        sequence,
        column: COLUMNS.get(column).copied().unwrap_or_default(),
    }
}

fn hash_of(row: &dyn Row, column: usize) -> Option<Hash> {
    match row.value(column) {
        Ok(Value::Bytes(bytes)) => bytes.try_into().ok(),
        _ => None,
    }
}
