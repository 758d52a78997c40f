//! What each preset makes of its vendor's export: one fixture, one snapshot of the store.

use crate::binary::repository;
use crate::sandbox::{EXPORTED_AT, Sandbox};

/// Each fixture and the preset that knows its header.
const FIXTURES: [(&str, &str); 18] = [
    ("facebook_leads", "facebook_leads"),
    ("google", "google"),
    ("google_old", "google_old"),
    ("hubspot", "hubspot"),
    ("hubspot_es", "hubspot_es"),
    ("linkedin", "linkedin"),
    ("mailchimp", "mailchimp"),
    ("outlook", "outlook"),
    ("outlook_com", "outlook_com"),
    ("outlook_google", "outlook_google"),
    ("pipedrive", "pipedrive"),
    ("salesforce", "salesforce"),
    ("salesforce_data_loader", "salesforce"),
    ("salesforce_report", "salesforce_report"),
    ("thunderbird", "thunderbird"),
    ("twenty", "twenty"),
    ("zoho_contacts", "zoho_contacts"),
    ("zoho_leads", "zoho_leads"),
];

/// What of the store a snapshot shows, a heading and a query each.
const QUERIES: [(&str, &str); 4] = [
    (
        "humans",
        "SELECT s.import_line, s.source, s.source_key, h.first_name, h.last_name, h.email, \
         h.company_name, h.job_title, h.metadata \
         FROM humans h JOIN source_keys s ON s.human_id = h.id ORDER BY s.import_line",
    ),
    (
        "phone numbers",
        "SELECT l.import_line, p.phone_number, l.relationship_type, \
         CASE CAST(l.is_primary AS INTEGER) WHEN 1 THEN 'primary' END, \
         CASE CAST(p.is_mobile AS INTEGER) WHEN 1 THEN 'mobile' WHEN 0 THEN 'fixed' END, \
         CASE l.metadata WHEN '{}' THEN NULL ELSE l.metadata END \
         FROM phone_human_links l JOIN phone_numbers p ON p.id = l.phone_number_id \
         ORDER BY l.import_line, p.phone_number, l.relationship_type",
    ),
    (
        "consent records",
        "SELECT import_line, consent_type, consent_status, consent_source, consent_date, \
         legal_basis FROM v_consent_records \
         ORDER BY import_line, consent_type, consent_status, consent_source",
    ),
    (
        "issues",
        "SELECT import_line, severity, column_name, code FROM import_issues \
         ORDER BY row_number, severity, code, column_name",
    ),
];

#[test]
fn each_preset_imports_its_fixture_as_the_snapshot_shows() {
    for (name, preset) in FIXTURES {
        let sandbox = Sandbox::new();
        let path = repository().join(format!("fixtures/ok/{name}.csv"));
        let arguments = [
            "--db",
            "a.db",
            "--region",
            "US",
            "--exported-at",
            EXPORTED_AT,
        ];
        let mut call = vec!["import".to_owned(), path.display().to_string()];
        call.extend(arguments.map(str::to_owned));
        let import = sandbox.smrt(&call);
        let header = format!("preset `{preset}`, known by the header");
        assert!(import.stderr.contains(&header), "{name}: {}", import.stderr);
        let rejected = sandbox.last_run("a.db").counts.rows_rejected;
        import.ends_with(i32::from(rejected > 0));
        sandbox.assert_sound("a.db");
        insta::assert_snapshot!(name, contents(&sandbox));
    }
}

fn contents(sandbox: &Sandbox) -> String {
    let mut text = String::new();
    for (heading, query) in QUERIES {
        text.push_str(heading);
        text.push('\n');
        for row in sandbox.ask("a.db", query) {
            text.push_str(&format!("  {}\n", row.join(" | ")));
        }
    }
    text
}
