//! Extensions: `ext. 9`, `x9`, `;ext=9`, `доб. 9`, `- 503#`, `,,9`.
//!
//! Every spelling ends in the digits of the extension, so all of them are read from the end.

use super::number::{EXTENSION_DIGITS_MAX, Extension};
use super::symbols::{
    COMBINING_ACUTE, CYRILLIC_BE, CYRILLIC_DE, CYRILLIC_O, NO_BREAK_SPACE, O_ACUTE, WIDE_E, WIDE_I,
    WIDE_MARK, WIDE_N, WIDE_T, WIDE_X, digit,
};

/// The most digits of an extension by how clear its mark is.
const DIGITS_MAX_EXPLICIT: usize = EXTENSION_DIGITS_MAX;
const DIGITS_MAX_LIKELY: usize = 15;
const DIGITS_MAX_AMBIGUOUS: usize = 9;
const DIGITS_MAX_UNSURE: usize = 6;

/// How the middle of `extension` is written: the symbols between `ext` and a last `n`.
const EXTENSION_MIDDLES: [&[u8]; 4] = [
    b"ensio",
    &[b'e', b'n', b's', b'i', O_ACUTE],
    &[b'e', b'n', b's', b'i', b'o', COMBINING_ACUTE],
    b"",
];

/// Labels that mean nothing but an extension; where one ends in another, the longer comes first.
const LABELS_EXPLICIT: [&[u8]; 6] = [
    &[WIDE_E, WIDE_X, WIDE_T, WIDE_N],
    &[WIDE_X, WIDE_T, WIDE_N],
    &[WIDE_E, WIDE_X, WIDE_T],
    &[WIDE_X, WIDE_T],
    &[CYRILLIC_DE, CYRILLIC_O, CYRILLIC_BE],
    b"anexo",
];

/// Labels that may mean something else.
const LABELS_AMBIGUOUS: [&[u8]; 7] = [
    b"x",
    &[WIDE_X],
    b"#",
    b"~",
    &[WIDE_MARK],
    b"int",
    &[WIDE_I, WIDE_N, WIDE_T],
];

/// The end of a text: the digits of an extension, and a `#` behind them if there is one.
struct Tail<'a> {
    before: &'a [u8],
    digits: &'a [u8],
    has_hash: bool,
}

impl<'a> Tail<'a> {
    fn of(symbols: &'a [u8]) -> Self {
        let (symbols, has_hash) = match symbols.strip_suffix(b"#") {
            Some(symbols) => (symbols, true),
            None => (symbols, false),
        };
        let (before, digits) = split_at_end(symbols, |symbol| digit(symbol).is_some());
        Self {
            before,
            digits,
            has_hash,
        }
    }
}

/// Splits off the longest end whose symbols all satisfy `belongs`.
fn split_at_end(symbols: &[u8], belongs: impl Fn(u8) -> bool) -> (&[u8], &[u8]) {
    let end = symbols
        .iter()
        .rev()
        .take_while(|&&symbol| belongs(symbol))
        .count();
    symbols
        .split_at_checked(symbols.len() - end)
        .unwrap_or((symbols, &[]))
}

fn is_blank(symbol: u8) -> bool {
    matches!(symbol, b' ' | NO_BREAK_SPACE | b'\t')
}

fn is_blank_or_comma(symbol: u8) -> bool {
    is_blank(symbol) || symbol == b','
}

fn is_behind_label(symbol: u8) -> bool {
    is_blank_or_comma(symbol) || symbol == b'-'
}

/// The value of the extension at the end, once [`starts`] has found one.
pub(super) fn digits(symbols: &[u8]) -> Extension {
    let mut values = [0; EXTENSION_DIGITS_MAX];
    let written = Tail::of(symbols).digits;
    for (place, &symbol) in values.iter_mut().zip(written) {
        *place = digit(symbol).unwrap_or_default();
    }
    Extension::of_values(values.get(..written.len()).unwrap_or_default())
}

/// Where an extension at the end would begin, by each way of writing one.
pub(super) fn starts(symbols: &[u8]) -> [Option<usize>; 6] {
    let tail = Tail::of(symbols);
    let count = tail.digits.len();
    if count == 0 {
        return [None; 6];
    }
    let up_to = |most: usize, start: Option<usize>| start.filter(|_| count <= most);
    [
        up_to(DIGITS_MAX_EXPLICIT, parameter(&tail)),
        up_to(DIGITS_MAX_EXPLICIT, explicit(&tail)),
        up_to(DIGITS_MAX_AMBIGUOUS, ambiguous(&tail)),
        up_to(DIGITS_MAX_UNSURE, hash(&tail)),
        up_to(DIGITS_MAX_LIKELY, dialled_pause(&tail)),
        up_to(DIGITS_MAX_AMBIGUOUS, commas(&tail)),
    ]
}

/// `;ext=9`, the parameter of `tel:` links.
fn parameter(tail: &Tail<'_>) -> Option<usize> {
    let label = strip_label(tail.before, b";ext=")?;
    (!tail.has_hash).then_some(label.len())
}

/// `ext. 9` and its relatives.
fn explicit(tail: &Tail<'_>) -> Option<usize> {
    labelled(tail, |before| {
        strip_extension_word(before).or_else(|| strip_any(before, &LABELS_EXPLICIT))
    })
}

/// `x9`, `#9`, `int 9`.
fn ambiguous(tail: &Tail<'_>) -> Option<usize> {
    labelled(tail, |before| strip_any(before, &LABELS_AMBIGUOUS))
}

/// Blanks, a label, perhaps `:` or `.`, blanks.
fn labelled(tail: &Tail<'_>, strip: impl Fn(&[u8]) -> Option<&[u8]>) -> Option<usize> {
    let (before, _) = split_at_end(tail.before, is_behind_label);
    let before = match before.split_last() {
        Some((b':' | b'.', before)) => before,
        _ => before,
    };
    Some(split_at_end(strip(before)?, is_blank_or_comma).0.len())
}

/// Takes off `extension`, `extensión`, `extn`, `ext`, `xtn`, `xt`.
fn strip_extension_word(symbols: &[u8]) -> Option<&[u8]> {
    let without_n = strip_label(symbols, b"n");
    let before = [without_n, Some(symbols)]
        .into_iter()
        .flatten()
        .flat_map(|symbols| EXTENSION_MIDDLES.map(|middle| strip_label(symbols, middle)))
        .flatten()
        .find_map(|symbols| strip_label(symbols, b"xt"))?;
    Some(strip_label(before, b"e").unwrap_or(before))
}

fn strip_any<'a>(symbols: &'a [u8], labels: &[&[u8]]) -> Option<&'a [u8]> {
    labels.iter().find_map(|label| strip_label(symbols, label))
}

fn strip_label<'a>(symbols: &'a [u8], label: &[u8]) -> Option<&'a [u8]> {
    let (before, end) = symbols.split_at_checked(symbols.len().checked_sub(label.len())?)?;
    end.eq_ignore_ascii_case(label).then_some(before)
}

/// `- 503#`, the American way.
fn hash(tail: &Tail<'_>) -> Option<usize> {
    let (before, gap) = split_at_end(tail.before, |symbol| matches!(symbol, b' ' | b'-'));
    (tail.has_hash && !gap.is_empty()).then_some(before.len())
}

/// `,,9` and `;9`, which telephones dial after a pause.
fn dialled_pause(tail: &Tail<'_>) -> Option<usize> {
    first_start(tail, |rest| match rest {
        [b',', b',', rest @ ..] | [b';', rest @ ..] => Some(rest),
        _ => None,
    })
}

/// `,9`.
fn commas(tail: &Tail<'_>) -> Option<usize> {
    first_start(tail, |rest| {
        let count = rest.iter().take_while(|&&symbol| symbol == b',').count();
        (count > 0).then(|| rest.get(count..)).flatten()
    })
}

/// The first place from which blanks, then what `mark` takes off, then perhaps `:` or `.`, then
/// blanks reach the digits.
fn first_start(tail: &Tail<'_>, mark: impl Fn(&[u8]) -> Option<&[u8]>) -> Option<usize> {
    let (number, gap) = split_at_end(tail.before, |symbol| {
        is_behind_label(symbol) || matches!(symbol, b':' | b'.' | b';')
    });
    let reaches = |start: &usize| {
        let rest = gap.get(*start..).unwrap_or_default();
        let blanks = rest.iter().take_while(|&&symbol| is_blank(symbol)).count();
        let Some(rest) = rest.get(blanks..).and_then(&mark) else {
            return false;
        };
        let rest = match rest {
            [b':' | b'.', rest @ ..] => rest,
            rest => rest,
        };
        rest.iter().all(|&symbol| is_behind_label(symbol))
    };
    let start = (0..gap.len()).find(reaches)?;
    Some(number.len() + start)
}
