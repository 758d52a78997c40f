//! A streaming replica of a store: what is only read works on it, what writes is told to go to the
//! primary.

use std::collections::BTreeSet;

use smrt_core::model::{AccessLevel, EntityType, Field, Id};
use smrt_core::smrt::{NewGrant, NewHuman, Smrt, SmrtError};
use smrt_core::store::{Access, StoreErrorKind, StoreLocation};

use crate::engine::TestEngine;
use crate::leak::command::{self, Case};
use crate::leak::world::{DB, When, World};
use crate::library::session;
use crate::people;
use crate::postgres::store;
use crate::postgres_server::{Database, Server};
use crate::sandbox::{Finished, Sandbox, at};

const REFUSED: &str = "the server is a replica, which cannot be written";
const HINT: &str = "hint: use the primary: name its address with `--db`";

/// What a read of an id says that is nowhere, or not for the reader.
const NOBODY: &str = "error: there is no human or number with this id";

/// Commands that are about an engine or its files, and so say something else on a server.
const OF_AN_ENGINE: [&str; 5] = [
    "db info",
    "db copy",
    "db backup",
    "db restore",
    "tenant role",
];

/// Commands that ask to write, also where nothing comes of it.
const WRITERS: [&str; 6] = [
    "number add",
    "import undo",
    "access grant",
    "access revoke",
    "share",
    "consent import",
];

/// Commands whose stdout is written as it comes.
const STREAMS: [&str; 3] = ["export", "dnc export", "consent import"];

/// A server of which there can be a replica that has what was committed.
fn primary() -> Server {
    Server::start(&["fsync=off"])
}

/// Fails unless a command was refused because the server is a replica.
#[track_caller]
fn assert_refused(finished: Finished) {
    let refused = finished.refuses();
    assert!(refused.stderr.contains(REFUSED), "{}", refused.stderr);
    assert!(refused.stderr.contains(HINT), "{}", refused.stderr);
}

/// The ids of `Ada of acme` and `Ada of beta`.
fn adas() -> [Id; 2] {
    ["acme", "beta"].map(|slug| {
        let tenant = Id::of_tenant(slug);
        Id::derived("by_key", &[tenant.as_bytes(), b"human", b"1"])
    })
}

/// Shares the human of `acme` with `beta`.
fn share(smrt: &mut Smrt) {
    let [of_acme, _] = adas();
    let grant = NewGrant {
        to: "beta".to_owned(),
        entity_type: EntityType::Human,
        record: Some(of_acme),
        field: Field::parse(EntityType::Human, "first_name").ok(),
        level: AccessLevel::Read,
        expires_at: None,
    };
    session(smrt, "acme").grant(&[grant], at()).unwrap();
}

/// A sandbox with the input files of the commands here.
fn with_inputs() -> Sandbox {
    let sandbox = Sandbox::on(TestEngine::Sqlite);
    people::write_mapping(&sandbox);
    sandbox.write("people.csv", people::file(3, 40));
    sandbox.write("numbers.csv", "Phone\n+12025550143\n");
    sandbox
}

/// Runs a command line of words on a store for a tenant.
fn run(sandbox: &Sandbox, url: &str, tenant: &str, line: &str) -> Finished {
    let mut arguments: Vec<&str> = line.split_whitespace().collect();
    arguments.extend(["--db", url, "--tenant", tenant, "--actor", "tester"]);
    arguments.push("--no-progress");
    sandbox.smrt(&arguments)
}

#[test]
fn what_is_only_read_is_answered_by_a_replica_as_by_the_primary() {
    let primary = primary();
    let database = primary.database();
    drop(store(&database));
    let replica = primary.replica();
    let mirror = database.on(&replica);
    let sandbox = with_inputs();
    let [of_acme, of_beta] = adas();
    let unknown = Id::derived("nothing", &[]);
    for (line, exit) in [
        ("find Ada", 0),
        (&format!("show {of_acme}") as &str, 0),
        ("show +12025550143", 0),
        // Neither what is another tenant's nor what is nowhere is there, and both in the same words.
        (&format!("show {of_beta}"), 1),
        (&format!("show {unknown}"), 1),
        (
            "check +12025550143 --channel call --purpose marketing --line mobile",
            1,
        ),
        ("export contacts", 0),
        ("human list", 0),
        ("number list", 0),
        ("consent status +12025550143 --type marketing_sms", 1),
        ("runs list", 0),
        ("audit list", 0),
        ("audit verify", 0),
        ("access list", 0),
        ("dnc list", 0),
        ("tenant list", 0),
        ("db digest", 0),
        ("db check", 0),
        ("db migrate", 0),
        (
            "import people.csv --mapping people.toml --region US --max-rejects 100% --dry-run",
            0,
        ),
    ] {
        let told = run(&sandbox, &mirror.url(), "acme", line).ends_with(exit);
        primary.wait_for(&replica);
        let want = run(&sandbox, &database.url(), "acme", line).ends_with(exit);
        let named = |text: &str, url: &str| text.replace(url, "the store");
        assert_eq!(
            named(&told.stdout, &mirror.url()),
            named(&want.stdout, &database.url()),
            "{line}"
        );
        assert_eq!(
            named(&told.stderr, &mirror.url()),
            named(&want.stderr, &database.url()),
            "{line}"
        );
        primary.wait_for(&replica);
    }
    // A store can be taken out of a replica, and says the same.
    sandbox
        .smrt(&["db", "backup", "kept.db", "--db", &mirror.url()])
        .ends_with(0);
    assert_eq!(
        sandbox.told_digest("kept.db"),
        sandbox.told_digest(&database.url())
    );
}

#[test]
fn what_has_to_write_is_refused_by_a_replica_in_words() {
    let primary = primary();
    let database = primary.database();
    share(&mut store(&database));
    let replica = primary.replica();
    primary.wait_for(&replica);
    let url = database.on(&replica).url();
    let sandbox = with_inputs();
    let digest = sandbox.told_digest(&url);
    let before = sandbox.files().len();
    let [of_acme, of_beta] = adas();
    for line in [
        "import people.csv --mapping people.toml --region US --max-rejects 100%",
        "import undo 1",
        "human add --first-name New",
        &format!("human edit {of_acme} --first-name New"),
        "number add +12025550199",
        &format!("link {of_acme} +12025550199"),
        "consent grant +12025550143 --type marketing_sms",
        "interaction add +12025550143 --kind purchase",
        "scrub numbers.csv --channel call --purpose marketing --output scrubbed.csv",
        "dnc add +12025550143",
        &format!("access grant human {of_acme} --to beta --level read"),
        "tenant add gamma",
        "tenant set beta --name Beta",
        "tenant role acme reader_on_replica",
    ] {
        // What a command says before is not judged here, but that it comes to the words.
        match line {
            // There is no such run, which reading tells.
            "import undo 1" => drop(run(&sandbox, &url, "acme", line).refuses()),
            _ => assert_refused(run(&sandbox, &url, "acme", line)),
        }
    }
    // A store that is not there cannot be made either.
    let elsewhere = format!("{url}?schema=elsewhere");
    assert_refused(run(&sandbox, &elsewhere, "acme", "tenant add acme"));
    assert_refused(sandbox.smrt(&["db", "copy", &url, &elsewhere]));
    // A read of another tenant's record is put down, and so is refused; the reader's own are not.
    let shared = format!("show {of_acme}");
    assert_refused(run(&sandbox, &url, "beta", &shared));
    let export = "export contacts --output shared.csv";
    assert_refused(run(&sandbox, &url, "beta", export));
    let own = run(&sandbox, &url, "beta", &format!("show {of_beta}")).ends_with(0);
    assert!(own.stdout.contains("Ada of beta"), "{}", own.stdout);
    let unknown = Id::derived("nothing", &[]);
    let missed = run(&sandbox, &url, "beta", &format!("show {unknown}")).ends_with(1);
    assert!(missed.stderr.contains(NOBODY), "{}", missed.stderr);
    assert_eq!(sandbox.told_digest(&url), digest);
    assert_eq!(
        sandbox.files().len(),
        before,
        "a refused command left a file"
    );
    let shown = run(&sandbox, &database.url(), "beta", &shared).ends_with(0);
    assert!(shown.stdout.contains("Ada of acme"), "{}", shown.stdout);
}

#[test]
fn the_library_says_of_a_replica_that_it_is_read_only() {
    let primary = primary();
    let database = primary.database();
    share(&mut store(&database));
    let replica = primary.replica();
    primary.wait_for(&replica);
    let [of_acme, of_beta] = adas();
    for access in [Access::Write, Access::Read] {
        let location: StoreLocation = database.on(&replica).url().parse().unwrap();
        let mut smrt = Smrt::open_at(location, access, at()).unwrap();
        let mut beta = session(&mut smrt, "beta");
        let new = NewHuman {
            first_name: Some("New".to_owned()),
            ..NewHuman::default()
        };
        beta.human(of_beta, at()).unwrap();
        let refusals = [
            beta.human(of_acme, at()).unwrap_err(),
            beta.add_human(&new, at()).unwrap_err(),
        ];
        for refused in refusals {
            assert!(!refused.may_retry());
            match refused {
                SmrtError::Store(refused) => {
                    assert_eq!(refused.kind(), StoreErrorKind::ReadOnly, "{refused}");
                }
                other => panic!("it was refused otherwise: {other}"),
            }
        }
    }
}

/// How many entries the trails of a file have: nothing is written without one.
fn entries(sandbox: &Sandbox, db: &str) -> String {
    sandbox
        .ask(db, "SELECT count(*) FROM audit_log")
        .concat()
        .concat()
}

/// Runs a case for a tenant, and takes away what files it made.
fn outcome(world: &World, case: &Case, db: &str, tenant: &str) -> Finished {
    let names = || -> BTreeSet<_> {
        let entries = std::fs::read_dir(world.sandbox.folder()).unwrap();
        entries.map(|entry| entry.unwrap().path()).collect()
    };
    let before = names();
    let mut finished = command::run(world, &case.line(db, tenant, "json", When::Live));
    for made in names().difference(&before) {
        if !made.to_string_lossy().contains("beside.db") {
            std::fs::remove_file(made).unwrap();
        }
    }
    finished.stdout = finished.stdout.replace(db, DB);
    finished.stderr = finished.stderr.replace(db, DB);
    finished
}

/// Every command on a replica, beside the same command on a file that can be written: where that
/// one changes nothing the answers are the same, and where it does, or might, the replica refuses.
#[test]
fn every_command_is_answered_by_a_replica_or_refused_for_what_it_writes() {
    let world = World::new();
    command::write_inputs(&world);
    let key = Case::new("audit key", "example.com/audit --output key.private");
    command::run(&world, &key.line(DB, "acme", "json", When::Live)).ends_with(0);
    let primary = primary();
    let database = primary.database();
    world
        .sandbox
        .smrt(&["db", "copy", DB, &database.url()])
        .ends_with(0);
    let replica = primary.replica();
    primary.wait_for(&replica);
    let url = database.on(&replica).url();
    let (mut answered, mut refused) = (0, 0);
    let mut wrong = Vec::new();
    for tenant in ["acme", "beta"] {
        for case in command::cases(&world) {
            if OF_AN_ENGINE.contains(&case.command) {
                continue;
            }
            let told = outcome(&world, &case, &url, tenant);
            world.sandbox.remove_store("beside.db");
            world.copy("beside.db");
            let before = entries(&world.sandbox, "beside.db");
            let want = outcome(&world, &case, "beside.db", tenant);
            let writes = entries(&world.sandbox, "beside.db") != before;
            let same =
                (told.exit, &told.stdout, &told.stderr) == (want.exit, &want.stdout, &want.stderr);
            let is_refused = told.exit == Some(2)
                && (told.stdout.is_empty() || STREAMS.contains(&case.command))
                && told.stderr.contains("store_read_only");
            match (same, is_refused) {
                (true, _) if !writes || want.exit != Some(0) => answered += 1,
                (false, true) if writes || WRITERS.contains(&case.command) => refused += 1,
                _ => wrong.push(format!(
                    "{tenant}: {} {}\nreplica {:?}: {}{}\nfile {:?}: {}{}",
                    case.command,
                    case.arguments.join(" "),
                    told.exit,
                    told.stdout,
                    told.stderr,
                    want.exit,
                    want.stdout,
                    want.stderr
                )),
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    assert!(answered > 100 && refused > 50, "{answered}, {refused}");
}

/// A replica that is used as such by a program that opens it for each command.
#[test]
fn a_replica_shows_what_the_primary_wrote_since() {
    let primary = primary();
    let database = primary.database();
    drop(store(&database));
    let replica = primary.replica();
    let mirror: Database<'_> = database.on(&replica);
    let sandbox = with_inputs();
    let import = "import people.csv --mapping people.toml --region US --max-rejects 100%";
    run(&sandbox, &database.url(), "acme", import).ends_with(0);
    primary.wait_for(&replica);
    assert_eq!(
        sandbox.told_digest(&mirror.url()),
        sandbox.told_digest(&database.url())
    );
    run(&sandbox, &mirror.url(), "acme", "db check").ends_with(0);
}
