//! A phone number as shown: what its plan tells, and the humans tied to it.

use serde::Serialize;
use serde_json::Value as Json;
use smrt_core::phone::{E164, parse};
use smrt_core::smrt::{LinkDetail, NumberDetail};

use super::human::{block, shown};
use super::{Place, extension, json, name_of};
use crate::output::Report;

#[derive(Serialize)]
pub(super) struct Number {
    id: String,
    phone_number: String,
    #[serde(flatten)]
    spelling: Spelling,
    country_code: Option<i64>,
    area_code: Option<String>,
    is_mobile: Option<bool>,
    dnc_status: String,
    created_at: Option<String>,
    metadata: Json,
    origin: Option<Place>,
    humans: Vec<TiedHuman>,
}

/// What a number's E.164 form tells by itself.
#[derive(Serialize)]
pub(super) struct Spelling {
    national: Option<String>,
    international: Option<String>,
    region: Option<&'static str>,
    line_type: Option<&'static str>,
}

#[derive(Serialize)]
struct TiedHuman {
    id: String,
    name: String,
    relationship_type: String,
    is_primary: bool,
    metadata: Json,
    origin: Option<Place>,
}

impl Spelling {
    pub(super) fn of(e164: &str) -> Self {
        let written: Option<E164> = e164.parse().ok();
        let number = parse(e164, None).ok();
        Self {
            national: written.map(E164::format_national),
            international: written.map(E164::format_international),
            region: number
                .and_then(|number| number.region())
                .map(|region| region.as_str()),
            line_type: number.map(|number| number.line_type().as_str()),
        }
    }

    /// The national form, the region and the kind of line for people.
    pub(super) fn words(&self) -> String {
        let mut words = self.national.clone().unwrap_or_default();
        for word in [self.region, self.line_type].into_iter().flatten() {
            words.push_str(", ");
            words.push_str(&word.replace('_', " "));
        }
        words
    }
}

impl From<NumberDetail> for Number {
    fn from(detail: NumberDetail) -> Self {
        let number = detail.number;
        let phone_number = shown(number.phone_number);
        Self {
            id: number.id.to_string(),
            spelling: Spelling::of(&phone_number),
            phone_number,
            country_code: number.country_code.into_value(),
            area_code: number.area_code.into_value(),
            is_mobile: number.is_mobile.into_value(),
            dnc_status: shown(number.dnc_status),
            created_at: detail.known_since.map(|since| since.to_string()),
            metadata: json(number.metadata.value().map_or("", String::as_str)),
            origin: Place::of(detail.origin),
            humans: detail.links.into_iter().map(TiedHuman::from).collect(),
        }
    }
}

impl From<LinkDetail> for TiedHuman {
    fn from(detail: LinkDetail) -> Self {
        let link = detail.link;
        Self {
            id: detail.human.id.to_string(),
            name: name_of(&detail.human),
            relationship_type: shown(link.relationship_type),
            is_primary: link.is_primary.into_value().unwrap_or_default(),
            metadata: json(link.metadata.value().map_or("", String::as_str)),
            origin: Place::of(detail.origin),
        }
    }
}

impl Number {
    fn facts(&self) -> Vec<Vec<String>> {
        let mobile = match self.is_mobile {
            Some(true) => "yes",
            Some(false) => "no",
            None => "the plan does not tell",
        };
        let line_type = self.spelling.line_type.unwrap_or("unknown");
        let facts = [
            ("international", self.spelling.international.clone()),
            ("national", self.spelling.national.clone()),
            ("region", self.spelling.region.map(str::to_owned)),
            (
                "country code",
                self.country_code.map(|code| code.to_string()),
            ),
            ("area code", self.area_code.clone()),
            ("line type", Some(line_type.replace('_', " "))),
            ("mobile", Some(mobile.to_owned())),
            ("do-not-call status", Some(self.dnc_status.clone())),
            (
                "first seen",
                self.origin.as_ref().map(|place| Place::text(Some(place))),
            ),
        ];
        let known = facts
            .into_iter()
            .filter_map(|(name, value)| value.map(|value| vec![name.to_owned(), value]));
        known.collect()
    }

    fn human_rows(&self) -> Vec<Vec<String>> {
        let row = |human: &TiedHuman| {
            let extension = extension(&human.metadata);
            let mut relationship = human.relationship_type.clone();
            if let Some(extension) = extension {
                relationship += &format!(", ext. {extension}");
            }
            if human.is_primary {
                relationship += ", primary";
            }
            vec![
                human.name.clone(),
                relationship,
                human.id.clone(),
                Place::text(human.origin.as_ref()),
            ]
        };
        self.humans.iter().map(row).collect()
    }
}

impl Report for Number {
    const SCHEMA: &'static str = "smrt.number.v1";
    const TAG: &'static str = "number";
    const CSV: &'static [&'static str] = &[
        "phone_number",
        "human_id",
        "name",
        "relationship_type",
        "is_primary",
        "run",
        "file",
        "line",
    ];

    fn page(&self) -> String {
        let blocks = [
            block("plan", self.facts()),
            block("humans", self.human_rows()),
        ];
        format!("number {}\n{}", self.phone_number, blocks.concat())
    }

    fn csv_rows(&self) -> Vec<Vec<String>> {
        let row = |human: &TiedHuman| {
            let mut row = vec![
                self.phone_number.clone(),
                human.id.clone(),
                human.name.clone(),
                human.relationship_type.clone(),
                human.is_primary.to_string(),
            ];
            row.extend(Place::cells(human.origin.as_ref()));
            row
        };
        self.humans.iter().map(row).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_tells_its_region_line_and_spellings() {
        let check = |e164: &str, words: &str| assert_eq!(Spelling::of(e164).words(), words);
        check("+12025550143", "(202) 555-0143, US, fixed line or mobile");
        check("+4930901820", "030 901820, DE, fixed line");
        check("+447400123456", "07400 123456, GB, mobile");
    }
}
