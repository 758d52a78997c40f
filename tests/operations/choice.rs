//! Which steps are taken: any, those more often from which something follows.

use proptest::collection::vec;
use proptest::option::weighted;
use proptest::prelude::*;
use proptest::sample::select;
use smrt_core::model::{
    AccessLevel, ConsentChannel, ConsentEvent, ConsentMethod, ConsentTier, DatePrecision,
    Direction, EntityType, InteractionKind, ReassignedAnswer, Term,
};

use super::step::{
    CONSENT_TYPES, ConsentStep, Content, FIRST_NAMES, GrantStep, LoadStep, Look, NUMBERS, OwnList,
    Place, RELATIONSHIPS, Registry, Row, Span, Step, TENANTS, TEXT_COUNT, Wait, What, When,
};

/// The most steps that a store begins with.
const FOUNDING_STEPS_MAX: usize = 20;

/// The most steps after those.
const STEPS_MAX: usize = 40;

fn tenant() -> impl Strategy<Value = usize> {
    0..TENANTS.len()
}

fn place() -> impl Strategy<Value = Place> {
    prop_oneof![
        8 => (0..4_usize).prop_map(Place::Own),
        6 => (0..12_usize).prop_map(Place::Any),
        1 => Just(Place::Nowhere),
    ]
}

/// A number, seldom the one that cannot be used; most often one of two, so that steps meet.
fn number() -> impl Strategy<Value = usize> {
    prop_oneof![
        8 => 0..2_usize,
        4 => 0..NUMBERS.len() - 1,
        1 => Just(NUMBERS.len() - 1),
    ]
}

fn usable_numbers() -> impl Strategy<Value = Vec<usize>> {
    vec(0..NUMBERS.len() - 2, 1..4)
}

fn key() -> impl Strategy<Value = Option<u8>> {
    weighted(0.5, 0..6_u8)
}

/// A text, most often one that can be used.
fn any_text() -> impl Strategy<Value = usize> {
    prop_oneof![3 => 0..12_usize, 1 => 0..TEXT_COUNT]
}

fn span() -> impl Strategy<Value = Span> {
    select(vec![Span::Microsecond, Span::Hour, Span::Month])
}

fn when() -> impl Strategy<Value = When> {
    prop_oneof![
        6 => Just(When::Now),
        2 => span().prop_map(When::Ago),
        2 => span().prop_map(When::Ahead),
        1 => select(vec![When::First, When::BeforeEpoch, When::Last]),
    ]
}

/// When something happened; seldom an instant that is not there yet, and often the same.
fn past() -> impl Strategy<Value = When> {
    prop_oneof![
        4 => Just(When::Now),
        3 => span().prop_map(When::Ago),
        3 => select(vec![When::First, When::BeforeEpoch]),
        1 => when(),
    ]
}

/// When something ends; seldom before it began.
fn end() -> impl Strategy<Value = When> {
    prop_oneof![
        6 => span().prop_map(When::Ahead),
        1 => Just(When::Last),
        1 => when(),
    ]
}

fn of_term<T: Term + std::fmt::Debug>() -> impl Strategy<Value = T> {
    select(T::ALL.to_vec())
}

fn level() -> impl Strategy<Value = AccessLevel> {
    use AccessLevel::{Admin, None, Read, Write};
    select(vec![None, Read, Read, Write, Admin, Admin, Admin])
}

fn entity_type() -> impl Strategy<Value = EntityType> {
    prop_oneof![
        4 => Just(EntityType::Human),
        2 => Just(EntityType::Link),
        3 => select(EntityType::ALL.to_vec()),
    ]
}

fn grant() -> impl Strategy<Value = What> {
    let to = prop_oneof![14 => 1..TENANTS.len(), 1 => Just(0)];
    let ends = weighted(0.4, end());
    let field = weighted(0.4, 0..8_usize);
    let record = weighted(0.6, place());
    (to, entity_type(), record, field, level(), ends).prop_map(
        |(to, entity_type, record, field, level, ends)| {
            What::Grant(GrantStep {
                to,
                entity_type,
                record,
                field,
                level,
                ends,
            })
        },
    )
}

/// A human, a number, both, or seldom neither.
fn subject() -> impl Strategy<Value = (Option<Place>, Option<usize>)> {
    prop_oneof![
        6 => place().prop_map(|human| (Some(human), None)),
        6 => number().prop_map(|number| (None, Some(number))),
        3 => (place(), number()).prop_map(|(human, number)| (Some(human), Some(number))),
        1 => Just((None, None)),
    ]
}

fn consent(consent_type: impl Strategy<Value = usize>) -> impl Strategy<Value = What> {
    use ConsentEvent::{Granted, Objected, Reassigned, Withdrawn};
    let event = prop_oneof![
        8 => Just(Granted),
        4 => Just(Withdrawn),
        2 => Just(Objected),
        2 => Just(Reassigned),
        3 => of_term::<ConsentEvent>(),
    ];
    let source = prop_oneof![12 => Just(0), 1 => 0..TEXT_COUNT];
    let precision = prop_oneof![3 => Just(DatePrecision::Exact), 1 => Just(DatePrecision::Day)];
    let tier = select(vec![ConsentTier::Implied, ConsentTier::OptIn]);
    let dates = (weighted(0.9, past()), precision, weighted(0.3, end()));
    let evidence = (
        weighted(0.2, tier),
        weighted(0.8, of_term::<ConsentMethod>()),
    );
    (
        key(),
        subject(),
        consent_type,
        event,
        source,
        dates,
        evidence,
    )
        .prop_map(
            |(key, (human, number), consent_type, event, source, dates, (tier, method))| {
                let (date, precision, expiration) = dates;
                What::Consent(ConsentStep {
                    key,
                    human,
                    number,
                    consent_type,
                    event,
                    source,
                    date,
                    precision,
                    expiration,
                    tier,
                    method,
                })
            },
        )
}

fn interact() -> impl Strategy<Value = What> {
    let kind = (of_term::<InteractionKind>(), of_term::<Direction>());
    (key(), subject(), kind, past(), any_text()).prop_map(
        |(key, (human, number), (kind, direction), started, outcome)| What::Interact {
            key,
            human,
            number,
            kind,
            direction,
            started,
            outcome,
        },
    )
}

fn load() -> impl Strategy<Value = What> {
    let content = prop_oneof![
        4 => usable_numbers().prop_map(Content::Full),
        5 => usable_numbers().prop_map(Content::Change),
        1 => usable_numbers().prop_map(Content::ChangeOfAnother),
    ];
    let into = prop_oneof![3 => Just(Registry::National), 1 => Just(Registry::Internal)];
    (into, -1..40_i64, content).prop_map(|(into, days_ago, content)| {
        What::Load(LoadStep {
            into,
            days_ago,
            content,
        })
    })
}

fn own_list() -> impl Strategy<Value = OwnList> {
    select(vec![OwnList::Internal, OwnList::Litigator])
}

fn rows() -> impl Strategy<Value = Vec<Row>> {
    let row = (
        weighted(0.9, 0..FIRST_NAMES.len()),
        weighted(0.5, 0..2_usize),
        weighted(0.7, 0..NUMBERS.len() - 1),
    );
    proptest::collection::btree_map(0..3_u8, row, 1..4).prop_map(|rows| {
        let rows = rows.into_iter();
        let row = |(key, (first, email, mobile))| Row {
            key,
            first,
            email,
            mobile,
        };
        rows.map(row).collect()
    })
}

fn add_human() -> impl Strategy<Value = What> {
    let fields = vec((0..8_usize, any_text()), 1..5);
    (key(), fields).prop_map(|(key, fields)| What::AddHuman { key, fields })
}

fn link() -> impl Strategy<Value = What> {
    let relationship = 0..RELATIONSHIPS.len();
    (place(), number(), relationship, any::<bool>()).prop_map(
        |(human, number, relationship, is_primary)| What::Link {
            human,
            number,
            relationship,
            is_primary,
        },
    )
}

/// Humans, numbers and what ties them.
fn contacts() -> impl Strategy<Value = What> {
    let edit_human = (place(), 0..8_usize, any_text())
        .prop_map(|(human, field, text)| What::EditHuman { human, field, text });
    let truth = || weighted(0.6, any::<bool>());
    let edit_link =
        (place(), truth(), truth()).prop_map(|(link, is_primary, verified)| What::EditLink {
            link,
            is_primary,
            verified,
        });
    let edit_interaction =
        (place(), any_text()).prop_map(|(interaction, outcome)| What::EditInteraction {
            interaction,
            outcome,
        });
    prop_oneof![
        3 => add_human(),
        5 => edit_human,
        2 => number().prop_map(What::AddNumber),
        2 => (number(), any_text()).prop_map(|(number, text)| What::EditNumber { number, text }),
        6 => link(),
        2 => edit_link,
        2 => place().prop_map(What::Unlink),
        4 => interact(),
        1 => edit_interaction,
    ]
}

/// What opens and closes records to others.
fn sharing() -> impl Strategy<Value = What> {
    prop_oneof![
        8 => grant(),
        2 => place().prop_map(What::Revoke),
        2 => consent(Just(0)),
        1 => link(),
    ]
}

/// What is agreed to and taken back.
fn consents() -> impl Strategy<Value = What> {
    let any_type = prop_oneof![2 => Just(3), 3 => 0..CONSENT_TYPES.len()];
    prop_oneof![
        10 => consent(any_type),
        1 => link(),
        1 => Just(What::Scrub),
    ]
}

/// Whom nobody may call.
fn lists() -> impl Strategy<Value = What> {
    let list =
        (own_list(), number(), past(), any_text()).prop_map(|(list, number, since, reason)| {
            What::List {
                list,
                number,
                since,
                reason,
            }
        });
    let answer =
        (number(), of_term::<ReassignedAnswer>(), past()).prop_map(|(number, answer, asked)| {
            What::Answer {
                number,
                answer,
                asked,
            }
        });
    prop_oneof![
        4 => list,
        3 => (own_list(), number()).prop_map(|(list, number)| What::Unlist { list, number }),
        5 => load(),
        1 => answer,
        1 => Just(What::Sync),
    ]
}

/// What comes from files and goes again, between what is done by hand.
fn files() -> impl Strategy<Value = What> {
    let runs_before_last = prop_oneof![3 => Just(0), 1 => 1..3_i64];
    prop_oneof![
        4 => rows().prop_map(What::Import),
        3 => runs_before_last.prop_map(|runs_before_last| What::Undo { runs_before_last }),
        1 => contacts(),
    ]
}

fn look() -> impl Strategy<Value = Look> {
    let channels = [
        ConsentChannel::Call,
        ConsentChannel::Sms,
        ConsentChannel::Email,
    ];
    let question = (select(channels.to_vec()), level(), 0..8_usize);
    (when(), place(), 0..NUMBERS.len(), 0..12_usize, question).prop_map(
        |(when, human, number, word, (channel, level, field))| Look {
            by: 0,
            when,
            human,
            number,
            word,
            channel,
            level,
            field,
        },
    )
}

/// What there must be for anything else to happen.
fn founding() -> impl Strategy<Value = What> {
    prop_oneof![
        3 => add_human(),
        2 => rows().prop_map(What::Import),
        2 => link(),
        2 => grant(),
        1 => load(),
    ]
}

/// A sequence of steps that begins with what the others need, and goes on with all kinds of them
/// or with one, so that these meet.
pub(super) fn steps() -> impl Strategy<Value = Vec<Step>> {
    prop_oneof![
        2 => sequence(|| {
            prop_oneof![contacts(), sharing(), consents(), lists(), files()].boxed()
        }),
        1 => sequence(|| contacts().boxed()),
        2 => sequence(|| sharing().boxed()),
        2 => sequence(|| consents().boxed()),
        1 => sequence(|| lists().boxed()),
        1 => sequence(|| files().boxed()),
    ]
}

fn sequence(what: impl Fn() -> BoxedStrategy<What>) -> impl Strategy<Value = Vec<Step>> {
    let founding = vec(step(founding()), 0..FOUNDING_STEPS_MAX);
    (founding, vec(step(what()), 1..STEPS_MAX))
        .prop_map(|(founding, rest)| [founding, rest].concat())
}

fn step(what: impl Strategy<Value = What>) -> impl Strategy<Value = Step> {
    let wait = prop_oneof![
        4 => Just(Wait::Nothing),
        2 => Just(Wait::Microsecond),
        3 => Just(Wait::Hour),
        1 => Just(Wait::Week),
        1 => Just(Wait::Quarter),
    ];
    // Whoever took the step looks more often than the others.
    let looks = prop_oneof![3 => Just(0), 4 => 1..TENANTS.len()];
    (tenant(), wait, what, looks, look()).prop_map(|(by, wait, what, looks, look)| Step {
        by,
        wait,
        what,
        look: Look {
            by: (by + looks) % TENANTS.len(),
            ..look
        },
    })
}
