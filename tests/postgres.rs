//! The PostgreSQL engine on a real server: its contract, many writers, and a server that fails.

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use smrt_core::model::{Actor, Id, Instant, RelationshipType};
use smrt_core::smrt::{NewHuman, NewLink, Smrt};
use smrt_core::store::contract::Place as _;
use smrt_core::store::{Access, Engine, NewTenant, RunLock, StoreError, StoreErrorKind, Value};

use crate::postgres_server::{Database, PASSWORD, Server, SmallDisk, USER, shared};
use crate::sandbox::causes;
use crate::skipped::skip;

pub(crate) const AT: Instant = Instant::from_micros(1_795_249_800_000_000);

/// A new store with the tenants `acme` and `beta`, each with a human of its own on one number.
pub(crate) fn store(database: &Database<'_>) -> Smrt {
    let mut smrt = Smrt::on_engine(database.place().create().unwrap(), 0, AT).unwrap();
    fill(&mut smrt);
    smrt
}

fn fill(smrt: &mut Smrt) {
    for slug in ["acme", "beta"] {
        let tenant = NewTenant {
            slug: slug.parse().unwrap(),
            name: slug.to_owned(),
        };
        smrt.add_tenant(&tenant, &Actor::unknown(), AT).unwrap();
        let mut session = smrt.tenant(slug).unwrap().acting_as(Actor::unknown());
        let human = NewHuman {
            key: Some("1".to_owned()),
            first_name: Some(format!("Ada of {slug}")),
            ..NewHuman::default()
        };
        let human = session.add_human(&human, AT).unwrap();
        let relationship = RelationshipType::parse("mobile").unwrap();
        for number in [
            "+12025550143".to_owned(),
            format!("+1202555014{}", slug.len()),
        ] {
            let link = NewLink::new(human, number.parse().unwrap(), relationship.clone());
            session.add_link(&link, AT).unwrap();
        }
    }
}

#[test]
fn a_store_on_postgres_says_the_same_as_one_on_sqlite() {
    let database = shared().database();
    let mut on_server = store(&database);
    let mut in_memory = Smrt::in_memory().unwrap();
    fill(&mut in_memory);
    assert_eq!(
        on_server.digest().unwrap().to_hex(),
        in_memory.digest().unwrap().to_hex()
    );
    assert!(on_server.check().unwrap().is_sound());
    drop(on_server);
    let mut again = Smrt::open(&database.url()).unwrap();
    assert_eq!(again.tenants().unwrap().len(), 2);
    assert_eq!(
        Smrt::create(&database.url()).unwrap_err().code(),
        "store_invalid"
    );
    assert_eq!(
        Smrt::open(&format!("{}?schema=other", database.url()))
            .unwrap_err()
            .code(),
        "store_not_found"
    );
}

fn kind<T>(result: Result<T, StoreError>) -> StoreErrorKind {
    match result {
        Ok(_) => panic!("it was not refused"),
        Err(error) => error.kind(),
    }
}

/// Begins to write a tenant, in the transaction that is open.
fn add_tenant(engine: &mut dyn Engine, slug: &str) -> Result<u64, StoreError> {
    engine.execute(
        "INSERT INTO tenants (id, name, slug, subscription_tier, enabled_modules, created_at, \
         settings) VALUES (?1, ?2, ?2, 'standard', '[]', ?3, '{}')",
        &[Id::of_tenant(slug).into(), slug.into(), AT.into()],
    )
}

fn tenants(engine: &mut dyn Engine) -> Result<i64, StoreError> {
    let mut count = None;
    engine.query("SELECT count(*) FROM tenants", &[], &mut |row| {
        count = row.value(0)?.as_integer();
        Ok(())
    })?;
    Ok(count.unwrap())
}

/// A connection to a store without tenants.
fn engine(database: &Database<'_>) -> Box<dyn Engine> {
    drop(Smrt::on_engine(database.place().create().unwrap(), 0, AT).unwrap());
    database.place().connect(Access::Write).unwrap()
}

#[test]
fn writers_work_beside_each_other_and_the_later_one_is_told_of_a_taken_key() {
    let database = shared().database();
    let mut first = engine(&database);
    let mut second = database.place().connect(Access::Write).unwrap();
    first.begin(Access::WriteBeside).unwrap();
    add_tenant(first.as_mut(), "acme").unwrap();
    second.begin(Access::WriteBeside).unwrap();
    add_tenant(second.as_mut(), "beta").unwrap();
    second.commit().unwrap();
    assert_eq!(
        kind(add_tenant(first.as_mut(), "beta")),
        StoreErrorKind::Conflict
    );
    assert_eq!(kind(first.commit()), StoreErrorKind::Engine);
    assert_eq!(tenants(first.as_mut()).unwrap(), 1);
    first.begin(Access::WriteBeside).unwrap();
    add_tenant(first.as_mut(), "acme").unwrap();
    first.commit().unwrap();
    assert_eq!(tenants(second.as_mut()).unwrap(), 2);
}

#[test]
fn who_writes_alone_waits_for_those_beside_each_other_and_is_told_after_a_while() {
    let database = shared().database();
    let mut first = engine(&database);
    let mut second = database.place().connect(Access::Write).unwrap();
    first.begin(Access::WriteBeside).unwrap();
    let refused = second.begin(Access::Write).unwrap_err();
    assert_eq!(refused.kind(), StoreErrorKind::Locked);
    assert!(refused.may_retry());
    first.rollback().unwrap();
    second.begin(Access::Write).unwrap();
    add_tenant(second.as_mut(), "acme").unwrap();
    second.commit().unwrap();
}

#[test]
fn text_with_a_nul_comes_back_though_the_server_cannot_keep_one() {
    let database = shared().database();
    let mut engine = engine(&database);
    let slugs = ["a\0b", "\u{FDD0}0"];
    for slug in slugs {
        add_tenant(engine.as_mut(), slug).unwrap();
        let mut found = Vec::new();
        let sql = "SELECT slug FROM tenants WHERE slug = ?1";
        let asked = engine.query(sql, &[slug.into()], &mut |row| {
            found.push(row.value(0)? == Value::Text(slug));
            Ok(())
        });
        asked.unwrap();
        assert_eq!(found, [true], "{slug:?}");
    }
}

#[test]
fn errors_quote_no_value_of_a_record() {
    let database = shared().database();
    let mut engine = engine(&database);
    add_tenant(engine.as_mut(), "very-private").unwrap();
    let refused = add_tenant(engine.as_mut(), "very-private").unwrap_err();
    let shown = format!("{} {refused:?}", causes(&refused));
    assert!(!shown.contains("private"), "{shown}");
    assert!(shown.contains("tenants_id"), "{shown}");
}

#[test]
fn a_server_that_is_killed_in_a_transaction_keeps_nothing_of_it_and_is_found_again() {
    let server = Server::start(&[]);
    let database = server.database();
    let mut engine = engine(&database);
    engine.begin(Access::Write).unwrap();
    add_tenant(engine.as_mut(), "kept").unwrap();
    engine.commit().unwrap();
    engine.begin(Access::Write).unwrap();
    add_tenant(engine.as_mut(), "lost").unwrap();
    server.kill();
    assert_eq!(
        kind(add_tenant(engine.as_mut(), "more")),
        StoreErrorKind::ConnectionLost
    );
    assert_ne!(kind(engine.commit()), StoreErrorKind::Constraint);
    engine.rollback().unwrap();
    server.run();
    engine.begin(Access::Write).unwrap();
    assert_eq!(tenants(engine.as_mut()).unwrap(), 1);
    add_tenant(engine.as_mut(), "again").unwrap();
    engine.commit().unwrap();
}

#[test]
fn a_commit_that_meets_no_server_says_that_its_outcome_is_not_known() {
    let server = Server::start(&[]);
    let database = server.database();
    let mut engine = engine(&database);
    engine.begin(Access::Write).unwrap();
    add_tenant(engine.as_mut(), "acme").unwrap();
    server.kill();
    let lost = engine.commit().unwrap_err();
    assert_eq!(lost.kind(), StoreErrorKind::ConnectionLost);
    assert!(lost.to_string().contains("not known"), "{lost}");
    server.run();
    assert_eq!(tenants(engine.as_mut()).unwrap(), 0);
}

#[test]
fn a_restart_between_transactions_is_not_noticed_and_locks_are_kept() {
    let server = Server::start(&[]);
    let database = server.database();
    let mut engine = engine(&database);
    assert_eq!(engine.lock_run(1).unwrap(), RunLock::Taken);
    server.stop();
    server.run();
    engine.begin(Access::Write).unwrap();
    add_tenant(engine.as_mut(), "acme").unwrap();
    engine.commit().unwrap();
    let mut other = database.place().connect(Access::Write).unwrap();
    assert_eq!(
        other.lock_run(1).unwrap(),
        RunLock::OfAnother,
        "the lock was lost with the connection"
    );
}

#[test]
fn a_full_disk_is_told_and_nothing_is_half_written() {
    let server = Server::start(&["fsync=off"]);
    let Some(disk) = SmallDisk::mount(&server) else {
        return skip(
            "a_full_disk_is_told_and_nothing_is_half_written",
            SmallDisk::NEEDS,
        );
    };
    let database = disk.database(&server);
    let mut engine = engine(&database);
    engine.begin(Access::Write).unwrap();
    add_tenant(engine.as_mut(), "acme").unwrap();
    engine.commit().unwrap();
    // Text that does not compress.
    let noise: String = (0..2_000_000_u64)
        .map(|n| {
            char::from(33 + u8::try_from(n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 57 & 63).unwrap())
        })
        .collect();
    let mut number = 0_i64;
    engine.begin(Access::Write).unwrap();
    let full = loop {
        number += 1;
        let written = engine.execute(
            "INSERT INTO record_changes (sequence, entity_type, entity_id, fields, changed_at) \
             VALUES (?1, 'human', ?2, ?3, ?4)",
            &[
                number.into(),
                Id::of_tenant("acme").into(),
                Value::Text(&noise),
                AT.into(),
            ],
        );
        match written {
            Ok(_) => assert!(number < 1_000, "the disk is not small"),
            Err(error) => break error,
        }
    };
    assert_eq!(full.kind(), StoreErrorKind::DiskFull, "{}", causes(&full));
    engine.rollback().unwrap();
    assert_eq!(tenants(engine.as_mut()).unwrap(), 1);
}

#[test]
fn a_database_that_cannot_hold_a_store_is_refused_by_name() {
    let server = shared();
    let latin = server.database_with("ENCODING 'LATIN1' LOCALE 'C'");
    let refused = latin.place().create().err().unwrap();
    assert_eq!(refused.kind(), StoreErrorKind::Invalid);
    assert!(refused.to_string().contains("LATIN1"), "{refused}");
    let database = server.database();
    let absent = database.url().replace(database.name(), "absent");
    assert_eq!(Smrt::open(&absent).unwrap_err().code(), "store_not_found");
    database
        .connect(USER)
        .batch_execute("CREATE SCHEMA smrt; CREATE TABLE smrt.theirs (id int)")
        .unwrap();
    assert_eq!(
        Smrt::create(&database.url()).unwrap_err().code(),
        "store_foreign"
    );
    assert_eq!(
        Smrt::open(&database.url()).unwrap_err().code(),
        "store_foreign"
    );
}

#[test]
fn a_user_without_rights_is_told_so() {
    let server = shared();
    let database = server.database();
    server.tell("CREATE ROLE powerless LOGIN");
    let url = database.url_of("powerless@");
    assert_eq!(Smrt::create(&url).unwrap_err().code(), "store_read_only");
    drop(store(&database));
    assert_eq!(Smrt::open(&url).unwrap_err().code(), "store_read_only");
    database
        .connect(USER)
        .batch_execute("GRANT USAGE ON SCHEMA smrt TO powerless")
        .unwrap();
    assert_eq!(Smrt::open(&url).unwrap_err().code(), "store_read_only");
}

#[test]
fn a_wrong_password_is_refused_and_never_shown() {
    let database = shared().database();
    drop(store(&database));
    let url = database.wire_url("127.0.0.1", "sslmode=disable");
    assert_eq!(Smrt::open(&url).unwrap().tenants().unwrap().len(), 2);
    let wrong = url.replace(PASSWORD, "guessed-by-nobody");
    let refused = Smrt::open(&wrong).unwrap_err();
    assert_eq!(refused.code(), "store_invalid");
    let shown = format!("{} {refused:?}", causes(&refused));
    assert!(!shown.contains("guessed"), "{shown}");
    assert!(shown.contains("password"), "{shown}");
}

/// An issuer, and a certificate of `localhost` with its key, in PEM.
fn certificates() -> (String, String, String) {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let certificate = params.signed_by(&key, &issuer).unwrap();
    (issuer.pem(), certificate.pem(), key.serialize_pem())
}

#[test]
fn tls_proves_as_much_as_the_address_asks_for() {
    let (issuer, certificate, key) = certificates();
    let files = [
        ("server.pem", certificate.as_str()),
        ("server.key", key.as_str()),
    ];
    let server = Server::start_with_files(
        &[
            "fsync=off",
            "ssl=on",
            "ssl_cert_file=../server.pem",
            "ssl_key_file=../server.key",
        ],
        &files,
    );
    let database = server.database();
    drop(store(&database));
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let (right, wrong) = (
        file("right.pem", &issuer),
        file("wrong.pem", &certificates().0),
    );
    let empty = file("empty.pem", "");
    let open = |host: &str, options: &str| {
        let opened = Smrt::open(&database.wire_url(host, options));
        opened.map(drop).map_err(|error| error.code().to_owned())
    };
    for accepted in [
        ("localhost", "sslmode=disable".to_owned()),
        ("localhost", "sslmode=prefer".to_owned()),
        ("127.0.0.1", "sslmode=require".to_owned()),
        (
            "127.0.0.1",
            format!("sslmode=verify-ca&sslrootcert={right}"),
        ),
        (
            "localhost",
            format!("sslmode=verify-full&sslrootcert={right}"),
        ),
    ] {
        assert_eq!(open(accepted.0, &accepted.1), Ok(()), "{accepted:?}");
    }
    for refused in [
        (
            "127.0.0.1",
            format!("sslmode=verify-full&sslrootcert={right}"),
        ),
        (
            "localhost",
            format!("sslmode=verify-full&sslrootcert={wrong}"),
        ),
        (
            "localhost",
            format!("sslmode=verify-ca&sslrootcert={wrong}"),
        ),
        ("localhost", format!("sslmode=require&sslrootcert={wrong}")),
        (
            "localhost",
            format!("sslmode=verify-ca&sslrootcert={empty}"),
        ),
        (
            "localhost",
            "sslmode=verify-full&sslrootcert=absent.pem".to_owned(),
        ),
    ] {
        assert_eq!(
            open(refused.0, &refused.1),
            Err("store_invalid".to_owned()),
            "{refused:?}"
        );
    }
    // The server that all tests share speaks no TLS.
    let plain = shared().database();
    let refused = Smrt::create(&plain.wire_url("127.0.0.1", "sslmode=require")).unwrap_err();
    assert_eq!(refused.code(), "store_invalid");
    drop(Smrt::create(&plain.wire_url("127.0.0.1", "sslmode=prefer")).unwrap());
}

#[test]
fn a_server_that_is_not_there_is_told_at_once() {
    let refused = Smrt::open("postgres://ada@127.0.0.1:1/d").unwrap_err();
    assert_eq!(refused.code(), "store_connection_lost");
    assert!(
        refused.to_string().contains("cannot be reached"),
        "{refused}"
    );
}
