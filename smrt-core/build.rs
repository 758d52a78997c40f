//! Compiles the numbering plans and the country names of `data/` into the tables of
//! `smrt_core::phone`.
//!
//! What it does not do: it reads no text that people write; that is the business of the module.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "the data files are our own: a build that cannot read them must stop"
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
const COUNTRY_NAMES: &str = "data/country_names.txt";

fn main() {
    for input in [METADATA, COUNTRY_NAMES, "build.rs", "build"] {
        println!("cargo::rerun-if-changed={input}");
    }
    let metadata = read(METADATA);
    println!(
        "cargo::rustc-env=SMRT_PHONE_METADATA={}",
        metadata_version(&metadata)
    );
    let plans = plan::read(&metadata);
    write("phone_tables.rs", &tables::compile(&plans));
    write("country_names.rs", &country_names(&read(COUNTRY_NAMES)));
}

fn read(path: &str) -> String {
    fs::read_to_string(path).expect("the data is in the source tree")
}

#[expect(clippy::disallowed_methods, reason = "cargo says there where to write")]
fn write(name: &str, source: &str) {
    let folder = env::var("OUT_DIR").expect("cargo sets OUT_DIR");
    fs::write(Path::new(&folder).join(name), source).expect("OUT_DIR is writable");
}

/// The version of libphonenumber that the first line names.
fn metadata_version(text: &str) -> &str {
    let first = text.lines().next().unwrap_or_default();
    let version = first.rsplit(' ').next().unwrap_or_default();
    version.trim_end_matches('.')
}

/// The folded names of regions, as a sorted array.
fn country_names(text: &str) -> String {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let rows = lines.map(|line| {
        let (name, code) = line.split_once(' ').expect("a name and a code");
        format!("({name:?}, *b{code:?}),\n")
    });
    format!("&[\n{}]", rows.collect::<String>())
}
