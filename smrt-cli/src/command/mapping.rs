//! `smrt mapping`: what the columns of a file mean.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde::Serialize;
use smrt_etl::mapping::{GuessRefusal, Mapping};

use crate::error::CliError;
use crate::exit::Exit;
use crate::invocation;
use crate::mapping_choice::{self, MappingArgs};
use crate::output::{self, Row, Shape};
use crate::source_args::{self, SourceArgs};
use crate::table::left;
use crate::ui::Ui;

const GUESS_HELP: &str = "\
Where a preset knows the file, its mapping is written; the guess otherwise. Edit it, check it with
`smrt mapping check`, then import with `--mapping`. docs/mapping.md describes the format.

Examples:
  smrt mapping guess contacts.csv --output contacts.toml
  smrt mapping guess contacts.csv.gz --encoding windows-1252 > contacts.toml";

const CHECK_HELP: &str = "\
Examples:
  smrt mapping check contacts.csv --mapping contacts.toml
  smrt mapping check contacts.csv --preset hubspot --format json";

const SHOW_HELP: &str = "\
Examples:
  smrt mapping show google
  smrt mapping show salesforce > mine.toml";

const LIST_HELP: &str = "\
Examples:
  smrt mapping list
  smrt mapping list --format json";

/// Guess, show and check what the columns of a file mean
#[derive(Debug, Subcommand)]
pub(crate) enum MappingCommand {
    Guess(GuessArgs),
    /// Show what becomes of each column of a file under a mapping
    #[command(after_long_help = CHECK_HELP)]
    Check(CheckArgs),
    /// List the built-in mappings
    #[command(after_long_help = LIST_HELP)]
    List,
    /// Print a built-in mapping as TOML
    #[command(after_long_help = SHOW_HELP)]
    Show {
        /// Its name
        #[arg(value_name = "PRESET")]
        name: String,
    },
}

/// Write a mapping for a file, to be edited and given back with `--mapping`
#[derive(Debug, Args)]
#[command(after_long_help = GUESS_HELP)]
pub(crate) struct GuessArgs {
    /// The file; `-` is standard input
    file: PathBuf,
    /// Write the mapping to this new file instead of stdout
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    source: SourceArgs,
}

#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("which").args(["mapping", "preset"]).required(true))]
pub(crate) struct CheckArgs {
    /// The file; `-` is standard input
    file: PathBuf,
    #[command(flatten)]
    mapping: MappingArgs,
    #[command(flatten)]
    source: SourceArgs,
}

#[derive(Debug, Serialize)]
struct Preset {
    preset: &'static str,
    source: String,
}

impl Row for Preset {
    const SHAPE: &'static Shape = &Shape {
        schema: "smrt.presets.v1",
        list: "presets",
        tag: "preset",
        table: &[left("PRESET"), left("SOURCE")],
        csv: &["preset", "source"],
    };

    fn table_cells(&self) -> Vec<String> {
        vec![self.preset.to_owned(), self.source.clone()]
    }

    fn csv_cells(&self) -> Vec<String> {
        self.table_cells()
    }
}

pub(super) fn run(command: &MappingCommand, ui: &Ui) -> Result<Exit, CliError> {
    match command {
        MappingCommand::Guess(args) => guess(args, ui)?,
        MappingCommand::Check(args) => check(args, ui)?,
        MappingCommand::List => {
            let presets = Mapping::presets().filter_map(|preset| {
                let source = Mapping::preset(preset)?.source().to_owned();
                Some(Preset { preset, source })
            });
            output::listing(ui.format, presets)?;
        }
        MappingCommand::Show { name } => {
            output::text(&mapping_choice::preset(name)?.to_toml())?;
        }
    }
    Ok(Exit::Done)
}

fn guess(args: &GuessArgs, ui: &Ui) -> Result<(), CliError> {
    let source = args.source.open(&args.file)?;
    let toml = match mapping_choice::choose_by_content(&source) {
        Ok(choice) => {
            let mapper = choice.bind(&source)?;
            choice.show(&source, &mapper, &args.file, ui);
            choice.mapping.to_toml()
        }
        Err(refused) if refused.refusal == GuessRefusal::NoContact => {
            refused.show(&source, &args.file, ui);
            ui.note(format_args!(
                "{}: the mapping is to be filled in",
                refused.refusal
            ));
            refused.skeleton()
        }
        Err(refused) => return Err(refused.refusal.into()),
    };
    match &args.output {
        None => output::text(&toml),
        Some(path) => {
            write_new(path, &toml)?;
            let (file, mapping) = (
                invocation::quote(args.file.as_os_str()),
                invocation::quote(path.as_os_str()),
            );
            ui.note(format_args!("wrote `{}`; edit it, then", path.display()));
            ui.note(format_args!(
                "  smrt mapping check {file} --mapping {mapping}"
            ));
            ui.note(format_args!("  smrt import {file} --mapping {mapping}"));
            Ok(())
        }
    }
}

/// Writes a file that is not there yet: a mapping edited by hand is not lost to a second guess.
fn write_new(path: &Path, text: &str) -> Result<(), CliError> {
    std::fs::File::create_new(path)
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .map_err(|error| {
            let is_there = error.kind() == std::io::ErrorKind::AlreadyExists;
            let error = CliError::file(path.display(), &error);
            match is_there {
                true => error.hint("name another file, or remove this one"),
                false => error.hint("check that the folder exists and may be written"),
            }
        })
}

fn check(args: &CheckArgs, ui: &Ui) -> Result<(), CliError> {
    let source = args.source.open(&args.file)?;
    let choice = args.mapping.choose(&source, &args.file, ui)?;
    let mapper = choice.bind(&source)?;
    ui.note(format_args!(
        "{}: {}; {}; source `{}`",
        source_args::file_name(&args.file),
        source.layout(),
        choice.chosen,
        choice.mapping.source()
    ));
    output::listing(ui.format, choice.columns(&mapper))?;
    Ok(())
}
