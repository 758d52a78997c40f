//! Receipts of consent events, with the fields of ISO/IEC TS 27560:2023 and the words of the Data
//! Privacy Vocabulary.
//!
//! A receipt says what the ledger and the tenant's settings know; of every other mandatory field it
//! says that it is unknown. The same event and settings make the same receipt.
//! What this module does not do: it signs nothing; the audit trail proves when an event was added.

use serde::Serialize;

use super::super::error::SmrtError;
use super::super::record::{fetch, not_found};
use super::super::session::TenantSession;
use super::ConsentRecord;
use crate::model::{
    ConsentEvent, ConsentEvidence, ConsentScope, ConsentTier, ConsentType, Id, Instant, Module,
    Purpose,
};
use crate::store::Tenant;

/// What stands where neither the ledger nor the settings know.
const UNKNOWN: &str = "unknown";

/// The version of the receipt's fields.
const SCHEMA_VERSION: &str = "https://w3id.org/dpv/schema/dpv-27560#record";

/// A receipt of one event.
#[derive(Clone, Serialize)]
pub struct ConsentReceipt {
    /// What identifies the receipt and the record it is of.
    pub header: ReceiptHeader,
    /// How the data are processed.
    pub processing: ReceiptProcessing,
    /// Who is responsible.
    pub parties: Vec<ReceiptParty>,
    /// What happened.
    pub events: Vec<ReceiptEvent>,
}

/// What identifies a receipt.
#[derive(Clone, Serialize)]
pub struct ReceiptHeader {
    /// What defines the fields.
    pub schema_version: &'static str,
    /// The receipt's id, a function of the record's.
    pub receipt_id: String,
    /// The event's id in the ledger.
    pub record_id: String,
    /// The human, or else the number, by its id; never a name.
    pub pii_principal_id: String,
}

/// How the data are processed.
#[derive(Clone, Serialize)]
pub struct ReceiptProcessing {
    /// Where the notice is.
    pub privacy_notice: String,
    /// The language of notice and wording.
    pub language: String,
    /// What for, a term of the vocabulary.
    pub purpose: &'static str,
    /// The tenant's own word for it.
    pub purpose_type: String,
    /// On what basis, a term of the vocabulary.
    pub lawful_basis: String,
    /// What data.
    pub pii_information: Vec<ReceiptData>,
    /// Who is responsible, by their ids.
    pub pii_controllers: Vec<String>,
    /// How the agreement was collected.
    pub collection_method: String,
    /// How the data are used.
    pub processing_method: String,
    /// Where they are kept.
    pub storage_locations: Vec<String>,
    /// For how long.
    pub retention_period: String,
    /// Which law holds.
    pub jurisdiction: String,
    /// Who else gets them.
    pub recipient_third_parties: Vec<String>,
    /// How to withdraw.
    pub withdrawal_method: String,
    /// What the agreement rests on.
    pub evidence: ConsentEvidence,
}

/// Receipts speak of people, so they do not show themselves in logs.
macro_rules! redacted {
    ($($name:ident)+) => {
        $(impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($name)).finish_non_exhaustive()
            }
        })+
    };
}
redacted! { ConsentReceipt ReceiptHeader ReceiptProcessing ReceiptData ReceiptParty ReceiptEvent }

/// A kind of data.
#[derive(Clone, Serialize)]
pub struct ReceiptData {
    /// What kind, a term of the vocabulary.
    pub pii_type: &'static str,
    /// Which value, by the record's id.
    pub pii_attribute_id: String,
    /// Whether the person may keep it back.
    pub optional: bool,
    /// Whether it is of a special category.
    pub sensitive: bool,
}

/// Somebody responsible.
#[derive(Clone, Serialize)]
pub struct ReceiptParty {
    /// Their id.
    pub party_id: String,
    /// Their name.
    pub party_name: String,
    /// Their address.
    pub party_address: String,
    /// How to reach them.
    pub party_contact: String,
    /// What they are, a term of the vocabulary.
    pub party_type: &'static str,
}

/// What happened.
#[derive(Clone, Serialize)]
pub struct ReceiptEvent {
    /// When the subject acted.
    pub event_time: String,
    /// How exactly that is known.
    pub event_time_precision: String,
    /// When the ledger got to know.
    pub recorded_at: String,
    /// For how long it holds.
    pub validity_duration: String,
    /// Who acted or reported, as the ledger's source.
    pub entity_id: String,
    /// How the agreement was expressed, a term of the vocabulary.
    pub event_type: &'static str,
    /// What it brought about, a term of the vocabulary.
    pub event_state: &'static str,
}

impl TenantSession<'_> {
    /// The receipt of an event of a consent ledger that the tenant can see.
    ///
    /// # Errors
    ///
    /// [`SmrtError::NotFound`] when there is none the tenant can see.
    ///
    /// ```
    /// # use smrt_core::smrt::doc::{now, store, with_human};
    /// # let mut smrt = store()?;
    /// # let ada = with_human(&mut smrt)?;
    /// use smrt_core::model::{ConsentStatus, ConsentType};
    /// use smrt_core::smrt::NewConsentRecord;
    ///
    /// let mut session = smrt.tenant("acme")?.acting_as("crm-sync".parse()?);
    /// let kind = ConsentType::parse("marketing_email")?;
    /// let event = NewConsentRecord::of_human(ada, kind, ConsentStatus::Revoked, "reply", now());
    /// let id = session.add_consent_record(&event, now())?;
    /// let receipt = session.consent_receipt(id, now())?;
    /// assert_eq!(receipt.events[0].event_state, "dpv:ConsentWithdrawn");
    /// assert_eq!(receipt.processing.privacy_notice, "unknown");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn consent_receipt(&mut self, id: Id, at: Instant) -> Result<ConsentReceipt, SmrtError> {
        self.require(Module::Consent, at)?;
        self.read(at, |unit| {
            let found = fetch::<ConsentRecord>(unit, &[id])?.remove(&id);
            let record = found.ok_or_else(|| not_found::<ConsentRecord>(id))?;
            Ok(receipt(&record, unit.tenant))
        })
    }
}

/// A text that may not be known.
fn known(text: Option<String>) -> String {
    text.unwrap_or_else(|| UNKNOWN.to_owned())
}

fn receipt(record: &ConsentRecord, tenant: &Tenant) -> ConsentReceipt {
    let text = |value: &super::Masked<String>| value.value().cloned();
    let setting = |name: &str| known(tenant.settings.receipts.get(name).cloned());
    let own = record.owner == tenant.id;
    let of_controller = |name: &str| {
        if own {
            setting(name)
        } else {
            UNKNOWN.to_owned()
        }
    };
    let evidence = text(&record.evidence);
    let evidence = evidence.and_then(|text| serde_json::from_str(&text).ok());
    let evidence: ConsentEvidence = evidence.unwrap_or_default();
    let consent_type = known(text(&record.consent_type));
    let principal = record.human_id.or(record.phone_number_id);
    let event = ReceiptEvent::of(record, &text);
    ConsentReceipt {
        header: ReceiptHeader {
            schema_version: SCHEMA_VERSION,
            receipt_id: Id::derived("consent_receipt", &[record.id.as_bytes()]).to_string(),
            record_id: record.id.to_string(),
            pii_principal_id: known(principal.map(|id| id.to_string())),
        },
        processing: ReceiptProcessing {
            privacy_notice: of_controller("privacy_notice"),
            language: of_controller("language"),
            purpose: purpose_of(&consent_type),
            purpose_type: consent_type,
            lawful_basis: lawful_basis(text(&record.legal_basis).as_deref()),
            pii_information: data_of(record),
            pii_controllers: vec![record.owner.to_string()],
            collection_method: known(evidence.method.map(|method| method.to_string())),
            processing_method: "dpv:Use".to_owned(),
            storage_locations: vec![of_controller("storage_location")],
            retention_period: of_controller("retention_period"),
            jurisdiction: of_controller("jurisdiction"),
            recipient_third_parties: vec![of_controller("recipients")],
            withdrawal_method: of_controller("withdrawal_method"),
            evidence,
        },
        parties: parties(record, tenant, &of_controller, text(&record.seller)),
        events: vec![event],
    }
}

/// The tenant, and the seller that the agreement names where that is somebody else.
fn parties(
    record: &ConsentRecord,
    tenant: &Tenant,
    of_controller: &dyn Fn(&str) -> String,
    seller: Option<String>,
) -> Vec<ReceiptParty> {
    let own = record.owner == tenant.id;
    let mut parties = vec![ReceiptParty {
        party_id: record.owner.to_string(),
        party_name: if own {
            tenant.name.clone()
        } else {
            UNKNOWN.to_owned()
        },
        party_address: of_controller("controller_address"),
        party_contact: of_controller("controller_contact"),
        party_type: "dpv:DataController",
    }];
    let other = seller.filter(|seller| super::seller_of(tenant, Some(seller)).is_some());
    parties.extend(other.map(|seller| ReceiptParty {
        party_id: UNKNOWN.to_owned(),
        party_name: seller,
        party_address: UNKNOWN.to_owned(),
        party_contact: UNKNOWN.to_owned(),
        party_type: "dpv:Recipient",
    }));
    parties
}

fn data_of(record: &ConsentRecord) -> Vec<ReceiptData> {
    let data = |pii_type, id: Id| ReceiptData {
        pii_type,
        pii_attribute_id: id.to_string(),
        optional: false,
        sensitive: false,
    };
    let number = record
        .phone_number_id
        .map(|id| data("pd:TelephoneNumber", id));
    let human = record.human_id.map(|id| data("pd:Contact", id));
    number.into_iter().chain(human).collect()
}

impl ReceiptEvent {
    fn of(record: &ConsentRecord, text: &dyn Fn(&super::Masked<String>) -> Option<String>) -> Self {
        let kind: Option<ConsentEvent> =
            text(&record.event_kind).and_then(|kind| kind.parse().ok());
        let tier: Option<ConsentTier> =
            text(&record.consent_tier).and_then(|tier| tier.parse().ok());
        let instant = |value: &super::Masked<Instant>| value.value().copied();
        let (acted_at, ends_at) = (
            instant(&record.consent_date),
            instant(&record.expiration_date),
        );
        let gives = matches!(kind, Some(ConsentEvent::Granted | ConsentEvent::Renewed));
        let shown = |instant: Option<Instant>| known(instant.map(|instant| instant.to_string()));
        Self {
            event_time: shown(acted_at),
            event_time_precision: known(text(&record.date_precision)),
            recorded_at: shown(instant(&record.recorded_at)),
            validity_duration: match ends_at {
                Some(end) => format!("until {end}"),
                None if gives => "until withdrawn".to_owned(),
                None => "indefinite".to_owned(),
            },
            entity_id: known(text(&record.consent_source)),
            event_type: expression(gives, tier),
            event_state: kind.map_or("dpv:ConsentUnknown", state),
        }
    }
}

/// How an agreement was expressed.
const fn expression(gives: bool, tier: Option<ConsentTier>) -> &'static str {
    match (gives, tier) {
        (false, _) => "dpv:ExpressedConsent",
        (true, Some(ConsentTier::Pewc)) => "dpv:ExplicitlyExpressedConsent",
        (true, Some(ConsentTier::Pec | ConsentTier::OptIn)) => "dpv:ExpressedConsent",
        (true, Some(ConsentTier::Implied)) => "dpv:ImpliedConsent",
        (true, None) => UNKNOWN,
    }
}

/// What an event brings about, in the words of the Data Privacy Vocabulary.
const fn state(event: ConsentEvent) -> &'static str {
    match event {
        ConsentEvent::Granted => "dpv:ConsentGiven",
        ConsentEvent::Renewed => "dpv:RenewedConsentGiven",
        ConsentEvent::Refused => "dpv:ConsentRefused",
        ConsentEvent::Withdrawn | ConsentEvent::Objected => "dpv:ConsentWithdrawn",
        ConsentEvent::Invalidated | ConsentEvent::Reassigned => "dpv:ConsentInvalidated",
        ConsentEvent::Expired => "dpv:ConsentExpired",
    }
}

/// The purpose in the words of the Data Privacy Vocabulary.
fn purpose_of(consent_type: &str) -> &'static str {
    let scope = ConsentType::parse(consent_type)
        .ok()
        .as_ref()
        .and_then(ConsentScope::of);
    match scope.and_then(|scope| scope.purpose) {
        Some(Purpose::Marketing) => "dpv:DirectMarketing",
        Some(Purpose::Informational) => "dpv:CommunicationForCustomerCare",
        Some(Purpose::DebtCollection) => "dpv:PaymentManagement",
        Some(
            Purpose::Survey
            | Purpose::Fundraising
            | Purpose::Political
            | Purpose::OptOutConfirmation
            | Purpose::Emergency,
        ) => "dpv:CommunicationManagement",
        None if scope.is_some() => "dpv:CommunicationManagement",
        None => "dpv:Purpose",
    }
}

/// The legal basis in the words of the Data Privacy Vocabulary, or as it was written.
fn lawful_basis(basis: Option<&str>) -> String {
    let folded = basis.map(|basis| basis.to_lowercase().replace([' ', '-'], "_"));
    let term = match folded.as_deref() {
        Some("consent" | "6(1)(a)") => "eu-gdpr:A6-1-a",
        Some("contract" | "6(1)(b)") => "eu-gdpr:A6-1-b",
        Some("legal_obligation" | "6(1)(c)") => "eu-gdpr:A6-1-c",
        Some("vital_interest" | "vital_interests" | "6(1)(d)") => "eu-gdpr:A6-1-d",
        Some("public_interest" | "6(1)(e)") => "eu-gdpr:A6-1-e",
        Some("legitimate_interest" | "legitimate_interests" | "6(1)(f)") => "eu-gdpr:A6-1-f",
        Some(_) => basis.unwrap_or(UNKNOWN),
        None => "dpv:Consent",
    };
    term.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_and_bases_have_their_words() {
        assert_eq!(state(ConsentEvent::Renewed), "dpv:RenewedConsentGiven");
        assert_eq!(state(ConsentEvent::Invalidated), "dpv:ConsentInvalidated");
        let check = |basis, expected| assert_eq!(lawful_basis(basis), expected);
        check(Some("Legitimate interest"), "eu-gdpr:A6-1-f");
        check(Some("house rules"), "house rules");
        check(None, "dpv:Consent");
        assert_eq!(purpose_of("marketing_sms"), "dpv:DirectMarketing");
        assert_eq!(purpose_of("contact"), "dpv:CommunicationManagement");
        assert_eq!(purpose_of("data_sharing"), "dpv:Purpose");
        assert_eq!(expression(true, None), "unknown");
    }
}
