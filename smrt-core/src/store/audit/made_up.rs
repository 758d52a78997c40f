//! Made-up entries, for tests and for measuring; feature `testing`.

use super::{Detail, NewEntry, append};
use crate::model::{EntityType, Field, Id, Instant};
use crate::store::Store;
use crate::store::error::StoreError;

impl Store {
    /// Appends this many made-up entries to a tenant's trail in one transaction, as if its actor
    /// `crm-sync` had edited as many humans.
    ///
    /// # Errors
    ///
    /// Those of the engine; nothing was then appended.
    pub(crate) fn append_made_up_entries(
        &mut self,
        tenant: Id,
        entries: usize,
        at: Instant,
    ) -> Result<(), StoreError> {
        let human = |number: usize| {
            let at = at.as_micros().to_be_bytes();
            Id::derived("made_up", &[&at, &number.to_be_bytes()])
        };
        let entry = |number: usize| NewEntry {
            tenant,
            actor: "crm-sync".to_owned(),
            action: "human.edit",
            entity_type: Some(EntityType::Human),
            entity_id: Some(human(number)),
            detail: Detail::of_fields(Field::parse(EntityType::Human, "email")),
        };
        let entries: Vec<NewEntry> = (0..entries).map(entry).collect();
        self.transaction(|engine| append(engine, &entries, at))
    }
}
