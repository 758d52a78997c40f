//! Blocks of a registry's numbers, as of any version.

use std::collections::BTreeMap;

use super::damaged;
use crate::model::{Id, Members};
use crate::store::engine::Engine;
use crate::store::error::StoreError;
use crate::store::value::{Row, Value};

/// The members of a block after the last load, and how they came to be.
#[derive(Debug, Clone, Default)]
pub(crate) struct BlockState {
    pub(crate) members: Members,
    /// What each version flipped, by its number.
    pub(crate) flips: Vec<(i64, Members)>,
}

impl BlockState {
    /// The members as of a version.
    pub(crate) fn as_of(&self, version: i64) -> Members {
        let later = self.flips.iter().filter(|(of, _)| *of > version);
        let mut members = None;
        for (_, flipped) in later {
            members = Some(
                members
                    .as_ref()
                    .unwrap_or(&self.members)
                    .difference_of_both(flipped),
            );
        }
        members.unwrap_or_else(|| self.members.clone())
    }

    /// The members as of a version, and what all versions flipped.
    pub(crate) fn into_as_of(self, version: i64) -> (Members, Vec<(i64, Members)>) {
        match self.flips.iter().any(|(of, _)| *of > version) {
            true => (self.as_of(version), self.flips),
            false => (self.members, self.flips),
        }
    }

    /// How many bytes it takes in memory, about.
    pub(crate) fn size_bytes(&self) -> usize {
        let flips = self.flips.iter().map(|(_, flipped)| flipped.size_bytes());
        size_of::<Self>() + self.members.size_bytes() + flips.sum::<usize>()
    }
}

/// Reads the blocks from `first` to `last` that have, or ever had, a member. Once `limit` blocks
/// with members were read it ends, and says behind which block.
pub(crate) fn read(
    engine: &mut dyn Engine,
    registry: Id,
    (first, last): (u64, u64),
    limit: usize,
) -> Result<(BTreeMap<u64, BlockState>, Option<u64>), StoreError> {
    let mut blocks = BTreeMap::new();
    let stretch = (first, last);
    read_members(engine, registry, stretch, limit, &|_| true, &mut blocks)?;
    let end = match blocks.last_key_value() {
        Some((end, _)) if blocks.len() == limit && *end < last => Some(*end),
        _ => None,
    };
    let stretch = (first, end.unwrap_or(last));
    read_flips(engine, registry, stretch, &|_| true, &mut blocks)?;
    Ok((blocks, end))
}

/// Reads these blocks, which are in order, as far as they have, or ever had, a member.
pub(crate) fn read_these(
    engine: &mut dyn Engine,
    registry: Id,
    wanted: &[u64],
) -> Result<BTreeMap<u64, BlockState>, StoreError> {
    let mut blocks = BTreeMap::new();
    // Those that lie close together are read at once, and the ones between them passed over.
    let gap_max = engine.dialect().rows_worth_a_query();
    for near in wanted.chunk_by(|left, right| right.saturating_sub(*left) <= gap_max) {
        let (Some(first), Some(last)) = (near.first(), near.last()) else {
            continue;
        };
        let stretch = (*first, *last);
        let is_wanted = |block: u64| near.binary_search(&block).is_ok();
        read_members(
            engine,
            registry,
            stretch,
            usize::MAX,
            &is_wanted,
            &mut blocks,
        )?;
        read_flips(engine, registry, stretch, &is_wanted, &mut blocks)?;
    }
    Ok(blocks)
}

fn read_members(
    engine: &mut dyn Engine,
    registry: Id,
    (first, last): (u64, u64),
    limit: usize,
    is_wanted: &dyn Fn(u64) -> bool,
    blocks: &mut BTreeMap<u64, BlockState>,
) -> Result<(), StoreError> {
    let parameters = [
        registry.into(),
        integer(first),
        integer(last),
        integer(limit as u64),
    ];
    engine.query(
        "SELECT block, members FROM dnc_blocks \
         WHERE registry_id = ?1 AND block BETWEEN ?2 AND ?3 ORDER BY block LIMIT ?4",
        &parameters,
        &mut |row| {
            let block = block(row, 0)?;
            if is_wanted(block) {
                blocks.entry(block).or_default().members = members(row, 1)?;
            }
            Ok(())
        },
    )
}

fn read_flips(
    engine: &mut dyn Engine,
    registry: Id,
    (first, last): (u64, u64),
    is_wanted: &dyn Fn(u64) -> bool,
    blocks: &mut BTreeMap<u64, BlockState>,
) -> Result<(), StoreError> {
    let parameters = [registry.into(), integer(first), integer(last)];
    engine.query(
        "SELECT block, version, flipped FROM dnc_block_changes \
         WHERE registry_id = ?1 AND block BETWEEN ?2 AND ?3 ORDER BY block, version",
        &parameters,
        &mut |row| {
            let block = block(row, 0)?;
            if is_wanted(block) {
                let flips = &mut blocks.entry(block).or_default().flips;
                flips.push((row.integer(1)?, members(row, 2)?));
            }
            Ok(())
        },
    )
}

pub(super) fn block(row: &dyn Row, column: usize) -> Result<u64, StoreError> {
    u64::try_from(row.integer(column)?).map_err(|_| damaged("a block has a negative number"))
}

pub(super) fn members(row: &dyn Row, column: usize) -> Result<Members, StoreError> {
    Members::decode(row.bytes(column)?).ok_or_else(|| damaged("a block of numbers cannot be read"))
}

/// A block's number as a value.
pub(crate) fn integer(number: u64) -> Value<'static> {
    Value::Integer(i64::try_from(number).unwrap_or(i64::MAX))
}
