//! Finds the header of a table among its first rows.
//!
//! Titles above it are found as in text files. A header whose cells are merged gives the merged
//! text to each column, and may take two rows and more. It names no column uniquely; `header` does.

use std::collections::VecDeque;

use crate::source::sniff;

use super::cells::CellRow;

/// Cells that are merged into one, rows and columns counted from 0, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::source) struct Merged {
    /// The first and last row.
    pub(in crate::source) rows: (u32, u32),
    /// The first and last column.
    pub(in crate::source) columns: (u32, u32),
}

/// Asks a table for its merged cells, which can take a pass over the whole of it.
pub(in crate::source) type MergedCells = Box<dyn FnOnce() -> Vec<Merged> + Send>;

/// The header of a table as it is written.
#[derive(Debug)]
pub(in crate::source) struct Heading {
    /// The names, one for each column.
    pub(in crate::source) names: Vec<String>,
    /// The number of the first row of the header, from 1.
    pub(in crate::source) line: u64,
    /// Rows of the header.
    pub(in crate::source) rows: usize,
    /// Rows with text before it.
    pub(in crate::source) titles: u64,
    /// Columns whose name is that of merged cells.
    pub(in crate::source) merged_columns: usize,
}

impl Heading {
    /// What the user should know about how the names came to be.
    pub(in crate::source) fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if self.merged_columns > 0 {
            notes.push(format!(
                "the header has merged cells: {} columns are named after them, numbered where \
                 they are alike",
                self.merged_columns
            ));
        }
        if self.rows > 1 {
            notes.push(format!(
                "the header takes {} rows, whose texts are joined to one name for each column",
                self.rows
            ));
        }
        notes
    }
}

/// Rows a header can take.
const HEADER_ROWS_MAX: usize = 4;

/// Takes the header and what stands before it from the rows; nothing where there is no such row.
pub(super) fn take(
    rows: &mut VecDeque<CellRow>,
    header_line: Option<u64>,
    merged: MergedCells,
) -> Option<Heading> {
    let position = match header_line {
        Some(line) => rows.iter().position(|row| row.line >= line)?,
        None => position(rows)?,
    };
    let titles = rows.iter().take(position);
    let titles = titles.filter(|row| !row.is_skipped()).count() as u64;
    rows.drain(..position);
    let first = rows.pop_front()?;
    let line = first.line;
    // Only a header with gaps can have cells merged across columns.
    let merged = match first.values() < first.len() || is_narrow(&first, rows) {
        true => merged(),
        false => Vec::new(),
    };
    let mut header = vec![first];
    for _ in 1..rows_of_header(line, &merged) {
        // A row that is not there holds no names.
        match rows.front() {
            Some(_) => header.extend(rows.pop_front()),
            None => break,
        }
    }
    Some(named(&header, &merged, titles))
}

/// The position of the header: the first row that is no title.
fn position(rows: &VecDeque<CellRow>) -> Option<usize> {
    let (places, filled): (Vec<usize>, Vec<usize>) = rows
        .iter()
        .enumerate()
        .filter(|(_, row)| !row.is_skipped())
        .map(|(place, row)| (place, if row.values() < 2 { 1 } else { row.len() }))
        .unzip();
    places.get(sniff::header_position(&filled)).copied()
}

/// Whether rows below have values beyond the last name, which may be merged cells too.
fn is_narrow(header: &CellRow, rows: &VecDeque<CellRow>) -> bool {
    rows.iter().take(2).any(|row| row.len() > header.len())
}

/// The rows of a header, which cells merged across rows tie together, if there are cells merged
/// across columns above names of their own.
fn rows_of_header(line: u64, merged: &[Merged]) -> usize {
    let begins_here = |cells: &&Merged| u64::from(cells.rows.0) + 1 == line;
    let spans_columns = merged
        .iter()
        .filter(begins_here)
        .any(|cells| cells.columns.0 < cells.columns.1);
    if !spans_columns {
        return 1;
    }
    let rows = merged
        .iter()
        .filter(begins_here)
        .map(|cells| (cells.rows.1 - cells.rows.0) as usize + 1);
    rows.max().unwrap_or(1).min(HEADER_ROWS_MAX)
}

fn named(header: &[CellRow], merged: &[Merged], titles: u64) -> Heading {
    let first_line = header.first().map_or(1, |row| row.line);
    let lines = || header.iter().map(|row| row.line - 1);
    let reach = merged
        .iter()
        .filter(|cells| lines().any(|line| line == u64::from(cells.rows.0)))
        .map(|cells| cells.columns.1 as usize + 1);
    let width = header.iter().map(CellRow::len).chain(reach).max();
    let mut merged_columns = 0;
    let names = (0..width.unwrap_or(0)).map(|column| {
        let mut parts: Vec<String> = Vec::new();
        let mut is_merged = false;
        for row in header {
            let origin = merged.iter().find(|cells| cells.hold(row.line, column));
            let text = match origin {
                Some(cells) => {
                    is_merged |= cells.columns.0 < cells.columns.1;
                    let first = header
                        .iter()
                        .find(|row| row.line == u64::from(cells.rows.0) + 1);
                    first.map(|row| row.get(cells.columns.0 as usize))
                }
                None => Some(row.get(column)),
            };
            let text = text.unwrap_or_default().trim().to_owned();
            if !text.is_empty() && parts.last() != Some(&text) {
                parts.push(text);
            }
        }
        merged_columns += usize::from(is_merged);
        parts.join(" ")
    });
    Heading {
        names: names.collect(),
        line: first_line,
        rows: header.len(),
        titles,
        merged_columns,
    }
}

impl Merged {
    /// Whether they hold the cell in the row with this number, from 1, and a column, from 0.
    fn hold(&self, line: u64, column: usize) -> bool {
        let (row, column) = (line - 1, column as u64);
        (u64::from(self.rows.0)..=u64::from(self.rows.1)).contains(&row)
            && (u64::from(self.columns.0)..=u64::from(self.columns.1)).contains(&column)
    }
}

#[cfg(test)]
mod tests {
    use super::super::cells::WhenBlank;
    use super::*;

    fn rows(table: &[&str]) -> VecDeque<CellRow> {
        let row = |(line, text): (u64, &&str)| {
            let mut row = CellRow::new(line, WhenBlank::NoRow);
            text.split('|').for_each(|cell| row.push(cell));
            row
        };
        (1..).zip(table).map(row).collect()
    }

    fn check(table: &[&str], merged: &[Merged], expected: (&[&str], u64, u64)) {
        let merged = merged.to_vec();
        let mut rows = rows(table);
        let heading = take(&mut rows, None, Box::new(move || merged)).unwrap();
        let found = (heading.line, heading.titles);
        assert_eq!(heading.names, expected.0, "{table:?}");
        assert_eq!(found, (expected.1, expected.2), "{table:?}");
    }

    fn merged(rows: (u32, u32), columns: (u32, u32)) -> Merged {
        Merged { rows, columns }
    }

    #[test]
    fn titles_and_blank_rows_stand_before_the_header() {
        check(&["a|b", "1|2"], &[], (&["a", "b"], 1, 0));
        let table = ["Contacts", "", "a|b|c", "1|2|3", "4|5|6"];
        check(&table, &[], (&["a", "b", "c"], 3, 1));
        let table = ["|||Contacts", "a|b|c|d", "1|2|3|4"];
        check(&table, &[], (&["a", "b", "c", "d"], 2, 1));
    }

    #[test]
    fn merged_cells_name_each_of_their_columns() {
        let table = ["Name|Phone||Mail", "Ann|1|2|x"];
        let cells = [merged((0, 0), (1, 2))];
        check(&table, &cells, (&["Name", "Phone", "Phone", "Mail"], 1, 0));
        let table = ["Name|Phone", "Ann|1|2"];
        check(&table, &cells, (&["Name", "Phone", "Phone"], 1, 0));
    }

    #[test]
    fn a_header_of_two_rows_is_tied_together_by_cells_merged_across_both() {
        let table = ["Name|Phone||", "|Home|Work|", "Ann|1|2|"];
        let cells = [merged((0, 1), (0, 0)), merged((0, 0), (1, 2))];
        check(
            &table,
            &cells,
            (&["Name", "Phone Home", "Phone Work"], 1, 0),
        );
    }
}
