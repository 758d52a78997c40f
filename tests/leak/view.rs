//! What a value tells whoever holds it: its `Debug` form, and everything its fields reveal.

use std::collections::{HashMap, HashSet};

use smrt_core::model::{Id, Instant};
use smrt_core::smrt::{
    Checkpoint, CheckpointVerification, ConsentAnswer, ConsentReceipt, ConsentRecord, DncFacts,
    DncListed, DncLoad, DncPlan, DncRegistry, DncSync, Explanation, FoundHuman, GrantDetail, Human,
    HumanDetail, Interaction, Link, LinkDetail, LinkedNumber, Masked, Number, NumberDetail, OptOut,
    Page, SmrtError,
};
use smrt_core::store::{
    AuditEntry, AuditVerification, DeferredRow, ExistingHuman, Issue, Origin, Run, Severity,
    SourceKey, SourceRow, Tenant, UndoReport, VerificationError,
};

/// A value and what can be read out of it.
pub(crate) trait View: std::fmt::Debug {
    /// Every value in it, also those that its `Debug` form does not show.
    fn reveal(&self) -> String;
}

/// What a call told: the `Debug` and `Display` forms that may end in a log, and what it returned.
pub(super) struct Told {
    pub(super) logged: String,
    pub(super) revealed: String,
    /// What it left in the caller's own trail.
    pub(super) trail: String,
}

/// What the answer of a call tells.
pub(super) fn told<T: View>(answer: Result<T, SmrtError>) -> Told {
    match answer {
        Ok(value) => Told {
            logged: format!("{value:?}"),
            revealed: value.reveal(),
            trail: String::new(),
        },
        Err(error) => {
            let error = format!(
                "{} {error} {error:?} {:?} {}",
                error.code(),
                error.hint(),
                error.may_retry()
            );
            Told {
                logged: error.clone(),
                revealed: error,
                trail: String::new(),
            }
        }
    }
}

fn shown<T: std::fmt::Debug>(value: &Masked<T>) -> String {
    match value {
        Masked::Value(value) => format!("{value:?}"),
        Masked::Empty => "empty".to_owned(),
        Masked::Hidden => "hidden".to_owned(),
    }
}

fn id_of(id: Option<Id>) -> String {
    id.map_or_else(|| "none".to_owned(), |id| id.to_string())
}

impl View for Human {
    fn reveal(&self) -> String {
        let fields = [
            &self.first_name,
            &self.last_name,
            &self.email,
            &self.company_name,
            &self.job_title,
            &self.employee_id,
            &self.contractor_id,
            &self.metadata,
        ];
        let fields: Vec<String> = fields.into_iter().map(shown).collect();
        let times = [&self.created_at, &self.updated_at].map(|at| match at.value() {
            Some(at) => at.to_string(),
            None => shown(at),
        });
        format!("{} {} {fields:?} {times:?}", self.id, self.owner)
    }
}

impl View for Number {
    fn reveal(&self) -> String {
        let texts = [
            &self.phone_number,
            &self.area_code,
            &self.carrier_info,
            &self.dnc_status,
            &self.metadata,
        ];
        let texts: Vec<String> = texts.into_iter().map(shown).collect();
        let rest = [
            shown(&self.country_code),
            shown(&self.is_mobile),
            shown(&self.dnc_date),
        ];
        format!("{} {texts:?} {rest:?}", self.id)
    }
}

impl View for Link {
    fn reveal(&self) -> String {
        let ids = [self.id, self.owner, self.human_id, self.phone_number_id];
        let fields = [
            shown(&self.relationship_type),
            shown(&self.is_primary),
            shown(&self.verified),
            shown(&self.metadata),
        ];
        format!("{} {fields:?}", ids.map(|id| id.to_string()).join(" "))
    }
}

impl View for LinkedNumber {
    fn reveal(&self) -> String {
        format!("{} {}", self.link.reveal(), self.phone_number)
    }
}

impl View for ConsentRecord {
    fn reveal(&self) -> String {
        let texts = [
            &self.consent_type,
            &self.consent_status,
            &self.consent_source,
            &self.legal_basis,
            &self.metadata,
            &self.evidence,
            &self.event_kind,
            &self.date_precision,
            &self.consent_tier,
            &self.seller,
        ];
        let texts: Vec<String> = texts.into_iter().map(shown).collect();
        let times = [
            shown(&self.consent_date),
            shown(&self.expiration_date),
            shown(&self.recorded_at),
        ];
        let sides = [id_of(self.human_id), id_of(self.phone_number_id)];
        format!("{} {} {sides:?} {texts:?} {times:?}", self.id, self.owner)
    }
}

impl View for ConsentAnswer {
    fn reveal(&self) -> String {
        format!("{self:?}")
    }
}

impl View for OptOut {
    fn reveal(&self) -> String {
        let human = id_of(self.human_id);
        let times = self.acted_at.map(|at| at.to_string());
        format!(
            "{:?} {human} {} {times:?} {}",
            self.phone_number, self.scope, self.event
        )
    }
}

impl View for ConsentReceipt {
    fn reveal(&self) -> String {
        serde_json::to_string(self).unwrap()
    }
}

impl View for Interaction {
    fn reveal(&self) -> String {
        let texts = [&self.kind, &self.direction, &self.outcome, &self.metadata];
        let texts: Vec<String> = texts.into_iter().map(shown).collect();
        let rest = [shown(&self.started_at), shown(&self.duration_s)];
        let sides = [id_of(self.human_id), id_of(self.phone_number_id)];
        format!("{} {} {sides:?} {texts:?} {rest:?}", self.id, self.owner)
    }
}

impl View for FoundHuman {
    fn reveal(&self) -> String {
        format!("{} {:?}", self.human.reveal(), self.phone_numbers)
    }
}

impl View for Origin {
    fn reveal(&self) -> String {
        format!("{} {} {}", self.run, self.file, self.line)
    }
}

impl View for SourceKey {
    fn reveal(&self) -> String {
        format!(
            "{} {} {}",
            self.source,
            self.source_key,
            self.origin.reveal()
        )
    }
}

impl View for LinkDetail {
    fn reveal(&self) -> String {
        let (link, human) = (self.link.reveal(), self.human.reveal());
        format!(
            "{link} {human} {} {}",
            self.phone_number,
            self.origin.reveal()
        )
    }
}

impl View for HumanDetail {
    fn reveal(&self) -> String {
        let consents = self.consent_records.iter();
        let consents: Vec<String> = consents
            .map(|(record, origin)| format!("{} {}", record.reveal(), origin.reveal()))
            .collect();
        let origins = self.origins.iter();
        let mut origins: Vec<String> = origins
            .map(|(field, origin)| format!("{field} {}", origin.reveal()))
            .collect();
        origins.sort();
        let (links, keys) = (self.links.reveal(), self.source_keys.reveal());
        format!(
            "{} {origins:?} {links} {consents:?} {keys}",
            self.human.reveal()
        )
    }
}

impl View for NumberDetail {
    fn reveal(&self) -> String {
        let known = self.known_since.map(|at| at.to_string());
        let (origin, links) = (self.origin.reveal(), self.links.reveal());
        format!("{} {known:?} {origin} {links}", self.number.reveal())
    }
}

impl View for Issue {
    fn reveal(&self) -> String {
        let Self {
            code, reason, hint, ..
        } = self;
        format!(
            "{} {:?} {code} {reason} {hint} {:?}",
            self.line, self.column, self.raw
        )
    }
}

impl View for DeferredRow {
    fn reveal(&self) -> String {
        format!("{} {} {}", self.line, self.fields, self.raw)
    }
}

impl View for ExistingHuman {
    fn reveal(&self) -> String {
        let links = self.links.iter();
        let links: Vec<String> = links
            .map(|link| format!("{} {} {}", link.id, link.phone_number, link.metadata))
            .collect();
        format!("{:?} {links:?} {}", self.fields, self.metadata)
    }
}

impl View for AuditEntry {
    fn reveal(&self) -> String {
        let id = id_of(self.entity_id);
        format!(
            "{} {} {} {id} {}",
            self.sequence, self.actor, self.action, self.detail
        )
    }
}

/// Values whose `Debug` form shows everything.
macro_rules! plain {
    ($($of:ty),* $(,)?) => {
        $(impl View for $of {
            fn reveal(&self) -> String {
                format!("{self:?}")
            }
        })*
    };
}

plain!(
    (),
    bool,
    u64,
    String,
    Tenant,
    Run,
    UndoReport,
    GrantDetail,
    Explanation,
    AuditVerification,
    Checkpoint,
    CheckpointVerification,
    Vec<(Severity, String, u64)>,
    Vec<(String, u64)>,
    Result<(), VerificationError>,
    HashSet<Id>,
    HashMap<Id, HashSet<String>>,
    HashMap<Id, Vec<SourceRow>>,
    DncFacts,
    DncPlan,
    DncLoad,
    DncSync,
    Instant,
);

impl View for DncRegistry {
    fn reveal(&self) -> String {
        let mut text = format!(
            "{} {} {:?} {}",
            self.id, self.name, self.jurisdiction, self.numbers
        );
        for version in &self.versions {
            text += &format!(
                " {version:?} {} {:?} {} {} {}",
                version.area_codes,
                version.subscription_id,
                version.source_digest,
                version.added,
                version.removed
            );
        }
        text
    }
}

impl View for DncListed {
    fn reveal(&self) -> String {
        format!("{} {} {:?}", self.number, self.listed_at, self.reason)
    }
}

impl View for Id {
    fn reveal(&self) -> String {
        self.to_string()
    }
}

impl View for HashMap<Id, ExistingHuman> {
    fn reveal(&self) -> String {
        let mut humans: Vec<String> = self
            .iter()
            .map(|(id, human)| format!("{id} {}", human.reveal()))
            .collect();
        humans.sort();
        humans.join("\n")
    }
}

impl<T: View> View for Vec<T> {
    fn reveal(&self) -> String {
        let values: Vec<String> = self.iter().map(View::reveal).collect();
        format!("[{}]", values.join("\n"))
    }
}

impl<T: View> View for Option<T> {
    fn reveal(&self) -> String {
        self.as_ref()
            .map_or_else(|| "none".to_owned(), View::reveal)
    }
}

impl<T: View> View for Page<T> {
    fn reveal(&self) -> String {
        let next = self.next.map(|cursor| cursor.to_string());
        format!("{} {next:?}", self.items.reveal())
    }
}
