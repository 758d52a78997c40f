//! `smrt interaction`: contacts, purchases and inquiries written down by hand.

use std::collections::HashMap;

use clap::{Args, Subcommand};
use serde::Serialize;
use serde_json::{Map, Value as Json};
use smrt_core::model::{Direction, Id, Instant, InteractionKind};
use smrt_core::smrt::{Interaction, NewInteraction, TenantSession};

use super::consent::SubjectArgs;
use crate::args::GlobalArgs;
use crate::context;
use crate::error::CliError;
use crate::exit::Exit;
use crate::output::{self, Row, Shape};
use crate::table::{left, right};
use crate::ui::Ui;

const ADD_HELP: &str = "\
What is written down counts in `smrt check` and `smrt scrub`: purchases and inquiries make a \
business relationship, calls and texts count against the caps of a state.
Without `--direction`, purchases and inquiries are inbound, and everything else is outbound.
With `--key`, writing down the same again is refused instead of counted twice.

Examples:
  smrt interaction add +12025550143 --kind purchase --started-at 2026-06-18
  smrt interaction add +12025550143 --kind call --outcome answered --duration 95 --key dialler-7
  smrt interaction add --human 0198c0de-0000-7000-8000-000000000000 --kind inquiry";

const LIST_HELP: &str = "\
The oldest comes first. Exits with 1 when there is none.

Examples:
  smrt interaction list +12025550143
  smrt interaction list --human 0198c0de-0000-7000-8000-000000000000 --format jsonl";

/// Keep contacts, purchases and inquiries by hand: add and list them
#[derive(Debug, Subcommand)]
pub(crate) enum InteractionCommand {
    /// Write down a call, a text, a mail, a purchase or an inquiry
    #[command(after_long_help = ADD_HELP)]
    Add(Box<AddArgs>),
    /// List the interactions with a number or a human
    #[command(after_long_help = LIST_HELP)]
    List(SubjectArgs),
}

#[derive(Debug, Args)]
pub(crate) struct AddArgs {
    #[command(flatten)]
    subject: SubjectArgs,
    /// What it was: call, text, mail, purchase or inquiry
    #[arg(long, value_name = "KIND")]
    kind: InteractionKind,
    /// Who began it: inbound for the person, outbound for the tenant
    #[arg(long, value_name = "DIRECTION")]
    direction: Option<Direction>,
    /// When it began, such as 2026-11-21T10:30:00Z; now by default
    #[arg(long, value_name = "INSTANT")]
    started_at: Option<Instant>,
    /// How long it took, in seconds
    #[arg(long, value_name = "SECONDS")]
    duration: Option<u32>,
    /// How it ended, in your own words
    #[arg(long, value_name = "TEXT")]
    outcome: Option<String>,
    /// A key of your own, by which the same is not written down twice
    #[arg(long, value_name = "KEY")]
    key: Option<String>,
    /// Everything else, a JSON object
    #[arg(long, value_name = "JSON")]
    metadata: Option<String>,
}

impl AddArgs {
    fn new_interaction(
        &self,
        session: &TenantSession<'_>,
        now: Instant,
    ) -> Result<NewInteraction, CliError> {
        let (human_id, phone_number) = self.subject.parts(session)?;
        let started_at = self.started_at.unwrap_or(now);
        if started_at > now {
            return Err(
                CliError::user(format!("`--started-at {started_at}` is yet to come"))
                    .hint("write down what happened"),
            );
        }
        let direction = self.direction.unwrap_or(match self.kind {
            InteractionKind::Purchase | InteractionKind::Inquiry => Direction::Inbound,
            InteractionKind::Call | InteractionKind::Text | InteractionKind::Mail => {
                Direction::Outbound
            }
        });
        let metadata = match &self.metadata {
            Some(text) => serde_json::from_str::<Map<String, Json>>(text)
                .map_err(|_| CliError::user("`--metadata` is not a JSON object"))?,
            None => Map::new(),
        };
        Ok(NewInteraction {
            key: self.key.clone(),
            human_id,
            phone_number,
            outcome: self.outcome.clone(),
            duration_s: self.duration,
            metadata,
            ..NewInteraction::new(self.kind, direction, started_at)
        })
    }
}

/// An interaction in every format.
#[derive(Debug, Serialize)]
struct InteractionRow {
    id: String,
    phone_number: Option<String>,
    human_id: Option<String>,
    kind: Option<String>,
    direction: Option<String>,
    outcome: Option<String>,
    started_at: Option<String>,
    duration_s: Option<i64>,
    metadata: Option<Json>,
}

impl InteractionRow {
    fn new(interaction: Interaction, numbers: &HashMap<Id, String>) -> Self {
        let number = interaction.phone_number_id.and_then(|id| numbers.get(&id));
        let metadata = interaction.metadata.value();
        let metadata = metadata.and_then(|text| serde_json::from_str(text).ok());
        let started_at = interaction.started_at.into_value();
        Self {
            id: interaction.id.to_string(),
            phone_number: number.cloned(),
            human_id: interaction.human_id.map(|id| id.to_string()),
            kind: interaction.kind.into_value(),
            direction: interaction.direction.into_value(),
            outcome: interaction.outcome.into_value(),
            started_at: started_at.map(|instant| instant.to_string()),
            duration_s: interaction.duration_s.into_value(),
            metadata: metadata.filter(|metadata| *metadata != Json::Object(Map::new())),
        }
    }
}

impl Row for InteractionRow {
    const SHAPE: &'static Shape = &Shape {
        schema: "smrt.interactions.v1",
        list: "interactions",
        tag: "interaction",
        table: &[
            left("STARTED"),
            left("KIND"),
            left("DIRECTION"),
            left("OUTCOME"),
            right("SECONDS"),
            left("PHONE NUMBER"),
            left("HUMAN"),
            left("ID"),
        ],
        csv: &[
            "id",
            "phone_number",
            "human_id",
            "kind",
            "direction",
            "outcome",
            "started_at",
            "duration_s",
            "metadata",
        ],
    };

    fn table_cells(&self) -> Vec<String> {
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        vec![
            text(&self.started_at),
            text(&self.kind),
            text(&self.direction),
            text(&self.outcome),
            self.seconds(),
            text(&self.phone_number),
            text(&self.human_id),
            self.id.clone(),
        ]
    }

    fn csv_cells(&self) -> Vec<String> {
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        let metadata = self.metadata.as_ref().map(ToString::to_string);
        vec![
            self.id.clone(),
            text(&self.phone_number),
            text(&self.human_id),
            text(&self.kind),
            text(&self.direction),
            text(&self.outcome),
            text(&self.started_at),
            self.seconds(),
            text(&metadata),
        ]
    }
}

impl InteractionRow {
    fn seconds(&self) -> String {
        let seconds = self.duration_s.map(|seconds| seconds.to_string());
        seconds.unwrap_or_default()
    }
}

pub(super) fn run(
    command: &InteractionCommand,
    global: &GlobalArgs,
    ui: &Ui,
) -> Result<Exit, CliError> {
    let now = context::now(global);
    let mut smrt = context::smrt(global)?;
    let mut session = context::session(&mut smrt, global)?;
    let found = match command {
        InteractionCommand::Add(args) => {
            let new = args.new_interaction(&session, now)?;
            let id = session.add_interaction(&new, now)?;
            vec![session.interaction(id, now)?]
        }
        InteractionCommand::List(args) => match args.parts(&session)? {
            (Some(human), _) => session.interactions_of_humans(&[human], now)?,
            (None, number) => {
                let numbers: Vec<Id> = number.into_iter().map(Id::of_phone_number).collect();
                session.interactions_of_numbers(&numbers, now)?
            }
        },
    };
    if found.is_empty() {
        return Err(CliError::not_found("no interaction with them is known"));
    }
    output::listing(ui.format, rows(&mut session, found, now)?)?;
    Ok(Exit::Done)
}

/// Interactions with their numbers written out.
fn rows(
    session: &mut TenantSession<'_>,
    interactions: Vec<Interaction>,
    now: Instant,
) -> Result<Vec<InteractionRow>, CliError> {
    let ids = interactions.iter().filter_map(|one| one.phone_number_id);
    let mut ids: Vec<Id> = ids.collect();
    ids.sort_unstable();
    ids.dedup();
    let numbers = session.numbers(&ids, now)?.into_iter().flatten();
    let numbers: HashMap<Id, String> = numbers
        .filter_map(|number| Some((number.id, number.phone_number.into_value()?)))
        .collect();
    let rows = interactions.into_iter();
    Ok(rows
        .map(|interaction| InteractionRow::new(interaction, &numbers))
        .collect())
}
