//! `smrt audit verify`: whether trails are as they were appended, and as a checkpoint says.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;
use smrt_core::smrt::{CheckpointFault, CheckpointVerification, VerifierKey};
use smrt_core::store::{AuditFault, AuditVerification};

use crate::args::GlobalArgs;
use crate::context;
use crate::display::counted;
use crate::error::CliError;
use crate::exit::Exit;
use crate::output::{self, Row, Shape};
use crate::table::{left, right};
use crate::ui::Ui;

const AFTER_HELP: &str = "\
Every entry is hashed anew, and the first that is altered, missing, moved or one too many is named.
Without `--tenant` the trail of every tenant is verified, which is meant for whoever runs the store.

A checkpoint that was kept elsewhere proves more: that no one, not even with the right to write to
the store, rewrote or cut off what was there when it was made.

Exits with 1 when something is wrong.

Examples:
  smrt audit verify
  smrt audit verify --tenant acme --checkpoint acme.note --key \"$(cat audit.pub)\"";

/// More bytes than a note may have.
const NOTE_BYTES_READ: u64 = 1024 * 1024 + 1;

/// Verify that no entry of an audit trail was altered, removed or moved
#[derive(Debug, Args)]
#[command(after_long_help = AFTER_HELP)]
pub(crate) struct VerifyArgs {
    /// A checkpoint that the trail must continue
    #[arg(long, value_name = "FILE", requires = "key")]
    checkpoint: Option<PathBuf>,
    /// The verifier key of who signed the checkpoint, as `smrt audit key` printed it
    #[arg(long, value_name = "KEY", requires = "checkpoint")]
    key: Option<VerifierKey>,
}

/// What was found of one trail.
#[derive(Debug, Serialize)]
struct TrailRow {
    tenant: String,
    entries: u64,
    sound: bool,
    checkpoint_entries: Option<u64>,
    fault: Option<Fault>,
}

#[derive(Debug, Serialize)]
struct Fault {
    code: &'static str,
    sequence: Option<i64>,
    column: Option<&'static str>,
    message: String,
}

impl From<&AuditFault> for Fault {
    fn from(fault: &AuditFault) -> Self {
        Self {
            code: fault.code(),
            sequence: fault.sequence(),
            column: fault.column(),
            message: fault.to_string(),
        }
    }
}

impl From<&CheckpointFault> for Fault {
    fn from(fault: &CheckpointFault) -> Self {
        match fault.trail() {
            Some(fault) => Self::from(fault),
            None => Self {
                code: fault.code(),
                sequence: None,
                column: None,
                message: fault.to_string(),
            },
        }
    }
}

impl TrailRow {
    fn of_trail(tenant: String, verification: &AuditVerification) -> Self {
        let fault = verification.fault.as_ref().map(Fault::from);
        Self {
            tenant,
            entries: verification.entries,
            sound: fault.is_none(),
            checkpoint_entries: None,
            fault,
        }
    }

    fn of_checkpoint(tenant: String, verification: &CheckpointVerification) -> Self {
        let fault = verification.fault.as_ref().map(Fault::from);
        let checkpoint = verification.checkpoint.as_ref();
        Self {
            tenant,
            entries: verification.entries,
            sound: fault.is_none(),
            checkpoint_entries: checkpoint.map(|checkpoint| checkpoint.entries),
            fault,
        }
    }
}

impl Row for TrailRow {
    const SHAPE: &'static Shape = &Shape {
        schema: "smrt.audit-verification.v1",
        list: "trails",
        tag: "audit_trail",
        table: &[left("TENANT"), right("ENTRIES"), left("VERDICT")],
        csv: &[
            "tenant",
            "entries",
            "sound",
            "checkpoint_entries",
            "code",
            "sequence",
            "column",
            "message",
        ],
    };

    fn table_cells(&self) -> Vec<String> {
        let verdict = match (&self.fault, self.checkpoint_entries) {
            (Some(fault), _) => format!("NOT SOUND: {}", fault.message),
            (None, Some(entries)) => {
                let entries = counted(entries, "entry", "entries");
                format!("sound, and goes on from the checkpoint of {entries}")
            }
            (None, None) => "sound".to_owned(),
        };
        vec![self.tenant.clone(), self.entries.to_string(), verdict]
    }

    fn csv_cells(&self) -> Vec<String> {
        let number = |number: Option<u64>| number.map(|n| n.to_string()).unwrap_or_default();
        let fault = self.fault.as_ref();
        let sequence = fault.and_then(|fault| fault.sequence);
        let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
        vec![
            self.tenant.clone(),
            self.entries.to_string(),
            self.sound.to_string(),
            number(self.checkpoint_entries),
            text(fault.map(|fault| fault.code)),
            sequence.map(|n| n.to_string()).unwrap_or_default(),
            text(fault.and_then(|fault| fault.column)),
            text(fault.map(|fault| fault.message.as_str())),
        ]
    }
}

pub(super) fn run(args: &VerifyArgs, global: &GlobalArgs, ui: &Ui) -> Result<Exit, CliError> {
    let rows = match (&args.checkpoint, &args.key) {
        (Some(checkpoint), Some(key)) => vec![checked(checkpoint, key, global)?],
        _ => verified(global)?,
    };
    let is_sound = rows.iter().all(|row| row.sound);
    if output::listing(ui.format, rows)? == 0 {
        ui.note("the store has no tenant, so it has no trail");
    }
    match is_sound {
        true => Ok(Exit::Done),
        false => Ok(Exit::No),
    }
}

/// The trail of the named tenant held against a checkpoint.
fn checked(path: &Path, key: &VerifierKey, global: &GlobalArgs) -> Result<TrailRow, CliError> {
    let note = read(path).map_err(|error| CliError::file(path.display(), &error))?;
    let mut smrt = context::smrt(global)?;
    let mut session = context::session(&mut smrt, global)?;
    let verification = session
        .verify_checkpoint(&note, key)
        .map_err(|error| CliError::from(error).about(path.display()))?;
    let tenant = session.tenant().slug.clone();
    Ok(TrailRow::of_checkpoint(tenant, &verification))
}

fn read(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut note = Vec::new();
    File::open(path)?
        .take(NOTE_BYTES_READ)
        .read_to_end(&mut note)?;
    Ok(note)
}

/// The trail of the named tenant, or of all.
fn verified(global: &GlobalArgs) -> Result<Vec<TrailRow>, CliError> {
    let mut smrt = context::smrt(global)?;
    if global.tenant.is_some() {
        let mut session = context::session(&mut smrt, global)?;
        let verification = session.verify_audit()?;
        let tenant = session.tenant().slug.clone();
        return Ok(vec![TrailRow::of_trail(tenant, &verification)]);
    }
    let trails = smrt.verify_audit()?.into_iter();
    let rows = trails.map(|(tenant, found)| TrailRow::of_trail(tenant.slug, &found));
    Ok(rows.collect())
}
