//! Which registry is meant: its kind, whose it is, and its name.

use super::super::error::SmrtError;
use crate::model::{Id, RegistryKind, Territory};
use crate::rules::rule::Jurisdiction;
use crate::store::dnc::RegistryRow;

/// The longest name of a registry.
const NAME_BYTES_MAX: usize = 64;

/// A registry as a tenant names it.
///
/// National and state registries are shared: tenants that name the same one share a copy of its
/// numbers, and learn nothing of each other by it. Internal and litigator lists are the tenant's
/// own.
///
/// ```
/// use smrt_core::model::RegistryKind;
/// use smrt_core::smrt::DncRegistryKey;
///
/// let national = DncRegistryKey::new(RegistryKind::National, Some("US".parse()?), None)?;
/// assert_eq!(national.name(), "national-us");
/// let own = DncRegistryKey::new(RegistryKind::Internal, None, None)?;
/// assert_eq!(own.name(), "internal");
/// // Whose a national registry is must be said.
/// assert!(DncRegistryKey::new(RegistryKind::National, None, None).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DncRegistryKey {
    kind: RegistryKind,
    // INVARIANT: a country for a national registry, a state for a state's, nothing for own lists.
    jurisdiction: Option<Jurisdiction>,
    name: String,
}

impl DncRegistryKey {
    /// The registry of this kind, jurisdiction and name; without a name, the usual one.
    ///
    /// # Errors
    ///
    /// [`SmrtError::Invalid`] with `jurisdiction_needed`, `jurisdiction_unknown`,
    /// `jurisdiction_without_use` or `registry_name_not_valid`.
    pub fn new(
        kind: RegistryKind,
        jurisdiction: Option<Jurisdiction>,
        name: Option<&str>,
    ) -> Result<Self, SmrtError> {
        let whose = jurisdiction.map(|whose| whose.to_string().to_ascii_lowercase());
        let state = jurisdiction.as_ref().and_then(Jurisdiction::state);
        let usual = match (kind, &whose) {
            (RegistryKind::National, Some(country)) if state.is_none() => {
                format!("national-{country}")
            }
            (RegistryKind::State, Some(of)) if state.is_some() => format!("state-{of}"),
            (RegistryKind::Internal | RegistryKind::Litigator, None) => kind.as_str().to_owned(),
            (RegistryKind::National, _) => {
                return Err(needed("national", "a country such as `US`"));
            }
            (RegistryKind::State, _) => return Err(needed("state", "a state such as `US-TX`")),
            (RegistryKind::Internal | RegistryKind::Litigator, Some(_)) => {
                return Err(SmrtError::invalid(
                    "jurisdiction_without_use",
                    format!("the kind `{}` has no jurisdiction", kind.as_str()),
                ));
            }
        };
        let key = Self {
            kind,
            jurisdiction,
            name: name.map_or(usual, str::to_owned),
        };
        if jurisdiction.is_some() && key.territory().is_none() {
            return Err(SmrtError::invalid(
                "jurisdiction_unknown",
                "no country has this code",
            ));
        }
        let is_plain =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        match !key.name.is_empty()
            && key.name.len() <= NAME_BYTES_MAX
            && key.name.bytes().all(is_plain)
        {
            true => Ok(key),
            false => Err(SmrtError::invalid(
                "registry_name_not_valid",
                format!(
                    "a registry's name has lower-case letters, digits and `-`, at most {NAME_BYTES_MAX}"
                ),
            )),
        }
    }

    /// What kind it is.
    #[must_use]
    pub const fn kind(&self) -> RegistryKind {
        self.kind
    }

    /// Whose it is.
    #[must_use]
    pub const fn jurisdiction(&self) -> Option<Jurisdiction> {
        self.jurisdiction
    }

    /// What it is called.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The numbers it may list; nothing for own lists, which may list any.
    #[must_use]
    pub fn territory(&self) -> Option<Territory> {
        let country = self.jurisdiction?.country().to_string();
        country.parse().ok().map(Territory::of)
    }

    /// The tenant it belongs to, if it is a tenant's own.
    pub(super) fn owner(&self, tenant: Id) -> Option<Id> {
        self.kind.is_own().then_some(tenant)
    }

    /// The registry's id for a tenant.
    pub(super) fn id(&self, tenant: Id) -> Id {
        let owner = self.owner(tenant);
        let owner = owner.as_ref().map_or(&[][..], |owner| owner.as_bytes());
        let whose = self.jurisdiction.map(|whose| whose.to_string());
        let whose = whose.unwrap_or_default();
        Id::derived(
            "dnc_registry",
            &[
                owner,
                self.kind.as_str().as_bytes(),
                whose.as_bytes(),
                self.name.as_bytes(),
            ],
        )
    }

    pub(super) fn row(&self, tenant: Id) -> RegistryRow {
        RegistryRow {
            id: self.id(tenant),
            name: self.name.clone(),
            kind: self.kind,
        }
    }
}

fn needed(kind: &str, what: &str) -> SmrtError {
    SmrtError::invalid(
        "jurisdiction_needed",
        format!("the kind `{kind}` needs a jurisdiction: {what}"),
    )
}
