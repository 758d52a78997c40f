//! From a mapped row to finished rows: numbers normalised, addresses checked, ids derived.
//!
//! All of this depends on the row alone, so it runs beside the writer on as many threads as there
//! are.
//! What this module does not do: it knows nothing of the store; whether a row is new is planned
//! later.

mod batch;
mod digest;
mod identity;

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt::Write as _;

use serde_json::{Map, Value as Json};
use smrt_core::model::{
    ConsentEvent, ConsentStatus, ConsentType, DatePrecision, Email, Id, Instant,
};
use smrt_core::phone::{self, E164, PhoneNumber, Region};
use smrt_core::store::{RowBlock, RunKey, Severity, Value};

pub use self::batch::{BlockEnds, CleanBatch, CleanRow};
use self::digest::RowDigest;
use self::identity::source_key;
use crate::json_text::push_json_string;
use crate::mapping::{IssueEffect, MappedConsent, MappedLink, MappedPhone, MappedRow, RowMapper};
use crate::record::{Record, RecordBatch};

/// What holds for all rows of a run.
#[derive(Debug, Clone)]
pub struct CleanContext {
    /// Whose data it is.
    pub tenant_id: Id,
    /// The name of the source.
    pub source: String,
    /// What the run's rows carry.
    pub run: RunKey,
    /// The run's start; the creation time of what it creates.
    pub started_at: Instant,
    /// Where numbers without a country code are from, unless the row tells.
    pub default_region: Option<Region>,
    /// When the file was exported: the date of a withdrawal that has none of its own.
    pub exported_at: Instant,
}

/// Finishes the rows of `records` into `batch`, whose earlier rows are dropped.
///
/// A row may name the human it speaks of by id. It gets that human only if the id is among
/// `own_humans`; any other id is taken for a key of the source. The ids that rows name are in
/// [`CleanBatch::named_humans`], so that the caller can look them up and clean again.
pub fn clean(
    context: &CleanContext,
    mapper: &RowMapper,
    own_humans: &HashSet<Id>,
    records: RecordBatch,
    batch: &mut CleanBatch,
) {
    batch.clear();
    let mut mapped = MappedRow::default();
    let mut scratch = Scratch::default();
    for record in records.iter() {
        let mut cleaner = RowCleaner {
            context,
            mapper,
            own_humans,
            record: &record,
            batch,
            scratch: &mut scratch,
        };
        let settled = match record.problem() {
            Some(_) => cleaner.reject_unreadable(),
            None => {
                mapper.map(&record, &mut mapped);
                cleaner.finish(&mapped)
            }
        };
        let (human, digest) = settled.unzip();
        let ends = batch.ends();
        batch.rows.push(CleanRow {
            number: record.number(),
            line: record.line(),
            human,
            digest: digest.unwrap_or(0),
            ends,
        });
    }
    batch.records = records;
}

/// Buffers that live longer than a row.
#[derive(Default)]
struct Scratch {
    metadata: String,
    phones: Vec<CleanPhone>,
    text: String,
}

struct CleanPhone {
    number: PhoneNumber,
    id: Id,
    relationship: smrt_core::model::RelationshipType,
    marked_primary: bool,
    /// What a file that smrt wrote says of the tie.
    link: Option<MappedLink>,
}

impl CleanPhone {
    fn is_same_link(&self, other: &Self) -> bool {
        self.id == other.id && self.relationship == other.relationship
    }
}

struct RowCleaner<'c, 'r> {
    context: &'c CleanContext,
    mapper: &'c RowMapper,
    own_humans: &'c HashSet<Id>,
    record: &'c Record<'r>,
    batch: &'c mut CleanBatch,
    scratch: &'c mut Scratch,
}

impl RowCleaner<'_, '_> {
    /// Rejects a row the source could not read.
    fn reject_unreadable(&mut self) -> Option<(Id, i64)> {
        if let Some(problem) = self.record.problem() {
            let column = problem
                .column
                .map(|column| match self.mapper.column_name(column) {
                    Some(name) => Cow::Borrowed(name),
                    None => Cow::Owned(column.to_string()),
                });
            self.issue(
                Severity::Rejected,
                column.as_deref(),
                problem.code,
                &problem.reason,
                problem.hint,
            );
        }
        None
    }

    /// Finishes a row: the human's id and the row's digest, or nothing when it is rejected.
    fn finish(&mut self, mapped: &MappedRow<'_>) -> Option<(Id, i64)> {
        if let Some(issue) = mapped
            .issues
            .iter()
            .find(|issue| issue.effect == IssueEffect::RejectsRow)
        {
            self.issue(
                Severity::Rejected,
                Some(issue.column_name),
                issue.code,
                issue.reason,
                issue.hint,
            );
            return None;
        }
        if self.is_of_another_tenant(mapped) {
            self.issue(
                Severity::Rejected,
                None,
                "of_another_tenant",
                "the row is a record of another tenant, which shares it",
                "leave the row out, or map the column `owner` to \"ignore\" for a copy of your own",
            );
            return None;
        }
        let issues_before = self.batch.issues.len();
        self.begin_metadata();
        for (name, value) in &mapped.metadata {
            self.keep_raw(name, value);
        }
        for (column, members) in &mapped.members {
            self.keep_members(column, members);
        }
        for issue in &mapped.issues {
            self.issue(
                Severity::Warning,
                Some(issue.column_name),
                issue.code,
                issue.reason,
                issue.hint,
            );
        }
        self.read_phones(mapped);
        let email = self.read_email(mapped);
        let named = mapped.human_id.as_deref().map(human_key);
        let key = match &named {
            Some((_, key)) => Some(Cow::Borrowed(key.as_str())),
            None => source_key(mapped, email.as_deref(), self.numbers()),
        };
        let Some(key) = key else {
            // Its issues would only repeat why there is no identity; the rejection says it all.
            self.drop_issues_since(issues_before);
            self.issue(
                Severity::Rejected,
                None,
                "no_identity",
                "the row has no key, no name, no usable e-mail address and no usable phone number",
                "add one of them, or leave the row out",
            );
            return None;
        };
        self.scratch.metadata.push('}');
        let id = named.as_ref().and_then(|(id, _)| *id);
        let human = self.named_human(id, &key);
        Some((human, self.push_rows(human, mapped, email.as_deref(), &key)))
    }

    /// The tenant's own human of this id, or else the one that the key stands for.
    fn named_human(&mut self, id: Option<Id>, key: &str) -> Id {
        self.batch.named_humans.extend(id);
        match id.filter(|id| self.own_humans.contains(id)) {
            Some(id) => id,
            None => Id::of_human(self.context.tenant_id, &self.context.source, key),
        }
    }

    fn is_of_another_tenant(&self, mapped: &MappedRow<'_>) -> bool {
        let owner = mapped.owner.as_deref();
        owner.is_some_and(|slug| Id::of_tenant(slug) != self.context.tenant_id)
    }

    /// The numbers of the row, in order.
    fn numbers(&self) -> impl Iterator<Item = E164> {
        self.scratch.phones.iter().map(|phone| phone.number.e164())
    }

    fn drop_issues_since(&mut self, first: usize) {
        for row in first..self.batch.issues.len() {
            self.batch.issues.exclude(row);
        }
    }

    fn begin_metadata(&mut self) {
        self.scratch.metadata.clear();
        self.scratch.metadata.push('{');
        for (name, value) in self.record.extras() {
            self.keep_raw(name, value);
        }
    }

    /// Appends a member to the metadata object.
    fn keep_raw(&mut self, name: &str, value: &str) {
        let metadata = &mut self.scratch.metadata;
        if metadata.len() > 1 {
            metadata.push(',');
        }
        push_json_string(metadata, name);
        metadata.push(':');
        push_json_string(metadata, value);
    }

    /// Appends the members of a JSON object to the metadata, as they are written.
    fn keep_members(&mut self, column: &str, object: &str) {
        let Ok(members) = serde_json::from_str::<Map<String, Json>>(object) else {
            self.keep_raw(column, object);
            self.issue(
                Severity::Warning,
                Some(column),
                "metadata_not_object",
                "the cell is no JSON object; it is kept as text",
                "correct the cell, or map the column to \"metadata\"",
            );
            return;
        };
        for (name, value) in &members {
            let metadata = &mut self.scratch.metadata;
            if metadata.len() > 1 {
                metadata.push(',');
            }
            push_json_string(metadata, name);
            let _ = write!(metadata, ":{value}");
        }
    }

    fn read_phones(&mut self, mapped: &MappedRow<'_>) {
        self.scratch.phones.clear();
        let row_region = self.region(mapped.country.as_deref());
        for phone in &mapped.phones {
            let region = match &phone.country {
                Some(country) => self.region(Some(country)).or(row_region),
                None => row_region,
            }
            .or(self.context.default_region);
            self.read_phone_cell(phone, region);
        }
    }

    fn region(&self, country: Option<&str>) -> Option<Region> {
        country.and_then(Region::from_country_name)
    }

    fn read_phone_cell(&mut self, phone: &MappedPhone<'_>, region: Option<Region>) {
        let mut faults = Vec::new();
        for (_, parsed) in phone::parse_cell(&phone.text, region) {
            match parsed {
                Ok(number) => {
                    let id = Id::of_phone_number(number.e164());
                    self.scratch.phones.push(CleanPhone {
                        number,
                        id,
                        relationship: phone.relationship.clone().into_owned(),
                        marked_primary: phone.primary,
                        link: phone.link.clone(),
                    });
                }
                Err(error) => faults.push(error),
            }
        }
        if faults.is_empty() {
            return;
        }
        let column = self
            .mapper
            .column_name(phone.column)
            .unwrap_or_default()
            .to_owned();
        // Several faults of one cell keep the cell once; each is reported.
        self.keep_raw(&column, &phone.text);
        for fault in faults {
            let mut text = std::mem::take(&mut self.scratch.text);
            text.clear();
            let _ = write!(text, "{fault}");
            self.issue(
                Severity::Warning,
                Some(&column),
                fault.code(),
                &text,
                fault.hint(),
            );
            self.scratch.text = text;
        }
    }

    fn read_email(&mut self, mapped: &MappedRow<'_>) -> Option<String> {
        let text = mapped.email.as_deref()?;
        match Email::parse(text) {
            Ok(email) => Some(email.reveal().to_owned()),
            Err(error) => {
                self.keep_raw("email", text);
                self.issue(
                    Severity::Warning,
                    Some("email"),
                    "email_invalid",
                    &error.to_string(),
                    "correct the address; until then it is kept in `metadata`",
                );
                None
            }
        }
    }

    /// Finishes the rows of a human; the digest of what the row says.
    fn push_rows(
        &mut self,
        human: Id,
        mapped: &MappedRow<'_>,
        email: Option<&str>,
        key: &str,
    ) -> i64 {
        let context = self.context;
        let fields = [
            mapped.first_name.as_deref(),
            mapped.last_name.as_deref(),
            email,
            mapped.company_name.as_deref(),
            mapped.job_title.as_deref(),
            mapped.employee_id.as_deref(),
            mapped.contractor_id.as_deref(),
        ];
        let mut digest = RowDigest::new();
        fields
            .iter()
            .for_each(|field| digest.absorb(field.unwrap_or_default()));
        digest.absorb(&self.scratch.metadata);
        self.push_human(human, &fields);
        self.push_phones(human, &mut digest);
        self.push_consents(human, mapped, &mut digest);
        let digest = digest.finish();
        let block = &mut self.batch.source_keys;
        block.push(human);
        block.push(context.source.as_str());
        block.push(key);
        block.push(0);
        block.push(digest);
        block.push(context.run);
        block.push(line(self.record));
        block.push(context.run);
        digest
    }

    fn push_human(&mut self, human: Id, fields: &[Option<&str>; 7]) {
        let context = self.context;
        let block = &mut self.batch.humans;
        block.push(human);
        for field in fields {
            block.push(*field);
        }
        block.push(context.started_at);
        block.push(context.started_at);
        block.push(context.tenant_id);
        block.push(self.scratch.metadata.as_str());
        block.push(context.run);
        block.push(line(self.record));
    }

    fn push_phones(&mut self, human: Id, digest: &mut RowDigest) {
        let context = self.context;
        let line = line(self.record);
        let phones = std::mem::take(&mut self.scratch.phones);
        let primary = primary_position(&phones);
        let first_number = self.batch.numbers.len();
        for (position, phone) in phones.iter().enumerate() {
            let repeated = phones
                .get(..position)
                .unwrap_or_default()
                .iter()
                .any(|earlier| earlier.is_same_link(phone));
            if repeated {
                continue;
            }
            digest.absorb(phone.relationship.as_str());
            digest.absorb_number(phone.number.e164().digits());
            digest.absorb(phone.number.extension().unwrap_or_default());
            digest.absorb_number(u64::from(position == primary));
            if let Some(link) = &phone.link {
                digest.absorb_number(u64::from(link.verified));
                digest.absorb(&link.metadata);
            }
            let known = self.batch.numbers.get(first_number..).unwrap_or_default();
            if !known.iter().any(|(_, id)| *id == phone.id) {
                self.batch.numbers.push((phone.number.e164(), phone.id));
                push_phone_number(&mut self.batch.phone_numbers, context, phone, line);
            }
            push_link(
                &mut self.batch.links,
                context,
                phone,
                human,
                position == primary,
                line,
            );
        }
        self.scratch.phones = phones;
    }

    fn push_consents(&mut self, human: Id, mapped: &MappedRow<'_>, digest: &mut RowDigest) {
        let context = self.context;
        for (position, consent) in mapped.consents.iter().enumerate() {
            let kind = consent.consent_type.as_str();
            let date = consent.date.map_or(i64::MIN, Instant::as_micros);
            digest.absorb(kind);
            digest.absorb(consent.status.as_str());
            digest.absorb_number(date.cast_unsigned());
            digest.absorb(&consent.source);
            digest.absorb(consent.legal_basis.as_deref().unwrap_or_default());
            let earlier = mapped.consents.get(..position).unwrap_or_default();
            if earlier.iter().any(|said| is_same_event(said, consent)) {
                continue;
            }
            let mut said = mapped.consents.iter();
            if consent.status == ConsentStatus::Granted
                && said.any(|said| withdraws(said, consent.consent_type))
            {
                self.withheld_grant(consent.column);
                continue;
            }
            let id = Id::derived(
                "consent",
                &[
                    context.tenant_id.as_bytes(),
                    human.as_bytes(),
                    kind.as_bytes(),
                    consent.status.as_str().as_bytes(),
                    consent.source.as_bytes(),
                    &date.to_be_bytes(),
                ],
            );
            // A withdrawal without a date held at the latest when the file was exported; a grant
            // without a date proves no point in time at all.
            let (dated, metadata) = match (consent.date, consent.status) {
                (Some(date), _) => (Some(date), "{}"),
                (None, ConsentStatus::Revoked) => {
                    (Some(context.exported_at), r#"{"date":"of the export"}"#)
                }
                (None, ConsentStatus::Granted) => (None, r#"{"date":"unknown"}"#),
            };
            let block = &mut self.batch.consents;
            block.push(id);
            block.push(None::<Id>);
            block.push(human);
            block.push(kind);
            block.push(consent.status.as_str());
            block.push(consent.source.as_ref());
            block.push(dated);
            block.push(None::<Instant>);
            block.push(context.tenant_id);
            block.push(consent.legal_basis.as_deref());
            block.push(metadata);
            block.push(context.run);
            block.push(line(self.record));
            block.push(ConsentEvent::of_status(consent.status).as_str());
            block.push(dated.map(|at| precision(consent.date, at).as_str()));
            block.push(None::<&str>);
            block.push(None::<&str>);
            block.push(None::<&str>);
            block.push(context.started_at);
        }
    }

    /// Notes that a row both gives and takes a consent; taking it counts, whichever is said first.
    fn withheld_grant(&mut self, column: u32) {
        let column = self.mapper.column_name(column).map(str::to_owned);
        self.issue(
            Severity::Warning,
            column.as_deref(),
            "consent_withdrawal_kept",
            "the row withdraws the consent that this column gives",
            "correct the row if the person did not withdraw it",
        );
    }

    fn issue(
        &mut self,
        severity: Severity,
        column: Option<&str>,
        code: &str,
        reason: &str,
        hint: &str,
    ) {
        let raw = match severity {
            Severity::Rejected => Some(self.record.raw()),
            Severity::Warning => None,
        };
        let block = &mut self.batch.issues;
        block.push(self.context.run);
        block.push(signed(self.record.number()));
        block.push(line(self.record));
        block.push(column);
        block.push(severity.as_str());
        block.push(code);
        block.push(reason);
        block.push(hint);
        block.push(raw);
    }
}

/// What a row says of who it is about: an id, where it is one, and the key it stands for otherwise.
fn human_key(text: &str) -> (Option<Id>, String) {
    const PREFIX: &str = "urn:uuid:";
    let begins = text.get(..PREFIX.len());
    let bare = match begins.is_some_and(|begins| begins.eq_ignore_ascii_case(PREFIX)) {
        true => text.get(PREFIX.len()..).unwrap_or_default(),
        false => text,
    };
    match bare.parse::<Id>() {
        Ok(id) => (Some(id), id.to_string()),
        Err(_) => (None, text.to_owned()),
    }
}

/// The phone that becomes the primary one: the one the source marks, else the first voice line,
/// else the first. A number said twice is kept the first time, whichever of the two is marked.
fn primary_position(phones: &[CleanPhone]) -> usize {
    let marked = phones.iter().find(|phone| phone.marked_primary);
    let primary = marked.or_else(|| phones.iter().find(|phone| phone.relationship.is_voice()));
    primary
        .and_then(|primary| phones.iter().position(|phone| phone.is_same_link(primary)))
        .unwrap_or(0)
}

/// Whether two columns of a row tell of one event.
fn is_same_event(one: &MappedConsent<'_>, other: &MappedConsent<'_>) -> bool {
    one.consent_type == other.consent_type
        && one.status == other.status
        && one.source == other.source
        && one.date == other.date
}

/// How exactly an event is dated: to the day, unless the export told a time of day.
fn precision(told: Option<Instant>, dated: Instant) -> DatePrecision {
    const DAY_MICROS: i64 = 86_400_000_000;
    match told.is_some() && dated.as_micros().rem_euclid(DAY_MICROS) != 0 {
        true => DatePrecision::Exact,
        false => DatePrecision::Day,
    }
}

fn withdraws(consent: &MappedConsent<'_>, consent_type: &ConsentType) -> bool {
    consent.status == ConsentStatus::Revoked && consent.consent_type == consent_type
}

fn push_phone_number(block: &mut RowBlock, context: &CleanContext, phone: &CleanPhone, line: i64) {
    let number = &phone.number;
    block.push(phone.id);
    block.push(number.e164().to_string().as_str());
    block.push(i64::from(number.country_code()));
    match number.area_code() {
        Some(area_code) => block.push(area_code.as_str()),
        None => block.push(Value::Null),
    }
    match number.line_type().is_mobile() {
        Some(is_mobile) => block.push(is_mobile),
        None => block.push(Value::Null),
    }
    block.push(Value::Null);
    block.push("unknown");
    block.push(Value::Null);
    block.push(context.started_at);
    block.push(context.started_at);
    block.push(context.tenant_id);
    block.push("{}");
    block.push(context.run);
    block.push(line);
}

fn push_link(
    block: &mut RowBlock,
    context: &CleanContext,
    phone: &CleanPhone,
    human: Id,
    is_primary: bool,
    line: i64,
) {
    let relationship = phone.relationship.as_str();
    block.push(Id::of_link(phone.id, human, relationship));
    block.push(phone.id);
    block.push(human);
    block.push(relationship);
    block.push(is_primary);
    block.push(phone.link.as_ref().is_some_and(|link| link.verified));
    block.push(context.started_at);
    block.push(context.tenant_id);
    match (&phone.link, phone.number.extension()) {
        (Some(link), _) => block.push(link.metadata.as_str()),
        (None, Some(extension)) => {
            let mut metadata = String::from(r#"{"extension":"#);
            push_json_string(&mut metadata, extension);
            metadata.push('}');
            block.push(metadata.as_str());
        }
        (None, None) => block.push("{}"),
    }
    block.push(context.run);
    block.push(line);
}

fn line(record: &Record<'_>) -> i64 {
    signed(record.line())
}

/// Row and line numbers are far below 2^63.
pub(crate) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
