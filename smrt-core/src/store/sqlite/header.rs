//! What a file is, read from its first 100 bytes without opening it as a database.
//!
//! Opening a foreign file with SQLite could already leave files beside it, so it is looked at
//! first.

use std::path::Path;

use crate::store::error::{StoreError, StoreErrorKind};
use crate::store::file::{self, Beginning, FileKind};

/// Marks the file as a store of smrt: `smrt` in ASCII.
pub(crate) const APPLICATION_ID: i32 = 0x736d_7274;

const MAGIC: &[u8; 16] = b"SQLite format 3\0";
const HEADER_BYTES: usize = 100;

/// Identifies the file at `path`, changing nothing.
pub(crate) fn identify(path: &Path) -> Result<FileKind, StoreError> {
    match file::begin(path, HEADER_BYTES)? {
        Beginning::Missing => Ok(FileKind::Missing),
        Beginning::Header { bytes, file_len } => classify(
            &bytes,
            file_len,
            is_filled(path, "-wal") || is_filled(path, "-journal"),
        ),
    }
}

fn is_filled(path: &Path, suffix: &str) -> bool {
    let mut name = path.to_owned().into_os_string();
    name.push(suffix);
    std::fs::metadata(name).is_ok_and(|file| file.len() > 0)
}

fn classify(header: &[u8], file_len: u64, log: bool) -> Result<FileKind, StoreError> {
    if file_len == 0 {
        return Ok(FileKind::Empty);
    }
    if !header.starts_with(MAGIC) {
        let what = "it is not an SQLite file";
        return Err(StoreError::new(StoreErrorKind::Foreign, "open", what));
    }
    if header.len() < HEADER_BYTES {
        return Err(StoreError::new(
            StoreErrorKind::Damaged,
            "open",
            "the file ends within its header",
        ));
    }
    if big_endian(header, 68, 4) != u64::from(APPLICATION_ID.unsigned_abs()) {
        let what = "it is an SQLite file of another program";
        return Err(StoreError::new(StoreErrorKind::Foreign, "open", what));
    }
    let page_bytes = match big_endian(header, 16, 2) {
        1 => 65_536,
        bytes => bytes,
    };
    // Pages may still be in the write-ahead log, or a journal may take the header back; without
    // either, the file must hold them all.
    let promised = big_endian(header, 28, 4) * page_bytes;
    let count_is_current = big_endian(header, 24, 4) == big_endian(header, 92, 4);
    if !log && count_is_current && file_len < promised {
        return Err(StoreError::new(
            StoreErrorKind::Damaged,
            "open",
            format!("the file is cut short: {file_len} of {promised} bytes are there"),
        ));
    }
    Ok(FileKind::Store)
}

fn big_endian(header: &[u8], offset: usize, len: usize) -> u64 {
    header
        .get(offset..offset + len)
        .unwrap_or_default()
        .iter()
        .fold(0, |number, byte| number << 8 | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(application_id: i32, pages: u32) -> Vec<u8> {
        let mut bytes = vec![0; HEADER_BYTES];
        bytes[..16].copy_from_slice(MAGIC);
        bytes[16..18].copy_from_slice(&4096_u16.to_be_bytes());
        bytes[28..32].copy_from_slice(&pages.to_be_bytes());
        bytes[68..72].copy_from_slice(&application_id.to_be_bytes());
        bytes
    }

    #[test]
    fn files_are_told_apart_by_their_header() {
        let kind = |bytes: &[u8], len| classify(bytes, len, false).map_err(|error| error.kind());
        assert_eq!(kind(&[], 0), Ok(FileKind::Empty));
        assert_eq!(kind(&header(APPLICATION_ID, 2), 8192), Ok(FileKind::Store));
        assert_eq!(kind(&header(0, 2), 8192), Err(StoreErrorKind::Foreign));
        assert_eq!(kind(b"name,phone\n", 11), Err(StoreErrorKind::Foreign));
        assert_eq!(
            kind(&header(APPLICATION_ID, 2)[..50], 50),
            Err(StoreErrorKind::Damaged)
        );
        assert_eq!(
            kind(&header(APPLICATION_ID, 2), 8191),
            Err(StoreErrorKind::Damaged)
        );
    }

    #[test]
    fn a_log_may_hold_the_missing_pages_or_take_the_header_back() {
        assert_eq!(
            classify(&header(APPLICATION_ID, 2), 4096, true).ok(),
            Some(FileKind::Store)
        );
    }
}
