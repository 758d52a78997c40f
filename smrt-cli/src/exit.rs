//! Exit codes, all of them.

/// How the program ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Done, or allowed.
    Done = 0,
    /// The answer is no: denied, not found, rows rejected, verification failed.
    No = 1,
    /// Wrong usage, or a failure.
    Failure = 2,
    /// Stopped by the user.
    Interrupted = 130,
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
