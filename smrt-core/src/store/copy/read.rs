//! Reading the source: one thread reads it in one state, another adds up what was read.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use super::{BLOCKS_WAITING, Part, ended_early, select};
use crate::store::digest::{TableDigest, TableDigester};
use crate::store::engine::Engine;
use crate::store::error::StoreError;
use crate::store::value::RowBlock;

/// Rows that are handed on at once.
const ROWS_PER_BLOCK: usize = 8_192;

/// Who gets the blocks that the target lacks: each writer in turn those of a whole transaction.
pub(super) struct Dealer {
    writers: Vec<SyncSender<Arc<RowBlock>>>,
    blocks_per_transaction: usize,
    dealt: usize,
}

impl Dealer {
    pub(super) const fn new(
        writers: Vec<SyncSender<Arc<RowBlock>>>,
        blocks_per_transaction: usize,
    ) -> Self {
        Self {
            writers,
            blocks_per_transaction,
            dealt: 0,
        }
    }

    fn deal(&mut self, block: Arc<RowBlock>) -> Result<(), StoreError> {
        let turn = (self.dealt / self.blocks_per_transaction) % self.writers.len();
        self.dealt += 1;
        let writer = self.writers.get(turn).ok_or_else(ended_early)?;
        writer.send(block).map_err(|_| ended_early())
    }
}

/// Reads every table, deals the rows that the target lacks, and gives the sums over all.
pub(super) fn read(
    source: &mut dyn Engine,
    plan: &[Part],
    mut dealer: Dealer,
) -> Result<Vec<TableDigest>, StoreError> {
    let (to_digester, blocks) = sync_channel(BLOCKS_WAITING);
    std::thread::scope(|scope| {
        let sums = scope.spawn(move || sums(plan, &blocks));
        let read = plan.iter().try_for_each(|part| {
            read_table(source, part, &mut |block, place| {
                let block = Arc::new(block);
                to_digester
                    .send(Arc::clone(&block))
                    .map_err(|_| ended_early())?;
                match place {
                    Place::Source => dealer.deal(block),
                    Place::Both => Ok(()),
                }
            })
        });
        // Without senders the others see where the rows end.
        drop((to_digester, dealer));
        let sums = sums.join().map_err(|_| ended_early());
        read.and(sums)
    })
}

/// Where a row is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// In the source only.
    Source,
    /// In the target too, by an interrupted copy.
    Both,
}

/// Hands on the rows of a table in blocks, each of which is of one place.
fn read_table(
    source: &mut dyn Engine,
    part: &Part,
    hand_on: &mut dyn FnMut(RowBlock, Place) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let place_of = |rows: u64| match rows <= part.rows_there {
        true => Place::Both,
        false => Place::Source,
    };
    let width = part.table.columns.len();
    let mut block = RowBlock::new(part.table);
    let mut rows = 0;
    source.query(&select(part.table), &[], &mut |row| {
        for column in 0..width {
            block.push(row.value(column)?);
        }
        rows += 1;
        if block.len() < ROWS_PER_BLOCK && rows != part.rows_there {
            return Ok(());
        }
        let full = std::mem::replace(&mut block, RowBlock::new(part.table));
        hand_on(full, place_of(rows))
    })?;
    match block.is_empty() {
        true => Ok(()),
        false => hand_on(block, place_of(rows)),
    }
}

/// The sums of all tables, whose blocks come in their order.
fn sums(plan: &[Part], blocks: &Receiver<Arc<RowBlock>>) -> Vec<TableDigest> {
    let mut next = blocks.recv().ok();
    let sum = |part: &Part| {
        let mut sum = TableDigester::new(part.table);
        while let Some(block) = next.take_if(|block| block.table().name == part.table.name) {
            sum.add_block(&block);
            next = blocks.recv().ok();
        }
        sum.digest
    };
    plan.iter().map(sum).collect()
}
