//! Data on stdout: listings and reports in the four formats.
//!
//! What this module does not do: it knows no record. What a row or a report holds, and how a
//! person sees it, is written beside the command; docs/json.md describes every field.

use std::io::{self, BufWriter, IsTerminal as _, Write as _};

use serde::Serialize;

use crate::args::Format;
use crate::display::escape_controls_within_lines;
use crate::error::CliError;
use crate::table::{Column, Table};

/// What rows of one kind have in common.
#[derive(Debug)]
pub(crate) struct Shape {
    /// The first member of the JSON document, such as `smrt.tenants.v1`.
    pub(crate) schema: &'static str,
    /// The name of the list in the JSON document.
    pub(crate) list: &'static str,
    /// The `type` of a row in JSON Lines.
    pub(crate) tag: &'static str,
    /// The columns for people.
    pub(crate) table: &'static [Column],
    /// The columns of CSV.
    pub(crate) csv: &'static [&'static str],
}

/// A row of a listing.
pub(crate) trait Row: Serialize {
    /// What it has in common with its kind.
    const SHAPE: &'static Shape;

    /// A value for each column for people.
    fn table_cells(&self) -> Vec<String>;

    /// A value for each column of CSV.
    fn csv_cells(&self) -> Vec<String>;
}

/// A report: one thing, told in full.
pub(crate) trait Report: Serialize {
    /// The first member of the JSON document, such as `smrt.import-report.v1`.
    const SCHEMA: &'static str;
    /// The `type` in JSON Lines.
    const TAG: &'static str;
    /// The columns of CSV.
    const CSV: &'static [&'static str];

    /// The report for people, whole lines.
    fn page(&self) -> String;

    /// The rows of CSV.
    fn csv_rows(&self) -> Vec<Vec<String>>;
}

/// Stdout, buffered, with control characters written out where a terminal would obey them.
#[derive(Debug)]
pub(crate) struct Out {
    stdout: BufWriter<io::Stdout>,
    is_terminal: bool,
}

impl Out {
    pub(crate) fn new() -> Self {
        let stdout = io::stdout();
        let is_terminal = stdout.is_terminal();
        Self {
            stdout: BufWriter::new(stdout),
            is_terminal,
        }
    }

    pub(crate) fn write(&mut self, text: &str) -> Result<(), CliError> {
        self.write_shown(text)
            .map_err(|error| CliError::output(&error))
    }

    fn write_shown(&mut self, text: &str) -> io::Result<()> {
        match self.is_terminal {
            true => self
                .stdout
                .write_all(escape_controls_within_lines(text).as_bytes()),
            false => self.stdout.write_all(text.as_bytes()),
        }
    }

    /// Whether a person sees what is written.
    pub(crate) const fn is_terminal(&self) -> bool {
        self.is_terminal
    }

    pub(crate) fn finish(mut self) -> Result<(), CliError> {
        self.stdout
            .flush()
            .map_err(|error| CliError::output(&error))
    }
}

/// For data that another module streams: bytes as they are; on a terminal whole lines of UTF-8 at a
/// time.
impl io::Write for Out {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.is_terminal {
            true => {
                let text = std::str::from_utf8(bytes);
                self.write_shown(text.map_err(|_| io::ErrorKind::InvalidData)?)?;
            }
            false => self.stdout.write_all(bytes)?,
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stdout.flush()
    }
}

/// Writes a text as it is.
pub(crate) fn text(text: &str) -> Result<(), CliError> {
    let mut out = Out::new();
    out.write(text)?;
    out.finish()
}

/// Writes a report.
pub(crate) fn report<R: Report>(format: Format, report: &R) -> Result<(), CliError> {
    text(&report_text(format, report)?)
}

/// A report as it is written, where it goes elsewhere because stdout has other data.
pub(crate) fn report_text<R: Report>(format: Format, report: &R) -> Result<String, CliError> {
    #[derive(Serialize)]
    struct Document<'r, R> {
        schema: &'static str,
        #[serde(flatten)]
        report: &'r R,
    }
    match format {
        Format::Table => Ok(report.page()),
        Format::Json => {
            let schema = R::SCHEMA;
            let text = serde_json::to_string_pretty(&Document { schema, report });
            Ok(text.map_err(|error| unwritable(&error))? + "\n")
        }
        Format::Jsonl => json_line(R::TAG, report),
        Format::Csv => {
            let rows = report.csv_rows();
            let rows = rows.iter().map(|row| csv_line(row));
            std::iter::once(csv_line(R::CSV)).chain(rows).collect()
        }
    }
}

/// Writes a listing row by row.
pub(crate) struct Listing<R> {
    out: Out,
    format: Format,
    table: Table,
    rows: u64,
    row: std::marker::PhantomData<fn(R)>,
}

impl<R: Row> Listing<R> {
    pub(crate) fn begin(format: Format) -> Result<Self, CliError> {
        let mut out = Out::new();
        match format {
            Format::Table | Format::Jsonl => {}
            Format::Json => {
                let (schema, list) = (R::SHAPE.schema, R::SHAPE.list);
                out.write(&format!("{{\n  \"schema\": \"{schema}\",\n  \"{list}\": ["))?;
            }
            Format::Csv => out.write(&csv_line(R::SHAPE.csv)?)?,
        }
        Ok(Self {
            out,
            format,
            table: Table::new(R::SHAPE.table),
            rows: 0,
            row: std::marker::PhantomData,
        })
    }

    pub(crate) fn row(&mut self, row: &R) -> Result<(), CliError> {
        let text = match self.format {
            Format::Table => self.table.push(row.table_cells()),
            Format::Json => {
                let comma = if self.rows > 0 { "," } else { "" };
                let json = serde_json::to_string(row).map_err(|error| unwritable(&error))?;
                format!("{comma}\n    {json}")
            }
            Format::Jsonl => json_line(R::SHAPE.tag, row)?,
            Format::Csv => csv_line(&row.csv_cells())?,
        };
        self.rows += 1;
        self.out.write(&text)
    }

    /// Ends the listing and says how many rows it had.
    pub(crate) fn finish(mut self) -> Result<u64, CliError> {
        match self.format {
            Format::Table => self.out.write(&self.table.finish())?,
            Format::Json if self.rows > 0 => self.out.write("\n  ]\n}\n")?,
            Format::Json => self.out.write("]\n}\n")?,
            Format::Jsonl | Format::Csv => {}
        }
        self.out.finish()?;
        Ok(self.rows)
    }
}

/// Writes a whole listing.
pub(crate) fn listing<R: Row>(
    format: Format,
    rows: impl IntoIterator<Item = R>,
) -> Result<u64, CliError> {
    let mut listing = Listing::begin(format)?;
    for row in rows {
        listing.row(&row)?;
    }
    listing.finish()
}

/// A JSON object on a line of its own, its `type` first.
fn json_line<T: Serialize>(tag: &'static str, body: &T) -> Result<String, CliError> {
    #[derive(Serialize)]
    struct Tagged<'b, T> {
        r#type: &'static str,
        #[serde(flatten)]
        body: &'b T,
    }
    let mut line =
        serde_json::to_string(&Tagged { r#type: tag, body }).map_err(|error| unwritable(&error))?;
    line.push('\n');
    Ok(line)
}

/// A line of CSV. Values are written as they are: a number in E.164 begins with `+`, and a program
/// that reads it must find it unchanged.
fn csv_line<C: AsRef<[u8]>>(cells: &[C]) -> Result<String, CliError> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer
        .write_record(cells)
        .map_err(|error| unwritable(&error))?;
    let bytes = writer.into_inner().map_err(|error| unwritable(&error))?;
    String::from_utf8(bytes).map_err(|error| unwritable(&error))
}

fn unwritable(error: &dyn std::error::Error) -> CliError {
    CliError::user(format!("cannot write the output: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn csv_quotes_what_needs_it_and_changes_nothing() {
        let check = |cells: &[&str], expected: &str| assert_eq!(csv_line(cells).unwrap(), expected);
        check(&["a", "b"], "a,b\n");
        check(
            &["a,b", "say \"x\"", "two\nlines"],
            "\"a,b\",\"say \"\"x\"\"\",\"two\nlines\"\n",
        );
        check(&["+12025550143", "=1+1"], "+12025550143,=1+1\n");
        check(&[""], "\"\"\n");
    }

    #[test]
    fn a_json_line_begins_with_its_type() {
        #[derive(Serialize)]
        struct Body {
            id: u8,
        }
        let line = json_line("human", &Body { id: 7 }).unwrap();
        assert_eq!(line, "{\"type\":\"human\",\"id\":7}\n");
    }
}
