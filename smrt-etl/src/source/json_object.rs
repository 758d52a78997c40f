//! The values of one JSON object, as text.
//!
//! A number is kept as it is written, objects within become `a.b`, arrays stay JSON. It finds no
//! object in a file.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;

use serde::Deserializer as _;
use serde::de::{MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::record::RecordProblem;

use super::problem::{self, JsonUnit, Place};
use super::text::Damage;

/// Objects deeper than this, or below a longer name, stay JSON text; it bounds what a line becomes.
const DEPTH_MAX: usize = 16;
const NAME_BYTES_MAX: usize = 256;

/// The text of an object, and where it is.
pub(super) struct ObjectText<'t> {
    pub(super) text: &'t str,
    /// The line it begins on, from 1.
    pub(super) line: u64,
    /// Characters before it in that line.
    pub(super) characters: usize,
    /// The first damage in it, and its offset.
    pub(super) damage: Option<(usize, Damage)>,
    /// What stands for a row.
    pub(super) unit: JsonUnit,
}

/// Names with their values, in the order they are written.
pub(super) struct NamedValues<'t>(Vec<(String, Cow<'t, str>)>);

impl NamedValues<'_> {
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_ref()))
    }
}

impl<'t> ObjectText<'t> {
    /// The names and values of the object.
    pub(super) fn values(&self) -> Result<NamedValues<'t>, RecordProblem> {
        if let Some((at, damage)) = self.damage {
            return Err(problem::damage(damage, self.place(at), None));
        }
        let members = members(self.text).map_err(|error| {
            if serde_json::from_str::<&RawValue>(self.text).is_ok() {
                return problem::json_not_object(self.place(0), self.unit);
            }
            let at = offset(self.text, error.line(), error.column());
            problem::json_syntax(self.place(at), self.unit)
        })?;
        let mut values = Vec::with_capacity(members.len());
        flatten(None, 1, members, &mut values)
            .map_err(|_| problem::json_syntax(self.place(0), self.unit))?;
        let mut names = HashSet::new();
        if !values.iter().all(|(name, _)| names.insert(name.as_str())) {
            return Err(problem::json_duplicate_key(self.line));
        }
        if values
            .iter()
            .any(|(name, value)| has_nul(name) || has_nul(value))
        {
            let place = Place {
                line: self.line,
                character: None,
            };
            return Err(problem::damage(Damage::Nul, place, None));
        }
        Ok(NamedValues(values))
    }

    fn place(&self, at: usize) -> Place {
        let at = problem::floor(self.text, at);
        let mut place = Place::in_row(self.text, at, self.line, b'\n');
        if place.line == self.line {
            let before = u32::try_from(self.characters).unwrap_or(u32::MAX);
            place.character = place.character.map(|within| within.saturating_add(before));
        }
        place
    }
}

/// The offset of a place that a parser names by line and column, from 1.
fn offset(text: &str, line: usize, column: usize) -> usize {
    let lines = text.split_inclusive('\n').take(line.saturating_sub(1));
    lines.map(str::len).sum::<usize>() + column.saturating_sub(1)
}

/// Whether a line is a JSON object.
pub(super) fn is_object(line: &str) -> bool {
    line.trim_start().starts_with('{') && serde_json::from_str::<&RawValue>(line).is_ok()
}

fn has_nul(text: &str) -> bool {
    memchr::memchr(0, text.as_bytes()).is_some()
}

/// The members of an object in the order they are written.
pub(crate) fn members(object: &str) -> Result<Vec<(String, &RawValue)>, serde_json::Error> {
    let mut deserializer = serde_json::Deserializer::from_str(object);
    let members = deserializer.deserialize_map(Members)?;
    deserializer.end()?;
    Ok(members)
}

/// Appends the members of an object, those of objects within it as `outer.inner`.
fn flatten<'l>(
    prefix: Option<&str>,
    depth: usize,
    object: Vec<(String, &'l RawValue)>,
    values: &mut Vec<(String, Cow<'l, str>)>,
) -> Result<(), serde_json::Error> {
    for (name, value) in object {
        let name = match prefix {
            Some(prefix) => format!("{prefix}.{name}"),
            None => name,
        };
        let text = value.get();
        match text.as_bytes().first() {
            Some(b'{') if depth < DEPTH_MAX && name.len() <= NAME_BYTES_MAX => {
                flatten(Some(&name), depth + 1, members(text)?, values)?;
            }
            Some(b'"') => values.push((name, string(text)?)),
            Some(b'n') => values.push((name, Cow::Borrowed(""))),
            _ => values.push((name, Cow::Borrowed(text))),
        }
    }
    Ok(())
}

/// What a JSON string says; without an escape it is what stands between the quotes.
fn string(text: &str) -> Result<Cow<'_, str>, serde_json::Error> {
    let inner = text
        .strip_prefix('"')
        .and_then(|text| text.strip_suffix('"'))
        .filter(|inner| memchr::memchr(b'\\', inner.as_bytes()).is_none());
    match inner {
        Some(inner) => Ok(Cow::Borrowed(inner)),
        None => serde_json::from_str(text).map(Cow::Owned),
    }
}

/// Reads an object as a list, so that order and repeated names are seen.
struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Vec<(String, &'de RawValue)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(members)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(object: &str, expected: &[(&str, &str)]) {
        let mut values = Vec::new();
        flatten(None, 1, members(object).unwrap(), &mut values).unwrap();
        let found: Vec<_> = values
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_ref()))
            .collect();
        assert_eq!(found, expected, "{object}");
    }

    #[test]
    fn values_stay_as_they_are_written() {
        check(
            r#"{"a":1.10,"b":-0,"c":1e400}"#,
            &[("a", "1.10"), ("b", "-0"), ("c", "1e400")],
        );
        check(
            r#"{"a":12345678901234567890123}"#,
            &[("a", "12345678901234567890123")],
        );
        check(
            r#"{"a":true,"b":null,"c":""}"#,
            &[("a", "true"), ("b", ""), ("c", "")],
        );
        check(r#"{"a":"\u00e9\"\n"}"#, &[("a", "é\"\n")]);
        check(r#"{"a":[1, {"b":2}]}"#, &[("a", r#"[1, {"b":2}]"#)]);
    }

    #[test]
    fn objects_within_objects_become_dotted_names() {
        check(
            r#"{"a":{"b":{"c":1}},"d":2}"#,
            &[("a.b.c", "1"), ("d", "2")],
        );
        check(r#"{"a":{}}"#, &[]);
    }

    #[test]
    fn very_deep_objects_and_very_long_names_stay_json() {
        let deep = format!("{}1{}", r#"{"a":"#.repeat(100_000), "}".repeat(100_000));
        let mut values = Vec::new();
        flatten(None, 1, members(&deep).unwrap(), &mut values).unwrap();
        assert_eq!(values[0].0, ["a"; 16].join("."));
        let long = "n".repeat(300);
        check(
            &format!(r#"{{"{long}":{{"b":1}}}}"#),
            &[(&long, r#"{"b":1}"#)],
        );
    }
}
