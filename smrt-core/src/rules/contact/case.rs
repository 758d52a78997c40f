//! Cases for tests: the base case of the decision vectors, and what differs from it.

use std::borrow::Cow;

use chrono_tz::Tz;

use super::super::place::{Place, StatedPlace};
use super::super::rule::{Jurisdiction, Profile, RuleSet};
use super::{
    Code, Contact, Decision, Facts, Flag, Listing, PastContact, Permit, Question, ReassignedFact,
    RegistryFact, RelationshipFact, RelationshipKind, decide,
};
use crate::model::{
    Audience, Channel, Circumstance, ConsentEvent, ConsentOrigin, ConsentScope, ConsentTier,
    ConsentType, DatePrecision, Dialing, EvidenceFault, Id, Instant, LedgerEvent, Line, Purpose,
    ReassignedAnswer, RegistryKind, TermSet, Voice,
};
use crate::phone::E164;

/// A contact, what is known, and when.
#[derive(Clone, Debug)]
pub(super) struct Case {
    pub(super) contact: Contact,
    pub(super) facts: Facts,
    pub(super) profile: Profile,
    pub(super) at: Instant,
}

pub(super) fn instant(text: &str) -> Instant {
    text.parse().unwrap()
}

pub(super) fn days_before(at: Instant, days: i64) -> Instant {
    Instant::from_micros(at.as_micros() - days * 86_400_000_000)
}

fn id(label: &str) -> Id {
    Id::derived("case", &[label.as_bytes()])
}

pub(super) fn jurisdiction(text: &str) -> Jurisdiction {
    text.parse().unwrap()
}

/// A live manual telemarketing call to a wireless residential number in Colorado, on Wednesday
/// 2026-11-18 at 14:00 local time; a registry version of ten days before covers the number and
/// does not list it; nobody ever said anything.
pub(super) fn base() -> Case {
    let at = instant("2026-11-18T21:00:00Z");
    let case = Case {
        contact: Contact {
            channel: Channel::Call,
            voice: Voice::Live,
            dialing: Dialing::Manual,
            purpose: Purpose::Marketing,
            seller: None,
            circumstances: TermSet::NONE,
        },
        facts: Facts {
            number: id("number"),
            place: Cow::Owned(Place::of(number("+13035550123"), &StatedPlace::default())),
            line: Line::Mobile,
            audience: Audience::Residential,
            registries: Vec::new(),
            listings: Vec::new(),
            ledger: Vec::new(),
            restriction: None,
            relationships: Vec::new(),
            contacts: Vec::new(),
            reassigned: Vec::new(),
        },
        profile: Profile::Strict,
        at,
    };
    case.in_place("+13035550123", "US-CO", Some("America/Denver"))
        .held("US", 10)
}

fn number(text: &str) -> E164 {
    text.parse().unwrap()
}

impl Case {
    // Where and when.

    pub(super) fn at(mut self, text: &str) -> Self {
        self.at = instant(text);
        self
    }

    pub(super) fn in_place(mut self, e164: &str, stated: &str, zone: Option<&str>) -> Self {
        let stated = StatedPlace {
            jurisdiction: (!stated.is_empty()).then(|| jurisdiction(stated)),
            zone: zone.map(|zone| zone.parse::<Tz>().unwrap()),
        };
        self.facts.place = Cow::Owned(Place::of(number(e164), &stated));
        self
    }

    pub(super) fn line(mut self, line: Line) -> Self {
        self.facts.line = line;
        self
    }

    pub(super) fn audience(mut self, audience: Audience) -> Self {
        self.facts.audience = audience;
        self
    }

    pub(super) fn profile(mut self, profile: Profile) -> Self {
        self.profile = profile;
        self
    }

    // What contact.

    pub(super) fn channel(mut self, channel: Channel) -> Self {
        self.contact.channel = channel;
        self
    }

    pub(super) fn voice(mut self, voice: Voice) -> Self {
        self.contact.voice = voice;
        self
    }

    pub(super) fn dialing(mut self, dialing: Dialing) -> Self {
        self.contact.dialing = dialing;
        self
    }

    pub(super) fn purpose(mut self, purpose: Purpose) -> Self {
        self.contact.purpose = purpose;
        self
    }

    pub(super) fn seller(mut self, seller: &str) -> Self {
        self.contact.seller = Some(seller.to_owned());
        self
    }

    pub(super) fn circumstance(mut self, circumstance: Circumstance) -> Self {
        let given = self.contact.circumstances.iter();
        self.contact.circumstances = TermSet::of(given.chain([circumstance]));
        self
    }

    // What is known.

    fn registry(&mut self) -> &mut RegistryFact {
        self.facts.registries.last_mut().unwrap()
    }

    /// The tenant holds the national registry, obtained so many days before.
    pub(super) fn held(mut self, country: &str, days: i64) -> Self {
        let obtained_at = days_before(self.at, days);
        self.facts.registries = vec![RegistryFact {
            registry: id("registry"),
            kind: RegistryKind::National,
            jurisdiction: Some(jurisdiction(country)),
            version: 1,
            version_date: obtained_at,
            obtained_at,
            covered: true,
            listed_since: None,
        }];
        self
    }

    pub(super) fn listed_since(mut self, since: Instant) -> Self {
        self.registry().listed_since = Some(since);
        self
    }

    pub(super) fn listed(self) -> Self {
        let since = days_before(self.at, 10);
        self.listed_since(since)
    }

    pub(super) fn not_covered(mut self) -> Self {
        self.registry().covered = false;
        self
    }

    pub(super) fn listing(mut self, kind: RegistryKind, listed_at: &str) -> Self {
        self.facts.listings.push(Listing {
            id: id(listed_at),
            kind,
            listed_at: instant(listed_at),
        });
        self
    }

    pub(super) fn event(
        mut self,
        event: ConsentEvent,
        consent_type: &str,
        tier: Option<ConsentTier>,
        acted_at: &str,
    ) -> Self {
        let consent_type = ConsentType::parse(consent_type).unwrap();
        let acted_at = instant(acted_at);
        self.facts.ledger.push(LedgerEvent {
            id: id(&format!("{event} {acted_at}")),
            event,
            scope: ConsentScope::of(&consent_type).unwrap(),
            tier,
            seller: None,
            number: Some(id("number")),
            acted_at: Some(acted_at),
            precision: DatePrecision::Exact,
            recorded_at: acted_at,
            valid_until: None,
            origin: ConsentOrigin::Subject,
            fault: None,
        });
        self
    }

    pub(super) fn granted(self, consent_type: &str, tier: ConsentTier, acted_at: &str) -> Self {
        self.event(ConsentEvent::Granted, consent_type, Some(tier), acted_at)
    }

    pub(super) fn withdrawn(self, consent_type: &str, acted_at: &str) -> Self {
        self.event(ConsentEvent::Withdrawn, consent_type, None, acted_at)
    }

    /// Changes the newest event.
    pub(super) fn which(mut self, change: impl FnOnce(&mut LedgerEvent)) -> Self {
        change(self.facts.ledger.last_mut().unwrap());
        self
    }

    pub(super) fn void(self, fault: EvidenceFault) -> Self {
        self.which(|event| event.fault = Some(fault))
    }

    pub(super) fn related(mut self, kind: RelationshipKind, at: &str) -> Self {
        self.facts.relationships.push(RelationshipFact {
            id: id(at),
            kind,
            at: instant(at),
        });
        self
    }

    pub(super) fn contacted(mut self, channel: Channel, at: &str) -> Self {
        self.facts.contacts.push(PastContact {
            id: id(at),
            channel,
            at: instant(at),
        });
        self
    }

    pub(super) fn reassigned(mut self, query_date: &str, answer: ReassignedAnswer) -> Self {
        self.facts.reassigned.push(ReassignedFact {
            id: id(query_date),
            query_date: instant(query_date),
            answer,
            checked_at: self.at,
        });
        self
    }

    pub(super) fn restricted(mut self) -> Self {
        self.facts.restriction = Some(id("restriction"));
        self
    }

    // The answer.

    pub(super) fn decide(&self) -> Decision<'static> {
        let question = Question {
            rules: RuleSet::builtin(),
            profile: self.profile,
            at: self.at,
            known_at: Instant::from_micros(i64::MAX),
        };
        decide(&question, &self.contact, &self.facts)
    }

    #[track_caller]
    pub(super) fn allows(&self, permit: Permit) {
        let decision = self.decide();
        assert_eq!(decision.codes(), []);
        assert_eq!(decision.permit, permit);
    }

    #[track_caller]
    pub(super) fn allows_with(&self, permit: Permit, flag: Flag) {
        self.allows(permit);
        assert!(self.decide().flags.contains(flag), "{flag}");
    }

    /// Denied for this reason first.
    #[track_caller]
    pub(super) fn denies(&self, code: Code) {
        assert_eq!(self.decide().codes().first(), Some(&code));
    }

    #[track_caller]
    pub(super) fn denies_until(&self, code: Code, next_allowed_at: &str) {
        self.denies(code);
        let next = self.decide().next_allowed_at;
        assert_eq!(next, Some(instant(next_allowed_at)));
    }

    /// Denied for these reasons, no other and in this order.
    #[track_caller]
    pub(super) fn denies_for(&self, codes: &[Code]) {
        assert_eq!(self.decide().codes(), codes);
    }
}
