//! Events of the consent ledger, as far as they decide.
//!
//! What this module does not do: it decides nothing; the rules do.

use std::fmt;

use super::consent::{ConsentEvent, ConsentScope, ConsentTier, DatePrecision};
use super::id::Id;
use super::instant::Instant;
use super::term::terms;

/// An event of the ledger, as far as it decides.
#[derive(Clone, PartialEq, Eq)]
pub struct LedgerEvent {
    /// The record's id.
    pub id: Id,
    /// What happened.
    pub event: ConsentEvent,
    /// Of which contacts it speaks.
    pub scope: ConsentScope,
    /// How strong an agreement is; nothing where the source did not say, and then the agreement
    /// counts as [`ConsentTier::OptIn`]: somebody agreed, nobody knows in what form.
    pub tier: Option<ConsentTier>,
    /// The seller that an agreement names; nothing names the tenant itself.
    pub seller: Option<String>,
    /// To which number an agreement is bound, if to any. What ends an agreement is not bound.
    pub number: Option<Id>,
    /// When the subject acted, if known.
    pub acted_at: Option<Instant>,
    /// How exactly that is known.
    pub precision: DatePrecision,
    /// When the ledger got to know.
    pub recorded_at: Instant,
    /// When an agreement ends by itself.
    pub valid_until: Option<Instant>,
    /// Whether the subject itself said so, provably: what an import or an agent without a
    /// recording says does not undo a withdrawal.
    pub origin: ConsentOrigin,
    /// What makes the evidence void, if anything.
    pub fault: Option<EvidenceFault>,
}

impl fmt::Debug for LedgerEvent {
    /// A seller is free text, and may be a person.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LedgerEvent")
            .field("id", &self.id)
            .field("event", &self.event)
            .field("scope", &self.scope)
            .field("tier", &self.tier)
            .field("acted_at", &self.acted_at)
            .field("recorded_at", &self.recorded_at)
            .field("origin", &self.origin)
            .field("fault", &self.fault)
            .finish_non_exhaustive()
    }
}

/// Where an event comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ConsentOrigin {
    /// The subject, with proof of it: a form, a reply, a recording.
    Subject,
    /// Somebody else: an import, an agent without a recording.
    Reported,
}

terms! {
    /// Why an agreement's evidence is void.
    ///
    /// ```
    /// use smrt_core::model::EvidenceFault;
    ///
    /// assert_eq!(EvidenceFault::PreTicked.as_str(), "pre_ticked");
    /// ```
    pub enum EvidenceFault is "a fault of evidence" {
        /// It was a condition of a purchase.
        Conditioned = "conditioned",
        /// The box was ticked already.
        PreTicked = "pre_ticked",
        /// A written agreement without a signature.
        Unsigned = "unsigned",
        /// A written agreement whose wording is not kept.
        WordingUnknown = "wording_unknown",
    }
}
