//! Do-Not-Call registries: what kinds there are.

use super::term::terms;

terms! {
    /// What a registry lists, and on whose word.
    ///
    /// ```
    /// use smrt_core::model::RegistryKind;
    ///
    /// assert_eq!("national".parse(), Ok(RegistryKind::National));
    /// assert!(RegistryKind::Internal.is_own() && !RegistryKind::National.is_own());
    /// ```
    pub enum RegistryKind is "a kind of registry" {
        /// Numbers whose holders asked a national authority not to be called.
        National = "national",
        /// Numbers whose holders asked a state's authority.
        State = "state",
        /// Numbers whose holders asked this tenant.
        Internal = "internal",
        /// Numbers of people known to sue callers.
        Litigator = "litigator",
    }
}

impl RegistryKind {
    /// Whether a registry of this kind is one tenant's own and exists for no other.
    #[must_use]
    pub const fn is_own(self) -> bool {
        match self {
            Self::Internal | Self::Litigator => true,
            Self::National | Self::State => false,
        }
    }
}

terms! {
    /// How a version of a registry came to be.
    ///
    /// ```
    /// use smrt_core::model::VersionKind;
    ///
    /// assert_eq!("change".parse(), Ok(VersionKind::Change));
    /// ```
    pub enum VersionKind is "a kind of version" {
        /// From a full list.
        Full = "full",
        /// From a list of changes.
        Change = "change",
        /// Numbers were taken off by hand.
        Removal = "removal",
    }
}

terms! {
    /// The answer of the Reassigned Numbers Database about a number and a date.
    ///
    /// ```
    /// use smrt_core::model::ReassignedAnswer;
    ///
    /// assert_eq!("no_data".parse(), Ok(ReassignedAnswer::NoData));
    /// ```
    pub enum ReassignedAnswer is "an answer of the Reassigned Numbers Database" {
        /// Disconnected for good on or after the date: somebody else may have it now.
        Yes = "yes",
        /// Not disconnected for good since the date.
        No = "no",
        /// Nothing is known of so early a date.
        NoData = "no_data",
    }
}
