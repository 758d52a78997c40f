//! Access grants, and the consents on which sharing a person's data rests, as facts.

use super::{AccessLevel, ConsentStatus, EntityType, Field, FieldSet, Id, Instant};

/// What one tenant granted to another.
///
/// A grant is never deleted: it ends at its expiry or with a revocation, so that what someone could
/// see at any instant can be said for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grant {
    /// The grant's id.
    pub id: Id,
    /// The tenant it was granted to.
    pub grantee: Id,
    /// The tenant that granted it.
    pub grantor: Id,
    /// The kind of record it speaks of.
    pub entity_type: EntityType,
    /// The record; without one the grant covers every record of the kind that its grantor owns.
    pub record: Option<Id>,
    /// The field; without one the grant covers the whole record.
    pub field: Option<Field>,
    /// What is granted; `none` denies.
    pub level: AccessLevel,
    /// From when on it counts.
    pub created_at: Instant,
    /// From when on it no longer counts.
    pub expires_at: Option<Instant>,
    /// When it was revoked.
    pub revoked_at: Option<Instant>,
}

impl Grant {
    /// Whether the grant counts at an instant: it was made at or before it, and neither expired nor
    /// was revoked at or before it.
    ///
    /// ```
    /// # use smrt_core::model::{AccessLevel, EntityType, Grant, Id, Instant};
    /// let grant = Grant {
    ///     id: Id::from_bytes([1; 16]),
    ///     grantee: Id::of_tenant("beta"),
    ///     grantor: Id::of_tenant("acme"),
    ///     entity_type: EntityType::Human,
    ///     record: None,
    ///     field: None,
    ///     level: AccessLevel::Read,
    ///     created_at: Instant::from_micros(10),
    ///     expires_at: Some(Instant::from_micros(20)),
    ///     revoked_at: None,
    /// };
    /// let live = |micros| grant.is_live(Instant::from_micros(micros));
    /// assert_eq!([9, 10, 19, 20].map(live), [false, true, true, false]);
    /// ```
    #[must_use]
    pub fn is_live(&self, at: Instant) -> bool {
        self.created_at <= at
            && self.expires_at.is_none_or(|end| at < end)
            && self.revoked_at.is_none_or(|end| at < end)
    }

    /// The fields it covers.
    ///
    /// ```
    /// # use smrt_core::model::{AccessLevel, EntityType, Field, FieldSet, Grant, Id, Instant};
    /// let grant = Grant {
    ///     // …
    /// #     id: Id::from_bytes([1; 16]),
    /// #     grantee: Id::of_tenant("beta"),
    /// #     grantor: Id::of_tenant("acme"),
    /// #     entity_type: EntityType::Human,
    /// #     record: None,
    ///     field: None,
    /// #     level: AccessLevel::Read,
    /// #     created_at: Instant::from_micros(10),
    /// #     expires_at: None,
    /// #     revoked_at: None,
    /// };
    /// assert_eq!(grant.fields(), FieldSet::all(EntityType::Human));
    ///
    /// let email = Field::parse(EntityType::Human, "email")?;
    /// let narrow = Grant { field: Some(email), ..grant };
    /// assert_eq!(narrow.fields(), FieldSet::one(email));
    /// # Ok::<(), smrt_core::model::FieldError>(())
    /// ```
    #[must_use]
    pub const fn fields(&self) -> FieldSet {
        match self.field {
            Some(field) => FieldSet::one(field),
            None => FieldSet::all(self.entity_type),
        }
    }
}

/// An event of a human's `data_sharing` consent, as the owner of the human recorded it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SharingConsent {
    /// Whether it was given or taken back.
    pub status: ConsentStatus,
    /// When the human said so; unknown counts as before everything else.
    pub date: Option<Instant>,
    /// From when on it no longer counts.
    pub expires_at: Option<Instant>,
}

impl SharingConsent {
    /// Whether the human agrees at an instant, by all events recorded.
    ///
    /// The latest one decides. Where several are the latest, all of them must be agreements that
    /// have not expired.
    ///
    /// ```
    /// # use smrt_core::model::{ConsentStatus, Instant, SharingConsent};
    /// let given = |date| SharingConsent {
    ///     status: ConsentStatus::Granted,
    ///     date: Some(Instant::from_micros(date)),
    ///     expires_at: None,
    /// };
    /// let revoked = |date| SharingConsent { status: ConsentStatus::Revoked, ..given(date) };
    /// let at = Instant::from_micros(30);
    /// assert!(SharingConsent::is_given([&revoked(10), &given(20)], at));
    /// assert!(!SharingConsent::is_given([&revoked(20), &given(20)], at));
    /// assert!(!SharingConsent::is_given([&given(31)], at));
    /// assert!(!SharingConsent::is_given([], at));
    /// ```
    #[must_use]
    pub fn is_given<'c>(events: impl IntoIterator<Item = &'c Self>, at: Instant) -> bool {
        // `None`, for a date that nobody knows, is before every date.
        let mut latest: Option<(Option<Instant>, bool)> = None;
        for event in events {
            if event.date.is_some_and(|date| date > at) {
                continue;
            }
            let is_live = event.status == ConsentStatus::Granted
                && event.expires_at.is_none_or(|end| at < end);
            latest = Some(match latest {
                Some((date, _)) if date > event.date => continue,
                Some((date, all_live)) if date == event.date => (date, all_live && is_live),
                _ => (event.date, is_live),
            });
        }
        latest.is_some_and(|(_, all_live)| all_live)
    }
}
