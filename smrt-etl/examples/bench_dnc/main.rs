//! Measures Do-Not-Call registries of a nation's size against what a user would do without them.
//!
//! Run with `cargo run --release -p smrt-etl --example bench_dnc -- [numbers] [peer-part]
//! [store]`, after `cargo build --release -p smrt-cli`. The list is made from a seed: by default 258 million numbers
//! over 363 area codes, a flat file of 3 GB in a temporary folder. The peer, an indexed table of
//! SQLite, gets one number in `peer-part` (10; 1 for all, 0 for no peer). The store is a new one at
//! any location, of itself a SQLite file in the temporary folder. The result is Markdown on stdout.
//! What this program does not do: it does not judge. The targets stand in `docs/benchmarks.md`.

#[path = "../bench_import/child.rs"]
mod child;
mod list;
mod peer;

use std::error::Error;
use std::fmt;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use list::Nation;
use smrt_core::model::Instant as Moment;
use smrt_core::phone::E164;
use smrt_core::smrt::Smrt;

/// How many changes the change list has.
const CHANGES: usize = 1_000_000;
/// How many numbers are looked up.
const LOOKUPS: usize = 1_000_000;
/// How often a short command is timed.
const SHORT_RUNS: usize = 51;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let numbers = arguments
        .next()
        .map_or(Ok(258_000_000), |text| text.parse())?;
    let part = arguments.next().map_or(Ok(10), |text| text.parse())?;
    let folder = tempfile::tempdir()?;
    let bench = Bench {
        program: program()?,
        folder: folder.path().to_owned(),
        store: match arguments.next() {
            Some(store) if store.contains("://") => store,
            // The program is run in a folder of its own.
            Some(store) => std::path::absolute(store)?.display().to_string(),
            None => folder.path().join("smrt.db").display().to_string(),
        },
    };
    let load_average = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    tell(format_args!("load of the machine: {load_average}"))?;

    let started = Instant::now();
    let nation = Nation::new(numbers)?;
    let file = folder.path().join("national.txt");
    nation.write(&file)?;
    let bytes = fs::metadata(&file)?.len();
    tell(format_args!(
        "{} numbers in {} exchanges, {bytes} bytes, made in {:.1} s\n",
        nation.len(),
        nation.exchanges(),
        started.elapsed().as_secs_f64()
    ))?;

    tell("| step | time | processor | memory |\n|---|---:|---:|---:|")?;
    bench.load(
        "full list",
        &file,
        &["--area-codes", "all", "--version-date", "2026-11-01"],
    )?;
    let store_bytes = bench.store_bytes()?;
    fs::remove_file(&file)?;
    bench.exact(&nation)?;

    let changes = folder.path().join("changes.txt");
    nation.write_changes(&changes, CHANGES)?;
    bench.load(
        "change list, 1,000,000 lines",
        &changes,
        &[
            "--change",
            "--base",
            "2026-11-01",
            "--version-date",
            "2026-11-08",
        ],
    )?;
    bench.single()?;
    bench.batch(&nation)?;
    tell(format_args!(
        "\nstore: {store_bytes} bytes after the full list, {} after the change list\n",
        bench.store_bytes()?
    ))?;
    match part {
        0 => Ok(()),
        _ => peer::measure(&nation, part, LOOKUPS, folder.path()),
    }
}

/// Writes a line of the result.
fn tell(line: impl fmt::Display) -> Result<(), Box<dyn Error>> {
    let mut stdout = std::io::stdout();
    writeln!(stdout, "{line}")?;
    Ok(stdout.flush()?)
}

struct Bench {
    program: PathBuf,
    folder: PathBuf,
    store: String,
}

impl Bench {
    fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.env_clear().current_dir(&self.folder);
        command
            .args(["--no-progress", "--tenant", "acme", "--db"])
            .arg(&self.store);
        command
    }

    fn load(&self, name: &str, file: &Path, options: &[&str]) -> Result<(), Box<dyn Error>> {
        let mut command = self.command();
        command.args(["dnc", "load", "--kind", "national", "--jurisdiction", "US"]);
        let measured = child::measure(command.args(options).arg(file))?;
        tell(format_args!(
            "| {name} | {:.2} s | {:.2} s | {} MiB |",
            measured.wall.as_secs_f64(),
            measured.cpu_seconds,
            measured.peak_kib / 1024
        ))
    }

    fn store_bytes(&self) -> Result<u64, Box<dyn Error>> {
        Ok(Smrt::open(&self.store)?.info()?.size_bytes)
    }

    /// Looks numbers up of which it is known whether they are listed.
    fn exact(&self, nation: &Nation) -> Result<(), Box<dyn Error>> {
        let mut smrt = Smrt::open(&self.store)?;
        let mut session = smrt.tenant("acme")?.acting_as("bench".parse()?);
        let now = Moment::from_chrono(chrono::Utc::now());
        let numbers = nation.sample(LOOKUPS);
        let facts = session.check_dnc(&numbers, now, now)?;
        let answers = facts.iter().map(|facts| {
            facts
                .registries
                .first()
                .is_some_and(|fact| fact.listed_since.is_some())
        });
        let wrong = numbers
            .iter()
            .zip(answers)
            .filter(|(number, listed)| nation.contains(**number) != *listed)
            .count();
        match wrong {
            0 => Ok(()),
            wrong => Err(format!("{wrong} of {LOOKUPS} answers are wrong").into()),
        }
    }

    fn single(&self) -> Result<(), Box<dyn Error>> {
        let mut times = Vec::with_capacity(SHORT_RUNS);
        for _ in 0..SHORT_RUNS {
            let started = Instant::now();
            self.command()
                .args(["dnc", "check", "+13035550143"])
                .output()?;
            times.push(started.elapsed());
        }
        times.sort_unstable();
        let median = times.get(SHORT_RUNS / 2).copied().unwrap_or_default();
        let longest = times.last().copied().unwrap_or_default();
        tell(format_args!(
            "| check of one number, start to end | {} median, {} at most | | |",
            millis(median),
            millis(longest)
        ))
    }

    fn batch(&self, nation: &Nation) -> Result<(), Box<dyn Error>> {
        let mut smrt = Smrt::open(&self.store)?;
        let mut session = smrt.tenant("acme")?.acting_as("bench".parse()?);
        let now = Moment::from_chrono(chrono::Utc::now());
        let numbers: Vec<E164> = nation.sample(LOOKUPS);
        let (started, cpu_before) = (Instant::now(), child::own_cpu_seconds());
        let facts = session.check_dnc(&numbers, now, now)?;
        let (elapsed, cpu) = (started.elapsed(), child::own_cpu_seconds() - cpu_before);
        tell(format_args!(
            "| {} random numbers in one call, {:.0} numbers/s | {:.2} s | {cpu:.2} s | |",
            facts.len(),
            facts.len() as f64 / elapsed.as_secs_f64(),
            elapsed.as_secs_f64(),
        ))
    }
}

fn millis(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1_000.0)
}

/// The program, beside this one's folder.
fn program() -> Result<PathBuf, Box<dyn Error>> {
    let own = std::env::current_exe()?;
    let folder = own
        .parent()
        .and_then(Path::parent)
        .ok_or("no folder of programs")?;
    let program = folder.join("smrt");
    match program.is_file() {
        true => Ok(program),
        false => Err("build it first: cargo build --release -p smrt-cli".into()),
    }
}
