//! The figures of a session as Markdown.
//!
//! Ratios are ratios of medians; every time stands with its least and greatest.
//! What this module does not do: it measures nothing.

use std::fmt;
use std::time::Duration;

use crate::args::Args;
use crate::child::Measured;
use crate::floor::Variant;

/// What was measured.
#[derive(Debug)]
pub(crate) struct Report {
    rows: u64,
    rows_large: u64,
    seed: u64,
    pub(crate) csv_bytes: u64,
    pub(crate) store_bytes: u64,
    /// Rows of each table that smrt filled.
    pub(crate) tables: Vec<(String, u64)>,
    /// Rows of each table that the Python program filled.
    pub(crate) python_tables: Vec<(String, u64)>,
    pub(crate) smrt: Vec<Measured>,
    pub(crate) python: Vec<Measured>,
    pub(crate) python_missing: bool,
    pub(crate) large: Option<Measured>,
    floors: Vec<(Variant, Vec<Measured>)>,
    /// Times of `smrt --version`, rising; none when it failed.
    pub(crate) version: Vec<Duration>,
    /// Times of `smrt show NUMBER`, rising; none when it failed.
    pub(crate) show: Vec<Duration>,
}

impl Report {
    pub(crate) fn new(args: &Args) -> Self {
        Self {
            rows: args.rows,
            rows_large: args.large,
            seed: args.seed,
            csv_bytes: 0,
            store_bytes: 0,
            tables: Vec::new(),
            python_tables: Vec::new(),
            smrt: Vec::new(),
            python: Vec::new(),
            python_missing: false,
            large: None,
            floors: Vec::new(),
            version: Vec::new(),
            show: Vec::new(),
        }
    }

    /// Notes a run of the floor.
    pub(crate) fn floor(&mut self, variant: Variant, run: Measured) {
        match self.floors.iter_mut().find(|(known, _)| *known == variant) {
            Some((_, runs)) => runs.push(run),
            None => self.floors.push((variant, vec![run])),
        }
    }

    /// The two variants that were the fastest so far.
    pub(crate) fn fastest_floors(&self) -> Vec<Variant> {
        let mut floors: Vec<_> = self.floors.iter().collect();
        floors.sort_by(|(_, a), (_, b)| median(&walls(a)).total_cmp(&median(&walls(b))));
        floors.iter().take(2).map(|(variant, _)| *variant).collect()
    }

    /// The median of the fastest variant.
    fn floor_seconds(&self) -> f64 {
        let medians = self.floors.iter().map(|(_, runs)| median(&walls(runs)));
        medians.fold(f64::INFINITY, f64::min)
    }

    fn peers(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let smrt = walls(&self.smrt);
        writeln!(
            f,
            "| program | wall time | processor time | peak memory | rows a second | wall time to smrt's |"
        )?;
        writeln!(f, "|---|---|---|---|---|---|")?;
        let mut line = |name: &str, runs: &[Measured]| {
            let times = walls(runs);
            let rate = self.rows as f64 / median(&times);
            let ratio = median(&times) / median(&smrt);
            let (time, cpu, peak) = (spread(&times), cpu(runs), peak(runs));
            writeln!(
                f,
                "| {name} | {time} | {cpu} | {peak} | {rate:.0} | {ratio:.2} |"
            )
        };
        line("`smrt import`", &self.smrt)?;
        for (variant, runs) in &self.floors {
            line(&format!("floor, {variant}"), runs)?;
        }
        if !self.python.is_empty() {
            line("Python", &self.python)?;
        }
        if self.python_missing {
            writeln!(
                f,
                "\nThe Python program did not run: `phonenumbers` is not installed."
            )?;
        }
        Ok(())
    }

    fn ratios(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let smrt = median(&walls(&self.smrt));
        writeln!(
            f,
            "- smrt takes {:.2} times the floor.",
            smrt / self.floor_seconds()
        )?;
        if !self.python.is_empty() {
            let python = median(&walls(&self.python));
            writeln!(f, "- smrt is {:.1} times as fast as Python.", python / smrt)?;
        }
        if let Some(large) = &self.large {
            let rate = self.rows_large as f64 / large.wall.as_secs_f64();
            let small = self.rows as f64 / smrt;
            writeln!(
                f,
                "- {} rows: {large}; {rate:.0} rows a second, {:+.0} % against {} rows.",
                self.rows_large,
                (rate / small - 1.0) * 100.0,
                self.rows
            )?;
        }
        short(f, "--version", &self.version)?;
        short(f, "show NUMBER", &self.show)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} rows, seed {}, {} MB of CSV, {} MB of store.\n",
            self.rows,
            self.seed,
            self.csv_bytes / 1_000_000,
            self.store_bytes / 1_000_000
        )?;
        self.peers(f)?;
        writeln!(f)?;
        self.ratios(f)?;
        writeln!(
            f,
            "\n| table | rows by smrt and floor | rows by Python |\n|---|---|---|"
        )?;
        for (table, rows) in &self.tables {
            let python = self.python_tables.iter().find(|(name, _)| name == table);
            let python = python.map_or(String::new(), |(_, rows)| rows.to_string());
            writeln!(f, "| {table} | {rows} | {python} |")?;
        }
        Ok(())
    }
}

fn short(f: &mut fmt::Formatter<'_>, command: &str, times: &[Duration]) -> fmt::Result {
    let millis: Vec<f64> = times.iter().map(|time| time.as_secs_f64() * 1e3).collect();
    if millis.is_empty() {
        return writeln!(f, "- `smrt {command}` failed and was not measured.");
    }
    // The smallest time that is not exceeded in 95 of 100 runs.
    let late = (millis.len() * 95).div_ceil(100).saturating_sub(1);
    writeln!(
        f,
        "- `smrt {command}`, start to end: median {:.1} ms, 95th percentile {:.1} ms of {} runs.",
        median(&millis),
        millis.get(late).copied().unwrap_or(f64::NAN),
        millis.len()
    )
}

fn walls(runs: &[Measured]) -> Vec<f64> {
    runs.iter().map(|run| run.wall.as_secs_f64()).collect()
}

fn cpu(runs: &[Measured]) -> String {
    let seconds: Vec<f64> = runs.iter().map(|run| run.cpu_seconds).collect();
    format!("{:.2} s", median(&seconds))
}

/// The greatest peak of all runs; empty where none was measured.
fn peak(runs: &[Measured]) -> String {
    match runs.iter().map(|run| run.peak_kib).max().unwrap_or(0) {
        0 => String::new(),
        kib => format!("{:.0} MB", kib as f64 * 1024.0 / 1e6),
    }
}

/// Median, least and greatest.
fn spread(times: &[f64]) -> String {
    let least = times.iter().copied().fold(f64::INFINITY, f64::min);
    let greatest = times.iter().copied().fold(0.0, f64::max);
    format!("{:.2} s ({least:.2}–{greatest:.2})", median(times))
}

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    let at = |position: usize| sorted.get(position).copied().unwrap_or(f64::NAN);
    match sorted.len() % 2 {
        0 => (at(middle.wrapping_sub(1)) + at(middle)) / 2.0,
        _ => at(middle),
    }
}
