//! `smrt import`: bring a contact export into the store.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::{Args, Subcommand};
use smrt_core::model::Instant;
use smrt_core::phone::Region;
use smrt_core::store::{Access, Store};
use smrt_etl::import::{ImportOptions, ImportReport, MaxRejects, Outcome, Target, Watch, import, resume};
use smrt_etl::mapping::Mapping;
use smrt_etl::plan::ConflictPolicy;
use smrt_etl::source::{Input, Source, SourceOptions};

use crate::args::GlobalArgs;
use crate::context;
use crate::error::CliError;
use crate::exit::Exit;
use crate::ui::Ui;

/// Bring a contact export into the store
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct ImportArgs {
    #[command(subcommand)]
    command: Option<ImportCommand>,
    /// The file to import; `-` is standard input
    #[arg(required = true)]
    file: Option<PathBuf>,
    /// The mapping to use, a TOML file
    #[arg(long, value_name = "FILE")]
    mapping: Option<PathBuf>,
    /// Where numbers without a country code are from, such as US
    #[arg(long, value_name = "REGION")]
    region: Option<Region>,
    /// What happens to humans that are in the store already: update, fill or skip
    #[arg(long, value_name = "POLICY", default_value = "update", value_parser = policy)]
    on_conflict: ConflictPolicy,
    /// Roll back when more rows than this are rejected: a number or a share such as 2%
    #[arg(long, value_name = "N|P%")]
    max_rejects: Option<MaxRejects>,
    /// When the file was exported; by default its time of last change
    #[arg(long, value_name = "INSTANT")]
    exported_at: Option<Instant>,
    /// Print the plan and write nothing
    #[arg(long)]
    dry_run: bool,
    /// Continue the run of this file that was interrupted
    #[arg(long, conflicts_with = "dry_run")]
    resume: bool,
}

#[derive(Debug, Subcommand)]
enum ImportCommand {
    /// Take a run back: restore exactly what was there before
    Undo {
        /// The run's number
        run: i64,
        /// Only say what would be done
        #[arg(long)]
        dry_run: bool,
    },
}

fn policy(text: &str) -> Result<ConflictPolicy, String> {
    ConflictPolicy::parse(text).ok_or_else(|| "expected update, fill or skip".to_owned())
}

pub(crate) fn run(args: ImportArgs, global: &GlobalArgs, ui: &Ui) -> Result<Exit, CliError> {
    match (&args.command, &args.file) {
        (Some(ImportCommand::Undo { run, dry_run }), _) => undo(*run, *dry_run, global, ui),
        (None, Some(file)) => import_file(&args, file, global, ui),
        (None, None) => Err(CliError::user("no file is named")),
    }
}

fn import_file(args: &ImportArgs, file: &Path, global: &GlobalArgs, ui: &Ui) -> Result<Exit, CliError> {
    let source = open_source(file)?;
    let mapping = choose_mapping(args, &source)?;
    let options = ImportOptions {
        file_name: file.file_name().unwrap_or(file.as_os_str()).to_string_lossy().into_owned(),
        on_conflict: args.on_conflict,
        default_region: args.region,
        exported_at: args.exported_at.or_else(|| modified(file)),
        max_rejects: args.max_rejects,
    };
    let stop = stop_flag()?;
    let mut progress = |_| ();
    let mut watch = Watch { progress: &mut progress, stop: &stop };
    let now = context::now(global);
    let report = if args.dry_run {
        let folder = tempfile::tempdir()?;
        let mut scratch = Store::scratch(&folder.path().join("plan.db"), now)?;
        let mut base = match Store::exists(&global.db).map_err(|error| context::about(error, &global.db))? {
            true => Some(context::open(global, Access::Read)?),
            false => None,
        };
        let tenant = match &mut base {
            Some(base) => context::tenant(base, global)?,
            None => context::tenant_or_first(&mut scratch, global, ui)?,
        };
        let target = Target::DryRun { base: base.as_mut(), scratch: &mut scratch };
        import(target, tenant.id, source, &mapping, &options, now, &mut watch)?
    } else {
        let mut store = context::open_or_create(global, ui)?;
        let tenant = context::tenant_or_first(&mut store, global, ui)?;
        match store.unfinished_run()? {
            Some(run) if args.resume => resume(&mut store, run, source, &mut watch)?,
            _ => import(Target::Store(&mut store), tenant.id, source, &mapping, &options, now, &mut watch)?,
        }
    };
    print_report(&report, ui)?;
    Ok(exit_of(&report, args.max_rejects))
}

fn open_source(file: &Path) -> Result<Source, CliError> {
    let input = match file.as_os_str() == "-" {
        true => Input::Reader { name: "standard input".to_owned(), reader: Box::new(std::io::stdin()) },
        false => Input::File(file.to_owned()),
    };
    Ok(Source::open(input, &SourceOptions::default())?)
}

fn choose_mapping(args: &ImportArgs, source: &Source) -> Result<Mapping, CliError> {
    if let Some(path) = &args.mapping {
        let text = std::fs::read_to_string(path)
            .map_err(|error| CliError::from(error).about(path.display()))?;
        return Ok(Mapping::parse(&path.display().to_string(), &text)?);
    }
    let header: Vec<&str> = source.header().names().collect();
    match Mapping::detect(&header) {
        Some(detected) => Ok(detected.mapping),
        None => Err(CliError::user("no preset knows this header")),
    }
}

/// When a file was last changed.
fn modified(file: &Path) -> Option<Instant> {
    let time = std::fs::metadata(file).ok()?.modified().ok()?;
    Some(Instant::from_chrono(time.into()))
}

/// A flag that Ctrl-C and a polite `kill` set.
fn stop_flag() -> Result<Arc<AtomicBool>, CliError> {
    let stop = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&stop);
    ctrlc::set_handler(move || flag.store(true, Ordering::Relaxed))
        .map_err(|error| CliError::user(format!("cannot listen for Ctrl-C: {error}")))?;
    Ok(stop)
}

fn print_report(report: &ImportReport, ui: &Ui) -> Result<(), CliError> {
    ui.data(&format!("{report:#?}\n"))
}

fn exit_of(report: &ImportReport, max_rejects: Option<MaxRejects>) -> Exit {
    match report.outcome {
        Outcome::Interrupted => Exit::Interrupted,
        Outcome::RolledBack => Exit::No,
        Outcome::Completed if report.counts.rows_rejected > 0 && max_rejects.is_none() => Exit::No,
        Outcome::Completed => Exit::Done,
    }
}

fn undo(run: i64, dry_run: bool, global: &GlobalArgs, ui: &Ui) -> Result<Exit, CliError> {
    let mut store = context::open(global, Access::Write)?;
    let report = match dry_run {
        true => store.try_undo_run(run)?,
        false => store.undo_run(run, context::now(global))?,
    };
    ui.data(&format!("{report:#?}\n"))?;
    Ok(if report.obstacles_total == 0 { Exit::Done } else { Exit::No })
}
