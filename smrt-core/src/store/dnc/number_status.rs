//! What is kept with each phone number: whether it is listed, and since when that is known.
//!
//! The first tenant of a number keeps it with the number, each other one with its tie.

use super::damaged;
use crate::model::{Id, Instant};
use crate::phone::E164;
use crate::store::engine::Engine;
use crate::store::error::StoreError;
use crate::store::schema::part;
use crate::store::value::RowBlock;

/// Where a tenant's status of a number is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keeper {
    /// With the number, which the tenant brought in.
    Number,
    /// With the tenant's tie to a number that another tenant brought in first.
    Tie,
}

/// A number with its status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KeptStatus {
    pub(crate) id: Id,
    pub(crate) number: E164,
    pub(crate) status: String,
    pub(crate) date: Option<Instant>,
}

/// The first numbers of a tenant behind `after`, in the order of their ids.
pub(crate) fn read(
    engine: &mut dyn Engine,
    tenant: Id,
    keeper: Keeper,
    after: Option<Id>,
    limit: usize,
) -> Result<Vec<KeptStatus>, StoreError> {
    let sql = match keeper {
        Keeper::Number => {
            "SELECT id, phone_number, dnc_status, dnc_date FROM phone_numbers \
             WHERE created_by_tenant_id = ?1 AND id > ?2 ORDER BY id LIMIT ?3"
        }
        Keeper::Tie => {
            "SELECT t.phone_number_id, p.phone_number, t.dnc_status, t.dnc_date \
             FROM phone_number_ties t JOIN phone_numbers p ON p.id = t.phone_number_id \
             WHERE t.tenant_id = ?1 AND t.phone_number_id > ?2 \
             ORDER BY t.phone_number_id LIMIT ?3"
        }
    };
    let after = after.unwrap_or_else(|| Id::from_bytes([0; 16]));
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut kept = Vec::new();
    engine.query(
        sql,
        &[tenant.into(), after.into(), limit.into()],
        &mut |row| {
            let number = row.text(1)?.parse();
            kept.push(KeptStatus {
                id: row.id(0)?,
                number: number.map_err(|_| damaged("a phone number is not in E.164"))?,
                status: row.text(2)?.to_owned(),
                date: row.optional_instant(3)?,
            });
            Ok(())
        },
    )?;
    Ok(kept)
}

/// A status that a number is to have.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NewStatus {
    pub(crate) id: Id,
    pub(crate) status: &'static str,
    pub(crate) date: Option<Instant>,
}

/// Sets a tenant's status of numbers.
pub(crate) fn set(
    engine: &mut dyn Engine,
    tenant: Id,
    keeper: Keeper,
    statuses: &[NewStatus],
) -> Result<(), StoreError> {
    let mut rows = RowBlock::new(match keeper {
        Keeper::Number => &part::PHONE_NUMBERS,
        Keeper::Tie => &part::PHONE_NUMBER_TIES,
    });
    for NewStatus { id, status, date } in statuses {
        rows.push(*id);
        rows.push(tenant);
        rows.push(*status);
        rows.push(*date);
    }
    engine.bulk_update(&rows)?;
    Ok(())
}
