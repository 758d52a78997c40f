//! What a bulk load has written so far, in little memory: which humans, which numbers.
//!
//! While the indexes are left out, the store cannot tell whether a key is taken; these filters
//! can. For humans the answer is "surely new" or "perhaps known": such a row is set aside until
//! the indexes stand. For numbers it is exact.
//! What this module does not do: it keeps no key that could be read back.

use fastbloom::BloomFilter;
use roaring::RoaringTreemap;
use smrt_core::model::Id;
use smrt_core::phone::E164;

/// One row in a thousand new ones is set aside needlessly.
const FALSE_POSITIVES: f64 = 0.001;

/// The least number of humans a filter is made for.
const HUMANS_MIN: usize = 1 << 16;

/// The filters start from this value always, so that a resumed run decides alike.
const SEED: u128 = 0x736d_7274_2d73_6565_6e00_0000_0000_0001;

/// The humans and numbers a bulk load has written.
#[derive(Debug)]
pub struct Seen {
    humans: Vec<BloomFilter>,
    /// How many more humans the last filter is made for.
    room: usize,
    capacity: usize,
    numbers: RoaringTreemap,
}

impl Seen {
    /// Filters for about `humans_expected` humans; more only cost a little more memory.
    #[must_use]
    pub fn new(humans_expected: usize) -> Self {
        let capacity = humans_expected.max(HUMANS_MIN);
        Self {
            humans: vec![filter(capacity)],
            room: capacity,
            capacity,
            numbers: RoaringTreemap::new(),
        }
    }

    /// Notes a human and says whether it may have been noted before.
    pub fn note_human(&mut self, id: Id) -> Sighting {
        if self
            .humans
            .iter()
            .any(|filter| filter.contains(id.as_bytes()))
        {
            return Sighting::PerhapsKnown;
        }
        if self.room == 0 {
            self.capacity *= 2;
            self.room = self.capacity;
            self.humans.push(filter(self.capacity));
        }
        self.room -= 1;
        if let Some(last) = self.humans.last_mut() {
            last.insert(id.as_bytes());
        }
        Sighting::New
    }

    /// Notes a number and says whether it is the first time.
    pub fn note_number(&mut self, number: E164) -> bool {
        self.numbers.insert(number.digits())
    }
}

fn filter(capacity: usize) -> BloomFilter {
    BloomFilter::with_false_pos(FALSE_POSITIVES)
        .seed(&SEED)
        .expected_items(capacity)
}

/// Whether a human was noted before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sighting {
    /// Surely not.
    New,
    /// Perhaps.
    PerhapsKnown,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_noted_human_is_never_called_new_even_past_the_expected_number() {
        let mut seen = Seen::new(1);
        let ids: Vec<Id> = (0..200_000_u32)
            .map(|n| Id::derived("test", &[&n.to_be_bytes()]))
            .collect();
        let needless = ids
            .iter()
            .filter(|id| seen.note_human(**id) == Sighting::PerhapsKnown)
            .count();
        assert!(
            needless < 1_000,
            "{needless} of 200,000 new ids were doubted"
        );
        assert!(
            ids.iter()
                .all(|id| seen.note_human(*id) == Sighting::PerhapsKnown)
        );
    }

    #[test]
    fn numbers_are_exact() {
        let mut seen = Seen::new(1);
        let number = E164::from_digits(13_125_550_123).unwrap();
        assert!(seen.note_number(number));
        assert!(!seen.note_number(number));
    }
}
