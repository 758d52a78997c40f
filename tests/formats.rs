//! The same contacts in every kind of file, through the program: one digest, one reject file.

use std::io::{Cursor, Read as _, Write as _};
use std::sync::Arc;

use arrow_array::{ArrayRef, Date32Array, Int64Array, RecordBatch, StringArray};
use rust_xlsxwriter::{ExcelDateTime, Format, Formula, Workbook, Worksheet};
use smrt_core::model::Instant;

use crate::columnar;
use crate::sandbox::{Finished, Sandbox};

const MAPPING: &str = r#"version = 1
source = "crm"
[columns]
"Key" = "source_key"
"Name" = "full_name"
"Email" = "email"
"Phone" = { phone = "mobile" }
"Since" = "metadata"
"#;

const NAMES: [&str; 5] = ["Key", "Name", "Email", "Phone", "Since"];

fn contacts() -> Vec<[String; 5]> {
    (0..600)
        .map(|number| {
            [
                format!("k{number}"),
                format!("Ann Example{number}"),
                format!("ann{number}@example.com"),
                format!("1202555{:04}", 100 + number % 100),
                format!("2024-{:02}-{:02}", 1 + number % 12, 1 + number % 28),
            ]
        })
        .collect()
}

fn csv(names: [&str; 5]) -> String {
    let rows = contacts();
    let rows = rows.iter().map(|row| row.join(","));
    let lines: Vec<String> = std::iter::once(names.join(",")).chain(rows).collect();
    lines.join("\n")
}

fn json() -> String {
    let objects = contacts().into_iter().map(|row| {
        let members = NAMES.iter().zip(row);
        members
            .map(|(name, value)| ((*name).to_owned(), serde_json::Value::from(value)))
            .collect::<serde_json::Map<_, _>>()
    });
    serde_json::to_string_pretty(&objects.collect::<Vec<_>>()).unwrap()
}

fn xlsx() -> Vec<u8> {
    let mut workbook = Workbook::new();
    let date = Format::new().set_num_format("dd/mm/yyyy");
    workbook.add_worksheet().set_name("Cover").unwrap();
    let sheet = workbook.add_worksheet();
    sheet.set_name("People").unwrap();
    sheet
        .write_string(0, 0, "Contacts of Example Inc.")
        .unwrap();
    sheet.write_row(2, 0, NAMES).unwrap();
    for (row, [key, name, email, phone, since]) in (3..).zip(contacts()) {
        sheet.write_row(row, 0, [key, name, email]).unwrap();
        sheet
            .write_number(row, 3, phone.parse::<f64>().unwrap())
            .unwrap();
        let since = ExcelDateTime::parse_from_str(&since).unwrap();
        sheet
            .write_datetime_with_format(row, 4, &since, &date)
            .unwrap();
    }
    workbook.save_to_buffer().unwrap()
}

/// A spreadsheet as LibreOffice writes one.
fn open_document() -> Vec<u8> {
    let text = |text: &str| {
        format!(
            "<table:table-cell office:value-type=\"string\"><text:p>{text}</text:p>\
             </table:table-cell>"
        )
    };
    let row = |cells: String| format!("<table:table-row>{cells}</table:table-row>");
    let empty = "<table:table-cell table:number-columns-repeated=\"100\"/>";
    let mut rows = row(NAMES.map(text).concat() + empty);
    for [key, name, email, phone, since] in contacts() {
        let cells = [
            [key, name, email].map(|cell| text(&cell)).concat(),
            format!("<table:table-cell office:value-type=\"float\" office:value=\"{phone}\"/>"),
            format!("<table:table-cell office:value-type=\"date\" office:date-value=\"{since}\"/>"),
        ];
        rows.push_str(&row(cells.concat() + empty));
    }
    let content = format!(
        "<?xml version=\"1.0\"?><office:document-content \
         xmlns:office=\"urn:oasis:names:tc:opendocument:xmlns:office:1.0\" \
         xmlns:table=\"urn:oasis:names:tc:opendocument:xmlns:table:1.0\" \
         xmlns:text=\"urn:oasis:names:tc:opendocument:xmlns:text:1.0\"><office:body>\
         <office:spreadsheet><table:table table:name=\"People\">{rows}</table:table>\
         </office:spreadsheet></office:body></office:document-content>"
    );
    zip(&[
        (
            "mimetype",
            b"application/vnd.oasis.opendocument.spreadsheet",
        ),
        ("META-INF/manifest.xml", b"<manifest:manifest/>"),
        ("content.xml", content.as_bytes()),
    ])
}

/// The contacts as columns: texts, a number and a date.
fn columns() -> RecordBatch {
    let rows = contacts();
    let text = |column: usize| -> ArrayRef {
        Arc::new(StringArray::from_iter_values(
            rows.iter().map(|row| &row[column]),
        ))
    };
    let phones = rows.iter().map(|row| row[3].parse::<i64>().unwrap());
    let days = rows.iter().map(|row| {
        let midnight: Instant = format!("{}T00:00:00Z", row[4]).parse().unwrap();
        i32::try_from(midnight.as_micros() / 86_400_000_000).unwrap()
    });
    let columns: [ArrayRef; 5] = [
        text(0),
        text(1),
        text(2),
        Arc::new(Int64Array::from_iter_values(phones)),
        Arc::new(Date32Array::from_iter_values(days)),
    ];
    RecordBatch::try_from_iter(NAMES.into_iter().zip(columns)).unwrap()
}

/// The columns that a file of cards has for the values of the contacts.
const CARD_NAMES: [&str; 5] = [
    "UID",
    "Formatted Name",
    "E-mail 1 - Value",
    "Phone 1 - Value",
    "Note",
];

fn cards() -> String {
    let card = |[uid, name, email, phone, note]: [String; 5]| {
        format!(
            "BEGIN:VCARD\r\nVERSION:4.0\r\nUID:{uid}\r\nFN:{name}\r\nEMAIL:{email}\r\n\
             TEL:{phone}\r\nNOTE:{note}\r\nEND:VCARD\r\n"
        )
    };
    contacts().into_iter().map(card).collect()
}

fn sqlite(sandbox: &Sandbox, name: &str) {
    let mut connection = rusqlite::Connection::open(sandbox.path(name)).unwrap();
    connection
        .execute_batch(
            "CREATE TABLE people (Key, Name, Email, Phone INTEGER, Since); CREATE TABLE calls (id)",
        )
        .unwrap();
    let transaction = connection.transaction().unwrap();
    for row in contacts() {
        let insert = "INSERT INTO people VALUES (?, ?, ?, ?, ?)";
        transaction.execute(insert, row).unwrap();
    }
    transaction.commit().unwrap();
}

fn zip(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in members {
        // The first member of an OpenDocument file is not packed, so that its kind can be told.
        let method = match *name {
            "mimetype" => zip::CompressionMethod::Stored,
            _ => zip::CompressionMethod::Deflated,
        };
        let options = zip::write::SimpleFileOptions::default().compression_method(method);
        archive.start_file(*name, options).unwrap();
        archive.write_all(bytes).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

fn import(sandbox: &Sandbox, db: &str, file: &str, more: &[&str]) -> Finished {
    let arguments = [
        "import",
        file,
        "--db",
        db,
        "--no-progress",
        "--mapping",
        "crm.toml",
        "--exported-at",
        crate::sandbox::EXPORTED_AT,
        "--region",
        "US",
    ];
    sandbox.smrt(&[&arguments, more].concat())
}

/// Imports a file of text, and fails unless each of the others gives the same digest and counts, and
/// nothing new the second time.
fn assert_alike(sandbox: &Sandbox, plain: &str, others: &[(&str, &[&str])]) {
    import(sandbox, "plain.db", plain, &[]).ends_with(0);
    let digest = sandbox.digest("plain.db");
    let counts = sandbox.last_run("plain.db").counts;
    assert!(
        counts.rows_created > 100 && counts.phones_created > 50,
        "{counts:?}"
    );
    for (number, (file, more)) in others.iter().enumerate() {
        let db = format!("{number}.db");
        let dry = import(sandbox, &db, file, &[*more, &["--dry-run"]].concat());
        dry.ends_with(0);
        import(sandbox, &db, file, more).ends_with(0);
        assert_eq!(sandbox.digest(&db), digest, "{file} {more:?}");
        assert_eq!(sandbox.last_run(&db).counts, counts, "{file}");
        let again = import(sandbox, &db, file, more);
        again.ends_with(0);
        assert_eq!(
            sandbox.last_run(&db).counts.rows_unchanged,
            counts.rows_checkpoint
        );
    }
}

#[test]
fn every_kind_of_file_gives_the_digest_of_the_plain_one() {
    let sandbox = Sandbox::new();
    sandbox.write("crm.toml", MAPPING);
    sandbox.write("people.csv", csv(NAMES));
    sandbox.write("people.json", json());
    sandbox.write("people.xlsx", xlsx());
    sandbox.write("people.ods", open_document());
    sandbox.write("people.parquet", columnar::parquet(&columns()));
    sandbox.write("people.feather", columnar::arrow_file(&columns()));
    sandbox.write("people.arrows", columnar::arrow_stream(&columns()));
    sqlite(&sandbox, "people.sqlite");
    sandbox.write("people.zip", zip(&[("export/people.xlsx", &xlsx())]));
    let query = "SELECT * FROM people ORDER BY rowid";
    let files: [(&str, &[&str]); 9] = [
        ("people.json", &[]),
        ("people.xlsx", &[]),
        ("people.ods", &[]),
        ("people.parquet", &[]),
        ("people.feather", &[]),
        ("people.arrows", &[]),
        ("people.zip", &["--sheet", "people"]),
        ("people.sqlite", &["--table", "people"]),
        ("people.sqlite", &["--query", query]),
    ];
    assert_alike(&sandbox, "people.csv", &files);
}

#[test]
fn cards_give_the_digest_of_a_table_with_their_columns() {
    let sandbox = Sandbox::new();
    let names = NAMES.into_iter().zip(CARD_NAMES);
    let mapping = names.fold(MAPPING.to_owned(), |mapping, (name, of_card)| {
        mapping.replace(&format!("\"{name}\""), &format!("\"{of_card}\""))
    });
    sandbox.write("crm.toml", mapping);
    sandbox.write("people.csv", csv(CARD_NAMES));
    let cards = cards();
    sandbox.write("people.vcf", &cards);
    let packed = [
        ("contacts/people.vcf", cards.as_bytes()),
        ("read.md", b"# Cards"),
    ];
    sandbox.write("people.zip", zip(&packed));
    assert_alike(
        &sandbox,
        "people.csv",
        &[("people.vcf", &[]), ("people.zip", &[])],
    );
}

/// Where a formula's value goes that the spreadsheet program never computed.
const NEVER_COMPUTED: &str = "never computed";

/// The mapping of the sheet that people have worked in.
const BOOK_MAPPING: &str = r#"version = 1
source = "crm"
[columns]
"Key" = "source_key"
"Name" = "full_name"
"Email" = "email"
"Phone Mobile" = { phone = "mobile", primary = true }
"Phone Work" = { phone = "work" }
"#;

/// What a person reads in that sheet.
fn book_csv() -> String {
    let mut text = "Key,Name,Email,Phone Mobile,Phone Work,Since,Score,Note\n".to_owned();
    for (number, [key, name, email, phone, since]) in contacts().into_iter().enumerate() {
        let work = format!("(212) 555-{:04} ext. {number}", 100 + number % 100);
        text += &format!("{key},{name},{email},{phone},{work},{since},,\"note {number}, kept\"\n");
    }
    text
}

/// A workbook that people have worked in for years.
fn book() -> Vec<u8> {
    let mut workbook = Workbook::new();
    let notes = workbook.add_worksheet().set_name("Notes").unwrap();
    notes
        .write_column(0, 0, ["Ask Ann before use", "2024"])
        .unwrap();
    let old = workbook.add_worksheet().set_name("Old").unwrap();
    old.write_row(0, 0, ["Key", "Name", "Email"]).unwrap();
    old.write_row(1, 0, ["k0", "Old Example", "old@example.com"])
        .unwrap();
    old.set_hidden(true);
    fill_sheet(workbook.add_worksheet().set_name("Contacts").unwrap());
    workbook.add_worksheet().set_name("Empty").unwrap();
    without_values(&workbook.save_to_buffer().unwrap())
}

fn fill_sheet(sheet: &mut Worksheet) {
    let (plain, bold) = (Format::new(), Format::new().set_bold());
    let date = Format::new().set_num_format("dd/mm/yyyy");
    // Behind the columns with names stand a hundred that hold nothing but a format.
    let (first_empty, note) = (7, 107);
    let title = "Contacts of Example Inc.";
    sheet.merge_range(0, 0, 0, 6, title, &bold).unwrap();
    let upright = [
        (0, "Key"),
        (1, "Name"),
        (2, "Email"),
        (5, "Since"),
        (6, "Score"),
        (note, "Note"),
    ];
    for (column, name) in upright {
        sheet
            .merge_range(2, column, 3, column, name, &plain)
            .unwrap();
    }
    sheet.merge_range(2, 3, 2, 4, "Phone", &plain).unwrap();
    sheet.write_row(3, 3, ["Mobile", "Work"]).unwrap();
    for (number, (row, contact)) in (4..).zip(contacts()).enumerate() {
        let [key, name, email, phone, since] = contact;
        sheet.write_string(row, 0, key).unwrap();
        let joined = Formula::new("=\"Ann \"&\"Example\"").set_result(name);
        sheet.write_formula(row, 1, joined).unwrap();
        sheet.write_string(row, 2, email).unwrap();
        let phone = phone.parse::<f64>().unwrap();
        sheet.write_number(row, 3, phone).unwrap();
        let work = format!("(212) 555-{:04} ext. {number}", 100 + number % 100);
        sheet.write_string(row, 4, work).unwrap();
        let since = ExcelDateTime::parse_from_str(&since).unwrap();
        sheet
            .write_datetime_with_format(row, 5, &since, &date)
            .unwrap();
        let score = Formula::new("=LEN(A5)").set_result(NEVER_COMPUTED);
        sheet.write_formula(row, 6, score).unwrap();
        for column in first_empty..note {
            sheet.write_blank(row, column, &bold).unwrap();
        }
        sheet
            .write_string(row, note, format!("note {number}, kept"))
            .unwrap();
    }
}

/// The workbook without the values of the formulas that nothing has computed.
fn without_values(workbook: &[u8]) -> Vec<u8> {
    let mut archive = zip::ZipArchive::new(Cursor::new(workbook)).unwrap();
    let value = format!("<v>{NEVER_COMPUTED}</v>");
    let mut members = Vec::new();
    let mut taken_out = 0;
    for position in 0..archive.len() {
        let mut member = archive.by_index(position).unwrap();
        let name = member.name().unwrap().into_owned();
        let mut bytes = Vec::new();
        member.read_to_end(&mut bytes).unwrap();
        if name.ends_with(".xml") {
            let text = String::from_utf8(bytes).unwrap();
            taken_out += text.matches(&value).count();
            bytes = text.replace(&value, "").into_bytes();
        }
        members.push((name, bytes));
    }
    assert_eq!(taken_out, contacts().len());
    let members: Vec<(&str, &[u8])> = members
        .iter()
        .map(|(name, bytes)| (name.as_str(), bytes.as_slice()))
        .collect();
    zip(&members)
}

#[test]
fn a_workbook_that_people_have_worked_in_gives_the_digest_of_what_they_read_in_it() {
    let sandbox = Sandbox::new();
    sandbox.write("crm.toml", BOOK_MAPPING);
    sandbox.write("people.csv", book_csv());
    sandbox.write("book.xlsx", book());
    sandbox.write("book.zip", zip(&[("2024/book.xlsx", &book())]));
    let files: [(&str, &[&str]); 3] = [
        ("book.xlsx", &["--sheet", "Contacts"]),
        ("book.xlsx", &["--sheet", "3"]),
        ("book.zip", &["--sheet", "contacts"]),
    ];
    assert_alike(&sandbox, "people.csv", &files);
    // Without a name the first sheet is read, which says nothing of contacts.
    import(&sandbox, "other.db", "book.xlsx", &[]).refuses();
    let told = import(&sandbox, "0.db", "book.xlsx", &["--sheet", "Contacts"]).ends_with(0);
    let line = "book.xlsx: Excel workbook, sheet `Contacts`, header on row 3";
    assert!(told.stderr.contains(line), "{}", told.stderr);
    // Numbers of cells are phone numbers, digit by digit.
    let mobile = "SELECT count(*) FROM phone_numbers WHERE phone_number LIKE '+1202555____'";
    assert_eq!(sandbox.ask("0.db", mobile), [["100"]]);
    let extension =
        r#"SELECT count(*) FROM phone_human_links WHERE metadata = '{"extension":"42"}'"#;
    assert_eq!(sandbox.ask("0.db", extension), [["1"]]);
}

#[test]
fn what_is_read_of_a_workbook_is_said() {
    let sandbox = Sandbox::new();
    sandbox.write("crm.toml", MAPPING);
    sandbox.write("people.xlsx", xlsx());
    let told = import(&sandbox, "a.db", "people.xlsx", &["--dry-run"]).ends_with(0);
    let line = "people.xlsx: Excel workbook, sheet `People`, header on row 3";
    assert!(told.stderr.contains(line), "{}", told.stderr);
    let refused = import(&sandbox, "a.db", "people.xlsx", &["--sheet", "Persons"]).refuses();
    assert!(
        refused.stderr.contains("it has `Cover`, `People`"),
        "{}",
        refused.stderr
    );
    sqlite(&sandbox, "people.sqlite");
    let refused = import(&sandbox, "a.db", "people.sqlite", &[]).refuses();
    assert!(
        refused.stderr.contains("2 tables: `people`, `calls`"),
        "{}",
        refused.stderr
    );
}

#[test]
fn rejects_of_a_workbook_are_corrected_as_csv() {
    let sandbox = Sandbox::new();
    sandbox.write("crm.toml", MAPPING);
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    sheet.write_row(0, 0, NAMES).unwrap();
    sheet
        .write_row(
            1,
            0,
            ["k1", "Ann Example", "ann@example.com", "12025550100"],
        )
        .unwrap();
    sheet.write_row(3, 4, ["lost, \"and\" found"]).unwrap();
    sandbox.write("people.xlsx", workbook.save_to_buffer().unwrap());
    import(&sandbox, "a.db", "people.xlsx", &[]).ends_with(1);
    let name = "people.xlsx.run-1.rejects.csv";
    let rejects = std::fs::read_to_string(sandbox.path(name)).unwrap();
    let lines: Vec<&str> = rejects.lines().collect();
    assert!(
        lines[0].starts_with("Key,Name,Email,Phone,Since,smrt_line,"),
        "{rejects}"
    );
    assert!(
        lines[1].starts_with(",,,,\"lost, \"\"and\"\" found\",4,"),
        "{rejects}"
    );
    assert_eq!(lines.len(), 2);
    let corrected = rejects.replace("\n,,,,", "\nk2,Bob Example,bob@example.com,12025550101,");
    sandbox.write(name, corrected);
    sandbox
        .smrt(&["import", name, "--db", "a.db", "--no-progress"])
        .ends_with(0);
    let found = sandbox.smrt(&["find", "bob@example.com", "--db", "a.db"]);
    found.ends_with(0);
}
