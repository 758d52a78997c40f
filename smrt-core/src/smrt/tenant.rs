//! What a tenant has become by a change.

use super::error::SmrtError;
use super::text;
use crate::store::{Tenant, TenantChange};

/// Applies a change and returns the names of the columns it speaks of.
pub(super) fn apply(
    tenant: &mut Tenant,
    change: &TenantChange,
) -> Result<Vec<&'static str>, SmrtError> {
    let mut fields = Vec::new();
    if let Some(name) = &change.name {
        tenant.name = text::checked("name", name)?.unwrap_or_else(|| tenant.slug.clone());
        fields.push("name");
    }
    if let Some(tier) = change.subscription_tier {
        tenant.subscription_tier = tier;
        fields.push("subscription_tier");
    }
    if let Some(modules) = &change.enabled_modules {
        let allowed = tenant.subscription_tier.modules();
        if let Some(module) = modules.iter().find(|module| !allowed.contains(module)) {
            return Err(SmrtError::invalid(
                "module_not_in_tier",
                format!(
                    "the subscription tier `{}` does not have the module `{module}`",
                    tenant.subscription_tier
                ),
            ));
        }
        tenant.enabled_modules.clone_from(modules);
        tenant.enabled_modules.sort_unstable();
        tenant.enabled_modules.dedup();
        fields.push("enabled_modules");
    }
    if let Some(settings) = &change.settings {
        tenant.settings.clone_from(settings);
        fields.push("settings");
    }
    Ok(fields)
}
