//! The files in `fixtures/lenient` are read as listed here, those in `fixtures/reject` refused.

use std::collections::BTreeSet;

use super::*;

/// A file, and everything its source has to say.
const LENIENT: &[(&str, &str)] = &[
    (
        "archive.zip",
        "CSV in ZIP (`Contact.csv`), one column, UTF-8, header on line 1\n\
         name\n\
         1@2 Ann Example",
    ),
    (
        "array.json",
        "JSON array, UTF-8\n\
         name\n\
         1@1 Ann Example\n\
         2@2 Bob Example",
    ),
    (
        "apostrophes.csv",
        "CSV, `,`, UTF-8, quote `'`, header on line 1\n\
         name | phone\n\
         1@2 Example, Ann | 2025550100\n\
         2@3 O'Example, Bob | 2025550101",
    ),
    (
        "bom.csv",
        "CSV, `,`, UTF-8, header on line 1\n\
         Name | Phone\n\
         1@2 Ann Example | 2025550100",
    ),
    (
        "broken-array.json",
        "JSON array, UTF-8\n\
         name | phone | tags | home.city\n\
         1@2 Ann Example | 2025550100\n\
         2@3 !json_syntax 3:27 column -: {\"name\": \"Bob Example, \"phone\": \"2025550101\"}\n\
         3@4 !json_syntax 5:24 column -: {     \"name\": \"Cy Example,     \"phone\": \"2025550102\"   }\n\
         4@8 Di Example |  | [{\"id\": 1}, {\"id\": 2}] | Springfield\n\
         5@9 !json_not_object 9:3 column -: \"Ed Example\"\n\
         6@10 Fay Example\n\
         7@11 !json_behind_array 11:3 column -: ]",
    ),
    (
        "carriage-returns.csv",
        "CSV, `,`, UTF-8, header on line 1\n\
         name | phone\n\
         1@2 Ann Example | 2025550100⏎home\n\
         2@3 Bob Example | 2025550101",
    ),
    ("database.sqlite", "SQLite database, table `t`\nname"),
    (
        "delimiters-in-quotes.csv",
        "CSV, `,`, UTF-8, header on line 1\n\
         name | tags | note\n\
         1@2 Example, Ann | a;b;c;d;e | said \"hi; there\"\n\
         2@3 Example, Bob | f;g | one|two|three",
    ),
    (
        "document.json",
        "JSON array, member `contacts`, UTF-8\n\
         name\n\
         1@3 Ann Example",
    ),
    (
        "duplicate-and-empty-headers.csv",
        "CSV, `,`, UTF-8, header on line 1\n\
         Name | Phone | Phone#3 | column_4 | Name#2 | Phone#2\n\
         1@2 Ann Example | 1 | 2 | 3 | 4 | 5",
    ),
    (
        "header-only.csv",
        "CSV, `,`, UTF-8, header on line 1\n\
         name | phone | email",
    ),
    (
        "invalid-utf8.csv",
        "CSV, `,`, UTF-8, header on line 1\n\
         name | city\n\
         1@2 José Example | Köln\n\
         2@3 Łucja Example | Łódź\n\
         3@4 !invalid_encoding 4:4 column 1: Ren\u{FFFD} Example,Orl\u{FFFD}ans\n\
         4@5 Zoë Example | Brontë",
    ),
    (
        "leading-zeros.csv",
        "CSV, `,`, UTF-8, header on line 1\n\
         id | postcode | phone | amount\n\
         1@2 0007 | 01067 | 00492025550100 | 1.10\n\
         2@3 12345678901234567890 | 0o17 | 1e5 | TRUE",
    ),
    (
        "multi-line-cell.csv",
        "CSV, `,`, UTF-8, header on line 1\n\
         name | address | phone\n\
         1@2 Example, Ann | 1 Main St⏎Springfield⏎12345 | 2025550100\n\
         2@5 Bob Example | 2 \"Old\" Rd | 2025550101",
    ),
    (
        "nul-byte.csv",
        "CSV, `,`, UTF-8, header on line 1\n\
         name | phone\n\
         1@2 !nul_byte 2:4 column 1: Ann\0 Example,2025550100\n\
         2@3 Bob Example | 2025550101",
    ),
    (
        "people.jsonl",
        "JSON Lines, UTF-8\n\
         id | name.first | name.last | phone | score | tags | active | note\n\
         1@1 12345678901234567890 | Ann | Example | 0012025550100 | 1.10\n\
         2@3 2 | Bob |  |  |  | [\"a\", \"b\"] | true | \n\
         3@4 3 |  |  | café \"x\"",
    ),
    (
        "pipe.txt",
        "CSV, `|`, UTF-8, header on line 1\n\
         id | name | phone\n\
         1@2 1 | Ann Example | 2025550100\n\
         2@3 2 | Bob Example | 2025550101",
    ),
    (
        "problems.jsonl",
        "JSON Lines, UTF-8\n\
         name | phone\n\
         1@1 Ann Example | 2025550100\n\
         2@2 !json_not_object 2:1 column -: [\"Bob Example\"]\n\
         3@3 !json_syntax 3:30 column -: {\"name\":\"Cy Example\",\"phone\":}\n\
         4@4 !json_duplicate_key 4:- column -: {\"name\":\"Di Example\",\"name\":\"Dee Example\"}\n\
         5@5 !nul_byte 5:- column -: {\"name\":\"Ed\\u0000Example\"}\n\
         6@6 !json_syntax 6:24 column -: {\"name\":\"Fay Example\"} {\"name\":\"Gus Example\"}\n\
         7@7 Hal Example | 2025550107",
    ),
    (
        "ragged-and-blank.csv",
        "CSV, `,`, UTF-8, header on line 1\n\
         name | phone | city\n\
         1@3 Ann Example | 2025550100\n\
         2@5 Bob Example | 2025550101 | Springfield\n\
         3@6  |  | \n\
         4@8 !too_many_fields 8:- column 4: Cy Example,2025550102,Shelbyville,extra",
    ),
    (
        "semicolon.csv",
        "CSV, `;`, UTF-8, header on line 1\n\
         Name | City | Balance\n\
         1@2 Ann Example | Köln | 1,50\n\
         2@3 Bob Example | Łódź | 2,75",
    ),
    (
        "sep-line.csv",
        "CSV, `;`, UTF-8, header on line 2\n\
         Name | Phone\n\
         1@3 Ann Example | +12025550100\n\
         2@4 Bob Example | +12025550101",
    ),
    (
        "single-column.csv",
        "CSV, one column, UTF-8, header on line 1\n\
         phone\n\
         1@2 +1 202 555 0100\n\
         2@3 +1 202 555 0101",
    ),
    (
        "stray-quotes.csv",
        "CSV, `,`, UTF-8, header on line 1\n\
         name | phone\n\
         1@2 Ann \"A\" Example | 2025550100\n\
         2@3 6\" Example | 2025550101",
    ),
    (
        "tab.tsv",
        "CSV, tab, UTF-8, header on line 1\n\
         Name | Phone | Note\n\
         1@2 Ann Example | 202-555-0100 | likes, commas; and more\n\
         2@3 Bob Example | 202-555-0101 | ",
    ),
    (
        "text-after-quote.csv",
        "CSV, `,`, UTF-8, header on line 1\n\
         name | phone\n\
         1@2 !text_after_quote 2:6 column 1: \"Ann\" Example,2025550100\n\
         2@3 !text_after_quote 3:7 column 1: \"Bob \"B\" Example\",2025550101\n\
         3@4 Cy Example | 2025550102",
    ),
    (
        "title-lines.csv",
        "CSV, `,`, UTF-8, header on line 4\n\
         Full⏎Name | Phone | City | Email\n\
         1@6 Ann Example | 2025550100 | Springfield | ann@example.com\n\
         2@7 Bob Example | 2025550101 | Shelbyville | bob@example.com",
    ),
    (
        "trailing-comma.csv",
        "CSV, `,`, UTF-8, header on line 1\n\
         First Name | Last Name | Notes | column_4 (phantom)\n\
         1@2 Ann | Example | friend | \n\
         2@3 Bob | Example |  | ",
    ),
    (
        "unclosed-quote.csv",
        "CSV, `,`, UTF-8, header on line 1\n\
         name | note | phone\n\
         1@2 !unclosed_quote 2:13 column 2: Ann Example,\"friend,2025550100\n\
         2@3 Bob Example | colleague | 2025550101\n\
         3@4 Cy Example |  | 2025550102\n\
         4@5 !unclosed_quote 5:12 column 2: Di Example,\"late,2025550103\n\
         5@6 Ed Example |  | 2025550104",
    ),
    (
        "windows-1252.csv",
        "CSV, `;`, Windows-1252, header on line 1\n\
         Name | Straße | Preis\n\
         1@2 José Beispiel | Königsallee | 5 €",
    ),
];

/// A file, and the code of the error that refuses it.
const REJECT: &[(&str, &str)] = &[
    ("blank-lines.csv", "source_empty"),
    ("deep.json", "source_kind"),
    ("document.pdf", "source_kind"),
    ("empty.csv", "source_empty"),
    ("noise.csv", "source_kind"),
    ("picture.csv", "source_kind"),
    ("report.xls", "source_kind"),
    ("spreadsheet.ods", "source_unreadable"),
    ("unclosed-header.csv", "header_unreadable"),
    ("workbook.csv", "source_unreadable"),
];

fn names_in(folder: &str) -> BTreeSet<String> {
    std::fs::read_dir(fixture(folder))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect()
}

#[test]
fn odd_files_are_read_as_listed() {
    for (name, expected) in LENIENT {
        let input = Input::File(fixture("lenient").join(name));
        let found = source_text(input, &SourceOptions::default()).unwrap();
        assert_eq!(&found, expected, "{name}");
    }
}

#[test]
fn files_that_are_no_tables_are_refused_with_a_reason_and_a_hint() {
    for (name, expected) in REJECT {
        let input = Input::File(fixture("reject").join(name));
        let error = Source::open(input, &SourceOptions::default()).unwrap_err();
        assert_eq!(&error.code(), expected, "{name}");
        assert!(error.to_string().contains(name), "{error}");
        assert!(!error.hint().is_empty());
        assert!(!error.to_string().contains("Example"), "{error}");
    }
}

#[test]
fn a_directory_and_a_missing_file_are_refused() {
    let code = |path: PathBuf| {
        let error = Source::open(Input::File(path), &SourceOptions::default()).unwrap_err();
        error.code()
    };
    assert_eq!(code(fixture("reject")), "source_directory");
    assert_eq!(code(fixture("reject/no-such-file.csv")), "source_read");
}

#[test]
fn a_damaged_spreadsheet_is_called_by_its_name() {
    let input = Input::File(fixture("reject/workbook.csv"));
    let error = Source::open(input, &SourceOptions::default()).unwrap_err();
    let text = error.to_string();
    assert!(
        text.contains("cannot be read as an Excel workbook"),
        "{text}"
    );
    assert!(error.hint().contains("save it again"));
}

#[test]
fn what_is_given_overrides_what_is_sniffed() {
    let read = |name: &str, change: &dyn Fn(&mut SourceOptions)| {
        let mut options = SourceOptions::default();
        change(&mut options);
        source_text(Input::File(fixture("lenient").join(name)), &options).unwrap()
    };
    let text = read("semicolon.csv", &|o| {
        (o.delimiter, o.header_line) = (Some(b','), Some(1));
    });
    assert!(
        text.contains("2:- column 2: Ann Example;Köln;1,50"),
        "{text}"
    );
    let text = read("bom.csv", &|o| o.no_header = true);
    assert_eq!(
        text,
        "CSV, `,`, UTF-8, no header\ncolumn_1 | column_2\n1@1 Name | Phone\n\
         2@2 Ann Example | 2025550100"
    );
    let text = read("title-lines.csv", &|o| o.header_line = Some(1));
    assert!(text.starts_with("CSV, `,`, UTF-8, header on line 1\nContacts of Example Inc. |"));
    let text = read("apostrophes.csv", &|o| o.quote = Some(Quote::NONE));
    assert!(text.contains("'name' | 'phone'"), "{text}");
    let text = read("windows-1252.csv", &|o| o.encoding = Some(Encoding::UTF_8));
    assert!(text.contains("!invalid_encoding 2:4 column 1"), "{text}");
    let text = read("sep-line.csv", &|o| o.delimiter = Some(b','));
    assert!(
        text.starts_with("CSV, `,`, UTF-8, header on line 2\nName;Phone"),
        "{text}"
    );
    let text = read("people.jsonl", &|o| o.format = Some(Format::Delimited));
    assert!(text.starts_with("CSV"), "{text}");
}

#[test]
fn a_layout_says_how_each_thing_is_known() {
    let input = Input::File(fixture("lenient/sep-line.csv"));
    let options = SourceOptions {
        encoding: Some(Encoding::UTF_8),
        ..SourceOptions::default()
    };
    let source = Source::open(input, &options).unwrap();
    let facts: Vec<String> = source
        .layout()
        .facts()
        .into_iter()
        .map(|(name, value, origin)| format!("{name}: {value} ({origin})"))
        .collect();
    assert_eq!(
        facts,
        [
            "format: CSV (sniffed)",
            "encoding: UTF-8 (given)",
            "delimiter: `;` (stated in the file)",
            "quote: `\"` (sniffed)",
            "header: line 2 (sniffed)",
        ]
    );
    let json = serde_json::to_value(source.layout()).unwrap();
    assert_eq!(json["delimiter"]["value"], ";");
    assert_eq!(json["encoding"]["origin"], "given");
    assert_eq!(source.header_raw(), Some("Name;Phone"));
    assert_eq!(source.bytes_total(), Some(71));
    assert_eq!(source.bytes_read(), 71);
}

#[test]
fn a_header_line_beyond_the_end_is_told() {
    let options = SourceOptions {
        header_line: Some(99),
        ..SourceOptions::default()
    };
    let error = Source::open(Input::File(fixture("lenient/bom.csv")), &options).unwrap_err();
    assert_eq!(error.code(), "header_missing");
    assert!(error.to_string().contains("on line 99"), "{error}");
}

#[test]
fn blank_lines_are_counted_apart() {
    let input = Input::File(fixture("lenient/ragged-and-blank.csv"));
    let source = Source::open(input, &SourceOptions::default()).unwrap();
    assert_eq!((source.sample().len(), source.blank_lines()), (4, 4));
}

#[test]
fn a_source_and_its_batches_can_cross_threads() {
    fn crosses<T: Send + 'static>() {}
    crosses::<Source>();
    crosses::<RecordBatch>();
    crosses::<SourceError>();
}

#[test]
fn every_fixture_is_listed() {
    let listed = |table: &[(&str, &str)]| -> BTreeSet<String> {
        table.iter().map(|(name, _)| (*name).to_owned()).collect()
    };
    assert!(listed(LENIENT).is_subset(&names_in("lenient")));
    assert!(listed(REJECT).is_subset(&names_in("reject")));
}
