//! Random sequences of imports and undos, compared with a naive model of what they mean, on one
//! engine and on all of them at once.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};
use smrt_core::smrt::Smrt;
use smrt_core::store::RunCounts;
use smrt_etl::plan::ConflictPolicy;

use crate::engine::TestEngine;
use crate::library::{import_text, new_store, session};
use crate::sandbox::{Sandbox, at};

const MAPPING: &str = r#"version = 1
source = "crm"
[columns]
"Key" = "source_key"
"First" = "first_name"
"Company" = "company_name"
"Fax" = { phone = "fax" }
"Work" = { phone = "work" }
"Mail" = { consent = "marketing_email", when_true = "granted", when_false = "revoked" }
"Also" = { consent = "marketing_email", when_true = "granted", when_false = "revoked" }
"#;

const NUMBERS: [&str; 4] = [
    "+12125550101",
    "+12125550102",
    "+13125550103",
    "+441514960104",
];

/// A row as the file says it. A row without a key and a name is no one's.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Row {
    key: Option<u8>,
    first: Option<u8>,
    company: Option<u8>,
    /// Number and extension.
    phones: [Option<(usize, Option<u8>)>; 2],
    consents: [Option<bool>; 2],
}

#[derive(Debug, Clone)]
enum Step {
    Import(Vec<Row>, ConflictPolicy),
    Repeat(ConflictPolicy),
    Undo,
}

/// What the model knows of a human.
#[derive(Debug, Clone, Default, PartialEq)]
struct Human {
    fields: [Option<u8>; 2],
    links: Vec<Link>,
    /// Column and status: each column is evidence of its own.
    consents: BTreeSet<(usize, bool)>,
    /// The rows it was imported from, and the last run that held each.
    rows: Vec<(Row, usize)>,
    created_in: usize,
}

#[derive(Debug, Clone, PartialEq)]
struct Link {
    number: usize,
    relationship: usize,
    primary: bool,
    extension: Option<u8>,
}

#[derive(Debug, Clone, Default, PartialEq)]
struct World {
    humans: BTreeMap<u8, Human>,
    numbers: BTreeSet<usize>,
}

const RELATIONSHIPS: [&str; 2] = ["fax", "work"];

impl World {
    fn import(&mut self, rows: &[Row], policy: ConflictPolicy, run: usize) -> RunCounts {
        let mut counts = RunCounts::default();
        for row in rows {
            counts.rows_checkpoint += 1;
            let Some(key) = row.key else {
                counts.rows_rejected += 1;
                counts.issues += 1;
                continue;
            };
            let before = (self.numbers.len(), self.tally());
            match self.humans.remove(&key) {
                None => {
                    let mut human = Human {
                        created_in: run,
                        ..Human::default()
                    };
                    self.take_in(&mut human, row, ConflictPolicy::Update, run, &mut counts);
                    self.humans.insert(key, human);
                    counts.rows_created += 1;
                }
                Some(mut human) => {
                    let policy = if human.created_in == run {
                        ConflictPolicy::Update
                    } else {
                        policy
                    };
                    match self.take_in(&mut human, row, policy, run, &mut counts) {
                        true => counts.rows_updated += 1,
                        false => counts.rows_unchanged += 1,
                    }
                    self.humans.insert(key, human);
                }
            }
            counts.phones_created += (self.numbers.len() - before.0) as u64;
            let after = self.tally();
            counts.links_created += after.0 - before.1.0;
            counts.consents_created += after.1 - before.1.1;
        }
        counts
    }

    fn tally(&self) -> (u64, u64) {
        self.humans
            .values()
            .fold((0, 0), |(links, consents), human| {
                (
                    links + human.links.len() as u64,
                    consents + human.consents.len() as u64,
                )
            })
    }

    /// Takes a row into a human and says whether that changed anything.
    fn take_in(
        &mut self,
        human: &mut Human,
        row: &Row,
        policy: ConflictPolicy,
        run: usize,
        counts: &mut RunCounts,
    ) -> bool {
        let contradicts_itself =
            row.consents.contains(&Some(true)) && row.consents.contains(&Some(false));
        if contradicts_itself {
            // The row itself takes what it gives; that is said each time it is read.
            counts.issues += 1;
        }
        if let Some((_, last)) = human.rows.iter_mut().find(|(known, _)| known == row) {
            *last = run;
            return false;
        }
        let before = (human.fields, human.links.clone(), human.consents.len());
        for (column, answer) in row.consents.iter().enumerate() {
            let Some(granted) = *answer else { continue };
            if human.consents.contains(&(column, granted)) {
                continue;
            }
            if granted && policy == ConflictPolicy::Skip {
                continue;
            }
            let withdrawn = human.consents.iter().any(|(_, granted)| !granted);
            if granted && contradicts_itself {
                continue;
            }
            if granted && withdrawn {
                counts.issues += 1;
                continue;
            }
            human.consents.insert((column, granted));
        }
        if policy != ConflictPolicy::Skip {
            match human.rows.iter_mut().find(|(_, last)| *last != run) {
                Some(replaced) => *replaced = (row.clone(), run),
                None => human.rows.push((row.clone(), run)),
            }
            // The second column is a voice line, the first is not.
            let called = usize::from(row.phones[1].is_some());
            let first = human.links.is_empty();
            for (relationship, phone) in row.phones.iter().enumerate() {
                let Some((number, extension)) = *phone else {
                    continue;
                };
                self.numbers.insert(number);
                let mut links = human.links.iter_mut();
                match links.find(|link| (link.number, link.relationship) == (number, relationship))
                {
                    None => human.links.push(Link {
                        number,
                        relationship,
                        primary: first && relationship == called,
                        extension,
                    }),
                    Some(link) if policy == ConflictPolicy::Update => {
                        link.extension = extension.or(link.extension);
                    }
                    Some(link) => link.extension = link.extension.or(extension),
                }
            }
            for (old, new) in human.fields.iter_mut().zip([row.first, row.company]) {
                if new.is_some() && (old.is_none() || policy == ConflictPolicy::Update) {
                    *old = new;
                }
            }
        }
        before != (human.fields, human.links.clone(), human.consents.len())
    }

    /// One line for each fact, as the store is asked for them.
    fn facts(&self) -> BTreeSet<String> {
        let mut facts: BTreeSet<String> = self
            .numbers
            .iter()
            .map(|number| format!("number {}", NUMBERS[*number]))
            .collect();
        for (key, human) in &self.humans {
            let text =
                |value: Option<u8>| value.map_or("NULL".to_owned(), |value| format!("v{value}"));
            let fields = human.fields.map(text);
            facts.insert(format!("human k{key} {} {}", fields[0], fields[1]));
            for link in &human.links {
                let extension = text(link.extension).replace('v', "");
                facts.insert(format!(
                    "link k{key} {} {} {} {extension}",
                    NUMBERS[link.number],
                    RELATIONSHIPS[link.relationship],
                    i32::from(link.primary)
                ));
            }
            for (column, granted) in &human.consents {
                let status = if *granted { "granted" } else { "revoked" };
                facts.insert(format!("consent k{key} {column} {status}"));
            }
        }
        facts
    }
}

/// The same facts, read from the store; the seed human is left out.
fn facts_in(sandbox: &Sandbox) -> BTreeSet<String> {
    const FACTS: [&str; 4] = [
        "SELECT 'number', phone_number FROM phone_numbers",
        "SELECT 'human', s.source_key, h.first_name, h.company_name FROM humans h \
         JOIN source_keys s ON s.human_id = h.id AND s.occurrence = 0 WHERE s.source_key <> 'seed'",
        "SELECT 'link', s.source_key, p.phone_number, l.relationship_type, l.is_primary, l.metadata \
         FROM phone_human_links l JOIN phone_numbers p ON p.id = l.phone_number_id \
         JOIN source_keys s ON s.human_id = l.human_id AND s.occurrence = 0",
        "SELECT 'consent', s.source_key, CASE WHEN c.consent_source LIKE '%Also%' THEN 1 ELSE 0 END, c.consent_status \
         FROM consent_records c JOIN source_keys s ON s.human_id = c.human_id AND s.occurrence = 0",
    ];
    FACTS
        .iter()
        .flat_map(|sql| sandbox.ask("a.db", sql))
        .map(|mut row| {
            if row[0] == "link" {
                let metadata = row.pop().unwrap();
                row.push(extension_in(&metadata));
            }
            row.join(" ")
        })
        .collect()
}

/// What is dialled after a number, as a link's metadata say it.
fn extension_in(metadata: &str) -> String {
    let metadata: serde_json::Value = serde_json::from_str(metadata).unwrap();
    let extension = metadata["extension"].as_str();
    extension.unwrap_or("NULL").to_owned()
}

fn csv(rows: &[Row]) -> String {
    let mut text = String::from("Key,First,Company,Fax,Work,Mail,Also\n");
    for row in rows {
        let value = |value: Option<u8>| value.map_or(String::new(), |value| format!("v{value}"));
        let answer = |answer: Option<bool>| match answer {
            None => "",
            Some(true) => "yes",
            Some(false) => "no",
        };
        let phone = |phone: Option<(usize, Option<u8>)>| match phone {
            None => String::new(),
            Some((number, None)) => NUMBERS[number].to_owned(),
            Some((number, Some(extension))) => format!("{} ext. {extension}", NUMBERS[number]),
        };
        let cells = [
            row.key.map_or(String::new(), |key| format!("k{key}")),
            // Without a key nothing else may say who it is.
            row.key.map_or(String::new(), |_| value(row.first)),
            row.key.map_or("v0".to_owned(), |_| value(row.company)),
            row.key.map_or(String::new(), |_| phone(row.phones[0])),
            row.key.map_or(String::new(), |_| phone(row.phones[1])),
            answer(row.consents[0]).to_owned(),
            answer(row.consents[1]).to_owned(),
        ];
        text.push_str(&cells.join(","));
        text.push('\n');
    }
    text
}

fn row() -> impl Strategy<Value = Row> {
    let maybe = |bound: u8| proptest::option::weighted(0.7, 0..bound);
    let extension = || proptest::option::weighted(0.4, 5..7_u8);
    let phone = || proptest::option::weighted(0.5, (0..NUMBERS.len(), extension()));
    let answer = || proptest::option::weighted(0.3, any::<bool>());
    let key = proptest::option::weighted(0.95, 0..5_u8);
    (
        key,
        maybe(3),
        maybe(2),
        [phone(), phone()],
        [answer(), answer()],
    )
        .prop_map(|(key, first, company, phones, consents)| Row {
            key,
            first,
            company,
            phones,
            consents,
        })
}

fn step() -> impl Strategy<Value = Step> {
    let policy = || {
        prop_oneof![
            Just(ConflictPolicy::Update),
            Just(ConflictPolicy::Fill),
            Just(ConflictPolicy::Skip)
        ]
    };
    prop_oneof![
        4 => (proptest::collection::vec(row(), 1..10), policy())
            .prop_map(|(rows, policy)| Step::Import(rows, policy)),
        1 => policy().prop_map(Step::Repeat),
        1 => Just(Step::Undo),
    ]
}

/// Whether the first import finds an empty store and takes the bulk path.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Start {
    Empty,
    OneHuman,
}

/// A store on an engine, with what stood in it before each run that is not undone.
struct Stage {
    sandbox: Sandbox,
    store: Smrt,
    /// The digest, and the run's number.
    history: Vec<(String, i64)>,
}

impl Stage {
    fn new(engine: TestEngine, start: Start) -> Self {
        let sandbox = Sandbox::on(engine);
        let mut store = new_store(&sandbox, "a.db");
        if start == Start::OneHuman {
            let seed = "Key,First,Company,Fax,Work,Mail,Also\nseed,Seed,,,,,\n";
            import_text(&mut store, "acme", MAPPING, seed, ConflictPolicy::Update);
        }
        Self {
            sandbox,
            store,
            history: Vec::new(),
        }
    }

    fn digest(&mut self) -> String {
        self.store.digest().unwrap().to_hex()
    }

    fn import(&mut self, text: &str, policy: ConflictPolicy) -> RunCounts {
        let before = self.digest();
        let report = import_text(&mut self.store, "acme", MAPPING, text, policy);
        self.history.push((before, report.run));
        report.counts
    }

    fn undo(&mut self) -> Result<(), TestCaseError> {
        if let Some((before, number)) = self.history.pop() {
            let report = session(&mut self.store, "acme").undo_run(number, at());
            prop_assert_eq!(report.unwrap().obstacles_total, 0);
            prop_assert_eq!(self.digest(), before);
        }
        Ok(())
    }
}

fn check(steps: &[Step], start: Start, engines: &[TestEngine]) -> Result<(), TestCaseError> {
    let mut stages: Vec<Stage> = engines
        .iter()
        .map(|engine| Stage::new(*engine, start))
        .collect();
    let mut world = World::default();
    let mut history: Vec<World> = Vec::new();
    let mut last_rows: Vec<Row> = vec![];
    for (run, step) in (1..).zip(steps) {
        let (rows, policy) = match step {
            Step::Import(rows, policy) => (rows.clone(), *policy),
            Step::Repeat(policy) => (last_rows.clone(), *policy),
            Step::Undo => {
                stages.iter_mut().try_for_each(Stage::undo)?;
                world = history.pop().unwrap_or(world);
                continue;
            }
        };
        if rows.is_empty() {
            continue;
        }
        history.push(world.clone());
        let expected = world.import(&rows, policy, run);
        for stage in &mut stages {
            let counts = stage.import(&csv(&rows), policy);
            prop_assert_eq!(counts, expected, "{:?} {:?}", start, policy);
            prop_assert_eq!(facts_in(&stage.sandbox), world.facts());
        }
        let digests: BTreeSet<String> = stages.iter_mut().map(Stage::digest).collect();
        prop_assert_eq!(digests.len(), 1, "the engines differ");
        last_rows = rows;
    }
    for stage in &mut stages {
        let checked = stage.store.check().unwrap();
        prop_assert!(checked.is_sound(), "{:?}", checked);
    }
    Ok(())
}

/// Checks as many cases of a kind, the same ones each time; a failure is told by its smallest case.
pub(crate) fn check_cases<S: Strategy>(
    cases: u32,
    strategy: &S,
    check: impl Fn(S::Value) -> Result<(), TestCaseError>,
) {
    let config = Config {
        cases,
        failure_persistence: None,
        max_shrink_iters: 400,
        ..Config::default()
    };
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(config, rng);
    if let Err(failure) = runner.run(strategy, check) {
        panic!("{failure}");
    }
}

fn check_sequences(cases: u32, engines: &[TestEngine]) {
    let sequences = proptest::collection::vec(step(), 1..6);
    check_cases(cases, &sequences, |steps| {
        check(&steps, Start::Empty, engines)?;
        check(&steps, Start::OneHuman, engines)
    });
}

#[test]
fn imports_and_undos_do_what_the_model_says() {
    check_sequences(96, &[TestEngine::Sqlite]);
}

#[test]
fn the_engines_do_the_same_and_leave_the_same_digest() {
    check_sequences(24, &TestEngine::ALL);
}
