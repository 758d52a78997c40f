//! Writing out what a registry lists, number by number.

use super::super::error::SmrtError;
use super::super::session::TenantSession;
use super::super::unit::Unit;
use super::reader::DncReader;
use crate::model::{Id, Instant, Module};
use crate::phone::E164;
use crate::store::Access;
use crate::store::dnc::{AsOf, block, entry};

/// A number that a registry lists.
#[derive(Clone, PartialEq, Eq)]
pub struct DncListed {
    /// The number.
    pub number: E164,
    /// Since when: the date of the version that had it first, or of the listing.
    pub listed_at: Instant,
    /// Why, where a reason was kept.
    pub reason: Option<String>,
    /// The single listing; nothing where the number came in bulk.
    pub entry: Option<Id>,
}

impl std::fmt::Debug for DncListed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DncListed")
            .field("listed_at", &self.listed_at)
            .finish_non_exhaustive()
    }
}

impl TenantSession<'_> {
    /// Calls `each` with the numbers that a registry of the tenant's lists as of `at`, as it was
    /// known by `known_at`, in order: first those that came in bulk, then single listings.
    ///
    /// # Errors
    ///
    /// [`SmrtError::Invalid`] with `registry_unknown` when the tenant holds no such registry; the
    /// first error that `each` returns.
    ///
    /// ```
    /// # use smrt_core::smrt::doc::{dnc_list, now, store};
    /// # let mut smrt = store()?;
    /// let mut session = smrt.tenant("acme")?.acting_as("compliance".parse()?);
    /// let (new, content) = dnc_list(&["+12025550143"])?;
    /// let mut load = session.begin_dnc_load(&new, &content, now())?;
    /// session.write_dnc_blocks(&mut load, &content, now())?;
    /// session.finish_dnc_load(load, now())?;
    ///
    /// let registry = session.dnc_registries(now())?[0].id;
    /// let mut numbers = Vec::new();
    /// session.export_dnc(registry, now(), now(), &mut |listed| {
    ///     numbers.push(listed.number.to_string());
    ///     Ok(())
    /// })?;
    /// assert_eq!(numbers, ["+12025550143"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn export_dnc(
        &mut self,
        registry: Id,
        at: Instant,
        known_at: Instant,
        each: &mut dyn FnMut(&DncListed) -> Result<(), SmrtError>,
    ) -> Result<(), SmrtError> {
        self.require(Module::Consent, at)?;
        Unit::run(self, Access::Read, at, |unit| {
            let tenant = unit.tenant.id;
            let reader = DncReader::open(unit.engine, tenant, at, known_at, 0)?;
            let is_own = reader.is_own(registry);
            if !is_own && reader.stretches(registry).is_none() {
                return Err(SmrtError::invalid(
                    "registry_unknown",
                    "there is no such registry",
                ));
            }
            for (first, last) in reader.stretches(registry).unwrap_or_default() {
                let mut from = Some(first);
                while let Some(first) = from {
                    let limit = crate::store::dnc::load::BLOCKS_PER_STEP;
                    let (states, end) = block::read(unit.engine, registry, (first, last), limit)?;
                    for (block, state) in states {
                        for (number, listed_at) in reader.listed(registry, block, state) {
                            each(&DncListed {
                                number,
                                listed_at,
                                reason: None,
                                entry: None,
                            })?;
                        }
                    }
                    from = end.map(|end| end + 1);
                }
            }
            if is_own {
                let as_of = AsOf { at, known_at };
                entry::export(unit.engine, registry, as_of, &mut |listed| {
                    each(&DncListed {
                        number: listed.number,
                        listed_at: listed.listed_at,
                        reason: listed.reason,
                        entry: Some(listed.id),
                    })
                })?;
            }
            let detail = crate::store::audit::Detail {
                registry: Some(registry.to_string()),
                ..Default::default()
            };
            unit.note("dnc.export", None, None, detail);
            Ok(())
        })
    }
}
