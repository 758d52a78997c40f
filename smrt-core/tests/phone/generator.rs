//! Texts that look like what people write into phone fields, from a seed.
//!
//! Numbers of every region and type, valid and nearly valid, in national and international
//! spellings, with extensions, other scripts, text around them and typing mistakes.

use smrt_core::phone::Region;

use crate::random::Random;

/// The metadata the tables are compiled from; here it gives example numbers and lengths.
const METADATA: &str = include_str!("../../data/phone_metadata.txt");

impl Random {
    /// True once in `n` times.
    pub(crate) fn once_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }
}

/// What a region's plan says that matters for writing numbers.
pub(crate) struct Sample {
    pub(crate) region: Option<Region>,
    pub(crate) code: &'static str,
    prefix: Option<&'static str>,
    lengths: Vec<usize>,
    pub(crate) examples: Vec<(&'static str, &'static str)>,
}

/// One sample a plan.
pub(crate) fn samples() -> Vec<Sample> {
    let mut samples: Vec<Sample> = Vec::new();
    for line in METADATA.lines().filter(|line| !line.starts_with('#')) {
        let fields: Vec<&str> = line.split(' ').collect();
        if let ["region", name, code, _] = fields[..] {
            samples.push(Sample {
                region: name.parse().ok(),
                code,
                prefix: None,
                lengths: Vec::new(),
                examples: Vec::new(),
            });
            continue;
        }
        let sample = samples.last_mut().unwrap();
        match fields[..] {
            ["national_prefix", prefix] => sample.prefix = Some(prefix),
            ["general", possible, ..] => {
                sample.lengths = possible.split(',').map(|n| n.parse().unwrap()).collect();
            }
            ["area" | "idd" | "prefix" | "transform" | "leading", ..] => {}
            [kind, _, _, example] if example != "-" => sample.examples.push((kind, example)),
            _ => {}
        }
    }
    samples
}

const SEPARATORS: [&str; 9] = [" ", "-", ".", "/", "", "", " - ", ") ", "\u{a0}"];
const STRANGE_SEPARATORS: [&str; 12] = [
    "\u{2010}", "\u{2011}", "\u{2013}", "\u{2014}", "\u{ad}", "\u{200b}", "\u{3000}", "\u{2060}",
    "\u{2009}", "\u{202f}", "~", "x",
];
const EXTENSIONS: [&str; 24] = [
    " ext. ",
    " ext ",
    " x",
    "x",
    ";ext=",
    " extension ",
    " Extension: ",
    "#",
    " #",
    ",",
    ",,",
    ";",
    " доб. ",
    " доб",
    " int ",
    " anexo ",
    " extn ",
    " xtn ",
    "ｘ",
    " ｅｘｔ",
    " extensión ",
    " extensio\u{301}n ",
    "~",
    " , ",
];
const LEADS: [&str; 16] = [
    "p:", "tel:", "Tel.: ", "phone ", "(", "+", "++", "~", "'", "\u{202a}", "Büro ", "mobil: ",
    "☎ ", "№ ", "\t", "c/o ",
];
const TRAILS: [&str; 14] = [
    " ", ".", ",", ";", ")", "\"", "\n", " (home)", " mobile", "\u{202c}", " x", "/", " /x303",
    " é",
];
const NASTY: [char; 40] = [
    '+', '-', ' ', '(', ')', '.', '/', ',', ';', ':', '#', '*', '~', 'x', 'X', 'e', 't', 'a', 'N',
    '0', '1', '8', '9', '5', '\t', '\n', '=', '[', ']', '\\', 'é', 'ó', '\u{301}', '\u{a0}',
    '\u{ff0b}', '\u{ff11}', '\u{661}', 'д', '\u{30fc}', '\u{17f}',
];
const JUNK: [&str; 24] = [
    "n/a",
    "N/A",
    "none",
    "-",
    "",
    "unknown",
    "call me",
    "12345",
    "0",
    "00",
    "000",
    "123",
    "911",
    "112",
    "1",
    "see notes",
    "555-0199",
    "0000000000",
    "1111111111",
    "9999999999",
    "1234567890",
    "+",
    "tel:",
    "12/05/2021",
];

/// A number of a plan: an example with other digits at its end, or any digits of a fit length.
fn national(random: &mut Random, sample: &Sample) -> String {
    if random.once_in(6) || sample.examples.is_empty() {
        let length = sample.lengths[random.below(sample.lengths.len())];
        return (0..length).map(|_| random.digit()).collect();
    }
    let (_, example) = sample.examples[random.below(sample.examples.len())];
    let kept = random.below(example.len()) + 1;
    let tail = (kept..example.len()).map(|_| random.digit());
    example[..kept].chars().chain(tail).collect()
}

/// Puts separators between groups of digits.
fn grouped(random: &mut Random, digits: &str) -> String {
    let plain = random.once_in(3);
    let strange = random.once_in(12);
    let mut text = String::new();
    let mut group = random.below(4) + 1;
    for digit in digits.chars() {
        if group == 0 && !plain {
            group = random.below(3) + 2;
            let separators: &[&str] = match strange {
                true => &STRANGE_SEPARATORS,
                false => &SEPARATORS,
            };
            text.push_str(random.pick(separators));
        }
        group = group.saturating_sub(1);
        text.push(digit);
    }
    text
}

fn in_other_script(random: &mut Random, text: &str) -> String {
    let zero = u32::from(
        random
            .pick(&[
                &'\u{ff10}',
                &'\u{660}',
                &'\u{6f0}',
                &'\u{966}',
                &'\u{1d7ce}',
            ])
            .to_owned(),
    );
    text.chars()
        .map(|c| match c.to_digit(10) {
            Some(value) => char::from_u32(zero + value).unwrap(),
            None => c,
        })
        .collect()
}

fn in_letters(random: &mut Random, text: &str) -> String {
    let keys = [
        "", "", "ABC", "DEF", "GHI", "JKL", "MNO", "PQRS", "TUV", "WXYZ",
    ];
    let skipped = random.below(text.len().max(1));
    text.char_indices()
        .map(|(place, c)| match c.to_digit(10) {
            Some(value @ 2..=9) if place >= skipped => {
                let letters = keys[value as usize].as_bytes();
                char::from(letters[random.below(letters.len())])
            }
            _ => c,
        })
        .collect()
}

/// A text with up to three mistakes.
pub(crate) fn mistyped(random: &mut Random, text: &str) -> String {
    let mut characters: Vec<char> = text.chars().collect();
    for _ in 0..=random.below(3) {
        let place = random.below(characters.len() + 1);
        match random.below(4) {
            0 if place < characters.len() => drop(characters.remove(place)),
            1 if place < characters.len() => characters[place] = NASTY[random.below(NASTY.len())],
            2 if place + 1 < characters.len() => characters.swap(place, place + 1),
            _ => characters.insert(place, NASTY[random.below(NASTY.len())]),
        }
    }
    characters.into_iter().collect()
}

/// A text, and the region it was written in.
pub(crate) fn text(random: &mut Random, samples: &[Sample]) -> (String, Option<Region>) {
    let sample = &samples[random.below(samples.len())];
    let home = match random.below(10) {
        0..6 => sample.region,
        6..8 => samples[random.below(samples.len())].region,
        _ => None,
    };
    if random.once_in(40) {
        return ((*random.pick(&JUNK)).to_owned(), home);
    }
    let national = national(random, sample);
    let idd = random.pick(&["00", "011", "0011", "810", "001", "0", "009"]);
    let prefix = sample.prefix.unwrap_or("0");
    let mut text = match random.below(12) {
        0..4 => format!("+{}{national}", sample.code),
        4 => format!("{idd}{}{national}", sample.code),
        5 => format!("{}{national}", sample.code),
        6 => format!("+{}({prefix}){national}", sample.code),
        7..10 => format!("{prefix}{national}"),
        _ => national,
    };
    text = grouped(random, &text);
    if random.once_in(12) {
        text = in_letters(random, &text);
    }
    if random.once_in(6) {
        let digits = random.below(8) + 1;
        let digits: String = (0..digits).map(|_| random.digit()).collect();
        text = format!("{text}{}{digits}", random.pick(&EXTENSIONS));
        if random.once_in(4) {
            text.push('#');
        }
    }
    if random.once_in(12) {
        text = in_other_script(random, &text);
    }
    if random.once_in(6) {
        text = format!("{}{text}", random.pick(&LEADS));
    }
    if random.once_in(6) {
        text.push_str(random.pick(&TRAILS));
    }
    if random.once_in(8) {
        text = mistyped(random, &text);
    }
    (text, home)
}
