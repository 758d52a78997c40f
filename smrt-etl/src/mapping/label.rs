//! What people call their phone numbers, in the languages of exports.
//!
//! What this module does not do: it reads no number.

use std::borrow::Cow;

use smrt_core::model::RelationshipType;

use super::header::fold;

/// Words for each relationship, folded: lower case, no accents, no punctuation.
const WORDS: &[(&str, &[&str])] = &[
    (
        "mobile",
        &[
            "mobile",
            "cell",
            "cell phone",
            "cellphone",
            "cellular",
            "mobile phone",
            "mobile number",
            "mobil",
            "handy",
            "mobiltelefon",
            "handynummer",
            "mobilnummer",
            "movil",
            "telefono movil",
            "celular",
            "telemovel",
            "cellulare",
            "telefonino",
            "portable",
            "telephone portable",
            "mobiel",
            "mobiele",
            "mobiele telefoon",
            "gsm",
            "iphone",
            "mob",
        ],
    ),
    (
        "work",
        &[
            "work",
            "business",
            "office",
            "work phone",
            "business phone",
            "office phone",
            "company",
            "arbeit",
            "buro",
            "dienstlich",
            "geschaftlich",
            "beruflich",
            "firma",
            "travail",
            "bureau",
            "professionnel",
            "trabajo",
            "oficina",
            "trabalho",
            "escritorio",
            "lavoro",
            "ufficio",
            "werk",
            "kantoor",
            "zakelijk",
            "direct",
            "durchwahl",
        ],
    ),
    (
        "home",
        &[
            "home",
            "home phone",
            "private",
            "privat",
            "zuhause",
            "personal",
            "domicile",
            "maison",
            "casa",
            "particular",
            "hogar",
            "abitazione",
            "thuis",
            "prive",
            "festnetz",
        ],
    ),
    (
        "main",
        &[
            "main",
            "primary",
            "primary phone",
            "company main",
            "company main phone",
            "switchboard",
            "haupt",
            "hauptnummer",
            "zentrale",
            "principal",
            "principale",
            "hoofdnummer",
        ],
    ),
    (
        "fax",
        &[
            "fax",
            "telefax",
            "fax number",
            "faxnummer",
            "telecopie",
            "other fax",
        ],
    ),
    (
        "work_fax",
        &[
            "work fax",
            "business fax",
            "workfax",
            "fax work",
            "fax business",
            "fax geschaftlich",
            "fax dienstlich",
            "fax trabajo",
            "fax professionnel",
            "fax lavoro",
        ],
    ),
    (
        "home_fax",
        &[
            "home fax",
            "homefax",
            "fax home",
            "fax privat",
            "fax casa",
            "fax domicile",
        ],
    ),
    (
        "pager",
        &[
            "pager",
            "beeper",
            "pager number",
            "cercapersone",
            "semafoon",
        ],
    ),
    (
        "car",
        &["car", "car phone", "auto", "autotelefon", "voiture"],
    ),
    (
        "assistant",
        &[
            "assistant",
            "assistants",
            "assistants phone",
            "assistant phone",
            "assistent",
            "asistente",
        ],
    ),
    ("callback", &["callback", "ruckruf"]),
    ("radio", &["radio", "radio phone"]),
    ("telex", &["telex"]),
    ("tty", &["tty", "tdd", "tty tdd", "tty tdd phone"]),
    ("isdn", &["isdn"]),
    (
        "other",
        &[
            "other",
            "other phone",
            "andere",
            "sonstige",
            "weitere",
            "autre",
            "otro",
            "outro",
            "altro",
            "anders",
        ],
    ),
];

/// The relationships of smrt, ready to be lent out.
pub(super) struct Relationships {
    terms: Vec<RelationshipType>,
    /// Every word with its term's place, sorted by word.
    words: Vec<(&'static str, usize)>,
}

impl Relationships {
    pub(super) fn new() -> Self {
        let term = |term| RelationshipType::parse(term).unwrap_or(RelationshipType::OTHER);
        let mut words: Vec<_> = (0..)
            .zip(WORDS)
            .flat_map(|(place, (_, words))| words.iter().map(move |word| (*word, place)))
            .collect();
        words.sort_unstable();
        Self {
            terms: WORDS.iter().map(|(name, _)| term(name)).collect(),
            words,
        }
    }

    /// The relationship a label names; none where nobody's list has the word.
    pub(super) fn of(&self, label: &str) -> Option<&RelationshipType> {
        let mut buffer = [0_u8; LABEL_BYTES_MAX];
        let word = folded(label, &mut buffer)?;
        let found = self
            .words
            .binary_search_by(|(known, _)| (*known).cmp(word.as_ref()));
        let (_, place) = self.words.get(found.ok()?)?;
        self.terms.get(*place)
    }
}

/// The relationship's term that a label names.
pub(super) fn term(label: &str) -> Option<&'static str> {
    let mut buffer = [0_u8; LABEL_BYTES_MAX];
    let word = folded(label, &mut buffer)?;
    let mut lists = WORDS.iter();
    lists
        .find(|(_, words)| words.contains(&word.as_ref()))
        .map(|(term, _)| *term)
}

/// Longer labels are no word for a phone number.
const LABEL_BYTES_MAX: usize = 40;

/// A label's words; the usual label, one ASCII word, is folded without an allocation.
fn folded<'b>(label: &str, buffer: &'b mut [u8; LABEL_BYTES_MAX]) -> Option<Cow<'b, str>> {
    let label = label.trim();
    if label.is_empty() || label.len() > LABEL_BYTES_MAX {
        return None;
    }
    if !is_one_word(label) {
        return Some(Cow::Owned(fold(label)));
    }
    let word = buffer.get_mut(..label.len())?;
    word.copy_from_slice(label.as_bytes());
    word.make_ascii_lowercase();
    std::str::from_utf8(word).ok().map(Cow::Borrowed)
}

/// Whether a label is ASCII letters, none of them a capital inside as in `workFax`.
fn is_one_word(label: &str) -> bool {
    let hump = |(a, b): (u8, u8)| a.is_ascii_lowercase() && b.is_ascii_uppercase();
    label.bytes().all(|byte| byte.is_ascii_alphabetic())
        && !label.bytes().zip(label.bytes().skip(1)).any(hump)
}

/// A label without the mark `* ` of the preferred value, and whether it had one.
pub(super) fn without_star(label: &str) -> (&str, bool) {
    let label = label.trim();
    match label.strip_prefix('*') {
        Some(rest) => (rest.trim_start(), true),
        None => (label, false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_in_the_languages_of_exports() {
        let check = |label: &str, want: Option<&str>| assert_eq!(term(label), want, "{label}");
        check("Mobile", Some("mobile"));
        check("Handy", Some("mobile"));
        check("Móvil", Some("mobile"));
        check("Geschäftlich", Some("work"));
        check("Work Fax", Some("work_fax"));
        check("workFax", Some("work_fax"));
        check("Fax (geschäftlich)", Some("work_fax"));
        check("TTY/TDD", Some("tty"));
        check("Autre", Some("other"));
        check("ältere", None);
        check("Summer house", None);
        check("", None);
        check(
            "Grandmother's telephone in the little house by the sea",
            None,
        );
    }

    #[test]
    fn every_term_is_one_that_smrt_writes_itself() {
        for (term, words) in WORDS {
            assert!(RelationshipType::KNOWN.contains(term), "{term}");
            for word in *words {
                assert_eq!(*word, fold(word));
                assert_eq!(super::term(word), Some(*term), "{word} stands twice");
            }
        }
    }

    #[test]
    fn a_star_marks_the_preferred_value() {
        assert_eq!(without_star("* Work"), ("Work", true));
        assert_eq!(without_star(" Work "), ("Work", false));
        assert_eq!(without_star("*"), ("", true));
    }
}
