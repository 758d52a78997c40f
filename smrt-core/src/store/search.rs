//! Finding records by words, among those a tenant may see.

use super::engine::Engine;
use super::error::StoreError;
use super::import::HUMAN_FIELDS;
use super::value::Value;
use super::visibility::Visible;
use crate::model::Id;

/// The humans in whose visible fields every word occurs, case folded: the first by the names that
/// are visible, and then by id.
pub(crate) fn humans_with_words(
    engine: &mut dyn Engine,
    visible: &Visible,
    words: &[String],
    limit: u32,
) -> Result<Vec<Id>, StoreError> {
    let dialect = engine.dialect();
    let (cte, mut parameters) = visible.cte(&HUMAN_FIELDS);
    let mut conditions = Vec::with_capacity(words.len());
    for word in words {
        parameters.push(Value::Text(word));
        let mark = format!("?{}", parameters.len());
        let fields: Vec<String> = (0..)
            .zip(HUMAN_FIELDS)
            .map(|(position, field)| {
                let contains = dialect.contains_folded(field, &mark);
                format!("({} AND {contains})", is_readable(position))
            })
            .collect();
        conditions.push(format!("({})", fields.join(" OR ")));
    }
    parameters.push(i64::from(limit).into());
    let shown = |position: u32, field: &str| {
        format!("CASE WHEN {} THEN {field} END", is_readable(position))
    };
    let sql = format!(
        "WITH {cte} SELECT id FROM visible WHERE {} ORDER BY {} NULLS FIRST, {} NULLS FIRST, id LIMIT ?{}",
        conditions.join(" AND "),
        shown(1, "last_name"),
        shown(0, "first_name"),
        parameters.len()
    );
    let mut humans = Vec::new();
    engine.query(&sql, &parameters, &mut |row| {
        humans.push(row.id(0)?);
        Ok(())
    })?;
    Ok(humans)
}

/// A condition: the field in this place of a human may be read.
fn is_readable(position: u32) -> String {
    format!("(readable & {}) <> 0", 1_u32 << position)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::EntityType;

    #[test]
    fn the_fields_that_are_searched_are_the_first_fields_of_a_human() {
        let fields = EntityType::Human.fields();
        assert!(fields.starts_with(&HUMAN_FIELDS));
    }
}
