//! `smrt consent`: the tenant's ledger of what people agreed to and took back.

mod event;
mod export;
mod import;
mod receipt;
mod record;
mod reply;
mod status;

use clap::{Args, Subcommand};
use smrt_core::model::{ConsentChannel, ConsentScope, ConsentType, Id, Purpose};
use smrt_core::phone::{E164, Region};
use smrt_core::smrt::{ConsentSubject, TenantSession};

use crate::args::GlobalArgs;
use crate::context;
use crate::error::CliError;
use crate::exit::Exit;
use crate::output;
use crate::phone_text;
use crate::ui::Ui;

const HISTORY_HELP: &str = "\
Lists what counts for a number or a human, in the order in which the person acted: what was \
recorded for the number, and for every human the tenant links to it, or the other way round.
An event without a date comes first.

Examples:
  smrt consent history +12025550143
  smrt consent history --human 0198c0de-0000-7000-8000-000000000000 --format json";

/// Keep the ledger of consent: grant, revoke, ask, import, export and prove
#[derive(Debug, Subcommand)]
pub(crate) enum ConsentCommand {
    Grant(Box<record::GrantArgs>),
    Revoke(Box<record::RevokeArgs>),
    Status(status::StatusArgs),
    /// List the events that count for a number or a human
    #[command(after_long_help = HISTORY_HELP)]
    History(SubjectArgs),
    Import(import::ImportArgs),
    Export(export::ExportArgs),
    Receipt(receipt::ReceiptArgs),
    Reply(reply::ReplyArgs),
}

/// Of whom.
#[derive(Debug, Args)]
pub(crate) struct SubjectArgs {
    /// The number in any spelling
    #[arg(required_unless_present = "human", conflicts_with = "human")]
    number: Option<String>,
    /// A human, by the id, instead of a number
    #[arg(long, value_name = "ID")]
    human: Option<Id>,
    /// Where a number without a country code is from, such as US
    #[arg(long, value_name = "REGION")]
    region: Option<Region>,
}

impl SubjectArgs {
    fn subject(&self, session: &TenantSession<'_>) -> Result<ConsentSubject, CliError> {
        match (self.human, self.number.as_deref()) {
            (Some(human), _) => Ok(ConsentSubject::Human(human)),
            (None, Some(number)) => self.read(number, session).map(ConsentSubject::Number),
            (None, None) => Err(CliError::user("a number or `--human` is needed")),
        }
    }

    /// The human, and the number.
    pub(super) fn parts(
        &self,
        session: &TenantSession<'_>,
    ) -> Result<(Option<Id>, Option<E164>), CliError> {
        Ok(match self.subject(session)? {
            ConsentSubject::Human(human) => (Some(human), None),
            ConsentSubject::Number(number) => (None, Some(number)),
        })
    }

    fn read(&self, number: &str, session: &TenantSession<'_>) -> Result<E164, CliError> {
        let region = self.region.or(session.tenant().settings.default_region);
        Ok(phone_text::only_reading(number, region)?.e164())
    }
}

/// About which contacts.
#[derive(Debug, Args)]
pub(crate) struct WhatArgs {
    /// What it is about, such as marketing_sms, marketing, contact or data_processing
    #[arg(long = "type", value_name = "TYPE", value_parser = ConsentType::parse, conflicts_with_all = ["purpose", "channel"])]
    consent_type: Option<ConsentType>,
    /// For what: marketing, informational, survey, fundraising, political or debt_collection; by
    /// default everything
    #[arg(long, value_name = "PURPOSE")]
    purpose: Option<Purpose>,
    /// By what channel: call, auto_call, sms, email, fax or post; by default every one
    #[arg(long, value_name = "CHANNEL")]
    channel: Option<ConsentChannel>,
}

impl WhatArgs {
    /// The consent type, if anything was said of it.
    fn consent_type(&self) -> Option<ConsentType> {
        let scope = ConsentScope {
            purpose: self.purpose,
            channel: self.channel,
        };
        match &self.consent_type {
            Some(consent_type) => Some(consent_type.clone()),
            None if scope == ConsentScope::ALL => None,
            None => ConsentType::parse(&scope.to_string()).ok(),
        }
    }
}

pub(super) fn run(
    command: &ConsentCommand,
    global: &GlobalArgs,
    ui: &Ui,
) -> Result<Exit, CliError> {
    match command {
        ConsentCommand::Grant(args) => record::grant(args, global, ui),
        ConsentCommand::Revoke(args) => record::revoke(args, global, ui),
        ConsentCommand::Status(args) => status::run(args, global, ui),
        ConsentCommand::History(args) => history(args, global, ui),
        ConsentCommand::Import(args) => import::run(args, global, ui),
        ConsentCommand::Export(args) => export::run(args, global, ui),
        ConsentCommand::Receipt(args) => receipt::run(args, global, ui),
        ConsentCommand::Reply(args) => reply::run(args, global, ui),
    }
}

fn history(args: &SubjectArgs, global: &GlobalArgs, ui: &Ui) -> Result<Exit, CliError> {
    let at = context::now(global);
    let mut smrt = context::smrt(global)?;
    let mut session = context::session(&mut smrt, global)?;
    let subject = args.subject(&session)?;
    let records = session.consent_history(subject, at)?;
    if records.is_empty() {
        return Err(CliError::not_found("the ledger holds nothing about them"));
    }
    output::listing(ui.format, event::rows(&mut session, records, at)?)?;
    Ok(Exit::Done)
}
