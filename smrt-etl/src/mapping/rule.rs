//! What one line of a mapping says about one column.
//!
//! What this module does not do: it reads no TOML and no row.

use smrt_core::model::{ConsentStatus, ConsentType, RelationshipType};

use super::date::DateFormat;

/// A field of a human that takes one value a row.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash, PartialOrd, Ord)]
pub enum Field {
    /// The record's key in the system it comes from.
    SourceKey,
    /// The id of one of the tenant's own humans, or else a key.
    HumanId,
    /// The tenant whose record it is.
    Owner,
    /// The given name.
    FirstName,
    /// The family name, particles included.
    LastName,
    /// A whole name, to be split into first and last name.
    FullName,
    /// The e-mail address.
    Email,
    /// The company.
    CompanyName,
    /// The job title.
    JobTitle,
    /// The id the company knows an employee by.
    EmployeeId,
    /// The id the company knows a contractor by.
    ContractorId,
    /// The country whose numbering plan reads the row's phone numbers.
    Country,
}

impl Field {
    /// All fields, in the order of their documentation.
    pub const ALL: [Self; 12] = [
        Self::SourceKey,
        Self::HumanId,
        Self::Owner,
        Self::FirstName,
        Self::LastName,
        Self::FullName,
        Self::Email,
        Self::CompanyName,
        Self::JobTitle,
        Self::EmployeeId,
        Self::ContractorId,
        Self::Country,
    ];

    /// Whether a human's id is made of it.
    pub(super) const fn is_key(self) -> bool {
        matches!(self, Self::SourceKey | Self::HumanId)
    }

    /// The field's name in a mapping file.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SourceKey => "source_key",
            Self::HumanId => "human_id",
            Self::Owner => "owner",
            Self::FirstName => "first_name",
            Self::LastName => "last_name",
            Self::FullName => "full_name",
            Self::Email => "email",
            Self::CompanyName => "company_name",
            Self::JobTitle => "job_title",
            Self::EmployeeId => "employee_id",
            Self::ContractorId => "contractor_id",
            Self::Country => "country",
        }
    }

    /// The field in words, for people.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::SourceKey => "source key",
            Self::HumanId => "human in the store, or source key",
            Self::Owner => "owner; rows of another tenant are rejected",
            Self::FirstName => "first name",
            Self::LastName => "last name",
            Self::FullName => "full name, split into first and last name",
            Self::Email => "e-mail address",
            Self::CompanyName => "company",
            Self::JobTitle => "job title",
            Self::EmployeeId => "employee id",
            Self::ContractorId => "contractor id",
            Self::Country => "country of the row's phone numbers",
        }
    }

    /// The field with this name in a mapping file.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.as_str() == name)
    }
}

/// What becomes of a column.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Rule {
    Field(FieldRule),
    Phone(PhoneRule),
    Consent(ConsentRule),
    /// True in this column marks a row its system has deleted.
    Deleted,
    /// A JSON object, the members of which become members of the metadata.
    Members,
    Metadata,
    Ignore,
}

/// A column that feeds a single-valued field.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct FieldRule {
    pub(super) field: Field,
    pub(super) role: Role,
    /// What parts the values when a cell holds several; the preferred or first one is taken.
    pub(super) separator: Option<String>,
    /// The column whose label marks the preferred value with `* `.
    pub(super) label_column: Option<String>,
    /// Whether the value is the record's key as well.
    pub(super) is_source_key: bool,
}

/// Whether a column is the one for its field or stands in for it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Role {
    Main,
    Fallback,
}

impl FieldRule {
    pub(super) fn plain(field: Field) -> Self {
        Self {
            field,
            role: Role::Main,
            separator: None,
            label_column: None,
            is_source_key: false,
        }
    }
}

/// A column of phone numbers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct PhoneRule {
    pub(super) relationship: RelationshipType,
    pub(super) label_column: Option<String>,
    pub(super) country_column: Option<String>,
    pub(super) calling_code_column: Option<String>,
    pub(super) separator: Option<String>,
    pub(super) strip_prefix: Option<String>,
    pub(super) format: PhoneFormat,
    pub(super) primary: bool,
    /// Whether a label that no language knows may be a relationship of its own.
    pub(super) own_terms: bool,
}

/// How a phone cell is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum PhoneFormat {
    Text,
    /// A JSON list of numbers, or of objects with `number`, `callingCode` and `countryCode`; those
    /// that smrt writes have more members.
    Json,
}

impl PhoneRule {
    pub(super) fn plain(relationship: RelationshipType) -> Self {
        Self {
            relationship,
            label_column: None,
            country_column: None,
            calling_code_column: None,
            separator: None,
            strip_prefix: None,
            format: PhoneFormat::Text,
            primary: false,
            own_terms: false,
        }
    }
}

/// A column that says whether contact is agreed to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct ConsentRule {
    pub(super) consent_type: ConsentType,
    pub(super) when_true: Option<ConsentStatus>,
    pub(super) when_false: Option<ConsentStatus>,
    /// The cell holds the date of the event itself.
    pub(super) when_date: Option<ConsentStatus>,
    /// Cells in words, compared without regard to case; none says nothing.
    pub(super) values: Vec<(String, Option<ConsentStatus>)>,
    pub(super) date_column: Option<String>,
    pub(super) date_format: Option<DateFormat>,
    pub(super) source: Option<String>,
    pub(super) source_column: Option<String>,
    pub(super) legal_basis: Option<String>,
    pub(super) legal_basis_column: Option<String>,
}

impl ConsentRule {
    pub(super) fn of(consent_type: ConsentType) -> Self {
        Self {
            consent_type,
            when_true: None,
            when_false: None,
            when_date: None,
            values: Vec::new(),
            date_column: None,
            date_format: None,
            source: None,
            source_column: None,
            legal_basis: None,
            legal_basis_column: None,
        }
    }
}

impl Rule {
    /// The other columns this one is read together with.
    pub(super) fn companions(&self) -> impl Iterator<Item = &str> {
        let named: [Option<&String>; 3] = match self {
            Self::Field(rule) => [rule.label_column.as_ref(), None, None],
            Self::Phone(rule) => [
                rule.label_column.as_ref(),
                rule.country_column.as_ref(),
                rule.calling_code_column.as_ref(),
            ],
            Self::Consent(rule) => [
                rule.date_column.as_ref(),
                rule.source_column.as_ref(),
                rule.legal_basis_column.as_ref(),
            ],
            Self::Deleted | Self::Members | Self::Metadata | Self::Ignore => [None, None, None],
        };
        named.into_iter().flatten().map(String::as_str)
    }

    /// The rule in words, shown before an import.
    pub(super) fn words(&self) -> String {
        match self {
            Self::Field(rule) => match rule.role {
                Role::Main if rule.is_source_key => {
                    format!("{} and source key", rule.field.words())
                }
                Role::Main => rule.field.words().to_owned(),
                Role::Fallback => format!("{}, where no other column has it", rule.field.words()),
            },
            Self::Phone(rule) => rule.words(),
            Self::Consent(rule) => rule.words(),
            Self::Deleted => "rows deleted at the source are rejected".to_owned(),
            Self::Members => "its members are kept in metadata".to_owned(),
            Self::Metadata => "kept in metadata".to_owned(),
            Self::Ignore => "ignored".to_owned(),
        }
    }
}

impl PhoneRule {
    fn words(&self) -> String {
        let mut words = match self.format {
            PhoneFormat::Text => format!("phone ({})", self.relationship),
            PhoneFormat::Json => format!("list of phones ({})", self.relationship),
        };
        if let Some(column) = &self.label_column {
            words.push_str(&format!(", relationship from `{column}`"));
        }
        if let Some(column) = &self.calling_code_column {
            words.push_str(&format!(", calling code from `{column}`"));
        }
        if let Some(column) = &self.country_column {
            words.push_str(&format!(", country from `{column}`"));
        }
        words
    }
}

impl ConsentRule {
    fn words(&self) -> String {
        let mut words = format!("consent `{}`:", self.consent_type);
        let told = [
            (self.when_true, "when true"),
            (self.when_false, "when false"),
            (self.when_date, "at the date in the cell"),
        ];
        for (status, when) in told {
            if let Some(status) = status {
                words.push_str(&format!(" {} {when}", status.as_str()));
            }
        }
        if !self.values.is_empty() {
            words.push_str(" by the words in the cell");
        }
        if let Some(column) = &self.date_column {
            words.push_str(&format!(", dated by `{column}`"));
        }
        words
    }
}
