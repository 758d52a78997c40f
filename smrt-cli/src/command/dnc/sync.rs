//! `smrt dnc sync`: the status of all phone numbers, from the registries.

use serde::Serialize;
use smrt_core::smrt::DncSync;

use super::progress::ProgressDisplay;
use crate::args::GlobalArgs;
use crate::context;
use crate::display::grouped;
use crate::error::CliError;
use crate::exit::Exit;
use crate::output::{self, Report};
use crate::table::{Align, Table};
use crate::ui::Ui;

pub(super) const HELP: &str = "\
Sets `dnc_status` and `dnc_date` of your phone numbers: `listed` when one of your lists has the
number, `clear` when a national list covers it and no list has it, otherwise `unknown`. A decision
(`smrt check`) always asks the registries themselves.

Examples:
  smrt dnc sync
  smrt dnc sync --format json";

#[derive(Debug, Serialize)]
struct Document {
    numbers: u64,
    listed: u64,
    clear: u64,
    unknown: u64,
    changed: u64,
}

impl From<DncSync> for Document {
    fn from(sync: DncSync) -> Self {
        Self {
            numbers: sync.listed + sync.clear + sync.unknown,
            listed: sync.listed,
            clear: sync.clear,
            unknown: sync.unknown,
            changed: sync.changed,
        }
    }
}

impl Document {
    fn counts(&self) -> [(&'static str, u64); 5] {
        [
            ("numbers", self.numbers),
            ("listed", self.listed),
            ("clear", self.clear),
            ("unknown", self.unknown),
            ("changed", self.changed),
        ]
    }
}

impl Report for Document {
    const SCHEMA: &'static str = "smrt.dnc-sync.v1";
    const TAG: &'static str = "dnc_sync";
    const CSV: &'static [&'static str] = &["measure", "value"];

    fn page(&self) -> String {
        let mut counts = Table::block(&[Align::Left, Align::Right]);
        for (name, value) in self.counts() {
            counts.push(vec![name.to_owned(), grouped(value)]);
        }
        counts.finish()
    }

    fn csv_rows(&self) -> Vec<Vec<String>> {
        let counts = self.counts().into_iter();
        counts
            .map(|(name, value)| vec![name.to_owned(), value.to_string()])
            .collect()
    }
}

pub(super) fn run(global: &GlobalArgs, ui: &Ui) -> Result<Exit, CliError> {
    let mut smrt = context::smrt(global)?;
    let mut session = context::session(&mut smrt, global)?;
    let mut display = ProgressDisplay::new(ui);
    let synced = session.sync_dnc(context::now(global), &mut |done| display.numbers(done));
    display.finish();
    output::report(ui.format, &Document::from(synced?))?;
    Ok(Exit::Done)
}
