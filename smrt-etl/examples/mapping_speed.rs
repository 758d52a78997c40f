//! Measures how fast rows are mapped: `cargo run --release -p smrt-etl --example mapping_speed`.
//!
//! It prints the fastest of many rounds, which other work on the machine disturbs least.
//! What this program does not do: it reads no file; the rows are made beforehand.

#![expect(clippy::print_stdout, reason = "its output is the measurement")]

use std::hint::black_box;
use std::time::Instant;

use smrt_etl::mapping::{MappedRow, Mapping, MappingError};
use smrt_etl::record::RecordBatch;

const ROWS: u32 = 10_000;
const ROUNDS: u32 = 100;

const HUBSPOT: [(&str, &str); 12] = [
    ("Record ID", "100000000001"),
    ("First Name", "Ada"),
    ("Last Name", "Lovewell"),
    ("Email", "ada.lovewell@example.com"),
    ("Phone Number", "+44 20 7946 0101"),
    ("Mobile Phone Number", "+44 7700 900123"),
    ("Contact owner", "Olga Owner"),
    ("Lead Status", "OPEN"),
    ("Create Date", "2024-05-03 10:11"),
    ("Company Name", "Example Engines, Ltd"),
    ("Job Title", "Analyst"),
    ("Country/Region", "United Kingdom"),
];

const GOOGLE: [(&str, &str); 12] = [
    ("First Name", "Ada"),
    ("Last Name", "Lovewell"),
    ("Phonetic First Name", ""),
    ("File As", ""),
    ("Organization Name", "Example Engines, Ltd"),
    ("Labels", "* myContacts"),
    ("E-mail 1 - Label", "* Work"),
    ("E-mail 1 - Value", "ada.lovewell@example.com"),
    ("Phone 1 - Label", "Mobile"),
    ("Phone 1 - Value", "+44 7700 900123"),
    ("Phone 2 - Label", "Work ::: Home"),
    ("Phone 2 - Value", "+44 20 7946 0101 ::: +44 20 7946 0102"),
];

fn main() -> Result<(), MappingError> {
    for (name, columns) in [("hubspot", HUBSPOT), ("google", GOOGLE)] {
        if let Some(mapping) = Mapping::preset(name) {
            println!(
                "{name}: {:.0} ns a row of {} columns",
                nanos_per_row(&mapping, &columns)?,
                columns.len()
            );
        }
    }
    Ok(())
}

fn nanos_per_row(mapping: &Mapping, columns: &[(&str, &str)]) -> Result<f64, MappingError> {
    let header: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
    let mapper = mapping.bind(&header)?;
    let mut batch = RecordBatch::default();
    for number in 1..=u64::from(ROWS) {
        columns.iter().for_each(|(_, cell)| batch.push_field(cell));
        batch.finish_row(number, number + 1, "", None);
    }
    let mut row = MappedRow::default();
    let mut fastest = f64::INFINITY;
    for _ in 0..ROUNDS {
        let start = Instant::now();
        for record in batch.iter() {
            mapper.map(&record, &mut row);
            black_box(&row);
        }
        fastest = fastest.min(start.elapsed().as_secs_f64());
    }
    Ok(fastest * 1e9 / f64::from(ROWS))
}
