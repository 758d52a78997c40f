//! Every row is delivered exactly once, whatever the sizes of reads, chunks and batches.

use super::*;

fn many_rows(rows: usize) -> String {
    let mut text = "id,name,note\n".to_owned();
    for row in 0..rows {
        text.push_str(&match row % 7 {
            3 => format!("{row},\"Example, Ann\",\"two\nlines\"\n"),
            5 => format!("{row},\"Bob\n"),
            6 => format!("{row},Cy,a,b\n"),
            _ => format!("{row},Di,{}\n", "x".repeat(row % 50)),
        });
    }
    text
}

fn with_chunk(chunk_bytes: usize) -> SourceOptions {
    SourceOptions {
        chunk_bytes,
        ..SourceOptions::default()
    }
}

#[test]
fn every_fixture_reads_the_same_in_pieces_of_any_size() {
    for path in std::fs::read_dir(fixture("lenient")).unwrap() {
        let bytes = std::fs::read(path.unwrap().path()).unwrap();
        let expected = source_text(stream(&bytes), &SourceOptions::default()).unwrap();
        for size in [1, 2, 3, 5, 7, 64] {
            let found = source_text(dribble(&bytes, size), &with_chunk(size)).unwrap();
            assert_eq!(found, expected, "pieces of {size} bytes");
        }
    }
}

#[test]
fn batches_are_bounded_and_hold_every_row_once() {
    let text = many_rows(10_000);
    let mut source = Source::open(stream(text.as_bytes()), &with_chunk(999)).unwrap();
    assert_eq!(source.sample().len(), 1000);
    let (mut batch, mut next) = (RecordBatch::default(), 1);
    while source.next_batch(&mut batch).unwrap() {
        assert!((1..=2048).contains(&batch.len()));
        for record in batch.iter() {
            assert_eq!(record.number(), next);
            next += 1;
        }
    }
    assert_eq!(next, 10_001);
    assert!(!source.next_batch(&mut batch).unwrap());
    assert!(batch.is_empty());
}

#[test]
fn each_row_knows_its_line() {
    let text = many_rows(500);
    let lines: Vec<&str> = text.lines().collect();
    let mut source = Source::open(stream(text.as_bytes()), &SourceOptions::default()).unwrap();
    let mut batch = RecordBatch::default();
    while source.next_batch(&mut batch).unwrap() {
        for record in batch.iter() {
            let line = lines[usize::try_from(record.line()).unwrap() - 1];
            assert_eq!(record.raw().lines().next(), Some(line));
        }
    }
}

#[test]
fn skipping_rows_leaves_the_others_as_they_were() {
    let text = many_rows(5000);
    let open = || Source::open(stream(text.as_bytes()), &SourceOptions::default()).unwrap();
    let rest = |mut source: Source| {
        let (mut batch, mut rows) = (RecordBatch::default(), Vec::new());
        while source.next_batch(&mut batch).unwrap() {
            rows.extend(batch.iter().map(row_text));
        }
        rows
    };
    let all = rest(open());
    for count in [0, 1, 999, 1000, 1001, 4999, 5000] {
        let mut source = open();
        assert_eq!(source.skip_records(count).unwrap(), count);
        assert_eq!(rest(source), all[usize::try_from(count).unwrap()..]);
    }
    assert_eq!(open().skip_records(6000).unwrap(), 5000);
}

/// A line of so many bytes that is never in memory as a whole.
struct LongLine {
    before: Cursor<&'static [u8]>,
    bytes_left: usize,
    after: Cursor<&'static [u8]>,
}

impl Read for LongLine {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.before.read(buffer)?;
        if read > 0 {
            return Ok(read);
        }
        if self.bytes_left == 0 {
            return self.after.read(buffer);
        }
        let read = buffer.len().min(self.bytes_left);
        buffer[..read].fill(b'x');
        self.bytes_left -= read;
        Ok(read)
    }
}

#[test]
fn a_line_of_100_megabytes_costs_one_row_and_little_memory() {
    for before in ["a,b\n1,2\n", "a,b\n1,2\n\"", "{\"a\":1}\n"] {
        let json = before.starts_with('{');
        let reader = Box::new(LongLine {
            before: Cursor::new(before.as_bytes()),
            bytes_left: 100 << 20,
            after: Cursor::new(if json { b"\n{\"a\":3}\n" } else { b"\n3,4\n" }),
        });
        let name = "long".to_owned();
        let mut source =
            Source::open(Input::Reader { name, reader }, &SourceOptions::default()).unwrap();
        let mut batch = RecordBatch::default();
        assert!(source.next_batch(&mut batch).unwrap());
        let rows: Vec<_> = batch.iter().collect();
        let problem = rows[1].problem().unwrap();
        assert_eq!(
            (problem.code, problem.line),
            ("record_too_long", rows[1].line())
        );
        assert!(rows[1].raw().len() < 8192);
        assert_eq!((rows.len(), rows[2].get(0)), (3, Some("3")));
        assert_eq!(rows[2].line(), rows[1].line() + 1);
    }
}

#[test]
fn an_unclosed_quote_in_a_large_file_costs_one_row() {
    let mut text = "name,note\nAnn,\"open\n".to_owned();
    text.push_str(&"Bob,fine\n".repeat(300_000));
    let mut source = Source::open(stream(text.as_bytes()), &SourceOptions::default()).unwrap();
    let (mut batch, mut problems, mut rows) = (RecordBatch::default(), Vec::new(), 0);
    while source.next_batch(&mut batch).unwrap() {
        rows += batch.len();
        problems.extend(
            batch
                .iter()
                .filter(|row| row.problem().is_some())
                .map(row_text),
        );
    }
    assert_eq!(rows, 300_001);
    assert_eq!(problems, ["1@2 !unclosed_quote 2:5 column 2: Ann,\"open"]);
}

#[test]
fn a_name_first_seen_after_the_sample_is_an_extra() {
    let mut text = "{\"a\":1}\n".repeat(1500);
    text.push_str("{\"b\":2,\"a\":3}\n");
    let mut source = Source::open(stream(text.as_bytes()), &SourceOptions::default()).unwrap();
    assert_eq!(source.header().names().collect::<Vec<_>>(), ["a"]);
    let mut batch = RecordBatch::default();
    source.skip_records(1500).unwrap();
    assert!(source.next_batch(&mut batch).unwrap());
    assert_eq!(row_text(batch.get(0).unwrap()), "1501@1501 3 | b=2");
}

#[test]
fn a_fingerprint_tells_files_apart_and_the_same_file_again() {
    let print = |name: &str| {
        let input = Input::File(fixture(name));
        let source = Source::open(input, &SourceOptions::default()).unwrap();
        source.fingerprint()
    };
    assert_eq!(print("lenient/bom.csv"), print("lenient/bom.csv"));
    assert_ne!(print("lenient/bom.csv"), print("lenient/tab.tsv"));
    let text = print("lenient/bom.csv").to_string();
    assert!(text.starts_with("sha256-ends:37:"), "{text}");
}

#[test]
fn no_message_or_debug_output_holds_a_value() {
    let source = Source::open(
        Input::File(fixture("lenient/problems.jsonl")),
        &SourceOptions::default(),
    )
    .unwrap();
    let mut shown = format!("{source:?} {:?} {}", source.sample(), source.layout());
    for row in source.sample().iter() {
        shown.push_str(&format!("{row:?} {:?}", row.problem()));
    }
    assert!(!shown.contains("Example"), "{shown}");
}
