//! Numbered migrations: how a store's schema comes to be what [`super::schema`] lists.

use std::fmt::Write as _;
use std::sync::{Mutex, PoisonError};

use super::count;
use super::dialect::{Dialect, References};
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

/// What a new store begins with, instead of the migrations up to its version.
const BASELINE: Baseline = Baseline {
    version: 3,
    sql: include_str!("migrations/0003_baseline.sql"),
};

/// All tables of a schema version in one step: an engine that came later need not know how to make
/// every change of the history before it.
struct Baseline {
    version: i64,
    sql: &'static str,
}

/// The schema version this program writes.
#[must_use]
pub fn schema_version() -> i64 {
    MIGRATIONS.last().map_or(0, |migration| migration.version)
}

/// The schema version of a store; 0 for an empty one, or one whose making was cut short.
pub(super) fn version_of(engine: &mut dyn Engine) -> Result<i64, StoreError> {
    match engine.has_table("schema_migrations")? {
        true => count(engine, "SELECT max(version) FROM schema_migrations", &[]),
        false => Ok(0),
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
    in_transaction(engine, |engine| {
        // Another process may have brought the schema up to date before this one had the lock.
        let now = version_of(engine)?;
        apply(engine, from.max(now), at)
    })
}

fn apply(engine: &mut dyn Engine, from: i64, at: Instant) -> Result<(), StoreError> {
    if from >= schema_version() {
        return Ok(());
    }
    let mut from_tables = from;
    if from == 0 {
        create_tables(engine)?;
        from_tables = BASELINE.version;
    }
    let dialect = engine.dialect();
    for migration in after(from) {
        if migration.version > from_tables {
            engine.execute_script(&fill_types(migration.sql, dialect))?;
        }
        record(engine, migration.version, migration.name, at)?;
    }
    create_indexes(engine)?;
    if from == 0 {
        create_references(engine)?;
    }
    for migration in after(from) {
        if from > 0 {
            engine.execute_script(migration.fill)?;
        }
    }
    create_views(engine)
}

/// Makes the tables of the baseline and of every migration after it, without indexes.
fn create_tables(engine: &mut dyn Engine) -> Result<(), StoreError> {
    let dialect = engine.dialect();
    let sql = match dialect.references() {
        References::InTables => BASELINE.sql.to_owned(),
        References::AfterIndexes | References::Unchecked => {
            take_references(BASELINE.sql, &mut Vec::new())
        }
    };
    engine.execute_script(&fill_types(&sql, dialect))
}

/// Adds the constraints of an engine that wants them once the indexes stand, to tables without rows.
fn create_references(engine: &mut dyn Engine) -> Result<(), StoreError> {
    references(engine.dialect())
        .iter()
        .try_for_each(|reference| engine.execute_script(&reference.constraint()))
}

/// The references that an engine wants as constraints once the indexes stand.
fn references(dialect: &dyn Dialect) -> Vec<Reference<'static>> {
    let mut references = Vec::new();
    if dialect.references() == References::AfterIndexes {
        take_references(BASELINE.sql, &mut references);
    }
    references
}

fn record(
    engine: &mut dyn Engine,
    version: i64,
    name: &str,
    at: Instant,
) -> Result<(), StoreError> {
    engine.execute(
        "INSERT INTO schema_migrations (version, name, applied_at) VALUES (?1, ?2, ?3)",
        &[version.into(), name.into(), at.into()],
    )?;
    Ok(())
}

/// The rows of `schema_migrations` that are steps of the schema's history.
pub(super) const APPLIED: &str = "version > 0";

/// Makes the tables of a store that is to become a copy, and marks it as unfinished.
pub(super) fn begin_copy(engine: &mut dyn Engine, at: Instant) -> Result<(), StoreError> {
    in_transaction(engine, |engine| {
        create_tables(engine)?;
        for migration in after(BASELINE.version) {
            let dialect = engine.dialect();
            engine.execute_script(&fill_types(migration.sql, dialect))?;
        }
        record(engine, 0, "copy", at)
    })
}

/// Whether a store is a copy that is not finished.
pub(super) fn is_unfinished_copy(engine: &mut dyn Engine) -> Result<bool, StoreError> {
    let sql = format!("SELECT count(*) FROM schema_migrations WHERE NOT ({APPLIED})");
    count(engine, &sql, &[]).map(|marks| marks > 0)
}

/// Builds what stands on the rows of a copy, each connection a part of it. What a copy that was
/// interrupted has built already stays.
pub(super) fn complete_copy(engines: &mut [Box<dyn Engine>]) -> Result<(), StoreError> {
    let Some(first) = engines.first_mut() else {
        return Ok(());
    };
    let references = references(first.dialect());
    let indexes = wanted_indexes(first.as_mut())?;
    spread(engines, indexes.map(create_index).collect())?;
    if let Some(first) = engines.first_mut() {
        in_transaction(first.as_mut(), |engine| {
            create_views(engine)?;
            references
                .iter()
                .try_for_each(|reference| engine.execute_script(&reference.unproven_constraint()))
        })?;
    }
    // Proving a reference keeps others from proving one of the same table.
    let proofs = references.chunk_by(|left, right| left.table == right.table);
    let proofs = proofs.map(|of_table| of_table.iter().map(Reference::proof).collect());
    spread(engines, proofs.collect())
}

/// Runs scripts: in one transaction on a connection that is alone; else on all of them, each as soon
/// as one is free and in a transaction of its own.
fn spread(engines: &mut [Box<dyn Engine>], scripts: Vec<String>) -> Result<(), StoreError> {
    if let [only] = engines {
        return in_transaction(only.as_mut(), |engine| {
            scripts
                .iter()
                .try_for_each(|script| engine.execute_script(script))
        });
    }
    let scripts = &Mutex::new(scripts.into_iter());
    let next = || {
        scripts
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .next()
    };
    let work = |engine: &mut dyn Engine| {
        std::iter::from_fn(next).try_for_each(|script| engine.execute_script(&script))
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = engines
            .iter_mut()
            .map(|engine| scope.spawn(move || work(engine.as_mut())))
            .collect();
        threads
            .into_iter()
            .map(|thread| match thread.join() {
                Ok(done) => done,
                Err(_) => Err(StoreError::new(
                    StoreErrorKind::Engine,
                    "copy",
                    "a thread of the copy ended early",
                )),
            })
            .fold(Ok(()), Result::and)
    })
}

/// Makes a finished copy a store.
pub(super) fn end_copy(engine: &mut dyn Engine) -> Result<(), StoreError> {
    in_transaction(engine, |engine| {
        let sql = format!("DELETE FROM schema_migrations WHERE NOT ({APPLIED})");
        engine.execute(&sql, &[]).map(|_| ())
    })
}

fn in_transaction(
    engine: &mut dyn Engine,
    work: impl FnOnce(&mut dyn Engine) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    engine.begin(Access::Write)?;
    match work(engine) {
        Ok(()) => engine.commit(),
        Err(error) => {
            // The first error tells more than one of the rollback.
            let _ = engine.rollback();
            Err(error)
        }
    }
}

fn after(version: i64) -> impl Iterator<Item = &'static Migration> {
    MIGRATIONS
        .iter()
        .filter(move |migration| migration.version > version)
}

/// A column that names a row of another table.
#[derive(Debug, PartialEq, Eq)]
struct Reference<'sql> {
    table: &'sql str,
    column: &'sql str,
    parent: &'sql str,
}

impl Reference<'_> {
    fn name(&self) -> String {
        format!("{}_{}_fkey", self.table, self.column)
    }

    /// Makes the engine watch over it, from the rows on that are there.
    fn constraint(&self) -> String {
        let Self {
            table,
            column,
            parent,
        } = self;
        format!(
            "ALTER TABLE {table} ADD CONSTRAINT {} FOREIGN KEY ({column}) REFERENCES {parent};",
            self.name()
        )
    }

    /// Makes the engine watch over it, but for the rows that are there; whether or not it does.
    fn unproven_constraint(&self) -> String {
        let constraint = self.constraint();
        format!(
            "ALTER TABLE {} DROP CONSTRAINT IF EXISTS {}; {} NOT VALID;",
            self.table,
            self.name(),
            constraint.trim_end_matches(';')
        )
    }

    /// Proves it for the rows that are there.
    fn proof(&self) -> String {
        format!(
            "ALTER TABLE {} VALIDATE CONSTRAINT {};",
            self.table,
            self.name()
        )
    }
}

/// The text of tables without its clauses about references, which are handed over.
fn take_references<'sql>(sql: &'sql str, references: &mut Vec<Reference<'sql>>) -> String {
    let mut table = "";
    let mut lines = Vec::new();
    for line in sql.lines() {
        let mut words = line.split_whitespace();
        let first = words.next().unwrap_or_default();
        if line.starts_with("CREATE TABLE") {
            table = words.nth(1).unwrap_or_default();
        }
        let Some((before, parent)) = line.split_once(" REFERENCES ") else {
            lines.push(line.to_owned());
            continue;
        };
        let (parent, comma) = match parent.strip_suffix(',') {
            Some(parent) => (parent, ","),
            None => (parent, ""),
        };
        references.push(Reference {
            table,
            column: first,
            parent,
        });
        lines.push(format!("{before}{comma}"));
    }
    lines.join("\n")
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
    if engine.dialect().shares_imports() {
        return Ok(());
    }
    INDEXES
        .iter()
        .filter(|index| index.build != Build::Always)
        .try_for_each(|index| {
            engine.execute_script(&format!("DROP INDEX IF EXISTS {};", index.name))
        })
}

/// Builds the indexes that a store wants; those that stand are left alone.
pub(super) fn create_indexes(engine: &mut dyn Engine) -> Result<(), StoreError> {
    wanted_indexes(engine)?.try_for_each(|index| engine.execute_script(&create_index(index)))
}

/// Builds the indexes that tell tenants apart, once there are several.
pub(super) fn create_shared_indexes(engine: &mut dyn Engine) -> Result<(), StoreError> {
    wanted_indexes(engine)?
        .filter(|index| index.build == Build::WhenShared)
        .try_for_each(|index| engine.execute_script(&create_index(index)))
}

/// The indexes that a store wants: those that tell tenants apart once there are several.
fn wanted_indexes(
    engine: &mut dyn Engine,
) -> Result<impl Iterator<Item = &'static Index> + use<>, StoreError> {
    let is_shared = count(engine, "SELECT count(*) FROM tenants", &[])? > 1;
    let dialect = engine.dialect();
    Ok(INDEXES.iter().filter(move |index| {
        let is_needed = match index.build {
            Build::Always | Build::AfterBulkLoad => true,
            Build::WhenShared => is_shared,
        };
        is_needed && dialect.wants_index(index)
    }))
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
    fn references_are_taken_out_of_the_tables_one_by_one() {
        let sql = "CREATE TABLE links (\n  id     {id} NOT NULL,\n  \
                   number {id} NOT NULL REFERENCES numbers (id),\n  \
                   human  {id} REFERENCES humans (id)\n);";
        let mut references = Vec::new();
        let left = take_references(sql, &mut references);
        assert_eq!(
            left,
            "CREATE TABLE links (\n  id     {id} NOT NULL,\n  number {id} NOT NULL,\n  human  {id}\n);"
        );
        let constraints: Vec<_> = references.iter().map(Reference::constraint).collect();
        assert_eq!(
            constraints,
            [
                "ALTER TABLE links ADD CONSTRAINT links_number_fkey \
                 FOREIGN KEY (number) REFERENCES numbers (id);",
                "ALTER TABLE links ADD CONSTRAINT links_human_fkey \
                 FOREIGN KEY (human) REFERENCES humans (id);",
            ]
        );
    }

    #[test]
    fn versions_count_up_from_one() {
        for (position, migration) in MIGRATIONS.iter().enumerate() {
            assert_eq!(migration.version, position as i64 + 1);
        }
    }
}
