//! Rows as a source hands them on: a batch of records in three flat buffers.
//!
//! A [`RecordBatch`] crosses threads whole, so that reading, cleaning and writing overlap without
//! an allocation per cell.
//! What this module does not do: it knows no format and gives no column a meaning.

use std::fmt;

/// The rows of a stretch of a source, in order.
#[derive(Default, Clone)]
pub struct RecordBatch {
    /// All field values, one after the other, as UTF-8.
    text: String,
    /// Where each field ends in `text`.
    field_ends: Vec<u32>,
    /// The rows' original text, decoded to UTF-8, one after the other, without line ends.
    raw: String,
    rows: Vec<Row>,
    extras: Vec<Extra>,
    problems: Vec<(u32, RecordProblem)>,
}

#[derive(Debug, Clone, Copy)]
struct Row {
    number: u64,
    line: u64,
    fields_end: u32,
    raw_end: u32,
    extras_end: u32,
}

#[derive(Clone)]
struct Extra {
    name: String,
    value: String,
}

/// Why a record cannot be read as the header promises.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordProblem {
    /// A stable code, such as `unclosed_quote`.
    pub code: &'static str,
    /// The column, counted from 1, where one is known.
    pub column: Option<u32>,
    /// What is wrong, without any value of the row.
    pub reason: String,
    /// What to do about it.
    pub hint: &'static str,
}

/// One row of a [`RecordBatch`].
#[derive(Clone, Copy)]
pub struct Record<'b> {
    batch: &'b RecordBatch,
    index: usize,
}

impl RecordBatch {
    /// Drops all rows and keeps the buffers.
    pub fn clear(&mut self) {
        self.text.clear();
        self.field_ends.clear();
        self.raw.clear();
        self.rows.clear();
        self.extras.clear();
        self.problems.clear();
    }

    /// The number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Bytes held by field values and original text.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.text.len() + self.raw.len()
    }

    /// Appends one field value to the row under construction.
    pub fn push_field(&mut self, value: &str) {
        self.text.push_str(value);
        self.field_ends.push(offset(self.text.len()));
    }

    /// Appends a named value that no column of the header holds (JSON Lines only).
    pub fn push_extra(&mut self, name: &str, value: &str) {
        self.extras.push(Extra {
            name: name.to_owned(),
            value: value.to_owned(),
        });
    }

    /// Ends the row under construction.
    ///
    /// `number` counts data rows from 1, `line` is the line of the file it begins on, from 1.
    pub fn finish_row(
        &mut self,
        number: u64,
        line: u64,
        raw: &str,
        problem: Option<RecordProblem>,
    ) {
        self.raw.push_str(raw);
        if let Some(problem) = problem {
            self.problems.push((offset(self.rows.len()), problem));
        }
        self.rows.push(Row {
            number,
            line,
            fields_end: offset(self.field_ends.len()),
            raw_end: offset(self.raw.len()),
            extras_end: offset(self.extras.len()),
        });
    }

    /// The row at `index`, counted from 0.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<Record<'_>> {
        (index < self.rows.len()).then_some(Record { batch: self, index })
    }

    /// All rows in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Record<'_>> {
        (0..self.rows.len()).map(|index| Record { batch: self, index })
    }

    fn row(&self, index: usize) -> Row {
        self.rows.get(index).copied().unwrap_or(Row {
            number: 0,
            line: 0,
            fields_end: 0,
            raw_end: 0,
            extras_end: 0,
        })
    }

    fn row_before(&self, index: usize) -> Row {
        match index.checked_sub(1) {
            Some(before) => self.row(before),
            None => Row {
                number: 0,
                line: 0,
                fields_end: 0,
                raw_end: 0,
                extras_end: 0,
            },
        }
    }
}

impl<'b> Record<'b> {
    /// The row's number among the data rows, from 1.
    #[must_use]
    pub fn number(&self) -> u64 {
        self.batch.row(self.index).number
    }

    /// The line of the file the row begins on, from 1.
    #[must_use]
    pub fn line(&self) -> u64 {
        self.batch.row(self.index).line
    }

    /// How many fields the row has.
    #[must_use]
    pub fn len(&self) -> usize {
        let (start, end) = self.field_range();
        end - start
    }

    /// Whether the row has no field.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The value in a column, counted from 0; none where the row is shorter.
    #[must_use]
    pub fn get(&self, column: usize) -> Option<&'b str> {
        let (first, end) = self.field_range();
        let position = first.checked_add(column)?;
        if position >= end {
            return None;
        }
        let field_end = *self.batch.field_ends.get(position)? as usize;
        let field_start = match position.checked_sub(1) {
            Some(before) => *self.batch.field_ends.get(before)? as usize,
            None => 0,
        };
        self.batch.text.get(field_start..field_end)
    }

    /// The row's original text, decoded to UTF-8, without its line end.
    #[must_use]
    pub fn raw(&self) -> &'b str {
        let start = self.batch.row_before(self.index).raw_end as usize;
        let end = self.batch.row(self.index).raw_end as usize;
        self.batch.raw.get(start..end).unwrap_or_default()
    }

    /// Named values beyond the header (JSON Lines only).
    pub fn extras(&self) -> impl Iterator<Item = (&'b str, &'b str)> + use<'b> {
        let start = self.batch.row_before(self.index).extras_end as usize;
        let end = self.batch.row(self.index).extras_end as usize;
        self.batch
            .extras
            .get(start..end)
            .unwrap_or_default()
            .iter()
            .map(|extra| (extra.name.as_str(), extra.value.as_str()))
    }

    /// Why the row cannot be read, if it cannot.
    #[must_use]
    pub fn problem(&self) -> Option<&'b RecordProblem> {
        let index = offset(self.index);
        let found = self
            .batch
            .problems
            .binary_search_by_key(&index, |(row, _)| *row)
            .ok()?;
        self.batch.problems.get(found).map(|(_, problem)| problem)
    }

    fn field_range(&self) -> (usize, usize) {
        let start = self.batch.row_before(self.index).fields_end as usize;
        let end = self.batch.row(self.index).fields_end as usize;
        (start, end)
    }
}

/// Offsets fit 32 bits: a source bounds its batches far below 4 GiB.
fn offset(position: usize) -> u32 {
    u32::try_from(position).unwrap_or(u32::MAX)
}

impl fmt::Debug for RecordBatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecordBatch")
            .field("rows", &self.rows.len())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Record<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Record")
            .field("number", &self.number())
            .field("line", &self.line())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_keep_their_fields_text_and_problems_apart() {
        let mut batch = RecordBatch::default();
        batch.push_field("a");
        batch.push_field("");
        batch.finish_row(1, 2, "a,", None);
        let problem = RecordProblem {
            code: "unclosed_quote",
            column: Some(1),
            reason: String::new(),
            hint: "",
        };
        batch.finish_row(2, 3, "\"", Some(problem.clone()));
        batch.push_field("ü");
        batch.push_extra("nick", "Bo");
        batch.finish_row(3, 5, "ü", None);

        let rows: Vec<_> = batch.iter().collect();
        assert_eq!(rows.iter().map(Record::len).collect::<Vec<_>>(), [2, 0, 1]);
        assert_eq!(
            (rows[0].get(0), rows[0].get(1), rows[0].get(2)),
            (Some("a"), Some(""), None)
        );
        assert_eq!(
            (rows[1].problem(), rows[0].problem()),
            (Some(&problem), None)
        );
        assert_eq!(
            (rows[2].get(0), rows[2].raw(), rows[2].line()),
            (Some("ü"), "ü", 5)
        );
        assert_eq!(rows[2].extras().collect::<Vec<_>>(), [("nick", "Bo")]);
        assert_eq!(rows[0].extras().count(), 0);
        assert!(!format!("{:?}", rows[2]).contains('ü'));
    }
}
