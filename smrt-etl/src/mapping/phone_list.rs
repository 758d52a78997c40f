//! Phone numbers in a JSON list, and calling codes that stand apart from their number.
//!
//! What this module does not do: it checks no number.

use serde_json::{Map, Value};
use smrt_core::model::RelationshipType;

use super::row::MappedLink;

/// One number of a list.
#[derive(PartialEq, Eq)]
#[cfg_attr(test, derive(Debug))]
pub(super) struct ListedPhone {
    pub(super) number: String,
    pub(super) country: Option<String>,
    pub(super) relationship: Option<RelationshipType>,
    pub(super) primary: bool,
    /// What smrt wrote of the tie.
    pub(super) link: Option<MappedLink>,
}

/// Reads `["+1…"]` or `[{"number": "…", "callingCode": "+33", "countryCode": "FR"}]`, and what smrt
/// itself writes: `relationship`, `primary`, `verified` and `metadata` beside the number.
pub(super) fn read(cell: &str) -> Option<Vec<ListedPhone>> {
    let Ok(Value::Array(items)) = serde_json::from_str(cell) else {
        return None;
    };
    let phones: Option<Vec<Option<ListedPhone>>> = items.iter().map(phone).collect();
    Some(phones?.into_iter().flatten().collect())
}

/// The outer `None` is no phone at all, the inner an empty one.
fn phone(item: &Value) -> Option<Option<ListedPhone>> {
    let nothing = Map::new();
    let (number, calling_code, country, fields) = match item {
        Value::String(number) => (number.trim(), None, None, &nothing),
        Value::Object(fields) => {
            let text = |key| match fields.get(key) {
                Some(Value::String(text)) => Some(text.trim()).filter(|text| !text.is_empty()),
                _ => None,
            };
            let number = match fields.get("number")? {
                Value::String(number) => number.trim(),
                _ => return None,
            };
            (number, text("callingCode"), text("countryCode"), fields)
        }
        _ => return None,
    };
    if number.is_empty() {
        return Some(None);
    }
    Some(Some(ListedPhone {
        number: match calling_code {
            Some(code) if !number.starts_with('+') => join(code, number),
            Some(_) | None => number.to_owned(),
        },
        country: country.map(str::to_owned),
        relationship: relationship(fields)?,
        primary: truth(fields, "primary")?.unwrap_or(false),
        link: link(fields)?,
    }))
}

/// The outer `None` is a value of another kind, the inner one that there is none.
fn relationship(fields: &Map<String, Value>) -> Option<Option<RelationshipType>> {
    match fields.get("relationship") {
        None | Some(Value::Null) => Some(None),
        Some(Value::String(term)) => RelationshipType::parse(term).ok().map(Some),
        Some(_) => None,
    }
}

fn truth(fields: &Map<String, Value>, name: &str) -> Option<Option<bool>> {
    match fields.get(name) {
        None | Some(Value::Null) => Some(None),
        Some(Value::Bool(truth)) => Some(Some(*truth)),
        Some(_) => None,
    }
}

fn link(fields: &Map<String, Value>) -> Option<Option<MappedLink>> {
    let verified = truth(fields, "verified")?;
    let metadata = match fields.get("metadata") {
        None | Some(Value::Null) => None,
        Some(Value::Object(members)) => Some(Value::Object(members.clone()).to_string()),
        Some(_) => return None,
    };
    if verified.is_none() && metadata.is_none() {
        return Some(None);
    }
    Some(Some(MappedLink {
        verified: verified.unwrap_or(false),
        metadata: metadata.unwrap_or_else(|| "{}".to_owned()),
    }))
}

/// Sets a calling code before a national number.
pub(super) fn join(calling_code: &str, number: &str) -> String {
    let plus = if calling_code.starts_with('+') {
        ""
    } else {
        "+"
    };
    format!("{plus}{calling_code} {number}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_numbers_are_read() {
        let check = |cell: &str, want: Option<&[(&str, Option<&str>)]>| {
            let read = read(cell);
            let read = read.as_ref().map(|list| {
                let pairs = list
                    .iter()
                    .map(|phone| (phone.number.as_str(), phone.country.as_deref()));
                pairs.collect::<Vec<_>>()
            });
            assert_eq!(read.as_deref(), want, "{cell}");
        };
        check(
            r#"[{"number":"612345678","callingCode":"+33","countryCode":"FR"}]"#,
            Some(&[("+33 612345678", Some("FR"))]),
        );
        check(
            r#"[{"number":"+33612345678","callingCode":"33"}]"#,
            Some(&[("+33612345678", None)]),
        );
        check(
            r#"["+1 212 555 0101", ""]"#,
            Some(&[("+1 212 555 0101", None)]),
        );
        check("[]", Some(&[]));
        check("+33612345678", None);
        check(r#"[{"phone":"1"}]"#, None);
        check(r#"[{"number":612345678}]"#, None);
        check("{}", None);
    }

    #[test]
    fn what_smrt_writes_of_a_tie_is_read_back() {
        let cell = r#"[{"number":"+12025550143","relationship":"summer_house","primary":true,"verified":true,"metadata":{"extension":"5"}}]"#;
        let list = read(cell).unwrap();
        let phone = &list[0];
        assert_eq!(
            phone.relationship.as_ref().unwrap().as_str(),
            "summer_house"
        );
        assert!(phone.primary);
        let link = phone.link.as_ref().unwrap();
        assert_eq!(
            (link.verified, link.metadata.as_str()),
            (true, r#"{"extension":"5"}"#)
        );
        for wrong in [
            r#"[{"number":"+12025550143","relationship":"Summer house"}]"#,
            r#"[{"number":"+12025550143","primary":1}]"#,
            r#"[{"number":"+12025550143","metadata":"5"}]"#,
        ] {
            assert!(read(wrong).is_none(), "{wrong}");
        }
    }
}
