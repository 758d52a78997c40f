//! What an import did, as one value to be shown.

use smrt_core::smrt::TenantSession;
use smrt_core::store::{Run, RunCounts, Severity};

use super::error::ImportError;

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// All rows are accounted for, and the store was found to hold them.
    Completed,
    /// It was stopped and can be resumed.
    Interrupted,
    /// Too many rows were rejected; the store is as it was before.
    RolledBack,
}

impl Outcome {
    /// The term in every format.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Interrupted => "interrupted",
            Self::RolledBack => "rolled_back",
        }
    }
}

/// What an import did, or would do.
#[derive(Debug, Clone)]
pub struct ImportReport {
    /// The run's number, counted for its tenant; of a dry run, the one it would get.
    pub run: i64,
    /// How it ended.
    pub outcome: Outcome,
    /// Whether nothing was written.
    pub dry_run: bool,
    /// What was counted.
    pub counts: RunCounts,
    /// How often each field of a human changed.
    pub changed_fields: Vec<(String, u64)>,
    /// How often each issue was noted.
    pub issues: Vec<(Severity, String, u64)>,
}

pub(super) fn make(
    session: &mut TenantSession<'_>,
    run: &Run,
    outcome: Outcome,
    dry_run: bool,
) -> Result<ImportReport, ImportError> {
    Ok(ImportReport {
        run: run.number,
        outcome,
        dry_run,
        counts: run.counts,
        changed_fields: session.changed_fields(run)?,
        issues: session.issue_summary(run)?,
    })
}
