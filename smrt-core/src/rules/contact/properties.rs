//! What holds of every decision, whatever the facts.

use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::case::{Case, base, instant};
use super::{Listing, PastContact, ReassignedFact, RelationshipFact, RelationshipKind};
use crate::model::{
    Audience, Channel, Circumstance, ConsentEvent, ConsentTier, Dialing, Id, Instant, Line,
    Purpose, ReassignedAnswer, RegistryKind, TermSet, Voice,
};
use crate::rules::rule::Profile;

/// Called parties: number, stated jurisdiction, stated zone, and whose registry is held.
const PLACES: [(&str, &str, &str, &str); 14] = [
    ("+13035550123", "US-CO", "America/Denver", "US"),
    ("+12125550123", "", "", "US"),
    ("+17015550123", "", "", "US"),
    ("+18005550123", "", "", "US"),
    ("+13055550123", "US-FL", "America/New_York", "US"),
    ("+13055550123", "US-PA", "", "US"),
    ("+15125550123", "US-TX", "", "US"),
    ("+18015550123", "US-UT", "", "US"),
    ("+16025550123", "", "", "US"),
    ("+14165550123", "", "", "CA"),
    ("+442079460123", "", "", "GB"),
    ("+61491570006", "", "", "AU"),
    ("+493023125123", "", "", "DE"),
    ("+33199001234", "", "", "FR"),
];

const CONSENT_TYPES: [&str; 8] = [
    "contact",
    "marketing",
    "marketing_call",
    "marketing_auto_call",
    "marketing_sms",
    "informational",
    "informational_sms",
    "contact_call",
];

fn id(number: u64) -> Id {
    Id::derived("property", &[&number.to_be_bytes()])
}

fn before(at: Instant, minutes: i64) -> Instant {
    Instant::from_micros(at.as_micros() - minutes * 60_000_000)
}

/// Minutes before the contact: of minutes, hours, months or years.
fn minutes() -> impl Strategy<Value = i64> {
    prop_oneof![0..10i64, 0..3_000i64, 0..60_000i64, 0..4_000_000i64]
}

#[derive(Clone, Debug)]
enum Fact {
    Event(ConsentEvent, &'static str, ConsentTier, i64),
    Relationship(RelationshipKind, i64),
    Contact(Channel, i64),
    Listing(RegistryKind, i64),
    Reassigned(ReassignedAnswer, i64),
}

fn fact() -> impl Strategy<Value = Fact> {
    let tier = select(ConsentTier::ALL.to_vec());
    let kinds = [RelationshipKind::Purchase, RelationshipKind::Inquiry];
    let lists = vec![RegistryKind::Internal, RegistryKind::Litigator];
    prop_oneof![
        4 => (select(ConsentEvent::ALL.to_vec()), select(CONSENT_TYPES.to_vec()), tier, minutes())
            .prop_map(|(event, kind, tier, ago)| Fact::Event(event, kind, tier, ago)),
        4 => (select(CONSENT_TYPES.to_vec()), minutes())
            .prop_map(|(kind, ago)| Fact::Event(ConsentEvent::Granted, kind, ConsentTier::Pewc, ago)),
        2 => (select(kinds.to_vec()), minutes()).prop_map(|(kind, ago)| Fact::Relationship(kind, ago)),
        3 => (select(vec![Channel::Call, Channel::Sms]), minutes())
            .prop_map(|(channel, ago)| Fact::Contact(channel, ago)),
        1 => (select(lists), minutes()).prop_map(|(kind, ago)| Fact::Listing(kind, ago)),
        1 => (select(ReassignedAnswer::ALL.to_vec()), minutes())
            .prop_map(|(answer, ago)| Fact::Reassigned(answer, ago)),
    ]
}

fn add(mut case: Case, number: u64, fact: &Fact) -> Case {
    let at = case.at;
    match fact {
        Fact::Event(event, kind, tier, ago) => {
            let acted_at = before(at, *ago).to_string();
            return case
                .event(*event, kind, Some(*tier), &acted_at)
                .which(|event| event.id = id(number));
        }
        Fact::Relationship(kind, ago) => case.facts.relationships.push(RelationshipFact {
            id: id(number),
            kind: *kind,
            at: before(at, *ago),
        }),
        Fact::Contact(channel, ago) => case.facts.contacts.push(PastContact {
            id: id(number),
            channel: *channel,
            at: before(at, *ago),
        }),
        Fact::Listing(kind, ago) => case.facts.listings.push(Listing {
            id: id(number),
            kind: *kind,
            listed_at: before(at, *ago),
        }),
        Fact::Reassigned(answer, ago) => case.facts.reassigned.push(ReassignedFact {
            id: id(number),
            query_date: before(at, *ago),
            answer: *answer,
            checked_at: before(at, *ago / 2),
        }),
    }
    case
}

fn contact() -> impl Strategy<Value = Case> {
    let circumstances = proptest::collection::vec(select(Circumstance::ALL.to_vec()), 0..2);
    (
        select(PLACES.to_vec()),
        // Two years, to the second.
        0..63_072_000i64,
        prop_oneof![3 => Just(Purpose::Marketing), 2 => select(Purpose::ALL.to_vec())],
        prop_oneof![3 => Just(Channel::Call), 2 => Just(Channel::Sms), 1 => select(Channel::ALL.to_vec())],
        select(Voice::ALL.to_vec()),
        select(Dialing::ALL.to_vec()),
        select(Line::ALL.to_vec()),
        select(Audience::ALL.to_vec()),
        select(Profile::ALL.to_vec()),
        circumstances,
    )
        .prop_map(
            |(place, seconds, purpose, channel, voice, dialing, line, audience, profile, given)| {
                let (number, stated, zone, country) = place;
                let start = instant("2026-01-01").as_micros();
                let at = Instant::from_micros(start + seconds * 1_000_000);
                let mut case = base()
                    .in_place(number, stated, (!zone.is_empty()).then_some(zone))
                    .at(&at.to_string())
                    .purpose(purpose)
                    .channel(channel)
                    .voice(voice)
                    .dialing(dialing)
                    .line(line)
                    .audience(audience)
                    .profile(profile)
                    .held(country, 5);
                case.contact.circumstances = TermSet::of(given);
                case
            },
        )
}

fn case() -> impl Strategy<Value = Case> {
    let facts = proptest::collection::vec(fact(), 0..6);
    let registry = (0..40i64, any::<bool>(), 0..8u8);
    (contact(), facts, registry).prop_map(|(mut case, facts, (age_days, covered, listed))| {
        let since = super::case::days_before(case.at, age_days);
        if let Some(registry) = case.facts.registries.first_mut() {
            registry.obtained_at = since;
            registry.version_date = since;
            registry.covered = covered || listed > 2;
            registry.listed_since = (listed == 0).then_some(since);
        }
        (0..)
            .zip(&facts)
            .fold(case, |case, (number, fact)| add(case, number, fact))
    })
}

fn allowed(case: &Case) -> bool {
    case.decide().is_allowed()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn a_prohibition_never_turns_a_denial_into_an_allowance(case in case(), kind in 0..8u8, ago in minutes()) {
        // A withdrawal allows its own confirmation, and nothing else.
        prop_assume!(case.contact.purpose != Purpose::OptOutConfirmation);
        let was_allowed = allowed(&case);
        let event = |event| Fact::Event(event, "contact", ConsentTier::Implied, ago);
        let added = match kind {
            0 => add(case, 99, &event(ConsentEvent::Withdrawn)),
            1 => add(case, 99, &event(ConsentEvent::Objected)),
            2 => add(case, 99, &Fact::Listing(RegistryKind::Internal, ago)),
            3 => add(case, 99, &Fact::Listing(RegistryKind::Litigator, ago)),
            4 => { let channel = case.contact.channel; add(case, 99, &Fact::Contact(channel, ago)) }
            5 => case.restricted(),
            6 => { let since = before(case.at, ago); case.listed_since(since) }
            _ => case.not_covered(),
        };
        prop_assert!(was_allowed || !allowed(&added));
    }

    #[test]
    fn removing_what_permits_never_allows(case in case(), which in any::<Index>()) {
        let was_allowed = allowed(&case);
        let mut less = case.clone();
        match which.index(6) {
            0 => less.facts.ledger.retain(|event| event.event.status() == crate::model::ConsentStatus::Revoked),
            1 => less.facts.relationships.clear(),
            2 => less.facts.registries.retain(|fact| fact.listed_since.is_some()),
            3 => less.facts.place.to_mut().zones.clear(),
            // A message that the health-care privacy rules cover has caps of its own.
            4 => {
                let kept = less.contact.circumstances.iter();
                less.contact.circumstances = TermSet::of(kept.filter(|one| *one == Circumstance::Hipaa));
            }
            _ => { less.facts.audience = Audience::Unknown; less.facts.line = Line::Unknown; }
        }
        prop_assert!(was_allowed || !allowed(&less));
    }

    #[test]
    fn the_order_of_facts_does_not_matter(case in case(), by in 0..6usize) {
        let mut turned = case.clone();
        let facts = &mut turned.facts;
        facts.ledger.reverse();
        facts.relationships.reverse();
        facts.contacts.reverse();
        facts.listings.reverse();
        facts.reassigned.reverse();
        let len = facts.ledger.len().max(1);
        facts.ledger.rotate_left(by % len);
        prop_assert_eq!(case.decide(), turned.decide());
    }

    #[test]
    fn what_the_letter_denies_the_strict_reading_denies(case in case()) {
        let strict = case.clone().profile(Profile::Strict);
        let letter = case.profile(Profile::FccText);
        prop_assert!(allowed(&letter) || !allowed(&strict));
    }

    #[test]
    fn the_next_allowed_instant_is_allowed_and_none_before_it(case in case()) {
        let decision = case.decide();
        if let Some(next) = decision.next_allowed_at {
            prop_assert!(!decision.is_allowed() && next > case.at);
            prop_assert!(decision.codes().iter().all(|code| code.is_about_time()));
            let at = |micros| { let mut later = case.clone(); later.at = Instant::from_micros(micros); later };
            prop_assert!(allowed(&at(next.as_micros())));
            prop_assert!(!allowed(&at(next.as_micros() - 1)));
            // Nor at any quarter of an hour in between.
            let step = 900_000_000;
            for micros in (case.at.as_micros()..next.as_micros()).step_by(step).take(400) {
                prop_assert!(!allowed(&at(micros)));
            }
        }
    }

    #[test]
    fn the_primary_reason_comes_first_and_says_no(case in case()) {
        let decision = case.decide();
        prop_assert_eq!(decision.is_allowed(), decision.codes().is_empty());
        if let Some(code) = decision.codes().first() {
            prop_assert_eq!(decision.code(), code.as_str());
            // Unless a rule yields, the codes are in their documented order.
            let first = decision.reasons.iter().filter(|reason| {
                reason.rule.is_none_or(|rule| rule.rank_after.is_none())
            });
            prop_assert!(first.map(|reason| reason.code).is_sorted());
        }
    }
}
