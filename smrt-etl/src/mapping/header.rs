//! Column names: when two are the same, which one a name means, and which one is nearest.
//!
//! What this module does not do: it gives no name a meaning.

use std::borrow::Cow;
use std::collections::HashMap;

use unicode_normalization::char::is_combining_mark;
use unicode_normalization::{UnicodeNormalization, is_nfc};

/// The place of a number in a column name, as in `Phone {n} - Value`.
pub(super) const NUMBER: &str = "{n}";

/// Whether upper and lower case differ in column names.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) enum HeaderCase {
    #[default]
    Exact,
    Ignore,
}

/// The form in which names are compared: composed and without space round it.
pub(super) fn canonical(name: &str) -> Cow<'_, str> {
    let name = name.trim_start_matches('\u{feff}').trim();
    if is_nfc(name) {
        Cow::Borrowed(name)
    } else {
        Cow::Owned(name.nfc().collect())
    }
}

fn key(name: &str, case: HeaderCase) -> String {
    match case {
        HeaderCase::Exact => canonical(name).into_owned(),
        HeaderCase::Ignore => canonical(name).to_lowercase(),
    }
}

/// A header, searchable by name.
pub(super) struct HeaderIndex<'h> {
    names: Vec<&'h str>,
    case: HeaderCase,
    exact: HashMap<String, usize>,
    folded: HashMap<String, usize>,
}

impl<'h> HeaderIndex<'h> {
    pub(super) fn new(header: &[&'h str], case: HeaderCase) -> Self {
        let mut exact = HashMap::with_capacity(header.len());
        let mut folded = HashMap::new();
        for (column, name) in header.iter().enumerate() {
            exact.entry(canonical(name).into_owned()).or_insert(column);
            if case == HeaderCase::Ignore {
                folded.entry(key(name, case)).or_insert(column);
            }
        }
        Self {
            names: header.to_vec(),
            case,
            exact,
            folded,
        }
    }

    /// The column a name means; the first one where a header repeats it.
    pub(super) fn find(&self, name: &str) -> Option<usize> {
        let name = canonical(name);
        self.exact.get(name.as_ref()).copied().or_else(|| {
            (self.case == HeaderCase::Ignore)
                .then(|| self.folded.get(&name.to_lowercase()).copied())
                .flatten()
        })
    }

    /// The columns a pattern means, with the number each carries, by rising number.
    pub(super) fn find_numbered(&self, pattern: &str) -> Vec<(u32, usize)> {
        let pattern = key(pattern, self.case);
        let Some((before, after)) = pattern.split_once(NUMBER) else {
            return Vec::new();
        };
        let mut found: Vec<(u32, usize)> = self
            .names
            .iter()
            .enumerate()
            .filter_map(|(column, name)| {
                let name = key(name, self.case);
                let number = name.strip_prefix(before)?.strip_suffix(after)?;
                let plain = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
                plain
                    .then(|| number.parse().ok())
                    .flatten()
                    .map(|number| (number, column))
            })
            .collect();
        found.sort_unstable();
        found
    }

    pub(super) fn name(&self, column: usize) -> &'h str {
        self.names.get(column).copied().unwrap_or_default()
    }

    pub(super) fn len(&self) -> usize {
        self.names.len()
    }

    /// The column name most like one that is not there, if any is alike.
    pub(super) fn nearest(&self, missing: &str) -> Option<&'h str> {
        nearest(missing, self.names.iter().copied())
    }
}

/// The candidate most like `wanted`, if any is alike.
pub(super) fn nearest<'c>(
    wanted: &str,
    candidates: impl Iterator<Item = &'c str>,
) -> Option<&'c str> {
    /// Below this similarity a hint misleads more than it helps.
    const SIMILARITY_MIN: f64 = 0.75;
    let wanted = fold(wanted);
    candidates
        .map(|name| (strsim::jaro_winkler(&wanted, &fold(name)), name))
        .filter(|(similarity, _)| *similarity >= SIMILARITY_MIN)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, name)| name)
}

/// Lower-case words without accents and punctuation, one space between them.
///
/// `FirstName`, `first_name` and `FIRST NAME` all read `first name`; `Prénom` reads `prenom`.
pub(super) fn fold(name: &str) -> String {
    let mut folded = String::with_capacity(name.len());
    let mut after_lower = false;
    for letter in name.nfkd().filter(|c| !is_combining_mark(*c)) {
        if !letter.is_alphanumeric() {
            after_lower = false;
            if !folded.is_empty() && !folded.ends_with(' ') && letter != '\'' && letter != '’' {
                folded.push(' ');
            }
            continue;
        }
        if letter.is_uppercase() && after_lower && !folded.ends_with(' ') {
            folded.push(' ');
        }
        after_lower = letter.is_lowercase();
        match letter {
            'ß' => folded.push_str("ss"),
            'Æ' | 'æ' => folded.push_str("ae"),
            'Ø' | 'ø' => folded.push('o'),
            'ł' | 'Ł' => folded.push('l'),
            _ => folded.extend(letter.to_lowercase().filter(|c| !is_combining_mark(*c))),
        }
    }
    folded.truncate(folded.trim_end().len());
    folded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fold_to_words() {
        let check = |name: &str, want: &str| assert_eq!(fold(name), want);
        check("FirstName", "first name");
        check("first_name", "first name");
        check("  E-Mail-Adresse ", "e mail adresse");
        check("Prénom", "prenom");
        check("Pre\u{301}nom", "prenom");
        check("Straße", "strasse");
        check("TTY/TDD Phone", "tty tdd phone");
        check("ID", "id");
        check("Person - ID", "person id");
        check("Assistant's Phone", "assistants phone");
    }

    #[test]
    fn a_name_is_found_composed_or_not_and_by_case_only_when_told() {
        let header = ["Nu\u{301}mero", "EMAIL", "email"];
        let exact = HeaderIndex::new(&header, HeaderCase::Exact);
        assert_eq!(exact.find("Número"), Some(0));
        assert_eq!(exact.find("email"), Some(2));
        assert_eq!(exact.find("Email"), None);
        let ignore = HeaderIndex::new(&header, HeaderCase::Ignore);
        assert_eq!(ignore.find("Email"), Some(1));
        assert_eq!(ignore.find("email"), Some(2));
    }

    #[test]
    fn a_pattern_finds_numbers_in_order() {
        let header = ["Phone 10 - Value", "Phone 2 - Value", "Phone x - Value"];
        let index = HeaderIndex::new(&header, HeaderCase::Exact);
        assert_eq!(index.find_numbered("Phone {n} - Value"), [(2, 1), (10, 0)]);
        assert_eq!(index.find_numbered("Fax {n}"), []);
    }

    #[test]
    fn the_nearest_name_is_near() {
        let header = ["Record ID", "E-mail", "Phone"];
        let index = HeaderIndex::new(&header, HeaderCase::Exact);
        assert_eq!(index.nearest("Email"), Some("E-mail"));
        assert_eq!(index.nearest("record_id"), Some("Record ID"));
        assert_eq!(index.nearest("Birthday"), None);
    }
}
