//! Single values of a mapping file, checked for their type.
//!
//! What this module does not do: it knows no key of the format.

use std::ops::Range;

use toml::de::{DeTable, DeValue};

use super::super::error::{MappingError, MappingProblem, Position};
use super::super::header::nearest;
use super::{Node, Reader, in_order};

impl<'t> Reader<'t> {
    pub(super) fn table<'n>(
        &self,
        key: &str,
        node: &'n Node<'t>,
    ) -> Result<&'n DeTable<'t>, MappingError> {
        node.get_ref()
            .as_table()
            .ok_or_else(|| self.wrong_type(key, "a table", node))
    }

    pub(super) fn string<'n>(
        &self,
        key: &str,
        node: &'n Node<'t>,
    ) -> Result<&'n str, MappingError> {
        node.get_ref()
            .as_str()
            .ok_or_else(|| self.wrong_type(key, "a text in quotes", node))
    }

    /// A text that is not blank.
    pub(super) fn filled<'n>(
        &self,
        key: &str,
        node: &'n Node<'t>,
    ) -> Result<&'n str, MappingError> {
        let text = self.string(key, node)?;
        if text.trim().is_empty() {
            return Err(self.wrong_value(key, text, "a text that is not blank".to_owned(), node));
        }
        Ok(text)
    }

    pub(super) fn text(
        &self,
        table: &DeTable<'t>,
        key: &str,
    ) -> Result<Option<String>, MappingError> {
        table
            .get(key)
            .map(|node| self.string(key, node).map(str::to_owned))
            .transpose()
    }

    pub(super) fn non_blank(
        &self,
        table: &DeTable<'t>,
        key: &str,
    ) -> Result<Option<String>, MappingError> {
        table
            .get(key)
            .map(|node| self.filled(key, node).map(str::to_owned))
            .transpose()
    }

    pub(super) fn boolean(
        &self,
        table: &DeTable<'t>,
        key: &str,
    ) -> Result<Option<bool>, MappingError> {
        table
            .get(key)
            .map(|node| {
                node.get_ref()
                    .as_bool()
                    .ok_or_else(|| self.wrong_type(key, "true or false", node))
            })
            .transpose()
    }

    pub(super) fn strings(&self, key: &str, node: &Node<'t>) -> Result<Vec<String>, MappingError> {
        let list = node
            .get_ref()
            .as_array()
            .ok_or_else(|| self.wrong_type(key, "a list of texts", node))?;
        list.iter()
            .map(|item| self.string(key, item).map(str::to_owned))
            .collect()
    }

    pub(super) fn choice<T: Copy>(
        &self,
        table: &DeTable<'t>,
        key: &str,
        choices: &[(&str, T)],
    ) -> Result<Option<T>, MappingError> {
        table
            .get(key)
            .map(|node| self.one_of(key, node, choices))
            .transpose()
    }

    pub(super) fn one_of<T: Copy>(
        &self,
        key: &str,
        node: &Node<'t>,
        choices: &[(&str, T)],
    ) -> Result<T, MappingError> {
        let text = self.string(key, node)?;
        match choices.iter().find(|(name, _)| *name == text) {
            Some((_, value)) => Ok(*value),
            None => {
                let names: Vec<String> = choices
                    .iter()
                    .map(|(name, _)| format!("\"{name}\""))
                    .collect();
                Err(self.wrong_value(key, text, names.join(" or "), node))
            }
        }
    }

    pub(super) fn check_keys(
        &self,
        table: &DeTable<'t>,
        known: &'static [&'static str],
        place: &'static str,
    ) -> Result<(), MappingError> {
        let unknown = in_order(table)
            .into_iter()
            .find(|(key, _)| !known.contains(&key.get_ref().as_ref()));
        let Some((key, _)) = unknown else {
            return Ok(());
        };
        let problem = MappingProblem::UnknownKey {
            key: key.get_ref().clone().into_owned(),
            place,
            nearest: nearest(key.get_ref(), known.iter().copied()),
        };
        Err(self.error(Some(key.span()), problem))
    }

    pub(super) fn wrong_type(
        &self,
        key: &str,
        expected: &'static str,
        node: &Node<'t>,
    ) -> MappingError {
        let found = match node.get_ref() {
            DeValue::String(_) => "a text",
            DeValue::Integer(_) => "a whole number",
            DeValue::Float(_) => "a number",
            DeValue::Boolean(_) => "true or false",
            DeValue::Datetime(_) => "a date",
            DeValue::Array(_) => "a list",
            DeValue::Table(_) => "a table",
        };
        let problem = MappingProblem::WrongType {
            key: key.to_owned(),
            expected,
            found,
        };
        self.error(Some(node.span()), problem)
    }

    pub(super) fn wrong_value(
        &self,
        key: &str,
        value: &str,
        expected: String,
        node: &Node<'t>,
    ) -> MappingError {
        let problem = MappingProblem::WrongValue {
            key: key.to_owned(),
            value: value.to_owned(),
            expected,
        };
        self.error(Some(node.span()), problem)
    }

    pub(super) fn combination(
        &self,
        header: &str,
        node: &Node<'t>,
        reason: &'static str,
        hint: &'static str,
    ) -> MappingError {
        let problem = MappingProblem::Combination {
            header: header.to_owned(),
            reason,
            hint,
        };
        self.error(Some(node.span()), problem)
    }

    pub(super) fn error(
        &self,
        span: Option<Range<usize>>,
        problem: MappingProblem,
    ) -> MappingError {
        let position = span.map(|span| Position::of(self.text, span.start));
        MappingError::new(self.name, position, problem)
    }
}
