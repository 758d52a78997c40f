//! `smrt show`: one human or one phone number, with where each value came from.

mod human;
mod number;

use clap::Args;
use serde::Serialize;
use serde_json::Value as Json;
use smrt_core::model::{Id, Instant};
use smrt_core::phone::Region;
use smrt_core::smrt::{HumanDetail, NumberDetail, SmrtError, TenantSession};
use smrt_core::store::{Origin, Tenant};

use crate::args::GlobalArgs;
use crate::context;
use crate::error::CliError;
use crate::exit::Exit;
use crate::output;
use crate::phone_text;
use crate::ui::Ui;

const AFTER_HELP: &str = "\
Every value is shown with the import run, the file and the line it came from.

Exits with 1 when there is no such human or number.

Examples:
  smrt show +12025550143
  smrt show 0198c0de-0000-7000-8000-000000000000 --format json";

/// Show a human or a phone number, and where each value came from
#[derive(Debug, Args)]
#[command(after_long_help = AFTER_HELP)]
pub(crate) struct ShowArgs {
    /// The id of a human or a number, or the number in any spelling
    #[arg(required = true, value_name = "ID|NUMBER")]
    which: Vec<String>,
    /// Where a number without a country code is from, such as US
    #[arg(long, value_name = "REGION")]
    region: Option<Region>,
}

/// Where a value came from.
#[derive(Debug, Serialize)]
struct Place {
    run: i64,
    file: String,
    line: u64,
}

impl Place {
    fn of(origin: Option<Origin>) -> Option<Self> {
        let Origin { run, file, line } = origin?;
        Some(Self { run, file, line })
    }

    fn text(place: Option<&Self>) -> String {
        match place {
            Some(Self { run, file, line }) => format!("run {run}, {file}:{line}"),
            None => String::new(),
        }
    }

    /// Run, file and line for CSV.
    fn cells(place: Option<&Self>) -> [String; 3] {
        match place {
            Some(Self { run, file, line }) => [run.to_string(), file.clone(), line.to_string()],
            None => Default::default(),
        }
    }
}

/// JSON that the store keeps as text.
fn json(text: &str) -> Json {
    serde_json::from_str(text).unwrap_or(Json::Null)
}

/// A JSON value for people: texts without their quotes.
fn plain(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::Array(_) | Json::Object(_) => {
            value.to_string()
        }
    }
}

/// The extension of a link, which its metadata keeps.
fn extension(metadata: &Json) -> Option<&str> {
    metadata.get("extension").and_then(Json::as_str)
}

pub(super) fn run(args: &ShowArgs, global: &GlobalArgs, ui: &Ui) -> Result<Exit, CliError> {
    let mut smrt = context::smrt(global)?;
    let tenants = smrt.tenants()?;
    let mut session = context::session(&mut smrt, global)?;
    let now = context::now(global);
    let text = args.which.join(" ");
    if let Ok(id) = text.parse::<Id>() {
        if let Some(human) = found(session.human_detail(id, now))? {
            return print_human(human, &tenants, &session, ui);
        }
        return match found(session.number_detail(id, now))? {
            Some(number) => show_number(number, ui),
            None => Err(CliError::not_found(
                "there is no human or number with this id",
            )),
        };
    }
    let mut numbers = numbers_like(&mut session, &text, args.region, now)?;
    match (numbers.pop(), numbers.len()) {
        (Some(number), 0) => show_number(number, ui),
        (Some(_), others) => Err(CliError::user(format!(
            "{} numbers of the store can be written like this",
            others + 1
        ))
        .hint("write it with `+`, or say where it is from with `--region`")),
        (None, _) => Err(CliError::not_found("there is no such number")
            .hint("`smrt find` looks for names, e-mail addresses and companies")),
    }
}

/// Shows a human that a command made or changed.
pub(super) fn show_human(
    session: &mut TenantSession<'_>,
    tenants: &[Tenant],
    id: Id,
    now: Instant,
    ui: &Ui,
) -> Result<Exit, CliError> {
    let human = session.human_detail(id, now)?;
    print_human(human, tenants, session, ui)
}

/// Shows a number that a command made or changed.
pub(super) fn show_number_of(
    session: &mut TenantSession<'_>,
    id: Id,
    now: Instant,
    ui: &Ui,
) -> Result<Exit, CliError> {
    show_number(session.number_detail(id, now)?, ui)
}

fn print_human(
    human: HumanDetail,
    tenants: &[Tenant],
    session: &TenantSession<'_>,
    ui: &Ui,
) -> Result<Exit, CliError> {
    let owner = owner_of(tenants, session, human.human.owner);
    output::report(ui.format, &human::Human::new(human, owner))?;
    Ok(Exit::Done)
}

/// What was found; nothing where there is nothing the tenant can see.
fn found<T>(answer: Result<T, SmrtError>) -> Result<Option<T>, CliError> {
    match answer {
        Ok(found) => Ok(Some(found)),
        Err(SmrtError::NotFound { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// The slug of the tenant whose record it is, if that is another one.
fn owner_of(tenants: &[Tenant], session: &TenantSession<'_>, owner: Id) -> Option<String> {
    let other = tenants
        .iter()
        .filter(|tenant| tenant.id != session.tenant().id);
    other
        .into_iter()
        .find(|tenant| tenant.id == owner)
        .map(|tenant| tenant.slug.clone())
}

fn show_number(number: NumberDetail, ui: &Ui) -> Result<Exit, CliError> {
    output::report(ui.format, &number::Number::from(number))?;
    Ok(Exit::Done)
}

/// The numbers of the store that a text may stand for.
fn numbers_like(
    session: &mut TenantSession<'_>,
    text: &str,
    region: Option<Region>,
    now: Instant,
) -> Result<Vec<NumberDetail>, CliError> {
    let region = region.or(session.tenant().settings.default_region);
    let readings = phone_text::readings(text, region);
    if readings.is_empty() {
        return Err(CliError::user("neither an id nor a phone number").hint(
            "`smrt find` looks for names, e-mail addresses and companies and shows their ids",
        ));
    }
    let mut numbers = Vec::new();
    for reading in readings {
        let id = Id::of_phone_number(reading);
        numbers.extend(found(session.number_detail(id, now))?);
    }
    Ok(numbers)
}

/// A human's name as its viewer sees it: the names, or else the company.
fn name_of(human: &smrt_core::smrt::Human) -> String {
    let names = [human.first_name.value(), human.last_name.value()];
    let names: Vec<&str> = names.into_iter().flatten().map(String::as_str).collect();
    match names.is_empty() {
        true => human.company_name.value().cloned().unwrap_or_default(),
        false => names.join(" "),
    }
}
