//! What people write, one spelling a line.

use smrt_core::phone::{LineType, PhoneError, PhoneNumber, Region, parse};

fn home(code: &str) -> Option<Region> {
    (code != "-").then(|| code.parse().unwrap())
}

/// The number, with ` x` and its extension, or the code of the error.
fn check(text: &str, region: &str, expected: &str) {
    let found = match parse(text, home(region)) {
        Ok(number) => match number.extension() {
            Some(extension) => format!("{} x{extension}", number.e164()),
            None => number.e164().to_string(),
        },
        Err(error) => error.code().to_owned(),
    };
    assert_eq!(found, expected, "{text:?} in {region}");
}

fn number(text: &str, region: &str) -> PhoneNumber {
    parse(text, home(region)).unwrap()
}

#[test]
fn north_american_spellings_are_one_number() {
    for text in [
        "2025550143",
        "202-555-0143",
        "(202) 555-0143",
        "(202)555-0143",
        "202.555.0143",
        "202 555 0143",
        "202/555-0143",
        "12025550143",
        "1-202-555-0143",
        "1 (202) 555-0143",
        "+12025550143",
        "+1 202 555 0143",
        "+1 (202) 555-0143",
        "+1-202-555-0143",
        "++1 202 555 0143",
        "011 1 202 555 0143",
        "+011 1 202 555 0143",
        "tel:+1-202-555-0143",
        "p:+12025550143",
        "Phone: 202-555-0143",
        " 202-555-0143 ",
        "'+12025550143",
        "\u{202a}+1 202\u{2011}555\u{2011}0143\u{202c}",
        "２０２－５５５－０１４３",
        "＋１２０２５５５０１４３",
        "٢٠٢٥٥٥٠١٤٣",
    ] {
        check(text, "US", "+12025550143");
    }
}

#[test]
fn text_behind_a_number_is_not_skipped() {
    // Google reads the letters as keys; `parse_cell` finds the number.
    check("202-555-0143 (home)", "US", "phone_too_long");
    check("202-555-0143 B", "US", "+12025550143");
}

#[test]
fn extensions_are_kept() {
    check("(202) 555-0143 ext. 9", "US", "+12025550143 x9");
    check("202-555-0143 x9", "US", "+12025550143 x9");
    check("202-555-0143x9", "US", "+12025550143 x9");
    check("202-555-0143 X 0042", "US", "+12025550143 x0042");
    check("202-555-0143 extension 9", "US", "+12025550143 x9");
    check("202-555-0143 #9", "US", "+12025550143 x9");
    check("202-555-0143 - 503#", "US", "+12025550143 x503");
    check("202-555-0143,,9", "US", "+12025550143 x9");
    check("202-555-0143;9#", "US", "+12025550143 x9");
    check("tel:+1-202-555-0143;ext=9", "-", "+12025550143 x9");
    check("+7 495 123-45-67 доб. 89", "-", "+74951234567 x89");
    check("+34 912 34 56 78 extensión 9", "-", "+34912345678 x9");
    check(
        "+34 912 34 56 78 extensio\u{301}n 9",
        "-",
        "+34912345678 x9",
    );
    check("+56 2 2123 4567 anexo 9", "-", "+56221234567 x9");
    check("０３－１２３４－５６７８ ｅｘｔ９", "JP", "+81312345678 x9");
    check("202-555-0143 x302/x2303", "US", "+12025550143 x302");
    check(
        "202-555-0143 ext 123456789012345678901",
        "US",
        "phone_too_long",
    );
}

#[test]
fn national_prefixes_come_off_by_the_plan_of_the_country() {
    check("030 123456", "DE", "+4930123456");
    check("030/123456", "DE", "+4930123456");
    check("+49 (0)30 123456", "-", "+4930123456");
    check("0049 30 123456", "DE", "+4930123456");
    check("020 7946 0958", "GB", "+442079460958");
    check("+44 (0)20 7946 0958", "-", "+442079460958");
    check("8 (495) 123-45-67", "RU", "+74951234567");
    check("810 49 30 123456", "RU", "+4930123456");
    check("0 21 11 2345-6789", "BR", "+551123456789");
    check("011 15 2345-6789", "AR", "+5491123456789");
    check("11 2345-6789", "AR", "+541123456789");
    check("55 1234 5678", "MX", "+525512345678");
    check("098765 43210", "IN", "+919876543210");
    check("91897-06062", "IN", "+919189706062");
    check("919876543210", "IN", "+919876543210");
    check("3456789", "BS", "+12423456789");
    check("+12423456789", "US", "+12423456789");
    check(
        "06 698 12345",
        "IT",
        "+3906698 12345".replace(' ', "").as_str(),
    );
    check("02 3661 8300", "IT", "+390236618300");
    check("347 123 4567", "IT", "+393471234567");
    check("0011 1 202 555 0143", "AU", "+12025550143");
}

#[test]
fn letters_are_keys_when_there_are_three() {
    check("1-800-FLOWERS", "US", "+18003569377");
    check("1-800-GOFEDEX", "US", "+18004633339");
    check("1 800 GO FEDEX", "US", "+18004633339");
    check("(800) CALL NOW", "US", "+18002255669");
    check("(800) 555-0143 AB", "US", "+18005550143");
}

#[test]
fn what_is_no_number_is_refused_with_its_reason() {
    check("", "US", "phone_no_digits");
    check("n/a", "US", "phone_no_digits");
    check("call me", "US", "phone_no_digits");
    check("+", "US", "phone_no_digits");
    check("1", "US", "phone_too_short");
    check("12345", "US", "phone_too_short");
    check("555-0143", "US", "phone_too_short");
    check("202-555-0143 / 202-555-0199", "US", "phone_too_long");
    check("2025550143", "-", "phone_no_country");
    check("+999 123456", "US", "phone_invalid_country_code");
    check("+0 202 555", "US", "phone_invalid_country_code");
    check("1234567890", "US", "phone_not_valid");
    check("0000000000", "US", "phone_not_valid");
    check("202?555!0143", "US", "phone_not_a_number");
    check("someone@example.com 5551234", "US", "phone_too_short");
    check(&"1".repeat(300), "US", "phone_too_long");
    check(
        &format!("{}2025550143", " ".repeat(300)),
        "US",
        "phone_too_long",
    );
}

#[test]
fn the_plan_tells_region_area_and_type() {
    let washington = number("202-555-0143", "US");
    assert_eq!(washington.country_code(), 1);
    assert_eq!(washington.region(), home("US"));
    assert_eq!(washington.area_code().unwrap().as_str(), "202");
    assert_eq!(washington.line_type(), LineType::FixedLineOrMobile);
    assert_eq!(washington.line_type().is_mobile(), None);
    assert_eq!(washington.extension(), None);

    let toronto = number("416-555-0143", "US");
    assert_eq!(toronto.region(), home("CA"));

    let milan = number("02 3661 8300", "IT");
    assert_eq!(milan.area_code().unwrap().as_str(), "02");
    assert_eq!(milan.line_type().is_mobile(), Some(false));

    let mobile = number("0171 1234567", "DE");
    assert_eq!(mobile.line_type().is_mobile(), Some(true));
    assert_eq!(mobile.area_code(), None);

    let free = number("+800 1234 5678", "-");
    assert_eq!(free.region(), None);
    assert_eq!(free.country_code(), 800);
    assert_eq!(free.line_type(), LineType::TollFree);
}

#[test]
fn numbers_print_in_the_way_of_their_country() {
    let washington = number("2025550143", "US").e164();
    assert_eq!(washington.format_national(), "(202) 555-0143");
    assert_eq!(washington.format_international(), "+1 202-555-0143");
    let rome = number("+39 06 698 12345", "-").e164();
    assert_eq!(rome.format_international(), "+39 06 6981 2345");
}

#[test]
fn every_error_has_a_code_a_message_and_a_hint() {
    use PhoneError::*;
    for error in [
        NoDigits,
        NotANumber,
        TooShort,
        TooLong,
        NoCountry,
        InvalidCountryCode,
        NotValid,
    ] {
        assert!(error.code().starts_with("phone_"));
        assert!(!error.to_string().ends_with('.'));
        assert!(!error.hint().is_empty());
    }
}
