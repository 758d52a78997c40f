//! Text as the server can keep it, which takes every character but NUL.
//!
//! A NUL is kept as two characters, of which the first is one that Unicode keeps out of all text that
//! is exchanged. What comes back is what was given.

use std::borrow::Cow;

/// A noncharacter: by itself doubled, before `0` in place of a NUL.
const MARK: char = '\u{FDD0}';

/// A text as the server keeps it.
pub(super) fn to_server(text: &str) -> Cow<'_, str> {
    if !text.contains('\0') && !text.contains(MARK) {
        return Cow::Borrowed(text);
    }
    let mut kept = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        match character {
            '\0' => kept.extend([MARK, '0']),
            MARK => kept.extend([MARK, MARK]),
            other => kept.push(other),
        }
    }
    Cow::Owned(kept)
}

/// The text that the server keeps so, where it is another one.
pub(super) fn from_server(kept: &str) -> Option<String> {
    if !kept.contains(MARK) {
        return None;
    }
    let mut text = String::with_capacity(kept.len());
    let mut characters = kept.chars();
    while let Some(character) = characters.next() {
        match (character, character == MARK) {
            (_, true) => match characters.next() {
                Some('0') => text.push('\0'),
                Some(other) => text.push(other),
                None => text.push(MARK),
            },
            (other, false) => text.push(other),
        }
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nul_and_the_mark_itself_come_back_as_they_were() {
        for text in [
            "",
            "plain",
            "be\0fore",
            "\0",
            "\u{FDD0}",
            "\u{FDD0}0\0\u{FDD0}",
        ] {
            let kept = to_server(text);
            assert!(!kept.contains('\0'));
            let back = from_server(&kept).unwrap_or_else(|| kept.clone().into_owned());
            assert_eq!(back, text);
        }
        assert!(matches!(to_server("plain"), Cow::Borrowed(_)));
    }
}
