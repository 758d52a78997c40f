//! `smrt human`: humans kept by hand.

use clap::{Args, Subcommand};
use serde_json::{Map, Value as Json};
use smrt_core::model::{Email, Id};
use smrt_core::smrt::{Cursor, HumanEdit, NewHuman, PageRequest, TenantSession};

use super::find::HumanRow;
use super::show;
use crate::args::GlobalArgs;
use crate::context;
use crate::error::CliError;
use crate::exit::Exit;
use crate::output;
use crate::ui::Ui;

const ADD_HELP: &str = "\
A human needs a name, an e-mail address, a company or an id number. Prints the record as `smrt show`
does; `smrt link` ties it to phone numbers.

Examples:
  smrt human add --first-name Ada --last-name Lovewell --email ada.lovewell@example.com
  smrt human add --company-name 'Example Engines, Ltd' --metadata '{\"note\": \"reception\"}'";

const EDIT_HELP: &str = "\
Changes the fields that are given and leaves the others; an empty text empties a field.

Examples:
  smrt human edit 0198c0de-0000-7000-8000-000000000000 --job-title Engineer
  smrt human edit 0198c0de-0000-7000-8000-000000000000 --email ''";

const LIST_HELP: &str = "\
Lists the humans the tenant can see, its own and those shared with it, in the order of their ids.
When there are more, stderr says how to go on.

Examples:
  smrt human list --limit 100
  smrt human list --after 0198c0de-0000-7000-8000-000000000000 --format jsonl";

/// Keep humans by hand: add, edit and list them
#[derive(Debug, Subcommand)]
pub(crate) enum HumanCommand {
    /// Add a human
    #[command(after_long_help = ADD_HELP)]
    Add(Box<FieldArgs>),
    /// Change fields of a human
    #[command(after_long_help = EDIT_HELP)]
    Edit(Box<EditArgs>),
    /// List humans page by page
    #[command(after_long_help = LIST_HELP)]
    List(ListArgs),
}

/// The fields of a human.
#[derive(Debug, Args)]
pub(crate) struct FieldArgs {
    /// First name
    #[arg(long, value_name = "TEXT")]
    first_name: Option<String>,
    /// Last name
    #[arg(long, value_name = "TEXT")]
    last_name: Option<String>,
    /// E-mail address
    #[arg(long, value_name = "ADDRESS")]
    email: Option<String>,
    /// Company or organisation
    #[arg(long, value_name = "TEXT")]
    company_name: Option<String>,
    /// Job title
    #[arg(long, value_name = "TEXT")]
    job_title: Option<String>,
    /// The tenant's number of the human as an employee
    #[arg(long, value_name = "TEXT")]
    employee_id: Option<String>,
    /// The tenant's number of the human as a contractor
    #[arg(long, value_name = "TEXT")]
    contractor_id: Option<String>,
    /// Everything else, a JSON object; it replaces the one that is there
    #[arg(long, value_name = "JSON")]
    metadata: Option<String>,
}

impl FieldArgs {
    /// The fields that were given, by name.
    fn given(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let fields = [
            ("first_name", &self.first_name),
            ("last_name", &self.last_name),
            ("email", &self.email),
            ("company_name", &self.company_name),
            ("job_title", &self.job_title),
            ("employee_id", &self.employee_id),
            ("contractor_id", &self.contractor_id),
            ("metadata", &self.metadata),
        ];
        fields
            .into_iter()
            .filter_map(|(name, value)| Some((name, value.as_deref()?)))
    }
}

#[derive(Debug, Args)]
pub(crate) struct EditArgs {
    /// The human's id
    id: Id,
    #[command(flatten)]
    fields: FieldArgs,
}

/// Which part of a list.
#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// Begin behind this record: the id of the last row that was shown
    #[arg(long, value_name = "ID")]
    pub(super) after: Option<Cursor>,
    /// Show at most so many
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(super) limit: u32,
}

impl ListArgs {
    /// The page that is asked for.
    pub(super) fn request(&self) -> PageRequest {
        let request = PageRequest::first(self.limit);
        match self.after {
            Some(cursor) => request.behind(cursor),
            None => request,
        }
    }
}

pub(super) fn run(command: &HumanCommand, global: &GlobalArgs, ui: &Ui) -> Result<Exit, CliError> {
    let mut smrt = context::smrt(global)?;
    let tenants = smrt.tenants()?;
    let mut session = context::session(&mut smrt, global)?;
    let now = context::now(global);
    let id = match command {
        HumanCommand::Add(fields) => session.add_human(&new_human(fields)?, now)?,
        HumanCommand::Edit(args) => {
            let mut given = args.fields.given();
            let edit = given.try_fold(HumanEdit::of(args.id), |edit, (field, value)| {
                edit.set(field, value)
            })?;
            if !session.edit_human(&edit, now)? {
                ui.note("nothing changed: the fields have these values already");
            }
            args.id
        }
        HumanCommand::List(args) => return list(&mut session, args, global, ui),
    };
    show::show_human(&mut session, &tenants, id, now, ui)?;
    Ok(Exit::Done)
}

fn new_human(fields: &FieldArgs) -> Result<NewHuman, CliError> {
    let email = match &fields.email {
        Some(text) => Some(
            Email::parse(text)
                .map_err(|error| CliError::user(format!("`--email` cannot be used: {error}")))?,
        ),
        None => None,
    };
    let metadata = match &fields.metadata {
        Some(text) => serde_json::from_str::<Map<String, Json>>(text)
            .map_err(|_| CliError::user("`--metadata` is not a JSON object"))?,
        None => Map::new(),
    };
    Ok(NewHuman {
        key: None,
        first_name: fields.first_name.clone(),
        last_name: fields.last_name.clone(),
        email,
        company_name: fields.company_name.clone(),
        job_title: fields.job_title.clone(),
        employee_id: fields.employee_id.clone(),
        contractor_id: fields.contractor_id.clone(),
        metadata,
    })
}

fn list(
    session: &mut TenantSession<'_>,
    args: &ListArgs,
    global: &GlobalArgs,
    ui: &Ui,
) -> Result<Exit, CliError> {
    let now = context::now(global);
    let page = session.list_humans(&args.request(), now)?;
    let found = session.with_phone_numbers(page.items, now)?;
    output::listing(ui.format, found.into_iter().map(HumanRow::from))?;
    if let Some(cursor) = page.next {
        ui.note(format_args!(
            "there are more: go on with `--after {cursor}`"
        ));
    }
    Ok(Exit::Done)
}
