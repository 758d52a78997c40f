//! Any text, read in any region: no panic, and the same answer as Google's parser.

#![no_main]

use libfuzzer_sys::fuzz_target;
use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumberFormat, Region as GoogleRegion};
use smrt_core::phone::{Region, parse, parse_cell};

/// Google's Java and Python versions refuse longer texts, the one in Rust does not.
const TEXT_CHARS_MAX: usize = 250;

fuzz_target!(|data: &[u8]| {
    let Some((&first, rest)) = data.split_first() else {
        return;
    };
    let Ok(text) = std::str::from_utf8(rest) else {
        return;
    };
    let home = Region::all().nth(usize::from(first));
    for (piece, _) in parse_cell(text, home) {
        assert!(text.contains(piece));
    }
    let ours = parse(text, home).ok().map(|number| number.e164().to_string());
    if text.chars().count() <= TEXT_CHARS_MAX {
        assert_eq!(ours, google(text, home));
    }
    if let Some(e164) = ours {
        let again = parse(&e164, None).map(|number| number.e164().to_string());
        assert_eq!(again.as_ref(), Ok(&e164));
    }
});

fn google(text: &str, home: Option<Region>) -> Option<String> {
    let home = home.and_then(|region| GoogleRegion::from_code(region.as_str()).ok());
    let number = PHONE_NUMBER_UTIL.parse(text, home).ok()?;
    let valid = PHONE_NUMBER_UTIL.is_valid_number(&number);
    valid.then(|| {
        let e164 = PHONE_NUMBER_UTIL.format(&number, PhoneNumberFormat::E164);
        e164.into_owned()
    })
}
