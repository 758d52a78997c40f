//! Rule files read from TOML, with every fault of every file.
//!
//! What this module does not do: it sorts and indexes nothing; [`super::set`] does.

mod demand;
mod hours;
mod set_check;
mod value;

use std::ops::Range;

use chrono::NaiveDate;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::fault::{RuleFault, RuleProblem};
use super::{Condition, Exception, Holiday, Jurisdiction, Profile, Rule, RulePlace};
use crate::model::{Audience, TermSet};

/// No rule file is longer.
const FILE_BYTES_MAX: usize = 1 << 20;
const ID_BYTES_MAX: usize = 64;

const TOP_KEYS: &[&str] = &[
    "jurisdiction",
    "members",
    "replaces",
    "holidays_from",
    "holidays_until",
    "rule",
    "holiday",
];
const RULE_KEYS: &[&str] = &[
    "id",
    "summary",
    "citation",
    "source",
    "confidence",
    "effective_from",
    "effective_until",
    "profiles",
    "rank_after",
    "when",
    "unless",
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
const CONDITION_KEYS: &[&str] = &[
    "channels",
    "voices",
    "dialings",
    "purposes",
    "lines",
    "audiences",
    "circumstances",
];
const EXCEPTION_KEYS: &[&str] = &[
    "purposes",
    "circumstances",
    "audiences",
    "consent",
    "purchase_months",
    "inquiry_months",
    "confirms_withdrawal_minutes",
];
const HOLIDAY_KEYS: &[&str] = &["name", "source", "dates"];

type Node<'t> = Spanned<DeValue<'t>>;

/// What sound files hold, in the order in which they do.
#[derive(Debug, Default)]
pub(super) struct Parsed {
    pub(super) rules: Vec<Rule>,
    pub(super) holidays: Vec<Holiday>,
    /// Each member of a union, and the union.
    pub(super) members: Vec<(Jurisdiction, Jurisdiction)>,
    /// The days over which a jurisdiction's holidays are known.
    pub(super) holiday_years: Vec<(Jurisdiction, Range<NaiveDate>)>,
}

/// What one file holds, with the places that later faults name.
#[derive(Debug, Default)]
struct Draft {
    /// The ids of all rules, those with faults included.
    ids: Vec<RuleId>,
    rules: Vec<(Rule, usize)>,
    holidays: Vec<(Holiday, usize)>,
    members: Vec<(Jurisdiction, Jurisdiction)>,
    holiday_years: Option<(Jurisdiction, Range<NaiveDate>)>,
    /// The ids of the rules whose place this file's rules take, and where, if that is known.
    replaces: Vec<(Option<Jurisdiction>, String, usize)>,
}

/// The id of a rule, and where it stands.
#[derive(Debug)]
struct RuleId {
    id: String,
    at: usize,
    /// The line on which the rule begins.
    line: usize,
}

/// Reads files: name and text of each.
pub(super) fn files(files: &[(&str, &str)]) -> Result<Parsed, Vec<RuleFault>> {
    let mut faults = Vec::new();
    let mut drafts = Vec::with_capacity(files.len());
    for (file, text) in files {
        let mut reader = Reader {
            file,
            text,
            faults: Vec::new(),
            ids: Vec::new(),
            counted: (0, 1),
        };
        drafts.push(reader.draft());
        faults.append(&mut reader.faults);
    }
    set_check::check(files, &drafts, &mut faults);
    if !faults.is_empty() {
        let order = |fault: &RuleFault| {
            let file = files.iter().position(|(name, _)| *name == fault.file);
            (file, fault.line, fault.column)
        };
        faults.sort_by_key(order);
        return Err(faults);
    }
    Ok(join(drafts))
}

/// Puts the files together, and tells rules where others take their place.
fn join(drafts: Vec<Draft>) -> Parsed {
    let mut parsed = Parsed::default();
    let mut replaces = Vec::new();
    for draft in drafts {
        parsed
            .rules
            .extend(draft.rules.into_iter().map(|(rule, _)| rule));
        let holidays = draft.holidays.into_iter();
        parsed.holidays.extend(holidays.map(|(holiday, _)| holiday));
        parsed.members.extend(draft.members);
        parsed.holiday_years.extend(draft.holiday_years);
        replaces.extend(draft.replaces);
    }
    for (jurisdiction, id, _) in replaces {
        let Some(jurisdiction) = jurisdiction else {
            continue;
        };
        let members = parsed.members.iter();
        let members = members.filter(|(_, union)| *union == jurisdiction);
        let places: Vec<Jurisdiction> = std::iter::once(jurisdiction)
            .chain(members.map(|(member, _)| *member))
            .collect();
        for rule in parsed.rules.iter_mut().filter(|rule| rule.id == id) {
            rule.replaced_in.extend(&places);
        }
    }
    parsed
}

/// A file under reading, and its faults so far.
struct Reader<'t> {
    file: &'t str,
    text: &'t str,
    faults: Vec<RuleFault>,
    ids: Vec<RuleId>,
    /// How far lines were counted: the byte, and the line it is on.
    counted: (usize, usize),
}

impl<'t> Reader<'t> {
    fn draft(&mut self) -> Draft {
        if self.text.len() > FILE_BYTES_MAX {
            let bytes_max = FILE_BYTES_MAX;
            self.fault(0, RuleProblem::Length { bytes_max });
            return Draft::default();
        }
        let (document, errors) = DeTable::parse_recoverable(self.text);
        for error in &errors {
            let message = error.message().lines().next().unwrap_or_default();
            let at = error.span().map_or(0, |span| span.start);
            self.fault(at, RuleProblem::Syntax(message.to_owned()));
        }
        let told = self.faults.len();
        let draft = self.document(document.get_ref());
        self.drop_doubtful(told);
        draft
    }

    /// Drops faults that a broken text may have brought about: the first `told` ones say where it
    /// is broken.
    fn drop_doubtful(&mut self, told: usize) {
        let found = self.faults.split_off(told);
        if told == 0 {
            self.faults = found;
            return;
        }
        let broken: Vec<usize> = self.faults.iter().map(|fault| fault.line).collect();
        let certain = found
            .into_iter()
            .filter(|fault| !fault.problem.is_of_keys() && !broken.contains(&fault.line));
        self.faults.extend(certain);
    }

    fn document(&mut self, top: &DeTable<'t>) -> Draft {
        self.check_keys(top, TOP_KEYS, "a rule file");
        let jurisdiction = match top.get("jurisdiction") {
            Some(node) => self.jurisdiction("jurisdiction", node),
            None => {
                self.missing("jurisdiction", "a rule file", 0);
                None
            }
        };
        // Faults in the rest are told even if nobody knows where it holds.
        let here = jurisdiction.unwrap_or(Jurisdiction::EVERYWHERE);
        let rules = self.tables(top, "rule");
        let rules = rules.into_iter();
        Draft {
            members: self.members(top, here),
            replaces: self.replaces(top, jurisdiction),
            holiday_years: self.holiday_years(top, here),
            rules: rules.filter_map(|node| self.rule(node, here)).collect(),
            ids: std::mem::take(&mut self.ids),
            holidays: self
                .tables(top, "holiday")
                .into_iter()
                .flat_map(|node| self.holiday(node, here))
                .collect(),
        }
    }

    fn members(
        &mut self,
        top: &DeTable<'t>,
        union: Jurisdiction,
    ) -> Vec<(Jurisdiction, Jurisdiction)> {
        self.items(top, "members")
            .into_iter()
            .filter_map(|node| Some((self.jurisdiction("members", node)?, union)))
            .collect()
    }

    fn replaces(
        &mut self,
        top: &DeTable<'t>,
        here: Option<Jurisdiction>,
    ) -> Vec<(Option<Jurisdiction>, String, usize)> {
        self.items(top, "replaces")
            .into_iter()
            .filter_map(|node| {
                let id = self.string("replaces", node)?.to_owned();
                Some((here, id, node.span().start))
            })
            .collect()
    }

    fn holiday_years(
        &mut self,
        top: &DeTable<'t>,
        here: Jurisdiction,
    ) -> Option<(Jurisdiction, Range<NaiveDate>)> {
        let from = self.day(top, "holidays_from");
        let until = self.day(top, "holidays_until");
        match (from, until) {
            (Some((from, _)), Some((until, at))) => {
                self.check_dates(from, until, at);
                Some((here, from..until))
            }
            (Some((_, at)), None) if top.get("holidays_until").is_none() => {
                self.missing("holidays_until", "a rule file", at);
                None
            }
            (None, Some((_, at))) if top.get("holidays_from").is_none() => {
                self.missing("holidays_from", "a rule file", at);
                None
            }
            _ => None,
        }
    }

    /// A rule, and where it names its id.
    fn rule(&mut self, node: &Node<'t>, jurisdiction: Jurisdiction) -> Option<(Rule, usize)> {
        let at = node.span().start;
        let line = self.line(at);
        let table = self.table("rule", node)?;
        self.check_keys(table, RULE_KEYS, "a rule");
        let id = self.id(table, at);
        if let Some((id, at)) = &id {
            let (id, at) = (id.clone(), *at);
            self.ids.push(RuleId { id, at, line });
        }
        let summary = self.required_text(table, "summary", "a rule", at);
        let citation = self.required_text(table, "citation", "a rule", at);
        let source = self.required_text(table, "source", "a rule", at);
        let confidence = match table.get("confidence") {
            Some(node) => self.term("confidence", node),
            None => {
                self.missing("confidence", "a rule", at);
                None
            }
        };
        let (effective_from, effective_until) = self.effective(table);
        let profiles = self.profiles(table);
        let when = match table.get("when") {
            Some(node) => self.condition(node),
            None => Some(Condition::ALL),
        };
        let unless = self
            .items(table, "unless")
            .into_iter()
            .filter_map(|node| self.exception(node))
            .collect();
        let rank_after = table
            .get("rank_after")
            .and_then(|node| self.term("rank_after", node));
        let demand = self.demand(table, at);
        let (id, id_at) = id?;
        let rule = Rule {
            id,
            jurisdiction,
            summary: summary?,
            citation: citation?,
            source: source?,
            confidence: confidence?,
            effective_from,
            effective_until,
            profiles: profiles?,
            when: when?,
            unless,
            demand: demand?,
            rank_after,
            replaced_in: Vec::new(),
            place: RulePlace {
                file: self.file.to_owned(),
                line,
            },
        };
        Some((rule, id_at))
    }

    fn id(&mut self, table: &DeTable<'t>, at: usize) -> Option<(String, usize)> {
        let Some(node) = table.get("id") else {
            self.missing("id", "a rule", at);
            return None;
        };
        let id = self.string("id", node)?;
        let allowed =
            |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'_' | b'.' | b'-');
        if id.is_empty() || id.len() > ID_BYTES_MAX || !id.bytes().all(allowed) {
            let expected = format!(
                "1 to {ID_BYTES_MAX} lower-case letters, digits, `_`, `-` or `.`, such as \
                 \"us-fl.hours\""
            );
            self.wrong_value("id", id, expected, node);
            return None;
        }
        Some((id.to_owned(), node.span().start))
    }

    /// The profiles of a rule. `strict` applies every rule there is, so that it denies whatever
    /// another profile denies.
    fn profiles(&mut self, table: &DeTable<'t>) -> Option<TermSet<Profile>> {
        let Some(node) = table.get("profiles") else {
            return Some(TermSet::ALL);
        };
        let profiles = self.terms(table, "profiles")?;
        if !profiles.contains(Profile::Strict) {
            let expected = "a list with \"strict\", which applies every rule,".to_owned();
            self.wrong_value("profiles", &profiles.to_string(), expected, node);
            return None;
        }
        Some(profiles)
    }

    fn effective(&mut self, table: &DeTable<'t>) -> (Option<NaiveDate>, Option<NaiveDate>) {
        let from = self.day(table, "effective_from");
        let until = self.day(table, "effective_until");
        if let (Some((from, _)), Some((until, at))) = (from, until) {
            self.check_dates(from, until, at);
        }
        (from.map(|(day, _)| day), until.map(|(day, _)| day))
    }

    fn check_dates(&mut self, from: NaiveDate, until: NaiveDate, at: usize) {
        if until <= from {
            self.fault(at, RuleProblem::Dates { from, until });
        }
    }

    fn condition(&mut self, node: &Node<'t>) -> Option<Condition> {
        let table = self.table("when", node)?;
        self.check_keys(table, CONDITION_KEYS, "`when`");
        // Every fault is told, not that of the first key alone.
        let channels = self.terms_or_all(table, "channels");
        let voices = self.terms_or_all(table, "voices");
        let dialings = self.terms_or_all(table, "dialings");
        let purposes = self.terms_or_all(table, "purposes");
        let lines = self.known_or_all(table, "lines");
        let audiences = self.known_or_all(table, "audiences");
        let circumstances = match table.get("circumstances") {
            Some(_) => self.terms(table, "circumstances"),
            None => Some(TermSet::NONE),
        };
        Some(Condition {
            channels: channels?,
            voices: voices?,
            dialings: dialings?,
            purposes: purposes?,
            lines: lines?,
            audiences: audiences?,
            circumstances: circumstances?,
        })
    }

    fn exception(&mut self, node: &Node<'t>) -> Option<Exception> {
        let table = self.table("unless", node)?;
        self.check_keys(table, EXCEPTION_KEYS, "`unless`");
        let has = |key: &str| table.get(key).is_some();
        let combined: &[&str] = if has("circumstances") {
            &["circumstances", "audiences"]
        } else if has("purchase_months") || has("inquiry_months") {
            &["purchase_months", "inquiry_months"]
        } else {
            &[]
        };
        let alone = EXCEPTION_KEYS
            .iter()
            .filter(|key| has(key) && !combined.contains(key));
        let said = alone.count() + usize::from(!combined.is_empty());
        if said != 1 || has("audiences") && !has("circumstances") {
            let problem = RuleProblem::Combination {
                key: "unless",
                reason: "has an item that says nothing, or several things",
                hint: "write one of `purposes`, `circumstances` (with `audiences` beside it), \
                       `consent`, `purchase_months` and `inquiry_months`, or \
                       `confirms_withdrawal_minutes` in each item",
            };
            self.fault(node.span().start, problem);
            return None;
        }
        if has("purposes") {
            return self.terms(table, "purposes").map(Exception::Purposes);
        }
        if has("circumstances") {
            return Some(Exception::Circumstances {
                any_of: self.terms(table, "circumstances")?,
                audiences: self.known_or_all::<Audience>(table, "audiences")?,
            });
        }
        if let Some(node) = table.get("consent") {
            return self.term("consent", node).map(Exception::Consent);
        }
        if let Some(node) = table.get("confirms_withdrawal_minutes") {
            let minutes = self.count("confirms_withdrawal_minutes", node)?;
            return Some(Exception::ConfirmsWithdrawal { minutes });
        }
        Some(Exception::Relationship {
            purchase_months: self.count_or(table, "purchase_months", 0)?,
            inquiry_months: self.count_or(table, "inquiry_months", 0)?,
        })
    }

    /// A holiday of each of its dates, and where the date stands.
    fn holiday(&mut self, node: &Node<'t>, jurisdiction: Jurisdiction) -> Vec<(Holiday, usize)> {
        let at = node.span().start;
        let Some(table) = self.table("holiday", node) else {
            return Vec::new();
        };
        self.check_keys(table, HOLIDAY_KEYS, "a holiday");
        let name = self.required_text(table, "name", "a holiday", at);
        let source = self.required_text(table, "source", "a holiday", at);
        if table.get("dates").is_none() {
            self.missing("dates", "a holiday", at);
        }
        let mut holidays = Vec::new();
        for node in self.items(table, "dates") {
            let date = self.date("dates", node);
            if let (Some(date), Some(name), Some(source)) = (date, &name, &source) {
                let holiday = Holiday {
                    jurisdiction,
                    date,
                    name: name.clone(),
                    source: source.clone(),
                };
                holidays.push((holiday, node.span().start));
            }
        }
        holidays
    }
}

/// The line and the column of a byte, from 1.
fn position(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let line = before.matches('\n').count() + 1;
    let column = before.get(line_start..).unwrap_or_default().chars().count() + 1;
    (line, column)
}

#[cfg(test)]
mod tests;
