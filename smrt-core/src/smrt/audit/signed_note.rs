//! Text signed by one or more keys: C2SP's signed notes, and the keys of Go's `note` package.
//!
//! What this module does not do: it makes no randomness and knows nothing of what a text says.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use ed25519_dalek::{Signature, Signer as _, VerifyingKey};
use sha2::{Digest as _, Sha256};

/// The type of signature that smrt makes and knows.
const ED25519: u8 = 1;

/// What a signature line begins with: an em dash and a space.
const SIGNATURE_MARK: &str = "\u{2014} ";

/// What the text form of a private key begins with.
const PRIVATE_MARK: &str = "PRIVATE+KEY+";

/// The longest note that is read. Others may add signatures of some kilobytes.
const NOTE_BYTES_MAX: usize = 1024 * 1024;

/// The most signatures of a note.
const SIGNATURES_MAX: usize = 100;

/// The longest name of a key, and the longest text of a key.
const KEY_NAME_BYTES_MAX: usize = 256;
const KEY_BYTES_MAX: usize = 512;

/// A private ed25519 key with a name, with which notes are signed.
///
/// Its `Debug` form does not show the key; [`SigningKey::reveal`] does.
///
/// ```
/// use smrt_core::smrt::SigningKey;
///
/// // 32 random bytes.
/// let key = SigningKey::from_seed("example.com/audit", &[7; 32])?;
/// assert_eq!(key.verifier_key().name(), "example.com/audit");
///
/// // What goes into the secret file, and comes out of it again:
/// let text = key.reveal();
/// assert_eq!(text.parse::<SigningKey>()?.verifier_key(), key.verifier_key());
/// assert_eq!(format!("{key:?}"), "SigningKey(example.com/audit, ****)");
/// # Ok::<(), smrt_core::smrt::KeyError>(())
/// ```
pub struct SigningKey {
    key: ed25519_dalek::SigningKey,
    verifier: VerifierKey,
}

/// A public ed25519 key with a name, with which signatures are verified.
///
/// ```
/// use smrt_core::smrt::VerifierKey;
///
/// let text = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
/// let key: VerifierKey = text.parse()?;
/// assert_eq!((key.name(), key.to_string().as_str()), ("PeterNeumann", text));
/// # Ok::<(), smrt_core::smrt::KeyError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct VerifierKey {
    // INVARIANT: 1 to 256 bytes without white space, control characters and `+`.
    name: String,
    hash: [u8; 4],
    key: VerifyingKey,
}

/// The text is no key, or the name cannot be a key's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The name cannot be a key's.
    #[error(
        "a key is named by 1 to 256 bytes without white space and `+`, such as `example.com/audit`"
    )]
    Name,
    /// The text is not of the form of such a key.
    #[error("not a key: expected {0}")]
    Malformed(&'static str),
    /// The key is not an ed25519 key.
    #[error("the key is of a kind that smrt does not know: only ed25519 is")]
    Algorithm,
    /// The hash in the text is not that of the name and the key, so one of them was mistyped.
    #[error("the key's hash does not fit its name and bytes")]
    Hash,
}

/// The bytes are no note, or nobody known has signed it.
///
/// ```
/// use smrt_core::smrt::NoteError;
///
/// assert_eq!(NoteError::KeyUnknown.code(), "note_key_unknown");
/// assert_eq!(NoteError::KeyUnknown.to_string(), "the note is not signed by this key");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoteError {
    /// There are more bytes than a note may have.
    #[error("the note is longer than 1 MiB")]
    TooLong,
    /// The bytes are not of the form of a signed note.
    #[error("not a signed note: {0}")]
    Malformed(&'static str),
    /// There is no signature by the key.
    #[error("the note is not signed by this key")]
    KeyUnknown,
    /// A signature says that it is by the key, and is not one of this text.
    #[error("the signature is not one of this text by this key")]
    SignatureInvalid,
}

impl NoteError {
    /// A stable code for programs.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::TooLong => "note_too_long",
            Self::Malformed(_) => "note_malformed",
            Self::KeyUnknown => "note_key_unknown",
            Self::SignatureInvalid => "note_signature_invalid",
        }
    }
}

impl SigningKey {
    /// The key of this name made from 32 random bytes.
    ///
    /// # Errors
    ///
    /// [`KeyError::Name`].
    pub fn from_seed(name: &str, seed: &[u8; 32]) -> Result<Self, KeyError> {
        let key = ed25519_dalek::SigningKey::from_bytes(seed);
        let verifier = VerifierKey::new(name, key.verifying_key())?;
        Ok(Self { key, verifier })
    }

    /// The key with which this key's signatures are verified.
    #[must_use]
    pub const fn verifier_key(&self) -> &VerifierKey {
        &self.verifier
    }

    /// The private key as text, to be kept where nobody else reads it.
    #[must_use]
    pub fn reveal(&self) -> String {
        let mut bytes = vec![ED25519];
        bytes.extend_from_slice(self.key.as_bytes());
        let VerifierKey { name, hash, .. } = &self.verifier;
        let hash = u32::from_be_bytes(*hash);
        format!("{PRIVATE_MARK}{name}+{hash:08x}+{}", BASE64.encode(bytes))
    }
}

impl FromStr for SigningKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let expected = "`PRIVATE+KEY+`, a name, a hash and base64, joined by `+`";
        let rest = text.trim().strip_prefix(PRIVATE_MARK);
        let (name, hash, seed) = rest
            .and_then(split_key)
            .ok_or(KeyError::Malformed(expected))?;
        let key = Self::from_seed(name, &key_bytes(&seed, expected)?)?;
        match key.verifier.hash == hash {
            true => Ok(key),
            false => Err(KeyError::Hash),
        }
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({}, ****)", self.verifier.name)
    }
}

impl VerifierKey {
    fn new(name: &str, key: VerifyingKey) -> Result<Self, KeyError> {
        let forbidden = |c: char| c.is_whitespace() || c.is_control() || c == '+';
        if name.is_empty() || name.len() > KEY_NAME_BYTES_MAX || name.contains(forbidden) {
            return Err(KeyError::Name);
        }
        let mut hash = Sha256::new();
        hash.update(name.as_bytes());
        hash.update([b'\n', ED25519]);
        hash.update(key.as_bytes());
        let [a, b, c, d, ..] = <[u8; 32]>::from(hash.finalize());
        Ok(Self {
            name: name.to_owned(),
            hash: [a, b, c, d],
            key,
        })
    }

    /// The key's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl FromStr for VerifierKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let expected = "a name, a hash and base64, joined by `+`";
        let (name, hash, bytes) = split_key(text.trim()).ok_or(KeyError::Malformed(expected))?;
        let bytes = key_bytes(&bytes, expected)?;
        let key = VerifyingKey::from_bytes(&bytes).map_err(|_| KeyError::Malformed(expected))?;
        let key = Self::new(name, key)?;
        match key.hash == hash {
            true => Ok(key),
            false => Err(KeyError::Hash),
        }
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = vec![ED25519];
        bytes.extend_from_slice(self.key.as_bytes());
        let hash = u32::from_be_bytes(self.hash);
        write!(f, "{}+{hash:08x}+{}", self.name, BASE64.encode(bytes))
    }
}

impl fmt::Debug for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VerifierKey({self})")
    }
}

/// Name, hash and bytes of a key in text form.
fn split_key(text: &str) -> Option<(&str, [u8; 4], Vec<u8>)> {
    if text.len() > KEY_BYTES_MAX {
        return None;
    }
    let (name, rest) = text.split_once('+')?;
    let (hash, bytes) = rest.split_once('+')?;
    let is_hash = hash.len() == 8 && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
    let hash = is_hash.then(|| u32::from_str_radix(hash, 16).ok())??;
    Some((name, hash.to_be_bytes(), BASE64.decode(bytes).ok()?))
}

/// The 32 bytes of an ed25519 key behind the byte that says so.
fn key_bytes(bytes: &[u8], expected: &'static str) -> Result<[u8; 32], KeyError> {
    match bytes {
        [ED25519, key @ ..] => key.try_into().map_err(|_| KeyError::Malformed(expected)),
        [] => Err(KeyError::Malformed(expected)),
        _ => Err(KeyError::Algorithm),
    }
}

/// A text, which ends with a line feed, together with its signature by a key.
pub(super) fn sign(text: &str, key: &SigningKey) -> String {
    let mut signature = key.verifier.hash.to_vec();
    signature.extend_from_slice(&key.key.sign(text.as_bytes()).to_bytes());
    let name = &key.verifier.name;
    format!(
        "{text}\n{SIGNATURE_MARK}{name} {}\n",
        BASE64.encode(signature)
    )
}

/// The text of a note that `key` has signed. Signatures by other keys are ignored.
pub(super) fn open<'n>(note: &'n [u8], key: &VerifierKey) -> Result<&'n str, NoteError> {
    let (text, signatures) = split_note(note)?;
    let mut is_signed = false;
    for (number, line) in signatures.split_terminator('\n').enumerate() {
        if number == SIGNATURES_MAX {
            return Err(NoteError::Malformed("more than 100 signatures"));
        }
        let (name, hash, signature) = split_signature(line).ok_or(NoteError::Malformed(
            "a line behind the text is no signature",
        ))?;
        if name != key.name || hash != key.hash {
            continue;
        }
        let signature =
            Signature::from_slice(&signature).map_err(|_| NoteError::SignatureInvalid)?;
        key.key
            .verify_strict(text.as_bytes(), &signature)
            .map_err(|_| NoteError::SignatureInvalid)?;
        is_signed = true;
    }
    match is_signed {
        true => Ok(text),
        false => Err(NoteError::KeyUnknown),
    }
}

/// The text of a note with its last line feed, and the lines of its signatures.
fn split_note(note: &[u8]) -> Result<(&str, &str), NoteError> {
    if note.len() > NOTE_BYTES_MAX {
        return Err(NoteError::TooLong);
    }
    let note = str::from_utf8(note).map_err(|_| NoteError::Malformed("it is not UTF-8"))?;
    if note.contains('\r') {
        return Err(NoteError::Malformed(
            "its lines end with CR LF; a note must be kept as it was written",
        ));
    }
    if note.bytes().any(|byte| byte < b' ' && byte != b'\n') {
        return Err(NoteError::Malformed("it holds control characters"));
    }
    let (text, signatures) = note
        .rsplit_once("\n\n")
        .ok_or(NoteError::Malformed("no empty line before signatures"))?;
    if signatures.is_empty() {
        return Err(NoteError::Malformed("no signature"));
    }
    if !signatures.ends_with('\n') {
        return Err(NoteError::Malformed("its last line does not end"));
    }
    let text = note
        .get(..=text.len())
        .ok_or(NoteError::Malformed("no text"))?;
    Ok((text, signatures))
}

/// Name, hash and signature of a signature line.
fn split_signature(line: &str) -> Option<(&str, [u8; 4], Vec<u8>)> {
    let (name, base64) = line.strip_prefix(SIGNATURE_MARK)?.split_once(' ')?;
    if name.is_empty() || name.contains(|c: char| c.is_whitespace() || c == '+') {
        return None;
    }
    let bytes = BASE64.decode(base64).ok()?;
    let (hash, signature) = bytes.split_first_chunk::<4>()?;
    (!signature.is_empty()).then(|| (name, *hash, signature.to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;

    // The keys, the text and the signatures of the tests of Go's note package.
    const PETER: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    const PETER_PRIVATE: &str =
        "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
    const ENOCH: &str = "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop";
    const TEXT: &str = "If you think cryptography is the answer to your problem,\n\
                        then you don't know what your problem is.\n";
    const BY_PETER: &str = "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
    const BY_ENOCH: &str = "— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n";

    fn peter() -> VerifierKey {
        PETER.parse().unwrap()
    }

    #[test]
    fn published_keys_are_read_and_written_back() {
        let key: SigningKey = PETER_PRIVATE.parse().unwrap();
        assert_eq!(key.verifier_key(), &peter());
        assert_eq!(key.reveal(), PETER_PRIVATE);
        assert_eq!(peter().to_string(), PETER);
        assert!(!format!("{key:?}").contains("AYEK"));
    }

    #[test]
    fn a_key_with_any_part_missing_or_any_byte_changed_is_refused() {
        for text in [PETER, PETER_PRIVATE] {
            let refused = |text: &str| {
                text.parse::<VerifierKey>().is_err() && text.parse::<SigningKey>().is_err()
            };
            for from in 0..text.len() {
                for to in from..=text.len() {
                    let is_part = to - from < text.len();
                    assert!(!is_part || refused(&text[from..to]), "{}", &text[from..to]);
                }
            }
            for at in 0..text.len() {
                let mut bytes = text.as_bytes().to_vec();
                bytes[at] += 1;
                let changed = String::from_utf8(bytes).unwrap();
                assert!(refused(&changed), "{changed}");
            }
        }
        // A key of another length and one of another algorithm, with hashes that fit.
        for wrong in [
            "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==",
            "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
            &"x".repeat(10_000_000),
        ] {
            assert!(wrong.parse::<VerifierKey>().is_err());
        }
    }

    #[test]
    fn names_are_checked() {
        let named = |name: &str| SigningKey::from_seed(name, &[7; 32]);
        for right in ["a", "example.com/audit", &"x".repeat(256)] {
            let text = named(right).unwrap().verifier_key().to_string();
            assert_eq!(text.parse::<VerifierKey>().unwrap().name(), right);
        }
        for wrong in [
            "",
            "a b",
            "a+b",
            "a\u{a0}b",
            "a\nb",
            "a\0",
            &"x".repeat(257),
        ] {
            assert_eq!(named(wrong).unwrap_err(), KeyError::Name);
        }
    }

    #[test]
    fn a_text_is_signed_as_go_signs_it() {
        let key: SigningKey = PETER_PRIVATE.parse().unwrap();
        assert_eq!(sign(TEXT, &key), format!("{TEXT}\n{BY_PETER}"));
    }

    #[test]
    fn signatures_by_unknown_keys_are_ignored_in_any_order() {
        let enoch: VerifierKey = ENOCH.parse().unwrap();
        for signatures in [
            BY_PETER.to_owned(),
            format!("{BY_PETER}{BY_ENOCH}"),
            format!("{BY_ENOCH}{BY_PETER}"),
            format!("{}{BY_PETER}", BY_ENOCH.repeat(99)),
        ] {
            let note = format!("{TEXT}\n{signatures}");
            assert_eq!(open(note.as_bytes(), &peter()), Ok(TEXT));
            let by_enoch = open(note.as_bytes(), &enoch);
            match signatures.contains("Enoch") {
                true => assert_eq!(by_enoch, Ok(TEXT)),
                false => assert_eq!(by_enoch, Err(NoteError::KeyUnknown)),
            }
        }
        // The name alone, or the hash alone, does not make a key a known one.
        let misnamed = BY_PETER.replace("PeterNeumann", "CarmenSandiego");
        let other_hash = BY_PETER.replace("x08g", "xxxx");
        for signature in [misnamed, other_hash] {
            let note = format!("{TEXT}\n{signature}");
            assert_eq!(open(note.as_bytes(), &peter()), Err(NoteError::KeyUnknown));
        }
    }

    #[test]
    fn the_note_of_the_specification_is_taken_apart() {
        let note = "Ognuno sta solo sul cuor della terra\ntrafitto da un raggio di sole:\n\n\
                    ed è subito sera.\n\n— quasimodo.example/salvatore NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=\n";
        let (text, signatures) = split_note(note.as_bytes()).unwrap();
        assert!(text.ends_with("sole:\n\ned è subito sera.\n"));
        let (name, hash, signature) = split_signature(signatures.trim_end()).unwrap();
        assert_eq!(name, "quasimodo.example/salvatore");
        assert_eq!(u32::from_be_bytes(hash), 0x367b_a04b);
        assert_eq!(signature.len(), 64);
    }

    #[test]
    fn a_changed_text_or_signature_is_refused() {
        let note = format!("{TEXT}\n{BY_PETER}");
        let changed_text = note.replace("answer", "Answer");
        let changed_signature = note.replace("ZJku", "ZJkv");
        let longer = note.replace("ZJku", "ZJkuABCD");
        let one_wrong = format!("{TEXT}\n{BY_PETER}{}", BY_PETER.replace("ZJku", "ZJkv"));
        for changed in [changed_text, changed_signature, longer, one_wrong] {
            let opened = open(changed.as_bytes(), &peter());
            assert_eq!(opened, Err(NoteError::SignatureInvalid), "{changed}");
        }
    }

    #[test]
    fn a_note_of_which_any_byte_was_changed_or_lost_is_refused() {
        let note = format!("{TEXT}\n{BY_PETER}").into_bytes();
        for at in 0..note.len() {
            for bit in 0..8 {
                let mut changed = note.clone();
                changed[at] ^= 1 << bit;
                assert!(open(&changed, &peter()).is_err(), "bit {bit} of byte {at}");
            }
            assert!(open(&note[..at], &peter()).is_err(), "the first {at} bytes");
            assert!(open(&note[at + 1..], &peter()).is_err(), "from byte {at}");
        }
    }

    #[test]
    fn what_is_no_note_is_refused() {
        let unended = BY_PETER.trim_end();
        for wrong in [
            String::new(),
            "\n".to_owned(),
            "\n\n".to_owned(),
            TEXT.to_owned(),
            format!("{TEXT}\n"),
            format!("{TEXT}\n{unended}"),
            format!("\x01{TEXT}\n{BY_PETER}"),
            format!("{TEXT}\n{BY_PETER}").replace('\n', "\r\n"),
            format!("{TEXT}\n— Bad Name x08go/ZJ\n"),
            format!("{TEXT}\n{BY_PETER}Unexpected line.\n"),
            format!("{TEXT}\n{}", BY_PETER.repeat(101)),
        ] {
            let opened = open(wrong.as_bytes(), &peter());
            assert!(matches!(opened, Err(NoteError::Malformed(_))), "{wrong:?}");
        }
        let invalid = [b"\xff", TEXT.as_bytes(), b"\n", BY_PETER.as_bytes()].concat();
        assert_eq!(
            open(&invalid, &peter()),
            Err(NoteError::Malformed("it is not UTF-8"))
        );
        let huge = "x".repeat(10_000_000);
        assert_eq!(open(huge.as_bytes(), &peter()), Err(NoteError::TooLong));
    }
}
