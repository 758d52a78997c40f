//! The random part of the ids that are made here.

/// Where random bytes come from.
#[derive(Debug)]
pub(crate) enum Randomness {
    /// The system's generator.
    System,
    /// A small generator (SplitMix64) in this state, which gives the same bytes everywhere.
    #[cfg(feature = "testing")]
    Seed(u64),
}

impl Randomness {
    /// The next ten bytes, as many as an id takes.
    pub(crate) fn draw(&mut self) -> [u8; 10] {
        match self {
            Self::System => of_words(uuid::Uuid::new_v4().as_u64_pair()),
            #[cfg(feature = "testing")]
            Self::Seed(state) => of_words((next(state), next(state))),
        }
    }
}

fn of_words((high, low): (u64, u64)) -> [u8; 10] {
    let mut random = [0; 10];
    let (first, rest) = random.split_at_mut(8);
    first.copy_from_slice(&low.to_be_bytes());
    for (byte, of_high) in rest.iter_mut().zip(high.to_be_bytes()) {
        *byte = of_high;
    }
    random
}

#[cfg(feature = "testing")]
const fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}
