//! Text under options taken from the input: rows do not depend on the size of pieces, and every
//! byte after the header is in the original text of a row, in a line end or in a blank line.

#![no_main]

use std::io::{Cursor, Read};

use libfuzzer_sys::fuzz_target;
use smrt_etl::record::RecordBatch;
use smrt_etl::source::{Encoding, Format, Input, Quote, Source, SourceOptions};

struct Dribble(Cursor<Vec<u8>>, usize);

impl Read for Dribble {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let most = buffer.len().min(self.1);
        self.0.read(&mut buffer[..most])
    }
}

#[derive(Debug, PartialEq)]
struct Row {
    line: u64,
    fields: Vec<String>,
    raw: String,
    problem: Option<&'static str>,
}

fn read(bytes: &[u8], size: usize, options: &SourceOptions) -> Option<(u64, Vec<Row>)> {
    let input = Input::Reader {
        name: "fuzz".to_owned(),
        reader: Box::new(Dribble(Cursor::new(bytes.to_vec()), size)),
    };
    let options = SourceOptions {
        chunk_bytes: size,
        ..options.clone()
    };
    let mut source = Source::open(input, &options).ok()?;
    let (mut batch, mut rows) = (RecordBatch::default(), Vec::new());
    while source.next_batch(&mut batch).ok()? {
        rows.extend(batch.iter().map(|record| Row {
            line: record.line(),
            fields: (0..record.len())
                .filter_map(|column| record.get(column).map(str::to_owned))
                .collect(),
            raw: record.raw().to_owned(),
            problem: record.problem().map(|problem| problem.code),
        }));
    }
    Some((source.blank_lines(), rows))
}

/// Characters that are neither blanks nor line ends, which no reader may lose.
fn ink(text: &str) -> usize {
    text.chars()
        .filter(|char| !matches!(char, ' ' | '\t' | '\r' | '\n' | '\x1A'))
        .count()
}

fuzz_target!(|bytes: &[u8]| {
    let [choice, size, bytes @ ..] = bytes else {
        return;
    };
    let pick = |bit: u8| choice & (1 << bit) != 0;
    let options = SourceOptions {
        format: Some(if pick(0) { Format::JsonLines } else { Format::Delimited }),
        encoding: Some(Encoding::UTF_8),
        delimiter: Some(if pick(1) { b',' } else { b'\t' }),
        quote: Some(if pick(2) { Quote::NONE } else { Quote::DOUBLE }),
        no_header: true,
        record_bytes_max: if pick(3) { 16 } else { 1 << 20 },
        ..SourceOptions::default()
    };
    let whole = read(bytes, 1 << 10, &options);
    let pieces = read(bytes, usize::from(*size).max(1), &options);
    assert_eq!(whole, pieces);
    let Some((_, rows)) = whole else {
        return;
    };
    let text = String::from_utf8_lossy(bytes);
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(&text);
    if text.to_ascii_lowercase().contains("sep=") || options.record_bytes_max == 16 {
        return;
    }
    let read: usize = rows.iter().map(|row| ink(&row.raw)).sum();
    assert_eq!(read, ink(text));
});
