//! Name and contents of a column weighed against each other.
//!
//! What this module does not do: it does not compare columns.

use smrt_core::model::{ConsentStatus, ConsentType, RelationshipType};

use super::super::rule::{ConsentRule, Field, FieldRule, PhoneRule, Rule};
use super::evidence::Evidence;
use super::synonym::{self, Meaning};

/// What a column seems to be.
pub(super) struct Verdict {
    pub(super) rule: Rule,
    /// 0 to 100; 0 where nothing is known.
    pub(super) confidence: u8,
    pub(super) reason: String,
}

impl Verdict {
    pub(super) fn is_for(&self, field: Field) -> bool {
        matches!(&self.rule, Rule::Field(rule) if rule.field == field)
    }

    /// What a reject file says of a row is nothing about the human.
    pub(super) fn of_added_column() -> Self {
        Self {
            rule: Rule::Ignore,
            confidence: 0,
            reason: "added by smrt to its source".to_owned(),
        }
    }

    fn kept(reason: String) -> Self {
        Self {
            rule: Rule::Metadata,
            confidence: 0,
            reason,
        }
    }
}

/// Below this share of fitting cells a name is not believed.
const SHARE_MIN: u8 = 30;
/// What a name alone is worth where the sample has no cell.
const NAME_ONLY_MAX: u8 = 60;
/// Above this share of fitting cells contents speak for themselves.
const CONTENT_ONLY_SHARE_MIN: u8 = 90;
/// Fewer cells prove nothing by themselves.
const CONTENT_ONLY_CELLS_MIN: usize = 2;

pub(super) fn judge(name: &str, evidence: &Evidence) -> Verdict {
    let by_name = synonym::meaning(name).map(|(meaning, strength)| {
        let support = Support::of(meaning, evidence);
        support.weigh(name, meaning, strength, evidence)
    });
    match by_name {
        Some(Ok(verdict)) => verdict,
        Some(Err(reason)) => by_contents(name, evidence).unwrap_or_else(|| Verdict::kept(reason)),
        None => by_contents(name, evidence)
            .unwrap_or_else(|| Verdict::kept(format!("nothing is known of `{name}`"))),
    }
}

/// What the cells say about a meaning.
struct Support {
    share: u8,
    /// What the fitting cells are.
    cells: &'static str,
}

impl Support {
    fn of(meaning: Meaning, evidence: &Evidence) -> Self {
        let (share, cells) = match meaning {
            Meaning::Field(Field::Email) => (evidence.email_share(), "e-mail addresses"),
            Meaning::Field(Field::FirstName | Field::LastName | Field::FullName) => {
                (evidence.name_share(), "like names")
            }
            Meaning::Field(
                Field::SourceKey
                | Field::HumanId
                | Field::Owner
                | Field::EmployeeId
                | Field::ContractorId,
            ) => {
                let share = if evidence.is_unique() { 100 } else { 0 };
                (share, "there and each another")
            }
            Meaning::Field(Field::JobTitle) => {
                (evidence.title_share(), "words other than forms of address")
            }
            Meaning::Field(Field::CompanyName | Field::Country) => (evidence.text_share(), "words"),
            Meaning::Phone(_) => (evidence.phone_share(), "phone numbers"),
            Meaning::OptOut(_) | Meaning::OptIn(_) => (evidence.answer_share(), "yes or no"),
        };
        Self { share, cells }
    }

    /// The verdict, or why the name is not believed.
    fn weigh(
        &self,
        name: &str,
        meaning: Meaning,
        strength: u8,
        evidence: &Evidence,
    ) -> Result<Verdict, String> {
        if evidence.filled == 0 {
            return Ok(Verdict {
                rule: rule(meaning),
                confidence: strength.min(NAME_ONLY_MAX),
                reason: format!("header `{name}`; the sample has no value"),
            });
        }
        if self.share < SHARE_MIN {
            return Err(format!(
                "header `{name}`, but only {} % of cells are {}{}",
                self.share,
                self.cells,
                if evidence.date_share() > 50 {
                    "; most are dates"
                } else {
                    ""
                },
            ));
        }
        let confidence = (u16::from(strength) + u16::from(self.share)) / 2;
        Ok(Verdict {
            rule: rule(meaning),
            confidence: u8::try_from(confidence).unwrap_or(100),
            reason: format!(
                "header `{name}` and {} % of cells are {}",
                self.share, self.cells
            ),
        })
    }
}

/// E-mail addresses and phone numbers are known under any name.
fn by_contents(name: &str, evidence: &Evidence) -> Option<Verdict> {
    if evidence.filled < CONTENT_ONLY_CELLS_MIN || synonym::is_about_something_else(name) {
        return None;
    }
    let (share, meaning, cells, confidence) = if evidence.email_share() >= CONTENT_ONLY_SHARE_MIN {
        (
            evidence.email_share(),
            Meaning::Field(Field::Email),
            "e-mail addresses",
            75,
        )
    } else if evidence.plain_phone_share() >= CONTENT_ONLY_SHARE_MIN {
        (
            evidence.plain_phone_share(),
            Meaning::Phone("other"),
            "phone numbers",
            65,
        )
    } else {
        return None;
    };
    Some(Verdict {
        rule: rule(meaning),
        confidence,
        reason: format!("{share} % of cells are {cells}; the header `{name}` says nothing"),
    })
}

fn rule(meaning: Meaning) -> Rule {
    let consent = |term: &str, status| match ConsentType::parse(term) {
        Ok(consent_type) => Rule::Consent(ConsentRule {
            when_true: Some(status),
            ..ConsentRule::of(consent_type)
        }),
        Err(_) => Rule::Metadata,
    };
    match meaning {
        Meaning::Field(field) => Rule::Field(FieldRule::plain(field)),
        Meaning::Phone(term) => {
            let relationship = RelationshipType::parse(term).unwrap_or(RelationshipType::OTHER);
            Rule::Phone(PhoneRule::plain(relationship))
        }
        Meaning::OptOut(term) => consent(term, ConsentStatus::Revoked),
        Meaning::OptIn(term) => consent(term, ConsentStatus::Granted),
    }
}
