//! When a contact that only time stands against may happen.
//!
//! A verdict changes only where a window opens, a day begins, a contact ages out of a cap, or a
//! ledger event begins to count. The first such instant at which the whole decision allows is the
//! answer, so that it is really allowed then and not a microsecond before.

use super::super::hours;
use super::super::rule::Demand;
use super::Question;
use super::decision::{Evidence, MissingFact, Reason};
use super::evaluate::View;
use super::facts::{Contact, Facts};
use crate::model::Instant;

/// Whether a reason passes with time.
pub(super) fn waiting_helps(reason: &Reason<'_>) -> bool {
    reason.code.is_about_time() && reason.evidence != Evidence::Missing(MissingFact::Zone)
}

/// The first instant at which the contact may happen, if there is one within the next
/// [`hours::OPENINGS_DAYS_MAX`] days.
pub(super) fn allowed_after(
    question: &Question<'_>,
    contact: &Contact,
    facts: &Facts,
) -> Option<Instant> {
    let mut candidates = candidates(question, facts);
    candidates.sort_unstable();
    candidates.dedup();
    let is_allowed = |at: &Instant| {
        View::new(question, contact, facts, *at)
            .evaluate()
            .is_allowed()
    };
    candidates.into_iter().find(is_allowed)
}

fn candidates(question: &Question<'_>, facts: &Facts) -> Vec<Instant> {
    let mut candidates = Vec::new();
    for rule in question.rules.applying(&facts.place) {
        match &rule.demand {
            Demand::Hours(hours) => {
                let is_holiday =
                    |date| question.rules.holiday_on(rule.jurisdiction, date).is_some();
                for zone in hours.zone.iter().chain(&facts.place.zones) {
                    candidates.extend(hours::openings(hours, *zone, question.at, is_holiday));
                }
            }
            Demand::Cap { hours, .. } => {
                let span = i64::from(*hours) * 3_600_000_000;
                let ends = facts
                    .contacts
                    .iter()
                    .map(|contact| contact.at.as_micros() + span);
                candidates.extend(ends.map(Instant::from_micros));
            }
            Demand::Ban
            | Demand::Consent(_)
            | Demand::NotWithdrawn { .. }
            | Demand::NotListed(_)
            | Demand::NotOnInternalList { .. }
            | Demand::NotReassigned { .. }
            | Demand::NotObjected
            | Demand::NotRestricted
            | Demand::NotSuppressed => {}
        }
    }
    for zone in &facts.place.zones {
        candidates.extend(hours::days(*zone, question.at));
    }
    let ledger = facts.ledger.iter().filter_map(|event| event.acted_at);
    candidates.extend(ledger);
    candidates.retain(|candidate| *candidate > question.at);
    candidates
}
