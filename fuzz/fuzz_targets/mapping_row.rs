//! Any header and cells: detected, guessed, bound and mapped; no cell with a value is lost unseen.

#![no_main]

use libfuzzer_sys::fuzz_target;
use smrt_etl::mapping::{MappedRow, Mapping};
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

fuzz_target!(|text: &str| {
    let mut lines = text.split('\n');
    let header: Vec<&str> = lines.next().unwrap_or_default().split('\t').collect();
    let mut batch = RecordBatch::default();
    for (number, line) in (1..).zip(lines) {
        line.split('\t').for_each(|cell| batch.push_field(cell));
        batch.finish_row(number, number + 1, line, None);
    }
    let everything = Mapping::parse("everything.toml", EVERYTHING).expect("the mapping is valid");
    let guessed = Mapping::guess(&header, &batch).into_mapping().ok();
    let detected = Mapping::detect(&header).map(|detected| detected.mapping);
    let own = ["0", "1", "2", "3", "4", "5", "6", "7"];
    let trials = [(Some(everything), &own[..]), (guessed, &header), (detected, &header)];
    for (mapping, header) in trials {
        let Some(mapper) = mapping.and_then(|mapping| mapping.bind(header).ok()) else {
            continue;
        };
        let mut row = MappedRow::default();
        for record in batch.iter() {
            mapper.map(&record, &mut row);
            for phone in &row.phones {
                assert!(!phone.text.trim().is_empty());
            }
        }
    }
});
