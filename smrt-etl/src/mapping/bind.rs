//! A mapping joined with a header: column names become positions.
//!
//! What this module does not do: it reads no row; `apply` does.

use smrt_core::model::{ConsentStatus, ConsentType, RelationshipType};

use super::date::DateFormat;
use super::error::{MappingError, MappingProblem};
use super::header::{HeaderIndex, NUMBER};
use super::joined::Separator;
use super::label::Relationships;
use super::rule::{ConsentRule, Field, FieldRule, PhoneFormat, PhoneRule, Role, Rule};
use super::{Entry, Mapping, MissingColumns};
use crate::added_columns::is_added_column;

/// A mapping bound to the header of a file.
pub struct RowMapper {
    pub(super) columns: Vec<Column>,
    pub(super) phones: Vec<BoundPhone>,
    pub(super) consents: Vec<BoundConsent>,
    /// The columns of the names, the preferred ones first.
    pub(super) first_names: Vec<usize>,
    pub(super) last_names: Vec<usize>,
    pub(super) company_names: Vec<usize>,
    /// The columns with the labels of fields.
    pub(super) field_labels: Vec<usize>,
    pub(super) constants: Vec<(Field, String)>,
    pub(super) metadata: Vec<(String, String)>,
    pub(super) relationships: Relationships,
    pub(super) utc_offset_minutes: i32,
}

pub(super) struct Column {
    pub(super) name: String,
    pub(super) action: Action,
    words: String,
}

/// What is done with a cell.
pub(super) enum Action {
    Metadata,
    Ignore,
    /// The only column of its field.
    Field(Field),
    /// A field with anything to consider beyond its own cell.
    Chosen(Box<BoundField>),
    FullName(Box<BoundField>),
    /// Read with the phones, the consents or a field's values; kept unless that used it.
    Companion,
    Deleted,
    Members,
}

pub(super) struct BoundField {
    pub(super) field: Field,
    pub(super) column: usize,
    /// The columns that come before this one, by position.
    pub(super) before: Vec<usize>,
    /// All columns of the field that have a label, and where it is.
    pub(super) labelled: Vec<(usize, usize)>,
    pub(super) separator: Option<Separator>,
    pub(super) label: Option<usize>,
    pub(super) is_source_key: bool,
}

pub(super) struct BoundPhone {
    pub(super) column: usize,
    pub(super) relationship: RelationshipType,
    pub(super) label: Option<usize>,
    pub(super) country: Option<usize>,
    pub(super) calling_code: Option<usize>,
    pub(super) separator: Option<Separator>,
    pub(super) strip_prefix: Option<String>,
    pub(super) format: PhoneFormat,
    pub(super) primary: bool,
    pub(super) own_terms: bool,
}

pub(super) struct BoundConsent {
    pub(super) column: usize,
    pub(super) consent_type: ConsentType,
    pub(super) when_true: Option<ConsentStatus>,
    pub(super) when_false: Option<ConsentStatus>,
    pub(super) when_date: Option<ConsentStatus>,
    pub(super) values: Vec<(String, Option<ConsentStatus>)>,
    pub(super) date: Option<usize>,
    pub(super) date_format: DateFormat,
    pub(super) source: String,
    pub(super) source_column: Option<usize>,
    pub(super) legal_basis: Option<String>,
    pub(super) legal_basis_column: Option<usize>,
}

/// One column of the file and the line of the mapping that speaks of it.
struct Match<'m> {
    column: usize,
    entry: &'m Entry,
    /// The number that stood in the place of `{n}`.
    number: Option<u32>,
}

pub(super) fn bind(mapping: &Mapping, header: &[&str]) -> Result<RowMapper, MappingError> {
    let binder = Binder {
        mapping,
        index: HeaderIndex::new(header, mapping.header_case),
    };
    let matches = binder.matches()?;
    let fields = binder.field_order(&matches)?;
    let mut mapper = RowMapper {
        columns: binder.unmapped_columns(),
        phones: Vec::new(),
        consents: Vec::new(),
        first_names: fields.columns(Field::FirstName),
        last_names: fields.columns(Field::LastName),
        company_names: fields.columns(Field::CompanyName),
        field_labels: Vec::new(),
        constants: mapping.constants.clone(),
        metadata: mapping.metadata.clone(),
        relationships: Relationships::new(),
        utc_offset_minutes: mapping.utc_offset_minutes,
    };
    for found in &matches {
        binder.mark_companions(found, &mut mapper)?;
    }
    for found in &matches {
        binder.add(found, &fields, &mut mapper)?;
    }
    mapper.phones.sort_by_key(|phone| phone.column);
    mapper.consents.sort_by_key(|consent| consent.column);
    Ok(mapper)
}

struct Binder<'m, 'h> {
    mapping: &'m Mapping,
    index: HeaderIndex<'h>,
}

/// The columns of each field, the preferred ones first.
struct FieldOrder([Vec<Candidate>; Field::ALL.len()]);

#[derive(Clone, Copy)]
struct Candidate {
    column: usize,
    label: Option<usize>,
}

impl FieldOrder {
    fn of(&self, field: Field) -> impl Iterator<Item = Candidate> {
        self.0.get(field as usize).into_iter().flatten().copied()
    }

    fn columns(&self, field: Field) -> Vec<usize> {
        self.of(field).map(|candidate| candidate.column).collect()
    }

    fn labelled(&self, field: Field) -> Vec<(usize, usize)> {
        self.of(field)
            .filter_map(|candidate| Some((candidate.column, candidate.label?)))
            .collect()
    }

    fn before(&self, field: Field, column: usize) -> Vec<usize> {
        let mut columns = self.columns(field);
        columns.truncate(
            columns
                .iter()
                .position(|other| *other == column)
                .unwrap_or(0),
        );
        columns
    }
}

impl<'m> Binder<'m, '_> {
    /// Finds each line's columns; a line that names its column goes before a pattern.
    fn matches(&self) -> Result<Vec<Match<'m>>, MappingError> {
        let mut taken: Vec<Option<&Entry>> = vec![None; self.index.len()];
        let mut matches = Vec::new();
        let (patterns, plain): (Vec<&Entry>, Vec<&Entry>) = self
            .mapping
            .entries
            .iter()
            .partition(|entry| entry.is_pattern());
        for entry in plain {
            let Some(column) = self.index.find(&entry.header) else {
                self.missing(entry, &entry.header)?;
                continue;
            };
            self.take(&mut taken, column, entry)?;
            matches.push(Match {
                column,
                entry,
                number: None,
            });
        }
        for entry in patterns {
            let found = self.index.find_numbered(&entry.header);
            if found.is_empty() {
                self.missing(entry, &entry.header)?;
            }
            for (number, column) in found {
                let by_name = taken.get(column).copied().flatten();
                if by_name.is_some_and(|other| !other.is_pattern()) {
                    continue;
                }
                self.take(&mut taken, column, entry)?;
                matches.push(Match {
                    column,
                    entry,
                    number: Some(number),
                });
            }
        }
        Ok(matches)
    }

    fn take(
        &self,
        taken: &mut [Option<&'m Entry>],
        column: usize,
        entry: &'m Entry,
    ) -> Result<(), MappingError> {
        match taken.get_mut(column) {
            Some(Some(first)) => Err(self.error(
                entry,
                MappingProblem::MappedTwice {
                    header: self.index.name(column).to_owned(),
                    first: first.header.clone(),
                    second: entry.header.clone(),
                },
            )),
            Some(free) => {
                *free = Some(entry);
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// Sorts each field's columns: its own first, then those that stand in, as the mapping has
    /// them; a pattern's by number.
    fn field_order(&self, matches: &[Match<'m>]) -> Result<FieldOrder, MappingError> {
        let mut order = FieldOrder(Default::default());
        let mut ranked: Vec<(&Match<'m>, &FieldRule)> = matches
            .iter()
            .filter_map(|found| match &found.entry.rule {
                Rule::Field(rule) => Some((found, rule)),
                Rule::Phone(_)
                | Rule::Consent(_)
                | Rule::Deleted
                | Rule::Members
                | Rule::Metadata
                | Rule::Ignore => None,
            })
            .collect();
        ranked.sort_by_key(|(found, rule)| {
            let position = (found.entry.position.line, found.entry.position.column);
            (rule.role == Role::Fallback, position, found.number)
        });
        let mut mains: Vec<(Field, &Match<'m>)> = Vec::new();
        for (found, rule) in ranked {
            if rule.role == Role::Main {
                let first = mains.iter().find(|(field, first)| {
                    *field == rule.field && !std::ptr::eq(first.entry, found.entry)
                });
                if let Some((_, first)) = first {
                    return Err(self.two_columns(rule.field, first, found));
                }
                mains.push((rule.field, found));
            }
            if let Some(columns) = order.0.get_mut(rule.field as usize) {
                columns.push(Candidate {
                    column: found.column,
                    label: self.companion(found, rule.label_column.as_deref())?,
                });
            }
        }
        Ok(order)
    }

    fn two_columns(&self, field: Field, first: &Match<'m>, second: &Match<'m>) -> MappingError {
        self.error(
            second.entry,
            MappingProblem::TwoColumns {
                field: field.as_str(),
                first: self.index.name(first.column).to_owned(),
                second: self.index.name(second.column).to_owned(),
            },
        )
    }

    /// What no line of the mapping names is kept, except what smrt added to the rows.
    fn unmapped_columns(&self) -> Vec<Column> {
        (0..self.index.len())
            .map(|column| {
                let name = self.index.name(column).to_owned();
                let (action, rule) = match is_added_column(&name) {
                    true => (Action::Ignore, Rule::Ignore),
                    false => (Action::Metadata, Rule::Metadata),
                };
                Column {
                    name,
                    action,
                    words: rule.words(),
                }
            })
            .collect()
    }

    /// Columns named beside another one are read with it, unless a line of their own says more.
    fn mark_companions(
        &self,
        found: &Match<'m>,
        mapper: &mut RowMapper,
    ) -> Result<(), MappingError> {
        for name in found.entry.rule.companions() {
            let companion = self.companion(found, Some(name))?;
            let column = companion.and_then(|column| mapper.columns.get_mut(column));
            if let Some(column) = column {
                column.action = Action::Companion;
                column.words = format!("read together with `{}`", self.index.name(found.column));
            }
        }
        Ok(())
    }

    fn companion(
        &self,
        found: &Match<'m>,
        name: Option<&str>,
    ) -> Result<Option<usize>, MappingError> {
        let Some(name) = name else {
            return Ok(None);
        };
        let numbered = found
            .number
            .map(|number| name.replace(NUMBER, &number.to_string()));
        let name = numbered.as_deref().unwrap_or(name);
        let column = self.index.find(name);
        if column.is_none() {
            self.missing(found.entry, name)?;
        }
        Ok(column)
    }

    fn add(
        &self,
        found: &Match<'m>,
        fields: &FieldOrder,
        mapper: &mut RowMapper,
    ) -> Result<(), MappingError> {
        let action = match &found.entry.rule {
            Rule::Field(rule) => {
                let label = self.companion(found, rule.label_column.as_deref())?;
                mapper.field_labels.extend(label);
                self.field_action(found, rule, fields)?
            }
            Rule::Phone(rule) => {
                mapper.phones.push(self.phone(found, rule)?);
                Action::Companion
            }
            Rule::Consent(rule) => {
                mapper.consents.push(self.consent(found, rule)?);
                Action::Companion
            }
            Rule::Deleted => Action::Deleted,
            Rule::Members => Action::Members,
            Rule::Metadata => Action::Metadata,
            Rule::Ignore => Action::Ignore,
        };
        if let Some(column) = mapper.columns.get_mut(found.column) {
            column.action = action;
            column.words = found.entry.rule.words();
        }
        Ok(())
    }

    fn field_action(
        &self,
        found: &Match<'m>,
        rule: &FieldRule,
        fields: &FieldOrder,
    ) -> Result<Action, MappingError> {
        let bound = BoundField {
            field: rule.field,
            column: found.column,
            before: fields.before(rule.field, found.column),
            labelled: fields.labelled(rule.field),
            separator: rule.separator.as_deref().and_then(Separator::new),
            label: self.companion(found, rule.label_column.as_deref())?,
            is_source_key: rule.is_source_key,
        };
        let plain = bound.before.is_empty()
            && bound.separator.is_none()
            && bound.label.is_none()
            && !bound.is_source_key;
        Ok(match rule.field {
            Field::FullName => Action::FullName(Box::new(bound)),
            Field::Country => Action::Chosen(Box::new(bound)),
            field if plain => Action::Field(field),
            _ => Action::Chosen(Box::new(bound)),
        })
    }

    fn phone(&self, found: &Match<'m>, rule: &PhoneRule) -> Result<BoundPhone, MappingError> {
        Ok(BoundPhone {
            column: found.column,
            relationship: rule.relationship.clone(),
            label: self.companion(found, rule.label_column.as_deref())?,
            country: self.companion(found, rule.country_column.as_deref())?,
            calling_code: self.companion(found, rule.calling_code_column.as_deref())?,
            separator: rule.separator.as_deref().and_then(Separator::new),
            strip_prefix: rule.strip_prefix.clone(),
            format: rule.format,
            primary: rule.primary,
            own_terms: rule.own_terms,
        })
    }

    fn consent(&self, found: &Match<'m>, rule: &ConsentRule) -> Result<BoundConsent, MappingError> {
        let column_name = self.index.name(found.column);
        Ok(BoundConsent {
            column: found.column,
            consent_type: rule.consent_type.clone(),
            when_true: rule.when_true,
            when_false: rule.when_false,
            when_date: rule.when_date,
            values: rule.values.clone(),
            date: self.companion(found, rule.date_column.as_deref())?,
            date_format: rule.date_format.unwrap_or(self.mapping.date_format),
            source: rule
                .source
                .clone()
                .unwrap_or_else(|| format!("{}, column `{column_name}`", self.mapping.source)),
            source_column: self.companion(found, rule.source_column.as_deref())?,
            legal_basis: rule.legal_basis.clone(),
            legal_basis_column: self.companion(found, rule.legal_basis_column.as_deref())?,
        })
    }

    fn missing(&self, entry: &Entry, name: &str) -> Result<(), MappingError> {
        match self.mapping.missing_columns {
            MissingColumns::Ignore => Ok(()),
            MissingColumns::Error => Err(self.error(
                entry,
                MappingProblem::MissingColumn {
                    header: name.to_owned(),
                    nearest: self.index.nearest(name).map(str::to_owned),
                },
            )),
        }
    }

    fn error(&self, entry: &Entry, problem: MappingProblem) -> MappingError {
        MappingError::new(&self.mapping.name, Some(entry.position), problem)
    }
}

impl RowMapper {
    /// Each column's name and what becomes of it, in words, in file order.
    pub fn describe(&self) -> impl Iterator<Item = (&str, &str)> {
        self.columns
            .iter()
            .map(|column| (column.name.as_str(), column.words.as_str()))
    }

    /// The name of a column, counted from 1.
    #[must_use]
    pub fn column_name(&self, column: u32) -> Option<&str> {
        let index = usize::try_from(column).ok()?.checked_sub(1)?;
        self.columns.get(index).map(|column| column.name.as_str())
    }
}

impl std::fmt::Debug for RowMapper {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RowMapper")
            .field("columns", &self.columns.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bind(columns: &str, header: &[&str]) -> Result<Vec<(String, String)>, String> {
        let text = format!("version = 1\nsource = \"test\"\n[columns]\n{columns}");
        let mapper = Mapping::parse("m.toml", &text)
            .unwrap()
            .bind(header)
            .map_err(|error| {
                format!(
                    "{}: {} / {}",
                    error.line().unwrap(),
                    error.problem(),
                    error.hint()
                )
            })?;
        let told = mapper.describe();
        Ok(told
            .map(|(name, words)| (name.to_owned(), words.to_owned()))
            .collect())
    }

    fn check_error(columns: &str, header: &[&str], want: &str) {
        assert_eq!(bind(columns, header).unwrap_err(), want);
    }

    #[test]
    fn a_mapping_that_does_not_fit_says_why() {
        check_error(
            "A = \"email\"\nB = \"email\"",
            &["A", "B"],
            "5: columns `A` and `B` are both mapped to `email`, which takes one / remove one, or let it stand in where the other is empty: `\"B\" = { fallback = \"email\" }`",
        );
        check_error(
            "\"E-Mail\" = \"email\"",
            &["Email", "Phone"],
            "4: the file has no column `E-Mail` / the file has a column `Email`",
        );
        check_error(
            "Birthday = \"ignore\"",
            &["Email"],
            "4: the file has no column `Birthday` / remove the line, or write `missing_columns = \"ignore\"` at the top",
        );
        check_error(
            "A = { phone = \"work\", label_column = \"Label\" }",
            &["A"],
            "4: the file has no column `Label` / remove the line, or write `missing_columns = \"ignore\"` at the top",
        );
        check_error(
            "\"P {n}\" = { phone = \"work\" }\n\"P {n}\u{20}\" = \"ignore\"",
            &["P 1", "P 1 "],
            "5: column `P 1` is mapped twice, as `P {n}` and as `P {n} ` / remove one of the two lines",
        );
        check_error(
            "\"P {n}\" = { phone = \"work\" }",
            &["P x"],
            "4: the file has no column `P {n}` / the file has a column `P x`",
        );
    }

    #[test]
    fn a_line_for_one_column_goes_before_a_pattern() {
        let told = bind(
            "\"P {n}\" = { phone = \"work\" }\n\"P 2\" = \"ignore\"",
            &["P 1", "P 2", "X"],
        )
        .unwrap();
        let words: Vec<&str> = told.iter().map(|(_, words)| words.as_str()).collect();
        assert_eq!(words, ["phone (work)", "ignored", "kept in metadata"]);
    }

    #[test]
    fn columns_read_with_another_are_told_so() {
        let told = bind(
            "A = { phone = \"work\", label_column = \"L\" }",
            &["A", "L"],
        )
        .unwrap();
        assert_eq!(told[0].1, "phone (work), relationship from `L`");
        assert_eq!(told[1].1, "read together with `A`");
    }

    #[test]
    fn a_mapper_crosses_threads() {
        fn assert_shared<T: Send + Sync>() {}
        assert_shared::<RowMapper>();
    }
}
