//! What a rule demands, read from the one key that says so.
//!
//! What this module does not do: it reads no hours; [`super::hours`] does.

use toml::de::{DeTable, DeValue};

use super::super::fault::RuleProblem;
use super::super::{Demand, NotListed, Reach};
use super::{Node, Reader};

const DEMANDS: &[&str] = &[
    "hours",
    "cap",
    "ban",
    "consent",
    "not_withdrawn",
    "not_listed",
    "not_on_internal_list",
    "not_reassigned",
    "not_objected",
    "not_restricted",
    "not_suppressed",
];
const HOURS_PER_DAY: u32 = 24;

impl<'t> Reader<'t> {
    /// The demand of a rule that begins at a byte.
    pub(super) fn demand(&mut self, table: &DeTable<'t>, at: usize) -> Option<Demand> {
        let found: Vec<(&'static str, &Node<'t>)> = DEMANDS
            .iter()
            .filter_map(|key| Some((*key, table.get(*key)?)))
            .collect();
        let [(key, node)] = found.as_slice() else {
            let problem = RuleProblem::Demands {
                found: found.iter().map(|(key, _)| *key).collect(),
                known: DEMANDS,
            };
            self.fault(at, problem);
            return None;
        };
        match *key {
            "hours" => self.hours(node).map(Demand::Hours),
            "cap" => self.cap(node),
            "consent" => self.term("consent", node).map(Demand::Consent),
            "not_withdrawn" => self.reach(node).map(|reach| Demand::NotWithdrawn { reach }),
            "not_listed" => self.not_listed(node).map(Demand::NotListed),
            "not_on_internal_list" => {
                let table = self.settings(key, node, &["life_years"])?;
                let life_years = self.optional_count(table, "life_years")?;
                Some(Demand::NotOnInternalList { life_years })
            }
            "not_reassigned" => {
                let table = self.settings(key, node, &["answer_age_days_max"])?;
                let answer_age_days_max = self.optional_count(table, "answer_age_days_max")?;
                Some(Demand::NotReassigned {
                    answer_age_days_max,
                })
            }
            "ban" => self.plain(key, node, Demand::Ban),
            "not_objected" => self.plain(key, node, Demand::NotObjected),
            "not_restricted" => self.plain(key, node, Demand::NotRestricted),
            _ => self.plain(key, node, Demand::NotSuppressed),
        }
    }

    /// A demand that has nothing to set.
    fn plain(&mut self, key: &str, node: &Node<'t>, demand: Demand) -> Option<Demand> {
        match node.get_ref() {
            DeValue::Boolean(true) => Some(demand),
            DeValue::Boolean(false) => {
                let expected = "true, or leave the rule out,".to_owned();
                self.wrong_value(key, "false", expected, node);
                None
            }
            _ => {
                self.wrong_type(key, "true", node);
                None
            }
        }
    }

    fn settings<'n>(
        &mut self,
        key: &'static str,
        node: &'n Node<'t>,
        known: &'static [&'static str],
    ) -> Option<&'n DeTable<'t>> {
        let table = self.table(key, node)?;
        self.check_keys(table, known, "a demand");
        Some(table)
    }

    /// `Some(None)` where the key is not there.
    #[expect(
        clippy::option_option,
        reason = "the outer one is a fault that was told"
    )]
    fn optional_count(&mut self, table: &DeTable<'t>, key: &str) -> Option<Option<u32>> {
        match table.get(key) {
            Some(node) => self.count(key, node).map(Some),
            None => Some(None),
        }
    }

    fn cap(&mut self, node: &Node<'t>) -> Option<Demand> {
        let table = self.settings("cap", node, &["contacts_max", "hours", "days"])?;
        let at = node.span().start;
        let contacts_max = match table.get("contacts_max") {
            Some(node) => self.count("contacts_max", node),
            None => {
                self.missing("contacts_max", "a demand", at);
                None
            }
        };
        let hours = match (table.get("hours"), table.get("days")) {
            (Some(hours), None) => self.count("hours", hours),
            (None, Some(days)) => self
                .count("days", days)
                .map(|days| days.saturating_mul(HOURS_PER_DAY)),
            _ => {
                let problem = RuleProblem::Combination {
                    key: "cap",
                    reason: "takes either `hours` or `days`",
                    hint: "write one of the two beside `contacts_max`",
                };
                self.fault(at, problem);
                None
            }
        };
        Some(Demand::Cap {
            contacts_max: contacts_max?,
            hours: hours?,
        })
    }

    fn reach(&mut self, node: &Node<'t>) -> Option<Reach> {
        let word = self.string("not_withdrawn", node)?;
        match word {
            "scope" => Some(Reach::Scope),
            "telephone" => Some(Reach::Telephone),
            _ => {
                let problem = RuleProblem::UnknownWord {
                    word: word.to_owned(),
                    expected: "not a reach: expected scope or telephone".to_owned(),
                };
                self.fault(node.span().start, problem);
                None
            }
        }
    }

    fn not_listed(&mut self, node: &Node<'t>) -> Option<NotListed> {
        const KEYS: &[&str] = &["list", "required", "age_days_max", "listed_days_min"];
        let table = self.settings("not_listed", node, KEYS)?;
        let kind = match table.get("list") {
            Some(node) => self.term("list", node),
            None => {
                self.missing("list", "a demand", node.span().start);
                None
            }
        };
        let required = match table.get("required") {
            Some(node) => {
                let required = node.get_ref().as_bool();
                if required.is_none() {
                    self.wrong_type("required", "true or false", node);
                }
                required
            }
            None => Some(true),
        };
        Some(NotListed {
            kind: kind?,
            required: required?,
            age_days_max: self.optional_count(table, "age_days_max")?,
            listed_days_min: self.count_or(table, "listed_days_min", 0)?,
        })
    }
}
