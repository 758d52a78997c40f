//! Compressed sources, whole, of many members, cut off and damaged.

use std::io::Write as _;

use flate2::write::GzEncoder;

use super::*;

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), 3).unwrap();
    encoder.include_checksum(true).unwrap();
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn rows_of(text: &str) -> Vec<&str> {
    text.lines().skip(1).collect()
}

/// Rows that compress badly, so that a cut is somewhere in their midst.
fn varied(rows: u64) -> Vec<u8> {
    let mut text = b"id,name\n".to_vec();
    let mut state = 1_u64;
    for row in 0..rows {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        writeln!(text, "{row},Example {state:016x}").unwrap();
    }
    text
}

#[test]
fn compressed_files_read_as_what_is_in_them_whatever_their_name() {
    let plain = fixture_bytes("lenient/multi-line-cell.csv");
    let options = SourceOptions::default();
    let expected = source_text(stream(&plain), &options).unwrap();
    let half = plain.len() / 2;
    let (first, second) = plain.split_at(half);
    let cases = [
        ("gzip", gzip(&plain)),
        ("gzip", [gzip(first), gzip(second)].concat()),
        ("Zstandard", zstd(&plain)),
        ("Zstandard", [zstd(first), zstd(second)].concat()),
    ];
    for (compression, bytes) in cases {
        for size in [1, 17, usize::MAX] {
            let found = source_text(dribble(&bytes, size), &options).unwrap();
            assert_eq!(rows_of(&found), rows_of(&expected));
            let layout = found.lines().next().unwrap();
            assert!(
                layout.starts_with(&format!("CSV in {compression}, `,`")),
                "{layout}"
            );
        }
    }
}

#[test]
fn rows_before_a_cut_are_delivered_and_then_the_cut_is_told() {
    let plain = varied(100_000);
    for whole in [gzip(&plain), zstd(&plain)] {
        let cut = &whole[..whole.len() * 2 / 3];
        let mut source = Source::open(stream(cut), &SourceOptions::default()).unwrap();
        let (mut batch, mut delivered) = (RecordBatch::default(), 0_u64);
        let error = loop {
            match source.next_batch(&mut batch) {
                Ok(true) => delivered += batch.len() as u64,
                Ok(false) => panic!("the cut was not told"),
                Err(error) => break error,
            }
        };
        let SourceError::Truncated {
            bytes_read,
            rows,
            line,
            ..
        } = error
        else {
            panic!("{error}");
        };
        assert_eq!(bytes_read, cut.len() as u64);
        assert_eq!((rows, line), (delivered, delivered + 2));
        assert!((50_000..80_000).contains(&delivered), "{delivered}");
        assert!(
            source.next_batch(&mut batch).is_err(),
            "the error must repeat"
        );
    }
}

#[test]
fn damage_within_compressed_data_is_told_apart_from_a_cut() {
    let plain = varied(1000);
    let mut bytes = zstd(&plain);
    let middle = bytes.len() / 2;
    bytes[middle..middle + 8].fill(0xA5);
    let error = source_text(stream(&bytes), &SourceOptions::default()).unwrap_err();
    assert_eq!(error.code(), "source_damaged");
}

#[test]
fn compressed_data_within_compressed_data_is_refused() {
    let bytes = gzip(&zstd(b"a,b\n1,2\n"));
    let error = source_text(stream(&bytes), &SourceOptions::default()).unwrap_err();
    let twice = matches!(
        error,
        SourceError::Kind {
            kind: FileKind::CompressedTwice,
            ..
        }
    );
    assert!(twice, "{error}");
}

#[test]
fn utf16_reads_as_utf8_does_with_and_without_a_mark() {
    for name in [
        "lenient/multi-line-cell.csv",
        "lenient/semicolon.csv",
        "lenient/tab.tsv",
    ] {
        let plain = fixture_bytes(name);
        let options = SourceOptions::default();
        let expected = source_text(stream(&plain), &options).unwrap();
        let units: Vec<u16> = str::from_utf8(&plain).unwrap().encode_utf16().collect();
        let low_first: Vec<u8> = units.iter().copied().flat_map(u16::to_le_bytes).collect();
        let high_first: Vec<u8> = units.iter().copied().flat_map(u16::to_be_bytes).collect();
        let cases = [
            ("UTF-16LE", low_first.clone()),
            ("UTF-16LE", [b"\xFF\xFE", low_first.as_slice()].concat()),
            ("UTF-16BE", high_first.clone()),
            ("UTF-16BE", [b"\xFE\xFF", high_first.as_slice()].concat()),
        ];
        for (encoding, bytes) in cases {
            for size in [1, usize::MAX] {
                let found = source_text(dribble(&bytes, size), &options).unwrap();
                assert_eq!(rows_of(&found), rows_of(&expected));
                assert!(found.lines().next().unwrap().contains(encoding));
            }
        }
    }
}

#[test]
fn a_lone_surrogate_and_an_odd_last_byte_cost_their_rows_only() {
    let units: Vec<u16> = "a,b\nx,1\ny,2\nz,3".encode_utf16().collect();
    let mut bytes: Vec<u8> = b"\xFF\xFE".to_vec();
    bytes.extend(units.iter().copied().flat_map(u16::to_le_bytes));
    bytes.extend([0x34, 0x00, 0x35]);
    bytes[2 + 2 * 8..][..2].copy_from_slice(&[0x00, 0xD8]);
    let text = source_text(stream(&bytes), &SourceOptions::default()).unwrap();
    let expected = [
        "1@2 x | 1",
        "2@3 !invalid_encoding 3:1 column 1: \u{FFFD},2",
        "3@4 !invalid_encoding 4:5 column 2: z,34\u{FFFD}",
    ];
    assert_eq!(text.lines().skip(2).collect::<Vec<_>>(), expected);
}
