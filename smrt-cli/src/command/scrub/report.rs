//! What a scrub did, as it is shown.

use serde::Serialize;
use serde_json::Value as Json;
use smrt_core::smrt::{ScrubOutcome, ScrubRecord, ScrubbedFile};
use smrt_etl::scrub::Scrubbed;

use crate::args::GlobalArgs;
use crate::display::{counted, grouped};
use crate::invocation;
use crate::output::Report;
use crate::table::{Align, Table};

/// Who did it.
#[derive(Debug, Serialize)]
pub(super) struct Told {
    pub(super) tenant: String,
    pub(super) actor: String,
}

#[derive(Debug, Serialize)]
pub(super) struct Document {
    run: String,
    rows: u64,
    #[serde(flatten)]
    told: Told,
    #[serde(flatten)]
    record_json: Json,
    audit: Entry,
    #[serde(skip)]
    record: ScrubRecord,
    #[serde(skip)]
    show: String,
}

/// The entry of the audit trail.
#[derive(Debug, Serialize)]
struct Entry {
    sequence: i64,
    leaf_hash: String,
}

/// The report of a scrub.
pub(super) fn document(scrubbed: &Scrubbed, told: Told, global: &GlobalArgs) -> Document {
    let Scrubbed { record, entry } = scrubbed;
    let show = format!("audit show {}", entry.sequence);
    Document {
        run: entry
            .entity_id
            .map(|run| run.to_string())
            .unwrap_or_default(),
        rows: record.outcomes.total(),
        told,
        record_json: record.to_json(),
        audit: Entry {
            sequence: entry.sequence,
            leaf_hash: hex(&entry.leaf_hash),
        },
        record: record.clone(),
        show: invocation::smrt_command(global, &show),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Document {
    /// The outcomes as an addition that can be checked by eye.
    fn addition(&self) -> String {
        let outcomes = self.record.outcomes;
        let mut table = Table::block(&[Align::Left, Align::Left, Align::Right]);
        let mut line = |sign: &str, name: &str, rows: u64| {
            table.push(vec![sign.to_owned(), name.to_owned(), grouped(rows)]);
        };
        line(" ", "rows read", outcomes.total());
        for (sign, outcome) in ["=", "+", "+", "+"].into_iter().zip(ScrubOutcome::ALL) {
            line(sign, outcome.as_str(), outcomes.of(outcome));
        }
        table.finish()
    }

    fn reasons(&self) -> String {
        let layout = [Align::Left, Align::Left, Align::Right, Align::Right];
        let mut table = Table::block(&layout);
        for reason in &self.record.reasons {
            table.push(vec![
                reason.outcome.to_string(),
                reason.code.to_owned(),
                grouped(reason.primary),
                grouped(reason.any),
            ]);
        }
        section(
            "reasons: rows whose answer each names, and rows for which it counts",
            &table.finish(),
        )
    }

    fn flags(&self) -> String {
        let mut table = Table::block(&[Align::Left, Align::Right]);
        for (flag, rows) in &self.record.flags {
            table.push(vec![(*flag).to_owned(), grouped(*rows)]);
        }
        section("flags", &table.finish())
    }

    fn registries(&self) -> String {
        let mut table = Table::block(&[Align::Left; 5]);
        for used in &self.record.registries {
            let whose = used.jurisdiction.map(|whose| whose.to_string());
            let age = counted(used.age_days(self.record.at).unsigned_abs(), "day", "days");
            table.push(vec![
                format!("{} {}", used.kind, whose.unwrap_or_default()),
                format!("version {} of {}", used.version, used.version_date),
                format!("obtained {}", used.obtained_at),
                format!("{age} old"),
                used.registry.to_string(),
            ]);
        }
        section("registries relied on", &table.finish())
    }

    fn files(&self) -> String {
        let mut table = Table::block(&[Align::Left, Align::Left, Align::Right, Align::Left]);
        let mut line = |what: &str, file: &ScrubbedFile| {
            table.push(vec![
                what.to_owned(),
                file.name.clone(),
                counted(file.rows, "row", "rows"),
                format!("sha256 {}", hex(&file.sha256)),
            ]);
        };
        line("list", &self.record.input);
        for file in &self.record.outputs {
            line(file.outcome.map_or("all", ScrubOutcome::as_str), file);
        }
        section("files", &table.finish())
    }

    fn facts(&self) -> Vec<(&'static str, String)> {
        let record = &self.record;
        let contact = &record.contact;
        vec![
            ("tenant", self.told.tenant.clone()),
            ("actor", self.told.actor.clone()),
            ("channel", contact.channel.to_string()),
            ("purpose", contact.purpose.to_string()),
            ("voice", contact.voice.to_string()),
            ("dialing", contact.dialing.to_string()),
            ("seller", contact.seller.clone().unwrap_or_default()),
            ("circumstances", contact.circumstances.to_string()),
            ("at", record.at.to_string()),
            ("known_at", record.known_at.to_string()),
            ("profile", record.profile.to_string()),
            ("rules_version", record.rules_version.clone()),
        ]
    }
}

/// A part of the page; none where there is nothing to tell.
fn section(heading: &str, lines: &str) -> String {
    match lines.is_empty() {
        true => String::new(),
        false => format!("\n{heading}\n{lines}"),
    }
}

impl Report for Document {
    const SCHEMA: &'static str = "smrt.scrub.v1";
    const TAG: &'static str = "scrub";
    const CSV: &'static [&'static str] = &["measure", "value"];

    fn page(&self) -> String {
        let mut facts = Table::block(&[Align::Left, Align::Left]);
        for (name, value) in self.facts() {
            if !value.is_empty() {
                facts.push(vec![name.replace('_', " "), value]);
            }
        }
        let mut proof = Table::block(&[Align::Left, Align::Left]);
        proof.push(vec!["entry".to_owned(), self.audit.sequence.to_string()]);
        proof.push(vec!["leaf hash".to_owned(), self.audit.leaf_hash.clone()]);
        proof.push(vec!["to see it".to_owned(), self.show.clone()]);
        let parts = [
            format!("scrub {}\n{}\n", self.run, facts.finish()),
            self.addition(),
            self.reasons(),
            self.flags(),
            self.registries(),
            self.files(),
            section("recorded in the audit trail", &proof.finish()),
        ];
        parts.concat()
    }

    fn csv_rows(&self) -> Vec<Vec<String>> {
        let record = &self.record;
        let mut rows = vec![vec!["run".to_owned(), self.run.clone()]];
        let mut row = |name: String, value: String| rows.push(vec![name, value]);
        for (name, value) in self.facts() {
            row(name.to_owned(), value);
        }
        row("rows".to_owned(), self.rows.to_string());
        for outcome in ScrubOutcome::ALL {
            row(
                format!("rows_{outcome}"),
                record.outcomes.of(outcome).to_string(),
            );
        }
        for reason in &record.reasons {
            let name = format!("{}:{}", reason.outcome, reason.code);
            row(format!("primary:{name}"), reason.primary.to_string());
            row(format!("any:{name}"), reason.any.to_string());
        }
        for (flag, rows) in &record.flags {
            row(format!("flag:{flag}"), rows.to_string());
        }
        for used in &record.registries {
            row(
                format!("registry:{}", used.registry),
                format!(
                    "version {} of {}, obtained {}",
                    used.version, used.version_date, used.obtained_at
                ),
            );
        }
        row("list".to_owned(), record.input.name.clone());
        row("list_sha256".to_owned(), hex(&record.input.sha256));
        for file in &record.outputs {
            let outcome = file.outcome.map_or("all", ScrubOutcome::as_str);
            row(format!("output:{outcome}"), file.name.clone());
            row(format!("output_rows:{outcome}"), file.rows.to_string());
            row(format!("output_sha256:{outcome}"), hex(&file.sha256));
        }
        row("audit_sequence".to_owned(), self.audit.sequence.to_string());
        row("audit_leaf_hash".to_owned(), self.audit.leaf_hash.clone());
        rows
    }
}
