//! What a run has counted, as reports show it: the outcomes of the rows and their sum.

use serde::Serialize;
use smrt_core::store::{RunCounts, Severity};

use crate::display::grouped;
use crate::table::{Align, Table};

/// The counts of a run.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Counts {
    pub(crate) rows: RowCounts,
    pub(crate) created: CreatedCounts,
    /// How often each field of a human changed.
    pub(crate) changed_fields: Vec<ChangedField>,
    pub(crate) issues: Vec<IssueCount>,
}

/// What became of the rows. `read` is the sum of the others.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct RowCounts {
    pub(crate) read: u64,
    pub(crate) created: u64,
    pub(crate) updated: u64,
    pub(crate) unchanged: u64,
    pub(crate) rejected: u64,
    /// Rows of an unfinished run that are settled at its end.
    pub(crate) set_aside: u64,
}

/// Records the store did not hold before.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct CreatedCounts {
    humans: u64,
    phone_numbers: u64,
    links: u64,
    consents: u64,
}

/// The heading of records that are in the store now.
pub(crate) const NEW: &str = "new in the store";

/// The heading of records that were in the store for a while.
pub(crate) const TAKEN_BACK: &str = "new in the store until the run was taken back";

#[derive(Debug, Clone, Serialize)]
pub(crate) struct ChangedField {
    field: String,
    rows: u64,
}

#[derive(Debug, Clone, Serialize)]
pub(crate) struct IssueCount {
    severity: &'static str,
    code: String,
    count: u64,
}

impl Counts {
    pub(crate) fn new(
        counts: &RunCounts,
        changed_fields: Vec<(String, u64)>,
        issues: Vec<(Severity, String, u64)>,
    ) -> Self {
        let changed = |(field, rows)| ChangedField { field, rows };
        let issue = |(severity, code, count): (Severity, String, u64)| IssueCount {
            severity: severity.as_str(),
            code,
            count,
        };
        Self {
            rows: RowCounts {
                read: counts.rows_checkpoint,
                created: counts.rows_created,
                updated: counts.rows_updated,
                unchanged: counts.rows_unchanged,
                rejected: counts.rows_rejected,
                set_aside: counts.rows_deferred,
            },
            created: CreatedCounts {
                humans: counts.rows_created,
                phone_numbers: counts.phones_created,
                links: counts.links_created,
                consents: counts.consents_created,
            },
            changed_fields: changed_fields.into_iter().map(changed).collect(),
            issues: issues.into_iter().map(issue).collect(),
        }
    }

    /// The counts for people: an addition, what is new under the heading `created`, and the issues.
    pub(crate) fn page(&self, created: &str) -> String {
        let mut page = self.addition();
        page += &self.new_records(created);
        page += &self.issue_table();
        page
    }

    /// The outcomes as an addition that can be checked by eye.
    fn addition(&self) -> String {
        let fields: Vec<String> = self
            .changed_fields
            .iter()
            .map(|changed| format!("{} {}", changed.field, grouped(changed.rows)))
            .collect();
        let fields = match fields.is_empty() {
            true => String::new(),
            false => format!("fields changed: {}", fields.join(", ")),
        };
        let rows = &self.rows;
        let later = "settled when the run is resumed".to_owned();
        let none = String::new;
        let mut lines = vec![
            (" ", "rows read", rows.read, none()),
            ("=", "created", rows.created, none()),
            ("+", "updated", rows.updated, fields),
            ("+", "unchanged", rows.unchanged, none()),
            ("+", "rejected", rows.rejected, none()),
        ];
        if rows.set_aside > 0 {
            lines.push(("+", "set aside", rows.set_aside, later));
        }
        let mut table = Table::block(&[Align::Left, Align::Left, Align::Right, Align::Left]);
        for (sign, outcome, count, note) in lines {
            table.push(vec![
                sign.to_owned(),
                outcome.to_owned(),
                grouped(count),
                note,
            ]);
        }
        table.finish()
    }

    fn new_records(&self, heading: &str) -> String {
        let created = &self.created;
        let mut table = Table::block(&[Align::Left, Align::Right]);
        for (what, count) in [
            ("humans", created.humans),
            ("phone numbers", created.phone_numbers),
            ("links", created.links),
            ("consent records", created.consents),
        ] {
            table.push(vec![what.to_owned(), grouped(count)]);
        }
        format!("\n{heading}\n{}", table.finish())
    }

    fn issue_table(&self) -> String {
        if self.issues.is_empty() {
            return String::new();
        }
        let mut table = Table::block(&[Align::Left, Align::Left, Align::Right]);
        for issue in &self.issues {
            table.push(vec![
                issue.severity.to_owned(),
                issue.code.clone(),
                grouped(issue.count),
            ]);
        }
        format!("\nissues\n{}", table.finish())
    }

    /// The counts as rows of measure and value.
    pub(crate) fn csv_rows(&self) -> Vec<Vec<String>> {
        let (rows, created) = (&self.rows, &self.created);
        let mut cells: Vec<(String, u64)> = [
            ("rows_read", rows.read),
            ("rows_created", rows.created),
            ("rows_updated", rows.updated),
            ("rows_unchanged", rows.unchanged),
            ("rows_rejected", rows.rejected),
            ("rows_set_aside", rows.set_aside),
            ("humans_created", created.humans),
            ("phone_numbers_created", created.phone_numbers),
            ("links_created", created.links),
            ("consents_created", created.consents),
        ]
        .map(|(name, count)| (name.to_owned(), count))
        .to_vec();
        for changed in &self.changed_fields {
            cells.push((format!("changed:{}", changed.field), changed.rows));
        }
        for issue in &self.issues {
            cells.push((format!("{}:{}", issue.severity, issue.code), issue.count));
        }
        let row = |(name, count): (String, u64)| vec![name, count.to_string()];
        cells.into_iter().map(row).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts() -> Counts {
        let counts = RunCounts {
            rows_checkpoint: 1_319,
            rows_created: 537,
            rows_updated: 700,
            rows_unchanged: 80,
            rows_rejected: 2,
            phones_created: 1_200,
            links_created: 1_219,
            ..RunCounts::default()
        };
        let issues = vec![(Severity::Rejected, "no_identity".to_owned(), 2)];
        Counts::new(&counts, vec![("email".to_owned(), 12)], issues)
    }

    #[test]
    fn the_outcomes_are_shown_as_an_addition() {
        let page = counts().page("new");
        let lines: Vec<&str> = page.lines().take(5).collect();
        assert_eq!(
            lines,
            [
                "     rows read  1,319",
                "  =  created      537",
                "  +  updated      700  fields changed: email 12",
                "  +  unchanged     80",
                "  +  rejected       2",
            ]
        );
        assert!(page.contains("rejected  no_identity  2"));
        assert!(!page.contains("set aside"));
    }

    #[test]
    fn rows_set_aside_are_part_of_the_sum() {
        let mut counts = counts();
        counts.rows.set_aside = 7;
        assert!(
            counts
                .page(NEW)
                .contains("  +  set aside      7  settled when")
        );
    }
}
