//! Do-Not-Call registries: what a tenant holds, what they say of its numbers, and loading them.
//!
//! National and state registries are kept once for all tenants, internal and litigator lists are
//! one tenant's own. What a tenant relies on is what it obtained itself: another tenant's load
//! changes no answer, and a tenant without a holding learns nothing of a registry.
//! What this module does not do: it reads no file, and it does not say whether a contact may
//! happen.

mod export;
mod held;
mod listing;
mod load;
mod plan;
mod reader;
mod registry;
mod sync;
#[cfg(test)]
mod tests;

pub use self::export::DncListed;
pub use self::held::{DncRegistry, DncVersion};
pub use self::listing::{NewDncEntry, NewReassignedAnswer};
pub use self::load::{DncLoad, DncPlan, DncStep, HeldVersion, NewDncLoad, Shrinkage};
pub use self::reader::DncFacts;
pub(crate) use self::reader::{BATCH_CACHE_BYTES_MAX, DncReader};
pub use self::registry::DncRegistryKey;
pub use self::sync::DncSync;
pub use crate::store::dnc::load::DncContent;
