//! A checkpoint that was kept elsewhere proves that a trail was only appended to.

use smrt_core::model::Actor;
use smrt_core::smrt::{
    CheckpointFault, CheckpointVerification, SigningKey, SmrtError, VerifierKey,
};
use smrt_core::store::AuditFault;

use crate::audit::{append, entry, head, make, scene, verify, writing};
use crate::engine::TestEngine;
use crate::sandbox::{Sandbox, at};

fn key(seed: u8) -> SigningKey {
    SigningKey::from_seed("example.com/audit", &[seed; 32]).unwrap()
}

fn checkpoint(sandbox: &Sandbox, tenant: &str) -> String {
    let mut smrt = sandbox.store("a.db");
    let mut session = smrt.tenant(tenant).unwrap().acting_as(Actor::unknown());
    session.audit_checkpoint().unwrap().sign(&key(1))
}

fn hold(
    sandbox: &Sandbox,
    db: &str,
    note: &str,
    key: &VerifierKey,
) -> Result<CheckpointVerification, SmrtError> {
    let mut smrt = sandbox.store(db);
    let mut session = smrt.tenant("acme").unwrap().acting_as(Actor::unknown());
    session.verify_checkpoint(note.as_bytes(), key)
}

fn fault_in(sandbox: &Sandbox, db: &str, note: &str) -> Option<CheckpointFault> {
    hold(sandbox, db, note, key(1).verifier_key())
        .unwrap()
        .fault
}

fn fault(sandbox: &Sandbox, note: &str) -> Option<CheckpointFault> {
    fault_in(sandbox, "a.db", note)
}

#[test]
fn a_checkpoint_holds_as_long_as_the_trail_is_only_appended_to() {
    let sandbox = scene();
    let mut notes = Vec::new();
    for round in 0..12 {
        notes.push(checkpoint(&sandbox, "acme"));
        for note in &notes {
            assert_eq!(fault(&sandbox, note), None);
        }
        let mut smrt = writing(&sandbox, "a.db");
        append(&mut smrt, "acme", round + 1, at().as_micros());
    }
    let last = hold(
        &sandbox,
        "a.db",
        notes.last().unwrap(),
        key(1).verifier_key(),
    )
    .unwrap();
    assert_eq!(last.entries, 11 + 78);
    assert_eq!(last.checkpoint.unwrap().entries, 11 + 66);
}

#[test]
fn a_checkpoint_exposes_a_history_that_was_rewritten_with_right_hashes() {
    let sandbox = scene();
    let note = checkpoint(&sandbox, "acme");
    // The same number of entries, sound by itself, the last of them other ones.
    for apart in [3, 9, 10] {
        let db = format!("b{apart}.db");
        make(&sandbox, &db, apart);
        assert!(verify(&sandbox, &db, "acme").is_sound());
        let found = fault_in(&sandbox, &db, &note);
        assert_eq!(found, Some(CheckpointFault::RootDiffers), "{apart}");
    }
}

#[test]
fn a_checkpoint_exposes_a_trail_that_was_cut_off_together_with_the_note_of_its_end() {
    let sandbox = scene();
    let note = checkpoint(&sandbox, "acme");
    let cut = |entries: i64| {
        format!(
            "UPDATE audit_heads SET entries = {entries}, chain_hash = coalesce(\
             (SELECT chain_hash FROM audit_log l WHERE l.tenant_id = audit_heads.tenant_id \
              AND sequence = {entries}), {}) WHERE {};\
             DELETE FROM audit_log WHERE sequence > {entries}",
            TestEngine::chosen().bytes(&[0; 32]),
            head()
        )
    };
    for entries in [10, 1, 0] {
        sandbox.tamper("a.db", &cut(entries));
        assert!(verify(&sandbox, "a.db", "acme").is_sound());
        let found = fault(&sandbox, &note);
        assert_eq!(found, Some(CheckpointFault::TrailShorter));
    }
    sandbox.tamper("a.db", "DELETE FROM audit_log; DELETE FROM audit_heads");
    assert!(verify(&sandbox, "a.db", "acme").is_sound());
    let found = fault(&sandbox, &note);
    assert_eq!(found, Some(CheckpointFault::TrailShorter));
}

#[test]
fn a_checkpoint_is_trusted_only_with_its_signature_and_for_its_trail() {
    let sandbox = scene();
    let note = checkpoint(&sandbox, "acme");
    let other_key = hold(&sandbox, "a.db", &note, key(2).verifier_key()).unwrap();
    assert_eq!(other_key.fault, Some(CheckpointFault::KeyUnknown));
    assert_eq!((other_key.checkpoint, other_key.entries), (None, 0));
    let forged = note.replacen("\n11\n", "\n10\n", 1);
    assert_ne!(forged, note);
    assert_eq!(
        fault(&sandbox, &forged),
        Some(CheckpointFault::SignatureInvalid)
    );
    let of_beta = checkpoint(&sandbox, "beta");
    assert_eq!(fault(&sandbox, &of_beta), Some(CheckpointFault::OtherTrail));
    let also_by_others = format!("{note}{}", "— someone.example AAAAAAAA\n".repeat(16));
    assert_eq!(fault(&sandbox, &also_by_others), None);
}

#[test]
fn what_is_no_checkpoint_is_an_error_with_a_code() {
    let sandbox = scene();
    let note = checkpoint(&sandbox, "acme");
    let unsigned = note.split("\n\n").next().unwrap().to_owned() + "\n";
    for (wrong, code) in [
        (String::new(), "note_malformed"),
        (unsigned, "note_malformed"),
        (note.replace('\n', "\r\n"), "note_malformed"),
        ("x".repeat(10_000_000), "note_too_long"),
        (format!("{note}{}", "\n".repeat(2_000_000)), "note_too_long"),
    ] {
        let error = hold(&sandbox, "a.db", &wrong, key(1).verifier_key()).unwrap_err();
        assert_eq!(error.code(), code);
    }
}

#[test]
fn a_trail_that_is_not_sound_gets_no_checkpoint_and_fails_every_one_it_had() {
    let sandbox = scene();
    let note = checkpoint(&sandbox, "acme");
    sandbox.tamper(
        "a.db",
        &format!("UPDATE audit_log SET actor = 'x' WHERE {}", entry(2)),
    );
    let altered = AuditFault::Altered {
        sequence: 2,
        column: None,
    };
    assert_eq!(
        fault(&sandbox, &note),
        Some(CheckpointFault::Trail(altered.clone()))
    );
    let mut smrt = sandbox.store("a.db");
    let mut session = smrt.tenant("acme").unwrap().acting_as(Actor::unknown());
    let error = session.audit_checkpoint().unwrap_err();
    assert!(matches!(&error, SmrtError::UnsoundTrail(fault) if *fault == altered));
    assert_eq!(error.code(), "audit_altered");
}
