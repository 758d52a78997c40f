//! Fixtures with random damage: reading never panics, never depends on the size of pieces, and
//! loses no character.
//!
//! `SMRT_MUTATION_RUNS` sets how many, `SMRT_MUTATION_SEED` which; the fuzz targets in `fuzz/` look for the same with coverage.

use super::*;

const RUNS: u64 = 20_000;
const SEED: u64 = 0x5EED_5EED_5EED_5EED;

/// Bytes that mean something to a reader.
const DICTIONARY: &[&[u8]] = &[
    b",",
    b";",
    b"\t",
    b"|",
    b"\"",
    b"\"\"",
    b"'",
    b"\n",
    b"\r\n",
    b"\r",
    b"\0",
    b" ",
    b"\xFF",
    b"\xEF\xBB\xBF",
    b"\xFF\xFE",
    b"\xC3",
    "é".as_bytes(),
    b"sep=;\n",
    b"{\"a\":1}\n",
    b"{",
    b"}",
    b"[",
    b":",
    b"\\u0000",
    b"\x1A",
    b"\x1F\x8B\x08",
    b"\x28\xB5\x2F\xFD",
];

/// A xorshift generator: the same runs every time.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % (bound as u64).max(1)).unwrap()
    }

    fn mutated(&mut self, seeds: &[Vec<u8>]) -> Vec<u8> {
        let seed = self.below(seeds.len());
        let mut bytes = seeds[seed].clone();
        for _ in 0..=self.below(4) {
            let at = self.below(bytes.len() + 1);
            let end = (at + self.below(20)).min(bytes.len());
            match self.below(5) {
                0 => drop(bytes.drain(at..end)),
                1 if at < bytes.len() => bytes[at] = u8::try_from(self.below(256)).unwrap(),
                2 => {
                    let again = bytes[at..end].to_vec();
                    bytes.splice(at..at, again);
                }
                3 => {
                    let other = self.below(seeds.len());
                    let other = &seeds[other];
                    let from = self.below(other.len() + 1);
                    let to = (from + self.below(40)).min(other.len());
                    bytes.splice(at..end, other[from..to].iter().copied());
                }
                _ => {
                    let word = self.below(DICTIONARY.len());
                    bytes.splice(at..at, DICTIONARY[word].iter().copied());
                }
            }
        }
        bytes
    }
}

fn read(bytes: &[u8], size: usize, options: &SourceOptions) -> Result<String, String> {
    let options = SourceOptions {
        chunk_bytes: size,
        ..options.clone()
    };
    source_text(dribble(bytes, size), &options).map_err(|error| error.to_string())
}

/// Characters that are neither blanks nor line ends.
fn ink(text: &str) -> usize {
    let blank = |char: &char| matches!(char, ' ' | '\t' | '\r' | '\n' | '\x1A');
    text.chars().filter(|char| !blank(char)).count()
}

/// Reads without a header and compares the characters of all rows with those of the text.
fn check_nothing_lost(bytes: &[u8], delimiter: u8) {
    let text = String::from_utf8_lossy(bytes);
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(&text);
    if text.to_ascii_lowercase().contains("sep=") {
        return;
    }
    let options = SourceOptions {
        format: Some(Format::Delimited),
        encoding: Some(Encoding::UTF_8),
        delimiter: Some(delimiter),
        no_header: true,
        ..SourceOptions::default()
    };
    let Ok(mut source) = Source::open(stream(bytes), &options) else {
        return;
    };
    if source.layout().member.is_some() {
        return;
    }
    let (mut batch, mut found, mut rows) = (RecordBatch::default(), 0, 0);
    loop {
        match source.next_batch(&mut batch) {
            Ok(true) => {}
            Ok(false) => break,
            // Bytes that happen to look compressed have no text to compare with.
            Err(_) => return,
        }
        for row in batch.iter() {
            rows += 1;
            assert_eq!(row.number(), rows);
            found += ink(row.raw());
        }
    }
    assert_eq!(found, ink(text), "{bytes:?}");
}

fn number_from(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

#[test]
fn damaged_files_read_the_same_in_pieces_and_lose_nothing() {
    let runs = number_from("SMRT_MUTATION_RUNS").unwrap_or(RUNS);
    let mut random = Random(number_from("SMRT_MUTATION_SEED").unwrap_or(SEED));
    let mut seeds = Vec::new();
    for folder in ["lenient", "reject"] {
        for entry in std::fs::read_dir(fixture(folder)).unwrap() {
            seeds.push(std::fs::read(entry.unwrap().path()).unwrap());
        }
    }
    seeds.sort();
    for _ in 0..runs {
        let bytes = random.mutated(&seeds);
        let options = SourceOptions {
            record_bytes_max: if random.below(2) == 0 { 24 } else { 1 << 20 },
            ..SourceOptions::default()
        };
        let size = 1 + random.below(16);
        let whole = read(&bytes, 1 << 12, &options);
        assert_eq!(read(&bytes, size, &options), whole, "{size}: {bytes:?}");
        check_nothing_lost(&bytes, if random.below(2) == 0 { b',' } else { b';' });
    }
}
