//! Bulk movement of contact data: source, map, clean, plan, apply.

pub mod clean;
pub mod consent;
pub mod dnc;
pub mod import;
mod json_text;
pub mod mapping;
pub mod plan;
pub mod record;
mod reject_columns;
pub mod rejects;
pub mod seen;
pub mod source;
