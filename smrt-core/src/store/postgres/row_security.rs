//! Row-level security: a second wall between tenants, kept by the server.
//!
//! A role of a tenant may ask the tables in SQL and reads what the tenant itself keeps: no grant of
//! another tenant opens anything here, and nothing is written. What it reads depends on the role
//! alone. There is no setting that a session could change, and no function that runs with another's
//! rights. The owner of the tables, which is smrt itself, is not restricted.
//!
//! What this module does not do: it opens no view, for views run with the rights of their owner.

use super::PostgresEngine;
use super::session::quoted;
use crate::model::Id;
use crate::store::engine::Engine as _;
use crate::store::error::{StoreError, StoreErrorKind};
use crate::store::schema::TABLES;
use crate::store::value::Value;

/// The longest name that the server keeps whole.
const NAME_BYTES_MAX: usize = 63;

/// What of a table a tenant's role reads.
struct Opened {
    table: &'static str,
    /// The columns, or all of them.
    columns: &'static str,
    /// The condition on a row; `{tenant}` is the tenant's id. Other tables within it are read with
    /// the role's own rights, so they are opened as well.
    rows: &'static str,
}

const fn owned(table: &'static str, rows: &'static str) -> Opened {
    Opened {
        table,
        columns: "",
        rows,
    }
}

const OF_TENANT: &str = "tenant_id = {tenant}";
const OF_CREATOR: &str = "created_by_tenant_id = {tenant}";

/// The tables that are opened. All others stay shut: they hold what belongs to no single tenant.
const OPENED: &[Opened] = &[
    owned("tenants", "id = {tenant}"),
    // A number's row is shared by all who know the number; what it says of the number itself is
    // theirs too, what the first of them added is not.
    Opened {
        table: "phone_numbers",
        columns: " (id, phone_number, country_code, area_code, is_mobile, carrier_info)",
        rows: "created_by_tenant_id = {tenant} OR EXISTS (SELECT 1 FROM phone_number_ties t \
               WHERE t.tenant_id = {tenant} AND t.phone_number_id = phone_numbers.id)",
    },
    owned("phone_number_ties", OF_TENANT),
    owned("humans", OF_CREATOR),
    owned("phone_human_links", OF_CREATOR),
    owned(
        "data_access_permissions",
        "tenant_id = {tenant} OR granted_by_tenant_id = {tenant}",
    ),
    owned(
        "access_revocations",
        "EXISTS (SELECT 1 FROM data_access_permissions p WHERE p.id = permission_id)",
    ),
    owned("consent_records", OF_TENANT),
    owned("interactions", OF_TENANT),
    owned("import_runs", OF_TENANT),
    owned(
        "import_issues",
        "EXISTS (SELECT 1 FROM import_runs r WHERE r.number = import_run)",
    ),
    owned(
        "source_keys",
        "EXISTS (SELECT 1 FROM humans h WHERE h.id = human_id)",
    ),
    owned(
        "dnc_registries",
        "tenant_id = {tenant} OR EXISTS (SELECT 1 FROM dnc_holdings h WHERE h.registry_id = dnc_registries.id)",
    ),
    owned("dnc_holdings", OF_TENANT),
    owned(
        "dnc_entries",
        "EXISTS (SELECT 1 FROM dnc_registries r \
         WHERE r.id = registry_id AND r.tenant_id = {tenant})",
    ),
    owned("reassigned_answers", OF_TENANT),
    owned("merge_events", OF_TENANT),
    owned("audit_log", OF_TENANT),
    owned("audit_heads", OF_TENANT),
];

/// Makes a role, unless there is one of that name, and opens a tenant's rows to it.
pub(super) fn create_tenant_role(
    engine: &mut PostgresEngine,
    tenant: Id,
    role: &str,
) -> Result<(), StoreError> {
    check_name(role)?;
    match find(engine, tenant, role)? {
        Found::Nobody => {
            let sql = format!("CREATE ROLE {} NOLOGIN NOINHERIT", quoted(role));
            engine.execute_script(&sql)?;
        }
        Found::Harmless => {}
        Found::Powerful => {
            return Err(refused(
                "the role may do more than a tenant's role may: choose one that is no superuser, \
                 does not bypass row security, and has no part in the owner of the tables",
            ));
        }
        Found::Taken => {
            return Err(refused("the role belongs to another tenant of this store"));
        }
    }
    let sql = open_to(engine.address.schema(), tenant, role);
    engine.execute_script(&sql)
}

fn refused(detail: &'static str) -> StoreError {
    StoreError::new(StoreErrorKind::Invalid, "create role", detail)
}

fn check_name(role: &str) -> Result<(), StoreError> {
    let fits = (1..=NAME_BYTES_MAX).contains(&role.len()) && !role.contains('\0');
    match fits && !role.starts_with("pg_") && role != "public" && role != "none" {
        true => Ok(()),
        false => Err(refused(
            "a role's name has 1 to 63 bytes, does not begin with `pg_`, and is not `public` or `none`",
        )),
    }
}

/// What a role is before it is made a tenant's.
enum Found {
    /// There is none.
    Nobody,
    /// One without rights of its own that matter here.
    Harmless,
    /// One that row security does not hold back.
    Powerful,
    /// One of another tenant.
    Taken,
}

fn find(engine: &mut PostgresEngine, tenant: Id, role: &str) -> Result<Found, StoreError> {
    let mut found = Found::Nobody;
    let is_true = |value: Value<'_>| value.as_integer() == Some(1);
    engine.query(
        "SELECT r.rolsuper OR r.rolbypassrls OR pg_has_role(r.oid, t.relowner, 'MEMBER'), \
                EXISTS (SELECT 1 FROM pg_policies p WHERE p.schemaname = current_schema() \
                        AND p.tablename = 'tenants' AND p.policyname = r.rolname \
                        AND strpos(p.qual, ?2) = 0) \
         FROM pg_roles r, pg_class t JOIN pg_namespace n ON n.oid = t.relnamespace \
         WHERE r.rolname = ?1 AND n.nspname = current_schema() AND t.relname = 'tenants'",
        &[role.into(), tenant.to_string().as_str().into()],
        &mut |row| {
            found = match (is_true(row.value(0)?), is_true(row.value(1)?)) {
                (true, _) => Found::Powerful,
                (false, true) => Found::Taken,
                (false, false) => Found::Harmless,
            };
            Ok(())
        },
    )?;
    Ok(found)
}

/// The statements that open a tenant's rows to a role, and shut every other table.
fn open_to(schema: &str, tenant: Id, role: &str) -> String {
    let role = quoted(role);
    let tenant = format!("'{tenant}'::uuid");
    let shut = TABLES.iter().map(|table| {
        format!(
            "ALTER TABLE {0} ENABLE ROW LEVEL SECURITY;\nREVOKE ALL ON {0} FROM {role};\n",
            table.name
        )
    });
    let open = OPENED.iter().map(|opened| {
        format!(
            "GRANT SELECT{columns} ON {table} TO {role};\n\
             DROP POLICY IF EXISTS {role} ON {table};\n\
             CREATE POLICY {role} ON {table} FOR SELECT TO {role} USING ({rows});\n",
            columns = opened.columns,
            table = opened.table,
            rows = opened.rows.replace("{tenant}", &tenant)
        )
    });
    let enter = format!("GRANT USAGE ON SCHEMA {} TO {role};\n", quoted(schema));
    shut.chain(open).chain([enter]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_opened_table_is_one_of_the_schema_and_what_is_shut_is_known() {
        let opened = |name: &str| OPENED.iter().any(|opened| opened.table == name);
        let shut: Vec<&str> = TABLES
            .iter()
            .map(|table| table.name)
            .filter(|name| !opened(name))
            .collect();
        assert_eq!(
            shut,
            [
                "schema_migrations",
                "import_deferred",
                "record_changes",
                "dnc_versions",
                "dnc_blocks",
                "dnc_block_changes",
            ]
        );
        assert_eq!(OPENED.len() + shut.len(), TABLES.len());
    }

    #[test]
    fn names_that_mean_something_else_are_refused() {
        for name in ["", "public", "none", "pg_monitor", "a\0b", &"a".repeat(64)] {
            assert!(check_name(name).is_err(), "{name}");
        }
        assert!(check_name("acme \"reader\"").is_ok());
    }
}
