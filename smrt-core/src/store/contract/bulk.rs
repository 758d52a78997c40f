//! Bulk writes: order, conflicts, counts.

use super::sample::{Sample, block, fill, sample};
use super::{ContractError, Place, fresh, integers, number, require_equal, require_kind};
use crate::store::engine::{Access, OnConflict};
use crate::store::error::StoreErrorKind;
use crate::store::schema::{RECORD_CHANGES, TENANTS, Table, part};
use crate::store::value::{RowBlock, Value};

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
            Value::Id(id) => Sample::Id(id),
            _ => return Err(ContractError::Broken("a block changed an id".to_owned())),
        };
    }
    other
        .iter()
        .for_each(|value| repeated.push(value.as_value()));
    let written = engine.bulk_write(&repeated, OnConflict::Skip)?;
    require_equal("rows written of two with one key", written, 1)?;
    let kept = number(
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

pub(super) fn update(place: &dyn Place) -> Result<(), ContractError> {
    const ROWS: i64 = 40;
    let mut engine = fresh(place)?;
    (1..=ROWS).try_for_each(|n| fill(engine.as_mut(), n))?;
    for part in [
        &part::HUMANS,
        &part::PHONE_HUMAN_LINKS,
        &part::SOURCE_KEYS,
        &part::PHONE_NUMBERS,
        &part::PHONE_NUMBER_TIES,
    ] {
        let nothing = engine.bulk_update(&RowBlock::new(part))?;
        require_equal("rows updated by an empty block", nothing, 0)?;
        // A few rows and many go different ways in some engines.
        let updates: [&[i64]; 2] = [&[1, 3], &[5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27]];
        for numbers in updates {
            let mut rows = RowBlock::new(part);
            let mut push =
                |row: Vec<Sample>| row.iter().for_each(|value| rows.push(value.as_value()));
            numbers.iter().for_each(|n| push(updated(part, *n)));
            // A key of parts that are there, each with another one.
            let mut mixed = updated(part, 2);
            if let (Some(first), Some(other)) =
                (mixed.first_mut(), updated(part, 4).into_iter().next())
            {
                *first = other;
            }
            push(mixed);
            let changed = engine.bulk_update(&rows)?;
            require_equal("rows updated", changed, numbers.len() as u64)?;
        }
        for n in 1..=ROWS {
            let is_updated = updates.iter().any(|numbers| numbers.contains(&n));
            let want = match is_updated {
                true => updated(part, n),
                false => part
                    .columns
                    .iter()
                    .map(|column| sample(column, n))
                    .collect(),
            };
            let (set, meant) = part.update_clauses(|position, _| format!("?{}", position + 1));
            let set = set.replace(", ", " AND ");
            let sql = format!("SELECT count(*) FROM {} WHERE {set} AND {meant}", part.name);
            let want: Vec<Value<'_>> = want.iter().map(Sample::as_value).collect();
            let found = number(engine.as_mut(), &sql, &want)?;
            require_equal(&format!("row {n} of {} as it must be", part.name), found, 1)?;
        }
    }
    Ok(())
}

/// The columns of a part with the key of row `n` and what it is updated to.
fn updated(part: &Table, n: i64) -> Vec<Sample> {
    let columns = part.columns.iter();
    columns
        .map(|column| match part.is_of_key(column) {
            true => sample(column, n),
            false => sample(column, n + 1_000),
        })
        .collect()
}
