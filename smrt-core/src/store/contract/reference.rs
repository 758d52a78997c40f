//! References hold where the engine watches over them, except during a bulk load.

use super::sample::{block, fill, insert, row};
use super::{ContractError, Place, fresh, number, require_equal, require_kind};
use crate::store::dialect::References;
use crate::store::engine::{BulkLoad, OnConflict};
use crate::store::error::StoreErrorKind;
use crate::store::schema::{HUMANS, PHONE_HUMAN_LINKS, SOURCE_KEYS, TENANTS};

pub(super) fn dangling(place: &dyn Place) -> Result<(), ContractError> {
    let mut engine = fresh(place)?;
    if engine.dialect().references() == References::Unchecked {
        return Ok(());
    }
    require_kind(
        "a human of no tenant",
        insert(engine.as_mut(), &HUMANS, &row(&HUMANS, 1)),
        StoreErrorKind::Constraint,
    )?;
    insert(engine.as_mut(), &TENANTS, &row(&TENANTS, 1))?;
    insert(engine.as_mut(), &HUMANS, &row(&HUMANS, 1))?;
    require_kind(
        "a link to no phone number, in bulk",
        engine.bulk_write(&block(&PHONE_HUMAN_LINKS, [1]), OnConflict::Skip),
        StoreErrorKind::Constraint,
    )
}

pub(super) fn parent_kept(place: &dyn Place) -> Result<(), ContractError> {
    let mut engine = fresh(place)?;
    if engine.dialect().references() == References::Unchecked {
        return Ok(());
    }
    fill(engine.as_mut(), 1)?;
    for table in ["humans", "phone_numbers", "tenants", "import_runs"] {
        require_kind(
            table,
            engine.execute(&format!("DELETE FROM {table}"), &[]),
            StoreErrorKind::Constraint,
        )?;
    }
    Ok(())
}

pub(super) fn bulk_load(place: &dyn Place) -> Result<(), ContractError> {
    let mut engine = fresh(place)?;
    let dialect = engine.dialect();
    if dialect.shares_imports() || dialect.references() == References::Unchecked {
        return Ok(());
    }
    engine.set_bulk_load(BulkLoad::Begin)?;
    let written = engine.bulk_write(&block(&SOURCE_KEYS, [1]), OnConflict::Fail)?;
    require_equal("rows that refer to nothing", written, 1)?;
    engine.execute("DELETE FROM source_keys", &[])?;
    engine.set_bulk_load(BulkLoad::End)?;
    require_kind(
        "a reference to nothing after the load",
        engine.bulk_write(&block(&SOURCE_KEYS, [1]), OnConflict::Fail),
        StoreErrorKind::Constraint,
    )?;
    let left = number(engine.as_mut(), "SELECT count(*) FROM source_keys", &[])?;
    require_equal("rows left", left, 0)
}
