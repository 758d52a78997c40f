//! Phone numbers: from what people write to E.164.
//!
//! [`parse`] reads one number as Google's libphonenumber does (same metadata, same answers) and
//! keeps it only if the numbering plan of its country has such a number.
//! What this module does not do: it says nothing about who holds a number or whether it may be
//! called.
//!
//! The work is done by automata that the build script compiles from Google's metadata; see
//! `docs/phone-numbers.md`.

mod cell;
mod country_name;
mod dial;
mod digits;
mod e164;
mod error;
mod exotic;
mod extension;
mod line_type;
mod number;
mod plan;
mod region;
mod scan;
mod symbols;

pub use cell::{CellItem, CellNumbers, parse_cell};
pub use e164::{E164, ParseE164Error};
pub use error::PhoneError;
pub use line_type::LineType;
pub use number::{AreaCode, PhoneNumber, ShortDigits};
pub use region::{ParseRegionError, Region};

use dial::{Dialled, dial};
use number::Extension;
use plan::LengthFit;
use scan::{Scanned, Written, scan};

/// The version of libphonenumber whose numbering plans are built in, such as `9.0.42`.
pub const METADATA_VERSION: &str = env!("SMRT_PHONE_METADATA");

/// No `i64` has more digits.
const E164_DIGITS_MAX: usize = 19;

/// Reads one phone number.
///
/// `home` is the region of the person who wrote it; numbers without `+` or an international
/// prefix are read by its rules.
/// Text around the number is skipped, an extension is kept.
///
/// # Errors
///
/// If the text is not written like a number, or the numbering plan has no such number.
pub fn parse(text: &str, home: Option<Region>) -> Result<PhoneNumber, PhoneError> {
    match scan(text)? {
        Scanned::Written(written) => read(&written, home),
        Scanned::Exotic => {
            let (dialled, extension) = exotic::read(text, home)?;
            judge(&dialled, extension)
        }
    }
}

/// Whether a text is one of the few that go to the slow, complete parser: such with RFC 3966
/// parameters or characters of rare scripts. For measurements.
#[must_use]
pub fn is_exotic(text: &str) -> bool {
    matches!(scan(text), Ok(Scanned::Exotic))
}

/// Takes the digits apart and asks the plan about them.
fn read(written: &Written, home: Option<Region>) -> Result<PhoneNumber, PhoneError> {
    if home.is_none() && !written.international {
        return Err(PhoneError::NoCountry);
    }
    let home = home.and_then(Region::plan);
    let dialled = dial(&written.digits, written.international, home)?;
    judge(&dialled, written.extension)
}

/// Makes a phone number of what was dialled, if the plan has such a number.
fn judge(dialled: &Dialled, extension: Extension) -> Result<PhoneNumber, PhoneError> {
    let national: &[u8] = &dialled.national;
    let Some(verdict) = dialled.code.verdict(national) else {
        return Err(match dialled.plan.length_fit(national.len()) {
            LengthFit::TooShort | LengthFit::LocalOnly => PhoneError::TooShort,
            LengthFit::TooLong => PhoneError::TooLong,
            LengthFit::Possible | LengthFit::Between => PhoneError::NotValid,
        });
    };
    let country_code = dialled.code.code();
    let digits = national
        .iter()
        .fold(u64::from(country_code), |value, &digit| {
            value * 10 + u64::from(digit)
        });
    let area = national.get(..usize::from(verdict.area_width));
    Ok(PhoneNumber {
        e164: E164::from_digits(digits).ok_or(PhoneError::NotValid)?,
        country_code,
        region: Region::of_plan(verdict.plan),
        line_type: verdict.line_type,
        area_code: AreaCode::of_values(area.unwrap_or_default()),
        extension,
    })
}

impl E164 {
    /// What the numbering plan tells of a number that was stored: the region it belongs to, if it
    /// is one of a country, and the kind of line. `None` for one that the plan does not have.
    ///
    /// ```
    /// use smrt_core::phone::{E164, LineType};
    ///
    /// let number: E164 = "+61491570006".parse()?;
    /// let (region, line_type) = number.plan_entry().unwrap();
    /// assert_eq!((region, line_type), (Some("AU".parse()?), LineType::Mobile));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn plan_entry(self) -> Option<(Option<Region>, LineType)> {
        let mut digits = [0; E164_DIGITS_MAX];
        let mut rest = self.digits();
        let mut start = digits.len();
        while let Some(place) = start.checked_sub(1)
            && rest > 0
        {
            // A digit is below 10.
            *digits.get_mut(place)? = (rest % 10) as u8;
            rest /= 10;
            start = place;
        }
        let (code, national) = plan::split_code(digits.get(start..)?)?;
        let verdict = code.verdict(national)?;
        Some((Region::of_plan(verdict.plan), verdict.line_type))
    }

    /// Writes the number for people of other countries: `+1 202-555-0143`.
    #[must_use]
    pub fn format_international(self) -> String {
        exotic::print(self, exotic::Style::International)
    }

    /// Writes the number for people of its own country: `(202) 555-0143`.
    #[must_use]
    pub fn format_national(self) -> String {
        exotic::print(self, exotic::Style::National)
    }
}
