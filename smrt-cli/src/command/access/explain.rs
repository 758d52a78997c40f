//! What `smrt access explain` shows.

use serde::Serialize;
use smrt_core::model::{Field, Id, Instant};
use smrt_core::rules::access::{Change, FailedCondition, LossReason, Tie, Winner};
use smrt_core::smrt::{AccessQuestion, Explanation};

use super::GrantRow;
use crate::output::Report;

/// An answer as it is shown.
#[derive(Debug, Serialize)]
pub(super) struct Explained {
    allowed: bool,
    viewer: String,
    owner: String,
    entity_type: &'static str,
    entity_id: String,
    field: &'static str,
    level: &'static str,
    needed: &'static str,
    at: String,
    winner: Option<Decider>,
    losers: Vec<Loser>,
    failed: Option<Failure>,
    remedy: Vec<Step>,
}

/// What decides.
#[derive(Debug, Serialize)]
struct Decider {
    by: &'static str,
    grant: Option<GrantRow>,
    link: Option<String>,
}

/// A grant that does not decide.
#[derive(Debug, Serialize)]
struct Loser {
    reason: &'static str,
    grant: GrantRow,
    #[serde(skip)]
    words: &'static str,
}

/// The first condition that is not met.
#[derive(Debug, Serialize)]
struct Failure {
    code: &'static str,
    reason: &'static str,
}

/// A change that is needed.
#[derive(Debug, Serialize)]
struct Step {
    change: &'static str,
    by: String,
    grant: Option<String>,
    what: String,
}

impl Explained {
    pub(super) fn new(question: &AccessQuestion, explanation: &Explanation, at: Instant) -> Self {
        let decision = &explanation.decision;
        let grant = |id: Id| {
            let mut grants = explanation.grants.iter();
            let detail = grants.find(|detail| detail.grant.id == id);
            detail.map(|detail| GrantRow::new(detail, at))
        };
        let losers = decision.losers.iter().filter_map(|loser| {
            Some(Loser {
                reason: loser.reason.code(),
                grant: grant(loser.grant)?,
                words: loss_in_words(loser.reason),
            })
        });
        let step = |change: &Change| match *change {
            Change::Grant { level, field, .. } => Step {
                change: "grant",
                by: explanation.owner.clone(),
                grant: None,
                what: format!(
                    "smrt access grant {} {} --to {} --field {} --level {level}",
                    question.entity_type,
                    question.id,
                    explanation.viewer,
                    field.name()
                ),
            },
            Change::Revoke { grant: id } => Step {
                change: "revoke",
                by: grant(id).map_or_else(|| explanation.owner.clone(), |grant| grant.by),
                grant: Some(id.to_string()),
                what: format!("smrt access revoke {id}"),
            },
            Change::RecordConsent { .. } => Step {
                change: "record_consent",
                by: explanation.owner.clone(),
                grant: None,
                what: "record the human's `data_sharing` consent".to_owned(),
            },
        };
        Self {
            allowed: decision.allowed,
            viewer: explanation.viewer.clone(),
            owner: explanation.owner.clone(),
            entity_type: question.entity_type.as_str(),
            entity_id: question.id.to_string(),
            field: Field::name(question.field),
            level: decision.level.as_str(),
            needed: decision.needed.as_str(),
            at: at.to_string(),
            winner: decision.winner.map(|winner| match winner {
                Winner::Ownership => Decider::plain("ownership"),
                Winner::Tie(Tie::Recorded) => Decider::plain("tie"),
                Winner::Tie(Tie::Granted) => Decider::plain("granted_field"),
                Winner::Tie(Tie::Link(link)) => Decider {
                    link: Some(link.to_string()),
                    ..Decider::plain("link")
                },
                Winner::Grant(id) => Decider {
                    grant: grant(id),
                    ..Decider::plain("grant")
                },
            }),
            losers: losers.collect(),
            failed: decision.failed.map(|failed| Failure {
                code: failed.code(),
                reason: failure_in_words(failed),
            }),
            remedy: decision.remedy.iter().map(step).collect(),
        }
    }
}

impl Decider {
    const fn plain(by: &'static str) -> Self {
        Self {
            by,
            grant: None,
            link: None,
        }
    }

    fn in_words(&self) -> String {
        match (&self.grant, &self.link, self.by) {
            (Some(grant), ..) => grant_in_words(grant),
            (None, Some(link), _) => format!("link {link}, which it may read"),
            (None, None, "ownership") => "it owns the record".to_owned(),
            (None, None, "tie") => "it knows the number itself".to_owned(),
            (None, None, _) => "it may read something else of the number".to_owned(),
        }
    }
}

fn grant_in_words(grant: &GrantRow) -> String {
    format!(
        "grant {}: {} on {} by {}",
        grant.id,
        grant.access_level,
        grant.scope(),
        grant.by
    )
}

const fn loss_in_words(reason: LossReason) -> &'static str {
    match reason {
        LossReason::NotYet => "it does not count yet",
        LossReason::Expired => "it has expired",
        LossReason::Revoked => "it was revoked",
        LossReason::GrantorWithoutAdmin => "whoever gave it may not grant the field",
        LossReason::FurtherFromOwner => "whoever gave it is further from the owner",
        LossReason::LessSpecific => "a more specific grant decides",
        LossReason::OutrankedInTier => "an equally specific grant decides",
        LossReason::Needless => "it is not needed",
    }
}

const fn failure_in_words(failed: FailedCondition) -> &'static str {
    match failed {
        FailedCondition::NoGrant => "nothing that speaks of the field was granted",
        FailedCondition::NotYet => "what was granted does not count yet",
        FailedCondition::Expired => "what was granted has expired",
        FailedCondition::Revoked => "what was granted was revoked",
        FailedCondition::GrantorWithoutAdmin => "whoever granted it may not grant the field",
        FailedCondition::Denied => "the deciding grant says `none`",
        FailedCondition::LevelTooLow => "the deciding grant says less than is needed",
        FailedCondition::ConsentMissing => {
            "the field is sensitive, and the human's `data_sharing` consent is missing"
        }
    }
}

impl Report for Explained {
    const SCHEMA: &'static str = "smrt.access-explanation.v1";
    const TAG: &'static str = "access_explanation";
    const CSV: &'static [&'static str] = &["part", "code", "grant", "text"];

    fn page(&self) -> String {
        let answer = if self.allowed { "yes" } else { "no" };
        let mut lines = vec![format!(
            "{answer}: {} has {} access to {} of {} {}, {} is asked for",
            self.viewer, self.level, self.field, self.entity_type, self.entity_id, self.needed
        )];
        let rows = self.csv_rows();
        lines.extend(rows.iter().map(|row| match row.as_slice() {
            [part, _, _, text] => format!("  {part:<12} {text}"),
            _ => String::new(),
        }));
        lines.push(String::new());
        lines.join("\n")
    }

    fn csv_rows(&self) -> Vec<Vec<String>> {
        let row = |part: &str, code: &str, grant: Option<&str>, text: String| {
            let grant = grant.unwrap_or_default().to_owned();
            vec![part.to_owned(), code.to_owned(), grant, text]
        };
        let mut rows = Vec::new();
        if let Some(winner) = &self.winner {
            let id = winner.grant.as_ref().map(|grant| grant.id.as_str());
            rows.push(row("decided by", winner.by, id, winner.in_words()));
        }
        for loser in &self.losers {
            let text = format!("{}: {}", grant_in_words(&loser.grant), loser.words);
            rows.push(row("not by", loser.reason, Some(&loser.grant.id), text));
        }
        if let Some(failed) = &self.failed {
            rows.push(row("fails", failed.code, None, failed.reason.to_owned()));
        }
        for step in &self.remedy {
            let text = format!("{}: {}", step.by, step.what);
            rows.push(row("would help", step.change, step.grant.as_deref(), text));
        }
        rows
    }
}
