//! What an event of the ledger must have before it is written, and how it is written.
//!
//! What this module does not do: it does not look at what the ledger holds already.

use std::net::IpAddr;

use super::super::error::SmrtError;
use super::super::text;
use super::{NewConsentRecord, without_subject};
use crate::model::{
    ConsentEvent, ConsentEvidence, ConsentScope, ConsentStatus, ConsentTier, Id, Instant,
    LedgerEvent,
};
use crate::store::{Row, RowBlock, StoreError, Tenant, Value};

/// How far ahead of the ledger's clock a person may have acted: another clock, or a date that was
/// written down in a zone where the day had begun.
const AHEAD_MICROS_MAX: i64 = 86_400_000_000;

/// The longest wording that is kept, in bytes; of a longer one the digest is.
const WORDING_BYTES_MAX: usize = 65_536;

/// An event that may be written.
pub(in crate::smrt) struct Checked<'n> {
    new: &'n NewConsentRecord,
    source: String,
    pub(in crate::smrt) seller: Option<String>,
    legal_basis: Option<String>,
    pub(in crate::smrt) evidence: ConsentEvidence,
    metadata: String,
    recorded_at: Instant,
}

impl<'n> Checked<'n> {
    /// Checks an event that a tenant's ledger gets to know at `at`.
    pub(in crate::smrt) fn of(
        new: &'n NewConsentRecord,
        tenant: &Tenant,
        at: Instant,
    ) -> Result<Self, SmrtError> {
        if new.human_id.is_none() && new.phone_number.is_none() {
            return Err(without_subject());
        }
        if new.event == ConsentEvent::Reassigned && new.phone_number.is_none() {
            return Err(SmrtError::invalid(
                "consent_reassigned_without_number",
                "`reassigned` says that a number went to somebody else, so it needs the number",
            ));
        }
        let Some(source) = text::checked("consent_source", &new.consent_source)? else {
            return Err(SmrtError::invalid(
                "consent_without_source",
                "a consent record needs a source, such as `web form`",
            ));
        };
        check_times(new, at)?;
        let optional = |field, value: &Option<String>| match value {
            Some(value) => text::checked(field, value),
            None => Ok(None),
        };
        let seller = optional("seller", &new.seller)?;
        let evidence = checked_evidence(&new.evidence)?;
        check_tier(new, seller.as_deref(), &evidence)?;
        // What names the tenant itself is kept as its slug, which never changes.
        let seller = seller.map(|seller| match super::seller_of(tenant, Some(&seller)) {
            None => tenant.slug.clone(),
            Some(_) => seller,
        });
        Ok(Self {
            new,
            source,
            seller,
            legal_basis: optional("legal_basis", &new.legal_basis)?,
            evidence,
            metadata: text::metadata(&new.metadata)?,
            recorded_at: at,
        })
    }

    /// The evidence as the store keeps it.
    fn evidence_json(&self) -> Option<String> {
        match self.evidence.is_empty() {
            true => None,
            false => serde_json::to_string(&self.evidence).ok(),
        }
    }

    /// What it says, apart from when the ledger got to know.
    pub(super) fn content(&self) -> Content {
        let new = self.new;
        Content {
            number: new.phone_number.map(Id::of_phone_number),
            human: new.human_id,
            consent_type: new.consent_type.as_str().to_owned(),
            event: new.event.as_str().to_owned(),
            source: self.source.clone(),
            acted_at: new.consent_date,
            precision: new.consent_date.map(|_| new.precision.as_str().to_owned()),
            valid_until: new.expiration_date,
            tier: new.tier.map(|tier| tier.as_str().to_owned()),
            seller: self.seller.clone(),
            legal_basis: self.legal_basis.clone(),
            evidence: self.evidence.clone(),
        }
    }

    /// The event as the rules see it; nothing where it does not speak of contacts.
    pub(super) fn ledger_event(&self, id: Id, tenant: &Tenant) -> Option<LedgerEvent> {
        let new = self.new;
        Some(LedgerEvent {
            id,
            event: new.event,
            scope: ConsentScope::of(&new.consent_type)?,
            tier: new.tier,
            seller: super::seller_of(tenant, self.seller.as_deref()).map(str::to_owned),
            number: new.phone_number.map(Id::of_phone_number),
            acted_at: new.consent_date,
            precision: new.precision,
            recorded_at: self.recorded_at,
            valid_until: new.expiration_date,
            origin: self.evidence.origin(),
            fault: self.evidence.fault(new.tier),
        })
    }

    /// Appends the event as a row.
    pub(in crate::smrt) fn push(&self, rows: &mut RowBlock, id: Id, tenant: Id) {
        let new = self.new;
        rows.push(id);
        rows.push(new.phone_number.map(Id::of_phone_number));
        rows.push(new.human_id);
        rows.push(new.consent_type.as_str());
        rows.push(new.event.status().as_str());
        rows.push(self.source.as_str());
        rows.push(new.consent_date);
        rows.push(new.expiration_date);
        rows.push(tenant);
        rows.push(self.legal_basis.as_deref());
        rows.push(self.metadata.as_str());
        rows.push(Value::Null);
        rows.push(Value::Null);
        rows.push(new.event.as_str());
        rows.push(new.consent_date.map(|_| new.precision.as_str()));
        rows.push(new.tier.map(ConsentTier::as_str));
        rows.push(self.seller.as_deref());
        rows.push(self.evidence_json().as_deref());
        rows.push(self.recorded_at);
    }
}

/// What an event says. Two events of the same content are one that was told twice.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Content {
    pub(super) number: Option<Id>,
    pub(super) human: Option<Id>,
    pub(super) consent_type: String,
    pub(super) event: String,
    pub(super) source: String,
    pub(super) acted_at: Option<Instant>,
    pub(super) precision: Option<String>,
    pub(super) valid_until: Option<Instant>,
    pub(super) tier: Option<String>,
    pub(super) seller: Option<String>,
    pub(super) legal_basis: Option<String>,
    pub(super) evidence: ConsentEvidence,
}

impl Content {
    /// The columns it is read from.
    pub(super) const COLUMNS: [&'static str; 14] = [
        "id",
        "tenant_id",
        "phone_number_id",
        "human_id",
        "consent_type",
        "event_kind",
        "consent_source",
        "consent_date",
        "date_precision",
        "expiration_date",
        "consent_tier",
        "seller",
        "legal_basis",
        "evidence",
    ];

    /// Reads it from a row of these columns.
    pub(super) fn read(row: &dyn Row) -> Result<Self, StoreError> {
        let instant = |column| {
            let micros = row.optional_integer(column)?;
            Ok::<_, StoreError>(micros.map(Instant::from_micros))
        };
        let evidence = row.optional_text(13)?;
        let evidence = evidence.map(|text| serde_json::from_str(text).unwrap_or_default());
        Ok(Self {
            number: row.optional_id(2)?,
            human: row.optional_id(3)?,
            consent_type: row.text(4)?.to_owned(),
            event: row.text(5)?.to_owned(),
            source: row.text(6)?.to_owned(),
            acted_at: instant(7)?,
            precision: row.optional_string(8)?,
            valid_until: instant(9)?,
            tier: row.optional_string(10)?,
            seller: row.optional_string(11)?,
            legal_basis: row.optional_string(12)?,
            evidence: evidence.unwrap_or_default(),
        })
    }

    /// The same, with somebody who vouches for it.
    pub(super) fn vouched_for(&self) -> Self {
        Self {
            evidence: ConsentEvidence {
                unverified: None,
                ..self.evidence.clone()
            },
            ..self.clone()
        }
    }

    /// The id of an event of a tenant with this content that a file told of.
    pub(super) fn id(&self, tenant: Id) -> Id {
        let id = |id: Option<Id>| id.map(|id| id.to_string()).unwrap_or_default();
        let instant = |instant: Option<Instant>| {
            instant.map_or(String::new(), |instant| instant.as_micros().to_string())
        };
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let parts = [
            id(self.number),
            id(self.human),
            self.consent_type.clone(),
            self.event.clone(),
            self.source.clone(),
            instant(self.acted_at),
            text(&self.precision),
            instant(self.valid_until),
            text(&self.tier),
            text(&self.seller),
            text(&self.legal_basis),
            serde_json::to_string(&self.evidence).unwrap_or_default(),
        ];
        let mut bytes: Vec<&[u8]> = vec![tenant.as_bytes()];
        bytes.extend(parts.iter().map(|part| part.as_bytes()));
        Id::derived("consent_event", &bytes)
    }
}

fn check_times(new: &NewConsentRecord, at: Instant) -> Result<(), SmrtError> {
    let latest = Instant::from_micros(at.as_micros().saturating_add(AHEAD_MICROS_MAX));
    if new.consent_date.is_some_and(|acted_at| acted_at > latest) {
        return Err(SmrtError::invalid(
            "consent_date_in_future",
            "`consent_date` is more than a day in the future: nobody has acted yet",
        ));
    }
    let spans = new.expiration_date.zip(new.consent_date);
    if spans.is_some_and(|(end, begin)| end <= begin) {
        return Err(SmrtError::invalid(
            "consent_expired_before_date",
            "`expiration_date` is not after `consent_date`",
        ));
    }
    Ok(())
}

/// A written agreement is written down only with what proves it.
fn check_tier(
    new: &NewConsentRecord,
    seller: Option<&str>,
    evidence: &ConsentEvidence,
) -> Result<(), SmrtError> {
    if new.event.status() == ConsentStatus::Revoked {
        return match new.tier {
            None => Ok(()),
            Some(_) => Err(SmrtError::invalid(
                "consent_tier_misplaced",
                format!("only an agreement has a tier, `{}` is none", new.event),
            )),
        };
    }
    if new.tier != Some(ConsentTier::Pewc) {
        return Ok(());
    }
    let has_wording = evidence.wording.is_some() || evidence.wording_digest.is_some();
    let needed = [
        ("the phone number it names", new.phone_number.is_some()),
        ("`seller`", seller.is_some()),
        ("`signature`", evidence.signature.is_some()),
        ("`wording` or `wording_digest`", has_wording),
    ];
    let missing = needed.into_iter().filter(|(_, there)| !there);
    let missing: Vec<&str> = missing.map(|(name, _)| name).collect();
    match missing.is_empty() {
        true => Ok(()),
        false => Err(SmrtError::invalid(
            "consent_evidence_missing",
            format!("a written agreement (`pewc`) needs {}", missing.join(", ")),
        )),
    }
}

/// The evidence in the form it is kept in.
fn checked_evidence(evidence: &ConsentEvidence) -> Result<ConsentEvidence, SmrtError> {
    let optional = |field, value: &Option<String>| match value {
        Some(value) => text::checked(field, value),
        None => Ok(None),
    };
    let not_valid = |reason: &str| SmrtError::invalid("consent_evidence_not_valid", reason);
    let mut digest = optional("wording_digest", &evidence.wording_digest)?
        .map(|digest| digest.to_ascii_lowercase());
    let is_digest =
        |digest: &String| digest.len() == 64 && digest.bytes().all(|b| b.is_ascii_hexdigit());
    if digest.as_ref().is_some_and(|digest| !is_digest(digest)) {
        return Err(not_valid("`wording_digest` is no SHA-256 in hexadecimal"));
    }
    let wording = evidence.wording.as_deref().map(str::trim);
    let wording = wording.filter(|wording| !wording.is_empty());
    if let Some(wording) = wording {
        let computed = ConsentEvidence::digest_of(wording);
        if digest.as_ref().is_some_and(|digest| *digest != computed) {
            return Err(not_valid("`wording_digest` is not the digest of `wording`"));
        }
        digest = Some(computed);
    }
    let ip = optional("ip", &evidence.ip)?;
    if ip.as_ref().is_some_and(|ip| ip.parse::<IpAddr>().is_err()) {
        return Err(not_valid("`ip` is no Internet address"));
    }
    Ok(ConsentEvidence {
        url: optional("url", &evidence.url)?,
        wording: wording
            .filter(|wording| wording.len() <= WORDING_BYTES_MAX)
            .map(str::to_owned),
        wording_digest: digest,
        wording_version: optional("wording_version", &evidence.wording_version)?,
        ip,
        user_agent: optional("user_agent", &evidence.user_agent)?,
        recording: optional("recording", &evidence.recording)?,
        ..evidence.clone()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ConsentType, SignatureKind};
    use crate::smrt::doc::{now, store};

    fn written() -> NewConsentRecord {
        let kind = ConsentType::parse("marketing_sms").unwrap();
        let number = "+12025550143".parse().unwrap();
        NewConsentRecord {
            tier: Some(ConsentTier::Pewc),
            seller: Some("Acme".into()),
            evidence: ConsentEvidence {
                signature: Some(SignatureKind::Checkbox),
                wording: Some("I agree.\nCall me.".into()),
                ip: Some("192.0.2.7".into()),
                ..ConsentEvidence::default()
            },
            ..NewConsentRecord::of_number(number, kind, ConsentEvent::Granted, "form", now())
        }
    }

    fn code(new: &NewConsentRecord) -> String {
        let mut smrt = store().unwrap();
        let tenant = smrt.tenant("acme").unwrap().tenant().clone();
        match Checked::of(new, &tenant, now()) {
            Ok(checked) => format!("seller {}", checked.seller.unwrap_or_default()),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn a_written_agreement_has_what_proves_it() {
        // The tenant is kept as its slug, whatever name it was given by.
        assert_eq!(code(&written()), "seller acme");
        let other = NewConsentRecord {
            seller: Some("Example Solar".into()),
            ..written()
        };
        assert_eq!(code(&other), "seller Example Solar");
        let bare = NewConsentRecord {
            seller: None,
            evidence: ConsentEvidence::default(),
            ..written()
        };
        assert_eq!(
            code(&bare),
            "a written agreement (`pewc`) needs `seller`, `signature`, `wording` or `wording_digest`"
        );
        let weaker = NewConsentRecord {
            tier: Some(ConsentTier::Pec),
            ..bare
        };
        assert_eq!(code(&weaker), "seller ");
        let withdrawn = NewConsentRecord {
            event: ConsentEvent::Withdrawn,
            ..written()
        };
        assert_eq!(
            code(&withdrawn),
            "only an agreement has a tier, `withdrawn` is none"
        );
    }

    #[test]
    fn nobody_acts_in_the_future() {
        let at = |ahead: i64| NewConsentRecord {
            consent_date: Some(Instant::from_micros(now().as_micros() + ahead)),
            ..written()
        };
        assert_eq!(code(&at(AHEAD_MICROS_MAX)), "seller acme");
        assert!(code(&at(AHEAD_MICROS_MAX + 1)).contains("in the future"));
        let ended = NewConsentRecord {
            expiration_date: Some(now()),
            ..written()
        };
        assert!(code(&ended).contains("not after"));
        let undated = NewConsentRecord {
            consent_date: None,
            ..ended
        };
        assert_eq!(code(&undated), "seller acme");
    }

    #[test]
    fn evidence_is_checked_where_it_can_be() {
        let with = |evidence: ConsentEvidence| NewConsentRecord {
            evidence,
            ..written()
        };
        let good = written().evidence;
        let of = ConsentEvidence::digest_of("I agree.\nCall me.");
        let upper = ConsentEvidence {
            wording_digest: Some(of.to_uppercase()),
            ..good.clone()
        };
        assert_eq!(code(&with(upper)), "seller acme");
        for (evidence, reason) in [
            (
                ConsentEvidence {
                    wording_digest: Some("ab".repeat(32)),
                    ..good.clone()
                },
                "`wording_digest` is not the digest of `wording`",
            ),
            (
                ConsentEvidence {
                    wording_digest: Some("ab".into()),
                    ..good.clone()
                },
                "`wording_digest` is no SHA-256 in hexadecimal",
            ),
            (
                ConsentEvidence {
                    ip: Some("192.0.2".into()),
                    ..good
                },
                "`ip` is no Internet address",
            ),
        ] {
            assert_eq!(code(&with(evidence)), reason);
        }
    }

    #[test]
    fn the_same_content_has_the_same_id_and_other_content_another() {
        let mut smrt = store().unwrap();
        let tenant = smrt.tenant("acme").unwrap().tenant().clone();
        let id = |new: &NewConsentRecord, at| {
            Checked::of(new, &tenant, at)
                .unwrap()
                .content()
                .id(tenant.id)
        };
        let later = Instant::from_micros(now().as_micros() + 1);
        assert_eq!(id(&written(), now()), id(&written(), later));
        let other = NewConsentRecord {
            legal_basis: Some("consent".into()),
            ..written()
        };
        assert_ne!(id(&written(), now()), id(&other, now()));
    }
}
