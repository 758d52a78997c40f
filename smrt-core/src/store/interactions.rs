//! What a tenant and a human did with each other, for many numbers or humans at once.
//!
//! What this module does not do: it asks for no access; these are the tenant's own records.

use std::str::FromStr;

use super::engine::Engine;
use super::error::StoreError;
use super::records::for_ids;
use super::{Row, Value, count};
use crate::model::{Direction, Id, Instant, InteractionKind};

/// An interaction, as far as it decides.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PastInteraction {
    pub(crate) id: Id,
    /// The number or the human it was asked by.
    pub(crate) with: Id,
    pub(crate) kind: InteractionKind,
    pub(crate) direction: Direction,
    pub(crate) started_at: Instant,
}

/// Whether a tenant has recorded any interaction.
pub(crate) fn has_any(engine: &mut dyn Engine, tenant: Id) -> Result<bool, StoreError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM interactions WHERE tenant_id = ?1)";
    Ok(count(engine, sql, &[tenant.into()])? == 1)
}

/// Calls `each` with every interaction of a tenant that was recorded by an instant, and whose
/// number or human, as `side` says, is one of these.
pub(crate) fn interactions_with(
    engine: &mut dyn Engine,
    tenant: Id,
    known_at: Instant,
    side: Side,
    ids: &[Id],
    each: &mut dyn FnMut(PastInteraction),
) -> Result<(), StoreError> {
    let side = side.column();
    let sql = format!(
        "SELECT id, {side}, kind, direction, started_at FROM interactions \
         WHERE tenant_id = ?1 AND recorded_at <= ?2 AND {side} IN"
    );
    let fixed = [Value::from(tenant), known_at.into()];
    // The last id of a stretch may be asked for again, and an `IN` answers it once.
    for_ids(engine, &sql, &fixed, ids, &mut |row| {
        each(PastInteraction {
            id: row.id(0)?,
            with: row.id(1)?,
            kind: term(row, 2)?,
            direction: term(row, 3)?,
            started_at: row.instant(4)?,
        });
        Ok(())
    })
}

/// By what an interaction is looked up.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Side {
    /// By its phone number.
    Number,
    /// By its human.
    Human,
}

impl Side {
    const fn column(self) -> &'static str {
        match self {
            Self::Number => "phone_number_id",
            Self::Human => "human_id",
        }
    }
}

/// A word of a closed vocabulary.
fn term<T: FromStr>(row: &dyn Row, column: usize) -> Result<T, StoreError> {
    let word = row.text(column)?.parse();
    word.map_err(|_| StoreError::unexpected_value(column))
}
