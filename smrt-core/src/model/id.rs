//! Identifiers: UUIDs, deterministic wherever the thing has a natural key.

use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

use crate::phone::E164;

/// The namespace under which all deterministic ids of smrt live.
const NAMESPACE: Uuid = Uuid::from_u128(0x7c1f_6f0e_9a4b_5d1c_8e2a_736d_7274_0001);

/// A UUID, compared bytewise on every engine.
///
/// Ids of things with a natural key are UUIDv5 of that key, so that the same thing imported
/// twice, or into two stores, carries the same id.
///
/// ```
/// use smrt_core::model::{Id, Instant};
///
/// let acme = Id::of_tenant("acme");
/// assert_eq!(Id::from_bytes(*acme.as_bytes()), acme);
/// assert_eq!(acme.to_string().parse(), Ok(acme));
///
/// // The same row of the same source is the same human, in every store.
/// let ada = Id::of_human(acme, "crm", "row 17");
/// assert_eq!(ada, Id::of_human(acme, "crm", "row 17"));
/// assert_ne!(ada, Id::of_human(Id::of_tenant("beta"), "crm", "row 17"));
///
/// let number = Id::of_phone_number("+12025550143".parse()?);
/// assert_ne!(Id::of_link(number, ada, "work"), Id::of_link(number, ada, "home"));
///
/// // For keys of the caller's own:
/// assert_ne!(Id::derived("badge", &[b"ab", b"c"]), Id::derived("badge", &[b"a", b"bc"]));
///
/// // For what has no key: ids of later instants are greater.
/// let at = |micros| Id::v7(Instant::from_micros(micros), [7; 10]);
/// assert!(at(1_000) < at(2_000));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id(Uuid);

/// The text is not a UUID.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an id: expected a UUID such as `0198c0de-0000-7000-8000-000000000000`")]
pub struct ParseIdError;

impl Id {
    /// Wraps the 16 bytes of a UUID.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(Uuid::from_bytes(bytes))
    }

    /// The 16 bytes of the UUID.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        self.0.as_bytes()
    }

    /// The id of the tenant with this slug.
    #[must_use]
    pub fn of_tenant(slug: &str) -> Self {
        derive("tenant", &[slug.as_bytes()])
    }

    /// The id of a phone number: UUIDv5 of its E.164 form.
    #[must_use]
    pub fn of_phone_number(number: E164) -> Self {
        derive("phone_number", &[number.to_string().as_bytes()])
    }

    /// The id of a human imported by `tenant` from `source` under `source_key`.
    #[must_use]
    pub fn of_human(tenant: Id, source: &str, source_key: &str) -> Self {
        derive(
            "human",
            &[tenant.as_bytes(), source.as_bytes(), source_key.as_bytes()],
        )
    }

    /// The id of the tie between a phone number and a human in one relationship.
    #[must_use]
    pub fn of_link(phone_number: Id, human: Id, relationship_type: &str) -> Self {
        derive(
            "link",
            &[
                phone_number.as_bytes(),
                human.as_bytes(),
                relationship_type.as_bytes(),
            ],
        )
    }

    /// A UUIDv5 of `parts` under `kind`, for records whose key the caller composes.
    ///
    /// Parts are length-prefixed, so `["ab", "c"]` and `["a", "bc"]` differ.
    #[must_use]
    pub fn derived(kind: &str, parts: &[&[u8]]) -> Self {
        derive(kind, parts)
    }

    /// A UUIDv7 from an instant and ten random bytes, for events and records made by hand.
    #[must_use]
    pub fn v7(at: super::Instant, random: [u8; 10]) -> Self {
        let millis = u64::try_from(at.as_micros().max(0) / 1_000).unwrap_or(0);
        Self(uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid())
    }
}

fn derive(kind: &str, parts: &[&[u8]]) -> Id {
    let mut name = Vec::with_capacity(128);
    name.extend_from_slice(kind.as_bytes());
    for part in parts {
        name.extend_from_slice(&(part.len() as u64).to_be_bytes());
        name.extend_from_slice(part);
    }
    Id(Uuid::new_v5(&NAMESPACE, &name))
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Id({})", self.0)
    }
}

impl FromStr for Id {
    type Err = ParseIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Uuid::try_parse(text.trim())
            .map(Self)
            .map_err(|_| ParseIdError)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_kept_apart() {
        assert_ne!(
            Id::derived("x", &[b"ab", b"c"]),
            Id::derived("x", &[b"a", b"bc"])
        );
        assert_ne!(Id::derived("x", &[b"a"]), Id::derived("y", &[b"a"]));
    }

    #[test]
    fn ids_are_version_5_and_stable() {
        let id = Id::of_tenant("acme");
        assert_eq!(id.to_string(), Id::of_tenant("acme").to_string());
        assert_eq!(id.as_bytes()[6] >> 4, 5);
    }

    #[test]
    fn text_round_trips() {
        let id = Id::of_tenant("acme");
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!("acme".parse::<Id>(), Err(ParseIdError));
    }
}
