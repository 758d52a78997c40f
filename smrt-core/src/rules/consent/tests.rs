//! The ledger's answers, case by case, and what holds for all of them.

use proptest::prelude::*;

use super::*;

const HOUR: i64 = 3_600_000_000;

/// So many days and hours after 1970.
fn time(day: i64, hour: i64) -> Instant {
    Instant::from_micros(day * DAY_MICROS + hour * HOUR)
}

fn id(number: u8) -> Id {
    Id::from_bytes([number; 16])
}

const NUMBER: u8 = 200;
const OTHER_NUMBER: u8 = 201;

fn event(number: u8, kind: ConsentEvent, day: i64) -> LedgerEvent {
    LedgerEvent {
        id: id(number),
        event: kind,
        scope: scope("marketing_sms"),
        tier: Some(ConsentTier::Pewc),
        seller: None,
        number: Some(id(NUMBER)),
        acted_at: Some(time(day, 12)),
        precision: DatePrecision::Exact,
        recorded_at: time(day, 13),
        valid_until: None,
        origin: ConsentOrigin::Subject,
        fault: None,
    }
}

fn scope(text: &str) -> ConsentScope {
    ConsentScope::of(&crate::model::ConsentType::parse(text).unwrap()).unwrap()
}

fn granted(day: i64) -> LedgerEvent {
    event(1, ConsentEvent::Granted, day)
}

fn withdrawn(day: i64) -> LedgerEvent {
    event(2, ConsentEvent::Withdrawn, day)
}

fn key(channel: ConsentChannel, tier: ConsentTier) -> ConsentKey<'static> {
    ConsentKey {
        purpose: Purpose::Marketing,
        channel,
        tier,
        seller: None,
        number: Some(id(NUMBER)),
    }
}

const SMS: fn() -> ConsentKey<'static> = || key(ConsentChannel::Sms, ConsentTier::Pewc);

/// The word for a standing with the ids that decide it.
fn said(events: &[LedgerEvent], key: &ConsentKey<'_>, at: Instant, known_at: Instant) -> String {
    let first = |event: &LedgerEvent| event.id.as_bytes()[0];
    match standing(events, key, at, known_at) {
        ConsentStanding::Given(by) => format!("given {}", first(by)),
        ConsentStanding::Withdrawn(by, of) => match of {
            Some(of) => format!("withdrawn {} of {}", first(by), first(of)),
            None => format!("withdrawn {}", first(by)),
        },
        ConsentStanding::Expired(of) => format!("expired {}", first(of)),
        ConsentStanding::Void(of, fault) => format!("void {} {fault:?}", first(of)),
        ConsentStanding::OtherSeller(of) => format!("other seller {}", first(of)),
        ConsentStanding::OtherNumber(of) => format!("other number {}", first(of)),
        ConsentStanding::Reassigned(of) => format!("reassigned {}", first(of)),
        ConsentStanding::TooWeak(of) => format!("too weak {}", first(of)),
        ConsentStanding::Never => "never".to_owned(),
    }
}

/// Asks about a marketing text on day 100 with everything known.
fn check(events: &[LedgerEvent], expected: &str) {
    check_key(events, &SMS(), expected);
}

fn check_key(events: &[LedgerEvent], key: &ConsentKey<'_>, expected: &str) {
    let end = time(100, 0);
    assert_eq!(said(events, key, end, end), expected);
    let mut turned = events.to_vec();
    turned.reverse();
    assert_eq!(said(&turned, key, end, end), expected, "in another order");
}

#[test]
fn nothing_said_gives_nothing() {
    check(&[], "never");
}

#[test]
fn an_agreement_gives_until_it_is_withdrawn() {
    check(&[granted(10)], "given 1");
    check(&[granted(10), withdrawn(20)], "withdrawn 2 of 1");
    check(&[withdrawn(20)], "withdrawn 2");
    for kind in [
        ConsentEvent::Refused,
        ConsentEvent::Invalidated,
        ConsentEvent::Objected,
    ] {
        check(&[granted(10), event(2, kind, 20)], "withdrawn 2 of 1");
    }
}

#[test]
fn a_withdrawal_counts_from_the_microsecond_of_the_act() {
    let events = [granted(10), withdrawn(20)];
    let acted = time(20, 12);
    let before = Instant::from_micros(acted.as_micros() - 1);
    let known = time(100, 0);
    assert_eq!(said(&events, &SMS(), before, known), "given 1");
    assert_eq!(said(&events, &SMS(), acted, known), "withdrawn 2 of 1");
}

#[test]
fn what_was_not_known_yet_does_not_count() {
    let events = [granted(10), withdrawn(20)];
    let recorded = time(20, 13);
    let before = Instant::from_micros(recorded.as_micros() - 1);
    assert_eq!(said(&events, &SMS(), time(30, 0), before), "given 1");
    assert_eq!(
        said(&events, &SMS(), time(30, 0), recorded),
        "withdrawn 2 of 1"
    );
    assert_eq!(said(&events, &SMS(), time(30, 0), time(9, 0)), "never");
}

#[test]
fn an_older_agreement_that_comes_to_be_known_later_revives_nothing() {
    // Vector 57.
    let late = LedgerEvent {
        recorded_at: time(21, 0),
        ..granted(15)
    };
    check(&[withdrawn(20), late], "withdrawn 2 of 1");
}

#[test]
fn a_tie_goes_to_the_withdrawal() {
    check(&[granted(20), withdrawn(20)], "withdrawn 2 of 1");
    let later = LedgerEvent {
        acted_at: Some(Instant::from_micros(time(20, 12).as_micros() + 1)),
        ..granted(20)
    };
    check(&[later, withdrawn(20)], "given 1");
}

#[test]
fn an_undated_agreement_is_older_than_everything() {
    let undated = LedgerEvent {
        acted_at: None,
        recorded_at: time(50, 0),
        ..granted(0)
    };
    check(std::slice::from_ref(&undated), "given 1");
    check(&[undated, withdrawn(20)], "withdrawn 2 of 1");
}

#[test]
fn an_undated_withdrawal_is_as_old_as_its_recording() {
    let undated = LedgerEvent {
        acted_at: None,
        ..withdrawn(20)
    };
    check(&[granted(19), undated.clone()], "withdrawn 2 of 1");
    check(&[granted(21), undated.clone()], "given 1");
    let recorded = undated.recorded_at;
    let before = Instant::from_micros(recorded.as_micros() - 1);
    assert_eq!(
        said(&[granted(19), undated], &SMS(), before, time(100, 0)),
        "given 1"
    );
}

#[test]
fn what_is_dated_to_the_day_is_taken_at_its_worse_end() {
    let on_the_day = |kind: LedgerEvent| LedgerEvent {
        acted_at: kind
            .acted_at
            .map(|at| Instant::from_micros(at.as_micros() - 12 * HOUR)),
        precision: DatePrecision::Day,
        ..kind
    };
    // A withdrawal in the first microsecond of the day of the agreement.
    let at_midnight = LedgerEvent {
        acted_at: Some(time(20, 0)),
        ..withdrawn(20)
    };
    check(&[on_the_day(granted(20)), at_midnight], "withdrawn 2 of 1");
    let before_midnight = LedgerEvent {
        acted_at: Some(Instant::from_micros(time(20, 0).as_micros() - 1)),
        ..withdrawn(20)
    };
    check(&[on_the_day(granted(20)), before_midnight], "given 1");
    // An agreement in the last microsecond of the day of the withdrawal.
    let evening = LedgerEvent {
        acted_at: Some(Instant::from_micros(time(21, 0).as_micros() - 1)),
        ..granted(20)
    };
    check(&[evening, on_the_day(withdrawn(20))], "withdrawn 2 of 1");
    check(
        &[on_the_day(granted(21)), on_the_day(withdrawn(20))],
        "given 1",
    );
}

#[test]
fn after_a_withdrawal_only_the_subject_can_agree_again() {
    let again = event(3, ConsentEvent::Granted, 30);
    check(&[granted(10), withdrawn(20), again.clone()], "given 3");
    let reported = LedgerEvent {
        origin: ConsentOrigin::Reported,
        ..again
    };
    check(
        &[granted(10), withdrawn(20), reported.clone()],
        "withdrawn 2 of 3",
    );
    // Where nothing was withdrawn, a report is enough.
    check(&[reported], "given 3");
}

#[test]
fn after_an_objection_an_agreement_must_name_the_purpose() {
    let objected = event(2, ConsentEvent::Objected, 20);
    let again = event(3, ConsentEvent::Granted, 30);
    check(&[objected.clone(), again.clone()], "given 3");
    let broad = LedgerEvent {
        scope: ConsentScope::ALL,
        ..again.clone()
    };
    check(&[objected.clone(), broad.clone()], "withdrawn 2 of 3");
    // A plain withdrawal is taken back by it, an older objection is not.
    check(&[withdrawn(20), broad.clone()], "given 3");
    check(
        &[objected, event(4, ConsentEvent::Withdrawn, 25), broad],
        "withdrawn 2 of 3",
    );
}

#[test]
fn an_agreement_ends_at_the_instant_it_says() {
    let until = |end: Instant| LedgerEvent {
        valid_until: Some(end),
        ..granted(10)
    };
    check(&[until(time(100, 0))], "expired 1");
    check(
        &[until(Instant::from_micros(time(100, 0).as_micros() + 1))],
        "given 1",
    );
    check(
        &[granted(10), event(2, ConsentEvent::Expired, 20)],
        "expired 1",
    );
    // What ended by itself may be renewed on anybody's word.
    let renewed = LedgerEvent {
        origin: ConsentOrigin::Reported,
        ..event(3, ConsentEvent::Renewed, 30)
    };
    check(
        &[
            until(time(20, 0)),
            event(2, ConsentEvent::Expired, 20),
            renewed,
        ],
        "given 3",
    );
}

#[test]
fn void_evidence_gives_nothing() {
    // Vector 48.
    for fault in [EvidenceFault::Conditioned, EvidenceFault::PreTicked] {
        let void = LedgerEvent {
            fault: Some(fault),
            ..granted(10)
        };
        check(&[void], &format!("void 1 {fault:?}"));
    }
    for fault in [EvidenceFault::Unsigned, EvidenceFault::WordingUnknown] {
        let void = LedgerEvent {
            fault: Some(fault),
            ..granted(10)
        };
        check(std::slice::from_ref(&void), &format!("void 1 {fault:?}"));
        // It was voiced nevertheless.
        check_key(
            &[void],
            &key(ConsentChannel::Sms, ConsentTier::Pec),
            "given 1",
        );
    }
}

#[test]
fn an_agreement_is_with_the_seller_it_names() {
    // Vector 46.
    let with_x = LedgerEvent {
        seller: Some("x".into()),
        ..granted(10)
    };
    check(std::slice::from_ref(&with_x), "other seller 1");
    for (seller, expected) in [("x", "given 1"), ("y", "other seller 1")] {
        let key = ConsentKey {
            seller: Some(seller),
            ..SMS()
        };
        check_key(std::slice::from_ref(&with_x), &key, expected);
    }
    let key = ConsentKey {
        seller: Some("x"),
        ..SMS()
    };
    check_key(&[granted(10)], &key, "other seller 1");
}

#[test]
fn an_agreement_is_bound_to_its_number_where_the_channel_has_one() {
    let elsewhere = LedgerEvent {
        number: Some(id(OTHER_NUMBER)),
        ..granted(10)
    };
    check(std::slice::from_ref(&elsewhere), "other number 1");
    let mail = LedgerEvent {
        scope: scope("marketing"),
        ..elsewhere
    };
    let email = key(ConsentChannel::Email, ConsentTier::OptIn);
    check_key(&[mail], &email, "given 1");
    let unbound = LedgerEvent {
        number: None,
        ..granted(10)
    };
    // A written agreement names the number; a weaker one holds for each number of the human.
    check(std::slice::from_ref(&unbound), "other number 1");
    check_key(
        &[unbound],
        &key(ConsentChannel::Sms, ConsentTier::Pec),
        "given 1",
    );
    let of_human = ConsentKey {
        number: None,
        ..key(ConsentChannel::Sms, ConsentTier::Pec)
    };
    check_key(&[granted(10)], &of_human, "other number 1");
}

#[test]
fn a_number_that_went_to_somebody_else_takes_its_agreements_along() {
    let moved = event(2, ConsentEvent::Reassigned, 20);
    check(&[granted(10), moved.clone()], "reassigned 1");
    check(&[granted(20), moved.clone()], "reassigned 1");
    check(
        &[
            granted(10),
            moved.clone(),
            event(3, ConsentEvent::Granted, 30),
        ],
        "given 3",
    );
    let elsewhere = LedgerEvent {
        number: Some(id(OTHER_NUMBER)),
        ..moved.clone()
    };
    check(&[granted(10), elsewhere], "given 1");
    let of_human = LedgerEvent {
        number: None,
        ..granted(10)
    };
    let pec = key(ConsentChannel::Sms, ConsentTier::Pec);
    check_key(&[of_human, moved.clone()], &pec, "given 1");
    let end = time(100, 0);
    let events = [granted(10), moved];
    assert_eq!(
        reassignment(&events, id(NUMBER), end, end),
        Some(&events[1])
    );
    assert_eq!(reassignment(&events, id(NUMBER), time(19, 0), end), None);
    assert_eq!(reassignment(&events, id(OTHER_NUMBER), end, end), None);
}

#[test]
fn a_weaker_tier_is_not_enough() {
    // Vector 37.
    for tier in [Some(ConsentTier::Pec), Some(ConsentTier::OptIn), None] {
        let agreed = LedgerEvent {
            tier,
            ..granted(10)
        };
        check(std::slice::from_ref(&agreed), "too weak 1");
        check_key(
            &[agreed],
            &key(ConsentChannel::Sms, ConsentTier::Pec),
            "given 1",
        );
    }
    let implied = LedgerEvent {
        tier: Some(ConsentTier::Implied),
        ..granted(10)
    };
    check_key(
        &[implied],
        &key(ConsentChannel::Sms, ConsentTier::Pec),
        "too weak 1",
    );
}

#[test]
fn agreements_never_widen_and_withdrawals_do() {
    let agreed = |text: &str| LedgerEvent {
        scope: scope(text),
        ..granted(10)
    };
    let taken = |text: &str| LedgerEvent {
        scope: scope(text),
        ..withdrawn(20)
    };
    for (text, expected) in [
        ("marketing_call", "never"),
        ("informational_sms", "never"),
        ("marketing_sms", "given 1"),
        ("contact_sms", "given 1"),
        ("marketing", "given 1"),
        ("contact", "given 1"),
    ] {
        check(&[agreed(text)], expected);
    }
    for (text, expected) in [
        ("marketing_call", "given 1"),
        ("informational", "given 1"),
        ("marketing", "withdrawn 2 of 1"),
        ("contact", "withdrawn 2 of 1"),
        ("contact_sms", "withdrawn 2 of 1"),
    ] {
        check(&[agreed("contact"), taken(text)], expected);
    }
    // Who does not want calls does not want machines to call; the reverse is not said.
    let auto = key(ConsentChannel::AutoCall, ConsentTier::Pewc);
    check_key(
        &[agreed("marketing"), taken("marketing_call")],
        &auto,
        "withdrawn 2 of 1",
    );
    check_key(&[agreed("marketing_call")], &auto, "never");
    let call = key(ConsentChannel::Call, ConsentTier::Pewc);
    check_key(
        &[agreed("marketing"), taken("marketing_auto_call")],
        &call,
        "given 1",
    );
}

#[test]
fn the_most_telling_reason_is_given() {
    let void = LedgerEvent {
        fault: Some(EvidenceFault::PreTicked),
        ..event(11, ConsentEvent::Granted, 10)
    };
    let seller = LedgerEvent {
        seller: Some("x".into()),
        ..event(12, ConsentEvent::Granted, 11)
    };
    let number = LedgerEvent {
        number: Some(id(OTHER_NUMBER)),
        ..event(13, ConsentEvent::Granted, 12)
    };
    let moved = event(14, ConsentEvent::Granted, 13);
    let moving = event(15, ConsentEvent::Reassigned, 14);
    let expired = LedgerEvent {
        valid_until: Some(time(20, 0)),
        ..event(16, ConsentEvent::Granted, 15)
    };
    let weak = LedgerEvent {
        tier: Some(ConsentTier::Pec),
        ..event(17, ConsentEvent::Granted, 16)
    };
    let withdrawal = event(10, ConsentEvent::Withdrawn, 5);
    let all = [
        withdrawal, void, seller, number, moved, moving, expired, weak,
    ];
    for (left_out, expected) in [
        "withdrawn 10",
        "void 11 PreTicked",
        "other seller 12",
        "other number 13",
        "reassigned 14",
    ]
    .into_iter()
    .enumerate()
    {
        check(&all[left_out..], expected);
    }
    check(&all[6..], "expired 16");
    check(&all[7..], "too weak 17");
}

#[test]
fn a_withdrawal_stands_until_the_subject_takes_it_back() {
    let end = time(100, 0);
    let stands = |events: &[LedgerEvent], key: &ConsentKey<'_>, reach| {
        withdrawal(events, key, reach, end, end).map(|event| event.id.as_bytes()[0])
    };
    let scope_of = |event: LedgerEvent, text: &str| LedgerEvent {
        scope: scope(text),
        ..event
    };
    let sms = SMS();
    assert_eq!(stands(&[granted(10)], &sms, Reach::Scope), None);
    assert_eq!(
        stands(&[granted(10), withdrawn(20)], &sms, Reach::Scope),
        Some(2)
    );
    let again = event(3, ConsentEvent::Granted, 30);
    assert_eq!(
        stands(&[withdrawn(20), again.clone()], &sms, Reach::Scope),
        None
    );
    // In whatever form, but by the subject and still standing.
    let spoken = LedgerEvent {
        tier: Some(ConsentTier::Pec),
        ..again.clone()
    };
    assert_eq!(stands(&[withdrawn(20), spoken], &sms, Reach::Scope), None);
    let reported = LedgerEvent {
        origin: ConsentOrigin::Reported,
        ..again.clone()
    };
    assert_eq!(
        stands(&[withdrawn(20), reported], &sms, Reach::Scope),
        Some(2)
    );
    let over = LedgerEvent {
        valid_until: Some(time(40, 0)),
        ..again
    };
    assert_eq!(stands(&[withdrawn(20), over], &sms, Reach::Scope), Some(2));

    // Vector 62: a STOP to a reminder.
    let reminder = scope_of(withdrawn(20), "informational_sms");
    assert_eq!(
        stands(std::slice::from_ref(&reminder), &sms, Reach::Scope),
        None
    );
    assert_eq!(
        stands(std::slice::from_ref(&reminder), &sms, Reach::Telephone),
        Some(2)
    );
    let call = key(ConsentChannel::Call, ConsentTier::Pec);
    assert_eq!(
        stands(std::slice::from_ref(&reminder), &call, Reach::Telephone),
        None
    );
    let auto = key(ConsentChannel::AutoCall, ConsentTier::Pec);
    assert_eq!(stands(&[reminder], &auto, Reach::Telephone), Some(2));
    let by_mail = scope_of(withdrawn(20), "marketing_email");
    assert_eq!(stands(&[by_mail], &sms, Reach::Telephone), None);
    let refused = scope_of(event(2, ConsentEvent::Refused, 20), "informational_sms");
    assert_eq!(stands(&[refused], &sms, Reach::Telephone), None);
    // An objection is asked for by its own name.
    assert_eq!(
        stands(&[event(2, ConsentEvent::Objected, 20)], &sms, Reach::Scope),
        None
    );
}

#[test]
fn an_objection_stands_until_the_purpose_is_named_again() {
    // Vector 81.
    let end = time(100, 0);
    let stands = |events: &[LedgerEvent]| objection(events, &SMS(), end, end).is_some();
    let objected = LedgerEvent {
        scope: scope("marketing"),
        ..event(2, ConsentEvent::Objected, 20)
    };
    assert!(stands(&[granted(10), objected.clone()]));
    assert!(!stands(&[granted(10), withdrawn(20)]));
    assert!(!stands(&[
        objected.clone(),
        event(3, ConsentEvent::Granted, 30)
    ]));
    let broad = LedgerEvent {
        scope: ConsentScope::ALL,
        ..event(3, ConsentEvent::Granted, 30)
    };
    assert!(stands(&[objected.clone(), broad]));
    let of_calls = LedgerEvent {
        scope: scope("marketing_call"),
        ..objected
    };
    assert!(!stands(&[of_calls]));
}

#[test]
fn processing_is_restricted_until_something_newer_lifts_it() {
    // Vector 83.
    let end = time(100, 0);
    let is_restricted = |events: &[LedgerEvent]| restriction(events, end, end).is_some();
    assert!(!is_restricted(&[]));
    assert!(!is_restricted(&[granted(10)]));
    assert!(is_restricted(&[granted(10), withdrawn(20)]));
    assert!(is_restricted(&[granted(20), withdrawn(20)]));
    let lifted = LedgerEvent {
        origin: ConsentOrigin::Reported,
        ..granted(21)
    };
    assert!(!is_restricted(&[lifted.clone(), withdrawn(20)]));
    assert!(restriction(&[lifted, withdrawn(20)], time(20, 12), end).is_some());
    assert!(restriction(&[withdrawn(20)], time(20, 11), end).is_none());
}

fn any_event() -> impl Strategy<Value = LedgerEvent> {
    let words = prop::sample::select(vec![
        "contact",
        "contact_sms",
        "marketing",
        "marketing_sms",
        "marketing_call",
        "informational_sms",
    ]);
    let tier = prop::option::of(prop::sample::select(ConsentTier::ALL.to_vec()));
    let what = (
        any::<u8>(),
        prop::sample::select(ConsentEvent::ALL.to_vec()),
        words,
        tier,
    );
    let whom = (
        prop::option::weighted(0.2, Just("x".to_owned())),
        prop::option::of(prop::sample::select(vec![id(NUMBER), id(OTHER_NUMBER)])),
    );
    let when = (
        prop::option::weighted(0.9, (0_i64..6, 0_i64..24)),
        prop::bool::ANY,
        (0_i64..6, 0_i64..24),
        prop::option::weighted(0.3, 0_i64..12),
    );
    let proof = (
        prop::sample::select(vec![ConsentOrigin::Subject, ConsentOrigin::Reported]),
        prop::option::weighted(
            0.2,
            prop::sample::select(vec![EvidenceFault::PreTicked, EvidenceFault::Unsigned]),
        ),
    );
    (what, whom, when, proof).prop_map(|(what, whom, when, proof)| LedgerEvent {
        id: id(what.0),
        event: what.1,
        scope: scope(what.2),
        tier: what.3,
        seller: whom.0,
        number: whom.1,
        acted_at: when.0.map(|(day, hour)| time(day, hour)),
        precision: match when.1 {
            true => DatePrecision::Day,
            false => DatePrecision::Exact,
        },
        recorded_at: time(when.2.0, when.2.1),
        valid_until: when.3.map(|day| time(day, 0)),
        origin: proof.0,
        fault: proof.1,
    })
}

fn any_key() -> impl Strategy<Value = ConsentKey<'static>> {
    (
        prop::sample::select(vec![
            ConsentChannel::Call,
            ConsentChannel::AutoCall,
            ConsentChannel::Sms,
            ConsentChannel::Email,
        ]),
        prop::sample::select(ConsentTier::ALL.to_vec()),
        prop::option::weighted(0.8, Just(id(NUMBER))),
    )
        .prop_map(|(channel, tier, number)| ConsentKey {
            number,
            ..key(channel, tier)
        })
}

fn is_given(standing: ConsentStanding<'_>) -> bool {
    matches!(standing, ConsentStanding::Given(_))
}

proptest! {
    #[test]
    fn the_order_of_events_does_not_matter(
        events in prop::collection::vec(any_event(), 0..7).prop_shuffle(),
        turned in any::<prop::sample::Index>(),
        key in any_key(),
        at in 0_i64..8,
        known_at in 0_i64..8,
    ) {
        let (at, known_at) = (time(at, 0), time(known_at, 0));
        let mut other = events.clone();
        if !other.is_empty() {
            let by = turned.index(other.len());
            other.rotate_left(by);
        }
        // Events of one id are one event; these are made up, so what they say is compared.
        let first = said(&events, &key, at, known_at);
        let second = said(&other, &key, at, known_at);
        prop_assert_eq!(first.split(' ').next(), second.split(' ').next());
    }

    #[test]
    fn whatever_ends_agreements_never_gives_one(
        mut events in prop::collection::vec(any_event(), 0..7),
        mut ending in any_event(),
        kind in prop::sample::select(vec![
            ConsentEvent::Withdrawn,
            ConsentEvent::Refused,
            ConsentEvent::Invalidated,
            ConsentEvent::Objected,
            ConsentEvent::Expired,
            ConsentEvent::Reassigned,
        ]),
        key in any_key(),
        at in 0_i64..8,
        known_at in 0_i64..8,
    ) {
        let (at, known_at) = (time(at, 0), time(known_at, 0));
        let before = is_given(standing(&events, &key, at, known_at));
        let stood = withdrawal(&events, &key, Reach::Telephone, at, known_at).is_some();
        let objected = objection(&events, &key, at, known_at).is_some();
        ending.event = kind;
        events.push(ending);
        prop_assert!(before || !is_given(standing(&events, &key, at, known_at)));
        prop_assert!(!stood || withdrawal(&events, &key, Reach::Telephone, at, known_at).is_some());
        prop_assert!(!objected || objection(&events, &key, at, known_at).is_some());
    }

    #[test]
    fn taking_an_agreement_away_never_gives_one(
        mut events in prop::collection::vec(any_event(), 1..7),
        which in any::<prop::sample::Index>(),
        key in any_key(),
        at in 0_i64..8,
        known_at in 0_i64..8,
    ) {
        let (at, known_at) = (time(at, 0), time(known_at, 0));
        let before = is_given(standing(&events, &key, at, known_at));
        let position = which.index(events.len());
        prop_assume!(events[position].event.status() == crate::model::ConsentStatus::Granted);
        events.remove(position);
        prop_assert!(before || !is_given(standing(&events, &key, at, known_at)));
    }

    #[test]
    fn when_things_came_to_be_known_does_not_matter_once_they_are(
        events in prop::collection::vec(any_event(), 0..7),
        key in any_key(),
        at in 0_i64..8,
    ) {
        let (at, known_at) = (time(at, 0), time(100, 0));
        let dated: Vec<LedgerEvent> = events
            .iter()
            .filter(|event| event.acted_at.is_some())
            .cloned()
            .collect();
        let later: Vec<LedgerEvent> = dated
            .iter()
            .map(|event| LedgerEvent { recorded_at: time(50, 0), ..event.clone() })
            .collect();
        let said = |events: &[LedgerEvent]| is_given(standing(events, &key, at, known_at));
        prop_assert_eq!(said(&dated), said(&later));
    }

    #[test]
    fn a_given_agreement_covers_the_question(
        events in prop::collection::vec(any_event(), 0..7),
        key in any_key(),
        at in 0_i64..8,
        known_at in 0_i64..8,
    ) {
        let (at, known_at) = (time(at, 0), time(known_at, 0));
        if let ConsentStanding::Given(by) = standing(&events, &key, at, known_at) {
            prop_assert!(by.recorded_at <= known_at);
            prop_assert!(by.acted_at.is_none_or(|acted_at| acted_at <= at));
            prop_assert!(by.tier_or_least().satisfies(key.tier));
            prop_assert_eq!(by.event.status(), crate::model::ConsentStatus::Granted);
            // What is only implied is no answer to a withdrawal, which then forbids in spite of it.
            if by.tier_or_least().satisfies(ConsentTier::OptIn) {
                prop_assert!(withdrawal(&events, &key, Reach::Scope, at, known_at).is_none());
            }
            prop_assert!(objection(&events, &key, at, known_at).is_none());
        }
    }
}
