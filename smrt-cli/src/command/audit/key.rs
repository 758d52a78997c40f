//! `smrt audit key`: a key pair for signing checkpoints.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;
use smrt_core::smrt::SigningKey;

use crate::error::CliError;
use crate::exit::Exit;
use crate::output::{self, Report};
use crate::ui::Ui;

const AFTER_HELP: &str = "\
The private key goes to the file, which only its owner may read; keep it away from the store.
The verifier key, with which checkpoints are verified, is printed; it is no secret.

Examples:
  smrt audit key example.com/audit --output audit.key
  smrt audit key example.com/audit --output audit.key > audit.pub";

/// Make a key pair with which checkpoints are signed and verified
#[derive(Debug, Args)]
#[command(after_long_help = AFTER_HELP)]
pub(crate) struct KeyArgs {
    /// The key's name, without white space and `+`; best something of yours, such as example.com/audit
    name: String,
    /// Where to write the private key; a file that is there stays as it is
    #[arg(long, value_name = "FILE")]
    output: PathBuf,
}

#[derive(Debug, Serialize)]
struct KeyReport {
    name: String,
    verifier_key: String,
    file: String,
}

impl Report for KeyReport {
    const SCHEMA: &'static str = "smrt.audit-key.v1";
    const TAG: &'static str = "audit_key";
    const CSV: &'static [&'static str] = &["name", "verifier_key", "file"];

    fn page(&self) -> String {
        format!("{}\n", self.verifier_key)
    }

    fn csv_rows(&self) -> Vec<Vec<String>> {
        vec![vec![
            self.name.clone(),
            self.verifier_key.clone(),
            self.file.clone(),
        ]]
    }
}

/// Who may read a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Readers {
    /// Whoever the system lets.
    Everybody,
    /// Only who made it.
    Owner,
}

pub(super) fn run(args: &KeyArgs, ui: &Ui) -> Result<Exit, CliError> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed)
        .map_err(|error| CliError::user(format!("the system gives no randomness: {error}")))?;
    let key = SigningKey::from_seed(&args.name, &seed)
        .map_err(|error| CliError::user(error.to_string()))?;
    write_new(&args.output, &format!("{}\n", key.reveal()), Readers::Owner)?;
    let report = KeyReport {
        name: args.name.clone(),
        verifier_key: key.verifier_key().to_string(),
        file: args.output.display().to_string(),
    };
    output::report(ui.format, &report)?;
    Ok(Exit::Done)
}

/// Writes a file where there is none.
pub(super) fn write_new(path: &Path, text: &str, readers: Readers) -> Result<(), CliError> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    if readers == Readers::Owner {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    #[cfg(not(unix))]
    let _ = readers;
    let written = options.open(path).and_then(|mut file| {
        file.write_all(text.as_bytes())
            .and_then(|()| file.sync_all())
    });
    written.map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => {
            CliError::user(format!("there is a file `{}` already", path.display()))
                .hint("nothing is overwritten; choose another path with `--output`")
        }
        _ => CliError::file(path.display(), &error),
    })
}
