//! `smrt db info`: what a store is.

use super::error::StoreError;
use super::schema::TABLES;
use super::{Store, count, migration};

/// What a store is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreInfo {
    /// The engine's name.
    pub engine: &'static str,
    /// The engine's own version.
    pub engine_version: String,
    /// The version of the schema.
    pub schema_version: i64,
    /// Bytes on disk, those of a log beside the file not counted.
    pub size_bytes: u64,
    /// Every table and its rows.
    pub tables: Vec<(&'static str, u64)>,
}

impl Store {
    /// What the store is.
    pub(crate) fn info(&mut self) -> Result<StoreInfo, StoreError> {
        let engine = self.engine.as_mut();
        let mut tables = Vec::with_capacity(TABLES.len());
        for table in TABLES {
            let rows = count(engine, &format!("SELECT count(*) FROM {}", table.name), &[])?;
            tables.push((table.name, u64::try_from(rows).unwrap_or(0)));
        }
        Ok(StoreInfo {
            engine: engine.dialect().name(),
            engine_version: engine.version()?,
            schema_version: migration::version_of(engine)?,
            size_bytes: engine.size_bytes()?,
            tables,
        })
    }
}
