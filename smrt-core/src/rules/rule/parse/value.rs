//! Single values of a rule file, checked for their type.
//!
//! What this module does not do: it knows no key of the format.

use chrono::NaiveDate;
use toml::de::{DeTable, DeValue};

use super::super::Jurisdiction;
use super::super::fault::{RuleFault, RuleProblem};
use super::{Node, Reader, position};
use crate::model::term;
use crate::model::{Term, TermSet};

/// Below this similarity a hint misleads more than it helps.
const SIMILARITY_MIN: f64 = 0.75;

impl<'t> Reader<'t> {
    pub(super) fn fault(&mut self, at: usize, problem: RuleProblem) {
        let (line, column) = position(self.text, at);
        self.faults.push(RuleFault {
            file: self.file.to_owned(),
            line,
            column,
            problem,
        });
    }

    /// The line of a byte, counted on from the last one asked for.
    pub(super) fn line(&mut self, at: usize) -> usize {
        let (counted, line) = self.counted;
        let (from, line) = if at < counted {
            (0, 1)
        } else {
            (counted, line)
        };
        let between = self.text.get(from..at).unwrap_or_default();
        let line = line + between.bytes().filter(|byte| *byte == b'\n').count();
        self.counted = (at, line);
        line
    }

    pub(super) fn missing(&mut self, key: &'static str, within: &'static str, at: usize) {
        self.fault(at, RuleProblem::MissingKey { key, within });
    }

    pub(super) fn wrong_type(&mut self, key: &str, expected: &'static str, node: &Node<'t>) {
        let found = match node.get_ref() {
            DeValue::String(_) => "a text",
            DeValue::Integer(_) => "a whole number",
            DeValue::Float(_) => "a number",
            DeValue::Boolean(_) => "true or false",
            DeValue::Datetime(_) => "a date or a time",
            DeValue::Array(_) => "a list",
            DeValue::Table(_) => "a table",
        };
        let problem = RuleProblem::WrongType {
            key: key.to_owned(),
            expected,
            found,
        };
        self.fault(node.span().start, problem);
    }

    pub(super) fn wrong_value(
        &mut self,
        key: &str,
        value: &str,
        expected: String,
        node: &Node<'t>,
    ) {
        let problem = RuleProblem::WrongValue {
            key: key.to_owned(),
            value: value.to_owned(),
            expected,
        };
        self.fault(node.span().start, problem);
    }

    pub(super) fn check_keys(
        &mut self,
        table: &DeTable<'t>,
        known: &'static [&'static str],
        within: &'static str,
    ) {
        for key in table.keys() {
            if known.contains(&key.get_ref().as_ref()) {
                continue;
            }
            let problem = RuleProblem::UnknownKey {
                key: key.get_ref().clone().into_owned(),
                within,
                nearest: nearest(key.get_ref(), known),
                known,
            };
            self.fault(key.span().start, problem);
        }
    }

    pub(super) fn table<'n>(&mut self, key: &str, node: &'n Node<'t>) -> Option<&'n DeTable<'t>> {
        let table = node.get_ref().as_table();
        if table.is_none() {
            self.wrong_type(key, "a table", node);
        }
        table
    }

    /// The items of a list; none where there is no such key.
    pub(super) fn items<'n>(&mut self, table: &'n DeTable<'t>, key: &str) -> Vec<&'n Node<'t>> {
        let Some(node) = table.get(key) else {
            return Vec::new();
        };
        match node.get_ref().as_array() {
            Some(items) => items.iter().collect(),
            None => {
                self.wrong_type(key, "a list in brackets", node);
                Vec::new()
            }
        }
    }

    /// The tables `[[key]]`.
    pub(super) fn tables<'n>(
        &mut self,
        table: &'n DeTable<'t>,
        key: &'static str,
    ) -> Vec<&'n Node<'t>> {
        let Some(node) = table.get(key) else {
            return Vec::new();
        };
        match node.get_ref().as_array() {
            Some(items) => items.iter().collect(),
            None => {
                self.wrong_type(
                    key,
                    "tables, each under its own heading in double brackets",
                    node,
                );
                Vec::new()
            }
        }
    }

    pub(super) fn string<'n>(&mut self, key: &str, node: &'n Node<'t>) -> Option<&'n str> {
        let text = node.get_ref().as_str();
        if text.is_none() {
            self.wrong_type(key, "a text in quotes", node);
        }
        text
    }

    pub(super) fn required_text(
        &mut self,
        table: &DeTable<'t>,
        key: &'static str,
        within: &'static str,
        at: usize,
    ) -> Option<String> {
        let Some(node) = table.get(key) else {
            self.missing(key, within, at);
            return None;
        };
        let text = self.string(key, node)?;
        if text.trim().is_empty() {
            self.wrong_value(key, text, "a text that is not blank".to_owned(), node);
            return None;
        }
        Some(text.to_owned())
    }

    pub(super) fn count(&mut self, key: &str, node: &Node<'t>) -> Option<u32> {
        let Some(number) = node.get_ref().as_integer() else {
            self.wrong_type(key, "a whole number", node);
            return None;
        };
        match u32::from_str_radix(number.as_str(), number.radix()) {
            Ok(count) if count <= COUNT_MAX => Some(count),
            _ => {
                let expected = format!("a whole number from 0 to {COUNT_MAX}");
                self.wrong_value(key, number.as_str(), expected, node);
                None
            }
        }
    }

    pub(super) fn count_or(&mut self, table: &DeTable<'t>, key: &str, default: u32) -> Option<u32> {
        match table.get(key) {
            Some(node) => self.count(key, node),
            None => Some(default),
        }
    }

    /// A date at a key, and where it stands.
    pub(super) fn day(&mut self, table: &DeTable<'t>, key: &str) -> Option<(NaiveDate, usize)> {
        let node = table.get(key)?;
        Some((self.date(key, node)?, node.span().start))
    }

    pub(super) fn date(&mut self, key: &str, node: &Node<'t>) -> Option<NaiveDate> {
        let value = node.get_ref().as_datetime();
        let day = value
            .filter(|value| value.time.is_none())
            .and_then(|value| value.date);
        let Some(day) = day else {
            self.wrong_type(key, "a date such as 2026-10-18, without quotes", node);
            return None;
        };
        let date = NaiveDate::from_ymd_opt(day.year.into(), day.month.into(), day.day.into());
        if date.is_none() {
            let expected = "a day of the calendar".to_owned();
            self.wrong_value(key, &day.to_string(), expected, node);
        }
        date
    }

    pub(super) fn jurisdiction(&mut self, key: &str, node: &Node<'t>) -> Option<Jurisdiction> {
        let text = self.string(key, node)?;
        if text == "everywhere" {
            return Some(Jurisdiction::EVERYWHERE);
        }
        let jurisdiction = text
            .parse::<Jurisdiction>()
            .ok()
            .filter(|read| read.exists());
        if jurisdiction.is_none() {
            let problem = RuleProblem::UnknownJurisdiction(text.to_owned());
            self.fault(node.span().start, problem);
        }
        jurisdiction
    }

    pub(super) fn term<T: Term>(&mut self, key: &str, node: &Node<'t>) -> Option<T> {
        let word = self.string(key, node)?;
        match term::parse::<T>(word) {
            Ok(term) => Some(term),
            Err(error) => {
                let problem = RuleProblem::UnknownWord {
                    word: word.to_owned(),
                    expected: error.to_string(),
                };
                self.fault(node.span().start, problem);
                None
            }
        }
    }

    /// The words of a list, of which there must be one.
    pub(super) fn terms<T: Term>(&mut self, table: &DeTable<'t>, key: &str) -> Option<TermSet<T>> {
        let node = table.get(key)?;
        let Some(items) = node.get_ref().as_array() else {
            self.wrong_type(key, "a list of words in brackets", node);
            return None;
        };
        if items.is_empty() {
            let expected = "at least one word".to_owned();
            self.wrong_value(key, "[]", expected, node);
            return None;
        }
        // Every unknown word is told, not the first alone.
        let terms: Vec<Option<T>> = items.iter().map(|item| self.term(key, item)).collect();
        terms
            .into_iter()
            .collect::<Option<Vec<T>>>()
            .map(TermSet::of)
    }

    pub(super) fn terms_or_all<T: Term>(
        &mut self,
        table: &DeTable<'t>,
        key: &str,
    ) -> Option<TermSet<T>> {
        match table.get(key) {
            Some(_) => self.terms(table, key),
            None => Some(TermSet::ALL),
        }
    }

    /// Words of a vocabulary that has one for what is not known, which a rule cannot ask for: in
    /// `when` it matches whatever is asked for, and in `unless` it lifts nothing.
    pub(super) fn known_or_all<T: Term>(
        &mut self,
        table: &DeTable<'t>,
        key: &'static str,
    ) -> Option<TermSet<T>> {
        let items = table.get(key).and_then(|node| node.get_ref().as_array());
        let unknown = items
            .into_iter()
            .flat_map(|items| items.iter())
            .find(|item| item.get_ref().as_str() == Some("unknown"));
        if let Some(item) = unknown {
            let problem = RuleProblem::Combination {
                key,
                reason: "cannot ask for `unknown`, which is matched whatever a rule asks for",
                hint: "leave `unknown` out",
            };
            self.fault(item.span().start, problem);
            return None;
        }
        self.terms_or_all(table, key)
    }
}

/// No number in a rule is greater: twenty years in hours are less.
const COUNT_MAX: u32 = 200_000;

/// The known key most like another, if any is alike.
fn nearest(key: &str, known: &'static [&'static str]) -> Option<&'static str> {
    known
        .iter()
        .map(|name| (strsim::jaro_winkler(key, name), *name))
        .filter(|(similarity, _)| *similarity >= SIMILARITY_MIN)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, name)| name)
}
