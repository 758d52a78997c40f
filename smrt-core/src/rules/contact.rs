//! May a person be contacted: every rule that holds where the called party is, on the facts, with
//! every reason.
//!
//! What it decides: whether a contact may happen at an instant.
//! Why: a prohibition wins, a missing fact denies, and the answer proves itself.
//! What this module does not do: it reads no store and no clock, and it knows no law by heart: the
//! rules are data ([`super::rule`]).

#[cfg(test)]
mod case;
mod code;
mod decision;
mod demand;
mod evaluate;
mod exception;
mod facts;
mod next;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod vectors;

pub use self::code::{Code, Flag, Permit};
pub use self::decision::{Decision, Evidence, Lifted, MissingFact, Reason};
use self::evaluate::View;
pub use self::facts::{
    Contact, Facts, Listing, PastContact, ReassignedFact, RegistryFact, RelationshipFact,
    RelationshipKind,
};
use super::rule::{Profile, RuleSet};
use crate::model::Instant;

/// How a question is to be answered.
#[derive(Clone, Copy, Debug)]
pub struct Question<'r> {
    /// The rules.
    pub rules: &'r RuleSet,
    /// How the law is read.
    pub profile: Profile,
    /// The instant decided for.
    pub at: Instant,
    /// What had been recorded by then is known.
    pub known_at: Instant,
}

/// Decides whether a contact may happen.
///
/// The answer depends on nothing but the arguments, whatever the order of the facts. Every rule of
/// the called party's country and states is evaluated; an unknown place, an unknown time and a
/// registry that is not held deny.
#[must_use]
pub fn decide<'r>(question: &Question<'r>, contact: &Contact, facts: &Facts) -> Decision<'r> {
    let view = View::new(question, contact, facts, question.at);
    let mut decision = view.evaluate();
    if !decision.is_allowed() && decision.reasons.iter().all(next::waiting_helps) {
        decision.next_allowed_at = next::allowed_after(question, contact, facts);
    }
    decision
}
