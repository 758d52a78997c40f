//! The record of a scrub: what was asked about a whole list, what the answers rested on, and what
//! came out, as one entry of the tenant's audit trail.
//!
//! With the list, the instants and the rules it names, anybody can do the scrub again and compare
//! the digests.
//! What this module does not do: it reads no list and decides nothing; `smrt_etl::scrub` does.

use serde_json::{Value as Json, json};

use super::error::SmrtError;
use super::session::TenantSession;
use crate::model::{Id, Instant, Module, RegistryKind, Term};
use crate::rules::contact::{Contact, RegistryFact};
use crate::rules::rule::{Jurisdiction, Profile};
use crate::store::audit::{self, AuditEntry, Detail, hex};
use crate::store::{Access, StoreError, StoreErrorKind};

crate::model::term::terms! {
    /// What becomes of a row of a list that is scrubbed.
    ///
    /// ```
    /// use smrt_core::smrt::ScrubOutcome;
    ///
    /// assert_eq!(ScrubOutcome::Later.as_str(), "later");
    /// ```
    pub enum ScrubOutcome is "an outcome" {
        /// The contact may happen.
        Callable = "callable",
        /// It may not happen now, but at a known instant it may.
        Later = "later",
        /// It may not happen.
        Blocked = "blocked",
        /// The row does not say well enough whom it means.
        Unusable = "unusable",
    }
}

/// How many rows had each outcome; together they are the rows read.
///
/// ```
/// use smrt_core::smrt::{OutcomeCounts, ScrubOutcome};
///
/// let mut counts = OutcomeCounts::default();
/// counts.add(ScrubOutcome::Blocked, 2);
/// counts.add(ScrubOutcome::Callable, 1);
/// assert_eq!((counts.blocked, counts.total()), (2, 3));
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OutcomeCounts {
    /// Rows that may be contacted.
    pub callable: u64,
    /// Rows that may be contacted at a later instant.
    pub later: u64,
    /// Rows that may not be contacted.
    pub blocked: u64,
    /// Rows that could not be decided.
    pub unusable: u64,
}

impl OutcomeCounts {
    /// Counts rows.
    pub fn add(&mut self, outcome: ScrubOutcome, rows: u64) {
        match outcome {
            ScrubOutcome::Callable => self.callable += rows,
            ScrubOutcome::Later => self.later += rows,
            ScrubOutcome::Blocked => self.blocked += rows,
            ScrubOutcome::Unusable => self.unusable += rows,
        }
    }

    /// How many rows had an outcome.
    #[must_use]
    pub const fn of(&self, outcome: ScrubOutcome) -> u64 {
        match outcome {
            ScrubOutcome::Callable => self.callable,
            ScrubOutcome::Later => self.later,
            ScrubOutcome::Blocked => self.blocked,
            ScrubOutcome::Unusable => self.unusable,
        }
    }

    /// All rows.
    #[must_use]
    pub const fn total(&self) -> u64 {
        self.callable + self.later + self.blocked + self.unusable
    }
}

/// A version of a registry that the answers rested on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RegistryUse {
    /// The registry.
    pub registry: Id,
    /// Its kind.
    pub kind: RegistryKind,
    /// Whose it is.
    pub jurisdiction: Option<Jurisdiction>,
    /// The version held.
    pub version: i64,
    /// The version's date.
    pub version_date: Instant,
    /// When the tenant obtained it.
    pub obtained_at: Instant,
}

impl RegistryUse {
    /// The version that a fact speaks of.
    ///
    /// ```
    /// use smrt_core::model::{Id, RegistryKind};
    /// use smrt_core::rules::contact::RegistryFact;
    /// # use smrt_core::smrt::doc::now;
    /// use smrt_core::smrt::RegistryUse;
    ///
    /// let fact = RegistryFact {
    ///     registry: Id::derived("registry", &[b"us"]),
    ///     kind: RegistryKind::National,
    ///     jurisdiction: "US".parse().ok(),
    ///     version: 3,
    ///     version_date: now(),
    ///     obtained_at: now(),
    ///     covered: true,
    ///     listed_since: None,
    /// };
    /// assert_eq!(RegistryUse::of(&fact).version, 3);
    /// ```
    #[must_use]
    pub const fn of(fact: &RegistryFact) -> Self {
        Self {
            registry: fact.registry,
            kind: fact.kind,
            jurisdiction: fact.jurisdiction,
            version: fact.version,
            version_date: fact.version_date,
            obtained_at: fact.obtained_at,
        }
    }

    /// How old what the tenant holds is, in whole days, from the older of its two dates.
    ///
    /// ```
    /// # use smrt_core::model::{Id, RegistryKind};
    /// # use smrt_core::smrt::RegistryUse;
    /// let version = RegistryUse {
    ///     registry: Id::derived("registry", &[b"us"]),
    ///     kind: RegistryKind::National,
    ///     jurisdiction: "US".parse().ok(),
    ///     version: 3,
    ///     version_date: "2026-11-01".parse()?,
    ///     obtained_at: "2026-11-02".parse()?,
    /// };
    /// assert_eq!(version.age_days("2026-11-21T08:30:00Z".parse()?), 20);
    /// # Ok::<(), smrt_core::model::ParseInstantError>(())
    /// ```
    #[must_use]
    pub fn age_days(&self, at: Instant) -> i64 {
        const MICROS_PER_DAY: i64 = 86_400_000_000;
        let since = self.version_date.min(self.obtained_at);
        at.as_micros()
            .saturating_sub(since.as_micros())
            .div_euclid(MICROS_PER_DAY)
    }
}

/// How many rows a code counted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReasonCount {
    /// The code: a reason against the contact, a permit, or what made a row unusable.
    pub code: &'static str,
    /// The outcome of the rows.
    pub outcome: ScrubOutcome,
    /// Rows whose answer it names.
    pub primary: u64,
    /// Rows for which it counted at all.
    pub any: u64,
}

/// A file that was read or written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScrubbedFile {
    /// Its name, without the folder.
    pub name: String,
    /// The outcome of the rows in it; nothing for those of all outcomes.
    pub outcome: Option<ScrubOutcome>,
    /// Its rows.
    pub rows: u64,
    /// SHA-256 over its bytes.
    pub sha256: [u8; 32],
}

/// What is put down about a scrub: ids, counts, codes and digests, and nothing of any row.
///
/// ```
/// use smrt_core::model::{Channel, Purpose};
/// use smrt_core::rules::contact::Contact;
/// use smrt_core::rules::rule::Profile;
/// # use smrt_core::smrt::doc::{now, store};
/// use smrt_core::smrt::{OutcomeCounts, ScrubRecord, ScrubbedFile};
///
/// # let mut smrt = store()?;
/// let mut session = smrt.tenant("acme")?.acting_as("campaigns".parse()?);
/// let record = ScrubRecord {
///     at: now(),
///     known_at: session.recorded_until(now())?,
///     profile: Profile::Strict,
///     rules_version: "2026-11-21".to_owned(),
///     contact: Contact::new(Channel::Call, Purpose::Marketing),
///     registries: Vec::new(),
///     input: ScrubbedFile {
///         name: "list.csv".to_owned(),
///         outcome: None,
///         rows: 1,
///         sha256: [0; 32],
///     },
///     outputs: Vec::new(),
///     outcomes: OutcomeCounts { blocked: 1, ..OutcomeCounts::default() },
///     reasons: Vec::new(),
///     flags: Vec::new(),
/// };
/// let entry = session.record_scrub(&record, now())?;
/// assert_eq!(entry.action, "contact.scrub");
/// // The id of the run, by which the trail finds the entry again.
/// assert!(entry.entity_id.is_some());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct ScrubRecord {
    /// The instant decided for.
    pub at: Instant,
    /// What had been recorded by then was known.
    pub known_at: Instant,
    /// How the law was read.
    pub profile: Profile,
    /// The version of the rule data.
    pub rules_version: String,
    /// The contact that was meant.
    pub contact: Contact,
    /// The versions of registries that the answers rested on.
    pub registries: Vec<RegistryUse>,
    /// The list.
    pub input: ScrubbedFile,
    /// What was written.
    pub outputs: Vec<ScrubbedFile>,
    /// How many rows had each outcome.
    pub outcomes: OutcomeCounts,
    /// Why.
    pub reasons: Vec<ReasonCount>,
    /// What the answers rest on, with the number of rows.
    pub flags: Vec<(&'static str, u64)>,
}

impl ScrubRecord {
    /// The record as the audit trail and the report show it.
    ///
    /// ```
    /// # use smrt_core::model::{Channel, Purpose};
    /// # use smrt_core::rules::contact::Contact;
    /// # use smrt_core::rules::rule::Profile;
    /// # use smrt_core::smrt::doc::now;
    /// # use smrt_core::smrt::{OutcomeCounts, ScrubRecord, ScrubbedFile};
    /// # let input = ScrubbedFile { name: "list.csv".into(), outcome: None, rows: 1, sha256: [7; 32] };
    /// # let record = ScrubRecord {
    /// #     at: now(),
    /// #     known_at: now(),
    /// #     profile: Profile::Strict,
    /// #     rules_version: "1".to_owned(),
    /// #     contact: Contact::new(Channel::Call, Purpose::Marketing),
    /// #     registries: Vec::new(),
    /// #     input,
    /// #     outputs: Vec::new(),
    /// #     outcomes: OutcomeCounts { blocked: 1, ..OutcomeCounts::default() },
    /// #     reasons: Vec::new(),
    /// #     flags: Vec::new(),
    /// # };
    /// assert_eq!(record.to_json()["outcomes"]["blocked"], 1);
    /// ```
    #[must_use]
    pub fn to_json(&self) -> Json {
        let contact = &self.contact;
        let circumstances = contact.circumstances.iter();
        let reasons = self.reasons.iter();
        let flags = self.flags.iter();
        json!({
            "at": self.at.to_string(),
            "known_at": self.known_at.to_string(),
            "profile": self.profile.as_str(),
            "rules_version": self.rules_version,
            "contact": {
                "channel": contact.channel.as_str(),
                "purpose": contact.purpose.as_str(),
                "voice": contact.voice.as_str(),
                "dialing": contact.dialing.as_str(),
                "seller": contact.seller,
                "circumstances": circumstances.map(Term::as_str).collect::<Vec<_>>(),
            },
            "registries": self.registries.iter().map(|used| used.to_json(self.at)).collect::<Vec<_>>(),
            "input": self.input.to_json(),
            "outputs": self.outputs.iter().map(ScrubbedFile::to_json).collect::<Vec<_>>(),
            "outcomes": {
                "callable": self.outcomes.callable,
                "later": self.outcomes.later,
                "blocked": self.outcomes.blocked,
                "unusable": self.outcomes.unusable,
            },
            "reasons": reasons.map(|reason| reason.to_json()).collect::<Vec<_>>(),
            "flags": flags
                .map(|(flag, rows)| json!({ "flag": flag, "rows": rows }))
                .collect::<Vec<_>>(),
        })
    }
}

impl RegistryUse {
    fn to_json(self, at: Instant) -> Json {
        json!({
            "registry": self.registry.to_string(),
            "kind": self.kind.as_str(),
            "jurisdiction": self.jurisdiction.map(|jurisdiction| jurisdiction.to_string()),
            "version": self.version,
            "version_date": self.version_date.to_string(),
            "obtained_at": self.obtained_at.to_string(),
            "age_days": self.age_days(at),
        })
    }
}

impl ReasonCount {
    fn to_json(self) -> Json {
        json!({
            "code": self.code,
            "outcome": self.outcome.as_str(),
            "primary": self.primary,
            "any": self.any,
        })
    }
}

impl ScrubbedFile {
    fn to_json(&self) -> Json {
        json!({
            "name": self.name,
            "outcome": self.outcome.map(ScrubOutcome::as_str),
            "rows": self.rows,
            "sha256": hex(&self.sha256),
        })
    }
}

impl TenantSession<'_> {
    /// The instant by which everything was recorded that the tenant has recorded so far: `at`, or
    /// that of a newer entry of its trail.
    ///
    /// Asked about this instant, the store answers the same for ever, whatever is recorded later.
    ///
    /// # Errors
    ///
    /// Those of the engine.
    ///
    /// ```
    /// # use smrt_core::smrt::doc::{now, store};
    /// # let mut smrt = store()?;
    /// let mut session = smrt.tenant("acme")?.acting_as("campaigns".parse()?);
    /// assert_eq!(session.recorded_until("2020-01-01".parse()?)?, now());
    /// let later = "2027-01-01".parse()?;
    /// assert_eq!(session.recorded_until(later)?, later);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn recorded_until(&mut self, at: Instant) -> Result<Instant, SmrtError> {
        let tenant = self.tenant.id;
        let engine = self.store.engine();
        engine.begin(Access::Read)?;
        let latest = audit::recorded_until(engine, tenant);
        // The first error tells more than one of the rollback.
        let ended = engine.rollback();
        let latest = latest?;
        ended?;
        Ok(latest.map_or(at, |latest| latest.max(at)))
    }

    /// Puts down that a list was scrubbed, and returns the entry of the trail; its `entity_id` is
    /// the id of the run.
    ///
    /// # Errors
    ///
    /// [`SmrtError::ModuleDisabled`] without the module `consent`; those of the engine.
    ///
    /// ```
    /// # use smrt_core::model::{Channel, Purpose};
    /// # use smrt_core::rules::contact::Contact;
    /// # use smrt_core::rules::rule::Profile;
    /// # use smrt_core::smrt::doc::{now, store};
    /// # use smrt_core::smrt::{OutcomeCounts, ScrubRecord, ScrubbedFile};
    /// # let mut smrt = store()?;
    /// # let mut session = smrt.tenant("acme")?.acting_as("campaigns".parse()?);
    /// # let input = ScrubbedFile { name: "list.csv".into(), outcome: None, rows: 0, sha256: [7; 32] };
    /// # let record = ScrubRecord {
    /// #     at: now(),
    /// #     known_at: now(),
    /// #     profile: Profile::Strict,
    /// #     rules_version: "1".to_owned(),
    /// #     contact: Contact::new(Channel::Call, Purpose::Marketing),
    /// #     registries: Vec::new(),
    /// #     input,
    /// #     outputs: Vec::new(),
    /// #     outcomes: OutcomeCounts::default(),
    /// #     reasons: Vec::new(),
    /// #     flags: Vec::new(),
    /// # };
    /// let entry = session.record_scrub(&record, now())?;
    /// // A year later:
    /// assert_eq!(session.audit_entry(entry.sequence)?, Some(entry));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn record_scrub(
        &mut self,
        record: &ScrubRecord,
        at: Instant,
    ) -> Result<AuditEntry, SmrtError> {
        self.require(Module::Consent, at)?;
        let (_, randomness) = self.store.parts();
        let run = super::fresh_id(randomness, at);
        self.keep_books(at, |unit| {
            let detail = Detail {
                scrub: Some(record.to_json()),
                ..Detail::default()
            };
            unit.note("contact.scrub", None, Some(run), detail);
            Ok(())
        })?;
        let filter = audit::AuditFilter {
            entity_id: Some(run),
            ..audit::AuditFilter::default()
        };
        let entries = self.audit_entries(&filter)?;
        entries.into_iter().next().ok_or_else(no_entry)
    }
}

fn no_entry() -> SmrtError {
    let what = "an entry of the audit trail that was appended cannot be read back";
    StoreError::new(StoreErrorKind::Damaged, "read audit trail", what).into()
}
