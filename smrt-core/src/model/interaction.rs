//! Interactions: what kinds there are, and who began one.

use std::fmt;
use std::str::FromStr;

/// What an interaction was.
///
/// ```
/// use smrt_core::model::InteractionKind;
///
/// assert_eq!("call".parse(), Ok(InteractionKind::Call));
/// assert_eq!(InteractionKind::ALL.map(InteractionKind::as_str), ["call", "text", "mail"]);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum InteractionKind {
    /// A call.
    Call,
    /// A text message.
    Text,
    /// A mail.
    Mail,
}

/// Who began an interaction.
///
/// ```
/// use smrt_core::model::Direction;
///
/// assert_eq!("inbound".parse(), Ok(Direction::Inbound));
/// assert_eq!(Direction::Outbound.as_str(), "outbound");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Direction {
    /// The human.
    Inbound,
    /// The tenant.
    Outbound,
}

/// The text names no kind of interaction.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no kind of interaction: expected call, text or mail")]
pub struct ParseInteractionKindError;

/// The text names no direction.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no direction: expected inbound or outbound")]
pub struct ParseDirectionError;

impl InteractionKind {
    /// All kinds.
    pub const ALL: [Self; 3] = [Self::Call, Self::Text, Self::Mail];

    /// The term in the store and in every format.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Call => "call",
            Self::Text => "text",
            Self::Mail => "mail",
        }
    }
}

impl Direction {
    /// Both directions.
    pub const ALL: [Self; 2] = [Self::Inbound, Self::Outbound];

    /// The term in the store and in every format.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Inbound => "inbound",
            Self::Outbound => "outbound",
        }
    }
}

impl FromStr for InteractionKind {
    type Err = ParseInteractionKindError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.as_str() == text)
            .ok_or(ParseInteractionKindError)
    }
}

impl FromStr for Direction {
    type Err = ParseDirectionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|direction| direction.as_str() == text)
            .ok_or(ParseDirectionError)
    }
}

impl fmt::Display for InteractionKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_are_read_back() {
        for kind in InteractionKind::ALL {
            assert_eq!(kind.as_str().parse(), Ok(kind));
        }
        for direction in Direction::ALL {
            assert_eq!(direction.as_str().parse(), Ok(direction));
        }
    }
}
