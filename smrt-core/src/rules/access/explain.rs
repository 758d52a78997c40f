//! Why a tenant may or may not do something with a field, and what would change the answer.

use super::{Facts, GRANT_CHAIN_MAX, Tie, applying, code, level_of};
use crate::model::{AccessLevel, Field, Grant, Id, Instant, SharingConsent};

/// How many of the things that may be changed are tried in every combination.
const COMBINED_MAX: usize = 10;

/// An answer with its reasons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// Whether the level needed is there.
    pub allowed: bool,
    /// The level that is there.
    pub level: AccessLevel,
    /// The level asked for.
    pub needed: AccessLevel,
    /// What gives, or denies, the level.
    pub winner: Option<Winner>,
    /// The other grants to the viewer that speak of the field, by id, each with why it does not
    /// decide.
    pub losers: Vec<LosingGrant>,
    /// The first condition that is not met; none when allowed.
    pub failed: Option<FailedCondition>,
    /// The smallest set of changes after which the answer is yes; empty when it is.
    pub remedy: Vec<Change>,
}

/// What decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Winner {
    /// The viewer owns the record.
    Ownership,
    /// The viewer has a tie to the phone number.
    Tie(Tie),
    /// A grant.
    Grant(Id),
}

/// A grant that does not decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LosingGrant {
    /// The grant.
    pub grant: Id,
    /// Why it does not decide.
    pub reason: LossReason,
}

/// Why a grant does not decide.
///
/// ```
/// use smrt_core::rules::access::LossReason;
///
/// assert_eq!(LossReason::LessSpecific.code(), "less_specific");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LossReason {
    /// It was made after the instant.
    NotYet,
    /// It expired.
    Expired,
    /// It was revoked.
    Revoked,
    /// Its grantor may not grant this field.
    GrantorWithoutAdmin,
    /// The viewer became admin by those nearer to the owner than its grantor.
    FurtherFromOwner,
    /// A grant on fewer records or fields decides.
    LessSpecific,
    /// An equally specific grant decides: it says `none`, a higher level, or the same.
    OutrankedInTier,
    /// The viewer owns the record or has a tie to it, which gives more.
    Needless,
}

impl LossReason {
    /// A stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::NotYet => "not_yet",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
            Self::GrantorWithoutAdmin => "grantor_without_admin",
            Self::FurtherFromOwner => "further_from_owner",
            Self::LessSpecific => "less_specific",
            Self::OutrankedInTier => "outranked_in_tier",
            Self::Needless => "needless",
        }
    }
}

/// The condition at which a decision fails, in the order in which they are looked at.
///
/// ```
/// use smrt_core::rules::access::FailedCondition;
///
/// assert_eq!(FailedCondition::NoGrant.code(), "no_grant");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailedCondition {
    /// Nothing that speaks of the field was ever granted.
    NoGrant,
    /// What was granted does not count yet.
    NotYet,
    /// What was granted has expired.
    Expired,
    /// What was granted was revoked.
    Revoked,
    /// What was granted came from tenants that may not grant the field.
    GrantorWithoutAdmin,
    /// The deciding grant says `none`.
    Denied,
    /// The deciding grant says less than is needed.
    LevelTooLow,
    /// The field is sensitive and the human's `data_sharing` consent does not live.
    ConsentMissing,
}

impl FailedCondition {
    /// A stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::NoGrant => "no_grant",
            Self::NotYet => "not_yet",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
            Self::GrantorWithoutAdmin => "grantor_without_admin",
            Self::Denied => "denied",
            Self::LevelTooLow => "level_too_low",
            Self::ConsentMissing => "data_sharing_consent_missing",
        }
    }
}

/// Something that could be changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// A grant on one field of the record.
    Grant {
        /// Who would grant: the owner.
        by: Id,
        /// To whom.
        to: Id,
        /// The level.
        level: AccessLevel,
        /// The record.
        record: Id,
        /// The field.
        field: Field,
    },
    /// The revocation of a grant.
    Revoke {
        /// The grant.
        grant: Id,
    },
    /// The human's consent to `data_sharing`, recorded by the owner.
    RecordConsent {
        /// The human.
        human: Id,
    },
}

/// Decides as [`evaluate`](super::evaluate) does, for one field and a level that is needed, and
/// says why.
///
/// ```
/// use smrt_core::model::{AccessLevel, EntityType, Field, Id, Instant};
/// use smrt_core::rules::access::{Change, Facts, FailedCondition, explain};
///
/// let (acme, beta) = (Id::of_tenant("acme"), Id::of_tenant("beta"));
/// let facts = Facts {
///     entity_type: EntityType::Human,
///     id: Id::from_bytes([7; 16]),
///     owner: acme,
///     record_grants: &[],
///     type_grants: &[],
///     sharing_consents: &[],
///     tie: None,
/// };
/// let last_name = Field::parse(EntityType::Human, "last_name")?;
/// let at: Instant = "2026-11-21".parse()?;
///
/// let decision = explain(&facts, beta, last_name, AccessLevel::Read, at);
/// assert_eq!(decision.failed, Some(FailedCondition::NoGrant));
/// // What would have to be done, and by whom:
/// assert!(matches!(decision.remedy[..], [Change::Grant { by, to, .. }] if (by, to) == (acme, beta)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn explain(
    facts: &Facts<'_>,
    viewer: Id,
    field: Field,
    needed: AccessLevel,
    at: Instant,
) -> Decision {
    let mut question = Question {
        owner: facts.owner,
        viewer,
        field,
        at,
        grants: applying(facts)
            .filter(|grant| grant.fields().contains(field))
            .copied()
            .collect(),
        tie: facts.tie.filter(|_| is_fact(field)),
        hidden: viewer != facts.owner
            && facts.entity_type.sensitive_fields().contains(field)
            && !SharingConsent::is_given(facts.sharing_consents, at),
    };
    // Whoever may read something of a number may read its own facts.
    if question.tie.is_none() && is_fact(field) && super::evaluate(facts, viewer, at).is_visible() {
        question.tie = Some(Tie::Granted);
    }
    let outcome = question.outcome();
    let allowed = outcome.level >= needed;
    let failed = (!allowed).then(|| question.failed(&outcome, needed));
    Decision {
        allowed,
        level: outcome.level,
        needed,
        winner: outcome.winner,
        losers: question.losers(&outcome),
        failed,
        remedy: match allowed {
            true => Vec::new(),
            false => question.remedy(facts.id, needed),
        },
    }
}

fn is_fact(field: Field) -> bool {
    field.entity_type().facts().contains(field)
}

/// One field of one record, asked about for one viewer.
#[derive(Debug, Clone)]
struct Question {
    owner: Id,
    viewer: Id,
    field: Field,
    at: Instant,
    // INVARIANT: all of them speak of the record and the field.
    grants: Vec<Grant>,
    tie: Option<Tie>,
    /// Whether the field is sensitive and consent is missing.
    hidden: bool,
}

struct Outcome {
    level: AccessLevel,
    winner: Option<Winner>,
    /// The deciding grant.
    deciding: Option<Grant>,
    /// Who may grant, and after how many grants from the owner.
    holders: Vec<(Id, usize)>,
}

impl Question {
    fn outcome(&self) -> Outcome {
        let holders = self.holders();
        if self.viewer == self.owner {
            return Outcome {
                level: AccessLevel::Admin,
                winner: Some(Winner::Ownership),
                deciding: None,
                holders,
            };
        }
        let deciding = self.deciding(self.viewer, &holders);
        let granted = deciding.map_or(AccessLevel::None, |grant| level_of(code(&grant)));
        let granted = if self.hidden {
            AccessLevel::None
        } else {
            granted
        };
        let (level, winner) = match self.tie {
            Some(tie) if granted < AccessLevel::Read => (AccessLevel::Read, Some(Winner::Tie(tie))),
            _ => (granted, deciding.map(|grant| Winner::Grant(grant.id))),
        };
        Outcome {
            level,
            winner,
            deciding,
            holders,
        }
    }

    /// Who may grant the field, found in rounds.
    fn holders(&self) -> Vec<(Id, usize)> {
        let mut holders = vec![(self.owner, 0)];
        for round in 1..=GRANT_CHAIN_MAX {
            let mut joining: Vec<(Id, usize)> = Vec::new();
            for grant in &self.grants {
                let tenant = grant.grantee;
                let known = holders.iter().chain(&joining).any(|(of, _)| *of == tenant);
                let decides = || self.deciding(tenant, &holders);
                if !known && decides().is_some_and(|grant| grant.level == AccessLevel::Admin) {
                    joining.push((tenant, round));
                }
            }
            if joining.is_empty() {
                break;
            }
            holders.extend(joining);
        }
        holders
    }

    /// The grant that decides for a tenant: the heaviest of those that count, the first by id among
    /// equals.
    fn deciding(&self, tenant: Id, holders: &[(Id, usize)]) -> Option<Grant> {
        let counting = |grant: &&Grant| {
            grant.grantee == tenant && grant.is_live(self.at) && self.counts(grant, holders)
        };
        let heavier = |grant: &&Grant| (code(grant), std::cmp::Reverse(grant.id));
        self.grants
            .iter()
            .filter(counting)
            .max_by_key(heavier)
            .copied()
    }

    /// Whether a grant comes from someone who may grant, and who came to that no later than its
    /// grantee.
    fn counts(&self, grant: &Grant, holders: &[(Id, usize)]) -> bool {
        let round = |tenant| {
            holders
                .iter()
                .find(|(of, _)| *of == tenant)
                .map(|(_, r)| *r)
        };
        match (round(grant.grantor), round(grant.grantee)) {
            (Some(grantor), Some(grantee)) => grantor < grantee,
            (grantor, _) => grantor.is_some(),
        }
    }

    fn to_viewer(&self) -> impl Iterator<Item = &Grant> {
        self.grants
            .iter()
            .filter(|grant| grant.grantee == self.viewer)
    }

    fn losers(&self, outcome: &Outcome) -> Vec<LosingGrant> {
        let is_winner = |id| outcome.winner == Some(Winner::Grant(id));
        let mut losers: Vec<LosingGrant> = self
            .to_viewer()
            .filter(|grant| !is_winner(grant.id))
            .map(|grant| LosingGrant {
                grant: grant.id,
                reason: self.loss(grant, outcome),
            })
            .collect();
        losers.sort_by_key(|loser| loser.grant);
        losers
    }

    fn loss(&self, grant: &Grant, outcome: &Outcome) -> LossReason {
        let may_grant = |tenant| outcome.holders.iter().any(|(holder, _)| *holder == tenant);
        if grant.created_at > self.at {
            LossReason::NotYet
        } else if grant.revoked_at.is_some_and(|end| end <= self.at) {
            LossReason::Revoked
        } else if grant.expires_at.is_some_and(|end| end <= self.at) {
            LossReason::Expired
        } else if !may_grant(grant.grantor) {
            LossReason::GrantorWithoutAdmin
        } else if !matches!(outcome.winner, Some(Winner::Grant(_))) {
            LossReason::Needless
        } else if !self.counts(grant, &outcome.holders) {
            LossReason::FurtherFromOwner
        } else if outcome
            .deciding
            .is_some_and(|winner| tier(&winner) > tier(grant))
        {
            LossReason::LessSpecific
        } else {
            LossReason::OutrankedInTier
        }
    }

    fn failed(&self, outcome: &Outcome, needed: AccessLevel) -> FailedCondition {
        let Some(deciding) = outcome.deciding else {
            // The loser that came nearest to counting says most.
            return match self.losers(outcome).iter().map(|loser| loser.reason).max() {
                None => FailedCondition::NoGrant,
                Some(LossReason::NotYet) => FailedCondition::NotYet,
                Some(LossReason::Expired) => FailedCondition::Expired,
                Some(LossReason::Revoked) => FailedCondition::Revoked,
                Some(LossReason::GrantorWithoutAdmin) => FailedCondition::GrantorWithoutAdmin,
                Some(
                    LossReason::FurtherFromOwner
                    | LossReason::LessSpecific
                    | LossReason::OutrankedInTier
                    | LossReason::Needless,
                ) => FailedCondition::LevelTooLow,
            };
        };
        match deciding.level {
            AccessLevel::None => FailedCondition::Denied,
            level if level < needed => FailedCondition::LevelTooLow,
            _ => FailedCondition::ConsentMissing,
        }
    }

    /// The smallest set of changes that would do: the fewest, and among as few, a grant before
    /// revocations.
    fn remedy(&self, record: Id, needed: AccessLevel) -> Vec<Change> {
        let mut changes = vec![Change::Grant {
            by: self.owner,
            to: self.viewer,
            level: needed,
            record,
            field: self.field,
        }];
        // As specific as the new grant would be, and saying `none`.
        let holders = self.holders();
        let denials = self.to_viewer().filter(|grant| {
            grant.level == AccessLevel::None
                && tier(grant) == 3
                && grant.is_live(self.at)
                && holders.iter().any(|(holder, _)| *holder == grant.grantor)
        });
        changes.extend(denials.map(|grant| Change::Revoke { grant: grant.id }));
        if self.hidden {
            changes.push(Change::RecordConsent { human: record });
        }
        let suffices = |chosen: &[Change]| self.after(chosen).outcome().level >= needed;
        if changes.len() <= COMBINED_MAX {
            let mut sets: Vec<u32> = (1..1_u32 << changes.len()).collect();
            sets.sort_by_key(|set| (set.count_ones(), *set));
            let members = |set: u32| -> Vec<Change> {
                let of_set = |(position, _): &(usize, &Change)| set >> position & 1 == 1;
                let chosen = changes.iter().enumerate().filter(of_set);
                chosen.map(|(_, change)| *change).collect()
            };
            let sets = sets.into_iter().map(members);
            return sets
                .into_iter()
                .find(|set| suffices(set))
                .unwrap_or_default();
        }
        // Too many for every combination: leave out whatever is not needed, one after the other.
        let mut position = 0;
        while position < changes.len() {
            let mut fewer = changes.clone();
            fewer.remove(position);
            match suffices(&fewer) {
                true => changes = fewer,
                false => position += 1,
            }
        }
        changes
    }

    /// The same question after some changes.
    fn after(&self, changes: &[Change]) -> Self {
        let mut changed = self.clone();
        for change in changes {
            match *change {
                Change::Grant {
                    by,
                    to,
                    level,
                    record,
                    field,
                } => changed.grants.push(Grant {
                    // Which of several equal grants wins does not matter here.
                    id: record,
                    grantee: to,
                    grantor: by,
                    entity_type: field.entity_type(),
                    record: Some(record),
                    field: Some(field),
                    level,
                    created_at: self.at,
                    expires_at: None,
                    revoked_at: None,
                }),
                Change::Revoke { grant } => changed.grants.retain(|kept| kept.id != grant),
                Change::RecordConsent { .. } => changed.hidden = false,
            }
        }
        changed
    }
}

const fn tier(grant: &Grant) -> u8 {
    (code(grant) - 1) / 4
}
