//! Whatever is done to an audit trail by hand is found, and the first entry concerned is named.

use proptest::prelude::*;
use rusqlite::Connection;
use rusqlite::types::Value as Sql;
use smrt_core::model::{Actor, Id, Instant};
use smrt_core::smrt::Smrt;
use smrt_core::store::{Access, AuditFault, AuditFilter, AuditVerification, NewTenant, Value};

use crate::engine::TestEngine;
use crate::sandbox::{Sandbox, at};

/// Entries of acme's trail in a fresh scene: its adding, and ten edits.
const ENTRIES: i64 = 11;

/// A store with the tenants acme, which has a trail of some length, and beta.
pub(crate) fn scene() -> Sandbox {
    let sandbox = Sandbox::new();
    make(&sandbox, "a.db", 4);
    sandbox
}

/// Makes such a store. Of two that differ in `apart`, the trails begin to differ behind that entry.
pub(crate) fn make(sandbox: &Sandbox, db: &str, apart: i64) {
    let mut smrt = Smrt::create_at(sandbox.location(db), at()).unwrap();
    for slug in ["acme", "beta"] {
        add_tenant(&mut smrt, slug);
    }
    for number in 2..=ENTRIES {
        let late = if number > apart { 1_000_000 } else { 0 };
        append(&mut smrt, "acme", 1, at().as_micros() + number + late);
    }
}

fn add_tenant(smrt: &mut Smrt, slug: &str) {
    let tenant = NewTenant {
        slug: slug.parse().unwrap(),
        name: "Canary Ltd".to_owned(),
    };
    smrt.add_tenant(&tenant, &"anna.k".parse().unwrap(), at())
        .unwrap();
}

pub(crate) fn append(smrt: &mut Smrt, slug: &str, entries: usize, micros: i64) {
    smrt.append_made_up_entries(slug, entries, Instant::from_micros(micros))
        .unwrap();
}

/// Opens a store to append to its trails.
pub(crate) fn writing(sandbox: &Sandbox, db: &str) -> Smrt {
    Smrt::open_at(sandbox.location(db), Access::Write, at()).unwrap()
}

pub(crate) fn verify(sandbox: &Sandbox, db: &str, tenant: &str) -> AuditVerification {
    let mut smrt = sandbox.store(db);
    let handle = smrt.tenant(tenant).unwrap();
    handle.acting_as(Actor::unknown()).verify_audit().unwrap()
}

thread_local! {
    /// What the edits of one test are done to, each to a copy.
    static SCENE: Sandbox = scene();
}

/// What is found in acme's trail after something was done to a copy of the store.
fn found_after(work: impl FnOnce(&Sandbox, &str)) -> AuditVerification {
    SCENE.with(|sandbox| {
        sandbox.remove_store("edited.db");
        sandbox.copy_store("a.db", "edited.db");
        work(sandbox, "edited.db");
        verify(sandbox, "edited.db", "acme")
    })
}

/// The same, done to a file of SQLite past all its own checks.
fn found_after_in_file(work: impl FnOnce(&Connection)) -> AuditVerification {
    found_after(|sandbox, db| {
        let connection = Connection::open(sandbox.path(db)).unwrap();
        connection
            .execute_batch("PRAGMA foreign_keys = off; PRAGMA synchronous = off")
            .unwrap();
        work(&connection);
    })
}

#[track_caller]
fn check(sql: &str, expected: AuditFault) {
    let found = found_after(|sandbox, db| sandbox.tamper(db, sql));
    assert_eq!(found.fault, Some(expected), "{sql}");
}

#[track_caller]
fn check_in_file(sql: &str, expected: AuditFault) {
    let found = found_after_in_file(|connection| connection.execute_batch(sql).unwrap());
    assert_eq!(found.fault, Some(expected), "{sql}");
}

/// The condition that picks an entry of acme.
pub(crate) fn entry(sequence: i64) -> String {
    format!("tenant_id = (SELECT id FROM tenants WHERE slug = 'acme') AND sequence = {sequence}")
}

pub(crate) fn head() -> &'static str {
    "tenant_id = (SELECT id FROM tenants WHERE slug = 'acme')"
}

#[test]
fn a_trail_that_nobody_touched_is_sound() {
    let sandbox = scene();
    let sound = AuditVerification {
        entries: 11,
        fault: None,
    };
    assert_eq!(verify(&sandbox, "a.db", "acme"), sound);
    let mut smrt = sandbox.store("a.db");
    let verified = smrt.verify_audit().unwrap();
    let verified: Vec<_> = verified
        .iter()
        .map(|(tenant, found)| (tenant.slug.as_str(), found.entries, found.is_sound()))
        .collect();
    assert_eq!(verified, [("acme", 11, true), ("beta", 1, true)]);
    drop(smrt);
    sandbox.assert_sound("a.db");
}

/// Edits of acme's fifth entry: what is set, to which of these, and what is then found.
type Edits = Vec<(&'static str, Vec<String>, AuditFault)>;

fn altered(column: Option<&'static str>) -> AuditFault {
    AuditFault::Altered {
        sequence: 5,
        column,
    }
}

fn unreadable(column: &'static str) -> AuditFault {
    AuditFault::Unreadable {
        sequence: 5,
        column,
    }
}

/// Those that the types of the columns let pass on every engine.
fn edits_of_the_right_type() -> Edits {
    let engine = TestEngine::chosen();
    let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    let bytes = |len: usize, byte: u8| engine.bytes(&vec![byte; len]);
    let missing = AuditFault::Missing { sequence: 5 };
    let surplus = |sequence| AuditFault::Surplus { sequence };
    vec![
        (
            "tenant_id",
            texts(&["(SELECT id FROM tenants WHERE slug = 'beta')"]),
            missing.clone(),
        ),
        ("sequence", texts(&["500"]), missing),
        ("sequence", texts(&["0"]), surplus(0)),
        ("sequence", texts(&["-1"]), surplus(-1)),
        (
            "recorded_at",
            vec![
                engine.later("recorded_at", 1),
                engine.instant(Instant::from_micros(0)),
            ],
            altered(None),
        ),
        ("actor", texts(&["'Crm-sync'", "''"]), altered(None)),
        ("action", texts(&["'human.add'", "''"]), altered(None)),
        ("entity_type", texts(&["NULL", "'link'"]), altered(None)),
        (
            "entity_id",
            vec!["NULL".to_owned(), engine.id(Id::derived("made up", &[]))],
            altered(None),
        ),
        (
            "detail",
            texts(&["'{}'", "replace(detail, 'email', 'Email')", "detail || ' '"]),
            altered(None),
        ),
        (
            "leaf_hash",
            vec![bytes(32, 7), "chain_hash".to_owned()],
            altered(Some("leaf_hash")),
        ),
        (
            "leaf_hash",
            vec![bytes(31, 0), bytes(16, 0), bytes(0, 0)],
            unreadable("leaf_hash"),
        ),
        (
            "chain_hash",
            vec![bytes(32, 7), "leaf_hash".to_owned()],
            altered(Some("chain_hash")),
        ),
        (
            "chain_hash",
            vec![bytes(31, 0), bytes(16, 0), bytes(0, 0)],
            unreadable("chain_hash"),
        ),
        (
            "leaf_hash = chain_hash, chain_hash",
            texts(&["leaf_hash"]),
            altered(None),
        ),
    ]
}

#[test]
fn a_value_of_any_column_that_is_edited_by_hand_is_found_and_its_entry_named() {
    let edits = edits_of_the_right_type();
    for (column, values, expected) in &edits {
        for value in values {
            let set = format!("UPDATE audit_log SET {column} = {value} WHERE {}", entry(5));
            check(&set, expected.clone());
        }
    }
    let edited: Vec<&str> = edits.iter().map(|(column, ..)| *column).collect();
    assert!(COLUMNS.iter().all(|column| edited.contains(column)));
}

/// SQLite keeps a value of any type in any column.
#[test]
fn a_value_of_another_type_is_found_as_well() {
    let missing = AuditFault::Missing { sequence: 5 };
    let not_utf8 = "CAST(X'61ff' AS TEXT)";
    let edits: [(&str, &[&str], AuditFault); 18] = [
        ("tenant_id", &["randomblob(16)", "'x'"], missing.clone()),
        ("sequence", &["'x'", "X'05'"], missing),
        // It stands where the third is looked for.
        (
            "sequence",
            &["2.5"],
            AuditFault::Unreadable {
                sequence: 3,
                column: "sequence",
            },
        ),
        (
            "recorded_at",
            &["'x'", "CAST(recorded_at AS BLOB)"],
            altered(None),
        ),
        ("recorded_at", &["1.5"], unreadable("recorded_at")),
        (
            "actor",
            &["7", "X'41'", "zeroblob(16)", "CAST(actor AS BLOB)"],
            altered(None),
        ),
        ("actor", &[not_utf8], unreadable("actor")),
        (
            "action",
            &["7", "X'41'", "zeroblob(16)", "CAST(action AS BLOB)"],
            altered(None),
        ),
        ("action", &[not_utf8], unreadable("action")),
        (
            "entity_type",
            &["2.5", "CAST(entity_type AS BLOB)"],
            altered(None),
        ),
        ("entity_type", &[not_utf8], unreadable("entity_type")),
        ("entity_id", &["randomblob(15)", "'x'", "7"], altered(None)),
        ("entity_id", &["2.5"], unreadable("entity_id")),
        ("detail", &["X'ff'"], altered(None)),
        ("detail", &[not_utf8], unreadable("detail")),
        ("leaf_hash", &["'x'", "7"], unreadable("leaf_hash")),
        ("chain_hash", &["'x'", "7"], unreadable("chain_hash")),
        ("leaf_hash = randomblob(32), actor", &["'x'"], altered(None)),
    ];
    for (column, values, expected) in edits {
        for value in values {
            let set = format!("UPDATE audit_log SET {column} = {value} WHERE {}", entry(5));
            check_in_file(&set, expected.clone());
        }
    }
    let set = |assignment: &str| format!("UPDATE audit_heads SET {assignment} WHERE {}", head());
    for (assignment, column) in [
        ("entries = 'x'", "entries"),
        ("chain_hash = 'x'", "chain_hash"),
    ] {
        check_in_file(&set(assignment), AuditFault::HeadAltered { column });
    }
}

#[test]
fn the_last_entry_is_watched_as_well_as_the_others() {
    let set = |assignment: &str| format!("UPDATE audit_log SET {assignment} WHERE {}", entry(11));
    let altered = |column| AuditFault::Altered {
        sequence: 11,
        column,
    };
    check(&set("actor = 'x'"), altered(None));
    for column in ["chain_hash", "leaf_hash"] {
        let other = TestEngine::chosen().bytes(&[7; 32]);
        check(&set(&format!("{column} = {other}")), altered(Some(column)));
    }
    check(&set("sequence = 12"), AuditFault::Missing { sequence: 11 });
}

#[test]
fn entries_that_were_removed_are_missed() {
    for sequence in [1, 5, 10] {
        let sql = format!("DELETE FROM audit_log WHERE {}", entry(sequence));
        check(&sql, AuditFault::Missing { sequence });
    }
    let truncated = |sequence| AuditFault::Truncated {
        sequence,
        appended: ENTRIES,
    };
    check(
        &format!("DELETE FROM audit_log WHERE {}", entry(11)),
        truncated(11),
    );
    check("DELETE FROM audit_log WHERE sequence > 3", truncated(4));
    check("DELETE FROM audit_log", truncated(1));
    let sql = format!(
        "DELETE FROM audit_log WHERE {}; UPDATE audit_heads SET entries = 10 WHERE {}",
        entry(11),
        head()
    );
    check(&sql, AuditFault::HeadMismatch);
}

#[test]
fn entries_that_stand_elsewhere_are_found_where_they_stand() {
    let moved = |from: i64, to: i64| {
        format!(
            "UPDATE audit_log SET sequence = {to} WHERE {};",
            entry(from)
        )
    };
    let swapped = [moved(5, 99), moved(6, 5), moved(99, 6)].concat();
    let reordered = |sequence, appended_as| AuditFault::Reordered {
        sequence,
        appended_as,
    };
    check(&swapped, reordered(5, 6));
    let closed_up: String = (6..=ENTRIES).map(|from| moved(from, from - 1)).collect();
    let closed_up = format!("DELETE FROM audit_log WHERE {};{closed_up}", entry(5));
    check(&closed_up, reordered(5, 6));
    let opened_up: String = (1..=ENTRIES)
        .rev()
        .map(|from| moved(from, from + 1))
        .collect();
    check(&opened_up, AuditFault::Missing { sequence: 1 });
    check(&moved(5, 500), AuditFault::Missing { sequence: 5 });
    check(&moved(1, 0), AuditFault::Surplus { sequence: 0 });
    let repeated = format!(
        "DROP INDEX audit_log_key; INSERT INTO audit_log SELECT * FROM audit_log WHERE {}",
        entry(5)
    );
    check(&repeated, AuditFault::Surplus { sequence: 5 });
}

#[test]
fn an_entry_that_was_moved_to_another_tenant_is_missed_in_one_trail_and_too_much_in_the_other() {
    let sandbox = scene();
    let sql = format!(
        "UPDATE audit_log SET tenant_id = (SELECT id FROM tenants WHERE slug = 'beta') WHERE {}",
        entry(2)
    );
    sandbox.tamper("a.db", &sql);
    let found = |tenant| verify(&sandbox, "a.db", tenant).fault.unwrap();
    assert_eq!(found("acme"), AuditFault::Missing { sequence: 2 });
    assert_eq!(found("beta").sequence(), Some(2));
}

#[test]
fn an_entry_with_right_hashes_behind_the_noted_end_is_one_too_many() {
    let sandbox = scene();
    append(&mut writing(&sandbox, "a.db"), "acme", 3, at().as_micros());
    let sql = format!(
        "UPDATE audit_heads SET entries = 11, \
         chain_hash = (SELECT chain_hash FROM audit_log WHERE {}) WHERE {}",
        entry(11),
        head()
    );
    sandbox.tamper("a.db", &sql);
    let found = verify(&sandbox, "a.db", "acme");
    assert_eq!(found.fault, Some(AuditFault::Surplus { sequence: 12 }));
}

/// Takes acme's entry at a place from the store `b.db`, where history went another way behind
/// entry 4, so that entry 5 there has right hashes.
fn with_entry_of_another_history(sequence: i64) -> AuditFault {
    let sandbox = scene();
    make(&sandbox, "b.db", sequence - 1);
    make(&sandbox, "c.db", i64::MAX);
    let of = entry(sequence);
    sandbox.tamper("c.db", &format!("DELETE FROM audit_log WHERE {of}"));
    let place = |db| TestEngine::chosen().place(&sandbox, db);
    let mut other = place("b.db").connect(Access::Read).unwrap();
    let mut engine = place("c.db").connect(Access::Write).unwrap();
    let columns = COLUMNS.join(", ");
    let marks: Vec<String> = (1..=COLUMNS.len()).map(|n| format!("?{n}")).collect();
    let insert = format!(
        "INSERT INTO audit_log ({columns}) VALUES ({})",
        marks.join(", ")
    );
    let mut taken = 0;
    let select = format!("SELECT {columns} FROM audit_log WHERE {of}");
    let copied = other.query(&select, &[], &mut |row| {
        let values = (0..COLUMNS.len()).map(|column| row.value(column));
        let mut values = values.collect::<Result<Vec<_>, _>>()?;
        // An engine without a type for instants hands out a number.
        if let Some(micros) = values[2].as_integer() {
            values[2] = Value::Instant(Instant::from_micros(micros));
        }
        taken += engine.execute(&insert, &values)?;
        Ok(())
    });
    copied.unwrap();
    assert_eq!(taken, 1);
    drop((other, engine));
    verify(&sandbox, "c.db", "acme").fault.unwrap()
}

#[test]
fn an_entry_that_was_replaced_with_its_hashes_breaks_the_chain() {
    assert_eq!(
        with_entry_of_another_history(5),
        AuditFault::Broken { sequence: 6 }
    );
    assert_eq!(with_entry_of_another_history(11), AuditFault::HeadMismatch);
}

#[test]
fn the_note_of_the_end_is_watched_too() {
    let set = |assignment: &str| format!("UPDATE audit_heads SET {assignment} WHERE {}", head());
    let altered = |column| AuditFault::HeadAltered { column };
    check(&set("entries = 10"), altered("entries"));
    check(&set("entries = 12"), altered("entries"));
    check(&set("entries = -1"), altered("entries"));
    let zeros = |len| TestEngine::chosen().bytes(&vec![0; len]);
    let chain = |len| set(&format!("chain_hash = {}", zeros(len)));
    check(&chain(31), altered("chain_hash"));
    check(&chain(32), AuditFault::HeadMismatch);
    check("DELETE FROM audit_heads", AuditFault::HeadMissing);
    check(
        &set(&format!("entries = 0, chain_hash = {}", zeros(32))),
        AuditFault::Surplus { sequence: 1 },
    );
    check(
        &set(&format!(
            "entries = 9223372036854775807, chain_hash = {}",
            zeros(32)
        )),
        AuditFault::Truncated {
            sequence: 12,
            appended: i64::MAX,
        },
    );
}

#[test]
fn nothing_is_appended_to_a_trail_whose_end_is_not_where_it_is_noted() {
    for sql in [
        "DELETE FROM audit_heads",
        "UPDATE audit_heads SET entries = 3",
    ] {
        let sandbox = scene();
        sandbox.tamper("a.db", sql);
        let mut smrt = writing(&sandbox, "a.db");
        let error = smrt.append_made_up_entries("acme", 1, at()).unwrap_err();
        assert_eq!(error.code(), "store_damaged", "{sql}");
    }
}

#[test]
fn the_check_of_the_whole_store_names_the_trail_and_the_entry() {
    let sandbox = scene();
    sandbox.tamper(
        "a.db",
        &format!("UPDATE audit_log SET actor = 'x' WHERE {}", entry(7)),
    );
    let report = sandbox.store("a.db").check().unwrap();
    assert!(!report.is_sound());
    let trails: Vec<_> = report
        .checks
        .iter()
        .filter(|(name, _)| name.starts_with("audit trail"))
        .collect();
    assert_eq!(trails[0].0, "audit trail of tenant acme");
    assert_eq!(trails[0].1, ["entry 7 was altered"]);
    assert_eq!(trails[1].0, "audit trail of tenant beta");
    assert!(trails[1].1.is_empty());
    // Entries of nobody are seen by the check of the references.
    let unchecked = match TestEngine::chosen() {
        TestEngine::Sqlite => "PRAGMA foreign_keys = off",
        TestEngine::DuckDb => "SELECT 1",
        TestEngine::Postgres => "ALTER TABLE audit_log DROP CONSTRAINT audit_log_tenant_id_fkey",
    };
    let nobody = TestEngine::chosen().id(Id::of_tenant("nobody"));
    let sql = format!(
        "{unchecked}; UPDATE audit_log SET tenant_id = {nobody} WHERE sequence = 1 AND {}",
        head()
    );
    sandbox.tamper("a.db", &sql);
    let report = sandbox.store("a.db").check().unwrap();
    let faulty = report
        .checks
        .iter()
        .filter(|(_, faults)| !faults.is_empty());
    assert!(
        faulty
            .map(|(name, _)| name)
            .any(|name| name == "audit_log.tenant_id -> tenants")
    );
}

#[test]
fn two_sessions_that_write_at_once_never_fork_a_chain() {
    const ROUNDS: i64 = 150;
    let sandbox = scene();
    let write = |slugs: [&str; 2], micros: i64| {
        let mut smrt = writing(&sandbox, "a.db");
        for round in 0..ROUNDS {
            for slug in slugs {
                let at = Instant::from_micros(micros + round);
                while let Err(error) = smrt.append_made_up_entries(slug, 2, at) {
                    assert!(error.may_retry(), "{error}");
                }
            }
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(|| write(["acme", "beta"], 1));
        scope.spawn(|| write(["beta", "acme"], 1_000_000));
    });
    let each = u64::try_from(4 * ROUNDS).unwrap();
    for (tenant, before) in [("acme", 11), ("beta", 1)] {
        let found = verify(&sandbox, "a.db", tenant);
        assert_eq!((found.entries, found.fault), (before + each, None));
    }
    sandbox.assert_sound("a.db");
}

#[test]
fn entries_hold_no_personal_data() {
    let sandbox = scene();
    for row in sandbox.ask("a.db", "SELECT * FROM v_audit_log") {
        assert!(!row.iter().any(|cell| cell.contains("Canary")), "{row:?}");
    }
    let details = sandbox.ask(
        "a.db",
        "SELECT DISTINCT detail FROM audit_log ORDER BY detail",
    );
    assert_eq!(details, [["{\"fields\":[\"email\"]}"], ["{}"]]);
}

/// Places of a tenant's entries that a filter asks for.
fn places(sandbox: &Sandbox, tenant: &str, filter: AuditFilter) -> Vec<i64> {
    let mut smrt = sandbox.store("a.db");
    let mut session = smrt.tenant(tenant).unwrap().acting_as(Actor::unknown());
    let entries = session.audit_entries(&filter).unwrap();
    entries.iter().map(|entry| entry.sequence).collect()
}

#[test]
fn a_tenant_reads_its_own_trail_only_and_what_it_asks_for() {
    let sandbox = scene();
    let check = |filter: AuditFilter, expected: &[i64]| {
        assert_eq!(
            places(&sandbox, "acme", filter.clone()),
            expected,
            "{filter:?}"
        );
    };
    let all = AuditFilter::default();
    let whole: Vec<i64> = (1..=ENTRIES).collect();
    check(all.clone(), &whole);
    assert_eq!(places(&sandbox, "beta", all.clone()), [1]);
    let after = |after, limit| AuditFilter {
        after: Some(after),
        limit,
        ..all.clone()
    };
    check(after(9, 100), &[10, 11]);
    check(after(2, 2), &[3, 4]);
    check(after(2, 0), &[]);
    check(after(-1, u32::MAX), &whole);
    let action = |action: &str| AuditFilter {
        action: Some(action.to_owned()),
        ..all.clone()
    };
    check(action("tenant.add"), &[1]);
    check(action("x' OR 1=1 --"), &[]);
    let micros = |micros| Some(Instant::from_micros(at().as_micros() + micros));
    let between = |since, until| AuditFilter {
        since,
        until,
        ..all.clone()
    };
    check(between(micros(2), micros(4)), &[2, 3]);
    check(between(None, micros(0)), &[]);
    check(between(None, micros(1)), &[1]);
    let mut smrt = sandbox.store("a.db");
    let mut session = smrt.tenant("acme").unwrap().acting_as(Actor::unknown());
    let third = session.audit_entry(3).unwrap().unwrap();
    assert_eq!((third.sequence, third.actor.as_str()), (3, "crm-sync"));
    assert_eq!(session.audit_entry(12).unwrap(), None);
    let about = AuditFilter {
        entity_id: third.entity_id,
        ..all
    };
    assert_eq!(session.audit_entries(&about).unwrap(), [third]);
}

/// A value that somebody might write into a cell.
fn edit() -> impl Strategy<Value = Edit> {
    let value = prop_oneof![
        Just(Sql::Null),
        any::<i64>().prop_map(Sql::Integer),
        (0..13_i64).prop_map(Sql::Integer),
        any::<f64>().prop_map(Sql::Real),
        "[a-z.{}\" ]{0,12}".prop_map(Sql::Text),
        proptest::collection::vec(any::<u8>(), 0..40).prop_map(Sql::Blob),
    ];
    prop_oneof![
        value.prop_map(Edit::Replace),
        (any::<prop::sample::Index>(), 1..=255_u8).prop_map(|(at, bits)| Edit::Flip(at, bits)),
    ]
}

#[derive(Debug, Clone)]
enum Edit {
    Replace(Sql),
    /// Changes bits of one byte of a text or of bytes, or of a number.
    Flip(prop::sample::Index, u8),
}

impl Edit {
    /// Edits a cell, if an earlier edit has left it where it was.
    fn make(&self, connection: &Connection, sequence: i64, column: &str) {
        let of = entry(sequence);
        let select = format!("SELECT {column} FROM audit_log WHERE {of}");
        if let Ok(old) = connection.query_row(&select, [], |row| row.get(0)) {
            let update = format!("UPDATE audit_log SET {column} = ?1 WHERE {of}");
            // A constraint may refuse it; then nothing is changed.
            let _ = connection.execute(&update, [self.apply(&old)]);
        }
    }

    fn apply(&self, old: &Sql) -> Sql {
        match (self, old) {
            (Self::Replace(value), _) => value.clone(),
            (Self::Flip(_, bits), Sql::Integer(number)) => Sql::Integer(number ^ i64::from(*bits)),
            (Self::Flip(at, bits), Sql::Blob(bytes)) if !bytes.is_empty() => {
                let mut bytes = bytes.clone();
                let at = at.index(bytes.len());
                bytes[at] ^= bits;
                Sql::Blob(bytes)
            }
            (Self::Flip(at, bits), Sql::Text(text)) if !text.is_empty() => {
                let mut bytes = text.clone().into_bytes();
                let at = at.index(bytes.len());
                bytes[at] ^= bits & 0x1f;
                Sql::Text(String::from_utf8_lossy(&bytes).into_owned())
            }
            (Self::Flip(..), _) => old.clone(),
        }
    }
}

const COLUMNS: [&str; 10] = [
    "tenant_id",
    "sequence",
    "recorded_at",
    "actor",
    "action",
    "entity_type",
    "entity_id",
    "detail",
    "leaf_hash",
    "chain_hash",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_edit_that_changes_a_cell_is_found(
        edits in proptest::collection::vec((1..=ENTRIES, 0..COLUMNS.len(), edit()), 1..3),
    ) {
        let mut is_changed = false;
        let found = found_after_in_file(|connection| {
            let before = content(connection);
            for (sequence, column, edit) in &edits {
                edit.make(connection, *sequence, COLUMNS[*column]);
            }
            is_changed = content(connection) != before;
        });
        prop_assert_eq!(found.is_sound(), !is_changed, "{:?}", found);
    }
}

/// Every entry of every trail.
fn content(connection: &Connection) -> Vec<Vec<Sql>> {
    let sql = "SELECT * FROM audit_log ORDER BY tenant_id, sequence";
    let mut statement = connection.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| {
        (0..COLUMNS.len()).map(|column| row.get(column)).collect()
    });
    rows.unwrap().map(Result::unwrap).collect()
}
