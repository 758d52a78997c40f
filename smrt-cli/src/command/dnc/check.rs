//! `smrt dnc check`: on which lists numbers are.

use clap::Args;
use serde::Serialize;
use smrt_core::model::{Instant, RegistryKind};
use smrt_core::phone::{E164, Region};
use smrt_core::smrt::{DncFacts, DncRegistry};

use crate::args::GlobalArgs;
use crate::context;
use crate::error::CliError;
use crate::exit::Exit;
use crate::output::{self, Row, Shape};
use crate::phone_text;
use crate::table::{left, right};
use crate::ui::Ui;

pub(super) const HELP: &str = "\
Says of each number what each registry says that you hold: `listed`, `clear`, or `not_covered` where
the version you hold does not have its area code. A number no registry speaks of is `unknown`.
Whether a contact is allowed is more than that: see `smrt check`.

Exits with 1 when a number is listed.

Examples:
  smrt dnc check +13035550143
  smrt dnc check 3035550143 7205550143 --region US --format json
  smrt dnc check +13035550143 --at 2025-11-21";

#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// The numbers, in any spelling
    #[arg(required = true)]
    numbers: Vec<String>,
    /// Where numbers without a country code are from, such as US
    #[arg(long, value_name = "REGION")]
    region: Option<Region>,
    /// What was recorded by this instant; by default all that was recorded
    #[arg(long, value_name = "INSTANT")]
    known_at: Option<Instant>,
}

#[derive(Debug, Serialize)]
struct AnswerRow {
    phone_number: String,
    status: &'static str,
    registry: Option<String>,
    kind: Option<&'static str>,
    since: Option<String>,
    version: Option<i64>,
    version_date: Option<String>,
    obtained_at: Option<String>,
}

impl Row for AnswerRow {
    const SHAPE: &'static Shape = &Shape {
        schema: "smrt.dnc-answers.v1",
        list: "answers",
        tag: "dnc_answer",
        table: &[
            left("PHONE NUMBER"),
            left("STATUS"),
            left("REGISTRY"),
            left("SINCE"),
            right("VERSION"),
            left("OF"),
            left("OBTAINED"),
        ],
        csv: &[
            "phone_number",
            "status",
            "registry",
            "kind",
            "since",
            "version",
            "version_date",
            "obtained_at",
        ],
    };

    fn table_cells(&self) -> Vec<String> {
        let version = self.version.map(|version| version.to_string());
        vec![
            self.phone_number.clone(),
            self.status.to_owned(),
            self.registry.clone().unwrap_or_default(),
            self.since.clone().unwrap_or_default(),
            version.unwrap_or_default(),
            self.version_date.clone().unwrap_or_default(),
            self.obtained_at.clone().unwrap_or_default(),
        ]
    }

    fn csv_cells(&self) -> Vec<String> {
        let version = self.version.map(|version| version.to_string());
        vec![
            self.phone_number.clone(),
            self.status.to_owned(),
            self.registry.clone().unwrap_or_default(),
            self.kind.unwrap_or_default().to_owned(),
            self.since.clone().unwrap_or_default(),
            version.unwrap_or_default(),
            self.version_date.clone().unwrap_or_default(),
            self.obtained_at.clone().unwrap_or_default(),
        ]
    }
}

pub(super) fn run(args: &CheckArgs, global: &GlobalArgs, ui: &Ui) -> Result<Exit, CliError> {
    let mut smrt = context::smrt_for_reading(global)?;
    let mut session = context::session(&mut smrt, global)?;
    let now = context::now(global);
    let region = args.region.or(session.tenant().settings.default_region);
    let numbers: Vec<E164> = args
        .numbers
        .iter()
        .map(|text| Ok(phone_text::only_reading(text, region)?.e164()))
        .collect::<Result<_, CliError>>()?;
    let known_at = args.known_at.unwrap_or_else(latest);
    let registries = session.dnc_registries(now)?;
    let facts = session.check_dnc(&numbers, now, known_at)?;
    let rows: Vec<AnswerRow> = numbers
        .iter()
        .zip(&facts)
        .flat_map(|(number, facts)| rows_of(*number, facts, &registries))
        .collect();
    let is_listed = rows.iter().any(|row| row.status == LISTED);
    output::listing(ui.format, rows)?;
    match is_listed {
        true => Ok(Exit::No),
        false => Ok(Exit::Done),
    }
}

const LISTED: &str = "listed";

/// All that was ever recorded.
const fn latest() -> Instant {
    Instant::from_micros(i64::MAX)
}

fn rows_of(number: E164, facts: &DncFacts, registries: &[DncRegistry]) -> Vec<AnswerRow> {
    let name = |id| {
        let registry = registries.iter().find(|registry| registry.id == id);
        registry.map(|registry| registry.name.clone())
    };
    let blank = || AnswerRow {
        phone_number: number.to_string(),
        status: "unknown",
        registry: None,
        kind: None,
        since: None,
        version: None,
        version_date: None,
        obtained_at: None,
    };
    let of_registries = facts.registries.iter().map(|fact| AnswerRow {
        status: match (fact.listed_since, fact.covered) {
            (Some(_), _) => LISTED,
            (None, true) => "clear",
            (None, false) => "not_covered",
        },
        registry: name(fact.registry),
        kind: Some(fact.kind.as_str()),
        since: fact.listed_since.map(|since| since.to_string()),
        version: Some(fact.version),
        version_date: Some(fact.version_date.to_string()),
        obtained_at: Some(fact.obtained_at.to_string()),
        ..blank()
    });
    let own = |kind: RegistryKind| {
        let mut of_kind = registries.iter().filter(|registry| registry.kind == kind);
        of_kind.next().map(|registry| registry.name.clone())
    };
    let of_listings = facts.listings.iter().map(|listing| AnswerRow {
        status: LISTED,
        registry: name(listing.id).or_else(|| own(listing.kind)),
        kind: Some(listing.kind.as_str()),
        since: Some(listing.listed_at.to_string()),
        ..blank()
    });
    let rows: Vec<AnswerRow> = of_registries.chain(of_listings).collect();
    match rows.is_empty() {
        true => vec![blank()],
        false => rows,
    }
}
