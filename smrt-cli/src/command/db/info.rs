//! `smrt db info` and `smrt db migrate`: what a store is, and bringing its schema up to date.

use serde::Serialize;
use smrt_core::store::{StoreInfo, schema_version};

use crate::args::GlobalArgs;
use crate::context;
use crate::display::{counted, grouped};
use crate::error::CliError;
use crate::exit::Exit;
use crate::output::{self, Report};
use crate::table::{Align, Table};
use crate::ui::Ui;

pub(super) const INFO_HELP: &str = "\
Shows the engine, the schema version, the size on disk and the rows of every table, of all tenants.

Examples:
  smrt db info
  smrt db info --db postgres://smrt@db.example.com/contacts --format json";

pub(super) const MIGRATE_HELP: &str = "\
Brings the schema of a store that an older smrt wrote up to date, in one transaction.
Any command that writes does so too; this one does nothing else.
Make a backup first: an older smrt does not open the store afterwards.

Examples:
  smrt db migrate --db contacts.db";

#[derive(Debug, Serialize)]
struct Info {
    engine: &'static str,
    engine_version: String,
    schema_version: i64,
    size_bytes: u64,
    tables: Vec<TableRows>,
}

#[derive(Debug, Serialize)]
struct TableRows {
    table: &'static str,
    rows: u64,
}

impl From<StoreInfo> for Info {
    fn from(info: StoreInfo) -> Self {
        let rows = |(table, rows)| TableRows { table, rows };
        Self {
            engine: info.engine,
            engine_version: info.engine_version,
            schema_version: info.schema_version,
            size_bytes: info.size_bytes,
            tables: info.tables.into_iter().map(rows).collect(),
        }
    }
}

impl Report for Info {
    const SCHEMA: &'static str = "smrt.store.v1";
    const TAG: &'static str = "store";
    const CSV: &'static [&'static str] = &["measure", "value"];

    fn page(&self) -> String {
        let mut facts = Table::block(&[Align::Left, Align::Left]);
        let mut fact = |name: &str, value: String| facts.push(vec![name.to_owned(), value]);
        fact("engine", format!("{} {}", self.engine, self.engine_version));
        fact("schema version", self.schema_version.to_string());
        fact("size", counted(self.size_bytes, "byte", "bytes"));
        let mut rows = Table::block(&[Align::Left, Align::Right]);
        for table in self.tables.iter().filter(|table| table.rows > 0) {
            rows.push(vec![table.table.to_owned(), grouped(table.rows)]);
        }
        format!("{}\n{}", facts.finish(), rows.finish())
    }

    fn csv_rows(&self) -> Vec<Vec<String>> {
        let facts = [
            ("engine", self.engine.to_owned()),
            ("engine_version", self.engine_version.clone()),
            ("schema_version", self.schema_version.to_string()),
            ("size_bytes", self.size_bytes.to_string()),
        ];
        let facts = facts.map(|(name, value)| vec![name.to_owned(), value]);
        let rows =
            |table: &TableRows| vec![format!("rows:{}", table.table), table.rows.to_string()];
        facts
            .into_iter()
            .chain(self.tables.iter().map(rows))
            .collect()
    }
}

pub(super) fn info(global: &GlobalArgs, ui: &Ui) -> Result<Exit, CliError> {
    let info = Info::from(context::smrt_for_reading(global)?.info()?);
    output::report(ui.format, &info)?;
    Ok(Exit::Done)
}

pub(super) fn migrate(global: &GlobalArgs, ui: &Ui) -> Result<Exit, CliError> {
    drop(context::smrt(global)?);
    ui.note(format_args!(
        "`{}` has schema version {}",
        global.db,
        schema_version()
    ));
    Ok(Exit::Done)
}
