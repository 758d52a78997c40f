//! Tenants: the organisations that share a store.

use std::fmt;
use std::str::FromStr;

/// The short, unique name of a tenant: lower-case letters, digits and `-`, 1 to 63 bytes.
///
/// ```
/// use smrt_core::model::Slug;
///
/// assert_eq!("acme-2".parse::<Slug>()?.as_str(), "acme-2");
/// assert!("Acme Inc.".parse::<Slug>().is_err());
/// # Ok::<(), smrt_core::model::SlugError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Slug(
    // INVARIANT: 1 to 63 bytes of `[a-z0-9-]`, neither end a `-`.
    String,
);

/// The text is not a slug.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a tenant is named by 1 to 63 lower-case letters, digits or `-`, such as `acme`")]
pub struct SlugError;

const SLUG_BYTES_MAX: usize = 63;

impl Slug {
    /// The slug.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Slug {
    type Err = SlugError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        if text.is_empty()
            || text.len() > SLUG_BYTES_MAX
            || !text.bytes().all(allowed)
            || text.starts_with('-')
            || text.ends_with('-')
        {
            return Err(SlugError);
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_are_checked_on_both_sides_of_the_bound() {
        assert!("acme-2".parse::<Slug>().is_ok());
        assert!("a".repeat(63).parse::<Slug>().is_ok());
        for wrong in ["", "-a", "a-", "Acme", "a b", &"a".repeat(64)] {
            assert_eq!(wrong.parse::<Slug>(), Err(SlugError));
        }
    }
}
