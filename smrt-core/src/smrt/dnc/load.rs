//! Loading a list into a registry: planned, begun, written in batches, finished.
//!
//! Until it is finished nobody sees anything of it, and after a crash it goes on where it stopped.

use super::super::error::SmrtError;
use super::super::session::TenantSession;
use super::super::unit::Unit;
use super::plan::{covered_before, prepare};
use super::registry::DncRegistryKey;
use crate::model::{AreaCodes, Id, Instant, Module};
use crate::store::Access;
use crate::store::audit::Detail;
use crate::store::dnc::load::{self, DncContent, Version, VersionStatus, Walk};
use crate::store::dnc::{self, Holding};

/// A list that is to be loaded: which registry's, and what is said of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDncLoad {
    /// The registry.
    pub registry: DncRegistryKey,
    /// The date of the version that a change list begins with; nothing for a full list.
    pub base: Option<Instant>,
    /// Of which date the list is; for own lists it may be left out.
    pub version_date: Option<Instant>,
    /// When the tenant obtained it, if not now.
    pub obtained_at: Option<Instant>,
    /// What it covers; for a change list it may be left out and is what its base covers.
    pub area_codes: Option<AreaCodes>,
    /// Under which subscription the tenant obtained it.
    pub subscription_id: Option<String>,
    /// SHA-256 of the list's content, in hexadecimal.
    pub source_digest: String,
    /// How many rows the list has, rejected ones included.
    pub rows_read: u64,
    /// How many of them could not be used.
    pub rows_rejected: u64,
    /// How much smaller the list may be than the one before.
    pub shrinkage: Shrinkage,
}

/// Whether a full list may be much smaller than the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Shrinkage {
    /// Only a little.
    #[default]
    Little,
    /// By any number.
    Any,
}

/// What loading a list does, or did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DncPlan {
    /// What is to be done.
    pub step: DncStep,
    /// The tenant's own number of the version.
    pub version: i64,
    /// Of which date the list is.
    pub version_date: Instant,
    /// When the tenant obtained it.
    pub obtained_at: Instant,
    /// What it covers.
    pub area_codes: AreaCodes,
    /// How many numbers the version lists.
    pub numbers: u64,
    /// How many of them the version that the tenant held before did not.
    pub added: u64,
    /// How many that one listed and this does not.
    pub removed: u64,
    /// How many rows of a change list change nothing.
    pub redundant: u64,
    /// The version that the tenant held before, if any.
    pub held: Option<HeldVersion>,
}

/// What is to be done with a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DncStep {
    /// It is loaded.
    Load,
    /// A load of it that was interrupted goes on.
    Resume,
    /// Nothing: the tenant holds it.
    Held,
}

/// A version that a tenant holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeldVersion {
    /// The tenant's own number of it.
    pub version: i64,
    /// Its date.
    pub version_date: Instant,
}

/// A load under way.
pub struct DncLoad {
    plan: DncPlan,
    registry: Id,
    holding: Holding,
    /// What is to be written; nothing when the version is in the store.
    writing: Option<Writing>,
}

struct Writing {
    walk: Walk,
    next_block: Option<u64>,
    /// What versions before it cover: of those blocks older states stay readable.
    covered_before: Vec<AreaCodes>,
}

impl std::fmt::Debug for DncLoad {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DncLoad")
            .field("plan", &self.plan)
            .finish_non_exhaustive()
    }
}

impl DncLoad {
    /// What the load does, as in the example of [`TenantSession::finish_dnc_load`].
    #[must_use]
    pub const fn plan(&self) -> &DncPlan {
        &self.plan
    }

    /// The block at which writing goes on; nothing when all blocks are written, as in the
    /// example of [`TenantSession::begin_dnc_load`].
    #[must_use]
    pub fn next_block(&self) -> Option<u64> {
        self.writing.as_ref().and_then(|writing| writing.next_block)
    }
}

impl TenantSession<'_> {
    /// Says what loading a list would do, and writes nothing.
    ///
    /// `content` must be sorted ([`DncContent::sort`]).
    ///
    /// # Errors
    ///
    /// [`SmrtError::Invalid`] with `version_date_needed`, `area_codes_needed`,
    /// `area_codes_not_covered`, `list_empty`, `list_shrinks`, `change_base_unknown`,
    /// `change_base_wrong` or `change_not_of_base`.
    ///
    /// ```
    /// # use smrt_core::smrt::doc::{dnc_list, now, store};
    /// # let mut smrt = store()?;
    /// let mut session = smrt.tenant("acme")?.acting_as("compliance".parse()?);
    /// // A list of the registry of the United States with one number.
    /// let (new, content) = dnc_list(&["+12025550143"])?;
    /// let plan = session.plan_dnc_load(&new, &content, now())?;
    /// assert_eq!((plan.added, plan.removed), (1, 0));
    /// assert!(session.dnc_registries(now())?.is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn plan_dnc_load(
        &mut self,
        new: &NewDncLoad,
        content: &DncContent,
        at: Instant,
    ) -> Result<DncPlan, SmrtError> {
        self.require(Module::Consent, at)?;
        Unit::run(self, Access::Read, at, |unit| {
            Ok(prepare(unit, new, content)?.plan)
        })
    }

    /// Begins to load a list, or goes on with a load of it that was interrupted.
    ///
    /// # Errors
    ///
    /// As [`TenantSession::plan_dnc_load`]; `load_unfinished` when a load of another list into
    /// the registry was interrupted; kind `Locked` while another process loads or imports.
    ///
    /// ```
    /// # use smrt_core::smrt::doc::{dnc_list, now, store};
    /// # let mut smrt = store()?;
    /// let mut session = smrt.tenant("acme")?.acting_as("compliance".parse()?);
    /// let (new, content) = dnc_list(&["+12025550143"])?;
    /// let mut load = session.begin_dnc_load(&new, &content, now())?;
    /// while load.next_block().is_some() {
    ///     session.write_dnc_blocks(&mut load, &content, now())?;
    /// }
    /// session.finish_dnc_load(load, now())?;
    /// assert_eq!(session.dnc_registries(now())?[0].numbers, 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn begin_dnc_load(
        &mut self,
        new: &NewDncLoad,
        content: &DncContent,
        at: Instant,
    ) -> Result<DncLoad, SmrtError> {
        self.require(Module::Consent, at)?;
        self.store.engine().lock_imports()?;
        let tenant = self.tenant.id;
        let registry = new.registry.id(tenant);
        // What another tenant began and did not finish stands in nobody's way.
        self.discard(registry, at, |loading| loading.tenant != tenant)?;
        self.keep_books(at, |unit| {
            let prepared = prepare(unit, new, content)?;
            if let (DncStep::Load, Some(version)) = (prepared.plan.step, &prepared.version) {
                super::listing::ensure(unit, &new.registry)?;
                load::insert_version(unit.engine, registry, version, at)?;
                let status = Some(VersionStatus::Loading.as_str());
                note(unit, "dnc.load.begin", &prepared.holding, status);
            }
            let writing = prepared.version.map(|version| Writing {
                walk: prepared.walk,
                next_block: Some(version.next_block),
                covered_before: prepared.covered_before,
            });
            Ok(DncLoad {
                plan: prepared.plan,
                registry,
                holding: prepared.holding,
                writing,
            })
        })
    }

    /// Writes the next blocks of a load, together with how far it has come.
    ///
    /// # Errors
    ///
    /// Those of the store; what was written before stays, and the load can go on.
    ///
    /// ```
    /// # use smrt_core::smrt::doc::{dnc_list, now, store};
    /// # let mut smrt = store()?;
    /// let mut session = smrt.tenant("acme")?.acting_as("compliance".parse()?);
    /// let (new, content) = dnc_list(&["+12025550143"])?;
    /// let mut load = session.begin_dnc_load(&new, &content, now())?;
    /// session.write_dnc_blocks(&mut load, &content, now())?;
    /// // Nobody sees a list that is not complete.
    /// assert!(session.dnc_registries(now())?.is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn write_dnc_blocks(
        &mut self,
        load: &mut DncLoad,
        content: &DncContent,
        at: Instant,
    ) -> Result<(), SmrtError> {
        let (registry, version) = (load.registry, load.holding.version);
        let Some(writing) = &mut load.writing else {
            return Ok(());
        };
        let Some(from) = writing.next_block else {
            return Ok(());
        };
        let (walk, covered_before) = (&writing.walk, &writing.covered_before);
        let next = self.keep_books(at, |unit| {
            let (visited, next) = walk.step(unit.engine, content, from)?;
            let keeps_flips = |block| covered_before.iter().any(|codes| codes.cover_block(block));
            load::write(unit.engine, registry, version, &visited, &keeps_flips)?;
            let status = VersionStatus::Loading;
            let done = next.unwrap_or(i64::MAX as u64);
            load::set_progress(unit.engine, registry, version, status, done)?;
            Ok(next)
        })?;
        writing.next_block = next;
        Ok(())
    }

    /// Makes a list that was written visible: from now on the tenant holds it.
    ///
    /// # Errors
    ///
    /// [`SmrtError::Invalid`] with `load_unfinished` while blocks are left to be written.
    ///
    /// ```
    /// # use smrt_core::smrt::doc::{dnc_list, now, store};
    /// # let mut smrt = store()?;
    /// let mut session = smrt.tenant("acme")?.acting_as("compliance".parse()?);
    /// let (new, content) = dnc_list(&["+12025550143"])?;
    /// let load = session.begin_dnc_load(&new, &content, now())?;
    /// assert_eq!(load.plan().added, 1);
    /// assert_eq!(session.finish_dnc_load(load, now()).unwrap_err().code(), "load_unfinished");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn finish_dnc_load(&mut self, load: DncLoad, at: Instant) -> Result<DncPlan, SmrtError> {
        if load.next_block().is_some() {
            return Err(unfinished());
        }
        if load.plan.step == DncStep::Held {
            return Ok(load.plan);
        }
        let tenant = self.tenant.id;
        self.keep_books(at, |unit| {
            if load.writing.is_some() {
                let (version, status) = (load.holding.version, VersionStatus::Loaded);
                load::set_progress(unit.engine, load.registry, version, status, 0)?;
            }
            dnc::insert_holding(unit.engine, tenant, &load.holding)?;
            let status = Some(VersionStatus::Loaded.as_str());
            note(unit, "dnc.load", &load.holding, status);
            Ok(())
        })?;
        Ok(load.plan)
    }

    /// Takes back a load of the tenant's that was interrupted; `false` when there is none.
    ///
    /// # Errors
    ///
    /// Kind `Locked` while another process loads or imports.
    ///
    /// ```
    /// # use smrt_core::smrt::doc::{dnc_list, now, store};
    /// # let mut smrt = store()?;
    /// let mut session = smrt.tenant("acme")?.acting_as("compliance".parse()?);
    /// let (new, content) = dnc_list(&["+12025550143"])?;
    /// session.begin_dnc_load(&new, &content, now())?;
    /// assert!(session.discard_dnc_load(&new.registry, now())?);
    /// assert!(!session.discard_dnc_load(&new.registry, now())?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn discard_dnc_load(
        &mut self,
        registry: &DncRegistryKey,
        at: Instant,
    ) -> Result<bool, SmrtError> {
        self.require(Module::Consent, at)?;
        self.store.engine().lock_imports()?;
        let tenant = self.tenant.id;
        self.discard(registry.id(tenant), at, |loading| loading.tenant == tenant)
    }

    /// Takes back an interrupted load that `is_meant`, in batches.
    fn discard(
        &mut self,
        registry: Id,
        at: Instant,
        is_meant: impl Fn(&Version) -> bool,
    ) -> Result<bool, SmrtError> {
        let versions = load::versions(self.store.engine(), registry)?;
        let is_loading = |version: &&Version| version.status == VersionStatus::Loading;
        let Some(loading) = versions.iter().find(is_loading).filter(|v| is_meant(v)) else {
            return Ok(false);
        };
        let covered = covered_before(&versions, loading.version);
        let keeps_flips = |block| covered.iter().any(|codes| codes.cover_block(block));
        let own = loading.tenant == self.tenant.id;
        loop {
            let left = self.keep_books(at, |unit| {
                let left = load::take_back_some(unit.engine, registry, loading, &keeps_flips)?;
                if own && !left {
                    let detail = Detail {
                        registry: Some(registry.to_string()),
                        source_digest: Some(loading.source_digest.clone()),
                        ..Detail::default()
                    };
                    unit.note("dnc.load.discard", None, None, detail);
                }
                Ok(left)
            })?;
            if !left {
                return Ok(true);
            }
        }
    }
}

pub(super) fn unfinished() -> SmrtError {
    SmrtError::invalid(
        "load_unfinished",
        "a load into this registry was interrupted",
    )
}

/// Puts a load down in the trail.
fn note(
    unit: &mut Unit<'_>,
    action: &'static str,
    holding: &Holding,
    status: Option<&'static str>,
) {
    let detail = Detail {
        registry: Some(holding.registry.to_string()),
        version: Some(holding.tenant_version),
        rows: u64::try_from(holding.numbers).ok(),
        added: u64::try_from(holding.added).ok(),
        removed: u64::try_from(holding.removed).ok(),
        source_digest: Some(holding.source_digest.clone()),
        status,
        ..Detail::default()
    };
    unit.note(action, None, None, detail);
}
