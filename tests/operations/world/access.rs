//! Who may see what, one field at a time.

use smrt_core::model::{AccessLevel, ConsentEvent, EntityType, Id, Instant};

use super::{Grant, Record, World};

/// How many grants may stand between the owner and the last tenant that may grant.
const CHAIN_MAX: usize = 4;

const SENSITIVE: [&str; 4] = ["email", "employee_id", "contractor_id", "metadata"];

impl World {
    /// Whether a tenant sees anything of a record.
    pub(super) fn sees(&self, tenant: usize, record: &Record, at: Instant) -> bool {
        let mut fields = record.entity_type.fields().iter();
        fields.any(|field| self.level(tenant, record, field, at) >= AccessLevel::Read)
    }

    /// What a tenant may do with a field.
    pub(super) fn level(
        &self,
        tenant: usize,
        record: &Record,
        field: &str,
        at: Instant,
    ) -> AccessLevel {
        if tenant == record.owner {
            return AccessLevel::Admin;
        }
        let level = self.shown(tenant, record, field, at);
        let is_fact = record.entity_type == EntityType::PhoneNumber && field != "metadata";
        match is_fact && self.knows_number(tenant, record, at) {
            true => level.max(AccessLevel::Read),
            false => level,
        }
    }

    /// What was granted, less what a human did not agree to share.
    fn shown(&self, tenant: usize, record: &Record, field: &str, at: Instant) -> AccessLevel {
        let is_sensitive = record.entity_type == EntityType::Human && SENSITIVE.contains(&field);
        if is_sensitive && !self.agrees_to_sharing(record, at) {
            return AccessLevel::None;
        }
        self.granted(tenant, record, field, at)
    }

    /// What those who may grant a field granted to a tenant.
    pub(super) fn granted(
        &self,
        tenant: usize,
        record: &Record,
        field: &str,
        at: Instant,
    ) -> AccessLevel {
        let mut admins = vec![record.owner];
        for _ in 0..CHAIN_MAX {
            let mut joining: Vec<usize> = self.grants.iter().map(|grant| grant.to).collect();
            joining.retain(|other| {
                !admins.contains(other)
                    && self.said(*other, record, field, at, &admins) == AccessLevel::Admin
            });
            admins.extend(joining);
        }
        match admins.contains(&tenant) {
            true => AccessLevel::Admin,
            false => self.said(tenant, record, field, at, &admins),
        }
    }

    /// What live grants of these tenants say: the most specific ones decide, and among them `none`
    /// wins, and otherwise the highest level.
    fn said(
        &self,
        tenant: usize,
        record: &Record,
        field: &str,
        at: Instant,
        admins: &[usize],
    ) -> AccessLevel {
        let speaking: Vec<&Grant> = self
            .grants
            .iter()
            .filter(|grant| grant.to == tenant && admins.contains(&grant.by))
            .filter(|grant| grant.entity_type == record.entity_type && grant.is_live(at))
            .collect();
        let of_owner = |grant: &Grant| grant.record.is_none() && grant.by == record.owner;
        let on_record = |grant: &Grant| grant.record == Some(record.id);
        let on_field = |grant: &Grant| grant.field == Some(field);
        let on_all = |grant: &Grant| grant.field.is_none();
        let tiers: [&dyn Fn(&Grant) -> bool; 4] = [
            &|grant| on_record(grant) && on_field(grant),
            &|grant| on_record(grant) && on_all(grant),
            &|grant| of_owner(grant) && on_field(grant),
            &|grant| of_owner(grant) && on_all(grant),
        ];
        for tier in tiers {
            let levels = speaking
                .iter()
                .filter(|grant| tier(grant))
                .map(|grant| grant.level);
            let levels: Vec<AccessLevel> = levels.collect();
            match levels.iter().max() {
                None => {}
                Some(_) if levels.contains(&AccessLevel::None) => return AccessLevel::None,
                Some(highest) => return *highest,
            }
        }
        AccessLevel::None
    }

    /// Whether the last thing a human said of sharing, to the owner of its record, is an agreement.
    fn agrees_to_sharing(&self, human: &Record, at: Instant) -> bool {
        let events = self.consents.iter().filter(|event| {
            event.consent_type == "data_sharing"
                && event.owner == human.owner
                && event.human == Some(human.id)
                && event.date.is_none_or(|date| date <= at)
        });
        // What nobody dated is older than all that has a date.
        let latest = events.clone().map(|event| event.date).max();
        let mut last = events.filter(|event| Some(event.date) == latest);
        latest.is_some()
            && last.all(|event| {
                matches!(event.event, ConsentEvent::Granted | ConsentEvent::Renewed)
                    && event.expiration.is_none_or(|end| end > at)
            })
    }

    /// Whether a tenant may know a number's own facts.
    fn knows_number(&self, tenant: usize, record: &Record, at: Instant) -> bool {
        let reads = |record: &Record| {
            let mut fields = record.entity_type.fields().iter();
            fields.any(|field| self.shown(tenant, record, field, at) >= AccessLevel::Read)
        };
        let links = self.records(EntityType::Link);
        let mut links = links.iter().filter(|link| link.number == record.number);
        record
            .number
            .is_some_and(|number| self.is_tied(tenant, number))
            || reads(record)
            || links.any(|link| link.owner != tenant && reads(link))
    }

    /// The humans that a tenant knows to be on a number.
    pub(super) fn humans_on(&self, tenant: usize, number: usize, at: Instant) -> Vec<Id> {
        let links = self.links.iter().filter(|link| link.number == number);
        let links = links.filter(|link| {
            let record = self.record(EntityType::Link, link.id);
            record.is_some_and(|record| self.sees(tenant, &record, at))
        });
        links.map(|link| link.human).collect()
    }

    /// The numbers to which a tenant linked a human itself.
    pub(super) fn numbers_of(&self, tenant: usize, human: Id) -> Vec<usize> {
        let links = self.links.iter();
        let links = links.filter(|link| link.owner == tenant && link.human == human);
        links.map(|link| link.number).collect()
    }
}

impl Grant {
    fn is_live(&self, at: Instant) -> bool {
        self.made <= at
            && self.ends.is_none_or(|end| end > at)
            && self.revoked.is_none_or(|end| end > at)
    }
}
