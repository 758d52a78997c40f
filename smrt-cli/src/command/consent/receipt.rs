//! `smrt consent receipt`: what a person or an authority is given as proof of an event.

use clap::Args;
use serde::Serialize;
use serde_json::Value as Json;
use smrt_core::model::Id;
use smrt_core::smrt::ConsentReceipt;

use crate::args::GlobalArgs;
use crate::context;
use crate::error::CliError;
use crate::exit::Exit;
use crate::output::{self, Report};
use crate::ui::Ui;

const AFTER_HELP: &str = "\
Prints JSON with the fields of ISO/IEC TS 27560:2023. What the ledger does not know comes from the \
tenant's settings (`smrt tenant set --help` lists them) or reads `unknown`.
Exits with 1 when there is no such event.

Examples:
  smrt consent receipt 0198c0de-0000-7000-8000-000000000000
  smrt consent receipt 0198c0de-0000-7000-8000-000000000000 --format jsonl >> receipts.jsonl";

/// Print a receipt of an event
#[derive(Debug, Args)]
#[command(after_long_help = AFTER_HELP)]
pub(crate) struct ReceiptArgs {
    /// The event, by the id that `smrt consent history` shows
    id: Id,
}

#[derive(Debug, Serialize)]
#[serde(transparent)]
struct Receipt(ConsentReceipt);

impl Report for Receipt {
    const SCHEMA: &'static str = "smrt.consent-receipt.v1";
    const TAG: &'static str = "consent_receipt";
    const CSV: &'static [&'static str] = &["measure", "value"];

    /// A receipt is handed on, so people see what programs do.
    fn page(&self) -> String {
        let mut text = serde_json::to_string_pretty(&self.0).unwrap_or_default();
        text.push('\n');
        text
    }

    fn csv_rows(&self) -> Vec<Vec<String>> {
        let mut rows = Vec::new();
        flatten(
            "",
            &serde_json::to_value(&self.0).unwrap_or_default(),
            &mut rows,
        );
        rows
    }
}

/// Every value with the path to it.
fn flatten(path: &str, value: &Json, rows: &mut Vec<Vec<String>>) {
    let below = |name: &str| match path {
        "" => name.to_owned(),
        path => format!("{path}.{name}"),
    };
    match value {
        Json::Object(members) => {
            for (name, value) in members {
                flatten(&below(name), value, rows);
            }
        }
        Json::Array(elements) => {
            for (position, value) in elements.iter().enumerate() {
                flatten(&below(&position.to_string()), value, rows);
            }
        }
        Json::String(text) => rows.push(vec![path.to_owned(), text.clone()]),
        Json::Null | Json::Bool(_) | Json::Number(_) => {
            rows.push(vec![path.to_owned(), value.to_string()]);
        }
    }
}

pub(super) fn run(args: &ReceiptArgs, global: &GlobalArgs, ui: &Ui) -> Result<Exit, CliError> {
    let mut smrt = context::smrt(global)?;
    let mut session = context::session(&mut smrt, global)?;
    let receipt = session.consent_receipt(args.id, context::now(global))?;
    output::report(ui.format, &Receipt(receipt))?;
    Ok(Exit::Done)
}
