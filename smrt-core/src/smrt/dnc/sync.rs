//! Bringing what is kept with each phone number up to date with the tenant's registries.

use super::super::error::SmrtError;
use super::super::session::TenantSession;
use super::reader::{BATCH_CACHE_BYTES_MAX, DncFacts, DncReader};
use crate::model::{Id, Instant, Module, RegistryKind};
use crate::phone::E164;
use crate::store::audit::Detail;
use crate::store::dnc::number_status::{self, Keeper, KeptStatus, NewStatus};

/// How many numbers are brought up to date in one transaction.
const NUMBERS_PER_STEP: usize = 100_000;

/// What bringing numbers up to date came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DncSync {
    /// How many numbers are on a list.
    pub listed: u64,
    /// How many are covered by a national list and on none.
    pub clear: u64,
    /// How many no national list covers.
    pub unknown: u64,
    /// For how many that is another answer than before.
    pub changed: u64,
}

impl TenantSession<'_> {
    /// Sets `dnc_status` and `dnc_date` of all phone numbers the tenant has a tie to, as of `at`:
    /// `listed` when a list has the number, `clear` when a national list covers it and none has
    /// it, else `unknown`. What other tenants see of the numbers stays as it is. `progress` is
    /// told how many numbers are done.
    ///
    /// # Errors
    ///
    /// Those of the store; what is done stays done.
    ///
    /// ```
    /// # use smrt_core::smrt::doc::{dnc_list, now, store};
    /// # let mut smrt = store()?;
    /// let mut session = smrt.tenant("acme")?.acting_as("compliance".parse()?);
    /// let id = session.add_number("+12025550143".parse()?, now())?;
    /// // A list of the registry of the United States with that number.
    /// let (new, content) = dnc_list(&["+12025550143"])?;
    /// let mut load = session.begin_dnc_load(&new, &content, now())?;
    /// session.write_dnc_blocks(&mut load, &content, now())?;
    /// session.finish_dnc_load(load, now())?;
    ///
    /// assert_eq!(session.sync_dnc(now(), &mut |_| {})?.listed, 1);
    /// assert_eq!(session.number(id, now())?.dnc_status.value().unwrap(), "listed");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn sync_dnc(
        &mut self,
        at: Instant,
        progress: &mut dyn FnMut(u64),
    ) -> Result<DncSync, SmrtError> {
        self.require(Module::Consent, at)?;
        let mut sync = DncSync::default();
        let tenant = self.tenant.id;
        let engine = self.store.engine();
        let mut reader = DncReader::open(engine, tenant, at, at, BATCH_CACHE_BYTES_MAX)?;
        for keeper in [Keeper::Number, Keeper::Tie] {
            let mut after: Option<Id> = None;
            loop {
                let (last, done) = self.write(at, |unit| {
                    let kept =
                        number_status::read(unit.engine, tenant, keeper, after, NUMBERS_PER_STEP)?;
                    let last = kept.last().map(|kept| kept.id);
                    let done = kept.len() as u64;
                    let changed = set_statuses(
                        unit.engine,
                        &mut reader,
                        keeper,
                        kept,
                        tenant,
                        at,
                        &mut sync,
                    )?;
                    if done > 0 {
                        let detail = Detail {
                            rows: Some(done),
                            ..Detail::default()
                        };
                        sync.changed += changed;
                        unit.note("dnc.sync", None, None, detail);
                    }
                    Ok((last, done))
                })?;
                progress(sync.listed + sync.clear + sync.unknown);
                after = last;
                if done < NUMBERS_PER_STEP as u64 {
                    break;
                }
            }
        }
        Ok(sync)
    }
}

/// Writes the statuses of some numbers, and returns how many are others than before.
fn set_statuses(
    engine: &mut dyn crate::store::Engine,
    reader: &mut DncReader,
    keeper: Keeper,
    kept: Vec<KeptStatus>,
    tenant: Id,
    at: Instant,
    sync: &mut DncSync,
) -> Result<u64, SmrtError> {
    let mut by_number: Vec<(E164, usize)> = kept
        .iter()
        .enumerate()
        .map(|(place, kept)| (kept.number, place))
        .collect();
    by_number.sort_unstable();
    let numbers: Vec<E164> = by_number.iter().map(|(number, _)| *number).collect();
    let facts = reader.read(engine, &numbers)?;
    let mut statuses = vec![Status::Unknown; kept.len()];
    for ((_, place), facts) in by_number.iter().zip(&facts) {
        if let Some(status) = statuses.get_mut(*place) {
            *status = Status::of(facts);
        }
    }
    let mut changed = 0;
    let mut new = Vec::new();
    for (kept, status) in kept.iter().zip(statuses) {
        match status {
            Status::Listed => sync.listed += 1,
            Status::Clear => sync.clear += 1,
            Status::Unknown => sync.unknown += 1,
        }
        changed += u64::from(kept.status != status.as_str());
        let date = (status != Status::Unknown).then_some(at);
        if kept.status != status.as_str() || kept.date != date {
            new.push(NewStatus {
                id: kept.id,
                status: status.as_str(),
                date,
            });
        }
    }
    number_status::set(engine, tenant, keeper, &new)?;
    Ok(changed)
}

/// What a tenant's registries say of a number, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Status {
    Listed,
    Clear,
    Unknown,
}

impl Status {
    fn of(facts: &DncFacts) -> Self {
        let is_listed = facts
            .registries
            .iter()
            .any(|fact| fact.listed_since.is_some());
        if is_listed || !facts.listings.is_empty() {
            return Self::Listed;
        }
        let is_covered = |kind| {
            let mut facts = facts.registries.iter();
            facts.any(|fact| fact.kind == kind && fact.covered)
        };
        match is_covered(RegistryKind::National) {
            true => Self::Clear,
            false => Self::Unknown,
        }
    }

    const fn as_str(self) -> &'static str {
        match self {
            Self::Listed => "listed",
            Self::Clear => "clear",
            Self::Unknown => "unknown",
        }
    }
}
