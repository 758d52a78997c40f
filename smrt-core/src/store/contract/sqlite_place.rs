//! The place of the SQLite engine: a path.

use std::path::PathBuf;

use super::Place;
use crate::store::engine::{Access, Engine};
use crate::store::error::StoreError;
use crate::store::sqlite::SqliteEngine;

/// A path where a SQLite file can be made.
#[derive(Debug)]
pub struct SqlitePlace(PathBuf);

impl SqlitePlace {
    /// A place at a path where there is nothing.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }
}

impl Place for SqlitePlace {
    fn create(&self) -> Result<Box<dyn Engine>, StoreError> {
        let mut engine = SqliteEngine::create(&self.0)?;
        engine.initialise()?;
        Ok(Box::new(engine))
    }

    fn connect(&self, access: Access) -> Result<Box<dyn Engine>, StoreError> {
        Ok(Box::new(SqliteEngine::open(&self.0, access)?))
    }
}
