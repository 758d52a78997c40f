//! Bulk movement of contact data: source, map, clean, plan, apply.

pub mod mapping;
pub mod record;
pub mod source;
