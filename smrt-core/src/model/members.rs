//! The numbers of one block: which of 10,000 consecutive numbers a list has.
//!
//! What this module does not do: it knows no block but its own, and no store.

use std::fmt;

/// How many numbers a block has.
pub const BLOCK_NUMBERS: u16 = 10_000;

/// Words of a bitmap: 156 whole ones, and one of which a quarter is used.
const WORDS: usize = 157;
/// Bytes of an encoded bitmap, its tag not counted.
const BITMAP_BYTES: usize = BLOCK_NUMBERS as usize / 8;
/// From this many members on an encoded bitmap is not longer than a list.
const ENCODED_LIST_MAX: usize = BITMAP_BYTES / 2;
/// The most members that are kept as a list in memory: up to here a list is shorter than a bitmap
/// and is searched as fast.
const LIST_MAX: usize = 64;

const BITMAP_TAG: u8 = 0;
const LIST_TAG: u8 = 1;

/// A set of the numbers 0 to 9,999.
///
/// Encoded it is a tag and either a bitmap of 1,250 bytes or the members in order, two bytes each,
/// whichever is shorter. No encoding has 16 bytes, which a store would take for an id.
///
/// ```
/// use smrt_core::model::Members;
///
/// let mut members: Members = [143, 7].into_iter().collect();
/// assert!(members.insert(9_999) && !members.insert(7));
/// assert_eq!(members.iter().collect::<Vec<u16>>(), [7, 143, 9_999]);
/// assert_eq!(Members::decode(&members.encode()), Some(members));
/// ```
#[derive(Clone)]
pub struct Members(Form);

#[derive(Clone)]
enum Form {
    // INVARIANT: ascending, each below `BLOCK_NUMBERS`, at most `LIST_MAX` of them.
    List(Vec<u16>),
    // INVARIANT: no bit at or beyond `BLOCK_NUMBERS` is set.
    Bitmap(Box<[u64; WORDS]>),
}

impl Members {
    /// No number at all.
    #[must_use]
    pub const fn new() -> Self {
        Self(Form::List(Vec::new()))
    }

    /// Adds a number; `false` when it was there, or is none of the block.
    pub fn insert(&mut self, member: u16) -> bool {
        match &mut self.0 {
            Form::Bitmap(words) => set(words, member),
            Form::List(list) => {
                let place = match list.last() {
                    Some(last) if *last < member => list.len(),
                    None => 0,
                    Some(_) => match list.binary_search(&member) {
                        Ok(_) => return false,
                        Err(place) => place,
                    },
                };
                if member >= BLOCK_NUMBERS {
                    return false;
                }
                if list.len() < LIST_MAX {
                    list.insert(place, member);
                    return true;
                }
                let mut words = self.words();
                let added = set(&mut words, member);
                self.0 = Form::Bitmap(words);
                added
            }
        }
    }

    /// Takes a number out; `false` when it was not there.
    pub fn remove(&mut self, member: u16) -> bool {
        match &mut self.0 {
            Form::List(list) => match list.binary_search(&member) {
                Ok(place) => {
                    list.remove(place);
                    true
                }
                Err(_) => false,
            },
            Form::Bitmap(words) => {
                let bit = 1 << (member % 64);
                match words.get_mut(usize::from(member / 64)) {
                    Some(word) if *word & bit != 0 => {
                        *word &= !bit;
                        true
                    }
                    _ => false,
                }
            }
        }
    }

    /// Whether a number is in the set.
    #[must_use]
    pub fn contains(&self, member: u16) -> bool {
        match &self.0 {
            Form::List(list) => list.binary_search(&member).is_ok(),
            Form::Bitmap(words) => words
                .get(usize::from(member / 64))
                .is_some_and(|word| word & (1 << (member % 64)) != 0),
        }
    }

    /// How many numbers there are.
    #[must_use]
    pub fn len(&self) -> usize {
        match &self.0 {
            Form::List(list) => list.len(),
            Form::Bitmap(words) => words.iter().map(|word| word.count_ones() as usize).sum(),
        }
    }

    /// Whether there is no number.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        match &self.0 {
            Form::List(list) => list.is_empty(),
            Form::Bitmap(words) => words.iter().all(|word| *word == 0),
        }
    }

    /// The numbers in order.
    pub fn iter(&self) -> impl Iterator<Item = u16> + '_ {
        let (list, words) = match &self.0 {
            Form::List(list) => (list.as_slice(), None),
            Form::Bitmap(words) => (&[][..], Some(words)),
        };
        let of_words = words.into_iter().flat_map(|words| {
            (0u16..).zip(words.iter()).flat_map(|(place, word)| {
                let mut rest = *word;
                std::iter::from_fn(move || {
                    let bit = u16::try_from(rest.trailing_zeros()).ok()?;
                    // Fails once no bit is left.
                    rest &= rest.checked_sub(1)?;
                    Some(place * 64 + bit)
                })
            })
        });
        list.iter().copied().chain(of_words)
    }

    /// The numbers that are in either set.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        self.combined(other, |left, right| left | right)
    }

    /// The numbers that are in exactly one of the two sets: what flips one into the other.
    #[must_use]
    pub fn difference_of_both(&self, other: &Self) -> Self {
        self.combined(other, |left, right| left ^ right)
    }

    /// The numbers that are in this set and not in the other.
    #[must_use]
    pub fn without(&self, other: &Self) -> Self {
        self.combined(other, |left, right| left & !right)
    }

    /// How many numbers are in this set and not in the other.
    #[must_use]
    pub fn len_without(&self, other: &Self) -> usize {
        match (&self.0, &other.0) {
            (Form::Bitmap(left), Form::Bitmap(right)) => left
                .iter()
                .zip(right.iter())
                .map(|(left, right)| (left & !right).count_ones() as usize)
                .sum(),
            _ => self
                .iter()
                .filter(|member| !other.contains(*member))
                .count(),
        }
    }

    fn combined(&self, other: &Self, word: impl Fn(u64, u64) -> u64) -> Self {
        let mut left = self.words();
        let right = other.words();
        left.iter_mut()
            .zip(right.iter())
            .for_each(|(left, right)| *left = word(*left, *right));
        Self(Form::Bitmap(left)).shortened()
    }

    /// The same set in the form that its size asks for.
    fn shortened(self) -> Self {
        match self.len() <= LIST_MAX {
            true => Self(Form::List(self.iter().collect())),
            false => self,
        }
    }

    fn words(&self) -> Box<[u64; WORDS]> {
        match &self.0 {
            Form::Bitmap(words) => words.clone(),
            Form::List(list) => {
                let mut words = Box::new([0; WORDS]);
                for member in list {
                    set(&mut words, *member);
                }
                words
            }
        }
    }

    /// How many bytes it takes in memory, about.
    #[must_use]
    pub fn size_bytes(&self) -> usize {
        size_of::<Self>()
            + match &self.0 {
                Form::List(list) => list.capacity() * 2,
                Form::Bitmap(_) => WORDS * 8,
            }
    }

    /// The bytes that a store keeps.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let len = self.len();
        if len >= ENCODED_LIST_MAX {
            let mut bytes = Vec::with_capacity(1 + BITMAP_BYTES + 8);
            bytes.push(BITMAP_TAG);
            let words = self.words();
            bytes.extend(words.iter().flat_map(|word| word.to_le_bytes()));
            bytes.truncate(1 + BITMAP_BYTES);
            return bytes;
        }
        let mut bytes = Vec::with_capacity(1 + 2 * len);
        bytes.push(LIST_TAG);
        bytes.extend(self.iter().flat_map(u16::to_be_bytes));
        bytes
    }

    /// Reads back what [`Members::encode`] wrote; nothing for bytes that it never writes.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let (tag, content) = bytes.split_first()?;
        match *tag {
            BITMAP_TAG if content.len() == BITMAP_BYTES => {
                let mut words = Box::new([0; WORDS]);
                for (word, bytes) in words.iter_mut().zip(content.chunks(8)) {
                    let mut whole = [0; 8];
                    whole
                        .iter_mut()
                        .zip(bytes)
                        .for_each(|(place, byte)| *place = *byte);
                    *word = u64::from_le_bytes(whole);
                }
                Some(Self(Form::Bitmap(words)))
            }
            LIST_TAG if content.len() < 2 * ENCODED_LIST_MAX => {
                let (pairs, []) = content.as_chunks::<2>() else {
                    return None;
                };
                let list: Vec<u16> = pairs.iter().map(|pair| u16::from_be_bytes(*pair)).collect();
                let ascends = list.is_sorted_by(|left, right| left < right);
                let fits = list.last().is_none_or(|last| *last < BLOCK_NUMBERS);
                match ascends && fits {
                    true if list.len() <= LIST_MAX => Some(Self(Form::List(list))),
                    true => Some(list.into_iter().collect()),
                    false => None,
                }
            }
            _ => None,
        }
    }
}

/// Sets a bit; `false` when it was set, or there is none.
fn set(words: &mut [u64; WORDS], member: u16) -> bool {
    if member >= BLOCK_NUMBERS {
        return false;
    }
    let bit = 1 << (member % 64);
    words.get_mut(usize::from(member / 64)).is_some_and(|word| {
        let added = *word & bit == 0;
        *word |= bit;
        added
    })
}

impl Default for Members {
    fn default() -> Self {
        Self::new()
    }
}

impl FromIterator<u16> for Members {
    fn from_iter<I: IntoIterator<Item = u16>>(members: I) -> Self {
        let mut set = Self::new();
        for member in members {
            set.insert(member);
        }
        set
    }
}

impl PartialEq for Members {
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Form::Bitmap(left), Form::Bitmap(right)) => left == right,
            _ => self.iter().eq(other.iter()),
        }
    }
}

impl Eq for Members {}

impl fmt::Debug for Members {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Members({} numbers)", self.len())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::collection::{btree_set, vec};
    use proptest::prelude::*;

    use super::*;

    fn set(members: &BTreeSet<u16>) -> Members {
        members.iter().copied().collect()
    }

    fn any_set() -> impl Strategy<Value = BTreeSet<u16>> {
        prop_oneof![
            btree_set(0..BLOCK_NUMBERS, 0..80),
            btree_set(0..BLOCK_NUMBERS, 600..650),
            btree_set(0..BLOCK_NUMBERS, 0..2_000),
        ]
    }

    proptest! {
        #[test]
        fn it_is_the_set_that_it_was_made_of(members in any_set(), asked in 0..u16::MAX) {
            let made = set(&members);
            prop_assert_eq!(made.len(), members.len());
            prop_assert_eq!(made.is_empty(), members.is_empty());
            prop_assert_eq!(made.contains(asked), members.contains(&asked));
            prop_assert!(made.iter().eq(members.iter().copied()));
        }

        #[test]
        fn what_was_encoded_comes_back_and_never_looks_like_an_id(members in any_set()) {
            let bytes = set(&members).encode();
            prop_assert_ne!(bytes.len(), 16);
            prop_assert!(bytes.len() <= 1_251);
            prop_assert_eq!(Members::decode(&bytes), Some(set(&members)));
        }

        #[test]
        fn the_operations_are_those_of_sets(left in any_set(), right in any_set()) {
            let (a, b) = (set(&left), set(&right));
            prop_assert_eq!(a.union(&b), set(&(&left | &right)));
            prop_assert_eq!(a.difference_of_both(&b), set(&(&left ^ &right)));
            prop_assert_eq!(a.without(&b), set(&(&left - &right)));
            prop_assert_eq!(a.len_without(&b), left.difference(&right).count());
            prop_assert_eq!(a == b, left == right);
        }

        #[test]
        fn inserting_and_removing_in_any_order_is_that_of_a_set(
            steps in vec((any::<bool>(), 0..200u16), 0..400)
        ) {
            let mut expected = BTreeSet::new();
            let mut members = Members::new();
            for (inserts, member) in steps {
                match inserts {
                    true => prop_assert_eq!(members.insert(member), expected.insert(member)),
                    false => prop_assert_eq!(members.remove(member), expected.remove(&member)),
                }
            }
            prop_assert_eq!(members, set(&expected));
        }

        #[test]
        fn what_decodes_encodes_to_the_same_set(bytes in vec(any::<u8>(), 0..40)) {
            if let Some(members) = Members::decode(&bytes) {
                prop_assert_eq!(Members::decode(&members.encode()), Some(members));
            }
        }
    }

    #[test]
    fn the_shorter_form_is_the_encoded_one() {
        let encoded = |len: u16| (0..len).collect::<Members>().encode().len();
        assert_eq!((encoded(0), encoded(1), encoded(624)), (1, 3, 1_249));
        assert_eq!((encoded(625), encoded(BLOCK_NUMBERS)), (1_251, 1_251));
    }

    #[test]
    fn numbers_beyond_the_block_are_none_of_it() {
        let mut few = Members::new();
        let mut many: Members = (0..100).collect();
        assert!(!few.insert(BLOCK_NUMBERS) && !many.insert(BLOCK_NUMBERS));
        assert!(!few.insert(u16::MAX) && !many.insert(u16::MAX));
        assert!(!many.contains(u16::MAX) && !many.remove(u16::MAX));
        assert!(many.insert(9_999) && many.contains(9_999));
    }

    #[test]
    fn bytes_that_are_never_written_are_refused() {
        for bytes in [
            &[][..],
            &[0],
            &[2],
            &[1, 0],
            &[1, 0, 5, 0, 5],
            &[1, 0, 5, 0, 4],
            &[1, 0x27, 0x10],
            &[0; 1_250],
        ] {
            assert_eq!(Members::decode(bytes), None, "{} bytes", bytes.len());
        }
    }
}
