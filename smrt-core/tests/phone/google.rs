//! The answers of `rlibphonenumber`, which ports Google's libphonenumber.

use rlibphonenumber::{
    PHONE_NUMBER_UTIL, PhoneNumberFormat, PhoneNumberType, Region as GoogleRegion,
};
use smrt_core::phone::Region;

use crate::answer::Answer;

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
        line_type: line_type(PHONE_NUMBER_UTIL.get_number_type(&number)).to_owned(),
        area_digits: PHONE_NUMBER_UTIL.get_length_of_geographical_area_code(&number),
        // Google keeps the digits of the extension in the script they were written in.
        extension: number
            .extension
            .map(|extension| PHONE_NUMBER_UTIL.normalize_digits_only(extension)),
    })
}

fn line_type(google: PhoneNumberType) -> &'static str {
    match google {
        PhoneNumberType::FixedLine => "fixed_line",
        PhoneNumberType::Mobile => "mobile",
        PhoneNumberType::FixedLineOrMobile => "fixed_line_or_mobile",
        PhoneNumberType::TollFree => "toll_free",
        PhoneNumberType::PremiumRate => "premium_rate",
        PhoneNumberType::SharedCost => "shared_cost",
        PhoneNumberType::VoIP => "voip",
        PhoneNumberType::PersonalNumber => "personal_number",
        PhoneNumberType::Pager => "pager",
        PhoneNumberType::UAN => "uan",
        PhoneNumberType::VoiceMail => "voicemail",
        PhoneNumberType::Unknown => "unknown",
    }
}
