//! `smrt export`: what a tenant may see, as a file.

mod report;

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use clap::Args;
use smrt_core::model::Instant;
use smrt_etl::export::{
    ExistingFile, ExportDestination, ExportFilter, ExportFormat, ExportOptions, ExportWatch,
    ExportWhat, Owners, VCardVersion, export,
};
use smrt_etl::import::Progress;

use self::report::Document;
use crate::args::GlobalArgs;
use crate::context;
use crate::error::CliError;
use crate::exit::Exit;
use crate::output::{self, Out};
use crate::progress::ProgressDisplay;
use crate::source_args;
use crate::ui::Ui;

const AFTER_HELP: &str = "\
Writes what the tenant may see, and nothing else: a field that is hidden from it is empty and named \
in the column `hidden_fields`.

`contacts` are humans with their numbers, one row each; `smrt import` reads such a file again, finds \
the same humans and says that they are unchanged. `consents` are read again by `smrt consent import`.

A file is written under another name and gets its own when it is complete; only its owner can read \
it. Without `--output` the records go to stdout as CSV and the report to stderr.

Examples:
  smrt export contacts --own --output contacts.csv
  smrt export contacts --output phone.vcf --vcard-version 3.0
  smrt export humans --updated-since 2026-11-01 --output-format jsonl > humans.jsonl";

/// Write contacts, humans, numbers, links or consents to a file
#[derive(Debug, Args)]
#[command(after_long_help = AFTER_HELP)]
pub(crate) struct ExportArgs {
    /// What to write
    #[arg(value_name = "WHAT", value_parser = what)]
    what: ExportWhat,
    /// The file; `-` is stdout, and the report goes to stderr
    #[arg(
        long,
        value_name = "FILE",
        default_value = "-",
        hide_default_value = true
    )]
    output: PathBuf,
    /// How it is written: csv, jsonl, parquet or vcard [default: by the file's name, else csv]
    #[arg(long, value_name = "FORMAT")]
    output_format: Option<ExportFormat>,
    /// Which vCards are written: 3.0 or 4.0
    #[arg(long, value_name = "VERSION", default_value = "4.0")]
    vcard_version: VCardVersion,
    /// Only the tenant's own records, without those that others share with it
    #[arg(long)]
    own: bool,
    /// Only contacts, humans or consents that were changed or recorded since then
    #[arg(long, value_name = "INSTANT")]
    updated_since: Option<Instant>,
    /// Replace a file that is there already
    #[arg(long)]
    force: bool,
}

fn what(text: &str) -> Result<ExportWhat, String> {
    let found = ExportWhat::ALL
        .into_iter()
        .find(|what| what.as_str() == text);
    found.ok_or_else(|| "expected contacts, humans, numbers, links or consents".to_owned())
}

pub(super) fn run(args: &ExportArgs, global: &GlobalArgs, ui: &Ui) -> Result<Exit, CliError> {
    let at = context::now(global);
    let mut smrt = context::smrt(global)?;
    let tenants = smrt.tenants()?.into_iter();
    let slugs: HashMap<_, _> = tenants.map(|tenant| (tenant.id, tenant.slug)).collect();
    let mut session = context::session(&mut smrt, global)?;
    let format = args.format()?;
    let options = ExportOptions {
        what: args.what,
        format,
        filter: args.filter(),
        slugs,
        destination: args.destination(format)?,
        existing: match args.force {
            true => ExistingFile::Replace,
            false => ExistingFile::Refuse,
        },
    };
    let stop = ui.stop_flag()?;
    let mut display = ProgressDisplay::new(ui, 0);
    let mut show = |rows| {
        display.show(Progress::Rows {
            rows,
            bytes_read: 0,
            bytes_total: None,
        });
    };
    let mut watch = ExportWatch {
        progress: &mut show,
        stop: &stop,
    };
    let exported = export(&mut session, options, at, &mut watch);
    display.finish();
    let Some(exported) = exported.map_err(CliError::from)? else {
        ui.note(match is_stdout(&args.output) {
            true => "interrupted: what was written is not complete",
            false => "interrupted: no file was written",
        });
        return Ok(Exit::Interrupted);
    };
    let document = Document::new(&exported, args.what, format, args.file_name(), &session);
    if is_stdout(&args.output) {
        if document.is_for_a_program(ui.format) || ui.is_verbose() {
            ui.note(output::report_text(ui.format, &document)?.trim_end());
        } else {
            ui.note(document.line());
        }
        return Ok(Exit::Done);
    }
    match output::report(ui.format, &document) {
        // The file is there, whoever reads the report.
        Err(error) if !error.is_closed_pipe() => Err(error),
        _ => Ok(Exit::Done),
    }
}

impl ExportArgs {
    fn filter(&self) -> ExportFilter {
        ExportFilter {
            owners: match self.own {
                true => Owners::Own,
                false => Owners::Visible,
            },
            updated_since: self.updated_since,
        }
    }

    /// The format that was named, or that of the file's name.
    fn format(&self) -> Result<ExportFormat, CliError> {
        let by_name = || {
            if is_stdout(&self.output) {
                return Ok(ExportFormat::Csv);
            }
            let extension = self.output.extension().unwrap_or_default();
            ExportFormat::of_extension(&extension.to_string_lossy()).ok_or_else(|| {
                CliError::user(format!(
                    "the name `{}` does not tell how to write the file",
                    self.file_name()
                ))
                .hint("say it with `--output-format csv`, `jsonl`, `parquet` or `vcard`")
            })
        };
        let format = self.output_format.map_or_else(by_name, Ok)?;
        Ok(match format {
            ExportFormat::VCard(_) => ExportFormat::VCard(self.vcard_version),
            other => other,
        })
    }

    fn destination(&self, format: ExportFormat) -> Result<ExportDestination, CliError> {
        if !is_stdout(&self.output) {
            return Ok(ExportDestination::File(self.output.clone()));
        }
        let out = Out::new();
        if out.is_terminal() && format == ExportFormat::Parquet {
            return Err(CliError::user("Parquet is not for a terminal")
                .hint("name a file with `--output`, or send stdout to one"));
        }
        Ok(ExportDestination::Stream(Box::new(out)))
    }

    fn file_name(&self) -> String {
        match is_stdout(&self.output) {
            true => "standard output".to_owned(),
            false => source_args::file_name(&self.output),
        }
    }
}

fn is_stdout(file: &Path) -> bool {
    file.as_os_str() == "-"
}
