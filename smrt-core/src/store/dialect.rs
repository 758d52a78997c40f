//! Every difference between the engines' SQL, by name.

use super::schema::{Index, Kind};

/// Where an engine's SQL differs. No method has a default: a new engine must answer each.
pub trait Dialect: Sync {
    /// The engine's name in messages and in `schema` output.
    fn name(&self) -> &'static str;

    /// The column type that stores a kind of value.
    fn column_type(&self, kind: Kind) -> &'static str;

    /// Whether the engine itself refuses a reference to a record that is not there, and when.
    fn references(&self) -> References;

    /// Whether an index is of use: one that keeps keys apart always is.
    fn wants_index(&self, index: &Index) -> bool;

    /// Whether several imports may run beside each other. The indexes then always stand; where one
    /// import excludes every other, a bulk load into an empty store leaves them for its end.
    fn shares_imports(&self) -> bool;

    /// How many ids a query asks for at most: few where each is looked up in an index anyway, many
    /// where a query costs a way to a server, or a pass over the table.
    fn ids_per_query(&self) -> usize;

    /// How many rows of a table, read in the order of its key, cost about as much as one more query.
    fn rows_worth_a_query(&self) -> u64;

    /// A query that makes rows of the ids in a text parameter, which has a comma between two of
    /// them; none where each id is a parameter of its own.
    fn ids_of_text(&self, parameter: &str) -> Option<String>;

    /// Whether a subquery may refer to a row from two queries above its own, past an aggregate.
    fn reaches_past_aggregates(&self) -> bool;

    /// An expression that shows an id column as text.
    fn id_as_text(&self, column: &str) -> String;

    /// An expression that shows an instant column as ISO 8601 text in UTC.
    fn instant_as_text(&self, column: &str) -> String;

    /// A condition: `column` contains the text parameter `parameter`, case folded.
    fn contains_folded(&self, column: &str, parameter: &str) -> String;
}

/// How an engine watches over references between tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum References {
    /// As part of the tables: the clause may name a key whose index comes later.
    InTables,
    /// By constraints that are added once the indexes stand.
    AfterIndexes,
    /// Not at all; `smrt db check` looks for them.
    Unchecked,
}
