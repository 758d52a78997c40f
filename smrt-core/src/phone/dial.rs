//! From dialled digits to calling code and national number, as Google's parser does it.
//!
//! It says nothing about validity: the plan's verdict on the national number does.

use super::PhoneError;
use super::digits::{Digits, TooManyDigits};
use super::plan::{CodeIndex, LengthFit, Plan, split_code};

/// The shortest and the longest national number there may be.
const NATIONAL_DIGITS_MIN: usize = 2;
const NATIONAL_DIGITS_MAX: usize = 17;

impl From<TooManyDigits> for PhoneError {
    fn from(TooManyDigits: TooManyDigits) -> Self {
        Self::TooLong
    }
}

/// A dialled number, taken apart.
pub(super) struct Dialled {
    pub(super) code: CodeIndex,
    /// The plan by which the national number was read.
    pub(super) plan: &'static Plan,
    pub(super) national: Digits,
}

/// Takes apart what was dialled from `home`; `international` says that a `+` was written.
pub(super) fn dial(
    digits: &Digits,
    international: bool,
    home: Option<&'static Plan>,
) -> Result<Dialled, PhoneError> {
    let (code, national) = match international {
        true => after_plus(digits, home)?,
        false => at_home(digits, home)?,
    };
    let code_and_plan = match code {
        Some(code) => code.main_plan().map(|plan| (code, plan)),
        None => home.and_then(|plan| Some((CodeIndex::of(plan.code)?, plan))),
    };
    let (code, plan) = code_and_plan.ok_or(PhoneError::NoCountry)?;
    if national.len() < NATIONAL_DIGITS_MIN {
        return Err(PhoneError::TooShort);
    }
    let national = without_prefix(plan, national)?;
    match national.len() {
        ..NATIONAL_DIGITS_MIN => Err(PhoneError::TooShort),
        NATIONAL_DIGITS_MIN..=NATIONAL_DIGITS_MAX => Ok(Dialled {
            code,
            plan,
            national,
        }),
        _ => Err(PhoneError::TooLong),
    }
}

/// The calling code, if the digits hold one, and what follows it.
type CodeAndRest = (Option<CodeIndex>, Digits);

/// Reads a number that was written with a `+`.
fn after_plus(digits: &Digits, home: Option<&'static Plan>) -> Result<CodeAndRest, PhoneError> {
    match after_dialling_prefix(digits) {
        // People write `+0044…` and `+011…` too: then the `+` is the mistake.
        Err(PhoneError::InvalidCountryCode) => match at_home(digits, home)? {
            (None, _) => Err(PhoneError::InvalidCountryCode),
            found => Ok(found),
        },
        answer => answer,
    }
}

fn after_dialling_prefix(digits: &[u8]) -> Result<CodeAndRest, PhoneError> {
    if digits.len() <= NATIONAL_DIGITS_MIN {
        return Err(PhoneError::TooShort);
    }
    let (code, rest) = split_code(digits).ok_or(PhoneError::InvalidCountryCode)?;
    Ok((Some(code), Digits::joined([rest, &[], &[]])?))
}

/// Reads a number as dialled in the home country: with an international dialling prefix, with
/// the country's own calling code but no `+`, or national.
fn at_home(digits: &Digits, home: Option<&'static Plan>) -> Result<CodeAndRest, PhoneError> {
    let Some(home) = home else {
        return Ok((None, *digits));
    };
    if let Some(length) = home.dialling_prefix(digits) {
        return after_dialling_prefix(digits.get(length..).unwrap_or_default());
    }
    if let Some(rest) = without_own_code(digits, home)? {
        return Ok((CodeIndex::of(home.code), rest));
    }
    Ok((None, *digits))
}

/// Takes the home country's calling code off where the number only makes sense without it.
fn without_own_code(digits: &[u8], home: &Plan) -> Result<Option<Digits>, PhoneError> {
    let Some(rest) = strip_code(digits, home.code) else {
        return Ok(None);
    };
    let rest = Digits::joined([rest, &[], &[]])?;
    let rest = strip_prefix(home, &rest)?.unwrap_or(rest);
    let better = home.length_fit(digits.len()) == LengthFit::TooLong
        || (!home.is_general(digits) && home.is_general(&rest));
    Ok(better.then_some(rest))
}

fn strip_code(digits: &[u8], code: u16) -> Option<&[u8]> {
    let width = match code {
        ..10 => 1,
        10..100 => 2,
        _ => 3,
    };
    let (head, rest) = digits.split_at_checked(width)?;
    let value = head
        .iter()
        .fold(0, |value, &digit| value * 10 + u16::from(digit));
    (value == code).then_some(rest)
}

/// Takes the national prefix off, unless what remains is too short to be a whole number.
fn without_prefix(plan: &Plan, national: Digits) -> Result<Digits, PhoneError> {
    let Some(stripped) = strip_prefix(plan, &national)? else {
        return Ok(national);
    };
    match plan.length_fit(stripped.len()) {
        LengthFit::LocalOnly | LengthFit::TooShort | LengthFit::Between => Ok(national),
        LengthFit::Possible | LengthFit::TooLong => Ok(stripped),
    }
}

/// The number without its national prefix; `None` if it has none, or if the number is one of
/// the plan as it stands and would not be without the prefix.
fn strip_prefix(plan: &Plan, national: &[u8]) -> Result<Option<Digits>, PhoneError> {
    if national.is_empty() {
        return Ok(None);
    }
    let Some(parts) = plan.national_prefix(national) else {
        return Ok(None);
    };
    let stripped = Digits::joined([parts.inserted, parts.kept, parts.rest])?;
    if plan.is_general(national) && !plan.is_general(&stripped) {
        return Ok(None);
    }
    Ok(Some(stripped))
}
