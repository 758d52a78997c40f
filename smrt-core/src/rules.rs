//! Pure decisions: facts in, a decision and its reasons out.
//!
//! What this module does not do: it reads no store and no clock; the instant is an argument. The
//! same facts at the same instant give the same decision for ever.

pub mod access;
pub mod calendar;
pub mod consent;
pub mod contact;
pub mod hours;
pub mod local_time;
pub mod place;
pub mod reply;
pub mod rule;
