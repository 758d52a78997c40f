//! The phone number normaliser against Google's answers, other crates and its own laws.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "tests may stop anywhere"
)]

mod agreement;
mod answer;
mod corpus;
mod cross_check;
mod generator;
mod google;
mod mixed;
mod plan_examples;
mod properties;
mod random;
mod spellings;
