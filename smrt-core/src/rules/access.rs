//! Who may see it: what a tenant may do with each field of a record, as of an instant.
//!
//! # What it decides
//!
//! The owner may do everything. Everyone else has what was granted to them by those who may grant:
//! the owner, and whoever holds `admin` on the field by a chain of at most [`GRANT_CHAIN_MAX`]
//! grants that begins at the owner. The most specific grant decides; where several are equally
//! specific, `none` wins, and otherwise the highest level. Nothing said is `none`.
//!
//! # Why
//!
//! Nobody passes on what they do not hold, grants in a circle lift nobody, and one who is further
//! from the owner cannot lock out one who is nearer.
//!
//! # Facts used
//!
//! The record's owner, grants on the record, type-wide grants of its owner, the human's
//! `data_sharing` consent, and a tenant's tie to a phone number: [`Facts`].
//!
//! `docs/access.md` tells the rules with examples.

mod explain;
mod index;
#[cfg(test)]
pub(crate) mod reference;

pub use self::explain::{
    Change, Decision, FailedCondition, LosingGrant, LossReason, Winner, explain,
};
pub use self::index::GrantIndex;
use crate::model::{AccessLevel, EntityType, Field, FieldSet, Grant, Id, Instant, SharingConsent};

/// How many grants may stand between the owner and the last tenant that may grant.
pub const GRANT_CHAIN_MAX: usize = 4;

/// No kind of record has more fields.
const FIELDS_MAX: usize = 8;

const _: () = {
    let mut position = 0;
    while position < EntityType::ALL.len() {
        #[expect(clippy::indexing_slicing, reason = "the loop ends at the length")]
        let fields = EntityType::ALL[position].fields().len();
        assert!(fields <= FIELDS_MAX, "more fields than a decision holds");
        position += 1;
    }
};

/// What is known of a record. Grants that speak of something else are passed over, so that any
/// superset of what matters gives the same decision, in any order.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'f> {
    /// The kind of record.
    pub entity_type: EntityType,
    /// The record.
    pub id: Id,
    /// Who owns it.
    pub owner: Id,
    /// Grants on the record, to anyone.
    pub record_grants: &'f [Grant],
    /// Type-wide grants of the owner, to anyone.
    pub type_grants: &'f [Grant],
    /// For a human: the events of its `data_sharing` consent that the owner recorded.
    pub sharing_consents: &'f [SharingConsent],
    /// For a phone number: what ties the viewer to it, apart from owning it and from grants on it.
    pub tie: Option<Tie>,
}

/// What ties a tenant to a phone number that it does not own, so that it may read the number's own
/// facts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tie {
    /// It linked the number itself, imported it, or recorded a consent or an interaction with it.
    Recorded,
    /// A link of another tenant on the number that it may read.
    Link(Id),
    /// A grant by which it may read something else of the number.
    Granted,
}

/// What a tenant may do with each field of a record.
///
/// ```
/// use smrt_core::model::{AccessLevel, EntityType, Field, FieldSet};
/// use smrt_core::rules::access::RecordAccess;
///
/// let email = Field::parse(EntityType::Human, "email")?;
/// let owner = RecordAccess::owner(EntityType::Human);
/// assert!(owner.is_visible());
/// assert_eq!(owner.level(email), AccessLevel::Admin);
///
/// // Nothing is left of what cannot be seen.
/// let blind = RecordAccess { readable: FieldSet::NONE, ..owner };
/// assert!(!blind.is_visible());
/// assert_eq!(blind.level(email), AccessLevel::None);
/// # Ok::<(), smrt_core::model::FieldError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecordAccess {
    /// Fields it may see. A record is visible while there is one.
    pub readable: FieldSet,
    /// Fields it may change.
    pub writable: FieldSet,
    /// Fields it may grant to others. Whoever passes access on need not see the field itself: a
    /// human's missing consent takes the sight of a sensitive field, not the say over it.
    pub administrable: FieldSet,
}

impl RecordAccess {
    /// Nothing at all.
    pub const NONE: Self = Self {
        readable: FieldSet::NONE,
        writable: FieldSet::NONE,
        administrable: FieldSet::NONE,
    };

    /// Everything, as the owner has it.
    #[must_use]
    pub const fn owner(entity_type: EntityType) -> Self {
        let all = FieldSet::all(entity_type);
        Self {
            readable: all,
            writable: all,
            administrable: all,
        }
    }

    /// Whether there is a field to see.
    #[must_use]
    pub const fn is_visible(&self) -> bool {
        !self.readable.is_empty()
    }

    /// What it may do with one field.
    #[must_use]
    pub const fn level(&self, field: Field) -> AccessLevel {
        if !self.readable.contains(field) {
            AccessLevel::None
        } else if self.administrable.contains(field) {
            AccessLevel::Admin
        } else if self.writable.contains(field) {
            AccessLevel::Write
        } else {
            AccessLevel::Read
        }
    }
}

/// Decides for all fields of a record at once what `viewer` may do with them at an instant.
///
/// Total: facts that contradict each other or are missing give less, never an error.
///
/// ```
/// use smrt_core::model::{AccessLevel, EntityType, Field, Grant, Id, Instant};
/// use smrt_core::rules::access::{Facts, evaluate};
///
/// let (acme, beta) = (Id::of_tenant("acme"), Id::of_tenant("beta"));
/// let human = Id::from_bytes([7; 16]);
/// let last_name = Field::parse(EntityType::Human, "last_name")?;
/// let grant = Grant {
///     id: Id::from_bytes([1; 16]),
///     grantee: beta,
///     grantor: acme,
///     entity_type: EntityType::Human,
///     record: Some(human),
///     field: Some(last_name),
///     level: AccessLevel::Read,
///     created_at: Instant::from_micros(0),
///     expires_at: Some("2026-05-04".parse()?),
///     revoked_at: None,
/// };
/// let facts = Facts {
///     entity_type: EntityType::Human,
///     id: human,
///     owner: acme,
///     record_grants: &[grant],
///     type_grants: &[],
///     sharing_consents: &[],
///     tie: None,
/// };
/// // Could beta see this on 3 May? And on the 4th?
/// assert_eq!(evaluate(&facts, beta, "2026-05-03".parse()?).level(last_name), AccessLevel::Read);
/// assert!(!evaluate(&facts, beta, "2026-05-04".parse()?).is_visible());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn evaluate(facts: &Facts<'_>, viewer: Id, at: Instant) -> RecordAccess {
    if viewer == facts.owner {
        return RecordAccess::owner(facts.entity_type);
    }
    let granted = match direct(facts, viewer, at) {
        Some(codes) => codes.access(),
        None => by_chain(facts, viewer, at),
    };
    show(facts, granted, at)
}

/// What was granted, less what a missing consent hides, and with what a tie shows.
fn show(facts: &Facts<'_>, granted: RecordAccess, at: Instant) -> RecordAccess {
    let mut access = granted;
    let sensitive = facts.entity_type.sensitive_fields();
    if !access.readable.intersection(sensitive).is_empty()
        && !SharingConsent::is_given(facts.sharing_consents, at)
    {
        access.readable = access.readable.without(sensitive);
        access.writable = access.writable.without(sensitive);
    }
    if facts.tie.is_some() || access.is_visible() {
        access.readable = access.readable.union(facts.entity_type.facts());
    }
    access
}

/// How much a grant weighs: its tier, and within the tier its level, `none` before all others. The
/// heaviest grant decides. Zero is no grant.
const fn code(grant: &Grant) -> u8 {
    let tier = match (grant.record, grant.field) {
        (None, None) => 0,
        (None, Some(_)) => 1,
        (Some(_), None) => 2,
        (Some(_), Some(_)) => 3,
    };
    let rank = match grant.level {
        AccessLevel::Read => 0,
        AccessLevel::Write => 1,
        AccessLevel::Admin => 2,
        AccessLevel::None => 3,
    };
    1 + tier * 4 + rank
}

/// The level that a code says.
const fn level_of(code: u8) -> AccessLevel {
    match code.checked_sub(1) {
        None => AccessLevel::None,
        Some(code) => match code % 4 {
            0 => AccessLevel::Read,
            1 => AccessLevel::Write,
            2 => AccessLevel::Admin,
            _ => AccessLevel::None,
        },
    }
}

/// The heaviest code of each field.
#[derive(Debug, Clone, Copy, Default)]
struct Codes([u8; FIELDS_MAX]);

impl Codes {
    /// Takes a grant into account for some fields.
    fn take(&mut self, grant: &Grant, fields: FieldSet) {
        let code = code(grant);
        let bits = fields.bits();
        for (position, heaviest) in self.0.iter_mut().enumerate() {
            let applies = u8::from(bits >> position & 1 == 1);
            *heaviest = (*heaviest).max(code * applies);
        }
    }

    /// The fields whose code says at least `level`.
    fn at_least(self, level: AccessLevel) -> FieldSet {
        let mut bits = 0;
        for (position, code) in self.0.into_iter().enumerate() {
            bits |= u16::from(level_of(code) >= level) << position;
        }
        FieldSet::from_bits(bits)
    }

    fn access(self) -> RecordAccess {
        RecordAccess {
            readable: self.at_least(AccessLevel::Read),
            writable: self.at_least(AccessLevel::Write),
            administrable: self.at_least(AccessLevel::Admin),
        }
    }
}

/// Grants of these facts that speak of the record: those on it, and type-wide ones of its owner.
fn applying<'f>(facts: &Facts<'f>) -> impl Iterator<Item = &'f Grant> + use<'f> {
    let (entity_type, id, owner) = (facts.entity_type, facts.id, facts.owner);
    let on_record = facts.record_grants.iter();
    let type_wide = facts.type_grants.iter();
    on_record.chain(type_wide).filter(move |grant| {
        grant.entity_type == entity_type
            && match grant.record {
                Some(record) => record == id,
                None => grant.grantor == owner,
            }
    })
}

/// The usual case, in which everything granted to the viewer comes from the owner; `None` if it is
/// another.
fn direct(facts: &Facts<'_>, viewer: Id, at: Instant) -> Option<Codes> {
    let mut codes = Codes::default();
    for grants in [facts.type_grants, facts.record_grants] {
        for grant in grants {
            if grant.grantee != viewer
                || grant.entity_type != facts.entity_type
                || !grant.is_live(at)
            {
                continue;
            }
            match (grant.record, grant.grantor == facts.owner) {
                (Some(record), _) if record != facts.id => {}
                (_, true) => codes.take(grant, grant.fields()),
                (None, false) => {}
                (Some(_), false) => return None,
            }
        }
    }
    Some(codes)
}

/// The fields of a record that a tenant may grant so that its grants count: it holds `admin` by no
/// longer a chain than [`GRANT_CHAIN_MAX`] allows.
///
/// The facts must hold what was granted to everyone, not only to the tenant.
#[must_use]
pub fn may_pass_on(facts: &Facts<'_>, tenant: Id, at: Instant) -> FieldSet {
    admin_of(&holders(facts, at), tenant)
}

/// Who may grant which fields, found in rounds, the owner first.
fn holders(facts: &Facts<'_>, at: Instant) -> Vec<(Id, FieldSet)> {
    let mut holders = vec![(facts.owner, FieldSet::all(facts.entity_type))];
    for _ in 0..GRANT_CHAIN_MAX {
        let mut joined = false;
        for (tenant, codes) in decided(facts, &holders, at) {
            let admin = codes.at_least(AccessLevel::Admin);
            match holders.iter_mut().find(|(holder, _)| *holder == tenant) {
                Some((_, fields)) if fields.contains_all(admin) => {}
                Some((_, fields)) => {
                    *fields = fields.union(admin);
                    joined = true;
                }
                None if admin.is_empty() => {}
                None => {
                    holders.push((tenant, admin));
                    joined = true;
                }
            }
        }
        if !joined {
            break;
        }
    }
    holders
}

/// The general case, in which others than the owner granted the viewer something.
fn by_chain(facts: &Facts<'_>, viewer: Id, at: Instant) -> RecordAccess {
    let holders = holders(facts, at);
    let codes = decided(facts, &holders, at)
        .into_iter()
        .find(|(tenant, _)| *tenant == viewer)
        .map_or_else(Codes::default, |(_, codes)| codes);
    let admin = admin_of(&holders, viewer);
    let granted = codes.access();
    RecordAccess {
        readable: granted.readable.union(admin),
        writable: granted.writable.union(admin),
        administrable: granted.administrable.union(admin),
    }
}

/// The fields a tenant may grant.
fn admin_of(holders: &[(Id, FieldSet)], tenant: Id) -> FieldSet {
    holders
        .iter()
        .find(|(holder, _)| *holder == tenant)
        .map_or(FieldSet::NONE, |(_, fields)| *fields)
}

/// What the live grants of these holders decide, for each tenant that has any.
fn decided(facts: &Facts<'_>, holders: &[(Id, FieldSet)], at: Instant) -> Vec<(Id, Codes)> {
    let mut all: Vec<(Id, Codes)> = Vec::new();
    for grant in applying(facts).filter(|grant| grant.is_live(at)) {
        let fields = admin_of(holders, grant.grantor).intersection(grant.fields());
        if fields.is_empty() {
            continue;
        }
        match all.iter_mut().find(|(tenant, _)| *tenant == grant.grantee) {
            Some((_, codes)) => codes.take(grant, fields),
            None => {
                let mut codes = Codes::default();
                codes.take(grant, fields);
                all.push((grant.grantee, codes));
            }
        }
    }
    all
}

#[cfg(test)]
mod tests;
