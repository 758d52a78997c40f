//! The `smrt` command line: it parses, calls and prints. No meaning lives here.

mod args;
mod command;
mod contact_args;
mod context;
mod display;
mod error;
mod exit;
mod invocation;
mod mapping_choice;
mod output;
mod phone_text;
mod progress;
mod rule_text;
mod rules;
mod run_counts;
mod source_args;
mod table;
mod ui;

use std::process::ExitCode;

use clap::Parser as _;

use crate::args::Cli;
use crate::exit::Exit;
use crate::ui::Ui;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return usage(&error),
    };
    let ui = Ui::new(&cli.global);
    match command::run(cli, &ui) {
        Ok(exit) => exit.into(),
        Err(error) => {
            ui.error(&error);
            error.exit.into()
        }
    }
}

/// Help and version go to stdout and end well; anything else is wrong usage.
fn usage(error: &clap::Error) -> ExitCode {
    // A closed stdout or stderr leaves nobody to tell.
    let _ = error.print();
    match error.use_stderr() {
        true => Exit::Failure.into(),
        false => Exit::Done.into(),
    }
}
