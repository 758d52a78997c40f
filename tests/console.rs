//! The console blocks of README and docs run, and print what they show.
//!
//! A block begins with `$ smrt …`; its other lines are what the commands print, on either stream.
//! A line of three dots stands for any lines, three dots within a line for any text. A line that
//! ends in `\` goes on in the next.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::binary;
use crate::sandbox::Sandbox;

/// A command of a block and the lines it is to print.
#[derive(Debug, PartialEq)]
struct Step {
    command: String,
    output: Vec<String>,
}

/// The console blocks of a Markdown text that begin with `$ smrt`, each with its line number.
fn blocks(text: &str) -> Vec<(usize, Vec<Step>)> {
    let mut blocks = Vec::new();
    let mut lines = text.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        if line.trim() != "```console" {
            continue;
        }
        let body: Vec<&str> = lines
            .by_ref()
            .map(|(_, line)| line)
            .take_while(|line| line.trim() != "```")
            .collect();
        if body.first().is_some_and(|line| line.starts_with("$ smrt")) {
            blocks.push((number + 1, steps(&body)));
        }
    }
    blocks
}

fn steps(body: &[&str]) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut unfinished = false;
    for line in body {
        if unfinished {
            let step = steps.last_mut().unwrap();
            step.command.push('\n');
            step.command.push_str(line);
            unfinished = line.ends_with('\\');
        } else if let Some(command) = line.strip_prefix("$ ") {
            steps.push(Step {
                command: command.to_owned(),
                output: Vec::new(),
            });
            unfinished = command.ends_with('\\');
        } else {
            let step = steps.last_mut().expect("a block begins with a command");
            step.output.push(line.trim_end().to_owned());
        }
    }
    steps
}

/// Whether the lines printed are those shown.
fn is_as_shown(shown: &[String], printed: &[&str]) -> bool {
    match shown.split_first() {
        None => printed.is_empty(),
        Some((line, rest)) if line.trim() == "..." => {
            (0..=printed.len()).any(|skipped| is_as_shown(rest, &printed[skipped..]))
        }
        Some((line, rest)) => printed.split_first().is_some_and(|(first, printed)| {
            line_matches(line, first.trim_end()) && is_as_shown(rest, printed)
        }),
    }
}

fn line_matches(shown: &str, printed: &str) -> bool {
    let mut parts = shown.split("...");
    let Some(rest) = parts.next().and_then(|head| printed.strip_prefix(head)) else {
        return false;
    };
    let mut rest = rest;
    let mut last = None;
    for part in parts {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
        last = Some(part);
    }
    match last {
        None => rest.is_empty(),
        Some(part) => part.is_empty() || printed.ends_with(part),
    }
}

/// Runs a command in a shell, both streams in the order they are written.
fn run(sandbox: &Sandbox, command: &str) -> Output {
    let mut shell = Command::new("bash");
    sandbox.settle(&mut shell);
    let folder = binary::path().parent().unwrap();
    let path = format!("{}:/usr/local/bin:/usr/bin:/bin", folder.display());
    shell
        .env("PATH", path)
        .args(["-c", &format!("{{\n{command}\n}} 2>&1")])
        .output()
        .unwrap()
}

/// Markdown files whose blocks are checked.
fn documents() -> Vec<PathBuf> {
    let root = binary::repository();
    let mut documents: Vec<PathBuf> = std::fs::read_dir(root.join("docs"))
        .into_iter()
        .flatten()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .collect();
    documents.push(root.join("README.md"));
    documents.retain(|path| path.is_file());
    documents.sort();
    documents
}

/// The faults of a document: what its blocks show and what is printed instead.
fn faults(document: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(document).unwrap();
    // The blocks of one document share a folder: a tour goes on where it was.
    let sandbox = Sandbox::new();
    std::os::unix::fs::symlink(
        binary::repository().join("fixtures"),
        sandbox.path("fixtures"),
    )
    .unwrap();
    let mut faults = Vec::new();
    for (line, steps) in blocks(&text) {
        for step in steps {
            let output = run(&sandbox, &step.command);
            let printed = String::from_utf8(output.stdout).unwrap();
            let lines: Vec<&str> = printed.lines().collect();
            if !is_as_shown(&step.output, &lines) {
                faults.push(format!(
                    "{}:{line}: `{}` prints\n{printed}instead of\n{}\n",
                    document.display(),
                    step.command,
                    step.output.join("\n")
                ));
            }
        }
    }
    faults
}

#[test]
fn console_blocks_print_what_they_show() {
    let faults: Vec<String> = documents().iter().flat_map(|path| faults(path)).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn blocks_are_read_and_compared() {
    let text =
        "text\n```console\n$ smrt a \\\n    b\none\n...\n$ smrt c\n```\n```console\n$ ls\n```\n";
    let want = vec![
        Step {
            command: "smrt a \\\n    b".to_owned(),
            output: vec!["one".to_owned(), "...".to_owned()],
        },
        Step {
            command: "smrt c".to_owned(),
            output: vec![],
        },
    ];
    assert_eq!(blocks(text), [(2, want)]);
    let check = |shown: &[&str], printed: &[&str], want: bool| {
        let shown: Vec<String> = shown.iter().map(|line| (*line).to_owned()).collect();
        assert_eq!(is_as_shown(&shown, printed), want, "{shown:?} {printed:?}");
    };
    check(&["a", "b"], &["a", "b"], true);
    check(&["a"], &["a", "b"], false);
    check(&["a", "..."], &["a", "b", "c"], true);
    check(&["...", "c"], &["a", "b", "c"], true);
    check(&["...", "d"], &["a", "b", "c"], false);
    check(&["took ... s"], &["took 1.5 s"], true);
    check(&["took ...s"], &["took 1.5 ms"], true);
    check(&["took ... s"], &["took 1.5 ms"], false);
    check(&["took ... s."], &["took 1.5 ms"], false);
    check(&["id ..."], &["id 0198"], true);
    check(&[], &["a"], false);
}
