//! The same contacts give the same records in every format, also when reading begins in the midst.

use std::sync::Arc;

use arrow_array::{ArrayRef, Date32Array, Int64Array, RecordBatch as Batch, StringArray};
use chrono::NaiveDate;
use rust_xlsxwriter::{ExcelDateTime, Format as CellFormat, Workbook};

use super::archive::archive;
use super::columnar::{arrow, batch, parquet};
use super::database::sqlite;
use super::workbook::{open_document, open_document_text};
use super::*;

const NAMES: [&str; 4] = ["id", "name", "phone", "born"];

fn contacts() -> Vec<[String; 4]> {
    (1..=40)
        .map(|number| {
            let name = match number % 3 {
                0 => format!("Ann, \"A\" Example {number}"),
                1 => format!("Łucja Example {number}"),
                _ => String::new(),
            };
            let born = match number % 5 {
                0 => String::new(),
                _ => format!("19{:02}-05-03", 40 + number),
            };
            [
                number.to_string(),
                name,
                format!("120255501{number:02}"),
                born,
            ]
        })
        .collect()
}

fn csv() -> Vec<u8> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(NAMES).unwrap();
    contacts()
        .iter()
        .for_each(|row| writer.write_record(row).unwrap());
    writer.into_inner().unwrap()
}

fn object(row: &[String; 4]) -> String {
    let members: serde_json::Map<String, serde_json::Value> = NAMES
        .iter()
        .zip(row)
        .map(|(name, value)| ((*name).to_owned(), value.as_str().into()))
        .collect();
    serde_json::to_string_pretty(&members).unwrap()
}

fn json_array() -> Vec<u8> {
    let objects: Vec<String> = contacts().iter().map(object).collect();
    format!("{{\"contacts\": [\n{}\n]}}", objects.join(",\n")).into_bytes()
}

fn json_lines() -> Vec<u8> {
    let objects: Vec<String> = contacts()
        .iter()
        .map(|row| object(row).replace('\n', " "))
        .collect();
    objects.join("\n").into_bytes()
}

fn xlsx() -> Vec<u8> {
    let mut workbook = Workbook::new();
    let date = CellFormat::new().set_num_format("d.m.yyyy");
    let sheet = workbook.add_worksheet();
    sheet.write_row(0, 0, NAMES).unwrap();
    for (row, [id, name, phone, born]) in (1..).zip(contacts()) {
        sheet
            .write_number(row, 0, id.parse::<f64>().unwrap())
            .unwrap();
        sheet.write_string(row, 1, name).unwrap();
        sheet
            .write_number(row, 2, phone.parse::<f64>().unwrap())
            .unwrap();
        if !born.is_empty() {
            let born = ExcelDateTime::parse_from_str(&born).unwrap();
            sheet
                .write_datetime_with_format(row, 3, &born, &date)
                .unwrap();
        }
    }
    workbook.save_to_buffer().unwrap()
}

fn ods() -> Vec<u8> {
    let header = NAMES.iter().map(|name| open_document_text(name)).collect();
    let rows = contacts();
    let rows = rows
        .iter()
        .map(|row| row.iter().map(|cell| open_document_text(cell)).collect());
    open_document(
        &std::iter::once(header)
            .chain(rows)
            .collect::<Vec<Vec<String>>>(),
    )
}

fn database() -> Vec<u8> {
    let text = |value: &str| match value {
        "" => "NULL".to_owned(),
        value => format!("'{}'", value.replace('\'', "''")),
    };
    let rows: Vec<String> = contacts()
        .iter()
        .map(|[id, name, phone, born]| format!("({id}, {}, {phone}, {})", text(name), text(born)))
        .collect();
    let file = sqlite(&format!(
        "CREATE TABLE contacts (id INTEGER PRIMARY KEY, name, phone, born);
         INSERT INTO contacts VALUES {};",
        rows.join(", ")
    ));
    std::fs::read(file.path()).unwrap()
}

fn columns() -> Batch {
    let rows = contacts();
    let filled = |row: &[String; 4], column: usize| {
        Some(row[column].clone()).filter(|value| !value.is_empty())
    };
    let numbers = |column: usize| -> ArrayRef {
        let numbers = rows.iter().map(|row| row[column].parse::<i64>().unwrap());
        Arc::new(Int64Array::from_iter_values(numbers))
    };
    let names: StringArray = rows.iter().map(|row| filled(row, 1)).collect();
    let born: Date32Array = rows
        .iter()
        .map(|row| Some(row[3].parse::<NaiveDate>().ok()?.to_epoch_days()))
        .collect();
    batch(vec![
        (NAMES[0], numbers(0)),
        (NAMES[1], Arc::new(names)),
        (NAMES[2], numbers(2)),
        (NAMES[3], Arc::new(born)),
    ])
}

fn files() -> Vec<(&'static str, Vec<u8>)> {
    let mut files = vec![
        ("csv", csv()),
        ("jsonl", json_lines()),
        ("json", json_array()),
        ("xlsx", xlsx()),
        ("ods", ods()),
        ("sqlite", database()),
        ("parquet", parquet(&columns(), 7)),
        ("arrow", arrow(&columns())),
    ];
    let packed: Vec<(&str, Vec<u8>)> = files
        .iter()
        .map(|(kind, bytes)| ("zip", archive(&[(&format!("contacts.{kind}"), bytes)])))
        .collect();
    files.extend(packed);
    files
}

fn rows(source: &mut Source) -> Vec<(u64, Vec<String>)> {
    let (mut batch, mut rows) = (RecordBatch::default(), Vec::new());
    while source.next_batch(&mut batch).unwrap() {
        for row in batch.iter() {
            assert_eq!(row.problem(), None);
            let cell = |column| row.get(column).unwrap_or_default().to_owned();
            rows.push((row.number(), (0..NAMES.len()).map(cell).collect()));
        }
    }
    rows
}

#[test]
fn the_same_contacts_are_the_same_records_in_every_format() {
    let expected: Vec<(u64, Vec<String>)> =
        (1..).zip(contacts().into_iter().map(Vec::from)).collect();
    for (kind, bytes) in files() {
        let mut source = Source::open(stream(&bytes), &SourceOptions::default()).unwrap();
        let names: Vec<&str> = source.header().names().collect();
        assert_eq!(names, NAMES, "{kind}");
        assert_eq!(rows(&mut source), expected, "{kind}");
    }
}

#[test]
fn reading_goes_on_in_the_midst_in_every_format() {
    for (kind, bytes) in files() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        std::fs::write(&path, &bytes).unwrap();
        let open = || Source::open(Input::File(path.clone()), &SourceOptions::default()).unwrap();
        let (mut whole, mut resumed) = (open(), open());
        assert_eq!(whole.fingerprint(), resumed.fingerprint(), "{kind}");
        assert_eq!(resumed.skip_records(17).unwrap(), 17, "{kind}");
        assert_eq!(rows(&mut whole)[17..], rows(&mut resumed), "{kind}");
        let bytes_total = whole.bytes_total().unwrap();
        assert!(whole.bytes_read() <= bytes_total, "{kind}");
    }
}

#[test]
fn the_text_of_a_row_is_a_row_of_csv() {
    for (kind, bytes) in files() {
        let source = Source::open(stream(&bytes), &SourceOptions::default()).unwrap();
        if source.layout().format.value.is_text() {
            continue;
        }
        for row in source.sample().iter() {
            let alone = format!("id,name,phone,born\n{}\n", row.raw());
            let again = Source::open(stream(alone.as_bytes()), &SourceOptions::default()).unwrap();
            let again = again.sample().get(0).unwrap();
            for column in 0..NAMES.len() {
                let value = |row: Record<'_>| row.get(column).unwrap_or_default().to_owned();
                assert_eq!(value(again), value(row), "{kind}: {}", row.raw());
            }
        }
    }
}
