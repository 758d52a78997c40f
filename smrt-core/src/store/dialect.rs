//! Every difference between the engines' SQL, by name.

use super::schema::Kind;

/// Where an engine's SQL differs. No method has a default: a new engine must answer each.
pub trait Dialect: Sync {
    /// The engine's name in messages and in `schema` output.
    fn name(&self) -> &'static str;

    /// The column type that stores a kind of value.
    fn column_type(&self, kind: Kind) -> &'static str;

    /// An expression that shows an id column as text.
    fn id_as_text(&self, column: &str) -> String;

    /// An expression that shows an instant column as ISO 8601 text in UTC.
    fn instant_as_text(&self, column: &str) -> String;

    /// A condition: `column` contains the text parameter `parameter`, case folded.
    fn contains_folded(&self, column: &str, parameter: &str) -> String;
}
