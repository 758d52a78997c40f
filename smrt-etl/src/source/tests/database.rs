//! SQLite files: tables, views, queries, and what is not to be done to them.

use rusqlite::Connection;

use super::*;

/// A SQLite file made by these statements.
pub(super) fn sqlite(statements: &str) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().unwrap();
    let connection = Connection::open(file.path()).unwrap();
    connection.execute_batch(statements).unwrap();
    file
}

fn read(file: &tempfile::NamedTempFile, options: &SourceOptions) -> Result<String, SourceError> {
    source_text(Input::File(file.path().to_owned()), options)
}

fn table(name: &str) -> SourceOptions {
    SourceOptions {
        table: Some(name.to_owned()),
        ..SourceOptions::default()
    }
}

fn query(text: &str) -> SourceOptions {
    SourceOptions {
        query: Some(text.to_owned()),
        ..SourceOptions::default()
    }
}

const PEOPLE: &str = "CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT, phone, photo BLOB);
    INSERT INTO people VALUES (2, 'Bob \"B\" Example', 12025550101, NULL),
                              (1, 'Ann Example', '0012025550100', x'00FF');";

#[test]
fn the_only_table_is_read_in_the_order_of_its_rowid() {
    let file = sqlite(PEOPLE);
    let expected = "SQLite database, table `people`\n\
         id | name | phone | photo\n\
         1@1 1 | Ann Example | 0012025550100 | AP8=\n\
         2@2 2 | Bob \"B\" Example | 12025550101";
    assert_eq!(read(&file, &SourceOptions::default()).unwrap(), expected);
    let bytes = std::fs::read(file.path()).unwrap();
    // From a stream it is put on disk first.
    assert_eq!(
        source_text(stream(&bytes), &SourceOptions::default()).unwrap(),
        expected
    );
}

#[test]
fn of_several_tables_one_is_to_be_named() {
    let file = sqlite(&format!(
        "{PEOPLE} CREATE TABLE \"odd \"\"name\" (a PRIMARY KEY, b) WITHOUT ROWID;
         INSERT INTO \"odd \"\"name\" VALUES (2, 'y'), (1, 'x');
         CREATE VIEW named AS SELECT name FROM people WHERE id > 1;"
    ));
    let error = read(&file, &SourceOptions::default()).unwrap_err();
    assert_eq!(error.code(), "source_part_unclear");
    let text = error.to_string();
    assert!(
        text.ends_with("has 3 tables: `people`, `odd \"name`, `named`"),
        "{text}"
    );
    let rows = |options: &SourceOptions| {
        let text = read(&file, options).unwrap();
        text.lines().skip(1).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(
        rows(&table("odd \"name")),
        ["a | b", "1@1 1 | x", "2@2 2 | y"]
    );
    assert_eq!(rows(&table("Named")), ["name", "1@1 Bob \"B\" Example"]);
    assert_eq!(
        rows(&query("SELECT id AS n FROM people ORDER BY id;")),
        ["n", "1@1 1", "2@2 2"]
    );
    let error = read(&file, &table("x")).unwrap_err();
    assert_eq!(error.code(), "source_part_missing");
}

#[test]
fn nothing_but_one_query_that_reads_is_run() {
    let file = sqlite(PEOPLE);
    let before = std::fs::read(file.path()).unwrap();
    for text in [
        "DELETE FROM people",
        "DELETE FROM people RETURNING id",
        "SELECT 1; DROP TABLE people",
        "SELECT 1; SELECT 2",
        "ATTACH 'other.db' AS other",
        "PRAGMA journal_mode = WAL",
        "CREATE TABLE x (a)",
        "SELECT * FROM nobody",
        "",
    ] {
        match read(&file, &query(text)) {
            Err(error) => assert_eq!(error.code(), "source_query", "{text}"),
            // A setting is told and not changed.
            Ok(told) => assert!(text.starts_with("PRAGMA"), "{text}: {told}"),
        }
    }
    assert_eq!(std::fs::read(file.path()).unwrap(), before);
    let both = SourceOptions {
        table: Some("people".to_owned()),
        ..query("SELECT 1")
    };
    assert_eq!(read(&file, &both).unwrap_err().code(), "source_option");
}

#[test]
fn a_query_without_an_order_is_warned_of() {
    let file = sqlite(PEOPLE);
    let notes = |text: &str| {
        let input = Input::File(file.path().to_owned());
        let source = Source::open(input, &query(text)).unwrap();
        source.layout().notes.len()
    };
    assert_eq!(notes("SELECT * FROM people"), 1);
    assert_eq!(notes("SELECT * FROM people\norder by id"), 0);
}

#[test]
fn a_store_of_smrt_is_no_source() {
    let file = sqlite("PRAGMA application_id = 0x736d7274; CREATE TABLE humans (id);");
    let error = read(&file, &SourceOptions::default()).unwrap_err();
    assert_eq!(error.code(), "source_own_store");
}

#[test]
fn a_real_store_carries_the_mark_that_is_looked_for() {
    use smrt_core::model::Instant;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    drop(smrt_core::smrt::Smrt::scratch_file(&path, Instant::from_micros(0)).unwrap());
    let error = Source::open(Input::File(path), &SourceOptions::default()).unwrap_err();
    assert_eq!(error.code(), "source_own_store");
}

#[test]
fn text_that_is_none_costs_its_row_alone() {
    let file = sqlite(
        "CREATE TABLE people (name TEXT);
         INSERT INTO people VALUES (CAST(x'FF41' AS TEXT)), ('Bob'), (CAST(x'4100' AS TEXT));",
    );
    let text = read(&file, &SourceOptions::default()).unwrap();
    let expected = [
        "1@1 !invalid_encoding 1:- column 1: \u{FFFD}A",
        "2@2 Bob",
        "3@3 !nul_byte 3:- column 1: A\0",
    ];
    assert_eq!(text.lines().skip(2).collect::<Vec<_>>(), expected);
}

#[test]
fn a_damaged_database_ends_in_words() {
    let rows: String = (0..3000)
        .map(|row| format!("INSERT INTO people (name) VALUES ('name {row}');"))
        .collect();
    let file = sqlite(&format!(
        "BEGIN; CREATE TABLE people (name); {rows} COMMIT;"
    ));
    let mut bytes = std::fs::read(file.path()).unwrap();
    let end = bytes.len();
    bytes[end - 8192..].fill(0xA5);
    let error = source_text(stream(&bytes), &SourceOptions::default()).unwrap_err();
    assert_eq!(error.code(), "source_part", "{error}");
    assert!(error.to_string().contains("the row after row"), "{error}");
}
