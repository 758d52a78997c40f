//! Single listings and answers of the Reassigned Numbers Database.

use super::{AsOf, damaged};
use crate::model::{Id, Instant, NumberSet, ReassignedAnswer};
use crate::phone::E164;
use crate::store::count;
use crate::store::engine::Engine;
use crate::store::error::StoreError;
use crate::store::value::Value;

/// Calls `each` with id and date of the listings of a number that stood as of an instant.
pub(crate) fn standing(
    engine: &mut dyn Engine,
    registry: Id,
    number: &str,
    as_of: AsOf,
    each: &mut dyn FnMut(Id, Instant),
) -> Result<(), StoreError> {
    engine.query(
        "SELECT id, listed_at FROM dnc_entries \
         WHERE registry_id = ?1 AND phone_number = ?2 AND listed_at <= ?3 AND recorded_at <= ?4 \
         AND (removed_at IS NULL OR removed_at > ?3 OR removal_recorded_at > ?4) \
         ORDER BY listed_at, id",
        &[
            registry.into(),
            number.into(),
            as_of.at.into(),
            as_of.known_at.into(),
        ],
        &mut |row| {
            each(row.id(0)?, row.instant(1)?);
            Ok(())
        },
    )
}

/// How many listings of a registry stood as of an instant.
pub(crate) fn count_standing(
    engine: &mut dyn Engine,
    registry: Id,
    as_of: AsOf,
) -> Result<u64, StoreError> {
    let found = count(
        engine,
        "SELECT count(*) FROM dnc_entries \
         WHERE registry_id = ?1 AND listed_at <= ?2 AND recorded_at <= ?3 \
         AND (removed_at IS NULL OR removed_at > ?2 OR removal_recorded_at > ?3)",
        &[registry.into(), as_of.at.into(), as_of.known_at.into()],
    )?;
    Ok(u64::try_from(found).unwrap_or(0))
}

/// An answer as it is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct KeptAnswer {
    pub(crate) id: Id,
    pub(crate) query_date: Instant,
    pub(crate) answer: ReassignedAnswer,
    pub(crate) checked_at: Instant,
}

/// Calls `each` with what a tenant was answered about a number, the oldest first.
pub(crate) fn answers(
    engine: &mut dyn Engine,
    tenant: Id,
    number: &str,
    as_of: AsOf,
    each: &mut dyn FnMut(KeptAnswer),
) -> Result<(), StoreError> {
    engine.query(
        "SELECT id, query_date, answer, checked_at FROM reassigned_answers \
         WHERE tenant_id = ?1 AND phone_number = ?2 AND checked_at <= ?3 AND recorded_at <= ?4 \
         ORDER BY checked_at, id",
        &[
            tenant.into(),
            number.into(),
            as_of.at.into(),
            as_of.known_at.into(),
        ],
        &mut |row| {
            let answer = row.text(2)?.parse();
            each(KeptAnswer {
                id: row.id(0)?,
                query_date: row.instant(1)?,
                answer: answer.map_err(|_| damaged("an answer about a number is unknown"))?,
                checked_at: row.instant(3)?,
            });
            Ok(())
        },
    )
}

/// The numbers that have listings on a tenant's own list, standing or not.
pub(crate) fn listed_numbers(
    engine: &mut dyn Engine,
    registry: Id,
    numbers: &mut NumberSet,
) -> Result<(), StoreError> {
    let sql = "SELECT phone_number FROM dnc_entries WHERE registry_id = ?1 ORDER BY phone_number";
    collect(engine, sql, registry.into(), numbers)
}

/// The numbers about which a tenant was answered.
pub(crate) fn answered_numbers(
    engine: &mut dyn Engine,
    tenant: Id,
    numbers: &mut NumberSet,
) -> Result<(), StoreError> {
    let sql =
        "SELECT phone_number FROM reassigned_answers WHERE tenant_id = ?1 ORDER BY phone_number";
    collect(engine, sql, tenant.into(), numbers)
}

fn collect(
    engine: &mut dyn Engine,
    sql: &str,
    of: Value<'_>,
    numbers: &mut NumberSet,
) -> Result<(), StoreError> {
    engine.query(sql, &[of], &mut |row| {
        let number: E164 = row
            .text(0)?
            .parse()
            .map_err(|_| damaged("a listed number is not in E.164"))?;
        numbers.insert(number);
        Ok(())
    })
}

/// Ends the standing listings of a number, and returns how many that were.
pub(crate) fn end(
    engine: &mut dyn Engine,
    registry: Id,
    number: &str,
    at: Instant,
) -> Result<u64, StoreError> {
    engine.execute(
        "UPDATE dnc_entries SET removed_at = ?3, removal_recorded_at = ?3 \
         WHERE registry_id = ?1 AND phone_number = ?2 AND removed_at IS NULL",
        &[registry.into(), number.into(), at.into()],
    )
}

/// A listing as it is kept.
pub(crate) struct KeptListing {
    pub(crate) id: Id,
    pub(crate) number: E164,
    pub(crate) listed_at: Instant,
    pub(crate) reason: Option<String>,
}

/// Calls `each` with the listings of a registry that stood as of an instant, by number.
///
/// # Errors
///
/// Those of the engine, and the first one that `each` returned.
pub(crate) fn export<E: From<StoreError>>(
    engine: &mut dyn Engine,
    registry: Id,
    as_of: AsOf,
    each: &mut dyn FnMut(KeptListing) -> Result<(), E>,
) -> Result<(), E> {
    let mut failed = None;
    let result = engine.query(
        "SELECT id, phone_number, listed_at, reason FROM dnc_entries \
         WHERE registry_id = ?1 AND listed_at <= ?2 AND recorded_at <= ?3 \
         AND (removed_at IS NULL OR removed_at > ?2 OR removal_recorded_at > ?3) \
         ORDER BY phone_number, listed_at, id",
        &[registry.into(), as_of.at.into(), as_of.known_at.into()],
        &mut |row| {
            let number = row.text(1)?.parse();
            let listing = KeptListing {
                id: row.id(0)?,
                number: number.map_err(|_| damaged("a listed number is not in E.164"))?,
                listed_at: row.instant(2)?,
                reason: row.optional_string(3)?,
            };
            each(listing).map_err(|error| {
                failed = Some(error);
                damaged("the export was ended")
            })
        },
    );
    match failed {
        Some(error) => Err(error),
        None => Ok(result?),
    }
}
