//! What is wrong with a file of phrases: where, what, and what to do.
//!
//! What this module does not do: it reads no file.

use std::fmt;

/// A fault of a file of phrases, at its place.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("`{file}` line {line}, column {column}: {problem}")]
pub struct ReplyFault {
    /// The file's name.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// What is wrong.
    pub problem: ReplyProblem,
}

/// What may be wrong with a file of phrases.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum ReplyProblem {
    /// The text is no TOML, or not of this form.
    Syntax(String),
    /// The file is longer than any file of phrases.
    Length {
        /// What a file may have.
        bytes_max: usize,
    },
    /// No such kind of reply.
    Kind(String),
    /// A phrase without a letter.
    Empty,
    /// What must be a single word is not.
    NotOneWord(String),
    /// The same phrase stands there already, perhaps in other words that count as the same.
    Duplicate {
        /// The phrase.
        phrase: String,
        /// The one that stands there.
        earlier: String,
    },
}

impl fmt::Display for ReplyProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Syntax(message) => write!(f, "not a list of replies: {message}"),
            Self::Length { bytes_max } => write!(f, "the file has more than {bytes_max} bytes"),
            Self::Kind(kind) => {
                write!(
                    f,
                    "no kind of reply `{kind}`; known: withdrawal, help, opt_in"
                )
            }
            Self::Empty => f.write_str("a phrase needs a letter or a sign"),
            Self::NotOneWord(text) => write!(f, "`{text}` is not one word"),
            Self::Duplicate { phrase, earlier } => {
                write!(
                    f,
                    "`{phrase}` says the same as `{earlier}`; remove one of them"
                )
            }
        }
    }
}
