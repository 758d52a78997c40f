//! Reading what is to be exported, page by page, through the tenant's session.
//!
//! The session masks and audits; nothing is read past it.

use std::collections::HashMap;

use serde_json::Value as Json;
use smrt_core::model::{ConsentEvidence, Id, Instant};
use smrt_core::smrt::{
    ConsentRecord, Cursor, Human, Link, Masked, Number, Page, PageRequest, SmrtError, TenantSession,
};

use super::contact::{CONTACT_COLUMNS, Contact, ContactNumber, hidden_fields, push_contact};
use super::row::{Cell, Column, Kind, Rows, object, of, text};
use super::{ExportFilter, ExportWhat, Owners};

/// Records that are read at once; what is held is a few of these pages.
const PAGE_RECORDS: u32 = 2_000;

/// A stretch of an export.
#[derive(Debug)]
pub(super) enum Stretch {
    Contacts(Vec<Contact>),
    Rows(Rows),
}

impl Stretch {
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Contacts(contacts) => contacts.len(),
            Self::Rows(rows) => rows.len(),
        }
    }

    /// How many of its records have a field that the tenant may not see.
    pub(super) fn masked(&self) -> u64 {
        let masked = match self {
            Self::Contacts(contacts) => {
                let is_masked = |contact: &&Contact| contact.human.hidden_fields().next().is_some();
                contacts.iter().filter(is_masked).count()
            }
            Self::Rows(rows) => rows.count_filled("hidden_fields"),
        };
        masked as u64
    }

    pub(super) fn into_rows(self) -> Rows {
        match self {
            Self::Rows(rows) => rows,
            Self::Contacts(contacts) => {
                let mut rows = Rows::new(CONTACT_COLUMNS);
                contacts
                    .into_iter()
                    .for_each(|contact| push_contact(contact, &mut rows));
                rows
            }
        }
    }
}

/// The columns of an export.
pub(super) const fn columns(what: ExportWhat) -> &'static [Column] {
    match what {
        ExportWhat::Contacts => CONTACT_COLUMNS,
        ExportWhat::Humans => HUMAN_COLUMNS,
        ExportWhat::Numbers => NUMBER_COLUMNS,
        ExportWhat::Links => LINK_COLUMNS,
        ExportWhat::Consents => CONSENT_COLUMNS,
    }
}

const HUMAN_COLUMNS: &[Column] = &[
    text("human_id"),
    text("owner"),
    text("first_name"),
    text("last_name"),
    text("email"),
    text("company_name"),
    text("job_title"),
    text("employee_id"),
    text("contractor_id"),
    text("metadata"),
    of("created_at", Kind::Instant),
    of("updated_at", Kind::Instant),
    text("hidden_fields"),
];

const NUMBER_COLUMNS: &[Column] = &[
    text("phone_number_id"),
    text("phone_number"),
    of("country_code", Kind::Integer),
    text("area_code"),
    of("is_mobile", Kind::Truth),
    text("carrier_info"),
    text("dnc_status"),
    of("dnc_date", Kind::Instant),
    text("metadata"),
    text("hidden_fields"),
];

const LINK_COLUMNS: &[Column] = &[
    text("link_id"),
    text("owner"),
    text("human_id"),
    text("phone_number_id"),
    text("phone_number"),
    text("relationship_type"),
    of("is_primary", Kind::Truth),
    of("verified", Kind::Truth),
    text("metadata"),
    text("hidden_fields"),
];

/// The columns of a consent file, which `smrt consent import` reads.
const CONSENT_COLUMNS: &[Column] = &[
    text("id"),
    text("phone_number"),
    text("human_id"),
    text("consent_type"),
    text("event_kind"),
    text("consent_status"),
    of("consent_date", Kind::Instant),
    text("date_precision"),
    of("expiration_date", Kind::Instant),
    text("consent_tier"),
    text("seller"),
    text("consent_source"),
    text("legal_basis"),
    text("method"),
    text("url"),
    text("wording"),
    text("wording_digest"),
    text("wording_version"),
    text("signature"),
    text("ip"),
    text("user_agent"),
    text("recording"),
    of("conditioned", Kind::Truth),
    of("pre_ticked", Kind::Truth),
    of("needs_review", Kind::Truth),
    of("unverified", Kind::Truth),
    text("metadata"),
    of("recorded_at", Kind::Instant),
];

/// The pages of an export.
pub(super) struct Pages<'e, 's> {
    session: &'e mut TenantSession<'s>,
    what: ExportWhat,
    filter: ExportFilter,
    /// Slugs of tenants, for the owners of records.
    slugs: HashMap<Id, String>,
    at: Instant,
    next: Option<PageRequest>,
}

impl<'e, 's> Pages<'e, 's> {
    pub(super) fn new(
        session: &'e mut TenantSession<'s>,
        what: ExportWhat,
        filter: ExportFilter,
        mut slugs: HashMap<Id, String>,
        at: Instant,
    ) -> Self {
        let tenant = session.tenant();
        slugs.insert(tenant.id, tenant.slug.clone());
        Self {
            session,
            what,
            filter,
            slugs,
            at,
            next: Some(PageRequest::first(PAGE_RECORDS)),
        }
    }

    /// The next page, perhaps without any record; nothing at the end.
    pub(super) fn next(&mut self) -> Result<Option<Stretch>, SmrtError> {
        let Some(request) = self.next.take() else {
            return Ok(None);
        };
        let (session, at) = (&mut *self.session, self.at);
        let (stretch, cursor) = match self.what {
            ExportWhat::Contacts => {
                let page = session.list_humans(&request, at)?;
                let (humans, cursor) = self.humans(page);
                (self.contacts(humans)?, cursor)
            }
            ExportWhat::Humans => {
                let page = session.list_humans(&request, at)?;
                let (humans, cursor) = self.humans(page);
                (self.human_rows(humans), cursor)
            }
            ExportWhat::Numbers => {
                let page = session.list_numbers(&request, at)?;
                (number_rows(page.items), page.next)
            }
            ExportWhat::Links => {
                let page = session.list_links(&request, at)?;
                (self.link_rows(page.items)?, page.next)
            }
            ExportWhat::Consents => {
                let page = session.list_consent_records(&request, at)?;
                (self.consent_rows(page.items)?, page.next)
            }
        };
        self.next = cursor.map(|cursor| PageRequest::first(PAGE_RECORDS).behind(cursor));
        Ok(Some(stretch))
    }

    /// The humans of a page that pass the filter.
    fn humans(&self, page: Page<Human>) -> (Vec<Human>, Option<Cursor>) {
        let is_meant = |human: &Human| self.is_meant(human.owner) && self.is_new(human.updated_at);
        (page.items.into_iter().filter(is_meant).collect(), page.next)
    }

    fn is_meant(&self, owner: Id) -> bool {
        match self.filter.owners {
            Owners::Visible => true,
            Owners::Own => owner == self.session.tenant().id,
        }
    }

    /// Whether a record was changed since the filter's instant; one of which that is hidden is
    /// taken along.
    fn is_new(&self, changed_at: Masked<Instant>) -> bool {
        match (self.filter.updated_since, changed_at) {
            (Some(since), Masked::Value(changed_at)) => changed_at >= since,
            (None, _) | (Some(_), Masked::Empty | Masked::Hidden) => true,
        }
    }

    fn slug(&self, owner: Id) -> String {
        let slug = self.slugs.get(&owner).cloned();
        slug.unwrap_or_else(|| owner.to_string())
    }

    fn contacts(&mut self, humans: Vec<Human>) -> Result<Stretch, SmrtError> {
        let own = self.session.tenant().id;
        let ids: Vec<Id> = humans.iter().map(|human| human.id).collect();
        let mut linked: HashMap<Id, Vec<ContactNumber>> = HashMap::with_capacity(ids.len());
        let owners: HashMap<Id, Id> = humans.iter().map(|human| (human.id, human.owner)).collect();
        for number in self.session.linked_numbers(&ids, self.at)? {
            let human = number.link.human_id;
            // What others tied to the tenant's own human is not the tenant's to import again.
            if number.link.owner == own || owners.get(&human) != Some(&own) {
                linked.entry(human).or_default().push(number.into());
            }
        }
        // The same order whatever the ids are.
        linked.values_mut().for_each(|numbers| numbers.sort());
        let contacts = humans.into_iter().map(|human| Contact {
            owner: self.slug(human.owner),
            numbers: linked.remove(&human.id).unwrap_or_default(),
            human,
        });
        Ok(Stretch::Contacts(contacts.collect()))
    }

    fn human_rows(&self, humans: Vec<Human>) -> Stretch {
        let mut rows = Rows::new(HUMAN_COLUMNS);
        for human in humans {
            let hidden = hidden_fields(human.hidden_fields());
            rows.push([
                human.id.into(),
                Cell::Text(self.slug(human.owner)),
                human.first_name.into(),
                human.last_name.into(),
                human.email.into(),
                human.company_name.into(),
                human.job_title.into(),
                human.employee_id.into(),
                human.contractor_id.into(),
                object(human.metadata),
                human.created_at.into(),
                human.updated_at.into(),
                hidden,
            ]);
        }
        Stretch::Rows(rows)
    }

    fn link_rows(&mut self, links: Vec<Link>) -> Result<Stretch, SmrtError> {
        let links: Vec<Link> = links
            .into_iter()
            .filter(|link| self.is_meant(link.owner))
            .collect();
        let ids = links.iter().map(|link| link.phone_number_id);
        let numbers = self.numbers(ids.collect())?;
        let mut rows = Rows::new(LINK_COLUMNS);
        for link in links {
            let fields = [
                ("relationship_type", link.relationship_type.is_hidden()),
                ("is_primary", link.is_primary.is_hidden()),
                ("verified", link.verified.is_hidden()),
                ("metadata", link.metadata.is_hidden()),
            ];
            rows.push([
                link.id.into(),
                Cell::Text(self.slug(link.owner)),
                link.human_id.into(),
                link.phone_number_id.into(),
                numbers.get(&link.phone_number_id).cloned().into(),
                link.relationship_type.into(),
                link.is_primary.into(),
                link.verified.into(),
                object(link.metadata),
                hidden_among(&fields),
            ]);
        }
        Ok(Stretch::Rows(rows))
    }

    fn consent_rows(&mut self, records: Vec<ConsentRecord>) -> Result<Stretch, SmrtError> {
        let own = self.session.tenant().id;
        let records: Vec<ConsentRecord> = records
            .into_iter()
            // What other tenants share of their ledgers is theirs to export.
            .filter(|record| record.owner == own && self.is_new(record.recorded_at))
            .collect();
        let ids = records.iter().filter_map(|record| record.phone_number_id);
        let numbers = self.numbers(ids.collect())?;
        let mut rows = Rows::new(CONSENT_COLUMNS);
        records
            .into_iter()
            .for_each(|record| push_consent(record, &numbers, &mut rows));
        Ok(Stretch::Rows(rows))
    }

    /// Numbers in E.164 by their ids, those that the tenant may see.
    fn numbers(&mut self, mut ids: Vec<Id>) -> Result<HashMap<Id, String>, SmrtError> {
        ids.sort_unstable();
        ids.dedup();
        let numbers = self.session.numbers(&ids, self.at)?.into_iter().flatten();
        let numbers =
            numbers.filter_map(|number| Some((number.id, number.phone_number.into_value()?)));
        Ok(numbers.collect())
    }
}

fn number_rows(numbers: Vec<Number>) -> Stretch {
    let mut rows = Rows::new(NUMBER_COLUMNS);
    for number in numbers {
        let fields = [
            ("phone_number", number.phone_number.is_hidden()),
            ("country_code", number.country_code.is_hidden()),
            ("area_code", number.area_code.is_hidden()),
            ("is_mobile", number.is_mobile.is_hidden()),
            ("carrier_info", number.carrier_info.is_hidden()),
            ("dnc_status", number.dnc_status.is_hidden()),
            ("dnc_date", number.dnc_date.is_hidden()),
            ("metadata", number.metadata.is_hidden()),
        ];
        rows.push([
            number.id.into(),
            number.phone_number.into(),
            number.country_code.into(),
            number.area_code.into(),
            number.is_mobile.into(),
            number.carrier_info.into(),
            number.dnc_status.into(),
            number.dnc_date.into(),
            object(number.metadata),
            hidden_among(&fields),
        ]);
    }
    Stretch::Rows(rows)
}

fn push_consent(record: ConsentRecord, numbers: &HashMap<Id, String>, rows: &mut Rows) {
    let evidence = record.evidence.value();
    let evidence = evidence.and_then(|text| serde_json::from_str(text).ok());
    let evidence: ConsentEvidence = evidence.unwrap_or_default();
    let number = record.phone_number_id.and_then(|id| numbers.get(&id));
    let metadata = record.metadata.value();
    let metadata = metadata.filter(|text| serde_json::from_str::<Json>(text).is_ok());
    rows.push([
        record.id.into(),
        number.cloned().into(),
        record.human_id.map(|id| id.to_string()).into(),
        record.consent_type.clone().into(),
        record.event_kind.into(),
        record.consent_status.into(),
        record.consent_date.into(),
        record.date_precision.into(),
        record.expiration_date.into(),
        record.consent_tier.into(),
        record.seller.into(),
        record.consent_source.into(),
        record.legal_basis.into(),
        word(evidence.method.map(|method| method.as_str())),
        evidence.url.into(),
        evidence.wording.into(),
        evidence.wording_digest.into(),
        evidence.wording_version.into(),
        word(evidence.signature.map(|signature| signature.as_str())),
        evidence.ip.into(),
        evidence.user_agent.into(),
        evidence.recording.into(),
        evidence.conditioned.into(),
        evidence.pre_ticked.into(),
        evidence.needs_review.into(),
        evidence.unverified.into(),
        metadata.filter(|text| *text != "{}").cloned().into(),
        record.recorded_at.into(),
    ]);
}

fn word(word: Option<&'static str>) -> Cell {
    word.map(str::to_owned).into()
}

fn hidden_among(fields: &[(&str, bool)]) -> Cell {
    let hidden = fields.iter().filter(|(_, is_hidden)| *is_hidden);
    hidden_fields(hidden.map(|(name, _)| *name))
}
