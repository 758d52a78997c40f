//! `smrt scrub`: may the people of a whole list be contacted, and who of them.

mod report;

use std::path::{Path, PathBuf};

use clap::Args;
use smrt_core::phone::Region;
use smrt_core::rules::contact::Question;
use smrt_core::smrt::TenantSession;
use smrt_etl::import::{MaxRejects, Progress};
use smrt_etl::scrub::{
    ColumnNames, Destination, ExistingFiles, ListColumns, ScrubOptions, ScrubProgress, ScrubWatch,
    Scrubbed, guess_phone_column, scrub,
};
use smrt_etl::source::Source;

use self::report::Told;
use crate::args::GlobalArgs;
use crate::contact_args::ContactArgs;
use crate::context;
use crate::error::CliError;
use crate::exit::Exit;
use crate::output::{self, Out};
use crate::progress::ProgressDisplay;
use crate::source_args::{self, SourceArgs};
use crate::ui::Ui;

const AFTER_HELP: &str = "\
Every row is decided as `smrt check` decides one number, all for the same instant, and ends as \
callable, later (not now, but it is known when), blocked or unusable; the four add up to the rows \
read. With `--output` all rows are written as they were, with their verdicts behind; with `--split` \
each of the four goes to a file of its own. Without either there is only the report.

A row with several numbers is callable if one of them is; its verdict tells of which number.

The scrub is put down in the audit trail: what was asked, the versions of rules and registries, and \
the digests of the list and of what was written. The same list with the same `--at` and \
`--known-at` gives the same again, a year later too.

Exits with 0 when it is done, and with 1 when rows were unusable, unless `--max-rejects` allows \
them.

Examples:
  smrt scrub list.csv --channel call --purpose marketing --split today
  smrt scrub list.csv.gz --channel sms --purpose marketing --phone-column Mobile \
--phone-column Work --output verdicts.csv --max-rejects 1%";

/// Decide for every row of a list whether the contact may happen, and record it
#[derive(Debug, Args)]
#[command(after_long_help = AFTER_HELP)]
pub(crate) struct ScrubArgs {
    /// The list: CSV and its kin or JSON Lines, also as .gz or .zst; `-` is standard input
    file: PathBuf,
    #[command(flatten)]
    contact: ContactArgs,
    /// The column with the number, once for each; guessed where only one can be meant
    #[arg(long = "phone-column", value_name = "NAME")]
    phone_columns: Vec<String>,
    /// The column with the state or country of an address, such as US-FL, or FL in `--region`
    #[arg(long, value_name = "NAME")]
    state_column: Option<String>,
    /// The column with the called party's time zone, such as America/Denver
    #[arg(long, value_name = "NAME")]
    zone_column: Option<String>,
    /// The column with the kind of line: mobile, landline, voip or unknown
    #[arg(long, value_name = "NAME")]
    line_column: Option<String>,
    /// The column that says whom the line serves: residential, business or unknown
    #[arg(long, value_name = "NAME")]
    audience_column: Option<String>,
    /// Where numbers without a country code are from, such as US [default: the tenant's setting]
    #[arg(long, value_name = "REGION")]
    region: Option<Region>,
    /// Write all rows with their verdicts to this file; `-` is stdout, and the report goes to
    /// stderr
    #[arg(long, value_name = "FILE", conflicts_with = "split")]
    output: Option<PathBuf>,
    /// Write PREFIX-callable.csv, PREFIX-later.csv, PREFIX-blocked.csv and PREFIX-unusable.csv
    #[arg(long, value_name = "PREFIX")]
    split: Option<PathBuf>,
    /// Replace files that are there already
    #[arg(long)]
    force: bool,
    /// Exit with 1 only when more rows than this are unusable: a number or a share such as 2%
    #[arg(long, value_name = "N|P%")]
    max_rejects: Option<MaxRejects>,
    #[command(flatten)]
    source: SourceArgs,
}

pub(super) fn run(args: &ScrubArgs, global: &GlobalArgs, ui: &Ui) -> Result<Exit, CliError> {
    let mut smrt = context::smrt(global)?;
    let mut session = context::session(&mut smrt, global)?;
    let source = args.source.open_with_digest(&args.file)?;
    let columns = args.columns(&source, ui)?;
    let recorded_until = session.recorded_until(context::now(global))?;
    let rules = context::rules(global)?;
    let question = args.contact.question(&rules, global);
    let question = Question {
        // Whatever is recorded from now on cannot change what the record says.
        known_at: args.contact.known_at.unwrap_or(recorded_until),
        ..question
    };
    let options = ScrubOptions {
        question,
        contact: args.contact.contact(),
        columns,
        region: args.region.or(session.tenant().settings.default_region),
        input_name: source_args::file_name(&args.file),
        destination: args.destination(),
        existing: match args.force {
            true => ExistingFiles::Replace,
            false => ExistingFiles::Refuse,
        },
    };
    let watched = watched(&mut session, ui, |session, watch| {
        scrub(session, source, options, recorded_until, watch)
    })?;
    let Some(scrubbed) = watched? else {
        ui.note("interrupted: nothing was written or recorded");
        return Ok(Exit::Interrupted);
    };
    args.tell(&scrubbed, &session, global, ui)
}

impl ScrubArgs {
    /// The columns that were named, or the one that is meant by itself; shown on stderr.
    fn columns(&self, source: &Source, ui: &Ui) -> Result<ListColumns, CliError> {
        ui.note(format_args!(
            "{}: {}",
            source_args::file_name(&self.file),
            source.layout()
        ));
        let mut phones = self.phone_columns.clone();
        if phones.is_empty() {
            let (name, reason) = guess_phone_column(source)?;
            ui.note(format_args!(
                "numbers are those of column `{name}`: {reason}"
            ));
            phones.push(name);
        }
        let names = ColumnNames {
            phones,
            state: self.state_column.clone(),
            zone: self.zone_column.clone(),
            line: self.line_column.clone(),
            audience: self.audience_column.clone(),
        };
        Ok(ListColumns::bind(&names, source)?)
    }

    fn destination(&self) -> Destination {
        match (&self.output, &self.split) {
            (Some(file), _) if is_stdout(file) => Destination::Stream(Box::new(Out::new())),
            (Some(file), _) => Destination::File(file.clone()),
            (None, Some(prefix)) => Destination::Split(prefix.clone()),
            (None, None) => Destination::Nowhere,
        }
    }

    /// Prints the report, and says how the program ends.
    fn tell(
        &self,
        scrubbed: &Scrubbed,
        session: &TenantSession<'_>,
        global: &GlobalArgs,
        ui: &Ui,
    ) -> Result<Exit, CliError> {
        let told = Told {
            tenant: session.tenant().slug.clone(),
            actor: session.actor().as_str().to_owned(),
        };
        let document = report::document(scrubbed, told, global);
        let outcomes = scrubbed.record.outcomes;
        let is_too_many = match self.max_rejects {
            Some(max) => max.is_passed_by(outcomes.unusable, outcomes.total()),
            None => outcomes.unusable > 0,
        };
        let exit = match is_too_many {
            true => Exit::No,
            false => Exit::Done,
        };
        if self.output.as_deref().is_some_and(is_stdout) {
            ui.note(output::report_text(ui.format, &document)?.trim_end());
            return Ok(exit);
        }
        match output::report(ui.format, &document) {
            // The scrub is recorded, whoever reads the report; the exit code still tells.
            Err(error) if !error.is_closed_pipe() => Err(error),
            _ => Ok(exit),
        }
    }
}

fn is_stdout(file: &Path) -> bool {
    file.as_os_str() == "-"
}

/// Runs `work` with a progress display and an ear for Ctrl-C.
fn watched<'s, T>(
    session: &mut TenantSession<'s>,
    ui: &Ui,
    work: impl FnOnce(&mut TenantSession<'s>, &mut ScrubWatch<'_>) -> T,
) -> Result<T, CliError> {
    let stop = ui.stop_flag()?;
    let mut display = ProgressDisplay::new(ui, 0);
    let mut progress = |progress: ScrubProgress| {
        display.show(Progress::Rows {
            rows: progress.rows,
            bytes_read: progress.bytes_read,
            bytes_total: progress.bytes_total,
        });
    };
    let mut watch = ScrubWatch {
        progress: &mut progress,
        stop: &stop,
    };
    let result = work(session, &mut watch);
    display.finish();
    Ok(result)
}
