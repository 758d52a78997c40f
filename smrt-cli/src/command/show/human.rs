//! A human as shown: fields, phone numbers, consent and source rows, each with its origin.

use serde::Serialize;
use serde_json::Value as Json;
use smrt_core::store::{ConsentDetail, HumanDetail, LinkDetail};

use super::number::Spelling;
use super::{Place, extension, json, plain};
use crate::output::Report;
use crate::table::{Align, Table};

#[derive(Serialize)]
pub(super) struct Human {
    id: String,
    created_at: String,
    updated_at: String,
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

impl From<HumanDetail> for Human {
    fn from(human: HumanDetail) -> Self {
        let field = |(name, value, origin)| Field {
            name,
            value,
            origin: Place::of(origin),
        };
        let source_row = |(source, source_key, origin)| SourceRow {
            source,
            source_key,
            origin: Place::of(Some(origin)),
        };
        Self {
            id: human.id.to_string(),
            created_at: human.created_at.to_string(),
            updated_at: human.updated_at.to_string(),
            fields: human.fields.into_iter().map(field).collect(),
            phone_numbers: human.links.into_iter().map(Phone::from).collect(),
            consents: human.consents.into_iter().map(Consent::from).collect(),
            source_rows: human.source_rows.into_iter().map(source_row).collect(),
            metadata: json(&human.metadata.0),
            metadata_origin: Place::of(human.metadata.1),
        }
    }
}

impl From<LinkDetail> for Phone {
    fn from(link: LinkDetail) -> Self {
        Self {
            spelling: Spelling::of(&link.phone_number),
            phone_number: link.phone_number,
            relationship_type: link.relationship_type,
            is_primary: link.is_primary,
            metadata: json(&link.metadata),
            origin: Place::of(link.origin),
        }
    }
}

impl From<ConsentDetail> for Consent {
    fn from(consent: ConsentDetail) -> Self {
        Self {
            consent_type: consent.consent_type,
            consent_status: consent.consent_status,
            consent_source: consent.consent_source,
            consent_date: consent.consent_date.map(|date| date.to_string()),
            origin: Place::of(consent.origin),
        }
    }
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
        format!(
            "human {}\ncreated {}, changed {}\n{}",
            self.id,
            self.created_at,
            self.updated_at,
            blocks.concat()
        )
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
