//! Consent records: events of an append-only ledger, each tenant's own.

mod file;
mod history;
mod receipt;
mod row;
mod status;

use serde_json::{Map, Value as Json};

pub use self::file::{ConsentImport, ConsentPolicy, ImportMode, ImportedConsent, PermissionChange};
pub use self::history::OptOut;
pub use self::receipt::{
    ConsentReceipt, ReceiptData, ReceiptEvent, ReceiptHeader, ReceiptParty, ReceiptProcessing,
};
pub use self::status::{ConsentAnswer, ConsentQuestion, ConsentSubject};
pub(super) use self::status::{ledger_of_human, ledgers_of, seller_of, whole_ledger};
use super::error::SmrtError;
use super::page::{Page, PageRequest, in_order};
use super::record::{Cells, Masked, Record, fetch, list, not_found, read_visible};
use super::session::TenantSession;
use super::unit::Unit;
use super::{access, number};
use crate::model::{
    ConsentEvent, ConsentEvidence, ConsentStatus, ConsentTier, ConsentType, DatePrecision,
    EntityType, FieldSet, Id, Instant, Module,
};
use crate::phone::E164;
use crate::store::records::{insert, read_by};
use crate::store::{RowBlock, StoreError, schema};

/// An event of the consent ledger as a tenant sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsentRecord {
    /// The event's id.
    pub id: Id,
    /// The tenant whose ledger it stands in.
    pub owner: Id,
    /// The human it is about, if any.
    pub human_id: Option<Id>,
    /// The phone number it is about, if any.
    pub phone_number_id: Option<Id>,
    /// What it is for.
    pub consent_type: Masked<String>,
    /// `granted` or `revoked`.
    pub consent_status: Masked<String>,
    /// Who or what said so.
    pub consent_source: Masked<String>,
    /// When the subject acted, if known.
    pub consent_date: Masked<Instant>,
    /// When it ends by itself.
    pub expiration_date: Masked<Instant>,
    /// The legal basis.
    pub legal_basis: Masked<String>,
    /// Whatever else was noted, a JSON object.
    pub metadata: Masked<String>,
    /// What proves it, a JSON object with the members of [`ConsentEvidence`].
    pub evidence: Masked<String>,
    /// What happened, a word of [`ConsentEvent`].
    pub event_kind: Masked<String>,
    /// How exactly `consent_date` is known.
    pub date_precision: Masked<String>,
    /// How strong an agreement is.
    pub consent_tier: Masked<String>,
    /// The seller that an agreement names; nothing, or the tenant's slug, for the tenant itself.
    pub seller: Masked<String>,
    /// When the ledger got to know.
    pub recorded_at: Masked<Instant>,
}

impl Record for ConsentRecord {
    const ENTITY_TYPE: EntityType = EntityType::ConsentRecord;
    const COLUMNS: &'static [&'static str] = &[
        "human_id",
        "phone_number_id",
        "consent_type",
        "consent_status",
        "consent_source",
        "consent_date",
        "expiration_date",
        "legal_basis",
        "metadata",
        "evidence",
        "event_kind",
        "date_precision",
        "consent_tier",
        "seller",
        "recorded_at",
    ];

    fn read(id: Id, cells: &Cells<'_>) -> Result<Self, StoreError> {
        Ok(Self {
            id,
            owner: cells.owner,
            human_id: cells.optional_reference("human_id")?,
            phone_number_id: cells.optional_reference("phone_number_id")?,
            consent_type: cells.text("consent_type")?,
            consent_status: cells.text("consent_status")?,
            consent_source: cells.text("consent_source")?,
            consent_date: cells.instant("consent_date")?,
            expiration_date: cells.instant("expiration_date")?,
            legal_basis: cells.text("legal_basis")?,
            metadata: cells.text("metadata")?,
            evidence: cells.text("evidence")?,
            event_kind: cells.text("event_kind")?,
            date_precision: cells.text("date_precision")?,
            consent_tier: cells.text("consent_tier")?,
            seller: cells.text("seller")?,
            recorded_at: cells.instant("recorded_at")?,
        })
    }
}

/// An event to be added to the tenant's ledger.
#[derive(Clone)]
pub struct NewConsentRecord {
    /// A key of the caller's, from which the id is made, so that adding the same again fails
    /// instead of making a second one; without it the id is a fresh one.
    pub key: Option<String>,
    /// The human who agreed or withdrew, whom the tenant must see.
    pub human_id: Option<Id>,
    /// The phone number it is about; the tenant is tied to it if it was not.
    pub phone_number: Option<E164>,
    /// What it is for.
    pub consent_type: ConsentType,
    /// What happened; the status follows from it.
    pub event: ConsentEvent,
    /// Who or what said so, such as `web form`.
    pub consent_source: String,
    /// When the subject acted, if known. An agreement without it is older than every withdrawal.
    pub consent_date: Option<Instant>,
    /// How exactly that is known.
    pub precision: DatePrecision,
    /// When it ends by itself.
    pub expiration_date: Option<Instant>,
    /// How strong an agreement is, if known.
    pub tier: Option<ConsentTier>,
    /// The seller that an agreement names; nothing, or the tenant's name, is the tenant itself.
    pub seller: Option<String>,
    /// The legal basis.
    pub legal_basis: Option<String>,
    /// What proves it.
    pub evidence: ConsentEvidence,
    /// Whatever else is worth noting.
    pub metadata: Map<String, Json>,
}

impl NewConsentRecord {
    /// An event about a human of which nothing more is known.
    ///
    /// ```
    /// # use smrt_core::smrt::doc::{now, store, with_human};
    /// # let mut smrt = store()?;
    /// # let ada = with_human(&mut smrt)?;
    /// use smrt_core::model::{ConsentStatus, ConsentType};
    /// use smrt_core::smrt::NewConsentRecord;
    ///
    /// let kind = ConsentType::parse("marketing_email")?;
    /// let event = NewConsentRecord {
    ///     legal_basis: Some("consent".into()),
    ///     ..NewConsentRecord::of_human(ada, kind, ConsentStatus::Granted, "web form", now())
    /// };
    /// let mut session = smrt.tenant("acme")?.acting_as("crm-sync".parse()?);
    /// session.add_consent_records(&[event], now())?;
    /// let ledger = session.list_consent_records(&smrt_core::smrt::PageRequest::first(10), now())?;
    /// assert_eq!(ledger.items[0].consent_source.value().unwrap(), "web form");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn of_human(
        human_id: Id,
        consent_type: ConsentType,
        consent_status: ConsentStatus,
        consent_source: &str,
        consent_date: Instant,
    ) -> Self {
        Self {
            key: None,
            human_id: Some(human_id),
            phone_number: None,
            consent_type,
            event: ConsentEvent::of_status(consent_status),
            consent_source: consent_source.to_owned(),
            consent_date: Some(consent_date),
            precision: DatePrecision::Exact,
            expiration_date: None,
            tier: None,
            seller: None,
            legal_basis: None,
            evidence: ConsentEvidence::default(),
            metadata: Map::new(),
        }
    }

    /// An event about a phone number of which nothing more is known, dated exactly.
    ///
    /// ```
    /// # use smrt_core::smrt::doc::{now, store};
    /// # let mut smrt = store()?;
    /// use smrt_core::model::{ConsentEvent, ConsentEvidence, ConsentMethod, ConsentType};
    /// use smrt_core::smrt::NewConsentRecord;
    ///
    /// let number = "+12025550143".parse()?;
    /// let kind = ConsentType::parse("marketing_sms")?;
    /// let event = NewConsentRecord {
    ///     evidence: ConsentEvidence {
    ///         method: Some(ConsentMethod::Sms),
    ///         ..ConsentEvidence::default()
    ///     },
    ///     ..NewConsentRecord::of_number(number, kind, ConsentEvent::Withdrawn, "reply", now())
    /// };
    /// let mut session = smrt.tenant("acme")?.acting_as("crm-sync".parse()?);
    /// let id = session.add_consent_record(&event, now())?;
    /// let kept = session.consent_record(id, now())?;
    /// assert_eq!(kept.event_kind.value().unwrap(), "withdrawn");
    /// assert_eq!(kept.evidence.value().unwrap(), r#"{"method":"sms"}"#);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn of_number(
        phone_number: E164,
        consent_type: ConsentType,
        event: ConsentEvent,
        consent_source: &str,
        consent_date: Instant,
    ) -> Self {
        Self {
            key: None,
            human_id: None,
            phone_number: Some(phone_number),
            consent_type,
            event,
            consent_source: consent_source.to_owned(),
            consent_date: Some(consent_date),
            precision: DatePrecision::Exact,
            expiration_date: None,
            tier: None,
            seller: None,
            legal_basis: None,
            evidence: ConsentEvidence::default(),
            metadata: Map::new(),
        }
    }
}

impl std::fmt::Debug for NewConsentRecord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewConsentRecord").finish_non_exhaustive()
    }
}

impl TenantSession<'_> {
    /// Adds events to the tenant's consent ledger, all or none, and returns their ids in order.
    /// The ledger is never edited: a correction is a new event.
    ///
    /// # Errors
    ///
    /// [`SmrtError::NotFound`] for a human the tenant cannot see; [`SmrtError::Invalid`] with
    /// `consent_without_subject`, `consent_without_source`, `consent_expired_before_date`,
    /// `consent_date_in_future`, `consent_evidence_missing`, `consent_evidence_not_valid`,
    /// `consent_tier_misplaced`, `consent_reassigned_without_number`, `phone_not_valid` or
    /// `key_taken`.
    ///
    /// ```
    /// # use smrt_core::smrt::doc::{now, store, with_human};
    /// use smrt_core::model::{ConsentStatus, ConsentType};
    /// use smrt_core::smrt::NewConsentRecord;
    ///
    /// # let mut smrt = store()?;
    /// # let ada = with_human(&mut smrt)?;
    /// let mut session = smrt.tenant("acme")?.acting_as("crm-sync".parse()?);
    /// let event = NewConsentRecord::of_human(
    ///     ada,
    ///     ConsentType::parse("data_sharing")?,
    ///     ConsentStatus::Granted,
    ///     "web form",
    ///     now(),
    /// );
    /// session.add_consent_records(&[event], now())?;
    /// assert_eq!(session.consent_records_of_humans(&[ada], now())?.len(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn add_consent_records(
        &mut self,
        events: &[NewConsentRecord],
        at: Instant,
    ) -> Result<Vec<Id>, SmrtError> {
        self.require(Module::Consent, at)?;
        self.write(at, |unit| {
            let humans: Vec<Id> = events.iter().filter_map(|event| event.human_id).collect();
            require_visible(unit, &humans)?;
            let numbers: Vec<E164> = events
                .iter()
                .filter_map(|event| event.phone_number)
                .collect();
            number::ensure(unit, &numbers)?;
            let mut rows = RowBlock::new(&schema::CONSENT_RECORDS);
            let mut ids = Vec::with_capacity(events.len());
            for event in events {
                let key = event.key.as_deref();
                let id = super::new_id(
                    unit.randomness,
                    unit.tenant.id,
                    EntityType::ConsentRecord,
                    key,
                    at,
                );
                row::Checked::of(event, unit.tenant, at)?.push(&mut rows, id, unit.tenant.id);
                ids.push(id);
            }
            insert(unit.engine, &rows).map_err(super::error::key_taken)?;
            let fields = FieldSet::all(EntityType::ConsentRecord);
            unit.note_records(
                "consent_record.add",
                EntityType::ConsentRecord,
                &ids,
                fields,
            );
            Ok(ids)
        })
    }

    /// Adds one event to the tenant's consent ledger and returns its id.
    ///
    /// # Errors
    ///
    /// As [`TenantSession::add_consent_records`].
    ///
    /// ```
    /// # use smrt_core::smrt::doc::{now, store, with_human};
    /// use smrt_core::model::{ConsentStatus, ConsentType};
    /// use smrt_core::smrt::NewConsentRecord;
    ///
    /// # let mut smrt = store()?;
    /// # let ada = with_human(&mut smrt)?;
    /// let mut session = smrt.tenant("acme")?.acting_as("crm-sync".parse()?);
    /// let marketing = ConsentType::parse("marketing_email")?;
    /// let status = ConsentStatus::Revoked;
    /// let event = NewConsentRecord::of_human(ada, marketing, status, "reply", now());
    /// let id = session.add_consent_record(&event, now())?;
    /// let kept = session.consent_record(id, now())?;
    /// assert_eq!(kept.consent_status.value().unwrap(), "revoked");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn add_consent_record(
        &mut self,
        event: &NewConsentRecord,
        at: Instant,
    ) -> Result<Id, SmrtError> {
        let mut ids = self.add_consent_records(std::slice::from_ref(event), at)?;
        ids.pop().ok_or_else(without_subject)
    }

    /// The events with these ids, in order; nothing where there is none the tenant can see.
    ///
    /// # Errors
    ///
    /// Those of the store.
    ///
    /// ```
    /// # use smrt_core::smrt::doc::{now, store};
    /// # let mut smrt = store()?;
    /// let mut session = smrt.tenant("acme")?.acting_as("crm-sync".parse()?);
    /// let unknown = "0198c0de-0000-7000-8000-000000000000".parse()?;
    /// assert_eq!(session.consent_records(&[unknown], now())?, [None]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn consent_records(
        &mut self,
        ids: &[Id],
        at: Instant,
    ) -> Result<Vec<Option<ConsentRecord>>, SmrtError> {
        self.require(Module::Consent, at)?;
        self.read(at, |unit| Ok(in_order(ids, &fetch(unit, ids)?)))
    }

    /// The event with this id.
    ///
    /// # Errors
    ///
    /// [`SmrtError::NotFound`] when there is none the tenant can see.
    ///
    /// ```
    /// # use smrt_core::smrt::doc::{now, store};
    /// # let mut smrt = store()?;
    /// let mut session = smrt.tenant("acme")?.acting_as("crm-sync".parse()?);
    /// let unknown = "0198c0de-0000-7000-8000-000000000000".parse()?;
    /// assert_eq!(session.consent_record(unknown, now()).unwrap_err().code(), "not_found");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn consent_record(&mut self, id: Id, at: Instant) -> Result<ConsentRecord, SmrtError> {
        self.require(Module::Consent, at)?;
        self.read(at, |unit| {
            let event = fetch::<ConsentRecord>(unit, &[id])?.remove(&id);
            event.ok_or_else(|| not_found::<ConsentRecord>(id))
        })
    }

    /// The events about these humans that the tenant can see, the oldest first.
    ///
    /// # Errors
    ///
    /// Those of the store.
    ///
    /// ```
    /// # use smrt_core::smrt::doc::{now, store, with_human};
    /// # let mut smrt = store()?;
    /// # let ada = with_human(&mut smrt)?;
    /// let mut session = smrt.tenant("acme")?.acting_as("crm-sync".parse()?);
    /// assert!(session.consent_records_of_humans(&[ada], now())?.is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn consent_records_of_humans(
        &mut self,
        humans: &[Id],
        at: Instant,
    ) -> Result<Vec<ConsentRecord>, SmrtError> {
        self.require(Module::Consent, at)?;
        self.read(at, |unit| consent_records_of(unit, "human_id", humans))
    }

    /// The events about these phone numbers that the tenant can see, the oldest first.
    ///
    /// # Errors
    ///
    /// Those of the store.
    ///
    /// ```
    /// # use smrt_core::smrt::doc::{now, store};
    /// # let mut smrt = store()?;
    /// let mut session = smrt.tenant("acme")?.acting_as("crm-sync".parse()?);
    /// let number = session.add_number("+12025550143".parse()?, now())?;
    /// assert!(session.consent_records_of_numbers(&[number], now())?.is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn consent_records_of_numbers(
        &mut self,
        numbers: &[Id],
        at: Instant,
    ) -> Result<Vec<ConsentRecord>, SmrtError> {
        self.require(Module::Consent, at)?;
        self.read(at, |unit| {
            consent_records_of(unit, "phone_number_id", numbers)
        })
    }

    /// The events the tenant can see, in the order of their ids.
    ///
    /// # Errors
    ///
    /// Those of the store.
    ///
    /// ```
    /// # use smrt_core::smrt::doc::{now, store};
    /// use smrt_core::smrt::PageRequest;
    ///
    /// # let mut smrt = store()?;
    /// let mut session = smrt.tenant("acme")?.acting_as("crm-sync".parse()?);
    /// assert!(session.list_consent_records(&PageRequest::first(10), now())?.items.is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn list_consent_records(
        &mut self,
        request: &PageRequest,
        at: Instant,
    ) -> Result<Page<ConsentRecord>, SmrtError> {
        self.require(Module::Consent, at)?;
        self.read(at, |unit| list(unit, request))
    }
}

/// Refuses when one of these humans is not there for the tenant.
pub(super) fn require_visible(unit: &mut Unit<'_>, humans: &[Id]) -> Result<(), SmrtError> {
    let accesses = access::of_records(unit, EntityType::Human, humans)?;
    match humans.iter().find(|id| !accesses.contains_key(id)) {
        None => Ok(()),
        Some(id) => {
            unit.unseen.push((EntityType::Human, *id));
            Err(SmrtError::NotFound {
                entity_type: EntityType::Human,
                id: *id,
            })
        }
    }
}

/// The visible events about these humans or numbers.
pub(super) fn consent_records_of(
    unit: &mut Unit<'_>,
    side: &'static str,
    ids: &[Id],
) -> Result<Vec<ConsentRecord>, SmrtError> {
    let mut events = Vec::new();
    let table = &schema::CONSENT_RECORDS;
    read_by(unit.engine, table, &["id"], side, ids, &mut |row| {
        events.push(row.id(0)?);
        Ok(())
    })?;
    let accesses = access::of_records(unit, EntityType::ConsentRecord, &events)?;
    let records = read_visible::<ConsentRecord>(unit, &accesses)?;
    let mut records: Vec<ConsentRecord> = records.into_values().collect();
    records.sort_by_key(|event| (event.consent_date.value().copied(), event.id));
    Ok(records)
}

fn without_subject() -> SmrtError {
    SmrtError::invalid(
        "consent_without_subject",
        "a consent record needs a human or a phone number",
    )
}
