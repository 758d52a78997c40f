//! The engine contract, and what of SQLite's catalogue the contract cannot see.

use std::collections::BTreeSet;

use smrt_core::store::contract::CASES;
use smrt_core::store::schema::{Build, INDEXES, Index, TABLES, Uniqueness};

use crate::engine::TestEngine;
use crate::sandbox::{Sandbox, at, causes};

#[test]
fn every_engine_keeps_the_contract() {
    let mut broken = Vec::new();
    for engine in TestEngine::ALL {
        for case in CASES {
            let sandbox = Sandbox::on(engine);
            if let Err(error) = case.run(engine.place(&sandbox, "contract.db").as_ref()) {
                broken.push(format!(
                    "{}: {}: {}",
                    engine.name(),
                    case.name,
                    causes(&error)
                ));
            }
        }
    }
    assert!(broken.is_empty(), "broken promises:\n{}", broken.join("\n"));
}

#[test]
fn names_of_contract_cases_are_unique() {
    let names: BTreeSet<&str> = CASES.iter().map(|case| case.name).collect();
    assert_eq!(names.len(), CASES.len());
}

#[test]
fn the_catalogue_of_a_new_file_is_the_schema() {
    let sandbox = Sandbox::on(TestEngine::Sqlite);
    drop(smrt_core::smrt::Smrt::create_at(sandbox.path("new.db"), at()).unwrap());
    let names = |kind: &str| -> BTreeSet<String> {
        let sql = format!(
            "SELECT name FROM sqlite_master WHERE type = '{kind}' AND name NOT LIKE 'sqlite_%'"
        );
        sandbox.ask("new.db", &sql).into_iter().flatten().collect()
    };
    let tables: BTreeSet<String> = TABLES.iter().map(|table| table.name.to_owned()).collect();
    assert_eq!(names("table"), tables);
    let views = TABLES.iter().map(|table| format!("v_{}", table.name));
    assert_eq!(names("view"), views.collect());
    let tells_tenants_apart = |index: &&Index| index.build == Build::WhenShared;
    let alone = INDEXES.iter().filter(|index| !tells_tenants_apart(index));
    let alone: BTreeSet<String> = alone.map(|index| index.name.to_owned()).collect();
    let add = |slug: &str| {
        sandbox
            .smrt(&["tenant", "add", slug, "--db", "new.db"])
            .ends_with(0)
    };
    add("acme");
    assert_eq!(
        names("index"),
        alone,
        "one tenant needs no index that tells tenants apart"
    );
    add("beta");
    let indexes = INDEXES.iter().map(|index| index.name.to_owned());
    assert_eq!(names("index"), indexes.collect());
    for index in &INDEXES {
        let sql = format!(
            "SELECT group_concat(name, ' ') FROM (SELECT name FROM pragma_index_info('{}') ORDER BY seqno)",
            index.name
        );
        assert_eq!(sandbox.ask("new.db", &sql), [[index.columns.join(" ")]]);
        let sql = format!(
            "SELECT \"unique\" FROM pragma_index_list('{}') WHERE name = '{}'",
            index.table, index.name
        );
        let unique = i32::from(index.uniqueness == Uniqueness::Unique).to_string();
        assert_eq!(sandbox.ask("new.db", &sql), [[unique]], "{}", index.name);
    }
    assert_eq!(sandbox.ask("new.db", "PRAGMA journal_mode"), [["wal"]]);
}
