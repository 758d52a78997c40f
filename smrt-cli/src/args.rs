//! What is common to all commands.

use std::path::PathBuf;

use clap::{Args, Parser, ValueEnum};
use smrt_core::model::Instant;

use crate::command::Command;

/// Keep contact data that several organisations share: import it, find it, show where it came from
#[derive(Debug, Parser)]
#[command(name = "smrt", version, max_term_width = 100, disable_help_subcommand = true)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: GlobalArgs,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Options of every command.
#[derive(Debug, Clone, Args)]
pub(crate) struct GlobalArgs {
    /// The store: a path to an SQLite file
    #[arg(long, global = true, value_name = "PATH", env = "SMRT_DB", default_value = "smrt.db")]
    pub(crate) db: PathBuf,
    /// The tenant to act for, by its slug; needless while the store has only one
    #[arg(long, global = true, value_name = "SLUG", env = "SMRT_TENANT")]
    pub(crate) tenant: Option<String>,
    /// How rows and reports are written to stdout
    #[arg(long, global = true, value_enum, default_value_t = Format::Table)]
    pub(crate) format: Format,
    /// Act as if it were this instant, such as 2026-11-21T08:30:00Z
    #[arg(long, global = true, value_name = "INSTANT")]
    pub(crate) at: Option<Instant>,
    /// Say nothing on stderr but errors
    #[arg(long, short, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
    /// Say more on stderr
    #[arg(long, short, global = true)]
    pub(crate) verbose: bool,
    /// Show no progress
    #[arg(long, global = true)]
    pub(crate) no_progress: bool,
}

/// How output is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    Table,
    /// One JSON document
    Json,
    /// One JSON object a line
    Jsonl,
    /// Comma-separated values with a header
    Csv,
}
