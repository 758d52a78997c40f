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

#[cfg(feature = "sqlite")]
use std::path::Path;
use std::sync::atomic::AtomicBool;

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
use crate::store::randomness::Randomness;
use crate::store::{
    Access, CheckReport, CopyProgress, CopyReport, Engine, NewTenant, Store, StoreDigest,
    StoreInfo, StoreLocation, Tenant, TenantChange,
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
    /// Opens the existing store that `url` names, as [`StoreLocation`] says: a path, or a URL that
    /// begins with `postgres://`. A store of an older schema is brought up to date.
    ///
    /// # Errors
    ///
    /// A [`StoreError`](crate::store::StoreError) of kind `NotFound`, `Foreign`, `Newer`,
    /// `Damaged` or `ReadOnly`; the store is then unchanged.
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
    pub fn open(url: &str) -> Result<Self, SmrtError> {
        let store = Store::open(&url.parse()?, Access::Write, None)?;
        Ok(Self { store })
    }

    /// Makes a new store where `url` names nothing yet, as [`StoreLocation`] says.
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
    pub fn create(url: &str) -> Result<Self, SmrtError> {
        let store = Store::create(&url.parse()?, None)?;
        Ok(Self { store })
    }

    /// Opens an existing store, and brings its schema up to date if `access` allows; `at` is the
    /// instant recorded for that.
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
    /// Smrt::create_at(&path, now())?;
    /// let mut smrt = Smrt::open_at(&path, Access::Read, now())?;
    /// assert!(smrt.check()?.is_sound());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn open_at(
        location: impl Into<StoreLocation>,
        access: Access,
        at: Instant,
    ) -> Result<Self, SmrtError> {
        let store = Store::open(&location.into(), access, Some(at))?;
        Ok(Self { store })
    }

    /// Makes a new store where there is nothing, or an empty file; `at` is the instant recorded for
    /// its schema.
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
    /// Smrt::create_at(&path, now())?;
    /// assert!(Smrt::exists_at(&path)?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn create_at(location: impl Into<StoreLocation>, at: Instant) -> Result<Self, SmrtError> {
        let store = Store::create(&location.into(), Some(at))?;
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

    /// Whether a store, readable by this program, stands at a location. Changes nothing.
    ///
    /// # Errors
    ///
    /// As [`Smrt::open_at`], except that a missing or empty file is `Ok(false)`.
    ///
    /// ```
    /// # use smrt_core::smrt::doc::now;
    /// use smrt_core::smrt::Smrt;
    ///
    /// # let folder = tempfile::tempdir()?;
    /// let path = folder.path().join("contacts.db");
    /// assert!(!Smrt::exists_at(&path)?);
    /// Smrt::create_at(&path, now())?;
    /// assert!(Smrt::exists_at(&path)?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn exists_at(location: impl Into<StoreLocation>) -> Result<bool, SmrtError> {
        Ok(Store::exists(&location.into())?)
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
        let store = Store::in_memory()?;
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

    /// Makes a role of the database for a tenant, unless there is one of that name. Whoever asks the
    /// tables in SQL as this role reads what the tenant itself keeps and the numbers it is tied to,
    /// and writes nothing: a second wall, which the server keeps. It cannot log in; the operator
    /// grants it to those who may, and gives each tenant another one. A table that a later version
    /// of the schema adds is shut to it until this is called again.
    ///
    /// # Errors
    ///
    /// [`SmrtError::UnknownTenant`]; kind `Invalid` where the engine knows no roles, or for a role
    /// that belongs to another tenant or may do more; kind `ReadOnly` without the right to make it.
    ///
    /// ```
    /// # use smrt_core::smrt::doc::{now, store};
    /// # let mut smrt = store()?;
    /// // A file is read by whoever may read the file.
    /// let refused = smrt.create_tenant_role("acme", "acme_reader", &"operator".parse()?, now());
    /// assert_eq!(refused.unwrap_err().code(), "store_invalid");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn create_tenant_role(
        &mut self,
        slug: &str,
        role: &str,
        actor: &Actor,
        at: Instant,
    ) -> Result<(), SmrtError> {
        let handle = self.tenant(slug)?;
        let tenant = handle.tenant.id;
        let mut session = handle.acting_as(actor.clone());
        session.keep_books(at, |unit| {
            unit.engine.create_tenant_role(tenant, role)?;
            unit.note("tenant.role", None, None, Detail::default());
            Ok(())
        })
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

    /// Takes the random part of the ids of what is made from now on from this seed: the same calls
    /// then make the same records on every engine. For tests.
    ///
    /// ```
    /// # use smrt_core::smrt::doc::{now, store, with_human};
    /// let (mut one, mut other) = (store()?, store()?);
    /// for smrt in [&mut one, &mut other] {
    ///     smrt.take_randomness_from(7);
    /// }
    /// let ada = with_human(&mut one)?;
    /// assert_eq!(with_human(&mut other)?, ada);
    /// assert_ne!(with_human(&mut other)?, ada);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[cfg(feature = "testing")]
    pub fn take_randomness_from(&mut self, seed: u64) {
        self.store.set_randomness(Randomness::Seed(seed));
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

    /// Copies everything to a place where there is nothing, or where an earlier copy stopped; none
    /// when `stop` was set before the end, and the same call goes on later. The copy is read back
    /// and compared before it may be opened; `at` is the instant recorded for its making.
    ///
    /// Others may write to the source meanwhile: the copy is of one state.
    ///
    /// # Errors
    ///
    /// Kind `Invalid` when another store is at the target, or when the source was changed between
    /// two calls.
    ///
    /// ```
    /// # use std::sync::atomic::AtomicBool;
    /// # use smrt_core::smrt::doc::{now, store, with_human};
    /// use smrt_core::smrt::Smrt;
    /// use smrt_core::store::Access;
    ///
    /// # let mut smrt = store()?;
    /// # with_human(&mut smrt)?;
    /// # let folder = tempfile::tempdir()?;
    /// let target = folder.path().join("copy.db");
    /// let copied = smrt.copy_to(&target, now(), &AtomicBool::new(false), &mut |_| {})?;
    /// assert!(copied.is_some_and(|report| report.rows() > 0));
    /// assert_eq!(Smrt::open_at(&target, Access::Read, now())?.digest()?, smrt.digest()?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn copy_to(
        &mut self,
        target: impl Into<StoreLocation>,
        at: Instant,
        stop: &AtomicBool,
        progress: &mut dyn FnMut(CopyProgress),
    ) -> Result<Option<CopyReport>, SmrtError> {
        Ok(self.store.copy_to(&target.into(), at, stop, progress)?)
    }

    /// What the store is: its engine, its schema, its size and its rows.
    ///
    /// # Errors
    ///
    /// Those of the engine.
    ///
    /// ```
    /// # use smrt_core::smrt::doc::store;
    /// use smrt_core::store::schema_version;
    ///
    /// # let mut smrt = store()?;
    /// let info = smrt.info()?;
    /// assert_eq!((info.engine, info.schema_version), ("sqlite", schema_version()));
    /// assert!(info.tables.contains(&("tenants", 2)));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn info(&mut self) -> Result<StoreInfo, SmrtError> {
        Ok(self.store.info()?)
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

/// The id of a record made by hand: made of the caller's key, which no other tenant's can meet, or
/// a fresh one.
fn new_id(
    randomness: &mut Randomness,
    tenant: Id,
    entity_type: EntityType,
    key: Option<&str>,
    at: Instant,
) -> Id {
    match key {
        Some(key) => Id::derived(
            "by_key",
            &[
                tenant.as_bytes(),
                entity_type.as_str().as_bytes(),
                key.as_bytes(),
            ],
        ),
        None => fresh_id(randomness, at),
    }
}

/// The UUID of an event or a record made by hand: version 7, of an instant and fresh randomness.
fn fresh_id(randomness: &mut Randomness, at: Instant) -> Id {
    Id::v7(at, randomness.draw())
}
