//! Reading a copy back, several tables at once, and comparing its sums with the source's.

use std::sync::mpsc::{Sender, channel};
use std::sync::{Mutex, PoisonError};

use super::{CopyProgress, connections, ended_early, select};
use crate::store::connect;
use crate::store::digest::{TableDigest, TableDigester};
use crate::store::engine::Access;
use crate::store::error::{StoreError, StoreErrorKind};
use crate::store::location::StoreLocation;
use crate::store::schema::{TABLES, Table};

/// Compares every table's sum with the one that is given for it.
pub(super) fn verify(
    target: &StoreLocation,
    sums: &[TableDigest],
    progress: &mut dyn FnMut(CopyProgress),
) -> Result<(), StoreError> {
    let tables = TABLES.iter().copied().zip(sums);
    let queue = &Mutex::new(tables);
    let (begun, told) = channel();
    std::thread::scope(|scope| {
        let readers: Vec<_> = (0..connections())
            .map(|_| {
                let begun = begun.clone();
                scope.spawn(move || verify_some(target, queue, &begun))
            })
            .collect();
        drop(begun);
        told.iter()
            .for_each(|table| progress(CopyProgress::Verifying { table }));
        readers
            .into_iter()
            .try_for_each(|reader| reader.join().map_err(|_| ended_early())?)
    })
}

/// Takes one table after the other from a queue and verifies it, on a connection of its own.
fn verify_some<'s>(
    target: &StoreLocation,
    queue: &Mutex<impl Iterator<Item = (&'static Table, &'s TableDigest)>>,
    begun: &Sender<&'static str>,
) -> Result<(), StoreError> {
    let mut target = connect::open(target, Access::Read)?;
    let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).next();
    while let Some((table, sum)) = next() {
        // Nobody listens any more: then nobody wants to know.
        let _ = begun.send(table.name);
        let mut found = TableDigester::new(table);
        target.query(&select(table), &[], &mut |row| {
            found.add(row, table.columns.len())
        })?;
        let found = found.digest;
        if found != *sum {
            return Err(StoreError::new(
                StoreErrorKind::Invalid,
                "copy",
                format!(
                    "the copy of `{}` is not what the source holds now: {} rows there, {} here; \
                     the source was changed since the copy began",
                    table.name, found.rows, sum.rows
                ),
            ));
        }
    }
    Ok(())
}
