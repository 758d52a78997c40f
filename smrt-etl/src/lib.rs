//! Bulk movement of contact data: source, map, clean, plan, apply.

mod added_columns;
pub mod clean;
pub mod consent;
pub mod dnc;
pub mod export;
pub mod import;
mod json_text;
pub mod mapping;
pub mod plan;
pub mod record;
pub mod rejects;
mod row_text;
pub mod scrub;
pub mod seen;
pub mod source;
