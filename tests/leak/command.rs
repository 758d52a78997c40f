//! Every command in every format, by each tenant: no canary shows that its reader may not see.

use std::collections::BTreeSet;
use std::path::Path;

use smrt_core::model::Id;

use super::canary::HUMANS;
use super::world::{DB, LISTED, TENANTS, When, World};
use crate::columnar;
use crate::engine::TestEngine;
use crate::people;
use crate::sandbox::Finished;

const FORMATS: [&str; 4] = ["table", "json", "jsonl", "csv"];

/// Who looks, when, and in which formats. What is written of an answer does not depend on the
/// engine, so that one format, at the time when most is shared, is enough beside SQLite.
fn views() -> (
    &'static [&'static str],
    &'static [When],
    &'static [&'static str],
) {
    match TestEngine::chosen() {
        TestEngine::Sqlite => (&TENANTS, &When::ALL, &FORMATS),
        TestEngine::DuckDb | TestEngine::Postgres => (&["beta", "gamma"], &[When::Live], &["json"]),
    }
}

/// For whom a command is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Audience {
    /// Who acts for a tenant; it sees what the tenant may see.
    Tenant,
    /// Who runs the store: it covers all tenants, and shows no contact data.
    Operator,
    /// Anybody: it opens no store.
    Anybody,
    /// Nobody: it has commands of its own, and does nothing itself.
    Group,
}

/// All commands of the program; one that is missing here fails the test.
const COMMANDS: &[(&str, Audience)] = &[
    ("", Audience::Group),
    ("import", Audience::Tenant),
    ("import undo", Audience::Tenant),
    ("scrub", Audience::Tenant),
    ("export", Audience::Tenant),
    ("find", Audience::Tenant),
    ("show", Audience::Tenant),
    ("human", Audience::Group),
    ("human add", Audience::Tenant),
    ("human edit", Audience::Tenant),
    ("human list", Audience::Tenant),
    ("number", Audience::Group),
    ("number add", Audience::Tenant),
    ("number list", Audience::Tenant),
    ("dnc", Audience::Group),
    ("dnc load", Audience::Tenant),
    ("dnc list", Audience::Tenant),
    ("dnc versions", Audience::Tenant),
    ("dnc check", Audience::Tenant),
    ("dnc add", Audience::Tenant),
    ("dnc remove", Audience::Tenant),
    ("dnc sync", Audience::Tenant),
    ("dnc export", Audience::Tenant),
    ("link", Audience::Tenant),
    ("unlink", Audience::Tenant),
    ("consent", Audience::Group),
    ("consent grant", Audience::Tenant),
    ("consent revoke", Audience::Tenant),
    ("consent status", Audience::Tenant),
    ("consent history", Audience::Tenant),
    ("consent import", Audience::Tenant),
    ("consent export", Audience::Tenant),
    ("consent receipt", Audience::Tenant),
    ("consent reply", Audience::Tenant),
    ("check", Audience::Tenant),
    ("interaction", Audience::Group),
    ("interaction add", Audience::Tenant),
    ("interaction list", Audience::Tenant),
    ("mapping", Audience::Group),
    ("mapping guess", Audience::Anybody),
    ("mapping check", Audience::Anybody),
    ("mapping list", Audience::Anybody),
    ("mapping show", Audience::Anybody),
    ("access", Audience::Group),
    ("access grant", Audience::Tenant),
    ("access revoke", Audience::Tenant),
    ("access list", Audience::Tenant),
    ("access explain", Audience::Tenant),
    ("share", Audience::Tenant),
    ("rules", Audience::Group),
    ("rules list", Audience::Anybody),
    ("rules show", Audience::Anybody),
    ("rules validate", Audience::Anybody),
    ("runs", Audience::Group),
    ("runs list", Audience::Tenant),
    ("runs show", Audience::Tenant),
    ("audit", Audience::Group),
    ("audit list", Audience::Tenant),
    ("audit show", Audience::Tenant),
    ("audit verify", Audience::Tenant),
    ("audit checkpoint", Audience::Tenant),
    ("audit key", Audience::Anybody),
    ("tenant", Audience::Group),
    ("tenant add", Audience::Operator),
    ("tenant set", Audience::Operator),
    ("tenant role", Audience::Operator),
    ("tenant list", Audience::Operator),
    ("db", Audience::Group),
    ("db digest", Audience::Operator),
    ("db check", Audience::Operator),
    ("db info", Audience::Operator),
    ("db migrate", Audience::Operator),
    ("db copy", Audience::Operator),
    ("db backup", Audience::Operator),
    ("db restore", Audience::Operator),
    ("completions", Audience::Anybody),
    ("manual", Audience::Anybody),
];

/// What is typed: the command's words and its arguments.
pub(crate) struct Case {
    pub(crate) command: &'static str,
    pub(crate) arguments: Vec<String>,
}

impl Case {
    pub(crate) fn new(command: &'static str, arguments: &str) -> Self {
        let arguments = arguments.split_whitespace().map(str::to_owned).collect();
        Self { command, arguments }
    }

    /// The whole command line of a tenant.
    pub(crate) fn line(&self, db: &str, tenant: &str, format: &str, when: When) -> Vec<String> {
        let mut line: Vec<String> = self.command.split_whitespace().map(str::to_owned).collect();
        line.extend(self.arguments.iter().cloned());
        let actor = format!("actor-of-{tenant}");
        let global = [
            "--db", db, "--tenant", tenant, "--actor", &actor, "--format", format,
        ];
        line.extend(global.map(str::to_owned));
        line.extend(["--no-progress", "--at", when.text()].map(str::to_owned));
        line
    }
}

/// Runs the program as it is told, without the sandbox's own instant.
pub(crate) fn run(world: &World, line: &[String]) -> Finished {
    world.sandbox.smrt_as_typed(line)
}

/// What a tenant, or someone who knows another's secrets, would type.
pub(crate) fn cases(world: &World) -> Vec<Case> {
    let id = |name: &str| world.id(name).to_string();
    let unknown = Id::derived("nothing", &[]).to_string();
    let mut cases = Vec::new();
    let mut add = |command, arguments: &str| cases.push(Case::new(command, arguments));

    let humans = HUMANS.iter().chain(&["beta-own", "gamma-own"]);
    let others = [
        "0111",
        "0112",
        "0115",
        "0122",
        "link hidden 0112",
        "consent acme marketing_call",
    ];
    for name in humans.chain(&others) {
        add("show", &id(name));
    }
    add("show", &unknown);
    for number in [
        "+12025550111",
        "+12025550114",
        "+12025550115",
        "+12125550121",
        "+12025550199",
    ] {
        add("show", number);
        add("find", number);
    }
    add("show", "5550111 --region US");
    for words in [
        "canary",
        "canary-acme-humans-email-hidden",
        "%",
        "_",
        "canary --limit 1",
    ] {
        add("find", words);
    }
    add("human list", "");
    add("human list", "--limit 1");
    add("human list", &format!("--limit 2 --after {}", id("hidden")));
    for what in ["contacts", "humans", "numbers", "links", "consents"] {
        add("export", what);
        add("export", &format!("{what} --output-format jsonl --own"));
    }
    add("export", "contacts --output-format vcard");
    add("export", "humans --updated-since 2026-01-01");
    add("number list", "");
    add("number list", &format!("--limit 1 --after {}", id("0111")));
    add("human add", "--first-name New --metadata {\"note\":1}");
    for name in ["hidden", "subset", "consented", "expired"] {
        add("human edit", &format!("{} --job-title New", id(name)));
        add(
            "human edit",
            &format!("{} --email new@example.com", id(name)),
        );
        add("link", &format!("{} +12025550198", id(name)));
        add("unlink", &format!("{} +12025550198", id(name)));
    }
    add("unlink", &format!("{} +12025550112", id("hidden")));
    add("unlink", &format!("{} +12025550114", id("consented")));
    for name in ["hidden", "subset", "consented"] {
        add("interaction list", &format!("--human {}", id(name)));
        add(
            "interaction add",
            &format!("--human {} --kind inquiry", id(name)),
        );
    }
    for number in ["+12025550111", "+12025550114", "+12125550121"] {
        let call = format!("{number} --channel call --purpose marketing");
        add("check", &call);
        add("check", &format!("{call} --human {}", id("hidden")));
        add("interaction list", number);
        add("interaction add", &format!("{number} --kind purchase"));
    }
    add("number add", "+12025550197");
    add("number add", "+12025550117");
    for run in ["1", "2", "3", "7"] {
        add("runs show", run);
        add("runs show", &format!("{run} --issues"));
        add("import undo", &format!("{run} --dry-run"));
    }
    for name in [
        "hidden",
        "subset",
        "consented",
        "expired",
        "revoked",
        "gamma-own",
    ] {
        let record = format!("human {}", id(name));
        add("access list", &format!("--record {record}"));
        for field in ["first_name", "email"] {
            add("access explain", &format!("{record} --field {field}"));
            add(
                "access explain",
                &format!("{record} --field {field} --for beta --level write"),
            );
        }
        add("access grant", &format!("{record} --to gamma --level read"));
    }
    for number in ["0111", "0115", "0116"] {
        add(
            "access explain",
            &format!("phone_number {} --field metadata", id(number)),
        );
        add(
            "access list",
            &format!("--record phone_number {}", id(number)),
        );
    }
    add(
        "access explain",
        &format!("link {} --field metadata", id("link hidden 0112")),
    );
    add("access list", "");
    add("access list", "--given");
    add("access list", "--received");
    for name in [
        "grant subset",
        "grant expired",
        "grant revoked",
        "grant links",
    ] {
        add("access revoke", &id(name));
    }
    add(
        "share",
        "human --to acme --field email --level read --expires 2027-12-01",
    );
    let contact = "--channel call --purpose marketing --max-rejects 100%";
    add("scrub", &format!("numbers.csv {contact} --output -"));
    add(
        "scrub",
        &format!("numbers.csv {contact} --line-column Line"),
    );
    add("runs list", "");
    for name in ["hidden", "subset", "beta-own", "gamma-own"] {
        let human = format!("--human {}", id(name));
        add("consent history", &human);
        add("consent status", &format!("{human} --type marketing_call"));
        add("consent revoke", &format!("{human} --type marketing_fax"));
        add("consent export", &human);
    }
    for number in ["+12025550111", "+12125550123", "+13105550132"] {
        add("consent history", number);
        add("consent status", &format!("{number} --type marketing_sms"));
        add("consent export", &format!("--number {number}"));
    }
    add(
        "consent grant",
        "+12025550196 --type marketing_sms --tier pec",
    );
    for consent in [
        "acme marketing_call",
        "beta marketing_sms",
        "gamma marketing_call",
    ] {
        add("consent receipt", &id(&format!("consent {consent}")));
    }
    add("consent receipt", &unknown);
    add("consent export", "");
    add("consent export", "--optouts");
    add("consent reply", "+12025550111 --text STOP");
    add("consent reply", "+12025550193 --text HELP");
    add("consent import", "events.csv --dry-run");
    add("consent import", "events.csv");
    for (_, number) in LISTED {
        add("dnc check", number);
    }
    let national = "--kind national --jurisdiction US --version-date 2026-04-01 --area-codes all";
    add("dnc load", &format!("list.txt {national} --dry-run"));
    add("dnc load", &format!("list.txt {national} --allow-shrink"));
    add("dnc load", "list.txt --kind internal");
    add("dnc load", "list.txt --kind reassigned");
    add("dnc list", "");
    for registry in ["national-us", "internal"] {
        add("dnc versions", registry);
        add("dnc export", registry);
    }
    add("dnc add", "+13035550189 --reason asked");
    add("dnc remove", "+13035550189");
    add("dnc sync", "");
    add("audit list", "");
    add("audit list", &format!("--entity {}", id("hidden")));
    add("audit list", "--action human.edit --limit 1");
    for sequence in ["1", "2", "999"] {
        add("audit show", sequence);
    }
    add("audit verify", "");
    add("audit key", "example.com/audit --output key.private");
    add(
        "audit checkpoint",
        "--key key.private --output trail.checkpoint",
    );
    let import = "new.csv --mapping people.toml --region US --max-rejects 100%";
    add("import", &format!("{import} --dry-run"));
    add("import", import);
    add("import", &format!("{import} --resume"));
    add(
        "import",
        "new.csv.run-3.rejects.csv --dry-run --max-rejects 100%",
    );
    add("import undo", "3");
    add("import undo", "2");
    add("mapping guess", "new.csv");
    add("mapping check", "new.csv --mapping people.toml");
    add("mapping list", "");
    add("rules list", "--jurisdiction US-FL");
    add("rules show", "us.national_dnc");
    add("rules validate", "");
    add("mapping show", "google");
    add("completions", "bash");
    add("manual", "import undo");
    add("db digest", "");
    add("db check", "");
    add("db info", "");
    add("db migrate", "");
    add("db copy", &format!("{DB} moved.db"));
    add("db backup", "kept.db");
    add("db restore", "kept.db");
    add("tenant list", "");
    add("tenant set", "gamma --setting grant_days_max=90");
    add("tenant role", "gamma reader_of_gamma");
    add("tenant add", "delta");
    cases
}

/// The files besides the store and what the tests put there.
fn written(folder: &Path, before: &BTreeSet<String>) -> Vec<(String, String)> {
    let mut files = Vec::new();
    for name in names(folder) {
        if !before.contains(&name) && !name.contains(".db") {
            let bytes = std::fs::read(folder.join(&name)).unwrap_or_default();
            files.push((name, String::from_utf8_lossy(&bytes).into_owned()));
        }
    }
    files
}

fn names(folder: &Path) -> BTreeSet<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect()
}

/// Puts down what the imports of the cases read.
pub(crate) fn write_inputs(world: &World) {
    people::write_mapping(&world.sandbox);
    let text = people::file(99, 20) + ",,,,,not a number,,,,,\n";
    world.sandbox.write("new.csv", text);
    world.sandbox.write("list.txt", "303,5550188\n");
    let id = world.id("hidden");
    let consent = world.id("consent acme marketing_call");
    let events = format!(
        "id,phone_number,human_id,consent_type,event_kind\n\
         {consent},+12025550195,,marketing_sms,granted\n,,{id},marketing_sms,withdrawn\n"
    );
    world.sandbox.write("events.csv", events);
    let numbers = (0..100).map(|last| format!("+120255501{last:02},mobile\n"));
    let list = format!("Phone,Line\n+12125550121,\n{}", numbers.collect::<String>());
    world.sandbox.write("numbers.csv", list);
}

#[test]
fn no_command_shows_a_canary_its_reader_may_not_see() {
    let world = World::new();
    write_inputs(&world);
    let cases = cases(&world);
    let before = names(world.sandbox.folder());
    let events = std::fs::read_to_string(world.sandbox.path("events.csv")).unwrap();
    let mut leaks = Vec::new();
    let mut shown = BTreeSet::new();
    let (tenants, times, all_formats) = views();
    for &tenant in tenants {
        for &when in times {
            // The formats are compared at one instant; what may be seen does not depend on them.
            let formats = match when {
                When::Live => all_formats,
                When::Before | When::After => &["json"],
            };
            for format in formats {
                let db = format!("{tenant}.{when:?}.{format}.db");
                world.copy(&db);
                for case in &cases {
                    let line = case.line(&db, tenant, format, when);
                    let finished = run(&world, &line);
                    let typed = case.arguments.join(" ");
                    let mut texts = vec![
                        ("stdout".to_owned(), finished.stdout),
                        ("stderr".to_owned(), finished.stderr),
                    ];
                    if case.command.ends_with("import") || case.command.starts_with("audit c") {
                        let keep = case.arguments.contains(&"--dry-run".to_owned());
                        if !keep {
                            texts.extend(written(world.sandbox.folder(), &before));
                        }
                    }
                    for (place, text) in texts {
                        assert!(!text.contains("panicked"), "{line:?}: {text}");
                        if world.shows_own(&text, tenant) {
                            shown.insert((tenant, *format, case.command));
                        }
                        // Rows that are rejected are given back as they were.
                        let given = match place.ends_with("rejects.csv") {
                            true => &format!("{typed} {events}"),
                            false => &typed,
                        };
                        for canary in world.leaks(&text, tenant, when, given) {
                            let is_name = canary.text.contains("-tenants-name-");
                            // Whoever runs the store knows what its tenants are called.
                            if !(is_name && case.command.starts_with("tenant ")) {
                                let command = case.command;
                                leaks.push(format!(
                                    "{tenant} {when:?} {format} `{command} {typed}` {place}: {canary}"
                                ));
                            }
                        }
                    }
                }
                world.sandbox.remove_store(&db);
                for (name, _) in written(world.sandbox.folder(), &before) {
                    let _ = std::fs::remove_file(world.sandbox.path(&name));
                }
            }
        }
    }
    assert!(
        leaks.is_empty(),
        "{} leaks:\n{}",
        leaks.len(),
        leaks.join("\n")
    );
    // A test that sees no canary of the reader's own would see no other's either.
    for &tenant in tenants {
        for &format in all_formats {
            for command in [
                "show",
                "find",
                "human list",
                "runs list",
                "runs show",
                "audit list",
            ] {
                assert!(
                    shown.contains(&(tenant, format, command)),
                    "{command} as {format} shows {tenant} nothing of its own"
                );
            }
        }
    }
}

/// What is written there is packed, and no text that the cases above would find.
#[test]
fn no_parquet_file_shows_a_canary_its_reader_may_not_see() {
    let world = World::new();
    let mut leaks = Vec::new();
    for tenant in TENANTS {
        for when in When::ALL {
            for what in ["contacts", "humans", "numbers", "links", "consents"] {
                let case = Case::new("export", &format!("{what} --output seen.parquet --force"));
                run(&world, &case.line(DB, tenant, "json", when)).ends_with(0);
                let rows = columnar::parquet_rows(&world.sandbox.path("seen.parquet"));
                let cells: Vec<&str> = rows
                    .iter()
                    .flat_map(|row| row.values())
                    .map(String::as_str)
                    .collect();
                let text = cells.join("\n");
                // A test that sees no canary of the reader's own would see no other's either.
                assert!(world.shows_own(&text, tenant), "{tenant} {when:?} {what}");
                for canary in world.leaks(&text, tenant, when, "") {
                    leaks.push(format!("{tenant} {when:?} {what}: {canary}"));
                }
            }
        }
    }
    assert!(
        leaks.is_empty(),
        "{} leaks:\n{}",
        leaks.len(),
        leaks.join("\n")
    );
}

#[test]
fn every_command_is_run_by_the_leak_test() {
    let world = World::new();
    let manual = run(&world, &["manual".to_owned(), "--markdown".to_owned()]);
    let headings = manual.stdout.lines().filter_map(|line| {
        let name = line.strip_prefix("## `smrt")?.strip_suffix('`')?;
        Some(name.trim().to_owned())
    });
    let headings: BTreeSet<String> = headings.collect();
    let known: BTreeSet<String> = COMMANDS
        .iter()
        .map(|(name, _)| (*name).to_owned())
        .collect();
    assert!(headings.len() > 20);
    assert_eq!(
        headings, known,
        "a command needs an audience and cases here"
    );
    let cases: BTreeSet<&str> = cases(&world).iter().map(|case| case.command).collect();
    for (command, audience) in COMMANDS {
        let is_run = cases.contains(command);
        assert_eq!(is_run, *audience != Audience::Group, "cases of `{command}`");
    }
}

/// Removes what commands refuse to replace.
fn remove_outputs(world: &World) {
    for name in ["key.private", "moved.db", "kept.db"] {
        let _ = std::fs::remove_file(world.sandbox.path(name));
    }
}

#[test]
fn commands_that_open_no_store_need_none_and_the_operators_take_no_tenant() {
    let world = World::new();
    write_inputs(&world);
    let (alone, shared) = ("nobody.db", "shared.db");
    world.copy(shared);
    for case in cases(&world) {
        let (_, audience) = COMMANDS
            .iter()
            .find(|(name, _)| *name == case.command)
            .unwrap();
        match audience {
            // What opens no store says the same beside a full one.
            Audience::Anybody => {
                let say = |db: &str| {
                    remove_outputs(&world);
                    let finished = run(&world, &case.line(db, "gamma", "json", When::Live));
                    (finished.exit, finished.stdout.len(), finished.stderr)
                };
                assert_eq!(say(alone), say(shared), "{}", case.command);
                assert!(!world.sandbox.has_store(alone), "{}", case.command);
            }
            // What covers all tenants says the same whichever is named.
            Audience::Operator if case.command != "tenant add" => {
                let say = |tenant: &str| {
                    remove_outputs(&world);
                    let finished = run(&world, &case.line(shared, tenant, "json", When::Live));
                    (finished.exit, finished.stdout)
                };
                if case.command.starts_with("db") {
                    assert_eq!(say("acme"), say("gamma"), "{}", case.command);
                }
            }
            Audience::Operator | Audience::Tenant | Audience::Group => {}
        }
    }
}
