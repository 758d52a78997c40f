//! A human as shown: fields, phone numbers, consent and source rows, each with its origin.

use serde::Serialize;
use serde_json::Value as Json;
use smrt_core::model::EntityType;
use smrt_core::smrt::{ConsentRecord, HumanDetail, LinkDetail, Masked};
use smrt_core::store::{Origin, SourceKey};

use super::number::Spelling;
use super::{Place, extension, json, plain};
use crate::output::Report;
use crate::table::{Align, Table};

#[derive(Serialize)]
pub(super) struct Human {
    id: String,
    /// The slug of the tenant whose record it is, if that is another one.
    owner: Option<String>,
    created_at: Option<String>,
    updated_at: Option<String>,
    /// Fields that the tenant may not see.
    hidden_fields: Vec<&'static str>,
    fields: Vec<Field>,
    phone_numbers: Vec<Phone>,
    consents: Vec<Consent>,
    source_rows: Vec<SourceRow>,
    metadata: Json,
    metadata_origin: Option<Place>,
}

#[derive(Serialize)]
struct Field {
    name: &'static str,
    value: String,
    origin: Option<Place>,
}

#[derive(Serialize)]
struct Phone {
    link_id: String,
    phone_number: String,
    #[serde(flatten)]
    spelling: Spelling,
    relationship_type: String,
    is_primary: bool,
    metadata: Json,
    origin: Option<Place>,
}

#[derive(Serialize)]
struct Consent {
    consent_type: String,
    consent_status: String,
    consent_source: String,
    consent_date: Option<String>,
    origin: Option<Place>,
}

#[derive(Serialize)]
struct SourceRow {
    source: String,
    source_key: String,
    origin: Option<Place>,
}

impl Human {
    /// A human, and the slug of its owner if that is another tenant.
    pub(super) fn new(detail: HumanDetail, owner: Option<String>) -> Self {
        let human = &detail.human;
        let mut origins = detail.origins;
        let mut field = |name: &'static str| {
            let value = human.field(name).value()?;
            Some(Field {
                name,
                value: value.clone(),
                origin: Place::of(origins.remove(name)),
            })
        };
        let names = EntityType::Human.fields().iter().copied();
        let fields = names.filter(|name| *name != "metadata");
        let fields = fields.filter_map(&mut field).collect();
        let metadata = field("metadata");
        Self {
            id: human.id.to_string(),
            owner,
            created_at: human.created_at.value().map(ToString::to_string),
            updated_at: human.updated_at.value().map(ToString::to_string),
            hidden_fields: human.hidden_fields().collect(),
            fields,
            phone_numbers: detail.links.into_iter().map(Phone::from).collect(),
            consents: detail
                .consent_records
                .into_iter()
                .map(Consent::from)
                .collect(),
            source_rows: detail
                .source_keys
                .into_iter()
                .map(SourceRow::from)
                .collect(),
            metadata: metadata
                .as_ref()
                .map_or(Json::Null, |field| json(&field.value)),
            metadata_origin: metadata.and_then(|field| field.origin),
        }
    }
}

impl From<LinkDetail> for Phone {
    fn from(detail: LinkDetail) -> Self {
        let link = detail.link;
        Self {
            link_id: link.id.to_string(),
            spelling: Spelling::of(&detail.phone_number),
            phone_number: detail.phone_number,
            relationship_type: shown(link.relationship_type),
            is_primary: link.is_primary.into_value().unwrap_or_default(),
            metadata: json(link.metadata.value().map_or("", String::as_str)),
            origin: Place::of(detail.origin),
        }
    }
}

impl From<(ConsentRecord, Option<Origin>)> for Consent {
    fn from((record, origin): (ConsentRecord, Option<Origin>)) -> Self {
        Self {
            consent_type: shown(record.consent_type),
            consent_status: shown(record.consent_status),
            consent_source: shown(record.consent_source),
            consent_date: record.consent_date.value().map(ToString::to_string),
            origin: Place::of(origin),
        }
    }
}

impl From<SourceKey> for SourceRow {
    fn from(key: SourceKey) -> Self {
        Self {
            source: key.source,
            source_key: key.source_key,
            origin: Place::of(Some(key.origin)),
        }
    }
}

/// A value as shown; nothing where there is none to be seen.
pub(super) fn shown(value: Masked<String>) -> String {
    value.into_value().unwrap_or_default()
}

impl Human {
    fn phone_rows(&self) -> Vec<Vec<String>> {
        let row = |phone: &Phone| {
            let extension = extension(&phone.metadata);
            let mut relationship = phone.relationship_type.clone();
            if let Some(extension) = extension {
                relationship += &format!(", ext. {extension}");
            }
            if phone.is_primary {
                relationship += ", primary";
            }
            vec![
                phone.phone_number.clone(),
                relationship,
                phone.spelling.words(),
                Place::text(phone.origin.as_ref()),
            ]
        };
        self.phone_numbers.iter().map(row).collect()
    }

    fn consent_rows(&self) -> Vec<Vec<String>> {
        let row = |consent: &Consent| {
            vec![
                consent.consent_type.clone(),
                consent.consent_status.clone(),
                consent.consent_date.clone().unwrap_or_default(),
                consent.consent_source.clone(),
                Place::text(consent.origin.as_ref()),
            ]
        };
        self.consents.iter().map(row).collect()
    }

    fn metadata_rows(&self) -> Vec<Vec<String>> {
        let members = self.metadata.as_object().into_iter().flatten();
        members
            .map(|(name, value)| vec![name.clone(), plain(value)])
            .collect()
    }

    fn source_rows(&self) -> Vec<Vec<String>> {
        let row = |row: &SourceRow| {
            vec![
                row.source.clone(),
                row.source_key.clone(),
                Place::text(row.origin.as_ref()),
            ]
        };
        self.source_rows.iter().map(row).collect()
    }
}

/// A titled block of a page; nothing where there is nothing to show.
pub(super) fn block(title: &str, rows: Vec<Vec<String>>) -> String {
    let columns = rows.first().map_or(0, Vec::len);
    let mut table = Table::block(&vec![Align::Left; columns]);
    let mut text = String::new();
    for row in rows {
        text += &table.push(row);
    }
    text += &table.finish();
    match text.is_empty() {
        true => text,
        false => format!("\n{title}\n{text}"),
    }
}

impl Report for Human {
    const SCHEMA: &'static str = "smrt.human.v1";
    const TAG: &'static str = "human";
    const CSV: &'static [&'static str] = &["name", "value", "run", "file", "line"];

    fn page(&self) -> String {
        let fields = self.fields.iter().map(|field| {
            vec![
                field.name.to_owned(),
                field.value.clone(),
                Place::text(field.origin.as_ref()),
            ]
        });
        let metadata_title = match &self.metadata_origin {
            Some(place) => format!("metadata ({})", Place::text(Some(place))),
            None => "metadata".to_owned(),
        };
        let blocks = [
            block("fields", fields.collect()),
            block("phone numbers", self.phone_rows()),
            block("consent", self.consent_rows()),
            block("source rows", self.source_rows()),
            block(&metadata_title, self.metadata_rows()),
        ];
        let mut head = format!("human {}\n", self.id);
        if let (Some(created), Some(updated)) = (&self.created_at, &self.updated_at) {
            head += &format!("created {created}, changed {updated}\n");
        }
        if let Some(owner) = &self.owner {
            head += &format!("shared by {owner}\n");
        }
        if !self.hidden_fields.is_empty() {
            head += &format!("hidden: {}\n", self.hidden_fields.join(", "));
        }
        format!("{head}{}", blocks.concat())
    }

    fn csv_rows(&self) -> Vec<Vec<String>> {
        let row = |name: String, value: &str, place: Option<&Place>| {
            let mut row = vec![name, value.to_owned()];
            row.extend(Place::cells(place));
            row
        };
        let mut rows = vec![row("id".to_owned(), &self.id, None)];
        for field in &self.fields {
            let name = field.name.to_owned();
            rows.push(row(name, &field.value, field.origin.as_ref()));
        }
        for phone in &self.phone_numbers {
            let name = format!("phone_number:{}", phone.relationship_type);
            rows.push(row(name, &phone.phone_number, phone.origin.as_ref()));
        }
        for consent in &self.consents {
            let name = format!("consent:{}", consent.consent_type);
            rows.push(row(name, &consent.consent_status, consent.origin.as_ref()));
        }
        for source_row in &self.source_rows {
            let name = format!("source_key:{}", source_row.source);
            let place = source_row.origin.as_ref();
            rows.push(row(name, &source_row.source_key, place));
        }
        for (name, value) in self.metadata.as_object().into_iter().flatten() {
            let place = self.metadata_origin.as_ref();
            rows.push(row(format!("metadata:{name}"), &plain(value), place));
        }
        rows
    }
}
