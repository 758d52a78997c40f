//! What a run's tenant holds already, and which of its new numbers and links others brought first.
//!
//! What others hold stays in here: it decides how a row is written, and nobody is told.

use std::collections::{HashMap, HashSet};

use super::{
    ExistingHuman, ExistingLink, HUMAN_FIELDS, ImportTransaction, Place, SourceRow, next, with,
};
use crate::model::Id;
use crate::store::error::StoreError;
use crate::store::id_list::in_stretches;
use crate::store::runs::{self, RunKey};
use crate::store::value::Value;

/// What was found of others while the tenant's own records were looked up.
#[derive(Default)]
pub(super) struct Held {
    /// Numbers that are new to the tenant, and whether another tenant brought them first.
    pub(super) new_numbers: HashMap<Id, bool>,
    /// Humans that are known to be the tenant's own.
    pub(super) humans: HashSet<Id>,
    /// Humans whose source rows the tenant was shown.
    pub(super) source_rows: HashSet<Id>,
    /// The tenant's runs, once they were asked for.
    runs: Option<HashSet<RunKey>>,
}

type Humans = HashMap<Id, ExistingHuman>;

impl ImportTransaction<'_> {
    pub(super) fn load_fields(
        &mut self,
        list: &str,
        parameters: &[Value<'_>],
        humans: &mut Humans,
    ) -> Result<(), StoreError> {
        let tenant = next(parameters);
        let sql = format!(
            "SELECT id, {}, metadata, updated_at, import_run FROM humans \
             WHERE id IN ({list}) AND created_by_tenant_id = {tenant}",
            HUMAN_FIELDS.join(", ")
        );
        let parameters = with(parameters, self.tenant);
        let own = &mut self.held.humans;
        self.engine.query(&sql, &parameters, &mut |row| {
            let mut human = ExistingHuman {
                metadata: row.text(8)?.to_owned(),
                updated_at: Some(row.instant(9)?),
                import_run: row.optional_integer(10)?.map(RunKey),
                ..ExistingHuman::default()
            };
            for (position, field) in human.fields.iter_mut().enumerate() {
                *field = row.optional_string(position + 1)?;
            }
            let id = row.id(0)?;
            own.insert(id);
            humans.insert(id, human);
            Ok(())
        })
    }

    /// Whether all of these humans are the tenant's own.
    pub(super) fn are_own(&mut self, humans: &HashSet<Id>) -> Result<bool, StoreError> {
        let unknown = humans.difference(&self.held.humans).copied();
        let unknown: Vec<Id> = unknown.collect();
        in_stretches(self.engine.dialect(), &[], &unknown, |list, parameters| {
            let tenant = next(parameters);
            let sql = format!(
                "SELECT id FROM humans \
                 WHERE id IN ({list}) AND created_by_tenant_id = {tenant}"
            );
            let own = &mut self.held.humans;
            let parameters = with(parameters, self.tenant);
            self.engine.query(&sql, &parameters, &mut |row| {
                own.insert(row.id(0)?);
                Ok(())
            })
        })?;
        Ok(unknown.iter().all(|id| self.held.humans.contains(id)))
    }

    /// Those of the ids that are humans of the tenant's own.
    pub(super) fn own_among(&mut self, ids: &HashSet<Id>) -> Result<HashSet<Id>, StoreError> {
        self.are_own(ids)?;
        Ok(ids.intersection(&self.held.humans).copied().collect())
    }

    pub(super) fn load_source_rows(
        &mut self,
        list: &str,
        parameters: &[Value<'_>],
        source: &str,
        each: &mut dyn FnMut(Id, SourceRow),
    ) -> Result<(), StoreError> {
        let named = next(parameters);
        let sql = format!(
            "SELECT human_id, occurrence, row_digest, import_run, import_line, last_run \
             FROM source_keys WHERE human_id IN ({list}) AND source = {named} \
             ORDER BY human_id, occurrence"
        );
        // A tenant's source rows were written by its runs, which are few; its humans are many. A
        // scratch store has the rows without their runs, and no other tenant's.
        if self.held.runs.is_none() && self.place != Place::Scratch {
            self.held.runs = Some(runs::keys(self.engine, self.tenant)?);
        }
        let Held {
            source_rows, runs, ..
        } = &mut self.held;
        self.engine
            .query(&sql, &with(parameters, source), &mut |row| {
                let source_row = SourceRow {
                    occurrence: row.integer(1)?,
                    row_digest: row.integer(2)?,
                    import_run: RunKey(row.integer(3)?),
                    import_line: row.integer(4)?,
                    last_run: RunKey(row.integer(5)?),
                };
                let is_own = |runs: &HashSet<RunKey>| runs.contains(&source_row.import_run);
                if runs.as_ref().is_none_or(is_own) {
                    let id = row.id(0)?;
                    source_rows.insert(id);
                    each(id, source_row);
                }
                Ok(())
            })
    }

    pub(super) fn load_links(
        &mut self,
        list: &str,
        parameters: &[Value<'_>],
        humans: &mut Humans,
    ) -> Result<(), StoreError> {
        let sql = format!(
            "SELECT human_id, id, phone_number_id, relationship_type, metadata, is_primary, \
             created_by_tenant_id FROM phone_human_links WHERE human_id IN ({list})"
        );
        let Self { engine, tenant, .. } = self;
        engine.query(&sql, parameters, &mut |row| {
            let id = row.id(0)?;
            let Some(human) = humans.get_mut(&id) else {
                return Ok(());
            };
            let (phone_number, relationship_type) = (row.id(2)?, row.text(3)?);
            if row.id(6)? != *tenant {
                return Ok(());
            }
            human.links.push(ExistingLink {
                id: row.id(1)?,
                phone_number,
                relationship_type: relationship_type.to_owned(),
                metadata: row.text(4)?.to_owned(),
            });
            human.has_primary |= row.integer(5)? != 0;
            Ok(())
        })
    }

    /// Consent given or revoked for the human itself, and revocations for a number tied to it.
    pub(super) fn load_consents(
        &mut self,
        list: &str,
        parameters: &[Value<'_>],
        humans: &mut Humans,
    ) -> Result<(), StoreError> {
        let tenant = next(parameters);
        let sql = format!(
            "SELECT human_id, id, consent_type, consent_status FROM consent_records \
             WHERE human_id IN ({list}) AND tenant_id = {tenant} \
             UNION ALL \
             SELECT l.human_id, c.id, c.consent_type, c.consent_status FROM phone_human_links l \
             JOIN consent_records c ON c.phone_number_id = l.phone_number_id \
             WHERE l.human_id IN ({list}) AND l.created_by_tenant_id = {tenant} \
             AND c.tenant_id = {tenant} AND c.consent_status = 'revoked'"
        );
        let parameters = with(parameters, self.tenant);
        self.engine.query(&sql, &parameters, &mut |row| {
            if let Some(human) = humans.get_mut(&row.id(0)?) {
                human.consents.insert(row.id(1)?);
                if row.text(3)? == "revoked" {
                    human.revoked.insert(row.text(2)?.to_owned());
                }
            }
            Ok(())
        })
    }

    /// The numbers that the tenant has a tie to; of the others it is noted who brought them.
    pub(super) fn look_up_numbers(&mut self, ids: &[Id]) -> Result<HashSet<Id>, StoreError> {
        let mut known = HashSet::new();
        let mut of_others = HashSet::new();
        in_stretches(self.engine.dialect(), &[], ids, |list, parameters| {
            let tenant = next(parameters);
            let sql = format!(
                "SELECT p.id, CASE WHEN p.created_by_tenant_id = {tenant} THEN 1 \
                 ELSE (SELECT count(*) FROM phone_number_ties t \
                       WHERE t.tenant_id = {tenant} AND t.phone_number_id = p.id) END \
                 FROM phone_numbers p WHERE p.id IN ({list})"
            );
            self.engine
                .query(&sql, &with(parameters, self.tenant), &mut |row| {
                    match row.integer(1)? {
                        0 => of_others.insert(row.id(0)?),
                        _ => known.insert(row.id(0)?),
                    };
                    Ok(())
                })
        })?;
        for id in ids.iter().filter(|id| !known.contains(id)) {
            self.held.new_numbers.insert(*id, of_others.contains(id));
        }
        Ok(known)
    }
}
