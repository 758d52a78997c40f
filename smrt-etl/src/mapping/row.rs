//! A row once its columns have a meaning.
//!
//! What this module does not do: it validates nothing. A phone is text, an e-mail is text.

use std::borrow::Cow;
use std::fmt;

use smrt_core::model::{ConsentStatus, ConsentType, Instant, RelationshipType};

use super::rule::Field;

/// What a row says, by field. Texts are trimmed and never empty; most are lent from the row.
#[derive(Default, Clone)]
pub struct MappedRow<'r> {
    /// The record's key in the system it comes from.
    pub source_key: Option<Cow<'r, str>>,
    /// The id of one of the tenant's own humans, or else a key.
    pub human_id: Option<Cow<'r, str>>,
    /// The tenant whose record it is, by slug.
    pub owner: Option<Cow<'r, str>>,
    /// The given name.
    pub first_name: Option<Cow<'r, str>>,
    /// The family name.
    pub last_name: Option<Cow<'r, str>>,
    /// The e-mail address, as written.
    pub email: Option<Cow<'r, str>>,
    /// The company.
    pub company_name: Option<Cow<'r, str>>,
    /// The job title.
    pub job_title: Option<Cow<'r, str>>,
    /// The id the company knows an employee by.
    pub employee_id: Option<Cow<'r, str>>,
    /// The id the company knows a contractor by.
    pub contractor_id: Option<Cow<'r, str>>,
    /// A country, by name or code, for phones that name none themselves.
    pub country: Option<Cow<'r, str>>,
    /// The phone numbers, by column.
    pub phones: Vec<MappedPhone<'r>>,
    /// What the row says about consent.
    pub consents: Vec<MappedConsent<'r>>,
    /// Everything else that is not empty, by column name, in file order.
    pub metadata: Vec<(&'r str, Cow<'r, str>)>,
    /// JSON objects whose members belong into the metadata, by column name.
    pub members: Vec<(&'r str, &'r str)>,
    /// What could not be understood. The cells concerned are in `metadata`.
    pub issues: Vec<MappedIssue<'r>>,
    /// Columns, from 0, that were read together with another one and need not be kept.
    pub(super) read: Vec<usize>,
}

/// A cell with a phone number, or a part of one.
#[derive(Clone)]
pub struct MappedPhone<'r> {
    /// The number as written, perhaps several.
    pub text: Cow<'r, str>,
    /// How it belongs to the human.
    pub relationship: Cow<'r, RelationshipType>,
    /// Whether the source marks it as the preferred one.
    pub primary: bool,
    /// The country of this number, by name or code, where the row says.
    pub country: Option<Cow<'r, str>>,
    /// What else is known of the tie, where the source is smrt itself.
    pub link: Option<MappedLink>,
    /// Its column, counted from 1.
    pub column: u32,
}

/// What a file that smrt wrote says of the tie between a human and a number.
#[derive(Clone, PartialEq, Eq)]
pub struct MappedLink {
    /// Whether someone made sure of it.
    pub verified: bool,
    /// More of the tie, a JSON object.
    pub metadata: String,
}

/// A consent or a withdrawal that a row gives evidence of.
#[derive(Clone)]
pub struct MappedConsent<'r> {
    /// What it is given for.
    pub consent_type: &'r ConsentType,
    /// What it brings about.
    pub status: ConsentStatus,
    /// When it was given, where the row says.
    pub date: Option<Instant>,
    /// Where the evidence is.
    pub source: Cow<'r, str>,
    /// The legal basis, where the row or the mapping says.
    pub legal_basis: Option<Cow<'r, str>>,
    /// Its column, counted from 1.
    pub column: u32,
}

/// Something in a row that could not be understood. It holds no value of the row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MappedIssue<'r> {
    /// A stable code: `ambiguous_date`, `unreadable_date`, `undated_answer`, `unknown_answer`,
    /// `unreadable_phone_list` or `deleted_at_source`.
    pub code: &'static str,
    /// The column, counted from 1.
    pub column: u32,
    /// The column's name.
    pub column_name: &'r str,
    /// What is wrong.
    pub reason: &'static str,
    /// What to do about it.
    pub hint: &'static str,
    /// What becomes of the row.
    pub effect: IssueEffect,
}

/// What an issue means for its row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IssueEffect {
    /// The row is imported without the value.
    KeepsRow,
    /// The row is not to be imported.
    RejectsRow,
}

impl<'r> MappedRow<'r> {
    /// Empties the row and keeps its buffers.
    pub fn clear(&mut self) {
        let Self {
            source_key,
            human_id,
            owner,
            first_name,
            last_name,
            email,
            company_name,
            job_title,
            employee_id,
            contractor_id,
            country,
            phones,
            consents,
            metadata,
            members,
            issues,
            read,
        } = self;
        for field in [
            source_key,
            human_id,
            owner,
            first_name,
            last_name,
            email,
            company_name,
            job_title,
            employee_id,
            contractor_id,
            country,
        ] {
            *field = None;
        }
        phones.clear();
        consents.clear();
        metadata.clear();
        members.clear();
        issues.clear();
        read.clear();
    }

    /// The place of a field's value; none for the full name, which is never kept whole.
    pub(super) fn slot(&mut self, field: Field) -> Option<&mut Option<Cow<'r, str>>> {
        Some(match field {
            Field::SourceKey => &mut self.source_key,
            Field::HumanId => &mut self.human_id,
            Field::Owner => &mut self.owner,
            Field::FirstName => &mut self.first_name,
            Field::LastName => &mut self.last_name,
            Field::FullName => return None,
            Field::Email => &mut self.email,
            Field::CompanyName => &mut self.company_name,
            Field::JobTitle => &mut self.job_title,
            Field::EmployeeId => &mut self.employee_id,
            Field::ContractorId => &mut self.contractor_id,
            Field::Country => &mut self.country,
        })
    }

    /// Fills a field that has no value yet; says whether it did.
    pub(super) fn fill(&mut self, field: Field, value: &'r str) -> bool {
        match self.slot(field) {
            Some(slot @ None) => {
                *slot = Some(Cow::Borrowed(value));
                true
            }
            Some(Some(_)) | None => false,
        }
    }
}

impl fmt::Debug for MappedRow<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MappedRow(****)")
    }
}

impl fmt::Debug for MappedPhone<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MappedPhone(****)")
    }
}

impl fmt::Debug for MappedLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MappedLink(****)")
    }
}

impl fmt::Debug for MappedConsent<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MappedConsent")
            .field("consent_type", self.consent_type)
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}
