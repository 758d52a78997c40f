//! The audit trail for those who may see it: a tenant its own, whoever runs the store all.
//!
//! What this module does not do: it appends nothing; units of work do.

mod checkpoint;
mod signed_note;

pub use self::checkpoint::{Checkpoint, CheckpointError, CheckpointFault, CheckpointVerification};
pub use self::signed_note::{KeyError, NoteError, SigningKey, VerifierKey};
use super::Smrt;
use super::error::SmrtError;
use super::session::TenantSession;
use crate::store::audit::{self, RootOf, Walked};
use crate::store::{
    Access, AuditEntry, AuditFilter, AuditVerification, Engine, Store, StoreError, Tenant,
};

impl TenantSession<'_> {
    /// Entries of the tenant's own trail, in its order. Its whole trail is read by asking again
    /// behind the last entry of the answer.
    ///
    /// # Errors
    ///
    /// Those of the engine; kind `Damaged` when an entry holds what no entry can hold.
    ///
    /// ```
    /// # use smrt_core::model::{Actor, Instant};
    /// # use smrt_core::smrt::{Smrt, SigningKey};
    /// # use smrt_core::store::{AuditFilter, NewTenant};
    /// # let folder = tempfile::tempdir()?;
    /// # let now: Instant = "2026-11-21T08:30:00Z".parse()?;
    /// # let mut smrt = Smrt::create_at(&folder.path().join("contacts.db"), now)?;
    /// # let actor: Actor = "anna.k".parse()?;
    /// # let acme = NewTenant { slug: "acme".parse()?, name: "Acme".into() };
    /// # smrt.add_tenant(&acme, &actor, now)?;
    /// let mut session = smrt.tenant("acme")?.acting_as(actor);
    /// let entries = session.audit_entries(&AuditFilter::default())?;
    /// assert_eq!((entries[0].actor.as_str(), entries[0].action.as_str()), ("anna.k", "tenant.add"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn audit_entries(&mut self, filter: &AuditFilter) -> Result<Vec<AuditEntry>, SmrtError> {
        let tenant = self.tenant.id;
        looking(self.store, |engine| audit::entries(engine, tenant, filter))
    }

    /// The entry at a place of the tenant's own trail, counted from 1.
    ///
    /// # Errors
    ///
    /// As [`TenantSession::audit_entries`].
    ///
    /// ```
    /// # use smrt_core::model::{Actor, Instant};
    /// # use smrt_core::smrt::{Smrt, SigningKey};
    /// # use smrt_core::store::{AuditFilter, NewTenant};
    /// # let folder = tempfile::tempdir()?;
    /// # let now: Instant = "2026-11-21T08:30:00Z".parse()?;
    /// # let mut smrt = Smrt::create_at(&folder.path().join("contacts.db"), now)?;
    /// # let actor: Actor = "anna.k".parse()?;
    /// # let acme = NewTenant { slug: "acme".parse()?, name: "Acme".into() };
    /// # smrt.add_tenant(&acme, &actor, now)?;
    /// let mut session = smrt.tenant("acme")?.acting_as(actor);
    /// assert!(session.audit_entry(1)?.is_some_and(|entry| entry.recorded_at == now));
    /// assert_eq!(session.audit_entry(2)?, None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn audit_entry(&mut self, sequence: i64) -> Result<Option<AuditEntry>, SmrtError> {
        let tenant = self.tenant.id;
        looking(self.store, |engine| audit::entry(engine, tenant, sequence))
    }

    /// Hashes the tenant's own trail anew, from its first entry to its last, and names the first
    /// that is not as it was appended.
    ///
    /// # Errors
    ///
    /// Those of the engine; what is wrong with the trail is in the answer.
    ///
    /// ```
    /// # use smrt_core::model::{Actor, Instant};
    /// # use smrt_core::smrt::{Smrt, SigningKey};
    /// # use smrt_core::store::{AuditFilter, NewTenant};
    /// # let folder = tempfile::tempdir()?;
    /// # let now: Instant = "2026-11-21T08:30:00Z".parse()?;
    /// # let mut smrt = Smrt::create_at(&folder.path().join("contacts.db"), now)?;
    /// # let actor: Actor = "anna.k".parse()?;
    /// # let acme = NewTenant { slug: "acme".parse()?, name: "Acme".into() };
    /// # smrt.add_tenant(&acme, &actor, now)?;
    /// let mut session = smrt.tenant("acme")?.acting_as(actor);
    /// assert!(session.verify_audit()?.is_sound());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn verify_audit(&mut self) -> Result<AuditVerification, SmrtError> {
        Ok(self.walk(RootOf::Nothing)?.verification)
    }

    /// What the tenant's own trail is at this moment, to be signed and kept elsewhere.
    ///
    /// # Errors
    ///
    /// [`SmrtError::UnsoundTrail`]: what is known to be wrong is not attested.
    ///
    /// ```
    /// # use smrt_core::model::{Actor, Instant};
    /// # use smrt_core::smrt::{Smrt, SigningKey};
    /// # use smrt_core::store::{AuditFilter, NewTenant};
    /// # let folder = tempfile::tempdir()?;
    /// # let now: Instant = "2026-11-21T08:30:00Z".parse()?;
    /// # let mut smrt = Smrt::create_at(&folder.path().join("contacts.db"), now)?;
    /// # let actor: Actor = "anna.k".parse()?;
    /// # let acme = NewTenant { slug: "acme".parse()?, name: "Acme".into() };
    /// # smrt.add_tenant(&acme, &actor, now)?;
    /// let mut session = smrt.tenant("acme")?.acting_as(actor);
    /// let checkpoint = session.audit_checkpoint()?;
    /// assert_eq!((checkpoint.origin.as_str(), checkpoint.entries), ("smrt/acme", 1));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn audit_checkpoint(&mut self) -> Result<Checkpoint, SmrtError> {
        let walked = self.walk(RootOf::All)?;
        match (walked.verification.fault, walked.root) {
            (Some(fault), _) => Err(SmrtError::UnsoundTrail(fault)),
            (None, root) => Ok(Checkpoint {
                origin: Checkpoint::origin_of(&self.tenant.slug),
                entries: walked.verification.entries,
                root_hash: root.unwrap_or_default(),
            }),
        }
    }

    /// Proves that the tenant's own trail was only appended to since a checkpoint of it was
    /// signed: its first entries are the very same, and all of it is sound.
    ///
    /// # Errors
    ///
    /// [`SmrtError::Invalid`] when the text is no checkpoint in a signed note; whether it was
    /// signed by `key`, and holds, is in the answer.
    ///
    /// ```
    /// # use smrt_core::model::{Actor, Instant};
    /// # use smrt_core::smrt::{Smrt, SigningKey};
    /// # use smrt_core::store::{AuditFilter, NewTenant};
    /// # let folder = tempfile::tempdir()?;
    /// # let now: Instant = "2026-11-21T08:30:00Z".parse()?;
    /// # let mut smrt = Smrt::create_at(&folder.path().join("contacts.db"), now)?;
    /// # let actor: Actor = "anna.k".parse()?;
    /// # let acme = NewTenant { slug: "acme".parse()?, name: "Acme".into() };
    /// # smrt.add_tenant(&acme, &actor, now)?;
    /// let mut session = smrt.tenant("acme")?.acting_as(actor);
    /// // Of a secret file; 32 random bytes.
    /// let key = SigningKey::from_seed("example.com/audit", &[7; 32])?;
    /// let note = session.audit_checkpoint()?.sign(&key);
    /// // Months later:
    /// let verified = session.verify_checkpoint(note.as_bytes(), key.verifier_key())?;
    /// assert_eq!(verified.fault, None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn verify_checkpoint(
        &mut self,
        note: &[u8],
        key: &VerifierKey,
    ) -> Result<CheckpointVerification, SmrtError> {
        let checkpoint = match checkpoint::open(note, key)? {
            Ok(checkpoint) => checkpoint,
            Err(fault) => return Ok(CheckpointVerification::without_trail(None, fault)),
        };
        if checkpoint.origin != Checkpoint::origin_of(&self.tenant.slug) {
            let fault = CheckpointFault::OtherTrail;
            return Ok(CheckpointVerification::without_trail(
                Some(checkpoint),
                fault,
            ));
        }
        let walked = self.walk(RootOf::First(checkpoint.entries))?;
        let entries = walked.verification.entries;
        let fault = match (walked.verification.fault, walked.root) {
            (Some(fault), _) => Some(CheckpointFault::Trail(fault)),
            (None, None) => Some(CheckpointFault::TrailShorter),
            (None, Some(root)) => {
                (root != checkpoint.root_hash).then_some(CheckpointFault::RootDiffers)
            }
        };
        Ok(CheckpointVerification {
            checkpoint: Some(checkpoint),
            entries,
            fault,
        })
    }

    fn walk(&mut self, root_of: RootOf) -> Result<Walked, SmrtError> {
        let tenant = self.tenant.id;
        looking(self.store, |engine| audit::verify(engine, tenant, root_of))
    }
}

impl Smrt {
    /// Verifies the trail of every tenant, by slug, for whoever runs the store.
    ///
    /// # Errors
    ///
    /// Those of the engine; what is wrong with a trail is in the answer.
    ///
    /// ```
    /// # use smrt_core::model::{Actor, Instant};
    /// # use smrt_core::smrt::{Smrt, SigningKey};
    /// # use smrt_core::store::{AuditFilter, NewTenant};
    /// # let folder = tempfile::tempdir()?;
    /// # let now: Instant = "2026-11-21T08:30:00Z".parse()?;
    /// # let mut smrt = Smrt::create_at(&folder.path().join("contacts.db"), now)?;
    /// # let actor: Actor = "anna.k".parse()?;
    /// # let acme = NewTenant { slug: "acme".parse()?, name: "Acme".into() };
    /// # smrt.add_tenant(&acme, &actor, now)?;
    /// for (tenant, verification) in smrt.verify_audit()? {
    ///     assert!(verification.is_sound(), "{}: {:?}", tenant.slug, verification.fault);
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn verify_audit(&mut self) -> Result<Vec<(Tenant, AuditVerification)>, SmrtError> {
        let mut verified = Vec::new();
        for tenant in self.store.tenants()? {
            let verification = self.store.verify_audit(tenant.id)?;
            verified.push((tenant, verification));
        }
        Ok(verified)
    }
}

/// Runs `work` on one state of the store.
fn looking<T>(
    store: &mut Store,
    work: impl FnOnce(&mut dyn Engine) -> Result<T, StoreError>,
) -> Result<T, SmrtError> {
    let engine = store.engine();
    engine.begin(Access::Read)?;
    let result = work(engine);
    // The first error tells more than one of the rollback.
    let ended = engine.rollback();
    let value = result?;
    ended?;
    Ok(value)
}
