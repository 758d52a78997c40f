//! `smrt audit checkpoint`: what the trail is now, signed, to be kept elsewhere.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;
use smrt_core::smrt::SigningKey;

use super::key::{Readers, write_new};
use crate::args::GlobalArgs;
use crate::context;
use crate::error::CliError;
use crate::exit::Exit;
use crate::output::{self, Report};
use crate::ui::Ui;

const AFTER_HELP: &str = "\
The trail is verified first; one that is not sound gets no checkpoint, and the exit code is 1.
Keep checkpoints where nobody who can write to the store can replace them.
Without `--key` what would be signed is printed.

Examples:
  smrt audit checkpoint --key audit.key --output acme-2026-11-21.note
  smrt audit checkpoint --tenant acme --format json";

/// The longest file that is read for a key.
const KEY_BYTES_MAX: u64 = 4 * 1024;

/// Make a checkpoint of the tenant's audit trail
#[derive(Debug, Args)]
#[command(after_long_help = AFTER_HELP)]
pub(crate) struct CheckpointArgs {
    /// The private key to sign with, a file that `smrt audit key` made
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// Where to write the checkpoint, instead of stdout; a file that is there stays as it is
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Debug, Serialize)]
struct CheckpointReport {
    origin: String,
    entries: u64,
    root_hash: String,
    signed: bool,
    note: String,
    #[serde(skip)]
    is_written: bool,
}

impl Report for CheckpointReport {
    const SCHEMA: &'static str = "smrt.audit-checkpoint.v1";
    const TAG: &'static str = "audit_checkpoint";
    const CSV: &'static [&'static str] = &["origin", "entries", "root_hash", "signed", "note"];

    fn page(&self) -> String {
        match self.is_written {
            true => String::new(),
            false => self.note.clone(),
        }
    }

    fn csv_rows(&self) -> Vec<Vec<String>> {
        vec![vec![
            self.origin.clone(),
            self.entries.to_string(),
            self.root_hash.clone(),
            self.signed.to_string(),
            self.note.clone(),
        ]]
    }
}

pub(super) fn run(args: &CheckpointArgs, global: &GlobalArgs, ui: &Ui) -> Result<Exit, CliError> {
    let key = args.key.as_deref().map(read_key).transpose()?;
    let mut smrt = context::smrt(global)?;
    let checkpoint = context::session(&mut smrt, global)?.audit_checkpoint()?;
    let note = match &key {
        Some(key) => checkpoint.sign(key),
        None => checkpoint.to_string(),
    };
    if let Some(path) = &args.output {
        write_new(path, &note, Readers::Everybody)?;
        ui.note(format_args!("wrote `{}`", path.display()));
    }
    let report = CheckpointReport {
        root_hash: super::hex(&checkpoint.root_hash),
        origin: checkpoint.origin,
        entries: checkpoint.entries,
        signed: key.is_some(),
        note,
        is_written: args.output.is_some(),
    };
    output::report(ui.format, &report)?;
    Ok(Exit::Done)
}

fn read_key(path: &Path) -> Result<SigningKey, CliError> {
    let mut text = String::new();
    File::open(path)
        .and_then(|file| file.take(KEY_BYTES_MAX).read_to_string(&mut text))
        .map_err(|error| CliError::file(path.display(), &error))?;
    text.parse().map_err(|error| {
        CliError::user(format!("`{}`: {error}", path.display()))
            .hint("make a key with `smrt audit key NAME --output FILE`")
    })
}
