//! `smrt consent export`: the ledger as a file, and the opt-outs for other systems.

use clap::Args;
use serde::Serialize;
use smrt_core::smrt::{OptOut, PageRequest};

use super::event::{self, EventRow};
use crate::args::{Format, GlobalArgs};
use crate::context;
use crate::error::CliError;
use crate::exit::Exit;
use crate::output::{self, Listing, Row, Shape};
use crate::table::left;
use crate::ui::Ui;

const AFTER_HELP: &str = "\
Writes CSV, or with `--format jsonl` JSON Lines, that `smrt consent import` reads again: an event \
that stands in the ledger is unchanged there.
`--optouts` writes what is withdrawn, refused or objected to now and was not given again: one line \
for each number and type.

Examples:
  smrt consent export > ledger.csv
  smrt consent export --optouts --at 2026-11-21 > suppress.csv";

/// Records that are read at once, so that a long ledger flows in bounded memory.
const PAGE_RECORDS: u32 = 1_000;

/// Write the tenant's ledger, or what is withdrawn, to a file
#[derive(Debug, Args)]
#[command(after_long_help = AFTER_HELP)]
pub(crate) struct ExportArgs {
    /// Only the number or the human
    #[arg(long, value_name = "NUMBER", conflicts_with = "optouts")]
    number: Option<String>,
    /// Only what counts for a human, by the id
    #[arg(long, value_name = "ID", conflicts_with_all = ["optouts", "number"])]
    human: Option<smrt_core::model::Id>,
    /// What is withdrawn now, for uploading elsewhere
    #[arg(long)]
    optouts: bool,
}

/// An opt-out in every format.
#[derive(Debug, Serialize)]
struct OptOutRow {
    phone_number: Option<String>,
    human_id: Option<String>,
    consent_type: String,
    consent_date: Option<String>,
    event: String,
}

impl From<OptOut> for OptOutRow {
    fn from(out: OptOut) -> Self {
        Self {
            phone_number: out.phone_number,
            human_id: out.human_id.map(|id| id.to_string()),
            consent_type: out.scope.to_string(),
            consent_date: out.acted_at.map(|at| at.to_string()),
            event: out.event.to_string(),
        }
    }
}

impl OptOutRow {
    fn cells(&self) -> Vec<String> {
        vec![
            self.phone_number.clone().unwrap_or_default(),
            self.human_id.clone().unwrap_or_default(),
            self.consent_type.clone(),
            self.consent_date.clone().unwrap_or_default(),
            self.event.clone(),
        ]
    }
}

impl Row for OptOutRow {
    const SHAPE: &'static Shape = &Shape {
        schema: "smrt.consent-opt-outs.v1",
        list: "opt_outs",
        tag: "opt_out",
        table: &[
            left("PHONE NUMBER"),
            left("HUMAN"),
            left("ABOUT"),
            left("ACTED"),
            left("EVENT"),
        ],
        csv: &[
            "phone_number",
            "human_id",
            "consent_type",
            "consent_date",
            "event",
        ],
    };

    fn table_cells(&self) -> Vec<String> {
        self.cells()
    }

    fn csv_cells(&self) -> Vec<String> {
        self.cells()
    }
}

pub(super) fn run(args: &ExportArgs, global: &GlobalArgs, ui: &Ui) -> Result<Exit, CliError> {
    let at = context::now(global);
    // A file is not for reading by people.
    let format = match ui.format {
        Format::Table => Format::Csv,
        format => format,
    };
    let mut smrt = context::smrt(global)?;
    let mut session = context::session(&mut smrt, global)?;
    if args.optouts {
        let outs = session.consent_opt_outs(at)?;
        output::listing(format, outs.into_iter().map(OptOutRow::from))?;
        return Ok(Exit::Done);
    }
    if args.number.is_some() || args.human.is_some() {
        let subject = super::SubjectArgs {
            number: args.number.clone(),
            human: args.human,
            region: None,
        };
        let subject = subject.subject(&session)?;
        let records = session.consent_history(subject, at)?;
        output::listing(format, event::rows(&mut session, records, at)?)?;
        return Ok(Exit::Done);
    }
    let own = session.tenant().id;
    let mut request = PageRequest::first(PAGE_RECORDS);
    let mut listing = Listing::<EventRow>::begin(format)?;
    loop {
        let page = session.list_consent_records(&request, at)?;
        // What other tenants share is theirs to export.
        let records = page.items.into_iter().filter(|record| record.owner == own);
        for row in event::rows(&mut session, records.collect(), at)? {
            listing.row(&row)?;
        }
        match page.next {
            Some(cursor) => request = PageRequest::first(PAGE_RECORDS).behind(cursor),
            None => break,
        }
    }
    listing.finish()?;
    Ok(Exit::Done)
}
