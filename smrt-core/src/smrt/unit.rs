//! A unit of work: one transaction of a session together with its audit entries.

use super::error::SmrtError;
use super::session::TenantSession;
use crate::model::{Actor, EntityType, Id, Instant};
use crate::store::audit::{self, Detail, NewEntry};
use crate::store::{Access, Engine, StoreError, Tenant};

/// A transaction under way.
pub(super) struct Unit<'u> {
    pub(super) engine: &'u mut dyn Engine,
    pub(super) tenant: &'u Tenant,
    actor: &'u Actor,
    pub(super) at: Instant,
    trail: Vec<NewEntry>,
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
        let engine = session.store.engine();
        engine.begin(access)?;
        let mut unit = Unit {
            engine,
            tenant: &session.tenant,
            actor: &session.actor,
            at,
            trail: Vec::new(),
        };
        let result = work(&mut unit);
        match result.and_then(|value| unit.settle(access).map(|()| value)) {
            Ok(value) => Ok(value),
            Err(error) => {
                // The first error tells more than one of the rollback; the engine undoes the
                // transaction in any case when the connection closes.
                let _ = unit.engine.rollback();
                unit.record_refusal(&error)?;
                Err(error)
            }
        }
    }

    fn settle(&mut self, access: Access) -> Result<(), SmrtError> {
        match access {
            Access::Read => Ok(self.engine.rollback()?),
            Access::Write => {
                audit::append(self.engine, &self.trail, self.at)?;
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
        self.trail.clear();
        let detail = Detail {
            reason: Some(error.code()),
            ..detail
        };
        self.note("access.refused", entity_type, entity_id, detail);
        self.engine.begin(Access::Write)?;
        audit::append(self.engine, &self.trail, self.at)?;
        self.engine.commit()
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
