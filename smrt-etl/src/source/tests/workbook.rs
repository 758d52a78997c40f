//! Workbooks as people keep them: titles, merged cells, formulas, several sheets.

use std::io::Write as _;

use rust_xlsxwriter::{ExcelDateTime, Format as CellFormat, Formula, Workbook};

use super::*;

fn open(workbook: &mut Workbook, options: &SourceOptions) -> Source {
    let bytes = workbook.save_to_buffer().unwrap();
    Source::open(stream(&bytes), options).unwrap()
}

fn text(workbook: &mut Workbook) -> String {
    let bytes = workbook.save_to_buffer().unwrap();
    source_text(stream(&bytes), &SourceOptions::default()).unwrap()
}

#[test]
fn cells_are_read_as_a_person_sees_them() {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    let date = CellFormat::new().set_num_format("yyyy-mm-dd");
    let time = CellFormat::new().set_num_format("dd.mm.yyyy hh:mm");
    let postcode = CellFormat::new().set_num_format("00000");
    let names = [
        "phone", "born", "seen", "postcode", "share", "active", "name",
    ];
    sheet.write_row(0, 0, names).unwrap();
    sheet.write_number(1, 0, 12_025_550_100_f64).unwrap();
    let born = ExcelDateTime::parse_from_str("1980-05-03").unwrap();
    sheet
        .write_datetime_with_format(1, 1, &born, &date)
        .unwrap();
    let seen = ExcelDateTime::parse_from_str("2026-01-02T13:45:00").unwrap();
    sheet
        .write_datetime_with_format(1, 2, &seen, &time)
        .unwrap();
    sheet
        .write_number_with_format(1, 3, 1067, &postcode)
        .unwrap();
    sheet.write_number(1, 4, 0.15).unwrap();
    sheet.write_boolean(1, 5, true).unwrap();
    let joined = Formula::new("=\"Ann\"&\" Example\"").set_result("Ann Example");
    sheet.write_formula(1, 6, joined).unwrap();
    let failed = Formula::new("=VLOOKUP(1,A1:B2,2)").set_result("#N/A");
    sheet.write_formula(2, 6, failed).unwrap();
    assert_eq!(
        text(&mut workbook),
        "Excel workbook, sheet `Sheet1`, header on row 1\n\
         phone | born | seen | postcode | share | active | name\n\
         1@2 12025550100 | 1980-05-03 | 2026-01-02T13:45:00 | 01067 | 0.15 | TRUE | Ann Example\n\
         2@3  |  |  |  |  |  | #N/A"
    );
}

#[test]
fn titles_merged_header_cells_and_a_hundred_empty_columns_do_no_harm() {
    let mut workbook = Workbook::new();
    let plain = CellFormat::new();
    let bold = CellFormat::new().set_bold();
    let sheet = workbook.add_worksheet();
    sheet
        .merge_range(0, 0, 0, 3, "Contacts of Example Inc.", &bold)
        .unwrap();
    sheet.write_row(2, 0, ["Name", "", "", "Mail"]).unwrap();
    sheet.merge_range(2, 1, 2, 2, "Phone", &plain).unwrap();
    for column in 4..104 {
        sheet.write_blank(2, column, &bold).unwrap();
        sheet.write_blank(3, column, &bold).unwrap();
    }
    sheet
        .write_row(3, 0, ["Ann", "1", "2", "ann@example.com"])
        .unwrap();
    sheet
        .write_row(5, 0, ["Bob", "3", "", "bob@example.com"])
        .unwrap();
    assert_eq!(
        text(&mut workbook),
        "Excel workbook, sheet `Sheet1`, header on row 3\n\
         Name | Phone | Phone#2 | Mail\n\
         1@4 Ann | 1 | 2 | ann@example.com\n\
         2@6 Bob | 3 |  | bob@example.com"
    );
    let source = open(&mut workbook, &SourceOptions::default());
    assert_eq!(source.layout().title_lines, 1);
    assert!(source.layout().notes[0].contains("merged cells: 2 columns"));
}

#[test]
fn a_header_of_two_rows_is_one() {
    let mut workbook = Workbook::new();
    let plain = CellFormat::new();
    let sheet = workbook.add_worksheet();
    sheet.merge_range(0, 0, 1, 0, "Name", &plain).unwrap();
    sheet.merge_range(0, 1, 0, 2, "Phone", &plain).unwrap();
    sheet.write_row(1, 1, ["Home", "Work"]).unwrap();
    sheet.write_row(2, 0, ["Ann", "1", "2"]).unwrap();
    assert_eq!(
        text(&mut workbook),
        "Excel workbook, sheet `Sheet1`, header on row 1\n\
         Name | Phone Home | Phone Work\n\
         1@3 Ann | 1 | 2"
    );
}

#[test]
fn the_first_sheet_with_something_in_it_is_read_unless_another_is_named() {
    let mut workbook = Workbook::new();
    workbook.add_worksheet().set_name("Empty").unwrap();
    for name in ["People", "Old"] {
        let sheet = workbook.add_worksheet();
        sheet.set_name(name).unwrap();
        sheet.write_row(0, 0, ["name", "city"]).unwrap();
        sheet.write_row(1, 0, [name, "Springfield"]).unwrap();
    }
    workbook
        .worksheet_from_name("Old")
        .unwrap()
        .set_hidden(true);
    let source = open(&mut workbook, &SourceOptions::default());
    let part = source.layout().part.clone().unwrap();
    assert_eq!(
        (part.name.value.as_str(), part.others),
        ("People", vec!["Old".to_owned()])
    );
    assert_eq!(
        source.layout().notes,
        ["other sheets are not read: `Old`; `--sheet` names one"]
    );
    let named = |sheet: &str| SourceOptions {
        sheet: Some(sheet.to_owned()),
        ..SourceOptions::default()
    };
    for sheet in ["Old", "old", "3"] {
        let source = open(&mut workbook, &named(sheet));
        assert_eq!(source.sample().get(0).unwrap().get(0), Some("Old"));
        assert!(source.layout().notes[0].contains("is hidden"));
    }
    let people = open(&mut workbook, &named("People")).fingerprint();
    let old = open(&mut workbook, &named("Old")).fingerprint();
    assert_ne!(people, old, "another sheet is another source");
    let bytes = workbook.save_to_buffer().unwrap();
    let error = Source::open(stream(&bytes), &named("New")).unwrap_err();
    assert_eq!(error.code(), "source_part_missing");
    assert!(
        error.to_string().contains("`Empty`, `People`, `Old`"),
        "{error}"
    );
}

#[test]
fn a_header_row_can_be_given_or_denied() {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    sheet.write_row(0, 0, ["a", "b"]).unwrap();
    sheet.write_row(1, 0, ["c", "d"]).unwrap();
    sheet.write_row(2, 0, ["e", "f"]).unwrap();
    let bytes = workbook.save_to_buffer().unwrap();
    let read = |change: &dyn Fn(&mut SourceOptions)| {
        let mut options = SourceOptions::default();
        change(&mut options);
        source_text(stream(&bytes), &options)
    };
    let text = read(&|o| o.header_line = Some(2)).unwrap();
    assert_eq!(
        text.lines().skip(1).collect::<Vec<_>>(),
        ["c | d", "1@3 e | f"]
    );
    let text = read(&|o| o.no_header = true).unwrap();
    let expected = ["column_1 | column_2", "1@1 a | b", "2@2 c | d", "3@3 e | f"];
    assert_eq!(text.lines().skip(1).collect::<Vec<_>>(), expected);
    let error = read(&|o| o.header_line = Some(9)).unwrap_err();
    assert_eq!(error.code(), "header_missing");
    let error = read(&|o| o.delimiter = Some(b';')).unwrap_err();
    assert_eq!(error.code(), "source_option");
    assert!(error.to_string().contains("`--delimiter`"), "{error}");
}

#[test]
fn a_value_beyond_the_header_is_kept_or_told() {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    sheet.write_row(0, 0, ["a", "b"]).unwrap();
    sheet.write_row(1, 0, ["1", "2", "", "note"]).unwrap();
    for row in 2..2000 {
        sheet.write_row(row, 0, ["1", "2"]).unwrap();
    }
    sheet
        .write_row(2000, 0, ["1", "2", "", "", "", "far"])
        .unwrap();
    let text = text(&mut workbook);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(
        lines[1..3],
        ["a | b | column_3 | column_4", "1@2 1 | 2 |  | note"]
    );
    assert_eq!(
        lines.last(),
        Some(&"2000@2001 !too_many_fields 2001:- column 6: 1,2,,,,far")
    );
}

#[test]
fn a_workbook_with_a_password_is_refused_as_such() {
    let error = Source::open(stream(&encrypted()), &SourceOptions::default()).unwrap_err();
    assert_eq!(error.code(), "source_protected");
    assert!(error.hint().contains("without a password"));
}

/// The outermost layer of an encrypted workbook: a compound file with a stream of that name.
fn encrypted() -> Vec<u8> {
    let mut header = b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1".to_vec();
    header.resize(24, 0);
    for number in [0x003E_u16, 3, 0xFFFE, 9, 6, 0, 0, 0] {
        header.extend(number.to_le_bytes());
    }
    let end_of_chain = 0xFFFF_FFFE_u32;
    for number in [0, 1, 1, 0, 4096, end_of_chain, 0, end_of_chain, 0, 0] {
        header.extend(number.to_le_bytes());
    }
    header.resize(512, 0xFF);
    let mut table = Vec::new();
    for number in [0xFFFF_FFFD_u32, end_of_chain] {
        table.extend(number.to_le_bytes());
    }
    table.resize(512, 0xFF);
    let mut directory = Vec::new();
    for (name, kind) in [("Root Entry", 5_u8), ("EncryptedPackage", 2)] {
        let mut entry: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
        entry.resize(64, 0);
        entry.extend((2 * name.len() as u16 + 2).to_le_bytes());
        entry.extend([kind, 1]);
        entry.extend([0xFF; 12]);
        entry.resize(116, 0);
        entry.extend(end_of_chain.to_le_bytes());
        entry.resize(128, 0);
        directory.extend(entry);
    }
    directory.resize(512, 0);
    [header, table, directory].concat()
}

#[test]
fn a_damaged_workbook_ends_in_words() {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    for row in 0..5000 {
        sheet
            .write_row(row, 0, [format!("name {row}"), format!("{row:08}")])
            .unwrap();
    }
    let bytes = workbook.save_to_buffer().unwrap();
    let mut ended = std::collections::BTreeSet::new();
    for place in (100..bytes.len()).step_by(997) {
        let mut damaged = bytes.clone();
        damaged[place..(place + 4).min(bytes.len())].fill(0xA5);
        if let Err(error) = source_text(stream(&damaged), &SourceOptions::default()) {
            ended.insert(error.code());
        }
    }
    assert!(ended.contains("source_part"), "{ended:?}");
}

/// A spreadsheet as OpenDocument has it, with these cells.
pub(super) fn open_document(cells: &[Vec<String>]) -> Vec<u8> {
    let mut rows = String::new();
    for row in cells {
        rows.push_str("<table:table-row>");
        rows.extend(row.iter().map(String::as_str));
        rows.push_str("</table:table-row>");
    }
    let content = format!(
        "<?xml version=\"1.0\"?><office:document-content \
         xmlns:office=\"urn:oasis:names:tc:opendocument:xmlns:office:1.0\" \
         xmlns:table=\"urn:oasis:names:tc:opendocument:xmlns:table:1.0\" \
         xmlns:text=\"urn:oasis:names:tc:opendocument:xmlns:text:1.0\"><office:body>\
         <office:spreadsheet><table:table table:name=\"Contacts\">{rows}</table:table>\
         </office:spreadsheet></office:body></office:document-content>"
    );
    let members = [
        ("mimetype", "application/vnd.oasis.opendocument.spreadsheet"),
        ("META-INF/manifest.xml", "<manifest:manifest/>"),
        ("content.xml", &content),
    ];
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, text) in members {
        let stored = zip::write::SimpleFileOptions::default()
            .compression_method(zip::CompressionMethod::Stored);
        archive.start_file(name, stored).unwrap();
        archive.write_all(text.as_bytes()).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

/// A cell of text in OpenDocument.
pub(super) fn open_document_text(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;");
    format!(
        "<table:table-cell office:value-type=\"string\"><text:p>{text}</text:p></table:table-cell>"
    )
}

#[test]
fn an_open_document_spreadsheet_reads_like_a_workbook() {
    let text = |text: &str| open_document_text(text);
    let number = "<table:table-cell office:value-type=\"float\" office:value=\"12025550100\"/>";
    let date = "<table:table-cell office:value-type=\"date\" office:date-value=\"1980-05-03\"/>";
    let empty = "<table:table-cell table:number-columns-repeated=\"1000\"/>";
    let bytes = open_document(&[
        vec![text("name"), text("phone"), text("born"), empty.to_owned()],
        vec![text("Ann & Co"), number.to_owned(), date.to_owned()],
    ]);
    assert_eq!(
        source_text(stream(&bytes), &SourceOptions::default()).unwrap(),
        "OpenDocument spreadsheet, sheet `Contacts`, header on row 1\n\
         name | phone | born\n\
         1@2 Ann & Co | 12025550100 | 1980-05-03"
    );
}
