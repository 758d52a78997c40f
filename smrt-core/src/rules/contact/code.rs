//! The words of an answer: why not, why yes, and what it rests on.
//!
//! What this module does not do: it decides nothing.

use crate::model::term::terms;

terms! {
    /// Why a contact is denied: stable codes, the one that names the answer first.
    pub enum Code is "a code" {
        /// The number is on a list of numbers that must not be used at all.
        Suppressed = "SUPPRESSED",
        /// Processing of the person's data is restricted.
        Restricted = "RESTRICTED",
        /// The person objected.
        Objected = "OBJECTED",
        /// The person asked this tenant not to call.
        InternalDnc = "INTERNAL_DNC",
        /// The number may belong to somebody else now.
        NumberReassigned = "NUMBER_REASSIGNED",
        /// An agreement was withdrawn.
        ConsentRevoked = "CONSENT_REVOKED",
        /// An agreement's evidence is void.
        ConsentInvalid = "CONSENT_INVALID",
        /// An agreement names another seller.
        ConsentSeller = "CONSENT_SELLER",
        /// An agreement is bound to another number.
        ConsentNumber = "CONSENT_NUMBER",
        /// Prior express written consent is needed.
        PewcRequired = "PEWC_REQUIRED",
        /// Prior express consent is needed.
        PecRequired = "PEC_REQUIRED",
        /// The number is on a national list.
        NationalDnc = "NATIONAL_DNC",
        /// The number is on a state's list.
        StateDnc = "STATE_DNC",
        /// No list that the tenant holds covers the number.
        DncNotCovered = "DNC_NOT_COVERED",
        /// The tenant's list is too old.
        DncStale = "DNC_STALE",
        /// The state forbids such calls to mobiles.
        StateMobileBan = "STATE_MOBILE_BAN",
        /// There were too many contacts before.
        FreqCap = "FREQ_CAP",
        /// A public holiday of the state.
        StateHoliday = "STATE_HOLIDAY",
        /// A Sunday, on which the state forbids it.
        StateSunday = "STATE_SUNDAY",
        /// Outside the state's hours.
        StateHours = "STATE_HOURS",
        /// Outside the country's hours.
        QuietHours = "QUIET_HOURS",
        /// No rules are known for where the called party is.
        NoRules = "NO_RULES",
        /// The called party's time is not known well enough.
        TzAmbiguous = "TZ_AMBIGUOUS",
    }
}

terms! {
    /// Why a contact is allowed that a rule speaks of: the one that names the answer first.
    pub enum Permit is "a permit" {
        /// An emergency.
        Emergency = "EMERGENCY",
        /// A signed agreement names seller and number.
        WrittenPermission = "WRITTEN_PERMISSION",
        /// An established business relationship.
        EbrOk = "EBR_OK",
        /// Caller and called party know each other privately.
        PersonalRelationship = "PERSONAL_RELATIONSHIP",
        /// One business calls another.
        B2bExempt = "B2B_EXEMPT",
        /// Nothing is sold.
        NotSolicitation = "NOT_SOLICITATION",
        /// No rule stands against it.
        Ok = "OK",
    }
}

terms! {
    /// What an answer rests on that may be worth a look.
    pub enum Flag is "a flag" {
        /// The time zone was taken from the number alone.
        TzLowConfidence = "TZ_LOW_CONFIDENCE",
        /// The answer rests on a registry version or an answer of the Reassigned Numbers Database
        /// that is new enough to protect.
        SafeHarbor = "SAFE_HARBOR",
        /// It is not known whether the line is a mobile.
        LineUnknown = "LINE_UNKNOWN",
        /// The state is not known, so every state's rules were applied.
        StateUnknown = "STATE_UNKNOWN",
        /// A rule of low confidence decided.
        LowConfidenceRule = "LOW_CONFIDENCE_RULE",
    }
}

impl Code {
    /// Whether waiting can help, where nothing else stands against the contact.
    #[must_use]
    pub const fn is_about_time(self) -> bool {
        match self {
            Self::FreqCap
            | Self::StateHoliday
            | Self::StateSunday
            | Self::StateHours
            | Self::QuietHours
            | Self::TzAmbiguous => true,
            Self::Suppressed
            | Self::Restricted
            | Self::Objected
            | Self::InternalDnc
            | Self::NumberReassigned
            | Self::ConsentRevoked
            | Self::ConsentInvalid
            | Self::ConsentSeller
            | Self::ConsentNumber
            | Self::PewcRequired
            | Self::PecRequired
            | Self::NationalDnc
            | Self::StateDnc
            | Self::DncNotCovered
            | Self::DncStale
            | Self::StateMobileBan
            | Self::NoRules => false,
        }
    }
}
