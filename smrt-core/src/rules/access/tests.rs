//! The rules of access one by one, and what explanations promise.

use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::model::ConsentStatus;

fn tenant(number: u8) -> Id {
    Id::from_bytes([number; 16])
}

const OWNER: u8 = 1;
const VIEWER: u8 = 2;

fn record() -> Id {
    Id::from_bytes([200; 16])
}

fn field(name: &str) -> Field {
    Field::parse(EntityType::Human, name).unwrap()
}

/// A live grant of the owner to the viewer on the record.
fn grant(number: u8, level: AccessLevel) -> Grant {
    Grant {
        id: Id::from_bytes([number; 16]),
        grantee: tenant(VIEWER),
        grantor: tenant(OWNER),
        entity_type: EntityType::Human,
        record: Some(record()),
        field: None,
        level,
        created_at: Instant::from_micros(0),
        expires_at: None,
        revoked_at: None,
    }
}

fn type_wide(number: u8, level: AccessLevel) -> Grant {
    Grant {
        record: None,
        ..grant(number, level)
    }
}

fn consent(status: ConsentStatus, date: Option<i64>) -> SharingConsent {
    SharingConsent {
        status,
        date: date.map(Instant::from_micros),
        expires_at: None,
    }
}

fn facts<'f>(grants: &'f [Grant], consents: &'f [SharingConsent]) -> Facts<'f> {
    Facts {
        entity_type: EntityType::Human,
        id: record(),
        owner: tenant(OWNER),
        record_grants: grants,
        type_grants: &[],
        sharing_consents: consents,
        tie: None,
    }
}

fn level(grants: &[Grant], name: &str, at: i64) -> AccessLevel {
    let at = Instant::from_micros(at);
    evaluate(&facts(grants, &[]), tenant(VIEWER), at).level(field(name))
}

#[test]
fn nothing_said_is_none_and_the_owner_may_do_everything() {
    let at = Instant::from_micros(0);
    assert_eq!(
        evaluate(&facts(&[], &[]), tenant(VIEWER), at),
        RecordAccess::NONE
    );
    let own = evaluate(&facts(&[], &[]), tenant(OWNER), at);
    assert_eq!(own, RecordAccess::owner(EntityType::Human));
}

#[test]
fn a_grant_counts_from_its_making_up_to_the_microsecond_of_its_end() {
    let made = Grant {
        created_at: Instant::from_micros(5),
        expires_at: Some(Instant::from_micros(9)),
        ..grant(10, AccessLevel::Read)
    };
    let check = |at, expected| assert_eq!(level(&[made], "last_name", at), expected, "{at}");
    check(4, AccessLevel::None);
    check(5, AccessLevel::Read);
    check(8, AccessLevel::Read);
    check(9, AccessLevel::None);
    let revoked = Grant {
        revoked_at: Some(Instant::from_micros(7)),
        ..made
    };
    assert_eq!(level(&[revoked], "last_name", 6), AccessLevel::Read);
    assert_eq!(level(&[revoked], "last_name", 7), AccessLevel::None);
}

#[test]
fn the_most_specific_grant_decides_and_none_wins_among_equals() {
    use AccessLevel::{Admin, None, Read, Write};
    let on_field = |grant: Grant| Grant {
        field: Some(field("last_name")),
        ..grant
    };
    let check = |grants: &[Grant], expected| {
        assert_eq!(level(grants, "last_name", 0), expected);
        let mut reversed = grants.to_vec();
        reversed.reverse();
        assert_eq!(level(&reversed, "last_name", 0), expected, "in any order");
    };
    check(&[type_wide(10, Write), on_field(type_wide(11, Read))], Read);
    check(&[on_field(type_wide(10, Write)), grant(11, Read)], Read);
    check(&[grant(10, Write), on_field(grant(11, Read))], Read);
    check(&[grant(10, None), on_field(grant(11, Admin))], Admin);
    check(&[grant(10, Read), grant(11, Write)], Write);
    check(&[grant(10, Admin), grant(11, None)], None);
}

#[test]
fn a_type_wide_grant_covers_only_what_its_grantor_owns() {
    let others = Grant {
        grantor: tenant(9),
        ..type_wide(10, AccessLevel::Admin)
    };
    assert_eq!(level(&[others], "last_name", 0), AccessLevel::None);
}

#[test]
fn grants_in_a_circle_lift_nobody() {
    let circle = [
        Grant {
            grantor: tenant(3),
            ..grant(10, AccessLevel::Admin)
        },
        Grant {
            grantor: tenant(VIEWER),
            grantee: tenant(3),
            ..grant(11, AccessLevel::Admin)
        },
    ];
    assert_eq!(level(&circle, "last_name", 0), AccessLevel::None);
}

/// A chain of `admin` grants from the owner to the viewer over this many grants.
fn chain(length: u8) -> Vec<Grant> {
    let tenant_at = |place: u8| match place {
        0 => tenant(OWNER),
        place if place == length => tenant(VIEWER),
        place => tenant(50 + place),
    };
    (0..length)
        .map(|place| Grant {
            grantor: tenant_at(place),
            grantee: tenant_at(place + 1),
            ..grant(10 + place, AccessLevel::Admin)
        })
        .collect()
}

#[test]
fn a_chain_is_followed_as_far_as_it_may_be() {
    let max = u8::try_from(GRANT_CHAIN_MAX).unwrap();
    let may_pass_on = |grants: &[Grant]| {
        let at = Instant::from_micros(0);
        !may_pass_on(&facts(grants, &[]), tenant(VIEWER), at).is_empty()
    };
    assert_eq!(level(&chain(max), "last_name", 0), AccessLevel::Admin);
    assert!(may_pass_on(&chain(max)));
    // One further has the level, but what it grants counts for nothing.
    assert_eq!(level(&chain(max + 1), "last_name", 0), AccessLevel::Admin);
    assert!(!may_pass_on(&chain(max + 1)));
    assert_eq!(level(&chain(max + 2), "last_name", 0), AccessLevel::None);
}

#[test]
fn one_further_from_the_owner_cannot_lock_out_one_nearer() {
    let mut grants = chain(1);
    grants.extend([
        Grant {
            grantee: tenant(3),
            ..grant(20, AccessLevel::Admin)
        },
        Grant {
            grantor: tenant(3),
            field: Some(field("last_name")),
            ..grant(21, AccessLevel::None)
        },
    ]);
    assert_eq!(level(&grants, "last_name", 0), AccessLevel::Admin);
    let at = Instant::from_micros(0);
    let decision = explain(
        &facts(&grants, &[]),
        tenant(VIEWER),
        field("last_name"),
        AccessLevel::Read,
        at,
    );
    assert_eq!(
        decision.winner,
        Some(Winner::Grant(grant(10, AccessLevel::Admin).id))
    );
    let reasons: Vec<LossReason> = decision.losers.iter().map(|loser| loser.reason).collect();
    assert_eq!(reasons, [LossReason::FurtherFromOwner]);
}

#[test]
fn sensitive_fields_need_the_consent_of_the_human_and_the_say_over_them_does_not() {
    let grants = [grant(10, AccessLevel::Admin)];
    let at = Instant::from_micros(5);
    let check = |consents: &[SharingConsent], expected: AccessLevel| {
        let access = evaluate(&facts(&grants, consents), tenant(VIEWER), at);
        assert_eq!(access.level(field("email")), expected);
        assert_eq!(access.level(field("last_name")), AccessLevel::Admin);
        assert!(access.administrable.contains(field("email")));
    };
    use ConsentStatus::{Granted, Revoked};
    check(&[], AccessLevel::None);
    check(&[consent(Granted, Some(5))], AccessLevel::Admin);
    check(&[consent(Granted, Some(6))], AccessLevel::None);
    check(&[consent(Granted, None)], AccessLevel::Admin);
    check(
        &[consent(Granted, None), consent(Revoked, None)],
        AccessLevel::None,
    );
    check(
        &[consent(Granted, Some(1)), consent(Revoked, None)],
        AccessLevel::Admin,
    );
    check(
        &[consent(Granted, Some(4)), consent(Revoked, Some(4))],
        AccessLevel::None,
    );
}

#[test]
fn a_tie_shows_the_facts_of_a_number_and_nothing_else() {
    let number = Facts {
        entity_type: EntityType::PhoneNumber,
        tie: Some(Tie::Recorded),
        ..facts(&[], &[])
    };
    let access = evaluate(&number, tenant(VIEWER), Instant::from_micros(0));
    assert_eq!(access.readable, EntityType::PhoneNumber.facts());
    assert!(access.writable.is_empty());
}

#[test]
fn the_first_failing_condition_has_its_code() {
    let at = Instant::from_micros(5);
    let late = Instant::from_micros(9);
    let check = |grants: &[Grant], needed, code: &str| {
        let name = field("email");
        let decision = explain(&facts(grants, &[]), tenant(VIEWER), name, needed, at);
        assert_eq!(decision.failed.unwrap().code(), code);
    };
    let read = grant(10, AccessLevel::Read);
    check(&[], AccessLevel::Read, "no_grant");
    check(
        &[Grant {
            created_at: late,
            ..read
        }],
        AccessLevel::Read,
        "not_yet",
    );
    check(
        &[Grant {
            expires_at: Some(at),
            ..read
        }],
        AccessLevel::Read,
        "expired",
    );
    check(
        &[Grant {
            revoked_at: Some(at),
            ..read
        }],
        AccessLevel::Read,
        "revoked",
    );
    let from_nobody = Grant {
        grantor: tenant(9),
        ..read
    };
    check(&[from_nobody], AccessLevel::Read, "grantor_without_admin");
    check(&[grant(10, AccessLevel::None)], AccessLevel::Read, "denied");
    check(&[read], AccessLevel::Write, "level_too_low");
    check(&[read], AccessLevel::Read, "data_sharing_consent_missing");
}

fn any_grant() -> impl Strategy<Value = Grant> {
    let levels = vec![
        AccessLevel::None,
        AccessLevel::Read,
        AccessLevel::Write,
        AccessLevel::Admin,
    ];
    (
        (1..5_u8, 1..5_u8),
        select(levels),
        any::<bool>(),
        prop::option::of(select(vec!["last_name", "email"])),
        (
            0..4_i64,
            prop::option::weighted(0.2, 0..6_i64),
            prop::option::weighted(0.2, 0..6_i64),
        ),
    )
        .prop_map(
            |((from, to), level, on_record, name, (start, expiry, revoked))| Grant {
                grantor: tenant(from),
                grantee: tenant(to),
                record: on_record.then(record),
                field: name.map(field),
                created_at: Instant::from_micros(start),
                expires_at: expiry.map(Instant::from_micros),
                revoked_at: revoked.map(Instant::from_micros),
                ..grant(0, level)
            },
        )
}

fn any_grants() -> impl Strategy<Value = Vec<Grant>> {
    prop::collection::vec(any_grant(), 0..10).prop_map(|mut grants| {
        for (number, grant) in (10..).zip(&mut grants) {
            grant.id = Id::from_bytes([number; 16]);
        }
        grants
    })
}

/// Whether the answer is yes after these changes.
fn allowed_after(
    changes: &[Change],
    grants: &[Grant],
    (name, needed, at): (&str, AccessLevel, Instant),
) -> bool {
    let mut grants = grants.to_vec();
    let mut consents = Vec::new();
    for change in changes {
        match *change {
            Change::Grant {
                by,
                to,
                level,
                record,
                field,
            } => grants.push(Grant {
                grantor: by,
                grantee: to,
                record: Some(record),
                field: Some(field),
                created_at: at,
                ..grant(99, level)
            }),
            Change::Revoke { grant: id } => {
                let ended = grants.iter_mut().find(|grant| grant.id == id).unwrap();
                ended.revoked_at = Some(at);
            }
            Change::RecordConsent { .. } => {
                consents.push(consent(ConsentStatus::Granted, Some(at.as_micros())));
            }
        }
    }
    evaluate(&facts(&grants, &consents), tenant(VIEWER), at).level(field(name)) >= needed
}

proptest! {
    #[test]
    fn the_order_of_facts_does_not_matter(
        (grants, shuffled) in any_grants().prop_flat_map(|grants| {
            (Just(grants.clone()), Just(grants).prop_shuffle())
        }),
        at in 0..6_i64,
    ) {
        let at = Instant::from_micros(at);
        for viewer in 1..5 {
            prop_assert_eq!(
                evaluate(&facts(&grants, &[]), tenant(viewer), at),
                evaluate(&facts(&shuffled, &[]), tenant(viewer), at)
            );
        }
    }

    #[test]
    fn ending_a_grant_to_oneself_that_denies_nothing_never_gives_more(
        grants in any_grants(), ended in any::<prop::sample::Index>(), at in 0..6_i64,
    ) {
        // Only where nobody else holds anything: an `admin` lost may take a denial with it.
        let grants: Vec<Grant> = grants
            .into_iter()
            .map(|grant| Grant { grantor: tenant(OWNER), grantee: tenant(VIEWER), ..grant })
            .filter(|grant| grant.field.is_none() && grant.record.is_some())
            .collect();
        prop_assume!(!grants.is_empty());
        let at = Instant::from_micros(at);
        let place = ended.index(grants.len());
        prop_assume!(grants[place].level != AccessLevel::None);
        let mut fewer = grants.clone();
        fewer[place].revoked_at = Some(at);
        let readable = |grants: &[Grant]| {
            evaluate(&facts(grants, &[]), tenant(VIEWER), at)
        };
        let (before, after) = (readable(&grants), readable(&fewer));
        prop_assert!(before.readable.contains_all(after.readable));
        prop_assert!(before.writable.contains_all(after.writable));
        prop_assert!(before.administrable.contains_all(after.administrable));
    }

    #[test]
    fn the_remedy_makes_the_answer_yes_and_nothing_less_does(
        grants in any_grants(), at in 0..6_i64,
        name in select(vec!["last_name", "email"]),
        needed in select(vec![AccessLevel::Read, AccessLevel::Write, AccessLevel::Admin]),
    ) {
        let at = Instant::from_micros(at);
        let decision = explain(&facts(&grants, &[]), tenant(VIEWER), field(name), needed, at);
        let asked = (name, needed, at);
        prop_assert_eq!(decision.allowed, allowed_after(&[], &grants, asked));
        prop_assert_eq!(decision.allowed, decision.remedy.is_empty());
        prop_assert_eq!(decision.allowed, decision.failed.is_none());
        prop_assert!(allowed_after(&decision.remedy, &grants, asked));
        let sets = 1_usize << decision.remedy.len();
        for set in 0..sets - 1 {
            let some: Vec<Change> = decision.remedy.iter().enumerate()
                .filter(|(place, _)| set >> place & 1 == 1)
                .map(|(_, change)| *change)
                .collect();
            prop_assert!(!allowed_after(&some, &grants, asked));
        }
    }
}
