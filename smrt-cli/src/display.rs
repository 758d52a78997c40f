//! How text looks on a terminal: its width, its control characters, numbers in groups.
//!
//! What this module does not do: it writes nothing and knows no table.

use std::borrow::Cow;
use std::fmt::Write as _;

use unicode_width::UnicodeWidthStr as _;

/// How many columns of a terminal a text takes.
pub(crate) fn width(text: &str) -> usize {
    text.width()
}

/// The text with every control character written out, for one line of a table.
///
/// A name from a file can hold escape sequences that would repaint the terminal, and marks that
/// turn the direction of reading.
pub(crate) fn escape_controls(text: &str) -> Cow<'_, str> {
    escape(text, |_| false)
}

/// As [`escape_controls`], but line ends and tabs stay: the text is lines already.
pub(crate) fn escape_controls_within_lines(text: &str) -> Cow<'_, str> {
    escape(text, |character| matches!(character, '\n' | '\t'))
}

fn escape(text: &str, keep: impl Fn(char) -> bool) -> Cow<'_, str> {
    let is_unsafe = |character: char| is_control(character) && !keep(character);
    if !text.contains(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        match character {
            '\n' if !keep('\n') => escaped.push_str("\\n"),
            '\r' => escaped.push_str("\\r"),
            '\t' if !keep('\t') => escaped.push_str("\\t"),
            unsafe_one if is_unsafe(unsafe_one) => {
                let _ = write!(escaped, "\\u{{{:x}}}", u32::from(unsafe_one));
            }
            plain => escaped.push(plain),
        }
    }
    Cow::Owned(escaped)
}

/// Control characters, line and paragraph separators, and marks that turn the reading direction.
fn is_control(character: char) -> bool {
    character.is_control() || matches!(character, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A count in groups of three digits: `1,319`.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A count with its noun, in the plural where it is not one.
pub(crate) fn counted(number: u64, one: &str, many: &str) -> String {
    let noun = if number == 1 { one } else { many };
    format!("{} {noun}", grouped(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_written_out() {
        let check = |text: &str, expected: &str| assert_eq!(escape_controls(text), expected);
        check("Anna Öst", "Anna Öst");
        check("a\nb\r\tc", "a\\nb\\r\\tc");
        check("\u{1b}[31mred", "\\u{1b}[31mred");
        check("\u{9b}2J", "\\u{9b}2J");
        check("\u{7f}", "\\u{7f}");
        check("a\u{202e}b", "a\\u{202e}b");
        check("a\u{2066}b", "a\\u{2066}b");
        check("a\0b", "a\\u{0}b");
    }

    #[test]
    fn lines_stay_lines_where_they_are_meant() {
        let check =
            |text: &str, expected: &str| assert_eq!(escape_controls_within_lines(text), expected);
        check("a\tb\nc\n", "a\tb\nc\n");
        check("a\u{1b}b\r\n", "a\\u{1b}b\\r\n");
    }

    #[test]
    fn width_is_that_of_the_terminal() {
        let check = |text: &str, columns: usize| assert_eq!(width(text), columns, "{text}");
        check("abc", 3);
        check("Öst", 3);
        check("O\u{308}st", 3);
        check("山田", 4);
        check("", 0);
    }

    #[test]
    fn numbers_are_grouped_by_three() {
        let check = |number: u64, expected: &str| assert_eq!(grouped(number), expected);
        check(0, "0");
        check(999, "999");
        check(1_000, "1,000");
        check(1_319_000, "1,319,000");
        check(u64::MAX, "18,446,744,073,709,551,615");
    }
}
