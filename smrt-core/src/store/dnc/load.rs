//! Loading a list: walking the blocks that it changes, and writing them in batches.
//!
//! Each batch is written in a transaction of the caller's, together with the checkpoint.
//! What this module does not do: it does not ask who may load what.

use std::collections::{BTreeMap, BTreeSet};

use super::block::{self, BlockState, integer};
use super::{area_codes, area_codes_json, damaged, version_kind};
use crate::model::{AreaCodes, Id, Instant, Members, NumberSet, VersionKind};
use crate::store::engine::{Engine, OnConflict};
use crate::store::error::StoreError;
use crate::store::schema;
use crate::store::value::{Row, RowBlock, Value};

/// How many blocks are looked at in one step. Few in unit tests, so that a load has several.
pub(crate) const BLOCKS_PER_STEP: usize = if cfg!(test) { 2 } else { 8_192 };

/// What is in a list.
#[derive(Debug, Clone)]
pub enum DncContent {
    /// All numbers that are listed. For a tenant's internal list they come on top of what is
    /// there: nobody is forgotten because a file does not name them.
    Full(NumberSet),
    /// What became of the list since the version it begins with.
    Change {
        /// The numbers that were added.
        added: NumberSet,
        /// The numbers that were removed.
        removed: NumberSet,
        /// How many numbers the list first added and then removed, or the other way round.
        revised: u64,
    },
}

impl DncContent {
    /// Brings the blocks into the order in which they are loaded.
    pub fn sort(&mut self) {
        match self {
            Self::Full(numbers) => numbers.sort(),
            Self::Change { added, removed, .. } => {
                added.sort();
                removed.sort();
            }
        }
    }

    /// How many blocks the list names.
    #[must_use]
    pub fn block_count(&self) -> u64 {
        self.block_count_from(0)
    }

    /// How many of them from one on.
    #[must_use]
    pub fn block_count_from(&self, block: u64) -> u64 {
        self.blocks_from(block).count() as u64
    }

    /// The blocks from one on that the list names.
    fn blocks_from(&self, block: u64) -> Box<dyn Iterator<Item = u64> + '_> {
        match self {
            Self::Full(numbers) => Box::new(numbers.blocks_from(block).map(|(block, _)| block)),
            Self::Change { added, removed, .. } => {
                let mut left = added.blocks_from(block).map(|(block, _)| block).peekable();
                let mut right = removed
                    .blocks_from(block)
                    .map(|(block, _)| block)
                    .peekable();
                Box::new(std::iter::from_fn(move || {
                    match (left.peek(), right.peek()) {
                        (Some(of_left), Some(of_right)) if of_left == of_right => {
                            left.next();
                            right.next()
                        }
                        (Some(of_left), Some(of_right)) if of_left < of_right => left.next(),
                        (Some(_), None) => left.next(),
                        (_, _) => right.next(),
                    }
                }))
            }
        }
    }

    /// The first number's block that area codes do not cover.
    pub(crate) fn has_uncovered(&self, area_codes: &AreaCodes) -> bool {
        self.blocks_from(0)
            .any(|block| !area_codes.cover_block(block))
    }
}

/// How a list makes the next state of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Making {
    /// The list is the state.
    Replace,
    /// The list comes on top of the state as of a version.
    AddTo(i64),
    /// The list changes the state as of a version.
    ChangeFrom(i64),
}

/// A version of a registry as the store keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Version {
    pub(crate) version: i64,
    pub(crate) kind: VersionKind,
    pub(crate) base_version: Option<i64>,
    pub(crate) version_date: Instant,
    pub(crate) source_digest: String,
    pub(crate) area_codes: AreaCodes,
    pub(crate) numbers: i64,
    pub(crate) rows_read: i64,
    pub(crate) rows_rejected: i64,
    pub(crate) status: VersionStatus,
    pub(crate) next_block: u64,
    pub(crate) tenant: Id,
}

/// Whether a version may be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum VersionStatus {
    /// It is being written.
    Loading,
    /// It is complete.
    Loaded,
}

impl VersionStatus {
    /// The word in the store.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Loading => "loading",
            Self::Loaded => "loaded",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        [Self::Loading, Self::Loaded]
            .into_iter()
            .find(|status| status.as_str() == text)
    }
}

/// All versions of a registry, in the order of the loads.
pub(crate) fn versions(engine: &mut dyn Engine, registry: Id) -> Result<Vec<Version>, StoreError> {
    let mut versions = Vec::new();
    let sql = "SELECT version, kind, base_version, version_date, source_digest, area_codes, \
               numbers, rows_read, rows_rejected, status, next_block, tenant_id \
               FROM dnc_versions WHERE registry_id = ?1 ORDER BY version";
    engine.query(sql, &[registry.into()], &mut |row| {
        versions.push(version(row)?);
        Ok(())
    })?;
    Ok(versions)
}

fn version(row: &dyn Row) -> Result<Version, StoreError> {
    let unknown = || damaged("a version of a registry has an unknown status");
    Ok(Version {
        version: row.integer(0)?,
        kind: version_kind(row.text(1)?)?,
        base_version: row.optional_integer(2)?,
        version_date: row.instant(3)?,
        source_digest: row.text(4)?.to_owned(),
        area_codes: area_codes(row.optional_text(5)?)?,
        numbers: row.integer(6)?,
        rows_read: row.integer(7)?,
        rows_rejected: row.integer(8)?,
        status: VersionStatus::parse(row.text(9)?).ok_or_else(unknown)?,
        next_block: u64::try_from(row.integer(10)?).map_err(|_| unknown())?,
        tenant: row.id(11)?,
    })
}

/// Writes the row of a version down; no reader sees it until its status says so.
pub(crate) fn insert_version(
    engine: &mut dyn Engine,
    registry: Id,
    version: &Version,
    at: Instant,
) -> Result<(), StoreError> {
    let mut rows = RowBlock::new(&schema::DNC_VERSIONS);
    rows.push(registry);
    rows.push(version.version);
    rows.push(version.kind.as_str());
    rows.push(version.base_version.map_or(Value::Null, Value::Integer));
    rows.push(version.version_date);
    rows.push(version.source_digest.as_str());
    rows.push(area_codes_json(&version.area_codes).as_deref());
    rows.push(version.numbers);
    rows.push(version.rows_read);
    rows.push(version.rows_rejected);
    rows.push(version.status.as_str());
    rows.push(integer(version.next_block));
    rows.push(version.tenant);
    rows.push(at);
    engine.bulk_write(&rows, OnConflict::Fail).map(|_| ())
}

/// Says how far the load of a version has come, or that it is complete.
pub(crate) fn set_progress(
    engine: &mut dyn Engine,
    registry: Id,
    version: i64,
    status: VersionStatus,
    next_block: u64,
) -> Result<(), StoreError> {
    engine.execute(
        "UPDATE dnc_versions SET status = ?3, next_block = ?4 \
         WHERE registry_id = ?1 AND version = ?2",
        &[
            registry.into(),
            version.into(),
            status.as_str().into(),
            integer(next_block),
        ],
    )?;
    Ok(())
}

/// What a walk needs to know of a load.
#[derive(Debug, Clone)]
pub(crate) struct Walk {
    pub(crate) registry: Id,
    pub(crate) area_codes: AreaCodes,
    pub(crate) making: Making,
    /// Whether blocks that the list does not name can change too.
    pub(crate) visits_unnamed: bool,
}

/// One block on a walk.
#[derive(Debug)]
pub(crate) struct Visited {
    pub(crate) block: u64,
    /// What the store holds of it.
    pub(crate) state: BlockState,
    /// What the list makes of it.
    pub(crate) next: Members,
}

impl Walk {
    /// The next blocks from `from` on, and where to go on after them.
    pub(crate) fn step(
        &self,
        engine: &mut dyn Engine,
        content: &DncContent,
        from: u64,
    ) -> Result<(Vec<Visited>, Option<u64>), StoreError> {
        let named: Vec<u64> = content.blocks_from(from).take(BLOCKS_PER_STEP).collect();
        let named_end = match named.last() {
            Some(last) if named.len() == BLOCKS_PER_STEP => Some(*last),
            _ => None,
        };
        let (mut states, end) = match self.visits_unnamed {
            true => self.read_all(engine, from, named_end)?,
            false => (block::read_these(engine, self.registry, &named)?, named_end),
        };
        let within = |block: &u64| end.is_none_or(|end| *block <= end);
        let blocks: BTreeSet<u64> = named
            .into_iter()
            .filter(within)
            .chain(states.keys().copied())
            .collect();
        let visited = blocks.into_iter().map(|block| {
            let state = states.remove(&block).unwrap_or_default();
            let next = self.next(content, block, &state);
            Visited { block, state, next }
        });
        Ok((visited.collect(), end.map(|end| end + 1)))
    }

    /// Reads all blocks of the area codes from `from` up to `named_end`, or fewer, and says up to
    /// where; nothing when that is the end.
    fn read_all(
        &self,
        engine: &mut dyn Engine,
        from: u64,
        named_end: Option<u64>,
    ) -> Result<(BTreeMap<u64, BlockState>, Option<u64>), StoreError> {
        let mut states = BTreeMap::new();
        for (first, last) in self.area_codes.stretches() {
            let (first, last) = (first.max(from), last.min(named_end.unwrap_or(u64::MAX)));
            let room = BLOCKS_PER_STEP.saturating_sub(states.len());
            if room == 0 {
                // What lies behind is left for the next step.
                let end = states.last_key_value().map(|(block, _)| *block);
                return Ok((states, end));
            }
            if first <= last {
                let (read, end) = block::read(engine, self.registry, (first, last), room)?;
                states.extend(read);
                if end.is_some() {
                    return Ok((states, end));
                }
            }
        }
        Ok((states, named_end))
    }

    fn next(&self, content: &DncContent, block: u64, state: &BlockState) -> Members {
        match (self.making, content) {
            (Making::Replace, DncContent::Full(numbers)) => {
                numbers.members(block).cloned().unwrap_or_default()
            }
            (Making::AddTo(base) | Making::ChangeFrom(base), DncContent::Full(numbers)) => {
                let before = state.as_of(base);
                match numbers.members(block) {
                    Some(members) => before.union(members),
                    None => before,
                }
            }
            (Making::Replace, DncContent::Change { .. }) => Members::new(),
            (
                Making::AddTo(base) | Making::ChangeFrom(base),
                DncContent::Change { added, removed, .. },
            ) => {
                let mut members = state.as_of(base);
                if let Some(added) = added.members(block) {
                    members = members.union(added);
                }
                match removed.members(block) {
                    Some(removed) => members.without(removed),
                    None => members,
                }
            }
        }
    }
}

/// Writes what a version makes of blocks. `keeps_flips` says of which blocks older states must
/// stay readable.
pub(crate) fn write(
    engine: &mut dyn Engine,
    registry: Id,
    version: i64,
    visited: &[Visited],
    keeps_flips: &dyn Fn(u64) -> bool,
) -> Result<(), StoreError> {
    let mut blocks = BlockWrites::new(registry);
    let mut flips = RowBlock::new(&schema::DNC_BLOCK_CHANGES);
    for Visited { block, state, next } in visited {
        if state.members == *next {
            continue;
        }
        if keeps_flips(*block) {
            let flipped = state.members.difference_of_both(next);
            flips.push(registry);
            flips.push(integer(*block));
            flips.push(version);
            flips.push(Value::Bytes(&flipped.encode()));
        }
        blocks.put(*block, &state.members, next);
    }
    blocks.finish(engine)?;
    engine.bulk_write(&flips, OnConflict::Fail)?;
    Ok(())
}

/// What becomes of blocks, gathered to be written together: one without members has no row.
struct BlockWrites {
    registry: Id,
    new: RowBlock,
    changed: RowBlock,
    gone: Vec<u64>,
}

impl BlockWrites {
    const fn new(registry: Id) -> Self {
        Self {
            registry,
            new: RowBlock::new(&schema::DNC_BLOCKS),
            changed: RowBlock::new(&schema::DNC_BLOCKS),
            gone: Vec::new(),
        }
    }

    /// Makes `next` the members of a block that has those of `before`.
    fn put(&mut self, block: u64, before: &Members, next: &Members) {
        let rows = match (before.is_empty(), next.is_empty()) {
            (true, true) => return,
            (false, true) => return self.gone.push(block),
            (true, false) => &mut self.new,
            (false, false) => &mut self.changed,
        };
        rows.push(self.registry);
        rows.push(integer(block));
        rows.push(Value::Bytes(&next.encode()));
    }

    fn finish(self, engine: &mut dyn Engine) -> Result<(), StoreError> {
        for block in self.gone {
            delete(engine, self.registry, block)?;
        }
        engine.bulk_update(&self.changed)?;
        engine.bulk_write(&self.new, OnConflict::Fail)?;
        Ok(())
    }
}

fn delete(engine: &mut dyn Engine, registry: Id, block: u64) -> Result<(), StoreError> {
    engine.execute(
        "DELETE FROM dnc_blocks WHERE registry_id = ?1 AND block = ?2",
        &[registry.into(), integer(block)],
    )?;
    Ok(())
}

/// Takes back a part of what a version wrote; whether more is left.
///
/// Until all is taken back the version stays one that is loading, so nobody sees the difference.
pub(crate) fn take_back_some(
    engine: &mut dyn Engine,
    registry: Id,
    version: &Version,
    keeps_flips: &dyn Fn(u64) -> bool,
) -> Result<bool, StoreError> {
    let mut flipped: Vec<(u64, Members)> = Vec::new();
    engine.query(
        "SELECT block, flipped FROM dnc_block_changes WHERE registry_id = ?1 AND version = ?2 \
         ORDER BY block LIMIT ?3",
        &[
            registry.into(),
            version.version.into(),
            integer(BLOCKS_PER_STEP as u64),
        ],
        &mut |row| {
            flipped.push((block::block(row, 0)?, block::members(row, 1)?));
            Ok(())
        },
    )?;
    let mut blocks = BlockWrites::new(registry);
    for (block, flips) in &flipped {
        let (mut states, _) = block::read(engine, registry, (*block, *block), 1)?;
        let state = states.remove(block).unwrap_or_default();
        let before = state.members.difference_of_both(flips);
        blocks.put(*block, &state.members, &before);
        engine.execute(
            "DELETE FROM dnc_block_changes \
             WHERE registry_id = ?1 AND block = ?2 AND version = ?3",
            &[registry.into(), integer(*block), version.version.into()],
        )?;
    }
    blocks.finish(engine)?;
    if flipped.len() == BLOCKS_PER_STEP {
        return Ok(true);
    }
    take_back_new(engine, registry, version, keeps_flips)
}

/// Takes back blocks of which no older state is kept: before the version there was none.
fn take_back_new(
    engine: &mut dyn Engine,
    registry: Id,
    version: &Version,
    keeps_flips: &dyn Fn(u64) -> bool,
) -> Result<bool, StoreError> {
    let mut new: Vec<u64> = Vec::new();
    for (first, last) in version.area_codes.stretches() {
        let parameters = [registry.into(), integer(first), integer(last)];
        engine.query(
            "SELECT block FROM dnc_blocks \
             WHERE registry_id = ?1 AND block BETWEEN ?2 AND ?3 ORDER BY block",
            &parameters,
            &mut |row| {
                let block = block::block(row, 0)?;
                if new.len() < BLOCKS_PER_STEP && !keeps_flips(block) {
                    new.push(block);
                }
                Ok(())
            },
        )?;
    }
    for block in &new {
        delete(engine, registry, *block)?;
    }
    if new.len() == BLOCKS_PER_STEP {
        return Ok(true);
    }
    engine.execute(
        "DELETE FROM dnc_versions WHERE registry_id = ?1 AND version = ?2",
        &[registry.into(), version.version.into()],
    )?;
    Ok(false)
}
