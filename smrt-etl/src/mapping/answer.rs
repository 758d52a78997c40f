//! Yes and no, as cells spell them.
//!
//! What this module does not do: it does not know what yes means for consent.

/// What a yes-or-no cell says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Answer {
    Yes,
    No,
    /// The cell itself says that contact is not wanted, whatever its column asks.
    OptedOut,
    /// The cell itself says that contact is wanted.
    OptedIn,
}

const YES: &[&str] = &[
    "true",
    "1",
    "yes",
    "y",
    "t",
    "x",
    "on",
    "checked",
    "ja",
    "j",
    "wahr",
    "oui",
    "o",
    "vrai",
    "si",
    "sí",
    "s",
    "sim",
    "verdadero",
    "verdadeiro",
    "vero",
    "waar",
    "✓",
    "✔",
    "☑",
];
const NO: &[&str] = &[
    "false",
    "0",
    "no",
    "n",
    "f",
    "off",
    "unchecked",
    "nein",
    "falsch",
    "non",
    "faux",
    "falso",
    "não",
    "nao",
    "nee",
    "onwaar",
    "-",
    "☐",
];
const OPTED_OUT: &[&str] = &[
    "opted out",
    "opted-out",
    "opt out",
    "opt-out",
    "opt_out",
    "optout",
    "unsubscribed",
    "do not call",
    "do not email",
    "do not contact",
    "dnc",
    "abgemeldet",
    "désinscrit",
    "désabonné",
    "desinscrit",
    "dado de baja",
    "cancelado",
    "disiscritto",
    "uitgeschreven",
];
const OPTED_IN: &[&str] = &[
    "opted in",
    "opted-in",
    "opt in",
    "opt-in",
    "opt_in",
    "optin",
    "subscribed",
    "angemeldet",
    "inscrit",
    "abonné",
    "suscrito",
    "inscrito",
    "iscritto",
    "ingeschreven",
];

/// Longer cells are no answer; the bound keeps the comparison off prose.
const ANSWER_BYTES_MAX: usize = 24;

/// Reads an answer; none where the cell is something else.
pub(super) fn read(cell: &str) -> Option<Answer> {
    let cell = cell.trim();
    if cell.is_empty() || cell.len() > ANSWER_BYTES_MAX {
        return None;
    }
    [
        (YES, Answer::Yes),
        (NO, Answer::No),
        (OPTED_OUT, Answer::OptedOut),
        (OPTED_IN, Answer::OptedIn),
    ]
    .into_iter()
    .find(|(words, _)| words.iter().any(|word| same(word, cell)))
    .map(|(_, answer)| answer)
}

/// Equality without regard to case, without an allocation.
pub(super) fn same(a: &str, b: &str) -> bool {
    a.eq_ignore_ascii_case(b)
        || (!a.is_ascii()
            && a.chars()
                .flat_map(char::to_lowercase)
                .eq(b.chars().flat_map(char::to_lowercase)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_in_the_languages_of_exports() {
        let check = |cell: &str, want: Option<Answer>| assert_eq!(read(cell), want, "{cell}");
        for yes in [
            "true", "TRUE", "1", "Yes", " x ", "X", "Y", "ja", "Sí", "SÍ", "oui", "sim", "✔",
        ] {
            check(yes, Some(Answer::Yes));
        }
        for no in [
            "false", "0", "No", "N", "nein", "non", "NÃO", "nee", "Falso",
        ] {
            check(no, Some(Answer::No));
        }
        check("Unsubscribed", Some(Answer::OptedOut));
        check("Opted Out", Some(Answer::OptedOut));
        check("Désinscrit", Some(Answer::OptedOut));
        check("subscribed", Some(Answer::OptedIn));
        for nothing in [
            "",
            "  ",
            "maybe",
            "2",
            "2024-05-03",
            "yes, but not on Sundays please",
        ] {
            check(nothing, None);
        }
    }
}
