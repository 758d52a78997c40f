//! The terminal: messages on stderr. Data goes to stdout through [`crate::output`].

use std::fmt::Display;
use std::io::{self, IsTerminal as _, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde::Serialize;

use crate::args::{Format, GlobalArgs};
use crate::display::escape_controls_within_lines;
use crate::error::CliError;
use crate::exit::Exit;

/// Where messages go and how loud they are.
#[derive(Debug)]
pub(crate) struct Ui {
    pub(crate) format: Format,
    quiet: bool,
    verbose: bool,
    progress: bool,
}

/// How progress is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ProgressStyle {
    Bar,
    Lines,
    None,
}

impl Ui {
    pub(crate) fn new(global: &GlobalArgs) -> Self {
        Self {
            format: global.format,
            quiet: global.quiet,
            verbose: global.verbose,
            progress: !global.no_progress && !global.quiet,
        }
    }

    /// A message for the person who waits.
    pub(crate) fn note(&self, text: impl Display) {
        if !self.quiet {
            say(&text.to_string());
        }
    }

    /// Whether the person asked for more.
    pub(crate) fn is_verbose(&self) -> bool {
        self.verbose
    }

    /// An error with its hints: as text, or as JSON where the output is JSON.
    pub(crate) fn error(&self, error: &CliError) {
        if error.is_closed_pipe() {
            return;
        }
        match self.format {
            Format::Table | Format::Csv => {
                say(&format!("error: {}", error.message));
                for hint in &error.hints {
                    say(&format!("hint: {hint}"));
                }
            }
            Format::Json | Format::Jsonl => {
                #[derive(Serialize)]
                struct Document<'e> {
                    schema: &'static str,
                    #[serde(flatten)]
                    error: &'e CliError,
                }
                let schema = "smrt.error.v1";
                if let Ok(json) = serde_json::to_string(&Document { schema, error }) {
                    say(&json);
                }
            }
        }
    }

    /// Whether to draw a bar, write plain lines, or nothing.
    pub(crate) fn progress_style(&self) -> ProgressStyle {
        match (self.progress, io::stderr().is_terminal()) {
            (false, _) => ProgressStyle::None,
            (true, true) => ProgressStyle::Bar,
            (true, false) => ProgressStyle::Lines,
        }
    }

    /// A flag that Ctrl-C and a polite `kill` set. The second time they end the program at once.
    pub(crate) fn stop_flag(&self) -> Result<Arc<AtomicBool>, CliError> {
        let stop = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&stop);
        let quiet = self.quiet;
        let on_signal = move || {
            if flag.swap(true, Ordering::Relaxed) {
                end_at_once();
            }
            if !quiet {
                say("\nstopping after this batch; once more to stop at once");
            }
        };
        ctrlc::set_handler(on_signal)
            .map_err(|error| CliError::user(format!("cannot listen for Ctrl-C: {error}")))?;
        Ok(stop)
    }
}

/// Writes lines to stderr. Nobody can be told when that fails.
pub(crate) fn say(text: &str) {
    let _ = writeln!(io::stderr(), "{}", escape_controls_within_lines(text));
}

/// What is committed stays; the store takes an open transaction back by itself.
#[expect(
    clippy::exit,
    reason = "the user asked twice to stop and does not want to wait"
)]
fn end_at_once() {
    std::process::exit(Exit::Interrupted as i32);
}
