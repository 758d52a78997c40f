//! Finding humans by what is known of them.

use std::collections::HashMap;

use super::access;
use super::error::SmrtError;
use super::human::Human;
use super::link::links_of;
use super::record::{fetch, read_visible};
use super::session::TenantSession;
use super::unit::Unit;
use crate::model::{EntityType, Id, Instant, Module};
use crate::phone::E164;
use crate::store::{records, search};

/// What to look for.
#[derive(Clone)]
pub struct HumanSearch {
    /// Words that must all occur in some field, in either case.
    pub text: String,
    /// Phone numbers that the text may stand for; humans tied to one of them come first, and alone.
    pub numbers: Vec<E164>,
    /// The most humans to be found.
    pub limit: u32,
}

impl std::fmt::Debug for HumanSearch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HumanSearch")
            .field("limit", &self.limit)
            .finish_non_exhaustive()
    }
}

/// A human that was found.
#[derive(Clone)]
pub struct FoundHuman {
    /// The human.
    pub human: Human,
    /// Its phone numbers in E.164 that the tenant can see, the primary one first.
    pub phone_numbers: Vec<String>,
}

impl std::fmt::Debug for FoundHuman {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FoundHuman")
            .field("human", &self.human)
            .field("phone_numbers", &self.phone_numbers.len())
            .finish()
    }
}

impl TenantSession<'_> {
    /// The humans that match, by name. Only what the tenant may see can match, and only that
    /// decides the order.
    ///
    /// # Errors
    ///
    /// Those of the store.
    ///
    /// ```
    /// # use smrt_core::smrt::doc::{now, store, with_human};
    /// use smrt_core::smrt::HumanSearch;
    ///
    /// # let mut smrt = store()?;
    /// # let ada = with_human(&mut smrt)?;
    /// let mut session = smrt.tenant("acme")?.acting_as("crm-sync".parse()?);
    /// let search = HumanSearch { text: "lovewell".into(), numbers: vec![], limit: 10 };
    /// let found = session.search_humans(&search, now())?;
    /// assert_eq!(found[0].human.id, ada);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn search_humans(
        &mut self,
        search: &HumanSearch,
        at: Instant,
    ) -> Result<Vec<FoundHuman>, SmrtError> {
        self.require(Module::Contacts, at)?;
        self.read(at, |unit| {
            let mut humans = with_numbers(unit, &search.numbers)?;
            if humans.is_empty() {
                humans = with_words(unit, &search.text, search.limit)?;
            }
            humans.sort_by(|left, right| name_key(left).cmp(&name_key(right)));
            humans.truncate(search.limit as usize);
            found(unit, humans)
        })
    }

    /// Adds to humans the phone numbers that the tenant can see of them.
    ///
    /// # Errors
    ///
    /// Those of the store.
    ///
    /// ```
    /// # use smrt_core::smrt::doc::{now, store, with_human};
    /// # let mut smrt = store()?;
    /// # let ada = with_human(&mut smrt)?;
    /// let mut session = smrt.tenant("acme")?.acting_as("crm-sync".parse()?);
    /// let human = session.human(ada, now())?;
    /// assert!(session.with_phone_numbers(vec![human], now())?[0].phone_numbers.is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn with_phone_numbers(
        &mut self,
        humans: Vec<Human>,
        at: Instant,
    ) -> Result<Vec<FoundHuman>, SmrtError> {
        self.require(Module::Contacts, at)?;
        self.read(at, |unit| found(unit, humans))
    }
}

/// Names as the tenant sees them, then the id.
fn name_key(human: &Human) -> (Option<&String>, Option<&String>, Id) {
    (human.last_name.value(), human.first_name.value(), human.id)
}

/// Humans tied to one of these numbers by a link the tenant can see.
fn with_numbers(unit: &mut Unit<'_>, numbers: &[E164]) -> Result<Vec<Human>, SmrtError> {
    let numbers: Vec<Id> = numbers.iter().copied().map(Id::of_phone_number).collect();
    let links = links_of(unit, "phone_number_id", &numbers)?;
    let humans: Vec<Id> = links.iter().map(|link| link.human_id).collect();
    let humans: HashMap<Id, Human> = fetch(unit, &humans)?;
    Ok(humans.into_values().collect())
}

/// Humans in whose visible fields every word occurs.
fn with_words(unit: &mut Unit<'_>, text: &str, limit: u32) -> Result<Vec<Human>, SmrtError> {
    let words: Vec<String> = text.split_whitespace().map(str::to_lowercase).collect();
    if words.is_empty() {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    let mut after = None;
    loop {
        let visible = access::visible(unit, EntityType::Human, after)?;
        found.extend(search::humans_with_words(
            unit.engine,
            &visible,
            &words,
            limit,
        )?);
        after = visible.until();
        if after.is_none() {
            break;
        }
    }
    let accesses = access::of_records(unit, EntityType::Human, &found)?;
    Ok(read_visible(unit, &accesses)?.into_values().collect())
}

fn found(unit: &mut Unit<'_>, humans: Vec<Human>) -> Result<Vec<FoundHuman>, SmrtError> {
    let ids: Vec<Id> = humans.iter().map(|human| human.id).collect();
    let links = links_of(unit, "human_id", &ids)?;
    let numbers: Vec<Id> = links.iter().map(|link| link.phone_number_id).collect();
    let e164 = records::e164_of(unit.engine, &numbers)?;
    let mut by_human: HashMap<Id, Vec<String>> = HashMap::new();
    for link in links {
        if let Some(number) = e164.get(&link.phone_number_id) {
            let numbers = by_human.entry(link.human_id).or_default();
            if !numbers.contains(number) {
                numbers.push(number.clone());
            }
        }
    }
    let with_numbers = |human: Human| FoundHuman {
        phone_numbers: by_human.remove(&human.id).unwrap_or_default(),
        human,
    };
    Ok(humans.into_iter().map(with_numbers).collect())
}
