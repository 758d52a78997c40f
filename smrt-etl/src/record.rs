//! Rows as a source hands them on: a batch of records in flat buffers.
//!
//! A [`RecordBatch`] crosses threads whole, so that reading, cleaning and writing overlap without
//! an allocation per cell.
//! What this module does not do: it knows no format and gives no column a meaning.

use std::fmt;

/// The rows of a stretch of a source, in order.
#[derive(Default, Clone)]
pub struct RecordBatch {
    /// The rows' original text, and field values that are not a piece of it.
    text: String,
    /// Where each field is in `text`.
    fields: Vec<Span>,
    rows: Vec<Row>,
    extras: Vec<Extra>,
    extras_bytes: usize,
    problems: Vec<(u32, RecordProblem)>,
}

#[derive(Debug, Default, Clone, Copy)]
struct Row {
    number: u64,
    line: u64,
    raw: Span,
    fields_end: u32,
    extras_end: u32,
}

/// From one offset up to another.
#[derive(Debug, Default, Clone, Copy)]
struct Span {
    start: u32,
    end: u32,
}

/// Where a field is in the original text of its row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Piece {
    pub(crate) start: u32,
    pub(crate) end: u32,
    /// A byte that stands doubled in the text and single in the value.
    pub(crate) doubled: Option<u8>,
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
    /// The line of the file where the trouble is, from 1; a row of several lines may begin before.
    pub line: u64,
    /// The character of that line where the trouble is, from 1, where one is known.
    pub character: Option<u32>,
    /// The column of the table, counted from 1, where one is known.
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
        self.fields.clear();
        self.rows.clear();
        self.extras.clear();
        self.extras_bytes = 0;
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

    /// Bytes held by original text, fields and extras.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.text.len() + self.fields.len() * size_of::<Span>() + self.extras_bytes
    }

    /// Appends one field value to the row under construction.
    pub fn push_field(&mut self, value: &str) {
        let span = self.push_text(value);
        self.fields.push(span);
    }

    /// Appends a named value that no column of the header holds (JSON Lines only).
    pub fn push_extra(&mut self, name: &str, value: &str) {
        self.extras_bytes += name.len() + value.len();
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
        let raw = self.push_text(raw);
        self.push_row(number, line, raw, problem);
    }

    /// Appends a whole row whose fields are pieces of its original text.
    pub(crate) fn push_split_row(
        &mut self,
        number: u64,
        line: u64,
        raw: &str,
        pieces: &[Piece],
        problem: Option<RecordProblem>,
    ) {
        let span = self.push_text(raw);
        for piece in pieces {
            let field = match piece.doubled {
                None => Span {
                    start: span.start + piece.start,
                    end: span.start + piece.end,
                },
                Some(byte) => {
                    let text = raw.get(piece.start as usize..piece.end as usize);
                    self.push_undoubled(text.unwrap_or_default(), char::from(byte))
                }
            };
            self.fields.push(field);
        }
        self.push_row(number, line, span, problem);
    }

    /// Appends a copy of a row of another batch.
    pub(crate) fn push_record(&mut self, record: &Record<'_>) {
        for column in 0..record.len() {
            self.push_field(record.get(column).unwrap_or_default());
        }
        for (name, value) in record.extras() {
            self.push_extra(name, value);
        }
        let problem = record.problem().cloned();
        self.finish_row(record.number(), record.line(), record.raw(), problem);
    }

    fn push_text(&mut self, text: &str) -> Span {
        let start = offset(self.text.len());
        self.text.push_str(text);
        let end = offset(self.text.len());
        Span { start, end }
    }

    /// Appends `text` with every two `quote` in a row written once.
    fn push_undoubled(&mut self, text: &str, quote: char) -> Span {
        let start = offset(self.text.len());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once(quote) {
            self.text.push_str(before);
            self.text.push(quote);
            rest = after.strip_prefix(quote).unwrap_or(after);
        }
        self.text.push_str(rest);
        let end = offset(self.text.len());
        Span { start, end }
    }

    fn push_row(&mut self, number: u64, line: u64, raw: Span, problem: Option<RecordProblem>) {
        if let Some(problem) = problem {
            self.problems.push((offset(self.rows.len()), problem));
        }
        self.rows.push(Row {
            number,
            line,
            raw,
            fields_end: offset(self.fields.len()),
            extras_end: offset(self.extras.len()),
        });
    }

    fn slice(&self, span: Span) -> &str {
        self.text
            .get(span.start as usize..span.end as usize)
            .unwrap_or_default()
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
        self.rows.get(index).copied().unwrap_or_default()
    }

    fn row_before(&self, index: usize) -> Row {
        index
            .checked_sub(1)
            .map_or_else(Row::default, |before| self.row(before))
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
        Some(self.batch.slice(*self.batch.fields.get(position)?))
    }

    /// Whether every field of the row is empty.
    #[must_use]
    pub fn is_blank(&self) -> bool {
        (0..self.len()).all(|column| self.get(column) == Some(""))
    }

    /// The row's original text, decoded to UTF-8, without its line end.
    #[must_use]
    pub fn raw(&self) -> &'b str {
        self.batch.slice(self.batch.row(self.index).raw)
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
            line: 3,
            character: Some(1),
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

        let mut copy = RecordBatch::default();
        rows.iter().for_each(|row| copy.push_record(row));
        let copied = copy.get(1).unwrap();
        assert_eq!(
            (copied.problem(), copied.raw()),
            (Some(&problem), rows[1].raw())
        );
        assert_eq!(copy.get(2).unwrap().extras().next(), Some(("nick", "Bo")));
    }

    #[test]
    fn pieces_of_a_row_are_its_fields_and_doubled_quotes_are_one() {
        let mut batch = RecordBatch::default();
        let piece = |start, end, doubled| Piece {
            start,
            end,
            doubled,
        };
        let raw = r#"ab,"say ""hi""""#;
        let pieces = [piece(0, 2, None), piece(4, 14, Some(b'"'))];
        batch.push_split_row(1, 2, raw, &pieces, None);
        batch.push_split_row(2, 3, "", &[piece(0, 0, None)], None);

        let row = batch.get(0).unwrap();
        assert_eq!((row.get(0), row.get(1)), (Some("ab"), Some("say \"hi\"")));
        assert_eq!((row.raw(), row.is_blank()), (raw, false));
        assert!(batch.get(1).unwrap().is_blank());
    }
}
