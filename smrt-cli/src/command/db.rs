//! `smrt db`: the store as a whole.

use clap::Subcommand;
use smrt_core::store::Access;

use crate::args::GlobalArgs;
use crate::context;
use crate::error::CliError;
use crate::exit::Exit;
use crate::ui::Ui;

/// Check and compare the store as a whole
#[derive(Debug, Subcommand)]
pub(crate) enum DbCommand {
    /// Print the logical digest of the store
    Digest,
    /// Check the file, its references and the counts of its runs
    Check,
}

pub(crate) fn run(command: DbCommand, global: &GlobalArgs, ui: &Ui) -> Result<Exit, CliError> {
    let mut store = context::open(global, Access::Read)?;
    match command {
        DbCommand::Digest => {
            let digest = store.digest()?;
            for table in digest.tables.iter().filter(|table| table.rows > 0) {
                ui.note(format_args!("{:<24} {:>10} rows  {}", table.table, table.rows, table.sum));
            }
            ui.data(&format!("{}\n", digest.to_hex()))?;
            Ok(Exit::Done)
        }
        DbCommand::Check => {
            let report = store.check()?;
            for (name, faults) in &report.checks {
                let verdict = if faults.is_empty() { "ok" } else { "FAULT" };
                ui.data(&format!("{verdict:<6} {name}\n"))?;
                for fault in faults {
                    ui.data(&format!("       {fault}\n"))?;
                }
            }
            Ok(if report.is_sound() { Exit::Done } else { Exit::No })
        }
    }
}
