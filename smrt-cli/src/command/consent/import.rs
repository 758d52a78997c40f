//! `smrt consent import`: events of the ledger from a file.

use std::io::BufWriter;
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;
use smrt_core::phone::Region;
use smrt_core::smrt::{ConsentPolicy, ConsentSubject, ImportMode};
use smrt_core::store::Issue;
use smrt_etl::consent::{
    ConsentFileChange, ConsentFileOptions, ConsentFileReport, ConsentFileWatch,
};
use smrt_etl::rejects::{self, RejectFormat};

use crate::args::GlobalArgs;
use crate::context;
use crate::display::counted;
use crate::error::CliError;
use crate::exit::Exit;
use crate::output::{self, Listing, Report, Row, Shape};
use crate::source_args::{self, SourceArgs};
use crate::table::{Align, Table, left, right};
use crate::ui::Ui;

const AFTER_HELP: &str = "\
Reads the layout that `smrt consent export` writes, as CSV or JSON Lines; columns may be in any \
order, and docs/consent.md lists them. Exports of other systems come in by `smrt import`.
Every row ends as added, unchanged or rejected; rejected rows go to a file with the reason behind \
each, to be corrected and imported again. The same file once more changes nothing.

With `keep-withdrawals` an agreement in the file is somebody's report: it never brings back what was \
withdrawn, however new it is. With `trust-file` its evidence counts as if smrt had seen it.

Exits with 1 when rows were rejected.

Examples:
  smrt consent import stops.csv --source 'mail tool' --dry-run
  smrt consent import ledger.csv --consent-policy trust-file";

/// Add events from a file to the tenant's ledger
#[derive(Debug, Args)]
#[command(after_long_help = AFTER_HELP)]
pub(crate) struct ImportArgs {
    /// The file, or - for standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// What agreements in the file may do: keep-withdrawals or trust-file
    #[arg(long, value_name = "POLICY", default_value_t = ConsentPolicy::KeepWithdrawals)]
    consent_policy: ConsentPolicy,
    /// Write nothing, and list what would be permitted or forbidden afterwards
    #[arg(long)]
    dry_run: bool,
    /// The source of events that name none
    #[arg(long, value_name = "TEXT", default_value = "import")]
    source: String,
    /// Where a number without a country code is from, such as US
    #[arg(long, value_name = "REGION")]
    region: Option<Region>,
    /// Where rejected rows go; by default beside the store
    #[arg(long, value_name = "PATH")]
    rejects: Option<PathBuf>,
    #[command(flatten)]
    layout: SourceArgs,
}

/// What a row changes.
#[derive(Debug, Serialize)]
struct ChangeRow {
    line: u64,
    phone_number: Option<String>,
    human_id: Option<String>,
    consent_type: String,
    purpose: Option<&'static str>,
    channel: Option<&'static str>,
    before: Option<&'static str>,
    after: Option<&'static str>,
    kept_withdrawal: Option<String>,
}

impl From<&ConsentFileChange> for ChangeRow {
    fn from(change: &ConsentFileChange) -> Self {
        let (phone_number, human_id) = match change.subject {
            ConsentSubject::Number(number) => (Some(number.to_string()), None),
            ConsentSubject::Human(human) => (None, Some(human.to_string())),
        };
        let permission = change.change;
        Self {
            line: change.line,
            phone_number,
            human_id,
            consent_type: change.consent_type.to_string(),
            purpose: permission.map(|permission| permission.purpose.as_str()),
            channel: permission.map(|permission| permission.channel.as_str()),
            before: permission.map(|permission| permission.before),
            after: permission.map(|permission| permission.after),
            kept_withdrawal: change.kept_withdrawal.map(|id| id.to_string()),
        }
    }
}

impl ChangeRow {
    /// What happens, in words.
    fn effect(&self) -> String {
        match (self.after, &self.kept_withdrawal) {
            (Some("given"), _) => "permitted".to_owned(),
            (Some(_), _) => "no longer permitted".to_owned(),
            (None, Some(_)) => "kept withdrawal".to_owned(),
            (None, None) => String::new(),
        }
    }
}

impl Row for ChangeRow {
    const SHAPE: &'static Shape = &Shape {
        schema: "smrt.consent-changes.v1",
        list: "changes",
        tag: "consent_change",
        table: &[
            right("LINE"),
            left("SUBJECT"),
            left("ABOUT"),
            left("EFFECT"),
            left("BEFORE"),
            left("AFTER"),
        ],
        csv: &[
            "line",
            "phone_number",
            "human_id",
            "consent_type",
            "purpose",
            "channel",
            "before",
            "after",
            "kept_withdrawal",
        ],
    };

    fn table_cells(&self) -> Vec<String> {
        let subject = self.phone_number.as_ref().or(self.human_id.as_ref());
        vec![
            self.line.to_string(),
            subject.cloned().unwrap_or_default(),
            self.consent_type.clone(),
            self.effect(),
            self.before.unwrap_or_default().to_owned(),
            self.after.unwrap_or_default().to_owned(),
        ]
    }

    fn csv_cells(&self) -> Vec<String> {
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        let word = |value: Option<&'static str>| value.unwrap_or_default().to_owned();
        vec![
            self.line.to_string(),
            text(&self.phone_number),
            text(&self.human_id),
            self.consent_type.clone(),
            word(self.purpose),
            word(self.channel),
            word(self.before),
            word(self.after),
            text(&self.kept_withdrawal),
        ]
    }
}

/// What became of the rows, in every format.
#[derive(Debug, Serialize)]
struct ImportReport {
    file: String,
    consent_policy: &'static str,
    rows: Rows,
    kept_withdrawals: u64,
    permissions: Permissions,
    rejected: Vec<Rejected>,
    rejects_file: Option<String>,
}

#[derive(Debug, Serialize)]
struct Rows {
    read: u64,
    added: u64,
    unchanged: u64,
    rejected: u64,
}

#[derive(Debug, Serialize)]
struct Permissions {
    given: u64,
    ended: u64,
}

#[derive(Debug, Serialize)]
struct Rejected {
    code: String,
    count: u64,
}

impl ImportReport {
    fn new(args: &ImportArgs, report: &ConsentFileReport, rejects: Option<&Path>) -> Self {
        let rejected = report.rejected.iter();
        Self {
            file: source_args::file_name(&args.file),
            consent_policy: args.consent_policy.as_str(),
            rows: Rows {
                read: report.rows_read,
                added: report.rows_added,
                unchanged: report.rows_unchanged,
                rejected: report.rows_rejected,
            },
            kept_withdrawals: report.kept_withdrawals,
            permissions: Permissions {
                given: report.permissions_given,
                ended: report.permissions_ended,
            },
            rejected: rejected
                .map(|(code, count)| Rejected {
                    code: code.clone(),
                    count: *count,
                })
                .collect(),
            rejects_file: rejects.map(|path| path.display().to_string()),
        }
    }

    fn counts(&self) -> Vec<(String, u64)> {
        let rows = &self.rows;
        let counts = [
            ("rows_read", rows.read),
            ("rows_added", rows.added),
            ("rows_unchanged", rows.unchanged),
            ("rows_rejected", rows.rejected),
            ("kept_withdrawals", self.kept_withdrawals),
            ("permissions_given", self.permissions.given),
            ("permissions_ended", self.permissions.ended),
        ];
        let counts = counts
            .into_iter()
            .map(|(name, count)| (name.to_owned(), count));
        let rejected = self.rejected.iter();
        let rejected = rejected.map(|one| (format!("rejected:{}", one.code), one.count));
        counts.chain(rejected).collect()
    }
}

impl Report for ImportReport {
    const SCHEMA: &'static str = "smrt.consent-import-report.v1";
    const TAG: &'static str = "consent_import_report";
    const CSV: &'static [&'static str] = &["measure", "value"];

    fn page(&self) -> String {
        let mut table = Table::block(&[Align::Left, Align::Right]);
        for (name, count) in self.counts() {
            table.push(vec![name, count.to_string()]);
        }
        format!(
            "{} ({})\n{}",
            self.file,
            self.consent_policy,
            table.finish()
        )
    }

    fn csv_rows(&self) -> Vec<Vec<String>> {
        let counts = self.counts().into_iter();
        counts
            .map(|(name, count)| vec![name, count.to_string()])
            .collect()
    }
}

/// Writes rejected rows as they come, and lists changes of a dry run.
struct Watch<'w> {
    format: &'w RejectFormat,
    path: Option<PathBuf>,
    rejects: Option<BufWriter<tempfile::NamedTempFile>>,
    changes: Option<Listing<ChangeRow>>,
    failed: Option<CliError>,
}

impl Watch<'_> {
    /// Writes a rejected row.
    fn write(&mut self, issue: &Issue) -> Result<(), CliError> {
        let Some(path) = &self.path else {
            return Ok(());
        };
        let failed = |error: &std::io::Error| {
            CliError::file(path.display(), error).hint("name another file with `--rejects`")
        };
        let out = match &mut self.rejects {
            Some(out) => out,
            empty => {
                let folder = path
                    .parent()
                    .filter(|folder| !folder.as_os_str().is_empty());
                let file = tempfile::NamedTempFile::new_in(folder.unwrap_or(Path::new(".")));
                let out = empty.insert(BufWriter::new(file.map_err(|error| failed(&error))?));
                rejects::write_header(self.format, out).map_err(|error| failed(&error))?;
                out
            }
        };
        rejects::write_row(self.format, None, issue, out).map_err(|error| failed(&error))
    }

    /// Puts the file of rejected rows in its place, if there are any.
    fn finish(self) -> Result<Option<PathBuf>, CliError> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        if let Some(changes) = self.changes {
            changes.finish()?;
        }
        let (Some(out), Some(path)) = (self.rejects, self.path) else {
            return Ok(None);
        };
        let failed = |error: &std::io::Error| CliError::file(path.display(), error);
        let file = out.into_inner().map_err(|error| failed(error.error()))?;
        file.persist(&path).map_err(|error| failed(&error.error))?;
        Ok(Some(path))
    }
}

impl ConsentFileWatch for Watch<'_> {
    fn rejected(&mut self, issue: &Issue) {
        if self.failed.is_none() {
            self.failed = self.write(issue).err();
        }
    }

    fn changed(&mut self, change: &ConsentFileChange) {
        if let Some(changes) = &mut self.changes
            && self.failed.is_none()
        {
            self.failed = changes.row(&ChangeRow::from(change)).err();
        }
    }
}

pub(super) fn run(args: &ImportArgs, global: &GlobalArgs, ui: &Ui) -> Result<Exit, CliError> {
    let at = context::now(global);
    let source = args.layout.open(&args.file)?;
    let mut smrt = context::smrt(global)?;
    let mut session = context::session(&mut smrt, global)?;
    let format = RejectFormat::of(&source);
    let mode = match args.dry_run {
        true => ImportMode::DryRun,
        false => ImportMode::Apply,
    };
    let mut watch = Watch {
        path: rejects_path(args, global, &format),
        format: &format,
        rejects: None,
        changes: args
            .dry_run
            .then(|| Listing::begin(ui.format))
            .transpose()?,
        failed: None,
    };
    let options = ConsentFileOptions {
        policy: args.consent_policy,
        mode,
        region: args.region.or(session.tenant().settings.default_region),
        source: args.source.clone(),
    };
    let report = smrt_etl::consent::import(&mut session, source, &options, at, &mut watch)?;
    let rejects = watch.finish()?;
    if let Some(path) = &rejects {
        let rejected = counted(report.rows_rejected, "row", "rows");
        ui.note(format_args!("{rejected} rejected: `{}`", path.display()));
    }
    if args.dry_run {
        ui.note(format_args!(
            "dry run: {} read, {} to be added, {} unchanged, {} rejected; {} withdrawals kept",
            report.rows_read,
            report.rows_added,
            report.rows_unchanged,
            report.rows_rejected,
            report.kept_withdrawals
        ));
    } else {
        let told = ImportReport::new(args, &report, rejects.as_deref());
        output::report(ui.format, &told)?;
    }
    match report.rows_rejected {
        0 => Ok(Exit::Done),
        _ => Ok(Exit::No),
    }
}

/// Where rejected rows go; a dry run writes them only when asked.
fn rejects_path(args: &ImportArgs, global: &GlobalArgs, format: &RejectFormat) -> Option<PathBuf> {
    if args.rejects.is_some() {
        return args.rejects.clone();
    }
    let tenant = match &global.tenant {
        Some(tenant) => format!(".{tenant}"),
        None => String::new(),
    };
    let file = source_args::file_name(&args.file);
    let name = format!("{file}{tenant}.rejects.{}", format.extension());
    (!args.dry_run).then(|| context::folder(global).join(name))
}
