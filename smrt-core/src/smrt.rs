//! The facade: an open store, and the sessions in which tenants use it.
//!
//! This is where facts from the store and the pure rules meet. A [`TenantSession`] is the only
//! handle that reads or writes contact data: what it returns is what its tenant may see, what it
//! writes is attributed to its actor, and both are audited in the same transaction.

mod access;
mod error;
mod grant;
mod session;
mod unit;

use std::path::Path;

pub use self::error::{Refusal, SmrtError};
pub use self::grant::{
    AccessQuestion, Explanation, GRANTS_PER_CALL_MAX, GrantDetail, GrantFilter, NewGrant,
};
pub use self::session::TenantSession;
use crate::model::{Actor, Id, Instant};
use crate::store::{Access, CheckReport, NewTenant, Store, StoreDigest, Tenant};

/// An open store that several tenants share.
///
/// Blocking, and one connection: a service keeps a pool of them and calls from threads that may
/// block.
pub struct Smrt {
    store: Store,
}

/// A tenant of an open store, of whom it is not yet known who acts.
#[derive(Debug)]
pub struct TenantHandle<'s> {
    store: &'s mut Store,
    tenant: Tenant,
}

impl Smrt {
    /// Opens the existing store that `url` names: a path, or `sqlite:` and a path. A store of an
    /// older schema is brought up to date.
    ///
    /// # Errors
    ///
    /// A [`StoreError`](crate::store::StoreError) of kind `NotFound`, `Foreign`, `Newer`,
    /// `Damaged` or `ReadOnly`; the file is then unchanged.
    #[cfg(feature = "sqlite")]
    pub fn open(url: &str) -> Result<Self, SmrtError> {
        let now = Store::driver_clock()?;
        Self::open_file(path_of(url)?, Access::Write, now)
    }

    /// Makes a new store where `url` names nothing yet: a path, or `sqlite:` and a path.
    ///
    /// # Errors
    ///
    /// Kind `Invalid` when something is there; `ReadOnly` when the folder cannot be written.
    #[cfg(feature = "sqlite")]
    pub fn create(url: &str) -> Result<Self, SmrtError> {
        let now = Store::driver_clock()?;
        Self::create_file(path_of(url)?, now)
    }

    /// Opens the store in an existing file, and brings its schema up to date if `access` allows;
    /// `at` is the instant recorded for that.
    ///
    /// # Errors
    ///
    /// As [`Smrt::open`].
    #[cfg(feature = "sqlite")]
    pub fn open_file(path: &Path, access: Access, at: Instant) -> Result<Self, SmrtError> {
        let store = Store::open(path, access, at)?;
        Ok(Self { store })
    }

    /// Makes a new store at a path where there is nothing, or an empty file; `at` is the instant
    /// recorded for its schema.
    ///
    /// # Errors
    ///
    /// As [`Smrt::create`].
    #[cfg(feature = "sqlite")]
    pub fn create_file(path: &Path, at: Instant) -> Result<Self, SmrtError> {
        let store = Store::create(path, at)?;
        Ok(Self { store })
    }

    /// Adds a tenant.
    ///
    /// # Errors
    ///
    /// Kind `Invalid` when the slug is taken.
    pub fn add_tenant(&mut self, tenant: &NewTenant, at: Instant) -> Result<Tenant, SmrtError> {
        Ok(self.store.add_tenant(tenant, at)?)
    }

    /// All tenants by slug.
    ///
    /// # Errors
    ///
    /// Those of the engine.
    pub fn tenants(&mut self) -> Result<Vec<Tenant>, SmrtError> {
        Ok(self.store.tenants()?)
    }

    /// The tenant with this slug.
    ///
    /// # Errors
    ///
    /// [`SmrtError::UnknownTenant`].
    pub fn tenant(&mut self, slug: &str) -> Result<TenantHandle<'_>, SmrtError> {
        match self.store.tenant(slug)? {
            Some(tenant) => Ok(TenantHandle {
                store: &mut self.store,
                tenant,
            }),
            None => Err(SmrtError::UnknownTenant),
        }
    }

    /// The logical digest of the whole store.
    ///
    /// # Errors
    ///
    /// Those of the engine.
    pub fn digest(&mut self) -> Result<StoreDigest, SmrtError> {
        Ok(self.store.digest()?)
    }

    /// Checks the file, its references and the counts of its runs.
    ///
    /// # Errors
    ///
    /// Those of the engine.
    pub fn check(&mut self) -> Result<CheckReport, SmrtError> {
        Ok(self.store.check()?)
    }
}

impl std::fmt::Debug for Smrt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.store.fmt(f)
    }
}

impl<'s> TenantHandle<'s> {
    /// The tenant.
    #[must_use]
    pub const fn tenant(&self) -> &Tenant {
        &self.tenant
    }

    /// A session in which `actor` acts for the tenant.
    #[must_use]
    pub fn acting_as(self, actor: Actor) -> TenantSession<'s> {
        TenantSession::new(self.store, self.tenant, actor)
    }
}

/// The file that a URL names.
#[cfg(feature = "sqlite")]
fn path_of(url: &str) -> Result<&Path, SmrtError> {
    match url.split_once(':') {
        Some(("sqlite", path)) => Ok(Path::new(path)),
        // One letter before the colon is a drive.
        Some((scheme, rest)) if scheme.len() > 1 && rest.starts_with("//") => {
            Err(SmrtError::invalid(
                "engine_unknown",
                format!("there is no engine `{scheme}`; a path names an SQLite file"),
            ))
        }
        _ => Ok(Path::new(url)),
    }
}

/// The UUID of an event or a record made by hand: version 7, of an instant and fresh randomness.
fn fresh_id(at: Instant) -> Id {
    let (high, low) = uuid::Uuid::new_v4().as_u64_pair();
    let mut random = [0; 10];
    random[..8].copy_from_slice(&low.to_be_bytes());
    random[8..].copy_from_slice(&high.to_be_bytes()[..2]);
    Id::v7(at, random)
}
