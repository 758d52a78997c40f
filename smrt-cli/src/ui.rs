//! The terminal: messages on stderr, data on stdout.

use std::io::{self, IsTerminal as _, Write as _};

use crate::args::{Format, GlobalArgs};
use crate::error::CliError;

/// Where messages and data go.
#[derive(Debug)]
pub(crate) struct Ui {
    pub(crate) format: Format,
    quiet: bool,
    progress: bool,
}

impl Ui {
    pub(crate) fn new(global: &GlobalArgs) -> Self {
        Self {
            format: global.format,
            quiet: global.quiet,
            progress: !global.no_progress && !global.quiet,
        }
    }

    /// A message for the person who waits.
    pub(crate) fn note(&self, text: impl std::fmt::Display) {
        if !self.quiet {
            let _ = writeln!(io::stderr(), "{text}");
        }
    }

    /// An error with its hint.
    pub(crate) fn error(&self, error: &CliError) {
        let mut stderr = io::stderr();
        let _ = writeln!(stderr, "error: {}", error.message);
        if let Some(hint) = &error.hint {
            let _ = writeln!(stderr, "hint: {hint}");
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

    /// Writes data to stdout.
    pub(crate) fn data(&self, text: &str) -> Result<(), CliError> {
        io::stdout().write_all(text.as_bytes())?;
        Ok(())
    }
}

/// How progress is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ProgressStyle {
    Bar,
    Lines,
    None,
}
