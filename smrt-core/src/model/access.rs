//! How much of a record someone may see or change.

use std::fmt;
use std::str::FromStr;

/// How much a tenant may do with a field: each level includes those before it.
///
/// ```
/// use smrt_core::model::AccessLevel;
///
/// let level: AccessLevel = "write".parse()?;
/// assert!(level > AccessLevel::Read && level < AccessLevel::Admin);
/// assert_eq!(level.as_str(), "write");
/// # Ok::<(), smrt_core::model::ParseAccessLevelError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum AccessLevel {
    /// Nothing; the field is as if it were not there.
    #[default]
    None,
    /// See it.
    Read,
    /// Change it.
    Write,
    /// Grant it to others.
    Admin,
}

/// The text names no level.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no access level: expected none, read, write or admin")]
pub struct ParseAccessLevelError;

impl AccessLevel {
    /// All levels, the lowest first.
    pub const ALL: [Self; 4] = [Self::None, Self::Read, Self::Write, Self::Admin];

    /// The term in the store and in every format.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Read => "read",
            Self::Write => "write",
            Self::Admin => "admin",
        }
    }
}

impl FromStr for AccessLevel {
    type Err = ParseAccessLevelError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|level| level.as_str() == text)
            .ok_or(ParseAccessLevelError)
    }
}

impl fmt::Display for AccessLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_ordered_and_read_back() {
        assert!(AccessLevel::ALL.is_sorted());
        for level in AccessLevel::ALL {
            assert_eq!(level.as_str().parse(), Ok(level));
        }
        assert_eq!("owner".parse::<AccessLevel>(), Err(ParseAccessLevelError));
    }
}
