//! The facade: an open store, and the sessions in which tenants use it.
//!
//! This is where facts from the store and the pure rules meet. A [`TenantSession`] is the only
//! handle that reads or writes contact data: what it returns is what its tenant may see, what it
//! writes is attributed to its actor, and both are audited in the same transaction.

mod access;
mod audit;
mod consent;
mod contact;
mod detail;
mod dnc;
#[cfg(feature = "sqlite")]
#[doc(hidden)]
pub mod doc;
mod error;
mod grant;
mod human;
mod import;
mod interaction;
mod link;
mod number;
mod page;
mod record;
mod scrub;
mod search;
mod session;
mod tenant;
mod text;
mod unit;

use std::path::Path;

pub use self::audit::{
    Checkpoint, CheckpointError, CheckpointFault, CheckpointVerification, KeyError, NoteError,
    SigningKey, VerifierKey,
};
pub use self::consent::{
    ConsentAnswer, ConsentImport, ConsentPolicy, ConsentQuestion, ConsentReceipt, ConsentRecord,
    ConsentSubject, ImportMode, ImportedConsent, NewConsentRecord, OptOut, PermissionChange,
    ReceiptData, ReceiptEvent, ReceiptHeader, ReceiptParty, ReceiptProcessing,
};
pub use self::contact::{CalledParty, ContactReader, Parties};
pub use self::detail::{HumanDetail, LinkDetail, NumberDetail};
pub use self::dnc::{
    DncContent, DncFacts, DncListed, DncLoad, DncPlan, DncRegistry, DncRegistryKey, DncStep,
    DncSync, DncVersion, HeldVersion, NewDncEntry, NewDncLoad, NewReassignedAnswer, Shrinkage,
};
pub use self::error::{Refusal, SmrtError};
pub use self::grant::{
    AccessQuestion, Explanation, GRANTS_PER_CALL_MAX, GrantDetail, GrantFilter, NewGrant,
};
pub use self::human::{Human, HumanEdit, NewHuman};
pub use self::interaction::{Interaction, InteractionEdit, NewInteraction};
pub use self::link::{Link, LinkEdit, LinkedNumber, NewLink};
pub use self::number::{Number, NumberEdit};
pub use self::page::{Cursor, Page, PageRequest, ParseCursorError};
pub use self::record::Masked;
pub use self::scrub::{
    OutcomeCounts, ReasonCount, RegistryUse, ScrubOutcome, ScrubRecord, ScrubbedFile,
};
pub use self::search::{FoundHuman, HumanSearch};
pub use self::session::TenantSession;
use crate::model::{Actor, EntityType, Id, Instant};
use crate::store::audit::Detail;
use crate::store::{
    Access, CheckReport, Engine, NewTenant, Store, StoreDigest, Tenant, TenantChange,
};

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
    ///
    /// ```
    /// use smrt_core::smrt::Smrt;
    ///
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("contacts.db");
    /// # let path = path.to_str().ok_or("not UTF-8")?;
    /// // `path` is one such as `contacts.db`.
    /// assert_eq!(Smrt::open(path).unwrap_err().code(), "store_not_found");
    /// Smrt::create(path)?;
    /// assert!(Smrt::open(&format!("sqlite:{path}"))?.tenants()?.is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
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
    ///
    /// ```
    /// use smrt_core::smrt::Smrt;
    ///
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("contacts.db");
    /// # let path = path.to_str().ok_or("not UTF-8")?;
    /// // `path` is one such as `contacts.db`.
    /// assert!(Smrt::create(path)?.tenants()?.is_empty());
    /// // What is there is never made anew.
    /// assert!(Smrt::create(path).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
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
    ///
    /// ```
    /// # use smrt_core::smrt::doc::now;
    /// use smrt_core::smrt::Smrt;
    /// use smrt_core::store::Access;
    ///
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("contacts.db");
    /// Smrt::create_file(&path, now())?;
    /// let mut smrt = Smrt::open_file(&path, Access::Read, now())?;
    /// assert!(smrt.check()?.is_sound());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
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
    ///
    /// ```
    /// # use smrt_core::smrt::doc::now;
    /// use smrt_core::smrt::Smrt;
    ///
    /// # let folder = tempfile::tempdir()?;
    /// let path = folder.path().join("contacts.db");
    /// Smrt::create_file(&path, now())?;
    /// assert!(Smrt::exists_file(&path)?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[cfg(feature = "sqlite")]
    pub fn create_file(path: &Path, at: Instant) -> Result<Self, SmrtError> {
        let store = Store::create(path, at)?;
        Ok(Self { store })
    }

    /// Makes a store at `path` for trying imports out: [`TenantSession::start_trial`] plans in it.
    /// Nothing in it is checked against other records, and it is thrown away.
    ///
    /// # Errors
    ///
    /// As [`Smrt::create`].
    ///
    /// ```
    /// # use smrt_core::smrt::doc::{now, store};
    /// use smrt_core::smrt::Smrt;
    ///
    /// # let mut smrt = store()?;
    /// # let folder = tempfile::tempdir()?;
    /// let mut scratch = Smrt::scratch_file(&folder.path().join("plan.db"), now())?;
    /// let session = smrt.tenant("acme")?.acting_as("importer".parse()?);
    /// // The plan is made for the same tenant, though nobody added one to the scratch store.
    /// assert_eq!(session.in_scratch(&mut scratch)?.tenant().slug, "acme");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[cfg(feature = "sqlite")]
    pub fn scratch_file(path: &Path, at: Instant) -> Result<Self, SmrtError> {
        let store = Store::scratch(path, at)?;
        Ok(Self { store })
    }

    /// Whether a store, readable by this program, stands at a path. Changes nothing.
    ///
    /// # Errors
    ///
    /// As [`Smrt::open_file`], except that a missing or empty file is `Ok(false)`.
    ///
    /// ```
    /// # use smrt_core::smrt::doc::now;
    /// use smrt_core::smrt::Smrt;
    ///
    /// # let folder = tempfile::tempdir()?;
    /// let path = folder.path().join("contacts.db");
    /// assert!(!Smrt::exists_file(&path)?);
    /// Smrt::create_file(&path, now())?;
    /// assert!(Smrt::exists_file(&path)?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[cfg(feature = "sqlite")]
    pub fn exists_file(path: &Path) -> Result<bool, SmrtError> {
        Ok(Store::exists(path)?)
    }

    /// A store on an engine of the caller's, which holds the schema version `version`, or 0 when
    /// it is empty; `at` is the instant recorded for what brings it up to date.
    ///
    /// # Errors
    ///
    /// Those of the engine.
    ///
    /// ```
    /// # use smrt_core::smrt::doc::{engine, now};
    /// use smrt_core::smrt::{Smrt, SmrtError};
    /// use smrt_core::store::{Engine, schema_version};
    ///
    /// /// `version` is what the caller's engine found in its database.
    /// fn open(engine: Box<dyn Engine>, version: i64) -> Result<Smrt, SmrtError> {
    ///     Smrt::on_engine(engine, version, now())
    /// }
    ///
    /// assert!(open(engine()?, schema_version())?.tenants()?.is_empty());
    /// // A newer program has been there.
    /// assert_eq!(open(engine()?, schema_version() + 1).unwrap_err().code(), "store_newer");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn on_engine(
        engine: Box<dyn Engine>,
        version: i64,
        at: Instant,
    ) -> Result<Self, SmrtError> {
        let store = Store::on_engine(engine, version, at)?;
        Ok(Self { store })
    }

    /// Makes a store that lives as long as the value: for tests and for trying things out.
    ///
    /// # Errors
    ///
    /// Those of the engine.
    ///
    /// ```
    /// use smrt_core::smrt::Smrt;
    ///
    /// let mut smrt = Smrt::in_memory()?;
    /// assert!(smrt.tenants()?.is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[cfg(feature = "sqlite")]
    pub fn in_memory() -> Result<Self, SmrtError> {
        let store = Store::in_memory(Store::driver_clock()?)?;
        Ok(Self { store })
    }

    /// Adds a tenant, which is the first entry of its audit trail.
    ///
    /// # Errors
    ///
    /// Kind `Invalid` when the slug is taken.
    ///
    /// ```
    /// # use smrt_core::smrt::doc::now;
    /// # use smrt_core::smrt::Smrt;
    /// use smrt_core::store::NewTenant;
    ///
    /// # let mut smrt = Smrt::in_memory()?;
    /// let acme = NewTenant { slug: "acme".parse()?, name: "Acme Corporation".into() };
    /// smrt.add_tenant(&acme, &"operator".parse()?, now())?;
    /// assert_eq!(smrt.tenant("acme")?.tenant().name, "Acme Corporation");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn add_tenant(
        &mut self,
        tenant: &NewTenant,
        actor: &Actor,
        at: Instant,
    ) -> Result<Tenant, SmrtError> {
        Ok(self.store.add_tenant(tenant, actor, at)?)
    }

    /// Changes a tenant's name, tier, modules or settings, and returns what it has become. Sessions
    /// that are open go on with the modules they began with.
    ///
    /// # Errors
    ///
    /// [`SmrtError::UnknownTenant`]; [`SmrtError::Invalid`] with `module_not_in_tier` when a module
    /// would be enabled that the tier does not have.
    ///
    /// ```
    /// # use smrt_core::smrt::doc::{now, store};
    /// use smrt_core::model::{Module, SubscriptionTier};
    /// use smrt_core::store::TenantChange;
    ///
    /// # let mut smrt = store()?;
    /// let change = TenantChange {
    ///     subscription_tier: Some(SubscriptionTier::Basic),
    ///     enabled_modules: Some(vec![Module::Contacts]),
    ///     ..TenantChange::default()
    /// };
    /// let acme = smrt.change_tenant("acme", &change, &"operator".parse()?, now())?;
    /// assert!(acme.has(Module::Contacts) && !acme.has(Module::Sharing));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn change_tenant(
        &mut self,
        slug: &str,
        change: &TenantChange,
        actor: &Actor,
        at: Instant,
    ) -> Result<Tenant, SmrtError> {
        let handle = self.tenant(slug)?;
        let mut tenant = handle.tenant.clone();
        let fields = tenant::apply(&mut tenant, change)?;
        let mut session = handle.acting_as(actor.clone());
        session.keep_books(at, |unit| {
            crate::store::tenants::update(unit.engine, &tenant)?;
            let detail = Detail {
                fields,
                ..Detail::default()
            };
            unit.note("tenant.change", None, None, detail);
            Ok(())
        })?;
        Ok(tenant)
    }

    /// Appends this many made-up entries to a tenant's trail, for tests and for measuring.
    ///
    /// # Errors
    ///
    /// [`SmrtError::UnknownTenant`]; those of the engine.
    ///
    /// ```
    /// # use smrt_core::smrt::doc::{now, store};
    /// # let mut smrt = store()?;
    /// smrt.append_made_up_entries("acme", 1_000, now())?;
    /// let mut session = smrt.tenant("acme")?.acting_as("auditor".parse()?);
    /// // The first entry tells that the tenant was added.
    /// assert_eq!(session.verify_audit()?.entries, 1_001);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[cfg(feature = "testing")]
    pub fn append_made_up_entries(
        &mut self,
        tenant: &str,
        entries: usize,
        at: Instant,
    ) -> Result<(), SmrtError> {
        let id = self.tenant(tenant)?.tenant.id;
        Ok(self.store.append_made_up_entries(id, entries, at)?)
    }

    /// All tenants by slug.
    ///
    /// # Errors
    ///
    /// Those of the engine.
    ///
    /// ```
    /// # use smrt_core::smrt::doc::store;
    /// # let mut smrt = store()?;
    /// let slugs: Vec<String> = smrt.tenants()?.into_iter().map(|tenant| tenant.slug).collect();
    /// assert_eq!(slugs, ["acme", "beta"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn tenants(&mut self) -> Result<Vec<Tenant>, SmrtError> {
        Ok(self.store.tenants()?)
    }

    /// The tenant with this slug.
    ///
    /// # Errors
    ///
    /// [`SmrtError::UnknownTenant`].
    ///
    /// ```
    /// # use smrt_core::smrt::doc::store;
    /// # let mut smrt = store()?;
    /// assert_eq!(smrt.tenant("acme")?.tenant().name, "Acme");
    /// assert_eq!(smrt.tenant("gamma").unwrap_err().code(), "tenant_unknown");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
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
    ///
    /// ```
    /// # use smrt_core::smrt::doc::{now, store, with_human};
    /// # let (mut smrt, mut other) = (store()?, store()?);
    /// // Stores are equal when their digests are.
    /// assert_eq!(smrt.digest()?, other.digest()?);
    /// with_human(&mut other)?;
    /// assert_ne!(smrt.digest()?.to_hex(), other.digest()?.to_hex());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn digest(&mut self) -> Result<StoreDigest, SmrtError> {
        Ok(self.store.digest()?)
    }

    /// Checks the file, its references, the counts of its runs and the audit trails.
    ///
    /// # Errors
    ///
    /// Those of the engine.
    ///
    /// ```
    /// # use smrt_core::smrt::doc::store;
    /// # let mut smrt = store()?;
    /// let report = smrt.check()?;
    /// for (check, faults) in &report.checks {
    ///     assert!(faults.is_empty(), "{check}: {faults:?}");
    /// }
    /// assert!(report.is_sound());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
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
    ///
    /// ```
    /// # use smrt_core::smrt::doc::store;
    /// use smrt_core::model::SubscriptionTier;
    ///
    /// # let mut smrt = store()?;
    /// let handle = smrt.tenant("acme")?;
    /// assert_eq!(handle.tenant().subscription_tier, SubscriptionTier::Standard);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub const fn tenant(&self) -> &Tenant {
        &self.tenant
    }

    /// A session in which `actor` acts for the tenant.
    ///
    /// ```
    /// # use smrt_core::smrt::doc::store;
    /// # let mut smrt = store()?;
    /// let session = smrt.tenant("acme")?.acting_as("crm-sync".parse()?);
    /// assert_eq!(session.actor().as_str(), "crm-sync");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
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

/// The id of a record made by hand: made of the caller's key, which no other tenant's can meet, or
/// a fresh one.
fn new_id(tenant: Id, entity_type: EntityType, key: Option<&str>, at: Instant) -> Id {
    match key {
        Some(key) => Id::derived(
            "by_key",
            &[
                tenant.as_bytes(),
                entity_type.as_str().as_bytes(),
                key.as_bytes(),
            ],
        ),
        None => fresh_id(at),
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
