//! `smrt dnc`: Do-Not-Call registries.

mod check;
mod entry;
mod export;
mod list;
mod load;
mod progress;
mod reassigned;
mod sync;

use clap::Subcommand;
use smrt_core::model::Instant;
use smrt_core::smrt::{DncRegistry, TenantSession};

use crate::args::GlobalArgs;
use crate::error::CliError;
use crate::exit::Exit;
use crate::mapping_choice::nearest;
use crate::ui::Ui;

/// Keep Do-Not-Call registries: load lists, look numbers up, keep your own list
#[derive(Debug, Subcommand)]
pub(crate) enum DncCommand {
    /// Load a list: full or of changes, plain, `.gz` or `.zip`
    #[command(after_long_help = load::HELP)]
    Load(Box<load::LoadArgs>),
    /// List the registries you hold, and how old they are
    #[command(after_long_help = list::LIST_HELP)]
    List,
    /// List the versions of a registry that you obtained
    #[command(after_long_help = list::VERSIONS_HELP)]
    Versions(list::VersionsArgs),
    /// Say on which lists numbers are
    #[command(after_long_help = check::HELP)]
    Check(check::CheckArgs),
    /// Put a number on your own list
    #[command(after_long_help = entry::ADD_HELP)]
    Add(entry::AddArgs),
    /// Take a number off your own list; that it was there is kept
    #[command(after_long_help = entry::REMOVE_HELP)]
    Remove(entry::RemoveArgs),
    /// Bring the status of all your phone numbers up to date
    #[command(after_long_help = sync::HELP)]
    Sync,
    /// Write out the numbers of a registry
    #[command(after_long_help = export::HELP)]
    Export(export::ExportArgs),
}

pub(super) fn run(command: &DncCommand, global: &GlobalArgs, ui: &Ui) -> Result<Exit, CliError> {
    match command {
        DncCommand::Load(args) => load::run(args, global, ui),
        DncCommand::List => list::run(global, ui),
        DncCommand::Versions(args) => list::versions(args, global, ui),
        DncCommand::Check(args) => check::run(args, global, ui),
        DncCommand::Add(args) => entry::add(args, global, ui),
        DncCommand::Remove(args) => entry::remove(args, global, ui),
        DncCommand::Sync => sync::run(global, ui),
        DncCommand::Export(args) => export::run(args, global, ui),
    }
}

/// The registry of the tenant's with a name.
fn named(
    session: &mut TenantSession<'_>,
    name: &str,
    at: Instant,
) -> Result<DncRegistry, CliError> {
    let mut registries = session.dnc_registries(at)?;
    if let Some(place) = registries.iter().position(|registry| registry.name == name) {
        return Ok(registries.swap_remove(place));
    }
    let error = CliError::not_found(format!("you hold no registry `{name}`"));
    let names = registries.iter().map(|registry| registry.name.as_str());
    Err(match nearest(name, names) {
        Some(nearest) => error.hint(format!("is `{nearest}` meant?")),
        None => error.hint("`smrt dnc list` lists those you hold"),
    })
}
