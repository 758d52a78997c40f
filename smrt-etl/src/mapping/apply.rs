//! A bound mapping applied to one row.
//!
//! Plain cells are lent, not copied.
//! What this module does not do: it normalises no phone number and checks no e-mail address.

mod consent;
mod trouble;

use std::borrow::Cow;

use smrt_core::model::RelationshipType;

use super::answer::{self, Answer};
use super::bind::{Action, BoundField, BoundPhone, RowMapper};
use super::joined::{Separator, trimmed};
use super::label::without_star;
use super::name::{self, Name};
use super::phone_list;
use super::row::{IssueEffect, MappedIssue, MappedPhone, MappedRow};
use super::rule::{Field, PhoneFormat};
use crate::record::Record;
use trouble::{
    DELETED, SPREADSHEET_ERROR, Trouble, UNKNOWN_ANSWER, UNREADABLE_PHONE_LIST,
    is_spreadsheet_error,
};

impl RowMapper {
    /// Reads a row into `row`, whose buffers are used again.
    pub fn map<'r>(&'r self, record: &Record<'r>, row: &mut MappedRow<'r>) {
        row.clear();
        for consent in &self.consents {
            self.read_consent(consent, record, row);
        }
        for phone in &self.phones {
            self.read_phone(phone, record, row);
        }
        // A bare star labels nothing.
        let stars = self.field_labels.iter();
        row.read
            .extend(stars.filter(|label| filled(record, **label) == Some("*")));
        for index in 0..self.columns.len() {
            match record.get(index) {
                Some("") => {}
                Some(cell) => self.read_cell(index, cell, record, row),
                None => break,
            }
        }
        for (field, value) in &self.constants {
            row.fill(*field, value);
        }
        let extras = record
            .extras()
            .filter(|(_, value)| !value.trim().is_empty());
        row.metadata
            .extend(extras.map(|(name, value)| (name, Cow::Borrowed(value))));
        let constants = self.metadata.iter();
        row.metadata
            .extend(constants.map(|(name, value)| (name.as_str(), Cow::Borrowed(value.as_str()))));
    }

    fn read_cell<'r>(
        &'r self,
        index: usize,
        cell: &'r str,
        record: &Record<'r>,
        row: &mut MappedRow<'r>,
    ) {
        let (Some(column), value) = (self.columns.get(index), trimmed(cell)) else {
            return;
        };
        if value.is_empty() {
            return;
        }
        let is_value = !matches!(column.action, Action::Ignore | Action::Companion);
        if is_value && is_spreadsheet_error(value) {
            self.issue(index, &SPREADSHEET_ERROR, IssueEffect::KeepsRow, row);
            row.metadata
                .push((column.name.as_str(), Cow::Borrowed(cell)));
            return;
        }
        let keep = match &column.action {
            Action::Metadata => true,
            Action::Ignore => false,
            Action::Field(field) => !row.fill(*field, value),
            Action::Chosen(bound) => !choose(bound, value, record, row),
            Action::FullName(bound) => !self.read_full_name(bound, value, record, row),
            Action::Companion => !row.read.contains(&index),
            Action::Deleted => self.read_deleted(index, value, row),
            Action::Members => {
                row.members.push((column.name.as_str(), value));
                false
            }
        };
        if keep {
            row.metadata
                .push((column.name.as_str(), Cow::Borrowed(cell)));
        }
    }

    /// Fills first and last name where they are empty; says whether the cell is thereby told whole.
    fn read_full_name<'r>(
        &self,
        bound: &BoundField,
        value: &'r str,
        record: &Record<'r>,
        row: &mut MappedRow<'r>,
    ) -> bool {
        let first = first_filled(&self.first_names, record);
        let last = first_filled(&self.last_names, record);
        if first.is_some() || last.is_some() {
            return name::is_whole(value, first, last);
        }
        if is_any_filled(&bound.before, record) {
            return false;
        }
        match name::split(value) {
            Name::Person { first, last } => {
                row.first_name = first.map(Cow::Borrowed);
                row.last_name = last.map(Cow::Borrowed);
                name::is_whole(value, first, last)
            }
            Name::Organisation => {
                !is_any_filled(&self.company_names, record) && row.fill(Field::CompanyName, value)
            }
            Name::Unclear => false,
        }
    }

    /// Says whether the cell is to be kept.
    fn read_deleted<'r>(&'r self, index: usize, value: &str, row: &mut MappedRow<'r>) -> bool {
        match answer::read(value) {
            Some(Answer::Yes) => {
                self.issue(index, &DELETED, IssueEffect::RejectsRow, row);
                true
            }
            Some(Answer::No) => false,
            Some(Answer::OptedIn | Answer::OptedOut) | None => {
                self.issue(index, &UNKNOWN_ANSWER, IssueEffect::KeepsRow, row);
                true
            }
        }
    }

    fn read_phone<'r>(
        &'r self,
        phone: &'r BoundPhone,
        record: &Record<'r>,
        row: &mut MappedRow<'r>,
    ) {
        let value = filled(record, phone.column);
        let (Some(value), PhoneFormat::Text) = (value, phone.format) else {
            match value {
                Some(value) => self.read_phone_list(phone, value, record, row),
                // A label and a calling code of nothing are nothing.
                None => row
                    .read
                    .extend(phone.label.into_iter().chain(phone.calling_code)),
            }
            return;
        };
        let label = phone.label.and_then(|column| filled(record, column));
        let mut labels_understood = true;
        match &phone.separator {
            Some(separator) => {
                let mut labels = label.map(|label| separator.split(label));
                for part in separator.split(value) {
                    let label = labels.as_mut().and_then(Iterator::next);
                    labels_understood &= self.push_phone(phone, part, label, record, row);
                }
            }
            None => labels_understood = self.push_phone(phone, value, label, record, row),
        }
        row.read.push(phone.column);
        row.read.extend(phone.calling_code);
        if labels_understood {
            row.read.extend(phone.label);
        }
    }

    /// Adds one number; says whether its label, if it has one, is understood.
    fn push_phone<'r>(
        &'r self,
        phone: &'r BoundPhone,
        text: &'r str,
        label: Option<&str>,
        record: &Record<'r>,
        row: &mut MappedRow<'r>,
    ) -> bool {
        let (label, starred) = without_star(label.unwrap_or_default());
        let named = self.named_relationship(phone, label);
        let text = without_prefix(text, phone.strip_prefix.as_deref());
        let is_understood = named.is_some() || label.is_empty();
        if !text.is_empty() {
            row.phones.push(MappedPhone {
                text: with_calling_code(text, phone, record),
                relationship: named.unwrap_or(Cow::Borrowed(&phone.relationship)),
                primary: phone.primary || starred,
                country: country_of(phone, record),
                link: None,
                column: number(phone.column),
            });
        }
        is_understood
    }

    /// The relationship that a label names: in some language or, where the mapping says so, as a
    /// term of its own.
    fn named_relationship<'r>(
        &'r self,
        phone: &BoundPhone,
        label: &str,
    ) -> Option<Cow<'r, RelationshipType>> {
        let known = self.relationships.of(label).map(Cow::Borrowed);
        known.or_else(|| match phone.own_terms {
            true => RelationshipType::parse(label).ok().map(Cow::Owned),
            false => None,
        })
    }

    fn read_phone_list<'r>(
        &'r self,
        phone: &'r BoundPhone,
        value: &'r str,
        record: &Record<'r>,
        row: &mut MappedRow<'r>,
    ) {
        let Some(list) = phone_list::read(value) else {
            self.issue(
                phone.column,
                &UNREADABLE_PHONE_LIST,
                IssueEffect::KeepsRow,
                row,
            );
            return;
        };
        row.read.push(phone.column);
        row.phones.extend(list.into_iter().map(|item| {
            MappedPhone {
                text: Cow::Owned(item.number),
                relationship: item
                    .relationship
                    .map_or(Cow::Borrowed(&phone.relationship), Cow::Owned),
                primary: phone.primary || item.primary,
                country: item
                    .country
                    .map(Cow::Owned)
                    .or_else(|| country_of(phone, record)),
                link: item.link,
                column: number(phone.column),
            }
        }));
    }

    fn issue<'r>(
        &'r self,
        column: usize,
        trouble: &Trouble,
        effect: IssueEffect,
        row: &mut MappedRow<'r>,
    ) {
        row.issues.push(MappedIssue {
            code: trouble.code,
            column: number(column),
            column_name: self
                .columns
                .get(column)
                .map_or("", |column| column.name.as_str()),
            reason: trouble.reason,
            hint: trouble.hint,
            effect,
        });
    }
}

/// Takes the value of a field with several columns or values; says whether the cell is told whole.
fn choose<'r>(
    bound: &BoundField,
    value: &'r str,
    record: &Record<'r>,
    row: &mut MappedRow<'r>,
) -> bool {
    let is_chosen = match starred_column(bound, record) {
        Some(column) => column == bound.column,
        None => !is_any_filled(&bound.before, record),
    };
    if !is_chosen {
        return false;
    }
    let label = bound.label.and_then(|column| filled(record, column));
    let chosen = match &bound.separator {
        Some(separator) => preferred(value, label, separator),
        None => value,
    };
    let taken = row.fill(bound.field, chosen);
    if bound.is_source_key && row.source_key.is_none() {
        row.source_key = Some(as_key(chosen));
    }
    // A human has no country of its own, so metadata keeps it.
    taken && chosen.len() == value.len() && bound.field != Field::Country
}

/// The first column of a field that has a value and a star in its label.
fn starred_column(bound: &BoundField, record: &Record<'_>) -> Option<usize> {
    let has_star = |(column, label): &&(usize, usize)| {
        filled(record, *label).is_some_and(|label| label.contains('*'))
            && filled(record, *column).is_some()
    };
    bound
        .labelled
        .iter()
        .find(has_star)
        .map(|(column, _)| *column)
}

/// A value as a key: in lower case, because the same address is written in many ways.
fn as_key(value: &str) -> Cow<'_, str> {
    if value.chars().any(char::is_uppercase) {
        Cow::Owned(value.to_lowercase())
    } else {
        Cow::Borrowed(value)
    }
}

/// Of joined values the one whose label has a star, else the first.
fn preferred<'v>(value: &'v str, label: Option<&str>, separator: &Separator) -> &'v str {
    let starred = label
        .and_then(|label| {
            separator
                .split(label)
                .position(|label| without_star(label).1)
        })
        .and_then(|position| separator.split(value).nth(position))
        .filter(|part| !part.is_empty());
    starred
        .or_else(|| separator.split(value).find(|part| !part.is_empty()))
        .unwrap_or(value)
}

fn country_of<'r>(phone: &BoundPhone, record: &Record<'r>) -> Option<Cow<'r, str>> {
    let column = phone.country?;
    filled(record, column).map(Cow::Borrowed)
}

/// A national number with the calling code of its own column.
fn with_calling_code<'r>(text: &'r str, phone: &BoundPhone, record: &Record<'r>) -> Cow<'r, str> {
    let code = phone.calling_code.and_then(|column| filled(record, column));
    match code {
        Some(code) if !text.starts_with('+') => Cow::Owned(phone_list::join(code, text)),
        Some(_) | None => Cow::Borrowed(text),
    }
}

fn without_prefix<'t>(text: &'t str, prefix: Option<&str>) -> &'t str {
    prefix
        .and_then(|prefix| text.strip_prefix(prefix))
        .map_or(text, str::trim_start)
}

/// A cell that is not blank, trimmed.
fn filled<'r>(record: &Record<'r>, column: usize) -> Option<&'r str> {
    let cell = trimmed(record.get(column)?);
    (!cell.is_empty()).then_some(cell)
}

fn first_filled<'r>(columns: &[usize], record: &Record<'r>) -> Option<&'r str> {
    columns.iter().find_map(|column| filled(record, *column))
}

fn is_any_filled(columns: &[usize], record: &Record<'_>) -> bool {
    first_filled(columns, record).is_some()
}

/// A column's number, from 1.
fn number(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX).saturating_add(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mapping::Mapping;
    use crate::record::RecordBatch;

    /// Maps one row and hands it to `check`.
    pub(super) fn with_row(
        mapping: &str,
        cells: &[(&str, &str)],
        check: impl FnOnce(&MappedRow<'_>),
    ) {
        let text = format!("version = 1\nsource = \"test\"\n{mapping}");
        let header: Vec<&str> = cells.iter().map(|(name, _)| *name).collect();
        let mapper = Mapping::parse("m.toml", &text)
            .unwrap()
            .bind(&header)
            .unwrap();
        let mut batch = RecordBatch::default();
        cells.iter().for_each(|(_, cell)| batch.push_field(cell));
        batch.finish_row(1, 2, "", None);
        let mut row = MappedRow::default();
        mapper.map(&batch.get(0).unwrap(), &mut row);
        check(&row);
    }

    pub(super) fn kept(row: &MappedRow<'_>) -> Vec<String> {
        row.metadata
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect()
    }

    pub(super) fn codes(row: &MappedRow<'_>) -> Vec<&'static str> {
        row.issues.iter().map(|issue| issue.code).collect()
    }

    #[test]
    fn the_error_of_a_formula_is_kept_and_fills_no_field() {
        let mapping = "[columns]\nFirst = \"first_name\"\nName = \"full_name\"\nNote = \"ignore\"";
        let cells = [("First", "#N/A"), ("Name", "#REF!"), ("Note", "#N/A")];
        with_row(mapping, &cells, |row| {
            assert_eq!((&row.first_name, &row.last_name), (&None, &None));
            assert_eq!(kept(row), ["First=#N/A", "Name=#REF!"]);
            let codes: Vec<_> = row.issues.iter().map(|issue| issue.code).collect();
            assert_eq!(codes, ["spreadsheet_error", "spreadsheet_error"]);
        });
        let cells = [("First", "#1 fan"), ("Name", ""), ("Note", "")];
        with_row(mapping, &cells, |row| {
            assert_eq!(row.first_name.as_deref(), Some("#1 fan"));
        });
    }

    #[test]
    fn a_whole_name_fills_gaps_and_never_overrides() {
        let mapping = "[columns]\nName = \"full_name\"\nFirst = \"first_name\"\nLast = \"last_name\"\nOrg = \"company_name\"";
        let check = |name: &str,
                     first: &str,
                     last: &str,
                     want: (Option<&str>, Option<&str>),
                     keep: &[&str]| {
            let cells = [
                ("Name", name),
                ("First", first),
                ("Last", last),
                ("Org", ""),
            ];
            with_row(mapping, &cells, |row| {
                assert_eq!(
                    (row.first_name.as_deref(), row.last_name.as_deref()),
                    want,
                    "{name}"
                );
                assert_eq!(kept(row), keep, "{name}");
            });
        };
        check("Ada Lovewell", "", "", (Some("Ada"), Some("Lovewell")), &[]);
        check(
            "Dr. Ada K. Lovewell",
            "",
            "",
            (Some("Ada"), Some("Lovewell")),
            &["Name=Dr. Ada K. Lovewell"],
        );
        check(
            "Ada Lovewell",
            "Ada",
            "Lovewell",
            (Some("Ada"), Some("Lovewell")),
            &[],
        );
        check(
            "Countess Ada",
            "Ada",
            "Lovewell",
            (Some("Ada"), Some("Lovewell")),
            &["Name=Countess Ada"],
        );
        check(
            "ada@example.com",
            "",
            "",
            (None, None),
            &["Name=ada@example.com"],
        );
    }

    #[test]
    fn a_fallback_stands_in_and_is_kept_otherwise() {
        let mapping =
            "[columns]\nB = { fallback = \"email\" }\nA = \"email\"\nC = { fallback = \"email\" }";
        let check = |cells: [&str; 3], want: Option<&str>, keep: &[&str]| {
            with_row(
                mapping,
                &[("A", cells[0]), ("B", cells[1]), ("C", cells[2])],
                |row| {
                    assert_eq!(
                        (row.email.as_deref(), kept(row)),
                        (want, keep.iter().map(|k| (*k).to_owned()).collect())
                    );
                },
            );
        };
        check(
            ["a@x.test", "b@x.test", ""],
            Some("a@x.test"),
            &["B=b@x.test"],
        );
        check(
            ["", "b@x.test", "c@x.test"],
            Some("b@x.test"),
            &["C=c@x.test"],
        );
        check([" ", "", " c@x.test "], Some("c@x.test"), &[]);
        check(["", "", ""], None, &[]);
    }

    #[test]
    fn a_star_chooses_among_columns() {
        let mapping = "[columns]\n\"E {n}\" = { field = \"email\", label_column = \"L {n}\" }";
        let check = |labels: [&str; 2], values: [&str; 2], want: Option<&str>| {
            let cells = [
                ("L 1", labels[0]),
                ("E 1", values[0]),
                ("L 2", labels[1]),
                ("E 2", values[1]),
            ];
            with_row(mapping, &cells, |row| {
                assert_eq!(row.email.as_deref(), want)
            });
        };
        check(
            ["Home", "* Work"],
            ["a@x.test", "b@x.test"],
            Some("b@x.test"),
        );
        check(
            ["* Home", "* Work"],
            ["a@x.test", "b@x.test"],
            Some("a@x.test"),
        );
        check(["Home", "* Work"], ["a@x.test", ""], Some("a@x.test"));
        check(["Home", "Work"], ["", "b@x.test"], Some("b@x.test"));
        check(["", ""], ["", ""], None);
    }

    #[test]
    fn joined_phones_pair_with_their_labels() {
        let mapping =
            "[columns]\nP = { phone = \"other\", label_column = \"L\", separator = \" ::: \" }";
        let check = |label: &str, phones: &str, want: &[&str], keep: &[&str]| {
            with_row(mapping, &[("L", label), ("P", phones)], |row| {
                let told: Vec<String> = row
                    .phones
                    .iter()
                    .map(|phone| {
                        format!(
                            "{}{}={}",
                            if phone.primary { "*" } else { "" },
                            phone.relationship,
                            phone.text
                        )
                    })
                    .collect();
                assert_eq!(
                    (told, kept(row)),
                    (
                        want.iter().map(|w| (*w).to_owned()).collect(),
                        keep.iter().map(|k| (*k).to_owned()).collect()
                    )
                );
            });
        };
        check(
            "Work ::: * Mobile",
            "1 ::: 2",
            &["work=1", "*mobile=2"],
            &[],
        );
        check("Work", "1 ::: 2", &["work=1", "other=2"], &[]);
        check(
            "Work ::: ältere",
            "1 ::: 2",
            &["work=1", "other=2"],
            &["L=Work ::: ältere"],
        );
        check("Work", "", &[], &[]);
        check("", "1 ::: ", &["other=1"], &[]);
    }

    #[test]
    fn constants_fill_what_columns_leave_empty() {
        let mapping = "[columns]\nA = \"company_name\"\n[constants]\ncompany_name = \"Acme\"\ncountry = \"DE\"\n[metadata]\ncampaign = \"spring\"";
        with_row(mapping, &[("A", "")], |row| {
            assert_eq!(
                (row.company_name.as_deref(), row.country.as_deref()),
                (Some("Acme"), Some("DE"))
            );
            assert_eq!(kept(row), ["campaign=spring"]);
        });
        with_row(mapping, &[("A", "Other")], |row| {
            assert_eq!(row.company_name.as_deref(), Some("Other"))
        });
    }

    #[test]
    fn extras_and_unmapped_cells_are_kept_as_they_are() {
        let mapper = Mapping::parse("m", "version = 1\n[columns]\nA = \"ignore\"")
            .unwrap()
            .bind(&["A", "B"])
            .unwrap();
        let mut batch = RecordBatch::default();
        batch.push_field("a");
        batch.push_field(" b ");
        batch.push_extra("nick", "Bo");
        batch.push_extra("empty", " ");
        batch.finish_row(1, 2, "", None);
        batch.push_field("short");
        batch.finish_row(2, 3, "", None);
        let mut row = MappedRow::default();
        mapper.map(&batch.get(0).unwrap(), &mut row);
        assert_eq!(kept(&row), ["B= b ", "nick=Bo"]);
        mapper.map(&batch.get(1).unwrap(), &mut row);
        assert_eq!(kept(&row), [""; 0]);
    }

    #[test]
    fn debug_shows_no_value() {
        with_row(
            "[columns]\nA = \"email\"",
            &[("A", "ada@example.com")],
            |row| {
                assert_eq!(format!("{row:?}"), "MappedRow(****)");
            },
        );
    }
}
