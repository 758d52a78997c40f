//! Lists of ids as parameters of a query, in a few lengths only: so an engine meets the same texts
//! again and keeps them prepared.

use super::dialect::Dialect;
use crate::model::Id;

/// The lengths of lists, as far as the engine takes them.
const LENGTHS: [usize; 4] = [1, 8, 128, 4096];

/// The ids in stretches, each filled up with its last id to one of the lengths.
pub(super) fn stretches<'i>(
    dialect: &dyn Dialect,
    ids: &'i [Id],
) -> impl Iterator<Item = Vec<Id>> + use<'i> {
    let longest = dialect.ids_per_query();
    ids.chunks(longest).map(move |stretch| {
        let lengths = LENGTHS.into_iter().filter(|length| *length <= longest);
        let length = lengths.filter(|length| *length >= stretch.len()).min();
        let mut filled = stretch.to_vec();
        if let Some(last) = stretch.last() {
            filled.resize(length.unwrap_or(stretch.len()), *last);
        }
        filled
    })
}

/// Marks of parameters that count on from the one numbered `first`.
pub(super) fn marks(first: usize, length: usize) -> String {
    let marks: Vec<String> = (first..first + length)
        .map(|number| format!("?{number}"))
        .collect();
    marks.join(", ")
}
