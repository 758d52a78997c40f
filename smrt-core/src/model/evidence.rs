//! The evidence of a consent event: how it was given, in what words, and what proves it.
//!
//! What this module does not do: it keeps no documents; it says where they are and what digest
//! they have.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::consent::ConsentTier;
use super::ledger::{ConsentOrigin, EvidenceFault};
use super::term::terms;

terms! {
    /// How an event of the consent ledger came about.
    ///
    /// ```
    /// use smrt_core::model::ConsentMethod;
    ///
    /// assert_eq!("web_form".parse(), Ok(ConsentMethod::WebForm));
    /// ```
    pub enum ConsentMethod is "a method" {
        /// The subject filled in a form.
        WebForm = "web_form",
        /// The subject sent a text message.
        Sms = "sms",
        /// The subject wrote an e-mail.
        Email = "email",
        /// The subject signed paper.
        Paper = "paper",
        /// The subject pressed a key in a call.
        KeyPress = "key_press",
        /// An agent wrote down what the subject said.
        Agent = "agent",
        /// A program reported it.
        Api = "api",
        /// A file reported it.
        Import = "import",
    }
}

terms! {
    /// How an agreement was signed.
    ///
    /// ```
    /// use smrt_core::model::SignatureKind;
    ///
    /// assert_eq!(SignatureKind::Checkbox.as_str(), "checkbox");
    /// ```
    pub enum SignatureKind is "a kind of signature" {
        /// By hand.
        Handwritten = "handwritten",
        /// A name typed in.
        Typed = "typed",
        /// A box ticked or a button pressed.
        Checkbox = "checkbox",
        /// A text message sent.
        Sms = "sms",
        /// A key pressed in a call.
        KeyPress = "key_press",
        /// A voice recorded.
        VoiceRecording = "voice_recording",
        /// A certificate.
        Digital = "digital",
    }
}

/// What proves an event of the consent ledger. What is not known is nothing.
///
/// ```
/// use smrt_core::model::{
///     ConsentEvidence, ConsentMethod, ConsentOrigin, ConsentTier, EvidenceFault, SignatureKind,
/// };
///
/// let form = ConsentEvidence {
///     method: Some(ConsentMethod::WebForm),
///     url: Some("https://example.com/offers".into()),
///     signature: Some(SignatureKind::Checkbox),
///     ..ConsentEvidence::default()
/// };
/// assert_eq!(form.origin(), ConsentOrigin::Subject);
/// // What the form said is missing, so a written agreement is not proven.
/// assert_eq!(form.fault(Some(ConsentTier::Pewc)), Some(EvidenceFault::WordingUnknown));
/// assert_eq!(form.fault(Some(ConsentTier::OptIn)), None);
/// ```
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ConsentEvidence {
    /// How it came about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<ConsentMethod>,
    /// Where: a form, a page, an address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The words that were shown or said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wording: Option<String>,
    /// The SHA-256 of the words, in hexadecimal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wording_digest: Option<String>,
    /// The version of the words, in the tenant's own terms.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wording_version: Option<String>,
    /// How it was signed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signature: Option<SignatureKind>,
    /// From which Internet address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ip: Option<String>,
    /// With what program.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<String>,
    /// Where a recording is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recording: Option<String>,
    /// Whether it was a condition of a purchase.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conditioned: Option<bool>,
    /// Whether the box was ticked already.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pre_ticked: Option<bool>,
    /// Whether somebody must look at it: it was not certain what the subject meant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub needs_review: Option<bool>,
    /// Whether a file told of it that nobody vouched for; then it is a report, whatever the method.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unverified: Option<bool>,
}

impl ConsentEvidence {
    /// Whether nothing is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The digest of a wording: the SHA-256 of the text without the white space around it, in
    /// hexadecimal.
    ///
    /// ```
    /// use smrt_core::model::ConsentEvidence;
    ///
    /// let digest = ConsentEvidence::digest_of("STOP");
    /// assert_eq!(digest, ConsentEvidence::digest_of(" STOP\n"));
    /// assert_eq!(digest.len(), 64);
    /// ```
    #[must_use]
    pub fn digest_of(wording: &str) -> String {
        let digest = Sha256::digest(wording.trim().as_bytes());
        digest.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Whether the subject itself provably said so: what an agent wrote down needs a recording, and
    /// what a program or a file reports is a report.
    #[must_use]
    pub fn origin(&self) -> ConsentOrigin {
        let is_proven = match self.method {
            Some(
                ConsentMethod::WebForm
                | ConsentMethod::Sms
                | ConsentMethod::Email
                | ConsentMethod::Paper
                | ConsentMethod::KeyPress,
            ) => true,
            Some(ConsentMethod::Agent) => self.recording.is_some(),
            Some(ConsentMethod::Api | ConsentMethod::Import) | None => false,
        };
        match is_proven && self.unverified != Some(true) {
            true => ConsentOrigin::Subject,
            false => ConsentOrigin::Reported,
        }
    }

    /// What makes an agreement of this tier void, if anything.
    #[must_use]
    pub fn fault(&self, tier: Option<ConsentTier>) -> Option<EvidenceFault> {
        let is_written = tier == Some(ConsentTier::Pewc);
        let has_wording = self.wording.is_some() || self.wording_digest.is_some();
        if self.conditioned == Some(true) {
            return Some(EvidenceFault::Conditioned);
        }
        if self.pre_ticked == Some(true) {
            return Some(EvidenceFault::PreTicked);
        }
        if is_written && self.signature.is_none() {
            return Some(EvidenceFault::Unsigned);
        }
        (is_written && !has_wording).then_some(EvidenceFault::WordingUnknown)
    }
}

impl std::fmt::Debug for ConsentEvidence {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ConsentEvidence").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_subject_provably_said_is_the_subjects() {
        let check = |method: Option<ConsentMethod>, recording: bool, expected: ConsentOrigin| {
            let evidence = ConsentEvidence {
                method,
                recording: recording.then(|| "call 17".to_owned()),
                ..ConsentEvidence::default()
            };
            assert_eq!(evidence.origin(), expected, "{method:?}");
            let unverified = ConsentEvidence {
                unverified: Some(true),
                ..evidence
            };
            assert_eq!(unverified.origin(), ConsentOrigin::Reported, "{method:?}");
        };
        for method in [
            ConsentMethod::WebForm,
            ConsentMethod::Sms,
            ConsentMethod::Email,
            ConsentMethod::Paper,
            ConsentMethod::KeyPress,
        ] {
            check(Some(method), false, ConsentOrigin::Subject);
        }
        check(Some(ConsentMethod::Agent), false, ConsentOrigin::Reported);
        check(Some(ConsentMethod::Agent), true, ConsentOrigin::Subject);
        check(Some(ConsentMethod::Api), true, ConsentOrigin::Reported);
        check(Some(ConsentMethod::Import), true, ConsentOrigin::Reported);
        check(None, true, ConsentOrigin::Reported);
    }

    #[test]
    fn evidence_is_read_back_and_keeps_to_itself_what_it_says() {
        let evidence = ConsentEvidence {
            method: Some(ConsentMethod::Agent),
            signature: Some(SignatureKind::VoiceRecording),
            ip: Some("192.0.2.7".into()),
            conditioned: Some(false),
            ..ConsentEvidence::default()
        };
        let text = serde_json::to_string(&evidence).unwrap();
        assert_eq!(
            text,
            r#"{"method":"agent","signature":"voice_recording","ip":"192.0.2.7","conditioned":false}"#
        );
        assert_eq!(
            serde_json::from_str::<ConsentEvidence>(&text).unwrap(),
            evidence
        );
        assert!(!format!("{evidence:?}").contains("192"));
        assert!(ConsentEvidence::default().is_empty() && !evidence.is_empty());
    }
}
