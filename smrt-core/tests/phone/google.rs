//! The answers of `rlibphonenumber`, which ports Google's libphonenumber, in our terms.

use rlibphonenumber::{
    PHONE_NUMBER_UTIL, PhoneNumberFormat, PhoneNumberType, Region as GoogleRegion,
};
use smrt_core::phone::{self, LineType, Region};

/// Everything there is to agree on about a valid number.
#[derive(Debug, PartialEq, Eq, Clone)]
pub(crate) struct Answer {
    pub(crate) e164: String,
    pub(crate) region: Option<String>,
    pub(crate) line_type: LineType,
    pub(crate) area_digits: usize,
    pub(crate) extension: Option<String>,
}

/// Google's answer; `None` if the text does not parse or the number is not valid.
pub(crate) fn answer(text: &str, home: Option<Region>) -> Option<Answer> {
    let home = home.map(|region| GoogleRegion::from_code(region.as_str()).unwrap());
    let number = PHONE_NUMBER_UTIL.parse(text, home).ok()?;
    if !PHONE_NUMBER_UTIL.is_valid_number(&number) {
        return None;
    }
    let region = PHONE_NUMBER_UTIL.get_region_for_number(&number);
    Some(Answer {
        e164: PHONE_NUMBER_UTIL
            .format(&number, PhoneNumberFormat::E164)
            .into_owned(),
        region: region
            .filter(|region| *region != GoogleRegion::World)
            .map(|region| region.to_string()),
        line_type: line_type(PHONE_NUMBER_UTIL.get_number_type(&number)),
        area_digits: PHONE_NUMBER_UTIL.get_length_of_geographical_area_code(&number),
        extension: number.extension.map(|extension| {
            let value = |c: char| {
                (0..10)
                    .find(|&v| is_digit(c, v))
                    .map(|v| char::from(b'0' + v as u8))
            };
            extension.chars().filter_map(value).collect()
        }),
    })
}

/// Whether `c` is the digit `value` in one of the scripts the generator writes.
fn is_digit(c: char, value: u32) -> bool {
    [
        '0',
        '\u{ff10}',
        '\u{660}',
        '\u{6f0}',
        '\u{966}',
        '\u{9e6}',
        '\u{a66}',
        '\u{ae6}',
        '\u{e50}',
        '\u{1d7ce}',
    ]
    .into_iter()
    .any(|zero| u32::from(zero) + value == u32::from(c))
}

/// Our answer in the same terms.
pub(crate) fn ours(text: &str, home: Option<Region>) -> Option<Answer> {
    let number = phone::parse(text, home).ok()?;
    Some(Answer {
        e164: number.e164().to_string(),
        region: number.region().map(|region| region.to_string()),
        line_type: number.line_type(),
        area_digits: number.area_code().map_or(0, |area| area.as_str().len()),
        extension: number.extension().map(str::to_owned),
    })
}

fn line_type(google: PhoneNumberType) -> LineType {
    match google {
        PhoneNumberType::FixedLine => LineType::FixedLine,
        PhoneNumberType::Mobile => LineType::Mobile,
        PhoneNumberType::FixedLineOrMobile => LineType::FixedLineOrMobile,
        PhoneNumberType::TollFree => LineType::TollFree,
        PhoneNumberType::PremiumRate => LineType::PremiumRate,
        PhoneNumberType::SharedCost => LineType::SharedCost,
        PhoneNumberType::VoIP => LineType::Voip,
        PhoneNumberType::PersonalNumber => LineType::PersonalNumber,
        PhoneNumberType::Pager => LineType::Pager,
        PhoneNumberType::UAN => LineType::Uan,
        PhoneNumberType::VoiceMail => LineType::Voicemail,
        PhoneNumberType::Unknown => LineType::Unknown,
    }
}
