//! Any text as a mapping: read, written, read again, bound and applied to a small row.

#![no_main]

use libfuzzer_sys::fuzz_target;
use smrt_etl::mapping::{MappedRow, Mapping};
use smrt_etl::record::RecordBatch;

const HEADER: [&str; 8] = [
    "A",
    "B",
    "C 1",
    "C 2",
    "Name",
    "Phone 1 - Value",
    "Phone 1 - Label",
    "",
];
const CELLS: [&str; 8] = [
    "ada@example.com",
    "true",
    "2024-05-03",
    "03/05/2024",
    "Dr. Ada de Lovewell",
    "p:+44 7700 900123 ::: [\"1\"]",
    "* Work ::: ältere",
    "x",
];

fuzz_target!(|text: &str| {
    let mapping = match Mapping::parse("fuzz.toml", text) {
        Ok(mapping) => mapping,
        Err(error) => {
            assert!(!error.to_string().is_empty() && !error.hint().is_empty());
            return;
        }
    };
    let again = Mapping::parse("again.toml", &mapping.to_toml()).expect("what is written is read");
    assert_eq!(again.digest(), mapping.digest());
    if let Ok(mapper) = mapping.bind(&HEADER) {
        let mut batch = RecordBatch::default();
        CELLS.iter().for_each(|cell| batch.push_field(cell));
        batch.finish_row(1, 2, "", None);
        let mut row = MappedRow::default();
        if let Some(record) = batch.get(0) {
            mapper.map(&record, &mut row);
        }
    }
});
