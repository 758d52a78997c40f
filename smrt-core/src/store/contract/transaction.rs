//! All of a transaction is kept, or none.

use super::sample::{insert, row};
use super::{ContractError, Place, fresh, number, require, require_equal, require_kind};
use crate::store::engine::{Access, Engine};
use crate::store::error::{StoreError, StoreErrorKind};
use crate::store::migration;
use crate::store::schema::TENANTS;

const COUNT: &str = "SELECT count(*) FROM tenants";

fn add(engine: &mut dyn Engine, n: i64) -> Result<(), StoreError> {
    insert(engine, &TENANTS, &row(&TENANTS, n)).map(|_| ())
}

pub(super) fn commit_is_durable(place: &dyn Place) -> Result<(), ContractError> {
    let mut engine = fresh(place)?;
    engine.begin(Access::Write)?;
    add(engine.as_mut(), 1)?;
    engine.commit()?;
    require_equal(
        "rows after the commit",
        number(engine.as_mut(), COUNT, &[])?,
        1,
    )?;
    drop(engine);
    let mut later = place.connect(Access::Read)?;
    require_equal(
        "rows for a later connection",
        number(later.as_mut(), COUNT, &[])?,
        1,
    )
}

pub(super) fn rollback_leaves_nothing(place: &dyn Place) -> Result<(), ContractError> {
    let mut engine = fresh(place)?;
    engine.rollback()?;
    engine.begin(Access::Write)?;
    add(engine.as_mut(), 1)?;
    require_equal("rows inside", number(engine.as_mut(), COUNT, &[])?, 1)?;
    engine.rollback()?;
    require_equal(
        "rows after the rollback",
        number(engine.as_mut(), COUNT, &[])?,
        0,
    )?;
    engine.begin(Access::Write)?;
    add(engine.as_mut(), 1)?;
    engine.commit()?;
    require_equal(
        "rows of the next transaction",
        number(engine.as_mut(), COUNT, &[])?,
        1,
    )
}

pub(super) fn failed_statement(place: &dyn Place) -> Result<(), ContractError> {
    let mut engine = fresh(place)?;
    engine.begin(Access::Write)?;
    add(engine.as_mut(), 1)?;
    require_kind(
        "a taken key",
        add(engine.as_mut(), 1),
        StoreErrorKind::Constraint,
    )?;
    engine.rollback()?;
    engine.begin(Access::Write)?;
    add(engine.as_mut(), 1)?;
    require(
        engine
            .execute("INSERT INTO no_such_table VALUES (1)", &[])
            .is_err(),
        "a statement about no table was accepted",
    )?;
    engine.rollback()?;
    require_equal(
        "rows after the rollbacks",
        number(engine.as_mut(), COUNT, &[])?,
        0,
    )
}

pub(super) fn schema_changes_roll_back(place: &dyn Place) -> Result<(), ContractError> {
    let mut engine = fresh(place)?;
    fresh_rows(engine.as_mut())?;
    engine.begin(Access::Write)?;
    migration::drop_deferred_indexes(engine.as_mut())?;
    engine.rollback()?;
    let repeated = engine.execute(
        "INSERT INTO humans (id, created_at, updated_at, created_by_tenant_id, metadata) \
         SELECT id, created_at, updated_at, created_by_tenant_id, metadata FROM humans",
        &[],
    );
    require_kind(
        "a taken key after the rollback",
        repeated,
        StoreErrorKind::Constraint,
    )
}

fn fresh_rows(engine: &mut dyn Engine) -> Result<(), StoreError> {
    super::sample::fill(engine, 1)
}

pub(super) fn closing_leaves_nothing(place: &dyn Place) -> Result<(), ContractError> {
    let mut engine = fresh(place)?;
    engine.begin(Access::Write)?;
    add(engine.as_mut(), 1)?;
    drop(engine);
    let mut later = place.connect(Access::Write)?;
    require_equal(
        "rows for a later connection",
        number(later.as_mut(), COUNT, &[])?,
        0,
    )?;
    later.begin(Access::Write)?;
    add(later.as_mut(), 1)?;
    later.commit()?;
    Ok(())
}
