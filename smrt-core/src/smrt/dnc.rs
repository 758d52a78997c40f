//! Do-Not-Call registries: what a tenant holds, what they say of its numbers, and loading them.
//!
//! National and state registries are kept once for all tenants, internal and litigator lists are
//! one tenant's own. What a tenant relies on is what it obtained itself: another tenant's load
//! changes no answer, and a tenant without a holding learns nothing of a registry.
//! What this module does not do: it reads no file, and it does not say whether a contact may
//! happen.

mod reader;

#[expect(unused_imports, reason = "the decision in batches is made with it")]
pub(crate) use self::reader::{BATCH_CACHE_BYTES_MAX, DncFacts, DncReader};
