//! A mapping guessed from column names and from what the columns hold.
//!
//! Names suggest, contents decide: a column named like a phone number whose cells are dates is none.
//! A file in which nothing can be called or written to is refused, not mapped wildly.
//! What this module does not do: it reads no more than the sample, and grants no consent on a
//! vague word.

mod evidence;
mod judge;
mod synonym;

use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use super::date::DateFormat;
use super::error::Position;
use super::header::{HeaderCase, HeaderIndex, NUMBER, canonical};
use super::rule::{Field, FieldRule, Role, Rule};
use super::{Entry, Mapping, MissingColumns};
use crate::added_columns::is_added_column;
use crate::record::RecordBatch;
use evidence::Evidence;
use judge::Verdict;

/// Rows of a sample that are looked at; more change nothing.
const SAMPLE_ROWS_MAX: usize = 1_000;

/// What the columns of a file seem to mean.
#[derive(Debug, Clone)]
pub struct Guess {
    columns: Vec<GuessedColumn>,
    /// Which of them hold numbers at which a person answers.
    phones: Vec<usize>,
    mapping: Result<Mapping, GuessRefusal>,
}

/// What one column seems to mean, and how sure that is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GuessedColumn {
    /// The column's name.
    pub name: String,
    /// What becomes of it, in words.
    pub target: String,
    /// How sure the guess is, from 0 to 100; 0 where nothing is known and the column is kept.
    pub confidence: u8,
    /// Why, without any value of the file.
    pub reason: String,
}

/// Why a file is not mapped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum GuessRefusal {
    /// The file has no column.
    #[error("the file has no columns")]
    NoColumns,
    /// Nothing in it looks like a way to reach a person.
    #[error("no column looks like a phone number or an e-mail address")]
    NoContact,
}

impl GuessRefusal {
    /// What to do about it.
    #[must_use]
    pub const fn hint(self) -> &'static str {
        match self {
            Self::NoColumns => "is the first row the header?",
            Self::NoContact => {
                "if the file does hold contacts, write a mapping by hand and give it with --mapping"
            }
        }
    }
}

impl Guess {
    /// Each column in file order.
    #[must_use]
    pub fn columns(&self) -> &[GuessedColumn] {
        &self.columns
    }

    /// The columns that seem to hold numbers at which a person answers: no fax, no pager.
    pub fn phone_columns(&self) -> impl Iterator<Item = &GuessedColumn> {
        let columns = self.phones.iter();
        columns.filter_map(|column| self.columns.get(*column))
    }

    /// The mapping.
    ///
    /// # Errors
    ///
    /// [`GuessRefusal`] where nothing in the file looks like contact data.
    pub fn mapping(&self) -> Result<&Mapping, GuessRefusal> {
        self.mapping.as_ref().map_err(|refusal| *refusal)
    }

    /// The mapping, kept.
    ///
    /// # Errors
    ///
    /// As [`Guess::mapping`].
    pub fn into_mapping(self) -> Result<Mapping, GuessRefusal> {
        self.mapping
    }
}

pub(super) fn guess(header: &[&str], sample: &RecordBatch) -> Guess {
    let mut verdicts: Vec<Verdict> = header
        .iter()
        .enumerate()
        .map(|(column, name)| match is_added_column(name) {
            true => Verdict::of_added_column(),
            false => judge::judge(name, &Evidence::of(sample, column, SAMPLE_ROWS_MAX)),
        })
        .collect();
    settle_names(header, &mut verdicts);
    settle_rivals(header, &mut verdicts);
    let columns = header
        .iter()
        .zip(&verdicts)
        .map(|(name, verdict)| GuessedColumn {
            name: (*name).to_owned(),
            target: verdict.rule.words(),
            confidence: verdict.confidence,
            reason: verdict.reason.clone(),
        })
        .collect();
    let answers = |verdict: &Verdict| match &verdict.rule {
        Rule::Phone(rule) => rule.relationship.is_voice(),
        Rule::Field(_)
        | Rule::Consent(_)
        | Rule::Deleted
        | Rule::Members
        | Rule::Metadata
        | Rule::Ignore => false,
    };
    let phones = verdicts.iter().enumerate();
    let phones = phones.filter(|(_, verdict)| answers(verdict));
    let phones = phones.map(|(column, _)| column).collect();
    let mapping = match refusal(header, &verdicts) {
        Some(refusal) => Err(refusal),
        None => Ok(mapping(header, verdicts, sample)),
    };
    Guess {
        columns,
        phones,
        mapping,
    }
}

fn refusal(header: &[&str], verdicts: &[Verdict]) -> Option<GuessRefusal> {
    let reaches = |verdict: &Verdict| match &verdict.rule {
        Rule::Phone(_) => true,
        Rule::Field(rule) => rule.field == Field::Email,
        Rule::Consent(_) | Rule::Deleted | Rule::Members | Rule::Metadata | Rule::Ignore => false,
    };
    match (header.is_empty(), verdicts.iter().any(reaches)) {
        (true, _) => Some(GuessRefusal::NoColumns),
        (false, false) => Some(GuessRefusal::NoContact),
        (false, true) => None,
    }
}

/// `Name` and its like mean the whole name, unless the other half stands beside them.
fn settle_names(header: &[&str], verdicts: &mut [Verdict]) {
    let has = |verdicts: &[Verdict], field| verdicts.iter().any(|verdict| verdict.is_for(field));
    let (first, last, full) = (
        has(verdicts, Field::FirstName),
        has(verdicts, Field::LastName),
        has(verdicts, Field::FullName),
    );
    let settled = if full && first && !last {
        Some((Field::FullName, Field::LastName, "beside a first name"))
    } else if first && !last && !full {
        Some((
            Field::FirstName,
            Field::FullName,
            "without a last name beside it",
        ))
    } else if last && !first && !full {
        Some((
            Field::LastName,
            Field::FullName,
            "without a first name beside it",
        ))
    } else {
        None
    };
    let Some((from, to, why)) = settled else {
        return;
    };
    for (name, verdict) in header.iter().zip(verdicts) {
        if verdict.is_for(from) && synonym::is_open_name(name) {
            verdict.rule = Rule::Field(FieldRule::plain(to));
            verdict.reason.push_str(", ");
            verdict.reason.push_str(why);
        }
    }
}

/// Of several columns for one field the surest gets it.
fn settle_rivals(header: &[&str], verdicts: &mut [Verdict]) {
    for field in Field::ALL {
        let best = verdicts
            .iter()
            .enumerate()
            .filter(|(_, verdict)| verdict.is_for(field))
            .max_by_key(|(column, verdict)| (verdict.confidence, std::cmp::Reverse(*column)))
            .map(|(column, _)| column);
        let Some(best) = best else {
            continue;
        };
        let winner = header.get(best).copied().unwrap_or_default();
        for (column, verdict) in verdicts.iter_mut().enumerate() {
            if column == best || !verdict.is_for(field) {
                continue;
            }
            let _ = write!(verdict.reason, "; `{}` is likelier", canonical(winner));
            if matches!(field, Field::Email | Field::Country) {
                let rule = FieldRule {
                    role: Role::Fallback,
                    ..FieldRule::plain(field)
                };
                verdict.rule = Rule::Field(rule);
            } else {
                verdict.rule = Rule::Metadata;
                verdict.confidence = 0;
            }
        }
    }
}

fn mapping(header: &[&str], verdicts: Vec<Verdict>, sample: &RecordBatch) -> Mapping {
    let index = HeaderIndex::new(header, HeaderCase::Exact);
    let mut mapping = Mapping {
        name: "guess".to_owned(),
        source: source_of(header),
        header_case: HeaderCase::Exact,
        missing_columns: MissingColumns::Error,
        date_format: DateFormat::Auto,
        utc_offset_minutes: 0,
        detect: None,
        entries: Vec::with_capacity(header.len()),
        constants: Vec::new(),
        metadata: Vec::new(),
    };
    for (column, (name, verdict)) in header.iter().zip(verdicts).enumerate() {
        // A name that means another column, or many, cannot be written down.
        if index.find(name) != Some(column) || name.contains(NUMBER) {
            continue;
        }
        let comment = match verdict.confidence {
            0 => verdict.reason,
            confidence => format!("{confidence} %: {}", verdict.reason),
        };
        let line = u32::try_from(column).unwrap_or(u32::MAX);
        mapping.entries.push(Entry {
            header: canonical(name).into_owned(),
            rule: verdict.rule,
            position: Position { line, column: 1 },
            comment: Some(comment),
        });
    }
    settle_date_formats(&mut mapping, header, sample);
    mapping
}

/// A source for files of just these columns, so that ids of unlike files are never the same human.
fn source_of(header: &[&str]) -> String {
    let mut hasher = Sha256::new();
    for name in header.iter().filter(|name| !is_added_column(name)) {
        hasher.update(canonical(name).as_bytes());
        hasher.update([0]);
    }
    let mut source = "file-".to_owned();
    for byte in hasher.finalize().iter().take(4) {
        let _ = write!(source, "{byte:02x}");
    }
    source
}

pub(super) fn settle_date_formats(mapping: &mut Mapping, header: &[&str], sample: &RecordBatch) {
    if mapping.date_format != DateFormat::Auto {
        return;
    }
    let index = HeaderIndex::new(header, mapping.header_case);
    for entry in &mut mapping.entries {
        let Rule::Consent(rule) = &mut entry.rule else {
            continue;
        };
        let dates = match (&rule.date_column, rule.when_date) {
            (Some(column), _) => column,
            (None, Some(_)) => &entry.header,
            (None, None) => continue,
        };
        if let (None, Some(column)) = (rule.date_format, index.find(dates)) {
            rule.date_format = Evidence::of(sample, column, SAMPLE_ROWS_MAX).date_format();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(rows: &[&[&str]]) -> RecordBatch {
        let mut batch = RecordBatch::default();
        for (number, row) in (1_u64..).zip(rows) {
            row.iter().for_each(|cell| batch.push_field(cell));
            batch.finish_row(number, number + 1, "", None);
        }
        batch
    }

    /// The target words of each column.
    fn targets(header: &[&str], rows: &[&[&str]]) -> Vec<String> {
        let guess = guess(header, &sample(rows));
        guess
            .columns()
            .iter()
            .map(|column| column.target.clone())
            .collect()
    }

    const KEPT: &str = "kept in metadata";

    #[test]
    fn columns_are_known_in_seven_languages() {
        let rows: &[&[&str]] = &[
            &[
                "Ada",
                "Lovelace",
                "ada@example.com",
                "+44 7700 900123",
                "Acme",
            ],
            &["Bo", "Ek", "bo@example.com", "+44 7700 900456", "Umbrella"],
        ];
        let want = [
            "first name",
            "last name",
            "e-mail address",
            "phone (mobile)",
            "company",
        ];
        for header in [
            ["First Name", "Last Name", "Email", "Mobile", "Company"],
            [
                "Vorname",
                "Nachname",
                "E-Mail-Adresse",
                "Handynummer",
                "Firma",
            ],
            ["Prénom", "Nom", "Courriel", "Téléphone portable", "Société"],
            [
                "Nombre",
                "Apellidos",
                "Correo electrónico",
                "Teléfono móvil",
                "Empresa",
            ],
            ["Nome", "Sobrenome", "E-mail", "Telemóvel", "Empresa"],
            [
                "Nome",
                "Cognome",
                "Indirizzo e-mail",
                "Cellulare",
                "Azienda",
            ],
            [
                "Voornaam",
                "Achternaam",
                "E-mailadres",
                "Mobiele telefoon",
                "Bedrijf",
            ],
        ] {
            assert_eq!(targets(&header, rows), want, "{header:?}");
        }
    }

    #[test]
    fn contents_outvote_the_name() {
        let rows: &[&[&str]] = &[
            &["2024-05-03", "a@example.com", "202-555-0101"],
            &["2024-05-04", "b@example.com", "202-555-0102"],
            &["2024-05-05", "c@example.com", "202-555-0103"],
        ];
        assert_eq!(
            targets(&["Phone", "Contact", "Wohnsitz"], rows),
            [KEPT, "e-mail address", "phone (other)"]
        );
    }

    #[test]
    fn a_list_of_offices_is_mapped_as_far_as_it_goes() {
        let header = [
            "bioguide",
            "title",
            "first_name",
            "middle_name",
            "last_name",
            "birthday",
            "state",
            "office",
            "zip",
            "phone",
            "fax",
        ];
        let rows: &[&[&str]] = &[
            &[
                "X000001",
                "Senator",
                "Ada",
                "",
                "Lovelace",
                "1958-10-13",
                "WA",
                "Nowhere",
                "20510",
                "202-555-0101",
                "",
            ],
            &[
                "X000002",
                "Senator",
                "Bo",
                "B.",
                "Ek",
                "1960-05-25",
                "MN",
                "Nowhere",
                "20511",
                "202-555-0102",
                "",
            ],
        ];
        let targets = targets(&header, rows);
        let at = |name: &str| {
            let column = header.iter().position(|header| *header == name).unwrap();
            targets[column].as_str()
        };
        assert_eq!(
            (at("first_name"), at("last_name")),
            ("first name", "last name")
        );
        assert_eq!((at("phone"), at("fax")), ("phone (other)", "phone (fax)"));
        for kept in [
            "bioguide",
            "middle_name",
            "birthday",
            "state",
            "office",
            "zip",
        ] {
            assert_eq!(at(kept), KEPT, "{kept}");
        }
    }

    #[test]
    fn a_file_without_contacts_is_refused() {
        let rows: &[&[&str]] = &[&["1", "Widget", "9.99"], &["2", "Gadget", "19.99"]];
        let guess = guess(&["id", "name", "price"], &sample(rows));
        assert_eq!(guess.mapping().unwrap_err(), GuessRefusal::NoContact);
        assert_eq!(
            super::guess(&[], &sample(&[])).mapping().unwrap_err(),
            GuessRefusal::NoColumns
        );
    }

    #[test]
    fn an_id_that_repeats_is_no_key() {
        let rows = |ids: [&'static str; 2]| {
            targets(
                &["ID", "Email"],
                &[&[ids[0], "a@example.com"], &[ids[1], "b@example.com"]],
            )
        };
        assert_eq!(rows(["1", "2"])[0], "source key");
        assert_eq!(rows(["1", "1"])[0], KEPT);
        assert_eq!(rows(["1", ""])[0], KEPT);
    }

    #[test]
    fn name_means_what_its_neighbours_leave() {
        let rows: &[&[&str]] = &[
            &["Ada", "Lovelace", "a@example.com"],
            &["Bo", "Ek", "b@example.com"],
        ];
        assert_eq!(targets(&["Vorname", "Name", "Mail"], rows)[1], "last name");
        let rows: &[&[&str]] = &[
            &["Ada Lovelace", "a@example.com"],
            &["Bo Ek", "b@example.com"],
        ];
        for name in ["Name", "Nombre", "Nom", "Nome"] {
            assert!(
                targets(&[name, "Mail"], rows)[0].starts_with("full name"),
                "{name}"
            );
        }
    }

    #[test]
    fn only_clear_words_touch_consent() {
        let rows: &[&[&str]] = &[
            &["a@example.com", "true", "no", "yes", "yes"],
            &["b@example.com", "false", "yes", "no", "no"],
        ];
        let targets = targets(
            &[
                "Email",
                "Email Opt Out",
                "Do Not Call",
                "SMS Opt In",
                "Consent",
            ],
            rows,
        );
        assert_eq!(targets[1], "consent `marketing_email`: revoked when true");
        assert_eq!(targets[2], "consent `marketing_call`: revoked when true");
        assert_eq!(targets[3], "consent `marketing_sms`: granted when true");
        assert_eq!(targets[4], KEPT);
    }

    #[test]
    fn a_form_of_address_is_no_job_title() {
        let targets = |titles: [&str; 2]| {
            targets(
                &["Title", "Email"],
                &[&[titles[0], "a@example.com"], &[titles[1], "b@example.com"]],
            )
        };
        assert_eq!(targets(["Mr.", "Prof. Dr."])[0], KEPT);
        assert_eq!(targets(["Analyst", "Engineer"])[0], "job title");
    }

    #[test]
    fn the_second_address_stands_in() {
        let rows: &[&[&str]] = &[&["a@example.com", "a@example.org"], &["b@example.com", ""]];
        assert_eq!(
            targets(&["Email", "Private email"], rows),
            [
                "e-mail address",
                "e-mail address, where no other column has it"
            ]
        );
    }

    #[test]
    fn a_sample_settles_the_order_of_day_and_month() {
        let text = "version = 1\n[columns]\nA = { consent = \"marketing_email\", when_date = \"granted\" }\n";
        let check = |cells: [&str; 2], want: Option<DateFormat>| {
            let mut mapping = Mapping::parse("m", text).unwrap();
            mapping.settle_date_formats(&["A"], &sample(&[&[cells[0]], &[cells[1]]]));
            let Rule::Consent(rule) = &mapping.entries[0].rule else {
                panic!("consent")
            };
            assert_eq!(rule.date_format, want);
        };
        check(["03/05/2024", "25/05/2024"], Some(DateFormat::DayFirst));
        check(["03/05/2024", "05/25/2024"], Some(DateFormat::MonthFirst));
        check(["03/05/2024", "04/05/2024"], None);
        check(["25/05/2024", "05/25/2024"], None);
        check(
            ["1714731072000", "1714731073000"],
            Some(DateFormat::EpochMillis),
        );
    }
}
