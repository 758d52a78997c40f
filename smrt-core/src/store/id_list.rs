//! Lists of ids in a query, as the engine takes them.
//!
//! Either way an engine meets few texts, and keeps them prepared: a list of parameters has one of a
//! few lengths only, and a text that holds all ids is one parameter.

use super::dialect::Dialect;
use super::error::StoreError;
use super::value::Value;
use crate::model::Id;

/// The lengths of lists of parameters, as far as the engine takes them.
const LENGTHS: [usize; 3] = [1, 8, 128];

/// Calls `query` for stretches of `ids` with what stands between the brackets of `IN ()`, and with
/// the parameters: `fixed`, and behind them those of the ids.
pub(super) fn in_stretches(
    dialect: &dyn Dialect,
    fixed: &[Value<'_>],
    ids: &[Id],
    mut query: impl FnMut(&str, &[Value<'_>]) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let first = fixed.len() + 1;
    let of_text = dialect.ids_of_text(&format!("?{first}"));
    for stretch in ids.chunks(dialect.ids_per_query()) {
        let text: String;
        let mut parameters = fixed.to_vec();
        match &of_text {
            Some(list) => {
                text = with_commas(stretch);
                parameters.push(Value::Text(&text));
                query(list, &parameters)?;
            }
            None => {
                let filled = filled_up(stretch);
                let list = marks(first, filled.len());
                parameters.extend(filled.into_iter().map(Value::Id));
                query(&list, &parameters)?;
            }
        }
    }
    Ok(())
}

/// The ids, and the last of them again up to one of the lengths.
fn filled_up(ids: &[Id]) -> Vec<Id> {
    let lengths = LENGTHS.into_iter();
    let length = lengths.filter(|length| *length >= ids.len()).min();
    let mut filled = ids.to_vec();
    if let Some(last) = ids.last() {
        filled.resize(length.unwrap_or(ids.len()), *last);
    }
    filled
}

fn marks(first: usize, length: usize) -> String {
    let marks: Vec<String> = (first..first + length)
        .map(|number| format!("?{number}"))
        .collect();
    marks.join(", ")
}

fn with_commas(ids: &[Id]) -> String {
    let texts: Vec<String> = ids.iter().map(Id::to_string).collect();
    texts.join(",")
}
