//! Where a format puts its rows, and how its reading ends.
//!
//! It bounds what is read ahead; it looks at no cell.

use std::sync::mpsc::SyncSender;

use crate::source::reader::ReadError;

use super::cells::CellRow;

/// Rows and bytes that are handed on at once.
const BLOCK_ROWS: usize = 256;
const BLOCK_BYTES: usize = 1 << 18;

/// What a reading thread says.
pub(super) enum Message {
    /// The next rows.
    Rows(Vec<CellRow>),
    /// There are no more, or they cannot be read.
    Ended(Result<(), ReadError>),
}

/// Takes the rows of a table in order.
pub(in crate::source) struct RowSink {
    send: SyncSender<Message>,
    block: Vec<CellRow>,
    bytes: usize,
}

/// Why the reading of a table ends before its last row.
#[derive(Debug)]
pub(in crate::source) enum Halt {
    /// Nobody wants further rows.
    Stopped,
    /// The next row cannot be read.
    Failed(ReadError),
}

impl RowSink {
    pub(super) fn new(send: SyncSender<Message>) -> RowSink {
        RowSink {
            send,
            block: Vec::with_capacity(BLOCK_ROWS),
            bytes: 0,
        }
    }

    /// Takes the next row.
    ///
    /// # Errors
    /// [`Halt::Stopped`] when nobody wants it; the format then ends in good order.
    pub(in crate::source) fn push(&mut self, row: CellRow) -> Result<(), Halt> {
        self.bytes += row.raw().len();
        self.block.push(row);
        if self.block.len() >= BLOCK_ROWS || self.bytes >= BLOCK_BYTES {
            return self.hand_on();
        }
        Ok(())
    }

    /// Says how the reading ended.
    pub(super) fn finish(mut self, end: Result<(), Halt>) {
        if self.hand_on().is_err() {
            return;
        }
        let end = match end {
            Ok(()) => Ok(()),
            Err(Halt::Failed(error)) => Err(error),
            Err(Halt::Stopped) => return,
        };
        // The other side may be gone, which needs no report.
        let _ = self.send.send(Message::Ended(end));
    }

    fn hand_on(&mut self) -> Result<(), Halt> {
        if self.block.is_empty() {
            return Ok(());
        }
        let block = std::mem::replace(&mut self.block, Vec::with_capacity(BLOCK_ROWS));
        self.bytes = 0;
        let sent = self.send.send(Message::Rows(block));
        sent.map_err(|_| Halt::Stopped)
    }
}

impl Halt {
    /// The part at `place` cannot be read.
    pub(in crate::source) fn at(place: impl ToString, reason: impl ToString) -> Halt {
        Halt::Failed(ReadError::Part {
            place: place.to_string(),
            reason: reason.to_string(),
        })
    }
}
