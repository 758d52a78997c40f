//! Tests that cross crates: the engine contract, the real binary, crashes, the reference model, tidy.
//!
//! One harness binary, so that everything links once. Tests of one module stand in that module.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test ends at the first thing that is wrong"
)]

mod access;
mod audit;
mod audit_checkpoint;
mod audit_command;
mod bad_rows;
mod binary;
mod by_hand;
mod check;
mod columnar;
mod consent;
mod consent_ledger;
mod console;
mod contention;
mod contract;
mod crash;
mod dry_run;
mod duckdb;
mod engine;
mod engines;
mod export;
mod file_form;
mod formats;
mod full_disk;
mod interaction;
mod leak;
mod library;
mod moving;
mod older_versions;
mod operations;
mod partition;
mod people;
mod postgres;
mod postgres_import;
mod postgres_server;
mod presets;
mod reference;
mod refusal;
mod registries;
mod rejects;
mod repeat;
mod replica;
mod rights;
mod row_security;
mod rules;
mod sandbox;
mod scrub;
mod skipped;
mod tenancy;
mod tidy;
mod undo;
