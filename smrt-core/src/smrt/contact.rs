//! May a person be contacted: the facts a tenant has about a called party, and the decision.
//!
//! The facts are the tenant's own: its ledger, its lists, its interactions, and the versions of
//! shared registries that it obtained. What another tenant recorded plays no part.

use std::borrow::Cow;
use std::collections::HashMap;

use super::consent::{ledger_of_human, ledgers_of, require_visible, seller_of, whole_ledger};
use super::dnc::{self, DncReader};
use super::error::SmrtError;
use super::session::TenantSession;
use super::unit::Unit;
use crate::model::{Audience, Channel, Direction, Id, Instant, InteractionKind, Line, Module};
use crate::phone::{E164, LineType, parse};
use crate::rules::consent;
use crate::rules::contact::{
    Contact, Decision, Facts, PastContact, Question, RelationshipFact, RelationshipKind, decide,
};
use crate::rules::place::{Place, StatedPlace};
use crate::store::Access;
use crate::store::consent::{Ledgers, SubjectLedger};
use crate::store::grants::links_on;
use crate::store::interactions::{self, PastInteraction, Side};

/// Whom somebody wants to contact, and what is known of them outside the store.
///
/// ```
/// use smrt_core::model::{Audience, Line};
/// use smrt_core::smrt::CalledParty;
///
/// let party = CalledParty {
///     line: Some(Line::Mobile),
///     ..CalledParty::at("+12025550143".parse()?)
/// };
/// assert_eq!(party.audience, Audience::Unknown);
/// # Ok::<(), smrt_core::phone::ParseE164Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CalledParty {
    /// The number.
    pub phone_number: E164,
    /// The human, where it is known which of those at the number is meant; otherwise all the
    /// tenant links to it.
    pub human_id: Option<Id>,
    /// Where the called party is, as stated.
    pub stated: StatedPlace,
    /// What kind of line it is; otherwise what the numbering plan says.
    pub line: Option<Line>,
    /// Whom the line serves.
    pub audience: Audience,
}

impl CalledParty {
    /// Whoever answers at a number.
    #[must_use]
    pub fn at(phone_number: E164) -> Self {
        Self {
            phone_number,
            human_id: None,
            stated: StatedPlace::default(),
            line: None,
            audience: Audience::Unknown,
        }
    }
}

impl TenantSession<'_> {
    /// Decides whether a contact may happen, from what the tenant had recorded by
    /// `question.known_at`.
    ///
    /// # Errors
    ///
    /// [`SmrtError::NotFound`] for a human the tenant cannot see; those of the store.
    ///
    /// ```
    /// # use smrt_core::smrt::doc::{now, store};
    /// use smrt_core::model::{Channel, Purpose};
    /// use smrt_core::rules::contact::{Contact, Question};
    /// use smrt_core::rules::rule::{Profile, RuleSet};
    /// use smrt_core::smrt::CalledParty;
    ///
    /// # let mut smrt = store()?;
    /// let mut session = smrt.tenant("acme")?.acting_as("dialler".parse()?);
    /// let question = Question {
    ///     rules: RuleSet::builtin(),
    ///     profile: Profile::Strict,
    ///     at: now(),
    ///     known_at: now(),
    /// };
    /// let contact = Contact::new(Channel::Call, Purpose::Marketing);
    /// let party = CalledParty::at("+13125550123".parse()?);
    /// let decision = session.may_contact(&question, &contact, &party)?;
    /// // Acme holds no registry, so nobody knows whether the number is listed.
    /// assert!(!decision.is_allowed());
    /// assert_eq!(decision.code(), "DNC_NOT_COVERED");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn may_contact<'r>(
        &mut self,
        question: &Question<'r>,
        contact: &Contact,
        party: &CalledParty,
    ) -> Result<Decision<'r>, SmrtError> {
        let mut decisions =
            self.may_contact_batch(question, contact, std::slice::from_ref(party))?;
        decisions.pop().ok_or_else(no_party)
    }

    /// Decides for many, in their order.
    ///
    /// # Errors
    ///
    /// As [`TenantSession::may_contact`].
    ///
    /// ```
    /// # use smrt_core::smrt::doc::{now, store};
    /// use smrt_core::model::{Channel, Purpose};
    /// use smrt_core::rules::contact::{Contact, Question};
    /// use smrt_core::rules::rule::{Profile, RuleSet};
    /// use smrt_core::smrt::CalledParty;
    ///
    /// # let mut smrt = store()?;
    /// let mut session = smrt.tenant("acme")?.acting_as("dialler".parse()?);
    /// let question = Question {
    ///     rules: RuleSet::builtin(),
    ///     profile: Profile::FccText,
    ///     at: "2026-11-18T20:00:00Z".parse()?,
    ///     known_at: now(),
    /// };
    /// let survey = Contact::new(Channel::Call, Purpose::Survey);
    /// let parties = ["+13125550123", "+12125550123"].map(|number| number.parse().map(CalledParty::at));
    /// let parties = parties.into_iter().collect::<Result<Vec<_>, _>>()?;
    /// let decisions = session.may_contact_batch(&question, &survey, &parties)?;
    /// assert!(decisions.iter().all(|decision| decision.is_allowed()));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn may_contact_batch<'r>(
        &mut self,
        question: &Question<'r>,
        contact: &Contact,
        parties: &[CalledParty],
    ) -> Result<Vec<Decision<'r>>, SmrtError> {
        let contact = self.own_contact(contact);
        let facts = self.contact_facts(question, parties)?;
        let decisions = facts.iter().map(|facts| decide(question, &contact, facts));
        Ok(decisions.collect())
    }

    /// A contact as the rules know it: a seller that is the tenant itself is none. Whoever calls
    /// [`decide`](crate::rules::contact::decide) with this tenant's facts hands over this.
    ///
    /// ```
    /// # use smrt_core::smrt::doc::store;
    /// use smrt_core::model::{Channel, Purpose};
    /// use smrt_core::rules::contact::Contact;
    ///
    /// # let mut smrt = store()?;
    /// let session = smrt.tenant("acme")?.acting_as("dialler".parse()?);
    /// let contact = Contact {
    ///     seller: Some("Acme".to_owned()),
    ///     ..Contact::new(Channel::Call, Purpose::Marketing)
    /// };
    /// assert_eq!(session.own_contact(&contact).seller, None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn own_contact(&self, contact: &Contact) -> Contact {
        Contact {
            seller: seller_of(&self.tenant, contact.seller.as_deref()).map(str::to_owned),
            ..contact.clone()
        }
    }

    /// What the tenant knows of called parties, in their order: what
    /// [`decide`](crate::rules::contact::decide) decides from, on any thread.
    ///
    /// # Errors
    ///
    /// As [`TenantSession::may_contact`].
    ///
    /// ```
    /// # use smrt_core::smrt::doc::{now, store};
    /// use smrt_core::rules::contact::Question;
    /// use smrt_core::rules::rule::{Profile, RuleSet};
    /// use smrt_core::smrt::CalledParty;
    ///
    /// # let mut smrt = store()?;
    /// let mut session = smrt.tenant("acme")?.acting_as("dialler".parse()?);
    /// let question = Question {
    ///     rules: RuleSet::builtin(),
    ///     profile: Profile::Strict,
    ///     at: now(),
    ///     known_at: now(),
    /// };
    /// let party = CalledParty::at("+12125550123".parse()?);
    /// let facts = session.contact_facts(&question, &[party])?;
    /// assert_eq!(facts[0].place.zones[0].name(), "America/New_York");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn contact_facts(
        &mut self,
        question: &Question<'_>,
        parties: &[CalledParty],
    ) -> Result<Vec<Facts>, SmrtError> {
        let count = match parties.len() {
            0..PARTIES_MANY => Parties::Few,
            _ => Parties::Many,
        };
        self.read_contact_facts(question, count, |reader| reader.facts(parties))
    }

    /// Runs `work` with a reader of facts that sees one state of the store throughout.
    ///
    /// # Errors
    ///
    /// The first one of `work`; [`SmrtError::ModuleDisabled`]; those of the store.
    ///
    /// ```
    /// # use smrt_core::smrt::doc::{now, store};
    /// use smrt_core::rules::contact::Question;
    /// use smrt_core::rules::rule::{Profile, RuleSet};
    /// use smrt_core::smrt::{CalledParty, Parties};
    ///
    /// # let mut smrt = store()?;
    /// let mut session = smrt.tenant("acme")?.acting_as("dialler".parse()?);
    /// let question = Question {
    ///     rules: RuleSet::builtin(),
    ///     profile: Profile::Strict,
    ///     at: now(),
    ///     known_at: now(),
    /// };
    /// let list = [CalledParty::at("+12125550123".parse()?)];
    /// let batches = [&list[..], &list[..]];
    /// let read = session.read_contact_facts(&question, Parties::Many, |reader| {
    ///     let mut read = 0;
    ///     for batch in batches {
    ///         read += reader.facts(batch)?.len();
    ///     }
    ///     Ok(read)
    /// })?;
    /// assert_eq!(read, 2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn read_contact_facts<T>(
        &mut self,
        question: &Question<'_>,
        parties: Parties,
        work: impl FnOnce(&mut ContactReader<'_, '_>) -> Result<T, SmrtError>,
    ) -> Result<T, SmrtError> {
        self.require(Module::Consent, question.at)?;
        // These are the tenant's own records: nothing of another tenant's is shown, so there is
        // nothing to be put down, and a long list keeps no writer waiting.
        Unit::run(self, Access::Read, question.at, |unit| {
            work(&mut ContactReader::open(unit, question, parties)?)
        })
    }
}

/// From so many parties on, what they have in common is read once.
const PARTIES_MANY: usize = 1_000;

/// Reads the facts of called parties, all from one state of the store.
///
/// What many parties have in common is read once, so that a list of a million takes one pass over
/// the tenant's ledger and one over the blocks of its registries.
pub struct ContactReader<'u, 'e> {
    unit: &'u mut Unit<'e>,
    at: Instant,
    known_at: Instant,
    registries: DncReader,
    ledger: Ledger,
    has_interactions: bool,
}

/// How the ledger is read: whole where many are asked for, otherwise for each batch.
enum Ledger {
    Whole(Ledgers),
    InParts,
}

/// How many parties a reader is to serve.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parties {
    /// A few: each is looked up.
    Few,
    /// Many: what they may have in common is kept.
    Many,
}

impl<'u, 'e> ContactReader<'u, 'e> {
    fn open(
        unit: &'u mut Unit<'e>,
        question: &Question<'_>,
        parties: Parties,
    ) -> Result<Self, SmrtError> {
        let (at, known_at) = (question.at, question.known_at);
        let tenant = unit.tenant;
        let cache_bytes_max = match parties {
            Parties::Few => 0,
            Parties::Many => dnc::BATCH_CACHE_BYTES_MAX,
        };
        let registries = DncReader::open(unit.engine, tenant.id, at, known_at, cache_bytes_max)?;
        let has_interactions = interactions::has_any(unit.engine, tenant.id)?;
        let whole = match parties {
            Parties::Few => None,
            Parties::Many => whole_ledger(unit)?,
        };
        Ok(Self {
            unit,
            at,
            known_at,
            registries,
            ledger: whole.map_or(Ledger::InParts, Ledger::Whole),
            has_interactions,
        })
    }

    /// The facts of these parties, in their order. Fastest where the numbers are sorted.
    ///
    /// # Errors
    ///
    /// [`SmrtError::NotFound`] for a human the tenant cannot see; those of the store.
    ///
    /// ```
    /// # use smrt_core::smrt::doc::{now, store};
    /// use smrt_core::rules::contact::Question;
    /// use smrt_core::rules::rule::{Profile, RuleSet};
    /// use smrt_core::smrt::{CalledParty, Parties};
    ///
    /// # let mut smrt = store()?;
    /// let mut session = smrt.tenant("acme")?.acting_as("dialler".parse()?);
    /// let question = Question {
    ///     rules: RuleSet::builtin(),
    ///     profile: Profile::Strict,
    ///     at: now(),
    ///     known_at: now(),
    /// };
    /// let party = CalledParty::at("+12125550123".parse()?);
    /// let facts = session.read_contact_facts(&question, Parties::Few, |reader| {
    ///     reader.facts(&[party])
    /// })?;
    /// assert!(facts[0].registries.is_empty() && facts[0].ledger.is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn facts(&mut self, parties: &[CalledParty]) -> Result<Vec<Facts>, SmrtError> {
        let humans: Vec<Id> = parties.iter().filter_map(|party| party.human_id).collect();
        if !humans.is_empty() {
            require_visible(self.unit, &humans)?;
        }
        let e164s: Vec<E164> = parties.iter().map(|party| party.phone_number).collect();
        let numbers: Vec<Id> = e164s.iter().copied().map(Id::of_phone_number).collect();
        let listed = self.registries.read(self.unit.engine, &e164s)?;
        let mut past = self.past(parties, &numbers)?;
        let in_parts = match &self.ledger {
            Ledger::Whole(_) => None,
            Ledger::InParts => Some(ledgers_of(self.unit, &numbers)?),
        };
        let mut facts = Vec::with_capacity(parties.len());
        for ((party, number), dnc) in parties.iter().zip(numbers).zip(listed) {
            let mut ledger = match (&self.ledger, &in_parts) {
                (Ledger::Whole(ledgers), _) | (Ledger::InParts, Some(ledgers)) => {
                    ledgers.of_number(number)
                }
                (Ledger::InParts, None) => SubjectLedger::default(),
            };
            if let Some(human) = party.human_id {
                ledger.add(ledger_of_human(self.unit, human)?);
            }
            let restriction = ledger
                .processing
                .iter()
                .find_map(|events| consent::restriction(events, self.at, self.known_at));
            let past = past.remove(&number).unwrap_or_default();
            facts.push(Facts {
                number,
                place: place_of(party),
                line: party.line.unwrap_or_else(|| line_of(party.phone_number)),
                audience: party.audience,
                registries: dnc.registries,
                listings: dnc.listings,
                restriction: restriction.map(|event| event.id),
                ledger: ledger.events,
                relationships: past.relationships,
                contacts: past.contacts,
                reassigned: dnc.reassigned,
            });
        }
        Ok(facts)
    }

    /// What the tenant and these parties did with each other, by number.
    fn past(
        &mut self,
        parties: &[CalledParty],
        numbers: &[Id],
    ) -> Result<HashMap<Id, Past>, SmrtError> {
        let mut past: HashMap<Id, Past> = HashMap::new();
        if !self.has_interactions {
            return Ok(past);
        }
        let (tenant, known_at) = (self.unit.tenant.id, self.known_at);
        let engine = &mut *self.unit.engine;
        interactions::interactions_with(
            engine,
            tenant,
            known_at,
            Side::Number,
            numbers,
            &mut |it| {
                past.entry(it.with).or_default().note(&it);
            },
        )?;
        let named = parties.iter().zip(numbers);
        let named = named.filter_map(|(party, number)| Some((party.human_id?, *number)));
        let mut of_humans: Vec<(Id, Id)> = named.collect();
        let links = links_on(engine, numbers)?;
        let own = links.iter().filter(|link| link.owner == tenant);
        of_humans.extend(own.map(|link| (link.human, link.number)));
        of_humans.sort_unstable();
        of_humans.dedup();
        let mut humans: Vec<Id> = of_humans.iter().map(|(human, _)| *human).collect();
        humans.dedup();
        interactions::interactions_with(
            engine,
            tenant,
            known_at,
            Side::Human,
            &humans,
            &mut |it| {
                let start = of_humans.partition_point(|(human, _)| *human < it.with);
                let theirs = of_humans.iter().skip(start);
                for (_, number) in theirs.take_while(|(human, _)| *human == it.with) {
                    past.entry(*number).or_default().note(&it);
                }
            },
        )?;
        Ok(past)
    }
}

impl std::fmt::Debug for ContactReader<'_, '_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ContactReader").finish_non_exhaustive()
    }
}

/// What a tenant and a called party did with each other.
#[derive(Debug, Default)]
struct Past {
    relationships: Vec<RelationshipFact>,
    contacts: Vec<PastContact>,
}

impl Past {
    /// Takes an interaction in, once: one may be found by its number and by its human.
    fn note(&mut self, interaction: &PastInteraction) {
        let PastInteraction {
            id,
            kind,
            direction,
            started_at: at,
            ..
        } = *interaction;
        let mut contact = |channel| {
            let known = self.contacts.iter().any(|contact| contact.id == id);
            if direction == Direction::Outbound && !known {
                self.contacts.push(PastContact { id, channel, at });
            }
        };
        let mut relationship = |kind| {
            if !self.relationships.iter().any(|fact| fact.id == id) {
                self.relationships.push(RelationshipFact { id, kind, at });
            }
        };
        match kind {
            InteractionKind::Call => contact(Channel::Call),
            InteractionKind::Text => contact(Channel::Sms),
            InteractionKind::Mail => contact(Channel::Email),
            InteractionKind::Purchase => relationship(RelationshipKind::Purchase),
            InteractionKind::Inquiry => relationship(RelationshipKind::Inquiry),
        }
    }
}

fn place_of(party: &CalledParty) -> Cow<'static, Place> {
    match party.stated == StatedPlace::default() {
        true => Cow::Borrowed(Place::of_number(party.phone_number)),
        false => Cow::Owned(Place::of(party.phone_number, &party.stated)),
    }
}

/// What the numbering plan says of a line; in North America it says nothing.
fn line_of(number: E164) -> Line {
    if number.digits() / 10_000_000_000 == 1 {
        return Line::Unknown;
    }
    match parse(&number.to_string(), None).map(|number| number.line_type()) {
        Ok(LineType::Mobile | LineType::Pager) => Line::Mobile,
        Ok(LineType::FixedLine) => Line::Landline,
        Ok(LineType::Voip) => Line::Voip,
        Ok(
            LineType::FixedLineOrMobile
            | LineType::TollFree
            | LineType::PremiumRate
            | LineType::SharedCost
            | LineType::PersonalNumber
            | LineType::Uan
            | LineType::Voicemail
            | LineType::Unknown,
        )
        | Err(_) => Line::Unknown,
    }
}

fn no_party() -> SmrtError {
    SmrtError::invalid("no_party", "nobody was named to be contacted")
}
