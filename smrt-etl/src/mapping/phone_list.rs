//! Phone numbers in a JSON list, and calling codes that stand apart from their number.
//!
//! What this module does not do: it checks no number.

use serde_json::Value;

/// One number of a list.
#[derive(PartialEq, Eq)]
#[cfg_attr(test, derive(Debug))]
pub(super) struct ListedPhone {
    pub(super) number: String,
    pub(super) country: Option<String>,
}

/// Reads `["+1…"]` or `[{"number": "…", "callingCode": "+33", "countryCode": "FR"}]`.
pub(super) fn read(cell: &str) -> Option<Vec<ListedPhone>> {
    let Ok(Value::Array(items)) = serde_json::from_str(cell) else {
        return None;
    };
    let phones: Option<Vec<Option<ListedPhone>>> = items.iter().map(phone).collect();
    Some(phones?.into_iter().flatten().collect())
}

/// The outer `None` is no phone at all, the inner an empty one.
fn phone(item: &Value) -> Option<Option<ListedPhone>> {
    let (number, calling_code, country) = match item {
        Value::String(number) => (number.trim(), None, None),
        Value::Object(fields) => {
            let text = |key| match fields.get(key) {
                Some(Value::String(text)) => Some(text.trim()).filter(|text| !text.is_empty()),
                _ => None,
            };
            let number = match fields.get("number")? {
                Value::String(number) => number.trim(),
                _ => return None,
            };
            (number, text("callingCode"), text("countryCode"))
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
}
