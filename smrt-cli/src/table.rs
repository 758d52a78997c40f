//! Tables for people: columns aligned by what a terminal shows.
//!
//! What this module does not do: it cuts nothing off. A value that is long makes a long line.

use crate::display::{escape_controls, width};

/// A column of a table.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Column {
    pub(crate) title: &'static str,
    pub(crate) align: Align,
}

/// Which side of its column a value stands on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Align {
    Left,
    Right,
}

/// A column of text.
pub(crate) const fn left(title: &'static str) -> Column {
    Column {
        title,
        align: Align::Left,
    }
}

/// A column of numbers.
pub(crate) const fn right(title: &'static str) -> Column {
    Column {
        title,
        align: Align::Right,
    }
}

/// Rows after which the widths are settled, so that a long listing flows in bounded memory.
const ROWS_MEASURED_MAX: usize = 1_000;

/// A table that is handed out piece by piece.
#[derive(Debug)]
pub(crate) struct Table {
    columns: Vec<Column>,
    indent: usize,
    with_titles: bool,
    waiting: Vec<Vec<String>>,
    /// The widths, once they are settled.
    widths: Option<Vec<usize>>,
}

impl Table {
    /// An empty table with a line of titles.
    pub(crate) fn new(columns: &[Column]) -> Self {
        Self {
            columns: columns.to_vec(),
            indent: 0,
            with_titles: true,
            waiting: Vec::new(),
            widths: None,
        }
    }

    /// An empty table within a page: indented, without titles.
    pub(crate) fn block(columns: &[Align]) -> Self {
        let columns = columns.iter().map(|align| Column {
            title: "",
            align: *align,
        });
        Self {
            columns: columns.collect(),
            indent: 2,
            with_titles: false,
            waiting: Vec::new(),
            widths: None,
        }
    }

    /// Facts by their names, within a page; what is empty is left out.
    pub(crate) fn facts(facts: impl IntoIterator<Item = (&'static str, String)>) -> String {
        let mut table = Self::block(&[Align::Left, Align::Left]);
        let told = facts.into_iter().filter(|(_, value)| !value.is_empty());
        let lines: String = told
            .map(|(name, value)| table.push(vec![name.to_owned(), value]))
            .collect();
        lines + &table.finish()
    }

    /// Adds a row and hands out what can be written already.
    pub(crate) fn push(&mut self, cells: Vec<String>) -> String {
        let cells = cells.iter().map(|cell| escape_controls(cell).into_owned());
        self.waiting.push(cells.collect());
        if self.widths.is_some() || self.waiting.len() >= ROWS_MEASURED_MAX {
            return self.flush();
        }
        String::new()
    }

    /// The rest of the table.
    pub(crate) fn finish(mut self) -> String {
        self.flush()
    }

    fn flush(&mut self) -> String {
        let mut text = String::new();
        let widths = match &self.widths {
            Some(widths) => widths.clone(),
            None => {
                let widths = self.measure();
                if self.with_titles && !self.waiting.is_empty() {
                    let titles: Vec<String> = self
                        .columns
                        .iter()
                        .map(|column| column.title.to_owned())
                        .collect();
                    self.write(&mut text, &titles, &widths);
                }
                self.widths = Some(widths.clone());
                widths
            }
        };
        for row in std::mem::take(&mut self.waiting) {
            self.write(&mut text, &row, &widths);
        }
        text
    }

    fn measure(&self) -> Vec<usize> {
        let title = |column: &Column| match self.with_titles {
            true => width(column.title),
            false => 0,
        };
        let mut widths: Vec<usize> = self.columns.iter().map(title).collect();
        for row in &self.waiting {
            for (widest, cell) in widths.iter_mut().zip(row) {
                *widest = width(cell).max(*widest);
            }
        }
        widths
    }

    fn write(&self, text: &mut String, row: &[String], widths: &[usize]) {
        let mut line = " ".repeat(self.indent);
        for (position, ((cell, column), widest)) in
            row.iter().zip(&self.columns).zip(widths).enumerate()
        {
            if position > 0 {
                line.push_str("  ");
            }
            let padding = " ".repeat(widest.saturating_sub(width(cell)));
            match column.align {
                Align::Left => {
                    line.push_str(cell);
                    line.push_str(&padding);
                }
                Align::Right => {
                    line.push_str(&padding);
                    line.push_str(cell);
                }
            }
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(rows: &[[&str; 3]]) -> String {
        let mut table = Table::new(&[left("NAME"), right("ROWS"), left("NOTE")]);
        let mut text = String::new();
        for row in rows {
            text += &table.push(row.iter().map(|cell| (*cell).to_owned()).collect());
        }
        text + &table.finish()
    }

    #[test]
    fn columns_are_aligned_by_display_width() {
        let shown = table(&[
            ["山田", "7", "x"],
            ["Anna", "1,200", ""],
            ["Öst", "30", "y"],
        ]);
        assert_eq!(
            shown,
            "NAME   ROWS  NOTE\n\
             山田      7  x\n\
             Anna  1,200\n\
             Öst      30  y\n"
        );
    }

    #[test]
    fn a_table_without_rows_is_nothing() {
        assert_eq!(table(&[]), "");
    }

    #[test]
    fn a_cell_cannot_break_its_line() {
        let shown = table(&[["a\nb\u{1b}", "1", ""]]);
        assert_eq!(shown.lines().count(), 2);
        assert!(shown.contains("a\\nb\\u{1b}"));
    }

    #[test]
    fn a_long_table_flows_before_its_end() {
        let mut table = Table::new(&[left("A")]);
        for row in 1..ROWS_MEASURED_MAX {
            assert_eq!(table.push(vec!["x".to_owned()]), "", "{row}");
        }
        let first = table.push(vec!["x".to_owned()]);
        assert_eq!(first.lines().count(), ROWS_MEASURED_MAX + 1);
        assert_eq!(table.push(vec!["longer".to_owned()]), "longer\n");
        assert_eq!(table.finish(), "");
    }
}
