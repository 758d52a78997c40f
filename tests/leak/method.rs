//! Every method of a session, by each tenant, with ids of its own, shared, hidden and made up.

use std::collections::BTreeSet;

use serde_json::Map;
use smrt_core::model::{Direction, Id, InteractionKind};
use smrt_core::smrt::{
    Human, HumanEdit, HumanSearch, InteractionEdit, LinkEdit, NewConsentRecord, NewHuman,
    NewInteraction, NewLink, NumberEdit, Smrt,
};
use smrt_core::store::{AuditFilter, IndexPolicy, RunStatus};

use super::call::{Call, METHODS, Target, consent_of, link_of, new_run};
use super::twin::without_ids;
use super::view::{Told, View as _};
use super::world::{When, World, acting, e164, number_of, open};
use crate::binary;
use crate::engine::TestEngine;

/// Ids of records, by the names the world has for them.
struct Names {
    human: &'static str,
    number: &'static str,
    link: &'static str,
    consent: &'static str,
    call: &'static str,
}

const OF_ACME: Names = Names {
    human: "hidden",
    number: "0111",
    link: "link hidden 0112",
    consent: "consent acme marketing_call",
    call: "call acme",
};
const OF_GAMMA: Names = Names {
    human: "gamma-own",
    number: "0132",
    link: "link gamma-own 0131",
    consent: "consent gamma marketing_call",
    call: "call gamma",
};
const OF_BETA: Names = Names {
    human: "beta-own",
    number: "0123",
    link: "link beta-own 0121",
    consent: "consent beta marketing_call",
    call: "call beta",
};
const EXPIRED: Names = Names {
    human: "expired",
    ..OF_ACME
};
const REVOKED: Names = Names {
    human: "revoked",
    ..OF_ACME
};

/// What is called for: records of a tenant, with the run that only it has.
fn target(world: &World, names: &Names, owner: &str, viewer: &str) -> Target {
    let mut smrt = open(world.location());
    let mut session = acting(&mut smrt, owner);
    let at = When::Live.instant();
    let own_human = match viewer {
        "acme" => "consented",
        "beta" => "beta-own",
        _ => "gamma-own",
    };
    let human = world.id(names.human);
    Target {
        human,
        given: session.human(human, at).unwrap(),
        number: number_of(names.number),
        link: world.id(names.link),
        consent: world.id(names.consent),
        call: world.id(names.call),
        grant: world.id("grant expired"),
        run: session.runs(at).unwrap().remove(0),
        sequence: 2,
        own_human: world.id(own_human),
        after_number: Id::of_phone_number(number_of(names.number)),
    }
}

/// The same with records that nobody has; what the caller holds in its hand it keeps.
fn made_up(of: &Target) -> Target {
    // After this id come the same records as after the hidden one.
    let behind = |id: Id| {
        let next = u128::from_be_bytes(*id.as_bytes()) + 1;
        Id::from_bytes(next.to_be_bytes())
    };
    let human = behind(of.human);
    let mut elsewhere = Smrt::in_memory().unwrap();
    crate::library::add_tenant(&mut elsewhere, "acme");
    let mut session = acting(&mut elsewhere, "acme");
    let run = loop {
        let mut run = session.start_run(&new_run(), IndexPolicy::Keep).unwrap();
        session
            .set_run_status(&mut run, RunStatus::Completed, When::Live.instant())
            .unwrap();
        if run.number == 39 {
            break run;
        }
    };
    Target {
        human,
        given: Human {
            id: human,
            ..of.given.clone()
        },
        number: e164("+12025550199"),
        after_number: behind(of.after_number),
        link: behind(of.link),
        consent: behind(of.consent),
        call: behind(of.call),
        grant: behind(of.grant),
        run,
        ..of.clone()
    }
}

/// Where methods are called.
enum Stage<'w> {
    /// Each in a copy of the store, which is quickly made of a file of SQLite.
    CopyForEach(&'w World),
    /// One after the other in one copy.
    Shared(Box<Smrt>),
}

impl<'w> Stage<'w> {
    fn new(world: &'w World) -> Self {
        match TestEngine::chosen() {
            TestEngine::Sqlite => Self::CopyForEach(world),
            TestEngine::DuckDb | TestEngine::Postgres => {
                Self::Shared(Box::new(open(world.copy("method.db"))))
            }
        }
    }

    fn call(&mut self, tenant: &str, when: When, method: Call, target: &Target) -> Told {
        match self {
            Self::CopyForEach(world) => {
                let mut smrt = open(world.copy("method.db"));
                let said = call(&mut smrt, tenant, when, method, target);
                drop(smrt);
                world.sandbox.remove_store("method.db");
                said
            }
            Self::Shared(smrt) => call(smrt, tenant, when, method, target),
        }
    }

    /// The methods whose calls do not disturb each other here.
    fn methods_apart(&self) -> Vec<(&'static str, Call)> {
        let methods = METHODS.iter().copied();
        methods
            .filter(|(name, _)| matches!(self, Self::CopyForEach(_)) || !is_writing(name))
            .collect()
    }
}

/// Whether a method changes more than the trail.
fn is_writing(method: &str) -> bool {
    const VERBS: [&str; 18] = [
        "add_",
        "begin_",
        "discard_",
        "edit_",
        "finish_",
        "grant",
        "import_",
        "record_scrub",
        "remove_",
        "resume_",
        "revoke",
        "roll_back_",
        "set_",
        "share",
        "start_run",
        "sync_",
        "undo_",
        "write_",
    ];
    let reads = ["grants", "shares_imports"];
    !reads.contains(&method) && VERBS.iter().any(|verb| method.starts_with(verb))
}

fn call(smrt: &mut Smrt, tenant: &str, when: When, method: Call, target: &Target) -> Told {
    let mut session = acting(smrt, tenant);
    let all = AuditFilter {
        limit: AuditFilter::LIMIT_MAX,
        ..AuditFilter::default()
    };
    let before = session.audit_entries(&all).unwrap().len();
    let mut said = method(&mut session, target, when);
    let mut trail = session.audit_entries(&all).unwrap().split_off(before);
    // What other calls left before is not this one's doing.
    for (place, entry) in (1..).zip(&mut trail) {
        entry.sequence = place;
    }
    said.trail = trail.reveal();
    said
}

/// An answer without the ids and numbers that were asked for.
fn comparable(text: &str, target: &Target) -> String {
    let number = target.number.to_string();
    let text = without_ids(text)
        .replace(&number, "<number>")
        .replace(&format!("run {}", target.run.number), "run <run>");
    text.replace(&number[1..], "<number>")
}

#[test]
fn every_method_answers_a_hidden_record_like_none() {
    let world = World::new();
    let mut unlike = Vec::new();
    for (viewer, when, names, owner) in [
        ("gamma", When::Live, OF_ACME, "acme"),
        ("gamma", When::Live, EXPIRED, "acme"),
        ("gamma", When::Live, OF_BETA, "beta"),
        ("beta", When::Before, OF_ACME, "acme"),
        ("beta", When::After, OF_ACME, "acme"),
        ("beta", When::Live, EXPIRED, "acme"),
        ("beta", When::Live, REVOKED, "acme"),
        ("beta", When::Live, OF_GAMMA, "gamma"),
        ("acme", When::Live, OF_BETA, "beta"),
    ] {
        let there = target(&world, &names, owner, viewer);
        let absent = made_up(&there);
        let mut stage = Stage::new(&world);
        for (name, method) in stage.methods_apart() {
            // All links of `acme` are shared with `beta`.
            let is_link = [
                "link",
                "links",
                "edit_link",
                "edit_links",
                "remove_link",
                "remove_links",
            ]
            .contains(&name);
            if is_link && viewer == "beta" && owner == "acme" && when == When::Live {
                continue;
            }
            // The grant is its own.
            if name == "revoke" && viewer == "acme" {
                continue;
            }
            // The viewer has a run of this number itself.
            let by_number = ["run", "undo_run", "try_undo_run", "roll_back_run"].contains(&name);
            if by_number && owner != "acme" {
                continue;
            }
            let hidden = stage.call(viewer, when, method, &there);
            let nothing = stage.call(viewer, when, method, &absent);
            for (what, hidden, nothing) in [
                ("logs", &hidden.logged, &nothing.logged),
                ("tells", &hidden.revealed, &nothing.revealed),
                ("leaves in the trail", &hidden.trail, &nothing.trail),
            ] {
                let hidden = comparable(hidden, &there);
                let nothing = comparable(nothing, &absent);
                if hidden != nothing {
                    unlike.push(format!(
                        "{viewer} {when:?} {}: {name} {what}\n  {hidden}\n  {nothing}",
                        names.human
                    ));
                }
            }
        }
    }
    assert!(unlike.is_empty(), "{}", unlike.join("\n"));
}

#[test]
fn no_method_tells_a_canary_its_caller_may_not_see() {
    let world = World::new();
    let mut leaks = Vec::new();
    let mut seen = BTreeSet::new();
    // Where all calls are made in one store, what reads comes before what writes.
    let mut methods = METHODS.to_vec();
    methods.sort_by_key(|(name, _)| is_writing(name));
    for viewer in ["acme", "beta", "gamma"] {
        for (names, owner) in [
            (OF_ACME, "acme"),
            (
                Names {
                    human: "subset",
                    number: "0113",
                    ..OF_ACME
                },
                "acme",
            ),
            (
                Names {
                    human: "consented",
                    number: "0114",
                    link: "link consented 0114",
                    ..OF_ACME
                },
                "acme",
            ),
            (
                Names {
                    human: "unconsented",
                    number: "0115",
                    ..OF_ACME
                },
                "acme",
            ),
            (EXPIRED, "acme"),
            (OF_BETA, "beta"),
            (OF_GAMMA, "gamma"),
        ] {
            let target = target(&world, &names, owner, viewer);
            let mut stage = Stage::new(&world);
            for when in times(viewer) {
                for (name, method) in methods.iter().copied() {
                    let said = stage.call(viewer, *when, method, &target);
                    // The caller gave this method a human to begin with.
                    let given = match name {
                        "with_phone_numbers" => target.given.reveal(),
                        _ => String::new(),
                    };
                    // Whoever adds a number or names a human knows it already.
                    let typed = format!(
                        "{given} {} {} {} {} {} {} {}",
                        target.number_id(),
                        target.human,
                        target.link,
                        target.consent,
                        target.call,
                        target.grant,
                        target.number
                    );
                    if world.shows_own(&said.revealed, viewer) {
                        seen.insert((viewer, name));
                    }
                    for (what, text) in [
                        ("logs", &said.logged),
                        ("tells", &said.revealed),
                        ("leaves in the trail", &said.trail),
                    ] {
                        for canary in world.leaks(text, viewer, *when, &typed) {
                            leaks.push(format!(
                                "{viewer} {when:?} {name} of {} {what} {}",
                                names.human, canary
                            ));
                        }
                    }
                    let log = &said.logged;
                    let is_personal = log.contains("canary-") || log.contains("+1");
                    if is_personal && !is_about_runs(name) {
                        leaks.push(format!(
                            "{viewer} {name}: `Debug` shows data: {}",
                            said.logged
                        ));
                    }
                }
            }
        }
    }
    leaks.sort();
    leaks.dedup();
    assert!(
        leaks.is_empty(),
        "{} leaks:\n{}",
        leaks.len(),
        leaks.join("\n")
    );
    for name in [
        "human",
        "number",
        "link",
        "list_links",
        "consent_record",
        "interaction",
        "issues",
    ] {
        assert!(
            seen.contains(&("acme", name)),
            "{name} tells its owner nothing"
        );
    }
}

/// When it is worth while for a tenant to look: nothing ever began or ended for the others. The
/// clock does not depend on the engine.
fn times(viewer: &str) -> &'static [When] {
    match (viewer, TestEngine::chosen()) {
        ("beta", TestEngine::Sqlite) => &When::ALL,
        _ => &[When::Live],
    }
}

/// Methods that answer with what a tenant itself wrote into runs and its trail, no contact data.
fn is_about_runs(method: &str) -> bool {
    method.contains("run")
        || method.contains("audit")
        || method.starts_with("issue")
        || matches!(method, "tenant" | "start_trial")
}

#[test]
fn what_a_session_is_given_does_not_show_itself_in_logs() {
    let at = When::Live.instant();
    let secret = "canary-secret";
    let number = e164("+12025550143");
    let metadata = Map::from_iter([("note".to_owned(), secret.into())]);
    let id = Id::derived("x", &[]);
    let email = smrt_core::model::Email::parse("canary-secret@example.com").unwrap();
    let human = NewHuman {
        key: Some(secret.to_owned()),
        first_name: Some(secret.to_owned()),
        email: Some(email.clone()),
        metadata: metadata.clone(),
        ..NewHuman::default()
    };
    let call = NewInteraction {
        phone_number: Some(number),
        outcome: Some(secret.to_owned()),
        metadata: metadata.clone(),
        ..NewInteraction::new(InteractionKind::Call, Direction::Inbound, at)
    };
    let consent = NewConsentRecord {
        phone_number: Some(number),
        consent_source: secret.to_owned(),
        legal_basis: Some(secret.to_owned()),
        metadata: metadata.clone(),
        ..consent_of(id)
    };
    let link = NewLink {
        metadata: metadata.clone(),
        ..link_of(id, number)
    };
    let link_edit = LinkEdit {
        metadata: Some(metadata.clone()),
        ..LinkEdit::of(id)
    };
    let call_edit = InteractionEdit {
        outcome: Some(secret.to_owned()),
        metadata: Some(metadata.clone()),
        ..InteractionEdit::of(id)
    };
    let search = HumanSearch {
        text: secret.to_owned(),
        numbers: vec![number],
        limit: 9,
    };
    let mut rows = smrt_core::store::RowBlock::new(&smrt_core::store::schema::SOURCE_KEYS);
    rows.push(id);
    rows.push(secret);
    let update = smrt_core::store::HumanUpdate {
        id,
        fields: [const { None }; smrt_core::store::HUMAN_FIELDS.len()],
        metadata: secret.to_owned(),
        updated_at: at,
    };
    let edit = HumanEdit::of(id).set("last_name", secret).unwrap();
    let number_edit = NumberEdit::new(id, &metadata).unwrap();
    let given: [&dyn std::fmt::Debug; 14] = [
        &human,
        &call,
        &consent,
        &link,
        &link_edit,
        &call_edit,
        &search,
        &rows,
        &update,
        &edit,
        &number_edit,
        &number,
        &email,
        &smrt_core::smrt::Masked::Value(secret),
    ];
    for given in given {
        let shown = format!("{given:?} {given:#?}");
        assert!(
            !shown.contains("canary") && !shown.contains("2025550143"),
            "{shown}"
        );
    }
}

#[test]
fn methods_that_write_are_told_from_those_that_read() {
    let (writing, reading): (Vec<&str>, Vec<&str>) = METHODS
        .iter()
        .map(|(name, _)| *name)
        .partition(|name| is_writing(name));
    let some = [
        "add_human",
        "edit_links",
        "grant",
        "undo_run",
        "sync_dnc",
        "import_transaction",
    ];
    assert!(
        some.iter().all(|name| writing.contains(name)),
        "{writing:?}"
    );
    let some = [
        "human",
        "grants",
        "links_of_humans",
        "try_undo_run",
        "shares_imports",
        "issues",
    ];
    assert!(
        some.iter().all(|name| reading.contains(name)),
        "{reading:?}"
    );
}

#[test]
fn every_public_method_of_a_session_is_called_here() {
    let folder = binary::repository().join("smrt-core/src/smrt");
    let mut found = BTreeSet::new();
    for path in files_below(&folder) {
        if path.extension().is_none_or(|extension| extension != "rs") {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let mut inside = false;
        for line in text.lines() {
            let is_block = line.starts_with("impl") && line.ends_with('{');
            if is_block {
                inside = line.contains("TenantSession<") && !line.contains(" for ");
            }
            if line == "}" {
                inside = false;
            }
            let name = line
                .strip_prefix("    pub fn ")
                .or_else(|| line.strip_prefix("    pub const fn "));
            if let (true, Some(name)) = (inside, name) {
                let end = name.find(['(', '<']).unwrap();
                found.insert(name[..end].to_owned());
            }
        }
    }
    let called: BTreeSet<String> = METHODS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert!(found.len() > 40);
    assert_eq!(found, called, "a method needs a call here");
}

/// Every file below a folder.
fn files_below(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    let below = paths.flat_map(|path| match path.is_dir() {
        true => files_below(&path),
        false => vec![path],
    });
    below.collect()
}
