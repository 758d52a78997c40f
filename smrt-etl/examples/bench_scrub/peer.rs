//! What a user would do without smrt: the registry in a table of SQLite, the list in another, and a
//! join. It answers one of the many questions that a scrub answers: is the number listed?

use std::error::Error;
use std::fs;
use std::path::Path;

use rusqlite::Connection;

use crate::data::registry;
use crate::timed;

/// Makes the table where there is none, and times the join.
pub(crate) fn compare(
    folder: &Path,
    list: &Path,
    numbers: u64,
    rounds: u64,
) -> Result<(), Box<dyn Error>> {
    let path = folder.join("peer.db");
    if !path.exists() {
        let (count, took) = timed(|| make_table(&path, numbers))?;
        println!(
            "SQLite table of {count} numbers made in {:.1} s",
            took.as_secs_f64()
        );
    }
    println!("SQLite table: {} MiB", fs::metadata(&path)?.len() >> 20);
    for _ in 0..rounds {
        let ((rows, listed), took) = timed(|| join(&path, list, folder))?;
        println!(
            "SQLite join: {:.2} s, {:.0} rows/s; {listed} of {rows} listed",
            took.as_secs_f64(),
            rows as f64 / took.as_secs_f64()
        );
    }
    Ok(())
}

/// The smallest and fastest table there is for it: the number is the key, sorted as it is written.
fn make_table(path: &Path, numbers: u64) -> Result<u64, Box<dyn Error>> {
    let mut connection = Connection::open(path)?;
    connection.execute_batch(
        "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;
         CREATE TABLE registry (phone INTEGER PRIMARY KEY);",
    )?;
    let transaction = connection.transaction()?;
    let mut count = 0;
    {
        let mut insert = transaction.prepare("INSERT INTO registry VALUES (?1)")?;
        for (block, members) in registry(numbers).blocks() {
            for member in members.iter() {
                let number = block * 10_000 + u64::from(member);
                insert.execute([i64::try_from(number)?])?;
                count += 1;
            }
        }
    }
    transaction.commit()?;
    Ok(count)
}

/// Reads the list into a table, joins it, and writes every row with the answer.
fn join(path: &Path, list: &Path, folder: &Path) -> Result<(u64, u64), Box<dyn Error>> {
    let mut connection = Connection::open(path)?;
    connection.execute_batch(
        "PRAGMA temp_store = MEMORY; PRAGMA mmap_size = 8589934592;
         CREATE TEMP TABLE list (name TEXT, phone TEXT, state TEXT, campaign TEXT, number INTEGER);",
    )?;
    let transaction = connection.transaction()?;
    {
        let mut insert = transaction.prepare("INSERT INTO list VALUES (?1, ?2, ?3, ?4, ?5)")?;
        let mut reader = csv::Reader::from_path(list)?;
        let mut row = csv::StringRecord::new();
        while reader.read_record(&mut row)? {
            let cell = |column: usize| row.get(column).unwrap_or_default();
            let digits = cell(1).bytes().filter(u8::is_ascii_digit);
            let number = digits.fold(1, |number: i64, digit| {
                number * 10 + i64::from(digit - b'0')
            });
            insert.execute((cell(0), cell(1), cell(2), cell(3), number))?;
        }
    }
    transaction.commit()?;
    let mut writer = csv::Writer::from_path(folder.join("joined.csv"))?;
    let mut statement = connection.prepare(
        "SELECT name, list.phone, state, campaign, registry.phone IS NOT NULL \
         FROM list LEFT JOIN registry ON registry.phone = list.number",
    )?;
    let mut rows = statement.query(())?;
    let (mut read, mut listed) = (0, 0);
    while let Some(row) = rows.next()? {
        let mut cells: Vec<String> = Vec::with_capacity(5);
        for column in 0..4 {
            cells.push(row.get(column)?);
        }
        let is_listed: bool = row.get(4)?;
        cells.push(if is_listed { "blocked" } else { "callable" }.to_owned());
        writer.write_record(&cells)?;
        read += 1;
        listed += u64::from(is_listed);
    }
    writer.flush()?;
    Ok((read, listed))
}
