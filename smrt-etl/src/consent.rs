//! A file of consent events: read, checked row by row, and added to a tenant's ledger.
//!
//! Every row ends as added, unchanged or rejected. The layout is smrt's own ([`COLUMNS`]), the one
//! that an export has; exports of other systems come in by `import` and its mappings.
//! What this module does not do: it decides nothing about consent; the session does.

mod row;

use std::cell::RefCell;
use std::collections::BTreeMap;

use smrt_core::model::{ConsentType, Id, Instant};
use smrt_core::phone::Region;
use smrt_core::smrt::{
    ConsentImport, ConsentPolicy, ConsentSubject, ImportMode, ImportedConsent, PermissionChange,
    SmrtError, TenantSession,
};
use smrt_core::store::{Issue, Severity};

pub use self::row::COLUMNS;
use self::row::{Columns, Fault};
use crate::record::{Record, RecordBatch};
use crate::source::{Source, SourceError};

/// How a file of consent events is read.
#[derive(Debug, Clone)]
pub struct ConsentFileOptions {
    /// What its agreements may do.
    pub policy: ConsentPolicy,
    /// Whether it is written.
    pub mode: ImportMode,
    /// Where numbers without a country code are from.
    pub region: Option<Region>,
    /// The source of events that name none.
    pub source: String,
}

/// What became of a file's rows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ConsentFileReport {
    /// Rows read; the sum of the next three.
    pub rows_read: u64,
    /// Events that stand in the ledger now.
    pub rows_added: u64,
    /// Events that stood in it before.
    pub rows_unchanged: u64,
    /// Rows that could not be used.
    pub rows_rejected: u64,
    /// Agreements among the added that do not count, because a withdrawal stands.
    pub kept_withdrawals: u64,
    /// Events among the added that permit something.
    pub permissions_given: u64,
    /// Events among the added that forbid something.
    pub permissions_ended: u64,
    /// Rejected rows by code.
    pub rejected: BTreeMap<String, u64>,
}

/// An added event that changed what may be done, or would have.
#[derive(Clone)]
pub struct ConsentFileChange {
    /// The line of the file the row begins on, from 1.
    pub line: u64,
    /// Of whom.
    pub subject: ConsentSubject,
    /// What the row speaks of.
    pub consent_type: ConsentType,
    /// The event's id.
    pub event: Id,
    /// What changed, if anything.
    pub change: Option<PermissionChange>,
    /// The withdrawal that stands against the agreement.
    pub kept_withdrawal: Option<Id>,
}

impl std::fmt::Debug for ConsentFileChange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ConsentFileChange")
            .field("line", &self.line)
            .finish_non_exhaustive()
    }
}

/// A file of consent events could not be read to its end. What was added before stays; the same
/// file can be imported again.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConsentFileError {
    /// The session refused, or its store failed.
    #[error(transparent)]
    Session(#[from] SmrtError),
    /// The source failed.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// A column has no meaning here.
    #[error("the column `{column}` has no meaning in a file of consent events")]
    UnknownColumn {
        /// The column's name.
        column: String,
        /// The name that was probably meant.
        nearest: Option<&'static str>,
    },
    /// A column is missing.
    #[error("the file has no column {columns}")]
    MissingColumn {
        /// The column, or the columns one of which is needed.
        columns: &'static str,
    },
}

impl ConsentFileError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Session(error) => error.hint(),
            Self::Source(error) => Some(error.hint().to_owned()),
            Self::UnknownColumn {
                nearest: Some(name),
                ..
            } => Some(format!("probably `{name}` is meant")),
            Self::UnknownColumn { nearest: None, .. } | Self::MissingColumn { .. } => Some(
                "docs/consent.md lists the columns; exports of other systems come in by \
                 `smrt import`"
                    .to_owned(),
            ),
        }
    }
}

/// What is told of while a file is read.
pub trait ConsentFileWatch {
    /// A row was rejected.
    fn rejected(&mut self, issue: &Issue);

    /// An event was added that changed what may be done, or that a withdrawal stands against.
    fn changed(&mut self, change: &ConsentFileChange);
}

/// Adds the events of a file to the tenant's ledger, in stretches of bounded size.
///
/// # Errors
///
/// [`ConsentFileError`]; what was told of before is then in the ledger, unless the mode is a dry
/// run.
///
/// ```
/// use smrt_core::model::{Actor, Instant};
/// use smrt_core::smrt::{ConsentPolicy, ImportMode, Smrt};
/// use smrt_core::store::{Issue, NewTenant};
/// use smrt_etl::consent::{ConsentFileChange, ConsentFileOptions, ConsentFileWatch, import};
/// use smrt_etl::source::{Input, Source, SourceOptions};
///
/// struct Silent;
/// impl ConsentFileWatch for Silent {
///     fn rejected(&mut self, _: &Issue) {}
///     fn changed(&mut self, _: &ConsentFileChange) {}
/// }
///
/// let file = "phone_number,consent_type,event_kind,consent_date\n\
///             +12025550143,marketing_sms,withdrawn,2026-11-17\n\
///             +12025550143,marketing_sms,forgotten,2026-11-17\n";
/// let input = Input::Reader {
///     name: "stops.csv".to_owned(),
///     reader: Box::new(file.as_bytes()),
/// };
/// let source = Source::open(input, &SourceOptions::default())?;
/// let at: Instant = "2026-11-21T08:30:00Z".parse()?;
/// let mut smrt = Smrt::in_memory()?;
/// let acme = NewTenant { slug: "acme".parse()?, name: "Acme".into() };
/// smrt.add_tenant(&acme, &Actor::unknown(), at)?;
/// let mut session = smrt.tenant("acme")?.acting_as(Actor::unknown());
/// let options = ConsentFileOptions {
///     policy: ConsentPolicy::KeepWithdrawals,
///     mode: ImportMode::Apply,
///     region: None,
///     source: "import".to_owned(),
/// };
/// let report = import(&mut session, source, &options, at, &mut Silent)?;
/// assert_eq!((report.rows_added, report.rows_rejected), (1, 1));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn import(
    session: &mut TenantSession<'_>,
    mut source: Source,
    options: &ConsentFileOptions,
    at: Instant,
    watch: &mut dyn ConsentFileWatch,
) -> Result<ConsentFileReport, ConsentFileError> {
    let columns = Columns::of(&source)?;
    let flow = RefCell::new(Flow::default());
    let failed = RefCell::new(None);
    let mut batch = RecordBatch::default();
    let mut stretches = std::iter::from_fn(|| {
        match source.next_batch(&mut batch) {
            Ok(true) => {}
            Ok(false) => return None,
            Err(error) => {
                *failed.borrow_mut() = Some(error);
                return None;
            }
        }
        let mut rows = Vec::with_capacity(batch.len());
        let mut flow = flow.borrow_mut();
        for record in batch.iter() {
            let read = columns.read(&record, options);
            flow.waiting.push(Waiting::new(&record, &read));
            rows.extend(read.ok());
        }
        Some(rows)
    });
    let mut told = |outcomes: Vec<ImportedConsent>| flow.borrow_mut().tell(outcomes, watch);
    session.import_consent_records(options.policy, options.mode, at, &mut stretches, &mut told)?;
    match failed.into_inner() {
        Some(error) => Err(error.into()),
        None => Ok(flow.into_inner().report),
    }
}

/// Rows between the file and the ledger, and what became of those before them.
#[derive(Default)]
struct Flow {
    waiting: Vec<Waiting>,
    report: ConsentFileReport,
}

/// A row that was read and of which it is not yet known what becomes of it.
struct Waiting {
    number: u64,
    line: u64,
    raw: String,
    read: Result<(ConsentSubject, ConsentType), Fault>,
}

impl Waiting {
    fn new(record: &Record<'_>, read: &Result<ConsentImport, Fault>) -> Self {
        let read = match read {
            Err(fault) => Err(fault.clone()),
            Ok(row) => {
                let event = &row.event;
                let number = event.phone_number.map(ConsentSubject::Number);
                let subject = number.or(event.human_id.map(ConsentSubject::Human));
                // A row without a subject is no row that was read.
                subject
                    .map(|subject| (subject, event.consent_type.clone()))
                    .ok_or_else(Fault::without_subject)
            }
        };
        Self {
            number: record.number(),
            line: record.line(),
            raw: record.raw().to_owned(),
            read,
        }
    }
}

impl Flow {
    /// Puts down what became of the rows that wait.
    fn tell(&mut self, outcomes: Vec<ImportedConsent>, watch: &mut dyn ConsentFileWatch) {
        let mut outcomes = outcomes.into_iter();
        for row in std::mem::take(&mut self.waiting) {
            self.report.rows_read += 1;
            let (subject, consent_type) = match &row.read {
                Ok(read) => read,
                Err(fault) => {
                    self.reject(&row, fault, watch);
                    continue;
                }
            };
            match outcomes.next() {
                Some(ImportedConsent::Unchanged(_)) => self.report.rows_unchanged += 1,
                Some(ImportedConsent::Rejected(error)) => {
                    self.reject(&row, &Fault::of(&error), watch);
                }
                Some(ImportedConsent::Added {
                    id,
                    kept_withdrawal,
                    change,
                }) => {
                    let report = &mut self.report;
                    report.rows_added += 1;
                    report.kept_withdrawals += u64::from(kept_withdrawal.is_some());
                    let gives = change.map(|change| change.after == "given");
                    report.permissions_given += u64::from(gives == Some(true));
                    report.permissions_ended += u64::from(gives == Some(false));
                    if change.is_some() || kept_withdrawal.is_some() {
                        watch.changed(&ConsentFileChange {
                            line: row.line,
                            subject: *subject,
                            consent_type: consent_type.clone(),
                            event: id,
                            change,
                            kept_withdrawal,
                        });
                    }
                }
                None => {}
            }
        }
    }

    fn reject(&mut self, row: &Waiting, fault: &Fault, watch: &mut dyn ConsentFileWatch) {
        self.report.rows_rejected += 1;
        let code = fault.code.to_owned();
        *self.report.rejected.entry(code.clone()).or_default() += 1;
        watch.rejected(&Issue {
            row_number: row.number,
            line: fault.line.unwrap_or(row.line),
            column: fault.column.clone(),
            severity: Severity::Rejected,
            code,
            reason: fault.reason.clone(),
            hint: fault.hint.to_owned(),
            raw: Some(row.raw.clone()),
        });
    }
}
