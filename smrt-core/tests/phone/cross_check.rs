//! A second opinion: the crate `phonenumber`, which has its own parser and older metadata.

use smrt_core::phone::parse;

use crate::{generator, mixed};

/// Calling codes of the plans whose national prefix is 8.
const CODES_WITH_PREFIX_8: [&str; 3] = ["+7", "+370", "+375"];

/// The E.164 form by that crate; `None` if it does not parse or is not valid.
fn second_opinion(text: &str, home: &str) -> Option<String> {
    let number = phonenumber::parse(home.parse().ok(), text).ok()?;
    let valid = phonenumber::is_valid(&number);
    valid.then(|| number.format().mode(phonenumber::Mode::E164).to_string())
}

/// Whether the difference is a known fault of that crate: it takes a leading 8 for the national
/// prefix even where the number is only valid with it, as in `+7 812 …` and `+7 800 …`.
fn is_known_fault(e164: &str, theirs: Option<&str>) -> bool {
    let begins_with_8 = |code| {
        e164.strip_prefix(code)
            .is_some_and(|rest: &str| rest.starts_with('8'))
    };
    CODES_WITH_PREFIX_8.into_iter().any(begins_with_8) && theirs.is_none()
}

#[test]
fn example_numbers_are_valid_by_both() {
    let mut faults = 0;
    for sample in generator::samples() {
        for (_, example) in &sample.examples {
            let text = format!("+{}{example}", sample.code);
            let theirs = second_opinion(&text, "-");
            if is_known_fault(&text, theirs.as_deref()) {
                faults += 1;
                continue;
            }
            assert_eq!(theirs, Some(text));
        }
    }
    assert_eq!(
        faults, 10,
        "the crate has changed: remove what it has mended"
    );
}

#[test]
fn the_mixed_set_is_the_same_by_both() {
    for row in mixed::rows(2_000, 99) {
        let ours = parse(&row.text, Some(row.home)).ok();
        let ours = ours.map(|number| number.e164().to_string());
        let theirs = second_opinion(&row.text, row.home.as_str());
        if !is_known_fault(ours.as_deref().unwrap_or_default(), theirs.as_deref()) {
            assert_eq!(ours, theirs, "{} in {}", row.text, row.home);
        }
    }
}
