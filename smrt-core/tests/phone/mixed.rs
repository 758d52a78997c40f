//! A mixed world-wide set of phone numbers as contact exports have them: 60 % from North America
//! in 16 spellings, the rest from elsewhere, national and international.

use smrt_core::phone::Region;

use crate::random::Random;

/// A text and the region it was written in.
pub(crate) struct Row {
    pub(crate) home: Region,
    pub(crate) text: String,
}

/// Area codes of the United States and Canada.
const AREAS: [&str; 40] = [
    "201", "202", "203", "206", "212", "213", "214", "215", "216", "301", "302", "303", "305",
    "310", "312", "313", "314", "315", "404", "412", "415", "416", "504", "512", "514", "602",
    "604", "612", "617", "646", "702", "713", "718", "773", "808", "818", "905", "917", "949",
    "972",
];

/// `N` is a digit from 2 to 9, `D` any digit; other characters stand for themselves.
const ELSEWHERE: [(&str, &str, &str, [&str; 3]); 12] = [
    (
        "GB",
        "44",
        "0",
        ["20 7NDD DDDD", "7911 DDDDDD", "161 4NDDDDD"],
    ),
    (
        "DE",
        "49",
        "0",
        ["30 NDDDDDD", "171 DDDDDDD", "89 NDDDDDDD"],
    ),
    (
        "FR",
        "33",
        "0",
        ["1 4D DD DD DD", "6 DD DD DD DD", "7 6D DD DD DD"],
    ),
    (
        "IN",
        "91",
        "0",
        ["98DDD DDDDD", "11 2NDD DDDD", "80 4DDD DDDD"],
    ),
    (
        "AU",
        "61",
        "0",
        ["2 9NDD DDDD", "4ND DDD DDD", "3 8DDD DDDD"],
    ),
    (
        "BR",
        "55",
        "0",
        ["11 9NDDD-DDDD", "21 2NDD-DDDD", "31 3DDD-DDDD"],
    ),
    (
        "MX",
        "52",
        "",
        ["55 NDDD DDDD", "33 NDDD DDDD", "81 NDDD DDDD"],
    ),
    ("IT", "39", "", ["02 NDDDDDD", "06 NDDDDDDD", "347 DDDDDDD"]),
    (
        "ES",
        "34",
        "",
        ["91N DD DD DD", "6NN DDD DDD", "93N DD DD DD"],
    ),
    ("NL", "31", "0", ["20 NDDDDDD", "6 1NDDDDDD", "10 NDDDDDD"]),
    (
        "RU",
        "7",
        "8",
        ["495 NDD-DD-DD", "916 DDD-DD-DD", "812 NDD-DD-DD"],
    ),
    (
        "PL",
        "48",
        "",
        ["22 NDD DD DD", "60D DDD DDD", "50D DDD DDD"],
    ),
];

/// The rows of a seed.
pub(crate) fn rows(count: usize, seed: u64) -> Vec<Row> {
    let mut random = Random::new(seed);
    (0..count)
        .map(|_| match random.below(10) {
            0..6 => north_american(&mut random),
            _ => elsewhere(&mut random),
        })
        .collect()
}

fn filled(random: &mut Random, template: &str) -> String {
    template
        .chars()
        .map(|c| match c {
            'N' => char::from(b'2' + random.below(8) as u8),
            'D' => random.digit(),
            other => other,
        })
        .collect()
}

fn north_american(random: &mut Random) -> Row {
    let a = random.pick(&AREAS);
    let b = filled(random, "NDD");
    let c = filled(random, "DDDD");
    let text = match random.below(16) {
        0 => format!("({a}) {b}-{c}"),
        1 => format!("{a}-{b}-{c}"),
        2 => format!("{a}{b}{c}"),
        3 => format!("+1{a}{b}{c}"),
        4 => format!("+1 {a} {b} {c}"),
        5 => format!("+1 ({a}) {b}-{c}"),
        6 => format!("1-{a}-{b}-{c}"),
        7 => format!("1{a}{b}{c}"),
        8 => format!("{a}.{b}.{c}"),
        9 => format!("{a} {b} {c}"),
        10 => format!("({a}){b}-{c}"),
        11 => format!("+1-{a}-{b}-{c}"),
        12 => format!("1 ({a}) {b}-{c}"),
        13 => format!("{a}/{b}-{c}"),
        14 => format!("({a}) {b}-{c} ext. {}", random.below(900) + 1),
        _ => format!("{a}-{b}-{c} x{}", random.below(900) + 1),
    };
    Row {
        home: "US".parse().unwrap(),
        text,
    }
}

fn elsewhere(random: &mut Random) -> Row {
    let (home, code, prefix, templates) = ELSEWHERE[random.below(ELSEWHERE.len())];
    let template = random.pick(&templates);
    let national = filled(random, template);
    let compact: String = national.chars().filter(char::is_ascii_digit).collect();
    let text = match random.below(6) {
        0 => format!("+{code} {national}"),
        1 => format!("+{code}{compact}"),
        2 => format!("00{code} {national}"),
        3 => format!("{prefix}{compact}"),
        4 => format!("+{code} ({prefix}){national}"),
        _ => format!("{prefix}{national}"),
    };
    Row {
        home: home.parse().unwrap(),
        text,
    }
}
