//! One record with everything a tenant may know of it, and where each value came from.

use std::collections::HashMap;

use super::consent::{ConsentRecord, consent_records_of};
use super::error::SmrtError;
use super::human::Human;
use super::link::{Link, links_of};
use super::number::{Number, numbers};
use super::record::{fetch, not_found};
use super::session::TenantSession;
use super::unit::Unit;
use crate::model::{EntityType, Id, Instant, Module};
use crate::store::{Origin, SourceKey, provenance, records, schema};

/// A human with what is tied to it. Origins are those of the tenant's own imports.
#[derive(Debug, Clone)]
pub struct HumanDetail {
    /// The human.
    pub human: Human,
    /// The origin of each field that an import filled.
    pub origins: HashMap<&'static str, Origin>,
    /// Its links, the primary one first.
    pub links: Vec<LinkDetail>,
    /// Its consent records with their origins, by type and date; none without the module `consent`.
    pub consent_records: Vec<(ConsentRecord, Option<Origin>)>,
    /// The rows of sources from which it was imported.
    pub source_keys: Vec<SourceKey>,
}

/// A phone number with what is tied to it.
#[derive(Debug, Clone)]
pub struct NumberDetail {
    /// The number.
    pub number: Number,
    /// Since when the tenant knows it; none if it knows it by a grant only.
    pub known_since: Option<Instant>,
    /// Where the tenant learned of it, if an import of its own did.
    pub origin: Option<Origin>,
    /// Its links to humans the tenant can see.
    pub links: Vec<LinkDetail>,
}

/// A link with both its ends.
#[derive(Clone)]
pub struct LinkDetail {
    /// The link.
    pub link: Link,
    /// The human.
    pub human: Human,
    /// The phone number in E.164: whoever sees a link sees the number.
    pub phone_number: String,
    /// Where the link came from, if an import of the tenant made it.
    pub origin: Option<Origin>,
}

impl std::fmt::Debug for LinkDetail {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LinkDetail")
            .field("link", &self.link)
            .field("human", &self.human)
            .field("origin", &self.origin)
            .finish_non_exhaustive()
    }
}

impl TenantSession<'_> {
    /// A human with everything the tenant may know of it.
    ///
    /// # Errors
    ///
    /// [`SmrtError::NotFound`] when there is none the tenant can see.
    ///
    /// ```
    /// # use smrt_core::smrt::doc::{now, store, with_human};
    /// # let mut smrt = store()?;
    /// # let ada = with_human(&mut smrt)?;
    /// let mut session = smrt.tenant("acme")?.acting_as("crm-sync".parse()?);
    /// let detail = session.human_detail(ada, now())?;
    /// assert!(detail.source_keys.is_empty(), "she was added by hand");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn human_detail(&mut self, id: Id, at: Instant) -> Result<HumanDetail, SmrtError> {
        self.require(Module::Contacts, at)?;
        let with_consent = self.tenant.has(Module::Consent);
        self.read(at, |unit| {
            let human = fetch::<Human>(unit, &[id])?
                .remove(&id)
                .ok_or_else(|| not_found::<Human>(id))?;
            let is_own = human.owner == unit.tenant.id;
            let consent_records = match with_consent {
                true => {
                    let records = consent_records_of(unit, "human_id", &[id])?;
                    with_origins(unit, records)?
                }
                false => Vec::new(),
            };
            let links = links_of(unit, "human_id", &[id])?;
            let links = details(unit, links, HashMap::from([(id, human.clone())]))?;
            let (origins, source_keys) = match is_own {
                true => (
                    provenance::of_human_fields(unit.engine, id, EntityType::Human.fields())?,
                    provenance::source_keys(unit.engine, id)?,
                ),
                false => Default::default(),
            };
            Ok(HumanDetail {
                human,
                origins,
                links,
                consent_records,
                source_keys,
            })
        })
    }

    /// A phone number with everything the tenant may know of it.
    ///
    /// # Errors
    ///
    /// [`SmrtError::NotFound`] when there is none the tenant can see.
    ///
    /// ```
    /// # use smrt_core::smrt::doc::{now, store};
    /// # let mut smrt = store()?;
    /// let mut session = smrt.tenant("acme")?.acting_as("crm-sync".parse()?);
    /// let id = session.add_number("+12025550143".parse()?, now())?;
    /// assert_eq!(session.number_detail(id, now())?.known_since, Some(now()));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn number_detail(&mut self, id: Id, at: Instant) -> Result<NumberDetail, SmrtError> {
        self.require(Module::Contacts, at)?;
        self.read(at, |unit| {
            let number = numbers(unit, &[id])?
                .remove(&id)
                .ok_or_else(|| not_found::<Number>(id))?;
            let known = provenance::of_number(unit.engine, unit.tenant.id, id)?;
            let links = links_of(unit, "phone_number_id", &[id])?;
            let humans: Vec<Id> = links.iter().map(|link| link.human_id).collect();
            let humans = fetch::<Human>(unit, &humans)?;
            let links = details(unit, links, humans)?;
            let (known_since, origin) = match known {
                Some((since, origin)) => (Some(since), origin),
                None => (None, None),
            };
            Ok(NumberDetail {
                number,
                known_since,
                origin,
                links,
            })
        })
    }
}

/// Links with both ends, the primary one first, then in the order in which they came in.
fn details(
    unit: &mut Unit<'_>,
    links: Vec<Link>,
    humans: HashMap<Id, Human>,
) -> Result<Vec<LinkDetail>, SmrtError> {
    let own = unit.tenant.id;
    let own_ids = links.iter().filter(|link| link.owner == own);
    let own_ids: Vec<Id> = own_ids.map(|link| link.id).collect();
    let table = &schema::PHONE_HUMAN_LINKS;
    let mut origins = provenance::of_records(unit.engine, table, &own_ids)?;
    let numbers: Vec<Id> = links.iter().map(|link| link.phone_number_id).collect();
    let numbers = records::e164_of(unit.engine, &numbers)?;
    let mut details = Vec::with_capacity(links.len());
    for link in links {
        let human = humans.get(&link.human_id).cloned();
        let phone_number = numbers.get(&link.phone_number_id).cloned();
        if let (Some(human), Some(phone_number)) = (human, phone_number) {
            details.push(LinkDetail {
                origin: origins.remove(&link.id),
                link,
                human,
                phone_number,
            });
        }
    }
    details.sort_by(|left, right| {
        let key = |detail: &LinkDetail| {
            let place = detail
                .origin
                .as_ref()
                .map(|origin| (origin.run, origin.line));
            let is_primary = detail.link.is_primary.value() == Some(&true);
            (!is_primary, place)
        };
        let by_place = key(left).cmp(&key(right));
        by_place
            .then_with(|| left.phone_number.cmp(&right.phone_number))
            .then_with(|| left.link.id.cmp(&right.link.id))
    });
    Ok(details)
}

/// Consent records with their origins, by type and date.
fn with_origins(
    unit: &mut Unit<'_>,
    mut records: Vec<ConsentRecord>,
) -> Result<Vec<(ConsentRecord, Option<Origin>)>, SmrtError> {
    let own = unit.tenant.id;
    let own_ids = records.iter().filter(|record| record.owner == own);
    let own_ids: Vec<Id> = own_ids.map(|record| record.id).collect();
    let table = &schema::CONSENT_RECORDS;
    let mut origins = provenance::of_records(unit.engine, table, &own_ids)?;
    records.sort_by_key(|record| {
        let consent_type = record.consent_type.value().cloned();
        (
            consent_type,
            record.consent_date.value().copied(),
            record.id,
        )
    });
    let with_origin = |record: ConsentRecord| {
        let origin = origins.remove(&record.id);
        (record, origin)
    };
    Ok(records.into_iter().map(with_origin).collect())
}
