//! The rows of a run on their way into the store, in the transaction that writes them.
//!
//! Rows that are not planned yet are planned against what the tenant has, as this transaction sees it.
//! What this module does not do: it begins and ends no transaction.

use smrt_core::model::Id;
use smrt_core::smrt::TenantSession;
use smrt_core::store::{ExistingHuman, ImportTransaction, RunCounts};

use super::error::ImportError;
use super::pipeline::Work;
use crate::clean::{CleanBatch, CleanContext, clean};
use crate::mapping::RowMapper;
use crate::plan::{Existing, PlanContext, Planned, plan_against};

/// A transaction of a run, and what it takes to clean and plan rows for it.
pub(super) struct Writer<'w, 't, 'b> {
    pub(super) transaction: &'w mut ImportTransaction<'t>,
    /// The session whose records are copied first, where the run only tries a plan out.
    pub(super) base: Option<&'w mut TenantSession<'b>>,
    pub(super) clean: &'w CleanContext,
    pub(super) plan: &'w PlanContext,
    pub(super) mapper: &'w RowMapper,
}

impl Writer<'_, '_, '_> {
    /// Plans rows, if they are not planned yet, and writes them. Returns what they count.
    pub(super) fn write(&mut self, work: Work) -> Result<RunCounts, ImportError> {
        let planned = match work {
            Work::Planned(planned) => planned,
            Work::Cleaned(batch) => self.plan(*batch)?,
        };
        self.transaction.apply(&planned.batch)?;
        Ok(planned.counts)
    }

    fn plan(&mut self, batch: CleanBatch) -> Result<Planned, ImportError> {
        let clean = self.with_named_humans(batch)?;
        let humans: Vec<Id> = clean.rows.iter().filter_map(|row| row.human).collect();
        let Self {
            transaction, plan, ..
        } = self;
        if let Some(base) = self.base.as_deref_mut() {
            let numbers: Vec<Id> = clean.numbers.iter().map(|(_, id)| *id).collect();
            transaction.copy_records_from(base, &humans, &numbers)?;
        }
        let mut source_rows = transaction.source_rows(&humans, &plan.source)?;
        // Of a human about whom every row says what it said before, nothing else is asked.
        let (humans, numbers) = clean.with_news(&source_rows);
        let asked: Vec<Id> = humans.iter().copied().collect();
        let mut existing = Existing {
            humans: transaction.existing_humans(&asked, &plan.source)?,
            phone_numbers: transaction.existing_phone_numbers(&numbers)?,
            revoked_numbers: transaction.revoked_numbers(&numbers)?,
        };
        source_rows.retain(|id, _| !humans.contains(id));
        existing
            .humans
            .extend(source_rows.into_iter().map(|(id, source_rows)| {
                let human = ExistingHuman {
                    source_rows,
                    ..ExistingHuman::default()
                };
                (id, human)
            }));
        Ok(plan_against(plan, &mut existing, clean))
    }

    /// The rows once those that name a human by id have that human, if it is the tenant's own.
    fn with_named_humans(&mut self, mut batch: CleanBatch) -> Result<CleanBatch, ImportError> {
        if batch.named_humans.is_empty() {
            return Ok(batch);
        }
        if let Some(base) = self.base.as_deref_mut() {
            self.transaction
                .copy_records_from(base, &batch.named_humans, &[])?;
        }
        let own = self.transaction.own_humans(&batch.named_humans)?;
        if !own.is_empty() {
            let records = std::mem::take(&mut batch.records);
            clean(self.clean, self.mapper, &own, records, &mut batch);
        }
        Ok(batch)
    }
}
