//! A session: one actor, acting for one tenant, on one open store.

use super::error::SmrtError;
use super::unit::Unit;
use crate::model::{Actor, Instant, Module};
use crate::store::{Access, Store, Tenant, runs};

/// One actor acting for one tenant: the only handle that reads or writes contact data.
///
/// Every method that looks at the store takes the instant at which it acts; grants, consents and
/// everything else that begins and ends are decided as of it. Batch forms write all or nothing.
/// Whether the tenant has a module is decided when the session is made.
///
/// ```
/// # use smrt_core::smrt::doc::store;
/// # let mut smrt = store()?;
/// let session = smrt.tenant("acme")?.acting_as("anna.k".parse()?);
/// assert_eq!((session.tenant().slug.as_str(), session.actor().as_str()), ("acme", "anna.k"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct TenantSession<'s> {
    pub(super) store: &'s mut Store,
    pub(super) tenant: Tenant,
    pub(super) actor: Actor,
}

impl<'s> TenantSession<'s> {
    pub(super) fn new(store: &'s mut Store, tenant: Tenant, actor: Actor) -> Self {
        Self {
            store,
            tenant,
            actor,
        }
    }

    /// The tenant the session acts for.
    #[must_use]
    pub const fn tenant(&self) -> &Tenant {
        &self.tenant
    }

    /// Who acts.
    #[must_use]
    pub const fn actor(&self) -> &Actor {
        &self.actor
    }

    /// Refuses when the tenant does not have a module.
    pub(super) fn check(&self, module: Module) -> Result<(), SmrtError> {
        match self.tenant.has(module) {
            true => Ok(()),
            false => Err(SmrtError::ModuleDisabled {
                tenant: self.tenant.slug.clone(),
                module,
            }),
        }
    }

    /// Refuses when the tenant does not have a module, and puts that down.
    pub(super) fn require(&mut self, module: Module, at: Instant) -> Result<(), SmrtError> {
        match self.check(module) {
            Ok(()) => Ok(()),
            Err(refused) => Unit::run(self, Access::Read, at, |_| Err(refused)),
        }
    }

    /// Runs `work` in a transaction that may write, with the audit entries it makes. Records of
    /// people are not written in it: a bulk load may have the indexes down.
    pub(super) fn keep_books<T>(
        &mut self,
        at: Instant,
        work: impl FnOnce(&mut Unit<'_>) -> Result<T, SmrtError>,
    ) -> Result<T, SmrtError> {
        Unit::run(self, Access::Write, at, work)
    }

    /// The same for a step of an import, which goes beside those of other imports where the engine
    /// can: it writes its own run, and records under keys that are mostly its own.
    pub(super) fn import<T>(
        &mut self,
        at: Instant,
        work: impl FnOnce(&mut Unit<'_>) -> Result<T, SmrtError>,
    ) -> Result<T, SmrtError> {
        Unit::run(self, Access::WriteBeside, at, work)
    }

    /// Runs `work` in a transaction that may write, with the audit entries it makes.
    pub(super) fn write<T>(
        &mut self,
        at: Instant,
        work: impl FnOnce(&mut Unit<'_>) -> Result<T, SmrtError>,
    ) -> Result<T, SmrtError> {
        Unit::run(self, Access::Write, at, |unit| {
            // While a bulk load has the indexes down, nothing guards the keys.
            runs::refuse_while_filled(unit.engine, unit.tenant.id)?;
            work(unit)
        })
    }

    /// Runs `work` in a transaction that sees one state of the store. It can write audit entries
    /// of what it shows where another tenant's records may be among it.
    pub(super) fn read<T>(
        &mut self,
        at: Instant,
        work: impl FnOnce(&mut Unit<'_>) -> Result<T, SmrtError>,
    ) -> Result<T, SmrtError> {
        match self.store.has_received_grants(self.tenant.id)? {
            true => Unit::look(self, at, work),
            false => Unit::run(self, Access::Read, at, work),
        }
    }
}

impl std::fmt::Debug for TenantSession<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TenantSession")
            .field("tenant", &self.tenant.slug)
            .finish_non_exhaustive()
    }
}
