//! `smrt audit`: who did what to which record, and the proof that nobody changed the record of it.

mod checkpoint;
mod key;
mod verify;

use clap::{Args, Subcommand};
use serde::Serialize;
use serde_json::Value as Json;
use smrt_core::model::{Id, Instant};
use smrt_core::smrt::TenantSession;
use smrt_core::store::{AuditEntry, AuditFilter};

use crate::args::GlobalArgs;
use crate::context;
use crate::error::CliError;
use crate::exit::Exit;
use crate::output::{self, Listing, Report, Row, Shape};
use crate::table::{Align, Table, left, right};
use crate::ui::Ui;

const LIST_HELP: &str = "\
The oldest entry comes first. A tenant sees its own trail only.

Examples:
  smrt audit list --action human.edit --since 2026-11-01
  smrt audit list --after 1200 --limit 50 --format jsonl";

const SHOW_HELP: &str = "\
Exits with 1 when there is no such entry.

Examples:
  smrt audit show 17
  smrt audit show 17 --tenant acme --format json";

/// Entries that are asked for at once, so that a long listing flows in bounded memory.
const PAGE_ENTRIES: u32 = 1_000;

/// Show the audit trail, verify it, and make checkpoints that prove it later
#[derive(Debug, Subcommand)]
pub(crate) enum AuditCommand {
    /// List entries of the tenant's audit trail
    #[command(after_long_help = LIST_HELP)]
    List(ListArgs),
    /// Show one entry in full, with its hashes
    #[command(after_long_help = SHOW_HELP)]
    Show {
        /// Its place in the tenant's trail, from 1
        sequence: i64,
    },
    Verify(verify::VerifyArgs),
    Checkpoint(checkpoint::CheckpointArgs),
    Key(key::KeyArgs),
}

/// Which entries.
#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// Only entries of this action, such as human.edit
    #[arg(long)]
    action: Option<String>,
    /// Only entries about the record with this id
    #[arg(long, value_name = "ID")]
    entity: Option<Id>,
    /// Only entries recorded at or after this instant
    #[arg(long, value_name = "INSTANT")]
    since: Option<Instant>,
    /// Only entries recorded before this instant
    #[arg(long, value_name = "INSTANT")]
    until: Option<Instant>,
    /// Only entries behind this place of the trail
    #[arg(long, value_name = "SEQUENCE")]
    after: Option<i64>,
    /// List at most so many entries
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    limit: u32,
}

/// An entry in every format.
#[derive(Debug, Serialize)]
struct EntryRow {
    sequence: i64,
    recorded_at: String,
    actor: String,
    action: String,
    entity_type: Option<&'static str>,
    entity_id: Option<String>,
    detail: Json,
}

impl EntryRow {
    /// What it was done to.
    fn entity(&self) -> String {
        let parts = [self.entity_type, self.entity_id.as_deref()];
        parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
    }

    /// The detail for people: an empty one says nothing.
    fn detail(&self) -> String {
        match &self.detail {
            Json::Object(members) if members.is_empty() => String::new(),
            detail => detail.to_string(),
        }
    }
}

impl From<&AuditEntry> for EntryRow {
    fn from(entry: &AuditEntry) -> Self {
        // A detail that was altered by hand may be no JSON; it is shown as the text it is.
        let detail = serde_json::from_str(&entry.detail);
        Self {
            sequence: entry.sequence,
            recorded_at: entry.recorded_at.to_string(),
            actor: entry.actor.clone(),
            action: entry.action.clone(),
            entity_type: entry.entity_type.map(|entity_type| entity_type.as_str()),
            entity_id: entry.entity_id.map(|id| id.to_string()),
            detail: detail.unwrap_or_else(|_| Json::String(entry.detail.clone())),
        }
    }
}

impl Row for EntryRow {
    const SHAPE: &'static Shape = &Shape {
        schema: "smrt.audit-entries.v1",
        list: "entries",
        tag: "audit_entry",
        table: &[
            right("ENTRY"),
            left("RECORDED"),
            left("ACTOR"),
            left("ACTION"),
            left("RECORD"),
            left("DETAIL"),
        ],
        csv: &[
            "sequence",
            "recorded_at",
            "actor",
            "action",
            "entity_type",
            "entity_id",
            "detail",
        ],
    };

    fn table_cells(&self) -> Vec<String> {
        vec![
            self.sequence.to_string(),
            self.recorded_at.clone(),
            self.actor.clone(),
            self.action.clone(),
            self.entity(),
            self.detail(),
        ]
    }

    fn csv_cells(&self) -> Vec<String> {
        vec![
            self.sequence.to_string(),
            self.recorded_at.clone(),
            self.actor.clone(),
            self.action.clone(),
            self.entity_type.unwrap_or_default().to_owned(),
            self.entity_id.clone().unwrap_or_default(),
            self.detail.to_string(),
        ]
    }
}

/// One entry with its hashes.
#[derive(Debug, Serialize)]
struct EntryReport {
    #[serde(flatten)]
    entry: EntryRow,
    leaf_hash: String,
    chain_hash: String,
}

impl Report for EntryReport {
    const SCHEMA: &'static str = "smrt.audit-entry.v1";
    const TAG: &'static str = "audit_entry";
    const CSV: &'static [&'static str] = &["measure", "value"];

    fn page(&self) -> String {
        let mut table = Table::block(&[Align::Left, Align::Left]);
        let lines = self.lines().into_iter();
        for (name, value) in lines.filter(|(_, value)| !value.is_empty()) {
            match (name, &self.entry.detail) {
                ("detail", Json::Object(members)) if members.values().any(Json::is_object) => {
                    let mut lines = Vec::new();
                    push_lines(None, &self.entry.detail, &mut lines);
                    for line in lines {
                        table.push(line.to_vec());
                    }
                }
                _ => {
                    table.push(vec![name.to_owned(), value]);
                }
            }
        }
        format!("entry {}\n{}", self.entry.sequence, table.finish())
    }

    fn csv_rows(&self) -> Vec<Vec<String>> {
        let sequence = vec!["sequence".to_owned(), self.entry.sequence.to_string()];
        let rows = self.lines().into_iter();
        let rows = rows.map(|(name, value)| vec![name.to_owned(), value]);
        std::iter::once(sequence).chain(rows).collect()
    }
}

/// A detail with parts, for people: a line for each part, and one for each item of a list.
fn push_lines(name: Option<&str>, json: &Json, lines: &mut Vec<[String; 2]>) {
    let plain = |json: &Json| match json {
        Json::String(text) => text.clone(),
        other => other.to_string(),
    };
    let line = |value: String| [name.unwrap_or_default().to_owned(), value];
    match json {
        Json::Null => {}
        Json::Object(members) => {
            for (member, value) in members {
                let name = name.map_or_else(|| member.clone(), |name| format!("{name}.{member}"));
                push_lines(Some(&name), value, lines);
            }
        }
        Json::Array(items) => {
            for item in items {
                let value = match item {
                    Json::Object(members) => {
                        let members = members.iter().filter(|(_, value)| !value.is_null());
                        let members =
                            members.map(|(name, value)| format!("{name} {}", plain(value)));
                        members.collect::<Vec<String>>().join(", ")
                    }
                    other => plain(other),
                };
                lines.push(line(value));
            }
        }
        other => lines.push(line(plain(other))),
    }
}

impl EntryReport {
    fn lines(&self) -> Vec<(&'static str, String)> {
        let entry = &self.entry;
        vec![
            ("recorded_at", entry.recorded_at.clone()),
            ("actor", entry.actor.clone()),
            ("action", entry.action.clone()),
            (
                "entity_type",
                entry.entity_type.unwrap_or_default().to_owned(),
            ),
            ("entity_id", entry.entity_id.clone().unwrap_or_default()),
            ("detail", entry.detail()),
            ("leaf_hash", self.leaf_hash.clone()),
            ("chain_hash", self.chain_hash.clone()),
        ]
    }
}

pub(super) fn run(command: &AuditCommand, global: &GlobalArgs, ui: &Ui) -> Result<Exit, CliError> {
    match command {
        AuditCommand::List(args) => list(args, global, ui),
        AuditCommand::Show { sequence } => show(*sequence, global, ui),
        AuditCommand::Verify(args) => verify::run(args, global, ui),
        AuditCommand::Checkpoint(args) => checkpoint::run(args, global, ui),
        AuditCommand::Key(args) => key::run(args, ui),
    }
}

fn list(args: &ListArgs, global: &GlobalArgs, ui: &Ui) -> Result<Exit, CliError> {
    let mut smrt = context::smrt(global)?;
    let mut session = context::session(&mut smrt, global)?;
    let mut filter = AuditFilter {
        after: args.after,
        action: args.action.clone(),
        entity_id: args.entity,
        since: args.since,
        until: args.until,
        limit: 0,
    };
    let mut listing = Listing::<EntryRow>::begin(ui.format)?;
    let there_are_more = list_pages(&mut session, &mut filter, args.limit, &mut listing)?;
    listing.finish()?;
    if there_are_more {
        let last = filter.after.unwrap_or_default();
        ui.note(format_args!(
            "the first {} are shown; `--after {last}` shows those that follow",
            args.limit
        ));
    }
    Ok(Exit::Done)
}

/// Lists page after page up to a limit, and says whether there are entries behind it.
fn list_pages(
    session: &mut TenantSession<'_>,
    filter: &mut AuditFilter,
    limit: u32,
    listing: &mut Listing<EntryRow>,
) -> Result<bool, CliError> {
    let mut left = limit;
    while left > 0 {
        filter.limit = left.min(PAGE_ENTRIES);
        let entries = session.audit_entries(filter)?;
        for entry in &entries {
            listing.row(&EntryRow::from(entry))?;
            filter.after = Some(entry.sequence);
            left -= 1;
        }
        if entries.len() < filter.limit as usize {
            return Ok(false);
        }
    }
    filter.limit = 1;
    Ok(!session.audit_entries(filter)?.is_empty())
}

fn show(sequence: i64, global: &GlobalArgs, ui: &Ui) -> Result<Exit, CliError> {
    let mut smrt = context::smrt(global)?;
    let mut session = context::session(&mut smrt, global)?;
    let Some(entry) = session.audit_entry(sequence)? else {
        return Err(CliError::not_found(format!(
            "there is no entry {sequence} in the audit trail of tenant `{}`",
            session.tenant().slug
        )));
    };
    let report = EntryReport {
        entry: EntryRow::from(&entry),
        leaf_hash: hex(&entry.leaf_hash),
        chain_hash: hex(&entry.chain_hash),
    };
    output::report(ui.format, &report)?;
    Ok(Exit::Done)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
