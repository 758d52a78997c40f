//! Numbered migrations: how a store's schema comes to be what [`super::schema`] lists.

use std::fmt::Write as _;

use super::count;
use super::dialect::Dialect;
use super::engine::{Access, Engine};
use super::error::{StoreError, StoreErrorKind};
use super::schema::{Build, INDEXES, Index, Kind, Role, TABLES, Uniqueness};
use crate::model::Instant;

/// A step of the schema's history. Once released its text never changes.
struct Migration {
    version: i64,
    name: &'static str,
    /// What makes the tables.
    sql: &'static str,
    /// What brings the rows of an older store along, once the indexes stand.
    fill: &'static str,
}

const MIGRATIONS: [Migration; 3] = [
    Migration {
        version: 1,
        name: "initial",
        sql: include_str!("migrations/0001_initial.sql"),
        fill: "",
    },
    Migration {
        version: 2,
        name: "tenancy",
        sql: include_str!("migrations/0002_tenancy.sql"),
        fill: include_str!("migrations/0002_tenancy_fill.sql"),
    },
    Migration {
        version: 3,
        name: "permission",
        sql: include_str!("migrations/0003_permission.sql"),
        fill: include_str!("migrations/0003_permission_fill.sql"),
    },
];

/// The schema version this program writes.
#[must_use]
pub fn schema_version() -> i64 {
    MIGRATIONS.last().map_or(0, |migration| migration.version)
}

/// The schema version of a store; 0 for an empty one.
pub(super) fn version_of(engine: &mut dyn Engine) -> Result<i64, StoreError> {
    let mut version = 0;
    let read = engine.query(
        "SELECT max(version) FROM schema_migrations",
        &[],
        &mut |row| {
            version = row.optional_integer(0)?.unwrap_or(0);
            Ok(())
        },
    );
    match read {
        Ok(()) => Ok(version),
        // A store whose making was cut short, or is under way, has no such table yet.
        Err(error) if error.kind() == StoreErrorKind::Engine => Ok(0),
        Err(error) => Err(error),
    }
}

/// Brings the schema from `version` to the newest, all steps in one transaction.
pub(super) fn migrate(engine: &mut dyn Engine, from: i64, at: Instant) -> Result<(), StoreError> {
    if from > schema_version() {
        return Err(StoreError::new(
            StoreErrorKind::Newer,
            "open",
            format!(
                "the store has schema version {from}, this program knows up to {}",
                schema_version()
            ),
        ));
    }
    if from == schema_version() {
        return Ok(());
    }
    engine.begin(Access::Write)?;
    // Another process may have brought the schema up to date before this one had the lock.
    let applied = version_of(engine).and_then(|now| apply(engine, from.max(now), at));
    match applied {
        Ok(()) => engine.commit(),
        Err(error) => {
            engine.rollback()?;
            Err(error)
        }
    }
}

fn apply(engine: &mut dyn Engine, from: i64, at: Instant) -> Result<(), StoreError> {
    if from >= schema_version() {
        return Ok(());
    }
    let dialect = engine.dialect();
    let steps = || {
        MIGRATIONS
            .iter()
            .filter(|migration| migration.version > from)
    };
    for migration in steps() {
        engine.execute_script(&fill_types(migration.sql, dialect))?;
        engine.execute(
            "INSERT INTO schema_migrations (version, name, applied_at) VALUES (?1, ?2, ?3)",
            &[migration.version.into(), migration.name.into(), at.into()],
        )?;
    }
    let always = INDEXES.iter().filter(|index| index.build == Build::Always);
    always
        .map(create_index)
        .try_for_each(|sql| engine.execute_script(&sql))?;
    create_deferred_indexes(engine)?;
    if from > 0 {
        for migration in steps() {
            engine.execute_script(migration.fill)?;
        }
    }
    create_views(engine)
}

fn fill_types(sql: &str, dialect: &dyn Dialect) -> String {
    let names = [
        ("{id}", Kind::Id),
        ("{integer}", Kind::Integer),
        ("{boolean}", Kind::Boolean),
        ("{instant}", Kind::Instant),
        ("{text}", Kind::Text),
        ("{json}", Kind::Json),
        ("{bytes}", Kind::Bytes),
    ];
    names.iter().fold(sql.to_owned(), |sql, (mark, kind)| {
        sql.replace(mark, dialect.column_type(*kind))
    })
}

fn create_index(index: &Index) -> String {
    let unique = match index.uniqueness {
        Uniqueness::Unique => "UNIQUE ",
        Uniqueness::Repeated => "",
    };
    format!(
        "CREATE {unique}INDEX IF NOT EXISTS {} ON {} ({});",
        index.name,
        index.table,
        index.columns.join(", ")
    )
}

/// Drops the indexes that a bulk load into an empty store builds at its end.
pub(super) fn drop_deferred_indexes(engine: &mut dyn Engine) -> Result<(), StoreError> {
    INDEXES
        .iter()
        .filter(|index| index.build != Build::Always)
        .try_for_each(|index| {
            engine.execute_script(&format!("DROP INDEX IF EXISTS {};", index.name))
        })
}

/// Builds the indexes that a bulk load left out; those that stand are left alone.
pub(super) fn create_deferred_indexes(engine: &mut dyn Engine) -> Result<(), StoreError> {
    create_indexes(engine, Build::AfterBulkLoad)?;
    create_shared_indexes(engine)
}

/// Builds the indexes that tell tenants apart, once there are several.
pub(super) fn create_shared_indexes(engine: &mut dyn Engine) -> Result<(), StoreError> {
    match count(engine, "SELECT count(*) FROM tenants", &[])? {
        0 | 1 => Ok(()),
        _ => create_indexes(engine, Build::WhenShared),
    }
}

fn create_indexes(engine: &mut dyn Engine, build: Build) -> Result<(), StoreError> {
    INDEXES
        .iter()
        .filter(|index| index.build == build)
        .try_for_each(|index| engine.execute_script(&create_index(index)))
}

/// One readable view a table: ids as text, instants as ISO 8601, bookkeeping included.
fn create_views(engine: &mut dyn Engine) -> Result<(), StoreError> {
    let dialect = engine.dialect();
    for table in TABLES {
        let mut sql = format!(
            "DROP VIEW IF EXISTS v_{0};\nCREATE VIEW v_{0} AS SELECT",
            table.name
        );
        for (position, column) in table.columns.iter().enumerate() {
            let shown = match column.kind {
                Kind::Id => dialect.id_as_text(column.name),
                Kind::Instant => dialect.instant_as_text(column.name),
                Kind::Integer | Kind::Boolean | Kind::Text | Kind::Json | Kind::Bytes => {
                    column.name.to_owned()
                }
            };
            let comma = if position == 0 { "" } else { "," };
            let _ = write!(sql, "{comma}\n  {shown} AS {}", column.name);
        }
        let _ = write!(sql, "\nFROM {};", table.name);
        engine.execute_script(&sql)?;
    }
    Ok(())
}

/// The columns of a table that the logical digest covers, in order.
pub(super) fn content_columns(table: &super::schema::Table) -> Vec<usize> {
    table
        .columns
        .iter()
        .enumerate()
        .filter(|(_, column)| column.role == Role::Content)
        .map(|(position, _)| position)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_count_up_from_one() {
        for (position, migration) in MIGRATIONS.iter().enumerate() {
            assert_eq!(migration.version, position as i64 + 1);
        }
    }
}
