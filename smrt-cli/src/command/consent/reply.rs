//! `smrt consent reply`: what a received text asks for, and the event that follows from it.

use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;
use serde_json::Map;
use smrt_core::model::{
    ConsentChannel, ConsentEvent, ConsentEvidence, ConsentMethod, ConsentScope, ConsentType,
    DatePrecision, Direction, Id, Instant, InteractionKind, Purpose,
};
use smrt_core::phone::{E164, Region};
use smrt_core::rules::reply::{Reply, ReplyConfidence, ReplyKind, classify};
use smrt_core::smrt::{NewConsentRecord, NewInteraction};

use crate::args::GlobalArgs;
use crate::context;
use crate::error::CliError;
use crate::exit::Exit;
use crate::output::{self, Report};
use crate::phone_text;
use crate::table::Table;
use crate::ui::Ui;

const AFTER_HELP: &str = "\
A text that asks to be left alone is recorded as a withdrawal, at once. It holds for messages like \
the one replied to: `--purpose` and `--channel` say which; without a purpose, for every message of \
the channel.
Where it is not certain that it asks for that, it is recorded for marketing alone, with \
`needs_review`, so that a person looks at it.
A request for help is kept as an interaction; an opt-in and anything else record nothing. Of the \
text only its digest is kept, unless `--keep-text` is given.

Examples:
  smrt consent reply +12025550143 --text STOP --purpose marketing
  smrt consent reply +12025550143 --text-file reply.txt --received-at 2026-11-17T14:03:00Z";

/// The longest text that is read, in bytes.
const TEXT_BYTES_MAX: u64 = 65_536;

/// Record what a person replied to a message
#[derive(Debug, Args)]
#[command(after_long_help = AFTER_HELP)]
pub(crate) struct ReplyArgs {
    /// The number the reply came from, in any spelling
    number: String,
    /// What was replied
    #[arg(long, value_name = "TEXT", required_unless_present = "text_file")]
    text: Option<String>,
    /// The same, from a file, or - for standard input
    #[arg(long, value_name = "PATH", conflicts_with = "text")]
    text_file: Option<PathBuf>,
    /// What the message replied to was for; by default everything
    #[arg(long, value_name = "PURPOSE")]
    purpose: Option<Purpose>,
    /// By what channel it was sent
    #[arg(long, value_name = "CHANNEL", default_value_t = ConsentChannel::Sms)]
    channel: ConsentChannel,
    /// When the reply came; by default now
    #[arg(long, value_name = "INSTANT")]
    received_at: Option<Instant>,
    /// Keep the text with the event
    #[arg(long)]
    keep_text: bool,
    /// Where a number without a country code is from, such as US
    #[arg(long, value_name = "REGION")]
    region: Option<Region>,
}

/// What was made of a reply, in every format.
#[derive(Debug, Serialize)]
struct ReplyReport {
    phone_number: String,
    kind: &'static str,
    confidence: &'static str,
    /// The word or phrase of the list, not of the text.
    phrase: Option<String>,
    citation: Option<String>,
    event: Option<String>,
    consent_type: Option<String>,
    needs_review: bool,
    what: String,
}

impl ReplyReport {
    fn new(number: E164, reply: &Reply<'_>, recorded: Option<(Id, &ConsentType)>) -> Self {
        let what = match (reply.kind, &recorded) {
            (_, Some((_, consent_type))) => format!("recorded as withdrawn: `{consent_type}`"),
            (ReplyKind::Help, None) => {
                "recorded as a request for help: answer who you are and how to stop".to_owned()
            }
            (ReplyKind::OptIn, None) => {
                "nothing recorded: `smrt consent grant` records what the person agreed to"
                    .to_owned()
            }
            (ReplyKind::Withdrawal | ReplyKind::Nothing, None) => "nothing recorded".to_owned(),
        };
        Self {
            phone_number: number.to_string(),
            kind: reply.kind.as_str(),
            confidence: reply.confidence.as_str(),
            phrase: reply.matched.map(|phrase| phrase.text.clone()),
            citation: reply.matched.map(|phrase| phrase.citation.clone()),
            event: recorded.map(|(id, _)| id.to_string()),
            consent_type: recorded.map(|(_, consent_type)| consent_type.to_string()),
            needs_review: recorded.is_some() && reply.confidence == ReplyConfidence::Unsure,
            what,
        }
    }

    fn lines(&self) -> Vec<(&'static str, String)> {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        vec![
            ("phone_number", self.phone_number.clone()),
            ("kind", self.kind.to_owned()),
            ("confidence", self.confidence.to_owned()),
            ("phrase", text(&self.phrase)),
            ("citation", text(&self.citation)),
            ("event", text(&self.event)),
            ("consent_type", text(&self.consent_type)),
            ("needs_review", self.needs_review.to_string()),
        ]
    }
}

impl Report for ReplyReport {
    const SCHEMA: &'static str = "smrt.consent-reply.v1";
    const TAG: &'static str = "consent_reply";
    const CSV: &'static [&'static str] = &["measure", "value"];

    fn page(&self) -> String {
        format!("{}\n{}", self.what, Table::facts(self.lines()))
    }

    fn csv_rows(&self) -> Vec<Vec<String>> {
        let lines = self.lines().into_iter();
        lines
            .map(|(name, value)| vec![name.to_owned(), value])
            .collect()
    }
}

pub(super) fn run(args: &ReplyArgs, global: &GlobalArgs, ui: &Ui) -> Result<Exit, CliError> {
    let at = context::now(global);
    let text = match (&args.text, &args.text_file) {
        (Some(text), _) => text.clone(),
        (None, Some(path)) => read(path)?,
        (None, None) => return Err(CliError::user("`--text` or `--text-file` is needed")),
    };
    let reply = classify(&text);
    let mut smrt = context::smrt(global)?;
    let mut session = context::session(&mut smrt, global)?;
    let region = args.region.or(session.tenant().settings.default_region);
    let number = phone_text::only_reading(&args.number, region)?.e164();
    if reply.kind == ReplyKind::Help {
        session.add_interaction(&request_for_help(args, number, at), at)?;
    }
    if reply.kind != ReplyKind::Withdrawal {
        output::report(ui.format, &ReplyReport::new(number, &reply, None))?;
        return Ok(Exit::Done);
    }
    let event = withdrawal(args, number, &text, &reply, at)?;
    let id = session.add_consent_record(&event, at)?;
    let recorded = Some((id, &event.consent_type));
    output::report(ui.format, &ReplyReport::new(number, &reply, recorded))?;
    Ok(Exit::Done)
}

/// The message by which somebody asks for help; the ledger has no such event.
fn request_for_help(args: &ReplyArgs, number: E164, at: Instant) -> NewInteraction {
    let kind = match args.channel {
        ConsentChannel::Call | ConsentChannel::AutoCall => InteractionKind::Call,
        ConsentChannel::Sms => InteractionKind::Text,
        ConsentChannel::Email | ConsentChannel::Fax | ConsentChannel::Post => InteractionKind::Mail,
    };
    NewInteraction {
        phone_number: Some(number),
        outcome: Some("help_requested".to_owned()),
        ..NewInteraction::new(kind, Direction::Inbound, args.received_at.unwrap_or(at))
    }
}

/// The withdrawal that a reply is.
fn withdrawal(
    args: &ReplyArgs,
    number: E164,
    text: &str,
    reply: &Reply<'_>,
    at: Instant,
) -> Result<NewConsentRecord, CliError> {
    let is_unsure = reply.confidence == ReplyConfidence::Unsure;
    let scope = ConsentScope {
        purpose: match is_unsure {
            true => Some(Purpose::Marketing),
            false => args.purpose,
        },
        channel: Some(args.channel),
    };
    let consent_type = ConsentType::parse(&scope.to_string())
        .map_err(|error| CliError::user(error.to_string()))?;
    let method = match args.channel {
        ConsentChannel::Sms => ConsentMethod::Sms,
        ConsentChannel::Email => ConsentMethod::Email,
        ConsentChannel::Call => ConsentMethod::Agent,
        ConsentChannel::AutoCall => ConsentMethod::KeyPress,
        ConsentChannel::Fax | ConsentChannel::Post => ConsentMethod::Paper,
    };
    let mut metadata = Map::new();
    metadata.insert("confidence".to_owned(), reply.confidence.as_str().into());
    if let Some(phrase) = reply.matched {
        metadata.insert("phrase".to_owned(), phrase.text.as_str().into());
    }
    let text = text.trim();
    let digest = ConsentEvidence::digest_of(text);
    Ok(NewConsentRecord {
        precision: DatePrecision::Exact,
        evidence: ConsentEvidence {
            method: Some(method),
            wording: args
                .keep_text
                .then(|| text.to_owned())
                .filter(|text| !text.is_empty()),
            wording_digest: Some(digest),
            needs_review: is_unsure.then_some(true),
            ..ConsentEvidence::default()
        },
        metadata,
        ..NewConsentRecord::of_number(
            number,
            consent_type,
            ConsentEvent::Withdrawn,
            &format!("{} reply", args.channel),
            args.received_at.unwrap_or(at),
        )
    })
}

/// The text of a file, which must be short.
fn read(path: &Path) -> Result<String, CliError> {
    let shown = path.display();
    let failed = |error: &std::io::Error| CliError::file(&shown, error);
    let mut text = String::new();
    let read = match crate::source_args::is_stdin(path) {
        true => std::io::Read::read_to_string(
            &mut std::io::Read::take(std::io::stdin(), TEXT_BYTES_MAX + 1),
            &mut text,
        ),
        false => std::fs::File::open(path).and_then(|file| {
            std::io::Read::read_to_string(
                &mut std::io::Read::take(file, TEXT_BYTES_MAX + 1),
                &mut text,
            )
        }),
    };
    read.map_err(|error| failed(&error))?;
    match text.len() as u64 > TEXT_BYTES_MAX {
        true => Err(CliError::user(format!(
            "`{shown}` is longer than {TEXT_BYTES_MAX} bytes: no reply is"
        ))),
        false => Ok(text),
    }
}
