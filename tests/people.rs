//! Invented people, from a seed: files with everything that makes an import hard.

use std::fmt::Write as _;

use crate::sandbox::Sandbox;

/// How the columns of the files here are to be read.
pub(crate) const MAPPING: &str = r#"version = 1
source = "crm"
[columns]
"Key" = "source_key"
"First" = "first_name"
"Last" = "last_name"
"Email" = "email"
"Company" = "company_name"
"Mobile" = { phone = "mobile" }
"Work" = { phone = "work" }
"Fax" = { phone = "fax" }
"Opt Out" = { consent = "marketing_email", when_true = "revoked" }
"Agreed" = { consent = "marketing_sms", when_date = "granted" }
"Note" = "metadata"
"#;

const HEADER: &str = "Key,First,Last,Email,Company,Mobile,Work,Fax,Opt Out,Agreed,Note\n";

const AREA_CODES: [&str; 24] = [
    "201", "202", "206", "212", "213", "215", "303", "305", "312", "313", "404", "408", "415",
    "503", "512", "602", "612", "617", "702", "713", "808", "816", "901", "917",
];
const FIRST: [&str; 8] = [
    "Ada", "Björn", "Chloé", "Dmitri", "Eve", "Fatima", "Gül", "Hiro",
];
const LAST: [&str; 6] = [
    "Example",
    "O'Sample",
    "Muster",
    "van der Test",
    "Пример",
    "Fixture",
];

/// A small generator of numbers (SplitMix64), so that the same seed makes the same file anywhere.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`.
    pub(crate) const fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    /// True in so many of a hundred cases.
    pub(crate) const fn percent(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    fn pick<'t>(&mut self, from: &[&'t str]) -> &'t str {
        from[usize::try_from(self.below(from.len() as u64)).unwrap()]
    }
}

/// Puts the mapping into a sandbox.
pub(crate) fn write_mapping(sandbox: &Sandbox) {
    sandbox.write("people.toml", MAPPING);
}

/// A file of `rows` rows: repeated humans, shared and unusable numbers, rejects, opt-outs.
pub(crate) fn file(seed: u64, rows: u64) -> String {
    let mut random = Random::new(seed);
    let mut text = String::from(HEADER);
    for row in 0..rows {
        if random.percent(1) {
            // Nothing that tells who it is.
            let _ = writeln!(
                text,
                ",,,not an address,Nobody Ltd,12,,,,,\"row {row}, lost\""
            );
            continue;
        }
        let key = match random.percent(6) && row > 0 {
            true => random.below(row),
            false => row,
        };
        push_person(&mut text, &mut random, key);
    }
    text
}

fn push_person(text: &mut String, random: &mut Random, key: u64) {
    let (first, last) = (random.pick(&FIRST), random.pick(&LAST));
    // Some rows have no key and are known by what they say.
    if random.percent(95) {
        let _ = write!(text, "k{key}");
    }
    let _ = write!(text, ",{first},{last}");
    match random.percent(80) {
        true => drop(write!(text, ",person{key}@example.com")),
        false => text.push_str(",nobody@@example"),
    }
    let _ = write!(text, ",\"Sample, {} Inc\"", random.below(500));
    let mobile = number(random);
    let work = number(random);
    let _ = match random.below(10) {
        0 => write!(text, ",{mobile} / {work},,"),
        1 => write!(text, ",{mobile},{mobile} ext. {},", random.below(99)),
        2 => write!(text, ",12345,{work},"),
        3 => write!(text, ",,call the front desk,"),
        4 => write!(text, ",{mobile},,{work}"),
        _ => write!(text, ",{mobile},,"),
    };
    text.push_str(if random.percent(5) { ",yes" } else { ",no" });
    match random.percent(10) {
        true => drop(write!(text, ",2024-03-{:02}", 1 + random.below(28))),
        false => text.push(','),
    }
    let _ = match random.percent(20) {
        true => writeln!(text, ",\"two\nlines \"\"{}\"\"\"", random.below(1000)),
        false => writeln!(text, ",{}", random.below(50)),
    };
}

fn number(random: &mut Random) -> String {
    let area = random.pick(&AREA_CODES);
    let line = random.below(100);
    match random.below(3) {
        0 => format!("({area}) 555-01{line:02}"),
        1 => format!("+1 {area}-555-01{line:02}"),
        _ => format!("{area}.555.01{line:02}"),
    }
}

/// A file of rows that a test writes itself, cells in the order of the mapping; missing ones are
/// empty.
pub(crate) fn rows(rows: &[&[&str]]) -> String {
    let mut text = String::from(HEADER);
    let columns = HEADER.matches(',').count() + 1;
    for row in rows {
        let mut cells = row.to_vec();
        cells.resize(columns, "");
        text.push_str(&cells.join(","));
        text.push('\n');
    }
    text
}
