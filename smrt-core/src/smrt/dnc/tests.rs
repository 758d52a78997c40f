//! Loads in any order, by two tenants, against sets.

use std::collections::BTreeSet;

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::model::{AreaCodes, Instant, NumberSet, RegistryKind};
use crate::phone::E164;
use crate::smrt::doc::store;
use crate::smrt::{Smrt, SmrtError, TenantSession};

const TENANTS: [&str; 2] = ["acme", "beta"];
const DAY_MICROS: i64 = 86_400_000_000;
/// 2026-01-01T00:00:00Z.
const FIRST_DAY_MICROS: i64 = 1_767_225_600_000_000;

/// Numbers of five blocks and three area codes.
const POOL: [u64; 12] = [
    13_035_550_100,
    13_035_550_101,
    13_035_550_102,
    13_035_560_100,
    13_035_560_101,
    17_205_550_100,
    17_205_550_101,
    17_205_560_100,
    12_025_550_100,
    12_025_550_101,
    12_025_550_102,
    12_025_550_103,
];

fn day(day: usize) -> Instant {
    Instant::from_micros(FIRST_DAY_MICROS + day as i64 * DAY_MICROS)
}

fn number(digits: u64) -> E164 {
    E164::from_digits(digits).unwrap()
}

fn set(numbers: &BTreeSet<u64>) -> NumberSet {
    numbers.iter().map(|digits| number(*digits)).collect()
}

fn national() -> DncRegistryKey {
    DncRegistryKey::new(RegistryKind::National, "US".parse().ok(), None).unwrap()
}

fn session<'s>(smrt: &'s mut Smrt, tenant: &str) -> TenantSession<'s> {
    smrt.tenant(tenant)
        .unwrap()
        .acting_as("tester".parse().unwrap())
}

fn new_load(content: &str, codes: &AreaCodes, version_date: Instant) -> NewDncLoad {
    NewDncLoad {
        registry: national(),
        base: None,
        version_date: Some(version_date),
        obtained_at: None,
        area_codes: Some(codes.clone()),
        subscription_id: None,
        source_digest: content.to_owned(),
        rows_read: 1,
        rows_rejected: 0,
        shrinkage: Shrinkage::Any,
    }
}

fn load(
    session: &mut TenantSession<'_>,
    new: &NewDncLoad,
    content: &DncContent,
    at: Instant,
) -> Result<DncPlan, SmrtError> {
    let planned = session.plan_dnc_load(new, content, at)?;
    let mut load = session.begin_dnc_load(new, content, at)?;
    assert_eq!(load.plan(), &planned);
    while load.next_block().is_some() {
        session.write_dnc_blocks(&mut load, content, at)?;
    }
    session.finish_dnc_load(load, at)
}

/// What a tenant obtained, as a set.
#[derive(Debug, Clone)]
struct Obtained {
    on_day: usize,
    version_date: Instant,
    codes: AreaCodes,
    numbers: BTreeSet<u64>,
    content: String,
}

/// What a registry should say of a number: whether it is covered, and since when it is listed.
fn expected(held: &[Obtained], digits: u64, on_day: usize) -> Option<(bool, Option<Instant>)> {
    let known: Vec<&Obtained> = held.iter().filter(|held| held.on_day <= on_day).collect();
    if known.is_empty() {
        return None;
    }
    let covering: Vec<&&Obtained> = known
        .iter()
        .rev()
        .filter(|held| held.codes.cover(number(digits)))
        .collect();
    let listed = covering
        .iter()
        .take_while(|held| held.numbers.contains(&digits));
    Some((
        !covering.is_empty(),
        listed.last().map(|held| held.version_date),
    ))
}

#[derive(Debug, Clone)]
struct Step {
    tenant: usize,
    codes: &'static str,
    added: u16,
    removed: u16,
    kind: StepKind,
}

#[derive(Debug, Clone, Copy)]
enum StepKind {
    Full,
    Change,
    /// Interrupted after so many batches, and given up.
    GivenUp(usize),
    /// Interrupted after so many batches, and resumed.
    Resumed(usize),
}

fn any_step() -> impl Strategy<Value = Step> {
    let kind = prop_oneof![
        3 => Just(StepKind::Full),
        3 => Just(StepKind::Change),
        1 => (0..3usize).prop_map(StepKind::GivenUp),
        2 => (0..3usize).prop_map(StepKind::Resumed),
    ];
    let codes = prop_oneof![Just("all"), Just("303"), Just("303,720")];
    (0..2usize, codes, 0..4_096u16, 0..4_096u16, kind).prop_map(
        |(tenant, codes, added, removed, kind)| Step {
            tenant,
            codes,
            added,
            removed,
            kind,
        },
    )
}

fn picked(mask: u16, codes: &AreaCodes) -> BTreeSet<u64> {
    let picked = POOL
        .iter()
        .enumerate()
        .filter(|(place, _)| mask & (1 << place) != 0);
    picked
        .map(|(_, digits)| *digits)
        .filter(|digits| codes.cover(number(*digits)))
        .collect()
}

/// Takes a step on the store and in the model.
fn take(smrt: &mut Smrt, held: &mut [Vec<Obtained>; 2], step: &Step, on_day: usize) {
    let at = day(on_day);
    let mine = &mut held[step.tenant];
    let mut session = session(smrt, TENANTS[step.tenant]);
    session.discard_dnc_load(&national(), at).unwrap();
    let mut codes: AreaCodes = step.codes.parse().unwrap();
    let version_date = day(on_day / 2 * 2);
    let (new, content, numbers) = match (step.kind, mine.last()) {
        (StepKind::Change, None) => return,
        (StepKind::Change, Some(base)) => {
            codes = base.codes.clone();
            let added = &picked(step.added, &codes) - &base.numbers;
            let removed = &picked(step.removed, &codes) & &base.numbers;
            if added.is_empty() && removed.is_empty() {
                return;
            }
            let digest = format!("{added:?} {removed:?}");
            let new = NewDncLoad {
                base: Some(base.version_date),
                area_codes: None,
                ..new_load(&digest, &codes, version_date)
            };
            let content = DncContent::Change {
                added: set(&added),
                removed: set(&removed),
                revised: 0,
            };
            (new, content, &(&base.numbers | &added) - &removed)
        }
        (StepKind::Full | StepKind::GivenUp(_) | StepKind::Resumed(_), _) => {
            let numbers = picked(step.added, &codes);
            if numbers.is_empty() {
                return;
            }
            let new = new_load(&format!("{numbers:?}"), &codes, version_date);
            (new, DncContent::Full(set(&numbers)), numbers)
        }
    };
    if let StepKind::GivenUp(batches) | StepKind::Resumed(batches) = step.kind {
        let mut load = session.begin_dnc_load(&new, &content, at).unwrap();
        for _ in 0..batches {
            session.write_dnc_blocks(&mut load, &content, at).unwrap();
        }
    }
    if matches!(step.kind, StepKind::GivenUp(_)) {
        return;
    }
    let before = mine.iter().rev().flat_map(|held| {
        held.numbers
            .iter()
            .map(|digits| (*digits, held))
            .collect::<Vec<_>>()
    });
    let before: BTreeSet<u64> = before
        .filter(|(digits, held)| {
            let mut covering = mine
                .iter()
                .rev()
                .filter(|held| held.codes.cover(number(*digits)));
            covering
                .next()
                .is_some_and(|newest| std::ptr::eq(newest, *held))
        })
        .map(|(digits, _)| digits)
        .filter(|digits| codes.cover(number(*digits)))
        .collect();
    let plan = load(&mut session, &new, &content, at).unwrap();
    let is_same = |held: &&Obtained| {
        held.content == new.source_digest
            && held.version_date == version_date
            && held.codes == codes
    };
    if mine.iter().any(|held| is_same(&held)) {
        assert_eq!(plan.step, DncStep::Held);
        return;
    }
    assert_eq!(plan.numbers, numbers.len() as u64);
    assert_eq!(plan.added, (&numbers - &before).len() as u64);
    assert_eq!(plan.removed, (&before - &numbers).len() as u64);
    mine.push(Obtained {
        on_day,
        version_date,
        codes,
        numbers,
        content: new.source_digest,
    });
}

fn assert_answers(smrt: &mut Smrt, held: &[Vec<Obtained>; 2], today: usize) {
    let numbers: Vec<E164> = POOL.iter().map(|digits| number(*digits)).collect();
    for (tenant, held) in TENANTS.iter().zip(held) {
        let mut session = session(smrt, tenant);
        for on_day in 0..=today {
            let facts = session
                .check_dnc(&numbers, day(on_day), day(today))
                .unwrap();
            for (digits, facts) in POOL.iter().zip(facts) {
                let said = facts
                    .registries
                    .first()
                    .map(|fact| (fact.covered, fact.listed_since));
                let want = expected(held, *digits, on_day);
                assert_eq!(said, want, "{tenant}, day {on_day} of {today}, {digits}");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_tenant_sees_what_it_obtained_itself_as_of_every_instant(steps in vec(any_step(), 1..10)) {
        let mut smrt = store().unwrap();
        let mut held = [Vec::new(), Vec::new()];
        for (on_day, step) in (1..).zip(&steps) {
            // The example store's tenants were added later than these days.
            take(&mut smrt, &mut held, step, on_day);
            assert_answers(&mut smrt, &held, on_day);
        }
        prop_assert!(smrt.check().unwrap().is_sound());
    }
}

fn full(numbers: &[u64]) -> DncContent {
    DncContent::Full(set(&numbers.iter().copied().collect()))
}

#[test]
fn a_load_of_another_list_waits_for_the_one_that_was_interrupted() {
    let mut smrt = store().unwrap();
    let mut acme = session(&mut smrt, "acme");
    let first = new_load("first", &AreaCodes::All, day(1));
    acme.begin_dnc_load(&first, &full(&POOL), day(1)).unwrap();
    let second = new_load("second", &AreaCodes::All, day(1));
    let refused = acme
        .begin_dnc_load(&second, &full(&POOL), day(1))
        .unwrap_err();
    assert_eq!(refused.code(), "load_unfinished");
    let resumed = acme.begin_dnc_load(&first, &full(&POOL), day(2)).unwrap();
    assert_eq!(resumed.plan().step, DncStep::Resume);
    // Another tenant neither waits for it nor learns of it.
    let mut beta = session(&mut smrt, "beta");
    let plan = load(&mut beta, &second, &full(&POOL[..1]), day(2)).unwrap();
    assert_eq!(
        (plan.step, plan.version, plan.added, plan.held),
        (DncStep::Load, 1, 1, None)
    );
}

#[test]
fn a_change_list_needs_the_version_it_begins_with() {
    let mut smrt = store().unwrap();
    let mut acme = session(&mut smrt, "acme");
    let change = |digest: &str, base: usize, date: usize| NewDncLoad {
        base: Some(day(base)),
        area_codes: None,
        ..new_load(digest, &AreaCodes::All, day(date))
    };
    let content = |added: &[u64], removed: &[u64]| DncContent::Change {
        added: set(&added.iter().copied().collect()),
        removed: set(&removed.iter().copied().collect()),
        revised: 0,
    };
    let first = content(&POOL[4..5], &POOL[..1]);
    let refused = load(&mut acme, &change("a", 1, 2), &first, day(5)).unwrap_err();
    assert_eq!(refused.code(), "change_base_unknown");
    load(
        &mut acme,
        &new_load("full", &AreaCodes::All, day(1)),
        &full(&POOL[..4]),
        day(5),
    )
    .unwrap();
    load(&mut acme, &change("a", 1, 2), &first, day(5)).unwrap();
    // Twice is once.
    let again = load(&mut acme, &change("a", 1, 2), &first, day(5)).unwrap();
    assert_eq!((again.step, again.version), (DncStep::Held, 2));
    let refused = load(&mut acme, &change("b", 1, 3), &first, day(5)).unwrap_err();
    assert_eq!(refused.code(), "change_base_wrong");
    assert!(refused.to_string().contains("`2026-01-03`"), "{refused}");
    // What it removes is not there, so it was made for another version.
    let refused = load(&mut acme, &change("b", 2, 3), &first, day(5)).unwrap_err();
    assert_eq!(refused.code(), "change_not_of_base");
}

#[test]
fn a_list_that_shrinks_must_be_meant_to() {
    let mut smrt = store().unwrap();
    let mut acme = session(&mut smrt, "acme");
    let cautious = |digest: &str, date| NewDncLoad {
        shrinkage: Shrinkage::Little,
        ..new_load(digest, &AreaCodes::All, day(date))
    };
    let many: BTreeSet<u64> = (0..1_000).map(|n| 13_035_550_000 + n).collect();
    let fewer: BTreeSet<u64> = many.iter().copied().take(799).collect();
    load(
        &mut acme,
        &cautious("many", 1),
        &DncContent::Full(set(&many)),
        day(3),
    )
    .unwrap();
    let fewer = DncContent::Full(set(&fewer));
    let refused = load(&mut acme, &cautious("fewer", 2), &fewer, day(3)).unwrap_err();
    assert_eq!(refused.code(), "list_shrinks");
    load(
        &mut acme,
        &new_load("fewer", &AreaCodes::All, day(2)),
        &fewer,
        day(3),
    )
    .unwrap();
}

#[test]
fn an_internal_list_forgets_nobody_and_a_removal_is_not_undone_by_the_same_file() {
    let mut smrt = store().unwrap();
    let mut acme = session(&mut smrt, "acme");
    let internal = DncRegistryKey::new(RegistryKind::Internal, None, None).unwrap();
    let list = |digest: &str| NewDncLoad {
        registry: internal.clone(),
        version_date: None,
        area_codes: None,
        ..new_load(digest, &AreaCodes::All, day(1))
    };
    load(&mut acme, &list("a"), &full(&POOL[..2]), day(1)).unwrap();
    load(&mut acme, &list("b"), &full(&POOL[2..3]), day(2)).unwrap();
    let listed = |session: &mut TenantSession<'_>, on_day| -> Vec<usize> {
        let numbers: Vec<E164> = POOL[..4].iter().map(|digits| number(*digits)).collect();
        let facts = session.check_dnc(&numbers, day(on_day), day(9)).unwrap();
        facts.iter().map(|facts| facts.listings.len()).collect()
    };
    assert_eq!(listed(&mut acme, 2), [1, 1, 1, 0]);
    assert_eq!(
        acme.remove_dnc_entries(&internal, &[number(POOL[0])], day(3))
            .unwrap(),
        1
    );
    assert_eq!(
        acme.remove_dnc_entries(&internal, &[number(POOL[0])], day(3))
            .unwrap(),
        0
    );
    assert_eq!(
        (listed(&mut acme, 2), listed(&mut acme, 3)),
        (vec![1, 1, 1, 0], vec![0, 1, 1, 0])
    );
    assert_eq!(
        load(&mut acme, &list("a"), &full(&POOL[..2]), day(4))
            .unwrap()
            .step,
        DncStep::Held
    );
    assert_eq!(listed(&mut acme, 4), [0, 1, 1, 0]);
    let mut beta = session(&mut smrt, "beta");
    assert_eq!(listed(&mut beta, 4), [0, 0, 0, 0]);
    assert!(beta.dnc_registries(day(4)).unwrap().is_empty());
}

#[test]
fn each_tenant_keeps_its_own_status_of_a_number_that_both_have() {
    let mut smrt = store().unwrap();
    let at = crate::smrt::doc::now();
    let shared = number(POOL[0]);
    let status = |smrt: &mut Smrt, tenant: &str| {
        let mut session = session(smrt, tenant);
        let id = session.add_number(shared, at).unwrap();
        session
            .number(id, at)
            .unwrap()
            .dnc_status
            .into_value()
            .unwrap()
    };
    assert_eq!(status(&mut smrt, "acme"), "unknown");
    assert_eq!(status(&mut smrt, "beta"), "unknown");
    for (tenant, listed) in [("acme", 0..1), ("beta", 1..2)] {
        let mut session = session(&mut smrt, tenant);
        let new = new_load(tenant, &AreaCodes::All, day(1));
        load(&mut session, &new, &full(&POOL[listed]), at).unwrap();
    }
    assert_eq!(
        session(&mut smrt, "beta")
            .sync_dnc(at, &mut |_| {})
            .unwrap()
            .clear,
        1
    );
    assert_eq!(status(&mut smrt, "acme"), "unknown");
    assert_eq!(
        session(&mut smrt, "acme")
            .sync_dnc(at, &mut |_| {})
            .unwrap()
            .listed,
        1
    );
    assert_eq!(status(&mut smrt, "acme"), "listed");
    assert_eq!(status(&mut smrt, "beta"), "clear");
}
