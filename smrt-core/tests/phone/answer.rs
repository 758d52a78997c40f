//! An answer in terms that can be compared between parsers.

use smrt_core::phone::{self, Region};

/// Everything there is to agree on about a valid number.
#[derive(Debug, PartialEq, Eq, Clone)]
pub(crate) struct Answer {
    pub(crate) e164: String,
    /// `None` for numbers of no country.
    pub(crate) region: Option<String>,
    pub(crate) line_type: String,
    pub(crate) area_digits: usize,
    pub(crate) extension: Option<String>,
}

/// Our answer; `None` if the text is no valid number.
pub(crate) fn ours(text: &str, home: Option<Region>) -> Option<Answer> {
    let number = phone::parse(text, home).ok()?;
    Some(Answer {
        e164: number.e164().to_string(),
        region: number.region().map(|region| region.to_string()),
        line_type: number.line_type().as_str().to_owned(),
        area_digits: number.area_code().map_or(0, |area| area.as_str().len()),
        extension: number.extension().map(str::to_owned),
    })
}
