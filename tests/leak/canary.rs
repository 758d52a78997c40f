//! A text that stands for somebody's data, and who may see it.

use super::world::When;

/// Humans of `acme` made by hand; `beta` was given some of them.
pub(super) const HUMANS: [&str; 6] = [
    "hidden",
    "subset",
    "consented",
    "unconsented",
    "expired",
    "revoked",
];

/// A mark of records that a link of `acme` ties.
pub(super) const LINKED: &str = "linked by acme";

/// What must not be shown to everybody.
#[derive(Debug, Clone)]
pub(super) struct Canary {
    pub(super) text: String,
    pub(super) owner: &'static str,
    /// Whom the record is tied to, and whom a link of `acme` ties it to: numbers only.
    pub(super) tied: Vec<&'static str>,
    pub(super) table: String,
    pub(super) column: String,
    pub(super) label: String,
}

impl std::fmt::Display for Canary {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            text,
            owner,
            table,
            column,
            label,
            ..
        } = self;
        write!(f, "{text} of {owner}, {table}.{column} {label}")
    }
}

impl Canary {
    /// What this tenant may see, as those who wrote the test think right.
    pub(super) fn is_allowed(&self, viewer: &str, when: When) -> bool {
        if self.owner == viewer {
            return true;
        }
        let shares = viewer == "beta" && self.owner == "acme" && when == When::Live;
        match self.table.as_str() {
            // A link names both its ends, so sharing all links tells the ids of humans.
            "humans" if self.column == "id" => {
                let is_given =
                    ["subset", "consented", "unconsented"].contains(&self.label.as_str());
                let is_named = viewer == "beta" && when != When::Before && self.is_in_a_grant();
                shares && (is_given || self.tied.contains(&LINKED)) || is_named
            }
            "humans" => shares && self.is_shared_field_of_human(),
            "phone_human_links" => {
                // The id comes with the field that was shared for all links.
                shares && matches!(self.column.as_str(), "relationship_type" | "id")
            }
            "phone_numbers" => {
                let is_fact = !matches!(
                    self.column.as_str(),
                    "metadata" | "created_at" | "dnc_status"
                );
                // Whoever sees a link sees the number, whoever brought that in.
                let is_linked =
                    viewer == "beta" && when == When::Live && self.tied.contains(&LINKED);
                // Whoever adds a number knows it; a test adds this one.
                let is_added = self.label == "0117";
                let is_tied = self.tied.contains(&viewer) || is_linked || is_added;
                is_fact && is_tied
            }
            // Both sides of a grant know of it.
            "data_access_permissions" => viewer == "beta" && self.owner == "acme",
            _ => false,
        }
    }

    /// Both sides of a grant know of it, also when it has ended.
    fn is_in_a_grant(&self) -> bool {
        self.owner == "acme" && HUMANS.contains(&self.label.as_str()) && self.label != "hidden"
    }

    fn is_shared_field_of_human(&self) -> bool {
        let (label, column) = (self.label.as_str(), self.column.as_str());
        match label {
            "subset" => matches!(column, "first_name" | "company_name" | "job_title"),
            "consented" => true,
            "unconsented" => matches!(
                column,
                "first_name" | "last_name" | "company_name" | "job_title"
            ),
            _ => false,
        }
    }
}
