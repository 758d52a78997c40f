//! The consent ledger of one tenant, read for many numbers at once.
//!
//! An event counts for a number when it was recorded for the number, whoever was on the line, or
//! for a human whom the tenant links to the number, whichever number was noted with it. So what a
//! human takes back holds for every number of theirs, and what is taken back by a number holds for
//! everyone on it.
//!
//! What this module does not do: it does not say what the events amount to, it never reads another
//! tenant's ledger, and it does not decide whose links the tenant may see.

use super::engine::Engine;
use super::error::StoreError;
use super::records::for_ids;
use super::tenants::Tenant;
use super::value::Row;
use crate::model::{
    ConsentEvent, ConsentEvidence, ConsentScope, ConsentStatus, ConsentTier, ConsentType,
    DatePrecision, Id, LedgerEvent,
};

/// What a tenant's ledger holds about one number or human.
#[derive(Debug, Clone, Default)]
pub(crate) struct SubjectLedger {
    /// What speaks of contacts.
    pub(crate) events: Vec<LedgerEvent>,
    /// What speaks of the processing of data at all (`data_processing`), each human's and the
    /// number's own apart: what one lifts, another does not.
    pub(crate) processing: Vec<Vec<LedgerEvent>>,
}

impl SubjectLedger {
    /// Adds what is held about another subject, and nothing twice.
    pub(crate) fn add(&mut self, other: Self) {
        for event in other.events {
            if self.events.iter().all(|known| known.id != event.id) {
                self.events.push(event);
            }
        }
        self.processing.extend(other.processing);
    }
}

/// What a tenant's ledger holds about many numbers.
#[derive(Debug, Default)]
pub(crate) struct Ledgers {
    events: Vec<KeptEvent>,
    /// Numbers and their events, sorted.
    of_numbers: Vec<(Id, u32)>,
    /// Humans and their events, sorted.
    of_humans: Vec<(Id, u32)>,
    /// Numbers and the humans linked to them, sorted.
    humans: Vec<(Id, Id)>,
}

#[derive(Debug)]
struct KeptEvent {
    subject: Id,
    speaks_of: Topic,
    event: LedgerEvent,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Topic {
    Contacts,
    Processing,
}

/// The columns of an event, in the order of [`Ledgers::keep`].
const COLUMNS: &str = "c.id, c.tenant_id, c.phone_number_id, c.human_id, c.consent_type, \
     c.consent_status, c.event_kind, c.consent_tier, c.seller, c.consent_date, c.date_precision, \
     c.recorded_at, c.expiration_date, c.evidence";

impl Ledgers {
    /// The ledger as far as it speaks of these numbers and of the humans linked to them, which
    /// are given as pairs of number and human. Fast for few numbers.
    ///
    /// # Errors
    ///
    /// Those of the engine.
    pub(crate) fn of_numbers(
        engine: &mut dyn Engine,
        tenant: &Tenant,
        numbers: &[Id],
        linked: Vec<(Id, Id)>,
    ) -> Result<Self, StoreError> {
        let mut ledgers = Self {
            humans: linked,
            ..Self::default()
        };
        let sql = format!("SELECT {COLUMNS} FROM consent_records c WHERE c.phone_number_id IN");
        for_ids(engine, &sql, &[], numbers, &mut |row| {
            ledgers.keep(tenant, row)
        })?;
        let mut humans: Vec<Id> = ledgers.humans.iter().map(|(_, human)| *human).collect();
        humans.sort_unstable();
        humans.dedup();
        ledgers.read_humans(engine, tenant, &humans)?;
        ledgers.sort();
        Ok(ledgers)
    }

    /// The whole ledger, in one pass. Fast for many numbers; takes about 200 bytes an event.
    ///
    /// # Errors
    ///
    /// Those of the engine.
    pub(crate) fn of_tenant(engine: &mut dyn Engine, tenant: &Tenant) -> Result<Self, StoreError> {
        let mut ledgers = Self::default();
        if is_empty(engine, tenant)? {
            return Ok(ledgers);
        }
        let sql = format!("SELECT {COLUMNS} FROM consent_records c WHERE c.tenant_id = ?1");
        engine.query(&sql, &[tenant.id.into()], &mut |row| {
            ledgers.keep(tenant, row)
        })?;
        ledgers.sort();
        if !ledgers.of_humans.is_empty() {
            let mut humans = Vec::new();
            let sql = "SELECT l.phone_number_id, l.human_id FROM phone_human_links l \
                       WHERE l.created_by_tenant_id = ?1";
            engine.query(sql, &[tenant.id.into()], &mut |row| {
                let human = row.id(1)?;
                if !stretch(&ledgers.of_humans, human).is_empty() {
                    humans.push((row.id(0)?, human));
                }
                Ok(())
            })?;
            ledgers.humans = humans;
            ledgers.sort();
        }
        Ok(ledgers)
    }

    /// How many events a tenant's ledger has, to choose between the two.
    ///
    /// # Errors
    ///
    /// Those of the engine.
    pub(crate) fn events_of_tenant(
        engine: &mut dyn Engine,
        tenant: &Tenant,
    ) -> Result<i64, StoreError> {
        let sql = "SELECT count(*) FROM consent_records WHERE tenant_id = ?1";
        super::count(engine, sql, &[tenant.id.into()])
    }

    /// What the ledger holds about a number.
    pub(crate) fn of_number(&self, number: Id) -> SubjectLedger {
        let mut positions: Vec<u32> = Vec::new();
        positions.extend(stretch(&self.of_numbers, number).iter().map(|(_, at)| *at));
        for (_, human) in stretch(&self.humans, number) {
            positions.extend(stretch(&self.of_humans, *human).iter().map(|(_, at)| *at));
        }
        self.at(positions)
    }

    /// What a tenant's ledger holds about a human: what was recorded for the human, and for each
    /// number that the tenant links to them.
    ///
    /// # Errors
    ///
    /// Those of the engine.
    pub(crate) fn of_human(
        engine: &mut dyn Engine,
        tenant: &Tenant,
        human: Id,
    ) -> Result<SubjectLedger, StoreError> {
        let mut ledgers = Self::default();
        let numbers = Self::numbers_of(engine, tenant.id, human)?;
        let sql = format!("SELECT {COLUMNS} FROM consent_records c WHERE c.phone_number_id IN");
        for_ids(engine, &sql, &[], &numbers, &mut |row| {
            ledgers.keep(tenant, row)
        })?;
        ledgers.read_humans(engine, tenant, &[human])?;
        let all = u32::try_from(ledgers.events.len()).unwrap_or(u32::MAX);
        Ok(ledgers.at((0..all).collect()))
    }

    /// The numbers that a tenant links to a human.
    ///
    /// # Errors
    ///
    /// Those of the engine.
    pub(crate) fn numbers_of(
        engine: &mut dyn Engine,
        tenant: Id,
        human: Id,
    ) -> Result<Vec<Id>, StoreError> {
        let mut numbers = Vec::new();
        let sql = "SELECT phone_number_id, created_by_tenant_id FROM phone_human_links \
                   WHERE human_id = ?1";
        engine.query(sql, &[human.into()], &mut |row| {
            if row.id(1)? == tenant {
                numbers.push(row.id(0)?);
            }
            Ok(())
        })?;
        Ok(numbers)
    }

    /// The numbers of which the ledger holds something, in the order of their ids.
    pub(crate) fn numbers(&self) -> Vec<Id> {
        let of_numbers = self.of_numbers.iter().map(|(number, _)| *number);
        let of_humans = self.humans.iter().map(|(number, _)| *number);
        let mut numbers: Vec<Id> = of_numbers.chain(of_humans).collect();
        numbers.sort_unstable();
        numbers.dedup();
        numbers
    }

    /// The humans of whom it holds something and who have no number, in the order of their ids.
    pub(crate) fn humans_without_number(&self) -> Vec<Id> {
        let mut reached: Vec<Id> = self.humans.iter().map(|(_, human)| *human).collect();
        reached.sort_unstable();
        let humans = self.of_humans.iter().map(|(human, _)| *human);
        let mut humans: Vec<Id> = humans
            .filter(|human| reached.binary_search(human).is_err())
            .collect();
        humans.dedup();
        humans
    }

    /// What it holds about a human, apart from their numbers.
    pub(crate) fn of_human_alone(&self, human: Id) -> SubjectLedger {
        let positions = stretch(&self.of_humans, human).iter();
        self.at(positions.map(|(_, at)| *at).collect())
    }

    fn read_humans(
        &mut self,
        engine: &mut dyn Engine,
        tenant: &Tenant,
        humans: &[Id],
    ) -> Result<(), StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM consent_records c WHERE c.human_id IN");
        for_ids(engine, &sql, &[], humans, &mut |row| self.keep(tenant, row))
    }

    /// The events at these places, each once, with what they speak of.
    fn at(&self, mut positions: Vec<u32>) -> SubjectLedger {
        let event_at = |at: &u32| self.events.get(*at as usize);
        // An event that names a human and a number was read for both.
        positions.sort_unstable_by_key(|at| event_at(at).map(|kept| (kept.subject, kept.event.id)));
        positions.dedup_by_key(|at| event_at(at).map(|kept| kept.event.id));
        let mut found = SubjectLedger::default();
        let mut subject = None;
        for kept in positions.iter().filter_map(event_at) {
            match kept.speaks_of {
                Topic::Contacts => found.events.push(kept.event.clone()),
                Topic::Processing => {
                    if subject.replace(kept.subject) != Some(kept.subject) {
                        found.processing.push(Vec::new());
                    }
                    if let Some(of_subject) = found.processing.last_mut() {
                        of_subject.push(kept.event.clone());
                    }
                }
            }
        }
        found
    }

    /// Keeps an event if it is the tenant's and speaks of something here.
    fn keep(&mut self, tenant: &Tenant, row: &dyn Row) -> Result<(), StoreError> {
        if row.id(1)? != tenant.id {
            return Ok(());
        }
        let Some((speaks_of, scope)) = topic(row.text(4)?) else {
            return Ok(());
        };
        let (number, human) = (row.optional_id(2)?, row.optional_id(3)?);
        let Some(subject) = human.or(number) else {
            return Ok(());
        };
        let at = u32::try_from(self.events.len()).unwrap_or(u32::MAX);
        self.of_numbers.extend(number.map(|number| (number, at)));
        self.of_humans.extend(human.map(|human| (human, at)));
        self.events.push(KeptEvent {
            subject,
            speaks_of,
            event: event(tenant, scope, row)?,
        });
        Ok(())
    }

    fn sort(&mut self) {
        self.of_numbers.sort_unstable();
        self.of_humans.sort_unstable();
        self.humans.sort_unstable();
        self.humans.dedup();
    }
}

/// Whether other tenants ever let this one see links of theirs.
pub(crate) fn has_received_grants_on_links(
    engine: &mut dyn Engine,
    tenant: Id,
) -> Result<bool, StoreError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM data_access_permissions \
               WHERE tenant_id = ?1 AND entity_type = 'link')";
    Ok(super::count(engine, sql, &[tenant.into()])? != 0)
}

/// Whether the tenant has no ledger at all.
pub(crate) fn is_empty(engine: &mut dyn Engine, tenant: &Tenant) -> Result<bool, StoreError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM consent_records WHERE tenant_id = ?1)";
    Ok(super::count(engine, sql, &[tenant.id.into()])? == 0)
}

/// What a consent type speaks of; nothing for one that has to do with neither.
fn topic(consent_type: &str) -> Option<(Topic, ConsentScope)> {
    if consent_type == "data_processing" {
        return Some((Topic::Processing, ConsentScope::ALL));
    }
    let consent_type = ConsentType::parse(consent_type).ok()?;
    ConsentScope::of(&consent_type).map(|scope| (Topic::Contacts, scope))
}

/// An event of a row. What cannot be read is taken for what gives least.
fn event(tenant: &Tenant, scope: ConsentScope, row: &dyn Row) -> Result<LedgerEvent, StoreError> {
    let instant = |column| row.optional_instant(column);
    let status = row.text(5)?.parse().unwrap_or(ConsentStatus::Revoked);
    let kind = row.text(6)?.parse().ok();
    let kind = kind.filter(|kind: &ConsentEvent| kind.status() == status);
    let tier = row.optional_text(7)?.map(str::parse).transpose();
    let tier = tier.unwrap_or(Some(ConsentTier::Implied));
    let evidence = match row.optional_text(13)? {
        Some(text) => serde_json::from_str(text).unwrap_or_default(),
        None => ConsentEvidence::default(),
    };
    let seller = row
        .optional_text(8)?
        .filter(|seller| *seller != tenant.slug);
    let precision = row.optional_text(10)?.map(str::parse).transpose();
    Ok(LedgerEvent {
        id: row.id(0)?,
        event: kind.unwrap_or(ConsentEvent::of_status(status)),
        scope,
        tier,
        seller: seller.map(str::to_owned),
        number: row.optional_id(2)?,
        acted_at: instant(9)?,
        precision: precision.ok().flatten().unwrap_or(DatePrecision::Day),
        recorded_at: row.instant(11)?,
        valid_until: instant(12)?,
        origin: evidence.origin(),
        fault: evidence.fault(tier),
    })
}

/// The pairs with this id, of a list sorted by it.
fn stretch<T>(sorted: &[(Id, T)], id: Id) -> &[(Id, T)] {
    let start = sorted.partition_point(|(found, _)| *found < id);
    let rest = sorted.get(start..).unwrap_or_default();
    let len = rest.iter().take_while(|(found, _)| *found == id).count();
    rest.get(..len).unwrap_or_default()
}
