//! One evaluation: all rules at one instant.
//!
//! What this module does not do: it looks at no other instant; [`super::next`] does.

use chrono::NaiveDate;

use super::super::local_time::LocalTime;
use super::super::place::ZoneSource;
use super::super::rule::{Condition, Confidence, Jurisdiction, Rule};
use super::Question;
use super::code::{Code, Flag, Permit};
use super::decision::{Decision, Evidence, Lifted, MissingFact, Reason};
use super::demand::date_in_utc;
use super::facts::{Contact, Facts};
use crate::model::{Audience, Channel, ConsentChannel, Instant, Line, Purpose, Term, TermSet};

/// The facts as they look at one instant.
pub(super) struct View<'r, 'f> {
    pub(super) question: &'f Question<'r>,
    pub(super) contact: &'f Contact,
    pub(super) facts: &'f Facts,
    pub(super) at: Instant,
    /// The channel whose consent the contact needs.
    pub(super) consent_channel: ConsentChannel,
    /// The local time in each zone the called party may be in.
    pub(super) local_times: Vec<LocalTime>,
    /// The first and the last date it may be there; the date in UTC where no zone is known.
    dates: (NaiveDate, NaiveDate),
}

impl<'r, 'f> View<'r, 'f> {
    pub(super) fn new(
        question: &'f Question<'r>,
        contact: &'f Contact,
        facts: &'f Facts,
        at: Instant,
    ) -> Self {
        let zones = facts.place.zones.iter();
        let local_times: Vec<LocalTime> = zones.map(|zone| LocalTime::of(*zone, at)).collect();
        let dates = || local_times.iter().map(|local| local.date());
        let in_utc = || date_in_utc(at);
        let (first, last) = (dates().min(), dates().max());
        Self {
            question,
            contact,
            facts,
            at,
            consent_channel: ConsentChannel::of(contact.channel, contact.voice),
            dates: (first.unwrap_or_else(in_utc), last.unwrap_or_else(in_utc)),
            local_times,
        }
    }

    /// Evaluates every rule and leaves out none.
    pub(super) fn evaluate(self) -> Decision<'r> {
        let mut reasons = Vec::new();
        let mut permits = Vec::new();
        let mut flags = Vec::new();
        let mut channel_is_known = false;
        for rule in self.question.rules.applying(&self.facts.place) {
            if !rule.profiles.contains(self.question.profile) || !self.is_effective(rule) {
                continue;
            }
            // What holds everywhere says nothing about what else the country asks for.
            channel_is_known |= rule.jurisdiction != Jurisdiction::EVERYWHERE
                && rule.when.channels.contains(self.contact.channel);
            if !self.matches(&rule.when) {
                continue;
            }
            let Some((code, evidence)) = self.fault(rule, &mut flags) else {
                continue;
            };
            match self.lifted(rule) {
                Some((permit, evidence)) => permits.push(Lifted {
                    permit,
                    rule,
                    evidence,
                }),
                None => reasons.push(Reason {
                    code,
                    rule: Some(rule),
                    evidence,
                }),
            }
        }
        if !channel_is_known && self.contact.purpose != Purpose::Emergency {
            reasons.push(Reason {
                code: Code::NoRules,
                rule: None,
                evidence: Evidence::Missing(MissingFact::Rules),
            });
        }
        // Stable, so that of two rules with one code the order of the rule data decides.
        reasons.sort_by_key(rank);
        permits.sort_by_key(|lifted: &Lifted<'_>| lifted.permit);
        let permit = match permits.first() {
            _ if self.contact.purpose == Purpose::Emergency => Permit::Emergency,
            Some(first) => first.permit,
            None => Permit::Ok,
        };
        let flags = self.flags(flags, &reasons);
        Decision {
            reasons,
            permits,
            permit,
            next_allowed_at: None,
            flags,
            local_times: self.local_times,
            at: self.at,
            known_at: self.question.known_at,
            profile: self.question.profile,
            rules_version: self.question.rules.version(),
        }
    }

    /// Whether a rule holds on any date it may be where the called party is.
    fn is_effective(&self, rule: &Rule) -> bool {
        let (first, last) = self.dates;
        rule.is_effective(first) || rule.is_effective(last)
    }

    /// Whether a rule speaks of the contact. What is not known matches.
    fn matches(&self, when: &Condition) -> bool {
        let Contact {
            channel,
            voice,
            dialing,
            purpose,
            ..
        } = *self.contact;
        let Facts { line, audience, .. } = *self.facts;
        when.channels.contains(channel)
            && (channel != Channel::Call || when.voices.contains(voice))
            && when.dialings.contains(dialing)
            && when.purposes.contains(purpose)
            && (line == Line::Unknown || when.lines.contains(line))
            && (audience == Audience::Unknown || when.audiences.contains(audience))
            && (when.circumstances.is_empty()
                || when.circumstances.meets(self.contact.circumstances))
    }

    /// The first and the last date it may be where the called party is.
    pub(super) const fn dates(&self) -> (NaiveDate, NaiveDate) {
        self.dates
    }

    fn flags(&self, mut flags: Vec<Flag>, reasons: &[Reason<'_>]) -> TermSet<Flag> {
        let place = &self.facts.place;
        if place.zone_source >= ZoneSource::Exchange {
            flags.push(Flag::TzLowConfidence);
        }
        if place.any_state {
            flags.push(Flag::StateUnknown);
        }
        if self.facts.line == Line::Unknown {
            flags.push(Flag::LineUnknown);
        }
        let is_low = |rule: &Rule| rule.confidence == Confidence::Low;
        if reasons.iter().any(|reason| reason.rule.is_some_and(is_low)) {
            flags.push(Flag::LowConfidenceRule);
        }
        if !reasons.is_empty() {
            flags.retain(|flag| *flag != Flag::SafeHarbor);
        }
        TermSet::of(flags)
    }
}

/// Where a reason stands among the others: by its code, or just after the code its rule yields to.
fn rank(reason: &Reason<'_>) -> (u32, u32) {
    match reason.rule.and_then(|rule| rule.rank_after) {
        Some(code) => (code.position(), 1),
        None => (reason.code.position(), 0),
    }
}
