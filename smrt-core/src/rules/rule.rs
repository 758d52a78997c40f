//! Rules as data: what one rule of a jurisdiction demands, of which contacts, unless what.
//!
//! A rule set is read from TOML; the files in `smrt-core/rules/` are built in.
//! What this module does not do: it applies no rule to a contact; [`super::contact`] does.

mod builtin;
mod fault;
mod jurisdiction;
mod parse;
mod set;

use chrono::NaiveDate;
use chrono_tz::Tz;

pub use self::builtin::BUILTIN_FILES;
pub use self::fault::{RuleFault, RuleProblem};
pub use self::jurisdiction::{Jurisdiction, ParseJurisdictionError};
pub use self::set::RuleSet;
use crate::model::term::terms;
use crate::model::{
    Audience, Channel, Circumstance, ConsentTier, Dialing, Line, Purpose, RegistryKind, TermSet,
    Voice,
};

terms! {
    /// How doubtful points of the law are read. `strict` applies every rule that `fcc_text`
    /// applies, and more.
    pub enum Profile is "a profile" {
        /// The reading that is safe before every court.
        Strict = "strict",
        /// The letter of the FCC's rules.
        FccText = "fcc_text",
    }
}

terms! {
    /// How sure it is that a rule says what its data say.
    pub enum Confidence is "a confidence" {
        /// The wording of the law was quoted by who read it.
        High = "high",
        /// Two secondary sources, or one arguable reading.
        Medium = "medium",
        /// One weak source, sources that contradict each other, or no source that was looked at.
        Low = "low",
    }
}

/// One rule.
#[derive(Clone, PartialEq, Debug)]
pub struct Rule {
    /// A stable id: `us.national_dnc`.
    pub id: String,
    /// Where the called party must be for the rule to hold.
    pub jurisdiction: Jurisdiction,
    /// What the rule says, in one sentence.
    pub summary: String,
    /// The law: `47 CFR 64.1200(c)(2)`.
    pub citation: String,
    /// Where the reading was taken from.
    pub source: String,
    /// How sure the reading is.
    pub confidence: Confidence,
    /// The first day on which it holds, in the called party's time.
    pub effective_from: Option<NaiveDate>,
    /// The first day on which it holds no more.
    pub effective_until: Option<NaiveDate>,
    /// The profiles that apply it.
    pub profiles: TermSet<Profile>,
    /// The contacts it speaks of.
    pub when: Condition,
    /// What lifts it.
    pub unless: Vec<Exception>,
    /// What it demands.
    pub demand: Demand,
    /// A code after which this rule's reasons come as the primary one, where that is not the
    /// place of their own code.
    pub rank_after: Option<super::contact::Code>,
    /// Jurisdictions whose own rules take this one's place.
    pub replaced_in: Vec<Jurisdiction>,
    /// Where it is written.
    pub place: RulePlace,
}

/// Where a rule is written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RulePlace {
    /// The file's name.
    pub file: String,
    /// The line on which the rule begins, from 1.
    pub line: usize,
}

impl Rule {
    /// Whether it holds on a day of the called party's calendar.
    #[must_use]
    pub fn is_effective(&self, day: NaiveDate) -> bool {
        self.effective_from.is_none_or(|from| from <= day)
            && self.effective_until.is_none_or(|until| day < until)
    }
}

/// The contacts a rule speaks of. What is not known of a contact matches every condition on it.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Condition {
    /// By which channels.
    pub channels: TermSet<Channel>,
    /// With which voices; only calls have one.
    pub voices: TermSet<Voice>,
    /// Dialled how.
    pub dialings: TermSet<Dialing>,
    /// For which purposes.
    pub purposes: TermSet<Purpose>,
    /// To which lines.
    pub lines: TermSet<Line>,
    /// To whom.
    pub audiences: TermSet<Audience>,
    /// Only contacts of which one of these is true; where there is none, every contact.
    pub circumstances: TermSet<Circumstance>,
}

impl Condition {
    /// Every contact.
    pub const ALL: Self = Self {
        channels: TermSet::ALL,
        voices: TermSet::ALL,
        dialings: TermSet::ALL,
        purposes: TermSet::ALL,
        lines: TermSet::ALL,
        audiences: TermSet::ALL,
        circumstances: TermSet::NONE,
    };
}

/// What lifts a rule for a contact that it would forbid. What is not known lifts nothing.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Exception {
    /// The contact has one of these purposes.
    Purposes(TermSet<Purpose>),
    /// One of these is true of it, and it goes to one of these audiences.
    Circumstances {
        /// What may be true of it.
        any_of: TermSet<Circumstance>,
        /// To whom; where that is every audience, an unknown one is enough.
        audiences: TermSet<Audience>,
    },
    /// A live agreement of at least this tier covers it; for `pewc` that is the signed agreement
    /// which names the seller and the number.
    Consent(ConsentTier),
    /// An established business relationship.
    Relationship {
        /// A purchase counts for so many calendar months; 0 when none counts.
        purchase_months: u32,
        /// An inquiry counts for so many calendar months; 0 when none counts.
        inquiry_months: u32,
    },
    /// It confirms a withdrawal made at most so many minutes before.
    ConfirmsWithdrawal {
        /// How long after the withdrawal.
        minutes: u32,
    },
}

/// What a rule demands of a contact.
#[derive(Clone, PartialEq, Debug)]
pub enum Demand {
    /// It happens within these hours of the called party's day.
    Hours(Hours),
    /// There were fewer than `contacts_max` in the time before, by the channels the rule speaks
    /// of.
    Cap {
        /// So many are allowed.
        contacts_max: u32,
        /// Within so many hours, rolling.
        hours: u32,
    },
    /// It does not happen.
    Ban,
    /// A live agreement of at least this tier covers it.
    Consent(ConsentTier),
    /// No withdrawal, refusal or objection covers it that is newer than every agreement.
    NotWithdrawn {
        /// How far a withdrawal reaches.
        reach: Reach,
    },
    /// The number is on no list of these kinds of the rule's jurisdiction.
    NotListed(NotListed),
    /// The tenant's own list does not have it.
    NotOnInternalList {
        /// A listing counts for so many years; for ever when nothing is said.
        life_years: Option<u32>,
    },
    /// No answer of the Reassigned Numbers Database says that somebody else may have it now.
    NotReassigned {
        /// Where this is said, it must have been asked, at most so many days ago.
        answer_age_days_max: Option<u32>,
    },
    /// The person did not object to this contact (GDPR Art. 21).
    NotObjected,
    /// Processing of the person's data is not restricted (GDPR Art. 18).
    NotRestricted,
    /// The number is not to be used at all: a litigator list or a suppression holds it.
    NotSuppressed,
}

/// How far a withdrawal reaches.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reach {
    /// To the contacts it speaks of.
    Scope,
    /// Said by telephone or text, to every call and text that needs consent.
    Telephone,
}

/// The demand that lists do not have a number: those of the rule's jurisdiction, and of its states.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NotListed {
    /// The kind of list.
    pub kind: RegistryKind,
    /// Whether the tenant must hold a list that covers the number: without, nobody knows.
    pub required: bool,
    /// The tenant's version may be so many days old, of any age when nothing is said.
    pub age_days_max: Option<u32>,
    /// A listing counts from so many days after it was made.
    pub listed_days_min: u32,
}

/// Hours of the week in which a contact may happen. Times are in minutes of the local day; an end
/// is exclusive.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Hours {
    /// One window a day, Monday first; `None` for a day without.
    pub days: [Option<Window>; 7],
    /// What holds on a public holiday of the jurisdiction instead.
    pub holidays: Holidays,
    /// The zone whose time the hours are in, where that is not the called party's own.
    pub zone: Option<Tz>,
}

/// A part of a day.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Window {
    /// The first minute, from midnight.
    pub from_minute: u16,
    /// The first minute that is outside again, at most 1,440.
    pub until_minute: u16,
}

/// What holds on public holidays.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Holidays {
    /// What holds on any such day of the week.
    AsUsual,
    /// No contact.
    Closed,
}

/// A public holiday.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Holiday {
    /// Where.
    pub jurisdiction: Jurisdiction,
    /// When.
    pub date: NaiveDate,
    /// Its name.
    pub name: String,
    /// Where the date was taken from.
    pub source: String,
}
