//! The numbering plans of the world as tables, compiled by the build script.
//!
//! The module answers three questions about digits: how a calling code splits off, what a
//! national number is, and which prefix a plan takes off.
//! It reads no text.

use super::LineType;

include!(concat!(env!("OUT_DIR"), "/phone_tables.rs"));

/// A state of an automaton: an index into [`STATES`], or behind them into [`LEAVES`].
pub(super) type Root = u16;

/// One region's rules for reading a number.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) code: u16,
    idd: Root,
    whole_prefix: Root,
    prefix: Root,
    general: Root,
    lengths: u32,
    lengths_local: u32,
}

/// A country calling code: its main plan and the automaton over its national numbers.
#[derive(Debug)]
struct Code {
    code: u16,
    main: u8,
    root: Root,
}

/// What a valid number is.
#[derive(Debug)]
pub(super) struct Verdict {
    /// The index of the plan; regions come first and in the order of [`REGIONS`].
    pub(super) plan: u8,
    pub(super) line_type: LineType,
    pub(super) area_width: u8,
}

/// How a national prefix comes off.
#[derive(Debug)]
struct Removal {
    inserted: &'static [u8],
    /// Digits dropped at the start of the match; all of them when absent.
    dropped_before: Option<u8>,
    /// Digits dropped at the end of the match.
    dropped_after: u8,
}

/// The end of an automaton: `label` if exactly `rest` more digits follow.
#[derive(Debug)]
struct Leaf {
    rest: u8,
    label: u16,
}

/// How the length of a national number fits its plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LengthFit {
    Possible,
    LocalOnly,
    TooShort,
    TooLong,
    Between,
}

/// The index of a calling code in the tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct CodeIndex(u8);

impl CodeIndex {
    /// Finds a calling code such as 1 or 590.
    pub(super) fn of(code: u16) -> Option<Self> {
        match PLACE_OF_CODE.get(usize::from(code)) {
            None | Some(0) => None,
            Some(place) => Some(Self(place - 1)),
        }
    }

    fn row(self) -> Option<&'static Code> {
        CODES.get(usize::from(self.0))
    }

    pub(super) fn code(self) -> u16 {
        self.row().map_or(0, |row| row.code)
    }

    /// The plan of the main region of the code.
    pub(super) fn main_plan(self) -> Option<&'static Plan> {
        self.row().and_then(|row| plan(row.main))
    }

    /// What the national number is, or `None` if it is not valid.
    pub(super) fn verdict(self, national: &[u8]) -> Option<&'static Verdict> {
        let label = match_whole(self.row()?.root, national);
        VERDICTS.get(usize::from(label).checked_sub(1)?)
    }
}

/// The plan with this index.
pub(super) fn plan(index: u8) -> Option<&'static Plan> {
    PLANS.get(usize::from(index))
}

/// Splits a calling code off the digits of an international number.
pub(super) fn split_code(digits: &[u8]) -> Option<(CodeIndex, &[u8])> {
    let mut code = 0;
    for (index, &digit) in digits.iter().take(3).enumerate() {
        code = code * 10 + u16::from(digit);
        if code == 0 {
            return None;
        }
        if let Some(found) = CodeIndex::of(code) {
            return Some((found, digits.get(index + 1..)?));
        }
    }
    None
}

/// What is left of a number when its national prefix is off: `inserted`, then the two slices.
#[derive(Debug)]
pub(super) struct Stripped<'a> {
    pub(super) inserted: &'static [u8],
    pub(super) kept: &'a [u8],
    pub(super) rest: &'a [u8],
}

impl Plan {
    pub(super) fn length_fit(&self, length: usize) -> LengthFit {
        let Some(bit) = 1u32.checked_shl(u32::try_from(length).unwrap_or(u32::MAX)) else {
            return LengthFit::TooLong;
        };
        if self.lengths_local & bit != 0 {
            LengthFit::LocalOnly
        } else if self.lengths & bit != 0 {
            LengthFit::Possible
        } else if self.lengths & (bit - 1) == 0 {
            LengthFit::TooShort
        } else if self.lengths < bit {
            LengthFit::TooLong
        } else {
            LengthFit::Between
        }
    }

    pub(super) fn is_general(&self, national: &[u8]) -> bool {
        match_whole(self.general, national) != 0
    }

    /// How many digits the international dialling prefix takes, if the number begins with one.
    pub(super) fn dialling_prefix(&self, digits: &[u8]) -> Option<usize> {
        let (length, _) = match_longest_start(self.idd, digits)?;
        // Calling codes do not begin with 0, so what looks like a prefix is none.
        (digits.get(length) != Some(&0)).then_some(length)
    }

    /// Finds the national prefix, if there is one, and says what is left without it.
    pub(super) fn national_prefix<'a>(&self, digits: &'a [u8]) -> Option<Stripped<'a>> {
        let (length, label) = match match_whole(self.whole_prefix, digits) {
            0 => match_longest_start(self.prefix, digits)?,
            label => (digits.len(), label),
        };
        let removal = REMOVALS.get(usize::from(label).checked_sub(1)?)?;
        let start = removal.dropped_before.map_or(length, usize::from);
        let end = length.checked_sub(usize::from(removal.dropped_after))?;
        Some(Stripped {
            inserted: removal.inserted,
            kept: digits.get(start..end.max(start))?,
            rest: digits.get(length..)?,
        })
    }
}

/// A step of an automaton.
enum Step {
    State(&'static [u16; 11]),
    Leaf(&'static Leaf),
}

fn step(at: Root) -> Option<Step> {
    let at = usize::from(at);
    match STATES.get(at) {
        Some(state) => Some(Step::State(state)),
        None => LEAVES.get(at - STATES.len()).map(Step::Leaf),
    }
}

/// The label of the whole number; 0 is no match.
fn match_whole(root: Root, digits: &[u8]) -> u16 {
    let mut at = root;
    let mut rest = digits.iter();
    loop {
        match step(at) {
            Some(Step::State(state)) => match rest.next() {
                Some(&digit) => at = state.get(usize::from(digit)).copied().unwrap_or(0),
                None => return state[10],
            },
            Some(Step::Leaf(leaf)) if usize::from(leaf.rest) == rest.len() => return leaf.label,
            _ => return 0,
        }
    }
}

/// The length and the label of the longest match at the start.
fn match_longest_start(root: Root, digits: &[u8]) -> Option<(usize, u16)> {
    let mut at = root;
    let mut best = None;
    for length in 0..=digits.len() {
        match step(at)? {
            Step::State(state) => {
                if state[10] != 0 {
                    best = Some((length, state[10]));
                }
                let Some(&digit) = digits.get(length) else {
                    break;
                };
                at = state.get(usize::from(digit)).copied()?;
            }
            Step::Leaf(leaf) => {
                let length = length + usize::from(leaf.rest);
                if leaf.label != 0 && length <= digits.len() {
                    best = Some((length, leaf.label));
                }
                break;
            }
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The shortest and the longest numbers of all plans, calling code included.
    fn digits_of_all_plans() -> (u32, u32) {
        let width = |code: u16| code.to_string().len() as u32;
        let shortest = PLANS
            .iter()
            .map(|plan| width(plan.code) + plan.lengths.trailing_zeros());
        let longest = PLANS
            .iter()
            .map(|plan| width(plan.code) + plan.lengths.ilog2());
        (shortest.min().unwrap(), longest.max().unwrap())
    }

    #[test]
    fn the_invariant_of_e164_has_room_for_every_plan() {
        assert_eq!(digits_of_all_plans(), (6, 19));
    }

    #[test]
    fn no_plan_has_numbers_of_fewer_than_three_digits() {
        // `scan` refuses texts with fewer digits without asking a plan.
        let shortest = PLANS.iter().map(|plan| plan.lengths.trailing_zeros());
        assert!(shortest.min().unwrap() >= 3);
    }

    #[test]
    fn calling_codes_split_off() {
        let split =
            |digits: &[u8]| split_code(digits).map(|(code, rest)| (code.code(), rest.len()));
        assert_eq!(split(&[1, 2, 0, 2]), Some((1, 3)));
        assert_eq!(split(&[4, 4, 2, 0]), Some((44, 2)));
        assert_eq!(split(&[5, 9, 0, 1]), Some((590, 1)));
        assert_eq!(split(&[0, 1, 2, 3]), None);
        assert_eq!(split(&[9, 9, 9, 1]), None);
    }

    #[test]
    fn lengths_fit_as_the_plan_says() {
        let united_states = CodeIndex::of(1).unwrap().main_plan().unwrap();
        assert_eq!(united_states.length_fit(6), LengthFit::TooShort);
        assert_eq!(united_states.length_fit(7), LengthFit::LocalOnly);
        assert_eq!(united_states.length_fit(9), LengthFit::TooShort);
        assert_eq!(united_states.length_fit(10), LengthFit::Possible);
        assert_eq!(united_states.length_fit(11), LengthFit::TooLong);
        assert_eq!(united_states.length_fit(99), LengthFit::TooLong);
        let gabon = CodeIndex::of(241).unwrap().main_plan().unwrap();
        assert_eq!(gabon.length_fit(7), LengthFit::Possible);
        assert_eq!(gabon.length_fit(8), LengthFit::Possible);
    }

    #[test]
    fn the_longest_prefix_comes_off() {
        let argentina = CodeIndex::of(54).unwrap().main_plan().unwrap();
        let digits = [0, 1, 1, 1, 5, 2, 3, 4, 5, 6, 7, 8, 9];
        let parts = argentina.national_prefix(&digits).unwrap();
        assert_eq!(parts.inserted, [9]);
        assert_eq!(parts.kept, [1, 1]);
        assert_eq!(parts.rest, [2, 3, 4, 5, 6, 7, 8, 9]);
    }
}
