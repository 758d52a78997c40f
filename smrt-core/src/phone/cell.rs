//! Several phone numbers in one cell: `a / b`, `a; b`, `a or b`, one a line.
//!
//! The same characters also stand inside of one number (`030/123456`) or in front of its
//! extension (`…, ext. 9`), so no separator decides by itself: of all ways to cut the cell, the one
//! wins that leaves the fewest pieces which are no number.

use std::iter::FusedIterator;

use super::{PhoneError, PhoneNumber, Region, parse};

/// A cell is cut into at most so many pieces; what follows stays in the last one.
const PIECES_MAX: usize = 32;
/// A single number is at most so many pieces long.
const PIECES_OF_NUMBER_MAX: usize = 5;

/// Words before the digits of an extension.
const EXTENSION_LABELS: [&str; 8] = [
    "ext",
    "extn",
    "extension",
    "extensión",
    "anexo",
    "int",
    "x",
    "доб",
];

/// Words that stand between two numbers.
const WORDS: [&str; 18] = [
    "or", "and", "oder", "und", "ou", "et", "o", "y", "e", "u", "of", "en", "og", "och", "eller",
    "или", "и", "i",
];

const BLANKS: [char; 2] = [' ', '\u{a0}'];

/// A piece of a cell, and the number in it.
pub type CellItem<'a> = (&'a str, Result<PhoneNumber, PhoneError>);

/// The numbers of a cell, in the order in which they are written; see [`parse_cell`].
#[derive(Clone)]
pub struct CellNumbers<'a> {
    items: Items<'a>,
}

#[derive(Clone)]
enum Items<'a> {
    One(Option<CellItem<'a>>),
    Several(std::vec::IntoIter<CellItem<'a>>),
}

impl<'a> Iterator for CellNumbers<'a> {
    type Item = CellItem<'a>;

    fn next(&mut self) -> Option<CellItem<'a>> {
        match &mut self.items {
            Items::One(item) => item.take(),
            Items::Several(items) => items.next(),
        }
    }
}

impl FusedIterator for CellNumbers<'_> {}

impl std::fmt::Debug for CellNumbers<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CellNumbers(****)")
    }
}

/// Reads all phone numbers of a cell, each with the piece of text it came from.
///
/// An empty cell has none; a cell without a readable number gives one error.
/// Pieces without digits beside a number (`… (home)`, `or`) are left out.
#[must_use]
pub fn parse_cell(text: &str, home: Option<Region>) -> CellNumbers<'_> {
    let text = text.trim();
    let items = match text.is_empty() {
        true => Items::One(None),
        false => read(text, home),
    };
    CellNumbers { items }
}

fn read(text: &str, home: Option<Region>) -> Items<'_> {
    let whole = parse_written(text, home);
    if let Ok(number) = &whole
        && number.extension().is_none()
    {
        return Items::One(Some((text, whole)));
    }
    let pieces = pieces(text);
    if pieces.len() < 2 || whole == Err(PhoneError::NoDigits) {
        return Items::One(Some((text, whole)));
    }
    let items = best_cut(text, &pieces, home);
    match items.len() {
        0 | 1 => Items::One(Some(items.into_iter().next().unwrap_or((text, whole)))),
        _ => Items::Several(items.into_iter()),
    }
}

/// Reads a number as [`parse`] does, and then, if the plan has no such number, as one of those
/// people write with `00` for `+`, or `001` for `+1`, though their own country dials otherwise.
fn parse_written(text: &str, home: Option<Region>) -> Result<PhoneNumber, PhoneError> {
    parse(text, home).or_else(|error| {
        let dialled = text
            .trim_start()
            .strip_prefix("00")
            .filter(|rest| !rest.starts_with('0'));
        dialled
            .and_then(|rest| parse(&format!("+{rest}"), None).ok())
            .ok_or(error)
    })
}

/// A piece of a cell: where it begins and ends.
type Piece = (usize, usize);

/// Cuts a cell wherever one number may end and another begin.
fn pieces(text: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut start = 0;
    let mut place = 0;
    while let Some(rest) = text.get(place..).filter(|rest| !rest.is_empty()) {
        let width = rest.chars().next().map_or(1, char::len_utf8);
        let begun = text.get(start..place).unwrap_or_default();
        match separator(begun, rest).filter(|_| pieces.len() + 1 < PIECES_MAX) {
            Some(length) => {
                push_piece(&mut pieces, text, start, place);
                start = place + length;
                place = start.max(place + width);
            }
            None => place += width,
        }
    }
    push_piece(&mut pieces, text, start, text.len());
    pieces
}

fn push_piece(pieces: &mut Vec<Piece>, text: &str, start: usize, end: usize) {
    let Some(piece) = text.get(start..end) else {
        return;
    };
    let end = start + piece.trim_end().len();
    let start = start + (piece.len() - piece.trim_start().len());
    if start < end {
        pieces.push((start, end));
    }
}

/// The length of the separator at the start of `rest`, which follows the begun piece.
fn separator(begun: &str, rest: &str) -> Option<usize> {
    let mut characters = rest.chars();
    match characters.next()? {
        ':' => rest.starts_with(":::").then_some(3),
        '\n' | '\r' | '|' | ';' | ',' | '/' | '\\' | '&' | '\t' => Some(1),
        found @ ('；' | '，' | '、' | '／' | '•' | '·') => Some(found.len_utf8()),
        ' ' | '\u{a0}' => blank_separator(begun, rest),
        _ => None,
    }
}

/// A blank separates beside a word such as `or`, another blank, a `+` or a `(`.
///
/// The word becomes a piece of its own, because it may also be part of a number in letters.
fn blank_separator(begun: &str, rest: &str) -> Option<usize> {
    let following = rest.trim_start_matches(BLANKS);
    let blanks = rest.len() - following.len();
    let next_word = following.split(BLANKS).next().unwrap_or_default();
    let separates = (blanks > 1 && !begins_extension(next_word))
        || following.starts_with(['+', '('])
        || is_separating_word(next_word)
        || is_separating_word(begun);
    separates.then_some(blanks)
}

/// Whether a word is the label of an extension, which belongs to the number before it.
fn begins_extension(word: &str) -> bool {
    let label = word.trim_end_matches(|c: char| c.is_numeric() || matches!(c, '.' | ':'));
    let label = label.to_lowercase();
    EXTENSION_LABELS.contains(&label.as_str())
}

fn is_separating_word(word: &str) -> bool {
    let word = word.trim_matches(BLANKS);
    WORDS
        .iter()
        .any(|known| word.eq_ignore_ascii_case(known) || word == *known)
}

/// How good a cut is; the smaller the better: few pieces that are no number, many that are,
/// many pieces.
type Cost = (usize, std::cmp::Reverse<usize>, std::cmp::Reverse<usize>);

/// The best way to cut the pieces before some place, and its last piece.
struct Cut<'a> {
    cost: Cost,
    last: Option<(usize, CellItem<'a>)>,
}

/// Joins neighbouring pieces where that makes numbers of them.
fn best_cut<'a>(text: &'a str, pieces: &[Piece], home: Option<Region>) -> Vec<CellItem<'a>> {
    let mut cuts: Vec<Cut<'a>> = vec![Cut {
        cost: Default::default(),
        last: None,
    }];
    for (last, &(_, end)) in pieces.iter().enumerate() {
        let first = (last + 1).saturating_sub(PIECES_OF_NUMBER_MAX);
        let best = pieces
            .iter()
            .enumerate()
            .take(last + 1)
            .skip(first)
            .filter_map(|(begin, &(start, _))| {
                let piece = text.get(start..end)?;
                let answer = parse_written(piece, home);
                let cost = added(cuts.get(begin)?.cost, &answer);
                Some((cost, begin, (piece, answer)))
            })
            .min_by_key(|(cost, ..)| *cost);
        let Some((cost, begin, item)) = best else {
            return Vec::new();
        };
        cuts.push(Cut {
            cost,
            last: Some((begin, item)),
        });
    }
    collect(cuts)
}

fn added(cost: Cost, answer: &Result<PhoneNumber, PhoneError>) -> Cost {
    let (mut wrong, mut right, mut count) = cost;
    match answer {
        Ok(_) => right.0 += 1,
        Err(PhoneError::NoDigits) => {}
        Err(_) => wrong += 1,
    }
    count.0 += 1;
    (wrong, right, count)
}

/// Follows the cuts back from the end; pieces without digits are left out.
fn collect(mut cuts: Vec<Cut<'_>>) -> Vec<CellItem<'_>> {
    let mut items = Vec::new();
    while let Some((begin, item)) = cuts.pop().and_then(|cut| cut.last) {
        if item.1 != Err(PhoneError::NoDigits) {
            items.push(item);
        }
        cuts.truncate(begin + 1);
    }
    items.reverse();
    items
}

#[cfg(test)]
mod tests {
    use super::parse_cell;
    use crate::phone::Region;

    /// Every number as `+…` with its extension, every other piece as its error code.
    fn check(cell: &str, home: &str, expected: &[&str]) {
        let home: Region = home.parse().unwrap();
        let found: Vec<String> = parse_cell(cell, Some(home))
            .map(|(_, answer)| match answer {
                Ok(number) => match number.extension() {
                    Some(extension) => format!("{} x{extension}", number.e164()),
                    None => number.e164().to_string(),
                },
                Err(error) => error.code().to_owned(),
            })
            .collect();
        assert_eq!(found, expected, "{cell:?}");
    }

    const TWO: [&str; 2] = ["+12025550143", "+12025550199"];

    #[test]
    fn an_extension_behind_two_blanks_belongs_to_its_number() {
        let home = Some("AT".parse().unwrap());
        let cell = "+43 19963661\n02 7654-35\u{a0} extensión 1369133";
        let found: Vec<_> = parse_cell(cell, home).collect();
        assert_eq!(found.len(), 2);
        let last = found[1].1.unwrap();
        assert_eq!(last.extension(), Some("1369133"));
    }

    #[test]
    fn two_zeros_stand_for_a_plus_where_the_country_dials_otherwise() {
        let check = |text: &str, home: &str, want: Option<&str>| {
            let (_, read) = parse_cell(text, home.parse().ok()).next().unwrap();
            assert_eq!(
                read.ok().map(|number| number.e164().to_string()).as_deref(),
                want,
                "{text}"
            );
        };
        check("001 202-555-0143", "US", Some("+12025550143"));
        check("0044 20 7946 0101", "US", Some("+442079460101"));
        check("0061 2 9876 5432", "AU", Some("+61298765432"));
        check("001 202 555 0143", "DE", Some("+12025550143"));
        check("000 202 555 0143", "US", None);
        check("0012", "US", None);
    }

    #[test]
    fn numbers_are_split_at_what_stands_between_them() {
        check("202-555-0143 / 202-555-0199", "US", &TWO);
        check("202-555-0143/202-555-0199", "US", &TWO);
        check("(202) 555-0143; (202) 555-0199", "US", &TWO);
        check("2025550143;2025550199", "US", &TWO);
        check("2025550143,2025550199", "US", &TWO);
        check("202.555.0143, 202.555.0199", "US", &TWO);
        check("202-555-0143 or 202-555-0199", "US", &TWO);
        check("202-555-0143 AND 202-555-0199", "US", &TWO);
        check("202-555-0143 & 202-555-0199", "US", &TWO);
        check("202-555-0143 ::: 202-555-0199", "US", &TWO);
        check("202-555-0143\n202-555-0199", "US", &TWO);
        check("202-555-0143\r\n\r\n202-555-0199\r\n", "US", &TWO);
        check("202-555-0143 | 202-555-0199", "US", &TWO);
        check("202-555-0143  202-555-0199", "US", &TWO);
        check("+1 202 555 0143 +1 202 555 0199", "DE", &TWO);
        check("(202) 555-0143 (202) 555-0199", "US", &TWO);
        check("home: 202-555-0143, cell: 202-555-0199", "US", &TWO);
        check("202-555-0143 (home) / 202-555-0199 (work)", "US", &TWO);
    }

    #[test]
    fn a_slash_inside_a_number_does_not_split_it() {
        check("030/1234567", "DE", &["+49301234567"]);
        check("030 / 123 45 67", "DE", &["+49301234567"]);
        check(
            "0171/1234567 / 030/7654321",
            "DE",
            &["+491711234567", "+49307654321"],
        );
        check("202/555/0143", "US", &["+12025550143"]);
    }

    #[test]
    fn an_extension_stays_with_its_number() {
        check("202-555-0143, ext. 9", "US", &["+12025550143 x9"]);
        check("202-555-0143; 9", "US", &["+12025550143 x9"]);
        check("202-555-0143,,9", "US", &["+12025550143 x9"]);
        check("tel:+1-202-555-0143;ext=9", "US", &["+12025550143 x9"]);
        check("202-555-0143 x302/x2303", "US", &["+12025550143 x302"]);
        check(
            "202-555-0143 x9 / 202-555-0199 x8",
            "US",
            &["+12025550143 x9", "+12025550199 x8"],
        );
    }

    #[test]
    fn what_is_no_number_is_said_once() {
        check("", "US", &[]);
        check("  \n ", "US", &[]);
        check("n/a", "US", &["phone_no_digits"]);
        check("call me / or not", "US", &["phone_no_digits"]);
        check("12/05", "US", &["phone_too_short"]);
        check(
            "202-555-0143 / 12",
            "US",
            &["+12025550143", "phone_too_short"],
        );
        check("202-555-0143 / n/a", "US", &["+12025550143"]);
    }

    #[test]
    fn pieces_are_the_text_as_written() {
        let home: Region = "US".parse().unwrap();
        let pieces: Vec<&str> = parse_cell(" 202-555-0143 ;(202) 555-0199 x8 ", Some(home))
            .map(|(piece, _)| piece)
            .collect();
        assert_eq!(pieces, ["202-555-0143", "(202) 555-0199 x8"]);
    }

    #[test]
    fn a_long_cell_is_bounded() {
        let cell = "202-555-0143;".repeat(100);
        let count = parse_cell(&cell, "US".parse().ok()).count();
        assert!(count <= super::PIECES_MAX, "{count}");
    }
}
