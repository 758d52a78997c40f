//! A mapping read from its TOML text.
//!
//! Every error names the line and column it stands in.
//! What this module does not do: it sees no header and no row.

mod value;

use smrt_core::model::{ConsentStatus, ConsentType, RelationshipType};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::date::{self, DateFormat};
use super::error::{MappingError, MappingProblem, Position};
use super::header::{HeaderCase, nearest};
use super::rule::{ConsentRule, Field, FieldRule, PhoneFormat, PhoneRule, Role, Rule};
use super::{Detect, Entry, Mapping, MissingColumns};

/// No mapping is longer: 10,000 columns of 100 bytes.
const MAPPING_BYTES_MAX: usize = 1 << 20;
const SOURCE_BYTES_MAX: usize = 64;
/// The source of a mapping that names none.
const SOURCE_DEFAULT: &str = "file";

const TOP_KEYS: &[&str] = &[
    "version",
    "source",
    "header_case",
    "missing_columns",
    "date_format",
    "utc_offset",
    "detect",
    "columns",
    "constants",
    "metadata",
];

pub(super) fn parse(name: &str, text: &str) -> Result<Mapping, MappingError> {
    Reader { name, text }.mapping()
}

/// The text under reading, for the places of errors.
struct Reader<'t> {
    name: &'t str,
    text: &'t str,
}

type Node<'t> = Spanned<DeValue<'t>>;
/// A table's entries in the order they are written in.
type Entries<'n, 't> = Vec<(&'n Spanned<std::borrow::Cow<'t, str>>, &'n Node<'t>)>;

impl<'t> Reader<'t> {
    fn mapping(&self) -> Result<Mapping, MappingError> {
        if self.text.len() > MAPPING_BYTES_MAX {
            let bytes_max = MAPPING_BYTES_MAX;
            return Err(self.error(None, MappingProblem::Length { bytes_max }));
        }
        let document = DeTable::parse(self.text).map_err(|error| {
            let message = error
                .message()
                .lines()
                .next()
                .unwrap_or_default()
                .to_owned();
            self.error(error.span(), MappingProblem::Syntax(message))
        })?;
        let top = document.get_ref();
        self.check_keys(top, TOP_KEYS, "a mapping")?;
        self.check_version(top)?;
        let mapping = Mapping {
            name: self.name.to_owned(),
            source: match top.get("source") {
                Some(node) => self.source(node)?,
                None => SOURCE_DEFAULT.to_owned(),
            },
            header_case: self.header_case(top)?,
            missing_columns: self.missing_columns(top)?,
            date_format: self.date_format(top)?.unwrap_or_default(),
            utc_offset_minutes: self.utc_offset(top)?,
            detect: top
                .get("detect")
                .map(|node| self.detect(node))
                .transpose()?,
            entries: match top.get("columns") {
                Some(node) => self.entries(node)?,
                None => return Err(self.error(None, MappingProblem::MissingKey("columns"))),
            },
            constants: match top.get("constants") {
                Some(node) => self.constants(node)?,
                None => Vec::new(),
            },
            metadata: match top.get("metadata") {
                Some(node) => self.metadata(node)?,
                None => Vec::new(),
            },
        };
        self.check_source(&mapping, top)?;
        Ok(mapping)
    }

    fn check_version(&self, top: &DeTable<'t>) -> Result<(), MappingError> {
        let Some(node) = top.get("version") else {
            return Err(self.error(None, MappingProblem::MissingKey("version")));
        };
        match node.get_ref() {
            DeValue::Integer(number) if number.as_str() == "1" => Ok(()),
            DeValue::Integer(number) => {
                let problem = MappingProblem::Version(number.as_str().to_owned());
                Err(self.error(Some(node.span()), problem))
            }
            _ => Err(self.wrong_type("version", "a whole number", node)),
        }
    }

    /// A key without a source would tie humans of different systems together.
    fn check_source(&self, mapping: &Mapping, top: &DeTable<'t>) -> Result<(), MappingError> {
        let keyed = mapping.entries.iter().find(|entry| {
            matches!(&entry.rule, Rule::Field(rule) if rule.field.is_key() || rule.is_source_key)
        });
        match keyed {
            Some(entry) if top.get("source").is_none() => Err(MappingError::new(
                self.name,
                Some(entry.position),
                MappingProblem::MissingKey("source"),
            )),
            _ => Ok(()),
        }
    }

    fn source(&self, node: &Node<'t>) -> Result<String, MappingError> {
        let source = self.string("source", node)?;
        let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.');
        if source.is_empty() || source.len() > SOURCE_BYTES_MAX || !source.bytes().all(allowed) {
            let expected = format!(
                "1 to {SOURCE_BYTES_MAX} letters, digits, `_`, `-` or `.`, such as \"hubspot\""
            );
            return Err(self.wrong_value("source", source, expected, node));
        }
        Ok(source.to_owned())
    }

    fn header_case(&self, table: &DeTable<'t>) -> Result<HeaderCase, MappingError> {
        let choices = [("exact", HeaderCase::Exact), ("ignore", HeaderCase::Ignore)];
        Ok(self
            .choice(table, "header_case", &choices)?
            .unwrap_or_default())
    }

    fn missing_columns(&self, table: &DeTable<'t>) -> Result<MissingColumns, MappingError> {
        let choices = [
            ("error", MissingColumns::Error),
            ("ignore", MissingColumns::Ignore),
        ];
        Ok(self
            .choice(table, "missing_columns", &choices)?
            .unwrap_or_default())
    }

    fn date_format(&self, table: &DeTable<'t>) -> Result<Option<DateFormat>, MappingError> {
        let choices = DateFormat::ALL.map(|format| (format.as_str(), format));
        self.choice(table, "date_format", &choices)
    }

    fn utc_offset(&self, table: &DeTable<'t>) -> Result<i32, MappingError> {
        let Some(node) = table.get("utc_offset") else {
            return Ok(0);
        };
        let text = self.string("utc_offset", node)?;
        match date::offset(text, 0) {
            Some(minutes) if !text.is_empty() => Ok(minutes),
            _ => Err(self.wrong_value(
                "utc_offset",
                text,
                "an offset such as \"+01:00\"".to_owned(),
                node,
            )),
        }
    }

    fn detect(&self, node: &Node<'t>) -> Result<Detect, MappingError> {
        let table = self.table("detect", node)?;
        self.check_keys(table, &["headers", "absent", "prefixes"], "`[detect]`")?;
        let names = |key| match table.get(key) {
            Some(node) => self.strings(key, node),
            None => Ok(Vec::new()),
        };
        Ok(Detect {
            headers: names("headers")?,
            absent: names("absent")?,
            prefixes: names("prefixes")?,
        })
    }

    fn entries(&self, node: &Node<'t>) -> Result<Vec<Entry>, MappingError> {
        let entries = in_order(self.table("columns", node)?);
        entries
            .into_iter()
            .map(|(key, node)| {
                Ok(Entry {
                    header: key.get_ref().clone().into_owned(),
                    rule: self.rule(key.get_ref(), node)?,
                    position: Position::of(self.text, key.span().start),
                    comment: None,
                })
            })
            .collect()
    }

    fn rule(&self, header: &str, node: &Node<'t>) -> Result<Rule, MappingError> {
        match node.get_ref() {
            DeValue::String(target) => self.named_rule(header, target, node),
            DeValue::Table(table) => self.table_rule(header, table, node),
            _ => Err(self.wrong_type(
                header,
                "a target such as \"email\", or a table such as { phone = \"mobile\" }",
                node,
            )),
        }
    }

    fn named_rule(
        &self,
        header: &str,
        target: &str,
        node: &Node<'t>,
    ) -> Result<Rule, MappingError> {
        match target {
            "ignore" => return Ok(Rule::Ignore),
            "metadata" => return Ok(Rule::Metadata),
            "deleted" => return Ok(Rule::Deleted),
            "members" => return Ok(Rule::Members),
            _ => {}
        }
        match Field::parse(target) {
            Some(field) => Ok(Rule::Field(FieldRule::plain(field))),
            None => Err(self.unknown_target(header, target, node)),
        }
    }

    fn unknown_target(&self, header: &str, target: &str, node: &Node<'t>) -> MappingError {
        let words = ["ignore", "metadata", "members", "deleted"].into_iter();
        let targets = Field::ALL.iter().map(|field| field.as_str()).chain(words);
        let problem = MappingProblem::UnknownTarget {
            header: header.to_owned(),
            target: target.to_owned(),
            nearest: nearest(target, targets),
        };
        self.error(Some(node.span()), problem)
    }

    fn table_rule(
        &self,
        header: &str,
        table: &DeTable<'t>,
        node: &Node<'t>,
    ) -> Result<Rule, MappingError> {
        const KINDS: &[&str] = &["field", "fallback", "phone", "consent"];
        let mut named = KINDS
            .iter()
            .copied()
            .filter(|kind| table.get(*kind).is_some());
        let (kind, second) = (named.next(), named.next());
        if second.is_some() {
            return Err(self.combination(
                header,
                node,
                "it has two targets",
                "keep one of `field`, `fallback`, `phone` and `consent`",
            ));
        }
        match kind {
            Some("field") => self.field_rule(header, table, "field", Role::Main),
            Some("fallback") => self.field_rule(header, table, "fallback", Role::Fallback),
            Some("phone") => self.phone_rule(header, table, node),
            Some("consent") => self.consent_rule(header, table, node),
            _ => {
                self.check_keys(table, KINDS, "a column")?;
                Err(self.combination(
                    header,
                    node,
                    "it has no target",
                    "write one of `field`, `fallback`, `phone` and `consent`",
                ))
            }
        }
    }

    fn field_rule(
        &self,
        header: &str,
        table: &DeTable<'t>,
        key: &'static str,
        role: Role,
    ) -> Result<Rule, MappingError> {
        const KEYS: &[&str] = &[
            "field",
            "fallback",
            "separator",
            "label_column",
            "source_key",
        ];
        self.check_keys(table, KEYS, "a field's column")?;
        let Some(node) = table.get(key) else {
            return Err(self.error(None, MappingProblem::MissingKey(key)));
        };
        let target = self.string(key, node)?;
        let field =
            Field::parse(target).ok_or_else(|| self.unknown_target(header, target, node))?;
        Ok(Rule::Field(FieldRule {
            field,
            role,
            separator: self.non_blank(table, "separator")?,
            label_column: self.text(table, "label_column")?,
            is_source_key: self.boolean(table, "source_key")?.unwrap_or(false),
        }))
    }

    fn phone_rule(
        &self,
        header: &str,
        table: &DeTable<'t>,
        node: &Node<'t>,
    ) -> Result<Rule, MappingError> {
        const KEYS: &[&str] = &[
            "phone",
            "label_column",
            "country_column",
            "calling_code_column",
            "separator",
            "strip_prefix",
            "format",
            "primary",
            "own_terms",
        ];
        self.check_keys(table, KEYS, "a phone column")?;
        let term = self.text(table, "phone")?.unwrap_or_default();
        let relationship = RelationshipType::parse(&term).map_err(|_| {
            self.wrong_value(
                "phone",
                &term,
                "1 to 32 lower-case letters, digits or `_`, such as \"mobile\"".to_owned(),
                table.get("phone").unwrap_or(node),
            )
        })?;
        let formats = [("text", PhoneFormat::Text), ("json", PhoneFormat::Json)];
        let rule = PhoneRule {
            relationship,
            label_column: self.text(table, "label_column")?,
            country_column: self.text(table, "country_column")?,
            calling_code_column: self.text(table, "calling_code_column")?,
            separator: self.non_blank(table, "separator")?,
            strip_prefix: self.non_blank(table, "strip_prefix")?,
            format: self
                .choice(table, "format", &formats)?
                .unwrap_or(PhoneFormat::Text),
            primary: self.boolean(table, "primary")?.unwrap_or(false),
            own_terms: self.boolean(table, "own_terms")?.unwrap_or(false),
        };
        let beside_json = rule.label_column.is_some()
            || rule.calling_code_column.is_some()
            || rule.separator.is_some();
        if rule.format == PhoneFormat::Json && beside_json {
            return Err(self.combination(
                header,
                node,
                "a JSON list carries its own codes and has no labels",
                "remove `label_column`, `calling_code_column` and `separator`",
            ));
        }
        Ok(Rule::Phone(rule))
    }

    fn consent_rule(
        &self,
        header: &str,
        table: &DeTable<'t>,
        node: &Node<'t>,
    ) -> Result<Rule, MappingError> {
        const KEYS: &[&str] = &[
            "consent",
            "when_true",
            "when_false",
            "when_date",
            "values",
            "date_column",
            "date_format",
            "source",
            "source_column",
            "legal_basis",
            "legal_basis_column",
        ];
        self.check_keys(table, KEYS, "a consent column")?;
        let term = self.text(table, "consent")?.unwrap_or_default();
        let consent_type = ConsentType::parse(&term).map_err(|_| {
            self.wrong_value(
                "consent",
                &term,
                "1 to 48 lower-case letters, digits or `_`, such as \"marketing_email\"".to_owned(),
                table.get("consent").unwrap_or(node),
            )
        })?;
        let rule = ConsentRule {
            consent_type,
            when_true: self.status(table, "when_true")?,
            when_false: self.status(table, "when_false")?,
            when_date: self.status(table, "when_date")?,
            values: match table.get("values") {
                Some(node) => self.consent_values(node)?,
                None => Vec::new(),
            },
            date_column: self.text(table, "date_column")?,
            date_format: self.date_format(table)?,
            source: self.non_blank(table, "source")?,
            source_column: self.text(table, "source_column")?,
            legal_basis: self.non_blank(table, "legal_basis")?,
            legal_basis_column: self.text(table, "legal_basis_column")?,
        };
        self.check_consent(header, &rule, node)?;
        Ok(Rule::Consent(rule))
    }

    fn check_consent(
        &self,
        header: &str,
        rule: &ConsentRule,
        node: &Node<'t>,
    ) -> Result<(), MappingError> {
        let answers =
            rule.when_true.is_some() || rule.when_false.is_some() || !rule.values.is_empty();
        if rule.when_date.is_none() && !answers {
            return Err(self.combination(
                header,
                node,
                "nothing says what the cells mean",
                "add `when_true = \"revoked\"`, `when_date = \"granted\"` or a table `values`",
            ));
        }
        if rule.when_date.is_some() && (answers || rule.date_column.is_some()) {
            return Err(self.combination(
                header,
                node,
                "a cell is either a date or an answer",
                "keep `when_date`, or the others",
            ));
        }
        if rule.when_date.is_none() && rule.date_column.is_none() && rule.date_format.is_some() {
            return Err(self.combination(
                header,
                node,
                "`date_format` has no date to read",
                "add `date_column`, or remove `date_format`",
            ));
        }
        Ok(())
    }

    fn status(
        &self,
        table: &DeTable<'t>,
        key: &str,
    ) -> Result<Option<ConsentStatus>, MappingError> {
        self.choice(table, key, &STATUSES)
    }

    fn consent_values(
        &self,
        node: &Node<'t>,
    ) -> Result<Vec<(String, Option<ConsentStatus>)>, MappingError> {
        let choices = [
            ("granted", Some(ConsentStatus::Granted)),
            ("revoked", Some(ConsentStatus::Revoked)),
            ("nothing", None),
        ];
        in_order(self.table("values", node)?)
            .into_iter()
            .map(|(key, node)| {
                Ok((
                    key.get_ref().clone().into_owned(),
                    self.one_of(key.get_ref(), node, &choices)?,
                ))
            })
            .collect()
    }

    fn constants(&self, node: &Node<'t>) -> Result<Vec<(Field, String)>, MappingError> {
        in_order(self.table("constants", node)?)
            .into_iter()
            .map(|(key, node)| {
                let value = self.filled(key.get_ref(), node)?;
                match Field::parse(key.get_ref()) {
                    Some(Field::SourceKey | Field::HumanId | Field::Owner | Field::FullName)
                    | None => Err(self.error(
                        Some(key.span()),
                        MappingProblem::UnknownKey {
                            key: key.get_ref().clone().into_owned(),
                            place: "`[constants]`",
                            nearest: nearest(key.get_ref(), constant_names()),
                        },
                    )),
                    Some(field) => Ok((field, value.to_owned())),
                }
            })
            .collect()
    }

    fn metadata(&self, node: &Node<'t>) -> Result<Vec<(String, String)>, MappingError> {
        in_order(self.table("metadata", node)?)
            .into_iter()
            .map(|(key, node)| {
                let value = self.filled(key.get_ref(), node)?;
                Ok((key.get_ref().clone().into_owned(), value.to_owned()))
            })
            .collect()
    }
}

const STATUSES: [(&str, ConsentStatus); 2] = [
    ("granted", ConsentStatus::Granted),
    ("revoked", ConsentStatus::Revoked),
];

fn constant_names() -> impl Iterator<Item = &'static str> {
    Field::ALL
        .into_iter()
        .filter(|field| !field.is_key() && !matches!(field, Field::Owner | Field::FullName))
        .map(Field::as_str)
}

fn in_order<'n, 't>(table: &'n DeTable<'t>) -> Entries<'n, 't> {
    let mut entries: Entries<'n, 't> = table.iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    entries
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The error of a mapping, as `line:column message / hint`.
    fn error(text: &str) -> String {
        let error = Mapping::parse("m.toml", text).unwrap_err();
        let (line, column) = (error.line().unwrap_or(0), error.column().unwrap_or(0));
        format!("{line}:{column} {} / {}", error.problem(), error.hint())
    }

    #[test]
    fn errors_name_the_place_the_fault_and_the_remedy() {
        let check = |text: &str, want: &str| assert_eq!(error(text), want, "{text}");
        check(
            "",
            "0:0 `version` is missing / begin the mapping with `version = 1`",
        );
        check(
            "version = 2\n[columns]",
            "1:11 version 2 is not known / write `version = 1`",
        );
        check(
            "version = 1",
            "0:0 `columns` is missing / add a table `[columns]`",
        );
        check(
            "version = 1\nsorce = \"x\"\n[columns]",
            "2:1 unknown key `sorce` in a mapping / is `source` meant?",
        );
        check(
            "version = 1\nsource = \"a b\"\n[columns]",
            "2:10 `a b` is not a value of `source` / write 1 to 64 letters, digits, `_`, `-` or `.`, such as \"hubspot\"",
        );
        check(
            "version = 1\n[columns]\n\"Höhe\" = \"fist_name\"",
            "3:10 unknown target `fist_name` for column `Höhe` / is `first_name` meant?",
        );
        check(
            "version = 1\n[columns]\nA = \"phone\"",
            "3:5 unknown target `phone` for column `A` / name the relationship: `{ phone = \"mobile\" }`",
        );
        check(
            "version = 1\n[columns]\nA = 7",
            "3:5 `A` takes a target such as \"email\", or a table such as { phone = \"mobile\" }, not a whole number / write a target such as \"email\", or a table such as { phone = \"mobile\" }",
        );
        check(
            "version = 1\n[columns]\nContact.Email = \"email\"",
            "3:9 unknown key `Email` in a column / a column name that holds a dot stands in quotes: `\"Contact.Email\" = \"email\"`",
        );
        check(
            "version = 1\n[columns]\nA = { phone = \"Mobile\" }",
            "3:15 `Mobile` is not a value of `phone` / write 1 to 32 lower-case letters, digits or `_`, such as \"mobile\"",
        );
        check(
            "version = 1\n[columns]\nA = { phone = \"mobile\", label = \"B\" }",
            "3:25 unknown key `label` in a phone column / is `label_column` meant?",
        );
        check(
            "version = 1\n[columns]\nA = { consent = \"marketing_email\" }",
            "3:5 column `A`: nothing says what the cells mean / add `when_true = \"revoked\"`, `when_date = \"granted\"` or a table `values`",
        );
        check(
            "version = 1\n[columns]\nA = { consent = \"x\", when_true = \"yes\" }",
            "3:34 `yes` is not a value of `when_true` / write \"granted\" or \"revoked\"",
        );
        check(
            "version = 1\n[columns]\nA = { field = \"email\", phone = \"work\" }",
            "3:5 column `A`: it has two targets / keep one of `field`, `fallback`, `phone` and `consent`",
        );
        check(
            "version = 1\n[columns]\nA = \"source_key\"",
            "3:1 `source` is missing / add `source = …` before `[columns]`",
        );
        check(
            "version = 1\n[columns]\n[constants]\nsource_key = \"x\"",
            "4:1 unknown key `source_key` in `[constants]` / docs/mapping.md lists the keys",
        );
        check(
            "version = 1\ndate_format = \"dd.mm.yyyy\"\n[columns]",
            "2:15 `dd.mm.yyyy` is not a value of `date_format` / write \"auto\" or \"m/d/y\" or \"d/m/y\" or \"epoch_s\" or \"epoch_ms\"",
        );
    }

    #[test]
    fn what_is_no_toml_is_refused_where_it_breaks() {
        let place = |text: &str| {
            let error = Mapping::parse("m.toml", text).unwrap_err();
            assert!(matches!(error.problem(), MappingProblem::Syntax(_)));
            (error.line(), error.column())
        };
        assert_eq!(
            place("version = 1\n[columns]\nFirst Name = \"first_name\"").0,
            Some(3)
        );
        assert_eq!(
            place("version = 1\n[columns]\nA = \"email\"\nA = \"ignore\"").0,
            Some(4)
        );
        let long = "#".repeat(MAPPING_BYTES_MAX + 1);
        assert!(Mapping::parse("m.toml", &long).is_err());
    }

    #[test]
    fn the_message_names_the_file() {
        let error = Mapping::parse("m.toml", "version = 1\nx = 1\n[columns]").unwrap_err();
        assert_eq!(
            error.to_string(),
            "`m.toml` line 2, column 1: unknown key `x` in a mapping"
        );
    }

    #[test]
    fn every_block_of_the_documentation_is_read() {
        let text = include_str!("../../../docs/mapping.md");
        let blocks: Vec<&str> = text
            .split("```toml\n")
            .skip(1)
            .filter_map(|block| block.split("```").next())
            .collect();
        assert!(blocks.len() >= 7);
        for block in blocks {
            let mapping = Mapping::parse("docs/mapping.md", block)
                .unwrap_or_else(|error| panic!("{error}\n{block}"));
            let again = Mapping::parse("again", &mapping.to_toml()).unwrap();
            assert_eq!(again.digest(), mapping.digest());
        }
        for preset in Mapping::presets() {
            assert!(
                text.contains(&format!("`{preset}`")),
                "{preset} is not documented"
            );
        }
        for field in Field::ALL {
            assert!(
                text.contains(&format!("`{}`", field.as_str())),
                "{field:?} is not documented"
            );
        }
    }
}
