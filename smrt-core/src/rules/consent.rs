//! The consent ledger's status: what a person agreed to, as of an instant, as known at another.
//!
//! What this module does not do: it knows no law; which tier a contact needs is the caller's.

use crate::model::{
    ConsentChannel, ConsentEvent, ConsentScope, ConsentTier, DatePrecision, Id, Instant, Purpose,
};

/// An event of the ledger, as far as it decides.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LedgerEvent {
    /// The record's id.
    pub id: Id,
    /// What happened.
    pub event: ConsentEvent,
    /// Of which contacts it speaks.
    pub scope: ConsentScope,
    /// How strong an agreement is; nothing where the source did not say.
    pub tier: Option<ConsentTier>,
    /// The seller that an agreement names; nothing names the tenant itself.
    pub seller: Option<String>,
    /// To which number it is bound, if to any.
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
    pub origin: Origin,
    /// What makes the evidence void, if anything.
    pub fault: Option<EvidenceFault>,
}

/// Where an event comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Origin {
    /// The subject, with proof of it: a form, a reply, a recording.
    Subject,
    /// Somebody else: an import, an agent without a recording.
    Reported,
}

/// Why an agreement's evidence is void.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum EvidenceFault {
    /// It was a condition of a purchase.
    Conditioned,
    /// The box was ticked already.
    PreTicked,
    /// A written agreement without a signature.
    Unsigned,
    /// A written agreement whose wording is not kept.
    WordingUnknown,
}

/// The question: what contact, by whom, to which number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ConsentKey<'k> {
    /// For what.
    pub purpose: Purpose,
    /// By what channel.
    pub channel: ConsentChannel,
    /// The tier needed.
    pub tier: ConsentTier,
    /// For which seller; nothing means the tenant itself.
    pub seller: Option<&'k str>,
    /// The number to be contacted.
    pub number: Id,
}

/// The answer, with the events that decide it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ConsentStanding<'e> {
    /// A live agreement covers the contact.
    Given(&'e LedgerEvent),
    /// An agreement would, but this newer event ended it; the agreement, if there was one.
    Withdrawn(&'e LedgerEvent, Option<&'e LedgerEvent>),
    /// It ended by itself.
    Expired(&'e LedgerEvent),
    /// Its evidence is void.
    Void(&'e LedgerEvent, EvidenceFault),
    /// It names another seller.
    OtherSeller(&'e LedgerEvent),
    /// It is bound to another number.
    OtherNumber(&'e LedgerEvent),
    /// The number went to somebody else after it.
    Reassigned(&'e LedgerEvent),
    /// It is of a weaker tier than needed.
    TooWeak(&'e LedgerEvent),
    /// Nobody ever agreed to anything that covers it.
    Never,
}
