//! What the examples of this crate's docs begin with: a store with the tenants `acme` and `beta`.

use super::{DncContent, DncRegistryKey, NewDncLoad, NewHuman, Shrinkage, Smrt, SmrtError};
use crate::model::{Actor, AreaCodes, Id, Instant, NumberSet, RegistryKind, Slug};
use crate::phone::E164;
use crate::store::{
    Access, BulkLoad, Dialect, Engine, ImportBatch, IndexPolicy, NewRun, NewTenant, OnConflict,
    Row, RowBlock, Run, RunCounts, RunLock, Section, Store, StoreError, Value, schema,
};

/// The instant of the examples, 2026-11-21T08:30:00Z.
#[must_use]
pub const fn now() -> Instant {
    Instant::from_micros(1_795_249_800_000_000)
}

/// A store with the tenants `acme` and `beta`.
///
/// # Errors
///
/// Those of the engine.
pub fn store() -> Result<Smrt, SmrtError> {
    let mut smrt = Smrt::in_memory()?;
    for (slug, name) in [("acme", "Acme"), ("beta", "Beta")] {
        let slug: Slug = slug
            .parse()
            .map_err(|_| SmrtError::invalid("slug", "not a slug"))?;
        let name = name.to_owned();
        smrt.add_tenant(&NewTenant { slug, name }, &Actor::unknown(), now())?;
    }
    Ok(smrt)
}

/// Adds Ada Lovewell, a human of `acme`.
///
/// # Errors
///
/// Those of the engine.
pub fn with_human(smrt: &mut Smrt) -> Result<Id, SmrtError> {
    let mut session = smrt.tenant("acme")?.acting_as(Actor::unknown());
    session.add_human(
        &NewHuman {
            first_name: Some("Ada".to_owned()),
            last_name: Some("Lovewell".to_owned()),
            ..NewHuman::default()
        },
        now(),
    )
}

/// A full list of the registry of the United States with these numbers, of the day before
/// [`now`].
///
/// # Errors
///
/// When a number is not in E.164.
pub fn dnc_list(numbers: &[&str]) -> Result<(NewDncLoad, DncContent), SmrtError> {
    let not_e164 = |_| SmrtError::invalid("phone_not_valid", "not a number in E.164");
    let numbers = numbers
        .iter()
        .map(|number| number.parse().map_err(not_e164));
    let numbers: NumberSet = numbers
        .collect::<Result<Vec<E164>, SmrtError>>()?
        .into_iter()
        .collect();
    let states = "US".parse().ok();
    let new = NewDncLoad {
        registry: DncRegistryKey::new(RegistryKind::National, states, None)?,
        base: None,
        version_date: Some(Instant::from_micros(now().as_micros() - 86_400_000_000)),
        obtained_at: None,
        area_codes: Some(AreaCodes::All),
        subscription_id: None,
        source_digest: "0".repeat(64),
        rows_read: numbers.len(),
        rows_rejected: 0,
        shrinkage: Shrinkage::Little,
    };
    Ok((new, DncContent::Full(numbers)))
}

/// A run to be started.
#[must_use]
pub fn new_run() -> NewRun {
    NewRun {
        source: "crm".to_owned(),
        file_name: "contacts.csv".to_owned(),
        file_fingerprint: "0".repeat(64),
        mapping: String::new(),
        options: "{}".to_owned(),
        started_at: now(),
    }
}

/// A store as [`store`] makes it, with a run of `acme` that is still under way: it has read a row
/// with Ada Lovewell and a phone number, and rejected a second one that names nobody.
///
/// # Errors
///
/// Those of the engine.
pub fn store_with_run() -> Result<(Smrt, Run), SmrtError> {
    let mut smrt = store()?;
    let mut session = smrt.tenant("acme")?.acting_as(Actor::unknown());
    let mut run = session.start_run(&new_run(), IndexPolicy::Keep)?;
    run.counts = RunCounts {
        rows_checkpoint: 2,
        rows_created: 1,
        rows_rejected: 1,
        phones_created: 1,
        issues: 1,
        ..RunCounts::default()
    };
    let inserts = vec![
        human(session.tenant.id, &run),
        phone_number(session.tenant.id, &run)?,
        issue(&run),
    ];
    let batch = ImportBatch {
        inserts,
        ..ImportBatch::new()
    };
    session.import_transaction(&run, now(), |transaction| {
        transaction.apply(&batch)?;
        Ok::<_, SmrtError>(transaction.checkpoint(&run.counts)?)
    })?;
    Ok((smrt, run))
}

/// The human of the run's first row.
fn human(tenant: Id, run: &Run) -> RowBlock {
    let mut rows = RowBlock::new(&schema::HUMANS);
    rows.push(Id::of_human(tenant, "crm", "1"));
    for name in [Some("Ada"), Some("Lovewell"), None, None, None, None, None] {
        rows.push(name);
    }
    push_origin(&mut rows, tenant, run);
    rows
}

/// The phone number of the same row.
fn phone_number(tenant: Id, run: &Run) -> Result<RowBlock, SmrtError> {
    let number: E164 = "+12025550143"
        .parse()
        .map_err(|_| SmrtError::invalid("phone_number", "not a phone number"))?;
    let mut rows = RowBlock::new(&schema::PHONE_NUMBERS);
    rows.push(Id::of_phone_number(number));
    rows.push(number.to_string().as_str());
    rows.push(1_i64);
    for _ in ["area_code", "is_mobile", "carrier_info"] {
        rows.push(Value::Null);
    }
    rows.push("unknown");
    rows.push(Value::Null);
    push_origin(&mut rows, tenant, run);
    Ok(rows)
}

/// The columns with which the rows of humans and phone numbers end.
fn push_origin(rows: &mut RowBlock, tenant: Id, run: &Run) {
    rows.push(now());
    rows.push(now());
    rows.push(tenant);
    rows.push("{}");
    rows.push(run.key);
    rows.push(2_i64);
}

/// What is wrong with the run's second row.
fn issue(run: &Run) -> RowBlock {
    let mut rows = RowBlock::new(&schema::IMPORT_ISSUES);
    rows.push(run.key);
    rows.push(2_i64);
    rows.push(3_i64);
    rows.push(Value::Null);
    for text in [
        "rejected",
        "row_without_identity",
        "the row names nobody",
        "",
        ",",
    ] {
        rows.push(text);
    }
    rows
}

/// An engine as a caller may bring one, with a store in it that is up to date and empty.
///
/// # Errors
///
/// Those of the engine inside.
pub fn engine() -> Result<Box<dyn Engine>, SmrtError> {
    let mut store = Store::in_memory()?;
    let dialect = store.engine().dialect();
    Ok(Box::new(CallersEngine { store, dialect }))
}

struct CallersEngine {
    store: Store,
    dialect: &'static dyn Dialect,
}

impl Engine for CallersEngine {
    fn dialect(&self) -> &'static dyn Dialect {
        self.dialect
    }

    fn begin(&mut self, access: Access) -> Result<(), StoreError> {
        self.store.engine().begin(access)
    }

    fn commit(&mut self) -> Result<(), StoreError> {
        self.store.engine().commit()
    }

    fn rollback(&mut self) -> Result<(), StoreError> {
        self.store.engine().rollback()
    }

    fn execute(&mut self, sql: &str, parameters: &[Value<'_>]) -> Result<u64, StoreError> {
        self.store.engine().execute(sql, parameters)
    }

    fn execute_script(&mut self, sql: &str) -> Result<(), StoreError> {
        self.store.engine().execute_script(sql)
    }

    fn query(
        &mut self,
        sql: &str,
        parameters: &[Value<'_>],
        each: &mut dyn FnMut(&dyn Row) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        self.store.engine().query(sql, parameters, each)
    }

    fn has_table(&mut self, name: &str) -> Result<bool, StoreError> {
        self.store.engine().has_table(name)
    }

    fn enter(&mut self, section: Section) -> Result<(), StoreError> {
        self.store.engine().enter(section)
    }

    fn bulk_write(&mut self, rows: &RowBlock, on_conflict: OnConflict) -> Result<u64, StoreError> {
        self.store.engine().bulk_write(rows, on_conflict)
    }

    fn bulk_update(&mut self, rows: &RowBlock) -> Result<u64, StoreError> {
        self.store.engine().bulk_update(rows)
    }

    fn set_bulk_load(&mut self, bulk_load: BulkLoad) -> Result<(), StoreError> {
        self.store.engine().set_bulk_load(bulk_load)
    }

    fn lock_imports(&mut self) -> Result<(), StoreError> {
        self.store.engine().lock_imports()
    }

    fn lock_run(&mut self, run: i64) -> Result<RunLock, StoreError> {
        self.store.engine().lock_run(run)
    }

    fn unlock_run(&mut self, run: i64) -> Result<(), StoreError> {
        self.store.engine().unlock_run(run)
    }

    fn clock(&mut self) -> Result<Instant, StoreError> {
        self.store.engine().clock()
    }

    fn version(&mut self) -> Result<String, StoreError> {
        self.store.engine().version()
    }

    fn size_bytes(&mut self) -> Result<u64, StoreError> {
        self.store.engine().size_bytes()
    }

    fn check_integrity(&mut self) -> Result<Vec<String>, StoreError> {
        self.store.engine().check_integrity()
    }
}
