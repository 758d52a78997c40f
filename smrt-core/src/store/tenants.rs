//! Tenants: adding and listing the organisations that share the store.

use super::engine::Engine;
use super::error::{StoreError, StoreErrorKind};
use super::{Store, count};
use crate::model::{Id, Instant, Slug};

/// A tenant as the store holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tenant {
    /// UUIDv5 of the slug.
    pub id: Id,
    /// The short, unique name.
    pub slug: String,
    /// The name for people.
    pub name: String,
    /// What the tenant has subscribed to.
    pub subscription_tier: String,
    /// When it was added.
    pub created_at: Instant,
}

/// A tenant to be added.
#[derive(Debug, Clone)]
pub struct NewTenant {
    /// The short, unique name.
    pub slug: Slug,
    /// The name for people.
    pub name: String,
}

impl Store {
    /// Adds a tenant.
    ///
    /// # Errors
    ///
    /// Kind `Invalid` when the slug is taken.
    pub fn add_tenant(&mut self, tenant: &NewTenant, at: Instant) -> Result<Tenant, StoreError> {
        let id = Id::of_tenant(tenant.slug.as_str());
        self.transaction(|engine| {
            let taken = count(engine, "SELECT count(*) FROM tenants WHERE id = ?1", &[id.into()])?;
            if taken > 0 {
                return Err(StoreError::new(
                    StoreErrorKind::Invalid,
                    "add tenant",
                    format!("there is a tenant `{}` already", tenant.slug),
                ));
            }
            engine.execute(
                "INSERT INTO tenants (id, name, slug, subscription_tier, enabled_modules, created_at, settings) \
                 VALUES (?1, ?2, ?3, 'standard', '[]', ?4, '{}')",
                &[id.into(), tenant.name.as_str().into(), tenant.slug.as_str().into(), at.into()],
            )?;
            Ok(())
        })?;
        Ok(Tenant {
            id,
            slug: tenant.slug.as_str().to_owned(),
            name: tenant.name.clone(),
            subscription_tier: "standard".to_owned(),
            created_at: at,
        })
    }

    /// All tenants by slug.
    ///
    /// # Errors
    ///
    /// Those of the engine.
    pub fn tenants(&mut self) -> Result<Vec<Tenant>, StoreError> {
        read(self.engine.as_mut())
    }

    /// The tenant with this slug.
    ///
    /// # Errors
    ///
    /// Those of the engine.
    pub fn tenant(&mut self, slug: &str) -> Result<Option<Tenant>, StoreError> {
        Ok(self
            .tenants()?
            .into_iter()
            .find(|tenant| tenant.slug == slug))
    }
}

fn read(engine: &mut dyn Engine) -> Result<Vec<Tenant>, StoreError> {
    let mut tenants = Vec::new();
    engine.query(
        "SELECT id, slug, name, subscription_tier, created_at FROM tenants ORDER BY slug",
        &[],
        &mut |row| {
            tenants.push(Tenant {
                id: row.id(0)?,
                slug: row.text(1)?.to_owned(),
                name: row.text(2)?.to_owned(),
                subscription_tier: row.text(3)?.to_owned(),
                created_at: row.instant(4)?,
            });
            Ok(())
        },
    )?;
    Ok(tenants)
}
