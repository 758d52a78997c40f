//! A record one may not see is answered like one that is not there.

use smrt_core::model::Id;

use super::command::{Case, run, write_inputs};
use super::world::{When, World};
use crate::sandbox::Finished;

/// What a command answers and leaves in the tenant's own trail, with what was typed taken out.
fn answer(world: &World, case: &Case, tenant: &str, format: &str, typed: &[String]) -> String {
    let db = "twin.db";
    world.copy(db);
    let finished = run(world, &case.line(db, tenant, format, When::Live));
    let list = Case::new("audit list", "--limit 10000");
    let trail = run(world, &list.line(db, tenant, "csv", When::Live)).stdout;
    world.sandbox.remove_store(db);
    let Finished {
        exit,
        stdout,
        stderr,
    } = finished;
    let mut text = format!("{exit:?}\n{stdout}\n{stderr}\n{trail}");
    for typed in typed {
        text = text.replace(typed, "<typed>");
    }
    // The record that a successful command makes has an id of its own.
    without_ids(&text)
}

/// A text with every UUID replaced by the same word.
pub(super) fn without_ids(text: &str) -> String {
    let is_id = |at: usize| text.get(at..at + 36).filter(|id| id.parse::<Id>().is_ok());
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while at < text.len() {
        let Some(next) = text[at..].chars().next() else {
            break;
        };
        match is_id(at) {
            Some(_) => {
                out.push_str("<id>");
                at += 36;
            }
            None => {
                out.push(next);
                at += next.len_utf8();
            }
        }
    }
    out
}

/// The spellings of a number that ends in these digits.
fn spellings(number: &str) -> Vec<String> {
    let digits = &number[number.len() - 4..];
    vec![
        number.to_owned(),
        format!("(202) 555-{digits}"),
        format!("555-{digits}"),
    ]
}

#[test]
fn a_hidden_record_is_answered_like_none_by_every_command_that_takes_one() {
    let world = World::new();
    write_inputs(&world);
    let id = |name: &str| world.id(name).to_string();
    let own = [("gamma", id("gamma-own")), ("beta", id("beta-own"))];
    let nothing = Id::derived("nothing", &[]).to_string();
    let hidden: [&str; 7] = [
        "hidden",
        "expired",
        "revoked",
        "link hidden 0116",
        "consent acme marketing_call",
        "call acme",
        "grant expired",
    ];
    let commands: [(&'static str, &str); 16] = [
        ("show", "{}"),
        ("human edit", "{} --first-name New"),
        ("human edit", "{} --email new@example.com"),
        ("link", "{} +12025550198"),
        ("unlink", "{} +12025550112"),
        ("audit list", "--entity {}"),
        ("human list", "--after {} --limit 1"),
        ("number list", "--after {} --limit 1"),
        ("access grant", "human {} --to acme --level read"),
        (
            "access grant",
            "link {} --to acme --level read --field metadata",
        ),
        ("access grant", "consent_record {} --to acme --level none"),
        ("access revoke", "{}"),
        ("access list", "--record human {}"),
        ("access list", "--record interaction {}"),
        ("access explain", "human {} --field email"),
        ("access explain", "human {} --field email --for acme"),
    ];
    let mut compared = 0;
    for (tenant, _) in &own {
        for (command, arguments) in commands {
            for name in hidden {
                // A grantee knows the grant, and all links of `acme` are shared with `beta`.
                let is_known = name.starts_with("grant") || name.starts_with("link");
                if is_known && *tenant == "beta" && command.starts_with("access") {
                    continue;
                }
                let say = |id: &str, format: &str| {
                    let case = Case::new(command, &arguments.replace("{}", id));
                    answer(&world, &case, tenant, format, &[id.to_owned()])
                };
                let formats: &[&str] = match command {
                    "show" | "human edit" => &["table", "json", "csv"],
                    _ => &["json"],
                };
                // A list begins where the id would stand; the twin stands right behind it.
                let twin = match command.ends_with(" list") && !command.starts_with("audit") {
                    true => behind(&id(name)),
                    false => nothing.clone(),
                };
                for format in formats {
                    let (there, absent) = (say(&id(name), format), say(&twin, format));
                    assert_eq!(there, absent, "{tenant}: {command} {name} as {format}");
                    compared += 1;
                }
            }
        }
    }
    assert!(compared > 100);
}

/// The id that follows an id.
fn behind(id: &str) -> String {
    let id: Id = id.parse().unwrap();
    let next = u128::from_be_bytes(*id.as_bytes()) + 1;
    Id::from_bytes(next.to_be_bytes()).to_string()
}

#[test]
fn a_hidden_number_is_answered_like_one_nobody_has() {
    let world = World::new();
    write_inputs(&world);
    for (tenant, own) in [("gamma", "gamma-own"), ("beta", "beta-own")] {
        let own = world.id(own).to_string();
        for (command, arguments) in [
            ("show", "{}"),
            ("find", "{}"),
            ("unlink", &format!("{own} {{}}")),
            ("audit list", "--entity {id}"),
        ] {
            for format in ["table", "json", "jsonl", "csv"] {
                let say = |number: &str| {
                    let number_id = Id::of_phone_number(super::world::e164(number)).to_string();
                    let arguments = arguments.replace("{id}", &number_id);
                    let case = Case::new(command, &arguments.replace("{}", number));
                    answer(&world, &case, tenant, format, &spellings(number))
                };
                assert_eq!(
                    say("+12025550111"),
                    say("+12025550199"),
                    "{tenant}: {command} as {format}"
                );
            }
        }
    }
}

#[test]
fn another_tenants_run_is_answered_like_none() {
    let world = World::new();
    write_inputs(&world);
    // All have runs 1 and 2; only `acme` has a third.
    for tenant in ["beta", "gamma"] {
        for (command, arguments) in [
            ("runs show", "{}"),
            ("runs show", "{} --issues"),
            ("import undo", "{}"),
            ("import undo", "{} --dry-run"),
        ] {
            let say = |number: &str| {
                let case = Case::new(command, &arguments.replace("{}", number));
                answer(&world, &case, tenant, "json", &[])
                    .replace(&format!("run {number}"), "run <run>")
            };
            assert_eq!(say("3"), say("9"), "{tenant}: {command} {arguments}");
        }
        let resume = Case::new(
            "import",
            "new.csv --mapping people.toml --region US --max-rejects 100% --resume",
        );
        let answer = answer(&world, &resume, tenant, "json", &[]);
        assert!(!answer.contains("acme"), "{answer}");
    }
}
