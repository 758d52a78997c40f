//! The answer, with every reason, what lifted a rule, and the facts used.
//!
//! What this module does not do: it decides nothing.

use chrono::NaiveDate;

use super::super::local_time::LocalTime;
use super::super::rule::{Profile, Rule};
use super::code::{Code, Flag, Permit};
use crate::model::{ConsentTier, EvidenceFault, Id, Instant, ReassignedAnswer, TermSet};

/// The answer to whether a contact may happen.
#[derive(Clone, PartialEq, Debug)]
pub struct Decision<'r> {
    /// Every reason against it, the primary one first; none when it may happen.
    pub reasons: Vec<Reason<'r>>,
    /// Every exception that lifted a rule, the one that names the answer first.
    pub permits: Vec<Lifted<'r>>,
    /// Why it may happen, if it may.
    pub permit: Permit,
    /// When it may happen, where only time stands in the way.
    pub next_allowed_at: Option<Instant>,
    /// What the answer rests on.
    pub flags: TermSet<Flag>,
    /// The local times that were looked at, one for each zone the called party may be in.
    pub local_times: Vec<LocalTime>,
    /// The instant decided for.
    pub at: Instant,
    /// What had been recorded by then was known.
    pub known_at: Instant,
    /// How the law was read.
    pub profile: Profile,
    /// The version of the rule data.
    pub rules_version: &'r str,
}

impl Decision<'_> {
    /// Whether the contact may happen.
    #[must_use]
    pub const fn is_allowed(&self) -> bool {
        self.reasons.is_empty()
    }

    /// The code that names the answer: the primary reason's, or the permit's.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self.reasons.first() {
            Some(reason) => reason.code.as_str(),
            None => self.permit.as_str(),
        }
    }

    /// The codes of all reasons, each once, the primary one first.
    #[must_use]
    pub fn codes(&self) -> Vec<Code> {
        let mut codes: Vec<Code> = Vec::new();
        for reason in &self.reasons {
            if !codes.contains(&reason.code) {
                codes.push(reason.code);
            }
        }
        codes
    }
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
    /// A fact that is missing.
    Missing(MissingFact),
    /// The local time, of several the first that decided.
    LocalTime(LocalTime),
    /// A version of a registry.
    Registry {
        /// The registry.
        registry: Id,
        /// The version held.
        version: i64,
        /// Its date.
        version_date: Instant,
        /// When it was obtained.
        obtained_at: Instant,
        /// Since when it lists the number, if it does.
        listed_since: Option<Instant>,
        /// The age that counts, in days.
        age_days: i64,
    },
    /// A single listing.
    Listing {
        /// The entry, or the registry where it came in bulk.
        id: Id,
        /// Since when.
        listed_at: Instant,
    },
    /// An event of the consent ledger, and the one it was weighed against.
    Consent {
        /// The deciding event.
        event: Id,
        /// The other one.
        against: Option<Id>,
        /// What makes the evidence void.
        fault: Option<EvidenceFault>,
        /// The tier needed, where one was.
        needed: Option<ConsentTier>,
    },
    /// No agreement in the ledger covers the contact.
    NoConsent {
        /// The tier needed.
        needed: ConsentTier,
    },
    /// A record that restricts processing.
    Restriction(Id),
    /// Contacts made before.
    Contacts {
        /// How many count.
        count: u32,
        /// The oldest that counts.
        oldest: Id,
        /// When that one counts no more.
        counts_until: Instant,
    },
    /// A purchase or an inquiry.
    Relationship {
        /// The interaction.
        id: Id,
        /// The first day on which it counts no more.
        ends_on: NaiveDate,
    },
    /// An answer of the Reassigned Numbers Database.
    Reassigned {
        /// The record.
        id: Id,
        /// Of which date was asked.
        query_date: Instant,
        /// What was answered.
        answer: ReassignedAnswer,
    },
}

/// A fact that is missing, by which a contact is denied.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MissingFact {
    /// The country, or rules for it.
    Rules,
    /// The time zone.
    Zone,
    /// A registry that covers the number.
    Registry,
    /// An answer of the Reassigned Numbers Database that is new enough.
    ReassignedAnswer,
}

impl Evidence {
    /// The facts by name, as an answer shows them: ids, dates and words, nothing personal.
    #[must_use]
    pub fn facts(&self) -> Vec<(&'static str, String)> {
        let mut facts: Vec<(&'static str, String)> = Vec::new();
        let mut note = |name, value: &dyn std::fmt::Display| facts.push((name, value.to_string()));
        match self {
            Self::Contact => {}
            Self::Missing(missing) => note("missing", &missing.as_str()),
            Self::LocalTime(local) => note("local_time", local),
            Self::Registry {
                registry,
                version,
                version_date,
                obtained_at,
                listed_since,
                age_days,
            } => {
                note("registry", registry);
                note("version", version);
                note("version_date", version_date);
                note("obtained_at", obtained_at);
                note("age_days", age_days);
                if let Some(since) = listed_since {
                    note("listed_since", since);
                }
            }
            Self::Listing { id, listed_at } => {
                note("listing", id);
                note("listed_at", listed_at);
            }
            Self::Consent {
                event,
                against,
                fault,
                needed,
            } => {
                note("consent_record", event);
                if let Some(against) = against {
                    note("against", against);
                }
                if let Some(fault) = fault {
                    note("fault", fault);
                }
                if let Some(needed) = needed {
                    note("needed", needed);
                }
            }
            Self::NoConsent { needed } => note("needed", needed),
            Self::Restriction(record) => note("consent_record", record),
            Self::Contacts {
                count,
                oldest,
                counts_until,
            } => {
                note("contacts", count);
                note("oldest", oldest);
                note("counts_until", counts_until);
            }
            Self::Relationship { id, ends_on } => {
                note("interaction", id);
                note("ends_on", ends_on);
            }
            Self::Reassigned {
                id,
                query_date,
                answer,
            } => {
                note("reassigned_answer", id);
                note("query_date", query_date);
                note("answer", answer);
            }
        }
        facts
    }
}

impl MissingFact {
    /// The word in every format.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rules => "rules",
            Self::Zone => "time_zone",
            Self::Registry => "registry",
            Self::ReassignedAnswer => "reassigned_answer",
        }
    }
}
