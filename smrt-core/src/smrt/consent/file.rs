//! Events of the ledger that a file tells of, in stretches of any number.
//!
//! What this module does not do: it reads no file; `smrt-etl` does.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};

use super::super::error::SmrtError;
use super::super::session::TenantSession;
use super::super::unit::Unit;
use super::super::{access, number};
use super::NewConsentRecord;
use super::row::{Checked, Content};
use super::status::{ConsentAnswer, ledger_of_human, ledgers_of};
use crate::model::term::terms;
use crate::model::{
    ConsentChannel, ConsentEvidence, ConsentStatus, ConsentTier, EntityType, FieldSet, Id, Instant,
    LedgerEvent, Module, Purpose,
};
use crate::phone::E164;
use crate::rules::consent::{ConsentKey, contacts_in, standing};
use crate::store::records::{insert, read_by};
use crate::store::{RowBlock, schema};

terms! {
    /// What an agreement that a file tells of may do.
    ///
    /// ```
    /// use smrt_core::smrt::ConsentPolicy;
    ///
    /// assert_eq!("keep-withdrawals".parse(), Ok(ConsentPolicy::KeepWithdrawals));
    /// ```
    pub enum ConsentPolicy is "a consent policy" {
        /// It never brings back what was withdrawn: it counts as somebody's report.
        KeepWithdrawals = "keep-withdrawals",
        /// The evidence in the file counts as if smrt had seen it: a newer agreement that the
        /// subject itself gave brings back what was withdrawn.
        TrustFile = "trust-file",
    }
}

/// Whether an import is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ImportMode {
    /// It is, stretch by stretch.
    Apply,
    /// It is not: everything is taken back at the end. Other writers wait meanwhile.
    DryRun,
}

/// An event that a file tells of.
#[derive(Clone, Debug)]
pub struct ConsentImport {
    /// The id of the event in the ledger that the file was exported from, if it says so.
    pub id: Option<Id>,
    /// The event; its `key` has no meaning here.
    pub event: NewConsentRecord,
}

/// What became of an event that a file tells of.
#[derive(Debug)]
pub enum ImportedConsent {
    /// It stands in the ledger now.
    Added {
        /// Its id, made of its content.
        id: Id,
        /// The withdrawal that keeps the agreement from counting, if one does.
        kept_withdrawal: Option<Id>,
        /// What may be done now that could not before, or the other way round.
        change: Option<PermissionChange>,
    },
    /// It stood in the ledger.
    Unchanged(Id),
    /// It cannot stand in the ledger.
    Rejected(SmrtError),
}

/// A contact that an event permits or forbids.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PermissionChange {
    /// For what.
    pub purpose: Purpose,
    /// By what channel.
    pub channel: ConsentChannel,
    /// What [`ConsentAnswer::code`](super::ConsentAnswer) was.
    pub before: &'static str,
    /// What it is.
    pub after: &'static str,
}

impl TenantSession<'_> {
    /// Adds events that a file tells of to the tenant's ledger, stretch by stretch, and says after
    /// each stretch what became of its events, in order. An event that stands in the ledger
    /// already, by its content or by the id it was exported with, is left alone, so the same file
    /// can be imported again, and one that was cut short goes on.
    ///
    /// # Errors
    ///
    /// Those of the store; what was told of before is then in the ledger. What is wrong with a
    /// single event rejects that event alone.
    ///
    /// ```
    /// # use smrt_core::smrt::doc::{now, store};
    /// use smrt_core::model::{ConsentEvent, ConsentType};
    /// use smrt_core::smrt::{
    ///     ConsentImport, ConsentPolicy, ImportMode, ImportedConsent, NewConsentRecord,
    /// };
    ///
    /// # let mut smrt = store()?;
    /// let mut session = smrt.tenant("acme")?.acting_as("crm-sync".parse()?);
    /// let kind = ConsentType::parse("marketing_sms")?;
    /// let number = "+12025550143".parse()?;
    /// let event = NewConsentRecord::of_number(number, kind, ConsentEvent::Granted, "list", now());
    /// let stretch = vec![ConsentImport { id: None, event }];
    /// let mut added = 0;
    /// for _ in ["the first time", "once more"] {
    ///     session.import_consent_records(
    ///         ConsentPolicy::KeepWithdrawals,
    ///         ImportMode::Apply,
    ///         now(),
    ///         &mut [stretch.clone()].into_iter(),
    ///         &mut |outcomes| {
    ///             added += outcomes
    ///                 .iter()
    ///                 .filter(|outcome| matches!(outcome, ImportedConsent::Added { .. }))
    ///                 .count();
    ///         },
    ///     )?;
    /// }
    /// assert_eq!(added, 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn import_consent_records(
        &mut self,
        policy: ConsentPolicy,
        mode: ImportMode,
        at: Instant,
        stretches: &mut dyn Iterator<Item = Vec<ConsentImport>>,
        each: &mut dyn FnMut(Vec<ImportedConsent>),
    ) -> Result<(), SmrtError> {
        self.require(Module::Consent, at)?;
        match mode {
            ImportMode::Apply => {
                for stretch in stretches {
                    each(self.write(at, |unit| add(unit, &stretch, policy))?);
                }
                Ok(())
            }
            ImportMode::DryRun => {
                let tried = self.write(at, |unit| {
                    for stretch in stretches {
                        each(add(unit, &stretch, policy)?);
                    }
                    Err::<(), _>(SmrtError::invalid(TAKEN_BACK, "a dry run"))
                });
                match tried {
                    Err(SmrtError::Invalid {
                        code: TAKEN_BACK, ..
                    }) => Ok(()),
                    tried => tried,
                }
            }
        }
    }
}

/// The error that takes a dry run back; nobody sees it.
const TAKEN_BACK: &str = "taken_back";

/// Adds a stretch.
fn add(
    unit: &mut Unit<'_>,
    stretch: &[ConsentImport],
    policy: ConsentPolicy,
) -> Result<Vec<ImportedConsent>, SmrtError> {
    let events: Vec<NewConsentRecord> = stretch.iter().map(|row| judged(row, policy)).collect();
    let visible = visible_humans(unit, &events)?;
    let checked: Vec<Result<Checked<'_>, SmrtError>> = events
        .iter()
        .map(
            |event| match event.human_id.filter(|human| !visible.contains(human)) {
                Some(id) => Err(SmrtError::NotFound {
                    entity_type: EntityType::Human,
                    id,
                }),
                None => Checked::of(event, unit.tenant, unit.at),
            },
        )
        .collect();
    let contents: Vec<Option<Content>> = checked
        .iter()
        .map(|checked| checked.as_ref().ok().map(Checked::content))
        .collect();
    let mut known = known(unit, stretch, &contents)?;
    let mut numbers: Vec<E164> = events
        .iter()
        .filter_map(|event| event.phone_number)
        .collect();
    numbers.sort_unstable();
    numbers.dedup();
    let mut standings = Standings::read(unit, &events)?;
    let mut rows = RowBlock::new(&schema::CONSENT_RECORDS);
    let mut ids = Vec::new();
    let mut outcomes = Vec::with_capacity(stretch.len());
    let mut used = HashSet::new();
    for (((checked, content), row), event) in
        checked.into_iter().zip(contents).zip(stretch).zip(&events)
    {
        let (checked, content) = match (checked, content) {
            (Ok(checked), Some(content)) => (checked, content),
            (Err(error), _) => {
                outcomes.push(ImportedConsent::Rejected(error));
                continue;
            }
            (Ok(_), None) => continue,
        };
        // What somebody vouched for is not told anew by a report of it; a report is, by somebody who
        // vouches for it.
        let vouched = content.vouched_for();
        if let Some((id, held)) = row.id.and_then(|id| Some((id, known.get(&id)?))) {
            if *held == content || *held == vouched {
                outcomes.push(ImportedConsent::Unchanged(id));
                continue;
            }
            if held.vouched_for() != vouched {
                outcomes.push(ImportedConsent::Rejected(SmrtError::invalid(
                    "consent_id_taken",
                    "the ledger holds another event with this `id`",
                )));
                continue;
            }
        }
        let (id, vouched_id) = (content.id(unit.tenant.id), vouched.id(unit.tenant.id));
        if let Some(held) = [vouched_id, id]
            .into_iter()
            .find(|id| known.contains_key(id))
        {
            outcomes.push(ImportedConsent::Unchanged(held));
            continue;
        }
        known.insert(id, content);
        used.extend(event.phone_number);
        checked.push(&mut rows, id, unit.tenant.id);
        ids.push(id);
        let (kept_withdrawal, change) = match checked.ledger_event(id, unit.tenant) {
            Some(event_of_ledger) => standings.add(event, event_of_ledger, unit.at),
            None => (None, None),
        };
        outcomes.push(ImportedConsent::Added {
            id,
            kept_withdrawal,
            change,
        });
    }
    numbers.retain(|number| used.contains(number));
    number::ensure(unit, &numbers)?;
    insert(unit.engine, &rows).map_err(super::super::error::key_taken)?;
    let fields = FieldSet::all(EntityType::ConsentRecord);
    let (action, kind) = ("consent_record.import", EntityType::ConsentRecord);
    unit.note_records(action, kind, &ids, fields);
    Ok(outcomes)
}

/// The event as the policy takes it.
fn judged(row: &ConsentImport, policy: ConsentPolicy) -> NewConsentRecord {
    let mut event = row.event.clone();
    let gives = event.event.status() == ConsentStatus::Granted;
    if gives && policy == ConsentPolicy::KeepWithdrawals {
        event.evidence = ConsentEvidence {
            unverified: Some(true),
            ..event.evidence
        };
    }
    event
}

/// The humans of a stretch that the tenant sees.
fn visible_humans(
    unit: &mut Unit<'_>,
    events: &[NewConsentRecord],
) -> Result<HashSet<Id>, SmrtError> {
    let mut humans: Vec<Id> = events.iter().filter_map(|event| event.human_id).collect();
    humans.sort_unstable();
    humans.dedup();
    let accesses = access::of_records(unit, EntityType::Human, &humans)?;
    unit.note_unseen(EntityType::Human, &humans, &accesses);
    Ok(accesses.into_keys().collect())
}

/// The events of the tenant's own ledger that a stretch may tell of again.
fn known(
    unit: &mut Unit<'_>,
    stretch: &[ConsentImport],
    contents: &[Option<Content>],
) -> Result<HashMap<Id, Content>, SmrtError> {
    let tenant = unit.tenant.id;
    let made = contents.iter().flatten();
    let made = made.flat_map(|content| [content.id(tenant), content.vouched_for().id(tenant)]);
    let mut ids: Vec<Id> = stretch
        .iter()
        .filter_map(|row| row.id)
        .chain(made)
        .collect();
    ids.sort_unstable();
    ids.dedup();
    let mut known = HashMap::new();
    let (table, columns) = (&schema::CONSENT_RECORDS, &Content::COLUMNS);
    read_by(unit.engine, table, columns, "id", &ids, &mut |row| {
        if row.id(1)? == tenant {
            known.insert(row.id(0)?, Content::read(row)?);
        }
        Ok(())
    })?;
    Ok(known)
}

/// What the ledger says of the subjects of a stretch, as it grows.
struct Standings {
    of_numbers: HashMap<E164, Vec<LedgerEvent>>,
    of_humans: HashMap<Id, Vec<LedgerEvent>>,
}

impl Standings {
    fn read(unit: &mut Unit<'_>, events: &[NewConsentRecord]) -> Result<Self, SmrtError> {
        let numbers = events.iter().filter_map(|event| event.phone_number);
        let numbers: HashSet<E164> = numbers.collect();
        let ids: Vec<Id> = numbers.iter().copied().map(Id::of_phone_number).collect();
        let ledgers = ledgers_of(unit, &ids)?;
        let of_numbers = numbers
            .into_iter()
            .map(|number| {
                (
                    number,
                    ledgers.of_number(Id::of_phone_number(number)).events,
                )
            })
            .collect();
        let mut of_humans = HashMap::new();
        let alone = events.iter().filter(|event| event.phone_number.is_none());
        for human in alone.filter_map(|event| event.human_id) {
            if let Entry::Vacant(unknown) = of_humans.entry(human) {
                unknown.insert(ledger_of_human(unit, human)?.events);
            }
        }
        Ok(Self {
            of_numbers,
            of_humans,
        })
    }

    /// Adds an event, and says which withdrawal keeps it from counting and what it changes.
    fn add(
        &mut self,
        new: &NewConsentRecord,
        event: LedgerEvent,
        at: Instant,
    ) -> (Option<Id>, Option<PermissionChange>) {
        let events = match (new.phone_number, new.human_id) {
            (Some(number), _) => self.of_numbers.entry(number).or_default(),
            (None, Some(human)) => self.of_humans.entry(human).or_default(),
            (None, None) => return (None, None),
        };
        let (scope, seller) = (event.scope, event.seller.clone());
        let gives = event.event.status() == ConsentStatus::Granted;
        let keys: Vec<ConsentKey<'_>> = contacts_in(scope)
            .map(|(purpose, channel)| ConsentKey {
                purpose,
                channel,
                tier: event.tier.unwrap_or(ConsentTier::OptIn),
                seller: seller.as_deref(),
                number: new.phone_number.map(Id::of_phone_number),
            })
            .collect();
        let answer = |events: &[LedgerEvent], key: &ConsentKey<'_>| {
            ConsentAnswer::of(standing(events, key, at, at))
        };
        let before: Vec<ConsentAnswer> = keys.iter().map(|key| answer(events, key)).collect();
        events.push(event);
        let after: Vec<ConsentAnswer> = keys.iter().map(|key| answer(events, key)).collect();
        let kept = after.iter().find_map(|answer| answer.ending.as_ref());
        let kept = kept.filter(|_| gives).map(|ending| ending.id);
        let mut compared = keys.iter().zip(before.iter().zip(&after));
        let change = compared.find(|(_, (was, is))| was.is_given() != is.is_given());
        let change = change.map(|(key, (was, is))| PermissionChange {
            purpose: key.purpose,
            channel: key.channel,
            before: was.code,
            after: is.code,
        });
        (kept, change)
    }
}
