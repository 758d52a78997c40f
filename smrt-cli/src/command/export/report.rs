//! What an export wrote, as it is shown.

use serde::Serialize;
use smrt_core::smrt::TenantSession;
use smrt_etl::export::{ExportFormat, ExportWhat, Exported};

use crate::args::Format;
use crate::display::{counted, grouped};
use crate::output::Report;
use crate::table::{Align, Table};

#[derive(Debug, Serialize)]
pub(super) struct Document {
    tenant: String,
    actor: String,
    what: &'static str,
    output_format: &'static str,
    file: String,
    rows: u64,
    rows_masked: u64,
    bytes: u64,
    sha256: String,
}

impl Document {
    pub(super) fn new(
        exported: &Exported,
        what: ExportWhat,
        format: ExportFormat,
        file: String,
        session: &TenantSession<'_>,
    ) -> Self {
        let hex = exported.sha256.iter();
        Self {
            tenant: session.tenant().slug.clone(),
            actor: session.actor().as_str().to_owned(),
            what: what.as_str(),
            output_format: format.as_str(),
            file,
            rows: exported.rows,
            rows_masked: exported.rows_masked,
            bytes: exported.bytes,
            sha256: hex.map(|byte| format!("{byte:02x}")).collect(),
        }
    }

    /// The report in a line, where the records themselves are on stdout.
    pub(super) fn line(&self) -> String {
        let rows = format!(
            "{} {} written as {}",
            grouped(self.rows),
            self.what,
            self.output_format
        );
        match self.rows_masked {
            0 => rows,
            masked => format!(
                "{rows}; {} with hidden fields, which are empty",
                grouped(masked)
            ),
        }
    }

    /// Whether the report is asked for in a form for programs.
    pub(super) fn is_for_a_program(&self, format: Format) -> bool {
        matches!(format, Format::Json | Format::Jsonl)
    }

    fn measures(&self) -> [(&'static str, String); 9] {
        [
            ("tenant", self.tenant.clone()),
            ("actor", self.actor.clone()),
            ("what", self.what.to_owned()),
            ("output_format", self.output_format.to_owned()),
            ("file", self.file.clone()),
            ("rows", self.rows.to_string()),
            ("rows_masked", self.rows_masked.to_string()),
            ("bytes", self.bytes.to_string()),
            ("sha256", self.sha256.clone()),
        ]
    }
}

impl Report for Document {
    const SCHEMA: &'static str = "smrt.export.v1";
    const TAG: &'static str = "export";
    const CSV: &'static [&'static str] = &["measure", "value"];

    fn page(&self) -> String {
        let mut table = Table::block(&[Align::Left, Align::Left]);
        let rows = [
            ("written", self.line()),
            ("file", self.file.clone()),
            ("size", counted(self.bytes, "byte", "bytes")),
            ("sha256", self.sha256.clone()),
        ];
        for (name, value) in rows {
            table.push(vec![name.to_owned(), value]);
        }
        table.finish()
    }

    fn csv_rows(&self) -> Vec<Vec<String>> {
        let measures = self.measures().into_iter();
        measures
            .map(|(name, value)| vec![name.to_owned(), value])
            .collect()
    }
}
