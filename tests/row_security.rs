//! The second wall between tenants: what a tenant's role reads in plain SQL.

use postgres::Client;
use smrt_core::model::{Actor, Id};
use smrt_core::smrt::Smrt;

use crate::postgres::{AT, store};
use crate::postgres_server::{Database, USER, shared, texts};

/// Makes a role of a tenant; its name is the server's, so each test has its own.
fn give_role(smrt: &mut Smrt, tenant: &str, role: &str) {
    smrt.create_tenant_role(tenant, role, &Actor::unknown(), AT)
        .unwrap();
}

/// A connection that is the role and nothing else.
fn enter(database: &Database<'_>, role: &str) -> Client {
    database
        .superuser()
        .batch_execute(&format!("ALTER ROLE {role} LOGIN"))
        .unwrap();
    let mut client = database.connect(role);
    client.batch_execute("SET search_path TO smrt").unwrap();
    client
}

fn code(client: &mut Client, sql: &str) -> String {
    let refused = client.batch_execute(sql).expect_err(sql);
    refused.code().unwrap().code().to_owned()
}

const NO_RIGHT: &str = "42501";

/// The tables with rows of their own for a tenant, and the condition that they are its own.
const OWN: [(&str, &str); 8] = [
    ("tenants", "id"),
    ("humans", "created_by_tenant_id"),
    ("phone_human_links", "created_by_tenant_id"),
    ("phone_number_ties", "tenant_id"),
    ("consent_records", "tenant_id"),
    ("interactions", "tenant_id"),
    ("audit_log", "tenant_id"),
    ("audit_heads", "tenant_id"),
];

#[test]
fn a_role_reads_the_rows_of_its_tenant_alone() {
    let database = shared().database();
    let mut smrt = store(&database);
    give_role(&mut smrt, "acme", "rows_of_acme");
    give_role(&mut smrt, "beta", "rows_of_beta");
    for (slug, role) in [("acme", "rows_of_acme"), ("beta", "rows_of_beta")] {
        let mut client = enter(&database, role);
        let tenant = Id::of_tenant(slug);
        for (table, column) in OWN {
            let all = format!("SELECT count(*) FROM {table}");
            let own = format!("{all} WHERE {column} = '{tenant}'");
            let all = texts(&mut client, &all).unwrap();
            assert_eq!(all, texts(&mut client, &own).unwrap(), "{table} as {role}");
            if !["phone_number_ties", "consent_records", "interactions"].contains(&table) {
                assert_ne!(all, [["0"]], "{table} as {role}");
            }
        }
        // One number is known to both, the other is not.
        let numbers = "SELECT phone_number FROM phone_numbers ORDER BY phone_number";
        let numbers = texts(&mut client, numbers).unwrap().concat();
        assert!(
            numbers.contains(&"+12025550143".to_owned()),
            "{numbers:?} as {role}"
        );
        let names = texts(&mut client, "SELECT first_name FROM humans").unwrap();
        assert_eq!(names, [[format!("Ada of {slug}")]]);
    }
}

#[test]
fn what_another_tenant_added_to_a_shared_number_stays_hidden() {
    let database = shared().database();
    let mut smrt = store(&database);
    give_role(&mut smrt, "beta", "numbers_of_beta");
    let mut client = enter(&database, "numbers_of_beta");
    for column in [
        "metadata",
        "created_by_tenant_id",
        "dnc_status",
        "created_at",
        "*",
    ] {
        let sql = format!("SELECT {column} FROM phone_numbers");
        assert_eq!(code(&mut client, &sql), NO_RIGHT, "{column}");
    }
}

#[test]
fn a_role_writes_nothing_and_sees_no_table_or_view_that_is_not_opened() {
    let database = shared().database();
    let mut smrt = store(&database);
    give_role(&mut smrt, "acme", "hands_of_acme");
    let mut client = enter(&database, "hands_of_acme");
    for sql in [
        "UPDATE humans SET first_name = 'x'",
        "DELETE FROM humans",
        "INSERT INTO tenants SELECT * FROM tenants",
        "TRUNCATE humans",
        "SELECT * FROM humans FOR UPDATE",
        "COPY humans FROM STDIN",
        "DO $$ BEGIN LOCK TABLE humans IN EXCLUSIVE MODE; END $$",
        "CREATE TABLE smrt.mine (id int)",
        "SELECT * FROM v_humans",
        "SELECT * FROM record_changes",
        "SELECT * FROM import_deferred",
        "SELECT * FROM dnc_blocks",
        "SELECT * FROM schema_migrations",
        "GRANT SELECT ON humans TO PUBLIC",
    ] {
        // A grant of what one may not grant is a warning, so it is seen by what it did not do.
        match client.batch_execute(sql) {
            Err(refused) => assert_eq!(refused.code().unwrap().code(), NO_RIGHT, "{sql}"),
            Ok(()) => assert!(sql.starts_with("GRANT"), "{sql}"),
        }
    }
    let shared = "SELECT count(*) FROM information_schema.role_table_grants WHERE grantee = 'PUBLIC' AND table_schema = 'smrt'";
    assert_eq!(texts(&mut database.superuser(), shared).unwrap(), [["0"]]);
}

#[test]
fn no_setting_opens_more() {
    let database = shared().database();
    let mut smrt = store(&database);
    give_role(&mut smrt, "acme", "will_of_acme");
    give_role(&mut smrt, "beta", "will_of_beta");
    let mut client = enter(&database, "will_of_acme");
    let beta = Id::of_tenant("beta");
    for sql in [
        format!("SET smrt.tenant = '{beta}'"),
        format!("SET smrt.tenant_id = '{beta}'"),
        format!("SELECT set_config('app.tenant', '{beta}', false)"),
        "SET search_path TO pg_temp, smrt".to_owned(),
        "SET session_authorization TO DEFAULT".to_owned(),
        "CREATE TEMPORARY TABLE phone_number_ties (tenant_id uuid, phone_number_id uuid)"
            .to_owned(),
    ] {
        client.batch_execute(&sql).unwrap();
    }
    for (sql, want) in [
        (format!("SET ROLE {USER}"), NO_RIGHT),
        ("SET ROLE will_of_beta".to_owned(), NO_RIGHT),
        (format!("SET SESSION AUTHORIZATION {USER}"), NO_RIGHT),
        (
            "ALTER TABLE smrt.humans DISABLE ROW LEVEL SECURITY".to_owned(),
            NO_RIGHT,
        ),
        (
            "DROP POLICY will_of_acme ON smrt.humans".to_owned(),
            NO_RIGHT,
        ),
        ("ALTER ROLE will_of_acme BYPASSRLS".to_owned(), NO_RIGHT),
        (
            "SET session_replication_role = replica".to_owned(),
            NO_RIGHT,
        ),
    ] {
        assert_eq!(code(&mut client, &sql), want, "{sql}");
    }
    // Without row security the server refuses to answer rather than answer more.
    client.batch_execute("SET row_security = off").unwrap();
    assert_eq!(code(&mut client, "SELECT * FROM smrt.humans"), NO_RIGHT);
    client.batch_execute("SET row_security = on").unwrap();
    let owners = "SELECT DISTINCT created_by_tenant_id FROM smrt.humans";
    assert_eq!(
        texts(&mut client, owners).unwrap(),
        [[Id::of_tenant("acme").to_string()]]
    );
    // A function of one's own sees no row before the policy has let it through.
    client
        .batch_execute(
            "CREATE FUNCTION pg_temp.peek(text) RETURNS boolean LANGUAGE plpgsql COST 0.0001 \
             AS $$ BEGIN IF $1 LIKE '%beta%' THEN RAISE 'seen'; END IF; RETURN true; END $$",
        )
        .unwrap();
    let peek = "SELECT count(*) FROM smrt.humans WHERE pg_temp.peek(first_name)";
    assert_eq!(texts(&mut client, peek).unwrap(), [["1"]]);
}

#[test]
fn a_role_is_of_one_tenant_and_may_do_nothing_else() {
    let database = shared().database();
    let mut smrt = store(&database);
    give_role(&mut smrt, "acme", "one_of_acme");
    // Once more is nothing new.
    give_role(&mut smrt, "acme", "one_of_acme");
    database
        .superuser()
        .batch_execute(&format!(
            "CREATE ROLE strong_of_tests SUPERUSER; CREATE ROLE member_of_tests IN ROLE {USER}"
        ))
        .unwrap();
    let mut refused = |tenant: &str, role: &str| {
        let refused = smrt.create_tenant_role(tenant, role, &Actor::unknown(), AT);
        refused.unwrap_err().code().to_owned()
    };
    assert_eq!(refused("beta", "one_of_acme"), "store_invalid");
    assert_eq!(refused("beta", "strong_of_tests"), "store_invalid");
    assert_eq!(refused("beta", "member_of_tests"), "store_invalid");
    assert_eq!(refused("beta", USER), "store_invalid");
    assert_eq!(refused("beta", "public"), "store_invalid");
    assert_eq!(refused("gamma", "whoever"), "tenant_unknown");
    // The trail tells of it.
    let trail = "SELECT count(*) FROM smrt.audit_log WHERE action = 'tenant.role'";
    assert_eq!(texts(&mut database.superuser(), trail).unwrap(), [["2"]]);
    let mut in_memory = Smrt::in_memory().unwrap();
    let tenant = smrt_core::store::NewTenant {
        slug: "acme".parse().unwrap(),
        name: "acme".to_owned(),
    };
    in_memory
        .add_tenant(&tenant, &Actor::unknown(), AT)
        .unwrap();
    let refused = in_memory.create_tenant_role("acme", "r", &Actor::unknown(), AT);
    let refused = refused.unwrap_err();
    assert!(
        refused.to_string().contains("`sqlite` knows no roles"),
        "{refused}"
    );
}
