//! Where PostgreSQL's SQL differs.

use crate::store::dialect::{Dialect, References};
use crate::store::schema::{Index, Kind};

/// The collation that folds case as Unicode says, whatever the database's own locale.
pub(super) const FOLDING: &str = "und-x-icu";

/// PostgreSQL with ICU.
pub(super) struct PostgresDialect;

/// The type of a kind of value.
pub(super) const fn type_of(kind: Kind) -> &'static str {
    match kind {
        Kind::Id => "UUID",
        Kind::Integer => "BIGINT",
        Kind::Boolean => "BOOLEAN",
        Kind::Instant => "TIMESTAMP",
        Kind::Text | Kind::Json => "TEXT",
        Kind::Bytes => "BYTEA",
    }
}

impl Dialect for PostgresDialect {
    fn name(&self) -> &'static str {
        "postgres"
    }

    fn column_type(&self, kind: Kind) -> &'static str {
        match kind {
            // Order and equality by bytes. JSON is kept as it was written.
            Kind::Text | Kind::Json => "TEXT COLLATE \"C\"",
            Kind::Id | Kind::Integer | Kind::Boolean | Kind::Instant | Kind::Bytes => type_of(kind),
        }
    }

    fn references(&self) -> References {
        References::AfterIndexes
    }

    fn wants_index(&self, _index: &Index) -> bool {
        true
    }

    fn shares_imports(&self) -> bool {
        true
    }

    fn reaches_past_aggregates(&self) -> bool {
        true
    }

    fn ids_per_query(&self) -> usize {
        65_536
    }

    fn rows_worth_a_query(&self) -> u64 {
        200
    }

    fn ids_of_text(&self, parameter: &str) -> Option<String> {
        Some(format!(
            "SELECT unnest(CAST(string_to_array({parameter}, ',') AS UUID[]))"
        ))
    }

    fn id_as_text(&self, column: &str) -> String {
        format!("CAST({column} AS TEXT) COLLATE \"C\"")
    }

    fn instant_as_text(&self, column: &str) -> String {
        format!("to_char({column}, 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') COLLATE \"C\"")
    }

    fn contains_folded(&self, column: &str, parameter: &str) -> String {
        format!(
            "strpos(lower({column} COLLATE \"{FOLDING}\") COLLATE \"C\", CAST({parameter} AS TEXT) COLLATE \"C\") > 0"
        )
    }
}
