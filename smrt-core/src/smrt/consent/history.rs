//! The tenant's ledger told in full: of one number or human, and what is withdrawn of everybody.

use super::super::error::SmrtError;
use super::super::session::TenantSession;
use super::super::unit::Unit;
use super::status::links_of;
use super::{ConsentRecord, ConsentSubject, consent_records_of, require_visible};
use crate::model::{ConsentScope, ConsentTier, Id, Instant, LedgerEvent, Module};
use crate::rules::consent::{ConsentKey, contacts_in, objection, withdrawal};
use crate::rules::rule::Reach;
use crate::store::consent::Ledgers;
use crate::store::records::e164_of;

/// Contacts that a person does not want.
#[derive(Clone, PartialEq, Eq)]
pub struct OptOut {
    /// The number, in E.164; nothing where a human has none.
    pub phone_number: Option<String>,
    /// The human, where there is no number.
    pub human_id: Option<Id>,
    /// Which contacts.
    pub scope: ConsentScope,
    /// The event that says so.
    pub event: Id,
    /// When the person said so, if known.
    pub acted_at: Option<Instant>,
}

impl std::fmt::Debug for OptOut {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OptOut").finish_non_exhaustive()
    }
}

impl TenantSession<'_> {
    /// The events of the tenant's own ledger that count for a number or a human, in the order in
    /// which the subject acted; those without a date come first.
    ///
    /// # Errors
    ///
    /// [`SmrtError::NotFound`] for a human the tenant cannot see.
    ///
    /// ```
    /// # use smrt_core::smrt::doc::{now, store};
    /// use smrt_core::smrt::ConsentSubject;
    ///
    /// # let mut smrt = store()?;
    /// let mut session = smrt.tenant("acme")?.acting_as("crm-sync".parse()?);
    /// let subject = ConsentSubject::Number("+12025550143".parse()?);
    /// assert!(session.consent_history(subject, now())?.is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn consent_history(
        &mut self,
        subject: ConsentSubject,
        at: Instant,
    ) -> Result<Vec<ConsentRecord>, SmrtError> {
        self.require(Module::Consent, at)?;
        self.read(at, |unit| {
            let (numbers, humans) = match subject {
                ConsentSubject::Number(number) => {
                    let number = Id::of_phone_number(number);
                    let linked = links_of(unit, &[number])?;
                    let humans = linked.into_iter().map(|(_, human)| human).collect();
                    (vec![number], humans)
                }
                ConsentSubject::Human(human) => {
                    require_visible(unit, &[human])?;
                    let numbers = Ledgers::numbers_of(unit.engine, unit.tenant.id, human)?;
                    (numbers, vec![human])
                }
            };
            let mut records = consent_records_of(unit, "phone_number_id", &numbers)?;
            records.extend(consent_records_of(unit, "human_id", &humans)?);
            records.retain(|record| record.owner == unit.tenant.id);
            let place = |record: &ConsentRecord| {
                let acted_at = record.consent_date.value().copied();
                (acted_at, record.recorded_at.value().copied(), record.id)
            };
            records.sort_by_key(place);
            records.dedup_by_key(|record| record.id);
            Ok(records)
        })
    }

    /// What is withdrawn, refused or objected to and was not given again, of every number and of
    /// every human without one, in the order of the numbers. It is made in memory, of the whole
    /// ledger.
    ///
    /// # Errors
    ///
    /// Those of the store.
    ///
    /// ```
    /// # use smrt_core::smrt::doc::{now, store};
    /// use smrt_core::model::{ConsentEvent, ConsentType};
    /// use smrt_core::smrt::NewConsentRecord;
    ///
    /// # let mut smrt = store()?;
    /// let mut session = smrt.tenant("acme")?.acting_as("crm-sync".parse()?);
    /// let kind = ConsentType::parse("marketing_sms")?;
    /// let number = "+12025550143".parse()?;
    /// let stop = NewConsentRecord::of_number(number, kind, ConsentEvent::Withdrawn, "reply", now());
    /// session.add_consent_record(&stop, now())?;
    /// let out = session.consent_opt_outs(now())?;
    /// assert_eq!(out[0].phone_number.as_deref(), Some("+12025550143"));
    /// assert_eq!(out[0].scope.to_string(), "marketing_sms");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn consent_opt_outs(&mut self, at: Instant) -> Result<Vec<OptOut>, SmrtError> {
        self.require(Module::Consent, at)?;
        self.read(at, |unit| {
            let ledgers = Ledgers::of_tenant(unit.engine, unit.tenant)?;
            let mut found = Vec::new();
            for number in ledgers.numbers() {
                let of_number = ledgers.of_number(number).events;
                let standing = standing_withdrawals(&of_number, Some(number), at);
                found.extend(
                    standing
                        .into_iter()
                        .map(|event| (Some(number), None, event)),
                );
            }
            for human in ledgers.humans_without_number() {
                let of_human = ledgers.of_human_alone(human).events;
                let standing = standing_withdrawals(&of_human, None, at);
                found.extend(standing.into_iter().map(|event| (None, Some(human), event)));
            }
            named(unit, found)
        })
    }
}

/// The withdrawals that stand, one for each scope.
fn standing_withdrawals(
    events: &[LedgerEvent],
    number: Option<Id>,
    at: Instant,
) -> Vec<LedgerEvent> {
    let mut found: Vec<LedgerEvent> = Vec::new();
    for event in events {
        let mut contacts = contacts_in(event.scope);
        let standing = contacts.find_map(|(purpose, channel)| {
            let key = ConsentKey {
                purpose,
                channel,
                tier: ConsentTier::OptIn,
                seller: None,
                number,
            };
            let withdrawn = withdrawal(events, &key, Reach::Scope, at, at);
            let stands = withdrawn.or(objection(events, &key, at, at))?;
            (stands.id == event.id).then_some(stands)
        });
        let is_new = |event: &LedgerEvent| found.iter().all(|known| known.scope != event.scope);
        if let Some(event) = standing.filter(|event| is_new(event)) {
            found.push(event.clone());
        }
    }
    found
}

/// Opt-outs with their numbers written out, in the order of the numbers.
fn named(
    unit: &mut Unit<'_>,
    found: Vec<(Option<Id>, Option<Id>, LedgerEvent)>,
) -> Result<Vec<OptOut>, SmrtError> {
    let mut ids: Vec<Id> = found.iter().filter_map(|(number, ..)| *number).collect();
    ids.sort_unstable();
    ids.dedup();
    let e164 = e164_of(unit.engine, &ids)?;
    let opt_out = |(number, human_id, event): (Option<Id>, Option<Id>, LedgerEvent)| OptOut {
        phone_number: number.and_then(|number| e164.get(&number).cloned()),
        human_id,
        scope: event.scope,
        event: event.id,
        acted_at: event.acted_at,
    };
    let mut outs: Vec<OptOut> = found.into_iter().map(opt_out).collect();
    outs.sort_by_key(|out| {
        (
            out.phone_number.clone(),
            out.human_id,
            out.scope.to_string(),
        )
    });
    Ok(outs)
}
