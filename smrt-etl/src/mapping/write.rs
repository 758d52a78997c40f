//! A mapping written as TOML, and the digest of its meaning.
//!
//! What this module does not do: it does not keep the text a mapping was read from.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use super::date::DateFormat;
use super::header::HeaderCase;
use super::rule::{ConsentRule, FieldRule, PhoneFormat, PhoneRule, Role, Rule};
use super::{Detect, Entry, Mapping, MissingColumns};

pub(super) fn to_toml(mapping: &Mapping) -> String {
    let mut text = head(mapping);
    if let Some(detect) = &mapping.detect {
        text.push_str(&detect_table(detect));
    }
    text.push_str("\n[columns]\n");
    for entry in &mapping.entries {
        if let Some(comment) = &entry.comment {
            // A comment ends with its line and takes no control character.
            let comment: String = comment.chars().filter(|c| !c.is_control()).collect();
            let _ = writeln!(text, "# {comment}");
        }
        let _ = writeln!(text, "{} = {}", quoted(&entry.header), rule(&entry.rule));
    }
    text.push_str(&tail(mapping));
    text
}

pub(super) fn digest(mapping: &Mapping) -> String {
    let mut lines: Vec<String> = mapping
        .entries
        .iter()
        .enumerate()
        .map(|(place, entry)| line_of_meaning(place, entry))
        .collect();
    lines.sort_unstable();
    let meaning = [head(mapping), lines.join("\n"), tail(mapping)].join("\n");
    let mut hex = String::with_capacity(64);
    for byte in Sha256::digest(meaning.as_bytes()) {
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}

/// A line, with its place where the order of lines has a meaning.
fn line_of_meaning(place: usize, entry: &Entry) -> String {
    let line = format!("{} = {}", quoted(&entry.header), rule(&entry.rule));
    match &entry.rule {
        Rule::Field(field) if field.role == Role::Fallback => format!("fallback {place:08} {line}"),
        _ => line,
    }
}

fn head(mapping: &Mapping) -> String {
    let mut text = String::from("version = 1\n");
    let _ = writeln!(text, "source = {}", quoted(&mapping.source));
    if mapping.header_case == HeaderCase::Ignore {
        text.push_str("header_case = \"ignore\"\n");
    }
    if mapping.missing_columns == MissingColumns::Ignore {
        text.push_str("missing_columns = \"ignore\"\n");
    }
    if mapping.date_format != DateFormat::Auto {
        let _ = writeln!(
            text,
            "date_format = {}",
            quoted(mapping.date_format.as_str())
        );
    }
    if mapping.utc_offset_minutes != 0 {
        let minutes = mapping.utc_offset_minutes;
        let sign = if minutes < 0 { '-' } else { '+' };
        let (hours, minutes) = (minutes.abs() / 60, minutes.abs() % 60);
        let _ = writeln!(text, "utc_offset = \"{sign}{hours:02}:{minutes:02}\"");
    }
    text
}

fn tail(mapping: &Mapping) -> String {
    let mut text = String::new();
    if !mapping.constants.is_empty() {
        text.push_str("\n[constants]\n");
        for (field, value) in &mapping.constants {
            let _ = writeln!(text, "{} = {}", field.as_str(), quoted(value));
        }
    }
    if !mapping.metadata.is_empty() {
        text.push_str("\n[metadata]\n");
        for (name, value) in &mapping.metadata {
            let _ = writeln!(text, "{} = {}", quoted(name), quoted(value));
        }
    }
    text
}

fn detect_table(detect: &Detect) -> String {
    let list = |names: &[String]| {
        let quoted: Vec<String> = names.iter().map(|name| quoted(name)).collect();
        format!("[{}]", quoted.join(", "))
    };
    let mut text = String::from("\n[detect]\n");
    if !detect.headers.is_empty() {
        let _ = writeln!(text, "headers = {}", list(&detect.headers));
    }
    if !detect.absent.is_empty() {
        let _ = writeln!(text, "absent = {}", list(&detect.absent));
    }
    if !detect.prefixes.is_empty() {
        let _ = writeln!(text, "prefixes = {}", list(&detect.prefixes));
    }
    text
}

fn rule(rule: &Rule) -> String {
    match rule {
        Rule::Field(field) => field_rule(field),
        Rule::Phone(phone) => phone_rule(phone),
        Rule::Consent(consent) => consent_rule(consent),
        Rule::Deleted => quoted("deleted"),
        Rule::Members => quoted("members"),
        Rule::Metadata => quoted("metadata"),
        Rule::Ignore => quoted("ignore"),
    }
}

fn field_rule(rule: &FieldRule) -> String {
    let mut table = InlineTable::default();
    match rule.role {
        Role::Main => table.text("field", Some(rule.field.as_str())),
        Role::Fallback => table.text("fallback", Some(rule.field.as_str())),
    }
    table.text("separator", rule.separator.as_deref());
    table.text("label_column", rule.label_column.as_deref());
    if rule.is_source_key {
        table.raw("source_key", "true");
    }
    if *rule == FieldRule::plain(rule.field) {
        return quoted(rule.field.as_str());
    }
    table.end()
}

fn phone_rule(rule: &PhoneRule) -> String {
    let mut table = InlineTable::default();
    table.text("phone", Some(rule.relationship.as_str()));
    table.text("label_column", rule.label_column.as_deref());
    table.text("country_column", rule.country_column.as_deref());
    table.text("calling_code_column", rule.calling_code_column.as_deref());
    table.text("separator", rule.separator.as_deref());
    table.text("strip_prefix", rule.strip_prefix.as_deref());
    if rule.format == PhoneFormat::Json {
        table.text("format", Some("json"));
    }
    if rule.primary {
        table.raw("primary", "true");
    }
    if rule.own_terms {
        table.raw("own_terms", "true");
    }
    table.end()
}

fn consent_rule(rule: &ConsentRule) -> String {
    let mut table = InlineTable::default();
    table.text("consent", Some(rule.consent_type.as_str()));
    table.text("when_true", rule.when_true.map(|status| status.as_str()));
    table.text("when_false", rule.when_false.map(|status| status.as_str()));
    table.text("when_date", rule.when_date.map(|status| status.as_str()));
    if !rule.values.is_empty() {
        let mut values = InlineTable::default();
        for (word, status) in &rule.values {
            let status = status.map_or("nothing", |status| status.as_str());
            values.text(&quoted(word), Some(status));
        }
        table.raw("values", &values.end());
    }
    table.text("date_column", rule.date_column.as_deref());
    table.text("date_format", rule.date_format.map(DateFormat::as_str));
    table.text("source", rule.source.as_deref());
    table.text("source_column", rule.source_column.as_deref());
    table.text("legal_basis", rule.legal_basis.as_deref());
    table.text("legal_basis_column", rule.legal_basis_column.as_deref());
    table.end()
}

/// `{ key = "value", … }` under construction.
#[derive(Default)]
struct InlineTable(Vec<String>);

impl InlineTable {
    fn text(&mut self, key: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.raw(key, &quoted(value));
        }
    }

    fn raw(&mut self, key: &str, value: &str) {
        self.0.push(format!("{key} = {value}"));
    }

    fn end(self) -> String {
        format!("{{ {} }}", self.0.join(", "))
    }
}

/// A TOML basic string.
fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for letter in text.chars() {
        match letter {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            control if control.is_control() => {
                let _ = write!(quoted, "\\u{:04X}", u32::from(control));
            }
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;
    use crate::mapping::MappedRow;
    use crate::record::RecordBatch;

    /// A line's right side, from what the language has.
    fn target() -> impl Strategy<Value = String> {
        let name = "[ -~äß中\n\t\"\\\\]{0,8}";
        let quoted = name.prop_map(|name| super::quoted(&name));
        let field = prop::sample::select(crate::mapping::Field::ALL.to_vec());
        let status = prop::sample::select(vec!["granted", "revoked"]);
        prop_oneof![
            field.clone().prop_map(|field| format!("\"{}\"", field.as_str())),
            (field, any::<bool>(), quoted.clone()).prop_map(|(field, main, label)| format!(
                "{{ {} = \"{}\", separator = \";\", label_column = {label}, source_key = {main} }}",
                if main { "field" } else { "fallback" },
                field.as_str()
            )),
            (quoted.clone(), any::<bool>()).prop_map(|(label, primary)| format!(
                "{{ phone = \"work\", label_column = {label}, calling_code_column = {label}, primary = {primary}, strip_prefix = \"p:\" }}"
            )),
            Just("{ phone = \"other\", format = \"json\" }".to_owned()),
            (status.clone(), quoted.clone(), quoted).prop_map(|(status, date, word)| format!(
                "{{ consent = \"marketing_call\", when_true = \"{status}\", date_column = {date}, date_format = \"d/m/y\", values = {{ {word} = \"nothing\" }}, legal_basis = \"contract\" }}"
            )),
            status.prop_map(|status| format!("{{ consent = \"x\", when_date = \"{status}\" }}")),
            Just("\"deleted\"".to_owned()),
            Just("\"members\"".to_owned()),
            Just("\"ignore\"".to_owned()),
            Just("\"metadata\"".to_owned()),
        ]
    }

    fn mapping_text() -> impl Strategy<Value = String> {
        let name = "[A-C ä\"\\\\\n]{0,4}(\\{n\\})?";
        let line = (name, target())
            .prop_map(|(name, target)| format!("{} = {target}", super::quoted(&name)));
        (vec(line, 0..6), -14_i32..=14, any::<bool>(), "[ -~\n中]{0,9}").prop_map(|(mut lines, hours, lax, value)| {
            lines.sort();
            lines.dedup_by(|a, b| a.split(" = ").next() == b.split(" = ").next());
            let sign = if hours < 0 { '-' } else { '+' };
            let missing = if lax { "ignore" } else { "error" };
            format!(
                "version = 1\nsource = \"s\"\nutc_offset = \"{sign}{:02}:30\"\nmissing_columns = \"{missing}\"\n[columns]\n{}\n[metadata]\nm = {}\n",
                hours.abs().min(13),
                lines.join("\n"),
                super::quoted(&format!("x{value}")),
            )
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn a_mapping_written_and_read_means_the_same(text in mapping_text()) {
            let Ok(mapping) = Mapping::parse("m", &text) else {
                // Names that differ only in form are the same name twice.
                return Ok(());
            };
            let again = Mapping::parse("m", &mapping.to_toml()).unwrap();
            prop_assert_eq!(again.digest(), mapping.digest());
            prop_assert_eq!(again.to_toml(), mapping.to_toml());
        }

        #[test]
        fn binding_and_mapping_never_panic_and_lose_no_cell(
            text in mapping_text(),
            names in vec("[A-C ä]{0,3}[0-9]?", 0..6),
            cells in vec("[ -~ä]{0,6}|true|no|2024-05-03|p:\\+1", 0..8),
        ) {
            let header: Vec<&str> = names.iter().map(String::as_str).collect();
            let mut batch = RecordBatch::default();
            cells.iter().for_each(|cell| batch.push_field(cell));
            batch.finish_row(1, 2, "", None);
            let guess = Mapping::guess(&header, &batch);
            let mappings = [Mapping::parse("m", &text).ok(), guess.into_mapping().ok()];
            for mapping in mappings.into_iter().flatten() {
                let again = Mapping::parse("m", &mapping.to_toml()).unwrap();
                prop_assert_eq!(again.digest(), mapping.digest());
                if let Ok(mapper) = mapping.bind(&header) {
                    let mut row = MappedRow::default();
                    mapper.map(&batch.get(0).unwrap(), &mut row);
                    prop_assert_eq!(mapper.describe().count(), header.len());
                }
            }
        }
    }

    #[test]
    fn the_digest_is_of_the_meaning() {
        let digest = |columns: &str| {
            let text = format!("version = 1\n[columns]\n{columns}");
            Mapping::parse("m", &text).unwrap().digest()
        };
        let plain = digest("A = \"email\"\nB = \"ignore\"");
        assert_eq!(
            plain,
            digest("# why\n\"B\"   = \"ignore\"\nA = { field = \"email\" }")
        );
        assert_ne!(plain, digest("A = \"email\"\nB = \"metadata\""));
        let order = |first: &str, second: &str| {
            digest(&format!(
                "{first} = {{ fallback = \"email\" }}\n{second} = {{ fallback = \"email\" }}"
            ))
        };
        assert_ne!(order("A", "B"), order("B", "A"));
        assert_eq!(plain.len(), 64);
    }
}
