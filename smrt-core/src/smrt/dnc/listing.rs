//! A tenant's own lists, kept number by number, and answers about numbers.

use std::collections::HashMap;

use super::super::error::SmrtError;
use super::super::session::TenantSession;
use super::super::unit::Unit;
use super::super::{fresh_id, text};
use super::registry::DncRegistryKey;
use crate::model::{
    AreaCodes, Id, Instant, Members, Module, NumberSet, ReassignedAnswer, VersionKind, block_of,
};
use crate::phone::E164;
use crate::store::audit::Detail;
use crate::store::dnc::block;
use crate::store::dnc::load::{self, Version, VersionStatus, Visited};
use crate::store::dnc::{self, AsOf, Holding, entry};
use crate::store::{OnConflict, RowBlock, Value, schema};

/// A number that goes on one of the tenant's own lists.
#[derive(Clone, PartialEq, Eq)]
pub struct NewDncEntry {
    /// The number.
    pub number: E164,
    /// Since when: the instant at which the person asked.
    pub listed_at: Instant,
    /// Why.
    pub reason: Option<String>,
}

impl std::fmt::Debug for NewDncEntry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewDncEntry")
            .field("listed_at", &self.listed_at)
            .finish_non_exhaustive()
    }
}

/// An answer of the Reassigned Numbers Database.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NewReassignedAnswer {
    /// The number.
    pub number: E164,
    /// Of which date was asked: that of the consent, or of the last contact.
    pub query_date: Instant,
    /// What was answered.
    pub answer: ReassignedAnswer,
    /// When it was asked.
    pub checked_at: Instant,
}

impl TenantSession<'_> {
    /// Puts numbers on one of the tenant's own lists, all or none, and returns how many were not
    /// on it. The list is made when it is used for the first time.
    ///
    /// # Errors
    ///
    /// [`SmrtError::Invalid`] with `registry_not_own`, `field_too_long` or `list_of_the_future`.
    ///
    /// ```
    /// # use smrt_core::smrt::doc::{now, store};
    /// use smrt_core::model::RegistryKind;
    /// use smrt_core::smrt::{DncRegistryKey, NewDncEntry};
    ///
    /// # let mut smrt = store()?;
    /// let mut session = smrt.tenant("acme")?.acting_as("dialler".parse()?);
    /// let internal = DncRegistryKey::new(RegistryKind::Internal, None, None)?;
    /// let number = "+12025550143".parse()?;
    /// let asked = NewDncEntry { number, listed_at: now(), reason: Some("asked in a call".into()) };
    /// assert_eq!(session.add_dnc_entries(&internal, &[asked], now())?, 1);
    /// let facts = session.check_dnc(&[number], now(), now())?;
    /// assert_eq!(facts[0].listings[0].listed_at, now());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn add_dnc_entries(
        &mut self,
        registry: &DncRegistryKey,
        entries: &[NewDncEntry],
        at: Instant,
    ) -> Result<u64, SmrtError> {
        self.require(Module::Consent, at)?;
        require_own(registry)?;
        self.keep_books(at, |unit| {
            let id = registry.id(unit.tenant.id);
            ensure(unit, registry)?;
            let mut rows = RowBlock::new(&schema::DNC_ENTRIES);
            let mut fresh = NumberSet::new();
            for new in entries {
                if new.listed_at > at {
                    return Err(future("a listing cannot begin later than now"));
                }
                let number = new.number.to_string();
                let as_of = AsOf { at, known_at: at };
                let mut stands = false;
                entry::standing(unit.engine, id, &number, as_of, &mut |_, _| stands = true)?;
                if stands || !fresh.insert(new.number) {
                    continue;
                }
                let reason = match &new.reason {
                    Some(reason) => text::checked("reason", reason)?,
                    None => None,
                };
                rows.push(fresh_id(unit.randomness, at));
                rows.push(id);
                rows.push(number.as_str());
                rows.push(new.listed_at);
                rows.push(Value::Null);
                rows.push(reason.as_deref());
                rows.push(at);
                rows.push(Value::Null);
                rows.push("{}");
            }
            unit.engine.bulk_write(&rows, OnConflict::Fail)?;
            let detail = Detail {
                registry: Some(id.to_string()),
                added: Some(fresh.len()),
                ..Detail::default()
            };
            unit.note("dnc.add", None, None, detail);
            Ok(fresh.len())
        })
    }

    /// Takes numbers off one of the tenant's own lists, all or none, and returns how many were on
    /// it. That they were is not forgotten.
    ///
    /// # Errors
    ///
    /// [`SmrtError::Invalid`] with `registry_not_own` or `list_of_the_future`.
    ///
    /// ```
    /// # use smrt_core::smrt::doc::{now, store};
    /// use smrt_core::model::{Instant, RegistryKind};
    /// use smrt_core::smrt::{DncRegistryKey, NewDncEntry};
    ///
    /// # let mut smrt = store()?;
    /// let mut session = smrt.tenant("acme")?.acting_as("dialler".parse()?);
    /// let internal = DncRegistryKey::new(RegistryKind::Internal, None, None)?;
    /// let number = "+12025550143".parse()?;
    /// let asked = NewDncEntry { number, listed_at: now(), reason: None };
    /// session.add_dnc_entries(&internal, &[asked], now())?;
    ///
    /// let later: Instant = "2026-12-24".parse()?;
    /// assert_eq!(session.remove_dnc_entries(&internal, &[number], later)?, 1);
    /// assert!(session.check_dnc(&[number], later, later)?[0].listings.is_empty());
    /// // What held before still holds for that time.
    /// assert_eq!(session.check_dnc(&[number], now(), later)?[0].listings.len(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn remove_dnc_entries(
        &mut self,
        registry: &DncRegistryKey,
        numbers: &[E164],
        at: Instant,
    ) -> Result<u64, SmrtError> {
        self.require(Module::Consent, at)?;
        require_own(registry)?;
        self.keep_books(at, |unit| {
            let id = registry.id(unit.tenant.id);
            let mut taken = NumberSet::new();
            for number in numbers {
                if entry::end(unit.engine, id, &number.to_string(), at)? > 0 {
                    taken.insert(*number);
                }
            }
            let version = remove_members(unit, registry, numbers, &mut taken)?;
            let detail = Detail {
                registry: Some(id.to_string()),
                version,
                removed: Some(taken.len()),
                ..Detail::default()
            };
            unit.note("dnc.remove", None, None, detail);
            Ok(taken.len())
        })
    }

    /// Keeps answers of the Reassigned Numbers Database, all or none, and returns how many were
    /// not known.
    ///
    /// # Errors
    ///
    /// [`SmrtError::Invalid`] with `list_of_the_future`.
    ///
    /// ```
    /// # use smrt_core::smrt::doc::{now, store};
    /// use smrt_core::model::ReassignedAnswer;
    /// use smrt_core::smrt::NewReassignedAnswer;
    ///
    /// # let mut smrt = store()?;
    /// let mut session = smrt.tenant("acme")?.acting_as("compliance".parse()?);
    /// let answer = NewReassignedAnswer {
    ///     number: "+12025550143".parse()?,
    ///     query_date: "2025-03-01".parse()?,
    ///     answer: ReassignedAnswer::No,
    ///     checked_at: now(),
    /// };
    /// assert_eq!(session.add_reassigned_answers(&[answer], now())?, 1);
    /// assert_eq!(session.add_reassigned_answers(&[answer], now())?, 0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn add_reassigned_answers(
        &mut self,
        answers: &[NewReassignedAnswer],
        at: Instant,
    ) -> Result<u64, SmrtError> {
        self.require(Module::Consent, at)?;
        self.keep_books(at, |unit| {
            let tenant = unit.tenant.id;
            let mut rows = RowBlock::new(&schema::REASSIGNED_ANSWERS);
            let mut ids = Vec::with_capacity(answers.len());
            for new in answers {
                if new.checked_at > at || new.query_date > at {
                    return Err(future("an answer cannot be of a later date than now"));
                }
                let id = id_of_answer(tenant, new);
                rows.push(id);
                rows.push(tenant);
                rows.push(new.number.to_string().as_str());
                rows.push(new.query_date);
                rows.push(new.answer.as_str());
                rows.push(new.checked_at);
                rows.push(at);
                ids.push(id);
            }
            let added = unit.engine.bulk_write(&rows, OnConflict::Skip)?;
            let detail = Detail {
                added: Some(added),
                ..Detail::default()
            };
            let detail = match ids.as_slice() {
                [_] => detail,
                ids => detail.with_rows(ids),
            };
            unit.note("dnc.reassigned", None, None, detail);
            Ok(added)
        })
    }
}

fn id_of_answer(tenant: Id, new: &NewReassignedAnswer) -> Id {
    Id::derived(
        "reassigned_answer",
        &[
            tenant.as_bytes(),
            &new.number.digits().to_be_bytes(),
            &new.query_date.as_micros().to_be_bytes(),
            &new.checked_at.as_micros().to_be_bytes(),
            new.answer.as_str().as_bytes(),
        ],
    )
}

fn require_own(registry: &DncRegistryKey) -> Result<(), SmrtError> {
    match registry.kind().is_own() {
        true => Ok(()),
        false => Err(SmrtError::invalid(
            "registry_not_own",
            "single numbers are kept on internal and litigator lists only",
        )),
    }
}

fn future(reason: &'static str) -> SmrtError {
    SmrtError::invalid("list_of_the_future", reason)
}

/// Makes the registry unless it is there.
pub(super) fn ensure(unit: &mut Unit<'_>, registry: &DncRegistryKey) -> Result<(), SmrtError> {
    let tenant = unit.tenant.id;
    if !dnc::exists(unit.engine, registry.id(tenant))? {
        let whose = registry.jurisdiction().map(|whose| whose.to_string());
        let (row, owner, at) = (registry.row(tenant), registry.owner(tenant), unit.at);
        dnc::insert_registry(unit.engine, &row, whose.as_deref(), owner, at)?;
    }
    Ok(())
}

/// Takes numbers out of what came in bulk: a version of its own, so that what held before can
/// still be read. Returns the tenant's number of that version, if there was such a number.
fn remove_members(
    unit: &mut Unit<'_>,
    registry: &DncRegistryKey,
    numbers: &[E164],
    taken: &mut NumberSet,
) -> Result<Option<i64>, SmrtError> {
    let (tenant, at) = (unit.tenant.id, unit.at);
    let id = registry.id(tenant);
    let versions = load::versions(unit.engine, id)?;
    let Some(latest) = versions.last() else {
        return Ok(None);
    };
    if latest.status == VersionStatus::Loading {
        return Err(super::load::unfinished());
    }
    let mut removed: NumberSet = numbers.iter().copied().collect();
    removed.sort();
    let wanted: Vec<u64> = removed.blocks().map(|(block, _)| block).collect();
    let mut visited = Vec::new();
    let mut count = 0;
    for (block, state) in block::read_these(unit.engine, id, &wanted)? {
        let going = removed.members(block).cloned().unwrap_or_default();
        let next = state.members.without(&going);
        count += state.members.len() - next.len();
        visited.push(Visited { block, state, next });
    }
    if count == 0 {
        return Ok(None);
    }
    let members: HashMap<u64, &Members> = visited
        .iter()
        .map(|visited| (visited.block, &visited.state.members))
        .collect();
    let was_member = |number: &&E164| {
        let place = crate::model::member_of(**number);
        members
            .get(&block_of(**number))
            .is_some_and(|members| members.contains(place))
    };
    taken.extend(numbers.iter().filter(was_member).copied());
    let version = Version {
        version: latest.version + 1,
        kind: VersionKind::Removal,
        base_version: Some(latest.version),
        version_date: at,
        source_digest: String::new(),
        area_codes: AreaCodes::All,
        numbers: latest.numbers - i64::try_from(count).unwrap_or(0),
        rows_read: i64::try_from(numbers.len()).unwrap_or(i64::MAX),
        rows_rejected: 0,
        status: VersionStatus::Loaded,
        next_block: 0,
        tenant,
    };
    load::insert_version(unit.engine, id, &version, at)?;
    load::write(unit.engine, id, version.version, &visited, &|_| true)?;
    let held = super::plan::held(unit, id)?;
    let newest = held.iter().map(|holding| holding.tenant_version).max();
    let holding = Holding {
        registry: id,
        name: registry.name().to_owned(),
        kind: registry.kind(),
        jurisdiction: None,
        version: version.version,
        version_kind: version.kind,
        tenant_version: newest.unwrap_or(0) + 1,
        version_date: at,
        obtained_at: at,
        area_codes: AreaCodes::All,
        subscription_id: None,
        source_digest: String::new(),
        numbers: version.numbers,
        added: 0,
        removed: i64::try_from(count).unwrap_or(i64::MAX),
        recorded_at: at,
    };
    dnc::insert_holding(unit.engine, tenant, &holding)?;
    Ok(Some(holding.tenant_version))
}
