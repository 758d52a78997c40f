//! Consent: what was agreed to or withdrawn.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

/// What consent is given for: `marketing_email`, `marketing_call`, `data_sharing`, …
///
/// An open vocabulary: lower-case letters, digits and `_`, at most 48 bytes.
///
/// ```
/// use smrt_core::model::ConsentType;
///
/// assert_eq!(ConsentType::parse("marketing_email")?.as_str(), "marketing_email");
/// // The vocabulary is open, its form is not.
/// assert!(ConsentType::parse("newsletter_2026").is_ok());
/// assert!(ConsentType::parse("Newsletter 2026").is_err());
/// # Ok::<(), smrt_core::model::ConsentTypeError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct ConsentType(
    // INVARIANT: 1 to 48 bytes of `[a-z0-9_]`.
    Cow<'static, str>,
);

/// The text is not a consent type.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a consent type is 1 to 48 lower-case letters, digits or `_`, such as `marketing_email`")]
pub struct ConsentTypeError;

const CONSENT_TYPE_BYTES_MAX: usize = 48;

impl ConsentType {
    /// The terms smrt writes itself.
    pub const KNOWN: [&'static str; 6] = [
        "marketing_email",
        "marketing_call",
        "marketing_sms",
        "marketing_fax",
        "data_sharing",
        "data_processing",
    ];

    /// Checks a term.
    ///
    /// # Errors
    ///
    /// [`ConsentTypeError`] when it is empty, too long or holds another character.
    pub fn parse(text: &str) -> Result<Self, ConsentTypeError> {
        if let Some(known) = Self::KNOWN.iter().find(|known| **known == text) {
            return Ok(Self(Cow::Borrowed(known)));
        }
        let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
        if text.is_empty() || text.len() > CONSENT_TYPE_BYTES_MAX || !text.bytes().all(allowed) {
            return Err(ConsentTypeError);
        }
        Ok(Self(Cow::Owned(text.to_owned())))
    }

    /// The term.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ConsentType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The state a consent event brings about.
///
/// ```
/// use smrt_core::model::ConsentStatus;
///
/// assert_eq!("revoked".parse(), Ok(ConsentStatus::Revoked));
/// assert_eq!(ConsentStatus::Granted.as_str(), "granted");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ConsentStatus {
    /// The subject agreed.
    Granted,
    /// The subject took an earlier agreement back, or objected.
    Revoked,
}

/// The text is not a consent status.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a consent status is `granted` or `revoked`")]
pub struct ParseConsentStatusError;

impl ConsentStatus {
    /// The term in the store and in every format.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Granted => "granted",
            Self::Revoked => "revoked",
        }
    }
}

impl FromStr for ConsentStatus {
    type Err = ParseConsentStatusError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "granted" => Ok(Self::Granted),
            "revoked" => Ok(Self::Revoked),
            _ => Err(ParseConsentStatusError),
        }
    }
}
