//! Compares the normaliser with Google's answers on fresh random texts.
//!
//! Run:  cargo run --release -p smrt-core --example phone_agreement -- [COUNT] [SEED]
//!       cargo run --release -p smrt-core --example phone_agreement -- write FILE COUNT SEED
//!       cargo run --release -p smrt-core --example phone_agreement -- check FILE
//!       cargo run --release -p smrt-core --example phone_agreement -- mutate COUNT SEED
//!
//! The first form asks `rlibphonenumber`. The second writes such texts to a file, for which
//! `tests/phone/corpus.py` asks Google's Python port; the third compares our answers with those.
//! The fourth is a fuzzer for a stable compiler: texts with many mistakes, read in any region,
//! also as cells.

#![expect(clippy::print_stdout, reason = "a program for the terminal")]
#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a program that may stop, and shared with the tests"
)]

#[path = "../tests/phone/answer.rs"]
mod answer;
#[path = "../tests/phone/corpus.rs"]
mod corpus;
#[path = "../tests/phone/generator.rs"]
mod generator;
#[path = "../tests/phone/google.rs"]
mod google;
#[path = "../tests/phone/random.rs"]
mod random;

use std::fs;
use std::io::Write;

use answer::Answer;
use random::Random;
use smrt_core::phone::{Region, is_exotic, parse, parse_cell};

const SHOWN_MAX: u64 = 40;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |place: usize, default: u64| {
        let text = arguments.get(place);
        text.map_or(default, |text| text.parse().unwrap())
    };
    match arguments.first().map(String::as_str) {
        Some("write") => write(&arguments[1], number(2, 1_000_000), number(3, 1)),
        Some("check") => check(&arguments[1]),
        Some("mutate") => mutate(number(1, 5_000_000), number(2, 1)),
        _ => compare(number(0, 1_000_000), number(1, 1)),
    }
}

/// Counts how often the answers agree, and shows the first that do not.
#[derive(Default)]
struct Agreement {
    texts: u64,
    valid: u64,
    exotic: u64,
    different: u64,
}

impl Agreement {
    fn add(&mut self, text: &str, home: Option<Region>, google: Option<&Answer>) {
        let ours = answer::ours(text, home);
        self.texts += 1;
        self.valid += u64::from(google.is_some());
        self.exotic += u64::from(is_exotic(text));
        if ours.as_ref() != google {
            self.different += 1;
            if self.different <= SHOWN_MAX {
                println!("{text:?} in {home:?}\n  ours   {ours:?}\n  google {google:?}");
            }
        }
    }

    fn print(&self) {
        println!(
            "{} texts, {} of them valid numbers, {} read by the slow path: {} answers differ",
            self.texts, self.valid, self.exotic, self.different
        );
    }
}

fn compare(count: u64, seed: u64) {
    let mut random = Random::new(seed);
    let samples = generator::samples();
    let mut agreement = Agreement::default();
    for _ in 0..count {
        let (text, home) = generator::text(&mut random, &samples);
        agreement.add(&text, home, google::answer(&text, home).as_ref());
    }
    agreement.print();
}

/// Texts with many mistakes: no panic, the same answers, and every piece of a cell is its text.
fn mutate(count: u64, seed: u64) {
    let mut random = Random::new(seed);
    let samples = generator::samples();
    let regions: Vec<Region> = Region::all().collect();
    let mut agreement = Agreement::default();
    for _ in 0..count {
        let (mut text, _) = generator::text(&mut random, &samples);
        for _ in 0..random.below(4) {
            text = generator::mistyped(&mut random, &text);
        }
        if random.once_in(8) {
            let (second, _) = generator::text(&mut random, &samples);
            let separator = random.pick(&[" / ", "/", "; ", ",", " or ", " ::: ", "\n", " "]);
            text = format!("{text}{separator}{second}");
        }
        let home = regions.get(random.below(regions.len() + 8)).copied();
        agreement.add(&text, home, google::answer(&text, home).as_ref());
        for (piece, answer) in parse_cell(&text, home) {
            assert!(text.contains(piece) && parse(piece, home) == answer);
        }
    }
    agreement.print();
}

fn write(path: &str, count: u64, seed: u64) {
    let mut random = Random::new(seed);
    let samples = generator::samples();
    let mut file = std::io::BufWriter::new(fs::File::create(path).unwrap());
    for _ in 0..count {
        let (text, home) = generator::text(&mut random, &samples);
        let home = home.map_or("-", Region::as_str);
        writeln!(file, "{home}\t{}", escaped(&text)).unwrap();
    }
}

/// Writes a text so that it stays on its line and in its field.
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for character in text.chars() {
        match character {
            '\\' | '\t' | '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}' => {
                escaped += &format!("\\{:x};", u32::from(character));
            }
            other => escaped.push(other),
        }
    }
    escaped
}

fn check(path: &str) {
    let mut agreement = Agreement::default();
    for line in fs::read_to_string(path).unwrap().split_terminator('\n') {
        let line = corpus::read(line);
        agreement.add(&line.text, line.home, line.answer.as_ref());
    }
    agreement.print();
}
