//! Invented people and numbers, drawn from a seed.
//!
//! Numbers are drawn at random from valid ranges, because validity is what the import works on;
//! that one of them is somebody's is chance. Addresses are under example.com and its kin.
//! What this module does not do: it writes no file.

use std::fmt::Write as _;

/// A sequence of numbers that looks random and depends on its seed only (splitmix64).
#[derive(Debug, Clone)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64, stream: u64) -> Self {
        let mut random = Self(seed ^ stream.wrapping_mul(0xd6e8_feb8_6659_fd93));
        random.next();
        random
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from 0 to below `bound`.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(bound)) >> 64) as u64
    }

    /// Whether an event of so many in a thousand happens.
    pub(crate) fn happens(&mut self, per_thousand: u64) -> bool {
        self.below(1_000) < per_thousand
    }

    fn between(&mut self, from: u64, to: u64) -> u64 {
        from + self.below(to - from + 1)
    }

    pub(crate) fn pick<'t>(&mut self, from: &[&'t str]) -> &'t str {
        let position = self.below(from.len() as u64) as usize;
        from.get(position).copied().unwrap_or_default()
    }
}

pub(crate) const FIRST_NAMES: [&str; 48] = [
    "James",
    "Mary",
    "Robert",
    "Patricia",
    "John",
    "Jennifer",
    "Michael",
    "Linda",
    "David",
    "Elizabeth",
    "William",
    "Barbara",
    "Richard",
    "Susan",
    "Joseph",
    "Jessica",
    "Thomas",
    "Karen",
    "Christopher",
    "Sarah",
    "Charles",
    "Lisa",
    "Daniel",
    "Nancy",
    "Matthew",
    "Sandra",
    "Anthony",
    "Ashley",
    "Mark",
    "Emily",
    "Jürgen",
    "Zoë",
    "François",
    "Søren",
    "Ana María",
    "José",
    "Priya",
    "Arjun",
    "Ananya",
    "Oliver",
    "Charlotte",
    "Lukas",
    "Mia",
    "Louis",
    "Camille",
    "João",
    "Beatriz",
    "Siobhán",
];

pub(crate) const LAST_NAMES: [&str; 48] = [
    "Smith",
    "Johnson",
    "Williams",
    "Brown",
    "Jones",
    "Garcia",
    "Miller",
    "Davis",
    "Rodriguez",
    "Martinez",
    "Hernandez",
    "Lopez",
    "Gonzalez",
    "Wilson",
    "Anderson",
    "Thomas",
    "Taylor",
    "Moore",
    "Jackson",
    "Martin",
    "Lee",
    "Thompson",
    "White",
    "Harris",
    "Sanchez",
    "Clark",
    "Ramirez",
    "Lewis",
    "Robinson",
    "Walker",
    "Müller",
    "Schröder",
    "Lefèvre",
    "Sørensen",
    "O'Connor",
    "Nuñez",
    "Sharma",
    "Patel",
    "Gupta",
    "Evans",
    "Hughes",
    "Fischer",
    "Weber",
    "Moreau",
    "da Silva",
    "Ferreira",
    "van der Berg",
    "Núñez-Ortega",
];

pub(crate) const JOB_TITLES: [&str; 20] = [
    "Account Executive",
    "Chief Financial Officer",
    "Head of Procurement",
    "Marketing Manager",
    "Software Engineer",
    "Senior Software Engineer",
    "Office Manager",
    "Director, Operations",
    "VP of Sales",
    "Buyer",
    "Owner",
    "Consultant",
    "Project Manager",
    "HR Business Partner",
    "Warehouse Supervisor",
    "Customer Success Manager",
    "Attorney",
    "Physician",
    "Regional Sales Manager",
    "Data Analyst",
];

pub(crate) const COMPANY_NAMES: [&str; 24] = [
    "Acme",
    "Globex",
    "Initech",
    "Umbra",
    "Northwind",
    "Contoso",
    "Fabrikam",
    "Litware",
    "Tailspin",
    "Wingtip",
    "Proseware",
    "Adventure Works",
    "Blue Yonder",
    "Coho",
    "Lucerne",
    "Margie's",
    "Trey",
    "Woodgrove",
    "Graphic Design",
    "Fourth Coffee",
    "Humongous",
    "Relecloud",
    "VanArsdel",
    "Wide World",
];

pub(crate) const COMPANY_FORMS: [&str; 8] = [
    "Inc.",
    "LLC",
    "Ltd",
    "GmbH",
    "Group",
    "Holdings, Inc.",
    "& Sons",
    "Partners",
];

/// Where a person is: the name of the country and some of its cities.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Country {
    UnitedStates,
    Canada,
    UnitedKingdom,
    Germany,
    France,
    India,
    Australia,
    Brazil,
    Mexico,
}

use Country::{
    Australia, Brazil, Canada, France, Germany, India, Mexico, UnitedKingdom, UnitedStates,
};

impl Country {
    /// Six in ten are on the North American plan, the rest is spread over the world.
    pub(crate) fn draw(random: &mut Random) -> Self {
        match random.below(100) {
            0..50 => UnitedStates,
            50..60 => Canada,
            60..69 => UnitedKingdom,
            69..77 => Germany,
            77..83 => France,
            83..89 => India,
            89..93 => Australia,
            93..97 => Brazil,
            _ => Mexico,
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            UnitedStates => "United States",
            Canada => "Canada",
            UnitedKingdom => "United Kingdom",
            Germany => "Germany",
            France => "France",
            India => "India",
            Australia => "Australia",
            Brazil => "Brazil",
            Mexico => "Mexico",
        }
    }

    pub(crate) fn cities(self) -> &'static [&'static str] {
        match self {
            UnitedStates => &["Chicago", "New York", "San Francisco", "Austin", "Boise"],
            Canada => &["Toronto", "Vancouver", "Montréal"],
            UnitedKingdom => &["London", "Manchester", "Leeds"],
            Germany => &["Berlin", "München", "Hamburg"],
            France => &["Paris", "Lyon", "Saint-Étienne"],
            India => &["Mumbai", "Bengaluru", "Pune"],
            Australia => &["Sydney", "Melbourne", "Perth"],
            Brazil => &["São Paulo", "Rio de Janeiro", "Curitiba"],
            Mexico => &["Ciudad de México", "Guadalajara", "Monterrey"],
        }
    }

    /// What is written before the calling code: `00` only where it is dialled.
    fn prefixes(self) -> &'static [&'static str] {
        match self {
            UnitedStates | Canada | Australia | Brazil => &["+"],
            UnitedKingdom | Germany | France | India | Mexico => &["+", "00", "+"],
        }
    }

    fn calling_code(self) -> u64 {
        match self {
            UnitedStates | Canada => 1,
            UnitedKingdom => 44,
            Germany => 49,
            France => 33,
            India => 91,
            Australia => 61,
            Brazil => 55,
            Mexico => 52,
        }
    }
}

const US_AREA_CODES: [&str; 24] = [
    "212", "213", "202", "206", "208", "214", "216", "305", "312", "313", "404", "408", "415",
    "503", "512", "602", "614", "617", "702", "713", "773", "801", "818", "917",
];
const CA_AREA_CODES: [&str; 6] = ["416", "514", "604", "613", "780", "902"];

/// Writes a valid number as people in this country write it.
pub(crate) fn write_number(out: &mut String, random: &mut Random, country: Country) {
    if random.happens(if country.calling_code() == 1 {
        150
    } else {
        300
    }) {
        let _ = write!(
            out,
            "{}{}",
            random.pick(country.prefixes()),
            country.calling_code()
        );
        out.push_str(random.pick(&["", " ", "-"]));
        return write_national(out, random, country, Trunk::Left);
    }
    write_national(out, random, country, Trunk::Dialled);
}

/// Whether the digit that begins a call inside the country is written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Trunk {
    Dialled,
    Left,
}

fn write_national(out: &mut String, random: &mut Random, country: Country, trunk: Trunk) {
    let zero = if trunk == Trunk::Dialled { "0" } else { "" };
    let mut digits = |count: u32| random.below(10_u64.pow(count));
    let _ = match country {
        UnitedStates | Canada => return write_nanp(out, random, country),
        UnitedKingdom => {
            let (a, b, c) = (digits(1) % 2 + 8, digits(2), digits(6));
            write!(out, "{zero}7{a}{b:02} {c:06}")
        }
        Germany => {
            let (a, b) = (digits(1) % 2 + 1, digits(8));
            write!(out, "{zero}15{a} {b:08}")
        }
        France => {
            let (a, b, c, d) = (digits(1), digits(2), digits(2), digits(2));
            write!(out, "{zero}6 1{a} {b:02} {c:02} {d:02}")
        }
        India => {
            let (a, b) = (digits(3), digits(5));
            write!(out, "98{a:03} {b:05}")
        }
        Australia => {
            let (a, b) = (digits(1) % 8, digits(6));
            write!(out, "{zero}41{a} {b:06}")
        }
        Brazil => {
            let (a, b) = (digits(3), digits(4));
            write!(out, "(11) 99{a:03}-{b:04}")
        }
        Mexico => {
            let (a, b) = (digits(3) % 900 + 100, digits(4));
            write!(out, "55 5{a:03} {b:04}")
        }
    };
}

fn write_nanp(out: &mut String, random: &mut Random, country: Country) {
    let area = match country {
        Canada => random.pick(&CA_AREA_CODES),
        _ => random.pick(&US_AREA_CODES),
    };
    // Exchanges end neither in 11, which are services, nor in 55, which are not assigned.
    let exchange = loop {
        let exchange = random.between(200, 999);
        if !matches!(exchange % 100, 11 | 55) {
            break exchange;
        }
    };
    let line = random.below(10_000);
    let _ = match random.below(8) {
        0 | 1 => write!(out, "({area}) {exchange}-{line:04}"),
        2 | 3 => write!(out, "{area}-{exchange}-{line:04}"),
        4 => write!(out, "{area}.{exchange}.{line:04}"),
        5 => write!(out, "{area}{exchange}{line:04}"),
        6 => write!(out, "{area} {exchange} {line:04}"),
        _ => write!(
            out,
            "({area}) {exchange}-{line:04} ext. {}",
            line % 900 + 100
        ),
    };
}

/// What stands in phone columns and is no number.
pub(crate) const BAD_NUMBERS: [&str; 8] = [
    "n/a",
    "12345",
    "call reception",
    "(000) 000-0000",
    "555-12",
    "+1 999",
    "tbd",
    "31255512345678901",
];
