//! `smrt tenant`: the organisations that share the store.

use clap::Subcommand;
use serde::Serialize;
use smrt_core::store::{Access, Tenant};

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

const LIST_HELP: &str = "\
Examples:
  smrt tenant list
  smrt tenant list --format json --db contacts.db";

/// Add and list the organisations that share the store
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
    /// List the tenants
    #[command(after_long_help = LIST_HELP)]
    List,
}

#[derive(Debug, Serialize)]
struct TenantRow {
    slug: String,
    name: String,
    id: String,
    created_at: String,
}

impl Row for TenantRow {
    const SHAPE: &'static Shape = &Shape {
        schema: "smrt.tenants.v1",
        list: "tenants",
        tag: "tenant",
        table: &[left("SLUG"), left("NAME"), left("ADDED")],
        csv: &["slug", "name", "id", "created_at"],
    };

    fn table_cells(&self) -> Vec<String> {
        vec![
            self.slug.clone(),
            self.name.clone(),
            self.created_at.clone(),
        ]
    }

    fn csv_cells(&self) -> Vec<String> {
        vec![
            self.slug.clone(),
            self.name.clone(),
            self.id.clone(),
            self.created_at.clone(),
        ]
    }
}

impl From<Tenant> for TenantRow {
    fn from(tenant: Tenant) -> Self {
        Self {
            slug: tenant.slug,
            name: tenant.name,
            id: tenant.id.to_string(),
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
        TenantCommand::List => context::open(global, Access::Read)?.tenants()?,
    };
    output::listing(ui.format, tenants.into_iter().map(TenantRow::from))?;
    Ok(Exit::Done)
}
