//! A tenant is told the same, byte for byte, whether others share the store or not.

use super::command::{Case, run};
use super::world::{When, World};
use crate::engine::TestEngine;
use crate::people;
use crate::sandbox::Sandbox;

const IMPORT: &str = "--mapping people.toml --region US --max-rejects 100% \
    --exported-at 2026-11-20T00:00:00Z";

/// One store, and everything `gamma` was told while it worked in it.
struct Stage {
    sandbox: Sandbox,
    told: Vec<String>,
    looks_at_trail: bool,
}

impl Stage {
    fn new() -> Self {
        let sandbox = Sandbox::new();
        people::write_mapping(&sandbox);
        for (name, seed, rows) in [("one.csv", 3, 60), ("two.csv", 4, 40), ("acme.csv", 3, 80)] {
            let text = people::file(seed, rows) + ",,,,,not a number,,,,,\n";
            sandbox.write(name, text);
        }
        Self {
            sandbox,
            told: Vec::new(),
            looks_at_trail: true,
        }
    }

    fn smrt(&self, tenant: &str, command: &'static str, arguments: &str, format: &str) -> String {
        let line = Case::new(command, arguments).line("a.db", tenant, format, When::Live);
        let finished = self.sandbox.smrt_as_typed(&line);
        format!(
            "{line:?}\n{:?}\n{}\n{}",
            finished.exit, finished.stdout, finished.stderr
        )
    }

    /// Something another tenant does; it is not told to `gamma`.
    fn other(&self, tenant: &str, command: &'static str, arguments: &str) {
        let told = self.smrt(tenant, command, arguments, "json");
        assert!(told.contains("Some(0)"), "{told}");
    }

    fn gamma(&mut self, command: &'static str, arguments: &str) {
        if command.starts_with("audit") && !self.looks_at_trail {
            return;
        }
        // What is written of an answer does not depend on the engine.
        let formats: &[&str] = match TestEngine::chosen() {
            TestEngine::Sqlite => &["table", "json", "jsonl", "csv"],
            TestEngine::DuckDb | TestEngine::Postgres => &["json"],
        };
        for format in formats {
            let told = self.smrt("gamma", command, arguments, format);
            self.told.push(told);
            if command == "import" || command == "import undo" {
                break;
            }
        }
    }

    /// Looks at everything `gamma` can look at.
    fn look(&mut self) {
        let after = smrt_core::model::Id::from_bytes([0x80; 16]).to_string();
        for (command, arguments) in [
            ("human list", "--limit 10000"),
            ("human list", "--limit 7"),
            ("number list", "--limit 10000"),
            ("number list", "--limit 7"),
            ("find", "example"),
            ("find", "a --limit 3"),
            ("runs list", ""),
            ("runs show", "1"),
            ("runs show", "1 --issues"),
            ("runs show", "2"),
            ("runs show", "3"),
            ("audit list", "--limit 1000"),
            ("audit show", "2"),
            ("audit verify", ""),
            ("audit checkpoint", "--key key.private"),
            ("import undo", "1 --dry-run"),
            ("import undo", "2 --dry-run"),
        ] {
            self.gamma(command, arguments);
        }
        for list in ["human list", "number list"] {
            self.gamma(list, &format!("--limit 5 --after {after}"));
        }
    }
}

/// What the store holds when `gamma` begins.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Start {
    /// Nothing, if `gamma` is alone. The first import of a store without any contact is written in
    /// other stretches, and the trail has an entry for each stretch; all else must be the same.
    Empty,
    /// At least one number.
    Filled,
}

/// What `gamma` is told, with or without others in the store.
fn story(with_others: bool, start: Start) -> Vec<String> {
    let mut stage = Stage::new();
    stage.looks_at_trail = start == Start::Filled;
    if with_others {
        stage.other("acme", "tenant add", "acme");
        stage.other("acme", "tenant add", "beta");
        stage.other("acme", "import", &format!("acme.csv {IMPORT}"));
        stage.other("beta", "import", &format!("two.csv {IMPORT}"));
    }
    // The first tenant of a store is told that it is new; `gamma` was added before in both.
    let added = stage.smrt("gamma", "tenant add", "gamma", "json");
    assert!(added.contains("Some(0)"), "{added}");
    let seed = smrt_core::smrt::SigningKey::from_seed("example.com/audit", &[7; 32]).unwrap();
    stage.sandbox.write("key.private", seed.reveal() + "\n");
    if start == Start::Filled {
        stage.gamma("number add", "+12025550143");
    }
    stage.gamma("import", &format!("one.csv {IMPORT} --dry-run"));
    stage.gamma("import", &format!("one.csv {IMPORT}"));
    stage.look();
    if with_others {
        // The same people and numbers, by another.
        stage.other("beta", "import", &format!("one.csv {IMPORT}"));
        stage.other("acme", "import undo", "1");
        stage.other("acme", "number add", "+12025550143");
    }
    stage.gamma("import", &format!("two.csv {IMPORT}"));
    stage.gamma("number add", "+12025550143");
    stage.gamma("show", "+12025550143");
    stage.look();
    if with_others {
        stage.other("acme", "import", &format!("acme.csv {IMPORT}"));
        stage.other("beta", "import undo", "2");
    }
    stage.gamma("import", &format!("one.csv {IMPORT} --on-conflict fill"));
    stage.gamma("import undo", "2");
    stage.look();
    let names = std::fs::read_dir(stage.sandbox.folder()).unwrap();
    for entry in names {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        // Reject files of others stand in the same folder under the same kind of name.
        if name.ends_with(".checkpoint") {
            stage.told.push(std::fs::read_to_string(path).unwrap());
        }
    }
    stage.told
}

#[test]
fn a_tenant_is_told_the_same_bytes_whether_others_are_there_or_not() {
    for start in [Start::Filled, Start::Empty] {
        let (alone, shared) = (story(false, start), story(true, start));
        assert_eq!(alone.len(), shared.len());
        assert!(alone.len() > 50);
        let pairs = alone.iter().zip(&shared);
        let unlike: Vec<String> = pairs
            .filter(|(alone, shared)| alone != shared)
            .map(|(alone, shared)| format!("alone:\n{alone}\nshared:\n{shared}"))
            .collect();
        assert!(
            unlike.is_empty(),
            "{} differ:\n{}",
            unlike.len(),
            unlike.join("\n")
        );
    }
}

/// What stands in the way of seeing anything at all.
#[test]
fn the_commands_of_this_comparison_do_show_what_is_there() {
    let told = story(true, Start::Filled).join("\n");
    for expected in [
        "example.com",
        "import.batch",
        "smrt/gamma",
        "+1202555",
        "one.csv",
    ] {
        assert!(told.contains(expected), "`{expected}` is nowhere");
    }
    for other in ["acme", "beta"] {
        assert!(!told.contains(other), "`{other}` is told of");
    }
}

#[test]
fn a_number_is_explained_and_granted_as_if_nobody_else_had_brought_it_in() {
    let told = |first: Option<&str>| {
        let stage = Stage::new();
        for tenant in ["gamma", "delta", "acme"] {
            stage.other(tenant, "tenant add", tenant);
        }
        if let Some(first) = first {
            stage.other(first, "number add", "+12025550143");
        }
        stage.other("gamma", "number add", "+12025550143");
        let number = smrt_core::model::Id::of_phone_number(super::world::e164("+12025550143"));
        let asked = [
            (
                "access explain",
                format!("phone_number {number} --field metadata"),
            ),
            (
                "access explain",
                format!("phone_number {number} --field phone_number --level write"),
            ),
            (
                "access explain",
                format!("phone_number {number} --field metadata --for delta"),
            ),
            ("access list", format!("--record phone_number {number}")),
            (
                "access grant",
                format!("phone_number {number} --to delta --level read"),
            ),
            (
                "access grant",
                format!("phone_number {number} --to delta --level read --field metadata"),
            ),
            ("access list", format!("--record phone_number {number}")),
        ];
        asked.map(|(command, arguments)| {
            super::twin::without_ids(&stage.smrt("gamma", command, &arguments, "json"))
        })
    };
    let first = told(None);
    assert!(
        first[4].contains("phone_number_not_granted"),
        "{}",
        first[4]
    );
    assert_eq!(first, told(Some("acme")));
}

/// A few answers, to be read by people: what a stranger and a partner are shown.
#[test]
fn what_a_stranger_and_a_partner_are_shown() {
    let world = World::new();
    super::command::write_inputs(&world);
    let id = |name: &str| world.id(name).to_string();
    let cases = [
        ("show", id("hidden")),
        ("show", id("subset")),
        ("show", id("unconsented")),
        ("show", id("consented")),
        ("show", id("expired")),
        ("show", "+12025550111".to_owned()),
        ("show", "+12025550114".to_owned()),
        ("show", "+12025550115".to_owned()),
        ("find", "canary-acme".to_owned()),
        ("find", "+12025550114".to_owned()),
        ("human list", String::new()),
        ("human edit", id("hidden") + " --job-title New"),
        ("human edit", id("subset") + " --job-title New"),
        ("human edit", id("subset") + " --last-name New"),
        ("link", id("hidden") + " +12025550198"),
        ("unlink", id("hidden") + " +12025550112"),
        ("unlink", id("consented") + " +12025550114"),
        ("runs show", "3".to_owned()),
        ("import undo", "3 --dry-run".to_owned()),
        ("audit list", format!("--entity {}", id("hidden"))),
        ("audit show", "999".to_owned()),
    ];
    for tenant in ["gamma", "beta"] {
        let mut page = String::new();
        world.copy("page.db");
        for (command, arguments) in &cases {
            let case = Case::new(command, arguments);
            let finished = run(&world, &case.line("page.db", tenant, "table", When::Live));
            page += &format!("$ smrt {command} {arguments}\n");
            page += &format!("{}{}", finished.stdout, finished.stderr);
            page += &format!("exit {}\n\n", finished.exit.unwrap());
        }
        insta::with_settings!({
            description => format!("What {tenant} is shown of a store that acme shares with beta"),
            omit_expression => true,
            prepend_module_to_snapshot => true,
            snapshot_path => "../snapshots",
        }, {
            insta::assert_snapshot!(format!("shown_to_{tenant}"), page);
        });
    }
}
