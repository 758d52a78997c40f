//! What can be wrong with a mapping, where, and what to do about it.
//!
//! What this module does not do: problems of single rows are issues of the row, not errors.

use std::fmt;

/// A mapping that cannot be read, or that does not fit a file's header.
///
/// The message names the mapping's file, line and column; [`MappingError::hint`] says what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MappingError {
    file: String,
    position: Option<Position>,
    problem: MappingProblem,
}

/// A place in a mapping file, both counted from 1; the column counts characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Position {
    pub(super) line: u32,
    pub(super) column: u32,
}

impl Position {
    /// The place of a byte of `text`.
    pub(super) fn of(text: &str, byte: usize) -> Self {
        let mut end = byte.min(text.len());
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let before = text.get(..end).unwrap_or_default();
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Self {
            line: count(before.bytes().filter(|b| *b == b'\n').count() + 1),
            column: count(before.get(line_start..).unwrap_or_default().chars().count() + 1),
        }
    }
}

/// What is wrong with a mapping.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MappingProblem {
    /// The text is no TOML.
    #[error("not valid TOML: {0}")]
    Syntax(String),
    /// The text is longer than any mapping.
    #[error("a mapping has at most {bytes_max} bytes")]
    Length {
        /// The bound.
        bytes_max: usize,
    },
    /// A key that a mapping must have is not there.
    #[error("`{0}` is missing")]
    MissingKey(&'static str),
    /// The format's version is not one this program reads.
    #[error("version {0} is not known")]
    Version(String),
    /// A key the format does not have.
    #[error("unknown key `{key}` in {place}")]
    UnknownKey {
        /// The key.
        key: String,
        /// The table it stands in.
        place: &'static str,
        /// The key that may have been meant.
        nearest: Option<&'static str>,
    },
    /// A target the format does not have.
    #[error("unknown target `{target}` for column `{header}`")]
    UnknownTarget {
        /// The column.
        header: String,
        /// What was written.
        target: String,
        /// The target that may have been meant.
        nearest: Option<&'static str>,
    },
    /// A value of another type than the key takes.
    #[error("`{key}` takes {expected}, not {found}")]
    WrongType {
        /// The key.
        key: String,
        /// What it takes.
        expected: &'static str,
        /// What was found.
        found: &'static str,
    },
    /// A value of the right type that the key does not take.
    #[error("`{value}` is not a value of `{key}`")]
    WrongValue {
        /// The key.
        key: String,
        /// What was written.
        value: String,
        /// What it takes.
        expected: String,
    },
    /// Keys that contradict each other, or one that lacks its partner.
    #[error("column `{header}`: {reason}")]
    Combination {
        /// The column.
        header: String,
        /// What does not go together.
        reason: &'static str,
        /// What to write.
        hint: &'static str,
    },
    /// Two columns feed a field that takes one.
    #[error("columns `{first}` and `{second}` are both mapped to `{field}`, which takes one")]
    TwoColumns {
        /// The field.
        field: &'static str,
        /// The column that was there first.
        first: String,
        /// The other one.
        second: String,
    },
    /// Two lines of the mapping speak of one column.
    #[error("column `{header}` is mapped twice, as `{first}` and as `{second}`")]
    MappedTwice {
        /// The column of the file.
        header: String,
        /// The line that was there first.
        first: String,
        /// The other one.
        second: String,
    },
    /// The file lacks a column that the mapping names.
    #[error("the file has no column `{header}`")]
    MissingColumn {
        /// The name in the mapping.
        header: String,
        /// The column of the file most like it.
        nearest: Option<String>,
    },
}

impl MappingError {
    pub(super) fn new(file: &str, position: Option<Position>, problem: MappingProblem) -> Self {
        Self {
            file: file.to_owned(),
            position,
            problem,
        }
    }

    /// What is wrong.
    #[must_use]
    pub fn problem(&self) -> &MappingProblem {
        &self.problem
    }

    /// The line of the mapping file, from 1, where one is known.
    #[must_use]
    pub fn line(&self) -> Option<u32> {
        self.position.map(|position| position.line)
    }

    /// The character of that line, from 1.
    #[must_use]
    pub fn column(&self) -> Option<u32> {
        self.position.map(|position| position.column)
    }

    /// What to do about it, as one line.
    #[must_use]
    pub fn hint(&self) -> String {
        match &self.problem {
            MappingProblem::Syntax(_) => {
                "put column names with spaces, dots or other signs in double quotes".to_owned()
            }
            MappingProblem::Length { .. } => "is this the mapping, or the data?".to_owned(),
            MappingProblem::MissingKey("version") => {
                "begin the mapping with `version = 1`".to_owned()
            }
            MappingProblem::MissingKey("columns") => "add a table `[columns]`".to_owned(),
            MappingProblem::MissingKey(key) => format!("add `{key} = …` before `[columns]`"),
            MappingProblem::Version(_) => "write `version = 1`".to_owned(),
            MappingProblem::UnknownKey { nearest, place, .. } => match nearest {
                Some(nearest) => format!("is `{nearest}` meant?"),
                None if *place == "a column" => {
                    "a column name that holds a dot stands in quotes: `\"Contact.Email\" = \"email\"`"
                        .to_owned()
                }
                None => "docs/mapping.md lists the keys".to_owned(),
            },
            MappingProblem::UnknownTarget { target, nearest, .. } => match (target.as_str(), nearest) {
                ("phone", _) => "name the relationship: `{ phone = \"mobile\" }`".to_owned(),
                ("consent", _) => {
                    "name what is agreed to: `{ consent = \"marketing_email\", when_true = \"revoked\" }`"
                        .to_owned()
                }
                (_, Some(nearest)) => format!("is `{nearest}` meant?"),
                (_, None) => {
                    "leave the line out to keep the column in metadata, or write \"ignore\"".to_owned()
                }
            },
            MappingProblem::WrongType { expected, .. } => format!("write {expected}"),
            MappingProblem::WrongValue { expected, .. } => format!("write {expected}"),
            MappingProblem::Combination { hint, .. } => (*hint).to_owned(),
            MappingProblem::TwoColumns { field, second, .. } => format!(
                "remove one, or let it stand in where the other is empty: `\"{second}\" = {{ fallback = \"{field}\" }}`"
            ),
            MappingProblem::MappedTwice { .. } => "remove one of the two lines".to_owned(),
            MappingProblem::MissingColumn { nearest, .. } => match nearest {
                Some(nearest) => format!("the file has a column `{nearest}`"),
                None => {
                    "remove the line, or write `missing_columns = \"ignore\"` at the top".to_owned()
                }
            },
        }
    }
}

impl fmt::Display for MappingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.position {
            Some(Position { line, column }) => {
                write!(
                    f,
                    "`{}` line {line}, column {column}: {}",
                    self.file, self.problem
                )
            }
            None => write!(f, "`{}`: {}", self.file, self.problem),
        }
    }
}

impl std::error::Error for MappingError {}
