//! Lists in XML: `<list><ac val="303"><ph val="5550143"/></ac></list>`, as the FTC writes them.
//!
//! It reads tags one by one and knows `list`, `ac` and `ph`; others are passed over.

use super::error::FaultKind;
use super::row::{Action, Home};
use smrt_core::phone::E164;

/// What a tag says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tag {
    /// Nothing of interest.
    Other,
    /// A list of changes begins.
    ChangeList,
    /// The list ends.
    EndOfList,
    /// A number, and what becomes of it.
    Number(E164, Option<Action>),
    /// Something that should be a number.
    Fault(FaultKind),
}

/// Reads tags in order.
#[derive(Debug, Default)]
pub(super) struct TagReader {
    area: Vec<u8>,
}

impl TagReader {
    /// Reads what ends with `>`, any text before the tag included.
    pub(super) fn read(&mut self, piece: &[u8], home: &Home) -> Tag {
        let Some(start) = memchr::memrchr(b'<', piece) else {
            return Tag::Other;
        };
        let tag = piece.get(start + 1..).unwrap_or_default();
        let tag = tag.strip_suffix(b">").unwrap_or(tag);
        let tag = tag.strip_suffix(b"/").unwrap_or(tag).trim_ascii();
        let name_end = tag
            .iter()
            .position(u8::is_ascii_whitespace)
            .unwrap_or(tag.len());
        let (name, attributes) = tag.split_at_checked(name_end).unwrap_or((tag, b""));
        match name {
            b"list" => match attribute(attributes, |name, _| name == b"type") {
                Some(kind) if kind.eq_ignore_ascii_case(b"change") => Tag::ChangeList,
                Some(_) | None => Tag::Other,
            },
            b"/list" => Tag::EndOfList,
            b"ac" => {
                let area = attribute(attributes, |name, _| name == b"val");
                self.area = area.unwrap_or_default().to_vec();
                Tag::Other
            }
            b"/ac" => {
                self.area.clear();
                Tag::Other
            }
            b"ph" => self.number(attributes, home),
            _ => Tag::Other,
        }
    }

    fn number(&self, attributes: &[u8], home: &Home) -> Tag {
        let value = attribute(attributes, |name, _| name == b"val").unwrap_or_default();
        let number = match value.len() {
            7 => home.number_of_two(&self.area, value),
            _ => home.number(value),
        };
        let action = attribute(attributes, |_, value| Action::parse(value).is_some());
        match number {
            Ok(number) => Tag::Number(number, action.and_then(Action::parse)),
            Err(fault) => Tag::Fault(fault),
        }
    }
}

/// The value of the first attribute that is meant.
fn attribute(attributes: &[u8], is_meant: impl Fn(&[u8], &[u8]) -> bool) -> Option<&[u8]> {
    let mut rest = attributes;
    loop {
        let equals = memchr::memchr(b'=', rest)?;
        let name = rest.get(..equals)?.trim_ascii();
        let after = rest.get(equals + 1..)?.trim_ascii_start();
        let (quote, after) = after.split_first()?;
        let end = memchr::memchr(*quote, after)?;
        let value = after.get(..end)?;
        if is_meant(name, value) {
            return Some(value.trim_ascii());
        }
        rest = after.get(end + 1..)?;
    }
}

#[cfg(test)]
mod tests {
    use smrt_core::model::Territory;

    use super::*;

    fn read(text: &str) -> Vec<Tag> {
        let region = "US".parse().unwrap();
        let home = Home {
            territory: Some(Territory::of(region)),
            region: Some(region),
        };
        let mut reader = TagReader::default();
        text.split_inclusive('>')
            .map(|piece| reader.read(piece.as_bytes(), &home))
            .collect()
    }

    #[test]
    fn numbers_are_read_with_their_area_code() {
        let number = "+13035550143".parse().unwrap();
        let tags = read(
            "<?xml version=\"1.0\"?>\n<list type=\"full\">\n<ac val=\"303\"> <ph val=\"5550143\"/></ac></list>",
        );
        assert_eq!(tags[3], Tag::Number(number, None));
        assert_eq!(tags.last(), Some(&Tag::EndOfList));
        let tags = read(
            "<list type='change'><ac val='303'><ph val = '5550143' date='2026-11-01' action='D' /><ph val='3035550143' a='A'>",
        );
        assert_eq!(tags[0], Tag::ChangeList);
        assert_eq!(tags[2], Tag::Number(number, Some(Action::Delete)));
        assert_eq!(tags[3], Tag::Number(number, Some(Action::Add)));
    }

    #[test]
    fn what_is_no_number_is_a_fault() {
        let fault = Tag::Fault(FaultKind::NotANumber);
        assert_eq!(read("<ph val=\"5550143\"/>"), [fault]);
        assert_eq!(read("<ac val=\"303\"><ph val=\"555014\"/>")[1], fault);
        assert_eq!(read("<ac val=\"303\"><ph/>")[1], fault);
        assert_eq!(read("<ac val=\"303\"><ph val=\"5550143/>")[1], fault);
        assert_eq!(
            read("<ac val=\"416\"><ph val=\"5550143\"/>")[1],
            Tag::Fault(FaultKind::AnotherCountry)
        );
    }
}
