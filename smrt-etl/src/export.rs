//! Exports of what a tenant may see: contacts, humans, numbers, links and consents.
//!
//! Everything is read through the tenant's session, page by page, so that rights, masks and the
//! audit trail are the session's own; writing overlaps with reading, and memory stays bounded.
//! What this module does not do: it changes nothing in the store, and it has no rights of its own.

mod contact;
mod csv;
mod error;
mod json_lines;
mod output;
mod page;
mod parquet;
mod row;
mod vcard;

use std::collections::HashMap;
use std::fmt;
use std::io::{self, Write as _};
use std::str::FromStr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use smrt_core::model::{Id, Instant};
use smrt_core::smrt::TenantSession;

pub use self::error::ExportError;
pub use self::output::{ExistingFile, ExportDestination};
use self::output::{Output, Written};
use self::page::{Pages, Stretch};
use self::parquet::ParquetFile;
use self::row::Rows;
pub use self::vcard::VCardVersion;

/// Pages that wait between the store and the file.
const STRETCHES_WAITING: usize = 2;

/// What is exported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportWhat {
    /// Humans, each with its numbers: the form that `smrt import` reads again.
    Contacts,
    /// Humans alone.
    Humans,
    /// Phone numbers.
    Numbers,
    /// Ties between humans and numbers.
    Links,
    /// Events of the consent ledger: the form that `smrt consent import` reads again.
    Consents,
}

/// How it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportFormat {
    /// Comma-separated values with a header.
    Csv,
    /// One JSON object a line.
    JsonLines,
    /// Apache Parquet, compressed with Zstandard.
    Parquet,
    /// One vCard a contact.
    VCard(VCardVersion),
}

/// Whose records are exported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Owners {
    /// All that the tenant can see, those of other tenants too.
    #[default]
    Visible,
    /// The tenant's own.
    Own,
}

/// Which records are exported. Phone numbers belong to nobody: of them all that can be seen are. Of
/// the consent ledgers it is always the tenant's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ExportFilter {
    /// Whose.
    pub owners: Owners,
    /// Only what was changed, or of consents recorded, at this instant or later. A record of which
    /// the tenant may not see when that was is among them.
    pub updated_since: Option<Instant>,
}

/// How records are to be exported.
#[derive(Debug)]
pub struct ExportOptions {
    /// What.
    pub what: ExportWhat,
    /// How it is written.
    pub format: ExportFormat,
    /// Which of them.
    pub filter: ExportFilter,
    /// The names of tenants, for the column `owner`; an owner that is not among them is shown by
    /// its id.
    pub slugs: HashMap<Id, String>,
    /// Where it goes.
    pub destination: ExportDestination,
    /// What happens to a file that is there already.
    pub existing: ExistingFile,
}

/// Someone who watches an export and may stop it.
pub struct ExportWatch<'w> {
    /// Called after each page with the rows so far.
    pub progress: &'w mut dyn FnMut(u64),
    /// Set from outside to stop.
    pub stop: &'w AtomicBool,
}

impl fmt::Debug for ExportWatch<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExportWatch").finish_non_exhaustive()
    }
}

/// What an export wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exported {
    /// Records written.
    pub rows: u64,
    /// Records among them with a field that the tenant may not see.
    pub rows_masked: u64,
    /// The size of what was written.
    pub bytes: u64,
    /// SHA-256 over what was written.
    pub sha256: [u8; 32],
}

/// Exports what the session's tenant may see at the instant `at`; nothing when it was stopped.
///
/// Each page is read in a transaction of its own, in the order of ids: a record that another
/// process adds, changes or removes meanwhile is in the export as it was when its page was read,
/// and each record is there once at most. A file gets its name when it is complete.
///
/// # Errors
///
/// [`ExportError`]; no file was written, but a stream may have got a part.
///
/// ```
/// use std::collections::HashMap;
/// use std::sync::atomic::AtomicBool;
///
/// use smrt_core::model::Instant;
/// use smrt_core::smrt::{NewHuman, Smrt};
/// use smrt_core::store::NewTenant;
/// use smrt_etl::export::{
///     ExistingFile, ExportDestination, ExportFilter, ExportFormat, ExportOptions, ExportWatch,
///     ExportWhat, export,
/// };
///
/// let at: Instant = "2026-11-21T08:30:00Z".parse()?;
/// let mut smrt = Smrt::in_memory()?;
/// let acme = NewTenant { slug: "acme".parse()?, name: "Acme".into() };
/// smrt.add_tenant(&acme, &"operator".parse()?, at)?;
/// let mut session = smrt.tenant("acme")?.acting_as("crm-sync".parse()?);
/// session.add_human(&NewHuman { first_name: Some("Ada".into()), ..NewHuman::default() }, at)?;
///
/// let options = ExportOptions {
///     what: ExportWhat::Contacts,
///     format: ExportFormat::Csv,
///     filter: ExportFilter::default(),
///     slugs: HashMap::new(),
///     destination: ExportDestination::Stream(Box::new(std::io::sink())),
///     existing: ExistingFile::Refuse,
/// };
/// let mut watch = ExportWatch { progress: &mut |_| {}, stop: &AtomicBool::new(false) };
/// let exported = export(&mut session, options, at, &mut watch)?.ok_or("stopped")?;
/// assert_eq!((exported.rows, exported.rows_masked), (1, 0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn export(
    session: &mut TenantSession<'_>,
    options: ExportOptions,
    at: Instant,
    watch: &mut ExportWatch<'_>,
) -> Result<Option<Exported>, ExportError> {
    let ExportOptions {
        what,
        format,
        filter,
        slugs,
        destination,
        existing,
    } = options;
    refuse_misplaced(what, format, filter)?;
    let output = Output::open(destination, existing)?;
    let pages = Pages::new(session, what, filter, slugs, at);
    let (to_writer, stretches) = sync_channel(STRETCHES_WAITING);
    std::thread::scope(|scope| {
        let writer = scope.spawn(move || write(what, format, output, &stretches));
        let read = read(pages, &to_writer, watch);
        drop(to_writer);
        let (output, counts) = writer.join().map_err(|_| ExportError::Worker)??;
        match read? {
            Ended::AllRows => {
                let Written { bytes, sha256 } = output.finish()?;
                Ok(Some(Exported {
                    rows: counts.rows,
                    rows_masked: counts.rows_masked,
                    bytes,
                    sha256,
                }))
            }
            Ended::Stopped => Ok(None),
        }
    })
}

fn refuse_misplaced(
    what: ExportWhat,
    format: ExportFormat,
    filter: ExportFilter,
) -> Result<(), ExportError> {
    if matches!(format, ExportFormat::VCard(_)) && what != ExportWhat::Contacts {
        return Err(ExportError::Format { what, format });
    }
    match what {
        ExportWhat::Numbers | ExportWhat::Links if filter.updated_since.is_some() => {
            Err(ExportError::UpdatedSince { what })
        }
        _ => Ok(()),
    }
}

/// How the reading came to an end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ended {
    AllRows,
    Stopped,
}

/// Reads page after page until there is none, or the writer is gone.
fn read(
    mut pages: Pages<'_, '_>,
    to_writer: &SyncSender<Stretch>,
    watch: &mut ExportWatch<'_>,
) -> Result<Ended, ExportError> {
    let mut rows = 0;
    while let Some(stretch) = pages.next()? {
        if watch.stop.load(Ordering::Relaxed) {
            return Ok(Ended::Stopped);
        }
        rows += stretch.len() as u64;
        if to_writer.send(stretch).is_err() {
            break;
        }
        (watch.progress)(rows);
    }
    Ok(Ended::AllRows)
}

#[derive(Debug, Clone, Copy, Default)]
struct Counts {
    rows: u64,
    rows_masked: u64,
}

/// Writes stretches in the order they come, and hands the output back.
fn write(
    what: ExportWhat,
    format: ExportFormat,
    mut output: Output,
    stretches: &Receiver<Stretch>,
) -> Result<(Output, Counts), ExportError> {
    let mut counts = Counts::default();
    let counted = stretches.iter().inspect(|stretch| {
        counts.rows += stretch.len() as u64;
        counts.rows_masked += stretch.masked();
    });
    let written = match format {
        ExportFormat::Csv => csv::write_header(page::columns(what), &mut output)
            .and_then(|()| write_text(counted, &mut output, csv::write_rows)),
        ExportFormat::JsonLines => write_text(counted, &mut output, json_lines::write_rows),
        ExportFormat::Parquet => write_parquet(what, counted, &mut output),
        ExportFormat::VCard(version) => write_cards(version, counted, &mut output),
    };
    match written {
        Ok(()) => Ok((output, counts)),
        Err(error) => Err(output.failed(error)),
    }
}

fn write_text(
    stretches: impl Iterator<Item = Stretch>,
    output: &mut Output,
    write_rows: fn(&Rows, &mut String),
) -> io::Result<()> {
    let mut text = String::new();
    for stretch in stretches {
        text.clear();
        write_rows(&stretch.into_rows(), &mut text);
        output.write_all(text.as_bytes())?;
    }
    Ok(())
}

fn write_parquet(
    what: ExportWhat,
    stretches: impl Iterator<Item = Stretch>,
    output: &mut Output,
) -> io::Result<()> {
    let mut file = ParquetFile::begin(page::columns(what), output)?;
    for stretch in stretches {
        file.push(stretch.into_rows())?;
    }
    file.finish()
}

fn write_cards(
    version: VCardVersion,
    stretches: impl Iterator<Item = Stretch>,
    output: &mut Output,
) -> io::Result<()> {
    let mut text = String::new();
    for stretch in stretches {
        text.clear();
        if let Stretch::Contacts(contacts) = stretch {
            for contact in &contacts {
                vcard::push_card(contact, version, &mut text);
            }
        }
        output.write_all(text.as_bytes())?;
    }
    Ok(())
}

impl ExportWhat {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Contacts,
        Self::Humans,
        Self::Numbers,
        Self::Links,
        Self::Consents,
    ];

    /// The term on the command line and in reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Contacts => "contacts",
            Self::Humans => "humans",
            Self::Numbers => "numbers",
            Self::Links => "links",
            Self::Consents => "consents",
        }
    }
}

impl fmt::Display for ExportWhat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text names no format.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected csv, jsonl, parquet or vcard")]
pub struct ParseExportFormatError;

impl ExportFormat {
    /// The format that a file's name ends with: `.csv`, `.jsonl` or `.ndjson`, `.parquet`, `.vcf`
    /// or `.vcard`.
    #[must_use]
    pub fn of_extension(extension: &str) -> Option<Self> {
        match extension.to_ascii_lowercase().as_str() {
            "csv" => Some(Self::Csv),
            "jsonl" | "ndjson" => Some(Self::JsonLines),
            "parquet" => Some(Self::Parquet),
            "vcf" | "vcard" => Some(Self::VCard(VCardVersion::default())),
            _ => None,
        }
    }

    /// The term on the command line and in reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::JsonLines => "jsonl",
            Self::Parquet => "parquet",
            Self::VCard(_) => "vcard",
        }
    }
}

impl FromStr for ExportFormat {
    type Err = ParseExportFormatError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let formats = [
            Self::Csv,
            Self::JsonLines,
            Self::Parquet,
            Self::VCard(VCardVersion::default()),
        ];
        formats
            .into_iter()
            .find(|format| format.as_str() == text)
            .ok_or(ParseExportFormatError)
    }
}

impl fmt::Display for ExportFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
