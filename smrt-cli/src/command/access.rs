//! `smrt access`: who may see and change what, and why.

mod explain;

use clap::{Args, Subcommand};
use serde::Serialize;
use smrt_core::model::{AccessLevel, EntityType, Field, Id, Instant};
use smrt_core::smrt::{AccessQuestion, GrantDetail, GrantFilter, NewGrant};

use self::explain::Explained;
use crate::args::GlobalArgs;
use crate::context;
use crate::display::counted;
use crate::error::CliError;
use crate::exit::Exit;
use crate::output::{self, Listing, Row, Shape};
use crate::table::left;
use crate::ui::Ui;

/// How many grants are read at once.
const PAGE_ROWS: u32 = 1_000;

const GRANT_HELP: &str = "\
Whoever owns a record may grant access to it, and whoever was granted `admin`.
A grant on a field decides before one on the record, and both before what `smrt share` gave.
The level `none` denies.

Examples:
  smrt access grant human 0198c0de-0000-7000-8000-000000000000 --to beta --level read
  smrt access grant human 0198c0de-0000-7000-8000-000000000000 --to beta \\
    --field last_name --field job_title --level write --expires 2027-01-01";

const REVOKE_HELP: &str = "\
A tenant ends grants that it gave, and grants of others on records that it owns.
All of them end, or none.

Examples:
  smrt access revoke 0198c0de-0000-7000-8000-000000000000
  smrt access list --given --format csv | cut -d, -f1 | tail -n +2 | xargs smrt access revoke";

const LIST_HELP: &str = "\
Without an option, grants given and then grants received are listed.
With --at, the grants are those made by that instant, in the state they then had.

Examples:
  smrt access list --given
  smrt access list --record human 0198c0de-0000-7000-8000-000000000000 --at 2026-05-03";

const EXPLAIN_HELP: &str = "\
Says which grant decides, why the others do not, at which condition the answer fails, and the \
smallest change after which it would be yes.
Anyone may ask about itself; about others, whoever may grant the record.

Exits with 1 when the answer is no.

Examples:
  smrt access explain human 0198c0de-0000-7000-8000-000000000000 --field email
  smrt access explain human 0198c0de-0000-7000-8000-000000000000 --for beta \\
    --field email --level write --at 2026-05-03";

/// Grant, revoke, list and explain access to records
#[derive(Debug, Subcommand)]
pub(crate) enum AccessCommand {
    /// Grant another tenant access to a record, or to fields of it
    #[command(after_long_help = GRANT_HELP)]
    Grant(GrantArgs),
    /// End grants
    #[command(after_long_help = REVOKE_HELP)]
    Revoke {
        /// The grants, by their ids
        #[arg(required = true, value_name = "GRANT_ID")]
        ids: Vec<Id>,
    },
    /// List grants
    #[command(after_long_help = LIST_HELP)]
    List {
        /// Those on a record that the tenant may grant
        #[arg(long, num_args = 2, value_names = ["TYPE", "ID"], conflicts_with_all = ["given", "received"])]
        record: Option<Vec<String>>,
        /// Those the tenant gave
        #[arg(long)]
        given: bool,
        /// Those the tenant received
        #[arg(long)]
        received: bool,
    },
    /// Say whether a tenant may do something with a field, and why
    #[command(after_long_help = EXPLAIN_HELP)]
    Explain(ExplainArgs),
}

/// What `smrt access grant` takes.
#[derive(Debug, Args)]
pub(crate) struct GrantArgs {
    /// The kind of record: human, phone_number, link, consent_record or interaction
    #[arg(value_name = "TYPE")]
    entity_type: EntityType,
    /// The record
    id: Id,
    #[command(flatten)]
    terms: Terms,
}

/// What is granted, to whom and until when.
#[derive(Debug, Args)]
pub(super) struct Terms {
    /// The tenant to grant to, by its slug
    #[arg(long, value_name = "SLUG")]
    pub(super) to: String,
    /// A field, by its name; may be repeated. By default the whole record
    #[arg(long = "field", value_name = "FIELD")]
    pub(super) fields: Vec<String>,
    /// What is granted: none, read, write or admin
    #[arg(long, value_name = "LEVEL")]
    pub(super) level: AccessLevel,
    /// When the grant ends, such as 2027-01-01; by default never
    #[arg(long, value_name = "INSTANT")]
    pub(super) expires: Option<Instant>,
}

/// What `smrt access explain` takes.
#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// The kind of record: human, phone_number, link, consent_record or interaction
    #[arg(value_name = "TYPE")]
    entity_type: EntityType,
    /// The record
    id: Id,
    /// The tenant whose access is meant, by its slug; by default the one that asks
    #[arg(long = "for", value_name = "SLUG")]
    viewer: Option<String>,
    /// The field
    #[arg(long, value_name = "FIELD")]
    field: String,
    /// The level that is needed: read, write or admin
    #[arg(long, value_name = "LEVEL", default_value = "read")]
    level: AccessLevel,
}

/// A grant as it is shown.
#[derive(Debug, Serialize)]
pub(super) struct GrantRow {
    id: String,
    by: String,
    to: String,
    entity_type: &'static str,
    entity_id: Option<String>,
    field: Option<&'static str>,
    access_level: &'static str,
    created_at: String,
    expires_at: Option<String>,
    revoked_at: Option<String>,
    state: &'static str,
}

impl GrantRow {
    /// A grant as it stands at an instant.
    pub(super) fn new(detail: &GrantDetail, at: Instant) -> Self {
        let GrantDetail { grant, by, to } = detail;
        let state = match grant.is_live(at) {
            true => "live",
            false if grant.created_at > at => "not_yet",
            false if grant.revoked_at.is_some() => "revoked",
            false => "expired",
        };
        Self {
            id: grant.id.to_string(),
            by: by.clone(),
            to: to.clone(),
            entity_type: grant.entity_type.as_str(),
            entity_id: grant.record.map(|id| id.to_string()),
            field: grant.field.map(Field::name),
            access_level: grant.level.as_str(),
            created_at: grant.created_at.to_string(),
            expires_at: grant.expires_at.map(|end| end.to_string()),
            revoked_at: grant.revoked_at.map(|end| end.to_string()),
            state,
        }
    }

    /// What it speaks of, in words.
    fn scope(&self) -> String {
        let record = self.entity_id.as_deref().unwrap_or("all it owns");
        match self.field {
            Some(field) => format!("{} {record}, {field}", self.entity_type),
            None => format!("{} {record}", self.entity_type),
        }
    }
}

impl Row for GrantRow {
    const SHAPE: &'static Shape = &Shape {
        schema: "smrt.grants.v1",
        list: "grants",
        tag: "grant",
        table: &[
            left("ID"),
            left("BY"),
            left("TO"),
            left("LEVEL"),
            left("ON"),
            left("STATE"),
            left("EXPIRES"),
        ],
        csv: &[
            "id",
            "by",
            "to",
            "entity_type",
            "entity_id",
            "field",
            "access_level",
            "created_at",
            "expires_at",
            "revoked_at",
            "state",
        ],
    };

    fn table_cells(&self) -> Vec<String> {
        vec![
            self.id.clone(),
            self.by.clone(),
            self.to.clone(),
            self.access_level.to_owned(),
            self.scope(),
            self.state.to_owned(),
            self.expires_at.clone().unwrap_or_default(),
        ]
    }

    fn csv_cells(&self) -> Vec<String> {
        vec![
            self.id.clone(),
            self.by.clone(),
            self.to.clone(),
            self.entity_type.to_owned(),
            self.entity_id.clone().unwrap_or_default(),
            self.field.unwrap_or_default().to_owned(),
            self.access_level.to_owned(),
            self.created_at.clone(),
            self.expires_at.clone().unwrap_or_default(),
            self.revoked_at.clone().unwrap_or_default(),
            self.state.to_owned(),
        ]
    }
}

pub(super) fn run(command: &AccessCommand, global: &GlobalArgs, ui: &Ui) -> Result<Exit, CliError> {
    match command {
        AccessCommand::Grant(args) => grant(args, global, ui),
        AccessCommand::Revoke { ids } => {
            let mut smrt = context::smrt(global)?;
            context::session(&mut smrt, global)?.revoke(ids, context::now(global))?;
            let count = u64::try_from(ids.len()).unwrap_or(u64::MAX);
            ui.note(format_args!(
                "{} revoked",
                counted(count, "grant", "grants")
            ));
            Ok(Exit::Done)
        }
        AccessCommand::List {
            record,
            given,
            received,
        } => {
            let filters = match (record.as_deref(), given, received) {
                (Some([entity_type, id]), ..) => vec![record_filter(entity_type, id)?],
                (_, true, false) => vec![GrantFilter::Given],
                (_, false, true) => vec![GrantFilter::Received],
                _ => vec![GrantFilter::Given, GrantFilter::Received],
            };
            list(&filters, global, ui)
        }
        AccessCommand::Explain(args) => explain(args, global, ui),
    }
}

fn grant(args: &GrantArgs, global: &GlobalArgs, ui: &Ui) -> Result<Exit, CliError> {
    let fields = fields_of(args.entity_type, &args.terms.fields)?;
    let whole = NewGrant {
        to: args.terms.to.clone(),
        entity_type: args.entity_type,
        record: Some(args.id),
        field: None,
        level: args.terms.level,
        expires_at: args.terms.expires,
    };
    let grants: Vec<NewGrant> = match fields.is_empty() {
        true => vec![whole],
        false => fields
            .into_iter()
            .map(|field| NewGrant {
                field: Some(field),
                ..whole.clone()
            })
            .collect(),
    };
    let at = context::now(global);
    let mut smrt = context::smrt(global)?;
    let made = context::session(&mut smrt, global)?.grant(&grants, at)?;
    output::listing(ui.format, made.iter().map(|made| GrantRow::new(made, at)))?;
    Ok(Exit::Done)
}

/// The fields of these names.
pub(super) fn fields_of(entity_type: EntityType, names: &[String]) -> Result<Vec<Field>, CliError> {
    let field = |name: &String| {
        Field::parse(entity_type, name)
            .map_err(|error| CliError::user(format!("`{name}` is no field: {error}")))
    };
    names.iter().map(field).collect()
}

fn record_filter(entity_type: &str, id: &str) -> Result<GrantFilter, CliError> {
    let entity_type: EntityType = entity_type
        .parse()
        .map_err(|error| CliError::user(format!("`{entity_type}` is {error}")))?;
    let id: Id = id
        .parse()
        .map_err(|error| CliError::user(format!("`{id}` is {error}")))?;
    Ok(GrantFilter::Record(entity_type, id))
}

fn list(filters: &[GrantFilter], global: &GlobalArgs, ui: &Ui) -> Result<Exit, CliError> {
    let at = context::now(global);
    let mut smrt = context::smrt(global)?;
    let mut session = context::session(&mut smrt, global)?;
    // A refusal comes before the first line of output.
    let mut pages = Vec::with_capacity(filters.len());
    for filter in filters {
        pages.push((*filter, session.grants(*filter, None, PAGE_ROWS, at)?));
    }
    let mut listing = Listing::begin(ui.format)?;
    for (filter, mut page) in pages {
        while let Some(last) = page.last().map(|detail| detail.grant.id) {
            for detail in &page {
                listing.row(&GrantRow::new(detail, at))?;
            }
            page = session.grants(filter, Some(last), PAGE_ROWS, at)?;
        }
    }
    listing.finish()?;
    Ok(Exit::Done)
}

fn explain(args: &ExplainArgs, global: &GlobalArgs, ui: &Ui) -> Result<Exit, CliError> {
    let fields = fields_of(args.entity_type, std::slice::from_ref(&args.field))?;
    let Some(field) = fields.first().copied() else {
        return Err(CliError::user("a field is needed"));
    };
    let question = AccessQuestion {
        viewer: args.viewer.clone(),
        entity_type: args.entity_type,
        id: args.id,
        field,
        level: args.level,
    };
    let at = context::now(global);
    let mut smrt = context::smrt(global)?;
    let explanation = context::session(&mut smrt, global)?.explain(&question, at)?;
    let allowed = explanation.decision.allowed;
    output::report(ui.format, &Explained::new(&question, &explanation, at))?;
    match allowed {
        true => Ok(Exit::Done),
        false => Ok(Exit::No),
    }
}
