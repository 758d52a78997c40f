//! What the examples of this crate's docs begin with: a store with the tenants `acme` and `beta`.

use super::{NewHuman, Smrt, SmrtError};
use crate::model::{Actor, Id, Instant, Slug};
use crate::store::NewTenant;

/// The instant of the examples, 2026-11-21T08:30:00Z.
#[must_use]
pub const fn now() -> Instant {
    Instant::from_micros(1_795_249_800_000_000)
}

/// A store with the tenants `acme` and `beta`.
///
/// # Errors
///
/// Those of the engine.
pub fn store() -> Result<Smrt, SmrtError> {
    let mut smrt = Smrt::in_memory()?;
    for (slug, name) in [("acme", "Acme"), ("beta", "Beta")] {
        let slug: Slug = slug
            .parse()
            .map_err(|_| SmrtError::invalid("slug", "not a slug"))?;
        let name = name.to_owned();
        smrt.add_tenant(&NewTenant { slug, name }, &Actor::unknown(), now())?;
    }
    Ok(smrt)
}

/// Adds Ada Lovewell, a human of `acme`.
///
/// # Errors
///
/// Those of the engine.
pub fn with_human(smrt: &mut Smrt) -> Result<Id, SmrtError> {
    let mut session = smrt.tenant("acme")?.acting_as(Actor::unknown());
    session.add_human(
        &NewHuman {
            first_name: Some("Ada".to_owned()),
            last_name: Some("Lovewell".to_owned()),
            ..NewHuman::default()
        },
        now(),
    )
}
