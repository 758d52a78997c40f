//! What a decision is made of: the contact somebody wants to make, and what is known of the called
//! party.
//!
//! What this module does not do: it finds no fact; whoever asks hands them over.

use std::borrow::Cow;

use super::super::place::Place;
use super::super::rule::Jurisdiction;
use crate::model::{
    Audience, Channel, Circumstance, Dialing, Id, Instant, LedgerEvent, Line, Purpose,
    ReassignedAnswer, RegistryKind, TermSet, Voice,
};

/// A contact somebody wants to make.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Contact {
    /// By what channel.
    pub channel: Channel,
    /// Who or what speaks, in a call.
    pub voice: Voice,
    /// How the number is dialled.
    pub dialing: Dialing,
    /// For what.
    pub purpose: Purpose,
    /// On whose behalf, where that is not the tenant itself.
    pub seller: Option<String>,
    /// What else is true of it.
    pub circumstances: TermSet<Circumstance>,
}

impl Contact {
    /// A contact of which nothing else is known: a person speaks, and dials by hand.
    ///
    /// ```
    /// use smrt_core::model::{Channel, Dialing, Purpose};
    /// use smrt_core::rules::contact::Contact;
    ///
    /// let contact = Contact::new(Channel::Call, Purpose::Marketing);
    /// assert_eq!(contact.dialing, Dialing::Manual);
    /// ```
    #[must_use]
    pub fn new(channel: Channel, purpose: Purpose) -> Self {
        Self {
            channel,
            voice: Voice::Live,
            dialing: Dialing::Manual,
            purpose,
            seller: None,
            circumstances: TermSet::NONE,
        }
    }
}

/// What is known of the called party, as of the instant it was known at.
#[derive(Clone, PartialEq, Debug)]
pub struct Facts {
    /// The number.
    pub number: Id,
    /// Where the called party is.
    pub place: Cow<'static, Place>,
    /// What kind of line it is.
    pub line: Line,
    /// Whom it serves.
    pub audience: Audience,
    /// What the tenant's registries say.
    pub registries: Vec<RegistryFact>,
    /// Listings on the tenant's own lists, each still standing.
    pub listings: Vec<Listing>,
    /// The tenant's ledger about the number and its humans.
    pub ledger: Vec<LedgerEvent>,
    /// Whether the processing of a human's data is restricted, and by which record.
    pub restriction: Option<Id>,
    /// Purchases and inquiries.
    pub relationships: Vec<RelationshipFact>,
    /// Contacts the tenant made.
    pub contacts: Vec<PastContact>,
    /// What the Reassigned Numbers Database answered.
    pub reassigned: Vec<ReassignedFact>,
}

/// What one registry that the tenant holds says of the number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RegistryFact {
    /// The registry.
    pub registry: Id,
    /// Its kind.
    pub kind: RegistryKind,
    /// Whose it is.
    pub jurisdiction: Option<Jurisdiction>,
    /// The newest version the tenant holds.
    pub version: i64,
    /// The version's date.
    pub version_date: Instant,
    /// When the tenant obtained it.
    pub obtained_at: Instant,
    /// Whether the version, and the tenant's subscription, cover the number.
    pub covered: bool,
    /// Since which version's date the number is listed, if it is.
    pub listed_since: Option<Instant>,
}

/// A single listing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Listing {
    /// The entry, or the registry where it came in bulk.
    pub id: Id,
    /// The kind of list.
    pub kind: RegistryKind,
    /// Since when.
    pub listed_at: Instant,
}

/// A purchase or an inquiry.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RelationshipFact {
    /// The interaction.
    pub id: Id,
    /// Which of the two.
    pub kind: RelationshipKind,
    /// When.
    pub at: Instant,
}

/// What a business relationship rests on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RelationshipKind {
    /// A purchase or another transaction.
    Purchase,
    /// An inquiry or an application.
    Inquiry,
}

/// A contact that was made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PastContact {
    /// The interaction.
    pub id: Id,
    /// By what channel.
    pub channel: Channel,
    /// When it began.
    pub at: Instant,
}

/// An answer of the Reassigned Numbers Database.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ReassignedFact {
    /// The record.
    pub id: Id,
    /// Of which date was asked.
    pub query_date: Instant,
    /// What it answered.
    pub answer: ReassignedAnswer,
    /// When it was asked.
    pub checked_at: Instant,
}
