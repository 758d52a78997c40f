//! A window of decoded text that slides over a source.
//!
//! It finds no rows. Bytes that are no text in the encoding, and NULs, are noted by where they
//! are, so that the rows they belong to can be reported and all others read.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;

use super::bytes::{After, ByteStream};
use super::encoding::Encoding;

/// Decoded text not yet consumed, with the means to get more.
pub(super) struct TextWindow {
    stream: ByteStream,
    decode: Decode,
    chunk_bytes: usize,
    bytes: Vec<u8>,
    text: String,
    start: usize,
    /// How much text was consumed and dropped before `text`.
    dropped: u64,
    damage: VecDeque<(u64, Damage)>,
    last_encoding: Option<u64>,
    last_nul: Option<u64>,
    at_beginning: bool,
    after: After,
}

/// Trouble at one place of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Damage {
    /// Bytes that are no text in the encoding; U+FFFD stands in their place.
    Encoding,
    /// A NUL character.
    Nul,
}

enum Decode {
    Utf8,
    Other(Box<encoding_rs::Decoder>),
}

impl TextWindow {
    pub(super) fn new(stream: ByteStream, encoding: Encoding, chunk_bytes: usize) -> TextWindow {
        let decode = if encoding == Encoding::UTF_8 {
            Decode::Utf8
        } else {
            Decode::Other(Box::new(encoding.decoder()))
        };
        TextWindow {
            stream,
            decode,
            chunk_bytes,
            bytes: Vec::new(),
            text: String::new(),
            start: 0,
            dropped: 0,
            damage: VecDeque::new(),
            last_encoding: None,
            last_nul: None,
            at_beginning: true,
            after: After::Open,
        }
    }

    /// The text that is there and not consumed.
    pub(super) fn rest(&self) -> &str {
        self.text.get(self.start..).unwrap_or_default()
    }

    /// Whether [`rest`](Self::rest) reaches to the end of the source.
    pub(super) fn is_last(&self) -> bool {
        matches!(self.after, After::Ended)
    }

    /// Drops the first `bytes` bytes of the rest, and what was noted about them.
    pub(super) fn consume(&mut self, bytes: usize) {
        self.start = (self.start + bytes).min(self.text.len());
        if !self.damage.is_empty() {
            let consumed = self.dropped + self.start as u64;
            while self.damage.front().is_some_and(|(at, _)| *at < consumed) {
                self.damage.pop_front();
            }
        }
    }

    /// The first damage within the first `bytes` bytes of the rest, and its offset there.
    pub(super) fn damage_before(&self, bytes: usize) -> Option<(usize, Damage)> {
        let (at, damage) = self.damage.front()?;
        let offset = at.checked_sub(self.dropped + self.start as u64)?;
        let offset = usize::try_from(offset).ok()?;
        (offset < bytes).then_some((offset, *damage))
    }

    /// Makes the rest longer, at least as much again as it is; false at the end of the source.
    ///
    /// # Errors
    /// The source's own failure; the rest stays as it is.
    pub(super) fn extend(&mut self) -> Result<bool, Arc<io::Error>> {
        match &self.after {
            After::Open => {}
            After::Ended => return Ok(false),
            After::Failed(error) => return Err(Arc::clone(error)),
        }
        self.text.drain(..self.start);
        self.dropped += self.start as u64;
        self.start = 0;
        // Growing in proportion keeps re-scanning a long row linear.
        let wanted = self.chunk_bytes.max(self.text.len());
        self.after = self.stream.read_into(&mut self.bytes, wanted);
        let before = self.text.len();
        self.decode(matches!(self.after, After::Ended));
        self.note_nuls(before);
        if self.at_beginning && !self.text.is_empty() {
            self.at_beginning = false;
            if self.text.starts_with('\u{FEFF}') {
                self.start = '\u{FEFF}'.len_utf8();
            }
        }
        Ok(true)
    }

    /// Consumes up to and with the next `line_end`, however far; false where the source ends first.
    ///
    /// # Errors
    /// The source's own failure.
    pub(super) fn skip_line(&mut self, line_end: u8) -> Result<bool, Arc<io::Error>> {
        loop {
            let rest = self.rest();
            if let Some(at) = memchr::memchr(line_end, rest.as_bytes()) {
                self.consume(at + 1);
                return Ok(true);
            }
            self.consume(rest.len());
            if !self.extend()? {
                return Ok(false);
            }
        }
    }

    /// Turns as many of the bytes read as possible into text.
    fn decode(&mut self, is_last: bool) {
        let bytes = std::mem::take(&mut self.bytes);
        let decoded = if matches!(self.decode, Decode::Utf8) {
            self.decode_utf8(&bytes, is_last)
        } else {
            self.decode_other(&bytes, is_last)
        };
        self.bytes = bytes;
        self.bytes.drain(..decoded);
    }

    fn decode_utf8(&mut self, bytes: &[u8], is_last: bool) -> usize {
        if let Ok(text) = simdutf8::basic::from_utf8(bytes) {
            self.text.push_str(text);
            return bytes.len();
        }
        let mut rest = bytes;
        loop {
            let error = match simdutf8::compat::from_utf8(rest) {
                Ok(text) => {
                    self.text.push_str(text);
                    return bytes.len();
                }
                Err(error) => error,
            };
            let (valid, invalid) = rest.split_at(error.valid_up_to());
            self.text
                .push_str(simdutf8::basic::from_utf8(valid).unwrap_or_default());
            match error.error_len() {
                // The sequence may be completed by the bytes to come.
                None if !is_last => return bytes.len() - invalid.len(),
                length => {
                    self.push_replacement();
                    let length = length.unwrap_or(invalid.len());
                    rest = invalid.get(length..).unwrap_or_default();
                }
            }
        }
    }

    fn decode_other(&mut self, bytes: &[u8], is_last: bool) -> usize {
        let Decode::Other(mut decoder) = std::mem::replace(&mut self.decode, Decode::Utf8) else {
            return 0;
        };
        let mut rest = bytes;
        loop {
            let room = decoder
                .max_utf8_buffer_length_without_replacement(rest.len())
                .unwrap_or(rest.len());
            self.text.reserve(room);
            let (result, read) =
                decoder.decode_to_string_without_replacement(rest, &mut self.text, is_last);
            rest = rest.get(read..).unwrap_or_default();
            match result {
                encoding_rs::DecoderResult::InputEmpty => break,
                encoding_rs::DecoderResult::OutputFull => {}
                encoding_rs::DecoderResult::Malformed(..) => self.push_replacement(),
            }
        }
        self.decode = Decode::Other(decoder);
        bytes.len()
    }

    fn push_replacement(&mut self) {
        let at = self.text.len();
        self.note(at, Damage::Encoding);
        self.text.push(char::REPLACEMENT_CHARACTER);
    }

    fn note_nuls(&mut self, from: usize) {
        let added = self.text.get(from..).unwrap_or_default().as_bytes();
        if memchr::memchr(0, added).is_none() {
            return;
        }
        let places: Vec<usize> = memchr::memchr_iter(0, added).map(|at| from + at).collect();
        for at in places {
            self.note(at, Damage::Nul);
        }
        self.damage.make_contiguous().sort_by_key(|(at, _)| *at);
    }

    /// Notes damage, at most the first of a kind in a line, so that notes take less than text.
    fn note(&mut self, at: usize, damage: Damage) {
        let place = self.dropped + at as u64;
        let last = match damage {
            Damage::Encoding => &mut self.last_encoding,
            Damage::Nul => &mut self.last_nul,
        };
        let since = last.replace(place);
        let since = since.and_then(|last| last.checked_sub(self.dropped));
        if let Some(since) = since.and_then(|since| usize::try_from(since).ok()) {
            let between = self.text.get(since..at).unwrap_or_default().as_bytes();
            if memchr::memchr2(b'\n', b'\r', between).is_none() {
                return;
            }
        }
        self.damage.push_back((place, damage));
    }
}
