//! What recognises a file again when an import is resumed.
//!
//! It is cheap on purpose: it does not prove that two files are equal throughout, so it guards
//! against a mistaken file name, not against forgery.

use std::fmt;

use sha2::{Digest, Sha256};

/// Bytes at either end of a file that go into its fingerprint.
pub(super) const BLOCK_BYTES: usize = 64 << 10;

/// Size, first 64 KiB and, of a regular file, last 64 KiB of a source as it is stored.
///
/// Of a stream only the first 64 KiB are known. Where a file holds several tables, the name of the
/// one that is read belongs to it. The text form is stable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fingerprint {
    bytes_total: Option<u64>,
    digest: [u8; 32],
}

impl Fingerprint {
    pub(super) fn new(bytes_total: Option<u64>, first: &[u8], last: Option<&[u8]>) -> Fingerprint {
        let mut hash = Sha256::new();
        hash.update(first);
        if let Some(last) = last {
            hash.update(last);
        }
        Fingerprint {
            bytes_total,
            digest: hash.finalize().into(),
        }
    }
}

impl Fingerprint {
    /// That of a part of the file: another part of it is another source.
    pub(super) fn of_part(self, kind: &str, name: &str) -> Fingerprint {
        let mut hash = Sha256::new();
        hash.update(self.digest);
        hash.update(kind);
        hash.update([0]);
        hash.update(name);
        Fingerprint {
            digest: hash.finalize().into(),
            ..self
        }
    }
}

impl fmt::Display for Fingerprint {
    /// For instance `sha256-ends:1024:` or, of a stream, `sha256-start:`, and 64 hex digits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.bytes_total {
            Some(bytes) => write!(f, "sha256-ends:{bytes}:")?,
            None => write!(f, "sha256-start:")?,
        }
        self.digest
            .iter()
            .try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}
