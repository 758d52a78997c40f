//! Tables written by the `csv` crate read back as they were written.

use proptest::prelude::*;

use super::*;

#[derive(Debug, Clone)]
struct Written {
    delimiter: u8,
    style: csv::QuoteStyle,
    line_end: csv::Terminator,
    rows: Vec<Vec<String>>,
}

impl Written {
    fn bytes(&self) -> Vec<u8> {
        let mut writer = csv::WriterBuilder::new()
            .delimiter(self.delimiter)
            .quote_style(self.style)
            .terminator(self.line_end)
            .from_writer(Vec::new());
        self.rows
            .iter()
            .for_each(|row| writer.write_record(row).unwrap());
        writer.into_inner().unwrap()
    }

    fn options(&self) -> SourceOptions {
        SourceOptions {
            format: Some(Format::Delimited),
            delimiter: Some(self.delimiter),
            quote: Some(Quote::DOUBLE),
            header_line: Some(1),
            ..SourceOptions::default()
        }
    }
}

/// Tables with a plain header and cells of every sort of trouble that quoting can hide.
fn written() -> impl Strategy<Value = Written> {
    let delimiter = prop::sample::select(vec![b',', b';', b'\t', b'|']);
    let style = prop::sample::select(vec![csv::QuoteStyle::Necessary, csv::QuoteStyle::Always]);
    let line_end = prop::sample::select(vec![csv::Terminator::CRLF, csv::Terminator::Any(b'\n')]);
    let cell = "[a-zé0-9 ,;|\t\"'\r\n]{0,8}";
    let tables = (2_usize..6).prop_flat_map(move |columns| {
        prop::collection::vec(prop::collection::vec(cell, columns), 0..12)
    });
    (delimiter, style, line_end, tables).prop_map(|(delimiter, style, line_end, mut rows)| {
        let columns = rows.first().map_or(2, Vec::len);
        let header = (1..=columns)
            .map(|column| format!("name{column}"))
            .collect();
        rows.insert(0, header);
        Written {
            delimiter,
            style,
            line_end,
            rows,
        }
    })
}

fn values(row: Record<'_>) -> Vec<String> {
    (0..row.len())
        .map(|column| row.get(column).unwrap().to_owned())
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn what_was_written_is_read(table in written(), size in 1_usize..40) {
        let bytes = table.bytes();
        let options = SourceOptions { chunk_bytes: size, ..table.options() };
        let mut source = Source::open(dribble(&bytes, size), &options).unwrap();
        let (mut batch, mut rows) = (RecordBatch::default(), Vec::new());
        let mut line = 2;
        while source.next_batch(&mut batch).unwrap() {
            for row in batch.iter() {
                prop_assert_eq!(row.problem(), None);
                prop_assert_eq!(row.line(), line);
                line += row.raw().matches('\n').count() as u64 + 1;
                rows.push(values(row));
            }
        }
        prop_assert_eq!(&rows, &table.rows[1..]);
    }

    #[test]
    fn the_original_text_of_a_row_reads_as_the_row(table in written()) {
        let mut source = Source::open(stream(&table.bytes()), &table.options()).unwrap();
        let header = source.header_raw().unwrap().to_owned();
        let mut batch = RecordBatch::default();
        while source.next_batch(&mut batch).unwrap() {
            for row in batch.iter() {
                let alone = format!("{header}\n{}\n", row.raw());
                let again = Source::open(stream(alone.as_bytes()), &table.options()).unwrap();
                prop_assert_eq!(values(again.sample().get(0).unwrap()), values(row));
                prop_assert_eq!(again.sample().get(0).unwrap().raw(), row.raw());
            }
        }
    }

    #[test]
    fn what_is_plainly_written_is_sniffed(table in written()) {
        // Three equal plain rows outvote what troublesome cells may pretend.
        let mut plain = table.clone();
        let columns = plain.rows[0].len();
        plain.rows.extend(vec![vec!["plain".to_owned(); columns]; 3 + plain.rows.len()]);
        let source = Source::open(stream(&plain.bytes()), &SourceOptions::default()).unwrap();
        prop_assert_eq!(source.layout().delimiter.value, Some(table.delimiter));
        prop_assert_eq!(source.layout().header_line.value, Some(1));
        prop_assert_eq!(source.layout().quote.value, Quote::DOUBLE);
    }

    #[test]
    fn any_text_reads_the_same_in_pieces_of_any_size(
        text in "([a-c,;\"'{}:\0é \t]|\r?\n){0,60}",
        size in 1_usize..9,
    ) {
        let read = |size: usize| {
            let options = SourceOptions {
                chunk_bytes: size,
                record_bytes_max: 16,
                ..SourceOptions::default()
            };
            source_text(dribble(text.as_bytes(), size), &options).map_err(|error| error.to_string())
        };
        prop_assert_eq!(read(size), read(1 << 16));
    }
}
