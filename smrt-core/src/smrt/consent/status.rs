//! What the tenant's ledger says about a contact, asked of one number or human.

use super::super::access;
use super::super::error::SmrtError;
use super::super::session::TenantSession;
use super::super::unit::Unit;
use super::require_visible;
use crate::model::{
    ConsentChannel, ConsentTier, EntityType, Id, Instant, LedgerEvent, Module, Purpose,
};
use crate::phone::E164;
use crate::rules::consent::{ConsentKey, ConsentStanding, standing};
use crate::store::Tenant;
use crate::store::consent::{Ledgers, SubjectLedger, has_received_grants_on_links, is_empty};
use crate::store::grants::links_on;

/// Of whom a ledger is asked.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum ConsentSubject {
    /// Whoever is on the number.
    Number(E164),
    /// A human, whichever number of theirs is used; only what was not bound to a number gives.
    Human(Id),
}

impl std::fmt::Debug for ConsentSubject {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Number(_) => "Number(****)",
            Self::Human(_) => "Human(****)",
        })
    }
}

/// What is asked of a ledger.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ConsentQuestion {
    /// Of whom.
    pub subject: ConsentSubject,
    /// A contact for what.
    pub purpose: Purpose,
    /// By what channel.
    pub channel: ConsentChannel,
    /// How strong an agreement must be.
    pub tier: ConsentTier,
    /// By which seller; nothing, or the tenant's name, is the tenant itself.
    pub seller: Option<String>,
}

/// What the ledger says, with the events that decide.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ConsentAnswer {
    /// `given`, or what stands in the way: `withdrawn`, `void`, `other_seller`, `other_number`,
    /// `reassigned`, `expired`, `too_weak` or `never`.
    pub code: &'static str,
    /// The agreement that gives it, or would.
    pub agreement: Option<LedgerEvent>,
    /// What ended it.
    pub ending: Option<LedgerEvent>,
}

impl ConsentAnswer {
    /// Whether a live agreement covers the contact.
    ///
    /// ```
    /// use smrt_core::smrt::ConsentAnswer;
    ///
    /// let never = ConsentAnswer { code: "never", agreement: None, ending: None };
    /// assert!(!never.is_given());
    /// ```
    #[must_use]
    pub fn is_given(&self) -> bool {
        self.code == "given"
    }

    /// An answer in the words of the facade.
    pub(super) fn of(standing: ConsentStanding<'_>) -> Self {
        let (code, agreement, ending) = match standing {
            ConsentStanding::Given(by) => ("given", Some(by), None),
            ConsentStanding::Withdrawn(ending, of) => ("withdrawn", of, Some(ending)),
            ConsentStanding::Void(of, _) => ("void", Some(of), None),
            ConsentStanding::OtherSeller(of) => ("other_seller", Some(of), None),
            ConsentStanding::OtherNumber(of) => ("other_number", Some(of), None),
            ConsentStanding::Reassigned(of) => ("reassigned", Some(of), None),
            ConsentStanding::Expired(of) => ("expired", Some(of), None),
            ConsentStanding::TooWeak(of) => ("too_weak", Some(of), None),
            ConsentStanding::Never => ("never", None, None),
        };
        Self {
            code,
            agreement: agreement.cloned(),
            ending: ending.cloned(),
        }
    }
}

impl TenantSession<'_> {
    /// What the tenant's own ledger says about a contact at an instant, as known at another, and
    /// by which events. A number nobody spoke of and one that does not exist have the same answer.
    ///
    /// # Errors
    ///
    /// [`SmrtError::NotFound`] for a human the tenant cannot see.
    ///
    /// ```
    /// # use smrt_core::smrt::doc::{now, store};
    /// use smrt_core::model::{ConsentChannel, ConsentEvent, ConsentTier, ConsentType, Purpose};
    /// use smrt_core::smrt::{ConsentQuestion, ConsentSubject, NewConsentRecord};
    ///
    /// # let mut smrt = store()?;
    /// let mut session = smrt.tenant("acme")?.acting_as("crm-sync".parse()?);
    /// let number = "+12025550143".parse()?;
    /// let question = ConsentQuestion {
    ///     subject: ConsentSubject::Number(number),
    ///     purpose: Purpose::Marketing,
    ///     channel: ConsentChannel::Sms,
    ///     tier: ConsentTier::Pec,
    ///     seller: None,
    /// };
    /// assert_eq!(session.consent_status(&question, now(), now())?.code, "never");
    /// let kind = ConsentType::parse("marketing_sms")?;
    /// let granted = NewConsentRecord::of_number(number, kind, ConsentEvent::Granted, "form", now());
    /// let id = session.add_consent_record(&granted, now())?;
    /// let answer = session.consent_status(&question, now(), now())?;
    /// assert!(answer.is_given());
    /// assert_eq!(answer.agreement.map(|event| event.id), Some(id));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn consent_status(
        &mut self,
        question: &ConsentQuestion,
        at: Instant,
        known_at: Instant,
    ) -> Result<ConsentAnswer, SmrtError> {
        self.require(Module::Consent, at)?;
        self.read(at, |unit| {
            let (ledger, number) = match question.subject {
                ConsentSubject::Number(number) => {
                    let id = Id::of_phone_number(number);
                    (ledgers_of(unit, &[id])?.of_number(id), Some(id))
                }
                ConsentSubject::Human(human) => {
                    require_visible(unit, &[human])?;
                    (ledger_of_human(unit, human)?, None)
                }
            };
            let key = ConsentKey {
                purpose: question.purpose,
                channel: question.channel,
                tier: question.tier,
                seller: seller_of(unit.tenant, question.seller.as_deref()),
                number,
            };
            Ok(ConsentAnswer::of(standing(
                &ledger.events,
                &key,
                at,
                known_at,
            )))
        })
    }
}

/// The tenant's ledger as far as it speaks of these numbers and of the humans linked to them by
/// links it may see. For a few thousand numbers at a time.
pub(in crate::smrt) fn ledgers_of(
    unit: &mut Unit<'_>,
    numbers: &[Id],
) -> Result<Ledgers, SmrtError> {
    if is_empty(unit.engine, unit.tenant)? {
        return Ok(Ledgers::default());
    }
    let linked = links_of(unit, numbers)?;
    Ok(Ledgers::of_numbers(
        unit.engine,
        unit.tenant,
        numbers,
        linked,
    )?)
}

/// Numbers and the humans linked to them, by links the tenant may see.
pub(super) fn links_of(unit: &mut Unit<'_>, numbers: &[Id]) -> Result<Vec<(Id, Id)>, SmrtError> {
    let links = links_on(unit.engine, numbers)?;
    let (own, foreign): (Vec<_>, Vec<_>) = links
        .into_iter()
        .partition(|link| link.owner == unit.tenant.id);
    let mut linked: Vec<(Id, Id)> = own.iter().map(|link| (link.number, link.human)).collect();
    if !foreign.is_empty() {
        let mut links: Vec<Id> = foreign.iter().map(|link| link.id).collect();
        links.sort_unstable();
        let visible = access::of_records(unit, EntityType::Link, &links)?;
        let shared = foreign.iter().filter(|link| visible.contains_key(&link.id));
        linked.extend(shared.map(|link| (link.number, link.human)));
    }
    Ok(linked)
}

/// The tenant's whole ledger in one pass, for a list too long to look up; nothing where it is too
/// large to hold, or where links of other tenants matter, and [`ledgers_of`] must be asked.
pub(in crate::smrt) fn whole_ledger(unit: &mut Unit<'_>) -> Result<Option<Ledgers>, SmrtError> {
    let (engine, tenant) = (&mut *unit.engine, unit.tenant);
    let is_held = Ledgers::events_of_tenant(engine, tenant)? <= EVENTS_HELD_MAX
        && !has_received_grants_on_links(engine, tenant.id)?;
    match is_held {
        true => Ok(Some(Ledgers::of_tenant(engine, tenant)?)),
        false => Ok(None),
    }
}

/// How many events are held at once, at about 200 bytes each.
const EVENTS_HELD_MAX: i64 = 2_000_000;

/// The same of one human.
pub(in crate::smrt) fn ledger_of_human(
    unit: &mut Unit<'_>,
    human: Id,
) -> Result<SubjectLedger, SmrtError> {
    Ok(Ledgers::of_human(unit.engine, unit.tenant, human)?)
}

/// A seller as the rules know it: the tenant itself is nothing.
pub(in crate::smrt) fn seller_of<'s>(tenant: &Tenant, named: Option<&'s str>) -> Option<&'s str> {
    let names_tenant = |seller: &str| {
        seller.eq_ignore_ascii_case(&tenant.slug)
            || seller.to_lowercase() == tenant.name.to_lowercase()
    };
    let named = named.map(str::trim).filter(|seller| !seller.is_empty());
    named.filter(|seller| !names_tenant(seller))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ConsentEvent, ConsentType, RelationshipType};
    use crate::rules::consent::restriction;
    use crate::smrt::doc::{now, store, with_human};
    use crate::smrt::{NewConsentRecord, NewLink};

    fn number(last: u32) -> E164 {
        format!("+1202555{last:04}").parse().unwrap()
    }

    /// Ledgers of two tenants about the same numbers and a human with two of them.
    fn scene() -> (crate::smrt::Smrt, Id) {
        let mut smrt = store().unwrap();
        let ada = with_human(&mut smrt).unwrap();
        let kind = |text| ConsentType::parse(text).unwrap();
        let of = |last, text, event| {
            NewConsentRecord::of_number(number(last), kind(text), event, "form", now())
        };
        let of_human = |text, event| NewConsentRecord {
            human_id: Some(ada),
            phone_number: None,
            ..of(100, text, event)
        };
        let mut session = smrt.tenant("acme").unwrap().acting_as("x".parse().unwrap());
        for last in [100, 101] {
            let link = NewLink::new(ada, number(last), RelationshipType::OTHER);
            session.add_link(&link, now()).unwrap();
        }
        let both = NewConsentRecord {
            human_id: Some(ada),
            ..of(100, "marketing_call", ConsentEvent::Granted)
        };
        let events = [
            of(100, "marketing_sms", ConsentEvent::Granted),
            of(102, "contact", ConsentEvent::Withdrawn),
            of_human("marketing", ConsentEvent::Withdrawn),
            of_human("data_processing", ConsentEvent::Withdrawn),
            of_human("data_sharing", ConsentEvent::Granted),
            both,
        ];
        session.add_consent_records(&events, now()).unwrap();
        let mut session = smrt.tenant("beta").unwrap().acting_as("x".parse().unwrap());
        let of_beta = [of(100, "contact", ConsentEvent::Withdrawn)];
        session.add_consent_records(&of_beta, now()).unwrap();
        (smrt, ada)
    }

    fn told(ledger: &SubjectLedger) -> Vec<String> {
        let events = ledger.events.iter();
        let mut told: Vec<String> = events
            .map(|event| format!("{} {}", event.event, event.scope))
            .collect();
        told.sort();
        let restricted = ledger.processing.iter();
        let restricted = restricted.filter(|events| restriction(events, now(), now()).is_some());
        told.extend(restricted.map(|_| "restricted".to_owned()));
        told
    }

    #[test]
    fn the_whole_ledger_and_its_parts_say_the_same() {
        let (mut smrt, ada) = scene();
        let mut session = smrt.tenant("acme").unwrap().acting_as("x".parse().unwrap());
        let ids: Vec<Id> = (99..104).map(number).map(Id::of_phone_number).collect();
        session
            .read(now(), |unit| {
                let parts = ledgers_of(unit, &ids)?;
                let whole = whole_ledger(unit)?.unwrap();
                for id in &ids {
                    let (part, whole) = (parts.of_number(*id), whole.of_number(*id));
                    assert_eq!(told(&part), told(&whole));
                }
                let shared = ["granted marketing_call", "granted marketing_sms"];
                let shared = [&shared[..], &["withdrawn marketing", "restricted"]].concat();
                assert_eq!(told(&parts.of_number(ids[1])), shared);
                // The human's other number: what is bound to the first one is there, and bound.
                let other = parts.of_number(ids[2]);
                assert_eq!(
                    told(&other),
                    [
                        "granted marketing_call",
                        "withdrawn marketing",
                        "restricted"
                    ]
                );
                assert_eq!(
                    other.events.iter().filter_map(|event| event.number).count(),
                    1
                );
                assert_eq!(told(&parts.of_number(ids[3])), ["withdrawn contact"]);
                assert!(told(&parts.of_number(ids[0])).is_empty());
                assert_eq!(told(&ledger_of_human(unit, ada)?), shared);
                Ok(())
            })
            .unwrap();
    }

    #[test]
    fn another_tenants_ledger_and_links_decide_nothing() {
        let (mut smrt, _) = scene();
        let mut session = smrt.tenant("beta").unwrap().acting_as("x".parse().unwrap());
        let id = Id::of_phone_number(number(100));
        session
            .read(now(), |unit| {
                assert_eq!(
                    told(&ledgers_of(unit, &[id])?.of_number(id)),
                    ["withdrawn contact"]
                );
                let whole = whole_ledger(unit)?.unwrap();
                assert_eq!(told(&whole.of_number(id)), ["withdrawn contact"]);
                Ok(())
            })
            .unwrap();
    }
}
