//! What each step should be answered, and what it changes.

use serde_json::json;
use smrt_core::model::{AccessLevel, ConsentEvent, Email, EntityType, Field, Id, Instant};
use smrt_core::phone::parse;

use super::{Consent, Grant, Human, Interaction, Link, Record, Run, World};
use crate::operations::stage::{Answer, e164, field_and_value, field_of};
use crate::operations::step::{
    CONSENT_TYPES, ConsentStep, GrantStep, NUMBERS, Place, RELATIONSHIPS, Row, Step, TENANTS, What,
    text,
};

const DAY_MICROS: i64 = 86_400_000_000;

/// The fields of a human that say who it is: all but the job title and the metadata.
const IDENTITY: [usize; 6] = [0, 1, 2, 3, 5, 6];

const FIELD_BYTES_MAX: usize = 4_096;

/// The code of a refusal.
type Refused = &'static str;

impl World {
    /// Whether a step is refused, and with which code; nothing where the model does not know.
    pub(in crate::operations) fn expected(&self, step: &Step) -> Option<Result<(), Refused>> {
        let by = step.by;
        let checked = match &step.what {
            What::AddHuman { key, fields } => self.new_human(by, *key, fields).map(|_| ()),
            What::EditHuman { human, field, text } => {
                self.edited(by, *human, *field, *text).map(|_| ())
            }
            What::AddNumber(number) => usable(*number),
            What::Link { human, number, .. } => {
                let human = self.visible(by, EntityType::Human, *human);
                human.and_then(|_| usable(*number))
            }
            What::EditLink {
                link,
                is_primary,
                verified,
            } => self.visible(by, EntityType::Link, *link).and_then(|link| {
                let changed = [("is_primary", is_primary), ("verified", verified)];
                let mut changed = changed.iter().filter(|(_, change)| change.is_some());
                let now = self.now;
                let may_write = |field| self.level(by, &link, field, now) >= AccessLevel::Write;
                match changed.all(|(field, _)| may_write(field)) {
                    true => Ok(()),
                    false => Err("access_refused"),
                }
            }),
            What::Unlink(link) => match self.visible(by, EntityType::Link, *link) {
                Ok(link) if link.owner != by => Err("access_refused"),
                link => link.map(|_| ()),
            },
            What::Grant(grant) => self.new_grant(by, grant).map(|_| ()),
            What::Revoke(grant) => self.revocable(by, *grant).map(|_| ()),
            What::Consent(consent) => self.new_consent(by, consent).map(|_| ()),
            What::Interact {
                key,
                human,
                number,
                outcome,
                ..
            } => {
                let human = human.map(|human| self.visible(by, EntityType::Human, human));
                human.transpose().and_then(|human| {
                    number.map_or(Ok(()), usable)?;
                    let is_subject = human.is_some() || number.is_some();
                    is_subject
                        .then_some(())
                        .ok_or("interaction_without_subject")?;
                    checked(&text(*outcome))?;
                    let known = |it: &Interaction| it.owner == by && it.key == *key;
                    unless_taken(*key, self.interactions.iter().any(known))
                })
            }
            What::EditInteraction {
                interaction,
                outcome,
            } => {
                let it = self.visible(by, EntityType::Interaction, *interaction);
                it.and_then(|it| {
                    let may_write =
                        |field| self.level(by, &it, field, self.now) >= AccessLevel::Write;
                    match may_write("outcome") && may_write("metadata") {
                        true => checked(&text(*outcome)).map(|_| ()),
                        false => Err("access_refused"),
                    }
                })
            }
            What::List { since, .. } if since.instant(self.now) > self.now => {
                Err("list_of_the_future")
            }
            What::Answer { asked, .. } if asked.instant(self.now) > self.now => {
                Err("list_of_the_future")
            }
            What::Undo { runs_before_last } if *runs_before_last >= self.runs[by] => {
                Err("store_invalid")
            }
            What::List { .. } | What::EditNumber { .. } | What::Load(_) | What::Undo { .. } => {
                return None;
            }
            What::Unlist { .. }
            | What::Answer { .. }
            | What::Sync
            | What::Import(_)
            | What::Scrub => Ok(()),
        };
        Some(checked)
    }

    /// Changes what a step changes that was answered in this way.
    pub(in crate::operations) fn apply(&mut self, step: &Step, answer: &Answer) {
        let by = step.by;
        let now = self.now;
        let Ok(ids) = &answer.outcome else { return };
        match &step.what {
            What::AddHuman { key, fields } => {
                let mut human = self.new_human(by, *key, fields).unwrap();
                human.id = ids[0];
                self.humans.push(human);
            }
            What::EditHuman { human, field, text } => {
                let edited = self.edited(by, *human, *field, *text).unwrap();
                self.put(edited);
            }
            What::AddNumber(number) => self.tie(by, *number, None),
            What::Link {
                human,
                number,
                relationship,
                ..
            } => {
                let human = self.id_at(by, EntityType::Human, *human);
                self.tie(by, *number, None);
                self.link(
                    ids[0],
                    by,
                    human,
                    *number,
                    RELATIONSHIPS[*relationship],
                    None,
                );
            }
            What::Unlink(link) => {
                let id = self.id_at(by, EntityType::Link, *link);
                self.links.retain(|link| link.id != id);
            }
            What::Grant(grant) => {
                let mut grant = self.new_grant(by, grant).unwrap();
                grant.id = ids[0];
                self.grants.push(grant);
                // As they are listed.
                self.grants.sort_by_key(|grant| grant.id);
            }
            What::Revoke(grant) => {
                let id = self.revocable(by, *grant).unwrap();
                let mut grants = self.grants.iter_mut();
                grants.find(|grant| grant.id == id).unwrap().revoked = Some(now);
            }
            What::Consent(consent) => {
                let mut event = self.new_consent(by, consent).unwrap();
                event.id = ids[0];
                event
                    .number
                    .into_iter()
                    .for_each(|number| self.tie(by, number, None));
                self.consents.push(event);
            }
            What::Interact { key, number, .. } => {
                number.iter().for_each(|number| self.tie(by, *number, None));
                self.interactions.push(Interaction {
                    id: ids[0],
                    owner: by,
                    key: *key,
                });
            }
            What::List {
                list,
                number,
                since,
                ..
            } => self.lists.add(by, *list, *number, since.instant(now), now),
            What::Unlist { list, number } => self.lists.remove(by, *list, *number, now),
            What::Load(load) => {
                let file = self.file(by, load);
                self.lists.load(by, load.into, file, now);
            }
            What::Import(rows) => self.import(by, rows),
            What::Undo { runs_before_last } => {
                self.undo((by, self.run_before_last(by, *runs_before_last)));
            }
            What::EditNumber { .. }
            | What::EditLink { .. }
            | What::EditInteraction { .. }
            | What::Answer { .. }
            | What::Sync
            | What::Scrub => {}
        }
    }

    /// The record at a place, if a tenant sees it.
    fn visible(
        &self,
        tenant: usize,
        entity_type: EntityType,
        place: Place,
    ) -> Result<Record, Refused> {
        let record = self.record(entity_type, self.id_at(tenant, entity_type, place));
        let visible = record.filter(|record| self.sees(tenant, record, self.now));
        visible.ok_or("not_found")
    }

    fn new_human(
        &self,
        by: usize,
        key: Option<u8>,
        fields: &[(usize, usize)],
    ) -> Result<Human, Refused> {
        let mut given: [Option<String>; 8] = Default::default();
        given[7] = Some("{}".to_owned());
        for (field, number) in fields {
            let (name, value) = field_and_value(*field, *number);
            given[*field] = match name {
                // Whoever adds a human has an address or has none.
                "email" => Email::parse(&value)
                    .ok()
                    .map(|email| email.reveal().to_owned()),
                _ => Some(value),
            };
        }
        let metadata = given[7].take();
        let mut kept: [Option<String>; 8] = Default::default();
        for (kept, given) in kept.iter_mut().zip(&given) {
            *kept = given.as_deref().map_or(Ok(None), checked)?;
        }
        kept[7] = metadata;
        has_identity(&kept)?;
        let known = |human: &Human| human.owner == by && human.key == key;
        unless_taken(key, self.humans.iter().any(known))?;
        Ok(Human {
            id: super::nobody(),
            owner: by,
            key,
            fields: kept,
            row: None,
            run: None,
        })
    }

    /// A human after an edit.
    fn edited(
        &self,
        by: usize,
        human: Place,
        field: usize,
        number: usize,
    ) -> Result<Human, Refused> {
        let (name, value) = field_and_value(field, number);
        let value = match name {
            "metadata" => Some(value),
            "email" => match Email::parse(&value) {
                Ok(email) => Some(email.reveal().to_owned()),
                Err(_) => return Err("email_invalid"),
            },
            _ => checked(&value)?,
        };
        let record = self.visible(by, EntityType::Human, human)?;
        if self.level(by, &record, name, self.now) < AccessLevel::Write {
            return Err("access_refused");
        }
        let mut human = self.human(record.id).unwrap().clone();
        if human.fields[field] != value {
            human.fields[field] = value;
            has_identity(&human.fields)?;
        }
        Ok(human)
    }

    fn put(&mut self, human: Human) {
        match self.humans.iter_mut().find(|known| known.id == human.id) {
            Some(known) => *known = human,
            None => self.humans.push(human),
        }
    }

    fn link(
        &mut self,
        id: Id,
        owner: usize,
        human: Id,
        number: usize,
        relationship: &'static str,
        run: Option<Run>,
    ) {
        if self.links.iter().all(|link| link.id != id) {
            self.links.push(Link {
                id,
                owner,
                human,
                number,
                relationship,
                run,
            });
        }
    }

    fn new_grant(&self, by: usize, new: &GrantStep) -> Result<Grant, Refused> {
        let ends = new.ends.map(|ends| ends.instant(self.now));
        let field = new.field.map(|field| field_of(new.entity_type, field));
        let to = (by + new.to) % TENANTS.len();
        if to == by {
            return Err("grant_to_self");
        }
        if new.entity_type == EntityType::PhoneNumber && new.record.is_some() {
            return Err("phone_number_not_granted");
        }
        if ends.is_some_and(|end| end <= self.now) {
            return Err("grant_expiry_past");
        }
        let mut record = None;
        if let Some(place) = new.record {
            let on = self.visible(by, new.entity_type, place)?;
            let granted = |field: &&str| self.granted(by, &on, field, self.now);
            let fields = new.entity_type.fields().iter();
            let mut fields = fields.filter(|name| field.is_none_or(|field| field.name() == **name));
            let is_admin =
                by == on.owner || fields.all(|field| granted(field) == AccessLevel::Admin);
            if !is_admin {
                return Err("access_refused");
            }
            if to == on.owner {
                return Err("grant_to_owner");
            }
            record = Some(on.id);
        }
        Ok(Grant {
            id: super::nobody(),
            by,
            to,
            entity_type: new.entity_type,
            record,
            field: field.map(Field::name),
            level: new.level,
            made: self.now,
            ends,
            revoked: None,
        })
    }

    /// The grant at a place, if a tenant may end it.
    fn revocable(&self, by: usize, place: Place) -> Result<Id, Refused> {
        let id = self.grant_at(by, place);
        let grant = self.grants.iter().find(|grant| grant.id == id);
        let owns = |grant: &Grant| {
            let record = grant
                .record
                .and_then(|id| self.record(grant.entity_type, id));
            record.is_some_and(|record| record.owner == by)
        };
        let grant = grant
            .filter(|grant| grant.by == by || owns(grant))
            .ok_or("not_found")?;
        match grant.revoked {
            Some(_) => Err("grant_revoked"),
            None => Ok(id),
        }
    }

    fn new_consent(&self, by: usize, new: &ConsentStep) -> Result<Consent, Refused> {
        let human = new
            .human
            .map(|human| self.visible(by, EntityType::Human, human));
        let human = human.transpose()?;
        new.number.map_or(Ok(()), usable)?;
        if human.is_none() && new.number.is_none() {
            return Err("consent_without_subject");
        }
        if new.event == ConsentEvent::Reassigned && new.number.is_none() {
            return Err("consent_reassigned_without_number");
        }
        checked(&text(new.source))?.ok_or("consent_without_source")?;
        let date = new.date.map(|date| date.instant(self.now));
        let expiration = new.expiration.map(|end| end.instant(self.now));
        let tomorrow = Instant::from_micros(self.now.as_micros() + DAY_MICROS);
        if date.is_some_and(|date| date > tomorrow) {
            return Err("consent_date_in_future");
        }
        if date.zip(expiration).is_some_and(|(date, end)| end <= date) {
            return Err("consent_expired_before_date");
        }
        let gives = matches!(new.event, ConsentEvent::Granted | ConsentEvent::Renewed);
        if !gives && new.tier.is_some() {
            return Err("consent_tier_misplaced");
        }
        let known = |event: &Consent| event.owner == by && event.key == new.key;
        unless_taken(new.key, self.consents.iter().any(known))?;
        Ok(Consent {
            id: super::nobody(),
            owner: by,
            key: new.key,
            human: human.map(|human| human.id),
            number: new.number,
            consent_type: CONSENT_TYPES[new.consent_type],
            event: new.event,
            date,
            precision: new.precision,
            expiration,
            tier: new.tier,
            method: new.method,
            recorded_at: self.now,
        })
    }

    fn import(&mut self, by: usize, rows: &[Row]) {
        self.runs[by] += 1;
        let run = (by, self.runs[by]);
        for row in rows {
            let tenant = Id::of_tenant(TENANTS[by]);
            let id = Id::of_human(tenant, "crm", &row.source_key());
            let known = self.human(id).cloned();
            if known
                .as_ref()
                .is_some_and(|known| known.row.as_ref() == Some(row))
            {
                continue;
            }
            let mut human = match known {
                Some(known) => {
                    self.before_runs.push((run, known.clone()));
                    known
                }
                None => new_imported(id, by, run),
            };
            human.row = Some(row.clone());
            for (field, value) in [(0, row.first_name()), (2, row.email())] {
                if let Some(value) = value {
                    let email = Email::parse(value).ok();
                    let email = email.map(|email| email.reveal().to_owned());
                    human.fields[field] = email.or(Some(value.to_owned()));
                }
            }
            self.put(human);
            if let Some(number) = row.mobile {
                self.tie(by, number, Some(run));
                let number_id = Id::of_phone_number(e164(number));
                let link = Id::of_link(number_id, id, RELATIONSHIPS[0]);
                self.link(link, by, id, number, RELATIONSHIPS[0], Some(run));
            }
        }
    }

    /// Takes a run back.
    fn undo(&mut self, run: Run) {
        let before: Vec<(Run, Human)> = std::mem::take(&mut self.before_runs);
        let (of_run, others) = before.into_iter().partition(|(of, _)| *of == run);
        self.before_runs = others;
        let of_run: Vec<(Run, Human)> = of_run;
        of_run.into_iter().for_each(|(_, human)| self.put(human));
        self.humans.retain(|human| human.run != Some(run));
        self.links.retain(|link| link.run != Some(run));
        let (going, staying) = std::mem::take(&mut self.ties)
            .into_iter()
            .partition(|tie| tie.run == Some(run));
        self.ties = staying;
        let going: Vec<super::Tie> = going;
        for tie in going {
            if self.number_owners.get(&tie.number) != Some(&tie.tenant) {
                continue;
            }
            // The number passes to whoever has known it longest.
            let heirs = self.ties.iter().filter(|heir| heir.number == tie.number);
            let heir = heirs.min_by_key(|heir| (heir.since, Id::of_tenant(TENANTS[heir.tenant])));
            match heir.map(|heir| heir.tenant) {
                Some(heir) => self.number_owners.insert(tie.number, heir),
                None => self.number_owners.remove(&tie.number),
            };
        }
    }
}

fn new_imported(id: Id, owner: usize, run: Run) -> Human {
    let mut fields: [Option<String>; 8] = Default::default();
    fields[7] = Some(json!({}).to_string());
    Human {
        id,
        owner,
        key: None,
        fields,
        row: None,
        run: Some(run),
    }
}

/// Whether a number is one that some plan has.
fn usable(number: usize) -> Result<(), Refused> {
    match parse(NUMBERS[number], None) {
        Ok(_) => Ok(()),
        Err(_) => Err("phone_not_valid"),
    }
}

fn unless_taken(key: Option<u8>, is_taken: bool) -> Result<(), Refused> {
    match key {
        Some(_) if is_taken => Err("key_taken"),
        Some(_) | None => Ok(()),
    }
}

/// A text as it is kept.
fn checked(text: &str) -> Result<Option<String>, Refused> {
    let text = text.trim();
    if text.len() > FIELD_BYTES_MAX {
        return Err("field_too_long");
    }
    if text.chars().any(char::is_control) {
        return Err("field_control_character");
    }
    Ok((!text.is_empty()).then(|| text.to_owned()))
}

fn has_identity(fields: &[Option<String>; 8]) -> Result<(), Refused> {
    match IDENTITY.iter().any(|field| fields[*field].is_some()) {
        true => Ok(()),
        false => Err("human_without_identity"),
    }
}
