//! Tables, columns, indexes and views are those of the schema.

use super::sample::{Sample, fill, insert, row, sample};
use super::{AT, ContractError, Place, fresh, number, require, require_equal, require_kind};
use crate::model::{Id, Instant};
use crate::store::engine::{Access, Engine};
use crate::store::error::{StoreError, StoreErrorKind};
use crate::store::migration;
use crate::store::schema::{INDEXES, Index, Kind, TABLES, TENANTS, Uniqueness};
use crate::store::value::Value;

pub(super) fn tables_and_columns(place: &dyn Place) -> Result<(), ContractError> {
    let mut engine = fresh(place)?;
    fill(engine.as_mut(), 1)?;
    for table in TABLES {
        let want = match table.name {
            "schema_migrations" => None,
            _ => Some(row(table, 1)),
        };
        let width = table.columns.len();
        let mut by_name = 0;
        let sql = format!("SELECT {} FROM {}", table.column_list(), table.name);
        let mut differing = None;
        engine.query(&sql, &[], &mut |found| {
            by_name += 1;
            for (position, want) in want.iter().flatten().enumerate() {
                if found.value(position)? != want.as_value() {
                    differing = table.columns.get(position).map(|column| column.name);
                }
            }
            Ok(())
        })?;
        // A new store has a row for each migration; of every other table, `fill` wrote one.
        let rows = match table.name {
            "schema_migrations" => migration::schema_version(),
            _ => 1,
        };
        require_equal(&format!("rows of `{}`", table.name), by_name, rows)?;
        require_equal(
            &format!("a column of `{}` that changed its value", table.name),
            differing,
            None,
        )?;
        let mut exact = false;
        let sql = format!("SELECT * FROM {}", table.name);
        engine.query(&sql, &[], &mut |found| {
            exact = found.value(width - 1).is_ok() && found.value(width).is_err();
            Ok(())
        })?;
        require(exact, &format!("`{}` has not {width} columns", table.name))?;
    }
    Ok(())
}

pub(super) fn views_show_text(place: &dyn Place) -> Result<(), ContractError> {
    let mut engine = fresh(place)?;
    fill(engine.as_mut(), 1)?;
    for table in TABLES {
        if table.name == "schema_migrations" {
            continue;
        }
        let sql = format!("SELECT {} FROM v_{}", table.column_list(), table.name);
        let mut faults = Vec::new();
        engine.query(&sql, &[], &mut |found| {
            for (position, column) in table.columns.iter().enumerate() {
                let want = match (column.kind, sample(column, 1)) {
                    (Kind::Id, Sample::Id(id)) => Sample::Text(id.to_string()),
                    (Kind::Instant, _) => Sample::Text("1970-01-01T00:00:01.000001Z".to_owned()),
                    (_, plain) => plain,
                };
                if found.value(position)? != want.as_value() {
                    faults.push(column.name);
                }
            }
            Ok(())
        })?;
        require_equal(
            &format!("columns that `v_{}` shows wrong", table.name),
            faults,
            Vec::new(),
        )?;
    }
    Ok(())
}

pub(super) fn awkward_instants_are_shown_right(place: &dyn Place) -> Result<(), ContractError> {
    let cases = [
        (0, "1970-01-01T00:00:00.000000Z"),
        (-1, "1969-12-31T23:59:59.999999Z"),
        (-1_000_000, "1969-12-31T23:59:59.000000Z"),
        (-1_500_000, "1969-12-31T23:59:58.500000Z"),
        (999_999, "1970-01-01T00:00:00.999999Z"),
        (-2_208_988_800_000_001, "1899-12-31T23:59:59.999999Z"),
        (1_795_249_800_123_456, "2026-11-21T08:30:00.123456Z"),
        (253_402_300_799_999_999, "9999-12-31T23:59:59.999999Z"),
    ];
    let mut engine = fresh(place)?;
    for (position, (micros, _)) in (0..).zip(&cases) {
        let mut tenant = row(&TENANTS, position);
        if let Some(created_at) = tenant.get_mut(5) {
            *created_at = Sample::Instant(Instant::from_micros(*micros));
        }
        insert(engine.as_mut(), &TENANTS, &tenant)?;
    }
    for (position, (micros, want)) in (0..).zip(&cases) {
        let mut shown = String::new();
        engine.query(
            "SELECT created_at FROM v_tenants WHERE slug = ?1",
            &[format!("slug {position}").as_str().into()],
            &mut |row| {
                shown = row.optional_string(0)?.unwrap_or_default();
                Ok(())
            },
        )?;
        require_equal(&format!("the instant {micros}"), shown.as_str(), want)?;
    }
    Ok(())
}

pub(super) fn unique_indexes(place: &dyn Place) -> Result<(), ContractError> {
    let mut engine = fresh(place)?;
    for index in &INDEXES {
        let Some(position) = TABLES.iter().position(|table| table.name == index.table) else {
            return Err(ContractError::Broken(format!(
                "index `{}` belongs to no table",
                index.name
            )));
        };
        engine.begin(Access::Write)?;
        // What both rows refer to stands in the tables before theirs.
        for (earlier, table) in TABLES.iter().enumerate().take(position + 1) {
            if table.name == "schema_migrations" {
                continue;
            }
            insert(engine.as_mut(), table, &row(table, 1))?;
            if earlier < position {
                insert(engine.as_mut(), table, &row(table, 2))?;
            }
        }
        let inserted = insert_sharing(engine.as_mut(), index, position);
        match holds_unique_key(index) {
            true => require_kind(index.name, inserted, StoreErrorKind::Constraint)?,
            false => require_equal(index.name, inserted?, 1)?,
        }
        engine.rollback()?;
    }
    Ok(())
}

/// Inserts a row that shares with row 1 nothing but the columns of an index.
fn insert_sharing(
    engine: &mut dyn Engine,
    index: &Index,
    position: usize,
) -> Result<u64, StoreError> {
    let Some(table) = TABLES.get(position) else {
        return Ok(0);
    };
    let sharing: Vec<Sample> = table
        .columns
        .iter()
        .map(|column| match index.columns.contains(&column.name) {
            true => sample(column, 1),
            false => sample(column, 2),
        })
        .collect();
    insert(engine, table, &sharing)
}

/// Whether two rows with equal values in the columns of an index have an equal unique key: of this
/// index, or of another one on some of its columns.
fn holds_unique_key(index: &Index) -> bool {
    INDEXES.iter().any(|key| {
        let is_part = key
            .columns
            .iter()
            .all(|column| index.columns.contains(column));
        key.table == index.table && key.uniqueness == Uniqueness::Unique && is_part
    })
}

pub(super) fn migrations(place: &dyn Place) -> Result<(), ContractError> {
    let mut engine = fresh(place)?;
    let newest = migration::schema_version();
    require_equal(
        "the version of a new store",
        migration::version_of(engine.as_mut())?,
        newest,
    )?;
    migration::migrate(engine.as_mut(), newest, Instant::from_micros(1))?;
    let applied = number(
        engine.as_mut(),
        "SELECT count(*) FROM schema_migrations WHERE applied_at = ?1",
        &[AT.into()],
    )?;
    require_equal("migrations on record", applied, newest)?;
    require_kind(
        "a newer schema",
        migration::migrate(engine.as_mut(), newest + 1, AT),
        StoreErrorKind::Newer,
    )
}

pub(super) fn integrity(place: &dyn Place) -> Result<(), ContractError> {
    let mut engine = fresh(place)?;
    fill(engine.as_mut(), 1)?;
    require_equal("faults", engine.check_integrity()?, Vec::new())?;
    let absent = number(
        engine.as_mut(),
        "SELECT count(*) FROM tenants WHERE id = ?1",
        &[Value::Id(Id::of_tenant("absent"))],
    )?;
    require_equal("rows of a tenant that is not there", absent, 0)
}
