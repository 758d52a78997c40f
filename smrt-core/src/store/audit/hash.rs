//! What is hashed of an entry, and how entries are chained.

use sha2::{Digest as _, Sha256};

use crate::store::digest::encode;
use crate::store::value::Value;

/// A SHA-256 value.
pub(crate) type Hash = [u8; 32];

/// What the first entry of a trail follows.
pub(super) const ZERO: Hash = [0; 32];

/// How many values of an entry its leaf hash covers: all but the two hashes.
pub(super) const LEAF_VALUES: usize = 8;

/// Where the bytes of the sequence number stand in what is hashed: behind the zero byte, the
/// tenant's id with its kind and length, and the number's own kind and length.
const SEQUENCE_AT: std::ops::Range<usize> = 35..43;

/// Hashes entries one after the other, with one buffer for all.
#[derive(Debug, Clone, Default)]
pub(super) struct LeafHasher {
    bytes: Vec<u8>,
}

impl LeafHasher {
    /// The hash of what an entry says: RFC 6962's leaf hash, SHA-256 of a zero byte and the
    /// entry's values in the order of their columns, each marked with its kind and length.
    pub(super) fn leaf(&mut self, values: [Value<'_>; LEAF_VALUES]) -> Hash {
        self.begin();
        for value in values {
            self.value(value);
        }
        self.finish()
    }

    /// Begins the next entry.
    pub(super) fn begin(&mut self) {
        self.bytes.clear();
        self.bytes.push(0);
    }

    /// Takes the entry's next value.
    pub(super) fn value(&mut self, value: Value<'_>) {
        encode(value, &mut |bytes| self.bytes.extend_from_slice(bytes));
    }

    /// The hash of the values since [`LeafHasher::begin`].
    pub(super) fn finish(&self) -> Hash {
        Sha256::digest(&self.bytes).into()
    }

    /// The same entry's hash if it stood at another place of the trail.
    pub(super) fn at_sequence(&mut self, sequence: i64) -> Hash {
        if let Some(bytes) = self.bytes.get_mut(SEQUENCE_AT) {
            bytes.copy_from_slice(&sequence.to_be_bytes());
        }
        self.finish()
    }
}

/// The hash of a chain up to an entry: SHA-256 of a one byte, the hash before it and its leaf hash.
pub(super) fn chain(previous: &Hash, leaf: &Hash) -> Hash {
    pair(previous, leaf)
}

/// SHA-256 of a one byte and two hashes; also an inner node of RFC 6962's tree.
pub(super) fn pair(left: &Hash, right: &Hash) -> Hash {
    let mut bytes = [1; 65];
    let (head, tail) = bytes.split_at_mut(33);
    if let Some(place) = head.get_mut(1..) {
        place.copy_from_slice(left);
    }
    tail.copy_from_slice(right);
    Sha256::digest(bytes).into()
}

#[cfg(test)]
mod tests {
    use super::super::hex;
    use super::*;
    use crate::model::Id;

    fn values(sequence: i64) -> [Value<'static>; LEAF_VALUES] {
        [
            Value::Id(Id::of_tenant("acme")),
            Value::Integer(sequence),
            Value::Integer(1_795_249_800_000_000),
            Value::Text("anna.k"),
            Value::Text("human.add"),
            Value::Text("human"),
            Value::Id(Id::from_bytes([0x11; 16])),
            Value::Text("{}"),
        ]
    }

    /// The worked example of docs/audit.md, of which each line below is one value.
    #[test]
    fn an_entry_is_hashed_as_the_document_says() {
        let mut hasher = LeafHasher::default();
        let leaf = hasher.leaf(values(1));
        let bytes = [
            "00",
            "02 0000000000000010 6abc9f36b6535b8f8c10b7183038da9a",
            "01 0000000000000008 0000000000000001",
            "01 0000000000000008 000660c52a9cb200",
            "03 0000000000000006 616e6e612e6b",
            "03 0000000000000009 68756d616e2e616464",
            "03 0000000000000005 68756d616e",
            "02 0000000000000010 11111111111111111111111111111111",
            "03 0000000000000002 7b7d",
        ];
        assert_eq!(hex(&hasher.bytes), bytes.concat().replace(' ', ""));
        assert_eq!(
            hex(&leaf),
            "c308eaf128bac2655586ce8300eb6b406ef395070372d27d90b13f88d635bc05"
        );
        assert_eq!(
            hex(&chain(&ZERO, &leaf)),
            "626844f58b98657cd6f78acd5ab0aace96f14f2bb9271ee1e6db37aec7ada04c"
        );
        let document = include_str!("../../../../docs/audit.md");
        for line in bytes
            .iter()
            .copied()
            .chain([&*hex(&leaf), &*hex(&chain(&ZERO, &leaf))])
        {
            assert!(document.contains(line), "docs/audit.md lacks `{line}`");
        }
    }

    #[test]
    fn the_place_of_an_entry_is_part_of_its_hash() {
        let mut hasher = LeafHasher::default();
        let second = hasher.leaf(values(2));
        let first = hasher.leaf(values(1));
        assert_ne!(first, second);
        assert_eq!(hasher.at_sequence(2), second);
        assert_eq!(hasher.at_sequence(1), first);
    }

    #[test]
    fn every_value_counts_and_so_does_its_kind() {
        let mut hasher = LeafHasher::default();
        let whole = hasher.leaf(values(1));
        for position in 0..LEAF_VALUES {
            for other in [
                Value::Null,
                Value::Integer(7),
                Value::Text("x"),
                Value::Bytes(b"{}"),
            ] {
                let mut changed = values(1);
                changed[position] = other;
                assert_ne!(hasher.leaf(changed), whole, "value {position}");
            }
        }
    }
}
