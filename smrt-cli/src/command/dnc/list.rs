//! `smrt dnc list` and `smrt dnc versions`: what a tenant holds.

use clap::Args;
use serde::Serialize;
use smrt_core::model::Instant;
use smrt_core::smrt::{DncRegistry, DncVersion};

use super::named;
use crate::args::GlobalArgs;
use crate::context;
use crate::display::grouped;
use crate::error::CliError;
use crate::exit::Exit;
use crate::output::{self, Row, Shape};
use crate::table::{left, right};
use crate::ui::Ui;

pub(super) const LIST_HELP: &str = "\
The age is counted in days from the version's date, or from the day you obtained it if that was
earlier. Federal law protects calls on a list of at most 31 days.

Examples:
  smrt dnc list
  smrt dnc list --format json --at 2025-11-21";

pub(super) const VERSIONS_HELP: &str = "\
Examples:
  smrt dnc versions national-us
  smrt dnc versions national-us --format csv";

/// Microseconds of a day.
const DAY_MICROS: i64 = 86_400_000_000;

#[derive(Debug, Args)]
pub(crate) struct VersionsArgs {
    /// The registry, as `smrt dnc list` names it
    registry: String,
}

#[derive(Debug, Serialize)]
struct RegistryRow {
    registry: String,
    kind: &'static str,
    jurisdiction: Option<String>,
    version: Option<i64>,
    version_date: Option<String>,
    obtained_at: Option<String>,
    age_days: Option<i64>,
    area_codes: Option<String>,
    numbers: u64,
    entries: u64,
    id: String,
}

impl RegistryRow {
    fn new(registry: DncRegistry, now: Instant) -> Self {
        let newest = registry.versions.first();
        let age_days = |version: &DncVersion| {
            let since = version.version_date.min(version.obtained_at);
            (now.as_micros() - since.as_micros()) / DAY_MICROS
        };
        Self {
            kind: registry.kind.as_str(),
            version: newest.map(|newest| newest.version),
            version_date: newest.map(|newest| newest.version_date.to_string()),
            obtained_at: newest.map(|newest| newest.obtained_at.to_string()),
            age_days: newest.map(age_days),
            area_codes: newest.map(|newest| newest.area_codes.to_string()),
            numbers: registry.numbers,
            entries: registry.entries,
            id: registry.id.to_string(),
            registry: registry.name,
            jurisdiction: registry.jurisdiction,
        }
    }
}

impl Row for RegistryRow {
    const SHAPE: &'static Shape = &Shape {
        schema: "smrt.dnc-registries.v1",
        list: "registries",
        tag: "dnc_registry",
        table: &[
            left("REGISTRY"),
            left("KIND"),
            left("PLACE"),
            right("VERSION"),
            left("OF"),
            left("OBTAINED"),
            right("DAYS"),
            left("AREA CODES"),
            right("NUMBERS"),
            right("ENTRIES"),
        ],
        csv: &[
            "registry",
            "kind",
            "jurisdiction",
            "version",
            "version_date",
            "obtained_at",
            "age_days",
            "area_codes",
            "numbers",
            "entries",
            "id",
        ],
    };

    fn table_cells(&self) -> Vec<String> {
        let number = |number: Option<i64>| number.map(|number| number.to_string());
        let codes = self.area_codes.as_deref().map(|codes| match codes {
            "all" => codes.to_owned(),
            codes => codes.split(',').count().to_string(),
        });
        vec![
            self.registry.clone(),
            self.kind.to_owned(),
            self.jurisdiction.clone().unwrap_or_default(),
            number(self.version).unwrap_or_default(),
            self.version_date.clone().unwrap_or_default(),
            self.obtained_at.clone().unwrap_or_default(),
            number(self.age_days).unwrap_or_default(),
            codes.unwrap_or_default(),
            grouped(self.numbers),
            grouped(self.entries),
        ]
    }

    fn csv_cells(&self) -> Vec<String> {
        let number = |number: Option<i64>| number.map(|number| number.to_string());
        vec![
            self.registry.clone(),
            self.kind.to_owned(),
            self.jurisdiction.clone().unwrap_or_default(),
            number(self.version).unwrap_or_default(),
            self.version_date.clone().unwrap_or_default(),
            self.obtained_at.clone().unwrap_or_default(),
            number(self.age_days).unwrap_or_default(),
            self.area_codes.clone().unwrap_or_default(),
            self.numbers.to_string(),
            self.entries.to_string(),
            self.id.clone(),
        ]
    }
}

pub(super) fn run(global: &GlobalArgs, ui: &Ui) -> Result<Exit, CliError> {
    let mut smrt = context::smrt_for_reading(global)?;
    let mut session = context::session(&mut smrt, global)?;
    let now = context::now(global);
    let registries = session.dnc_registries(now)?;
    if registries.is_empty() {
        ui.note("no registry; `smrt dnc load` loads a list");
    }
    let rows = registries
        .into_iter()
        .map(|registry| RegistryRow::new(registry, now));
    output::listing(ui.format, rows)?;
    Ok(Exit::Done)
}

#[derive(Debug, Serialize)]
struct VersionRow {
    version: i64,
    kind: &'static str,
    version_date: String,
    obtained_at: String,
    area_codes: String,
    subscription_id: Option<String>,
    numbers: u64,
    added: u64,
    removed: u64,
    source_digest: String,
    recorded_at: String,
}

impl From<&DncVersion> for VersionRow {
    fn from(version: &DncVersion) -> Self {
        Self {
            version: version.version,
            kind: version.kind.as_str(),
            version_date: version.version_date.to_string(),
            obtained_at: version.obtained_at.to_string(),
            area_codes: version.area_codes.to_string(),
            subscription_id: version.subscription_id.clone(),
            numbers: version.numbers,
            added: version.added,
            removed: version.removed,
            source_digest: version.source_digest.clone(),
            recorded_at: version.recorded_at.to_string(),
        }
    }
}

impl Row for VersionRow {
    const SHAPE: &'static Shape = &Shape {
        schema: "smrt.dnc-versions.v1",
        list: "versions",
        tag: "dnc_version",
        table: &[
            right("VERSION"),
            left("KIND"),
            left("OF"),
            left("OBTAINED"),
            left("SUBSCRIPTION"),
            right("NUMBERS"),
            right("ADDED"),
            right("REMOVED"),
        ],
        csv: &[
            "version",
            "kind",
            "version_date",
            "obtained_at",
            "area_codes",
            "subscription_id",
            "numbers",
            "added",
            "removed",
            "source_digest",
            "recorded_at",
        ],
    };

    fn table_cells(&self) -> Vec<String> {
        vec![
            self.version.to_string(),
            self.kind.to_owned(),
            self.version_date.clone(),
            self.obtained_at.clone(),
            self.subscription_id.clone().unwrap_or_default(),
            grouped(self.numbers),
            grouped(self.added),
            grouped(self.removed),
        ]
    }

    fn csv_cells(&self) -> Vec<String> {
        vec![
            self.version.to_string(),
            self.kind.to_owned(),
            self.version_date.clone(),
            self.obtained_at.clone(),
            self.area_codes.clone(),
            self.subscription_id.clone().unwrap_or_default(),
            self.numbers.to_string(),
            self.added.to_string(),
            self.removed.to_string(),
            self.source_digest.clone(),
            self.recorded_at.clone(),
        ]
    }
}

pub(super) fn versions(
    args: &VersionsArgs,
    global: &GlobalArgs,
    ui: &Ui,
) -> Result<Exit, CliError> {
    let mut smrt = context::smrt_for_reading(global)?;
    let mut session = context::session(&mut smrt, global)?;
    let registry = named(&mut session, &args.registry, context::now(global))?;
    output::listing(ui.format, registry.versions.iter().map(VersionRow::from))?;
    Ok(Exit::Done)
}
