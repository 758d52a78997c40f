//! `smrt db`: the store as a whole.

mod copy;
mod info;

use clap::Subcommand;
use serde::Serialize;
use smrt_core::store::{CheckReport, StoreDigest};

use crate::args::GlobalArgs;
use crate::context;
use crate::display::counted;
use crate::error::CliError;
use crate::exit::Exit;
use crate::output::{self, Report};
use crate::table::{Align, Table};
use crate::ui::Ui;

const DIGEST_HELP: &str = "\
It covers all tenants, whichever is named: it is for who runs the store.

Two stores with the same digest say the same, whatever the order in which it came in.
When records were recorded, and by which run, is left out.

Examples:
  smrt db digest
  smrt db digest --db copy.db --format json";

const CHECK_HELP: &str = "\
It covers all tenants, whichever is named: it is for who runs the store.

Exits with 1 when a check finds a fault.

Examples:
  smrt db check
  smrt db check --db copy.db --format json";

/// Check, compare, copy, back up and restore the store as a whole
#[derive(Debug, Subcommand)]
pub(crate) enum DbCommand {
    /// Print the logical digest of the store
    #[command(after_long_help = DIGEST_HELP)]
    Digest,
    /// Check the file, its references and the counts of its runs
    #[command(after_long_help = CHECK_HELP)]
    Check,
    /// Show the engine, the schema version, the size and the rows
    #[command(after_long_help = info::INFO_HELP)]
    Info,
    /// Bring the schema of an older store up to date
    #[command(after_long_help = info::MIGRATE_HELP)]
    Migrate,
    /// Copy a store to another place or engine, and compare
    #[command(after_long_help = copy::COPY_HELP)]
    Copy(copy::CopyArgs),
    /// Write the store into a new file while others go on writing
    #[command(after_long_help = copy::BACKUP_HELP)]
    Backup(copy::BackupArgs),
    /// Make the store from a backup
    #[command(after_long_help = copy::RESTORE_HELP)]
    Restore(copy::RestoreArgs),
}

#[derive(Debug, Serialize)]
struct Digest {
    digest: String,
    tables: Vec<DigestedTable>,
}

#[derive(Debug, Serialize)]
struct DigestedTable {
    table: &'static str,
    rows: u64,
    sum: String,
}

impl From<StoreDigest> for Digest {
    fn from(digest: StoreDigest) -> Self {
        let table = |table: &smrt_core::store::TableDigest| DigestedTable {
            table: table.table,
            rows: table.rows,
            sum: table.sum.to_string(),
        };
        Self {
            digest: digest.to_hex(),
            tables: digest.tables.iter().map(table).collect(),
        }
    }
}

impl Report for Digest {
    const SCHEMA: &'static str = "smrt.digest.v1";
    const TAG: &'static str = "digest";
    const CSV: &'static [&'static str] = &["table", "rows", "sum"];

    /// The digest alone, to be compared by eye or by `diff`.
    fn page(&self) -> String {
        format!("{}\n", self.digest)
    }

    fn csv_rows(&self) -> Vec<Vec<String>> {
        let row = |table: &DigestedTable| {
            vec![
                table.table.to_owned(),
                table.rows.to_string(),
                table.sum.clone(),
            ]
        };
        self.tables.iter().map(row).collect()
    }
}

#[derive(Debug, Serialize)]
struct Check {
    sound: bool,
    checks: Vec<CheckResult>,
}

#[derive(Debug, Serialize)]
struct CheckResult {
    check: String,
    faults: Vec<String>,
}

impl From<CheckReport> for Check {
    fn from(report: CheckReport) -> Self {
        let sound = report.is_sound();
        let result = |(check, faults): (String, Vec<String>)| CheckResult { check, faults };
        Self {
            sound,
            checks: report.checks.into_iter().map(result).collect(),
        }
    }
}

impl Report for Check {
    const SCHEMA: &'static str = "smrt.check.v1";
    const TAG: &'static str = "check";
    const CSV: &'static [&'static str] = &["check", "fault"];

    fn page(&self) -> String {
        let mut table = Table::block(&[Align::Left, Align::Left, Align::Left]);
        for result in &self.checks {
            let verdict = if result.faults.is_empty() {
                "ok"
            } else {
                "FAULT"
            };
            let mut faults = result.faults.iter();
            let first = faults.next().cloned().unwrap_or_default();
            table.push(vec![verdict.to_owned(), result.check.clone(), first]);
            for fault in faults {
                table.push(vec![String::new(), String::new(), fault.clone()]);
            }
        }
        let faulty = self.checks.iter().filter(|check| !check.faults.is_empty());
        let verdict = match faulty.count() as u64 {
            0 => format!(
                "sound: {} passed",
                counted(self.checks.len() as u64, "check", "checks")
            ),
            faulty => format!(
                "NOT SOUND: {} found faults",
                counted(faulty, "check", "checks")
            ),
        };
        format!("{}{verdict}\n", table.finish())
    }

    fn csv_rows(&self) -> Vec<Vec<String>> {
        let mut rows = Vec::new();
        for result in &self.checks {
            if result.faults.is_empty() {
                rows.push(vec![result.check.clone(), String::new()]);
            }
            for fault in &result.faults {
                rows.push(vec![result.check.clone(), fault.clone()]);
            }
        }
        rows
    }
}

pub(super) fn run(command: &DbCommand, global: &GlobalArgs, ui: &Ui) -> Result<Exit, CliError> {
    match command {
        DbCommand::Digest => digest(global, ui),
        DbCommand::Check => check(global, ui),
        DbCommand::Info => info::info(global, ui),
        DbCommand::Migrate => info::migrate(global, ui),
        DbCommand::Copy(args) => copy::copy(args, global, ui),
        DbCommand::Backup(args) => copy::backup(args, global, ui),
        DbCommand::Restore(args) => copy::restore(args, global, ui),
    }
}

fn digest(global: &GlobalArgs, ui: &Ui) -> Result<Exit, CliError> {
    let digest = Digest::from(context::smrt_for_reading(global)?.digest()?);
    if ui.is_verbose() {
        let mut table = Table::block(&[Align::Left, Align::Right, Align::Left]);
        for digested in digest.tables.iter().filter(|digested| digested.rows > 0) {
            let rows = counted(digested.rows, "row", "rows");
            table.push(vec![digested.table.to_owned(), rows, digested.sum.clone()]);
        }
        ui.note(table.finish().trim_end());
    }
    output::report(ui.format, &digest)?;
    Ok(Exit::Done)
}

fn check(global: &GlobalArgs, ui: &Ui) -> Result<Exit, CliError> {
    let check = Check::from(context::smrt_for_reading(global)?.check()?);
    let exit = if check.sound { Exit::Done } else { Exit::No };
    output::report(ui.format, &check)?;
    Ok(exit)
}
