//! Nobody sees what is not theirs: a store with canaries in every column, and all who look at it.
//!
//! `acme` has the data, `beta` was given some of it, `gamma` was given nothing. What each may see
//! is written down by hand in [`canary`], apart from the rules of the program.

mod alone;
mod attack;
mod call;
mod canary;
pub(crate) mod command;
mod method;
mod together;
mod twin;
pub(crate) mod view;
pub(crate) mod world;
