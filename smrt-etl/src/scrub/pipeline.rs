//! Reading, asking the store, deciding and writing, side by side and in bounded memory.
//!
//! One thread reads rows and finds the called parties, the caller's asks the store, which is where
//! the session is, a few decide and write text, and one puts it into files in the order of the
//! list.
//! What this module does not do: it knows no column and no file.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};

use smrt_core::rules::contact::{Contact, Decision, Facts, Question, decide};
use smrt_core::smrt::{
    CalledParty, ContactReader, Parties, ScrubOutcome, SmrtError, TenantSession,
};

use super::error::ScrubError;
use super::line::LineFormat;
use super::output::{Outputs, Rendered, Slots};
use super::party::{PartyReader, Standing};
use super::tally::Tally;
use super::verdict::{Verdict, VerdictWriter};
use super::{ScrubProgress, ScrubWatch};
use crate::record::RecordBatch;
use crate::source::{Source, SourceError};

/// Rows of which the store is asked at once, so that those whose numbers lie together share what is
/// read.
const STRETCH_ROWS: usize = 65_536;
/// From so many called parties on, what they have in common is read once.
const PARTIES_MANY: usize = 1_000;
/// Bytes of rows that end a stretch before it has so many.
const STRETCH_BYTES: usize = 32 << 20;
/// Pieces of stretches that wait to be decided: about one stretch, so that the store is asked of
/// the next one meanwhile.
const PIECES_WAITING: usize = 32;
/// Pieces that wait to be written.
const RENDERED_WAITING: usize = 8;
/// Threads that decide; more only help where cores are idle.
const DECIDERS_MAX: usize = 8;

/// What all threads share.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pipeline<'p, 'q> {
    pub(super) question: &'p Question<'q>,
    pub(super) contact: &'p Contact,
    pub(super) format: &'p LineFormat,
    pub(super) slots: Slots,
}

/// What came out.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) tally: Tally,
    pub(super) outputs: Outputs,
    pub(super) rows: u64,
    pub(super) sha256: [u8; 32],
}

/// Rows and the called parties they mean.
struct Stretch {
    pieces: Vec<Piece>,
    /// In the order of their numbers, in which the store is read fastest.
    parties: Vec<CalledParty>,
    /// In the order of the rows, where each called party is.
    places: Vec<u32>,
    progress: ScrubProgress,
}

/// A part of a stretch that is decided at once.
struct Piece {
    records: RecordBatch,
    /// For each row, where its called parties end within the places of the stretch.
    rows: Vec<(usize, Standing)>,
    parties_start: usize,
}

/// A stretch of which the store was asked.
struct Asked {
    pieces: Vec<Piece>,
    parties: Vec<CalledParty>,
    places: Vec<u32>,
    facts: Vec<Facts>,
}

/// A piece to be decided, by its number in the list.
struct Task {
    number: u64,
    stretch: Arc<Asked>,
    piece: usize,
}

impl Pipeline<'_, '_> {
    /// Scrubs all rows; nothing when it was stopped.
    pub(super) fn run(
        &self,
        session: &mut TenantSession<'_>,
        source: Source,
        reader: PartyReader<'_>,
        outputs: Outputs,
        watch: &mut ScrubWatch<'_>,
    ) -> Result<Option<Run>, ScrubError> {
        std::thread::scope(|scope| {
            let (to_ask, stretches) = sync_channel::<Stretch>(1);
            let (to_decide, tasks) = sync_channel::<Task>(PIECES_WAITING);
            let (to_write, rendered) = sync_channel::<(u64, Rendered)>(RENDERED_WAITING);
            let tasks = Arc::new(Mutex::new(tasks));
            let reading = scope.spawn(move || read(source, reader, &to_ask));
            let deciding: Vec<_> = (0..deciders())
                .map(|_| {
                    let (tasks, to_write) = (Arc::clone(&tasks), to_write.clone());
                    scope.spawn(move || self.decide_all(&tasks, &to_write))
                })
                .collect();
            drop((tasks, to_write));
            let writing = scope.spawn(move || write(outputs, &rendered));

            let asked = self.ask_all(session, &stretches, &to_decide, watch);
            drop((stretches, to_decide));
            let mut tally = Tally::default();
            for decider in deciding {
                tally.merge(decider.join().map_err(|_| ScrubError::Worker)?);
            }
            let outputs = writing.join().map_err(|_| ScrubError::Worker)?;
            let sha256 = reading.join().map_err(|_| ScrubError::Worker)?;
            // A full disk ends the asking as well; it is the better thing to tell.
            let outputs = outputs?;
            let Some(rows) = asked? else {
                return Ok(None);
            };
            Ok(Some(Run {
                tally,
                outputs,
                rows,
                sha256: sha256?,
            }))
        })
    }

    /// Asks the store of every stretch, and returns how many rows there were; nothing when it was
    /// stopped.
    fn ask_all(
        &self,
        session: &mut TenantSession<'_>,
        stretches: &Receiver<Stretch>,
        to_decide: &SyncSender<Task>,
        watch: &mut ScrubWatch<'_>,
    ) -> Result<Option<u64>, ScrubError> {
        let Ok(first) = stretches.recv() else {
            return Ok(Some(0));
        };
        let parties = match first.parties.len() {
            0..PARTIES_MANY => Parties::Few,
            _ => Parties::Many,
        };
        let rows = session.read_contact_facts(self.question, parties, |facts| {
            let (mut rows, mut number) = (0, 0);
            for stretch in std::iter::once(first).chain(stretches) {
                if watch.stop.load(Ordering::Relaxed) {
                    return Ok(None);
                }
                let progress = stretch.progress;
                let asked = Arc::new(Asked::of(stretch, facts)?);
                rows += asked.rows();
                if !hand_on(&asked, &mut number, to_decide) {
                    // When nobody decides any more, the writer has a reason to tell.
                    return Ok(Some(rows));
                }
                (watch.progress)(ScrubProgress { rows, ..progress });
            }
            Ok(Some(rows))
        })?;
        // The last rows are still being decided; nothing is published of what was stopped.
        let is_stopped = watch.stop.load(Ordering::Relaxed);
        Ok(rows.filter(|_| !is_stopped))
    }

    /// Decides pieces until there are no more.
    fn decide_all(
        &self,
        tasks: &Mutex<Receiver<Task>>,
        to_write: &SyncSender<(u64, Rendered)>,
    ) -> Tally {
        let mut writer = VerdictWriter::new(self.format);
        loop {
            let taken = match tasks.lock() {
                Ok(tasks) => tasks.recv(),
                Err(_) => break,
            };
            let Ok(task) = taken else {
                break;
            };
            let rendered = self.decide_piece(&task, &mut writer);
            if to_write.send((task.number, rendered)).is_err() {
                break;
            }
        }
        writer.finish()
    }

    fn decide_piece(&self, task: &Task, writer: &mut VerdictWriter<'_>) -> Rendered {
        let mut rendered = Rendered::default();
        let mut scratch = String::new();
        let Some(piece) = task.stretch.pieces.get(task.piece) else {
            return rendered;
        };
        let mut start = piece.parties_start;
        for (record, (end, standing)) in piece.records.iter().zip(&piece.rows) {
            let parties = task.stretch.parties(start..*end);
            start = *end;
            for (_, facts) in parties.clone() {
                for fact in &facts.registries {
                    writer.tally.add_registry(fact);
                }
            }
            let best = self.best(parties);
            let verdict = Verdict {
                outcome: best.as_ref().map_or(ScrubOutcome::Unusable, |best| best.0),
                decided: best
                    .as_ref()
                    .map(|(_, decision, party)| (decision, party.phone_number)),
                standing: *standing,
            };
            let slot = self.slots.of(verdict.outcome);
            match slot.and_then(|slot| rendered.files.get_mut(slot)) {
                Some((text, rows)) => {
                    *rows += 1;
                    let added = |text: &mut String| writer.push(text, &verdict);
                    self.format.push(text, &record, added);
                }
                None => {
                    scratch.clear();
                    writer.push(&mut scratch, &verdict);
                }
            }
        }
        rendered
    }

    /// The decision that counts for a row: the first of its numbers that may be contacted, else
    /// the one that may be soonest, else the first.
    fn best<'s>(
        &self,
        parties: impl Iterator<Item = (&'s CalledParty, &'s Facts)>,
    ) -> Option<(ScrubOutcome, Decision<'_>, &'s CalledParty)> {
        let mut best: Option<(ScrubOutcome, Decision<'_>, &CalledParty)> = None;
        for (party, facts) in parties {
            let decision = decide(self.question, self.contact, facts);
            let outcome = Verdict::outcome_of(&decision);
            let is_better = best.as_ref().is_none_or(|(known, than, _)| {
                (outcome, decision.next_allowed_at) < (*known, than.next_allowed_at)
            });
            if is_better {
                best = Some((outcome, decision, party));
            }
            if outcome == ScrubOutcome::Callable {
                break;
            }
        }
        best
    }
}

impl Asked {
    fn of(stretch: Stretch, facts: &mut ContactReader<'_, '_>) -> Result<Self, SmrtError> {
        let facts = facts.facts(&stretch.parties)?;
        Ok(Self {
            pieces: stretch.pieces,
            parties: stretch.parties,
            places: stretch.places,
            facts,
        })
    }

    /// The called parties at some places, with what is known of them.
    fn parties(
        &self,
        places: std::ops::Range<usize>,
    ) -> impl Iterator<Item = (&CalledParty, &Facts)> + Clone {
        let places = self.places.get(places).unwrap_or_default();
        places.iter().filter_map(|place| {
            let place = usize::try_from(*place).ok()?;
            Some((self.parties.get(place)?, self.facts.get(place)?))
        })
    }

    fn rows(&self) -> u64 {
        let rows = self.pieces.iter().map(|piece| piece.rows.len() as u64);
        rows.sum()
    }
}

/// Hands the pieces of a stretch to those who decide, and says whether somebody takes them.
fn hand_on(stretch: &Arc<Asked>, number: &mut u64, to_decide: &SyncSender<Task>) -> bool {
    for piece in 0..stretch.pieces.len() {
        let task = Task {
            number: *number,
            stretch: Arc::clone(stretch),
            piece,
        };
        if to_decide.send(task).is_err() {
            return false;
        }
        *number += 1;
    }
    true
}

/// How many threads decide: the cores there are, without the one that asks the store.
fn deciders() -> usize {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    cores.saturating_sub(1).clamp(1, DECIDERS_MAX)
}

/// Reads the list to its end, and returns the digest of all its bytes.
fn read(
    mut source: Source,
    mut reader: PartyReader<'_>,
    to_ask: &SyncSender<Stretch>,
) -> Result<[u8; 32], SourceError> {
    while let Some(stretch) = next_stretch(&mut source, &mut reader)? {
        if to_ask.send(stretch).is_err() {
            break;
        }
    }
    Ok(source.content_digest().unwrap_or_default())
}

fn next_stretch(
    source: &mut Source,
    reader: &mut PartyReader<'_>,
) -> Result<Option<Stretch>, SourceError> {
    let (mut rows, mut bytes) = (0, 0);
    let mut pieces = Vec::new();
    let mut parties = Vec::new();
    while rows < STRETCH_ROWS && bytes < STRETCH_BYTES {
        let mut records = RecordBatch::default();
        if !source.next_batch(&mut records)? {
            break;
        }
        rows += records.len();
        bytes += records.bytes();
        let parties_start = parties.len();
        let mut of_rows = Vec::with_capacity(records.len());
        for record in records.iter() {
            let standing = reader.read(&record, &mut parties);
            of_rows.push((parties.len(), standing));
        }
        pieces.push(Piece {
            records,
            rows: of_rows,
            parties_start,
        });
    }
    let progress = ScrubProgress {
        rows: 0,
        bytes_read: source.bytes_read(),
        bytes_total: source.bytes_total(),
    };
    let (parties, places) = sorted(parties);
    Ok((!pieces.is_empty()).then_some(Stretch {
        pieces,
        parties,
        places,
        progress,
    }))
}

/// Called parties by their numbers, and where each of them went.
fn sorted(parties: Vec<CalledParty>) -> (Vec<CalledParty>, Vec<u32>) {
    let mut numbered: Vec<(u32, CalledParty)> = (0..).zip(parties).collect();
    numbered.sort_unstable_by_key(|(number, party)| (party.phone_number, *number));
    let mut places = vec![0; numbered.len()];
    let mut parties = Vec::with_capacity(numbered.len());
    for (place, (number, party)) in (0..).zip(numbered) {
        if let Some(slot) = usize::try_from(number)
            .ok()
            .and_then(|number| places.get_mut(number))
        {
            *slot = place;
        }
        parties.push(party);
    }
    (parties, places)
}

/// Writes what was decided in the order of the list.
fn write(
    mut outputs: Outputs,
    rendered: &Receiver<(u64, Rendered)>,
) -> Result<Outputs, ScrubError> {
    let mut waiting: BTreeMap<u64, Rendered> = BTreeMap::new();
    let mut next = 0;
    for (number, rendered) in rendered {
        waiting.insert(number, rendered);
        while let Some(rendered) = waiting.remove(&next) {
            outputs.write(&rendered)?;
            next += 1;
        }
    }
    Ok(outputs)
}
