//! Logins with too few rights: they are told in words which one is missing, and change nothing.

use crate::engine::TestEngine;
use crate::people;
use crate::postgres::store;
use crate::postgres_server::{USER, shared};
use crate::sandbox::Sandbox;

const HINT: &str =
    "hint: name a user with the right in the URL, or have the owner of the schema grant it\n";

fn with_inputs() -> Sandbox {
    let sandbox = Sandbox::on(TestEngine::Sqlite);
    people::write_mapping(&sandbox);
    sandbox.write("people.csv", people::file(3, 20));
    sandbox.write("numbers.csv", "Phone\n+12025550143\n");
    sandbox
}

#[test]
fn a_login_that_may_only_read_reads_and_is_told_of_what_it_may_not_write() {
    let database = shared().database();
    drop(store(&database));
    shared().tell("CREATE ROLE reads_only LOGIN");
    database
        .connect(USER)
        .batch_execute(
            "GRANT USAGE ON SCHEMA smrt TO reads_only; \
             GRANT SELECT ON ALL TABLES IN SCHEMA smrt TO reads_only",
        )
        .unwrap();
    let sandbox = with_inputs();
    let url = database.url_of("reads_only@");
    let digest = sandbox.told_digest(&url);
    let files = sandbox.files().len();
    let run = |line: &str| {
        let mut arguments: Vec<&str> = line.split_whitespace().collect();
        arguments.extend(["--db", &url, "--tenant", "acme", "--no-progress"]);
        sandbox.smrt(&arguments)
    };
    let found = run("find Ada").ends_with(0);
    assert!(found.stdout.contains("Ada of acme"), "{}", found.stdout);
    run("export contacts").ends_with(0);
    run("db check").ends_with(0);
    let nobody = "00000000-0000-4000-8000-000000000000";
    let missed = run(&format!("show {nobody}")).ends_with(1);
    assert!(
        missed
            .stderr
            .contains("there is no human or number with this id"),
        "{}",
        missed.stderr
    );
    for (line, table) in [
        ("human add --first-name New", "humans"),
        ("number add +12025550199", "phone_numbers"),
        (
            "import people.csv --mapping people.toml --region US --max-rejects 100%",
            "import_runs",
        ),
        (
            "scrub numbers.csv --channel call --purpose marketing --output scrubbed.csv",
            "audit_log",
        ),
        ("tenant add gamma", "tenants"),
    ] {
        let refused = run(line).refuses();
        let told = format!(
            "error: the user has no right to do this in the database: \
             permission denied for table {table}\n{HINT}"
        );
        assert!(
            refused.stderr.ends_with(&told),
            "{line}: {}",
            refused.stderr
        );
    }
    assert_eq!(sandbox.told_digest(&url), digest);
    assert_eq!(
        sandbox.files().len(),
        files,
        "a refused command left a file"
    );
}

#[test]
fn a_login_without_a_right_to_the_schema_is_told_its_name() {
    let database = shared().database();
    drop(store(&database));
    shared().tell("CREATE ROLE outside_of_schema LOGIN");
    let sandbox = with_inputs();
    let url = database.url_of("outside_of_schema@");
    for command in [
        &["find", "Ada"][..],
        &["db", "check"],
        &["human", "add", "--first-name", "New"],
        &["import", "people.csv", "--mapping", "people.toml"],
    ] {
        let refused = sandbox.smrt(&[command, &["--db", &url]].concat()).refuses();
        let told =
            format!("error: `{url}`: the user has no right to use the schema `smrt`\n{HINT}");
        assert!(refused.stderr.ends_with(&told), "{}", refused.stderr);
    }
    // One who may enter the schema and read nothing in it.
    database
        .connect(USER)
        .batch_execute("GRANT USAGE ON SCHEMA smrt TO outside_of_schema")
        .unwrap();
    let refused = sandbox.smrt(&["find", "Ada", "--db", &url]).refuses();
    let told = format!(
        "error: `{url}`: the user has no right to do this in the database: \
         permission denied for table schema_migrations\n{HINT}"
    );
    assert_eq!(refused.stderr, told);
}

#[test]
fn a_login_that_may_not_make_a_schema_is_told_so_and_makes_nothing() {
    let database = shared().database();
    shared().tell("CREATE ROLE makes_nothing LOGIN");
    let sandbox = with_inputs();
    sandbox.import("a.db", "people.csv", &[]).ends_with(0);
    let url = database.url_of("makes_nothing@");
    let told = format!(
        "error: `{url}`: the user has no right to do this in the database: \
         permission denied for database {}\n{HINT}",
        database.name()
    );
    for command in [
        &["tenant", "add", "acme", "--db", &url][..],
        &[
            "import",
            "people.csv",
            "--mapping",
            "people.toml",
            "--db",
            &url,
        ],
        &["db", "copy", "a.db", &url],
    ] {
        let refused = sandbox.smrt(command).refuses();
        assert!(refused.stderr.ends_with(&told), "{}", refused.stderr);
    }
    let missing = sandbox.smrt(&["db", "check", "--db", &url]).refuses();
    assert!(
        missing.stderr.contains("there is no store at this place"),
        "{}",
        missing.stderr
    );
}

#[test]
fn a_schema_of_another_program_is_refused_with_a_hint_for_a_server() {
    let database = shared().database();
    database
        .connect(USER)
        .batch_execute("CREATE SCHEMA smrt; CREATE TABLE smrt.theirs (id int)")
        .unwrap();
    let sandbox = with_inputs();
    let url = database.url();
    let refused = sandbox.smrt(&["db", "check", "--db", &url]).refuses();
    assert_eq!(
        refused.stderr,
        format!(
            "error: `{url}`: the schema `smrt` holds tables of another program\n\
             hint: choose another schema with `?schema=NAME`; this one was left as it is\n"
        )
    );
}
