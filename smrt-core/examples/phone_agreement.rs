//! Compares the normaliser with Google's answers on fresh random texts.
//!
//! Run:  cargo run --release -p smrt-core --example phone_agreement -- [COUNT] [SEED]

#![expect(clippy::print_stdout, reason = "a program for the terminal")]
#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "shared with the tests"
)]

#[path = "../tests/phone/generator.rs"]
mod generator;
#[path = "../tests/phone/google.rs"]
mod google;
#[path = "../tests/phone/random.rs"]
mod random;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let mut number = |default| match arguments.next() {
        Some(text) => text.parse().unwrap_or(default),
        None => default,
    };
    let count: u64 = number(1_000_000);
    let seed = number(1);
    let mut random = random::Random::new(seed);
    let samples = generator::samples();
    let (mut valid, mut different) = (0u64, 0u64);
    for _ in 0..count {
        let (text, home) = generator::text(&mut random, &samples);
        let expected = google::answer(&text, home);
        let actual = google::ours(&text, home);
        valid += u64::from(expected.is_some());
        if actual != expected {
            different += 1;
            if different <= 40 {
                println!("{text:?} in {home:?}\n  ours   {actual:?}\n  google {expected:?}");
            }
        }
    }
    println!("{count} texts from seed {seed}: {valid} valid, {different} different");
}
