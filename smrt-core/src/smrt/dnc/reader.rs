//! Facts for decisions: what a tenant's registries and answers say of many numbers.

use std::collections::HashMap;

use super::super::error::SmrtError;
use crate::model::{
    BLOCK_NUMBERS, Id, Instant, Members, NumberSet, RegistryKind, Territory, block_of, member_of,
};
use crate::phone::E164;
use crate::rules::contact::{Listing, ReassignedFact, RegistryFact};
use crate::rules::rule::Jurisdiction;
use crate::store::dnc::block::{self, BlockState};
use crate::store::dnc::{AsOf, Holding, entry, holdings, own_registries};
use crate::store::{Engine, StoreError};

/// The most memory that blocks may take in a reader for many numbers: a whole nation's.
pub(crate) const BATCH_CACHE_BYTES_MAX: usize = 320 * 1024 * 1024;

/// From this many numbers in a call on it pays to know first which have single listings.
const FILTER_NUMBERS_MIN: usize = 256;
/// How many blocks are read before they are kept.
const BLOCKS_PER_READ: usize = 4_096;

/// What is known of one number.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DncFacts {
    /// What the national and state registries of the number's country say.
    pub registries: Vec<RegistryFact>,
    /// Listings on the tenant's own lists, each still standing.
    pub listings: Vec<Listing>,
    /// What the Reassigned Numbers Database answered.
    pub reassigned: Vec<ReassignedFact>,
}

/// Reads facts for one tenant as of one instant, and keeps the blocks it has seen.
///
/// The state as of a held version never changes, so a reader may be used across transactions.
pub(crate) struct DncReader {
    tenant: Id,
    as_of: AsOf,
    registries: Vec<HeldRegistry>,
    own: Vec<(Id, RegistryKind)>,
    filters: Option<Filters>,
    cache_bytes_left: usize,
}

/// Which numbers have rows of their own at all.
struct Filters {
    listed: NumberSet,
    answered: NumberSet,
}

struct HeldRegistry {
    registry: Id,
    kind: RegistryKind,
    jurisdiction: Option<Jurisdiction>,
    territory: Option<Territory>,
    // INVARIANT: not empty, the newest first.
    holdings: Vec<Holding>,
    blocks: HashMap<u64, KnownBlock>,
}

/// A block as of the version that the tenant relies on for it.
struct KnownBlock {
    /// Which of the holdings covers it.
    holding: usize,
    members: Members,
    /// What the versions flipped that were loaded since the first.
    flips: Vec<(i64, Members)>,
}

impl DncReader {
    /// A reader of what `tenant` knew by `known_at` of the state at `at`. Blocks are kept up to
    /// `cache_bytes_max`; for a single number 0 does.
    pub(crate) fn open(
        engine: &mut dyn Engine,
        tenant: Id,
        at: Instant,
        known_at: Instant,
        cache_bytes_max: usize,
    ) -> Result<Self, SmrtError> {
        let as_of = AsOf { at, known_at };
        let held = holdings(engine, tenant, as_of)?;
        let registries = held
            .chunk_by(|left, right| left.registry == right.registry)
            .filter_map(HeldRegistry::of)
            .collect();
        let own = own_registries(engine, tenant)?;
        Ok(Self {
            tenant,
            as_of,
            registries,
            own: own.into_iter().map(|own| (own.id, own.kind)).collect(),
            filters: None,
            cache_bytes_left: cache_bytes_max,
        })
    }

    /// The facts of each number, in order. Numbers are best sorted, and may repeat.
    pub(crate) fn read(
        &mut self,
        engine: &mut dyn Engine,
        numbers: &[E164],
    ) -> Result<Vec<DncFacts>, SmrtError> {
        let mut facts = vec![DncFacts::default(); numbers.len()];
        for registry in &mut self.registries {
            registry.read(engine, numbers, &mut facts, &mut self.cache_bytes_left)?;
        }
        self.read_rows(engine, numbers, &mut facts)?;
        Ok(facts)
    }

    /// Whether a registry is a list of the tenant's own.
    pub(super) fn is_own(&self, registry: Id) -> bool {
        self.own.iter().any(|(own, _)| *own == registry)
    }

    fn held(&self, registry: Id) -> Option<&HeldRegistry> {
        self.registries
            .iter()
            .find(|held| held.registry == registry)
    }

    /// The stretches of blocks of a registry that the tenant holds something of.
    pub(super) fn stretches(&self, registry: Id) -> Option<Vec<(u64, u64)>> {
        let held = self.held(registry)?;
        let mut stretches: Vec<(u64, u64)> = held
            .holdings
            .iter()
            .flat_map(|holding| holding.area_codes.stretches())
            .collect();
        stretches.sort_unstable();
        // Where all is covered, no other stretch is needed.
        let widest = stretches
            .iter()
            .max_by_key(|(first, last)| last - first)
            .copied();
        if let Some(widest) = widest {
            stretches.retain(|stretch| {
                *stretch == widest || stretch.0 > widest.1 || stretch.1 < widest.0
            });
        }
        stretches.dedup();
        Some(stretches)
    }

    /// The numbers of a block that a registry lists for the tenant, and since when each.
    pub(super) fn listed(
        &self,
        registry: Id,
        block: u64,
        state: BlockState,
    ) -> Vec<(E164, Instant)> {
        let Some(held) = self.held(registry) else {
            return Vec::new();
        };
        let Some(known) = held.known(block, state) else {
            return Vec::new();
        };
        let first = block * u64::from(BLOCK_NUMBERS);
        let members = known.members.iter();
        let listed = members.filter_map(|member| {
            let number = E164::from_digits(first + u64::from(member))?;
            Some((number, held.since(&known, block, member)))
        });
        listed.collect()
    }

    /// Reads single listings and answers.
    fn read_rows(
        &mut self,
        engine: &mut dyn Engine,
        numbers: &[E164],
        facts: &mut [DncFacts],
    ) -> Result<(), SmrtError> {
        if self.filters.is_none() && numbers.len() >= FILTER_NUMBERS_MIN {
            let (mut listed, mut answered) = (NumberSet::new(), NumberSet::new());
            for (registry, _) in &self.own {
                entry::listed_numbers(engine, *registry, &mut listed)?;
            }
            entry::answered_numbers(engine, self.tenant, &mut answered)?;
            self.filters = Some(Filters { listed, answered });
        }
        for (number, facts) in numbers.iter().zip(facts) {
            let (may_be_listed, may_be_answered) = match &self.filters {
                Some(filters) => (
                    filters.listed.contains(*number),
                    filters.answered.contains(*number),
                ),
                None => (true, true),
            };
            if may_be_listed || may_be_answered {
                self.read_rows_of(engine, *number, facts)?;
            }
        }
        Ok(())
    }

    fn read_rows_of(
        &self,
        engine: &mut dyn Engine,
        number: E164,
        facts: &mut DncFacts,
    ) -> Result<(), StoreError> {
        let text = number.to_string();
        let listings = &mut facts.listings;
        for (registry, kind) in &self.own {
            entry::standing(
                engine,
                *registry,
                &text,
                self.as_of,
                &mut |id, listed_at| {
                    let kind = *kind;
                    listings.push(Listing {
                        id,
                        kind,
                        listed_at,
                    });
                },
            )?;
        }
        entry::answers(engine, self.tenant, &text, self.as_of, &mut |kept| {
            facts.reassigned.push(ReassignedFact {
                id: kept.id,
                query_date: kept.query_date,
                answer: kept.answer,
                checked_at: kept.checked_at,
            });
        })
    }
}

impl HeldRegistry {
    fn of(holdings: &[Holding]) -> Option<Self> {
        let newest = holdings.first()?;
        let jurisdiction: Option<Jurisdiction> = newest
            .jurisdiction
            .as_deref()
            .and_then(|text| text.parse().ok());
        let country = jurisdiction.map(|jurisdiction| jurisdiction.country().to_string());
        let region = country.and_then(|country| country.parse().ok());
        Some(Self {
            registry: newest.registry,
            kind: newest.kind,
            jurisdiction,
            territory: region.map(Territory::of),
            holdings: holdings.to_vec(),
            blocks: HashMap::new(),
        })
    }

    /// Whether the registry could list a number at all.
    fn is_about(&self, number: E164) -> bool {
        let own = || self.territory.as_ref().map(|own| own.contains(number));
        // A tenant's own list may have numbers of any country.
        self.kind.is_own() || own().unwrap_or(true)
    }

    /// The newest holding that covers a block.
    fn covering(&self, block: u64) -> Option<usize> {
        let covers = |holding: &Holding| holding.area_codes.cover_block(block);
        self.holdings.iter().position(covers)
    }

    fn read(
        &mut self,
        engine: &mut dyn Engine,
        numbers: &[E164],
        facts: &mut [DncFacts],
        cache_bytes_left: &mut usize,
    ) -> Result<(), SmrtError> {
        // Blocks that find no room are kept until the next call.
        let mut passing = HashMap::new();
        self.fetch(engine, numbers, cache_bytes_left, &mut passing)?;
        let mut of_block = None;
        for (number, facts) in numbers.iter().zip(facts) {
            let block = block_of(*number);
            let known = match of_block {
                Some((of, known)) if of == block => known,
                _ => self.blocks.get(&block).or_else(|| passing.get(&block)),
            };
            of_block = Some((block, known));
            self.tell(*number, known, facts);
        }
        Ok(())
    }

    /// Adds what the registry says of a number.
    fn tell(&self, number: E164, known: Option<&KnownBlock>, facts: &mut DncFacts) {
        if !self.is_about(number) {
            return;
        }
        let holding = known.and_then(|known| self.holdings.get(known.holding));
        let Some(shown) = holding.or(self.holdings.first()) else {
            return;
        };
        let member = member_of(number);
        let listed_since = known
            .filter(|known| known.members.contains(member))
            .map(|known| self.since(known, block_of(number), member));
        if self.kind.is_own() {
            facts.listings.extend(listed_since.map(|listed_at| Listing {
                id: self.registry,
                kind: self.kind,
                listed_at,
            }));
            return;
        }
        facts.registries.push(RegistryFact {
            registry: self.registry,
            kind: self.kind,
            jurisdiction: self.jurisdiction,
            version: shown.tenant_version,
            version_date: shown.version_date,
            obtained_at: shown.obtained_at,
            covered: holding.is_some(),
            listed_since,
        });
    }

    /// The date of the oldest version, of those the tenant held, since which a listed number was
    /// never seen unlisted.
    fn since(&self, known: &KnownBlock, block: u64, member: u16) -> Instant {
        let mut held = self.holdings.iter().skip(known.holding);
        let Some(newest) = held.next() else {
            return Instant::from_micros(0);
        };
        let mut since = newest.version_date;
        for older in held.filter(|holding| holding.area_codes.cover_block(block)) {
            // Which of the two was loaded first need not be the one that was obtained first.
            let between = older.version.min(newest.version)..older.version.max(newest.version);
            let flips = known.flips.iter().filter(|(version, flipped)| {
                between.contains(&(version - 1)) && flipped.contains(member)
            });
            if flips.count() % 2 == 1 {
                break;
            }
            since = older.version_date;
        }
        since
    }

    /// Reads the blocks of these numbers that are not known yet.
    fn fetch(
        &mut self,
        engine: &mut dyn Engine,
        numbers: &[E164],
        cache_bytes_left: &mut usize,
        passing: &mut HashMap<u64, KnownBlock>,
    ) -> Result<(), SmrtError> {
        let mut wanted: Vec<u64> = Vec::new();
        for number in numbers {
            let block = block_of(*number);
            if wanted.last() != Some(&block)
                && self.is_about(*number)
                && !self.blocks.contains_key(&block)
                && self.covering(block).is_some()
            {
                wanted.push(block);
            }
        }
        wanted.sort_unstable();
        wanted.dedup();
        for stretch in wanted.chunks(BLOCKS_PER_READ) {
            for (block, state) in block::read_these(engine, self.registry, stretch)? {
                self.keep(block, state, cache_bytes_left, passing);
            }
        }
        // That a block has no member is worth keeping too.
        for block in wanted {
            if !self.blocks.contains_key(&block) && !passing.contains_key(&block) {
                self.keep(block, BlockState::default(), cache_bytes_left, passing);
            }
        }
        Ok(())
    }

    /// A block as the tenant may know it; nothing where it holds nothing that covers it.
    fn known(&self, block: u64, state: BlockState) -> Option<KnownBlock> {
        let holding = self.covering(block)?;
        let version = self.holdings.get(holding)?.version;
        let (members, flips) = state.into_as_of(version);
        Some(KnownBlock {
            holding,
            members,
            flips,
        })
    }

    fn keep(
        &mut self,
        block: u64,
        state: BlockState,
        cache_bytes_left: &mut usize,
        passing: &mut HashMap<u64, KnownBlock>,
    ) {
        let size_bytes = state.size_bytes();
        let Some(known) = self.known(block, state) else {
            return;
        };
        match cache_bytes_left.checked_sub(size_bytes) {
            Some(left) => {
                *cache_bytes_left = left;
                self.blocks.insert(block, known);
            }
            None => {
                passing.insert(block, known);
            }
        }
    }
}
