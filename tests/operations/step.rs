//! What tenants may do one after the other, made of small numbers that a [`World`] gives a meaning.
//!
//! Records are named by their place among those that are there, so that most steps meet something,
//! whichever steps before them are left out.
//!
//! [`World`]: super::world::World

use smrt_core::model::{
    AccessLevel, ConsentChannel, ConsentEvent, ConsentMethod, ConsentTier, DatePrecision,
    Direction, EntityType, Instant, InteractionKind, ReassignedAnswer,
};

pub(super) const TENANTS: [&str; 3] = ["acme", "beta", "core"];

/// Two numbers of one block, one of another, one of another country, and one that no plan has.
pub(super) const NUMBERS: [&str; 5] = [
    "+12125550101",
    "+12125550102",
    "+13125550103",
    "+441514960104",
    "+11115550105",
];

pub(super) const RELATIONSHIPS: [&str; 2] = ["mobile", "work"];

pub(super) const CONSENT_TYPES: [&str; 7] = [
    "data_sharing",
    "data_processing",
    "contact",
    "marketing",
    "marketing_call",
    "marketing_sms",
    "marketing_email",
];

pub(super) const EMAILS: [&str; 4] = [
    "ada@example.com",
    "ADA@example.com",
    "ädä+x@sub.example.com",
    "no address",
];

/// Names that differ in case, in how a letter is put together, and in nothing a person sees.
const TEXTS: [&str; 16] = [
    "Ada",
    "ada",
    "ADA",
    "A\u{301}da",
    "\u{c1}da",
    "👩\u{200d}👩\u{200d}👧",
    "straße",
    "STRASSE",
    "İstanbul",
    "O'Brien\\; DROP TABLE humans --",
    "%_\\%",
    "NULL",
    " \u{a0}padded\u{2003}",
    "",
    "nul\0inside",
    "\u{202e}desrever",
];

/// The longest text that a field takes, in bytes.
const FIELD_BYTES_MAX: usize = 4_096;

pub(super) const TEXT_COUNT: usize = TEXTS.len() + 2;

/// A text to be written into a field.
pub(super) fn text(number: usize) -> String {
    match number.checked_sub(TEXTS.len()) {
        None => TEXTS[number].to_owned(),
        Some(more) => "ß".repeat(FIELD_BYTES_MAX / 2) + &"x".repeat(more),
    }
}

/// Where a record is that a step means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// Among those of whoever takes the step.
    Own(usize),
    /// Among those of all tenants.
    Any(usize),
    /// There is none.
    Nowhere,
}

/// A step, and what is looked at when it is done.
#[derive(Debug, Clone)]
pub(super) struct Step {
    /// Who does it.
    pub(super) by: usize,
    /// How much time has gone by since the step before.
    pub(super) wait: Wait,
    pub(super) what: What,
    pub(super) look: Look,
}

/// How much time goes by.
#[derive(Debug, Clone, Copy)]
pub(super) enum Wait {
    Nothing,
    Microsecond,
    Hour,
    Week,
    Quarter,
}

impl Wait {
    pub(super) const fn micros(self) -> i64 {
        const HOUR: i64 = 3_600_000_000;
        match self {
            Self::Nothing => 0,
            Self::Microsecond => 1,
            Self::Hour => HOUR,
            Self::Week => 7 * 24 * HOUR,
            Self::Quarter => 90 * 24 * HOUR,
        }
    }
}

/// An instant, as seen from the step that names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum When {
    Now,
    Ago(Span),
    Ahead(Span),
    /// The first microsecond of the year 1.
    First,
    /// The last microsecond before 1970.
    BeforeEpoch,
    /// The last microsecond of the year 9999.
    Last,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Span {
    Microsecond,
    Hour,
    Month,
}

impl When {
    pub(super) fn instant(self, now: Instant) -> Instant {
        let micros = |span| match span {
            Span::Microsecond => 1,
            Span::Hour => Wait::Hour.micros(),
            Span::Month => 30 * 24 * Wait::Hour.micros(),
        };
        let text = match self {
            Self::Now => return now,
            Self::Ago(span) => return Instant::from_micros(now.as_micros() - micros(span)),
            Self::Ahead(span) => return Instant::from_micros(now.as_micros() + micros(span)),
            Self::First => "0001-01-01T00:00:00Z",
            Self::BeforeEpoch => "1969-12-31T23:59:59.999999Z",
            Self::Last => "9999-12-31T23:59:59.999999Z",
        };
        text.parse().unwrap()
    }
}

/// What a tenant may do.
#[derive(Debug, Clone)]
pub(super) enum What {
    AddHuman {
        key: Option<u8>,
        /// Field and text; the e-mail address has texts of its own.
        fields: Vec<(usize, usize)>,
    },
    EditHuman {
        human: Place,
        field: usize,
        text: usize,
    },
    AddNumber(usize),
    EditNumber {
        number: usize,
        text: usize,
    },
    Link {
        human: Place,
        number: usize,
        relationship: usize,
        is_primary: bool,
    },
    EditLink {
        link: Place,
        is_primary: Option<bool>,
        verified: Option<bool>,
    },
    Unlink(Place),
    Grant(GrantStep),
    Revoke(Place),
    Consent(ConsentStep),
    Interact {
        key: Option<u8>,
        human: Option<Place>,
        number: Option<usize>,
        kind: InteractionKind,
        direction: Direction,
        started: When,
        outcome: usize,
    },
    EditInteraction {
        interaction: Place,
        outcome: usize,
    },
    List {
        list: OwnList,
        number: usize,
        since: When,
        reason: usize,
    },
    Unlist {
        list: OwnList,
        number: usize,
    },
    Load(LoadStep),
    Answer {
        number: usize,
        answer: ReassignedAnswer,
        asked: When,
    },
    Sync,
    Import(Vec<Row>),
    /// Takes back the last run, or one before it.
    Undo {
        runs_before_last: i64,
    },
    Scrub,
}

/// One of a tenant's own lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum OwnList {
    Internal,
    Litigator,
}

#[derive(Debug, Clone)]
pub(super) struct GrantStep {
    /// How far the tenant it is for comes after the one that gives it, in a circle.
    pub(super) to: usize,
    pub(super) entity_type: EntityType,
    /// The record, or all of the kind.
    pub(super) record: Option<Place>,
    pub(super) field: Option<usize>,
    pub(super) level: AccessLevel,
    pub(super) ends: Option<When>,
}

#[derive(Debug, Clone)]
pub(super) struct ConsentStep {
    pub(super) key: Option<u8>,
    pub(super) human: Option<Place>,
    pub(super) number: Option<usize>,
    pub(super) consent_type: usize,
    pub(super) event: ConsentEvent,
    pub(super) source: usize,
    pub(super) date: Option<When>,
    pub(super) precision: DatePrecision,
    pub(super) expiration: Option<When>,
    pub(super) tier: Option<ConsentTier>,
    pub(super) method: Option<ConsentMethod>,
}

#[derive(Debug, Clone)]
pub(super) struct LoadStep {
    pub(super) into: Registry,
    /// Of how many days ago the list is.
    pub(super) days_ago: i64,
    pub(super) content: Content,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Registry {
    National,
    Internal,
}

#[derive(Debug, Clone)]
pub(super) enum Content {
    Full(Vec<usize>),
    /// Changes of the newest list, which take off it those that are on it and put the others on it;
    /// a full list where there is none.
    Change(Vec<usize>),
    /// Changes of a list that the tenant need not have.
    ChangeOfAnother(Vec<usize>),
}

/// A row of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) key: u8,
    pub(super) first: Option<usize>,
    pub(super) email: Option<usize>,
    pub(super) mobile: Option<usize>,
}

/// Names as files have them.
pub(super) const FIRST_NAMES: [&str; 3] = ["Ada", "Zoë", "👩\u{200d}🚀"];

impl Row {
    pub(super) fn first_name(&self) -> Option<&'static str> {
        self.first.map(|first| FIRST_NAMES[first])
    }

    pub(super) fn email(&self) -> Option<&'static str> {
        self.email.map(|email| EMAILS[email])
    }

    pub(super) fn source_key(&self) -> String {
        format!("k{}", self.key)
    }
}

/// What somebody looks at.
#[derive(Debug, Clone)]
pub(super) struct Look {
    pub(super) by: usize,
    pub(super) when: When,
    pub(super) human: Place,
    pub(super) number: usize,
    pub(super) word: usize,
    pub(super) channel: ConsentChannel,
    pub(super) level: AccessLevel,
    pub(super) field: usize,
}
