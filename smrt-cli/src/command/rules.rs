//! `smrt rules`: the rules that contacts are decided by.

use std::path::PathBuf;

use chrono::NaiveDate;
use clap::{Args, Subcommand};
use serde::Serialize;
use serde_json::{Map, Value};
use smrt_core::model::Instant;
use smrt_core::rules::place::{Place, ZoneSource};
use smrt_core::rules::rule::{BUILTIN_FILES, Jurisdiction, Profile, Rule, RuleFault, RuleSet};

use crate::args::GlobalArgs;
use crate::context;
use crate::error::CliError;
use crate::exit::Exit;
use crate::mapping_choice::nearest;
use crate::output::{self, Report, Row, Shape};
use crate::rule_text;
use crate::rules::{RuleFolder, Rules};
use crate::table::{left, right};
use crate::ui::Ui;

const LIST_HELP: &str = "\
Rules in force on the day of `--at`, or today, in UTC. With `--jurisdiction` those that hold for \
somebody there: of the state, the country, the union it is a member of, and everywhere.

Examples:
  smrt rules list --jurisdiction US-FL
  smrt rules list --jurisdiction US --profile fcc_text --at 2027-01-31 --format csv
  smrt rules list --all --rules our-rules";

const SHOW_HELP: &str = "\
Shows every rule of an id, since one may succeed another in time.

Examples:
  smrt rules show us.national_dnc
  smrt rules show us-pa.hours --format json";

const VALIDATE_HELP: &str = "\
Reads the built-in rule files and those of a folder together, as `--rules` does, and lists every \
fault with its file, line and column. Exits with 1 when there is one. docs/rules.md tells how a rule \
file is written.

Examples:
  smrt rules validate our-rules
  smrt rules validate our-rules --format jsonl";

/// List, show and validate the rules that contacts are decided by
#[derive(Debug, Subcommand)]
pub(crate) enum RulesCommand {
    /// List rules
    #[command(after_long_help = LIST_HELP)]
    List(ListArgs),
    /// Show all of a rule: what it demands, of which contacts, unless what, and its citation
    #[command(after_long_help = SHOW_HELP)]
    Show {
        /// Its id, as `smrt rules list` prints it
        #[arg(value_name = "ID")]
        id: String,
    },
    /// Check a folder of rule files
    #[command(after_long_help = VALIDATE_HELP)]
    Validate {
        /// The folder [default: that of `--rules`, or the built-in files alone]
        #[arg(value_name = "DIR")]
        folder: Option<PathBuf>,
    },
}

#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// Only rules that hold for somebody in this state or country, such as US-FL or CA
    #[arg(long, value_name = "JURISDICTION")]
    jurisdiction: Option<Jurisdiction>,
    /// Only rules that this reading of the law applies: strict or fcc_text
    #[arg(long)]
    profile: Option<Profile>,
    /// Rules of the past and the future as well
    #[arg(long)]
    all: bool,
}

#[derive(Debug, Serialize)]
struct RuleRow {
    id: String,
    jurisdiction: String,
    summary: String,
    citation: String,
    confidence: &'static str,
    profiles: Value,
    effective_from: Option<String>,
    effective_until: Option<String>,
    file: String,
    line: usize,
    built_in: bool,
}

impl RuleRow {
    fn of(rule: &Rule, rules: &Rules) -> Self {
        Self {
            id: rule.id.clone(),
            jurisdiction: rule.jurisdiction.to_string(),
            summary: rule.summary.clone(),
            citation: rule.citation.clone(),
            confidence: rule.confidence.as_str(),
            profiles: rule_text::words(rule.profiles),
            effective_from: rule.effective_from.map(|day| day.to_string()),
            effective_until: rule.effective_until.map(|day| day.to_string()),
            file: file_of(rule, rules),
            line: rule.place.line,
            built_in: rules.own_path(rule).is_none(),
        }
    }
}

impl Row for RuleRow {
    const SHAPE: &'static Shape = &Shape {
        schema: "smrt.rules.v1",
        list: "rules",
        tag: "rule",
        table: &[
            left("RULE"),
            left("FROM"),
            left("UNTIL"),
            left("PROFILES"),
            left("CONFIDENCE"),
            left("SUMMARY"),
        ],
        csv: &[
            "id",
            "jurisdiction",
            "summary",
            "citation",
            "confidence",
            "profiles",
            "effective_from",
            "effective_until",
            "file",
            "line",
            "built_in",
        ],
    };

    fn table_cells(&self) -> Vec<String> {
        vec![
            self.id.clone(),
            text(&self.effective_from),
            text(&self.effective_until),
            spaced(&self.profiles),
            self.confidence.to_owned(),
            self.summary.clone(),
        ]
    }

    fn csv_cells(&self) -> Vec<String> {
        vec![
            self.id.clone(),
            self.jurisdiction.clone(),
            self.summary.clone(),
            self.citation.clone(),
            self.confidence.to_owned(),
            spaced(&self.profiles),
            text(&self.effective_from),
            text(&self.effective_until),
            self.file.clone(),
            self.line.to_string(),
            self.built_in.to_string(),
        ]
    }
}

/// Every rule of an id.
#[derive(Debug, Serialize)]
struct RulePage {
    id: String,
    rules: Vec<FullRule>,
    rules_version: String,
}

#[derive(Debug, Serialize)]
struct FullRule {
    jurisdiction: String,
    summary: String,
    citation: String,
    source: String,
    confidence: &'static str,
    effective_from: Option<String>,
    effective_until: Option<String>,
    profiles: Value,
    when: Map<String, Value>,
    demand: Map<String, Value>,
    unless: Vec<Map<String, Value>>,
    rank_after: Option<&'static str>,
    replaced_in: Vec<String>,
    file: String,
    line: usize,
    built_in: bool,
    #[serde(skip)]
    demand_line: String,
}

impl FullRule {
    fn of(rule: &Rule, rules: &Rules) -> Self {
        Self {
            jurisdiction: rule.jurisdiction.to_string(),
            summary: rule.summary.clone(),
            citation: rule.citation.clone(),
            source: rule.source.clone(),
            confidence: rule.confidence.as_str(),
            effective_from: rule.effective_from.map(|day| day.to_string()),
            effective_until: rule.effective_until.map(|day| day.to_string()),
            profiles: rule_text::words(rule.profiles),
            when: rule_text::condition(&rule.when),
            demand: rule_text::demand(&rule.demand),
            unless: rule.unless.iter().map(rule_text::exception).collect(),
            rank_after: rule.rank_after.map(|code| code.as_str()),
            replaced_in: rule.replaced_in.iter().map(ToString::to_string).collect(),
            file: file_of(rule, rules),
            line: rule.place.line,
            built_in: rules.own_path(rule).is_none(),
            demand_line: rule_text::demand_line(&rule.demand),
        }
    }

    /// Name and value of each line for people; what is not there is left out.
    fn lines(&self) -> Vec<(&'static str, String)> {
        let when = match rule_text::line(&self.when) {
            line if line.is_empty() => "every contact".to_owned(),
            line => line,
        };
        let mut lines = vec![
            ("summary", self.summary.clone()),
            ("jurisdiction", self.jurisdiction.clone()),
            ("citation", self.citation.clone()),
            ("source", self.source.clone()),
            ("confidence", self.confidence.to_owned()),
            ("effective from", text(&self.effective_from)),
            ("effective until", text(&self.effective_until)),
            ("profiles", spaced(&self.profiles)),
            ("when", when),
            ("demand", self.demand_line.clone()),
        ];
        let unless = self.unless.iter();
        lines.extend(unless.map(|exception| ("unless", rule_text::line(exception))));
        lines.push(("rank after", self.rank_after.unwrap_or("").to_owned()));
        lines.push(("replaced in", self.replaced_in.join(" ")));
        let built_in = if self.built_in { ", built in" } else { "" };
        let place = format!("{} line {}{built_in}", self.file, self.line);
        lines.push(("written in", place));
        lines.retain(|(_, value)| !value.is_empty());
        lines
    }
}

impl Report for RulePage {
    const SCHEMA: &'static str = "smrt.rule.v1";
    const TAG: &'static str = "rule";
    const CSV: &'static [&'static str] = &[
        "id",
        "jurisdiction",
        "summary",
        "citation",
        "source",
        "confidence",
        "effective_from",
        "effective_until",
        "profiles",
        "when",
        "demand",
        "unless",
        "rank_after",
        "replaced_in",
        "file",
        "line",
        "built_in",
    ];

    fn page(&self) -> String {
        let mut page = String::new();
        for rule in &self.rules {
            page.push_str(&format!("rule {}\n", self.id));
            for (name, value) in rule.lines() {
                page.push_str(&format!("  {name:<15}  {value}\n"));
            }
        }
        page
    }

    fn csv_rows(&self) -> Vec<Vec<String>> {
        let json = |map: &Map<String, Value>| Value::Object(map.clone()).to_string();
        let row = |rule: &FullRule| {
            let unless: Vec<String> = rule.unless.iter().map(json).collect();
            vec![
                self.id.clone(),
                rule.jurisdiction.clone(),
                rule.summary.clone(),
                rule.citation.clone(),
                rule.source.clone(),
                rule.confidence.to_owned(),
                text(&rule.effective_from),
                text(&rule.effective_until),
                spaced(&rule.profiles),
                json(&rule.when),
                json(&rule.demand),
                format!("[{}]", unless.join(",")),
                rule.rank_after.unwrap_or("").to_owned(),
                rule.replaced_in.join(" "),
                rule.file.clone(),
                rule.line.to_string(),
                rule.built_in.to_string(),
            ]
        };
        self.rules.iter().map(row).collect()
    }
}

#[derive(Debug, Serialize)]
struct FaultRow {
    file: String,
    line: usize,
    column: usize,
    problem: String,
    hint: String,
}

impl FaultRow {
    fn of(fault: &RuleFault, folder: Option<&RuleFolder>) -> Self {
        let own = folder.and_then(|folder| folder.path_of(&fault.file));
        Self {
            file: own.map_or_else(|| fault.file.clone(), |path| path.display().to_string()),
            line: fault.line,
            column: fault.column,
            problem: fault.problem.to_string(),
            hint: fault.problem.hint(),
        }
    }
}

impl Row for FaultRow {
    const SHAPE: &'static Shape = &Shape {
        schema: "smrt.rule-faults.v1",
        list: "faults",
        tag: "rule_fault",
        table: &[
            left("FILE"),
            right("LINE"),
            right("COLUMN"),
            left("PROBLEM"),
            left("WHAT TO DO"),
        ],
        csv: &["file", "line", "column", "problem", "hint"],
    };

    fn table_cells(&self) -> Vec<String> {
        self.csv_cells()
    }

    fn csv_cells(&self) -> Vec<String> {
        vec![
            self.file.clone(),
            self.line.to_string(),
            self.column.to_string(),
            self.problem.clone(),
            self.hint.clone(),
        ]
    }
}

pub(super) fn run(command: &RulesCommand, global: &GlobalArgs, ui: &Ui) -> Result<Exit, CliError> {
    match command {
        RulesCommand::List(args) => list(args, global, ui),
        RulesCommand::Show { id } => show(id, global, ui),
        RulesCommand::Validate { folder } => {
            let folder = folder.as_ref().or(global.rules.as_ref());
            let folder = folder.map(|path| RuleFolder::read(path)).transpose()?;
            validate(folder.as_ref(), ui)
        }
    }
}

fn list(args: &ListArgs, global: &GlobalArgs, ui: &Ui) -> Result<Exit, CliError> {
    if let Some(jurisdiction) = args
        .jurisdiction
        .filter(|jurisdiction| !jurisdiction.exists())
    {
        let error = CliError::user(format!("there is no jurisdiction `{jurisdiction}`"));
        return Err(error.hint("write a country such as `CA`, a state such as `US-FL`, or `EU`"));
    }
    let rules = context::rules(global)?;
    let place = args.jurisdiction.map(place_in);
    let today = date_of(context::now(global));
    let found: Vec<&Rule> = match &place {
        Some(place) => rules.applying(place).collect(),
        None => rules.rules().iter().collect(),
    };
    let rows = found.into_iter().filter(|rule| {
        (args.all || today.is_none_or(|today| rule.is_effective(today)))
            && args
                .profile
                .is_none_or(|profile| rule.profiles.contains(profile))
    });
    output::listing(ui.format, rows.map(|rule| RuleRow::of(rule, &rules)))?;
    if let Some(jurisdiction) = args.jurisdiction
        && !rules.knows(jurisdiction.country())
    {
        ui.note(format_args!(
            "there are no rules of `{}`, so that contacts there are denied",
            jurisdiction.country()
        ));
    }
    Ok(Exit::Done)
}

fn show(id: &str, global: &GlobalArgs, ui: &Ui) -> Result<Exit, CliError> {
    let rules = context::rules(global)?;
    let page = RulePage {
        id: id.to_owned(),
        rules: rules
            .rules_of(id)
            .map(|rule| FullRule::of(rule, &rules))
            .collect(),
        rules_version: rules.version().to_owned(),
    };
    if page.rules.is_empty() {
        let ids = rules.rules().iter().map(|rule| rule.id.as_str());
        let error = CliError::not_found(format!("there is no rule `{id}`"));
        return Err(match nearest(id, ids) {
            Some(nearest) => error.hint(format!("is `{nearest}` meant?")),
            None => error.hint("`smrt rules list --all` lists the rules"),
        });
    }
    output::report(ui.format, &page)?;
    Ok(Exit::Done)
}

fn validate(folder: Option<&RuleFolder>, ui: &Ui) -> Result<Exit, CliError> {
    let own;
    let read: Result<&RuleSet, Vec<RuleFault>> = match folder {
        Some(folder) => {
            own = folder.parse();
            own.as_ref().map_err(Clone::clone)
        }
        None => Ok(RuleSet::builtin()),
    };
    let none = Vec::new();
    let faults = read.as_ref().err().unwrap_or(&none);
    let rows = faults.iter().map(|fault| FaultRow::of(fault, folder));
    output::listing(ui.format, rows)?;
    let files = BUILTIN_FILES.len() + folder.map_or(0, RuleFolder::added);
    match read {
        Ok(rules) => {
            ui.note(format_args!(
                "no fault in {files} files: {} rules and {} holidays, version {}",
                rules.rules().len(),
                rules.holidays().len(),
                rules.version()
            ));
            Ok(Exit::Done)
        }
        Err(faults) => {
            let s = if faults.len() == 1 { "" } else { "s" };
            ui.note(format_args!("{} fault{s}", faults.len()));
            Ok(Exit::No)
        }
    }
}

/// Somewhere in a jurisdiction.
fn place_in(jurisdiction: Jurisdiction) -> Place {
    Place {
        country: Some(jurisdiction.country()),
        number_country: None,
        states: jurisdiction
            .state()
            .map(|_| jurisdiction)
            .into_iter()
            .collect(),
        any_state: false,
        zones: Vec::new(),
        zone_source: ZoneSource::Unknown,
    }
}

/// Where a rule is written: a path, or the name of a built-in file.
fn file_of(rule: &Rule, rules: &Rules) -> String {
    match rules.own_path(rule) {
        Some(path) => path.display().to_string(),
        None => rule.place.file.clone(),
    }
}

fn date_of(instant: Instant) -> Option<NaiveDate> {
    instant.to_chrono().map(|time| time.date_naive())
}

fn text(text: &Option<String>) -> String {
    text.clone().unwrap_or_default()
}

/// The words of a list with spaces between them.
fn spaced(words: &Value) -> String {
    let words = words.as_array().into_iter().flatten();
    words
        .filter_map(Value::as_str)
        .collect::<Vec<_>>()
        .join(" ")
}
