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

    /// How many bytes it takes in memory, about.
    pub(crate) fn size_bytes(&self) -> usize {
        let flips = self.flips.iter().map(|(_, flipped)| flipped.size_bytes());
        size_of::<Self>() + self.members.size_bytes() + flips.sum::<usize>()
    }
}

/// Reads the blocks from `first` to `last` that have, or ever had, a member; at most `limit` of
/// them.
pub(crate) fn read(
    engine: &mut dyn Engine,
    registry: Id,
    (first, last): (u64, u64),
    limit: usize,
) -> Result<BTreeMap<u64, BlockState>, StoreError> {
    let mut blocks = BTreeMap::<u64, BlockState>::new();
    let mut parameters = [
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
            blocks.entry(block(row, 0)?).or_default().members = members(row, 1)?;
            Ok(())
        },
    )?;
    // Behind the last block that was read, those with flips only are left for the next time.
    if let (true, Some((end, _))) = (blocks.len() == limit, blocks.last_key_value()) {
        parameters[2] = integer(*end);
    }
    engine.query(
        "SELECT block, version, flipped FROM dnc_block_changes \
         WHERE registry_id = ?1 AND block BETWEEN ?2 AND ?3 ORDER BY block, version",
        &parameters[..3],
        &mut |row| {
            let flips = &mut blocks.entry(block(row, 0)?).or_default().flips;
            flips.push((row.integer(1)?, members(row, 2)?));
            Ok(())
        },
    )?;
    Ok(blocks)
}

fn block(row: &dyn Row, column: usize) -> Result<u64, StoreError> {
    u64::try_from(row.integer(column)?).map_err(|_| damaged("a block has a negative number"))
}

fn members(row: &dyn Row, column: usize) -> Result<Members, StoreError> {
    Members::decode(row.bytes(column)?).ok_or_else(|| damaged("a block of numbers cannot be read"))
}

/// A block's number as a value.
pub(crate) fn integer(number: u64) -> Value<'static> {
    Value::Integer(i64::try_from(number).unwrap_or(i64::MAX))
}
