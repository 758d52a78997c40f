//! A dry run tells what the real run will do, and leaves no trace.

use serde_json::Value as Json;
use smrt_core::store::Access;
use smrt_etl::plan::ConflictPolicy;

use crate::engine::TestEngine;
use crate::library::{import_text, new_store, plan_text};
use crate::people;
use crate::sandbox::Sandbox;

const POLICIES: [ConflictPolicy; 3] = [
    ConflictPolicy::Update,
    ConflictPolicy::Fill,
    ConflictPolicy::Skip,
];

#[test]
fn a_dry_run_counts_what_the_real_run_then_does() {
    for policy in POLICIES {
        for filled in [false, true] {
            let sandbox = Sandbox::new();
            let mut store = new_store(&sandbox, "a.db");
            if filled {
                let earlier = people::file(5, 2_000);
                import_text(&mut store, "acme", people::MAPPING, &earlier, policy);
            }
            let text = people::file(6, 6_000);
            let digest = store.digest().unwrap();
            let planned = plan_text(&sandbox, &mut store, "acme", people::MAPPING, &text, policy);
            assert_eq!(store.digest().unwrap(), digest);
            let done = import_text(&mut store, "acme", people::MAPPING, &text, policy);
            assert!(planned.dry_run && !done.dry_run);
            assert_eq!(planned.counts, done.counts, "{policy:?}, filled: {filled}");
            assert_eq!(planned.changed_fields, done.changed_fields);
            assert_eq!(planned.issues, done.issues);
        }
    }
}

#[test]
fn a_dry_run_leaves_every_file_as_it_was() {
    let sandbox = Sandbox::new();
    people::write_mapping(&sandbox);
    sandbox.write("a.csv", people::file(5, 1_000));
    sandbox.write("b.csv", people::file(6, 2_000));
    let before = sandbox.files();
    sandbox.import("a.db", "b.csv", &["--dry-run"]).ends_with(0);
    assert!(
        sandbox.files() == before,
        "a dry run without a store left files"
    );
    sandbox.import("a.db", "a.csv", &[]).ends_with(0);
    let before = sandbox.files();
    for policy in ["update", "fill", "skip"] {
        let dry = ["--dry-run", "--on-conflict", policy];
        sandbox.import("a.db", "b.csv", &dry).ends_with(0);
        let names = |files: &[(std::path::PathBuf, Vec<u8>)]| -> Vec<_> {
            files.iter().map(|(path, _)| path.clone()).collect()
        };
        let after = sandbox.files();
        assert_eq!(names(&after), names(&before), "{policy}");
        assert!(after == before, "a dry run changed a file under {policy}");
    }
    let temporary = std::fs::read_dir(sandbox.path("tmp")).unwrap().count();
    assert_eq!(temporary, 0, "a dry run left temporary files");
}

#[test]
fn a_dry_run_beside_a_running_writer_sees_what_is_committed() {
    let sandbox = Sandbox::new();
    people::write_mapping(&sandbox);
    sandbox.write("a.csv", people::file(5, 1_000));
    sandbox.import("a.db", "a.csv", &[]).ends_with(0);
    let place = TestEngine::chosen().place(&sandbox, "a.db");
    let mut writer = place.connect(Access::Write).unwrap();
    writer.begin(Access::Write).unwrap();
    let change = "UPDATE humans SET first_name = 'Changed'";
    assert!(writer.execute(change, &[]).unwrap() > 100);
    let dry = sandbox.import("a.db", "a.csv", &["--dry-run", "--format", "json"]);
    let report: Json = serde_json::from_str(&dry.ends_with(0).stdout).unwrap();
    assert_eq!(
        (&report["rows"]["updated"], &report["rows"]["created"]),
        (&0.into(), &0.into()),
        "{report:#}"
    );
    writer.rollback().unwrap();
}
