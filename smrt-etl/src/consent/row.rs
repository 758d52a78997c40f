//! The layout of a file of consent events, and a row as an event.
//!
//! What this module does not do: it does not judge evidence; the session does.

use std::fmt::Display;
use std::str::FromStr;

use serde_json::{Map, Value as Json};
use smrt_core::model::{
    ConsentEvent, ConsentEvidence, ConsentStatus, ConsentType, DatePrecision, Instant,
};
use smrt_core::phone;
use smrt_core::smrt::{ConsentImport, NewConsentRecord, SmrtError};

use super::{ConsentFileError, ConsentFileOptions};
use crate::added_columns::is_added_column;
use crate::record::Record;
use crate::source::Source;

/// The columns of a file of consent events, in the order in which an export has them. Needed are
/// `consent_type`, `event_kind` (or `consent_status`) and one of `phone_number` and `human_id`.
pub const COLUMNS: [&str; 27] = [
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
];

/// Columns of an export that say nothing to an import.
const IGNORED: [&str; 2] = ["recorded_at", "type"];

/// Why a row cannot be used.
#[derive(Debug, Clone)]
pub(super) struct Fault {
    pub(super) code: &'static str,
    /// Where in the row, where that is another line than the row's first.
    pub(super) line: Option<u64>,
    pub(super) column: Option<String>,
    pub(super) reason: String,
    pub(super) hint: &'static str,
}

impl Fault {
    fn new(code: &'static str, column: &str, reason: impl Display, hint: &'static str) -> Self {
        Self {
            code,
            line: None,
            column: Some(column.to_owned()),
            reason: reason.to_string(),
            hint,
        }
    }

    pub(super) fn without_subject() -> Self {
        Self {
            column: None,
            ..Self::new(
                "consent_without_subject",
                "",
                "the row names neither a phone number nor a human",
                "fill in `phone_number` or `human_id`",
            )
        }
    }

    /// What the session did not take.
    pub(super) fn of(error: &SmrtError) -> Self {
        let (column, hint) = match error.code() {
            "not_found" => (Some("human_id"), "use the id of a human the tenant sees"),
            "consent_date_in_future" => (
                Some("consent_date"),
                "correct the date, or import when it has come",
            ),
            "consent_expired_before_date" => (
                Some("expiration_date"),
                "correct one of the two dates, or leave `expiration_date` out",
            ),
            "consent_evidence_missing" => (
                Some("consent_tier"),
                "add the evidence, or say `pec` where there is none",
            ),
            "consent_tier_misplaced" => (Some("consent_tier"), "leave `consent_tier` empty"),
            "consent_id_taken" => (Some("id"), "leave `id` empty, or correct the row"),
            "consent_reassigned_without_number" => (Some("phone_number"), "add the number"),
            "phone_not_valid" => (Some("phone_number"), "correct the number"),
            _ => (None, "correct the value"),
        };
        Self {
            code: error.code(),
            line: None,
            column: column.map(str::to_owned),
            reason: error.to_string(),
            hint,
        }
    }
}

/// Where each column of the layout is in a file.
#[derive(Debug)]
pub(super) struct Columns {
    positions: [Option<usize>; COLUMNS.len()],
}

impl Columns {
    /// Finds the columns by their names, whatever their order.
    pub(super) fn of(source: &Source) -> Result<Self, ConsentFileError> {
        let mut positions = [None; COLUMNS.len()];
        for (position, name) in source.header().names().enumerate() {
            let folded = folded(name);
            match COLUMNS.iter().position(|column| *column == folded) {
                Some(column) => {
                    if let Some(place) = positions.get_mut(column) {
                        place.get_or_insert(position);
                    }
                }
                None if IGNORED.contains(&folded.as_str()) || is_added_column(name) => {}
                None => {
                    return Err(ConsentFileError::UnknownColumn {
                        column: name.to_owned(),
                        nearest: nearest(&folded),
                    });
                }
            }
        }
        let columns = Self { positions };
        let has = |names: &[&str]| names.iter().any(|name| columns.position(name).is_some());
        for (names, columns) in [
            (
                &["phone_number", "human_id"][..],
                "`phone_number` or `human_id`",
            ),
            (&["consent_type"][..], "`consent_type`"),
            (&["event_kind", "consent_status"][..], "`event_kind`"),
        ] {
            if !has(names) {
                return Err(ConsentFileError::MissingColumn { columns });
            }
        }
        Ok(columns)
    }

    fn position(&self, column: &str) -> Option<usize> {
        let place = COLUMNS.iter().position(|name| *name == column)?;
        self.positions.get(place).copied().flatten()
    }

    /// The value of a column; none where it is empty. JSON Lines may name a column late.
    fn value<'r>(&self, record: &Record<'r>, column: &str) -> Option<&'r str> {
        let of_header = self.position(column).and_then(|at| record.get(at));
        let mut extras = record.extras();
        let late = || extras.find_map(|(name, value)| (folded(name) == column).then_some(value));
        let value = of_header.or_else(late).map(str::trim);
        value.filter(|value| !value.is_empty())
    }

    /// A row as an event.
    pub(super) fn read(
        &self,
        record: &Record<'_>,
        options: &ConsentFileOptions,
    ) -> Result<ConsentImport, Fault> {
        if let Some(problem) = record.problem() {
            return Err(Fault {
                code: problem.code,
                line: Some(problem.line),
                column: problem.column.map(|column| column.to_string()),
                reason: problem.reason.clone(),
                hint: problem.hint,
            });
        }
        let late = record.extras().map(|(name, _)| folded(name));
        let known =
            |name: &String| COLUMNS.contains(&name.as_str()) || IGNORED.contains(&name.as_str());
        if let Some(name) = late.into_iter().find(|name| !known(name)) {
            return Err(Fault::new(
                "column_unknown",
                &name,
                "the member has no meaning in a file of consent events",
                "remove it, or correct its name",
            ));
        }
        let text = |column| self.value(record, column).map(str::to_owned);
        let phone_number = match self.value(record, "phone_number") {
            None => None,
            Some(text) => Some(phone::parse(text, options.region).map_err(|error| {
                let hint = "write the number with `+` and its country code, or give `--region`";
                Fault::new("phone_not_valid", "phone_number", error, hint)
            })?),
        };
        let human_id = self.word(record, "human_id", "use an id such as `smrt show` prints")?;
        if phone_number.is_none() && human_id.is_none() {
            return Err(Fault::without_subject());
        }
        let Some(consent_type) = self.value(record, "consent_type") else {
            return Err(Fault::new(
                "consent_type_missing",
                "consent_type",
                "the row does not say what it is about",
                "fill in a consent type such as `marketing_sms`",
            ));
        };
        let consent_type = ConsentType::parse(consent_type).map_err(|error| {
            let hint = "use a consent type such as `marketing_sms`";
            Fault::new("consent_type_not_valid", "consent_type", error, hint)
        })?;
        let (consent_date, precision) = self.date(record)?;
        let event = NewConsentRecord {
            key: None,
            human_id,
            phone_number: phone_number.map(|number| number.e164()),
            consent_type,
            event: self.event(record)?,
            consent_source: text("consent_source").unwrap_or_else(|| options.source.clone()),
            consent_date,
            precision,
            expiration_date: self.instant(record, "expiration_date")?,
            tier: self.word(
                record,
                "consent_tier",
                "leave it empty where it is not known",
            )?,
            seller: text("seller"),
            legal_basis: text("legal_basis"),
            evidence: ConsentEvidence {
                method: self.word(record, "method", "leave it empty where it is not known")?,
                url: text("url"),
                wording: text("wording"),
                wording_digest: text("wording_digest"),
                wording_version: text("wording_version"),
                signature: self.word(record, "signature", "leave it empty where there is none")?,
                ip: text("ip"),
                user_agent: text("user_agent"),
                recording: text("recording"),
                conditioned: self.truth(record, "conditioned")?,
                pre_ticked: self.truth(record, "pre_ticked")?,
                needs_review: self.truth(record, "needs_review")?,
                unverified: self.truth(record, "unverified")?,
            },
            metadata: self.metadata(record)?,
        };
        Ok(ConsentImport {
            id: self.word(record, "id", "leave it empty")?,
            event,
        })
    }

    fn event(&self, record: &Record<'_>) -> Result<ConsentEvent, Fault> {
        let hint = "use granted, renewed, refused, withdrawn, objected, invalidated, expired or \
                    reassigned";
        if let Some(event) = self.word(record, "event_kind", hint)? {
            return Ok(event);
        }
        let hint = "use granted or revoked, or `event_kind`";
        let status: Option<ConsentStatus> = self.word(record, "consent_status", hint)?;
        status.map(ConsentEvent::of_status).ok_or_else(|| {
            let reason = "the row does not say what happened";
            Fault::new("event_kind_missing", "event_kind", reason, hint)
        })
    }

    /// When the subject acted, and how exactly that is said.
    fn date(&self, record: &Record<'_>) -> Result<(Option<Instant>, DatePrecision), Fault> {
        let date = self.instant(record, "consent_date")?;
        let hint = "use exact or day, or leave it empty";
        let precision = self.word(record, "date_precision", hint)?;
        let written = self.value(record, "consent_date").unwrap_or_default();
        let by_form = match written.contains(':') {
            true => DatePrecision::Exact,
            false => DatePrecision::Day,
        };
        Ok((date, precision.unwrap_or(by_form)))
    }

    fn instant(&self, record: &Record<'_>, column: &str) -> Result<Option<Instant>, Fault> {
        let hint = "write `2026-11-21`, or `2026-11-21T08:30:00Z` with any offset";
        self.word(record, column, hint)
    }

    fn word<T: FromStr<Err: Display>>(
        &self,
        record: &Record<'_>,
        column: &str,
        hint: &'static str,
    ) -> Result<Option<T>, Fault> {
        let value = self.value(record, column);
        let parsed = value.map(str::parse).transpose();
        parsed.map_err(|error| Fault::new("value_not_valid", column, error, hint))
    }

    fn truth(&self, record: &Record<'_>, column: &str) -> Result<Option<bool>, Fault> {
        let value = self.value(record, column).map(str::to_lowercase);
        match value.as_deref() {
            None => Ok(None),
            Some("true" | "yes" | "1") => Ok(Some(true)),
            Some("false" | "no" | "0") => Ok(Some(false)),
            Some(_) => Err(Fault::new(
                "value_not_valid",
                column,
                "not a truth: expected true or false",
                "write true or false, or leave it empty",
            )),
        }
    }

    fn metadata(&self, record: &Record<'_>) -> Result<Map<String, Json>, Fault> {
        let Some(text) = self.value(record, "metadata") else {
            return Ok(Map::new());
        };
        serde_json::from_str(text).map_err(|_| {
            let reason = "not a JSON object";
            let hint = "write one such as `{\"campaign\":\"spring\"}`, or leave it empty";
            Fault::new("value_not_valid", "metadata", reason, hint)
        })
    }
}

/// A column's name as it is compared.
fn folded(name: &str) -> String {
    name.trim().to_lowercase().replace([' ', '-'], "_")
}

/// The column of the layout that a name was probably meant to be.
fn nearest(name: &str) -> Option<&'static str> {
    let near = COLUMNS.into_iter();
    let near = near.map(|column| (strsim::damerau_levenshtein(name, column), column));
    near.min()
        .filter(|(distance, _)| *distance <= 3)
        .map(|(_, column)| column)
}
