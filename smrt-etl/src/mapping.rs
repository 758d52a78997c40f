//! What a column means: one TOML language for presets, for the guess and for people's own mappings.
//!
//! A [`Mapping`] is read from text, found by a file's header or guessed from its contents; bound to
//! a header it becomes a [`RowMapper`], which reads one row after the other into a [`MappedRow`].
//! `docs/mapping.md` describes the language.
//! What this module does not do: it reads no file, normalises no phone number and stores nothing.

mod answer;
mod apply;
mod bind;
mod date;
mod error;
mod guess;
mod header;
mod joined;
mod label;
mod name;
mod parse;
mod phone_list;
mod preset;
mod row;
mod rule;
mod write;

use std::fmt;

use date::DateFormat;
use header::{HeaderCase, NUMBER};

pub use bind::RowMapper;
pub use error::{MappingError, MappingProblem};
pub use guess::{Guess, GuessRefusal, GuessedColumn};

pub use preset::Detected;
pub use row::{IssueEffect, MappedConsent, MappedIssue, MappedLink, MappedPhone, MappedRow};
pub use rule::Field;

use crate::record::RecordBatch;
use error::Position;
use rule::Rule;

/// What the columns of a file mean, not yet joined with a header.
#[derive(Clone)]
pub struct Mapping {
    /// The name of the mapping's file, for messages.
    name: String,
    source: String,
    header_case: HeaderCase,
    missing_columns: MissingColumns,
    date_format: DateFormat,
    utc_offset_minutes: i32,
    detect: Option<Detect>,
    entries: Vec<Entry>,
    constants: Vec<(Field, String)>,
    metadata: Vec<(String, String)>,
}

/// One line of `[columns]`.
#[derive(Clone)]
struct Entry {
    /// A column's name, or a pattern with `{n}`.
    header: String,
    rule: Rule,
    position: Position,
    /// Why the guess says so.
    comment: Option<String>,
}

/// What becomes of a mapping that names a column the file lacks.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
enum MissingColumns {
    #[default]
    Error,
    Ignore,
}

/// The header by which a preset knows its files.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Detect {
    /// All of these columns are there,
    headers: Vec<String>,
    /// and none of these is,
    absent: Vec<String>,
    /// or every column begins with one of these, and some column with the first.
    prefixes: Vec<String>,
}

impl Mapping {
    /// Reads a mapping; `name` is its file's name, for messages.
    ///
    /// # Errors
    ///
    /// [`MappingError`] with the line and column of the first thing that is wrong.
    pub fn parse(name: &str, text: &str) -> Result<Self, MappingError> {
        parse::parse(name, text)
    }

    /// The built-in mapping of this name.
    #[must_use]
    pub fn preset(name: &str) -> Option<Self> {
        preset::find(name)
    }

    /// The names of all built-in mappings.
    pub fn presets() -> impl Iterator<Item = &'static str> {
        preset::names()
    }

    /// The built-in mapping whose signature a header carries; none where there is doubt.
    #[must_use]
    pub fn detect(header: &[&str]) -> Option<Detected> {
        preset::detect(header)
    }

    /// What the columns seem to mean, by their names and by what the sample holds.
    #[must_use]
    pub fn guess(header: &[&str], sample: &RecordBatch) -> Guess {
        guess::guess(header, sample)
    }

    /// Settles the order of day and month where the sample proves it.
    ///
    /// Columns whose format the mapping states are left alone.
    pub fn settle_date_formats(&mut self, header: &[&str], sample: &RecordBatch) {
        guess::settle_date_formats(self, header, sample);
    }

    /// Lets files be without columns that the mapping names.
    pub fn allow_missing_columns(&mut self) {
        self.missing_columns = MissingColumns::Ignore;
    }

    /// The mapping as text that [`Mapping::parse`] reads back with the same meaning.
    #[must_use]
    pub fn to_toml(&self) -> String {
        write::to_toml(self)
    }

    /// The system the records come from; with the source key it makes each human's id.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Joins the mapping with a header.
    ///
    /// # Errors
    ///
    /// [`MappingError`] when two columns feed one field, or a column the mapping names is missing.
    pub fn bind(&self, header: &[&str]) -> Result<RowMapper, MappingError> {
        bind::bind(self, header)
    }

    /// SHA-256 of the mapping's meaning, as 64 hexadecimal digits.
    ///
    /// Comments, spacing and the order of lines do not change it, except where order has a meaning.
    #[must_use]
    pub fn digest(&self) -> String {
        write::digest(self)
    }
}

impl Entry {
    fn is_pattern(&self) -> bool {
        self.header.contains(NUMBER)
    }
}

impl fmt::Debug for Mapping {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mapping")
            .field("name", &self.name)
            .field("source", &self.source)
            .field("columns", &self.entries.len())
            .finish_non_exhaustive()
    }
}
