//! Any header and cells: guessed, bound and mapped, and read by a mapping that uses everything.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use smrt_etl::mapping::{MappedRow, Mapping, RowMapper};
use smrt_etl::record::RecordBatch;

/// One mapping that uses everything, on the columns `0` to `7`.
const EVERYTHING: &str = r#"
version = 1
source = "fuzz"
[columns]
"0" = "full_name"
"1" = { phone = "other", label_column = "2", separator = " ::: ", calling_code_column = "3", country_column = "4" }
"5" = { consent = "marketing_email", when_true = "revoked", date_column = "6", values = { "a" = "granted" } }
"7" = { phone = "other", format = "json" }
"#;

static EVERYTHING_MAPPER: LazyLock<RowMapper> = LazyLock::new(|| {
    let mapping = Mapping::parse("everything.toml", EVERYTHING).expect("the mapping is valid");
    mapping
        .bind(&["0", "1", "2", "3", "4", "5", "6", "7"])
        .expect("every column is there")
});

fuzz_target!(|text: &str| {
    let mut lines = text.split('\n');
    let header: Vec<&str> = lines.next().unwrap_or_default().split('\t').collect();
    let mut batch = RecordBatch::default();
    for (number, line) in (1..).zip(lines) {
        line.split('\t').for_each(|cell| batch.push_field(cell));
        batch.finish_row(number, number + 1, line, None);
    }
    check(&EVERYTHING_MAPPER, &batch);
    if let Ok(mapping) = Mapping::guess(&header, &batch).into_mapping() {
        if let Ok(mapper) = mapping.bind(&header) {
            check(&mapper, &batch);
        }
    }
});

fn check(mapper: &RowMapper, batch: &RecordBatch) {
    let mut row = MappedRow::default();
    for record in batch.iter() {
        mapper.map(&record, &mut row);
        for phone in &row.phones {
            assert!(!phone.text.trim().is_empty());
        }
        for (name, value) in &row.metadata {
            assert!(!value.trim().is_empty(), "{name}");
        }
    }
}
