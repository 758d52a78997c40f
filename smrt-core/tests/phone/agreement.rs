//! The same answers as Google's parsers: valid or not, E.164, region, type, area code, extension.

use crate::random::Random;
use crate::{answer, corpus, generator, google, mixed};

const CORPUS: &str = include_str!("corpus.tsv");

#[test]
fn the_frozen_corpus_of_googles_python_port_agrees() {
    let mut valid = 0;
    for line in CORPUS.split_terminator('\n') {
        let line = corpus::read(line);
        valid += usize::from(line.answer.is_some());
        if line.text.contains('ſ') {
            // Python folds the long s to a letter of the keypad; Google's C++, Java and Rust
            // versions do not.
            continue;
        }
        let ours = answer::ours(&line.text, line.home);
        assert_eq!(ours, line.answer, "{:?} in {:?}", line.text, line.home);
    }
    assert!(valid > 1500, "the corpus has only {valid} valid numbers");
}

#[test]
fn random_texts_agree_with_googles_rust_port() {
    let mut random = Random::new(4242);
    let samples = generator::samples();
    for _ in 0..60_000 {
        let (text, home) = generator::text(&mut random, &samples);
        let google = google::answer(&text, home);
        assert_eq!(answer::ours(&text, home), google, "{text:?} in {home:?}");
    }
}

#[test]
fn the_mixed_set_agrees_and_takes_no_slow_path() {
    let rows = mixed::rows(40_000, 7);
    for row in &rows {
        let google = google::answer(&row.text, Some(row.home));
        assert_eq!(
            answer::ours(&row.text, Some(row.home)),
            google,
            "{}",
            row.text
        );
        assert!(!smrt_core::phone::is_exotic(&row.text), "{}", row.text);
    }
    let north_american = rows.iter().filter(|row| row.home.country_code() == 1);
    assert!(north_american.count() > 20_000);
}

#[test]
fn every_character_is_treated_as_google_treats_it() {
    let united_states = "US".parse().ok();
    // The planes that hold letters, digits, signs and pictures, and the one of invisible tags.
    let characters = ('\0'..='\u{1ffff}').chain('\u{e0000}'..='\u{e01ff}');
    let mut different = Vec::new();
    for character in characters {
        for text in [
            format!("{character}2025550143"),
            format!("202{character}5550143"),
            format!("2025550143{character}"),
            format!("2025550143{character}9"),
        ] {
            if answer::ours(&text, united_states) != google::answer(&text, united_states) {
                different.push(text);
            }
        }
    }
    assert_eq!(different, [""; 0]);
}
