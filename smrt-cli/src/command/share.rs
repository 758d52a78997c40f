//! `smrt share`: a data-sharing agreement about all records of a kind.

use clap::Args;
use smrt_core::model::EntityType;

use super::access::{GrantRow, Terms, fields_of};
use crate::args::GlobalArgs;
use crate::context;
use crate::error::CliError;
use crate::exit::Exit;
use crate::output;
use crate::ui::Ui;

const AFTER_HELP: &str = "\
Covers every record of the kind that the tenant owns, now and later, and no other.
Grants on a record or on a field decide before it: deny single records with \
`smrt access grant … --level none`.
Sensitive fields of humans are seen only while the human's `data_sharing` consent lives.

Examples:
  smrt share human --to beta --level read --expires 2027-01-01
  smrt share human --to beta --field first_name --field last_name --level read";

/// Share all records of a kind with another tenant
#[derive(Debug, Args)]
#[command(after_long_help = AFTER_HELP)]
pub(crate) struct ShareArgs {
    /// The kind of record: human, phone_number, link, consent_record or interaction
    #[arg(value_name = "TYPE")]
    entity_type: EntityType,
    #[command(flatten)]
    terms: Terms,
}

pub(super) fn run(args: &ShareArgs, global: &GlobalArgs, ui: &Ui) -> Result<Exit, CliError> {
    let ShareArgs { entity_type, terms } = args;
    let fields = fields_of(*entity_type, &terms.fields)?;
    let at = context::now(global);
    let mut smrt = context::smrt(global)?;
    let made = context::session(&mut smrt, global)?.share(
        *entity_type,
        &terms.to,
        &fields,
        terms.level,
        terms.expires,
        at,
    )?;
    output::listing(ui.format, made.iter().map(|made| GrantRow::new(made, at)))?;
    Ok(Exit::Done)
}
