//! The store and the tenant a command works with.

use std::path::Path;

use smrt_core::model::{Actor, Instant};
use smrt_core::smrt::{Smrt, TenantSession};
use smrt_core::store::{Access, NewTenant, Tenant};

use crate::args::GlobalArgs;
use crate::error::CliError;
use crate::mapping_choice::nearest;
use crate::rules::Rules;
use crate::ui::Ui;

/// The tenant of a store whose user names none.
const TENANT_DEFAULT: &str = "default";

/// The instant a command acts at: `--at`, or else the clock.
pub(crate) fn now(global: &GlobalArgs) -> Instant {
    global
        .at
        .unwrap_or_else(|| Instant::from_chrono(chrono::Utc::now()))
}

/// The rules a command decides by: the built-in ones, and those of `--rules`.
pub(crate) fn rules(global: &GlobalArgs) -> Result<Rules, CliError> {
    Rules::load(global.rules.as_deref())
}

/// The folder of a store that is a file, where what belongs to it is put; else the current one.
pub(crate) fn folder(global: &GlobalArgs) -> &Path {
    let folder = global.db.path().and_then(Path::parent);
    folder.unwrap_or(Path::new(""))
}

/// Opens the store of a command, for sessions of its tenants and for the store as a whole.
pub(crate) fn smrt(global: &GlobalArgs) -> Result<Smrt, CliError> {
    open_for(global, Access::Write)
}

/// Opens the store of a command that writes nothing.
pub(crate) fn smrt_for_reading(global: &GlobalArgs) -> Result<Smrt, CliError> {
    open_for(global, Access::Read)
}

fn open_for(global: &GlobalArgs, access: Access) -> Result<Smrt, CliError> {
    Smrt::open_at(&global.db, access, now(global))
        .map_err(|error| CliError::from(error).about(&global.db))
}

/// The session in which a command acts: of the named tenant, or the only one.
pub(crate) fn session<'s>(
    smrt: &'s mut Smrt,
    global: &GlobalArgs,
) -> Result<TenantSession<'s>, CliError> {
    let tenant = choose_tenant(&smrt.tenants()?, global.tenant.as_deref())?;
    Ok(smrt.tenant(&tenant.slug)?.acting_as(actor(global)))
}

/// Who acts: `--actor`, or else the login name as the system gives it.
pub(crate) fn actor(global: &GlobalArgs) -> Actor {
    let login = || {
        ["USER", "LOGNAME", "USERNAME"]
            .iter()
            .find_map(|name| std::env::var(name).ok()?.parse().ok())
    };
    let named = global.actor.clone().or_else(login);
    named.unwrap_or_else(Actor::unknown)
}

/// Whether there is a store; anything else at its path is an error.
pub(crate) fn exists(global: &GlobalArgs) -> Result<bool, CliError> {
    Smrt::exists_at(&global.db).map_err(|error| CliError::from(error).about(&global.db))
}

/// Opens the store, or makes a new one where there is nothing.
pub(crate) fn open_or_create(global: &GlobalArgs, ui: &Ui) -> Result<Smrt, CliError> {
    if exists(global)? {
        return smrt(global);
    }
    match Smrt::create_at(&global.db, now(global)) {
        Ok(smrt) => {
            ui.note(format_args!("new store `{}`", &global.db));
            Ok(smrt)
        }
        // Another process may have made it between our look and our try.
        Err(_) if exists(global)? => smrt(global),
        Err(error) => Err(CliError::from(error).about(&global.db)),
    }
}

/// The session in which a command acts that may be the first one of a new store.
///
/// A store that has no tenant yet gets the named one, or `default`: there is nothing it could be
/// mistaken for.
pub(crate) fn session_or_first<'s>(
    smrt: &'s mut Smrt,
    global: &GlobalArgs,
    ui: &Ui,
) -> Result<TenantSession<'s>, CliError> {
    if !smrt.tenants()?.is_empty() {
        return session(smrt, global);
    }
    let first = first_session(smrt, global)?;
    ui.note(format_args!("new tenant `{}`", first.tenant().slug));
    Ok(first)
}

/// Adds the named tenant, or `default`, to a store that has none.
pub(crate) fn first_session<'s>(
    smrt: &'s mut Smrt,
    global: &GlobalArgs,
) -> Result<TenantSession<'s>, CliError> {
    let slug = global.tenant.as_deref().unwrap_or(TENANT_DEFAULT);
    smrt.add_tenant(&new_tenant(slug, None)?, &actor(global), now(global))?;
    Ok(smrt.tenant(slug)?.acting_as(actor(global)))
}

/// A tenant to be added, by what the user typed.
pub(crate) fn new_tenant(slug: &str, name: Option<String>) -> Result<NewTenant, CliError> {
    let parsed = slug
        .parse()
        .map_err(|error| CliError::user(format!("`{slug}` names no tenant: {error}")))?;
    Ok(NewTenant {
        slug: parsed,
        name: name.unwrap_or_else(|| slug.to_owned()),
    })
}

/// The tenant with a slug, which must be there.
pub(crate) fn named_tenant(tenants: &[Tenant], slug: &str) -> Result<Tenant, CliError> {
    choose_tenant(tenants, Some(slug))
}

/// The tenant that was named, or the only one.
fn choose_tenant(tenants: &[Tenant], named: Option<&str>) -> Result<Tenant, CliError> {
    let slugs = || tenants.iter().map(|tenant| tenant.slug.as_str());
    let known = format!("known tenants: {}", slugs().collect::<Vec<_>>().join(", "));
    match (named, tenants) {
        (_, []) => Err(CliError::user("the store has no tenant")
            .hint("add one with `smrt tenant add SLUG`, or import into the store")),
        (Some(slug), _) => match tenants.iter().find(|tenant| tenant.slug == slug) {
            Some(tenant) => Ok(tenant.clone()),
            None => Err(unknown_tenant(slug, nearest(slug, slugs())).hint(known)),
        },
        (None, [only]) => Ok(only.clone()),
        (None, _) => Err(CliError::user("the store has several tenants")
            .hint(format!("say which one with `--tenant`; {known}"))),
    }
}

fn unknown_tenant(slug: &str, nearest: Option<&str>) -> CliError {
    let error = CliError::user(format!("there is no tenant `{slug}`"));
    match nearest {
        Some(nearest) => error.hint(format!("is `{nearest}` meant?")),
        None => error.hint(format!("add it with `smrt tenant add {slug}`")),
    }
}

#[cfg(test)]
mod tests {
    use smrt_core::model::{Id, SubscriptionTier, TenantSettings};

    use super::*;

    fn tenants(slugs: &[&str]) -> Vec<Tenant> {
        let tenant = |slug: &&str| Tenant {
            id: Id::of_tenant(slug),
            slug: (*slug).to_owned(),
            name: (*slug).to_owned(),
            subscription_tier: SubscriptionTier::default(),
            enabled_modules: Vec::new(),
            settings: TenantSettings::default(),
            created_at: Instant::from_micros(0),
        };
        slugs.iter().map(tenant).collect()
    }

    #[test]
    fn the_only_tenant_needs_no_name_and_several_do() {
        let check = |slugs: &[&str], named: Option<&str>, expected: Option<&str>| {
            let chosen = choose_tenant(&tenants(slugs), named).ok();
            assert_eq!(chosen.map(|tenant| tenant.slug).as_deref(), expected);
        };
        check(&["acme"], None, Some("acme"));
        check(&["acme"], Some("acme"), Some("acme"));
        check(&["acme"], Some("acne"), None);
        check(&["acme", "beta"], None, None);
        check(&["acme", "beta"], Some("beta"), Some("beta"));
        check(&[], None, None);
        check(&[], Some("acme"), None);
    }

    #[test]
    fn an_unknown_tenant_is_answered_with_the_known_ones() {
        let check = |named: &str, hints: [&str; 2]| {
            let error = choose_tenant(&tenants(&["acme", "beta"]), Some(named)).unwrap_err();
            assert_eq!(error.hints, hints);
        };
        check("acne", ["is `acme` meant?", "known tenants: acme, beta"]);
        check(
            "zorro",
            [
                "add it with `smrt tenant add zorro`",
                "known tenants: acme, beta",
            ],
        );
    }
}
