//! Contacts as vCards, 4.0 (RFC 6350) or 3.0 (RFC 2426).
//!
//! A card has no place for `metadata`, for what else is known of a link, and for whether a number
//! was verified; what it does have is enough to find the same human when it comes back.

use std::fmt;
use std::fmt::Write as _;
use std::str::FromStr;

use smrt_core::model::Instant;
use smrt_core::smrt::{Human, Masked};

use super::contact::{Contact, ContactNumber};

/// Which vCards are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum VCardVersion {
    /// 3.0, RFC 2426.
    V3,
    /// 4.0, RFC 6350.
    #[default]
    V4,
}

/// The text names no version that can be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected 3.0 or 4.0")]
pub struct ParseVCardVersionError;

/// Octets of a line without its end.
const LINE_OCTETS_MAX: usize = 75;

impl VCardVersion {
    /// The version as a card states it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::V3 => "3.0",
            Self::V4 => "4.0",
        }
    }
}

impl FromStr for VCardVersion {
    type Err = ParseVCardVersionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "3.0" | "3" => Ok(Self::V3),
            "4.0" | "4" => Ok(Self::V4),
            _ => Err(ParseVCardVersionError),
        }
    }
}

impl fmt::Display for VCardVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Appends the card of a contact.
pub(super) fn push_card(contact: &Contact, version: VCardVersion, text: &mut String) {
    let human = &contact.human;
    let mut card = Card {
        text,
        line: String::new(),
    };
    card.raw("BEGIN", "VCARD");
    card.raw("VERSION", version.as_str());
    card.raw("UID", &format!("urn:uuid:{}", human.id));
    card.value("FN", &formatted_name(contact));
    card.values(
        "N",
        &[
            shown(&human.last_name),
            shown(&human.first_name),
            "",
            "",
            "",
        ],
    );
    card.optional("ORG", &human.company_name);
    card.optional("TITLE", &human.job_title);
    card.optional("EMAIL", &human.email);
    for number in &contact.numbers {
        card.number(number, version);
    }
    if let Masked::Value(updated_at) = human.updated_at {
        card.raw("REV", &basic(updated_at));
    }
    card.value("X-SMRT-OWNER", &contact.owner);
    card.optional("X-SMRT-EMPLOYEE-ID", &human.employee_id);
    card.optional("X-SMRT-CONTRACTOR-ID", &human.contractor_id);
    card.raw("END", "VCARD");
}

/// What a card must have: the name, or else what comes nearest to one.
fn formatted_name(contact: &Contact) -> String {
    let Human {
        first_name,
        last_name,
        company_name,
        email,
        id,
        ..
    } = &contact.human;
    let names: Vec<&str> = [first_name, last_name]
        .into_iter()
        .filter_map(|name| name.value().map(String::as_str))
        .collect();
    if !names.is_empty() {
        return names.join(" ");
    }
    let number = contact.numbers.first().map(|number| &number.phone_number);
    let instead = [company_name.value(), email.value(), number];
    let instead = instead.into_iter().flatten().next();
    instead.map_or_else(|| id.to_string(), Clone::clone)
}

fn shown(value: &Masked<String>) -> &str {
    value.value().map_or("", String::as_str)
}

/// A card under construction.
struct Card<'t> {
    text: &'t mut String,
    line: String,
}

impl Card<'_> {
    /// A property whose value needs no escaping.
    fn raw(&mut self, name: &str, value: &str) {
        let _ = write!(self.line, "{name}:{value}");
        self.end_line();
    }

    fn value(&mut self, name: &str, value: &str) {
        self.values(name, &[value]);
    }

    fn values(&mut self, name: &str, values: &[&str]) {
        self.line.push_str(name);
        for (position, value) in values.iter().enumerate() {
            self.line.push(if position == 0 { ':' } else { ';' });
            push_escaped(value, &mut self.line);
        }
        self.end_line();
    }

    fn optional(&mut self, name: &str, value: &Masked<String>) {
        if let Some(value) = value.value() {
            self.value(name, value);
        }
    }

    fn number(&mut self, number: &ContactNumber, version: VCardVersion) {
        self.line.push_str("TEL");
        let relationship = number.relationship.as_deref().unwrap_or("other");
        match types(relationship) {
            Some(types) => {
                for word in types {
                    let _ = write!(self.line, ";TYPE={word}");
                }
            }
            // A term is made of letters, digits and `_`.
            None => {
                let _ = write!(self.line, ";TYPE=voice;X-SMRT-RELATIONSHIP={relationship}");
            }
        }
        if number.is_primary() {
            self.line.push_str(match version {
                VCardVersion::V3 => ";TYPE=pref",
                VCardVersion::V4 => ";PREF=1",
            });
        }
        let phone_number = &number.phone_number;
        let _ = match (number.extension(), version) {
            (None, _) => write!(self.line, ":{phone_number}"),
            (Some(extension), VCardVersion::V3) => {
                write!(self.line, ":{phone_number} ext. {extension}")
            }
            (Some(extension), VCardVersion::V4) => {
                write!(self.line, ";VALUE=uri:tel:{phone_number};ext={extension}")
            }
        };
        self.end_line();
    }

    /// Ends the line, folded where it is too long.
    fn end_line(&mut self) {
        let mut rest = self.line.as_str();
        let mut room = LINE_OCTETS_MAX;
        while rest.len() > room {
            let (head, tail) = rest.split_at(floor(rest, room));
            self.text.push_str(head);
            self.text.push_str("\r\n ");
            rest = tail;
            // The space that begins a continued line counts.
            room = LINE_OCTETS_MAX - 1;
        }
        self.text.push_str(rest);
        self.text.push_str("\r\n");
        self.line.clear();
    }
}

/// The words of `TYPE` that say the relationship, where there are such words.
fn types(relationship: &str) -> Option<&'static [&'static str]> {
    Some(match relationship {
        "mobile" => &["cell"],
        "work" => &["work", "voice"],
        "home" => &["home", "voice"],
        "fax" => &["fax"],
        "work_fax" => &["work", "fax"],
        "home_fax" => &["home", "fax"],
        "pager" => &["pager"],
        "other" => &["voice"],
        _ => return None,
    })
}

fn push_escaped(value: &str, line: &mut String) {
    let mut letters = value.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => line.push_str("\\\\"),
            ',' => line.push_str("\\,"),
            ';' => line.push_str("\\;"),
            '\r' if letters.peek() == Some(&'\n') => {}
            '\n' | '\r' => line.push_str("\\n"),
            other => line.push(other),
        }
    }
}

/// An instant in the basic form of ISO 8601, to the second.
fn basic(instant: Instant) -> String {
    let text = instant.to_string();
    let seconds = text.split(['.', 'Z']).next().unwrap_or_default();
    let mut basic: String = seconds
        .chars()
        .filter(|c| !matches!(c, '-' | ':'))
        .collect();
    basic.push('Z');
    basic
}

/// The last place at or before `at` where a character begins.
fn floor(text: &str, at: usize) -> usize {
    (0..=at)
        .rev()
        .find(|place| text.is_char_boundary(*place))
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use smrt_core::model::Id;
    use smrt_core::smrt::{Link, LinkedNumber};

    use super::*;

    #[test]
    fn lines_are_folded_at_75_octets_and_no_character_is_split() {
        let mut text = String::new();
        let mut card = Card {
            text: &mut text,
            line: String::new(),
        };
        let value = "ü🙂".repeat(60);
        card.value("NOTE", &value);
        assert!(text.lines().count() > 4);
        assert!(text.lines().all(|line| line.len() <= LINE_OCTETS_MAX));
        let unfolded = text.replace("\r\n ", "");
        assert_eq!(unfolded, format!("NOTE:{value}\r\n"));
    }

    /// Values that need escapes and folds, and a number of each kind.
    fn contact() -> Contact {
        let text = |text: &str| Masked::Value(text.to_owned());
        let number = |phone_number: &str, relationship: &str, metadata: &str| {
            let link = Link {
                id: Id::of_tenant("link"),
                owner: Id::of_tenant("acme"),
                human_id: Id::of_tenant("ada"),
                phone_number_id: Id::of_tenant("number"),
                relationship_type: text(relationship),
                is_primary: Masked::Value(relationship == "mobile"),
                verified: Masked::Value(false),
                metadata: text(metadata),
            };
            ContactNumber::from(LinkedNumber {
                link,
                phone_number: phone_number.to_owned(),
            })
        };
        Contact {
            human: Human {
                id: Id::of_tenant("ada"),
                owner: Id::of_tenant("acme"),
                first_name: text("Zoë 🙂"),
                last_name: text("Back\\slash, and; more"),
                email: text("a@example.com"),
                company_name: text(&format!("two\nlines of {}", "ü🙂".repeat(40))),
                job_title: Masked::Hidden,
                employee_id: text("007"),
                contractor_id: Masked::Empty,
                metadata: text("{}"),
                created_at: Masked::Empty,
                updated_at: Masked::Value(Instant::from_micros(0)),
            },
            owner: "acme".to_owned(),
            numbers: vec![
                number("+12025550101", "mobile", "{}"),
                number("+12025550102", "work", r#"{"extension":"7"}"#),
                number("+12025550103", "summer_house", "{}"),
            ],
        }
    }

    #[test]
    fn another_program_reads_the_same_from_a_card() {
        for version in [VCardVersion::V3, VCardVersion::V4] {
            let mut text = String::new();
            push_card(&contact(), version, &mut text);
            let card = calcard::vcard::VCard::parse(&text).unwrap();
            let values = |name: &str| -> Vec<String> {
                let entries = card.entries.iter();
                let entries = entries.filter(|entry| entry.name.as_str() == name);
                let values = entries.flat_map(|entry| entry.values.iter());
                let texts = values.flat_map(|value| match value {
                    calcard::vcard::VCardValue::Text(text) => vec![text.clone()],
                    calcard::vcard::VCardValue::Component(parts) => parts.clone(),
                    other => vec![format!("{other:?}")],
                });
                texts.collect()
            };
            assert_eq!(values("FN"), ["Zoë 🙂 Back\\slash, and; more"]);
            assert_eq!(values("N")[..2], ["Back\\slash, and; more", "Zoë 🙂"]);
            assert_eq!(
                values("ORG"),
                [format!("two\nlines of {}", "ü🙂".repeat(40))]
            );
            assert_eq!(values("EMAIL"), ["a@example.com"]);
            let numbers = values("TEL");
            assert_eq!(numbers.len(), 3);
            assert!(numbers[1].contains("+12025550102"));
            assert!(values("TITLE").is_empty(), "what is hidden is left out");
        }
    }

    #[test]
    fn what_has_a_meaning_in_a_card_is_escaped() {
        let check = |value: &str, expected: &str| {
            let mut line = String::new();
            push_escaped(value, &mut line);
            assert_eq!(line, expected);
        };
        check("Example, Ltd; a\\b", "Example\\, Ltd\\; a\\\\b");
        check("two\r\nlines\nor three", "two\\nlines\\nor three");
    }

    #[test]
    fn a_revision_is_told_to_the_second() {
        let check = |instant: &str, expected: &str| {
            assert_eq!(basic(instant.parse().unwrap()), expected);
        };
        check("2026-11-21T08:30:00Z", "20261121T083000Z");
        check("2026-11-21T08:30:00.250Z", "20261121T083000Z");
    }
}
