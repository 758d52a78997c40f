//! Advisory locks: what the server keeps connections apart by without any row.
//!
//! A lock is a number in a database. Ours is a digest of the schema and of what is locked, so that
//! two stores in one database do not wait for each other.

use postgres::Client;
use sha2::{Digest as _, Sha256};

use super::error::translate;
use crate::store::engine::Section;
use crate::store::error::{StoreError, StoreErrorKind};

/// What is locked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    /// Writing to the store.
    Store,
    /// What one transaction at a time may work on.
    Section(Section),
    /// Importing into the store.
    Imports,
    /// A run of the import.
    Run(i64),
}

/// Whether others may hold the lock too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Share {
    /// They may not.
    Alone,
    /// Those who say so too may.
    Others,
}

/// The locks of a connection.
#[derive(Debug)]
pub(super) struct Locks {
    schema: String,
    held: Vec<(Scope, Share)>,
}

impl Locks {
    pub(super) fn new(schema: &str) -> Self {
        Self {
            schema: schema.to_owned(),
            held: Vec::new(),
        }
    }

    /// The statement that takes a lock until the transaction ends.
    pub(super) fn in_transaction(&self, scope: Scope, share: Share) -> String {
        let shared = match share {
            Share::Alone => "",
            Share::Others => "_shared",
        };
        format!("SELECT pg_advisory_xact_lock{shared}({})", self.key(scope))
    }

    /// Whether this connection has a lock that others are kept out by.
    pub(super) fn is_held(&self, scope: Scope) -> bool {
        self.held.contains(&(scope, Share::Alone))
    }

    /// Takes a lock until it is given back or the connection ends; false when another connection
    /// has it. One that is held already is not taken twice.
    pub(super) fn take(
        &mut self,
        client: &mut Client,
        scope: Scope,
        share: Share,
    ) -> Result<bool, StoreError> {
        if self.held.contains(&(scope, share)) {
            return Ok(true);
        }
        let taken = self.try_take(client, scope, share)?;
        if taken {
            self.held.push((scope, share));
        }
        Ok(taken)
    }

    fn try_take(
        &self,
        client: &mut Client,
        scope: Scope,
        share: Share,
    ) -> Result<bool, StoreError> {
        let sql = match share {
            Share::Alone => "SELECT pg_try_advisory_lock($1)",
            Share::Others => "SELECT pg_try_advisory_lock_shared($1)",
        };
        client
            .query_one(sql, &[&self.key(scope)])
            .and_then(|row| row.try_get(0))
            .map_err(|error| translate(error, "lock"))
    }

    /// Gives a lock back that others are kept out by.
    pub(super) fn give_back(
        &mut self,
        client: &mut Client,
        scope: Scope,
    ) -> Result<(), StoreError> {
        let Some(position) = self
            .held
            .iter()
            .position(|held| *held == (scope, Share::Alone))
        else {
            return Ok(());
        };
        client
            .query_one("SELECT pg_advisory_unlock($1)", &[&self.key(scope)])
            .map_err(|error| translate(error, "unlock"))?;
        self.held.swap_remove(position);
        Ok(())
    }

    /// Gives everything back, before the connection is closed.
    pub(super) fn give_all_back(&mut self, client: &mut Client) {
        if !self.held.is_empty() {
            // If this fails the connection is gone, and its locks with it.
            let _ = client.batch_execute("SELECT pg_advisory_unlock_all()");
        }
    }

    /// Takes on a new connection what the lost one held.
    pub(super) fn take_again(&mut self, client: &mut Client) -> Result<(), StoreError> {
        for (scope, share) in &self.held {
            if !self.try_take(client, *scope, *share)? {
                return Err(StoreError::new(
                    StoreErrorKind::Locked,
                    "lock",
                    "while the connection was lost, another one took over what this one was doing",
                ));
            }
        }
        Ok(())
    }

    fn key(&self, scope: Scope) -> i64 {
        let mut digest = Sha256::new();
        digest.update(b"smrt\0");
        digest.update(self.schema.as_bytes());
        match scope {
            Scope::Store => digest.update(b"\0store"),
            Scope::Section(Section::Runs) => digest.update(b"\0runs"),
            Scope::Section(Section::RecordChanges) => digest.update(b"\0record changes"),
            Scope::Section(Section::AuditTrail(tenant)) => {
                digest.update(b"\0audit trail");
                digest.update(tenant.as_bytes());
            }
            Scope::Imports => digest.update(b"\0imports"),
            Scope::Run(run) => {
                digest.update(b"\0run");
                digest.update(run.to_be_bytes());
            }
        }
        let bytes = digest.finalize();
        bytes
            .iter()
            .take(8)
            .fold(0, |key, byte| key << 8 | i64::from(*byte))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Id;

    #[test]
    fn what_is_locked_and_where_tells_keys_apart() {
        let tenant = |slug| Scope::Section(Section::AuditTrail(Id::of_tenant(slug)));
        let scopes = [
            Scope::Store,
            Scope::Section(Section::Runs),
            Scope::Section(Section::RecordChanges),
            tenant("acme"),
            tenant("beta"),
            Scope::Imports,
            Scope::Run(1),
            Scope::Run(2),
        ];
        let mut keys: Vec<i64> = ["smrt", "other"]
            .iter()
            .flat_map(|schema| scopes.map(|scope| Locks::new(schema).key(scope)))
            .collect();
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), 2 * scopes.len());
    }
}
