//! A contact somebody wants to make: by what channel, for what purpose, with what machine.
//!
//! What this module does not do: it decides nothing.

use super::term::terms;

terms! {
    /// How a person is reached.
    ///
    /// ```
    /// use smrt_core::model::Channel;
    ///
    /// assert_eq!("sms".parse(), Ok(Channel::Sms));
    /// ```
    pub enum Channel is "a channel" {
        /// A voice call, whoever or whatever speaks.
        Call = "call",
        /// A text message, whatever it travels by.
        Sms = "sms",
        /// An e-mail.
        Email = "email",
        /// A fax.
        Fax = "fax",
        /// A letter.
        Post = "post",
    }
}

terms! {
    /// Who or what speaks in a call.
    ///
    /// ```
    /// use smrt_core::model::Voice;
    ///
    /// assert_eq!(Voice::Artificial.as_str(), "artificial");
    /// ```
    pub enum Voice is "a voice" {
        /// A person, throughout.
        Live = "live",
        /// A recording, for all or a part of the call, or left in a mailbox.
        Prerecorded = "prerecorded",
        /// A made voice, one that an AI speaks with included.
        Artificial = "artificial",
    }
}

terms! {
    /// How the number is chosen and dialled.
    ///
    /// ```
    /// use smrt_core::model::Dialing;
    ///
    /// assert_eq!("manual".parse(), Ok(Dialing::Manual));
    /// ```
    pub enum Dialing is "a way of dialling" {
        /// A person dials, or a list is dialled that a person made.
        Manual = "manual",
        /// A system selects the numbers and dials them, without making them up.
        Automated = "automated",
        /// A random or sequential number generator: an ATDS in the sense of 47 USC 227(a)(1).
        Autodialer = "autodialer",
    }
}

terms! {
    /// What a contact is for. A message that also promotes something is marketing.
    ///
    /// ```
    /// use smrt_core::model::Purpose;
    ///
    /// assert_eq!("opt_out_confirmation".parse(), Ok(Purpose::OptOutConfirmation));
    /// ```
    pub enum Purpose is "a purpose" {
        /// To encourage a purchase, a rental or an investment.
        Marketing = "marketing",
        /// About something that is under way with the person: an order, an appointment.
        Informational = "informational",
        /// To ask questions and sell nothing.
        Survey = "survey",
        /// To ask for a donation.
        Fundraising = "fundraising",
        /// For a party, a candidate or a cause.
        Political = "political",
        /// To collect a debt.
        DebtCollection = "debt_collection",
        /// To confirm that a person will not be contacted any more.
        OptOutConfirmation = "opt_out_confirmation",
        /// Needed for somebody's health or safety.
        Emergency = "emergency",
    }
}

terms! {
    /// What kind of line a number is, where the difference matters to the law.
    ///
    /// ```
    /// use smrt_core::model::Line;
    ///
    /// assert_eq!(Line::Mobile.as_str(), "mobile");
    /// ```
    pub enum Line is "a kind of line" {
        /// A wireless line.
        Mobile = "mobile",
        /// A wired line.
        Landline = "landline",
        /// A line over the Internet.
        Voip = "voip",
        /// Not known; then what holds for any of the others holds.
        Unknown = "unknown",
    }
}

terms! {
    /// Whom a line serves.
    ///
    /// ```
    /// use smrt_core::model::Audience;
    ///
    /// assert_eq!("business".parse(), Ok(Audience::Business));
    /// ```
    pub enum Audience is "an audience" {
        /// A household or a person.
        Residential = "residential",
        /// A business, and that was verified.
        Business = "business",
        /// Not known; then what holds for either of the others holds.
        Unknown = "unknown",
    }
}

terms! {
    /// What else is true of a contact or of who makes it, and may lift a rule.
    ///
    /// ```
    /// use smrt_core::model::Circumstance;
    ///
    /// assert_eq!("nonprofit".parse(), Ok(Circumstance::Nonprofit));
    /// ```
    pub enum Circumstance is "a circumstance" {
        /// The tax-exempt nonprofit that wants the contact makes it itself.
        Nonprofit = "nonprofit",
        /// The person who calls and the one who is called know each other privately.
        Personal = "personal_relationship",
        /// One business offers something to another.
        BusinessToBusiness = "business_to_business",
        /// An exempt message about a delivery, free to the person.
        PackageDelivery = "package_delivery",
        /// An exempt message about fraud or security at a bank, free to the person.
        BankSecurity = "bank_security",
        /// An exempt message about health care, free to the person.
        HealthCare = "health_care",
        /// A message that the health-care privacy rules cover.
        Hipaa = "hipaa",
    }
}
