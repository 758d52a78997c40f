//! What a user would do without smrt: the list in an indexed table, joined.

use std::error::Error;
use std::path::Path;
use std::time::Instant;

use rusqlite::Connection;

use super::list::Nation;
use super::tell;

/// How many numbers are inserted in a transaction.
const BATCH: usize = 1_000_000;

/// Loads one number in `part` into a table whose key they are, and joins a million with it.
pub(crate) fn measure(
    nation: &Nation,
    part: usize,
    lookups: usize,
    folder: &Path,
) -> Result<(), Box<dyn Error>> {
    let path = folder.join("peer.db");
    let connection = Connection::open(&path)?;
    connection.execute_batch(
        "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -262144;
         CREATE TABLE dnc (number INTEGER PRIMARY KEY);
         CREATE TEMP TABLE wanted (number INTEGER);",
    )?;
    let started = Instant::now();
    let mut rows = 0u64;
    let mut insert = connection.prepare("INSERT INTO dnc VALUES (?1)")?;
    connection.execute_batch("BEGIN")?;
    for (place, digits) in nation.digits().step_by(part).enumerate() {
        if place % BATCH == BATCH - 1 {
            connection.execute_batch("COMMIT; BEGIN")?;
        }
        insert.execute([i64::try_from(digits)?])?;
        rows += 1;
    }
    connection.execute_batch("COMMIT")?;
    let load = started.elapsed().as_secs_f64();

    let mut want = connection.prepare("INSERT INTO wanted VALUES (?1)")?;
    connection.execute_batch("BEGIN")?;
    for number in nation.sample(lookups) {
        want.execute([i64::try_from(number.digits() - 10_000_000_000)?])?;
    }
    connection.execute_batch("COMMIT")?;
    let started = Instant::now();
    let found: i64 = connection.query_one(
        "SELECT count(d.number) FROM wanted w LEFT JOIN dnc d ON d.number = w.number",
        [],
        |row| row.get(0),
    )?;
    let join = started.elapsed().as_secs_f64();
    let bytes = std::fs::metadata(&path)?.len();
    tell(format_args!(
        "An SQLite table with the numbers as its key, {rows} rows (one number in {part}): \
         loaded in {load:.1} s without reading a file, {bytes} bytes, {lookups} numbers joined in \
         {join:.2} s ({found} found). For the whole list times {part}."
    ))
}
