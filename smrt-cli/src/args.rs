//! What is common to all commands.
//!
//! It parses and explains; what an option does is up to the commands.

use std::path::PathBuf;

use clap::{Args, Parser, ValueEnum};
use smrt_core::model::{Actor, Instant};
use smrt_core::store::StoreLocation;

use crate::command::Command;

/// Where the store is when nobody says.
pub(crate) const DB_DEFAULT: &str = "smrt.db";

const AFTER_HELP: &str = "\
Exit codes:
  0    done, or allowed
  1    the answer is no: nothing found, rows rejected, an undo blocked, a check failed
  2    wrong usage, or a failure
  130  interrupted

Data goes to stdout, everything else to stderr.

Examples:
  smrt import contacts.csv --region US
  smrt find '(202) 555-0143' --format json";

/// Keep contact data that several organisations share: import it, find it, show where it came from
#[derive(Debug, Parser)]
#[command(
    name = "smrt",
    version = version(),
    max_term_width = 100,
    disable_help_subcommand = true,
    after_long_help = AFTER_HELP
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: GlobalArgs,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Options of every command.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct GlobalArgs {
    /// The store: a path to an SQLite or DuckDB file, or a URL `postgres://user@host/database`
    #[arg(long, global = true, value_name = "STORE", env = "SMRT_DB", hide_env_values = true, default_value = DB_DEFAULT)]
    pub(crate) db: StoreLocation,
    /// The tenant to act for, by its slug; needless while the store has only one
    #[arg(
        long,
        global = true,
        value_name = "SLUG",
        env = "SMRT_TENANT",
        hide_env_values = true
    )]
    pub(crate) tenant: Option<String>,
    /// Who acts for the tenant, as the audit trail names them; by default the login name
    #[arg(
        long,
        global = true,
        value_name = "NAME",
        env = "SMRT_ACTOR",
        hide_env_values = true
    )]
    pub(crate) actor: Option<Actor>,
    /// A folder of rule files that are added to the built-in ones, or take their place by name
    #[arg(
        long,
        global = true,
        value_name = "DIR",
        env = "SMRT_RULES",
        hide_env_values = true
    )]
    pub(crate) rules: Option<PathBuf>,
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
    /// One JSON document, described in docs/json.md
    Json,
    /// One JSON object a line, each with a `type`
    Jsonl,
    /// Comma-separated values with a header, written as they are
    Csv,
}

fn version() -> String {
    format!(
        "{} (phone metadata {}, time zones {}, schema {})",
        env!("CARGO_PKG_VERSION"),
        smrt_core::phone::METADATA_VERSION,
        smrt_core::rules::place::ZONES_VERSION,
        smrt_core::store::schema_version()
    )
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    fn parses(line: &str) -> bool {
        Cli::try_parse_from(line.split_whitespace()).is_ok()
    }

    #[test]
    fn the_definition_contradicts_itself_nowhere() {
        Cli::command().debug_assert();
    }

    #[test]
    fn commands_are_taken_with_their_options_on_either_side() {
        for line in [
            "smrt import a.csv",
            "smrt --db x.db import a.csv --region US --max-rejects 2% --tenant acme",
            "smrt import - --delimiter ; --quote none --header-line 3",
            "smrt import a.csv --preset google --delimiter tab --input-format delimited",
            "smrt import undo 3 --dry-run",
            "smrt import undo 3 --db x.db",
            "smrt mapping guess a.csv --output m.toml",
            "smrt mapping check a.csv --mapping m.toml",
            "smrt tenant add acme --name Acme",
            "smrt runs show 1 --issues --format jsonl",
            "smrt find +12025550143 --limit 3",
            "smrt audit list --action human.edit --since 2026-11-01 --after 7 --limit 3",
            "smrt audit show 7",
            "smrt audit verify --tenant acme",
            "smrt audit checkpoint --key audit.key --output acme.note",
            "smrt audit key example.com/audit --output audit.key",
            "smrt db check -q",
            "smrt completions bash",
            "smrt rules list --jurisdiction US-FL --profile fcc_text --at 2026-10-18",
            "smrt rules list --all --rules own",
            "smrt rules show us.national_dnc",
            "smrt rules validate own",
        ] {
            assert!(parses(line), "{line}");
        }
    }

    #[test]
    fn options_that_exclude_each_other_are_refused() {
        for line in [
            "smrt",
            "smrt import",
            "smrt import a.csv --mapping m.toml --preset google",
            "smrt import a.csv --resume --dry-run",
            "smrt import a.csv --header-line 2 --no-header",
            "smrt import a.csv --header-line 0",
            "smrt import a.csv --region ZZ",
            "smrt import a.csv --delimiter ab",
            "smrt import a.csv --max-rejects 101%",
            "smrt import a.csv --on-conflict replace",
            "smrt import undo",
            "smrt import undo x",
            "smrt db digest -q -v",
            "smrt audit list --limit 0",
            "smrt audit list --entity x",
            "smrt audit show",
            "smrt audit verify --checkpoint acme.note",
            "smrt audit verify --key x",
            "smrt audit key example.com/audit",
            "smrt find",
            "smrt mapping check a.csv",
            "smrt rules list --jurisdiction florida",
            "smrt rules list --profile lax",
            "smrt rules show",
        ] {
            assert!(!parses(line), "{line}");
        }
    }
}
