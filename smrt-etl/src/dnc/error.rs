//! Why a list is not loaded.

use std::fmt;
use std::io;

use smrt_core::smrt::SmrtError;

/// How many faults are told one by one.
pub(super) const FAULTS_TOLD_MAX: usize = 5;

/// A list was not loaded. Nothing was changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DncError {
    /// The file cannot be read.
    #[error("the list cannot be read: {0}")]
    Read(#[source] io::Error),
    /// There is nothing in it.
    #[error("the list is empty")]
    Empty,
    /// It is a page for a browser.
    #[error("the file is an HTML page, not a list")]
    Html,
    /// It is no text.
    #[error("the file is not text")]
    NotText,
    /// Nothing in it looks like phone numbers.
    #[error("no column of the list holds phone numbers")]
    NoNumbers,
    /// It ends in the middle.
    #[error("the list ends in the middle: {0}")]
    Cut(&'static str),
    /// A line never ends.
    #[error("line {0} is too long for a list")]
    LineTooLong(u64),
    /// It says what was added and removed, and was given as a full list.
    #[error("the file is a change list")]
    IsChangeList,
    /// It was given as a change list, and does not say what was added and removed.
    #[error("the file is no change list: no column says `A` or `D`")]
    IsFullList,
    /// Too many of its rows cannot be used.
    #[error("{rejected} of {rows} rows cannot be used")]
    TooManyFaults {
        /// How many rows cannot be used.
        rejected: u64,
        /// How many rows there are.
        rows: u64,
        /// The first of them.
        faults: Vec<Fault>,
    },
    /// It has fewer rows than it should.
    #[error("the list has {rows} rows, at least {expected} were expected")]
    TooFewRows {
        /// How many it has.
        rows: u64,
        /// How many it should have.
        expected: u64,
    },
    /// It names more different numbers than any country has.
    #[error("the list has too many different numbers")]
    TooLarge,
    /// The user stopped.
    #[error("stopped; the same command goes on with it")]
    Stopped,
    /// The store refused.
    #[error(transparent)]
    Smrt(#[from] SmrtError),
}

impl DncError {
    /// A stable code for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Read(_) => "list_unreadable",
            Self::Empty => "list_empty",
            Self::Html => "list_html",
            Self::NotText => "list_not_text",
            Self::NoNumbers => "list_without_numbers",
            Self::Cut(_) => "list_cut",
            Self::LineTooLong(_) => "list_line_too_long",
            Self::IsChangeList => "list_is_change_list",
            Self::IsFullList => "list_is_full_list",
            Self::TooManyFaults { .. } => "list_faulty",
            Self::TooFewRows { .. } => "list_too_few_rows",
            Self::TooLarge => "list_too_large",
            Self::Stopped => "stopped",
            Self::Smrt(error) => error.code(),
        }
    }

    /// What to do, one thing each.
    #[must_use]
    pub fn hints(&self) -> Vec<String> {
        let hint = match self {
            Self::Read(_) => "name a file that can be read",
            Self::Empty | Self::Cut(_) | Self::TooFewRows { .. } => {
                "download the list again; what was loaded before stays as it is"
            }
            Self::Html => "log in and download again: it may be the login page",
            Self::NotText => "the list must be text, or text in a `.gz` or `.zip` file",
            Self::NoNumbers => {
                "a row has a number in one column, or area code and number in two; \
                 `--region` says where numbers without a country code are from"
            }
            Self::LineTooLong(_) => "the list must have one number on a line, or be XML",
            Self::IsChangeList => "load it with `--change --base DATE`",
            Self::IsFullList => "load it without `--change`",
            Self::TooManyFaults { faults, .. } => {
                let mut hints: Vec<String> = faults.iter().map(Fault::to_string).collect();
                hints.push(what_to_do(faults).to_owned());
                return hints;
            }
            Self::TooLarge => "load the list in parts, by area code",
            Self::Stopped => return Vec::new(),
            Self::Smrt(error) => return smrt_hints(error),
        };
        vec![hint.to_owned()]
    }
}

fn what_to_do(faults: &[Fault]) -> &'static str {
    let first = faults.first().map(|fault| fault.kind);
    match first {
        Some(FaultKind::AnotherCountry) => "`--jurisdiction` says whose list it is",
        Some(FaultKind::NotCovered) => "`--area-codes` says which area codes the list covers",
        Some(FaultKind::NoCountry) => "`--region` says where such numbers are from",
        Some(FaultKind::NotANumber | FaultKind::NoAction | FaultKind::FewColumns) | None => {
            "at most one row in a thousand may be unusable; nothing was loaded"
        }
    }
}

fn smrt_hints(error: &SmrtError) -> Vec<String> {
    let hint = match error.code() {
        "area_codes_needed" => {
            "say `--area-codes all`, codes such as `--area-codes 303,720`, or `seen` for those in \
             the list: a number that no list covers counts as not allowed"
        }
        "version_date_needed" => {
            "say it with `--version-date 2026-11-01`: lists of an unknown date protect nobody"
        }
        "list_shrinks" => "if that is right, say `--allow-shrink`",
        "load_unfinished" => {
            "load the same file again to go on with it, or say `--discard` to drop what it wrote"
        }
        "change_base_unknown" | "change_base_wrong" | "change_not_of_base" => {
            "load the full list, or the change list that follows the version you hold"
        }
        "area_codes_not_covered" => "`--area-codes` says which area codes the list covers",
        _ => return error.hint().into_iter().collect(),
    };
    vec![hint.to_owned()]
}

/// A row that cannot be used. It holds nothing of what the row says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fault {
    /// The line, counted from 1 over all files of an archive.
    pub line: u64,
    /// The column, counted from 1.
    pub column: u32,
    /// What is wrong.
    pub kind: FaultKind,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "line {}, column {}: {}",
            self.line,
            self.column,
            self.kind.as_str()
        )
    }
}

/// What is wrong with a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultKind {
    /// There is no phone number.
    NotANumber,
    /// The number belongs to another country.
    AnotherCountry,
    /// The number's area code is not among those the list covers.
    NotCovered,
    /// The number has no country code, and where it is from was not said.
    NoCountry,
    /// A change list's row says neither `A` nor `D`.
    NoAction,
    /// The row ends before the number.
    FewColumns,
}

impl FaultKind {
    /// What is wrong, in words.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotANumber => "not a phone number",
            Self::AnotherCountry => "a number of another country",
            Self::NotCovered => "a number of an area code that the list is said not to cover",
            Self::NoCountry => "a number without country code",
            Self::NoAction => "neither `A` nor `D`",
            Self::FewColumns => "too few columns",
        }
    }
}
