//! Reads vCards 2.1, 3.0 and 4.0: one card a row, known properties in columns of fixed names.
//!
//! It reads line by line and holds one card. Photos, sounds, logos and keys are passed over without
//! being held. A card that breaks the rules is one row with a problem that names the place, and the
//! next card goes on.
//! What it does not do: it checks no value and gives no column a meaning.

mod card;
mod property;
mod value;

use std::io;
use std::sync::Arc;

use crate::record::{RecordBatch, RecordProblem};

use self::card::Card;
use self::property::{Fault, Property};
use super::delimited::is_blank;
use super::header::Header;
use super::layout::LineEnd;
use super::problem::{self, Place};
use super::text::TextWindow;

/// Properties whose values nobody imports and which may be megabytes.
const PASSED_OVER: [&str; 4] = ["PHOTO", "SOUND", "LOGO", "KEY"];

/// Bytes of a line that are looked at to know its name.
const NAME_BYTES_MAX: usize = 256;

/// Cards, in order.
pub(super) struct VCardReader {
    window: TextWindow,
    line_end: u8,
    card_bytes_max: usize,
    rows: u64,
    /// The line that is read next, from 1.
    line: u64,
    blank_lines: u64,
    card: Card,
    /// The unfolded line under reading, and where its pieces stand in the file.
    unfolded: String,
    pieces: Vec<Piece>,
    /// The text of the card as it is written, for a card that is set aside.
    raw: String,
    /// What is wrong with the characters of the line under reading.
    damage: Option<RecordProblem>,
}

/// Where a stretch of an unfolded line begins, there and in the file.
#[derive(Debug, Clone, Copy)]
struct Piece {
    at: usize,
    line: u64,
    /// Characters of the file's line that are not in the unfolded one.
    dropped: usize,
}

/// What the next unfolded line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    Line,
    /// A property whose value was passed over.
    PassedOver,
    Blank,
    End,
}

/// How far a card is.
struct Progress {
    first_line: u64,
    is_version_2: bool,
    /// Cards within this one that are not ended yet.
    nested: u32,
    may_nest: bool,
    problem: Option<RecordProblem>,
}

impl VCardReader {
    pub(super) fn new(window: TextWindow, line_end: LineEnd, card_bytes_max: usize) -> Self {
        Self {
            window,
            line_end: line_end.byte(),
            card_bytes_max,
            rows: 0,
            line: 1,
            blank_lines: 0,
            card: Card::default(),
            unfolded: String::new(),
            pieces: Vec::new(),
            raw: String::new(),
            damage: None,
        }
    }

    /// The columns, the same for every file; other properties are extras of their rows.
    pub(super) fn header() -> Header {
        let names = card::column_names();
        Header::of_names(names.iter().map(String::as_str))
    }

    /// Cards read so far.
    pub(super) fn rows(&self) -> u64 {
        self.rows
    }

    /// The line the next card begins on, from 1.
    pub(super) fn line(&self) -> u64 {
        self.line
    }

    /// Blank lines between cards passed so far.
    pub(super) fn blank_lines(&self) -> u64 {
        self.blank_lines
    }

    /// Appends the next card to `out`; false at the end of the source.
    ///
    /// # Errors
    /// The source's own failure; a card it interrupts is not delivered.
    pub(super) fn read_row(&mut self, out: &mut RecordBatch) -> Result<bool, Arc<io::Error>> {
        self.raw.clear();
        loop {
            let first_line = self.line;
            if self.next_begins_card()? {
                self.read_line(false)?;
                return self.read_card(first_line, out).map(|()| true);
            }
            self.raw.clear();
            match self.read_line(false)? {
                Next::End => return Ok(false),
                Next::Blank => self.blank_lines += 1,
                Next::Line | Next::PassedOver => {
                    return self.read_outside(first_line, out).map(|()| true);
                }
            }
        }
    }

    /// Reads a card whose first line was read.
    fn read_card(&mut self, first_line: u64, out: &mut RecordBatch) -> Result<(), Arc<io::Error>> {
        self.card.clear();
        let mut progress = Progress {
            first_line,
            is_version_2: false,
            nested: 0,
            may_nest: false,
            problem: None,
        };
        progress.problem = self.damage.take();
        loop {
            if !progress.may_nest && self.next_begins_card()? {
                let problem = problem::vcard_unfinished(first_line);
                progress.problem.get_or_insert(problem);
                break;
            }
            match self.read_line(progress.is_version_2)? {
                Next::End => {
                    let problem = problem::vcard_unfinished(first_line);
                    progress.problem.get_or_insert(problem);
                    break;
                }
                Next::Blank | Next::PassedOver => {}
                Next::Line => {
                    if self.take_line(&mut progress) {
                        break;
                    }
                }
            }
            if self.raw.len() > self.card_bytes_max {
                let problem = problem::record_too_long(first_line, self.card_bytes_max);
                progress.problem.get_or_insert(problem);
            }
        }
        if self.raw.len() > self.card_bytes_max {
            self.raw = problem::cut(&self.raw);
        }
        self.rows += 1;
        if progress.problem.is_none() {
            self.card.push_to(out);
        }
        out.finish_row(
            self.rows,
            progress.first_line,
            self.raw.trim_end(),
            progress.problem,
        );
        Ok(())
    }

    /// Takes the unfolded line over; says whether it ends the card.
    fn take_line(&mut self, progress: &mut Progress) -> bool {
        if let Some(damage) = self.damage.take() {
            progress.problem.get_or_insert(damage);
        }
        let property = match Property::parse(&self.unfolded) {
            Ok(property) => property,
            Err(fault) => {
                progress.problem.get_or_insert_with(|| match fault {
                    Fault::NoColon { at } => problem::vcard_line(self.place(at)),
                    Fault::Name { at } => problem::vcard_name(self.place(at)),
                });
                return false;
            }
        };
        let is_card = property.value.trim().eq_ignore_ascii_case("VCARD");
        let was_nested = progress.nested > 0;
        if property.is("BEGIN") && is_card {
            progress.nested += 1;
        } else if property.is("END") && is_card {
            if progress.nested == 0 {
                return true;
            }
            progress.nested -= 1;
        } else if !was_nested && progress.problem.is_none() {
            if property.is("VERSION") {
                progress.is_version_2 = property.value.trim().starts_with('2');
            }
            self.card.take(&property);
        }
        // Version 2.1 writes the card of an agent within that of the person.
        progress.may_nest = progress.nested > 0 || property.is("AGENT");
        false
    }

    /// Reports lines outside of any card, up to the next one, as one row.
    fn read_outside(
        &mut self,
        first_line: u64,
        out: &mut RecordBatch,
    ) -> Result<(), Arc<io::Error>> {
        while !self.next_begins_card()? && self.read_line(false)? != Next::End {}
        if self.raw.len() > self.card_bytes_max {
            self.raw = problem::cut(&self.raw);
        }
        self.rows += 1;
        let problem = problem::vcard_outside(first_line);
        out.finish_row(self.rows, first_line, self.raw.trim_end(), Some(problem));
        Ok(())
    }

    /// Reads a line with those that continue it into `unfolded`, and its text into `raw`.
    fn read_line(&mut self, is_version_2: bool) -> Result<Next, Arc<io::Error>> {
        self.unfolded.clear();
        self.pieces.clear();
        self.damage = None;
        let begins = self.peek()?;
        if is_passed_over(begins) {
            self.pass_over()?;
            return Ok(Next::PassedOver);
        }
        let Some(is_blank) = self.append_line(Fold::Begins)? else {
            return Ok(Next::End);
        };
        if is_blank {
            return Ok(Next::Blank);
        }
        // Nothing continues the last line, so nothing behind it is waited for.
        while !self.unfolded.eq_ignore_ascii_case("END:VCARD") {
            let fold = if ends_softly(&self.unfolded) {
                self.unfolded.pop();
                Fold::Soft
            } else if self.peek()?.starts_with([' ', '\t']) {
                match is_version_2 {
                    true => Fold::Blank,
                    false => Fold::Mark,
                }
            } else {
                break;
            };
            if self.append_line(fold)?.is_none() {
                break;
            }
        }
        Ok(Next::Line)
    }

    /// Appends a line of the file; says whether it is blank, or nothing at the end of the source.
    fn append_line(&mut self, fold: Fold) -> Result<Option<bool>, Arc<io::Error>> {
        let Some((end, next)) = self.next_line()? else {
            return Ok(None);
        };
        let text = self.window.rest().get(..end).unwrap_or_default();
        if self.damage.is_none()
            && let Some((at, damage)) = self.window.damage_before(end)
        {
            let place = Place::in_row(text, problem::floor(text, at), self.line, self.line_end);
            self.damage = Some(problem::damage(damage, place, None));
        }
        let text = text.trim_end_matches('\r');
        let is_blank = is_blank(text);
        // A card that is too long already is read to its end and not held.
        if self.raw.len() <= self.card_bytes_max {
            self.raw.push_str(text);
            self.raw.push('\n');
            let dropped = usize::from(fold == Fold::Mark);
            self.pieces.push(Piece {
                at: self.unfolded.len(),
                line: self.line,
                dropped,
            });
            self.unfolded
                .push_str(text.get(dropped..).unwrap_or_default());
        }
        self.window.consume(next);
        self.line += u64::from(next > end);
        Ok(Some(is_blank))
    }

    /// Goes behind a property whose value is not held.
    fn pass_over(&mut self) -> Result<(), Arc<io::Error>> {
        let begins = self.peek()?;
        let is_base64 = begins
            .get(..begins.find(':').unwrap_or(begins.len()))
            .is_some_and(|head| head.to_ascii_uppercase().contains("BASE64"));
        let name = begins.split([':', ';']).next().unwrap_or_default();
        let told = format!("{name}:[not kept]\n");
        self.raw.push_str(&told);
        loop {
            self.window.skip_line(self.line_end)?;
            self.line += 1;
            let next = self.peek()?;
            let is_folded = next.starts_with([' ', '\t']) && !is_blank(next);
            // Some programs forget the space before further lines.
            let goes_on = is_folded || (is_base64 && is_all_base64(next));
            if !goes_on {
                return Ok(());
            }
        }
    }

    /// The ends of the next line of the file, without and with its line end; nothing at the end of
    /// the source. A line beyond all bounds is cut.
    fn next_line(&mut self) -> Result<Option<(usize, usize)>, Arc<io::Error>> {
        loop {
            let rest = self.window.rest().as_bytes();
            match memchr::memchr(self.line_end, rest) {
                Some(end) => return Ok(Some((end, end + 1))),
                None if self.window.is_last() || rest.len() > self.card_bytes_max => {
                    let is_end = rest.is_empty();
                    return Ok((!is_end).then_some((rest.len(), rest.len())));
                }
                None => self.window.extend()?,
            };
        }
    }

    /// The beginning of the next line of the file; nothing at the end of the source.
    fn peek(&mut self) -> Result<&str, Arc<io::Error>> {
        let end = loop {
            let rest = self.window.rest();
            let end = problem::floor(rest, NAME_BYTES_MAX);
            let view = rest.as_bytes().get(..end).unwrap_or_default();
            if let Some(line_end) = memchr::memchr(self.line_end, view) {
                break line_end;
            }
            if rest.len() >= NAME_BYTES_MAX || !self.window.extend()? {
                break end;
            }
        };
        let text = self.window.rest().get(..end).unwrap_or_default();
        Ok(text.trim_end_matches('\r'))
    }

    fn next_begins_card(&mut self) -> Result<bool, Arc<io::Error>> {
        let begins = self.peek()?;
        Ok(begins.trim_end().eq_ignore_ascii_case("BEGIN:VCARD"))
    }

    /// The place in the file of a byte of the unfolded line.
    fn place(&self, at: usize) -> Place {
        let piece = self.pieces.iter().rev().find(|piece| piece.at <= at);
        let Some(piece) = piece else {
            return Place {
                line: self.line,
                character: None,
            };
        };
        let before = self.unfolded.get(piece.at..at).unwrap_or_default();
        let character = before.chars().count() + piece.dropped + 1;
        Place {
            line: piece.line,
            character: u32::try_from(character).ok(),
        }
    }
}

/// How a line goes on with the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fold {
    /// It does not.
    Begins,
    /// Its first character only marks it.
    Mark,
    /// Its first character belongs to the text, as in version 2.1.
    Blank,
    /// The one before ended with the `=` of quoted-printable.
    Soft,
}

/// Whether a line is that of a property whose value is not held.
fn is_passed_over(begins: &str) -> bool {
    let name = begins.split([':', ';']).next().unwrap_or_default();
    let name = name.rsplit('.').next().unwrap_or_default();
    PASSED_OVER
        .iter()
        .any(|known| known.eq_ignore_ascii_case(name))
}

/// Whether a line in quoted-printable goes on with the next one.
fn ends_softly(line: &str) -> bool {
    const NAME: &[u8] = b"QUOTED-PRINTABLE";
    let Some((head, _)) = line.split_once(':').filter(|_| line.ends_with('=')) else {
        return false;
    };
    let mut windows = head.as_bytes().windows(NAME.len());
    windows.any(|window| window.eq_ignore_ascii_case(NAME))
}

fn is_all_base64(line: &str) -> bool {
    let is_base64 = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=');
    !line.is_empty() && line.bytes().all(is_base64)
}

#[cfg(test)]
mod tests;
