//! A unit of work: one transaction of a session together with its audit entries.

use std::collections::HashMap;

use super::access::RecordAccess;
use super::error::SmrtError;
use super::session::TenantSession;
use crate::model::{Actor, EntityType, FieldSet, Id, Instant};
use crate::store::audit::{self, Detail, NewEntry};
use crate::store::randomness::Randomness;
use crate::store::records::owners;
use crate::store::{Access, Engine, StoreError, StoreErrorKind, Tenant};

/// A transaction under way.
pub(super) struct Unit<'u> {
    pub(super) engine: &'u mut dyn Engine,
    /// Where the random part of new ids comes from.
    pub(super) randomness: &'u mut Randomness,
    pub(super) tenant: &'u Tenant,
    actor: &'u Actor,
    pub(super) at: Instant,
    trail: Vec<NewEntry>,
    /// Records that were asked for by id and could not be seen, existing or not.
    pub(super) unseen: Vec<(EntityType, Id)>,
}

impl Unit<'_> {
    /// Runs `work`, appends the entries it made, and commits; or undoes everything. A refusal is
    /// recorded in a transaction of its own.
    pub(super) fn run<T>(
        session: &mut TenantSession<'_>,
        access: Access,
        at: Instant,
        work: impl FnOnce(&mut Unit<'_>) -> Result<T, SmrtError>,
    ) -> Result<T, SmrtError> {
        session.store.engine().begin(access)?;
        Self::go_on(session, access, at, work)
    }

    /// The same for `work` that writes nothing but the entries it makes. A store that cannot be
    /// written answers as long as there is no entry to make.
    pub(super) fn look<T>(
        session: &mut TenantSession<'_>,
        at: Instant,
        work: impl FnOnce(&mut Unit<'_>) -> Result<T, SmrtError>,
    ) -> Result<T, SmrtError> {
        let engine = session.store.engine();
        let access = match engine.begin(Access::Write) {
            Err(error) if error.kind() == StoreErrorKind::ReadOnly => {
                engine.begin(Access::Read)?;
                Access::Read
            }
            begun => begun.map(|()| Access::Write)?,
        };
        Self::go_on(session, access, at, work)
    }

    /// Does the rest in the transaction that was begun.
    fn go_on<T>(
        session: &mut TenantSession<'_>,
        access: Access,
        at: Instant,
        work: impl FnOnce(&mut Unit<'_>) -> Result<T, SmrtError>,
    ) -> Result<T, SmrtError> {
        let (engine, randomness) = session.store.parts();
        let mut unit = Unit {
            engine,
            randomness,
            tenant: &session.tenant,
            actor: &session.actor,
            at,
            trail: Vec::new(),
            unseen: Vec::new(),
        };
        let result = work(&mut unit);
        match result.and_then(|value| unit.settle(access).map(|()| value)) {
            Ok(value) => {
                unless_read_only(unit.record_unseen())?;
                Ok(value)
            }
            Err(error) => {
                // The first error tells more than one of the rollback; the engine undoes the
                // transaction in any case when the connection closes.
                let _ = unit.engine.rollback();
                unit.trail.clear();
                unless_read_only(unit.record_unseen())?;
                unless_read_only(unit.record_refusal(&error))?;
                Err(error)
            }
        }
    }

    fn settle(&mut self, access: Access) -> Result<(), SmrtError> {
        match access {
            Access::Read => {
                self.engine.rollback()?;
                match self.trail.is_empty() {
                    true => Ok(()),
                    false => Ok(self.append_apart(|_| Ok(()))?),
                }
            }
            Access::Write | Access::WriteBeside => {
                audit::append(self.engine, &self.trail, self.at)?;
                self.trail.clear();
                Ok(self.engine.commit()?)
            }
        }
    }

    /// Writes down that something was refused, after the refused transaction was undone.
    fn record_refusal(&mut self, error: &SmrtError) -> Result<(), StoreError> {
        let (entity_type, entity_id, detail) = match error {
            SmrtError::Refused(refusal) => (
                Some(refusal.entity_type),
                Some(refusal.id),
                Detail {
                    fields: vec![refusal.field],
                    access_level: Some(refusal.needed.as_str()),
                    ..Detail::default()
                },
            ),
            SmrtError::ModuleDisabled { .. } => (None, None, Detail::default()),
            _ => return Ok(()),
        };
        let detail = Detail {
            reason: Some(error.code()),
            ..detail
        };
        self.append_apart(|unit| {
            if let (Some(entity_type), Some(id)) = (entity_type, entity_id) {
                unit.tell_owner(entity_type, id, detail.clone())?;
            }
            unit.note("access.refused", entity_type, entity_id, detail);
            Ok(())
        })
    }

    /// Appends the entries that `work` makes in a transaction of their own.
    fn append_apart(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        self.engine.begin(Access::Write)?;
        let appended = work(self)
            .and_then(|()| audit::append(self.engine, &self.trail, self.at))
            .and_then(|()| self.engine.commit());
        self.trail.clear();
        match appended {
            Ok(()) => Ok(()),
            Err(error) => {
                // The first error tells more than one of the rollback.
                let _ = self.engine.rollback();
                Err(error)
            }
        }
    }

    /// Tells the owner of a record, if there is one and it is another tenant, of a refusal.
    fn tell_owner(
        &mut self,
        entity_type: EntityType,
        id: Id,
        detail: Detail,
    ) -> Result<(), StoreError> {
        let owner = owners(self.engine, entity_type, &[id])?.remove(&id);
        if let Some(owner) = owner.filter(|owner| *owner != self.tenant.id) {
            self.note_to_owner(owner, "access.refused", Some(entity_type), Some(id), detail);
        }
        Ok(())
    }

    /// Tells the owners of records that were asked for and not shown. The tenant itself learns
    /// nothing by it: the same is done, and can fail, whether or not there is such a record.
    fn record_unseen(&mut self) -> Result<(), StoreError> {
        if self.unseen.is_empty() {
            return Ok(());
        }
        self.append_apart(|unit| {
            for (entity_type, id) in std::mem::take(&mut unit.unseen) {
                let detail = Detail {
                    reason: Some("not_visible"),
                    ..Detail::default()
                };
                unit.tell_owner(entity_type, id, detail)?;
            }
            Ok(())
        })
    }

    /// Keeps which of the records that were asked for could not be seen.
    pub(super) fn note_unseen(
        &mut self,
        entity_type: EntityType,
        ids: &[Id],
        accesses: &HashMap<Id, RecordAccess>,
    ) {
        let unseen = ids.iter().filter(|id| !accesses.contains_key(id));
        self.unseen.extend(unseen.map(|id| (entity_type, *id)));
    }

    /// Makes an entry of the tenant's own trail about records of its own.
    pub(super) fn note_records(
        &mut self,
        action: &'static str,
        entity_type: EntityType,
        ids: &[Id],
        fields: FieldSet,
    ) {
        let detail = Detail::of_fields(fields.fields(entity_type));
        match ids {
            [] => {}
            [id] => self.note(action, Some(entity_type), Some(*id), detail),
            ids => self.note(action, Some(entity_type), None, detail.with_rows(ids)),
        }
    }

    /// Makes the entries about a change of one record, its own or another tenant's.
    pub(super) fn note_edit(
        &mut self,
        action: &'static str,
        entity_type: EntityType,
        id: Id,
        owner: Id,
        fields: FieldSet,
    ) {
        match owner == self.tenant.id {
            true => self.note_records(action, entity_type, &[id], fields),
            false => self.note_foreign(action, entity_type, vec![(owner, id, fields)]),
        }
    }

    /// Makes entries about other tenants' records, one for each owner in the tenant's own trail,
    /// and one in the owner's: owner, record and fields.
    pub(super) fn note_foreign(
        &mut self,
        action: &'static str,
        entity_type: EntityType,
        mut records: Vec<(Id, Id, FieldSet)>,
    ) {
        records.sort_unstable_by_key(|(owner, id, _)| (*owner, *id));
        for of_owner in records.chunk_by(|left, right| left.0 == right.0) {
            let Some((owner, first, _)) = of_owner.first() else {
                continue;
            };
            let fields = of_owner
                .iter()
                .fold(FieldSet::NONE, |all, (_, _, fields)| all.union(*fields));
            let detail = Detail::of_fields(fields.fields(entity_type));
            let (id, detail) = match of_owner.len() {
                1 => (Some(*first), detail),
                _ => (None, detail.with_rows(of_owner.iter().map(|(_, id, _)| id))),
            };
            let own = Detail {
                tenant: Some(owner.to_string()),
                ..detail.clone()
            };
            self.note(action, Some(entity_type), id, own);
            let theirs = Detail {
                tenant: Some(self.tenant.id.to_string()),
                ..detail
            };
            self.note_to_owner(*owner, action, Some(entity_type), id, theirs);
        }
    }

    /// Makes an entry of the tenant's own trail.
    pub(super) fn note(
        &mut self,
        action: &'static str,
        entity_type: Option<EntityType>,
        entity_id: Option<Id>,
        detail: Detail,
    ) {
        self.trail.push(NewEntry {
            tenant: self.tenant.id,
            actor: self.actor.as_str().to_owned(),
            action,
            entity_type,
            entity_id,
            detail,
        });
    }

    /// Makes an entry of another tenant's trail: something was done to what it owns. That trail
    /// names the acting tenant, not its actor.
    pub(super) fn note_to_owner(
        &mut self,
        owner: Id,
        action: &'static str,
        entity_type: Option<EntityType>,
        entity_id: Option<Id>,
        detail: Detail,
    ) {
        self.trail.push(NewEntry {
            tenant: owner,
            actor: format!("tenant:{}", self.tenant.slug),
            action,
            entity_type,
            entity_id,
            detail,
        });
    }
}

/// A store that cannot be written keeps no trail of what it did not show.
fn unless_read_only(recorded: Result<(), StoreError>) -> Result<(), StoreError> {
    match recorded {
        Err(error) if error.kind() == StoreErrorKind::ReadOnly => Ok(()),
        recorded => recorded,
    }
}
