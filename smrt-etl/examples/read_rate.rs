//! Measures how fast a file is read: rows, bytes and time of one pass through `next_batch`.
//!
//! Run with `cargo run --release -p smrt-etl --example read_rate -- FILE`.

use std::io::Write as _;
use std::path::PathBuf;
use std::time::Instant;

use smrt_etl::record::RecordBatch;
use smrt_etl::source::{Input, Source, SourceOptions};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args_os().nth(1).ok_or("name a file")?;
    let started = Instant::now();
    let mut source = Source::open(Input::File(PathBuf::from(path)), &SourceOptions::default())?;
    let mut batch = RecordBatch::default();
    let (mut rows, mut fields, mut problems) = (0_u64, 0_u64, 0_u64);
    while source.next_batch(&mut batch)? {
        rows += batch.len() as u64;
        for record in batch.iter() {
            fields += record.len() as u64;
            problems += u64::from(record.problem().is_some());
        }
    }
    let seconds = started.elapsed().as_secs_f64();
    writeln!(
        std::io::stdout(),
        "{}\n{rows} rows, {fields} fields, {problems} problems, {} bytes in {seconds:.3} s: \
         {:.2} M rows/s, {:.0} MB/s",
        source.layout(),
        source.bytes_read(),
        rows as f64 / seconds / 1e6,
        source.bytes_read() as f64 / seconds / 1e6,
    )?;
    Ok(())
}
