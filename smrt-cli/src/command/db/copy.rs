//! `smrt db copy`, `smrt db backup` and `smrt db restore`: a whole store to another place.
//!
//! All three are one copy, read in one state and compared at its end; they differ in what stands
//! where.

use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;
use smrt_core::smrt::Smrt;
use smrt_core::store::{Access, CopyReport, StoreLocation};

use crate::args::GlobalArgs;
use crate::context;
use crate::display::{counted, grouped};
use crate::error::CliError;
use crate::exit::Exit;
use crate::output::{self, Report};
use crate::progress::ProgressDisplay;
use crate::table::{Align, Table};
use crate::ui::Ui;

pub(super) const COPY_HELP: &str = "\
Copies a store to a place where there is none, on the same engine or on another one.
All tenants go along, with their audit trails, whichever is named.
Others may write to the source meanwhile: the copy is of one state.
A DuckDB file is read while nobody writes it: the copy is refused while another process does, and keeps writers out.

At the end the copy is read back and every table is compared with the source; until then no command opens it.
A copy that was interrupted goes on when the same command is run again.
If the source was changed in between, the comparison says so: remove the copy and begin anew.

Examples:
  smrt db copy contacts.db contacts.duckdb
  smrt db copy contacts.db postgres://smrt@db.example.com/contacts";

pub(super) const BACKUP_HELP: &str = "\
Writes the store into a new file, of one state, while others go on writing.
A DuckDB file is read while nobody writes it: the backup is refused while another process does, and keeps writers out.
The file appears under its name only when it is whole and was compared.
Its ending chooses the engine: `.duckdb` is DuckDB's, any other SQLite's.

Examples:
  smrt db backup contacts-2026-11-21.db
  smrt db backup --db postgres://smrt@db.example.com/contacts contacts.db";

pub(super) const RESTORE_HELP: &str = "\
Makes the store from a backup, where there is no store yet.
To put a backup in the place of a damaged store, move that one away first.

Examples:
  smrt db restore contacts-2026-11-21.db --db contacts.db";

#[derive(Debug, Args)]
pub(crate) struct CopyArgs {
    /// The store to copy, as for `--db`
    #[arg(value_name = "FROM")]
    from: StoreLocation,
    /// Where the copy is made
    #[arg(value_name = "TO")]
    to: StoreLocation,
}

#[derive(Debug, Args)]
pub(crate) struct BackupArgs {
    /// The new file
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct RestoreArgs {
    /// The backup
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

#[derive(Debug, Serialize)]
struct Copied {
    from: String,
    to: String,
    rows: u64,
    rows_resumed: u64,
    tables: Vec<CopiedTable>,
}

#[derive(Debug, Serialize)]
struct CopiedTable {
    table: &'static str,
    rows: u64,
}

impl Copied {
    fn new(from: String, to: String, report: &CopyReport) -> Self {
        let table = |table: &smrt_core::store::TableDigest| CopiedTable {
            table: table.table,
            rows: table.rows,
        };
        Self {
            from,
            to,
            rows: report.rows(),
            rows_resumed: report.rows_resumed,
            tables: report.tables.iter().map(table).collect(),
        }
    }
}

impl Report for Copied {
    const SCHEMA: &'static str = "smrt.copy.v1";
    const TAG: &'static str = "copy";
    const CSV: &'static [&'static str] = &["table", "rows"];

    fn page(&self) -> String {
        let mut table = Table::block(&[Align::Left, Align::Right]);
        for copied in self.tables.iter().filter(|copied| copied.rows > 0) {
            table.push(vec![copied.table.to_owned(), grouped(copied.rows)]);
        }
        let resumed = match self.rows_resumed {
            0 => String::new(),
            rows => format!(", {} of them before", grouped(rows)),
        };
        format!(
            "{}copied and compared: {}{resumed}\n",
            table.finish(),
            counted(self.rows, "row", "rows")
        )
    }

    fn csv_rows(&self) -> Vec<Vec<String>> {
        let row = |copied: &CopiedTable| vec![copied.table.to_owned(), copied.rows.to_string()];
        self.tables.iter().map(row).collect()
    }
}

pub(super) fn copy(args: &CopyArgs, global: &GlobalArgs, ui: &Ui) -> Result<Exit, CliError> {
    transfer(&args.from, &args.to, &args.to.to_string(), global, ui)
}

pub(super) fn backup(args: &BackupArgs, global: &GlobalArgs, ui: &Ui) -> Result<Exit, CliError> {
    if args.file.exists() {
        return Err(
            CliError::user(format!("there is a file `{}` already", args.file.display()))
                .hint("name a new file; a backup replaces nothing"),
        );
    }
    let unfinished = beside(&args.file);
    // What an interrupted backup left is of an older state.
    match std::fs::remove_file(&unfinished) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(CliError::file(unfinished.display(), &error));
        }
        _ => {}
    }
    let exit = transfer(
        &global.db,
        &StoreLocation::from(&unfinished),
        &args.file.display().to_string(),
        global,
        ui,
    )?;
    if exit == Exit::Done {
        std::fs::rename(&unfinished, &args.file)
            .map_err(|error| CliError::file(args.file.display(), &error))?;
    }
    Ok(exit)
}

pub(super) fn restore(args: &RestoreArgs, global: &GlobalArgs, ui: &Ui) -> Result<Exit, CliError> {
    let from = StoreLocation::from(&args.file);
    transfer(&from, &global.db, &global.db.to_string(), global, ui)
}

/// The name of a file until it is whole; its ending, which chooses the engine, stays.
fn beside(file: &Path) -> PathBuf {
    let mut name = std::ffi::OsString::from(".unfinished-");
    name.push(file.file_name().unwrap_or_default());
    file.with_file_name(name)
}

fn transfer(
    from: &StoreLocation,
    to: &StoreLocation,
    named: &str,
    global: &GlobalArgs,
    ui: &Ui,
) -> Result<Exit, CliError> {
    let at = context::now(global);
    let mut source =
        Smrt::open_at(from, Access::Read, at).map_err(|error| CliError::from(error).about(from))?;
    let stop = ui.stop_flag()?;
    let mut display = ProgressDisplay::new(ui, 0);
    let copied = source.copy_to(to, at, &stop, &mut |progress| display.show(progress));
    display.finish();
    let copied = copied.map_err(|error| CliError::from(error).about(named))?;
    let Some(report) = copied else {
        ui.note("stopped; the same command goes on from here");
        return Ok(Exit::Interrupted);
    };
    output::report(
        ui.format,
        &Copied::new(from.to_string(), named.to_owned(), &report),
    )?;
    Ok(Exit::Done)
}
