//! Values that are valid by construction, one file an entity.
//!
//! What this module does not do: it reads no store and takes no decision.

mod consent;
mod email;
mod id;
mod instant;
mod relationship;
mod tenant;

pub use consent::{ConsentStatus, ConsentType, ConsentTypeError, ParseConsentStatusError};
pub use email::{Email, EmailError};
pub use id::{Id, ParseIdError};
pub use instant::{Instant, ParseInstantError};
pub use relationship::{RelationshipType, RelationshipTypeError};
pub use tenant::{Slug, SlugError};
