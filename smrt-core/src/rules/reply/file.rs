//! Reads the file of words and phrases.
//!
//! What this module does not do: it applies them to no text.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

use super::{ReplyFault, ReplyKind, ReplyProblem};

/// No file of phrases is longer.
const FILE_BYTES_MAX: usize = 1 << 20;

/// How a phrase is found in a text.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Match {
    /// The whole text is nothing else; within another text it says nothing.
    Whole,
    /// The whole text is nothing else; within another text it is a hint.
    Word,
    /// Anywhere.
    Phrase,
    /// A word of the text begins with it; that is a hint.
    Prefix,
}

/// The file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    /// Words that count as another one, by that one.
    pub(super) same: BTreeMap<String, Vec<Spanned<String>>>,
    pub(super) filler: Words,
    pub(super) negation: Words,
    pub(super) condition: Words,
    pub(super) harmless: Phrases,
    pub(super) reply: Vec<Group>,
}

/// Single words.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Words {
    pub(super) words: Vec<Spanned<String>>,
}

/// Phrases without a meaning of their own.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Phrases {
    pub(super) phrases: Vec<Spanned<String>>,
}

/// Phrases of one meaning, with where that is from.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Group {
    pub(super) kind: Spanned<String>,
    #[serde(rename = "match")]
    pub(super) how: Match,
    pub(super) language: String,
    pub(super) citation: String,
    pub(super) source: String,
    pub(super) phrases: Vec<Spanned<String>>,
}

/// Reads a file by name and text.
pub(super) fn read(name: &str, text: &str) -> Result<File, ReplyFault> {
    let fault = |at, problem| fault(name, text, at, problem);
    if text.len() > FILE_BYTES_MAX {
        let bytes_max = FILE_BYTES_MAX;
        return Err(fault(0, ReplyProblem::Length { bytes_max }));
    }
    toml::from_str(text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        let message = error.message().lines().next().unwrap_or_default();
        fault(at, ReplyProblem::Syntax(message.to_owned()))
    })
}

/// The meaning a group names.
pub(super) fn kind_of(kind: &str) -> Option<ReplyKind> {
    kind.parse().ok().filter(|kind| *kind != ReplyKind::Nothing)
}

/// A fault at a byte of the text.
pub(super) fn fault(file: &str, text: &str, at: usize, problem: ReplyProblem) -> ReplyFault {
    let before = text.get(..at).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    ReplyFault {
        file: file.to_owned(),
        line: before.matches('\n').count() + 1,
        column: before.get(line_start..).unwrap_or_default().chars().count() + 1,
        problem,
    }
}
