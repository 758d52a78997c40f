//! Style that a reader should not have to check: layers, files, links, nothing personal.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::binary::repository;

/// Lines of a file without its unit tests. Beyond this it is two things.
const FILE_LINES_MAX: usize = 800;

/// Folders that hold no text of ours.
const SKIPPED: [&str; 5] = [".git", "target", "corpus", "artifacts", "node_modules"];

/// What the modules of a crate may use of their own crate: folder, module, used modules.
const EDGES: [(&str, &str, &[&str]); 20] = [
    ("smrt-core/src", "phone", &["phone"]),
    ("smrt-core/src", "model", &["model", "phone"]),
    ("smrt-core/src", "rules", &["rules", "model", "phone"]),
    ("smrt-core/src", "store", &["store", "model", "phone"]),
    (
        "smrt-core/src",
        "smrt",
        &["smrt", "rules", "store", "model", "phone"],
    ),
    ("smrt-etl/src", "record", &["record"]),
    ("smrt-etl/src", "source", &["source", "record"]),
    ("smrt-etl/src", "added_columns", &["added_columns"]),
    (
        "smrt-etl/src",
        "mapping",
        &["mapping", "added_columns", "record"],
    ),
    ("smrt-etl/src", "dnc", &["dnc"]),
    ("smrt-etl/src", "export", &["export", "json_text"]),
    ("smrt-etl/src", "json_text", &["json_text"]),
    ("smrt-etl/src", "seen", &["seen"]),
    (
        "smrt-etl/src",
        "rejects",
        &["rejects", "added_columns", "import", "row_text", "source"],
    ),
    (
        "smrt-etl/src",
        "row_text",
        &["row_text", "added_columns", "json_text", "source"],
    ),
    (
        "smrt-etl/src",
        "scrub",
        &[
            "scrub",
            "added_columns",
            "json_text",
            "mapping",
            "record",
            "row_text",
            "source",
        ],
    ),
    (
        "smrt-etl/src",
        "clean",
        &["clean", "json_text", "mapping", "record"],
    ),
    (
        "smrt-etl/src",
        "consent",
        &["consent", "record", "added_columns", "source"],
    ),
    (
        "smrt-etl/src",
        "plan",
        &["plan", "clean", "json_text", "seen"],
    ),
    (
        "smrt-etl/src",
        "import",
        &[
            "import", "clean", "mapping", "plan", "record", "seen", "source",
        ],
    ),
];

/// Which crates a crate may depend on.
const CRATES: [(&str, &[&str]); 3] = [
    ("smrt-core", &[]),
    ("smrt-etl", &["smrt-core"]),
    ("smrt-cli", &["smrt-core", "smrt-etl"]),
];

/// Every file below a folder, by its path in the repository.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let Ok(entries) = std::fs::read_dir(folder) else {
        return files;
    };
    for entry in entries {
        let entry = entry.unwrap();
        let name = entry.file_name();
        if SKIPPED.iter().any(|skipped| name == *skipped) {
            continue;
        }
        match entry.file_type().unwrap().is_dir() {
            true => files.extend(self::files(&entry.path())),
            false => files.push(entry.path()),
        }
    }
    files.sort();
    files
}

fn with_extension(extension: &str) -> Vec<PathBuf> {
    files(repository())
        .into_iter()
        .filter(|path| path.extension().is_some_and(|found| found == extension))
        .collect()
}

fn shown(path: &Path) -> String {
    path.strip_prefix(repository())
        .unwrap()
        .display()
        .to_string()
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", shown(path)))
}

/// The lines before the unit tests at the end of a file.
fn without_tests(text: &str) -> impl Iterator<Item = &str> {
    text.lines()
        .take_while(|line| !line.starts_with("#[cfg(test)]"))
}

#[track_caller]
fn assert_none(what: &str, faults: Vec<String>) {
    assert!(faults.is_empty(), "{what}:\n{}", faults.join("\n"));
}

#[test]
fn modules_use_only_the_layers_below_them() {
    let mut faults = Vec::new();
    for (folder, module, allowed) in EDGES {
        let folder = repository().join(folder);
        let mut paths = files(&folder.join(module));
        paths.push(folder.join(format!("{module}.rs")));
        for path in paths.iter().filter(|path| path.is_file()) {
            let text = read(path);
            for (number, line) in (1..).zip(without_tests(&text)) {
                for used in line.split("crate::").skip(1) {
                    let name: String = used
                        .chars()
                        .take_while(|c| c.is_alphanumeric() || *c == '_')
                        .collect();
                    let is_module = name.chars().next().is_some_and(char::is_lowercase);
                    if is_module && !allowed.contains(&name.as_str()) {
                        faults.push(format!("{}:{number} uses `{name}`", shown(path)));
                    }
                }
            }
        }
    }
    assert_none("uses across layers", faults);
}

#[test]
fn every_module_of_the_libraries_has_its_layer() {
    let mut faults = Vec::new();
    for folder in ["smrt-core/src", "smrt-etl/src"] {
        let known: BTreeSet<&str> = EDGES
            .iter()
            .filter(|(of, ..)| *of == folder)
            .map(|(_, module, _)| *module)
            .collect();
        for line in read(&repository().join(folder).join("lib.rs")).lines() {
            let module = line
                .strip_prefix("pub mod ")
                .or_else(|| line.strip_prefix("mod "))
                .and_then(|rest| rest.strip_suffix(';'));
            if module.is_some_and(|module| !known.contains(module)) {
                faults.push(format!("{folder}: {line}"));
            }
        }
    }
    assert_none("modules that the table above does not know", faults);
}

#[test]
fn crates_depend_only_on_those_below_them() {
    let mut faults = Vec::new();
    for (name, allowed) in CRATES {
        let manifest = read(&repository().join(name).join("Cargo.toml"));
        for line in manifest.lines() {
            let dependency: String = line
                .chars()
                .take_while(|c| c.is_alphanumeric() || *c == '-' || *c == '_')
                .collect();
            let is_ours = dependency.starts_with("smrt-");
            if is_ours && !allowed.contains(&dependency.as_str()) {
                faults.push(format!("{name} depends on {dependency}"));
            }
        }
    }
    assert_none("dependencies upwards", faults);
}

#[test]
fn no_file_is_named_mod_and_none_is_too_long() {
    let mut faults = Vec::new();
    for path in with_extension("rs") {
        if path.file_name().is_some_and(|name| name == "mod.rs") {
            faults.push(format!("{} is named `mod.rs`", shown(&path)));
        }
        let lines = without_tests(&read(&path)).count();
        if lines > FILE_LINES_MAX {
            faults.push(format!("{} has {lines} lines", shown(&path)));
        }
    }
    assert_none("files to be renamed or split", faults);
}

#[test]
fn every_file_says_what_it_is_for() {
    let faults = with_extension("rs")
        .iter()
        .filter(|path| !read(path).starts_with("//! "))
        .map(|path| shown(path))
        .collect();
    assert_none("files without module docs", faults);
}

#[test]
fn every_public_function_of_the_facade_has_an_example() {
    let folder = repository().join("smrt-core/src");
    let mut paths = files(&folder.join("smrt"));
    paths.push(folder.join("smrt.rs"));
    let mut faults = Vec::new();
    for path in paths {
        // What the examples themselves begin with.
        if !path.ends_with("smrt/doc.rs") {
            let text = read(&path);
            let found = functions_without_example(&text);
            faults.extend(found.into_iter().map(|(number, line)| {
                let line = line.trim();
                format!("{}:{number}: {line}", shown(&path))
            }));
        }
    }
    assert_none("public functions without an example", faults);
}

/// The public functions of a file, by line, that neither show how they are used, nor say where that
/// is shown, nor belong to a type that shows it.
fn functions_without_example(text: &str) -> Vec<(usize, &str)> {
    let shows_use = |docs: &[&str]| {
        docs.iter()
            .any(|line| line.starts_with("/// ```") || line.contains("example of [`"))
    };
    let mut shown_types = BTreeSet::new();
    let mut functions = Vec::new();
    let (mut docs, mut block) = (Vec::new(), "");
    for (number, line) in (1..).zip(without_tests(text)) {
        let code = line.trim();
        if code.starts_with("///") {
            docs.push(code);
            continue;
        }
        // Attributes, and what is left of those on several lines, stand between docs and item.
        if code.starts_with("#[") || code.starts_with("reason = ") || code == ")]" {
            continue;
        }
        if line.starts_with("impl") {
            block = implemented(line);
        } else if line == "}" {
            block = "";
        }
        let public = code.strip_prefix("pub ").unwrap_or_default();
        let public = public.strip_prefix("const ").unwrap_or(public);
        if public.starts_with("fn ") && !shows_use(&docs) {
            functions.push((number, line, block));
        }
        let of_type = public
            .strip_prefix("struct ")
            .or_else(|| public.strip_prefix("enum "));
        if let Some(name) = of_type
            && shows_use(&docs)
        {
            shown_types.insert(first_name(name));
        }
        docs.clear();
    }
    functions
        .into_iter()
        .filter(|(_, _, block)| !shown_types.contains(block))
        .map(|(number, line, _)| (number, line))
        .collect()
}

/// The type of an `impl` line: what follows the generics, or the `for` of a trait.
fn implemented(line: &str) -> &str {
    let rest = line.strip_prefix("impl").unwrap_or_default();
    let rest = match rest.strip_prefix('<') {
        Some(generics) => generics.split_once('>').map_or("", |(_, rest)| rest),
        None => rest,
    };
    let of_trait = rest.split_once(" for ").map(|(_, rest)| rest);
    first_name(of_trait.unwrap_or(rest).trim())
}

fn first_name(text: &str) -> &str {
    text.split(|c: char| !(c.is_alphanumeric() || c == '_'))
        .next()
        .unwrap_or_default()
}

#[test]
fn functions_without_an_example_are_found() {
    let found = |text: &str| -> Vec<usize> {
        functions_without_example(text)
            .into_iter()
            .map(|(number, _)| number)
            .collect()
    };
    let bare = "impl A {\n    /// Does it.\n    #[must_use]\n    pub const fn a() {}\n}\n";
    assert_eq!(found(bare), [4]);
    assert!(found(&bare.replace("pub const", "const")).is_empty());
    assert!(found(&bare.replace("Does it.", "```")).is_empty());
    assert!(found(&bare.replace("Does it.", "As the example of [`A::b`].")).is_empty());
    // The example of a type is one of its functions, and of no other's.
    let shown =
        |name: &str| format!("/// ```\n#[derive(Debug)]\npub struct {name}<'a> {{}}\n{bare}");
    assert!(found(&shown("A")).is_empty());
    assert_eq!(found(&shown("B")), [7]);
    assert_eq!(found(&bare.replace("impl A", "impl<'a> A<'a>")), [4]);
    assert_eq!(found(&format!("{}pub fn free() {{}}\n", shown("A"))), [9]);
    assert!(found(&format!("#[cfg(test)]\n{bare}")).is_empty());
}

#[test]
fn every_test_file_is_listed() {
    let folder = repository().join("tests");
    let listed: BTreeSet<String> = read(&folder.join("main.rs"))
        .lines()
        .filter_map(|line| line.strip_prefix("mod ")?.strip_suffix(';'))
        .map(str::to_owned)
        .collect();
    let there: BTreeSet<String> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .filter(|name| name != "main")
        .collect();
    assert_eq!(listed, there);
}

#[test]
fn every_fixture_is_used() {
    let readers: Vec<String> = ["rs", "md", "toml"]
        .iter()
        .flat_map(|extension| with_extension(extension))
        .filter(|path| !path.starts_with(repository().join("fixtures")))
        .map(|path| read(&path))
        .collect();
    let faults = files(&repository().join("fixtures"))
        .iter()
        .filter(|path| {
            path.file_name()
                .is_some_and(|name| name != ".gitattributes")
        })
        .filter(|path| {
            let name = path.file_name().unwrap().to_str().unwrap();
            // The files of a folder may be read by names that are put together.
            let folder = shown(path.parent().unwrap());
            !readers
                .iter()
                .any(|text| text.contains(name) || text.contains(&format!("{folder}/{{name}}")))
        })
        .map(|path| shown(path))
        .collect();
    assert_none("fixtures that nothing reads", faults);
}

/// Texts that people read: everything but fixtures of bytes and the lock file.
fn texts() -> Vec<(PathBuf, String)> {
    files(repository())
        .into_iter()
        .filter(|path| path.file_name().is_some_and(|name| name != "Cargo.lock"))
        .filter_map(|path| {
            let text = String::from_utf8(std::fs::read(&path).unwrap()).ok()?;
            Some((path, text))
        })
        .collect()
}

#[test]
fn nothing_names_a_folder_of_someones_machine() {
    // Put together here, so that this file does not hold them.
    let folders = ["home", "root", "Users", "work"].map(|folder| format!("/{folder}/"));
    let mut faults = Vec::new();
    for (path, text) in texts() {
        for (number, line) in (1..).zip(text.lines()) {
            for folder in &folders {
                let absolute = line.match_indices(folder.as_str()).any(|(at, _)| {
                    let before = line[..at].chars().next_back();
                    !before.is_some_and(|c| c.is_alphanumeric() || "./}_-".contains(c))
                });
                if absolute {
                    faults.push(format!("{}:{number}: {folder}", shown(&path)));
                }
            }
        }
    }
    assert_none("paths of a machine", faults);
}

#[test]
fn every_address_is_an_example() {
    let mut faults = Vec::new();
    for (path, text) in texts() {
        for (number, line) in (1..).zip(text.lines()) {
            for (at, _) in line.match_indices('@') {
                if let Some(domain) = domain_of_address(line, at)
                    && !is_reserved(&domain)
                {
                    faults.push(format!("{}:{number}: a domain `{domain}`", shown(&path)));
                }
            }
        }
    }
    assert_none("addresses that may be someone's", faults);
}

/// The domain behind an `@` that has a local part and a domain with a dot.
fn domain_of_address(line: &str, at: usize) -> Option<String> {
    let local = line[..at].chars().next_back()?;
    if !(local.is_alphanumeric() || "._+-".contains(local)) {
        return None;
    }
    let domain: String = line[at + 1..]
        .chars()
        .take_while(|c| c.is_alphanumeric() || *c == '.' || *c == '-')
        .collect();
    let domain = domain.trim_end_matches(['.', '-']).to_lowercase();
    let (_, top) = domain.rsplit_once('.')?;
    // Versions such as `actions@1.2` are no addresses.
    top.chars().all(char::is_alphabetic).then_some(domain)
}

/// Domains that RFC 2606 keeps for examples, and broken ones of tests that refuse them.
fn is_reserved(domain: &str) -> bool {
    let last_two: Vec<&str> = domain.rsplit('.').take(2).collect();
    matches!(
        last_two.as_slice(),
        ["com" | "net" | "org", "example"] | ["example" | "test" | "invalid" | "localhost", ..]
    ) || domain.starts_with('-')
        || domain.contains("..")
}

#[test]
fn links_in_documents_lead_somewhere() {
    let mut faults = Vec::new();
    for path in with_extension("md") {
        let text = read(&path);
        for (number, line) in (1..).zip(prose(&text)) {
            for target in line
                .split("](")
                .skip(1)
                .filter_map(|rest| rest.split(')').next())
            {
                if !link_resolves(&path, target) {
                    faults.push(format!("{}:{number}: {target}", shown(&path)));
                }
            }
        }
    }
    assert_none("links to nothing", faults);
}

/// The lines of a document, with those of code blocks blank.
fn prose(text: &str) -> impl Iterator<Item = &str> {
    let mut is_code = false;
    text.lines().map(move |line| {
        let fence = line.trim_start().starts_with("```");
        is_code ^= fence;
        if is_code || fence { "" } else { line }
    })
}

fn link_resolves(document: &Path, target: &str) -> bool {
    if target.starts_with("https://") || target.starts_with("http://") {
        return true;
    }
    let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
    let file = match file {
        "" => document.to_owned(),
        file => document.parent().unwrap().join(file),
    };
    if !file.exists() {
        return false;
    }
    anchor.is_empty()
        || prose(&read(&file))
            .filter_map(heading)
            .any(|slug| slug == anchor)
}

/// The anchor of a heading, as forges make it.
fn heading(line: &str) -> Option<String> {
    let title = line.strip_prefix('#')?.trim_start_matches('#').trim();
    Some(
        title
            .to_lowercase()
            .chars()
            .filter(|c| c.is_alphanumeric() || " -_".contains(*c))
            .map(|c| if c == ' ' { '-' } else { c })
            .collect(),
    )
}

#[test]
fn the_checks_of_this_file_find_what_they_look_for() {
    let domain = |line: &str| domain_of_address(line, line.find('@').unwrap());
    assert_eq!(domain("x ada@example.com."), Some("example.com".to_owned()));
    assert_eq!(domain("uses: checkout@1.2"), None);
    assert_eq!(domain("person @ home.org"), None);
    assert!(is_reserved("sub.example.org") && is_reserved("müller.example"));
    assert!(!is_reserved("gmail.com") && !is_reserved("myexample.com"));
    assert_eq!(
        heading("## The `plan`, then apply"),
        Some("the-plan-then-apply".to_owned())
    );
    assert_eq!(without_tests("a\n#[cfg(test)]\nb").count(), 1);
    assert_eq!(
        prose("a\n```\n[x](y)\n```\nb")
            .filter(|line| !line.is_empty())
            .count(),
        2
    );
}

#[test]
fn continuous_integration_runs_the_test_command_of_the_readme() {
    let script = read(&repository().join(".ci/run"));
    assert!(script.starts_with("#!/usr/bin/env bash\n"));
    use std::os::unix::fs::PermissionsExt as _;
    let mode = std::fs::metadata(repository().join(".ci/run"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o111, 0o111, "`.ci/run` can be started");
    let command = "cargo test --release --workspace";
    assert!(script.lines().any(|line| line == command));
    let readme = repository().join("README.md");
    assert!(!readme.exists() || read(&readme).contains(command));
}
