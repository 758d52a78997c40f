//! What is wrong with a rule file: where, what, and what to do.
//!
//! What this module does not do: it reads no file.

use std::fmt;

use chrono::NaiveDate;

/// One fault of a rule file, at its place.
///
/// ```
/// use smrt_core::rules::rule::RuleSet;
///
/// let text = "jurisdiction = \"US-XX\"\nsumary = \"\"\n";
/// let faults = RuleSet::parse([("own.toml", text)]).unwrap_err();
/// let shown: Vec<String> = faults.iter().map(ToString::to_string).collect();
/// assert_eq!(shown[0], "`own.toml` line 1, column 16: there is no jurisdiction `US-XX`");
/// assert_eq!(shown[1], "`own.toml` line 2, column 1: unknown key `sumary` in a rule file");
/// ```
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("`{file}` line {line}, column {column}: {problem}")]
pub struct RuleFault {
    /// The file's name.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// What is wrong.
    pub problem: RuleProblem,
}

/// What may be wrong with a rule file.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum RuleProblem {
    /// The text is no TOML.
    Syntax(String),
    /// The file is longer than any rule file.
    Length {
        /// What a file may have.
        bytes_max: usize,
    },
    /// Two files have the same name.
    DuplicateFile,
    /// A key that the format does not have.
    UnknownKey {
        /// The key.
        key: String,
        /// Where it stands: `a rule`.
        within: &'static str,
        /// The known key most like it.
        nearest: Option<&'static str>,
        /// The keys that may stand there.
        known: &'static [&'static str],
    },
    /// A key that must be there is not.
    MissingKey {
        /// The key.
        key: &'static str,
        /// Where it is missing: `a rule`.
        within: &'static str,
    },
    /// A value of another type.
    WrongType {
        /// The key.
        key: String,
        /// What it takes: `a text in quotes`.
        expected: &'static str,
        /// What stands there.
        found: &'static str,
    },
    /// A value that the key does not take.
    WrongValue {
        /// The key.
        key: String,
        /// What stands there.
        value: String,
        /// What it takes.
        expected: String,
    },
    /// Keys that do not go together, or lack one another.
    Combination {
        /// Under which key they stand.
        key: &'static str,
        /// What is wrong.
        reason: &'static str,
        /// What to do.
        hint: &'static str,
    },
    /// A word that is not of the vocabulary.
    UnknownWord {
        /// The word.
        word: String,
        /// What it is not, and what was expected.
        expected: String,
    },
    /// A place that there is not.
    UnknownJurisdiction(String),
    /// A time zone that there is not.
    UnknownZone(String),
    /// A rule that demands nothing, or more than one thing.
    Demands {
        /// The demands it names.
        found: Vec<&'static str>,
        /// The demands there are.
        known: &'static [&'static str],
    },
    /// A window of a day that is none.
    Window {
        /// What stands there.
        text: String,
        /// Why it is none.
        reason: &'static str,
    },
    /// A rule's last day comes before its first.
    Dates {
        /// The first day on which it holds.
        from: NaiveDate,
        /// The first day on which it holds no more.
        until: NaiveDate,
    },
    /// Two files have a rule of the same id.
    DuplicateId {
        /// The id.
        id: String,
        /// The other file.
        file: String,
        /// The line in it.
        line: usize,
    },
    /// Two rules of the same id hold on the same day.
    Overlap {
        /// The id.
        id: String,
        /// The line of the other one.
        line: usize,
        /// The first day on which both hold, if it is not since ever.
        day: Option<NaiveDate>,
    },
    /// A holiday is given twice.
    DuplicateHoliday {
        /// The day.
        date: NaiveDate,
        /// The file of the other one.
        file: String,
        /// The line in it.
        line: usize,
    },
    /// The id of a rule that cannot be replaced there.
    Replaces {
        /// The id.
        id: String,
        /// Why not.
        reason: &'static str,
    },
}

impl RuleProblem {
    /// Whether it is about keys that are there or not.
    pub(super) fn is_of_keys(&self) -> bool {
        matches!(
            self,
            Self::MissingKey { .. } | Self::UnknownKey { .. } | Self::Demands { .. }
        )
    }

    /// What to do.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Syntax(_) => "docs/rules.md shows how a rule file is written".to_owned(),
            Self::Length { .. } => "split it into several files".to_owned(),
            Self::DuplicateFile => "give each file a name of its own".to_owned(),
            Self::UnknownKey {
                nearest: Some(nearest),
                ..
            } => format!("is `{nearest}` meant?"),
            Self::UnknownKey { known, .. } => format!("known keys: {}", known.join(", ")),
            Self::MissingKey { key, .. } => format!("add `{key}`; docs/rules.md describes it"),
            Self::WrongType { key, expected, .. } => format!("write {expected} for `{key}`"),
            Self::WrongValue { key, expected, .. } => format!("write {expected} for `{key}`"),
            Self::Combination { hint, .. } => (*hint).to_owned(),
            Self::UnknownWord { .. } => "keep to the words of the vocabulary".to_owned(),
            Self::UnknownJurisdiction(_) => {
                "write a country such as \"US\", a state such as \"US-FL\", \"EU\" or \
                 \"everywhere\""
                    .to_owned()
            }
            Self::UnknownZone(_) => {
                "write a zone of the IANA database such as \"America/New_York\"".to_owned()
            }
            Self::Demands { known, .. } => format!("write one of {}", known.join(", ")),
            Self::Window { .. } => {
                "write a window such as \"08:00-21:00\", or \"closed\"".to_owned()
            }
            Self::Dates { .. } => {
                "`effective_until` is the first day on which the rule holds no more".to_owned()
            }
            Self::DuplicateId { file, .. } => {
                format!("give it another id, or name your file `{file}` to replace that one")
            }
            Self::Overlap { .. } => "end the earlier rule with an `effective_until` on the day \
                                     from which the later one holds, or give one another id"
                .to_owned(),
            Self::DuplicateHoliday { .. } => "keep one of the two".to_owned(),
            Self::Replaces { .. } => {
                "name a rule of the country, of a union it is a member of, or of everywhere"
                    .to_owned()
            }
        }
    }
}

impl fmt::Display for RuleProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Syntax(message) => write!(f, "not TOML: {message}"),
            Self::Length { bytes_max } => write!(f, "the file is longer than {bytes_max} bytes"),
            Self::DuplicateFile => write!(f, "there are two files of this name"),
            Self::UnknownKey { key, within, .. } => write!(f, "unknown key `{key}` in {within}"),
            Self::MissingKey { key, within } => write!(f, "`{key}` is missing in {within}"),
            Self::WrongType {
                key,
                expected,
                found,
            } => write!(f, "`{key}` takes {expected}, not {found}"),
            Self::WrongValue { key, value, .. } => write!(f, "`{key}` cannot be `{value}`"),
            Self::Combination { key, reason, .. } => write!(f, "`{key}` {reason}"),
            Self::UnknownWord { word, expected } => write!(f, "`{word}` is {expected}"),
            Self::UnknownJurisdiction(text) => write!(f, "there is no jurisdiction `{text}`"),
            Self::UnknownZone(text) => write!(f, "there is no time zone `{text}`"),
            Self::Demands { found, .. } => match found.as_slice() {
                [] => write!(f, "the rule demands nothing"),
                found => write!(f, "the rule demands several things: {}", found.join(", ")),
            },
            Self::Window { text, reason } => write!(f, "`{text}` is no window of a day: {reason}"),
            Self::Dates { from, until } => {
                write!(f, "the rule ends on {until}, before it begins on {from}")
            }
            Self::DuplicateId { id, file, line } => {
                write!(f, "`{file}` has a rule `{id}` already, on line {line}")
            }
            Self::Overlap {
                id,
                line,
                day: Some(day),
            } => write!(f, "on {day} the rule `{id}` of line {line} holds as well"),
            Self::Overlap { id, line, .. } => {
                write!(f, "the rule `{id}` of line {line} holds at the same time")
            }
            Self::DuplicateHoliday { date, file, line } => {
                write!(f, "{date} is a holiday already, on line {line} of `{file}`")
            }
            Self::Replaces { id, reason } => write!(f, "`{id}` cannot be replaced here: {reason}"),
        }
    }
}
