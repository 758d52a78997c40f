//! The contact export that is imported: a CSV file as HubSpot writes it, made from a seed.
//!
//! Twelve columns; one in ten rows has a second number; 3 % of the numbers and 3 % of the
//! addresses are unusable; 5 % of the rows repeat a human of an earlier row, half of them
//! with another job title; 1 % of the humans do not want mail.
//! What this module does not do: it keeps nothing in memory; any row can be made again from its
//! number, which is how rows are repeated.

use std::error::Error;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;

use crate::person::{
    self, BAD_NUMBERS, COMPANY_FORMS, COMPANY_NAMES, Country, FIRST_NAMES, JOB_TITLES, LAST_NAMES,
    Random,
};

const HEADER: &str = "Record ID,First Name,Last Name,Email,Phone Number,Mobile Phone Number,\
                      Company Name,Job Title,City,Country/Region,Create Date,\
                      Unsubscribed from all email\n";

/// The streams of numbers that must not depend on each other.
const REPEATS: u64 = 1 << 62;
const COMPANIES: u64 = 1 << 61;

/// Of a thousand.
const REPEATED_ROWS: u64 = 50;
const CHANGED_REPEATS: u64 = 500;
const BAD_VALUES: u64 = 30;
const SECOND_NUMBERS: u64 = 100;
const SWITCHBOARD_NUMBERS: u64 = 50;
const UNSUBSCRIBED: u64 = 10;

/// Rows to one company.
const EMPLOYEES: u64 = 25;

/// Writes a file of so many rows.
pub(crate) fn write(path: &Path, rows: u64, seed: u64) -> Result<(), Box<dyn Error>> {
    let mut file = BufWriter::with_capacity(1 << 20, File::create(path)?);
    file.write_all(HEADER.as_bytes())?;
    let mut line = String::new();
    for row in 0..rows {
        let mut random = Random::new(seed, REPEATS + row);
        let (human, title) = if row > 0 && random.happens(REPEATED_ROWS) {
            // The earlier row may itself be a repetition: then its human has three rows.
            let earlier = random.below(row);
            let changed = random.happens(CHANGED_REPEATS);
            (earlier, changed.then(|| random.pick(&JOB_TITLES)))
        } else {
            (row, None)
        };
        line.clear();
        write_human(&mut line, seed, human, rows, title);
        file.write_all(line.as_bytes())?;
    }
    Ok(file.flush()?)
}

/// Appends the row of a human, as it is or with another title.
fn write_human(line: &mut String, seed: u64, human: u64, rows: u64, title: Option<&str>) {
    let mut random = Random::new(seed, human);
    let first = random.pick(&FIRST_NAMES);
    let last = random.pick(&LAST_NAMES);
    let company = random.below(rows / EMPLOYEES + 1);
    let country = Country::draw(&mut random);
    let _ = write!(line, "{},{first},{last},", 1_000_001 + human);
    write_email(line, &mut random, first, last, human);
    line.push(',');
    if random.happens(SWITCHBOARD_NUMBERS) {
        let mut random = Random::new(seed, COMPANIES + company);
        person::write_number(line, &mut random, country);
    } else {
        write_number(line, &mut random, country);
    }
    line.push(',');
    if random.happens(SECOND_NUMBERS) {
        write_number(line, &mut random, country);
    }
    line.push(',');
    write_company(line, seed, company);
    line.push(',');
    let drawn = random.pick(&JOB_TITLES);
    push_field(line, title.unwrap_or(drawn));
    let _ = writeln!(
        line,
        ",{},{},20{:02}-{:02}-{:02} {:02}:{:02},{}",
        random.pick(country.cities()),
        country.name(),
        random.below(12) + 14,
        random.below(12) + 1,
        random.below(28) + 1,
        random.below(24),
        random.below(60),
        if random.happens(UNSUBSCRIBED) {
            "true"
        } else {
            "false"
        },
    );
}

fn write_number(line: &mut String, random: &mut Random, country: Country) {
    if random.happens(BAD_VALUES) {
        line.push_str(random.pick(&BAD_NUMBERS));
    } else {
        person::write_number(line, random, country);
    }
}

fn write_email(line: &mut String, random: &mut Random, first: &str, last: &str, human: u64) {
    if random.happens(BAD_VALUES) {
        let _ = write!(
            line,
            "{}",
            random.pick(&["none", "see notes", "jane(at)example.com", "@"])
        );
        return;
    }
    let mut plain = |name: &str| {
        let letters = name.chars().filter(char::is_ascii_alphabetic);
        line.extend(letters.map(|letter| letter.to_ascii_lowercase()));
    };
    plain(first);
    line.push('.');
    let letters = last.chars().filter(char::is_ascii_alphabetic);
    line.extend(letters.map(|letter| letter.to_ascii_lowercase()));
    let domain = random.pick(&[
        "example.com",
        "example.org",
        "example.net",
        "mail.example.com",
    ]);
    let _ = write!(line, "{human}@{domain}");
}

fn write_company(line: &mut String, seed: u64, company: u64) {
    let mut random = Random::new(seed, COMPANIES - company - 1);
    let name = format!(
        "{} {} {}",
        random.pick(&COMPANY_NAMES),
        company,
        random.pick(&COMPANY_FORMS)
    );
    push_field(line, &name);
}

/// Appends a value, in quotes if it holds a comma.
fn push_field(line: &mut String, value: &str) {
    if value.contains(',') {
        let _ = write!(line, "\"{value}\"");
    } else {
        line.push_str(value);
    }
}
