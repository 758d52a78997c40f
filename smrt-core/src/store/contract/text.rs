//! Searching text, and the order of what is found.

use super::sample::{Sample, insert, row};
use super::{ContractError, Place, fresh, integers, number, require, require_equal};
use crate::store::engine::{Access, Engine, OnConflict};
use crate::store::error::{StoreError, StoreErrorKind};
use crate::store::schema::{RECORD_CHANGES, TENANTS};
use crate::store::value::Value;

/// Position of `name` among the columns of `tenants`.
const NAME: usize = 1;

fn name_tenants(engine: &mut dyn Engine, names: &[&str]) -> Result<(), StoreError> {
    for (n, name) in (1..).zip(names) {
        let mut tenant = row(&TENANTS, n);
        if let Some(slot) = tenant.get_mut(NAME) {
            *slot = Sample::Text((*name).to_owned());
        }
        insert(engine, &TENANTS, &tenant)?;
    }
    Ok(())
}

/// How many names contain a text, which callers give in lower case.
fn found(engine: &mut dyn Engine, text: &str) -> Result<i64, StoreError> {
    let condition = engine.dialect().contains_folded("name", "?1");
    let sql = format!("SELECT count(*) FROM tenants WHERE {condition}");
    number(engine, &sql, &[text.into()])
}

pub(super) fn contains_folded(place: &dyn Place) -> Result<(), ContractError> {
    let mut engine = fresh(place)?;
    let names = [
        "ÄRGER & Söhne",
        "Ελλάδα",
        "ЖУРНАЛ",
        "plain Ada",
        "日本",
        "ÉCOLE",
    ];
    name_tenants(engine.as_mut(), &names)?;
    for (text, want) in [
        ("ärger", 1),
        ("söhne", 1),
        ("ελλάδα", 1),
        ("журнал", 1),
        ("ada", 1),
        ("本", 1),
        ("école", 1),
        ("ecole", 0),
        ("zzz", 0),
        ("a", 1),
    ] {
        let got = found(engine.as_mut(), text)?;
        // `ärger` holds no plain `a`; only `plain Ada` does.
        require_equal(&format!("names that contain `{text}`"), got, want)?;
    }
    let condition = engine.dialect().contains_folded("CAST(NULL AS TEXT)", "?1");
    let sql = format!("SELECT count(*) FROM tenants WHERE {condition}");
    let in_null = number(engine.as_mut(), &sql, &["a".into()])?;
    require_equal("nulls that contain a text", in_null, 0)
}

pub(super) fn no_patterns(place: &dyn Place) -> Result<(), ContractError> {
    let mut engine = fresh(place)?;
    name_tenants(
        engine.as_mut(),
        &[
            "100% sure",
            "snake_case",
            "a*b?c[d]",
            "back\\slash",
            "quote'd",
        ],
    )?;
    for text in ["%", "_", "*", "?", "[d]", "\\", "'"] {
        let got = found(engine.as_mut(), text)?;
        require_equal(&format!("names that contain `{text}`"), got, 1)?;
    }
    Ok(())
}

pub(super) fn query_order(place: &dyn Place) -> Result<(), ContractError> {
    let mut engine = fresh(place)?;
    let rows = super::sample::block(&RECORD_CHANGES, (1..=500).rev());
    engine.bulk_write(&rows, OnConflict::Fail)?;
    let mut want: Vec<i64> = (1..=500).collect();
    let by = |direction: &str| {
        format!("SELECT sequence FROM record_changes ORDER BY sequence {direction}")
    };
    require_equal(
        "ascending",
        integers(engine.as_mut(), &by("ASC"))?,
        want.clone(),
    )?;
    want.reverse();
    require_equal("descending", integers(engine.as_mut(), &by("DESC"))?, want)?;
    let mut swapped = Vec::new();
    engine.query(
        "SELECT sequence FROM record_changes WHERE sequence > ?2 AND sequence < ?1 AND ?2 < ?1 ORDER BY 1",
        &[14.into(), 10.into()],
        &mut |row| {
            swapped.push(row.integer(0)?);
            Ok(())
        },
    )?;
    require_equal("numbered parameters", swapped, vec![11, 12, 13])
}

pub(super) fn each_may_fail(place: &dyn Place) -> Result<(), ContractError> {
    let mut engine = fresh(place)?;
    engine.bulk_write(
        &super::sample::block(&RECORD_CHANGES, 1..=10),
        OnConflict::Fail,
    )?;
    let sql = "SELECT sequence FROM record_changes ORDER BY sequence";
    for is_in_transaction in [false, true] {
        if is_in_transaction {
            engine.begin(Access::Read)?;
        }
        let mut calls = 0;
        let ended = engine.query(sql, &[], &mut |row| {
            calls += 1;
            match row.integer(0)? {
                3 => Err(StoreError::new(StoreErrorKind::Invalid, "stop", "enough")),
                _ => Ok(()),
            }
        });
        require(
            ended.is_err_and(|error| error.operation() == "stop"),
            "the caller's error did not come back",
        )?;
        require_equal("calls before the error", calls, 3)?;
        require_equal("rows afterwards", integers(engine.as_mut(), sql)?.len(), 10)?;
    }
    engine.rollback()?;
    engine.execute("DELETE FROM record_changes", &[])?;
    require_equal(
        "rows after deleting",
        integers(engine.as_mut(), sql)?.len(),
        0,
    )
}

pub(super) fn unused_parameters(place: &dyn Place) -> Result<(), ContractError> {
    let mut engine = fresh(place)?;
    for n in [1, 2, 3] {
        insert(engine.as_mut(), &TENANTS, &row(&TENANTS, n))?;
    }
    let names = ["name 1", "name 2", "name 3"].map(Value::from);
    let found = number(
        engine.as_mut(),
        "SELECT count(*) FROM tenants WHERE name = ?3 OR name = ?1",
        &names,
    )?;
    require_equal("rows found by two of three parameters", found, 2)
}
