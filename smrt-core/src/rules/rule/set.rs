//! All rules and holidays, found by where they hold.
//!
//! What this module does not do: it reads no TOML and applies no rule.

use std::fmt::Write as _;
use std::ops::Range;
use std::sync::LazyLock;

use chrono::NaiveDate;
use sha2::{Digest as _, Sha256};

use super::builtin::BUILTIN_FILES;
use super::fault::RuleFault;
use super::parse::{self, Parsed};
use super::{Holiday, Jurisdiction, Rule};
use crate::rules::place::Place;

/// How much of the digest names a version.
const VERSION_BYTES: usize = 6;

/// All rules and holidays, indexed by where they hold.
///
/// ```
/// use smrt_core::rules::rule::RuleSet;
///
/// let rules = RuleSet::builtin();
/// let list = rules.rules_of("us.national_dnc").next().unwrap();
/// assert_eq!(list.citation, "47 CFR 64.1200(c)(2), (e)");
///
/// let christmas = rules.holiday_on("US-PA".parse()?, "2026-12-25".parse()?);
/// assert_eq!(christmas.unwrap().name, "Christmas Day");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct RuleSet {
    // INVARIANT: sorted by jurisdiction.
    rules: Vec<Rule>,
    // INVARIANT: sorted by jurisdiction and date, none twice.
    holidays: Vec<Holiday>,
    /// The rules of each jurisdiction, sorted.
    index: Vec<(Jurisdiction, Range<usize>)>,
    /// Each member of a union, and the union, sorted.
    members: Vec<(Jurisdiction, Jurisdiction)>,
    /// The days over which a jurisdiction's holidays are known, sorted.
    holiday_years: Vec<(Jurisdiction, Range<NaiveDate>)>,
    version: String,
}

impl RuleSet {
    /// The rules that come with smrt.
    #[must_use]
    pub fn builtin() -> &'static Self {
        // That the files are sound is a test of `builtin`; a set without rules would allow
        // nothing.
        static BUILTIN: LazyLock<RuleSet> = LazyLock::new(|| {
            RuleSet::parse(BUILTIN_FILES.iter().copied())
                .unwrap_or_else(|_| RuleSet::new(Parsed::default(), String::new()))
        });
        &BUILTIN
    }

    /// Reads rule files. The order of files of different jurisdictions does not matter.
    ///
    /// # Errors
    ///
    /// Every fault of every file, in the order of the files and, within one, of the lines.
    pub fn parse<'f>(
        files: impl IntoIterator<Item = (&'f str, &'f str)>,
    ) -> Result<Self, Vec<RuleFault>> {
        let files: Vec<(&str, &str)> = files.into_iter().collect();
        let version = version(&files);
        Ok(Self::new(parse::files(&files)?, version))
    }

    /// The built-in rules and those of other files. A file with the name of a built-in one takes
    /// its place.
    ///
    /// ```
    /// use smrt_core::rules::rule::RuleSet;
    ///
    /// let own = r#"
    /// jurisdiction = "US"
    ///
    /// [[rule]]
    /// id = "acme.no_fax"
    /// summary = "We send no faxes."
    /// citation = "Acme policy 12"
    /// source = "the compliance office"
    /// confidence = "high"
    /// when = { channels = ["fax"] }
    /// ban = true
    /// "#;
    /// let rules = RuleSet::with_overrides([("acme.toml", own)]).unwrap();
    /// assert_eq!(rules.rules_of("acme.no_fax").count(), 1);
    /// assert_eq!(rules.rules().len(), RuleSet::builtin().rules().len() + 1);
    /// assert_ne!(rules.version(), RuleSet::builtin().version());
    /// ```
    ///
    /// # Errors
    ///
    /// Every fault of every file; a rule with the id of a built-in one whose file stays is one.
    pub fn with_overrides<'f>(
        files: impl IntoIterator<Item = (&'f str, &'f str)>,
    ) -> Result<Self, Vec<RuleFault>> {
        let own: Vec<(&str, &str)> = files.into_iter().collect();
        let replaced = |name: &str| own.iter().any(|(own, _)| *own == name);
        let kept = BUILTIN_FILES.iter().filter(|(name, _)| !replaced(name));
        let all: Vec<(&str, &str)> = kept.copied().chain(own.iter().copied()).collect();
        Self::parse(all)
    }

    fn new(parsed: Parsed, version: String) -> Self {
        let Parsed {
            mut rules,
            mut holidays,
            mut members,
            mut holiday_years,
        } = parsed;
        rules.sort_by_key(|rule| rule.jurisdiction);
        holidays.sort_by_key(|holiday| (holiday.jurisdiction, holiday.date));
        members.sort_unstable();
        holiday_years.sort_by_key(|(jurisdiction, years)| (*jurisdiction, years.start));
        let mut index: Vec<(Jurisdiction, Range<usize>)> = Vec::new();
        for (position, rule) in rules.iter().enumerate() {
            match index.last_mut() {
                Some((jurisdiction, range)) if *jurisdiction == rule.jurisdiction => {
                    range.end = position + 1;
                }
                _ => index.push((rule.jurisdiction, position..position + 1)),
            }
        }
        Self {
            rules,
            holidays,
            index,
            members,
            holiday_years,
            version,
        }
    }

    /// All rules, sorted by jurisdiction.
    #[must_use]
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// The rules of an id: several where one succeeds another in time.
    pub fn rules_of<'r>(&'r self, id: &'r str) -> impl Iterator<Item = &'r Rule> {
        self.rules.iter().filter(move |rule| rule.id == id)
    }

    /// All holidays, sorted by jurisdiction and date.
    #[must_use]
    pub fn holidays(&self) -> &[Holiday] {
        &self.holidays
    }

    /// The version of the data: a digest of the files read.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The rules that hold for a called party, whatever the contact and the day: those of
    /// everywhere, of the countries that come into question, of the unions they are members of, and
    /// of the states.
    ///
    /// Where no state is known, though the country has rules of some, those of every state hold.
    /// A rule that a member's or a state's own take the place of is left out; where several
    /// countries or states come into question, only if all of them do so.
    pub fn applying<'r, 'p>(
        &'r self,
        place: &'p Place,
    ) -> impl Iterator<Item = &'r Rule> + use<'r, 'p> {
        let countries = countries(place);
        let [first, second] = countries.map(|country| self.unions_of(country));
        let new = |(_, union): &&(_, Jurisdiction)| first.iter().all(|(_, known)| known != union);
        let unions = first.iter().chain(second.iter().filter(new));
        let countries = countries.into_iter().flatten();
        let countries = countries.flat_map(|country| match place.any_state {
            true => self.within(country),
            false => self.of(country),
        });
        let states: &[Jurisdiction] = match place.any_state {
            true => &[],
            false => &place.states,
        };
        self.of(Jurisdiction::EVERYWHERE)
            .iter()
            .chain(unions.flat_map(|(_, union)| self.of(*union)))
            .chain(countries)
            .chain(states.iter().flat_map(|state| self.of(*state)))
            .filter(|rule| rule.replaced_in.is_empty() || !self.is_replaced(rule, place))
    }

    /// Whether every country of a place has rules of its own, or all its states do, that take a
    /// rule's place.
    fn is_replaced(&self, rule: &Rule, place: &Place) -> bool {
        let replaced = |jurisdiction: &Jurisdiction| rule.replaced_in.contains(jurisdiction);
        let reaches = |country: &Jurisdiction| {
            rule.jurisdiction.contains(*country)
                || self
                    .unions_of(Some(*country))
                    .contains(&(*country, rule.jurisdiction))
        };
        let mut reached = countries(place).into_iter().flatten().filter(reaches);
        let by_states = |country: &Jurisdiction| {
            let mut states = place
                .states
                .iter()
                .filter(|state| state.country() == *country);
            !place.any_state && states.clone().next().is_some() && states.all(replaced)
        };
        let mut any = false;
        let all = reached.all(|country| {
            any = true;
            replaced(&country) || by_states(&country)
        });
        any && all
    }

    /// Whether there are rules of a country, or of a union it is a member of. Where there are
    /// none, nobody knows what is allowed.
    #[must_use]
    pub fn knows(&self, country: Jurisdiction) -> bool {
        !self.of(country).is_empty() || !self.unions_of(Some(country)).is_empty()
    }

    /// The public holiday of a day: the jurisdiction's own, or its country's.
    #[must_use]
    pub fn holiday_on(&self, jurisdiction: Jurisdiction, date: NaiveDate) -> Option<&Holiday> {
        let find = |jurisdiction| {
            let found = self
                .holidays
                .binary_search_by_key(&(jurisdiction, date), |holiday| {
                    (holiday.jurisdiction, holiday.date)
                });
            found.ok().and_then(|position| self.holidays.get(position))
        };
        let country = jurisdiction.country();
        find(jurisdiction).or_else(|| match country == jurisdiction {
            true => None,
            false => find(country),
        })
    }

    /// Whether the holidays of a jurisdiction's country on a day are known. Beyond the years of
    /// the data, no day is known not to be one.
    #[must_use]
    pub fn knows_holidays(&self, jurisdiction: Jurisdiction, date: NaiveDate) -> bool {
        let country = jurisdiction.country();
        self.holiday_years
            .iter()
            .any(|(known, years)| *known == country && years.contains(&date))
    }

    /// The unions a country is a member of, each with the country.
    fn unions_of(&self, country: Option<Jurisdiction>) -> &[(Jurisdiction, Jurisdiction)] {
        let Some(country) = country else {
            return &[];
        };
        let members = &self.members;
        let start = members.partition_point(|(member, _)| *member < country);
        let end = members.partition_point(|(member, _)| *member <= country);
        members.get(start..end).unwrap_or_default()
    }

    /// The rules of one jurisdiction.
    fn of(&self, jurisdiction: Jurisdiction) -> &[Rule] {
        let found = self
            .index
            .binary_search_by_key(&jurisdiction, |(jurisdiction, _)| *jurisdiction);
        let range = found.ok().and_then(|position| self.index.get(position));
        range
            .and_then(|(_, range)| self.rules.get(range.clone()))
            .unwrap_or_default()
    }

    /// The rules of a country and of all its states.
    fn within(&self, country: Jurisdiction) -> &[Rule] {
        let start = self
            .rules
            .partition_point(|rule| rule.jurisdiction < country);
        let end = self
            .rules
            .partition_point(|rule| rule.jurisdiction.country() <= country);
        self.rules.get(start..end).unwrap_or_default()
    }
}

/// The countries that come into question, each once.
fn countries(place: &Place) -> [Option<Jurisdiction>; 2] {
    let other = place
        .number_country
        .filter(|other| place.country != Some(*other));
    [place.country, other]
}

/// A short digest of names and texts.
fn version(files: &[(&str, &str)]) -> String {
    let mut hasher = Sha256::new();
    for part in files.iter().flat_map(|(name, text)| [name, text]) {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part.as_bytes());
    }
    let mut version = String::new();
    for byte in hasher.finalize().iter().take(VERSION_BYTES) {
        // A string takes everything.
        let _ = write!(version, "{byte:02x}");
    }
    version
}

#[cfg(test)]
mod tests;
