//! Where a list says whom it means: columns by name, or guessed.
//!
//! What this module does not do: it reads no row.

use crate::mapping::Mapping;
use crate::source::{Header, Source};

/// The columns of a list by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ColumnNames {
    /// Columns with numbers, the preferred one first.
    pub phones: Vec<String>,
    /// The column with the state or country of an address.
    pub state: Option<String>,
    /// The column with a time zone.
    pub zone: Option<String>,
    /// The column with the kind of line.
    pub line: Option<String>,
    /// The column that says whom the line serves.
    pub audience: Option<String>,
}

/// The columns of a list by their place, counted from 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListColumns {
    // INVARIANT: not empty.
    pub(super) phones: Vec<usize>,
    pub(super) state: Option<usize>,
    pub(super) zone: Option<usize>,
    pub(super) line: Option<usize>,
    pub(super) audience: Option<usize>,
}

/// Why the columns of a list cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ColumnError {
    /// There is no column of this name.
    #[error("the list has no column `{name}`")]
    Unknown {
        /// The name.
        name: String,
        /// The names there are.
        columns: Vec<String>,
    },
    /// No column looks like a phone number.
    #[error("no column of the list looks like a phone number")]
    NoPhone {
        /// The names there are.
        columns: Vec<String>,
    },
    /// Several columns look like a phone number.
    #[error(
        "several columns of the list look like a phone number: {}",
        quoted(candidates)
    )]
    SeveralPhones {
        /// Those columns.
        candidates: Vec<String>,
    },
    /// The list has a column that a scrub adds, elsewhere than a scrub puts it.
    #[error("the list has a column `{name}` already")]
    Taken {
        /// Its name.
        name: String,
    },
    /// The list is of vCards.
    #[error("a file of vCards has no rows to write verdicts behind")]
    Cards,
}

impl ColumnError {
    /// A stable code for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unknown { .. } => "column_unknown",
            Self::NoPhone { .. } => "phone_column_missing",
            Self::SeveralPhones { .. } => "phone_column_unclear",
            Self::Taken { .. } => "column_taken",
            Self::Cards => "list_of_cards",
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Unknown { columns, .. } => format!("its columns are {}", quoted(columns)),
            Self::NoPhone { columns } => format!(
                "say which one holds the number with `--phone-column`; its columns are {}",
                quoted(columns)
            ),
            Self::SeveralPhones { candidates } => format!(
                "say which one to contact, such as `--phone-column '{}'`, or name several",
                candidates.first().map_or("", String::as_str)
            ),
            Self::Taken { .. } => "rename the column, or remove it".to_owned(),
            Self::Cards => {
                "import the cards, and scrub what `smrt export contacts` writes as CSV".to_owned()
            }
        }
    }
}

fn quoted(names: &[String]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    names.join(", ")
}

impl ListColumns {
    /// Finds the columns in the header of a list. Names are taken as they are written; where none
    /// is so written, in any case.
    ///
    /// # Errors
    ///
    /// [`ColumnError`] for a name that the list does not have, and without a column for numbers.
    pub fn bind(names: &ColumnNames, source: &Source) -> Result<Self, ColumnError> {
        let header = source.header();
        let find = |name: &String| position(header, name);
        let phones: Vec<usize> = names.phones.iter().map(find).collect::<Result<_, _>>()?;
        if phones.is_empty() {
            return Err(ColumnError::NoPhone {
                columns: all(header),
            });
        }
        let find_optional = |name: &Option<String>| name.as_ref().map(find).transpose();
        Ok(Self {
            phones,
            state: find_optional(&names.state)?,
            zone: find_optional(&names.zone)?,
            line: find_optional(&names.line)?,
            audience: find_optional(&names.audience)?,
        })
    }
}

/// The only column of a list that looks like a phone number, with the reason.
///
/// # Errors
///
/// [`ColumnError`] when none does, or several do: which number is dialled is for a person to say.
pub fn guess_phone_column(source: &Source) -> Result<(String, String), ColumnError> {
    let names: Vec<&str> = source.header().names().collect();
    let guess = Mapping::guess(&names, source.sample());
    let mut candidates = guess.phone_columns();
    match (candidates.next(), candidates.next()) {
        (None, _) => Err(ColumnError::NoPhone {
            columns: all(source.header()),
        }),
        (Some(only), None) => Ok((only.name.clone(), only.reason.clone())),
        (Some(_), Some(_)) => Err(ColumnError::SeveralPhones {
            candidates: guess
                .phone_columns()
                .map(|column| column.name.clone())
                .collect(),
        }),
    }
}

fn position(header: &Header, name: &str) -> Result<usize, ColumnError> {
    let wanted = name.trim();
    let in_any_case = || {
        let mut alike = header.names().enumerate();
        let found = alike.find(|(_, known)| known.to_lowercase() == wanted.to_lowercase())?;
        let is_only = !alike.any(|(_, known)| known.to_lowercase() == wanted.to_lowercase());
        is_only.then_some(found.0)
    };
    let found = header.position(wanted).or_else(in_any_case);
    found.ok_or_else(|| ColumnError::Unknown {
        name: name.to_owned(),
        columns: all(header),
    })
}

fn all(header: &Header) -> Vec<String> {
    header.names().map(str::to_owned).collect()
}
