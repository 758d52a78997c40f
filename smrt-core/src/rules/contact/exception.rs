//! What lifts a rule for a contact that it would forbid.
//!
//! What this module does not do: it lifts no rule that does not name the exception.

use chrono::NaiveDate;

use super::super::calendar::months_later;
use super::super::consent::ConsentStanding;
use super::super::local_time::LocalTime;
use super::super::rule::{Exception, Reach, Rule};
use super::code::Permit;
use super::decision::Evidence;
use super::demand::date_in_utc;
use super::evaluate::View;
use super::facts::{RelationshipFact, RelationshipKind};
use crate::model::{Channel, Circumstance, ConsentTier, Purpose, TermSet};

impl View<'_, '_> {
    /// The exception that lifts a rule: of several, the one that says most.
    pub(super) fn lifted(&self, rule: &Rule) -> Option<(Permit, Evidence)> {
        let lifts = rule
            .unless
            .iter()
            .filter_map(|exception| self.lifts(exception));
        lifts.min_by_key(|(permit, _)| *permit)
    }

    fn lifts(&self, exception: &Exception) -> Option<(Permit, Evidence)> {
        match *exception {
            Exception::Purposes(purposes) => {
                let permit = match self.contact.purpose {
                    Purpose::Emergency => Permit::Emergency,
                    Purpose::Marketing
                    | Purpose::Informational
                    | Purpose::Survey
                    | Purpose::Fundraising
                    | Purpose::Political
                    | Purpose::DebtCollection
                    | Purpose::OptOutConfirmation => Permit::NotSolicitation,
                };
                let applies = purposes.contains(self.contact.purpose);
                applies.then_some((permit, Evidence::Contact))
            }
            Exception::Circumstances { any_of, audiences } => {
                let is_for = audiences == TermSet::ALL || audiences.contains(self.facts.audience);
                is_for.then(|| self.circumstance(any_of)).flatten()
            }
            Exception::Consent(tier) => self.permission(tier),
            Exception::Relationship {
                purchase_months,
                inquiry_months,
            } => self.relationship(purchase_months, inquiry_months),
            Exception::ConfirmsWithdrawal { minutes } => self.confirms_withdrawal(minutes),
        }
    }

    fn circumstance(&self, lifting: TermSet<Circumstance>) -> Option<(Permit, Evidence)> {
        let given = self.contact.circumstances;
        let permits = given.iter().filter(|given| lifting.contains(*given));
        let permit = permits.map(|circumstance| match circumstance {
            Circumstance::Nonprofit => Permit::NotSolicitation,
            Circumstance::Personal => Permit::PersonalRelationship,
            Circumstance::BusinessToBusiness => Permit::B2bExempt,
            Circumstance::PackageDelivery
            | Circumstance::BankSecurity
            | Circumstance::HealthCare
            | Circumstance::Hipaa => Permit::Ok,
        });
        Some((permit.min()?, Evidence::Contact))
    }

    fn permission(&self, tier: ConsentTier) -> Option<(Permit, Evidence)> {
        let ConsentStanding::Given(event) = self.standing(tier) else {
            return None;
        };
        let went_away = |acted_at| self.went_away_after(acted_at).is_some();
        if event.acted_at.is_some_and(went_away) {
            return None;
        }
        let permit = match tier {
            ConsentTier::Pewc => Permit::WrittenPermission,
            ConsentTier::Implied | ConsentTier::OptIn | ConsentTier::Pec => Permit::Ok,
        };
        let evidence = Evidence::Consent {
            event: event.id,
            against: None,
            fault: None,
            needed: Some(tier),
        };
        Some((permit, evidence))
    }

    /// A business relationship counts while the date of the contact is before the same day so many
    /// months after the event, in every zone the called party may be in.
    fn relationship(
        &self,
        purchase_months: u32,
        inquiry_months: u32,
    ) -> Option<(Permit, Evidence)> {
        let live = |fact: &&RelationshipFact| fact.at <= self.at;
        let ends = |fact: &RelationshipFact| {
            let months = match fact.kind {
                RelationshipKind::Purchase => purchase_months,
                RelationshipKind::Inquiry => inquiry_months,
            };
            let went_away = self.went_away_after(fact.at).is_some();
            let ends_on = self.ends_on(fact, months)?;
            (months > 0 && !went_away && self.dates().1 < ends_on).then_some((ends_on, fact.id))
        };
        let facts = self.facts.relationships.iter().filter(live);
        let (ends_on, id) = facts.filter_map(ends).max()?;
        Some((Permit::EbrOk, Evidence::Relationship { id, ends_on }))
    }

    fn ends_on(&self, fact: &RelationshipFact, months: u32) -> Option<NaiveDate> {
        let zones = self.local_times.iter().map(|local| local.zone());
        let dates = zones.map(|zone| LocalTime::of(zone, fact.at).date());
        let first = dates.min().unwrap_or_else(|| date_in_utc(fact.at));
        months_later(first, months)
    }

    /// One message, soon after the withdrawal it confirms.
    fn confirms_withdrawal(&self, minutes: u32) -> Option<(Permit, Evidence)> {
        if self.contact.purpose != Purpose::OptOutConfirmation {
            return None;
        }
        let withdrawal = self.withdrawal(Reach::Telephone)?;
        let acted_at = withdrawal.acted_at.unwrap_or(withdrawal.recorded_at);
        let elapsed = self.at.as_micros() - acted_at.as_micros();
        let is_first = !self.facts.contacts.iter().any(|contact| {
            contact.channel == Channel::Sms && contact.at > acted_at && contact.at <= self.at
        });
        let in_time = elapsed <= i64::from(minutes) * 60_000_000;
        let evidence = Evidence::Consent {
            event: withdrawal.id,
            against: None,
            fault: None,
            needed: None,
        };
        (in_time && is_first).then_some((Permit::Ok, evidence))
    }
}
