//! What the steps mean, with plain lists and no store: the reference that all engines are held to.
//!
//! Every question looks at everything there is. What is not modelled: what an import counts and
//! says of its rows, which [`crate::reference`] does, and the rules of the law.

mod access;
mod call;
mod ledger;
mod list;

use std::collections::{BTreeMap, BTreeSet};

use smrt_core::model::{
    AccessLevel, ConsentEvent, ConsentMethod, ConsentTier, DatePrecision, EntityType, Id, Instant,
};
use smrt_core::smrt::Masked;

pub(super) use self::list::File;
use self::list::Lists;
use super::stage::e164;
use super::step::{Look, NUMBERS, Place, Row, TENANTS};

/// Everything there is.
#[derive(Debug, Clone)]
pub(super) struct World {
    /// When the step that is taken is taken.
    pub(super) now: Instant,
    humans: Vec<Human>,
    links: Vec<Link>,
    consents: Vec<Consent>,
    interactions: Vec<Interaction>,
    ties: Vec<Tie>,
    /// The tenant whose record each number is.
    number_owners: BTreeMap<usize, usize>,
    grants: Vec<Grant>,
    lists: Lists,
    /// How many runs each tenant began.
    runs: [i64; TENANTS.len()],
    /// The humans that a run changed, as they were before it.
    before_runs: Vec<(Run, Human)>,
}

/// A run: whose, and its number.
type Run = (usize, i64);

#[derive(Debug, Clone, PartialEq)]
struct Human {
    id: Id,
    owner: usize,
    key: Option<u8>,
    fields: [Option<String>; 8],
    /// The row it was last imported from.
    row: Option<Row>,
    run: Option<Run>,
}

#[derive(Debug, Clone, PartialEq)]
struct Link {
    id: Id,
    owner: usize,
    human: Id,
    number: usize,
    relationship: &'static str,
    run: Option<Run>,
}

#[derive(Debug, Clone, PartialEq)]
struct Consent {
    id: Id,
    owner: usize,
    key: Option<u8>,
    human: Option<Id>,
    number: Option<usize>,
    consent_type: &'static str,
    event: ConsentEvent,
    date: Option<Instant>,
    precision: DatePrecision,
    expiration: Option<Instant>,
    tier: Option<ConsentTier>,
    method: Option<ConsentMethod>,
    recorded_at: Instant,
}

#[derive(Debug, Clone, PartialEq)]
struct Interaction {
    id: Id,
    owner: usize,
    key: Option<u8>,
}

/// That a tenant has to do with a number.
#[derive(Debug, Clone, PartialEq)]
struct Tie {
    tenant: usize,
    number: usize,
    since: Instant,
    run: Option<Run>,
}

#[derive(Debug, Clone, PartialEq)]
struct Grant {
    id: Id,
    by: usize,
    to: usize,
    entity_type: EntityType,
    record: Option<Id>,
    field: Option<&'static str>,
    level: AccessLevel,
    made: Instant,
    ends: Option<Instant>,
    revoked: Option<Instant>,
}

/// A record, as far as access to it goes.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Record {
    entity_type: EntityType,
    id: Id,
    owner: usize,
    /// The number, or the number that a link is on.
    number: Option<usize>,
}

/// What a tenant sees: by the record or the question, the answer as text.
pub(super) type Sight = BTreeMap<String, String>;

impl World {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            now,
            humans: Vec::new(),
            links: Vec::new(),
            consents: Vec::new(),
            interactions: Vec::new(),
            ties: Vec::new(),
            number_owners: BTreeMap::new(),
            grants: Vec::new(),
            lists: Lists::default(),
            runs: [0; TENANTS.len()],
            before_runs: Vec::new(),
        }
    }

    /// The id of the record that a tenant means.
    pub(super) fn id_at(&self, by: usize, entity_type: EntityType, place: Place) -> Id {
        let records = self.records(entity_type);
        pick(
            by,
            place,
            records.iter().map(|record| (record.owner, record.id)),
        )
    }

    /// The id of the grant that a tenant means.
    pub(super) fn grant_at(&self, by: usize, place: Place) -> Id {
        pick(
            by,
            place,
            self.grants.iter().map(|grant| (grant.by, grant.id)),
        )
    }

    /// The number of the run that a tenant means.
    pub(super) const fn run_before_last(&self, by: usize, runs_before_last: i64) -> i64 {
        self.runs[by] - runs_before_last
    }

    /// All records of a kind.
    fn records(&self, entity_type: EntityType) -> Vec<Record> {
        let record = |id: Id, owner: usize, number: Option<usize>| Record {
            entity_type,
            id,
            owner,
            number,
        };
        match entity_type {
            EntityType::Human => {
                let humans = self.humans.iter();
                humans
                    .map(|human| record(human.id, human.owner, None))
                    .collect()
            }
            EntityType::PhoneNumber => {
                let numbers = self.number_owners.iter();
                let of = |(number, owner): (&usize, &usize)| {
                    record(Id::of_phone_number(e164(*number)), *owner, Some(*number))
                };
                numbers.map(of).collect()
            }
            EntityType::Link => {
                let links = self.links.iter();
                links
                    .map(|link| record(link.id, link.owner, Some(link.number)))
                    .collect()
            }
            EntityType::ConsentRecord => {
                let consents = self.consents.iter();
                consents
                    .map(|consent| record(consent.id, consent.owner, None))
                    .collect()
            }
            EntityType::Interaction => {
                let interactions = self.interactions.iter();
                interactions
                    .map(|it| record(it.id, it.owner, None))
                    .collect()
            }
        }
    }

    fn record(&self, entity_type: EntityType, id: Id) -> Option<Record> {
        let mut records = self.records(entity_type).into_iter();
        records.find(|record| record.id == id)
    }

    fn human(&self, id: Id) -> Option<&Human> {
        self.humans.iter().find(|human| human.id == id)
    }

    fn is_tied(&self, tenant: usize, number: usize) -> bool {
        let mut ties = self.ties.iter();
        ties.any(|tie| (tie.tenant, tie.number) == (tenant, number))
    }

    fn tie(&mut self, tenant: usize, number: usize, run: Option<Run>) {
        if !self.is_tied(tenant, number) {
            self.number_owners.entry(number).or_insert(tenant);
            self.ties.push(Tie {
                tenant,
                number,
                since: self.now,
                run,
            });
        }
    }

    /// What a tenant sees.
    pub(super) fn sight(&self, look: &Look) -> Sight {
        let at = look.when.instant(self.now);
        let mut sight = Sight::new();
        for entity_type in EntityType::ALL {
            for record in self.records(entity_type) {
                let fields = entity_type.fields().iter();
                let seen = fields.map(|field| {
                    let level = self.level(look.by, &record, field, at);
                    // What a tenant attached to a number is its own.
                    let is_attached = record.number.is_some_and(|number| {
                        entity_type == EntityType::PhoneNumber && self.is_tied(look.by, number)
                    });
                    level >= AccessLevel::Read || is_attached
                });
                let seen: Vec<bool> = seen.collect();
                if seen.contains(&true) {
                    let fields = (0..).zip(&seen).map(|(place, is_seen)| match is_seen {
                        true => self.value(&record, place),
                        false => "hidden".to_owned(),
                    });
                    let fields: Vec<String> = fields.collect();
                    sight.insert(key(entity_type, record.id), fields.join(" | "));
                }
            }
        }
        self.answer_about_human(look, at, &mut sight);
        self.answer_about_numbers(look, at, &mut sight);
        sight
    }

    /// The value of a field, where the model knows it.
    fn value(&self, record: &Record, place: usize) -> String {
        let value = match record.entity_type {
            EntityType::Human => {
                let human = self
                    .humans
                    .iter()
                    .find(|human| human.id == record.id)
                    .unwrap();
                human.fields[place].clone()
            }
            EntityType::Link if place == 0 => {
                let link = self.links.iter().find(|link| link.id == record.id).unwrap();
                Some(link.relationship.to_owned())
            }
            EntityType::PhoneNumber if place == 0 => {
                record.number.map(|number| NUMBERS[number].to_owned())
            }
            EntityType::PhoneNumber
            | EntityType::Link
            | EntityType::ConsentRecord
            | EntityType::Interaction => return "seen".to_owned(),
        };
        shown(&value.map_or(Masked::Empty, Masked::Value))
    }

    fn answer_about_human(&self, look: &Look, at: Instant, sight: &mut Sight) {
        let id = self.id_at(look.by, EntityType::Human, look.human);
        let human = self.record(EntityType::Human, id);
        let visible = human.filter(|human| self.sees(look.by, human, at));
        let consent = match visible {
            Some(human) => {
                let numbers = self.numbers_of(look.by, human.id);
                let ledger = self.ledger(look.by, &numbers, &[human.id]);
                self.standing(&ledger, look.channel, None, at).to_owned()
            }
            None => "not_found".to_owned(),
        };
        sight.insert("consent of the human".to_owned(), consent);
        let field = EntityType::Human.fields()[look.field];
        let decision = match visible {
            Some(human) => (self.level(look.by, &human, field, at) >= look.level).to_string(),
            None => "not_found".to_owned(),
        };
        sight.insert("access to the human".to_owned(), decision);
        let found = self.humans.iter().filter(|human| {
            let links = self.links.iter().filter(|link| link.human == human.id);
            let mut links = links.filter(|link| link.number == look.number);
            let record = self.record(EntityType::Human, human.id).unwrap();
            self.sees(look.by, &record, at)
                && links.any(|link| {
                    let link = self.record(EntityType::Link, link.id).unwrap();
                    self.sees(look.by, &link, at)
                })
        });
        let found: BTreeSet<Id> = found.map(|human| human.id).collect();
        sight.insert("humans with the number".to_owned(), format!("{found:?}"));
    }

    fn answer_about_numbers(&self, look: &Look, at: Instant, sight: &mut Sight) {
        for (number, name) in NUMBERS.iter().enumerate() {
            let humans = self.humans_on(look.by, number, at);
            let ledger = self.ledger(look.by, &[number], &humans);
            let consent = self.standing(&ledger, look.channel, Some(number), at);
            sight.insert(format!("consent of {name}"), consent.to_owned());
            let listed = self.lists.answer(look.by, number, at);
            sight.insert(format!("lists that have {name}"), listed);
        }
    }
}

/// The id at a place among these, each of which is somebody's.
fn pick(by: usize, place: Place, all: impl Iterator<Item = (usize, Id)>) -> Id {
    let (position, among): (usize, Vec<Id>) = match place {
        Place::Nowhere => return nobody(),
        Place::Any(position) => (position, all.map(|(_, id)| id).collect()),
        Place::Own(position) => {
            let own = all.filter(|(owner, _)| *owner == by);
            (position, own.map(|(_, id)| id).collect())
        }
    };
    match among.len() {
        0 => nobody(),
        len => among[position % len],
    }
}

/// The id of a record that nobody has.
fn nobody() -> Id {
    Id::derived("nobody", &[])
}

/// The name of a record in a [`Sight`].
pub(super) fn key(entity_type: EntityType, id: Id) -> String {
    format!("{entity_type} {id}")
}

/// A field as somebody sees it.
pub(super) fn shown(value: &Masked<String>) -> String {
    match value {
        Masked::Value(value) => format!("`{value}`"),
        Masked::Empty => "empty".to_owned(),
        Masked::Hidden => "hidden".to_owned(),
    }
}

/// The same where only it matters whether it is seen.
pub(super) fn seen<T>(value: &Masked<T>) -> String {
    match value {
        Masked::Value(_) | Masked::Empty => "seen".to_owned(),
        Masked::Hidden => "hidden".to_owned(),
    }
}
