//! Rows in the binary format of `COPY`.
//!
//! The server takes them faster than any other way of writing. The bytes are built here into one
//! buffer, because the client's own writer for them costs more than the server's work on small rows.

use std::io::Write;

use super::error::Refusal;
use super::text::to_server;
use super::value::timestamp;
use crate::model::Instant;
use crate::store::schema::Kind;
use crate::store::value::{RowBlock, Value};

/// What opens the stream: the signature, no flags, no extension.
const HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";

/// What ends it.
const TRAILER: [u8; 2] = (-1_i16).to_be_bytes();

/// The length that says null.
const NULL: [u8; 4] = (-1_i32).to_be_bytes();

/// How many bytes are collected before they are sent.
const BUFFER_BYTES: usize = 256 * 1024;

/// Whether rows are numbered in a last column of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ordinal {
    /// They are.
    Last,
    /// They are not.
    None,
}

/// Why rows could not be written.
#[derive(Debug)]
pub(super) enum CopyError {
    /// A value cannot be kept.
    Refused(Refusal),
    /// The stream failed.
    Stream(std::io::Error),
}

impl From<Refusal> for CopyError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// Writes the rows of a block that are not excluded, in order.
pub(super) fn write_rows(
    rows: &RowBlock,
    ordinal: Ordinal,
    stream: &mut impl Write,
) -> Result<(), CopyError> {
    let columns = rows.table().columns;
    let width = columns.len() + usize::from(ordinal == Ordinal::Last);
    let width = i16::try_from(width)
        .map_err(|_| Refusal::Size)?
        .to_be_bytes();
    let mut buffer = Vec::with_capacity(BUFFER_BYTES + BUFFER_BYTES / 4);
    buffer.extend_from_slice(HEADER);
    for (position, row) in (0_i64..).zip(rows.rows()) {
        buffer.extend_from_slice(&width);
        for (column, value) in columns.iter().zip(row.values()) {
            write_value(column.kind, value, &mut buffer)?;
        }
        if ordinal == Ordinal::Last {
            write_field(&position.to_be_bytes(), &mut buffer)?;
        }
        if buffer.len() >= BUFFER_BYTES {
            stream.write_all(&buffer).map_err(CopyError::Stream)?;
            buffer.clear();
        }
    }
    buffer.extend_from_slice(&TRAILER);
    stream.write_all(&buffer).map_err(CopyError::Stream)
}

fn write_value(kind: Kind, value: Value<'_>, buffer: &mut Vec<u8>) -> Result<(), Refusal> {
    match (kind, value, value.as_integer()) {
        (_, Value::Null, _) => {
            buffer.extend_from_slice(&NULL);
            Ok(())
        }
        (Kind::Id | Kind::Bytes, Value::Id(id), _) => write_field(id.as_bytes(), buffer),
        (Kind::Bytes, Value::Bytes(bytes), _) => write_field(bytes, buffer),
        (Kind::Text | Kind::Json, Value::Text(text), _) => {
            write_field(to_server(text).as_bytes(), buffer)
        }
        (Kind::Integer, _, Some(number)) => write_field(&number.to_be_bytes(), buffer),
        (Kind::Boolean, _, Some(number @ (0 | 1))) => write_field(&[u8::from(number == 1)], buffer),
        (Kind::Instant, _, Some(micros)) => {
            let timestamp = timestamp(Instant::from_micros(micros))?;
            write_field(&timestamp.to_be_bytes(), buffer)
        }
        _ => Err(Refusal::Type),
    }
}

fn write_field(bytes: &[u8], buffer: &mut Vec<u8>) -> Result<(), Refusal> {
    let len = i32::try_from(bytes.len()).map_err(|_| Refusal::Size)?;
    buffer.extend_from_slice(&len.to_be_bytes());
    buffer.extend_from_slice(bytes);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Id;
    use crate::store::schema::DNC_BLOCKS;

    #[test]
    fn a_block_is_written_field_by_field_between_header_and_trailer() {
        let mut block = RowBlock::new(&DNC_BLOCKS);
        block.push(Id::from_bytes([9; 16]));
        block.push(-1);
        block.push(Value::Bytes(&[1, 2]));
        let mut stream = Vec::new();
        write_rows(&block, Ordinal::Last, &mut stream).unwrap();
        let mut want = HEADER.to_vec();
        want.extend([0, 4, 0, 0, 0, 16]);
        want.extend([9; 16]);
        want.extend([0, 0, 0, 8]);
        want.extend([255; 8]);
        want.extend([0, 0, 0, 2, 1, 2]);
        want.extend([0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0]);
        want.extend([255, 255]);
        assert_eq!(stream, want);
    }

    #[test]
    fn a_value_of_another_type_is_refused() {
        let mut block = RowBlock::new(&DNC_BLOCKS);
        (0..3).for_each(|_| block.push("text"));
        let refused = write_rows(&block, Ordinal::None, &mut Vec::new());
        assert!(matches!(refused, Err(CopyError::Refused(Refusal::Type))));
    }
}
