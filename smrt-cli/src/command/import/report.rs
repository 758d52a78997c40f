//! What an import did, as it is shown, and the file of its rejected rows.

use std::io::BufWriter;
use std::path::{Path, PathBuf};

use serde::{Serialize, Serializer};
use smrt_core::smrt::TenantSession;
use smrt_core::store::Run;
use smrt_etl::import::{ImportReport, Outcome};
use smrt_etl::rejects::{self, RejectFormat};

use crate::args::GlobalArgs;
use crate::error::CliError;
use crate::invocation;
use crate::mapping_choice::MappingOrigin;
use crate::output::{self, Report};
use crate::run_counts::{Counts, NEW, TAKEN_BACK};
use crate::table::{Align, Table};
use crate::ui::Ui;

/// What the report tells beside the counts.
#[derive(Debug, Serialize)]
pub(super) struct Told {
    pub(super) tenant: String,
    pub(super) file: String,
    pub(super) source: String,
    pub(super) mapping: MappingOrigin,
    pub(super) resumed: bool,
}

#[derive(Debug, Serialize)]
struct Document {
    /// Absent of a dry run, which makes none.
    run: Option<i64>,
    #[serde(serialize_with = "outcome_term")]
    outcome: Outcome,
    dry_run: bool,
    #[serde(flatten)]
    told: Told,
    #[serde(flatten)]
    counts: Counts,
    /// The file of the rejected rows, where one was written.
    rejects_file: Option<String>,
    #[serde(skip)]
    next_steps: Vec<(&'static str, String)>,
}

fn outcome_term<S: Serializer>(outcome: &Outcome, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(outcome.as_str())
}

/// Prints the report.
pub(super) fn tell(
    report: &ImportReport,
    told: Told,
    rejects: Option<PathBuf>,
    global: &GlobalArgs,
    ui: &Ui,
) -> Result<(), CliError> {
    let next_steps = next_steps(report, rejects.as_deref(), global);
    let issues = report.issues.clone();
    let document = Document {
        run: (!report.dry_run).then_some(report.run),
        outcome: report.outcome,
        dry_run: report.dry_run,
        told,
        counts: Counts::new(&report.counts, report.changed_fields.clone(), issues),
        rejects_file: rejects.map(|path| path.display().to_string()),
        next_steps,
    };
    if report.outcome == Outcome::Interrupted && !report.dry_run {
        ui.note(format_args!(
            "interrupted; continue with: {}",
            invocation::resume_command()
        ));
    }
    output::report(ui.format, &document)
}

/// What can be done now, with the command line to type.
fn next_steps(
    report: &ImportReport,
    rejects: Option<&Path>,
    global: &GlobalArgs,
) -> Vec<(&'static str, String)> {
    let mut steps = Vec::new();
    if let Some(path) = rejects {
        let path = invocation::quote(path.as_os_str());
        steps.push(("rejected rows are in", path.clone()));
        let again = invocation::smrt_command(global, &format!("import {path}"));
        steps.push(("correct them, then", again));
    } else if report.counts.rows_rejected > 0 && report.dry_run {
        steps.push(("to see the rejected rows, add", "--rejects FILE".to_owned()));
    }
    let undo = || invocation::smrt_command(global, &format!("import undo {}", report.run));
    match report.outcome {
        Outcome::Completed if report.dry_run => {}
        Outcome::Completed => steps.push(("to take the run back", undo())),
        Outcome::Interrupted if report.dry_run => {}
        Outcome::Interrupted => {
            steps.push(("to continue", invocation::resume_command()));
            steps.push(("to take the run back", undo()));
        }
        Outcome::RolledBack => {}
    }
    steps
}

impl Document {
    fn created_heading(&self) -> &'static str {
        match (self.outcome, self.dry_run) {
            (_, true) => "would be new in the store",
            (Outcome::Completed | Outcome::Interrupted, false) => NEW,
            (Outcome::RolledBack, false) => TAKEN_BACK,
        }
    }

    fn headline(&self) -> String {
        let run = match self.run {
            Some(run) => format!("run {run}"),
            None => "dry run".to_owned(),
        };
        let ended = match (self.outcome, self.dry_run) {
            (Outcome::Completed, true) => "complete: nothing was written",
            (Outcome::Completed, false) => {
                "completed: every row is accounted for, and the store holds what was counted"
            }
            (Outcome::Interrupted, true) => "interrupted: nothing was written",
            (Outcome::Interrupted, false) => "interrupted: what is counted here is in the store",
            (Outcome::RolledBack, true) => {
                "ended: too many rows would be rejected; nothing was written"
            }
            (Outcome::RolledBack, false) => {
                "rolled back: too many rows were rejected; the store is as it was before"
            }
        };
        format!("{run} {ended}")
    }
}

impl Report for Document {
    const SCHEMA: &'static str = "smrt.import-report.v1";
    const TAG: &'static str = "import_report";
    const CSV: &'static [&'static str] = &["measure", "value"];

    fn page(&self) -> String {
        let mut facts = Table::block(&[Align::Left, Align::Left]);
        for (name, value) in [
            ("file", &self.told.file),
            ("source", &self.told.source),
            ("tenant", &self.told.tenant),
        ] {
            facts.push(vec![name.to_owned(), value.clone()]);
        }
        let mut steps = Table::block(&[Align::Left, Align::Left]);
        for (what, how) in &self.next_steps {
            steps.push(vec![(*what).to_owned(), how.clone()]);
        }
        let steps = match self.next_steps.is_empty() {
            true => String::new(),
            false => format!("\n{}", steps.finish()),
        };
        format!(
            "{}\n{}\n{}{steps}",
            self.headline(),
            facts.finish(),
            self.counts.page(self.created_heading())
        )
    }

    fn csv_rows(&self) -> Vec<Vec<String>> {
        let text = |name: &str, value: &str| vec![name.to_owned(), value.to_owned()];
        let run = self.run.map(|run| run.to_string()).unwrap_or_default();
        let mut rows = vec![
            text("run", &run),
            text("outcome", self.outcome.as_str()),
            text("dry_run", &self.dry_run.to_string()),
            text("file", &self.told.file),
            text("source", &self.told.source),
            text("tenant", &self.told.tenant),
        ];
        rows.extend(self.counts.csv_rows());
        rows.push(text(
            "rejects_file",
            self.rejects_file.as_deref().unwrap_or_default(),
        ));
        rows
    }
}

/// Writes the rejected rows of a run; the file is there in full or not at all.
pub(super) fn write_rejects(
    session: &mut TenantSession<'_>,
    run: &Run,
    format: &RejectFormat,
    path: &Path,
) -> Result<(), CliError> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let failed = |error: &std::io::Error| {
        CliError::file(path.display(), error)
            .hint("the import itself is done; name another file with `--rejects`")
            .hint(format!(
                "`smrt runs show {} --issues` lists the rejected rows too",
                run.number
            ))
    };
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(|error| failed(&error))?;
    rejects::write(
        session,
        run,
        format,
        &mut BufWriter::new(file.as_file_mut()),
    )?;
    file.persist(path).map_err(|error| failed(&error.error))?;
    Ok(())
}
