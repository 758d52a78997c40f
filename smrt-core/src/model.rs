//! Values that are valid by construction, one file an entity.
//!
//! What this module does not do: it reads no store and takes no decision.

mod access;
mod actor;
mod consent;
mod email;
mod entity;
mod grant;
mod id;
mod instant;
mod interaction;
mod module;
mod relationship;
mod tenant;

pub use access::{AccessLevel, ParseAccessLevelError};
pub use actor::{Actor, ActorError};
pub use consent::{ConsentStatus, ConsentType, ConsentTypeError, ParseConsentStatusError};
pub use email::{Email, EmailError};
pub use entity::{EntityType, Field, FieldError, FieldSet, ParseEntityTypeError};
pub use grant::{Grant, SharingConsent};
pub use id::{Id, ParseIdError};
pub use instant::{Instant, ParseInstantError};
pub use interaction::{Direction, InteractionKind, ParseDirectionError, ParseInteractionKindError};
pub use module::{
    Module, ParseModuleError, ParseSubscriptionTierError, SettingError, SubscriptionTier,
    TenantSettings,
};
pub use relationship::{RelationshipType, RelationshipTypeError};
pub use tenant::{Slug, SlugError};
