//! Several connections to one store.

use std::sync::mpsc::sync_channel;

use super::sample::{insert, row};
use super::{ContractError, Place, fresh, number, require_equal, require_kind};
use crate::store::engine::{Access, Engine, RunLock};
use crate::store::error::{StoreError, StoreErrorKind};
use crate::store::schema::TENANTS;

const COUNT: &str = "SELECT count(*) FROM tenants";

fn add(engine: &mut dyn Engine, n: i64) -> Result<(), StoreError> {
    insert(engine, &TENANTS, &row(&TENANTS, n)).map(|_| ())
}

pub(super) fn isolation(place: &dyn Place) -> Result<(), ContractError> {
    let mut writer = fresh(place)?;
    let mut reader = place.connect(Access::Read)?;
    writer.begin(Access::Write)?;
    add(writer.as_mut(), 1)?;
    require_equal(
        "rows seen before the commit",
        number(reader.as_mut(), COUNT, &[])?,
        0,
    )?;
    writer.commit()?;
    require_equal(
        "rows seen after the commit",
        number(reader.as_mut(), COUNT, &[])?,
        1,
    )?;
    writer.begin(Access::Write)?;
    add(writer.as_mut(), 2)?;
    writer.rollback()?;
    require_equal(
        "rows seen after a rollback",
        number(reader.as_mut(), COUNT, &[])?,
        1,
    )
}

pub(super) fn one_state(place: &dyn Place) -> Result<(), ContractError> {
    let mut writer = fresh(place)?;
    let mut reader = place.connect(Access::Read)?;
    reader.begin(Access::Read)?;
    require_equal("rows at first", number(reader.as_mut(), COUNT, &[])?, 0)?;
    add(writer.as_mut(), 1)?;
    require_equal(
        "rows in the same transaction",
        number(reader.as_mut(), COUNT, &[])?,
        0,
    )?;
    reader.rollback()?;
    require_equal("rows afterwards", number(reader.as_mut(), COUNT, &[])?, 1)
}

pub(super) fn readers_write_nothing(place: &dyn Place) -> Result<(), ContractError> {
    let mut writer = fresh(place)?;
    let mut reader = place.connect(Access::Read)?;
    require_kind(
        "a write by a reader",
        add(reader.as_mut(), 1),
        StoreErrorKind::ReadOnly,
    )?;
    require_equal("rows", number(writer.as_mut(), COUNT, &[])?, 0)
}

pub(super) fn second_writer(place: &dyn Place) -> Result<(), ContractError> {
    let mut first = fresh(place)?;
    let mut second = place.connect(Access::Write)?;
    first.begin(Access::Write)?;
    add(first.as_mut(), 1)?;
    let (starting, started) = sync_channel(0);
    let outcome = std::thread::scope(|scope| {
        let waiting = scope.spawn(move || {
            // The receiver outlives this thread's start; were it gone, the case would have failed.
            let _ = starting.send(());
            second.begin(Access::Write)?;
            let seen = number(second.as_mut(), COUNT, &[])?;
            add(second.as_mut(), 2)?;
            second.commit()?;
            Ok::<i64, StoreError>(seen)
        });
        let _ = started.recv();
        let committed = first.commit();
        (committed, waiting.join())
    });
    let (committed, second) = outcome;
    committed?;
    match second {
        Ok(Ok(seen)) => {
            require_equal("rows the second writer saw", seen, 1)?;
            require_equal("rows of both", number(first.as_mut(), COUNT, &[])?, 2)
        }
        Ok(Err(error)) => require_equal("why it failed", error.kind(), StoreErrorKind::Locked),
        Err(_) => Err(ContractError::Broken(
            "the second writer panicked".to_owned(),
        )),
    }
}

pub(super) fn import_lock(place: &dyn Place) -> Result<(), ContractError> {
    let mut first = fresh(place)?;
    let mut second = place.connect(Access::Write)?;
    first.lock_imports()?;
    first.lock_imports()?;
    if first.dialect().shares_imports() {
        // Imports go beside each other.
        second.lock_imports()?;
        return Ok(());
    }
    require_kind(
        "a second importer",
        second.lock_imports(),
        StoreErrorKind::Locked,
    )?;
    // The lock keeps importers out, not writers.
    second.begin(Access::Write)?;
    add(second.as_mut(), 1)?;
    second.commit()?;
    drop(first);
    second.lock_imports()?;
    let mut third = place.connect(Access::Write)?;
    require_kind(
        "a third importer",
        third.lock_imports(),
        StoreErrorKind::Locked,
    )
}

pub(super) fn run_lock(place: &dyn Place) -> Result<(), ContractError> {
    let mut first = fresh(place)?;
    if !first.dialect().shares_imports() {
        return Ok(());
    }
    let mut second = place.connect(Access::Write)?;
    require_equal("a free run", first.lock_run(7)?, RunLock::Taken)?;
    require_equal("the same run once more", first.lock_run(7)?, RunLock::Held)?;
    require_equal(
        "a run that is taken",
        second.lock_run(7)?,
        RunLock::OfAnother,
    )?;
    require_equal("another run", second.lock_run(8)?, RunLock::Taken)?;
    first.unlock_run(7)?;
    require_equal(
        "a run that was given back",
        second.lock_run(7)?,
        RunLock::Taken,
    )?;
    require_equal(
        "a run that was taken over",
        first.lock_run(7)?,
        RunLock::OfAnother,
    )?;
    drop(second);
    require_equal(
        "a run whose holder is gone",
        first.lock_run(7)?,
        RunLock::Taken,
    )
}
