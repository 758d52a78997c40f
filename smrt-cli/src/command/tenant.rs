//! `smrt tenant`: the organisations that share the store. These are the operator's commands.

use clap::{Args, Subcommand};
use serde::Serialize;
use smrt_core::model::{Module, SubscriptionTier};
use smrt_core::store::{Tenant, TenantChange};

use crate::args::GlobalArgs;
use crate::context;
use crate::error::CliError;
use crate::exit::Exit;
use crate::output::{self, Row, Shape};
use crate::table::left;
use crate::ui::Ui;

const ADD_HELP: &str = "\
Examples:
  smrt tenant add acme
  smrt tenant add beta --name 'Beta Clinics Ltd'";

const SET_HELP: &str = "\
A tenant without a module is refused its commands:
  contacts  find, show, human, number, link, unlink
  import    import, runs
  consent   consent records and interactions
  sharing   access grant, access revoke, share
The tier `basic` has contacts and import, `standard` has all.

Settings:
  default_region=REGION  where phone numbers without a country code are from
  grant_days_max=DAYS    the longest life of a grant the tenant gives
  controller_address, controller_contact, jurisdiction, language, privacy_notice, recipients,
  retention_period, storage_location, withdrawal_method
                         what consent receipts say of the tenant
An empty value unsets a setting.

Examples:
  smrt tenant set acme --tier basic --disable sharing --disable consent
  smrt tenant set acme --setting grant_days_max=90 --setting default_region=GB";

const ROLE_HELP: &str = "\
The role reads the tenant's own records by any SQL, and no others, and writes nothing; row-level
security sees to it. It cannot log in: let a login have it with `GRANT ROLE TO LOGIN`.
A table that a migration adds is shut to the role until the same command is run again.

Examples:
  smrt tenant role acme acme_reader --db postgres://smrt@db.example.com/contacts";

const LIST_HELP: &str = "\
Examples:
  smrt tenant list
  smrt tenant list --format json --db contacts.db";

/// Add, change and list the organisations that share the store
#[derive(Debug, Subcommand)]
pub(crate) enum TenantCommand {
    /// Add a tenant; makes the store where there is none
    #[command(after_long_help = ADD_HELP)]
    Add {
        /// Its short name: 1 to 63 lower-case letters, digits or `-`
        slug: String,
        /// Its name for people; by default the short one
        #[arg(long)]
        name: Option<String>,
    },
    /// Change a tenant's name, tier, modules or settings
    #[command(after_long_help = SET_HELP)]
    Set(SetArgs),
    /// Make a role of a Postgres database that reads one tenant's records and no others
    #[command(after_long_help = ROLE_HELP)]
    Role {
        /// The tenant's short name
        slug: String,
        /// The name of the role; one that is there is the tenant's already
        role: String,
    },
    /// List the tenants
    #[command(after_long_help = LIST_HELP)]
    List,
}

#[derive(Debug, Args)]
pub(crate) struct SetArgs {
    /// The tenant's short name
    slug: String,
    /// Its name for people
    #[arg(long)]
    name: Option<String>,
    /// What it has subscribed to: basic or standard
    #[arg(long, value_name = "TIER")]
    tier: Option<SubscriptionTier>,
    /// Enable a module: contacts, import, consent or sharing
    #[arg(long, value_name = "MODULE")]
    enable: Vec<Module>,
    /// Disable a module
    #[arg(long, value_name = "MODULE")]
    disable: Vec<Module>,
    /// Set something for the tenant, such as grant_days_max=90
    #[arg(long, value_name = "NAME=VALUE")]
    setting: Vec<String>,
}

#[derive(Debug, Serialize)]
struct TenantRow {
    slug: String,
    name: String,
    id: String,
    subscription_tier: &'static str,
    enabled_modules: Vec<&'static str>,
    settings: serde_json::Map<String, serde_json::Value>,
    created_at: String,
}

impl TenantRow {
    fn settings_text(&self) -> String {
        let settings = self.settings.iter();
        let texts =
            settings.map(|(name, value)| format!("{name}={}", value.as_str().unwrap_or("")));
        texts.collect::<Vec<_>>().join(" ")
    }
}

impl Row for TenantRow {
    const SHAPE: &'static Shape = &Shape {
        schema: "smrt.tenants.v1",
        list: "tenants",
        tag: "tenant",
        table: &[
            left("SLUG"),
            left("NAME"),
            left("TIER"),
            left("MODULES"),
            left("SETTINGS"),
            left("ADDED"),
        ],
        csv: &[
            "slug",
            "name",
            "id",
            "subscription_tier",
            "enabled_modules",
            "settings",
            "created_at",
        ],
    };

    fn table_cells(&self) -> Vec<String> {
        vec![
            self.slug.clone(),
            self.name.clone(),
            self.subscription_tier.to_owned(),
            self.enabled_modules.join(" "),
            self.settings_text(),
            self.created_at.clone(),
        ]
    }

    fn csv_cells(&self) -> Vec<String> {
        vec![
            self.slug.clone(),
            self.name.clone(),
            self.id.clone(),
            self.subscription_tier.to_owned(),
            self.enabled_modules.join(" "),
            self.settings_text(),
            self.created_at.clone(),
        ]
    }
}

impl From<Tenant> for TenantRow {
    fn from(tenant: Tenant) -> Self {
        let modules = Module::ALL.into_iter().filter(|module| tenant.has(*module));
        let settings = tenant.settings.entries().into_iter();
        Self {
            enabled_modules: modules.map(Module::as_str).collect(),
            settings: settings
                .map(|(name, value)| (name.to_owned(), value.into()))
                .collect(),
            slug: tenant.slug,
            name: tenant.name,
            id: tenant.id.to_string(),
            subscription_tier: tenant.subscription_tier.as_str(),
            created_at: tenant.created_at.to_string(),
        }
    }
}

pub(super) fn run(command: TenantCommand, global: &GlobalArgs, ui: &Ui) -> Result<Exit, CliError> {
    let tenants = match command {
        TenantCommand::Add { slug, name } => {
            let new = context::new_tenant(&slug, name)?;
            let mut store = context::open_or_create(global, ui)?;
            vec![store.add_tenant(&new, &context::actor(global), context::now(global))?]
        }
        TenantCommand::Set(args) => vec![set(&args, global)?],
        TenantCommand::Role { slug, role } => vec![make_role(&slug, &role, global)?],
        TenantCommand::List => context::smrt(global)?.tenants()?,
    };
    output::listing(ui.format, tenants.into_iter().map(TenantRow::from))?;
    Ok(Exit::Done)
}

fn make_role(slug: &str, role: &str, global: &GlobalArgs) -> Result<Tenant, CliError> {
    let mut smrt = context::smrt(global)?;
    let tenant = context::named_tenant(&smrt.tenants()?, slug)?;
    let (actor, now) = (context::actor(global), context::now(global));
    smrt.create_tenant_role(slug, role, &actor, now)?;
    Ok(tenant)
}

fn set(args: &SetArgs, global: &GlobalArgs) -> Result<Tenant, CliError> {
    let mut smrt = context::smrt(global)?;
    let tenant = context::named_tenant(&smrt.tenants()?, &args.slug)?;
    let mut modules = tenant.enabled_modules;
    modules.retain(|module| !args.disable.contains(module));
    modules.extend(&args.enable);
    let tier = args.tier.unwrap_or(tenant.subscription_tier);
    if args.enable.is_empty() {
        // A smaller tier takes the modules it does not have along.
        modules.retain(|module| tier.modules().contains(module));
    }
    let mut settings = tenant.settings;
    for setting in &args.setting {
        let (name, value) = setting.split_once('=').ok_or_else(|| {
            CliError::user("a setting is given as NAME=VALUE")
                .hint("for example: --setting grant_days_max=90")
        })?;
        settings
            .set(name, value)
            .map_err(|error| CliError::user(error.to_string()))?;
    }
    let change = TenantChange {
        name: args.name.clone(),
        subscription_tier: args.tier,
        enabled_modules: Some(modules),
        settings: Some(settings),
    };
    let (actor, now) = (context::actor(global), context::now(global));
    Ok(smrt.change_tenant(&args.slug, &change, &actor, now)?)
}
