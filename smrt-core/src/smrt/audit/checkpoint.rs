//! What a trail was at one moment: C2SP's tlog checkpoints, in signed notes.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::signed_note::{self, NoteError, SigningKey, VerifierKey};
use crate::smrt::error::SmrtError;
use crate::store::AuditFault;

/// What a tenant's trail was at one moment: how many entries it had, and the root of the Merkle
/// tree over them.
///
/// `Display` and `FromStr` are the body of a checkpoint as C2SP's `tlog-checkpoint` defines it.
///
/// ```
/// # use smrt_core::smrt::doc::store;
/// use smrt_core::smrt::{Checkpoint, SigningKey};
///
/// # let mut smrt = store()?;
/// let mut session = smrt.tenant("acme")?.acting_as("auditor".parse()?);
/// let checkpoint = session.audit_checkpoint()?;
/// assert_eq!(checkpoint.origin, Checkpoint::origin_of("acme"));
/// assert_eq!(checkpoint.to_string().parse(), Ok(checkpoint.clone()));
///
/// // 32 random bytes, of a secret file.
/// let key = SigningKey::from_seed("example.com/audit", &[7; 32])?;
/// let note = checkpoint.sign(&key);
/// assert!(note.starts_with(&checkpoint.to_string()));
/// assert!(note.contains("\u{2014} example.com/audit "));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Whose trail it is: `smrt/<slug>`.
    pub origin: String,
    /// How many entries the trail had.
    pub entries: u64,
    /// The root of RFC 6962's Merkle tree over their leaf hashes.
    pub root_hash: [u8; 32],
}

/// The text is no checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "not a checkpoint: expected a line with the origin, one with a number of entries and one with a hash in base64"
)]
pub struct CheckpointError;

impl Checkpoint {
    /// The origin of the trail of the tenant with this slug.
    #[must_use]
    pub fn origin_of(slug: &str) -> String {
        format!("smrt/{slug}")
    }

    /// The checkpoint as a signed note.
    #[must_use]
    pub fn sign(&self, key: &SigningKey) -> String {
        signed_note::sign(&self.to_string(), key)
    }
}

impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let root = BASE64.encode(self.root_hash);
        write!(f, "{}\n{}\n{root}\n", self.origin, self.entries)
    }
}

impl FromStr for Checkpoint {
    type Err = CheckpointError;

    /// Reads the body of a checkpoint. Extension lines mean nothing to smrt and are ignored.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let body = text.strip_suffix('\n').ok_or(CheckpointError)?;
        let mut lines = body.split('\n');
        let mut line = || lines.next().filter(|line| !line.is_empty());
        let (origin, entries, root) = (line(), line(), line());
        let number = |text: &str| {
            let is_plain = text == "0" || !text.starts_with(['0', '+']);
            is_plain.then(|| text.parse().ok())?
        };
        if lines.any(str::is_empty) {
            return Err(CheckpointError);
        }
        Ok(Self {
            origin: origin.ok_or(CheckpointError)?.to_owned(),
            entries: entries.and_then(number).ok_or(CheckpointError)?,
            root_hash: root
                .and_then(|root| BASE64.decode(root).ok()?.try_into().ok())
                .ok_or(CheckpointError)?,
        })
    }
}

/// What came of holding a trail against a checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckpointVerification {
    /// The checkpoint, if its signature is the key's.
    pub checkpoint: Option<Checkpoint>,
    /// How many entries of the trail were found as they were appended; 0 if it was not looked at.
    pub entries: u64,
    /// What is wrong first; none when the trail was only appended to since.
    pub fault: Option<CheckpointFault>,
}

impl CheckpointVerification {
    pub(super) const fn without_trail(
        checkpoint: Option<Checkpoint>,
        fault: CheckpointFault,
    ) -> Self {
        Self {
            checkpoint,
            entries: 0,
            fault: Some(fault),
        }
    }
}

/// Why a checkpoint does not prove that a trail was only appended to.
///
/// ```
/// use smrt_core::smrt::CheckpointFault;
///
/// let fault = CheckpointFault::TrailShorter;
/// assert_eq!(fault.code(), "checkpoint_trail_shorter");
/// // The trail there is may be sound in itself: its end was cut off.
/// assert_eq!(fault.trail(), None);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CheckpointFault {
    /// The key did not sign it.
    #[error("the checkpoint is not signed by this key")]
    KeyUnknown,
    /// What says to be the key's signature is not.
    #[error("the checkpoint's signature is not one of its text by this key")]
    SignatureInvalid,
    /// It is a checkpoint of another trail.
    #[error("the checkpoint is one of another trail")]
    OtherTrail,
    /// The trail itself is not sound.
    #[error(transparent)]
    Trail(AuditFault),
    /// The trail has fewer entries than it had.
    #[error("the trail has fewer entries than when the checkpoint was made")]
    TrailShorter,
    /// The trail's first entries are not those of the checkpoint: history was rewritten.
    #[error("the trail's entries are not those it had when the checkpoint was made")]
    RootDiffers,
}

impl CheckpointFault {
    /// A stable code for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::KeyUnknown => "checkpoint_key_unknown",
            Self::SignatureInvalid => "checkpoint_signature_invalid",
            Self::OtherTrail => "checkpoint_other_trail",
            Self::Trail(fault) => fault.code(),
            Self::TrailShorter => "checkpoint_trail_shorter",
            Self::RootDiffers => "checkpoint_root_differs",
        }
    }

    /// What is wrong with the trail itself.
    #[must_use]
    pub const fn trail(&self) -> Option<&AuditFault> {
        match self {
            Self::Trail(fault) => Some(fault),
            Self::KeyUnknown
            | Self::SignatureInvalid
            | Self::OtherTrail
            | Self::TrailShorter
            | Self::RootDiffers => None,
        }
    }
}

/// The checkpoint in a note that `key` has signed, or why it is not to be trusted.
pub(super) fn open(
    note: &[u8],
    key: &VerifierKey,
) -> Result<Result<Checkpoint, CheckpointFault>, SmrtError> {
    match signed_note::open(note, key) {
        Ok(text) => text.parse().map(Ok).map_err(|error: CheckpointError| {
            SmrtError::invalid("checkpoint_malformed", error.to_string())
        }),
        Err(NoteError::KeyUnknown) => Ok(Err(CheckpointFault::KeyUnknown)),
        Err(NoteError::SignatureInvalid) => Ok(Err(CheckpointFault::SignatureInvalid)),
        Err(error) => Err(SmrtError::invalid(error.code(), error.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The body of the specification's example.
    const EXAMPLE: &str =
        "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";

    #[test]
    fn the_example_of_the_specification_is_read_and_written_back() {
        let checkpoint: Checkpoint = EXAMPLE.parse().unwrap();
        assert_eq!(checkpoint.origin, "example.com/behind-the-sofa");
        assert_eq!(checkpoint.entries, 20_852_163);
        assert_eq!(checkpoint.to_string(), EXAMPLE);
        let extended: Checkpoint = format!("{EXAMPLE}more\n").parse().unwrap();
        assert_eq!(extended, checkpoint);
    }

    #[test]
    fn what_is_no_checkpoint_is_refused() {
        let number = |number: &str| EXAMPLE.replace("20852163", number);
        for wrong in [
            String::new(),
            "\n\n\n".to_owned(),
            EXAMPLE.trim_end().to_owned(),
            format!("\n{EXAMPLE}"),
            format!("{EXAMPLE}\nmore\n"),
            format!("{EXAMPLE}\n"),
            EXAMPLE.replace("CsUY", "CsU"),
            EXAMPLE.replace("CsUY", ""),
            number(""),
            number("01"),
            number("+1"),
            number("-1"),
            number("1.5"),
            number("18446744073709551616"),
        ] {
            assert_eq!(
                wrong.parse::<Checkpoint>(),
                Err(CheckpointError),
                "{wrong:?}"
            );
        }
        assert_eq!(number("0").parse::<Checkpoint>().unwrap().entries, 0);
    }
}
