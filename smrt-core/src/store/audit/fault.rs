//! What can be wrong with an audit trail.

/// The first thing that is wrong with an audit trail, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AuditFault {
    /// An entry says something else than what was hashed when it was appended.
    #[error("entry {sequence} was altered{}", in_column(*column))]
    Altered {
        /// The entry.
        sequence: i64,
        /// The column, where it is one of the two hashes.
        column: Option<&'static str>,
    },
    /// An entry stands at another place than the one it was appended at.
    #[error("entry {sequence} was moved: it was appended as entry {appended_as}")]
    Reordered {
        /// Where it stands.
        sequence: i64,
        /// Where it belongs.
        appended_as: i64,
    },
    /// There is no such entry, although there are later ones.
    #[error("entry {sequence} is missing")]
    Missing {
        /// The first one that is missing.
        sequence: i64,
    },
    /// There are entries at the end that are not there any more.
    #[error(
        "the trail was cut off: entry {sequence} and what followed are missing, {appended} were appended"
    )]
    Truncated {
        /// The first one that is missing.
        sequence: i64,
        /// How many entries were appended.
        appended: i64,
    },
    /// An entry does not follow from the one before it: one of the two was replaced together with
    /// its hashes.
    #[error("entry {sequence} does not follow from the one before it: one of the two was replaced")]
    Broken {
        /// The second of the two.
        sequence: i64,
    },
    /// An entry that was not appended by smrt: it stands behind the end or where another one is.
    #[error("entry {sequence} is one too many")]
    Surplus {
        /// The entry.
        sequence: i64,
    },
    /// An entry holds a value of a kind that its column cannot hold.
    #[error("`{column}` of entry {sequence} cannot be read")]
    Unreadable {
        /// The entry.
        sequence: i64,
        /// The column.
        column: &'static str,
    },
    /// There are entries, but no record of where the trail ends.
    #[error("the record of where the trail ends is missing")]
    HeadMissing,
    /// The record of where the trail ends was altered.
    #[error("`{column}` of the record of where the trail ends was altered")]
    HeadAltered {
        /// The column.
        column: &'static str,
    },
    /// The trail does not end with the hash on record: the last entry was replaced together with
    /// its hashes, or the record was altered.
    #[error(
        "the trail does not end as recorded: its last entry or the record of its end was replaced"
    )]
    HeadMismatch,
}

fn in_column(column: Option<&'static str>) -> String {
    column.map_or_else(String::new, |column| format!(" in `{column}`"))
}

impl AuditFault {
    /// A stable code for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Altered { .. } => "audit_altered",
            Self::Reordered { .. } => "audit_reordered",
            Self::Missing { .. } => "audit_missing",
            Self::Truncated { .. } => "audit_truncated",
            Self::Broken { .. } => "audit_broken",
            Self::Surplus { .. } => "audit_surplus",
            Self::Unreadable { .. } => "audit_unreadable",
            Self::HeadMissing => "audit_head_missing",
            Self::HeadAltered { .. } => "audit_head_altered",
            Self::HeadMismatch => "audit_head_mismatch",
        }
    }

    /// The entry concerned, where it is one.
    #[must_use]
    pub const fn sequence(&self) -> Option<i64> {
        match self {
            Self::Altered { sequence, .. }
            | Self::Reordered { sequence, .. }
            | Self::Missing { sequence }
            | Self::Truncated { sequence, .. }
            | Self::Broken { sequence }
            | Self::Surplus { sequence }
            | Self::Unreadable { sequence, .. } => Some(*sequence),
            Self::HeadMissing | Self::HeadAltered { .. } | Self::HeadMismatch => None,
        }
    }

    /// The column concerned, where it is known.
    #[must_use]
    pub const fn column(&self) -> Option<&'static str> {
        match self {
            Self::Altered { column, .. } => *column,
            Self::Unreadable { column, .. } | Self::HeadAltered { column } => Some(column),
            Self::Reordered { .. }
            | Self::Missing { .. }
            | Self::Truncated { .. }
            | Self::Broken { .. }
            | Self::Surplus { .. }
            | Self::HeadMissing
            | Self::HeadMismatch => None,
        }
    }
}
