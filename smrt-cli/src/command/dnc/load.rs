//! `smrt dnc load`: a list into a registry.

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;
use smrt_core::model::{Instant, RegistryKind};
use smrt_core::phone::Region;
use smrt_core::rules::rule::Jurisdiction;
use smrt_core::smrt::{DncRegistryKey, DncStep, Shrinkage};
use smrt_etl::dnc::{Aim, Covered, Fault, Interrupted, LoadOptions, LoadReport, Sidecar, load};

use super::progress::ProgressDisplay;
use super::reassigned;
use crate::args::GlobalArgs;
use crate::context;
use crate::display::grouped;
use crate::error::CliError;
use crate::exit::Exit;
use crate::output::{self, Report};
use crate::table::{Align, Table};
use crate::ui::Ui;

pub(super) const HELP: &str = "\
A list is read and checked as a whole before anything is written, and nobody sees any of it before
all is written. When the command is interrupted or killed, run it again: it goes on where it
stopped. The same list again changes nothing.

How a list is laid out is found out by its content: area code and number, ten digits, E.164, CSV
with a header, XML. Its name is not believed: of which date it is and what it covers is said by you,
or by a TOML file beside it (`LIST.toml`) with the keys kind, jurisdiction, registry, version_date,
obtained, area_codes, subscription, base, expect_rows and region.

A number that no list covers counts as not allowed, so `--area-codes` is a legal statement: those
your subscription has.

A change list begins with a version that you hold: `--change --base` and the date of that version.

A file of the kind `reassigned` holds answers of the Reassigned Numbers Database: number, date asked
of, and yes, no or no_data.

Examples:
  smrt dnc load national.txt --kind national --jurisdiction US --version-date 2026-11-01 \\
    --area-codes 303,720
  smrt dnc load changes.txt --kind national --jurisdiction US --version-date 2026-11-08 \\
    --change --base 2026-11-01
  smrt dnc load stop.csv --kind internal --region US
  smrt dnc load national.zip --dry-run";

#[derive(Debug, Args)]
pub(crate) struct LoadArgs {
    /// The list: a text or XML file, or a `.gz` or `.zip` file with such in it
    pub(super) file: PathBuf,
    /// What kind of list: national, state, internal, litigator, or reassigned for answers
    #[arg(long, value_name = "KIND")]
    kind: Option<String>,
    /// Whose registry it is, such as US or US-TX
    #[arg(long, value_name = "PLACE")]
    jurisdiction: Option<Jurisdiction>,
    /// What the registry is called, where there are several of a kind
    #[arg(long, value_name = "NAME")]
    registry: Option<String>,
    /// Of which date the list is
    #[arg(long, value_name = "DATE")]
    version_date: Option<Instant>,
    /// When you obtained it, if not now
    #[arg(long, value_name = "INSTANT")]
    pub(super) obtained: Option<Instant>,
    /// The area codes it covers: `all`, codes such as 303,720, or `seen` for those in it
    #[arg(long, value_name = "CODES")]
    area_codes: Option<String>,
    /// Under which subscription you obtained it
    #[arg(long, value_name = "ID")]
    subscription: Option<String>,
    /// The list says what was added and deleted since the version of `--base`
    #[arg(long)]
    change: bool,
    /// The date of the version that a change list begins with
    #[arg(long, value_name = "DATE")]
    base: Option<Instant>,
    /// Refuse the list when it has fewer rows
    #[arg(long, value_name = "ROWS")]
    expect_rows: Option<u64>,
    /// Where numbers without a country code are from, for lists of no country
    #[arg(long, value_name = "REGION")]
    pub(super) region: Option<Region>,
    /// Take a full list that is much smaller than the one before
    #[arg(long)]
    allow_shrink: bool,
    /// Drop what an interrupted load of another list has written
    #[arg(long)]
    discard: bool,
    /// Read, check and compare only, and write nothing
    #[arg(long)]
    pub(super) dry_run: bool,
}

/// The word for answer files, which are no registry's.
const REASSIGNED: &str = "reassigned";

pub(super) fn run(args: &LoadArgs, global: &GlobalArgs, ui: &Ui) -> Result<Exit, CliError> {
    let sidecar = Sidecar::beside(&args.file)?;
    let kind = args.kind.as_deref().or(sidecar.kind.as_deref());
    if kind == Some(REASSIGNED) {
        return reassigned::run(args, global, ui);
    }
    let options = options(args, &sidecar)?;
    let mut smrt = match args.dry_run {
        true => context::smrt_for_reading(global)?,
        false => context::open_or_create(global, ui)?,
    };
    let mut session = match args.dry_run {
        true => context::session(&mut smrt, global)?,
        false => context::session_or_first(&mut smrt, global, ui)?,
    };
    let options = LoadOptions {
        region: options.region.or(session.tenant().settings.default_region),
        ..options
    };
    let stop = ui.stop_flag()?;
    let mut display = ProgressDisplay::new(ui);
    let at = context::now(global);
    let loaded = load(
        &mut session,
        &args.file,
        &options,
        at,
        &stop,
        &mut |progress| {
            display.show(progress);
        },
    );
    display.finish();
    let report = loaded.map_err(|error| CliError::from(error).about(args.file.display()))?;
    output::report(ui.format, &Document::new(&options, &report))?;
    Ok(Exit::Done)
}

fn options(args: &LoadArgs, sidecar: &Sidecar) -> Result<LoadOptions, CliError> {
    let kind = args
        .kind
        .as_deref()
        .or(sidecar.kind.as_deref())
        .ok_or_else(|| {
            CliError::user("what kind of list it is was not said")
                .hint("say `--kind national`, `state`, `internal`, `litigator` or `reassigned`")
        })?;
    let kind: RegistryKind = read("--kind", kind)?;
    let jurisdiction = match args.jurisdiction {
        Some(whose) => Some(whose),
        None => stated("jurisdiction", sidecar.jurisdiction.as_deref())?,
    };
    let name = args.registry.as_deref().or(sidecar.registry.as_deref());
    let registry = DncRegistryKey::new(kind, jurisdiction, name)?;
    let instant = |given: Option<Instant>, key: &'static str, text: Option<&str>| match given {
        Some(given) => Ok(Some(given)),
        None => stated(key, text),
    };
    let base = instant(args.base, "base", sidecar.base.as_deref())?;
    if args.change && base.is_none() {
        return Err(
            CliError::user("with which version the change list begins was not said").hint(
                "say `--base` and the date of the version you hold; `smrt dnc list` shows it",
            ),
        );
    }
    let area_codes = args.area_codes.as_deref().or(sidecar.area_codes.as_deref());
    let region = match args.region {
        Some(region) => Some(region),
        None => stated("region", sidecar.region.as_deref())?,
    };
    Ok(LoadOptions {
        registry,
        base,
        version_date: instant(
            args.version_date,
            "version_date",
            sidecar.version_date.as_deref(),
        )?,
        obtained_at: instant(args.obtained, "obtained", sidecar.obtained.as_deref())?,
        covered: match area_codes {
            None => Covered::Unsaid,
            Some("seen") => Covered::Seen,
            Some(codes) => Covered::Stated(read("--area-codes", codes)?),
        },
        subscription_id: args
            .subscription
            .clone()
            .or_else(|| sidecar.subscription.clone()),
        rows_min: args.expect_rows.or(sidecar.expect_rows),
        region,
        shrinkage: match args.allow_shrink {
            true => Shrinkage::Any,
            false => Shrinkage::Little,
        },
        interrupted: match args.discard {
            true => Interrupted::Discard,
            false => Interrupted::Keep,
        },
        aim: match args.dry_run {
            true => Aim::Try,
            false => Aim::Load,
        },
    })
}

/// Reads what the file beside the list says under a key.
fn stated<T: std::str::FromStr>(
    key: &'static str,
    text: Option<&str>,
) -> Result<Option<T>, CliError>
where
    T::Err: std::fmt::Display,
{
    text.map(|text| read(key, text)).transpose()
}

fn read<T: std::str::FromStr>(name: &str, text: &str) -> Result<T, CliError>
where
    T::Err: std::fmt::Display,
{
    text.parse()
        .map_err(|error| CliError::user(format!("`{name}`: {error}")))
}

#[derive(Debug, Serialize)]
struct Document {
    registry: String,
    kind: &'static str,
    jurisdiction: Option<String>,
    outcome: &'static str,
    version: i64,
    version_date: String,
    obtained_at: String,
    area_codes: String,
    rows: u64,
    rows_rejected: u64,
    numbers: u64,
    added: u64,
    removed: u64,
    unchanged: u64,
    redundant: u64,
    held_version: Option<i64>,
    held_version_date: Option<String>,
    source_digest: String,
    rejects: Vec<RejectRow>,
}

#[derive(Debug, Serialize)]
struct RejectRow {
    line: u64,
    column: u32,
    reason: &'static str,
}

impl From<&Fault> for RejectRow {
    fn from(fault: &Fault) -> Self {
        Self {
            line: fault.line,
            column: fault.column,
            reason: fault.kind.as_str(),
        }
    }
}

impl Document {
    fn new(options: &LoadOptions, report: &LoadReport) -> Self {
        let plan = &report.plan;
        let outcome = match (options.aim, plan.step) {
            (_, DncStep::Held) => "held",
            (Aim::Try, DncStep::Load | DncStep::Resume) => "planned",
            (Aim::Load, DncStep::Load) => "loaded",
            (Aim::Load, DncStep::Resume) => "resumed",
        };
        Self {
            registry: options.registry.name().to_owned(),
            kind: options.registry.kind().as_str(),
            jurisdiction: options
                .registry
                .jurisdiction()
                .map(|whose| whose.to_string()),
            outcome,
            version: plan.version,
            version_date: plan.version_date.to_string(),
            obtained_at: plan.obtained_at.to_string(),
            area_codes: plan.area_codes.to_string(),
            rows: report.rows,
            rows_rejected: report.rejected,
            numbers: plan.numbers,
            added: plan.added,
            removed: plan.removed,
            unchanged: plan.numbers.saturating_sub(plan.added),
            redundant: plan.redundant,
            held_version: plan.held.map(|held| held.version),
            held_version_date: plan.held.map(|held| held.version_date.to_string()),
            source_digest: report.digest.clone(),
            rejects: report.faults.iter().map(RejectRow::from).collect(),
        }
    }

    fn headline(&self) -> String {
        let (registry, version) = (&self.registry, self.version);
        match self.outcome {
            "held" => format!("already loaded as version {version} of `{registry}`: nothing to do"),
            "planned" => format!("dry run: version {version} of `{registry}`; nothing was written"),
            "resumed" => format!(
                "version {version} of `{registry}` is loaded: what was interrupted is complete"
            ),
            _ => format!("version {version} of `{registry}` is loaded"),
        }
    }
}

impl Report for Document {
    const SCHEMA: &'static str = "smrt.dnc-load-report.v1";
    const TAG: &'static str = "dnc_load_report";
    const CSV: &'static [&'static str] = &["measure", "value"];

    fn page(&self) -> String {
        let mut facts = Table::block(&[Align::Left, Align::Left]);
        for (name, value) in [
            ("of", &self.version_date),
            ("obtained", &self.obtained_at),
            ("area codes", &self.area_codes),
        ] {
            facts.push(vec![name.to_owned(), value.clone()]);
        }
        let mut counts = Table::block(&[Align::Left, Align::Right]);
        for (name, value) in self.counts() {
            counts.push(vec![name.replace('_', " "), grouped(value)]);
        }
        let mut rejects = String::new();
        for reject in &self.rejects {
            rejects += &format!(
                "line {}, column {}: {}\n",
                reject.line, reject.column, reject.reason
            );
        }
        let blank = if rejects.is_empty() { "" } else { "\n" };
        format!(
            "{}\n{}\n{}{blank}{rejects}",
            self.headline(),
            facts.finish(),
            counts.finish()
        )
    }

    fn csv_rows(&self) -> Vec<Vec<String>> {
        let text = |name: &str, value: &str| vec![name.to_owned(), value.to_owned()];
        let mut rows = vec![
            text("registry", &self.registry),
            text("kind", self.kind),
            text("outcome", self.outcome),
            text("version", &self.version.to_string()),
            text("version_date", &self.version_date),
            text("obtained_at", &self.obtained_at),
            text("area_codes", &self.area_codes),
            text("source_digest", &self.source_digest),
        ];
        let counts = self.counts().into_iter();
        rows.extend(counts.map(|(name, value)| text(name, &value.to_string())));
        rows
    }
}

impl Document {
    fn counts(&self) -> [(&'static str, u64); 7] {
        [
            ("rows", self.rows),
            ("rows_rejected", self.rows_rejected),
            ("numbers", self.numbers),
            ("added", self.added),
            ("removed", self.removed),
            ("unchanged", self.unchanged),
            ("redundant", self.redundant),
        ]
    }
}
