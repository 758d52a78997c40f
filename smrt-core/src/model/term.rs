//! Closed vocabularies: enums whose values are words in the store, in files and on the command
//! line, and sets of them.
//!
//! What this module does not do: it knows no vocabulary.

use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

/// A value of a closed vocabulary.
pub trait Term: Copy + Eq + 'static {
    /// What the vocabulary is of, with its article: `a purpose`.
    const WHAT: &'static str;
    /// All values, in order.
    const ALL: &'static [Self];

    /// The word in the store and in every format.
    fn as_str(self) -> &'static str;

    /// The place in [`Term::ALL`].
    fn position(self) -> u32;
}

/// The text is no word of the vocabulary.
///
/// ```
/// use smrt_core::model::Purpose;
///
/// let error = "advertising".parse::<Purpose>().unwrap_err();
/// assert!(error.to_string().starts_with("not a purpose: expected marketing, "));
/// ```
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[error("not {}: expected {}", T::WHAT, words::<T>())]
pub struct ParseTermError<T: Term>(PhantomData<T>);

impl<T: Term> fmt::Debug for ParseTermError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ParseTermError({})", T::WHAT)
    }
}

/// The words of a vocabulary, as a message lists them.
fn words<T: Term>() -> String {
    let words: Vec<&str> = T::ALL.iter().map(|term| term.as_str()).collect();
    match words.split_last() {
        Some((last, [])) => (*last).to_owned(),
        Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
        None => String::new(),
    }
}

/// Reads a word of a vocabulary.
pub(crate) fn parse<T: Term>(text: &str) -> Result<T, ParseTermError<T>> {
    T::ALL
        .iter()
        .find(|term| term.as_str() == text)
        .copied()
        .ok_or(ParseTermError(PhantomData))
}

/// A set of values of one vocabulary.
///
/// ```
/// use smrt_core::model::{Channel, TermSet};
///
/// let spoken = TermSet::of([Channel::Call]);
/// assert!(spoken.contains(Channel::Call) && !spoken.contains(Channel::Sms));
/// assert!(TermSet::<Channel>::ALL.contains(Channel::Sms));
/// assert_eq!("call sms".parse::<TermSet<Channel>>()?.to_string(), "call sms");
/// # Ok::<(), smrt_core::model::ParseTermError<Channel>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct TermSet<T: Term>(u32, PhantomData<T>);

impl<T: Term> TermSet<T> {
    /// No value.
    pub const NONE: Self = Self(0, PhantomData);
    /// Every value.
    pub const ALL: Self = Self((1 << T::ALL.len()) - 1, PhantomData);

    /// The set of these values.
    pub fn of(terms: impl IntoIterator<Item = T>) -> Self {
        let bits = terms
            .into_iter()
            .fold(0, |bits, term| bits | 1 << term.position());
        Self(bits, PhantomData)
    }

    /// Whether a value is in the set.
    #[must_use]
    pub fn contains(self, term: T) -> bool {
        self.0 & (1 << term.position()) != 0
    }

    /// Whether the sets have a value in common.
    #[must_use]
    pub const fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Whether there is no value.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The values, in order.
    pub fn iter(self) -> impl Iterator<Item = T> {
        let all = T::ALL.iter().copied();
        all.filter(move |term| self.contains(*term))
    }
}

impl<T: Term> fmt::Display for TermSet<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, term) in self.iter().enumerate() {
            let space = if position == 0 { "" } else { " " };
            write!(f, "{space}{}", term.as_str())?;
        }
        Ok(())
    }
}

impl<T: Term> fmt::Debug for TermSet<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{{{self}}}")
    }
}

impl<T: Term> FromStr for TermSet<T> {
    type Err = ParseTermError<T>;

    /// Reads words with spaces or commas between them.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let words = text.split([' ', ',']).filter(|word| !word.is_empty());
        let terms = words.map(parse::<T>).collect::<Result<Vec<T>, _>>()?;
        Ok(Self::of(terms))
    }
}

/// Defines the enum of a closed vocabulary.
macro_rules! terms {
    (
        $(#[$meta:meta])*
        pub enum $name:ident is $what:literal {
            $($(#[$doc:meta])* $variant:ident = $word:literal,)+
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
        pub enum $name {
            $($(#[$doc])* $variant,)+
        }

        impl $name {
            /// All values, in order.
            pub const ALL: [Self; [$($word),+].len()] = [$(Self::$variant),+];

            /// The word in the store and in every format.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }
        }

        impl crate::model::Term for $name {
            const WHAT: &'static str = $what;
            const ALL: &'static [Self] = &Self::ALL;

            fn as_str(self) -> &'static str {
                self.as_str()
            }

            fn position(self) -> u32 {
                self as u32
            }
        }

        impl std::str::FromStr for $name {
            type Err = crate::model::ParseTermError<Self>;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                crate::model::term::parse(text)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}
pub(crate) use terms;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Channel, Purpose};

    #[test]
    fn a_set_is_read_back_from_what_it_prints() {
        for set in [
            TermSet::NONE,
            TermSet::ALL,
            TermSet::of([Purpose::Marketing, Purpose::Emergency]),
        ] {
            assert_eq!(set.to_string().parse(), Ok(set));
        }
        assert_eq!(
            "sms,call".parse(),
            Ok(TermSet::of([Channel::Call, Channel::Sms]))
        );
        assert!("call fly".parse::<TermSet<Channel>>().is_err());
    }

    #[test]
    fn every_word_is_read_back() {
        fn check<T: Term + FromStr>() {
            for (position, term) in (0..).zip(T::ALL) {
                assert!(term.as_str().parse::<T>().is_ok_and(|read| read == *term));
                assert_eq!(term.position(), position);
            }
        }
        check::<Channel>();
        check::<Purpose>();
        check::<crate::model::ConsentEvent>();
        check::<crate::model::ConsentTier>();
        check::<crate::model::RegistryKind>();
    }
}
