//! Tenants import into one store as if each had it alone, and nothing of one shows to another.

use std::collections::BTreeSet;
use std::io::Cursor;
use std::sync::atomic::AtomicBool;

use serde_json::Value as Json;
use smrt_core::model::Id;
use smrt_core::smrt::{Smrt, SmrtError};
use smrt_core::store::{
    AuditFilter, HUMAN_FIELDS, HumanUpdate, ImportBatch, IndexPolicy, NewRun, RowBlock, Run,
    RunStatus, StoreErrorKind, UndoReport, schema,
};
use smrt_etl::import::{ImportOptions, ImportReport, Outcome, Target, Watch, import, resume};
use smrt_etl::mapping::Mapping;
use smrt_etl::plan::ConflictPolicy;
use smrt_etl::source::{Input, Source, SourceOptions};

use crate::engine::TestEngine;
use crate::library::{add_tenant, import_text, new_store, plan_text, session};
use crate::people;
use crate::sandbox::{Sandbox, at};

const TENANTS: [&str; 2] = ["acme", "beta"];
const POLICY: ConflictPolicy = ConflictPolicy::Update;

/// A store with both tenants, of whom nobody has imported anything.
fn shared_store(sandbox: &Sandbox, db: &str) -> Smrt {
    let mut smrt = new_store(sandbox, db);
    add_tenant(&mut smrt, "beta");
    smrt
}

fn import_for(smrt: &mut Smrt, tenant: &str, text: &str) -> ImportReport {
    import_text(smrt, tenant, people::MAPPING, text, POLICY)
}

/// A run and a report as their tenant sees them.
fn shown(what: &impl std::fmt::Debug) -> String {
    format!("{what:?}")
}

/// What a tenant sees of the store, a line for each record.
fn view(sandbox: &Sandbox, db: &str, tenant: &str) -> BTreeSet<String> {
    let of =
        |column: &str| format!("{column} = (SELECT id FROM v_tenants WHERE slug = '{tenant}')");
    [
        format!(
            "SELECT 'number', phone_number, r.tenant_number, p.import_line, p.created_at \
             FROM v_phone_numbers p JOIN import_runs r ON r.number = p.import_run WHERE {} \
             UNION ALL \
             SELECT 'number', phone_number, r.tenant_number, t.import_line, t.created_at \
             FROM v_phone_number_ties t JOIN v_phone_numbers p ON p.id = t.phone_number_id \
             JOIN import_runs r ON r.number = t.import_run WHERE {}",
            of("p.created_by_tenant_id"),
            of("t.tenant_id")
        ),
        format!(
            "SELECT 'human', id, first_name, last_name, email, company_name, metadata \
             FROM v_humans WHERE {}",
            of("created_by_tenant_id")
        ),
        format!(
            "SELECT 'link', l.id, phone_number_id, human_id, relationship_type, is_primary, \
             metadata, r.tenant_number FROM v_phone_human_links l \
             JOIN import_runs r ON r.number = l.import_run WHERE {}",
            of("created_by_tenant_id")
        ),
        format!(
            "SELECT 'consent', id, human_id, consent_type, consent_status FROM v_consent_records \
             WHERE {}",
            of("tenant_id")
        ),
    ]
    .iter()
    .flat_map(|sql| sandbox.ask(db, sql))
    .map(|row| row.join(" "))
    .collect()
}

fn assert_sound(smrt: &mut Smrt) {
    let report = smrt.check().unwrap();
    assert!(report.is_sound(), "{:?}", report.checks);
}

/// An undo report whose obstacles are in no particular order.
fn undo_shown(mut report: UndoReport) -> UndoReport {
    report.obstacles.sort_by_key(shown);
    if report.obstacles_total > UndoReport::OBSTACLES_MAX as u64 {
        report.obstacles.clear();
    }
    report
}

/// One step of a tenant, and what it is told: the report, its runs and what it sees.
fn step(sandbox: &Sandbox, db: &str, smrt: &mut Smrt, tenant: &str, text: &str) -> String {
    let planned = plan_text(sandbox, smrt, tenant, people::MAPPING, text, POLICY);
    let done = import_for(smrt, tenant, text);
    let as_done = ImportReport {
        dry_run: false,
        ..planned
    };
    assert_eq!(shown(&as_done), shown(&done), "a dry run of {tenant}");
    told(sandbox, db, smrt, tenant) + &shown(&done)
}

fn told(sandbox: &Sandbox, db: &str, smrt: &mut Smrt, tenant: &str) -> String {
    let mut session = session(smrt, tenant);
    let runs: Vec<Run> = session.runs(at()).unwrap();
    let mut told = shown(&runs);
    for run in &runs {
        told += &shown(&session.changed_fields(run).unwrap());
        told += &shown(&session.issue_summary(run).unwrap());
        told += &shown(&session.try_undo_run(run.number, at()).map(undo_shown));
    }
    drop(session);
    told + &shown(&view(sandbox, db, tenant))
}

#[test]
fn a_tenant_is_told_the_same_whether_it_shares_the_store_or_not() {
    let texts = [
        [people::file(1, 600), people::file(2, 400)],
        [people::file(3, 500), people::file(1, 300)],
    ];
    // Who imports when, by tenant; each imports its two files in order.
    for order in [
        [0, 1, 0, 1],
        [1, 0, 1, 0],
        [0, 1, 1, 0],
        [1, 0, 0, 1],
        [0, 0, 1, 1],
    ] {
        let sandbox = Sandbox::new();
        let mut shared = shared_store(&sandbox, "shared.db");
        let mut alone = TENANTS.map(|tenant| shared_store(&sandbox, &format!("{tenant}.db")));
        let mut next = [0, 0];
        for who in order {
            let (tenant, text) = (TENANTS[who], &texts[who][next[who]]);
            next[who] += 1;
            let expected = step(
                &sandbox,
                &format!("{tenant}.db"),
                &mut alone[who],
                tenant,
                text,
            );
            let told = step(&sandbox, "shared.db", &mut shared, tenant, text);
            assert!(told == expected, "{order:?}: {tenant} was told otherwise");
            assert_sound(&mut shared);
        }
        // Both did share numbers, or this would prove nothing.
        let ties = sandbox.ask("shared.db", "SELECT count(*) > 50 FROM phone_number_ties");
        assert_eq!(ties, [["1"]]);
        undo_one_tenant(&sandbox, &mut shared, &mut alone);
    }
}

/// Whoever takes everything back leaves the other as if there had been nobody else.
fn undo_one_tenant(sandbox: &Sandbox, shared: &mut Smrt, alone: &mut [Smrt; 2]) {
    let stays = told(sandbox, "shared.db", shared, "beta");
    for run in [2, 1] {
        let undo = |smrt: &mut Smrt| session(smrt, "acme").undo_run(run, at()).unwrap();
        let (told, expected) = (undo(shared), undo(&mut alone[0]));
        assert_eq!(told, expected, "undo of run {run}");
        assert!(expected.humans_deleted > 0 && expected.phones_deleted > 0);
        assert_eq!(
            view(sandbox, "shared.db", "acme"),
            view(sandbox, "acme.db", "acme")
        );
        assert_sound(shared);
    }
    assert_eq!(told(sandbox, "shared.db", shared, "beta"), stays);
    assert_eq!(
        shared.digest().unwrap().to_hex(),
        alone[1].digest().unwrap().to_hex()
    );
    // What is left is wholly beta's, and can be taken back in turn.
    for run in [2, 1] {
        session(shared, "beta").undo_run(run, at()).unwrap();
    }
    let left = sandbox.ask(
        "shared.db",
        "SELECT (SELECT count(*) FROM phone_numbers) + (SELECT count(*) FROM phone_number_ties)",
    );
    assert_eq!(left, [["0"]]);
}

#[test]
fn a_number_passes_to_the_tenant_that_has_known_it_longest() {
    let sandbox = Sandbox::new();
    let mut smrt = shared_store(&sandbox, "a.db");
    add_tenant(&mut smrt, "core");
    let text = people::rows(&[&["k1", "Ada", "Example", "", "", "312 555 0101"]]);
    for tenant in ["acme", "core", "beta"] {
        let report = import_for(&mut smrt, tenant, &text);
        assert_eq!((report.run, report.counts.phones_created), (1, 1));
    }
    let earlier = TestEngine::chosen().later("created_at", -5);
    sandbox.tamper(
        "a.db",
        &format!(
            "UPDATE phone_number_ties SET created_at = {earlier} WHERE tenant_id = \
             (SELECT id FROM tenants WHERE slug = 'beta')"
        ),
    );
    let owner = "SELECT t.slug, p.import_run, (SELECT count(*) FROM phone_number_ties), \
                 p.created_at = p.updated_at FROM phone_numbers p \
                 JOIN tenants t ON t.id = p.created_by_tenant_id";
    for (tenant, expected) in [
        ("acme", Some(["beta", "3", "1", "1"])),
        ("beta", Some(["core", "2", "0", "1"])),
        ("core", None),
    ] {
        let report = session(&mut smrt, tenant).undo_run(1, at()).unwrap();
        assert_eq!((report.obstacles_total, report.phones_deleted), (0, 1));
        let expected: Vec<Vec<String>> = expected
            .iter()
            .map(|row| row.map(str::to_owned).to_vec())
            .collect();
        assert_eq!(sandbox.ask("a.db", owner), expected, "{tenant}");
        assert_sound(&mut smrt);
    }
}

#[test]
fn what_others_do_with_a_shared_human_stands_in_the_way_without_a_name() {
    let sandbox = Sandbox::new();
    let mut smrt = shared_store(&sandbox, "a.db");
    let text = people::rows(&[&["k1", "Ada", "Example", "", "", "312 555 0101"]]);
    import_for(&mut smrt, "beta", &text);
    import_for(&mut smrt, "acme", &text);
    // Beta makes another link of acme's human, and one as acme will.
    let link = |relationship: &str| {
        let id = Id::derived("link", &[relationship.as_bytes()]);
        format!(
            "INSERT INTO phone_human_links SELECT {}, l.phone_number_id, h.id, '{relationship}', \
             l.is_primary, l.verified, l.created_at, l.created_by_tenant_id, l.metadata, \
             NULL, NULL FROM phone_human_links l \
             JOIN tenants t ON t.id = l.created_by_tenant_id AND t.slug = 'beta' \
             JOIN humans h ON h.created_by_tenant_id <> t.id WHERE l.relationship_type = 'mobile';",
            TestEngine::chosen().id(id)
        )
    };
    sandbox.tamper("a.db", &(link("work") + &link("home")));
    let report = session(&mut smrt, "acme").undo_run(1, at()).unwrap();
    let told: Vec<_> = report
        .obstacles
        .iter()
        .map(|obstacle| (obstacle.entity_type, obstacle.reason.as_str()))
        .collect();
    assert_eq!(told, [("human", "is in use by a tenant it is shared with")]);
    // The owner's own import is as if it had been first.
    let text = people::rows(&[&["k1", "Ada", "Example", "", "", "", "312 555 0101"]]);
    let report = import_for(&mut smrt, "acme", &text);
    assert_eq!(
        (report.counts.rows_updated, report.counts.links_created),
        (1, 1)
    );
    assert_sound(&mut smrt);
}

/// Imports a text and stops after the first transaction.
fn interrupt(smrt: &mut Smrt, tenant: &str, text: &str) -> ImportReport {
    let source = source(text);
    let mapping = Mapping::parse("people.toml", people::MAPPING).unwrap();
    let options = ImportOptions {
        file_name: "secret-plans.csv".to_owned(),
        ..ImportOptions::default()
    };
    let mut session = session(smrt, tenant);
    let target = Target::Session(&mut session);
    watched(true, |watch| {
        import(target, source, &mapping, &options, at(), watch).unwrap()
    })
}

fn source(text: &str) -> Source {
    let input = Input::Reader {
        name: "text".to_owned(),
        reader: Box::new(Cursor::new(text.to_owned().into_bytes())),
    };
    Source::open(input, &SourceOptions::default()).unwrap()
}

fn watched<T>(stops: bool, work: impl FnOnce(&mut Watch<'_>) -> T) -> T {
    let stop = AtomicBool::new(stops);
    let mut progress = |_| ();
    work(&mut Watch {
        progress: &mut progress,
        stop: &stop,
        now: &at,
    })
}

#[test]
fn an_unfinished_run_of_another_tenant_neither_blocks_nor_shows() {
    let sandbox = Sandbox::new();
    let mut smrt = shared_store(&sandbox, "a.db");
    let text = people::file(4, 40_000);
    import_for(&mut smrt, "beta", &people::file(5, 300));
    let report = interrupt(&mut smrt, "acme", &text);
    assert_eq!(report.outcome, Outcome::Interrupted);
    let unfinished = session(&mut smrt, "acme")
        .unfinished_run(at())
        .unwrap()
        .unwrap();

    let mut beta = session(&mut smrt, "beta");
    assert!(beta.unfinished_run(at()).unwrap().is_none());
    assert_eq!(beta.runs(at()).unwrap().len(), 1);
    let refused = watched(false, |watch| {
        resume(&mut beta, unfinished.clone(), source(&text), watch)
    });
    assert_eq!(refused.unwrap_err().to_string(), "there is no run 1");
    drop(beta);
    let report = import_for(&mut smrt, "beta", &people::file(6, 300));
    assert_eq!((report.run, report.outcome), (2, Outcome::Completed));
    session(&mut smrt, "beta").undo_run(1, at()).unwrap();

    let report = watched(false, |watch| {
        let mut acme = session(&mut smrt, "acme");
        resume(&mut acme, unfinished, source(&text), watch).unwrap()
    });
    assert_eq!((report.run, report.outcome), (1, Outcome::Completed));
    assert_sound(&mut smrt);
}

#[test]
fn a_store_without_its_indexes_makes_others_wait_without_telling_for_whom() {
    let sandbox = Sandbox::new();
    let mut smrt = shared_store(&sandbox, "a.db");
    let text = people::file(4, 80_000);
    interrupt(&mut smrt, "acme", &text);
    let new = NewRun {
        source: "crm".to_owned(),
        file_name: "b.csv".to_owned(),
        file_fingerprint: "none".to_owned(),
        mapping: String::new(),
        options: "{}".to_owned(),
        started_at: at(),
    };
    let mut beta = session(&mut smrt, "beta");
    let Err(SmrtError::Store(error)) = beta.start_run(&new, IndexPolicy::Keep) else {
        panic!("beta could start");
    };
    assert_eq!(error.kind(), StoreErrorKind::Unfinished);
    assert_eq!(
        (error.to_string().as_str(), error.hint()),
        (
            "the store is being filled by another import",
            Some("try again when that import has come to its end")
        )
    );
    drop(beta);
    let own = session(&mut smrt, "acme").start_run(&new, IndexPolicy::Keep);
    assert!(own.unwrap_err().to_string().contains("secret-plans.csv"));
    session(&mut smrt, "acme").undo_run(1, at()).unwrap();
    import_for(&mut smrt, "beta", &people::file(6, 300));
    assert_sound(&mut smrt);
}

#[test]
fn another_tenants_run_and_records_are_answered_as_if_there_were_none() {
    let sandbox = Sandbox::new();
    let mut smrt = shared_store(&sandbox, "a.db");
    import_for(&mut smrt, "beta", &people::file(5, 30));
    import_for(&mut smrt, "beta", &people::file(6, 300));
    import_for(&mut smrt, "acme", &people::file(7, 30));
    let theirs = session(&mut smrt, "beta").run(2, at()).unwrap().unwrap();
    let humans: Vec<Id> = sandbox
        .ask("a.db", "SELECT id FROM v_humans WHERE import_run = 2")
        .iter()
        .map(|row| row[0].parse().unwrap())
        .collect();
    assert!(!humans.is_empty());

    let mut acme = session(&mut smrt, "acme");
    assert!(acme.run(2, at()).unwrap().is_none());
    let none = |result: Result<(), SmrtError>| {
        assert_eq!(result.unwrap_err().to_string(), "there is no run 2");
    };
    none(acme.issues(&theirs, None, &mut |_| ()));
    none(acme.issue_summary(&theirs).map(drop));
    none(acme.changed_fields(&theirs).map(drop));
    none(acme.deferred_rows(&theirs, 0, 9).map(drop));
    none(acme.humans_of_run(&theirs, &mut |_| ()));
    none(acme.numbers_of_run(&theirs, &mut |_| ()));
    none(acme.verify_run(&theirs).map(drop));
    none(acme.undo_run(2, at()).map(drop));
    none(acme.try_undo_run(2, at()).map(drop));
    none(acme.roll_back_run(2, at()).map(drop));
    none(acme.resume_run(&mut theirs.clone(), at()));
    none(acme.set_run_status(&mut theirs.clone(), RunStatus::Completed, at()));
    none(acme.finish_bulk_load(&mut theirs.clone(), at()));
    none(acme.import_transaction(&theirs, at(), |_| Ok(())));

    let new = NewRun {
        file_name: "b.csv".to_owned(),
        ..theirs.start.clone()
    };
    let own = acme.start_run(&new, IndexPolicy::Keep).unwrap();
    acme.import_transaction(&own, at(), |transaction| {
        assert!(transaction.source_rows(&humans, "crm")?.is_empty());
        assert!(transaction.existing_humans(&humans, "crm")?.is_empty());
        let mut batch = ImportBatch::new();
        batch.human_updates.push(HumanUpdate {
            id: humans[0],
            fields: [const { None }; HUMAN_FIELDS.len()],
            metadata: "{}".to_owned(),
            updated_at: at(),
        });
        transaction.apply(&batch)?;
        Ok::<_, SmrtError>(())
    })
    .unwrap();
    let mut foreign = RowBlock::new(&schema::HUMANS);
    foreign.push(humans[0]);
    HUMAN_FIELDS.iter().for_each(|_| foreign.push("x"));
    foreign.push(at());
    foreign.push(at());
    foreign.push(Id::of_tenant("beta"));
    foreign.push("{}");
    foreign.push(own.key);
    foreign.push(1);
    let mut tenants = RowBlock::new(&schema::TENANTS);
    tenants.push(humans[0]);
    for block in [foreign, tenants] {
        let batch = ImportBatch {
            inserts: vec![block],
            ..ImportBatch::new()
        };
        let refused = acme.import_transaction(&own, at(), |transaction| {
            Ok::<_, SmrtError>(transaction.apply(&batch)?)
        });
        assert_eq!(
            refused.unwrap_err().to_string(),
            "a row to be written is not one of this run and its tenant"
        );
    }
    drop(acme);
    let changed = sandbox.ask(
        "a.db",
        "SELECT count(*) FROM humans WHERE import_run = 2 AND updated_at <> created_at",
    );
    assert_eq!(changed, [["0"]]);
}

#[test]
fn a_plan_takes_nothing_of_another_tenant_into_its_scratch_file() {
    const CANARY: &str = "canary-of-beta";
    let sandbox = Sandbox::new();
    let mut smrt = shared_store(&sandbox, "a.db");
    let text = people::file(8, 400);
    import_for(&mut smrt, "beta", &text);
    import_for(&mut smrt, "acme", &text);
    sandbox.tamper(
        "a.db",
        &format!(
            "UPDATE phone_numbers SET carrier_info = '{CANARY}', metadata = '{{\"x\":\"{CANARY}\"}}';
             UPDATE humans SET last_name = '{CANARY}' WHERE import_run = 1;
             UPDATE phone_human_links SET metadata = '{{\"x\":\"{CANARY}\"}}' WHERE import_run = 1;
             UPDATE consent_records SET consent_source = '{CANARY}' WHERE import_run = 1;
             UPDATE source_keys SET source_key = '{CANARY}' WHERE import_run = 1;
             UPDATE import_runs SET file_name = '{CANARY}' WHERE number = 1;"
        ),
    );
    let path = sandbox.path("scratch.db");
    let mut scratch = Smrt::scratch_file(&path, at()).unwrap();
    {
        let mut base = session(&mut smrt, "acme");
        let mut trial = base.in_scratch(&mut scratch).unwrap();
        let mapping = Mapping::parse("people.toml", people::MAPPING).unwrap();
        let options = ImportOptions::default();
        let target = Target::DryRun {
            base: Some(&mut base),
            scratch: &mut trial,
        };
        // Another region makes every row say something new.
        watched(false, |watch| {
            import(target, source(&text), &mapping, &options, at(), watch).unwrap()
        });
    }
    drop(scratch);
    // On every engine it is a file of SQLite.
    let scratch = rusqlite::Connection::open(&path).unwrap();
    let count = "SELECT count(*) FROM phone_numbers";
    let rows: i64 = scratch.query_row(count, [], |row| row.get(0)).unwrap();
    assert!(rows > 100, "{rows} numbers");
    drop(scratch);
    let bytes = std::fs::read(&path).unwrap();
    let found = bytes
        .windows(CANARY.len())
        .filter(|window| *window == CANARY.as_bytes())
        .count();
    assert_eq!(found, 0);
    assert!(
        session(&mut smrt, "acme")
            .in_scratch(&mut shared_store(&sandbox, "b.db"))
            .is_err()
    );
}

#[test]
fn each_tenant_counts_its_own_runs_on_the_command_line() {
    let sandbox = Sandbox::new();
    people::write_mapping(&sandbox);
    for (tenant, file, seed) in [("acme", "a", 1), ("beta", "b", 2), ("acme", "c", 3)] {
        let file = format!("{file}.csv");
        sandbox.write(&file, people::file(seed, 300));
        if sandbox.has_store("x.db") {
            sandbox.smrt(&["tenant", "add", "beta", "--db", "x.db"]);
        }
        sandbox
            .import("x.db", &file, &["--tenant", tenant])
            .ends_with(0);
    }
    for (file, run) in [("a.csv.acme", 1), ("b.csv.beta", 1), ("c.csv.acme", 2)] {
        let rejects = format!("{file}.run-{run}.rejects.csv");
        let text = std::fs::read_to_string(sandbox.path(&rejects)).unwrap();
        assert!(
            text.lines()
                .skip(1)
                .all(|line| line.contains(&format!(",{run},"))),
            "{text}"
        );
    }
    let tell = |arguments: &[&str]| {
        let mut all = arguments.to_vec();
        all.extend(["--db", "x.db", "--format", "json"]);
        sandbox.smrt(&all)
    };
    let of_beta = tell(&["runs", "list", "--tenant", "beta"])
        .ends_with(0)
        .stdout;
    assert!(
        of_beta.contains("\"run\":1") && of_beta.contains("b.csv"),
        "{of_beta}"
    );
    assert!(
        !of_beta.contains("a.csv") && !of_beta.contains("\"run\":2"),
        "{of_beta}"
    );
    tell(&["runs", "list"]).ends_with(2);
    tell(&["runs", "show", "2", "--tenant", "beta"]).ends_with(1);
    tell(&["import", "undo", "2", "--tenant", "beta"]).ends_with(2);
    // Another tenant's reject file is that of no run, or of the reader's own run of that number.
    let again = sandbox.import(
        "x.db",
        "c.csv.acme.run-2.rejects.csv",
        &["--tenant", "beta", "--dry-run"],
    );
    assert!(
        again.stderr.contains("no mapping") || !again.stderr.contains("c.csv:"),
        "{}",
        again.stderr
    );
    tell(&["import", "undo", "1", "--tenant", "beta"]).ends_with(0);
    tell(&["import", "undo", "2", "--tenant", "acme"]).ends_with(0);
    let statuses = |tenant: &str| -> Vec<RunStatus> {
        let runs = sandbox.runs_of("x.db", tenant);
        runs.iter().map(|run| run.status).collect()
    };
    assert_eq!(statuses("acme"), [RunStatus::Completed, RunStatus::Undone]);
    assert_eq!(statuses("beta"), [RunStatus::Undone]);
    sandbox.assert_sound("x.db");
}

#[test]
fn a_tenant_without_the_module_is_refused_every_verb_of_it() {
    let sandbox = Sandbox::new();
    people::write_mapping(&sandbox);
    sandbox.write("a.csv", people::file(1, 300));
    sandbox.import("a.db", "a.csv", &[]).ends_with(0);
    sandbox.tamper(
        "a.db",
        "UPDATE tenants SET enabled_modules = '[\"contacts\"]'",
    );
    let digest = sandbox.digest("a.db");
    let refused = [
        sandbox.import("a.db", "a.csv", &[]),
        sandbox.import("a.db", "a.csv", &["--resume"]),
        sandbox.smrt(&["import", "undo", "1", "--db", "a.db"]),
        sandbox.smrt(&["runs", "list", "--db", "a.db"]),
        sandbox.smrt(&["runs", "show", "1", "--db", "a.db"]),
        sandbox.import("a.db", "a.csv", &["--dry-run"]),
    ];
    let count = refused.len();
    for refused in refused {
        let said = refused.refuses().stderr;
        assert!(said.contains("does not have the module `import`"), "{said}");
    }
    assert_eq!(sandbox.digest("a.db"), digest);
    // A dry run writes nothing, not even that.
    let entries = sandbox.ask(
        "a.db",
        "SELECT count(*) FROM audit_log WHERE action = 'access.refused' \
         AND detail = '{\"reason\":\"module_disabled\"}'",
    );
    assert_eq!(entries, [[(count - 1).to_string()]]);
    let mut smrt = Smrt::open_at(
        sandbox.location("a.db"),
        smrt_core::store::Access::Write,
        at(),
    )
    .unwrap();
    let error = session(&mut smrt, "default").runs(at()).unwrap_err();
    assert_eq!(error.code(), "module_disabled");
}

#[test]
fn every_transaction_of_a_run_is_in_its_tenants_trail() {
    let sandbox = Sandbox::new();
    let mut smrt = shared_store(&sandbox, "a.db");
    let first = people::rows(&[&["k1", "Ada", "Example", "", "", "312 555 0101"]]);
    let second = people::rows(&[
        &["k2", "Eve", "Muster", "", "", "312 555 0101", "", "", "yes"],
        &["k3", "Gül", "Muster", "", "", "312 555 0102"],
    ]);
    import_for(&mut smrt, "beta", &first);
    import_for(&mut smrt, "acme", &second);
    session(&mut smrt, "acme").undo_run(1, at()).unwrap();
    let trail = session(&mut smrt, "acme").audit_entries(&AuditFilter::default());
    let trail: Vec<(String, Json)> = trail
        .unwrap()
        .into_iter()
        .map(|entry| (entry.action, serde_json::from_str(&entry.detail).unwrap()))
        .filter(|(action, _)| action != "tenant.add")
        .collect();
    let told: Vec<_> = trail
        .iter()
        .map(|(action, detail)| {
            let [run, rows, status] = ["run", "rows", "status"].map(|of| detail[of].clone());
            (action.as_str(), run, rows, status)
        })
        .collect();
    // Two humans, two numbers of which one gets a tie, two links and a consent.
    let expected = [
        ("import.start", 1.into(), Json::Null, Json::Null),
        ("import.batch", 1.into(), 7.into(), Json::Null),
        ("import.end", 1.into(), Json::Null, "completed".into()),
        ("import.undo", 1.into(), Json::Null, "undone".into()),
    ];
    assert_eq!(told, expected);
    assert_eq!(trail[1].1["digest"].as_str().map(str::len), Some(64));
}

/// The store as version 1 made it, filled with what two tenants imported.
fn version_1_store(sandbox: &Sandbox, db: &str) {
    drop(shared_store(sandbox, "new.db"));
    let id = sandbox.ask("new.db", "PRAGMA application_id")[0][0].clone();
    let script = include_str!("../smrt-core/src/store/migrations/0001_initial.sql");
    let types = [
        ("{id}", "BLOB"),
        ("{integer}", "INTEGER"),
        ("{boolean}", "INTEGER"),
        ("{instant}", "INTEGER"),
        ("{text}", "TEXT"),
        ("{json}", "TEXT"),
        ("{bytes}", "BLOB"),
    ];
    let script = types.iter().fold(script.to_owned(), |sql, (mark, kind)| {
        sql.replace(mark, kind)
    });
    let tenant = |slug: &str| {
        let id = Id::of_tenant(slug).to_string().replace('-', "");
        format!(
            "INSERT INTO tenants VALUES (x'{id}', '{slug}', '{slug}', 'standard', '[]', 0, '{{}}');"
        )
    };
    let id_of = |slug: &str| format!("(SELECT id FROM tenants WHERE slug = '{slug}')");
    let run = |number: u8, slug: &str| {
        format!(
            "INSERT INTO import_runs VALUES ({number}, {}, 'completed', 'crm', 'f', 'x', '', '{{}}', \
             0, 0, 0, 1, 0, 1, 0, 0, 0, 1, 1, 0, 0);",
            id_of(slug)
        )
    };
    let number_id = Id::of_phone_number("+13125550101".parse().unwrap());
    let number_id = format!("x'{}'", number_id.to_string().replace('-', ""));
    let number = format!(
        "INSERT INTO phone_numbers VALUES ({number_id}, \
        '+13125550101', 1, '312', NULL, NULL, 'unknown', NULL, 7, 7, (SELECT id FROM tenants \
        WHERE slug = 'acme'), '{{}}', 1, 1);"
    );
    let human = |seed: &str, slug: &str, run: u8| {
        format!(
            "INSERT INTO humans VALUES (x'{0}', 'Ada', NULL, NULL, NULL, NULL, NULL, NULL, 8, 8, \
             {1}, '{{}}', {run}, 4);
             INSERT INTO phone_human_links VALUES (x'{2}', {number_id}, \
             x'{0}', 'work', 1, 0, 8, {1}, '{{}}', {run}, 4);",
            seed.repeat(16),
            id_of(slug),
            format!("f{}", &seed[1..]).repeat(16),
        )
    };
    let statements = [
        format!(
            "PRAGMA foreign_keys = 0; PRAGMA application_id = {id}; PRAGMA journal_mode = WAL;"
        ),
        script,
        "INSERT INTO schema_migrations VALUES (1, 'initial', 0);".to_owned(),
        tenant("acme") + &tenant("beta"),
        run(1, "acme") + &run(2, "beta") + &run(3, "acme") + &run(4, "beta"),
        number,
        human("a1", "acme", 1) + &human("b2", "beta", 4),
        human("a3", "acme", 3) + &human("b4", "beta", 2),
    ];
    sandbox.foreign_file(db, &statements.concat());
}

#[test]
fn a_store_of_version_1_learns_who_knows_what() {
    let sandbox = Sandbox::new();
    version_1_store(&sandbox, "old.db");
    let mut smrt = Smrt::open(sandbox.path("old.db").to_str().unwrap()).unwrap();
    assert_sound(&mut smrt);
    let runs = "SELECT number, tenant_number FROM import_runs ORDER BY number";
    assert_eq!(
        sandbox.ask("old.db", runs),
        [["1", "1"], ["2", "1"], ["3", "2"], ["4", "2"]]
    );
    let ties = "SELECT s.slug, t.created_at, t.import_run, t.import_line \
                FROM phone_number_ties t JOIN tenants s ON s.id = t.tenant_id";
    assert_eq!(sandbox.ask("old.db", ties), [["beta", "8", "2", "4"]]);
    assert!(session(&mut smrt, "beta").runs(at()).is_ok());
    // Both go on where they were.
    let text = people::rows(&[&["k1", "Ada", "Example", "", "", "312 555 0101"]]);
    for tenant in TENANTS {
        let report = import_for(&mut smrt, tenant, &text);
        assert_eq!(
            (report.run, report.counts.phones_created),
            (3, 0),
            "{tenant}"
        );
    }
    assert_sound(&mut smrt);
}
