//! Who acts for a tenant, as the audit trail names them.

use std::fmt;
use std::str::FromStr;

/// The name of a person or program that acts for a tenant: `anna.k`, `crm-sync`.
///
/// 1 to 128 bytes of printable text without `:` and without spaces at its ends. It is written into
/// the audit trail as it is, so it should be a login or a service name, no more personal than that.
///
/// ```
/// use smrt_core::model::Actor;
///
/// let actor: Actor = "anna.k".parse()?;
/// assert_eq!(actor.as_str(), "anna.k");
/// // A program that was not told who runs it:
/// assert_eq!(Actor::unknown().as_str(), "unknown");
/// # Ok::<(), smrt_core::model::ActorError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Actor(
    // INVARIANT: 1 to 128 bytes, no control characters, no `:`, no white space at either end.
    String,
);

/// The text cannot name an actor.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an actor is named by 1 to 128 bytes of printable text without `:`, such as `crm-sync`")]
pub struct ActorError;

impl Actor {
    /// The longest name, in bytes.
    pub const BYTES_MAX: usize = 128;

    /// The actor of a program that was not told who runs it.
    #[must_use]
    pub fn unknown() -> Self {
        Self("unknown".to_owned())
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Actor {
    type Err = ActorError;

    /// Checks a name.
    ///
    /// ```
    /// use smrt_core::model::Actor;
    ///
    /// assert_eq!("crm-sync".parse::<Actor>()?.as_str(), "crm-sync");
    /// assert!("two\nlines".parse::<Actor>().is_err());
    /// # Ok::<(), smrt_core::model::ActorError>(())
    /// ```
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let forbidden = |c: char| c.is_control() || c == ':' || is_invisible(c);
        if text.is_empty()
            || text.len() > Self::BYTES_MAX
            || text.trim() != text
            || text.chars().any(forbidden)
        {
            return Err(ActorError);
        }
        Ok(Self(text.to_owned()))
    }
}

/// Characters that show nothing or turn the direction of what follows, with which one name could
/// pass for another.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{00ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_checked_on_both_sides_of_the_bound() {
        for right in ["a", "anna.k", "Jörg Weiß", "sync-2", &"x".repeat(128)] {
            assert_eq!(right.parse::<Actor>().unwrap().as_str(), right);
        }
        let long = "x".repeat(129);
        let huge = "x".repeat(10_000_000);
        for wrong in [
            "",
            " a",
            "a ",
            "a\nb",
            "a\0",
            "tenant:b",
            "a\u{202e}b",
            &long,
            &huge,
        ] {
            assert_eq!(wrong.parse::<Actor>(), Err(ActorError));
        }
    }
}
