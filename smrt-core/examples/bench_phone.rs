//! Times the normaliser on a mixed world-wide set of phone numbers, beside two other crates.
//!
//! Run:  cargo run --release -p smrt-core --example bench_phone -- [COUNT] [SEED]
//!       cargo run --release -p smrt-core --example bench_phone -- write FILE [COUNT] [SEED]
//!       cargo run --release -p smrt-core --example bench_phone -- ours FILE [OUTPUT]
//!
//! The second form writes the set as `region<TAB>text` lines; the third times such a file and can
//! write our answers, one a line. `docs/bench/phone_peer.py` uses both to time Google's C++
//! library on the same file in the same run.

#![expect(clippy::print_stdout, reason = "a program for the terminal")]
#![expect(clippy::disallowed_methods, reason = "a stopwatch needs a clock")]
#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a program that may stop, and shared with the tests"
)]

#[path = "../tests/phone/mixed.rs"]
mod mixed;
#[path = "../tests/phone/random.rs"]
mod random;

use std::fs;
use std::hint::black_box;
use std::io::Write;
use std::time::{Duration, Instant};

use mixed::Row;
use rlibphonenumber::{PHONE_NUMBER_UTIL, Region as GoogleRegion};
use smrt_core::phone::{parse, parse_cell};

const COUNT: usize = 200_000;
/// The crate `phonenumber` is so slow on many countries that a small part of the set must do.
const COUNT_PHONENUMBER: usize = 2_000;
const REPETITIONS: usize = 9;
const STRETCH: usize = 2_000;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let argument = |place: usize| arguments.get(place).map(String::as_str);
    let number =
        |place: usize, default| argument(place).map_or(default, |text| text.parse().unwrap());
    match argument(0) {
        Some("write") => {
            let rows = mixed::rows(number(2, COUNT), number(3, 1) as u64);
            write(argument(1).unwrap_or("mixed.tsv"), &rows);
        }
        Some("ours") => time_file(argument(1).unwrap_or("mixed.tsv"), argument(2)),
        _ => compare(&mixed::rows(number(0, COUNT), number(1, 1) as u64)),
    }
}

fn write(path: &str, rows: &[Row]) {
    let mut file = std::io::BufWriter::new(fs::File::create(path).unwrap());
    for row in rows {
        writeln!(file, "{}\t{}", row.home, row.text).unwrap();
    }
}

/// Reads a line of a file of rows.
fn read(line: &str) -> Row {
    let (home, text) = line.split_once('\t').unwrap();
    Row {
        home: home.parse().unwrap(),
        text: text.to_owned(),
    }
}

/// Times our side on a file, first call and then the best of a few passes.
fn time_file(path: &str, output: Option<&str>) {
    let text = fs::read_to_string(path).unwrap();
    let rows: Vec<Row> = text.lines().map(read).collect();
    print_ours(&rows);
    if let Some(output) = output {
        let mut file = std::io::BufWriter::new(fs::File::create(output).unwrap());
        for row in &rows {
            match parse(&row.text, Some(row.home)) {
                Ok(number) => writeln!(file, "{}", number.e164()).unwrap(),
                Err(_) => writeln!(file, "-").unwrap(),
            }
        }
    }
}

fn print_ours(rows: &[Row]) -> f64 {
    let first = Instant::now();
    black_box(parse(black_box(&rows[0].text), Some(rows[0].home)).is_ok());
    let first = first.elapsed();
    let (best, valid) = best_pass(rows, |row| parse(&row.text, Some(row.home)).is_ok());
    println!(
        "smrt            {best:9.1} ns/number   first call {:8.3} ms   {valid} of {} valid",
        milliseconds(first),
        rows.len(),
    );
    best
}

fn compare(rows: &[Row]) {
    let memory_before = memory_peak_mb();
    let ours = print_ours(rows);
    let (cell, _) = best_pass(rows, |row| {
        parse_cell(&row.text, Some(row.home)).count() > 0
    });
    println!("smrt, as cells  {cell:9.1} ns/number");
    let slow = rows
        .iter()
        .filter(|row| smrt_core::phone::is_exotic(&row.text))
        .count();
    println!(
        "smrt: {slow} of {} rows took the slow path; peak memory {memory_before} MB before, {} MB after",
        rows.len(),
        memory_peak_mb(),
    );

    let first = Instant::now();
    black_box(google(&rows[0]));
    let first = first.elapsed();
    let (best, valid) = best_pass(rows, google);
    println!(
        "rlibphonenumber {best:9.1} ns/number   first call {:8.3} ms   {valid} valid   {:.1} times smrt   peak memory {} MB",
        milliseconds(first),
        best / ours,
        memory_peak_mb(),
    );

    let few = &rows[..rows.len().min(COUNT_PHONENUMBER)];
    let start = Instant::now();
    let valid = few.iter().filter(|row| phonenumber_crate(row)).count();
    let each = start.elapsed().as_nanos() as f64 / few.len() as f64;
    println!(
        "phonenumber     {each:9.1} ns/number   {valid} of {} valid   {:.0} times smrt",
        few.len(),
        each / ours,
    );
}

/// Nanoseconds a row and how many rows were valid.
///
/// The best of a few passes for each short stretch of rows, so that other programs on the same
/// machine disturb as little as they can.
fn best_pass(rows: &[Row], is_valid: impl Fn(&Row) -> bool) -> (f64, usize) {
    let stretches: Vec<&[Row]> = rows.chunks(STRETCH).collect();
    let mut best = vec![Duration::MAX; stretches.len()];
    let mut valid = 0;
    for _ in 0..REPETITIONS {
        valid = 0;
        for (best, stretch) in best.iter_mut().zip(&stretches) {
            let start = Instant::now();
            valid += stretch
                .iter()
                .filter(|row| is_valid(black_box(row)))
                .count();
            *best = start.elapsed().min(*best);
        }
    }
    let total: Duration = best.iter().sum();
    (total.as_nanos() as f64 / rows.len() as f64, valid)
}

fn google(row: &Row) -> bool {
    let home = GoogleRegion::from_code(row.home.as_str()).ok();
    PHONE_NUMBER_UTIL
        .parse(&row.text, home)
        .is_ok_and(|number| PHONE_NUMBER_UTIL.is_valid_number(&number))
}

fn phonenumber_crate(row: &Row) -> bool {
    phonenumber::parse(row.home.as_str().parse().ok(), &row.text)
        .is_ok_and(|number| phonenumber::is_valid(&number))
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_nanos() as f64 / 1e6
}

/// The most memory this process has used, in MB; 0 where the system does not tell.
fn memory_peak_mb() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = peak.and_then(|text| text.split_whitespace().next()?.parse().ok());
    kilobytes.unwrap_or(0u64) / 1024
}
