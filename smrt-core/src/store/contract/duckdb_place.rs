//! The place of the DuckDB engine: a path.

use std::path::PathBuf;

use super::Place;
use crate::store::duckdb::DuckDbEngine;
use crate::store::engine::{Access, Engine};
use crate::store::error::StoreError;

/// A path where a DuckDB file can be made.
#[derive(Debug)]
pub struct DuckDbPlace(PathBuf);

impl DuckDbPlace {
    /// A place at a path where there is nothing.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }
}

impl Place for DuckDbPlace {
    fn create(&self) -> Result<Box<dyn Engine>, StoreError> {
        Ok(Box::new(DuckDbEngine::create(&self.0)?))
    }

    fn connect(&self, access: Access) -> Result<Box<dyn Engine>, StoreError> {
        Ok(Box::new(DuckDbEngine::open(&self.0, access)?))
    }
}
