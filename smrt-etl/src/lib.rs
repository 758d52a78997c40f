//! Bulk movement of contact data: source, map, clean, plan, apply.

pub mod clean;
pub mod import;
pub mod mapping;
pub mod plan;
pub mod record;
pub mod rejects;
pub mod seen;
pub mod source;
