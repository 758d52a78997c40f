//! Loading a list into a registry: planned, begun, written in batches, finished.
//!
//! Until it is finished nobody sees anything of it, and after a crash it goes on where it stopped.

use super::super::error::SmrtError;
use super::super::session::TenantSession;
use super::super::unit::Unit;
use super::registry::DncRegistryKey;
use crate::model::{AreaCodes, Id, Instant, Members, Module, RegistryKind, VersionKind};
use crate::store::audit::Detail;
use crate::store::dnc::load::{self, DncContent, Making, Version, VersionStatus, Visited, Walk};
use crate::store::dnc::{self, AsOf, Holding};
use crate::store::{Access, Engine};

/// The largest part of a change list's rows that may change nothing, in per cent, before it is
/// taken for a list on another base.
const REDUNDANT_PERCENT_MAX: u64 = 1;
/// By how many per cent a full list may shrink without a word.
const SHRINK_PERCENT_MAX: u64 = 20;

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
#[derive(Debug)]
pub struct DncLoad {
    plan: DncPlan,
    registry: Id,
    holding: Holding,
    /// What is to be written; nothing when the version is in the store.
    writing: Option<Writing>,
}

#[derive(Debug)]
struct Writing {
    walk: Walk,
    next_block: Option<u64>,
    /// What versions before it cover: of those blocks older states stay readable.
    covered_before: Vec<AreaCodes>,
}

impl DncLoad {
    /// What the load does.
    #[must_use]
    pub const fn plan(&self) -> &DncPlan {
        &self.plan
    }

    /// The block at which writing goes on; nothing when all blocks are written.
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

/// A load as it was worked out before anything is written.
struct Prepared {
    plan: DncPlan,
    holding: Holding,
    /// The version to be written; nothing when the store has it.
    version: Option<Version>,
    walk: Walk,
    covered_before: Vec<AreaCodes>,
}

fn prepare(
    unit: &mut Unit<'_>,
    new: &NewDncLoad,
    content: &DncContent,
) -> Result<Prepared, SmrtError> {
    let (tenant, at) = (unit.tenant.id, unit.at);
    let registry = new.registry.id(tenant);
    let all_held = held(unit, registry)?;
    let versions = load::versions(unit.engine, registry)?;
    let kind = match new.base {
        Some(_) => VersionKind::Change,
        None => VersionKind::Full,
    };
    let version_of = |number: i64| versions.iter().find(|version| version.version == number);

    // The same list again.
    let same = all_held.iter().find(|holding| {
        holding.source_digest == new.source_digest
            && version_of(holding.version).is_some_and(|version| version.kind == kind)
            && new
                .version_date
                .is_none_or(|date| date == holding.version_date)
            && new
                .area_codes
                .as_ref()
                .is_none_or(|codes| *codes == holding.area_codes)
            && new
                .obtained_at
                .is_none_or(|obtained_at| obtained_at <= holding.obtained_at)
    });
    if let Some(same) = same {
        return Ok(Prepared::held(same));
    }

    let base = match new.base {
        Some(date) => Some(base(&all_held, date)?.clone()),
        None => None,
    };
    let area_codes = match (&new.area_codes, &base) {
        (Some(codes), _) => codes.clone(),
        (None, Some(base)) => base.area_codes.clone(),
        (None, None) if new.registry.kind().is_own() => AreaCodes::All,
        (None, None) => {
            return Err(SmrtError::invalid(
                "area_codes_needed",
                "which area codes the list covers must be said",
            ));
        }
    };
    if content.has_uncovered(&area_codes) {
        return Err(SmrtError::invalid(
            "area_codes_not_covered",
            "the list has numbers of area codes that it is said not to cover",
        ));
    }
    let obtained_at = new.obtained_at.unwrap_or(at);
    let version_date = match new.version_date {
        Some(date) => date,
        None if new.registry.kind().is_own() => obtained_at,
        None => {
            return Err(SmrtError::invalid(
                "version_date_needed",
                "of which date the list is must be said",
            ));
        }
    };
    if obtained_at > at || version_date > at {
        return Err(SmrtError::invalid(
            "list_of_the_future",
            "a list cannot be of a later date than now",
        ));
    }

    let loaded = || {
        versions
            .iter()
            .filter(|version| version.status == VersionStatus::Loaded)
    };
    let is_this = |version: &&Version| {
        version.source_digest == new.source_digest
            && version.kind == kind
            && version.area_codes == area_codes
            && version.base_version == base.as_ref().map(|base| base.version)
            && (new.version_date.is_none() || version.version_date == version_date)
    };
    let known = loaded().find(is_this);
    let loading = versions
        .iter()
        .find(|version| version.status == VersionStatus::Loading && version.tenant == tenant);
    let interrupted = loading.filter(is_this);
    if loading.is_some() && interrupted.is_none() && known.is_none() {
        return Err(unfinished());
    }

    let latest = loaded().map(|version| version.version).max().unwrap_or(0);
    let making = match (&base, new.registry.kind()) {
        (Some(base), _) => Making::ChangeFrom(base.version),
        (None, RegistryKind::Internal) => Making::AddTo(latest),
        (None, RegistryKind::National | RegistryKind::State | RegistryKind::Litigator) => {
            Making::Replace
        }
    };
    let walk = Walk {
        registry,
        area_codes: area_codes.clone(),
        making,
        visits_unnamed: match making {
            Making::Replace => true,
            Making::AddTo(base) | Making::ChangeFrom(base) => base < latest,
        },
    };
    let mut held = all_held.clone();
    held.retain(|holding| holding.obtained_at <= obtained_at);
    let before = match making {
        Making::Replace => 0,
        Making::AddTo(base) | Making::ChangeFrom(base) => {
            version_of(base).map_or(0, |version| version.numbers)
        }
    };
    let counts = count(unit.engine, &walk, content, &held, before)?;
    check_counts(new, content, &counts, &area_codes, &held)?;

    let number = versions
        .iter()
        .map(|version| version.version)
        .max()
        .unwrap_or(0)
        + 1;
    let version = match (known, interrupted) {
        (Some(known), _) => known.clone(),
        (None, Some(interrupted)) => interrupted.clone(),
        (None, None) => Version {
            version: number,
            kind,
            base_version: base.as_ref().map(|base| base.version),
            version_date,
            source_digest: new.source_digest.clone(),
            area_codes: area_codes.clone(),
            numbers: i64::try_from(counts.numbers).unwrap_or(i64::MAX),
            rows_read: i64::try_from(new.rows_read).unwrap_or(i64::MAX),
            rows_rejected: i64::try_from(new.rows_rejected).unwrap_or(i64::MAX),
            status: VersionStatus::Loading,
            next_block: 0,
            tenant,
        },
    };
    let step = match (known, interrupted) {
        (None, Some(_)) => DncStep::Resume,
        (Some(_), _) | (None, None) => DncStep::Load,
    };
    let again = all_held
        .iter()
        .find(|holding| holding.version == version.version);
    let tenant_version = match again {
        Some(again) => again.tenant_version,
        None => {
            all_held
                .iter()
                .map(|holding| holding.tenant_version)
                .max()
                .unwrap_or(0)
                + 1
        }
    };
    let holding = Holding {
        registry,
        name: new.registry.name().to_owned(),
        kind: new.registry.kind(),
        jurisdiction: None,
        version: version.version,
        tenant_version,
        version_kind: kind,
        version_date: version.version_date,
        obtained_at,
        area_codes: area_codes.clone(),
        subscription_id: new.subscription_id.clone(),
        source_digest: version.source_digest.clone(),
        numbers: version.numbers,
        added: i64::try_from(counts.added).unwrap_or(i64::MAX),
        removed: i64::try_from(counts.removed).unwrap_or(i64::MAX),
        recorded_at: at,
    };
    let plan = DncPlan {
        step,
        version: tenant_version,
        version_date: version.version_date,
        obtained_at,
        area_codes,
        numbers: counts.numbers,
        added: counts.added,
        removed: counts.removed,
        redundant: counts.redundant,
        held: held.first().map(|newest| HeldVersion {
            version: newest.tenant_version,
            version_date: newest.version_date,
        }),
    };
    Ok(Prepared {
        plan,
        holding,
        covered_before: covered_before(&versions, version.version),
        version: known.is_none().then_some(version),
        walk,
    })
}

impl Prepared {
    /// There is nothing to do.
    fn held(same: &Holding) -> Self {
        let held = HeldVersion {
            version: same.tenant_version,
            version_date: same.version_date,
        };
        Self {
            plan: DncPlan {
                step: DncStep::Held,
                version: same.tenant_version,
                version_date: same.version_date,
                obtained_at: same.obtained_at,
                area_codes: same.area_codes.clone(),
                numbers: u64::try_from(same.numbers).unwrap_or(0),
                added: 0,
                removed: 0,
                redundant: 0,
                held: Some(held),
            },
            holding: same.clone(),
            version: None,
            walk: Walk {
                registry: same.registry,
                area_codes: same.area_codes.clone(),
                making: Making::AddTo(same.version),
                visits_unnamed: false,
            },
            covered_before: Vec::new(),
        }
    }
}

/// What versions that are complete, other than `version`, cover.
fn covered_before(versions: &[Version], version: i64) -> Vec<AreaCodes> {
    versions
        .iter()
        .filter(|before| before.version != version && before.status == VersionStatus::Loaded)
        .map(|before| before.area_codes.clone())
        .collect()
}

/// What the tenant holds of a registry, the newest first, whenever it was recorded.
pub(super) fn held(unit: &mut Unit<'_>, registry: Id) -> Result<Vec<Holding>, SmrtError> {
    let for_ever = Instant::from_micros(i64::MAX);
    let as_of = AsOf {
        at: for_ever,
        known_at: for_ever,
    };
    let mut held = dnc::holdings(unit.engine, unit.tenant.id, as_of)?;
    held.retain(|holding| holding.registry == registry);
    Ok(held)
}

/// The holding that a change list begins with: the tenant's newest, if it is of that date.
fn base(held: &[Holding], date: Instant) -> Result<&Holding, SmrtError> {
    let Some(newest) = held.first() else {
        return Err(SmrtError::invalid(
            "change_base_unknown",
            "a change list needs a full list to begin with, and none was loaded",
        ));
    };
    if newest.version_date == date {
        return Ok(newest);
    }
    let date = day(date);
    let newest = day(newest.version_date);
    Err(
        match held.iter().any(|holding| day(holding.version_date) == date) {
            true => SmrtError::invalid(
                "change_base_wrong",
                format!(
                    "the change list begins with `{date}`, but the newest version is of `{newest}`"
                ),
            ),
            false => SmrtError::invalid(
                "change_base_unknown",
                format!("no version of `{date}` was loaded; the newest one is of `{newest}`"),
            ),
        },
    )
}

/// An instant as a person names a version: the date alone, where it is midnight.
fn day(instant: Instant) -> String {
    let text = instant.to_string();
    match text.strip_suffix("T00:00:00Z") {
        Some(date) => date.to_owned(),
        None => text,
    }
}

/// What a list does, counted.
#[derive(Debug, Default)]
struct Counts {
    numbers: u64,
    added: u64,
    removed: u64,
    redundant: u64,
}

fn count(
    engine: &mut dyn Engine,
    walk: &Walk,
    content: &DncContent,
    held: &[Holding],
    numbers_before: i64,
) -> Result<Counts, SmrtError> {
    let mut counts = Counts {
        numbers: u64::try_from(numbers_before).unwrap_or(0),
        ..Counts::default()
    };
    let mut from = Some(0);
    while let Some(block) = from {
        let (visited, next) = walk.step(engine, content, block)?;
        for visited in &visited {
            count_block(&mut counts, walk, content, held, visited);
        }
        from = next;
    }
    Ok(counts)
}

fn count_block(
    counts: &mut Counts,
    walk: &Walk,
    content: &DncContent,
    held: &[Holding],
    visited: &Visited,
) {
    let Visited { block, state, next } = visited;
    let covering = held
        .iter()
        .find(|holding| holding.area_codes.cover_block(*block));
    let before = covering.map_or_else(Members::new, |holding| state.as_of(holding.version));
    counts.added += next.len_without(&before) as u64;
    counts.removed += before.len_without(next) as u64;
    counts.numbers += next.len() as u64;
    let (Making::AddTo(base) | Making::ChangeFrom(base)) = walk.making else {
        return;
    };
    let base = state.as_of(base);
    counts.numbers = counts.numbers.saturating_sub(base.len() as u64);
    if let DncContent::Change { added, removed, .. } = content {
        if let Some(added) = added.members(*block) {
            counts.redundant += (added.len() - added.len_without(&base)) as u64;
        }
        if let Some(removed) = removed.members(*block) {
            counts.redundant += removed.len_without(&base) as u64;
        }
    }
}

/// Refuses a list that cannot be what it is said to be.
fn check_counts(
    new: &NewDncLoad,
    content: &DncContent,
    counts: &Counts,
    area_codes: &AreaCodes,
    held: &[Holding],
) -> Result<(), SmrtError> {
    match content {
        DncContent::Full(numbers) => {
            if numbers.is_empty() {
                return Err(SmrtError::invalid("list_empty", "the list has no number"));
            }
            let like = held
                .iter()
                .find(|holding| holding.area_codes == *area_codes);
            let before = like.map_or(0, |holding| u64::try_from(holding.numbers).unwrap_or(0));
            let least = before - before / 100 * SHRINK_PERCENT_MAX;
            match new.shrinkage == Shrinkage::Little && counts.numbers < least {
                true => Err(SmrtError::invalid(
                    "list_shrinks",
                    format!(
                        "the list has {} numbers, the version before had {before}",
                        counts.numbers
                    ),
                )),
                false => Ok(()),
            }
        }
        DncContent::Change {
            added,
            removed,
            revised,
        } => {
            let rows = added.len() + removed.len();
            let redundant = counts.redundant.saturating_sub(*revised);
            match redundant * 100 > rows * REDUNDANT_PERCENT_MAX {
                true => Err(SmrtError::invalid(
                    "change_not_of_base",
                    format!(
                        "{redundant} of the {rows} changes change nothing: the list begins with \
                         another version"
                    ),
                )),
                false => Ok(()),
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
