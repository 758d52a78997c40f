//! What a tenant sees of a store: as text for comparing engines, and as the world tells it.

use std::collections::BTreeSet;

use smrt_core::model::{Channel, ConsentTier, EntityType, Id, Instant, Purpose, RegistryKind};
use smrt_core::rules::contact::{Contact, Question};
use smrt_core::rules::rule::{Profile, RuleSet};
use smrt_core::smrt::{
    AccessQuestion, CalledParty, ConsentQuestion, ConsentSubject, DncFacts, GrantFilter,
    HumanSearch, Page, PageRequest, SmrtError, TenantSession,
};
use smrt_core::store::AuditFilter;

use super::stage::{Stage, e164, field_of};
use super::step::{Look, NUMBERS, TENANTS, text};
use super::world::{Sight, World, key, seen, shown};
use crate::leak::view::View;
use crate::sandbox::causes;

/// How many records a page has; few, so that lists have several.
const PAGE: u32 = 3;

/// What somebody saw.
#[derive(Debug, PartialEq)]
pub(super) struct Seen {
    /// What the model knows too.
    pub(super) sight: Sight,
    /// All that was told, question by question.
    pub(super) told: Vec<String>,
}

impl Stage {
    /// Looks at the store.
    pub(super) fn look(&mut self, look: &Look, world: &World) -> Seen {
        let at = look.when.instant(world.now);
        let mut seen = Seen {
            sight: Sight::new(),
            told: Vec::new(),
        };
        let mut session = self.session(look.by);
        seen.records(&mut session, at);
        seen.human(&mut session, look, world, at);
        seen.number(&mut session, look, at);
        seen.rest(&mut session, look, at);
        seen
    }

    /// The whole trail of a tenant.
    pub(super) fn trail(&mut self, tenant: usize) -> Vec<String> {
        let all = AuditFilter {
            limit: AuditFilter::LIMIT_MAX,
            ..AuditFilter::default()
        };
        let mut session = self.session(tenant);
        assert!(
            session.verify_audit().unwrap().is_sound(),
            "{}",
            TENANTS[tenant]
        );
        let entries = session.audit_entries(&all).unwrap();
        entries.iter().map(|entry| format!("{entry:?}")).collect()
    }
}

impl Seen {
    /// Notes an answer and gives it on.
    fn told<T: View>(&mut self, question: &str, answer: Result<T, SmrtError>) -> Option<T> {
        let told = match &answer {
            Ok(answer) => answer.reveal(),
            Err(error) => format!("{}: {}", error.code(), causes(error)),
        };
        self.told.push(format!("{question}: {told}"));
        answer.ok()
    }

    /// All pages of a list.
    fn listed<T: View>(
        &mut self,
        question: &str,
        mut page: impl FnMut(&PageRequest) -> Result<Page<T>, SmrtError>,
    ) -> Vec<T> {
        let mut items = Vec::new();
        let mut request = PageRequest::first(PAGE);
        while let Some(page) = self.told(question, page(&request)) {
            items.extend(page.items);
            match page.next {
                Some(cursor) => request = request.behind(cursor),
                None => break,
            }
        }
        items
    }

    fn note(&mut self, entity_type: EntityType, id: Id, fields: &[String]) {
        let is_seen = fields.iter().any(|field| field != "hidden");
        assert!(is_seen, "{entity_type} {id} is shown without a field");
        self.sight.insert(key(entity_type, id), fields.join(" | "));
    }

    /// The lists of all kinds of records.
    fn records(&mut self, session: &mut TenantSession<'_>, at: Instant) {
        for human in self.listed("humans", |page| session.list_humans(page, at)) {
            let fields = EntityType::Human.fields().iter();
            let fields: Vec<String> = fields.map(|name| shown(human.field(name))).collect();
            self.note(EntityType::Human, human.id, &fields);
        }
        for number in self.listed("numbers", |page| session.list_numbers(page, at)) {
            let fields = [
                shown(&number.phone_number),
                seen(&number.country_code),
                seen(&number.area_code),
                seen(&number.is_mobile),
                seen(&number.carrier_info),
                seen(&number.dnc_status),
                seen(&number.dnc_date),
                seen(&number.metadata),
            ];
            self.note(EntityType::PhoneNumber, number.id, &fields);
        }
        for link in self.listed("links", |page| session.list_links(page, at)) {
            let fields = [
                shown(&link.relationship_type),
                seen(&link.is_primary),
                seen(&link.verified),
                seen(&link.metadata),
            ];
            self.note(EntityType::Link, link.id, &fields);
        }
        for event in self.listed("events", |page| session.list_consent_records(page, at)) {
            let fields = [
                seen(&event.consent_type),
                seen(&event.consent_status),
                seen(&event.consent_source),
                seen(&event.consent_date),
                seen(&event.expiration_date),
                seen(&event.legal_basis),
                seen(&event.metadata),
                seen(&event.evidence),
            ];
            self.note(EntityType::ConsentRecord, event.id, &fields);
        }
        for it in self.listed("interactions", |page| session.list_interactions(page, at)) {
            let fields = [
                seen(&it.kind),
                seen(&it.direction),
                seen(&it.outcome),
                seen(&it.started_at),
                seen(&it.duration_s),
                seen(&it.metadata),
            ];
            self.note(EntityType::Interaction, it.id, &fields);
        }
    }

    fn human(&mut self, session: &mut TenantSession<'_>, look: &Look, world: &World, at: Instant) {
        let id = world.id_at(look.by, EntityType::Human, look.human);
        self.told("human", session.human_detail(id, at));
        let answer = session.consent_status(&question(look, ConsentSubject::Human(id)), at, at);
        let code = code_of(answer.as_ref().map(|answer| answer.code));
        self.sight.insert("consent of the human".to_owned(), code);
        self.told("consent of the human", answer);
        self.told(
            "history of the human",
            session.consent_history(ConsentSubject::Human(id), at),
        );
        let access = AccessQuestion {
            viewer: None,
            entity_type: EntityType::Human,
            id,
            field: field_of(EntityType::Human, look.field),
            level: look.level,
        };
        let explained = session.explain(&access, at);
        let decision = match &explained {
            Ok(explained) => explained.decision.allowed.to_string(),
            Err(error) => error.code().to_owned(),
        };
        self.sight
            .insert("access to the human".to_owned(), decision);
        self.told("access to the human", explained);
        self.told("grants on the human", {
            let on = GrantFilter::Record(EntityType::Human, id);
            session.grants(on, None, 99, at)
        });
        let with_number = HumanSearch {
            text: String::new(),
            numbers: vec![e164(look.number)],
            limit: 99,
        };
        let found = self.told("with number", session.search_humans(&with_number, at));
        let found = found.unwrap_or_default();
        let found: BTreeSet<Id> = found.iter().map(|found| found.human.id).collect();
        self.sight
            .insert("humans with the number".to_owned(), format!("{found:?}"));
    }

    fn number(&mut self, session: &mut TenantSession<'_>, look: &Look, at: Instant) {
        let number = e164(look.number);
        self.told(
            "number",
            session.number_detail(Id::of_phone_number(number), at),
        );
        for (place, name) in NUMBERS.iter().enumerate() {
            let subject = ConsentSubject::Number(e164(place));
            let answer = session.consent_status(&question(look, subject), at, at);
            let code = code_of(answer.as_ref().map(|answer| answer.code));
            let asked = format!("consent of {name}");
            self.told(&asked, answer);
            self.sight.insert(asked, code);
        }
        self.told(
            "history of the number",
            session.consent_history(ConsentSubject::Number(number), at),
        );
        let numbers: Vec<_> = (0..NUMBERS.len()).map(e164).collect();
        let facts = self
            .told("lists", session.check_dnc(&numbers, at, at))
            .unwrap_or_default();
        for (name, facts) in NUMBERS.iter().zip(&facts) {
            self.sight
                .insert(format!("lists that have {name}"), lists_in(facts));
        }
        let asked = Question {
            rules: RuleSet::builtin(),
            profile: Profile::Strict,
            at,
            known_at: at,
        };
        let contact = Contact::new(Channel::Call, Purpose::Marketing);
        let decision = session
            .may_contact(&asked, &contact, &CalledParty::at(number))
            .unwrap();
        let is_listed = !facts[look.number].listings.is_empty();
        assert!(
            !(is_listed && decision.is_allowed()),
            "a listed number may be called"
        );
        let reasons = decision.reasons.iter();
        let reasons: Vec<String> = reasons
            .map(|reason| {
                let rule = reason.rule.map(|rule| rule.id.clone());
                format!("{:?} {rule:?} {:?}", reason.code, reason.evidence)
            })
            .collect();
        self.told.push(format!(
            "may contact: {} {:?} {} {reasons:?}",
            decision.code(),
            decision.next_allowed_at,
            decision.flags
        ));
    }

    fn rest(&mut self, session: &mut TenantSession<'_>, look: &Look, at: Instant) {
        let words = HumanSearch {
            text: text(look.word),
            numbers: Vec::new(),
            limit: 3,
        };
        self.told("with words", session.search_humans(&words, at));
        self.told("given", session.grants(GrantFilter::Given, None, 99, at));
        self.told(
            "received",
            session.grants(GrantFilter::Received, None, 99, at),
        );
        self.told("opt-outs", session.consent_opt_outs(at));
        self.told("registries", session.dnc_registries(at));
        self.told("runs", session.runs(at));
    }
}

fn question(look: &Look, subject: ConsentSubject) -> ConsentQuestion {
    ConsentQuestion {
        subject,
        purpose: Purpose::Marketing,
        channel: look.channel,
        tier: ConsentTier::OptIn,
        seller: None,
    }
}

/// The standing that the model tells apart.
fn code_of(code: Result<&'static str, &SmrtError>) -> String {
    let code = match code {
        Ok(code @ ("given" | "withdrawn" | "never")) => code,
        Ok(_) => "void",
        Err(error) => error.code(),
    };
    code.to_owned()
}

/// The lists that have a number.
fn lists_in(facts: &DncFacts) -> String {
    let listings = facts.listings.iter().map(|listing| listing.kind);
    let registries = facts
        .registries
        .iter()
        .filter(|fact| fact.listed_since.is_some());
    let kinds = listings.chain(registries.map(|fact| fact.kind));
    let lists: BTreeSet<&str> = kinds.map(RegistryKind::as_str).collect();
    format!("{lists:?}")
}
