//! Values of vCard properties: escapes, components, quoted-printable.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};

/// A text without its escapes.
pub(super) fn unescaped(value: &str) -> Cow<'_, str> {
    let Some(first) = memchr::memchr(b'\\', value.as_bytes()) else {
        return Cow::Borrowed(value);
    };
    let (plain, rest) = value.split_at(first);
    let mut text = String::with_capacity(value.len());
    text.push_str(plain);
    let mut letters = rest.chars();
    while let Some(letter) = letters.next() {
        if letter != '\\' {
            text.push(letter);
            continue;
        }
        match letters.next() {
            Some('n' | 'N') => text.push('\n'),
            Some(escaped @ ('\\' | ',' | ';' | ':')) => text.push(escaped),
            // An escape that no version knows is kept as it is written.
            Some(other) => {
                text.push('\\');
                text.push(other);
            }
            None => text.push('\\'),
        }
    }
    Cow::Owned(text)
}

/// The parts of a value between semicolons that are not escaped.
pub(super) fn components(value: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(value);
    std::iter::from_fn(move || {
        let text = rest?;
        let end = end_of_component(text);
        rest = end.and_then(|end| text.get(end + 1..));
        Some(text.get(..end.unwrap_or(text.len())).unwrap_or_default())
    })
}

fn end_of_component(text: &str) -> Option<usize> {
    let mut is_escaped = false;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = true,
            b';' => return Some(at),
            _ => {}
        }
    }
    None
}

/// A value in quoted-printable, whose bytes are in the named character set or, without a name, in
/// UTF-8; bytes that are not become Windows-1252.
pub(super) fn quoted_printable(value: &str, charset: Option<&str>) -> String {
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.as_bytes();
    while let Some((&byte, behind)) = rest.split_first() {
        rest = behind;
        match (byte, hex_pair(behind)) {
            (b'=', Some(decoded)) => {
                bytes.push(decoded);
                rest = behind.get(2..).unwrap_or_default();
            }
            // What is no pair of digits was never encoded.
            _ => bytes.push(byte),
        }
    }
    let named = charset.and_then(|name| Encoding::for_label_no_replacement(name.as_bytes()));
    let encoding = named.unwrap_or(UTF_8);
    match encoding.decode_without_bom_handling_and_without_replacement(&bytes) {
        Some(text) => text.into_owned(),
        None => WINDOWS_1252
            .decode_without_bom_handling(&bytes)
            .0
            .into_owned(),
    }
}

fn hex_pair(bytes: &[u8]) -> Option<u8> {
    let digit = |at: usize| {
        let digit = char::from(*bytes.get(at)?).to_digit(16)?;
        u8::try_from(digit).ok()
    };
    Some(digit(0)? << 4 | digit(1)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_undone_and_unknown_ones_kept() {
        let check = |value: &str, expected: &str| assert_eq!(unescaped(value), expected);
        check("plain", "plain");
        check("Example\\, Ltd\\; a\\\\b", "Example, Ltd; a\\b");
        check("two\\nlines\\Nthree", "two\nlines\nthree");
        check("C:\\temp\\", "C:\\temp\\");
    }

    #[test]
    fn components_end_at_semicolons_that_are_not_escaped() {
        let check = |value: &str, expected: &[&str]| {
            assert_eq!(components(value).collect::<Vec<_>>(), expected);
        };
        check("Lovelace;Ada;;;", &["Lovelace", "Ada", "", "", ""]);
        check("a\\;b;c\\\\;d", &["a\\;b", "c\\\\", "d"]);
        check("", &[""]);
    }

    #[test]
    fn quoted_printable_is_read_in_its_character_set() {
        let check = |value: &str, charset: Option<&str>, expected: &str| {
            assert_eq!(quoted_printable(value, charset), expected);
        };
        check("J=C3=BCrgen", Some("UTF-8"), "Jürgen");
        check("J=fcrgen", Some("ISO-8859-1"), "Jürgen");
        check("J=FCrgen", None, "Jürgen");
        check("=D0=90=D0=B4=D0=B0", Some("utf-8"), "Ада");
        check("50=ab=", Some("no such"), "50«=");
        check("a = b", None, "a = b");
        check("line=0D=0Anext", None, "line\r\nnext");
    }
}
