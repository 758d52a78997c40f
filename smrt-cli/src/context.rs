//! The store and the tenant a command works with.

use std::path::Path;

use smrt_core::model::Instant;
use smrt_core::store::{Access, NewTenant, Store, StoreError, StoreErrorKind, Tenant};

use crate::args::GlobalArgs;
use crate::error::CliError;
use crate::ui::Ui;

/// The instant a command acts at: `--at`, or else the clock.
pub(crate) fn now(global: &GlobalArgs) -> Instant {
    global.at.unwrap_or_else(|| Instant::from_chrono(chrono::Utc::now()))
}

/// Opens the store of a command.
pub(crate) fn open(global: &GlobalArgs, access: Access) -> Result<Store, CliError> {
    Store::open(&global.db, access, now(global)).map_err(|error| about(error, &global.db))
}

/// Opens the store, or makes a new one where there is nothing.
pub(crate) fn open_or_create(global: &GlobalArgs, ui: &Ui) -> Result<Store, CliError> {
    let exists = Store::exists(&global.db).map_err(|error| about(error, &global.db))?;
    if exists {
        return open(global, Access::Write);
    }
    ui.note(format_args!("new store `{}`", global.db.display()));
    Store::create(&global.db, now(global)).map_err(|error| about(error, &global.db))
}

pub(crate) fn about(error: StoreError, path: &Path) -> CliError {
    CliError::from(error).about(path.display())
}

/// The tenant a command acts for.
///
/// A store that has no tenant yet gets the named one, or `default`: there is nothing it could be
/// mistaken for.
pub(crate) fn tenant_or_first(
    store: &mut Store,
    global: &GlobalArgs,
    ui: &Ui,
) -> Result<Tenant, CliError> {
    if !store.tenants()?.is_empty() {
        return tenant(store, global);
    }
    let slug = global.tenant.as_deref().unwrap_or("default");
    let new = NewTenant {
        slug: slug.parse().map_err(|error| CliError::user(format!("`{slug}`: {error}")))?,
        name: slug.to_owned(),
    };
    ui.note(format_args!("new tenant `{slug}`"));
    Ok(store.add_tenant(&new, now(global))?)
}

/// The tenant a command acts for, which must be there.
pub(crate) fn tenant(store: &mut Store, global: &GlobalArgs) -> Result<Tenant, CliError> {
    let tenants = store.tenants()?;
    let slugs: Vec<&str> = tenants.iter().map(|tenant| tenant.slug.as_str()).collect();
    let known = format!("known tenants: {}", slugs.join(", "));
    match (&global.tenant, tenants.as_slice()) {
        (Some(slug), _) => match tenants.iter().find(|tenant| tenant.slug == *slug) {
            Some(tenant) => Ok(tenant.clone()),
            None => Err(CliError::user(format!("there is no tenant `{slug}`"))
                .hint(format!("{known}; add one with `smrt tenant add {slug}`"))),
        },
        (None, [only]) => Ok(only.clone()),
        (None, []) => {
            Err(CliError::user("the store has no tenant").hint("add one with `smrt tenant add SLUG`"))
        }
        (None, _) => Err(CliError::user("the store has several tenants").hint(format!(
            "say which one with `--tenant`; {known}"
        ))),
    }
}

/// Whether an error says only that there is no store.
pub(crate) fn is_missing(error: &StoreError) -> bool {
    error.kind() == StoreErrorKind::NotFound
}
