//! Contact data that several organisations share: phone numbers and humans, tied many-to-many.
//!
//! This crate holds everything with meaning: the values ([`model`]), the phone number
//! normaliser ([`phone`]), the pure decisions ([`rules`]) and the store ([`store`]).
//! It has no terminal, no clock, no environment and, outside the engine drivers, no files.

pub mod model;
pub mod phone;
pub mod rules;
pub mod smrt;
pub mod store;
