//! Why a text is no phone number.

/// Why a text is no phone number. The text itself is never part of the error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum PhoneError {
    /// There is no digit in the text.
    #[error("no digits in the text")]
    NoDigits,
    /// There are digits, but the text is not written like a phone number.
    #[error("not written like a phone number")]
    NotANumber,
    /// The number has fewer digits than its plan asks for.
    #[error("too few digits for a phone number")]
    TooShort,
    /// The number has more digits than its plan allows.
    #[error("too many digits for a phone number")]
    TooLong,
    /// The number is written without a country, and no default region was given.
    #[error("no country: written without `+` and no default region")]
    NoCountry,
    /// The digits behind `+` or the international prefix are no country calling code.
    #[error("unknown country calling code")]
    InvalidCountryCode,
    /// The number has a possible length, but the plan of its country has no such number.
    #[error("no such number in the numbering plan of its country")]
    NotValid,
}

impl PhoneError {
    /// A stable code for reports, such as `phone_too_short`.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoDigits => "phone_no_digits",
            Self::NotANumber => "phone_not_a_number",
            Self::TooShort => "phone_too_short",
            Self::TooLong => "phone_too_long",
            Self::NoCountry => "phone_no_country",
            Self::InvalidCountryCode => "phone_invalid_country_code",
            Self::NotValid => "phone_not_valid",
        }
    }

    /// What the person who holds the source data can do about it.
    #[must_use]
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::NoDigits => "the field may hold something else than a phone number",
            Self::NotANumber => {
                "keep only the number and its extension, such as `+1 202 555 0143 ext. 9`"
            }
            Self::TooShort => "the area code or some digits may be missing",
            Self::TooLong => "two numbers may have run together; separate them with `;` or `/`",
            Self::NoCountry => "give a default region such as `US`, or write the number with `+`",
            Self::InvalidCountryCode => "check the digits after `+` or the international prefix",
            Self::NotValid => "check the number for a typing mistake, or the default region",
        }
    }
}
