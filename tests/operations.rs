//! Random sequences of everything that tenants do, on all engines at once and in a plain model.
//!
//! After every step each engine has told the same and has the same digest. What they show is looked
//! at now and then, and what the model knows of it is as it says: who sees which field of what, what
//! is agreed to, and which lists have a number. Imports have a model of their own in
//! [`crate::reference`].

mod choice;
mod look;
mod stage;
mod step;
mod world;

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use smrt_core::model::{AccessLevel, ConsentChannel, Instant};

use self::choice::steps;
use self::look::Seen;
use self::stage::{Answer, Stage};
use self::step::{Look, Place, Step, TENANTS, When};
use self::world::World;
use crate::engine::TestEngine;
use crate::reference::check_cases;
use crate::sandbox::at;

/// Takes these steps, and looks at the stores after every `steps_per_look` of them.
fn check(
    steps: &[Step],
    engines: &[TestEngine],
    steps_per_look: usize,
) -> Result<(), TestCaseError> {
    let mut stages: Vec<Stage> = engines.iter().map(|engine| Stage::new(*engine)).collect();
    let mut world = World::new(at());
    for (number, step) in (1..).zip(steps) {
        world.now = Instant::from_micros(world.now.as_micros() + step.wait.micros());
        let answer = taken(&mut stages, step, &world)?;
        if let Some(expected) = world.expected(step) {
            let outcome = answer.outcome.as_ref().map(|_| ());
            let outcome = outcome.map_err(String::as_str);
            prop_assert_eq!(outcome, expected, "{:?}", step.what);
        }
        world.apply(step, &answer);
        if number % steps_per_look == 0 {
            looked(&mut stages, &step.look, &world)?;
        }
        same(&mut stages, "digest", |stage| {
            stage.store.digest().unwrap().to_hex()
        })?;
    }
    for by in 0..TENANTS.len() {
        looked(&mut stages, &last_look(by), &world)?;
    }
    for (by, name) in TENANTS.iter().enumerate() {
        same(&mut stages, &format!("trail of {name}"), |stage| {
            stage.trail(by)
        })?;
    }
    for stage in &mut stages {
        let checked = stage.store.check().unwrap();
        prop_assert!(checked.is_sound(), "{}: {:?}", stage.engine.name(), checked);
    }
    Ok(())
}

/// Takes a step on every engine.
fn taken(stages: &mut [Stage], step: &Step, world: &World) -> Result<Answer, TestCaseError> {
    same(stages, &format!("answer to {:?}", step.what), |stage| {
        stage.take(step, world)
    })
}

/// Looks at every store, and compares with the model.
fn looked(stages: &mut [Stage], look: &Look, world: &World) -> Result<(), TestCaseError> {
    let seen: Seen = same(stages, &format!("answer to {look:?}"), |stage| {
        stage.look(look, world)
    })?;
    let sight = world.sight(look);
    let keys: BTreeSet<&String> = seen.sight.keys().chain(sight.keys()).collect();
    for key in keys {
        let (found, expected) = (seen.sight.get(key), sight.get(key));
        prop_assert_eq!(found, expected, "{} for {:?}", key, look);
    }
    Ok(())
}

/// Asks all engines the same; they must agree.
fn same<T: PartialEq + std::fmt::Debug>(
    stages: &mut [Stage],
    what: &str,
    mut ask: impl FnMut(&mut Stage) -> T,
) -> Result<T, TestCaseError> {
    let (first, others) = stages.split_first_mut().unwrap();
    let answer = ask(first);
    for other in others {
        let theirs = ask(other);
        let names = (first.engine.name(), other.engine.name());
        prop_assert_eq!(&answer, &theirs, "the {} differs on {:?}", what, names);
    }
    Ok(answer)
}

/// A look at the end at everything there is.
fn last_look(by: usize) -> Look {
    Look {
        by,
        when: When::Now,
        human: Place::Own(by),
        number: by,
        word: 0,
        channel: ConsentChannel::Sms,
        level: AccessLevel::Write,
        field: 2,
    }
}

fn check_sequences(cases: u32, engines: &[TestEngine], steps_per_look: usize) {
    check_cases(cases, &steps(), |steps| {
        check(&steps, engines, steps_per_look)
    });
}

#[test]
fn what_tenants_do_means_what_the_model_says() {
    check_sequences(64, &[TestEngine::Sqlite], 1);
}

#[test]
fn the_engines_tell_the_same_and_have_the_same_digest_whatever_tenants_do() {
    check_sequences(6, &TestEngine::ALL, 4);
}
