//! The rules a command decides by: the built-in ones and those of a folder.
//!
//! What this module does not do: it reads no TOML; the library does.

use std::fs::{self, File};
use std::io::Read as _;
use std::ops::Deref;
use std::path::{Path, PathBuf};

use smrt_core::rules::rule::{BUILTIN_FILES, Rule, RuleFault, RuleSet};

use crate::error::CliError;

/// No folder of rules has more files.
const FILES_MAX: usize = 1_000;
/// One byte more than a rule file may have, so that the library finds one that is longer.
const FILE_BYTES_MAX: u64 = (1 << 20) + 1;

/// A set of rules, and where the files lie that are not built in.
#[derive(Debug)]
pub(crate) enum Rules {
    /// Nothing but the built-in files.
    Builtin(&'static RuleSet),
    /// Those, and the files of a folder.
    Own {
        /// All of them together.
        set: Box<RuleSet>,
        /// The files of the folder.
        folder: RuleFolder,
    },
}

impl Deref for Rules {
    type Target = RuleSet;

    fn deref(&self) -> &RuleSet {
        match self {
            Self::Builtin(set) => set,
            Self::Own { set, .. } => set,
        }
    }
}

impl Rules {
    /// The built-in rules, and those of a folder if one is named.
    pub(crate) fn load(folder: Option<&Path>) -> Result<Self, CliError> {
        let Some(path) = folder else {
            return Ok(Self::Builtin(RuleSet::builtin()));
        };
        let folder = RuleFolder::read(path)?;
        match folder.parse() {
            Ok(set) => Ok(Self::Own {
                set: Box::new(set),
                folder,
            }),
            Err(faults) => Err(refusal(path, &faults)),
        }
    }

    /// The path of a rule's file, where it is not built in.
    pub(crate) fn own_path(&self, rule: &Rule) -> Option<PathBuf> {
        match self {
            Self::Builtin(_) => None,
            Self::Own { folder, .. } => folder.path_of(&rule.place.file),
        }
    }
}

/// The rule files of a folder.
#[derive(Debug)]
pub(crate) struct RuleFolder {
    path: PathBuf,
    /// Name and text of each, sorted by name.
    files: Vec<(String, String)>,
}

impl RuleFolder {
    /// Reads every file of a folder whose name ends in `.toml`.
    pub(crate) fn read(path: &Path) -> Result<Self, CliError> {
        let unreadable = |error: &std::io::Error| {
            CliError::file(path.display(), error).hint("rules are read from a folder")
        };
        let mut names = Vec::new();
        for entry in fs::read_dir(path).map_err(|error| unreadable(&error))? {
            let name = entry.map_err(|error| unreadable(&error))?.file_name();
            let Some(name) = name.to_str().filter(|name| name.ends_with(".toml")) else {
                continue;
            };
            names.push(name.to_owned());
        }
        if names.is_empty() || names.len() > FILES_MAX {
            let message = match names.len() {
                0 => format!("`{}` has no rule files", path.display()),
                _ => format!("`{}` has more than {FILES_MAX} rule files", path.display()),
            };
            let hint = "a rule file's name ends in `.toml`; docs/rules.md tells how to write one";
            return Err(CliError::rules(message).hint(hint));
        }
        names.sort_unstable();
        let files = names.into_iter().map(|name| {
            let text = read(&path.join(&name))?;
            Ok((name, text))
        });
        Ok(Self {
            files: files.collect::<Result<_, CliError>>()?,
            path: path.to_owned(),
        })
    }

    /// The rules of the files together with the built-in ones.
    pub(crate) fn parse(&self) -> Result<RuleSet, Vec<RuleFault>> {
        let files = self.files.iter();
        RuleSet::with_overrides(files.map(|(name, text)| (name.as_str(), text.as_str())))
    }

    /// How many files take no built-in one's place.
    pub(crate) fn added(&self) -> usize {
        let is_built_in = |name: &str| BUILTIN_FILES.iter().any(|(built_in, _)| *built_in == name);
        let files = self.files.iter();
        files.filter(|(name, _)| !is_built_in(name)).count()
    }

    /// The path of a file of this name, if there is one.
    pub(crate) fn path_of(&self, name: &str) -> Option<PathBuf> {
        let has = self.files.iter().any(|(own, _)| own == name);
        has.then(|| self.path.join(name))
    }
}

fn read(path: &Path) -> Result<String, CliError> {
    let mut text = String::new();
    File::open(path)
        .and_then(|file| file.take(FILE_BYTES_MAX).read_to_string(&mut text))
        .map_err(|error| CliError::file(path.display(), &error))?;
    Ok(text)
}

/// Why a folder's rules are not used.
fn refusal(path: &Path, faults: &[RuleFault]) -> CliError {
    let message = match faults {
        [first] => first.to_string(),
        [first, ..] => format!("{} faults; the first: {first}", faults.len()),
        [] => String::new(),
    };
    let mut error = CliError::rules(message).about(path.display());
    if let Some(first) = faults.first() {
        error = error.hint(first.problem.hint());
    }
    error.hint(format!(
        "`smrt rules validate {}` lists every fault",
        path.display()
    ))
}
