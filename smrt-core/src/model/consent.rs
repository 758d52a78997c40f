//! Consent: what was agreed to or withdrawn.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use super::contact::{Channel, Purpose, Voice};
use super::term::terms;

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
    pub const KNOWN: [&'static str; 9] = [
        "contact",
        "marketing",
        "marketing_auto_call",
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

terms! {
    /// What happened in the consent ledger. The status follows from it.
    ///
    /// ```
    /// use smrt_core::model::{ConsentEvent, ConsentStatus};
    ///
    /// assert_eq!(ConsentEvent::Withdrawn.status(), ConsentStatus::Revoked);
    /// assert_eq!("renewed".parse::<ConsentEvent>()?.status(), ConsentStatus::Granted);
    /// # Ok::<(), smrt_core::model::ParseTermError<ConsentEvent>>(())
    /// ```
    pub enum ConsentEvent is "an event of the consent ledger" {
        /// The subject agreed.
        Granted = "granted",
        /// The subject agreed again.
        Renewed = "renewed",
        /// The subject was asked and did not agree.
        Refused = "refused",
        /// The subject took an agreement back.
        Withdrawn = "withdrawn",
        /// The subject objected (GDPR Art. 21): outranks every older consent.
        Objected = "objected",
        /// Somebody else found an agreement void.
        Invalidated = "invalidated",
        /// An agreement came to its end before its date.
        Expired = "expired",
        /// The number went to somebody else: every agreement bound to it has ended.
        Reassigned = "reassigned",
    }
}

impl ConsentEvent {
    /// The status the event brings about.
    #[must_use]
    pub const fn status(self) -> ConsentStatus {
        match self {
            Self::Granted | Self::Renewed => ConsentStatus::Granted,
            Self::Refused
            | Self::Withdrawn
            | Self::Objected
            | Self::Invalidated
            | Self::Expired
            | Self::Reassigned => ConsentStatus::Revoked,
        }
    }

    /// The event of a record that gives its status alone.
    #[must_use]
    pub const fn of_status(status: ConsentStatus) -> Self {
        match status {
            ConsentStatus::Granted => Self::Granted,
            ConsentStatus::Revoked => Self::Withdrawn,
        }
    }
}

terms! {
    /// How strong an agreement is, by how it was given.
    ///
    /// ```
    /// use smrt_core::model::ConsentTier;
    ///
    /// assert!(ConsentTier::Pewc.satisfies(ConsentTier::Pec));
    /// assert!(!ConsentTier::Pec.satisfies(ConsentTier::Pewc));
    /// ```
    pub enum ConsentTier is "a tier of consent" {
        /// Follows from a relationship; nobody said anything.
        Implied = "implied",
        /// A freely given, specific opt-in (GDPR, ePrivacy).
        OptIn = "opt_in",
        /// Prior express consent, spoken or written.
        Pec = "pec",
        /// Prior express written consent, 47 CFR 64.1200(f)(9).
        Pewc = "pewc",
    }
}

impl ConsentTier {
    /// Whether an agreement of this tier is enough where another is asked for.
    #[must_use]
    pub const fn satisfies(self, needed: Self) -> bool {
        self.strength() >= needed.strength()
    }

    const fn strength(self) -> u8 {
        match self {
            Self::Implied => 0,
            Self::OptIn | Self::Pec => 1,
            Self::Pewc => 2,
        }
    }
}

terms! {
    /// How exactly it is known when the subject acted.
    ///
    /// ```
    /// use smrt_core::model::DatePrecision;
    ///
    /// assert_eq!("day".parse(), Ok(DatePrecision::Day));
    /// ```
    pub enum DatePrecision is "a precision" {
        /// To the microsecond that is written.
        Exact = "exact",
        /// To the day, in UTC.
        Day = "day",
    }
}

terms! {
    /// A channel as consent speaks of it: a call in which no person speaks is one of its own.
    ///
    /// ```
    /// use smrt_core::model::{Channel, ConsentChannel, Voice};
    ///
    /// let channel = ConsentChannel::of(Channel::Call, Voice::Prerecorded);
    /// assert_eq!(channel.as_str(), "auto_call");
    /// ```
    pub enum ConsentChannel is "a channel of consent" {
        /// A call in which a person speaks.
        Call = "call",
        /// A call with a recorded or artificial voice.
        AutoCall = "auto_call",
        /// A text message.
        Sms = "sms",
        /// An e-mail.
        Email = "email",
        /// A fax.
        Fax = "fax",
        /// A letter.
        Post = "post",
    }
}

impl ConsentChannel {
    /// The channel whose consent a contact needs.
    #[must_use]
    pub const fn of(channel: Channel, voice: Voice) -> Self {
        match (channel, voice) {
            (Channel::Call, Voice::Live) => Self::Call,
            (Channel::Call, Voice::Prerecorded | Voice::Artificial) => Self::AutoCall,
            (Channel::Sms, _) => Self::Sms,
            (Channel::Email, _) => Self::Email,
            (Channel::Fax, _) => Self::Fax,
            (Channel::Post, _) => Self::Post,
        }
    }
}

/// What contacts a consent type speaks of: `contact` of all, `contact_sms` of every text message,
/// `marketing` of marketing by every channel, `marketing_sms` of both.
///
/// ```
/// use smrt_core::model::{ConsentChannel, ConsentScope, ConsentType, Purpose};
///
/// let scope = ConsentScope::of(&ConsentType::parse("marketing_auto_call")?).unwrap();
/// assert_eq!((scope.purpose, scope.channel), (Some(Purpose::Marketing), Some(ConsentChannel::AutoCall)));
/// assert_eq!(ConsentScope::of(&ConsentType::parse("contact")?), Some(ConsentScope::ALL));
/// // Nothing to do with contacts:
/// assert_eq!(ConsentScope::of(&ConsentType::parse("data_sharing")?), None);
/// # Ok::<(), smrt_core::model::ConsentTypeError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct ConsentScope {
    /// The one purpose it speaks of, or all.
    pub purpose: Option<Purpose>,
    /// The one channel it speaks of, or all.
    pub channel: Option<ConsentChannel>,
}

impl ConsentScope {
    /// Every contact.
    pub const ALL: Self = Self {
        purpose: None,
        channel: None,
    };

    /// The scope of a consent type, if it speaks of contacts.
    #[must_use]
    pub fn of(consent_type: &ConsentType) -> Option<Self> {
        let text = consent_type.as_str();
        let rest_after = |word: &str| match text.strip_prefix(word)? {
            "" => Some(None),
            rest => rest.strip_prefix('_')?.parse().ok().map(Some),
        };
        if let Some(channel) = rest_after("contact") {
            return Some(Self {
                purpose: None,
                channel,
            });
        }
        Purpose::ALL.into_iter().find_map(|purpose| {
            rest_after(purpose.as_str()).map(|channel| Self {
                purpose: Some(purpose),
                channel,
            })
        })
    }
}

impl fmt::Display for ConsentScope {
    /// Writes the consent type of the scope: `marketing_sms`, `contact`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.purpose.map_or("contact", Purpose::as_str))?;
        match self.channel {
            Some(channel) => write!(f, "_{channel}"),
            None => Ok(()),
        }
    }
}
