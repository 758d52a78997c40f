//! Cards as programs write them, and as they arrive broken.

use super::*;
use crate::record::Record;
use crate::source::encoding::Encoding;
use crate::source::{Input, bytes};

const CARD_BYTES_MAX: usize = 4096;

/// The rows of a file that is read in chunks of so many bytes.
fn rows_in(file: &[u8], line_end: LineEnd, chunk_bytes: usize) -> RecordBatch {
    let input = Input::Reader {
        name: "cards.vcf".to_owned(),
        reader: Box::new(std::io::Cursor::new(file.to_vec())),
    };
    let name = input.name();
    let opened = bytes::open(input, &name, Default::default()).ok().unwrap();
    let window = TextWindow::new(opened.stream, Encoding::UTF_8, chunk_bytes);
    let mut reader = VCardReader::new(window, line_end, CARD_BYTES_MAX);
    let mut batch = RecordBatch::default();
    while reader.read_row(&mut batch).unwrap() {}
    batch
}

fn rows(file: &str) -> RecordBatch {
    let whole = rows_in(file.as_bytes(), LineEnd::LineFeed, 1 << 16);
    for chunk_bytes in [1, 7] {
        let pieces = rows_in(file.as_bytes(), LineEnd::LineFeed, chunk_bytes);
        assert_eq!(pieces.len(), whole.len());
        for (one, other) in pieces.iter().zip(whole.iter()) {
            assert_eq!(told(&one), told(&other));
            assert_eq!(one.problem(), other.problem());
            assert_eq!((one.line(), one.raw()), (other.line(), other.raw()));
        }
    }
    whole
}

/// What is not empty in a row, by name.
fn told(row: &Record<'_>) -> Vec<(String, String)> {
    let names = card::column_names();
    let columns = names.iter().enumerate();
    let columns = columns.filter_map(|(column, name)| Some((name.clone(), row.get(column)?)));
    let columns = columns.map(|(name, value)| (name, value.to_owned()));
    let extras = row.extras();
    let extras = extras.map(|(name, value)| (name.to_owned(), value.to_owned()));
    columns
        .chain(extras)
        .filter(|(_, value)| !value.is_empty())
        .collect()
}

#[track_caller]
fn check(body: &str, expected: &[(&str, &str)]) {
    let file = format!(
        "BEGIN:VCARD\r\n{}\r\nEND:VCARD\r\n",
        body.replace('\n', "\r\n")
    );
    let rows = rows(&file);
    assert_eq!(rows.len(), 1, "{body}");
    let row = rows.get(0).unwrap();
    assert_eq!(row.problem(), None, "{body}");
    let told = told(&row);
    let told: Vec<(&str, &str)> = told
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    assert_eq!(told, expected, "{body}");
}

#[test]
fn known_properties_are_columns_and_others_keep_their_names() {
    check(
        "VERSION:3.0\nPRODID:-//Example//EN\nN:Lovewell;Ada;Mary;Dr.;PhD\nFN:Dr. Ada Lovewell\n\
         ORG:Example\\, Ltd;Engines;Steam\nTITLE:Engineer\nUID:17\nREV:20261121T083000Z\n\
         X-FOO:bar\nX-FOO:baz",
        &[
            ("UID", "17"),
            ("Formatted Name", "Dr. Ada Lovewell"),
            ("Family Name", "Lovewell"),
            ("Given Name", "Ada"),
            ("Additional Names", "Mary"),
            ("Honorific Prefixes", "Dr."),
            ("Honorific Suffixes", "PhD"),
            ("Organization", "Example, Ltd"),
            ("Organization Units", "Engines, Steam"),
            ("Title", "Engineer"),
            ("Revision", "20261121T083000Z"),
            ("X-FOO", "bar ::: baz"),
        ],
    );
}

#[test]
fn kinds_of_numbers_are_read_in_every_syntax() {
    let kinds = [
        ("TEL;CELL:1", "mobile"),
        ("TEL;TYPE=CELL;TYPE=pref:1", "* mobile"),
        ("TEL;TYPE=\"work,voice\";PREF=1:1", "* work"),
        ("TEL;type=WORK,FAX:1", "work fax"),
        ("TEL;TYPE=home:1", "home"),
        ("TEL;TYPE=work;TYPE=cell:1", "mobile"),
        ("TEL;TYPE=MAIN:1", "main"),
        ("TEL;TYPE=summerhouse:1", "summerhouse"),
        (
            "TEL;TYPE=voice;X-SMRT-RELATIONSHIP=summer_house;PREF=1:1",
            "* summer_house",
        ),
        ("TEL;TYPE=pref:1", "*"),
        (
            "item1.TEL:1\nitem1.X-ABLabel:_$!<Assistant>!$_",
            "Assistant",
        ),
        ("item1.TEL;type=pref:1\nitem1.X-ABLabel:Laden", "* Laden"),
    ];
    for (line, kind) in kinds {
        check(line, &[("Phone 1 - Type", kind), ("Phone 1 - Value", "1")]);
    }
    check("TEL:1", &[("Phone 1 - Value", "1")]);
    check(
        "TEL;VALUE=uri:tel:+12025550143;ext=5",
        &[("Phone 1 - Value", "+12025550143 ext. 5")],
    );
}

#[test]
fn values_beyond_the_columns_are_joined_in_the_last_one() {
    let lines: Vec<String> = (1..=8).map(|n| format!("TEL;TYPE=cell:{n}")).collect();
    let file = format!("BEGIN:VCARD\n{}\nEND:VCARD\n", lines.join("\n"));
    let rows = rows(&file);
    let told = told(&rows.get(0).unwrap());
    assert_eq!(told.last().unwrap().1, "6 ::: 7 ::: 8");
    assert_eq!(told[told.len() - 2].1, "mobile ::: mobile ::: mobile");
}

#[test]
fn birthdays_without_a_year_stay_as_they_are() {
    check("BDAY:--0412", &[("Birthday", "--0412")]);
    check("BDAY;VALUE=date:1815-12-10", &[("Birthday", "1815-12-10")]);
    check(
        "BDAY;X-APPLE-OMIT-YEAR=1604:1604-04-12",
        &[("Birthday", "--04-12")],
    );
}

#[test]
fn folded_lines_are_one() {
    check(
        "NOTE:a long\n  note\n\tin pieces",
        &[("Note", "a long notein pieces")],
    );
    check(
        "VERSION:2.1\nNOTE:a long\n note",
        &[("Note", "a long note")],
    );
    check(
        "NOTE;ENCODING=QUOTED-PRINTABLE;CHARSET=UTF-8:J=C3=BC=\nrgen=0Atwo",
        &[("Note", "Jürgen\ntwo")],
    );
    check(
        "N;CHARSET=ISO-8859-1;QUOTED-PRINTABLE:L=F6we;J=fcrgen;;;",
        &[("Family Name", "Löwe"), ("Given Name", "Jürgen")],
    );
}

#[test]
fn photos_are_passed_over_however_they_are_written() {
    let base64 = "QUJD".repeat(4 * CARD_BYTES_MAX);
    check(
        &format!("PHOTO;ENCODING=b;TYPE=JPEG:{base64}\nFN:Ada"),
        &[("Formatted Name", "Ada")],
    );
    check(
        &format!("item1.PHOTO;BASE64:\n {base64}\n {base64}\n\nFN:Ada"),
        &[("Formatted Name", "Ada")],
    );
    check(
        "LOGO;ENCODING=BASE64:QUJD\nQUJDRA==\nFN:Ada",
        &[("Formatted Name", "Ada")],
    );
    let file = format!("BEGIN:VCARD\nPHOTO:{base64}\nbroken\nEND:VCARD\n");
    let rows = rows_in(file.as_bytes(), LineEnd::LineFeed, 64);
    assert_eq!(
        rows.get(0).unwrap().raw(),
        "BEGIN:VCARD\nPHOTO:[not kept]\nbroken\nEND:VCARD"
    );
}

#[test]
fn a_formatted_name_that_repeats_another_property_says_nothing() {
    check(
        "FN:Example Ltd\nORG:Example Ltd",
        &[("Organization", "Example Ltd")],
    );
    check(
        "FN:a@example.com\nEMAIL:a@example.com",
        &[("E-mail 1 - Value", "a@example.com")],
    );
}

#[test]
fn a_broken_card_is_told_with_its_place_and_the_next_goes_on() {
    let good = "BEGIN:VCARD\nFN:Ada\nEND:VCARD\n";
    let check = |body: &str, code: &str, line: u64, character: Option<u32>| {
        let file = format!("{good}BEGIN:VCARD\nVERSION:3.0\n{body}{good}");
        let rows = rows(&file);
        assert_eq!(rows.len(), 3, "{body}");
        let problem = rows.get(1).unwrap().problem().unwrap().clone();
        assert_eq!(
            (problem.code, problem.line, problem.character),
            (code, line, character)
        );
        assert!(rows.get(0).unwrap().problem().is_none());
        let last = rows.get(2).unwrap();
        assert_eq!(
            (last.problem(), last.get(1), last.number()),
            (None, Some("Ada"), 3)
        );
    };
    check(
        "FN:Bob\nno property\nTEL:1\nEND:VCARD\n",
        "vcard_line",
        7,
        Some(3),
    );
    check(
        "FN:Bob\nTEL;TYPE=a,\n b\nEND:VCARD\n",
        "vcard_line",
        7,
        Some(4),
    );
    check("b\u{fc}ro:1\nEND:VCARD\n", "vcard_name", 6, Some(2));
    check("FN:Bob\n", "vcard_unfinished", 4, None);
    check("FN:B\0b\nEND:VCARD\n", "nul_byte", 6, Some(5));
    let long = format!("NOTE:{}\nEND:VCARD\n", "x".repeat(2 * CARD_BYTES_MAX));
    check(&long, "record_too_long", 4, None);
    let folded = format!("NOTE:x{}\nEND:VCARD\n", "\n xxxxxxx".repeat(CARD_BYTES_MAX));
    check(&folded, "record_too_long", 4, None);
}

#[test]
fn what_stands_outside_of_cards_is_not_lost() {
    let rows = rows("\nhello\n there\nBEGIN:VCARD\nFN:Ada\nEND:VCARD\n\nBEGIN:VCARD\nFN:Bob");
    let codes: Vec<_> = rows
        .iter()
        .map(|row| (row.line(), row.problem().map(|problem| problem.code)))
        .collect();
    assert_eq!(
        codes,
        [
            (2, Some("vcard_outside")),
            (4, None),
            (8, Some("vcard_unfinished"))
        ]
    );
    assert_eq!(rows.get(0).unwrap().raw(), "hello\n there");
}

#[test]
fn every_line_end_and_a_byte_order_mark_are_read() {
    let card = "BEGIN:VCARD\nVERSION:4.0\nFN:Ada\n Lovewell\nEND:VCARD\n";
    for (line_end, text) in [
        (LineEnd::LineFeed, card.to_owned()),
        (LineEnd::LineFeed, card.replace('\n', "\r\n")),
        (LineEnd::CarriageReturn, card.replace('\n', "\r")),
        (LineEnd::LineFeed, format!("\u{feff}{card}")),
    ] {
        let rows = rows_in(text.as_bytes(), line_end, 16);
        let row = rows.get(0).unwrap();
        assert_eq!((row.problem(), row.get(1)), (None, Some("AdaLovewell")));
    }
}

#[test]
fn the_card_of_an_agent_belongs_to_the_card_around_it() {
    check(
        "AGENT:\nBEGIN:VCARD\nFN:Other\nEND:VCARD\nFN:Ada",
        &[("Formatted Name", "Ada")],
    );
}
