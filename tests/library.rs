//! Imports through the library, where starting the program would only cost time.

use std::io::Cursor;
use std::sync::atomic::AtomicBool;

use smrt_core::model::{Actor, Id};
use smrt_core::store::{NewTenant, Store};
use smrt_etl::import::{ImportOptions, ImportReport, Target, Watch, import};
use smrt_etl::mapping::Mapping;
use smrt_etl::plan::ConflictPolicy;
use smrt_etl::source::{Input, Source, SourceOptions};

use crate::sandbox::{EXPORTED_AT, Sandbox, at};

/// A new store with the tenant `acme`.
pub(crate) fn new_store(sandbox: &Sandbox, db: &str) -> (Store, Id) {
    let mut store = Store::create(&sandbox.path(db), at()).unwrap();
    let tenant = add_tenant(&mut store);
    (store, tenant)
}

fn add_tenant(store: &mut Store) -> Id {
    let tenant = NewTenant {
        slug: "acme".parse().unwrap(),
        name: "Acme".to_owned(),
    };
    store
        .add_tenant(&tenant, &Actor::unknown(), at())
        .unwrap()
        .id
}

/// Imports a text into a store.
pub(crate) fn import_text(
    store: &mut Store,
    tenant: Id,
    mapping: &str,
    text: &str,
    policy: ConflictPolicy,
) -> ImportReport {
    run(Target::Store(store), tenant, mapping, text, policy)
}

/// Plans the import of a text against a store.
pub(crate) fn plan_text(
    sandbox: &Sandbox,
    base: &mut Store,
    tenant: Id,
    mapping: &str,
    text: &str,
    policy: ConflictPolicy,
) -> ImportReport {
    let path = sandbox.path("scratch.db");
    let mut scratch = Store::scratch(&path, at()).unwrap();
    let target = Target::DryRun {
        base: Some(base),
        scratch: &mut scratch,
    };
    let report = run(target, tenant, mapping, text, policy);
    drop(scratch);
    std::fs::remove_file(path).unwrap();
    report
}

fn run(
    target: Target<'_>,
    tenant: Id,
    mapping: &str,
    text: &str,
    policy: ConflictPolicy,
) -> ImportReport {
    let input = Input::Reader {
        name: "text".to_owned(),
        reader: Box::new(Cursor::new(text.to_owned().into_bytes())),
    };
    let source = Source::open(input, &SourceOptions::default()).unwrap();
    let mapping = Mapping::parse("people.toml", mapping).unwrap();
    let options = ImportOptions {
        file_name: "people.csv".to_owned(),
        on_conflict: policy,
        default_region: Some("US".parse().unwrap()),
        exported_at: Some(EXPORTED_AT.parse().unwrap()),
        max_rejects: None,
    };
    let stop = AtomicBool::new(false);
    let mut progress = |_| ();
    let mut watch = Watch {
        progress: &mut progress,
        stop: &stop,
        now: &at,
    };
    import(target, tenant, source, &mapping, &options, at(), &mut watch).unwrap()
}
