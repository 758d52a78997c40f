//! Imports through the library, where starting the program would only cost time.

use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::AtomicBool;

use smrt_core::model::{Actor, Instant};
use smrt_core::smrt::{Smrt, TenantSession};
use smrt_core::store::NewTenant;
use smrt_etl::import::{ImportError, ImportOptions, ImportReport, Target, Watch, import};
use smrt_etl::mapping::Mapping;
use smrt_etl::plan::ConflictPolicy;
use smrt_etl::source::{Input, Source, SourceOptions};

use crate::sandbox::{EXPORTED_AT, Sandbox, at};

/// A new store with the tenant `acme`.
pub(crate) fn new_store(sandbox: &Sandbox, db: &str) -> Smrt {
    let mut smrt = Smrt::create_at(sandbox.location(db), at()).unwrap();
    add_tenant(&mut smrt, "acme");
    smrt
}

pub(crate) fn add_tenant(smrt: &mut Smrt, slug: &str) {
    let tenant = NewTenant {
        slug: slug.parse().unwrap(),
        name: slug.to_owned(),
    };
    smrt.add_tenant(&tenant, &Actor::unknown(), at()).unwrap();
}

/// A session of a tenant.
pub(crate) fn session<'s>(smrt: &'s mut Smrt, tenant: &str) -> TenantSession<'s> {
    smrt.tenant(tenant).unwrap().acting_as(Actor::unknown())
}

/// Imports a text for a tenant.
pub(crate) fn import_text(
    smrt: &mut Smrt,
    tenant: &str,
    mapping: &str,
    text: &str,
    policy: ConflictPolicy,
) -> ImportReport {
    let mut session = session(smrt, tenant);
    try_import(Target::Session(&mut session), mapping, text, policy).unwrap()
}

/// Plans the import of a text against what a tenant has.
pub(crate) fn plan_text(
    sandbox: &Sandbox,
    smrt: &mut Smrt,
    tenant: &str,
    mapping: &str,
    text: &str,
    policy: ConflictPolicy,
) -> ImportReport {
    let path = sandbox.path("scratch.db");
    let mut scratch = Smrt::scratch_file(&path, at()).unwrap();
    let mut base = session(smrt, tenant);
    let mut trial = base.in_scratch(&mut scratch).unwrap();
    let target = Target::DryRun {
        base: Some(&mut base),
        scratch: &mut trial,
    };
    let report = try_import(target, mapping, text, policy).unwrap();
    drop(scratch);
    std::fs::remove_file(path).unwrap();
    report
}

/// Imports a text to where it is told, or says why not.
pub(crate) fn try_import(
    target: Target<'_, '_, '_>,
    mapping: &str,
    text: &str,
    policy: ConflictPolicy,
) -> Result<ImportReport, ImportError> {
    try_import_at(target, mapping, text, policy, at())
}

/// The same, at an instant.
pub(crate) fn try_import_at(
    target: Target<'_, '_, '_>,
    mapping: &str,
    text: &str,
    policy: ConflictPolicy,
    at: Instant,
) -> Result<ImportReport, ImportError> {
    let stop = AtomicBool::new(false);
    let mut watch = Watch {
        progress: &mut |_| (),
        stop: &stop,
        now: &|| at,
    };
    watched_import(target, mapping, text, policy, &mut watch)
}

/// Begins to import a text, and dies after the first transaction: nothing more is said to the
/// store, as when the program is killed at that point.
pub(crate) fn import_and_die(smrt: &mut Smrt, tenant: &str, text: &str) {
    struct Death;
    let mut session = session(smrt, tenant);
    // To be stopped, an import ends its transaction after the rows at hand.
    let stop = AtomicBool::new(true);
    let mut watch = Watch {
        progress: &mut |_| resume_unwind(Box::new(Death)),
        stop: &stop,
        now: &at,
    };
    let target = Target::Session(&mut session);
    let died = catch_unwind(AssertUnwindSafe(|| {
        let policy = ConflictPolicy::Update;
        watched_import(target, crate::people::MAPPING, text, policy, &mut watch)
    }));
    assert!(died.is_err_and(|cause| cause.is::<Death>()));
}

fn watched_import(
    target: Target<'_, '_, '_>,
    mapping: &str,
    text: &str,
    policy: ConflictPolicy,
    watch: &mut Watch<'_>,
) -> Result<ImportReport, ImportError> {
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
    let at = (watch.now)();
    import(target, source, &mapping, &options, at, watch)
}
