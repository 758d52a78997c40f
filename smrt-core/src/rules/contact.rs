//! May a person be contacted: all layers of all rules that hold where the called party is,
//! evaluated on facts, with every reason.
//!
//! What it decides: whether a contact may happen at an instant.
//! Why: a prohibition wins, a missing fact denies, and the answer proves itself.
//! What this module does not do: it reads no store and no clock, and it knows no law: the rules
//! are data ([`super::rule`]).

use super::consent::LedgerEvent;
use super::place::Place;
use super::rule::Jurisdiction;
use super::rule::{Profile, Rule};
use crate::model::term::terms;
use crate::model::{
    Audience, Channel, Circumstance, Dialing, Id, Instant, Line, Purpose, ReassignedAnswer,
    RegistryKind, TermSet, Voice,
};
use chrono::NaiveDateTime;
use chrono_tz::Tz;

terms! {
    /// Why a contact is denied: stable codes, the one that names the answer first.
    pub enum Code is "a code" {
        /// The number is on a list of numbers that must not be used at all.
        Suppressed = "SUPPRESSED",
        /// Processing of the person's data is restricted.
        Restricted = "RESTRICTED",
        /// The person objected.
        Objected = "OBJECTED",
        /// The person asked this tenant not to call.
        InternalDnc = "INTERNAL_DNC",
        /// The number may belong to somebody else now.
        NumberReassigned = "NUMBER_REASSIGNED",
        /// An agreement was withdrawn.
        ConsentRevoked = "CONSENT_REVOKED",
        /// An agreement's evidence is void.
        ConsentInvalid = "CONSENT_INVALID",
        /// An agreement names another seller.
        ConsentSeller = "CONSENT_SELLER",
        /// An agreement is bound to another number.
        ConsentNumber = "CONSENT_NUMBER",
        /// Prior express written consent is needed.
        PewcRequired = "PEWC_REQUIRED",
        /// Prior express consent is needed.
        PecRequired = "PEC_REQUIRED",
        /// The number is on a national list.
        NationalDnc = "NATIONAL_DNC",
        /// The number is on a state's list.
        StateDnc = "STATE_DNC",
        /// No list that the tenant holds covers the number.
        DncNotCovered = "DNC_NOT_COVERED",
        /// The tenant's list is too old.
        DncStale = "DNC_STALE",
        /// The state forbids such calls to mobiles.
        StateMobileBan = "STATE_MOBILE_BAN",
        /// There were too many contacts before.
        FreqCap = "FREQ_CAP",
        /// A public holiday of the state.
        StateHoliday = "STATE_HOLIDAY",
        /// A Sunday, on which the state forbids it.
        StateSunday = "STATE_SUNDAY",
        /// Outside the state's hours.
        StateHours = "STATE_HOURS",
        /// Outside the country's hours.
        QuietHours = "QUIET_HOURS",
        /// No rules are known for where the called party is.
        NoRules = "NO_RULES",
        /// The called party's time is not known well enough.
        TzAmbiguous = "TZ_AMBIGUOUS",
    }
}

terms! {
    /// Why a contact is allowed that a rule speaks of: the one that names the answer first.
    pub enum Permit is "a permit" {
        /// An emergency.
        Emergency = "EMERGENCY",
        /// A signed agreement names seller and number.
        WrittenPermission = "WRITTEN_PERMISSION",
        /// An established business relationship.
        EbrOk = "EBR_OK",
        /// Caller and called party know each other privately.
        PersonalRelationship = "PERSONAL_RELATIONSHIP",
        /// One business calls another.
        B2bExempt = "B2B_EXEMPT",
        /// Nothing is sold.
        NotSolicitation = "NOT_SOLICITATION",
        /// No rule stands against it.
        Ok = "OK",
    }
}

terms! {
    /// What an answer rests on that may be worth a look.
    pub enum Flag is "a flag" {
        /// The time zone was taken from the number alone.
        TzLowConfidence = "TZ_LOW_CONFIDENCE",
        /// The answer rests on a registry version or an answer of the Reassigned Numbers Database
        /// that is new enough to protect.
        SafeHarbor = "SAFE_HARBOR",
        /// It is not known whether the line is a mobile.
        LineUnknown = "LINE_UNKNOWN",
        /// The state is not known, so every state's rules were applied.
        StateUnknown = "STATE_UNKNOWN",
        /// A rule of low confidence decided.
        LowConfidenceRule = "LOW_CONFIDENCE_RULE",
    }
}

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

/// What is known of the called party, as of the instant it was known at.
#[derive(Clone, PartialEq, Debug)]
pub struct Facts {
    /// The number.
    pub number: Id,
    /// Where the called party is.
    pub place: Place,
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

/// The answer.
#[derive(Clone, PartialEq, Debug)]
pub struct Decision<'r> {
    /// Whether the contact may happen.
    pub allowed: bool,
    /// Every reason against it, the primary one first.
    pub reasons: Vec<Reason<'r>>,
    /// Every exception that lifted a rule, the one that names the answer first.
    pub permits: Vec<Lifted<'r>>,
    /// When it may happen, where only time stands in the way.
    pub next_allowed_at: Option<Instant>,
    /// What the answer rests on.
    pub flags: TermSet<Flag>,
    /// The local times that were looked at.
    pub local_times: Vec<(Tz, NaiveDateTime)>,
    /// The instant decided for.
    pub at: Instant,
    /// How the law was read.
    pub profile: Profile,
    /// The version of the rule data.
    pub rules_version: &'r str,
}

/// One reason against a contact.
#[derive(Clone, PartialEq, Debug)]
pub struct Reason<'r> {
    /// What stands against it.
    pub code: Code,
    /// The rule that says so; nothing where a missing rule is the reason.
    pub rule: Option<&'r Rule>,
    /// The facts used.
    pub evidence: Evidence,
}

/// An exception that lifted a rule.
#[derive(Clone, PartialEq, Debug)]
pub struct Lifted<'r> {
    /// Why.
    pub permit: Permit,
    /// The rule that was lifted.
    pub rule: &'r Rule,
    /// The facts used.
    pub evidence: Evidence,
}

/// The facts that decided a rule.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Evidence {
    /// What the caller said of the contact.
    Contact,
    /// There is no such fact.
    Missing,
}
