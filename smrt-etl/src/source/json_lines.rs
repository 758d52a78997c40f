//! Reads JSON Lines: one object a line, each name a column.
//!
//! Values stay text: a number is kept as it is written, nested objects become `a.b`, arrays stay
//! JSON. It reads no document of several lines.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::io;
use std::sync::Arc;

use serde::Deserializer as _;
use serde::de::{MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::record::{RecordBatch, RecordProblem};

use super::delimited::is_blank;
use super::header::Header;
use super::problem::{self, Place};
use super::text::{Damage, TextWindow};

/// Columns that become part of the header; further names are extras of their rows.
const COLUMNS_MAX: usize = 4096;

/// Objects deeper than this, or below a longer name, stay JSON text; it bounds what a line becomes.
const DEPTH_MAX: usize = 16;
const NAME_BYTES_MAX: usize = 256;

/// Rows of JSON Lines.
pub(super) struct JsonLinesReader {
    window: TextWindow,
    row_bytes_max: usize,
    columns: HashMap<String, usize>,
    rows: u64,
    line: u64,
    blank_lines: u64,
}

impl JsonLinesReader {
    pub(super) fn new(window: TextWindow, row_bytes_max: usize) -> JsonLinesReader {
        JsonLinesReader {
            window,
            row_bytes_max,
            columns: HashMap::new(),
            rows: 0,
            line: 1,
            blank_lines: 0,
        }
    }

    /// Data rows read so far.
    pub(super) fn rows(&self) -> u64 {
        self.rows
    }

    /// The line the next row begins on, from 1.
    pub(super) fn line(&self) -> u64 {
        self.line
    }

    /// Blank lines passed so far.
    pub(super) fn blank_lines(&self) -> u64 {
        self.blank_lines
    }

    /// Makes columns of all names in `sample`, in the order they appear, and sorts it into them.
    ///
    /// `sample` was read before there were columns, so all its values are extras.
    pub(super) fn begin_data(&mut self, sample: &mut RecordBatch) -> Header {
        let mut names: Vec<&str> = Vec::new();
        let mut seen = HashSet::new();
        for (name, _) in sample.iter().flat_map(|row| row.extras()) {
            if names.len() < COLUMNS_MAX && seen.insert(name) {
                names.push(name);
            }
        }
        let header = Header::of_names(names.iter().copied());
        self.columns = names
            .iter()
            .enumerate()
            .map(|(column, name)| ((*name).to_owned(), column))
            .collect();
        let mut sorted = RecordBatch::default();
        for row in sample.iter() {
            self.push_values(row.extras(), &mut sorted);
            let problem = row.problem().cloned();
            sorted.finish_row(row.number(), row.line(), row.raw(), problem);
        }
        *sample = sorted;
        header
    }

    /// Appends the next row to `out`; false at the end of the source.
    ///
    /// # Errors
    /// The source's own failure; a row it interrupts is not delivered.
    pub(super) fn read_row(&mut self, out: &mut RecordBatch) -> Result<bool, Arc<io::Error>> {
        loop {
            let text = self.window.rest();
            let is_last = self.window.is_last();
            if is_last && text.is_empty() {
                return Ok(false);
            }
            let view = text.as_bytes();
            let view = view.get(..=self.row_bytes_max).unwrap_or(view);
            let (end, next) = match memchr::memchr(b'\n', view) {
                Some(end) => (end, end + 1),
                None if view.len() > self.row_bytes_max => {
                    self.skip_too_long(out)?;
                    return Ok(true);
                }
                None if is_last => (view.len(), view.len()),
                None => {
                    self.window.extend()?;
                    continue;
                }
            };
            let line = text.get(..end).unwrap_or_default().trim_end_matches('\r');
            let is_row = !is_blank(line);
            if is_row {
                self.rows += 1;
                match self.values(line) {
                    Ok(values) => {
                        let values = values
                            .iter()
                            .map(|(name, value)| (name.as_str(), value.as_ref()));
                        self.push_values(values, out);
                        out.finish_row(self.rows, self.line, line, None);
                    }
                    Err(problem) => out.finish_row(self.rows, self.line, line, Some(problem)),
                }
            }
            self.window.consume(next);
            self.line += 1;
            if is_row {
                return Ok(true);
            }
            self.blank_lines += 1;
        }
    }

    /// The names and values of one line.
    fn values<'l>(&self, line: &'l str) -> Result<Vec<(String, Cow<'l, str>)>, RecordProblem> {
        if let Some((at, damage)) = self.window.damage_before(line.len()) {
            return Err(problem::damage(damage, self.place(line, at), None));
        }
        let members = members(line).map_err(|error| {
            if serde_json::from_str::<&RawValue>(line).is_ok() {
                return problem::json_not_object(self.place(line, 0));
            }
            problem::json_syntax(self.place(line, error.column().saturating_sub(1)))
        })?;
        let mut values = Vec::with_capacity(members.len());
        flatten(None, 1, members, &mut values)
            .map_err(|_| problem::json_syntax(self.place(line, 0)))?;
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
        Ok(values)
    }

    /// Appends values by column, and those without a column as extras.
    fn push_values<'v>(
        &self,
        values: impl Iterator<Item = (&'v str, &'v str)>,
        out: &mut RecordBatch,
    ) {
        let mut by_column: Vec<&str> = Vec::new();
        for (name, value) in values {
            match self.columns.get(name) {
                Some(&column) => {
                    if by_column.len() <= column {
                        by_column.resize(column + 1, "");
                    }
                    if let Some(slot) = by_column.get_mut(column) {
                        *slot = value;
                    }
                }
                None => out.push_extra(name, value),
            }
        }
        by_column
            .into_iter()
            .for_each(|value| out.push_field(value));
    }

    fn place(&self, line: &str, at: usize) -> Place {
        Place::in_row(line, problem::floor(line, at), self.line, b'\n')
    }

    /// Reports a line beyond the limit by its beginning and goes on after it.
    fn skip_too_long(&mut self, out: &mut RecordBatch) -> Result<(), Arc<io::Error>> {
        let kept = problem::cut(self.window.rest());
        self.window.skip_line(b'\n')?;
        self.rows += 1;
        let problem = problem::record_too_long(self.line, self.row_bytes_max);
        out.finish_row(self.rows, self.line, &kept, Some(problem));
        self.line += 1;
        Ok(())
    }
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
