//! The commands, one file each.

mod db;
mod import;

use clap::Subcommand;

use crate::args::{Cli, GlobalArgs};
use crate::error::CliError;
use crate::exit::Exit;
use crate::ui::Ui;

/// What can be done.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Import(import::ImportArgs),
    #[command(subcommand)]
    Db(db::DbCommand),
}

/// Runs the command that was asked for.
pub(crate) fn run(cli: Cli, ui: &Ui) -> Result<Exit, CliError> {
    let global: &GlobalArgs = &cli.global;
    match cli.command {
        Command::Import(args) => import::run(args, global, ui),
        Command::Db(command) => db::run(command, global, ui),
    }
}
