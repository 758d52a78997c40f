//! The commands, one file each: arguments, whose comments are the help, and what is done.

mod access;
mod audit;
mod check;
mod completions;
mod consent;
mod db;
mod dnc;
mod export;
mod find;
mod human;
mod import;
mod interaction;
mod link;
mod manual;
mod mapping;
mod number;
mod rules;
mod runs;
mod scrub;
mod share;
mod show;
mod tenant;
mod undo;

use clap::Subcommand;

use crate::args::Cli;
use crate::error::CliError;
use crate::exit::Exit;
use crate::ui::Ui;

/// What can be done.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Import(Box<import::ImportArgs>),
    Check(Box<check::CheckArgs>),
    Scrub(Box<scrub::ScrubArgs>),
    Export(Box<export::ExportArgs>),
    Find(find::FindArgs),
    Show(show::ShowArgs),
    #[command(subcommand)]
    Human(human::HumanCommand),
    #[command(subcommand)]
    Number(number::NumberCommand),
    #[command(subcommand)]
    Dnc(dnc::DncCommand),
    Link(link::LinkArgs),
    Unlink(link::UnlinkArgs),
    Share(share::ShareArgs),
    #[command(subcommand)]
    Access(access::AccessCommand),
    #[command(subcommand)]
    Consent(consent::ConsentCommand),
    #[command(subcommand)]
    Interaction(interaction::InteractionCommand),
    #[command(subcommand)]
    Mapping(mapping::MappingCommand),
    #[command(subcommand)]
    Rules(rules::RulesCommand),
    #[command(subcommand)]
    Runs(runs::RunsCommand),
    #[command(subcommand)]
    Tenant(tenant::TenantCommand),
    #[command(subcommand)]
    Audit(audit::AuditCommand),
    #[command(subcommand)]
    Db(db::DbCommand),
    Completions(completions::CompletionsArgs),
    Manual(manual::ManualArgs),
}

/// Runs the command that was asked for.
pub(crate) fn run(cli: Cli, ui: &Ui) -> Result<Exit, CliError> {
    let global = &cli.global;
    match cli.command {
        Command::Import(args) => import::run(&args, global, ui),
        Command::Check(args) => check::run(&args, global, ui),
        Command::Scrub(args) => scrub::run(&args, global, ui),
        Command::Export(args) => export::run(&args, global, ui),
        Command::Find(args) => find::run(&args, global, ui),
        Command::Show(args) => show::run(&args, global, ui),
        Command::Human(command) => human::run(&command, global, ui),
        Command::Number(command) => number::run(&command, global, ui),
        Command::Dnc(command) => dnc::run(&command, global, ui),
        Command::Link(args) => link::link(&args, global, ui),
        Command::Unlink(args) => link::unlink(&args, global, ui),
        Command::Share(args) => share::run(&args, global, ui),
        Command::Access(command) => access::run(&command, global, ui),
        Command::Consent(command) => consent::run(&command, global, ui),
        Command::Interaction(command) => interaction::run(&command, global, ui),
        Command::Mapping(command) => mapping::run(&command, ui),
        Command::Rules(command) => rules::run(&command, global, ui),
        Command::Runs(command) => runs::run(&command, global, ui),
        Command::Tenant(command) => tenant::run(command, global, ui),
        Command::Audit(command) => audit::run(&command, global, ui),
        Command::Db(command) => db::run(&command, global, ui),
        Command::Completions(args) => completions::run(&args),
        Command::Manual(args) => manual::run(&args, ui),
    }
}
