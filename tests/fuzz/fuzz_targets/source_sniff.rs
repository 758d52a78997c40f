//! Any bytes: sniffing and reading must end, must not panic, and must number rows without a gap.

#![no_main]

use std::io::Cursor;

use libfuzzer_sys::fuzz_target;
use smrt_etl::record::RecordBatch;
use smrt_etl::source::{Input, Source, SourceOptions};

fuzz_target!(|bytes: &[u8]| {
    let input = Input::Reader {
        name: "fuzz".to_owned(),
        reader: Box::new(Cursor::new(bytes.to_vec())),
    };
    let options = SourceOptions {
        record_bytes_max: 64,
        chunk_bytes: 1 << 10,
        ..SourceOptions::default()
    };
    let Ok(mut source) = Source::open(input, &options) else {
        return;
    };
    let columns = source.header().len();
    let (mut batch, mut number, mut line) = (RecordBatch::default(), 0, 0);
    while let Ok(true) = source.next_batch(&mut batch) {
        for record in batch.iter() {
            number += 1;
            assert_eq!(record.number(), number);
            assert!(record.line() > line);
            line = record.line();
            assert!(record.problem().is_some() || record.len() <= columns);
            for column in 0..record.len() {
                assert!(record.get(column).is_some());
            }
        }
    }
});
