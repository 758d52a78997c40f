//! What a row says, as 64 bits.

use sha2::{Digest as _, Sha256};

/// A digest of length-prefixed parts.
///
/// A row's digest covers all that its finished rows are made of, so that a row with any change is
/// looked at.
/// That need not change the store: a human that has a primary number keeps it when the source
/// marks another, and a consent event that is recorded keeps its legal basis.
#[derive(Clone)]
pub(super) struct RowDigest(Sha256);

impl RowDigest {
    pub(super) fn new() -> Self {
        Self(Sha256::new())
    }

    pub(super) fn absorb(&mut self, part: &str) {
        self.absorb_number(part.len() as u64);
        self.0.update(part.as_bytes());
    }

    pub(super) fn absorb_number(&mut self, number: u64) {
        self.0.update(number.to_be_bytes());
    }

    /// The first 64 bits.
    pub(super) fn finish(self) -> i64 {
        let hash: [u8; 32] = self.0.finalize().into();
        let (head, _) = hash.split_first_chunk::<8>().unwrap_or((&[0; 8], &[]));
        i64::from_be_bytes(*head)
    }

    /// The last 64 bits.
    pub(super) fn second(&self) -> i64 {
        let hash: [u8; 32] = self.0.clone().finalize().into();
        let (_, tail) = hash.split_last_chunk::<8>().unwrap_or((&[], &[0; 8]));
        i64::from_be_bytes(*tail)
    }
}
