//! Reading a list: all of it, checked, before anything is written.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use smrt_core::model::{AreaCodes, NumberSet, Territory};
use smrt_core::phone::{E164, Region};
use smrt_core::smrt::DncContent;

use super::error::{DncError, FAULTS_TOLD_MAX, Fault, FaultKind};
use super::fast::Shape;
use super::input::{CHUNK_BYTES, Input, Piece};
use super::layout::{Columns, Layout, NumberColumns, sniff};
use super::row::{Action, Home, cells};
use super::xml::{Tag, TagReader};

/// The longest line, or tag, of a list.
const LINE_BYTES_MAX: usize = 64 * 1024;
/// The most memory that the numbers of a list may take.
const NUMBERS_BYTES_MAX: usize = 560 * 1024 * 1024;
/// After how many chunks it is looked how much memory the numbers take.
const CHUNKS_PER_LOOK: u64 = 64;
/// One in so many rows may be unusable.
const ROWS_PER_FAULT: u64 = 1_000;
/// From this many faults on it is clear early that the file is no list.
const FAULTS_EARLY: u64 = 100_000;

/// What is said of a list that is to be read.
#[derive(Debug, Clone, Default)]
pub struct ListOptions {
    /// The numbers that the registry may list; nothing when it may list any.
    pub territory: Option<Territory>,
    /// Where numbers without a country code are from.
    pub region: Option<Region>,
    /// The area codes that it is said to cover, where that is known.
    pub area_codes: Option<AreaCodes>,
    /// Whether it says what was added and removed.
    pub form: ListForm,
    /// The fewest rows it must have.
    pub rows_min: Option<u64>,
}

/// Whether a list is full or tells of changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ListForm {
    /// It names every number that is listed.
    #[default]
    Full,
    /// It names numbers that were added and removed.
    Change,
}

/// How far reading has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListProgress {
    /// How many rows were read.
    pub rows: u64,
    /// How many bytes of the file.
    pub bytes_read: u64,
    /// How many it has.
    pub bytes_total: u64,
}

/// A list that was read and found good.
#[derive(Debug)]
pub struct List {
    /// The numbers, in order.
    pub content: DncContent,
    /// SHA-256 of the decompressed content, in hexadecimal.
    pub digest: String,
    /// How many rows it has, unusable ones included.
    pub rows: u64,
    /// How many of them cannot be used.
    pub rejected: u64,
    /// The first of those.
    pub faults: Vec<Fault>,
    /// The area codes of the calling code 1 that its numbers have.
    pub area_codes_seen: BTreeSet<u16>,
}

/// Reads a list: plain, `.gz` or `.zip`, in any layout that is known.
///
/// # Errors
///
/// When the file cannot be read, is no list, is cut, has too many unusable rows or too few rows,
/// and when `stop` was set.
pub fn read_list(
    path: &Path,
    options: &ListOptions,
    stop: &AtomicBool,
    progress: &mut dyn FnMut(ListProgress),
) -> Result<List, DncError> {
    let mut input = Input::open(path)?;
    let mut reader = ListReader::new(options);
    let mut chunks: u64 = 0;
    loop {
        match input.next() {
            Piece::Bytes(bytes) => {
                reader.chunk(&bytes)?;
                chunks += 1;
                if chunks.is_multiple_of(CHUNKS_PER_LOOK) {
                    reader.look_at_size()?;
                }
                input.reuse(bytes);
                progress(ListProgress {
                    rows: reader.rows,
                    bytes_read: input.bytes_read(),
                    bytes_total: input.bytes_total,
                });
            }
            Piece::End => reader.end_of_member()?,
            Piece::Digest(digest) => return reader.finish(digest),
            Piece::Failed(error) => return Err(error),
        }
        if stop.load(Ordering::Relaxed) {
            return Err(DncError::Stopped);
        }
    }
}

struct ListReader<'o> {
    options: &'o ListOptions,
    home: Home,
    /// Which area codes the quick way may take.
    accepted: Box<[bool; 1_000]>,
    layout: Option<Layout>,
    shape: Option<Shape>,
    tags: TagReader,
    /// Whether XML was seen that has not ended.
    is_open: bool,
    header_is_due: bool,
    /// What was read of a line that goes on.
    carried: Vec<u8>,
    /// Lines are counted over all files of an archive, rows likewise.
    line: u64,
    rows: u64,
    rejected: u64,
    faults: Vec<Fault>,
    listed: NumberSet,
    removed: NumberSet,
    revised: u64,
}

impl<'o> ListReader<'o> {
    fn new(options: &'o ListOptions) -> Self {
        let mut accepted = Box::new([false; 1_000]);
        let is_full = options.form == ListForm::Full;
        let calls_one = match (&options.territory, options.region) {
            (Some(territory), _) => territory.country_code() == 1,
            (None, region) => region.is_some_and(|region| region.country_code() == 1),
        };
        if is_full && calls_one {
            for (code, accepted) in (0u16..).zip(accepted.iter_mut()) {
                let is_own = |territory: &Territory| territory.has_area_code(code);
                let is_covered =
                    |codes: &AreaCodes| codes.cover_block(1_000_000 + u64::from(code) * 1_000);
                *accepted = options.territory.as_ref().is_some_and(is_own)
                    && options.area_codes.as_ref().is_none_or(is_covered);
            }
        }
        Self {
            home: Home {
                territory: options.territory.clone(),
                region: options.region,
            },
            options,
            accepted,
            layout: None,
            shape: None,
            tags: TagReader::default(),
            is_open: false,
            header_is_due: false,
            carried: Vec::new(),
            line: 0,
            rows: 0,
            rejected: 0,
            faults: Vec::new(),
            listed: NumberSet::new(),
            removed: NumberSet::new(),
            revised: 0,
        }
    }

    /// Reads what has come of a file.
    fn chunk(&mut self, bytes: &[u8]) -> Result<(), DncError> {
        let (layout, bytes) = match self.layout {
            Some(layout) => (layout, bytes),
            None => {
                let text = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
                let layout = self.begin(text, bytes.len() < CHUNK_BYTES)?;
                (layout, text)
            }
        };
        let end = match layout {
            Layout::Rows(_) => b'\n',
            Layout::Xml => b'>',
        };
        let mut rest = bytes;
        if !self.carried.is_empty() {
            let Some(first) = memchr::memchr(end, bytes) else {
                return self.carry(bytes);
            };
            let (line, after) = bytes.split_at_checked(first + 1).unwrap_or((bytes, b""));
            self.carry(line)?;
            let mut carried = std::mem::take(&mut self.carried);
            self.pieces(layout, &carried)?;
            carried.clear();
            self.carried = carried;
            rest = after;
        }
        let whole = memchr::memrchr(end, rest).map_or(0, |last| last + 1);
        let (whole, tail) = rest.split_at_checked(whole).unwrap_or((rest, b""));
        self.pieces(layout, whole)?;
        self.carry(tail)
    }

    fn carry(&mut self, bytes: &[u8]) -> Result<(), DncError> {
        if self.carried.len() + bytes.len() > LINE_BYTES_MAX {
            return Err(DncError::LineTooLong(self.line + 1));
        }
        self.carried.extend_from_slice(bytes);
        Ok(())
    }

    fn begin(&mut self, text: &[u8], is_all: bool) -> Result<Layout, DncError> {
        let layout = sniff(text, is_all, &self.home)?;
        match layout {
            Layout::Xml => self.is_open = true,
            Layout::Rows(columns) => {
                self.header_is_due = columns.has_header;
                match (self.options.form, columns.action) {
                    (ListForm::Full, Some(_)) => return Err(DncError::IsChangeList),
                    (ListForm::Change, None) => return Err(DncError::IsFullList),
                    (ListForm::Full, None) | (ListForm::Change, Some(_)) => {}
                }
            }
        }
        self.layout = Some(layout);
        Ok(layout)
    }

    /// Reads whole lines, or whole tags.
    fn pieces(&mut self, layout: Layout, bytes: &[u8]) -> Result<(), DncError> {
        match layout {
            Layout::Rows(columns) => self.lines(columns, bytes),
            Layout::Xml => {
                let mut from = 0;
                for end in memchr::memchr_iter(b'>', bytes) {
                    let piece = bytes.get(from..=end).unwrap_or_default();
                    self.tag(piece)?;
                    from = end + 1;
                }
            }
        }
        let is_hopeless =
            self.rejected >= FAULTS_EARLY && self.rejected > self.rows / (ROWS_PER_FAULT / 10);
        match is_hopeless {
            true => Err(self.faulty()),
            false => Ok(()),
        }
    }

    fn lines(&mut self, columns: Columns, bytes: &[u8]) {
        let mut rest = bytes;
        while !rest.is_empty() {
            if let (Some(shape), false) = (self.shape, self.header_is_due) {
                let read = shape.read(rest, &self.accepted, &mut self.listed);
                self.line += read as u64;
                self.rows += read as u64;
                rest = rest.get(read * shape.len()..).unwrap_or_default();
            }
            let end = memchr::memchr(b'\n', rest).map_or(rest.len(), |end| end + 1);
            let (line, after) = rest.split_at_checked(end).unwrap_or((rest, b""));
            rest = after;
            if !line.is_empty() {
                self.line(columns, line);
            }
        }
    }

    fn line(&mut self, columns: Columns, line: &[u8]) {
        self.line += 1;
        let text = line.trim_ascii();
        if text.is_empty() {
            return;
        }
        if std::mem::take(&mut self.header_is_due) {
            return;
        }
        self.rows += 1;
        match self.row(columns, text) {
            Ok((number, action)) => {
                self.take(number, action);
                if self.shape.is_none() && self.options.form == ListForm::Full {
                    self.shape = Shape::of(line);
                }
            }
            Err((column, kind)) => self.fault(column, kind),
        }
    }

    /// The number of a row and what becomes of it, or which column is at fault.
    fn row(
        &self,
        columns: Columns,
        line: &[u8],
    ) -> Result<(E164, Option<Action>), (usize, FaultKind)> {
        let cell = |column: usize| cells(line, columns.delimiter).nth(column);
        let found = |column: usize| cell(column).ok_or((column, FaultKind::FewColumns));
        let (column, number) = match columns.number {
            NumberColumns::One(column) => (column, self.home.number(found(column)?)),
            NumberColumns::Two(area, local) => {
                (area, self.home.number_of_two(found(area)?, found(local)?))
            }
        };
        let number = number.and_then(|number| self.covered(number));
        let number = number.map_err(|kind| (column, kind))?;
        let action = match columns.action {
            Some(column) => {
                let action = Action::parse(found(column)?);
                Some(action.ok_or((column, FaultKind::NoAction))?)
            }
            None => None,
        };
        Ok((number, action))
    }

    fn covered(&self, number: E164) -> Result<E164, FaultKind> {
        match &self.options.area_codes {
            Some(codes) if !codes.cover(number) => Err(FaultKind::NotCovered),
            Some(_) | None => Ok(number),
        }
    }

    fn tag(&mut self, piece: &[u8]) -> Result<(), DncError> {
        self.line += memchr::memchr_iter(b'\n', piece).count() as u64;
        match self.tags.read(piece, &self.home) {
            Tag::Other => {}
            Tag::EndOfList => self.is_open = false,
            Tag::ChangeList if self.options.form == ListForm::Full => {
                return Err(DncError::IsChangeList);
            }
            Tag::ChangeList => {}
            Tag::Number(number, action) => {
                self.rows += 1;
                match (self.covered(number), self.options.form, action) {
                    (Err(kind), _, _) => self.fault(0, kind),
                    (Ok(_), ListForm::Full, Some(_)) => return Err(DncError::IsChangeList),
                    (Ok(_), ListForm::Change, None) => self.fault(0, FaultKind::NoAction),
                    (Ok(number), _, action) => self.take(number, action),
                }
            }
            Tag::Fault(kind) => {
                self.rows += 1;
                self.fault(0, kind);
            }
        }
        Ok(())
    }

    fn take(&mut self, number: E164, action: Option<Action>) {
        match action {
            None => {
                self.listed.insert(number);
            }
            Some(Action::Add) => {
                self.revised += u64::from(self.removed.remove(number));
                self.listed.insert(number);
            }
            Some(Action::Delete) => {
                self.revised += u64::from(self.listed.remove(number));
                self.removed.insert(number);
            }
        }
    }

    fn fault(&mut self, column: usize, kind: FaultKind) {
        self.rejected += 1;
        if self.faults.len() < FAULTS_TOLD_MAX {
            self.faults.push(Fault {
                line: self.line.max(1),
                column: u32::try_from(column + 1).unwrap_or(u32::MAX),
                kind,
            });
        }
    }

    /// Ends a file of an archive, or the only file.
    fn end_of_member(&mut self) -> Result<(), DncError> {
        let last = std::mem::take(&mut self.carried);
        match self.layout.take() {
            None => {}
            Some(Layout::Xml) if self.is_open => {
                return Err(DncError::Cut("the closing `</list>` is missing"));
            }
            Some(Layout::Xml) => {}
            Some(Layout::Rows(columns)) => {
                let rejected = self.rejected;
                if !last.trim_ascii().is_empty() {
                    self.line(columns, &last);
                }
                if self.rejected > rejected && self.rows > 1 {
                    return Err(DncError::Cut("its last line is not whole"));
                }
            }
        }
        self.shape = None;
        Ok(())
    }

    fn look_at_size(&self) -> Result<(), DncError> {
        match self.listed.size_bytes() + self.removed.size_bytes() > NUMBERS_BYTES_MAX {
            true => Err(DncError::TooLarge),
            false => Ok(()),
        }
    }

    fn faulty(&self) -> DncError {
        DncError::TooManyFaults {
            rejected: self.rejected,
            rows: self.rows,
            faults: self.faults.clone(),
        }
    }

    fn finish(self, digest: String) -> Result<List, DncError> {
        if self.rows == 0 {
            return Err(DncError::Empty);
        }
        if self.rejected * ROWS_PER_FAULT > self.rows {
            return Err(self.faulty());
        }
        if let Some(expected) = self
            .options
            .rows_min
            .filter(|expected| self.rows < *expected)
        {
            let rows = self.rows;
            return Err(DncError::TooFewRows { rows, expected });
        }
        let blocks = self.listed.blocks().chain(self.removed.blocks());
        let area_codes_seen = blocks
            .filter(|(block, _)| block / 1_000_000 == 1)
            .filter_map(|(block, _)| u16::try_from(block / 1_000 % 1_000).ok())
            .collect();
        let mut content = match self.options.form {
            ListForm::Full => DncContent::Full(self.listed),
            ListForm::Change => DncContent::Change {
                added: self.listed,
                removed: self.removed,
                revised: self.revised,
            },
        };
        content.sort();
        Ok(List {
            content,
            digest,
            rows: self.rows,
            rejected: self.rejected,
            faults: self.faults,
            area_codes_seen,
        })
    }
}
