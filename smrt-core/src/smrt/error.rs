//! What a session answers instead of doing what it was asked.

use crate::model::{AccessLevel, EntityType, Id, Module};
use crate::store::{AuditFault, StoreError, StoreErrorKind};

/// A session, or an open store, did not do what it was asked. Nothing was changed.
///
/// ```
/// # use smrt_core::smrt::doc::store;
/// # let mut smrt = store()?;
/// let error = smrt.tenant("gamma").unwrap_err();
/// // For programs a code, for people the text and a hint.
/// assert_eq!(error.code(), "tenant_unknown");
/// assert_eq!(error.to_string(), "there is no such tenant");
/// assert_eq!((error.may_retry(), error.hint()), (false, None));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SmrtError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There is no tenant with this slug.
    #[error("there is no such tenant")]
    UnknownTenant,
    /// There is no such record for this tenant: it does not exist, or it is not visible; the two
    /// cannot be told apart.
    #[error("there is no {entity_type} {id}")]
    NotFound {
        /// The kind of record that was asked for.
        entity_type: EntityType,
        /// The id that was asked for.
        id: Id,
    },
    /// There is no such grant that the tenant could end.
    #[error("there is no grant {id}")]
    UnknownGrant {
        /// The id that was asked for.
        id: Id,
    },
    /// The record is visible, but the tenant may not do this with it.
    #[error("{0}")]
    Refused(Refusal),
    /// The tenant does not have the module.
    #[error("tenant `{tenant}` does not have the module `{module}`")]
    ModuleDisabled {
        /// The tenant's slug.
        tenant: String,
        /// The module.
        module: Module,
    },
    /// The tenant's audit trail is not what it was.
    #[error("the audit trail is not sound: {0}")]
    UnsoundTrail(AuditFault),
    /// What was asked for cannot be.
    #[error("{reason}")]
    Invalid {
        /// A stable code.
        code: &'static str,
        /// What is wrong.
        reason: String,
    },
}

/// Why a tenant may not do something with a record it can see.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{} access to `{field}` of {entity_type} {id} is needed", needed.as_str())]
pub struct Refusal {
    /// The kind of record.
    pub entity_type: EntityType,
    /// The record.
    pub id: Id,
    /// The first field that stands in the way.
    pub field: &'static str,
    /// The level that would be needed.
    pub needed: AccessLevel,
}

impl SmrtError {
    /// Something that cannot be.
    pub(crate) fn invalid(code: &'static str, reason: impl Into<String>) -> Self {
        Self::Invalid {
            code,
            reason: reason.into(),
        }
    }

    /// A stable code for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Store(error) => error.code(),
            Self::UnknownTenant => "tenant_unknown",
            Self::NotFound { .. } | Self::UnknownGrant { .. } => "not_found",
            Self::Refused(_) => "access_refused",
            Self::ModuleDisabled { .. } => "module_disabled",
            Self::UnsoundTrail(fault) => fault.code(),
            Self::Invalid { code, .. } => code,
        }
    }

    /// Whether the same call may succeed later without anything else changing.
    #[must_use]
    pub fn may_retry(&self) -> bool {
        matches!(self, Self::Store(error) if error.may_retry())
    }

    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Store(error) => error.hint().map(str::to_owned),
            Self::Refused(refusal) => Some(format!(
                "`smrt access explain {} {} --field {} --level {}` says what is missing",
                refusal.entity_type,
                refusal.id,
                refusal.field,
                refusal.needed.as_str()
            )),
            Self::ModuleDisabled { tenant, module } => Some(format!(
                "`smrt tenant set {tenant} --enable {module}` enables it where the tier has it"
            )),
            Self::UnsoundTrail(_) => Some(
                "keep the file as it is and find out who wrote to it; a backup tells what was there"
                    .to_owned(),
            ),
            Self::UnknownTenant
            | Self::NotFound { .. }
            | Self::UnknownGrant { .. }
            | Self::Invalid { .. } => None,
        }
    }
}

/// A record could not be inserted because the key that the caller gave is taken.
pub(super) fn key_taken(error: StoreError) -> SmrtError {
    match error.kind() {
        StoreErrorKind::Constraint => {
            SmrtError::invalid("key_taken", "a key that was given is taken")
        }
        _ => SmrtError::Store(error),
    }
}
