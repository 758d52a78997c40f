//! Measures `smrt import` against the bare floor and against what a user would write in Python.
//!
//! Run with `cargo run --release -p smrt-etl --example bench_import`; `--help` lists the options.
//! The data is made from a seed, the peers run in the same session and in turn, and the result is
//! a Markdown report on stdout. Memory and processor time are read from `/proc`, so the full
//! report needs Linux.
//! What this program does not do: it does not judge. The targets stand in `docs/benchmarks.md`.

mod args;
mod child;
mod data;
mod floor;
mod person;
mod report;
mod smrt;

use std::error::Error;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use args::Args;
use child::Measured;
use floor::{Finished, Variant};
use report::Report;

/// How often a short command is timed.
const SHORT_RUNS: usize = 20;

fn main() -> Result<(), Box<dyn Error>> {
    let Some(args) = Args::from_command_line()? else {
        return Ok(writeln!(std::io::stdout(), "{}", args::HELP)?);
    };
    let temporary = match &args.folder {
        Some(folder) => {
            fs::create_dir_all(folder)?;
            None
        }
        None => Some(tempfile::tempdir()?),
    };
    let folder: PathBuf = match (&args.folder, &temporary) {
        (Some(folder), _) => folder.clone(),
        (None, Some(temporary)) => temporary.path().to_owned(),
        (None, None) => return Err("no folder".into()),
    };
    let program = smrt::program()?;
    let mut report = Report::new(&args);
    let store = measure_peers(&args, &folder, &program, &mut report)?;
    measure_short_commands(&program, &store, &mut report)?;
    if args.large > 0 {
        remove_stores(&folder)?;
        measure_large(&args, &folder, &program, &mut report)?;
    }
    if temporary.is_none() {
        remove_stores(&folder)?;
    }
    Ok(write!(std::io::stdout(), "{report}")?)
}

/// Runs smrt, the floor and the Python program in turn; returns a store that smrt made.
fn measure_peers(
    args: &Args,
    folder: &Path,
    program: &Path,
    report: &mut Report,
) -> Result<PathBuf, Box<dyn Error>> {
    let file = make_data(args, folder, args.rows)?;
    report.csv_bytes = fs::metadata(&file)?.len();
    let mapping = smrt::write_mapping(folder)?;
    let store = folder.join("smrt.db");
    let mut finished: Option<Finished> = None;
    let mut variants = Variant::ALL.to_vec();
    for round in 0..args.runs {
        let run = smrt::import(program, &file, &mapping, &store)?;
        note(format_args!("round {round}: smrt {run}"))?;
        report.smrt.push(run);
        if finished.is_none() {
            let rows = Finished::read(&store)?;
            report.store_bytes = fs::metadata(&store)?.len();
            report.tables = rows.table_counts();
            finished = Some(rows);
        }
        if let Some(finished) = &finished {
            for variant in &variants {
                let run = finished.insert(&folder.join("floor.db"), *variant)?;
                note(format_args!("round {round}: floor, {variant}: {run}"))?;
                report.floor(*variant, run);
            }
        }
        // The slow variants are measured once, the two that may be the floor in every round.
        variants = report.fastest_floors();
        if round < args.python_runs {
            let run = python(folder, &file, &store)?;
            match run {
                Some(run) => {
                    note(format_args!("round {round}: python {run}"))?;
                    report.python.push(run);
                    report.python_tables = floor::count_rows(&folder.join("python.db"))?;
                }
                None => report.python_missing = true,
            }
        }
    }
    Ok(store)
}

/// Runs the Python program; nothing where it cannot run here.
fn python(folder: &Path, file: &Path, store: &Path) -> Result<Option<Measured>, Box<dyn Error>> {
    let script = folder.join("peer.py");
    fs::write(&script, include_str!("peer.py"))?;
    let ready = std::process::Command::new("python3")
        .args(["-c", "import phonenumbers"])
        .stderr(std::process::Stdio::null())
        .status();
    if !ready.is_ok_and(|status| status.success()) {
        note(format_args!(
            "python3 with `phonenumbers` is not here; `pip install phonenumbers==9.0.42`"
        ))?;
        return Ok(None);
    }
    let made = folder.join("python.db");
    smrt::remove_store(&made)?;
    let schema = folder.join("schema.json");
    fs::write(&schema, floor::schema_json(store)?)?;
    let mut command = std::process::Command::new("python3");
    command.arg(&script).args([file, &schema, made.as_path()]);
    child::measure(&mut command).map(Some)
}

/// Times commands that should answer at once, in a store of many rows.
fn measure_short_commands(
    program: &Path,
    store: &Path,
    report: &mut Report,
) -> Result<(), Box<dyn Error>> {
    let number = floor::some_number(store)?;
    report.version = smrt::times(program, &["--version"], store, SHORT_RUNS)?;
    report.show = smrt::times(program, &["show", &number], store, SHORT_RUNS)?;
    Ok(())
}

/// Imports a file too large for the peers, to see that rate and memory stay.
fn measure_large(
    args: &Args,
    folder: &Path,
    program: &Path,
    report: &mut Report,
) -> Result<(), Box<dyn Error>> {
    let file = make_data(args, folder, args.large)?;
    let mapping = smrt::write_mapping(folder)?;
    let run = smrt::import(program, &file, &mapping, &folder.join("smrt.db"))?;
    note(format_args!("{} rows: smrt {run}", args.large))?;
    report.large = Some(run);
    fs::remove_file(file)?;
    Ok(())
}

/// The file of `rows` rows, made if it is not there yet.
fn make_data(args: &Args, folder: &Path, rows: u64) -> Result<PathBuf, Box<dyn Error>> {
    let file = folder.join(format!("contacts-{rows}-{}.csv", args.seed));
    if !file.exists() {
        note(format_args!("making {rows} rows"))?;
        data::write(&file, rows, args.seed)?;
    }
    Ok(file)
}

fn remove_stores(folder: &Path) -> Result<(), Box<dyn Error>> {
    for name in ["smrt.db", "floor.db", "python.db"] {
        smrt::remove_store(&folder.join(name))?;
    }
    Ok(())
}

/// Says on stderr what was just done; the report alone goes to stdout.
fn note(what: std::fmt::Arguments<'_>) -> Result<(), Box<dyn Error>> {
    Ok(writeln!(std::io::stderr(), "{what}")?)
}
