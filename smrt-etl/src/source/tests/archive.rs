//! ZIP archives: the one file in them, several, none, and those that only look harmless.

use std::io::Write as _;

use zip::write::SimpleFileOptions;

use super::*;

pub(super) fn archive(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in members {
        match name.strip_suffix('/') {
            Some(folder) => archive
                .add_directory(folder, SimpleFileOptions::default())
                .unwrap(),
            None => {
                archive
                    .start_file(*name, SimpleFileOptions::default())
                    .unwrap();
                archive.write_all(bytes).unwrap();
            }
        }
    }
    archive.finish().unwrap().into_inner()
}

fn code(bytes: &[u8], options: &SourceOptions) -> &'static str {
    Source::open(stream(bytes), options).unwrap_err().code()
}

const CSV: &[u8] = b"name,city\nAnn Example,Springfield\n";

#[test]
fn what_systems_add_and_notes_are_passed_over() {
    let bytes = archive(&[
        ("export/", b""),
        ("__MACOSX/export/._people.csv", b"\0\x05\x16\x07"),
        (".DS_Store", b"\0\0\0\x01Bud1"),
        ("export/README.md", b"# Export"),
        ("export/people.csv", CSV),
    ]);
    assert_eq!(
        source_text(stream(&bytes), &SourceOptions::default()).unwrap(),
        "CSV in ZIP (`export/people.csv`), `,`, UTF-8, header on line 1\n\
         name | city\n\
         1@2 Ann Example | Springfield"
    );
}

#[test]
fn of_several_files_one_is_to_be_named() {
    let bytes = archive(&[
        ("a/people.csv", CSV),
        ("old.csv", b"name,city\nBob Example,X\n"),
    ]);
    let error = Source::open(stream(&bytes), &SourceOptions::default()).unwrap_err();
    assert_eq!(error.code(), "source_part_unclear");
    assert!(
        error
            .to_string()
            .contains("2 files: `a/people.csv`, `old.csv`"),
        "{error}"
    );
    assert!(error.hint().contains("`--member`"));
    let named = |member: &str| SourceOptions {
        member: Some(member.to_owned()),
        ..SourceOptions::default()
    };
    for (member, city) in [
        ("people.csv", "Springfield"),
        ("a/people.csv", "Springfield"),
        ("old.csv", "X"),
    ] {
        let source = Source::open(stream(&bytes), &named(member)).unwrap();
        assert_eq!(source.sample().get(0).unwrap().get(1), Some(city));
    }
    assert_eq!(code(&bytes, &named("new.csv")), "source_part_missing");
    assert_eq!(code(CSV, &named("people.csv")), "source_option");
    assert_eq!(
        code(&archive(&[]), &SourceOptions::default()),
        "source_part_unclear"
    );
}

#[test]
fn an_archive_in_an_archive_stays_closed() {
    let inner = archive(&[("people.csv", CSV)]);
    let bytes = archive(&[("people.zip", &inner)]);
    assert_eq!(code(&bytes, &SourceOptions::default()), "source_kind");
}

#[test]
fn an_encrypted_archive_is_refused_as_such() {
    let mut bytes = archive(&[("people.csv", CSV)]);
    // The first of the general flags, in the header of the file and in the directory.
    let directory = memchr::memmem::find(&bytes, b"PK\x01\x02").unwrap();
    bytes[6] |= 1;
    bytes[directory + 8] |= 1;
    assert_eq!(code(&bytes, &SourceOptions::default()), "source_protected");
}

#[test]
fn what_unpacks_beyond_all_measure_is_refused() {
    let zeros = vec![b' '; (256 << 20) + 1];
    let bytes = archive(&[("people.csv", &zeros)]);
    assert_eq!(code(&bytes, &SourceOptions::default()), "source_too_large");
}

#[test]
fn a_cut_or_damaged_archive_is_told() {
    let rows: String = (0..5000)
        .map(|row| format!("{row},{}\n", row * 7919 % 4999))
        .collect();
    let bytes = archive(&[("people.csv", format!("a,b\n{rows}").as_bytes())]);
    let cut = &bytes[..bytes.len() / 2];
    assert_eq!(code(cut, &SourceOptions::default()), "source_unreadable");
    let mut damaged = bytes.clone();
    let middle = bytes.len() / 2;
    damaged[middle..middle + 8].fill(0xA5);
    assert_eq!(
        code(&damaged, &SourceOptions::default()),
        "source_unreadable"
    );
}

#[test]
fn a_document_of_an_office_suite_is_called_by_its_name() {
    let bytes = archive(&[
        ("[Content_Types].xml", b"<Types/>"),
        ("word/document.xml", b"<w/>"),
    ]);
    let error = Source::open(stream(&bytes), &SourceOptions::default()).unwrap_err();
    assert!(
        error.to_string().contains("Microsoft Office document"),
        "{error}"
    );
}
