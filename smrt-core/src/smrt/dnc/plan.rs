//! What loading a list would do, worked out before anything is written.

use super::super::error::SmrtError;
use super::super::unit::Unit;
use super::load::{DncPlan, DncStep, HeldVersion, NewDncLoad, Shrinkage, unfinished};
use crate::model::{AreaCodes, Id, Instant, Members, RegistryKind, VersionKind};
use crate::store::Engine;
use crate::store::dnc::load::{self, DncContent, Making, Version, VersionStatus, Visited, Walk};
use crate::store::dnc::{self, AsOf, Holding};

/// The largest part of a change list's rows that may change nothing, in per cent, before it is
/// taken for a list on another base.
const REDUNDANT_PERCENT_MAX: u64 = 1;
/// By how many per cent a full list may shrink without a word.
const SHRINK_PERCENT_MAX: u64 = 20;

/// A load as it was worked out before anything is written.
pub(super) struct Prepared {
    pub(super) plan: DncPlan,
    pub(super) holding: Holding,
    /// The version to be written; nothing when the store has it.
    pub(super) version: Option<Version>,
    pub(super) walk: Walk,
    pub(super) covered_before: Vec<AreaCodes>,
}

/// Works out what loading a list does; writes nothing.
pub(super) fn prepare(
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
pub(super) fn covered_before(versions: &[Version], version: i64) -> Vec<AreaCodes> {
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
