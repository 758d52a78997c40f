//! `smrt dnc add` and `smrt dnc remove`: a tenant's own lists, number by number.

use clap::Args;
use serde::Serialize;
use smrt_core::model::{Instant, RegistryKind};
use smrt_core::phone::{E164, Region};
use smrt_core::smrt::{DncRegistryKey, NewDncEntry, TenantSession};

use crate::args::GlobalArgs;
use crate::context;
use crate::display::counted;
use crate::error::CliError;
use crate::exit::Exit;
use crate::output::{self, Report};
use crate::phone_text;
use crate::ui::Ui;

pub(super) const ADD_HELP: &str = "\
A request not to be called counts from the moment it was made and never ends by itself. A number
that is on the list stays as it is.

Examples:
  smrt dnc add +13035550143 --reason 'asked in a call'
  smrt dnc add +13035550143 --asked 2026-11-20T15:04:00Z --reason letter
  smrt dnc add +13035550143 --kind litigator";

pub(super) const REMOVE_HELP: &str = "\
What held before still holds for the time before: a decision about a past day does not change.

Examples:
  smrt dnc remove +13035550143
  smrt dnc remove +13035550143 --kind litigator --registry suers";

/// Which of the tenant's own lists is meant.
#[derive(Debug, Args)]
struct ListArgs {
    /// The numbers, in any spelling
    #[arg(required = true)]
    numbers: Vec<String>,
    /// What kind of list: internal or litigator
    #[arg(long, value_name = "KIND", default_value = "internal")]
    kind: RegistryKind,
    /// What the list is called, where there are several of a kind
    #[arg(long, value_name = "NAME")]
    registry: Option<String>,
    /// Where numbers without a country code are from, such as US
    #[arg(long, value_name = "REGION")]
    region: Option<Region>,
}

#[derive(Debug, Args)]
pub(crate) struct AddArgs {
    #[command(flatten)]
    list: ListArgs,
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// When the person asked, if not now
    #[arg(long, value_name = "INSTANT")]
    asked: Option<Instant>,
}

#[derive(Debug, Args)]
pub(crate) struct RemoveArgs {
    #[command(flatten)]
    list: ListArgs,
}

impl ListArgs {
    fn key(&self) -> Result<DncRegistryKey, CliError> {
        if !self.kind.is_own() {
            return Err(CliError::user(
                "single numbers are kept on internal and litigator lists only",
            )
            .hint("`smrt dnc load` loads the list of a registry"));
        }
        Ok(DncRegistryKey::new(
            self.kind,
            None,
            self.registry.as_deref(),
        )?)
    }

    fn read(&self, session: &TenantSession<'_>) -> Result<Vec<E164>, CliError> {
        let region = self.region.or(session.tenant().settings.default_region);
        let numbers = self.numbers.iter();
        numbers
            .map(|text| Ok(phone_text::only_reading(text, region)?.e164()))
            .collect()
    }
}

#[derive(Debug, Serialize)]
struct Document {
    registry: String,
    kind: &'static str,
    numbers: u64,
    added: u64,
    removed: u64,
    #[serde(skip)]
    done: &'static str,
}

impl Report for Document {
    const SCHEMA: &'static str = "smrt.dnc-change.v1";
    const TAG: &'static str = "dnc_change";
    const CSV: &'static [&'static str] = &["registry", "kind", "numbers", "added", "removed"];

    fn page(&self) -> String {
        let changed = counted(self.added + self.removed, "number", "numbers");
        let left = match self.numbers - self.added - self.removed {
            0 => String::new(),
            left => format!(", {left} unchanged"),
        };
        format!("{changed} {} `{}`{left}\n", self.done, self.registry)
    }

    fn csv_rows(&self) -> Vec<Vec<String>> {
        vec![vec![
            self.registry.clone(),
            self.kind.to_owned(),
            self.numbers.to_string(),
            self.added.to_string(),
            self.removed.to_string(),
        ]]
    }
}

pub(super) fn add(args: &AddArgs, global: &GlobalArgs, ui: &Ui) -> Result<Exit, CliError> {
    let mut smrt = context::smrt(global)?;
    let mut session = context::session(&mut smrt, global)?;
    let now = context::now(global);
    let registry = args.list.key()?;
    let numbers = args.list.read(&session)?;
    let entries: Vec<NewDncEntry> = numbers
        .iter()
        .map(|number| NewDncEntry {
            number: *number,
            listed_at: args.asked.unwrap_or(now),
            reason: args.reason.clone(),
        })
        .collect();
    let added = session.add_dnc_entries(&registry, &entries, now)?;
    tell(&registry, numbers.len(), (added, 0), "put on", ui)?;
    Ok(Exit::Done)
}

pub(super) fn remove(args: &RemoveArgs, global: &GlobalArgs, ui: &Ui) -> Result<Exit, CliError> {
    let mut smrt = context::smrt(global)?;
    let mut session = context::session(&mut smrt, global)?;
    let registry = args.list.key()?;
    let numbers = args.list.read(&session)?;
    let removed = session.remove_dnc_entries(&registry, &numbers, context::now(global))?;
    tell(&registry, numbers.len(), (0, removed), "taken off", ui)?;
    match removed {
        0 => Ok(Exit::No),
        _ => Ok(Exit::Done),
    }
}

fn tell(
    registry: &DncRegistryKey,
    numbers: usize,
    (added, removed): (u64, u64),
    done: &'static str,
    ui: &Ui,
) -> Result<(), CliError> {
    let document = Document {
        registry: registry.name().to_owned(),
        kind: registry.kind().as_str(),
        numbers: numbers as u64,
        added,
        removed,
        done,
    };
    output::report(ui.format, &document)
}
