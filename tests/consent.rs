//! A withdrawal is recorded under every policy, and no import weakens it.

use crate::people;
use crate::sandbox::Sandbox;

/// Type, status and human of each consent record.
const LEDGER: &str = "SELECT h.source_key, c.consent_type, c.consent_status FROM consent_records c \
     JOIN source_keys h ON h.human_id = c.human_id AND h.occurrence = 0 ORDER BY 1, 2, 3";

/// A mapping whose answers give and take the same consent.
const MAPPING: &str = r#"version = 1
source = "crm"
[columns]
"Key" = "source_key"
"First" = "first_name"
"Mail" = { consent = "marketing_email", when_true = "granted", when_false = "revoked" }
"Again" = { consent = "marketing_email", when_true = "granted", when_false = "revoked", date_column = "When" }
"#;

fn scene() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("people.toml", MAPPING);
    sandbox
}

fn file(rows: &str) -> String {
    format!("Key,First,Mail,Again,When\n{rows}")
}

#[test]
fn a_later_grant_does_not_bring_a_withdrawn_consent_back() {
    for policy in ["update", "fill", "skip"] {
        let sandbox = scene();
        sandbox.write("first.csv", file("k1,Ada,no,,\nk2,Eve,yes,,\n"));
        sandbox.write(
            "later.csv",
            file("k1,Ada,yes,yes,2027-01-01\nk2,Eve,yes,,\nk3,Gül,yes,,\n"),
        );
        sandbox.import("a.db", "first.csv", &[]).ends_with(0);
        sandbox
            .import("a.db", "later.csv", &["--on-conflict", policy])
            .ends_with(0);
        let want = [
            ["k1", "marketing_email", "revoked"],
            ["k2", "marketing_email", "granted"],
            ["k3", "marketing_email", "granted"],
        ];
        assert_eq!(sandbox.ask("a.db", LEDGER), want, "{policy}");
        if policy != "skip" {
            let sql = "SELECT DISTINCT code FROM import_issues WHERE import_run = 2";
            assert_eq!(sandbox.ask("a.db", sql), [["consent_withdrawal_kept"]]);
        }
    }
}

#[test]
fn a_later_withdrawal_is_recorded_under_every_policy() {
    for policy in ["update", "fill", "skip"] {
        let sandbox = scene();
        sandbox.write("first.csv", file("k1,Ada,yes,,\nk2,Eve,,,\n"));
        sandbox.write("later.csv", file("k1,Ada,no,,\nk2,Eve,no,,\n"));
        sandbox.import("a.db", "first.csv", &[]).ends_with(0);
        sandbox
            .import("a.db", "later.csv", &["--on-conflict", policy])
            .ends_with(0);
        let want = [
            ["k1", "marketing_email", "granted"],
            ["k1", "marketing_email", "revoked"],
            ["k2", "marketing_email", "revoked"],
        ];
        assert_eq!(sandbox.ask("a.db", LEDGER), want, "{policy}");
        assert_eq!(sandbox.last_run("a.db").counts.rows_updated, 2, "{policy}");
    }
}

/// Says the same in one file, in bulk and one by one: `rows` first, then what the ledger holds.
#[track_caller]
fn check(rows: &str, want: &[[&str; 3]]) {
    for filled in [false, true] {
        let sandbox = scene();
        if filled {
            sandbox.write("seed.csv", file("a0,Hiro,,,\n"));
            sandbox.import("a.db", "seed.csv", &[]).ends_with(0);
        }
        sandbox.write("rows.csv", file(rows));
        sandbox.import("a.db", "rows.csv", &[]).ends_with(0);
        assert_eq!(sandbox.ask("a.db", LEDGER), want, "filled: {filled}");
        sandbox.assert_sound("a.db");
    }
}

#[test]
fn a_row_that_contradicts_itself_withdraws() {
    for row in ["k1,Ada,no,yes,\n", "k1,Ada,yes,no,\n"] {
        check(row, &[["k1", "marketing_email", "revoked"]]);
    }
}

#[test]
fn a_file_that_contradicts_itself_withdraws() {
    check(
        "k1,Ada,no,,\nk1,Ada,yes,,\n",
        &[["k1", "marketing_email", "revoked"]],
    );
    check(
        "k1,Ada,yes,,\nk1,Ada,no,,\n",
        &[
            ["k1", "marketing_email", "granted"],
            ["k1", "marketing_email", "revoked"],
        ],
    );
}

#[test]
fn the_same_consent_twice_in_a_row_is_one_record() {
    let mapping = MAPPING.replace("{ consent", "{ source = \"form\", consent");
    for filled in [false, true] {
        let sandbox = scene();
        sandbox.write("people.toml", &mapping);
        if filled {
            sandbox.write("seed.csv", file("a0,Hiro,,,\n"));
            sandbox.import("a.db", "seed.csv", &[]).ends_with(0);
        }
        sandbox.write("rows.csv", file("k1,Ada,yes,yes,\nk2,Eve,no,no,\n"));
        sandbox.import("a.db", "rows.csv", &[]).ends_with(0);
        let want = [
            ["k1", "marketing_email", "granted"],
            ["k2", "marketing_email", "revoked"],
        ];
        assert_eq!(sandbox.ask("a.db", LEDGER), want, "filled: {filled}");
    }
}

#[test]
fn an_opt_out_without_a_date_is_dated_by_the_export() {
    let sandbox = Sandbox::new();
    people::write_mapping(&sandbox);
    let row = ["k1", "Ada", "Example", "", "", "", "", "", "yes"];
    sandbox.write("people.csv", people::rows(&[&row]));
    sandbox.import("a.db", "people.csv", &[]).ends_with(0);
    let dated = sandbox.ask(
        "a.db",
        "SELECT consent_status, consent_date FROM v_consent_records",
    );
    assert_eq!(dated, [["revoked", "2026-11-20T00:00:00.000000Z"]]);
}
