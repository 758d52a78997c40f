//! What a row says about consent.
//!
//! A plain no is no event, and a person's own word against contact is always a revocation.
//! What this module does not do: it knows no earlier consent and decides nothing.

use std::borrow::Cow;

use smrt_core::model::{ConsentStatus, Instant};

use super::super::answer::{self, Answer, same};
use super::super::bind::{BoundConsent, RowMapper};
use super::super::date::{self, DateProblem};
use super::super::row::{IssueEffect, MappedConsent, MappedRow};
use super::trouble::{AMBIGUOUS_DATE, UNDATED_ANSWER, UNKNOWN_ANSWER, UNREADABLE_DATE};
use super::{filled, number};
use crate::record::Record;

impl RowMapper {
    pub(super) fn read_consent<'r>(
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

#[cfg(test)]
mod tests {
    use super::super::tests::{codes, kept, with_row};
    use super::*;

    fn statuses(row: &MappedRow<'_>) -> Vec<&'static str> {
        let consents = row.consents.iter();
        consents.map(|consent| consent.status.as_str()).collect()
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
}
