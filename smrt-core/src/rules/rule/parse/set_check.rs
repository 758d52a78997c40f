//! Faults that show only when all files are read: the same thing said twice, and rules that name
//! others.
//!
//! What this module does not do: it reads no TOML.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use chrono::NaiveDate;

use super::super::fault::{RuleFault, RuleProblem};
use super::super::{Jurisdiction, Rule};
use super::{Draft, position};

/// Finds the faults of a set of files.
pub(super) fn check(files: &[(&str, &str)], drafts: &[Draft], faults: &mut Vec<RuleFault>) {
    let mut check = Check {
        files,
        drafts,
        faults,
    };
    check.file_names();
    check.rule_ids();
    check.holidays();
    check.replaces();
}

struct Check<'c> {
    files: &'c [(&'c str, &'c str)],
    drafts: &'c [Draft],
    faults: &'c mut Vec<RuleFault>,
}

impl<'c> Check<'c> {
    fn fault(&mut self, file: &str, text: &str, at: usize, problem: RuleProblem) {
        let (line, column) = position(text, at);
        self.faults.push(RuleFault {
            file: file.to_owned(),
            line,
            column,
            problem,
        });
    }

    /// Each file with what it holds.
    fn drafts(&self) -> impl Iterator<Item = (&'c str, &'c str, &'c Draft)> + use<'c> {
        let files = self.files.iter();
        files
            .zip(self.drafts)
            .map(|((file, text), draft)| (*file, *text, draft))
    }

    fn file_names(&mut self) {
        for (position, (file, text)) in self.files.iter().enumerate() {
            let before = self.files.iter().take(position);
            if before.clone().any(|(other, _)| other == file) {
                self.fault(file, text, 0, RuleProblem::DuplicateFile);
            }
        }
    }

    fn rule_ids(&mut self) {
        let mut known: HashMap<&str, Vec<&Rule>> = HashMap::new();
        for (file, text, draft) in self.drafts() {
            for (rule, at) in &draft.rules {
                let others = known.entry(&rule.id).or_default();
                for other in others.iter() {
                    if let Some(problem) = same_id(rule, other) {
                        self.fault(file, text, *at, problem);
                    }
                }
                others.push(rule);
            }
        }
    }

    fn holidays(&mut self) {
        let mut known: HashMap<(Jurisdiction, NaiveDate), (&str, &str, usize)> = HashMap::new();
        for (file, text, draft) in self.drafts() {
            for (holiday, at) in &draft.holidays {
                match known.entry((holiday.jurisdiction, holiday.date)) {
                    Entry::Vacant(vacant) => {
                        vacant.insert((file, text, *at));
                    }
                    Entry::Occupied(occupied) => {
                        let (other, other_text, other_at) = *occupied.get();
                        let problem = RuleProblem::DuplicateHoliday {
                            date: holiday.date,
                            file: other.to_owned(),
                            line: position(other_text, other_at).0,
                        };
                        self.fault(file, text, *at, problem);
                    }
                }
            }
        }
    }

    fn replaces(&mut self) {
        let members: Vec<(Jurisdiction, Jurisdiction)> = self
            .drafts()
            .flat_map(|(_, _, draft)| draft.members.iter().copied())
            .collect();
        for (file, text, draft) in self.drafts() {
            for (here, id, at) in &draft.replaces {
                let rules = self.drafts().flat_map(|(_, _, draft)| &draft.rules);
                let rule = rules.map(|(rule, _)| rule).find(|rule| rule.id == *id);
                let reason = match rule {
                    None => "there is no such rule",
                    Some(rule) if rule.jurisdiction == *here => "it is a rule of the same place",
                    Some(rule)
                        if rule.jurisdiction.contains(*here)
                            || members.contains(&(*here, rule.jurisdiction)) =>
                    {
                        continue;
                    }
                    Some(_) => "it holds elsewhere",
                };
                let id = id.clone();
                self.fault(file, text, *at, RuleProblem::Replaces { id, reason });
            }
        }
    }
}

/// What is wrong with two rules of the same id, if anything.
fn same_id(rule: &Rule, other: &Rule) -> Option<RuleProblem> {
    let id = rule.id.clone();
    let line = other.place.line;
    if rule.place.file != other.place.file {
        let file = other.place.file.clone();
        return Some(RuleProblem::DuplicateId { id, file, line });
    }
    let ends_before =
        |first: &Rule, second: &Rule| match (first.effective_until, second.effective_from) {
            (Some(until), Some(from)) => until <= from,
            _ => false,
        };
    if ends_before(rule, other) || ends_before(other, rule) {
        return None;
    }
    let day = rule.effective_from.max(other.effective_from);
    Some(RuleProblem::Overlap { id, line, day })
}
