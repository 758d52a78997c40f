//! `smrt db check`: the engine's own integrity check, references, and the rules between tables.

use super::audit::{self, AuditVerification, RootOf};
use super::engine::{Access, Engine};
use super::error::{StoreError, StoreErrorKind};
use super::runs::Run;
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

const REFERENCES: [Reference; 22] = [
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
    ("import_runs", "tenant_id", "tenants", "id"),
    ("audit_log", "tenant_id", "tenants", "id"),
    ("audit_heads", "tenant_id", "tenants", "id"),
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
    pub fn check(&mut self) -> Result<CheckReport, StoreError> {
        let mut checks = vec![("integrity".to_owned(), self.engine.check_integrity()?)];
        let unfinished = self.unfinished_run()?;
        // Without their indexes, looking references up one by one would take hours.
        let references: &[Reference] = match &unfinished {
            Some(run) if run.indexes_deferred => &[],
            _ => &REFERENCES,
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
        let faults = unfinished.map(|run| unfinished_fault(&run));
        checks.push(("unfinished runs".to_owned(), faults.into_iter().collect()));
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

    /// The four outcomes of each completed run add up, and its rejections are on record.
    fn count_faults(&mut self) -> Result<Vec<String>, StoreError> {
        let mut faults = Vec::new();
        self.engine.query(
            "SELECT r.number FROM import_runs r WHERE r.status = 'completed' AND \
             (r.rows_created + r.rows_updated + r.rows_unchanged + r.rows_rejected <> r.rows_checkpoint \
              OR r.rows_rejected <> (SELECT count(*) FROM import_issues i \
                                     WHERE i.import_run = r.number AND i.severity = 'rejected'))",
            &[],
            &mut |row| {
                faults.push(format!("the outcomes of run {} do not add up", row.integer(0)?));
                Ok(())
            },
        )?;
        Ok(faults)
    }
}

fn unfinished_fault(run: &Run) -> String {
    let number = run.number;
    match run.indexes_deferred {
        true => format!(
            "run {number} is unfinished; references can be checked when it was resumed or undone"
        ),
        false => format!("run {number} is unfinished; resume or undo it"),
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
