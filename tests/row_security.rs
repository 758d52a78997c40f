//! The second wall between tenants: what a tenant's role reads in plain SQL.

use std::sync::atomic::AtomicBool;

use postgres::Client;
use smrt_core::model::{Actor, Id};
use smrt_core::smrt::Smrt;
use smrt_core::store::schema::TABLES;
use smrt_core::store::{Access, StoreLocation};

use crate::leak::world::World;
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

/// The tables that are opened: which of its rows are a tenant's, and what a role reads of a row. `{}`
/// is the tenant's id.
const OPENED: [(&str, &str, &str); 19] = [
    (
        "access_revocations",
        "t.permission_id IN (SELECT g.id FROM data_access_permissions g \
         WHERE '{}' IN (g.tenant_id, g.granted_by_tenant_id))",
        "t",
    ),
    ("audit_heads", "t.tenant_id = '{}'", "t"),
    ("audit_log", "t.tenant_id = '{}'", "t"),
    ("consent_records", "t.tenant_id = '{}'", "t"),
    (
        "data_access_permissions",
        "'{}' IN (t.tenant_id, t.granted_by_tenant_id)",
        "t",
    ),
    (
        "dnc_entries",
        "t.registry_id IN (SELECT r.id FROM dnc_registries r WHERE r.tenant_id = '{}')",
        "t",
    ),
    ("dnc_holdings", "t.tenant_id = '{}'", "t"),
    // A registry of no tenant is known to those who hold it, here all.
    (
        "dnc_registries",
        "t.tenant_id = '{}' OR t.tenant_id IS NULL",
        "t",
    ),
    ("humans", "t.created_by_tenant_id = '{}'", "t"),
    (
        "import_issues",
        "t.import_run IN (SELECT r.number FROM import_runs r WHERE r.tenant_id = '{}')",
        "t",
    ),
    ("import_runs", "t.tenant_id = '{}'", "t"),
    ("interactions", "t.tenant_id = '{}'", "t"),
    ("merge_events", "t.tenant_id = '{}'", "t"),
    ("phone_human_links", "t.created_by_tenant_id = '{}'", "t"),
    ("phone_number_ties", "t.tenant_id = '{}'", "t"),
    (
        "phone_numbers",
        "t.created_by_tenant_id = '{}' OR t.id IN \
         (SELECT n.phone_number_id FROM phone_number_ties n WHERE n.tenant_id = '{}')",
        "(t.id, t.phone_number, t.country_code, t.area_code, t.is_mobile, t.carrier_info)",
    ),
    ("reassigned_answers", "t.tenant_id = '{}'", "t"),
    (
        "source_keys",
        "t.human_id IN (SELECT h.id FROM humans h WHERE h.created_by_tenant_id = '{}')",
        "t",
    ),
    ("tenants", "t.id = '{}'", "t"),
];

/// Grants of `gamma`, one of them ended, to each of the others: rows that the other must not see.
fn grant_by_gamma(database: &Database<'_>) {
    let gamma = Id::of_tenant("gamma");
    for tenant in ["acme", "beta"] {
        let to = Id::of_tenant(tenant);
        let grant = Id::derived("grant of gamma", &[to.as_bytes()]);
        let sql = format!(
            "INSERT INTO smrt.data_access_permissions (id, tenant_id, entity_type, access_level, \
             granted_by_tenant_id, created_at) \
             VALUES ('{grant}', '{to}', 'interaction', 'read', '{gamma}', '2026-06-01'); \
             INSERT INTO smrt.access_revocations VALUES ('{grant}', '2026-07-01', '{gamma}')"
        );
        database.superuser().batch_execute(&sql).unwrap();
    }
}

/// A store in which each of three tenants has rows in every table.
fn filled(database: &Database<'_>) -> Smrt {
    let world = World::new();
    let mut file = Smrt::open_at(world.location(), Access::Read, AT).unwrap();
    let location: StoreLocation = database.url().parse().unwrap();
    let copied = file.copy_to(location, AT, &AtomicBool::new(false), &mut |_| {});
    assert!(copied.unwrap().is_some());
    grant_by_gamma(database);
    Smrt::open(&database.url()).unwrap()
}

#[test]
fn a_role_reads_the_rows_of_its_tenant_alone_in_every_table_that_is_opened() {
    let database = shared().database();
    let mut smrt = filled(&database);
    let mut all = database.superuser();
    all.batch_execute("SET search_path TO smrt").unwrap();
    for (slug, role) in [("acme", "rows_of_acme"), ("beta", "rows_of_beta")] {
        give_role(&mut smrt, slug, role);
        let opened = format!(
            "SELECT DISTINCT table_name::text FROM information_schema.column_privileges \
             WHERE grantee = '{role}' AND table_schema = 'smrt' ORDER BY 1"
        );
        assert_eq!(
            texts(&mut all, &opened).unwrap().concat(),
            OPENED.map(|(table, _, _)| table.to_owned()),
            "say which rows of a table are a tenant's"
        );
        let mut client = enter(&database, role);
        for (table, own, row) in OPENED {
            let read = format!("SELECT {row}::text FROM {table} t");
            let own = own.replace("{}", &Id::of_tenant(slug).to_string());
            let mine = texts(&mut all, &format!("{read} WHERE {own} ORDER BY 1")).unwrap();
            let others = texts(&mut all, &format!("{read} WHERE NOT ({own})")).unwrap();
            assert!(!mine.is_empty(), "{table} has no row of {slug}");
            assert!(
                !others.is_empty(),
                "{table} has no row that {slug} may not see"
            );
            let seen = texts(&mut client, &format!("{read} ORDER BY 1")).unwrap();
            assert_eq!(seen, mine, "{table} as {role}");
        }
        // Every other table is shut, and none of them is empty.
        for table in TABLES.iter().map(|table| table.name) {
            if OPENED.iter().all(|(opened, _, _)| *opened != table) {
                let rows = format!("SELECT count(*) > 0 FROM {table}");
                assert_eq!(texts(&mut all, &rows).unwrap(), [["t"]], "{table} is empty");
                assert_eq!(code(&mut client, &rows), NO_RIGHT, "{table} as {role}");
            }
        }
    }
}

#[test]
fn a_table_that_came_later_is_shut_until_the_role_is_made_again() {
    let database = shared().database();
    let mut smrt = store(&database);
    give_role(&mut smrt, "acme", "before_of_acme");
    let mut client = enter(&database, "before_of_acme");
    // As a migration would make it: a table of smrt's, about which nobody told the role.
    database
        .connect(USER)
        .batch_execute(
            "SET search_path TO smrt; ALTER TABLE interactions RENAME TO earlier; \
             CREATE TABLE interactions (LIKE earlier INCLUDING ALL)",
        )
        .unwrap();
    let read = "SELECT count(*) FROM interactions";
    assert_eq!(code(&mut client, read), NO_RIGHT);
    give_role(&mut smrt, "acme", "before_of_acme");
    assert_eq!(texts(&mut client, read).unwrap(), [["0"]]);
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
