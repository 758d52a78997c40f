//! `smrt db check`: the engine's own integrity check, references, and the rules between tables.

use super::audit::{self, AuditVerification, RootOf};
use super::engine::{Access, Engine};
use super::error::{StoreError, StoreErrorKind};
use super::{Store, count};
use crate::model::Id;

/// What a check of the whole store found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckReport {
    /// Name and result of every check, in the order they ran; no fault means it passed.
    pub checks: Vec<(String, Vec<String>)>,
}

impl CheckReport {
    /// Whether every check passed.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.checks.iter().all(|(_, faults)| faults.is_empty())
    }
}

/// A reference from one table to another: child table, child column, parent table, parent column.
type Reference = (&'static str, &'static str, &'static str, &'static str);

const REFERENCES: [Reference; 35] = [
    ("phone_numbers", "created_by_tenant_id", "tenants", "id"),
    ("humans", "created_by_tenant_id", "tenants", "id"),
    (
        "phone_human_links",
        "phone_number_id",
        "phone_numbers",
        "id",
    ),
    ("phone_human_links", "human_id", "humans", "id"),
    ("phone_human_links", "created_by_tenant_id", "tenants", "id"),
    ("consent_records", "phone_number_id", "phone_numbers", "id"),
    ("consent_records", "human_id", "humans", "id"),
    ("consent_records", "tenant_id", "tenants", "id"),
    ("source_keys", "human_id", "humans", "id"),
    ("source_keys", "import_run", "import_runs", "number"),
    ("source_keys", "last_run", "import_runs", "number"),
    ("humans", "import_run", "import_runs", "number"),
    ("phone_numbers", "import_run", "import_runs", "number"),
    ("interactions", "phone_number_id", "phone_numbers", "id"),
    ("interactions", "human_id", "humans", "id"),
    ("interactions", "tenant_id", "tenants", "id"),
    ("data_access_permissions", "tenant_id", "tenants", "id"),
    ("dnc_blocks", "registry_id", "dnc_registries", "id"),
    ("dnc_entries", "registry_id", "dnc_registries", "id"),
    ("dnc_registries", "tenant_id", "tenants", "id"),
    ("dnc_versions", "registry_id", "dnc_registries", "id"),
    ("dnc_versions", "tenant_id", "tenants", "id"),
    ("dnc_holdings", "registry_id", "dnc_registries", "id"),
    ("dnc_holdings", "tenant_id", "tenants", "id"),
    ("dnc_block_changes", "registry_id", "dnc_registries", "id"),
    ("reassigned_answers", "tenant_id", "tenants", "id"),
    ("import_runs", "tenant_id", "tenants", "id"),
    (
        "phone_number_ties",
        "phone_number_id",
        "phone_numbers",
        "id",
    ),
    ("phone_number_ties", "tenant_id", "tenants", "id"),
    ("phone_number_ties", "import_run", "import_runs", "number"),
    (
        "data_access_permissions",
        "granted_by_tenant_id",
        "tenants",
        "id",
    ),
    (
        "access_revocations",
        "permission_id",
        "data_access_permissions",
        "id",
    ),
    (
        "access_revocations",
        "revoked_by_tenant_id",
        "tenants",
        "id",
    ),
    ("audit_log", "tenant_id", "tenants", "id"),
    ("audit_heads", "tenant_id", "tenants", "id"),
];

/// Tables of what tenants attach to phone numbers, with the column of the tenant.
const ATTACHED: [(&str, &str); 3] = [
    ("phone_human_links", "created_by_tenant_id"),
    ("consent_records", "tenant_id"),
    ("interactions", "tenant_id"),
];

/// The references that a bulk load writes without the engine's watch.
const BULK_LOADED: [&str; 3] = ["phone_human_links", "source_keys", "consent_records"];

impl Store {
    /// Checks the file, every reference, that deferred work is done, that the counts of each
    /// completed run hold, and that every audit trail is as it was appended.
    ///
    /// # Errors
    ///
    /// When a check cannot run at all; what the checks find is in the report.
    pub(crate) fn check(&mut self) -> Result<CheckReport, StoreError> {
        let mut checks = vec![("integrity".to_owned(), self.engine.check_integrity()?)];
        let unfinished = self.unfinished_runs()?;
        // Without their indexes, looking references up one by one would take hours.
        let is_indexed = unfinished.iter().all(|run| !run.indexes_deferred);
        let references: &[Reference] = match is_indexed {
            false => &[],
            true => &REFERENCES,
        };
        for reference in references {
            let (child, column, parent, _) = reference;
            let dangling = dangling(self.engine.as_mut(), reference)?;
            let faults = match dangling {
                0 => Vec::new(),
                rows => vec![format!(
                    "{rows} rows of `{child}` name a missing row of `{parent}`"
                )],
            };
            checks.push((format!("{child}.{column} -> {parent}"), faults));
        }
        if is_indexed {
            checks.push(("ties to phone numbers".to_owned(), self.tie_faults()?));
        }
        let faults = unfinished.iter().map(UnfinishedRun::fault);
        checks.push(("unfinished runs".to_owned(), faults.collect()));
        checks.push(("run counts".to_owned(), self.count_faults()?));
        for tenant in self.tenants()? {
            let fault = self.verify_audit(tenant.id)?.fault;
            let faults = fault.iter().map(ToString::to_string).collect();
            checks.push((format!("audit trail of tenant {}", tenant.slug), faults));
        }
        Ok(CheckReport { checks })
    }

    /// Verifies a tenant's audit trail on one state of the store.
    pub(crate) fn verify_audit(&mut self, tenant: Id) -> Result<AuditVerification, StoreError> {
        let engine = self.engine.as_mut();
        engine.begin(Access::Read)?;
        let walked = audit::verify(engine, tenant, RootOf::Nothing);
        // The first error tells more than one of the rollback.
        let ended = engine.rollback();
        let walked = walked?;
        ended?;
        Ok(walked.verification)
    }

    /// Runs of any tenant that were not brought to an end.
    fn unfinished_runs(&mut self) -> Result<Vec<UnfinishedRun>, StoreError> {
        let of_tenant = self.of_tenant()?;
        let mut runs = Vec::new();
        self.engine.query(
            "SELECT r.tenant_number, t.slug, r.indexes_deferred FROM import_runs r \
             JOIN tenants t ON t.id = r.tenant_id \
             WHERE r.status IN ('running', 'interrupted') ORDER BY r.number",
            &[],
            &mut |row| {
                runs.push(UnfinishedRun {
                    name: of_tenant(row.integer(0)?, row.text(1)?),
                    indexes_deferred: row.integer(2)? != 0,
                });
                Ok(())
            },
        )?;
        Ok(runs)
    }

    /// How a run is named here: by its number, and by its tenant where there are several.
    fn of_tenant(&mut self) -> Result<impl Fn(i64, &str) -> String + use<>, StoreError> {
        let tenants = self.count("SELECT count(*) FROM tenants", &[])?;
        Ok(move |number, tenant: &str| match tenants {
            0 | 1 => format!("run {number}"),
            _ => format!("run {number} of `{tenant}`"),
        })
    }

    /// Whoever attached something to a phone number brought it or has a tie to it, not both.
    fn tie_faults(&mut self) -> Result<Vec<String>, StoreError> {
        let mut faults = Vec::new();
        if self.count("SELECT count(*) FROM tenants", &[])? > 1 {
            for (table, tenant) in ATTACHED {
                let sql = format!(
                    "SELECT count(*) FROM {table} a JOIN phone_numbers p ON p.id = a.phone_number_id \
                     WHERE p.created_by_tenant_id <> a.{tenant} AND NOT EXISTS \
                     (SELECT 1 FROM phone_number_ties t \
                      WHERE t.tenant_id = a.{tenant} AND t.phone_number_id = a.phone_number_id)"
                );
                match self.count(&sql, &[])? {
                    0 => {}
                    rows => faults.push(format!(
                        "{rows} rows of `{table}` are of tenants without a tie to the number"
                    )),
                }
            }
        }
        let sql = "SELECT count(*) FROM phone_number_ties t JOIN phone_numbers p \
                   ON p.id = t.phone_number_id WHERE p.created_by_tenant_id = t.tenant_id";
        match self.count(sql, &[])? {
            0 => {}
            rows => faults.push(format!(
                "{rows} ties are of the tenant that brought the number"
            )),
        }
        Ok(faults)
    }

    /// The four outcomes of each completed run add up, and its rejections are on record.
    fn count_faults(&mut self) -> Result<Vec<String>, StoreError> {
        let of_tenant = self.of_tenant()?;
        let mut faults = Vec::new();
        self.engine.query(
            "SELECT r.tenant_number, t.slug FROM import_runs r \
             JOIN tenants t ON t.id = r.tenant_id WHERE r.status = 'completed' AND \
             (r.rows_created + r.rows_updated + r.rows_unchanged + r.rows_rejected <> r.rows_checkpoint \
              OR r.rows_rejected <> (SELECT count(*) FROM import_issues i \
                                     WHERE i.import_run = r.number AND i.severity = 'rejected'))",
            &[],
            &mut |row| {
                let run = of_tenant(row.integer(0)?, row.text(1)?);
                faults.push(format!("the outcomes of {run} do not add up"));
                Ok(())
            },
        )?;
        Ok(faults)
    }
}

/// A run that was not brought to an end.
struct UnfinishedRun {
    name: String,
    indexes_deferred: bool,
}

impl UnfinishedRun {
    fn fault(&self) -> String {
        let name = &self.name;
        match self.indexes_deferred {
            true => format!(
                "{name} is unfinished; references can be checked when it was resumed or undone"
            ),
            false => format!("{name} is unfinished; resume or undo it"),
        }
    }
}

/// Fails when a bulk load left a reference to nothing.
pub(super) fn refuse_dangling_references(engine: &mut dyn Engine) -> Result<(), StoreError> {
    for reference in REFERENCES.iter().filter(|reference| {
        let (child, _, parent, _) = reference;
        BULK_LOADED.contains(child) && matches!(*parent, "humans" | "phone_numbers")
    }) {
        let rows = dangling(engine, reference)?;
        if rows > 0 {
            let (child, column, parent, _) = reference;
            return Err(StoreError::new(
                StoreErrorKind::Constraint,
                "finish bulk load",
                format!("{rows} rows of `{child}` name in `{column}` a missing row of `{parent}`"),
            ));
        }
    }
    Ok(())
}

/// How many rows of a child table refer to nothing.
fn dangling(engine: &mut dyn Engine, reference: &Reference) -> Result<i64, StoreError> {
    let (child, column, parent, key) = reference;
    // In order, two indexes are compared by one walk along both; only a fault needs the count.
    let sql = format!(
        "SELECT {column} FROM {child} WHERE {column} IS NOT NULL \
         EXCEPT SELECT {key} FROM {parent} ORDER BY 1 LIMIT 1"
    );
    let mut any = false;
    engine.query(&sql, &[], &mut |_| {
        any = true;
        Ok(())
    })?;
    if !any {
        return Ok(0);
    }
    let sql = format!(
        "SELECT count(*) FROM {child} c WHERE c.{column} IS NOT NULL \
         AND NOT EXISTS (SELECT 1 FROM {parent} p WHERE p.{key} = c.{column})"
    );
    count(engine, &sql, &[])
}
