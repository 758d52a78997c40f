//! A store on Postgres whose large tables are partitioned, by the statements of `docs/scaling.md`.

use crate::engine::TestEngine;
use crate::people;
use crate::postgres_server::{Database, shared, texts};
use crate::sandbox::Sandbox;

const TENANTS: [&str; 3] = ["acme", "beta", "gamma"];

/// The statements of the guide, one text a block, with bounds that a small store passes.
fn statements() -> Vec<String> {
    let guide = crate::binary::repository().join("docs/scaling.md");
    let guide = std::fs::read_to_string(guide).unwrap();
    let blocks = guide.split("```sql\n").skip(1);
    let blocks: Vec<String> = blocks
        .map(|block| block.split("```").next().unwrap().to_owned())
        .collect();
    let bounds = [("TO (10000000)", "TO (20)"), ("TO (1000)", "TO (3)")];
    for (told, _) in bounds {
        assert!(blocks.concat().contains(told), "{told}");
    }
    let with_bounds = |block: String| {
        let replaced = bounds.iter();
        replaced.fold(block, |block, (told, small)| block.replace(told, small))
    };
    blocks.into_iter().map(with_bounds).collect()
}

/// Imports a file for each tenant: their people share numbers.
fn import(sandbox: &Sandbox, db: &str, file: &str) {
    for tenant in TENANTS {
        sandbox.import(db, file, &["--tenant", tenant]).ends_with(0);
    }
}

/// Fails unless a store says what the one on SQLite says, and is sound.
#[track_caller]
fn assert_same(sandbox: &Sandbox, url: &str) {
    assert_eq!(sandbox.told_digest(url), sandbox.told_digest("a.db"));
    sandbox.smrt(&["db", "check", "--db", url]).ends_with(0);
    for tenant in TENANTS {
        sandbox
            .smrt(&["audit", "verify", "--db", url, "--tenant", tenant])
            .ends_with(0);
    }
}

/// The parts of partitioned tables, with the rows in each.
fn parts(database: &Database<'_>) -> Vec<(String, i64)> {
    let mut client = database.superuser();
    let parts = "SELECT c.relname FROM pg_class c WHERE c.relispartition AND c.relkind = 'r' \
                 AND c.relnamespace = 'smrt'::regnamespace ORDER BY 1";
    let parts = texts(&mut client, parts).unwrap().concat();
    let rows = |part: String| {
        let rows = texts(&mut client, &format!("SELECT count(*) FROM smrt.{part}")).unwrap();
        (part, rows[0][0].parse().unwrap())
    };
    parts.into_iter().map(rows).collect()
}

#[test]
fn a_store_partitioned_as_the_guide_says_does_what_any_other_does() {
    let sandbox = Sandbox::on(TestEngine::Sqlite);
    people::write_mapping(&sandbox);
    sandbox.write("people.csv", people::file(1, 300));
    sandbox.write("later.csv", people::file(2, 300));
    let database = shared().database();
    let url = database.url();
    for db in ["a.db", &url] {
        for tenant in TENANTS {
            sandbox
                .smrt(&["tenant", "add", tenant, "--db", db])
                .ends_with(0);
        }
        import(&sandbox, db, "people.csv");
    }
    let columns = "SELECT table_name, column_name, data_type, is_nullable, collation_name \
                   FROM information_schema.columns WHERE table_schema = 'smrt' \
                   AND table_name IN (SELECT relname FROM pg_class WHERE NOT relispartition) \
                   ORDER BY table_name, ordinal_position";
    let before = texts(&mut database.superuser(), columns).unwrap();
    let blocks = statements();
    assert_eq!(blocks.len(), 2);
    for statements in &blocks {
        let mut owner = database.connect(crate::postgres_server::USER);
        owner.batch_execute(statements).unwrap();
        assert_same(&sandbox, &url);
    }
    assert_eq!(texts(&mut database.superuser(), columns).unwrap(), before);

    for db in ["a.db", &url] {
        import(&sandbox, db, "later.csv");
    }
    assert_same(&sandbox, &url);
    let parts = parts(&database);
    assert_eq!(parts.len(), 8, "{parts:?}");
    let empty: Vec<_> = parts.iter().filter(|(_, rows)| *rows == 0).collect();
    assert!(empty.is_empty(), "nothing went to {empty:?}");
    // The readable views show what is in the parts.
    for table in [
        "audit_log",
        "record_changes",
        "import_issues",
        "phone_numbers",
    ] {
        let sql =
            format!("SELECT (SELECT count(*) FROM smrt.v_{table}) = count(*) FROM smrt.{table}");
        assert_eq!(
            texts(&mut database.superuser(), &sql).unwrap(),
            [["t"]],
            "{table}"
        );
    }

    sandbox.smrt(&["db", "copy", &url, "b.db"]).ends_with(0);
    assert_eq!(sandbox.told_digest("b.db"), sandbox.told_digest("a.db"));
    for tenant in TENANTS {
        for db in ["a.db", &url] {
            sandbox
                .smrt(&["import", "undo", "2", "--db", db, "--tenant", tenant])
                .ends_with(0);
        }
    }
    assert_same(&sandbox, &url);
}

#[test]
fn a_tenants_role_reads_its_rows_in_the_parts_once_it_is_made_again() {
    let sandbox = Sandbox::on(TestEngine::Sqlite);
    people::write_mapping(&sandbox);
    sandbox.write("people.csv", people::file(1, 60));
    let database = shared().database();
    let url = database.url();
    for tenant in TENANTS {
        sandbox
            .smrt(&["tenant", "add", tenant, "--db", &url])
            .ends_with(0);
    }
    import(&sandbox, &url, "people.csv");
    let role = ["tenant", "role", "acme", "parts_of_acme", "--db", &url];
    sandbox.smrt(&role).ends_with(0);
    for statements in statements() {
        let mut owner = database.connect(crate::postgres_server::USER);
        owner.batch_execute(&statements).unwrap();
    }
    let mut superuser = database.superuser();
    superuser
        .batch_execute("ALTER ROLE parts_of_acme LOGIN")
        .unwrap();
    let mut reader = database.connect("parts_of_acme");
    let entries = "SELECT DISTINCT tenant_id FROM smrt.audit_log";
    let refused = reader.batch_execute(entries).unwrap_err();
    assert_eq!(refused.code().unwrap().code(), "42501");
    sandbox.smrt(&role).ends_with(0);
    let acme = smrt_core::model::Id::of_tenant("acme").to_string();
    assert_eq!(texts(&mut reader, entries).unwrap(), [[acme]]);
    for part in parts(&database) {
        let refused = reader.batch_execute(&format!("SELECT * FROM smrt.{}", part.0));
        assert_eq!(refused.unwrap_err().code().unwrap().code(), "42501");
    }
}
