//! `smrt import`: bring a contact export into the store.

mod reject_file;
mod report;

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use clap::{Args, Subcommand};
use smrt_core::model::Instant;
use smrt_core::phone::Region;
use smrt_core::smrt::{Smrt, SmrtError, TenantSession};
use smrt_core::store::{Run, StoreErrorKind};
use smrt_etl::import::{
    ImportError, ImportOptions, ImportReport, MaxRejects, Outcome, Target, Watch, import, resume,
};
use smrt_etl::mapping::Mapping;
use smrt_etl::plan::ConflictPolicy;
use smrt_etl::rejects::RejectFormat;
use smrt_etl::source::{Source, SourceError};

use self::reject_file::earlier_run;
use self::report::{Told, tell};
use super::undo::{self, UndoArgs};
use crate::args::GlobalArgs;
use crate::context;
use crate::display::counted;
use crate::error::CliError;
use crate::exit::Exit;
use crate::invocation;
use crate::mapping_choice::{MappingArgs, MappingOrigin};
use crate::progress::ProgressDisplay;
use crate::source_args::{self, SourceArgs};
use crate::ui::Ui;

/// How often a run is asked for that another program is at work on, and the pause between: ten
/// seconds in all.
const RUN_ATTEMPTS: u32 = 100;
const RUN_PAUSE: Duration = Duration::from_millis(100);

const AFTER_HELP: &str = "\
Before anything is written, stderr shows how the file was read and what becomes of each column: by
the mapping that is named, by the preset that knows the header, or by a guess.

Rejected rows go to a file beside the store, to be corrected and imported again. The exit code is 1
when rows were rejected, unless `--max-rejects` allows them; when more were rejected than it allows,
the run is rolled back.

A reject file is read with the mapping, the region and the conflict policy of the run it comes from,
unless others are named.

Examples:
  smrt import contacts.csv --region US --dry-run
  smrt import export.tsv.gz --mapping crm.toml --tenant acme --max-rejects 1%
  smrt import book.xlsx --sheet Customers
  smrt import crm.sqlite --query 'SELECT * FROM people WHERE active ORDER BY id'";

/// Bring a contact export into the store
#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    after_long_help = AFTER_HELP
)]
pub(crate) struct ImportArgs {
    #[command(subcommand)]
    command: Option<ImportCommand>,
    /// The file to import: CSV and its kin, JSON Lines, a JSON array, vCards, a workbook (.xlsx,
    /// .ods), Parquet, Arrow, or a SQLite or DuckDB database, also as .gz, .zst or in a .zip; `-` is
    /// standard input
    #[arg(required = true)]
    file: Option<PathBuf>,
    #[command(flatten)]
    mapping: MappingArgs,
    /// Where numbers without a country code are from, such as US
    #[arg(long, value_name = "REGION")]
    region: Option<Region>,
    /// What happens to humans that are in the store already: update, fill or skip [default: update]
    #[arg(long, value_name = "POLICY", value_parser = policy)]
    on_conflict: Option<ConflictPolicy>,
    /// Roll back when more rows than this are rejected: a number or a share such as 2%
    #[arg(long, value_name = "N|P%")]
    max_rejects: Option<MaxRejects>,
    /// When the file was exported; by default its time of last change
    #[arg(long, value_name = "INSTANT")]
    exported_at: Option<Instant>,
    /// Print the plan's report and write nothing
    #[arg(long)]
    dry_run: bool,
    /// Continue the run of this file that was interrupted
    #[arg(long, conflicts_with = "dry_run")]
    resume: bool,
    /// Where rejected rows go; by default FILE.run-N.rejects.csv beside the store, or
    /// FILE.TENANT.run-N.rejects.csv where the tenant is named
    #[arg(long, value_name = "FILE")]
    rejects: Option<PathBuf>,
    #[command(flatten)]
    source: SourceArgs,
}

#[derive(Debug, Subcommand)]
enum ImportCommand {
    Undo(UndoArgs),
}

fn policy(text: &str) -> Result<ConflictPolicy, String> {
    ConflictPolicy::parse(text).ok_or_else(|| "expected update, fill or skip".to_owned())
}

pub(super) fn run(args: &ImportArgs, global: &GlobalArgs, ui: &Ui) -> Result<Exit, CliError> {
    match (&args.command, &args.file) {
        (Some(ImportCommand::Undo(undo)), _) => undo::run(undo, global, ui),
        (None, Some(file)) => ImportCall {
            args,
            file,
            global,
            ui,
        }
        .run(),
        (None, None) => Err(CliError::user("no file is named")),
    }
}

/// One call of `smrt import FILE`.
struct ImportCall<'c> {
    args: &'c ImportArgs,
    file: &'c Path,
    global: &'c GlobalArgs,
    ui: &'c Ui,
}

impl ImportCall<'_> {
    fn run(&self) -> Result<Exit, CliError> {
        let source = self.args.source.open(self.file)?;
        if self.args.dry_run {
            return self.try_out(source);
        }
        if !self.args.resume {
            return self.import(source);
        }
        if context::exists(self.global)? {
            let mut smrt = context::smrt(self.global)?;
            if !smrt.tenants()?.is_empty() {
                let mut session = context::session(&mut smrt, self.global)?;
                if let Some(run) = self.unfinished_run(&mut session, &source)? {
                    return self.resume(&mut session, run, source);
                }
            }
        }
        self.ui
            .note("nothing to resume: no run is unfinished; this is a new import");
        self.import(source)
    }

    /// The run that was not brought to an end. While another program is at work on one of this very
    /// file, it is waited for: where that program has just ended, its server may not know yet.
    fn unfinished_run(
        &self,
        session: &mut TenantSession<'_>,
        source: &Source,
    ) -> Result<Option<Run>, CliError> {
        let now = context::now(self.global);
        let fingerprint = source.fingerprint().to_string();
        let is_of_this_file =
            |run: &Run| run.status.is_unfinished() && run.start.file_fingerprint == fingerprint;
        for _ in 0..RUN_ATTEMPTS {
            if let Some(run) = session.unfinished_run(now)? {
                return Ok(Some(run));
            }
            if !session.runs(now)?.iter().any(is_of_this_file) {
                return Ok(None);
            }
            std::thread::sleep(RUN_PAUSE);
        }
        Err(
            CliError::user("another program is at work on the run of this file")
                .hint("wait until it has ended"),
        )
    }

    /// A new run.
    fn import(&self, source: Source) -> Result<Exit, CliError> {
        let (mapping, chosen, options) = self.choose_mapping(&source)?;
        let mut smrt = context::open_or_create(self.global, self.ui)?;
        let mut session = context::session_or_first(&mut smrt, self.global, self.ui)?;
        let told = Told {
            tenant: session.tenant().slug.clone(),
            file: self.file_name(),
            source: mapping.source().to_owned(),
            mapping: chosen,
            resumed: false,
        };
        let rejects = RejectFormat::of(&source);
        let fingerprint = source.fingerprint().to_string();
        let now = context::now(self.global);
        let report = self.watched(0, |watch| {
            let target = Target::Session(&mut session);
            import(target, source, &mapping, &options, now, watch)
        });
        let report = report?.map_err(|error| self.explain(error, &mut session, &fingerprint))?;
        self.finish(&report, told, &mut session, &rejects, options.max_rejects)
    }

    /// The unfinished run, with its own options.
    fn resume(
        &self,
        session: &mut TenantSession<'_>,
        run: Run,
        source: Source,
    ) -> Result<Exit, CliError> {
        let fingerprint = source.fingerprint().to_string();
        let options = ImportOptions::of_run(&run)?;
        self.note_other_options(&run, &options)?;
        let told = Told {
            tenant: session.tenant().slug.clone(),
            file: run.start.file_name.clone(),
            source: run.start.source.clone(),
            mapping: MappingOrigin {
                kind: "run",
                name: None,
            },
            resumed: true,
        };
        let rejects = RejectFormat::of(&source);
        let rows = run.counts.rows_checkpoint;
        if run.start.file_fingerprint == fingerprint {
            self.ui.note(format_args!(
                "resuming run {} after {}",
                run.number,
                counted(rows, "row", "rows")
            ));
        }
        let report = self.watched(rows, |watch| resume(session, run, source, watch));
        let report = report?.map_err(|error| self.explain(error, session, &fingerprint))?;
        self.finish(&report, told, session, &rejects, options.max_rejects)
    }

    /// The whole import into a scratch store that is thrown away.
    fn try_out(&self, source: Source) -> Result<Exit, CliError> {
        let (mapping, chosen, options) = self.choose_mapping(&source)?;
        let now = context::now(self.global);
        let folder = tempfile::tempdir().map_err(|error| {
            CliError::file(std::env::temp_dir().display(), &error)
                .hint("a dry run keeps its plan in the folder TMPDIR names")
        })?;
        let mut plan = Smrt::scratch_file(&folder.path().join("plan.db"), now)?;
        let mut smrt = match context::exists(self.global)? {
            true => Some(context::smrt_for_reading(self.global)?),
            false => None,
        };
        let has_tenants = match &mut smrt {
            Some(smrt) => !smrt.tenants()?.is_empty(),
            None => false,
        };
        let base = smrt.as_mut().filter(|_| has_tenants);
        let mut base = base
            .map(|smrt| context::session(smrt, self.global))
            .transpose()?;
        let mut scratch = match &base {
            Some(base) => base.in_scratch(&mut plan)?,
            None => context::first_session(&mut plan, self.global)?,
        };
        let told = Told {
            tenant: scratch.tenant().slug.clone(),
            file: self.file_name(),
            source: mapping.source().to_owned(),
            mapping: chosen,
            resumed: false,
        };
        let rejects = RejectFormat::of(&source);
        let report = self.watched(0, |watch| {
            let (base, scratch) = (base.as_mut(), &mut scratch);
            let target = Target::DryRun { base, scratch };
            import(target, source, &mapping, &options, now, watch)
        })??;
        self.finish(&report, told, &mut scratch, &rejects, options.max_rejects)
    }

    /// Chooses the mapping, shows it, and makes sure that it fits the file. A reject file brings
    /// the options of its run along.
    fn choose_mapping(
        &self,
        source: &Source,
    ) -> Result<(Mapping, MappingOrigin, ImportOptions), CliError> {
        let (choice, options) = match earlier_run(source, self.args, self.global, self.ui)? {
            Some(earlier) => (earlier.choice, self.options(&earlier.options)),
            None => {
                let choice = self.args.mapping.choose(source, self.file, self.ui)?;
                (choice, self.options(&ImportOptions::default()))
            }
        };
        let mapper = choice.bind(source)?;
        choice.show(source, &mapper, self.file, self.ui);
        choice.show_remedy(self.file, self.ui);
        if source.sample().is_empty() {
            self.ui
                .note("the file has a header and no rows; export it again if it should have some");
        }
        let origin = choice.chosen.origin();
        Ok((choice.mapping, origin, options))
    }

    fn file_name(&self) -> String {
        source_args::file_name(self.file)
    }

    /// The options that were given, and how rows are read and merged from `defaults`.
    fn options(&self, defaults: &ImportOptions) -> ImportOptions {
        ImportOptions {
            file_name: self.file_name(),
            on_conflict: self.args.on_conflict.unwrap_or(defaults.on_conflict),
            default_region: self.args.region.or(defaults.default_region),
            exported_at: self.args.exported_at.or_else(|| modified(self.file)),
            max_rejects: self.args.max_rejects,
        }
    }

    /// Runs `work` with a progress display and an ear for Ctrl-C.
    fn watched<T>(
        &self,
        rows_before: u64,
        work: impl FnOnce(&mut Watch<'_>) -> T,
    ) -> Result<T, CliError> {
        let stop: std::sync::Arc<AtomicBool> = self.ui.stop_flag()?;
        let mut display = ProgressDisplay::new(self.ui, rows_before);
        let mut progress = |progress| display.show(progress);
        let mut watch = Watch {
            progress: &mut progress,
            stop: &stop,
            now: &|| context::now(self.global),
        };
        let result = work(&mut watch);
        display.finish();
        Ok(result)
    }

    /// Says which of the options that were given have no effect on a run that is resumed.
    fn note_other_options(&self, run: &Run, stored: &ImportOptions) -> Result<(), CliError> {
        let args = self.args;
        let mut others: Vec<&str> = Vec::new();
        if let Some(choice) = args.mapping.named()? {
            let name = format!("mapping of run {}", run.number);
            let stored = Mapping::parse(&name, &run.start.mapping)?;
            if choice.mapping.digest() != stored.digest() {
                others.push("mapping");
            }
        }
        if args.region.is_some() && args.region != stored.default_region {
            others.push("region");
        }
        if args
            .on_conflict
            .is_some_and(|policy| policy != stored.on_conflict)
        {
            others.push("conflict policy");
        }
        if args.max_rejects.is_some() && args.max_rejects != stored.max_rejects {
            others.push("bound on rejects");
        }
        if args.exported_at.is_some() && args.exported_at != stored.exported_at {
            others.push("time of export");
        }
        if !others.is_empty() {
            self.ui.note(format_args!(
                "run {} goes on as it was started: the {} given now has no effect",
                run.number,
                others.join(", ")
            ));
        }
        Ok(())
    }

    /// Adds to an error how to go on from where the run stands.
    fn explain(
        &self,
        error: ImportError,
        session: &mut TenantSession<'_>,
        fingerprint: &str,
    ) -> CliError {
        if matches!(
            &error,
            ImportError::Session(SmrtError::ModuleDisabled { .. })
        ) {
            return error.into();
        }
        let of_store = error.store();
        let is_about_another_run = matches!(error, ImportError::AnotherFile { .. })
            || of_store.is_some_and(|error| error.kind() == StoreErrorKind::Unfinished);
        let is_locked = of_store.is_some_and(|error| error.may_retry());
        let is_settled = matches!(error, ImportError::Verification(_));
        let is_half_a_file = matches!(
            error,
            ImportError::Source(
                SourceError::Truncated { .. }
                    | SourceError::Damaged { .. }
                    | SourceError::Part { .. }
            )
        );
        let error = CliError::from(error);
        let Ok(Some(run)) = session.unfinished_run(context::now(self.global)) else {
            return error;
        };
        let undo = invocation::smrt_command(self.global, &format!("import undo {}", run.number));
        let is_this_file = run.start.file_fingerprint == fingerprint;
        if is_locked {
            return error.hint(format!(
                "then continue with: {}",
                invocation::resume_command()
            ));
        }
        if is_settled || !(is_this_file || is_about_another_run) {
            return error;
        }
        if is_half_a_file {
            // A better copy is another file, with which this run cannot go on.
            return error.hint(format!(
                "take run {} back with: {undo}; then import the whole file",
                run.number
            ));
        }
        let error = match is_this_file {
            true => error.hint_instead(format!(
                "run {} holds {} of this file; continue with: {}",
                run.number,
                counted(run.counts.rows_checkpoint, "row", "rows"),
                invocation::resume_command()
            )),
            false => error.hint_instead(format!(
                "continue run {} with its own file, `{}`, and `--resume`",
                run.number, run.start.file_name
            )),
        };
        error.hint(format!("or take it back with: {undo}"))
    }

    /// Writes the reject file and the report, and says how the program ends.
    fn finish(
        &self,
        report: &ImportReport,
        told: Told,
        session: &mut TenantSession<'_>,
        format: &RejectFormat,
        max_rejects: Option<MaxRejects>,
    ) -> Result<Exit, CliError> {
        let rejects = match (
            report.counts.rows_rejected,
            self.rejects_path(report, &told, format),
        ) {
            (1.., Some(path)) => {
                let run = session.run(report.run, context::now(self.global))?;
                let run = run.ok_or_else(|| no_run(report.run))?;
                report::write_rejects(session, &run, format, &path)?;
                Some(path)
            }
            _ => None,
        };
        let exit = match report.outcome {
            Outcome::Interrupted => Exit::Interrupted,
            Outcome::RolledBack => Exit::No,
            Outcome::Completed if report.counts.rows_rejected > 0 && max_rejects.is_none() => {
                Exit::No
            }
            Outcome::Completed => Exit::Done,
        };
        match tell(report, told, rejects, self.global, self.ui) {
            // The rows are in, whoever reads the report; the exit code still tells.
            Err(error) if !error.is_closed_pipe() => Err(error),
            _ => Ok(exit),
        }
    }

    /// Where the rejected rows go. A dry run and an interrupted one write them only when asked.
    fn rejects_path(
        &self,
        report: &ImportReport,
        told: &Told,
        format: &RejectFormat,
    ) -> Option<PathBuf> {
        if self.args.rejects.is_some() {
            return self.args.rejects.clone();
        }
        if report.dry_run || report.outcome == Outcome::Interrupted {
            return None;
        }
        // Each tenant counts its own runs, so where tenants are named their names keep files apart.
        let tenant = match &self.global.tenant {
            Some(tenant) => format!(".{tenant}"),
            None => String::new(),
        };
        let name = format!(
            "{}{tenant}.run-{}.rejects.{}",
            told.file,
            report.run,
            format.extension()
        );
        Some(context::folder(self.global).join(name))
    }
}

/// There is no run with this number; the runs of other tenants are none.
pub(super) fn no_run(number: i64) -> CliError {
    CliError::not_found(format!("there is no run {number}"))
        .hint("`smrt runs list` shows the runs there are")
}

/// When a file was last changed.
fn modified(file: &Path) -> Option<Instant> {
    let time = std::fs::metadata(file).ok()?.modified().ok()?;
    Some(Instant::from_chrono(time.into()))
}
