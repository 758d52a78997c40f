//! Bulk writes: order, conflicts, counts.

use super::sample::block;
use super::{ContractError, Place, fresh, integers, require_equal, require_kind};
use crate::store::engine::{Access, OnConflict};
use crate::store::error::StoreErrorKind;
use crate::store::schema::{RECORD_CHANGES, TENANTS};

const SEQUENCES: &str = "SELECT sequence FROM record_changes ORDER BY sequence";

pub(super) fn order(place: &dyn Place) -> Result<(), ContractError> {
    let mut engine = fresh(place)?;
    let empty = engine.bulk_write(&block(&RECORD_CHANGES, []), OnConflict::Fail)?;
    require_equal("rows of an empty block", empty, 0)?;
    let written = engine.bulk_write(&block(&RECORD_CHANGES, 1..=2_000), OnConflict::Fail)?;
    require_equal("rows written", written, 2_000)?;
    require_equal(
        "the rows",
        integers(engine.as_mut(), SEQUENCES)?,
        (1..=2_000).collect(),
    )?;
    // The first of two rows with one key is the one that stays, so order shows.
    let mut repeated = block(&TENANTS, [1]);
    let mut other = super::sample::row(&TENANTS, 2);
    if let (Some(id), Some(first)) = (other.get_mut(0), repeated.row(0)) {
        *id = match first.value(0) {
            crate::store::Value::Id(id) => super::sample::Sample::Id(id),
            _ => return Err(ContractError::Broken("a block changed an id".to_owned())),
        };
    }
    other
        .iter()
        .for_each(|value| repeated.push(value.as_value()));
    let written = engine.bulk_write(&repeated, OnConflict::Skip)?;
    require_equal("rows written of two with one key", written, 1)?;
    let kept = super::number(
        engine.as_mut(),
        "SELECT count(*) FROM tenants WHERE slug = 'slug 1'",
        &[],
    )?;
    require_equal("the first of two rows with one key", kept, 1)
}

pub(super) fn fail(place: &dyn Place) -> Result<(), ContractError> {
    let mut engine = fresh(place)?;
    engine.bulk_write(&block(&RECORD_CHANGES, [5]), OnConflict::Fail)?;
    engine.begin(Access::Write)?;
    let result = engine.bulk_write(&block(&RECORD_CHANGES, [4, 5, 6]), OnConflict::Fail);
    require_kind("a taken key", result, StoreErrorKind::Constraint)?;
    engine.rollback()?;
    require_equal(
        "the rows after the rollback",
        integers(engine.as_mut(), SEQUENCES)?,
        vec![5],
    )
}

pub(super) fn skip(place: &dyn Place) -> Result<(), ContractError> {
    let mut engine = fresh(place)?;
    engine.bulk_write(&block(&RECORD_CHANGES, [2, 4]), OnConflict::Fail)?;
    let rows = block(&RECORD_CHANGES, [1, 2, 3, 3, 4, 1]);
    let written = engine.bulk_write(&rows, OnConflict::Skip)?;
    require_equal("rows written", written, 2)?;
    let again = engine.bulk_write(&rows, OnConflict::Skip)?;
    require_equal("rows written the second time", again, 0)?;
    require_equal(
        "the rows",
        integers(engine.as_mut(), SEQUENCES)?,
        vec![1, 2, 3, 4],
    )
}

pub(super) fn excluded(place: &dyn Place) -> Result<(), ContractError> {
    let mut engine = fresh(place)?;
    let mut rows = block(&RECORD_CHANGES, 1..=4);
    rows.exclude(0);
    rows.exclude(2);
    let written = engine.bulk_write(&rows, OnConflict::Fail)?;
    require_equal("rows written", written, 2)?;
    require_equal(
        "the rows",
        integers(engine.as_mut(), SEQUENCES)?,
        vec![2, 4],
    )
}
