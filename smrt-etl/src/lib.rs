//! Bulk movement of contact data: source, map, clean, plan, apply.

pub mod record;
pub mod source;
