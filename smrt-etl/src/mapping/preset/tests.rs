//! Every preset against a file in its vendor's form.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::Path;

use super::*;
use crate::mapping::{IssueEffect, MappedRow};
use crate::record::RecordBatch;

/// Fixture, its preset, and what its first row says.
const FIRST_ROWS: &[(&str, &str, &str)] = &[];

struct Fixture {
    header: Vec<String>,
    batch: RecordBatch,
}

impl Fixture {
    fn read(name: &str) -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../fixtures/ok/{name}.csv"));
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .from_path(path)
            .unwrap();
        let mut records = reader.records().map(Result::unwrap);
        let header = unique_names(&records.next().unwrap());
        let mut batch = RecordBatch::default();
        for (number, record) in (1..).zip(records) {
            record.iter().for_each(|cell| batch.push_field(cell));
            batch.finish_row(number, number + 1, "", None);
        }
        Self { header, batch }
    }

    fn header(&self) -> Vec<&str> {
        self.header.iter().map(String::as_str).collect()
    }

    /// Each row as its preset reads it, without metadata.
    fn rows(&self) -> Vec<String> {
        let detected = detect(&self.header()).unwrap();
        let mapper = detected.mapping.bind(&self.header()).unwrap();
        let mut row = MappedRow::default();
        let mut rows = Vec::new();
        for record in self.batch.iter() {
            mapper.map(&record, &mut row);
            rows.push(told(&row));
        }
        rows
    }
}

/// The names a source gives: a repeat is numbered, an empty one is named by its place.
fn unique_names(record: &csv::StringRecord) -> Vec<String> {
    let mut seen: HashMap<&str, usize> = HashMap::new();
    let name = |(place, name)| {
        let count = seen.entry(name).or_default();
        *count += 1;
        match (name, *count) {
            ("", _) => format!("column_{}", place + 1),
            (name, 1) => name.to_owned(),
            (name, count) => format!("{name}#{count}"),
        }
    };
    record.iter().enumerate().map(name).collect()
}

fn told(row: &MappedRow<'_>) -> String {
    let mut told = String::new();
    let fields = [
        ("key", &row.source_key),
        ("first", &row.first_name),
        ("last", &row.last_name),
        ("email", &row.email),
        ("company", &row.company_name),
        ("title", &row.job_title),
        ("country", &row.country),
    ];
    for (name, value) in fields {
        if let Some(value) = value {
            let _ = write!(told, "{name}={value}; ");
        }
    }
    for phone in &row.phones {
        let star = if phone.primary { "*" } else { "" };
        let country = phone
            .country
            .as_deref()
            .map(|country| format!(" [{country}]"));
        let _ = write!(
            told,
            "{star}{}={}{}; ",
            phone.relationship,
            phone.text,
            country.unwrap_or_default()
        );
    }
    for consent in &row.consents {
        let date = consent.date.map(|date| format!(" {date}"));
        let status = consent.status.as_str();
        let _ = write!(
            told,
            "{}={status}{}; ",
            consent.consent_type,
            date.unwrap_or_default()
        );
    }
    for issue in &row.issues {
        let rejects = if issue.effect == IssueEffect::RejectsRow {
            " rejects"
        } else {
            ""
        };
        let _ = write!(
            told,
            "!{} in `{}`{rejects}; ",
            issue.code, issue.column_name
        );
    }
    told.trim_end().trim_end_matches(';').to_owned()
}

#[test]
fn dump() {
    let mut names: Vec<String> =
        std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/ok"))
            .unwrap()
            .map(|e| {
                e.unwrap()
                    .file_name()
                    .into_string()
                    .unwrap()
                    .replace(".csv", "")
            })
            .collect();
    names.sort();
    for name in names {
        let fixture = Fixture::read(&name);
        println!(
            "== {name} {:?}",
            detect(&fixture.header()).map(|d| d.preset)
        );
        for row in fixture.rows() {
            println!("   {row}");
        }
    }
}
