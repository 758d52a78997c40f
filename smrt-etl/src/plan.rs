//! What becomes of each row: created, updated, unchanged or rejected, and the writes that make it so.
//!
//! Planning is pure: cleaned rows and what the store holds go in, writes and counts come out.
//! What this module does not do: it reads and writes no store.

mod merge;

use std::collections::{HashMap, HashSet};

use smrt_core::model::{Id, Instant};
use smrt_core::store::{
    ExistingHuman, ImportBatch, RowBlock, RunCounts, RunKey, SourceRow, Value, schema,
};

use crate::clean::{BlockEnds, CleanBatch, CleanRow, signed};
use crate::json_text::push_json_string;
use crate::seen::{Seen, Sighting};
use merge::{Incoming, Outcome, merge};

/// What happens to a human that was in the store before the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ConflictPolicy {
    /// Values of the file replace those of the store; an empty cell replaces nothing.
    #[default]
    Update,
    /// Values of the file fill what is empty in the store.
    Fill,
    /// The human is left as it is; only withdrawals of consent are recorded.
    Skip,
}

impl ConflictPolicy {
    /// The term on the command line and in every format.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Update => "update",
            Self::Fill => "fill",
            Self::Skip => "skip",
        }
    }

    /// Reads the term.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Update, Self::Fill, Self::Skip]
            .into_iter()
            .find(|policy| policy.as_str() == text)
    }
}

/// What holds for all rows of a run.
#[derive(Debug, Clone)]
pub struct PlanContext {
    /// What the run's rows carry.
    pub run: RunKey,
    /// The name of the source.
    pub source: String,
    /// The run's start; the time of its changes.
    pub started_at: Instant,
    /// What happens to humans that were there before.
    pub on_conflict: ConflictPolicy,
}

/// What the tenant has in the store of the humans and numbers a batch speaks of.
#[derive(Debug, Default)]
pub struct Existing {
    /// Humans by id.
    pub humans: HashMap<Id, ExistingHuman>,
    /// Phone numbers the tenant has a tie to, by id.
    pub phone_numbers: HashSet<Id>,
    /// Consent types revoked for a phone number.
    pub revoked_numbers: HashMap<Id, HashSet<String>>,
}

/// A planned stretch of rows.
#[derive(Debug, Clone)]
pub struct Planned {
    /// The writes.
    pub batch: ImportBatch,
    /// What they add to the run's counts.
    pub counts: RunCounts,
}

/// Plans rows for a store that held nothing before the run and has no indexes yet.
///
/// Rows whose human may have occurred before are set aside.
pub fn plan_bulk_load(context: &PlanContext, seen: &mut Seen, mut clean: CleanBatch) -> Planned {
    let mut counts = RunCounts::default();
    let mut deferred = RowBlock::new(&schema::IMPORT_DEFERRED);
    for index in 0..clean.rows.len() {
        let Some(row) = clean.rows.get(index).copied() else {
            continue;
        };
        let before = clean.ends_before(index);
        counts.rows_checkpoint += 1;
        let Some(human) = row.human else {
            counts.rows_rejected += 1;
            continue;
        };
        // Whoever the row speaks of, its numbers are new here or not.
        for phone in before.phone_numbers..row.ends.phone_numbers {
            let new = clean
                .numbers
                .get(phone)
                .is_some_and(|(number, _)| seen.note_number(*number));
            if !new {
                clean.phone_numbers.exclude(phone);
            }
        }
        if seen.note_human(human) == Sighting::PerhapsKnown {
            exclude_but_numbers(&mut clean, before, row.ends);
            (before.issues..row.ends.issues).for_each(|issue| clean.issues.exclude(issue));
            defer(context, &clean, index, &row, &mut deferred);
            counts.rows_deferred += 1;
            continue;
        }
        counts.rows_created += 1;
    }
    finish(clean, counts, vec![deferred], ImportBatch::new())
}

/// Plans rows against what the store holds, which `existing` must hold for every human and number
/// of the batch.
pub fn plan_against(
    context: &PlanContext,
    existing: &mut Existing,
    mut clean: CleanBatch,
) -> Planned {
    let mut counts = RunCounts::default();
    let mut additions = Additions::new();
    let mut batch = ImportBatch::new();
    for index in 0..clean.rows.len() {
        let Some(row) = clean.rows.get(index).copied() else {
            continue;
        };
        let before = clean.ends_before(index);
        counts.rows_checkpoint += 1;
        let Some(human) = row.human else {
            counts.rows_rejected += 1;
            continue;
        };
        let incoming = Incoming {
            clean: &clean,
            row,
            before,
        };
        let outcome = match existing.humans.remove(&human) {
            Some(mut current) => {
                let outcome = merge(
                    context,
                    &mut current,
                    existing,
                    &incoming,
                    &mut additions,
                    &mut batch,
                );
                existing.humans.insert(human, current);
                exclude_all(&mut clean, before, row.ends);
                outcome
            }
            None => {
                let withheld = create(context, existing, human, &incoming, &mut additions);
                keep_new_numbers(&mut clean, existing, before, row.ends);
                withheld
                    .into_iter()
                    .for_each(|consent| clean.consents.exclude(consent));
                Outcome::Created
            }
        };
        match outcome {
            Outcome::Created => counts.rows_created += 1,
            Outcome::Updated => counts.rows_updated += 1,
            Outcome::Unchanged => counts.rows_unchanged += 1,
        }
    }
    finish(clean, counts, additions.into_blocks(), batch)
}

/// Rows that are inserted beside those of the clean batch.
struct Additions {
    phone_numbers: RowBlock,
    links: RowBlock,
    source_keys: RowBlock,
    consents: RowBlock,
    issues: RowBlock,
    changes: RowBlock,
}

impl Additions {
    fn new() -> Self {
        Self {
            phone_numbers: RowBlock::new(&schema::PHONE_NUMBERS),
            links: RowBlock::new(&schema::PHONE_HUMAN_LINKS),
            source_keys: RowBlock::new(&schema::SOURCE_KEYS),
            consents: RowBlock::new(&schema::CONSENT_RECORDS),
            issues: RowBlock::new(&schema::IMPORT_ISSUES),
            changes: RowBlock::new(&schema::RECORD_CHANGES),
        }
    }

    /// Parents before children: links may name numbers of this same batch.
    fn into_blocks(self) -> Vec<RowBlock> {
        vec![
            self.phone_numbers,
            self.links,
            self.source_keys,
            self.consents,
            self.issues,
            self.changes,
        ]
    }

    /// Notes a change of a record: `fields` is a JSON object of `[before, after]`.
    fn change(
        &mut self,
        context: &PlanContext,
        line: u64,
        entity_type: &str,
        entity: Id,
        fields: &str,
    ) {
        let block = &mut self.changes;
        // Changes get their number when they are written.
        block.push(0);
        block.push(context.run);
        block.push(signed(line));
        block.push(entity_type);
        block.push(entity);
        block.push(fields);
        block.push(context.started_at);
    }

    /// Notes that a grant was not recorded because the store holds a withdrawal.
    fn withheld_grant(&mut self, context: &PlanContext, row: &CleanRow, consent_type: &str) {
        let block = &mut self.issues;
        block.push(context.run);
        block.push(signed(row.number));
        block.push(signed(row.line));
        block.push(Value::Null);
        block.push("warning");
        block.push("consent_withdrawal_kept");
        block.push(
            format!(
                "consent `{consent_type}` was withdrawn earlier; an import does not bring it back"
            )
            .as_str(),
        );
        block.push("record a new grant with its own evidence if the person really agreed again");
        block.push(Value::Null);
    }
}

/// Makes a new human known to the rows that follow, and returns the grants not to be recorded.
fn create(
    context: &PlanContext,
    existing: &mut Existing,
    human: Id,
    incoming: &Incoming<'_>,
    additions: &mut Additions,
) -> Vec<usize> {
    let mut current = incoming.as_existing(context);
    for link in &current.links {
        if let Some(types) = existing.revoked_numbers.get(&link.phone_number) {
            current.revoked.extend(types.iter().cloned());
        }
    }
    let mut withheld = Vec::new();
    for (position, consent) in incoming.consents() {
        if consent.granted && current.revoked.contains(consent.consent_type) {
            additions.withheld_grant(context, &incoming.row, consent.consent_type);
            withheld.push(position);
        } else {
            current.consents.insert(consent.id);
            if !consent.granted {
                current.revoked.insert(consent.consent_type.to_owned());
            }
        }
    }
    existing.humans.insert(human, current);
    withheld
}

/// Leaves out the numbers that the store, or an earlier row, has.
fn keep_new_numbers(
    clean: &mut CleanBatch,
    existing: &mut Existing,
    before: BlockEnds,
    ends: BlockEnds,
) {
    for phone in before.phone_numbers..ends.phone_numbers {
        let new = clean
            .numbers
            .get(phone)
            .is_some_and(|(_, id)| existing.phone_numbers.insert(*id));
        if !new {
            clean.phone_numbers.exclude(phone);
        }
    }
}

fn exclude_all(clean: &mut CleanBatch, before: BlockEnds, ends: BlockEnds) {
    (before.phone_numbers..ends.phone_numbers).for_each(|row| clean.phone_numbers.exclude(row));
    exclude_but_numbers(clean, before, ends);
}

fn exclude_but_numbers(clean: &mut CleanBatch, before: BlockEnds, ends: BlockEnds) {
    (before.humans..ends.humans).for_each(|row| {
        clean.humans.exclude(row);
        clean.source_keys.exclude(row);
    });
    (before.links..ends.links).for_each(|row| clean.links.exclude(row));
    (before.consents..ends.consents).for_each(|row| clean.consents.exclude(row));
}

fn defer(
    context: &PlanContext,
    clean: &CleanBatch,
    index: usize,
    row: &CleanRow,
    deferred: &mut RowBlock,
) {
    let Some(record) = clean.records.get(index) else {
        return;
    };
    let mut fields = String::from("[[");
    for column in 0..record.len() {
        if column > 0 {
            fields.push(',');
        }
        push_json_string(&mut fields, record.get(column).unwrap_or_default());
    }
    fields.push_str("],[");
    for (position, (name, value)) in record.extras().enumerate() {
        if position > 0 {
            fields.push(',');
        }
        fields.push('[');
        push_json_string(&mut fields, name);
        fields.push(',');
        push_json_string(&mut fields, value);
        fields.push(']');
    }
    fields.push_str("]]");
    deferred.push(context.run);
    deferred.push(signed(row.number));
    deferred.push(signed(row.line));
    deferred.push(fields.as_str());
    deferred.push(record.raw());
}

/// Puts the blocks in order, parents before children, and counts what they insert.
fn finish(
    clean: CleanBatch,
    mut counts: RunCounts,
    additions: Vec<RowBlock>,
    mut batch: ImportBatch,
) -> Planned {
    let CleanBatch {
        phone_numbers,
        humans,
        links,
        source_keys,
        consents,
        issues,
        ..
    } = clean;
    batch.inserts = vec![phone_numbers, humans];
    let (parents, children): (Vec<_>, Vec<_>) = additions
        .into_iter()
        .partition(|block| block.table().name == schema::PHONE_NUMBERS.name);
    batch.inserts.extend(parents);
    batch.inserts.extend([links, source_keys, consents, issues]);
    batch.inserts.extend(children);
    for block in &batch.inserts {
        let rows = block.live_len() as u64;
        match block.table().name {
            "phone_numbers" => counts.phones_created += rows,
            "phone_human_links" => counts.links_created += rows,
            "consent_records" => counts.consents_created += rows,
            "import_issues" => counts.issues += rows,
            _ => {}
        }
    }
    Planned { batch, counts }
}

/// The source row of a human that the current row replaces or repeats.
fn replaced_row(rows: &[SourceRow], run: RunKey) -> Option<usize> {
    rows.iter().position(|row| row.last_run != run)
}
