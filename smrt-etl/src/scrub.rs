//! Scrubs a list: decides for every row whether the contact may happen, writes the rows with their
//! verdicts, and puts down in the tenant's audit trail what was done.
//!
//! Reading, asking the store, deciding and writing overlap; memory stays bounded whatever the size
//! of the list. Rows come out in the order of the list, as they were, with columns behind them.
//! What this module does not do: it decides nothing; [`smrt_core::rules::contact`] does.

mod column;
mod error;
mod line;
mod output;
mod party;
mod pipeline;
mod tally;
mod verdict;

use std::sync::atomic::AtomicBool;

use smrt_core::model::Instant;
use smrt_core::phone::Region;
use smrt_core::rules::contact::{Contact, Question};
use smrt_core::smrt::{ScrubRecord, ScrubbedFile, TenantSession};
use smrt_core::store::AuditEntry;

pub use self::column::{ColumnError, ColumnNames, ListColumns, guess_phone_column};
pub use self::error::ScrubError;
use self::line::LineFormat;
use self::output::Outputs;
pub use self::output::{Destination, ExistingFiles};
use self::party::PartyReader;
use self::pipeline::{Pipeline, Run};
pub use crate::added_columns::{SCRUB_COLUMNS, SCRUB_MEMBER};
use crate::source::Source;

/// How a list is to be scrubbed.
#[derive(Debug)]
pub struct ScrubOptions<'q> {
    /// Rules, reading of the law, and the instants.
    pub question: Question<'q>,
    /// The contact that is meant.
    pub contact: Contact,
    /// Where the list says whom it means.
    pub columns: ListColumns,
    /// Where numbers without a country code, and states without a country, are from.
    pub region: Option<Region>,
    /// The list's name without its folder, for the record.
    pub input_name: String,
    /// Where the rows go.
    pub destination: Destination,
    /// What happens to files that are there already.
    pub existing: ExistingFiles,
}

/// Someone who watches a scrub and may stop it.
pub struct ScrubWatch<'w> {
    /// Called now and then.
    pub progress: &'w mut dyn FnMut(ScrubProgress),
    /// Set from outside to stop.
    pub stop: &'w AtomicBool,
}

impl std::fmt::Debug for ScrubWatch<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ScrubWatch").finish_non_exhaustive()
    }
}

/// How far a scrub has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScrubProgress {
    /// Rows of which the store was asked.
    pub rows: u64,
    /// Bytes of the list read.
    pub bytes_read: u64,
    /// Bytes of the list, where known.
    pub bytes_total: Option<u64>,
}

/// What a scrub did.
#[derive(Debug, Clone, PartialEq)]
pub struct Scrubbed {
    /// What was asked, relied on and found.
    pub record: ScrubRecord,
    /// The entry of the tenant's audit trail that keeps the record; its `entity_id` is the run.
    pub entry: AuditEntry,
}

/// Scrubs a list and records it at the instant `recorded_at`; nothing when it was stopped.
///
/// `source` must have been opened with [`ContentDigest::Sha256`](crate::source::ContentDigest).
/// Files are written under other names and get their own after the scrub is recorded: no list
/// with verdicts is there without its record, and what is stopped or fails leaves none.
///
/// # Errors
///
/// [`ScrubError`]; no output file was written.
///
/// ```
/// use std::sync::atomic::AtomicBool;
///
/// use smrt_core::model::{Channel, Instant, Purpose};
/// use smrt_core::rules::contact::{Contact, Question};
/// use smrt_core::rules::rule::{Profile, RuleSet};
/// use smrt_core::smrt::Smrt;
/// use smrt_core::store::NewTenant;
/// use smrt_etl::scrub::{
///     ColumnNames, Destination, ExistingFiles, ListColumns, ScrubOptions, ScrubWatch, scrub,
/// };
/// use smrt_etl::source::{ContentDigest, Input, Source, SourceOptions};
///
/// let at: Instant = "2026-11-21T08:30:00Z".parse()?;
/// let mut smrt = Smrt::in_memory()?;
/// let acme = NewTenant { slug: "acme".parse()?, name: "Acme".into() };
/// smrt.add_tenant(&acme, &"operator".parse()?, at)?;
/// let mut session = smrt.tenant("acme")?.acting_as("campaigns".parse()?);
///
/// let list = Input::Reader {
///     name: "list.csv".to_owned(),
///     reader: Box::new("Name,Phone\nAda,+1 312 555 0123\nBob,none\n".as_bytes()),
/// };
/// let options = SourceOptions {
///     content_digest: ContentDigest::Sha256,
///     ..SourceOptions::default()
/// };
/// let source = Source::open(list, &options)?;
/// let names = ColumnNames { phones: vec!["Phone".to_owned()], ..ColumnNames::default() };
/// let options = ScrubOptions {
///     question: Question {
///         rules: RuleSet::builtin(),
///         profile: Profile::Strict,
///         at,
///         known_at: session.recorded_until(at)?,
///     },
///     contact: Contact::new(Channel::Call, Purpose::Marketing),
///     columns: ListColumns::bind(&names, &source)?,
///     region: None,
///     input_name: "list.csv".to_owned(),
///     destination: Destination::Nowhere,
///     existing: ExistingFiles::Refuse,
/// };
/// let mut watch = ScrubWatch { progress: &mut |_| {}, stop: &AtomicBool::new(false) };
/// let scrubbed = scrub(&mut session, source, options, at, &mut watch)?.ok_or("stopped")?;
/// // Nobody holds the registry that would say whether Ada's number is listed.
/// assert_eq!(scrubbed.record.outcomes.blocked, 1);
/// assert_eq!(scrubbed.record.outcomes.unusable, 1);
/// assert_eq!(scrubbed.entry.action, "contact.scrub");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn scrub(
    session: &mut TenantSession<'_>,
    source: Source,
    options: ScrubOptions<'_>,
    recorded_at: Instant,
    watch: &mut ScrubWatch<'_>,
) -> Result<Option<Scrubbed>, ScrubError> {
    let ScrubOptions {
        question,
        contact,
        columns,
        region,
        input_name,
        destination,
        existing,
    } = options;
    let format = LineFormat::of(&source)?;
    let outputs = Outputs::open(destination, existing, &format)?;
    let own_contact = session.own_contact(&contact);
    let pipeline = Pipeline {
        question: &question,
        contact: &own_contact,
        format: &format,
        slots: outputs.slots(),
    };
    let reader = PartyReader::new(&columns, region, format.original_before());
    let Some(run) = pipeline.run(session, source, reader, outputs, watch)? else {
        return Ok(None);
    };
    let Run {
        tally,
        outputs,
        rows,
        sha256,
    } = run;
    // INVARIANT: every row read has one outcome.
    if tally.outcomes.total() != rows {
        return Err(ScrubError::Worker);
    }
    let finished = outputs.finish()?;
    let (reasons, flags) = (tally.reasons(), tally.flags());
    let record = ScrubRecord {
        at: question.at,
        known_at: question.known_at,
        profile: question.profile,
        rules_version: question.rules.version().to_owned(),
        contact,
        registries: tally.registries(),
        input: ScrubbedFile {
            name: input_name,
            outcome: None,
            rows,
            sha256,
        },
        outputs: finished.files(),
        outcomes: tally.outcomes,
        reasons,
        flags,
    };
    let entry = session.record_scrub(&record, recorded_at)?;
    finished.publish()?;
    Ok(Some(Scrubbed { record, entry }))
}
