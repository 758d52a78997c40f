//! Contact data that several organisations share: phone numbers and humans, tied many-to-many,
//! with access grants, consent, and an audit trail that proves itself.
//!
//! An open store is a [`smrt::Smrt`]. Each organisation is a tenant of it, and whoever reads or
//! writes contact data does so in a [`smrt::TenantSession`]: it shows what its tenant may see,
//! attributes what it writes to its actor, and puts both down in the audit trail. To a tenant
//! without a grant, another tenant's record does not exist.
//!
//! ```
//! use smrt_core::model::{AccessLevel, Actor, EntityType, Field, Instant, RelationshipType};
//! use smrt_core::smrt::{NewGrant, NewHuman, NewLink, Smrt};
//! use smrt_core::store::NewTenant;
//!
//! // `Smrt::open("contacts.db")` opens a file; this store lives as long as the value.
//! let mut smrt = Smrt::in_memory()?;
//! let now: Instant = "2026-11-21T08:30:00Z".parse()?;
//! let operator: Actor = "operator".parse()?;
//! for slug in ["acme", "beta"] {
//!     let tenant = NewTenant { slug: slug.parse()?, name: slug.to_owned() };
//!     smrt.add_tenant(&tenant, &operator, now)?;
//! }
//!
//! // Acme keeps a contact, with a phone number.
//! let mut acme = smrt.tenant("acme")?.acting_as("crm-sync".parse()?);
//! let ada = acme.add_human(
//!     &NewHuman {
//!         first_name: Some("Ada".to_owned()),
//!         last_name: Some("Lovewell".to_owned()),
//!         job_title: Some("Engineer".to_owned()),
//!         ..NewHuman::default()
//!     },
//!     now,
//! )?;
//! let number = smrt_core::phone::parse("020 7946 0101", Some("GB".parse()?))?;
//! acme.add_link(&NewLink::new(ada, number.e164(), RelationshipType::parse("work")?), now)?;
//!
//! // To beta she does not exist.
//! let mut beta = smrt.tenant("beta")?.acting_as("beta-crm".parse()?);
//! assert_eq!(beta.human(ada, now).unwrap_err().code(), "not_found");
//!
//! // Acme lets beta see her last name, until the end of the year.
//! let mut acme = smrt.tenant("acme")?.acting_as("anna.k".parse()?);
//! acme.grant(
//!     &[NewGrant {
//!         to: "beta".to_owned(),
//!         entity_type: EntityType::Human,
//!         record: Some(ada),
//!         field: Some(Field::parse(EntityType::Human, "last_name")?),
//!         level: AccessLevel::Read,
//!         expires_at: Some("2027-01-01".parse()?),
//!     }],
//!     now,
//! )?;
//!
//! let mut beta = smrt.tenant("beta")?.acting_as("beta-crm".parse()?);
//! let human = beta.human(ada, now)?;
//! assert_eq!(human.last_name.value().unwrap(), "Lovewell");
//! assert!(human.first_name.is_hidden());
//! let in_january = "2027-01-02".parse()?;
//! assert_eq!(beta.human(ada, in_january).unwrap_err().code(), "not_found");
//!
//! // Both trails tell of it, and no hand has touched them.
//! assert!(smrt.verify_audit()?.iter().all(|(_, trail)| trail.is_sound()));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! - [`model`]: values that are valid by construction.
//! - [`phone`]: the phone number normaliser, which needs no store.
//! - [`rules`]: decisions as pure functions of facts.
//! - [`smrt`]: the facade, which joins the two.
//! - [`store`]: engines, schema, and what imports read and write.
//!
//! The crate has no terminal, no clock, no environment and, outside the engine drivers, no files:
//! every instant is an argument. The guide for services is `docs/embedding.md`.

pub mod model;
pub mod phone;
pub mod rules;
pub mod smrt;
pub mod store;

/// The Rust of the documents runs as tests.
#[cfg(doctest)]
mod documents {
    #[doc = include_str!("../../README.md")]
    struct Readme;
    #[doc = include_str!("../../docs/embedding.md")]
    struct Embedding;
}
