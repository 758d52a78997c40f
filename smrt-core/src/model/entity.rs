//! Kinds of records and their fields: what a grant can speak of.

use std::fmt;
use std::str::FromStr;

/// A kind of record that has an owner and can be shared.
///
/// ```
/// use smrt_core::model::{EntityType, Field};
///
/// let human: EntityType = "human".parse()?;
/// assert_eq!(human.as_str(), "human");
///
/// let sensitive: Vec<_> = human.sensitive_fields().fields(human).map(Field::name).collect();
/// assert_eq!(sensitive, ["email", "employee_id", "contractor_id", "metadata"]);
///
/// // Whoever has a tie to a number may read these:
/// let carrier = Field::parse(EntityType::PhoneNumber, "carrier_info")?;
/// assert!(EntityType::PhoneNumber.facts().contains(carrier));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum EntityType {
    /// A person.
    Human,
    /// A phone number.
    PhoneNumber,
    /// A tie between a phone number and a human.
    Link,
    /// An event of the consent ledger.
    ConsentRecord,
    /// A call, a text or a mail.
    Interaction,
}

/// The text names no kind of record.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no kind of record: expected human, phone_number, link, consent_record or interaction")]
pub struct ParseEntityTypeError;

impl EntityType {
    /// All kinds.
    pub const ALL: [Self; 5] = [
        Self::Human,
        Self::PhoneNumber,
        Self::Link,
        Self::ConsentRecord,
        Self::Interaction,
    ];

    /// The term in the store and in every format.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Human => "human",
            Self::PhoneNumber => "phone_number",
            Self::Link => "link",
            Self::ConsentRecord => "consent_record",
            Self::Interaction => "interaction",
        }
    }

    /// The fields a grant can name, by their column names, in the order of [`FieldSet`].
    ///
    /// ```
    /// use smrt_core::model::EntityType;
    ///
    /// assert!(EntityType::Human.fields().contains(&"email"));
    /// ```
    #[must_use]
    pub const fn fields(self) -> &'static [&'static str] {
        match self {
            Self::Human => &[
                "first_name",
                "last_name",
                "email",
                "company_name",
                "job_title",
                "employee_id",
                "contractor_id",
                "metadata",
            ],
            Self::PhoneNumber => &[
                "phone_number",
                "country_code",
                "area_code",
                "is_mobile",
                "carrier_info",
                "dnc_status",
                "dnc_date",
                "metadata",
            ],
            Self::Link => &["relationship_type", "is_primary", "verified", "metadata"],
            Self::ConsentRecord => &[
                "consent_type",
                "consent_status",
                "consent_source",
                "consent_date",
                "expiration_date",
                "legal_basis",
                "metadata",
                "evidence",
            ],
            Self::Interaction => &[
                "kind",
                "direction",
                "outcome",
                "started_at",
                "duration_s",
                "metadata",
            ],
        }
    }

    /// Fields that another tenant sees only while the human's `data_sharing` consent lives: those
    /// that identify the person elsewhere, and `metadata`, of which nobody knows what it holds.
    #[must_use]
    pub const fn sensitive_fields(self) -> FieldSet {
        match self {
            // email, employee_id, contractor_id, metadata
            Self::Human => FieldSet(0b1110_0100),
            Self::PhoneNumber | Self::Link | Self::ConsentRecord | Self::Interaction => {
                FieldSet::NONE
            }
        }
    }

    /// A phone number's own facts, which any tenant with a tie to the number may read.
    #[must_use]
    pub const fn facts(self) -> FieldSet {
        match self {
            // all but metadata
            Self::PhoneNumber => FieldSet(0b0111_1111),
            Self::Human | Self::Link | Self::ConsentRecord | Self::Interaction => FieldSet::NONE,
        }
    }
}

impl FromStr for EntityType {
    type Err = ParseEntityTypeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|entity_type| entity_type.as_str() == text)
            .ok_or(ParseEntityTypeError)
    }
}

impl fmt::Display for EntityType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A field of one kind of record.
///
/// ```
/// use smrt_core::model::{EntityType, Field};
///
/// let last_name = Field::parse(EntityType::Human, "last_name")?;
/// assert_eq!((last_name.entity_type(), last_name.name()), (EntityType::Human, "last_name"));
/// assert_eq!(EntityType::Human.fields()[last_name.position()], "last_name");
/// assert!(Field::all(EntityType::Human).any(|field| field == last_name));
///
/// let error = Field::parse(EntityType::Link, "last_name").unwrap_err();
/// assert_eq!(error.entity_type, EntityType::Link);
/// # Ok::<(), smrt_core::model::FieldError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Field {
    entity_type: EntityType,
    // INVARIANT: below `entity_type.fields().len()`.
    position: u8,
}

/// The kind of record has no such field.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a {entity_type} has no such field: expected one of {}", entity_type.fields().join(", "))]
pub struct FieldError {
    /// The kind of record.
    pub entity_type: EntityType,
}

impl Field {
    /// The field of a kind of record with this name.
    ///
    /// # Errors
    ///
    /// [`FieldError`] when there is none.
    pub fn parse(entity_type: EntityType, name: &str) -> Result<Self, FieldError> {
        let position = entity_type.fields().iter().position(|field| *field == name);
        match position.and_then(|position| u8::try_from(position).ok()) {
            Some(position) => Ok(Self {
                entity_type,
                position,
            }),
            None => Err(FieldError { entity_type }),
        }
    }

    /// All fields of a kind of record.
    pub fn all(entity_type: EntityType) -> impl Iterator<Item = Self> {
        (0..)
            .zip(entity_type.fields())
            .map(move |(position, _)| Self {
                entity_type,
                position,
            })
    }

    /// The kind of record.
    #[must_use]
    pub const fn entity_type(self) -> EntityType {
        self.entity_type
    }

    /// Its place in [`EntityType::fields`].
    #[must_use]
    pub const fn position(self) -> usize {
        self.position as usize
    }

    /// The field's name, also that of its column.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.entity_type
            .fields()
            .get(self.position())
            .copied()
            .unwrap_or_default()
    }
}

/// A set of fields of one kind of record, by their place in [`EntityType::fields`].
///
/// ```
/// use smrt_core::model::{EntityType, Field, FieldSet};
///
/// let human = EntityType::Human;
/// let first_name = Field::parse(human, "first_name")?;
/// let email = Field::parse(human, "email")?;
///
/// let both = FieldSet::one(first_name).union(FieldSet::one(email));
/// assert!(both.contains(email) && FieldSet::all(human).contains_all(both));
/// assert_eq!(both.intersection(human.sensitive_fields()), FieldSet::one(email));
///
/// let rest = both.without(human.sensitive_fields());
/// let names: Vec<&str> = rest.fields(human).map(Field::name).collect();
/// assert_eq!(names, ["first_name"]);
/// assert!(rest.without(rest).is_empty());
///
/// // As the store keeps it:
/// assert_eq!(FieldSet::from_bits(both.bits()), both);
/// # Ok::<(), smrt_core::model::FieldError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct FieldSet(u16);

impl FieldSet {
    /// No field.
    pub const NONE: Self = Self(0);

    /// Every field of a kind of record.
    #[must_use]
    pub const fn all(entity_type: EntityType) -> Self {
        Self((1 << entity_type.fields().len()) - 1)
    }

    /// One field.
    #[must_use]
    pub const fn one(field: Field) -> Self {
        Self(1 << field.position)
    }

    /// The set as bits, the first field lowest.
    #[must_use]
    pub const fn bits(self) -> u16 {
        self.0
    }

    /// The set with these bits.
    #[must_use]
    pub const fn from_bits(bits: u16) -> Self {
        Self(bits)
    }

    /// Whether a field is in the set.
    #[must_use]
    pub const fn contains(self, field: Field) -> bool {
        self.0 & (1 << field.position) != 0
    }

    /// Whether every field of another set is in this one.
    #[must_use]
    pub const fn contains_all(self, other: Self) -> bool {
        other.0 & !self.0 == 0
    }

    /// Whether the set is empty.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Fields in either set.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Fields in both sets.
    #[must_use]
    pub const fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Fields of this set that are not in the other.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// The fields in the set.
    pub fn fields(self, entity_type: EntityType) -> impl Iterator<Item = Field> {
        Field::all(entity_type).filter(move |field| self.contains(*field))
    }
}

impl fmt::Debug for FieldSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FieldSet({:#b})", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_by_name_hold_the_fields_they_are_written_for() {
        let names =
            |set: FieldSet, of: EntityType| -> Vec<_> { set.fields(of).map(Field::name).collect() };
        assert_eq!(
            names(EntityType::Human.sensitive_fields(), EntityType::Human),
            ["email", "employee_id", "contractor_id", "metadata"]
        );
        assert_eq!(
            names(EntityType::PhoneNumber.facts(), EntityType::PhoneNumber),
            &EntityType::PhoneNumber.fields()[..7]
        );
    }

    #[test]
    fn terms_and_fields_are_read_back() {
        for entity_type in EntityType::ALL {
            assert_eq!(entity_type.as_str().parse(), Ok(entity_type));
            for field in Field::all(entity_type) {
                assert_eq!(Field::parse(entity_type, field.name()), Ok(field));
                assert!(FieldSet::all(entity_type).contains(field));
            }
            assert!(Field::parse(entity_type, "password").is_err());
        }
        assert_eq!("humans".parse::<EntityType>(), Err(ParseEntityTypeError));
    }
}
