//! Spellings beyond the plain ones: letters, extensions, other scripts, text around the number.
//!
//! A text is first rewritten as symbols, one byte a character, in which characters that Google's
//! parser treats alike are the same.
//! A character whose treatment is not known here makes the text exotic; it is never guessed.

use super::PhoneError;
use super::digits::Digits;
use super::extension;
use super::number::Extension;
use super::scan::{Scanned, TEXT_CHARS_MAX, Written};

/// A no-break space: separates, also in front of an extension.
pub(super) const NO_BREAK_SPACE: u8 = 0x80;
/// Punctuation inside of numbers that has no further meaning, such as dashes.
const DASH: u8 = 0x81;
/// `＃` and `～`, which mark an extension but are no punctuation of numbers.
pub(super) const WIDE_MARK: u8 = 0x82;
/// Full-width letters of extension labels.
pub(super) const WIDE_E: u8 = 0x84;
pub(super) const WIDE_X: u8 = 0x85;
pub(super) const WIDE_T: u8 = 0x86;
pub(super) const WIDE_N: u8 = 0x87;
pub(super) const WIDE_I: u8 = 0x88;
/// Letters of `доб`.
pub(super) const CYRILLIC_DE: u8 = 0x89;
pub(super) const CYRILLIC_O: u8 = 0x8a;
pub(super) const CYRILLIC_BE: u8 = 0x8b;
/// `ó`.
pub(super) const O_ACUTE: u8 = 0x8c;
/// The acute that combines with the letter before.
pub(super) const COMBINING_ACUTE: u8 = 0x8d;
/// Any other letter.
const LETTER: u8 = 0x8e;
/// A character that belongs to no number and falls off its end.
const OTHER: u8 = 0x8f;
/// `0` of another script; nine more follow.
const OTHER_ZERO: u8 = 0x90;
const OTHER_NINE: u8 = OTHER_ZERO + 9;

/// The zeros of the digits that are not ASCII but common in contact data.
const ZEROS: [char; 8] = [
    '\u{ff10}', '\u{0660}', '\u{06f0}', '\u{0966}', '\u{09e6}', '\u{0a66}', '\u{0ae6}', '\u{0e50}',
];

/// The symbol of a character; `None` if its treatment is not known here.
fn symbol(character: char) -> Option<u8> {
    if character.is_ascii() {
        return u8::try_from(character).ok();
    }
    let code = u32::from(character);
    for zero in ZEROS {
        if let Some(value @ 0..=9) = code.checked_sub(u32::from(zero)) {
            return u8::try_from(value).ok().map(|value| OTHER_ZERO + value);
        }
    }
    Some(match character {
        '\u{a0}' => NO_BREAK_SPACE,
        '\u{ff0b}' => b'+',
        '\u{ff0e}' => b'.',
        '\u{2010}'..='\u{2015}'
        | '\u{2212}'
        | '\u{ff0d}'
        | '\u{ff0f}'
        | '\u{ad}'
        | '\u{200b}'
        | '\u{2060}'
        | '\u{3000}'
        | '\u{ff08}'
        | '\u{ff09}'
        | '\u{ff3b}'
        | '\u{ff3d}'
        | '\u{2053}'
        | '\u{223c}' => DASH,
        '\u{ff03}' | '\u{ff5e}' => WIDE_MARK,
        'ｅ' | 'Ｅ' => WIDE_E,
        'ｘ' | 'Ｘ' => WIDE_X,
        'ｔ' | 'Ｔ' => WIDE_T,
        'ｎ' | 'Ｎ' => WIDE_N,
        'ｉ' | 'Ｉ' => WIDE_I,
        'д' | 'Д' => CYRILLIC_DE,
        'о' | 'О' => CYRILLIC_O,
        'б' | 'Б' => CYRILLIC_BE,
        'ó' | 'Ó' => O_ACUTE,
        '\u{301}' => COMBINING_ACUTE,
        // The long s equals `s` where case is ignored.
        '\u{17f}' => return None,
        '×' | '÷' | '«' | '»' | '·' | '°' | '§' | '¿' | '¡' => OTHER,
        'À'..='\u{24f}'
        | 'Ѐ'..='ҁ'
        | 'Ҋ'..='ԯ'
        | 'ぁ'..='ゖ'
        | 'ァ'..='ヺ'
        | '一'..='鿿'
        | '가'..='힣' => LETTER,
        // Spaces, invisible marks of writing direction, quotation marks, bullets.
        '\u{2000}'..='\u{2064}' | '\u{2066}'..='\u{206f}' | '\u{feff}' => OTHER,
        // Pictures, such as telephones, and the mark that asks for their colourful form.
        '\u{2600}'..='\u{2775}'
        | '\u{1f300}'..='\u{1f64f}'
        | '\u{1f680}'..='\u{1f6d7}'
        | '\u{fe0f}' => OTHER,
        _ => return None,
    })
}

/// The value of a digit of any script.
pub(super) fn digit(symbol: u8) -> Option<u8> {
    match symbol {
        b'0'..=b'9' => Some(symbol - b'0'),
        OTHER_ZERO..=OTHER_NINE => Some(symbol - OTHER_ZERO),
        _ => None,
    }
}

/// Whether a number may begin with the symbol.
fn starts_number(symbol: u8) -> bool {
    symbol == b'+' || digit(symbol).is_some()
}

/// Whether the symbol may stand between the digits of a number.
fn is_punctuation(symbol: u8) -> bool {
    matches!(
        symbol,
        b'-' | b'x' | b'X' | b' ' | b'(' | b')' | b'.' | b'[' | b']' | b'/' | b'~' | b'*'
    ) || matches!(symbol, NO_BREAK_SPACE | DASH)
}

/// Whether the symbol falls off the end of a text: neither letter nor digit nor `#`.
fn is_trailing(symbol: u8) -> bool {
    !(symbol.is_ascii_alphabetic()
        || digit(symbol).is_some()
        || symbol == b'#'
        || matches!(symbol, WIDE_E..=O_ACUTE | LETTER))
}

/// A text as symbols, from where a number may begin to where it may end.
struct Symbols {
    bytes: [u8; TEXT_CHARS_MAX],
    length: usize,
}

impl Symbols {
    /// `None` if the text is exotic.
    fn of(text: &str) -> Option<Result<Self, PhoneError>> {
        let mut symbols = Self {
            bytes: [0; TEXT_CHARS_MAX],
            length: 0,
        };
        match text.is_ascii() {
            true => symbols.copy_ascii(text.as_bytes()),
            false => symbols.rewrite(text)?,
        }
        symbols.trim_end();
        Some(match symbols.length {
            0 => Err(PhoneError::NoDigits),
            _ => Ok(symbols),
        })
    }

    /// ASCII characters are their own symbols.
    fn copy_ascii(&mut self, text: &[u8]) {
        let start = text.iter().position(|&symbol| starts_number(symbol));
        let text = start
            .and_then(|start| text.get(start..))
            .unwrap_or_default();
        for (place, &symbol) in self.bytes.iter_mut().zip(text) {
            *place = symbol;
        }
        self.length = text.len().min(TEXT_CHARS_MAX);
    }

    /// `None` if the text is exotic.
    fn rewrite(&mut self, text: &str) -> Option<()> {
        let mut places = self.bytes.iter_mut();
        let mut started = false;
        for character in text.chars() {
            let found = symbol(character);
            if !started && !found.is_some_and(starts_number) {
                match found {
                    // A numeric character that is not known may be a digit.
                    None if character.is_numeric() => return None,
                    _ => continue,
                }
            }
            started = true;
            *places.next()? = found?;
            self.length += 1;
        }
        Some(())
    }

    fn trim_end(&mut self) {
        let kept = self.written().iter().rposition(|&last| !is_trailing(last));
        self.length = kept.map_or(0, |last| last + 1);
    }

    fn written(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }
}

/// Finds the number in a text.
pub(super) fn scan(text: &str) -> Result<Scanned, PhoneError> {
    if text.contains(';') && (text.contains(";phone-context=") || text.contains(";isub=")) {
        return Ok(Scanned::Exotic);
    }
    let symbols = match Symbols::of(text) {
        Some(symbols) => symbols?,
        None => return Ok(Scanned::Exotic),
    };
    let written = symbols.written();
    let Some(written) = before_second_number(written) else {
        return Ok(Scanned::Exotic);
    };
    if !is_viable(written) {
        return Err(PhoneError::NotANumber);
    }
    let (number, extension) = split_extension(written);
    normalise(number, extension).map(Scanned::Written)
}

/// Cuts a second number off, as in `6985 x302/x2303`; `None` where lines make that unclear.
fn before_second_number(symbols: &[u8]) -> Option<&[u8]> {
    let cut = (0..symbols.len()).rev().find(|&place| {
        let behind = symbols.get(place + 1..).unwrap_or_default();
        matches!(symbols.get(place), Some(b'/' | b'\\'))
            && behind.iter().find(|&&symbol| symbol != b' ') == Some(&b'x')
    });
    match cut {
        None => Some(symbols),
        Some(_) if symbols.contains(&b'\n') => None,
        Some(cut) => symbols.get(..cut),
    }
}

/// Whether the symbols are written like a number, with or without an extension.
fn is_viable(symbols: &[u8]) -> bool {
    is_number(symbols)
        || extension::starts(symbols)
            .into_iter()
            .flatten()
            .any(|start| symbols.get(..start).is_some_and(is_number))
}

/// Whether the symbols are a number without extension: plus signs, three digits with nothing but
/// punctuation between, then digits, punctuation and letters; or just two digits.
fn is_number(symbols: &[u8]) -> bool {
    if let [first, second] = symbols {
        return digit(*first).is_some() && digit(*second).is_some();
    }
    let after_plus = symbols.iter().skip_while(|&&symbol| symbol == b'+');
    let mut digits = 0;
    for &symbol in after_plus {
        if digit(symbol).is_some() {
            digits += 1;
        } else if !(is_punctuation(symbol) || digits >= 3 && symbol.is_ascii_alphabetic()) {
            return false;
        }
    }
    digits >= 3
}

/// Splits number and extension; an extension is one only behind something like a number.
fn split_extension(symbols: &[u8]) -> (&[u8], Extension) {
    let none = Extension::of_values(&[]);
    let Some(start) = extension::starts(symbols).into_iter().flatten().min() else {
        return (symbols, none);
    };
    match symbols.get(..start) {
        Some(number) if is_viable(number) => (number, extension::digits(symbols)),
        _ => (symbols, none),
    }
}

/// The digits of a number; letters stand for digits if there are three or more of them.
fn normalise(symbols: &[u8], extension: Extension) -> Result<Written, PhoneError> {
    let letters = symbols.iter().filter(|symbol| symbol.is_ascii_alphabetic());
    let is_vanity = letters.take(3).count() == 3;
    let mut digits = Digits::new();
    for &symbol in symbols {
        let value = match symbol {
            b'0'..=b'9' => Some(symbol - b'0'),
            _ if is_vanity => keypad(symbol),
            _ => digit(symbol),
        };
        if let Some(value) = value {
            digits.push(value)?;
        }
    }
    Ok(Written {
        digits,
        international: symbols.first() == Some(&b'+'),
        extension,
    })
}

/// The key of a letter on a telephone.
fn keypad(symbol: u8) -> Option<u8> {
    Some(match symbol.to_ascii_lowercase() {
        b'a'..=b'c' => 2,
        b'd'..=b'f' => 3,
        b'g'..=b'i' => 4,
        b'j'..=b'l' => 5,
        b'm'..=b'o' => 6,
        b'p'..=b's' => 7,
        b't'..=b'v' => 8,
        b'w'..=b'z' => 9,
        _ => return None,
    })
}
