//! Do-Not-Call lists: reading them in every layout they come in, checking them, loading them.
//!
//! A list is read and checked as a whole before anything is written. What it says of itself by its
//! name is not believed: of which date it is and what it covers is said by whoever loads it.
//! What this module does not do: it does not keep numbers; the store does.

mod error;
mod fast;
mod input;
mod layout;
mod list;
mod load;
mod reassigned;
mod row;
mod sidecar;
mod xml;

pub use error::{DncError, Fault, FaultKind};
pub use list::{List, ListForm, ListOptions, ListProgress, read_list};
pub use load::{Aim, Covered, Interrupted, LoadOptions, LoadProgress, LoadReport, load};
pub use reassigned::{AnswerReport, read_answers};
pub use sidecar::{Sidecar, SidecarError};
