//! A store on an engine, on which steps are taken.

use std::collections::BTreeSet;
use std::io::Write;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};

use serde_json::{Map, Value as Json, json};
use smrt_core::model::{
    AreaCodes, Channel, ConsentEvidence, ConsentType, Email, EntityType, Field, Id, Instant,
    NumberSet, Purpose, RegistryKind, RelationshipType,
};
use smrt_core::phone::E164;
use smrt_core::rules::contact::{Contact, Question};
use smrt_core::rules::rule::{Profile, RuleSet};
use smrt_core::smrt::{
    DncContent, DncRegistryKey, DncStep, HumanEdit, InteractionEdit, LinkEdit, NewConsentRecord,
    NewDncEntry, NewDncLoad, NewGrant, NewHuman, NewInteraction, NewLink, NewReassignedAnswer,
    NumberEdit, Shrinkage, Smrt, SmrtError, TenantSession,
};
use smrt_etl::import::Target;
use smrt_etl::plan::ConflictPolicy;
use smrt_etl::scrub::{
    ColumnNames, Destination, ExistingFiles, ListColumns, ScrubOptions, ScrubWatch, scrub,
};
use smrt_etl::source::{ContentDigest, Input, Source, SourceOptions};

use super::step::{
    CONSENT_TYPES, ConsentStep, EMAILS, GrantStep, LoadStep, NUMBERS, OwnList, RELATIONSHIPS,
    Registry, Row, Step, TENANTS, What, text,
};
use super::world::{File, World};
use crate::engine::TestEngine;
use crate::leak::view::View;
use crate::library::{add_tenant, session, try_import_at};
use crate::sandbox::{Sandbox, at};

const MAPPING: &str = r#"version = 1
source = "crm"
[columns]
"Key" = "source_key"
"First" = "first_name"
"Email" = "email"
"Mobile" = { phone = "mobile" }
"#;

/// The seed of every store here, so that the same steps make the same ids.
const SEED: u64 = 7;

/// A store on an engine.
pub(super) struct Stage {
    pub(super) engine: TestEngine,
    pub(super) store: Smrt,
    /// Goes after the store.
    _sandbox: Sandbox,
}

/// What a step came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answer {
    /// The ids of what was made, or the code of the refusal.
    pub(super) outcome: Result<Vec<Id>, String>,
    /// All that was told.
    pub(super) told: String,
}

impl Answer {
    fn of<T: View>(result: Result<T, SmrtError>, ids: impl FnOnce(&T) -> Vec<Id>) -> Self {
        match result {
            Ok(value) => Self {
                outcome: Ok(ids(&value)),
                told: value.reveal(),
            },
            Err(error) => Self {
                outcome: Err(error.code().to_owned()),
                told: error.to_string(),
            },
        }
    }

    /// The answer of a call that makes one record.
    fn made(result: Result<Id, SmrtError>) -> Self {
        Self::of(result, |id| vec![*id])
    }

    /// The answer of a call that makes no record of its own.
    fn done<T: View>(result: Result<T, SmrtError>) -> Self {
        Self::of(result, |_| Vec::new())
    }

    /// Nothing happened, though nothing went wrong.
    fn without_effect(mut self, code: &str) -> Self {
        self.outcome = Err(code.to_owned());
        self
    }
}

impl Stage {
    pub(super) fn new(engine: TestEngine) -> Self {
        let sandbox = Sandbox::on(engine);
        let mut store = Smrt::create_at(sandbox.location("a.db"), at()).unwrap();
        store.take_randomness_from(SEED);
        for tenant in TENANTS {
            add_tenant(&mut store, tenant);
        }
        Self {
            engine,
            store,
            _sandbox: sandbox,
        }
    }

    pub(super) fn session(&mut self, tenant: usize) -> TenantSession<'_> {
        session(&mut self.store, TENANTS[tenant])
    }

    /// Takes a step at the instant at which the world is.
    pub(super) fn take(&mut self, step: &Step, world: &World) -> Answer {
        let at = world.now;
        let mut session = self.session(step.by);
        let session = &mut session;
        match &step.what {
            What::AddHuman { key, fields } => {
                let human = new_human(*key, fields);
                Answer::made(session.add_human(&human, at))
            }
            What::EditHuman { human, field, text } => {
                let id = world.id_at(step.by, EntityType::Human, *human);
                let (field, value) = field_and_value(*field, *text);
                let edit = HumanEdit::of(id).set(field, &value);
                Answer::done(edit.and_then(|edit| session.edit_human(&edit, at)))
            }
            What::AddNumber(number) => Answer::done(session.add_number(e164(*number), at)),
            What::EditNumber { number, text } => {
                let id = Id::of_phone_number(e164(*number));
                let edit = NumberEdit::new(id, &note(*text));
                Answer::done(edit.and_then(|edit| session.edit_number(&edit, at)))
            }
            What::Link {
                human,
                number,
                relationship,
                is_primary,
            } => {
                let human = world.id_at(step.by, EntityType::Human, *human);
                let relationship = RelationshipType::parse(RELATIONSHIPS[*relationship]).unwrap();
                let link = NewLink {
                    is_primary: *is_primary,
                    ..NewLink::new(human, e164(*number), relationship)
                };
                Answer::made(session.add_link(&link, at))
            }
            What::EditLink {
                link,
                is_primary,
                verified,
            } => {
                let edit = LinkEdit {
                    is_primary: *is_primary,
                    verified: *verified,
                    ..LinkEdit::of(world.id_at(step.by, EntityType::Link, *link))
                };
                Answer::done(session.edit_link(&edit, at))
            }
            What::Unlink(link) => {
                Answer::done(session.remove_link(world.id_at(step.by, EntityType::Link, *link), at))
            }
            What::Grant(grant) => {
                let made = session.grant(&[new_grant(grant, world, step.by)], at);
                Answer::of(made, |made| made.iter().map(|made| made.grant.id).collect())
            }
            What::Revoke(grant) => {
                Answer::done(session.revoke(&[world.grant_at(step.by, *grant)], at))
            }
            What::Consent(consent) => {
                Answer::made(session.add_consent_record(&new_consent(consent, world, step.by), at))
            }
            What::Interact {
                key,
                human,
                number,
                kind,
                direction,
                started,
                outcome,
            } => {
                let new = NewInteraction {
                    key: key.map(|key| key.to_string()),
                    human_id: human.map(|human| world.id_at(step.by, EntityType::Human, human)),
                    phone_number: number.map(e164),
                    outcome: Some(text(*outcome)),
                    metadata: note(*outcome),
                    ..NewInteraction::new(*kind, *direction, started.instant(at))
                };
                Answer::made(session.add_interaction(&new, at))
            }
            What::EditInteraction {
                interaction,
                outcome,
            } => {
                let id = world.id_at(step.by, EntityType::Interaction, *interaction);
                let edit = InteractionEdit {
                    outcome: Some(text(*outcome)),
                    metadata: Some(note(*outcome)),
                    ..InteractionEdit::of(id)
                };
                Answer::done(session.edit_interaction(&edit, at))
            }
            What::List {
                list,
                number,
                since,
                reason,
            } => {
                let entry = NewDncEntry {
                    number: e164(*number),
                    listed_at: since.instant(at),
                    reason: Some(text(*reason)),
                };
                Answer::done(session.add_dnc_entries(&own_list(*list), &[entry], at))
            }
            What::Unlist { list, number } => {
                Answer::done(session.remove_dnc_entries(&own_list(*list), &[e164(*number)], at))
            }
            What::Load(load) => load_list(session, load, world, step.by),
            What::Answer {
                number,
                answer,
                asked,
            } => {
                let answer = NewReassignedAnswer {
                    number: e164(*number),
                    query_date: asked.instant(at),
                    answer: *answer,
                    checked_at: at,
                };
                Answer::done(session.add_reassigned_answers(&[answer], at))
            }
            What::Sync => Answer::done(session.sync_dnc(at, &mut |_| {})),
            What::Import(rows) => import(session, rows, at),
            What::Undo { runs_before_last } => {
                let run = world.run_before_last(step.by, *runs_before_last);
                let report = session.undo_run(run, at);
                let stands = report
                    .as_ref()
                    .is_ok_and(|report| report.obstacles_total > 0);
                match (Answer::done(report), stands) {
                    (answer, true) => answer.without_effect("obstacles"),
                    (answer, false) => answer,
                }
            }
            What::Scrub => scrub_all(session, at),
        }
    }
}

pub(super) fn e164(number: usize) -> E164 {
    NUMBERS[number].parse().unwrap()
}

/// The name of a field of a human, and a text that is written into it.
pub(super) fn field_and_value(field: usize, number: usize) -> (&'static str, String) {
    let name = EntityType::Human.fields()[field];
    let value = match name {
        "email" => EMAILS[number % EMAILS.len()].to_owned(),
        "metadata" => Json::Object(note(number)).to_string(),
        _ => text(number),
    };
    (name, value)
}

fn note(number: usize) -> Map<String, Json> {
    Map::from_iter([("note".to_owned(), json!(text(number)))])
}

fn new_human(key: Option<u8>, fields: &[(usize, usize)]) -> NewHuman {
    let mut human = NewHuman {
        key: key.map(|key| key.to_string()),
        ..NewHuman::default()
    };
    for (field, number) in fields {
        let (name, value) = field_and_value(*field, *number);
        match name {
            "first_name" => human.first_name = Some(value),
            "last_name" => human.last_name = Some(value),
            "email" => human.email = Email::parse(&value).ok(),
            "company_name" => human.company_name = Some(value),
            "job_title" => human.job_title = Some(value),
            "employee_id" => human.employee_id = Some(value),
            "contractor_id" => human.contractor_id = Some(value),
            _ => human.metadata = note(*number),
        }
    }
    human
}

/// The field of this place of a kind that may have fewer.
pub(super) fn field_of(entity_type: EntityType, place: usize) -> Field {
    let mut fields = Field::all(entity_type);
    fields.nth(place % entity_type.fields().len()).unwrap()
}

fn new_grant(grant: &GrantStep, world: &World, by: usize) -> NewGrant {
    let record = grant.record;
    NewGrant {
        to: TENANTS[(by + grant.to) % TENANTS.len()].to_owned(),
        entity_type: grant.entity_type,
        record: record.map(|record| world.id_at(by, grant.entity_type, record)),
        field: grant.field.map(|field| field_of(grant.entity_type, field)),
        level: grant.level,
        expires_at: grant.ends.map(|ends| ends.instant(world.now)),
    }
}

fn new_consent(consent: &ConsentStep, world: &World, by: usize) -> NewConsentRecord {
    let human = consent.human;
    NewConsentRecord {
        key: consent.key.map(|key| key.to_string()),
        human_id: human.map(|human| world.id_at(by, EntityType::Human, human)),
        phone_number: consent.number.map(e164),
        consent_type: ConsentType::parse(CONSENT_TYPES[consent.consent_type]).unwrap(),
        event: consent.event,
        consent_source: text(consent.source),
        consent_date: consent.date.map(|date| date.instant(world.now)),
        precision: consent.precision,
        expiration_date: consent.expiration.map(|end| end.instant(world.now)),
        tier: consent.tier,
        seller: None,
        legal_basis: None,
        evidence: ConsentEvidence {
            method: consent.method,
            ..ConsentEvidence::default()
        },
        metadata: Map::new(),
    }
}

pub(super) fn own_list(list: OwnList) -> DncRegistryKey {
    let kind = match list {
        OwnList::Internal => RegistryKind::Internal,
        OwnList::Litigator => RegistryKind::Litigator,
    };
    DncRegistryKey::new(kind, None, None).unwrap()
}

fn load_list(
    session: &mut TenantSession<'_>,
    load: &LoadStep,
    world: &World,
    tenant: usize,
) -> Answer {
    let at = world.now;
    let (version_date, file) = world.file(tenant, load);
    let registry = match load.into {
        Registry::National => {
            DncRegistryKey::new(RegistryKind::National, "US".parse().ok(), None).unwrap()
        }
        Registry::Internal => own_list(OwnList::Internal),
    };
    let source_digest = Id::derived("list", &[format!("{file:?}").as_bytes()]).to_string();
    let numbers = |places: BTreeSet<usize>| places.into_iter().map(e164).collect::<NumberSet>();
    let (base, content) = match file {
        File::Full(listed) => (None, DncContent::Full(numbers(listed))),
        File::Change {
            base,
            added,
            removed,
        } => {
            let content = DncContent::Change {
                added: numbers(added),
                removed: numbers(removed),
                revised: 0,
            };
            (Some(base), content)
        }
    };
    let new = NewDncLoad {
        registry,
        base,
        version_date: Some(version_date),
        obtained_at: None,
        area_codes: Some(AreaCodes::All),
        subscription_id: None,
        source_digest,
        rows_read: 9,
        rows_rejected: 0,
        shrinkage: Shrinkage::Any,
    };
    let mut loaded = || {
        let mut load = session.begin_dnc_load(&new, &content, at)?;
        session.write_dnc_blocks(&mut load, &content, at)?;
        session.finish_dnc_load(load, at)
    };
    let plan = loaded();
    let is_held = plan.as_ref().is_ok_and(|plan| plan.step == DncStep::Held);
    match (Answer::done(plan), is_held) {
        (answer, true) => answer.without_effect("held"),
        (answer, false) => answer,
    }
}

fn import(session: &mut TenantSession<'_>, rows: &[Row], at: Instant) -> Answer {
    let mut text = String::from("Key,First,Email,Mobile\n");
    for row in rows {
        let cells = [
            row.source_key(),
            row.first_name().unwrap_or_default().to_owned(),
            row.email().unwrap_or_default().to_owned(),
            row.mobile
                .map_or(String::new(), |number| NUMBERS[number].to_owned()),
        ];
        text.push_str(&cells.join(","));
        text.push('\n');
    }
    let target = Target::Session(session);
    let report = try_import_at(target, MAPPING, &text, ConflictPolicy::Update, at).unwrap();
    Answer {
        outcome: Ok(Vec::new()),
        told: format!("run {} {:?}", report.run, report.counts),
    }
}

/// Where the rows of a scrubbed list go.
#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Vec<u8>>>);

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// A list of all numbers, and of somebody who has none.
fn scrub_all(session: &mut TenantSession<'_>, at: Instant) -> Answer {
    let list = format!("Phone\n{}\nnone\n", NUMBERS.join("\n"));
    let input = Input::Reader {
        name: "list.csv".to_owned(),
        reader: Box::new(std::io::Cursor::new(list.into_bytes())),
    };
    let options = SourceOptions {
        content_digest: ContentDigest::Sha256,
        ..SourceOptions::default()
    };
    let source = Source::open(input, &options).unwrap();
    let names = ColumnNames {
        phones: vec!["Phone".to_owned()],
        ..ColumnNames::default()
    };
    let rows = Shared::default();
    let options = ScrubOptions {
        question: Question {
            rules: RuleSet::builtin(),
            profile: Profile::Strict,
            at,
            known_at: at,
        },
        contact: Contact::new(Channel::Call, Purpose::Marketing),
        columns: ListColumns::bind(&names, &source).unwrap(),
        region: None,
        input_name: "list.csv".to_owned(),
        destination: Destination::Stream(Box::new(rows.clone())),
        existing: ExistingFiles::Refuse,
    };
    let mut watch = ScrubWatch {
        progress: &mut |_| {},
        stop: &AtomicBool::new(false),
    };
    let scrubbed = scrub(session, source, options, at, &mut watch)
        .unwrap()
        .unwrap();
    let rows = String::from_utf8(rows.0.lock().unwrap().clone()).unwrap();
    let counts = scrubbed.record.outcomes;
    assert_eq!(counts.total(), NUMBERS.len() as u64 + 1);
    Answer {
        outcome: Ok(Vec::new()),
        told: format!("{counts:?} {:?}\n{rows}", scrubbed.record.reasons),
    }
}
