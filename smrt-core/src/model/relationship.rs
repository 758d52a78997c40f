//! How a human is tied to a phone number.

use std::borrow::Cow;
use std::fmt;

/// The relationship of a human to a phone number: `mobile`, `work`, `home`, `fax`, …
///
/// An open vocabulary: lower-case letters, digits and `_`, at most 32 bytes.
/// [`RelationshipType::KNOWN`] lists the terms smrt itself writes.
///
/// ```
/// use smrt_core::model::RelationshipType;
///
/// let fax = RelationshipType::parse("work_fax")?;
/// assert_eq!((fax.as_str(), fax.is_voice()), ("work_fax", false));
/// // A term smrt does not know counts as speech.
/// assert!(RelationshipType::parse("summer_house")?.is_voice());
/// assert!(RelationshipType::parse("Summer house").is_err());
/// # Ok::<(), smrt_core::model::RelationshipTypeError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct RelationshipType(
    // INVARIANT: 1 to 32 bytes of `[a-z0-9_]`.
    Cow<'static, str>,
);

/// The text is not a relationship type.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a relationship type is 1 to 32 lower-case letters, digits or `_`, such as `mobile`")]
pub struct RelationshipTypeError;

const RELATIONSHIP_BYTES_MAX: usize = 32;

/// Lines on which one does not simply call a person and talk.
const NOT_VOICE: [&str; 10] = [
    "fax",
    "work_fax",
    "home_fax",
    "pager",
    "telex",
    "assistant",
    "tty",
    "isdn",
    "callback",
    "radio",
];

impl RelationshipType {
    /// The terms smrt writes itself.
    pub const KNOWN: [&'static str; 16] = [
        "mobile",
        "work",
        "home",
        "main",
        "fax",
        "work_fax",
        "home_fax",
        "pager",
        "car",
        "assistant",
        "callback",
        "radio",
        "telex",
        "tty",
        "isdn",
        "other",
    ];

    /// The relationship of a number of which nothing is said.
    pub const OTHER: Self = Self(Cow::Borrowed("other"));

    /// Checks a term.
    ///
    /// # Errors
    ///
    /// [`RelationshipTypeError`] when it is empty, too long or holds another character.
    pub fn parse(text: &str) -> Result<Self, RelationshipTypeError> {
        if let Some(known) = Self::KNOWN.iter().find(|known| **known == text) {
            return Ok(Self(Cow::Borrowed(known)));
        }
        let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
        if text.is_empty() || text.len() > RELATIONSHIP_BYTES_MAX || !text.bytes().all(allowed) {
            return Err(RelationshipTypeError);
        }
        Ok(Self(Cow::Owned(text.to_owned())))
    }

    /// Whether the person is likely to answer in speech: neither a machine line such as `fax`
    /// nor someone else's, such as `assistant`. A term smrt does not know counts as speech.
    #[must_use]
    pub fn is_voice(&self) -> bool {
        !NOT_VOICE.contains(&self.as_str())
    }

    /// The term.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RelationshipType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_terms_parse_and_others_are_checked() {
        for term in RelationshipType::KNOWN {
            assert_eq!(RelationshipType::parse(term).unwrap().as_str(), term);
        }
        assert!(RelationshipType::parse("summer_house").is_ok());
        assert!(RelationshipType::parse(&"a".repeat(32)).is_ok());
        for wrong in ["", "Work", "work phone", "büro", &"a".repeat(33)] {
            assert_eq!(RelationshipType::parse(wrong), Err(RelationshipTypeError));
        }
    }

    #[test]
    fn a_person_is_called_on_voice_lines_known_or_not() {
        let voice = |term: &&str| RelationshipType::parse(term).unwrap().is_voice();
        let known: Vec<&str> = RelationshipType::KNOWN.into_iter().filter(voice).collect();
        assert_eq!(known, ["mobile", "work", "home", "main", "car", "other"]);
        assert!(voice(&"summer_house"));
        assert!(
            NOT_VOICE
                .iter()
                .all(|term| RelationshipType::KNOWN.contains(term))
        );
    }
}
