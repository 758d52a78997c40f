//! `smrt runs`: what was imported when, and the issues of each run.

use clap::Subcommand;
use serde::Serialize;
use smrt_core::model::Instant;
use smrt_core::smrt::TenantSession;
use smrt_core::store::{Issue, Run, RunStatus, Tenant};
use smrt_etl::import::ImportOptions;

use super::import::no_run;
use crate::args::GlobalArgs;
use crate::context;
use crate::display::grouped;
use crate::error::CliError;
use crate::exit::Exit;
use crate::output::{self, Listing, Report, Row, Shape};
use crate::run_counts::{Counts, NEW, TAKEN_BACK};
use crate::table::{Align, Table, left, right};
use crate::ui::Ui;

const LIST_HELP: &str = "\
Each tenant counts its own runs.

Examples:
  smrt runs list
  smrt runs list --tenant acme --format csv";

const SHOW_HELP: &str = "\
Examples:
  smrt runs show 3
  smrt runs show 3 --issues --format jsonl";

/// List and show import runs
#[derive(Debug, Subcommand)]
pub(crate) enum RunsCommand {
    /// List the runs, the newest first
    #[command(after_long_help = LIST_HELP)]
    List,
    /// Show a run: its counts, its options and its mapping
    #[command(after_long_help = SHOW_HELP)]
    Show {
        /// The run's number, as its tenant counts them
        run: i64,
        /// List the run's issues instead, row by row
        #[arg(long)]
        issues: bool,
    },
}

pub(super) fn run(command: &RunsCommand, global: &GlobalArgs, ui: &Ui) -> Result<Exit, CliError> {
    let mut smrt = context::smrt(global)?;
    if smrt.tenants()?.is_empty() && matches!(command, RunsCommand::List) {
        // Nobody is there yet to have imported anything.
        return list(Vec::new(), ui);
    }
    let mut session = context::session(&mut smrt, global)?;
    let now = context::now(global);
    match command {
        RunsCommand::List => {
            let tenant = session.tenant().clone();
            let runs = session.runs(now)?;
            list(
                runs.iter().map(|run| RunRow::new(run, &tenant)).collect(),
                ui,
            )
        }
        RunsCommand::Show { run, issues } => {
            let run = find(&mut session, *run, now)?;
            match issues {
                true => list_issues(&mut session, &run, ui)?,
                false => output::report(ui.format, &report(&mut session, run)?)?,
            }
            Ok(Exit::Done)
        }
    }
}

fn list(rows: Vec<RunRow>, ui: &Ui) -> Result<Exit, CliError> {
    if rows.is_empty() {
        ui.note("nothing was imported yet");
    }
    output::listing(ui.format, rows)?;
    Ok(Exit::Done)
}

/// The tenant's run by its number.
fn find(session: &mut TenantSession<'_>, number: i64, now: Instant) -> Result<Run, CliError> {
    session.run(number, now)?.ok_or_else(|| no_run(number))
}

#[derive(Debug, Serialize)]
struct RunRow {
    run: i64,
    status: &'static str,
    tenant: String,
    file: String,
    source: String,
    started_at: String,
    rows_read: u64,
    rows_created: u64,
    rows_updated: u64,
    rows_unchanged: u64,
    rows_rejected: u64,
}

impl RunRow {
    fn new(run: &Run, tenant: &Tenant) -> Self {
        Self {
            run: run.number,
            status: run.status.as_str(),
            tenant: tenant.slug.clone(),
            file: run.start.file_name.clone(),
            source: run.start.source.clone(),
            started_at: run.start.started_at.to_string(),
            rows_read: run.counts.rows_checkpoint,
            rows_created: run.counts.rows_created,
            rows_updated: run.counts.rows_updated,
            rows_unchanged: run.counts.rows_unchanged,
            rows_rejected: run.counts.rows_rejected,
        }
    }

    fn row_counts(&self) -> [u64; 5] {
        [
            self.rows_read,
            self.rows_created,
            self.rows_updated,
            self.rows_unchanged,
            self.rows_rejected,
        ]
    }
}

impl Row for RunRow {
    const SHAPE: &'static Shape = &Shape {
        schema: "smrt.runs.v1",
        list: "runs",
        tag: "run",
        table: &[
            right("RUN"),
            left("STATUS"),
            left("TENANT"),
            left("FILE"),
            left("STARTED"),
            right("READ"),
            right("CREATED"),
            right("UPDATED"),
            right("UNCHANGED"),
            right("REJECTED"),
        ],
        csv: &[
            "run",
            "status",
            "tenant",
            "file",
            "source",
            "started_at",
            "rows_read",
            "rows_created",
            "rows_updated",
            "rows_unchanged",
            "rows_rejected",
        ],
    };

    fn table_cells(&self) -> Vec<String> {
        let mut cells = vec![
            self.run.to_string(),
            self.status.to_owned(),
            self.tenant.clone(),
            self.file.clone(),
            self.started_at.clone(),
        ];
        cells.extend(self.row_counts().map(grouped));
        cells
    }

    fn csv_cells(&self) -> Vec<String> {
        let mut cells = vec![
            self.run.to_string(),
            self.status.to_owned(),
            self.tenant.clone(),
            self.file.clone(),
            self.source.clone(),
            self.started_at.clone(),
        ];
        cells.extend(self.row_counts().map(|count| count.to_string()));
        cells
    }
}

#[derive(Debug, Serialize)]
struct RunReport {
    run: i64,
    status: &'static str,
    tenant: String,
    file: String,
    file_fingerprint: String,
    source: String,
    started_at: String,
    finished_at: Option<String>,
    #[serde(flatten)]
    counts: Counts,
    options: Options,
    #[serde(skip)]
    was_taken_back: bool,
    /// The mapping as TOML.
    mapping: String,
}

/// The options a run was started with.
#[derive(Debug, Serialize)]
struct Options {
    on_conflict: &'static str,
    region: Option<&'static str>,
    exported_at: Option<String>,
    max_rejects: Option<String>,
}

impl Options {
    fn of(run: &Run) -> Result<Self, CliError> {
        let options = ImportOptions::of_run(run)?;
        Ok(Self {
            on_conflict: options.on_conflict.as_str(),
            region: options.default_region.map(|region| region.as_str()),
            exported_at: options.exported_at.map(|at| at.to_string()),
            max_rejects: options.max_rejects.map(|max| max.to_string()),
        })
    }
}

fn report(session: &mut TenantSession<'_>, run: Run) -> Result<RunReport, CliError> {
    let changed = session.changed_fields(&run)?;
    let issues = session.issue_summary(&run)?;
    let options = Options::of(&run)?;
    Ok(RunReport {
        run: run.number,
        status: run.status.as_str(),
        tenant: session.tenant().slug.clone(),
        file: run.start.file_name,
        file_fingerprint: run.start.file_fingerprint,
        source: run.start.source,
        started_at: run.start.started_at.to_string(),
        finished_at: run.finished_at.map(|at| at.to_string()),
        counts: Counts::new(&run.counts, changed, issues),
        options,
        was_taken_back: matches!(run.status, RunStatus::RolledBack | RunStatus::Undone),
        mapping: run.start.mapping,
    })
}

impl RunReport {
    fn facts(&self) -> Vec<(&'static str, String)> {
        let options = &self.options;
        let facts = [
            ("run", Some(self.run.to_string())),
            ("status", Some(self.status.to_owned())),
            ("tenant", Some(self.tenant.clone())),
            ("file", Some(self.file.clone())),
            ("source", Some(self.source.clone())),
            ("started_at", Some(self.started_at.clone())),
            ("finished_at", self.finished_at.clone()),
            ("on_conflict", Some(options.on_conflict.to_owned())),
            ("region", options.region.map(str::to_owned)),
            ("exported_at", options.exported_at.clone()),
            ("max_rejects", options.max_rejects.clone()),
        ];
        let known = facts
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?)));
        known.collect()
    }
}

impl Report for RunReport {
    const SCHEMA: &'static str = "smrt.run.v1";
    const TAG: &'static str = "run";
    const CSV: &'static [&'static str] = &["measure", "value"];

    fn page(&self) -> String {
        let mut facts = Table::block(&[Align::Left, Align::Left]);
        for (name, value) in self.facts().into_iter().skip(2) {
            facts.push(vec![name.replace('_', " "), value]);
        }
        let created = match self.was_taken_back {
            true => TAKEN_BACK,
            false => NEW,
        };
        let indented: Vec<String> = self
            .mapping
            .lines()
            .map(|line| format!("  {line}").trim_end().to_owned())
            .collect();
        format!(
            "run {} {}\n{}\n{}\nmapping\n{}\n",
            self.run,
            self.status.replace('_', " "),
            facts.finish(),
            self.counts.page(created),
            indented.join("\n")
        )
    }

    fn csv_rows(&self) -> Vec<Vec<String>> {
        let facts = self.facts().into_iter();
        let mut rows: Vec<Vec<String>> = facts
            .map(|(name, value)| vec![name.to_owned(), value])
            .collect();
        rows.extend(self.counts.csv_rows());
        rows
    }
}

#[derive(Debug, Serialize)]
struct IssueRow {
    row: u64,
    line: u64,
    column: Option<String>,
    severity: &'static str,
    code: String,
    reason: String,
    hint: String,
    /// The row's original text, for rejected rows.
    original: Option<String>,
}

impl From<Issue> for IssueRow {
    fn from(issue: Issue) -> Self {
        Self {
            row: issue.row_number,
            line: issue.line,
            column: issue.column,
            severity: issue.severity.as_str(),
            code: issue.code,
            reason: issue.reason,
            hint: issue.hint,
            original: issue.raw,
        }
    }
}

impl Row for IssueRow {
    const SHAPE: &'static Shape = &Shape {
        schema: "smrt.issues.v1",
        list: "issues",
        tag: "issue",
        table: &[
            right("LINE"),
            left("SEVERITY"),
            left("COLUMN"),
            left("CODE"),
            left("REASON"),
            left("HINT"),
        ],
        csv: &[
            "row", "line", "column", "severity", "code", "reason", "hint", "original",
        ],
    };

    fn table_cells(&self) -> Vec<String> {
        vec![
            self.line.to_string(),
            self.severity.to_owned(),
            self.column.clone().unwrap_or_default(),
            self.code.clone(),
            self.reason.clone(),
            self.hint.clone(),
        ]
    }

    fn csv_cells(&self) -> Vec<String> {
        vec![
            self.row.to_string(),
            self.line.to_string(),
            self.column.clone().unwrap_or_default(),
            self.severity.to_owned(),
            self.code.clone(),
            self.reason.clone(),
            self.hint.clone(),
            self.original.clone().unwrap_or_default(),
        ]
    }
}

/// Lists issues as they are read: a run can have as many as the file has rows.
fn list_issues(session: &mut TenantSession<'_>, run: &Run, ui: &Ui) -> Result<(), CliError> {
    let mut listing = Listing::begin(ui.format)?;
    let mut failed = None;
    session.issues(run, None, &mut |issue| {
        if failed.is_none() {
            failed = listing.row(&IssueRow::from(issue)).err();
        }
    })?;
    if let Some(error) = failed {
        return Err(error);
    }
    if listing.finish()? == 0 {
        ui.note(format_args!("run {} has no issues", run.number));
    }
    Ok(())
}
