//! Times appending to an audit trail, verifying it and making checkpoints of it.
//!
//! Run:  cargo run --release -p smrt-core --features testing --example bench_audit -- [ENTRIES] [ROUNDS]

#![expect(clippy::print_stdout, reason = "a program for the terminal")]
#![expect(clippy::disallowed_methods, reason = "a stopwatch needs a clock")]
#![expect(clippy::unwrap_used, reason = "a program that may stop")]

use std::time::{Duration, Instant as Clock};

use smrt_core::model::{Actor, Instant};
use smrt_core::smrt::{SigningKey, Smrt};
use smrt_core::store::{Access, NewTenant};

const ENTRIES: usize = 1_000_000;
const ROUNDS: usize = 5;
/// Transactions of each size, for the price of an entry in small ones.
const TRANSACTIONS: usize = 2_000;
const AT: Instant = Instant::from_micros(1_795_249_800_000_000);

fn main() {
    let mut arguments = std::env::args().skip(1);
    let mut number = |default| {
        arguments
            .next()
            .map_or(default, |text| text.parse().unwrap())
    };
    let (entries, rounds) = (number(ENTRIES), number(ROUNDS));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("audit.db");
    let mut smrt = Smrt::create_at(&path, AT).unwrap();
    let slug = "acme".parse().unwrap();
    let name = "Acme".to_owned();
    let tenant = NewTenant { slug, name };
    smrt.add_tenant(&tenant, &Actor::unknown(), AT).unwrap();

    println!("append, {TRANSACTIONS} transactions of each size:");
    for size in [1, 10, 100] {
        let took = timed(|| append(&mut smrt, TRANSACTIONS * size, size));
        println!(
            "  {size:>4} entries a transaction: {}",
            per_entry(TRANSACTIONS * size, took)
        );
    }
    let took = timed(|| append(&mut smrt, entries, 10_000));
    println!(
        "append, 10000 entries a transaction: {}",
        per_entry(entries, took)
    );
    drop(smrt);

    let mut smrt = Smrt::open_at(&path, Access::Read, AT).unwrap();
    let mut session = smrt.tenant("acme").unwrap().acting_as(Actor::unknown());
    let key = SigningKey::from_seed("example.com/audit", &[7; 32]).unwrap();
    let total = session.verify_audit().unwrap().entries;
    println!(
        "{total} entries in a file of {} MB",
        path.metadata().unwrap().len() / 1_000_000
    );
    let mut note = String::new();
    for round in 1..=rounds {
        let verify = timed(|| assert!(session.verify_audit().unwrap().is_sound()));
        let checkpoint = timed(|| note = session.audit_checkpoint().unwrap().sign(&key));
        let proof = timed(|| {
            let held = session.verify_checkpoint(note.as_bytes(), key.verifier_key());
            assert_eq!(held.unwrap().fault, None);
        });
        let rate = |took: Duration| format!("{:.2} M/s", total as f64 / took.as_secs_f64() / 1e6);
        println!(
            "round {round}: verify {}, checkpoint {}, verify a checkpoint {}",
            rate(verify),
            rate(checkpoint),
            rate(proof)
        );
    }
}

fn append(smrt: &mut Smrt, entries: usize, size: usize) {
    for _ in 0..entries / size {
        smrt.append_made_up_entries("acme", size, AT).unwrap();
    }
}

fn timed(work: impl FnOnce()) -> Duration {
    let clock = Clock::now();
    work();
    clock.elapsed()
}

fn per_entry(entries: usize, took: Duration) -> String {
    format!(
        "{:.2} µs an entry",
        took.as_secs_f64() * 1e6 / entries as f64
    )
}
