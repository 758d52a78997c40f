//! Compiles the numbering plans of `data/phone_metadata.txt` into the tables of
//! `smrt_core::phone`.
//!
//! What it does not do: it reads no text that people write; that is the business of the module.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "the data file is our own: a build that cannot read it must stop"
)]

#[path = "build/automaton.rs"]
mod automaton;
#[path = "build/pattern.rs"]
mod pattern;
#[path = "build/plan.rs"]
mod plan;
#[path = "build/tables.rs"]
mod tables;

use std::path::Path;
use std::{env, fs};

const METADATA: &str = "data/phone_metadata.txt";

#[expect(clippy::print_stdout, reason = "cargo reads build instructions there")]
fn main() {
    println!("cargo::rerun-if-changed={METADATA}");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=build");
    let text = fs::read_to_string(METADATA).expect("the metadata is in the source tree");
    let source = tables::compile(&plan::read(&text));
    let folder = env::var("OUT_DIR").expect("cargo sets OUT_DIR");
    fs::write(Path::new(&folder).join("phone_tables.rs"), source).expect("OUT_DIR is writable");
}
