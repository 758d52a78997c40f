//! One bad row never ends a run, and a mapping that cannot be meant never begins one.

use crate::sandbox::{EXPORTED_AT, Sandbox};

/// Above the size of a row that is read.
const LONG_BYTES: usize = 2 << 20;

#[test]
fn rows_that_cannot_be_read_are_rejected_one_by_one() {
    let sandbox = Sandbox::new();
    let long = "x".repeat(LONG_BYTES);
    let file = format!(
        "Record ID,First Name,Last Name,Email\n\
         1,Ann,Example,ann@example.com\n\
         2,B\0b,Example,bob@example.com\n\
         3,\"Cyd,Example,cyd@example.com\n\
         4,{long},Example,dan@example.com\n\
         5,Eve,Example,eve@example.com,one,too,many\n\
         6,Fay,Example,fay@example.com\n"
    );
    sandbox.write("people.csv", file);
    let import = [
        "import",
        "people.csv",
        "--db",
        "a.db",
        "--exported-at",
        EXPORTED_AT,
    ];
    sandbox.smrt(&import).ends_with(1);
    let counts = sandbox.last_run("a.db").counts;
    assert_eq!((counts.rows_created, counts.rows_rejected), (2, 4));
    let rejected = "SELECT import_line, code FROM import_issues WHERE severity = 'rejected' \
                    ORDER BY import_line";
    assert_eq!(
        sandbox.ask("a.db", rejected),
        [
            ["3", "nul_byte"],
            ["4", "unclosed_quote"],
            ["5", "record_too_long"],
            ["6", "too_many_fields"],
        ]
    );
    sandbox.assert_sound("a.db");
}

#[test]
fn a_mapping_that_does_not_fit_is_refused_before_a_store_is_made() {
    let sandbox = Sandbox::new();
    sandbox.write("people.csv", "name,other\nAnn,Bob\n");
    let check = |columns: &str, said: &str| {
        let mapping = format!("version = 1\nsource = \"test\"\n[columns]\n{columns}\n");
        sandbox.write("m.toml", mapping);
        let import = [
            "import",
            "people.csv",
            "--db",
            "a.db",
            "--mapping",
            "m.toml",
        ];
        let refused = sandbox.smrt(&import).ends_with(2);
        assert!(refused.stderr.contains("m.toml"), "{}", refused.stderr);
        assert!(refused.stderr.contains(said), "{}", refused.stderr);
        assert!(!sandbox.has_store("a.db"));
    };
    check("name = \"email\"\nother = \"email\"", "line 5, column 1");
    check("name = \"email\"\nmissing = \"first_name\"", "`missing`");
    check("name = \"nonsense\"", "`nonsense`");
    check("name = ", "line 4");
}
