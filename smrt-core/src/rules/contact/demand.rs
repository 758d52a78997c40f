//! What stands against a contact, rule by rule.
//!
//! What this module does not do: it lifts nothing; [`super::exception`] does.

use chrono::{Datelike as _, NaiveDate, Weekday};
use chrono_tz::Tz;

use super::super::calendar::months_later;
use super::super::consent::{self, ConsentKey, ConsentStanding};
use super::super::hours::{self, HoursVerdict};
use super::super::local_time::LocalTime;
use super::super::rule::{Demand, Hours, NotListed, Reach, Rule};
use super::code::{Code, Flag};
use super::decision::{Evidence, MissingFact};
use super::evaluate::View;
use super::facts::{Listing, PastContact, ReassignedFact, RegistryFact};
use crate::model::{ConsentTier, Instant, LedgerEvent, ReassignedAnswer, RegistryKind};

type Fault = Option<(Code, Evidence)>;

impl View<'_, '_> {
    /// What stands against the contact by one rule, before anything lifts it.
    pub(super) fn fault(&self, rule: &Rule, flags: &mut Vec<Flag>) -> Fault {
        match &rule.demand {
            Demand::Hours(hours) => self.outside(rule, hours),
            Demand::Cap {
                contacts_max,
                hours,
            } => self.too_many(rule, *contacts_max, *hours),
            Demand::Ban => Some((Code::StateMobileBan, Evidence::Contact)),
            Demand::Consent(tier) => self.without_consent(*tier),
            Demand::NotWithdrawn { reach } => self.withdrawn(*reach),
            Demand::NotListed(not_listed) => self.listed(rule, not_listed, flags),
            Demand::NotOnInternalList { life_years } => self.on_internal_list(*life_years),
            Demand::NotReassigned {
                answer_age_days_max,
            } => self.reassigned(*answer_age_days_max, flags),
            Demand::NotObjected => self.objected(),
            Demand::NotRestricted => {
                let restriction = self.facts.restriction?;
                Some((Code::Restricted, Evidence::Restriction(restriction)))
            }
            Demand::NotSuppressed => {
                let listing = self.listing_of(RegistryKind::Litigator, |_| true)?;
                Some((Code::Suppressed, evidence_of_listing(listing)))
            }
        }
    }

    /// Legal in every zone the called party may be in, or not at all.
    fn outside(&self, rule: &Rule, hours: &Hours) -> Fault {
        let rules = self.question.rules;
        // Beyond the years whose holidays are known, no day is known not to be one.
        let is_holiday = |date| {
            rules.holiday_on(rule.jurisdiction, date).is_some()
                || !rules.knows_holidays(rule.jurisdiction, date)
        };
        let fixed = hours.zone.map(|zone| [LocalTime::of(zone, self.at)]);
        let local_times = match &fixed {
            Some(fixed) => fixed.as_slice(),
            None => &self.local_times,
        };
        let mut closed: Option<(LocalTime, HoursVerdict)> = None;
        let mut is_open_somewhere = false;
        for local in local_times {
            match hours::evaluate(hours, *local, is_holiday) {
                HoursVerdict::Open => is_open_somewhere = true,
                verdict => closed = closed.or(Some((*local, verdict))),
            }
        }
        if local_times.is_empty() {
            return Some((Code::TzAmbiguous, Evidence::Missing(MissingFact::Zone)));
        }
        let (local, verdict) = closed?;
        let is_sunday = local.date().weekday() == Weekday::Sun;
        let code = match (is_open_somewhere, rule.jurisdiction.state(), verdict) {
            (true, _, _) => Code::TzAmbiguous,
            (false, None, _) => Code::QuietHours,
            (false, Some(_), HoursVerdict::ClosedHoliday) => Code::StateHoliday,
            (false, Some(_), HoursVerdict::ClosedWeekday) if is_sunday => Code::StateSunday,
            (false, Some(_), _) => Code::StateHours,
        };
        Some((code, Evidence::LocalTime(local)))
    }

    fn too_many(&self, rule: &Rule, contacts_max: u32, hours: u32) -> Fault {
        let span = i64::from(hours) * MICROS_PER_HOUR;
        let since = self.at.as_micros() - span;
        let counts = |contact: &&PastContact| {
            rule.when.channels.contains(contact.channel)
                && contact.at.as_micros() > since
                && contact.at <= self.at
        };
        let mut found: Vec<&PastContact> = self.facts.contacts.iter().filter(counts).collect();
        let count = u32::try_from(found.len()).unwrap_or(u32::MAX);
        if count < contacts_max {
            return None;
        }
        // The contact is allowed again when so many have aged out that fewer than the most remain.
        found.sort_by_key(|contact| (contact.at, contact.id));
        let last_in_the_way =
            found.get(found.len().saturating_sub(contacts_max.max(1) as usize))?;
        Some((
            Code::FreqCap,
            Evidence::Contacts {
                count,
                oldest: found.first()?.id,
                counts_until: Instant::from_micros(last_in_the_way.at.as_micros() + span),
            },
        ))
    }

    /// What the ledger says of an agreement of a tier.
    pub(super) fn standing(&self, tier: ConsentTier) -> ConsentStanding<'_> {
        let (at, known_at) = (self.at, self.question.known_at);
        consent::standing(&self.facts.ledger, &self.key(tier), at, known_at)
    }

    fn key(&self, tier: ConsentTier) -> ConsentKey<'_> {
        ConsentKey {
            purpose: self.contact.purpose,
            channel: self.consent_channel,
            tier,
            seller: self.contact.seller.as_deref(),
            number: Some(self.facts.number),
        }
    }

    fn without_consent(&self, needed: ConsentTier) -> Fault {
        let required = match needed {
            ConsentTier::Pewc => Code::PewcRequired,
            ConsentTier::Implied | ConsentTier::OptIn | ConsentTier::Pec => Code::PecRequired,
        };
        let of = |event: &LedgerEvent| Evidence::Consent {
            event: event.id,
            against: None,
            fault: None,
            needed: Some(needed),
        };
        match self.standing(needed) {
            ConsentStanding::Given(event) => {
                let answer = self.went_away_after(event.acted_at?)?;
                Some((Code::NumberReassigned, evidence_of_answer(answer)))
            }
            ConsentStanding::Withdrawn(event, against) => Some((
                Code::ConsentRevoked,
                Evidence::Consent {
                    event: event.id,
                    against: against.map(|grant| grant.id),
                    fault: None,
                    needed: Some(needed),
                },
            )),
            ConsentStanding::Void(event, fault) => Some((
                Code::ConsentInvalid,
                Evidence::Consent {
                    event: event.id,
                    against: None,
                    fault: Some(fault),
                    needed: Some(needed),
                },
            )),
            ConsentStanding::OtherSeller(event) => Some((Code::ConsentSeller, of(event))),
            ConsentStanding::OtherNumber(event) => Some((Code::ConsentNumber, of(event))),
            ConsentStanding::Reassigned(event) => Some((Code::NumberReassigned, of(event))),
            ConsentStanding::Expired(event) | ConsentStanding::TooWeak(event) => {
                Some((required, of(event)))
            }
            ConsentStanding::Never => Some((required, Evidence::NoConsent { needed })),
        }
    }

    /// The answer that the number went to somebody else after an instant.
    pub(super) fn went_away_after(&self, instant: Instant) -> Option<&ReassignedFact> {
        let after = self
            .answers()
            .filter(|fact| fact.answer == ReassignedAnswer::Yes && fact.query_date >= instant);
        after.min_by_key(|fact| (fact.query_date, fact.id))
    }

    fn answers(&self) -> impl Iterator<Item = &ReassignedFact> {
        let known = |fact: &&ReassignedFact| fact.checked_at <= self.at;
        self.facts.reassigned.iter().filter(known)
    }

    /// The newest withdrawal that covers the contact.
    pub(super) fn withdrawal(&self, reach: Reach) -> Option<&LedgerEvent> {
        let (at, known_at) = (self.at, self.question.known_at);
        let key = self.key(ConsentTier::Implied);
        consent::withdrawal(&self.facts.ledger, &key, reach, at, known_at)
    }

    fn withdrawn(&self, reach: Reach) -> Fault {
        let event = self.withdrawal(reach)?;
        Some((Code::ConsentRevoked, evidence_of_event(event)))
    }

    fn objected(&self) -> Fault {
        let (at, known_at) = (self.at, self.question.known_at);
        let key = self.key(ConsentTier::Implied);
        let event = consent::objection(&self.facts.ledger, &key, at, known_at)?;
        Some((Code::Objected, evidence_of_event(event)))
    }

    fn listed(&self, rule: &Rule, not_listed: &NotListed, flags: &mut Vec<Flag>) -> Fault {
        let of_rule = |fact: &&RegistryFact| {
            let jurisdiction = fact.jurisdiction;
            fact.kind == not_listed.kind
                && jurisdiction.is_some_and(|of| rule.jurisdiction.contains(of))
        };
        let mut covering: Option<(&RegistryFact, i64)> = None;
        let mut listing: Option<(&RegistryFact, i64)> = None;
        for fact in self.facts.registries.iter().filter(of_rule) {
            let age_days = self.age_days(fact);
            if fact.covered && covering.is_none_or(|(_, age)| age_days < age) {
                covering = Some((fact, age_days));
            }
            if self.counts(fact, not_listed.listed_days_min)
                && listing.is_none_or(|(known, _)| fact.registry < known.registry)
            {
                listing = Some((fact, age_days));
            }
        }
        if let Some((fact, age_days)) = listing {
            let code = match not_listed.kind {
                RegistryKind::National | RegistryKind::Internal | RegistryKind::Litigator => {
                    Code::NationalDnc
                }
                RegistryKind::State => Code::StateDnc,
            };
            return Some((code, evidence_of_registry(fact, age_days)));
        }
        match covering {
            Some((fact, age_days)) if is_past(age_days, not_listed.age_days_max) => {
                Some((Code::DncStale, evidence_of_registry(fact, age_days)))
            }
            Some(_) => {
                flags.push(Flag::SafeHarbor);
                None
            }
            None if not_listed.required => Some((
                Code::DncNotCovered,
                Evidence::Missing(MissingFact::Registry),
            )),
            None => None,
        }
    }

    /// Whether a registry lists the number, and has for long enough.
    fn counts(&self, fact: &RegistryFact, listed_days_min: u32) -> bool {
        let span = i64::from(listed_days_min) * 24 * MICROS_PER_HOUR;
        fact.listed_since
            .is_some_and(|since| since.as_micros().saturating_add(span) <= self.at.as_micros())
    }

    /// How old what the tenant holds is, in days: from the older of the day on which it was
    /// obtained, where the called party is, and the date of the version.
    fn age_days(&self, fact: &RegistryFact) -> i64 {
        let of_version = days_between(date_in_utc(fact.version_date), self.dates().1);
        self.days_since(fact.obtained_at).max(of_version)
    }

    /// Calendar days since an instant, the most it may be where the called party is.
    fn days_since(&self, since: Instant) -> i64 {
        let in_zone = |local: &LocalTime| {
            days_between(LocalTime::of(local.zone(), since).date(), local.date())
        };
        let in_utc = || days_between(date_in_utc(since), self.dates().1);
        self.local_times
            .iter()
            .map(in_zone)
            .max()
            .unwrap_or_else(in_utc)
    }

    fn on_internal_list(&self, life_years: Option<u32>) -> Fault {
        let counts = |listing: &Listing| {
            let Some(years) = life_years else {
                return true;
            };
            let listed_on = date_in_utc(listing.listed_at);
            let ends_on = months_later(listed_on, years.saturating_mul(12));
            // Until the end of the last day, wherever the called party is.
            ends_on.is_none_or(|ends_on| self.dates().0 <= ends_on)
        };
        let listing = self.listing_of(RegistryKind::Internal, counts)?;
        Some((Code::InternalDnc, evidence_of_listing(listing)))
    }

    /// The oldest listing of a kind that counts.
    fn listing_of(
        &self,
        kind: RegistryKind,
        counts: impl Fn(&Listing) -> bool,
    ) -> Option<&Listing> {
        let listings = self.facts.listings.iter();
        listings
            .filter(|listing| listing.kind == kind && listing.listed_at <= self.at)
            .filter(|listing| counts(listing))
            .min_by_key(|listing| (listing.listed_at, listing.id))
    }

    fn reassigned(&self, age_days_max: Option<u32>, flags: &mut Vec<Flag>) -> Fault {
        let newest = self
            .answers()
            .max_by_key(|fact| (fact.query_date, fact.checked_at, fact.id));
        let missing = || {
            let evidence = Evidence::Missing(MissingFact::ReassignedAnswer);
            age_days_max.map(|_| (Code::NumberReassigned, evidence))
        };
        let Some(newest) = newest else {
            return missing();
        };
        match newest.answer {
            ReassignedAnswer::Yes => Some((Code::NumberReassigned, evidence_of_answer(newest))),
            _ if is_past(self.days_since(newest.checked_at), age_days_max) => missing(),
            ReassignedAnswer::No => {
                flags.push(Flag::SafeHarbor);
                None
            }
            ReassignedAnswer::NoData => None,
        }
    }
}

/// The date of an instant where no zone is known.
pub(super) fn date_in_utc(instant: Instant) -> NaiveDate {
    LocalTime::of(Tz::UTC, instant).date()
}

fn days_between(from: NaiveDate, to: NaiveDate) -> i64 {
    to.signed_duration_since(from).num_days()
}

/// Whether an age is above the most that is allowed.
fn is_past(age_days: i64, age_days_max: Option<u32>) -> bool {
    age_days_max.is_some_and(|most| age_days > i64::from(most))
}

const MICROS_PER_HOUR: i64 = 3_600_000_000;

const fn evidence_of_listing(listing: &Listing) -> Evidence {
    Evidence::Listing {
        id: listing.id,
        listed_at: listing.listed_at,
    }
}

const fn evidence_of_event(event: &LedgerEvent) -> Evidence {
    Evidence::Consent {
        event: event.id,
        against: None,
        fault: None,
        needed: None,
    }
}

const fn evidence_of_answer(fact: &ReassignedFact) -> Evidence {
    Evidence::Reassigned {
        id: fact.id,
        query_date: fact.query_date,
        answer: fact.answer,
    }
}

const fn evidence_of_registry(fact: &RegistryFact, age_days: i64) -> Evidence {
    Evidence::Registry {
        registry: fact.registry,
        version: fact.version,
        version_date: fact.version_date,
        obtained_at: fact.obtained_at,
        listed_since: fact.listed_since,
        age_days,
    }
}
