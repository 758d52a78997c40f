//! A set of phone numbers, in blocks of 10,000: the content of a registry's list.
//!
//! What this module does not do: it reads no list and no store.

use std::collections::BTreeMap;
use std::fmt;

use super::members::{BLOCK_NUMBERS, Members};
use crate::phone::E164;

/// Blocks of the calling code 1: one for each exchange, `+1 AAA NXX`.
const NANP_BLOCKS: std::ops::Range<u64> = 1_000_000..2_000_000;

/// A set of phone numbers.
///
/// A full country of 250 million numbers takes about 290 MB. Numbers are best added in ascending
/// order; any order does.
///
/// ```
/// use smrt_core::model::NumberSet;
///
/// let mut numbers = NumberSet::new();
/// assert!(numbers.insert("+12025550143".parse()?));
/// assert!(numbers.contains("+12025550143".parse()?));
/// assert_eq!(numbers.len(), 1);
/// # Ok::<(), smrt_core::phone::ParseE164Error>(())
/// ```
#[derive(Clone, Default)]
pub struct NumberSet {
    pages: Vec<(u64, Members)>,
    /// Where the page of each block of the calling code 1 is, plus one; empty until there is one.
    nanp: Vec<u32>,
    others: BTreeMap<u64, u32>,
    len: u64,
    /// The block that was asked for last, and its page.
    last: Option<(u64, usize)>,
}

/// The block of a number: its digits without the last four.
#[must_use]
pub const fn block_of(number: E164) -> u64 {
    number.digits() / BLOCK_NUMBERS as u64
}

/// The place of a number in its block: its last four digits.
#[must_use]
pub const fn member_of(number: E164) -> u16 {
    (number.digits() % BLOCK_NUMBERS as u64) as u16
}

impl NumberSet {
    /// No number at all.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a number; `false` when it was there.
    pub fn insert(&mut self, number: E164) -> bool {
        self.insert_member(block_of(number), member_of(number))
    }

    /// Adds a number by its block and its place in it; `false` when it was there.
    pub fn insert_member(&mut self, block: u64, member: u16) -> bool {
        let page = match self.last {
            Some((last, page)) if last == block => page,
            _ => self.page_to_fill(block),
        };
        let added = self
            .pages
            .get_mut(page)
            .is_some_and(|(_, members)| members.insert(member));
        self.len += u64::from(added);
        added
    }

    /// Takes a number out; `false` when it was not there.
    pub fn remove(&mut self, number: E164) -> bool {
        let Some(page) = self.page(block_of(number)) else {
            return false;
        };
        let removed = self
            .pages
            .get_mut(page)
            .is_some_and(|(_, members)| members.remove(member_of(number)));
        self.len -= u64::from(removed);
        removed
    }

    /// How many bytes it takes in memory, about.
    #[must_use]
    pub fn size_bytes(&self) -> usize {
        let pages = self
            .pages
            .iter()
            .map(|(_, members)| members.size_bytes() + 8);
        self.nanp.len() * 4 + pages.sum::<usize>()
    }

    /// Whether a number is in the set.
    #[must_use]
    pub fn contains(&self, number: E164) -> bool {
        self.members(block_of(number))
            .is_some_and(|members| members.contains(member_of(number)))
    }

    /// The members of a block.
    #[must_use]
    pub fn members(&self, block: u64) -> Option<&Members> {
        let page = self.page(block)?;
        self.pages.get(page).map(|(_, members)| members)
    }

    /// How many numbers there are.
    #[must_use]
    pub const fn len(&self) -> u64 {
        self.len
    }

    /// Whether there is no number.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// How many blocks have a number.
    #[must_use]
    pub fn block_count(&self) -> usize {
        self.pages.len()
    }

    /// Brings the blocks into ascending order, in which [`NumberSet::blocks`] then gives them.
    pub fn sort(&mut self) {
        if self.pages.is_sorted_by_key(|(block, _)| *block) {
            return;
        }
        self.pages.sort_unstable_by_key(|(block, _)| *block);
        let pages = std::mem::take(&mut self.pages);
        for (page, (block, _)) in pages.iter().enumerate() {
            self.remember(*block, page);
        }
        self.pages = pages;
        self.last = None;
    }

    /// The blocks that have a number, with their members.
    pub fn blocks(&self) -> impl ExactSizeIterator<Item = (u64, &Members)> {
        self.pages.iter().map(|(block, members)| (*block, members))
    }

    /// The blocks from `block` on, once the set was sorted.
    pub fn blocks_from(&self, block: u64) -> impl Iterator<Item = (u64, &Members)> {
        let first = self.pages.partition_point(|(own, _)| *own < block);
        let pages = self.pages.iter().skip(first);
        pages.map(|(block, members)| (*block, members))
    }

    fn page(&self, block: u64) -> Option<usize> {
        let page = match NANP_BLOCKS.contains(&block) {
            true => {
                let place = usize::try_from(block - NANP_BLOCKS.start).ok()?;
                self.nanp.get(place)?.checked_sub(1)?
            }
            false => *self.others.get(&block)?,
        };
        usize::try_from(page).ok()
    }

    fn page_to_fill(&mut self, block: u64) -> usize {
        let page = self.page(block).unwrap_or_else(|| {
            let page = self.pages.len();
            self.pages.push((block, Members::new()));
            self.remember(block, page);
            page
        });
        self.last = Some((block, page));
        page
    }

    fn remember(&mut self, block: u64, page: usize) {
        let page = u32::try_from(page).unwrap_or(u32::MAX);
        if !NANP_BLOCKS.contains(&block) {
            self.others.insert(block, page);
            return;
        }
        if self.nanp.is_empty() {
            self.nanp = vec![0; 1_000_000];
        }
        let place = usize::try_from(block - NANP_BLOCKS.start).unwrap_or(usize::MAX);
        if let Some(entry) = self.nanp.get_mut(place) {
            *entry = page + 1;
        }
    }
}

impl Extend<E164> for NumberSet {
    fn extend<I: IntoIterator<Item = E164>>(&mut self, numbers: I) {
        for number in numbers {
            self.insert(number);
        }
    }
}

impl FromIterator<E164> for NumberSet {
    fn from_iter<I: IntoIterator<Item = E164>>(numbers: I) -> Self {
        let mut set = Self::new();
        set.extend(numbers);
        set.sort();
        set
    }
}

impl fmt::Debug for NumberSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NumberSet({} numbers)", self.len)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    fn any_number() -> impl Strategy<Value = u64> {
        prop_oneof![
            12_025_550_000..12_025_560_000u64,
            13_030_000_000..13_039_999_999u64,
            442_079_460_000..442_079_470_000u64,
            100_000..i64::MAX as u64,
        ]
    }

    proptest! {
        #[test]
        fn it_is_the_set_that_it_was_made_of(digits in vec(any_number(), 0..300)) {
            let numbers = digits.iter().filter_map(|digits| E164::from_digits(*digits));
            let set: NumberSet = numbers.collect();
            let expected: BTreeSet<u64> = digits.into_iter().collect();
            let found = set.blocks().flat_map(|(block, members)| {
                members.iter().map(move |member| block * 10_000 + u64::from(member))
            });
            prop_assert!(found.eq(expected.iter().copied()));
            prop_assert_eq!(set.len(), expected.len() as u64);
            for digits in expected {
                let number = E164::from_digits(digits).unwrap();
                prop_assert!(set.contains(number));
                prop_assert!(set.members(block_of(number)).is_some());
            }
        }
    }

    #[test]
    fn blocks_from_one_on_are_those_at_and_behind_it() {
        let numbers = ["+12025550143", "+12025560143", "+442079460101"];
        let set: NumberSet = numbers.iter().map(|text| text.parse().unwrap()).collect();
        let from = |block| {
            set.blocks_from(block)
                .map(|(block, _)| block)
                .collect::<Vec<u64>>()
        };
        assert_eq!(from(0), [1_202_555, 1_202_556, 44_207_946]);
        assert_eq!(from(1_202_556), [1_202_556, 44_207_946]);
        assert!(from(44_207_947).is_empty());
    }
}
