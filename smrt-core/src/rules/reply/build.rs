//! Makes rules of a file of phrases, or tells every fault of it.
//!
//! What this module does not do: it applies them to no text.

use std::collections::{BTreeMap, BTreeSet};

use toml::Spanned;

use super::file::{self, File, Group, Match};
use super::word::{Word, words};
use super::{Entry, ReplyFault, ReplyPhrase, ReplyProblem, ReplyRules};

/// The rules of a file, or every fault of it.
pub(super) fn rules(name: &str, text: &str) -> Result<ReplyRules, Vec<ReplyFault>> {
    let file = file::read(name, text).map_err(|fault| vec![fault])?;
    let mut builder = Builder {
        name,
        text,
        rules: ReplyRules::empty(),
        faults: Vec::new(),
        known: BTreeMap::new(),
    };
    builder.read(&file);
    builder
        .faults
        .sort_by_key(|fault| (fault.line, fault.column));
    match builder.faults.is_empty() {
        true => Ok(builder.rules),
        false => Err(builder.faults),
    }
}

/// Makes the rules of a file.
struct Builder<'t> {
    name: &'t str,
    text: &'t str,
    rules: ReplyRules,
    faults: Vec<ReplyFault>,
    /// Phrases by their words, with how they are found.
    known: BTreeMap<(Vec<String>, bool), String>,
}

impl Builder<'_> {
    fn read(&mut self, file: &File) {
        for (word, others) in &file.same {
            for other in others {
                if let Some(other) = self.one_word(other) {
                    self.rules.same.insert(other, word.clone());
                }
            }
        }
        self.rules.filler = self.set(&file.filler.words);
        self.rules.negation = self.set(&file.negation.words);
        self.rules.condition = self.set(&file.condition.words);
        for phrase in &file.harmless.phrases {
            let words = self.words(phrase);
            self.rules.vocabulary.extend(words.iter().cloned());
            self.rules.harmless.push(words);
        }
        for group in &file.reply {
            self.group(group);
        }
        let entries = self.rules.entries.values_mut();
        entries.for_each(|entries| {
            entries.sort_by_key(|entry| std::cmp::Reverse(entry.words.len()));
        });
    }

    fn group(&mut self, group: &Group) {
        let Some(kind) = file::kind_of(group.kind.get_ref()) else {
            let problem = ReplyProblem::Kind(group.kind.get_ref().clone());
            self.fault(group.kind.span().start, problem);
            return;
        };
        for text in &group.phrases {
            let words = self.words(text);
            let phrase = self.rules.phrases.len();
            if group.how == Match::Prefix {
                if let [word] = words.as_slice() {
                    self.rules.prefixes.push((word.clone(), phrase));
                } else {
                    let problem = ReplyProblem::NotOneWord(text.get_ref().clone());
                    self.fault(text.span().start, problem);
                }
            } else if let Some(first) = words.first().cloned() {
                // The same word may be a whole text of one meaning and a phrase of another.
                let key = (words.clone(), group.how == Match::Phrase);
                if let Some(earlier) = self.known.insert(key, text.get_ref().clone()) {
                    let phrase = text.get_ref().clone();
                    self.fault(
                        text.span().start,
                        ReplyProblem::Duplicate { phrase, earlier },
                    );
                }
                self.rules.vocabulary.extend(words.iter().cloned());
                self.rules.entries.entry(first).or_default().push(Entry {
                    words,
                    how: group.how,
                    phrase,
                });
            }
            self.rules.phrases.push(ReplyPhrase {
                text: text.get_ref().clone(),
                kind,
                language: group.language.clone(),
                citation: group.citation.clone(),
                source: group.source.clone(),
            });
        }
    }

    /// The words of a phrase; a sign is one.
    fn words(&mut self, text: &Spanned<String>) -> Vec<String> {
        let is_sign = |letter: char| !letter.is_alphanumeric() && !letter.is_ascii();
        let found = words(text.get_ref(), is_sign);
        let signs = found.iter().flat_map(|word| word.text.chars());
        self.rules.signs.extend(signs.filter(|sign| is_sign(*sign)));
        if found.is_empty() {
            self.fault(text.span().start, ReplyProblem::Empty);
        }
        let same = |word: Word| {
            self.rules
                .same
                .get(&word.text)
                .cloned()
                .unwrap_or(word.text)
        };
        found.into_iter().map(same).collect()
    }

    fn one_word(&mut self, text: &Spanned<String>) -> Option<String> {
        let mut found = words(text.get_ref(), |_| false);
        match found.pop() {
            Some(word) if found.is_empty() => Some(word.text),
            _ => {
                let problem = ReplyProblem::NotOneWord(text.get_ref().clone());
                self.fault(text.span().start, problem);
                None
            }
        }
    }

    fn set(&mut self, texts: &[Spanned<String>]) -> BTreeSet<String> {
        let words: BTreeSet<String> = texts
            .iter()
            .filter_map(|text| self.one_word(text))
            .collect();
        self.rules.vocabulary.extend(words.iter().cloned());
        words
    }

    fn fault(&mut self, at: usize, problem: ReplyProblem) {
        let fault = file::fault(self.name, self.text, at, problem);
        self.faults.push(fault);
    }
}
