//! Two sessions at once, each on a connection of its own.

use std::sync::Barrier;

use smrt_core::smrt::{NewHuman, SmrtError};
use smrt_core::store::Access;

use super::world::{When, acting, open};
use crate::engine::TestEngine;
use crate::library::{add_tenant, new_store};
use crate::sandbox::Sandbox;

const WRITES: usize = 40;

#[test]
fn two_sessions_write_at_once_and_each_succeeds_or_is_told_to_try_again() {
    for (first, second) in [("acme", "acme"), ("acme", "beta")] {
        let sandbox = Sandbox::new();
        let mut smrt = new_store(&sandbox, "a.db");
        add_tenant(&mut smrt, "beta");
        drop(smrt);
        let barrier = Barrier::new(2);
        let write = |tenant: &str, who: usize| {
            let mut smrt = open(sandbox.location("a.db"));
            let mut session = acting(&mut smrt, tenant);
            barrier.wait();
            let mut done = 0;
            for count in 0..WRITES {
                let human = NewHuman {
                    key: Some(format!("{who} {count}")),
                    last_name: Some("New".to_owned()),
                    ..NewHuman::default()
                };
                match session.add_human(&human, When::Live.instant()) {
                    Ok(_) => done += 1,
                    Err(error) => assert!(error.may_retry(), "{error}"),
                }
            }
            done
        };
        let done: usize = std::thread::scope(|scope| {
            let threads = [
                scope.spawn(|| write(first, 1)),
                scope.spawn(|| write(second, 2)),
            ];
            threads.map(|thread| thread.join().unwrap()).iter().sum()
        });
        assert!(done >= WRITES, "only {done} writes were done");
        let held = sandbox.ask("a.db", "SELECT count(*) FROM humans");
        assert_eq!(held, [[done.to_string()]]);
        let mut smrt = open(sandbox.location("a.db"));
        assert!(smrt.check().unwrap().is_sound());
        let mut entries = 0;
        for (tenant, found) in smrt.verify_audit().unwrap() {
            assert!(found.is_sound(), "{}: {:?}", tenant.slug, found.fault);
            // The first is that the tenant was added.
            entries += found.entries - 1;
        }
        assert_eq!(entries, done as u64, "each write has an entry");
    }
}

#[test]
fn a_session_that_waits_too_long_is_told_to_try_again() {
    let sandbox = Sandbox::new();
    drop(new_store(&sandbox, "a.db"));
    let place = TestEngine::chosen().place(&sandbox, "a.db");
    let mut blocker = place.connect(Access::Write).unwrap();
    let mut smrt = open(sandbox.location("a.db"));
    let mut session = acting(&mut smrt, "acme");
    blocker.begin(Access::Write).unwrap();
    let human = NewHuman {
        last_name: Some("New".to_owned()),
        ..NewHuman::default()
    };
    let refused: SmrtError = session.add_human(&human, When::Live.instant()).unwrap_err();
    assert!(refused.may_retry(), "{refused}");
    blocker.rollback().unwrap();
    session.add_human(&human, When::Live.instant()).unwrap();
    drop(session);
    assert!(smrt.check().unwrap().is_sound());
}
