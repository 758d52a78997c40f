//! Every example number of every plan is valid and of its type.

use smrt_core::phone::{LineType, parse};

use crate::generator;

#[test]
fn every_example_number_is_valid_and_of_its_type() {
    let mut count = 0;
    let samples = generator::samples();
    for sample in &samples {
        let sharing = samples.iter().filter(|other| other.code == sample.code);
        let is_alone = sharing.count() == 1;
        for (kind, example) in &sample.examples {
            let written = format!("+{}{example}", sample.code);
            let number = parse(&written, None).unwrap_or_else(|error| {
                panic!("{kind} {written}: {error}");
            });
            assert_eq!(number.e164().to_string(), written);
            assert_eq!(number.country_code().to_string(), sample.code);
            if is_alone {
                assert_eq!(number.region(), sample.region, "{kind} {written}");
            }
            check_type(kind, number.line_type(), &written);
            count += 1;
        }
    }
    assert!(count > 1_000, "only {count} examples");
}

/// The same number may be the example for fixed lines and for mobiles.
fn check_type(kind: &str, found: LineType, written: &str) {
    let is_both = found == LineType::FixedLineOrMobile && matches!(kind, "fixed_line" | "mobile");
    assert!(
        found.as_str() == kind || is_both,
        "{written}: {kind}, found {found:?}"
    );
}

#[test]
fn every_example_number_is_valid_as_its_people_write_it() {
    for sample in generator::samples() {
        for (kind, example) in &sample.examples {
            let Some(home) = sample.region else {
                continue;
            };
            let number = parse(&format!("+{}{example}", sample.code), None).unwrap();
            let national = number.e164().format_national();
            let Ok(again) = parse(&national, Some(home)) else {
                panic!("{kind} {national} in {home} is not valid");
            };
            assert_eq!(again.e164(), number.e164(), "{national} in {home}");
        }
    }
}
