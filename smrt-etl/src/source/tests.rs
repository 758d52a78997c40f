//! Sources from end to end: files as they are found, read whole and in every size of pieces.

mod account;
mod alike;
mod archive;
mod columnar;
mod compressed;
mod database;
mod fixture;
mod json_array;
mod mutation;
mod round_trip;
mod workbook;

use std::io::{self, Cursor, Read};
use std::path::PathBuf;

use crate::record::{Record, RecordBatch};

use super::*;

/// A reader that hands over only so many bytes at a time.
struct Dribble {
    bytes: Cursor<Vec<u8>>,
    step: usize,
}

impl Read for Dribble {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = self.step.min(buffer.len());
        self.bytes.read(&mut buffer[..most])
    }
}

fn stream(bytes: &[u8]) -> Input {
    dribble(bytes, usize::MAX)
}

fn dribble(bytes: &[u8], step: usize) -> Input {
    let bytes = Cursor::new(bytes.to_vec());
    Input::Reader {
        name: "stream".to_owned(),
        reader: Box::new(Dribble { bytes, step }),
    }
}

fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../fixtures")
        .join(name)
}

fn fixture_bytes(name: &str) -> Vec<u8> {
    std::fs::read(fixture(name)).unwrap()
}

/// A row as tests compare it: number, line, fields or problem, extras.
fn row_text(row: Record<'_>) -> String {
    let place = format!("{}@{}", row.number(), row.line());
    let mut cells: Vec<String> = (0..row.len())
        .map(|column| row.get(column).unwrap().replace('\n', "⏎"))
        .collect();
    cells.extend(row.extras().map(|(name, value)| format!("{name}={value}")));
    let cells = cells.join(" | ");
    let Some(problem) = row.problem() else {
        return format!("{place} {cells}");
    };
    let number = |number: Option<u32>| number.map_or("-".to_owned(), |n| n.to_string());
    let (character, column) = (number(problem.character), number(problem.column));
    let (code, line) = (problem.code, problem.line);
    format!(
        "{place} !{code} {line}:{character} column {column}: {}",
        row.raw()
    )
}

/// Everything a source has to say, a line for each thing.
fn source_text(input: Input, options: &SourceOptions) -> Result<String, SourceError> {
    let mut source = Source::open(input, options)?;
    let mut lines = vec![source.layout().to_string()];
    let names: Vec<String> = source
        .header()
        .columns()
        .iter()
        .map(|column| {
            format!(
                "{}{}",
                column.name,
                if column.phantom { " (phantom)" } else { "" }
            )
        })
        .collect();
    lines.push(names.join(" | ").replace('\n', "⏎"));
    let mut batch = RecordBatch::default();
    while source.next_batch(&mut batch)? {
        lines.extend(batch.iter().map(row_text));
    }
    Ok(lines.join("\n"))
}
