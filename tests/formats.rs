//! The same contacts in every kind of file, through the program: one digest, one reject file.

use std::io::Write as _;

use rust_xlsxwriter::{ExcelDateTime, Format, Workbook};

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

fn csv() -> String {
    let rows = contacts();
    let rows = rows.iter().map(|row| row.join(","));
    let lines: Vec<String> = std::iter::once(NAMES.join(",")).chain(rows).collect();
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

fn zip(name: &str, bytes: &[u8]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    archive
        .start_file(name, zip::write::SimpleFileOptions::default())
        .unwrap();
    archive.write_all(bytes).unwrap();
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

#[test]
fn every_kind_of_file_gives_the_digest_of_the_plain_one() {
    let sandbox = Sandbox::new();
    sandbox.write("crm.toml", MAPPING);
    sandbox.write("people.csv", csv());
    import(&sandbox, "csv.db", "people.csv", &[]).ends_with(0);
    let digest = sandbox.digest("csv.db");
    let counts = sandbox.last_run("csv.db").counts;
    sandbox.write("people.json", json());
    sandbox.write("people.xlsx", xlsx());
    sqlite(&sandbox, "people.sqlite");
    sandbox.write("people.zip", zip("export/people.xlsx", &xlsx()));
    let query = "SELECT * FROM people ORDER BY rowid";
    let files: [(&str, &[&str]); 5] = [
        ("people.json", &[]),
        ("people.xlsx", &[]),
        ("people.zip", &["--sheet", "people"]),
        ("people.sqlite", &["--table", "people"]),
        ("people.sqlite", &["--query", query]),
    ];
    for (number, (file, more)) in files.into_iter().enumerate() {
        let db = format!("{number}.db");
        let dry = import(&sandbox, &db, file, &[more, &["--dry-run"]].concat());
        dry.ends_with(0);
        import(&sandbox, &db, file, more).ends_with(0);
        assert_eq!(sandbox.digest(&db), digest, "{file} {more:?}");
        assert_eq!(sandbox.last_run(&db).counts, counts, "{file}");
        let again = import(&sandbox, &db, file, more);
        again.ends_with(0);
        assert_eq!(
            sandbox.last_run(&db).counts.rows_unchanged,
            counts.rows_checkpoint
        );
    }
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
