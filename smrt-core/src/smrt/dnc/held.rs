//! What a tenant holds, and what that says of numbers.

use super::super::error::SmrtError;
use super::super::session::TenantSession;
use super::super::unit::Unit;
use super::reader::{DncFacts, DncReader};
use crate::model::{AreaCodes, Id, Instant, Module, RegistryKind, VersionKind};
use crate::phone::E164;
use crate::store::Access;
use crate::store::dnc::{self, AsOf, Holding, entry};

/// A registry that a tenant holds a version of, or a list of its own.
#[derive(Clone, PartialEq, Eq)]
pub struct DncRegistry {
    /// The registry's id.
    pub id: Id,
    /// What it is called.
    pub name: String,
    /// What kind it is.
    pub kind: RegistryKind,
    /// Whose it is, such as `US` or `US-TX`.
    pub jurisdiction: Option<String>,
    /// The versions that the tenant holds, the newest first; none for a list with single listings
    /// only.
    pub versions: Vec<DncVersion>,
    /// How many numbers the newest version lists.
    pub numbers: u64,
    /// How many single listings stand.
    pub entries: u64,
}

/// A version of a registry that a tenant obtained.
#[derive(Clone, PartialEq, Eq)]
pub struct DncVersion {
    /// The tenant's own number of it.
    pub version: i64,
    /// How it came to be.
    pub kind: VersionKind,
    /// Its date.
    pub version_date: Instant,
    /// When the tenant obtained it.
    pub obtained_at: Instant,
    /// What it covers.
    pub area_codes: AreaCodes,
    /// Under which subscription.
    pub subscription_id: Option<String>,
    /// SHA-256 of the file's content, in hexadecimal.
    pub source_digest: String,
    /// How many numbers it lists.
    pub numbers: u64,
    /// How many of them the version before did not.
    pub added: u64,
    /// How many the version before listed and this does not.
    pub removed: u64,
    /// When that was recorded.
    pub recorded_at: Instant,
}

impl std::fmt::Debug for DncRegistry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DncRegistry")
            .field("id", &self.id)
            .field("kind", &self.kind)
            .field("versions", &self.versions)
            .finish_non_exhaustive()
    }
}

impl std::fmt::Debug for DncVersion {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DncVersion")
            .field("version", &self.version)
            .field("kind", &self.kind)
            .field("version_date", &self.version_date)
            .finish_non_exhaustive()
    }
}

impl From<&Holding> for DncVersion {
    fn from(holding: &Holding) -> Self {
        let count = |number: i64| u64::try_from(number).unwrap_or(0);
        Self {
            version: holding.tenant_version,
            kind: holding.version_kind,
            version_date: holding.version_date,
            obtained_at: holding.obtained_at,
            area_codes: holding.area_codes.clone(),
            subscription_id: holding.subscription_id.clone(),
            source_digest: holding.source_digest.clone(),
            numbers: count(holding.numbers),
            added: count(holding.added),
            removed: count(holding.removed),
            recorded_at: holding.recorded_at,
        }
    }
}

impl TenantSession<'_> {
    /// The registries that the tenant holds as of an instant, by kind and name.
    ///
    /// # Errors
    ///
    /// Those of the store.
    ///
    /// ```
    /// # use smrt_core::smrt::doc::{now, store};
    /// # let mut smrt = store()?;
    /// let mut session = smrt.tenant("acme")?.acting_as("compliance".parse()?);
    /// assert!(session.dnc_registries(now())?.is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn dnc_registries(&mut self, at: Instant) -> Result<Vec<DncRegistry>, SmrtError> {
        self.require(Module::Consent, at)?;
        Unit::run(self, Access::Read, at, |unit| {
            let tenant = unit.tenant.id;
            let as_of = AsOf { at, known_at: at };
            let held = dnc::holdings(unit.engine, tenant, as_of)?;
            let mut registries: Vec<DncRegistry> = held
                .chunk_by(|left, right| left.registry == right.registry)
                .filter_map(registry)
                .collect();
            for own in dnc::own_registries(unit.engine, tenant)? {
                let entries = entry::count_standing(unit.engine, own.id, as_of)?;
                match registries.iter_mut().find(|registry| registry.id == own.id) {
                    Some(registry) => registry.entries = entries,
                    None => registries.push(DncRegistry {
                        id: own.id,
                        name: own.name,
                        kind: own.kind,
                        jurisdiction: None,
                        versions: Vec::new(),
                        numbers: 0,
                        entries,
                    }),
                }
            }
            registries.sort_by(|left, right| {
                let key = |registry: &DncRegistry| (registry.kind.as_str(), registry.name.clone());
                key(left).cmp(&key(right))
            });
            Ok(registries)
        })
    }

    /// What the tenant's registries, and the Reassigned Numbers Database, say of each number as of
    /// `at`, as it was known by `known_at`; in order.
    ///
    /// # Errors
    ///
    /// Those of the store.
    ///
    /// ```
    /// # use smrt_core::smrt::doc::{now, store};
    /// # let mut smrt = store()?;
    /// let mut session = smrt.tenant("acme")?.acting_as("compliance".parse()?);
    /// let facts = session.check_dnc(&["+12025550143".parse()?], now(), now())?;
    /// // No list was loaded, so nothing is said; that is not to say that the number is free.
    /// assert!(facts[0].registries.is_empty() && facts[0].listings.is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn check_dnc(
        &mut self,
        numbers: &[E164],
        at: Instant,
        known_at: Instant,
    ) -> Result<Vec<DncFacts>, SmrtError> {
        self.require(Module::Consent, at)?;
        Unit::run(self, Access::Read, at, |unit| {
            let mut reader = DncReader::open(unit.engine, unit.tenant.id, at, known_at, 0)?;
            // In the order of their blocks each is read and looked for once.
            let mut order: Vec<usize> = (0..numbers.len()).collect();
            order.sort_unstable_by_key(|place| numbers.get(*place));
            let sorted = order
                .iter()
                .filter_map(|place| numbers.get(*place).copied());
            let facts = reader.read(unit.engine, &sorted.collect::<Vec<E164>>())?;
            let mut answers = vec![DncFacts::default(); numbers.len()];
            for (place, facts) in order.into_iter().zip(facts) {
                if let Some(answer) = answers.get_mut(place) {
                    *answer = facts;
                }
            }
            Ok(answers)
        })
    }
}

fn registry(holdings: &[Holding]) -> Option<DncRegistry> {
    let newest = holdings.first()?;
    Some(DncRegistry {
        id: newest.registry,
        name: newest.name.clone(),
        kind: newest.kind,
        jurisdiction: newest.jurisdiction.clone(),
        versions: holdings.iter().map(DncVersion::from).collect(),
        numbers: u64::try_from(newest.numbers).unwrap_or(0),
        entries: 0,
    })
}
