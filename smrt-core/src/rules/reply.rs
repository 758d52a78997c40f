//! What a received text asks for: to be left alone, help, more, or nothing of the kind.
//!
//! # What it decides
//!
//! A text that is nothing but a stop word is certainly a withdrawal. One with a phrase that a
//! reasonable person reads as one is likely a withdrawal. One in which a stop word occurs in any
//! other way may be one: then it counts as withdrawn for marketing, and a person looks at it.
//!
//! # Why
//!
//! The law knows no magic words: any reasonable means revokes (47 CFR 64.1200(a)(10)). A contact
//! that did not happen harms less than one after a stop.
//!
//! What this module does not do: it records nothing, and it keeps no text: what it returns is of
//! the list, not of the text.

mod build;
mod fault;
mod file;
mod word;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

pub use self::fault::{ReplyFault, ReplyProblem};
use self::file::Match;
use self::word::{Word, words};
use crate::model::term::terms;

/// The built-in words and phrases.
pub const BUILTIN_REPLIES: (&str, &str) =
    ("replies.toml", include_str!("../../rules/replies.toml"));

/// Characters of a text that are read. What is longer is no plain answer, and never nothing.
pub const TEXT_CHARS_MAX: usize = 10_000;

/// A negation turns a phrase round that begins at most so many words behind it.
const NEGATION_WORDS_MAX: usize = 3;

terms! {
    /// What a text asks for.
    pub enum ReplyKind is "a kind of reply" {
        /// To be contacted no more.
        Withdrawal = "withdrawal",
        /// Who that is, or how to stop it.
        Help = "help",
        /// To be contacted again.
        OptIn = "opt_in",
        /// Nothing of the kind.
        Nothing = "nothing",
    }
}

terms! {
    /// How sure that is.
    pub enum ReplyConfidence is "a confidence" {
        /// The text says nothing else.
        Certain = "certain",
        /// A reasonable person reads it so.
        Likely = "likely",
        /// It may be read so, and a person is to look at it.
        Unsure = "unsure",
    }
}

/// What a text asks for, and why that is thought.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Reply<'r> {
    /// What it asks for.
    pub kind: ReplyKind,
    /// How sure that is.
    pub confidence: ReplyConfidence,
    /// The phrase of the list that says so, if one does.
    pub matched: Option<&'r ReplyPhrase>,
}

/// A word or phrase of the list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReplyPhrase {
    /// As the list writes it.
    pub text: String,
    /// What it asks for.
    pub kind: ReplyKind,
    /// The languages it is of: `en`, `sv da nb fi`.
    pub language: String,
    /// The law.
    pub citation: String,
    /// Where it was taken from.
    pub source: String,
}

/// What a text asks for, by the built-in list.
///
/// ```
/// use smrt_core::rules::reply::{ReplyConfidence, ReplyKind, classify};
///
/// let reply = classify("STOP!!");
/// assert_eq!((reply.kind, reply.confidence), (ReplyKind::Withdrawal, ReplyConfidence::Certain));
/// let reply = classify("Please don't text me anymore");
/// assert_eq!((reply.kind, reply.confidence), (ReplyKind::Withdrawal, ReplyConfidence::Likely));
/// let reply = classify("can you stop at 5?");
/// assert_eq!((reply.kind, reply.confidence), (ReplyKind::Withdrawal, ReplyConfidence::Unsure));
/// assert_eq!(classify("See you on Monday").kind, ReplyKind::Nothing);
/// ```
#[must_use]
pub fn classify(text: &str) -> Reply<'static> {
    ReplyRules::builtin().classify(text)
}

/// Words and phrases, and what they mean.
#[derive(Debug)]
pub struct ReplyRules {
    /// As words that compare, the longest first, by the first word.
    entries: BTreeMap<String, Vec<Entry>>,
    phrases: Vec<ReplyPhrase>,
    /// Words whose beginning is a hint.
    prefixes: Vec<(String, usize)>,
    harmless: Vec<Vec<String>>,
    same: BTreeMap<String, String>,
    filler: BTreeSet<String>,
    negation: BTreeSet<String>,
    condition: BTreeSet<String>,
    /// Every word there is here.
    vocabulary: BTreeSet<String>,
    signs: BTreeSet<char>,
}

/// A phrase to be found.
#[derive(Debug)]
struct Entry {
    words: Vec<String>,
    how: Match,
    phrase: usize,
}

impl ReplyRules {
    /// The list that comes with smrt.
    #[must_use]
    pub fn builtin() -> &'static Self {
        // That the file is sound is a test; without words, every text is unsure.
        static BUILTIN: LazyLock<ReplyRules> = LazyLock::new(|| {
            let (name, text) = BUILTIN_REPLIES;
            ReplyRules::parse(name, text).unwrap_or_else(|_| ReplyRules::empty())
        });
        &BUILTIN
    }

    fn empty() -> Self {
        Self {
            entries: BTreeMap::new(),
            phrases: Vec::new(),
            prefixes: Vec::new(),
            harmless: Vec::new(),
            same: BTreeMap::new(),
            filler: BTreeSet::new(),
            negation: BTreeSet::new(),
            condition: BTreeSet::new(),
            vocabulary: BTreeSet::new(),
            signs: BTreeSet::new(),
        }
    }

    /// Reads a list of the form of the built-in one.
    ///
    /// ```
    /// use smrt_core::rules::reply::{BUILTIN_REPLIES, ReplyRules};
    ///
    /// assert!(ReplyRules::parse(BUILTIN_REPLIES.0, BUILTIN_REPLIES.1).is_ok());
    /// let faults = ReplyRules::parse("own.toml", "[same]\nstop = 1\n").unwrap_err();
    /// assert!(faults[0].to_string().starts_with("`own.toml` line 2, column 8: "));
    /// ```
    ///
    /// # Errors
    ///
    /// Every fault, in the order of the file; the first one alone where the form is wrong.
    pub fn parse(name: &str, text: &str) -> Result<Self, Vec<ReplyFault>> {
        build::rules(name, text)
    }

    /// All words and phrases with a meaning.
    #[must_use]
    pub fn phrases(&self) -> &[ReplyPhrase] {
        &self.phrases
    }

    /// What a text asks for. Total: every text has an answer.
    #[must_use]
    pub fn classify(&self, text: &str) -> Reply<'_> {
        let end = text.char_indices().nth(TEXT_CHARS_MAX).map(|(at, _)| at);
        let read = end.and_then(|end| text.get(..end)).unwrap_or(text);
        let words = self.words(read);
        let reply = self
            .as_a_whole(&words)
            .or_else(|| self.withdrawal_within(&words))
            .or_else(|| self.other_within(&words));
        let nothing = Reply {
            kind: ReplyKind::Nothing,
            confidence: ReplyConfidence::Likely,
            matched: None,
        };
        match reply {
            Some(reply) if end.is_none() || reply.kind == ReplyKind::Withdrawal => reply,
            None if end.is_none() && !self.phrases.is_empty() => nothing,
            // Nobody read to its end, or nobody can read.
            _ => Reply {
                kind: ReplyKind::Withdrawal,
                confidence: ReplyConfidence::Unsure,
                matched: None,
            },
        }
    }

    /// The words of a text as the list writes them.
    fn words(&self, text: &str) -> Vec<Word> {
        let mut words = words(text, |sign| self.signs.contains(&sign));
        for word in &mut words {
            if !self.knows(&word.text) {
                let reading = word::readings(&word.text);
                if let Some(known) = reading.into_iter().find(|reading| self.knows(reading)) {
                    word.text = known;
                }
            }
            if let Some(same) = self.same.get(&word.text) {
                word.text.clone_from(same);
            }
        }
        words
    }

    fn knows(&self, word: &str) -> bool {
        self.vocabulary.contains(word) || self.same.contains_key(word)
    }

    /// What the text asks for if it consists of nothing but words that say so.
    fn as_a_whole(&self, words: &[Word]) -> Option<Reply<'_>> {
        let mut best: Option<&ReplyPhrase> = None;
        let mut at = 0;
        while at < words.len() {
            let here = words.get(at..)?;
            match self.found_at(here, |how| matches!(how, Match::Whole | Match::Word)) {
                Some((phrase, len)) => {
                    at += len;
                    best = match best {
                        Some(best) if best.kind <= phrase.kind => Some(best),
                        _ => Some(phrase),
                    };
                }
                None if here
                    .first()
                    .is_some_and(|word| self.filler.contains(&word.text)) =>
                {
                    at += 1;
                }
                None => return None,
            }
        }
        best.map(|phrase| Reply {
            kind: phrase.kind,
            confidence: ReplyConfidence::Certain,
            matched: Some(phrase),
        })
    }

    /// A withdrawal among other words.
    fn withdrawal_within(&self, words: &[Word]) -> Option<Reply<'_>> {
        let mut hint: Option<&ReplyPhrase> = None;
        let mut rest = words;
        for part in words.chunk_by(|one, next| one.part == next.part) {
            rest = rest.get(part.len()..)?;
            if let Some(whole) = self.as_a_whole(part)
                && whole.kind == ReplyKind::Withdrawal
            {
                return Some(Reply {
                    confidence: ReplyConfidence::Likely,
                    ..whole
                });
            }
            for at in 0..part.len() {
                let here = part.get(at..)?;
                if let Some((phrase, len)) = self.found_at(here, |how| how == Match::Phrase)
                    && phrase.kind == ReplyKind::Withdrawal
                {
                    if !self.is_limited(part, at, len, rest) {
                        return Some(Reply {
                            kind: ReplyKind::Withdrawal,
                            confidence: ReplyConfidence::Likely,
                            matched: Some(phrase),
                        });
                    }
                    hint = hint.or(Some(phrase));
                }
                if let Some(phrase) = self.hint_at(part, at) {
                    hint = hint.or(Some(phrase));
                }
            }
        }
        hint.map(|phrase| Reply {
            kind: ReplyKind::Withdrawal,
            confidence: ReplyConfidence::Unsure,
            matched: Some(phrase),
        })
    }

    /// Help or an agreement asked for among other words.
    fn other_within(&self, words: &[Word]) -> Option<Reply<'_>> {
        let parts = words.chunk_by(|one, next| one.part == next.part);
        let mut found = parts.flat_map(|part| (0..part.len()).filter_map(|at| part.get(at..)));
        let phrase = found.find_map(|here| self.found_at(here, |how| how == Match::Phrase));
        phrase.map(|(phrase, _)| Reply {
            kind: phrase.kind,
            confidence: ReplyConfidence::Likely,
            matched: Some(phrase),
        })
    }

    /// Whether the words before a phrase turn it round or ask for it, or those behind it, up to
    /// the end of the sentence, limit it. `rest` is what follows the part.
    fn is_limited(&self, part: &[Word], at: usize, len: usize, rest: &[Word]) -> bool {
        let before = part.get(at.saturating_sub(NEGATION_WORDS_MAX)..at);
        let behind = part.get(at + len..).unwrap_or_default();
        let sentence = part.first().map(|word| word.sentence);
        let in_sentence = |word: &&Word| Some(word.sentence) == sentence;
        let mut limits = behind.iter().chain(rest.iter().take_while(in_sentence));
        let mut turns = before.unwrap_or_default().iter();
        turns.any(|word| self.negation.contains(&word.text))
            || limits.any(|word| self.condition.contains(&word.text))
    }

    /// A stop word that is not within a harmless phrase.
    fn hint_at(&self, part: &[Word], at: usize) -> Option<&ReplyPhrase> {
        let here = part.get(at..)?;
        let by_word = self.found_at(here, |how| how == Match::Word);
        let phrase = match by_word {
            Some((phrase, _)) => phrase,
            None => {
                let word = here.first()?;
                let mut prefixes = self.prefixes.iter();
                let (_, phrase) = prefixes.find(|(prefix, _)| word.text.starts_with(prefix))?;
                self.phrases.get(*phrase)?
            }
        };
        (phrase.kind == ReplyKind::Withdrawal && !self.is_harmless(part, at)).then_some(phrase)
    }

    /// Whether the word at a place belongs to a harmless phrase.
    fn is_harmless(&self, part: &[Word], at: usize) -> bool {
        let covers = |phrase: &Vec<String>, start: usize| {
            let found = part.get(start..start + phrase.len());
            found.is_some_and(|found| found.iter().map(|word| &word.text).eq(phrase))
        };
        self.harmless.iter().any(|phrase| {
            let first = (at + 1).saturating_sub(phrase.len());
            (first..=at).any(|start| covers(phrase, start))
        })
    }

    /// The longest phrase at the beginning of some words, and how many of them it takes. Filler
    /// words may stand in between.
    fn found_at(
        &self,
        words: &[Word],
        fits: impl Fn(Match) -> bool,
    ) -> Option<(&ReplyPhrase, usize)> {
        let entries = self.entries.get(&words.first()?.text)?;
        entries
            .iter()
            .filter(|entry| fits(entry.how))
            .find_map(|entry| {
                let len = self.length_of(&entry.words, words)?;
                Some((self.phrases.get(entry.phrase)?, len))
            })
    }

    /// How many words a phrase takes that begins with the first of them.
    fn length_of(&self, phrase: &[String], words: &[Word]) -> Option<usize> {
        let mut wanted = phrase.iter().peekable();
        for (at, word) in words.iter().enumerate() {
            match wanted.peek() {
                None => return Some(at),
                Some(next) if **next == word.text => {
                    wanted.next();
                }
                Some(_) if self.filler.contains(&word.text) => {}
                Some(_) => return None,
            }
        }
        wanted.next().is_none().then_some(words.len())
    }
}

#[cfg(test)]
mod tests;
