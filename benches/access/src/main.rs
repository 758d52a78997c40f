//! Access decisions of smrt beside `cedar-policy`, on the same grants.
//!
//! A decision of smrt answers for all fields of a record; Cedar is asked once a field. The grants
//! are such that Cedar can say them without knowing smrt's tiers: a record's owner, and at most one
//! grant for each record and tenant, on the record or on a field.

use std::collections::{HashMap, HashSet};
use std::hint::black_box;
use std::str::FromStr as _;
use std::time::Instant as Clock;

use cedar_policy::{
    Authorizer, Context, Decision, Entities, Entity, EntityUid, PolicySet, Request,
    RestrictedExpression,
};
use smrt_core::model::{AccessLevel, EntityType, Field, Grant, Id, Instant};
use smrt_core::rules::access::GrantIndex;

const TENANTS: u64 = 50;
const AGREED: u64 = 1_000_000;

/// A generator of numbers from a seed.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (self.0 >> 33) % bound
    }
}

/// Grants, and the owner of each record.
struct World {
    owners: Vec<u64>,
    grants: Vec<(u64, u64, Option<Field>)>,
}

impl World {
    /// About as many grants as asked for, on half as many records.
    fn new(grants: u64) -> Self {
        let mut random = Random(grants);
        let records = (grants / 2).max(1);
        let owners: Vec<u64> = (0..records).map(|_| random.below(TENANTS)).collect();
        let fields: Vec<Field> = Field::all(EntityType::Human).collect();
        let mut seen = HashSet::new();
        let mut made = Vec::new();
        while (made.len() as u64) < grants {
            let record = random.below(records);
            let grantee = random.below(TENANTS);
            if grantee == owners[record as usize] || !seen.insert((record, grantee)) {
                continue;
            }
            let field = (random.below(2) == 0).then(|| fields[random.below(2) as usize]);
            made.push((record, grantee, field));
        }
        Self {
            owners,
            grants: made,
        }
    }

    fn request(&self, random: &mut Random) -> (u64, u64) {
        // Half of the requests are about something that was granted.
        match random.below(2) {
            0 => {
                let (record, grantee, _) =
                    self.grants[random.below(self.grants.len() as u64) as usize];
                (record, grantee)
            }
            _ => (
                random.below(self.owners.len() as u64),
                random.below(TENANTS),
            ),
        }
    }
}

fn tenant(number: u64) -> Id {
    Id::derived("tenant", &[&number.to_be_bytes()])
}

fn record(number: u64) -> Id {
    Id::derived("record", &[&number.to_be_bytes()])
}

fn index(world: &World) -> GrantIndex {
    let grants = world
        .grants
        .iter()
        .enumerate()
        .map(|(number, (on, to, field))| Grant {
            id: Id::derived("grant", &[&number.to_be_bytes()]),
            grantee: tenant(*to),
            grantor: tenant(world.owners[*on as usize]),
            entity_type: EntityType::Human,
            record: Some(record(*on)),
            field: *field,
            level: AccessLevel::Read,
            created_at: Instant::from_micros(0),
            expires_at: None,
            revoked_at: None,
        });
    GrantIndex::new(grants.collect())
}

fn uid(kind: &str, number: u64) -> EntityUid {
    EntityUid::from_str(&format!("{kind}::\"{number}\"")).expect("a plain id")
}

const OWNER: &str = "permit(principal, action, resource) when { resource.owner == principal };";

/// One policy a grant.
fn as_policies(world: &World) -> (PolicySet, Entities) {
    let mut text = OWNER.to_owned();
    for (on, to, field) in &world.grants {
        let when = field.map(|field| format!(" when {{ context.field == \"{}\" }}", field.name()));
        text += &format!(
            "permit(principal == Tenant::\"{to}\", action == Action::\"read\", \
             resource == Human::\"{on}\"){};",
            when.unwrap_or_default()
        );
    }
    (
        PolicySet::from_str(&text).expect("policies"),
        entities(world, false),
    )
}

/// One policy in all; the grants are attributes of the records.
fn as_attributes(world: &World) -> (PolicySet, Entities) {
    let text = format!(
        "{OWNER} permit(principal, action == Action::\"read\", resource) when {{ \
         resource.whole.contains(principal) || resource.fields.contains({{ to: principal, \
         field: context.field }}) }};"
    );
    (
        PolicySet::from_str(&text).expect("policies"),
        entities(world, true),
    )
}

fn entities(world: &World, with_grants: bool) -> Entities {
    let reference = |uid| RestrictedExpression::new_entity_uid(uid);
    let mut whole: HashMap<u64, Vec<RestrictedExpression>> = HashMap::new();
    let mut fields: HashMap<u64, Vec<RestrictedExpression>> = HashMap::new();
    for (on, to, field) in world.grants.iter().filter(|_| with_grants) {
        let to = reference(uid("Tenant", *to));
        match field {
            None => whole.entry(*on).or_default().push(to),
            Some(field) => {
                let name = RestrictedExpression::new_string(field.name().to_owned());
                let pair = [("to".to_owned(), to), ("field".to_owned(), name)];
                let pair = RestrictedExpression::new_record(pair).expect("a record");
                fields.entry(*on).or_default().push(pair);
            }
        }
    }
    let humans = (0..).zip(&world.owners).map(|(number, owner)| {
        let set = |of: &mut HashMap<u64, Vec<RestrictedExpression>>| {
            RestrictedExpression::new_set(of.remove(&number).unwrap_or_default())
        };
        let attributes = HashMap::from([
            ("owner".to_owned(), reference(uid("Tenant", *owner))),
            ("whole".to_owned(), set(&mut whole)),
            ("fields".to_owned(), set(&mut fields)),
        ]);
        Entity::new(uid("Human", number), attributes, HashSet::new()).expect("an entity")
    });
    let humans: Vec<Entity> = humans.collect();
    Entities::from_entities(humans, None).expect("entities")
}

/// Cedar's answers for all fields, as bits.
struct Cedar {
    authorizer: Authorizer,
    policies: PolicySet,
    entities: Entities,
    tenants: Vec<EntityUid>,
    records: Vec<EntityUid>,
    read: EntityUid,
    contexts: Vec<Context>,
}

impl Cedar {
    fn new(world: &World, (policies, entities): (PolicySet, Entities)) -> Self {
        let context = |field: Field| {
            let name = RestrictedExpression::new_string(field.name().to_owned());
            Context::from_pairs([("field".to_owned(), name)]).expect("a context")
        };
        Self {
            authorizer: Authorizer::new(),
            policies,
            entities,
            tenants: (0..TENANTS).map(|number| uid("Tenant", number)).collect(),
            records: (0..world.owners.len() as u64)
                .map(|n| uid("Human", n))
                .collect(),
            read: EntityUid::from_str("Action::\"read\"").expect("an action"),
            contexts: Field::all(EntityType::Human).map(context).collect(),
        }
    }

    fn may_read(&self, tenant: u64, record: u64, field: usize) -> bool {
        let request = Request::new(
            self.tenants[tenant as usize].clone(),
            self.read.clone(),
            self.records[record as usize].clone(),
            self.contexts[field].clone(),
            None,
        )
        .expect("a request");
        let response = self
            .authorizer
            .is_authorized(&request, &self.policies, &self.entities);
        response.decision() == Decision::Allow
    }

    fn all_fields(&self, tenant: u64, record: u64) -> u16 {
        (0..self.contexts.len())
            .map(|field| u16::from(self.may_read(tenant, record, field)) << field)
            .sum()
    }
}

/// What smrt is asked: ids are made before the clock runs.
struct Asked {
    record: Id,
    owner: Id,
    viewer: Id,
}

fn ours(index: &GrantIndex, asked: &Asked, at: Instant) -> u16 {
    let facts = index.facts(EntityType::Human, asked.record, asked.owner);
    let facts = smrt_core::rules::access::Facts {
        sharing_consents: CONSENT,
        ..facts
    };
    index.evaluate(&facts, asked.viewer, at).readable.bits()
}

const CONSENT: &[smrt_core::model::SharingConsent] = &[smrt_core::model::SharingConsent {
    status: smrt_core::model::ConsentStatus::Granted,
    date: None,
    expires_at: None,
}];

fn questions(world: &World, count: usize) -> (Vec<(u64, u64)>, Vec<Asked>) {
    let mut random = Random(7);
    let pairs: Vec<(u64, u64)> = (0..count).map(|_| world.request(&mut random)).collect();
    let asked = pairs.iter().map(|(on, by)| Asked {
        record: record(*on),
        owner: tenant(world.owners[*on as usize]),
        viewer: tenant(*by),
    });
    let asked = asked.collect();
    (pairs, asked)
}

/// Nanoseconds for one call, the best of five rounds.
fn nanoseconds(count: usize, mut call: impl FnMut(usize)) -> f64 {
    let mut best = f64::MAX;
    for _ in 0..5 {
        let start = Clock::now();
        (0..count).for_each(&mut call);
        best = best.min(start.elapsed().as_nanos() as f64 / count as f64);
    }
    best
}

fn main() {
    let at = Instant::from_micros(1);
    let world = World::new(10_000);
    let smrt = index(&world);
    let cedar = Cedar::new(&world, as_attributes(&world));
    let mut random = Random(3);
    for _ in 0..AGREED {
        let (on, by) = world.request(&mut random);
        let field = random.below(8) as usize;
        let asked = Asked {
            record: record(on),
            owner: tenant(world.owners[on as usize]),
            viewer: tenant(by),
        };
        let mine = ours(&smrt, &asked, at) >> field & 1 == 1;
        assert_eq!(
            mine,
            cedar.may_read(by, on, field),
            "record {on}, tenant {by}, field {field}"
        );
    }
    println!("{AGREED} random requests answered alike");

    println!(
        "grants      smrt, all fields   cedar, one policy   cedar, a policy a grant   (all fields)"
    );
    for grants in [1_000, 10_000, 100_000, 1_000_000] {
        let world = World::new(grants);
        let smrt = index(&world);
        let count = 200_000;
        let (_, asked) = questions(&world, count);
        let mine = nanoseconds(count, |n| {
            black_box(ours(&smrt, &asked[n], at));
        });
        drop(smrt);
        let time_cedar = |made: (PolicySet, Entities), count: usize| {
            let cedar = Cedar::new(&world, made);
            let (pairs, _) = questions(&world, count);
            let start = Clock::now();
            for (on, by) in &pairs {
                black_box(cedar.all_fields(*by, *on));
            }
            start.elapsed().as_nanos() as f64 / count as f64
        };
        let attributes = (grants <= 100_000).then(|| time_cedar(as_attributes(&world), 10_000));
        let policies = (grants <= 1_000).then(|| time_cedar(as_policies(&world), 200));
        let shown = |time: Option<f64>| match time {
            Some(time) => format!("{:>10.0} ns ({:.0} x)", time, time / mine),
            None => "-".to_owned(),
        };
        println!(
            "{grants:>9}  {mine:>8.0} ns   {}   {}",
            shown(attributes),
            shown(policies)
        );
    }
}
