//! Every preset against a file in its vendor's form.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::Path;

use super::*;
use crate::mapping::{IssueEffect, MappedRow};
use crate::record::RecordBatch;

/// Fixture, its preset, and what its first row says.
const FIRST_ROWS: &[(&str, &str, &str)] = &[
    (
        "facebook_leads",
        "facebook_leads",
        "key=l:100000000000001; first=Ada; last=Lovewell; email=ada.lovewell@example.com; other=+447700900123",
    ),
    (
        "google",
        "google",
        "first=Ada; last=Lovewell; email=ada.lovewell@example.com; company=Example Engines, Ltd; title=Analyst; country=GB; *mobile=+44 7700 900123; work=+44 20 7946 0101; home=+44 20 7946 0102",
    ),
    (
        "google_old",
        "google_old",
        "first=Ada; last=Lovewell; email=ada@example.com; company=Example Engines, Ltd; title=Analyst; country=United Kingdom; mobile=+44 7700 900123; work=+44 20 7946 0101; other=+44 20 7946 0102",
    ),
    (
        "hubspot",
        "hubspot",
        "key=100000000001; first=Ada; last=Lovewell; email=ada.lovewell@example.com; company=Example Engines, Ltd; title=Analyst; country=United Kingdom; other=+44 20 7946 0101; mobile=+44 7700 900123",
    ),
    (
        "hubspot_es",
        "hubspot_es",
        "key=200000000001; first=Ángela; last=Prueba Ejemplo; email=angela@example.com; company=Ejemplo, S.A.; title=Directora; country=España; other=+34 600 000 001",
    ),
    (
        "linkedin",
        "linkedin",
        "key=https://www.linkedin.com/in/example-ada; first=Ada; last=Lovewell; email=ada.lovewell@example.com; company=Example Engines, Ltd; title=Analyst",
    ),
    (
        "mailchimp",
        "mailchimp",
        "key=ada.lovewell@example.com; first=Ada; last=Lovewell; email=Ada.Lovewell@example.com; other=+44 7700 900123; marketing_email=granted 2024-05-03T10:11:12Z",
    ),
    (
        "outlook",
        "outlook",
        "first=Ada; last=Lovewell; email=ada.lovewell@example.com; company=Example Engines, Ltd; title=Analyst; country=United Kingdom; work_fax=020 7946 0199 [United Kingdom]; work=020 7946 0101 [United Kingdom]; mobile=+44 7700 900123",
    ),
    (
        "outlook_com",
        "outlook_com",
        "first=Ada; last=Lovewell; email=ada.lovewell@example.com; company=Example Engines, Ltd; title=Analyst; country=United Kingdom; work=020 7946 0101 [United Kingdom]; mobile=+44 7700 900123",
    ),
    (
        "outlook_google",
        "outlook_google",
        "first=Ada; last=Lovewell; email=ada.lovewell@example.com; company=Example Engines, Ltd; title=Analyst; country=United Kingdom; mobile=+44 7700 900123; work=020 7946 0101 [United Kingdom]",
    ),
    (
        "pipedrive",
        "pipedrive",
        "key=1; first=Ada; last=Lovewell; email=ada.lovewell@example.com; company=Example Engines, Ltd; work=+44 20 7946 0101, +44 20 7946 0102; mobile=+44 7700 900123; marketing_email=granted",
    ),
    (
        "salesforce",
        "salesforce",
        "key=003XX00000EXAM1QAA; first=Ada; last=Lovewell; email=ada.lovewell@example.com; title=VP, Engines; country=United States; work=(212) 555-0101 [United States]; mobile=(212) 555-0102",
    ),
    (
        "salesforce_data_loader",
        "salesforce",
        "key=003XX00000EXAM1QAA; first=Ada; last=Lovewell; email=ada.lovewell@example.com; title=VP, Engines; country=United States; work=(212) 555-0101 [United States]; mobile=(212) 555-0102",
    ),
    (
        "salesforce_report",
        "salesforce_report",
        "first=Ada; last=Lovewell; email=ada.lovewell@example.com; company=Example Engines, Inc.; title=VP, Engines; country=United States; work=(212) 555-0101; mobile=(212) 555-0102",
    ),
    (
        "smrt",
        "smrt",
        "first=Ada; last=Lovewell; email=ada.lovewell@example.com; company=Example Engines, Ltd; title=Analyst; *mobile=+447700900123; work=+442079460101",
    ),
    (
        "thunderbird",
        "thunderbird",
        "first=Ada; last=Lovewell; email=ada.lovewell@example.com; company=Example Engines, Ltd; title=Analyst; country=United Kingdom; work=020 7946 0101 [United Kingdom]; mobile=+44 7700 900123",
    ),
    (
        "twenty",
        "twenty",
        "key=00000000-0000-4000-8000-000000000001; first=Ada; last=Lovewell; email=ada.lovewell@example.com; title=Analyst; country=United Kingdom; *main=+44 7700900123 [GB]; other=+33 199000101 [FR]",
    ),
    (
        "zoho_contacts",
        "zoho_contacts",
        "key=zcrm_2000000000001; first=Ada; last=Lovewell; email=ada.lovewell@example.com; company=Example Engines, Ltd; title=Analyst; country=United Kingdom; work=020 7946 0101; mobile=07700 900123; data_processing=granted",
    ),
    (
        "zoho_leads",
        "zoho_leads",
        "key=zcrm_4000000000001; first=Ada; last=Lovewell; email=ada.lovewell@example.com; company=Example Engines, Ltd; work=+44 20 7946 0101; mobile=+44 7700 900123",
    ),
];

struct Fixture {
    header: Vec<String>,
    batch: RecordBatch,
}

impl Fixture {
    fn read(name: &str) -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../fixtures/ok/{name}.csv"));
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .from_path(path)
            .unwrap();
        let mut records = reader.records().map(Result::unwrap);
        let header = unique_names(&records.next().unwrap());
        let mut batch = RecordBatch::default();
        for (number, record) in (1..).zip(records) {
            record.iter().for_each(|cell| batch.push_field(cell));
            batch.finish_row(number, number + 1, "", None);
        }
        Self { header, batch }
    }

    fn header(&self) -> Vec<&str> {
        self.header.iter().map(String::as_str).collect()
    }

    /// Each row as its preset reads it, without metadata.
    fn rows(&self) -> Vec<String> {
        let detected = detect(&self.header()).unwrap();
        let mapper = detected.mapping.bind(&self.header()).unwrap();
        let mut row = MappedRow::default();
        let mut rows = Vec::new();
        for record in self.batch.iter() {
            mapper.map(&record, &mut row);
            rows.push(told(&row));
        }
        rows
    }
}

/// The names a source gives: a repeat is numbered, an empty one is named by its place.
fn unique_names(record: &csv::StringRecord) -> Vec<String> {
    let mut seen: HashMap<&str, usize> = HashMap::new();
    let name = |(place, name)| {
        let count = seen.entry(name).or_default();
        *count += 1;
        match (name, *count) {
            ("", _) => format!("column_{}", place + 1),
            (name, 1) => name.to_owned(),
            (name, count) => format!("{name}#{count}"),
        }
    };
    record.iter().enumerate().map(name).collect()
}

fn told(row: &MappedRow<'_>) -> String {
    let mut told = String::new();
    let fields = [
        ("key", &row.source_key),
        ("first", &row.first_name),
        ("last", &row.last_name),
        ("email", &row.email),
        ("company", &row.company_name),
        ("title", &row.job_title),
        ("country", &row.country),
    ];
    for (name, value) in fields {
        if let Some(value) = value {
            let _ = write!(told, "{name}={value}; ");
        }
    }
    for phone in &row.phones {
        let star = if phone.primary { "*" } else { "" };
        let country = phone
            .country
            .as_deref()
            .map(|country| format!(" [{country}]"));
        let _ = write!(
            told,
            "{star}{}={}{}; ",
            phone.relationship,
            phone.text,
            country.unwrap_or_default()
        );
    }
    for consent in &row.consents {
        let date = consent.date.map(|date| format!(" {date}"));
        let status = consent.status.as_str();
        let _ = write!(
            told,
            "{}={status}{}; ",
            consent.consent_type,
            date.unwrap_or_default()
        );
    }
    for issue in &row.issues {
        let rejects = if issue.effect == IssueEffect::RejectsRow {
            " rejects"
        } else {
            ""
        };
        let _ = write!(
            told,
            "!{} in `{}`{rejects}; ",
            issue.code, issue.column_name
        );
    }
    told.trim_end().trim_end_matches(';').to_owned()
}

#[test]
fn each_file_is_known_by_its_preset_and_no_other_and_read_by_it() {
    for (fixture, preset, first_row) in FIRST_ROWS {
        let file = Fixture::read(fixture);
        assert_eq!(claims(&file.header()), [*preset], "{fixture}");
        assert_eq!(
            file.rows().first().map(String::as_str),
            Some(*first_row),
            "{fixture}"
        );
    }
}

#[test]
fn every_preset_has_a_file() {
    // Cards are no table; tests of the whole program import them.
    for preset in names().filter(|preset| *preset != "vcard") {
        assert!(
            FIRST_ROWS.iter().any(|(_, name, _)| *name == preset),
            "{preset}"
        );
        assert!(find(preset).unwrap().detect.is_some(), "{preset}");
    }
    assert!(find("nobody").is_none());
}

/// The fixtures' last row names nobody: nothing of it may look like an identity.
#[test]
fn a_row_without_identity_has_none() {
    for (fixture, _, _) in FIRST_ROWS {
        assert_eq!(
            Fixture::read(fixture).rows().last().map(String::as_str),
            Some(""),
            "{fixture}"
        );
    }
}

#[test]
fn a_preset_wants_its_whole_signature() {
    for (fixture, preset, _) in FIRST_ROWS {
        let signature = find(preset).unwrap().detect.unwrap().headers;
        let file = Fixture::read(fixture);
        for missing in &signature {
            let header: Vec<&str> = file
                .header()
                .into_iter()
                .filter(|name| !name.eq_ignore_ascii_case(missing))
                .collect();
            assert_eq!(claims(&header), [""; 0], "{fixture} without {missing}");
        }
    }
    assert!(detect(&[]).is_none());
    assert!(detect(&["Person - Name", "Deal - Title"]).is_none());
    assert!(detect(&["Organization - Name"]).is_none());
}

/// All presets that claim a header, not only an undisputed one.
fn claims(header: &[&str]) -> Vec<&'static str> {
    let claims = names().filter(|preset| {
        let mapping = find(preset).unwrap();
        let index = HeaderIndex::new(header, mapping.header_case);
        mapping.detect.as_ref().unwrap().claims(&index)
    });
    claims.collect()
}

#[test]
fn rows_with_a_catch_are_read_with_care() {
    let check = |fixture: &str, row: usize, want: &str| {
        assert_eq!(Fixture::read(fixture).rows()[row - 1], want, "{fixture}");
    };
    // The label with a star chooses among joined values; an unknown label is `other`.
    check(
        "google",
        2,
        "first=Bertil; last=Exempelsson; email=bertil.exempelsson@example.com; mobile=+46 70 174 06 05",
    );
    check(
        "google",
        3,
        "first=Chiara; last=Di Prova; email=chiara@example.com; company=Prova S.r.l.; other=(212) 555-0143; other=212-555-0144",
    );
    check(
        "google_old",
        2,
        "first=Bo; last=Exempel; email=bo@example.org; mobile=+46 70 174 06 06",
    );
    // A whole name that is a company's goes to the company.
    check(
        "google_old",
        5,
        "company=Example Bakery Inc.; main=+1 212-555-0175",
    );
    // Opt-outs, dated where the file dates them.
    check(
        "zoho_contacts",
        2,
        "key=zcrm_2000000000002; first=Bo; last=Exempel; email=bo@example.com; mobile=+46 70 174 06 05; marketing_email=revoked 2024-06-01T09:30:00Z",
    );
    check(
        "zoho_contacts",
        4,
        "key=zcrm_2000000000004; first=Cleo; last=Prueba; work=212-555-0103; marketing_email=revoked; !ambiguous_date in `Unsubscribed Time`",
    );
    check(
        "salesforce_data_loader",
        3,
        "key=003XX00000EXAM3QAA; first=Cleo; last=Prueba; fax=(212) 555-0105; home=(212) 555-0103; assistant=(212) 555-0104; marketing_fax=revoked; marketing_call=revoked",
    );
    check(
        "salesforce",
        4,
        "key=003XX00000EXAM4QAA; first=Gerd; last=Gelöscht; email=gerd@example.com; work=+49 30 23125 110; !deleted_at_source in `IsDeleted` rejects",
    );
    check(
        "mailchimp",
        5,
        "key=emil@example.com; first=Emil; last=Sample; email=emil@example.com; marketing_email=granted; !ambiguous_date in `OPTIN_TIME`",
    );
    check(
        "mailchimp",
        6,
        "key=farah(at)example.com; first=Farah; last=Testi; email=farah(at)example.com; other=212-555-0119",
    );
    check(
        "pipedrive",
        5,
        "key=5; first=Emil; last=Sample; email=emil@example.com; work=none; !unknown_answer in `Person - Marketing consent`",
    );
    // A calling code without a number is nothing; a number that has its code takes no other.
    check(
        "twenty",
        2,
        "key=00000000-0000-4000-8000-000000000002; first=Bo; last=Exempel; email=bo@example.com",
    );
    check(
        "twenty",
        3,
        "key=00000000-0000-4000-8000-000000000003; first=Cleo; last=Prueba; *main=+12125550103 [US]",
    );
    check(
        "thunderbird",
        2,
        "first=Bo; last=Exempel; email=bo@example.com; country=Sweden; home=070-174 06 05 [Sweden]",
    );
}

/// Every cell that is not blank is in a field, in metadata, or told by a rule.
#[test]
fn what_no_field_takes_is_in_metadata() {
    let file = Fixture::read("google");
    let mapper = detect(&file.header())
        .unwrap()
        .mapping
        .bind(&file.header())
        .unwrap();
    let kept = |row: usize| {
        let mut mapped = MappedRow::default();
        mapper.map(&file.batch.get(row - 1).unwrap(), &mut mapped);
        let kept = mapped.metadata.iter();
        kept.map(|(name, value)| format!("{name}={value}"))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        kept(1),
        [
            "Middle Name=King",
            "Name Prefix=Dr.",
            "Labels=* myContacts ::: Customers",
            "E-mail 1 - Label=* Work",
            "Address 1 - Label=Home",
            "Address 1 - Formatted=1 Sample Street\r\nTestville\r\nGB",
            "Address 1 - Street=1 Sample Street",
            "Address 1 - City=Testville",
            "Address 1 - Country=GB",
        ]
    );
    assert_eq!(
        kept(2),
        [
            "Labels=* myContacts",
            "E-mail 1 - Label=Privat ::: * Arbete",
            "E-mail 1 - Value=bertil@example.org ::: bertil.exempelsson@example.com",
        ]
    );
    assert_eq!(
        kept(3),
        [
            "Labels=* myContacts",
            "Phone 1 - Label=ältere",
            "Phone 2 - Label=Summer house"
        ]
    );
}

#[test]
fn a_preset_written_down_is_the_preset() {
    for preset in names() {
        let mapping = find(preset).unwrap();
        let again = Mapping::parse("again", &mapping.to_toml()).unwrap();
        assert_eq!(again.to_toml(), mapping.to_toml());
        assert_eq!(again.digest(), mapping.digest());
    }
}

/// What the vendors' files say is found without a preset too, where their columns have clear names.
#[test]
fn the_guess_agrees_with_the_presets() {
    for fixture in [
        "hubspot",
        "hubspot_es",
        "salesforce_report",
        "zoho_leads",
        "linkedin",
        "facebook_leads",
        "thunderbird",
    ] {
        let file = Fixture::read(fixture);
        let header = file.header();
        let guessed = Mapping::guess(&header, &file.batch);
        let mapper = guessed.mapping().unwrap().bind(&header).unwrap();
        let mut row = MappedRow::default();
        mapper.map(&file.batch.get(0).unwrap(), &mut row);
        let identity = (
            row.first_name.as_deref(),
            row.last_name.as_deref(),
            row.email.as_deref(),
        );
        let (_, _, want) = FIRST_ROWS
            .iter()
            .find(|(name, _, _)| *name == fixture)
            .unwrap();
        let (first, last, email) = identity;
        let told = format!(
            "first={}; last={}; email={}",
            first.unwrap(),
            last.unwrap(),
            email.unwrap()
        );
        assert!(want.contains(&told), "{fixture}: {told}");
        let phones: Vec<&str> = row
            .phones
            .iter()
            .map(|phone| phone.text.trim_start_matches("p:"))
            .collect();
        assert!(phones.iter().all(|phone| want.contains(phone)), "{fixture}");
        assert_eq!(
            phones.is_empty(),
            !want.contains('+') && !want.contains('('),
            "{fixture}"
        );
    }
}
