//! The consent ledger's status: what a person agreed to, as of an instant, as known at another.
//!
//! What it decides: whether a live agreement covers a contact, and by which events.
//! Why: the time at which a person acted decides, whatever order the ledger got to know things in;
//! a tie goes to the withdrawal; what nobody dated revives nothing; and what was taken back is
//! given again only by the person.
//! What this module does not do: it knows no law; which tier a contact needs is the caller's.

use super::rule::Reach;
use crate::model::{
    ConsentChannel, ConsentEvent, ConsentScope, ConsentTier, DatePrecision, Id, Instant, Purpose,
};
pub use crate::model::{ConsentOrigin, EvidenceFault, LedgerEvent};

/// The question: what contact, by whom, to which number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ConsentKey<'k> {
    /// For what.
    pub purpose: Purpose,
    /// By what channel.
    pub channel: ConsentChannel,
    /// The tier needed.
    pub tier: ConsentTier,
    /// For which seller; nothing means the tenant itself.
    pub seller: Option<&'k str>,
    /// The number to be contacted; nothing asks about a human, whichever number they have.
    pub number: Option<Id>,
}

/// The answer, with the events that decide it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ConsentStanding<'e> {
    /// A live agreement covers the contact.
    Given(&'e LedgerEvent),
    /// An agreement would, but this newer event ended it; the agreement, if there was one.
    Withdrawn(&'e LedgerEvent, Option<&'e LedgerEvent>),
    /// It ended by itself.
    Expired(&'e LedgerEvent),
    /// Its evidence is void.
    Void(&'e LedgerEvent, EvidenceFault),
    /// It names another seller.
    OtherSeller(&'e LedgerEvent),
    /// It is bound to another number.
    OtherNumber(&'e LedgerEvent),
    /// The number went to somebody else after it.
    Reassigned(&'e LedgerEvent),
    /// It is of a weaker tier than needed.
    TooWeak(&'e LedgerEvent),
    /// Nobody ever agreed to anything that covers it.
    Never,
}

/// What the ledger says about a contact at an instant, as known at another, with the events that
/// decide.
///
/// Only what was recorded by `known_at` and acted by `at` counts. An agreement counts if its scope
/// contains the contact, its tier is enough, its evidence is sound, it has not ended, and it names
/// the seller and the number. It is live when it is newer than every withdrawal, refusal,
/// invalidation and objection whose scope contains the contact, and where there is one, the subject
/// itself must have said so; after an objection it must also name the purpose and its tier. An
/// agreement without a date is older than everything, a withdrawal without one is as old as its
/// recording, and what is dated to the day is taken at that end of the day that is worse for the
/// agreement. Where none is live, the most telling reason is given: the first in the order of
/// [`ConsentStanding`].
///
/// ```
/// use smrt_core::model::{
///     ConsentChannel, ConsentEvent, ConsentScope, ConsentTier, DatePrecision, Id, Instant, Purpose,
/// };
/// use smrt_core::rules::consent::{ConsentKey, ConsentOrigin, ConsentStanding, LedgerEvent, standing};
///
/// let day = |day: i64| Instant::from_micros(day * 86_400_000_000);
/// let agreement = LedgerEvent {
///     id: "0198c0de-0000-7000-8000-000000000001".parse()?,
///     event: ConsentEvent::Granted,
///     scope: ConsentScope { purpose: Some(Purpose::Marketing), channel: None },
///     tier: Some(ConsentTier::Pec),
///     seller: None,
///     number: None,
///     acted_at: Some(day(1)),
///     precision: DatePrecision::Exact,
///     recorded_at: day(1),
///     valid_until: None,
///     origin: ConsentOrigin::Subject,
///     fault: None,
/// };
/// let withdrawal = LedgerEvent {
///     event: ConsentEvent::Withdrawn,
///     acted_at: Some(day(5)),
///     ..agreement.clone()
/// };
/// let key = ConsentKey {
///     purpose: Purpose::Marketing,
///     channel: ConsentChannel::Sms,
///     tier: ConsentTier::Pec,
///     seller: None,
///     number: None,
/// };
/// let events = [withdrawal, agreement];
/// assert_eq!(standing(&events, &key, day(4), day(9)), ConsentStanding::Given(&events[1]));
/// assert_eq!(
///     standing(&events, &key, day(5), day(9)),
///     ConsentStanding::Withdrawn(&events[0], Some(&events[1]))
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn standing<'e>(
    events: &'e [LedgerEvent],
    key: &ConsentKey<'_>,
    at: Instant,
    known_at: Instant,
) -> ConsentStanding<'e> {
    let ledger = Ledger {
        events,
        key,
        at,
        known_at,
    };
    let endings = Endings {
        withdrawal: ledger.newest_ending(|event| event.takes_back() && event.is_within(key)),
        objection: ledger.objection(),
        expiry: ledger
            .newest_ending(|event| event.event == ConsentEvent::Expired && event.is_within(key)),
        reassignment: key.number.and_then(|number| ledger.reassignment(number)),
    };
    let mut live = None;
    let mut agreed = None;
    let mut failed = None;
    for event in ledger.agreements() {
        match ledger.fault(event, &endings) {
            None if endings.block(event).is_none() => {
                live = newest(live, event);
            }
            None => agreed = newest(agreed, event),
            Some(fault) => failed = most_telling(failed, (fault, event)),
        }
    }
    if let Some(agreement) = live {
        return ConsentStanding::Given(agreement);
    }
    // The objection alone may stand in the way of an agreement that is newer than all.
    let blocking = agreed.and_then(|agreement| endings.block(agreement));
    if let Some(ending) = blocking.or(endings.withdrawal) {
        return ConsentStanding::Withdrawn(ending, agreed);
    }
    match failed {
        None => ConsentStanding::Never,
        Some((fault, event)) => match fault {
            Fault::Void(fault) => ConsentStanding::Void(event, fault),
            Fault::OtherSeller => ConsentStanding::OtherSeller(event),
            Fault::OtherNumber => ConsentStanding::OtherNumber(event),
            Fault::Reassigned => ConsentStanding::Reassigned(event),
            Fault::Expired => ConsentStanding::Expired(event),
            Fault::TooWeak => ConsentStanding::TooWeak(event),
        },
    }
}

/// The newest withdrawal, refusal or invalidation that reaches the contact, if it is newer than
/// every valid agreement that the subject itself gave again. The key's tier does not matter: any
/// word of the subject's own that covers the contact takes a withdrawal back.
#[must_use]
pub fn withdrawal<'e>(
    events: &'e [LedgerEvent],
    key: &ConsentKey<'_>,
    reach: Reach,
    at: Instant,
    known_at: Instant,
) -> Option<&'e LedgerEvent> {
    let key = &any_tier(key);
    let ledger = Ledger {
        events,
        key,
        at,
        known_at,
    };
    let withdrawal = ledger.newest_ending(|event| {
        event.event != ConsentEvent::Objected && event.takes_back() && event.reaches(key, reach)
    })?;
    ledger.unless_given_again(Endings {
        withdrawal: Some(withdrawal),
        ..ledger.endings_of_agreements()
    })
}

/// The newest objection that covers the contact, if it is newer than every valid agreement in
/// which the subject itself named the purpose again.
#[must_use]
pub fn objection<'e>(
    events: &'e [LedgerEvent],
    key: &ConsentKey<'_>,
    at: Instant,
    known_at: Instant,
) -> Option<&'e LedgerEvent> {
    let key = &any_tier(key);
    let ledger = Ledger {
        events,
        key,
        at,
        known_at,
    };
    let objection = ledger.objection()?;
    ledger.unless_given_again(Endings {
        withdrawal: Some(objection),
        objection: Some(objection),
        ..ledger.endings_of_agreements()
    })
}

/// The newest event that says the number went to somebody else.
#[must_use]
pub fn reassignment(
    events: &[LedgerEvent],
    number: Id,
    at: Instant,
    known_at: Instant,
) -> Option<&LedgerEvent> {
    let newest = events.iter().filter(|event| {
        event.is_known(at, known_at)
            && event.event == ConsentEvent::Reassigned
            && event.number == Some(number)
    });
    newest.max_by_key(|event| event.ending_order())
}

/// What restricts the processing of a human's data (GDPR Art. 18), given what the ledger holds
/// about their `data_processing` alone: the newest revocation, unless something newer lifts it.
/// Who restricted it need not be who lifts it, so the origin does not matter.
#[must_use]
pub fn restriction(events: &[LedgerEvent], at: Instant, known_at: Instant) -> Option<&LedgerEvent> {
    let known = || events.iter().filter(|event| event.is_known(at, known_at));
    let restrictions = known().filter(|event| event.takes_back());
    let newest = restrictions.max_by_key(|event| event.ending_order())?;
    let mut lifting = known().filter(|event| event.gives());
    match lifting.any(|event| event.agreed_at() > newest.ended_at()) {
        true => None,
        false => Some(newest),
    }
}

/// The contacts of a scope, purposes and channels as they are listed.
pub fn contacts_in(scope: ConsentScope) -> impl Iterator<Item = (Purpose, ConsentChannel)> {
    let purposes = Purpose::ALL.into_iter();
    let purposes = purposes.filter(move |one| scope.purpose.is_none_or(|named| named == *one));
    purposes.flat_map(move |purpose| {
        let channels = ConsentChannel::ALL.into_iter();
        let channels = channels.filter(move |one| scope.channel.is_none_or(|named| named == *one));
        channels.map(move |channel| (purpose, channel))
    })
}

/// The question to which any agreement is an answer but one that is only implied.
fn any_tier<'k>(key: &ConsentKey<'k>) -> ConsentKey<'k> {
    ConsentKey {
        tier: ConsentTier::OptIn,
        ..*key
    }
}

/// What is asked of which events.
struct Ledger<'e, 'k> {
    events: &'e [LedgerEvent],
    key: &'k ConsentKey<'k>,
    at: Instant,
    known_at: Instant,
}

/// What may end agreements, each the newest of its kind.
#[derive(Clone, Copy)]
struct Endings<'e> {
    /// A withdrawal, refusal, invalidation or objection that covers the contact.
    withdrawal: Option<&'e LedgerEvent>,
    /// An objection that covers it.
    objection: Option<&'e LedgerEvent>,
    /// The end of an agreement before its date.
    expiry: Option<&'e LedgerEvent>,
    /// The number went to somebody else.
    reassignment: Option<&'e LedgerEvent>,
}

/// What an agreement lacks, the most telling first.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fault {
    Void(EvidenceFault),
    OtherSeller,
    OtherNumber,
    Reassigned,
    Expired,
    TooWeak,
}

impl Fault {
    const fn rank(self) -> u8 {
        match self {
            Self::Void(_) => 0,
            Self::OtherSeller => 1,
            Self::OtherNumber => 2,
            Self::Reassigned => 3,
            Self::Expired => 4,
            Self::TooWeak => 5,
        }
    }
}

impl<'e> Ledger<'e, '_> {
    /// The events that count.
    fn known(&self) -> impl Iterator<Item = &'e LedgerEvent> {
        let (at, known_at) = (self.at, self.known_at);
        let events = self.events.iter();
        events.filter(move |event| event.is_known(at, known_at))
    }

    /// The agreements whose scope contains the contact.
    fn agreements(&self) -> impl Iterator<Item = &'e LedgerEvent> {
        let (purpose, channel) = (self.key.purpose, self.key.channel);
        self.known().filter(move |event| {
            event.gives()
                && event.scope.purpose.is_none_or(|named| named == purpose)
                && event.scope.channel.is_none_or(|named| named == channel)
        })
    }

    fn newest_ending(&self, is_it: impl Fn(&LedgerEvent) -> bool) -> Option<&'e LedgerEvent> {
        let endings = self.known().filter(|event| is_it(event));
        endings.max_by_key(|event| event.ending_order())
    }

    fn objection(&self) -> Option<&'e LedgerEvent> {
        self.newest_ending(|event| {
            event.event == ConsentEvent::Objected && event.is_within(self.key)
        })
    }

    fn reassignment(&self, number: Id) -> Option<&'e LedgerEvent> {
        reassignment(self.events, number, self.at, self.known_at)
    }

    /// What ends agreements other than the subject's will.
    fn endings_of_agreements(&self) -> Endings<'e> {
        Endings {
            withdrawal: None,
            objection: None,
            expiry: self.newest_ending(|event| {
                event.event == ConsentEvent::Expired && event.is_within(self.key)
            }),
            reassignment: self.key.number.and_then(|number| self.reassignment(number)),
        }
    }

    /// The withdrawal among these endings, unless an agreement is live in spite of it.
    fn unless_given_again(&self, endings: Endings<'e>) -> Option<&'e LedgerEvent> {
        let is_live = |event: &LedgerEvent| {
            self.fault(event, &endings).is_none() && endings.block(event).is_none()
        };
        match self.agreements().any(is_live) {
            true => None,
            false => endings.withdrawal,
        }
    }

    /// What an agreement lacks by itself, whatever the subject said later.
    fn fault(&self, event: &LedgerEvent, endings: &Endings<'_>) -> Option<Fault> {
        let key = self.key;
        if let Some(fault) = event.fault_for(key.tier) {
            return Some(Fault::Void(fault));
        }
        if event.seller.as_deref() != key.seller {
            return Some(Fault::OtherSeller);
        }
        if !event.names_number(key) {
            return Some(Fault::OtherNumber);
        }
        let is_older = |ending: &LedgerEvent| event.agreed_at() <= ending.ended_at();
        if event.number.is_some() && endings.reassignment.is_some_and(is_older) {
            return Some(Fault::Reassigned);
        }
        let is_over = event.valid_until.is_some_and(|end| end <= self.at);
        if is_over || endings.expiry.is_some_and(is_older) {
            return Some(Fault::Expired);
        }
        match event.tier_or_least().satisfies(key.tier) {
            true => None,
            false => Some(Fault::TooWeak),
        }
    }
}

impl<'e> Endings<'e> {
    /// What keeps an agreement from being live.
    fn block(&self, agreement: &LedgerEvent) -> Option<&'e LedgerEvent> {
        let withdrawal = self.withdrawal?;
        let is_newer = agreement.agreed_at() > withdrawal.ended_at();
        if !is_newer || agreement.origin != ConsentOrigin::Subject {
            return Some(withdrawal);
        }
        let is_explicit = agreement.scope.purpose.is_some()
            && agreement
                .tier
                .is_some_and(|tier| tier.satisfies(ConsentTier::OptIn));
        self.objection.filter(|_| !is_explicit)
    }
}

impl LedgerEvent {
    /// Whether it was recorded by one instant and happened by the other.
    fn is_known(&self, at: Instant, known_at: Instant) -> bool {
        let happened_at = match (self.acted_at, self.gives()) {
            (Some(acted_at), _) => Some(acted_at),
            (None, true) => None,
            (None, false) => Some(self.recorded_at),
        };
        self.recorded_at <= known_at && happened_at.is_none_or(|happened_at| happened_at <= at)
    }

    const fn gives(&self) -> bool {
        match self.event {
            ConsentEvent::Granted | ConsentEvent::Renewed => true,
            ConsentEvent::Refused
            | ConsentEvent::Withdrawn
            | ConsentEvent::Objected
            | ConsentEvent::Invalidated
            | ConsentEvent::Expired
            | ConsentEvent::Reassigned => false,
        }
    }

    /// Whether it ends agreements until the subject agrees again.
    const fn takes_back(&self) -> bool {
        match self.event {
            ConsentEvent::Refused
            | ConsentEvent::Withdrawn
            | ConsentEvent::Objected
            | ConsentEvent::Invalidated => true,
            ConsentEvent::Granted
            | ConsentEvent::Renewed
            | ConsentEvent::Expired
            | ConsentEvent::Reassigned => false,
        }
    }

    /// Whether an ending speaks of the contact. Who does not want to be called does not want to be
    /// called by a machine either.
    fn is_within(&self, key: &ConsentKey<'_>) -> bool {
        let channel = self.scope.channel.is_none_or(|named| {
            named == key.channel
                || (named == ConsentChannel::Call && key.channel == ConsentChannel::AutoCall)
        });
        channel && self.scope.purpose.is_none_or(|named| named == key.purpose)
    }

    /// The same for a rule under which what was said by telephone or text may reach further. A
    /// refusal and a finding of somebody else's are no request of the person's.
    fn reaches(&self, key: &ConsentKey<'_>, reach: Reach) -> bool {
        let by_telephone = || {
            let asks = matches!(self.event, ConsentEvent::Withdrawn | ConsentEvent::Objected);
            let said = self.scope.channel.is_none_or(is_by_voice_or_text);
            let automated = matches!(key.channel, ConsentChannel::Sms | ConsentChannel::AutoCall);
            asks && said && automated
        };
        self.is_within(key)
            || match reach {
                Reach::Scope => false,
                Reach::Telephone => by_telephone(),
            }
    }

    /// Since when an agreement counts: never sooner than it may have been given.
    fn agreed_at(&self) -> i64 {
        match (self.acted_at, self.precision) {
            (None, _) => i64::MIN,
            (Some(acted_at), DatePrecision::Exact) => acted_at.as_micros(),
            (Some(acted_at), DatePrecision::Day) => day_of(acted_at).saturating_mul(DAY_MICROS),
        }
    }

    /// Up to when an ending ends agreements: never sooner than it may have been said.
    fn ended_at(&self) -> i64 {
        match (self.acted_at, self.precision) {
            (None, _) => self.recorded_at.as_micros(),
            (Some(acted_at), DatePrecision::Exact) => acted_at.as_micros(),
            (Some(acted_at), DatePrecision::Day) => day_of(acted_at)
                .saturating_add(1)
                .saturating_mul(DAY_MICROS)
                .saturating_sub(1),
        }
    }

    /// By what the newest of several endings is found, whatever order they come in.
    fn ending_order(&self) -> (i64, Instant, Id) {
        (self.ended_at(), self.recorded_at, self.id)
    }

    /// The same for agreements.
    fn agreement_order(&self) -> (i64, Instant, Id) {
        (self.agreed_at(), self.recorded_at, self.id)
    }

    fn tier_or_least(&self) -> ConsentTier {
        self.tier.unwrap_or(ConsentTier::OptIn)
    }

    /// What makes the evidence void where this tier is needed. A written agreement that is not
    /// signed, or of which the wording is lost, is still one that somebody voiced.
    fn fault_for(&self, needed: ConsentTier) -> Option<EvidenceFault> {
        self.fault.filter(|fault| match fault {
            EvidenceFault::Conditioned | EvidenceFault::PreTicked => true,
            EvidenceFault::Unsigned | EvidenceFault::WordingUnknown => needed == ConsentTier::Pewc,
        })
    }

    /// Whether an agreement speaks of the number, where the channel needs one. What was given
    /// without a number holds for every number of the human, but not as a written agreement, which
    /// names one.
    fn names_number(&self, key: &ConsentKey<'_>) -> bool {
        let is_numbered = is_by_voice_or_text(key.channel) || key.channel == ConsentChannel::Fax;
        match (self.number, key.number) {
            _ if !is_numbered => true,
            (None, None) => true,
            (None, Some(_)) => {
                key.tier != ConsentTier::Pewc || self.tier != Some(ConsentTier::Pewc)
            }
            (named, asked) => named == asked,
        }
    }
}

const DAY_MICROS: i64 = 86_400_000_000;

/// The day in UTC, counted from 1970.
const fn day_of(instant: Instant) -> i64 {
    instant.as_micros().div_euclid(DAY_MICROS)
}

const fn is_by_voice_or_text(channel: ConsentChannel) -> bool {
    match channel {
        ConsentChannel::Call | ConsentChannel::AutoCall | ConsentChannel::Sms => true,
        ConsentChannel::Email | ConsentChannel::Fax | ConsentChannel::Post => false,
    }
}

fn newest<'e>(best: Option<&'e LedgerEvent>, event: &'e LedgerEvent) -> Option<&'e LedgerEvent> {
    let rivals = [best, Some(event)].into_iter().flatten();
    rivals.max_by_key(|event| event.agreement_order())
}

fn most_telling<'e>(
    best: Option<(Fault, &'e LedgerEvent)>,
    found: (Fault, &'e LedgerEvent),
) -> Option<(Fault, &'e LedgerEvent)> {
    let rivals = [best, Some(found)].into_iter().flatten();
    rivals.max_by_key(|(fault, event)| (std::cmp::Reverse(fault.rank()), event.agreement_order()))
}

#[cfg(test)]
mod tests;
