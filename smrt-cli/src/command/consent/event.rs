//! An event of the ledger as it is shown, and as a file has it.

use std::collections::HashMap;

use serde::Serialize;
use serde_json::Value as Json;
use smrt_core::model::{ConsentEvidence, Id, Instant};
use smrt_core::smrt::{ConsentRecord, TenantSession};

use crate::error::CliError;
use crate::output::{Row, Shape};
use crate::table::left;

/// An event in every format. Its members are the columns of `smrt_etl::consent::COLUMNS`, so that
/// what is listed can be imported again.
#[derive(Debug, Serialize)]
pub(super) struct EventRow {
    id: String,
    phone_number: Option<String>,
    human_id: Option<String>,
    consent_type: Option<String>,
    event_kind: Option<String>,
    consent_status: Option<String>,
    consent_date: Option<String>,
    date_precision: Option<String>,
    expiration_date: Option<String>,
    consent_tier: Option<String>,
    seller: Option<String>,
    consent_source: Option<String>,
    legal_basis: Option<String>,
    method: Option<&'static str>,
    url: Option<String>,
    wording: Option<String>,
    wording_digest: Option<String>,
    wording_version: Option<String>,
    signature: Option<&'static str>,
    ip: Option<String>,
    user_agent: Option<String>,
    recording: Option<String>,
    conditioned: Option<bool>,
    pre_ticked: Option<bool>,
    needs_review: Option<bool>,
    unverified: Option<bool>,
    metadata: Option<Json>,
    recorded_at: Option<String>,
}

/// Events with their numbers written out.
pub(super) fn rows(
    session: &mut TenantSession<'_>,
    records: Vec<ConsentRecord>,
    at: Instant,
) -> Result<Vec<EventRow>, CliError> {
    let mut ids: Vec<Id> = records
        .iter()
        .filter_map(|record| record.phone_number_id)
        .collect();
    ids.sort_unstable();
    ids.dedup();
    let numbers = session.numbers(&ids, at)?.into_iter().flatten();
    let numbers: HashMap<Id, String> = numbers
        .filter_map(|number| Some((number.id, number.phone_number.into_value()?)))
        .collect();
    let rows = records.into_iter();
    Ok(rows.map(|record| EventRow::new(record, &numbers)).collect())
}

impl EventRow {
    fn new(record: ConsentRecord, numbers: &HashMap<Id, String>) -> Self {
        let evidence = record.evidence.value();
        let evidence = evidence.and_then(|text| serde_json::from_str(text).ok());
        let evidence: ConsentEvidence = evidence.unwrap_or_default();
        let number = record.phone_number_id.and_then(|id| numbers.get(&id));
        let shown = |instant: Option<Instant>| instant.map(|instant| instant.to_string());
        let metadata = record.metadata.value();
        let metadata = metadata.and_then(|text| serde_json::from_str(text).ok());
        Self {
            id: record.id.to_string(),
            phone_number: number.cloned(),
            human_id: record.human_id.map(|id| id.to_string()),
            consent_type: record.consent_type.into_value(),
            event_kind: record.event_kind.into_value(),
            consent_status: record.consent_status.into_value(),
            consent_date: shown(record.consent_date.into_value()),
            date_precision: record.date_precision.into_value(),
            expiration_date: shown(record.expiration_date.into_value()),
            consent_tier: record.consent_tier.into_value(),
            seller: record.seller.into_value(),
            consent_source: record.consent_source.into_value(),
            legal_basis: record.legal_basis.into_value(),
            method: evidence.method.map(|method| method.as_str()),
            url: evidence.url,
            wording: evidence.wording,
            wording_digest: evidence.wording_digest,
            wording_version: evidence.wording_version,
            signature: evidence.signature.map(|signature| signature.as_str()),
            ip: evidence.ip,
            user_agent: evidence.user_agent,
            recording: evidence.recording,
            conditioned: evidence.conditioned,
            pre_ticked: evidence.pre_ticked,
            needs_review: evidence.needs_review,
            unverified: evidence.unverified,
            metadata: metadata.filter(|metadata: &Json| *metadata != Json::Object(<_>::default())),
            recorded_at: shown(record.recorded_at.into_value()),
        }
    }
}

/// When somebody acted, as exactly as that is known.
pub(super) fn acted(date: Option<&str>, precision: Option<&str>) -> String {
    match (date, precision) {
        (Some(date), Some("day")) => date.split('T').next().unwrap_or(date).to_owned(),
        (Some(date), _) => date.to_owned(),
        (None, _) => "unknown".to_owned(),
    }
}

impl Row for EventRow {
    const SHAPE: &'static Shape = &Shape {
        schema: "smrt.consent-events.v1",
        list: "events",
        tag: "consent_event",
        table: &[
            left("ACTED"),
            left("EVENT"),
            left("ABOUT"),
            left("TIER"),
            left("SELLER"),
            left("SOURCE"),
            left("RECORDED"),
            left("ID"),
        ],
        csv: &[
            "id",
            "phone_number",
            "human_id",
            "consent_type",
            "event_kind",
            "consent_status",
            "consent_date",
            "date_precision",
            "expiration_date",
            "consent_tier",
            "seller",
            "consent_source",
            "legal_basis",
            "method",
            "url",
            "wording",
            "wording_digest",
            "wording_version",
            "signature",
            "ip",
            "user_agent",
            "recording",
            "conditioned",
            "pre_ticked",
            "needs_review",
            "unverified",
            "metadata",
            "recorded_at",
        ],
    };

    fn table_cells(&self) -> Vec<String> {
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        vec![
            acted(self.consent_date.as_deref(), self.date_precision.as_deref()),
            text(&self.event_kind),
            text(&self.consent_type),
            text(&self.consent_tier),
            text(&self.seller),
            text(&self.consent_source),
            text(&self.recorded_at),
            self.id.clone(),
        ]
    }

    fn csv_cells(&self) -> Vec<String> {
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        let word = |value: Option<&'static str>| value.unwrap_or_default().to_owned();
        let truth = |value: Option<bool>| value.map(|truth| truth.to_string()).unwrap_or_default();
        vec![
            self.id.clone(),
            text(&self.phone_number),
            text(&self.human_id),
            text(&self.consent_type),
            text(&self.event_kind),
            text(&self.consent_status),
            text(&self.consent_date),
            text(&self.date_precision),
            text(&self.expiration_date),
            text(&self.consent_tier),
            text(&self.seller),
            text(&self.consent_source),
            text(&self.legal_basis),
            word(self.method),
            text(&self.url),
            text(&self.wording),
            text(&self.wording_digest),
            text(&self.wording_version),
            word(self.signature),
            text(&self.ip),
            text(&self.user_agent),
            text(&self.recording),
            truth(self.conditioned),
            truth(self.pre_ticked),
            truth(self.needs_review),
            truth(self.unverified),
            self.metadata
                .as_ref()
                .map(Json::to_string)
                .unwrap_or_default(),
            text(&self.recorded_at),
        ]
    }
}
