//! `smrt check`: may a person be contacted, and why.

use clap::Args;
use serde::Serialize;
use serde_json::{Map, Value as Json};
use smrt_core::model::{Audience, Id, Line};
use smrt_core::phone::Region;
use smrt_core::rules::contact::{Decision, Evidence};
use smrt_core::rules::place::{StatedPlace, Tz};
use smrt_core::rules::rule::{Jurisdiction, Rule};
use smrt_core::smrt::CalledParty;

use crate::args::GlobalArgs;
use crate::contact_args::ContactArgs;
use crate::context;
use crate::error::CliError;
use crate::exit::Exit;
use crate::output::{self, Report};
use crate::phone_text;
use crate::ui::Ui;

const AFTER_HELP: &str = "\
Every rule of the called party's country and states is evaluated; the answer names each reason, the \
rule, its citation and the facts used. What is not known denies. `--at` decides for another \
instant, `--known-at` from what had been recorded by another, so that an old answer can be given \
again.

Exits with 0 when the contact may happen and with 1 when it may not.

Examples:
  smrt check +13125550123 --channel call --purpose marketing
  smrt check +13125550123 --channel sms --purpose marketing --state US-CA --line mobile
  smrt check +13125550123 --channel call --purpose marketing --at 2026-11-18T20:00:00Z \
--format json";

/// Say whether a number may be contacted, why, and by which rule
#[derive(Debug, Args)]
#[command(after_long_help = AFTER_HELP)]
pub(crate) struct CheckArgs {
    /// The number in any spelling
    number: String,
    #[command(flatten)]
    contact: ContactArgs,
    /// The human meant, where the number has several
    #[arg(long, value_name = "ID")]
    human: Option<Id>,
    /// The state or country of the called party's address, such as US-FL
    #[arg(long, value_name = "JURISDICTION", value_parser = jurisdiction)]
    state: Option<Jurisdiction>,
    /// The called party's time zone, as it or an operator stated it, such as America/Denver
    #[arg(long, value_name = "ZONE", value_parser = zone)]
    zone: Option<Tz>,
    /// What kind of line it is: mobile, landline or voip [default: what the numbering plan says]
    #[arg(long)]
    line: Option<Line>,
    /// Whom the line serves: residential, or business where that was verified
    #[arg(long, default_value_t = Audience::Unknown)]
    audience: Audience,
    /// Where a number without a country code is from, such as US
    #[arg(long, value_name = "REGION")]
    region: Option<Region>,
}

/// The answer.
#[derive(Debug, Serialize)]
struct Answer {
    allowed: bool,
    code: &'static str,
    phone_number: String,
    reasons: Vec<Ground>,
    permits: Vec<Ground>,
    flags: Vec<&'static str>,
    next_allowed_at: Option<String>,
    at: String,
    known_at: Option<String>,
    local_times: Vec<Clock>,
    profile: &'static str,
    rules_version: String,
}

/// A reason, or what lifted a rule.
#[derive(Debug, Serialize)]
struct Ground {
    code: &'static str,
    rule: Option<String>,
    jurisdiction: Option<String>,
    summary: Option<String>,
    citation: Option<String>,
    confidence: Option<&'static str>,
    facts: Map<String, Json>,
}

#[derive(Debug, Serialize)]
struct Clock {
    zone: &'static str,
    time: String,
}

impl Ground {
    fn new(code: &'static str, rule: Option<&Rule>, evidence: &Evidence) -> Self {
        let facts = evidence.facts().into_iter();
        Self {
            code,
            rule: rule.map(|rule| rule.id.clone()),
            jurisdiction: rule.map(|rule| rule.jurisdiction.to_string()),
            summary: rule.map(|rule| rule.summary.clone()),
            citation: rule.map(|rule| rule.citation.clone()),
            confidence: rule.map(|rule| rule.confidence.as_str()),
            facts: facts
                .map(|(name, value)| (name.to_owned(), Json::String(value)))
                .collect(),
        }
    }

    /// One line: code, rule and citation; and one for the facts.
    fn lines(&self, page: &mut String) {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let known = [text(&self.rule), text(&self.citation)];
        let known = known.iter().filter(|text| !text.is_empty());
        let known: Vec<&str> = known.map(String::as_str).collect();
        page.push_str(&format!("  {:<20} {}\n", self.code, known.join(", ")));
        if let Some(summary) = &self.summary {
            page.push_str(&format!("    {summary}\n"));
        }
        let facts: Vec<String> = self
            .facts
            .iter()
            .map(|(name, value)| format!("{name} {}", value.as_str().unwrap_or_default()))
            .collect();
        if !facts.is_empty() {
            page.push_str(&format!("    {}\n", facts.join(", ")));
        }
    }
}

impl Answer {
    fn new(party: &CalledParty, decision: &Decision<'_>, args: &ContactArgs) -> Self {
        let reasons = decision.reasons.iter();
        let permits = decision.permits.iter();
        let local_times = decision.local_times.iter();
        Self {
            allowed: decision.is_allowed(),
            code: decision.code(),
            phone_number: party.phone_number.to_string(),
            reasons: reasons
                .map(|reason| Ground::new(reason.code.as_str(), reason.rule, &reason.evidence))
                .collect(),
            permits: permits
                .map(|lifted| {
                    Ground::new(lifted.permit.as_str(), Some(lifted.rule), &lifted.evidence)
                })
                .collect(),
            flags: decision.flags.iter().map(|flag| flag.as_str()).collect(),
            next_allowed_at: decision.next_allowed_at.map(|instant| instant.to_string()),
            at: decision.at.to_string(),
            known_at: args.known_at.map(|instant| instant.to_string()),
            local_times: local_times
                .map(|local| Clock {
                    zone: local.zone().name(),
                    time: local.date_time().format("%Y-%m-%dT%H:%M:%S").to_string(),
                })
                .collect(),
            profile: decision.profile.as_str(),
            rules_version: decision.rules_version.to_owned(),
        }
    }
}

impl Report for Answer {
    const SCHEMA: &'static str = "smrt.contact-decision.v1";
    const TAG: &'static str = "contact_decision";
    const CSV: &'static [&'static str] = &[
        "phone_number",
        "allowed",
        "code",
        "codes",
        "rules",
        "next_allowed_at",
        "flags",
        "at",
        "profile",
        "rules_version",
    ];

    fn page(&self) -> String {
        let verdict = match self.allowed {
            true => "allowed",
            false => "denied",
        };
        let mut page = format!("{verdict}: {} {}\n", self.code, self.phone_number);
        self.reasons
            .iter()
            .for_each(|ground| ground.lines(&mut page));
        self.permits
            .iter()
            .for_each(|ground| ground.lines(&mut page));
        let times: Vec<String> = self
            .local_times
            .iter()
            .map(|local| format!("{} {}", local.time, local.zone))
            .collect();
        let mut row = |name: &str, value: &str| {
            if !value.is_empty() {
                page.push_str(&format!("{name:<13}{value}\n"));
            }
        };
        row(
            "next allowed",
            self.next_allowed_at.as_deref().unwrap_or(""),
        );
        row("at", &self.at);
        row("known at", self.known_at.as_deref().unwrap_or(""));
        row("local time", &times.join(", "));
        row("flags", &self.flags.join(", "));
        row("rules", &format!("{} {}", self.profile, self.rules_version));
        page
    }

    fn csv_rows(&self) -> Vec<Vec<String>> {
        let codes = self.reasons.iter().map(|ground| ground.code);
        let rules = self
            .reasons
            .iter()
            .filter_map(|ground| ground.rule.as_deref());
        vec![vec![
            self.phone_number.clone(),
            self.allowed.to_string(),
            self.code.to_owned(),
            codes.collect::<Vec<_>>().join(" "),
            rules.collect::<Vec<_>>().join(" "),
            self.next_allowed_at.clone().unwrap_or_default(),
            self.flags.join(" "),
            self.at.clone(),
            self.profile.to_owned(),
            self.rules_version.clone(),
        ]]
    }
}

/// Reads a country or a state that there is.
fn jurisdiction(text: &str) -> Result<Jurisdiction, String> {
    let read = text.parse::<Jurisdiction>().ok();
    read.filter(|jurisdiction| jurisdiction.exists())
        .ok_or_else(|| {
            "no country or state: expected one such as `US-FL`, `CA-ON` or `GB`".to_owned()
        })
}

/// Reads the name of a time zone.
fn zone(text: &str) -> Result<Tz, String> {
    text.parse().map_err(|_| {
        "no time zone of this name: expected one of the IANA database, such as `America/Denver`"
            .to_owned()
    })
}

pub(super) fn run(args: &CheckArgs, global: &GlobalArgs, ui: &Ui) -> Result<Exit, CliError> {
    let rules = context::rules(global)?;
    let question = args.contact.question(&rules, global);
    let mut smrt = context::smrt(global)?;
    let mut session = context::session(&mut smrt, global)?;
    let region = args.region.or(session.tenant().settings.default_region);
    let number = phone_text::only_reading(&args.number, region)?;
    let party = CalledParty {
        human_id: args.human,
        stated: StatedPlace {
            jurisdiction: args.state,
            zone: args.zone,
        },
        line: args.line,
        audience: args.audience,
        ..CalledParty::at(number.e164())
    };
    let decision = session.may_contact(&question, &args.contact.contact(), &party)?;
    output::report(ui.format, &Answer::new(&party, &decision, &args.contact))?;
    match decision.is_allowed() {
        true => Ok(Exit::Done),
        false => Ok(Exit::No),
    }
}
