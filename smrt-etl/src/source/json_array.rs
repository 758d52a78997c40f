//! Reads a JSON array of objects, by itself or as a member of an object, element by element.
//!
//! Only one element is held at a time. What an object's values become is the same as in JSON
//! Lines. An element that is broken ends where its brackets do, and reading goes on behind it.

use std::borrow::Cow;
use std::io;
use std::sync::Arc;

use crate::record::RecordBatch;

use super::header::Header;
use super::json_object::ObjectText;
use super::named_values::NamedColumns;
use super::problem::{self, JsonUnit, Place};
use super::text::TextWindow;

/// Rows of a JSON array.
pub(super) struct JsonArrayReader {
    window: TextWindow,
    row_bytes_max: usize,
    columns: NamedColumns,
    rows: u64,
    line: u64,
    /// Characters before the next one in its line.
    characters: usize,
    is_member: bool,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Within the array.
    Elements,
    /// Behind an array that is the whole document.
    Behind,
    /// There is nothing more to read.
    Ended,
}

/// Where the array of a document is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ArrayPlace {
    /// It is the document.
    Document,
    /// It is the value of the member with this name.
    Member(String),
}

type Result<T> = std::result::Result<T, Arc<io::Error>>;

impl JsonArrayReader {
    pub(super) fn new(window: TextWindow, row_bytes_max: usize) -> JsonArrayReader {
        JsonArrayReader {
            window,
            row_bytes_max,
            columns: NamedColumns::default(),
            rows: 0,
            line: 1,
            characters: 0,
            is_member: false,
            state: State::Ended,
        }
    }

    /// Rows read so far.
    pub(super) fn rows(&self) -> u64 {
        self.rows
    }

    /// The line the next element begins on or after, from 1.
    pub(super) fn line(&self) -> u64 {
        self.line
    }

    /// Makes columns of the names in `sample`; see [`NamedColumns::begin_data`].
    pub(super) fn begin_data(&mut self, sample: &mut RecordBatch) -> Header {
        self.columns.begin_data(sample)
    }

    /// Goes into the array: the document itself, or the first member of it that is an array of
    /// objects. None where there is no such array.
    pub(super) fn find_array(&mut self) -> Result<Option<ArrayPlace>> {
        match self.next_byte()? {
            Some(b'[') => {
                self.advance(1);
                self.state = State::Elements;
                Ok(Some(ArrayPlace::Document))
            }
            Some(b'{') => {
                self.advance(1);
                let member = self.find_member()?;
                if member.is_some() {
                    self.state = State::Elements;
                    self.is_member = true;
                }
                Ok(member.map(ArrayPlace::Member))
            }
            _ => Ok(None),
        }
    }

    fn find_member(&mut self) -> Result<Option<String>> {
        loop {
            while self.next_byte()? == Some(b',') {
                self.advance(1);
            }
            if self.next_byte()? != Some(b'"') {
                return Ok(None);
            }
            let Length::Ends(end) = self.measure(Scan::default())? else {
                return Ok(None);
            };
            let name = self.window.rest().get(..end).unwrap_or_default();
            let name: Option<String> = serde_json::from_str(name).ok();
            self.advance(end);
            if self.next_byte()? != Some(b':') {
                return Ok(None);
            }
            self.advance(1);
            if self.next_byte()? == Some(b'[') {
                self.advance(1);
                if self.next_byte()? == Some(b'{') {
                    return Ok(name);
                }
                self.skip_value(Scan::inside())?;
            } else {
                self.skip_value(Scan::default())?;
            }
        }
    }

    /// Appends the next element to `out`; false at the end of the array.
    ///
    /// # Errors
    /// The source's own failure; an element it interrupts is not delivered.
    pub(super) fn read_row(&mut self, out: &mut RecordBatch) -> Result<bool> {
        loop {
            match (self.state, self.next_byte()?) {
                (State::Ended, _) => {
                    // The bytes behind the array belong to the file, and to its digest.
                    self.drain()?;
                    return Ok(false);
                }
                (State::Elements, Some(b',')) => self.advance(1),
                (State::Elements, Some(b']')) => {
                    self.advance(1);
                    self.state = match self.is_member {
                        true => State::Ended,
                        false => State::Behind,
                    };
                }
                (State::Elements, Some(_)) => {
                    self.read_element(out)?;
                    return Ok(true);
                }
                (State::Elements, None) => {
                    self.state = State::Ended;
                    let problem = problem::json_cut_off(self.place());
                    self.rows += 1;
                    out.finish_row(self.rows, self.line, "", Some(problem));
                    return Ok(true);
                }
                (State::Behind, Some(b'[')) => {
                    self.advance(1);
                    self.state = State::Elements;
                }
                (State::Behind, Some(_)) => {
                    self.state = State::Ended;
                    let problem = problem::json_behind_array(self.place());
                    let raw = self.what_is_behind()?;
                    self.rows += 1;
                    out.finish_row(self.rows, self.line, &raw, Some(problem));
                    return Ok(true);
                }
                (State::Behind, None) => self.state = State::Ended,
            }
        }
    }

    /// Reads the element that begins here.
    fn read_element(&mut self, out: &mut RecordBatch) -> Result<()> {
        let (end, is_too_long) = match self.measure(Scan::default())? {
            Length::Ends(end) => (end, false),
            Length::Open { is_too_long } => {
                let text = self.window.rest();
                match end_before_next(text.as_bytes()) {
                    Some(end) => (end, false),
                    None if is_too_long => (self.row_bytes_max, true),
                    None => (text.len(), false),
                }
            }
        };
        self.rows += 1;
        if is_too_long {
            let text = self.window.rest();
            let kept = problem::floor(text, self.row_bytes_max);
            let kept = problem::cut(text.get(..kept).unwrap_or_default());
            let raw = one_line(&kept).into_owned();
            let problem = problem::record_too_long(self.line, self.row_bytes_max);
            out.finish_row(self.rows, self.line, &raw, Some(problem));
            return self.skip_value(Scan::default());
        }
        let text = self.window.rest().get(..end).unwrap_or_default();
        let object = ObjectText {
            text,
            line: self.line,
            characters: self.characters,
            damage: self.window.damage_before(end),
            unit: JsonUnit::Element,
        };
        let problem = match object.values() {
            Ok(values) => {
                self.columns.push_values(values.iter(), out);
                None
            }
            Err(problem) => Some(problem),
        };
        out.finish_row(self.rows, self.line, &one_line(text), problem);
        // What is no value, such as a stray bracket, must be passed too.
        self.advance(end.max(1));
        Ok(())
    }

    /// The text behind the array, or its beginning where it is long.
    fn what_is_behind(&mut self) -> Result<String> {
        while self.window.rest().len() <= problem::KEPT_BYTES_MAX && self.window.extend()? {}
        let text = self.window.rest();
        Ok(match text.len() > problem::KEPT_BYTES_MAX {
            true => one_line(&problem::cut(text)).into_owned(),
            false => one_line(text.trim_end()).into_owned(),
        })
    }

    /// How long the value that begins here is, as far as it may be read.
    fn measure(&mut self, mut scan: Scan) -> Result<Length> {
        loop {
            let text = self.window.rest();
            let view = text.as_bytes();
            let view = view.get(..self.row_bytes_max).unwrap_or(view);
            if let Some(end) = scan.go_on(view) {
                return Ok(Length::Ends(end));
            }
            if view.len() >= self.row_bytes_max {
                return Ok(Length::Open { is_too_long: true });
            }
            if !self.window.extend()? {
                return Ok(match scan.is_scalar() {
                    true => Length::Ends(scan.at),
                    false => Length::Open { is_too_long: false },
                });
            }
        }
    }

    /// Passes a value, however long it is.
    fn skip_value(&mut self, mut scan: Scan) -> Result<()> {
        loop {
            let view = self.window.rest().as_bytes();
            if let Some(end) = scan.go_on(view) {
                self.advance(end);
                return Ok(());
            }
            let passed = self.window.rest().len();
            self.advance(passed);
            scan.at = 0;
            if !self.window.extend()? {
                return Ok(());
            }
        }
    }

    /// The next byte that is no blank, without passing it.
    fn next_byte(&mut self) -> Result<Option<u8>> {
        loop {
            let text = self.window.rest();
            let blanks = text.len() - text.trim_start_matches([' ', '\t', '\r', '\n']).len();
            let next = text.as_bytes().get(blanks).copied();
            self.advance(blanks);
            if next.is_some() || !self.window.extend()? {
                return Ok(next);
            }
        }
    }

    /// Passes so many bytes, counting lines and characters.
    fn advance(&mut self, bytes: usize) {
        let text = self.window.rest();
        let passed = text.get(..bytes).unwrap_or(text);
        self.line += memchr::memchr_iter(b'\n', passed.as_bytes()).count() as u64;
        match passed.rsplit_once('\n') {
            Some((_, last)) => self.characters = last.chars().count(),
            None => self.characters += passed.chars().count(),
        }
        self.window.consume(bytes);
    }

    fn drain(&mut self) -> Result<()> {
        loop {
            self.window.consume(self.window.rest().len());
            if !self.window.extend()? {
                return Ok(());
            }
        }
    }

    fn place(&self) -> Place {
        let character = u32::try_from(self.characters + 1).unwrap_or(u32::MAX);
        Place {
            line: self.line,
            character: Some(character),
        }
    }
}

/// How long a value is.
enum Length {
    /// So many bytes.
    Ends(usize),
    /// It does not end within what was looked at.
    Open {
        /// Whether no more may be looked at.
        is_too_long: bool,
    },
}

/// How far the brackets of a value have been followed.
#[derive(Debug, Clone, Copy, Default)]
struct Scan {
    at: usize,
    depth: usize,
    in_string: bool,
    is_escaped: bool,
    /// Whether brackets are open since the beginning.
    has_brackets: bool,
}

impl Scan {
    /// A scan that goes on within an array that was already entered.
    fn inside() -> Scan {
        Scan {
            depth: 1,
            has_brackets: true,
            ..Scan::default()
        }
    }

    fn is_scalar(self) -> bool {
        !self.has_brackets && !self.in_string
    }

    /// Goes on where it stopped; where the value ends, if it does.
    fn go_on(&mut self, text: &[u8]) -> Option<usize> {
        for &byte in text.get(self.at..).unwrap_or_default() {
            let at = self.at;
            self.at += 1;
            if self.in_string {
                match byte {
                    _ if self.is_escaped => self.is_escaped = false,
                    b'\\' => self.is_escaped = true,
                    b'"' if self.depth == 0 => return Some(at + 1),
                    b'"' => self.in_string = false,
                    b'\n' => {
                        // A string ends with its line: a quote is missing, or one too many, and
                        // the bracket that ends the line belongs to no string.
                        self.in_string = false;
                        if let Some(end) = bracket_end(text.get(..at).unwrap_or_default()) {
                            self.depth = self.depth.saturating_sub(1);
                            if self.depth == 0 {
                                return Some(end);
                            }
                        }
                    }
                    _ => {}
                }
                continue;
            }
            match byte {
                b'"' => self.in_string = true,
                b'{' | b'[' => {
                    self.depth += 1;
                    self.has_brackets = true;
                }
                b'}' | b']' | b',' if self.depth == 0 => return Some(at),
                b'}' | b']' if self.depth == 1 => return Some(at + 1),
                b'}' | b']' => self.depth -= 1,
                _ => {}
            }
        }
        None
    }
}

/// Where a line ends with a closing bracket, a comma behind it aside.
fn bracket_end(line: &[u8]) -> Option<usize> {
    let line = line.trim_ascii_end();
    let line = line.strip_suffix(b",").unwrap_or(line).trim_ascii_end();
    line.ends_with(b"}").then_some(line.len())
}

/// Where the broken object that begins a text ends: before `},{` that seems to be in a string,
/// because a quote is missing or one too many.
fn end_before_next(text: &[u8]) -> Option<usize> {
    let mut scan = Scan::default();
    let mut from = 0;
    loop {
        let at = from + memchr::memchr(b'}', text.get(from..)?)?;
        scan.go_on(text.get(..at)?);
        let rest = text.get(at + 1..)?.trim_ascii_start();
        let next = rest.strip_prefix(b",").map(<[u8]>::trim_ascii_start);
        if scan.in_string && next.is_some_and(|next| next.starts_with(b"{")) {
            return Some(at + 1);
        }
        from = at + 1;
    }
}

/// The text on one line: between the tokens of JSON a line end is a blank like any other.
fn one_line(text: &str) -> Cow<'_, str> {
    match memchr::memchr2(b'\n', b'\r', text.as_bytes()) {
        None => Cow::Borrowed(text),
        Some(_) => Cow::Owned(text.replace(['\n', '\r'], " ")),
    }
}
