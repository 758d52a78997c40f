//! The encoding of a file's text: its name, its byte order mark, and how it is sniffed.
//!
//! It decodes nothing (`text` does) and never guesses among one-byte code pages: what is not
//! Unicode is read as Windows-1252 unless another encoding is given.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

use super::layout::{Found, Origin};

/// How the bytes of a text file stand for characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Encoding(&'static encoding_rs::Encoding);

/// The name given is not that of an encoding smrt can read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{name}` is no encoding that can be read")]
pub struct EncodingError {
    name: String,
}

impl Encoding {
    /// UTF-8, with or without a byte order mark.
    pub const UTF_8: Encoding = Encoding(encoding_rs::UTF_8);
    /// UTF-16, low byte first.
    pub const UTF_16LE: Encoding = Encoding(encoding_rs::UTF_16LE);
    /// UTF-16, high byte first.
    pub const UTF_16BE: Encoding = Encoding(encoding_rs::UTF_16BE);
    /// Windows-1252, the "ANSI" of western Windows; includes ISO 8859-1.
    pub const WINDOWS_1252: Encoding = Encoding(encoding_rs::WINDOWS_1252);

    /// The name as the WHATWG Encoding Standard writes it, such as `UTF-8` or `windows-1252`.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.0.name()
    }

    pub(super) fn decoder(self) -> encoding_rs::Decoder {
        self.0.new_decoder_without_bom_handling()
    }
}

impl FromStr for Encoding {
    type Err = EncodingError;

    /// Takes every label of the WHATWG Encoding Standard: `utf-8`, `latin1`, `cp1250`, `utf-16le`.
    fn from_str(name: &str) -> Result<Encoding, EncodingError> {
        encoding_rs::Encoding::for_label_no_replacement(name.trim().as_bytes())
            .map(Encoding)
            .ok_or_else(|| EncodingError {
                name: name.to_owned(),
            })
    }
}

impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Encoding::WINDOWS_1252 {
            f.write_str("Windows-1252")
        } else {
            f.write_str(self.name())
        }
    }
}

impl Serialize for Encoding {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// Bytes looked at for UTF-16 without a byte order mark.
const PARITY_BYTES_MAX: usize = 4096;

/// Names the encoding of a text that begins with `prefix`.
///
/// A byte order mark states it. Else zero bytes that stand almost only at odd (or even) places
/// show UTF-16. Else the text is UTF-8 if it is valid as such, or if more of its longer sequences
/// are valid than not (a UTF-8 file with damage); else Windows-1252.
pub(super) fn sniff(prefix: &[u8]) -> Found<Encoding> {
    if let Some(encoding) = byte_order_mark(prefix) {
        return Found::new(encoding, Origin::Stated);
    }
    let encoding = utf16_by_parity(prefix).unwrap_or_else(|| utf8_or_windows(prefix));
    Found::new(encoding, Origin::Sniffed)
}

fn byte_order_mark(prefix: &[u8]) -> Option<Encoding> {
    let marks = [
        (b"\xEF\xBB\xBF".as_slice(), Encoding::UTF_8),
        (b"\xFF\xFE", Encoding::UTF_16LE),
        (b"\xFE\xFF", Encoding::UTF_16BE),
    ];
    marks
        .into_iter()
        .find_map(|(mark, encoding)| prefix.starts_with(mark).then_some(encoding))
}

fn utf16_by_parity(prefix: &[u8]) -> Option<Encoding> {
    let (units, _) = prefix
        .get(..PARITY_BYTES_MAX)
        .unwrap_or(prefix)
        .as_chunks::<2>();
    let first_zero = units.iter().filter(|unit| unit[0] == 0).count();
    let second_zero = units.iter().filter(|unit| unit[1] == 0).count();
    // A short text must show it in every fourth unit, since a few stray NULs could else mislead.
    let enough = if units.len() < 64 {
        units.len().div_ceil(4).max(2)
    } else {
        units.len() / 10
    };
    if second_zero >= enough && first_zero * 10 <= second_zero {
        Some(Encoding::UTF_16LE)
    } else if first_zero >= enough && second_zero * 10 <= first_zero {
        Some(Encoding::UTF_16BE)
    } else {
        None
    }
}

fn utf8_or_windows(prefix: &[u8]) -> Encoding {
    let (mut valid, mut invalid) = (0_usize, 0_usize);
    let mut rest = prefix;
    loop {
        match simdutf8::compat::from_utf8(rest) {
            Ok(text) => {
                valid += longer_sequences(text.as_bytes());
                break;
            }
            Err(error) => {
                let (good, bad) = rest.split_at(error.valid_up_to());
                valid += longer_sequences(good);
                // A sequence cut by the end of the prefix says nothing.
                let Some(length) = error.error_len() else {
                    break;
                };
                invalid += 1;
                rest = bad.get(length..).unwrap_or_default();
            }
        }
    }
    if valid >= invalid && (invalid == 0 || valid > invalid) {
        Encoding::UTF_8
    } else {
        Encoding::WINDOWS_1252
    }
}

/// Counts the characters of valid UTF-8 that take more than one byte.
fn longer_sequences(text: &[u8]) -> usize {
    text.iter().filter(|&&byte| byte >= 0xC0).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(prefix: &[u8], expected: Encoding, origin: Origin) {
        let found = sniff(prefix);
        assert_eq!(
            (found.value, found.origin),
            (expected, origin),
            "{prefix:?}"
        );
    }

    fn utf16(text: &str) -> Vec<u8> {
        text.encode_utf16().flat_map(u16::to_le_bytes).collect()
    }

    fn swapped(bytes: &[u8]) -> Vec<u8> {
        bytes
            .chunks(2)
            .flat_map(|pair| pair.iter().rev().copied())
            .collect()
    }

    #[test]
    fn a_byte_order_mark_states_the_encoding() {
        check(b"\xEF\xBB\xBFa,b", Encoding::UTF_8, Origin::Stated);
        check(b"\xFF\xFEa\0", Encoding::UTF_16LE, Origin::Stated);
        check(b"\xFE\xFF\0a", Encoding::UTF_16BE, Origin::Stated);
    }

    #[test]
    fn utf16_without_a_mark_is_known_by_where_its_zero_bytes_are() {
        for text in ["a,b\n1,2\n", "Имя;Телефон\nОльга Петрова;5550100\n"] {
            check(&utf16(text), Encoding::UTF_16LE, Origin::Sniffed);
            check(&swapped(&utf16(text)), Encoding::UTF_16BE, Origin::Sniffed);
        }
        let long = "Имя;Город;Улица\n".repeat(100);
        check(&utf16(&long), Encoding::UTF_16LE, Origin::Sniffed);
    }

    #[test]
    fn valid_utf8_is_utf8_and_other_text_is_windows_1252() {
        let sniffed = Origin::Sniffed;
        check(b"", Encoding::UTF_8, sniffed);
        check(b"name\nBob\n", Encoding::UTF_8, sniffed);
        check("name\nJosé Müller\n".as_bytes(), Encoding::UTF_8, sniffed);
        check(b"name\nJos\xE9\n", Encoding::WINDOWS_1252, sniffed);
        check(
            b"name\nJos\xE9 M\xFCller\n",
            Encoding::WINDOWS_1252,
            sniffed,
        );
        check(b"cut in a sequence: \xC3", Encoding::UTF_8, sniffed);
    }

    #[test]
    fn a_damaged_utf8_file_stays_utf8() {
        let mut text = "José, Müller, Łódź\n".repeat(3).into_bytes();
        text.push(0xFF);
        check(&text, Encoding::UTF_8, Origin::Sniffed);
    }

    #[test]
    fn stray_zero_bytes_do_not_make_utf16() {
        check(b"a,b\n\0,1\n", Encoding::UTF_8, Origin::Sniffed);
        check(b"name\nBob\0\0\0\0\0\0\n", Encoding::UTF_8, Origin::Sniffed);
    }

    #[test]
    fn names_are_read_as_browsers_read_them() {
        let read = |name: &str| name.parse::<Encoding>();
        assert_eq!(read("windows-1252"), Ok(Encoding::WINDOWS_1252));
        assert_eq!(read("latin1"), Ok(Encoding::WINDOWS_1252));
        assert_eq!(read("UTF8"), Ok(Encoding::UTF_8));
        assert_eq!(read("cp1250").unwrap().name(), "windows-1250");
        assert!(read("klingon").is_err());
    }
}
