//! A bound mapping applied to one row.
//!
//! Plain cells are lent, not copied.
//! What this module does not do: it normalises no phone number and checks no e-mail address.

use std::borrow::Cow;

use smrt_core::model::{ConsentStatus, Instant};

use super::answer::{self, Answer, same};
use super::bind::{Action, BoundConsent, BoundField, BoundPhone, RowMapper};
use super::date::{self, DateProblem};
use super::label::without_star;
use super::name::{self, Name};
use super::phone_list;
use super::row::{IssueEffect, MappedConsent, MappedIssue, MappedPhone, MappedRow};
use super::rule::{Field, PhoneFormat};
use crate::record::Record;

/// No cell holds more joined values than this; what follows stays in the last one.
const JOINED_VALUES_MAX: usize = 64;

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
        let (Some(column), value) = (self.columns.get(index), cell.trim()) else {
            return;
        };
        if value.is_empty() {
            return;
        }
        let keep = match &column.action {
            Action::Metadata => true,
            Action::Ignore => false,
            Action::Field(field) => !row.fill(*field, value),
            Action::Chosen(bound) => !choose(bound, value, record, row),
            Action::FullName(bound) => !self.read_full_name(bound, value, record, row),
            // A bare star labels nothing.
            Action::Companion => value != "*" && !row.read.contains(&index),
            Action::Deleted => self.read_deleted(index, value, row),
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
            Name::Organisation => row.fill(Field::CompanyName, value),
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
                let mut labels =
                    label.map(|label| label.splitn(JOINED_VALUES_MAX, separator.trim()));
                for part in value.splitn(JOINED_VALUES_MAX, separator.trim()) {
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
        let named = self.relationships.of(label);
        let text = without_prefix(text.trim(), phone.strip_prefix.as_deref());
        if !text.is_empty() {
            row.phones.push(MappedPhone {
                text: with_calling_code(text, phone, record),
                relationship: named.unwrap_or(&phone.relationship),
                primary: phone.primary || starred,
                country: country_of(phone, record),
                column: number(phone.column),
            });
        }
        named.is_some() || label.is_empty()
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
                relationship: &phone.relationship,
                primary: phone.primary,
                country: item
                    .country
                    .map(Cow::Owned)
                    .or_else(|| country_of(phone, record)),
                column: number(phone.column),
            }
        }));
    }

    fn read_consent<'r>(
        &'r self,
        consent: &'r BoundConsent,
        record: &Record<'r>,
        row: &mut MappedRow<'r>,
    ) {
        let Some(value) = filled(record, consent.column) else {
            if consent
                .date
                .is_some_and(|column| filled(record, column).is_some())
            {
                self.issue(consent.column, &UNDATED_ANSWER, IssueEffect::KeepsRow, row);
            }
            return;
        };
        match consent.when_date {
            Some(status) => self.read_dated_consent(consent, status, value, record, row),
            None => self.read_answer(consent, value, record, row),
        }
    }

    /// The cell is the date of the event.
    fn read_dated_consent<'r>(
        &'r self,
        consent: &'r BoundConsent,
        status: ConsentStatus,
        value: &'r str,
        record: &Record<'r>,
        row: &mut MappedRow<'r>,
    ) {
        if says_no_date(value) {
            row.read.push(consent.column);
            return;
        }
        match date::read(value, consent.date_format, self.utc_offset_minutes) {
            Ok(date) => {
                row.read.push(consent.column);
                push_consent(consent, status, Some(date), record, row);
            }
            // There is a date, so there was the event; only its day is not known.
            Err(DateProblem::Ambiguous) => {
                self.issue(consent.column, &AMBIGUOUS_DATE, IssueEffect::KeepsRow, row);
                push_consent(consent, status, None, record, row);
            }
            Err(DateProblem::Unreadable) => {
                self.issue(consent.column, &UNREADABLE_DATE, IssueEffect::KeepsRow, row);
            }
        }
    }

    fn read_answer<'r>(
        &'r self,
        consent: &'r BoundConsent,
        value: &'r str,
        record: &Record<'r>,
        row: &mut MappedRow<'r>,
    ) {
        match meaning(consent, value) {
            Meaning::Event(status) => {
                row.read.push(consent.column);
                let date = self.read_date(consent, record, row);
                push_consent(consent, status, date, record, row);
            }
            Meaning::No => row.read.push(consent.column),
            Meaning::Listed => {}
            Meaning::Unknown => {
                self.issue(consent.column, &UNKNOWN_ANSWER, IssueEffect::KeepsRow, row);
            }
        }
    }

    /// The date beside an answer.
    fn read_date<'r>(
        &'r self,
        consent: &BoundConsent,
        record: &Record<'r>,
        row: &mut MappedRow<'r>,
    ) -> Option<Instant> {
        let column = consent.date?;
        let value = filled(record, column).filter(|value| !says_no_date(value))?;
        match date::read(value, consent.date_format, self.utc_offset_minutes) {
            Ok(date) => {
                row.read.push(column);
                Some(date)
            }
            Err(DateProblem::Ambiguous) => {
                self.issue(column, &AMBIGUOUS_DATE, IssueEffect::KeepsRow, row);
                None
            }
            Err(DateProblem::Unreadable) => {
                self.issue(column, &UNREADABLE_DATE, IssueEffect::KeepsRow, row);
                None
            }
        }
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

/// What is told about an issue, whatever its row.
struct Trouble {
    code: &'static str,
    reason: &'static str,
    hint: &'static str,
}

const DELETED: Trouble = Trouble {
    code: "deleted_at_source",
    reason: "the record was deleted in the system it comes from",
    hint: "leave it out, or map the column to \"metadata\" to import deleted records",
};
const UNKNOWN_ANSWER: Trouble = Trouble {
    code: "unknown_answer",
    reason: "the cell is neither yes nor no",
    hint: "say what its words mean with `values = { \"…\" = \"revoked\" }`",
};
const UNDATED_ANSWER: Trouble = Trouble {
    code: "undated_answer",
    reason: "there is a date, but the column it dates is empty",
    hint: "fill the cell, or map the date itself with `when_date`",
};
const AMBIGUOUS_DATE: Trouble = Trouble {
    code: "ambiguous_date",
    reason: "day and month of the date cannot be told apart",
    hint: "say `date_format = \"m/d/y\"` or `date_format = \"d/m/y\"` in the mapping",
};
const UNREADABLE_DATE: Trouble = Trouble {
    code: "unreadable_date",
    reason: "the cell is no date that the column's format reads",
    hint: "write it as 2024-05-03, or say `date_format` in the mapping",
};
const UNREADABLE_PHONE_LIST: Trouble = Trouble {
    code: "unreadable_phone_list",
    reason: "the cell is no JSON list of phone numbers",
    hint: "correct the cell, or remove `format = \"json\"`",
};

/// Takes the value of a field with several columns or values; says whether the cell is told whole.
fn choose<'r>(
    bound: &BoundField,
    value: &'r str,
    record: &Record<'r>,
    row: &mut MappedRow<'r>,
) -> bool {
    if is_any_filled(&bound.before, record) {
        return false;
    }
    let label = bound.label.and_then(|column| filled(record, column));
    let chosen = match &bound.separator {
        Some(separator) => preferred(value, label, separator.trim()),
        None => value,
    };
    let taken = row.fill(bound.field, chosen);
    if bound.is_source_key && row.source_key.is_none() {
        row.source_key = Some(as_key(chosen));
    }
    // A human has no country of its own, so metadata keeps it.
    taken && chosen.len() == value.len() && bound.field != Field::Country
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
fn preferred<'v>(value: &'v str, label: Option<&str>, separator: &str) -> &'v str {
    let parts = || value.splitn(JOINED_VALUES_MAX, separator).map(str::trim);
    let starred = label
        .and_then(|label| {
            label
                .split(separator)
                .position(|label| without_star(label).1)
        })
        .and_then(|position| parts().nth(position))
        .filter(|part| !part.is_empty());
    starred
        .or_else(|| parts().find(|part| !part.is_empty()))
        .unwrap_or(value)
}

/// What an answer means for consent.
enum Meaning {
    Event(ConsentStatus),
    /// A plain no, which is told by there being no event.
    No,
    /// A word that the mapping lists as saying nothing; it may tell a person something.
    Listed,
    Unknown,
}

fn meaning(consent: &BoundConsent, value: &str) -> Meaning {
    if let Some((_, listed)) = consent.values.iter().find(|(word, _)| same(word, value)) {
        return listed.map_or(Meaning::Listed, Meaning::Event);
    }
    let asks = consent.when_true.is_some() || consent.when_false.is_some();
    let status = match answer::read(value) {
        // Whatever the column asks: this person does not want to be contacted.
        Some(Answer::OptedOut) => Some(ConsentStatus::Revoked),
        Some(Answer::No) => consent.when_false,
        Some(Answer::Yes) if asks => consent.when_true,
        Some(Answer::OptedIn) if consent.when_true == Some(ConsentStatus::Granted) => {
            consent.when_true
        }
        Some(Answer::OptedIn) if asks => consent.when_false,
        Some(Answer::Yes | Answer::OptedIn) | None => return Meaning::Unknown,
    };
    status.map_or(Meaning::No, Meaning::Event)
}

fn push_consent<'r>(
    consent: &'r BoundConsent,
    status: ConsentStatus,
    date: Option<Instant>,
    record: &Record<'r>,
    row: &mut MappedRow<'r>,
) {
    let cell = |column: Option<usize>| column.and_then(|column| filled(record, column));
    let (source, basis) = (
        cell(consent.source_column),
        cell(consent.legal_basis_column),
    );
    row.read.extend(
        consent
            .source_column
            .into_iter()
            .chain(consent.legal_basis_column),
    );
    row.consents.push(MappedConsent {
        consent_type: &consent.consent_type,
        status,
        date,
        source: Cow::Borrowed(source.unwrap_or(&consent.source)),
        legal_basis: basis.or(consent.legal_basis.as_deref()).map(Cow::Borrowed),
        column: number(consent.column),
    });
}

/// Cells that systems write where there is no date.
fn says_no_date(value: &str) -> bool {
    value.starts_with("0000-00-00") || answer::read(value) == Some(Answer::No)
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
    let cell = record.get(column)?.trim();
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
    fn with_row(mapping: &str, cells: &[(&str, &str)], check: impl FnOnce(&MappedRow<'_>)) {
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

    fn kept(row: &MappedRow<'_>) -> Vec<String> {
        row.metadata
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect()
    }

    fn codes(row: &MappedRow<'_>) -> Vec<&'static str> {
        row.issues.iter().map(|issue| issue.code).collect()
    }

    fn statuses(row: &MappedRow<'_>) -> Vec<&'static str> {
        row.consents
            .iter()
            .map(|consent| consent.status.as_str())
            .collect()
    }

    #[test]
    fn an_unticked_opt_out_is_no_consent() {
        let mapping = "[columns]\nA = { consent = \"marketing_email\", when_true = \"revoked\" }";
        let check = |cell: &str, status: &[&str], issue: &[&str], keep: &[&str]| {
            with_row(mapping, &[("A", cell)], |row| {
                assert_eq!(
                    (statuses(row), codes(row), kept(row)),
                    (
                        status.to_vec(),
                        issue.to_vec(),
                        keep.iter().map(|k| (*k).to_owned()).collect()
                    ),
                    "{cell}"
                );
            });
        };
        check("true", &["revoked"], &[], &[]);
        check("Opted out", &["revoked"], &[], &[]);
        for nothing in ["false", "0", "", " ", "No", "subscribed"] {
            check(nothing, &[], &[], &[]);
        }
        check("perhaps", &[], &["unknown_answer"], &["A=perhaps"]);
    }

    #[test]
    fn an_opt_in_column_cannot_turn_an_opt_out_into_consent() {
        let mapping = "[columns]\nA = { consent = \"marketing_email\", when_true = \"granted\" }";
        let check = |cell: &str, want: &[&str]| {
            with_row(mapping, &[("A", cell)], |row| {
                assert_eq!(statuses(row), want, "{cell}")
            });
        };
        check("yes", &["granted"]);
        check("subscribed", &["granted"]);
        check("no", &[]);
        check("unsubscribed", &["revoked"]);
        check("Do not call", &["revoked"]);
    }

    #[test]
    fn words_listed_in_the_mapping_come_first() {
        let mapping = "[columns]\nA = { consent = \"marketing_sms\", values = { \"Ja, bitte\" = \"granted\", \"1\" = \"revoked\", \"Später\" = \"nothing\" } }";
        let check = |cell: &str, status: &[&str], keep: usize, issue: usize| {
            with_row(mapping, &[("A", cell)], |row| {
                assert_eq!(
                    (statuses(row), row.metadata.len(), row.issues.len()),
                    (status.to_vec(), keep, issue),
                    "{cell}"
                );
            });
        };
        check("ja, bitte", &["granted"], 0, 0);
        check("1", &["revoked"], 0, 0);
        check("SPÄTER", &[], 1, 0);
        check("yes", &[], 1, 1);
        check("no", &[], 0, 0);
    }

    #[test]
    fn evidence_of_consent_is_dated_and_sourced() {
        let mapping = "utc_offset = \"+02:00\"\n[columns]\nA = { consent = \"marketing_email\", when_true = \"revoked\", date_column = \"When\", source_column = \"Where\", legal_basis = \"consent\" }";
        let cells = [("A", "x"), ("When", "2024-05-03 10:00"), ("Where", "fair")];
        with_row(mapping, &cells, |row| {
            let consent = &row.consents[0];
            assert_eq!(consent.date.unwrap().to_string(), "2024-05-03T08:00:00Z");
            assert_eq!(
                (consent.source.as_ref(), consent.legal_basis.as_deref()),
                ("fair", Some("consent"))
            );
            assert_eq!((consent.column, kept(row)), (1, vec![]));
        });
        with_row(
            mapping,
            &[("A", "x"), ("When", "soon"), ("Where", "")],
            |row| {
                assert_eq!(row.consents[0].source, "test, column `A`");
                assert_eq!(
                    (row.consents[0].date, codes(row), kept(row)),
                    (None, vec!["unreadable_date"], vec!["When=soon".to_owned()])
                );
            },
        );
        with_row(
            mapping,
            &[("A", ""), ("When", "2024-05-03"), ("Where", "fair")],
            |row| {
                assert_eq!(
                    (statuses(row), codes(row)),
                    (vec![], vec!["undated_answer"])
                );
                assert_eq!(kept(row), ["When=2024-05-03", "Where=fair"]);
            },
        );
        with_row(
            mapping,
            &[("A", "no"), ("When", "2024-05-03"), ("Where", "")],
            |row| {
                assert_eq!(
                    (statuses(row), codes(row), kept(row)),
                    (vec![], vec![], vec!["When=2024-05-03".to_owned()])
                );
            },
        );
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
