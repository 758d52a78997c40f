//! The rules of access, written to be read: the specification that the fast forms are held to.
//!
//! It asks about one field at a time and looks at everything every time.

use super::GRANT_CHAIN_MAX;
use crate::model::{
    AccessLevel, ConsentStatus, EntityType, Field, Grant, Id, Instant, SharingConsent,
};

/// Everything there is.
#[derive(Debug, Clone, Default)]
pub(crate) struct World {
    pub(crate) records: Vec<Record>,
    pub(crate) grants: Vec<Grant>,
    /// Human, the tenant that recorded it, and the event.
    pub(crate) consents: Vec<(Id, Id, SharingConsent)>,
    /// Tenant and phone number.
    pub(crate) ties: Vec<(Id, Id)>,
}

/// A record and, for a link, the number it is on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Record {
    pub(crate) entity_type: EntityType,
    pub(crate) id: Id,
    pub(crate) owner: Id,
    pub(crate) number: Option<Id>,
}

impl World {
    /// What a tenant may do with a field.
    pub(crate) fn level(
        &self,
        tenant: Id,
        record: &Record,
        field: Field,
        at: Instant,
    ) -> AccessLevel {
        if tenant == record.owner {
            return AccessLevel::Admin;
        }
        let level = self.shown(tenant, record, field, at);
        let is_fact = record.entity_type.facts().contains(field);
        match is_fact && self.is_tied(tenant, record, at) {
            true => level.max(AccessLevel::Read),
            false => level,
        }
    }

    /// What was granted; nothing of a sensitive field without the human's consent.
    fn shown(&self, tenant: Id, record: &Record, field: Field, at: Instant) -> AccessLevel {
        let is_sensitive = record.entity_type.sensitive_fields().contains(field);
        if is_sensitive && !self.agrees_to_sharing(record, at) {
            return AccessLevel::None;
        }
        self.granted(tenant, record, field, at)
    }

    /// What those who may grant the field granted to the tenant.
    pub(crate) fn granted(
        &self,
        tenant: Id,
        record: &Record,
        field: Field,
        at: Instant,
    ) -> AccessLevel {
        let admins = self.admins(record, field, at);
        match admins.contains(&tenant) {
            true => AccessLevel::Admin,
            false => self.decide(tenant, record, field, at, &admins),
        }
    }

    /// Who may grant the field: the owner, then whoever those have made admin, and so on.
    fn admins(&self, record: &Record, field: Field, at: Instant) -> Vec<Id> {
        let mut admins = vec![record.owner];
        for _ in 0..GRANT_CHAIN_MAX {
            let mut joining: Vec<Id> = self.grants.iter().map(|grant| grant.grantee).collect();
            joining.retain(|tenant| {
                !admins.contains(tenant)
                    && self.decide(*tenant, record, field, at, &admins) == AccessLevel::Admin
            });
            admins.extend(joining);
        }
        admins
    }

    /// What the live grants of these admins to a tenant say: the most specific ones decide; among
    /// them `none` wins, and otherwise the highest level.
    fn decide(
        &self,
        tenant: Id,
        record: &Record,
        field: Field,
        at: Instant,
        admins: &[Id],
    ) -> AccessLevel {
        for (on_record, on_field) in [(true, true), (true, false), (false, true), (false, false)] {
            let said: Vec<AccessLevel> = self
                .grants
                .iter()
                .filter(|grant| grant.grantee == tenant && admins.contains(&grant.grantor))
                .filter(|grant| is_live(grant, at) && grant.entity_type == record.entity_type)
                .filter(|grant| match on_record {
                    true => grant.record == Some(record.id),
                    false => grant.record.is_none() && grant.grantor == record.owner,
                })
                .filter(|grant| match on_field {
                    true => grant.field == Some(field),
                    false => grant.field.is_none(),
                })
                .map(|grant| grant.level)
                .collect();
            if said.contains(&AccessLevel::None) {
                return AccessLevel::None;
            }
            if let Some(highest) = said.into_iter().max() {
                return highest;
            }
        }
        AccessLevel::None
    }

    /// Whether the human agrees to `data_sharing`, by what the owner recorded.
    fn agrees_to_sharing(&self, human: &Record, at: Instant) -> bool {
        let events = || {
            self.consents
                .iter()
                .filter(|(of, by, _)| *of == human.id && *by == human.owner)
                .map(|(_, _, event)| event)
                .filter(|event| event.date.is_none_or(|date| date <= at))
        };
        // A date that nobody knows is before all others.
        let latest = events().map(|event| event.date).max();
        let mut last = events()
            .filter(|event| Some(event.date) == latest)
            .peekable();
        last.peek().is_some()
            && last.all(|event| {
                event.status == ConsentStatus::Granted
                    && event.expires_at.is_none_or(|end| end > at)
            })
    }

    /// Whether a tenant has a tie to a phone number.
    fn is_tied(&self, tenant: Id, number: &Record, at: Instant) -> bool {
        let reads = |record: &Record| {
            Field::all(record.entity_type)
                .any(|field| self.shown(tenant, record, field, at) >= AccessLevel::Read)
        };
        self.ties.contains(&(tenant, number.id))
            || reads(number)
            || self
                .records
                .iter()
                .any(|link| link.number == Some(number.id) && link.owner != tenant && reads(link))
    }
}

/// Whether a grant counts.
fn is_live(grant: &Grant, at: Instant) -> bool {
    grant.created_at <= at
        && grant.expires_at.is_none_or(|end| end > at)
        && grant.revoked_at.is_none_or(|end| end > at)
}
