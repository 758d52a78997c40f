//! Values that are valid by construction, one file an entity.
//!
//! What this module does not do: it reads no store and takes no decision.

mod access;
mod actor;
mod area_codes;
mod consent;
mod contact;
mod email;
mod entity;
mod evidence;
mod grant;
mod id;
mod instant;
mod interaction;
mod ledger;
mod members;
mod module;
mod number_set;
mod registry;
mod relationship;
mod tenant;
pub(crate) mod term;

pub use access::{AccessLevel, ParseAccessLevelError};
pub use actor::{Actor, ActorError};
pub use area_codes::{AreaCodes, ParseAreaCodesError, Territory};
pub use consent::{
    ConsentChannel, ConsentEvent, ConsentScope, ConsentStatus, ConsentTier, ConsentType,
    ConsentTypeError, DatePrecision, ParseConsentStatusError,
};
pub use contact::{Audience, Channel, Circumstance, Dialing, Line, Purpose, Voice};
pub use email::{Email, EmailError};
pub use entity::{EntityType, Field, FieldError, FieldSet, ParseEntityTypeError};
pub use evidence::{ConsentEvidence, ConsentMethod, SignatureKind};
pub use grant::{Grant, SharingConsent};
pub use id::{Id, ParseIdError};
pub use instant::{Instant, ParseInstantError};
pub use interaction::{Direction, InteractionKind};
pub use ledger::{ConsentOrigin, EvidenceFault, LedgerEvent};
pub use members::{BLOCK_NUMBERS, Members};
pub use module::{
    Module, ParseModuleError, ParseSubscriptionTierError, SettingError, SubscriptionTier,
    TenantSettings,
};
pub use number_set::{NumberSet, block_of, member_of};
pub use registry::{ReassignedAnswer, RegistryKind, VersionKind};
pub use relationship::{RelationshipType, RelationshipTypeError};
pub use tenant::{Slug, SlugError};
pub use term::{ParseTermError, Term, TermSet};
