//! The options of the benchmark.
//!
//! What this module does not do: it knows no defaults that depend on the machine.

use std::error::Error;
use std::path::PathBuf;

/// The text of `--help`.
pub(crate) const HELP: &str = "\
Measure `smrt import` against the bare floor and a Python program

  --rows N         rows of the compared imports (1000000)
  --large N        rows of the large import, 0 for none (10000000)
  --runs N         rounds of smrt and floor, in turn (3)
  --python-runs N  rounds in which the Python program runs too (1)
  --skip-python    the same as --python-runs 0
  --folder DIR     where data and stores are made (a temporary folder);
                   the smaller CSV file stays there
  --seed N         what the data is made from (1)";

/// What to measure.
#[derive(Debug, Clone)]
pub(crate) struct Args {
    pub(crate) rows: u64,
    pub(crate) large: u64,
    pub(crate) runs: usize,
    pub(crate) python_runs: usize,
    pub(crate) folder: Option<PathBuf>,
    pub(crate) seed: u64,
}

impl Args {
    /// Reads the command line; nothing when help was asked for.
    pub(crate) fn from_command_line() -> Result<Option<Self>, Box<dyn Error>> {
        let mut args = Self {
            rows: 1_000_000,
            large: 10_000_000,
            runs: 3,
            python_runs: 1,
            folder: None,
            seed: 1,
        };
        let mut given = std::env::args().skip(1);
        while let Some(name) = given.next() {
            let mut value = || given.next().ok_or(format!("`{name}` needs a value"));
            match name.as_str() {
                "--rows" => args.rows = value()?.parse()?,
                "--large" => args.large = value()?.parse()?,
                "--runs" => args.runs = value()?.parse()?,
                "--python-runs" => args.python_runs = value()?.parse()?,
                "--skip-python" => args.python_runs = 0,
                "--folder" => args.folder = Some(value()?.into()),
                "--seed" => args.seed = value()?.parse()?,
                "--help" | "-h" => return Ok(None),
                _ => return Err(format!("unknown option `{name}`; see --help").into()),
            }
        }
        Ok(Some(args))
    }
}
