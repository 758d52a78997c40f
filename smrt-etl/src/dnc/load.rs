//! A list from its file into the store.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use smrt_core::model::{AreaCodes, Instant};
use smrt_core::phone::Region;
use smrt_core::smrt::{DncPlan, DncRegistryKey, NewDncLoad, Shrinkage, TenantSession};

use super::error::{DncError, Fault};
use super::list::{ListForm, ListOptions, ListProgress, read_list};

/// What is said of a list that is to be loaded.
#[derive(Debug, Clone)]
pub struct LoadOptions {
    /// The registry.
    pub registry: DncRegistryKey,
    /// The date of the version that a change list begins with; nothing for a full list.
    pub base: Option<Instant>,
    /// Of which date the list is.
    pub version_date: Option<Instant>,
    /// When it was obtained, if not now.
    pub obtained_at: Option<Instant>,
    /// What it covers.
    pub covered: Covered,
    /// Under which subscription it was obtained.
    pub subscription_id: Option<String>,
    /// The fewest rows it must have.
    pub rows_min: Option<u64>,
    /// Where numbers without a country code are from, for lists of no country.
    pub region: Option<Region>,
    /// How much smaller it may be than the one before.
    pub shrinkage: Shrinkage,
    /// What becomes of another load into the registry that was interrupted.
    pub interrupted: Interrupted,
    /// Whether it is loaded, or only tried.
    pub aim: Aim,
}

/// The area codes that a list covers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Covered {
    /// That was not said.
    Unsaid,
    /// Those of its numbers.
    Seen,
    /// These.
    Stated(AreaCodes),
}

/// What becomes of another load that was interrupted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interrupted {
    /// It stands in the way.
    Keep,
    /// It is taken back.
    Discard,
}

/// What a list is read for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aim {
    /// To be loaded.
    Load,
    /// To see what loading it would do.
    Try,
}

/// How far a load has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoadProgress {
    /// The file is read.
    Reading(ListProgress),
    /// It is compared with what is held.
    Comparing,
    /// It is written.
    Writing {
        /// How many of the list's blocks are written.
        blocks: u64,
        /// How many there are.
        blocks_total: u64,
    },
}

/// What loading a list did, or would do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadReport {
    /// What it did to the numbers.
    pub plan: DncPlan,
    /// SHA-256 of the list's content, in hexadecimal.
    pub digest: String,
    /// How many rows the list has.
    pub rows: u64,
    /// How many of them could not be used.
    pub rejected: u64,
    /// The first of those.
    pub faults: Vec<Fault>,
}

/// Reads a list, checks it and loads it, or says what loading it would do.
///
/// # Errors
///
/// When the list cannot be used or the store refuses; nothing of it can then be seen. After
/// [`DncError::Stopped`], or when the process is killed, the same call goes on where it stopped.
pub fn load(
    session: &mut TenantSession<'_>,
    path: &Path,
    options: &LoadOptions,
    at: Instant,
    stop: &AtomicBool,
    progress: &mut dyn FnMut(LoadProgress),
) -> Result<LoadReport, DncError> {
    let territory = options.registry.territory();
    let country = options
        .registry
        .jurisdiction()
        .map(|whose| whose.country().to_string());
    let list_options = ListOptions {
        territory,
        region: country
            .and_then(|country| country.parse().ok())
            .or(options.region),
        area_codes: match &options.covered {
            Covered::Stated(codes) => Some(codes.clone()),
            Covered::Unsaid | Covered::Seen => None,
        },
        form: match options.base {
            Some(_) => ListForm::Change,
            None => ListForm::Full,
        },
        rows_min: options.rows_min,
    };
    let list = read_list(path, &list_options, stop, &mut |read| {
        progress(LoadProgress::Reading(read));
    })?;
    let new = NewDncLoad {
        registry: options.registry.clone(),
        base: options.base,
        version_date: options.version_date,
        obtained_at: options.obtained_at,
        area_codes: match &options.covered {
            Covered::Unsaid => None,
            Covered::Seen => Some(AreaCodes::Only(list.area_codes_seen.clone())),
            Covered::Stated(codes) => Some(codes.clone()),
        },
        subscription_id: options.subscription_id.clone(),
        source_digest: list.digest.clone(),
        rows_read: list.rows,
        rows_rejected: list.rejected,
        shrinkage: options.shrinkage,
    };
    progress(LoadProgress::Comparing);
    let plan = match options.aim {
        Aim::Try => session.plan_dnc_load(&new, &list.content, at)?,
        Aim::Load => {
            if options.interrupted == Interrupted::Discard {
                session.discard_dnc_load(&new.registry, at)?;
            }
            let mut load = session.begin_dnc_load(&new, &list.content, at)?;
            let blocks_total = list.content.block_count();
            while let Some(next) = load.next_block() {
                if stop.load(Ordering::Relaxed) {
                    return Err(DncError::Stopped);
                }
                let blocks = blocks_total - list.content.block_count_from(next);
                progress(LoadProgress::Writing {
                    blocks,
                    blocks_total,
                });
                session.write_dnc_blocks(&mut load, &list.content, at)?;
            }
            session.finish_dnc_load(load, at)?
        }
    };
    Ok(LoadReport {
        plan,
        digest: list.digest,
        rows: list.rows,
        rejected: list.rejected,
        faults: list.faults,
    })
}
