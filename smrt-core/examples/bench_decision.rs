//! Times the pure decision on facts that are at hand: a contact that may happen, one that
//! everything stands against, and one for which the next instant is looked for.
//!
//! Run:  cargo run --release -p smrt-core --example bench_decision -- [DECISIONS] [ROUNDS]

#![expect(clippy::print_stdout, reason = "a program for the terminal")]
#![expect(clippy::disallowed_methods, reason = "a stopwatch needs a clock")]
#![expect(clippy::unwrap_used, reason = "a program that may stop")]

use std::borrow::Cow;
use std::hint::black_box;
use std::time::Instant as Clock;

use smrt_core::model::{
    Audience, Channel, ConsentEvent, ConsentOrigin, ConsentScope, DatePrecision, Id, Instant,
    LedgerEvent, Line, Purpose, RegistryKind,
};
use smrt_core::phone::E164;
use smrt_core::rules::contact::{
    Contact, Facts, Listing, PastContact, Question, RegistryFact, decide,
};
use smrt_core::rules::place::{Place, StatedPlace};
use smrt_core::rules::rule::{Profile, RuleSet};

const DECISIONS: usize = 200_000;
const ROUNDS: usize = 5;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let mut number = |default: usize| {
        arguments
            .next()
            .map_or(default, |text| text.parse().unwrap())
    };
    let (decisions, rounds) = (number(DECISIONS), number(ROUNDS));
    let (noon, night) = ("2026-11-18T18:00:00Z", "2026-11-19T05:00:00Z");
    // Florida has rules of its own about hours and how often.
    for number in ["+13125550123", "+13055550143"] {
        time(
            number,
            "allowed",
            noon,
            &unlisted(number),
            decisions,
            rounds,
        );
        time(
            number,
            "every reason",
            night,
            &opposed(number),
            decisions,
            rounds,
        );
        time(number, "later", night, &unlisted(number), decisions, rounds);
    }
}

fn time(number: &str, name: &str, at: &str, facts: &Facts, decisions: usize, rounds: usize) {
    let at: Instant = at.parse().unwrap();
    let question = Question {
        rules: RuleSet::builtin(),
        profile: Profile::Strict,
        at,
        known_at: at,
    };
    let contact = Contact::new(Channel::Call, Purpose::Marketing);
    let decision = decide(&question, &contact, facts);
    let round = || {
        let started = Clock::now();
        for _ in 0..decisions {
            black_box(decide(&question, &contact, black_box(facts)));
        }
        started.elapsed().as_nanos() / decisions as u128
    };
    let best = (0..rounds).map(|_| round()).min().unwrap_or_default();
    println!(
        "{number} {name}: {best} ns ({}, {} reasons, next allowed {})",
        decision.code(),
        decision.reasons.len(),
        decision
            .next_allowed_at
            .map_or("never".to_owned(), |next| next.to_string()),
    );
}

/// A number that is on no list.
fn unlisted(number: &str) -> Facts {
    let number: E164 = number.parse().unwrap();
    let version_date: Instant = "2026-11-10".parse().unwrap();
    let registry = |kind, jurisdiction: &str| RegistryFact {
        registry: Id::derived("registry", &[jurisdiction.as_bytes()]),
        kind,
        jurisdiction: jurisdiction.parse().ok(),
        version: 1,
        version_date,
        obtained_at: version_date,
        covered: true,
        listed_since: None,
    };
    Facts {
        number: Id::of_phone_number(number),
        place: Cow::Owned(Place::of(number, &StatedPlace::default())),
        line: Line::Landline,
        audience: Audience::Residential,
        registries: vec![
            registry(RegistryKind::National, "US"),
            registry(RegistryKind::State, "US-FL"),
        ],
        listings: Vec::new(),
        ledger: Vec::new(),
        restriction: None,
        relationships: Vec::new(),
        contacts: Vec::new(),
        reassigned: Vec::new(),
    }
}

/// A number against which everything stands.
fn opposed(number: &str) -> Facts {
    let before: Instant = "2026-11-18T15:00:00Z".parse().unwrap();
    let id = |name: &str| Id::derived("fact", &[name.as_bytes()]);
    let mut facts = unlisted(number);
    for fact in &mut facts.registries {
        fact.listed_since = "2020-01-01".parse().ok();
    }
    facts.listings = [RegistryKind::Internal, RegistryKind::Litigator]
        .map(|kind| Listing {
            id: id(kind.as_str()),
            kind,
            listed_at: before,
        })
        .to_vec();
    facts.ledger = vec![LedgerEvent {
        id: id("withdrawal"),
        event: ConsentEvent::Withdrawn,
        scope: ConsentScope {
            purpose: Some(Purpose::Marketing),
            channel: None,
        },
        tier: None,
        seller: None,
        number: None,
        acted_at: Some(before),
        precision: DatePrecision::Exact,
        recorded_at: before,
        valid_until: None,
        origin: ConsentOrigin::Subject,
        fault: None,
    }];
    facts.restriction = Some(id("restriction"));
    facts.contacts = (0..5)
        .map(|minute: i64| PastContact {
            id: id(&minute.to_string()),
            channel: Channel::Call,
            at: Instant::from_micros(before.as_micros() + minute * 60_000_000),
        })
        .collect();
    facts
}
