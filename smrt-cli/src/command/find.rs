//! `smrt find`: humans by name, e-mail, company, id or phone number.

use clap::Args;
use serde::Serialize;
use smrt_core::phone::Region;
use smrt_core::smrt::{FoundHuman, HumanSearch};

use crate::args::GlobalArgs;
use crate::context;
use crate::error::CliError;
use crate::exit::Exit;
use crate::output::{self, Row, Shape};
use crate::phone_text;
use crate::table::left;
use crate::ui::Ui;

const AFTER_HELP: &str = "\
Every word of the text must occur in some field, in either case. A text that can be read as a phone
number finds the humans tied to it, however it is written; without `--region`, in every country
where it is a number.

Exits with 1 when nothing is found.

Examples:
  smrt find 'anna example.com'
  smrt find '(202) 555-0143' --region US --format json";

/// Numbers of a human that a table shows; JSON and CSV have them all.
const NUMBERS_SHOWN_MAX: usize = 3;

/// Find humans by name, e-mail, company or phone number
#[derive(Debug, Args)]
#[command(after_long_help = AFTER_HELP)]
pub(crate) struct FindArgs {
    /// What to look for; several words must all occur
    #[arg(required = true)]
    text: Vec<String>,
    /// Where a number without a country code is from, such as US
    #[arg(long, value_name = "REGION")]
    region: Option<Region>,
    /// List at most so many humans
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    limit: u32,
}

/// A human in a listing. A field that is hidden from the tenant is empty and named in
/// `hidden_fields`.
#[derive(Debug, Serialize)]
pub(super) struct HumanRow {
    id: String,
    first_name: Option<String>,
    last_name: Option<String>,
    email: Option<String>,
    company_name: Option<String>,
    job_title: Option<String>,
    employee_id: Option<String>,
    contractor_id: Option<String>,
    phone_numbers: Vec<String>,
    hidden_fields: Vec<&'static str>,
}

impl From<FoundHuman> for HumanRow {
    fn from(found: FoundHuman) -> Self {
        let human = found.human;
        Self {
            id: human.id.to_string(),
            hidden_fields: human.hidden_fields().collect(),
            first_name: human.first_name.into_value(),
            last_name: human.last_name.into_value(),
            email: human.email.into_value(),
            company_name: human.company_name.into_value(),
            job_title: human.job_title.into_value(),
            employee_id: human.employee_id.into_value(),
            contractor_id: human.contractor_id.into_value(),
            phone_numbers: found.phone_numbers,
        }
    }
}

impl Row for HumanRow {
    const SHAPE: &'static Shape = &Shape {
        schema: "smrt.humans.v1",
        list: "humans",
        tag: "human",
        table: &[
            left("NAME"),
            left("COMPANY"),
            left("E-MAIL"),
            left("PHONE NUMBERS"),
            left("ID"),
        ],
        csv: &[
            "id",
            "first_name",
            "last_name",
            "email",
            "company_name",
            "job_title",
            "employee_id",
            "contractor_id",
            "phone_numbers",
            "hidden_fields",
        ],
    };

    fn table_cells(&self) -> Vec<String> {
        let names = [&self.first_name, &self.last_name];
        let names: Vec<&str> = names.into_iter().flatten().map(String::as_str).collect();
        vec![
            names.join(" "),
            self.company_name.clone().unwrap_or_default(),
            self.email.clone().unwrap_or_default(),
            some_of(&self.phone_numbers),
            self.id.clone(),
        ]
    }

    fn csv_cells(&self) -> Vec<String> {
        let fields = [
            &self.first_name,
            &self.last_name,
            &self.email,
            &self.company_name,
            &self.job_title,
            &self.employee_id,
            &self.contractor_id,
        ];
        let mut cells = vec![self.id.clone()];
        cells.extend(fields.map(|field| field.clone().unwrap_or_default()));
        cells.push(self.phone_numbers.join(" "));
        cells.push(self.hidden_fields.join(" "));
        cells
    }
}

/// The first numbers, and how many there are besides.
fn some_of(numbers: &[String]) -> String {
    let shown: Vec<&str> = numbers
        .iter()
        .take(NUMBERS_SHOWN_MAX)
        .map(String::as_str)
        .collect();
    match numbers.len() - shown.len() {
        0 => shown.join(" "),
        more => format!("{} and {more} more", shown.join(" ")),
    }
}

pub(super) fn run(args: &FindArgs, global: &GlobalArgs, ui: &Ui) -> Result<Exit, CliError> {
    let mut smrt = context::smrt(global)?;
    let mut session = context::session(&mut smrt, global)?;
    let text = args.text.join(" ");
    let region = args.region.or(session.tenant().settings.default_region);
    let search = HumanSearch {
        numbers: phone_text::readings(&text, region),
        text,
        limit: args.limit + 1,
    };
    let limit = args.limit as usize;
    let mut humans = session.search_humans(&search, context::now(global))?;
    let there_are_more = humans.len() > limit;
    humans.truncate(limit);
    let found = output::listing(ui.format, humans.into_iter().map(HumanRow::from))?;
    if there_are_more {
        ui.note(format_args!(
            "the first {limit} are shown; `--limit` shows more"
        ));
    }
    if found == 0 {
        ui.note("nothing found");
        return Ok(Exit::No);
    }
    Ok(Exit::Done)
}
