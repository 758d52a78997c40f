//! A whole name split into first and last name.
//!
//! No rule is right for every culture, so the split is careful: what it leaves out (titles, middle
//! names, suffixes) the caller keeps with the whole cell, and what it does not understand it
//! leaves whole.
//! What this module does not do: it changes no letter and no case.

use super::answer::same;

/// What a cell with a whole name holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Name<'t> {
    /// A person; both parts are stretches of the cell.
    Person {
        first: Option<&'t str>,
        last: Option<&'t str>,
    },
    /// A company, club or authority.
    Organisation,
    /// Neither: an e-mail address, say.
    Unclear,
}

const PREFIXES: &[&str] = &[
    "dr",
    "prof",
    "professor",
    "mr",
    "mrs",
    "ms",
    "miss",
    "mx",
    "sir",
    "dame",
    "herr",
    "frau",
    "dipl-ing",
    "mme",
    "mlle",
    "monsieur",
    "madame",
    "sra",
    "srta",
    "doña",
    "signora",
    "dott",
    "dhr",
    "mevr",
    "mw",
    "drs",
];
/// Titles that are names, or parts of names, unless a dot follows.
const PREFIXES_DOTTED: &[&str] = &[
    "m", "hr", "fr", "sr", "rev", "hon", "sen", "rep", "capt", "col", "lt", "sgt", "med", "phil",
    "jur", "rer", "nat", "ing", "mag", "sig", "ir", "don",
];
const SUFFIXES: &[&str] = &["jr", "sr", "phd", "esq", "msc", "bsc", "junior", "senior"];
/// Suffixes that are names unless in capitals.
const SUFFIXES_CAPITALS: &[&str] = &[
    "II", "III", "IV", "MD", "DDS", "MBA", "CPA", "MA", "BA", "RN", "JD", "LLM", "CFA", "PE",
];
const PARTICLES: &[&str] = &[
    "van", "von", "vom", "de", "der", "den", "del", "della", "di", "da", "do", "dos", "das", "du",
    "des", "le", "la", "las", "los", "ter", "ten", "te", "zu", "zum", "zur", "af", "av", "bin",
    "ibn", "al", "el", "st", "d'", "lo",
];
/// Words that make a company's name in any case of letters.
const ORGANISATION_WORDS: &[&str] = &[
    "gmbh",
    "inc",
    "llc",
    "llp",
    "ltd",
    "limited",
    "plc",
    "corp",
    "corporation",
    "incorporated",
    "company",
    "ohg",
    "gbr",
    "mbh",
    "sarl",
    "aps",
    "pty",
    "ltda",
    "lda",
    "university",
    "universität",
    "université",
    "universidad",
    "foundation",
    "stiftung",
    "verein",
    "institute",
    "institut",
    "hospital",
    "klinikum",
    "holdings",
    "group",
    "ministry",
    "department",
    "stadtwerke",
    "association",
    "society",
];
/// Words that do so only written just like this, being people's names or parts of them otherwise.
const ORGANISATION_CAPITALS: &[&str] = &[
    "AG", "SE", "SA", "S.A", "AB", "AS", "SL", "SPA", "UG", "CO", "KG", "SAS", "SRL", "BV", "B.V",
    "NV", "N.V", "OY", "Oy", "e.V", "e.K",
];
/// Words that do so at the start.
const ORGANISATION_STARTS: &[&str] = &[
    "University",
    "Universität",
    "Stadtwerke",
    "Gemeinde",
    "Bank",
];

/// Longer cells are prose, and a name has few words.
const NAME_BYTES_MAX: usize = 200;
const NAME_WORDS_MAX: usize = 16;

/// Splits a whole name.
pub(super) fn split(cell: &str) -> Name<'_> {
    let cell = cell.trim();
    if cell.is_empty() || cell.len() > NAME_BYTES_MAX || cell.contains('@') {
        return Name::Unclear;
    }
    if cell.chars().any(is_east_asian) {
        return last_only(cell);
    }
    if is_organisation(cell) {
        return Name::Organisation;
    }
    if cell.contains(['&', '/', '+']) {
        return last_only(cell);
    }
    match cell.split_once(',') {
        Some((before, after)) => with_comma(cell, before.trim(), after.trim()),
        None => in_order(cell),
    }
}

/// Whether a person's first and last name, one space between them, are the whole cell.
pub(super) fn is_whole(cell: &str, first: Option<&str>, last: Option<&str>) -> bool {
    let cell = cell.trim();
    match (first, last) {
        (Some(first), Some(last)) => cell
            .strip_prefix(first)
            .and_then(|rest| rest.strip_prefix(' '))
            .is_some_and(|rest| rest == last),
        (Some(only), None) | (None, Some(only)) => cell == only,
        (None, None) => false,
    }
}

/// `Last, First`; but `First Last, Suffix` too.
fn with_comma<'t>(cell: &'t str, before: &'t str, after: &'t str) -> Name<'t> {
    let (after, rest) = after
        .split_once(',')
        .map_or((after, ""), |(a, b)| (a.trim(), b.trim()));
    let all_suffixes = |part: &str| part.split_whitespace().all(is_suffix);
    if all_suffixes(after) {
        // Nothing follows but suffixes, or `Last, Jr., First`.
        return if all_suffixes(rest) {
            in_order(before)
        } else {
            reversed(cell, before, rest)
        };
    }
    if all_suffixes(rest) {
        reversed(cell, before, after)
    } else {
        last_only(cell)
    }
}

fn reversed<'t>(cell: &'t str, last: &'t str, given: &'t str) -> Name<'t> {
    let (words, count) = words(given);
    let words = core(words.get(..count).unwrap_or_default());
    let (last_words, count) = self::words(last);
    let last_words = core(last_words.get(..count).unwrap_or_default());
    match (words.first(), stretch(last, last_words)) {
        (Some(first), Some(last)) => Name::Person {
            first: Some(first),
            last: Some(last),
        },
        _ => last_only(cell),
    }
}

fn in_order(cell: &str) -> Name<'_> {
    let (all, count) = words(cell);
    let all = all.get(..count).unwrap_or_default();
    let words = core(all);
    let titled = !std::ptr::eq(words.as_ptr(), all.as_ptr());
    match words {
        [] => last_only(cell),
        // `Frau Müller` has a family name only, `Cher` is what she is called.
        [only] if titled => last_only(only),
        [only] => Name::Person {
            first: Some(only),
            last: None,
        },
        [first, others @ ..] => Name::Person {
            first: Some(first),
            last: stretch(cell, last_name(others)),
        },
    }
}

/// The words of the last name among those after the first.
fn last_name<'w, 't>(others: &'w [&'t str]) -> &'w [&'t str] {
    let last = others.len().saturating_sub(1);
    let particle = others
        .get(..last)
        .unwrap_or_default()
        .iter()
        .position(|word| is_one_of(PARTICLES, word));
    let joined = others
        .get(..last)
        .unwrap_or_default()
        .iter()
        .position(|word| matches!(*word, "y" | "i" | "e"))
        .and_then(|and| and.checked_sub(1));
    let start = particle.into_iter().chain(joined).min().unwrap_or(last);
    others.get(start..).unwrap_or_default()
}

/// The words of a cell, at most [`NAME_WORDS_MAX`]; nicknames in quotes or brackets left out.
fn words(cell: &str) -> ([&str; NAME_WORDS_MAX], usize) {
    let mut words = [""; NAME_WORDS_MAX];
    let mut count = 0;
    let named = cell.split_whitespace().filter(|word| {
        !word.starts_with(['"', '(', '“', '„', '«', '['])
            && !word.ends_with(['"', ')', '”', '“', '»', ']'])
    });
    for (place, word) in words.iter_mut().zip(named) {
        *place = word;
        count += 1;
    }
    (words, count)
}

/// The words without titles before and suffixes after; at least one is left.
fn core<'w, 't>(mut words: &'w [&'t str]) -> &'w [&'t str] {
    while let [first, rest @ ..] = words
        && !rest.is_empty()
        && is_prefix(first)
    {
        words = rest;
    }
    while let [rest @ .., last] = words
        && rest.len() > 1
        && is_suffix(last)
    {
        words = rest;
    }
    words
}

/// The stretch of the cell from the first of `words` to the last.
fn stretch<'t>(cell: &'t str, words: &[&'t str]) -> Option<&'t str> {
    let offset = |part: &str| (part.as_ptr() as usize).checked_sub(cell.as_ptr() as usize);
    let start = offset(words.first()?)?;
    let last = words.last()?;
    cell.get(start..offset(last)? + last.len())
}

/// Whether a cell is nothing but a form of address, such as `Mr` or `Prof. Dr.`.
pub(super) fn is_form_of_address(cell: &str) -> bool {
    cell.split_whitespace().all(is_prefix)
}

fn is_prefix(word: &str) -> bool {
    is_one_of(PREFIXES, word) || (word.ends_with('.') && is_one_of(PREFIXES_DOTTED, word))
}

fn is_suffix(word: &str) -> bool {
    let letters = || word.chars().filter(|c| !matches!(c, '.' | ','));
    is_one_of(SUFFIXES, word)
        || SUFFIXES_CAPITALS
            .iter()
            .any(|term| term.chars().eq(letters()))
}

fn last_only(cell: &str) -> Name<'_> {
    Name::Person {
        first: None,
        last: Some(cell),
    }
}

fn is_one_of(list: &[&str], word: &str) -> bool {
    let bare = word.trim_end_matches(['.', ',']);
    list.iter().any(|term| same(term, bare))
        || (word.contains('.') && {
            // `Ph.D.` and `M.D.` are the words without their dots.
            let letters = || {
                word.chars()
                    .filter(|c| *c != '.')
                    .flat_map(char::to_lowercase)
            };
            letters().count() > 1 && list.iter().any(|term| term.chars().eq(letters()))
        })
}

/// Whether a cell has the words of a company's, a club's or an authority's name.
fn is_organisation(cell: &str) -> bool {
    let mut words = cell.split_whitespace();
    let starts = words
        .next()
        .is_some_and(|word| ORGANISATION_STARTS.contains(&word));
    starts
        || words.any(|word| {
            ORGANISATION_CAPITALS.contains(&word.trim_end_matches(['.', ',']))
                || is_one_of(ORGANISATION_WORDS, word)
        })
}

/// Han, kana and hangul: family and given name cannot be told apart by position or space.
fn is_east_asian(letter: char) -> bool {
    matches!(letter,
        '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}' | '\u{f900}'..='\u{faff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_split() {
        let check = |cell: &str, first: &str, last: &str| {
            let part = |part: &'static str| (!part.is_empty()).then_some(part);
            let (first, last): (&'static str, &'static str) = (
                Box::leak(first.to_owned().into_boxed_str()),
                Box::leak(last.to_owned().into_boxed_str()),
            );
            let want = Name::Person {
                first: part(first),
                last: part(last),
            };
            assert_eq!(split(cell), want, "{cell}");
        };
        check("Ada Lovelace", "Ada", "Lovelace");
        check("Lovelace, Ada", "Ada", "Lovelace");
        check("Lovelace, Ada King", "Ada", "Lovelace");
        check("Mary Ann Evans", "Mary", "Evans");
        check("Dr. Ada Lovelace", "Ada", "Lovelace");
        check("Prof. Dr. med. Anna Schmidt", "Anna", "Schmidt");
        check("Frau Müller", "", "Müller");
        check("John Smith Jr.", "John", "Smith");
        check("John Smith, Jr.", "John", "Smith");
        check("Smith, John, Jr.", "John", "Smith");
        check("Smith, Jr., John", "John", "Smith");
        check("John Smith, Ph.D.", "John", "Smith");
        check("Henry Ford III", "Henry", "Ford");
        check("Ludwig van Beethoven", "Ludwig", "van Beethoven");
        check("Maria de la Cruz Gomez", "Maria", "de la Cruz Gomez");
        check("van Beethoven, Ludwig", "Ludwig", "van Beethoven");
        check("José Ortega y Gasset", "José", "Ortega y Gasset");
        check("Al Gore", "Al", "Gore");
        check("Robert \"Bob\" Smith", "Robert", "Smith");
        check("Jane Doe (Acme)", "Jane", "Doe");
        check("Cher", "Cher", "");
        check("  Ada   Lovelace ", "Ada", "Lovelace");
        check("王小明", "", "王小明");
        check("山田 太郎", "", "山田 太郎");
        check("John & Mary Smith", "", "John & Mary Smith");
        check("Phil Collins", "Phil", "Collins");
        check("Dr. phil. Phil Collins", "Phil", "Collins");
        check("Jack Yun Ma", "Jack", "Ma");
        check("Jack Yun Ma, M.D.", "Jack", "Ma");
        check("Jr", "Jr", "");
        check("Dr", "Dr", "");
    }

    #[test]
    fn companies_are_not_split() {
        for cell in [
            "Acme GmbH",
            "Acme Inc.",
            "Müller & Co. KG",
            "Siemens AG",
            "University of Nowhere",
            "Turnverein Nirgendwo e.V.",
        ] {
            assert_eq!(split(cell), Name::Organisation, "{cell}");
        }
        for person in [
            "Ag Nielsen",
            "Jan Sas",
            "Melissa Bank",
            "Ev Sample",
            "Ann Group-Muster",
        ] {
            assert_ne!(split(person), Name::Organisation, "{person}");
        }
        assert_eq!(split("ada@example.com"), Name::Unclear);
        assert_eq!(split(" "), Name::Unclear);
    }

    #[test]
    fn a_split_that_leaves_something_out_is_known() {
        assert!(is_whole("Ada Lovelace", Some("Ada"), Some("Lovelace")));
        assert!(is_whole(" Cher", Some("Cher"), None));
        assert!(!is_whole("Dr. Ada Lovelace", Some("Ada"), Some("Lovelace")));
        assert!(!is_whole("Lovelace, Ada", Some("Ada"), Some("Lovelace")));
    }
}
