//! `smrt dnc load --kind reassigned`: answers of the Reassigned Numbers Database.

use serde::Serialize;
use smrt_etl::dnc::read_answers;

use super::load::LoadArgs;
use crate::args::GlobalArgs;
use crate::context;
use crate::display::{counted, grouped};
use crate::error::CliError;
use crate::exit::Exit;
use crate::output::{self, Report};
use crate::ui::Ui;

#[derive(Debug, Serialize)]
struct Document {
    dry_run: bool,
    rows: u64,
    rows_rejected: u64,
    /// How many answers were not known before; nothing of a dry run.
    added: Option<u64>,
    rejects: Vec<RejectRow>,
}

#[derive(Debug, Serialize)]
struct RejectRow {
    line: u64,
    reason: &'static str,
}

pub(super) fn run(args: &LoadArgs, global: &GlobalArgs, ui: &Ui) -> Result<Exit, CliError> {
    let mut smrt = context::smrt(global)?;
    let mut session = context::session(&mut smrt, global)?;
    let now = context::now(global);
    let region = args.region.or(session.tenant().settings.default_region);
    let report = read_answers(&args.file, region, args.obtained.unwrap_or(now))
        .map_err(|error| CliError::from(error).about(args.file.display()))?;
    let added = match args.dry_run {
        true => None,
        false => Some(session.add_reassigned_answers(&report.answers, now)?),
    };
    let document = Document {
        dry_run: args.dry_run,
        rows: report.rows,
        rows_rejected: report.rejected,
        added,
        rejects: report
            .rejects
            .into_iter()
            .map(|(line, reason)| RejectRow { line, reason })
            .collect(),
    };
    output::report(ui.format, &document)?;
    match document.rows_rejected {
        0 => Ok(Exit::Done),
        _ => Ok(Exit::No),
    }
}

impl Report for Document {
    const SCHEMA: &'static str = "smrt.dnc-answers-report.v1";
    const TAG: &'static str = "dnc_answers_report";
    const CSV: &'static [&'static str] = &["measure", "value"];

    fn page(&self) -> String {
        let answers = counted(self.rows - self.rows_rejected, "answer", "answers");
        let mut page = match self.added {
            Some(added) => format!("{answers} read, {} new\n", grouped(added)),
            None => format!("{answers} read; nothing was written\n"),
        };
        for reject in &self.rejects {
            page += &format!("line {}: {}\n", reject.line, reject.reason);
        }
        page
    }

    fn csv_rows(&self) -> Vec<Vec<String>> {
        let row = |name: &str, value: u64| vec![name.to_owned(), value.to_string()];
        vec![
            row("rows", self.rows),
            row("rows_rejected", self.rows_rejected),
            row("added", self.added.unwrap_or(0)),
        ]
    }
}
