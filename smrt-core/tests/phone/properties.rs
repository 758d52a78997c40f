//! What holds for every text and every number.

use std::sync::LazyLock;

use proptest::prelude::*;
use smrt_core::phone::{E164, Region, parse, parse_cell};

use crate::generator::Sample;
use crate::random::Random;
use crate::{answer, generator, google};

fn region() -> impl Strategy<Value = Option<Region>> {
    prop::option::weighted(
        0.9,
        (0..Region::all().len()).prop_map(|place| Region::all().nth(place).unwrap()),
    )
}

static SAMPLES: LazyLock<Vec<Sample>> = LazyLock::new(generator::samples);

/// A text of the generator: every plan, every kind of spelling.
fn written() -> impl Strategy<Value = (String, Option<Region>)> {
    any::<u64>().prop_map(|seed| generator::text(&mut Random::new(seed), &SAMPLES))
}

/// Letters, digits and signs as they come in phone fields, in any order.
const SOUP: &str = "[-+0-9xXeEtTn() .,;:/#~*=\\[\\]\u{a0}\u{2013}０-９٠-٩ａ-ｚaboó\t\n]{0,40}";

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn any_text_is_read_without_a_panic_and_as_google_reads_it(text in any::<String>(), home in region()) {
        prop_assert_eq!(answer::ours(&text, home), google::answer(&text, home));
    }

    #[test]
    fn signs_and_digits_in_any_order_are_read_as_google_reads_them(text in SOUP, home in region()) {
        prop_assert_eq!(answer::ours(&text, home), google::answer(&text, home));
    }

    #[test]
    fn fresh_texts_are_read_as_google_reads_them((text, home) in written()) {
        prop_assert_eq!(answer::ours(&text, home), google::answer(&text, home));
    }

    #[test]
    fn normalising_twice_is_normalising_once((text, home) in written()) {
        if let Ok(number) = parse(&text, home) {
            let again = parse(&number.e164().to_string(), home).unwrap();
            prop_assert_eq!(again.e164(), number.e164());
            prop_assert_eq!(again.region(), number.region());
            prop_assert_eq!(again.line_type(), number.line_type());
            prop_assert_eq!(again.area_code(), number.area_code());
        }
    }

    #[test]
    fn what_is_printed_reads_back((text, home) in written()) {
        if let Ok(number) = parse(&text, home) {
            let international = number.e164().format_international();
            let back = parse(&international, None).map(|again| again.e164());
            prop_assert_eq!(back, Ok(number.e164()), "{}", international);
        }
    }

    #[test]
    fn the_integer_reads_back((text, home) in written()) {
        if let Ok(number) = parse(&text, home) {
            let e164 = number.e164();
            prop_assert_eq!(E164::from_digits(e164.digits()), Some(e164));
            prop_assert_eq!(e164.to_string().parse(), Ok(e164));
        }
    }

    #[test]
    fn pieces_of_a_cell_are_its_text_in_order(cell in SOUP, home in region()) {
        let mut rest = cell.as_str();
        for (piece, answer) in parse_cell(&cell, home) {
            prop_assert_eq!(parse(piece, home), answer);
            let place = rest.find(piece);
            prop_assert!(place.is_some());
            rest = &rest[place.unwrap() + piece.len()..];
        }
    }

    #[test]
    fn two_numbers_in_a_cell_are_both_found(
        (first, home) in written(),
        (second, _) in written(),
        separator in prop::sample::select(vec!["\n", " ::: ", " | "]),
    ) {
        // As people print them: a half of a number spelled oddly may be a number too.
        if let (Ok(first_number), Ok(second_number)) = (parse(&first, home), parse(&second, home)) {
            let (first, second) = (first_number.e164(), second_number.e164());
            let (left, right) = (first.format_international(), second.format_international());
            let cell = format!("{left}{separator}{right}");
            let found: Vec<E164> = parse_cell(&cell, home)
                .filter_map(|(_, answer)| answer.ok())
                .map(|number| number.e164())
                .collect();
            prop_assert_eq!(found, vec![first, second], "{}", cell);
        }
    }
}

#[test]
fn nothing_personal_is_in_debug_output() {
    let number = parse("+1 202-555-0143 x77", None).unwrap();
    let shown = format!("{number:?} {:?} {:?}", number.e164(), number.area_code());
    for personal in ["202", "555", "0143", "77"] {
        assert!(!shown.contains(personal), "{shown}");
    }
}
