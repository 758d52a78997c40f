//! The place of the PostgreSQL engine: a schema in a database.

use super::Place;
use crate::store::engine::{Access, Engine};
use crate::store::error::StoreError;
use crate::store::postgres::{PostgresAddress, PostgresEngine};

/// A database whose schema of the address holds nothing yet.
#[derive(Debug)]
pub struct PostgresPlace(PostgresAddress);

impl PostgresPlace {
    /// A place at an address where there is nothing.
    #[must_use]
    pub const fn new(address: PostgresAddress) -> Self {
        Self(address)
    }
}

impl Place for PostgresPlace {
    fn create(&self) -> Result<Box<dyn Engine>, StoreError> {
        Ok(Box::new(PostgresEngine::create(&self.0)?))
    }

    fn connect(&self, access: Access) -> Result<Box<dyn Engine>, StoreError> {
        Ok(Box::new(PostgresEngine::open(&self.0, access)?))
    }
}
