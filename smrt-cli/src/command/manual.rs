//! `smrt manual`: man pages, and the reference in Markdown, from the definition of the commands.

use std::path::{Path, PathBuf};

use clap::{Args, Command, CommandFactory as _};
use clap_markdown::MarkdownOptions;

use crate::args::Cli;
use crate::error::CliError;
use crate::exit::Exit;
use crate::output;
use crate::ui::Ui;

const AFTER_HELP: &str = "\
Examples:
  smrt manual import | man --local-file -
  smrt manual --dir ~/.local/share/man/man1";

/// Write the manual as man pages
#[derive(Debug, Args)]
#[command(after_long_help = AFTER_HELP)]
pub(crate) struct ManualArgs {
    /// The command whose page to print, such as `import undo`; by default that of smrt itself
    #[arg(value_name = "COMMAND", conflicts_with = "dir")]
    command: Vec<String>,
    /// Write the pages of all commands into this folder
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// Print docs/cli-reference.md
    #[arg(long, hide = true, conflicts_with_all = ["command", "dir"])]
    markdown: bool,
}

pub(super) fn run(args: &ManualArgs, ui: &Ui) -> Result<Exit, CliError> {
    if args.markdown {
        output::text(&markdown())?;
        return Ok(Exit::Done);
    }
    let mut root = Cli::command();
    root.build();
    match &args.dir {
        Some(dir) => {
            let pages = write_all(&root, dir)?;
            ui.note(format_args!("{pages} pages in `{}`", dir.display()));
        }
        None => output::text(&page(named(&root, &args.command)?)?)?,
    }
    Ok(Exit::Done)
}

/// The command of this name, such as `import undo`.
fn named<'c>(root: &'c Command, names: &[String]) -> Result<&'c Command, CliError> {
    names.iter().try_fold(root, |command, name| {
        command.find_subcommand(name).ok_or_else(|| {
            CliError::user(format!("there is no command `{}`", names.join(" ")))
                .hint("`smrt --help` lists the commands")
        })
    })
}

fn page(command: &Command) -> Result<String, CliError> {
    let name = page_name(command);
    let mut page = Vec::new();
    clap_mangen::Man::new(command.clone())
        .title(name.to_uppercase())
        .render(&mut page)
        .map_err(|error| CliError::user(format!("cannot write the page: {error}")))?;
    Ok(String::from_utf8_lossy(&page).into_owned())
}

/// `smrt-import-undo` for `smrt import undo`.
fn page_name(command: &Command) -> String {
    command
        .get_bin_name()
        .unwrap_or(command.get_name())
        .replace(' ', "-")
}

fn write_all(command: &Command, dir: &Path) -> Result<u32, CliError> {
    std::fs::create_dir_all(dir).map_err(|error| CliError::file(dir.display(), &error))?;
    let path = dir.join(format!("{}.1", page_name(command)));
    std::fs::write(&path, page(command)?)
        .map_err(|error| CliError::file(path.display(), &error))?;
    command
        .get_subcommands()
        .filter(|command| !command.is_hide_set())
        .try_fold(1, |pages, command| Ok(pages + write_all(command, dir)?))
}

/// The reference of all commands.
fn markdown() -> String {
    let options = MarkdownOptions::new()
        .title("The smrt command line".to_owned())
        .show_footer(false);
    let text = clap_markdown::help_markdown_custom::<Cli>(&options);
    let note = "Written by `smrt manual --markdown`; do not edit.";
    let text = match text.split_once("\n\n") {
        Some((title, rest)) => format!("{title}\n\n{note}\n\n{rest}"),
        None => text,
    };
    let lines: Vec<&str> = text.trim_end().lines().map(str::trim_end).collect();
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reference_in_docs_is_up_to_date() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/cli-reference.md");
        let written = std::fs::read_to_string(path).unwrap_or_default();
        assert!(
            written == markdown(),
            "docs/cli-reference.md is stale; \
             write it with `cargo run --release -p smrt-cli -- manual --markdown > docs/cli-reference.md`"
        );
    }

    #[test]
    fn every_command_has_a_page_that_names_it() {
        let dir = tempfile::tempdir().unwrap();
        let mut root = Cli::command();
        root.build();
        let pages = write_all(&root, dir.path()).unwrap();
        let written = std::fs::read_dir(dir.path()).unwrap().count();
        assert_eq!(usize::try_from(pages).unwrap(), written);
        let undo = std::fs::read_to_string(dir.path().join("smrt-import-undo.1")).unwrap();
        assert!(undo.contains("SMRT\\-IMPORT\\-UNDO") || undo.contains("SMRT-IMPORT-UNDO"));
    }
}
