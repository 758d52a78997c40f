//! `smrt number`: phone numbers kept by hand.

use clap::{Args, Subcommand};
use serde::Serialize;
use smrt_core::phone::Region;
use smrt_core::smrt::{Number, TenantSession};

use super::human::ListArgs;
use super::show;
use crate::args::GlobalArgs;
use crate::context;
use crate::error::CliError;
use crate::exit::Exit;
use crate::output::{self, Row, Shape};
use crate::phone_text;
use crate::table::left;
use crate::ui::Ui;

const ADD_HELP: &str = "\
A number the tenant knows already stays as it is. Prints the record as `smrt show` does.

Examples:
  smrt number add +12025550143
  smrt number add '020 7946 0101' --region GB";

const LIST_HELP: &str = "\
Lists the numbers the tenant has a tie to, in the order of their ids. When there are more, stderr
says how to go on.

Examples:
  smrt number list --limit 100
  smrt number list --after 0198c0de-0000-7000-8000-000000000000 --format jsonl";

/// Keep phone numbers by hand: add and list them
#[derive(Debug, Subcommand)]
pub(crate) enum NumberCommand {
    /// Add a phone number
    #[command(after_long_help = ADD_HELP)]
    Add(AddArgs),
    /// List phone numbers page by page
    #[command(after_long_help = LIST_HELP)]
    List(ListArgs),
}

#[derive(Debug, Args)]
pub(crate) struct AddArgs {
    /// The number in any spelling
    number: String,
    /// Where a number without a country code is from, such as US
    #[arg(long, value_name = "REGION")]
    region: Option<Region>,
}

#[derive(Debug, Serialize)]
struct NumberRow {
    id: String,
    phone_number: Option<String>,
    country_code: Option<i64>,
    area_code: Option<String>,
    is_mobile: Option<bool>,
    dnc_status: Option<String>,
}

impl From<Number> for NumberRow {
    fn from(number: Number) -> Self {
        Self {
            id: number.id.to_string(),
            phone_number: number.phone_number.into_value(),
            country_code: number.country_code.into_value(),
            area_code: number.area_code.into_value(),
            is_mobile: number.is_mobile.into_value(),
            dnc_status: number.dnc_status.into_value(),
        }
    }
}

impl Row for NumberRow {
    const SHAPE: &'static Shape = &Shape {
        schema: "smrt.numbers.v1",
        list: "numbers",
        tag: "number",
        table: &[
            left("PHONE NUMBER"),
            left("AREA CODE"),
            left("MOBILE"),
            left("DO NOT CALL"),
            left("ID"),
        ],
        csv: &[
            "id",
            "phone_number",
            "country_code",
            "area_code",
            "is_mobile",
            "dnc_status",
        ],
    };

    fn table_cells(&self) -> Vec<String> {
        let mobile = match self.is_mobile {
            Some(true) => "yes",
            Some(false) => "no",
            None => "",
        };
        vec![
            self.phone_number.clone().unwrap_or_default(),
            self.area_code.clone().unwrap_or_default(),
            mobile.to_owned(),
            self.dnc_status.clone().unwrap_or_default(),
            self.id.clone(),
        ]
    }

    fn csv_cells(&self) -> Vec<String> {
        let text = |number: Option<i64>| number.map(|number| number.to_string());
        vec![
            self.id.clone(),
            self.phone_number.clone().unwrap_or_default(),
            text(self.country_code).unwrap_or_default(),
            self.area_code.clone().unwrap_or_default(),
            self.is_mobile
                .map(|mobile| mobile.to_string())
                .unwrap_or_default(),
            self.dnc_status.clone().unwrap_or_default(),
        ]
    }
}

pub(super) fn run(command: &NumberCommand, global: &GlobalArgs, ui: &Ui) -> Result<Exit, CliError> {
    let mut smrt = context::smrt(global)?;
    let mut session = context::session(&mut smrt, global)?;
    match command {
        NumberCommand::Add(args) => {
            let now = context::now(global);
            let region = args.region.or(session.tenant().settings.default_region);
            let number = phone_text::only_reading(&args.number, region)?;
            let id = session.add_number(number.e164(), now)?;
            show::show_number_of(&mut session, id, now, ui)
        }
        NumberCommand::List(args) => list(&mut session, args, global, ui),
    }
}

fn list(
    session: &mut TenantSession<'_>,
    args: &ListArgs,
    global: &GlobalArgs,
    ui: &Ui,
) -> Result<Exit, CliError> {
    let page = session.list_numbers(&args.request(), context::now(global))?;
    output::listing(ui.format, page.items.into_iter().map(NumberRow::from))?;
    if let Some(cursor) = page.next {
        ui.note(format_args!(
            "there are more: go on with `--after {cursor}`"
        ));
    }
    Ok(Exit::Done)
}
