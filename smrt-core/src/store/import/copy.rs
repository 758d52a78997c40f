//! Copying what a plan looks at into a scratch store: the tenant's own records and nothing else.

use super::{ImportTransaction, next, with};
use crate::model::Id;
use crate::store::engine::{Engine, OnConflict};
use crate::store::error::StoreError;
use crate::store::id_list::in_stretches;
use crate::store::schema::{self, Table};
use crate::store::value::RowBlock;

/// Which rows of a table a tenant's plan may see: the column that ids are compared with, and a
/// condition in which `{tenant}` stands for the tenant.
struct Part {
    table: &'static Table,
    column: &'static str,
    of_tenant: &'static str,
}

const HUMANS: Part = Part {
    table: &schema::HUMANS,
    column: "id",
    of_tenant: "created_by_tenant_id = {tenant}",
};
const LINKS: Part = Part {
    table: &schema::PHONE_HUMAN_LINKS,
    column: "human_id",
    of_tenant: "created_by_tenant_id = {tenant}",
};
const SOURCE_KEYS: Part = Part {
    table: &schema::SOURCE_KEYS,
    column: "human_id",
    of_tenant: "EXISTS (SELECT 1 FROM import_runs r \
                WHERE r.number = source_keys.import_run AND r.tenant_id = {tenant})",
};
const CONSENTS: Part = Part {
    table: &schema::CONSENT_RECORDS,
    column: "human_id",
    of_tenant: "tenant_id = {tenant}",
};
const CONSENTS_OF_NUMBERS: Part = Part {
    table: &schema::CONSENT_RECORDS,
    column: "phone_number_id",
    of_tenant: "tenant_id = {tenant}",
};
const NUMBERS: Part = Part {
    table: &schema::PHONE_NUMBERS,
    column: "id",
    of_tenant: "created_by_tenant_id = {tenant}",
};

/// A number that another tenant brought first, as if this tenant had: what the number itself says,
/// and when and how this tenant came to it.
const TIED_NUMBERS: &str = "SELECT p.id, p.phone_number, p.country_code, p.area_code, p.is_mobile, \
    NULL, t.dnc_status, t.dnc_date, t.created_at, t.created_at, t.tenant_id, '{}', t.import_run, \
    t.import_line FROM phone_number_ties t JOIN phone_numbers p ON p.id = t.phone_number_id \
    WHERE t.tenant_id = {tenant} AND t.phone_number_id IN";

impl ImportTransaction<'_> {
    /// Copies the given humans, their links, source rows and consents, and the given phone
    /// numbers from `base`, except what is here already.
    pub(crate) fn copy_from(
        &mut self,
        base: &mut dyn Engine,
        humans: &[Id],
        phone_numbers: &[Id],
    ) -> Result<(), StoreError> {
        let tenant = self.tenant;
        let mut linked = phone_numbers.to_vec();
        in_stretches(base.dialect(), &[], humans, |list, parameters| {
            let owner = next(parameters);
            let sql = format!(
                "SELECT phone_number_id FROM phone_human_links \
                 WHERE human_id IN ({list}) AND created_by_tenant_id = {owner}"
            );
            base.query(&sql, &with(parameters, tenant), &mut |row| {
                linked.push(row.id(0)?);
                Ok(())
            })
        })?;
        linked.sort_unstable();
        linked.dedup();
        let parts = [
            (NUMBERS, &linked[..]),
            (HUMANS, humans),
            (LINKS, humans),
            (SOURCE_KEYS, humans),
            (CONSENTS, humans),
            (CONSENTS_OF_NUMBERS, &linked),
        ];
        for (part, ids) in parts {
            let sql = format!(
                "SELECT {} FROM {} WHERE {} AND {} IN",
                part.table.column_list(),
                part.table.name,
                part.of_tenant,
                part.column
            );
            self.copy(base, part.table, &sql, ids)?;
        }
        self.copy(base, &schema::PHONE_NUMBERS, TIED_NUMBERS, &linked)
    }

    /// Copies the rows that a query finds for some of `ids`.
    fn copy(
        &mut self,
        base: &mut dyn Engine,
        table: &'static Table,
        sql: &str,
        ids: &[Id],
    ) -> Result<(), StoreError> {
        in_stretches(base.dialect(), &[], ids, |list, parameters| {
            let mut block = RowBlock::new(table);
            let sql = format!("{sql} ({list})").replace("{tenant}", &next(parameters));
            base.query(&sql, &with(parameters, self.tenant), &mut |row| {
                for position in 0..table.columns.len() {
                    block.push(row.value(position)?);
                }
                Ok(())
            })?;
            self.engine.bulk_write(&block, OnConflict::Skip).map(|_| ())
        })
    }
}
