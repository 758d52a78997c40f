//! Tenants: adding and listing the organisations that share the store.

use super::audit::{self, Detail, NewEntry};
use super::engine::Engine;
use super::error::{StoreError, StoreErrorKind};
use super::{Store, count, migration};
use crate::model::{Actor, Id, Instant, Module, Slug, SubscriptionTier, TenantSettings};

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
    pub subscription_tier: SubscriptionTier,
    /// The modules that are enabled; the tier may allow fewer of them.
    pub enabled_modules: Vec<Module>,
    /// What the tenant set for itself.
    pub settings: TenantSettings,
    /// When it was added.
    pub created_at: Instant,
}

impl Tenant {
    /// Whether the tenant may use a module: it is enabled and its tier has it.
    #[must_use]
    pub fn has(&self, module: Module) -> bool {
        self.enabled_modules.contains(&module) && self.subscription_tier.modules().contains(&module)
    }
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
    /// Adds a tenant, which is the first entry of its audit trail.
    ///
    /// # Errors
    ///
    /// Kind `Invalid` when the slug is taken.
    pub(crate) fn add_tenant(
        &mut self,
        tenant: &NewTenant,
        actor: &Actor,
        at: Instant,
    ) -> Result<Tenant, StoreError> {
        let id = Id::of_tenant(tenant.slug.as_str());
        let added = Tenant {
            id,
            slug: tenant.slug.as_str().to_owned(),
            name: tenant.name.clone(),
            subscription_tier: SubscriptionTier::default(),
            enabled_modules: Module::ALL.to_vec(),
            settings: TenantSettings::default(),
            created_at: at,
        };
        self.transaction(|engine| {
            let taken = count(
                engine,
                "SELECT count(*) FROM tenants WHERE id = ?1",
                &[id.into()],
            )?;
            if taken > 0 {
                return Err(StoreError::new(
                    StoreErrorKind::Invalid,
                    "add tenant",
                    format!("there is a tenant `{}` already", tenant.slug),
                ));
            }
            insert(engine, &added)?;
            migration::create_shared_indexes(engine)?;
            let entry = NewEntry {
                tenant: id,
                actor: actor.as_str().to_owned(),
                action: "tenant.add",
                entity_type: None,
                entity_id: None,
                detail: Detail::default(),
            };
            audit::append(engine, &[entry], at)
        })?;
        Ok(added)
    }

    /// All tenants by slug.
    ///
    /// # Errors
    ///
    /// Those of the engine.
    pub(crate) fn tenants(&mut self) -> Result<Vec<Tenant>, StoreError> {
        read(self.engine.as_mut())
    }

    /// The tenant with this slug.
    ///
    /// # Errors
    ///
    /// Those of the engine.
    pub(crate) fn tenant(&mut self, slug: &str) -> Result<Option<Tenant>, StoreError> {
        Ok(self
            .tenants()?
            .into_iter()
            .find(|tenant| tenant.slug == slug))
    }
}

/// What changes of a tenant; what is not named stays.
#[derive(Debug, Clone, Default)]
pub struct TenantChange {
    /// The name for people.
    pub name: Option<String>,
    /// What the tenant has subscribed to.
    pub subscription_tier: Option<SubscriptionTier>,
    /// The modules that are enabled, all of them.
    pub enabled_modules: Option<Vec<Module>>,
    /// The settings, all of them.
    pub settings: Option<TenantSettings>,
}

/// Writes what a tenant has become.
pub(crate) fn update(engine: &mut dyn Engine, tenant: &Tenant) -> Result<(), StoreError> {
    engine.execute(
        "UPDATE tenants SET name = ?2, subscription_tier = ?3, enabled_modules = ?4, settings = ?5 \
         WHERE id = ?1",
        &[
            tenant.id.into(),
            tenant.name.as_str().into(),
            tenant.subscription_tier.as_str().into(),
            modules_to_json(&tenant.enabled_modules).as_str().into(),
            settings_to_json(&tenant.settings).as_str().into(),
        ],
    )?;
    Ok(())
}

impl Store {
    /// Whether anything was ever granted to a tenant; if not, it sees its own records only.
    pub(crate) fn has_received_grants(&mut self, tenant: Id) -> Result<bool, StoreError> {
        let sql = "SELECT EXISTS (SELECT 1 FROM data_access_permissions WHERE tenant_id = ?1)";
        Ok(self.count(sql, &[tenant.into()])? != 0)
    }
}

fn insert(engine: &mut dyn Engine, tenant: &Tenant) -> Result<(), StoreError> {
    engine.execute(
        "INSERT INTO tenants (id, name, slug, subscription_tier, enabled_modules, created_at, \
         settings) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        &[
            tenant.id.into(),
            tenant.name.as_str().into(),
            tenant.slug.as_str().into(),
            tenant.subscription_tier.as_str().into(),
            modules_to_json(&tenant.enabled_modules).as_str().into(),
            tenant.created_at.into(),
            settings_to_json(&tenant.settings).as_str().into(),
        ],
    )?;
    Ok(())
}

/// All tenants by slug.
pub(crate) fn read(engine: &mut dyn Engine) -> Result<Vec<Tenant>, StoreError> {
    let mut tenants = Vec::new();
    engine.query(
        "SELECT id, slug, name, subscription_tier, enabled_modules, settings, created_at \
         FROM tenants ORDER BY slug",
        &[],
        &mut |row| {
            tenants.push(Tenant {
                id: row.id(0)?,
                slug: row.text(1)?.to_owned(),
                name: row.text(2)?.to_owned(),
                subscription_tier: row
                    .text(3)?
                    .parse()
                    .map_err(|_| StoreError::unexpected_value(3))?,
                enabled_modules: modules_from_json(row.text(4)?)
                    .ok_or_else(|| StoreError::unexpected_value(4))?,
                settings: settings_from_json(row.text(5)?)
                    .ok_or_else(|| StoreError::unexpected_value(5))?,
                created_at: row.instant(6)?,
            });
            Ok(())
        },
    )?;
    Ok(tenants)
}

fn modules_to_json(modules: &[Module]) -> String {
    let names: Vec<&str> = modules.iter().map(|module| module.as_str()).collect();
    serde_json::Value::from(names).to_string()
}

fn modules_from_json(json: &str) -> Option<Vec<Module>> {
    let names: Vec<String> = serde_json::from_str(json).ok()?;
    names.iter().map(|name| name.parse().ok()).collect()
}

fn settings_to_json(settings: &TenantSettings) -> String {
    let members = settings.entries().into_iter();
    let members = members.map(|(name, value)| (name.to_owned(), value.into()));
    serde_json::Value::Object(members.collect()).to_string()
}

fn settings_from_json(json: &str) -> Option<TenantSettings> {
    let members: std::collections::BTreeMap<String, String> = serde_json::from_str(json).ok()?;
    let mut settings = TenantSettings::default();
    members
        .iter()
        .try_for_each(|(name, value)| settings.set(name, value))
        .ok()?;
    Some(settings)
}
