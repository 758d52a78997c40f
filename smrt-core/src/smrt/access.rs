//! Where facts of the store and the pure rule of access meet.

use std::collections::{HashMap, HashSet};

use super::unit::Unit;
use crate::model::{EntityType, FieldSet, Grant, Id, Instant, SharingConsent};
use crate::rules::access::{self, Facts, Tie};
use crate::store::grants::{self, Humans, LinkOnNumber};
use crate::store::visibility::{Visible, VisibleRecord};
use crate::store::{Engine, Row, StoreError, records};

/// What the session's tenant may do with a record it can see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct RecordAccess {
    /// Who owns the record.
    pub(super) owner: Id,
    /// Fields it may see; never empty.
    pub(super) readable: FieldSet,
    /// Fields it may change.
    pub(super) writable: FieldSet,
    /// Fields it may grant to others, whether it sees them or not.
    pub(super) administrable: FieldSet,
}

/// What the tenant may do with each of these records; those it cannot see are left out, whether
/// they exist or not.
pub(super) fn of_records(
    unit: &mut Unit<'_>,
    entity_type: EntityType,
    ids: &[Id],
) -> Result<HashMap<Id, RecordAccess>, StoreError> {
    let known = KnownRecords::read(
        unit.engine,
        entity_type,
        ids,
        unit.tenant.id,
        Reach::Viewer,
        unit.at,
    )?;
    let (viewer, at) = (unit.tenant.id, unit.at);
    let accesses = known.owners.iter().filter_map(|(id, owner)| {
        let decided = access::evaluate(&known.facts(*id, *owner), viewer, at);
        decided.is_visible().then_some((
            *id,
            RecordAccess {
                owner: *owner,
                readable: decided.readable,
                writable: decided.writable,
                administrable: decided.administrable,
            },
        ))
    });
    Ok(accesses.collect())
}

/// The records after `after` that the tenant may see, for searches and counts in SQL.
pub(super) fn visible(
    unit: &mut Unit<'_>,
    entity_type: EntityType,
    after: Option<Id>,
) -> Result<Visible, StoreError> {
    Visible::read(unit.engine, unit.tenant.id, entity_type, unit.at, after)
}

/// A record of a list, in a form that holds its values.
pub(super) trait Listed: Sized {
    /// The columns it is made of.
    const COLUMNS: &'static [&'static str];

    /// Makes it of a row of a [`VisibleRecord`] and then the columns. A column's value may be used
    /// only where the record's `readable` has the field.
    fn of_row(record: VisibleRecord, row: &dyn Row) -> Result<Self, StoreError>;

    /// Takes the values of these fields out again.
    fn hide(&mut self, fields: FieldSet);
}

/// The records the tenant may see after `after`, in the order of their ids, at most `limit`.
pub(super) fn page<L: Listed>(
    unit: &mut Unit<'_>,
    entity_type: EntityType,
    after: Option<Id>,
    limit: u32,
) -> Result<Vec<(VisibleRecord, L)>, StoreError> {
    let reader = (unit.tenant.id, unit.at);
    page_of(unit.engine, reader, entity_type, after, limit)
}

fn page_of<L: Listed>(
    engine: &mut dyn Engine,
    (viewer, at): (Id, Instant),
    entity_type: EntityType,
    mut after: Option<Id>,
    limit: u32,
) -> Result<Vec<(VisibleRecord, L)>, StoreError> {
    let most = limit as usize;
    let mut listed: Vec<(VisibleRecord, L)> = Vec::with_capacity(most);
    loop {
        let visible = Visible::read(engine, viewer, entity_type, at, after)?;
        let (known, missing) = (listed.len(), most - listed.len());
        let asked = u32::try_from(missing).unwrap_or(limit);
        let more = visible.page(engine, L::COLUMNS, asked, &mut |record, row| {
            listed.push((record, L::of_row(record, row)?));
            Ok(())
        })?;
        let found = listed.get_mut(known..).unwrap_or_default();
        if hide_without_consent(engine, &visible, entity_type, (viewer, at), found)? {
            listed.retain(|(record, _)| !record.readable.is_empty());
        }
        match more {
            Some(cursor) if listed.len() < most => after = Some(cursor),
            _ => return Ok(listed),
        }
    }
}

/// Hides the sensitive fields of other tenants' records whose humans do not consent, and says
/// whether it left any record without a readable field.
fn hide_without_consent<L: Listed>(
    engine: &mut dyn Engine,
    visible: &Visible,
    entity_type: EntityType,
    (viewer, at): (Id, Instant),
    listed: &mut [(VisibleRecord, L)],
) -> Result<bool, StoreError> {
    let sensitive = entity_type.sensitive_fields();
    let shows = |record: &VisibleRecord| !record.readable.intersection(sensitive).is_empty();
    let foreign = (0..).zip(listed.iter());
    let foreign = foreign.filter(|(_, (record, _))| record.owner != viewer && shows(record));
    let mut pending: Vec<(Id, Id, usize)> = foreign
        .map(|(position, (record, _))| (record.owner, record.id, position))
        .collect();
    pending.sort_unstable();
    let mut emptied = false;
    for of_owner in pending.chunk_by(|left, right| left.0 == right.0) {
        let ([(owner, first, _), ..], [.., (_, last, _)]) = (of_owner, of_owner) else {
            continue;
        };
        let ids: Vec<Id> = of_owner.iter().map(|(_, id, _)| *id).collect();
        let humans = if visible.is_shared_by(*owner) {
            Humans::Between(*first, *last)
        } else if ids.len() * 2 > pending.len() {
            Humans::GrantedTo(viewer, *first, *last)
        } else {
            Humans::Each(&ids)
        };
        let consents = grants::sharing_consents_of(engine, *owner, humans)?;
        let mut rest = consents.as_slice();
        for (_, id, position) in of_owner {
            // Both are in the order of ids.
            let skipped = rest.iter().take_while(|(human, _)| human < id);
            rest = rest.get(skipped.count()..).unwrap_or_default();
            let events = rest.iter().take_while(|(human, _)| human == id);
            if SharingConsent::is_given(events.map(|(_, event)| event), at) {
                continue;
            }
            if let Some((record, values)) = listed.get_mut(*position) {
                record.readable = record.readable.without(sensitive);
                values.hide(sensitive);
                emptied |= record.readable.is_empty();
            }
        }
    }
    Ok(emptied)
}

/// How much is read of who granted what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// As much as a decision for the viewer needs.
    Viewer,
    /// Everything that was granted, to anyone.
    Everyone,
}

/// The facts of some records of one kind.
#[derive(Debug)]
pub(super) struct KnownRecords {
    entity_type: EntityType,
    /// The records that exist.
    pub(super) owners: HashMap<Id, Id>,
    /// Sorted by record.
    record_grants: Vec<Grant>,
    /// Sorted by grantor.
    type_grants: Vec<Grant>,
    /// By human and tenant.
    consents: HashMap<(Id, Id), Vec<SharingConsent>>,
    ties: HashMap<Id, Tie>,
}

impl KnownRecords {
    /// Reads the facts that decide what `viewer` may do with these records.
    pub(super) fn read(
        engine: &mut dyn Engine,
        entity_type: EntityType,
        ids: &[Id],
        viewer: Id,
        reach: Reach,
        at: Instant,
    ) -> Result<Self, StoreError> {
        let mut known = Self {
            entity_type,
            owners: records::owners(engine, entity_type, ids)?,
            record_grants: Vec::new(),
            type_grants: Vec::new(),
            consents: HashMap::new(),
            ties: HashMap::new(),
        };
        let mut foreign: Vec<Id> = known
            .owners
            .iter()
            .filter(|(_, owner)| **owner != viewer || reach == Reach::Everyone)
            .map(|(id, _)| *id)
            .collect();
        foreign.sort_unstable();
        if foreign.is_empty() {
            return Ok(known);
        }
        match reach {
            Reach::Viewer => known.read_grants_to(engine, &foreign, viewer)?,
            Reach::Everyone => known.read_all_grants(engine, &foreign)?,
        }
        if !entity_type.sensitive_fields().is_empty() {
            known.consents = grants::sharing_consents(engine, &foreign)?;
        }
        if entity_type == EntityType::PhoneNumber {
            known.ties = ties(engine, &foreign, viewer, at)?;
        }
        Ok(known)
    }

    /// Grants to the viewer only, and those to others only for records on which someone other than
    /// the owner granted it something: for the others the rule does not look at them.
    fn read_grants_to(
        &mut self,
        engine: &mut dyn Engine,
        ids: &[Id],
        viewer: Id,
    ) -> Result<(), StoreError> {
        let mut to_viewer = grants::on_records(engine, self.entity_type, ids, Some(viewer))?;
        let by_others = to_viewer.iter().filter(|grant| {
            let owner = grant.record.and_then(|id| self.owners.get(&id));
            owner.is_some_and(|owner| *owner != grant.grantor)
        });
        let chained: HashSet<Id> = by_others.filter_map(|grant| grant.record).collect();
        if chained.is_empty() {
            self.type_grants = grants::on_type(engine, self.entity_type, Some(viewer))?;
            self.record_grants = to_viewer;
            self.sort();
            return Ok(());
        }
        let mut chained_ids: Vec<Id> = chained.iter().copied().collect();
        chained_ids.sort_unstable();
        to_viewer.retain(|grant| grant.record.is_none_or(|id| !chained.contains(&id)));
        to_viewer.extend(grants::on_records(
            engine,
            self.entity_type,
            &chained_ids,
            None,
        )?);
        self.type_grants = grants::on_type(engine, self.entity_type, None)?;
        self.record_grants = to_viewer;
        self.sort();
        Ok(())
    }

    fn read_all_grants(&mut self, engine: &mut dyn Engine, ids: &[Id]) -> Result<(), StoreError> {
        self.record_grants = grants::on_records(engine, self.entity_type, ids, None)?;
        self.type_grants = grants::on_type(engine, self.entity_type, None)?;
        self.sort();
        Ok(())
    }

    fn sort(&mut self) {
        self.record_grants
            .sort_unstable_by_key(|grant| (grant.record, grant.id));
        self.type_grants
            .sort_unstable_by_key(|grant| (grant.grantor, grant.id));
    }

    /// The facts of one of the records.
    pub(super) fn facts(&self, id: Id, owner: Id) -> Facts<'_> {
        let consents = self.consents.get(&(id, owner));
        Facts {
            entity_type: self.entity_type,
            id,
            owner,
            record_grants: stretch(&self.record_grants, |grant| grant.record.cmp(&Some(id))),
            type_grants: stretch(&self.type_grants, |grant| grant.grantor.cmp(&owner)),
            sharing_consents: consents.map_or(&[], Vec::as_slice),
            tie: self.ties.get(&id).copied(),
        }
    }
}

/// The elements for which `compare` says equal, of a slice sorted by it.
fn stretch<T>(sorted: &[T], compare: impl Fn(&T) -> std::cmp::Ordering) -> &[T] {
    let start = sorted.partition_point(|element| compare(element).is_lt());
    let rest = sorted.get(start..).unwrap_or_default();
    let len = rest.partition_point(|element| compare(element).is_eq());
    rest.get(..len).unwrap_or_default()
}

/// What ties a tenant to each of these numbers, none of which is its own.
fn ties(
    engine: &mut dyn Engine,
    numbers: &[Id],
    viewer: Id,
    at: Instant,
) -> Result<HashMap<Id, Tie>, StoreError> {
    let recorded = records::tied(engine, viewer, numbers)?;
    let untied: Vec<Id> = numbers
        .iter()
        .copied()
        .filter(|number| !recorded.contains(number))
        .collect();
    let mut ties: HashMap<Id, Tie> = recorded
        .into_iter()
        .map(|number| (number, Tie::Recorded))
        .collect();
    let mut links: Vec<LinkOnNumber> = grants::links_on(engine, &untied)?;
    links.retain(|link| link.owner != viewer);
    links.sort_unstable_by_key(|link| link.id);
    let ids: Vec<Id> = links.iter().map(|link| link.id).collect();
    let known = KnownRecords::read(engine, EntityType::Link, &ids, viewer, Reach::Viewer, at)?;
    for link in links {
        if access::evaluate(&known.facts(link.id, link.owner), viewer, at).is_visible() {
            ties.entry(link.number).or_insert(Tie::Link(link.id));
        }
    }
    Ok(ties)
}

#[cfg(test)]
mod agreement;
