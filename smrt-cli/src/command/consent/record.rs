//! `smrt consent grant` and `smrt consent revoke`: events written down by hand.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde_json::Map;
use smrt_core::model::{
    ConsentEvent, ConsentEvidence, ConsentMethod, ConsentScope, ConsentTier, ConsentType,
    DatePrecision, Id, Instant, SignatureKind,
};
use smrt_core::smrt::{ConsentQuestion, NewConsentRecord, TenantSession};

use super::{SubjectArgs, WhatArgs, event};
use crate::args::GlobalArgs;
use crate::context;
use crate::error::CliError;
use crate::exit::Exit;
use crate::output;
use crate::ui::Ui;

const GRANT_HELP: &str = "\
The ledger is append-only: an agreement that was written down wrongly is corrected by an event of \
its own, `smrt consent revoke --as invalidation`.
A written agreement (`--tier pewc`) needs the number, `--seller`, `--signature` and `--wording` or \
`--wording-file`; `--seller` with the tenant's own name is the tenant.
What was withdrawn is given again only by the person: `--method web_form`, `sms`, `email`, `paper` \
or `key_press`, or `agent` with a `--recording`.

Examples:
  smrt consent grant +12025550143 --type marketing_sms --tier pec --method web_form \\
    --url https://example.com/offers --acted-at 2026-11-17T14:03:00Z
  smrt consent grant +12025550143 --type marketing_call --tier pewc --seller Acme \\
    --signature checkbox --wording-file wording.txt --method web_form";

const REVOKE_HELP: &str = "\
Without `--type`, `--purpose` and `--channel` every contact is meant.
An objection (GDPR Art. 21) ends older agreements like a withdrawal, and a newer one counts only if \
it names the purpose. A restriction (GDPR Art. 18) is about all processing, and is lifted by \
`smrt consent grant … --type data_processing`.

Examples:
  smrt consent revoke +12025550143 --type marketing_sms --source 'text message'
  smrt consent revoke --human 0198c0de-0000-7000-8000-000000000000 --purpose marketing \\
    --as objection --acted-at 2026-11-17";

/// Write down that a person agreed
#[derive(Debug, Args)]
#[command(after_long_help = GRANT_HELP)]
pub(crate) struct GrantArgs {
    #[command(flatten)]
    subject: SubjectArgs,
    #[command(flatten)]
    what: WhatArgs,
    /// How strong the agreement is: implied, opt_in, pec (express) or pewc (express and written)
    #[arg(long, value_name = "TIER")]
    tier: Option<ConsentTier>,
    /// The seller that the agreement names; by default the tenant itself
    #[arg(long, value_name = "NAME")]
    seller: Option<String>,
    /// When it ends by itself, such as 2027-11-17
    #[arg(long, value_name = "INSTANT")]
    expires: Option<Instant>,
    /// It renews an earlier one
    #[arg(long)]
    renewal: bool,
    /// How it was signed: handwritten, typed, checkbox, sms, key_press, voice_recording or digital
    #[arg(long, value_name = "KIND")]
    signature: Option<SignatureKind>,
    /// It was a condition of a purchase, which makes it void
    #[arg(long)]
    conditioned: bool,
    /// The box was ticked already, which makes it void
    #[arg(long)]
    pre_ticked: bool,
    #[command(flatten)]
    said: SaidArgs,
}

/// Write down that a person withdrew, refused or objected, or that an agreement is void
#[derive(Debug, Args)]
#[command(after_long_help = REVOKE_HELP)]
pub(crate) struct RevokeArgs {
    #[command(flatten)]
    subject: SubjectArgs,
    #[command(flatten)]
    what: WhatArgs,
    /// What it was
    #[arg(long = "as", value_enum, value_name = "KIND", default_value_t = Revocation::Withdrawal)]
    revocation: Revocation,
    #[command(flatten)]
    said: SaidArgs,
}

/// The kinds of events that end agreements.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Revocation {
    /// The person took an agreement back
    Withdrawal,
    /// The person was asked and did not agree
    Refusal,
    /// The person objected (GDPR Art. 21)
    Objection,
    /// Somebody found an agreement void
    Invalidation,
    /// Their data must not be processed (GDPR Art. 18)
    Restriction,
    /// The number went to somebody else
    Reassignment,
}

/// When and how something was said.
#[derive(Debug, Args)]
pub(super) struct SaidArgs {
    /// When the person acted: an instant, or a day such as 2026-11-17; by default now
    #[arg(long, value_name = "INSTANT", value_parser = acted_at)]
    acted_at: Option<ActedAt>,
    /// Who or what said so; by default the method, or `by hand`
    #[arg(long, value_name = "TEXT")]
    source: Option<String>,
    /// The legal basis, such as consent
    #[arg(long, value_name = "TEXT")]
    legal_basis: Option<String>,
    /// How it came about: web_form, sms, email, paper, key_press, agent, api or import
    #[arg(long, value_name = "METHOD")]
    method: Option<ConsentMethod>,
    /// Where: the address of a form or a page
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// The words that were shown or said
    #[arg(long, value_name = "TEXT")]
    wording: Option<String>,
    /// The same, from a file
    #[arg(long, value_name = "PATH", conflicts_with = "wording")]
    wording_file: Option<PathBuf>,
    /// The version of the words
    #[arg(long, value_name = "TEXT")]
    wording_version: Option<String>,
    /// From which Internet address
    #[arg(long, value_name = "ADDRESS")]
    ip: Option<String>,
    /// With what program
    #[arg(long, value_name = "TEXT")]
    user_agent: Option<String>,
    /// Where a recording is
    #[arg(long, value_name = "TEXT")]
    recording: Option<String>,
}

/// When somebody acted, and how exactly that is said.
#[derive(Debug, Clone, Copy)]
struct ActedAt(Instant, DatePrecision);

fn acted_at(text: &str) -> Result<ActedAt, smrt_core::model::ParseInstantError> {
    let precision = match text.contains(':') {
        true => DatePrecision::Exact,
        false => DatePrecision::Day,
    };
    Ok(ActedAt(text.parse()?, precision))
}

impl SaidArgs {
    /// An event that was said so.
    fn event(
        &self,
        subject: &SubjectArgs,
        session: &TenantSession<'_>,
        (event, consent_type): (ConsentEvent, ConsentType),
        at: Instant,
    ) -> Result<NewConsentRecord, CliError> {
        let (human_id, phone_number) = subject.parts(session)?;
        let ActedAt(acted_at, precision) =
            self.acted_at.unwrap_or(ActedAt(at, DatePrecision::Exact));
        let wording = match &self.wording_file {
            None => self.wording.clone(),
            Some(path) => Some(
                std::fs::read_to_string(path)
                    .map_err(|error| CliError::file(path.display(), &error))?,
            ),
        };
        let by_method = self.method.map_or("by hand", ConsentMethod::as_str);
        Ok(NewConsentRecord {
            key: None,
            human_id,
            phone_number,
            consent_type,
            event,
            consent_source: self.source.clone().unwrap_or_else(|| by_method.to_owned()),
            consent_date: Some(acted_at),
            precision,
            expiration_date: None,
            tier: None,
            seller: None,
            legal_basis: self.legal_basis.clone(),
            evidence: ConsentEvidence {
                method: self.method,
                url: self.url.clone(),
                wording,
                wording_version: self.wording_version.clone(),
                ip: self.ip.clone(),
                user_agent: self.user_agent.clone(),
                recording: self.recording.clone(),
                ..ConsentEvidence::default()
            },
            metadata: Map::new(),
        })
    }
}

pub(super) fn grant(args: &GrantArgs, global: &GlobalArgs, ui: &Ui) -> Result<Exit, CliError> {
    let at = context::now(global);
    let mut smrt = context::smrt(global)?;
    let mut session = context::session(&mut smrt, global)?;
    let Some(consent_type) = args.what.consent_type() else {
        return Err(CliError::user("an agreement is about something")
            .hint("say what, such as `--type marketing_sms`; `--type contact` is every contact"));
    };
    let kind = match args.renewal {
        true => ConsentEvent::Renewed,
        false => ConsentEvent::Granted,
    };
    let said = args
        .said
        .event(&args.subject, &session, (kind, consent_type), at)?;
    let event = NewConsentRecord {
        expiration_date: args.expires,
        tier: args.tier,
        seller: args.seller.clone(),
        evidence: ConsentEvidence {
            signature: args.signature,
            conditioned: args.conditioned.then_some(true),
            pre_ticked: args.pre_ticked.then_some(true),
            ..said.evidence
        },
        ..said
    };
    let id = session.add_consent_record(&event, at).map_err(told)?;
    note_what_stands(&mut session, args, &event, at, ui)?;
    show(&mut session, id, at, ui)
}

pub(super) fn revoke(args: &RevokeArgs, global: &GlobalArgs, ui: &Ui) -> Result<Exit, CliError> {
    let at = context::now(global);
    let mut smrt = context::smrt(global)?;
    let mut session = context::session(&mut smrt, global)?;
    let named = args.what.consent_type();
    let event = match args.revocation {
        Revocation::Withdrawal | Revocation::Restriction => ConsentEvent::Withdrawn,
        Revocation::Refusal => ConsentEvent::Refused,
        Revocation::Objection => ConsentEvent::Objected,
        Revocation::Invalidation => ConsentEvent::Invalidated,
        Revocation::Reassignment => ConsentEvent::Reassigned,
    };
    let everything = match args.revocation {
        Revocation::Restriction => "data_processing",
        Revocation::Withdrawal
        | Revocation::Refusal
        | Revocation::Objection
        | Revocation::Invalidation
        | Revocation::Reassignment => "contact",
    };
    if args.revocation == Revocation::Restriction && named.is_some() {
        return Err(CliError::user("a restriction is about all processing")
            .hint("leave `--type`, `--purpose` and `--channel` out"));
    }
    let everything =
        ConsentType::parse(everything).map_err(|error| CliError::user(error.to_string()))?;
    let what = (event, named.unwrap_or(everything));
    let event = args.said.event(&args.subject, &session, what, at)?;
    let id = session.add_consent_record(&event, at).map_err(told)?;
    show(&mut session, id, at, ui)
}

/// Says what to do where the ledger did not take an event.
fn told(error: smrt_core::smrt::SmrtError) -> CliError {
    let hint = match error.code() {
        "consent_date_in_future" => Some("`--acted-at` is when the person acted"),
        "consent_expired_before_date" => Some("`--expires` must be after `--acted-at`"),
        "consent_evidence_missing" => {
            Some("`smrt consent grant --help` names the options; `--tier pec` needs less")
        }
        _ => None,
    };
    let error = CliError::from(error);
    match hint {
        Some(hint) => error.hint(hint),
        None => error,
    }
}

/// Tells when an agreement was written down and does not count, since that is easily missed.
fn note_what_stands(
    session: &mut TenantSession<'_>,
    args: &GrantArgs,
    event: &NewConsentRecord,
    at: Instant,
    ui: &Ui,
) -> Result<(), CliError> {
    let scope = ConsentScope::of(&event.consent_type);
    let mut contacts = scope
        .into_iter()
        .flat_map(smrt_core::rules::consent::contacts_in);
    let Some((purpose, channel)) = contacts.next() else {
        return Ok(());
    };
    let question = ConsentQuestion {
        subject: args.subject.subject(session)?,
        purpose,
        channel,
        tier: args.tier.unwrap_or(ConsentTier::OptIn),
        seller: args.seller.clone(),
    };
    let answer = session.consent_status(&question, at, at)?;
    match answer.code {
        "given" => {}
        "withdrawn" => ui.note(
            "recorded, but a withdrawal stands: only what the person provably said takes it back \
             (see `--method`)",
        ),
        code => ui.note(format_args!("recorded, but it does not count: {code}")),
    }
    Ok(())
}

/// Prints an event that was written down.
pub(super) fn show(
    session: &mut TenantSession<'_>,
    id: Id,
    at: Instant,
    ui: &Ui,
) -> Result<Exit, CliError> {
    let record = session.consent_record(id, at)?;
    output::listing(ui.format, event::rows(session, vec![record], at)?)?;
    Ok(Exit::Done)
}
