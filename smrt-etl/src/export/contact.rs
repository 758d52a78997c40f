//! A contact: a human with its numbers, the one row of an export that an import reads again.

use std::fmt;
use std::fmt::Write as _;

use serde_json::{Map, Value as Json};
use smrt_core::smrt::{Human, LinkedNumber};

use super::row::{Cell, Column, Kind, Rows, object, of, text};
use crate::json_text::push_json_string;

/// A human with the numbers that the tenant can see of it, the primary one first.
#[derive(Debug)]
pub(super) struct Contact {
    pub(super) human: Human,
    /// The owner's slug; the id where nothing is known of the owner.
    pub(super) owner: String,
    pub(super) numbers: Vec<ContactNumber>,
}

/// A number of a contact; the primary one comes before the others.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ContactNumber {
    is_not_primary: bool,
    pub(super) phone_number: String,
    /// None where the tenant may not see it.
    pub(super) relationship: Option<String>,
    verified: bool,
    /// A JSON object.
    metadata: String,
}

impl fmt::Debug for ContactNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ContactNumber(****)")
    }
}

impl From<LinkedNumber> for ContactNumber {
    fn from(linked: LinkedNumber) -> Self {
        let link = linked.link;
        Self {
            phone_number: linked.phone_number,
            relationship: link.relationship_type.into_value(),
            is_not_primary: !link.is_primary.into_value().unwrap_or(false),
            verified: link.verified.into_value().unwrap_or(false),
            metadata: link.metadata.into_value().unwrap_or_default(),
        }
    }
}

impl ContactNumber {
    pub(super) const fn is_primary(&self) -> bool {
        !self.is_not_primary
    }

    /// What is dialled after the number, if it consists of digits.
    pub(super) fn extension(&self) -> Option<String> {
        if self.metadata.is_empty() || self.metadata == "{}" {
            return None;
        }
        let members: Map<String, Json> = serde_json::from_str(&self.metadata).ok()?;
        let extension = members.get("extension")?.as_str()?;
        let is_dialled =
            !extension.is_empty() && extension.bytes().all(|byte| byte.is_ascii_digit());
        is_dialled.then(|| extension.to_owned())
    }

    fn push_json(&self, json: &mut String) {
        json.push_str("{\"number\":");
        push_json_string(json, &self.phone_number);
        if let Some(relationship) = &self.relationship {
            json.push_str(",\"relationship\":");
            push_json_string(json, relationship);
        }
        let _ = write!(
            json,
            ",\"primary\":{},\"verified\":{}",
            self.is_primary(),
            self.verified
        );
        if !self.metadata.is_empty() && self.metadata != "{}" {
            json.push_str(",\"metadata\":");
            json.push_str(&self.metadata);
        }
        json.push('}');
    }
}

pub(super) const CONTACT_COLUMNS: &[Column] = &[
    text("human_id"),
    text("owner"),
    text("first_name"),
    text("last_name"),
    text("email"),
    text("company_name"),
    text("job_title"),
    text("employee_id"),
    text("contractor_id"),
    text("phone_number"),
    of("phones", Kind::List),
    text("metadata"),
    of("created_at", Kind::Instant),
    of("updated_at", Kind::Instant),
    text("hidden_fields"),
];

pub(super) fn push_contact(contact: Contact, rows: &mut Rows) {
    let hidden = hidden_fields(contact.human.hidden_fields());
    let Contact {
        human,
        owner,
        numbers,
    } = contact;
    let first = numbers.first().map(|number| number.phone_number.clone());
    rows.push([
        human.id.into(),
        Cell::Text(owner),
        human.first_name.into(),
        human.last_name.into(),
        human.email.into(),
        human.company_name.into(),
        human.job_title.into(),
        human.employee_id.into(),
        human.contractor_id.into(),
        first.into(),
        phones(&numbers),
        object(human.metadata),
        human.created_at.into(),
        human.updated_at.into(),
        hidden,
    ]);
}

/// The names of the fields that are empty because the tenant may not see them.
pub(super) fn hidden_fields<'f>(names: impl Iterator<Item = &'f str>) -> Cell {
    let names: Vec<&str> = names.collect();
    match names.is_empty() {
        true => Cell::Empty,
        false => Cell::Text(names.join(" ")),
    }
}

fn phones(numbers: &[ContactNumber]) -> Cell {
    if numbers.is_empty() {
        return Cell::Empty;
    }
    let mut json = String::from("[");
    for (position, number) in numbers.iter().enumerate() {
        if position > 0 {
            json.push(',');
        }
        number.push_json(&mut json);
    }
    json.push(']');
    Cell::List(json)
}
