//! What kind of line a number is.

/// What kind of line a number is, as far as the numbering plan tells.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum LineType {
    /// A fixed line.
    FixedLine,
    /// A mobile line.
    Mobile,
    /// Fixed or mobile: the plan does not tell, as everywhere in +1.
    FixedLineOrMobile,
    /// Free for the caller.
    TollFree,
    /// Charged above the usual rate.
    PremiumRate,
    /// The cost is shared between caller and called.
    SharedCost,
    /// Voice over IP.
    Voip,
    /// Follows a person.
    PersonalNumber,
    /// A pager.
    Pager,
    /// A company's universal access number.
    Uan,
    /// A voicemail access number.
    Voicemail,
    /// The plan says nothing.
    Unknown,
}

impl LineType {
    /// The name in reports and in the store, such as `fixed_line_or_mobile`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::FixedLine => "fixed_line",
            Self::Mobile => "mobile",
            Self::FixedLineOrMobile => "fixed_line_or_mobile",
            Self::TollFree => "toll_free",
            Self::PremiumRate => "premium_rate",
            Self::SharedCost => "shared_cost",
            Self::Voip => "voip",
            Self::PersonalNumber => "personal_number",
            Self::Pager => "pager",
            Self::Uan => "uan",
            Self::Voicemail => "voicemail",
            Self::Unknown => "unknown",
        }
    }

    /// Whether the line is mobile, where the plan tells; never a guess.
    ///
    /// Only fixed lines are certainly not mobile: a toll-free, VoIP or personal number may well
    /// ring on a mobile phone.
    #[must_use]
    pub const fn is_mobile(self) -> Option<bool> {
        match self {
            Self::Mobile => Some(true),
            Self::FixedLine => Some(false),
            Self::FixedLineOrMobile
            | Self::TollFree
            | Self::PremiumRate
            | Self::SharedCost
            | Self::Voip
            | Self::PersonalNumber
            | Self::Pager
            | Self::Uan
            | Self::Voicemail
            | Self::Unknown => None,
        }
    }
}
