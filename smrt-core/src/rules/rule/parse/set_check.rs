//! Faults that show only when all files are read: the same thing said twice, and rules that name
//! others.
//!
//! What this module does not do: it reads no TOML.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use chrono::NaiveDate;

use super::super::fault::{RuleFault, RuleProblem};
use super::super::{Jurisdiction, Rule};
use super::{Draft, RuleId, position};

/// Finds the faults of a set of files.
pub(super) fn check(files: &[(&str, &str)], drafts: &[Draft], faults: &mut Vec<RuleFault>) {
    let mut check = Check {
        files,
        drafts,
        faults,
    };
    check.file_names();
    check.rule_ids();
    check.dates();
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

    /// A rule has its id in one file alone.
    fn rule_ids(&mut self) {
        let mut known: HashMap<&str, (&str, usize)> = HashMap::new();
        for (file, text, draft) in self.drafts() {
            for RuleId { id, at, line } in &draft.ids {
                let (other, line) = *known.entry(id).or_insert((file, *line));
                if other != file {
                    let (id, file_of_other) = (id.clone(), other.to_owned());
                    let problem = RuleProblem::DuplicateId {
                        id,
                        file: file_of_other,
                        line,
                    };
                    self.fault(file, text, *at, problem);
                }
            }
        }
    }

    /// Rules of one id succeed each other.
    fn dates(&mut self) {
        for (file, text, draft) in self.drafts() {
            let mut known: HashMap<&str, Vec<&Rule>> = HashMap::new();
            for (rule, at) in &draft.rules {
                let others = known.entry(&rule.id).or_default();
                for other in others.iter() {
                    if let Some(problem) = overlap(rule, other) {
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
        let syntax = |fault: &RuleFault| matches!(fault.problem, RuleProblem::Syntax(_));
        let is_broken = self.faults.iter().any(syntax);
        for (file, text, draft) in self.drafts() {
            for (here, id, at) in &draft.replaces {
                let rules = self.drafts().flat_map(|(_, _, draft)| &draft.rules);
                let rule = rules.map(|(rule, _)| rule).find(|rule| rule.id == *id);
                let mut ids = self.drafts().flat_map(|(_, _, draft)| &draft.ids);
                let reason = match (rule, here) {
                    // It has a fault of its own, or stands in what cannot be read.
                    (None, _) if is_broken || ids.any(|known| known.id == *id) => continue,
                    (None, _) => "there is no such rule",
                    (Some(_), None) => continue,
                    (Some(rule), Some(here)) if rule.jurisdiction == *here => {
                        "it is a rule of the same place"
                    }
                    (Some(rule), Some(here))
                        if rule.jurisdiction.contains(*here)
                            || members.contains(&(*here, rule.jurisdiction)) =>
                    {
                        continue;
                    }
                    (Some(_), Some(_)) => "it holds elsewhere",
                };
                let id = id.clone();
                self.fault(file, text, *at, RuleProblem::Replaces { id, reason });
            }
        }
    }
}

/// What is wrong with two rules of the same id and file, if anything.
fn overlap(rule: &Rule, other: &Rule) -> Option<RuleProblem> {
    let ends_before = |first: &Rule, second: &Rule| {
        let both = first.effective_until.zip(second.effective_from);
        both.is_some_and(|(until, from)| until <= from)
    };
    if ends_before(rule, other) || ends_before(other, rule) {
        return None;
    }
    Some(RuleProblem::Overlap {
        id: rule.id.clone(),
        line: other.place.line,
        day: rule.effective_from.max(other.effective_from),
    })
}
