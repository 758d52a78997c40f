//! A card as a row: known properties in columns, all others by their names.
//!
//! What this module does not do: no column has a meaning here; the preset `vcard` gives it.

use std::borrow::Cow;
use std::fmt::Write as _;

use super::property::Property;
use super::value::{components, quoted_printable, unescaped};
use crate::record::RecordBatch;

/// What joins values that have no column of their own, as Google Contacts writes it.
const JOINT: &str = " ::: ";

const PHONES: usize = 6;
const EMAILS: usize = 4;
const ADDRESSES: usize = 2;

/// Columns of a number and of an address: its kind, then the value.
const PER_VALUE: usize = 2;
/// Columns of a postal address: its kind, then its seven components.
const PER_ADDRESS: usize = 8;

const COMPONENTS: [&str; 7] = [
    "PO Box",
    "Extended",
    "Street",
    "City",
    "Region",
    "Postal Code",
    "Country",
];

/// Columns before those of numbers and addresses, with the property that fills each.
const SINGLE: [(&str, &str); 21] = [
    ("UID", "UID"),
    ("Formatted Name", "FN"),
    ("Family Name", ""),
    ("Given Name", ""),
    ("Additional Names", ""),
    ("Honorific Prefixes", ""),
    ("Honorific Suffixes", ""),
    ("Nickname", "NICKNAME"),
    ("Organization", ""),
    ("Organization Units", ""),
    ("Title", "TITLE"),
    ("Role", "ROLE"),
    ("Birthday", "BDAY"),
    ("Anniversary", "ANNIVERSARY"),
    ("Website", "URL"),
    ("Note", "NOTE"),
    ("Categories", "CATEGORIES"),
    ("Revision", "REV"),
    ("X-SMRT-OWNER", "X-SMRT-OWNER"),
    ("X-SMRT-EMPLOYEE-ID", "X-SMRT-EMPLOYEE-ID"),
    ("X-SMRT-CONTRACTOR-ID", "X-SMRT-CONTRACTOR-ID"),
];
const FORMATTED_NAME: usize = 1;
const FAMILY_NAME: usize = 2;
const ORGANIZATION: usize = 8;
const UNITS: usize = 9;
const BIRTHDAY: usize = 12;

const PHONE_COLUMNS: usize = SINGLE.len();
const EMAIL_COLUMNS: usize = PHONE_COLUMNS + PHONES * PER_VALUE;
const ADDRESS_COLUMNS: usize = EMAIL_COLUMNS + EMAILS * PER_VALUE;
const COLUMNS: usize = ADDRESS_COLUMNS + ADDRESSES * PER_ADDRESS;

/// The names of the columns, the same for every file.
pub(super) fn column_names() -> Vec<String> {
    let mut names: Vec<String> = SINGLE.iter().map(|(name, _)| (*name).to_owned()).collect();
    for (kind, count) in [("Phone", PHONES), ("E-mail", EMAILS)] {
        for number in 1..=count {
            names.push(format!("{kind} {number} - Type"));
            names.push(format!("{kind} {number} - Value"));
        }
    }
    for number in 1..=ADDRESSES {
        names.push(format!("Address {number} - Type"));
        names.extend(COMPONENTS.map(|part| format!("Address {number} - {part}")));
    }
    names
}

/// The card under reading; its buffers are used again for the next one.
#[derive(Default)]
pub(super) struct Card {
    columns: Vec<String>,
    phones: Vec<Labelled>,
    phone_count: usize,
    emails: Vec<Labelled>,
    email_count: usize,
    addresses: Vec<Labelled>,
    address_count: usize,
    /// Labels of groups, by group.
    labels: Vec<(String, String)>,
    others: Vec<(String, String)>,
}

/// A value with its kind, of which a group may tell later.
#[derive(Default)]
struct Labelled {
    group: String,
    kind: String,
    value: String,
    is_preferred: bool,
}

impl Card {
    pub(super) fn clear(&mut self) {
        self.columns.resize_with(COLUMNS, String::new);
        self.columns.iter_mut().for_each(String::clear);
        (self.phone_count, self.email_count, self.address_count) = (0, 0, 0);
        self.labels.clear();
        self.others.clear();
    }

    /// Takes a property over.
    pub(super) fn take(&mut self, property: &Property<'_>) {
        let raw = match property.is_quoted_printable() {
            true => Cow::Owned(quoted_printable(
                property.value,
                property.parameter("CHARSET"),
            )),
            false => Cow::Borrowed(property.value),
        };
        let value = raw.trim();
        if value.is_empty() {
            return;
        }
        if property.is("N") {
            self.take_name(value);
        } else if property.is("TEL") {
            let number = number_text(value);
            push(&mut self.phones, &mut self.phone_count, property, &number);
        } else if property.is("EMAIL") {
            let address = unescaped(value);
            push(&mut self.emails, &mut self.email_count, property, &address);
        } else if property.is("ADR") {
            push(
                &mut self.addresses,
                &mut self.address_count,
                property,
                value,
            );
        } else if property.is("ORG") {
            self.take_organization(value);
        } else if property.is("X-ABLABEL") {
            let label = bare_label(value);
            self.labels
                .push((property.group.to_owned(), label.to_owned()));
        } else if property.is("BDAY") {
            let birthday = birthday(value, property.parameter("X-APPLE-OMIT-YEAR"));
            self.set(BIRTHDAY, property, &birthday);
        } else if !(property.is("VERSION") || property.is("PRODID")) {
            let column = SINGLE.iter().position(|(_, name)| property.is(name));
            match column {
                Some(column) => self.set(column, property, &unescaped(value)),
                // What smrt wrote of a card that it set aside.
                None if is_of_smrt(property.name) => {}
                None => self.keep(property, &unescaped(value)),
            }
        }
    }

    /// Appends the card's fields and further properties as the row under construction.
    pub(super) fn push_to(&mut self, batch: &mut RecordBatch) {
        self.drop_repeated_name();
        self.settle_values();
        self.columns
            .iter()
            .for_each(|value| batch.push_field(value));
        self.join_others();
        for (name, value) in &self.others {
            batch.push_extra(name, value);
        }
    }

    fn take_name(&mut self, value: &str) {
        for (position, part) in components(value).take(5).enumerate() {
            let part = unescaped(part);
            if let Some(column) = self.columns.get_mut(FAMILY_NAME + position) {
                join(column, part.trim(), " ");
            }
        }
    }

    fn take_organization(&mut self, value: &str) {
        let mut parts = components(value).map(unescaped);
        let organization = parts.next().unwrap_or_default();
        match self.columns.get_mut(ORGANIZATION) {
            Some(column) if column.is_empty() => column.push_str(organization.trim()),
            Some(_) | None => self
                .others
                .push(("ORG".to_owned(), organization.into_owned())),
        }
        if let Some(column) = self.columns.get_mut(UNITS) {
            parts.for_each(|unit| join(column, unit.trim(), ", "));
        }
    }

    /// Fills a column; what comes after the first value is kept by the property's name.
    fn set(&mut self, column: usize, property: &Property<'_>, value: &str) {
        match self.columns.get_mut(column) {
            Some(cell) if cell.is_empty() => cell.push_str(value),
            Some(_) | None => self.keep(property, value),
        }
    }

    fn keep(&mut self, property: &Property<'_>, value: &str) {
        let mut name = property.name.to_ascii_uppercase();
        // A later line may name the group.
        if !property.group.is_empty() {
            let _ = write!(name, "\0{}", property.group);
        }
        self.others.push((name, value.to_owned()));
    }

    /// A card must have a formatted name, so many repeat there what another property says.
    fn drop_repeated_name(&mut self) {
        let name = |column: usize| self.columns.get(column).map_or("", String::as_str);
        let formatted = name(FORMATTED_NAME);
        let is_named = !name(FAMILY_NAME).is_empty() || !name(FAMILY_NAME + 1).is_empty();
        let phones = self.phones.iter().take(self.phone_count);
        let emails = self.emails.iter().take(self.email_count);
        let mut values = phones.chain(emails).map(|labelled| labelled.value.as_str());
        let uid = name(0);
        let is_repeated = !is_named
            && (formatted == name(ORGANIZATION)
                || values.any(|value| is_repeated_by(formatted, value))
                || uid.strip_prefix("urn:uuid:") == Some(formatted));
        if is_repeated && let Some(cell) = self.columns.get_mut(FORMATTED_NAME) {
            cell.clear();
        }
    }

    /// Puts numbers and addresses into their columns, those beyond the last into the last.
    fn settle_values(&mut self) {
        let Self {
            columns,
            phones,
            emails,
            addresses,
            labels,
            ..
        } = self;
        let several = [
            (phones, self.phone_count, PHONE_COLUMNS, PHONES),
            (emails, self.email_count, EMAIL_COLUMNS, EMAILS),
        ];
        for (values, count, first, groups) in several {
            for (position, labelled) in values.iter().take(count).enumerate() {
                let column = first + position.min(groups - 1) * PER_VALUE;
                let is_further = position >= groups;
                append(columns, column, &labelled.label(labels), is_further);
                append(columns, column + 1, &labelled.value, is_further);
            }
        }
        for (position, labelled) in addresses.iter().take(self.address_count).enumerate() {
            let column = ADDRESS_COLUMNS + position.min(ADDRESSES - 1) * PER_ADDRESS;
            let is_further = position >= ADDRESSES;
            append(columns, column, &labelled.label(labels), is_further);
            let mut parts = components(&labelled.value).map(unescaped);
            for part in 1..PER_ADDRESS {
                let text = parts.next().unwrap_or_default();
                append(columns, column + part, text.trim(), is_further);
            }
        }
    }

    /// Names the other properties by their labels, and joins those of one name.
    fn join_others(&mut self) {
        let mut joined: Vec<(String, String)> = Vec::with_capacity(self.others.len());
        for (name, value) in std::mem::take(&mut self.others) {
            let name = match name.split_once('\0') {
                Some((name, group)) => match label_of(&self.labels, group) {
                    Some(label) => format!("{name} ({label})"),
                    None => name.to_owned(),
                },
                None => name,
            };
            match joined.iter_mut().find(|(known, _)| *known == name) {
                Some((_, values)) => {
                    values.push_str(JOINT);
                    values.push_str(&value);
                }
                None => joined.push((name, value)),
            }
        }
        self.others = joined;
    }
}

impl Labelled {
    /// What the value is called, with the star of Google Contacts before the preferred one.
    fn label(&self, labels: &[(String, String)]) -> String {
        let kind = label_of(labels, &self.group).unwrap_or(&self.kind);
        match (self.is_preferred, kind.is_empty()) {
            (false, _) => kind.to_owned(),
            (true, true) => "*".to_owned(),
            (true, false) => format!("* {kind}"),
        }
    }
}

fn label_of<'l>(labels: &'l [(String, String)], group: &str) -> Option<&'l str> {
    if group.is_empty() {
        return None;
    }
    let found = labels.iter().find(|(of, _)| of.eq_ignore_ascii_case(group));
    found.map(|(_, label)| label.as_str())
}

fn push(values: &mut Vec<Labelled>, count: &mut usize, property: &Property<'_>, value: &str) {
    if values.len() == *count {
        values.push(Labelled::default());
    }
    let Some(labelled) = values.get_mut(*count) else {
        return;
    };
    *count += 1;
    labelled.group.clear();
    labelled.group.push_str(property.group);
    labelled.value.clear();
    labelled.value.push_str(value);
    labelled.kind.clear();
    labelled.is_preferred = kind(property, &mut labelled.kind);
}

/// Writes what the types of a property say in words; says whether it is the preferred one.
fn kind(property: &Property<'_>, words: &mut String) -> bool {
    let (mut is_preferred, mut is_mobile) = (false, false);
    for (name, value) in property.parameters() {
        if name.eq_ignore_ascii_case("PREF") {
            is_preferred |= value == "1";
        } else if name.eq_ignore_ascii_case("X-SMRT-RELATIONSHIP") {
            words.clear();
            words.push_str(value);
            return is_preferred || is_named_preferred(property);
        } else if name.is_empty() || name.eq_ignore_ascii_case("TYPE") {
            for word in value.split(',') {
                match known_word(word) {
                    Word::Preferred => is_preferred = true,
                    Word::Silent => {}
                    Word::Mobile => is_mobile = true,
                    Word::Said(said) => join(words, said, " "),
                }
            }
        }
    }
    // A mobile of the company is a mobile.
    if is_mobile && !words.contains("fax") {
        words.clear();
        words.push_str("mobile");
    }
    is_preferred
}

fn is_named_preferred(property: &Property<'_>) -> bool {
    property.parameters().any(|(name, value)| {
        (name.eq_ignore_ascii_case("PREF") && value == "1")
            || (name.eq_ignore_ascii_case("TYPE") && value.eq_ignore_ascii_case("pref"))
    })
}

enum Word<'w> {
    Preferred,
    /// It says nothing about whose the value is.
    Silent,
    Mobile,
    Said(&'w str),
}

fn known_word(word: &str) -> Word<'_> {
    let is = |other: &str| word.eq_ignore_ascii_case(other);
    const SILENT: [&str; 13] = [
        "voice",
        "internet",
        "text",
        "msg",
        "video",
        "x400",
        "postal",
        "parcel",
        "dom",
        "intl",
        "other",
        "quoted-printable",
        "8bit",
    ];
    if is("pref") {
        return Word::Preferred;
    }
    if is("textphone") {
        return Word::Said("tty");
    }
    if SILENT.iter().any(|silent| is(silent)) || word.is_empty() {
        return Word::Silent;
    }
    if is("cell") || is("mobile") || is("iphone") {
        return Word::Mobile;
    }
    if is("main-number") {
        return Word::Said("main");
    }
    let lower: [&str; 8] = [
        "work",
        "home",
        "fax",
        "pager",
        "car",
        "isdn",
        "main",
        "assistant",
    ];
    Word::Said(lower.into_iter().find(|known| is(known)).unwrap_or(word))
}

/// Whether a value is the formatted name again, perhaps with an extension behind it.
fn is_repeated_by(formatted: &str, value: &str) -> bool {
    let behind = value.strip_prefix(formatted);
    behind.is_some_and(|behind| behind.is_empty() || behind.starts_with(" ext. "))
}

fn is_of_smrt(name: &str) -> bool {
    const PREFIX: &str = "X-SMRT-";
    let begins = name.get(..PREFIX.len());
    begins.is_some_and(|begins| begins.eq_ignore_ascii_case(PREFIX))
}

/// Apple writes its own labels as `_$!<Home>!$_`.
fn bare_label(label: &str) -> &str {
    let inner = label.strip_prefix("_$!<");
    inner
        .and_then(|inner| inner.strip_suffix(">!$_"))
        .unwrap_or(label)
}

/// A birthday; one whose year is said to be unknown has none.
fn birthday<'v>(value: &'v str, year_left_out: Option<&str>) -> Cow<'v, str> {
    let behind = year_left_out.and_then(|year| value.strip_prefix(year));
    match behind {
        Some(behind) => Cow::Owned(format!("--{}", behind.trim_start_matches('-'))),
        None => unescaped(value),
    }
}

/// A number as it is dialled; a `tel:` address is written as a number with its extension.
fn number_text(value: &str) -> Cow<'_, str> {
    let begins = value.get(..4).unwrap_or_default();
    if !begins.eq_ignore_ascii_case("tel:") {
        return unescaped(value);
    }
    let mut parts = value.get(4..).unwrap_or_default().split(';');
    let number = parts.next().unwrap_or_default();
    let mut text = number.replace("%20", " ");
    for part in parts {
        let (name, said) = part.split_once('=').unwrap_or((part, ""));
        if name.eq_ignore_ascii_case("ext") {
            let _ = write!(text, " ext. {said}");
        } else if name.eq_ignore_ascii_case("phone-context") && said.starts_with('+') {
            text = format!("{said} {text}");
        }
    }
    Cow::Owned(text)
}

fn append(columns: &mut [String], column: usize, text: &str, is_further: bool) {
    if let Some(cell) = columns.get_mut(column) {
        if is_further {
            cell.push_str(JOINT);
        }
        cell.push_str(text);
    }
}

/// Appends a part, if there is something in it.
fn join(text: &mut String, part: &str, between: &str) {
    if part.is_empty() {
        return;
    }
    if !text.is_empty() {
        text.push_str(between);
    }
    text.push_str(part);
}
