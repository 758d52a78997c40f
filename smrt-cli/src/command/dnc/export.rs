//! `smrt dnc export`: the numbers of a registry.

use clap::Args;
use serde::Serialize;
use smrt_core::model::Instant;
use smrt_core::smrt::{DncListed, SmrtError};

use super::named;
use crate::args::GlobalArgs;
use crate::context;
use crate::error::CliError;
use crate::exit::Exit;
use crate::output::{Listing, Row, Shape};
use crate::table::left;
use crate::ui::Ui;

pub(super) const HELP: &str = "\
Writes what the version you hold lists, in the area codes it covers, in order; of your own lists the
reasons too. `--at` writes what held at an earlier instant.

Examples:
  smrt dnc export internal --format csv > stop.csv
  smrt dnc export national-us --format jsonl --at 2025-11-21";

#[derive(Debug, Args)]
pub(crate) struct ExportArgs {
    /// The registry, as `smrt dnc list` names it
    registry: String,
    /// What was recorded by this instant; by default all that was recorded
    #[arg(long, value_name = "INSTANT")]
    known_at: Option<Instant>,
}

#[derive(Debug, Serialize)]
struct ListedRow {
    phone_number: String,
    listed_at: String,
    reason: Option<String>,
}

impl From<&DncListed> for ListedRow {
    fn from(listed: &DncListed) -> Self {
        Self {
            phone_number: listed.number.to_string(),
            listed_at: listed.listed_at.to_string(),
            reason: listed.reason.clone(),
        }
    }
}

impl Row for ListedRow {
    const SHAPE: &'static Shape = &Shape {
        schema: "smrt.dnc-numbers.v1",
        list: "numbers",
        tag: "dnc_number",
        table: &[left("PHONE NUMBER"), left("SINCE"), left("REASON")],
        csv: &["phone_number", "listed_at", "reason"],
    };

    fn table_cells(&self) -> Vec<String> {
        self.csv_cells()
    }

    fn csv_cells(&self) -> Vec<String> {
        vec![
            self.phone_number.clone(),
            self.listed_at.clone(),
            self.reason.clone().unwrap_or_default(),
        ]
    }
}

pub(super) fn run(args: &ExportArgs, global: &GlobalArgs, ui: &Ui) -> Result<Exit, CliError> {
    let mut smrt = context::smrt(global)?;
    let mut session = context::session(&mut smrt, global)?;
    let now = context::now(global);
    let registry = named(&mut session, &args.registry, now)?;
    let known_at = args.known_at.unwrap_or(Instant::from_micros(i64::MAX));
    let mut listing = Listing::<ListedRow>::begin(ui.format)?;
    let mut failed = None;
    let exported = session.export_dnc(registry.id, now, known_at, &mut |listed| {
        listing.row(&ListedRow::from(listed)).map_err(|error| {
            failed = Some(error);
            SmrtError::UnknownTenant
        })
    });
    if let Some(failed) = failed {
        return Err(failed);
    }
    exported?;
    listing.finish()?;
    Ok(Exit::Done)
}
