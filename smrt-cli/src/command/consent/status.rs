//! `smrt consent status`: what the ledger says, and why.

use clap::Args;
use serde::Serialize;
use smrt_core::model::{ConsentScope, ConsentTier, Instant, LedgerEvent};
use smrt_core::smrt::{ConsentAnswer, ConsentQuestion, ConsentSubject};

use super::event::acted;
use super::{SubjectArgs, WhatArgs};
use crate::args::GlobalArgs;
use crate::context;
use crate::error::CliError;
use crate::exit::Exit;
use crate::output::{self, Report};
use crate::table::Table;
use crate::ui::Ui;

const AFTER_HELP: &str = "\
Says whether a live agreement covers a contact as of `--at`, and which events decide.
The time at which the person acted decides, whatever order the ledger got to know things in; a tie \
goes to the withdrawal. With `--known-at`, only what was recorded by then counts.

Exits with 1 when the answer is no.

Examples:
  smrt consent status +12025550143 --type marketing_sms
  smrt consent status +12025550143 --purpose marketing --channel auto_call --tier pewc \\
    --at 2026-11-18T10:00:00Z --known-at 2026-11-18";

/// Say what the ledger holds about a contact, and why
#[derive(Debug, Args)]
#[command(after_long_help = AFTER_HELP)]
pub(crate) struct StatusArgs {
    #[command(flatten)]
    subject: SubjectArgs,
    #[command(flatten)]
    what: WhatArgs,
    /// How strong the agreement must be: implied, opt_in, pec or pewc
    #[arg(long, value_name = "TIER", default_value_t = ConsentTier::OptIn)]
    tier: ConsentTier,
    /// By which seller the contact would be; by default the tenant itself
    #[arg(long, value_name = "NAME")]
    seller: Option<String>,
    /// Count only what was recorded by this instant; by default everything
    #[arg(long, value_name = "INSTANT")]
    known_at: Option<Instant>,
}

/// The answer in every format.
#[derive(Debug, Serialize)]
struct StatusReport {
    phone_number: Option<String>,
    human_id: Option<String>,
    purpose: &'static str,
    channel: &'static str,
    tier: &'static str,
    seller: Option<String>,
    at: String,
    known_at: Option<String>,
    given: bool,
    code: &'static str,
    reason: String,
    agreement: Option<Deciding>,
    ending: Option<Deciding>,
}

/// An event that decides.
#[derive(Debug, Serialize)]
struct Deciding {
    id: String,
    event_kind: &'static str,
    consent_type: String,
    consent_date: Option<String>,
    date_precision: Option<&'static str>,
    expiration_date: Option<String>,
    consent_tier: Option<&'static str>,
    seller: Option<String>,
    recorded_at: String,
}

impl From<&LedgerEvent> for Deciding {
    fn from(event: &LedgerEvent) -> Self {
        Self {
            id: event.id.to_string(),
            event_kind: event.event.as_str(),
            consent_type: event.scope.to_string(),
            consent_date: event.acted_at.map(|at| at.to_string()),
            date_precision: event.acted_at.map(|_| event.precision.as_str()),
            expiration_date: event.valid_until.map(|at| at.to_string()),
            consent_tier: event.tier.map(ConsentTier::as_str),
            seller: event.seller.clone(),
            recorded_at: event.recorded_at.to_string(),
        }
    }
}

impl Deciding {
    /// The event in a line.
    fn line(&self) -> String {
        let acted = acted(self.consent_date.as_deref(), self.date_precision);
        let until = self.expiration_date.as_ref();
        let until = until
            .map(|end| format!(", until {end}"))
            .unwrap_or_default();
        let tier = self
            .consent_tier
            .map(|tier| format!(" ({tier})"))
            .unwrap_or_default();
        format!(
            "{} {}{tier}, acted {acted}, recorded {}{until}, {}",
            self.event_kind, self.consent_type, self.recorded_at, self.id
        )
    }
}

/// What stands in the way, in words.
fn reason(answer: &ConsentAnswer) -> String {
    let ended_by = answer
        .ending
        .as_ref()
        .map_or("", |ending| ending.event.as_str());
    match answer.code {
        "given" => "a live agreement covers the contact".to_owned(),
        "withdrawn" if answer.agreement.is_some() => {
            format!("an agreement would cover the contact, but it was {ended_by}")
        }
        "withdrawn" => format!("contacts of this kind were {ended_by}"),
        "void" => "the agreement's evidence is void".to_owned(),
        "other_seller" => "the agreement names another seller".to_owned(),
        "other_number" => "the agreement does not name the number".to_owned(),
        "reassigned" => "the number went to somebody else after the agreement".to_owned(),
        "expired" => "the agreement has ended".to_owned(),
        "too_weak" => "the agreement is of a weaker tier".to_owned(),
        _ => "nobody agreed to anything that covers the contact".to_owned(),
    }
}

impl Report for StatusReport {
    const SCHEMA: &'static str = "smrt.consent-status.v1";
    const TAG: &'static str = "consent_status";
    const CSV: &'static [&'static str] = &["measure", "value"];

    fn page(&self) -> String {
        let answer = if self.given { "given" } else { "not given" };
        format!("{answer}: {}\n{}", self.reason, Table::facts(self.lines()))
    }

    fn csv_rows(&self) -> Vec<Vec<String>> {
        let answer = [
            ("given", self.given.to_string()),
            ("code", self.code.to_owned()),
        ];
        let lines = answer.into_iter().chain(self.lines());
        lines
            .map(|(name, value)| vec![name.to_owned(), value])
            .collect()
    }
}

impl StatusReport {
    fn new(
        question: &ConsentQuestion,
        answer: &ConsentAnswer,
        at: Instant,
        known_at: Option<Instant>,
    ) -> Self {
        let (phone_number, human_id) = match question.subject {
            ConsentSubject::Number(number) => (Some(number.to_string()), None),
            ConsentSubject::Human(human) => (None, Some(human.to_string())),
        };
        Self {
            phone_number,
            human_id,
            purpose: question.purpose.as_str(),
            channel: question.channel.as_str(),
            tier: question.tier.as_str(),
            seller: question.seller.clone(),
            at: at.to_string(),
            known_at: known_at.map(|at| at.to_string()),
            given: answer.is_given(),
            code: answer.code,
            reason: reason(answer),
            agreement: answer.agreement.as_ref().map(Deciding::from),
            ending: answer.ending.as_ref().map(Deciding::from),
        }
    }

    fn lines(&self) -> Vec<(&'static str, String)> {
        let event = |event: &Option<Deciding>| event.as_ref().map(Deciding::line);
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        vec![
            ("phone_number", text(&self.phone_number)),
            ("human_id", text(&self.human_id)),
            ("contact", format!("{} by {}", self.purpose, self.channel)),
            ("tier", self.tier.to_owned()),
            ("seller", text(&self.seller)),
            ("at", self.at.clone()),
            ("known_at", text(&self.known_at)),
            ("agreement", event(&self.agreement).unwrap_or_default()),
            ("ended by", event(&self.ending).unwrap_or_default()),
        ]
    }
}

pub(super) fn run(args: &StatusArgs, global: &GlobalArgs, ui: &Ui) -> Result<Exit, CliError> {
    let at = context::now(global);
    let mut smrt = context::smrt(global)?;
    let mut session = context::session(&mut smrt, global)?;
    let scope = args
        .what
        .consent_type()
        .and_then(|kind| ConsentScope::of(&kind));
    let Some((Some(purpose), Some(channel))) = scope.map(|scope| (scope.purpose, scope.channel))
    else {
        return Err(
            CliError::user("a contact has one purpose and one channel").hint(
                "say which, such as `--type marketing_sms` or `--purpose marketing --channel sms`; \
             `smrt consent history` lists everything",
            ),
        );
    };
    let question = ConsentQuestion {
        subject: args.subject.subject(&session)?,
        purpose,
        channel,
        tier: args.tier,
        seller: args.seller.clone(),
    };
    let known_at = args.known_at.unwrap_or(Instant::from_micros(i64::MAX));
    let answer = session.consent_status(&question, at, known_at)?;
    output::report(
        ui.format,
        &StatusReport::new(&question, &answer, at, args.known_at),
    )?;
    match answer.is_given() {
        true => Ok(Exit::Done),
        false => Ok(Exit::No),
    }
}
